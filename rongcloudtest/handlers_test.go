package rongcloudtest

import (
	"testing"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Every current endpoint has a handler. From outside, a missing one is hard to detect, as invalid
// parameters are refused first.
func TestNothingIsMissing(t *testing.T) {
	t.Parallel()
	count := 0
	for ep := range endpoint.All() {
		if ep.Status != endpoint.Current {
			continue
		}
		count++
		if handlers[ep] == nil {
			t.Errorf("%v has no handler", ep)
		}
	}
	if count < 200 {
		t.Errorf("only %d endpoints were looked at", count)
	}
}
