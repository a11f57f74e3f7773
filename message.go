package rongcloud

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageService sends, changes and recalls messages. Its fields are services for other ways to
// send, and for what has been sent.
//
// A send is unsafe to repeat: after [ErrOutcomeUnknown] its recipients may or may not have got it,
// so it is tried again by the SDK only if the server cannot have carried it out. See [RetryUnsafe]
// and [WithIdempotentSends] for other ways.
type MessageService struct {
	service

	Broadcast *MessageBroadcastService // messages to all users or all chat rooms
	Status    *MessageStatusService    // messages for those who are online
	Stream    *MessageStreamService    // messages that grow while their text is produced
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
	From    string         `wire:"fromUserId"` // must have been given a token, else a push shows no sender
	To      []string       `wire:"toUserId"`   // at most 1000 users
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// PushContent is the text that absent users are shown. Types that users write have one of
	// their own, and others, an app's own types too, are pushed only with this one. PushData
	// reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	DisablePush      bool         `wire:"disablePush"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently
	BadgeCount       *int         `wire:"count"`            // iOS badge, up to 9999, for a single recipient; -1 leaves it as it is

	IncludeSender bool `wire:"isIncludeSender"` // sync to the sender's devices and history too; needs multi-device sync
	// VerifyBlacklist holds the message back from recipients who have blocked the sender, or do not
	// have the sender on their whitelist. RongCloud's pages disagree on whose list counts.
	VerifyBlacklist          bool  `wire:"verifyBlacklist"`
	Persist                  *bool `wire:"isPersisted"` // keep in the cloud history; true if nil. Offline delivery does not depend on it
	Counted                  *bool `wire:"isCounted"`   // count as unread; true if nil
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
	NeedReadReceipt          bool  `wire:"needReadReceipt"` // for stored messages

	// Expandable lets key-value data be attached to the message later. Expansion is the first such
	// data, at most 100 pairs of keys up to 32 and values up to 4096 characters; it implies
	// Expandable.
	Expandable bool              `wire:"expansion"`
	Expansion  map[string]string `wire:"extraContent"`

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// GroupMessage is a message to groups; see [MessageService.SendGroup].
type GroupMessage struct {
	From      string         `wire:"fromUserId"` // must have been given a token, but need not be a member
	To        []string       `wire:"toGroupId"`  // at most 3 groups, and exactly one with ToUserIDs
	ToUserIDs []string       `wire:"toUserId"`   // only these members get the message
	Content   MessageContent `wire:"content"`    // at most 128 KB of JSON
	// Mentioned makes the mentionedInfo in an app's own type take effect. For built-in types
	// SendGroup sets it by itself.
	Mentioned bool `wire:"isMentioned"`

	// PushContent is the text that absent users are shown. Types that users write have one of
	// their own, and others, an app's own types too, are pushed only with this one. PushData
	// reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	DisablePush      bool         `wire:"disablePush"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently

	IncludeSender            bool  `wire:"isIncludeSender"` // sync to the sender's devices and history too
	Persist                  *bool `wire:"isPersisted"`     // keep in the cloud history; true if nil. Offline delivery does not depend on it
	Counted                  *bool `wire:"isCounted"`       // count as unread; true if nil
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
	NeedReadReceipt          bool  `wire:"needReadReceipt"` // for stored messages

	// Expandable lets key-value data be attached to the message later. Expansion is the first such
	// data, at most 100 pairs of keys up to 32 and values up to 4096 characters; it implies
	// Expandable.
	Expandable bool              `wire:"expansion"`
	Expansion  map[string]string `wire:"extraContent"`

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// SystemMessage is a message that recipients cannot answer; see [MessageService.SendSystem].
type SystemMessage struct {
	From    string         `wire:"fromUserId"` // must have been given a token, else a push shows no sender
	To      []string       `wire:"toUserId"`   // at most 100 users
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// PushContent is the text that absent users are shown. Types that users write have one of
	// their own, and others, an app's own types too, are pushed only with this one. PushData
	// reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	DisablePush      bool         `wire:"disablePush"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently
	BadgeCount       *int         `wire:"count"`            // iOS badge, up to 9999; -1 leaves it as it is. Unconfirmed for system messages

	Persist                  *bool `wire:"isPersisted"` // keep in the cloud history; true if nil. Offline delivery does not depend on it
	Counted                  *bool `wire:"isCounted"`   // count as unread; true if nil
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// MessagePriority decides which messages a busy chat room drops first.
type MessagePriority int

// The priorities of chat room messages. MessagePriorityProtected and MessagePriorityLow need
// services of RongCloud's.
const (
	MessagePriorityNormal    MessagePriority = 0 // as the message type says
	MessagePriorityProtected MessagePriority = 1 // as that of a type in ChatroomService.MessageTypeWhitelist
	MessagePriorityHigh      MessagePriority = 2
	MessagePriorityLow       MessagePriority = 3 // as that of a type in ChatroomService.LowPriority
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

	Persist       *bool `wire:"isPersisted"`     // keep in the cloud history; true if nil. Needs that service
	IncludeSender bool  `wire:"isIncludeSender"` // sync to the sender's devices too
	// Priority fails with a code that RongCloud does not name in an app that does not have the
	// service.
	Priority MessagePriority `wire:"priority"`

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// RecallParams names a message to take back; see [MessageService.Recall].
type RecallParams struct {
	From             string           `wire:"fromUserId"` // sender of the message
	ConversationType ConversationType `wire:"conversationType"`
	TargetID         string           `wire:"targetId"`   // the user, group, chat room or ultra group it was sent to
	ChannelID        string           `wire:"busChannel"` // of an ultra group; required if and only if the message named one
	MessageUID       string           `wire:"messageUID"`
	// SentAt is when the message was sent, to the millisecond. No send returns it: the history,
	// the log and callbacks have it. RongCloud's page requires it; its SDK for Java and its newer
	// API leave it out at will, and it then only helps to find the message. Clients on the web sort
	// by it.
	SentAt time.Time `wire:"sentTime"`

	Admin                    bool   `wire:"isAdmin"`     // clients say that an administrator recalled it
	Delete                   bool   `wire:"isDelete"`    // clients drop the message and leave no line
	DisablePush              bool   `wire:"disablePush"` // not for chat rooms and ultra groups
	Extra                    string `wire:"extra"`       // the app's own data; not for ultra groups
	DisableUpdateLastMessage bool   `wire:"disableUpdateLastMsg"`
}

// SendResult lists what a message is called in each conversation that it was sent to. Older servers
// leave the list empty.
type SendResult struct {
	Messages []SentMessage `json:"messageUIDs"`
}

// SentMessage is a message as one conversation got it.
type SentMessage struct {
	TargetID   string `json:"groupId" alt:"chatroomId,userId"` // the group, chat room or user it was sent to
	MessageUID string `json:"messageUID"`
}

// UIDOf returns the UID of the message that was sent to targetID, empty if it is not known.
func (r *SendResult) UIDOf(targetID string) string {
	if r == nil { // of a chunk that was not delivered
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
// Without IncludeSender the sender neither sees the message nor finds it in their history. The call
// fails with [ErrOutcomeUnknown] if the message may have been delivered all the same: do not
// blindly send it again.
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
// With ToUserIDs it goes to these members of a single group only. Such a message takes no
// Expandable, Expansion, DisablePush and Push, and the cloud history keeps it only if RongCloud
// has enabled that. Expandable, Expansion and DisablePush work with a single group only.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered all the same: do
// not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-group
//
//rongcloud:endpoint POST /message/group/publish.json
func (s *MessageService) SendGroup(ctx context.Context, message GroupMessage, opts ...CallOption) (*SendResult, error) {
	message.Expandable = message.Expandable || len(message.Expansion) > 0
	message.Mentioned = message.Mentioned || mentions(message.Content)
	return fetch[SendResult](ctx, s.client, endpoint.MessageGroupPublish, &message, opts)
}

// SendSystem sends a message to at most 100 users, who cannot answer it. The quota is 100
// recipients per second, so that one such call can use it up.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered all the same: do
// not blindly send it again.
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
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered all the same: do
// not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-chatroom
//
//rongcloud:endpoint POST /message/chatroom/publish.json
func (s *MessageService) SendChatroom(ctx context.Context, message ChatroomMessage, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.MessageChatroomPublish, &message, opts)
}

// Recall takes a message back, in any kind of conversation. The quota is 100 calls per second.
//
// The cloud history keeps the message and the recall: who reads it back sees both.
//
// Clients are told by a message of its own, [RecallCommand], maybe with a push. So a recall counts
// as unsafe: repeating one after [ErrOutcomeUnknown] leaves the same state, but may tell them
// again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/msgrecall
//
//rongcloud:endpoint POST /message/recall.json
func (s *MessageService) Recall(ctx context.Context, params RecallParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageRecall, &params, opts)
}
