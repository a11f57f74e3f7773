package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMessageTypeWhitelistService marks message types that are not dropped when more is sent
// to a chat room than it can carry. It holds in all chat rooms of the app, for at most 20 types.
// Newer pages of RongCloud's call such a list an allowlist.
//
// [CodeServiceNotEnabled] means that the app does not have the service. To call again and again all
// the same ends with [CodeRateLimited].
type ChatroomMessageTypeWhitelistService service

// ChatroomUserWhitelistService marks members of a chat room, at most 5, whose messages are not
// dropped, and who are not removed when they are offline. It has nothing to do with mutes: see
// [ChatroomMuteAllMembersWhitelistService].
//
// [CodeServiceNotEnabled] means that the app does not have the service. To call again and again all
// the same ends with [CodeRateLimited].
type ChatroomUserWhitelistService service

// ChatroomMessageTypeWhitelist are the message types that are not dropped.
type ChatroomMessageTypeWhitelist struct {
	ObjectNames []string `json:"whitlistMsgType" alt:"whitelistMsgType"` // the server's own spelling
}

// ChatroomUserWhitelistParams names members of a chat room, to be marked or no longer.
type ChatroomUserWhitelistParams struct {
	ChatroomID string   `wire:"chatroomId"`
	UserIDs    []string `wire:"userId"` // at most 5
}

// ChatroomUserWhitelist are the members of a chat room whose messages are not dropped.
type ChatroomUserWhitelist struct {
	UserIDs []string `json:"users"`
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

// Remove takes the mark off up to 20 message types.
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

// Add marks up to 5 members of a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/add-to-user-whitelist
//
//rongcloud:endpoint POST /chatroom/user/whitelist/add.json
func (s *ChatroomUserWhitelistService) Add(ctx context.Context, params ChatroomUserWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserWhitelistAdd, &params, opts)
}

// Remove takes the mark off up to 5 members of a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/remove-from-user-whitelist
//
//rongcloud:endpoint POST /chatroom/user/whitelist/remove.json
func (s *ChatroomUserWhitelistService) Remove(ctx context.Context, params ChatroomUserWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserWhitelistRemove, &params, opts)
}

// List returns the marked members of a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/query-user-whitelist
//
//rongcloud:endpoint POST /chatroom/user/whitelist/query.json
func (s *ChatroomUserWhitelistService) List(ctx context.Context, chatroomID string, opts ...CallOption) (*ChatroomUserWhitelist, error) {
	return fetch[ChatroomUserWhitelist](ctx, s.client, endpoint.ChatroomUserWhitelistQuery, &oneChatroomID{chatroomID}, opts)
}
