package rongcloudtest

import (
	"encoding/json"
	"slices"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

var ultraMessageHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UltragroupMsgGet:           inUltra(ultraMessageGet),
	endpoint.UltragroupMsgModify:        func(c *call) answer { return modify(c, c.ultraConversation()) },
	endpoint.UltragroupHismsgQuery:      inChannel(ultraSearch),
	endpoint.UltragroupHismsgMsgidQuery: inChannel(ultraAround),

	endpoint.UltragroupMessageExpansionSet:    expansionSet((*call).ultraExpandable),
	endpoint.UltragroupMessageExpansionDelete: expansionDelete((*call).ultraExpandable),
	endpoint.UltragroupMessageExpansionQuery:  expansionQuery((*call).ultraMessage),
}

// ultraConversation returns the channel that the request names, or RCDefault if it names none, as
// messages without a channel go there.
func (c *call) ultraConversation() conversation {
	return conversation{
		Type: rongcloud.ConversationUltraGroup, TargetID: c.params.Get("groupId"), ChannelID: channelOf(c.params.Get("busChannel")),
	}
}

// ultraMessage returns the message that the request names, or nil if it is not in the channel.
func (c *call) ultraMessage() *kept {
	m := c.messages.byUID[c.params.Get("msgUID")]
	if m == nil || m.Recalled || m.conversation() != c.ultraConversation() {
		return nil
	}
	return m
}

// ultraExpandable finds the message that a request wants to change.
func (c *call) ultraExpandable() (*kept, error) {
	m := c.ultraMessage()
	switch {
	case m == nil:
		return nil, invalid("no message %s in that channel of the ultra group", c.params.Get("msgUID"))
	case !m.expandable:
		return nil, notExpandable(m.MessageUID)
	}
	return m, nil
}

// ultraEntry is a message in the responses of the queries, which use different fields.
type ultraEntry struct {
	GroupID          string `json:"groupId"`
	BusChannel       string `json:"busChannel"`
	FromUserID       string `json:"fromUserId"`
	MsgUID           string `json:"msgUID"`
	SentTime         int64  `json:"sentTime,omitempty"`
	MsgTime          int64  `json:"msgTime,omitempty"`
	ObjectName       string `json:"objectName"`
	ConversationType int    `json:"conversationType,omitempty"`
	ConversionType   int    `json:"conversionType,omitempty"` // the same for the official Go SDK
	Content          string `json:"content"`
	Expansion        bool   `json:"expansion"`
	ExtraContent     string `json:"extraContent"`
}

func (m *kept) ultraEntry() ultraEntry {
	e := ultraEntry{
		GroupID: m.TargetID, BusChannel: m.ChannelID, FromUserID: m.From, MsgUID: m.MessageUID,
		MsgTime: m.SentAt.UnixMilli(), ObjectName: m.ObjectName, ConversationType: int(rongcloud.ConversationUltraGroup),
		ConversionType: int(rongcloud.ConversationUltraGroup), Content: m.Body, Expansion: m.expandable,
	}
	if m.expandable {
		e.ExtraContent = m.pairs()
	}
	return e
}

// searchable reports whether the cloud has the message, whoever received it. The limit of 7 days
// is not imitated.
func (m *kept) searchable() bool { return m.stored && !m.Recalled && !m.Blocked }

// ultraMessageGet leaves out messages that it does not find. A message named without its channel
// is found in any.
func ultraMessageGet(c *call, _ *ultraGroup) answer {
	var refs []struct {
		MsgUID     string `json:"msgUID"`
		BusChannel string `json:"busChannel"`
	}
	if json.Unmarshal([]byte(c.params.Get("msgs")), &refs) != nil || len(refs) == 0 {
		return refuseError(invalid("msgs is not a JSON array of objects with msgUID"))
	}
	found := []ultraEntry{}
	for i, ref := range refs {
		if ref.MsgUID == "" {
			return refuseError(invalid("msgs: item %d needs msgUID", i+1))
		}
		m := c.messages.byUID[ref.MsgUID]
		in := conversation{Type: rongcloud.ConversationUltraGroup, TargetID: c.params.Get("groupId"), ChannelID: ref.BusChannel}
		if m == nil || !m.searchable() || !m.in(in, "") {
			continue
		}
		e := m.ultraEntry()
		e.SentTime, e.MsgTime, e.ConversationType, e.ConversionType = e.MsgTime, 0, 0, 0
		found = append(found, e)
	}
	return ok(field{"data", found})
}

// searchable returns the messages of the channel that the request names, oldest first.
func (c *call) searchable() []*kept {
	in := c.ultraConversation()
	all := slices.DeleteFunc(c.newestFirst(), func(m *kept) bool { return m.conversation() != in || !m.searchable() })
	slices.Reverse(all)
	return all
}

// ultraSearch excludes messages sent exactly at startTime, and includes those sent exactly at
// endTime.
func ultraSearch(c *call, _ *ultraGroup, _ *channel) answer {
	after, until := c.params.Int("startTime"), c.params.Int("endTime")
	switch {
	case until < after:
		return refuseError(invalid("endTime %d is before startTime %d", until, after))
	case until-after > maxHistorySpan.Milliseconds():
		return refuseError(invalid("startTime and endTime are more than 14 days apart"))
	}
	found := []ultraEntry{}
	for _, m := range c.searchable() {
		at, from := m.SentAt.UnixMilli(), c.params.Get("fromUserId")
		if at > after && at <= until && (from == "" || from == m.From) && len(found) < c.params.countOr("pageSize", 20) {
			found = append(found, m.ultraEntry())
		}
	}
	return ok(field{"data", found})
}

// ultraAround returns nothing for an unknown message, or an error in strict mode. Its extraContent
// is text, as in the other queries: the documentation shows an object, which the official Go SDK
// cannot decode.
func ultraAround(c *call, _ *ultraGroup, _ *channel) answer {
	all, uid := c.searchable(), c.params.Get("msgUID")
	at := slices.IndexFunc(all, func(m *kept) bool { return m.MessageUID == uid })
	found := []ultraEntry{}
	switch {
	case at < 0 && c.config.strict:
		return refuseError(invalid("strict: no message %s in that channel of the ultra group", uid))
	case at < 0:
		return ok(field{"data", found})
	}
	from := max(0, at-int(c.params.intOr("prevNum", 10)))
	to := min(len(all), at+int(c.params.intOr("lastNum", 10))+1)
	for _, m := range all[from:to] {
		found = append(found, m.ultraEntry())
	}
	return ok(field{"data", found})
}
