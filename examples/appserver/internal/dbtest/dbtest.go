// Package dbtest gives tests databases: always SQLite, and PostgreSQL if it is installed.
//
// It promises that each test has a database of its own.
//
// With POSTGRES=needed in the environment, as in CI, tests fail if PostgreSQL is not installed.
package dbtest

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Run runs a test once for each kind of database, with the URL of an empty one.
func Run(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")) })
	if url := Postgres(t); url != "" {
		t.Run("PostgreSQL", func(t *testing.T) { test(t, url) })
	}
}

var (
	server = sync.OnceValues(start)
	stop   = func() {}
	// Restart stops PostgreSQL, and starts it again after the time away.
	Restart func(t *testing.T, away time.Duration)
	number  atomic.Int64
)

// Main runs the tests of a package, and then stops PostgreSQL if they started it.
func Main(m *testing.M) int {
	defer func() { stop() }()
	return m.Run()
}

// Postgres returns the URL of an empty PostgreSQL database. If PostgreSQL is not installed, it logs
// that and returns an empty string.
func Postgres(t *testing.T) string {
	t.Helper()
	if programs() == "" {
		require.NotEqual(t, "needed", os.Getenv("POSTGRES"), "PostgreSQL is not installed: apt-get install postgresql")
		t.Log("PostgreSQL is not installed: only SQLite is tested")
		return ""
	}
	base, err := server()
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), base+"/postgres")
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	name := fmt.Sprintf("test%d", number.Add(1))
	_, err = conn.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	return base + "/" + name
}

// programs returns the folder of PostgreSQL's programs, or an empty string if there is none.
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

//go:embed postgres.sh
var script string

// start starts PostgreSQL with its data in a temporary folder.
func start() (base string, err error) {
	folder, err := os.MkdirTemp("", "appserver-postgres")
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	var command *exec.Cmd
	var output bytes.Buffer
	begin := func() error {
		command = exec.Command("sh", "-c", script, "sh", folder, port, programs()) //nolint:gosec,noctx // stop ends it
		command.Stderr = &output
		return command.Start()
	}
	end := func() {
		_ = command.Process.Signal(syscall.SIGINT) // a fast shutdown
		_ = command.Wait()
	}
	if err := begin(); err != nil {
		return "", err
	}
	stop = func() {
		end()
		_ = os.RemoveAll(folder)
	}
	Restart = func(t *testing.T, away time.Duration) {
		t.Helper()
		end()
		time.Sleep(away)
		require.NoError(t, begin())
	}
	base = "postgres://postgres@127.0.0.1:" + port
	for range 400 {
		if conn, err := pgx.Connect(context.Background(), base+"/postgres"); err == nil {
			return base, conn.Close(context.Background())
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", fmt.Errorf("PostgreSQL did not start at port %s within 20 seconds: %s", port, &output)
}
