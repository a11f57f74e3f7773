package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// eachCommand yields every command that a user sees.
func eachCommand(cmd *cobra.Command, yield func(*cobra.Command)) {
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			yield(sub)
			eachCommand(sub, yield)
		}
	}
}

func TestCommandsExplainThemselves(t *testing.T) {
	t.Parallel()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" })
	count := 0
	eachCommand(newRoot(a), func(cmd *cobra.Command) {
		count++
		require.NotEmpty(t, cmd.Short, cmd.CommandPath())
		require.NotContains(t, cmd.Short, "\n", cmd.CommandPath())
		require.False(t, strings.HasSuffix(cmd.Short, "."), cmd.CommandPath())
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			require.True(t, strings.HasPrefix(line, "  "), "%s: %q is not indented", cmd.CommandPath(), line)
		}
	})
	require.Greater(t, count, 5)
}
