package rongcloudtest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// hooked returns a server with a webhook that collects its events.
func hooked(t *testing.T, opts ...rongcloudtest.WebhookOption) (*rongcloudtest.Server, *rongcloud.Client, *webhook.Handler, func() []webhook.Event) {
	t.Helper()
	srv, client := pair(t)
	h, err := webhook.NewHandler(srv.AppSecret())
	require.NoError(t, err)
	var mu sync.Mutex
	var got []webhook.Event
	note := func(e webhook.Event) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e)
		return nil
	}
	h.OnMessage(func(_ context.Context, e *webhook.Message) error { return note(e) })
	h.OnMessageOperation(func(_ context.Context, e *webhook.MessageOperation) error { return note(e) })
	h.OnUserStatus(func(_ context.Context, e *webhook.UserStatus) error { return note(e) })
	h.OnUserDeactivation(func(_ context.Context, e *webhook.UserDeactivation) error { return note(e) })
	h.OnUserProfile(func(_ context.Context, e *webhook.UserProfile) error { return note(e) })
	h.OnFriendship(func(_ context.Context, e *webhook.Friendship) error { return note(e) })
	h.OnChatroomStatus(func(_ context.Context, e *webhook.ChatroomStatus) error { return note(e) })
	h.OnChatroomEntry(func(_ context.Context, e *webhook.ChatroomEntry) error { return note(e) })
	h.OnHostedGroupProfile(func(_ context.Context, e *webhook.HostedGroupProfile) error { return note(e) })
	h.OnHostedGroupOperation(func(_ context.Context, e *webhook.HostedGroupOperation) error { return note(e) })
	srv.AddWebhook(h, opts...)
	return srv, client, h, func() []webhook.Event {
		srv.WaitForCallbacks()
		mu.Lock()
		defer mu.Unlock()
		taken := got
		got = nil
		return taken
	}
}

func online(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client, ids ...string) {
	t.Helper()
	register(t, client, ids...)
	for _, id := range ids {
		require.NoError(t, srv.User(id).Connect())
	}
}

func TestUsersComeAndGo(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	register(t, client, "ann")
	require.NoError(t, srv.User("ann").Connect())
	require.NoError(t, srv.User("ann").Connect(), "a second time changes nothing")
	srv.User("ann").Disconnect()
	srv.User("ann").Disconnect()
	require.NoError(t, srv.User("ann").Connect())
	require.NoError(t, client.User.Block.Add(t.Context(), rongcloud.UserBlockParams{UserIDs: []string{"ann"}, Duration: time.Hour}))
	var statuses []webhook.Presence
	for _, e := range events() {
		status := e.(*webhook.UserStatus)
		require.Equal(t, "ann", status.UserID)
		require.WithinDuration(t, srv.Now(), status.OccurredAt, time.Minute)
		statuses = append(statuses, status.Status)
	}
	require.Equal(t, []webhook.Presence{webhook.PresenceOnline, webhook.PresenceOffline, webhook.PresenceOnline, webhook.PresenceOffline}, statuses)
}

