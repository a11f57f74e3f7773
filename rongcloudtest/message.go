package rongcloudtest

import (
	"cmp"
	"container/list"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// conversation is where a message belongs, from one user's point of view: the target of a private
// conversation is the other user.
type conversation struct {
	Type      rongcloud.ConversationType
	TargetID  string
	ChannelID string
}

// Message is a message as a user received it. Its conversation is as that user sees it: the target
// of a private conversation is the other user.
type Message struct {
	MessageUID       string
	From             string
	ConversationType rongcloud.ConversationType
	TargetID         string   // empty for a broadcast in the sender's view
	ChannelID        string   // of an ultra group
	ToUserIDs        []string // for a message to selected members of a group
	SentAt           time.Time
	ObjectName       string // RongCloud's name of the message type, such as RC:TxtMsg
	Body             string // as sent or modified; JSON text for built-in types
	PushContent      string
	PushData         string
	// the sender's copy of a message sent with isIncludeSender or to an ultra group
	OwnCopy bool
}

func (m *Message) conversation() conversation {
	return conversation{m.ConversationType, m.TargetID, m.ChannelID}
}

// Content returns the content as its Go type, such as rongcloud.TextMessage.
func (m Message) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
}

// SentMessage is a message that the server accepted. Its conversation is as the sender sees it.
type SentMessage struct {
	Message
	RecipientIDs []string // users whose inbox got it, not counting the sender's copy
	Missed       []Missed // why others did not get it, as far as the server knows; the first 100
	Recalled     bool
	// by a sensitive word, so nobody received it; see WithSensitiveFilter
	Blocked   bool
	Expansion map[string]string // its current key-value pairs
	Params    Params            // of the whole request
	Request   int               // number of the request that sent it; 0 for a user's app
}

// Missed says why somebody did not get a message.
type Missed struct {
	UserID string // empty if it applies to everybody
	Reason string // in English, for people
}

// mostMissed is how many are recorded per message.
const mostMissed = 100

// miss records why a user does not get the message that is about to be sent.
func (c *call) miss(user, reason string) {
	if len(c.missed) < mostMissed {
		c.missed = append(c.missed, Missed{user, reason})
	}
}

// kept is a message with everything the server needs to know about it later.
type kept struct {
	SentMessage
	origin     *cause
	stored     bool // in the cloud history
	logged     bool // in the hourly log
	broadcast  bool // to all users, or by a push
	ownCopy    bool // the sender has one
	sensitive  bool // contains a sensitive word
	hidden     map[string]bool
	expandable bool
	element    *list.Element // in the ledger
	places     int           // how often it is kept: among all messages, and in inboxes
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
	inboxes  map[string]*ring[delivery]
	count    int // number of UIDs generated
	accepted int
	streams  map[string]*stream
	online   []*kept // online broadcasts that users coming online still get
}

func newMessages(history int) messages {
	return messages{
		history: history, sent: newRing[*kept](history), byUID: map[string]*kept{}, inboxes: map[string]*ring[delivery]{},
		streams: map[string]*stream{},
	}
}

// Inbox returns the messages that the user's devices received, oldest first, without recalled
// ones; see [WithHistory].
func (u *User) Inbox() []Message {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	inbox := u.server.messages.inboxes[u.id]
	if inbox == nil {
		return nil
	}
	received := make([]Message, inbox.len())
	for i, one := range inbox.kept() {
		received[i] = one.seen()
	}
	return received
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

// isStatus reports whether the request sends a status message, which only users who are online get
// and which is never stored.
func (c *call) isStatus() bool {
	return c.ep == endpoint.StatusmessagePrivatePublish || c.ep == endpoint.StatusmessageGroupPublish
}

// publishPrivate accepts a message to a user who blocks the sender, but does not deliver it.
func publishPrivate(c *call) answer {
	return c.publish(rongcloud.ConversationPrivate, "toUserId", "userId", c.willing)
}

// willing returns the target as the recipient, unless the request asks to check the recipient's
// lists, as the page describes, and these refuse the sender.
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

// publishGroup delivers to nobody if the group is unknown.
func publishGroup(c *call) answer {
	only := c.params.List("toUserId")
	if len(only) > 0 && len(c.params.List("toGroupId")) > 1 {
		return refuseError(invalid("toUserId is allowed with exactly one toGroupId"))
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
	a := refuseError(invalid("strict: isMentioned is 1 but content has no mentionedInfo"))
	return &a
}

// publishUltraGroup delivers to nobody if the group or channel is unknown, and in a private
// channel only to its readers.
func publishUltraGroup(c *call) answer {
	only := c.params.List("toUserIds")
	if len(only) > 0 && len(c.params.List("toGroupIds")) > 1 {
		return refuseError(invalid("toUserIds is allowed with exactly one item in toGroupIds"))
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

// channelIn returns the channel of an ultra group that the request sends to, or nil if it is
// unknown.
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

// others returns the members without the sender, limited to those listed, if any are.
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

// missUnless records why users in all who are not in among do not get the message.
func (c *call) missUnless(among, all []string, reason string) {
	for _, id := range all {
		if !slices.Contains(among, id) {
			c.miss(id, reason)
		}
	}
}

// publish sends one message per target to the users that receivers returns, and responds with the
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
			out.toSender = c.channelIn(target) != nil // even if not requested
		}
		out.receivers = receivers(target)
		uids = append(uids, map[string]string{resultName: target, "messageUID": c.send(out).MessageUID})
	}
	return ok(field{"messageUIDs", uids})
}

// outgoing is a message being sent.
type outgoing struct {
	uid                   string // generated if empty
	from                  string
	source                webhook.Platform // for a message from a user's app
	unchecked             bool             // sensitive words are not checked
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

// outgoing reads what all send requests have in common.
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
		out.stored = false // targeted messages are not stored by default
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

// checkContent allows any content in broadcasts and pushes, as official SDKs send plain text
// there.
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
			c.deliver(m.From, delivery{m, true})
			m.ownCopy = true
		}
	}
	m.Missed, c.missed = c.missed, nil
	c.messages.accepted++
	if c.origin != nil {
		c.origin.messageUIDs = append(c.origin.messageUIDs, m.MessageUID)
	}
	c.keep(m)
	c.tellMessage(m, cmp.Or(out.source, webhook.PlatformServer))
	return m
}

