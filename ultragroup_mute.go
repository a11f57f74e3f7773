package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupMuteService mutes members: their clients cannot send to an ultra group, or to one of
// its channels. A mute lasts until it is removed. RongCloud's pages call it a ban.
//
// For apps that enabled ultra groups before 2022-10-13, and so have no RCDefault, a mute without a
// channel works differently; RongCloud does not say how.
type UltraGroupMuteService service

// UltraGroupMuteParams names members to mute or unmute.
type UltraGroupMuteParams struct {
	GroupID string `wire:"groupId"`
	// The whole ultra group if empty.
	ChannelID string `wire:"busChannel"`
	// At most 20, without commas, which separate them when sent.
	UserIDs []string `wire:"userIds"`
}

// UltraGroupMuteQuery selects a page of the muted members.
type UltraGroupMuteQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
	Page      int    `wire:"page"`       // from 1, the default
	Size      int    `wire:"pageSize"`   // users per page, 50 by default
}

// Add mutes up to 20 users.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/ban-user
//
//rongcloud:endpoint POST /ultragroup/userbanned/add.json
func (s *UltraGroupMuteService) Add(ctx context.Context, params UltraGroupMuteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUserbannedAdd, &params, opts)
}

// Remove unmutes up to 20 users. Without a channel it lifts mutes of the whole ultra group.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/mute/unban-user
//
//rongcloud:endpoint POST /ultragroup/userbanned/del.json
func (s *UltraGroupMuteService) Remove(ctx context.Context, params UltraGroupMuteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUserbannedDel, &params, opts)
}

// List returns one page of the users who are muted in a channel or, without one, in the whole ultra
// group; All walks all pages. RongCloud does not document the maximum page size.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-banned-user-list
//
//rongcloud:endpoint POST /ultragroup/userbanned/get.json
func (s *UltraGroupMuteService) List(ctx context.Context, query UltraGroupMuteQuery, opts ...CallOption) (*UltraGroupUserPage, error) {
	return (*service)(s).ultraGroupUsers(ctx, endpoint.UltragroupUserbannedGet, &query, opts)
}

// All yields the IDs of the muted users, starting at the query's page.
func (s *UltraGroupMuteService) All(ctx context.Context, query UltraGroupMuteQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupUserbannedGet, s.List, query, opts,
		func(q *UltraGroupMuteQuery) *int { return &q.Page },
		func(p *UltraGroupUserPage) []string { return p.UserIDs })
}
