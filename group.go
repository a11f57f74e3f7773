package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupService keeps plain groups: who is in them and what pushes call them. What else a group
// has, such as an owner, is the app's own business, or that of [HostedGroupService]. Its fields
// are services for who may talk and for members' names.
type GroupService struct {
	service

	Mute                    *GroupMuteService                    // members who may not talk, for a time or for good
	MuteAllMembers          *GroupMuteAllMembersService          // groups in which nobody may talk
	MuteAllMembersWhitelist *GroupMuteAllMembersWhitelistService // members who may talk in spite of Ban
	Remark                  *GroupRemarkService                  // names of members in push notifications
}

func newGroupService(common *service) *GroupService {
	return &GroupService{
		service:                 *common,
		Mute:                    (*GroupMuteService)(common),
		MuteAllMembers:          (*GroupMuteAllMembersService)(common),
		MuteAllMembersWhitelist: (*GroupMuteAllMembersWhitelistService)(common),
		Remark:                  (*GroupRemarkService)(common),
	}
}

// GroupNotice is a message that the server sends to a group together with a change of it.
// RongCloud's official SDKs have it, its pages do not.
type GroupNotice struct {
	From    string         `wire:"fromUserId"` // required
	Content MessageContent `wire:"content"`    // required

	PushContent string       `wire:"pushContent"` // text that absent users are shown
	PushData    string       `wire:"pushData"`
	Push        *PushOptions `wire:"pushExt"`

	IncludeSender            *bool `wire:"isIncludeSender"` // sync to the sender's devices too; the server's default is not documented
	Persist                  *bool `wire:"isPersisted"`     // keep in the cloud history; the server's default is not documented
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
}

// GroupCreateParams describes a group to create.
type GroupCreateParams struct {
	GroupID string   // chosen by the app, at most 64 letters and digits
	Name    string   // shown in push notifications; 64 characters are safe
	UserIDs []string // at most 1000

	// MaxMembers lets the call fail if the group would have more members. It is not kept, and
	// cannot exceed the app's limit, which is 3000 by default.
	MaxMembers int
	Notice     *GroupNotice // a message to the group, if any
}

// GroupJoinParams says who joins a group.
type GroupJoinParams struct {
	GroupID string
	UserIDs []string // at most 1000
	Name    string   // renames the group, if it is not empty

	MaxMembers int          // lets the call fail if the group would have more members; not kept
	Notice     *GroupNotice // a message to the group, if any
}

// GroupQuitParams says who leaves a group.
type GroupQuitParams struct {
	GroupID string
	UserIDs []string // at most 1000

	MaxMembers int          // as in GroupJoinParams; of no known use here
	Notice     *GroupNotice // a message to the group, if any
}

// GroupDismissParams names a group to dissolve.
type GroupDismissParams struct {
	GroupID string
	UserID  string // who does it; any user

	MaxMembers int          // as in GroupJoinParams; of no known use here
	Notice     *GroupNotice // a message to the group, if any
}

// GroupUpdateParams renames a group.
type GroupUpdateParams struct {
	GroupID string
	Name    string // shown in push notifications; 64 characters are safe

	MaxMembers int          // as in GroupJoinParams; of no known use here
	Notice     *GroupNotice // a message to the group, if any
}

// GroupChange is what a change of a group answers. Older servers leave it empty.
type GroupChange struct {
	MessageUID  string `json:"messageUID"`  // of the notice, if there was one
	MemberCount int    `json:"memberCount"` // after the change
}

// GroupMembers are the members of a group.
type GroupMembers struct {
	UserIDs []string
}

