package rongcloudtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

var started = time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)

// stopped returns a server whose clock is stopped, except for Advance.
func stopped(t *testing.T, opts ...rongcloudtest.Option) (*rongcloudtest.Server, *rongcloud.Client) {
	t.Helper()
	return pair(t, append(opts, rongcloudtest.WithClock(func() time.Time { return started }))...)
}

func TestRegister(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	register(t, client, "u1", "u1")
	require.Equal(t, []string{"test-token-1-u1", "test-token-2-u1"}, srv.User("u1").Tokens())
	require.Equal(t, object{"userName": "Name of u1", "userPortrait": "", "createTime": "2026-11-24 09:02:03"},
		call(t, client, "/user/info.json", form("userId", "u1")))

	_, err := client.User.Register(context.Background(), rongcloud.RegisterParams{UserID: "u1", Name: "Ann", PortraitURL: "http://p"})
	require.NoError(t, err)
	call(t, client, "/user/refresh.json", form("userId", "u1", "name", "Anna", "portraitUri", ""))
	info := call(t, client, "/user/info.json", form("userId", "u1"))
	require.Equal(t, "Anna", info["userName"])
	require.Equal(t, "http://p", info["userPortrait"])

	call(t, client, "/user/refresh.json", form("userId", "u1", "portraitUri", "http://q"))
	require.Equal(t, "http://q", call(t, client, "/user/info.json", form("userId", "u1"))["userPortrait"])

	for _, path := range []string{"/user/info.json", "/user/refresh.json"} {
		e := refused(t, client, path, form("userId", "nobody"))
		require.Equal(t, rongcloud.CodeUserNotFound, e.Code)
		require.Equal(t, 200, e.HTTPStatus)
	}
}

func TestDatesAreInTheRegionsZone(t *testing.T) {
	t.Parallel()
	_, client := stopped(t, rongcloudtest.WithRegion(rongcloud.RegionSingapore))
	register(t, client, "u1")
	require.Equal(t, "2026-11-24 01:02:03", call(t, client, "/user/info.json", form("userId", "u1"))["createTime"])
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	register(t, client, "u1", "u2", "u3")
	srv.Advance(time.Minute)
	register(t, client, "u1")
	before := strconv.FormatInt(started.Add(time.Minute).UnixMilli(), 10)
	call(t, client, "/user/token/expire.json", form("userId", "u1", "userId", "u2", "userId", "unknown", "time", before))
	require.Equal(t, []string{"test-token-4-u1"}, srv.User("u1").Tokens())
	require.Empty(t, srv.User("u2").Tokens())
	require.Len(t, srv.User("u3").Tokens(), 1)
	require.ErrorIs(t, srv.User("u2").Connect(), rongcloudtest.ErrNoToken)
}

func TestDeactivate(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	register(t, client, "u1", "u2", "u3")
	call(t, client, "/user/blacklist/add.json", form("userId", "u1", "blackUserId", "u2"))
	require.Equal(t, object{"operateId": "test-operation-1"},
		call(t, client, "/user/deactivate.json", form("userId", "u2,u1,unknown")))
	require.Equal(t, object{"users": []any{"u2", "u1"}}, call(t, client, "/user/deactivate/query.json", form()))
	require.Equal(t, object{"users": []any{"u1"}},
		call(t, client, "/user/deactivate/query.json", form("pageNo", "2", "pageSize", "1")))
	require.Empty(t, srv.User("u1").Tokens())
	require.Equal(t, rongcloud.CodeUserNotFound, refused(t, client, "/user/info.json", form("userId", "u1")).Code)
	require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/user/getToken.json", form("userId", "u1", "name", "n")).Code)
	sendPrivate(t, client, "u3", "u1")
	require.Empty(t, srv.User("u1").Inbox())

	call(t, client, "/user/reactivate.json", form("userId", "u1")) // accepted, but too early
	require.Equal(t, object{"users": []any{"u2", "u1"}}, call(t, client, "/user/deactivate/query.json", form()))
	srv.Advance(time.Hour)
	require.Equal(t, object{"operateId": "test-operation-3"}, call(t, client, "/user/reactivate.json", form("userId", "u1,u3")))
	require.Equal(t, object{"users": []any{"u2"}}, call(t, client, "/user/deactivate/query.json", form()))
	require.Empty(t, call(t, client, "/user/info.json", form("userId", "u1"))["userName"])
	require.Equal(t, object{"users": []any{}}, call(t, client, "/user/blacklist/query.json", form("userId", "u1")))
	register(t, client, "u1")
}

