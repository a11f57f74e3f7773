// Package sse reads server-sent events from a stream of unknown length. It promises bounded
// memory: a line or an event over the limit ends the stream with an error. Errors of the stream
// are returned unchanged, and an incomplete event is not returned.
package sse

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Limits of one event of a stream, which the limit of [NewReader] can lower.
const (
	MaxLine  = 256 << 10
	MaxEvent = 1 << 20
)

// Errors for a stream that exceeds the limits.
var (
	ErrLineTooLong  = errors.New("a line of the stream is longer than the limit")
	ErrEventTooLong = errors.New("an event of the stream is longer than the limit")
)

// Event is one server-sent event.
type Event struct {
	Name string
	ID   string // of this event, or of the last one that had an ID
	Data string // its lines joined by line breaks
}

// Reader reads server-sent events as the HTML standard defines them: lines end in CR, LF or both,
// and an empty line ends an event.
type Reader struct {
	source   *bufio.Reader
	maxLine  int
	maxEvent int

	line    []byte
	afterCR bool // a line feed now belongs to the previous line end
	begun   bool
	id      string
}

// NewReader returns a reader of source. limit lowers the limits of a line and of an event.
func NewReader(source io.Reader, limit int64) *Reader {
	return &Reader{
		source: bufio.NewReader(source), maxLine: int(min(MaxLine, limit)), maxEvent: int(min(MaxEvent, limit)),
	}
}

// Widen sets both bounds, for a source that may have longer lines and events than others.
func (r *Reader) Widen(limit int) { r.maxLine, r.maxEvent = limit, limit }

// Next returns the next event with data, and io.EOF after the last one. As the standard requires,
// an unfinished line is dropped; but an event without an empty line after it is returned.
func (r *Reader) Next() (Event, error) {
	var e Event
	var data []byte
	found := false
	for {
		err := r.readLine()
		switch {
		case errors.Is(err, io.EOF) && found, err == nil && len(r.line) == 0 && found:
			e.ID, e.Data = r.id, string(data)
			return e, nil
		case err != nil:
			return Event{}, err
		case len(r.line) == 0:
			e.Name = ""
			continue
		}
		field, value, _ := bytes.Cut(r.line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.Name = string(value)
		case "id":
			if !bytes.Contains(value, []byte{0}) {
				r.id = string(value)
			}
		case "data":
			if found {
				data = append(data, '\n')
			}
			if found = true; len(data)+len(value) > r.maxEvent {
				return Event{}, ErrEventTooLong
			}
			data = append(data, value...)
		}
	}
}

func (r *Reader) readLine() error {
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
			if !r.begun { // the stream may begin with a byte order mark
				r.line = bytes.TrimPrefix(r.line, []byte("\xEF\xBB\xBF"))
				r.begun = true
			}
			return nil
		case len(r.line) == r.maxLine:
			return ErrLineTooLong
		}
		r.line = append(r.line, b)
	}
}

// HasObject reports whether the event's data looks like a JSON object.
func (e *Event) HasObject() bool {
	return strings.HasPrefix(strings.TrimLeft(e.Data, " \t\r\n"), "{")
}
