package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomLowPriorityService marks message types that are dropped first when more is sent to a chat
// room than it can carry, by default 40 messages in 200 milliseconds, of which 20 are kept for the
// other types. It holds in all chat rooms of the app, for at most 20 types.
//
// [CodeServiceNotEnabled] means that the app does not have the service. To call again and again all
// the same ends with [CodeRateLimited].
type ChatroomLowPriorityService service

// ChatroomLowPriority are the message types that are dropped first.
type ChatroomLowPriority struct {
	ObjectNames []string `json:"objectNames"`
}

type lowPriorityTypes struct {
	ObjectNames []string `wire:"objectName"`
}

// Add marks message types, such as RC:VcMsg, as those to drop first. Some of RongCloud's SDKs say
// that a call takes at most 5 of them.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/message-priority/add-low-priority-message-type
//
//rongcloud:endpoint POST /chatroom/message/priority/add.json
func (s *ChatroomLowPriorityService) Add(ctx context.Context, objectNames []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomMessagePriorityAdd, &lowPriorityTypes{objectNames}, opts)
}

// Remove takes the mark off message types. A page of RongCloud's says that a call takes at most 5
// of them.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/message-priority/remove-low-priority-message-type
//
//rongcloud:endpoint POST /chatroom/message/priority/remove.json
func (s *ChatroomLowPriorityService) Remove(ctx context.Context, objectNames []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomMessagePriorityRemove, &lowPriorityTypes{objectNames}, opts)
}

// List returns the message types that are dropped first.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/message-priority/query-low-priority-message-type
//
//rongcloud:endpoint POST /chatroom/message/priority/query.json
func (s *ChatroomLowPriorityService) List(ctx context.Context, opts ...CallOption) (*ChatroomLowPriority, error) {
	return fetch[ChatroomLowPriority](ctx, s.client, endpoint.ChatroomMessagePriorityQuery, nil, opts)
}
