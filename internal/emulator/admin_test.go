package emulator

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

func TestAdmin(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	admin := base + "/_emulator/"
	c := client(t, base)

	status, answer := ask(t, "POST", admin+"seed", `{
		"users": [{"id": "ann", "name": "Ann", "online": true}, {"id": "ben", "blacklist": ["spam"]}],
		"groups": [{"id": "team", "name": "Team", "members": ["ann", "ben"]}], "chatrooms": [{"id": "lobby", "members": ["ann"]}],
		"ultraGroups": [{"id": "city", "name": "City", "members": ["ben"], "channels": ["news"]}], "sensitiveWords": [{"word": "bad", "replace": "***"}]
	}`)
	require.Equal(t, 200, status, answer)
	var state struct {
		AppKey string
		Users  []struct {
			ID, Name string
			Online   bool
		}
		Groups, Chatrooms, UltraGroups []struct {
			ID, Name          string
			Members, Channels []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &state))
	require.Equal(t, "test-app-key", state.AppKey)
	require.Equal(t, "Ann", state.Users[0].Name)
	require.True(t, state.Users[0].Online)
	require.Equal(t, "ben", state.Users[1].Name, "a user without a name is called by the ID")
	require.Equal(t, []string{"ann", "ben"}, state.Groups[0].Members)
	require.Equal(t, "Team", state.Groups[0].Name)
	require.Equal(t, []string{"ann"}, state.Chatrooms[0].Members)
	require.Equal(t, "City", state.UltraGroups[0].Name)
	require.Equal(t, []string{"RCDefault", "news"}, state.UltraGroups[0].Channels)
	words, err := c.SensitiveWord.List(t.Context(), rongcloud.SensitiveWordQuery{})
	require.NoError(t, err)
	require.Len(t, words.Words, 1)

	require.NoError(t, send(c))
	_, answer = ask(t, "GET", admin+"messages", "")
	var messages []map[string]any
	require.NoError(t, json.Unmarshal([]byte(answer), &messages))
	require.Len(t, messages, 4)
	require.Equal(t, "ben", messages[0]["targetId"])
	_, answer = ask(t, "GET", admin+"users/ben/inbox", "")
	require.Contains(t, answer, `"from":"ann"`)

	_, answer = ask(t, "GET", admin+"requests", "")
	var requests []summary
	require.NoError(t, json.Unmarshal([]byte(answer), &requests))
	require.Len(t, requests, 2, "the seed's own requests are not shown")
	_, answer = ask(t, "GET", admin+"requests?after=1&limit=1", "")
	require.NoError(t, json.Unmarshal([]byte(answer), &requests))
	require.Len(t, requests, 1)
	_, answer = ask(t, "GET", admin+"requests/"+jsonNumber(requests[0].Number), "")
	var one details
	require.NoError(t, json.Unmarshal([]byte(answer), &one))
	require.True(t, one.Signature.Valid)
	require.Equal(t, "safe", one.Class)
	_, answer = ask(t, "GET", admin+"endpoints", "")
	require.Contains(t, answer, "/user/getToken.json")

	status, answer = ask(t, "POST", admin+"users/ben/connect", "")
	require.Equal(t, 200, status)
	require.Equal(t, `{"id":"ben","online":true,"platforms":["Android"]}`, answer)
	_, answer = ask(t, "POST", admin+"users/ben/disconnect", "")
	require.Equal(t, `{"id":"ben","online":false}`, answer)
	status, answer = ask(t, "POST", admin+"users/nobody/connect", "")
	require.Equal(t, http.StatusConflict, status, answer)

	status, answer = ask(t, "POST", admin+"reset", "")
	require.Equal(t, 200, status)
	require.Equal(t, "{}", answer)
	_, answer = ask(t, "GET", admin+"state", "")
	require.Contains(t, answer, `"users":[]`)
}

