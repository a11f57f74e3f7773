package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupMuteAllMembersService mutes whole groups. Members on the
// [GroupMuteAllMembersWhitelistService] can still talk, and so can anybody through the Server API.
// The ban outlives dissolving a group and creating it again.
type GroupMuteAllMembersService service

// GroupMuteAllMembersQuery asks about certain groups, or chooses a page of all banned ones. One
// excludes the other.
type GroupMuteAllMembersQuery struct {
	GroupIDs []string `wire:"groupId"` // at most 20
	Page     int      `wire:"page"`    // from 1, the default
	Size     int      `wire:"size"`    // groups per page, 50 by default, at most 200
}

// GroupMuteAllMembers tells whether a group is banned.
type GroupMuteAllMembers struct {
	GroupID string `json:"groupId"`
	Muted   bool   `json:"stat"`
}

// GroupMuteAllMembersPage answers for the groups that were asked for, or is a page of the banned
// groups.
type GroupMuteAllMembersPage struct {
	Groups []GroupMuteAllMembers `json:"groupinfo"`
}

// Add mutes up to 20 groups.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/ban-group
//
//rongcloud:endpoint POST /group/ban/add.json
func (s *GroupMuteAllMembersService) Add(ctx context.Context, groupIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupBanAdd, &manyGroupIDs{groupIDs}, opts)
}

// Remove lifts the ban of up to 20 groups.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/unban-group
//
//rongcloud:endpoint POST /group/ban/rollback.json
func (s *GroupMuteAllMembersService) Remove(ctx context.Context, groupIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupBanRollback, &manyGroupIDs{groupIDs}, opts)
}

// List tells of up to 20 groups whether they are banned, or returns one page of all banned groups;
// All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/mute/query-banned-state-or-list
//
//rongcloud:endpoint POST /group/ban/query.json
func (s *GroupMuteAllMembersService) List(ctx context.Context, query GroupMuteAllMembersQuery, opts ...CallOption) (*GroupMuteAllMembersPage, error) {
	if len(query.GroupIDs) > 0 && (query.Page != 0 || query.Size != 0) {
		return nil, refuse("groupId", "cannot be combined with a page, for which the server would ignore it")
	}
	return fetch[GroupMuteAllMembersPage](ctx, s.client, endpoint.GroupBanQuery, &query, opts)
}

// All yields the IDs of all banned groups, from the query's page on. The query may not name groups.
func (s *GroupMuteAllMembersService) All(ctx context.Context, query GroupMuteAllMembersQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(endpoint.GroupBanQuery, query.Page, func(number int) ([]string, error) {
		at := query
		at.Page = number
		page, err := s.List(ctx, at, opts...)
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(page.Groups))
		for i, group := range page.Groups {
			ids[i] = group.GroupID
		}
		return ids, nil
	})
}
