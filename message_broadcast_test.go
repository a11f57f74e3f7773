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
		{"all", "/message/broadcast.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToAll(ctx, Broadcast{
				From: "u1", Content: messageText, PushContent: contentAwful, PushData: "d", Push: messagePush, ContentAvailable: true,
				DisableUpdateLastMessage: true, IdempotencyKey: 7,
			}, WithExtraField("os", "iOS"))
			return err
		}, msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0], "pushContent", contentAwful, "pushData", "d",
			"pushExt", messagePushForm[0], "contentAvailable", "1", "disableUpdateLastMsg", "true", "msgRandom", "7", "os", "iOS"), ""},
		{"none", "/message/broadcast.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToAll(ctx, Broadcast{From: "u1", Content: messageText})
			return err
		}, msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0]), ""},
		{"all", "/message/online/broadcast.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToOnline(ctx, OnlineBroadcast{From: "u1", Content: messageText, DisableUpdateLastMessage: true, IdempotencyKey: 7})
			return err
		}, msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0], "disableUpdateLastMsg", "true", "msgRandom", "7"), ""},
		{"none", "/message/online/broadcast.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.SendToOnline(ctx, OnlineBroadcast{From: "u1", Content: messageText})
			return err
		}, msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0]), ""},
		{"all", "/message/chatroom/broadcast.json", func(ctx context.Context, s *MessageService) error {
			return s.Broadcast.SendToChatrooms(ctx, ChatroomBroadcast{From: "u1", Content: messageText, IncludeSender: true})
		}, msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0], "isIncludeSender", "1"), ""},
		{"none", "/message/chatroom/broadcast.json", func(ctx context.Context, s *MessageService) error {
			return s.Broadcast.SendToChatrooms(ctx, ChatroomBroadcast{From: "u1", Content: messageText})
		}, msgForm("fromUserId", "u1", "objectName", "RC:TxtMsg", "content", messageTextForm[0]), ""},
		{"all", "/message/broadcast/recall.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.Recall(ctx, BroadcastRecallParams{
				From: "u1", MessageUID: "UID-1", SentAt: contentTime, Admin: true, Delete: true, Extra: contentAwful, DisableUpdateLastMessage: true,
			})
			return err
		}, msgForm("fromUserId", "u1", "messageUID", "UID-1", "sentTime", "1705270000123", "isAdmin", "1", "isDelete", "1",
			"extra", contentAwful, "disableUpdateLastMsg", "true"), ""},
		{"none", "/message/broadcast/recall.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Broadcast.Recall(ctx, BroadcastRecallParams{From: "u1", MessageUID: "UID-1"})
			return err
		}, msgForm("fromUserId", "u1", "messageUID", "UID-1"), ""},
	})
}

func TestMsgBroadcastArguments(t *testing.T) {
	t.Parallel()
	long := RawContent{"app:x", strings.Repeat("x", 128<<10+1)}
	for _, c := range []struct {
		label, field, reason, from string
		content                    MessageContent
	}{
		{"no sender", "fromUserId", "required", "", messageText},
		{"no content", "content", "required", "u1", nil},
		{"long content", "content", "at most", "u1", long},
		{"long name", "objectName", "more than 32", "u1", RawContent{strings.Repeat("x", 33), "x"}},
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
