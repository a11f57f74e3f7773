//go:build unix

package rongcloudredis

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// halt suspends the server, with its connections open.
func (s *redisServer) halt(t *testing.T) {
	t.Helper()
	require.NoError(t, s.command.Process.Signal(syscall.SIGSTOP))
}

func (s *redisServer) goOn(t *testing.T) {
	t.Helper()
	require.NoError(t, s.command.Process.Signal(syscall.SIGCONT))
}
