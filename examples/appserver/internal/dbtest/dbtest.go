// Package dbtest gives tests databases: SQLite always, and PostgreSQL where its programs are.
//
// It promises that each test has a database of its own.
//
// With POSTGRES=needed, as in the gate, a test fails where they are not.
package dbtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Run runs a test with the URL of an empty database, once for each kind of database.
func Run(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	if base := server(t); base != "" {
		t.Run("PostgreSQL", func(t *testing.T) { test(t, database(t, base)) })
	}
}

// Postgres returns the URL of an empty database of PostgreSQL, or nothing where it is not
// installed.
func Postgres(t *testing.T) string {
	t.Helper()
	base := server(t)
	if base == "" {
		return ""
	}
	return database(t, base)
}

var (
	once    sync.Once
	running string
	startup error
	stop    = func() {}
	number  atomic.Int64
)

// Main runs the tests of a package, and then stops what they have started.
func Main(m *testing.M) int {
	defer func() { stop() }()
	return m.Run()
}

func server(t *testing.T) string {
	t.Helper()
	bin := programs()
	if bin == "" {
		require.NotEqual(t, "needed", os.Getenv("POSTGRES"), "PostgreSQL is not installed: apt-get install postgresql")
		t.Log("PostgreSQL is not installed, so SQLite alone is tested")
		return ""
	}
	once.Do(func() { running, stop, startup = start(bin) })
	require.NoError(t, startup)
	return running
}

func database(t *testing.T, base string) string {
	t.Helper()
	name := "test" + strconv.FormatInt(number.Add(1), 10)
	conn, err := pgx.Connect(t.Context(), base+"/postgres")
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	return base + "/" + name
}

// programs returns the folder of PostgreSQL's programs.
func programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			found = append(found, target)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// start makes a cluster of its own and starts it.
func start(bin string) (base string, end func(), err error) {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "appserver-postgres")
	if err != nil {
		return "", func() {}, err
	}
	end = func() { _ = os.RemoveAll(folder) }
	attr, err := asServer(folder)
	if err != nil {
		return "", end, err
	}
	data := filepath.Join(folder, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N") //nolint:gosec // PostgreSQL itself
	initdb.SysProcAttr, initdb.Dir = attr, folder
	if output, err := initdb.CombinedOutput(); err != nil {
		return "", end, fmt.Errorf("initdb: %w: %s", err, output)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", end, err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	command := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "-D", data, "-p", port, "-h", "127.0.0.1", "-k", folder, "-F", //nolint:gosec // PostgreSQL itself
		"-c", "max_connections=200", "-c", "log_min_messages=panic")
	command.SysProcAttr, command.Dir, command.Stderr = attr, folder, os.Stderr
	if err := command.Start(); err != nil {
		return "", end, err
	}
	end = func() {
		_ = command.Process.Signal(syscall.SIGINT) // a fast shutdown
		_ = command.Wait()
		_ = os.RemoveAll(folder)
	}
	base = "postgres://postgres@127.0.0.1:" + port
	for range 200 {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(ctx, base+"/postgres"); err == nil {
			return base, end, conn.Close(ctx)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "", end, fmt.Errorf("PostgreSQL does not start: %w", err)
}
