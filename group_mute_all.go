package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupMuteAllMembersService mutes everybody in a group until the mute is removed. RongCloud's
// pages call it a ban. It survives dissolving the group and creating it again.
//
// Only client apps are affected: messages that the Server API sends still go out. Users on
// [GroupMuteAllMembersWhitelistService] may still talk.
type GroupMuteAllMembersService service

// GroupMuteAllMembersQuery selects a page of the groups in which everybody is muted.
type GroupMuteAllMembersQuery struct {
	Page int `wire:"page"` // from 1, the default
	Size int `wire:"size"` // groups per page, 50 by default, at most 200
}

// GroupMuteAllMembersPage is a page of the groups in which everybody is muted.
type GroupMuteAllMembersPage struct {
	GroupIDs []string `json:"groupinfo" item:"groupId"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *GroupMuteAllMembersPage) More() bool { return len(p.GroupIDs) > 0 }

// GroupMuteAllMembersState reports whether everybody is muted in a group.
type GroupMuteAllMembersState struct {
	GroupID string `json:"groupId"`
	Muted   bool   `json:"stat"`
}

// GroupMuteAllMembersStates report in which of several groups everybody is muted.
type GroupMuteAllMembersStates struct {
	Groups []GroupMuteAllMembersState `json:"groupinfo"`
}

// Add mutes everybody in up to 20 groups.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/ban-group
//
//rongcloud:endpoint POST /group/ban/add.json
func (s *GroupMuteAllMembersService) Add(ctx context.Context, groupIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupBanAdd, &manyGroupIDs{groupIDs}, opts)
}

// Remove unmutes everybody in up to 20 groups. Mutes of individual users stay.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/unban-group
//
//rongcloud:endpoint POST /group/ban/rollback.json
func (s *GroupMuteAllMembersService) Remove(ctx context.Context, groupIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupBanRollback, &manyGroupIDs{groupIDs}, opts)
}

// List returns one page of the groups in which everybody is muted; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-banned-state-or-list
//
//rongcloud:endpoint POST /group/ban/query.json
func (s *GroupMuteAllMembersService) List(ctx context.Context, query GroupMuteAllMembersQuery, opts ...CallOption) (*GroupMuteAllMembersPage, error) {
	return fetch[GroupMuteAllMembersPage](ctx, s.client, endpoint.GroupBanQuery, &query, opts)
}

// All yields the IDs of the groups in which everybody is muted, starting at the query's page.
func (s *GroupMuteAllMembersService) All(ctx context.Context, query GroupMuteAllMembersQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.GroupBanQuery, s.List, query, opts,
		func(q *GroupMuteAllMembersQuery) *int { return &q.Page },
		func(p *GroupMuteAllMembersPage) []string { return p.GroupIDs })
}

// Check reports in which of up to 20 groups everybody is muted. RongCloud does not document
// whether the result includes groups that do not exist.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-banned-state-or-list
func (s *GroupMuteAllMembersService) Check(ctx context.Context, groupIDs []string, opts ...CallOption) (*GroupMuteAllMembersStates, error) {
	if len(groupIDs) == 0 {
		return nil, refused(ctx, s.client, refuseField(endpoint.GroupBanQuery, "groupIDs", "groupId", "is required; List returns all groups in which everybody is muted"), opts)
	}
	return fetch[GroupMuteAllMembersStates](ctx, s.client, endpoint.GroupBanQuery, &manyGroupIDs{groupIDs}, opts)
}
