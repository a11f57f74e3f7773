package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupService manages plain groups: their members and their names in push notifications.
// Everything else about a group, such as its owner, is up to the app or to [HostedGroupService].
// Its fields are services for who may talk and for members' names.
type GroupService struct {
	service

	// Members who may not talk in one group.
	Mute *GroupMuteService
	// Users who may not talk in any group.
	GlobalMute *GroupGlobalMuteService
	// Groups in which nobody may talk.
	MuteAllMembers *GroupMuteAllMembersService
	// Members who may talk anyway.
	MuteAllMembersWhitelist *GroupMuteAllMembersWhitelistService
	// Names of members in push notifications.
	Remark *GroupRemarkService
}

func newGroupService(common *service) *GroupService {
	return &GroupService{
		service:                 *common,
		Mute:                    (*GroupMuteService)(common),
		GlobalMute:              (*GroupGlobalMuteService)(common),
		MuteAllMembers:          (*GroupMuteAllMembersService)(common),
		MuteAllMembersWhitelist: (*GroupMuteAllMembersWhitelistService)(common),
		Remark:                  (*GroupRemarkService)(common),
	}
}

// GroupNotice is a message that the server sends to a group when the group changes. RongCloud's
// official SDKs have it; its pages do not.
type GroupNotice struct {
	From    string         `wire:"fromUserId"` // required
	Content MessageContent `wire:"content"`    // required

	PushContent string       `wire:"pushContent"` // push text for users who are not connected
	PushData    string       `wire:"pushData"`
	Push        *PushOptions `wire:"pushExt"`

	// Whether to sync to the sender's devices too; the server's default is not documented.
	IncludeSender *bool `wire:"isIncludeSender"`
	// Whether to keep it in the cloud history; the server's default is not documented.
	Persist                  *bool `wire:"isPersisted"`
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
}

// GroupCreateParams describes a group to create.
type GroupCreateParams struct {
	GroupID string   `wire:"groupId"`   // chosen by the app, at most 64 letters and digits
	Name    string   `wire:"groupName"` // shown in push notifications; 64 characters are safe
	UserIDs []string `wire:"userId"`    // at most 1000

	// MaxMembers makes the call fail if the group would have more members. It is not stored, and
	// cannot exceed the app's limit, which is 3000 by default.
	MaxMembers int          `wire:"maxMember"`
	Notice     *GroupNotice `wire:"-"` // a message to the group, if any
}

// GroupJoinParams says who joins a group.
type GroupJoinParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userId"`    // at most 1000
	Name    string   `wire:"groupName"` // renames the group, if it is not empty

	// MaxMembers makes the call fail if the group would have more members. It is not stored.
	MaxMembers int          `wire:"maxMember"`
	Notice     *GroupNotice `wire:"-"` // a message to the group, if any
}

// GroupQuitParams says who leaves a group.
type GroupQuitParams struct {
	GroupID string       `wire:"groupId"`
	UserIDs []string     `wire:"userId"` // at most 1000
	Notice  *GroupNotice `wire:"-"`      // a message to the group, if any
}

// GroupDismissParams names a group to dissolve.
type GroupDismissParams struct {
	GroupID string       `wire:"groupId"`
	UserID  string       `wire:"userId"` // who does it; any user
	Notice  *GroupNotice `wire:"-"`      // a message to the group, if any
}

// GroupUpdateParams renames a group.
type GroupUpdateParams struct {
	GroupID string       `wire:"groupId"`
	Name    string       `wire:"groupName"` // shown in push notifications; 64 characters are safe
	Notice  *GroupNotice `wire:"-"`         // a message to the group, if any
}

// GroupSyncParams says which groups a user is in.
type GroupSyncParams struct {
	UserID string            `wire:"userId"`
	Groups map[string]string `wire:"group"` // names of groups by their IDs
}

// GroupResult is the result of a change to a group. Older servers leave it empty.
type GroupResult struct {
	MessageUID  string `json:"messageUID"`  // of the notice, if there was one
	MemberCount int    `json:"memberCount"` // after the change
}

