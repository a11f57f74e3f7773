package rongcloudtest_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// numbered returns n IDs from the given number on, joined by commas.
func numbered(prefix string, from, n int) string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = prefix + strconv.Itoa(from+i)
	}
	return strings.Join(ids, ",")
}

// sendUltra sends a text to the ultra group g and returns its UID.
func sendUltra(t *testing.T, client *rongcloud.Client, message rongcloud.UltraGroupMessage) string {
	t.Helper()
	message.To, message.Content = []string{"g"}, text("hello")
	sent, err := client.Message.SendUltraGroup(context.Background(), message)
	require.NoError(t, err)
	return sent.UIDOf("g")
}

// An invalid request gets its code, and changes nothing.
func TestUltraGroupRefuses(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.AddUltraGroup("g", "a", "b")
	srv.AddUltraGroup("other", "a")
	srv.AddUltraGroupChannels("g", "news")
	call(t, client, "/ultragroup/usergroup/add.json", object{"groupId": "g", "userGroups": []object{{"userGroupId": "x"}}})
	uid := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a", ChannelID: "news", Expandable: true})
	closed := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a", ChannelID: "news"})
	before := srv.State()

	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		path   string
		params string
		code   rongcloud.Code
	}{
		{"join", "groupId=none userId=a", 1002},
		{"quit", "groupId=none userId=a", 1002},
		{"refresh", "groupId=none groupName=n", 1002},
		{"member/exist", "groupId=none userId=a", 1002},
		{"create", "groupId=" + long + " groupName=n userId=a", 1005},
		{"create", "groupId=g groupName=" + long + " userId=a", 1005},
		{"create", "groupId=g groupName=n", 1002},
		{"channel/create", "groupId=none busChannel=c", 1002},
		{"channel/create", "groupId=g busChannel=" + strings.Repeat("c", 21), 1005},
		{"channel/create", "groupId=g busChannel=c type=2", 1002},
		{"channel/del", "groupId=g busChannel=RCDefault", 1002},
		{"channel/type/change", "groupId=g busChannel=RCDefault type=1", 1002},
		{"channel/type/change", "groupId=g busChannel=none type=1", 1002},
		{"channel/private/users/add", "groupId=g busChannel=news userIds=a,c", 24406},
		{"channel/private/users/add", "groupId=g busChannel=none userIds=a", 1002},
		{"channel/private/users/add", "groupId=g busChannel=news userIds=" + numbered("u", 0, 21), 1002},
		{"userbanned/add", "groupId=g busChannel=none userIds=a", 1002},
		{"userbanned/get", "groupId=none", 1002},
		{"globalbanned/set", "groupId=g status=maybe", 1002},
		{"globalbanned/set", "groupId=g", 1002},
		{"notdisturb/set", "groupId=g unpushLevel=3", 1002},
		{"notdisturb/get", "groupId=g busChannel=none", 1002},
		{"usergroup/user/add", "groupId=g userGroupId=x userIds=a,c", 24406},
		{"usergroup/user/add", "groupId=g userGroupId=none userIds=a", 1002},
		{"usergroup/user/del", "groupId=g userGroupId=x userIds=a,c", 24406},
		{"usergroup/channel/query", "groupId=g userGroupId=none", 1002},
		{"usergroup/del", "groupId=g userGroupIds=" + numbered("x", 0, 11), 1002},
		{"channel/usergroup/bind", "groupId=g busChannel=news userGroupIds=x,none", 1002},
		{"channel/usergroup/bind", "groupId=g busChannel=none userGroupIds=x", 1002},
		{"msg/get", "groupId=g msgs=[]", 1002},
		{"msg/get", "groupId=g msgs={}", 1002},
		{"msg/get", `groupId=g msgs=[{"busChannel":"news"}]`, 1002},
		{"msg/modify", "groupId=g fromUserId=a content={} msgUID=" + uid, 1002}, // not in RCDefault
		{"msg/modify", "groupId=g busChannel=news fromUserId=b content={} msgUID=" + uid, 1002},
		{"msg/modify", "groupId=other busChannel=news fromUserId=a content={} msgUID=" + uid, 1002},
		{"msg/modify", "groupId=g busChannel=news fromUserId=a content=text msgUID=" + uid, 1002},
		{"hismsg/query", "groupId=g busChannel=none startTime=1 endTime=2", 1002},
		{"hismsg/query", "groupId=g busChannel=news startTime=2 endTime=1", 1002},
		{"hismsg/query", "groupId=g busChannel=news startTime=1 endTime=1209600002", 1002},
		{"hismsg/msgid/query", "groupId=g busChannel=news prevNum=51 msgUID=" + uid, 1002},
		{"message/expansion/set", `groupId=g busChannel=news userId=a extraKeyVal={"k":"v"} msgUID=` + closed, 1002},
		{"message/expansion/set", `groupId=g userId=a extraKeyVal={"k":"v"} msgUID=` + uid, 1002},
		{"message/expansion/set", `groupId=g busChannel=news userId=a extraKeyVal={"k&":"v"} msgUID=` + uid, 1002},
		{"message/expansion/delete", `groupId=other busChannel=news userId=a extraKey=["k"] msgUID=` + uid, 1002},
		{"message/expansion/delete", `groupId=g busChannel=news userId=a extraKey=k msgUID=` + uid, 1002},
	} {
		var pairs []string
		for field := range strings.FieldsSeq(c.params) {
			name, value, _ := strings.Cut(field, "=")
			pairs = append(pairs, name, value)
		}
		failure := refused(t, client, "/ultragroup/"+c.path+".json", form(pairs...))
		require.Equal(t, c.code, failure.Code, "%s %s", c.path, c.params)
	}
	for _, entries := range [][]object{{}, {{}}, {{"userGroupId": ""}}, {{"userGroupId": long}}, {{"userGroupId": "y"}, {"userGroupId": 7}}} {
		refused(t, client, "/ultragroup/usergroup/add.json", object{"groupId": "g", "userGroups": entries})
	}
	require.Equal(t, before.UltraGroups, srv.State().UltraGroups)
	require.Empty(t, call(t, client, "/ultragroup/channel/private/users/get.json", form("groupId", "g", "busChannel", "news"))["users"])
	require.Len(t, call(t, client, "/ultragroup/usergroup/query.json", form("groupId", "g"))["userGroups"], 1)
	require.Equal(t, `{"content":"hello"}`, srv.Sent()[0].Body)
}

