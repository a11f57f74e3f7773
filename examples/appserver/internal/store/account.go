package store

import (
	"context"
	"fmt"
	"time"
)

// User is an account.
type User struct {
	ID           string
	Name         string
	Password     string // the hash of the password
	Operator     bool
	BlockedUntil time.Time
}

const userColumns = `u.id, u.name, u.password, u.operator, u.blocked_until`

// AddUser adds an account. It reports false if the name is taken.
func (tx *Tx) AddUser(ctx context.Context, u User) bool {
	return tx.do(ctx, `INSERT INTO users (id, name, password, operator, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		u.ID, u.Name, u.Password, u.Operator, millis(time.Now()))
}

// User returns the account with an ID.
func (q Queries) User(ctx context.Context, id string) (User, error) {
	return one[User](ctx, q, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id)
}

// UserByName returns the account with a name.
func (q Queries) UserByName(ctx context.Context, name string) (User, error) {
	return one[User](ctx, q, `SELECT `+userColumns+` FROM users u WHERE u.name = $1`, name)
}

// UserIDs returns the IDs of accounts in ascending order, beginning after the given one.
func (q Queries) UserIDs(ctx context.Context, after string, limit int) ([]string, error) {
	return all[string](ctx, q, `SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// Person is a user as others see them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// FindUsers returns the users whose names begin with prefix, without the user except.
func (q Queries) FindUsers(ctx context.Context, prefix, except string, limit int) ([]Person, error) {
	return all[Person](ctx, q, `SELECT id, name FROM users
		WHERE substr(name, 1, length($1)) = $1 AND id <> $2 ORDER BY name LIMIT $3`, prefix, except, limit)
}

// SetOperators makes the accounts with these names operators, and no others. It fails if a name has
// no account yet: otherwise whoever signs up with that name would become an operator.
func (q Queries) SetOperators(ctx context.Context, names []string) error {
	for _, name := range names {
		known, err := q.exists(ctx, `SELECT 1 FROM users WHERE name = $1`, name)
		if err == nil && !known {
			err = fmt.Errorf("no account has the name %q", name)
		}
		if err != nil {
			return err
		}
	}
	places, args := list(nil, names)
	_, err := q.exec(ctx, `UPDATE users SET operator = COALESCE(name IN (`+places+`), FALSE) WHERE operator OR name IN (`+places+`)`, args...)
	return err
}

// SetBlocked ends a user's sessions, and keeps the user from logging in until the given time.
func (tx *Tx) SetBlocked(ctx context.Context, id string, until time.Time) {
	tx.do(ctx, `UPDATE users SET blocked_until = $2 WHERE id = $1`, id, millis(until))
	tx.do(ctx, `DELETE FROM sessions WHERE user_id = $1`, id)
}

// AddSession stores the hash of a session's token, and deletes expired sessions.
func (tx *Tx) AddSession(ctx context.Context, tokenHash, userID string, expiresAt time.Time) {
	tx.do(ctx, `DELETE FROM sessions WHERE expires_at < $1`, millis(time.Now()))
	tx.do(ctx, `INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, $3)`, tokenHash, userID, millis(expiresAt))
}

// SessionUser returns the user of a session, unless it has expired or the user is blocked.
func (q Queries) SessionUser(ctx context.Context, tokenHash string) (User, error) {
	return one[User](ctx, q, `SELECT `+userColumns+` FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.blocked_until < $2`, tokenHash, millis(time.Now()))
}

// EndSession deletes a session.
func (q Queries) EndSession(ctx context.Context, tokenHash string) error {
	_, err := q.exec(ctx, `DELETE FROM sessions WHERE token_hash = $1`, tokenHash)
	return err
}

// TryLogin counts a login attempt for a name or an address, and returns the number of attempts in
// the current period. A period begins with the first attempt and lasts for span.
func (q Queries) TryLogin(ctx context.Context, who string, span time.Duration) (int, error) {
	now := time.Now()
	return one[int](ctx, q, `INSERT INTO login_failures (who, failures, since) VALUES ($1, 1, $2)
		ON CONFLICT (who) DO UPDATE SET
			failures = CASE WHEN login_failures.since < $3 THEN 1 ELSE login_failures.failures + 1 END,
			since = CASE WHEN login_failures.since < $3 THEN $2 ELSE login_failures.since END
		RETURNING failures`, who, millis(now), millis(now.Add(-span)))
}

// ForgiveLogin deletes the attempts of a name or an address, and those of all periods that began
// before the given time.
func (q Queries) ForgiveLogin(ctx context.Context, who string, before time.Time) error {
	_, err := q.exec(ctx, `DELETE FROM login_failures WHERE who = $1 OR since < $2`, who, millis(before))
	return err
}
