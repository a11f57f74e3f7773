package rongcloud

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// messageWire responds to every request with the same body and keeps the last request's path and
// form.
type messageWire struct {
	path, raw string
	form      url.Values
	calls     int
}

func newMessageWire(t *testing.T, answer string) (*Client, *messageWire) {
	t.Helper()
	wire := &messageWire{}
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		wire.calls++
		wire.path, wire.raw = r.URL.Path, string(body)
		wire.form, err = url.ParseQuery(wire.raw)
		if err != nil {
			return nil, err
		}
		return httpmock.NewStringResponse(http.StatusOK, answer), nil
	})
	client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: transport}), WithBaseURL("https://api.example.com"))
	require.NoError(t, err)
	return client, wire
}

var (
	messagePush = &PushOptions{Title: "<t>", APNs: &APNsPush{ThreadID: "x"}}
	// The push settings, the text and the key-value data as they appear in a form.
	messagePushForm = []string{`{"title":"<t>","pushConfigs":[{"APNs":{"thread-id":"x"}}]}`}
	messageText     = TextMessage{Content: contentAwful}
	messageTextForm = []string{`{"content":"` + contentAwJS + `"}`}
	messagePairs    = map[string]string{"b": "2", "a": "<1>&"}
	messagePairForm = []string{`{"a":"<1>&","b":"2"}`}
)

