package rongcloud

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

// encodedRequest is the encoder's result for a request.
type encodedRequest struct {
	body    string
	targets int
	random  int64
	unsafe  string
}

func encodeRequest(ep *endpoint.Endpoint, params any, random func() int64, extra ...form.Extra) (encodedRequest, error) {
	e := requests.Encoder(ep)
	defer e.Release()
	err := inCall(e.Encode(params, random, extra), ep, "")
	return encodedRequest{body: string(e.Buf), targets: e.Targets, random: e.Random, unsafe: e.Unsafe}, err
}

func testEndpoint(encoding endpoint.Encoding, params ...endpoint.Param) *endpoint.Endpoint {
	return &endpoint.Endpoint{Name: "Test", Method: "POST", Path: "/test.json", Encoding: encoding, Success: endpoint.SuccessOf(200), Params: params}
}

func requireRefused(t *testing.T, err error, field string) {
	t.Helper()
	var refused *ArgumentError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, field, cmp.Or(refused.Wire, refused.Field))
	require.NotEmpty(t, refused.Reason)
}

// oneText is a request with the single parameter v.
type oneText struct {
	V string `wire:"v"`
}

type ownContent struct {
	A string `json:"a"`
}

func (ownContent) ObjectName() string { return "app:own" }

type unwritableContent struct{}

func (unwritableContent) ObjectName() string { return "app:broken" }

func (unwritableContent) MarshalJSON() ([]byte, error) { return nil, errors.New("broken on purpose") }

type messageRequest struct {
	To        []string       `wire:"toUserId"`
	Content   MessageContent `wire:"content"`
	MsgRandom int64          `wire:"msgRandom"`
}

func messageEndpoint(encoding endpoint.Encoding) *endpoint.Endpoint {
	list := endpoint.Repeat
	if encoding == endpoint.JSON {
		list = endpoint.Array
	}
	ep := testEndpoint(encoding,
		endpoint.Param{Name: "toUserId", Type: endpoint.StringList, List: list, Required: true, MaxItems: 1000},
		endpoint.Param{Name: "objectName", Required: true},
		endpoint.Param{Name: "content", Type: endpoint.JSONString, Required: true},
		endpoint.Param{Name: "msgRandom", Type: endpoint.Int},
	)
	ep.Quota = endpoint.Quota{Limit: 6000, Per: time.Minute, Counts: endpoint.Targets, Param: "toUserId"}
	return ep
}

func TestRequestContent(t *testing.T) {
	t.Parallel()
	var nilOwn *ownContent
	longest := RawContent{Name: strings.Repeat("n", 32), Body: "{}"}
	tests := []struct {
		name       string
		content    MessageContent
		objectName string
		body       string
		refused    string
	}{
		{name: "text", content: TextMessage{Content: "<é> & \"x\"\n"}, objectName: "RC:TxtMsg", body: `{"content":"<é> & \"x\"\n"}`},
		{name: "pointer", content: &TextMessage{Content: "x", Extra: "y"}, objectName: "RC:TxtMsg", body: `{"content":"x","extra":"y"}`},
		{name: "an app's own", content: ownContent{"b"}, objectName: "app:own", body: `{"a":"b"}`},
		{name: "zero value", content: ownContent{}, objectName: "app:own", body: `{"a":""}`},
		{name: "raw", content: RawContent{"app:raw", " {\"a\" : 1}"}, objectName: "app:raw", body: " {\"a\" : 1}"},
		{name: "raw that is not JSON", content: RawContent{"app:raw", "hi\x00 there"}, objectName: "app:raw", body: "hi\x00 there"},
		{name: "raw pointer", content: &RawContent{"app:raw", "hi"}, objectName: "app:raw", body: "hi"},
		{name: "longest name", content: longest, objectName: longest.Name, body: "{}"},
		{name: "nil", content: nil, refused: "content"},
		{name: "nil pointer", content: nilOwn, refused: "content"},
		{name: "raw without body", content: RawContent{Name: "app:raw"}, refused: "content"},
		{name: "raw without name", content: RawContent{Body: "x"}, refused: "objectName"},
		{name: "name too long", content: RawContent{strings.Repeat("n", 33), "x"}, refused: "objectName"},
		{name: "reserved name", content: RawContent{"RC:NoSuchMsg", "x"}, refused: "objectName"},
		{name: "what does not encode", content: unwritableContent{}, refused: "content"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := &messageRequest{To: []string{"u"}, Content: tt.content}
			form, formErr := encodeRequest(messageEndpoint(endpoint.Form), in, nil)
			body, jsonErr := encodeRequest(messageEndpoint(endpoint.JSON), in, nil)
			if tt.refused != "" {
				requireRefused(t, formErr, tt.refused)
				requireRefused(t, jsonErr, tt.refused)
				return
			}
			require.NoError(t, formErr)
			require.NoError(t, jsonErr)
			values, err := url.ParseQuery(form.body)
			require.NoError(t, err)
			require.Equal(t, url.Values{"toUserId": {"u"}, "objectName": {tt.objectName}, "content": {tt.body}}, values)
			var decoded map[string]any
			require.NoError(t, json.Unmarshal([]byte(body.body), &decoded))
			require.Equal(t, map[string]any{"toUserId": []any{"u"}, "objectName": tt.objectName, "content": tt.body}, decoded)
			require.NotContains(t, body.body, `\u003c`, "no HTML escaping")
		})
	}
}

