package webhook

import "time"

// ChatroomEvent is what happened to a chat room.
type ChatroomEvent int

// The events of [ChatroomStatus]. Zero means that the callback did not say.
const (
	ChatroomEventCreated   ChatroomEvent = 1
	ChatroomEventJoined    ChatroomEvent = 2
	ChatroomEventLeft      ChatroomEvent = 3
	ChatroomEventDestroyed ChatroomEvent = 4
)

// String names the event in English.
func (e ChatroomEvent) String() string {
	return nameOf("ChatroomEvent", int(e), 1, "created", "joined", "left", "destroyed")
}

// ChatroomCause is why it happened.
type ChatroomCause int

// The causes of a [ChatroomStatus]. Zero means that the callback did not say.
const (
	ChatroomCauseCall        ChatroomCause = 1 // a call by a client or through the Server API
	ChatroomCauseDropped     ChatroomCause = 2 // the user was offline for too long
	ChatroomCauseBlocked     ChatroomCause = 3 // the user was blocked, and so removed
	ChatroomCauseAutoDestroy ChatroomCause = 4 // the room was idle, and destroyed automatically
)

// String names the cause in English.
func (c ChatroomCause) String() string {
	return nameOf("ChatroomCause", int(c), 1, "call", "dropped", "blocked", "destroyed automatically")
}

// ChatroomStatus reports that a chat room was created or destroyed, or that users joined or left.
// RongCloud sends several at once. If you count members, beware: nothing is sent for a user who is
// in the room with several devices, and ChatroomCauseDropped is sent only with the next message in
// the room.
//
// Repeats have the same ChatroomID, Event, UserIDs and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/status
type ChatroomStatus struct {
	Envelope

	ChatroomID string        // chatRoomId
	UserIDs    []string      // userIds: the users concerned; may be empty
	Event      ChatroomEvent // type
	Cause      ChatroomCause // status
	OccurredAt time.Time     // time
}

// Kind returns [KindChatroomStatus].
func (*ChatroomStatus) Kind() Kind { return KindChatroomStatus }

func (s *ChatroomStatus) key() string { return joinKey("chatroom", s.ChatroomID) }

func readChatroomStatus(f *fields) Event {
	return &ChatroomStatus{
		ChatroomID: f.required("chatRoomId"),
		UserIDs:    f.list("userIds"),
		Event:      ChatroomEvent(f.fromZero("type")),
		Cause:      ChatroomCause(f.fromZero("status")),
		OccurredAt: f.time("time"),
	}
}

// ChatroomEntryEvent is what happened to a chat room attribute.
type ChatroomEntryEvent int

// The events of [ChatroomEntry].
const (
	ChatroomEntryEventSet        ChatroomEntryEvent = 1
	ChatroomEntryEventDeleted    ChatroomEntryEvent = 2
	ChatroomEntryEventAllDeleted ChatroomEntryEvent = 3
)

// String names the event in English.
func (e ChatroomEntryEvent) String() string {
	return nameOf("ChatroomEntryEvent", int(e), 1, "set", "deleted", "all deleted")
}

// ChatroomEntry reports that an attribute of a chat room was set or deleted.
//
// Repeats have the same ChatroomID, Key, Event and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/kv-attribute/sync-kv
type ChatroomEntry struct {
	Envelope

	ChatroomID string             // chatroomId
	Key        string             // key: name of the attribute
	Value      string             // value
	Event      ChatroomEntryEvent // optType
	UserID     string             // userId: who did it
	Status     int                // status: reserved by RongCloud
	OccurredAt time.Time          // timestamp
	Version    int64              // version: of the attributes, growing
}

// Kind returns [KindChatroomEntry].
func (*ChatroomEntry) Kind() Kind { return KindChatroomEntry }

func (e *ChatroomEntry) key() string { return joinKey("chatroom", e.ChatroomID) }

func readChatroomEntry(f *fields) Event {
	return &ChatroomEntry{
		ChatroomID: f.required("chatroomId"),
		Key:        f.text("key"),
		Value:      f.text("value"),
		Event:      ChatroomEntryEvent(f.integer("optType")),
		UserID:     f.text("userId"),
		Status:     f.integer("status"),
		OccurredAt: f.time("timestamp"),
		Version:    f.number("version"),
	}
}