func TestMessageForms(t *testing.T) {
	t.Parallel()
	yes, no := []string{"1"}, []string{"0"}
	for _, c := range []struct {
		label, path string
		call        func(context.Context, *MessageService) error
		want        url.Values
	}{
		{
			label: "private, all", path: "/message/private/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivate(ctx, PrivateMessage{
					From: "u1", To: []string{"u2", "u 3&=+"}, Content: messageText, PushContent: contentAwful, PushData: "d", Push: messagePush,
					DisablePush: true, ContentAvailable: true, BadgeCount: Ptr(0), IncludeSender: true, VerifyBlacklist: true,
					Persist: Ptr(false), Counted: Ptr(false), DisableUpdateLastMessage: true, NeedReadReceipt: true,
					Expandable: true, Expansion: messagePairs, IdempotencyKey: -5,
				})
				return err
			}, want: url.Values{
				"fromUserId": {"u1"}, "toUserId": {"u2", "u 3&=+"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"pushContent": {contentAwful}, "pushData": {"d"}, "pushExt": messagePushForm, "disablePush": {"true"}, "contentAvailable": yes,
				"count": no, "isIncludeSender": yes, "verifyBlacklist": yes, "isPersisted": no, "isCounted": no, "disableUpdateLastMsg": {"true"},
				"needReadReceipt": yes, "expansion": {"true"}, "extraContent": messagePairForm, "msgRandom": {"-5"},
			},
		}, {
			label: "private, none", path: "/message/private/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivate(ctx, PrivateMessage{From: "u1", To: []string{"u2"}, Content: &messageText})
				return err
			}, want: url.Values{"fromUserId": {"u1"}, "toUserId": {"u2"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			label: "private, expansion alone", path: "/message/private/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivate(ctx, PrivateMessage{From: "u1", To: []string{"u2"}, Content: RawContent{"app:x", "plain & text"}, Expansion: messagePairs, BadgeCount: Ptr(-1), Persist: Ptr(true)})
				return err
			}, want: url.Values{
				"fromUserId": {"u1"}, "toUserId": {"u2"}, "objectName": {"app:x"}, "content": {"plain & text"},
				"expansion": {"true"}, "extraContent": messagePairForm, "count": {"-1"}, "isPersisted": yes,
			},
		}, {
			label: "group, all", path: "/message/group/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{
					From: "u1", To: []string{"g1"}, ToUserIDs: []string{"u2", "u3"}, Content: messageText, Mentioned: true, PushContent: contentAwful,
					PushData: "d", Push: messagePush, DisablePush: true, ContentAvailable: true, IncludeSender: true,
					Persist: Ptr(false), Counted: Ptr(false), DisableUpdateLastMessage: true, NeedReadReceipt: true,
					Expandable: true, Expansion: messagePairs, IdempotencyKey: 1 << 62,
				})
				return err
			}, want: url.Values{
				"fromUserId": {"u1"}, "toGroupId": {"g1"}, "toUserId": {"u2", "u3"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"isMentioned": yes, "pushContent": {contentAwful}, "pushData": {"d"}, "pushExt": messagePushForm, "disablePush": {"true"},
				"contentAvailable": yes, "isIncludeSender": yes, "isPersisted": no, "isCounted": no, "disableUpdateLastMsg": {"true"},
				"needReadReceipt": yes, "expansion": {"true"}, "extraContent": messagePairForm, "msgRandom": {"4611686018427387904"},
			},
		}, {
			label: "group, none", path: "/message/group/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{From: "u1", To: []string{"g1", "g2", "g3"}, Content: messageText})
				return err
			}, want: url.Values{"fromUserId": {"u1"}, "toGroupId": {"g1", "g2", "g3"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			label: "group, mention and expansion by themselves", path: "/message/group/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{
					From: "u1", To: []string{"g1"}, Content: &ImageMessage{Mention: &Mention{Type: MentionAll}}, Expansion: messagePairs,
				})
				return err
			}, want: url.Values{
				"fromUserId": {"u1"}, "toGroupId": {"g1"}, "objectName": {"RC:ImgMsg"},
				"content": {`{"content":"","imageUri":"","mentionedInfo":{"type":1}}`}, "isMentioned": yes,
				"expansion": {"true"}, "extraContent": messagePairForm,
			},
		}, {
			label: "group, mention of an own type is not seen", path: "/message/group/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{From: "u1", To: []string{"g1"}, Content: contentOfApp{"a", &Mention{Type: MentionAll}}})
				return err
			}, want: url.Values{"fromUserId": {"u1"}, "toGroupId": {"g1"}, "objectName": {"app:own"}, "content": {`{"a":"a","mentionedInfo":{"type":1}}`}},
		}, {
			label: "system, all", path: "/message/system/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendSystem(ctx, SystemMessage{
					From: "u1", To: []string{"u2", "u3"}, Content: messageText, PushContent: contentAwful, PushData: "d", Push: messagePush,
					DisablePush: true, ContentAvailable: true, BadgeCount: Ptr(9999), Persist: Ptr(false), Counted: Ptr(false),
					DisableUpdateLastMessage: true, IdempotencyKey: 7,
				})
				return err
			}, want: url.Values{
				"fromUserId": {"u1"}, "toUserId": {"u2", "u3"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"pushContent": {contentAwful}, "pushData": {"d"}, "pushExt": messagePushForm, "disablePush": {"true"}, "contentAvailable": yes,
				"count": {"9999"}, "isPersisted": no, "isCounted": no, "disableUpdateLastMsg": {"true"}, "msgRandom": {"7"},
			},
		}, {
			label: "system, none", path: "/message/system/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendSystem(ctx, SystemMessage{From: "u1", To: []string{"u2"}, Content: messageText})
				return err
			}, want: url.Values{"fromUserId": {"u1"}, "toUserId": {"u2"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			label: "chatroom, all", path: "/message/chatroom/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendChatroom(ctx, ChatroomMessage{
					From: "u1", To: []string{"c1", "c2"}, Content: messageText, Persist: Ptr(false), IncludeSender: true, Priority: MessagePriorityLow, IdempotencyKey: 7,
				})
				return err
			}, want: url.Values{
				"fromUserId": {"u1"}, "toChatroomId": {"c1", "c2"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"isPersisted": no, "isIncludeSender": yes, "priority": {"3"}, "msgRandom": {"7"},
			},
		}, {
			label: "chatroom, none", path: "/message/chatroom/publish.json", call: func(ctx context.Context, s *MessageService) error {
				_, err := s.SendChatroom(ctx, ChatroomMessage{From: "u1", To: []string{"c1"}, Content: messageText})
				return err
			}, want: url.Values{"fromUserId": {"u1"}, "toChatroomId": {"c1"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			label: "recall, all", path: "/message/recall.json", call: func(ctx context.Context, s *MessageService) error {
				return s.Recall(ctx, RecallParams{
					From: "u1", ConversationType: ConversationUltraGroup, TargetID: "g", ChannelID: "c", MessageUID: "UID-1", SentAt: contentTime,
					Admin: true, Delete: true, DisablePush: true, Extra: contentAwful, DisableUpdateLastMessage: true,
				})
			}, want: url.Values{
				"fromUserId": {"u1"}, "conversationType": {"10"}, "targetId": {"g"}, "busChannel": {"c"}, "messageUID": {"UID-1"},
				"sentTime": {"1705270000123"}, "isAdmin": yes, "isDelete": yes, "disablePush": {"true"}, "extra": {contentAwful}, "disableUpdateLastMsg": {"true"},
			},
		}, {
			label: "recall, none", path: "/message/recall.json", call: func(ctx context.Context, s *MessageService) error {
				return s.Recall(ctx, RecallParams{From: "u1", ConversationType: ConversationPrivate, TargetID: "u2", MessageUID: "UID-1"})
			}, want: url.Values{"fromUserId": {"u1"}, "conversationType": {"1"}, "targetId": {"u2"}, "messageUID": {"UID-1"}},
		},
	} {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			client, wire := newMessageWire(t, `{"code":200}`)
			require.NoError(t, c.call(t.Context(), client.Message))
			require.Equal(t, c.path, wire.path)
			require.Equal(t, c.want, wire.form)
			require.NotContains(t, wire.raw, "u003")
		})
	}
}

