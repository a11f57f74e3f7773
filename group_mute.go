package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupMuteService mutes single members, in one group or in all groups that they are in. A mute
// outlives leaving and joining again, and being on the [GroupMuteAllMembersWhitelistService] does
// not help against it. Messages that are sent for a muted user through the Server API still go
// out.
type GroupMuteService service

// GroupMuteAddParams says whom to mute in which group, and for how long.
type GroupMuteAddParams struct {
	GroupID  string
	UserIDs  []string      // at most 20
	Duration time.Duration // whole minutes, up to 30 days (43200 minutes), or Forever
}

// GroupMute is the mute of one user.
type GroupMute struct {
	UserID    string    `json:"userId"`
	StartedAt time.Time `json:"startTime" unit:"date"`
	EndsAt    time.Time `json:"time" unit:"date"` // RongCloud does not say what it is for a mute without end
}

// GroupMutes are the muted users of a group, or those muted in all groups.
type GroupMutes struct {
	Users []GroupMute `json:"users"`
}

type groupMute struct {
	GroupID  string        `wire:"groupId"`
	UserIDs  []string      `wire:"userId"`
	Duration time.Duration `wire:"minute"`
}

// Add mutes up to 20 users in one group. A repeat begins anew. Only [Forever] mutes for good: a
// Duration that is zero, negative or not a whole number of minutes is refused.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/gag-user
//
//rongcloud:endpoint POST /group/user/gag/add.json
func (s *GroupMuteService) Add(ctx context.Context, params GroupMuteAddParams, opts ...CallOption) error {
	if params.GroupID == "" {
		return refuse("groupId", "is required; AddEverywhere mutes in all groups")
	}
	return send(ctx, s.client, endpoint.GroupUserGagAdd, &groupMute{params.GroupID, params.UserIDs, params.Duration}, opts)
}

// AddEverywhere mutes up to 20 users in all groups that they are in, for a Duration as in Add. At
// most 100 users can be muted so at a time.
func (s *GroupMuteService) AddEverywhere(ctx context.Context, userIDs []string, d time.Duration, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserGagAdd, &groupMute{"", userIDs, d}, opts)
}

// Remove lifts the mute of up to 20 users in one group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/ungag-user
//
//rongcloud:endpoint POST /group/user/gag/rollback.json
func (s *GroupMuteService) Remove(ctx context.Context, groupID string, userIDs []string, opts ...CallOption) error {
	if groupID == "" {
		return refuse("groupId", "is required; RemoveEverywhere lifts what AddEverywhere set")
	}
	return send(ctx, s.client, endpoint.GroupUserGagRollback, &groupUsers{groupID, userIDs}, opts)
}

// RemoveEverywhere lifts the mute in all groups of up to 20 users.
func (s *GroupMuteService) RemoveEverywhere(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserGagRollback, &groupUsers{"", userIDs}, opts)
}

// List returns all users who are muted in one group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-gagged-user
//
//rongcloud:endpoint POST /group/user/gag/list.json
func (s *GroupMuteService) List(ctx context.Context, groupID string, opts ...CallOption) (*GroupMutes, error) {
	if groupID == "" {
		return nil, refuse("groupId", "is required; ListEverywhere returns who is muted in all groups")
	}
	return fetch[GroupMutes](ctx, s.client, endpoint.GroupUserGagList, &oneGroupID{groupID}, opts)
}

// ListEverywhere returns all users who are muted in all groups.
func (s *GroupMuteService) ListEverywhere(ctx context.Context, opts ...CallOption) (*GroupMutes, error) {
	return fetch[GroupMutes](ctx, s.client, endpoint.GroupUserGagList, &oneGroupID{}, opts)
}
