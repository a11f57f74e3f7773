package rongcloud

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageService sends, changes and recalls messages. Its fields are services for other ways to
// send, and for messages already sent.
//
// A send is unsafe to repeat: after [ErrOutcomeUnknown] its recipients may or may not have got it,
// so the SDK retries it only if the server cannot have carried it out. [RetryUnsafe] and
// [WithIdempotentSends] change that.
type MessageService struct {
	service

	Broadcast *MessageBroadcastService // messages to all users or all chat rooms
	Status    *MessageStatusService    // messages to users who are online only
	Stream    *MessageStreamService    // messages sent piece by piece while their text is produced
	Expansion *MessageExpansionService // key-value data attached to messages
	History   *MessageHistoryService   // messages in the cloud history
	Log       *MessageLogService       // hourly files of all messages
}

func newMessageService(common *service) *MessageService {
	return &MessageService{
		service:   *common,
		Broadcast: (*MessageBroadcastService)(common),
		Status:    (*MessageStatusService)(common),
		Stream:    (*MessageStreamService)(common),
		Expansion: (*MessageExpansionService)(common),
		History:   (*MessageHistoryService)(common),
		Log:       (*MessageLogService)(common),
	}
}

// PrivateMessage is a one-to-one message; see [MessageService.SendPrivate].
type PrivateMessage struct {
	From    string         `wire:"fromUserId"` // must have a token, or a push shows no sender
	To      []string       `wire:"toUserId"`   // at most 1000 users
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// PushContent is the push text for users who are not connected. Messages of types that users
	// write have a default text; other types, including an app's own, are pushed only if
	// PushContent is set. PushData reaches the app with the push.
	PushContent string       `wire:"pushContent"`
	PushData    string       `wire:"pushData"`
	Push        *PushOptions `wire:"pushExt"`
	DisablePush bool         `wire:"disablePush"`
	// iOS: whether to wake the app silently.
	ContentAvailable bool `wire:"contentAvailable"`
	// The iOS badge, up to 9999, for a single recipient; -1 keeps the current one.
	BadgeCount *int `wire:"count"`

	// Whether to sync to the sender's devices and history too; needs multi-device sync.
	IncludeSender bool `wire:"isIncludeSender"`
	// VerifyBlacklist withholds the message from recipients who have blocked the sender, or do not
	// have the sender on their whitelist; the call still succeeds. RongCloud's pages disagree on
	// whose list counts.
	VerifyBlacklist bool `wire:"verifyBlacklist"`
	// Whether to keep it in the cloud history; true if nil. This does not affect offline delivery.
	Persist *bool `wire:"isPersisted"`
	// Whether it counts as unread; true if nil.
	Counted                  *bool `wire:"isCounted"`
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
	// Whether to request a read receipt; for stored messages.
	NeedReadReceipt bool `wire:"needReadReceipt"`

	// Expandable allows key-value data to be attached to the message later. Expansion is the
	// initial data, at most 100 pairs, with keys up to 32 and values up to 4096 characters; it
	// implies Expandable.
	Expandable bool              `wire:"expansion"`
	Expansion  map[string]string `wire:"extraContent"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// GroupMessage is a message to groups; see [MessageService.SendGroup].
type GroupMessage struct {
	From      string         `wire:"fromUserId"` // must have a token, but need not be a member
	To        []string       `wire:"toGroupId"`  // at most 3 groups, and exactly one with ToUserIDs
	ToUserIDs []string       `wire:"toUserId"`   // only these members get the message
	Content   MessageContent `wire:"content"`    // at most 128 KB of JSON
	// Mentioned makes the mentionedInfo in an app's own type take effect. For built-in types
	// SendGroup sets it automatically.
	Mentioned bool `wire:"isMentioned"`

	// PushContent is the push text for users who are not connected. Messages of types that users
	// write have a default text; other types, including an app's own, are pushed only if
	// PushContent is set. PushData reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	DisablePush      bool         `wire:"disablePush"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently

	// Whether to sync to the sender's devices and history too.
	IncludeSender bool `wire:"isIncludeSender"`
	// Whether to keep it in the cloud history; true if nil. This does not affect offline delivery.
	Persist *bool `wire:"isPersisted"`
	// Whether it counts as unread; true if nil.
	Counted                  *bool `wire:"isCounted"`
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
	// Whether to request a read receipt; for stored messages.
	NeedReadReceipt bool `wire:"needReadReceipt"`

	// Expandable allows key-value data to be attached to the message later. Expansion is the
	// initial data, at most 100 pairs, with keys up to 32 and values up to 4096 characters; it
	// implies Expandable.
	Expandable bool              `wire:"expansion"`
	Expansion  map[string]string `wire:"extraContent"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// SystemMessage is a message that recipients cannot reply to; see [MessageService.SendSystem].
type SystemMessage struct {
	From    string         `wire:"fromUserId"` // must have a token, or a push shows no sender
	To      []string       `wire:"toUserId"`   // at most 100 users
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// PushContent is the push text for users who are not connected. Messages of types that users
	// write have a default text; other types, including an app's own, are pushed only if
	// PushContent is set. PushData reaches the app with the push.
	PushContent string       `wire:"pushContent"`
	PushData    string       `wire:"pushData"`
	Push        *PushOptions `wire:"pushExt"`
	DisablePush bool         `wire:"disablePush"`
	// iOS: whether to wake the app silently.
	ContentAvailable bool `wire:"contentAvailable"`
	// The iOS badge, up to 9999; -1 keeps the current one. Unconfirmed for system messages.
	BadgeCount *int `wire:"count"`

	// Whether to keep it in the cloud history; true if nil. This does not affect offline delivery.
	Persist *bool `wire:"isPersisted"`
	// Whether it counts as unread; true if nil.
	Counted                  *bool `wire:"isCounted"`
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// MessagePriority decides which messages a busy chat room drops first.
type MessagePriority int

// The priorities of chat room messages. MessagePriorityProtected and MessagePriorityLow require
// services that RongCloud must enable.
const (
	// As the message type says.
	MessagePriorityNormal MessagePriority = 0
	// As for a type in ChatroomService.MessageTypeWhitelist.
	MessagePriorityProtected MessagePriority = 1
	MessagePriorityHigh      MessagePriority = 2
	// As for a type in ChatroomService.LowPriority.
	MessagePriorityLow MessagePriority = 3
)

// String returns the priority in words.
func (p MessagePriority) String() string {
	switch p {
	case MessagePriorityNormal:
		return "normal"
	case MessagePriorityProtected:
		return "protected"
	case MessagePriorityHigh:
		return "high"
	case MessagePriorityLow:
		return "low"
	}
	return fmt.Sprintf("MessagePriority(%d)", int(p))
}

// ChatroomMessage is a message to chat rooms; see [MessageService.SendChatroom].
type ChatroomMessage struct {
	From    string         `wire:"fromUserId"`   // need not be in the room
	To      []string       `wire:"toChatroomId"` // RongCloud recommends at most 10 rooms
	Content MessageContent `wire:"content"`      // at most 128 KB of JSON

	// Whether to keep it in the cloud history, if enabled; true if nil.
	Persist *bool `wire:"isPersisted"`
	// Whether to sync to the sender's devices too.
	IncludeSender bool `wire:"isIncludeSender"`
	// Priority makes the call fail, with an undocumented code, if the service is not enabled for
	// the app.
	Priority MessagePriority `wire:"priority"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// RecallParams names a message to recall; see [MessageService.Recall].
type RecallParams struct {
	// Sender of the message.
	From             string           `wire:"fromUserId"`
	ConversationType ConversationType `wire:"conversationType"`
	// The user, group, chat room or ultra group it was sent to.
	TargetID string `wire:"targetId"`
	// A channel of an ultra group; required if and only if the message had one.
	ChannelID  string `wire:"busChannel"`
	MessageUID string `wire:"messageUID"`
	// SentAt is when the message was sent, to the millisecond. No send returns it; the history, the
	// log and callbacks have it. RongCloud's page requires it. Its Java SDK and its newer API make
	// it optional: there it only helps to find the message. Web clients sort by it.
	SentAt time.Time `wire:"sentTime"`

	// Whether clients say that an administrator recalled it.
	Admin bool `wire:"isAdmin"`
	// Whether clients drop the message without leaving a line.
	Delete bool `wire:"isDelete"`
	// Whether to push nothing; not for chat rooms and ultra groups.
	DisablePush bool `wire:"disablePush"`
	// The app's own data; not for ultra groups.
	Extra                    string `wire:"extra"`
	DisableUpdateLastMessage bool   `wire:"disableUpdateLastMsg"`
}

// SendResult holds the UID of a message in each conversation that it was sent to. Older servers
// leave the list empty.
type SendResult struct {
	Messages []SentMessage `json:"messageUIDs"`
}

// SentMessage is a message as sent to one conversation.
type SentMessage struct {
	// The group, chat room or user it was sent to.
	TargetID   string `json:"groupId" alt:"chatroomId,userId"`
	MessageUID string `json:"messageUID"`
}

// UIDOf returns the UID of the message that was sent to targetID, empty if it is not known.
func (r *SendResult) UIDOf(targetID string) string {
	if r == nil { // a chunk that was not delivered
		return ""
	}
	i := slices.IndexFunc(r.Messages, func(m SentMessage) bool { return m.TargetID == targetID })
	if i < 0 {
		return ""
	}
	return r.Messages[i].MessageUID
}

// SendPrivate sends a one-to-one message to at most 1000 users. The quota is 6000 recipients per
// minute.
//
// Without IncludeSender, the sender neither sees the message nor finds it in their history. The
// call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway: do not blindly
// send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-private
//
//rongcloud:endpoint POST /message/private/publish.json
func (s *MessageService) SendPrivate(ctx context.Context, message PrivateMessage, opts ...CallOption) (*SendResult, error) {
	message.Expandable = message.Expandable || len(message.Expansion) > 0
	return fetch[SendResult](ctx, s.client, endpoint.MessagePrivatePublish, &message, opts)
}

// SendGroup sends a message to at most 3 groups. The quota is 20 groups per second.
//
// With ToUserIDs, it goes only to these members of a single group. Such a message cannot have
// Expandable, Expansion, DisablePush or Push, and the cloud history keeps it only if RongCloud has
// enabled that. Expandable, Expansion and DisablePush work with a single group only.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway: do not
// blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-group
//
//rongcloud:endpoint POST /message/group/publish.json
func (s *MessageService) SendGroup(ctx context.Context, message GroupMessage, opts ...CallOption) (*SendResult, error) {
	message.Expandable = message.Expandable || len(message.Expansion) > 0
	message.Mentioned = message.Mentioned || mentions(message.Content)
	return fetch[SendResult](ctx, s.client, endpoint.MessageGroupPublish, &message, opts)
}

// SendSystem sends a message to at most 100 users, who cannot reply to it. The quota is 100
// recipients per second, so a single call can use it up.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway: do not
// blindly send it again.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/system/send-private
//
//rongcloud:endpoint POST /message/system/publish.json
func (s *MessageService) SendSystem(ctx context.Context, message SystemMessage, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.MessageSystemPublish, &message, opts)
}

// SendChatroom sends a message to chat rooms, preferably no more than 10. The quota is 100 rooms
// per second. By default there is no push for such messages, and users who are not in the room
// never get them.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway: do not
// blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-chatroom
//
//rongcloud:endpoint POST /message/chatroom/publish.json
func (s *MessageService) SendChatroom(ctx context.Context, message ChatroomMessage, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.MessageChatroomPublish, &message, opts)
}

// Recall recalls a message, in any type of conversation. The quota is 100 calls per second.
//
// The cloud history keeps both the message and its recall.
//
// Clients are notified by a separate message, [RecallCommand], possibly with a push. So a recall
// counts as unsafe: repeating it after [ErrOutcomeUnknown] leaves the same state, but may notify
// them again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/msgrecall
//
//rongcloud:endpoint POST /message/recall.json
func (s *MessageService) Recall(ctx context.Context, params RecallParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageRecall, &params, opts)
}