func TestListAndDeleteUsers(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	register(t, client, "u1", "u2", "u3", "u4", "u5")
	ids := func(answer object) (ids []string) {
		for _, entry := range answer["users"].([]any) {
			ids = append(ids, entry.(object)["userId"].(string))
		}
		return ids
	}
	all := call(t, client, "/user/query.json", form())
	require.EqualValues(t, 5, all["total"])
	require.Equal(t, object{"userId": "u1", "userName": "Name of u1", "userPortrait": "", "regTime": "2026-11-24 09:02:03"}, all["users"].([]any)[0])
	require.Equal(t, []string{"u3", "u4"}, ids(call(t, client, "/user/query.json", form("page", "2", "pageSize", "2"))))
	require.Equal(t, []string{"u5"}, ids(call(t, client, "/user/query.json", form("page", "3", "pageSize", "2"))))
	require.Empty(t, ids(call(t, client, "/user/query.json", form("page", "9223372036854775807", "pageSize", "2"))))
	require.Equal(t, []string{"u5", "u4"}, ids(call(t, client, "/user/query.json", form("pageSize", "2", "order", "1"))))

	call(t, client, "/user/delusers.json", form("userId", "u2", "userId", "u4", "userId", "unknown"))
	require.Equal(t, []string{"u1", "u3", "u5"}, ids(call(t, client, "/user/query.json", form())))
}

func TestOnline(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	register(t, client, "u1")
	status := func(id string) any { return call(t, client, "/user/checkOnline.json", form("userId", id))["status"] }
	require.Equal(t, "0", status("u1"))
	require.NoError(t, srv.User("u1").Connect())
	require.Equal(t, "1", status("u1"))
	require.True(t, srv.User("u1").IsOnline())
	srv.User("u1").Disconnect()
	require.Equal(t, "0", status("u1"))
	require.Equal(t, "0", status("unknown"))
	require.Equal(t, "u1", srv.User("u1").ID())
}

func TestBlock(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	register(t, client, "u1", "u2", "u3")
	require.NoError(t, srv.User("u1").Connect())
	call(t, client, "/user/block.json", form("userId", "u1", "userId", "u2", "minute", "10"))
	call(t, client, "/user/block.json", form("userId", "u3", "minute", "20"))
	require.False(t, srv.User("u1").IsOnline(), "open connections are cut")
	require.ErrorIs(t, srv.User("u1").Connect(), rongcloudtest.ErrBlocked)

	entry := func(id, end string) object { return object{"userId": id, "blockEndTime": "2026-11-24 " + end} }
	query := func(pairs ...string) any { return call(t, client, "/user/block/query.json", form(pairs...))["users"] }
	require.Equal(t, []any{entry("u3", "09:22:03"), entry("u1", "09:12:03"), entry("u2", "09:12:03")}, query())
	require.Equal(t, []any{entry("u1", "09:12:03")}, query("page", "2", "size", "1"))
	require.Len(t, query("page", "0", "size", "1"), 3, "no paging without a page")

	call(t, client, "/user/unblock.json", form("userId", "u2", "userId", "unknown"))
	require.Len(t, query(), 2)
	srv.Advance(10 * time.Minute)
	require.Equal(t, []any{entry("u3", "09:22:03")}, query())
	require.NoError(t, srv.User("u1").Connect())
	srv.Advance(10 * time.Minute)
	require.Equal(t, []any{}, query())
}

func TestBlacklistAndWhitelist(t *testing.T) {
	t.Parallel()
	for list, param := range map[string]string{"blacklist": "blackUserId", "whitelist": "whiteUserId"} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			_, client := pair(t)
			path := "/user/" + list
			require.Equal(t, object{"users": []any{}}, call(t, client, path+"/query.json", form("userId", "u1")))
			call(t, client, path+"/add.json", form("userId", "u1", param, "a", param, "b"))
			call(t, client, path+"/add.json", form("userId", "u1", param, "b", param, "c", param, "d"))
			require.Equal(t, object{"users": []any{"d", "c", "b", "a"}}, call(t, client, path+"/query.json", form("userId", "u1")))

			first := call(t, client, path+"/query.json", form("userId", "u1", "size", "2"))
			require.Equal(t, []any{"d", "c"}, first["users"])
			// Changes between two calls do not shift the pages.
			call(t, client, path+"/add.json", form("userId", "u1", param, "e"))
			call(t, client, path+"/remove.json", form("userId", "u1", param, "c", param, "unknown"))
			second := call(t, client, path+"/query.json", form("userId", "u1", "size", "2", "pageToken", first["next"].(string)))
			require.Equal(t, object{"users": []any{"b", "a"}}, second)
			require.Equal(t, object{"users": []any{}}, call(t, client, path+"/query.json", form("userId", "other")))
		})
	}
}

