//go:build !unix

package main

import (
	"os"
	"os/exec"
	"time"
)

// endingSignals are those that this system has. A console tells all its programs of Ctrl-C.
var endingSignals = []os.Signal{os.Interrupt}

// family is a command. What it starts cannot be reached here.
type family struct{ run *exec.Cmd }

func newFamily(run *exec.Cmd) *family { return &family{run} }

func (*family) close() {}

func (*family) pass(os.Signal) {}

func (f *family) kill() { _ = f.run.Process.Kill() }

func (*family) end(time.Duration) {}
