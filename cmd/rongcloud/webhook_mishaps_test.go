package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// emulatorProfile is the profile that signs callbacks if no other is in use.
var emulatorProfile = profile{Source: "the emulator's app", AppKey: rongcloudtest.DefaultAppKey, AppSecret: rongcloudtest.DefaultAppSecret}

// appFor returns an app without profiles, and what it writes to stdout and stderr.
func appFor(t *testing.T) (a *app, out, talk *bytes.Buffer) {
	t.Helper()
	out, talk = new(bytes.Buffer), new(bytes.Buffer)
	config := filepath.Join(t.TempDir(), "profiles.json")
	return newApp(strings.NewReader(""), out, talk, func(name string) string { return map[string]string{envConfig: config}[name] }), out, talk
}

// listening starts a server with the handler of webhook listen. The output of a is complete once
// the server is closed.
func listening(t *testing.T, a *app, f listenFlags) *httptest.Server {
	t.Helper()
	if f.timeout == 0 {
		f.timeout = 10 * time.Second
	}
	l, err := a.newListener(f, func(err error) { t.Errorf("it would stop: %v", err) })
	require.NoError(t, err)
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return server
}

// formOf returns a callback with a form as its body.
func formOf(body string) callback {
	return callback{
		Kind: webhook.KindMessage, Query: "appKey={appKey}&nonce={nonce}&timestamp={timestamp}&signature={signature}",
		Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, Body: body,
	}
}

// sendTo sends a callback with a valid signature.
func sendTo(t *testing.T, address string, c callback) (status int) {
	t.Helper()
	target, err := url.Parse(address)
	require.NoError(t, err)
	r, err := c.request(t.Context(), target, sign(emulatorProfile, freshNonce(), time.Now()))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestSetJSONValuesOfEveryType(t *testing.T) {
	t.Parallel()
	const body = `{"text":"a","number":1,"big":12345678901234567890,"yes":true,"none":null,"list":[1,"x"],"object":{"in":2}}`
	for _, one := range []struct {
		pair, want string // an empty want means an error
	}{
		{"text=b", `"text":"b"`},
		{"text=", `"text":""`},
		{"text=1", `"text":"1"`},
		{"text=1 2", `"text":"1 2"`},
		{`text="b" c`, `"text":"\"b\" c"`},
		{"text:=7", `"text":7`},
		{"text=\xff", ""},
		{"number=2", `"number":2`},
		{"number= 2 ", `"number":2`},
		{"number=-1.5e3", `"number":-1.5e3`},
		{"number=1 2", ""},
		{"number=12abc", ""},
		{"number=1,2", ""},
		{"number=1]", ""},
		{"number=", ""},
		{"number=01", ""},
		{`number="2"`, ""},
		{"number=true", ""},
		{`number:="2"`, `"number":"2"`},
		{"number:=1 2", ""},
		{"big=98765432109876543210", `"big":98765432109876543210`},
		{"yes=false", `"yes":false`},
		{"yes=false true", ""},
		{"yes=falsetto", ""},
		{"yes=0", ""},
		{"none=null", `"none":null`},
		{"none=null x", ""},
		{"none=1", ""},
		{"none:=1", `"none":1`},
		{"list=[2]", `"list":[2]`},
		{"list=[2] [3]", ""},
		{"list=2", ""},
		{"list.0=5", `"list":[5,"x"]`},
		{"list.0=5 6", ""},
		{"list.1=y", `"list":[1,"y"]`},
		{"list.2=y", ""},
		{`object={"in":3}`, `"object":{"in":3}`},
		{`object={"in":3} {}`, ""},
		{`object={"in":3`, ""},
		{"object.in=3", `"object":{"in":3}`},
		{"object.in=3x", ""},
		{"object.out=3", ""},
		{"object.out:=3", `"object":{"in":2,"out":3}`},
		{"object.in.deep=3", ""},
	} {
		c := callback{Kind: webhook.KindFriendship, Headers: map[string]string{"Content-Type": "application/json"}, Body: body}
		err := c.set(one.pair)
		if one.want == "" {
			var usage *usageError
			require.ErrorAs(t, err, &usage, one.pair)
			require.NotContains(t, err.Error(), "map[", one.pair)
			require.JSONEq(t, body, c.Body, one.pair)
			continue
		}
		require.NoError(t, err, one.pair)
		require.Contains(t, c.Body, one.want, one.pair)
		require.True(t, json.Valid([]byte(c.Body)), one.pair)
	}
}

// listen shows and records bytes that are not UTF-8 unchanged, and replay sends them again.
func TestBodiesThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	a, out, _ := appFor(t)
	a.json = true
	dir := t.TempDir()
	const body = "fromUserId=\xff\xfe&objectName=\x80"
	server := listening(t, a, listenFlags{record: dir})
	sendTo(t, server.URL, formOf(body))
	server.Close()
	var shown receipt
	require.NoError(t, json.Unmarshal(out.Bytes(), &shown))
	require.Equal(t, body, string(shown.Base64))
	require.Empty(t, shown.Body)
	require.Contains(t, out.String(), base64.StdEncoding.EncodeToString([]byte(body)))
	require.NotContains(t, out.String(), "\uFFFD")

	var got []string
	handler := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got = append(got, string(text))
	}))
	defer handler.Close()
	code, _, talk := runApp(t, nil, "webhook", "replay", dir, "--to", handler.URL)
	require.Zero(t, code, talk)
	require.Equal(t, []string{body}, got)
}