// Calls that RongCloud counts as idempotent may be repeated.
func TestUltraGroupRepeats(t *testing.T) {
	t.Parallel()
	srv, client := pair(t, rongcloudtest.WithStrict())
	for range 2 {
		call(t, client, "/ultragroup/create.json", form("groupId", "g", "groupName", "n", "userId", "a"))
		call(t, client, "/ultragroup/join.json", form("groupId", "g", "userId", "b"))
		call(t, client, "/ultragroup/channel/create.json", form("groupId", "g", "busChannel", "c", "type", "1"))
		call(t, client, "/ultragroup/channel/private/users/add.json", form("groupId", "g", "busChannel", "c", "userIds", "a,b"))
		call(t, client, "/ultragroup/usergroup/add.json", object{"groupId": "g", "userGroups": []object{{"userGroupId": "x"}, {"userGroupId": "x"}}})
		call(t, client, "/ultragroup/usergroup/user/add.json", form("groupId", "g", "userGroupId", "x", "userIds", "a,b"))
		call(t, client, "/ultragroup/channel/usergroup/bind.json", form("groupId", "g", "busChannel", "c", "userGroupIds", "x"))
		call(t, client, "/ultragroup/userbanned/add.json", form("groupId", "g", "userIds", "a,b"))
	}
	require.Equal(t, []rongcloudtest.GroupState{
		{
			ID: "g", Name: "n", MemberIDs: []string{"a", "b"}, ChannelIDs: []string{"RCDefault", "c"},
			PrivateChannelIDs: []string{"c"}, MutedIDs: []string{"a", "b"},
		},
	}, srv.State().UltraGroups)
	require.Equal(t, []string{"g"}, srv.User("b").UltraGroups())
	require.Equal(t, []any{"a", "b"}, call(t, client, "/ultragroup/channel/private/users/get.json", form("groupId", "g", "busChannel", "c"))["users"])
	require.Len(t, call(t, client, "/ultragroup/usergroup/query.json", form("groupId", "g"))["userGroups"], 1)
	require.Equal(t, []any{"x"}, call(t, client, "/ultragroup/channel/usergroup/query.json", form("groupId", "g", "busChannel", "c"))["data"])
	require.Len(t, call(t, client, "/ultragroup/userbanned/get.json", form("groupId", "g"))["users"], 2)
	for range 2 {
		call(t, client, "/ultragroup/userbanned/del.json", form("groupId", "g", "userIds", "a"))
		call(t, client, "/ultragroup/usergroup/user/del.json", form("groupId", "g", "userGroupId", "x", "userIds", "a"))
		call(t, client, "/ultragroup/channel/usergroup/unbind.json", form("groupId", "g", "busChannel", "c", "userGroupIds", "x"))
		call(t, client, "/ultragroup/quit.json", form("groupId", "g", "userId", "b"))
	}
	for range 2 {
		call(t, client, "/ultragroup/usergroup/del.json", form("groupId", "g", "userGroupIds", "x"))
	}
	require.Equal(t, []string{"a"}, srv.State().UltraGroups[0].MemberIDs)
	for range 2 {
		call(t, client, "/ultragroup/channel/del.json", form("groupId", "g", "busChannel", "c"))
	}
	for range 2 {
		call(t, client, "/ultragroup/dis.json", form("groupId", "g"))
	}
	require.Empty(t, srv.State().UltraGroups)
}

