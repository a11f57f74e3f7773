package app_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// start returns an app with the users ann, ben and cid. Their registration jobs are done.
func start(t *testing.T, url string) *app.App {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	a := &app.App{Store: s}
	for _, id := range []string{"ann", "ben", "cid"} {
		require.NoError(t, a.AddUser(t.Context(), store.User{ID: id, Name: id, Password: "-"}))
	}
	jobs(t, a)
	return a
}

// jobs marks all waiting jobs as done, and returns their kinds, the oldest first.
func jobs(t *testing.T, a *app.App) []string {
	t.Helper()
	waiting, err := a.Store.JobsIn(t.Context(), store.Waiting, 1000)
	require.NoError(t, err)
	kinds := make([]string, len(waiting))
	for i, job := range waiting {
		kinds[len(waiting)-1-i] = job.Kind
		finish(t, a, job, store.Done)
	}
	return kinds
}

func finish(t *testing.T, a *app.App, job store.Job, state store.State) {
	t.Helper()
	require.NoError(t, a.Store.Change(t.Context(), func(tx *store.Tx) error {
		tx.Settle(t.Context(), job, store.Settlement{State: state})
		return nil
	}))
}

func TestAccounts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		for _, c := range []struct {
			name, password string
			want           error
		}{
			{"a", "long enough", app.ErrName}, {"a b", "long enough", app.ErrName}, {"system", "long enough", app.ErrName},
			{"dan", "short", app.ErrPassword}, {"dan", strings.Repeat("x", 73), app.ErrPassword}, {"ANN ", "long enough", app.ErrTaken},
		} {
			_, err := a.SignUp(t.Context(), c.name, c.password, "1.2.3.4")
			require.ErrorIs(t, err, c.want, c.name)
		}
		require.Empty(t, jobs(t, a))
		first, err := a.SignUp(t.Context(), "dan", "long enough", "1.2.3.4")
		require.NoError(t, err)
		user, err := a.SessionUser(t.Context(), first)
		require.NoError(t, err)
		require.NotContains(t, user.Password, "long enough")
		second, err := a.SignUp(t.Context(), "Dan", "long enough", "1.2.3.4")
		require.NoError(t, err, "signing up again with the same password, as by a double click")
		_, err = a.SignUp(t.Context(), "dan", "long enough?", "1.2.3.4")
		require.ErrorIs(t, err, app.ErrTaken)
		require.Equal(t, []string{outbox.Register}, jobs(t, a))

		token, err := a.LogIn(t.Context(), "Dan", "long enough", "1.2.3.4")
		require.NoError(t, err)
		for _, token := range []string{second, token} {
			found, err := a.SessionUser(t.Context(), token)
			require.NoError(t, err)
			require.Equal(t, user.ID, found.ID)
		}
		for _, name := range []string{"dan", "nobody"} {
			_, err = a.LogIn(t.Context(), name, "wrong", "1.2.3.4")
			require.ErrorIs(t, err, app.ErrLogin)
		}
		require.NoError(t, a.Store.Change(t.Context(), func(tx *store.Tx) error {
			tx.SetBlocked(t.Context(), user.ID, time.Now().Add(time.Hour))
			return nil
		}))
		_, err = a.LogIn(t.Context(), "dan", "long enough", "1.2.3.4")
		require.ErrorIs(t, err, app.ErrBlocked)
		_, err = a.SessionUser(t.Context(), token)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestFriends(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		ctx := t.Context()
		require.ErrorIs(t, a.Invite(ctx, "ann", "ann"), app.ErrNotAllowed)
		require.ErrorIs(t, a.Invite(ctx, "ann", "nobody"), app.ErrNotFound)
		require.NoError(t, a.Invite(ctx, "ann", "ben"))
		require.ErrorIs(t, a.Accept(ctx, "ann", "ben"), app.ErrNotFound, "ann cannot accept her own invitation")
		require.Empty(t, jobs(t, a))
		require.NoError(t, a.Accept(ctx, "ben", "ann"))
		require.NoError(t, a.Accept(ctx, "ben", "ann"), "accepting again, as by a double click")
		require.Equal(t, []string{outbox.AddFriend, outbox.SendPrivate}, jobs(t, a))
		require.NoError(t, a.Invite(ctx, "ben", "ann"))
		require.Empty(t, jobs(t, a), "they are friends already")
		require.ErrorIs(t, a.SetBlock(ctx, "ann", "ann", true), app.ErrNotAllowed)
		require.NoError(t, a.SetBlock(ctx, "ann", "ben", true))
		require.NoError(t, a.SetBlock(ctx, "ann", "ben", true))
		require.NoError(t, a.SetBlock(ctx, "ann", "ben", false))
		require.Equal(t, []string{outbox.AddBlacklist, outbox.RemoveBlacklist}, jobs(t, a))
		require.NoError(t, a.Unfriend(ctx, "ann", "ben"))
		require.NoError(t, a.Unfriend(ctx, "ann", "ben"))
		require.Equal(t, []string{outbox.RemoveFriend}, jobs(t, a))
	})
}

