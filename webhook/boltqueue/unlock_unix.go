//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package boltqueue

import (
	"os"
	"syscall"
)

// unlock lets go of the lock of bbolt, which a mapping of the file would else keep when the file is
// closed.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
