package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupPushLevelService sets what of an ultra group is pushed to its members, which
// RongCloud's pages call do not disturb. What members have set for themselves always wins, and the
// level of a channel wins over that of its ultra group. See [ConversationService.SetPushLevel] for
// single users.
type UltraGroupPushLevelService service

// UltraGroupPushLevelSetParams sets what of an ultra group, or of one of its channels, is pushed
// to all members.
type UltraGroupPushLevelSetParams struct {
	GroupID   string    `wire:"groupId"`
	ChannelID string    `wire:"busChannel"`  // the whole ultra group if empty
	Level     PushLevel `wire:"unpushLevel"` // required; Reset takes a level back
}

// UltraGroupPushLevelResetParams names where a level is taken back.
type UltraGroupPushLevelResetParams struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
}

// UltraGroupPushLevelQuery asks which level is set.
type UltraGroupPushLevelQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
}

// Set sets what is pushed to all members, except for PushLevelUnset, which is refused.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-do-not-disturb
//
//rongcloud:endpoint POST /ultragroup/notdisturb/set.json
func (s *UltraGroupPushLevelService) Set(ctx context.Context, params UltraGroupPushLevelSetParams, opts ...CallOption) error {
	if params.Level == PushLevelUnset {
		return refused(ctx, s.client, refuseParam(endpoint.UltragroupNotdisturbSet, &params, "unpushLevel", "is required; Reset takes a level back"), opts)
	}
	return send(ctx, s.client, endpoint.UltragroupNotdisturbSet, &params, opts)
}

// Reset takes a level back: for a channel the level of its ultra group counts again, and for an
// ultra group that nothing is set. For the rest see [UltraGroupPushLevelService.Set].
func (s *UltraGroupPushLevelService) Reset(ctx context.Context, params UltraGroupPushLevelResetParams, opts ...CallOption) error {
	type request struct {
		UltraGroupPushLevelResetParams

		Level *PushLevel `wire:"unpushLevel"` // zero is sent, too
	}
	return send(ctx, s.client, endpoint.UltragroupNotdisturbSet, &request{params, Ptr(PushLevelUnset)}, opts)
}

// Get returns the level of a channel or, without one, of the whole ultra group: PushLevelUnset if
// there is none.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-do-not-disturb
//
//rongcloud:endpoint POST /ultragroup/notdisturb/get.json
func (s *UltraGroupPushLevelService) Get(ctx context.Context, query UltraGroupPushLevelQuery, opts ...CallOption) (PushLevel, error) {
	type response struct {
		Level PushLevel `json:"unpushLevel" alt:"status"` // so in the SDK for PHP
	}
	out, err := fetch[response](ctx, s.client, endpoint.UltragroupNotdisturbGet, &query, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}
