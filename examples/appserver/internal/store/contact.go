package store

import (
	"context"
	"errors"
	"slices"
	"time"
)

// The states of a friendship.
const (
	FriendAsked = "asked"
	Friends     = "friends"
)

// Friendship is the relation between two users. The state is empty if they are strangers.
type Friendship struct{ State, AskedBy string }

// pair returns two user IDs in ascending order.
func pair(one, other string) (a, b string) { return min(one, other), max(one, other) }

// Friendship returns the relation between two users.
func (q Queries) Friendship(ctx context.Context, user, other string) (Friendship, error) {
	a, b := pair(user, other)
	known, err := one[Friendship](ctx, q, `SELECT state, asked_by FROM friendships WHERE a = $1 AND b = $2`, a, b)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return known, err
}

// SetFriendship sets the relation between two users.
func (tx *Tx) SetFriendship(ctx context.Context, user, other string, f Friendship) {
	a, b := pair(user, other)
	tx.notifyContacts(a, b)
	tx.do(ctx, `INSERT INTO friendships (a, b, state, asked_by) VALUES ($1, $2, $3, $4)
		ON CONFLICT (a, b) DO UPDATE SET state = excluded.state, asked_by = excluded.asked_by`, a, b, f.State, f.AskedBy)
}

// DeleteFriendship deletes the friendship or invitation between two users.
func (tx *Tx) DeleteFriendship(ctx context.Context, user, other string) {
	a, b := pair(user, other)
	tx.notifyContacts(a, b)
	tx.do(ctx, `DELETE FROM friendships WHERE a = $1 AND b = $2`, a, b)
}

// Contact is another user, as one user sees them.
type Contact struct {
	Person
	State   string `json:"state"` // friends, asked (by this contact), waiting (for this contact)
	Online  bool   `json:"online"`
	Blocked bool   `json:"blocked"`
}

// Contacts returns a user's friends, and the users of open invitations.
func (q Queries) Contacts(ctx context.Context, userID string) ([]Contact, error) {
	return all[Contact](ctx, q, `SELECT u.id, u.name,
			CASE WHEN f.state = 'asked' AND f.asked_by = $1 THEN 'waiting' ELSE f.state END,
			f.state = 'friends' AND EXISTS (SELECT 1 FROM presence p WHERE p.user_id = u.id AND p.online),
			EXISTS (SELECT 1 FROM blocks k WHERE k.user_id = $1 AND k.target_id = u.id)
		FROM friendships f JOIN users u ON u.id = CASE WHEN f.a = $1 THEN f.b ELSE f.a END
		WHERE f.a = $1 OR f.b = $1 ORDER BY u.name`, userID)
}

// FriendIDs returns the IDs of a user's friends.
func (q Queries) FriendIDs(ctx context.Context, userID string) ([]string, error) {
	return all[string](ctx, q, `SELECT CASE WHEN a = $1 THEN b ELSE a END FROM friendships WHERE (a = $1 OR b = $1) AND state = 'friends' ORDER BY 1`, userID)
}

// SetBlock makes a user block or unblock another. It reports whether that changed anything.
func (tx *Tx) SetBlock(ctx context.Context, userID, targetID string, blocked bool) bool {
	tx.notifyContacts(userID)
	if blocked {
		return tx.do(ctx, `INSERT INTO blocks (user_id, target_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, userID, targetID)
	}
	return tx.do(ctx, `DELETE FROM blocks WHERE user_id = $1 AND target_id = $2`, userID, targetID)
}

// SetPresence stores whether a user's device is online, unless the stored state is newer. It
// reports whether that changed anything.
func (tx *Tx) SetPresence(ctx context.Context, userID, session string, online bool, at time.Time) bool {
	changed := tx.do(ctx, `INSERT INTO presence (user_id, session, online, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, session) DO UPDATE SET online = excluded.online, at = excluded.at
		WHERE presence.at < excluded.at`, userID, session, online, millis(at))
	if changed {
		friends, _ := tx.FriendIDs(ctx, userID)
		tx.notifyContacts(append(friends, userID)...)
	}
	return changed
}

// ForgetPresence marks all users as offline.
func (q Queries) ForgetPresence(ctx context.Context) error {
	_, err := q.exec(ctx, `DELETE FROM presence`)
	return err
}

// Group is a chat group.
type Group struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	OwnerID   string `json:"owner"`
	Dismissed bool   `json:"-"`
}

const groupColumns = `g.id, g.name, g.owner_id, g.dismissed`

// SetGroup adds a group or replaces its data.
func (tx *Tx) SetGroup(ctx context.Context, g Group) {
	tx.do(ctx, `INSERT INTO chat_groups (id, name, owner_id, dismissed, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner_id = excluded.owner_id, dismissed = excluded.dismissed`,
		g.ID, g.Name, g.OwnerID, g.Dismissed, millis(time.Now()))
}

// DismissGroup marks a group as dismissed, and removes its members.
func (tx *Tx) DismissGroup(ctx context.Context, id string) {
	tx.do(ctx, `UPDATE chat_groups SET dismissed = TRUE WHERE id = $1`, id)
	tx.SetMembers(ctx, id)
}

// Group returns the group with an ID.
func (q Queries) Group(ctx context.Context, id string) (Group, error) {
	return one[Group](ctx, q, `SELECT `+groupColumns+` FROM chat_groups g WHERE g.id = $1`, id)
}

// GroupsOf returns the groups that a user is in.
func (q Queries) GroupsOf(ctx context.Context, userID string) ([]Group, error) {
	return all[Group](ctx, q, `SELECT `+groupColumns+` FROM members m JOIN chat_groups g ON g.id = m.group_id
		WHERE m.user_id = $1 AND NOT g.dismissed ORDER BY g.name, g.id`, userID)
}

// Members returns the IDs of a group's members.
func (q Queries) Members(ctx context.Context, groupID string) ([]string, error) {
	return all[string](ctx, q, `SELECT user_id FROM members WHERE group_id = $1 ORDER BY user_id`, groupID)
}

// People returns the members of a group with their names, or with their IDs if they have no
// account.
func (q Queries) People(ctx context.Context, groupID string) ([]Person, error) {
	return all[Person](ctx, q, `SELECT m.user_id, COALESCE(u.name, m.user_id)
		FROM members m LEFT JOIN users u ON u.id = m.user_id WHERE m.group_id = $1 ORDER BY m.user_id`, groupID)
}

// SetMembers replaces the members of a group.
func (tx *Tx) SetMembers(ctx context.Context, groupID string, userIDs ...string) {
	old, _ := tx.Members(ctx, groupID)
	for _, id := range old {
		if !slices.Contains(userIDs, id) {
			tx.do(ctx, `DELETE FROM members WHERE group_id = $1 AND user_id = $2`, groupID, id)
		}
	}
	for _, id := range userIDs {
		if !slices.Contains(old, id) {
			tx.do(ctx, `INSERT INTO members (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, groupID, id)
		}
	}
	tx.notifyContacts(append(old, userIDs...)...)
}
