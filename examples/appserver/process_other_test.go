//go:build !linux

package main

import "syscall"

// child returns no attributes: killing a process together with its parent is done on Linux only.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
