package emulator

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

func TestFaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for _, body := range []string{
		`{"times":-5}`, `{"times":-2}`, `{"header":{"X-A\r\nX-B":"1"}}`, `{"header":{"X-A":"1\nX-B: 2"}}`, `{"header":{"":"1"}}`, `{"header":{"a b":"1"}}`,
	} {
		status, text := ask(t, http.MethodPost, base+"/_emulator/faults", body)
		require.Equal(t, http.StatusBadRequest, status, "%s %s", body, text)
	}
	status, _ := ask(t, http.MethodPost, base+"/_emulator/faults", `{"times":-1,"header":{"Retry-After":"2"}}`)
	require.Equal(t, http.StatusOK, status)
}

func TestSeedsWithMoreThanOneDocument(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "seed.json")
	for text, right := range map[string]bool{`{"users":[]}`: true, "{}\n\n": true, `{} trailing`: false, `{}{}`: false, `{}]`: false} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err := readSeed(name)
		require.Equal(t, right, err == nil, text)
	}
}

func TestSeededWordsWorkAtOnce(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(name, []byte(`{"users":[{"id":"ann","online":true}],"sensitiveWords":[{"word":"bad","replace":"***"}]}`), 0o600))
	base, _ := started(t, "-seed", name)
	status, _ := ask(t, http.MethodPost, base+"/_emulator/users/ann/send", `{"targetId":"ben","text":"a bad word"}`)
	require.Equal(t, http.StatusOK, status)
	_, inbox := ask(t, http.MethodGet, base+"/_emulator/users/ben/inbox", "")
	var got []message
	require.NoError(t, json.Unmarshal([]byte(inbox), &got))
	require.Len(t, got, 1)
	require.JSONEq(t, `{"content":"a *** word"}`, got[0].Body)
	require.Equal(t, "ben", got[0].RecipientID)
	require.Equal(t, "ann", got[0].From)
}

func TestSeveralDevices(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(name, []byte(`{"users":[{"id":"ann","platforms":["iOS","PC"]},{"id":"ben","online":true}]}`), 0o600))
	base, _ := started(t, "-seed", name)
	users := base + "/_emulator/users/"
	for _, c := range []struct {
		path   string
		status int
		answer string
	}{
		{"ann/disconnect?platform=iOS", 200, `{"id":"ann","online":true,"platforms":["PC"]}`},
		{"ann/connect?platform=Websocket", 200, `{"id":"ann","online":true,"platforms":["PC","Websocket"]}`},
		{"ann/disconnect", 200, `{"id":"ann","online":false}`},
		{"ann/connect", 200, `{"id":"ann","online":true,"platforms":["Android"]}`},
		{"ben/disconnect?platform=PC", 200, `{"id":"ben","online":true,"platforms":["Android"]}`},
		{"ann/connect?platform=ios", http.StatusBadRequest, `{"error":"platform: one of [iOS Android HarmonyOS Websocket PC MiniProgram], not \"ios\""}`},
		{"ann/disconnect?platform=", http.StatusBadRequest, `{"error":"platform: one of [iOS Android HarmonyOS Websocket PC MiniProgram], not \"\""}`},
	} {
		status, answer := ask(t, http.MethodPost, users+c.path, "")
		require.Equal(t, c.status, status, answer)
		require.JSONEq(t, c.answer, answer, c.path)
	}
	for platform, want := range map[string]int{"": 200, "?platform=Android": 200, "?platform=PC": http.StatusConflict, "?platform=Pager": http.StatusBadRequest} {
		status, answer := ask(t, http.MethodPost, users+"ann/send"+platform, `{"targetId":"ben","text":"hello"}`)
		require.Equal(t, want, status, answer)
	}
	_, answer := ask(t, http.MethodGet, base+"/_emulator/state", "")
	require.Contains(t, answer, `"platforms":["Android"]`)
	status, answer := ask(t, http.MethodPost, base+"/_emulator/seed", `{"users":[{"id":"cem","platforms":["Pager"]}]}`)
	require.Equal(t, http.StatusBadRequest, status, answer)
}

func TestUnknownUsers(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for _, c := range [][2]string{
		{"POST", "connect"}, {"POST", "disconnect"}, {"POST", "send"}, {"POST", "chatrooms/lobby"}, {"DELETE", "chatrooms/lobby"},
	} {
		body := ""
		if c[1] == "send" {
			body = `{"targetId":"ben","text":"hello"}`
		}
		status, text := ask(t, c[0], base+"/_emulator/users/nobody/"+c[1], body)
		require.Equal(t, http.StatusConflict, status, "%s %s", c, text)
	}
}

