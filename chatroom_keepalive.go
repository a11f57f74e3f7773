package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomKeepaliveService keeps chat rooms from destroying themselves, up to 5 per app unless
// RongCloud's sales department allows more. Only [ChatroomService.Destroy] ends such a room.
type ChatroomKeepaliveService service

// ChatroomKeepalives are the chat rooms that do not destroy themselves.
type ChatroomKeepalives struct {
	ChatroomIDs []string `json:"chatroomIds"`
}

// Add keeps a chat room from destroying itself.
//
// [CodeServiceNotEnabled] means that the service is not enabled for the app (repeated calls then
// fail with [CodeRateLimited]), and [CodeTooManyKeepalives] that it cannot keep another room alive.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/keep-alive/add-to-keep-alive
//
//rongcloud:endpoint POST /chatroom/keepalive/add.json
func (s *ChatroomKeepaliveService) Add(ctx context.Context, chatroomID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomKeepaliveAdd, &oneChatroomID{chatroomID}, opts)
}

// Remove lets a chat room destroy itself again. [CodeNothingToDelete] means that it was not kept
// alive.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/keep-alive/remove-from-keep-alive
//
//rongcloud:endpoint POST /chatroom/keepalive/remove.json
func (s *ChatroomKeepaliveService) Remove(ctx context.Context, chatroomID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomKeepaliveRemove, &oneChatroomID{chatroomID}, opts)
}

// List returns the chat rooms that do not destroy themselves.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/keep-alive/query-keep-alive
//
//rongcloud:endpoint POST /chatroom/keepalive/query.json
func (s *ChatroomKeepaliveService) List(ctx context.Context, opts ...CallOption) (*ChatroomKeepalives, error) {
	return fetch[ChatroomKeepalives](ctx, s.client, endpoint.ChatroomKeepaliveQuery, nil, opts)
}
