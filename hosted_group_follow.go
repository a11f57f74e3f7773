package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupFollowService manages whom each member of a hosted group follows: messages of followed
// members alert the user even when the group is set to "do not disturb".
type HostedGroupFollowService service

// HostedGroupFollowParams says who follows whom in a hosted group.
type HostedGroupFollowParams struct {
	GroupID   string   `wire:"groupId"`
	UserID    string   `wire:"userId"`        // who follows
	MemberIDs []string `wire:"followUserIds"` // at most 100
}

// HostedGroupFollowQuery asks whom a user follows in a hosted group.
type HostedGroupFollowQuery struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"` // who follows
}

// HostedGroupFollow is a member whom a user follows.
type HostedGroupFollow struct {
	UserID     string    `json:"userId"`
	FollowedAt time.Time `json:"timestamp" unit:"ms"` // when it began
}

// HostedGroupFollows are the members of a hosted group whom a user follows.
type HostedGroupFollows struct {
	GroupID string              `json:"groupId"`
	UserID  string              `json:"userId"` // who follows
	Members []HostedGroupFollow `json:"members" alt:"followedMembers"`
}

// Add lets a user follow up to 100 members of a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/set-group-mem-follow
//
//rongcloud:endpoint POST /entrust/group/member/follow.json
func (s *HostedGroupFollowService) Add(ctx context.Context, params HostedGroupFollowParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberFollow, &params, opts)
}

// Remove makes a user unfollow up to 100 members of a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/delete-group-mem-follow
//
//rongcloud:endpoint POST /entrust/group/member/unfollow.json
func (s *HostedGroupFollowService) Remove(ctx context.Context, params HostedGroupFollowParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberUnfollow, &params, opts)
}

// List returns all members of a hosted group whom a user follows.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-group-mem-follow
//
//rongcloud:endpoint POST /entrust/group/member/followed/get.json
func (s *HostedGroupFollowService) List(ctx context.Context, query HostedGroupFollowQuery, opts ...CallOption) (*HostedGroupFollows, error) {
	return fetch[HostedGroupFollows](ctx, s.client, endpoint.EntrustGroupMemberFollowedGet, &query, opts)
}