// Each device goes online and offline independently, and the user is online while any device is.
func TestSeveralDevices(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	ann := srv.User("ann")
	phone, desk := ann.On(webhook.PlatformIOS), ann.On(webhook.PlatformPC)
	require.ErrorIs(t, phone.Connect(), rongcloudtest.ErrNoToken)
	register(t, client, "ann", "ben")
	status := func() any { return call(t, client, "/user/checkOnline.json", form("userId", "ann"))["status"] }
	require.NoError(t, phone.Connect())
	require.NoError(t, desk.Connect())
	require.NoError(t, desk.Connect(), "a second time changes nothing")
	require.Equal(t, []webhook.Platform{webhook.PlatformIOS, webhook.PlatformPC}, ann.Platforms())
	require.Equal(t, "ann", desk.ID())

	_, err := desk.SendPrivate("ben", text("from the desk"))
	require.NoError(t, err)
	_, err = ann.SendPrivate("ben", text("from the phone, which has been there longest"))
	require.NoError(t, err)
	_, err = ann.On(webhook.PlatformWeb).SendPrivate("ben", text("from nowhere"))
	require.ErrorIs(t, err, rongcloudtest.ErrOffline)

	phone.Disconnect()
	phone.Disconnect()
	require.False(t, phone.IsOnline())
	require.True(t, desk.IsOnline())
	require.True(t, ann.IsOnline())
	require.Equal(t, "1", status())
	require.NoError(t, desk.JoinChatroom("lobby"))
	require.ErrorIs(t, phone.JoinChatroom("lobby"), rongcloudtest.ErrOffline)
	require.NoError(t, phone.Connect())
	ann.Disconnect()
	require.False(t, ann.IsOnline())
	require.Equal(t, "0", status())
	require.NoError(t, desk.Connect())
	require.NoError(t, phone.Connect())
	require.NoError(t, client.User.Block.Add(t.Context(), rongcloud.UserBlockParams{UserIDs: []string{"ann"}, Duration: time.Hour}))
	require.Empty(t, ann.Platforms())
	require.ErrorIs(t, desk.Connect(), rongcloudtest.ErrBlocked)

	var told []string
	for _, e := range events() {
		switch e := e.(type) {
		case *webhook.UserStatus:
			told = append(told, fmt.Sprintf("%v %s %s", e.Status, e.SessionID, e.Platform))
		case *webhook.Message:
			told = append(told, "message "+string(e.Platform))
		default:
		}
	}
	const phoneSession, deskSession = "session-ann-iOS", "session-ann-PC"
	require.Equal(t, []string{
		"online " + phoneSession + " iOS", "online " + deskSession + " PC", "message PC", "message iOS",
		"offline " + phoneSession + " ", "online " + phoneSession + " iOS",
		"offline " + deskSession + " ", "offline " + phoneSession + " ",
		"online " + deskSession + " PC", "online " + phoneSession + " iOS",
		"offline " + deskSession + " ", "offline " + phoneSession + " ",
	}, told)
}

func TestUserSendsPrivate(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	_, err := srv.User("ann").SendPrivate("ben", text("hello"))
	require.ErrorIs(t, err, rongcloudtest.ErrOffline)
	online(t, srv, client, "ann", "ben")
	events()

	uid, err := srv.User("ann").SendPrivate("ben", text("hello"))
	require.NoError(t, err)
	inbox := srv.User("ben").Inbox()
	require.Len(t, inbox, 1)
	require.Equal(t, uid, inbox[0].MessageUID)
	told := events()
	require.Len(t, told, 1)
	m := told[0].(*webhook.Message)
	require.Equal(t, []string{"ann", "ben", uid, "RC:TxtMsg"}, []string{m.From, m.TargetID, m.MessageUID, m.ObjectName})
	require.Equal(t, webhook.PlatformAndroid, m.Platform)
	content, err := m.Content()
	require.NoError(t, err)
	require.Equal(t, text("hello"), content)

	require.NoError(t, client.User.Blacklist.Add(t.Context(), rongcloud.UserBlacklistParams{UserID: "ben", TargetIDs: []string{"ann"}}))
	_, err = srv.User("ann").SendPrivate("ben", text("refused"))
	require.ErrorIs(t, err, rongcloudtest.ErrRejected)
	require.NoError(t, client.User.PrivateMute.Add(t.Context(), []string{"ben"}))
	_, err = srv.User("ben").SendPrivate("ann", text("muted"))
	require.ErrorIs(t, err, rongcloudtest.ErrMuted)
	_, err = srv.User("ann").SendPrivate("cem", rongcloud.RawContent{Name: "RC:TxtMsg", Body: "no JSON"})
	require.ErrorContains(t, err, "not JSON")
	require.Empty(t, events())
	require.Len(t, srv.User("ben").Inbox(), 1)
}

