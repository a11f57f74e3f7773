//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file of this name, which exists as long as the lock is held, or until the next
// one if this process is killed. The system lets go of the lock of a process that has ended.
func lockFile(name string) (unlock func(), err error) {
	for {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			_ = file.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, errLocked
			}
			return nil, &os.PathError{Op: "lock", Path: name, Err: err}
		}
		if stillNamed(file, name) {
			return func() {
				_ = os.Remove(name)
				_ = file.Close()
			}, nil
		}
		_ = file.Close() // whoever held it before has removed it
	}
}

func stillNamed(file *os.File, name string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	found, err := os.Stat(name)
	return err == nil && os.SameFile(held, found)
}