// Each documented limit can be reached, but not exceeded by one.
func TestUltraGroupLimits(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	for i := range 100 {
		srv.AddUltraGroup(fmt.Sprint("g", i), "busy")
	}
	refused(t, client, "/ultragroup/join.json", form("groupId", "g100", "userId", "busy"))
	refused(t, client, "/ultragroup/create.json", form("groupId", "new", "groupName", "n", "userId", "busy"))
	require.Len(t, srv.State().UltraGroups, 100, "an ultra group that cannot be created is not there")
	// already in it
	call(t, client, "/ultragroup/join.json", form("groupId", "g7", "userId", "busy"))
	call(t, client, "/ultragroup/quit.json", form("groupId", "g7", "userId", "busy"))
	call(t, client, "/ultragroup/join.json", form("groupId", "g7", "userId", "busy"))

	for i := range 49 { // plus RCDefault
		call(t, client, "/ultragroup/channel/create.json", form("groupId", "g0", "busChannel", fmt.Sprint("c", i)))
	}
	refused(t, client, "/ultragroup/channel/create.json", form("groupId", "g0", "busChannel", "c49"))

	entries := func(from, n int) object {
		var all []object
		for i := range n {
			all = append(all, object{"userGroupId": fmt.Sprint("x", from+i)})
		}
		return object{"groupId": "g0", "userGroups": all}
	}
	for i := range 5 {
		call(t, client, "/ultragroup/usergroup/add.json", entries(10*i, 10))
	}
	refused(t, client, "/ultragroup/usergroup/add.json", entries(49, 2))
	call(t, client, "/ultragroup/usergroup/add.json", entries(40, 10)) // they exist already

	for i := range 6 {
		users := numbered("u", 20*i, 20)
		srv.AddUltraGroup("g0", strings.Split(users, ",")...)
		params := form("groupId", "g0", "userGroupId", "x0", "userIds", users)
		if i < 5 {
			call(t, client, "/ultragroup/usergroup/user/add.json", params)
		} else {
			refused(t, client, "/ultragroup/usergroup/user/add.json", params)
		}
	}

	call(t, client, "/ultragroup/channel/usergroup/bind.json", form("groupId", "g0", "busChannel", "c0", "userGroupIds", numbered("x", 0, 10)))
	failure := refused(t, client, "/ultragroup/channel/usergroup/bind.json", form("groupId", "g0", "busChannel", "c0", "userGroupIds", "x9,x10"))
	require.Equal(t, rongcloud.CodeTooManyUserGroups, failure.Code)
}

