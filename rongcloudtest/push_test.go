package rongcloudtest_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// tagged returns a server with users a to e and their tags.
func tagged(t *testing.T, opts ...rongcloudtest.Option) (*rongcloudtest.Server, *rongcloud.Client) {
	t.Helper()
	srv, client := stopped(t, opts...)
	register(t, client, "a", "b", "c", "d", "e")
	for user, tags := range map[string][]string{"a": {"x", "y"}, "b": {"x"}, "c": {"y", "z"}, "d": {"z"}} {
		call(t, client, "/user/tag/set.json", object{"userId": user, "tags": tags})
	}
	return srv, client
}

func pushed(srv *rongcloudtest.Server) []string {
	all := srv.Pushes()
	return all[len(all)-1].UserIDs
}

func TestPushAudience(t *testing.T) {
	t.Parallel()
	srv, client := tagged(t, rongcloudtest.WithStrict())
	srv.User("a").AddDevice(rongcloudtest.Device{Platform: "ios", PackageName: "app.one"})
	srv.User("b").AddDevice(rongcloudtest.Device{Platform: "Android", PackageName: "app.one"})
	srv.User("c").AddDevice(rongcloudtest.Device{Platform: "android", PackageName: "app.two"})
	item := func(tags []string, not bool, inner, outer string) object {
		return object{"tags": tags, "isNot": not, "tagsOperator": inner, "itemsOperator": outer}
	}
	both, android := []string{"ios", "android"}, []string{"android"}
	for i, c := range []struct {
		path     string
		platform []string
		audience object
		users    []string
	}{
		{
			path: "/push.json", platform: both, audience: object{"is_to_all": true, "tag": []string{"x"}},
			users: []string{"a", "b", "c", "d", "e"},
		},
		{path: "/push.json", platform: android, audience: object{"is_to_all": true}, users: []string{"b", "c", "d", "e"}},
		{path: "/push.json", platform: both, audience: object{"is_to_all": false, "tag": []string{"x", "y"}}, users: []string{"a"}},
		{
			path: "/push.json", platform: both, audience: object{"is_to_all": false, "tag_or": []string{"x", "y"}},
			users: []string{"a", "b", "c"},
		},
		{
			path: "/push.json", platform: both,
			audience: object{"is_to_all": false, "tag": []string{"y"}, "tag_or": []string{"x", "z"}}, users: []string{"a", "c"},
		},
		{path: "/push.json", platform: android, audience: object{"is_to_all": false, "tag": []string{"x"}}, users: []string{"b"}},
		{
			path: "/push.json", platform: android,
			audience: object{"is_to_all": false, "userid": []string{"a", "nobody"}, "tag": []string{"z"}}, users: []string{"a"},
		},
		{
			path: "/push.json", platform: both,
			audience: object{"is_to_all": false, "packageName": "app.one", "tag_or": []string{"x", "y"}}, users: []string{"a", "b"},
		},
		{path: "/push/custom.json", platform: both, audience: object{"is_to_all": false, "tag": []string{"z"}}, users: []string{"c", "d"}},
		{path: "/push/custom.json", platform: both, audience: object{"is_to_all": false, "tag": []string{"q"}, "tagItems": []object{
			item([]string{"x", "z"}, true, "OR", ""), item([]string{"x", "y"}, false, "AND", "OR"),
		}}, users: []string{"a", "e"}},
		{path: "/push/custom.json", platform: both, audience: object{"is_to_all": false, "tagItems": []object{
			item([]string{"x", "z"}, false, "OR", "AND"), item([]string{"y"}, true, "AND", "AND"),
		}}, users: []string{"b", "d"}},
		{path: "/push/custom.json", platform: both, audience: object{"is_to_all": false, "tag": []string{"q"}}, users: nil},
	} {
		answer := call(t, client, c.path, object{"platform": c.platform, "audience": c.audience, "notification": object{"alert": "hi", "title": "T"}})
		require.Equal(t, object{"id": "test-push-" + strconv.Itoa(i+1)}, answer)
		require.Equal(t, c.users, pushed(srv), "%d: %v", i, c.audience)
	}
	first := srv.Pushes()[0]
	require.Equal(t, endpoint.Push, first.Endpoint)
	require.Equal(t, "hi", first.Text)
	require.Equal(t, "T", first.Title)
	require.Equal(t, started, first.SentAt)
	require.Equal(t, both, first.Platforms)
	require.Empty(t, srv.User("a").Inbox(), "a push stores nothing")
	require.Empty(t, srv.Sent())
}

