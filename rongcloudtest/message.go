package rongcloudtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// conversation is where a message belongs, seen from one user: the target of a private
// conversation is the other user.
type conversation struct {
	Type      rongcloud.ConversationType
	TargetID  string
	ChannelID string
}

// Message is a message as a user received it. Its conversation is seen from that user: the target
// of a private conversation is the other one.
type Message struct {
	MessageUID       string
	From             string
	ConversationType rongcloud.ConversationType
	TargetID         string   // empty for a broadcast, seen from the sender
	ChannelID        string   // of an ultra group
	ToUserIDs        []string // of a message to chosen members of a group
	SentAt           time.Time
	ObjectName       string // RongCloud's name of the message type, such as RC:TxtMsg
	Body             string // as it was sent, or as it was modified to; JSON text for built-in types
	PushContent      string
	PushData         string
	OwnCopy          bool // the sender's copy, of a message sent with isIncludeSender or to an ultra group
}

func (m *Message) conversation() conversation {
	return conversation{m.ConversationType, m.TargetID, m.ChannelID}
}

// Content returns the content as its Go type, such as rongcloud.TextMessage.
func (m Message) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
}

// SentMessage is a message that the server accepted. Its conversation is seen from the sender.
type SentMessage struct {
	Message
	RecipientIDs []string // users in whose inbox it was put, the sender's copy not counted
	Missed       []Missed // why others have not got it, as far as the server can tell; the first 100
	Recalled     bool
	Blocked      bool              // by a sensitive word, so that nobody received it; see WithSensitiveFilter
	Expansion    map[string]string // its key-value pairs as they are now
	Params       Params            // of the whole request
	Request      int               // number of the request that sent it; 0 for a user's app
}

// Missed is why somebody has not got a message.
type Missed struct {
	UserID string // empty if it is true for all
	Reason string // in English, for people
}

// mostMissed bounds how many are noted for a message.
const mostMissed = 100

// miss notes why a user does not get the message that is about to be sent.
func (c *call) miss(user, reason string) {
	if len(c.missed) < mostMissed {
		c.missed = append(c.missed, Missed{user, reason})
	}
}

// kept is a message with what the server needs to know of it later on.
type kept struct {
	SentMessage
	origin     *cause
	stored     bool // in the cloud history
	logged     bool // in the hourly log
	broadcast  bool // to all users, or by a push
	ownCopy    bool // the sender has one
	sensitive  bool // holds a sensitive word
	hidden     map[string]bool
	expandable bool
	expansion  map[string]expansionEntry
}

func (m *kept) copy() SentMessage {
	c := m.SentMessage
	c.RecipientIDs, c.ToUserIDs, c.Missed = slices.Clone(m.RecipientIDs), slices.Clone(m.ToUserIDs), slices.Clone(m.Missed)
	c.Request = m.origin.number()
	if len(m.expansion) > 0 {
		c.Expansion = map[string]string{}
		for key, entry := range m.expansion {
			c.Expansion[key] = entry.Value
		}
	}
	return c
}

// messages is the state of all messages sent.
type messages struct {
	history  int
	sent     ring[*kept]
	byUID    map[string]*kept
	count    int // UIDs made up
	accepted int
	streams  map[string]*stream
	online   []*kept // online broadcasts that users coming online still get
}

func newMessages(history int) messages {
	return messages{history: history, sent: newRing[*kept](history), byUID: map[string]*kept{}, streams: map[string]*stream{}}
}

// Inbox returns what the user's devices received, oldest first, without what was recalled; see
// [WithHistory].
func (u *User) Inbox() []Message {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if inbox := u.server.users.find(u.id).inbox; inbox != nil {
		return inbox.all()
	}
	return nil
}

var messageHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessagePrivatePublish:       publishPrivate,
	endpoint.MessageGroupPublish:         publishGroup,
	endpoint.MessageUltragroupPublish:    publishUltraGroup,
	endpoint.MessageSystemPublish:        publishSystem,
	endpoint.MessageChatroomPublish:      publishChatroom,
	endpoint.StatusmessagePrivatePublish: publishPrivate,
	endpoint.StatusmessageGroupPublish:   publishGroup,
}

// isStatus reports whether the request sends a status message, which only users online get and
// nobody stores.
func (c *call) isStatus() bool {
	return c.ep == endpoint.StatusmessagePrivatePublish || c.ep == endpoint.StatusmessageGroupPublish
}

// publishPrivate accepts a message to a user who refuses it, and does not deliver it.
func publishPrivate(c *call) answer {
	return c.publish(rongcloud.ConversationPrivate, "toUserId", "userId", c.willing)
}

// willing returns the target as its own recipient, unless the request asks to look at the
// recipient's lists, as the page has it, and these refuse the sender.
func (c *call) willing(target string) []string {
	if c.params.Bool("verifyBlacklist") && c.users.find(target).refuses(c.params.Get("fromUserId")) {
		c.miss(target, "the user's blacklist or whitelist keeps the sender out")
		return nil
	}
	return []string{target}
}

func itself(target string) []string { return []string{target} }

