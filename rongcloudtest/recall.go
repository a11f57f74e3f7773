package rongcloudtest

import (
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

var recallHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessageRecall:          recall,
	endpoint.MessageBroadcastRecall: recallBroadcast,
	endpoint.MessagePrivateModify: func(c *call) answer {
		return modify(c, conversation{Type: rongcloud.ConversationPrivate, TargetID: c.params.Get("targetId")})
	},
	endpoint.MessageGroupModify: func(c *call) answer {
		return modify(c, conversation{Type: rongcloud.ConversationGroup, TargetID: c.params.Get("groupId")})
	},
}

// A recall is a command to the clients, so RongCloud is assumed to accept it for an unknown
// message too; strict mode does not.
func recall(c *call) answer {
	in := conversation{Type: rongcloud.ConversationType(c.params.Int("conversationType")), TargetID: c.params.Get("targetId")}
	if in.Type == rongcloud.ConversationUltraGroup {
		in.ChannelID = channelOf(c.params.Get("busChannel"))
	}
	m := c.messages.byUID[c.params.Get("messageUID")]
	if m == nil || m.From != c.params.Get("fromUserId") || m.conversation() != in {
		if c.config.strict {
			return refuseError(invalid("strict: no message %s from that user in that conversation", c.params.Get("messageUID")))
		}
		return ok()
	}
	if off := time.UnixMilli(c.params.Int("sentTime")).Sub(m.SentAt).Abs(); c.config.strict && c.params.Has("sentTime") && off > maxSentTimeOff {
		return refuseError(invalid("strict: sentTime differs by %v from that of message %s", off.Round(time.Second), m.MessageUID))
	}
	c.takeBack(m)
	return ok()
}

// maxSentTimeOff is how far the time in a recall may differ from that of its message. No page says
// why it is sent; clients may use it to find the message.
const maxSentTimeOff = time.Minute

// recallBroadcast leaves online broadcasts alone: they cannot be recalled.
func recallBroadcast(c *call) answer {
	uid := c.params.Get("messageUID")
	if m := c.messages.byUID[uid]; m != nil && m.broadcast && m.From == c.params.Get("fromUserId") {
		c.takeBack(m)
	} else if c.config.strict {
		return refuseError(invalid("strict: no broadcast %s from that user", uid))
	}
	return ok()
}

// takeBack removes a message from inboxes and history; the hourly log keeps it.
func (c *call) takeBack(m *kept) {
	m.Recalled = true
	c.recordEvent(&webhook.MessageOperation{
		Type: webhook.MessageOperationRecall, OperatorID: m.From, OccurredAt: c.at, Platform: webhook.PlatformServer,
		ConversationType: m.ConversationType, TargetID: m.TargetID, ChannelID: m.ChannelID,
		MessageUID: m.MessageUID, MessageSentAt: m.SentAt, Delete: c.params.Bool("isDelete"), Admin: c.params.Bool("isAdmin"),
		Extra: c.params.Get("extra"),
	})
	c.takeOut(m)
}

// modify refuses an unknown message, because there is nothing to change. The limit of 24 hours is
// only on the page of the renamed API, so it is not enforced here.
func modify(c *call, in conversation) answer {
	m := c.messages.byUID[c.params.Get("msgUID")]
	if m == nil || m.Recalled || m.From != c.params.Get("fromUserId") || m.conversation() != in {
		return refuseError(invalid("no message %s from that user in that conversation", c.params.Get("msgUID")))
	}
	name := m.ObjectName
	if c.ep.Param("objectName") != nil && c.params.Has("objectName") { // ultra groups keep the type
		name = c.params.Get("objectName")
	}
	content := c.params.Get("content")
	if err := checkContent(name, content); err != nil {
		return refuseError(err)
	}
	c.rewrite(m, name, content)
	return ok()
}
