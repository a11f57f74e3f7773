package webhook

import (
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// Presence is what a user's client did.
type Presence int

// The values of [Presence]. Zero means that the callback did not say.
const (
	PresenceOnline    Presence = 1
	PresenceOffline   Presence = 2
	PresenceLoggedOut Presence = 3
)

// String names the status in English.
func (s Presence) String() string {
	return nameOf("Presence", int(s), 1, "online", "offline", "logged out")
}

// UserStatus reports that a user's client went online or offline, or logged out. RongCloud sends
// several at once, in no particular order: sort them by OccurredAt.
//
// Repeats have the same UserID, SessionID, Status and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/onlinestatus
type UserStatus struct {
	Envelope

	UserID     string    // userid
	Status     Presence  // status
	Platform   Platform  // os; only with PresenceOnline
	OccurredAt time.Time // time
	ClientIP   string    // clientIp: IP:port
	SessionID  string    // sessionId: the connection; distinguishes a user's devices
}

// Kind returns [KindUserStatus].
func (*UserStatus) Kind() Kind { return KindUserStatus }

func (s *UserStatus) key() string { return joinKey("user", s.UserID) }

func readUserStatus(f *fields) Event {
	return &UserStatus{
		UserID:     f.required("userid"),
		Status:     Presence(f.fromZero("status")),
		Platform:   Platform(f.text("os")),
		OccurredAt: f.time("time"),
		ClientIP:   f.text("clientIp"),
		SessionID:  f.text("sessionId"),
	}
}

// DeactivationType says which of the two operations has ended.
type DeactivationType int

// The values of [DeactivationType]. Zero means that the callback did not say.
const (
	DeactivationDeactivate DeactivationType = 1
	DeactivationReactivate DeactivationType = 2
)

// String names the value in English.
func (t DeactivationType) String() string {
	return nameOf("DeactivationType", int(t), 1, "deactivate", "reactivate")
}

// UserDeactivation reports how the deactivation or reactivation of one user ended, within 15
// minutes after [rongcloud.UserService.Deactivate] or [rongcloud.UserService.Reactivate].
//
// Repeats have the same OperationID and UserID.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/deactivation/callback-deactivation
type UserDeactivation struct {
	Envelope

	UserID      string           // userId
	OperationID string           // operateId: as in [rongcloud.UserOperation]
	Type        DeactivationType // type
	Code        string           // code: "0" if it succeeded; anything else is a failure
	OccurredAt  time.Time        // time
}

// Kind returns [KindUserDeactivation].
func (*UserDeactivation) Kind() Kind { return KindUserDeactivation }

// OK reports whether the operation succeeded.
func (d *UserDeactivation) OK() bool { return d.Code == "0" }

func (d *UserDeactivation) key() string { return joinKey("user", d.UserID) }

func readUserDeactivation(f *fields) Event {
	return &UserDeactivation{
		UserID:      f.required("userId"),
		OperationID: f.text("operateId"),
		Type:        DeactivationType(f.fromZero("type")),
		Code:        f.text("code"),
		OccurredAt:  f.time("time"),
	}
}

// UserProfileEvent is what happened to a hosted profile.
type UserProfileEvent int

// The values of [UserProfileEvent]. Zero means that the callback did not say.
const (
	UserProfileEventDeleted UserProfileEvent = 1
	UserProfileEventUpdated UserProfileEvent = 2
)

// String names the value in English.
func (c UserProfileEvent) String() string {
	return nameOf("UserProfileEvent", int(c), 1, "deleted", "updated")
}

// UserProfile reports that a hosted user profile was updated or deleted.
//
// Repeats have the same UserID and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/user-profiles/sync-profiles-status
type UserProfile struct {
	Envelope

	UserID     string                 // userId
	Event      UserProfileEvent       // type
	OccurredAt time.Time              // time
	Profile    *rongcloud.UserProfile // userProfile: the basic part; nil if missing
	Attributes map[string]string      // userExtProfile: the app's own
}

// Kind returns [KindUserProfile].
func (*UserProfile) Kind() Kind { return KindUserProfile }

func (p *UserProfile) key() string { return joinKey("user", p.UserID) }

func readUserProfile(f *fields) Event {
	p := &UserProfile{
		UserID:     f.required("userId"),
		Event:      UserProfileEvent(f.fromZero("type")),
		OccurredAt: f.time("time"),
		Attributes: f.texts("userExtProfile"),
	}
	if basic, present := f.sub("userProfile"); present {
		p.Profile = &rongcloud.UserProfile{
			UniqueID:    basic.text("uniqueId"),
			Name:        basic.text("name"),
			PortraitURL: basic.text("portraitUri"),
			Email:       basic.text("email"),
			Birthday:    basic.text("birthday"),
			Gender:      (*rongcloud.Gender)(basic.optional("gender")),
			Location:    basic.text("location"),
			Role:        basic.optional("role"),
			Level:       basic.optional("level"),
		}
		f.join("userProfile", basic)
	}
	return p
}

// FriendshipEvent is what happened between two users.
type FriendshipEvent int

// The events of [Friendship].
const (
	FriendshipEventRequested FriendshipEvent = 1
	FriendshipEventAccepted  FriendshipEvent = 2
	FriendshipEventRejected  FriendshipEvent = 3
	FriendshipEventRemoved   FriendshipEvent = 4
	FriendshipEventAdded     FriendshipEvent = 5 // by the Server API
)

// String names the event in English.
func (e FriendshipEvent) String() string {
	return nameOf("FriendshipEvent", int(e), 1, "requested", "accepted", "rejected", "removed", "added")
}

// Friendship reports that a friend request was sent, accepted or declined, or that friends were
// added or removed.
//
// Repeats have the same Event, UserID, ToUserID and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/friendship-sync
type Friendship struct {
	Envelope

	Event      FriendshipEvent // eventType
	UserID     string          // userId: who acts
	ToUserID   string          // toUserId: the other user
	OccurredAt time.Time       // time
	Platform   Platform        // source
	Extra      string          // extra: text of the request
}

// Kind returns [KindFriendship].
func (*Friendship) Kind() Kind { return KindFriendship }

func (e *Friendship) key() string { // the same for both directions
	return joinKey("friends", min(e.UserID, e.ToUserID), max(e.UserID, e.ToUserID))
}

func readFriendship(f *fields) Event {
	return &Friendship{
		Event:      FriendshipEvent(f.integer("eventType")),
		UserID:     f.required("userId"),
		ToUserID:   f.text("toUserId"),
		OccurredAt: f.time("time"),
		Platform:   Platform(f.text("source")),
		Extra:      f.text("extra"),
	}
}
