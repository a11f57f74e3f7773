package rongcloudtest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func froms(inbox []rongcloudtest.Message) (froms []string) {
	for _, m := range inbox {
		froms = append(froms, m.From)
	}
	return froms
}

func TestPrivateMessages(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	sent, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: "a", To: []string{"b", "c", "b"}, Content: text("hello"), PushContent: "look", IncludeSender: true,
	})
	require.NoError(t, err)
	require.Len(t, sent.Messages, 2)
	uidB, uidC := sent.UIDOf("b"), sent.UIDOf("c")
	require.NotEqual(t, uidB, uidC)
	require.Regexp(t, `^TEST(-[0-9A-F]{4}){3}$`, uidB)

	received := rongcloudtest.Message{
		MessageUID: uidB, From: "a", ConversationType: rongcloud.ConversationPrivate, TargetID: "a",
		ObjectName: "RC:TxtMsg", Body: `{"content":"hello"}`, PushContent: "look", SentAt: started,
	}
	require.Equal(t, []rongcloudtest.Message{received}, srv.User("b").Inbox())

	content, err := received.Content()
	require.NoError(t, err)
	require.Equal(t, text("hello"), content)

	own := received
	own.OwnCopy, own.TargetID = true, "b"
	require.Len(t, srv.User("a").Inbox(), 2)
	require.Equal(t, own, srv.User("a").Inbox()[0])

	all := srv.Sent()
	require.Len(t, all, 2)
	require.Equal(t, []string{"c"}, all[1].RecipientIDs)
	require.Equal(t, "c", all[1].TargetID)
	require.Equal(t, "1", all[1].Params.Get("isIncludeSender"))
	require.Empty(t, srv.User("nobody").Inbox())
}

func TestBlacklistHoldsBackOnlyIfAsked(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	call(t, client, "/user/blacklist/add.json", form("userId", "b", "blackUserId", "a"))
	send := func(from, to string, verify bool) {
		sent, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
			From: from, To: []string{to}, Content: text("hello"), VerifyBlacklist: verify,
		})
		require.NoError(t, err)
		require.NotEmpty(t, sent.UIDOf(to), "accepted in any case")
	}
	send("a", "b", false)
	require.Len(t, srv.User("b").Inbox(), 1)
	send("a", "b", true)
	require.Len(t, srv.User("b").Inbox(), 1, "held back")
	require.Empty(t, srv.Sent()[1].RecipientIDs)
	send("b", "a", true)
	require.Len(t, srv.User("a").Inbox(), 1, "a blacklist works one way")
	send("c", "b", true)
	require.Equal(t, []string{"a", "c"}, froms(srv.User("b").Inbox()))

	// With the whitelist service, the blacklist has no effect, and senders who are not listed are
	// held back.
	call(t, client, "/user/whitesetting/set.json", form("userId", "b", "whiteSetting", "1"))
	call(t, client, "/user/whitelist/add.json", form("userId", "b", "whiteUserId", "a"))
	send("a", "b", true)
	send("c", "b", true)
	send("d", "b", false)
	require.Equal(t, []string{"a", "c", "a", "d"}, froms(srv.User("b").Inbox()))
}

func TestGroupMessages(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.AddGroup("g", "a", "b", "c")
	srv.AddGroup("g", "b", "d")
	srv.AddGroup("h", "d")
	sent, err := client.Message.SendGroup(context.Background(), rongcloud.GroupMessage{From: "a", To: []string{"g", "h", "none"}, Content: text("hi")})
	require.NoError(t, err)
	require.Len(t, sent.Messages, 3)
	require.Empty(t, srv.User("a").Inbox())
	require.Len(t, srv.User("b").Inbox(), 1)
	require.Len(t, srv.User("d").Inbox(), 2)
	require.Equal(t, rongcloud.ConversationGroup, srv.User("b").Inbox()[0].ConversationType)
	require.Equal(t, "g", srv.User("b").Inbox()[0].TargetID)
	require.Equal(t, sent.UIDOf("g"), srv.User("b").Inbox()[0].MessageUID)

	_, err = client.Message.SendGroup(context.Background(), rongcloud.GroupMessage{
		From: "a", To: []string{"g"}, ToUserIDs: []string{"c", "stranger"}, Content: text("psst"), IncludeSender: true,
	})
	require.NoError(t, err)
	require.Len(t, srv.User("b").Inbox(), 1)
	require.Len(t, srv.User("c").Inbox(), 2)
	require.Empty(t, srv.User("stranger").Inbox())
	require.True(t, srv.User("a").Inbox()[0].OwnCopy)
}

