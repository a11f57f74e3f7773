package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Event tells the pages of some users that something has changed. It says where, not what, so the
// page reads that part again. A page that has missed events catches up in the same way.
type Event struct {
	UserIDs      []string `json:"users,omitempty"` // unused in [EventMissed], which is for all users
	Type         string   `json:"type"`
	Conversation string   `json:"conversation,omitempty"`
}

// The types of events.
const (
	EventMessage  = "message"  // the messages of the conversation have changed
	EventContacts = "contacts" // friends, groups, or who is online have changed
	EventOperator = "operator" // the outbox or reports have changed
	EventMissed   = "missed"   // events may be lost, so the page reads everything
)

// Notify publishes an event once the transaction has been committed.
func (tx *Tx) Notify(e Event) {
	slices.Sort(e.UserIDs)
	e.UserIDs = slices.Compact(e.UserIDs)
	tx.events = append(tx.events, e)
}

// OutboxReader is the recipient of events about the outbox and reports. It is not a user, but
// stands for workers and the operators' pages.
const OutboxReader = "outbox"

func (tx *Tx) notifyOperator() {
	tx.Notify(Event{Type: EventOperator, UserIDs: []string{OutboxReader}})
}

func (tx *Tx) notifyContacts(userIDs ...string) {
	tx.Notify(Event{Type: EventContacts, UserIDs: userIDs})
}

const (
	channel   = "appserver" // the channel of PostgreSQL's notifications
	mostUsers = 100         // so many IDs fit into a notification, which has at most 8000 bytes
)

// announce makes PostgreSQL send the events to all processes when the transaction is committed.
func (tx *Tx) announce(ctx context.Context) {
	if !tx.postgres {
		return
	}
	for _, e := range tx.events {
		for part := range slices.Chunk(e.UserIDs, mostUsers) {
			e.UserIDs = part
			text, _ := json.Marshal(e) // an event has only strings, so this cannot fail
			tx.do(ctx, `SELECT pg_notify($1, $2)`, channel, string(text))
		}
	}
}

// Listen adds a function that is called with every event of every process. It must return at once.
// Call Listen before anything runs concurrently.
func (s *Store) Listen(listener func(Event)) { s.listeners = append(s.listeners, listener) }

func (s *Store) publish(e Event) {
	for _, listener := range s.listeners {
		listener(e)
	}
}

// Follow receives PostgreSQL's notifications, and publishes their events, until the context ends.
// It reconnects after an error, which it passes to failed. With SQLite it returns at once.
func (s *Store) Follow(ctx context.Context, failed func(error)) {
	if !s.postgres {
		return
	}
	for ctx.Err() == nil {
		if err := s.follow(ctx); ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (s *Store) follow(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	s.publish(Event{Type: EventMissed})
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var e Event
		if json.Unmarshal([]byte(n.Payload), &e) == nil {
			s.publish(e)
		}
	}
}