func TestUserSendsToGroups(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	online(t, srv, client, "ann", "ben", "cem")
	events()
	srv.AddGroup("g", "ann", "ben")
	srv.AddUltraGroup("ug", "ann", "ben")
	srv.AddUltraGroupChannels("ug", "news")

	_, err := srv.User("ann").SendGroup("g", text("to the group"))
	require.NoError(t, err)
	_, err = srv.User("ann").SendUltraGroup(rongcloudtest.Channel{GroupID: "ug", ChannelID: "news"}, text("to the channel"))
	require.NoError(t, err)
	require.Len(t, srv.User("ben").Inbox(), 2)
	require.Empty(t, srv.User("ann").Inbox())
	told := events()
	require.Len(t, told, 2)
	require.Equal(t, rongcloud.ConversationGroup, told[0].(*webhook.Message).ConversationType)
	require.Equal(t, "news", told[1].(*webhook.Message).ChannelID)

	for _, send := range []func(u *rongcloudtest.User) error{
		func(u *rongcloudtest.User) error { _, err := u.SendGroup("g", text("x")); return err },
		func(u *rongcloudtest.User) error {
			_, err := u.SendUltraGroup(rongcloudtest.Channel{GroupID: "ug"}, text("x"))
			return err
		},
	} {
		require.ErrorIs(t, send(srv.User("cem")), rongcloudtest.ErrNotMember)
	}
	_, err = srv.User("ann").SendUltraGroup(rongcloudtest.Channel{GroupID: "ug", ChannelID: "nowhere"}, text("x"))
	require.ErrorIs(t, err, rongcloudtest.ErrNotMember)

	groupSays := func() error { _, err := srv.User("ann").SendGroup("g", text("x")); return err }
	require.NoError(t, client.Group.Mute.Add(t.Context(), rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"ann"}, Duration: time.Hour}))
	require.ErrorIs(t, groupSays(), rongcloudtest.ErrMuted)
	srv.Advance(time.Hour)
	require.NoError(t, groupSays(), "the mute has run out")
	require.NoError(t, client.Group.GlobalMute.Add(t.Context(), rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"ann"}, Duration: rongcloud.Forever}))
	srv.Advance(1000 * time.Hour)
	require.ErrorIs(t, groupSays(), rongcloudtest.ErrMuted, "in all groups, for ever")
	require.NoError(t, client.Group.GlobalMute.Remove(t.Context(), []string{"ann"}))
	require.NoError(t, client.Group.MuteAllMembers.Add(t.Context(), []string{"g"}))
	require.ErrorIs(t, groupSays(), rongcloudtest.ErrMuted, "everybody")
	require.NoError(t, client.Group.MuteAllMembersWhitelist.Add(t.Context(), rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g", UserIDs: []string{"ann"}}))
	require.NoError(t, groupSays())

	ultraSays := func() error {
		_, err := srv.User("ann").SendUltraGroup(rongcloudtest.Channel{GroupID: "ug", ChannelID: "news"}, text("x"))
		return err
	}
	require.NoError(t, client.UltraGroup.Mute.Add(t.Context(), rongcloud.UltraGroupMuteParams{GroupID: "ug", ChannelID: "news", UserIDs: []string{"ann"}}))
	require.ErrorIs(t, ultraSays(), rongcloudtest.ErrMuted)
}

func TestModeration(t *testing.T) {
	t.Parallel()
	srv, client, h, events := hooked(t, rongcloudtest.WithPreMessages())
	h.OnPreMessage(func(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
		content, err := m.Content()
		if err != nil {
			return webhook.Decision{}, err
		}
		switch content.(rongcloud.TextMessage).Content {
		case "casino":
			return webhook.Block("not here"), nil
		case "secret":
			return webhook.Replace(text("***")), nil
		case "bad but allowed":
			return webhook.AllowUnchecked(), nil
		}
		return webhook.Allow(), nil
	})
	online(t, srv, client, "ann", "ben")
	_, err := client.SensitiveWord.BatchAdd(t.Context(), []rongcloud.SensitiveWordParams{{Word: "bad"}, {Word: "rude", Replacement: "kind"}})
	require.NoError(t, err)
	srv.Advance(3 * time.Hour) // words take a while to work
	events()

	say := func(what string) error { _, err := srv.User("ann").SendPrivate("ben", text(what)); return err }
	var blocked *rongcloudtest.BlockedError
	require.ErrorAs(t, say("casino"), &blocked)
	require.Equal(t, "not here", blocked.Text)
	require.Empty(t, events(), "what is not delivered is not routed")
	require.NoError(t, say("secret"))
	require.NoError(t, say("bad but allowed"))
	require.NoError(t, say("rude"))
	require.ErrorAs(t, say("bad"), &blocked)
	require.Empty(t, blocked.Text)

	var received []string
	for _, m := range srv.User("ben").Inbox() {
		content, err := m.Content()
		require.NoError(t, err)
		received = append(received, content.(rongcloud.TextMessage).Content)
	}
	require.Equal(t, []string{"***", "bad but allowed", "kind"}, received)
	var kinds []webhook.SensitiveType
	for _, e := range events() {
		kinds = append(kinds, e.(*webhook.Message).SensitiveType)
	}
	require.Equal(t, []webhook.SensitiveType{webhook.SensitiveNone, webhook.SensitiveNone, webhook.SensitiveReplaced, webhook.SensitiveBlocked}, kinds)
}

func TestWebhooksGetTheKindsTheyAskedFor(t *testing.T) {
	t.Parallel()
	kinds := func(opts ...rongcloudtest.WebhookOption) []webhook.Kind {
		srv, client := pair(t)
		srv.AddWebhook(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), opts...)
		online(t, srv, client, "ann")
		_, err := srv.User("ann").SendPrivate("ben", text("hello"))
		require.NoError(t, err)
		var all []webhook.Kind
		for _, c := range srv.Callbacks() {
			all = append(all, c.Event.Kind())
		}
		return all
	}
	const status, question, message = webhook.KindUserStatus, webhook.KindPreMessage, webhook.KindMessage
	require.Equal(t, []webhook.Kind{status, message}, kinds(), "no questions unless they are asked for")
	require.Equal(t, []webhook.Kind{status, question, message}, kinds(rongcloudtest.WithPreMessages()))
	require.Equal(t, []webhook.Kind{message}, kinds(rongcloudtest.WithKinds(message)))
	require.Equal(t, []webhook.Kind{question, message}, kinds(rongcloudtest.WithKinds(message), rongcloudtest.WithPreMessages()))
	require.Equal(t, []webhook.Kind{question}, kinds(rongcloudtest.WithKinds(question)))
}

