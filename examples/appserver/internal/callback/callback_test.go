package callback_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/callback"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var cloud = webhooktest.App{Key: "key", Secret: "secret"}

// fixture is a callback handler with its database, which has the users ann and ben.
type fixture struct {
	store   *store.Store
	worker  *outbox.Worker
	url     string
	handler *webhook.Handler
}

// start returns a fixture with a new database.
func start(t *testing.T, url string) *fixture {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	r := &fixture{store: s, url: url, worker: outbox.New(s, rongcloudtest.NewServer(t).Client(), time.Minute,
		slog.New(slog.DiscardHandler))}
	r.change(t, func(tx *store.Tx) {
		for _, id := range []string{"ann", "ben"} {
			tx.AddUser(t.Context(), store.User{ID: id, Name: id})
		}
	})
	r.handler, err = callback.New(callback.Config{
		Store: s, Worker: r.worker, Secret: cloud.Secret, Moderator: callback.NewModerator(nil),
		Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return r
}

func (r *fixture) change(t *testing.T, change func(tx *store.Tx)) {
	t.Helper()
	require.NoError(t, r.store.Change(t.Context(), func(tx *store.Tx) error {
		change(tx)
		return nil
	}))
}

// deliver delivers an event twice, and requires that the second delivery changes nothing.
func (r *fixture) deliver(t *testing.T, e webhook.Event) {
	t.Helper()
	once(t, r, e)
	after := r.tables(t)
	once(t, r, e)
	require.Equal(t, after, r.tables(t), "the second delivery of %s changes the database", e.Kind())
}

func once(t *testing.T, r *fixture, e webhook.Event) {
	t.Helper()
	response, err := cloud.Deliver(t.Context(), r.handler, e)
	require.NoError(t, err)
	require.Equal(t, 200, response.Status)
}

// sql opens the database directly, without the store.
func (r *fixture) sql(t *testing.T) *sql.DB {
	t.Helper()
	driver, source := "pgx", r.url
	if file, isFile := strings.CutPrefix(r.url, "sqlite:"); isFile {
		driver, source = "sqlite", file
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// tables returns the rows of all tables that callbacks can change.
func (r *fixture) tables(t *testing.T) map[string][]string {
	t.Helper()
	db, found := r.sql(t), map[string][]string{}
	for _, table := range []string{
		"messages", "inboxes", "recalls", "presence", "reports", "friendships", "chat_groups", "members", "outbox",
	} {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+"")
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			require.NoError(t, rows.Scan(row...))
			for i := range row {
				row[i] = *row[i].(*any)
			}
			found[table] = append(found[table], fmt.Sprint(row...))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		slices.Sort(found[table])
	}
	return found
}

func (r *fixture) waiting(t *testing.T) []string {
	t.Helper()
	jobs, err := r.store.JobsIn(t.Context(), store.Waiting, 100)
	require.NoError(t, err)
	kinds := []string{}
	for _, job := range jobs {
		kinds = append(kinds, job.Kind)
	}
	return kinds
}

func TestMessage(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		r := start(t, url)
		at := time.UnixMilli(1_800_000_000_000)
		m := &webhook.Message{
			From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate,
			ObjectName: "RC:TxtMsg", Body: `{"content":"hi"}`, MessageUID: "u", SentAt: at,
		}
		r.deliver(t, m)
		command := *m
		command.MessageUID, command.ObjectName = "c", "RC:CmdMsg"
		r.deliver(t, &command)
		inboxes, err := r.store.Inboxes(t.Context(), "ben")
		require.NoError(t, err)
		require.Len(t, inboxes, 1)
		require.Equal(t, 1, inboxes[0].Unread)
		require.Equal(t, `{"content":"hi"}`, inboxes[0].Last.Body)

		r.deliver(t, &webhook.MessageAudit{
			Result: webhook.AuditResultRefused, MessageUID: "u", Provider: "p", From: "ann", TargetID: "ben",
			ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg", Body: m.Body, SentAt: at,
		})
		reports, err := r.store.OpenReports(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, reports, 1)
		r.deliver(t, &webhook.MessageOperation{
			Type: webhook.MessageOperationRecall, OperatorID: "ann", ConversationType: rongcloud.ConversationPrivate,
			TargetID: "ben", MessageUID: "u", MessageSentAt: at, OccurredAt: at,
		})
		kept, err := r.store.Message(t.Context(), "u")
		require.NoError(t, err)
		require.True(t, kept.Recalled)
		require.Empty(t, r.waiting(t))
	})
}

// An event about friends or groups that agrees with the tables changes nothing. One that
// contradicts them enqueues a job, once, that reads the current state from RongCloud.
func TestContradictingEvents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		r := start(t, url)
		r.change(t, func(tx *store.Tx) {
			tx.SetFriendship(t.Context(), "ann", "ben", store.Friendship{State: store.Friends, AskedBy: "ann"})
			tx.SetGroup(t.Context(), store.Group{ID: "g", Name: "G", OwnerID: "ann"})
			tx.SetMembers(t.Context(), "g", "ann")
		})
		at := time.UnixMilli(1_800_000_000_000)
		r.deliver(t, &webhook.Friendship{Event: webhook.FriendshipEventAdded, UserID: "ann", ToUserID: "ben", OccurredAt: at})
		r.deliver(t, &webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventJoined,
			UserIDs: []string{"ann"}, OccurredAt: at})
		r.deliver(t, &webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventLeft,
			UserIDs: []string{"ben"}, OccurredAt: at})
		r.deliver(t, &webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventOwnerChanged,
			UserIDs: []string{"ann"}, OccurredAt: at})
		r.deliver(t, &webhook.Friendship{Event: webhook.FriendshipEventRemoved, UserID: "ann", ToUserID: "stranger", OccurredAt: at})
		require.Empty(t, r.waiting(t))

		r.deliver(t, &webhook.Friendship{Event: webhook.FriendshipEventRemoved, UserID: "ann", ToUserID: "ben", OccurredAt: at.Add(1)})
		r.deliver(t, &webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventJoined,
			UserIDs: []string{"ben"}, OccurredAt: at.Add(1)})
		r.deliver(t, &webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventDismissed, OccurredAt: at.Add(1)})
		require.ElementsMatch(t, []string{outbox.SyncFriend, outbox.SyncGroup}, r.waiting(t))
	})
}