func jsonNumber(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestAdminFaults(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	faults := base + "/_emulator/faults"
	c := client(t, base)
	set := func(body string) {
		t.Helper()
		status, answer := ask(t, "POST", faults, body)
		require.Equal(t, 200, status, answer)
	}
	set(`{"endpoint":"/message/private/publish.json","code":1005,"skip":1,"times":1,"where":{"fromUserId":"ann"},"header":{"x-odd":"1"},"delay":"1ms"}`)
	_, answer := ask(t, "GET", faults, "")
	require.Equal(t, `[{"number":1,"endpoint":"/message/private/publish.json","code":1005,"header":{"X-Odd":"1"},"delay":"1ms","skip":1,"times":1,"where":{"fromUserId":"ann"}}]`, answer)
	require.NoError(t, send(c))
	_, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "x", To: []string{"y"}, Content: rongcloud.TextMessage{Content: "z"}})
	require.NoError(t, err, "from somebody else")
	require.ErrorIs(t, send(c), rongcloud.CodeParameterTooLong)
	for _, body := range []string{`{"dropResponse":true}`, `{"reset":true}`, `{"cutResponse":true}`, `{"resetResponse":true}`, `{"contentLength":5}`, `{"status":502,"body":"<html>"}`} {
		set(body)
		require.ErrorIs(t, send(c), rongcloud.ErrOutcomeUnknown, body)
	}
	set(`{"status":429,"times":-1}`)
	require.ErrorIs(t, send(c), rongcloud.ErrRateLimited)
	require.ErrorIs(t, send(c), rongcloud.ErrRateLimited)
	_, answer = ask(t, "DELETE", faults, "")
	require.Equal(t, "[]", answer)
	require.NoError(t, send(c))
}

func TestAdminRefuses(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{method: "POST", path: "faults", body: `{"endpoint":"/nowhere"}`, status: 400, says: "the catalogue has no"},
		{method: "POST", path: "faults", body: `{"colour":1}`, status: 400, says: "colour"},
		{method: "POST", path: "faults", body: ``, status: 400, says: "a JSON body is required"},
		{method: "POST", path: "faults", body: `{} {}`, status: 400, says: "more than one document"},
		{method: "POST", path: "faults", body: `{"delay":3}`, status: 400, says: "a span is a text"},
		{method: "POST", path: "faults", body: `{"delay":"3 moons"}`, status: 400, says: "unknown unit"},
		{method: "POST", path: "faults", body: `{"status":99}`, status: 400, says: "status must be"},
		{method: "POST", path: "faults", body: `{"skip":-1}`, status: 400, says: "must not be negative"},
		{method: "POST", path: "clock", body: `{"advance":"-1h"}`, status: 400, says: "only go forward"},
		{method: "POST", path: "clock", body: `{}`, status: 400, says: "only go forward"},
		{method: "POST", path: "seed", body: `{"groups":[{"members":["a"]}]}`, status: 400, says: "needs an id"},
		{method: "POST", path: "seed", body: `{"chatrooms":[{}]}`, status: 400, says: "needs an id"},
		{method: "POST", path: "seed", body: `{"ultraGroups":[{}]}`, status: 400, says: "needs an id"},
		{method: "POST", path: "seed", body: `{"users":[{}]}`, status: 400, says: "users[0]: an ID is required"},
		{method: "POST", path: "seed", body: `[]`, status: 400, says: "the body: it must be an object, not array"},
		{method: "POST", path: "clock", body: `[]`, status: 400, says: "the body: it must be an object, not array"},
		{method: "POST", path: "faults", body: `{"times":"1"}`, status: 400, says: "the body: times must be a whole number, not string"},
		{method: "POST", path: "users/ann/send", body: `{"text":1}`, status: 400, says: "the body: text must be a text, not number"},
		{method: "DELETE", path: "words/none", body: "", status: 404, says: "does not exist"},
		{method: "POST", path: "users/ann/rtcRooms/" + strings.Repeat("r", 65), body: "", status: 400, says: "at most 64 bytes"},
		{method: "POST", path: "users/" + strings.Repeat("r", 65) + "/connect", body: "", status: 400, says: "at most 64 bytes"},
		{method: "POST", path: "users/a%00b/connect", body: "", status: 400, says: "no control characters"},
		{method: "POST", path: "seed", body: `{"sensitiveWords":[{}]}`, status: 400, says: "sensitive word"},
		{method: "POST", path: "seed", body: strings.Repeat(" ", maxAdminBody+1), status: 400, says: "too large"},
		{method: "GET", path: "requests?after=x", body: "", status: 400, says: "after"},
		{method: "GET", path: "requests?limit=0", body: "", status: 400, says: "limit"},
		{method: "GET", path: "messages?limit=-1", body: "", status: 400, says: "limit"},
		{method: "GET", path: "requests/x", body: "", status: 400, says: "not a number"},
		{method: "GET", path: "requests/77", body: "", status: 404, says: "does not exist"},
		{method: "GET", path: "nowhere", body: "", status: 404, says: "has no GET"},
		{method: "DELETE", path: "state", body: "", status: 404, says: "has no DELETE"},
		{method: "POST", path: "", body: "", status: 404, says: "GET /_emulator/ lists what it has"},
	} {
		status, answer := ask(t, c.method, base+"/_emulator/"+c.path, c.body)
		require.Equal(t, c.status, status, "%s %s: %s", c.method, c.path, answer)
		require.Contains(t, answer, c.says)
	}
}