// GroupMembers are the members of a group.
type GroupMembers struct {
	UserIDs []string
}

// GroupByUserQuery selects a page of the groups that a user is in.
type GroupByUserQuery struct {
	UserID string `wire:"userId"`
	Page   int    `wire:"page"` // from 1, the default
	Size   int    `wire:"size"` // groups per page, 50 by default, at most 1000
}

// Group is a group as the list of a user's groups shows it.
type Group struct {
	GroupID string `json:"id"`
	Name    string `json:"name"`
}

// GroupPage is a page of the groups that a user is in.
type GroupPage struct {
	Groups []Group `json:"groups"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *GroupPage) More() bool { return len(p.Groups) > 0 }

// Groups are the groups that a user is in.
type Groups struct {
	Groups []Group `json:"groups"`
}

// boundNotice is the message sent along with a change to a group.
type boundNotice struct {
	Bound bool `wire:"bindNotifyMsg"`
	GroupNotice
}

func bindNotice(ep *endpoint.Endpoint, notice *GroupNotice) (boundNotice, error) {
	switch {
	case notice == nil:
		return boundNotice{}, nil
	case notice.From == "":
		return boundNotice{}, refuseField(ep, "GroupNotice.From", "fromUserId", "is required")
	case notice.Content == nil:
		return boundNotice{}, refuseField(ep, "GroupNotice.Content", "content", "is required")
	}
	return boundNotice{Bound: true, GroupNotice: *notice}, nil
}

// Create creates a group with up to 1000 users. Without a Notice, the server sends nobody a message
// about it. For an existing group it seems to do what Join does.
//
// With a Notice the call is unsafe to repeat, since each repeat would send it again: see
// [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/create-group
//
//rongcloud:endpoint POST /group/create.json
func (s *GroupService) Create(ctx context.Context, params GroupCreateParams, opts ...CallOption) (*GroupResult, error) {
	type request struct {
		GroupCreateParams
		boundNotice
	}
	notice, err := bindNotice(endpoint.GroupCreate, params.Notice)
	if err != nil {
		return nil, refused(ctx, s.client, err, opts)
	}
	return fetch[GroupResult](ctx, s.client, endpoint.GroupCreate, &request{params, notice}, opts)
}

// Join adds up to 1000 users to a group. With a Notice it is unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/join-group
//
//rongcloud:endpoint POST /group/join.json
func (s *GroupService) Join(ctx context.Context, params GroupJoinParams, opts ...CallOption) (*GroupResult, error) {
	type request struct {
		GroupJoinParams
		boundNotice
	}
	notice, err := bindNotice(endpoint.GroupJoin, params.Notice)
	if err != nil {
		return nil, refused(ctx, s.client, err, opts)
	}
	return fetch[GroupResult](ctx, s.client, endpoint.GroupJoin, &request{params, notice}, opts)
}

// Quit removes up to 1000 users from a group. Their mutes and whitelist entries remain. With a
// Notice it is unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/quit-group
//
//rongcloud:endpoint POST /group/quit.json
func (s *GroupService) Quit(ctx context.Context, params GroupQuitParams, opts ...CallOption) (*GroupResult, error) {
	type request struct {
		GroupQuitParams
		boundNotice
	}
	notice, err := bindNotice(endpoint.GroupQuit, params.Notice)
	if err != nil {
		return nil, refused(ctx, s.client, err, opts)
	}
	return fetch[GroupResult](ctx, s.client, endpoint.GroupQuit, &request{params, notice}, opts)
}

// Dismiss dissolves a group. Its history is kept: a new group with the same ID sees it again, and
// is muted as before. The response if there is no such group is not documented. With a Notice it is
// unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/dismiss-group
//
//rongcloud:endpoint POST /group/dismiss.json
func (s *GroupService) Dismiss(ctx context.Context, params GroupDismissParams, opts ...CallOption) (*GroupResult, error) {
	type request struct {
		GroupDismissParams
		boundNotice
	}
	notice, err := bindNotice(endpoint.GroupDismiss, params.Notice)
	if err != nil {
		return nil, refused(ctx, s.client, err, opts)
	}
	return fetch[GroupResult](ctx, s.client, endpoint.GroupDismiss, &request{params, notice}, opts)
}

// Update changes the group's name in push notifications, within 5 minutes. With a Notice it is
// unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/refresh-group-info
//
//rongcloud:endpoint POST /group/refresh.json
func (s *GroupService) Update(ctx context.Context, params GroupUpdateParams, opts ...CallOption) (*GroupResult, error) {
	type request struct {
		GroupUpdateParams
		boundNotice
	}
	notice, err := bindNotice(endpoint.GroupRefresh, params.Notice)
	if err != nil {
		return nil, refused(ctx, s.client, err, opts)
	}
	return fetch[GroupResult](ctx, s.client, endpoint.GroupRefresh, &request{params, notice}, opts)
}

// Sync tells the server which groups a user is in; a given name replaces the group's name. Whether
// the user is removed from groups that are not listed is not documented, nor is the maximum number
// of groups. Sync refuses an empty list, which would remove the user from all groups; use QuitAll
// for that.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/sync-group
//
//rongcloud:endpoint POST /group/sync.json
func (s *GroupService) Sync(ctx context.Context, params GroupSyncParams, opts ...CallOption) error {
	if len(params.Groups) == 0 {
		return refused(ctx, s.client, refuseParam(endpoint.GroupSync, &params, "group", "is required; QuitAll removes the user from all groups"), opts)
	}
	return send(ctx, s.client, endpoint.GroupSync, &params, opts)
}

// QuitAll removes a user from all groups. It is a Sync with no groups.
func (s *GroupService) QuitAll(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupSync, &oneUserID{userID}, opts)
}

// ListMembers returns all members of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/query-group-member
//
//rongcloud:endpoint POST /group/user/query.json
func (s *GroupService) ListMembers(ctx context.Context, groupID string, opts ...CallOption) (*GroupMembers, error) {
	type response struct {
		UserIDs []string `json:"users" item:"id"` // objects, or just the IDs according to one table
	}
	found, err := fetch[response](ctx, s.client, endpoint.GroupUserQuery, &oneGroupID{groupID}, opts)
	if err != nil {
		return nil, err
	}
	if found.UserIDs == nil {
		found.UserIDs = []string{}
	}
	return &GroupMembers{UserIDs: found.UserIDs}, nil
}

// ListByUser returns one page of the groups that a user is in; AllByUser walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/query-group-by-user
//
//rongcloud:endpoint POST /user/group/query.json
func (s *GroupService) ListByUser(ctx context.Context, query GroupByUserQuery, opts ...CallOption) (*GroupPage, error) {
	query.Page = max(query.Page, 1) // page 0 would turn paging off
	return fetch[GroupPage](ctx, s.client, endpoint.UserGroupQuery, &query, opts)
}

// ListByUserUnpaged returns the first 5000 groups that a user is in, without pages. Nothing in the
// response says whether there are more; [GroupService.AllByUser] yields them all.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/query-group-by-user
func (s *GroupService) ListByUserUnpaged(ctx context.Context, userID string, opts ...CallOption) (*Groups, error) {
	return fetch[Groups](ctx, s.client, endpoint.UserGroupQuery, &oneUserID{userID}, opts)
}

// AllByUser yields the groups that a user is in, starting at the query's page.
func (s *GroupService) AllByUser(ctx context.Context, query GroupByUserQuery, opts ...CallOption) iter.Seq2[Group, error] {
	return walkNumbers(ctx, endpoint.UserGroupQuery, s.ListByUser, query, opts,
		func(q *GroupByUserQuery) *int { return &q.Page },
		func(p *GroupPage) []Group { return p.Groups })
}