// listen records bodies of the maximum length, even if JSON escapes make the file much longer, and
// refuses longer bodies.
func TestLongestBodies(t *testing.T) {
	t.Parallel()
	a, out, _ := appFor(t)
	a.json = true
	dir := t.TempDir()
	server := listening(t, a, listenFlags{record: dir})
	for _, filler := range []string{"a", "\x01", "<", "\xff"} {
		require.NotEqual(t, http.StatusRequestEntityTooLarge, sendTo(t, server.URL, formOf(strings.Repeat(filler, webhook.DefaultMaxBody))), "%q", filler)
	}
	require.Equal(t, http.StatusRequestEntityTooLarge, sendTo(t, server.URL, formOf(strings.Repeat("a", webhook.DefaultMaxBody+1))))
	server.Close()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 5)
	require.Contains(t, lines[4], `"status":413`)
	recorded, err := readRecorded(dir)
	require.NoError(t, err)
	require.Len(t, recorded, 4)
	for _, one := range recorded {
		require.Len(t, one.body(), webhook.DefaultMaxBody, one.name)
	}
}

// listen records a callback without a Content-Type, and replay reads the file.
func TestCallbacksWithoutContentType(t *testing.T) {
	t.Parallel()
	a, _, _ := appFor(t)
	dir := t.TempDir()
	server := listening(t, a, listenFlags{record: dir})
	c := formOf("x=1")
	delete(c.Headers, "Content-Type")
	sendTo(t, server.URL, c)
	server.Close()
	recorded, err := readRecorded(dir)
	require.NoError(t, err)
	require.Len(t, recorded, 1)
}

// rawHandler responds to every request with these bytes, even if they are not valid HTTP.
func rawHandler(t *testing.T, response string) string {
	t.Helper()
	socket, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, response)
			}
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = socket.Close(); serving.Wait() })
	return "http://" + socket.Addr().String()
}

// listen replaces a status that it cannot pass on by 502, after which RongCloud tries again.
func TestHandlersWithOddStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]int{"000": 502, "001": 502, "042": 502, "099": 502, "101": 502, "204": 204, "302": 302, "599": 599, "999": 999} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			to := rawHandler(t, "HTTP/1.1 "+status+" Odd\r\nContent-Length: 0\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
			a, out, talk := appFor(t)
			server := listening(t, a, listenFlags{forwardTo: to})
			require.Equal(t, want, sendTo(t, server.URL, formOf("fromUserId=u1")))
			server.Close()
			require.Equal(t, want == http.StatusBadGateway, strings.Contains(out.String(), "status is "+status), out.String())
			require.Empty(t, talk.String())

			code, _, said := runApp(t, nil, "webhook", "trigger", "message_sync", "--to", to)
			require.Equal(t, want/100 != 2, code == exitRefused, said)
			if want == http.StatusBadGateway {
				require.Contains(t, said, "status is "+status)
			}
		})
	}
}

