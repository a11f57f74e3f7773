//go:build unix

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// The test pauses one of two instances for longer than its lease, again and again, while the other
// one takes over. The paused instance sends nothing twice and reverts nothing when it continues.
func TestPaused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, databaseURL string) {
		srv := rongcloudtest.NewServer(t, rongcloudtest.WithHistory(1_000_000))
		env := "OUTBOX_LEASE=1s"
		p, other := newProgram(t, srv, databaseURL, env), newProgram(t, srv, databaseURL, env)
		p.start(t)
		users, ids := signUpAll(t, p)
		other.start(t)
		require.NoError(t, srv.AddWebhookURL("http://"+other.address+"/rongcloud/events",
			rongcloudtest.WithServerMessages(), rongcloudtest.WithoutWaiting()))
		for _, ep := range []*endpoint.Endpoint{
			endpoint.MessageSystemPublish, endpoint.MessageGroupPublish, endpoint.EntrustGroupJoin, endpoint.FriendAdd,
			endpoint.UserBlacklistAdd,
		} {
			srv.Fail(ep, rongcloudtest.Fault{Delay: 20 * time.Millisecond, Times: -1})
		}
		acknowledged := map[string]bool{}
		var groups []string
		burst := func(i, n int) {
			for j := range n {
				text := fmt.Sprintf("notice-%d-%d.", i, j)
				done, group := decide(users, ids, rand.IntN(len(users)), rand.IntN(len(users)), text, groups)
				if done {
					acknowledged[text] = true
				}
				if group != "" {
					groups = append(groups, group)
				}
			}
		}
		for i := range operations(t) / 20 {
			for _, v := range users {
				v.base = "http://" + p.address
			}
			burst(i, 8)
			time.Sleep(rand.N(20 * time.Millisecond))
			require.NoError(t, p.command.Process.Signal(syscall.SIGSTOP))
			for _, v := range users {
				v.base = "http://" + other.address
			}
			time.Sleep(1200 * time.Millisecond)
			burst(i, 8)
			require.NoError(t, p.command.Process.Signal(syscall.SIGCONT))
		}
		agree(t, srv, databaseURL, ids, acknowledged, p, other)
	})
}

// The test restarts PostgreSQL under load, again and again. Decisions fail meanwhile, and then the
// program recovers without a restart. Nothing is lost or sent twice.
func TestRestarted(t *testing.T) {
	databaseURL := dbtest.Postgres(t)
	if databaseURL == "" {
		return // dbtest has logged why
	}
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithHistory(1_000_000))
	p := newProgram(t, srv, databaseURL, "OUTBOX_LEASE=5s")
	require.NoError(t, srv.AddWebhookURL("http://"+p.address+"/rongcloud/events",
		rongcloudtest.WithServerMessages(), rongcloudtest.WithoutWaiting()))
	p.start(t)
	users, ids := signUpAll(t, p)
	acknowledged := map[string]bool{}
	var groups []string
	for i := range operations(t) / 20 {
		ended, wait := make(chan struct{}), time.Now().Add(20*time.Second)
		go func() {
			defer close(ended)
			time.Sleep(rand.N(200 * time.Millisecond))
			dbtest.Restart(t, time.Second)
		}()
		for j := 0; ; j++ {
			text := fmt.Sprintf("notice-%d-%d.", i, j)
			done, group := decide(users, ids, rand.IntN(len(users)), rand.IntN(len(users)), text, groups)
			if done {
				acknowledged[text] = true
			}
			if group != "" {
				groups = append(groups, group)
			}
			time.Sleep(10 * time.Millisecond)
			select {
			case <-ended:
			default:
				continue
			}
			if _, err := users[0].call("GET", "/readyz", ""); err == nil {
				break
			}
			require.True(t, time.Now().Before(wait), "the program is not ready after 20 seconds")
		}
		for j := range 10 {
			text := fmt.Sprintf("notice-%d-%d", i, j)
			users[len(users)-1].must(t, "POST", "/operator/announce", url.Values{"text": {text}}.Encode())
			acknowledged[text] = true
			time.Sleep(50 * time.Millisecond)
		}
	}
	t.Logf("%d announced", len(acknowledged))
	agree(t, srv, databaseURL, ids, acknowledged, p)
}

