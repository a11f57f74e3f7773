package rongcloudtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestConversationSettings(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	attributes := func() object {
		return call(t, client, "/conversation/attribute/get.json", form("userId", "a", "targetId", "b", "conversationType", "1"))["data"].(object)
	}
	require.Equal(t, object{"targetId": "b", "conversationType": 1.0, "tags": []any{}}, attributes())

	srv.Advance(time.Second)
	call(t, client, "/conversation/top/set.json", form("userId", "a", "conversationType", "1", "targetId", "b", "setTop", "true"))
	require.Equal(t, object{"top": true, "topTime": float64(started.UnixMilli() + 1000)}, attributes()["top"])
	call(t, client, "/conversation/top/set.json", form("userId", "a", "conversationType", "1", "targetId", "b", "setTop", "false"))
	require.Equal(t, false, attributes()["top"].(object)["top"])

	level := func(pairs ...string) any {
		return call(t, client, "/conversation/notification/get.json", form(append([]string{"requestId", "a"}, pairs...)...))["isMuted"]
	}
	set := func(pairs ...string) {
		call(t, client, "/conversation/notification/set.json", form(append([]string{"requestId", "a"}, pairs...)...))
	}
	require.EqualValues(t, 0, level("conversationType", "1", "targetId", "b"))
	set("conversationType", "1", "targetId", "b", "unpushLevel", "-1", "isMuted", "1")
	set("conversationType", "10", "targetId", "u", "busChannel", "news", "unpushLevel", "4")
	set("conversationType", "3", "targetId", "g", "isMuted", "1")
	require.EqualValues(t, -1, level("conversationType", "1", "targetId", "b"), "unpushLevel wins")
	require.EqualValues(t, 4, level("conversationType", "10", "targetId", "u", "busChannel", "news"))
	require.EqualValues(t, 0, level("conversationType", "10", "targetId", "u"))
	require.EqualValues(t, 1, level("conversationType", "3", "targetId", "g"))
	require.Equal(t, object{"mute": -1.0}, attributes()["mute"])
	require.Equal(t, rongcloud.CodeInvalidParameter,
		refused(t, client, "/conversation/notification/set.json", form("requestId", "a", "conversationType", "1", "targetId", "b")).Code)

	kind := func() any {
		return call(t, client, "/conversation/type/notification/get.json", form("requestId", "a", "conversationType", "1"))["isMuted"]
	}
	require.EqualValues(t, 0, kind())
	call(t, client, "/conversation/type/notification/set.json", form("requestId", "a", "conversationType", "1", "unpushLevel", "5"))
	require.EqualValues(t, 5, kind())
	require.EqualValues(t, -1, level("conversationType", "1", "targetId", "b"), "a conversation has its own")
}

func TestConversationTags(t *testing.T) {
	t.Parallel()
	_, client := stopped(t, rongcloudtest.WithStrict())
	set := func(tags ...object) {
		call(t, client, "/user/conversation/tag/set.json", object{"userId": "a", "tags": tags})
	}
	set(object{"tagId": "t1", "tagName": "Work"}, object{"tagId": "t2", "tagName": "Home"})
	set(object{"tagId": "t1", "tagName": "Office"})
	created := float64(started.UnixMilli())
	tags := func(user string) any {
		return call(t, client, "/user/conversation/tag/get.json", form("userId", user))["data"]
	}
	require.Equal(t, object{"userId": "a", "tags": []any{
		object{"tagId": "t1", "tagName": "Office", "createTime": created}, object{"tagId": "t2", "tagName": "Home", "createTime": created},
	}}, tags("a"))
	require.Equal(t, object{"userId": "b", "tags": []any{}}, tags("b"))

	put := func(path, tag string, conversations ...object) {
		call(t, client, path, object{"userId": "a", "tagId": tag, "conversations": conversations})
	}
	one, two := object{"targetId": "b", "conversationType": 1.0}, object{"targetId": "g", "conversationType": 3.0}
	under := func(tag string) any {
		return call(t, client, "/tag/conversation/get.json", form("userId", "a", "tagId", tag))["data"]
	}
	put("/tag/conversation/set.json", "t1", one, two)
	put("/tag/conversation/set.json", "t1", one)
	put("/tag/conversation/set.json", "t2", one)
	require.Equal(t, object{"tagId": "t1", "conversations": []any{one, two}}, under("t1"))
	attributes := call(t, client, "/conversation/attribute/get.json", form("userId", "a", "targetId", "b", "conversationType", "1"))["data"].(object)
	require.Equal(t, []any{object{"tagId": "t1", "tagName": "Office"}, object{"tagId": "t2", "tagName": "Home"}}, attributes["tags"])

	put("/tag/conversation/del.json", "t1", one)
	put("/tag/conversation/del.json", "none", one)
	require.Equal(t, object{"tagId": "t1", "conversations": []any{two}}, under("t1"))
	call(t, client, "/user/conversation/tag/del.json", object{"userId": "a", "tagIds": []string{"t1", "none"}})
	require.Len(t, tags("a").(object)["tags"], 1)
	require.Equal(t, object{"tagId": "t1", "conversations": []any{}}, under("t1"))

	wrong := func(path string, request object) rongcloud.Code {
		request["userId"] = "a"
		return refused(t, client, path, request).Code
	}
	require.EqualValues(t, 1002, wrong("/tag/conversation/set.json", object{"tagId": "none", "conversations": []object{one}}))
	require.EqualValues(t, 1002, wrong("/tag/conversation/set.json", object{"tagId": "t2", "conversations": []object{{"targetId": "r", "conversationType": 4}}}))
	require.EqualValues(t, 1002, wrong("/user/conversation/tag/set.json", object{"tags": []object{{"tagId": "t3"}}}))
	require.EqualValues(t, 1005, wrong("/user/conversation/tag/set.json", object{"tags": []object{{"tagId": "01234567890", "tagName": "x"}}}))
	var many []object
	for _, id := range ids(20) {
		many = append(many, object{"tagId": id, "tagName": "x"})
	}
	require.EqualValues(t, 1002, wrong("/user/conversation/tag/set.json", object{"tags": many}))
	set(many[:19]...)
}

func TestTagHoldsTheNewestConversations(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	call(t, client, "/user/conversation/tag/set.json", object{"userId": "a", "tags": []object{{"tagId": "t", "tagName": "T"}}})
	all := ids(1001)
	for len(all) > 0 {
		var part []object
		for _, id := range all[:min(100, len(all))] {
			part = append(part, object{"targetId": id, "conversationType": 1})
		}
		all = all[len(part):]
		call(t, client, "/tag/conversation/set.json", object{"userId": "a", "tagId": "t", "conversations": part})
	}
	kept := call(t, client, "/tag/conversation/get.json", form("userId", "a", "tagId", "t"))["data"].(object)["conversations"].([]any)
	require.Len(t, kept, 1000)
	require.Equal(t, "u1", kept[0].(object)["targetId"])
}
