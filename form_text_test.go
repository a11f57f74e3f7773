package rongcloud

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

const badText = "caf\xe9" // Latin-1

type (
	badBytes  string
	badOwn    struct{ text string }
	badText1  struct{ text string }
	badInside struct {
		Text *string `json:"text"`
		In   map[string][]any
	}
	badLoop struct {
		Text string
		Self *badLoop `json:"-"`
	}
)

func (b badOwn) MarshalJSON() ([]byte, error) { return json.Marshal(b.text) }

func (b badText1) MarshalText() ([]byte, error) { return []byte(b.text), nil }

func (b badBytes) MarshalJSON() ([]byte, error) { return []byte(`"` + b + `"`), nil }

func (b *badLoop) MarshalJSON() ([]byte, error) { return json.Marshal(b.Text) }

// Whatever is not UTF-8 is refused, in every place where a text may stand, and nothing is changed
// without a word.
func TestTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		message := formMessageEndpoint(encoding)
		for name, in := range map[string]*formMessage{
			"item":             {To: []string{"a", badText}, Content: TextMessage{Content: "x"}},
			"content":          {To: []string{"a"}, Content: TextMessage{Content: badText}},
			"pointer":          {To: []string{"a"}, Content: &TextMessage{Content: badText}},
			"extra":            {To: []string{"a"}, Content: TextMessage{Extra: badText}},
			"user":             {To: []string{"a"}, Content: ImageMessage{Sender: &Sender{Name: badText}}},
			"quoted":           {To: []string{"a"}, Content: ReferenceMessage{QuotedContent: TextMessage{Content: badText}}},
			"raw":              {To: []string{"a"}, Content: RawContent{"app:x", badText}},
			"raw quoted":       {To: []string{"a"}, Content: ReferenceMessage{QuotedContent: RawContent{"app:x", badText}}},
			"other":            {To: []string{"a"}, Content: GroupNotification{Data: GroupNotificationData{Other: map[string]any{badText: 1}}}},
			"object name":      {To: []string{"a"}, Content: RawContent{badText, "{}"}},
			"name inside":      {To: []string{"a"}, Content: ReferenceMessage{QuotedContent: RawContent{badText, "{}"}}},
			"list of mentions": {To: []string{"a"}, Content: TextMessage{Mention: &Mention{Type: MentionUsers, UserIDs: []string{badText}}}},
		} {
			_, err := formEncode(message, in, nil)
			var argument *ArgumentError
			require.ErrorAs(t, err, &argument, "%v %s", encoding, name)
			require.ErrorContains(t, err, "UTF-8", name)
			require.NotContains(t, err.Error(), "caf", name)
		}
		plain := formEndpoint(encoding, endpoint.Param{Name: "v"})
		for _, value := range []any{
			badText, []string{"a", badText}, map[string]string{badText: "x"}, map[string]any{"x": badText}, badOwn{badText}, badText1{badText}, badBytes(badText),
			badInside{Text: Ptr(badText)}, badInside{In: map[string][]any{"x": {1, Ptr(badText)}}}, json.RawMessage(`"` + badText + `"`), &badLoop{Text: badText},
			struct{ X any }{badText}, [1]string{badText},
		} {
			_, err := formEncode(plain, nil, nil, extraField{"x", value})
			var argument *ArgumentError
			require.ErrorAs(t, err, &argument, "%v %T", encoding, value)
		}
		_, err := formEncode(plain, nil, nil, extraField{badText, "x"})
		formRefused(t, err, "WithExtraField")
	}
	_, err := formEncode(formEndpoint(endpoint.Form, endpoint.Param{Name: "v", Keyed: true}), &formOne[map[string]string]{map[string]string{badText: "x"}}, nil)
	formRefused(t, err, "v")
	for _, form := range []url.Values{{"x": {"a", badText}}, {badText: {"x"}}} {
		e := newEncoder(formEndpoint(endpoint.Form))
		require.ErrorContains(t, e.raw(&endpoint.Endpoint{}, rawParams{form: form, isForm: true}, nil), "UTF-8")
		e.release()
	}
	e := newEncoder(formEndpoint(endpoint.JSON))
	formRefused(t, e.raw(&endpoint.Endpoint{}, rawParams{json: map[string]string{"x": badText}}, nil), "params")
	e.release()
}

// The character that stands for what cannot be read is a character like any other.
func TestReplacementCharacterIsATextLikeAnyOther(t *testing.T) {
	t.Parallel()
	plain := formEndpoint(endpoint.JSON, endpoint.Param{Name: "v"})
	for value, want := range map[any]string{
		"\ufffd": `"` + "\ufffd" + `"`, `\ufffd`: `"\\ufffd"`, `\\ufffd`: `"\\\\ufffd"`,
	} {
		got, err := formEncode(plain, nil, nil, extraField{"x", value}, extraField{"y", []any{value}})
		require.NoError(t, err)
		require.Equal(t, `{"x":`+want+`,"y":[`+want+`]}`, got.body)
	}
	got, err := formEncode(plain, nil, nil, extraField{"x", json.RawMessage(`"\ufffd"`)})
	require.NoError(t, err, "JSON of the caller's may be written so")
	require.Equal(t, `{"x":"\ufffd"}`, got.body)
	require.True(t, replaced([]byte(`"\\\ufffd"`)))
	require.False(t, replaced([]byte(`"\\ufffd \\\\ufffd"`)))
}
