// Package sse reads server-sent events from a stream whose length nobody knows. It promises
// bounded memory: a line or an event over its limit ends the stream with an error. Errors of the
// stream pass through as they are, and an event that the stream breaks off in is not returned.
package sse

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Bounds of one event of a stream, which the limit of [NewReader] can lower.
const (
	MaxLine  = 256 << 10
	MaxEvent = 1 << 20
)

// What ends a stream that does not keep the bounds.
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

// Reader reads server-sent events as the HTML standard defines them: lines that end in CR, LF
// or both, of which an empty one ends an event.
type Reader struct {
	source   *bufio.Reader
	maxLine  int
	maxEvent int

	line    []byte
	afterCR bool // a line feed now belongs to the line before
	begun   bool
	id      string
}

// NewReader returns a reader of source. Limit lowers the bounds of a line and of an event.
func NewReader(source io.Reader, limit int64) *Reader {
	return &Reader{
		source: bufio.NewReader(source), maxLine: int(min(MaxLine, limit)), maxEvent: int(min(MaxEvent, limit)),
	}
}

// Widen sets both bounds, for a source that may have longer lines and events than others.
func (r *Reader) Widen(limit int) { r.maxLine, r.maxEvent = limit, limit }

// Next returns the next event that carries data, and io.EOF after the last one. A line without an
// end is dropped, as the standard asks, but not an event without an empty line after it.
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
			if !r.begun { // a byte order mark may stand before everything
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

// HasObject reports whether the event's data is meant to be a JSON object.
func (e *Event) HasObject() bool {
	return strings.HasPrefix(strings.TrimLeft(e.Data, " \t\r\n"), "{")
}
