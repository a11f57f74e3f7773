//go:build !linux

package main

import "syscall"

// child has a process end with the test, where the system can do that.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