func TestPresence(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		r := start(t, url)
		r.change(t, func(tx *store.Tx) {
			tx.SetFriendship(t.Context(), "ann", "ben", store.Friendship{State: store.Friends, AskedBy: "ann"})
		})
		at := time.UnixMilli(1_800_000_000_000)
		r.deliver(t, &webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOnline, OccurredAt: at, SessionID: "s"})
		r.deliver(t, &webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOffline, OccurredAt: at.Add(-time.Second), SessionID: "s"})
		contacts, err := r.store.Contacts(t.Context(), "ann")
		require.NoError(t, err)
		require.True(t, contacts[0].Online, "a late callback does not overwrite a newer one")
	})
}

// samples returns an event of each kind that can change the tables.
func samples() []webhook.Event {
	at := time.UnixMilli(1_800_000_000_000)
	return []webhook.Event{
		&webhook.Message{
			From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate,
			ObjectName: "RC:TxtMsg", Body: `{"content":"hi"}`, MessageUID: "u", SentAt: at,
		},
		&webhook.MessageOperation{
			Type: webhook.MessageOperationRecall, OperatorID: "ann", ConversationType: rongcloud.ConversationPrivate,
			TargetID: "ben", MessageUID: "u", MessageSentAt: at, OccurredAt: at,
		},
		&webhook.MessageAudit{
			Result: webhook.AuditResultRefused, MessageUID: "u", Provider: "p", From: "ann", TargetID: "ben",
			ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg", Body: `{"content":"hi"}`, SentAt: at,
		},
		&webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOnline, OccurredAt: at, SessionID: "s"},
		&webhook.Friendship{Event: webhook.FriendshipEventAdded, UserID: "ann", ToUserID: "ben", OccurredAt: at},
		&webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventJoined, UserIDs: []string{"ann"}, OccurredAt: at},
		&webhook.HostedGroupProfile{GroupID: "h", GroupName: "new", OccurredAt: at},
	}
}

