package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomGlobalMuteService keeps users from talking in all chat rooms of the app, for a time.
//
// Only client apps are affected: messages that the Server API sends for a muted user still go out.
// Unlike [ChatroomMuteService], it also applies to users on
// [ChatroomMuteAllMembersWhitelistService].
type ChatroomGlobalMuteService service

// ChatroomGlobalMuteAddParams says whom to mute in all chat rooms, and for how long.
type ChatroomGlobalMuteAddParams struct {
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whole minutes, at most 30 days; there is no Forever.
	Duration time.Duration `wire:"minute"`
	// Whether to notify the muted users; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomGlobalMuteRemoveParams says whom to unmute in all chat rooms.
type ChatroomGlobalMuteRemoveParams struct {
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whether to notify these users; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// Add mutes up to 20 users in all chat rooms.
//
// [CodeServiceNotEnabled] means that the service is not enabled for the app; repeated calls then
// fail with [CodeRateLimited].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/gag-user-globally
//
//rongcloud:endpoint POST /chatroom/user/ban/add.json
func (s *ChatroomGlobalMuteService) Add(ctx context.Context, params ChatroomGlobalMuteAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserBanAdd, &params, opts)
}

// Remove unmutes up to 20 users in all chat rooms. Mutes in single rooms stay.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/ungag-user-globally
//
//rongcloud:endpoint POST /chatroom/user/ban/remove.json
func (s *ChatroomGlobalMuteService) Remove(ctx context.Context, params ChatroomGlobalMuteRemoveParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserBanRemove, &params, opts)
}

// List returns all users who are muted in all chat rooms. There are no pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/query-globally-gagged-user
//
//rongcloud:endpoint POST /chatroom/user/ban/query.json
func (s *ChatroomGlobalMuteService) List(ctx context.Context, opts ...CallOption) (*ChatroomMutes, error) {
	return fetch[ChatroomMutes](ctx, s.client, endpoint.ChatroomUserBanQuery, nil, opts)
}
