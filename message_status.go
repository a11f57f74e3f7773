package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageStatusService sends messages to users who are online only, such as typing indicators.
//
// A status message is unsafe to repeat, like any send; see [MessageService].
type MessageStatusService service

// PrivateStatus is a one-to-one message for users who are online only; see
// [MessageStatusService.SendPrivate].
type PrivateStatus struct {
	From    string         `wire:"fromUserId"` // must have a token
	To      []string       `wire:"toUserId"`   // at most 1000 users
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	VerifyBlacklist bool `wire:"verifyBlacklist"` // as in PrivateMessage
	IncludeSender   bool `wire:"isIncludeSender"` // send to the sender's online devices too

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// GroupStatus is a group message for members who are online only; see
// [MessageStatusService.SendGroup].
type GroupStatus struct {
	From    string         `wire:"fromUserId"` // need not be a member
	To      []string       `wire:"toGroupId"`  // at most 3 groups
	Content MessageContent `wire:"content"`    // at most 128 KB of JSON

	// As for one-to-one messages; only RongCloud's SDKs have it, not its page.
	VerifyBlacklist bool `wire:"verifyBlacklist"`
	// Whether to send to the sender's online devices too.
	IncludeSender bool `wire:"isIncludeSender"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// SendPrivate sends a one-to-one message, such as [TypingStatus], to at most 1000 users. Users who
// are offline never get it. The quota is 6000 recipients per minute. The server never pushes,
// counts or stores it; clients may store it, depending on its type. RongCloud does not document
// message UIDs in the response: the result's list may be empty.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-status-private
//
//rongcloud:endpoint POST /statusmessage/private/publish.json
func (s *MessageStatusService) SendPrivate(ctx context.Context, status PrivateStatus, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.StatusmessagePrivatePublish, &status, opts)
}

// SendGroup sends a message to at most 3 groups. Members who are offline never get it. The quota is
// 20 groups per second. The server never pushes, counts or stores it; clients may store it,
// depending on its type.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-status-group
//
//rongcloud:endpoint POST /statusmessage/group/publish.json
func (s *MessageStatusService) SendGroup(ctx context.Context, status GroupStatus, opts ...CallOption) (*SendResult, error) {
	return fetch[SendResult](ctx, s.client, endpoint.StatusmessageGroupPublish, &status, opts)
}