// listen detects a --forward-to that leads back to itself, instead of forwarding until the
// timeout.
func TestForwardingToItself(t *testing.T) {
	t.Parallel()
	a, out, _ := appFor(t)
	server := httptest.NewUnstartedServer(nil)
	l, err := a.newListener(listenFlags{forwardTo: "http://" + server.Listener.Addr().String(), timeout: time.Minute}, func(error) {})
	require.NoError(t, err)
	server.Config.Handler = l
	server.Start()
	require.Equal(t, http.StatusLoopDetected, sendTo(t, server.URL, formOf("fromUserId=u1")))
	server.Close()
	require.Len(t, strings.Split(strings.TrimSpace(out.String()), "\n"), 2)
	require.Contains(t, out.String(), "--forward-to leads back")

	socket, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // finds a free port
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(socket.Addr().String())
	require.NoError(t, err)
	require.NoError(t, socket.Close())
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0"} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		a, _, talk := appFor(t)
		code := a.run(ctx, []string{"webhook", "listen", "--listen", "127.0.0.1:" + port, "--forward-to", "http://" + host + ":" + port + "/x"})
		cancel()
		require.Equal(t, exitUsage, code, host)
		require.Contains(t, talk.String(), "is where this command listens itself", host)
	}
}

func TestLeadsTo(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		target, socket string
		want           bool
	}{
		{"http://127.0.0.1:80/", "127.0.0.1:80", true}, {"http://127.0.0.1/", "127.0.0.1:80", true}, {"https://127.0.0.1/", "127.0.0.1:443", true},
		{"http://localhost:80/", "[::1]:80", true}, {"http://[::1]:80/", "[::]:80", true}, {"http://127.0.0.1:80/", "0.0.0.0:80", true},
		{"http://0.0.0.0:80/", "127.0.0.1:80", true}, {"http://127.0.0.2:80/", "127.0.0.1:80", false}, {"http://127.0.0.1:81/", "127.0.0.1:80", false},
		{"http://localhost:80/", "10.0.0.1:80", false}, {"http://10.0.0.1:80/", "10.0.0.1:80", true}, {"http://app.example:80/", "0.0.0.0:80", false},
	} {
		target, err := url.Parse(one.target)
		require.NoError(t, err)
		address, err := net.ResolveTCPAddr("tcp", one.socket)
		require.NoError(t, err)
		require.Equal(t, one.want, leadsTo(target, address), one)
	}
}

// Two recorders in one folder store all callbacks, and overwrite none.
func TestTwoRecordersInOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const each = 50
	var storing sync.WaitGroup
	names := make([][]string, 2)
	for i := range names {
		r, err := newRecorder(dir)
		require.NoError(t, err)
		storing.Go(func() {
			for range each {
				name, err := r.store(formOf(fmt.Sprintf("by=%d", i)))
				if err == nil {
					names[i] = append(names[i], name)
				}
			}
		})
	}
	storing.Wait()
	recorded, err := readRecorded(dir)
	require.NoError(t, err)
	require.Len(t, recorded, 2*each)
	by := map[string]int{}
	for _, one := range recorded {
		by[one.Body]++
	}
	require.Equal(t, map[string]int{"by=0": each, "by=1": each}, by)
	require.Len(t, names[0], each)
	require.Len(t, names[1], each)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2*each, "nothing else is left there")
}

