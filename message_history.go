package rongcloud

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// MessageHistoryService reads messages back from the cloud history, newest first. The app needs the
// cloud storage service for that type of conversation.
//
// The quota is 10 of these calls per second, each for at most 100 messages within at most 14 days.
// The All methods make as many calls as they need, for any span of time; a client with a limiter
// ([WithLimiter]) keeps to the quota.
type MessageHistoryService service

// HistoryQuery selects messages of a private, group or chat room conversation. UserID, TargetID and
// Since are required. The bounds are exact to the millisecond.
type HistoryQuery struct {
	UserID   string    // whose view of the conversation is read
	TargetID string    // the other user, the group or the chat room
	Since    time.Time // messages sent at or after this time
	Until    time.Time // and at or before this one, where reading begins; now if zero
	Size     int       // messages per call, at most 100; List…: 10 by default, All…: 100
}

// UltraGroupHistoryQuery selects messages of an ultra group. UserID, GroupID and Since are
// required. The bounds are exact to the millisecond.
type UltraGroupHistoryQuery struct {
	UserID    string    // whose view of the conversation is read
	GroupID   string    `wire:"targetId"` // the ultra group
	ChannelID string    // one channel; all if empty
	Since     time.Time // messages sent at or after this time
	Until     time.Time // and at or before this one, where reading begins; now if zero
	Size      int       // messages per call, at most 100; List…: 10 by default, All…: 100
}

// HistoryPage is a page of messages.
//
// To get the next page of a [MessageHistoryService] query, set Until to the SentAt of the last
// message. The next page begins with the messages of that millisecond, which this page also has, so
// it is never empty: stop at a page with nothing new. The All methods do this for you.
type HistoryPage struct {
	Messages []HistoryMessage `json:"data"`
}

// More reports whether there may be another page. The server does not say, so only an empty page is
// taken for the one after the last; see [HistoryPage] for pages that are never empty.
func (p *HistoryPage) More() bool { return len(p.Messages) > 0 }

// HistoryMessages are requested messages, not paged.
type HistoryMessages struct {
	Messages []HistoryMessage `json:"data"`
}

// HistoryMessage is a message in the cloud history.
type HistoryMessage struct {
	MessageUID string `json:"messageUID" alt:"msgUID"`
	From       string `json:"fromUserId"`
	// The history's own type if the server leaves it out.
	ConversationType ConversationType `json:"conversationType" alt:"conversionType"`
	TargetID         string           `json:"targetId" alt:"groupId"`
	// The channel, in an ultra group.
	ChannelID string `json:"busChannel"`
	// The recipients of a message to selected members of a group, if the server includes them.
	ToUserIDs  []string  `json:"groupUserIds"`
	SentAt     time.Time `json:"msgTime" alt:"sentTime" unit:"ms"`
	ObjectName string    `json:"objectName"`
	// The body as sent; see Content.
	Body string `json:"content"`

	// Whether key-value data can be attached.
	Expandable bool `json:"expansion"`
	// The attached key-value data as JSON text; see Expansion.
	ExpansionText string `json:"extraContent"`

	AIGenerated bool          `json:"aiGenerated"` // if the app has that switched on
	Quote       *HistoryQuote `json:"quote"`       // the message it replies to, nil if none
}

// HistoryQuote names a message that another one quotes.
type HistoryQuote struct {
	MessageUID string `json:"msgUID"`
	From       string `json:"fromUserId"`
	ObjectName string `json:"objectName"`
}

// Content decodes the message; see [DecodeContent].
func (m *HistoryMessage) Content() (MessageContent, error) {
	return DecodeContent(m.ObjectName, []byte(m.Body))
}

// Expansion decodes the key-value data attached to the message.
func (m *HistoryMessage) Expansion() (map[string]ExpansionValue, error) {
	if m.ExpansionText == "" {
		return nil, nil
	}
	var entries map[string]ExpansionValue
	if err := (lenient.Decoder{}).Decode([]byte(m.ExpansionText), &entries); err != nil {
		return nil, fmt.Errorf("rongcloud: expansion of message %s: %w", m.MessageUID, err)
	}
	return entries, nil
}

// messageTimeAndID identifies a message in a walk.
func messageTimeAndID(m HistoryMessage) (time.Time, string) {
	if m.MessageUID == "" {
		return m.SentAt, m.From + " " + m.ObjectName + " " + m.Body
	}
	return m.SentAt, m.MessageUID
}

