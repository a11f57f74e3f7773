package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The test binary is its own server, like the example.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "-serve" {
		if err := server(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, 5000, ""))
	require.Contains(t, out.String(), "5000 delivered, 0 refused, 0 unknown, 0 skipped, 0 duplicates, in 5 chunks\n")
	require.Contains(t, out.String(), "quota 600000 per 1m0s: 500ms if spread evenly, ")
}

func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	var out strings.Builder
	require.ErrorIs(t, run(ctx, &out, 20_000, file), context.DeadlineExceeded)
	require.NoError(t, run(t.Context(), &out, 20_000, file))
	require.Contains(t, out.String(), "20000 delivered, 0 refused, 0 unknown")
	require.ErrorContains(t, run(t.Context(), &out, 4000, file), "another list of recipients")

	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	require.ErrorContains(t, run(t.Context(), &out, 5000, file), "checkpoint")
}
