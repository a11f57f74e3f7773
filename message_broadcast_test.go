package rongcloud

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMsgBroadcastSends(t *testing.T) {
	t.Parallel()
	msgSends(t, []msgCase{
		{what: "all", path: "/message/broadcast.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToAll(ctx, Broadcast{
				From: "u1", Content: messageText, PushContent: contentAwful, PushData: "d", Push: messagePush, ContentAvailable: true,
				DisableUpdateLastMessage: true, IdempotencyKey: 7,
			}, WithExtraField("os", "iOS"))
			return err
		}, form: msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0], "pushContent", contentAwful, "pushData", "d",
			"pushExt", messagePushForm[0], "contentAvailable", "1", "disableUpdateLastMsg", "true", "msgRandom", "7", "os", "iOS")},
		{what: "none", path: "/message/broadcast.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToAll(ctx, Broadcast{From: "u1", Content: messageText})
			return err
		}, form: msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0])},
		{what: "all", path: "/message/online/broadcast.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToOnline(ctx, OnlineBroadcast{From: "u1", Content: messageText, DisableUpdateLastMessage: true, IdempotencyKey: 7})
			return err
		}, form: msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0], "disableUpdateLastMsg", "true", "msgRandom", "7")},
		{what: "none", path: "/message/online/broadcast.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToOnline(ctx, OnlineBroadcast{From: "u1", Content: messageText})
			return err
		}, form: msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0])},
		{what: "all", path: "/message/chatroom/broadcast.json", call: func(ctx context.Context, s *MessageService) error {
			return s.Broadcast.SendToChatrooms(ctx, ChatroomBroadcast{From: "u1", Content: messageText, IncludeSender: true})
		}, form: msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0], "isIncludeSender", "1")},
		{what: "none", path: "/message/chatroom/broadcast.json", call: func(ctx context.Context, s *MessageService) error {
			return s.Broadcast.SendToChatrooms(ctx, ChatroomBroadcast{From: "u1", Content: messageText})
		}, form: msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0])},
		{what: "all", path: "/message/broadcast/recall.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.Recall(ctx, BroadcastRecallParams{
				From: "u1", MessageUID: "UID-1", SentAt: contentTime, Admin: true, Delete: true, Extra: contentAwful, DisableUpdateLastMessage: true,
			})
			return err
		}, form: msgForm("fromUserId", "u1", "messageUID", "UID-1", "sentTime", "1705270000123", "isAdmin", "1", "isDelete", "1",
			"extra", contentAwful, "disableUpdateLastMsg", "true")},
		{what: "none", path: "/message/broadcast/recall.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.Recall(ctx, BroadcastRecallParams{From: "u1", MessageUID: "UID-1"})
			return err
		}, form: msgForm("fromUserId", "u1", "messageUID", "UID-1")},
	})
}

func TestMsgBroadcastArguments(t *testing.T) {
	t.Parallel()
	long := RawContent{"app:x", strings.Repeat("x", 128<<10+1)}
	for _, c := range []struct {
		label, field, reason, from string
		content                    MessageContent
	}{
		{label: "no sender", field: "fromUserId", reason: "required", content: messageText},
		{label: "no content", field: "content", reason: "required", from: "u1"},
		{label: "long content", field: "content", reason: "at most", from: "u1", content: long},
		{label: "long name", field: "objectName", reason: "more than 32", from: "u1", content: RawContent{strings.Repeat("x", 33), "x"}},
	} {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
				_, err := s.Broadcast.SendToAll(ctx, Broadcast{From: c.from, Content: c.content})
				return err
			})
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
				_, err := s.Broadcast.SendToOnline(ctx, OnlineBroadcast{From: c.from, Content: c.content})
				return err
			})
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
				return s.Broadcast.SendToChatrooms(ctx, ChatroomBroadcast{From: c.from, Content: c.content})
			})
		})
	}
	msgRefused(t, "messageUID", "required", func(ctx context.Context, s *MessageService) error {
		_, err := s.Broadcast.Recall(ctx, BroadcastRecallParams{From: "u1"})
		return err
	})
	msgRefused(t, "fromUserId", "required", func(ctx context.Context, s *MessageService) error {
		_, err := s.Broadcast.Recall(ctx, BroadcastRecallParams{MessageUID: "UID"})
		return err
	})
}

func TestMsgBroadcastResults(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"code":200,"messageUID":"UID-1"}`: "UID-1", `{"code":"200","messageUID":7,"more":[]}`: "7", `{"code":200}`: "", `{"code":200,"messageUID":null}`: "",
	} {
		client, _ := msgAnswer(t, answer)
		sent, err := client.Message.Broadcast.SendToAll(t.Context(), Broadcast{From: "u1", Content: messageText})
		require.NoError(t, err, answer)
		require.Equal(t, &SentBroadcast{want}, sent)
		sent, err = client.Message.Broadcast.SendToOnline(t.Context(), OnlineBroadcast{From: "u1", Content: messageText})
		require.NoError(t, err, answer)
		require.Equal(t, &SentBroadcast{want}, sent)
		sent, err = client.Message.Broadcast.Recall(t.Context(), BroadcastRecallParams{From: "u1", MessageUID: "UID"})
		require.NoError(t, err, answer)
		require.Equal(t, &SentBroadcast{want}, sent)
	}
}