func publishSystem(c *call) answer {
	return c.publish(rongcloud.ConversationSystem, "toUserId", "userId", itself)
}

// publishGroup delivers to nobody in a group that is not known.
func publishGroup(c *call) answer {
	only := c.params.List("toUserId")
	if len(only) > 0 && len(c.params.List("toGroupId")) > 1 {
		return refuseError(invalid("toUserId goes with exactly one toGroupId"))
	}
	if a := c.checkMention(); a != nil {
		return *a
	}
	return c.publish(rongcloud.ConversationGroup, "toGroupId", "groupId", func(target string) []string {
		if c.groups.byID[target] == nil {
			c.miss("", "there is no such group")
		}
		return c.others(c.groups.ids(target), only)
	})
}

func (c *call) checkMention() *answer {
	if !c.config.strict || !c.params.Bool("isMentioned") || strings.Contains(c.params.Get("content"), `"mentionedInfo"`) {
		return nil
	}
	a := refuseError(invalid("strict: isMentioned is 1 but content holds no mentionedInfo"))
	return &a
}

// publishUltraGroup delivers to nobody in a group or channel that is not known, and in a private
// channel to those who read it.
func publishUltraGroup(c *call) answer {
	only := c.params.List("toUserIds")
	if len(only) > 0 && len(c.params.List("toGroupIds")) > 1 {
		return refuseError(invalid("toUserIds goes with exactly one item of toGroupIds"))
	}
	if a := c.checkMention(); a != nil {
		return *a
	}
	return c.publish(rongcloud.ConversationUltraGroup, "toGroupIds", "groupId", func(target string) []string {
		in := c.channelIn(target)
		if in == nil {
			c.miss("", "there is no such ultra group, or it has no such channel")
			return nil
		}
		group := c.ultraGroups[target]
		readers := group.readers(in)
		if len(readers) < len(group.members) {
			c.missUnless(append([]string{c.params.Get("fromUserId")}, readers...), group.members, "the user does not read the private channel")
		}
		return c.others(readers, only)
	})
}

// channelIn returns the channel of an ultra group that the request sends to, nil if it is not
// known.
func (c *call) channelIn(group string) *channel {
	return c.ultraGroups[group].channel(channelOf(c.params.Get("busChannel")))
}

func publishChatroom(c *call) answer {
	return c.publish(rongcloud.ConversationChatroom, "toChatroomId", "chatroomId", func(target string) []string {
		switch r := c.room(target); {
		case r == nil:
			c.miss("", "there is no such chat room")
		case r.silent:
			c.miss("", "messages to this chat room are switched off")
		}
		return c.activeReceivers(target, c.params.Get("fromUserId"))
	})
}

// others returns the members without the sender, and of these only the ones listed, if any are.
func (c *call) others(all, only []string) []string {
	var found []string
	for _, id := range all {
		switch {
		case id == c.params.Get("fromUserId"):
		case len(only) > 0 && !slices.Contains(only, id):
			c.miss(id, "the message is for chosen members only")
		default:
			found = append(found, id)
		}
	}
	if len(only) > 0 {
		c.missUnless(all, only, "the user is not a member")
	}
	return found
}

// missUnless notes for those who are not among a few why they do not get the message.
func (c *call) missUnless(among, all []string, reason string) {
	for _, id := range all {
		if !slices.Contains(among, id) {
			c.miss(id, reason)
		}
	}
}

// publish sends one message for each target to those whom recipients names, and answers with the
// messages' UIDs.
func (c *call) publish(kind rongcloud.ConversationType, targetParam, resultName string, receivers func(target string) []string) answer {
	out, err := c.outgoing()
	if err != nil {
		return refuseError(err)
	}
	var uids []map[string]string
	for i, target := range c.params.values[targetParam] {
		if slices.Contains(c.params.values[targetParam][:i], target) {
			continue
		}
		out.conversation = conversation{Type: kind, TargetID: target}
		if kind == rongcloud.ConversationUltraGroup {
			out.conversation.ChannelID = channelOf(c.params.Get("busChannel"))
			out.toSender = c.channelIn(target) != nil // without being asked for
		}
		out.receivers = receivers(target)
		uids = append(uids, map[string]string{resultName: target, "messageUID": c.send(out).MessageUID})
	}
	return ok(field{"messageUIDs", uids})
}

// outgoing is a message on its way.
type outgoing struct {
	uid                   string // made up if empty
	from                  string
	source                webhook.Platform // of a message from a user's app
	unchecked             bool             // sensitive words do not count
	conversation          conversation
	toUserIDs             []string // the chosen members of a group
	receivers             []string
	objectName, content   string
	pushContent, pushData string
	toSender              bool
	stored, logged        bool
	broadcast             bool
	expandable            bool
	expansion             map[string]string
}

