package rongcloud

import (
	"fmt"
	"math"
	"time"
)

// Ptr returns a pointer to v, for optional fields whose zero value is meant: Persist:
// rongcloud.Ptr(false).
func Ptr[T any](v T) *T { return &v }

// Forever is a span without end, and the only way to ask for one: in [GroupMuteService.Add], for
// instance. RongCloud writes it as zero minutes, but a zero Duration is refused like any other
// that is not at least a minute, so that a forgotten field silences nobody for good. Forever
// itself is refused where RongCloud knows no such span.
//
// Its value is none that a calculation gives: time.Until a date too far away is a larger number,
// which is refused.
const Forever time.Duration = math.MaxInt64 - 1

// ConversationType is the kind of a conversation.
type ConversationType int

// The kinds of conversations.
const (
	ConversationPrivate         ConversationType = 1
	ConversationDiscussion      ConversationType = 2 // which RongCloud no longer offers; old messages have it
	ConversationGroup           ConversationType = 3
	ConversationChatroom        ConversationType = 4
	ConversationCustomerService ConversationType = 5 // which RongCloud no longer offers; old messages have it
	ConversationSystem          ConversationType = 6
	ConversationUltraGroup      ConversationType = 10
)

// String names the kind in English.
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

// PushLevel says which messages may cause a push notification. Each call takes a part of the
// levels.
type PushLevel int

// The levels of push notifications, as all of RongCloud's settings number them.
const (
	PushLevelAll          PushLevel = -1 // every message
	PushLevelUnset        PushLevel = 0  // nothing is set: the next wider setting decides
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

// SortOrder is the order of a list by time. Its zero value leaves the order to the server; what
// that is stands beside each field of this type.
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

// The parameters of many calls.
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
