package sse

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readEvents reads until an error, which is nil for io.EOF.
func readEvents(r *Reader) ([]Event, error) {
	var all []Event
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
		all = append(all, e)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []Event
	}{
		{"nothing", "", nil},
		{"empty lines", "\n\r\n\r\n\n", nil},
		{"one", "data: a\n\n", []Event{{Data: "a"}}},
		{"all fields", "event: piece\nid: 7\ndata: a\nretry: 10\n\n", []Event{{"piece", "7", "a"}}},
		{"no space", "event:piece\nid:7\ndata:a\n\n", []Event{{"piece", "7", "a"}}},
		{"two spaces", "data:  a\n\n", []Event{{Data: " a"}}},
		{"colons", "data: a: b:\n\n", []Event{{Data: "a: b:"}}},
		{"several lines", "data: a\ndata\ndata: b\n\n", []Event{{Data: "a\n\nb"}}},
		{"empty data", "data\n\ndata:\n\n", []Event{{}, {}}},
		{"comments", ": hello\n\n:\ndata: a\n: again\n\n", []Event{{Data: "a"}}},
		{"unknown fields", "colour: red\ndata: a\nDATA: b\n\n", []Event{{Data: "a"}}},
		{"a name without data", "event: ping\n\ndata: a\n\n", []Event{{Data: "a"}}},
		{"the last of two names", "event: a\nevent: b\ndata: c\n\n", []Event{{Name: "b", Data: "c"}}},
		{"an ID stays", "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", []Event{{"", "1", "a"}, {"", "1", "b"}, {"", "", "c"}}},
		{"an ID with NUL", "id: 1\ndata: a\n\nid: \x002\ndata: b\n\n", []Event{{"", "1", "a"}, {"", "1", "b"}}},
		{"CRLF", "event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n", []Event{{Name: "x", Data: "a"}, {Data: "b"}}},
		{"CR", "event: x\rdata: a\r\rdata: b\r\r", []Event{{Name: "x", Data: "a"}, {Data: "b"}}},
		{"a mixture", "data: a\r\ndata: b\n\rdata: c\r\r\n", []Event{{Data: "a\nb"}, {Data: "c"}}},
		{"byte order mark", "\xEF\xBB\xBFdata: a\n\ndata: \xEF\xBB\xBFb\n\n", []Event{{Data: "a"}, {Data: "\xEF\xBB\xBFb"}}},
		{"no empty line at the end", "data: a\n\ndata: b\n", []Event{{Data: "a"}, {Data: "b"}}},
		{"an unfinished line", "data: a\n\ndata: b", []Event{{Data: "a"}}},
		{"an unfinished line of an event", "data: a\ndata: b", []Event{{Data: "a"}}},
		{"a name at the end", "data: a\n\nevent: b\n", []Event{{Data: "a"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, source := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
				got, err := readEvents(NewReader(source, 1<<20))
				require.NoError(t, err)
				require.Equal(t, test.want, got)
			}
		})
	}
}

func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		limit      int64
		want       error
	}{
		{name: "line", text: "data: " + strings.Repeat("a", MaxLine-6) + "\n\n", limit: 1 << 30, want: nil},
		{name: "a longer line", text: "data: " + strings.Repeat("a", MaxLine-5) + "\n\n", limit: 1 << 30, want: ErrLineTooLong},
		{name: "a comment", text: ":" + strings.Repeat("a", MaxLine), limit: 1 << 30, want: ErrLineTooLong},
		{name: "event", text: strings.Repeat("data: "+strings.Repeat("a", 1<<10-1)+"\n", 1<<10) + "\n", limit: 1 << 30, want: nil},
		{
			name: "a longer event", text: strings.Repeat("data: "+strings.Repeat("a", 1<<10)+"\n", 1<<10+1) + "\n", limit: 1 << 30,
			want: ErrEventTooLong,
		},
		{name: "many events", text: strings.Repeat("data: "+strings.Repeat("a", 1<<10)+"\n\n", 1<<11), limit: 1 << 30, want: nil},
		{name: "a lower limit", text: "data: a\n\n", limit: 7, want: nil},
		{name: "a line over a lower limit", text: "data: ab\n\n", limit: 7, want: ErrLineTooLong},
		{name: "an event over a lower limit", text: strings.Repeat("data: a\n", 5) + "\n", limit: 7, want: ErrEventTooLong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := readEvents(NewReader(strings.NewReader(test.text), test.limit))
			require.ErrorIs(t, err, test.want)
		})
	}
}

func TestEventsPassErrorsOn(t *testing.T) {
	t.Parallel()
	source := io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(io.ErrUnexpectedEOF))
	got, err := readEvents(NewReader(source, 1<<20))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, []Event{{Data: "a"}}, got)
}

func FuzzEvents(f *testing.F) {
	for _, text := range []string{
		"", "data: a\n\n", "event: x\r\nid: 1\r\ndata: {\"a\":1}\r\n\r\n", "\xEF\xBB\xBFdata\r\rdata: b", ":\n\n: c\ndata:a\ndata\n\n", "id:\x00\n",
	} {
		f.Add(text)
	}
	const limit = 64
	f.Fuzz(func(t *testing.T, text string) {
		whole, err := readEvents(NewReader(strings.NewReader(text), limit))
		pieces, errPieces := readEvents(NewReader(iotest.OneByteReader(strings.NewReader(text)), limit))
		require.Equal(t, whole, pieces)
		require.Equal(t, err, errPieces)
		if err != nil {
			require.True(t, errors.Is(err, ErrLineTooLong) || errors.Is(err, ErrEventTooLong), "%v", err)
		}
		var again strings.Builder
		for _, e := range whole {
			require.LessOrEqual(t, len(e.Data), limit)
			require.LessOrEqual(t, len(e.Name), limit)
			require.LessOrEqual(t, len(e.ID), limit)
			fmt.Fprintf(&again, "event: %s\nid: %s\ndata: %s\n\n", e.Name, e.ID, strings.ReplaceAll(e.Data, "\n", "\ndata: "))
		}
		rewritten, err := readEvents(NewReader(strings.NewReader(again.String()), 1<<20))
		require.NoError(t, err)
		require.Equal(t, whole, rewritten)
	})
}
