package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ConversationService changes how single users see their conversations: what is pinned, what is
// pushed, what the cloud history holds and, in its field, what is tagged.
type ConversationService struct {
	service

	Tag *ConversationTagService // users' own tags for their conversations
}

func newConversationService(common *service) *ConversationService {
	return &ConversationService{service: *common, Tag: (*ConversationTagService)(common)}
}

// ConversationPinParams pins or unpins a conversation.
type ConversationPinParams struct {
	UserID   string           `wire:"userId"`           // whose view of the conversation it is
	Type     ConversationType `wire:"conversationType"` // private, group or system
	TargetID string           `wire:"targetId"`         // the other user, the group or the sender of system messages
	Pinned   bool             `wire:"setTop"`           // true pins the conversation, false unpins it
}

// ConversationPushLevelParams sets what of a conversation is pushed to a user.
type ConversationPushLevelParams struct {
	UserID    string           // who gets the pushes
	Type      ConversationType // private, group, system or ultra group
	TargetID  string           // the other user, the group or the ultra group
	ChannelID string           // of an ultra group
	Level     PushLevel        // PushLevelUnset takes a former level back

	// Muted is the switch that came before Level.
	//
	// Deprecated: the server ignores it, because Level is always sent.
	Muted *bool
}

// ConversationPushLevelQuery names a conversation whose push level is asked for.
type ConversationPushLevelQuery struct {
	UserID    string           `wire:"requestId"`        // who gets the pushes
	Type      ConversationType `wire:"conversationType"` // private, group, system or ultra group
	TargetID  string           `wire:"targetId"`         // the other user, the group or the ultra group
	ChannelID string           `wire:"busChannel"`       // of an ultra group; messages of no channel if empty
}

// ConversationTypePushLevelParams sets what of all conversations of one kind is pushed to a user.
type ConversationTypePushLevelParams struct {
	UserID string           `wire:"requestId"`        // who gets the pushes
	Type   ConversationType `wire:"conversationType"` // private, group, system or ultra group
	Level  PushLevel        `wire:"unpushLevel"`      // PushLevelUnset takes a former level back
}

// ConversationClearHistoryParams names the cloud history of a conversation, as one user sees it.
type ConversationClearHistoryParams struct {
	UserID   string           `wire:"fromUserId"`       // whose view it is; for a chat room, who operates
	Type     ConversationType `wire:"conversationType"` // private, group, chat room or system
	TargetID string           `wire:"targetId"`         // the other user, the group, the chat room or the sender of system messages
}

// ConversationQuery names a conversation of a user.
type ConversationQuery struct {
	UserID   string           `wire:"userId"`           // whose view of the conversation it is
	Type     ConversationType `wire:"conversationType"` // private, group or system
	TargetID string           `wire:"targetId"`         // the other user, the group or the sender of system messages
}

// ConversationAttributes are what a user has set for a conversation.
type ConversationAttributes struct {
	Type     ConversationType
	TargetID string
	Pinned   bool      // it is pinned
	PinnedAt time.Time // when it was pinned or unpinned; zero if it never was
	Level    PushLevel // what of it is pushed; PushLevelUnset if nothing was set
	Tags     []ConversationTagParams
}

// SetTop pins or unpins one conversation of a user. Clients learn of it from SDK 4.0.0 on.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/conversation/top
//
//rongcloud:endpoint POST /conversation/top/set.json
func (s *ConversationService) SetTop(ctx context.Context, params ConversationPinParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ConversationTopSet, &params, opts)
}

// SetPushLevel sets what of one conversation is pushed to a user. It wins over
// [ConversationService.SetTypePushLevel]. Client apps with IMKit up to 5.2.1 know only
// PushLevelUnset and PushLevelMentions.
//
// For an app that has had ultra groups since before 2022-09-01 a level without a Channel is for
// messages of no channel only.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/set-do-not-disturb-by-id
//
//rongcloud:endpoint POST /conversation/notification/set.json
func (s *ConversationService) SetPushLevel(ctx context.Context, params ConversationPushLevelParams, opts ...CallOption) error {
	type request struct {
		UserID   string           `wire:"requestId"`
		Type     ConversationType `wire:"conversationType"`
		TargetID string           `wire:"targetId"`
		Channel  string           `wire:"busChannel"`
		Level    *PushLevel       `wire:"unpushLevel"` // its zero value is sent too
		Muted    *bool            `wire:"isMuted"`
	}
	return send(ctx, s.client, endpoint.ConversationNotificationSet, &request{
		params.UserID, params.Type, params.TargetID, params.ChannelID, &params.Level, params.Muted,
	}, opts)
}

