package webhook

import "time"

// GroupPermissions are the permissions of an entrusted group. What did not come is nil. The values
// are those of the Server API's calls for entrusted groups.
type GroupPermissions struct {
	Join          *int // joinPerm: who lets a user join
	Remove        *int // removePerm: who may remove members
	MemberInvite  *int // memInvitePerm: who may invite
	Invite        *int // invitePerm: must the invited user agree
	Profile       *int // profilePerm: who may change the group's data
	MemberProfile *int // memProfilePerm: who may change a member's data
}

// GroupProfile tells that the data of an entrusted group changed: its name, notice, picture,
// permissions or own fields. RongCloud sends several at once.
//
// Repeats have the same GroupID and Time.
//
// RongCloud:
// https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-sync/sync-group-info-status
type GroupProfile struct {
	Envelope

	GroupID      string            // groupId
	GroupName    string            // groupName
	OccurredAt   time.Time         // time
	OperatorID   string            // optUserId: who made the change
	Introduction string            // groupProfile.introduction
	Announcement string            // groupProfile.announcement
	PortraitURL  string            // groupProfile.portraitUrl
	Attributes   map[string]string // groupExtProfile: the app's own
	Permissions  *GroupPermissions // permissions; nil if they did not come
}

// Kind returns [KindGroupProfile].
func (*GroupProfile) Kind() Kind { return KindGroupProfile }

func (p *GroupProfile) key() string { return joinKey("group", p.GroupID) }

func readGroupProfile(f *fields) Event {
	basic, _ := f.sub("groupProfile")
	p := &GroupProfile{
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
		p.Permissions = &GroupPermissions{
			Join:          permissions.optional("joinPerm"),
			Remove:        permissions.optional("removePerm"),
			MemberInvite:  permissions.optional("memInvitePerm"),
			Invite:        permissions.optional("invitePerm"),
			Profile:       permissions.optional("profilePerm"),
			MemberProfile: permissions.optional("memProfilePerm"),
		}
		f.join("permissions", permissions)
	}
	return p
}

// GroupEvent is what happened to an entrusted group.
type GroupEvent int

// The events of [GroupOperation].
const (
	GroupCreated      GroupEvent = 1
	GroupJoined       GroupEvent = 2
	GroupRemoved      GroupEvent = 3 // members were removed
	GroupLeft         GroupEvent = 4
	GroupDismissed    GroupEvent = 5
	GroupAdminAdded   GroupEvent = 6
	GroupAdminRemoved GroupEvent = 7
	GroupOwnerChanged GroupEvent = 8
)

// String names the event in English.
func (e GroupEvent) String() string {
	return nameOf("group event", int(e), 1,
		"created", "joined", "removed", "left", "dismissed", "admin added", "admin removed", "owner changed")
}

// GroupOperation tells that an entrusted group was created or dismissed, or that its members or
// their roles changed. RongCloud sends several at once.
//
// Repeats have the same GroupID, Event, OperatorIDs, UserIDs and Time.
//
// RongCloud:
// https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-sync/sync-group-opt-status
type GroupOperation struct {
	Envelope

	GroupID     string     // groupId
	Event       GroupEvent // eventType
	OccurredAt  time.Time  // time
	OperatorID  string     // optUserId: who did it; the first if it is a list
	OperatorIDs []string   // optUserId: all of them; RongCloud's page has a sample with a list, and without userIds
	UserIDs     []string   // userIds: the users concerned
}

// Kind returns [KindGroupOperation].
func (*GroupOperation) Kind() Kind { return KindGroupOperation }

func (o *GroupOperation) key() string { return joinKey("group", o.GroupID) }

func readGroupOperation(f *fields) Event {
	operators := f.list("optUserId")
	return &GroupOperation{
		GroupID:     f.required("groupId"),
		Event:       GroupEvent(f.integer("eventType")),
		OccurredAt:  f.time("time"),
		OperatorID:  first(operators),
		OperatorIDs: operators,
		UserIDs:     f.list("userIds"),
	}
}

// first is the one user of a list that RongCloud sends in place of a text.
func first(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return items[0]
}
