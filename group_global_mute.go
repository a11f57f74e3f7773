package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupGlobalMuteService keeps users from talking in all groups that they are in, temporarily or
// permanently. At most 100 users can be muted this way at a time.
//
// Only client apps are affected: messages that the Server API sends for a muted user still go out.
// RongCloud does not say how this mute and a mute in one group, by [GroupMuteService], interact.
type GroupGlobalMuteService service

// GroupGlobalMuteAddParams says whom to mute in all groups, and for how long.
type GroupGlobalMuteAddParams struct {
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whole minutes, up to 30 days (43200 minutes), or Forever.
	Duration time.Duration `wire:"minute"`
}

// Add mutes up to 20 users in all groups that they are in. A repeat starts the time again. Only
// [Forever] mutes permanently: a Duration that is zero, negative or not a whole number of minutes
// is refused.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/gag-user
func (s *GroupGlobalMuteService) Add(ctx context.Context, params GroupGlobalMuteAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserGagAdd, &params, opts)
}

// Remove unmutes up to 20 users in all groups.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/ungag-user
func (s *GroupGlobalMuteService) Remove(ctx context.Context, userIDs []string, opts ...CallOption) error {
	type request struct {
		UserIDs []string `wire:"userId"`
	}
	return send(ctx, s.client, endpoint.GroupUserGagRollback, &request{userIDs}, opts)
}

// List returns all users who are muted in all groups. There are no pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-gagged-user
func (s *GroupGlobalMuteService) List(ctx context.Context, opts ...CallOption) (*GroupMutes, error) {
	return fetch[GroupMutes](ctx, s.client, endpoint.GroupUserGagList, nil, opts)
}
