// Package markdown wraps the lines of pages. It promises to change only line breaks: the rendered
// page stays the same.
package markdown

import (
	"math"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Columns is the maximum width of a line.
const Columns = 100

// hardBreak ends a line that also breaks on the rendered page, like a backslash.
const hardBreak = "  "

var (
	fence  = regexp.MustCompile("^\\s*(```|~~~)")
	item   = regexp.MustCompile(`^\s*(?:[-*+]|\d+[.)])\s+`)
	quote  = regexp.MustCompile(`^\s*>\s?`)
	indent = regexp.MustCompile(`^\s*`)

	// whole matches lines that must not be broken: headings, rows, comments and tags, link
	// definitions.
	whole = regexp.MustCompile(`^\s*(?:#{1,6}\s|\||<|\[[^\]]+\]:\s)`)

	// opens matches words that would start a heading, an item, a row or a quotation at the
	// beginning of a line.
	opens = regexp.MustCompile(`^(?:[-+*=|]|>.*|#+|\d+[.)])$`)
)

// Wrap rewraps each paragraph, item and quotation with a line wider than Columns. It does not
// break code and links, nor lines of code blocks, tables and HTML.
func Wrap(text string) string { return rewrap(text, Columns) }

// Unwrap puts each paragraph, item and quotation on one line, for places such as GitHub releases
// that show every line break.
func Unwrap(text string) string { return rewrap(text, math.MaxInt) }

func rewrap(text string, columns int) string {
	w := wrapper{columns: columns}
	for line := range strings.Lines(text) {
		w.line(strings.TrimRight(line, "\r\n"))
	}
	w.flush()
	return w.out.String()
}

// Wide returns the numbers, from 1, of lines that Wrap would break, and of headings that are too
// wide.
func Wide(text string) []int {
	var wide []int
	wrapped := map[string]bool{}
	for line := range strings.Lines(Wrap(text)) {
		wrapped[line] = true
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		isHeading := strings.HasPrefix(line, "#")
		if width(strings.TrimRight(line, "\r\n")) > Columns && (!wrapped[line] || isHeading) {
			wide = append(wide, n)
		}
	}
	return wide
}

// wrapper collects the lines of a paragraph until it ends.
type wrapper struct {
	columns int
	out     strings.Builder
	fence   string // the line that ends the code block
	lines   []string
	prefix  string // of all lines except the first
}

func (w *wrapper) line(line string) {
	mark := fence.FindStringSubmatch(line)
	switch {
	case w.fence != "":
		if mark != nil && mark[1] == w.fence {
			w.fence = ""
		}
		w.copy(line)
	case mark != nil:
		w.flush()
		w.fence = mark[1]
		w.copy(line)
	case strings.TrimSpace(line) == "", whole.MatchString(line):
		w.flush()
		w.copy(line)
	case item.MatchString(line):
		w.flush()
		w.prefix = strings.Repeat(" ", utf8.RuneCountInString(item.FindString(line)))
		w.lines = []string{line}
	case w.lines == nil:
		w.prefix = indent.FindString(line) + strings.TrimLeft(quote.FindString(line), " ")
		w.lines = []string{line}
	default:
		w.lines = append(w.lines, quote.ReplaceAllString(line, ""))
	}
	if strings.HasSuffix(line, hardBreak) || strings.HasSuffix(line, "\\") {
		w.flush()
	}
}

func (w *wrapper) copy(line string) { w.out.WriteString(line + "\n") }

func (w *wrapper) flush() {
	lines := w.lines
	w.lines = nil
	if lines == nil {
		return
	}
	isWide := false
	for i, line := range lines {
		if i > 0 {
			line = w.prefix + strings.TrimSpace(line)
		}
		isWide = isWide || width(line) > w.columns
	}
	if !isWide && w.columns == Columns {
		for i, line := range lines {
			if i > 0 && quote.MatchString(w.prefix) {
				line = w.prefix + line
			}
			w.copy(line)
		}
		return
	}
	first := lines[0]
	begin := item.FindString(first)
	if begin == "" {
		begin = w.prefix
	}
	lines[0] = first[len(begin):]
	line := begin
	for i, word := range words(strings.Join(lines, " ")) {
		switch {
		case i == 0:
			line += word
		case width(line)+1+width(word) > w.columns:
			w.copy(line)
			line = w.prefix + word
		default:
			line += " " + word
		}
	}
	if strings.HasSuffix(lines[len(lines)-1], hardBreak) {
		line += hardBreak
	}
	w.copy(line)
}

// words splits a paragraph where lines may break.
func words(text string) []string {
	var found []string
	word := ""
	for text = strings.TrimSpace(text); text != ""; {
		n := unbroken(text)
		word += text[:n]
		text = text[n:]
		rest := strings.TrimLeft(text, " ")
		if rest == text && text != "" {
			continue
		}
		if opens.MatchString(word) && len(found) > 0 {
			found[len(found)-1] += " " + word
		} else {
			found = append(found, word)
		}
		word, text = "", rest
	}
	return found
}

var linked = regexp.MustCompile(`^!?\[(?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*\]\([^)]*\)`)

// unbroken returns the length of the unbreakable beginning of a text: code, a link, or a word up
// to one of these.
func unbroken(text string) int {
	if text[0] == '`' {
		ticks := len(text) - len(strings.TrimLeft(text, "`"))
		if end := strings.Index(text[ticks:], text[:ticks]); end >= 0 {
			return ticks + end + ticks
		}
		return ticks
	}
	if link := linked.FindString(text); link != "" {
		return len(link)
	}
	if end := strings.IndexAny(text[1:], " `[!"); end >= 0 {
		return 1 + end
	}
	return len(text)
}

func width(line string) int { return utf8.RuneCountInString(line) }