func TestWhitesetting(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	call(t, client, "/user/whitesetting/set.json", form("userId", "a", "userId", "b", "whiteSetting", "1"))
	call(t, client, "/user/whitesetting/set.json", form("userId", "b", "whiteSetting", "0"))
	require.Equal(t, object{"users": []any{
		object{"userId": "a", "whiteSetting": "1"}, object{"userId": "b", "whiteSetting": "0"}, object{"userId": "c", "whiteSetting": "0"},
	}}, call(t, client, "/user/whitesetting/query.json", form("userId", "a", "userId", "b", "userId", "c")))
}

func TestTags(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	call(t, client, "/user/tag/set.json", object{"userId": "a", "tags": []string{"x", "y"}})
	call(t, client, "/user/tag/batch/set.json", object{"userIds": []string{"b", "c"}, "tags": []string{"z"}})
	call(t, client, "/user/tag/set.json", object{"userId": "c", "tags": []string{}})
	require.Equal(t, object{"result": object{"a": []any{"x", "y"}, "b": []any{"z"}, "c": []any{}, "d": []any{}}},
		call(t, client, "/user/tags/get.json", form("userIds", "a", "userIds", "b", "userIds", "c", "userIds", "d")))
}

func TestRemarks(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	call(t, client, "/user/remarks/set.json", form("userId", "u", "remarks", `[{"id":"a","remark":"A"},{"id":"b","remark":"B"}]`))
	call(t, client, "/user/remarks/set.json", form("userId", "u", "remarks", `[{"id":"a","remark":"Z"},{"id":"c","remark":"C"}]`))
	entry := func(id, remark string) any { return object{"id": id, "remark": remark} }
	require.Equal(t, object{"total": 3.0, "users": []any{entry("a", "Z"), entry("b", "B"), entry("c", "C")}},
		call(t, client, "/user/remarks/get.json", form("userId", "u")))
	require.Equal(t, object{"total": 3.0, "users": []any{entry("c", "C")}},
		call(t, client, "/user/remarks/get.json", form("userId", "u", "page", "2", "size", "2")))
	call(t, client, "/user/remarks/del.json", form("userId", "u", "targetId", "b"))
	call(t, client, "/user/remarks/del.json", form("userId", "u", "targetId", "b"))
	require.Equal(t, object{"total": 2.0, "users": []any{entry("a", "Z"), entry("c", "C")}},
		call(t, client, "/user/remarks/get.json", form("userId", "u")))
	require.Equal(t, rongcloud.CodeInvalidParameter,
		refused(t, client, "/user/remarks/set.json", form("userId", "u", "remarks", `[{"Id":"","Remark":"A"}]`)).Code)
}

func TestPushPeriod(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	get := func() object {
		return call(t, client, "/user/blockPushPeriod/get.json", form("userId", "u"))["data"].(object)
	}
	none := object{"startTime": "00:00:00", "period": 0.0, "unPushLevel": 0.0}
	require.Equal(t, none, get())
	set := func(period string) {
		call(t, client, "/user/blockPushPeriod/set.json", form("userId", "u", "startTime", "22:30:00", "period", period, "level", "5"))
	}
	set("600")
	require.Equal(t, object{"startTime": "22:30:00", "period": 600.0, "unPushLevel": 5.0}, get())
	call(t, client, "/user/blockPushPeriod/delete.json", form("userId", "u"))
	require.Equal(t, none, get())
	set("600")
	set("0")
	require.Equal(t, none, get())
}

