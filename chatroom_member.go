package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMemberService reports who is in a chat room. A member who goes offline is removed by the
// 31st message within 30 seconds, or by the first message after that.
type ChatroomMemberService service

// ChatroomMemberQuery asks for members of a chat room. All fields are required.
type ChatroomMemberQuery struct {
	ChatroomID string    `wire:"chatroomId"`
	Count      int       `wire:"count"`      // how many, at most 500
	Order      SortOrder `wire:"order,enum"` // by time of joining
}

// ChatroomMember is a member of a chat room.
type ChatroomMember struct {
	UserID   string    `json:"id"`
	JoinedAt time.Time `json:"time" unit:"date"`
}

// ChatroomMembers are members of a chat room, at most 500.
type ChatroomMembers struct {
	Total   int              `json:"total"` // number of all members
	Members []ChatroomMember `json:"users"`
}

// ChatroomMemberCheckQuery asks which users are in a chat room.
type ChatroomMemberCheckQuery struct {
	ChatroomID string   `wire:"chatroomId"`
	UserIDs    []string `wire:"userId"` // at most 1000
}

// ChatroomMembership reports whether a user is in a chat room.
type ChatroomMembership struct {
	UserID string `json:"userId"`
	Member bool   `json:"isInChrm"`
}

// ChatroomMemberships report which of several users are in a chat room.
type ChatroomMemberships struct {
	Users []ChatroomMembership `json:"result"`
}

// List returns the first or the last 500 members of a chat room. There are no pages: other members
// cannot be listed.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/member/query-member-list
//
//rongcloud:endpoint POST /chatroom/user/query.json
func (s *ChatroomMemberService) List(ctx context.Context, query ChatroomMemberQuery, opts ...CallOption) (*ChatroomMembers, error) {
	return fetch[ChatroomMembers](ctx, s.client, endpoint.ChatroomUserQuery, &query, opts)
}

// Check reports which of up to 1000 users are in a chat room. For one see
// [ChatroomService.IsMember].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/member/check-members
//
//rongcloud:endpoint POST /chatroom/users/exist.json
func (s *ChatroomMemberService) Check(ctx context.Context, query ChatroomMemberCheckQuery, opts ...CallOption) (*ChatroomMemberships, error) {
	return fetch[ChatroomMemberships](ctx, s.client, endpoint.ChatroomUsersExist, &query, opts)
}
