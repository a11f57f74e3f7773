package markdown

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("word ", 24)) // 119 columns
	nineteen, five := strings.TrimSpace(strings.Repeat("word ", 19)), strings.TrimSpace(strings.Repeat("word ", 5))
	for name, c := range map[string]struct{ text, want string }{
		"short lines stay as they are":  {"a\nb\n\n- c\nd\n", "a\nb\n\n- c\nd\n"},
		"a paragraph":                   {long + "\n\nb\n", nineteen + " word\nword word word word\n\nb\n"},
		"its other lines go along":      {"a\n" + long + "\nb\n", "a " + nineteen + "\n" + five + " b\n"},
		"an item":                       {"- " + long + "\n  b\n- c\n", "- " + nineteen + "\n  " + five + " b\n- c\n"},
		"a numbered item in an item":    {"   1. " + long + "\n", "   1. " + nineteen + "\n      " + five + "\n"},
		"a quotation":                   {"> a\n> b\n\n> " + long + "\n> b\n", "> a\n> b\n\n> " + nineteen + "\n> " + five + " b\n"},
		"a block of code":               {"```sh\n" + long + "\n```\n\n~~~\n```\n" + long + "\n~~~\n", "```sh\n" + long + "\n```\n\n~~~\n```\n" + long + "\n~~~\n"},
		"a table, a heading, a comment": {"| " + long + " |\n# " + long + "\n<!-- " + long + " -->\n[a]: b " + long + "\n", "| " + long + " |\n# " + long + "\n<!-- " + long + " -->\n[a]: b " + long + "\n"},
		"code and links stay whole":     {nineteen + " `a b c`, [a b](c) d\n", nineteen + "\n`a b c`, [a b](c) d\n"},
		"a badge":                       {nineteen + " [![a b](c)](d)\n", nineteen + "\n[![a b](c)](d)\n"},
		"an open tick is a word":        {nineteen + " a ` b c\n", nineteen + " a ` b\nc\n"},
		"no line begins an item":        {nineteen + " aa - b\n", nineteen + " aa -\nb\n"},
		"a break that is meant":         {"a  \n" + long + "\n", "a  \n" + nineteen + " word\nword word word word\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, Wrap(c.text))
			require.Equal(t, c.want, Wrap(c.want), "twice is as good as once")
		})
	}
}

func TestUnwrap(t *testing.T) {
	t.Parallel()
	require.Equal(t, "# a\n\nb c `d`\n\n- e f\n- g\n\n```\nh\ni\n```\n> j k\n\n| l |\n| m |\nn  \no\n",
		Unwrap("# a\n\nb\nc\n`d`\n\n- e\n  f\n- g\n\n```\nh\ni\n```\n> j\n> k\n\n| l |\n| m |\nn  \no\n"))
}

func TestWide(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 20) + "word"
	require.Empty(t, Wide("a\n```\n"+long+"\n```\n| "+long+" |\nhttps://"+strings.Repeat("x", 100)+"\n"))
	require.Equal(t, []int{2, 4, 7}, Wide("a\n"+long+"\n\n- "+long+"\n\nb\n# "+long+"\n"))
	require.Empty(t, Wide(strings.Repeat("é", 100)+"\n"), "columns are not bytes")
}
