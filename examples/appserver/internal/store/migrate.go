package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate carries out the migrations that the database has not had yet, each in a transaction, in
// the order of their names. Processes that start together take turns.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := s.migrateTo(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func (s *Store) migrateTo(ctx context.Context, file string) error {
	text, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	serial := "INTEGER PRIMARY KEY AUTOINCREMENT"
	if s.postgres {
		serial = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(20261127)`); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)`); err != nil {
		return err
	}
	var known string
	switch err := tx.QueryRowContext(ctx, `SELECT name FROM migrations WHERE name = $1`, file).Scan(&known); err {
	case nil:
		return nil
	case sql.ErrNoRows:
	default:
		return err
	}
	for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "{{serial}}", serial), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO migrations (name) VALUES ($1)`, file); err != nil {
		return err
	}
	return tx.Commit()
}
