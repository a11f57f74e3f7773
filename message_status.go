package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageStatusService sends messages that only those get who are online, such as the note that
// somebody is typing.
//
// A status message is unsafe to repeat, like any send; see [MessageService].
type MessageStatusService service

// PrivateStatus is a one-to-one message that only users who are online get; see
// [MessageStatusService.SendPrivate].
type PrivateStatus struct {
	From    string         `wire:"fromUserId"` // give the user a token first
	To      []string       `wire:"toUserId"`   // at most 1000 users
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	VerifyBlacklist bool `wire:"verifyBlacklist"` // as in PrivateMessage
	IncludeSender   bool `wire:"isIncludeSender"` // also to the sender's devices that are online

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// GroupStatus is a group message that only members who are online get; see
// [MessageStatusService.SendGroup].
type GroupStatus struct {
	From    string         `wire:"fromUserId"` // need not be a member
	To      []string       `wire:"toGroupId"`  // at most 3 groups
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	VerifyBlacklist bool `wire:"verifyBlacklist"` // as for one-to-one messages; RongCloud's SDKs send it, its page does not list it
	IncludeSender   bool `wire:"isIncludeSender"` // also to the sender's devices that are online

	IdempotencyKey int64 `wire:"msgRandom"` // names this send for RongCloud's idempotency service; see WithIdempotentSends
}

// SendPrivate sends a one-to-one message, such as [TypingStatus], to at most 1000 users, of whom
// those get it who are online. The quota is 6000 recipients per minute. The server never pushes,
// counts or stores it; clients may store it, by its type. RongCloud does not document that the
// response names the messages: the list of the result may be empty.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered all the same.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-status-private
//
//rongcloud:endpoint POST /statusmessage/private/publish.json
func (s *MessageStatusService) SendPrivate(ctx context.Context, status PrivateStatus, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.StatusmessagePrivatePublish, &status, opts)
}

// SendGroup sends a message to at most 3 groups, of whose members those get it who are online. The
// quota is 20 groups per second. The server never pushes, counts or stores it; clients may store
// it, by its type.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered all the same.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-status-group
//
//rongcloud:endpoint POST /statusmessage/group/publish.json
func (s *MessageStatusService) SendGroup(ctx context.Context, status GroupStatus, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.StatusmessageGroupPublish, &status, opts)
}