func TestMessageResults(t *testing.T) {
	t.Parallel()
	answer := func(key, second string) string {
		return `{"code":200,"messageUIDs":[{"` + key + `":"a","messageUID":"A-1","more":{}},{"` + key + `":` + second + `,"messageUID":"B-2"}]}`
	}
	for _, second := range []string{`"7"`, `7`} { // also an ID that is a number
		client, _ := newMessageWire(t, answer("userId", second))
		private, err := client.Message.SendPrivate(t.Context(), PrivateMessage{From: "u1", To: []string{"a", "7"}, Content: messageText})
		require.NoError(t, err)
		require.Equal(t, &SendResult{[]SentMessage{{"a", "A-1"}, {"7", "B-2"}}}, private)
		require.Equal(t, "B-2", private.UIDOf("7"))
		require.Empty(t, private.UIDOf("b"))

		system, err := client.Message.SendSystem(t.Context(), SystemMessage{From: "u1", To: []string{"a", "7"}, Content: messageText})
		require.NoError(t, err)
		require.Equal(t, private, system)

		client, _ = newMessageWire(t, answer("groupId", second))
		group, err := client.Message.SendGroup(t.Context(), GroupMessage{From: "u1", To: []string{"a", "7"}, Content: messageText})
		require.NoError(t, err)
		require.Equal(t, &SendResult{[]SentMessage{{"a", "A-1"}, {"7", "B-2"}}}, group)
		require.Equal(t, "A-1", group.UIDOf("a"))
		require.Empty(t, group.UIDOf("b"))

		client, _ = newMessageWire(t, answer("chatroomId", second))
		room, err := client.Message.SendChatroom(t.Context(), ChatroomMessage{From: "u1", To: []string{"a", "7"}, Content: messageText})
		require.NoError(t, err)
		require.Equal(t, &SendResult{[]SentMessage{{"a", "A-1"}, {"7", "B-2"}}}, room)
		require.Equal(t, "A-1", room.UIDOf("a"))
		require.Empty(t, room.UIDOf("b"))
	}

	client, _ := newMessageWire(t, `{"code":200}`) // an older server
	private, err := client.Message.SendPrivate(t.Context(), PrivateMessage{From: "u1", To: []string{"a"}, Content: messageText})
	require.NoError(t, err)
	require.Empty(t, private.Messages)
	require.Empty(t, private.UIDOf("a"))
	require.Empty(t, (*SendResult)(nil).UIDOf("a"), "of a chunk that was not delivered")
}

func TestMessageWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"normal": MessagePriorityNormal, "protected": MessagePriorityProtected, "high": MessagePriorityHigh, "low": MessagePriorityLow,
		"MessagePriority(4)": MessagePriority(4),
		"private":            ConversationPrivate, "ConversationType(7)": ConversationType(7),
		"all": MentionAll, "users": MentionUsers, "MentionType(0)": MentionType(0),
		"unchanged": QuotedUnchanged, "modified": QuotedModified, "recalled": QuotedRecalled, "QuotedStatus(4)": QuotedStatus(4),
		"user": UserType(0), "bot": UserTypeBot, "UserType(2)": UserType(2),
		"set": ChatroomEntryChangeSet, "deleted": ChatroomEntryChangeDelete, "ChatroomEntryChange(0)": ChatroomEntryChange(0),
		"by time": ReadReceiptByTime, "ReadReceiptType(2)": ReadReceiptType(2),
	} {
		require.Equal(t, want, value.String())
	}
	require.Equal(t, "deleted", QuotedDeleted.String())
}

