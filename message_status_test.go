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
		{what: "all", path: "/statusmessage/private/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendPrivate(ctx, PrivateStatus{
				From: "u1", To: []string{"u2", "u 3&"}, Content: messageText, VerifyBlacklist: true, IncludeSender: true, IdempotencyKey: 7,
			})
			return err
		}, form: msgForm("fromUserId", "u1", "toUserId", "u2", "toUserId", "u 3&", "objectName", "RC:TxtMsg", "content", messageTextForm[0],
			"verifyBlacklist", "1", "isIncludeSender", "1", "msgRandom", "7")},
		{what: "none", path: "/statusmessage/private/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendPrivate(ctx, PrivateStatus{From: "u1", To: []string{"u2"}, Content: typing})
			return err
		}, form: msgForm("fromUserId", "u1", "toUserId", "u2", "objectName", "RC:TypSts", "content", string(body))},
		{what: "all", path: "/statusmessage/group/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendGroup(ctx, GroupStatus{
				From: "u1", To: []string{"g1", "g2"}, Content: messageText, VerifyBlacklist: true, IncludeSender: true, IdempotencyKey: 7,
			})
			return err
		}, form: msgForm("fromUserId", "u1", "toGroupId", "g1", "toGroupId", "g2", "objectName", "RC:TxtMsg", "content", messageTextForm[0],
			"verifyBlacklist", "1", "isIncludeSender", "1", "msgRandom", "7")},
		{what: "none", path: "/statusmessage/group/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Status.SendGroup(ctx, GroupStatus{From: "u1", To: []string{"g1"}, Content: messageText})
			return err
		}, form: msgForm("fromUserId", "u1", "toGroupId", "g1", "objectName", "RC:TxtMsg", "content", messageTextForm[0])},
	})
}

func TestMsgStatusArguments(t *testing.T) {
	t.Parallel()
	many := func(n int) []string { return strings.Split(strings.Repeat("u,", n-1)+"u", ",") }
	for _, c := range []struct {
		field, reason string
		status        PrivateStatus
	}{
		{field: "fromUserId", reason: "required", status: PrivateStatus{To: many(1), Content: messageText}},
		{field: "toUserId", reason: "required", status: PrivateStatus{From: "u1", Content: messageText}},
		{field: "toUserId", reason: "1001 items", status: PrivateStatus{From: "u1", To: many(1001), Content: messageText}},
		{field: "content", reason: "required", status: PrivateStatus{From: "u1", To: many(1)}},
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
		{field: "fromUserId", reason: "required", status: GroupStatus{To: many(1), Content: messageText}},
		{field: "toGroupId", reason: "required", status: GroupStatus{From: "u1", Content: messageText}},
		{field: "toGroupId", reason: "4 items", status: GroupStatus{From: "u1", To: many(4), Content: messageText}},
		{field: "content", reason: "required", status: GroupStatus{From: "u1", To: many(1)}},
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
