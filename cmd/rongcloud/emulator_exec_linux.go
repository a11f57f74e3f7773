package main

import "syscall"

// tellOfDeath has the system end a command when this process is killed and can do so no more.
func tellOfDeath(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