func TestMessageArguments(t *testing.T) {
	t.Parallel()
	var none *TextMessage
	many := func(n int) []string { return strings.Split(strings.Repeat("u,", n-1)+"u", ",") }
	private := func(change func(*PrivateMessage)) func(context.Context, *MessageService) error {
		m := PrivateMessage{From: "u1", To: []string{"u2"}, Content: messageText}
		change(&m)
		return func(ctx context.Context, s *MessageService) error {
			sent, err := s.SendPrivate(ctx, m)
			if err == nil || sent != nil {
				return nil
			}
			return err
		}
	}
	group := func(change func(*GroupMessage)) func(context.Context, *MessageService) error {
		m := GroupMessage{From: "u1", To: []string{"g1"}, Content: messageText}
		change(&m)
		return func(ctx context.Context, s *MessageService) error { _, err := s.SendGroup(ctx, m); return err }
	}
	system := func(change func(*SystemMessage)) func(context.Context, *MessageService) error {
		m := SystemMessage{From: "u1", To: []string{"u2"}, Content: messageText}
		change(&m)
		return func(ctx context.Context, s *MessageService) error { _, err := s.SendSystem(ctx, m); return err }
	}
	chatroom := func(change func(*ChatroomMessage)) func(context.Context, *MessageService) error {
		m := ChatroomMessage{From: "u1", To: []string{"c1"}, Content: messageText}
		change(&m)
		return func(ctx context.Context, s *MessageService) error { _, err := s.SendChatroom(ctx, m); return err }
	}
	recall := func(change func(*RecallParams)) func(context.Context, *MessageService) error {
		r := RecallParams{From: "u1", ConversationType: ConversationPrivate, TargetID: "u2", MessageUID: "UID", SentAt: time.Now()}
		change(&r)
		return func(ctx context.Context, s *MessageService) error { return s.Recall(ctx, r) }
	}
	content := func(c MessageContent) func(context.Context, *MessageService) error {
		return private(func(m *PrivateMessage) { m.Content = c })
	}
	for _, c := range []struct {
		label, field, reason string
		call                 func(context.Context, *MessageService) error
	}{
		{label: "no sender", field: "fromUserId", reason: "required", call: private(func(m *PrivateMessage) { m.From = "" })},
		{label: "no receivers", field: "toUserId", reason: "required", call: private(func(m *PrivateMessage) { m.To = nil })},
		{label: "empty list", field: "toUserId", reason: "required", call: private(func(m *PrivateMessage) { m.To = []string{} })},
		{label: "empty receiver", field: "toUserId", reason: "item 2 is empty", call: private(func(m *PrivateMessage) { m.To = []string{"u", ""} })},
		{label: "1001 receivers", field: "toUserId", reason: "1001 items", call: private(func(m *PrivateMessage) { m.To = many(1001) })},
		{label: "101 pairs", field: "extraContent", reason: "101 items", call: private(func(m *PrivateMessage) {
			m.Expansion = map[string]string{}
			for i := range 101 {
				m.Expansion[strings.Repeat("k", i+1)] = "v"
			}
		})},
		{label: "no content", field: "content", reason: "required", call: content(nil)},
		{label: "nil pointer", field: "content", reason: "nil *rongcloud.TextMessage", call: content(none)},
		{
			label: "nil pointer to a group", field: "content", reason: "nil *rongcloud.TextMessage",
			call: group(func(m *GroupMessage) { m.Content = none }),
		},
		{label: "empty raw body", field: "content", reason: "required", call: content(RawContent{Name: "app:x"})},
		{label: "no object name", field: "objectName", reason: "required", call: content(RawContent{Body: "x"})},
		{
			label: "long object name", field: "objectName", reason: "more than 32",
			call: content(RawContent{Name: "app:" + strings.Repeat("x", 29), Body: "x"}),
		},
		{label: "borrowed prefix", field: "objectName", reason: "RC:", call: content(RawContent{Name: "RC:Mine", Body: "x"})},
		{
			label: "long content", field: "content", reason: "131073 bytes",
			call: content(TextMessage{Content: strings.Repeat("x", 128<<10+1-len(`{"content":""}`))}),
		},
		{label: "long raw content", field: "content", reason: "131073 bytes", call: content(RawContent{"app:x", strings.Repeat("x", 128<<10+1)})},
		{label: "negative span", field: "content", reason: "negative", call: content(HQVoiceMessage{Duration: -1})},
		{label: "group without sender", field: "fromUserId", reason: "required", call: group(func(m *GroupMessage) { m.From = "" })},
		{label: "no groups", field: "toGroupId", reason: "required", call: group(func(m *GroupMessage) { m.To = nil })},
		{label: "4 groups", field: "toGroupId", reason: "4 items", call: group(func(m *GroupMessage) { m.To = many(4) })},
		{label: "group without content", field: "content", reason: "required", call: group(func(m *GroupMessage) { m.Content = nil })},
		{label: "system without sender", field: "fromUserId", reason: "required", call: system(func(m *SystemMessage) { m.From = "" })},
		{label: "system without receivers", field: "toUserId", reason: "required", call: system(func(m *SystemMessage) { m.To = nil })},
		{label: "101 receivers", field: "toUserId", reason: "101 items", call: system(func(m *SystemMessage) { m.To = many(101) })},
		{label: "system without content", field: "content", reason: "required", call: system(func(m *SystemMessage) { m.Content = nil })},
		{label: "chatroom without sender", field: "fromUserId", reason: "required", call: chatroom(func(m *ChatroomMessage) { m.From = "" })},
		{label: "no chatrooms", field: "toChatroomId", reason: "required", call: chatroom(func(m *ChatroomMessage) { m.To = nil })},
		{label: "chatroom without content", field: "content", reason: "required", call: chatroom(func(m *ChatroomMessage) { m.Content = nil })},
		{label: "recall without sender", field: "fromUserId", reason: "required", call: recall(func(r *RecallParams) { r.From = "" })},
		{label: "recall without kind", field: "conversationType", reason: "required", call: recall(func(r *RecallParams) { r.ConversationType = 0 })},
		{label: "recall without target", field: "targetId", reason: "required", call: recall(func(r *RecallParams) { r.TargetID = "" })},
		{label: "recall without UID", field: "messageUID", reason: "required", call: recall(func(r *RecallParams) { r.MessageUID = "" })},
	} {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			client, wire := newMessageWire(t, `{"code":200}`)
			var argument *ArgumentError
			require.ErrorAs(t, c.call(t.Context(), client.Message), &argument)
			require.Equal(t, c.field, cmp.Or(argument.Wire, argument.Field))
			require.Contains(t, argument.Reason, c.reason)
			require.Zero(t, wire.calls)
		})
	}
}