func TestMentionNeedsItsInfoInStrictMode(t *testing.T) {
	t.Parallel()
	_, client := pair(t, rongcloudtest.WithStrict())
	e := refused(t, client, "/message/group/publish.json",
		form("fromUserId", "a", "toGroupId", "g", "objectName", "app:x", "content", "{}", "isMentioned", "1"))
	require.Contains(t, e.Message, "mentionedInfo")
}

func TestSystemAndChatroomMessages(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	_, err := client.Message.SendSystem(context.Background(), rongcloud.SystemMessage{From: "sys", To: []string{"a"}, Content: text("hi")})
	require.NoError(t, err)
	require.Equal(t, rongcloud.ConversationSystem, srv.User("a").Inbox()[0].ConversationType)
	require.Equal(t, "sys", srv.User("a").Inbox()[0].TargetID)

	srv.JoinChatroom("r", "a", "b")
	rooms, err := client.Message.SendChatroom(context.Background(), rongcloud.ChatroomMessage{From: "b", To: []string{"r"}, Content: text("hi")})
	require.NoError(t, err)
	require.Len(t, rooms.Messages, 1)
	require.Equal(t, rongcloud.ConversationChatroom, srv.User("a").Inbox()[1].ConversationType)
	require.Equal(t, "r", srv.User("a").Inbox()[1].TargetID)
	require.Empty(t, srv.User("b").Inbox())
}

func TestRecall(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		var opts []rongcloudtest.Option
		if strict {
			opts = append(opts, rongcloudtest.WithStrict())
		}
		srv, client := pair(t, opts...)
		sent, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
			From: "a", To: []string{"b", "c"}, Content: text("oops"), IncludeSender: true,
		})
		require.NoError(t, err)
		sendPrivate(t, client, "a", "b")
		recall := rongcloud.RecallParams{
			From: "a", ConversationType: rongcloud.ConversationPrivate, TargetID: "b",
			MessageUID: sent.UIDOf("b"), SentAt: srv.Sent()[0].SentAt,
		}
		require.NoError(t, client.Message.Recall(context.Background(), recall))
		require.Len(t, srv.User("b").Inbox(), 1)
		require.Len(t, srv.User("a").Inbox(), 1, "the sender's copy goes, too")
		require.Len(t, srv.User("c").Inbox(), 1)
		require.True(t, srv.Sent()[0].Recalled)

		recall.MessageUID = sent.UIDOf("c") // belongs to the other conversation
		err = client.Message.Recall(context.Background(), recall)
		require.Len(t, srv.User("c").Inbox(), 1)
		if strict {
			require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	srv, client := pair(t, rongcloudtest.WithHistory(3))
	var uids []string
	for range 5 {
		uids = append(uids, sendPrivate(t, client, "a", "b").UIDOf("b"))
	}
	require.Len(t, srv.Requests(), 3)
	require.Len(t, srv.Sent(), 3)
	inbox := srv.User("b").Inbox()
	require.Len(t, inbox, 3)
	for i, m := range inbox {
		require.Equal(t, uids[i+2], m.MessageUID)
	}
	recall := func(uid string) {
		call(t, client, "/message/recall.json",
			form("fromUserId", "a", "conversationType", "1", "targetId", "b", "messageUID", uid, "sentTime", "1"))
	}
	recall(uids[0])
	recall(uids[3])
	sendPrivate(t, client, "a", "b")
	sendPrivate(t, client, "a", "b")
	require.Len(t, srv.User("b").Inbox(), 3)
}
