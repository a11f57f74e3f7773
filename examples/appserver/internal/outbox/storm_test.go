package outbox_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// enqueue adds n jobs of a kind, each about another user in their own lane.
func enqueue(t *testing.T, s *store.Store, n int, kind string, params func(id string) any) {
	t.Helper()
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			id := "u" + strconv.Itoa(i)
			tx.Enqueue(t.Context(), outbox.UserLane(id), kind, params(id))
		}
		return nil
	}))
}

// While RongCloud fails, a worker with a long queue sends few requests and parks few sends. It
// executes all other jobs when RongCloud works again.
func TestFailing(t *testing.T) {
	const jobs, most = 300, 40
	register := func(id string) any { return rongcloud.RegisterParams{UserID: id, Name: "x"} }
	send := func(id string) any { return outbox.Notice{From: "system", Targets: []string{id}, Text: "hi"} }
	for _, c := range []struct {
		name   string
		kind   string
		params func(id string) any
		fault  rongcloudtest.Fault
	}{
		{"status 503", outbox.Register, register, rongcloudtest.Fault{Status: 503}},
		{"rate limit", outbox.SendSystem, send, rongcloudtest.Fault{Code: rongcloud.CodeRateLimited}},
		{"wrong secret", outbox.SendSystem, send, rongcloudtest.Fault{Code: rongcloud.CodeWrongSignature}},
		{"no response", outbox.Register, register, rongcloudtest.Fault{DropResponse: true}},
		{"no response to a send", outbox.SendSystem, send, rongcloudtest.Fault{DropResponse: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
			require.NoError(t, err)
			defer s.Close()
			enqueue(t, s, jobs, c.kind, c.params)
			srv := rongcloudtest.NewServer(t)
			c.fault.Times = -1
			srv.Fail(nil, c.fault)
			w := outbox.New(s, srv.Client(rongcloud.WithoutRetries()), 30*time.Second, slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { defer close(ended); w.Run(ctx) }()
			defer func() { cancel(); <-ended }()
			time.Sleep(3 * time.Second) // while RongCloud fails
			require.Less(t, len(srv.Requests()), most)
			srv.ClearFaults()
			require.Eventually(t, func() bool {
				counts, _, err := s.Depth(t.Context())
				require.NoError(t, err)
				require.Less(t, counts[store.Parked], most)
				return counts[store.Done]+counts[store.Parked] == jobs
			}, 30*time.Second, 50*time.Millisecond)
		})
	}
}

// The worker settles the job of a dead worker even if it always has other jobs to execute.
func TestBuryWhileBusy(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s, err := store.Open(t.Context(), url)
		require.NoError(t, err)
		defer s.Close()
		enqueue(t, s, 1, outbox.SendSystem, func(id string) any { return outbox.Notice{Targets: []string{id}} })
		_, err = s.Claim(t.Context(), time.Now(), -time.Minute)
		require.NoError(t, err)
		w := outbox.New(s, rongcloudtest.NewServer(t).Client(), time.Minute, slog.New(slog.DiscardHandler))
		endless := func(ctx context.Context, tx *store.Tx, id string) { tx.Enqueue(ctx, id, "endless", id) }
		outbox.Take(w, "endless", endless)
		enqueue(t, s, 20, "endless", func(id string) any { return "lane-" + id })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); w.Run(ctx) }()
		defer func() { cancel(); <-ended }()
		require.Eventually(t, func() bool {
			counts, _, err := s.Depth(t.Context())
			require.NoError(t, err)
			return counts[store.Parked] == 1
		}, 10*time.Second, 50*time.Millisecond)
	})
}
