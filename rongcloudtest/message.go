package rongcloudtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Conversation is where a message belongs, seen from one user: the target of a private conversation is the other user.
type Conversation struct {
	Type   rongcloud.ConversationType
	Target string
}

// Message is a message as a user received it.
type Message struct {
	UID          string
	From         string
	Conversation Conversation
	ObjectName   string // RongCloud's name of the message type, such as RC:TxtMsg
	Content      string // as it was sent; JSON text for built-in types
	PushContent  string
	SentTime     time.Time
	OwnCopy      bool // the sender's copy of a message sent with isIncludeSender
}

// Decode returns the content as its Go type, such as rongcloud.TextMessage.
func (m Message) Decode() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Content))
}

// SentMessage is a message that the server accepted. Its conversation is seen from the sender.
type SentMessage struct {
	Message
	Receivers []string // users in whose inbox it was put, the sender's copy not counted
	Recalled  bool
	Params    Params // of the whole request
}

func (m *SentMessage) copy() SentMessage {
	c := *m
	c.Receivers = slices.Clone(m.Receivers)
	return c
}

// messages is the state of all messages sent.
type messages struct {
	history int
	sent    ring[*SentMessage]
	byUID   map[string]*SentMessage
	count   int
}

func newMessages(history int) messages {
	return messages{history: history, sent: newRing[*SentMessage](history), byUID: map[string]*SentMessage{}}
}

// Inbox returns what the user's devices received, oldest first, without what was recalled; see [WithHistory].
func (u *User) Inbox() []Message {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if inbox := u.server.users.look(u.id).inbox; inbox != nil {
		return inbox.all()
	}
	return nil
}

var messageHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessagePrivatePublish:  publishPrivate,
	endpoint.MessageGroupPublish:    publishGroup,
	endpoint.MessageSystemPublish:   publishSystem,
	endpoint.MessageChatroomPublish: publishChatroom,
	endpoint.MessageRecall:          recall,
}

// publishPrivate accepts a message to a user who refuses it, and does not deliver it. It looks at the
// receiver's lists, as the page has it, and only if the request asks for it.
func publishPrivate(c *call) answer {
	return c.publish(rongcloud.ConversationPrivate, "toUserId", "userId", func(target string) []string {
		if c.params.Bool("verifyBlacklist") && c.users.look(target).refuses(c.params.Get("fromUserId")) {
			return nil
		}
		return []string{target}
	})
}

func publishSystem(c *call) answer {
	return c.publish(rongcloud.ConversationSystem, "toUserId", "userId", func(target string) []string { return []string{target} })
}

// publishGroup delivers to nobody in a group that is not known.
func publishGroup(c *call) answer {
	only := c.params.List("toUserId")
	if len(only) > 0 && len(c.params.List("toGroupId")) > 1 {
		return refuseError(invalid("toUserId goes with exactly one toGroupId"))
	}
	if c.config.strict && c.params.Bool("isMentioned") && !strings.Contains(c.params.Get("content"), `"mentionedInfo"`) {
		return refuseError(invalid("strict: isMentioned is 1 but content holds no mentionedInfo"))
	}
	return c.publish(rongcloud.ConversationGroup, "toGroupId", "groupId", func(target string) []string {
		return c.others(c.groups[target], only)
	})
}

func publishChatroom(c *call) answer {
	return c.publish(rongcloud.ConversationChatroom, "toChatroomId", "chatroomId", func(target string) []string {
		return c.others(c.rooms[target], nil)
	})
}

// others returns the members without the sender, and of these only the ones listed, if any are.
func (c *call) others(all, only []string) []string {
	var found []string
	for _, id := range all {
		if id != c.params.Get("fromUserId") && (len(only) == 0 || slices.Contains(only, id)) {
			found = append(found, id)
		}
	}
	return found
}

// publish sends one message for each target to those whom receivers names, and answers with the messages' UIDs.
func (c *call) publish(kind rongcloud.ConversationType, targetParam, resultName string, receivers func(target string) []string) answer {
	content, name := c.params.Get("content"), c.params.Get("objectName")
	if strings.HasPrefix(name, "RC:") && !json.Valid([]byte(content)) {
		return refuseError(invalid("content of %s is not JSON", name))
	}
	var uids []map[string]string
	for i, target := range c.params.List(targetParam) {
		if slices.Contains(c.params.values[targetParam][:i], target) {
			continue
		}
		m := c.send(kind, target, receivers(target))
		uids = append(uids, map[string]string{resultName: target, "messageUID": m.UID})
	}
	return ok(field{"messageUIDs", uids})
}

func (c *call) send(kind rongcloud.ConversationType, target string, receivers []string) *SentMessage {
	c.messages.count++
	m := &SentMessage{
		Message: Message{
			UID: messageUID(c.messages.count), From: c.params.Get("fromUserId"), Conversation: Conversation{kind, target},
			ObjectName: c.params.Get("objectName"), Content: c.params.Get("content"),
			PushContent: c.params.Get("pushContent"), SentTime: c.at,
		},
		Params: c.params,
	}
	for _, id := range receivers {
		if slices.Contains(c.users.deactivated, id) {
			continue
		}
		received := m.Message
		if kind == rongcloud.ConversationPrivate || kind == rongcloud.ConversationSystem {
			received.Conversation.Target = m.From
		}
		c.deliver(id, received)
		m.Receivers = append(m.Receivers, id)
	}
	if c.params.Bool("isIncludeSender") {
		own := m.Message
		own.OwnCopy = true
		c.deliver(m.From, own)
	}
	c.messages.byUID[m.UID] = m
	if oldest, full := c.messages.sent.add(m); full {
		delete(c.messages.byUID, oldest.UID)
	}
	return m
}

func (c *call) deliver(id string, m Message) {
	u := c.users.get(id)
	if u.inbox == nil {
		inbox := newRing[Message](c.messages.history)
		u.inbox = &inbox
	}
	u.inbox.add(m)
}

// messageUID looks like RongCloud's, but for the first group.
func messageUID(n int) string {
	hex := fmt.Sprintf("%012X", n)
	return "TEST-" + hex[0:4] + "-" + hex[4:8] + "-" + hex[8:12]
}

// recall is a command to the clients, so RongCloud is taken to accept it for a message that it does not know as
// well; strict mode does not.
func recall(c *call) answer {
	m := c.messages.byUID[c.params.Get("messageUID")]
	found := m != nil && m.From == c.params.Get("fromUserId") &&
		m.Conversation == Conversation{rongcloud.ConversationType(c.params.Int("conversationType")), c.params.Get("targetId")}
	if !found {
		if c.config.strict {
			return refuseError(invalid("strict: no message %s from that user in that conversation", c.params.Get("messageUID")))
		}
		return ok()
	}
	m.Recalled = true
	for _, id := range append(slices.Clone(m.Receivers), m.From) {
		if inbox := c.users.look(id).inbox; inbox != nil {
			inbox.remove(func(received Message) bool { return received.UID == m.UID })
		}
	}
	return ok()
}
