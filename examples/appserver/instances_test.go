package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Two instances behind one address serve 200 users for ten seconds, or for INSTANCES_TIME. The
// archive has every message exactly once, the open pages of all its readers get an event, and no
// request fails.
func TestTwoInstances(t *testing.T) {
	databaseURL := dbtest.Postgres(t)
	if databaseURL == "" {
		return // dbtest has logged why
	}
	redisURL := "redis://" + startRedis(t)
	span := 10 * time.Second
	if text := os.Getenv("INSTANCES_TIME"); text != "" {
		var err error
		span, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithHistory(1_000_000))
	var instances []*program
	for range 2 {
		p := newProgram(t, srv, databaseURL, "REDIS_URL="+redisURL)
		p.start(t)
		instances = append(instances, p)
	}
	front := startProxy(t, instances)
	require.NoError(t, srv.AddWebhookURL(front+"/rongcloud/events", rongcloudtest.WithServerMessages()))

	s, err := store.Open(t.Context(), databaseURL)
	require.NoError(t, err)
	defer s.Close()
	a := &app.App{Store: s}
	const users = 200
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var all sync.WaitGroup
	var events, sent atomic.Int64
	problems := make(chan error, 1000)
	for i := range users {
		id := fmt.Sprintf("user%03d", i)
		require.NoError(t, a.AddUser(t.Context(), store.User{ID: id, Name: id, Password: "-"}))
		_, err := srv.Client().User.Register(t.Context(), rongcloud.RegisterParams{UserID: id, Name: id})
		require.NoError(t, err)
		require.NoError(t, srv.User(id).Connect())
		token, err := a.Session(t.Context(), id)
		require.NoError(t, err)
		jar, _ := cookiejar.New(nil)
		base, _ := url.Parse(front)
		jar.SetCookies(base, []*http.Cookie{{Name: "session", Value: token}})
		v := &visitor{front, &http.Client{Jar: jar}}
		partner := fmt.Sprintf("user%03d", i^1)
		all.Go(func() { problems <- countEvents(t.Context(), span+5*time.Second, v, &events) })
		all.Go(func() {
			tick := time.NewTicker(2 * time.Second)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				_, err := srv.User(id).SendPrivate(partner, rongcloud.TextMessage{Content: "hello"})
				if err != nil {
					problems <- err
					return
				}
				sent.Add(1)
				path := "/api/messages?conversation=" + store.PrivateConversation(id, partner)
				if _, err := v.call("GET", path, ""); err != nil {
					problems <- err
				}
			}
		})
	}
	require.NoError(t, a.Announce(t.Context(), "welcome"))
	all.Wait()
	close(problems)
	for err := range problems {
		require.NoError(t, err)
	}
	archived := map[string]bool{}
	for i := 0; i < users; i += 2 {
		one, other := fmt.Sprintf("user%03d", i), fmt.Sprintf("user%03d", i+1)
		messages, err := s.History(t.Context(), store.PrivateConversation(one, other), time.Now().Add(time.Hour), "", 1_000_000)
		require.NoError(t, err)
		for _, m := range messages {
			archived[m.UID] = true
		}
	}
	announced := 0
	for _, m := range srv.Sent() {
		if m.ConversationType == rongcloud.ConversationSystem {
			announced++
			continue
		}
		require.True(t, archived[m.MessageUID], m.MessageUID)
		delete(archived, m.MessageUID)
	}
	require.Empty(t, archived)
	require.Equal(t, users, announced, "each user got the announcement once")
	require.GreaterOrEqual(t, events.Load(), 2*sent.Load(), "each message is an event for both users")
	t.Logf("%d users, %d messages, %d events", users, sent.Load(), events.Load())
	for _, p := range instances {
		require.NoError(t, p.command.Process.Signal(os.Interrupt))
		require.NoError(t, p.command.Wait(), "the program exits without an error")
		p.command = nil
	}
}

// startProxy starts a reverse proxy in front of the instances, and returns its address. The proxy
// is nginx with the example's configuration or, where nginx is not installed, a proxy in this
// process.
func startProxy(t *testing.T, instances []*program) string {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		var proxies []http.Handler
		for _, p := range instances {
			proxies = append(proxies, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.address}))
		}
		var turn atomic.Int64
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proxies[turn.Add(1)%2].ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		return front.URL
	}
	address, dir := freeAddress(t), t.TempDir()
	text, err := os.ReadFile("nginx.conf")
	require.NoError(t, err)
	site := strings.NewReplacer("app1:8080", instances[0].address, "app2:8080", instances[1].address,
		"listen 80;", "listen "+address+";").Replace(string(text))
	require.NotContains(t, site, "8080")
	config := dir + "/nginx.conf"
	require.NoError(t, os.WriteFile(config, []byte("daemon off; error_log stderr warn; pid "+dir+
		"/pid; events { worker_connections 2048; } http { "+site+" }"), 0o600))
	command := exec.Command(nginx, "-p", dir, "-c", config)
	command.Stderr, command.SysProcAttr = os.Stderr, child()
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	})
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			err = response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusNoContent
	}, 20*time.Second, 50*time.Millisecond)
	return "http://" + address
}

// countEvents reads a page's event stream for the given time, and counts the events about messages.
func countEvents(ctx context.Context, span time.Duration, v *visitor, events *atomic.Int64) error {
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/api/events", nil)
	if err != nil {
		return err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), `"type":"message"`) {
			events.Add(1)
		}
	}
	if ctx.Err() == nil {
		return fmt.Errorf("the stream ended early, with status %s", response.Status)
	}
	return nil
}

func startRedis(t *testing.T) (address string) {
	t.Helper()
	address = freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	command := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", t.TempDir())
	require.NoError(t, command.Start(), "the test needs redis-server")
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	db := redis.NewClient(&redis.Options{Addr: address})
	defer db.Close()
	require.Eventually(t, func() bool { return db.Ping(t.Context()).Err() == nil }, 10*time.Second, 50*time.Millisecond)
	return address
}
