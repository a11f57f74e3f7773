package main

import "syscall"

// child has a process end with the test, also if that is killed.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
