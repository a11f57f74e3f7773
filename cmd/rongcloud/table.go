package main

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

const (
	columnGap = 2 // between two columns
	fewLines  = 2 // of a cell; with more, secondary columns go first
	mostLines = 4 // of a cell; a text that would need more stands below its row
	hanging   = 2 // columns before a text that stands below its row
)

// textTable is a table as a terminal shows it. Texts are wrapped. Paths, IDs and the like stay in
// one piece, to be copied, even if the terminal is narrower than they are.
type textTable struct {
	head      []string // none if it is nil
	rows      [][]string
	secondary []string                             // columns to leave out where there is no room, in this order
	style     func(row, column int) lipgloss.Style // nil for plain text
	headStyle lipgloss.Style
}

// tableLayout says where the cells of a table go.
type tableLayout struct {
	columns []int // side by side
	widths  []int // of these; nil if they are not aligned
	below   int   // the column that stands below its row, or -1
}

// lines are the lines of the table on a terminal of this width; 0 is any. No line ends with a
// space.
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

// layOut finds room for the columns: first by wrapping texts, then without the secondary columns,
// and last with the longest text below its row.
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

// without are the columns but for those of these names, and another one.
func (t *textTable) without(names []string, other int) []int {
	var columns []int
	for j := range t.width() {
		if j != other && (t.head == nil || !slices.Contains(names, t.head[j])) {
			columns = append(columns, j)
		}
	}
	return columns
}

// width is the number of columns.
func (t *textTable) width() int {
	if t.head != nil || len(t.rows) == 0 {
		return len(t.head)
	}
	return len(t.rows[0])
}

// cells yields all cells of a column, with its name.
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

// isText reports whether a column has texts, which may be wrapped.
func (t *textTable) isText(column int) bool {
	return slices.ContainsFunc(t.rows, func(row []string) bool { return strings.Contains(row[column], " ") })
}

// natural are the widths of columns whose cells are not wrapped.
func (t *textTable) natural(columns []int) []int {
	widths := make([]int, len(columns))
	for i, column := range columns {
		for cell := range t.cells(column) {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	return widths
}

// total is the width of a row.
func total(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, width := range widths {
		sum += width
	}
	return sum
}

// fit returns the widths with which columns fit into a terminal, with so many lines in a cell, and
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

// widest is the column with the longest texts, or if there are no texts, the widest of all.
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

// rowLines are the lines of a row.
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
		pending := 0 // spaces that only a further cell needs
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
		for _, line := range wrapped(row[l.below], terminal-hanging) {
			if line != "" {
				lines = append(lines, strings.Repeat(" ", hanging)+style(l.below).Render(line))
			}
		}
	}
	return lines
}

// looseLines are the lines of a row whose columns are not aligned: as many cells in each as there
// is room for.
func (t *textTable) looseLines(row []string, l tableLayout, terminal int, style func(column int) lipgloss.Style) []string {
	var lines []string
	line, width := "", 0
	for _, column := range l.columns {
		for _, part := range wrapped(row[column], terminal-hanging) {
			switch {
			case part == "":
				continue
			case line != "" && width+columnGap+lipgloss.Width(part) > terminal:
				lines = append(lines, line)
				line, width = strings.Repeat(" ", hanging), hanging
			case line != "":
				line, width = line+strings.Repeat(" ", columnGap), width+columnGap
			}
			line, width = line+style(column).Render(part), width+lipgloss.Width(part)
		}
	}
	return append(lines, line)
}

// wrapped breaks a text at its spaces into lines of this width. A word that is wider has a line of
// its own; a text that fits keeps its spaces.
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

// table prints rows: aligned on a terminal, else separated by tabs. The first row has the names of
// the columns, of which a narrow terminal does not show the secondary ones.
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

// factText is what is known of one thing, a line for each fact that is known: its name, and a text
// that a terminal wraps.
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
				lines = append(lines, wrapped(line, max(terminal-names, leastFact))...)
			} else {
				lines = append(lines, line)
			}
		}
		b.WriteString(strings.Join(lines, "\n"+indent) + "\n")
	}
	return b.String()
}

// leastFact is how wide the text of a fact is at least.
const leastFact = 16

// paragraph is a text that a terminal wraps.
func (a *app) paragraph(text string) string {
	if terminal := terminalWidth(a.stdout); terminal > 0 {
		text = strings.Join(wrapped(text, terminal), "\n")
	}
	return text
}