// outgoing reads what the requests of all sends have in common.
func (c *call) outgoing() (outgoing, error) {
	p := c.params
	out := outgoing{
		from: p.Get("fromUserId"), objectName: p.Get("objectName"), content: p.Get("content"),
		pushContent: p.Get("pushContent"), pushData: p.Get("pushData"),
		toSender: p.Bool("isIncludeSender"),
		stored:   p.intOr("isPersisted", 1) == 1 && !c.isStatus(), logged: !c.isStatus(), expandable: p.Bool("expansion"),
	}
	switch c.ep {
	case endpoint.MessageGroupPublish, endpoint.StatusmessageGroupPublish:
		out.toUserIDs = p.List("toUserId")
	case endpoint.MessageUltragroupPublish:
		out.toUserIDs = p.List("toUserIds")
	}
	if len(out.toUserIDs) > 0 {
		out.stored = false // by default targeted messages are not
	}
	if err := c.checkContent(out.objectName, out.content); err != nil {
		return out, err
	}
	var err error
	if out.expandable && p.Has("extraContent") {
		out.expansion, err = parsePairs("extraContent", p.Get("extraContent"))
	}
	return out, err
}

// checkContent lets broadcasts and pushes have what content they like, as official SDKs send them
// plain text.
func (c *call) checkContent(objectName, content string) error {
	switch c.ep {
	case endpoint.MessageBroadcast, endpoint.MessageOnlineBroadcast, endpoint.MessageChatroomBroadcast, endpoint.Push:
		if !c.config.strict {
			return nil
		}
	}
	return checkContent(objectName, content)
}

func checkContent(objectName, content string) error {
	if strings.HasPrefix(objectName, "RC:") && !json.Valid([]byte(content)) {
		return invalid("content of %s is not JSON", objectName)
	}
	return nil
}

// send delivers one message and keeps it.
func (c *call) send(out outgoing) *kept {
	if out.uid == "" {
		c.messages.count++
		out.uid = messageUID(c.messages.count)
	}
	m := &kept{
		SentMessage: SentMessage{
			Message: Message{
				MessageUID: out.uid, From: out.from, ConversationType: out.conversation.Type, TargetID: out.conversation.TargetID,
				ChannelID: out.conversation.ChannelID, ToUserIDs: out.toUserIDs, SentAt: c.at, ObjectName: out.objectName,
				Body: out.content, PushContent: out.pushContent, PushData: out.pushData,
			},
			Params: c.params,
		},
		origin: c.origin,
		stored: out.stored, logged: out.logged, broadcast: out.broadcast, expandable: out.expandable,
	}
	m.extend(out.expansion, c.at)
	if (c.config.filter || out.source != "") && !out.unchecked {
		c.filter(m)
	}
	if m.Blocked {
		c.miss("", "a sensitive word blocks the message")
	} else {
		for _, id := range out.receivers {
			c.give(m, id)
		}
		if out.toSender && (!c.isStatus() || c.users.find(m.From).connected(c.at)) {
			own := m.Message
			own.OwnCopy = true
			c.deliver(m.From, own)
			m.ownCopy = true
		}
	}
	m.Missed, c.missed = c.missed, nil
	c.messages.accepted++
	c.messages.byUID[m.MessageUID] = m
	if oldest, full := c.messages.sent.add(m); full {
		delete(c.messages.byUID, oldest.MessageUID)
		delete(c.messages.streams, oldest.MessageUID)
	}
	c.tellMessage(m, cmp.Or(out.source, webhook.PlatformServer))
	return m
}

// give puts the message into a user's inbox, if the user can receive it.
func (c *call) give(m *kept, id string) {
	switch {
	case slices.Contains(c.users.deactivated, id):
		c.miss(id, "the user is deactivated")
		return
	case c.isStatus() && !c.users.find(id).connected(c.at):
		c.miss(id, "the user is offline, and status messages wait for nobody")
		return
	}
	c.deliver(id, m.received())
	m.RecipientIDs = append(m.RecipientIDs, id)
}

// received is the message as a recipient sees it.
func (m *kept) received() Message {
	received := m.Message
	if t := m.ConversationType; t == rongcloud.ConversationPrivate || t == rongcloud.ConversationSystem {
		received.TargetID = m.From
	}
	return received
}

func (s *Server) deliver(id string, m Message) {
	u := s.users.ensure(id)
	if u.inbox == nil {
		inbox := newRing[Message](s.messages.history)
		u.inbox = &inbox
	}
	u.inbox.add(m)
}

// eachInbox calls do with every inbox that the message was put into.
func (s *Server) eachInbox(m *kept, do func(inbox *ring[Message])) {
	for _, id := range append(slices.Clone(m.RecipientIDs), m.From) {
		if inbox := s.users.find(id).inbox; inbox != nil {
			do(inbox)
		}
	}
}

// rewrite replaces the content of a message, also where it was delivered.
func (s *Server) rewrite(m *kept, objectName, content string) {
	m.ObjectName, m.Body = objectName, content
	s.eachInbox(m, func(inbox *ring[Message]) {
		inbox.change(func(received *Message) {
			if received.MessageUID == m.MessageUID {
				received.ObjectName, received.Body = objectName, content
			}
		})
	})
}

// messageUID looks like RongCloud's, but for the first group.
func messageUID(n int) string {
	hex := fmt.Sprintf("%012X", n)
	return "TEST-" + hex[0:4] + "-" + hex[4:8] + "-" + hex[8:12]
}