// A recorder counts on from the highest number that a recorder gave, and replay sorts files by
// number.
func TestRecordedNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int64{
		"000001-message_sync.json": 1, "999999-unknown.json": 999999, "1000000-message_sync.json": 1000000,
		"2026-notes.txt": -1, "2026-message_sync.json": -1, "202611-notes.json": -1, "000007-message_sync.json.bak": -1,
		"9223372036854775807-message_sync.json": -1, "9223372036854775808-message_sync.json": -1, "-00001-message_sync.json": -1, "+00001-message_sync.json": -1,
	} {
		require.Equal(t, want, recordNumber(name), name)
	}

	dir := t.TempDir()
	for _, name := range []string{"9223372036854775807-message_sync.json", "2026-notes.txt", "0-mine.json", "1000000-message_sync.json", "999999-friendship.json", "999999999-notes.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(`{"kind":"message_sync","headers":{},"body":"x"}`), 0o600))
	}
	r, err := newRecorder(dir)
	require.NoError(t, err)
	name, err := r.store(formOf("x=1"))
	require.NoError(t, err)
	require.Equal(t, "1000001-message_sync.json", filepath.Base(name))
	recorded, err := readRecorded(dir)
	require.NoError(t, err)
	var order []string
	for _, one := range recorded {
		order = append(order, one.name)
	}
	require.Equal(t, []string{
		"999999-friendship", "1000000-message_sync", "1000001-message_sync", "0-mine", "9223372036854775807-message_sync", "999999999-notes",
	}, order)
}

// replay refuses files that are not recorded callbacks, with errors in plain words.
func TestReplayOfForeignFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "[]", "[{}]", "null", "1", `"x"`, "true", "{}", `{"kind":"message_sync"`, `{"kind":1,"headers":{}}`, `{"kind":"message_sync","headers":[]}`,
		`{"kind":"message_sync","headers":{"A":1}}`, `{"kind":"message_sync","headers":{},"bodyBase64":"*"}`, `{"kind":"message_sync","headers":{},"receivedAt":"soon"}`, "hello",
	} {
		name := filepath.Join(t.TempDir(), "one.txt")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		code, _, talk := runApp(t, nil, "webhook", "replay", name, "--to", "http://127.0.0.1:1/")
		require.Equal(t, exitUsage, code, text)
		require.Contains(t, talk, "it is no recorded callback", text)
		for _, word := range []string{"json: ", "Go ", "main.", "unmarshal", "base64", "parsing time"} {
			require.NotContains(t, talk, word, text)
		}
	}
}

// transport is an http.RoundTripper that uses no network.
type transport func(r *http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func accepted() *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
}

// recordedAfter returns callbacks that were recorded this long after the first one.
func recordedAfter(spans ...time.Duration) []recordedCallback {
	var all []recordedCallback
	began := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for i, span := range spans {
		c := formOf("fromUserId=u1")
		c.ReceivedAt = began.Add(span)
		all = append(all, recordedCallback{c, fmt.Sprintf("%06d-message_sync", i+1)})
	}
	return all
}

func TestReplayKeepsTheSpacing(t *testing.T) {
	t.Parallel()
	spans := []time.Duration{0, 2 * time.Second, time.Minute, 30 * time.Second, time.Hour}
	for _, one := range []struct {
		speed float64
		want  []time.Duration
	}{
		{0, []time.Duration{0, 0, 0, 0, 0}},
		{1, []time.Duration{0, 2 * time.Second, time.Minute, time.Minute, time.Hour}},
		{10, []time.Duration{0, 200 * time.Millisecond, 6 * time.Second, 6 * time.Second, 6 * time.Minute}},
		{0.5, []time.Duration{0, 4 * time.Second, 2 * time.Minute, 2 * time.Minute, 2 * time.Hour}},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, _, talk := appFor(t)
			began := time.Now()
			var sent []time.Duration
			client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
				sent = append(sent, time.Since(began))
				return accepted(), nil
			})}
			require.NoError(t, a.replay(t.Context(), emulatorProfile, &url.URL{Scheme: "http", Host: "handler"}, client, recordedAfter(spans...), one.speed))
			require.Equal(t, one.want, sent, one.speed)
			require.Equal(t, one.speed != 0, strings.Contains(talk.String(), "Waiting "), talk)
		})
	}
	require.Zero(t, spacing(time.Time{}, time.Now(), 1))
	require.Zero(t, spacing(time.Now(), time.Time{}, 1), "a callback without a time is due at once")
	require.Equal(t, maxSpacing, spacing(time.Unix(0, 0), time.Unix(1, 0), 1e-300))
	for _, speed := range []string{"-1", "NaN", "Inf", "-Inf", "x"} {
		code, _, talk := runApp(t, nil, "webhook", "replay", t.TempDir(), "--to", "http://127.0.0.1:1/", "--speed="+speed)
		require.Equal(t, exitUsage, code, speed)
		require.Contains(t, talk, "--speed", speed)
	}
}

