package boltqueue_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/boltqueue"
)

// goodFile is a queue's file with branches, long values and free pages.
func goodFile(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "good.db")
	q, err := boltqueue.Open(path)
	require.NoError(t, err)
	for n := range 14 {
		jobs := make([]webhook.Job, 10)
		for i := range jobs {
			jobs[i] = webhook.Job{Key: fmt.Sprint("g", i), Kind: webhook.KindMessage, Form: true, Body: []byte("objectName=RC:TxtMsg")}
		}
		if n == 5 {
			jobs[n].Body = bytes.Repeat([]byte("x"), 9000)
		}
		require.NoError(t, q.Push(context.Background(), jobs...))
	}
	for range 60 {
		job, err := q.Pull(context.Background())
		require.NoError(t, err)
		if job.ID%3 != 0 {
			require.NoError(t, q.Done(context.Background(), job.ID))
		}
	}
	require.NoError(t, q.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

// use opens a file and does everything a queue can do. It reports whether the file could be
// opened; if not, the error must name the file and say what to do, and the file must not be
// locked.
func use(t testing.TB, path string, good []byte) bool {
	t.Helper()
	q, err := boltqueue.Open(path, boltqueue.WithTimeout(200*time.Millisecond))
	if err != nil {
		require.ErrorIs(t, err, boltqueue.ErrDamaged)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "move it away")
		require.NoError(t, os.WriteFile(path, good, 0o600))
		q, err := boltqueue.Open(path, boltqueue.WithTimeout(200*time.Millisecond))
		require.NoError(t, err, "the lock is released")
		require.NoError(t, q.Close())
		return false
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	held := q.Len()
	pulled, unreadable := 0, 0
	for {
		job, err := q.Pull(over)
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			require.True(t, webhook.IsPermanent(err), "%v", err)
			unreadable++
			continue
		}
		pulled++
		_, err = q.Read(over, job.ID)
		require.NoError(t, err)
		if pulled%50 == 0 {
			require.NoError(t, q.Done(over, job.ID))
		}
	}
	require.Equal(t, held, pulled+unreadable)
	require.NoError(t, q.Push(over, webhook.Job{Body: make([]byte, 20_000)}, webhook.Job{}, webhook.Job{}))
	for range 3 {
		_, err := q.Pull(over)
		require.NoError(t, err)
	}
	require.NoError(t, q.Close())
	return true
}

