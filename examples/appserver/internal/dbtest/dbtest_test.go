package dbtest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// Each test has a database of its own.
func TestRun(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		dbtest.Run(t, func(t *testing.T, url string) {
			require.True(t, strings.HasPrefix(url, "sqlite:") || strings.HasPrefix(url, "postgres://"), url)
			require.False(t, seen[url])
			seen[url] = true
		})
	}
	require.GreaterOrEqual(t, len(seen), 2)
}
