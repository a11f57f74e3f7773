package rongcloud

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Bounds of one event of a stream; [WithMaxResponseBytes] can lower them.
const (
	maxEventLine = 256 << 10
	maxEvent     = 1 << 20
)

var (
	errLineTooLong  = errors.New("a line of the stream is longer than the limit")
	errEventTooLong = errors.New("an event of the stream is longer than the limit")
)

// event is one server-sent event.
type event struct {
	name string
	id   string // of this event, or of the last one that had an ID
	data string // its lines joined by line breaks
}

// eventReader reads server-sent events as the HTML standard defines them: lines that end in CR, LF
// or both, of which an empty one ends an event.
type eventReader struct {
	source   *bufio.Reader
	maxLine  int
	maxEvent int

	line    []byte
	afterCR bool // a line feed now belongs to the line before
	begun   bool
	id      string
}

func newEventReader(source io.Reader, limit int64) *eventReader {
	return &eventReader{
		source: bufio.NewReader(source), maxLine: int(min(maxEventLine, limit)), maxEvent: int(min(maxEvent, limit)),
	}
}

// next returns the next event that carries data, and io.EOF after the last one. A line without an
// end is dropped, as the standard asks, but not an event without an empty line after it.
func (r *eventReader) next() (event, error) {
	var e event
	var data []byte
	found := false
	for {
		err := r.readLine()
		switch {
		case errors.Is(err, io.EOF) && found, err == nil && len(r.line) == 0 && found:
			e.id, e.data = r.id, string(data)
			return e, nil
		case err != nil:
			return event{}, err
		case len(r.line) == 0:
			e.name = ""
			continue
		}
		field, value, _ := bytes.Cut(r.line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = string(value)
		case "id":
			if !bytes.Contains(value, []byte{0}) {
				r.id = string(value)
			}
		case "data":
			if found {
				data = append(data, '\n')
			}
			if found = true; len(data)+len(value) > r.maxEvent {
				return event{}, errEventTooLong
			}
			data = append(data, value...)
		}
	}
}

func (r *eventReader) readLine() error {
	r.line = r.line[:0]
	for {
		b, err := r.source.ReadByte()
		if err != nil {
			return err
		}
		if r.afterCR && b == '\n' {
			r.afterCR = false
			continue
		}
		r.afterCR = b == '\r'
		switch {
		case b == '\n' || b == '\r':
			if !r.begun { // a byte order mark may stand before everything
				r.line = bytes.TrimPrefix(r.line, []byte("\xEF\xBB\xBF"))
				r.begun = true
			}
			return nil
		case len(r.line) == r.maxLine:
			return errLineTooLong
		}
		r.line = append(r.line, b)
	}
}

// object tells whether the event's data is meant to be a JSON object.
func (e *event) object() bool { return strings.HasPrefix(strings.TrimLeft(e.data, " \t\r\n"), "{") }
