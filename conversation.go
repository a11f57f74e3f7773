package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ConversationService changes how individual users see their conversations: which are pinned, which
// messages cause a push, what the cloud history holds and, through its field, how conversations are
// tagged.
type ConversationService struct {
	service

	Tag *ConversationTagService // users' own tags for their conversations
}

func newConversationService(common *service) *ConversationService {
	return &ConversationService{service: *common, Tag: (*ConversationTagService)(common)}
}

// ConversationPinParams names a conversation to pin or unpin. All fields are required.
type ConversationPinParams struct {
	// Whose view of the conversation it is.
	UserID string `wire:"userId"`
	// Private, group or system.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group or the sender of system messages.
	TargetID string `wire:"targetId"`
}

// ConversationPushLevelSetParams sets which of a conversation's messages are pushed to a user.
type ConversationPushLevelSetParams struct {
	// Who gets the pushes.
	UserID string `wire:"requestId"`
	// Private, group, system or ultra group.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group or the ultra group.
	TargetID string `wire:"targetId"`
	// A channel, if TargetID is an ultra group.
	ChannelID string `wire:"busChannel"`
	// Required; ResetPushLevel removes a level.
	Level PushLevel `wire:"unpushLevel"`
}

// ConversationPushLevelResetParams names a conversation whose push level to remove.
type ConversationPushLevelResetParams struct {
	// Who gets the pushes.
	UserID string `wire:"requestId"`
	// Private, group, system or ultra group.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group or the ultra group.
	TargetID string `wire:"targetId"`
	// A channel, if TargetID is an ultra group.
	ChannelID string `wire:"busChannel"`
}

// ConversationPushLevelQuery names a conversation whose push level to return.
type ConversationPushLevelQuery struct {
	// Who gets the pushes.
	UserID string `wire:"requestId"`
	// Private, group, system or ultra group.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group or the ultra group.
	TargetID string `wire:"targetId"`
	// A channel, if TargetID is an ultra group; if empty, for messages outside any channel.
	ChannelID string `wire:"busChannel"`
}

// ConversationTypePushLevelSetParams sets which messages of all conversations of one type are
// pushed to a user. All fields are required.
type ConversationTypePushLevelSetParams struct {
	UserID string           `wire:"requestId"`        // who gets the pushes
	Type   ConversationType `wire:"conversationType"` // private, group, system or ultra group
	Level  PushLevel        `wire:"unpushLevel"`      // ResetTypePushLevel removes a level
}

// ConversationTypePushLevelResetParams names the conversations whose push level to remove. All
// fields are required.
type ConversationTypePushLevelResetParams struct {
	UserID string           `wire:"requestId"`        // who gets the pushes
	Type   ConversationType `wire:"conversationType"` // private, group, system or ultra group
}

// ConversationTypePushLevelQuery names the conversations whose push level to return. All fields are
// required.
type ConversationTypePushLevelQuery struct {
	UserID string           `wire:"requestId"`        // who gets the pushes
	Type   ConversationType `wire:"conversationType"` // private, group, system or ultra group
}

// ConversationClearHistoryParams names messages in the cloud history of a conversation, as one user
// sees it. All fields are required.
type ConversationClearHistoryParams struct {
	// Whose view it is; for a chat room, who makes the change.
	UserID string `wire:"fromUserId"`
	// Private, group, chat room or system.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group, the chat room or the sender of system messages.
	TargetID string `wire:"targetId"`
	// Messages sent before it are removed, to the millisecond.
	Before time.Time `wire:"msgTimestamp"`
}

// ConversationClearAllHistoryParams names the cloud history of a conversation, as one user sees it.
// All fields are required.
type ConversationClearAllHistoryParams struct {
	// Whose view it is; for a chat room, who makes the change.
	UserID string `wire:"fromUserId"`
	// Private, group, chat room or system.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group, the chat room or the sender of system messages.
	TargetID string `wire:"targetId"`
}

// ConversationQuery names a conversation of a user.
type ConversationQuery struct {
	// Whose view of the conversation it is.
	UserID string `wire:"userId"`
	// Private, group or system.
	Type ConversationType `wire:"conversationType"`
	// The other user, the group or the sender of system messages.
	TargetID string `wire:"targetId"`
}

