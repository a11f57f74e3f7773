//go:build unix && !linux

package main

import "syscall"

// tellOfDeath does nothing outside Linux: a command outlives this process if that is killed.
func tellOfDeath(*syscall.SysProcAttr) {}

// adopt does nothing outside Linux: init becomes the parent of processes left behind.
func adopt() {}

func adopted() []int { return nil }
