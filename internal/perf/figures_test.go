package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	var figures rounded
	for _, text := range []string{
		"goos: linux\nBenchmarkTLS/http=2/rtt=10ms/mode=parallel64/client=floor-2 \t 20 \t 1000 ns/op\t 5 p99-ns\t 10 allocs/op\nPASS\n" +
			"BenchmarkTLS/http=2/rtt=10ms/mode=parallel64/client=sdk-2 20 1100 ns/op 10 p99-ns 8 allocs/op\n" +
			"BenchmarkDecode/groups_of_a_user/floor-2 20 100 ns/op\nBenchmarkDecode/groups_of_a_user/sdk-2 20 200 ns/op\n" +
			"BenchmarkParse/receiver=floor-2 20 100 ns/op\nBenchmarkParse/receiver=webhook-2 20 115 ns/op\n",
		"BenchmarkTLS/http=2/rtt=10ms/mode=parallel64/client=floor-2 20 3000 ns/op 5 p99-ns 10 allocs/op\n" +
			"BenchmarkTLS/http=2/rtt=10ms/mode=parallel64/client=sdk-2 20 3900 ns/op 4 p99-ns 8 allocs/op\n",
	} {
		round := figure{}
		round.parse(text)
		figures = append(figures, round)
	}
	got, ok := figures.ratio("TLS/http=2/rtt=10ms/mode=parallel64", "sdk", "floor", "ns/op")
	require.True(t, ok)
	require.InDelta(t, 1.2, got.median, .001)
	require.InDelta(t, 1.15, got.low, .001)
	text := figures.write()
	require.Contains(t, text, "| http=2, rtt=10ms, mode=parallel64 | 2.0 µs | 1.20 (1.15–1.25) | 1.40 (1.10–1.70) | | 0.80 | | | | |\n")
	require.Contains(t, text, "| `TLS/http=2/rtt=10ms/mode=parallel64`, sdk | floor | time | 1.20 | 1.20 (1.15–1.25) | met |\n")
	require.Contains(t, text, "| `TLS/http=2/rtt=10ms/mode=parallel64`, sdk | floor | p99 | 1.30 | 1.40 (1.10–1.70) | missed by 0.10 |\n")
	require.Contains(t, text, "| `Decode/groups_of_a_user`, sdk | floor | time | 1.30 | 2.00 | missed by 0.70 |\n")
	require.Contains(t, text, "| `Parse`, webhook | floor | time | 1.15 | 1.15 | met |\n")
}

func TestRenew(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(page, []byte("a\n<!-- figures -->\nold\n<!-- /figures -->\nz\n"), 0o600))
	require.NoError(t, renew(page, "new\n"))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- figures -->\nnew\n<!-- /figures -->\nz\n", string(text))
	require.NoError(t, os.WriteFile(page, []byte("none"), 0o600))
	require.ErrorContains(t, renew(page, "new\n"), "no marks")
}