// Values exactly at a limit are accepted.
func TestMessageLimits(t *testing.T) {
	t.Parallel()
	client, wire := newMessageWire(t, `{"code":200}`)
	users := strings.Split(strings.Repeat("u,", 999)+"u", ",")
	for _, content := range []MessageContent{
		TextMessage{Content: strings.Repeat("<", 128<<10-len(`{"content":""}`))},
		RawContent{"app:" + strings.Repeat("x", 28), strings.Repeat("x", 128<<10)},
		RawContent{"RC:MsgExMsg", "{}"},
		RawContent{strings.Repeat("消", 32), "{}"}, // characters, not bytes
	} {
		_, err := client.Message.SendPrivate(t.Context(), PrivateMessage{From: "u1", To: users, Content: content})
		require.NoError(t, err)
		require.Len(t, wire.form["toUserId"], 1000)
	}
}

// A send whose response is lost is not repeated.
func TestMessageIsUnsafe(t *testing.T) {
	t.Parallel()
	client, wire := newMessageWire(t, "<html>")
	_, err := client.Message.SendPrivate(t.Context(), PrivateMessage{From: "u1", To: []string{"u2"}, Content: messageText})
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorIs(t, client.Message.Recall(t.Context(), RecallParams{
		From: "u1", ConversationType: ConversationPrivate, TargetID: "u2", MessageUID: "UID", SentAt: time.Now(),
	}), ErrOutcomeUnknown)
	require.Equal(t, 2, wire.calls)
}

func TestMessageConversationTypes(t *testing.T) {
	t.Parallel()
	for kind, want := range map[ConversationType]string{
		ConversationPrivate: "private", ConversationGroup: "group", ConversationChatroom: "chatroom", ConversationSystem: "system",
		ConversationUltraGroup: "ultra group", ConversationDiscussion: "discussion", ConversationCustomerService: "customer service",
		7: "ConversationType(7)", -1: "ConversationType(-1)",
	} {
		require.Equal(t, want, kind.String())
	}
}
