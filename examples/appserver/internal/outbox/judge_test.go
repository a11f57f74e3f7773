package outbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// What becomes of a job after each kind of end.
func TestJudge(t *testing.T) {
	dropped, down := rongcloudtest.Fault{DropResponse: true}, rongcloudtest.Fault{Status: 502, Times: -1}
	limited, refused := rongcloudtest.Fault{Code: rongcloud.CodeRateLimited, Times: -1}, rongcloudtest.Fault{Code: rongcloud.CodeServiceNotEnabled}
	pair, notice := Pair{"ann", "ben"}, Notice{From: "ann", Targets: []string{"ben"}, Text: "hi"}
	for _, c := range []struct {
		name   string
		kind   string
		params any
		ep     *endpoint.Endpoint
		fault  *rongcloudtest.Fault
		want   store.State
		sent   int
	}{
		{"a send that is delivered", SendPrivate, notice, nil, nil, store.Done, 1},
		{"a send whose response is lost", SendPrivate, notice, endpoint.MessagePrivatePublish, &dropped, store.Parked, 1},
		{"a send that a proxy refuses", SendPrivate, notice, endpoint.MessagePrivatePublish, &down, store.Parked, 0},
		{"a send above the quota", SendPrivate, notice, endpoint.MessagePrivatePublish, &limited, store.Waiting, 0},
		{"a send that is refused", SendPrivate, notice, endpoint.MessagePrivatePublish, &refused, store.Refused, 0},
		{"a friendship whose response is lost", AddFriend, pair, endpoint.FriendAdd, &dropped, store.Waiting, 0},
		{"a blacklist while RongCloud is down", AddBlacklist, pair, endpoint.UserBlacklistAdd, &down, store.Waiting, 0},
		{"a blacklist that is refused", AddBlacklist, pair, endpoint.UserBlacklistAdd, &refused, store.Refused, 0},
		{"a group whose response is lost", CreateGroup, NewGroup{ID: "g", Name: "G", OwnerID: "ann"}, endpoint.EntrustGroupCreate, &dropped, store.Waiting, 0},
		{"a recall whose response is lost", RecallMessage, Recall{UID: "u", From: "ann", Target: "ben", Type: 1, SentAt: time.Now()}, endpoint.MessageRecall, &dropped, store.Parked, 0},
		{"a kind that there is not", "nothing", pair, nil, nil, store.Refused, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
			require.NoError(t, err)
			defer s.Close()
			srv := rongcloudtest.NewServer(t)
			client := srv.Client(rongcloud.WithRetry(rongcloud.RetryPolicy{MaxRetries: 1, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
			for _, id := range []string{"ann", "ben"} {
				_, err := client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: id, Name: id})
				require.NoError(t, err)
			}
			if c.fault != nil {
				srv.Fail(c.ep, *c.fault)
			}
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error { return tx.Enqueue(t.Context(), "lane", c.kind, c.params) }))
			w := New(s, client, 0, slog.New(slog.DiscardHandler))
			work := func() store.Job {
				job, begun, err := w.claim(t.Context())
				require.NoError(t, err)
				w.work(t.Context(), job, begun)
				job, err = s.Job(t.Context(), job.ID)
				require.NoError(t, err)
				return job
			}
			job := work()
			require.Equal(t, c.want, job.State, job.Error)
			require.Len(t, srv.Sent(), c.sent)
			if c.want == store.Done {
				require.Equal(t, srv.Sent()[0].MessageUID, job.Result)
			}
			if c.fault == &dropped && c.want == store.Waiting { // the next try finds that it was done
				require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Settle(t.Context(), job, store.Settlement{State: store.Done})
					return err
				}))
				require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error { return tx.Enqueue(t.Context(), "lane", c.kind, c.params) }))
				again := work()
				require.Equal(t, store.Done, again.State, again.Error)
			}
		})
	}
}

// The jobs of dead workers: what may be repeated is, and a send is parked.
func TestBury(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s, err := store.Open(t.Context(), url)
		require.NoError(t, err)
		defer s.Close()
		srv := rongcloudtest.NewServer(t)
		kinds := []string{SendSystem, AddBlacklist}
		for _, kind := range kinds {
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error { return tx.Enqueue(t.Context(), kind, kind, Pair{"ann", "ben"}) }))
			_, err := s.Claim(t.Context(), time.Now().Add(-time.Hour), time.Minute)
			require.ErrorIs(t, err, store.ErrNotFound, "not before its time")
			_, err = s.Claim(t.Context(), time.Now(), -time.Minute)
			require.NoError(t, err)
		}
		New(s, srv.Client(), 0, slog.New(slog.DiscardHandler)).bury(t.Context())
		for i, want := range []store.State{store.Parked, store.Waiting} {
			jobs, err := s.JobsIn(t.Context(), want, 10)
			require.NoError(t, err)
			require.Len(t, jobs, 1)
			require.Equal(t, kinds[i], jobs[0].Kind)
		}
		require.Empty(t, srv.Requests())
	})
}

// A job waits for the registration of its users, which may have to be tried again.
func TestEarly(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		if err := tx.Enqueue(t.Context(), UserLane("ben"), Register, User{"ben", "Ben"}); err != nil {
			return err
		}
		return tx.Enqueue(t.Context(), "lane", AddFriend, Pair{"ann", "ben"})
	}))
	jobs, err := s.JobsIn(t.Context(), store.Waiting, 10)
	require.NoError(t, err)
	w := New(s, nil, 0, slog.New(slog.DiscardHandler))
	how, _ := w.try(context.Background(), jobs[0])
	require.Equal(t, store.Waiting, how.State)
	require.JSONEq(t, `{"ID":"ben","Name":"Ben"}`, string(jobs[1].Params))
	require.True(t, json.Valid(jobs[0].Params))
}

func TestMark(t *testing.T) {
	id, ok := Marked(Mark(17))
	require.True(t, ok)
	require.EqualValues(t, 17, id)
	for _, text := range []string{"", "outbox:", "outbox:x", "17", "inbox:17"} {
		_, ok := Marked(text)
		require.False(t, ok, text)
	}
}