// GroupByUserQuery chooses a page of the groups that a user is in.
type GroupByUserQuery struct {
	UserID string `wire:"userId"`
	Page   int    `wire:"page"` // from 1; 0 turns paging off
	Size   int    `wire:"size"` // groups per page, 50 by default, at most 1000; only together with Page
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

// groupChange is what every change of a group sends beside its own parameters.
type groupChange struct {
	Bound bool `wire:"bindNotifyMsg"`
	GroupNotice
	MaxMembers int `wire:"maxMember"`
}

func newGroupChange(notice *GroupNotice, maxMembers int) (groupChange, error) {
	change := groupChange{MaxMembers: maxMembers}
	if notice == nil {
		return change, nil
	}
	switch {
	case notice.From == "":
		return change, refuse("fromUserId", "is required in a notice")
	case notice.Content == nil:
		return change, refuse("content", "is required in a notice")
	}
	change.Bound, change.GroupNotice = true, *notice
	return change, nil
}

// groupJoining is what creating a group and joining it send.
type groupJoining struct {
	GroupID string   `wire:"groupId"`
	Name    string   `wire:"groupName"`
	UserIDs []string `wire:"userId"`
	groupChange
}

// Create creates a group and puts up to 1000 users into it. The server sends nobody a message
// about it without a Notice. To an existing group it seems to do what Join does.
//
// With a Notice the call is unsafe to repeat, since each repeat would send it again: see
// [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/create-group
//
//rongcloud:endpoint POST /group/create.json
func (s *GroupService) Create(ctx context.Context, params GroupCreateParams, opts ...CallOption) (*GroupChange, error) {
	change, err := newGroupChange(params.Notice, params.MaxMembers)
	if err != nil {
		return nil, err
	}
	return fetch[GroupChange](ctx, s.client, endpoint.GroupCreate, &groupJoining{params.GroupID, params.Name, params.UserIDs, change}, opts)
}

// Join puts up to 1000 users into a group. With a Notice it is unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/join-group
//
//rongcloud:endpoint POST /group/join.json
func (s *GroupService) Join(ctx context.Context, params GroupJoinParams, opts ...CallOption) (*GroupChange, error) {
	change, err := newGroupChange(params.Notice, params.MaxMembers)
	if err != nil {
		return nil, err
	}
	return fetch[GroupChange](ctx, s.client, endpoint.GroupJoin, &groupJoining{params.GroupID, params.Name, params.UserIDs, change}, opts)
}

// Quit takes up to 1000 users out of a group. Their mutes and their places on the whitelist
// outlive it. With a Notice it is unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/quit-group
//
//rongcloud:endpoint POST /group/quit.json
func (s *GroupService) Quit(ctx context.Context, params GroupQuitParams, opts ...CallOption) (*GroupChange, error) {
	type request struct {
		GroupID string   `wire:"groupId"`
		UserIDs []string `wire:"userId"`
		groupChange
	}
	change, err := newGroupChange(params.Notice, params.MaxMembers)
	if err != nil {
		return nil, err
	}
	return fetch[GroupChange](ctx, s.client, endpoint.GroupQuit, &request{params.GroupID, params.UserIDs, change}, opts)
}

// Dismiss dissolves a group. Its history is kept: a new group with the same ID sees it again, and
// its ban and whitelist too. What the server answers if there is no such group is not documented.
// With a Notice it is unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/dismiss-group
//
//rongcloud:endpoint POST /group/dismiss.json
func (s *GroupService) Dismiss(ctx context.Context, params GroupDismissParams, opts ...CallOption) (*GroupChange, error) {
	type request struct {
		GroupID string `wire:"groupId"`
		UserID  string `wire:"userId"`
		groupChange
	}
	change, err := newGroupChange(params.Notice, params.MaxMembers)
	if err != nil {
		return nil, err
	}
	return fetch[GroupChange](ctx, s.client, endpoint.GroupDismiss, &request{params.GroupID, params.UserID, change}, opts)
}

// Update changes the name under which push notifications show a group, within 5 minutes. With a
// Notice it is unsafe to repeat, like Create.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/refresh-group-info
//
//rongcloud:endpoint POST /group/refresh.json
func (s *GroupService) Update(ctx context.Context, params GroupUpdateParams, opts ...CallOption) (*GroupChange, error) {
	type request struct {
		GroupID string `wire:"groupId"`
		Name    string `wire:"groupName"`
		groupChange
	}
	change, err := newGroupChange(params.Notice, params.MaxMembers)
	if err != nil {
		return nil, err
	}
	return fetch[GroupChange](ctx, s.client, endpoint.GroupRefresh, &request{params.GroupID, params.Name, change}, opts)
}

type groupSync struct {
	UserID string            `wire:"userId"`
	Groups map[string]string `wire:"group"`
}

// Sync tells the server which groups a user is in, by their IDs and names; a name replaces the one
// that the group had. Whether the user is taken out of the groups that are missing is not
// documented, nor how many groups are too many. An empty map is refused: it would take the user
// out of all groups, which is what QuitAll does.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/sync-group
//
//rongcloud:endpoint POST /group/sync.json
func (s *GroupService) Sync(ctx context.Context, userID string, groups map[string]string, opts ...CallOption) error {
	if len(groups) == 0 {
		return refuse("group", "is required; QuitAll takes the user out of all groups")
	}
	return send(ctx, s.client, endpoint.GroupSync, &groupSync{userID, groups}, opts)
}

// QuitAll takes a user out of all groups. It is the Sync with no groups.
func (s *GroupService) QuitAll(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupSync, &groupSync{UserID: userID}, opts)
}

// ListMembers returns all members of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/query-group-member
//
//rongcloud:endpoint POST /group/user/query.json
func (s *GroupService) ListMembers(ctx context.Context, groupID string, opts ...CallOption) (*GroupMembers, error) {
	type answer struct {
		UserIDs []string `json:"users" item:"id"` // objects, or the IDs alone as one table has it
	}
	found, err := fetch[answer](ctx, s.client, endpoint.GroupUserQuery, &oneGroupID{groupID}, opts)
	if err != nil {
		return nil, err
	}
	if found.UserIDs == nil {
		found.UserIDs = []string{}
	}
	return &GroupMembers{UserIDs: found.UserIDs}, nil
}

// ListByUser returns one page of the groups that a user is in. Without a page number there are no
// pages: it returns the first 5000 groups, and nothing tells whether there are more. AllByUser
// walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/query-group-by-user
//
//rongcloud:endpoint POST /user/group/query.json
func (s *GroupService) ListByUser(ctx context.Context, query GroupByUserQuery, opts ...CallOption) (*GroupPage, error) {
	return fetch[GroupPage](ctx, s.client, endpoint.UserGroupQuery, &query, opts)
}

// AllByUser yields the groups that a user is in, from the query's page on, or from the first one
// if it names none.
func (s *GroupService) AllByUser(ctx context.Context, query GroupByUserQuery, opts ...CallOption) iter.Seq2[Group, error] {
	// walkNumbers never asks for page 0, which would turn paging off.
	return walkNumbers(endpoint.UserGroupQuery, query.Page, func(number int) ([]Group, error) {
		at := query
		at.Page = number
		page, err := s.ListByUser(ctx, at, opts...)
		if err != nil {
			return nil, err
		}
		return page.Groups, nil
	})
}

// The parameters of many calls.
type (
	oneGroupID struct {
		GroupID string `wire:"groupId"`
	}
	manyGroupIDs struct {
		GroupIDs []string `wire:"groupId"`
	}
	groupUsers struct {
		GroupID string   `wire:"groupId"`
		UserIDs []string `wire:"userId"`
	}
	groupOfUser struct {
		GroupID string `wire:"groupId"`
		UserID  string `wire:"userId"`
	}
)
