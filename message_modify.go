package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// PrivateMessageModifyParams is new content for a one-to-one message; see
// [MessageService.ModifyPrivate].
type PrivateMessageModifyParams struct {
	From       string         `wire:"fromUserId"` // sender of the message
	TargetID   string         `wire:"targetId"`   // recipient of the message
	MessageUID string         `wire:"msgUID"`
	Content    MessageContent `wire:"content"` // at most 128 KB of JSON
}

// GroupMessageModifyParams is new content for a group message; see [MessageService.ModifyGroup].
type GroupMessageModifyParams struct {
	From       string         `wire:"fromUserId"` // sender of the message
	GroupID    string         `wire:"groupId"`
	MessageUID string         `wire:"msgUID"`
	Content    MessageContent `wire:"content"` // at most 128 KB of JSON
}

// ModifyPrivate replaces the content of a one-to-one message that has been sent. Clients refuse to
// modify messages that are too old ([CodeModifyTooLate]) or of a type that cannot be modified
// ([CodeMessageNotModifiable]); whether the Server API does so too is unconfirmed.
//
// RongCloud describes this call in its Java SDK only. For the newer edition of its API it documents
// 100 calls per second, and that a message can be modified for 24 hours; whether this applies here
// is unconfirmed.
//
//rongcloud:endpoint POST /message/private/modify.json
func (s *MessageService) ModifyPrivate(ctx context.Context, params PrivateMessageModifyParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessagePrivateModify, &params, opts)
}

// ModifyGroup replaces the content of a group message that has been sent.
//
// RongCloud describes this call in its Java SDK only, without a quota or a time limit; see
// [MessageService.ModifyPrivate].
//
//rongcloud:endpoint POST /message/group/modify.json
func (s *MessageService) ModifyGroup(ctx context.Context, params GroupMessageModifyParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageGroupModify, &params, opts)
}
