package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errLocked is returned by lockFile while another process holds the lock.
var errLocked = errors.New("another process has locked it")

const (
	lockWait = 10 * time.Second // far longer than a process holds the lock
	lockPoll = 20 * time.Millisecond
)

// waitForLock calls lockFile until it succeeds, for at most lockWait. It suits locks that are held
// only briefly.
func waitForLock(ctx context.Context, name string) (unlock func(), err error) {
	deadline := time.Now().Add(lockWait)
	for {
		unlock, err := lockFile(name)
		if !errors.Is(err, errLocked) {
			return unlock, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%w for %v: %s", err, lockWait, name)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}
