package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EntrustGroupService keeps groups whose profile, roles and permissions RongCloud hosts ("information hosting"), in addition to what
// [GroupService] keeps. The service must be enabled for the app, or its calls end with [CodeServiceNotEnabled]. A plain group becomes
// a hosted one by Import. Lists of IDs travel joined by commas, so an ID with a comma is refused.
//
// Which codes these calls answer with is not documented. The client SDKs of the same service know [CodeGroupExists], [CodeGroupNotFound],
// [CodeNoGroupPermission] and their like.
type EntrustGroupService struct {
	service

	Profile    *EntrustProfileService    // profile, permissions and attributes of groups
	Member     *EntrustMemberService     // who is in a group, and in which role
	Manager    *EntrustManagerService    // the managers' role
	Follow     *EntrustFollowService     // members whose messages a user never misses
	RemarkName *EntrustRemarkNameService // users' private names for groups
	Joined     *EntrustJoinedService     // the groups that a user is in
}

func newEntrustGroupService(common *service) *EntrustGroupService {
	return &EntrustGroupService{
		service:    *common,
		Profile:    (*EntrustProfileService)(common),
		Member:     (*EntrustMemberService)(common),
		Manager:    (*EntrustManagerService)(common),
		Follow:     (*EntrustFollowService)(common),
		RemarkName: (*EntrustRemarkNameService)(common),
		Joined:     (*EntrustJoinedService)(common),
	}
}

// EntrustCreateParams describes a hosted group to create.
type EntrustCreateParams struct {
	GroupID string   `wire:"groupId"` // chosen by the app, at most 64 letters and digits
	Name    string   `wire:"name"`    // at most 64 characters
	Owner   string   `wire:"owner"`   // a user, who is the first member
	UserIDs []string `wire:"userIds"` // users to invite, at most 30

	Profile     EntrustProfile     `wire:"groupProfile"`
	Permissions EntrustPermissions `wire:"permissions"`
	Attributes  map[string]string  `wire:"groupExtProfile"` // the app's own; see EntrustProfileUpdate
}

// EntrustImportParams describes what a plain group becomes.
type EntrustImportParams struct {
	GroupID string `wire:"groupId"`
	Name    string `wire:"name"` // at most 64 characters
	Owner   string `wire:"owner"`

	Profile     EntrustProfile     `wire:"groupProfile"`
	Permissions EntrustPermissions `wire:"permissions"`
	Attributes  map[string]string  `wire:"groupExtProfile"` // the app's own; see EntrustProfileUpdate
}

// EntrustJoinParams says who joins a hosted group.
type EntrustJoinParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 100
}

// EntrustQuitParams says who leaves a hosted group, and what of them is forgotten. The server forgets what is nil.
type EntrustQuitParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 100

	DeleteMute      *bool `wire:"isDelBan"`      // lift their mutes in the group
	DeleteWhitelist *bool `wire:"isDelWhite"`    // take them off the group's whitelist
	DeleteFollows   *bool `wire:"isDelFollowed"` // take them off follow lists; RongCloud is not clear about whose
}

// EntrustTransferParams gives a hosted group to another owner.
type EntrustTransferParams struct {
	GroupID  string `wire:"groupId"`
	NewOwner string `wire:"newOwner"` // whether it must be a member already is not documented
	Quit     bool   `wire:"isQuit"`   // the old owner leaves

	// What is forgotten of an old owner who leaves, as in EntrustQuitParams.
	DeleteMute      *bool `wire:"isDelBan"`
	DeleteWhitelist *bool `wire:"isDelWhite"`
	DeleteFollows   *bool `wire:"isDelFollowed"`
}

// EntrustGroupQuery chooses a page of all hosted groups.
type EntrustGroupQuery struct {
	PageToken string     `wire:"pageToken"` // Next of the page before; empty for the first page
	Size      int        `wire:"size"`      // groups per page, 50 by default, at most 1000
	Order     *SortOrder `wire:"order"`     // by time of creation; newest first if nil
}

// EntrustGroup is a hosted group.
type EntrustGroup struct {
	GroupID     string             `json:"groupId"`
	Name        string             `json:"groupName" alt:"name"`
	Owner       string             `json:"owner"`
	CreatedAt   time.Time          `json:"createTime" unit:"ms"`
	MemberCount int                `json:"memberCount"`
	Profile     EntrustProfile     `json:"groupProfile"`
	Permissions EntrustPermissions `json:"permissions"`
	Attributes  map[string]string  `json:"groupExtProfile"` // the app's own; keys begin with ext_
}