func TestPushUser(t *testing.T) {
	t.Parallel()
	srv, client := tagged(t, rongcloudtest.WithStrict())
	answer := call(t, client, "/push/user.json", object{
		"userIds": []string{"c", "a", "nobody"}, "notification": object{"title": "T", "pushContent": "hi", "ios": object{"badge": 1}},
	})
	require.Equal(t, object{"id": "test-push-1"}, answer)
	require.Equal(t, []string{"a", "c"}, pushed(srv))
	require.Equal(t, "hi", srv.Pushes()[0].Text)
	require.JSONEq(t, `{"title":"T","pushContent":"hi","ios":{"badge":1}}`, srv.Pushes()[0].Params.Get("notification"))
	require.Equal(t, rongcloud.CodeInvalidParameter,
		refused(t, client, "/push/user.json", object{"userIds": []string{"a"}, "notification": object{"alert": "hi"}}).Code)
}

func TestPushWithMessage(t *testing.T) {
	t.Parallel()
	srv, client := tagged(t)
	answer := call(t, client, "/push.json", object{
		"platform": []string{"ios"}, "fromuserid": "sys", "audience": object{"is_to_all": false, "tag": []string{"z"}},
		"message":      object{"content": `{"content":"news"}`, "objectName": "RC:TxtMsg"},
		"notification": object{"ios": object{"alert": "i"}, "android": object{"alert": "a"}},
	})
	uid := answer["messageUID"].(string)
	require.Equal(t, uid, srv.Pushes()[0].MessageUID)
	inbox := srv.User("d").Inbox()
	require.Len(t, inbox, 1)
	require.Equal(t, rongcloud.ConversationSystem, inbox[0].ConversationType)
	require.Equal(t, "sys", inbox[0].TargetID)
	require.Equal(t, `{"content":"news"}`, inbox[0].Body)
	require.Empty(t, srv.User("a").Inbox())
	require.Equal(t, []string{"c", "d"}, srv.Sent()[0].RecipientIDs)

	call(t, client, "/message/broadcast/recall.json", form("fromUserId", "sys", "messageUID", uid))
	require.Empty(t, srv.User("d").Inbox())
}

func TestWrongPushes(t *testing.T) {
	t.Parallel()
	srv, client := tagged(t, rongcloudtest.WithStrict())
	all, alert := object{"is_to_all": true}, object{"alert": "hi"}
	message := object{"content": "{}", "objectName": "RC:TxtMsg"}
	for name, request := range map[string]object{
		"selects nobody": {"audience": object{"is_to_all": false}, "notification": alert},
		"is_to_all":      {"audience": object{"tag": []string{"x"}}, "notification": alert},
		"20 tags":        {"audience": object{"is_to_all": false, "tag": ids(21)}, "notification": alert},
		"1000 items":     {"audience": object{"is_to_all": false, "userid": ids(1001)}, "notification": alert},
		"alert":          {"audience": all, "notification": object{"ios": object{"alert": "x"}}},
		"fromuserid":     {"audience": all, "notification": alert, "message": message},
		"objectName":     {"audience": all, "notification": alert, "message": object{"content": "{}"}, "fromuserid": "a"},
		"50 characters":  {"audience": all, "notification": object{"alert": "hi", "title": string(make([]byte, 51))}},
	} {
		request["platform"] = []string{"ios"}
		require.Contains(t, refused(t, client, "/push.json", request).Message, name)
	}
	e := refused(t, client, "/push/custom.json", object{"platform": []string{"ios"}, "notification": alert,
		"audience": object{"is_to_all": false, "tagItems": []object{{"tags": []string{"x"}, "tagsOperator": "XOR"}}}})
	require.Contains(t, e.Message, "tagItems")
	require.Empty(t, srv.Pushes())
	require.Empty(t, srv.Sent())
}
