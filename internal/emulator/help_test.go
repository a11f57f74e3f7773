package emulator

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Help and documentation list each flag exactly once, and no others.
func TestHelp(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, Run(t.Context(), []string{"-h"}, &out))
	var defined []string
	new(settings).flags().VisitAll(func(one *flag.Flag) { defined = append(defined, "-"+one.Name) })
	require.Equal(t, defined, sorted(regexp.MustCompile(`(?m)^  (-[a-z-]+)`).FindAllStringSubmatch(out.String(), -1)))
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, len(line), 120)
	}
	require.Contains(t, out.String(), "  -listen address       address and port; port 0 takes a free one (default 127.0.0.1:8686)\n")
	require.Contains(t, out.String(), "  -memory MiB           ")
	require.NotContains(t, out.String(), "(default false)")

	_, table, found := strings.Cut(document(t), "\n| flag | ")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var documented [][]string
	for line := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		documented = append(documented, regexp.MustCompile("`(-[a-z-]+)`").FindAllStringSubmatch(first, -1)...)
	}
	require.Equal(t, defined, sorted(documented))

	out.Reset()
	require.NoError(t, Run(t.Context(), []string{"-version"}, &out))
	require.Equal(t, "rongcloud-emulator "+rongcloud.Version+"\n", out.String())
}

// sorted returns the sorted first groups of the matches.
func sorted(found [][]string) []string {
	names := make([]string, len(found))
	for i, one := range found {
		names[i] = one[1]
	}
	slices.Sort(names)
	return names
}

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/emulator.md")
	require.NoError(t, err)
	return string(text)
}

// The documentation has exactly what is printed at the start.
func TestWelcomeIsDocumented(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := newConsole(&out, false)
	c.welcome("http://127.0.0.1:8686", settings{key: rongcloudtest.DefaultAppKey, secret: rongcloudtest.DefaultAppSecret}, seed{})
	c.close()
	// the version is in the first line
	_, printed, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	require.Contains(t, document(t), "\n"+printed+"\n```\n")
}
