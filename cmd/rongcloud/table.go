package main

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

const (
	columnGap     = 2 // spaces between two columns
	fewLines      = 2 // secondary columns go before a cell gets more lines
	mostLines     = 4 // a text with more lines goes below its row
	hangingIndent = 2 // indent of a text below its row
)

// textTable is a table for a terminal. It wraps texts. It never wraps paths and IDs, so that
// people can copy them, even if they are wider than the terminal.
type textTable struct {
	head      []string // nil for a table without names of columns
	rows      [][]string
	secondary []string                             // names of columns to leave out if there is no room, in this order
	style     func(row, column int) lipgloss.Style // nil for plain text
	headStyle lipgloss.Style
}

// tableLayout has the columns of a table and where they go.
type tableLayout struct {
	columns []int // columns side by side
	widths  []int // widths of columns; nil if they are not aligned
	below   int   // the column whose text goes below its row, or -1
}

// lines formats the table for a terminal of this width, or without wrapping if the width is 0. No
// line ends with a space.
func (t *textTable) lines(terminal int) []string {
	l := t.layOut(terminal)
	var lines []string
	if t.head != nil {
		lines = t.rowLines(t.head, l, terminal, func(int) lipgloss.Style { return t.headStyle })
	}
	for i, row := range t.rows {
		lines = append(lines, t.rowLines(row, l, terminal, func(column int) lipgloss.Style {
			if t.style == nil {
				return lipgloss.NewStyle()
			}
			return t.style(i, column)
		})...)
	}
	return lines
}

// layOut makes room for the columns. It first wraps texts, then leaves out secondary columns, and
// finally moves the longest text below its row.
func (t *textTable) layOut(terminal int) tableLayout {
	for _, most := range []int{fewLines, mostLines} {
		for left := range len(t.secondary) + 1 {
			columns := t.without(t.secondary[:left], -1)
			if widths, ok := t.fit(columns, terminal, most); ok {
				return tableLayout{columns, widths, -1}
			}
		}
	}
	below := t.widest()
	if len(t.without(nil, below)) == 0 {
		return tableLayout{[]int{below}, []int{terminal}, -1}
	}
	for left := range len(t.secondary) + 1 {
		columns := t.without(t.secondary[:left], below)
		if widths := t.natural(columns); total(widths) <= terminal && len(columns) > 0 {
			return tableLayout{columns, widths, below}
		}
	}
	return tableLayout{t.without(t.secondary, below), nil, below}
}

// without returns all columns except those with these names, and except other.
func (t *textTable) without(names []string, other int) []int {
	var columns []int
	for j := range t.width() {
		if j != other && (t.head == nil || !slices.Contains(names, t.head[j])) {
			columns = append(columns, j)
		}
	}
	return columns
}

// width returns the number of columns.
func (t *textTable) width() int {
	if t.head != nil || len(t.rows) == 0 {
		return len(t.head)
	}
	return len(t.rows[0])
}

// cells yields the name of a column and all of its cells.
func (t *textTable) cells(column int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if t.head != nil && !yield(t.head[column]) {
			return
		}
		for _, row := range t.rows {
			if !yield(row[column]) {
				return
			}
		}
	}
}

// isText reports whether a cell of the column contains a space, so that the column can be wrapped.
func (t *textTable) isText(column int) bool {
	return slices.ContainsFunc(t.rows, func(row []string) bool { return strings.Contains(row[column], " ") })
}

