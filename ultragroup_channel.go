package rongcloud

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// UltraGroupChannelService manages the channels of ultra groups, at most 50 in each. All members of
// the ultra group can read the public ones; for private ones see [UltraGroupPrivateChannelService].
type UltraGroupChannelService service

// UltraGroupChannelType says who can read a channel. The zero value leaves it to the server.
type UltraGroupChannelType int

// The types of a channel.
const (
	// All members of the ultra group can read the channel.
	UltraGroupChannelPublic UltraGroupChannelType = 1
	// Users on the channel's own list and in user groups bound to it can read it.
	UltraGroupChannelPrivate UltraGroupChannelType = 2
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

// UltraGroupChannelCreateParams describes a channel to create.
type UltraGroupChannelCreateParams struct {
	GroupID string `wire:"groupId"`
	// Chosen by the app: at most 20 letters and digits.
	ChannelID string `wire:"busChannel"`
	// Public by default.
	Type UltraGroupChannelType `wire:"type,enum"`
}

// UltraGroupChannelUpdateTypeParams changes a channel's type.
type UltraGroupChannelUpdateTypeParams struct {
	GroupID   string                `wire:"groupId"`
	ChannelID string                `wire:"busChannel"`
	Type      UltraGroupChannelType `wire:"type,enum"` // required
}

// UltraGroupChannelDeleteParams names a channel to delete.
type UltraGroupChannelDeleteParams struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"`
}

// UltraGroupChannelQuery selects a page of an ultra group's channels.
type UltraGroupChannelQuery struct {
	GroupID string `wire:"groupId"`
	Page    int    `wire:"page"`  // from 1, the default
	Size    int    `wire:"limit"` // channels per page, 20 by default, at most 100
}

// UltraGroupChannelPage is a page of an ultra group's channels.
type UltraGroupChannelPage struct {
	Channels []UltraGroupChannel `json:"channelList"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *UltraGroupChannelPage) More() bool { return len(p.Channels) > 0 }

// UltraGroupChannel is a channel of an ultra group.
type UltraGroupChannel struct {
	ChannelID string                `json:"channelId"`
	Type      UltraGroupChannelType `json:"type" from:"0"` // zero if the response does not say

	// CreatedAtText is when the channel was created, as the server writes it: RongCloud does not
	// document the format. CreatedAt is the same time if the text is a date, assumed to be in the
	// data centre's zone, or a Unix time in milliseconds; otherwise it is zero.
	CreatedAt     time.Time `json:"-"`
	CreatedAtText string    `json:"createTime"`
}

// Create creates a channel. The response if it already exists is not documented.
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
func (s *UltraGroupChannelService) Delete(ctx context.Context, params UltraGroupChannelDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelDel, &params, opts)
}

// List returns one page of an ultra group's channels; All walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-channel-list
//
//rongcloud:endpoint POST /ultragroup/channel/get.json
func (s *UltraGroupChannelService) List(ctx context.Context, query UltraGroupChannelQuery, opts ...CallOption) (*UltraGroupChannelPage, error) {
	page, err := fetch[UltraGroupChannelPage](ctx, s.client, endpoint.UltragroupChannelGet, &query, opts)
	if err != nil {
		return nil, err
	}
	for i := range page.Channels {
		channel := &page.Channels[i]
		channel.CreatedAt = timeOf(channel.CreatedAtText, s.client.core.zone)
	}
	return page, nil
}

// timeOf parses a text as the decoder parses a time.Time, with the zero time for anything that is
// not a time.
func timeOf(text string, zone *time.Location) time.Time {
	var t time.Time
	data, err := json.Marshal(text)
	if err != nil || (lenient.Decoder{Zone: zone}).Decode(data, &t) != nil {
		return time.Time{}
	}
	return t
}

// All yields the channels of an ultra group, starting at the query's page.
func (s *UltraGroupChannelService) All(ctx context.Context, query UltraGroupChannelQuery, opts ...CallOption) iter.Seq2[UltraGroupChannel, error] {
	return walkNumbers(ctx, endpoint.UltragroupChannelGet, s.List, query, opts,
		func(q *UltraGroupChannelQuery) *int { return &q.Page },
		func(p *UltraGroupChannelPage) []UltraGroupChannel { return p.Channels })
}

// UpdateType makes a channel public or private. RCDefault cannot become private.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/change-channel-type
//
//rongcloud:endpoint POST /ultragroup/channel/type/change.json
func (s *UltraGroupChannelService) UpdateType(ctx context.Context, params UltraGroupChannelUpdateTypeParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelTypeChange, &params, opts)
}
