package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMessageTypeWhitelistService marks message types that are not dropped when more is sent to
// a chat room than it can carry. It applies to all chat rooms of the app, and to at most 20 types.
// RongCloud's newer pages call it an allowlist.
//
// [CodeServiceNotEnabled] means that the service is not enabled for the app; repeated calls then
// fail with [CodeRateLimited].
type ChatroomMessageTypeWhitelistService service

// ChatroomMessageTypeWhitelist are the message types that are not dropped.
type ChatroomMessageTypeWhitelist struct {
	// The server's own spelling.
	ObjectNames []string `json:"whitlistMsgType" alt:"whitelistMsgType"`
}

type whitelistedTypes struct {
	ObjectNames []string `wire:"objectnames"`
}

// Add marks up to 20 message types, such as RC:TxtMsg, as those not to drop.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/add-to-message-type-whitelist
//
//rongcloud:endpoint POST /chatroom/whitelist/add.json
func (s *ChatroomMessageTypeWhitelistService) Add(ctx context.Context, objectNames []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomWhitelistAdd, &whitelistedTypes{objectNames}, opts)
}

// Remove unmarks up to 20 message types.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/remove-from-message-type-whitelist
//
//rongcloud:endpoint POST /chatroom/whitelist/delete.json
func (s *ChatroomMessageTypeWhitelistService) Remove(ctx context.Context, objectNames []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomWhitelistDelete, &whitelistedTypes{objectNames}, opts)
}

// List returns the message types that are not dropped.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/query-message-type-whitelist
//
//rongcloud:endpoint POST /chatroom/whitelist/query.json
func (s *ChatroomMessageTypeWhitelistService) List(ctx context.Context, opts ...CallOption) (*ChatroomMessageTypeWhitelist, error) {
	return fetch[ChatroomMessageTypeWhitelist](ctx, s.client, endpoint.ChatroomWhitelistQuery, nil, opts)
}