func TestRequestContentSize(t *testing.T) {
	t.Parallel()
	const limit = 128 * 1024
	overhead := len(`{"content":""}`)
	tests := []struct {
		name    string
		content MessageContent
		fits    bool
	}{
		{name: "text of 128 KB", content: TextMessage{Content: strings.Repeat("x", limit-overhead)}, fits: true},
		{name: "text of a byte more", content: TextMessage{Content: strings.Repeat("x", limit-overhead+1)}},
		{name: "bytes count, not characters", content: TextMessage{Content: strings.Repeat("é", limit/2)}},
		{name: "escapes count", content: TextMessage{Content: strings.Repeat("\"", limit/2)}},
		{name: "markup is not longer than it looks", content: TextMessage{Content: strings.Repeat("<", limit-overhead)}, fits: true},
		{name: "raw of 128 KB", content: RawContent{"app:raw", strings.Repeat("&", limit)}, fits: true},
		{name: "raw of a byte more", content: RawContent{"app:raw", strings.Repeat("&", limit+1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
				_, err := encodeRequest(messageEndpoint(encoding), &messageRequest{To: []string{"u"}, Content: tt.content}, nil)
				if tt.fits {
					require.NoError(t, err)
				} else {
					requireRefused(t, err, "content")
				}
			}
		})
	}
}

func TestRequestMsgRandom(t *testing.T) {
	t.Parallel()
	made := func() int64 { return 4711 }
	content := RawContent{"app:raw", "x"}
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		ep := messageEndpoint(encoding)
		read := func(body string) string {
			if encoding == endpoint.JSON {
				var decoded struct{ MsgRandom json.Number }
				require.NoError(t, json.Unmarshal([]byte(body), &decoded))
				return decoded.MsgRandom.String()
			}
			values, err := url.ParseQuery(body)
			require.NoError(t, err)
			return strings.Join(values["msgRandom"], " and ")
		}

		got, err := encodeRequest(ep, &messageRequest{To: []string{"u"}, Content: content}, nil)
		require.NoError(t, err)
		require.Empty(t, read(got.body), "not asked for")
		require.Zero(t, got.random)

		got, err = encodeRequest(ep, &messageRequest{To: []string{"u"}, Content: content}, made)
		require.NoError(t, err)
		require.Equal(t, "4711", read(got.body))
		require.Equal(t, int64(4711), got.random)

		for _, random := range []func() int64{nil, made} {
			got, err = encodeRequest(ep, &messageRequest{To: []string{"u"}, Content: content, MsgRandom: 7}, random)
			require.NoError(t, err)
			require.Equal(t, "7", read(got.body), "the caller's own")
			require.Equal(t, int64(7), got.random)
		}
	}

	without := testEndpoint(endpoint.Form, endpoint.Param{Name: "v"})
	got, err := encodeRequest(without, &oneText{"x"}, made)
	require.NoError(t, err)
	require.Equal(t, "v=x", got.body, "an endpoint that does not know it")
	require.Zero(t, got.random)
}

