package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomLowPriorityService marks message types that are dropped first when more is sent to a chat
// room than it can carry: by default 40 messages in 200 milliseconds, 20 of them reserved for the
// other types. It applies to all chat rooms of the app, and to at most 20 types.
//
// [CodeServiceNotEnabled] means that the service is not enabled for the app; repeated calls then
// fail with [CodeRateLimited].
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

// Remove unmarks message types. One of RongCloud's pages says that a call takes at most 5 of them.
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