// historyPageQuery requests one page.
type historyPageQuery struct {
	_ [0]HistoryQuery

	UserID       string    `wire:"userId"`
	TargetID     string    `wire:"targetId"`
	Until        time.Time `wire:"startTime"` // reading goes back in time from here
	Since        time.Time `wire:"endTime"`
	Size         int       `wire:"pageSize"`
	IncludeStart *bool     `wire:"includeStart"` // include messages sent exactly at Until
}

type ultraGroupHistoryPageQuery struct {
	_ [0]UltraGroupHistoryQuery

	historyPageQuery

	ChannelID string `wire:"busChannel"`
}

const (
	maxHistorySpan = 14 * 24 * time.Hour
	maxHistorySize = 100
)

// page returns the request for the query's first page.
func (q *HistoryQuery) page(now time.Time) historyPageQuery {
	until := q.Until
	if until.IsZero() {
		until = now
	}
	return historyPageQuery{
		UserID: q.UserID, TargetID: q.TargetID, Until: until, Since: q.Since, Size: q.Size, IncludeStart: Ptr(true),
	}
}

func (q *UltraGroupHistoryQuery) common() *HistoryQuery {
	return &HistoryQuery{q.UserID, q.GroupID, q.Since, q.Until, q.Size}
}

// check refuses values that make no sense for one call or a walk. The encoder checks for missing
// fields.
func (q *historyPageQuery) check() error {
	switch {
	case q.Size < 0 || q.Size > maxHistorySize:
		return refuseWire("pageSize", "%d is not between 1 and %d", q.Size, maxHistorySize)
	case q.Since.IsZero():
		return refuseWire("endTime", "is required")
	case q.Since.UnixMilli() > q.Until.UnixMilli():
		return refuseWire("endTime", "%v is after %v, where reading begins", q.Since, q.Until)
	}
	return nil
}

// checkSpan refuses a span longer than one call can read.
func (q *historyPageQuery) checkSpan() error {
	span := time.Duration(q.Until.UnixMilli()-q.Since.UnixMilli()) * time.Millisecond
	if span > maxHistorySpan {
		return refuseWire("endTime", "%v is more than 14 days before %v; the All methods split longer spans", q.Since, q.Until)
	}
	return nil
}

// historyKind is one of the four histories.
type historyKind struct {
	ep           *endpoint.Endpoint
	conversation ConversationType
}

var (
	privateHistory    = historyKind{endpoint.V3MessagePrivateQuery, ConversationPrivate}
	groupHistory      = historyKind{endpoint.V3MessageGroupQuery, ConversationGroup}
	chatroomHistory   = historyKind{endpoint.V3MessageChatroomQuery, ConversationChatroom}
	ultraGroupHistory = historyKind{endpoint.V3MessageUltragroupQuery, ConversationUltraGroup}
)

// fetchHistory fetches the page described by params, which embeds common.
func (s *MessageHistoryService) fetchHistory(ctx context.Context, kind historyKind, common *historyPageQuery, params any, opts []CallOption) (*HistoryPage, error) {
	if err := cmp.Or(common.check(), common.checkSpan()); err != nil {
		return nil, refused(ctx, s.client, inParams(err, kind.ep, params), opts)
	}
	page, err := fetch[HistoryPage](ctx, s.client, kind.ep, params, opts)
	if err != nil {
		return nil, err
	}
	complete(page.Messages, kind.conversation)
	return page, nil
}

// complete fills in what the server leaves out.
func complete(messages []HistoryMessage, conversation ConversationType) {
	for i := range messages {
		m := &messages[i]
		if m.ConversationType == 0 {
			m.ConversationType = conversation
		}
		if m.Quote != nil && *m.Quote == (HistoryQuote{}) {
			m.Quote = nil // some servers send an empty text
		}
	}
}

func (s *MessageHistoryService) list(ctx context.Context, kind historyKind, query HistoryQuery, opts []CallOption) (*HistoryPage, error) {
	page := query.page(s.client.core.config.now())
	return s.fetchHistory(ctx, kind, &page, &page, opts)
}

func (s *MessageHistoryService) all(ctx context.Context, kind historyKind, query HistoryQuery, opts []CallOption) iter.Seq2[HistoryMessage, error] {
	return s.walk(ctx, kind, query, opts, func(at historyPageQuery) (*HistoryPage, error) {
		return s.fetchHistory(ctx, kind, &at, &at, opts)
	})
}

