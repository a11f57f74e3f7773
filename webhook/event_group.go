package webhook

import (
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// HostedGroupProfile reports that the data of a hosted group changed: its name, notice, picture,
// permissions or custom fields. RongCloud sends several at once.
//
// Repeats have the same GroupID and OccurredAt.
//
// RongCloud:
// https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-sync/sync-group-info-status
type HostedGroupProfile struct {
	Envelope

	GroupID      string            // groupId
	GroupName    string            // groupName
	OccurredAt   time.Time         // time
	OperatorID   string            // optUserId: who made the change
	Introduction string            // groupProfile.introduction
	Announcement string            // groupProfile.announcement
	PortraitURL  string            // groupProfile.portraitUrl
	Attributes   map[string]string // groupExtProfile: the app's own
	// permissions: nil if missing; missing fields are zero
	Permissions *rongcloud.HostedGroupPermissions
}

// Kind returns [KindHostedGroupProfile].
func (*HostedGroupProfile) Kind() Kind { return KindHostedGroupProfile }

func (p *HostedGroupProfile) key() string { return joinKey("group", p.GroupID) }

func readHostedGroupProfile(f *fields) Event {
	basic, _ := f.sub("groupProfile")
	p := &HostedGroupProfile{
		GroupID:      f.required("groupId"),
		GroupName:    f.text("groupName"),
		OccurredAt:   f.time("time"),
		OperatorID:   first(f.list("optUserId")),
		Introduction: basic.text("introduction"),
		Announcement: basic.text("announcement"),
		PortraitURL:  basic.text("portraitUrl"),
		Attributes:   f.texts("groupExtProfile"),
	}
	if permissions, present := f.sub("permissions"); present {
		p.Permissions = &rongcloud.HostedGroupPermissions{
			Join:          rongcloud.HostedGroupJoinPermission(permissions.fromZero("joinPerm")),
			Remove:        rongcloud.HostedGroupPermission(permissions.fromZero("removePerm")),
			Invite:        rongcloud.HostedGroupPermission(permissions.fromZero("memInvitePerm")),
			InviteConsent: rongcloud.HostedGroupInviteConsent(permissions.fromZero("invitePerm")),
			Profile:       rongcloud.HostedGroupPermission(permissions.fromZero("profilePerm")),
			MemberProfile: rongcloud.HostedGroupMemberPermission(permissions.fromZero("memProfilePerm")),
		}
		f.join("permissions", permissions)
	}
	return p
}

// HostedGroupEvent is what happened to a hosted group.
type HostedGroupEvent int

// The events of [HostedGroupOperation].
const (
	HostedGroupEventCreated        HostedGroupEvent = 1
	HostedGroupEventJoined         HostedGroupEvent = 2
	HostedGroupEventRemoved        HostedGroupEvent = 3 // members were removed
	HostedGroupEventLeft           HostedGroupEvent = 4
	HostedGroupEventDismissed      HostedGroupEvent = 5
	HostedGroupEventManagerAdded   HostedGroupEvent = 6
	HostedGroupEventManagerRemoved HostedGroupEvent = 7
	HostedGroupEventOwnerChanged   HostedGroupEvent = 8
)

// String names the event in English.
func (e HostedGroupEvent) String() string {
	return nameOf("HostedGroupEvent", int(e), 1,
		"created", "joined", "removed", "left", "dismissed", "manager added", "manager removed", "owner changed")
}

// HostedGroupOperation reports that a hosted group was created or dismissed, or that its members
// or their roles changed. RongCloud sends several at once.
//
// Repeats have the same GroupID, Event, OperatorIDs, UserIDs and OccurredAt.
//
// RongCloud:
// https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-sync/sync-group-opt-status
type HostedGroupOperation struct {
	Envelope

	GroupID    string           // groupId
	Event      HostedGroupEvent // eventType
	OccurredAt time.Time        // time
	OperatorID string           // optUserId: who did it; the first if it is a list
	// optUserId: all of them; RongCloud's page has a sample with a list and no userIds
	OperatorIDs []string
	UserIDs     []string // userIds: the users concerned
}

// Kind returns [KindHostedGroupOperation].
func (*HostedGroupOperation) Kind() Kind { return KindHostedGroupOperation }

func (o *HostedGroupOperation) key() string { return joinKey("group", o.GroupID) }

func readHostedGroupOperation(f *fields) Event {
	operators := f.list("optUserId")
	return &HostedGroupOperation{
		GroupID:     f.required("groupId"),
		Event:       HostedGroupEvent(f.integer("eventType")),
		OccurredAt:  f.time("time"),
		OperatorID:  first(operators),
		OperatorIDs: operators,
		UserIDs:     f.list("userIds"),
	}
}

// first returns the first user of a list that RongCloud sends instead of a text.
func first(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return items[0]
}
