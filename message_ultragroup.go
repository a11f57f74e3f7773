package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupMessage is a message to ultra groups; see [MessageService.SendUltraGroup].
type UltraGroupMessage struct {
	// Must have a token, but need not be a member.
	From string `wire:"fromUserId"`
	// At most 3 ultra groups, and exactly one with ToUserIDs.
	To []string `wire:"toGroupIds"`
	// Only these members get the message.
	ToUserIDs []string `wire:"toUserIds"`
	// A channel of all groups in To; a message to an unknown channel is not delivered.
	ChannelID string `wire:"busChannel"`
	// At most 128 KB of JSON.
	Content MessageContent `wire:"content"`
	// Mentioned makes the mentionedInfo in an app's own type take effect. For built-in types
	// SendUltraGroup sets it automatically.
	Mentioned bool `wire:"isMentioned"`

	// PushContent is the push text for users who are not connected. Messages of types that users
	// write have a default text; other types, including an app's own, are pushed only if
	// PushContent is set. PushData reaches the app with the push.
	PushContent      string       `wire:"pushContent"`
	PushData         string       `wire:"pushData"`
	Push             *PushOptions `wire:"pushExt"`
	ContentAvailable bool         `wire:"contentAvailable"` // iOS: wake the app silently

	Persist                  *bool `wire:"isPersisted"` // keep in the cloud history; true if nil
	Counted                  *bool `wire:"isCounted"`   // count as unread; true if nil
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`

	// Expandable allows key-value data to be attached to the message later. Expansion is the
	// initial data, at most 100 pairs, with keys up to 32 and values up to 4096 characters; it
	// implies Expandable.
	Expandable bool              `wire:"expansion"`
	Expansion  map[string]string `wire:"extraContent"`

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// SendUltraGroup sends a message to at most 3 ultra groups, or with ToUserIDs to these members of a
// single one. The quota is 100 groups per second, and 20 messages per second for each channel, or
// for each group if no channel is given.
//
// Without ChannelID the message goes to the channel RCDefault, or to none in apps that enabled
// ultra groups before 2022-10-13. The sender always gets a copy.
//
// The call fails with [ErrOutcomeUnknown] if the message may have been delivered anyway: do not
// blindly send it again.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/message/send-ultragroup
//
//rongcloud:endpoint POST /message/ultragroup/publish.json
func (s *MessageService) SendUltraGroup(ctx context.Context, message UltraGroupMessage, opts ...CallOption) (*SendResult, error) {
	message.Expandable = message.Expandable || len(message.Expansion) > 0
	message.Mentioned = message.Mentioned || mentions(message.Content)
	return fetch[SendResult](ctx, s.client, endpoint.MessageUltragroupPublish, &message, opts)
}
