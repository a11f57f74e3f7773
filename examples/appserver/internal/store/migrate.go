package store

import (
	"context"
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
		if err := s.change(ctx, func(tx *Tx) error { return tx.migrate(ctx, file) }); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
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
	for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "{{serial}}", serial), ";\n") {
		if strings.TrimSpace(statement) != "" {
			tx.do(ctx, statement)
		}
	}
	return err
}
