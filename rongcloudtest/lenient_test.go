package rongcloudtest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestTimestampsOfLongAgo(t *testing.T) {
	t.Parallel()
	at := func(ago time.Duration) string { return strconv.FormatInt(time.Now().Add(-ago).UnixMilli(), 10) }
	for ago, strict := range map[time.Duration]int{
		0: 200, 14 * time.Minute: 200, 16 * time.Minute: 1004, -16 * time.Minute: 1004, 21 * 24 * time.Hour: 1004, -20 * 365 * 24 * time.Hour: 1004,
	} {
		lenient, err := rongcloudtest.New(rongcloudtest.WithoutSocket())
		require.NoError(t, err)
		require.Equal(t, 200, post(t, lenient, "/user/getToken.json", "userId=u&name=n", signedAt(lenient, at(ago), "1")).Code, ago)
		require.NoError(t, lenient.Close())
		srv := rongcloudtest.NewServer(t, rongcloudtest.WithStrict(), rongcloudtest.WithoutSocket())
		require.Equal(t, strict, post(t, srv, "/user/getToken.json", "userId=u&name=n", signedAt(srv, at(ago), "1")).Code, ago)
	}
	for name, opts := range map[string][]rongcloudtest.Option{
		"chosen":                  {rongcloudtest.WithClockSkew(time.Minute)},
		"chosen before strict":    {rongcloudtest.WithClockSkew(time.Minute), rongcloudtest.WithStrict()},
		"turned off, then strict": {rongcloudtest.WithClockSkew(0), rongcloudtest.WithStrict()},
	} {
		srv := rongcloudtest.NewServer(t, opts...)
		want := 1004
		if strings.HasPrefix(name, "turned off") {
			want = 200
		}
		require.Equal(t, want, post(t, srv, "/user/getToken.json", "userId=u&name=n", signedAt(srv, at(2*time.Minute), "1")).Code, name)
	}
}

// Every list of IDs is read in each format that SDKs use, whichever is documented.
func TestSpellingsOfLists(t *testing.T) {
	t.Parallel()
	for ep := range endpoint.All() {
		for _, param := range ep.Params {
			if ep.Encoding != endpoint.Form || param.List != endpoint.Repeat && param.List != endpoint.CSV || param.Name == "words" {
				continue
			}
			for _, spelling := range []string{"NAME=a1&NAME=a2&NAME=a3", "NAME=a1,a2,a3", "NAME=a1,a2&NAME=a3", "NAME=a1,+a2&NAME=a3", "NAME=" + url.QueryEscape(`["a1","a2","a3"]`)} {
				srv := rongcloudtest.NewServer(t, rongcloudtest.WithoutSocket())
				post(t, srv, ep.Path, strings.ReplaceAll(spelling, "NAME", param.Name), signed(srv))
				require.Equal(t, []string{"a1", "a2", "a3"}, srv.Requests()[0].Params.List(param.Name), "%s %s", ep, spelling)
			}
			for _, item := range []string{"[]", "[0]"} {
				srv := rongcloudtest.NewServer(t, rongcloudtest.WithoutSocket())
				a := post(t, srv, ep.Path, param.Name+item+"=a1", signed(srv))
				require.Equal(t, 1002, a.Code, "%s %s", ep, item)
				require.Contains(t, a.Message, "without brackets")
			}
		}
	}
}

func TestEveryItemOfAListActs(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"userId=u1,u2,u3", "userId=u1&userId=u2&userId=u3"} {
		srv, client := pair(t)
		send := func(path string) { require.Equal(t, 200, post(t, srv, path, list, signed(srv)).Code, path) }
		register(t, client, "u1", "u2", "u3")
		require.Len(t, call(t, client, "/user/profile/batch/query.json", form("userId", "u1,u2,u3"))["userList"], 3)
		for _, id := range []string{"u1", "u2", "u3"} {
			call(t, client, "/user/profile/set.json", form("userId", id, "userProfile", `{"name":"Ann"}`))
		}
		send("/user/profile/clean.json")
		for _, one := range call(t, client, "/user/profile/batch/query.json", form("userId", "u1", "userId", "u2", "userId", "u3"))["userList"].([]any) {
			require.Equal(t, "{}", one.(object)["userProfile"])
		}
		send("/user/deactivate.json")
		require.Len(t, call(t, client, "/user/deactivate/query.json", nil)["users"], 3)
		srv.Advance(2 * time.Hour)
		send("/user/reactivate.json")
		require.Empty(t, call(t, client, "/user/deactivate/query.json", nil)["users"])
		send("/user/delusers.json")
		require.Empty(t, call(t, client, "/user/query.json", nil)["users"])
	}
}

