package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EntrustFollowService keeps for each user of a hosted group the members whose messages alert the user even when the group is
// set not to disturb.
type EntrustFollowService service

// EntrustFollowParams says who follows whom in a hosted group.
type EntrustFollowParams struct {
	GroupID string   `wire:"groupId"`
	UserID  string   `wire:"userId"`        // who follows
	Members []string `wire:"followUserIds"` // at most 100
}

// EntrustFollow is a member whom a user follows.
type EntrustFollow struct {
	UserID string    `json:"userId"`
	Since  time.Time `json:"timestamp" unit:"ms"`
}

// EntrustFollows are the members of a hosted group whom a user follows.
type EntrustFollows struct {
	GroupID string          `json:"groupId"`
	UserID  string          `json:"userId"` // who follows
	Members []EntrustFollow `json:"members" alt:"followedMembers"`
}

// Add lets a user follow up to 100 members of a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/set-group-mem-follow
//
//rongcloud:endpoint POST /entrust/group/member/follow.json
func (s *EntrustFollowService) Add(ctx context.Context, params EntrustFollowParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberFollow, &params, opts)
}

// Remove ends that a user follows up to 100 members of a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/delete-group-mem-follow
//
//rongcloud:endpoint POST /entrust/group/member/unfollow.json
func (s *EntrustFollowService) Remove(ctx context.Context, params EntrustFollowParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberUnfollow, &params, opts)
}

// List returns all members of a hosted group whom a user follows.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-group-mem-follow
//
//rongcloud:endpoint POST /entrust/group/member/followed/get.json
func (s *EntrustFollowService) List(ctx context.Context, groupID, userID string, opts ...CallOption) (*EntrustFollows, error) {
	return fetch[EntrustFollows](ctx, s.client, endpoint.EntrustGroupMemberFollowedGet, &groupOfUser{groupID, userID}, opts)
}
