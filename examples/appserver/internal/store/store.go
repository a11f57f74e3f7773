// Package store keeps the app's data in SQLite or PostgreSQL, with the same queries.
//
// One transaction writes both a decision and the jobs that tell RongCloud about it: see
// [Store.Change] and [Tx.Enqueue].
//
// It promises that both databases store and return the same data.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// ErrNotFound is returned if the requested row does not exist. Its text, like that of [ErrText],
// is a key of words.json.
var ErrNotFound = errors.New("error.notFound")

// ErrText is returned for texts that PostgreSQL cannot store: invalid UTF-8, and texts with a NUL.
var ErrText = errors.New("error.body")

// Store is the database. It is safe for concurrent use.
type Store struct {
	Queries

	db        *sql.DB
	url       string
	postgres  bool
	listeners []func(Event)
}

// Queries has the queries that may run inside or outside of a transaction.
type Queries struct {
	q      querier
	failed *error // the first failure of a transaction, or of [Store.Ask]; nil outside them
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Open opens the database at a URL, postgres://… or sqlite:FILE, and brings its tables up to date.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	s := &Store{url: databaseURL, postgres: strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://")}
	file, isFile := strings.CutPrefix(databaseURL, "sqlite:")
	var err error
	switch {
	case s.postgres:
		if _, err = pgx.ParseConfig(databaseURL); err != nil { // err may contain the password
			return nil, errors.New("must be postgres://USER:PASSWORD@HOST/NAME, with special characters as %XX")
		}
		s.db, err = sql.Open("pgx", databaseURL)
	case isFile && file != "" && file != ":memory:": // each connection would get its own :memory:
		// With _txlock=immediate, transactions wait for each other when they begin. Otherwise they
		// could fail in the middle because another one writes.
		s.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+
			"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	default:
		return nil, errors.New("must be postgres://… or sqlite:FILE")
	}
	if err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(16)
	s.db.SetMaxIdleConns(16)
	s.Queries = Queries{q: s.db}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

//go:embed migrations/*.sql
var migrations embed.FS

// migrate applies the missing migrations in the order of their names, each in its own transaction.
// Processes that start at the same time wait for each other.
func (s *Store) migrate(ctx context.Context) error {
	files, _ := fs.Glob(migrations, "migrations/*.sql") // it fails only for an invalid pattern
	for _, file := range files {
		if err := s.change(ctx, func(tx *Tx) error { return tx.migrate(ctx, file) }); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	applied, err := all[string](ctx, s.Queries, `SELECT name FROM migrations ORDER BY name`)
	for _, file := range applied {
		if !slices.Contains(files, file) {
			return fmt.Errorf("a newer version of this program has changed the tables with %s", file)
		}
	}
	return err
}

func (tx *Tx) migrate(ctx context.Context, file string) error {
	serial := "INTEGER PRIMARY KEY AUTOINCREMENT"
	if tx.postgres {
		serial = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
		tx.do(ctx, `SELECT pg_advisory_xact_lock(20261127)`)
	}
	tx.do(ctx, `CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)`)
	if !tx.do(ctx, `INSERT INTO migrations (name) VALUES ($1) ON CONFLICT DO NOTHING`, file) {
		return nil
	}
	text, err := migrations.ReadFile(file)
	for _, statement := range statements(strings.ReplaceAll(string(text), "{{serial}}", serial)) {
		tx.do(ctx, statement)
	}
	return err
}

var comment = regexp.MustCompile(`(?m)^\s*--.*$`)

// statements splits a migration. What holds nothing but comments is no statement.
func statements(text string) (found []string) {
	for part := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(comment.ReplaceAllString(part, "")) != "" {
			found = append(found, part)
		}
	}
	return found
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping reports whether the database can be reached.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Ask runs several queries without a transaction, and returns the first error. Queries after an
// error return nothing, so ask need not check each of them.
func (s *Store) Ask(ask func(q Queries)) (err error) {
	ask(Queries{s.db, &err})
	return err
}

// Tx is a transaction. The first failure ends it: later queries return and change nothing, and
// [Store.Change] returns the error. So its users need not check the errors of queries, except for
// [ErrNotFound], which does not end the transaction.
type Tx struct {
	Queries

	postgres bool
	events   []Event
	err      error // the first failure
}

// Change runs a transaction. It is rolled back if a query fails or change returns an error. A
// change that enqueues jobs in a lane must enter that lane first; see [Tx.Enter].
func (s *Store) Change(ctx context.Context, change func(tx *Tx) error) error {
	// The transaction has its own time limit: a request that is canceled does not roll it back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return s.change(ctx, change)
}

func (s *Store) change(ctx context.Context, change func(tx *Tx) error) error {
	inner, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = inner.Rollback() }() // does nothing after a commit
	tx := &Tx{postgres: s.postgres}
	tx.Queries = Queries{inner, &tx.err}
	if err = change(tx); err == nil {
		tx.announce(ctx)
	}
	if err = cmp.Or(tx.err, err); err != nil { // tx.err comes first: it has caused err
		return err
	}
	if err := inner.Commit(); err != nil {
		return err
	}
	for _, e := range tx.events {
		if !s.postgres { // PostgreSQL delivers them through Follow
			s.publish(e)
		}
	}
	return nil
}

// do executes a statement, and reports whether it changed any rows.
func (tx *Tx) do(ctx context.Context, query string, args ...any) bool {
	changed, _ := tx.exec(ctx, query, args...)
	return changed
}

// Enter locks lanes until the transaction ends, and waits for other transactions that have locked
// them. Call it before the transaction reads anything.
func (tx *Tx) Enter(ctx context.Context, lanes ...string) {
	slices.Sort(lanes) // always in the same order, to avoid deadlocks
	for _, lane := range slices.Compact(lanes) {
		tx.do(ctx, `INSERT INTO lanes (name, turn) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET turn = lanes.turn + 1`, lane)
	}
}

// millis returns a time as the database stores it: milliseconds, or 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// patience is how long a query may take. SQLite's busy_timeout is the same.
var patience = 10 * time.Second

// try runs a statement, unless the transaction has failed or PostgreSQL could not store an
// argument. A failure fails the transaction. A query outside of transactions has a time limit of
// its own, in case the database does not respond.
func (q Queries) try(ctx context.Context, args []any, statement func(ctx context.Context) error) (err error) {
	switch {
	case q.failed == nil:
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	case *q.failed != nil:
		return *q.failed
	default:
		defer func() { *q.failed = err }()
	}
	for _, arg := range args {
		if text, ok := arg.(string); ok && (!utf8.ValidString(text) || strings.ContainsRune(text, 0)) {
			return ErrText
		}
	}
	return statement(ctx)
}

func (q Queries) exec(ctx context.Context, query string, args ...any) (changed bool, err error) {
	err = q.try(ctx, args, func(ctx context.Context) error {
		result, err := q.q.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed = n > 0
		return err
	})
	return changed, err
}

// all returns the rows of a query. A row is one value, or a struct whose fields are in the order of
// the columns.
func all[T any](ctx context.Context, q Queries, query string, args ...any) (found []T, err error) {
	found = []T{}
	err = q.try(ctx, args, func(ctx context.Context) error {
		rows, err := q.q.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var row T
			if err := rows.Scan(targets(reflect.ValueOf(&row).Elem())...); err != nil {
				return err
			}
			found = append(found, row)
		}
		return rows.Err()
	})
	return found, err
}

