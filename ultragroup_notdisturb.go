package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupNotDisturbService sets what of an ultra group is pushed to its members (do not disturb). What a member has set for himself
// always wins, and the setting of a channel wins over that of its ultra group. See [ConversationService.SetPushLevel] for single users.
type UltraGroupNotDisturbService service

// UltraGroupNotDisturbSetParams sets what of an ultra group, or of one of its channels, is pushed to all members.
type UltraGroupNotDisturbSetParams struct {
	GroupID   string    `wire:"groupId"`
	ChannelID string    `wire:"busChannel"`  // the whole ultra group if empty
	Level     PushLevel `wire:"unpushLevel"` // PushLevelUnset takes a former level back
}

// Set sets what is pushed to all members.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-do-not-disturb
//
//rongcloud:endpoint POST /ultragroup/notdisturb/set.json
func (s *UltraGroupNotDisturbService) Set(ctx context.Context, params UltraGroupNotDisturbSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupNotdisturbSet, &params, opts)
}

// Get returns what is set for a channel or, without one, for the whole ultra group.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-do-not-disturb
//
//rongcloud:endpoint POST /ultragroup/notdisturb/get.json
func (s *UltraGroupNotDisturbService) Get(ctx context.Context, scope UltraGroupMuteAllMembersQuery, opts ...CallOption) (PushLevel, error) {
	type answer struct {
		Level PushLevel `json:"unpushLevel" alt:"status"` // so in the SDK for PHP
	}
	out, err := fetch[answer](ctx, s.client, endpoint.UltragroupNotdisturbGet, &scope, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}
