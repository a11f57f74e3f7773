package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// envProgram makes the test binary run as the App Server, so that tests can kill its process.
const envProgram = "APPSERVER_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(envProgram) != "" {
		main()
		return
	}
	os.Exit(dbtest.Main(m))
}

// freeAddress returns a loopback address that no process listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// program is an App Server in its own process. The fake RongCloud runs in the test's process.
type program struct {
	address string
	env     []string
	command *exec.Cmd
	log     io.Writer // if nil, the log goes to os.Stderr
}

func newProgram(t *testing.T, srv *rongcloudtest.Server, databaseURL string, env ...string) *program {
	t.Helper()
	address := freeAddress(t)
	p := &program{address: address, env: append([]string{
		envProgram + "=1", "APPSERVER_ADDR=" + address, "DATABASE_URL=" + databaseURL,
		"RONGCLOUD_APP_KEY=" + srv.AppKey(), "RONGCLOUD_APP_SECRET=" + srv.AppSecret(), "RONGCLOUD_API_URL=" + srv.URL,
	}, env...)}
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *program) start(t *testing.T) {
	t.Helper()
	p.command = exec.Command(os.Args[0])
	p.command.Env = append(os.Environ(), p.env...)
	p.command.Stderr = cmp.Or[io.Writer](p.log, os.Stderr)
	p.command.SysProcAttr = child()
	require.NoError(t, p.command.Start())
	for range 600 {
		if response, err := http.Get("http://" + p.address + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusNoContent {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the program is not ready after 30 seconds")
}

func (p *program) kill() {
	if p.command != nil {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
		p.command = nil
	}
}

// visitor is a user's HTTP client, with the cookies of their session.
type visitor struct {
	base   string
	client *http.Client
}

func newVisitor(address string) *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{"http://" + address, &http.Client{
		Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
	}}
}

// call returns the body of the response, and an error if the status is 300 or above.
func (v *visitor) call(method, path, body string) (string, error) {
	contentType := "application/json"
	if strings.HasPrefix(body, "name=") || strings.HasPrefix(body, "text=") {
		contentType = "application/x-www-form-urlencoded"
	}
	request, err := http.NewRequestWithContext(context.Background(), method, v.base+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := v.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	return string(text), err
}

func (v *visitor) must(t *testing.T, method, path, body string) string {
	t.Helper()
	text, err := v.call(method, path, body)
	require.NoError(t, err)
	return text
}

// enter logs the user in or signs them up: path is login or signup.
func (v *visitor) enter(t *testing.T, path, name string) {
	t.Helper()
	_, err := v.call("POST", "/"+path, url.Values{"name": {name}, "password": {"long enough"}}.Encode())
	require.NoError(t, err)
}

// waitUntilReady waits until the program responds.
func waitUntilReady(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			err = response.Body.Close()
		}
		return err == nil
	}, 20*time.Second, 20*time.Millisecond)
}

// The demonstration starts, lets users chat, and shuts down. After a restart it still has its data.
func TestDemo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, databaseURL string) {
		address := freeAddress(t)
		start := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			env := map[string]string{"APPSERVER_ADDR": address, "DATABASE_URL": databaseURL}
			go func() { ended <- run(ctx, func(name string) string { return env[name] }, io.Discard) }()
			waitUntilReady(t, address)
			return func() {
				cancel()
				require.NoError(t, <-ended)
			}
		}
		stop := start()
		ann, ben := newVisitor(address), newVisitor(address)
		ann.must(t, "POST", "/login", "name=ann&password=demo-demo")
		ben.must(t, "POST", "/login", "name=ben&password=demo-demo")
		_, err := ann.call("POST", "/api/messages", `{"conversation":"p:ann:ben","text":"hello"}`)
		require.ErrorContains(t, err, "409", "without an open page, ann is offline")
		shut := listen(t, ann)
		ann.must(t, "POST", "/api/messages", `{"conversation":"p:ann:ben","text":"hello"}`)
		_, err = ann.call("POST", "/api/messages", `{"conversation":"p:ann:ben","text":"Ca si-no"}`)
		require.ErrorContains(t, err, "not allowed here")
		require.Contains(t, ben.must(t, "GET", "/api/state", ""), `"text":"hello"`)
		require.Contains(t, ben.must(t, "GET", "/api/state", ""), `"online":true`)
		_, err = ben.call("GET", "/api/messages?conversation=p:ann:olga", "")
		require.ErrorContains(t, err, "404", "ben is not in that conversation")
		_, err = ben.call("GET", "/operator", "")
		require.ErrorContains(t, err, "404")
		group := ann.must(t, "POST", "/api/groups", `{"name":"Team","members":["ben"]}`)
		require.Eventually(t, func() bool {
			return strings.Contains(ben.must(t, "GET", "/api/state", ""), "＋ Team")
		}, 10*time.Second, 20*time.Millisecond, "the notice about the new group: %s", group)
		shut()
		stop()

		stop = start()
		defer stop()
		shut = listen(t, ben)
		defer shut()
		ben.must(t, "POST", "/api/messages", `{"conversation":"p:ann:ben","text":"again"}`)
		state := ann.must(t, "GET", "/api/state", "")
		require.Contains(t, state, `"text":"again"`)
		require.Contains(t, state, `"name":"Team"`)
	})
}

