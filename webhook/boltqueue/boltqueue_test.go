package boltqueue_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"go.uber.org/goleak"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/boltqueue"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// children maps the variable that names a child process's directory to what that process does.
var children = map[string]func(dir string) error{childVariable: serve}

func TestMain(m *testing.M) {
	for variable, run := range children {
		if dir := os.Getenv(variable); dir != "" {
			if err := run(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, path string, opts ...boltqueue.Option) *boltqueue.Queue {
	t.Helper()
	q, err := boltqueue.Open(path, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "queue.db") }

func TestQueue(t *testing.T) {
	t.Parallel()
	q := open(t, file(t))
	require.NoError(t, webhooktest.CheckQueue(t.Context(), q))
	require.Zero(t, q.Len())
}

func TestSurvivesClosing(t *testing.T) {
	t.Parallel()
	path := file(t)
	q := open(t, path)
	for _, key := range []string{"a", "b", "c"} {
		require.NoError(t, q.Push(t.Context(), webhook.Job{Key: key, Body: []byte(key)}))
	}
	first, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), first.ID))
	_, err = q.Pull(t.Context()) // pulled and not done
	require.NoError(t, err)
	require.NoError(t, q.Close())

	q = open(t, path)
	require.Equal(t, 2, q.Len())
	for _, key := range []string{"b", "c"} {
		job, err := q.Pull(t.Context())
		require.NoError(t, err)
		require.Equal(t, key, job.Key)
		require.Greater(t, job.ID, first.ID)
	}
	require.NoError(t, q.Push(t.Context(), webhook.Job{Key: "d"}))
	job, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.Equal(t, "d", job.Key)
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	path := file(t)
	q := open(t, path, boltqueue.WithCapacity(2))
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
	require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}, webhook.Job{}), webhook.ErrQueueFull)
	require.Equal(t, 1, q.Len(), "all or none")
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
	require.NoError(t, q.Close())
	q = open(t, path, boltqueue.WithCapacity(2))
	require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}), webhook.ErrQueueFull, "what is there from before counts")
	job, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), job.ID))
	require.NoError(t, q.Done(t.Context(), job.ID)) // a second call changes nothing
	require.Equal(t, 1, q.Len())
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
}

func TestMaxBytes(t *testing.T) {
	t.Parallel()
	path := file(t)
	q := open(t, path, boltqueue.WithMaxBytes(10_000))
	job := webhook.Job{Body: make([]byte, 3000)} // 4000 as text
	require.NoError(t, q.Push(t.Context(), job, job))
	require.ErrorIs(t, q.Push(t.Context(), job), webhook.ErrQueueFull)
	require.NoError(t, q.Close())
	q = open(t, path, boltqueue.WithMaxBytes(10_000))
	require.ErrorIs(t, q.Push(t.Context(), job), webhook.ErrQueueFull, "what is there from before counts")
	first, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), first.ID))
	require.NoError(t, q.Push(t.Context(), job))
	require.Equal(t, 2, q.Len())
}

// A list larger than the whole queue is accepted while there is any room.
func TestListLargerThanTheQueue(t *testing.T) {
	t.Parallel()
	q := open(t, file(t), boltqueue.WithCapacity(2))
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
	require.NoError(t, q.Push(t.Context(), make([]webhook.Job, 5)...))
	require.ErrorIs(t, q.Push(t.Context(), make([]webhook.Job, 5)...), webhook.ErrQueueFull)
	q = open(t, file(t), boltqueue.WithMaxBytes(1))
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
	require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}), webhook.ErrQueueFull)
}

func TestUnreadableJob(t *testing.T) {
	t.Parallel()
	path := file(t)
	q := open(t, path)
	require.NoError(t, q.Push(t.Context(), webhook.Job{Key: "a"}, webhook.Job{Key: "b"}))
	require.NoError(t, q.Close())
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("jobs")).Put(binary.BigEndian.AppendUint64(nil, 1), []byte("{"))
	}))
	require.NoError(t, db.Close())
	q = open(t, path)
	_, err = q.Pull(t.Context())
	require.ErrorContains(t, err, "job 1")
	job, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.Equal(t, "b", job.Key)
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	for _, opt := range []boltqueue.Option{nil, boltqueue.WithCapacity(0), boltqueue.WithTimeout(0), boltqueue.WithMaxBytes(0)} {
		_, err := boltqueue.Open(file(t), opt)
		require.Error(t, err)
	}
	_, err := boltqueue.Open(t.TempDir())
	require.ErrorContains(t, err, "is not a regular file")
	_, err = boltqueue.Open(filepath.Join(t.TempDir(), "nowhere", "queue.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = boltqueue.Open(filepath.Join(file(t), "\x00"))
	require.Error(t, err)
	path := file(t)
	open(t, path)
	_, err = boltqueue.Open(path, boltqueue.WithTimeout(time.Millisecond))
	require.ErrorIs(t, err, boltqueue.ErrInUse)
	require.ErrorIs(t, err, bolterrors.ErrTimeout)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "end the other process")
}

func TestClosed(t *testing.T) {
	t.Parallel()
	q := open(t, file(t))
	require.NoError(t, q.Close())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := q.Pull(ctx)
	require.ErrorContains(t, err, "not open")
	require.Error(t, q.Push(ctx, webhook.Job{}))
	require.Zero(t, q.Len())
	require.Error(t, q.Done(ctx, 1))
}
