package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomUserWhitelistService marks members of a chat room, at most 5, whose messages are not
// dropped and who are not removed while offline. For mutes, see
// [ChatroomMuteAllMembersWhitelistService].
//
// [CodeServiceNotEnabled] means that the service is not enabled for the app; repeated calls then
// fail with [CodeRateLimited].
type ChatroomUserWhitelistService service

// ChatroomUserWhitelistParams names members of a chat room to mark or unmark.
type ChatroomUserWhitelistParams struct {
	ChatroomID string   `wire:"chatroomId"`
	UserIDs    []string `wire:"userId"` // at most 5
}

// ChatroomUserWhitelist are the members of a chat room whose messages are not dropped.
type ChatroomUserWhitelist struct {
	UserIDs []string `json:"users"`
}

// Add marks up to 5 members of a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/whitelist/add-to-user-whitelist
//
//rongcloud:endpoint POST /chatroom/user/whitelist/add.json
func (s *ChatroomUserWhitelistService) Add(ctx context.Context, params ChatroomUserWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserWhitelistAdd, &params, opts)
}

// Remove unmarks up to 5 members of a chat room.
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
