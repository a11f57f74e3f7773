package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
)

// helpWidth is the width to which the texts of commands are wrapped in the source.
const helpWidth = 120

// helpWithin prints the help of a command and wraps it for a terminal of this width. The function
// write prints the help as cobra does. Width 0 means no wrapping.
func (a *app) helpWithin(terminal int, cmd *cobra.Command, write func()) {
	if terminal <= 0 {
		write()
		return
	}
	var b bytes.Buffer
	cmd.SetOut(&b)
	write()
	cmd.SetOut(nil)
	_, _ = io.WriteString(a.stdout, wrappedHelp(b.String(), terminal)) // run checks for errors of stdout
}

// namedText matches a line of help with a name, such as a flag or a command, and a text behind it.
var namedText = regexp.MustCompile(`^(\s+(?:-\w, )?\S+(?: \S+)?\s{2,})(\S.*)$`)

// minHelpWidth is the least width of a text behind its name. A text with less room goes below its
// name.
const minHelpWidth = 24

// wrappedHelp wraps the texts of help. It leaves examples whole, so that people can copy them.
func wrappedHelp(help string, terminal int) string {
	about, rest, found := strings.Cut(help, "\nUsage:\n")
	var lines []string
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		if terminal < helpWidth {
			paragraph = strings.Join(wrapped(strings.Join(strings.Fields(paragraph), " "), terminal), "\n")
		}
		lines = append(lines, paragraph+"\n")
	}
	if !found {
		return strings.Join(lines, "\n")
	}
	lines = append(lines, "Usage:")
	for line := range strings.SplitSeq(strings.TrimSuffix(rest, "\n"), "\n") {
		if strings.HasPrefix(line, "Use ") {
			lines = append(lines, wrapped(line, terminal)...)
			continue
		}
		m := namedText.FindStringSubmatch(line)
		if m == nil || lipgloss.Width(line) <= terminal || strings.HasPrefix(line, "  rongcloud ") {
			lines = append(lines, strings.TrimRight(line, " "))
			continue
		}
		name, indent := m[1], lipgloss.Width(m[1])
		if terminal-indent < minHelpWidth { // the text stands below its name
			lines = append(lines, strings.TrimRight(name, " "))
			indent = 5 * hangingIndent
			name = strings.Repeat(" ", indent)
		}
		for _, part := range wrapped(m[2], terminal-indent) {
			lines = append(lines, name+part)
			name = strings.Repeat(" ", indent)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
