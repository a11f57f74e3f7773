package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestParseRecipients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, column string
		want               []string
		duplicates         int
		problem            string
	}{
		{"lines", "ann\nben\n", "", []string{"ann", "ben"}, 0, ""},
		{"no last line break", "ann\nben", "", []string{"ann", "ben"}, 0, ""},
		{"CRLF, blanks, empty lines", "ann \r\n\r\n  ben\r\n", "", []string{"ann", "ben"}, 0, ""},
		{"duplicates", "ann\nben\nann\nann\n", "", []string{"ann", "ben"}, 2, ""},
		{"upper and lower case are two users", "ann\nAnn\n", "", []string{"ann", "Ann"}, 0, ""},
		{"byte order mark and header", "\xef\xbb\xbfuserId,name\nann,Ann\n", "", []string{"ann"}, 0, ""},
		{"header alone", "user_id\r\n", "", nil, 0, "there is nobody in it"},
		{"one column with a header", "ID\n7\n", "", []string{"7"}, 0, ""},
		{"semicolons", "name;User ID\nAnn;ann\n", "", []string{"ann"}, 0, ""},
		{"tabs", "name\tuid\nAnn, the first\tann\n", "", []string{"ann"}, 0, ""},
		{"quotes", "user_id,about\n\"a,b\",\"two\nlines\"\nben,x\n", "", []string{"a,b", "ben"}, 0, ""},
		{"Chinese header", "姓名,用户ID\n安,ann\n", "", []string{"ann"}, 0, ""},
		{"user_id wins over id", "id,user_id\n1,ann\n", "", []string{"ann"}, 0, ""},
		{"column by name", "a,b\nc,d\n", "b", []string{"d"}, 0, ""},
		{"column by number", "a,b\nc,d\n", "1", []string{"a", "c"}, 0, ""},
		{"column by number, with a header", "name,user_id\nAnn,ann\n", "2", []string{"ann"}, 0, ""},
		{"numbers", "10086\n10087\n", "", []string{"10086", "10087"}, 0, ""},
		{"no column chosen", "a,b\n", "", nil, 0, "which column has the IDs"},
		{"unknown column", "a,b\n", "c", nil, 0, `there is no column "c"`},
		{"a column number too high", "a,b\n", "3", nil, 0, `there is no column "3"`},
		{"a short line", "name,user_id\nAnn\n", "", nil, 0, "line 2 has no column 2"},
		{"a line without an ID", "name,user_id\nAnn,\n", "", nil, 0, "line 2 has no ID in column 2"},
		{"UTF-16", "\xff\xfea\x00", "", nil, 0, "UTF-16"},
		{"not UTF-8", "ann\n\xb0\xb2\n", "", nil, 0, "line 2 is not UTF-8"},
		{"an empty cell before a tab", "a\tuid\tb\nx\t\tann\n", "", nil, 0, "line 2 has no ID in column 2"},
		{"an empty first cell before a tab", "a\tuid\n\tann\n", "", []string{"ann"}, 0, ""},
		{"CR alone", "ann\rben\r", "", nil, 0, "its lines end with CR alone"},
		{"CR alone with a header", "user_id,name\rann,Ann\r", "", nil, 0, "its lines end with CR alone"},
		{"a CR among other lines", "ann\nben\rcarol\n", "", nil, 0, "line 2 has the invisible character U+000D"},
		{"NUL", "ann\nb\x00n\n", "", nil, 0, "line 2 has the invisible character U+0000"},
		{"two files joined", "ann\n\ufeffben\n", "", nil, 0, "line 2 has the invisible character U+FEFF"},
		{"a line break within an ID", "ann\n\"ben\ncarol\"\n", "", nil, 0, "line 2 has the invisible character U+000A"},
		{"nothing", "", "", nil, 0, "there is nobody in it"},
		{"a quote in the middle", "a\"b\n", "", nil, 0, "bare"},
	} {
		list, err := parseRecipients(strings.NewReader(c.text), c.column)
		if c.problem != "" {
			require.ErrorContains(t, err, c.problem, c.name)
			continue
		}
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, list.ids, c.name)
		require.Equal(t, c.duplicates, list.duplicates, c.name)
	}
}

// endless is a reader that repeats a text forever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n+len(e) <= len(p) {
		n += copy(p[n:], e)
	}
	return n, nil
}

// An endless list, line or quote is an error long before the memory is full.
func TestEndlessLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list    io.Reader
		problem string
	}{
		"a device":              {endless("\x00"), "a line after line 0 has more than 1024 KiB"},
		"a line":                {io.MultiReader(strings.NewReader("ann\n"), endless("x")), "a line after line 1 has more than 1024 KiB"},
		"a quote":               {io.MultiReader(strings.NewReader("ann\n\n\"ben\n"), endless("carol\n")), "a line after line 1 has more than 1024 KiB: is a quote not closed"},
		"repeated lines":        {endless("ann\n"), "it has more than 10000000 lines"},
		"empty lines":           {endless("\r\n"), "it has more than 10000000 lines"},
		"long lines":            {endless("user," + strings.Repeat("x", 1000) + "\n"), "it has more than 512 MiB"},
		"a very long last line": {io.MultiReader(strings.NewReader("ann\n"), strings.NewReader(strings.Repeat("x", maxListLine+10000))), "has more than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseRecipients(c.list, "1")
			require.ErrorContains(t, err, c.problem)
		})
	}
	list, err := parseRecipients(strings.NewReader("ann,"+strings.Repeat("x", maxListLine-10000)+"\nben,x"+strings.Repeat("\n", 2*maxListLine)+"carol,x\n"), "1")
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "ben", "carol"}, list.ids)
}

// No input yields an empty ID, or an ID twice.
func FuzzParseRecipients(f *testing.F) {
	f.Add([]byte("user_id,name\nann,Ann\n"), "")
	f.Add([]byte("\xef\xbb\xbfa;b\r\n\"c\";d"), "2")
	f.Fuzz(func(t *testing.T, text []byte, column string) {
		list, err := parseRecipients(strings.NewReader(string(text)), column)
		if err != nil {
			return
		}
		require.NotEmpty(t, list.ids)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(list.ids))), len(list.ids))
		for _, id := range list.ids {
			require.True(t, id != "" && utf8.ValidString(id) && strings.TrimSpace(id) == id)
		}
	})
}

func TestMoments(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"1h", "3d", "90m", "2026-11-26", "2026-11-26T10:00", "2026-11-26 10:00:00", "2026-11-26T10:00:00+08:00"} {
		var m moment
		require.NoError(t, m.Set(good), good)
		require.False(t, m.IsZero(), good)
	}
	for _, bad := range []string{"", "soon", "-1h", "d", "26.11.2026"} {
		require.Error(t, new(moment).Set(bad), bad)
	}
}

// No formatting verb prints the secret of a profile.
func TestSecretIsNotShown(t *testing.T) {
	t.Parallel()
	p := profile{AppKey: "key", AppSecret: "hidden-secret"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, p), "hidden", verb)
		require.NotContains(t, fmt.Sprintf(verb, p), "68696464656e", verb)
	}
}