func TestJoinedListsKeepTheirLimits(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	a := post(t, srv, "/user/block.json", "minute=1&userId="+strings.Repeat("x,", 20)+"x", signed(srv))
	require.Equal(t, 1002, a.Code)
	require.Contains(t, a.Message, "21 items, at most 20")
	a = post(t, srv, "/user/block.json", "minute=1&userId=a,,b", signed(srv))
	require.Contains(t, a.Message, "empty item")
	require.Equal(t, 200, post(t, srv, "/sensitiveword/batch/delete.json", "words="+url.QueryEscape("first, second"), signed(srv)).Code)
	require.Equal(t, []string{"first, second"}, srv.Requests()[2].Params.List("words"), "a word may have a comma")
}

// A user ID may have as many bytes in a list as on its own.
func TestLengthsOfItems(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("u", 300)
	seen := 0
	for ep := range endpoint.All() {
		for _, param := range ep.Params {
			name := strings.ToLower(param.Name)
			if param.Type != endpoint.StringList || !strings.Contains(name, "userid") && !strings.Contains(name, "groupid") && !strings.Contains(name, "chatroomid") {
				continue
			}
			seen++
			srv := rongcloudtest.NewServer(t, rongcloudtest.WithoutSocket())
			header, body := signed(srv), url.Values{}
			filled := map[string]any{}
			for _, other := range ep.Params {
				if other.Required {
					body.Set(other.Name, "1")
					filled[other.Name] = "1"
					if other.Type == endpoint.StringList {
						filled[other.Name] = []string{"1"}
					}
				}
			}
			filled[param.Name] = []string{"u1", long}
			body[param.Name] = []string{"u1", long}
			text := body.Encode()
			if ep.Encoding == endpoint.JSON {
				header.Set("Content-Type", "application/json")
				text = toJSON(t, filled)
			}
			a := request(t, srv, ep.Method, ep.Path, text, header)
			require.NotEqual(t, 200, a.Code, "%s %s", ep, param.Name)
			require.Empty(t, srv.State().Users, "%s %s", ep, param.Name)
		}
	}
	require.Greater(t, seen, 40)
	srv := rongcloudtest.NewServer(t)
	a := post(t, srv, "/message/private/publish.json", "fromUserId=a&objectName=RC:TxtMsg&content={}&toUserId=b&toUserId="+long, signed(srv))
	require.Equal(t, 1005, a.Code)
	require.Contains(t, a.Message, "toUserId has 300 bytes, at most 64")
}

