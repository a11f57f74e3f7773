package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageBroadcastService sends one message to all users, all who are online, or all chat rooms.
//
// A broadcast is unsafe to repeat, like any send; see [MessageService]. After [CodeRateLimited] the
// SDK does not repeat it either, as it does other sends: by an older page of RongCloud's the code
// may mean here that the app does not have the service, and then no wait helps.
type MessageBroadcastService service

// Broadcast is a system message to every user of the app; see [MessageBroadcastService.SendToAll].
type Broadcast struct {
	From    string         `wire:"fromUserId"` // must have been given a token, else a push shows no sender
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// PushContent is the text that absent users are shown. Types that users write have one of
	// their own, and others, an app's own types too, are pushed only with this one. PushData
	// reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently

	DisableUpdateLastMessage bool `wire:"disableUpdateLastMsg"`

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// OnlineBroadcast is a system message to all users who are online; see
// [MessageBroadcastService.SendToOnline].
type OnlineBroadcast struct {
	From    string         `wire:"fromUserId"` // give the user a token first; see UserService.Register
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	DisableUpdateLastMessage bool `wire:"disableUpdateLastMsg"`

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// ChatroomBroadcast is a message to all chat rooms; see [MessageBroadcastService.SendToChatrooms].
type ChatroomBroadcast struct {
	From          string         `wire:"fromUserId"`      // give the user a token first
	Content       MessageContent `wire:"content"`         // at most 128 KB of JSON
	IncludeSender bool           `wire:"isIncludeSender"` // sync to the sender's devices too
}

// SentBroadcast names a broadcast.
type SentBroadcast struct {
	MessageUID string `json:"messageUID"` // to recall it by; empty on older servers
}

// BroadcastRecallParams names a broadcast to take back; see [MessageBroadcastService.Recall].
type BroadcastRecallParams struct {
	From       string `wire:"fromUserId"` // sender of the broadcast
	MessageUID string `wire:"messageUID"`
	// SentAt is when it was sent, to the millisecond. RongCloud's pages disagree on whether it
	// may be left out, so set it if you know it: the history and the log have it.
	SentAt time.Time `wire:"sentTime"`

	Admin                    bool   `wire:"isAdmin"`  // clients say that an administrator recalled it
	Delete                   bool   `wire:"isDelete"` // clients drop the message and leave no line
	Extra                    string `wire:"extra"`    // the app's own data
	DisableUpdateLastMessage bool   `wire:"disableUpdateLastMsg"`
}

// SendToAll sends a system message to every user of the app. The quota is 2 calls per hour and 3
// per day.
//
// It may take 3 minutes until clients show it, and the cloud history does not keep it by default.
// [CodeServiceNotEnabled] means that the app does not have the service, and [CodeRateLimited] may
// mean it, too; the SDK repeats it after neither. For chosen users see the push service.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered all the same: do
// not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/send-message-broadcast-to-all
//
//rongcloud:endpoint POST /message/broadcast.json
func (s *MessageBroadcastService) SendToAll(ctx context.Context, broadcast Broadcast, opts ...CallOption) (*SentBroadcast, error) {
	return fetch[SentBroadcast](ctx, s.client, endpoint.MessageBroadcast, &broadcast, opts)
}

// SendToOnline sends a system message to all users who are online or come online within 10 minutes.
// The quota is 60 calls per minute. There is no push, and such a broadcast cannot be recalled.
//
// [CodeServiceNotEnabled] means that the app does not have the service, and [CodeRateLimited] may
// mean it, too; the SDK repeats it after neither. The call fails with [ErrOutcomeUnknown] if the
// message may have been delivered all the same: do not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/send-message-broadcast-online
//
//rongcloud:endpoint POST /message/online/broadcast.json
func (s *MessageBroadcastService) SendToOnline(ctx context.Context, broadcast OnlineBroadcast, opts ...CallOption) (*SentBroadcast, error) {
	return fetch[SentBroadcast](ctx, s.client, endpoint.MessageOnlineBroadcast, &broadcast, opts)
}

// SendToChatrooms sends a message to every chat room of the app. The quota is 1 call per second.
// Only users who are in a room at that moment get it, it is never stored, and it does not keep
// rooms alive.
//
// [CodeServiceNotEnabled] means that the app does not have the service, and [CodeRateLimited] may
// mean it, too; the SDK repeats it after neither. The call fails with [ErrOutcomeUnknown] if the
// message may have been delivered all the same: do not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-chatroom-broadcast
//
//rongcloud:endpoint POST /message/chatroom/broadcast.json
func (s *MessageBroadcastService) SendToChatrooms(ctx context.Context, broadcast ChatroomBroadcast, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageChatroomBroadcast, &broadcast, opts)
}

// Recall takes back a broadcast that [MessageBroadcastService.SendToAll] or the push service sent.
// The quota is 2 calls per hour and 3 per day; a repeat changes nothing for users but uses it up,
// so the call counts as unsafe. Broadcasts to users who are online cannot be recalled. What the
// result names is the recall's own message: RongCloud's Go SDK reads it, no page tells of it, and
// it may be empty.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/recall-message-broadcast-to-all
//
//rongcloud:endpoint POST /message/broadcast/recall.json
func (s *MessageBroadcastService) Recall(ctx context.Context, params BroadcastRecallParams, opts ...CallOption) (*SentBroadcast, error) {
	return fetch[SentBroadcast](ctx, s.client, endpoint.MessageBroadcastRecall, &params, opts)
}
