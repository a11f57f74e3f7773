package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupPrivateChannelService manages, for each channel, the list of users who can read it
// while it is private. A public channel may also have a list; it takes effect when the channel is
// made private.
//
// [UltraGroupUserGroupService.Bind] lets whole user groups read a private channel.
type UltraGroupPrivateChannelService service

// UltraGroupPrivateChannelParams names users to add to a channel's list or remove from it.
type UltraGroupPrivateChannelParams struct {
	GroupID   string   `wire:"groupId"`
	ChannelID string   `wire:"busChannel"`
	UserIDs   []string `wire:"userIds"` // at most 20, without commas, which separate them when sent
}

// UltraGroupPrivateChannelQuery selects a page of a channel's list of users.
type UltraGroupPrivateChannelQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"`
	Page      int    `wire:"page"`     // from 1, the default
	Size      int    `wire:"pageSize"` // users per page, 50 by default, at most 100
}

// UltraGroupChannelIDPage is a page of channels by their IDs.
type UltraGroupChannelIDPage struct {
	ChannelIDs []string
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *UltraGroupChannelIDPage) More() bool { return len(p.ChannelIDs) > 0 }

// Add adds up to 20 users to a channel's list. All must be in the ultra group, or the whole call
// fails with [CodeNotInUltraGroup].
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/private-channel/add-to-private-channel-users
//
//rongcloud:endpoint POST /ultragroup/channel/private/users/add.json
func (s *UltraGroupPrivateChannelService) Add(ctx context.Context, params UltraGroupPrivateChannelParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelPrivateUsersAdd, &params, opts)
}

// Remove removes up to 20 users from a channel's list.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/delete-from-private-channel-users
//
//rongcloud:endpoint POST /ultragroup/channel/private/users/del.json
func (s *UltraGroupPrivateChannelService) Remove(ctx context.Context, params UltraGroupPrivateChannelParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelPrivateUsersDel, &params, opts)
}

// List returns one page of a channel's list; All walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-private-channel-users
//
//rongcloud:endpoint POST /ultragroup/channel/private/users/get.json
func (s *UltraGroupPrivateChannelService) List(ctx context.Context, query UltraGroupPrivateChannelQuery, opts ...CallOption) (*UltraGroupUserPage, error) {
	return (*service)(s).ultraGroupUsers(ctx, endpoint.UltragroupChannelPrivateUsersGet, &query, opts)
}

// All yields the IDs of the users on a channel's list, starting at the query's page.
func (s *UltraGroupPrivateChannelService) All(ctx context.Context, query UltraGroupPrivateChannelQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupChannelPrivateUsersGet, s.List, query, opts,
		func(q *UltraGroupPrivateChannelQuery) *int { return &q.Page },
		func(p *UltraGroupUserPage) []string { return p.UserIDs })
}

// ListByUser returns one page of the channels that have a user on their list, including public
// ones; AllByUser walks all pages.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/private-channel/query-channel-by-user
//
//rongcloud:endpoint POST /ultragroup/user/channel/query.json
func (s *UltraGroupPrivateChannelService) ListByUser(ctx context.Context, query UltraGroupListByUserQuery, opts ...CallOption) (*UltraGroupChannelIDPage, error) {
	ids, err := (*service)(s).ultraGroupIDs(ctx, endpoint.UltragroupUserChannelQuery, &query, opts)
	if err != nil {
		return nil, err
	}
	return &UltraGroupChannelIDPage{ids}, nil
}

// AllByUser yields the IDs of the channels that have a user on their list, starting at the query's
// page.
func (s *UltraGroupPrivateChannelService) AllByUser(ctx context.Context, query UltraGroupListByUserQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupUserChannelQuery, s.ListByUser, query, opts,
		func(q *UltraGroupListByUserQuery) *int { return &q.Page },
		func(p *UltraGroupChannelIDPage) []string { return p.ChannelIDs })
}
