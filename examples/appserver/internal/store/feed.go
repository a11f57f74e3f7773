package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Event tells the pages of some users that something has changed. It says where to look, not what
// changed, so a page that has missed events can catch up by reading.
type Event struct {
	UserIDs      []string `json:"users,omitempty"` // of no use in [EventMissed], which is for everybody
	Type         string   `json:"type"`
	Conversation string   `json:"conversation,omitempty"`
}

// The types of events.
const (
	EventMessage  = "message"  // something in the conversation
	EventContacts = "contacts" // friends, groups, or who is online
	EventOperator = "operator" // the outbox or reports, for the operator's page
	EventMissed   = "missed"   // nobody knows what: read everything
)

// Notify tells users about the transaction once it has succeeded.
func (tx *Tx) Notify(e Event) {
	slices.Sort(e.UserIDs)
	e.UserIDs = slices.Compact(e.UserIDs)
	tx.events = append(tx.events, e)
}

// OutboxReader is the recipient of events about the outbox and reports. It is not a user: it stands
// for workers and operators' pages.
const OutboxReader = "outbox"

func (tx *Tx) notifyOperator() {
	tx.Notify(Event{Type: EventOperator, UserIDs: []string{OutboxReader}})
}

func (tx *Tx) notifyContacts(userIDs ...string) {
	tx.Notify(Event{Type: EventContacts, UserIDs: userIDs})
}

const (
	channel   = "appserver" // PostgreSQL's channel to all processes
	mostUsers = 100         // how many fit into a notification of PostgreSQL, which has 8000 bytes
)

// announce has PostgreSQL tell all processes when the transaction succeeds.
func (tx *Tx) announce(ctx context.Context) {
	if !tx.postgres {
		return
	}
	for _, e := range tx.events {
		for part := range slices.Chunk(e.UserIDs, mostUsers) {
			e.UserIDs = part
			text, _ := json.Marshal(e) // texts alone
			tx.do(ctx, `SELECT pg_notify($1, $2)`, channel, string(text))
		}
	}
}

// Listen calls a function with every event of every process, which must return at once. Call it
// before anything runs concurrently.
func (s *Store) Listen(listener func(Event)) { s.listeners = append(s.listeners, listener) }

func (s *Store) publish(e Event) {
	for _, listener := range s.listeners {
		listener(e)
	}
}

// Follow brings the events of other processes until the context ends. With SQLite there are none.
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