// pushLevelAnswer holds the level under a name from when there was only a switch.
type pushLevelAnswer struct {
	Level PushLevel `json:"isMuted"`
}

// GetPushLevel returns what of one conversation is pushed to a user.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/get-do-not-disturb-by-id
//
//rongcloud:endpoint POST /conversation/notification/get.json
func (s *ConversationService) GetPushLevel(ctx context.Context, query ConversationPushLevelQuery, opts ...CallOption) (PushLevel, error) {
	out, err := fetch[pushLevelAnswer](ctx, s.client, endpoint.ConversationNotificationGet, &query, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}

// SetTypePushLevel sets what of all conversations of one kind is pushed to a user. A level that
// [ConversationService.SetPushLevel] has set for a single conversation wins over it.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/set-do-not-disturb-by-type
//
//rongcloud:endpoint POST /conversation/type/notification/set.json
func (s *ConversationService) SetTypePushLevel(ctx context.Context, params ConversationTypePushLevelParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ConversationTypeNotificationSet, &params, opts)
}

// GetTypePushLevel returns what of all private, group, system or ultra group conversations is
// pushed to a user.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/get-do-not-disturb-by-type
//
//rongcloud:endpoint POST /conversation/type/notification/get.json
func (s *ConversationService) GetTypePushLevel(ctx context.Context, userID string, kind ConversationType, opts ...CallOption) (PushLevel, error) {
	type params struct {
		UserID string           `wire:"requestId"`
		Type   ConversationType `wire:"conversationType"`
	}
	out, err := fetch[pushLevelAnswer](ctx, s.client, endpoint.ConversationTypeNotificationGet, &params{userID, kind}, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}

// ClearHistory removes the messages before a moment from the cloud history of a conversation, as
// one user sees it. The history of a chat room is removed for everybody. Offline messages that
// have not been delivered yet still arrive.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/delete
//
//rongcloud:endpoint POST /conversation/message/history/clean.json
func (s *ConversationService) ClearHistory(ctx context.Context, history ConversationClearHistoryParams, before time.Time, opts ...CallOption) error {
	if before.UnixMilli() <= 0 { // which the server might take for no time at all
		return refuse("msgTimestamp", "is required and after 1970; CleanAllHistory removes all messages")
	}
	return s.cleanHistory(ctx, history, before, opts)
}

// ClearAllHistory removes all messages from the cloud history of a conversation, as one user sees
// it; for the rest see [ConversationService.ClearHistory].
func (s *ConversationService) ClearAllHistory(ctx context.Context, history ConversationClearHistoryParams, opts ...CallOption) error {
	return s.cleanHistory(ctx, history, time.Time{}, opts)
}

func (s *ConversationService) cleanHistory(ctx context.Context, history ConversationClearHistoryParams, before time.Time, opts []CallOption) error {
	type request struct {
		ConversationClearHistoryParams

		Before time.Time `wire:"msgTimestamp"`
	}
	return send(ctx, s.client, endpoint.ConversationMessageHistoryClean, &request{history, before}, opts)
}

// GetAttributes returns what a user has set for a conversation: whether it is pinned, what of it
// is pushed, and its tags.
//
// RongCloud: http://docs.rongcloud.cn/platform-chat-api/conversation/conversation-attr-get
//
//rongcloud:endpoint GET /conversation/attribute/get.json
func (s *ConversationService) GetAttributes(ctx context.Context, query ConversationQuery, opts ...CallOption) (*ConversationAttributes, error) {
	type answer struct {
		Data struct {
			TargetID string           `json:"targetId"`
			Type     ConversationType `json:"conversationType"`
			Top      struct {
				Top  bool      `json:"top"`
				Time time.Time `json:"topTime" unit:"ms"`
			} `json:"top"`
			Mute pushLevelAttribute      `json:"mute"`
			Tags []ConversationTagParams `json:"tags"`
		} `json:"data"`
	}
	out, err := fetch[answer](ctx, s.client, endpoint.ConversationAttributeGet, &query, opts)
	if err != nil {
		return nil, err
	}
	data := &out.Data
	if data.TargetID == "" { // the answer does not repeat it
		data.TargetID = query.TargetID
	}
	if data.Type == 0 {
		data.Type = query.Type
	}
	return &ConversationAttributes{
		Type: data.Type, TargetID: data.TargetID, Pinned: data.Top.Top, PinnedAt: data.Top.Time, Level: data.Mute.Level, Tags: data.Tags,
	}, nil
}

type pushLevelAttribute struct {
	Level PushLevel `json:"mute"`
}
