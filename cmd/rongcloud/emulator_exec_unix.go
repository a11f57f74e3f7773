//go:build unix

package main

import (
	"os"
	"os/exec"
	"runtime"
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
}

// newFamily is to be called before the command starts.
func newFamily(run *exec.Cmd) *family {
	f := &family{run: run, terminal: inForeground()}
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: !f.terminal}
	runtime.LockOSThread() // what is told of this process's death is told of that of its thread
	tellOfDeath(run.SysProcAttr)
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
	if f.terminal {
		return
	}
	group := -f.run.Process.Pid
	left := syscall.Kill(group, syscall.SIGTERM) == nil
	for until := time.Now().Add(limit); left && time.Now().Before(until); left = syscall.Kill(group, 0) == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if left {
		_ = syscall.Kill(group, syscall.SIGKILL)
	}
}
