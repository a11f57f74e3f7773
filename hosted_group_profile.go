package rongcloud

import (
	"context"
	"fmt"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupProfileService reads and changes profile, permissions and attributes of hosted groups.
type HostedGroupProfileService service

// HostedGroupJoinPermission says who lets a user join a hosted group.
type HostedGroupJoinPermission int

// The permissions to join.
const (
	HostedGroupJoinOwnerVerify   HostedGroupJoinPermission = 0 // the owner agrees
	HostedGroupJoinFree          HostedGroupJoinPermission = 1 // nobody has to agree
	HostedGroupJoinManagerVerify HostedGroupJoinPermission = 2 // the owner or a manager agrees
	HostedGroupJoinClosed        HostedGroupJoinPermission = 3 // nobody can join
)

// String returns the permission in words.
func (p HostedGroupJoinPermission) String() string {
	switch p {
	case HostedGroupJoinOwnerVerify:
		return "owner agrees"
	case HostedGroupJoinFree:
		return "free"
	case HostedGroupJoinManagerVerify:
		return "owner or manager agrees"
	case HostedGroupJoinClosed:
		return "closed"
	}
	return fmt.Sprintf("EntrustJoinPermission(%d)", int(p))
}

// HostedGroupPermission says who may do something in a hosted group.
type HostedGroupPermission int

// The permissions.
const (
	HostedGroupOwnerOnly      HostedGroupPermission = 0
	HostedGroupOwnerOrManager HostedGroupPermission = 1
	HostedGroupEveryone       HostedGroupPermission = 2
)

// String returns the permission in words.
func (p HostedGroupPermission) String() string {
	switch p {
	case HostedGroupOwnerOnly:
		return "owner"
	case HostedGroupOwnerOrManager:
		return "owner or manager"
	case HostedGroupEveryone:
		return "everyone"
	}
	return fmt.Sprintf("EntrustPermission(%d)", int(p))
}

// HostedGroupInviteConsent says whether users who are invited to a hosted group must agree.
type HostedGroupInviteConsent int

// The ways to be invited.
const (
	HostedGroupInviteConsentFree   HostedGroupInviteConsent = 0 // they are members at once
	HostedGroupInviteConsentVerify HostedGroupInviteConsent = 1 // they must agree
)

// String returns the way in words.
func (c HostedGroupInviteConsent) String() string {
	switch c {
	case HostedGroupInviteConsentFree:
		return "free"
	case HostedGroupInviteConsentVerify:
		return "invited user agrees"
	}
	return fmt.Sprintf("EntrustInviteConsent(%d)", int(c))
}

// HostedGroupMemberPermission says who may change what a hosted group holds about a member.
type HostedGroupMemberPermission int

// The permissions to change a member's entry.
const (
	HostedGroupMemberManagersOrSelf HostedGroupMemberPermission = 0 // the owner, a manager or the member
	HostedGroupMemberOwnerOrSelf    HostedGroupMemberPermission = 1
	HostedGroupMemberSelfOnly       HostedGroupMemberPermission = 2
)

// String returns the permission in words.
func (p HostedGroupMemberPermission) String() string {
	switch p {
	case HostedGroupMemberManagersOrSelf:
		return "owner, manager or the member"
	case HostedGroupMemberOwnerOrSelf:
		return "owner or the member"
	case HostedGroupMemberSelfOnly:
		return "the member"
	}
	return fmt.Sprintf("EntrustMemberPermission(%d)", int(p))
}

// HostedGroupProfile is the basic profile of a hosted group.
type HostedGroupProfile struct {
	Introduction string `json:"introduction,omitempty"` // at most 512 characters
	Announcement string `json:"announcement,omitempty"` // at most 1024 characters
	PortraitURL  string `json:"portraitUrl,omitempty"`  // address of the avatar, at most 128 characters
}

// HostedGroupPermissions are the rules of a hosted group for its users' clients. What is nil is
// left to the server, which takes 0. The Server API itself stands above them.
type HostedGroupPermissions struct {
	Join          *HostedGroupJoinPermission   `json:"joinPerm,omitempty"`
	Remove        *HostedGroupPermission       `json:"removePerm,omitempty"`     // who may remove members
	Invite        *HostedGroupPermission       `json:"memInvitePerm,omitempty"`  // who may invite users
	InviteConsent *HostedGroupInviteConsent    `json:"invitePerm,omitempty"`     // whether invited users must agree
	Profile       *HostedGroupPermission       `json:"profilePerm,omitempty"`    // who may change the profile
	MemberProfile *HostedGroupMemberPermission `json:"memProfilePerm,omitempty"` // who may change a member's entry
}

// HostedGroupProfileChange is what changes in the basic profile of a hosted group. A pointer to an
// empty text clears.
type HostedGroupProfileChange struct {
	Introduction *string // at most 512 characters
	Announcement *string // at most 1024 characters
	PortraitURL  *string // address of the avatar, at most 128 characters
}

// HostedGroupProfileUpdateParams changes a hosted group.
type HostedGroupProfileUpdateParams struct {
	GroupID     string
	Name        string // at most 64 characters
	Profile     HostedGroupProfileChange
	Permissions HostedGroupPermissions

	// Attributes are the app's own, with values of at most 256 characters. Their keys begin with
	// ext_ and must first be defined in the console; there can be 10, unless the app has room for
	// more.
	Attributes map[string]string
}

// HostedGroups are the hosted groups that were asked for.
type HostedGroups struct {
	Groups []HostedGroup `json:"profiles"`
}

// Update changes profile, permissions and attributes of a hosted group. Whether what it leaves out
// keeps its value within each of the three is not documented. Clients get an event.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/update-group
//
//rongcloud:endpoint POST /entrust/group/profile/update.json
func (s *HostedGroupProfileService) Update(ctx context.Context, update HostedGroupProfileUpdateParams, opts ...CallOption) error {
	type profile struct {
		Name         string  `json:"name,omitempty"`
		Introduction *string `json:"introduction,omitempty"`
		Announcement *string `json:"announcement,omitempty"`
		PortraitURL  *string `json:"portraitUrl,omitempty"`
	}
	type request struct {
		GroupID     string                 `wire:"groupId"`
		Name        string                 `wire:"name"` // the pages want it in the profile, older SDKs send it here
		Profile     profile                `wire:"groupProfile"`
		Permissions HostedGroupPermissions `wire:"permissions"`
		Attributes  map[string]string      `wire:"groupExtProfile"`
	}
	p := update.Profile
	return send(ctx, s.client, endpoint.EntrustGroupProfileUpdate, &request{
		update.GroupID, update.Name, profile{update.Name, p.Introduction, p.Announcement, p.PortraitURL},
		update.Permissions, update.Attributes,
	}, opts)
}

// Get returns up to 50 hosted groups.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/query-group-profiles
//
//rongcloud:endpoint POST /entrust/group/profile/query.json
func (s *HostedGroupProfileService) Get(ctx context.Context, groupIDs []string, opts ...CallOption) (*HostedGroups, error) {
	type request struct {
		GroupIDs []string `wire:"groupIds"`
	}
	return fetch[HostedGroups](ctx, s.client, endpoint.EntrustGroupProfileQuery, &request{groupIDs}, opts)
}
