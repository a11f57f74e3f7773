package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupPushLevelService sets which messages of an ultra group are pushed to its members, which
// RongCloud's pages call "do not disturb". Members' own settings always take precedence, and a
// channel's level overrides that of its ultra group. For individual users see
// [ConversationService.SetPushLevel].
type UltraGroupPushLevelService service

// UltraGroupPushLevelSetParams sets which messages of an ultra group, or of one of its channels,
// are pushed to all members.
type UltraGroupPushLevelSetParams struct {
	GroupID   string    `wire:"groupId"`
	ChannelID string    `wire:"busChannel"`  // the whole ultra group if empty
	Level     PushLevel `wire:"unpushLevel"` // required; Reset removes a level
}

// UltraGroupPushLevelResetParams says where to remove a level.
type UltraGroupPushLevelResetParams struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
}

// UltraGroupPushLevelQuery asks which level is set.
type UltraGroupPushLevelQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"` // the whole ultra group if empty
}

// Set sets which messages are pushed to all members. It refuses PushLevelUnset.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-do-not-disturb
//
//rongcloud:endpoint POST /ultragroup/notdisturb/set.json
func (s *UltraGroupPushLevelService) Set(ctx context.Context, params UltraGroupPushLevelSetParams, opts ...CallOption) error {
	if params.Level == PushLevelUnset {
		return refused(ctx, s.client, refuseParam(endpoint.UltragroupNotdisturbSet, &params, "unpushLevel", "is required; Reset removes a level"), opts)
	}
	return send(ctx, s.client, endpoint.UltragroupNotdisturbSet, &params, opts)
}

// Reset removes a level: a channel then uses the level of its ultra group again, and an ultra group
// has none set. Otherwise see [UltraGroupPushLevelService.Set].
func (s *UltraGroupPushLevelService) Reset(ctx context.Context, params UltraGroupPushLevelResetParams, opts ...CallOption) error {
	type request struct {
		UltraGroupPushLevelResetParams

		Level *PushLevel `wire:"unpushLevel"` // a pointer, to send zero too
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
		Level PushLevel `json:"unpushLevel" alt:"status"` // as in the PHP SDK
	}
	out, err := fetch[response](ctx, s.client, endpoint.UltragroupNotdisturbGet, &query, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}
