package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMuteAllMembersWhitelistService keeps the users of a chat room who may talk while
// everybody is muted, at most 20. They may also talk while muted by [ChatroomMuteService], but not
// while muted by [ChatroomGlobalMuteService].
//
// Leaving the room and coming back does not take a user off the list. The list is deleted with the
// room. RongCloud's newer pages call it an allowlist.
type ChatroomMuteAllMembersWhitelistService service

// ChatroomMuteAllMembersWhitelistParams names users to put on the list or take off it.
type ChatroomMuteAllMembersWhitelistParams struct {
	ChatroomID string `wire:"chatroomId"`
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whether to notify all members of the room; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomMuteAllMembersWhitelist are the users of a chat room who may talk while everybody is
// muted.
type ChatroomMuteAllMembersWhitelist struct {
	UserIDs []string `json:"userIds"`
}

// Add lets up to 20 users talk in a chat room while everybody is muted.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/add-to-chatroom-ban-whitelist
//
//rongcloud:endpoint POST /chatroom/user/ban/whitelist/add.json
func (s *ChatroomMuteAllMembersWhitelistService) Add(ctx context.Context, params ChatroomMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserBanWhitelistAdd, &params, opts)
}

// Remove takes up to 20 users off the list of those who may talk while everybody is muted.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/remove-from-chatroom-ban-whitelist
//
//rongcloud:endpoint POST /chatroom/user/ban/whitelist/rollback.json
func (s *ChatroomMuteAllMembersWhitelistService) Remove(ctx context.Context, params ChatroomMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserBanWhitelistRollback, &params, opts)
}

// List returns the users who may talk in a chat room while everybody is muted.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/query-chatroom-ban-whitelist
//
//rongcloud:endpoint POST /chatroom/user/ban/whitelist/query.json
func (s *ChatroomMuteAllMembersWhitelistService) List(ctx context.Context, chatroomID string, opts ...CallOption) (*ChatroomMuteAllMembersWhitelist, error) {
	return fetch[ChatroomMuteAllMembersWhitelist](ctx, s.client, endpoint.ChatroomUserBanWhitelistQuery, &oneChatroomID{chatroomID}, opts)
}
