package fakecloud_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/fakecloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// start returns a new fake RongCloud for a database, and work, which runs the outbox's worker until
// stop is called.
func start(t *testing.T, s *store.Store) (cloud *fakecloud.Cloud, work func() (stop func())) {
	t.Helper()
	cloud, err := fakecloud.New()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	require.NoError(t, cloud.Restore(t.Context(), s))
	return cloud, func() func() {
		worker := outbox.New(s, cloud.Server.Client(), time.Minute, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); worker.Run(ctx) }()
		return func() { stop(); <-ended }
	}
}

// waitUntilIdle waits until no job is waiting or running.
func waitUntilIdle(t *testing.T, s *store.Store) {
	t.Helper()
	require.Eventually(t, func() bool {
		counts, _, err := s.Depth(t.Context())
		require.NoError(t, err)
		return counts[store.Waiting]+counts[store.Begun] == 0
	}, 20*time.Second, 10*time.Millisecond)
}

// After a restart, the outbox tells the fake RongCloud again about users, friends and groups, and
// new messages get UIDs that the archive does not have.
func TestRestore(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	defer s.Close()
	a := &app.App{Store: s}
	cloud, work := start(t, s)
	for _, id := range []string{"ann", "ben", "cid"} {
		require.NoError(t, a.AddUser(t.Context(), store.User{ID: id, Name: id}))
	}
	for _, id := range []string{"ben", "cid"} {
		require.NoError(t, a.Invite(t.Context(), "ann", id))
		require.NoError(t, a.Accept(t.Context(), id, "ann"))
	}
	group, err := a.CreateGroup(t.Context(), "ann", "G", []string{"ben"})
	require.NoError(t, err)
	require.NoError(t, a.AddMember(t.Context(), "ann", group.ID, "cid"))
	require.NoError(t, a.RemoveMember(t.Context(), "ann", group.ID, "ben"))
	require.NoError(t, a.Unfriend(t.Context(), "ann", "cid"))
	require.NoError(t, a.SetBlock(t.Context(), "ben", "ann", true))
	stop := work()
	waitUntilIdle(t, s)
	stop()
	require.Len(t, cloud.Server.Sent(), 4, "two greetings, and two notices in the group")
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		tx.Archive(t.Context(), store.Message{
			UID: "TEST-0000-0000-001F", Conversation: "p:ann:ben", From: "ann", Target: "ben", SentAt: time.Now(),
		})
		return nil
	}))

	cloud, work = start(t, s)
	defer work()()
	waitUntilIdle(t, s)
	require.Empty(t, cloud.Server.Sent(), "messages are not sent again")
	client := cloud.Server.Client()
	friends := []string{}
	for friend, err := range client.Friend.All(t.Context(), rongcloud.FriendQuery{UserID: "ann"}) {
		require.NoError(t, err)
		friends = append(friends, friend.UserID)
	}
	require.Equal(t, []string{"ben"}, friends)
	members := []string{}
	for member, err := range client.HostedGroup.Member.All(t.Context(), rongcloud.HostedGroupMemberQuery{GroupID: group.ID}) {
		require.NoError(t, err)
		members = append(members, member.UserID)
	}
	require.ElementsMatch(t, []string{"ann", "cid"}, members)

	conversation := store.GroupConversation(group.ID)
	require.ErrorIs(t, cloud.Send("ann", conversation, "hello"), fakecloud.ErrOffline)
	require.NoError(t, cloud.Connect(t.Context(), "ann", "ann"))
	require.NoError(t, cloud.Connect(t.Context(), "ann", "ann"))
	cloud.Disconnect("ann")
	require.NoError(t, cloud.Send("ann", conversation, "hello"), "another page is open")
	require.ErrorIs(t, cloud.Send("ann", "p:ann:ben", "hello"), fakecloud.ErrRejected, "ben has blocked ann")
	require.ErrorIs(t, cloud.Send("ann", "p:ben:cid", "hello"), fakecloud.ErrRejected, "ann is not in that conversation")
	inbox := cloud.Server.User("cid").Inbox()
	require.Len(t, inbox, 1)
	require.Greater(t, inbox[0].MessageUID, "TEST-0000-0000-001F")
	cloud.Disconnect("ann")
	require.ErrorIs(t, cloud.Send("ann", conversation, "hello"), fakecloud.ErrOffline)
}

// Send waits until the outbox has told RongCloud about the group or the recipient.
func TestSendWaits(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	defer s.Close()
	a := &app.App{Store: s}
	cloud, work := start(t, s)
	require.NoError(t, a.AddUser(t.Context(), store.User{ID: "ann", Name: "ann"}))
	group, err := a.CreateGroup(t.Context(), "ann", "G", nil)
	require.NoError(t, err)
	require.NoError(t, cloud.Connect(t.Context(), "ann", "ann"))
	sent := make(chan error, 1)
	go func() { sent <- cloud.Send("ann", store.GroupConversation(group.ID), "hello") }()
	select {
	case err := <-sent:
		t.Fatalf("Send did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	defer work()()
	require.NoError(t, <-sent)
}