func TestRequestTargets(t *testing.T) {
	t.Parallel()
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		ep := messageEndpoint(encoding)
		for _, n := range []int{1, 3, 1000} {
			to := make([]string, n)
			for i := range to {
				to[i] = fmt.Sprint(i)
			}
			got, err := encodeRequest(ep, &messageRequest{To: to, Content: RawContent{"app:raw", "x"}}, nil)
			require.NoError(t, err)
			require.Equal(t, n, got.targets)
		}
		ep.Quota = endpoint.Quota{Limit: 1, Per: time.Second}
		got, err := encodeRequest(ep, &messageRequest{To: []string{"a", "b"}, Content: RawContent{"app:raw", "x"}}, nil)
		require.NoError(t, err)
		require.Zero(t, got.targets, "a quota by requests")
	}
}

// A notification is recognised by its objectName, which is sent with its content.
func TestRequestUnsafeWithContent(t *testing.T) {
	t.Parallel()
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		ep := messageEndpoint(encoding)
		ep.Class, ep.UnsafeWith = endpoint.Idempotent, []string{"objectName"}
		got, err := encodeRequest(ep, &messageRequest{To: []string{"u"}, Content: RawContent{"app:raw", "x"}}, nil)
		require.NoError(t, err)
		require.NotEmpty(t, got.unsafe)
	}
}

func TestRequestPoolingDoesNotLeak(t *testing.T) {
	t.Parallel()
	message := messageEndpoint(endpoint.JSON)
	message.Class, message.UnsafeWith = endpoint.Idempotent, []string{"content"}
	plain := testEndpoint(endpoint.Form, endpoint.Param{Name: "v"})
	for i := range 200 {
		if i%2 == 0 {
			got, err := encodeRequest(message, &messageRequest{To: []string{"a", "b"}, Content: TextMessage{Content: "secret"}, MsgRandom: 5}, nil)
			require.NoError(t, err)
			require.Equal(t, encodedRequest{body: got.body, targets: 2, random: 5, unsafe: "content"}, got)
		} else {
			_, err := encodeRequest(message, &messageRequest{To: []string{"a", "b"}, Content: unwritableContent{}, MsgRandom: 5}, nil)
			requireRefused(t, err, "content")
		}
		got, err := encodeRequest(plain, &oneText{"x"}, func() int64 { return 1 })
		require.NoError(t, err)
		require.Equal(t, encodedRequest{body: "v=x"}, got)
		got, err = encodeRequest(plain, nil, nil)
		require.NoError(t, err)
		require.Equal(t, encodedRequest{}, got)
	}
}

func TestRequestParallel(t *testing.T) {
	t.Parallel()
	form, body := messageEndpoint(endpoint.Form), messageEndpoint(endpoint.JSON)
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for i := range 100 {
				text := fmt.Sprintf("%d-%d <é>", worker, i)
				in := &messageRequest{To: []string{text}, Content: TextMessage{Content: text}, MsgRandom: int64(worker*1000 + i + 1)}
				want, _ := json.Marshal(in.Content)
				var content struct{ Content string }

				got, err := encodeRequest(form, in, nil)
				values, parseErr := url.ParseQuery(got.body)
				if err != nil || parseErr != nil || values.Get("toUserId") != text ||
					json.Unmarshal([]byte(values.Get("content")), &content) != nil || content.Content != text {
					t.Errorf("%s: %v %v, wanted %s", got.body, err, parseErr, want)
				}
				got, err = encodeRequest(body, in, nil)
				var decoded struct {
					ToUserID []string `json:"toUserId"`
					Content  string   `json:"content"`
				}
				if err != nil || json.Unmarshal([]byte(got.body), &decoded) != nil || decoded.ToUserID[0] != text ||
					json.Unmarshal([]byte(decoded.Content), &content) != nil || content.Content != text || got.random != in.MsgRandom {
					t.Errorf("%s: %v, wanted %s", got.body, err, want)
				}
			}
		})
	}
	wait.Wait()
}