// Ctrl-C ends replay while it waits for the handler or for the time of the next callback.
func TestReplayStops(t *testing.T) {
	t.Parallel()
	for name, speed := range map[string]float64{"in a call": 0, "between two": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, out, talk := appFor(t)
				ctx, cancel := context.WithCancel(t.Context())
				calls := 0
				client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
					if calls++; calls == 1 {
						time.AfterFunc(time.Second, cancel)
						return accepted(), nil
					}
					<-r.Context().Done()
					return nil, r.Context().Err()
				})}
				began := time.Now()
				err := a.replay(ctx, emulatorProfile, &url.URL{Scheme: "http", Host: "handler"}, client, recordedAfter(0, time.Hour, 2*time.Hour), speed)
				require.Equal(t, time.Second, time.Since(began))
				require.Equal(t, exitError(exitRefused), err)
				require.Contains(t, talk.String(), "Stopped after 1 of 3 callbacks, before 000002-message_sync.")
				require.Equal(t, 1, strings.Count(out.String(), "\n"), out)
			})
		})
	}
}

// confirmTarget asks before a real app's signature goes to another machine by plain HTTP, or in
// production at all.
func TestConfirmTarget(t *testing.T) {
	t.Parallel()
	plain := profile{Source: "the profile p", AppKey: "real", AppSecret: "s"}
	production := plain
	production.Production = true
	for _, one := range []struct {
		p      profile
		target string
		asks   bool
	}{
		{plain, "http://app.example/", true}, {plain, "https://app.example/", false}, {production, "https://app.example/", true}, {production, "http://app.example/", true},
		{production, "http://localhost:8080/", false}, {production, "http://127.0.0.1/", false}, {production, "http://127.8.9.1/", false}, {production, "https://[::1]:1/", false},
		{plain, "http://10.0.0.1/", true}, {plain, "http://localhost.app.example/", true}, {plain, "http://0.0.0.0/", true}, {emulatorProfile, "http://app.example/", false},
	} {
		a, _, _ := appFor(t)
		target, err := url.Parse(one.target)
		require.NoError(t, err)
		err = a.confirmTarget(t.Context(), one.p, target)
		if !one.asks {
			require.NoError(t, err, one.target)
			continue
		}
		require.ErrorContains(t, err, "as good as a password", one.target)
		require.ErrorContains(t, err, "--yes", one.target)
		a.yes = true
		require.NoError(t, a.confirmTarget(t.Context(), one.p, target))
	}
}

