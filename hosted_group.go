package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupService manages groups whose profile, roles and permissions RongCloud hosts
// ("information hosting"), beyond what [GroupService] manages. The service must be enabled for the
// app, or its calls fail with [CodeServiceNotEnabled]. Import turns a plain group into a hosted
// one. Lists of IDs are sent joined by commas, so an ID with a comma is refused.
//
// RongCloud does not document which codes these calls return. Its client SDKs for the same service
// have [CodeGroupExists], [CodeGroupNotFound], [CodeNoGroupPermission] and similar ones.
type HostedGroupService struct {
	service

	Profile    *HostedGroupProfileService    // profile, permissions and attributes of groups
	Member     *HostedGroupMemberService     // who is in a group, and in which role
	Manager    *HostedGroupManagerService    // the managers' role
	Follow     *HostedGroupFollowService     // members whose messages a user never misses
	RemarkName *HostedGroupRemarkNameService // users' private names for groups
	Joined     *HostedGroupJoinedService     // the groups that a user is in
}

func newHostedGroupService(common *service) *HostedGroupService {
	return &HostedGroupService{
		service:    *common,
		Profile:    (*HostedGroupProfileService)(common),
		Member:     (*HostedGroupMemberService)(common),
		Manager:    (*HostedGroupManagerService)(common),
		Follow:     (*HostedGroupFollowService)(common),
		RemarkName: (*HostedGroupRemarkNameService)(common),
		Joined:     (*HostedGroupJoinedService)(common),
	}
}

// HostedGroupCreateParams describes a hosted group to create.
type HostedGroupCreateParams struct {
	GroupID string   `wire:"groupId"` // chosen by the app, at most 64 letters and digits
	Name    string   `wire:"name"`    // at most 64 characters
	OwnerID string   `wire:"owner"`   // a user, who is the first member
	UserIDs []string `wire:"userIds"` // users to invite, at most 30

	Profile     HostedGroupProfile     `wire:"groupProfile"`
	Permissions HostedGroupPermissions `wire:"-"`
	// The app's own; see HostedGroupProfileUpdateParams.
	Attributes map[string]string `wire:"groupExtProfile"`
}

// HostedGroupImportParams describes a plain group to turn into a hosted one.
type HostedGroupImportParams struct {
	GroupID string `wire:"groupId"`
	Name    string `wire:"name"` // at most 64 characters
	OwnerID string `wire:"owner"`

	Profile     HostedGroupProfile     `wire:"groupProfile"`
	Permissions HostedGroupPermissions `wire:"-"`
	// The app's own; see HostedGroupProfileUpdateParams.
	Attributes map[string]string `wire:"groupExtProfile"`
}

// HostedGroupJoinParams says who joins a hosted group.
type HostedGroupJoinParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 100
}

// HostedGroupQuitParams says who leaves a hosted group, and which of their data to delete. Data is
// deleted if its field is nil.
type HostedGroupQuitParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 100

	// Whether to lift their mutes in the group.
	DeleteMute *bool `wire:"isDelBan"`
	// Whether to remove them from the group's whitelist.
	DeleteWhitelist *bool `wire:"isDelWhite"`
	// Whether to remove them from follow lists; RongCloud does not say whose.
	DeleteFollows *bool `wire:"isDelFollowed"`
}

// HostedGroupTransferOwnerParams names a hosted group's new owner.
type HostedGroupTransferOwnerParams struct {
	GroupID    string `wire:"groupId"`
	NewOwnerID string `wire:"newOwner"` // whether they must already be a member is not documented
	Quit       bool   `wire:"isQuit"`   // the old owner leaves

	// Which data of a leaving owner to delete, as in HostedGroupQuitParams.
	DeleteMute      *bool `wire:"isDelBan"`
	DeleteWhitelist *bool `wire:"isDelWhite"`
	DeleteFollows   *bool `wire:"isDelFollowed"`
}

// HostedGroupQuery selects a page of all hosted groups.
type HostedGroupQuery struct {
	// NextPageToken of the previous page; empty for the first.
	PageToken string `wire:"pageToken"`
	// Groups per page, 50 by default, at most 1000.
	Size int `wire:"size"`
	// By time of creation; newest first by default.
	Order SortOrder `wire:"order,enum"`
}

// HostedGroup is a hosted group. Lists leave some fields empty; [HostedGroupProfileService.Get]
// returns everything but the creator.
type HostedGroup struct {
	GroupID string `json:"groupId"`
	Name    string `json:"groupName" alt:"name"`
	OwnerID string `json:"owner"`
	// Set only in the list of all groups.
	CreatorID   string                 `json:"creator"`
	CreatedAt   time.Time              `json:"createTime" alt:"time" unit:"ms"`
	MemberCount int                    `json:"memberCount" alt:"count"`
	Profile     HostedGroupProfile     `json:"groupProfile"`
	Permissions HostedGroupPermissions `json:"permissions"`
	// The app's own; keys begin with ext_.
	Attributes map[string]string `json:"groupExtProfile"`
}

