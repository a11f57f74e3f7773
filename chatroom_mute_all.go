package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMuteAllMembersService mutes everybody in a chat room, until the mute is removed or the
// room is destroyed. RongCloud's pages call it a ban.
//
// Only client apps are affected: messages that the Server API sends still go out. Users on
// [ChatroomMuteAllMembersWhitelistService] may still talk.
type ChatroomMuteAllMembersService service

// ChatroomMuteAllMembersParams names a chat room in which everybody is to be muted or unmuted.
type ChatroomMuteAllMembersParams struct {
	ChatroomID string `wire:"chatroomId"`
	// Whether to notify all members of the room; if so, the call is unsafe to repeat.
	Notify bool `wire:"needNotify"`
	// The app's own data, JSON or plain text, for those notified.
	Extra string `wire:"extra"`
}

// ChatroomMuteAllMembersQuery selects a page of the chat rooms in which everybody is muted.
type ChatroomMuteAllMembersQuery struct {
	Page int `wire:"page"` // from 1, the default
	Size int `wire:"size"` // rooms per page, 50 by default, at most 1000
}

// ChatroomMuteAllMembersPage is a page of the chat rooms in which everybody is muted.
type ChatroomMuteAllMembersPage struct {
	ChatroomIDs []string `json:"chatroomIds"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *ChatroomMuteAllMembersPage) More() bool { return len(p.ChatroomIDs) > 0 }

// Add mutes everybody in a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/ban-chatroom
//
//rongcloud:endpoint POST /chatroom/ban/add.json
func (s *ChatroomMuteAllMembersService) Add(ctx context.Context, params ChatroomMuteAllMembersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomBanAdd, &params, opts)
}

// Remove unmutes everybody in a chat room. Mutes of individual users stay.
//
// RongCloud: https://docs.rongcloud.cn/v4-platform/views/im/server/chatroom/ban.html
//
//rongcloud:endpoint POST /chatroom/ban/rollback.json
func (s *ChatroomMuteAllMembersService) Remove(ctx context.Context, params ChatroomMuteAllMembersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomBanRollback, &params, opts)
}

// List returns one page of the chat rooms in which everybody is muted; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/query-banned-list
//
//rongcloud:endpoint POST /chatroom/ban/query.json
func (s *ChatroomMuteAllMembersService) List(ctx context.Context, query ChatroomMuteAllMembersQuery, opts ...CallOption) (*ChatroomMuteAllMembersPage, error) {
	return fetch[ChatroomMuteAllMembersPage](ctx, s.client, endpoint.ChatroomBanQuery, &query, opts)
}

// All yields the IDs of the chat rooms in which everybody is muted, starting at the query's page.
func (s *ChatroomMuteAllMembersService) All(ctx context.Context, query ChatroomMuteAllMembersQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.ChatroomBanQuery, s.List, query, opts,
		func(q *ChatroomMuteAllMembersQuery) *int { return &q.Page },
		func(p *ChatroomMuteAllMembersPage) []string { return p.ChatroomIDs })
}

// IsMuted reports whether everybody in a chat room is muted.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/mute/query-banned-state
//
//rongcloud:endpoint POST /chatroom/ban/check.json
func (s *ChatroomMuteAllMembersService) IsMuted(ctx context.Context, chatroomID string, opts ...CallOption) (bool, error) {
	type response struct {
		Muted bool `json:"status"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.ChatroomBanCheck, &oneChatroomID{chatroomID}, opts)
	return err == nil && out.Muted, err
}