func FuzzRequestJSONBody(f *testing.F) {
	for _, seed := range []string{"x", "\"\\", "<&>", "\x00\x1f\u2028", "é\xff", "{", "}", "null"} {
		f.Add(seed, seed, seed)
	}
	ep := messageEndpoint(endpoint.JSON)
	f.Fuzz(func(t *testing.T, item, text, extra string) {
		in := &messageRequest{To: []string{item, "u"}, Content: TextMessage{Content: text}}
		got, err := encodeRequest(ep, in, nil, form.Extra{Name: "x", Value: extra}, form.Extra{Name: "list", Value: []string{extra}})
		if err != nil {
			valid := utf8.ValidString(item) && utf8.ValidString(text) && utf8.ValidString(extra)
			require.True(t, !valid || item == "" || len(text) > maxContentSize/8, "%q %q: %v", item, text, err)
			return
		}
		require.True(t, json.Valid([]byte(got.body)), got.body)
		var decoded struct {
			ToUserID []string `json:"toUserId"`
			Content  string   `json:"content"`
			X        string   `json:"x"`
			List     []string `json:"list"`
		}
		require.NoError(t, json.Unmarshal([]byte(got.body), &decoded))
		require.Equal(t, []string{item, "u"}, decoded.ToUserID)
		require.Equal(t, extra, decoded.X)
		require.Equal(t, []string{extra}, decoded.List)
		var content TextMessage
		require.NoError(t, json.Unmarshal([]byte(decoded.Content), &content))
		require.Equal(t, text, content.Content)
	})
}

// Text that is not UTF-8 is refused wherever a text may be, and nothing is changed silently.
func TestTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		message := messageEndpoint(encoding)
		for name, in := range map[string]*messageRequest{
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
			_, err := encodeRequest(message, in, nil)
			var argument *ArgumentError
			require.ErrorAs(t, err, &argument, "%v %s", encoding, name)
			require.ErrorContains(t, err, "UTF-8", name)
			require.NotContains(t, err.Error(), "caf", name)
		}
		plain := testEndpoint(encoding, endpoint.Param{Name: "v"})
		for _, value := range []any{
			badText, []string{"a", badText}, map[string]string{badText: "x"}, map[string]any{"x": badText}, badOwn{badText}, badText1{badText}, badBytes(badText),
			badInside{Text: Ptr(badText)}, badInside{In: map[string][]any{"x": {1, Ptr(badText)}}}, json.RawMessage(`"` + badText + `"`), &badLoop{Text: badText},
			struct{ X any }{badText}, [1]string{badText},
		} {
			_, err := encodeRequest(plain, nil, nil, form.Extra{Name: "x", Value: value})
			var argument *ArgumentError
			require.ErrorAs(t, err, &argument, "%v %T", encoding, value)
		}
		_, err := encodeRequest(plain, nil, nil, form.Extra{Name: badText, Value: "x"})
		requireRefused(t, err, "WithExtraField")
	}
	_, err := encodeRequest(testEndpoint(endpoint.Form, endpoint.Param{Name: "v", Keyed: true}), &struct {
		V map[string]string `wire:"v"`
	}{map[string]string{badText: "x"}}, nil)
	requireRefused(t, err, "v")
	for _, values := range []url.Values{{"x": {"a", badText}}, {badText: {"x"}}} {
		e := requests.Encoder(testEndpoint(endpoint.Form))
		require.ErrorContains(t, e.EncodeRaw(form.Raw{Form: values, IsForm: true}, nil), "UTF-8")
		e.Release()
	}
	e := requests.Encoder(testEndpoint(endpoint.JSON))
	requireRefused(t, inCall(e.EncodeRaw(form.Raw{JSON: map[string]string{"x": badText}}, nil), nil, ""), "params")
	e.Release()
}

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
