package rongcloudtest_test

import (
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// query reads a history from an hour around the start, newest first.
func query(t *testing.T, client *rongcloud.Client, kind, user, target string, more object) (found []object) {
	t.Helper()
	request := object{
		"userId": user, "targetId": target, "includeStart": true, "pageSize": 100,
		"startTime": started.Add(time.Hour).UnixMilli(), "endTime": started.Add(-time.Hour).UnixMilli(),
	}
	maps.Copy(request, more)
	for _, entry := range call(t, client, "/v3/message/"+kind+"/query.json", request)["data"].([]any) {
		found = append(found, entry.(object))
	}
	return found
}

func uids(entries []object) (uids []string) {
	for _, entry := range entries {
		uids = append(uids, entry["messageUID"].(string)[15:])
	}
	return uids
}

func TestHistoryOfEachKind(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddGroup("g", "a", "b")
	srv.JoinChatroom("r", "a")
	srv.AddUltraGroup("u", "a", "b")
	srv.AddUltraGroupChannels("u", "news")
	sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b", "isIncludeSender", "1") // 1
	sendAny(t, client, "/message/private/publish.json", "fromUserId", "b", "toUserId", "a")                         // 2
	sendAny(t, client, "/message/private/publish.json", "fromUserId", "b", "toUserId", "a", "isPersisted", "0")     // 3
	sendAny(t, client, "/message/private/publish.json", "fromUserId", "c", "toUserId", "a")                         // 4
	sendAny(t, client, "/message/group/publish.json", "fromUserId", "a", "toGroupId", "g")                          // 5
	sendAny(t, client, "/message/group/publish.json", "fromUserId", "a", "toGroupId", "g", "toUserId", "b")         // 6
	sendAny(t, client, "/message/chatroom/publish.json", "fromUserId", "a", "toChatroomId", "r")                    // 7
	sendAny(t, client, "/statusmessage/private/publish.json", "fromUserId", "a", "toUserId", "b")                   // 8
	ultra := func(more object) {
		request := object{"fromUserId": "a", "toGroupIds": []string{"u"}, "objectName": "RC:TxtMsg", "content": `{"content":"hello"}`}
		maps.Copy(request, more)
		call(t, client, "/message/ultragroup/publish.json", request)
	}
	ultra(nil)                                // 9
	ultra(object{"busChannel": "news"})       // A
	ultra(object{"busChannel": "unknown"})    // B
	ultra(object{"toUserIds": []string{"b"}}) // C

	require.Equal(t, []string{"0002", "0001"}, uids(query(t, client, "private", "a", "b", nil)))
	require.Equal(t, []string{"0001"}, uids(query(t, client, "private", "b", "a", nil)), "2 was sent without isIncludeSender")
	require.Equal(t, []string{"0004"}, uids(query(t, client, "private", "a", "c", nil)))
	require.Equal(t, []string{"0005"}, uids(query(t, client, "group", "b", "g", nil)), "targeted messages are not stored")
	require.Empty(t, query(t, client, "group", "stranger", "g", nil))
	require.Equal(t, []string{"0007"}, uids(query(t, client, "chatroom", "a", "r", nil)))
	require.Equal(t, []string{"000A", "0009"}, uids(query(t, client, "ultragroup", "b", "u", nil)))
	require.Equal(t, []string{"000A"}, uids(query(t, client, "ultragroup", "b", "u", object{"busChannel": "news"})))
	require.Equal(t, []string{"0009"}, uids(query(t, client, "ultragroup", "b", "u", object{"busChannel": "RCDefault"})))
	require.Len(t, query(t, client, "ultragroup", "a", "u", nil), 2, "always kept for the sender")
	require.Equal(t, "news", srv.User("b").Inbox()[len(srv.User("b").Inbox())-2].ChannelID)

	require.Equal(t, object{
		"targetId": "b", "fromUserId": "a", "messageUID": "TEST-0000-0000-0001", "msgTime": float64(started.UnixMilli()),
		"objectName": "RC:TxtMsg", "content": `{"content":"hello"}`, "expansion": false, "extraContent": "",
	}, query(t, client, "private", "a", "b", nil)[1])
	require.NotContains(t, query(t, client, "chatroom", "a", "r", nil)[0], "expansion")
	require.Equal(t, "news", query(t, client, "ultragroup", "b", "u", nil)[0]["busChannel"])
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	for range 25 {
		sendPrivate(t, client, "a", "b")
		srv.Advance(time.Second)
	}
	at := func(seconds int) int64 { return started.Add(time.Duration(seconds) * time.Second).UnixMilli() }
	ask := func(start, end int64, more object) []string {
		request := object{"startTime": start, "endTime": end}
		maps.Copy(request, more)
		return uids(query(t, client, "private", "b", "a", request))
	}
	require.Equal(t, []string{"0004", "0003", "0002"}, ask(at(3), at(1), nil), "both bounds are part of it")
	require.Equal(t, []string{"0003", "0002"}, ask(at(3), at(1), object{"includeStart": false}))
	require.Equal(t, []string{"0019", "0018"}, ask(at(60), 0+at(-60), object{"pageSize": 2}), "UIDs are hexadecimal")
	require.Len(t, query(t, client, "private", "b", "a", object{"pageSize": nil}), 10, "the default")

	var walked []string
	for start, more := at(60), true; more; {
		page := query(t, client, "private", "b", "a", object{"startTime": start, "pageSize": 7, "includeStart": false})
		walked = append(walked, uids(page)...)
		if more = len(page) == 7; more {
			start = int64(page[6]["msgTime"].(float64))
		}
	}
	require.Len(t, walked, 25)
	require.Equal(t, "0019", walked[0])
	require.Equal(t, "0001", walked[24])
}

func TestHistorySpan(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	ask := func(start, end time.Time) object {
		return object{"userId": "a", "targetId": "b", "includeStart": true, "startTime": start.UnixMilli(), "endTime": end.UnixMilli()}
	}
	days := 24 * time.Hour
	for _, kind := range []string{"private", "group", "ultragroup", "chatroom"} {
		path := "/v3/message/" + kind + "/query.json"
		call(t, client, path, ask(started, started.Add(-14*days)))
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, path, ask(started, started.Add(-14*days-time.Millisecond))).Code)
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, path, ask(started, started.Add(time.Millisecond))).Code)
	}
}

