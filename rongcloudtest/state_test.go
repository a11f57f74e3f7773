package rongcloudtest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

func TestState(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	empty := rongcloudtest.State{
		TakenAt: started, Users: []rongcloudtest.UserState{},
		Groups: []rongcloudtest.GroupState{}, Chatrooms: []rongcloudtest.GroupState{}, RTCRooms: []rongcloudtest.RTCRoomState{}, UltraGroups: []rongcloudtest.GroupState{},
		SensitiveWords: []rongcloudtest.SensitiveWordState{},
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
		{ID: "u1", Name: "Name of u1", Registered: true, Online: true, Platforms: []webhook.Platform{webhook.PlatformAndroid}},
		{ID: "x", Blocked: true, BlockedUntil: started.Add(time.Hour)},
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

func TestStateOfRules(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	for path, params := range map[string]url.Values{
		"/user/blacklist/add.json":    form("userId", "ann", "blackUserId", "ben"),
		"/user/whitelist/add.json":    form("userId", "ann", "whiteUserId", "cid"),
		"/user/whitesetting/set.json": form("userId", "ann", "whiteSetting", "1"),
		"/user/chat/fb/set.json":      form("userId", "ann", "state", "1", "type", "PERSON"),
		"/group/create.json":          form("userId", "ann", "groupId", "g", "groupName", "G"),
		"/group/user/gag/add.json":    form("userId", "ann", "groupId", "g", "minute", "1"),
		"/group/ban/add.json":         form("groupId", "g"),
		"/sensitiveword/add.json":     form("word", "bad", "replaceWord", "***"),
		"/user/getToken.json":         form("userId", "ann", "name", "Ann", "portraitUri", "https://example.com/ann.png"),
	} {
		call(t, client, path, params)
	}
	srv.JoinChatroom("r", "ann", "ben")
	call(t, client, "/chatroom/entry/set.json", form("chatroomId", "r", "userId", "ann", "key", "k", "value", "v"))
	call(t, client, "/chatroom/user/gag/add.json", form("chatroomId", "r", "userId", "ben", "minute", "1"))
	call(t, client, "/chatroom/user/block/add.json", form("chatroomId", "r", "userId", "cid", "minute", "2"))
	call(t, client, "/chatroom/ban/add.json", form("chatroomId", "r"))
	state := srv.State()
	require.Equal(t, rongcloudtest.UserState{
		ID: "ann", Name: "Ann", Registered: true, PortraitURL: "https://example.com/ann.png", Muted: true,
		BlacklistIDs: []string{"ben"}, WhitelistIDs: []string{"cid"}, UsesWhitelist: true,
	}, state.Users[0])
	require.Equal(t, []rongcloudtest.GroupState{{ID: "g", Name: "G", MemberIDs: []string{"ann"}, MutedIDs: []string{"ann"}, AllMuted: true}}, state.Groups)
	require.Equal(t, []rongcloudtest.GroupState{{
		ID: "r", MemberIDs: []string{"ann", "ben"}, MutedIDs: []string{"ben"}, AllMuted: true, BlockedIDs: []string{"cid"},
		Entries: []rongcloudtest.EntryState{{Key: "k", Value: "v", OwnerID: "ann"}},
	}}, state.Chatrooms)
	require.Equal(t, []rongcloudtest.SensitiveWordState{{Word: "bad", Replacement: "***", WorksAt: started.Add(15 * time.Minute)}}, state.SensitiveWords)

	srv.Advance(time.Minute)
	require.Empty(t, srv.State().Groups[0].MutedIDs, "the mute has ended")
}

func TestFaultsByNumber(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.Fail(nil, rongcloudtest.Fault{Where: map[string]string{"userId": "ann"}, Times: -1})
	srv.Fail(nil, rongcloudtest.Fault{Where: map[string]string{"userId": "ben"}, Times: -1})
	refused(t, client, "/user/getToken.json", form("userId", "ben", "name", "Ben"))
	call(t, client, "/user/getToken.json", form("userId", "cid", "name", "Cid"))
	srv.ClearFaults(2, 7)
	call(t, client, "/user/getToken.json", form("userId", "ben", "name", "Ben"))
	require.Len(t, srv.Faults(), 1)
	require.Equal(t, 1, srv.Faults()[0].Number)
	srv.ClearFaults()
	require.Empty(t, srv.Faults())
}
