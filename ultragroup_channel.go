package rongcloud

import (
	"context"
	"fmt"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupChannelService keeps the channels of ultra groups, at most 50 in each. All members of the ultra group read the public ones; for
// the private ones see [UltraGroupPrivateChannelService].
type UltraGroupChannelService service

// UltraGroupChannelType says who reads a channel.
type UltraGroupChannelType int

// The types of a channel.
const (
	UltraGroupChannelPublic  UltraGroupChannelType = 0 // all members of the ultra group
	UltraGroupChannelPrivate UltraGroupChannelType = 1 // the users on the channel's own list, and those in a user group bound to it
)

// String returns the type in a word.
func (t UltraGroupChannelType) String() string {
	switch t {
	case UltraGroupChannelPublic:
		return "public"
	case UltraGroupChannelPrivate:
		return "private"
	}
	return fmt.Sprintf("UltraGroupChannelType(%d)", int(t))
}

// UltraGroupChannelCreateParams names a channel and its type.
type UltraGroupChannelCreateParams struct {
	GroupID   string                `wire:"groupId"`
	ChannelID string                `wire:"busChannel"` // chosen by the app: at most 20 letters and digits
	Type      UltraGroupChannelType `wire:"type"`       // public, if it is not set
}

// UltraGroupChannelQuery chooses a page of an ultra group's channels.
type UltraGroupChannelQuery struct {
	GroupID string `wire:"groupId"`
	Page    int    `wire:"page"`  // from 1, the default
	Size    int    `wire:"limit"` // channels per page, 20 by default, at most 100
}

// UltraGroupChannelPage is a page of an ultra group's channels.
type UltraGroupChannelPage struct {
	Channels []UltraGroupChannel `json:"channelList"`
}

// UltraGroupChannel is a channel of an ultra group.
type UltraGroupChannel struct {
	ChannelID string                `json:"channelId"`
	Type      UltraGroupChannelType `json:"type"`
	Created   string                `json:"createTime"` // as the server writes it; RongCloud does not document the form
}

// Create creates a channel. What RongCloud answers if it exists already is not documented.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/create-channel
//
//rongcloud:endpoint POST /ultragroup/channel/create.json
func (s *UltraGroupChannelService) Create(ctx context.Context, params UltraGroupChannelCreateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelCreate, &params, opts)
}

// Delete deletes a channel.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/delete-channel
//
//rongcloud:endpoint POST /ultragroup/channel/del.json
func (s *UltraGroupChannelService) Delete(ctx context.Context, groupID, channel string, opts ...CallOption) error {
	type params struct {
		GroupID string `wire:"groupId"`
		Channel string `wire:"busChannel"`
	}
	return send(ctx, s.client, endpoint.UltragroupChannelDel, &params{groupID, channel}, opts)
}

// List returns one page of an ultra group's channels; All walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-channel-list
//
//rongcloud:endpoint POST /ultragroup/channel/get.json
func (s *UltraGroupChannelService) List(ctx context.Context, query UltraGroupChannelQuery, opts ...CallOption) (*UltraGroupChannelPage, error) {
	return fetch[UltraGroupChannelPage](ctx, s.client, endpoint.UltragroupChannelGet, &query, opts)
}

// All yields the channels of an ultra group, from the query's page on.
func (s *UltraGroupChannelService) All(ctx context.Context, query UltraGroupChannelQuery, opts ...CallOption) iter.Seq2[UltraGroupChannel, error] {
	return walkNumbers(endpoint.UltragroupChannelGet, query.Page, func(number int) ([]UltraGroupChannel, error) {
		at := query
		at.Page = number
		page, err := s.List(ctx, at, opts...)
		if err != nil {
			return nil, err
		}
		return page.Channels, nil
	})
}

// UpdateType makes a channel public or private. RCDefault cannot become private.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/change-channel-type
//
//rongcloud:endpoint POST /ultragroup/channel/type/change.json
func (s *UltraGroupChannelService) UpdateType(ctx context.Context, params UltraGroupChannelCreateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelTypeChange, &params, opts)
}
