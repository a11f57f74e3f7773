package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomEntryService manages the attributes of chat rooms: key-value pairs that every member's
// client app follows, such as the seats of a voice room or the roles in a game. A room holds up to
// 100 attributes, and they are deleted with the room.
//
// [CodeServiceNotEnabled] means that the attribute service is not enabled for the app; repeated
// calls then fail with [CodeRateLimited]. The quota counts attributes, not calls: 100 per second
// for Set and BatchSet together, and another 100 for deletions.
type ChatroomEntryService service

// ChatroomEntrySetParams sets an attribute of a chat room.
type ChatroomEntrySetParams struct {
	ChatroomID string `wire:"chatroomId"`
	OwnerID    string `wire:"userId"`     // becomes the owner; need not be in the room
	Key        string `wire:"key"`        // at most 128 letters, digits and + = - _; case matters
	Value      string `wire:"value"`      // at most 4096 characters, not empty
	AutoDelete bool   `wire:"autoDelete"` // it is deleted when its owner leaves the room

	// Notification is a message that notifies the room, usually a ChatroomEntryNotification. Client
	// apps do not need it: since version 4.0.2, or 3.0.6 on the web, they learn of changes anyway.
	// With it, the call is as unsafe to repeat as a send.
	Notification MessageContent `wire:"content"`
}

// ChatroomEntryBatchSetParams sets several attributes of a chat room.
type ChatroomEntryBatchSetParams struct {
	ChatroomID string `wire:"chatroomId"`
	// The user who will own them.
	OwnerID string `wire:"entryOwnerId"`
	// At most 20; for limits see ChatroomEntrySetParams.
	Entries map[string]string `wire:"entryInfo"`
	// They are deleted when their owner leaves the room.
	AutoDelete bool `wire:"autoDelete"`
}

// ChatroomEntryDeleteParams removes an attribute of a chat room.
type ChatroomEntryDeleteParams struct {
	ChatroomID string `wire:"chatroomId"`
	OwnerID    string `wire:"userId"` // the attribute's owner; need not be in the room
	Key        string `wire:"key"`

	// Notification is a message that notifies the room; see ChatroomEntrySetParams.
	Notification MessageContent `wire:"content"`
}

// ChatroomEntryBatchDeleteParams removes several attributes of a chat room.
type ChatroomEntryBatchDeleteParams struct {
	ChatroomID string `wire:"chatroomId"`
	// Required, though other users' attributes are removed too.
	OwnerID string `wire:"entryOwnerId"`
	// At most 20.
	Keys []string `wire:"entryKeys"`
}

// ChatroomEntryQuery asks for attributes of a chat room.
type ChatroomEntryQuery struct {
	ChatroomID string   `wire:"chatroomId"`
	Keys       []string `wire:"keys"` // at most 100; all attributes if empty
}

// ChatroomEntry is an attribute of a chat room.
type ChatroomEntry struct {
	Key        string    `json:"key"`
	Value      string    `json:"value"`
	OwnerID    string    `json:"userId"`     // who set it last
	AutoDelete bool      `json:"autoDelete"` // it is deleted when its owner leaves the room
	SetAt      time.Time `json:"lastSetTime" unit:"ms"`
}

// ChatroomEntries are attributes of a chat room.
type ChatroomEntries struct {
	Entries []ChatroomEntry `json:"keys"`
}

// Set sets an attribute of a chat room. Whether it can take over an attribute that another user
// owns is not documented; BatchSet can.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/kv-attribute/set-kv-entry
//
//rongcloud:endpoint POST /chatroom/entry/set.json
func (s *ChatroomEntryService) Set(ctx context.Context, params ChatroomEntrySetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomEntrySet, &params, opts)
}

// BatchSet sets up to 20 attributes of a chat room. Those that exist get the new value and the new
// owner, whoever owned them.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/kv-attribute/set-kv-entry-batch
//
//rongcloud:endpoint POST /chatroom/entry/batch/set.json
func (s *ChatroomEntryService) BatchSet(ctx context.Context, params ChatroomEntryBatchSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomEntryBatchSet, &params, opts)
}

// Delete removes an attribute of a chat room. The response if it does not exist, or if another user
// owns it, is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/kv-attribute/remove-kv-entry
//
//rongcloud:endpoint POST /chatroom/entry/remove.json
func (s *ChatroomEntryService) Delete(ctx context.Context, params ChatroomEntryDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomEntryRemove, &params, opts)
}

// BatchDelete removes up to 20 attributes of a chat room, whoever owns them.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/kv-attribute/remove-kv-entry-batch
//
//rongcloud:endpoint POST /chatroom/entry/batch/remove.json
func (s *ChatroomEntryService) BatchDelete(ctx context.Context, params ChatroomEntryBatchDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomEntryBatchRemove, &params, opts)
}

// List returns attributes of a chat room, all of them unless the query names some.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/kv-attribute/query-kv-entry
//
//rongcloud:endpoint POST /chatroom/entry/query.json
func (s *ChatroomEntryService) List(ctx context.Context, query ChatroomEntryQuery, opts ...CallOption) (*ChatroomEntries, error) {
	return fetch[ChatroomEntries](ctx, s.client, endpoint.ChatroomEntryQuery, &query, opts)
}