func TestAdminListsItsCalls(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	status, text := ask(t, "GET", base+"/_emulator/", "")
	require.Equal(t, 200, status)
	var index struct{ Calls []string }
	require.NoError(t, json.Unmarshal([]byte(text), &index))
	for _, call := range []string{"GET state", "POST faults", "GET requests/{number}", "GET events"} {
		require.Contains(t, index.Calls, call)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for _, path := range []string{"/_emulator/state", "/_emulator/events", "/"} {
		for _, header := range [][]string{
			{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
			{"Host", "evil.example"}, {"Host", "evil.example:8686"},
		} {
			status, _ := ask(t, "GET", base+path, "", header...)
			require.Equal(t, http.StatusForbidden, status, "%s with %v", path, header)
		}
	}
	status, _ := ask(t, "POST", base+"/_emulator/reset", "", "Origin", "http://evil.example")
	require.Equal(t, http.StatusForbidden, status)
	for _, header := range [][]string{{"Origin", base}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Host", "localhost:1"}, {"Host", "[::1]:1"}} {
		status, _ := ask(t, "GET", base+"/_emulator/state", "", header...)
		require.Equal(t, http.StatusOK, status, "%v", header)
	}
}

func TestNamesOfTheEmulator(t *testing.T) {
	t.Parallel()
	base, _ := started(t, "-host", "emulator,rongcloud.test", "-host", "third")
	_, port, found := strings.Cut(strings.TrimPrefix(base, "http://"), ":")
	require.True(t, found)
	for _, path := range []string{"/_emulator/state", "/", "/app.js"} {
		for host, want := range map[string]int{
			"emulator": 200, "emulator:" + port: 200, "Emulator:8686": 200, "rongcloud.test": 200, "third": 200, "localhost": 200, "host.docker.internal:8686": 200, "127.0.0.1:9": 200, "[::1]": 200,
			"other": 403, "emulator.evil.example": 403, "evil-emulator": 403,
		} {
			status, text := ask(t, "GET", base+path, "", "Host", host)
			require.Equal(t, want, status, "%s %s", host, text)
		}
	}
	for origin, want := range map[string]int{"http://emulator": 200, "https://emulator": 200, "http://third": 403} {
		status, _ := ask(t, "POST", base+"/_emulator/reset", "", "Host", "emulator", "Origin", origin)
		require.Equal(t, want, status, origin)
	}
	status, _ := ask(t, "POST", base+"/user/getToken.json", "", "Host", "other")
	require.Equal(t, http.StatusUnauthorized, status, "the API answers to all names, as it asks for a signature")
}

func TestWhereOthersFindIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ hosts, address, want string }{
		{"", "127.0.0.1:8686", "127.0.0.1:8686"}, {"", "[::1]:8686", "[::1]:8686"}, {"", "10.0.0.3:1", "10.0.0.3:1"}, {"", "myhost:1", "myhost:1"},
		{"", "0.0.0.0:8686", "localhost:8686"}, {"", "[::]:8686", "localhost:8686"}, {"", ":8686", "localhost:8686"},
		{"emulator,b", "[::]:8686", "emulator:8686"}, {"emulator", "127.0.0.1:8686", "127.0.0.1:8686"},
	} {
		var s settings
		if c.hosts != "" {
			require.NoError(t, s.setHosts(c.hosts))
		}
		require.Equal(t, c.want, s.reachedAt(c.address), c)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	base, _ := started(t, "-listen", "0.0.0.0:0")
	require.Regexp(t, `^http://localhost:\d+$`, base)
	port := base[strings.LastIndex(base, ":"):]
	require.NoError(t, Run(t.Context(), []string{"-health", "-listen", "0.0.0.0" + port}, io.Discard))
	require.NoError(t, Run(t.Context(), []string{"-health", "-listen", port}, io.Discard))
	busy := httptest.NewServer(http.NotFoundHandler())
	defer busy.Close()
	err := Run(t.Context(), []string{"-health", "-listen", strings.TrimPrefix(busy.URL, "http://")}, io.Discard)
	require.ErrorContains(t, err, "HTTP 404")
	busy.Close()
	require.Error(t, Run(t.Context(), []string{"-health", "-listen", strings.TrimPrefix(busy.URL, "http://")}, io.Discard))
}

func TestPage(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for path, part := range map[string]string{"/": "<title>RongCloud emulator</title>", "/app.js": "import", "/dom.js": "export", "/views.js": "export", "/style.css": "color-scheme"} {
		resp, err := http.Get(base + path)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode)
		require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
		resp.Body.Close()
		_, body := ask(t, "GET", base+path, "")
		require.Contains(t, body, part)
		require.NotContains(t, body, "innerHTML")
	}
	status, _ := ask(t, "POST", base+"/", "")
	require.Equal(t, http.StatusMethodNotAllowed, status)
	status, answer := ask(t, "GET", base+"/nowhere", "")
	require.Equal(t, 404, status)
	require.Contains(t, answer, `"code":404`, "RongCloud's own answer")
}