// Pages have the default sizes, and a page beyond the last one is empty.
func TestUltraGroupPages(t *testing.T) {
	t.Parallel()
	srv, client := pair(t, rongcloudtest.WithStrict())
	srv.AddUltraGroup("g", strings.Split(numbered("u", 0, 60), ",")...)
	for i := range 30 {
		name := fmt.Sprint("c", i)
		srv.AddUltraGroupChannels("g", name)
		call(t, client, "/ultragroup/channel/private/users/add.json", form("groupId", "g", "busChannel", name, "userIds", "u0"))
	}
	for i := range 3 {
		users := numbered("u", 20*i, 20)
		call(t, client, "/ultragroup/channel/private/users/add.json", form("groupId", "g", "busChannel", "c0", "userIds", users))
		call(t, client, "/ultragroup/userbanned/add.json", form("groupId", "g", "busChannel", "c0", "userIds", users))
		call(t, client, "/ultragroup/banned/whitelist/add.json", form("groupId", "g", "busChannel", "c0", "userIds", users))
	}
	for i := range 12 {
		id := fmt.Sprint("x", i)
		call(t, client, "/ultragroup/usergroup/add.json", object{"groupId": "g", "userGroups": []object{{"userGroupId": id}}})
		call(t, client, "/ultragroup/usergroup/user/add.json", form("groupId", "g", "userGroupId", id, "userIds", "u0"))
		call(t, client, "/ultragroup/channel/usergroup/bind.json", form("groupId", "g", "busChannel", fmt.Sprint("c", i), "userGroupIds", "x0"))
	}
	for _, c := range []struct {
		path, list  string
		params      []string
		size, total int
	}{
		{path: "channel/get", list: "channelList", params: nil, size: 20, total: 31},
		{path: "channel/private/users/get", list: "users", params: []string{"busChannel", "c0"}, size: 50, total: 60},
		{path: "userbanned/get", list: "users", params: []string{"busChannel", "c0"}, size: 50, total: 60},
		{path: "banned/whitelist/get", list: "users", params: []string{"busChannel", "c0"}, size: 50, total: 60},
		{path: "user/channel/query", list: "data", params: []string{"userId", "u0"}, size: 10, total: 30},
		{path: "usergroup/query", list: "userGroups", params: nil, size: 10, total: 12},
		{path: "user/usergroup/query", list: "data", params: []string{"userId", "u0"}, size: 10, total: 12},
		{path: "usergroup/channel/query", list: "data", params: []string{"userGroupId", "x0"}, size: 10, total: 12},
		{path: "channel/usergroup/query", list: "data", params: []string{"busChannel", "c0"}, size: 10, total: 1},
	} {
		page := func(more ...string) int {
			params := append(append([]string{"groupId", "g"}, c.params...), more...)
			return len(call(t, client, "/ultragroup/"+c.path+".json", form(params...))[c.list].([]any))
		}
		require.Equal(t, min(c.size, c.total), page(), c.path)
		last := (c.total + c.size - 1) / c.size
		require.Equal(t, c.total-(last-1)*c.size, page("page", strconv.Itoa(last)), c.path)
		require.Zero(t, page("page", strconv.Itoa(last+1)), c.path)
	}
}

// The queries return messages as official SDKs read them.
func TestUltraGroupMessagesAsSDKsReadThem(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddUltraGroup("g", "a", "b")
	expandable := sendUltra(t, client, rongcloud.UltraGroupMessage{
		From: "a", Expandable: true, Expansion: map[string]string{"mood": "good"},
	})
	plain := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a"})
	in := []string{"groupId", "g", "busChannel", "RCDefault"}
	at := func(n int64) string { return strconv.FormatInt(started.UnixMilli()+n, 10) }
	for path, params := range map[string][]string{
		"hismsg/query":       {"startTime", at(-1), "endTime", at(1)},
		"hismsg/msgid/query": {"msgUID", expandable},
		"msg/get":            {"msgs", fmt.Sprintf(`[{"msgUID":%q},{"msgUID":%q}]`, expandable, plain)},
	} {
		data := call(t, client, "/ultragroup/"+path+".json", form(append(params, in...)...))["data"].([]any)
		require.Len(t, data, 2, path)
		first, second := data[0].(object), data[1].(object)
		require.Equal(t, expandable, first["msgUID"], path)
		text, ok := first["extraContent"].(string)
		require.True(t, ok, "%s: text and no object", path)
		require.JSONEq(t, `{"mood":"good"}`, text, path)
		require.Equal(t, true, first["expansion"], path)
		require.Empty(t, second["extraContent"], path)
		require.Equal(t, false, second["expansion"], path)
		if path == "msg/get" {
			require.NotContains(t, first, "conversionType")
			continue
		}
		require.InDelta(t, 10, first["conversationType"], 0, "%s: as the documentation spells it", path)
		require.InDelta(t, 10, first["conversionType"], 0, "%s: as the official Go SDK reads it", path)
	}
}

