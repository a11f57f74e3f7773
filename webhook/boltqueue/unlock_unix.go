//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package boltqueue

import (
	"os"
	"syscall"
)

// unlock releases bbolt's lock, which a mapping of the file would otherwise keep after the file is
// closed.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