// An event changes the tables when it is delivered first, and nothing when it is delivered again.
func TestRepeatedEvents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		for _, e := range samples() {
			r := start(t, url)
			before := r.tables(t)
			r.deliver(t, e)
			require.NotEqual(t, before, r.tables(t), e.Kind())
		}
	})
}

// An event that cannot be applied is acknowledged and kept in the outbox. The worker applies it
// once the tables are back.
func TestKeptEvents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		r := start(t, url)
		db := r.sql(t)
		rename := func(format string) {
			for _, table := range []string{"messages", "recalls", "presence", "reports", "friendships", "chat_groups"} {
				_, err := db.ExecContext(t.Context(), fmt.Sprintf("ALTER TABLE "+format, table))
				require.NoError(t, err)
			}
		}
		rename("%[1]s RENAME TO away_%[1]s")
		want := []string{}
		for _, e := range samples() {
			for range 3 { // RongCloud repeats a callback whose response is lost
				once(t, r, e)
			}
			want = append(want, "callback."+string(e.Kind()))
		}
		require.ElementsMatch(t, want, r.waiting(t), "a repeated event is kept once")
		rename("away_%[1]s RENAME TO %[1]s")

		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); r.worker.Run(ctx) }()
		defer func() { stop(); <-ended }()
		require.Eventually(t, func() bool {
			jobs, err := r.store.JobsIn(t.Context(), store.Done, 100)
			require.NoError(t, err)
			done := 0
			for _, job := range jobs {
				if strings.HasPrefix(job.Kind, "callback.") {
					done++
				}
			}
			return done == len(want)
		}, 20*time.Second, 20*time.Millisecond)
		m, err := r.store.Message(t.Context(), "u")
		require.NoError(t, err)
		require.True(t, m.Recalled)
		require.Equal(t, `{"content":"hi"}`, m.Body)
		require.True(t, m.SentAt.Equal(time.UnixMilli(1_800_000_000_000)))
		reports, err := r.store.OpenReports(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, reports, 1)
		require.Len(t, r.tables(t)["presence"], 1)
	})
}

func TestModerator(t *testing.T) {
	m := callback.NewModerator([]string{" Casino "})
	ask := func(from, body string) webhook.Decision {
		decision, _ := m.Decide(&webhook.PreMessage{From: from, ObjectName: "RC:TxtMsg", Body: body})
		return decision
	}
	require.Equal(t, webhook.VerdictAllow, ask("ann", `{"content":"hello"}`).Verdict)
	for _, body := range []string{`{"content":"my CASINO"}`, `{"content":"c-a s.i\u006eo"}`, `{"content":"x","extra":"casino"}`, `{`} {
		require.Equal(t, webhook.VerdictBlock, ask("ben", body).Verdict, body)
	}
	for range 30 {
		ask("cid", `{"content":"hello"}`)
	}
	require.Equal(t, "moderation.tooFast", ask("cid", `{"content":"hello"}`).Text)
	require.Equal(t, webhook.VerdictAllow, ask("ann", `{"content":"hello"}`).Verdict, "the limit of one user does not affect others")
}