func TestMessageEventsCarryTheMessage(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	c := client(t, base)
	_, err := c.User.Register(t.Context(), rongcloud.RegisterParams{UserID: "ann", Name: "Ann"})
	require.NoError(t, err)
	ask(t, http.MethodPost, base+"/_emulator/users/ann/connect", "")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/_emulator/events", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	require.True(t, lines.Scan())
	next := func() message {
		for lines.Text() != "event: message" {
			require.True(t, lines.Scan())
		}
		require.True(t, lines.Scan())
		var got message
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data: ")), &got))
		return got
	}
	ask(t, http.MethodPost, base+"/_emulator/users/ann/send", `{"targetId":"ben","text":"hello"}`)
	got := next()
	require.Equal(t, []string{"ben"}, got.RecipientIDs)
	require.JSONEq(t, `{"content":"hello"}`, got.Body)
	require.Zero(t, got.RequestNumber)

	sent, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
		From: "ann", To: []string{"ben", "cem"}, Content: rongcloud.TextMessage{Content: "of the API"},
	})
	require.NoError(t, err)
	for i, to := range []string{"ben", "cem"} {
		got := next()
		require.Equal(t, []string{to}, got.RecipientIDs)
		require.JSONEq(t, `{"content":"of the API"}`, got.Body)
		require.Equal(t, sent.Messages[i].MessageUID, got.MessageUID)
		require.Equal(t, 2, got.RequestNumber)
	}

	// A send with more messages than a watcher can take at once does not disconnect the watcher.
	many := rongcloud.PrivateMessage{From: "ann", Content: rongcloud.TextMessage{Content: "many"}}
	for i := range 1000 {
		many.To = append(many.To, strconv.Itoa(i))
	}
	_, err = c.Message.SendPrivate(t.Context(), many)
	require.NoError(t, err)
	ask(t, http.MethodPost, base+"/_emulator/users/ann/send", `{"targetId":"ben","text":"after them"}`)
	told := 0
	for got = next(); got.Body == `{"content":"many"}`; got = next() {
		told++
	}
	require.Equal(t, mostMessages, told)
	require.JSONEq(t, `{"content":"after them"}`, got.Body)
}

func TestWhichCallbacksAreAsked(t *testing.T) {
	t.Parallel()
	for _, kinds := range []string{"", "message", "message_sync,", "unknown"} {
		_, err := parse([]string{"-webhook", "http://127.0.0.1:1/", "-kinds", kinds})
		require.ErrorContains(t, err, "is not one of", kinds)
	}
	for _, c := range []struct {
		args []string
		want []webhook.Kind
	}{
		{nil, []webhook.Kind{webhook.KindUserStatus, webhook.KindMessage, webhook.KindMessage}},
		{[]string{"-server-messages=false"}, []webhook.Kind{webhook.KindUserStatus, webhook.KindMessage}},
		{[]string{"-pre-messages"}, []webhook.Kind{webhook.KindUserStatus, webhook.KindPreMessage, webhook.KindMessage, webhook.KindMessage}},
		{[]string{"-kinds", "user_online_status"}, []webhook.Kind{webhook.KindUserStatus}},
		{[]string{"-kinds", "message_sync", "-server-messages=false"}, []webhook.Kind{webhook.KindMessage}},
	} {
		// nobody listens there, which is noted
		s, err := parse(append([]string{"-webhook", "http://127.0.0.1:1/"}, c.args...))
		require.NoError(t, err)
		out := newConsole(io.Discard, true)
		e, err := newEmulator(s, out)
		require.NoError(t, err)
		_, err = e.client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: "ann", Name: "Ann"})
		require.NoError(t, err)
		require.NoError(t, e.User("ann").Connect())
		_, err = e.User("ann").SendPrivate("ben", rongcloud.TextMessage{Content: "hello"})
		require.NoError(t, err)
		_, err = e.client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "ann", To: []string{"ben"}, Content: rongcloud.TextMessage{Content: "hello"}})
		require.NoError(t, err)
		e.WaitForCallbacks()
		var kinds []webhook.Kind
		for _, one := range e.Callbacks() {
			kinds = append(kinds, one.Event.Kind())
		}
		require.ElementsMatch(t, c.want, kinds, "%v", c.args)
		require.NoError(t, e.Close())
		out.close()
	}
}

// The emulator ends although a webhook does not respond and callbacks are waiting for it.
func TestEndsWhileAWebhookHangs(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	called := make(chan struct{}, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		called <- struct{}{}
		<-let
	}))
	t.Cleanup(hook.Close) // after the emulator has ended
	t.Cleanup(func() { close(let) })
	base, _ := started(t, "-webhook", hook.URL)
	for range 10 {
		require.NoError(t, send(client(t, base)))
	}
	<-called
}