func TestGroups(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		ctx := t.Context()
		_, err := a.CreateGroup(ctx, "ann", "Team", []string{"ben"})
		require.ErrorIs(t, err, app.ErrNotAllowed, "ben is not a friend of ann")
		require.NoError(t, a.Invite(ctx, "ann", "ben"))
		require.NoError(t, a.Invite(ctx, "ben", "ann"))
		jobs(t, a)
		group, err := a.CreateGroup(ctx, "ann", " Team ", []string{"ben"})
		require.NoError(t, err)
		require.Equal(t, "Team", group.Name)
		require.Equal(t, []string{outbox.CreateGroup, outbox.SendGroup}, jobs(t, a))
		require.ErrorIs(t, a.AddMember(ctx, "cid", group.ID, "ann"), app.ErrNotFound, "cid is not in the group")
		require.ErrorIs(t, a.AddMember(ctx, "ben", group.ID, "cid"), app.ErrNotAllowed)
		require.ErrorIs(t, a.RemoveMember(ctx, "ben", group.ID, "ann"), app.ErrNotAllowed)
		require.ErrorIs(t, a.Dismiss(ctx, "ben", group.ID), app.ErrNotAllowed)
		require.NoError(t, a.RemoveMember(ctx, "ben", group.ID, "ben"))
		require.NoError(t, a.AddMember(ctx, "ann", group.ID, "ben"))
		require.NoError(t, a.Dismiss(ctx, "ann", group.ID))
		require.Equal(t, []string{outbox.QuitGroup, outbox.JoinGroup, outbox.SendGroup, outbox.DismissGroup}, jobs(t, a))
		require.ErrorIs(t, a.Dismiss(ctx, "ann", group.ID), app.ErrNotFound)
	})
}

func archive(t *testing.T, a *app.App, m store.Message) {
	t.Helper()
	require.NoError(t, a.Store.Change(t.Context(), func(tx *store.Tx) error {
		tx.Archive(t.Context(), m)
		return nil
	}))
}

func TestMessages(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		ctx := t.Context()
		m := store.Message{
			UID: "1", Conversation: "p:ann:ben", From: "ann", Target: "ben", Type: 1,
			ObjectName: "RC:TxtMsg", Body: "{}", SentAt: time.Now(),
		}
		archive(t, a, m)
		old := m
		old.UID, old.SentAt = "0", time.Now().Add(-time.Hour)
		archive(t, a, old)
		require.ErrorIs(t, a.Recall(ctx, "ben", "1"), app.ErrNotAllowed)
		require.ErrorIs(t, a.Recall(ctx, "ann", "0"), app.ErrNotAllowed, "too late")
		require.ErrorIs(t, a.Recall(ctx, "ann", "2"), app.ErrNotFound)
		require.ErrorIs(t, a.Recall(ctx, "cid", "1"), app.ErrNotFound, "cid cannot read the message")
		require.ErrorIs(t, a.Report(ctx, "cid", "1", ""), app.ErrNotFound, "cid cannot read the message")
		require.NoError(t, a.Report(ctx, "ben", "1", "rude"))
		require.NoError(t, a.Report(ctx, "ben", "1", "again"))
		reports, err := a.Store.OpenReports(ctx, 10)
		require.NoError(t, err)
		require.Len(t, reports, 1)
		require.NoError(t, a.Uphold(ctx, reports[0].ID))
		require.NoError(t, a.Recall(ctx, "ann", "1"), "recalling again")
		require.Equal(t, []string{outbox.RecallMessage, outbox.BlockUser}, jobs(t, a))
		reports, err = a.Store.OpenReports(ctx, 10)
		require.NoError(t, err)
		require.Empty(t, reports)
	})
}

// The app's own messages can be reported and recalled. Upholding such a report blocks nobody.
func TestUpholdSystem(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		ctx := t.Context()
		archive(t, a, store.Message{
			UID: "1", Conversation: store.SystemConversation("ann"), From: app.SystemUser, Target: "ann", Type: 6,
			ObjectName: "RC:TxtMsg", Body: "{}", SentAt: time.Now(),
		})
		require.NoError(t, a.Report(ctx, "ann", "1", "rude"))
		reports, err := a.Store.OpenReports(ctx, 10)
		require.NoError(t, err)
		require.Len(t, reports, 1)
		require.NoError(t, a.Uphold(ctx, reports[0].ID))
		require.Equal(t, []string{outbox.RecallMessage}, jobs(t, a))
		require.ErrorIs(t, a.Uphold(ctx, reports[0].ID), app.ErrOvertaken, "the report is upheld already")
		require.ErrorIs(t, a.DismissReport(ctx, reports[0].ID), app.ErrOvertaken, "the report is upheld already")
		reports, err = a.Store.OpenReports(ctx, 10)
		require.NoError(t, err)
		require.Empty(t, reports)
	})
}

