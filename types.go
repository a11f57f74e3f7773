package rongcloud

import (
	"fmt"
	"math"
	"time"
)

// Ptr returns a pointer to v, for optional fields for which zero is a meaningful value, as in
// Persist: rongcloud.Ptr(false).
func Ptr[T any](v T) *T { return &v }

// Forever is an unlimited duration, for example in [GroupMuteService.Add], and the only way to
// request one. RongCloud encodes it as zero minutes, but a zero Duration is refused like any other
// of less than a minute, so that a forgotten field does not mute anyone permanently. Forever is
// refused where RongCloud has no unlimited duration.
//
// No calculation yields this value: time.Until of a date too far away is a larger number, which is
// refused.
const Forever time.Duration = math.MaxInt64 - 1

// ConversationType is the kind of a conversation.
type ConversationType int

// The kinds of conversations.
const (
	ConversationPrivate ConversationType = 1
	// No longer offered by RongCloud; occurs in old messages.
	ConversationDiscussion ConversationType = 2
	ConversationGroup      ConversationType = 3
	ConversationChatroom   ConversationType = 4
	// No longer offered by RongCloud; occurs in old messages.
	ConversationCustomerService ConversationType = 5
	ConversationSystem          ConversationType = 6
	ConversationUltraGroup      ConversationType = 10
)

// String returns the kind in words.
func (t ConversationType) String() string {
	switch t {
	case ConversationPrivate:
		return "private"
	case ConversationDiscussion:
		return "discussion"
	case ConversationGroup:
		return "group"
	case ConversationChatroom:
		return "chatroom"
	case ConversationCustomerService:
		return "customer service"
	case ConversationSystem:
		return "system"
	case ConversationUltraGroup:
		return "ultra group"
	}
	return fmt.Sprintf("ConversationType(%d)", int(t))
}

// PushLevel says which messages may cause a push notification. Each call accepts some of the
// levels.
type PushLevel int

// The levels of push notifications, as all of RongCloud's settings number them.
const (
	PushLevelAll          PushLevel = -1 // every message
	PushLevelUnset        PushLevel = 0  // nothing is set: the next wider setting applies
	PushLevelMentions     PushLevel = 1  // messages that mention the user or everybody
	PushLevelUserMentions PushLevel = 2  // messages that mention the user
	PushLevelAllMentions  PushLevel = 4  // messages that mention everybody
	PushLevelNone         PushLevel = 5  // no message
)

// String returns the level in words.
func (l PushLevel) String() string {
	switch l {
	case PushLevelAll:
		return "all messages"
	case PushLevelUnset:
		return "not set"
	case PushLevelMentions:
		return "mentions"
	case PushLevelUserMentions:
		return "mentions of the user"
	case PushLevelAllMentions:
		return "mentions of everybody"
	case PushLevelNone:
		return "no messages"
	}
	return fmt.Sprintf("PushLevel(%d)", int(l))
}

// SortOrder is the order of a list by time. The zero value leaves the order to the server; each
// field of this type documents that default.
type SortOrder int

// The orders of a list.
const (
	SortOldestFirst SortOrder = 1
	SortNewestFirst SortOrder = 2
)

// String returns the order in words.
func (o SortOrder) String() string {
	switch o {
	case SortOldestFirst:
		return "oldest first"
	case SortNewestFirst:
		return "newest first"
	}
	return fmt.Sprintf("SortOrder(%d)", int(o))
}

// Parameters shared by many calls.
type (
	oneUserID struct {
		UserID string `wire:"userId"`
	}
	manyUserIDs struct {
		UserIDs []string `wire:"userId"`
	}
	oneGroupID struct {
		GroupID string `wire:"groupId"`
	}
	manyGroupIDs struct {
		GroupIDs []string `wire:"groupId"`
	}
)
