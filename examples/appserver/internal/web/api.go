package web

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// errLive is what a page is told that wants to write where only client apps can.
var errLive = errors.New("error.live")

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type contact struct {
	person
	State   string `json:"state"` // friends, asked (by the other one), waiting (for the other one)
	Online  bool   `json:"online"`
	Blocked bool   `json:"blocked"`
}

type chatGroup struct {
	person
	Owner   string   `json:"owner"`
	Members []person `json:"members"`
}

type conversation struct {
	ID     string       `json:"id"`
	Unread int          `json:"unread"`
	Last   *chatMessage `json:"last,omitempty"`
}

type chatMessage struct {
	UID      string    `json:"uid"`
	From     string    `json:"from"`
	Name     string    `json:"name"`
	Text     string    `json:"text"`
	Line     bool      `json:"line"` // a grey line, and no bubble
	Recalled bool      `json:"recalled"`
	Mine     bool      `json:"mine"`
	At       time.Time `json:"at"`
}

// state is all that a page shows beside messages.
func (s *server) state(q *request) (any, error) {
	contacts, err := s.App.Store.Contacts(q.ctx(), q.user.ID)
	if err != nil {
		return nil, err
	}
	groups, err := s.App.Store.GroupsOf(q.ctx(), q.user.ID)
	if err != nil {
		return nil, err
	}
	inboxes, err := s.App.Store.Inboxes(q.ctx(), q.user.ID)
	if err != nil {
		return nil, err
	}
	found := struct {
		Me            person         `json:"me"`
		Contacts      []contact      `json:"contacts"`
		Groups        []chatGroup    `json:"groups"`
		Conversations []conversation `json:"conversations"`
	}{Me: person{q.user.ID, q.user.Name}, Contacts: []contact{}, Groups: []chatGroup{}}
	for _, c := range contacts {
		found.Contacts = append(found.Contacts, contactOf(c, q.user.ID))
	}
	for _, g := range groups {
		members, err := s.App.Store.Members(q.ctx(), g.ID)
		if err != nil {
			return nil, err
		}
		names, err := s.App.Store.Names(q.ctx(), members...)
		if err != nil {
			return nil, err
		}
		one := chatGroup{person: person{g.ID, g.Name}, Owner: g.OwnerID}
		for _, id := range members {
			one.Members = append(one.Members, person{id, cmp.Or(names[id], id)})
		}
		found.Groups = append(found.Groups, one)
	}
	found.Conversations, err = s.conversations(q, inboxes)
	return found, err
}

func contactOf(c store.Contact, me string) contact {
	one := contact{person: person{c.ID, c.Name}, State: c.State, Online: c.Online && c.State == store.Friends, Blocked: c.IBlocked}
	if c.State == store.FriendAsked && c.AskedBy == me {
		one.State = "waiting"
	}
	return one
}

func (s *server) conversations(q *request, inboxes []store.Inbox) ([]conversation, error) {
	last := make([]store.Message, len(inboxes))
	for i, inbox := range inboxes {
		last[i] = inbox.Last
	}
	shown, err := s.shown(q, last)
	found := []conversation{}
	for i, inbox := range inboxes {
		if err == nil {
			found = append(found, conversation{inbox.Conversation, inbox.Unread, &shown[i]})
		}
	}
	return found, err
}

// shown is how messages look to somebody.
func (s *server) shown(q *request, messages []store.Message) ([]chatMessage, error) {
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.From)
	}
	names, err := s.App.Store.Names(q.ctx(), ids...)
	if err != nil {
		return nil, err
	}
	found := make([]chatMessage, len(messages))
	for i, m := range messages {
		one := chatMessage{
			UID: m.UID, From: m.From, Name: cmp.Or(names[m.From], q.words.Get("system")), Line: m.ObjectName == "RC:InfoNtf",
			Recalled: m.Recalled, Mine: m.From == q.user.ID, At: m.SentAt,
		}
		if !m.Recalled { // nobody reads it any more
			one.Text = textOf(m, q.words)
		}
		found[i] = one
	}
	return found, nil
}