func TestModerationThatFails(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"panic":   func(http.ResponseWriter, *http.Request) { panic("no") },
	} {
		srv, client := pair(t)
		srv.AddWebhook(answer, rongcloudtest.WithKinds(webhook.KindPreMessage))
		online(t, srv, client, "ann")
		_, err := srv.User("ann").SendPrivate("ben", text("hello"))
		require.NoError(t, err, "%s: it is delivered unchanged", name)
		require.Len(t, srv.User("ben").Inbox(), 1)
		require.Len(t, srv.Callbacks(), 1, "a question is asked once")
		require.Error(t, srv.Callbacks()[0].Err)
	}
}

func TestServerMessagesAreCalledBackOnRequest(t *testing.T) {
	t.Parallel()
	_, client, _, events := hooked(t)
	require.NoError(t, send(client))
	require.Empty(t, events())

	srv, client, _, events := hooked(t, rongcloudtest.WithServerMessages())
	require.NoError(t, send(client))
	told := events()
	require.Len(t, told, 1)
	require.Equal(t, webhook.PlatformServer, told[0].(*webhook.Message).Platform)
	register(t, client, "b")
	_, err := client.Message.Broadcast.SendToAll(t.Context(), rongcloud.Broadcast{From: "a", Content: text("all")})
	require.NoError(t, err)
	require.Len(t, srv.User("b").Inbox(), 2)
	require.Empty(t, events(), "broadcasts are never called back about")
}

