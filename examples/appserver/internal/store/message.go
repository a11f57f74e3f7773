package store

import (
	"context"
	"strings"
	"time"
)

// Message is a message of the archive.
type Message struct {
	UID          string
	Conversation string
	From         string
	Name         string // of the sender; empty for the app's own messages
	Target       string
	Type         int
	ObjectName   string
	Body         string
	Recalled     bool
	SentAt       time.Time
}

const (
	messageColumns = `m.uid, m.conversation, m.from_id, COALESCE(u.name, ''), m.target_id,
		m.type, m.object_name, m.body, m.recalled, m.sent_at`
	messageTable = `messages m LEFT JOIN users u ON u.id = m.from_id`
)

// The ID of a conversation begins with its type.
const (
	private = "p:"
	group   = "g:"
	system  = "s:"
)

// PrivateConversation returns the ID of the conversation of two users.
func PrivateConversation(one, other string) string {
	a, b := pair(one, other)
	return private + a + ":" + b
}

// GroupConversation returns the ID of a group's conversation.
func GroupConversation(groupID string) string { return group + groupID }

// SystemConversation returns the ID of the conversation with the app's own messages to a user.
func SystemConversation(userID string) string { return system + userID }

// Partner returns the other user of a private conversation. It reports false if the conversation is
// not private or does not include the user.
func Partner(conversation, userID string) (string, bool) {
	rest, isPrivate := strings.CutPrefix(conversation, private)
	a, b, _ := strings.Cut(rest, ":")
	if b == userID {
		a, b = b, a
	}
	return b, isPrivate && a == userID
}

// GroupOf returns the group ID of a conversation. It reports false if it is not that of a group.
func GroupOf(conversation string) (string, bool) { return strings.CutPrefix(conversation, group) }

// IsReader reports whether a user may read a conversation.
func (q Queries) IsReader(ctx context.Context, conversation, userID string) (bool, error) {
	if groupID, ok := GroupOf(conversation); ok {
		return q.exists(ctx, `SELECT 1 FROM members WHERE group_id = $1 AND user_id = $2`, groupID, userID)
	}
	_, ok := Partner(conversation, userID)
	return ok || conversation == SystemConversation(userID), nil
}

// Readers returns the IDs of the users who may read a conversation.
func (q Queries) Readers(ctx context.Context, conversation string) ([]string, error) {
	if groupID, ok := GroupOf(conversation); ok {
		return q.Members(ctx, groupID)
	}
	_, rest, _ := strings.Cut(conversation, ":")
	return strings.Split(rest, ":"), nil
}

// Archive stores a message, and updates the inboxes of its readers. It reports false, and changes
// nothing, if the message is stored already. A message whose recall arrived first is stored as
// recalled.
func (tx *Tx) Archive(ctx context.Context, m Message) bool {
	tx.lockMessage(ctx, m.UID)
	added := tx.do(ctx, `INSERT INTO messages (uid, conversation, from_id, target_id, type, object_name, body, recalled, sent_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, EXISTS (SELECT 1 FROM recalls WHERE uid = $1), $8) ON CONFLICT DO NOTHING`,
		m.UID, m.Conversation, m.From, m.Target, m.Type, m.ObjectName, m.Body, millis(m.SentAt))
	if !added {
		return false
	}
	readers, _ := tx.Readers(ctx, m.Conversation)
	for _, reader := range readers {
		tx.do(ctx, `INSERT INTO inboxes (user_id, conversation, last_uid, last_at, unread)
			VALUES ($1, $2, $3, $4, CASE WHEN $1 = $5 THEN 0 ELSE 1 END)
			ON CONFLICT (user_id, conversation) DO UPDATE SET unread = inboxes.unread + excluded.unread,
				last_uid = CASE WHEN excluded.last_at >= inboxes.last_at THEN excluded.last_uid ELSE inboxes.last_uid END,
				last_at = CASE WHEN excluded.last_at >= inboxes.last_at THEN excluded.last_at ELSE inboxes.last_at END`,
			reader, m.Conversation, m.UID, millis(m.SentAt), m.From)
	}
	tx.Notify(Event{Type: EventMessage, Conversation: m.Conversation, UserIDs: readers})
	return true
}

// lockMessage makes concurrent transactions about a message wait for each other. Without it, those
// of a message and its recall might not see each other, and the message would not be recalled.
// SQLite has only one writer at a time.
func (tx *Tx) lockMessage(ctx context.Context, uid string) {
	if tx.postgres {
		tx.do(ctx, `SELECT pg_advisory_xact_lock(hashtext($1))`, uid)
	}
}

