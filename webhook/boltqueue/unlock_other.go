//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package boltqueue

import "os"

// unlock does nothing: here a lock ends when the file is closed.
func unlock(*os.File) {}