func TestRecallAndDeactivationAreCalledBack(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	online(t, srv, client, "ann")
	events()
	uid, err := srv.User("ann").SendPrivate("ben", text("hello"))
	require.NoError(t, err)
	sent := srv.Sent()[0]
	require.NoError(t, client.Message.Recall(t.Context(), rongcloud.RecallParams{
		From: "ann", ConversationType: rongcloud.ConversationPrivate, TargetID: "ben", MessageUID: uid, SentAt: sent.SentAt,
	}))
	_, err = client.User.Deactivate(t.Context(), []string{"ann"})
	require.NoError(t, err)
	told := events()
	require.Len(t, told, 3)
	require.Equal(t, uid, told[1].(*webhook.MessageOperation).MessageUID)
	gone := told[2].(*webhook.UserDeactivation)
	require.Equal(t, []string{"ann", "test-operation-1"}, []string{gone.UserID, gone.OperationID})
	require.True(t, gone.OK())
}

func TestEveryKindIsCalledBack(t *testing.T) {
	t.Parallel()
	srv, _ := pair(t)
	h, err := webhook.NewHandler(srv.AppSecret())
	require.NoError(t, err)
	h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) { return webhook.Allow(), nil })
	srv.AddWebhook(h, rongcloudtest.WithPreMessages())
	for _, kind := range webhooktest.Kinds() {
		srv.Emit(webhooktest.Sample(kind))
	}
	all := srv.Callbacks()
	require.Len(t, all, len(webhooktest.Kinds()))
	for i, c := range all {
		require.Equal(t, webhooktest.Kinds()[i], c.Event.Kind())
		require.Equal(t, http.StatusOK, c.Status, "%v", c.Event.Kind())
		require.Equal(t, 1, c.AttemptCount)
	}
}

func TestCallbacksAreTriedAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var nonces []string
	var posted []byte
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		posted, _ = io.ReadAll(r.Body)
		if nonces = append(nonces, r.URL.Query().Get("nonce")); len(nonces) < 3 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer flaky.Close()
	srv, client := pair(t)
	require.NoError(t, srv.AddWebhookURL(flaky.URL+"/?mine=1"))
	online(t, srv, client, "ann")
	require.Len(t, nonces, 3)
	require.Equal(t, 3, srv.Callbacks()[0].AttemptCount)
	require.Equal(t, http.StatusOK, srv.Callbacks()[0].Status)
	require.Equal(t, string(posted), string(srv.Callbacks()[0].Body))
	require.Equal(t, "application/json; charset=UTF-8", srv.Callbacks()[0].Header.Get("Content-Type"))
	require.Contains(t, srv.Callbacks()[0].Query, "mine=1&nonce="+nonces[2]+"&", "the last try")

	flaky.Close()
	srv.User("ann").Disconnect()
	last := srv.Callbacks()[1]
	require.Equal(t, 3, last.AttemptCount)
	require.Error(t, last.Err)
	require.Equal(t, flaky.URL+"/?mine=1", last.URL)
	for _, bad := range []string{"", "nowhere", "ftp://host/", "http://", "://"} {
		require.Error(t, srv.AddWebhookURL(bad))
	}
}

func TestCallbacksInTheBackgroundKeepTheirOrder(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t, rongcloudtest.WithoutWaiting())
	online(t, srv, client, "ann")
	for range 50 {
		_, err := srv.User("ann").SendPrivate("ben", text("x"))
		require.NoError(t, err)
	}
	told := events()
	require.Len(t, told, 51)
	for i, m := range srv.User("ben").Inbox() {
		require.Equal(t, m.MessageUID, told[i+1].(*webhook.Message).MessageUID)
	}
}

