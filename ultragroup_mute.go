package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupMuteService mutes members: their clients cannot send to an ultra group, or to one of its channels. A mute lasts until it is
// removed.
//
// For apps that enabled ultra groups before 2022-10-13, and so have no RCDefault, a mute without a channel works
// differently; RongCloud does not say how.
type UltraGroupMuteService service

// UltraGroupMuteAllMembersService mutes all members of an ultra group, or of one of its channels, except those whom
// [UltraGroupMuteAllMembersWhitelistService] lists.
type UltraGroupMuteAllMembersService service

// UltraGroupMuteAllMembersParams switches the mute of everybody on or off.
type UltraGroupMuteAllMembersParams struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
	Muted     bool   `wire:"status"`
}

// Add mutes up to 20 users.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/ban-user
//
//rongcloud:endpoint POST /ultragroup/userbanned/add.json
func (s *UltraGroupMuteService) Add(ctx context.Context, users UltraGroupUsersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUserbannedAdd, &users, opts)
}

// Remove unmutes up to 20 users. Without a channel it lifts mutes of the whole ultra group.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/mute/unban-user
//
//rongcloud:endpoint POST /ultragroup/userbanned/del.json
func (s *UltraGroupMuteService) Remove(ctx context.Context, users UltraGroupUsersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUserbannedDel, &users, opts)
}

// List returns one page of the users who are muted in a channel or, without one, in the whole ultra group; All walks all
// pages. RongCloud does not document the largest page.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-banned-user-list
//
//rongcloud:endpoint POST /ultragroup/userbanned/get.json
func (s *UltraGroupMuteService) List(ctx context.Context, query UltraGroupUsersQuery, opts ...CallOption) (*UltraGroupUserPage, error) {
	return (*service)(s).ultraGroupUsers(ctx, endpoint.UltragroupUserbannedGet, &query, opts)
}

// All yields the IDs of the muted users, from the query's page on.
func (s *UltraGroupMuteService) All(ctx context.Context, query UltraGroupUsersQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkUltraGroupUsers(endpoint.UltragroupUserbannedGet, query, func(at UltraGroupUsersQuery) (*UltraGroupUserPage, error) {
		return s.List(ctx, at, opts...)
	})
}

// Set mutes everybody, or lifts that mute. Mutes of single users are kept apart.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-ultragroup-global-ban
//
//rongcloud:endpoint POST /ultragroup/globalbanned/set.json
func (s *UltraGroupMuteAllMembersService) Set(ctx context.Context, params UltraGroupMuteAllMembersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupGlobalbannedSet, &params, opts)
}

// IsMuted tells whether everybody is muted in a channel or, without one, in the whole ultra group.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-ultragroup-global-ban
//
//rongcloud:endpoint POST /ultragroup/globalbanned/get.json
func (s *UltraGroupMuteAllMembersService) IsMuted(ctx context.Context, scope UltraGroupMuteAllMembersQuery, opts ...CallOption) (bool, error) {
	type answer struct {
		Muted bool `json:"status"`
	}
	out, err := fetch[answer](ctx, s.client, endpoint.UltragroupGlobalbannedGet, &scope, opts)
	return err == nil && out.Muted, err
}
