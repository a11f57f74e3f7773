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

// family is a command with the processes that it starts. They get a process group of their own, so
// that a signal to the group reaches all of them. On a terminal they stay in the group of this
// process: another group could not read from the terminal, and Ctrl-Z would not stop it.
type family struct {
	run       *exec.Cmd
	terminal  bool
	signalled []int // processes left behind on a terminal that got SIGTERM
}

// newFamily must be called before the command starts.
func newFamily(run *exec.Cmd) *family {
	f := &family{run: run, terminal: inForeground()}
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: !f.terminal}
	runtime.LockOSThread() // the kernel sends the death signal when this thread ends, not the process
	setDeathSignal(run.SysProcAttr)
	if f.terminal {
		adopt()
	}
	return f
}

func (f *family) close() { runtime.UnlockOSThread() }

// inForeground reports whether Ctrl-C on the terminal sends its signal to this process.
func inForeground() bool {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = terminal.Close() }()
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == syscall.Getpgrp()
}

// pass passes a signal on to the command.
func (f *family) pass(s os.Signal) {
	number, ok := s.(syscall.Signal)
	switch {
	case !ok:
	case !f.terminal && number == syscall.SIGINT: // shells make background processes ignore SIGINT
		_ = syscall.Kill(-f.run.Process.Pid, syscall.SIGTERM)
	case !f.terminal:
		_ = syscall.Kill(-f.run.Process.Pid, number)
	case number == syscall.SIGINT || number == syscall.SIGQUIT: // Ctrl-C and Ctrl-\ reach the command, too
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

// end stops the processes that outlive the command: with SIGTERM, and after limit with SIGKILL.
func (f *family) end(limit time.Duration) {
	left := f.signalRest(syscall.SIGTERM)
	for until := time.Now().Add(limit); left && time.Now().Before(until); left = f.signalRest(0) {
		time.Sleep(10 * time.Millisecond)
	}
	if left {
		f.signalRest(syscall.SIGKILL)
	}
}

// signalRest sends a signal to the processes that are left, and reports whether there are any. With
// 0 it sends SIGTERM only to processes that it finds for the first time.
func (f *family) signalRest(s syscall.Signal) bool {
	if !f.terminal {
		return syscall.Kill(-f.run.Process.Pid, s) == nil
	}
	rest := adopted()
	for _, one := range rest {
		if !slices.Contains(f.signalled, one) || s != 0 {
			_ = syscall.Kill(one, cmp.Or(s, syscall.SIGTERM)) // its parent has just ended
			f.signalled = append(f.signalled, one)
		}
	}
	return len(rest) > 0
}