// ConversationAttributes are a user's settings for a conversation.
type ConversationAttributes struct {
	Type     ConversationType
	TargetID string
	// Whether it is pinned.
	Pinned bool
	// When it was pinned or unpinned; zero if it never was.
	PinnedAt time.Time
	// Which of its messages are pushed; PushLevelUnset if nothing was set.
	Level PushLevel
	// The tags, without CreatedAt where the server leaves it out.
	Tags []ConversationTag
}

// pushLevelResponse holds the level, under a name from the time when it was only a switch.
type pushLevelResponse struct {
	Level PushLevel `json:"isMuted"`
}

type pushLevelAttribute struct {
	Level PushLevel `json:"mute"`
}

// Pin pins one conversation of a user. Clients learn of it from SDK 4.0.0 on.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/conversation/top
//
//rongcloud:endpoint POST /conversation/top/set.json
func (s *ConversationService) Pin(ctx context.Context, params ConversationPinParams, opts ...CallOption) error {
	return s.setPinned(ctx, params, true, opts)
}

// Unpin unpins one conversation of a user; otherwise see [ConversationService.Pin].
func (s *ConversationService) Unpin(ctx context.Context, params ConversationPinParams, opts ...CallOption) error {
	return s.setPinned(ctx, params, false, opts)
}

func (s *ConversationService) setPinned(ctx context.Context, params ConversationPinParams, pinned bool, opts []CallOption) error {
	type request struct {
		ConversationPinParams

		Pinned *bool `wire:"setTop"` // a pointer, to send false too
	}
	return send(ctx, s.client, endpoint.ConversationTopSet, &request{params, &pinned}, opts)
}

// SetPushLevel sets which messages of one conversation are pushed to a user. It refuses
// PushLevelUnset. It overrides [ConversationService.SetTypePushLevel]. Client apps with IMKit up to
// 5.2.1 know only PushLevelUnset and PushLevelMentions.
//
// For an app that has had ultra groups since before 2022-09-01, a level without a ChannelID applies
// only to messages outside any channel.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/set-do-not-disturb-by-id
//
//rongcloud:endpoint POST /conversation/notification/set.json
func (s *ConversationService) SetPushLevel(ctx context.Context, params ConversationPushLevelSetParams, opts ...CallOption) error {
	// The encoder does not require it, since the older switch could be sent instead.
	if params.Level == PushLevelUnset {
		return refused(ctx, s.client, refuseParam(endpoint.ConversationNotificationSet, &params, "unpushLevel", "is required; ResetPushLevel removes a level"), opts)
	}
	return send(ctx, s.client, endpoint.ConversationNotificationSet, &params, opts)
}

// ResetPushLevel removes a level, so that the next wider setting applies. Otherwise see
// [ConversationService.SetPushLevel].
func (s *ConversationService) ResetPushLevel(ctx context.Context, params ConversationPushLevelResetParams, opts ...CallOption) error {
	type request struct {
		ConversationPushLevelResetParams

		Level *PushLevel `wire:"unpushLevel"` // a pointer, to send zero too
	}
	return send(ctx, s.client, endpoint.ConversationNotificationSet, &request{params, Ptr(PushLevelUnset)}, opts)
}