func TestEvents(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	resp, err := http.Get(base + "/_emulator/events")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	next := func() (name, data string) {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = text
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return name, text
			}
		}
		return "", ""
	}
	require.NoError(t, send(client(t, base)))
	name, data := next()
	require.Equal(t, "request", name)
	require.Contains(t, data, "/message/private/publish.json")
	for _, to := range []string{"ben", "cem", "dan", "eve"} {
		name, data := next()
		require.Equal(t, "message", name)
		require.Contains(t, data, `"targetId":"`+to+`"`)
	}
	for _, c := range []struct{ path, body, name string }{
		{"clock", `{"advance":"1h"}`, "clock"}, {"faults", `{}`, "faults"}, {"seed", `{"users":[{"id":"u"}]}`, "seed"},
		{"users/u/connect", "", "user"}, {"reset", "", "reset"},
	} {
		status, answer := ask(t, "POST", base+"/_emulator/"+c.path, c.body)
		require.Equal(t, 200, status, answer)
		name, _ := next()
		require.Equal(t, c.name, name)
	}
}

func TestSlowWatcherIsSentAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		data any
		most int
	}{
		{"many events", 1, maxBehind}, {"large events", strings.Repeat("x", 100<<10), maxBehindBytes / (100 << 10)}, {"one that is larger than all", strings.Repeat("x", 2<<20), 1},
	} {
		h := newHub()
		h.publish("nobody", 1)
		cut := 0
		slow, ok := h.watch(func() { cut++ })
		require.True(t, ok)
		for range c.most {
			h.publish("n", c.data)
		}
		require.Zero(t, cut, c.name)
		h.publish("n", c.data)
		require.Equal(t, 1, cut, c.name)
		require.Len(t, slow.events, c.most, c.name)
		h.leave(slow) // a second call does nothing
		require.Equal(t, 1, cut, c.name)

		quick, ok := h.watch(func() { cut++ })
		require.True(t, ok)
		for range 3 * c.most {
			h.publish("n", c.data)
			h.delivered(quick, <-quick.events)
		}
		require.Equal(t, 1, cut, c.name)
		require.Zero(t, quick.behind, c.name)
	}
	h := newHub()
	for range mostWatchers {
		_, ok := h.watch(func() {})
		require.True(t, ok)
	}
	_, ok := h.watch(func() {})
	require.False(t, ok)
}

// A client that opens the stream and never reads keeps neither a goroutine nor pending events.
func TestWatcherWhoNeverReads(t *testing.T) {
	t.Parallel()
	out := newConsole(io.Discard, true)
	t.Cleanup(out.close)
	e, err := newEmulator(settings{key: "k", secret: "s"}, out)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	ended := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		e.serveEvents(w, r)
	}))
	const buffer = 4 << 10 // less than an event
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			_ = c.(*net.TCPConn).SetWriteBuffer(buffer)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(buffer))
	_, err = io.WriteString(conn, "GET /_emulator/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, e.events.isWatched, time.Minute, time.Millisecond)
	text := strings.Repeat("x", maxBehindBytes/2)
	for e.events.isWatched() {
		e.events.publish("n", text)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		conn.Close()
		t.Fatal("it waits for a reader")
	}
}

