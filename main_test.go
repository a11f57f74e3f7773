package rongcloud

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets no test leave a goroutine or a file behind.
func TestMain(m *testing.M) {
	before := openFiles()
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	// The runtime keeps a few descriptors of its own, such as the poller's.
	if after := openFiles(); before >= 0 && after > before+8 && code == 0 {
		fmt.Fprintf(os.Stderr, "files left behind: %d before, %d after\n", before, after)
		code = 1
	}
	os.Exit(code)
}
