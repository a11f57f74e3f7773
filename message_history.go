package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// MessageHistoryService reads messages back from the cloud history, newest first. The app needs
// the cloud storage service for the kind of conversation.
//
// RongCloud answers 10 of these calls per second, each for at most 100 messages of at most 14
// days. The methods that begin with All make as many calls as they need, for any span of time; a
// client with a limiter ([WithLimiter]) keeps to the quota.
type MessageHistoryService service

// HistoryQuery chooses messages of a private, group or chat room conversation. UserID, TargetID,
// Newest and Oldest are required. The bounds count to the millisecond.
type HistoryQuery struct {
	UserID   string    // whose view of the conversation is read
	TargetID string    // the other user, the group or the chat room
	Newest   time.Time // where reading begins, such as now
	Oldest   time.Time // where it ends
	Size     int       // messages per call, at most 100; List: 10 by default, All: 100
	// ExcludeNewest leaves out messages sent exactly at Newest.
	ExcludeNewest bool
}

// UltraGroupHistoryQuery chooses messages of an ultra group. UserID, TargetID, Newest and Oldest
// are required.
type UltraGroupHistoryQuery struct {
	UserID    string    // whose view of the conversation is read
	GroupID   string    // the ultra group
	ChannelID string    // one channel; all if empty
	Newest    time.Time // where reading begins, such as now
	Oldest    time.Time // where it ends
	Size      int       // messages per call, at most 100; List: 10 by default, All: 100
	// ExcludeNewest leaves out messages sent exactly at Newest.
	ExcludeNewest bool
}

// HistoryPage is a page of messages, newest first.
type HistoryPage struct {
	Messages []HistoryMessage `json:"data"`
}

// HistoryMessage is a message in the cloud history.
type HistoryMessage struct {
	MessageUID string    `json:"messageUID" alt:"msgUID"`
	From       string    `json:"fromUserId"`
	TargetID   string    `json:"targetId" alt:"groupId"`
	ChannelID  string    `json:"busChannel"` // of an ultra group
	SentAt     time.Time `json:"msgTime" alt:"sentTime" unit:"ms"`
	ObjectName string    `json:"objectName"`
	Body       string    `json:"content"` // as it was sent; see Content

	Expandable    bool   `json:"expansion"`    // it takes key-value data
	ExpansionText string `json:"extraContent"` // the key-value data attached to it as JSON text; see Expansion

	AIGenerated bool           `json:"aiGenerated"` // where the app has that switched on
	Quote       *HistoryQuoted `json:"quote"`       // the message it answers, nil if none
}

// HistoryQuoted names a message that another one quotes.
type HistoryQuoted struct {
	MessageUID string `json:"msgUID"`
	From       string `json:"fromUserId"`
	ObjectName string `json:"objectName"`
}

// Content decodes the message; see [DecodeContent].
func (m *HistoryMessage) Content() (MessageContent, error) {
	return DecodeContent(m.ObjectName, []byte(m.Body))
}

// Expansion decodes the key-value data attached to the message.
func (m *HistoryMessage) Expansion() (map[string]ExpansionEntry, error) {
	if m.ExpansionText == "" {
		return nil, nil
	}
	var entries map[string]ExpansionEntry
	if err := (lenient.Decoder{}).Decode([]byte(m.ExpansionText), &entries); err != nil {
		return nil, fmt.Errorf("rongcloud: expansion of message %s: %w", m.MessageUID, err)
	}
	return entries, nil
}

// messageStamp is what tells a message from others in a walk.
func messageStamp(m HistoryMessage) (time.Time, string) {
	if m.MessageUID == "" {
		return m.SentAt, m.From + " " + m.ObjectName + " " + m.Body
	}
	return m.SentAt, m.MessageUID
}

type historyPageQuery struct {
	UserID       string    `wire:"userId"`
	TargetID     string    `wire:"targetId"`
	Newest       time.Time `wire:"startTime"`
	Oldest       time.Time `wire:"endTime"`
	Size         int       `wire:"pageSize"`
	IncludeStart bool      `wire:"includeStart"`
}

type ultraGroupHistoryPageQuery struct {
	historyPageQuery
	Channel string `wire:"busChannel"`
}

const (
	maxHistorySpan = 14 * 24 * time.Hour
	maxHistorySize = 100
)

func (q *HistoryQuery) page() *historyPageQuery {
	return &historyPageQuery{q.UserID, q.TargetID, q.Newest, q.Oldest, q.Size, !q.ExcludeNewest}
}

func (q *UltraGroupHistoryQuery) page() *ultraGroupHistoryPageQuery {
	return &ultraGroupHistoryPageQuery{historyPageQuery{q.UserID, q.GroupID, q.Newest, q.Oldest, q.Size, !q.ExcludeNewest}, q.ChannelID}
}

// check refuses what makes no sense for one call or a walk. What is missing is the encoder's
// business.
func (q *historyPageQuery) check() error {
	switch {
	case q.Size < 0 || q.Size > maxHistorySize:
		return refuse("pageSize", "%d is not between 1 and %d", q.Size, maxHistorySize)
	case q.Newest.IsZero() || q.Oldest.IsZero():
		return nil
	case q.Oldest.UnixMilli() > q.Newest.UnixMilli():
		return refuse("endTime", "%v is newer than startTime %v; reading goes back in time", q.Oldest, q.Newest)
	}
	return nil
}

// checkBounds refuses a span without one of its ends.
func (q *historyPageQuery) checkBounds() error {
	switch {
	case q.Newest.IsZero():
		return refuse("startTime", "is required")
	case q.Oldest.IsZero():
		return refuse("endTime", "is required")
	}
	return nil
}