// walk walks a history with a method for one page.
func (s *MessageHistoryService) walk(
	ctx context.Context, kind historyKind, query HistoryQuery, opts []CallOption, fetch func(historyPageQuery) (*HistoryPage, error),
) iter.Seq2[HistoryMessage, error] {
	return func(yield func(HistoryMessage, error) bool) {
		first := query.page(s.client.core.config.now())
		if first.Size == 0 {
			first.Size = maxHistorySize
		}
		if err := first.check(); err != nil {
			var params any = &first
			if kind == ultraGroupHistory {
				params = (*ultraGroupHistoryPageQuery)(nil)
			}
			yield(HistoryMessage{}, refused(ctx, s.client, inParams(err, kind.ep, params), opts))
			return
		}
		span := descendingSpan{newest: first.Until, oldest: first.Since, longest: maxHistorySpan, size: first.Size}
		walkDescending(kind.ep, span, messageTimeAndID, func(newest, oldest time.Time) ([]HistoryMessage, error) {
			at := first
			at.Until, at.Since = newest, oldest
			page, err := fetch(at)
			if err != nil {
				return nil, err
			}
			return page.Messages, nil
		})(yield)
	}
}

// ListPrivate returns one page of a one-to-one conversation, newest messages first; AllPrivate
// walks all pages. The span is at most 14 days. See [HistoryPage] for the page after it.
//
//rongcloud:endpoint POST /v3/message/private/query.json
func (s *MessageHistoryService) ListPrivate(ctx context.Context, query HistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	return s.list(ctx, privateHistory, query, opts)
}

// AllPrivate yields the messages of a one-to-one conversation, newest first.
func (s *MessageHistoryService) AllPrivate(ctx context.Context, query HistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.all(ctx, privateHistory, query, opts)
}

// ListGroup returns one page of a group's messages, newest first; AllGroup walks all pages. The
// span is at most 14 days. See [HistoryPage] for the page after it.
//
//rongcloud:endpoint POST /v3/message/group/query.json
func (s *MessageHistoryService) ListGroup(ctx context.Context, query HistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	return s.list(ctx, groupHistory, query, opts)
}

// AllGroup yields the messages of a group, newest first.
func (s *MessageHistoryService) AllGroup(ctx context.Context, query HistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.all(ctx, groupHistory, query, opts)
}

// ListUltraGroup returns one page of an ultra group's messages, newest first; AllUltraGroup walks
// all pages. The span is at most 14 days. See [HistoryPage] for the page after it.
//
//rongcloud:endpoint POST /v3/message/ultragroup/query.json
func (s *MessageHistoryService) ListUltraGroup(ctx context.Context, query UltraGroupHistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	page := ultraGroupHistoryPageQuery{historyPageQuery: query.common().page(s.client.core.config.now()), ChannelID: query.ChannelID}
	return s.fetchHistory(ctx, ultraGroupHistory, &page.historyPageQuery, &page, opts)
}

// AllUltraGroup yields the messages of an ultra group or of one of its channels, newest first.
func (s *MessageHistoryService) AllUltraGroup(ctx context.Context, query UltraGroupHistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.walk(ctx, ultraGroupHistory, *query.common(), opts, func(at historyPageQuery) (*HistoryPage, error) {
		page := ultraGroupHistoryPageQuery{historyPageQuery: at, ChannelID: query.ChannelID}
		return s.fetchHistory(ctx, ultraGroupHistory, &page.historyPageQuery, &page, opts)
	})
}

// ListChatroom returns one page of a chat room's messages, newest first; AllChatroom walks all
// pages. The span is at most 14 days. See [HistoryPage] for the page after it.
//
//rongcloud:endpoint POST /v3/message/chatroom/query.json
func (s *MessageHistoryService) ListChatroom(ctx context.Context, query HistoryQuery, opts ...CallOption) (*HistoryPage, error) {
	return s.list(ctx, chatroomHistory, query, opts)
}

// AllChatroom yields the messages of a chat room, newest first.
func (s *MessageHistoryService) AllChatroom(ctx context.Context, query HistoryQuery, opts ...CallOption) iter.Seq2[HistoryMessage, error] {
	return s.all(ctx, chatroomHistory, query, opts)
}
