//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package main

import (
	"errors"
	"os"
)

// lockFile creates a file as the lock, because this system has no flock. If this process is
// killed, somebody has to remove the file.
func lockFile(name string) (unlock func(), err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return nil, errLocked
	case err != nil:
		return nil, err
	}
	return func() {
		_ = file.Close()
		_ = os.Remove(name)
	}, nil
}