// HostedGroupPage is a page of all hosted groups. It lacks the groups' member counts, permissions
// and attributes.
type HostedGroupPage struct {
	Groups        []HostedGroup
	NextPageToken string // empty on the last page
}

// More reports whether there is another page.
func (p *HostedGroupPage) More() bool { return p.NextPageToken != "" }

// Create creates a hosted group. Where invited users must agree first, client SDKs return
// [CodeGroupInviteePending]; the Server API's response is not documented.
//
// A repeat is expected to fail, because the group then exists, so the call is unsafe: see
// [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/create-group
//
//rongcloud:endpoint POST /entrust/group/create.json
func (s *HostedGroupService) Create(ctx context.Context, params HostedGroupCreateParams, opts ...CallOption) error {
	type request struct {
		HostedGroupCreateParams
		Permissions map[string]int `wire:"permissions"`
	}
	permissions, err := params.Permissions.wire(endpoint.EntrustGroupCreate)
	if err != nil {
		return refused(ctx, s.client, err, opts)
	}
	return send(ctx, s.client, endpoint.EntrustGroupCreate, &request{params, permissions}, opts)
}

// Import turns a plain group into a hosted one, without any callback. Groups created with
// [GroupService.Create] need it before the other calls work on them; otherwise those probably fail
// with [CodeGroupNotHosted]. Like Create, it is unsafe to repeat.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/import-group
//
//rongcloud:endpoint POST /entrust/group/import.json
func (s *HostedGroupService) Import(ctx context.Context, params HostedGroupImportParams, opts ...CallOption) error {
	type request struct {
		HostedGroupImportParams
		Permissions map[string]int `wire:"permissions"`
	}
	permissions, err := params.Permissions.wire(endpoint.EntrustGroupImport)
	if err != nil {
		return refused(ctx, s.client, err, opts)
	}
	return send(ctx, s.client, endpoint.EntrustGroupImport, &request{params, permissions}, opts)
}

// Join adds up to 100 users to a hosted group and returns the group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/join-group
//
//rongcloud:endpoint POST /entrust/group/join.json
func (s *HostedGroupService) Join(ctx context.Context, params HostedGroupJoinParams, opts ...CallOption) (*HostedGroup, error) {
	return fetch[HostedGroup](ctx, s.client, endpoint.EntrustGroupJoin, &params, opts)
}

// Quit takes up to 100 users out of a hosted group as if they had left;
// [HostedGroupMemberService.Kick] removes them. Presumably the owner cannot leave
// ([CodeGroupOwnerCannotLeave]). A repeat changes nothing, but may end with [CodeNotInHostedGroup].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/quit-group
//
//rongcloud:endpoint POST /entrust/group/quit.json
func (s *HostedGroupService) Quit(ctx context.Context, params HostedGroupQuitParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupQuit, &params, opts)
}

// Dismiss dissolves a hosted group. The response if there is no such group is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/diss-group
//
//rongcloud:endpoint POST /entrust/group/dismiss.json
func (s *HostedGroupService) Dismiss(ctx context.Context, groupID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupDismiss, &oneGroupID{groupID}, opts)
}

// TransferOwner makes another user the owner of a hosted group. It is unsafe to repeat: see
// [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/transfer-group
//
//rongcloud:endpoint POST /entrust/group/transfer/owner.json
func (s *HostedGroupService) TransferOwner(ctx context.Context, params HostedGroupTransferOwnerParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupTransferOwner, &params, opts)
}

// List returns one page of all hosted groups of the app; All walks all pages. RongCloud does not
// raise the quota of this call.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-query/query-app-all-group
//
//rongcloud:endpoint POST /entrust/group/query.json
func (s *HostedGroupService) List(ctx context.Context, query HostedGroupQuery, opts ...CallOption) (*HostedGroupPage, error) {
	type response struct {
		Groups []struct {
			HostedGroup
			PortraitURL string `json:"portraitUrl"` // in one example, which has no profile
		} `json:"groups"`
		NextPageToken string `json:"pageToken"`
	}
	found, err := fetch[response](ctx, s.client, endpoint.EntrustGroupQuery, &query, opts)
	if err != nil {
		return nil, err
	}
	page := &HostedGroupPage{Groups: make([]HostedGroup, len(found.Groups)), NextPageToken: found.NextPageToken}
	for i, group := range found.Groups {
		if group.Profile.PortraitURL == "" {
			group.Profile.PortraitURL = group.PortraitURL
		}
		page.Groups[i] = group.HostedGroup
	}
	return page, nil
}

// All yields all hosted groups of the app, starting at the query's page.
func (s *HostedGroupService) All(ctx context.Context, query HostedGroupQuery, opts ...CallOption) iter.Seq2[HostedGroup, error] {
	return walkTokens(ctx, endpoint.EntrustGroupQuery, s.List, query, opts,
		func(q *HostedGroupQuery) *string { return &q.PageToken },
		func(p *HostedGroupPage) ([]HostedGroup, string) { return p.Groups, p.NextPageToken })
}
