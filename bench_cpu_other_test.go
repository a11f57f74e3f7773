//go:build !unix

package rongcloud_test

import "time"

// benchCPU is not known here.
func benchCPU() time.Duration { return 0 }
