package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupMemberService reads, changes and removes members of hosted groups;
// [HostedGroupService.Join] adds them.
type HostedGroupMemberService service

// HostedGroupRole is a member's role in a hosted group. RongCloud also calls managers
// administrators.
type HostedGroupRole int

// The roles. In a query HostedGroupRoleAny is the default.
const (
	HostedGroupRoleAny     HostedGroupRole = 0
	HostedGroupRoleMember  HostedGroupRole = 1
	HostedGroupRoleManager HostedGroupRole = 2
	HostedGroupRoleOwner   HostedGroupRole = 3
)

// String returns the role in words.
func (r HostedGroupRole) String() string {
	switch r {
	case HostedGroupRoleAny:
		return "any"
	case HostedGroupRoleMember:
		return "member"
	case HostedGroupRoleManager:
		return "manager"
	case HostedGroupRoleOwner:
		return "owner"
	}
	return fmt.Sprintf("HostedGroupRole(%d)", int(r))
}

// HostedGroupMemberQuery selects a page of the members of a hosted group.
type HostedGroupMemberQuery struct {
	GroupID string `wire:"groupId"`
	// Only members in this role.
	Role HostedGroupRole `wire:"type"`
	// NextPageToken of the previous page; empty for the first.
	PageToken string `wire:"pageToken"`
	// Members per page, 50 by default, at most 100.
	Size int `wire:"size"`
	// By time of joining; newest first by default.
	Order SortOrder `wire:"order,enum"`
}

// HostedGroupMemberGetQuery names members of a hosted group.
type HostedGroupMemberGetQuery struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 100
}

// HostedGroupMemberSetParams changes a member's data in a hosted group.
type HostedGroupMemberSetParams struct {
	GroupID  string `wire:"groupId"`
	UserID   string `wire:"userId"`
	Nickname string `wire:"nickname"` // at most 64 characters; required
	Extra    string `wire:"extra"`    // the app's own text, at most 128 characters
}

// HostedGroupMemberKickParams says whom to remove from a hosted group, and which of their data to
// delete. Data is deleted if its field is nil.
type HostedGroupMemberKickParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 100

	// Whether to lift their mutes in the group.
	DeleteMute *bool `wire:"isDelBan"`
	// Whether to remove them from the group's whitelist.
	DeleteWhitelist *bool `wire:"isDelWhite"`
	// Whether to remove them from follow lists; RongCloud does not say whose.
	DeleteFollows *bool `wire:"isDelFollowed"`
}

// HostedGroupMember is a member of a hosted group.
type HostedGroupMember struct {
	UserID   string          `json:"userId"`
	Nickname string          `json:"nickname"` // in this group
	Role     HostedGroupRole `json:"role"`
	JoinedAt time.Time       `json:"time" unit:"ms"`
	Extra    string          `json:"extra"`
}

// HostedGroupMemberPage is a page of the members of a hosted group.
type HostedGroupMemberPage struct {
	Total         int                 `json:"totalCount"` // members in the group
	Members       []HostedGroupMember `json:"members"`
	NextPageToken string              `json:"pageToken"` // empty on the last page
}

// More reports whether there is another page.
func (p *HostedGroupMemberPage) More() bool { return p.NextPageToken != "" }

// HostedGroupMembers are the requested members.
type HostedGroupMembers struct {
	Members []HostedGroupMember `json:"members"`
}

// List returns one page of the members of a hosted group; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-group-member
//
//rongcloud:endpoint POST /entrust/group/member/query.json
func (s *HostedGroupMemberService) List(ctx context.Context, query HostedGroupMemberQuery, opts ...CallOption) (*HostedGroupMemberPage, error) {
	return fetch[HostedGroupMemberPage](ctx, s.client, endpoint.EntrustGroupMemberQuery, &query, opts)
}

// All yields the members of a hosted group, starting at the query's page.
func (s *HostedGroupMemberService) All(ctx context.Context, query HostedGroupMemberQuery, opts ...CallOption) iter.Seq2[HostedGroupMember, error] {
	return walkTokens(ctx, endpoint.EntrustGroupMemberQuery, s.List, query, opts,
		func(q *HostedGroupMemberQuery) *string { return &q.PageToken },
		func(p *HostedGroupMemberPage) ([]HostedGroupMember, string) { return p.Members, p.NextPageToken })
}

// Get returns up to 100 members of a hosted group. Presumably the result leaves out users who are
// not in it.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-specific-group-member
//
//rongcloud:endpoint POST /entrust/group/member/specific/query.json
func (s *HostedGroupMemberService) Get(ctx context.Context, query HostedGroupMemberGetQuery, opts ...CallOption) (*HostedGroupMembers, error) {
	return fetch[HostedGroupMembers](ctx, s.client, endpoint.EntrustGroupMemberSpecificQuery, &query, opts)
}

// Set changes a member's nickname and extra text. Whether an empty Extra keeps the old text is not
// documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/update-group-member-info
//
//rongcloud:endpoint POST /entrust/group/member/set.json
func (s *HostedGroupMemberService) Set(ctx context.Context, params HostedGroupMemberSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberSet, &params, opts)
}

// Kick removes up to 100 users from a hosted group. Presumably the owner cannot be removed
// ([CodeGroupOwnerCannotLeave]). A repeat changes nothing, but may end with [CodeNotInHostedGroup].
// RongCloud does not raise the quota of this call.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/kick-group
//
//rongcloud:endpoint POST /entrust/group/member/kick.json
func (s *HostedGroupMemberService) Kick(ctx context.Context, params HostedGroupMemberKickParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberKick, &params, opts)
}

// KickFromAllGroups removes a user from all hosted groups except those that the user owns: see
// [HostedGroupService.TransferOwner]. Whether the whole call fails if there are any is not
// documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/kick-mem-all-group
//
//rongcloud:endpoint POST /entrust/group/member/kick/all.json
func (s *HostedGroupMemberService) KickFromAllGroups(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberKickAll, &oneUserID{userID}, opts)
}
