package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// recipientList holds the recipients of a list in its order, each of them once.
type recipientList struct {
	ids        []string
	duplicates int // recipients listed again
	column     string
}

// idColumns are names of columns that hold IDs, without spaces, hyphens and underscores. If a list
// has several of these columns, the first name here wins.
var idColumns = []string{"userid", "uid", "user", "groupid", "gid", "group", "touserid", "togroupid", "id", "用户id", "用户", "群组id", "群id"}

// readRecipients reads a list with an ID on each line, or CSV with or without a header.
func (a *app) readRecipients(ctx context.Context, name, column string) (*recipientList, error) {
	source := a.stdin
	if name != "-" {
		source = func() (io.Reader, error) { return os.Open(name) }
	}
	list, err := await(ctx, func() (*recipientList, error) {
		in, err := source()
		if err != nil {
			return nil, usagef("--to-file: %w", err)
		}
		if file, ok := in.(*os.File); ok && name != "-" {
			defer func() { _ = file.Close() }()
		}
		list, err := parseRecipients(in, column)
		if err != nil {
			return nil, usagef("--to-file: %s: %w", name, err)
		}
		return list, nil
	})
	return list, err
}

// The bounds of a list allow for every real list. They stop the reading of an endless device or
// pipe before the memory is full.
const (
	maxListLine  = 1 << 20 // bytes
	maxListLines = 10_000_000
	maxListBytes = 512 << 20
)

// boundedList reads a list, and returns an error if a line or the list exceeds its bound.
type boundedList struct {
	io.Reader
	last, breaks int   // the line of the last record, and the number of line breaks read
	line, all    int64 // the bytes read since that record, without line breaks, and since the start
}

func (b *boundedList) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.all += int64(n)
	breaks := bytes.Count(p[:n], []byte("\n"))
	b.breaks += breaks
	b.line += int64(n - breaks - bytes.Count(p[:n], []byte("\r")))
	switch {
	case b.breaks > maxListLines:
		return 0, fmt.Errorf("it has more than %d lines: split it", maxListLines)
	case b.line > maxListLine:
		return 0, fmt.Errorf("a line after line %d has more than %d KiB: is a quote not closed, or is it no list?", b.last, maxListLine>>10)
	case b.all > maxListBytes:
		return 0, fmt.Errorf("it has more than %d MiB: split it", maxListBytes>>20)
	}
	return n, err
}

// took notes that the CSV reader has returned the row that begins in this line.
func (b *boundedList) took(line int) { b.line, b.last = 0, line }

// parseRecipients parses a list of recipients. It returns an error for bytes that would yield
// wrong IDs, such as UTF-16.
func parseRecipients(source io.Reader, column string) (*recipientList, error) {
	bounded := &boundedList{Reader: source}
	buffered := bufio.NewReader(bounded)
	start, _ := buffered.Peek(3)
	switch {
	case bytes.Equal(start, []byte("\xef\xbb\xbf")):
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, errUTF16
	}
	if start, _ := buffered.Peek(4096); bytes.IndexByte(start, '\n') < 0 && bytes.IndexByte(start, '\r') >= 0 {
		return nil, errors.New("its lines end with CR alone: save it with LF or CRLF")
	}
	reader := csv.NewReader(buffered)
	reader.Comma = separator(buffered)
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = reader.Comma != '\t' // a tab counts as space: empty cells would vanish
	reader.ReuseRecord = true
	list := &recipientList{}
	seen := map[string]bool{}
	at := -1
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		bounded.took(line)
		header := false
		if at < 0 {
			if at, header, err = list.chooseColumn(record, column); err != nil {
				return nil, err
			}
		}
		if header {
			continue
		}
		if err := list.add(seen, record, at, line); err != nil {
			return nil, err
		}
	}
	if len(list.ids) == 0 {
		return nil, errors.New("there is nobody in it")
	}
	return list, nil
}

// add adds the recipient of one line, and skips an empty line.
func (l *recipientList) add(seen map[string]bool, record []string, at, line int) error {
	if at >= len(record) {
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			return nil
		}
		return fmt.Errorf("line %d has no column %d", line, at+1)
	}
	id := strings.TrimSpace(record[at])
	switch {
	case id == "":
		if slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			return fmt.Errorf("line %d has no ID in column %d", line, at+1)
		}
		return nil
	case !utf8.ValidString(id):
		return fmt.Errorf("line %d is not UTF-8: save the list as UTF-8", line)
	case strings.IndexFunc(id, invisible) >= 0:
		return fmt.Errorf("line %d has the invisible character %U in its ID %q", line, firstInvisible(id), id)
	case seen[id]:
		l.duplicates++
		return nil
	}
	id = strings.Clone(id) // the memory of the record is reused
	seen[id] = true
	l.ids = append(l.ids, id)
	return nil
}

// invisible reports whether a character cannot be part of an ID. Such characters come from wrong
// line ends, unclosed quotes and joined files.
func invisible(r rune) bool { return !unicode.IsGraphic(r) }

func firstInvisible(id string) rune {
	for _, r := range id {
		if invisible(r) {
			return r
		}
	}
	return 0
}

// separator returns the character between the cells of the first line.
func separator(r *bufio.Reader) rune {
	start, _ := r.Peek(4096)
	first, _, _ := bytes.Cut(start, []byte("\n"))
	for _, comma := range []rune{',', '\t', ';'} {
		if bytes.ContainsRune(first, comma) {
			return comma
		}
	}
	return ','
}

// chooseColumn finds the column with the IDs, and reports whether the first line is a header.
func (l *recipientList) chooseColumn(first []string, column string) (at int, header bool, err error) {
	named := func(cell string) string { return strings.ToLower(strings.TrimSpace(cell)) }
	plain := func(cell string) string { return strings.NewReplacer("_", "", "-", "", " ", "").Replace(named(cell)) }
	isID := func(cell string) bool { return slices.Contains(idColumns, plain(cell)) }
	if column != "" {
		if at := slices.IndexFunc(first, func(cell string) bool { return named(cell) == named(column) }); at >= 0 {
			l.column = column
			return at, true, nil
		}
		n, err := strconv.Atoi(column)
		if err != nil || n < 1 || n > len(first) {
			return 0, false, fmt.Errorf("--column: there is no column %q; the first line has %s", column, strings.Join(first, ", "))
		}
		l.column = column
		return n - 1, isID(first[n-1]), nil
	}
	for _, name := range idColumns {
		if at := slices.IndexFunc(first, func(cell string) bool { return plain(cell) == name }); at >= 0 {
			l.column = strings.TrimSpace(first[at])
			return at, true, nil
		}
	}
	if len(first) > 1 {
		return 0, false, fmt.Errorf("which column has the IDs? The first line has %s: choose with --column", strings.Join(first, ", "))
	}
	return 0, false, nil
}
