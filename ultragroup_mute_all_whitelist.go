package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupMuteAllMembersWhitelistService manages the users who may send to an ultra group, or to
// one of its channels, while everybody else is muted by [UltraGroupMuteAllMembersService].
// RongCloud's newer pages call it an allowlist.
type UltraGroupMuteAllMembersWhitelistService service

// UltraGroupMuteAllMembersWhitelistParams names users to add to the whitelist or remove from it.
type UltraGroupMuteAllMembersWhitelistParams struct {
	GroupID string `wire:"groupId"`
	// The whole ultra group if empty.
	ChannelID string `wire:"busChannel"`
	// At most 20, without commas, which separate them when sent.
	UserIDs []string `wire:"userIds"`
}

// UltraGroupMuteAllMembersWhitelistQuery selects a page of the whitelist.
type UltraGroupMuteAllMembersWhitelistQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
	Page      int    `wire:"page"`       // from 1, the default
	Size      int    `wire:"pageSize"`   // users per page, 50 by default, at most 200
}

// Add adds up to 20 users to the whitelist.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/add-to-global-ban-whitelist
//
//rongcloud:endpoint POST /ultragroup/banned/whitelist/add.json
func (s *UltraGroupMuteAllMembersWhitelistService) Add(ctx context.Context, params UltraGroupMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupBannedWhitelistAdd, &params, opts)
}

// Remove removes up to 20 users from the whitelist.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/remove-from-global-ban-whitelist
//
//rongcloud:endpoint POST /ultragroup/banned/whitelist/del.json
func (s *UltraGroupMuteAllMembersWhitelistService) Remove(ctx context.Context, params UltraGroupMuteAllMembersWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupBannedWhitelistDel, &params, opts)
}

// List returns one page of the whitelist of a channel or, without one, of the whole ultra group;
// All walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-global-ban-whitelist
//
//rongcloud:endpoint POST /ultragroup/banned/whitelist/get.json
func (s *UltraGroupMuteAllMembersWhitelistService) List(ctx context.Context, query UltraGroupMuteAllMembersWhitelistQuery, opts ...CallOption) (*UltraGroupUserPage, error) {
	return (*service)(s).ultraGroupUsers(ctx, endpoint.UltragroupBannedWhitelistGet, &query, opts)
}

// All yields the IDs of the users on the whitelist, starting at the query's page.
func (s *UltraGroupMuteAllMembersWhitelistService) All(ctx context.Context, query UltraGroupMuteAllMembersWhitelistQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupBannedWhitelistGet, s.List, query, opts,
		func(q *UltraGroupMuteAllMembersWhitelistQuery) *int { return &q.Page },
		func(p *UltraGroupUserPage) []string { return p.UserIDs })
}
