package main

import "errors"

// errLocked is what lockFile fails with while another process holds the lock.
var errLocked = errors.New("another process has locked it")
