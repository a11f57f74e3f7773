package outbox

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"strings"
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

// start returns a worker that is not running, and its fake RongCloud.
func start(t *testing.T, url string) (*Worker, *rongcloudtest.Server) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	srv := rongcloudtest.NewServer(t)
	client := srv.Client(rongcloud.WithRetry(
		rongcloud.RetryPolicy{MaxRetries: 1, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	return New(s, client, time.Minute, slog.New(slog.DiscardHandler)), srv
}

func register(t *testing.T, srv *rongcloudtest.Server) {
	t.Helper()
	for _, id := range []string{"ann", "ben", "cid"} {
		_, err := srv.Client().User.Register(t.Context(), rongcloud.RegisterParams{UserID: id, Name: id})
		require.NoError(t, err)
	}
}

func enqueue(t *testing.T, s *store.Store, lane, kind string, params any) {
	t.Helper()
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		tx.Enqueue(t.Context(), lane, kind, params)
		return nil
	}))
}

// work claims the next job, attempts it once, and returns the job as stored afterwards.
func work(t *testing.T, w *Worker) store.Job {
	t.Helper()
	begun := time.Now()
	job, err := w.store.Claim(t.Context(), begun, w.lease)
	require.NoError(t, err)
	w.work(t.Context(), job, begun)
	job, err = w.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	return job
}

// The outcome of an attempt and the kind of the job decide the job's next state.
func TestJudge(t *testing.T) {
	dropped, down := rongcloudtest.Fault{DropResponse: true}, rongcloudtest.Fault{Status: 502, Times: -1}
	limited := rongcloudtest.Fault{Code: rongcloud.CodeRateLimited, Times: -1}
	refused := rongcloudtest.Fault{Code: rongcloud.CodeServiceNotEnabled}
	notice := Notice{From: "ann", Targets: []string{"ben"}, Text: "hi"}
	friends := rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben", Type: rongcloud.FriendAddDirectly}
	blacklist := rongcloud.UserBlacklistParams{UserID: "ann", TargetIDs: []string{"ben"}}
	group := rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G", OwnerID: "ann"}
	recall := rongcloud.RecallParams{
		MessageUID: "u", From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate, SentAt: time.Now(),
	}
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
		{"a send that ends with status 502", SendPrivate, notice, endpoint.MessagePrivatePublish, &down, store.Parked, 0},
		{"a send above the quota", SendPrivate, notice, endpoint.MessagePrivatePublish, &limited, store.Waiting, 0},
		{"a send that is refused", SendPrivate, notice, endpoint.MessagePrivatePublish, &refused, store.Refused, 0},
		{"a friendship whose response is lost", AddFriend, friends, endpoint.FriendAdd, &dropped, store.Waiting, 0},
		{"a blacklist while RongCloud is down", AddBlacklist, blacklist, endpoint.UserBlacklistAdd, &down, store.Waiting, 0},
		{"a blacklist that is refused", AddBlacklist, blacklist, endpoint.UserBlacklistAdd, &refused, store.Refused, 0},
		{"a group whose response is lost", CreateGroup, group, endpoint.EntrustGroupCreate, &dropped, store.Waiting, 0},
		{"a recall whose response is lost", RecallMessage, recall, endpoint.MessageRecall, &dropped, store.Parked, 0},
		{"an unknown kind", "nothing", notice, nil, nil, store.Refused, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, srv := start(t, "sqlite:"+t.TempDir()+"/x.db")
			register(t, srv)
			if c.fault != nil {
				srv.Fail(c.ep, *c.fault)
			}
			enqueue(t, w.store, "lane", c.kind, c.params)
			job := work(t, w)
			require.Equal(t, c.want, job.State, job.Error)
			require.Len(t, srv.Sent(), c.sent)
			if c.want == store.Done {
				require.Equal(t, srv.Sent()[0].MessageUID, job.Result)
			}
			// RongCloud executed the call whose response was lost. Another attempt notices that.
			if c.fault == &dropped && c.want == store.Waiting {
				require.NoError(t, w.store.Change(t.Context(), func(tx *store.Tx) error {
					tx.Settle(t.Context(), job, store.Settlement{State: store.Done})
					return nil
				}))
				enqueue(t, w.store, "lane", c.kind, c.params)
				again := work(t, w)
				require.Equal(t, store.Done, again.State, again.Error)
			}
		})
	}
}

// When the lease of a dead worker has ended, its send is parked, and a job that may be repeated
// waits for the next attempt.
func TestBury(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		w, srv := start(t, url)
		kinds := []string{SendSystem, AddBlacklist}
		for _, kind := range kinds {
			enqueue(t, w.store, kind, kind, Pair{"ann", "ben"})
			_, err := w.store.Claim(t.Context(), time.Now().Add(-time.Hour), time.Minute)
			require.ErrorIs(t, err, store.ErrNotFound, "the job was not due an hour ago")
			_, err = w.store.Claim(t.Context(), time.Now(), -time.Minute)
			require.NoError(t, err)
		}
		w.bury(t.Context())
		for i, want := range []store.State{store.Parked, store.Waiting} {
			jobs, err := w.store.JobsIn(t.Context(), want, 10)
			require.NoError(t, err)
			require.Len(t, jobs, 1)
			require.Equal(t, kinds[i], jobs[0].Kind)
		}
		require.Empty(t, srv.Requests())
	})
}

