package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupUserGroupService manages user groups: named sets of an ultra group's members. When
// bound to a private channel, a user group lets its members read it. An ultra group has at most 50
// user groups of at most 100 members each.
//
// A callback tells clients about changes for their user. RongCloud does not document whether a
// repeated call notifies them again.
type UltraGroupUserGroupService service

// UltraGroupUserGroupCreateParams names user groups to create.
type UltraGroupUserGroupCreateParams struct {
	GroupID string `wire:"groupId"`
	// At most 10, chosen by the app: at most 64 letters and digits each.
	UserGroupIDs []string `wire:"userGroups"`
}

// UltraGroupUserGroupDeleteParams names user groups to delete.
type UltraGroupUserGroupDeleteParams struct {
	GroupID string `wire:"groupId"`
	// At most 10, without commas, which separate them when sent.
	UserGroupIDs []string `wire:"userGroupIds"`
}

// UltraGroupUserGroupUsersParams names users to add to a user group or remove from it.
type UltraGroupUserGroupUsersParams struct {
	GroupID     string `wire:"groupId"`
	UserGroupID string `wire:"userGroupId"`
	// At most 20, without commas, which separate them when sent.
	UserIDs []string `wire:"userIds"`
}

// UltraGroupUserGroupBindParams names a channel and user groups, to bind or unbind.
type UltraGroupUserGroupBindParams struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"`
	// At most 10, without commas, which separate them when sent.
	UserGroupIDs []string `wire:"userGroupIds"`
}

// UltraGroupUserGroupQuery selects a page of an ultra group's user groups.
type UltraGroupUserGroupQuery struct {
	GroupID string `wire:"groupId"`
	Page    int    `wire:"page"`     // from 1, the default
	Size    int    `wire:"pageSize"` // user groups per page, 10 by default, at most 50
}

// UltraGroupUserGroupListByChannelQuery selects a page of the user groups bound to a channel.
type UltraGroupUserGroupListByChannelQuery struct {
	GroupID   string `wire:"groupId"`
	ChannelID string `wire:"busChannel"`
	Page      int    `wire:"page"`     // from 1, the default
	Size      int    `wire:"pageSize"` // user groups per page, 10 by default, at most 50
}

// UltraGroupUserGroupListChannelsQuery selects a page of the channels that a user group is bound
// to.
type UltraGroupUserGroupListChannelsQuery struct {
	GroupID     string `wire:"groupId"`
	UserGroupID string `wire:"userGroupId"`
	Page        int    `wire:"page"`     // from 1, the default
	Size        int    `wire:"pageSize"` // channels per page, 10 by default, at most 50
}

// UltraGroupUserGroupPage is a page of user groups by their IDs.
type UltraGroupUserGroupPage struct {
	UserGroupIDs []string
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *UltraGroupUserGroupPage) More() bool { return len(p.UserGroupIDs) > 0 }

// Create creates up to 10 user groups. The response if one already exists is not documented.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/create-usergroup
//
//rongcloud:endpoint POST /ultragroup/usergroup/add.json
func (s *UltraGroupUserGroupService) Create(ctx context.Context, params UltraGroupUserGroupCreateParams, opts ...CallOption) error {
	type userGroup struct {
		ID string `json:"userGroupId"`
	}
	type request struct {
		_ [0]UltraGroupUserGroupCreateParams

		GroupID    string      `wire:"groupId"`
		UserGroups []userGroup `wire:"userGroups"`
	}
	r := &request{GroupID: params.GroupID}
	for i, id := range params.UserGroupIDs {
		if id == "" {
			return refused(ctx, s.client, refuseParam(endpoint.UltragroupUsergroupAdd, r, "userGroups", "item %d is empty", i+1), opts)
		}
		r.UserGroups = append(r.UserGroups, userGroup{id})
	}
	return send(ctx, s.client, endpoint.UltragroupUsergroupAdd, r, opts)
}

// Delete deletes up to 10 user groups with their members and bindings.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/usergroup/delete-usergroup
//
//rongcloud:endpoint POST /ultragroup/usergroup/del.json
func (s *UltraGroupUserGroupService) Delete(ctx context.Context, params UltraGroupUserGroupDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUsergroupDel, &params, opts)
}

// List returns one page of an ultra group's user groups; All walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-usergroup
//
//rongcloud:endpoint POST /ultragroup/usergroup/query.json
func (s *UltraGroupUserGroupService) List(ctx context.Context, query UltraGroupUserGroupQuery, opts ...CallOption) (*UltraGroupUserGroupPage, error) {
	return s.list(ctx, endpoint.UltragroupUsergroupQuery, &query, opts)
}

func (s *UltraGroupUserGroupService) list(ctx context.Context, ep *endpoint.Endpoint, params any, opts []CallOption) (*UltraGroupUserGroupPage, error) {
	ids, err := (*service)(s).ultraGroupIDs(ctx, ep, params, opts)
	if err != nil {
		return nil, err
	}
	return &UltraGroupUserGroupPage{ids}, nil
}

