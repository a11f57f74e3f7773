package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errLocked is what lockFile fails with while another process holds the lock.
var errLocked = errors.New("another process has locked it")

const (
	lockWait = 10 * time.Second // for what another process does in a moment
	lockPoll = 20 * time.Millisecond
)

// waitForLock is lockFile for what is locked for a moment only.
func waitForLock(ctx context.Context, name string) (unlock func(), err error) {
	tired := time.Now().Add(lockWait)
	for {
		unlock, err := lockFile(name)
		if !errors.Is(err, errLocked) {
			return unlock, err
		}
		if time.Now().After(tired) {
			return nil, fmt.Errorf("%w for %v: %s", err, lockWait, name)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}