func TestChatBan(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	call(t, client, "/user/chat/fb/set.json", form("userId", "a", "userId", "b", "userId", "c", "state", "1", "type", "PERSON"))
	call(t, client, "/user/chat/fb/set.json", form("userId", "b", "userId", "d", "state", "1", "type", "PERSON"))
	call(t, client, "/user/chat/fb/set.json", form("userId", "a", "state", "0", "type", "PERSON"))
	require.Equal(t, object{"total": 3.0, "users": []any{"b", "c", "d"}}, call(t, client, "/user/chat/fb/querylist.json", form("type", "PERSON")))
	require.Equal(t, object{"total": 3.0, "users": []any{"c"}},
		call(t, client, "/user/chat/fb/querylist.json", form("type", "PERSON", "offset", "1", "num", "1")))
	require.Equal(t, object{"total": 3.0, "users": []any{}},
		call(t, client, "/user/chat/fb/querylist.json", form("type", "PERSON", "offset", "10")))
	sendPrivate(t, client, "b", "x")
	require.Len(t, srv.User("x").Inbox(), 1, "the Server API is not muted")
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	register(t, client, "a", "b")
	set := func(pairs ...string) {
		call(t, client, "/user/profile/set.json", form(append([]string{"userId", "a"}, pairs...)...))
	}
	set("userProfile", `{"name":"Ann","gender":2}`, "userExtProfile", `{"ext_x":"1"}`)
	set("userProfile", `{"gender":0,"level":100}`)
	set("userExtProfile", `{"ext_y":"2"}`)

	list := call(t, client, "/user/profile/batch/query.json", form("userId", "a", "userId", "b", "userId", "unknown"))["userList"].([]any)
	require.Len(t, list, 2)
	one := list[0].(object)
	require.Equal(t, "a", one["userId"])
	require.EqualValues(t, started.UnixMilli()+2, one["version"])
	require.JSONEq(t, `{"name":"Ann","gender":0,"level":100}`, one["userProfile"].(string))
	require.JSONEq(t, `{"ext_x":"1","ext_y":"2"}`, one["userExtProfile"].(string))
	require.Equal(t, object{"userId": "b", "version": 0.0, "userProfile": "{}", "userExtProfile": "{}"}, list[1])

	paged := call(t, client, "/user/profile/query.json", form("page", "2", "size", "1", "order", "1"))["userList"].([]any)
	require.Equal(t, []any{one}, paged)
	call(t, client, "/user/profile/clean.json", form("userId", "a", "userId", "unknown"))
	paged = call(t, client, "/user/profile/query.json", form("size", "1"))["userList"].([]any)
	require.Equal(t, "{}", paged[0].(object)["userProfile"])
}

func TestWrongProfiles(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	_, strict := pair(t, rongcloudtest.WithStrict())
	register(t, client, "a")
	register(t, strict, "a")
	long := func(n int) string { return fmt.Sprintf("%0*d", n, 0) }
	pairs := map[string]string{}
	for i := range 21 {
		pairs["ext_"+strconv.Itoa(i)] = "x"
	}
	tooMany, err := json.Marshal(pairs)
	require.NoError(t, err)
	cases := []struct {
		part, value string
		code        rongcloud.Code
		key         string
	}{
		{part: "userProfile", value: `{"name":"` + long(65) + `"}`, code: rongcloud.CodeParameterTooLong, key: "name"},
		{part: "userProfile", value: `{"name":1}`, code: rongcloud.CodeInvalidParameter, key: "name"},
		{part: "userProfile", value: `{"gender":3}`, code: rongcloud.CodeInvalidParameter, key: "gender"},
		{part: "userProfile", value: `{"role":"1"}`, code: rongcloud.CodeInvalidParameter, key: "role"},
		{part: "userProfile", value: `[]`, code: rongcloud.CodeInvalidParameter, key: ""},
		{part: "userExtProfile", value: `{"x":"1"}`, code: rongcloud.CodeInvalidParameter, key: "x"},
		{part: "userExtProfile", value: `{"ext_x":1}`, code: rongcloud.CodeInvalidParameter, key: "ext_x"},
		{part: "userExtProfile", value: `{"ext_` + long(29) + `":"1"}`, code: rongcloud.CodeParameterTooLong, key: "ext_" + long(29)},
		{part: "userExtProfile", value: `{"ext_x":"` + long(257) + `"}`, code: rongcloud.CodeParameterTooLong, key: "ext_x"},
		{part: "userExtProfile", value: string(tooMany), code: rongcloud.CodeInvalidParameter, key: ""},
		{part: "userProfile", value: "", code: rongcloud.CodeInvalidParameter, key: ""},
	}
	for _, c := range cases {
		info := rongcloud.Response{}
		err := client.Call(context.Background(), endpoint.UserProfileSet, form("userId", "a", c.part, c.value), nil, rongcloud.CaptureResponse(&info))
		require.ErrorIs(t, err, c.code, c.value)
		got := object{}
		require.NoError(t, json.Unmarshal(info.Body, &got))
		if c.key == "" {
			require.NotContains(t, got, "profileKey")
		} else {
			require.Equal(t, c.key, got["profileKey"])
		}
	}
	require.Equal(t, rongcloud.CodeProfileUserNotFound, refused(t, client, "/user/profile/set.json", form("userId", "b", "userProfile", "{}")).Code)
	call(t, client, "/user/profile/set.json", form("userId", "a", "userProfile", `{"shoes":44}`))
	require.Contains(t, refused(t, strict, "/user/profile/set.json", form("userId", "a", "userProfile", `{"shoes":44}`)).Message, "shoes")
}
