package rongcloud

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMsgStatusSends(t *testing.T) {
	t.Parallel()
	typing := TypingStatus{}
	body, err := plainJSON.Marshal(typing)
	require.NoError(t, err)
	msgSends(t, []msgCase{
		{"all", "/statusmessage/private/publish.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendPrivate(ctx, PrivateStatus{
				From: "u1", To: []string{"u2", "u 3&"}, Content: messageText, VerifyBlacklist: true, IncludeSender: true, IdempotencyKey: 7,
			})
			return err
		}, msgForm("fromUserId", "u1", "toUserId", "u2", "toUserId", "u 3&", "objectName", "RC:TxtMsg", "content", messageTextForm[0],
			"verifyBlacklist", "1", "isIncludeSender", "1", "msgRandom", "7"), ""},
		{"none", "/statusmessage/private/publish.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendPrivate(ctx, PrivateStatus{From: "u1", To: []string{"u2"}, Content: typing})
			return err
		}, msgForm("fromUserId", "u1", "toUserId", "u2", "objectName", "RC:TypSts", "content", string(body)), ""},
		{"all", "/statusmessage/group/publish.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendGroup(ctx, GroupStatus{
				From: "u1", To: []string{"g1", "g2"}, Content: messageText, VerifyBlacklist: true, IncludeSender: true, IdempotencyKey: 7,
			})
			return err
		}, msgForm("fromUserId", "u1", "toGroupId", "g1", "toGroupId", "g2", "objectName", "RC:TxtMsg", "content", messageTextForm[0],
			"verifyBlacklist", "1", "isIncludeSender", "1", "msgRandom", "7"), ""},
		{"none", "/statusmessage/group/publish.json", func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendGroup(ctx, GroupStatus{From: "u1", To: []string{"g1"}, Content: messageText})
			return err
		}, msgForm("fromUserId", "u1", "toGroupId", "g1", "objectName", "RC:TxtMsg", "content", messageTextForm[0]), ""},
	})
}

func TestMsgStatusArguments(t *testing.T) {
	t.Parallel()
	many := func(n int) []string { return strings.Split(strings.Repeat("u,", n-1)+"u", ",") }
	for _, c := range []struct {
		field, reason string
		status        PrivateStatus
	}{
		{"fromUserId", "required", PrivateStatus{To: many(1), Content: messageText}},
		{"toUserId", "required", PrivateStatus{From: "u1", Content: messageText}},
		{"toUserId", "1001 items", PrivateStatus{From: "u1", To: many(1001), Content: messageText}},
		{"content", "required", PrivateStatus{From: "u1", To: many(1)}},
	} {
		msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendPrivate(ctx, c.status)
			return err
		})
	}
	for _, c := range []struct {
		field, reason string
		status        GroupStatus
	}{
		{"fromUserId", "required", GroupStatus{To: many(1), Content: messageText}},
		{"toGroupId", "required", GroupStatus{From: "u1", Content: messageText}},
		{"toGroupId", "4 items", GroupStatus{From: "u1", To: many(4), Content: messageText}},
		{"content", "required", GroupStatus{From: "u1", To: many(1)}},
	} {
		msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendGroup(ctx, c.status)
			return err
		})
	}
}

func TestMsgStatusResults(t *testing.T) {
	t.Parallel()
	client, _ := msgAnswer(t, `{"code":200,"messageUIDs":[{"userId":7,"messageUID":"A"}]}`)
	private, err := client.Message.Status.SendPrivate(t.Context(), PrivateStatus{From: "u1", To: []string{"7"}, Content: messageText})
	require.NoError(t, err)
	require.Equal(t, "A", private.UIDOf("7"))
	client, _ = msgAnswer(t, `{"code":200,"messageUIDs":[{"userId":7,"groupId":"g1","messageUID":"A"}]}`)
	group, err := client.Message.Status.SendGroup(t.Context(), GroupStatus{From: "u1", To: []string{"g1"}, Content: messageText})
	require.NoError(t, err)
	require.Equal(t, "A", group.UIDOf("g1"))
}
