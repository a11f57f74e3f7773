package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupMuteAllMembersWhitelistService keeps for each group the members who may talk while
// [GroupMuteAllMembersService] mutes everybody. They are held back all the same by a mute of their
// own, of [GroupMuteService]. The list outlives leaving and joining again, and dissolving and
// creating the group again. Newer pages of RongCloud's call such a list an allowlist.
type GroupMuteAllMembersWhitelistService service

// GroupMuteAllMembersWhitelistParams names users to put on the whitelist of a group or take off it.
type GroupMuteAllMembersWhitelistParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userId"` // at most 20
}

// GroupMuteAllMembersWhitelist is the whitelist of a group.
type GroupMuteAllMembersWhitelist struct {
	UserIDs []string `json:"userIds"`
}

// Add puts up to 20 users on the whitelist of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/add-to-group-ban-whitelist
//
//rongcloud:endpoint POST /group/user/ban/whitelist/add.json
func (s *GroupMuteAllMembersWhitelistService) Add(ctx context.Context, params GroupMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserBanWhitelistAdd, &params, opts)
}

// Remove takes up to 20 users off the whitelist of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/remove-from-group-ban-whitelist
//
//rongcloud:endpoint POST /group/user/ban/whitelist/rollback.json
func (s *GroupMuteAllMembersWhitelistService) Remove(ctx context.Context, params GroupMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupUserBanWhitelistRollback, &params, opts)
}

// List returns the whole whitelist of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-group-ban-whitelist
//
//rongcloud:endpoint POST /group/user/ban/whitelist/query.json
func (s *GroupMuteAllMembersWhitelistService) List(ctx context.Context, groupID string, opts ...CallOption) (*GroupMuteAllMembersWhitelist, error) {
	return fetch[GroupMuteAllMembersWhitelist](ctx, s.client, endpoint.GroupUserBanWhitelistQuery, &oneGroupID{groupID}, opts)
}