// A job waits until earlier jobs have told RongCloud about its users and its group.
func TestEarly(t *testing.T) {
	w, srv := start(t, "sqlite:"+t.TempDir()+"/x.db")
	for _, c := range []struct {
		lane, kind string
		params     any
	}{
		{"lane", AddFriend, rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben"}},
		{"lane", RemoveFriend, rongcloud.FriendRemoveParams{UserID: "ann", TargetIDs: []string{"ben"}}},
		{"lane", SendPrivate, Notice{From: "ben", Targets: []string{"ann"}}},
		{"lane", SendSystem, Notice{From: "system", Targets: []string{"ann", "ben"}}},
		{"lane", CreateGroup, rongcloud.HostedGroupCreateParams{GroupID: "h", OwnerID: "ben"}},
		{"lane", JoinGroup, rongcloud.HostedGroupJoinParams{GroupID: "h", UserIDs: []string{"ben"}}},
		{"lane", SendGroup, Notice{From: "ann", Targets: []string{"g"}}},
	} {
		enqueue(t, w.store, UserLane("ben"), Register, rongcloud.RegisterParams{UserID: "ben", Name: "Ben"})
		enqueue(t, w.store, GroupLane("g"), CreateGroup,
			rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G", OwnerID: "ann"})
		enqueue(t, w.store, c.lane, c.kind, c.params)
		jobs, err := w.store.JobsIn(t.Context(), store.Waiting, 1)
		require.NoError(t, err)
		how, _ := w.try(t.Context(), jobs[0])
		require.Equal(t, store.Waiting, how.State, c.kind)
	}
	require.Empty(t, srv.Requests())
}

// A job that waits for other jobs is claimed less and less often, so that hundreds of them do not
// keep the worker from its other work.
func TestEarlyWaits(t *testing.T) {
	w, _ := start(t, "sqlite:"+t.TempDir()+"/x.db")
	enqueue(t, w.store, UserLane("ben"), Register, rongcloud.RegisterParams{UserID: "ben", Name: "Ben"})
	for tries, want := range map[int]time.Duration{1: minWait / 2, 4: 4 * minWait, 20: maxWait / 2} {
		how, _ := w.try(t.Context(), store.Job{ID: 2, Tries: tries, Kind: SendPrivate, Params: []byte(`{"From":"ben"}`)})
		require.Equal(t, store.Waiting, how.State)
		require.Greater(t, time.Until(how.NextAt), want-100*time.Millisecond, "try %d", tries)
		require.Less(t, time.Until(how.NextAt), 2*want+time.Millisecond, "try %d", tries)
	}
}

// A claimed job waits for an earlier job of its lane, which an operator may have made wait again
// during the claim.
func TestEarlyInLane(t *testing.T) {
	w, srv := start(t, "sqlite:"+t.TempDir()+"/x.db")
	for _, kind := range []string{AddBlacklist, RemoveBlacklist} {
		enqueue(t, w.store, "lane", kind, rongcloud.UserBlacklistParams{UserID: "ann", TargetIDs: []string{"ben"}})
	}
	jobs, err := w.store.JobsIn(t.Context(), store.Waiting, 1)
	require.NoError(t, err)
	how, _ := w.try(t.Context(), jobs[0])
	require.Equal(t, store.Waiting, how.State)
	require.Empty(t, srv.Requests())
}

// The worker records a delivered send as done even if the database fails for a second just then.
// If it gave up, the send would be parked.
func TestSettleAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		w, srv := start(t, url)
		register(t, srv)
		driver, source := "pgx", url
		if file, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
			driver, source = "sqlite", file
		}
		db, err := sql.Open(driver, source)
		require.NoError(t, err)
		defer db.Close()
		rename := func(from, to string) {
			_, err := db.ExecContext(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to)
			require.NoError(t, err)
		}
		enqueue(t, w.store, "lane", SendPrivate, Notice{From: "ann", Targets: []string{"ben"}, Text: "hi"})
		kind, restored := w.kinds[SendPrivate], make(chan struct{})
		breaking := kind
		breaking.call = func(ctx context.Context, job store.Job) (string, Effect, error) {
			rename("outbox", "away")
			time.AfterFunc(time.Second, func() { defer close(restored); rename("away", "outbox") })
			return kind.call(ctx, job)
		}
		w.kinds[SendPrivate] = breaking
		job := work(t, w)
		<-restored
		require.Equal(t, store.Done, job.State)
		require.Len(t, srv.Sent(), 1)
	})
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
