package main

import (
	"io"
	"os"
	"path/filepath"
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

// TestLinesOfTheREADMEs holds what the READMEs show of the program against its commands.
func TestLinesOfTheREADMEs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "README_zh.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		require.NoError(t, err)
		count := 0
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "rongcloud ") {
				continue
			}
			count++
			line, _, _ = strings.Cut(line, " #")
			requireParses(t, strings.Fields(line)[1:])
		}
		require.Equal(t, 5, count, "%s shows the program in five lines", name)
	}
}

// requireParses demands that there is such a command, and that it takes the flags and arguments.
func requireParses(t *testing.T, args []string) {
	t.Helper()
	root := newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }))
	cmd, rest, err := root.Find(args)
	require.NoError(t, err, args)
	require.True(t, cmd.Runnable(), args)
	require.NoError(t, cmd.ParseFlags(rest), args)
	require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), args)
	require.NoError(t, cmd.ValidateRequiredFlags(), args)
	require.NoError(t, cmd.ValidateFlagGroups(), args)
}
