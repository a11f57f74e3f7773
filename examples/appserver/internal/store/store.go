// Package store keeps what the app knows in SQLite or PostgreSQL, by the same queries.
//
// A decision and what RongCloud must learn of it are written in one transaction: see [Store.Change]
// and [Tx.Enqueue].
//
// It promises that both databases keep and answer the same.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// ErrNotFound is returned where a row is asked for that is not there.
var ErrNotFound = errors.New("not found")

// Store is the database. It is safe for concurrent use.
type Store struct {
	Queries

	db       *sql.DB
	url      string
	postgres bool
	feed     feed
}

// Queries are the questions and changes that need no transaction of their own.
type Queries struct{ q querier }

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Open opens the database at a URL, postgres://… or sqlite:FILE, and brings its tables up to date.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	s := &Store{url: databaseURL, postgres: strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://")}
	file, isFile := strings.CutPrefix(databaseURL, "sqlite:")
	var err error
	switch {
	case s.postgres:
		s.db, err = sql.Open("pgx", databaseURL)
	case isFile && file != "":
		// Writers take their turn at the begin of a transaction, so that none of them fails
		// halfway.
		s.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+
			"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	default:
		return nil, errors.New("it is neither postgres://… nor sqlite:FILE")
	}
	if err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(16)
	s.db.SetMaxIdleConns(16)
	s.Queries = Queries{s.db}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping reports whether the database can be reached.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Tx is a transaction.
type Tx struct {
	Queries

	postgres bool
	events   []Event
}

// Change runs a transaction: all that it writes is kept, or nothing if it returns an error. What
// concerns a lane enters it first; see [Tx.Enter].
func (s *Store) Change(ctx context.Context, change func(tx *Tx) error) error {
	// A request that goes away shall not leave the connection in doubt, so the transaction ends by
	// itself.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	inner, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = inner.Rollback() }() // after a commit it does nothing
	tx := &Tx{Queries: Queries{inner}, postgres: s.postgres}
	if err := change(tx); err != nil {
		return err
	}
	if err := tx.announce(ctx); err != nil {
		return err
	}
	if err := inner.Commit(); err != nil {
		return err
	}
	if !s.postgres {
		s.feed.publish(tx.events...)
	}
	return nil
}

// Enter waits for the turn in lanes, and keeps others out of them until the transaction ends. It
// comes before anything that the transaction reads.
func (tx *Tx) Enter(ctx context.Context, lanes ...string) error {
	slices.Sort(lanes) // everybody in the same order, or two could wait for each other
	for _, lane := range slices.Compact(lanes) {
		if _, err := tx.q.ExecContext(ctx,
			`INSERT INTO lanes (name, turn) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET turn = lanes.turn + 1`, lane); err != nil {
			return fmt.Errorf("lane %s: %w", lane, err)
		}
	}
	return nil
}

// millis is a moment as the database has it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func (q Queries) exec(ctx context.Context, query string, args ...any) (changed bool, err error) {
	result, err := q.q.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// one reads a single row, by a function that returns where its columns go.
func one[T any](ctx context.Context, q Queries, columns func(*T) []any, query string, args ...any) (T, error) {
	var row T
	err := q.q.QueryRowContext(ctx, query, args...).Scan(columns(&row)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return row, err
}

func all[T any](ctx context.Context, q Queries, columns func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := q.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	found := []T{}
	for rows.Next() {
		var row T
		if err := rows.Scan(columns(&row)...); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		found = append(found, row)
	}
	return found, cmp.Or(rows.Err(), rows.Close())
}

func alone[T any](value *T) []any { return []any{value} }

// ms scans a moment.
type ms struct{ to *time.Time }

// Scan is part of sql.Scanner.
func (m ms) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%T is no moment", value)
	}
	*m.to = moment(n)
	return nil
}