func TestHistoryKnowsRecallAndModify(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddGroup("g", "a", "b")
	private := sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b", "isIncludeSender", "1")
	group := sendAny(t, client, "/message/group/publish.json", "fromUserId", "a", "toGroupId", "g")
	call(t, client, "/message/private/modify.json",
		form("fromUserId", "a", "targetId", "b", "msgUID", private, "objectName", "RC:TxtMsg", "content", `{"content":"better"}`))
	call(t, client, "/message/group/modify.json", form("fromUserId", "a", "groupId", "g", "msgUID", group, "content", `{"content":"best"}`))
	require.Equal(t, `{"content":"better"}`, srv.User("b").Inbox()[0].Body)
	require.Equal(t, `{"content":"better"}`, srv.User("a").Inbox()[0].Body)
	require.Equal(t, `{"content":"best"}`, srv.User("b").Inbox()[1].Body)
	require.Equal(t, `{"content":"better"}`, query(t, client, "private", "a", "b", nil)[0]["content"])
	require.Equal(t, `{"content":"best"}`, query(t, client, "group", "b", "g", nil)[0]["content"])

	for _, params := range [][]string{
		{"fromUserId", "b", "targetId", "b", "msgUID", private, "content", `{}`},
		{"fromUserId", "a", "targetId", "c", "msgUID", private, "content", `{}`},
		{"fromUserId", "a", "targetId", "b", "msgUID", "TEST-unknown", "content", `{}`},
		{"fromUserId", "a", "targetId", "b", "msgUID", private, "content", `no JSON`},
	} {
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/message/private/modify.json", form(params...)).Code)
	}

	now := strconv.FormatInt(started.UnixMilli(), 10)
	call(t, client, "/message/recall.json", form("fromUserId", "a", "conversationType", "1", "targetId", "b", "messageUID", private, "sentTime", now))
	call(t, client, "/message/recall.json", form("fromUserId", "a", "conversationType", "3", "targetId", "g", "messageUID", group, "sentTime", now))
	require.Empty(t, query(t, client, "private", "b", "a", nil))
	require.Empty(t, query(t, client, "group", "b", "g", nil))
	require.Empty(t, srv.User("b").Inbox())
}

func TestRecallInUltraGroup(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.AddUltraGroup("u", "a", "b")
	srv.AddUltraGroupChannels("u", "news")
	for i, channel := range []string{"", "news"} {
		answer := call(t, client, "/message/ultragroup/publish.json", object{
			"fromUserId": "a", "toGroupIds": []string{"u"}, "objectName": "app:x", "content": "x", "busChannel": channel,
		})
		uid := answer["messageUIDs"].([]any)[0].(object)["messageUID"].(string)
		recall := func(channel string) {
			call(t, client, "/message/recall.json", form("fromUserId", "a", "conversationType", "10", "targetId", "u", "busChannel", channel,
				"messageUID", uid, "sentTime", "1"))
		}
		recall([]string{"news", ""}[i])
		require.Len(t, srv.User("b").Inbox(), 1, "the channel counts")
		recall(channel)
		require.Empty(t, srv.User("b").Inbox())
	}
}

func TestCleanHistory(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	srv.JoinChatroom("r", "b")
	for range 3 {
		sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b", "isIncludeSender", "1")
		sendAny(t, client, "/message/chatroom/publish.json", "fromUserId", "a", "toChatroomId", "r")
		srv.Advance(time.Second)
	}
	sendPrivate(t, client, "c", "b")
	second := strconv.FormatInt(started.Add(time.Second).UnixMilli(), 10)
	clean := func(params ...string) { call(t, client, "/conversation/message/history/clean.json", form(params...)) }

	clean("conversationType", "1", "fromUserId", "b", "targetId", "a", "msgTimestamp", second)
	require.Equal(t, []string{"0005"}, uids(query(t, client, "private", "b", "a", nil)))
	require.Len(t, query(t, client, "private", "a", "b", nil), 3, "for one user only")
	clean("conversationType", "1", "fromUserId", "b", "targetId", "a")
	require.Empty(t, query(t, client, "private", "b", "a", nil))
	require.Len(t, query(t, client, "private", "b", "c", nil), 1)
	require.Len(t, srv.User("b").Inbox(), 7, "what was delivered stays")

	clean("conversationType", "4", "fromUserId", "x", "targetId", "r", "msgTimestamp", second)
	require.Len(t, query(t, client, "chatroom", "b", "r", nil), 1, "for everybody")
	sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b")
	require.Len(t, query(t, client, "private", "b", "a", nil), 1, "new messages are there")
}

func ids(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("u%d", i))
	}
	return ids
}
