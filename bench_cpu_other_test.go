//go:build !unix

package rongcloud_test

import "time"

// benchCPU is not known on this system.
func benchCPU() time.Duration { return 0 }
