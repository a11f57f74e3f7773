package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupGlobalMuteService keeps users from talking in all groups that they are in, for a time or for
// good. At most 100 users can be muted so at a time.
//
// Only client apps are held back: what the Server API sends for a muted user still goes out.
// RongCloud does not say how a mute in one group, by [GroupMuteService], and this one go together.
type GroupGlobalMuteService service

// GroupGlobalMuteAddParams says whom to mute in all groups, and for how long.
type GroupGlobalMuteAddParams struct {
	UserIDs  []string      `wire:"userId"` // at most 20
	Duration time.Duration `wire:"minute"` // whole minutes, up to 30 days (43200 minutes), or Forever
}

// Add mutes up to 20 users in all groups that they are in. A repeat begins anew. Only [Forever]
// mutes for good: a Duration that is zero, negative or not a whole number of minutes is refused.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/gag-user
func (s *GroupGlobalMuteService) Add(ctx context.Context, params GroupGlobalMuteAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserGagAdd, &params, opts)
}

// Remove ends the mute in all groups of up to 20 users.
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
