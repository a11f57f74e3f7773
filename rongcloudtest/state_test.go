package rongcloudtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestState(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	empty := rongcloudtest.State{
		TakenAt: started, Users: []rongcloudtest.UserState{},
		Groups: []rongcloudtest.GroupState{}, Chatrooms: []rongcloudtest.GroupState{}, UltraGroups: []rongcloudtest.GroupState{},
	}
	require.Equal(t, empty, srv.State())

	register(t, client, "u1")
	require.NoError(t, srv.User("u1").Connect())
	require.NoError(t, send(client)) // a to b
	require.NoError(t, client.User.Block.Add(t.Context(), rongcloud.UserBlockParams{UserIDs: []string{"x"}, Duration: time.Hour}))
	srv.AddGroup("g", "u1", "b")
	srv.JoinChatroom("r", "b")
	srv.AddUltraGroup("ug", "u1")
	srv.AddUltraGroupChannels("ug", "news")
	state := srv.State()
	require.Equal(t, []rongcloudtest.UserState{
		{ID: "b", InboxCount: 1},
		{ID: "u1", Name: "Name of u1", Registered: true, Online: true},
		{ID: "x", Blocked: true},
	}, state.Users)
	require.Equal(t, []rongcloudtest.GroupState{{ID: "g", MemberIDs: []string{"u1", "b"}}}, state.Groups)
	require.Equal(t, []rongcloudtest.GroupState{{ID: "r", MemberIDs: []string{"b"}}}, state.Chatrooms)
	require.Equal(t, []rongcloudtest.GroupState{{ID: "ug", MemberIDs: []string{"u1"}, ChannelIDs: []string{"RCDefault", "news"}}}, state.UltraGroups)

	srv.Fail(nil, rongcloudtest.Fault{})
	srv.Advance(time.Hour)
	srv.Reset()
	require.Equal(t, empty, srv.State())
	require.Empty(t, srv.Sent())
	require.Empty(t, srv.Requests())
	require.NoError(t, send(client), "the fault is forgotten")
	require.Equal(t, 4, srv.Requests()[0].Number)
}