// natural returns the widths of columns without wrapping.
func (t *textTable) natural(columns []int) []int {
	widths := make([]int, len(columns))
	for i, column := range columns {
		for cell := range t.cells(column) {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	return widths
}

// total returns the width of a row.
func total(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, width := range widths {
		sum += width
	}
	return sum
}

// fit returns widths for columns that fit into a terminal if no cell has more than most lines. It
// reports whether there are any.
func (t *textTable) fit(columns []int, terminal, most int) ([]int, bool) {
	widths := t.natural(columns)
	if terminal <= 0 {
		return widths, true
	}
	least := make([]int, len(columns))
	for i, column := range columns {
		least[i] = widths[i]
		if t.isText(column) {
			least[i] = t.longestWord(column)
		}
	}
	for total(widths) > terminal {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return nil, false
		}
		widths[widest]--
	}
	for i, column := range columns {
		for cell := range t.cells(column) {
			if len(wrapped(cell, widths[i])) > most {
				return nil, false
			}
		}
	}
	return widths, true
}

func (t *textTable) longestWord(column int) int {
	longest := 0
	for cell := range t.cells(column) {
		for word := range strings.FieldsSeq(cell) {
			longest = max(longest, lipgloss.Width(word))
		}
	}
	return longest
}

// widest returns the widest column of texts, or without texts the widest column of all.
func (t *textTable) widest() int {
	all := t.without(nil, -1)
	widths, found := t.natural(all), 0
	for j := range all {
		if text := t.isText(j); text && !t.isText(found) || text == t.isText(found) && widths[j] > widths[found] {
			found = j
		}
	}
	return found
}

// rowLines formats a row.
func (t *textTable) rowLines(row []string, l tableLayout, terminal int, style func(column int) lipgloss.Style) []string {
	height, cells := 1, make([][]string, len(l.columns))
	for i, column := range l.columns {
		if l.widths != nil {
			cells[i] = wrapped(row[column], l.widths[i])
		}
		height = max(height, len(cells[i]))
	}
	var lines []string
	if l.widths == nil {
		lines, height = t.looseLines(row, l, terminal, style), 0
	}
	for n := range height {
		var b strings.Builder
		pending := 0 // spaces to write only before another cell
		for i, column := range l.columns {
			text := ""
			if n < len(cells[i]) {
				text = cells[i][n]
			}
			if text != "" {
				b.WriteString(strings.Repeat(" ", pending) + style(column).Render(text))
				pending = 0
			}
			pending += l.widths[i] - lipgloss.Width(text) + columnGap
		}
		lines = append(lines, b.String())
	}
	if l.below >= 0 {
		for _, line := range wrapped(row[l.below], terminal-hangingIndent) {
			if line != "" {
				lines = append(lines, strings.Repeat(" ", hangingIndent)+style(l.below).Render(line))
			}
		}
	}
	return lines
}

// looseLines formats a row without aligned columns. Each line has as many cells as there is room
// for.
func (t *textTable) looseLines(row []string, l tableLayout, terminal int, style func(column int) lipgloss.Style) []string {
	var lines []string
	line, width := "", 0
	for _, column := range l.columns {
		for _, part := range wrapped(row[column], terminal-hangingIndent) {
			switch {
			case part == "":
				continue
			case line != "" && width+columnGap+lipgloss.Width(part) > terminal:
				lines = append(lines, line)
				line, width = strings.Repeat(" ", hangingIndent), hangingIndent
			case line != "":
				line, width = line+strings.Repeat(" ", columnGap), width+columnGap
			}
			line, width = line+style(column).Render(part), width+lipgloss.Width(part)
		}
	}
	return append(lines, line)
}

// wrapped breaks a text at spaces into lines of this width. A wider word gets its own line. A text
// that fits keeps its spaces.
func wrapped(text string, width int) []string {
	if lipgloss.Width(text) <= width {
		return []string{strings.TrimRight(text, " ")}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case lipgloss.Width(line)+1+lipgloss.Width(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// table prints rows below the names of the columns: aligned on a terminal, else separated by tabs.
// A narrow terminal may leave out the secondary columns.
func (a *app) table(head []string, rows [][]string, secondary ...string) error {
	t := &textTable{head: head, rows: rows, secondary: secondary}
	if a.colours() {
		t.headStyle = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Cyan)
	}
	return a.printTable(t)
}

func (a *app) printTable(t *textTable) error {
	clean := make([][]string, len(t.rows))
	for i, row := range t.rows {
		clean[i] = make([]string, len(row))
		for j, cell := range row {
			clean[i][j] = oneLine(cell)
		}
	}
	t.rows = clean
	var lines []string
	if isTerminal(a.stdout) {
		lines = t.lines(terminalWidth(a.stdout))
	} else {
		if t.head != nil {
			lines = append(lines, strings.Join(t.head, "\t"))
		}
		for _, row := range t.rows {
			lines = append(lines, strings.Join(row, "\t"))
		}
	}
	_, err := a.stdout.Write([]byte(strings.Join(lines, "\n") + "\n"))
	return err
}

// factText formats pairs of a name and a text, one below the other, and wraps the texts for a
// terminal. It skips pairs without a text.
func (a *app) factText(facts [][2]string) string {
	names := 0
	for _, fact := range facts {
		names = max(names, lipgloss.Width(fact[0])+columnGap)
	}
	terminal := terminalWidth(a.stdout)
	var b strings.Builder
	for _, fact := range facts {
		if fact[1] == "" {
			continue
		}
		indent := strings.Repeat(" ", names)
		b.WriteString(fact[0] + indent[lipgloss.Width(fact[0]):])
		var lines []string
		for line := range strings.SplitSeq(fact[1], "\n") {
			if terminal > 0 {
				lines = append(lines, wrapped(line, max(terminal-names, minFactWidth))...)
			} else {
				lines = append(lines, line)
			}
		}
		b.WriteString(strings.Join(lines, "\n"+indent) + "\n")
	}
	return b.String()
}

// minFactWidth is the least width of the text of a fact.
const minFactWidth = 16

// paragraph wraps a text for a terminal.
func (a *app) paragraph(text string) string {
	if terminal := terminalWidth(a.stdout); terminal > 0 {
		text = strings.Join(wrapped(text, terminal), "\n")
	}
	return text
}
