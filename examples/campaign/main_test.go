package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// The test's program is its own worker, as the example's is.
func TestMain(m *testing.M) {
	if os.Getenv(envWorker) != "" {
		exit(workFromEnv())
		return
	}
	os.Exit(m.Run())
}

// mailbox counts who got how many messages.
type mailbox struct {
	mu  sync.Mutex
	got map[string]int
}

func (m *mailbox) observe(r rongcloudtest.Request) {
	if r.Code != 200 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range r.Params.List("toUserId") {
		m.got[id]++
	}
}

func TestRun(t *testing.T) {
	box := &mailbox{got: map[string]int{}}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), options{recipients: 2250, size: 500, workers: 2, observe: box.observe}, &out, io.Discard))
	require.Contains(t, out.String(), "chunks of up to 500: 5 delivered, 0 refused, 0 unknown\n")
	require.Len(t, box.got, 2250)
}

var listed = regexp.MustCompile(`chunk (\d+) is unknown`)

// Workers are killed while 100,000 users are sent a message. Nobody gets it twice unless his chunk was reported as unknown and sent again, and
// nobody is forgotten.
func TestKilledWorkers(t *testing.T) {
	const n, size, kills = 100_000, 500, 20
	box := &mailbox{got: map[string]int{}}
	var out bytes.Buffer
	o := options{recipients: n, size: size, workers: 4, kills: kills, again: true, observe: box.observe, factor: 70, delay: 100e6}
	require.NoError(t, run(t.Context(), o, &out, io.Discard))
	first, _, found := bytes.Cut(out.Bytes(), []byte("sending "))
	t.Logf("\n%s", out.String())
	unknownChunks := map[int]bool{}
	for _, match := range listed.FindAllSubmatch(first, -1) {
		chunk, err := strconv.Atoi(string(match[1]))
		require.NoError(t, err)
		unknownChunks[chunk] = true
	}
	require.Equal(t, found, len(unknownChunks) > 0)
	require.Contains(t, string(first), fmt.Sprintf("%d workers were killed", kills))
	twice := 0
	for i := range n {
		switch got := box.got["user-"+strconv.Itoa(i)]; {
		case got == 1:
		case got == 2 && unknownChunks[i/size]:
			twice++
		default:
			t.Fatalf("user %d got %d messages; his chunk %d is listed as unknown: %v", i, got, i/size, unknownChunks[i/size])
		}
	}
	t.Logf("%d recipients, %d workers killed: %d chunks unknown and sent again, %d recipients of them got the message twice, all others once, none none",
		n, kills, len(unknownChunks), twice)
}

func TestLedger(t *testing.T) {
	ctx := context.Background()
	address, stop, err := startRedis(ctx)
	require.NoError(t, err)
	defer stop()
	db := redis.NewClient(&redis.Options{Addr: address})
	defer db.Close()
	l := ledger{db, "r"}
	begin := func(chunk int, want bool) {
		t.Helper()
		send, err := l.begin(ctx, chunk)
		require.NoError(t, err)
		require.Equal(t, want, send)
	}
	counts := func(want map[string]int) {
		t.Helper()
		got, err := l.counts(ctx)
		require.NoError(t, err)
		for state, n := range got {
			require.Equal(t, want[state], n, state)
		}
	}
	begin(1, true)
	counts(map[string]int{begun: 1})
	begin(1, false) // somebody died over it
	counts(map[string]int{unknown: 1})
	begin(1, false)
	require.NoError(t, l.end(ctx, 1, delivered), "or was only slow")
	counts(map[string]int{delivered: 1})
	require.NoError(t, l.end(ctx, 1, unknown))
	begin(1, false)
	counts(map[string]int{delivered: 1})

	begin(2, true)
	require.NoError(t, l.undo(ctx, 2))
	counts(map[string]int{delivered: 1})
	begin(2, true)
	require.NoError(t, l.end(ctx, 2, refused+":1002"))
	counts(map[string]int{delivered: 1, refused: 1})

	begin(3, true)
	begin(3, false)
	yes, err := l.again(ctx, 3)
	require.NoError(t, err)
	require.True(t, yes)
	yes, err = l.again(ctx, 1)
	require.NoError(t, err)
	require.False(t, yes, "only what is unknown")
	begin(3, true)
	require.NoError(t, l.undo(ctx, 3))
	begin(3, true)
	require.NoError(t, l.end(ctx, 3, unknown))
	found, err := l.in(ctx, unknown)
	require.NoError(t, err)
	require.Equal(t, []int{3}, found)
	found, err = l.in(ctx, refused)
	require.NoError(t, err)
	require.Equal(t, []int{2}, found)
}
