package main

import "syscall"

// child returns attributes that make a process die with the test, even if the test is killed.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
