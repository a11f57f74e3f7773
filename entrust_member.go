package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EntrustMemberService reads, changes and removes members of hosted groups; [EntrustGroupService.Join] adds them.
type EntrustMemberService service

// EntrustRole is a member's role in a hosted group. RongCloud calls managers administrators, too.
type EntrustRole int

// The roles. In a query EntrustRoleAny is the default.
const (
	EntrustRoleAny     EntrustRole = 0
	EntrustRoleMember  EntrustRole = 1
	EntrustRoleManager EntrustRole = 2
	EntrustRoleOwner   EntrustRole = 3
)

// String returns the role in words.
func (r EntrustRole) String() string {
	switch r {
	case EntrustRoleAny:
		return "any"
	case EntrustRoleMember:
		return "member"
	case EntrustRoleManager:
		return "manager"
	case EntrustRoleOwner:
		return "owner"
	}
	return fmt.Sprintf("EntrustRole(%d)", int(r))
}

// EntrustMemberQuery chooses a page of the members of a hosted group.
type EntrustMemberQuery struct {
	GroupID   string      `wire:"groupId"`
	Role      EntrustRole `wire:"type"`      // only members in this role
	PageToken string      `wire:"pageToken"` // Next of the page before; empty for the first page
	Size      int         `wire:"size"`      // members per page, 50 by default, at most 100
	Order     *SortOrder  `wire:"order"`     // by time of joining; newest first if nil
}

// EntrustMemberParams changes what a hosted group holds about a member.
type EntrustMemberParams struct {
	GroupID  string `wire:"groupId"`
	UserID   string `wire:"userId"`
	Nickname string `wire:"nickname"` // at most 64 characters; required
	Extra    string `wire:"extra"`    // the app's own text, at most 128 characters
}

// EntrustMember is a member of a hosted group.
type EntrustMember struct {
	UserID   string      `json:"userId"`
	Nickname string      `json:"nickname"` // in this group
	Role     EntrustRole `json:"role"`
	JoinedAt time.Time   `json:"time" unit:"ms"`
	Extra    string      `json:"extra"`
}

// EntrustMemberPage is a page of the members of a hosted group.
type EntrustMemberPage struct {
	Total   int             `json:"totalCount"` // members in the group
	Members []EntrustMember `json:"members"`
	Next    string          `json:"pageToken"` // token of the next page; empty on the last one
}

// EntrustMembers are the members that were asked for.
type EntrustMembers struct {
	Members []EntrustMember `json:"members"`
}

// List returns one page of the members of a hosted group; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-group-member
//
//rongcloud:endpoint POST /entrust/group/member/query.json
func (s *EntrustMemberService) List(ctx context.Context, query EntrustMemberQuery, opts ...CallOption) (*EntrustMemberPage, error) {
	return fetch[EntrustMemberPage](ctx, s.client, endpoint.EntrustGroupMemberQuery, &query, opts)
}

// All yields the members of a hosted group, from the query's page on.
func (s *EntrustMemberService) All(ctx context.Context, query EntrustMemberQuery, opts ...CallOption) iter.Seq2[EntrustMember, error] {
	return walkTokens(endpoint.EntrustGroupMemberQuery, query.PageToken, func(token string) ([]EntrustMember, string, error) {
		at := query
		at.PageToken = token
		page, err := s.List(ctx, at, opts...)
		if err != nil {
			return nil, "", err
		}
		return page.Members, page.Next, nil
	})
}

// Get returns up to 100 members of a hosted group. Users who are not in it are presumably missing from the answer.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-specific-group-member
//
//rongcloud:endpoint POST /entrust/group/member/specific/query.json
func (s *EntrustMemberService) Get(ctx context.Context, groupID string, userIDs []string, opts ...CallOption) (*EntrustMembers, error) {
	return fetch[EntrustMembers](ctx, s.client, endpoint.EntrustGroupMemberSpecificQuery, &entrustUsers{groupID, userIDs}, opts)
}

// Set changes the nickname of a member, and the extra text. Whether an empty Extra keeps the old text is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/update-group-member-info
//
//rongcloud:endpoint POST /entrust/group/member/set.json
func (s *EntrustMemberService) Set(ctx context.Context, params EntrustMemberParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberSet, &params, opts)
}

// Kick removes up to 100 users from a hosted group. The owner can presumably not be removed
// ([CodeGroupOwnerCannotLeave]). A repeat changes nothing, but may end with [CodeNotInHostedGroup].
// RongCloud does not raise the quota of this call.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/kick-group
//
//rongcloud:endpoint POST /entrust/group/member/kick.json
func (s *EntrustMemberService) Kick(ctx context.Context, params EntrustQuitParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberKick, &params, opts)
}

// KickFromAllGroups removes a user from all hosted groups, but not from those that the user owns: see
// [EntrustGroupService.TransferOwner]. Whether the call then fails as a whole is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/kick-mem-all-group
//
//rongcloud:endpoint POST /entrust/group/member/kick/all.json
func (s *EntrustMemberService) KickFromAllGroups(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupMemberKickAll, &oneUserID{userID}, opts)
}

// entrustUsers are the parameters of many calls.
type entrustUsers struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"`
}
