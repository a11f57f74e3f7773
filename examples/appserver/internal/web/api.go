package web

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

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
	ctx := q.Context()
	contacts, err := s.App.Store.Contacts(ctx, q.user.ID)
	if err != nil {
		return nil, err
	}
	inboxes, err := s.App.Store.Inboxes(ctx, q.user.ID)
	if err != nil {
		return nil, err
	}
	found := struct {
		Me            person         `json:"me"`
		Contacts      []contact      `json:"contacts"`
		Groups        []chatGroup    `json:"groups"`
		Conversations []conversation `json:"conversations"`
	}{Me: person{q.user.ID, q.user.Name}, Contacts: make([]contact, len(contacts)), Conversations: make([]conversation, len(inboxes))}
	for i, c := range contacts {
		found.Contacts[i] = contactOf(c, q.user.ID)
	}
	last := make([]store.Message, len(inboxes))
	for i, inbox := range inboxes {
		last[i] = inbox.Last
	}
	shown, err := s.shown(q, last)
	if err != nil {
		return nil, err
	}
	for i, inbox := range inboxes {
		found.Conversations[i] = conversation{inbox.Conversation, inbox.Unread, &shown[i]}
	}
	found.Groups, err = s.groups(q)
	return found, err
}

func contactOf(c store.Contact, me string) contact {
	one := contact{person: person{c.ID, c.Name}, State: c.State, Online: c.Online && c.State == store.Friends, Blocked: c.IBlocked}
	if c.State == store.FriendAsked && c.AskedBy == me {
		one.State = "waiting"
	}
	return one
}

func (s *server) groups(q *request) ([]chatGroup, error) {
	groups, err := s.App.Store.GroupsOf(q.Context(), q.user.ID)
	found := make([]chatGroup, len(groups))
	for i, g := range groups {
		if err != nil {
			break
		}
		found[i] = chatGroup{person: person{g.ID, g.Name}, Owner: g.OwnerID}
		found[i].Members, err = s.members(q, g.ID)
	}
	return found, err
}

func (s *server) members(q *request, groupID string) ([]person, error) {
	ids, err := s.App.Store.Members(q.Context(), groupID)
	if err != nil {
		return nil, err
	}
	names, err := s.App.Store.Names(q.Context(), ids...)
	found := make([]person, len(ids))
	for i, id := range ids {
		found[i] = person{id, cmp.Or(names[id], id)}
	}
	return found, err
}

// shown is how messages look to somebody.
func (s *server) shown(q *request, messages []store.Message) ([]chatMessage, error) {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.From
	}
	names, err := s.App.Store.Names(q.Context(), ids...)
	found := make([]chatMessage, len(messages))
	for i, m := range messages {
		found[i] = chatMessage{
			UID: m.UID, From: m.From, Name: cmp.Or(names[m.From], q.words.Get("system")), Line: m.ObjectName == "RC:InfoNtf",
			Recalled: m.Recalled, Mine: m.From == q.user.ID, At: m.SentAt,
		}
		if !m.Recalled { // nobody reads it any more
			found[i].Text = textOf(m, q.words)
		}
	}
	return found, err
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
	found, err := s.App.Store.History(q.Context(), conversation, before, pageSize)
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return s.shown(q, found)
}

func (s *server) reads(q *request, conversation string) error {
	reads, err := s.App.Store.IsReader(q.Context(), conversation, q.user.ID)
	if err == nil && !reads {
		return app.ErrNotFound
	}
	return err
}

// written is a message of a page, or the conversation that one has read.
type written struct{ Conversation, Text string }

// send is what the client app of a real RongCloud does by itself: the message goes from the device
// to RongCloud, and comes back to this server as a callback.
func (s *server) send(q *request, m written) (any, error) {
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

func (s *server) read(q *request, m written) (any, error) {
	return nil, s.App.MarkRead(q.Context(), q.user.ID, m.Conversation)
}

func (s *server) report(q *request, m struct{ Reason string }) (any, error) {
	return nil, s.App.Report(q.Context(), q.user.ID, q.PathValue("uid"), m.Reason)
}

// token is for client apps of a real RongCloud: they connect with it.
func (s *server) token(q *request) (any, error) {
	token, err := s.Client.User.Register(q.Context(), rongcloud.RegisterParams{UserID: q.user.ID, Name: q.user.Name})
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
	users, err := s.App.Store.FindUsers(q.Context(), prefix, 20)
	for _, user := range users {
		if user.ID != q.user.ID {
			found = append(found, person{user.ID, user.Name})
		}
	}
	return found, err
}

func (s *server) block(q *request) (any, error) {
	how := q.PathValue("block")
	if how != "block" && how != "unblock" {
		return nil, app.ErrNotFound
	}
	return nil, s.App.SetBlock(q.Context(), q.user.ID, q.PathValue("id"), how == "block")
}

type newGroup struct {
	Name    string
	Members []string
}

func (s *server) createGroup(q *request, m newGroup) (any, error) {
	group, err := s.App.CreateGroup(q.Context(), q.user.ID, m.Name, m.Members)
	return map[string]string{"id": group.ID, "conversation": store.GroupConversation(group.ID)}, err
}

// member is a decision about somebody in a group.
func (s *server) member(decide func(ctx context.Context, me, groupID, userID string) error) call {
	return func(q *request) (any, error) {
		return nil, decide(q.Context(), q.user.ID, q.PathValue("group"), q.PathValue("id"))
	}
}
