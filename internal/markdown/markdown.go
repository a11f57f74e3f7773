// Package markdown wraps the lines of pages. It promises to change where lines end and nothing
// else: what a page shows stays the same.
package markdown

import (
	"math"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Columns is how wide a line of a page may be.
const Columns = 100

// hardBreak ends a line that is to end there on the page, too, as a backslash does.
const hardBreak = "  "

var (
	fence  = regexp.MustCompile("^\\s*(```|~~~)")
	item   = regexp.MustCompile(`^\s*(?:[-*+]|\d+[.)])\s+`)
	quote  = regexp.MustCompile(`^\s*>\s?`)
	indent = regexp.MustCompile(`^\s*`)

	// whole stays in one line: headings, rows, comments and tags, addresses of links.
	whole = regexp.MustCompile(`^\s*(?:#{1,6}\s|\||<|\[[^\]]+\]:\s)`)

	// opens would begin a heading, an item, a row or a quotation at the beginning of a line.
	opens = regexp.MustCompile(`^(?:[-+*=|]|>.*|#+|\d+[.)])$`)
)

// Wrap breaks the lines of each paragraph, item and quotation that has one wider than Columns. Code
// and links stay whole, and so do the lines of blocks of code, of tables and of HTML.
func Wrap(text string) string { return rewrap(text, Columns) }

// Unwrap puts each paragraph, item and quotation on one line: for places such as the releases of
// GitHub that show every line break.
func Unwrap(text string) string { return rewrap(text, math.MaxInt) }

func rewrap(text string, columns int) string {
	w := wrapper{columns: columns}
	for line := range strings.Lines(text) {
		w.line(strings.TrimRight(line, "\r\n"))
	}
	w.flush()
	return w.out.String()
}

// Wide lists the lines of a page that Wrap would break, from 1, and headings that are as wide.
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

// wrapper holds the lines of a paragraph until it ends.
type wrapper struct {
	columns int
	out     strings.Builder
	fence   string // that ends the block of code
	lines   []string
	prefix  string // of all lines but the first
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

// words splits a paragraph where a line may end.
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

// unbroken is the length of what a text begins with and no line may end in: code, a link, or a word
// up to one of these.
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
