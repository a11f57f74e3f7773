package rongcloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// msgRequest is what a server saw of one call.
type msgRequest struct{ path, body string }

// msgWire is a server that records its requests, and responds with a function.
type msgWire struct {
	mu       sync.Mutex
	requests []msgRequest
}

func (w *msgWire) last() msgRequest { return w.requests[len(w.requests)-1] }

// msgServe returns a client whose server responds with HTTP status and body.
func msgServe(t *testing.T, answer func(msgRequest) (int, string), opts ...Option) (*Client, *msgWire) {
	t.Helper()
	wire := &msgWire{}
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		request := msgRequest{r.URL.Path, string(body)}
		wire.mu.Lock()
		wire.requests = append(wire.requests, request)
		wire.mu.Unlock()
		return httpmock.NewStringResponse(answer(request)), nil
	})
	opts = append([]Option{
		WithHTTPClient(&http.Client{Transport: transport}), WithBaseURL("https://api.example.com"), WithoutRetries(),
	}, opts...)
	client, err := New("key", "secret", opts...)
	require.NoError(t, err)
	return client, wire
}

func msgAnswer(t *testing.T, body string) (*Client, *msgWire) {
	t.Helper()
	return msgServe(t, func(msgRequest) (int, string) { return http.StatusOK, body })
}

// msgRefused checks that a call is refused before anything is sent, and names the field.
func msgRefused(t *testing.T, field, reason string, call func(context.Context, *MessageService) error) {
	t.Helper()
	client, wire := msgAnswer(t, `{"code":200}`)
	var argument *ArgumentError
	require.ErrorAs(t, call(t.Context(), client.Message), &argument)
	require.Equal(t, field, cmp.Or(argument.Wire, argument.Field))
	require.Contains(t, argument.Reason, reason)
	require.Empty(t, wire.requests)
}

const msgPushJSON = `"{\"title\":\"<t>\",\"pushConfigs\":[{\"APNs\":{\"thread-id\":\"x\"}}]}"`

func TestMsgTemplateWire(t *testing.T) {
	t.Parallel()
	recipients := []TemplateRecipient{
		{UserID: "u1", Values: map[string]string{"{n}": "<Ann>", "{m}": "安&"}, PushContent: "hi {n}", PushData: "d1"},
		{UserID: "u2", Values: map[string]string{"{n}": "Ben", "{m}": ""}},
	}
	content := TextMessage{Content: `{n} "{m}"`}
	lists := `"toUserId":["u1","u2"],"objectName":"RC:TxtMsg","content":"{\"content\":\"{n} \\\"{m}\\\"\"}",` +
		`"values":[{"{m}":"安&","{n}":"<Ann>"},{"{m}":"","{n}":"Ben"}],"pushContent":["hi {n}",""],"pushData":["d1",""],` +
		`"pushExt":[` + msgPushJSON + `,` + msgPushJSON + `]`
	bare := []TemplateRecipient{{UserID: "u1"}}
	bareLists := `"toUserId":["u1"],"objectName":"app:x","content":"plain {c}","values":[{}],"pushContent":[""]`
	for _, c := range []struct {
		label, path, want string
		call              func(context.Context, *MessageService) (*SendResult, error)
	}{
		{
			label: "private, all", path: "/message/private/publish_template.json",
			want: `{"fromUserId":"f",` + lists + `,"disablePush":true,"contentAvailable":1,"isIncludeSender":1,"verifyBlacklist":1,"isPersisted":0,` +
				`"isCounted":0,"disableUpdateLastMsg":true,"needReadReceipt":1,"expansion":true,"msgRandom":-7}`,
			call: func(ctx context.Context, s *MessageService) (*SendResult, error) {
				return s.SendPrivateTemplate(ctx, PrivateTemplate{
					From: "f", Content: content, Recipients: recipients, Push: messagePush, DisablePush: true, ContentAvailable: true,
					IncludeSender: true, VerifyBlacklist: true, Persist: Ptr(false), Counted: Ptr(false), DisableUpdateLastMessage: true,
					NeedReadReceipt: true, Expandable: true, IdempotencyKey: -7,
				})
			},
		}, {
			label: "private, none", path: "/message/private/publish_template.json", want: `{"fromUserId":"f",` + bareLists + `}`,
			call: func(ctx context.Context, s *MessageService) (*SendResult, error) {
				return s.SendPrivateTemplate(ctx, PrivateTemplate{From: "f", Content: &RawContent{"app:x", "plain {c}"}, Recipients: bare})
			},
		}, {
			label: "system, all", path: "/message/system/publish_template.json",
			want: `{"fromUserId":"f",` + lists + `,"disablePush":true,"contentAvailable":1,"disableUpdateLastMsg":true,"msgRandom":7}`,
			call: func(ctx context.Context, s *MessageService) (*SendResult, error) {
				return s.SendSystemTemplate(ctx, SystemTemplate{
					From: "f", Content: content, Recipients: recipients, Push: messagePush, DisablePush: true, ContentAvailable: true,
					DisableUpdateLastMessage: true, IdempotencyKey: 7,
				})
			},
		}, {
			label: "system, none", path: "/message/system/publish_template.json", want: `{"fromUserId":"f",` + bareLists + `}`,
			call: func(ctx context.Context, s *MessageService) (*SendResult, error) {
				return s.SendSystemTemplate(ctx, SystemTemplate{From: "f", Content: RawContent{"app:x", "plain {c}"}, Recipients: bare})
			},
		},
	} {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			client, wire := msgAnswer(t, `{"code":200,"messageUIDs":[{"userId":1,"messageUID":"A"}]}`)
			sent, err := c.call(t.Context(), client.Message)
			require.NoError(t, err)
			require.Equal(t, msgRequest{c.path, c.want}, wire.last())
			require.Equal(t, "A", sent.UIDOf("1"))

			client, _ = msgAnswer(t, `{"code":200}`) // an older server
			sent, err = c.call(t.Context(), client.Message)
			require.NoError(t, err)
			require.Empty(t, sent.UIDOf("1"))

			client, wire = msgAnswer(t, "<html>")
			_, err = c.call(t.Context(), client.Message)
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.Len(t, wire.requests, 1)
		})
	}
}

