package main

import (
	"os"
	"os/exec"
	"os/signal"
	"time"
)

const (
	// patience is how long a command may take to end after a signal.
	patience = 10 * time.Second

	// lastPatience is how long processes that a command left behind may take to end.
	lastPatience = 3 * time.Second
)

// runToItsEnd runs a command and passes on the signals that end programs. Where the system allows
// it, it also stops processes that the command leaves behind.
func (a *app) runToItsEnd(run *exec.Cmd) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, endingSignals...)
	defer signal.Stop(signals)
	run.WaitDelay = patience
	family := newFamily(run)
	defer family.close()
	if err := run.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	var late <-chan time.Time
	for {
		select {
		case err := <-ended:
			family.end(lastPatience)
			return err
		case s := <-signals:
			family.pass(s)
			if late == nil {
				late = time.After(patience)
			}
		case <-late:
			a.talk("%s has not ended within %v, and is killed.", run.Args[0], patience)
			family.kill()
		}
	}
}