// The handler refuses callbacks that are forged, altered, too old, dated in the future, or too
// long.
func TestForgedCallbacks(t *testing.T) {
	r := start(t, "sqlite:"+t.TempDir()+"/x.db")
	before := r.tables(t)
	signed := func(app webhooktest.App, e webhook.Event) *http.Request {
		request, err := app.Request(t.Context(), "http://app.example"+callback.Path, e)
		require.NoError(t, err)
		return request
	}
	at := func(d time.Duration) webhooktest.App {
		return webhooktest.App{Key: cloud.Key, Secret: cloud.Secret, Now: func() time.Time { return time.Now().Add(d) }}
	}
	alter := func(name, value string) *http.Request {
		request := signed(cloud, samples()[0])
		query := request.URL.Query()
		if query.Set(name, value); value == "" {
			query.Del(name)
		}
		request.URL.RawQuery = query.Encode()
		return request
	}
	long := *samples()[0].(*webhook.Message)
	long.Body = `{"content":"` + strings.Repeat("x", 2<<20) + `"}`
	for name, c := range map[string]struct {
		request *http.Request
		want    int
	}{
		"another secret": {signed(webhooktest.App{Key: cloud.Key, Secret: "other"}, samples()[0]), 403},
		"old":            {signed(at(-time.Hour), samples()[0]), 403},
		"in the future":  {signed(at(time.Hour), samples()[0]), 403},
		"no signature":   {alter("signature", ""), 403},
		"no nonce":       {alter("nonce", ""), 403},
		"another nonce":  {alter("nonce", "1"), 403},
		"too long":       {signed(cloud, &long), 413},
	} {
		response := webhooktest.Serve(r.handler, c.request)
		require.Equal(t, c.want, response.Status, name)
		require.Equal(t, before, r.tables(t), name)
	}
	require.Equal(t, 200, webhooktest.Serve(r.handler, signed(cloud, samples()[0])).Status)
	require.NotEqual(t, before, r.tables(t))
}

// An event that several instances receive at the same time is applied once.
func TestConcurrentDeliveries(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		single := start(t, "sqlite:"+t.TempDir()+"/x.db")
		for _, e := range samples() {
			once(t, single, e)
		}
		r := start(t, url)
		var handlers []*webhook.Handler
		for range 2 {
			h, err := callback.New(callback.Config{
				Store: r.store, Worker: r.worker, Secret: cloud.Secret, Moderator: callback.NewModerator(nil),
				Log: slog.New(slog.DiscardHandler),
			})
			require.NoError(t, err)
			handlers = append(handlers, h)
		}
		for _, e := range samples() {
			statuses := make(chan int, 8)
			for i := range cap(statuses) {
				go func() {
					response, err := cloud.Deliver(t.Context(), handlers[i%2], e)
					if err != nil {
						statuses <- 0
						return
					}
					statuses <- response.Status
				}()
			}
			for range cap(statuses) {
				require.Equal(t, 200, <-statuses, e.Kind())
			}
		}
		got, want := r.tables(t), single.tables(t)
		for table := range want {
			require.Len(t, got[table], len(want[table]), table)
		}
		inboxes, err := r.store.Inboxes(t.Context(), "ben")
		require.NoError(t, err)
		require.Equal(t, 1, inboxes[0].Unread)
	})
}

// An event that cannot be stored, not even in the outbox, is not acknowledged. When RongCloud
// repeats the same request later, it is applied. Pre-delivery checks do not need the database.
func TestUnstoredEvents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		r := start(t, url)
		db := r.sql(t)
		rename := func(format string) {
			for _, table := range []string{"messages", "recalls", "presence", "reports", "friendships", "chat_groups", "outbox"} {
				_, err := db.ExecContext(t.Context(), fmt.Sprintf("ALTER TABLE "+format, table))
				require.NoError(t, err)
			}
		}
		app := cloud
		for i, e := range samples() {
			app.Nonce = func() string { return strconv.Itoa(1000 + i) }
			now := time.Now()
			app.Now = func() time.Time { return now }
			rename("%[1]s RENAME TO away_%[1]s")
			for range 2 {
				response, err := app.Deliver(t.Context(), r.handler, e)
				require.NoError(t, err)
				require.GreaterOrEqual(t, response.Status, 500, e.Kind())
			}
			begun := time.Now()
			response, err := cloud.Deliver(t.Context(), r.handler.For(webhook.KindPreMessage), webhooktest.Sample(webhook.KindPreMessage))
			require.NoError(t, err)
			require.Equal(t, 200, response.Status)
			require.Contains(t, string(response.Body), `"pass":1`)
			require.Less(t, time.Since(begun), time.Second)
			rename("away_%[1]s RENAME TO %[1]s")
			before := r.tables(t)
			response, err = app.Deliver(t.Context(), r.handler, e)
			require.NoError(t, err)
			require.Equal(t, 200, response.Status, e.Kind())
			require.NotEqual(t, before, r.tables(t), e.Kind())
		}
	})
}
