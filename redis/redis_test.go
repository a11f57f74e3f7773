package rongcloudredis

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(workerAddress); address != "" {
		worker(address)
		return
	}
	goleak.VerifyTestMain(m)
}

// redisServer is a real Redis for one test.
type redisServer struct {
	address string
	args    []string
	command *exec.Cmd
}

// startRedis starts a redis-server on a free port, which ends with the test.
func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	s := &redisServer{address: listener.Addr().String(), args: args}
	s.start(t)
	t.Cleanup(func() { s.kill() })
	return s
}

func (s *redisServer) start(t testing.TB) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("these tests need redis-server, which is not installed: apt-get install redis-server")
	}
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	s.command = exec.Command(program, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, s.args...)...)
	require.NoError(t, s.command.Start())
	db := redis.NewClient(&redis.Options{Addr: s.address, MaxRetries: -1})
	defer db.Close()
	require.Eventually(t, func() bool { return db.Ping(context.Background()).Err() == nil }, 20*time.Second, 20*time.Millisecond, "redis-server does not answer")
}

func (s *redisServer) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *redisServer) client(t *testing.T) *redis.Client {
	t.Helper()
	db := redis.NewClient(&redis.Options{Addr: s.address, MaxRetries: -1})
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
			t.Error(err)
		}
	})
	return db
}

func atoi(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}
