package main

import "syscall"

// child returns attributes that make a process die with the test, even if the test is killed. The
// process gets a group of its own: Linux hangs up an orphaned group in which a process is stopped,
// and the test's group may be one.
func child() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
