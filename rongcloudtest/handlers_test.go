package rongcloudtest

import (
	"slices"
	"testing"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Every current endpoint of these areas has a handler. From outside a missing one is hard to see, as wrong parameters are
// refused first.
func TestNothingIsMissing(t *testing.T) {
	t.Parallel()
	areas := []string{"user", "message", "push", "sensitive", "conversation", "group", "entrust", "ultragroup", "friend", "bot", "other"}
	count := 0
	for ep := range endpoint.All() {
		if ep.Status != endpoint.Current || !slices.Contains(areas, ep.Area) {
			continue
		}
		count++
		if handlers[ep] == nil {
			t.Errorf("%v has no handler", ep)
		}
	}
	if count < 180 {
		t.Errorf("only %d endpoints were looked at", count)
	}
}
