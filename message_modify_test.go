package rongcloud

import (
	"context"
	"strings"
	"testing"
)

func TestMsgModifySends(t *testing.T) {
	t.Parallel()
	msgSends(t, []msgCase{
		{what: "all", path: "/message/private/modify.json", call: func(ctx context.Context, s *MessageService) error {
			return s.ModifyPrivate(ctx, PrivateMessageModifyParams{From: "u1", TargetID: "u 2&", MessageUID: "UID-1", Content: messageText})
		}, form: msgForm("fromUserId", "u1", "targetId", "u 2&", "msgUID", "UID-1", "objectName", "RC:TxtMsg", "content", messageTextForm[0])},
		{what: "all", path: "/message/group/modify.json", call: func(ctx context.Context, s *MessageService) error {
			return s.ModifyGroup(ctx, GroupMessageModifyParams{From: "u1", GroupID: "g 2&", MessageUID: "UID-1", Content: RawContent{"app:x", "<x>"}})
		}, form: msgForm("fromUserId", "u1", "groupId", "g 2&", "msgUID", "UID-1", "objectName", "app:x", "content", "<x>")},
	})
}

func TestMsgModifyArguments(t *testing.T) {
	t.Parallel()
	long := RawContent{"app:x", strings.Repeat("x", 128<<10+1)}
	for _, c := range []struct {
		field, from, target, uid string
		content                  MessageContent
	}{
		{field: "fromUserId", target: "t", uid: "UID", content: messageText},
		{field: "target", from: "u1", uid: "UID", content: messageText},
		{field: "msgUID", from: "u1", target: "t", content: messageText},
		{field: "content", from: "u1", target: "t", uid: "UID"},
		{field: "content", from: "u1", target: "t", uid: "UID", content: long},
	} {
		private, group := c.field, c.field
		if c.field == "target" {
			private, group = "targetId", "groupId"
		}
		msgRefused(t, private, "", func(ctx context.Context, s *MessageService) error {
			return s.ModifyPrivate(ctx, PrivateMessageModifyParams{From: c.from, TargetID: c.target, MessageUID: c.uid, Content: c.content})
		})
		msgRefused(t, group, "", func(ctx context.Context, s *MessageService) error {
			return s.ModifyGroup(ctx, GroupMessageModifyParams{From: c.from, GroupID: c.target, MessageUID: c.uid, Content: c.content})
		})
	}
}