func TestUsersAct(t *testing.T) {
	t.Parallel()
	back := make(chan *webhook.Callback, 100)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		callback, err := webhook.Parse(r, "test-app-secret")
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		back <- callback
	}))
	defer app.Close()
	base, out := started(t, "-webhook", app.URL)
	users := base + "/_emulator/users/"
	status, answer := ask(t, "POST", base+"/_emulator/seed", `{"users":[{"id":"ann","online":true},{"id":"ben"}],"groups":[{"id":"g","members":["ann","ben"]}],"ultraGroups":[{"id":"ug","members":["ann","ben"]}]}`)
	require.Equal(t, 200, status, answer)
	require.Equal(t, webhook.KindUserStatus, (<-back).Kind)
	require.Contains(t, out.until(t, "user_online_status"), "200")

	status, answer = ask(t, "POST", users+"ann/chatrooms/lobby", "")
	require.Equal(t, 200, status, answer)
	require.Equal(t, webhook.KindChatroomStatus, (<-back).Kind, "created")
	require.Equal(t, webhook.KindChatroomStatus, (<-back).Kind, "joined")
	for _, body := range []string{
		`{"targetId":"ben","text":"hello"}`, `{"targetId":"g","conversationType":"group","text":"hello"}`, `{"targetId":"lobby","conversationType":"chatroom","text":"hello"}`,
		`{"targetId":"ug","conversationType":"ultraGroup","objectName":"app:Card","content":{"n":1}}`,
	} {
		status, answer = ask(t, "POST", users+"ann/send", body)
		require.Equal(t, 200, status, answer)
		require.Contains(t, answer, `"messageUID":"TEST-`)
		m := (<-back).Events[0].(*webhook.Message)
		require.Equal(t, "ann", m.From)
	}
	_, answer = ask(t, "GET", users+"ben/inbox", "")
	require.Contains(t, answer, `{\"n\":1}`)
	status, answer = ask(t, "DELETE", users+"ann/chatrooms/lobby", "")
	require.Equal(t, 200, status, answer)
	require.Equal(t, webhook.KindChatroomStatus, (<-back).Kind, "left")
	require.NoError(t, send(client(t, base)))
	require.Equal(t, webhook.PlatformServer, (<-back).Events[0].(*webhook.Message).Platform)
	_, answer = ask(t, "GET", base+"/_emulator/callbacks", "")
	require.Contains(t, answer, `"kind":"message_sync"`)

	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{method: "POST", path: "ben/send", body: `{"targetId":"ann","text":"x"}`, status: http.StatusConflict, says: "not connected"},
		{
			method: "POST", path: "ann/send", body: `{"targetId":"other","conversationType":"group","text":"x"}`,
			status: http.StatusConflict, says: "not a member",
		},
		{
			method: "POST", path: "ann/send", body: `{"targetId":"ben","conversationType":"pigeon"}`, status: http.StatusBadRequest,
			says: "pigeon",
		},
		{method: "POST", path: "ann/send", body: ``, status: http.StatusBadRequest, says: "JSON body"},
		{method: "POST", path: "ben/chatrooms/lobby", body: ``, status: http.StatusConflict, says: "not connected"},
	} {
		status, answer := ask(t, c.method, users+c.path, c.body)
		require.Equal(t, c.status, status, answer)
		require.Contains(t, answer, c.says)
	}
}

func TestLongListsAreWrittenItemByItem(t *testing.T) {
	t.Parallel()
	double := func(n int) int { return 2 * n }
	for want, items := range map[string][]int{"[]": nil, "[2]": {1}, "[2,4,6]": {1, 2, 3}} {
		recorded := httptest.NewRecorder()
		reply(recorded, listing[int, int]{items, double}, nil)
		require.JSONEq(t, want, recorded.Body.String())
		require.Equal(t, "application/json; charset=UTF-8", recorded.Header().Get("Content-Type"))
	}
}

// patient is a ResponseWriter that records its write deadline.
type patient struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (p *patient) SetWriteDeadline(until time.Time) error { p.until = until; return nil }

func TestResponsesMustBeRead(t *testing.T) {
	t.Parallel()
	w := &patient{ResponseRecorder: httptest.NewRecorder()}
	reply(w, nil, nil)
	require.WithinRange(t, w.until, time.Now(), time.Now().Add(readingLimit))
}