// verify reads a log of curl -v, which marks its lines and leaves out the body.
func TestVerifyReadsCurlLogs(t *testing.T) {
	t.Parallel()
	app := webhooktest.App{Key: rongcloudtest.DefaultAppKey, Secret: rongcloudtest.DefaultAppSecret}
	r, err := app.Request(t.Context(), "http://localhost/hook", webhooktest.Sample(webhook.KindMessage))
	require.NoError(t, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	head := "POST " + r.URL.RequestURI() + " HTTP/1.1\nContent-Type: " + r.Header.Get("Content-Type") + "\n"
	marked := "> " + strings.ReplaceAll(strings.TrimSuffix(head, "\n"), "\n", "\n> ") + "\n"
	for name, text := range map[string]string{
		"without marks": head + "\n" + string(body),
		"with marks":    marked + ">\n" + string(body),
		"all marked":    marked + "> \n> " + string(body),
		"with CRLF":     strings.ReplaceAll(marked+"> \n", "\n", "\r\n") + string(body),
		"whole":         "*   Trying 127.0.0.1:80...\n* Connected\n" + marked + ">\n} [5 bytes data]\n" + string(body) + "\n* upload sent\n< HTTP/1.1 200 OK\n<\nok\n",
	} {
		a, out, talk := appFor(t)
		a.in = strings.NewReader(text)
		require.Zero(t, a.run(t.Context(), []string{"webhook", "verify"}), "%s: %s%s", name, out, talk)
		require.Contains(t, out.String(), "message_sync", name)
		require.Contains(t, out.String(), `"AIGenerated": true`, name)
	}
	a, out, talk := appFor(t)
	a.in = strings.NewReader(strings.TrimSuffix(marked, "\n")) // curl does not log the body
	require.Equal(t, exitRefused, a.run(t.Context(), []string{"webhook", "verify"}))
	require.Contains(t, out.String(), "it is empty")
	require.Empty(t, talk.String())
	for _, text := range []string{"", "\n", "> ", "* x", ">", "> \n> ", "<", "* \n< x"} {
		a, _, talk := appFor(t)
		a.in = strings.NewReader(text)
		require.Equal(t, exitUsage, a.run(t.Context(), []string{"webhook", "verify"}), text)
		require.Contains(t, talk.String(), "stdin holds no request", text)
	}
}

// listen does not wait for a response that never ends.
func TestEndlessResponses(t *testing.T) {
	t.Parallel()
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "begins")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer handler.Close()
	a, out, _ := appFor(t)
	server := listening(t, a, listenFlags{forwardTo: handler.URL, timeout: 50 * time.Millisecond})
	require.Equal(t, http.StatusGatewayTimeout, sendTo(t, server.URL, formOf("fromUserId=u1")))
	server.Close()
	require.Contains(t, out.String(), "did not respond within 50ms")
}

// Ctrl-C ends listen although a handler has not responded yet.
func TestListenEndsWhileTheHandlerHangs(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	handler := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer handler.Close()
	a, _, _ := appFor(t)
	read, write := io.Pipe()
	a.stderr = write
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan int, 1)
	go func() {
		ended <- a.run(ctx, []string{"webhook", "listen", "--listen", "127.0.0.1:0", "--timeout", "10m", "--forward-to", handler.URL})
		_ = write.Close()
	}()
	talk := bufio.NewReader(read)
	first, err := talk.ReadString('\n')
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, talk) }()
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		target, _ := url.Parse(localURL.FindString(first))
		c := formOf("fromUserId=u1")
		if r, err := c.request(t.Context(), target, sign(emulatorProfile, freshNonce(), time.Now())); err == nil {
			if response, err := http.DefaultClient.Do(r); err == nil {
				_ = response.Body.Close()
			}
		}
	})
	<-arrived
	cancel()
	select {
	case code := <-ended:
		require.Zero(t, code)
	case <-time.After(time.Minute):
		require.Fail(t, "it still waits for the handler")
	}
}

// listen shows and stores each of many concurrent callbacks.
func TestConcurrentCallbacks(t *testing.T) {
	t.Parallel()
	a, out, _ := appFor(t)
	a.json = true
	dir := t.TempDir()
	server := listening(t, a, listenFlags{record: dir})
	var sending sync.WaitGroup
	for i := range 40 {
		sending.Go(func() {
			target, err := url.Parse(server.URL)
			if err != nil {
				return
			}
			c := formOf(fmt.Sprintf("fromUserId=u%02d", i))
			r, err := c.request(t.Context(), target, sign(emulatorProfile, freshNonce(), time.Now()))
			if err != nil {
				return
			}
			if response, err := http.DefaultClient.Do(r); err == nil {
				_ = response.Body.Close()
			}
		})
	}
	sending.Wait()
	server.Close()
	recorded, err := readRecorded(dir)
	require.NoError(t, err)
	require.Len(t, recorded, 40)
	files := map[string]bool{}
	decoder := json.NewDecoder(out)
	for {
		var shown receipt
		if err := decoder.Decode(&shown); errors.Is(err, io.EOF) {
			break
		}
		files[shown.File] = true
	}
	require.Len(t, files, 40)
}
