package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// setDeathSignal makes the kernel send SIGTERM to a command when this process dies, even by
// SIGKILL.
func setDeathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }

// adopt makes this process the parent of processes that a command leaves behind.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// adopted returns the running child processes in the process group of this process. A process that
// left the group, as daemons do, is meant to stay. adopted also reaps child processes that have
// ended.
func adopted() []int {
	var children []int
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread may have ended
		for word := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				continue
			}
			if group, err := syscall.Getpgid(child); err != nil || group != syscall.Getpgrp() {
				continue
			}
			if ended, _ := syscall.Wait4(child, nil, syscall.WNOHANG, nil); ended == 0 {
				children = append(children, child)
			}
		}
	}
	return children
}