// The log contains no texts, names, IDs or passwords of users, and no secrets, even if RongCloud or
// the database fails.
func TestLogs(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, databaseURL string) {
		srv := rongcloudtest.NewServer(t)
		p := newProgram(t, srv, databaseURL, "OUTBOX_LEASE=1s", "METRICS_TOKEN=metrics-secret")
		var log bytes.Buffer
		p.log = &log
		require.NoError(t, srv.AddWebhookURL("http://"+p.address+"/rongcloud/events",
			rongcloudtest.WithServerMessages(), rongcloudtest.WithoutWaiting()))
		p.start(t)
		users, ids := signUpAll(t, p)
		names := []string{"ann", "ben", "cid", "dan", "olga"}
		act := func() {
			for i, v := range users {
				other := ids[(i+1)%len(ids)]
				_, _ = v.call("POST", "/api/friends/"+other+"/invite", "")
				_, _ = v.call("POST", "/api/groups", `{"name":"text-secret","members":["`+other+`"]}`)
				_, _ = v.call("POST", "/api/messages/uid-secret/report", `{"reason":"text-secret"}`)
				_, _ = v.call("GET", "/api/users?q=text-secret", "")
				_, _ = v.call("POST", "/api/messages", `{"Conversation":"p:`+ids[i]+`:`+other+`","Text":"text-secret"}`)
				_, _ = v.call("GET", "/metrics", "")
				_, _ = v.call("POST", "/login", "name="+names[i]+"&password=password-secret")
				_, _ = v.call("POST", "/signup", "name=name_secret&password=password-secret")
				_, _ = v.call("GET", "/operator", "")
				_ = srv.User(ids[i]).Connect()
				_, _ = srv.User(ids[i]).SendPrivate(other, rongcloud.TextMessage{Content: "text-secret"})
			}
			_, _ = users[len(users)-1].call("POST", "/operator/announce", url.Values{"text": {"text-secret"}}.Encode())
			for _, path := range []string{"/rongcloud/events", "/rongcloud/moderation"} {
				_, _ = users[0].call("POST", path+"?signature=signature-secret&nonce=1&timestamp=1", `{"content":"text-secret"}`)
			}
			time.Sleep(300 * time.Millisecond) // the worker attempts the jobs
		}
		act()
		srv.Fail(nil, rongcloudtest.Fault{Status: 500, Message: "no", Times: 20})
		act()
		srv.ClearFaults()
		driver, source := "pgx", databaseURL
		if file, isFile := strings.CutPrefix(databaseURL, "sqlite:"); isFile {
			driver, source = "sqlite", file+"?_pragma=busy_timeout(10000)"
		}
		db, err := sql.Open(driver, source)
		require.NoError(t, err)
		defer db.Close()
		for _, table := range []string{"messages", "login_failures", "outbox", "sessions"} { // the tables vanish one after the other
			_, err := db.ExecContext(t.Context(), "ALTER TABLE "+table+" RENAME TO away_"+table)
			require.NoError(t, err)
			act()
		}
		p.kill()
		require.Contains(t, log.String(), "level=ERROR")
		secrets := append([]string{"secret", srv.AppSecret()}, ids...)
		for _, v := range users {
			base, _ := url.Parse(v.base)
			for _, cookie := range v.client.Jar.Cookies(base) {
				secrets = append(secrets, cookie.Value)
			}
		}
		require.Greater(t, len(secrets), 10)
		for _, secret := range secrets {
			if strings.Contains(log.String(), secret) { // require would print the whole log
				t.Errorf("the log has %q", secret)
			}
		}
		for _, name := range names {
			require.NotRegexp(t, `\b`+name+`\b`, log.String())
		}
	})
}