// EntrustGroupEntry is a hosted group as the list of all groups shows it.
type EntrustGroupEntry struct {
	GroupID   string         `json:"groupId"`
	Name      string         `json:"name"`
	Owner     string         `json:"owner"`
	Creator   string         `json:"creator"`
	CreatedAt time.Time      `json:"time" unit:"ms"`
	Profile   EntrustProfile `json:"groupProfile"`
}

// EntrustGroupPage is a page of all hosted groups.
type EntrustGroupPage struct {
	Groups []EntrustGroupEntry
	Next   string // token of the next page; empty on the last one
}

// Create creates a hosted group. Where invited users must agree first, client SDKs end with
// [CodeGroupInviteePending]; what the Server API responds is not documented.
//
// A repeat is expected to fail, because the group then exists; so the call is unsafe: see
// [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/create-group
//
//rongcloud:endpoint POST /entrust/group/create.json
func (s *EntrustGroupService) Create(ctx context.Context, params EntrustCreateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupCreate, &params, opts)
}

// Import makes a plain group a hosted one, without any callback. Groups made by
// [GroupService.Create] need it before the other calls work on them, which else probably end with
// [CodeGroupNotHosted]. Like Create it is unsafe to repeat.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/import-group
//
//rongcloud:endpoint POST /entrust/group/import.json
func (s *EntrustGroupService) Import(ctx context.Context, params EntrustImportParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupImport, &params, opts)
}

// Join puts up to 100 users into a hosted group and returns the group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/join-group
//
//rongcloud:endpoint POST /entrust/group/join.json
func (s *EntrustGroupService) Join(ctx context.Context, params EntrustJoinParams, opts ...CallOption) (*EntrustGroup, error) {
	return fetch[EntrustGroup](ctx, s.client, endpoint.EntrustGroupJoin, &params, opts)
}

// Quit takes up to 100 users out of a hosted group, as if they left by themselves;
// [EntrustMemberService.Kick] removes them. The owner can presumably not leave
// ([CodeGroupOwnerCannotLeave]). A repeat changes nothing, but may end with [CodeNotInHostedGroup].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/quit-group
//
//rongcloud:endpoint POST /entrust/group/quit.json
func (s *EntrustGroupService) Quit(ctx context.Context, params EntrustQuitParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupQuit, &params, opts)
}

// Dismiss dissolves a hosted group. What the server answers if there is no such group is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/diss-group
//
//rongcloud:endpoint POST /entrust/group/dismiss.json
func (s *EntrustGroupService) Dismiss(ctx context.Context, groupID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupDismiss, &oneGroupID{groupID}, opts)
}

// TransferOwner gives a hosted group to another owner. It is unsafe to repeat: see [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/transfer-group
//
//rongcloud:endpoint POST /entrust/group/transfer/owner.json
func (s *EntrustGroupService) TransferOwner(ctx context.Context, params EntrustTransferParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupTransferOwner, &params, opts)
}

// List returns one page of all hosted groups of the app; All walks all pages. RongCloud does not
// raise the quota of this call.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-query/query-app-all-group
//
//rongcloud:endpoint POST /entrust/group/query.json
func (s *EntrustGroupService) List(ctx context.Context, query EntrustGroupQuery, opts ...CallOption) (*EntrustGroupPage, error) {
	type answer struct {
		Groups []struct {
			EntrustGroupEntry
			PortraitURL string `json:"portraitUrl"` // one example has it here, and no profile
		} `json:"groups"`
		Next string `json:"pageToken"`
	}
	found, err := fetch[answer](ctx, s.client, endpoint.EntrustGroupQuery, &query, opts)
	if err != nil {
		return nil, err
	}
	page := &EntrustGroupPage{Groups: make([]EntrustGroupEntry, len(found.Groups)), Next: found.Next}
	for i, group := range found.Groups {
		if group.Profile.PortraitURL == "" {
			group.Profile.PortraitURL = group.PortraitURL
		}
		page.Groups[i] = group.EntrustGroupEntry
	}
	return page, nil
}

// All yields all hosted groups of the app, from the query's page on.
func (s *EntrustGroupService) All(ctx context.Context, query EntrustGroupQuery, opts ...CallOption) iter.Seq2[EntrustGroupEntry, error] {
	return walkTokens(endpoint.EntrustGroupQuery, query.PageToken, func(token string) ([]EntrustGroupEntry, string, error) {
		at := query
		at.PageToken = token
		page, err := s.List(ctx, at, opts...)
		if err != nil {
			return nil, "", err
		}
		return page.Groups, page.Next, nil
	})
}
