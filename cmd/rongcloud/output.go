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

// counted returns a number with what it counts, such as "1 call" or "2 calls".
func counted[N int | int64](n N, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// thereAre names what there is to choose from, as in "there are dev, live" or "there is only dev".
func thereAre(names []string) string {
	switch len(names) {
	case 0:
		return "there are none"
	case 1:
		return "there is only " + names[0]
	default:
		return "there are " + strings.Join(names, ", ")
	}
}

// ofAll returns a text such as "2 of 3 calls", or "the call" if there is only one.
func ofAll(n, all int, word string) string {
	if all == 1 {
		return "the " + word
	}
	return fmt.Sprintf("%d of %s", n, counted(all, word))
}

// unprinted adds to an error of printing what the command did before, so that nobody repeats the
// command.
func unprinted(done string, err error) error {
	if err == nil || readerGone(err) {
		return err
	}
	return fmt.Errorf("%s, but its response cannot be printed: %w", done, err)
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