// give adds the message to a user's inbox, if the user can receive it.
func (c *call) give(m *kept, id string) {
	switch {
	case slices.Contains(c.users.deactivated, id):
		c.miss(id, "the user is deactivated")
		return
	case c.isStatus() && !c.users.find(id).connected(c.at):
		c.miss(id, "the user is offline, and status messages wait for nobody")
		return
	}
	c.deliver(id, delivery{m, false})
	m.RecipientIDs = append(m.RecipientIDs, id)
}

// delivery is a message in an inbox.
type delivery struct {
	*kept
	own bool // the sender's copy
}

// seen returns the message as the owner of the inbox sees it.
func (d delivery) seen() Message {
	m := d.Message
	m.OwnCopy = d.own
	m.ToUserIDs = slices.Clone(m.ToUserIDs)
	if t := m.ConversationType; !d.own && (t == rongcloud.ConversationPrivate || t == rongcloud.ConversationSystem) {
		m.TargetID = m.From
	}
	return m
}

func (s *Server) deliver(id string, d delivery) {
	inbox := s.messages.inboxes[id]
	if inbox == nil {
		newest := newRing[delivery](s.messages.history)
		inbox = &newest
		s.messages.inboxes[id] = inbox
	}
	d.places++
	if oldest, full := inbox.add(d); full {
		s.leave(oldest.kept)
	}
}

// keep adds a delivered message to those sent.
func (c *call) keep(m *kept) {
	size := messageSize + textsSize(m.RecipientIDs) + textsSize(m.ToUserIDs) + int64(m.places)*(deliverySize+inboxSize) + int64(len(m.Missed))*paramSize
	if m.Body != c.params.Get("content") {
		size += int64(len(m.Body))
	}
	for _, entry := range m.expansion {
		size += paramSize + int64(len(entry.Value))
	}
	m.element = c.ledger.hold(size, c.parcel, func() { c.forgetMessage(m) })
	m.places++
	c.messages.byUID[m.MessageUID] = m
	if oldest, full := c.messages.sent.add(m); full {
		c.messages.forgetUID(oldest)
		c.leave(oldest)
	}
	c.ledger.trim()
}

// leave records that one of the places which keep a message has dropped it. The last one frees its
// memory.
func (s *Server) leave(m *kept) {
	if m.places--; m.places == 0 {
		s.ledger.release(m.element)
	}
}

func (m *messages) forgetUID(one *kept) {
	delete(m.byUID, one.MessageUID)
	delete(m.streams, one.MessageUID)
}

// forgetMessage removes the oldest message everywhere when the ledger needs room.
func (s *Server) forgetMessage(m *kept) {
	s.messages.forgetUID(m)
	if sent := s.messages.sent.kept(); len(sent) > 0 && sent[0] == m {
		s.messages.sent.dropOldest()
	}
	s.messages.online = slices.DeleteFunc(s.messages.online, func(one *kept) bool { return one == m })
	s.takeOut(m)
}

// takeOut removes a message from all inboxes.
func (s *Server) takeOut(m *kept) {
	for _, id := range append(slices.Clone(m.RecipientIDs), m.From) {
		inbox := s.messages.inboxes[id]
		if inbox == nil {
			continue
		}
		before := inbox.len()
		for inbox.len() > 0 && inbox.kept()[0].kept == m {
			inbox.dropOldest()
		}
		if slices.ContainsFunc(inbox.kept(), func(d delivery) bool { return d.kept == m }) {
			inbox.remove(func(d delivery) bool { return d.kept == m })
		}
		m.places -= before - inbox.len()
		if inbox.len() == 0 {
			delete(s.messages.inboxes, id)
		}
	}
}

// forgetUser deletes everything about a user, including the inbox.
func (s *Server) forgetUser(id string) {
	s.users.remove(id)
	if inbox := s.messages.inboxes[id]; inbox != nil {
		delete(s.messages.inboxes, id)
		for _, d := range inbox.kept() {
			s.leave(d.kept)
		}
	}
}

// rewrite replaces the content of a message, including delivered copies.
func (s *Server) rewrite(m *kept, objectName, content string) {
	m.ObjectName, m.Body = objectName, content
	s.ledger.grow(m.element, int64(len(content)))
	s.ledger.trim()
}

// messageUID looks like RongCloud's except for the first group.
func messageUID(n int) string {
	hex := fmt.Sprintf("%012X", n)
	return "TEST-" + hex[0:4] + "-" + hex[4:8] + "-" + hex[8:12]
}
