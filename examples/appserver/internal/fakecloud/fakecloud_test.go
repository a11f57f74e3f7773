package fakecloud_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/fakecloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// A new fake RongCloud knows what the database has, and counts its messages on.
func TestRestore(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		for _, id := range []string{"ann", "ben"} {
			if _, err := tx.AddUser(t.Context(), store.User{ID: id, Name: id}); err != nil {
				return err
			}
		}
		if err := tx.SetFriendship(t.Context(), store.Friendship{A: "ann", B: "ben", State: store.Friends, AskedBy: "ben"}); err != nil {
			return err
		}
		if err := tx.SetGroup(t.Context(), store.Group{ID: "g", Name: "G", OwnerID: "ann"}); err != nil {
			return err
		}
		for _, id := range []string{"ann", "ben"} {
			if _, err := tx.AddMember(t.Context(), "g", id); err != nil {
				return err
			}
		}
		if _, err := tx.SetBlock(t.Context(), store.Block{UserID: "ben", TargetID: "ann"}, true); err != nil {
			return err
		}
		_, err := tx.Archive(t.Context(), store.Message{UID: "TEST-0000-0000-001F", Conversation: "p:ann:ben", From: "ann", Target: "ben", SentAt: time.Now()})
		return err
	}))
	cloud, err := fakecloud.New()
	require.NoError(t, err)
	defer func() { require.NoError(t, cloud.Close()) }()
	require.NoError(t, cloud.Restore(t.Context(), s))

	require.ErrorIs(t, cloud.Send("ann", "g:g", "hello"), fakecloud.ErrOffline)
	require.NoError(t, cloud.Connect(t.Context(), "ann", "ann"))
	require.NoError(t, cloud.Connect(t.Context(), "ann", "ann"))
	cloud.Disconnect("ann")
	require.NoError(t, cloud.Send("ann", "g:g", "hello"), "another page is open")
	require.ErrorIs(t, cloud.Send("ann", "p:ann:ben", "hello"), fakecloud.ErrRejected, "he has blocked her")
	require.ErrorIs(t, cloud.Send("ann", "p:ben:cid", "hello"), fakecloud.ErrRejected, "it is none of hers")
	inbox := cloud.Server.User("ben").Inbox()
	require.Len(t, inbox, 1)
	require.Greater(t, inbox[0].MessageUID, "TEST-0000-0000-001F")
	cloud.Disconnect("ann")
	require.ErrorIs(t, cloud.Send("ann", "g:g", "hello"), fakecloud.ErrOffline)
}
