package outbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

func change(t *testing.T, s *store.Store, change func(tx *store.Tx)) {
	t.Helper()
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		change(tx)
		return nil
	}))
}

// SyncFriend stores whether RongCloud has two users as friends. It keeps an invitation that is not
// accepted yet.
func TestSyncFriend(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		w, srv := start(t, url)
		register(t, srv)
		change(t, w.store, func(tx *store.Tx) {
			for _, id := range []string{"ann", "ben", "cid"} {
				tx.AddUser(t.Context(), store.User{ID: id, Name: id})
			}
		})
		require.NoError(t, srv.Client().Friend.Add(t.Context(),
			rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben", Type: rongcloud.FriendAddDirectly}))
		events := []store.Event{}
		w.store.Listen(func(e store.Event) {
			if e.Type == store.EventContacts {
				events = append(events, e)
			}
		})
		for _, c := range []struct {
			other, known, want string
		}{
			{"ben", "", store.Friends}, {"ben", store.FriendAsked, store.Friends}, {"ben", store.Friends, store.Friends},
			{"cid", "", ""}, {"cid", store.FriendAsked, store.FriendAsked}, {"cid", store.Friends, ""},
		} {
			change(t, w.store, func(tx *store.Tx) {
				tx.DeleteFriendship(t.Context(), "ann", c.other)
				if c.known != "" {
					tx.SetFriendship(t.Context(), "ann", c.other, store.Friendship{State: c.known, AskedBy: c.other})
				}
			})
			events = events[:0]
			enqueue(t, w.store, "lane", SyncFriend, Pair{c.other, "ann"})
			require.Equal(t, store.Done, work(t, w).State)
			known, err := w.store.Friendship(t.Context(), "ann", c.other)
			require.NoError(t, err)
			require.Equal(t, c.want, known.State, c)
			if url[:6] == "sqlite" { // PostgreSQL delivers events through Follow, which does not run here
				require.Equal(t, c.known != c.want, len(events) == 1, "an event for each change: %v", c)
			}
		}
	})
}

// SyncGroup stores a group's name, owner and members, and whether it is dismissed, as RongCloud has
// them.
func TestSyncGroup(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		w, srv := start(t, url)
		register(t, srv)
		groups := srv.Client().HostedGroup
		sync := func(id string) (store.Group, []string) {
			enqueue(t, w.store, GroupLane(id), SyncGroup, id)
			require.Equal(t, store.Done, work(t, w).State)
			group, err := w.store.Group(t.Context(), id)
			if err != nil {
				require.ErrorIs(t, err, store.ErrNotFound)
			}
			members, err := w.store.Members(t.Context(), id)
			require.NoError(t, err)
			return group, members
		}
		group, members := sync("g")
		require.Equal(t, store.Group{}, group, "neither RongCloud nor the database has the group")
		require.Empty(t, members)

		require.NoError(t, groups.Create(t.Context(), rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G", OwnerID: "ann"}))
		_, err := groups.Join(t.Context(), rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"ben"}})
		require.NoError(t, err)
		group, members = sync("g")
		require.Equal(t, store.Group{ID: "g", Name: "G", OwnerID: "ann"}, group, "a group new to the database")
		require.Equal(t, []string{"ann", "ben"}, members)

		change(t, w.store, func(tx *store.Tx) {
			tx.SetGroup(t.Context(), store.Group{ID: "g", Name: "old", OwnerID: "cid", Dismissed: true})
			tx.SetMembers(t.Context(), "g", "cid")
		})
		group, members = sync("g")
		require.Equal(t, store.Group{ID: "g", Name: "G", OwnerID: "ann"}, group, "a group that differed in everything")
		require.Equal(t, []string{"ann", "ben"}, members)

		require.NoError(t, groups.Dismiss(t.Context(), "g"))
		group, members = sync("g")
		require.Equal(t, store.Group{ID: "g", Name: "G", OwnerID: "ann", Dismissed: true}, group, "a dismissed group keeps its name")
		require.Empty(t, members)
	})
}

// A decision that is still in the outbox wins over data read from RongCloud.
func TestSyncOvertaken(t *testing.T) {
	w, srv := start(t, "sqlite:"+t.TempDir()+"/x.db")
	register(t, srv)
	change(t, w.store, func(tx *store.Tx) {
		tx.SetGroup(t.Context(), store.Group{ID: "g", Name: "decided", OwnerID: "ann"})
	})
	require.NoError(t, srv.Client().HostedGroup.Create(t.Context(),
		rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "read", OwnerID: "ann"}))
	enqueue(t, w.store, GroupLane("g"), SyncGroup, "g")
	enqueue(t, w.store, GroupLane("g"), JoinGroup, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"ben"}})
	require.Equal(t, store.Done, work(t, w).State)
	group, err := w.store.Group(t.Context(), "g")
	require.NoError(t, err)
	require.Equal(t, "decided", group.Name)
}

// A job whose results cannot be stored is attempted again, and after mostFailures attempts left to
// an operator.
func TestUnwritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		w, srv := start(t, url)
		register(t, srv)
		require.NoError(t, srv.Client().Friend.Add(t.Context(),
			rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben", Type: rongcloud.FriendAddDirectly}))
		// The database has no accounts for them, so it refuses their friendship.
		enqueue(t, w.store, "lane", SyncFriend, Pair{"ann", "ben"})
		for try := 1; try <= mostFailures; try++ {
			begun := time.Now()
			job, err := w.store.Claim(t.Context(), begun.Add(time.Hour), time.Minute)
			require.NoError(t, err)
			w.work(t.Context(), job, begun)
			job, err = w.store.Job(t.Context(), job.ID)
			require.NoError(t, err)
			require.Contains(t, job.Error, "the result cannot be stored: ")
			want := store.Waiting
			if try == mostFailures {
				want = store.Refused
			}
			require.Equal(t, want, job.State, "try %d", try)
		}
	})
}
