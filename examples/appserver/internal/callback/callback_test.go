package callback_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/callback"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var cloud = webhooktest.App{Key: "key", Secret: "secret"}

func start(t *testing.T, url string) (*app.App, func(webhook.Event)) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	a := &app.App{Store: s}
	for _, id := range []string{"ann", "ben"} {
		_, err := s.AddUser(t.Context(), store.User{ID: id, Name: id})
		require.NoError(t, err)
	}
	h, err := callback.New(callback.Config{
		App: a, Secret: cloud.Secret, Moderator: callback.NewModerator(nil), Log: slog.New(slog.DiscardHandler), Observe: func(webhook.Observation) {},
	})
	require.NoError(t, err)
	return a, func(e webhook.Event) {
		for range 2 { // whatever comes once more changes nothing
			response, err := cloud.Deliver(t.Context(), h, e)
			require.NoError(t, err)
			require.Equal(t, 200, response.Status)
		}
	}
}

func waiting(t *testing.T, a *app.App) []string {
	t.Helper()
	jobs, err := a.Store.JobsIn(t.Context(), store.Waiting, 100)
	require.NoError(t, err)
	kinds := []string{}
	for _, job := range jobs {
		kinds = append(kinds, job.Kind)
	}
	return kinds
}

func TestMessage(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a, deliver := start(t, url)
		at := time.UnixMilli(1_800_000_000_000)
		m := &webhook.Message{
			From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg", Body: `{"content":"hi"}`, MessageUID: "u", SentAt: at,
		}
		deliver(m)
		command := *m
		command.MessageUID, command.ObjectName = "c", "RC:CmdMsg"
		deliver(&command)
		inboxes, err := a.Store.Inboxes(t.Context(), "ben")
		require.NoError(t, err)
		require.Len(t, inboxes, 1)
		require.Equal(t, 1, inboxes[0].Unread)
		require.Equal(t, `{"content":"hi"}`, inboxes[0].Last.Body)

		deliver(&webhook.MessageAudit{Result: webhook.AuditResultRefused, MessageUID: "u", Provider: "p", From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg", Body: m.Body, SentAt: at})
		reports, err := a.Store.OpenReports(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, reports, 1)
		deliver(&webhook.MessageOperation{Type: webhook.MessageOperationRecall, OperatorID: "ann", ConversationType: rongcloud.ConversationPrivate, TargetID: "ben", MessageUID: "u", MessageSentAt: at, OccurredAt: at})
		kept, err := a.Store.Message(t.Context(), "u")
		require.NoError(t, err)
		require.True(t, kept.Recalled)
		require.Empty(t, waiting(t, a))
	})
}

// News that the tables know already is nothing; other news have the truth read, once.
func TestNews(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a, deliver := start(t, url)
		require.NoError(t, a.Store.SetFriendship(t.Context(), store.Friendship{A: "ann", B: "ben", State: store.Friends, AskedBy: "ann"}))
		require.NoError(t, a.Store.SetGroup(t.Context(), store.Group{ID: "g", Name: "G", OwnerID: "ann"}))
		_, err := a.Store.AddMember(t.Context(), "g", "ann")
		require.NoError(t, err)
		at := time.UnixMilli(1_800_000_000_000)
		deliver(&webhook.Friendship{Event: webhook.FriendshipEventAdded, UserID: "ann", ToUserID: "ben", OccurredAt: at})
		deliver(&webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventJoined, UserIDs: []string{"ann"}, OccurredAt: at})
		deliver(&webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventLeft, UserIDs: []string{"ben"}, OccurredAt: at})
		deliver(&webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventOwnerChanged, UserIDs: []string{"ann"}, OccurredAt: at})
		deliver(&webhook.Friendship{Event: webhook.FriendshipEventRemoved, UserID: "ann", ToUserID: "stranger", OccurredAt: at})
		require.Empty(t, waiting(t, a))

		deliver(&webhook.Friendship{Event: webhook.FriendshipEventRemoved, UserID: "ann", ToUserID: "ben", OccurredAt: at.Add(1)})
		deliver(&webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventJoined, UserIDs: []string{"ben"}, OccurredAt: at.Add(1)})
		deliver(&webhook.HostedGroupOperation{GroupID: "g", Event: webhook.HostedGroupEventDismissed, OccurredAt: at.Add(1)})
		require.ElementsMatch(t, []string{outbox.SyncFriend, outbox.SyncGroup}, waiting(t, a))
	})
}

func TestPresence(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		a, deliver := start(t, url)
		require.NoError(t, a.Store.SetFriendship(t.Context(), store.Friendship{A: "ann", B: "ben", State: store.Friends, AskedBy: "ann"}))
		at := time.UnixMilli(1_800_000_000_000)
		deliver(&webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOnline, OccurredAt: at, SessionID: "s"})
		deliver(&webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOffline, OccurredAt: at.Add(-time.Second), SessionID: "s"})
		contacts, err := a.Store.Contacts(t.Context(), "ann")
		require.NoError(t, err)
		require.True(t, contacts[0].Online, "older news came later")
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
	require.Equal(t, webhook.VerdictAllow, ask("ann", `{"content":"hello"}`).Verdict, "others are not slowed down")
}
