package rongcloudtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// maxHistorySpan is the longest time that one history query may ask for.
const maxHistorySpan = 14 * 24 * time.Hour

var historyHandlers = map[*endpoint.Endpoint]handler{
	endpoint.V3MessagePrivateQuery: func(c *call) answer { return c.queryHistory(rongcloud.ConversationPrivate) },
	endpoint.V3MessageGroupQuery:   func(c *call) answer { return c.queryHistory(rongcloud.ConversationGroup) },
	endpoint.V3MessageUltragroupQuery: func(c *call) answer {
		return c.queryHistory(rongcloud.ConversationUltraGroup)
	},
	endpoint.V3MessageChatroomQuery: func(c *call) answer { return c.queryHistory(rongcloud.ConversationChatroom) },

	endpoint.ConversationMessageHistoryClean: cleanHistory,
}

// in reports whether the message belongs to a conversation as user sees it. An empty channel means
// all channels.
func (m *kept) in(conversation conversation, user string) bool {
	own := m.conversation()
	if conversation.ChannelID == "" {
		own.ChannelID = ""
	}
	t := own.Type
	if (t == rongcloud.ConversationPrivate || t == rongcloud.ConversationSystem) && m.From != user {
		own.TargetID = m.From
	}
	return own == conversation
}

// visible reports whether the cloud keeps the message in user's view. A chat room has one view for
// all.
func (m *kept) visible(user string) bool {
	if !m.stored || m.Recalled || m.Blocked || m.hidden[user] {
		return false
	}
	return m.ConversationType == rongcloud.ConversationChatroom || m.ownCopy && m.From == user || slices.Contains(m.RecipientIDs, user)
}

type historyEntry struct {
	TargetID     string  `json:"targetId"`
	FromUserID   string  `json:"fromUserId"`
	MessageUID   string  `json:"messageUID"`
	MsgTime      int64   `json:"msgTime"`
	ObjectName   string  `json:"objectName"`
	Content      string  `json:"content"`
	Expansion    *bool   `json:"expansion,omitempty"`
	ExtraContent *string `json:"extraContent,omitempty"`
	BusChannel   *string `json:"busChannel,omitempty"`
}

// queryHistory reads back in time from startTime. It assumes that endTime is inclusive.
func (c *call) queryHistory(kind rongcloud.ConversationType) answer {
	newest, oldest := c.params.Int("startTime"), c.params.Int("endTime")
	switch {
	case newest < oldest:
		return refuseError(invalid("startTime %d is before endTime %d, but must be the newer one", newest, oldest))
	case newest-oldest > maxHistorySpan.Milliseconds():
		return refuseError(invalid("startTime and endTime are more than 14 days apart"))
	}
	if !c.params.Bool("includeStart") {
		newest--
	}
	user := c.params.Get("userId")
	in := conversation{Type: kind, TargetID: c.params.Get("targetId"), ChannelID: c.params.Get("busChannel")}
	found := []historyEntry{}
	for _, m := range c.newestFirst() {
		at := m.SentAt.UnixMilli()
		if at > newest || at < oldest || !m.in(in, user) || !m.visible(user) {
			continue
		}
		found = append(found, m.entry(in.TargetID))
		if len(found) == c.params.countOr("pageSize", 10) {
			break
		}
	}
	return ok(field{"data", found})
}

// newestFirst returns all messages; within one millisecond the one sent last comes first.
func (s *Server) newestFirst() []*kept {
	all := s.messages.sent.all()
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b *kept) int { return cmp.Compare(b.SentAt.UnixMilli(), a.SentAt.UnixMilli()) })
	return all
}

func (m *kept) entry(target string) historyEntry {
	e := historyEntry{
		TargetID: target, FromUserID: m.From, MessageUID: m.MessageUID, MsgTime: m.SentAt.UnixMilli(), ObjectName: m.ObjectName, Content: m.Body,
	}
	if m.ConversationType == rongcloud.ConversationChatroom {
		return e
	}
	expandable, pairs := m.expandable, ""
	if expandable {
		pairs = m.pairs()
	}
	e.Expansion, e.ExtraContent = &expandable, &pairs
	if m.ConversationType == rongcloud.ConversationUltraGroup {
		channel := m.ChannelID
		e.BusChannel = &channel
	}
	return e
}

// cleanHistory hides messages from one user, or those of a chat room from everybody. A message
// sent exactly at msgTimestamp is hidden too.
func cleanHistory(c *call) answer {
	user := c.params.Get("fromUserId")
	in := conversation{Type: rongcloud.ConversationType(c.params.Int("conversationType")), TargetID: c.params.Get("targetId")}
	upTo := c.params.intOr("msgTimestamp", 1<<62)
	for _, m := range c.messages.sent.all() {
		switch {
		case m.SentAt.UnixMilli() > upTo || !m.in(in, user):
		case in.Type == rongcloud.ConversationChatroom:
			m.stored = false
		case m.hidden == nil:
			m.hidden = map[string]bool{user: true}
		default:
			m.hidden[user] = true
		}
	}
	return ok()
}
