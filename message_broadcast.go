package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageBroadcastService sends one message to all users, all who are online, or all chat rooms.
//
// A broadcast is unsafe to repeat, like any send; see [MessageService]. Unlike other sends, it is
// not retried after [CodeRateLimited] either: according to an older RongCloud page, the code may
// mean here that the service is not enabled for the app, and then waiting does not help.
type MessageBroadcastService service

// Broadcast is a system message to every user of the app; see [MessageBroadcastService.SendToAll].
type Broadcast struct {
	From    string         `wire:"fromUserId"` // must have a token, or a push shows no sender
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// PushContent is the push text for users who are not connected. Messages of types that users
	// write have a default text; other types, including an app's own, are pushed only if
	// PushContent is set. PushData reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently

	DisableUpdateLastMessage bool `wire:"disableUpdateLastMsg"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// OnlineBroadcast is a system message to all users who are online; see
// [MessageBroadcastService.SendToOnline].
type OnlineBroadcast struct {
	From    string         `wire:"fromUserId"` // must have a token; see UserService.Register
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	DisableUpdateLastMessage bool `wire:"disableUpdateLastMsg"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// ChatroomBroadcast is a message to all chat rooms; see [MessageBroadcastService.SendToChatrooms].
type ChatroomBroadcast struct {
	From          string         `wire:"fromUserId"`      // must have a token
	Content       MessageContent `wire:"content"`         // at most 128 KB of JSON
	IncludeSender bool           `wire:"isIncludeSender"` // sync to the sender's devices too
}

// SentBroadcast names a broadcast.
type SentBroadcast struct {
	MessageUID string `json:"messageUID"` // to recall it by; empty on older servers
}

// BroadcastRecallParams names a broadcast to recall; see [MessageBroadcastService.Recall].
type BroadcastRecallParams struct {
	From       string `wire:"fromUserId"` // sender of the broadcast
	MessageUID string `wire:"messageUID"`
	// SentAt is when it was sent, to the millisecond. RongCloud's pages disagree on whether it may
	// be omitted, so set it if you know it: the history and the log have it.
	SentAt time.Time `wire:"sentTime"`

	// Whether clients say that an administrator recalled it.
	Admin bool `wire:"isAdmin"`
	// Whether clients drop the message without leaving a line.
	Delete bool `wire:"isDelete"`
	// The app's own data.
	Extra                    string `wire:"extra"`
	DisableUpdateLastMessage bool   `wire:"disableUpdateLastMsg"`
}

// SendToAll sends a system message to every user of the app. The quota is 2 calls per hour and 3
// per day.
//
// Clients may take 3 minutes to show it, and the cloud history does not keep it by default.
// [CodeServiceNotEnabled] means that the service is not enabled for the app, and [CodeRateLimited]
// may mean the same; the SDK retries after neither. To reach selected users, see [PushService].
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway: do not
// blindly send it again.
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
// [CodeServiceNotEnabled] means that the service is not enabled for the app, and [CodeRateLimited]
// may mean the same; the SDK retries after neither. The call fails with [ErrOutcomeUnknown] if the
// message may have been delivered anyway: do not blindly send it again.
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
// [CodeServiceNotEnabled] means that the service is not enabled for the app, and [CodeRateLimited]
// may mean the same; the SDK retries after neither. The call fails with [ErrOutcomeUnknown] if the
// message may have been delivered anyway: do not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-chatroom-broadcast
//
//rongcloud:endpoint POST /message/chatroom/broadcast.json
func (s *MessageBroadcastService) SendToChatrooms(ctx context.Context, broadcast ChatroomBroadcast, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageChatroomBroadcast, &broadcast, opts)
}

// Recall recalls a broadcast sent by [MessageBroadcastService.SendToAll] or [PushService]. The
// quota is 2 calls per hour and 3 per day; a repeat changes nothing for users but uses up quota, so
// the call counts as unsafe. Broadcasts to online users cannot be recalled. The result identifies
// the recall's own message: RongCloud's Go SDK reads it, no page documents it, and it may be empty.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/recall-message-broadcast-to-all
//
//rongcloud:endpoint POST /message/broadcast/recall.json
func (s *MessageBroadcastService) Recall(ctx context.Context, params BroadcastRecallParams, opts ...CallOption) (*SentBroadcast, error) {
	return fetch[SentBroadcast](ctx, s.client, endpoint.MessageBroadcastRecall, &params, opts)
}
