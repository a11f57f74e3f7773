package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// eachCommand calls yield for every command that the help lists.
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

// The command lines in pages and examples parse.
func TestDocumentedCommandLines(t *testing.T) {
	t.Parallel()
	shown := map[string]int{}
	for _, name := range []string{"README.md", "README_zh.md", "docs/guide.md", "docs/guide_zh.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if args, ok := commandLine(line); ok {
				shown[name]++
				requireParses(t, args)
			}
		}
	}
	require.Equal(t, map[string]int{"README.md": 1, "README_zh.md": 1, "docs/guide.md": 5, "docs/guide_zh.md": 5}, shown)
	eachCommand(newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" })), func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			if args, ok := commandLine(strings.TrimSpace(line)); ok {
				requireParses(t, args)
			}
		}
	})
}

// commandLine returns the arguments in a shell line that runs the program, up to a comment, pipe
// or redirection. It reports whether the line runs the program.
func commandLine(line string) (args []string, ok bool) {
	line = strings.Replace(line, "go run github.com/rongcloud-go/rongcloud/cmd/rongcloud@latest", "rongcloud", 1)
	for _, word := range shellWordPattern.FindAllString(line, -1) {
		if strings.ContainsAny(word[:1], "#<>|&") {
			break
		}
		args = append(args, strings.NewReplacer("'", "", `"`, "").Replace(word))
	}
	return args[min(1, len(args)):], len(args) > 1 && args[0] == "rongcloud"
}

var shellWordPattern = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)

// requireParses requires that args name a command and satisfy its rules for flags and arguments.
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

// alwaysPlural has texts whose number is never one, and why.
var alwaysPlural = map[string]string{
	"%d groups":    "more than maxCountedGroups",
	"%d users":     "more than manyUsers",
	"%d callbacks": "one callback has another text",
	"%d checks":    "an App Key, a host and a call at least",
	"%d bytes":     "more than maxRecorded",
	"%d lines":     "maxListLines",
	"%d values":    "more than a parameter may have, which is one at least",
}

// A text with a number uses counted for its singular, unless the number is never one.
func TestTextsHaveASingular(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	many, found := regexp.MustCompile(`%d [a-z]+s\b`), map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, words := range many.FindAllString(string(text), -1) {
			if slices.Contains([]string{"%d is", "%d has", "%d says"}, words) { // not a plural
				continue
			}
			require.Contains(t, alwaysPlural, words, name)
			found[words] = true
		}
	}
	require.Len(t, found, len(alwaysPlural), "alwaysPlural has texts that are not there")
	require.Equal(t, "1 call", counted(1, "call"))
	require.Equal(t, "0 calls", counted(0, "call"))
	require.Equal(t, "the call", ofAll(1, 1, "call"))
	require.Equal(t, "1 of 2 calls", ofAll(1, 2, "call"))
}