// GetPushLevel returns which messages of one conversation are pushed to a user.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/get-do-not-disturb-by-id
//
//rongcloud:endpoint POST /conversation/notification/get.json
func (s *ConversationService) GetPushLevel(ctx context.Context, query ConversationPushLevelQuery, opts ...CallOption) (PushLevel, error) {
	out, err := fetch[pushLevelResponse](ctx, s.client, endpoint.ConversationNotificationGet, &query, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}

// SetTypePushLevel sets which messages of all conversations of one type are pushed to a user. It
// refuses PushLevelUnset. A level that [ConversationService.SetPushLevel] has set for a single
// conversation overrides it.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/set-do-not-disturb-by-type
//
//rongcloud:endpoint POST /conversation/type/notification/set.json
func (s *ConversationService) SetTypePushLevel(ctx context.Context, params ConversationTypePushLevelSetParams, opts ...CallOption) error {
	if params.Level == PushLevelUnset {
		return refused(ctx, s.client, refuseParam(endpoint.ConversationTypeNotificationSet, &params, "unpushLevel", "is required; ResetTypePushLevel removes a level"), opts)
	}
	return send(ctx, s.client, endpoint.ConversationTypeNotificationSet, &params, opts)
}

// ResetTypePushLevel removes a level, so that the app's setting applies. Otherwise see
// [ConversationService.SetTypePushLevel].
func (s *ConversationService) ResetTypePushLevel(ctx context.Context, params ConversationTypePushLevelResetParams, opts ...CallOption) error {
	type request struct {
		ConversationTypePushLevelResetParams

		Level *PushLevel `wire:"unpushLevel"` // a pointer, to send zero too
	}
	return send(ctx, s.client, endpoint.ConversationTypeNotificationSet, &request{params, Ptr(PushLevelUnset)}, opts)
}

// GetTypePushLevel returns which messages of all private, group, system or ultra group
// conversations are pushed to a user.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/get-do-not-disturb-by-type
//
//rongcloud:endpoint POST /conversation/type/notification/get.json
func (s *ConversationService) GetTypePushLevel(ctx context.Context, query ConversationTypePushLevelQuery, opts ...CallOption) (PushLevel, error) {
	out, err := fetch[pushLevelResponse](ctx, s.client, endpoint.ConversationTypeNotificationGet, &query, opts)
	if err != nil {
		return PushLevelUnset, err
	}
	return out.Level, nil
}

// ClearHistory removes the messages sent before a given time from the cloud history of a
// conversation, as one user sees it. The history of a chat room is removed for everybody. Offline
// messages that have not been delivered yet still arrive.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/delete
//
//rongcloud:endpoint POST /conversation/message/history/clean.json
func (s *ConversationService) ClearHistory(ctx context.Context, params ConversationClearHistoryParams, opts ...CallOption) error {
	if params.Before.UnixMilli() <= 0 { // the server might treat it as not set
		return refused(ctx, s.client, refuseParam(endpoint.ConversationMessageHistoryClean, &params, "msgTimestamp", "is required and must be after 1970; ClearAllHistory removes all messages"), opts)
	}
	return send(ctx, s.client, endpoint.ConversationMessageHistoryClean, &params, opts)
}

// ClearAllHistory removes all messages from the cloud history of a conversation, as one user sees
// it; otherwise see [ConversationService.ClearHistory].
func (s *ConversationService) ClearAllHistory(ctx context.Context, params ConversationClearAllHistoryParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ConversationMessageHistoryClean, &params, opts)
}

// GetAttributes returns a user's settings for a conversation: whether it is pinned, which of its
// messages are pushed, and its tags.
//
// RongCloud: http://docs.rongcloud.cn/platform-chat-api/conversation/conversation-attr-get
//
//rongcloud:endpoint GET /conversation/attribute/get.json
func (s *ConversationService) GetAttributes(ctx context.Context, query ConversationQuery, opts ...CallOption) (*ConversationAttributes, error) {
	type response struct {
		Data struct {
			TargetID string           `json:"targetId"`
			Type     ConversationType `json:"conversationType"`
			Top      struct {
				Top  bool      `json:"top"`
				Time time.Time `json:"topTime" unit:"ms"`
			} `json:"top"`
			Mute pushLevelAttribute `json:"mute"`
			Tags []ConversationTag  `json:"tags"`
		} `json:"data"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.ConversationAttributeGet, &query, opts)
	if err != nil {
		return nil, err
	}
	data := &out.Data
	if data.TargetID == "" { // the response does not repeat it
		data.TargetID = query.TargetID
	}
	if data.Type == 0 {
		data.Type = query.Type
	}
	return &ConversationAttributes{
		Type: data.Type, TargetID: data.TargetID, Pinned: data.Top.Top, PinnedAt: data.Top.Time, Level: data.Mute.Level, Tags: data.Tags,
	}, nil
}
