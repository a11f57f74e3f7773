package boltqueue_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/boltqueue"
)

var makeGolden = flag.Bool("make-golden", false, "write a file of a new version of the format")

// queueV1 is a file in version 1 of the format. It is never rewritten: another format gets its own
// file, and must still read this one.
const queueV1 = "testdata/queue_v1.db"

var goldenJobs = []webhook.Job{
	{Key: "done", Kind: webhook.KindMessage, SignedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Body: []byte(`{}`)},
	{Key: "user u1", Kind: webhook.KindUserStatus, AppKey: "app", SignedAt: time.Date(2026, 1, 1, 0, 0, 1, 5e8, time.UTC), Body: []byte(`{"userid":"u1"}`)},
	{Key: "room", Kind: webhook.KindMessage, AppKey: "app", SignedAt: time.Date(2026, 1, 1, 8, 0, 2, 0, time.FixedZone("", 8*3600)), Form: true, Body: []byte("a=\xff&b=%20")},
}

// writeQueue writes the jobs to a new file. The first one is done.
func writeQueue(t *testing.T, path string) {
	t.Helper()
	q, err := boltqueue.Open(path)
	require.NoError(t, err)
	require.NoError(t, q.Push(t.Context(), goldenJobs...))
	require.NoError(t, q.Done(t.Context(), 1))
	require.NoError(t, q.Close())
}

// contents are all that a file holds, by bucket and key.
func contents(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	all := map[string]map[string]string{}
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			values := map[string]string{}
			all[string(name)] = values
			return b.ForEach(func(k, v []byte) error {
				values[string(k)] = string(v)
				return nil
			})
		})
	}))
	return all
}

// goldenCopy is a copy of the golden file, since opening a queue may write to it.
func goldenCopy(t *testing.T) string {
	t.Helper()
	if *makeGolden {
		path := filepath.Join(t.TempDir(), "new.db")
		writeQueue(t, path)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(queueV1, text, 0o644))
	}
	text, err := os.ReadFile(queueV1)
	require.NoError(t, err)
	path := file(t)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// Today's code writes what version 1 wrote: an older release can read it after a rollback.
func TestQueueV1IsWritten(t *testing.T) {
	t.Parallel()
	path := file(t)
	writeQueue(t, path)
	require.Equal(t, contents(t, goldenCopy(t)), contents(t, path), "a format that differs needs a golden file of its own")
}

// The jobs of a version 1 file are processed, and new ones come after them.
func TestQueueV1IsRead(t *testing.T) {
	t.Parallel()
	q := open(t, goldenCopy(t))
	require.NoError(t, q.Push(t.Context(), webhook.Job{Key: "new"}))
	require.Equal(t, 3, q.Len())
	for i, want := range append(goldenJobs[1:], webhook.Job{Key: "new"}) {
		job, err := q.Pull(t.Context())
		require.NoError(t, err)
		want.ID = uint64(i + 2)
		require.True(t, want.SignedAt.Equal(job.SignedAt), "%v", job.SignedAt)
		job.SignedAt = want.SignedAt
		require.Equal(t, want, job)
		require.NoError(t, q.Done(t.Context(), job.ID))
	}
	require.Zero(t, q.Len())
}