// All yields the IDs of an ultra group's user groups, starting at the query's page.
func (s *UltraGroupUserGroupService) All(ctx context.Context, query UltraGroupUserGroupQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupUsergroupQuery, s.List, query, opts,
		func(q *UltraGroupUserGroupQuery) *int { return &q.Page },
		func(p *UltraGroupUserGroupPage) []string { return p.UserGroupIDs })
}

// AddUsers adds up to 20 users to a user group. All must be in the ultra group, or the whole call
// fails.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/add-user-to-usergroup
//
//rongcloud:endpoint POST /ultragroup/usergroup/user/add.json
func (s *UltraGroupUserGroupService) AddUsers(ctx context.Context, params UltraGroupUserGroupUsersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUsergroupUserAdd, &params, opts)
}

// RemoveUsers removes up to 20 users from a user group. If one of them is unknown, the whole call
// fails.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/remove-user-from-usergroup
//
//rongcloud:endpoint POST /ultragroup/usergroup/user/del.json
func (s *UltraGroupUserGroupService) RemoveUsers(ctx context.Context, params UltraGroupUserGroupUsersParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupUsergroupUserDel, &params, opts)
}

// ListByUser returns one page of the user groups that a user is in; AllByUser walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-usergroup-by-user
//
//rongcloud:endpoint POST /ultragroup/user/usergroup/query.json
func (s *UltraGroupUserGroupService) ListByUser(ctx context.Context, query UltraGroupListByUserQuery, opts ...CallOption) (*UltraGroupUserGroupPage, error) {
	return s.list(ctx, endpoint.UltragroupUserUsergroupQuery, &query, opts)
}

// AllByUser yields the IDs of the user groups that a user is in, starting at the query's page.
func (s *UltraGroupUserGroupService) AllByUser(ctx context.Context, query UltraGroupListByUserQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupUserUsergroupQuery, s.ListByUser, query, opts,
		func(q *UltraGroupListByUserQuery) *int { return &q.Page },
		func(p *UltraGroupUserGroupPage) []string { return p.UserGroupIDs })
}

// Bind binds up to 10 user groups to a channel, which is also the most it can have: more fail with
// [CodeTooManyUserGroups]. On a public channel the binding takes effect when the channel is made
// private.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/bind-channel-to-usergroup
//
//rongcloud:endpoint POST /ultragroup/channel/usergroup/bind.json
func (s *UltraGroupUserGroupService) Bind(ctx context.Context, params UltraGroupUserGroupBindParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelUsergroupBind, &params, opts)
}

// Unbind unbinds up to 10 user groups from a channel.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/unbind-channel-from-usergroup
//
//rongcloud:endpoint POST /ultragroup/channel/usergroup/unbind.json
func (s *UltraGroupUserGroupService) Unbind(ctx context.Context, params UltraGroupUserGroupBindParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupChannelUsergroupUnbind, &params, opts)
}

// ListByChannel returns one page of the user groups bound to a channel; AllByChannel walks all
// pages.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/usergroup/query-channel-bound-usergroup
//
//rongcloud:endpoint POST /ultragroup/channel/usergroup/query.json
func (s *UltraGroupUserGroupService) ListByChannel(ctx context.Context, query UltraGroupUserGroupListByChannelQuery, opts ...CallOption) (*UltraGroupUserGroupPage, error) {
	return s.list(ctx, endpoint.UltragroupChannelUsergroupQuery, &query, opts)
}

// AllByChannel yields the IDs of the user groups bound to a channel, starting at the query's page.
func (s *UltraGroupUserGroupService) AllByChannel(ctx context.Context, query UltraGroupUserGroupListByChannelQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupChannelUsergroupQuery, s.ListByChannel, query, opts,
		func(q *UltraGroupUserGroupListByChannelQuery) *int { return &q.Page },
		func(p *UltraGroupUserGroupPage) []string { return p.UserGroupIDs })
}

// ListChannels returns one page of the channels that a user group is bound to; AllChannels walks
// all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-usergroup-bound-channel
//
//rongcloud:endpoint POST /ultragroup/usergroup/channel/query.json
func (s *UltraGroupUserGroupService) ListChannels(ctx context.Context, query UltraGroupUserGroupListChannelsQuery, opts ...CallOption) (*UltraGroupChannelIDPage, error) {
	ids, err := (*service)(s).ultraGroupIDs(ctx, endpoint.UltragroupUsergroupChannelQuery, &query, opts)
	if err != nil {
		return nil, err
	}
	return &UltraGroupChannelIDPage{ids}, nil
}

// AllChannels yields the IDs of the channels that a user group is bound to, starting at the query's
// page.
func (s *UltraGroupUserGroupService) AllChannels(ctx context.Context, query UltraGroupUserGroupListChannelsQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UltragroupUsergroupChannelQuery, s.ListChannels, query, opts,
		func(q *UltraGroupUserGroupListChannelsQuery) *int { return &q.Page },
		func(p *UltraGroupChannelIDPage) []string { return p.ChannelIDs })
}
