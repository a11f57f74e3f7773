package main

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"
)

const (
	longPath    = "/user/blacklist/query.json"
	longSummary = "List the users on someone's one-to-one blocklist, newest first."
)

func endpointTable() *textTable {
	return &textTable{
		head: []string{"METHOD", "PATH", "CLASS", "SUMMARY"}, secondary: []string{"CLASS"},
		rows: [][]string{{"POST", longPath, "safe", longSummary}, {"GET", "/short", "idempotent", ""}},
	}
}

// A table fits into its terminal. It first wraps texts, then leaves out secondary columns, then
// moves the longest text below its row. It never wraps paths.
func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		0: `
METHOD  PATH                        CLASS       SUMMARY
POST    /user/blacklist/query.json  safe        List the users on someone's one-to-one blocklist, newest first.
GET     /short                      idempotent`,
		90: `
METHOD  PATH                        CLASS       SUMMARY
POST    /user/blacklist/query.json  safe        List the users on someone's one-to-one
                                                blocklist, newest first.
GET     /short                      idempotent`,
		80: `
METHOD  PATH                        SUMMARY
POST    /user/blacklist/query.json  List the users on someone's one-to-one
                                    blocklist, newest first.
GET     /short`,
		60: `
METHOD  PATH                        SUMMARY
POST    /user/blacklist/query.json  List the users on
                                    someone's one-to-one
                                    blocklist, newest first.
GET     /short`,
		50: `
METHOD  PATH                        CLASS
  SUMMARY
POST    /user/blacklist/query.json  safe
  List the users on someone's one-to-one
  blocklist, newest first.
GET     /short                      idempotent`,
		40: `
METHOD  PATH
  SUMMARY
POST    /user/blacklist/query.json
  List the users on someone's one-to-one
  blocklist, newest first.
GET     /short`,
		25: `
METHOD  PATH
  SUMMARY
POST
  /user/blacklist/query.json
  List the users on
  someone's one-to-one
  blocklist, newest
  first.
GET  /short`,
	} {
		require.Equal(t, strings.TrimPrefix(want, "\n"), strings.Join(endpointTable().lines(width), "\n"), width)
	}
}

// At any width no line ends with a space, and no line is wider than the terminal unless a single
// word is.
func TestTablesOfAnyWidth(t *testing.T) {
	t.Parallel()
	tables := map[string]func() *textTable{
		"endpoints": endpointTable,
		"IDs": func() *textTable {
			return &textTable{head: []string{"TO", "MESSAGE UID"}, rows: [][]string{{strings.Repeat("u", 64), "C16R-VBGG-1IE5-SD0C"}, {"ben", ""}}}
		},
		"one column": func() *textTable { return &textTable{head: []string{"ONE"}, rows: [][]string{{longSummary}}} },
		"no names": func() *textTable {
			return &textTable{rows: [][]string{{"ok", "name of some.host", longSummary}, {"BAD", "", ""}}}
		},
		"no rows": func() *textTable { return &textTable{head: []string{"ONE", "TWO"}} },
		"wide letters": func() *textTable {
			return &textTable{head: []string{"ID", "WHAT"}, rows: [][]string{{"用户", "发送 消息 给 用户 和 群组 以及 聊天室"}}}
		},
		"all secondary": func() *textTable {
			return &textTable{head: []string{"ONE", "TWO"}, secondary: []string{"ONE", "TWO"}, rows: [][]string{{longPath, longPath}}}
		},
	}
	for name, table := range tables {
		for width := range 160 {
			longest := 0
			for word := range strings.FieldsSeq(strings.Join(table().lines(0), " ")) {
				longest = max(longest, lipgloss.Width(word))
			}
			lines := table().lines(width)
			for _, line := range lines {
				require.Equal(t, strings.TrimRight(line, " "), line, "%s at %d", name, width)
				if width > 0 {
					require.LessOrEqual(t, lipgloss.Width(line), max(width, longest+hangingIndent), "%s at %d: %q", name, width, line)
				}
			}
			if name != "all secondary" {
				for _, row := range table().rows { // all other columns are shown
					require.Contains(t, strings.Join(strings.Fields(strings.Join(lines, " ")), " "), strings.Fields(row[0])[0], "%s at %d", name, width)
				}
			}
		}
	}
}

func TestFactsAreAligned(t *testing.T) {
	t.Parallel()
	a := newApp(nil, new(strings.Builder), nil, func(string) string { return "" })
	require.Equal(t, "a      x  y\nlong   one\n       two\n", a.factText([][2]string{{"a", "x  y"}, {"long", "one\ntwo"}, {"empty", ""}}))
}