// The server accepts the default requests of official SDKs, unless it is strict.
func TestDefaultCallsOfOfficialSDKs(t *testing.T) {
	t.Parallel()
	const send = "fromUserId=a&objectName=RC:TxtMsg&content=hello"
	six := strings.TrimPrefix(strings.Repeat("&objectName=RC:TxtMsg", 1)+"&objectName=RC:ImgMsg&objectName=RC:VcMsg&objectName=RC:A&objectName=RC:B&objectName=RC:C", "&")
	cases := []struct {
		name, path, body string
		strict           string // message in strict mode; empty if that accepts the call too
	}{
		{
			name: "zero span of a new chat room", path: "/chatroom/create_new.json",
			body: "chatroomId=r&destroyType=0&destroyTime=0&isBan=false", strict: "destroyTime is 0",
		},
		{
			name: "zero span of a chat room", path: "/chatroom/destroy/set.json", body: "chatroomId=room&destroyType=0&destroyTime=0",
			strict: "destroyTime is 0",
		},
		{name: "a large page", path: "/user/query.json", body: "page=1&pageSize=200", strict: "pageSize is 200"},
		{
			name: "a large page of private users", path: "/ultragroup/channel/private/users/get.json",
			body: "groupId=g&busChannel=c&page=1&pageSize=200", strict: "pageSize is 200",
		},
		{name: "a large page of remarks", path: "/user/remarks/get.json", body: "userId=u&page=1&size=100", strict: "size is 100"},
		{name: "members without a number", path: "/chatroom/user/query.json", body: "chatroomId=room&order=1", strict: "count is required"},
		{
			name: "members by numbers of zero", path: "/chatroom/user/query.json", body: "chatroomId=room&count=0&order=0",
			strict: "count is 0",
		},
		{name: "agents of any type", path: "/v3/agent/query.json", body: "{}", strict: "type is required"},
		{name: "six names of low priority", path: "/chatroom/message/priority/add.json", body: six, strict: ""},
		{
			name: "true of PHP", path: "/conversation/top/set.json", body: "userId=a&conversationType=1&targetId=b&setTop=1",
			strict: "setTop",
		},
		{
			name: "false of PHP", path: "/conversation/top/set.json", body: "userId=a&conversationType=1&targetId=b&setTop=",
			strict: "setTop",
		},
		{
			name: "false of PHP as a number", path: "/user/whitesetting/set.json", body: "userId=a&whiteSetting=",
			strict: "whiteSetting is required",
		},
		{name: "true as a number", path: "/user/whitesetting/set.json", body: "userId=a&whiteSetting=true", strict: "whiteSetting"},
		{name: "ban of PHP", path: "/chatroom/create_new.json", body: "chatroomId=r&isBan=1", strict: "isBan"},
		{
			name: "plain extra", path: "/chatroom/user/gag/add.json",
			body: "chatroomId=room&userId=a&minute=1&needNotify=true&extra=hello", strict: "",
		},
		{name: "plain broadcast", path: "/message/broadcast.json", body: send, strict: "not JSON"},
		{name: "plain online broadcast", path: "/message/online/broadcast.json", body: send, strict: "not JSON"},
		{name: "plain broadcast to chat rooms", path: "/message/chatroom/broadcast.json", body: send, strict: "not JSON"},
		{
			name: "plain push", path: "/push.json",
			body:   `{"platform":["ios"],"fromuserid":"a","audience":{"is_to_all":true},"notification":{"alert":"x"},"message":{"content":"hello","objectName":"RC:TxtMsg"}}`,
			strict: "not JSON",
		},
		{name: "two slashes", path: "//user/query.json", body: "", strict: ""},
		{name: "three slashes", path: "///user/query.json", body: "", strict: ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, opts := range [][]rongcloudtest.Option{nil, {rongcloudtest.WithStrict()}} {
				srv := rongcloudtest.NewServer(t, append(opts, rongcloudtest.WithoutSocket())...)
				srv.JoinChatroom("room", "a")
				srv.AddUltraGroup("g", "a")
				srv.AddUltraGroupChannels("g", "c")
				method, header := http.MethodPost, signed(srv)
				if ep := endpointAt("/" + strings.TrimLeft(c.path, "/")); ep.Encoding == endpoint.JSON {
					header.Set("Content-Type", "application/json")
				} else if ep.Encoding == endpoint.Query {
					method = http.MethodGet
				}
				a := request(t, srv, method, c.path, c.body, header)
				if opts == nil || c.strict == "" {
					require.Equal(t, 200, a.Code, a.Message)
					continue
				}
				require.Equal(t, 1002, a.Code)
				require.Contains(t, a.Message, c.strict)
			}
		})
	}
}

func TestDefaultsCountAsDefaults(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	require.Equal(t, 200, post(t, srv, "/chatroom/create_new.json", "chatroomId=r&destroyType=0&destroyTime=0&isBan=1", signed(srv)).Code)
	room := call(t, client, "/chatroom/get.json", form("chatroomId", "r"))
	require.EqualValues(t, 60, room["destroyTime"])
	require.Equal(t, true, room["ban"])
	require.Equal(t, "0", srv.Requests()[0].Params.Get("destroyTime"), "seen as it came")
	post(t, srv, "/conversation/top/set.json", "userId=a&conversationType=1&targetId=b&setTop=1", signed(srv))
	post(t, srv, "/conversation/top/set.json", "userId=a&conversationType=1&targetId=b&setTop=", signed(srv))
	require.Equal(t, false, call(t, client, "/conversation/attribute/get.json", form("userId", "a", "conversationType", "1", "targetId", "b"))["data"].(object)["top"].(object)["top"])
	require.Equal(t, "/user/query.json", func() string {
		post(t, srv, "//user/query.json", "", signed(srv))
		all := srv.Requests()
		return all[len(all)-1].Path
	}())
}

