package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupMuteAllMembersService mutes all members of an ultra group, or of one of its channels,
// except those on [UltraGroupMuteAllMembersWhitelistService]. RongCloud's pages call it a global
// ban.
type UltraGroupMuteAllMembersService service

// UltraGroupMuteAllMembersParams says where to mute or unmute everybody.
type UltraGroupMuteAllMembersParams struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
}

// UltraGroupMuteAllMembersQuery asks whether everybody is muted.
type UltraGroupMuteAllMembersQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
}

// Add mutes everybody. Mutes of individual users are separate.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-ultragroup-global-ban
//
//rongcloud:endpoint POST /ultragroup/globalbanned/set.json
func (s *UltraGroupMuteAllMembersService) Add(ctx context.Context, params UltraGroupMuteAllMembersParams, opts ...CallOption) error {
	return s.set(ctx, params, true, opts)
}

// Remove unmutes everybody except users muted by [UltraGroupMuteService]. Otherwise see
// [UltraGroupMuteAllMembersService.Add].
func (s *UltraGroupMuteAllMembersService) Remove(ctx context.Context, params UltraGroupMuteAllMembersParams, opts ...CallOption) error {
	return s.set(ctx, params, false, opts)
}

func (s *UltraGroupMuteAllMembersService) set(ctx context.Context, params UltraGroupMuteAllMembersParams, muted bool, opts []CallOption) error {
	type request struct {
		UltraGroupMuteAllMembersParams

		Muted *bool `wire:"status"` // a pointer, to send false too
	}
	return send(ctx, s.client, endpoint.UltragroupGlobalbannedSet, &request{params, &muted}, opts)
}

// IsMuted reports whether everybody is muted in a channel or, without one, in the whole ultra
// group.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-ultragroup-global-ban
//
//rongcloud:endpoint POST /ultragroup/globalbanned/get.json
func (s *UltraGroupMuteAllMembersService) IsMuted(ctx context.Context, query UltraGroupMuteAllMembersQuery, opts ...CallOption) (bool, error) {
	type response struct {
		Muted bool `json:"status"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.UltragroupGlobalbannedGet, &query, opts)
	return err == nil && out.Muted, err
}