// A job is done when the callback with its mark has the sender and recipient of its notice. Users
// can write such a mark into their own messages, which proves nothing.
func TestDelivered(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		require.NoError(t, a.Announce(t.Context(), "hello"))
		waiting, err := a.Store.JobsIn(t.Context(), store.Waiting, 1)
		require.NoError(t, err)
		job, err := a.Store.Claim(t.Context(), time.Now(), time.Minute)
		require.NoError(t, err)
		require.Equal(t, waiting[0].ID, job.ID)
		finish(t, a, job, store.Parked)
		state := func(extra, from, target string) store.State {
			require.NoError(t, a.Store.Change(t.Context(), func(tx *store.Tx) error {
				app.Delivered(t.Context(), tx, extra, store.Message{UID: "u", From: from, Target: target})
				return nil
			}))
			found, err := a.Store.Job(t.Context(), job.ID)
			require.NoError(t, err)
			return found.State
		}
		require.Equal(t, store.Parked, state(outbox.Mark(job.ID), "ann", "ann"))
		require.Equal(t, store.Parked, state(outbox.Mark(job.ID), app.SystemUser, "nobody"))
		require.Equal(t, store.Parked, state(outbox.Mark(job.ID+1000), app.SystemUser, "ann"))
		require.Equal(t, store.Parked, state("", app.SystemUser, "ann"))
		require.Equal(t, store.Done, state(outbox.Mark(job.ID), app.SystemUser, "ann"))
		require.ErrorIs(t, a.Decide(t.Context(), job.ID, store.Waiting), app.ErrNotFound)
	})
}

// An operator cannot retry a job after a later job about the same thing was executed.
func TestDecide(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		ctx := t.Context()
		claim := func(state store.State) store.Job {
			job, err := a.Store.Claim(ctx, time.Now(), time.Minute)
			require.NoError(t, err)
			finish(t, a, job, state)
			return job
		}
		require.NoError(t, a.SetBlock(ctx, "ann", "ben", true))
		job := claim(store.Refused)
		require.NoError(t, a.Decide(ctx, job.ID, store.Waiting))
		job = claim(store.Refused)
		require.NoError(t, a.SetBlock(ctx, "ann", "ben", false))
		claim(store.Done)
		require.ErrorIs(t, a.Decide(ctx, job.ID, store.Waiting), app.ErrOvertaken)
		require.NoError(t, a.Decide(ctx, job.ID, store.Dropped))

		require.NoError(t, a.Announce(ctx, "one"))
		job = claim(store.Parked)
		require.NoError(t, a.Decide(ctx, job.ID, store.Waiting), "an operator may send a parked send again")
		require.ErrorIs(t, a.Decide(ctx, job.ID, store.Waiting), app.ErrNotFound)
	})
}

// The number of sign-up attempts is limited per IPv4 address, and per /64 network of IPv6.
func TestSignUpLimit(t *testing.T) {
	a := start(t, "sqlite:"+t.TempDir()+"/x.db")
	for _, net := range []string{"1.2.3.4", "2001:db8::"} {
		tries := 0
		for ; tries < 100; tries++ {
			address := net
			if strings.Contains(net, ":") {
				address += strconv.Itoa(tries)
			}
			if _, err := a.SignUp(t.Context(), "ann", "long enough", address); !errors.Is(err, app.ErrTaken) {
				require.ErrorIs(t, err, app.ErrTooOften)
				break
			}
		}
		require.Equal(t, 50, tries, net)
	}
	_, err := a.SignUp(t.Context(), "eve", "long enough", "2001:db8:0:1::1")
	require.NoError(t, err, "another network has a limit of its own")
}

// If two operators decide a report concurrently, one of them gets ErrOvertaken.
func TestConcurrentReportDecisions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a := start(t, url)
		var report store.Report
		second := make(chan error, 1)
		require.NoError(t, a.Store.Change(t.Context(), func(tx *store.Tx) error {
			tx.AddReport(t.Context(), store.Report{MessageUID: "1", ReporterID: "ben"})
			tx.Archive(t.Context(), store.Message{UID: "1", Conversation: "p:ann:ben", From: "ann", Target: "ben", SentAt: time.Now()})
			return nil
		}))
		reports, err := a.Store.OpenReports(t.Context(), 1)
		require.NoError(t, err)
		report = reports[0]
		require.NoError(t, a.Store.Change(t.Context(), func(tx *store.Tx) error {
			tx.DecideReports(t.Context(), "1", store.ReportDismissed)
			go func() { second <- a.Uphold(t.Context(), report.ID) }()
			time.Sleep(300 * time.Millisecond) // Uphold reads the report, and waits for this transaction
			return nil
		}))
		require.ErrorIs(t, <-second, app.ErrOvertaken)
		m, err := a.Store.Message(t.Context(), "1")
		require.NoError(t, err)
		require.False(t, m.Recalled)
	})
}