// A room that does not exist has empty lists, and settings for it take effect once it exists.
func TestCallsAboutRoomsThatDoNotExist(t *testing.T) {
	t.Parallel()
	strict := rongcloudtest.NewServer(t, rongcloudtest.WithStrict())
	srv := rongcloudtest.NewServer(t)
	const extra = "&userId=u1&minute=5&key=k&value=v&entryOwnerId=u1&entryKeys=[\"k\"]&entryInfo={\"k\":\"v\"}&count=10&order=1&destroyType=0&destroyTime=90"
	nonce := 0
	for ep := range endpoint.All() {
		if ep.Param("chatroomId") == nil || ep.Status != endpoint.Current || ep.Param("chatroomId").Type == endpoint.StringList || ep == endpoint.ChatroomCreateNew {
			continue
		}
		body := url.Values{}
		all, err := url.ParseQuery("chatroomId=later" + extra)
		require.NoError(t, err)
		for name, values := range all {
			if ep.Param(name) != nil {
				body[name] = values
			}
		}
		nonce++
		at := strconv.FormatInt(time.Now().UnixMilli(), 10)
		a := post(t, srv, ep.Path, body.Encode(), signedAt(srv, at, strconv.Itoa(nonce)))
		refused := post(t, strict, ep.Path, body.Encode(), signedAt(strict, at, strconv.Itoa(nonce)))
		switch ep {
		case endpoint.ChatroomGet:
			require.Equal(t, 23410, a.Code)
		case endpoint.ChatroomKeepaliveRemove:
			require.Contains(t, []int{1015, 200}, a.Code)
		default:
			require.Equal(t, 200, a.Code, "%s: %s", ep, a.Message)
		}
		require.Contains(t, []int{23410, 1015, 200}, refused.Code, "%s: %s", ep, refused.Message)
	}
	require.Empty(t, srv.State().Chatrooms)
	client := srv.Client()
	call(t, client, "/chatroom/user/gag/add.json", form("chatroomId", "later", "userId", "u2", "minute", "5"))
	call(t, client, "/chatroom/entry/set.json", form("chatroomId", "later", "userId", "u2", "key", "colour", "value", "red"))
	require.Len(t, call(t, client, "/chatroom/user/gag/list.json", form("chatroomId", "later"))["users"], 1)
	srv.JoinChatroom("later", "u2")
	require.True(t, srv.User("u2").IsMutedInChatroom("later"))
	require.Len(t, call(t, client, "/chatroom/entry/query.json", form("chatroomId", "later"))["keys"], 1)
	call(t, client, "/chatroom/destroy.json", form("chatroomId", "later"))
	require.Empty(t, call(t, client, "/chatroom/user/gag/list.json", form("chatroomId", "later"))["users"])
}

func TestRecallsOfAnotherTime(t *testing.T) {
	t.Parallel()
	for off, strict := range map[time.Duration]int{0: 200, 30 * time.Second: 200, time.Hour: 1002, -time.Hour: 1002} {
		for want, opts := range map[int][]rongcloudtest.Option{200: nil, strict: {rongcloudtest.WithStrict()}} {
			if opts == nil && strict == 200 {
				continue
			}
			srv, client := pair(t, opts...)
			sent := sendPrivate(t, client, "a", "b").Messages[0].MessageUID
			at := strconv.FormatInt(srv.Sent()[0].SentAt.Add(off).UnixMilli(), 10)
			err := client.Call(t.Context(), endpoint.MessageRecall, form(
				"fromUserId", "a", "conversationType", "1", "targetId", "b", "messageUID", sent, "sentTime", at,
			), nil)
			require.Equal(t, want == 200, err == nil, "%v %v", off, err)
		}
	}
}

// The server itself serves the log, whichever way it is reached.
func TestLogsOfTheServerAsItComes(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]rongcloudtest.Option{nil, {rongcloudtest.WithoutSocket()}} {
		srv, client := pair(t, opts...)
		sendPrivate(t, client, "a", "b")
		at := srv.Now()
		srv.Advance(time.Hour)
		n := 0
		for _, err := range client.Message.Log.Download(t.Context(), rongcloud.MessageLogDownloadParams{Hour: at, TempDir: t.TempDir()}) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, 1, n)
	}
}