// targets returns the pointers for Scan: to the value itself, or to the fields of a struct and of
// the structs in it.
func targets(value reflect.Value) (found []any) {
	to := value.Addr().Interface()
	if at, ok := to.(*time.Time); ok {
		return []any{(*moment)(at)}
	}
	if value.Kind() != reflect.Struct {
		return []any{to}
	}
	for i := range value.NumField() {
		found = append(found, targets(value.Field(i))...)
	}
	return found
}

// moment scans a time from milliseconds.
type moment time.Time

// Scan implements sql.Scanner.
func (m *moment) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%T is not a time in milliseconds", value)
	}
	*m = moment(time.UnixMilli(n))
	return nil
}

// one returns the first row of a query, or [ErrNotFound] if there is none.
func one[T any](ctx context.Context, q Queries, query string, args ...any) (row T, err error) {
	rows, err := all[T](ctx, q, query, args...)
	if err != nil || len(rows) == 0 {
		return row, cmp.Or(err, ErrNotFound)
	}
	return rows[0], nil
}

// exists reports whether a query has rows.
func (q Queries) exists(ctx context.Context, query string, args ...any) (bool, error) {
	return one[bool](ctx, q, `SELECT EXISTS (`+query+`)`, args...)
}

// list returns the placeholders for the values of an IN list, and the arguments followed by these
// values.
func list(args []any, values []string) (places string, more []any) {
	numbers := make([]string, len(values))
	for i, value := range values {
		args = append(args, value)
		numbers[i] = "$" + strconv.Itoa(len(args))
	}
	return cmp.Or(strings.Join(numbers, ", "), "NULL"), args // NULL, because PostgreSQL does not allow IN ()
}