func TestWebhookMayCallTheServer(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	h, err := webhook.NewHandler(srv.AppSecret())
	require.NoError(t, err)
	h.OnUserStatus(func(ctx context.Context, e *webhook.UserStatus) error {
		_, err := client.Message.SendSystem(ctx, rongcloud.SystemMessage{From: "system", To: []string{e.UserID}, Content: text("welcome")})
		return err
	})
	srv.AddWebhook(h)
	online(t, srv, client, "ann")
	require.Len(t, srv.User("ann").Inbox(), 1)
}

// lines formats chat room events, one per line.
func lines(events []webhook.Event) []string {
	var all []string
	for _, e := range events {
		switch e := e.(type) {
		case *webhook.ChatroomStatus:
			all = append(all, fmt.Sprint(e.ChatroomID, " ", e.Event, " ", e.UserIDs, " ", e.Cause))
		case *webhook.ChatroomEntry:
			all = append(all, fmt.Sprint(e.ChatroomID, " ", e.Key, "=", e.Value, " ", e.Event, " by ", e.UserID, " ", e.Version))
		case *webhook.HostedGroupOperation:
			all = append(all, fmt.Sprint(e.GroupID, " ", e.Event, " ", e.UserIDs, " by ", e.OperatorID))
		case *webhook.Friendship:
			all = append(all, fmt.Sprint(e.UserID, " ", e.Event, " ", e.ToUserID, " ", e.Extra))
		default:
			all = append(all, string(e.Kind()))
		}
	}
	return all
}

func TestChatroomsAreCalledBackAbout(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	online(t, srv, client, "ann", "ben")
	events()
	ann, ben := srv.User("ann"), srv.User("ben")
	require.ErrorIs(t, srv.User("nobody").JoinChatroom("r"), rongcloudtest.ErrOffline)
	_, err := ann.SendChatroom("r", text("x"))
	require.ErrorIs(t, err, rongcloudtest.ErrNotMember)
	require.ErrorIs(t, ann.SetChatroomEntry(rongcloudtest.ChatroomEntryParams{ChatroomID: "r", Key: "k", Value: "v"}), rongcloudtest.ErrNotMember)

	require.NoError(t, client.Chatroom.Create(t.Context(), rongcloud.ChatroomCreateParams{ChatroomID: "r"}))
	require.NoError(t, ann.JoinChatroom("r"))
	require.NoError(t, ann.JoinChatroom("r"))
	require.NoError(t, ben.JoinChatroom("r"))
	require.NoError(t, ann.SetChatroomEntry(rongcloudtest.ChatroomEntryParams{ChatroomID: "r", Key: "seat", Value: "1", AutoDelete: true}))
	require.ErrorIs(t, ben.SetChatroomEntry(rongcloudtest.ChatroomEntryParams{ChatroomID: "r", Key: "seat", Value: "2", AutoDelete: true}), rongcloudtest.ErrRejected)
	require.ErrorContains(t, ben.SetChatroomEntry(rongcloudtest.ChatroomEntryParams{ChatroomID: "r", Key: "no key!", Value: "2", AutoDelete: true}), "no name of an attribute")
	require.NoError(t, client.Chatroom.Entry.Set(t.Context(), rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "host", Key: "topic", Value: "go"}))
	require.Equal(t, []string{
		"r created [] call", "r joined [ann] call", "r joined [ben] call", "r seat=1 set by ann 1", "r topic=go set by host 2",
	}, lines(events()))

	uid, err := ann.SendChatroom("r", text("hello"))
	require.NoError(t, err)
	require.Equal(t, uid, ben.Inbox()[0].MessageUID)
	require.Equal(t, []string{"message_sync"}, lines(events()))
	require.NoError(t, client.Chatroom.Mute.Add(t.Context(), rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: []string{"ann"}, Duration: time.Minute}))
	_, err = ann.SendChatroom("r", text("x"))
	require.ErrorIs(t, err, rongcloudtest.ErrMuted)

	require.NoError(t, client.Chatroom.Block.Add(t.Context(), rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: []string{"ann"}, Duration: time.Minute}))
	err = ann.JoinChatroom("r")
	require.ErrorIs(t, err, rongcloudtest.ErrRejected)
	require.ErrorContains(t, err, "blocked from the chat room")
	ben.LeaveChatroom("r")
	ben.LeaveChatroom("r")
	require.NoError(t, client.Chatroom.Entry.Delete(t.Context(), rongcloud.ChatroomEntryDeleteParams{ChatroomID: "r", OwnerID: "host", Key: "topic"}))
	require.NoError(t, client.Chatroom.Destroy(t.Context(), []string{"r", "unknown"}))
	require.Equal(t, []string{
		"r seat= deleted by ann 3", "r left [ann] blocked", "r left [ben] call", "r topic= deleted by host 4", "r destroyed [] call",
	}, lines(events()))

	require.NoError(t, ben.JoinChatroom("short"))
	events()
	srv.Advance(100 * time.Hour)
	srv.State() // visits all rooms
	ben.LeaveChatroom("short")
	require.Equal(t, []string{"short destroyed [] destroyed automatically"}, lines(events()))
}