func TestMsgTemplateArguments(t *testing.T) {
	t.Parallel()
	users := func(n int) []TemplateRecipient {
		list := make([]TemplateRecipient, n)
		for i := range list {
			list[i].UserID = strconv.Itoa(i + 1)
		}
		return list
	}
	var none *TextMessage
	named := map[string]string{"{n}": "x"}
	for _, c := range []struct {
		label, field, reason string
		private              PrivateTemplate
	}{
		{label: "no sender", field: "fromUserId", reason: "required", private: PrivateTemplate{Content: messageText, Recipients: users(1)}},
		{label: "nobody", field: "toUserId", reason: "required", private: PrivateTemplate{From: "f", Content: messageText}},
		{
			label: "nobody at all", field: "toUserId", reason: "required",
			private: PrivateTemplate{From: "f", Content: messageText, Recipients: []TemplateRecipient{}, Push: messagePush},
		},
		{label: "too many", field: "toUserId", reason: "items", private: PrivateTemplate{From: "f", Content: messageText, Recipients: users(1001)}},
		{
			label: "no user", field: "toUserId", reason: "item 2 is empty",
			private: PrivateTemplate{From: "f", Content: messageText, Recipients: append(users(1), TemplateRecipient{})},
		},
		{label: "no content", field: "content", reason: "required", private: PrivateTemplate{From: "f", Recipients: users(1)}},
		{
			label: "nil content", field: "content", reason: "nil",
			private: PrivateTemplate{From: "f", Content: none, Recipients: []TemplateRecipient{{UserID: "u", Values: named}, {UserID: "v"}}},
		},
		{
			label: "long content", field: "content", reason: "at most",
			private: PrivateTemplate{From: "f", Content: RawContent{"app:x", strings.Repeat("x", 128<<10+1)}, Recipients: users(1)},
		},
		{
			label: "own RC:", field: "objectName", reason: "RC:",
			private: PrivateTemplate{From: "f", Content: RawContent{"RC:Mine", "x"}, Recipients: users(1)},
		},
		{label: "no value", field: "values", reason: `"{n}" has no value for the user "v"`, private: PrivateTemplate{
			From: "f", Content: TextMessage{Content: "hi {n}"}, Recipients: []TemplateRecipient{{UserID: "u", Values: named}, {UserID: "v", Values: map[string]string{"x": "y"}}},
		}},
		{label: "no value, raw", field: "values", reason: "{n}", private: PrivateTemplate{
			From: "f", Content: &RawContent{"app:x", "hi {n}"}, Recipients: []TemplateRecipient{{UserID: "v"}, {UserID: "u", Values: named}},
		}},
		{label: "no JSON", field: "content", reason: "negative", private: PrivateTemplate{
			From: "f", Content: HQVoiceMessage{Duration: -1}, Recipients: []TemplateRecipient{{UserID: "v"}, {UserID: "u", Values: named}},
		}},
	} {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivateTemplate(ctx, c.private)
				return err
			})
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
				_, err := s.SendSystemTemplate(ctx, SystemTemplate{
					From: c.private.From, Content: c.private.Content, Recipients: c.private.Recipients, Push: c.private.Push,
				})
				return err
			})
		})
	}
	msgRefused(t, "toUserId", "101 items, at most 100", func(ctx context.Context, s *MessageService) error {
		_, err := s.SendSystemTemplate(ctx, SystemTemplate{From: "f", Content: messageText, Recipients: users(101)})
		return err
	})

	// The server decides about a key that is not in the content.
	client, wire := msgAnswer(t, `{"code":200}`)
	_, err := client.Message.SendPrivateTemplate(t.Context(), PrivateTemplate{
		From: "f", Content: messageText, Recipients: []TemplateRecipient{{UserID: "u", Values: named, PushContent: "{n}"}, {UserID: "v"}},
	})
	require.NoError(t, err)
	require.Contains(t, wire.last().body, `"values":[{"{n}":"x"},{}],"pushContent":["{n}",""]}`)
	require.Equal(t, map[string]string{"{n}": "x"}, named)
}

