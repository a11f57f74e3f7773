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
			"private, all", "/message/private/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivate(ctx, PrivateMessage{
					From: "u1", To: []string{"u2", "u 3&=+"}, Content: messageText, PushContent: contentAwful, PushData: "d", Push: messagePush,
					DisablePush: true, ContentAvailable: true, BadgeCount: Ptr(0), IncludeSender: true, VerifyBlacklist: true,
					Persist: Ptr(false), Counted: Ptr(false), DisableUpdateLastMessage: true, NeedReadReceipt: true,
					Expandable: true, Expansion: messagePairs, IdempotencyKey: -5,
				})
				return err
			}, url.Values{
				"fromUserId": {"u1"}, "toUserId": {"u2", "u 3&=+"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"pushContent": {contentAwful}, "pushData": {"d"}, "pushExt": messagePushForm, "disablePush": {"true"}, "contentAvailable": yes,
				"count": no, "isIncludeSender": yes, "verifyBlacklist": yes, "isPersisted": no, "isCounted": no, "disableUpdateLastMsg": {"true"},
				"needReadReceipt": yes, "expansion": {"true"}, "extraContent": messagePairForm, "msgRandom": {"-5"},
			},
		}, {
			"private, none", "/message/private/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivate(ctx, PrivateMessage{From: "u1", To: []string{"u2"}, Content: &messageText})
				return err
			}, url.Values{"fromUserId": {"u1"}, "toUserId": {"u2"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			"private, expansion alone", "/message/private/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendPrivate(ctx, PrivateMessage{From: "u1", To: []string{"u2"}, Content: RawContent{"app:x", "plain & text"}, Expansion: messagePairs, BadgeCount: Ptr(-1), Persist: Ptr(true)})
				return err
			}, url.Values{
				"fromUserId": {"u1"}, "toUserId": {"u2"}, "objectName": {"app:x"}, "content": {"plain & text"},
				"expansion": {"true"}, "extraContent": messagePairForm, "count": {"-1"}, "isPersisted": yes,
			},
		}, {
			"group, all", "/message/group/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{
					From: "u1", To: []string{"g1"}, ToUserIDs: []string{"u2", "u3"}, Content: messageText, Mentioned: true, PushContent: contentAwful,
					PushData: "d", Push: messagePush, DisablePush: true, ContentAvailable: true, IncludeSender: true,
					Persist: Ptr(false), Counted: Ptr(false), DisableUpdateLastMessage: true, NeedReadReceipt: true,
					Expandable: true, Expansion: messagePairs, IdempotencyKey: 1 << 62,
				})
				return err
			}, url.Values{
				"fromUserId": {"u1"}, "toGroupId": {"g1"}, "toUserId": {"u2", "u3"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"isMentioned": yes, "pushContent": {contentAwful}, "pushData": {"d"}, "pushExt": messagePushForm, "disablePush": {"true"},
				"contentAvailable": yes, "isIncludeSender": yes, "isPersisted": no, "isCounted": no, "disableUpdateLastMsg": {"true"},
				"needReadReceipt": yes, "expansion": {"true"}, "extraContent": messagePairForm, "msgRandom": {"4611686018427387904"},
			},
		}, {
			"group, none", "/message/group/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{From: "u1", To: []string{"g1", "g2", "g3"}, Content: messageText})
				return err
			}, url.Values{"fromUserId": {"u1"}, "toGroupId": {"g1", "g2", "g3"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			"group, mention and expansion by themselves", "/message/group/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{
					From: "u1", To: []string{"g1"}, Content: &ImageMessage{Mention: &Mention{Type: MentionAll}}, Expansion: messagePairs,
				})
				return err
			}, url.Values{
				"fromUserId": {"u1"}, "toGroupId": {"g1"}, "objectName": {"RC:ImgMsg"},
				"content": {`{"content":"","imageUri":"","mentionedInfo":{"type":1}}`}, "isMentioned": yes,
				"expansion": {"true"}, "extraContent": messagePairForm,
			},
		}, {
			"group, mention of an own type is not seen", "/message/group/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendGroup(ctx, GroupMessage{From: "u1", To: []string{"g1"}, Content: contentOfApp{"a", &Mention{Type: MentionAll}}})
				return err
			}, url.Values{"fromUserId": {"u1"}, "toGroupId": {"g1"}, "objectName": {"app:own"}, "content": {`{"a":"a","mentionedInfo":{"type":1}}`}},
		}, {
			"system, all", "/message/system/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendSystem(ctx, SystemMessage{
					From: "u1", To: []string{"u2", "u3"}, Content: messageText, PushContent: contentAwful, PushData: "d", Push: messagePush,
					DisablePush: true, ContentAvailable: true, BadgeCount: Ptr(9999), Persist: Ptr(false), Counted: Ptr(false),
					DisableUpdateLastMessage: true, IdempotencyKey: 7,
				})
				return err
			}, url.Values{
				"fromUserId": {"u1"}, "toUserId": {"u2", "u3"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"pushContent": {contentAwful}, "pushData": {"d"}, "pushExt": messagePushForm, "disablePush": {"true"}, "contentAvailable": yes,
				"count": {"9999"}, "isPersisted": no, "isCounted": no, "disableUpdateLastMsg": {"true"}, "msgRandom": {"7"},
			},
		}, {
			"system, none", "/message/system/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendSystem(ctx, SystemMessage{From: "u1", To: []string{"u2"}, Content: messageText})
				return err
			}, url.Values{"fromUserId": {"u1"}, "toUserId": {"u2"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			"chatroom, all", "/message/chatroom/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendChatroom(ctx, ChatroomMessage{
					From: "u1", To: []string{"c1", "c2"}, Content: messageText, Persist: Ptr(false), IncludeSender: true, Priority: MessagePriorityLow, IdempotencyKey: 7,
				})
				return err
			}, url.Values{
				"fromUserId": {"u1"}, "toChatroomId": {"c1", "c2"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm,
				"isPersisted": no, "isIncludeSender": yes, "priority": {"3"}, "msgRandom": {"7"},
			},
		}, {
			"chatroom, none", "/message/chatroom/publish.json", func(ctx context.Context, s *MessageService) error {
				_, err := s.SendChatroom(ctx, ChatroomMessage{From: "u1", To: []string{"c1"}, Content: messageText})
				return err
			}, url.Values{"fromUserId": {"u1"}, "toChatroomId": {"c1"}, "objectName": {"RC:TxtMsg"}, "content": messageTextForm},
		}, {
			"recall, all", "/message/recall.json", func(ctx context.Context, s *MessageService) error {
				return s.Recall(ctx, RecallParams{
					From: "u1", ConversationType: ConversationUltraGroup, TargetID: "g", ChannelID: "c", MessageUID: "UID-1", SentAt: contentTime,
					Admin: true, Delete: true, DisablePush: true, Extra: contentAwful, DisableUpdateLastMessage: true,
				})
			}, url.Values{
				"fromUserId": {"u1"}, "conversationType": {"10"}, "targetId": {"g"}, "busChannel": {"c"}, "messageUID": {"UID-1"},
				"sentTime": {"1705270000123"}, "isAdmin": yes, "isDelete": yes, "disablePush": {"true"}, "extra": {contentAwful}, "disableUpdateLastMsg": {"true"},
			},
		}, {
			"recall, none", "/message/recall.json", func(ctx context.Context, s *MessageService) error {
				return s.Recall(ctx, RecallParams{From: "u1", ConversationType: ConversationPrivate, TargetID: "u2", MessageUID: "UID-1"})
			}, url.Values{"fromUserId": {"u1"}, "conversationType": {"1"}, "targetId": {"u2"}, "messageUID": {"UID-1"}},
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
		{"no sender", "fromUserId", "required", private(func(m *PrivateMessage) { m.From = "" })},
		{"no receivers", "toUserId", "required", private(func(m *PrivateMessage) { m.To = nil })},
		{"empty list", "toUserId", "required", private(func(m *PrivateMessage) { m.To = []string{} })},
		{"empty receiver", "toUserId", "item 2 is empty", private(func(m *PrivateMessage) { m.To = []string{"u", ""} })},
		{"1001 receivers", "toUserId", "1001 items", private(func(m *PrivateMessage) { m.To = many(1001) })},
		{"101 pairs", "extraContent", "101 items", private(func(m *PrivateMessage) {
			m.Expansion = map[string]string{}
			for i := range 101 {
				m.Expansion[strings.Repeat("k", i+1)] = "v"
			}
		})},
		{"no content", "content", "required", content(nil)},
		{"nil pointer", "content", "nil *rongcloud.TextMessage", content(none)},
		{"nil pointer to a group", "content", "nil *rongcloud.TextMessage", group(func(m *GroupMessage) { m.Content = none })},
		{"empty raw body", "content", "required", content(RawContent{Name: "app:x"})},
		{"no object name", "objectName", "required", content(RawContent{Body: "x"})},
		{"long object name", "objectName", "more than 32", content(RawContent{Name: "app:" + strings.Repeat("x", 29), Body: "x"})},
		{"borrowed prefix", "objectName", "RC:", content(RawContent{Name: "RC:Mine", Body: "x"})},
		{"long content", "content", "131073 bytes", content(TextMessage{Content: strings.Repeat("x", 128<<10+1-len(`{"content":""}`))})},
		{"long raw content", "content", "131073 bytes", content(RawContent{"app:x", strings.Repeat("x", 128<<10+1)})},
		{"negative span", "content", "negative", content(HQVoiceMessage{Duration: -1})},
		{"group without sender", "fromUserId", "required", group(func(m *GroupMessage) { m.From = "" })},
		{"no groups", "toGroupId", "required", group(func(m *GroupMessage) { m.To = nil })},
		{"4 groups", "toGroupId", "4 items", group(func(m *GroupMessage) { m.To = many(4) })},
		{"group without content", "content", "required", group(func(m *GroupMessage) { m.Content = nil })},
		{"system without sender", "fromUserId", "required", system(func(m *SystemMessage) { m.From = "" })},
		{"system without receivers", "toUserId", "required", system(func(m *SystemMessage) { m.To = nil })},
		{"101 receivers", "toUserId", "101 items", system(func(m *SystemMessage) { m.To = many(101) })},
		{"system without content", "content", "required", system(func(m *SystemMessage) { m.Content = nil })},
		{"chatroom without sender", "fromUserId", "required", chatroom(func(m *ChatroomMessage) { m.From = "" })},
		{"no chatrooms", "toChatroomId", "required", chatroom(func(m *ChatroomMessage) { m.To = nil })},
		{"chatroom without content", "content", "required", chatroom(func(m *ChatroomMessage) { m.Content = nil })},
		{"recall without sender", "fromUserId", "required", recall(func(r *RecallParams) { r.From = "" })},
		{"recall without kind", "conversationType", "required", recall(func(r *RecallParams) { r.ConversationType = 0 })},
		{"recall without target", "targetId", "required", recall(func(r *RecallParams) { r.TargetID = "" })},
		{"recall without UID", "messageUID", "required", recall(func(r *RecallParams) { r.MessageUID = "" })},
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