// A damaged file never causes a panic, wherever and however it is damaged.
func TestDamaged(t *testing.T) {
	t.Parallel()
	good := goodFile(t)
	page := os.Getpagesize()
	pages := len(good) / page
	rng := rand.New(rand.NewPCG(1, 2))
	opened, refused := 0, 0
	try := func(name string, change func(b []byte) []byte) bool {
		path := filepath.Join(t.TempDir(), "queue.db")
		require.NoError(t, os.WriteFile(path, change(bytes.Clone(good)), 0o600), name)
		if use(t, path, good) {
			opened++
			return true
		}
		refused++
		return false
	}
	require.True(t, try("good", func(b []byte) []byte { return b }))
	require.True(t, try("empty", func([]byte) []byte { return nil }))
	require.True(t, try("first meta page", func(b []byte) []byte { clear(b[:page]); return b }), "there are two of them")
	require.False(t, try("both meta pages", func(b []byte) []byte { clear(b[:2*page]); return b }))
	require.False(t, try("text", func([]byte) []byte { return bytes.Repeat([]byte("hello world "), 2000) }))
	for _, size := range []int{1, 100, 1000, page - 1, page, page + 1, 2 * page, 2*page + 1, 3 * page, len(good) / 2} {
		require.False(t, try("cut", func(b []byte) []byte { return b[:size] }), size)
	}
	for p := range pages {
		at := p * page
		for name, change := range map[string]func(b []byte){
			"zeroed":       func(b []byte) { clear(b) },
			"ones":         func(b []byte) { fill(b, 0xff) },
			"another page": func(b []byte) { copy(b, good[(p+1)%pages*page:]) },
			"random": func(b []byte) {
				for i := range b {
					b[i] = byte(rng.Uint32())
				}
			},
			"number":    func(b []byte) { b[0]++ },
			"type":      func(b []byte) { b[8] ^= 3 },
			"count":     func(b []byte) { binary.NativeEndian.PutUint16(b[10:], 0xfffe) },
			"more":      func(b []byte) { b[10]++ },
			"overflow":  func(b []byte) { b[12]++ },
			"overflows": func(b []byte) { fill(b[12:16], 0xff) },
			"position":  func(b []byte) { fill(b[16:20], 0xff) },
			"a bit": func(b []byte) {
				for range 3 {
					b[rng.IntN(600)] ^= 1 << rng.IntN(8)
				}
			},
			// of a branch: a loop
			"child": func(b []byte) { binary.NativeEndian.PutUint64(b[24:], uint64(p)) },
			"root":  func(b []byte) { binary.NativeEndian.PutUint64(b[len(b)-16:], uint64(p)) },
		} {
			try(fmt.Sprint(name, " of page ", p), func(b []byte) []byte { change(b[at : at+page]); return b })
		}
	}
	require.Greater(t, opened, 20, "free pages and bodies may hold anything")
	require.Greater(t, refused, 50)
	t.Logf("%d pages: %d damaged files refused, %d of no consequence", pages, refused, opened)
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

// FuzzDamaged writes arbitrary bytes at arbitrary places.
func FuzzDamaged(f *testing.F) {
	good := goodFile(f)
	page := os.Getpagesize()
	for p := range len(good) / page {
		f.Add(p*page, []byte{0xff, 0, 0xff})
		f.Add(p*page+8, []byte{1, 0, 2, 0})
		f.Add(p*page+16, bytes.Repeat([]byte{0, 1, 0, 0}, 8))
	}
	f.Add(len(good)-page, []byte(nil))
	f.Fuzz(func(t *testing.T, offset int, with []byte) {
		damaged := bytes.Clone(good)
		if offset < 0 || offset >= len(damaged) {
			return
		}
		if with == nil {
			damaged = damaged[:offset]
		} else {
			copy(damaged[offset:], with)
		}
		path := filepath.Join(t.TempDir(), "queue.db")
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		use(t, path, good)
	})
}

// Damage while the queue is open is an error too, and the file is released.
func TestDamagedWhileOpen(t *testing.T) {
	t.Parallel()
	good := goodFile(t)
	for name, change := range map[string]func(path string) error{
		"overwritten": func(path string) error {
			return os.WriteFile(path, append(bytes.Clone(good[:2*os.Getpagesize()]), make([]byte, len(good)-2*os.Getpagesize())...), 0o600)
		},
		// reading beyond the end of a mapped file faults
		"cut off": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "queue.db")
			require.NoError(t, os.WriteFile(path, good, 0o600))
			q, err := boltqueue.Open(path)
			require.NoError(t, err)
			require.NoError(t, change(path))
			_, err = q.Pull(t.Context())
			require.ErrorIs(t, err, boltqueue.ErrDamaged)
			require.ErrorContains(t, err, path)
			require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}), boltqueue.ErrDamaged)
			require.ErrorIs(t, q.Done(t.Context(), 1), boltqueue.ErrDamaged)
			_, err = q.Read(t.Context(), 1)
			require.ErrorIs(t, err, boltqueue.ErrDamaged)
			require.NoError(t, q.Close())
			require.NoError(t, os.WriteFile(path, good, 0o600))
			q, err = boltqueue.Open(path, boltqueue.WithTimeout(200*time.Millisecond))
			require.NoError(t, err)
			require.NoError(t, q.Close())
		})
	}
}

// Records that bbolt accepts and a queue does not.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *bolt.Bucket) error{
		"short number": func(b *bolt.Bucket) error { return b.Put([]byte{1}, []byte("{}")) },
		"huge number":  func(b *bolt.Bucket) error { return b.Put(bytes.Repeat([]byte{0xff}, 8), []byte("{}")) },
		"no job":       func(b *bolt.Bucket) error { _, err := b.CreateBucket(make([]byte, 8)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			require.NoError(t, open(t, path).Close())
			edit(t, path, change)
			_, err := boltqueue.Open(path)
			require.ErrorIs(t, err, boltqueue.ErrDamaged)
		})
	}
}

// A counter that went back does not make new jobs overwrite old ones.
func TestSequenceBehind(t *testing.T) {
	t.Parallel()
	for _, sequence := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
		path := file(t)
		q := open(t, path)
		require.NoError(t, q.Push(t.Context(), webhook.Job{Key: "a"}, webhook.Job{Key: "b"}))
		require.NoError(t, q.Close())
		edit(t, path, func(b *bolt.Bucket) error { return b.SetSequence(sequence) })
		q = open(t, path)
		require.NoError(t, q.Push(t.Context(), webhook.Job{Key: "c"}))
		for i, want := range []string{"a", "b", "c"} {
			job, err := q.Pull(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, job.Key)
			require.EqualValues(t, i+1, job.ID)
		}
	}
}

func edit(t *testing.T, path string, change func(*bolt.Bucket) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error { return change(tx.Bucket([]byte("jobs"))) }))
	require.NoError(t, db.Close())
}
