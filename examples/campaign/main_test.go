package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// The test binary is its own worker, like the example.
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

// Workers are killed while 100,000 users are sent a message. Nobody gets it twice unless their
// chunk was reported as unknown and sent again, and nobody is missed.
func TestKilledWorkers(t *testing.T) {
	n, size, kills := 100_000, 500, 20
	if testing.Short() {
		n, kills = 20_000, 4
	}
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
			t.Fatalf("user %d got %d messages; their chunk %d is listed as unknown: %v", i, got, i/size, unknownChunks[i/size])
		}
	}
	t.Logf("%d recipients, %d workers killed: %d chunks unknown and sent again, whose %d recipients got the message twice, and all others once",
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
	begin(1, false) // a worker died while sending it
	counts(map[string]int{unknown: 1})
	begin(1, false)
	require.NoError(t, l.end(ctx, 1, delivered, "w"), "or was only slow")
	counts(map[string]int{delivered: 1})
	require.NoError(t, l.end(ctx, 1, unknown, "w"))
	begin(1, false)
	counts(map[string]int{delivered: 1})

	begin(2, true)
	require.NoError(t, l.undo(ctx, 2))
	counts(map[string]int{delivered: 1})
	begin(2, true)
	require.NoError(t, l.end(ctx, 2, refused+":1002", "w"))
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
	require.NoError(t, l.end(ctx, 3, unknown, "w"))
	found, err := l.in(ctx, unknown)
	require.NoError(t, err)
	require.Equal(t, []int{3}, found)
	found, err = l.in(ctx, refused)
	require.NoError(t, err)
	require.Equal(t, []int{2}, found)
}

// An outage pauses the campaign while most of it is still to be sent, and it continues later.
func TestOutage(t *testing.T) {
	ctx := t.Context()
	address, stop, err := startRedis(ctx)
	require.NoError(t, err)
	defer stop()
	const n, size, workers, before = 20_000, 100, 3, 20
	box := &mailbox{got: map[string]int{}}
	var out bytes.Buffer
	o := options{recipients: n, size: size, workers: workers, observe: box.observe, redis: address, outage: before}
	require.ErrorIs(t, run(ctx, o, &out, io.Discard), errPaused)
	require.Len(t, box.got, before*size)
	lost := len(listed.FindAllSubmatch(out.Bytes(), -1))
	require.GreaterOrEqual(t, lost, outageAfter)
	// A success in flight ends the total's run of failures, but each worker has its own.
	require.LessOrEqual(t, lost, outageAfter*workers, "only what was under way")

	o.outage = 0
	require.ErrorIs(t, run(ctx, o, io.Discard, io.Discard), errPaused, "it is the operator's to decide")
	require.Len(t, box.got, before*size)
	o.resume = true
	out.Reset()
	require.NoError(t, run(ctx, o, &out, io.Discard))
	require.Len(t, box.got, n-lost*size)
	for id, got := range box.got {
		require.Equal(t, 1, got, id)
	}
	require.Contains(t, out.String(), fmt.Sprintf("%d delivered, 0 refused, %d unknown", n/size-lost, lost))
}

// An outage that only one worker sees pauses all of them, although the others' chunks succeed
// meanwhile.
func TestOutageOfOneWorker(t *testing.T) {
	ctx := t.Context()
	address, stop, err := startRedis(ctx)
	require.NoError(t, err)
	defer stop()
	db := redis.NewClient(&redis.Options{Addr: address})
	defer db.Close()
	limiter, err := rongcloud.NewLimiter(rongcloud.Quotas{Factor: quotaFactor})
	require.NoError(t, err)
	start := func() (*sender, *rongcloudtest.Server) {
		srv, err := rongcloudtest.New()
		require.NoError(t, err)
		t.Cleanup(func() { _ = srv.Close() })
		return newSender(srv.Client(), limiter, db), srv
	}
	whole, _ := start()
	broken, srv := start()
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Status: 502, Times: -1})
	chunk := 0
	process := func(s *sender) error {
		payload, err := json.Marshal(task{"r", chunk, []string{"u" + strconv.Itoa(chunk)}})
		require.NoError(t, err)
		chunk++
		return s.ProcessTask(ctx, asynq.NewTask(taskSend, payload))
	}
	for range outageAfter {
		require.NoError(t, process(whole))
		require.NoError(t, process(broken))
	}
	require.ErrorIs(t, process(whole), errPaused)
	require.ErrorIs(t, process(broken), errPaused)
	l := ledger{db, "r"}
	counts, err := l.counts(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{begun: 0, delivered: outageAfter, unknown: outageAfter}, counts)
	require.NoError(t, l.resume(ctx))
	chunk = 2 * outageAfter
	require.NoError(t, process(whole), "what was put back is as it was")
	require.NoError(t, process(broken), "and the count begins anew")
}