func TestFaultsThatContradictThemselves(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for body, says := range map[string]string{
		`{"dropResponse":true,"reset":true}`:         "dropResponse, reset: only one",
		`{"cutResponse":true,"resetResponse":true}`:  "only one",
		`{"cutResponse":true,"contentLength":3}`:     "contentLength, cutResponse: only one",
		`{"dropResponse":true,"status":500}`:         "dropResponse: there is no response",
		`{"reset":true,"body":"x"}`:                  "reset: there is no response",
		`{"reset":true,"header":{"A":"b"}}`:          "reset: there is no response",
		`{"status":204,"body":"x"}`:                  "a response of 204 has no body",
		`{"status":304,"code":1000}`:                 "a response of 304 has no body",
		`{"body":"x","message":"m"}`:                 "excludes code and message",
		`{"header":{"content-length":"5"}}`:          "contentLength",
		`{"header":{"Transfer-Encoding":"chunked"}}`: "contentLength",
	} {
		status, text := ask(t, http.MethodPost, base+"/_emulator/faults", body)
		require.Equal(t, http.StatusBadRequest, status, "%s %s", body, text)
		require.Contains(t, text, says, body)
	}
	for _, body := range []string{
		`{"dropResponse":true,"delay":"1ms"}`, `{"cutResponse":true,"body":"0123"}`, `{"resetResponse":true,"status":503}`, `{"status":204}`, `{"status":500,"body":"<html>"}`,
	} {
		status, text := ask(t, http.MethodPost, base+"/_emulator/faults", body)
		require.Equal(t, http.StatusOK, status, "%s %s", body, text)
	}
}

// The emulator's own requests do not use up faults meant for the program under test.
func TestFaultsSpareTheEmulatorItself(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	status, _ := ask(t, http.MethodPost, base+"/_emulator/faults", `{"status":400,"code":1002,"skip":1}`)
	require.Equal(t, http.StatusOK, status)
	status, text := ask(t, http.MethodPost, base+"/_emulator/seed", `{"users":[{"id":"ann"},{"id":"ben"},{"id":"cem"}]}`)
	require.Equal(t, http.StatusOK, status, text)
	status, text = ask(t, http.MethodPost, base+"/_emulator/users/ann/rtcBlock", `{"duration":"1h"}`)
	require.Equal(t, http.StatusOK, status, text)
	_, text = ask(t, http.MethodGet, base+"/_emulator/faults", "")
	require.JSONEq(t, `[{"number":1,"status":400,"code":1002,"skip":1,"times":1}]`, text)
	c := client(t, base)
	require.NoError(t, send(c), "let through")
	require.ErrorContains(t, send(c), "1002")
}

// A seed with a mistake is refused completely.
func TestSeedsWithMistakes(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	long := strings.Repeat("x", 65)
	for body, says := range map[string]string{
		`{"users":[{"id":"first"},{"id":""}]}`:                                    "users[1]: an ID is required",
		`{"users":[{"id":"first"},{"id":"first","name":"again"}]}`:                `users[1]: \"first\" is listed twice`,
		`{"users":[{"id":"` + long + `"}]}`:                                       "the ID has 65 bytes",
		`{"users":[{"id":"a\u0000b"}]}`:                                           "control character",
		`{"users":[{"id":"first"},{"id":"b","blacklist":[""]}]}`:                  "users[1].blacklist[0]",
		`{"users":[{"id":"first"},{"id":"b","platforms":["x"]}]}`:                 "users[1].platform",
		`{"groups":[{"id":"first","members":[""]}]}`:                              "groups[0].members[0]",
		`{"groups":[{"id":"first"},{"id":"` + long + `"}]}`:                       "groups[1]: the ID has 65 bytes",
		`{"groups":[{"id":"first"},{"id":"first"}]}`:                              "twice",
		`{"groups":[{"id":"first"}],"chatrooms":[{"id":"` + long + `"}]}`:         "chatrooms[0]",
		`{"chatrooms":[{"id":"first","members":["` + long + `"]}]}`:               "chatrooms[0].members[0]",
		`{"ultraGroups":[{"id":"first","channels":["a",""]}]}`:                    "ultraGroups[0].channels[1]",
		`{"rtcRooms":[{"id":"first","members":["a","a"]}]}`:                       "rtcRooms[0].members[1]",
		`{"rtcRooms":[{"id":"` + long + `","members":["a"]}]}`:                    "rtcRooms[0]",
		`{"users":[{"id":"first"}],"sensitiveWords":[{"word":"a"},{"word":"a"}]}`: "sensitiveWords[1]",
	} {
		status, text := ask(t, http.MethodPost, base+"/_emulator/seed", body)
		require.Equal(t, http.StatusBadRequest, status, "%s %s", body, text)
		require.Contains(t, text, says, body)
	}
	_, state := ask(t, http.MethodGet, base+"/_emulator/state", "")
	require.NotContains(t, state, "first", "nothing of them was carried out")
}

