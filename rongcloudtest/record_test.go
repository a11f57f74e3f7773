package rongcloudtest_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestBodiesAreRecorded(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	call(t, client, "/user/getToken.json", form("userId", "u1", "name", "Ann & Ben"))
	post(t, srv, "/nowhere?a=%20b", "as it came", http.Header{})
	srv.Fail(nil, rongcloudtest.Fault{Status: http.StatusBadGateway})
	require.Error(t, client.Call(t.Context(), endpoint.UserInfo, form("userId", "u1"), nil))
	srv.Fail(nil, rongcloudtest.Fault{CutResponse: true})
	require.Error(t, client.Call(t.Context(), endpoint.UserBlockQuery, form(), nil))
	srv.Fail(nil, rongcloudtest.Fault{DropResponse: true})
	require.Error(t, client.Call(t.Context(), endpoint.MessagePrivatePublish,
		form("fromUserId", "u1", "toUserId", "u2", "objectName", "app:x", "content", "y"), nil))

	all := srv.Requests()
	require.Equal(t, "name=Ann+%26+Ben&userId=u1", string(all[0].Body))
	require.JSONEq(t, `{"code":200,"userId":"u1","token":"test-token-1-u1"}`, string(all[0].Response))
	require.Equal(t, "application/json; charset=UTF-8", all[0].MediaType)
	require.Equal(t, "a=%20b", all[1].Query)
	require.Equal(t, "as it came", string(all[1].Body))
	require.Contains(t, string(all[2].Response), "502 Bad Gateway")
	require.Equal(t, "text/html; charset=utf-8", all[2].MediaType)
	require.JSONEq(t, `{"code":200,"users":[]}`, string(all[3].Response), "whole, though half of it was sent")
	require.Empty(t, all[4].Response, "nothing was sent")

	require.Len(t, all[4].MessageUIDs, 1, "carried out all the same")
	sent, kept := srv.Message(all[4].MessageUIDs[0])
	require.True(t, kept)
	require.Equal(t, "u2", sent.TargetID)
	require.Equal(t, all[4].Number, sent.Request)
	require.Empty(t, all[0].MessageUIDs)
	_, kept = srv.Message("none")
	require.False(t, kept)
}

func TestMissedMessages(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithSensitiveFilter())
	for _, id := range []string{"ann", "ben", "cid"} {
		call(t, client, "/user/getToken.json", form("userId", id, "name", id))
	}
	srv.AddGroup("team", "ann", "ben", "cid")
	call(t, client, "/user/blacklist/add.json", form("userId", "ben", "blackUserId", "ann"))
	for _, c := range []struct {
		path, target, to string
		more             []string
		want             []rongcloudtest.Missed
	}{
		{path: "/message/private/publish.json", target: "toUserId", to: "ben", more: []string{"verifyBlacklist", "1"}, want: []rongcloudtest.Missed{
			{UserID: "ben", Reason: "the user's blacklist or whitelist keeps the sender out"},
		}},
		{
			path: "/message/group/publish.json", target: "toGroupId", to: "none", more: nil,
			want: []rongcloudtest.Missed{{Reason: "there is no such group"}},
		},
		{path: "/message/group/publish.json", target: "toGroupId", to: "team", more: []string{"toUserId", "ben"}, want: []rongcloudtest.Missed{
			{UserID: "cid", Reason: "the message is for chosen members only"},
		}},
		{path: "/message/group/publish.json", target: "toGroupId", to: "team", more: []string{"toUserId", "dan"}, want: []rongcloudtest.Missed{
			{UserID: "ben", Reason: "the message is for chosen members only"},
			{UserID: "cid", Reason: "the message is for chosen members only"},
			{UserID: "dan", Reason: "the user is not a member"},
		}},
		{
			path: "/message/chatroom/publish.json", target: "toChatroomId", to: "none", more: nil,
			want: []rongcloudtest.Missed{{Reason: "there is no such chat room"}},
		},
		{path: "/statusmessage/private/publish.json", target: "toUserId", to: "ben", more: nil, want: []rongcloudtest.Missed{
			{UserID: "ben", Reason: "the user is offline, and status messages wait for nobody"},
		}},
		{path: "/message/private/publish.json", target: "toUserId", to: "ben", more: nil, want: nil},
	} {
		params := form(append([]string{"fromUserId", "ann", c.target, c.to, "objectName", "app:x", "content", "y"}, c.more...)...)
		call(t, client, c.path, params)
		all := srv.Sent()
		require.Equal(t, c.want, all[len(all)-1].Missed, "%s %v", c.path, params)
	}
}

func TestMissedMessagesOfUltraGroups(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddUltraGroup("city", "ann", "ben")
	call(t, client, "/ultragroup/channel/create.json", form("groupId", "city", "busChannel", "closed", "type", "1"))
	for channel, want := range map[string]rongcloudtest.Missed{
		"none":   {Reason: "there is no such ultra group, or it has no such channel"},
		"closed": {UserID: "ben", Reason: "the user does not read the private channel"},
	} {
		call(t, client, "/message/ultragroup/publish.json", object{
			"fromUserId": "ann", "toGroupIds": []string{"city"}, "busChannel": channel, "objectName": "app:x", "content": "y",
		})
		all := srv.Sent()
		require.Equal(t, []rongcloudtest.Missed{want}, all[len(all)-1].Missed)
	}
}

// The reasons for one target are not carried over to the next.
func TestMissedMessagesOfSeveralTargets(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddGroup("team", "ben")
	call(t, client, "/message/group/publish.json", form("fromUserId", "ann", "toGroupId", "none", "toGroupId", "team", "objectName", "app:x", "content", "y"))
	all := srv.Sent()
	require.Equal(t, []rongcloudtest.Missed{{Reason: "there is no such group"}}, all[0].Missed)
	require.Empty(t, all[1].Missed)
}

func TestRequestsOfMessagesAndCallbacks(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddWebhook(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "thank you")
	}), rongcloudtest.WithServerMessages())
	call(t, client, "/user/block/query.json", form())
	call(t, client, "/message/private/publish.json", form("fromUserId", "ann", "toUserId", "ben", "objectName", "app:x", "content", "y",
		"expansion", "true", "extraContent", `{"type":"3"}`))
	call(t, client, "/user/getToken.json", form("userId", "ann", "name", "Ann"))
	require.NoError(t, srv.User("ann").Connect())
	_, err := srv.User("ann").SendPrivate("ben", rongcloud.TextMessage{Content: "hello"})
	require.NoError(t, err)

	sent, callbacks := srv.Sent(), srv.Callbacks()
	require.Equal(t, 2, sent[0].Request)
	require.Equal(t, map[string]string{"type": "3"}, sent[0].Expansion)
	require.Zero(t, sent[1].Request, "an app sent it")
	require.Equal(t, 2, callbacks[0].Request)
	require.Equal(t, "thank you", string(callbacks[0].Response))
	require.Zero(t, callbacks[1].Request, "an app went online")
}
