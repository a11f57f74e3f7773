//go:build unix

package main

import (
	"cmp"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// endingSignals are passed on to the command of exec.
var endingSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// family is a command with the processes that it starts. They have a group of their own, by which
// all of them are reached, but not on a terminal: there a group in the background could not read,
// and Ctrl-Z would stop one and not the other.
type family struct {
	run      *exec.Cmd
	terminal bool
	told     []int // of those that were left on a terminal
}

// newFamily is to be called before the command starts.
func newFamily(run *exec.Cmd) *family {
	f := &family{run: run, terminal: inForeground()}
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: !f.terminal}
	runtime.LockOSThread() // what is told of this process's death is told of that of its thread
	tellOfDeath(run.SysProcAttr)
	if f.terminal {
		adopt()
	}
	return f
}

func (f *family) close() { runtime.UnlockOSThread() }

// inForeground reports whether the keys of a terminal send their signals to this process.
func inForeground() bool {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = terminal.Close() }()
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == syscall.Getpgrp()
}

// pass passes a signal on.
func (f *family) pass(s os.Signal) {
	number, ok := s.(syscall.Signal)
	switch {
	case !ok:
	case !f.terminal && number == syscall.SIGINT: // which shells have their background ignore
		_ = syscall.Kill(-f.run.Process.Pid, syscall.SIGTERM)
	case !f.terminal:
		_ = syscall.Kill(-f.run.Process.Pid, number)
	case number == syscall.SIGINT || number == syscall.SIGQUIT: // the keys have told it, too
	default:
		_ = f.run.Process.Signal(number)
	}
}

func (f *family) kill() {
	if f.terminal {
		_ = f.run.Process.Kill()
		return
	}
	_ = syscall.Kill(-f.run.Process.Pid, syscall.SIGKILL)
}

// end ends what is left of the family once the command has ended.
func (f *family) end(limit time.Duration) {
	left := f.tellRest(syscall.SIGTERM)
	for until := time.Now().Add(limit); left && time.Now().Before(until); left = f.tellRest(0) {
		time.Sleep(10 * time.Millisecond)
	}
	if left {
		f.tellRest(syscall.SIGKILL)
	}
}

// tellRest sends a signal, or none if it is 0, and reports whether there was anybody to tell.
func (f *family) tellRest(s syscall.Signal) bool {
	if !f.terminal {
		return syscall.Kill(-f.run.Process.Pid, s) == nil
	}
	rest := adopted()
	for _, one := range rest {
		if !slices.Contains(f.told, one) || s != 0 {
			_ = syscall.Kill(one, cmp.Or(s, syscall.SIGTERM)) // whose parent has ended since
			f.told = append(f.told, one)
		}
	}
	return len(rest) > 0
}
