package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupService creates and dissolves ultra groups (超级群) and manages their members. Its fields
// are services for what is inside an ultra group. [MessageService.SendUltraGroup] sends messages.
//
// An ultra group has up to 50 channels, and a user can be in at most 100 ultra groups. In apps that
// enabled ultra groups on or after 2022-10-13, each has the public channel RCDefault, which gets
// messages without a channel. RongCloud lists neither the members of an ultra group nor the ultra
// groups of a user, so the app must keep its own lists; [UltraGroupService.IsMember] checks one
// user.
//
// The code for an ultra group that does not exist is not documented.
type UltraGroupService struct {
	service

	// The channels.
	Channel *UltraGroupChannelService
	// Who reads private channels.
	PrivateChannel *UltraGroupPrivateChannelService
	// Sets of members who may read channels.
	UserGroup *UltraGroupUserGroupService
	// Members who may not send.
	Mute *UltraGroupMuteService
	// Ultra groups and channels where nobody may send.
	MuteAllMembers *UltraGroupMuteAllMembersService
	// Members who may send there anyway.
	MuteAllMembersWhitelist *UltraGroupMuteAllMembersWhitelistService
	// Which messages are pushed to members.
	PushLevel *UltraGroupPushLevelService
	// Searches and changes messages that were sent.
	Message *UltraGroupMessageService
	// Key-value data attached to messages.
	Expansion *UltraGroupExpansionService
}

func newUltraGroupService(common *service) *UltraGroupService {
	return &UltraGroupService{
		service:                 *common,
		Channel:                 (*UltraGroupChannelService)(common),
		PrivateChannel:          (*UltraGroupPrivateChannelService)(common),
		UserGroup:               (*UltraGroupUserGroupService)(common),
		Mute:                    (*UltraGroupMuteService)(common),
		MuteAllMembers:          (*UltraGroupMuteAllMembersService)(common),
		MuteAllMembersWhitelist: (*UltraGroupMuteAllMembersWhitelistService)(common),
		PushLevel:               (*UltraGroupPushLevelService)(common),
		Message:                 (*UltraGroupMessageService)(common),
		Expansion:               (*UltraGroupExpansionService)(common),
	}
}

// UltraGroupCreateParams describes an ultra group to create. Its name is used in push notifications
// only; keep it up to date with [UltraGroupService.Update].
type UltraGroupCreateParams struct {
	// Chosen by the app: at most 64 letters and digits.
	GroupID string `wire:"groupId"`
	// Shown in push notifications, at most 64 characters; required.
	Name string `wire:"groupName"`
	// The first member; required.
	UserID string `wire:"userId"`
}

// UltraGroupUpdateParams renames an ultra group.
type UltraGroupUpdateParams struct {
	GroupID string `wire:"groupId"`
	// Shown in push notifications, at most 64 characters; required.
	Name string `wire:"groupName"`
}

// UltraGroupJoinParams names a user and the ultra group to join.
type UltraGroupJoinParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// UltraGroupQuitParams names a user and the ultra group to leave.
type UltraGroupQuitParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// UltraGroupIsMemberQuery asks whether a user is in an ultra group.
type UltraGroupIsMemberQuery struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// UltraGroupListByUserQuery selects a page of one user's channels or user groups in an ultra group.
type UltraGroupListByUserQuery struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
	Page    int    `wire:"page"`     // from 1, the default
	Size    int    `wire:"pageSize"` // items per page, 10 by default, at most 50
}

// UltraGroupUserPage is a page of users.
type UltraGroupUserPage struct {
	UserIDs []string
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *UltraGroupUserPage) More() bool { return len(p.UserIDs) > 0 }

// ultraGroupIDs fetches one page of a list of IDs, whatever the response calls it.
func (s *service) ultraGroupIDs(ctx context.Context, ep *endpoint.Endpoint, params any, opts []CallOption) ([]string, error) {
	type response struct {
		// RongCloud's SDKs do not agree on these names.
		IDs []string `json:"users" alt:"data,userGroups" item:"id,userId,userGroupId"`
	}
	out, err := fetch[response](ctx, s.client, ep, params, opts)
	if err != nil {
		return nil, err
	}
	if out.IDs == nil {
		out.IDs = []string{}
	}
	return out.IDs, nil
}

func (s *service) ultraGroupUsers(ctx context.Context, ep *endpoint.Endpoint, params any, opts []CallOption) (*UltraGroupUserPage, error) {
	ids, err := s.ultraGroupIDs(ctx, ep, params, opts)
	if err != nil {
		return nil, err
	}
	return &UltraGroupUserPage{ids}, nil
}

// Create creates an ultra group with one user in it. The response if the ultra group already exists
// is not documented.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/create-ultragroup
//
//rongcloud:endpoint POST /ultragroup/create.json
func (s *UltraGroupService) Create(ctx context.Context, params UltraGroupCreateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupCreate, &params, opts)
}

// Dismiss dissolves an ultra group. The response if it has already been dissolved is not
// documented.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/dismiss-ultragroup
//
//rongcloud:endpoint POST /ultragroup/dis.json
func (s *UltraGroupService) Dismiss(ctx context.Context, groupID string, opts ...CallOption) error {
	type params struct {
		GroupID string `wire:"groupId"`
	}
	return send(ctx, s.client, endpoint.UltragroupDis, &params{groupID}, opts)
}

// Join adds one user to an ultra group. A user can be in at most 100 of them.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/join-ultragroup
//
//rongcloud:endpoint POST /ultragroup/join.json
func (s *UltraGroupService) Join(ctx context.Context, params UltraGroupJoinParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupJoin, &params, opts)
}

// Quit removes one user from an ultra group.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/quit-ultragroup
//
//rongcloud:endpoint POST /ultragroup/quit.json
func (s *UltraGroupService) Quit(ctx context.Context, params UltraGroupQuitParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupQuit, &params, opts)
}

// Update changes the name that push notifications show. RongCloud calls this *refresh*.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/refresh-ultragroup-info
//
//rongcloud:endpoint POST /ultragroup/refresh.json
func (s *UltraGroupService) Update(ctx context.Context, params UltraGroupUpdateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupRefresh, &params, opts)
}

// IsMember reports whether a user is in an ultra group.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-member
//
//rongcloud:endpoint POST /ultragroup/member/exist.json
func (s *UltraGroupService) IsMember(ctx context.Context, query UltraGroupIsMemberQuery, opts ...CallOption) (bool, error) {
	type response struct {
		Member bool `json:"status"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.UltragroupMemberExist, &query, opts)
	return err == nil && out.Member, err
}
