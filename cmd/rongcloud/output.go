package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"golang.org/x/term"
)

// dataWriter writes to stdout. After a write has failed, all later writes fail, too.
type dataWriter struct {
	w io.Writer

	mu     sync.Mutex
	failed error // the error of the first failed write
}

func (d *dataWriter) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed != nil {
		return 0, d.failed
	}
	n, err := d.w.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		err = errReaderGone
	}
	d.failed = err
	return n, err
}

// failure returns the error of the first failed write, or nil.
func (d *dataWriter) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// talkWriter writes lines to stderr, above the progress bar if one is shown.
type talkWriter struct{ a *app }

func (t talkWriter) Write(p []byte) (int, error) {
	t.a.talking.Lock()
	defer t.a.talking.Unlock()
	if t.a.bars != nil {
		if n, err := t.a.bars.Write(p); err == nil {
			return n, nil
		}
	}
	return t.a.stderr.Write(p)
}

// talk prints a line for people to stderr.
func (a *app) talk(format string, args ...any) {
	fmt.Fprintf(talkWriter{a}, format+"\n", args...)
}

// tell reports what was done: to people on stderr, or with --json as data on stdout.
func (a *app) tell(done any, format string, args ...any) error {
	if a.json {
		return a.printJSON(done)
	}
	a.talk(format, args...)
	return nil
}

// show prints data as JSON with --json. Otherwise it calls text to print it.
func (a *app) show(data any, text func(w io.Writer) error) error {
	if !a.json {
		return text(a.stdout)
	}
	return a.printJSON(data)
}

// printJSON prints data as indented JSON.
func (a *app) printJSON(data any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(data); err != nil {
		return err
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

// line prints one item of a stream: data as a line of JSON with --json, else text.
func (a *app) line(data any, text string) error {
	if !a.json {
		_, err := io.WriteString(a.stdout, text+"\n")
		return err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(data); err != nil {
		return err
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

// unprinted adds to an error of printing what the command did before, so that nobody repeats the
// command.
func unprinted(done string, err error) error {
	if err == nil || readerGone(err) {
		return err
	}
	return fmt.Errorf("%s, but its response cannot be printed: %w", done, err)
}

// table prints rows below the names of the columns: aligned on a terminal, else separated by tabs.
func (a *app) table(head []string, rows [][]string) error {
	var b strings.Builder
	if isTerminal(a.stdout) {
		b.WriteString(a.alignedTable(head, rows))
		b.WriteString("\n")
	} else {
		for _, row := range append([][]string{head}, rows...) {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = oneLine(cell)
			}
			b.WriteString(strings.Join(cells, "\t") + "\n")
		}
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

func (a *app) alignedTable(head []string, rows [][]string) string {
	cell := lipgloss.NewStyle().PaddingRight(columnGap)
	t := table.New().Headers(head...).
		Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).
		BorderColumn(false).BorderHeader(false).
		StyleFunc(func(row, _ int) lipgloss.Style {
			if row == table.HeaderRow && a.colours() {
				return cell.Bold(true).Foreground(lipgloss.Cyan)
			}
			return cell
		})
	clean := make([][]string, len(rows))
	for i, row := range rows {
		clean[i] = make([]string, len(row))
		for j, text := range row {
			clean[i][j] = oneLine(text)
		}
	}
	wrapTexts(head, clean, terminalWidth(a.stdout))
	return strings.TrimRight(t.Rows(clean...).String(), "\n")
}

const (
	columnGap = 2
	leastText = 20 // texts are not wrapped to fewer columns
)

// wrapTexts wraps the widest column that contains spaces, so that the table fits into the
// terminal. Paths and IDs stay whole, so that people can copy them.
func wrapTexts(head []string, rows [][]string, terminal int) {
	longest, others, widest := -1, 0, 0
	for j := range head {
		width, spaces := lipgloss.Width(head[j]), false
		for _, row := range rows {
			width = max(width, lipgloss.Width(row[j]))
			spaces = spaces || strings.Contains(row[j], " ")
		}
		if others += width + columnGap; spaces && width > widest {
			longest, widest = j, width
		}
	}
	left := terminal - (others - widest)
	if terminal <= 0 || longest < 0 || left >= widest || left < leastText {
		return
	}
	for _, row := range rows {
		row[longest] = lipgloss.Wrap(row[longest], left, "")
	}
}

// colours reports whether stdout may be coloured.
func (a *app) colours() bool {
	return isTerminal(a.stdout) && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
}

// paint colours a text for stdout if colours allows it.
func (a *app) paint(style lipgloss.Style, text string) string {
	if !a.colours() {
		return text
	}
	return style.Render(text)
}

// The styles of printed text.
var (
	good  = lipgloss.NewStyle().Foreground(lipgloss.Green)
	bad   = lipgloss.NewStyle().Foreground(lipgloss.Red)
	bold  = lipgloss.NewStyle().Bold(true)
	faint = lipgloss.NewStyle().Faint(true)
)

func terminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }

func terminalWidth(stream any) int {
	if data, ok := stream.(*dataWriter); ok {
		stream = data.w
	}
	file, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}
