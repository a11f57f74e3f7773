package rongcloudtest

import (
	"errors"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// This file holds what users do with their apps. It is not part of the Server API, but causes
// callbacks to an app's server.

// clientIP is the address of all users, from a range reserved for documentation.
const clientIP = "203.0.113.7:50123"

// devicePlatform is the platform that users connect with by default.
const devicePlatform = webhook.PlatformAndroid

// SendPrivate sends a message from the user's app to another user, and returns its UID. The user
// must be connected; see [User.Connect]. The message comes from the device of [User.On], or the one
// that has been connected longest.
//
// As with RongCloud, the webhooks are asked first (PreMessage of package webhook), sensitive words
// are searched, and mutes and blacklists apply; then the message is delivered and the webhooks get
// a copy (Message). The errors are [ErrOffline], [ErrMuted], [ErrRejected] and [*BlockedError].
func (u *User) SendPrivate(to string, content rongcloud.MessageContent) (uid string, err error) {
	return u.send(conversation{Type: rongcloud.ConversationPrivate, TargetID: to}, content, func(c *call) ([]string, error) {
		switch {
		case slices.Contains(c.users.muted, u.id):
			return nil, ErrMuted
		case c.users.find(to).refuses(u.id):
			return nil, rejected("the recipient's blacklist or whitelist keeps them away")
		}
		return []string{to}, nil
	})
}

// SendGroup is [User.SendPrivate] for a group. The user must be a member, otherwise it returns
// [ErrNotMember].
func (u *User) SendGroup(group string, content rongcloud.MessageContent) (uid string, err error) {
	return u.send(conversation{Type: rongcloud.ConversationGroup, TargetID: group}, content, func(c *call) ([]string, error) {
		members := c.groups.ids(group)
		switch {
		case !slices.Contains(members, u.id):
			return nil, ErrNotMember
		case c.groups.mutes(group, u.id, c.at):
			return nil, ErrMuted
		}
		return without(slices.Clone(members), u.id), nil
	})
}

// Channel is a channel of an ultra group.
type Channel struct {
	GroupID   string
	ChannelID string // RCDefault if empty
}

// SendUltraGroup is [User.SendPrivate] for a channel of an ultra group. The user must be able to
// read the channel, otherwise it returns [ErrNotMember].
func (u *User) SendUltraGroup(to Channel, content rongcloud.MessageContent) (uid string, err error) {
	in := conversation{Type: rongcloud.ConversationUltraGroup, TargetID: to.GroupID, ChannelID: channelOf(to.ChannelID)}
	return u.send(in, content, func(c *call) ([]string, error) {
		one := c.ultraGroups[to.GroupID]
		at := one.channel(in.ChannelID)
		if at == nil || !slices.Contains(one.readers(at), u.id) {
			return nil, ErrNotMember
		}
		if one.mutes(u.id) || at.mutes(u.id) {
			return nil, ErrMuted
		}
		return without(slices.Clone(one.readers(at)), u.id), nil
	})
}

// SendChatroom is [User.SendPrivate] for a chat room. The user must have joined it, otherwise it
// returns [ErrNotMember].
func (u *User) SendChatroom(room string, content rongcloud.MessageContent) (uid string, err error) {
	return u.send(conversation{Type: rongcloud.ConversationChatroom, TargetID: room}, content, func(c *call) ([]string, error) {
		switch r := c.room(room); {
		case r == nil || !r.has(u.id):
			return nil, ErrNotMember
		case c.mutedInRoom(room, u.id):
			return nil, ErrMuted
		}
		return c.activeReceivers(room, u.id), nil
	})
}

// JoinChatroom lets the user's app join a chat room, which is created if necessary. It returns
// [ErrOffline] if the user is not connected, and [ErrRejected] if the user is blocked from the
// room or the server's memory is full.
func (u *User) JoinChatroom(room string) error {
	if !u.IsOnline() {
		return ErrOffline
	}
	if u.server.isFull(int64(len(room) + len(u.id))) {
		return rejected(noMemory)
	}
	u.server.JoinChatroom(room, u.id)
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if r := u.server.room(room); r == nil || !r.has(u.id) {
		return rejected("they are blocked from the chat room")
	}
	return nil
}

// LeaveChatroom lets the user's app leave a chat room.
func (u *User) LeaveChatroom(room string) { u.server.LeaveChatroom(room, u.id) }

// ChatroomEntryParams is an attribute that a user's app sets; see [User.SetChatroomEntry].
type ChatroomEntryParams struct {
	ChatroomID string
	Key        string
	Value      string
	AutoDelete bool // deleted when the user leaves
}

// SetChatroomEntry lets the user's app set an attribute of a chat room. It returns [ErrNotMember]
// if the user has not joined the room, and [ErrRejected] if the attribute belongs to another user.
func (u *User) SetChatroomEntry(params ChatroomEntryParams) error {
	events, err := u.setEntry(params)
	u.server.callBack(events)
	return err
}

func (u *User) setEntry(params ChatroomEntryParams) ([]event, error) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	c := u.server.newCall()
	r := c.room(params.ChatroomID)
	if r == nil || !r.has(u.id) {
		return nil, ErrNotMember
	}
	if e := r.entry(params.Key); e != nil && e.owner != u.id {
		return nil, rejected("the attribute is another user's")
	}
	if refusal := c.setEntries(r, u.id, map[string]string{params.Key: params.Value}, params.AutoDelete); refusal != nil {
		return nil, errors.New("rongcloudtest: " + refusal.message)
	}
	return c.drainEvents(), nil
}

