package outbox

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// samples returns parameters for each kind of job. After prepare, all of these jobs can succeed.
func samples() map[string]any {
	notice := Notice{From: "ann", Targets: []string{"ben"}, Text: "hi"}
	blacklist := rongcloud.UserBlacklistParams{UserID: "ann", TargetIDs: []string{"ben"}}
	return map[string]any{
		Register:        rongcloud.RegisterParams{UserID: "dan", Name: "Dan"},
		BlockUser:       rongcloud.UserBlockParams{UserIDs: []string{"ann"}, Duration: time.Hour},
		AddFriend:       rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben", Type: rongcloud.FriendAddDirectly},
		RemoveFriend:    rongcloud.FriendRemoveParams{UserID: "ann", TargetIDs: []string{"cid"}},
		SyncFriend:      Pair{"ann", "cid"},
		AddBlacklist:    blacklist,
		RemoveBlacklist: blacklist,
		CreateGroup:     rongcloud.HostedGroupCreateParams{GroupID: "new", Name: "New", OwnerID: "ann"},
		JoinGroup:       rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"cid"}},
		QuitGroup:       rongcloud.HostedGroupQuitParams{GroupID: "g", UserIDs: []string{"ben"}},
		DismissGroup:    "g",
		SyncGroup:       "g",
		SendPrivate:     notice,
		SendSystem:      notice,
		SendGroup:       Notice{From: "ann", Targets: []string{"g"}, Text: "hi"},
		RecallMessage: rongcloud.RecallParams{
			MessageUID: "u", From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate, SentAt: time.Now(),
		},
	}
}

// prepare registers the users, friends and groups that the samples refer to.
func prepare(t *testing.T, w *Worker, srv *rongcloudtest.Server) {
	t.Helper()
	register(t, srv)
	client := srv.Client()
	require.NoError(t, client.Friend.Add(t.Context(),
		rongcloud.FriendAddParams{UserID: "ann", TargetID: "cid", Type: rongcloud.FriendAddDirectly}))
	require.NoError(t, client.HostedGroup.Create(t.Context(),
		rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G", OwnerID: "ann", UserIDs: []string{"ben"}}))
	change(t, w.store, func(tx *store.Tx) {
		for _, id := range []string{"ann", "ben", "cid"} {
			tx.AddUser(t.Context(), store.User{ID: id, Name: id})
		}
	})
}

// If RongCloud executes a call but the response is lost, a send or recall is parked. A job of any
// other kind is repeated and then done.
func TestUnknown(t *testing.T) {
	known, _ := start(t, "sqlite:"+t.TempDir()+"/x.db")
	require.Len(t, samples(), len(known.kinds))
	for kind := range known.kinds {
		t.Run(kind, func(t *testing.T) {
			w, srv := start(t, "sqlite:"+t.TempDir()+"/x.db")
			prepare(t, w, srv)
			for i, fault := range []rongcloudtest.Fault{{DropResponse: true}, {CutResponse: true}, {ResetResponse: true}} {
				fault.Times = -1
				srv.Fail(nil, fault)
				sent := len(srv.Sent())
				enqueue(t, w.store, strconv.Itoa(i), kind, samples()[kind])
				job := work(t, w)
				srv.ClearFaults()
				if slices.Contains([]string{SendPrivate, SendGroup, SendSystem, RecallMessage}, kind) {
					require.Equal(t, store.Parked, job.State, job.Error)
					require.LessOrEqual(t, len(srv.Sent()), sent+2) // a private notice also reaches its sender
					_, err := w.store.Claim(t.Context(), time.Now().Add(time.Hour), time.Minute)
					require.ErrorIs(t, err, store.ErrNotFound, "a parked job is not attempted again")
					continue
				}
				require.Equal(t, store.Waiting, job.State, job.Error)
				begun := time.Now()
				job, err := w.store.Claim(t.Context(), begun.Add(time.Hour), time.Minute)
				require.NoError(t, err)
				w.work(t.Context(), job, begun)
				job, err = w.store.Job(t.Context(), job.ID)
				require.NoError(t, err)
				require.Equal(t, store.Done, job.State, job.Error)
			}
		})
	}
}