// checkSpan refuses more than one call can answer.
func (q *historyPageQuery) checkSpan() error {
	span := time.Duration(q.Newest.UnixMilli()-q.Oldest.UnixMilli()) * time.Millisecond
	if !q.Newest.IsZero() && !q.Oldest.IsZero() && span > maxHistorySpan {
		return refuse("endTime", "%v is more than 14 days before startTime %v; the methods that begin with All split longer spans", q.Oldest, q.Newest)
	}
	return nil
}

func (s *MessageHistoryService) list(ctx context.Context, ep *endpoint.Endpoint, common *historyPageQuery, params any, opts []CallOption) (*HistoryPage, error) {
	if err := common.check(); err != nil {
		return nil, err
	}
	if err := common.checkSpan(); err != nil {
		return nil, err
	}
	page, err := fetch[HistoryPage](ctx, s.client, ep, params, opts)
	if err != nil {
		return nil, err
	}
	for i := range page.Messages {
		if m := &page.Messages[i]; m.Quote != nil && *m.Quote == (HistoryQuoted{}) {
			m.Quote = nil // some servers send an empty text
		}
	}
	return page, nil
}

// all walks the history with a method for one page.
func (s *MessageHistoryService) all(ep *endpoint.Endpoint, query *historyPageQuery, fetch func(historyPageQuery) (*HistoryPage, error)) iter.Seq2[HistoryMessage, error] {
	first := *query
	if first.Size == 0 {
		first.Size = maxHistorySize
	}
	err := first.check()
	if err == nil {
		err = first.checkBounds()
	}
	if err != nil {
		return func(yield func(HistoryMessage, error) bool) { yield(HistoryMessage{}, err) }
	}
	span := backSpan{newest: first.Newest, oldest: first.Oldest, longest: maxHistorySpan, size: first.Size}
	return walkBack(ep, span, messageStamp, func(newest, oldest time.Time) ([]HistoryMessage, error) {
		at := first
		at.Newest, at.Oldest = newest, oldest
		// Messages of one millisecond may be spread over two pages, so only the very first bound
		// may be left out.
		at.IncludeStart = first.IncludeStart || newest.UnixMilli() != first.Newest.UnixMilli()
		page, err := fetch(at)
		if err != nil {
			return nil, err
		}
		return page.Messages, nil
	})
}

// ListPrivate returns one page of a one-to-one conversation, newest messages first; AllPrivate
// walks all pages. The span is at most 14 days. For the page after this one, set Newest to the
// time of the last message and drop those that came before.
//
//rongcloud:endpoint POST /v3/message/private/query.json
func (s *MessageHistoryService) ListPrivate(ctx context.Context, query HistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	page := query.page()
	return s.list(ctx, endpoint.V3MessagePrivateQuery, page, page, opts)
}

// AllPrivate yields the messages of a one-to-one conversation, newest first.
func (s *MessageHistoryService) AllPrivate(ctx context.Context, query HistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.all(endpoint.V3MessagePrivateQuery, query.page(), func(at historyPageQuery) (*HistoryPage, error) {
		return s.list(ctx, endpoint.V3MessagePrivateQuery, &at, &at, opts)
	})
}

// ListGroup returns one page of a group's messages, newest first; AllGroup walks all pages. The
// span is at most 14 days. For the page after this one, set Newest to the time of the last message
// and drop those that came before.
//
//rongcloud:endpoint POST /v3/message/group/query.json
func (s *MessageHistoryService) ListGroup(ctx context.Context, query HistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	page := query.page()
	return s.list(ctx, endpoint.V3MessageGroupQuery, page, page, opts)
}

// AllGroup yields the messages of a group, newest first.
func (s *MessageHistoryService) AllGroup(ctx context.Context, query HistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.all(endpoint.V3MessageGroupQuery, query.page(), func(at historyPageQuery) (*HistoryPage, error) {
		return s.list(ctx, endpoint.V3MessageGroupQuery, &at, &at, opts)
	})
}

// ListUltraGroup returns one page of an ultra group's messages, newest first; AllUltraGroup walks
// all pages. The span is at most 14 days. For the page after this one, set Newest to the time of
// the last message and drop those that came before.
//
//rongcloud:endpoint POST /v3/message/ultragroup/query.json
func (s *MessageHistoryService) ListUltraGroup(ctx context.Context, query UltraGroupHistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	page := query.page()
	return s.list(ctx, endpoint.V3MessageUltragroupQuery, &page.historyPageQuery, page, opts)
}

// AllUltraGroup yields the messages of an ultra group or of one of its channels, newest first.
func (s *MessageHistoryService) AllUltraGroup(ctx context.Context, query UltraGroupHistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	first := query.page()
	return s.all(endpoint.V3MessageUltragroupQuery, &first.historyPageQuery, func(at historyPageQuery) (*HistoryPage, error) {
		page := &ultraGroupHistoryPageQuery{at, query.ChannelID}
		return s.list(ctx, endpoint.V3MessageUltragroupQuery, &page.historyPageQuery, page, opts)
	})
}

// ListChatroom returns one page of a chat room's messages, newest first; AllChatroom walks all
// pages. The span is at most 14 days. For the page after this one, set Newest to the time of the
// last message and drop those that came before.
//
//rongcloud:endpoint POST /v3/message/chatroom/query.json
func (s *MessageHistoryService) ListChatroom(ctx context.Context, query HistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	page := query.page()
	return s.list(ctx, endpoint.V3MessageChatroomQuery, page, page, opts)
}

// AllChatroom yields the messages of a chat room, newest first.
func (s *MessageHistoryService) AllChatroom(ctx context.Context, query HistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.all(endpoint.V3MessageChatroomQuery, query.page(), func(at historyPageQuery) (*HistoryPage, error) {
		return s.list(ctx, endpoint.V3MessageChatroomQuery, &at, &at, opts)
	})
}