func TestHostedDataAreCalledBackAbout(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t)
	register(t, client, "ann", "ben", "cem")
	ctx := t.Context()
	require.NoError(t, client.Friend.Add(ctx, rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben", Type: rongcloud.FriendAddDirectly, Extra: "hi"}))
	require.NoError(t, client.Friend.Remove(ctx, rongcloud.FriendRemoveParams{UserID: "ann", TargetIDs: []string{"ben", "cem"}}))
	require.Equal(t, []string{"ann added ben hi", "ann removed ben "}, lines(events()))

	require.NoError(t, client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "Team", OwnerID: "ann", UserIDs: []string{"ben"}}))
	_, err := client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"cem"}})
	require.NoError(t, err)
	_, err = client.HostedGroup.Manager.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"ben"}})
	require.NoError(t, err)
	require.NoError(t, client.HostedGroup.Manager.Remove(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"ben", "cem"}}))
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, rongcloud.HostedGroupTransferOwnerParams{GroupID: "g", NewOwnerID: "ben", Quit: true}))
	require.NoError(t, client.HostedGroup.Quit(ctx, rongcloud.HostedGroupQuitParams{GroupID: "g", UserIDs: []string{"cem"}}))
	require.Equal(t, []string{
		"g created [ann ben] by ann", "g joined [cem] by ann", "g manager added [ben] by ann", "g manager removed [ben] by ann",
		"g owner changed [ben] by ben", "g left [ann] by ben", "g left [cem] by ben",
	}, lines(events()))

	require.NoError(t, client.HostedGroup.Profile.Update(ctx, rongcloud.HostedGroupProfileUpdateParams{GroupID: "g", Name: "The team", Attributes: map[string]string{"ext_a": "1"}}))
	changed := events()
	require.Len(t, changed, 1)
	profile := changed[0].(*webhook.HostedGroupProfile)
	require.Equal(t, "The team", profile.GroupName)
	require.Equal(t, map[string]string{"ext_a": "1"}, profile.Attributes)
	require.NoError(t, client.HostedGroup.Dismiss(ctx, "g"))
	require.Equal(t, []string{"g dismissed [ben] by ben"}, lines(events()))

	require.NoError(t, client.User.Profile.Set(ctx, rongcloud.UserProfileParams{
		UserID: "ann", Profile: rongcloud.UserProfile{Name: "安", Gender: rongcloud.Ptr(rongcloud.GenderUnknown)}, Attributes: map[string]string{"ext_b": "2"},
	}))
	require.NoError(t, client.User.Profile.Delete(ctx, []string{"ann"}))
	told := events()
	require.Len(t, told, 2)
	user := told[0].(*webhook.UserProfile)
	require.Equal(t, webhook.UserProfileEventUpdated, user.Event)
	require.Equal(t, "安", user.Profile.Name)
	require.Equal(t, map[string]string{"ext_b": "2"}, user.Attributes)
	require.Equal(t, webhook.UserProfileEventDeleted, told[1].(*webhook.UserProfile).Event)
	require.NotEmpty(t, srv.Callbacks())
}
