package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tellOfDeath has the system end a command when this process is killed and can do so no more.
func tellOfDeath(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }

// adopt makes this process the parent of what a command leaves behind.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// adopted are the children of this process that are in its group; what has left the group, as
// daemons do, is meant to stay. Those that have ended are forgotten.
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
