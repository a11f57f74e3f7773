package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupMuteAllMembersWhitelistService manages, for each group, the members who may talk while
// [GroupMuteAllMembersService] mutes everybody. An individual mute by [GroupMuteService] still
// applies to them. The list survives leaving and rejoining the group, and dissolving and recreating
// it. RongCloud's newer pages call it an allowlist.
type GroupMuteAllMembersWhitelistService service

// GroupMuteAllMembersWhitelistParams names users to add to a group's whitelist or remove from it.
type GroupMuteAllMembersWhitelistParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userId"` // at most 20
}

// GroupMuteAllMembersWhitelist is the whitelist of a group.
type GroupMuteAllMembersWhitelist struct {
	UserIDs []string `json:"userIds"`
}

// Add adds up to 20 users to a group's whitelist.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/add-to-group-ban-whitelist
//
//rongcloud:endpoint POST /group/user/ban/whitelist/add.json
func (s *GroupMuteAllMembersWhitelistService) Add(ctx context.Context, params GroupMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserBanWhitelistAdd, &params, opts)
}

// Remove removes up to 20 users from a group's whitelist.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/remove-from-group-ban-whitelist
//
//rongcloud:endpoint POST /group/user/ban/whitelist/rollback.json
func (s *GroupMuteAllMembersWhitelistService) Remove(ctx context.Context, params GroupMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserBanWhitelistRollback, &params, opts)
}

// List returns a group's whole whitelist.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-group-ban-whitelist
//
//rongcloud:endpoint POST /group/user/ban/whitelist/query.json
func (s *GroupMuteAllMembersWhitelistService) List(ctx context.Context, groupID string, opts ...CallOption) (*GroupMuteAllMembersWhitelist, error) {
	return fetch[GroupMuteAllMembersWhitelist](ctx, s.client, endpoint.GroupUserBanWhitelistQuery, &oneGroupID{groupID}, opts)
}
