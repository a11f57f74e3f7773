package rongcloud

import (
	"fmt"
	"net/url"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TestMain checks that no test leaves a goroutine or a file behind.
func TestMain(m *testing.M) {
	before := openFiles()
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	// The runtime keeps a few of its own descriptors open, such as the poller's.
	if after := openFiles(); before >= 0 && after > before+8 && code == 0 {
		fmt.Fprintf(os.Stderr, "files left behind: %d before, %d after\n", before, after)
		code = 1
	}
	os.Exit(code)
}

// endpointAt returns the catalogue's endpoint with the given path, whatever its method.
func endpointAt(path string) *endpoint.Endpoint {
	for ep := range endpoint.All() {
		if ep.Path == path {
			return ep
		}
	}
	return nil
}

// calleeAt returns the catalogue's endpoint with the given path, or a new one that takes params.
func calleeAt(path string, params any) *endpoint.Endpoint {
	if ep := endpointAt(path); ep != nil {
		return ep
	}
	switch params.(type) {
	case nil:
		return endpoint.New("POST", path, endpoint.None)
	case url.Values:
		return endpoint.New("POST", path, endpoint.Form)
	default:
		return endpoint.New("POST", path, endpoint.JSON)
	}
}
