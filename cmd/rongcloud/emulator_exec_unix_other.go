//go:build unix && !linux

package main

import "syscall"

// setDeathSignal does nothing outside Linux: a command outlives this process if that is killed.
func setDeathSignal(*syscall.SysProcAttr) {}

// adopt does nothing outside Linux: init becomes the parent of processes left behind.
func adopt() {}

func adopted() []int { return nil }
