package rongcloudtest

import (
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// onlineBroadcastFor is how long users who come online still get an online broadcast.
const onlineBroadcastFor = 10 * time.Minute

var broadcastHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessageBroadcast:         broadcast,
	endpoint.MessageOnlineBroadcast:   broadcastOnline,
	endpoint.MessageChatroomBroadcast: broadcastChatrooms,
}

// broadcast reaches all registered users at once; with RongCloud it may take minutes.
func broadcast(c *call) answer {
	receivers := c.registered()
	if system := c.params.Get("os"); system != "" { // the old name
		receivers = slices.DeleteFunc(receivers, func(id string) bool {
			return !c.users.find(id).reachable([]string{strings.ToLower(system)}, "")
		})
	}
	return c.broadcast(receivers, true, nil)
}

func broadcastOnline(c *call) answer {
	online := slices.DeleteFunc(c.registered(), func(id string) bool { return !c.users.find(id).connected(c.at) })
	return c.broadcast(online, false, func(m *kept) {
		c.messages.online = append(slices.DeleteFunc(c.messages.online, func(old *kept) bool { return old.isOver(c.at) }), m)
	})
}

func (c *call) broadcast(receivers []string, recallable bool, then func(*kept)) answer {
	out, err := c.outgoing()
	if err != nil {
		return refuseError(err)
	}
	out.conversation = conversation{Type: rongcloud.ConversationSystem}
	out.receivers, out.broadcast, out.stored = receivers, recallable, false
	m := c.send(out)
	if then != nil {
		then(m)
	}
	return ok(field{"messageUID", m.MessageUID})
}

func (s *Server) registered() []string {
	var ids []string
	for _, u := range s.users.registered {
		ids = append(ids, u.id)
	}
	return ids
}

func (m *kept) isOver(now time.Time) bool { return !now.Before(m.SentAt.Add(onlineBroadcastFor)) }

// catchUp gives a user who has come online the recent online broadcasts.
func (s *Server) catchUp(id string) {
	for _, m := range s.messages.online {
		if !m.Blocked && !m.isOver(s.now()) && !slices.Contains(m.RecipientIDs, id) {
			s.deliver(id, delivery{m, false})
			m.RecipientIDs = append(m.RecipientIDs, id)
			s.ledger.grow(m.element, deliverySize+inboxSize+textSize)
		}
	}
}

// broadcastChatrooms counts as one message per room. The response names none of them.
func broadcastChatrooms(c *call) answer {
	out, err := c.outgoing()
	if err != nil {
		return refuseError(err)
	}
	out.stored, out.logged = false, false
	for _, room := range c.allRooms() {
		out.conversation = conversation{Type: rongcloud.ConversationChatroom, TargetID: room.id}
		out.receivers = room.receivers(out.from)
		c.send(out)
	}
	return ok()
}
