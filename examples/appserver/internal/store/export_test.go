package store

import (
	"testing"
	"time"
)

// SetPatience shortens how long a query may take, until the test ends.
func SetPatience(t *testing.T, d time.Duration) {
	t.Helper()
	was := patience
	patience = d
	t.Cleanup(func() { patience = was })
}

// Statements splits a migration.
var Statements = statements
