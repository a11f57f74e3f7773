package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMuteService keeps members of a chat room from talking there, for a time. RongCloud's
// pages also call it a gag.
//
// Only client apps are affected: messages that the Server API sends for a muted user still go out.
// Users on [ChatroomMuteAllMembersWhitelistService] may still talk. Leaving the room and coming
// back does not lift the mute.
type ChatroomMuteService service

// ChatroomMuteAddParams says whom to mute in a chat room, and for how long.
type ChatroomMuteAddParams struct {
	ChatroomID string `wire:"chatroomId"`
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whole minutes, at most 30 days; there is no Forever.
	Duration time.Duration `wire:"minute"`
	// Whether to notify all members of the room; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomMuteRemoveParams says whom to unmute in a chat room.
type ChatroomMuteRemoveParams struct {
	ChatroomID string `wire:"chatroomId"`
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whether to notify all members of the room; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomMute is the mute of a user.
type ChatroomMute struct {
	UserID string    `json:"userId"`
	EndsAt time.Time `json:"time" unit:"date"`
}

// ChatroomMutes are muted users.
type ChatroomMutes struct {
	Users []ChatroomMute `json:"users"`
}

// Add mutes up to 20 users in a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/gag-user
//
//rongcloud:endpoint POST /chatroom/user/gag/add.json
func (s *ChatroomMuteService) Add(ctx context.Context, params ChatroomMuteAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserGagAdd, &params, opts)
}

// Remove unmutes up to 20 users in a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/ungag-user
//
//rongcloud:endpoint POST /chatroom/user/gag/rollback.json
func (s *ChatroomMuteService) Remove(ctx context.Context, params ChatroomMuteRemoveParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserGagRollback, &params, opts)
}

// List returns all users who are muted in a chat room. There are no pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/query-gagged-user
//
//rongcloud:endpoint POST /chatroom/user/gag/list.json
func (s *ChatroomMuteService) List(ctx context.Context, chatroomID string, opts ...CallOption) (*ChatroomMutes, error) {
	return fetch[ChatroomMutes](ctx, s.client, endpoint.ChatroomUserGagList, &oneChatroomID{chatroomID}, opts)
}