// msgCase is one call and what it sends: "all" with every optional field, "none" with none, or a
// special case.
type msgCase struct {
	what, path string
	call       func(context.Context, *MessageService) error
	form       url.Values
	json       string
}

func msgForm(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// msgSends checks what each call sends, that this is everything its endpoint accepts or the
// minimum, that a refusal reaches the caller, and that a lost response is an unknown outcome for
// unsafe calls, and only for those.
func msgSends(t *testing.T, cases []msgCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.path+" "+c.what, func(t *testing.T) {
			t.Parallel()
			client, wire := msgAnswer(t, `{"code":200}`)
			require.NoError(t, c.call(t.Context(), client.Message))
			require.Len(t, wire.requests, 1)
			require.Equal(t, c.path, wire.last().path)
			ep := endpointAt(c.path)
			sent := map[string]bool{}
			if c.json != "" {
				require.Equal(t, c.json, wire.last().body)
				var fields map[string]json.RawMessage
				require.NoError(t, json.Unmarshal([]byte(c.json), &fields))
				for name := range fields {
					sent[name] = true
				}
			} else {
				form, err := url.ParseQuery(wire.last().body)
				require.NoError(t, err)
				require.Equal(t, c.form, form)
				for name := range form {
					sent[name] = true
				}
			}
			for _, param := range ep.Params {
				switch {
				case c.what == "all":
					require.True(t, sent[param.Name], "%s is not sent", param.Name)
				// The objectName is sent with every content.
				case c.what == "none" && param.Name != "objectName":
					require.Equal(t, param.Required, sent[param.Name], param.Name)
				}
			}

			client, _ = msgServe(t, func(msgRequest) (int, string) { return 400, `{"code":1002,"errorMessage":"no"}` })
			err := c.call(t.Context(), client.Message)
			var failure *Error
			require.ErrorAs(t, err, &failure)
			require.ErrorIs(t, err, CodeInvalidParameter)
			require.Equal(t, "POST "+c.path, failure.Endpoint.String())

			client, _ = msgServe(t, func(msgRequest) (int, string) { return 502, "<html>" })
			err = c.call(t.Context(), client.Message)
			require.ErrorIs(t, err, ErrTransport)
			require.Equal(t, ep.Class == endpoint.Unsafe, errors.Is(err, ErrOutcomeUnknown))
		})
	}
}