// The clock never goes back, however often it is moved.
func TestClockGoesForwardOnly(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	status, text := ask(t, http.MethodPost, base+"/_emulator/clock", `{"advance":"2562047h"}`)
	require.Equal(t, http.StatusBadRequest, status, text)
	for range 3 {
		status, text = ask(t, http.MethodPost, base+"/_emulator/clock", `{"advance":"400000h"}`)
	}
	require.Equal(t, http.StatusBadRequest, status, text)
	require.Contains(t, text, "at most 100 years")
}

// Moving the clock concurrently gets no further than one call after the other.
func TestClockIsMovedByOneAtATime(t *testing.T) {
	t.Parallel()
	settings, err := parse([]string{"-listen", "127.0.0.1:0"})
	require.NoError(t, err)
	out := newConsole(io.Discard, false)
	t.Cleanup(out.close)
	e, err := newEmulator(settings, out)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	var reading sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 4 { // whoever has read the clock has to wait before it moves it
		reading.Go(func() {
			for ctx.Err() == nil {
				e.Now()
			}
		})
	}
	defer reading.Wait()
	defer cancel()
	for range 50 {
		e.Reset()
		var moving sync.WaitGroup
		start := make(chan struct{})
		for range 20 {
			moving.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/_emulator/clock", strings.NewReader(`{"advance":"800000h"}`))
				<-start
				_, _ = e.postClock(r) // all but one are refused
			})
		}
		close(start)
		moving.Wait()
		require.WithinDuration(t, time.Now().Add(800000*time.Hour), e.Now(), time.Hour)
	}
}

// An error names the field that is out of range, and no other.
func TestFaultsOutOfRange(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	for body, name := range map[string]string{
		`{"status":99}`: "status", `{"status":600}`: "status", `{"status":-1}`: "status", `{"code":-3}`: "code", `{"delay":"-1s"}`: "delay",
		`{"delay":"1000h"}`: "delay", `{"delay":"1h0m1s"}`: "delay", `{"contentLength":-5}`: "contentLength", `{"skip":-1}`: "skip", `{"times":-2}`: "times",
	} {
		status, text := ask(t, http.MethodPost, base+"/_emulator/faults", body)
		require.Equal(t, http.StatusBadRequest, status, "%s %s", body, text)
		require.Contains(t, text, name+" must", body)
		for _, other := range []string{"status", "code", "delay", "contentLength", "skip", "times"} {
			require.True(t, other == name || !strings.Contains(text, other+" "), "%s: %s", body, text)
		}
	}
	status, text := ask(t, http.MethodPost, base+"/_emulator/faults", `{"delay":"1h"}`)
	require.Equal(t, http.StatusOK, status, text)
}

// A caller's path is untrusted text too.
func TestPathsStayOnTheirLine(t *testing.T) {
	t.Parallel()
	base, out := started(t)
	ask(t, http.MethodPost, base+"/x%1b%5b2Jy%0aFAKE%e2%80%aeLINE", "")
	line := out.until(t, "/x")
	require.Contains(t, line, "/x·[2Jy·FAKE·LINE")
	require.NotContains(t, line, "\x1b")
}

// A link on another site may lead to the page, and to nothing else.
func TestLinksToThePage(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	link := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	frame := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}
	for _, c := range []struct {
		path   string
		header []string
		want   int
	}{
		{"/", link, 200}, {"/", frame, 403}, {"/_emulator/state", link, 403}, {"/app.js", link, 403}, {"/", append([]string{"Host", "evil.example"}, link...), 403},
	} {
		status, text := ask(t, http.MethodGet, base+c.path, "", c.header...)
		require.Equal(t, c.want, status, "%s %v %s", c.path, c.header, text)
	}
}

// The quotas also apply to the emulator's own calls, which wait for them.
func TestLargeSeedsKeepTheQuotas(t *testing.T) {
	t.Parallel()
	base, _ := started(t, "-quotas")
	var s seed
	for i := range 450 {
		s.Users = append(s.Users, seedUser{ID: "u" + strconv.Itoa(i)})
	}
	body, err := json.Marshal(s)
	require.NoError(t, err)
	status, text := ask(t, http.MethodPost, base+"/_emulator/seed", string(body))
	require.Equal(t, http.StatusOK, status, text)
}