// send sends a message from a user's app.
func (u *User) send(in conversation, content rongcloud.MessageContent, receivers func(c *call) ([]string, error)) (string, error) {
	s := u.server
	name, body := contentOf(content)
	if err := checkContent(name, body); err != nil {
		return "", err
	}
	s.mu.Lock()
	c := s.newCall()
	source, _, err := u.mayWrite(c, receivers)
	s.messages.count++
	uid := messageUID(s.messages.count)
	s.mu.Unlock()
	if err != nil {
		return "", err
	}
	decision, asked := s.ask(&webhook.PreMessage{
		From: u.id, TargetID: in.TargetID, ConversationType: in.Type, ChannelID: in.ChannelID,
		ObjectName: name, Body: body, MessageUID: uid, SentAt: c.at, Platform: source, ClientIP: clientIP,
	})
	out := outgoing{uid: uid, from: u.id, conversation: in, objectName: name, content: body, stored: true, logged: true, source: source}
	if asked {
		if decision.Verdict == webhook.VerdictBlock {
			return "", &BlockedError{decision.Text}
		}
		out.obey(decision)
	}
	events, err := u.deliver(out, receivers)
	s.callBack(events)
	return uid, err
}

// obey changes a message as the response to the pre-delivery check says.
func (out *outgoing) obey(d *webhooktest.Decision) {
	out.unchecked = d.Verdict == webhook.VerdictAllowUnchecked
	if d.Body != nil {
		out.content = *d.Body
	}
	if d.PushContent != nil {
		out.pushContent = *d.PushContent
	}
}

// mayWrite returns the platform that the user writes from, and the users whom the message reaches.
func (u *User) mayWrite(c *call, receivers func(c *call) ([]string, error)) (webhook.Platform, []string, error) {
	devices := u.devices(c.at)
	if len(devices) == 0 {
		return "", nil, ErrOffline
	}
	all, err := receivers(c)
	return devices[0], all, err
}

func (u *User) deliver(out outgoing, receivers func(c *call) ([]string, error)) ([]event, error) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	c := u.server.newCall()
	var err error
	// things may have changed meanwhile
	if _, out.receivers, err = u.mayWrite(c, receivers); err != nil {
		return nil, err
	}
	if m := c.send(out); m.Blocked {
		err = &BlockedError{}
	}
	return c.drainEvents(), err
}

// newCall returns a call that does not come from a request.
func (s *Server) newCall() *call { return &call{Server: s, at: s.now()} }

// mutes reports whether the rules of a group mute a member.
func (g *groups) mutes(id, user string, now time.Time) bool {
	if restricted(g.mutedEverywhere, user, now) {
		return true
	}
	rules := g.rules[id]
	if rules != nil && restricted(rules.muted, user, now) {
		return true
	}
	return slices.Contains(g.allMuted, id) && (rules == nil || !slices.Contains(rules.whitelist, user))
}

// mutes reports whether an ultra group or channel mutes a member.
func (s *ultraScope) mutes(user string) bool {
	return slices.Contains(s.muted, user) || s.allMuted && !slices.Contains(s.exempt, user)
}