// listen opens a page's event stream, and waits for the first event.
func listen(t *testing.T, v *visitor) (shut func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/api/events", nil)
	require.NoError(t, err)
	response, err := (&http.Client{Jar: v.client.Jar}).Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	_, err = response.Body.Read(make([]byte, 10))
	require.NoError(t, err)
	return func() {
		cancel()
		response.Body.Close()
	}
}

// An error about a setting names its environment variable.
func TestConfig(t *testing.T) {
	for name, value := range map[string]string{
		"REDIS_URL": "redis://127.0.0.1", "OUTBOX_LEASE": "soon", "TRUSTED_PROXIES": "everybody",
		"PUBLIC_URL": "chat.example", "DATABASE_URL": "mysql://x", "APPSERVER_ADDR": "nowhere",
	} {
		env := map[string]string{"DATABASE_URL": "sqlite:" + t.TempDir() + "/x.db", name: value}
		err := run(t.Context(), func(name string) string { return env[name] }, io.Discard)
		require.ErrorContains(t, err, name+": ")
	}
	env := map[string]string{"RONGCLOUD_APP_KEY": "key", "REDIS_URL": "redis://:pass%word@127.0.0.1"}
	_, err := readConfig(func(name string) string { return env[name] })
	require.EqualError(t, err, "REDIS_URL: must be redis://USER:PASSWORD@HOST or rediss://…, with special characters as %XX")
	env["REDIS_URL"] = "redis://127.0.0.1"
	_, err = readConfig(func(name string) string { return env[name] })
	require.NoError(t, err)
}

// The program refuses a form that another site makes a browser submit, and too many login attempts.
func TestLoginProtection(t *testing.T) {
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	env := map[string]string{"APPSERVER_ADDR": address, "DATABASE_URL": "sqlite:" + t.TempDir() + "/x.db"}
	go func() { ended <- run(ctx, func(name string) string { return env[name] }, io.Discard) }()
	defer func() { cancel(); require.NoError(t, <-ended) }()
	waitUntilReady(t, address)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/login",
		strings.NewReader("name=ann&password=demo-demo"))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "https://evil.example")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusForbidden, response.StatusCode)

	v := newVisitor(address)
	for range 10 {
		_, err = v.call("POST", "/login", "name=ben&password=wrong")
		require.ErrorContains(t, err, "401")
	}
	_, err = v.call("POST", "/login", "name=ben&password=demo-demo")
	require.ErrorContains(t, err, "429")
}

// A shutdown lets running requests finish, and ends the event streams.
func TestShutdown(t *testing.T) {
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	env := map[string]string{"APPSERVER_ADDR": address, "DATABASE_URL": "sqlite:" + t.TempDir() + "/x.db"}
	go func() { ended <- run(ctx, func(name string) string { return env[name] }, io.Discard) }()
	waitUntilReady(t, address)
	v := newVisitor(address)
	v.must(t, "POST", "/login", "name=ann&password=demo-demo")
	defer listen(t, v)()
	body, rest := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.base+"/api/groups", body)
	require.NoError(t, err)
	request.Header.Set("Expect", "100-continue") // the client sends the body once the program reads it
	go func() {
		_, _ = rest.Write([]byte(`{"name":"Team",`))
		cancel()
		_, _ = rest.Write([]byte(`"members":["ben"]}`))
		_ = rest.Close()
	}()
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	response, err := (&http.Client{Jar: v.client.Jar, Transport: transport}).Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, <-ended)
}
