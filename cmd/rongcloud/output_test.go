package main

import (
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"
)

// A narrow terminal wraps texts but not paths, which people copy.
func TestWrapTexts(t *testing.T) {
	t.Parallel()
	const path, summary = "/user/blacklist/query.json", "List the users on someone's one-to-one blocklist, newest first."
	for width, lines := range map[int]int{0: 1, 200: 1, 80: 2, 60: 4, 30: 1} {
		rows := [][]string{{"POST", path, summary}}
		wrapTexts([]string{"METHOD", "PATH", "SUMMARY"}, rows, width)
		require.Equal(t, "POST", rows[0][0])
		require.Equal(t, path, rows[0][1])
		require.Equal(t, lines, lipgloss.Height(rows[0][2]), width)
		if lines > 1 {
			require.LessOrEqual(t, len("METHOD")+len(path)+lipgloss.Width(rows[0][2])+3*columnGap, width)
		}
	}
}
