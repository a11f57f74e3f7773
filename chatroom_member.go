package rongcloud

import (
	"context"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomMemberService tells who is in a chat room. A member who goes offline leaves the room with the 31st message within 30
// seconds, or with the first one after that.
type ChatroomMemberService service

// ChatroomMemberOrder is the order in which members are listed.
type ChatroomMemberOrder int

// The orders of members.
const (
	ChatroomOldestFirst ChatroomMemberOrder = 1 // who joined first comes first
	ChatroomNewestFirst ChatroomMemberOrder = 2 // who joined last comes first
)

// String returns the order in words.
func (o ChatroomMemberOrder) String() string {
	switch o {
	case ChatroomOldestFirst:
		return "oldest first"
	case ChatroomNewestFirst:
		return "newest first"
	}
	return fmt.Sprintf("ChatroomMemberOrder(%d)", int(o))
}

// ChatroomMemberQuery asks for members of a chat room. All fields are required.
type ChatroomMemberQuery struct {
	ChatroomID string              `wire:"chatroomId"`
	Count      int                 `wire:"count"` // how many, at most 500
	Order      ChatroomMemberOrder `wire:"order"`
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

// ChatroomMembership tells whether a user is in a chat room.
type ChatroomMembership struct {
	UserID string `json:"userId"`
	Member bool   `json:"isInChrm"`
}

// ChatroomMemberships tells of several users whether they are in a chat room.
type ChatroomMemberships struct {
	Users []ChatroomMembership `json:"result"`
}

// List returns the first or the last 500 members of a chat room. There are no pages: others cannot be listed.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/member/query-member-list
//
//rongcloud:endpoint POST /chatroom/user/query.json
func (s *ChatroomMemberService) List(ctx context.Context, query ChatroomMemberQuery, opts ...CallOption) (*ChatroomMembers, error) {
	return fetch[ChatroomMembers](ctx, s.client, endpoint.ChatroomUserQuery, &query, opts)
}

// IsMember tells whether a user is in a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/member/check-member
//
//rongcloud:endpoint POST /chatroom/user/exist.json
func (s *ChatroomMemberService) IsMember(ctx context.Context, chatroomID, userID string, opts ...CallOption) (bool, error) {
	type params struct {
		ChatroomID string `wire:"chatroomId"`
		UserID     string `wire:"userId"`
	}
	type answer struct {
		Member bool `json:"isInChrm"`
	}
	out, err := fetch[answer](ctx, s.client, endpoint.ChatroomUserExist, &params{chatroomID, userID}, opts)
	return err == nil && out.Member, err
}

// Check tells of up to 1000 users whether they are in a chat room.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/member/check-members
//
//rongcloud:endpoint POST /chatroom/users/exist.json
func (s *ChatroomMemberService) Check(ctx context.Context, chatroomID string, userIDs []string, opts ...CallOption) (*ChatroomMemberships, error) {
	return fetch[ChatroomMemberships](ctx, s.client, endpoint.ChatroomUsersExist, &chatroomUsers{chatroomID, userIDs}, opts)
}
