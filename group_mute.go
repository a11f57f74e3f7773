package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupMuteService keeps members of a group from talking there, temporarily or permanently.
// RongCloud's pages also call it a gag.
//
// Only client apps are affected: messages that the Server API sends for a muted user still go out.
// It also applies to users on [GroupMuteAllMembersWhitelistService]. Leaving the group and coming
// back does not lift the mute.
type GroupMuteService service

// GroupMuteAddParams says whom to mute in a group, and for how long.
type GroupMuteAddParams struct {
	GroupID string `wire:"groupId"`
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whole minutes, up to 30 days (43200 minutes), or Forever.
	Duration time.Duration `wire:"minute"`
}

// GroupMuteRemoveParams says whom to unmute in a group.
type GroupMuteRemoveParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userId"` // at most 20
}

// GroupMute is the mute of a user.
type GroupMute struct {
	UserID    string    `json:"userId"`
	StartedAt time.Time `json:"startTime" unit:"date"`
	// RongCloud does not say what it is for a permanent mute.
	EndsAt time.Time `json:"time" unit:"date"`
}

// GroupMutes are muted users.
type GroupMutes struct {
	Users []GroupMute `json:"users"`
}

// Add mutes up to 20 users in a group. A repeat starts the time again. Only [Forever] mutes
// permanently: a Duration that is zero, negative or not a whole number of minutes is refused.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/gag-user
//
//rongcloud:endpoint POST /group/user/gag/add.json
func (s *GroupMuteService) Add(ctx context.Context, params GroupMuteAddParams, opts ...CallOption) error {
	if params.GroupID == "" {
		return refused(ctx, s.client, refuseParam(endpoint.GroupUserGagAdd, &params, "groupId", "is required; Group.GlobalMute mutes in all groups"), opts)
	}
	return send(ctx, s.client, endpoint.GroupUserGagAdd, &params, opts)
}

// Remove unmutes up to 20 users in a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/ungag-user
//
//rongcloud:endpoint POST /group/user/gag/rollback.json
func (s *GroupMuteService) Remove(ctx context.Context, params GroupMuteRemoveParams, opts ...CallOption) error {
	if params.GroupID == "" {
		return refused(ctx, s.client, refuseParam(endpoint.GroupUserGagRollback, &params, "groupId", "is required; Group.GlobalMute unmutes in all groups"), opts)
	}
	return send(ctx, s.client, endpoint.GroupUserGagRollback, &params, opts)
}

// List returns all users who are muted in a group. There are no pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-gagged-user
//
//rongcloud:endpoint POST /group/user/gag/list.json
func (s *GroupMuteService) List(ctx context.Context, groupID string, opts ...CallOption) (*GroupMutes, error) {
	if groupID == "" {
		return nil, refused(ctx, s.client, refuseField(endpoint.GroupUserGagList, "groupID", "groupId", "is required; Group.GlobalMute lists who is muted in all groups"), opts)
	}
	return fetch[GroupMutes](ctx, s.client, endpoint.GroupUserGagList, &oneGroupID{groupID}, opts)
}
