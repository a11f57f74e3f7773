package rongcloudtest_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func hello(more ...string) []string {
	return append([]string{"fromUserId", "sys", "objectName", "RC:TxtMsg", "content", `{"content":"hello"}`}, more...)
}

func TestBroadcast(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	register(t, client, "a", "b", "gone")
	call(t, client, "/user/deactivate.json", form("userId", "gone"))
	// known, but not registered
	call(t, client, "/user/blacklist/add.json", form("userId", "stranger", "blackUserId", "x"))
	uid := call(t, client, "/message/broadcast.json", form(hello("pushContent", "look")...))["messageUID"].(string)
	for _, id := range []string{"a", "b"} {
		inbox := srv.User(id).Inbox()
		require.Len(t, inbox, 1)
		require.Equal(t, uid, inbox[0].MessageUID)
		require.Equal(t, rongcloud.ConversationSystem, inbox[0].ConversationType)
		require.Equal(t, "sys", inbox[0].TargetID)
	}
	require.Empty(t, srv.User("gone").Inbox())
	require.Empty(t, srv.User("stranger").Inbox())
	require.Equal(t, []string{"a", "b"}, srv.Sent()[0].RecipientIDs)

	require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/message/broadcast/recall.json", form("fromUserId", "other", "messageUID", uid)).Code)
	require.Len(t, srv.User("a").Inbox(), 1)
	require.Empty(t, call(t, client, "/message/broadcast/recall.json", form("fromUserId", "sys", "messageUID", uid, "isAdmin", "1")))
	require.Empty(t, srv.User("a").Inbox())
	require.True(t, srv.Sent()[0].Recalled)

	srv.User("a").AddDevice(rongcloudtest.Device{Platform: "ios", PackageName: "app"})
	call(t, client, "/message/broadcast.json", form(hello("os", "Android")...))
	require.Equal(t, []string{"b"}, srv.Sent()[1].RecipientIDs)
}

func TestOnlineBroadcast(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	register(t, client, "a", "b", "c")
	require.NoError(t, srv.User("a").Connect())
	uid := call(t, client, "/message/online/broadcast.json", form(hello()...))["messageUID"].(string)
	require.Len(t, srv.User("a").Inbox(), 1)
	require.Empty(t, srv.User("b").Inbox())

	srv.Advance(9 * time.Minute)
	require.NoError(t, srv.User("b").Connect())
	require.Len(t, srv.User("b").Inbox(), 1, "coming online within 10 minutes")
	srv.User("a").Disconnect()
	require.NoError(t, srv.User("a").Connect())
	require.Len(t, srv.User("a").Inbox(), 1, "once only")
	srv.Advance(time.Minute)
	require.NoError(t, srv.User("c").Connect())
	require.Empty(t, srv.User("c").Inbox(), "too late")

	call(t, client, "/message/broadcast/recall.json", form("fromUserId", "sys", "messageUID", uid))
	require.Len(t, srv.User("a").Inbox(), 1, "cannot be recalled")
}

func TestChatroomBroadcast(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.JoinChatroom("r1", "a", "sys")
	srv.JoinChatroom("r2", "a", "b")
	require.Empty(t, call(t, client, "/message/chatroom/broadcast.json", form(hello()...)))
	require.Len(t, srv.User("a").Inbox(), 2)
	require.Len(t, srv.User("b").Inbox(), 1)
	require.Empty(t, srv.User("sys").Inbox())
	require.Empty(t, query(t, client, "chatroom", "a", "r1", nil), "never stored")
}

func TestStatusMessages(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	register(t, client, "a", "b", "c")
	srv.AddGroup("g", "a", "b", "c")
	require.NoError(t, srv.User("b").Connect())
	sendAny(t, client, "/statusmessage/private/publish.json", "fromUserId", "a", "toUserId", "b", "toUserId", "c", "isIncludeSender", "1")
	sendAny(t, client, "/statusmessage/group/publish.json", "fromUserId", "a", "toGroupId", "g")
	require.Len(t, srv.User("b").Inbox(), 2)
	require.Empty(t, srv.User("c").Inbox(), "offline")
	require.Empty(t, srv.User("a").Inbox(), "the sender is offline, too")
	require.Empty(t, query(t, client, "private", "b", "a", nil))
	require.Empty(t, query(t, client, "group", "b", "g", nil))

	require.NoError(t, srv.User("a").Connect())
	call(t, client, "/user/blacklist/add.json", form("userId", "b", "blackUserId", "a"))
	sendAny(t, client, "/statusmessage/private/publish.json", "fromUserId", "a", "toUserId", "b", "isIncludeSender", "1", "verifyBlacklist", "1")
	require.Len(t, srv.User("b").Inbox(), 2)
	require.True(t, srv.User("a").Inbox()[0].OwnCopy)
}

func TestUltraGroupMessages(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	srv.AddUltraGroup("u", "a", "b", "c")
	send := func(more object) object {
		request := object{"fromUserId": "a", "toGroupIds": []string{"u"}, "objectName": "RC:TxtMsg", "content": `{"content":"hello"}`}
		maps.Copy(request, more)
		return call(t, client, "/message/ultragroup/publish.json", request)
	}
	answer := send(object{"toGroupIds": []string{"u", "none"}})
	require.Len(t, answer["messageUIDs"], 2)
	require.Equal(t, "u", answer["messageUIDs"].([]any)[0].(object)["groupId"])
	got := srv.User("b").Inbox()[0]
	require.Equal(t, rongcloud.ConversationUltraGroup, got.ConversationType)
	require.Equal(t, []string{"u", "RCDefault"}, []string{got.TargetID, got.ChannelID})
	require.Empty(t, got.ToUserIDs)
	require.True(t, srv.User("a").Inbox()[0].OwnCopy)
	send(object{"toUserIds": []string{"c"}})
	require.Len(t, srv.User("b").Inbox(), 1)
	require.Len(t, srv.User("c").Inbox(), 2)
	require.Equal(t, []string{"c"}, srv.User("c").Inbox()[1].ToUserIDs)
	e := refused(t, client, "/message/ultragroup/publish.json", object{"fromUserId": "a", "toGroupIds": []string{"u", "v"}, "toUserIds": []string{"c"},
		"objectName": "RC:TxtMsg", "content": "{}"})
	require.Equal(t, rongcloud.CodeInvalidParameter, e.Code)
}
