package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupMessageService finds and changes messages that were sent to ultra groups.
// [MessageService.SendUltraGroup] sends them, [MessageService.Recall] recalls them, and
// [MessageHistoryService.AllUltraGroup] reads them as one user sees them.
//
// RongCloud keeps them for 7 days, unless the app has bought more. List, All and ListAround do not
// find messages sent without a channel in an app without RCDefault.
type UltraGroupMessageService service

// UltraGroupMessageRef identifies a message that was sent.
type UltraGroupMessageRef struct {
	MessageUID string `json:"msgUID"`
	ChannelID  string `json:"busChannel,omitempty"` // where it was sent
}

// UltraGroupMessageGetQuery names messages of an ultra group.
type UltraGroupMessageGetQuery struct {
	GroupID  string                 `wire:"groupId"`
	Messages []UltraGroupMessageRef `wire:"msgs"` // at most 20
}

// UltraGroupMessageQuery selects messages of a channel. The bounds are exact to the millisecond.
type UltraGroupMessageQuery struct {
	GroupID string `wire:"groupId"`
	// Required.
	ChannelID string `wire:"busChannel"`
	// Messages sent after this time.
	After time.Time `wire:"startTime"`
	// Messages sent at or before this time; now if zero.
	Until time.Time `wire:"endTime"`
	// Only messages from this sender.
	From string `wire:"fromUserId"`
	// Messages per call, at most 100; List: 20 by default, All: 100.
	Size int `wire:"pageSize"`
}

// UltraGroupMessageListAroundQuery selects the messages around a known one.
type UltraGroupMessageListAroundQuery struct {
	GroupID      string `wire:"groupId"`
	ChannelID    string `wire:"busChannel"` // required
	MessageUID   string `wire:"msgUID"`
	EarlierCount *int   `wire:"prevNum"` // how many earlier messages, at most 50; 10 if nil
	LaterCount   *int   `wire:"lastNum"` // how many later messages, at most 50; 10 if nil
}

// UltraGroupMessageModifyParams is new content for a message; see
// [UltraGroupMessageService.Modify].
type UltraGroupMessageModifyParams struct {
	GroupID string `wire:"groupId"`
	// Where it was sent; may be omitted for RCDefault only.
	ChannelID string `wire:"busChannel"`
	// Sender of the message.
	From       string `wire:"fromUserId"`
	MessageUID string `wire:"msgUID"`
	// The new content, of the same type as the message; at most 128 KB of JSON.
	Content MessageContent `wire:"content"`

	// IdempotencyKey, msgRandom on the wire, identifies this change: RongCloud ignores a repeat
	// within a minute. See WithIdempotentSends.
	IdempotencyKey int64 `wire:"msgRandom"`
}

// Get returns up to 20 messages by their UIDs. The quota is 5 calls per second. RongCloud does not
// document whether the response leaves out messages that are not found.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-messages-by-uid
//
//rongcloud:endpoint POST /ultragroup/msg/get.json
func (s *UltraGroupMessageService) Get(ctx context.Context, query UltraGroupMessageGetQuery, opts ...CallOption) (*HistoryMessages, error) {
	for i, m := range query.Messages {
		if m.MessageUID == "" {
			return nil, refused(ctx, s.client, refuseParam(endpoint.UltragroupMsgGet, &query, "msgs", "item %d has no MessageUID", i+1), opts)
		}
	}
	return s.messages(ctx, endpoint.UltragroupMsgGet, &query, opts)
}

// Modify replaces the content of a message with content of the same type. Connected clients are
// notified. The quota is 100 calls per minute.
//
// The call fails with [ErrOutcomeUnknown] if it may have been carried out anyway.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/modify-message
//
//rongcloud:endpoint POST /ultragroup/msg/modify.json
func (s *UltraGroupMessageService) Modify(ctx context.Context, params UltraGroupMessageModifyParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupMsgModify, &params, opts)
}

// check refuses values that make no sense for one call or a walk. The encoder checks for missing
// fields.
func (q *UltraGroupMessageQuery) check() error {
	switch {
	case q.Size < 0 || q.Size > maxHistorySize:
		return refuseParam(endpoint.UltragroupHismsgQuery, q, "pageSize", "%d is not between 1 and %d", q.Size, maxHistorySize)
	case q.After.IsZero():
		return refuseParam(endpoint.UltragroupHismsgQuery, q, "startTime", "is required")
	case q.Until.Before(q.After):
		return refuseParam(endpoint.UltragroupHismsgQuery, q, "endTime", "%v is before %v, after which reading begins", q.Until, q.After)
	}
	return nil
}

// List returns one page of a channel's messages, oldest first; All walks all pages. The span is at
// most 14 days. The quota is 100 calls per minute.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/query-history-messages
//
//rongcloud:endpoint POST /ultragroup/hismsg/query.json
func (s *UltraGroupMessageService) List(ctx context.Context, query UltraGroupMessageQuery, opts ...CallOption) (*HistoryPage, error) {
	if query.Until.IsZero() {
		query.Until = s.client.core.config.now()
	}
	if err := query.check(); err != nil {
		return nil, refused(ctx, s.client, err, opts)
	}
	if span := time.Duration(query.Until.UnixMilli()-query.After.UnixMilli()) * time.Millisecond; span > maxHistorySpan {
		return nil, refused(ctx, s.client, refuseParam(endpoint.UltragroupHismsgQuery, &query, "endTime", "%v is more than 14 days after %v; All splits longer spans", query.Until, query.After), opts)
	}
	page, err := fetch[HistoryPage](ctx, s.client, endpoint.UltragroupHismsgQuery, &query, opts)
	if err != nil {
		return nil, err
	}
	complete(page.Messages, ConversationUltraGroup)
	return page, nil
}

// All yields the messages of a channel, oldest first. It makes as many calls as it needs, for any
// span of time.
func (s *UltraGroupMessageService) All(ctx context.Context, query UltraGroupMessageQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return func(yield func(HistoryMessage, error) bool) {
		first := query
		if first.Size == 0 {
			first.Size = maxHistorySize
		}
		if first.Until.IsZero() {
			first.Until = s.client.core.config.now()
		}
		if err := first.check(); err != nil {
			yield(HistoryMessage{}, refused(ctx, s.client, err, opts))
			return
		}
		span := ascendingSpan{after: first.After, until: first.Until, longest: maxHistorySpan, size: first.Size}
		walkAscending(endpoint.UltragroupHismsgQuery, span, messageTimeAndID, func(after, until time.Time) ([]HistoryMessage, error) {
			at := first
			at.After, at.Until = after, until
			page, err := s.List(ctx, at, opts...)
			if err != nil {
				return nil, err
			}
			return page.Messages, nil
		})(yield)
	}
}

// ListAround finds a message by its UID and returns it together with the messages before and after
// it, oldest first.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/ultragroup/query-history-by-message-uid
//
//rongcloud:endpoint POST /ultragroup/hismsg/msgid/query.json
func (s *UltraGroupMessageService) ListAround(ctx context.Context, query UltraGroupMessageListAroundQuery, opts ...CallOption) (*HistoryMessages, error) {
	return s.messages(ctx, endpoint.UltragroupHismsgMsgidQuery, &query, opts)
}

func (s *UltraGroupMessageService) messages(ctx context.Context, ep *endpoint.Endpoint, query any, opts []CallOption) (*HistoryMessages, error) {
	found, err := fetch[HistoryMessages](ctx, s.client, ep, query, opts)
	if err != nil {
		return nil, err
	}
	complete(found.Messages, ConversationUltraGroup)
	return found, nil
}