func textOf(m store.Message, words words) string {
	content, err := rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
	if err != nil {
		return words.Get("unreadable")
	}
	switch content := content.(type) {
	case rongcloud.TextMessage:
		return content.Content
	case rongcloud.InfoNotification:
		return content.Message
	}
	return "[" + m.ObjectName + "]"
}

// pageSize is how many messages a page of history has.
const pageSize = 50

func (s *server) messages(q *request) (any, error) {
	conversation := q.FormValue("conversation")
	if err := s.reads(q, conversation); err != nil {
		return nil, err
	}
	before := store.Before{At: time.Now().Add(24 * time.Hour)} // RongCloud's clock may be ahead
	if text := q.FormValue("before"); text != "" {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errBody
		}
		before = store.Before{At: time.UnixMilli(ms), UID: q.FormValue("uid")}
	}
	found, err := s.App.Store.History(q.ctx(), conversation, before, pageSize)
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return s.shown(q, found)
}

func (s *server) reads(q *request, conversation string) error {
	reads, err := s.App.Store.IsReader(q.ctx(), conversation, q.user.ID)
	if err == nil && !reads {
		return app.ErrNotFound
	}
	return err
}

// send is what the client app of a real RongCloud does by itself: the message goes from the device
// to RongCloud, and comes back to this server as a callback.
func (s *server) send(q *request) (any, error) {
	var m struct{ Conversation, Text string }
	if err := q.body(&m); err != nil {
		return nil, err
	}
	if s.Cloud == nil {
		return nil, errLive
	}
	if err := s.reads(q, m.Conversation); err != nil {
		return nil, err
	}
	if m.Text = strings.TrimSpace(m.Text); m.Text == "" || utf8.RuneCountInString(m.Text) > 4000 {
		return nil, errBody
	}
	return nil, s.Cloud.Send(q.user.ID, m.Conversation, m.Text)
}

func (s *server) read(q *request) (any, error) {
	var m struct{ Conversation string }
	if err := q.body(&m); err != nil {
		return nil, err
	}
	return nil, s.App.MarkRead(q.ctx(), q.user.ID, m.Conversation)
}

func (s *server) report(q *request) (any, error) {
	var m struct{ Reason string }
	if err := q.body(&m); err != nil {
		return nil, err
	}
	return nil, s.App.Report(q.ctx(), q.user.ID, q.PathValue("uid"), m.Reason)
}

// token is for client apps of a real RongCloud: they connect with it.
func (s *server) token(q *request) (any, error) {
	token, err := s.Client.User.Register(q.ctx(), rongcloud.RegisterParams{UserID: q.user.ID, Name: q.user.Name})
	if err != nil {
		return nil, err
	}
	return map[string]string{"userId": q.user.ID, "token": token.Token, "appKey": s.Client.AppKey()}, nil
}

func (s *server) findUsers(q *request) (any, error) {
	found := []person{}
	prefix := strings.ToLower(strings.TrimSpace(q.FormValue("q")))
	if prefix == "" {
		return found, nil
	}
	users, err := s.App.Store.FindUsers(q.ctx(), prefix, 20)
	for _, user := range users {
		if user.ID != q.user.ID {
			found = append(found, person{user.ID, user.Name})
		}
	}
	return found, err
}

func (s *server) friend(q *request) (any, error) {
	me, other := q.user.ID, q.PathValue("id")
	switch q.PathValue("change") {
	case "invite":
		return nil, s.App.Invite(q.ctx(), me, other)
	case "accept":
		return nil, s.App.Accept(q.ctx(), me, other)
	case "remove":
		return nil, s.App.Unfriend(q.ctx(), me, other)
	case "block":
		return nil, s.App.SetBlock(q.ctx(), me, other, true)
	case "unblock":
		return nil, s.App.SetBlock(q.ctx(), me, other, false)
	}
	return nil, app.ErrNotFound
}

func (s *server) createGroup(q *request) (any, error) {
	var m struct {
		Name    string
		Members []string
	}
	if err := q.body(&m); err != nil {
		return nil, err
	}
	group, err := s.App.CreateGroup(q.ctx(), q.user.ID, m.Name, m.Members)
	return map[string]string{"id": group.ID, "conversation": store.GroupConversation(group.ID)}, err
}
