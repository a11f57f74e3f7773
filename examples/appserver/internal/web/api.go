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

// state is everything that the chat page shows, except messages.
type state struct {
	Me            store.Person    `json:"me"`
	Contacts      []store.Contact `json:"contacts"`
	Groups        []chatGroup     `json:"groups"`
	Conversations []conversation  `json:"conversations"`
}

type chatGroup struct {
	store.Group
	Members []store.Person `json:"members"`
}

type conversation struct {
	ID     string      `json:"id"`
	Unread int         `json:"unread"`
	Last   chatMessage `json:"last"`
}

type chatMessage struct {
	UID      string    `json:"uid"`
	From     string    `json:"from"`
	Name     string    `json:"name"`
	Text     string    `json:"text"`
	Line     bool      `json:"line"` // shown as a grey line instead of a bubble
	Recalled bool      `json:"recalled"`
	Mine     bool      `json:"mine"`
	At       time.Time `json:"at"`
}

func (s *server) state(q *request) (any, error) {
	ctx, me := q.Context(), q.user.ID
	found := state{Me: store.Person{ID: me, Name: q.user.Name}, Groups: []chatGroup{}, Conversations: []conversation{}}
	err := s.App.Store.Ask(func(db store.Queries) {
		found.Contacts, _ = db.Contacts(ctx, me)
		groups, _ := db.GroupsOf(ctx, me)
		for _, g := range groups {
			people, _ := db.People(ctx, g.ID)
			found.Groups = append(found.Groups, chatGroup{g, people})
		}
		inboxes, _ := db.Inboxes(ctx, me)
		for _, i := range inboxes {
			found.Conversations = append(found.Conversations, conversation{i.Conversation, i.Unread, q.shown(i.Last)})
		}
	})
	return found, err
}

// shown returns a message as the user of the request sees it.
func (q *request) shown(m store.Message) chatMessage {
	found := chatMessage{
		UID: m.UID, From: m.From, Name: cmp.Or(m.Name, q.words.Get("system")), Line: m.ObjectName == "RC:InfoNtf",
		Recalled: m.Recalled, Mine: m.From == q.user.ID, At: m.SentAt,
	}
	if !m.Recalled { // the text of a recalled message does not leave the server
		found.Text = textOf(m, q.words)
	}
	return found
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

// pageSize is the number of messages in a page of history.
const pageSize = 50

func (s *server) messages(q *request) (any, error) {
	conversation := q.FormValue("conversation")
	if err := s.reads(q, conversation); err != nil {
		return nil, err
	}
	before := time.Now().Add(24 * time.Hour) // RongCloud's clock may be ahead
	if text := q.FormValue("before"); text != "" {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errBody
		}
		before = time.UnixMilli(ms)
	}
	page, err := s.App.Store.History(q.Context(), conversation, before, q.FormValue("uid"), pageSize)
	found := make([]chatMessage, len(page))
	for i, m := range slices.Backward(page) {
		found[len(page)-1-i] = q.shown(m)
	}
	return found, err
}

func (s *server) reads(q *request, conversation string) error {
	reads, err := s.App.Store.IsReader(q.Context(), conversation, q.user.ID)
	if err == nil && !reads {
		return app.ErrNotFound
	}
	return err
}

// written is the body of a request to send a message or, without a text, to mark a conversation as
// read.
type written struct{ Conversation, Text string }

// send sends a message from the user's device at the fake RongCloud. It comes back as a callback.
// With the real RongCloud, client apps send directly.
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

// token returns a token with which the client app of the user connects to RongCloud.
func (s *server) token(q *request) (any, error) {
	token, err := s.Client.User.Register(q.Context(), rongcloud.RegisterParams{UserID: q.user.ID, Name: q.user.Name})
	if err != nil {
		return nil, err
	}
	return map[string]string{"userId": q.user.ID, "token": token.Token, "appKey": s.Client.AppKey()}, nil
}

func (s *server) findUsers(q *request) (any, error) {
	prefix := strings.ToLower(strings.TrimSpace(q.FormValue("q")))
	if prefix == "" {
		return []store.Person{}, nil
	}
	return s.App.Store.FindUsers(q.Context(), prefix, q.user.ID, 20)
}

type newGroup struct {
	Name    string
	Members []string
}

func (s *server) createGroup(q *request, m newGroup) (any, error) {
	group, err := s.App.CreateGroup(q.Context(), q.user.ID, m.Name, m.Members)
	return map[string]string{"id": group.ID, "conversation": store.GroupConversation(group.ID)}, err
}

// about returns a call that decides about the ID in the path.
func about(decide func(ctx context.Context, me, what string) error, name string) call {
	return func(q *request) (any, error) { return nil, decide(q.Context(), q.user.ID, q.PathValue(name)) }
}

// member returns a call that decides about a member of a group.
func member(decide func(ctx context.Context, me, groupID, userID string) error) call {
	return func(q *request) (any, error) {
		return nil, decide(q.Context(), q.user.ID, q.PathValue("group"), q.PathValue("id"))
	}
}

// block returns a call that blocks or unblocks a user.
func (s *server) block(blocked bool) call {
	return func(q *request) (any, error) {
		return nil, s.App.SetBlock(q.Context(), q.user.ID, q.PathValue("id"), blocked)
	}
}
