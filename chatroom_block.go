package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomBlockService removes users from a chat room and keeps them out for a time.
type ChatroomBlockService service

// ChatroomBlockAddParams says whom to keep out of a chat room, and for how long.
type ChatroomBlockAddParams struct {
	ChatroomID string `wire:"chatroomId"`
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whole minutes, at most 30 days; there is no Forever.
	Duration time.Duration `wire:"minute"`
	// Whether to notify the room and the removed users; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomBlockRemoveParams says whom to let back into a chat room.
type ChatroomBlockRemoveParams struct {
	ChatroomID string `wire:"chatroomId"`
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whether to notify the readmitted users; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomBlock is the block of a user.
type ChatroomBlock struct {
	UserID string    `json:"userId"`
	EndsAt time.Time `json:"time" unit:"date"`
}

// ChatroomBlocks are the users who are kept out of a chat room.
type ChatroomBlocks struct {
	Users []ChatroomBlock `json:"users"`
}

// Add removes up to 20 users from a chat room, if they are in it, and keeps them out.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/block/block-user
//
//rongcloud:endpoint POST /chatroom/user/block/add.json
func (s *ChatroomBlockService) Add(ctx context.Context, params ChatroomBlockAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserBlockAdd, &params, opts)
}

// Remove lets up to 20 users back into a chat room. They have to join it themselves.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/block/unblock-user
//
//rongcloud:endpoint POST /chatroom/user/block/rollback.json
func (s *ChatroomBlockService) Remove(ctx context.Context, params ChatroomBlockRemoveParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomUserBlockRollback, &params, opts)
}

// List returns all users who are kept out of a chat room. There are no pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/block/query-blocked-user
//
//rongcloud:endpoint POST /chatroom/user/block/list.json
func (s *ChatroomBlockService) List(ctx context.Context, chatroomID string, opts ...CallOption) (*ChatroomBlocks, error) {
	return fetch[ChatroomBlocks](ctx, s.client, endpoint.ChatroomUserBlockList, &oneChatroomID{chatroomID}, opts)
}