// Message returns the archived message with a UID.
func (q Queries) Message(ctx context.Context, uid string) (Message, error) {
	return one[Message](ctx, q, `SELECT `+messageColumns+` FROM `+messageTable+` WHERE m.uid = $1`, uid)
}

// LastUID returns the greatest UID in the archive.
func (q Queries) LastUID(ctx context.Context) (string, error) {
	return one[string](ctx, q, `SELECT COALESCE(max(uid), '') FROM messages`)
}

// Recall marks a message as recalled, even before it arrives. It reports whether it changed a
// message in the archive.
func (tx *Tx) Recall(ctx context.Context, uid string) bool {
	tx.lockMessage(ctx, uid)
	tx.do(ctx, `INSERT INTO recalls (uid) VALUES ($1) ON CONFLICT DO NOTHING`, uid)
	if !tx.do(ctx, `UPDATE messages SET recalled = TRUE WHERE uid = $1 AND NOT recalled`, uid) {
		return false
	}
	m, _ := tx.Message(ctx, uid)
	readers, _ := tx.Readers(ctx, m.Conversation)
	tx.Notify(Event{Type: EventMessage, Conversation: m.Conversation, UserIDs: readers})
	return true
}

// History returns the newest messages of a conversation, the newest first, that were sent before a
// time, or at that time with a smaller UID.
func (q Queries) History(ctx context.Context, conversation string, before time.Time, uid string, limit int) ([]Message, error) {
	return all[Message](ctx, q, `SELECT `+messageColumns+` FROM `+messageTable+`
		WHERE m.conversation = $1 AND (m.sent_at < $2 OR m.sent_at = $2 AND m.uid < $3)
		ORDER BY m.sent_at DESC, m.uid DESC LIMIT $4`, conversation, millis(before), uid, limit)
}

// Inbox is a conversation as one user sees it.
type Inbox struct {
	Conversation string
	Unread       int
	Last         Message
}

// Inboxes returns a user's conversations, those with the newest messages first.
func (q Queries) Inboxes(ctx context.Context, userID string) ([]Inbox, error) {
	return all[Inbox](ctx, q, `SELECT i.conversation, i.unread, `+messageColumns+` FROM `+messageTable+`
		JOIN inboxes i ON m.uid = i.last_uid WHERE i.user_id = $1 ORDER BY i.last_at DESC LIMIT 200`, userID)
}

// MarkRead sets the unread count of a user's conversation to zero.
func (tx *Tx) MarkRead(ctx context.Context, userID, conversation string) {
	if tx.do(ctx, `UPDATE inboxes SET unread = 0 WHERE user_id = $1 AND conversation = $2 AND unread > 0`, userID, conversation) {
		tx.notifyContacts(userID)
	}
}

// Report is an objection of a user or of RongCloud's moderation to a message.
type Report struct {
	ID         int64
	MessageUID string
	ReporterID string // empty if RongCloud's moderation reported it
	Reason     string
	CreatedAt  time.Time
}

// The decisions about reports.
const (
	ReportDismissed = "dismissed"
	ReportUpheld    = "upheld"
)

const reportColumns = `id, message_uid, reporter_id, reason, created_at`

// AddReport adds a report, unless the same reporter has already reported the message.
func (tx *Tx) AddReport(ctx context.Context, r Report) {
	tx.notifyOperator()
	tx.do(ctx, `INSERT INTO reports (message_uid, reporter_id, reason, state, created_at)
		VALUES ($1, $2, $3, 'open', $4) ON CONFLICT DO NOTHING`, r.MessageUID, r.ReporterID, r.Reason, millis(time.Now()))
}

// Report returns the report with an ID.
func (q Queries) Report(ctx context.Context, id int64) (Report, error) {
	return one[Report](ctx, q, `SELECT `+reportColumns+` FROM reports WHERE id = $1`, id)
}

// OpenReports returns the reports that nobody has decided, the oldest first.
func (q Queries) OpenReports(ctx context.Context, limit int) ([]Report, error) {
	return all[Report](ctx, q, `SELECT `+reportColumns+` FROM reports WHERE state = 'open' ORDER BY id LIMIT $1`, limit)
}

// DecideReports decides all open reports about a message. It reports whether there were any.
func (tx *Tx) DecideReports(ctx context.Context, messageUID, state string) bool {
	tx.notifyOperator()
	return tx.do(ctx, `UPDATE reports SET state = $2 WHERE message_uid = $1 AND state = 'open'`, messageUID, state)
}
