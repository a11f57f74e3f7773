package rongcloud

import (
	"context"
	"fmt"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupProfileService reads and changes the profile, permissions and attributes of hosted
// groups.
type HostedGroupProfileService service

// HostedGroupJoinPermission says who lets a user join a hosted group.
type HostedGroupJoinPermission int

// The permissions to join. The server's default is HostedGroupJoinOwnerVerify.
const (
	HostedGroupJoinOwnerVerify   HostedGroupJoinPermission = 1 // the owner agrees
	HostedGroupJoinFree          HostedGroupJoinPermission = 2 // nobody has to agree
	HostedGroupJoinManagerVerify HostedGroupJoinPermission = 3 // the owner or a manager agrees
	HostedGroupJoinClosed        HostedGroupJoinPermission = 4 // nobody can join
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
	return fmt.Sprintf("HostedGroupJoinPermission(%d)", int(p))
}

// HostedGroupPermission says who may do something in a hosted group.
type HostedGroupPermission int

// The permissions. The server's default is HostedGroupOwnerOnly.
const (
	HostedGroupOwnerOnly      HostedGroupPermission = 1
	HostedGroupOwnerOrManager HostedGroupPermission = 2
	HostedGroupEveryone       HostedGroupPermission = 3
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
	return fmt.Sprintf("HostedGroupPermission(%d)", int(p))
}

// HostedGroupInviteConsent says whether users invited to a hosted group must agree.
type HostedGroupInviteConsent int

// The ways to be invited. The server's default is HostedGroupInviteConsentFree.
const (
	HostedGroupInviteConsentFree   HostedGroupInviteConsent = 1 // they are members at once
	HostedGroupInviteConsentVerify HostedGroupInviteConsent = 2 // they must agree
)

// String returns the way in words.
func (c HostedGroupInviteConsent) String() string {
	switch c {
	case HostedGroupInviteConsentFree:
		return "free"
	case HostedGroupInviteConsentVerify:
		return "invited user agrees"
	}
	return fmt.Sprintf("HostedGroupInviteConsent(%d)", int(c))
}

// HostedGroupMemberPermission says who may change a member's data in a hosted group.
type HostedGroupMemberPermission int

// The permissions to change a member's data. The server's default is
// HostedGroupMemberManagersOrSelf.
const (
	// The owner, a manager or the member.
	HostedGroupMemberManagersOrSelf HostedGroupMemberPermission = 1
	HostedGroupMemberOwnerOrSelf    HostedGroupMemberPermission = 2
	HostedGroupMemberSelfOnly       HostedGroupMemberPermission = 3
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
	return fmt.Sprintf("HostedGroupMemberPermission(%d)", int(p))
}

// HostedGroupProfile is the basic profile of a hosted group.
type HostedGroupProfile struct {
	// At most 512 characters.
	Introduction string `json:"introduction,omitempty"`
	// At most 1024 characters.
	Announcement string `json:"announcement,omitempty"`
	// Address of the avatar, at most 128 characters.
	PortraitURL string `json:"portraitUrl,omitempty"`
}

// HostedGroupPermissions are the rules of a hosted group for its users' clients. Zero fields are
// left to the server: a new group gets the defaults. The rules do not apply to the Server API
// itself.
type HostedGroupPermissions struct {
	Join HostedGroupJoinPermission `json:"joinPerm" from:"0"`
	// Who may remove members.
	Remove HostedGroupPermission `json:"removePerm" from:"0"`
	// Who may invite users.
	Invite HostedGroupPermission `json:"memInvitePerm" from:"0"`
	// Whether invited users must agree.
	InviteConsent HostedGroupInviteConsent `json:"invitePerm" from:"0"`
	// Who may change the profile.
	Profile HostedGroupPermission `json:"profilePerm" from:"0"`
	// Who may change a member's data.
	MemberProfile HostedGroupMemberPermission `json:"memProfilePerm" from:"0"`
}

// wire returns the fields that are set, by their wire names. The wire counts from 0. Values are not
// checked: the server may know more of them than there are constants.
func (p *HostedGroupPermissions) wire(ep *endpoint.Endpoint) (map[string]int, error) {
	wire := map[string]int{}
	for _, permission := range []struct {
		field, name string
		value       int
	}{
		{"Join", "joinPerm", int(p.Join)},
		{"Remove", "removePerm", int(p.Remove)},
		{"Invite", "memInvitePerm", int(p.Invite)},
		{"InviteConsent", "invitePerm", int(p.InviteConsent)},
		{"Profile", "profilePerm", int(p.Profile)},
		{"MemberProfile", "memProfilePerm", int(p.MemberProfile)},
	} {
		if permission.value < 0 {
			return nil, refuseField(ep, "HostedGroupPermissions."+permission.field, "permissions", "is negative")
		}
		if permission.value > 0 {
			wire[permission.name] = permission.value - 1
		}
	}
	return wire, nil
}

// HostedGroupProfileUpdateParams changes a hosted group. A pointer to an empty text clears the
// field.
type HostedGroupProfileUpdateParams struct {
	GroupID string `wire:"groupId"`
	// At most 64 characters.
	Name string `wire:"name"`
	// At most 512 characters.
	Introduction *string `wire:"-"`
	// At most 1024 characters.
	Announcement *string `wire:"-"`
	// Address of the avatar, at most 128 characters.
	PortraitURL *string                `wire:"-"`
	Permissions HostedGroupPermissions `wire:"-"`

	// Attributes are the app's own, with values of at most 256 characters. Their keys begin with
	// ext_ and must first be defined in the console; there can be 10, unless RongCloud has raised
	// the app's limit.
	Attributes map[string]string `wire:"groupExtProfile"`
}

// HostedGroups are the requested hosted groups.
type HostedGroups struct {
	Groups []HostedGroup `json:"profiles"`
}

// Update changes the name, profile, permissions and attributes of a hosted group. If the profile,
// the permissions or the attributes are given only in part, whether the rest keeps its value is not
// documented. Clients get an event.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/update-group
//
//rongcloud:endpoint POST /entrust/group/profile/update.json
func (s *HostedGroupProfileService) Update(ctx context.Context, params HostedGroupProfileUpdateParams, opts ...CallOption) error {
	type profile struct {
		// Where the pages put it; older SDKs send it at the top level.
		Name         string  `json:"name,omitempty"`
		Introduction *string `json:"introduction,omitempty"`
		Announcement *string `json:"announcement,omitempty"`
		PortraitURL  *string `json:"portraitUrl,omitempty"`
	}
	type request struct {
		HostedGroupProfileUpdateParams
		Profile     profile        `wire:"groupProfile"`
		Permissions map[string]int `wire:"permissions"`
	}
	permissions, err := params.Permissions.wire(endpoint.EntrustGroupProfileUpdate)
	if err != nil {
		return refused(ctx, s.client, err, opts)
	}
	return send(ctx, s.client, endpoint.EntrustGroupProfileUpdate, &request{
		params, profile{params.Name, params.Introduction, params.Announcement, params.PortraitURL}, permissions,
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