// A search finds what it should, and nothing else.
func TestUltraGroupSearch(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	srv.AddUltraGroup("g", "a", "b")
	srv.AddUltraGroupChannels("g", "news")
	first := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a", ChannelID: "news"})
	srv.Advance(time.Millisecond)
	second := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "b", ChannelID: "news"})
	sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a", ChannelID: "news", Persist: rongcloud.Ptr(false)})
	recalled := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a", ChannelID: "news"})
	call(t, client, "/message/recall.json", form("fromUserId", "a", "conversationType", "10", "targetId", "g", "busChannel", "news",
		"messageUID", recalled, "sentTime", strconv.FormatInt(started.UnixMilli()+1, 10)))
	unnamed := sendUltra(t, client, rongcloud.UltraGroupMessage{From: "a"})

	found := func(path string, params ...string) (uids []string) {
		for _, m := range call(t, client, "/ultragroup/"+path+".json", form(append([]string{"groupId", "g"}, params...)...))["data"].([]any) {
			uids = append(uids, m.(object)["msgUID"].(string))
		}
		return uids
	}
	span := func(from, to int64, more ...string) []string {
		at := func(n int64) string { return strconv.FormatInt(started.UnixMilli()+n, 10) }
		return found("hismsg/query", append([]string{"busChannel", "news", "startTime", at(from), "endTime", at(to)}, more...)...)
	}
	require.Equal(t, []string{first, second}, span(-1, 1))
	require.Equal(t, []string{second}, span(0, 1), "the start is not part of the span")
	require.Equal(t, []string{first}, span(-1, 0), "the end is")
	require.Equal(t, []string{first}, span(-1, 1, "pageSize", "1"), "the oldest come first")
	require.Equal(t, []string{second}, span(-1, 1, "fromUserId", "b"))
	require.Empty(t, span(1, 100))

	require.Equal(t, []string{first, second}, found("hismsg/msgid/query", "busChannel", "news", "msgUID", first))
	require.Equal(t, []string{second}, found("hismsg/msgid/query", "busChannel", "news", "msgUID", second, "prevNum", "0"))
	require.Equal(t, []string{unnamed}, found("hismsg/msgid/query", "busChannel", "RCDefault", "msgUID", unnamed))
	refused(t, client, "/ultragroup/hismsg/msgid/query.json", form("groupId", "g", "busChannel", "news", "msgUID", recalled))
	require.Equal(t, []string{first, unnamed}, found("msg/get", "msgs",
		fmt.Sprintf(`[{"msgUID":%q,"busChannel":"news"},{"msgUID":%q},{"msgUID":%q},{"msgUID":%q,"busChannel":"RCDefault"}]`, first, recalled, unnamed, second)))

	// Without a channel a change is for RCDefault.
	call(t, client, "/ultragroup/msg/modify.json", form("groupId", "g", "fromUserId", "a", "msgUID", unnamed, "content", `{"content":"new"}`))
	require.Equal(t, `{"content":"new"}`, srv.User("b").Inbox()[len(srv.User("b").Inbox())-1].Body)

	srvLenient, lenient := pair(t)
	require.NoError(t, lenient.UltraGroup.Create(context.Background(), rongcloud.UltraGroupCreateParams{GroupID: "g", Name: "n", UserID: "a"}))
	require.Empty(t, call(t, lenient, "/ultragroup/hismsg/msgid/query.json", form("groupId", "g", "busChannel", "RCDefault", "msgUID", "TEST-none"))["data"])
	uid := sendUltra(t, lenient, rongcloud.UltraGroupMessage{From: "a"})
	call(t, lenient, "/ultragroup/msg/modify.json", form("groupId", "g", "fromUserId", "a", "msgUID", uid, "content", "{}", "objectName", "app:other"))
	require.Equal(t, "RC:TxtMsg", srvLenient.Sent()[0].ObjectName, "the type stays")
	sendUltra(t, lenient, rongcloud.UltraGroupMessage{From: "a", ChannelID: "none"})
	require.Len(t, srvLenient.User("a").Inbox(), 1, "an unknown channel has no copy for the sender either")
}
