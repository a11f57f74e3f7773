package rongcloud

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

type (
	embedValue struct {
		TextMessage
		Colour string `json:"colour"`
	}
	embedPointer struct {
		*TextMessage
		Colour string `json:"colour"`
	}
	embedDeep struct {
		embedOnly
		Colour string `json:"colour"`
	}
	embedOnly struct{ TextMessage } // nothing is lost
	embedMid  struct {
		*embedValue
	}
	embedWriter interface {
		MessageContent
		json.Marshaler
	}
	embedInterface struct {
		embedWriter
		Colour string `json:"colour"`
	}
	embedTwo struct {
		TextMessage
		SyncReadStatus
	}
	embedGeneric[T any] struct {
		TextMessage
		Colour T `json:"colour"`
	}
	embedOwn struct { // writes itself
		*TextMessage
		Colour string
	}
	embedOwnGeneric[T any] struct {
		TextMessage
		Colour T
	}
	embedOwnPointer struct {
		TextMessage
		Colour string
	}
	embedPlain struct { // embeds no type that writes itself
		OPPOPush
		Colour string `json:"colour"`
	}
	embedNilOnly struct{ *TextMessage }
)

func (embedTwo) ObjectName() string { return "app:two" }

func (embedPlain) ObjectName() string { return "app:plain" }

func (embedOwn) ObjectName() string { return "app:own" }

func (e embedOwn) MarshalJSON() ([]byte, error) {
	return plainJSON.Marshal(map[string]string{"colour": e.Colour})
}

func (e embedOwnGeneric[T]) MarshalJSON() ([]byte, error) {
	return plainJSON.Marshal(map[string]any{"content": e.Content, "colour": e.Colour})
}

func (e *embedOwnPointer) MarshalJSON() ([]byte, error) {
	return plainJSON.Marshal(map[string]any{"content": e.Content, "colour": e.Colour})
}

func embedEncode(c MessageContent) (string, error) {
	got, err := encodeRequest(messageEndpoint(endpoint.Form), &messageRequest{To: []string{"a"}, Content: c}, nil)
	return got.body, err
}

// A type that loses its own fields to a built-in one is refused, however and however deeply it
// embeds it.
func TestContentThatLosesItsFields(t *testing.T) {
	t.Parallel()
	text := TextMessage{Content: "hi"}
	for _, c := range []MessageContent{
		embedValue{text, "red"}, &embedValue{text, "red"}, embedPointer{&text, "red"}, embedPointer{nil, "red"}, embedDeep{embedOnly{text}, "red"},
		embedMid{&embedValue{text, "red"}}, embedMid{}, embedInterface{text, "red"}, embedInterface{nil, "red"}, embedTwo{}, embedGeneric[int]{text, 7},
		embedValue{Colour: ""},
	} {
		_, err := embedEncode(c)
		requireRefused(t, err, "content")
		require.ErrorContains(t, err, "MarshalJSON", "%T", c)
		require.NotContains(t, err.Error(), "hi")
		// The same applies inside another message.
		_, err = embedEncode(ReferenceMessage{QuotedContent: c})
		requireRefused(t, err, "content")
	}
	for _, c := range []MessageContent{
		embedOnly{text}, &embedOnly{text}, embedOwn{nil, "red"}, &embedOwn{nil, "red"}, embedOwn{&text, "red"}, embedOwnGeneric[int]{text, 7},
		&embedOwnPointer{text, "red"}, embedPlain{OPPOPush{ChannelID: "c"}, "red"}, embedNilOnly{&text},
	} {
		body, err := embedEncode(c)
		require.NoError(t, err, "%T", c)
		require.NotEmpty(t, body)
	}
	for _, c := range []MessageContent{embedOwn{nil, "red"}, &embedOwnPointer{text, "red"}, embedPlain{Colour: "red"}} {
		body, err := embedEncode(c)
		require.NoError(t, err)
		require.Contains(t, body, "red", "%T", c)
	}
}

// An embedded nil is an error, not a panic.
func TestContentWithEmbeddedNil(t *testing.T) {
	t.Parallel()
	for _, c := range []MessageContent{embedNilOnly{}, &embedNilOnly{}, struct{ MessageContent }{}} {
		_, err := embedEncode(c)
		requireRefused(t, err, "content")
		require.ErrorContains(t, err, "nil", "%T", c)
		require.False(t, mentions(c))
		_, err = contentText(c)
		require.Error(t, err)
	}
	require.False(t, mentions(embedOwn{}))
}

func TestRawContentOfABuiltInType(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"content":"hi"}`: true, "\n{}\n": true, `{"content":"h\ufffdi"}`: true, `hi`: false, `{"content":`: false, `"hi"`: false, `null`: false, `[]`: false, "{}{}": false,
		"{\"content\":\"\xff\"}": false,
	} {
		for _, c := range []MessageContent{RawContent{"RC:TxtMsg", body}, &RawContent{"RC:TxtMsg", body}} {
			_, err := embedEncode(c)
			_, inside := embedEncode(ReferenceMessage{QuotedContent: c})
			if ok {
				require.NoError(t, errors.Join(err, inside), body)
			} else {
				requireRefused(t, err, "content")
				requireRefused(t, inside, "content")
			}
		}
	}
	_, err := embedEncode(RawContent{"app:x", "hi"})
	require.NoError(t, err, "an app's own types may be any text")
	_, err = embedEncode(RawContent{"app:x", "\xff"})
	requireRefused(t, err, "content")
}
