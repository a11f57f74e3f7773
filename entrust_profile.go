package rongcloud

import (
	"context"
	"fmt"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EntrustProfileService reads and changes profile, permissions and attributes of hosted groups.
type EntrustProfileService service

// EntrustJoinPermission says who lets a user join a hosted group.
type EntrustJoinPermission int

// The permissions to join.
const (
	EntrustJoinOwnerVerify   EntrustJoinPermission = 0 // the owner agrees
	EntrustJoinFree          EntrustJoinPermission = 1 // nobody has to agree
	EntrustJoinManagerVerify EntrustJoinPermission = 2 // the owner or a manager agrees
	EntrustJoinClosed        EntrustJoinPermission = 3 // nobody can join
)

// String returns the permission in words.
func (p EntrustJoinPermission) String() string {
	switch p {
	case EntrustJoinOwnerVerify:
		return "owner agrees"
	case EntrustJoinFree:
		return "free"
	case EntrustJoinManagerVerify:
		return "owner or manager agrees"
	case EntrustJoinClosed:
		return "closed"
	}
	return fmt.Sprintf("EntrustJoinPermission(%d)", int(p))
}

// EntrustPermission says who may do something in a hosted group.
type EntrustPermission int

// The permissions.
const (
	EntrustOwnerOnly      EntrustPermission = 0
	EntrustOwnerOrManager EntrustPermission = 1
	EntrustEveryone       EntrustPermission = 2
)

// String returns the permission in words.
func (p EntrustPermission) String() string {
	switch p {
	case EntrustOwnerOnly:
		return "owner"
	case EntrustOwnerOrManager:
		return "owner or manager"
	case EntrustEveryone:
		return "everyone"
	}
	return fmt.Sprintf("EntrustPermission(%d)", int(p))
}

// EntrustInviteConsent says whether users who are invited to a hosted group must agree.
type EntrustInviteConsent int

// The ways to be invited.
const (
	EntrustInviteFree    EntrustInviteConsent = 0 // they are members at once
	EntrustInviteeVerify EntrustInviteConsent = 1 // they must agree
)

// String returns the way in words.
func (c EntrustInviteConsent) String() string {
	switch c {
	case EntrustInviteFree:
		return "free"
	case EntrustInviteeVerify:
		return "invited user agrees"
	}
	return fmt.Sprintf("EntrustInviteConsent(%d)", int(c))
}

// EntrustMemberPermission says who may change what a hosted group holds about a member.
type EntrustMemberPermission int

// The permissions to change a member's entry.
const (
	EntrustManagersOrSelf EntrustMemberPermission = 0 // the owner, a manager or the member
	EntrustOwnerOrSelf    EntrustMemberPermission = 1
	EntrustSelfOnly       EntrustMemberPermission = 2
)

// String returns the permission in words.
func (p EntrustMemberPermission) String() string {
	switch p {
	case EntrustManagersOrSelf:
		return "owner, manager or the member"
	case EntrustOwnerOrSelf:
		return "owner or the member"
	case EntrustSelfOnly:
		return "the member"
	}
	return fmt.Sprintf("EntrustMemberPermission(%d)", int(p))
}

// EntrustProfile is the basic profile of a hosted group.
type EntrustProfile struct {
	Introduction string `json:"introduction,omitempty"` // at most 512 characters
	Announcement string `json:"announcement,omitempty"` // at most 1024 characters
	PortraitURL  string `json:"portraitUrl,omitempty"`  // address of the avatar, at most 128 characters
}

// EntrustPermissions are the rules of a hosted group for its users' clients. What is nil is left to the server, which takes 0. The
// Server API itself stands above them.
type EntrustPermissions struct {
	Join          *EntrustJoinPermission   `json:"joinPerm,omitempty"`
	Remove        *EntrustPermission       `json:"removePerm,omitempty"`     // who may remove members
	Invite        *EntrustPermission       `json:"memInvitePerm,omitempty"`  // who may invite users
	InviteConsent *EntrustInviteConsent    `json:"invitePerm,omitempty"`     // whether invited users must agree
	Profile       *EntrustPermission       `json:"profilePerm,omitempty"`    // who may change the profile
	MemberProfile *EntrustMemberPermission `json:"memProfilePerm,omitempty"` // who may change a member's entry
}

// EntrustProfileChange is what changes in the basic profile of a hosted group. A pointer to an empty text clears.
type EntrustProfileChange struct {
	Introduction *string // at most 512 characters
	Announcement *string // at most 1024 characters
	PortraitURL  *string // address of the avatar, at most 128 characters
}

// EntrustProfileUpdate changes a hosted group.
type EntrustProfileUpdate struct {
	GroupID     string
	Name        string // at most 64 characters
	Profile     EntrustProfileChange
	Permissions EntrustPermissions

	// Attributes are the app's own, with values of at most 256 characters. Their keys begin with ext_ and must first be
	// defined in the console; there can be 10, unless the app has room for more.
	Attributes map[string]string
}

// EntrustGroups are the hosted groups that were asked for.
type EntrustGroups struct {
	Groups []EntrustGroup `json:"profiles"`
}

// Update changes profile, permissions and attributes of a hosted group. Whether what it leaves out keeps its value within
// each of the three is not documented. Clients get an event.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/update-group
//
//rongcloud:endpoint POST /entrust/group/profile/update.json
func (s *EntrustProfileService) Update(ctx context.Context, update EntrustProfileUpdate, opts ...CallOption) error {
	type profile struct {
		Name         string  `json:"name,omitempty"`
		Introduction *string `json:"introduction,omitempty"`
		Announcement *string `json:"announcement,omitempty"`
		PortraitURL  *string `json:"portraitUrl,omitempty"`
	}
	type request struct {
		GroupID     string             `wire:"groupId"`
		Name        string             `wire:"name"` // the pages want it in the profile, older SDKs send it here
		Profile     profile            `wire:"groupProfile"`
		Permissions EntrustPermissions `wire:"permissions"`
		Attributes  map[string]string  `wire:"groupExtProfile"`
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
func (s *EntrustProfileService) Get(ctx context.Context, groupIDs []string, opts ...CallOption) (*EntrustGroups, error) {
	type request struct {
		GroupIDs []string `wire:"groupIds"`
	}
	return fetch[EntrustGroups](ctx, s.client, endpoint.EntrustGroupProfileQuery, &request{groupIDs}, opts)
}
