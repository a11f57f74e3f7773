//go:build !unix

package main

import (
	"os"
	"os/exec"
	"time"
)

// endingSignals must not end this process before the command. A console sends Ctrl-C to the
// command by itself.
var endingSignals = []os.Signal{os.Interrupt}

// family is a command. On this system signals cannot reach the processes that it starts.
type family struct{ run *exec.Cmd }

func newFamily(run *exec.Cmd) *family { return &family{run} }

func (*family) close() {}

func (*family) pass(os.Signal) {}

func (f *family) kill() { _ = f.run.Process.Kill() }

func (*family) end(time.Duration) {}
