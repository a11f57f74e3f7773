package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// operations returns how many decisions TestKilled makes: KILL_OPERATIONS, or 60.
func operations(t *testing.T) int {
	t.Helper()
	text := os.Getenv("KILL_OPERATIONS")
	if text == "" {
		return 60
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// The test kills the program while users and an operator make decisions: at random moments, and
// while RongCloud holds a request or its response. In the end, each notice was delivered once, or
// is parked and was delivered at most once. RongCloud's friends, groups and blacklists match the
// database.
func TestKilled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, databaseURL string) {
		var held trap
		srv := rongcloudtest.NewServer(t, rongcloudtest.WithHistory(1_000_000),
			rongcloudtest.WithObserver(func(r rongcloudtest.Request) { held.hold(r, false) }))
		p := newProgram(t, srv, databaseURL, "OUTBOX_LEASE=1500ms")
		require.NoError(t, srv.AddWebhookURL("http://"+p.address+"/rongcloud/events",
			rongcloudtest.WithServerMessages(), rongcloudtest.WithoutWaiting()))
		p.start(t)
		users, ids := signUpAll(t, p)

		srv.Fail(nil, rongcloudtest.Fault{Reset: true, Times: -1, When: func(r rongcloudtest.Request) bool {
			return held.hold(r, true)
		}})
		// Lost and slow responses leave calls with an unknown outcome.
		for _, ep := range []*endpoint.Endpoint{
			endpoint.MessageSystemPublish, endpoint.MessageGroupPublish, endpoint.EntrustGroupJoin, endpoint.FriendAdd,
		} {
			srv.Fail(ep, rongcloudtest.Fault{DropResponse: true, Skip: 3, Times: 2})
			srv.Fail(ep, rongcloudtest.Fault{Delay: 30 * time.Millisecond, Times: -1})
		}
		kills, acknowledged := 0, map[string]bool{}
		var groups []string
		next := 5
		for i := range operations(t) {
			me, other := rand.IntN(len(users)), rand.IntN(len(users))
			text := fmt.Sprintf("notice-%d.", i)
			if next--; next == 0 {
				if killDuring(t, p, &held, kills%5, users, ids, text) {
					acknowledged[text] = true
				}
				kills++
				p.start(t)
				next = 5 + rand.IntN(15)
				continue
			}
			done, group := decide(users, ids, me, other, text, groups)
			if done {
				acknowledged[text] = true
			}
			if group != "" {
				groups = append(groups, group)
			}
		}
		require.Positive(t, kills)
		t.Logf("%d operations, %d kills", operations(t), kills)
		agree(t, srv, databaseURL, ids, acknowledged, p)
	})
}

// agree waits until the outbox is empty, ends the programs, and compares the database with
// RongCloud.
func agree(t *testing.T, srv *rongcloudtest.Server, databaseURL string, ids []string, acknowledged map[string]bool, programs ...*program) {
	t.Helper()
	s, err := store.Open(t.Context(), databaseURL)
	require.NoError(t, err)
	defer s.Close()
	wait := time.Now().Add(2 * time.Minute)
	for {
		counts, _, err := s.Depth(t.Context())
		require.NoError(t, err)
		if counts[store.Waiting]+counts[store.Begun] == 0 {
			t.Log(counts)
			break
		}
		require.True(t, time.Now().Before(wait), "jobs are still in the outbox after two minutes: %v", counts)
		time.Sleep(100 * time.Millisecond)
	}
	srv.WaitForCallbacks()
	for _, p := range programs {
		p.kill()
	}
	compareSends(t, s, srv, acknowledged)
	driver, source := "pgx", databaseURL
	if file, isFile := strings.CutPrefix(databaseURL, "sqlite:"); isFile {
		driver, source = "sqlite", file
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer db.Close()
	compareState(t, s, db, srv, ids)
}

// trap holds one request at RongCloud until the program is dead, either before RongCloud executes
// it or before RongCloud responds.
type trap struct {
	mu     sync.Mutex
	match  func(r rongcloudtest.Request, before bool) bool
	caught chan struct{}
	freed  chan struct{}
}

// hold holds a request that matches until it is freed, and reports whether it did so. before is
// true if RongCloud has not executed the request yet.
func (tr *trap) hold(r rongcloudtest.Request, before bool) bool {
	tr.mu.Lock()
	if tr.match == nil || !tr.match(r, before) {
		tr.mu.Unlock()
		return false
	}
	tr.match = nil
	caught, freed := tr.caught, tr.freed
	tr.mu.Unlock()
	close(caught)
	<-freed
	return true
}

var (
	sends = []*endpoint.Endpoint{
		endpoint.MessageSystemPublish, endpoint.MessageGroupPublish, endpoint.MessagePrivatePublish,
	}
	calls = []*endpoint.Endpoint{
		endpoint.UserBlacklistAdd, endpoint.UserBlacklistRemove, endpoint.EntrustGroupJoin, endpoint.FriendAdd,
	}
)

// killDuring kills the program at one of five moments: while RongCloud holds a send that it has
// executed (0) or not (1), or another call that it has executed (2) or not (3), or at random (4).
// For 0 and 1 it reports whether the program acknowledged an announcement of the given text.
func killDuring(
	t *testing.T, p *program, held *trap, moment int, users []*visitor, ids []string, text string,
) (acknowledged bool) {
	t.Helper()
	if moment == 4 {
		time.Sleep(rand.N(50 * time.Millisecond))
		p.kill()
		return false
	}
	before, endpoints := moment%2 == 1, sends
	if moment >= 2 {
		endpoints = calls
	}
	held.mu.Lock()
	held.caught, held.freed = make(chan struct{}), make(chan struct{})
	held.match = func(r rongcloudtest.Request, b bool) bool {
		return b == before && slices.Contains(endpoints, r.Endpoint)
	}
	caught, freed := held.caught, held.freed
	held.mu.Unlock()
	if moment < 2 {
		_, err := users[len(users)-1].call("POST", "/operator/announce", url.Values{"text": {text}}.Encode())
		acknowledged = err == nil
	} else { // at least one of these changes the blacklist, and so makes a call
		_, _ = users[0].call("POST", "/api/friends/"+ids[1]+"/block", "")
		_, _ = users[0].call("POST", "/api/friends/"+ids[1]+"/unblock", "")
	}
	select {
	case <-caught:
	case <-time.After(20 * time.Second):
		require.Fail(t, "no request reached RongCloud", "moment %d, acknowledged %v", moment, acknowledged)
	}
	p.kill()
	close(freed)
	return acknowledged
}

// signUpAll signs up five users. The last one is the operator.
func signUpAll(t *testing.T, p *program) (users []*visitor, ids []string) {
	t.Helper()
	for _, name := range []string{"ann", "ben", "cid", "dan", "olga"} {
		v := newVisitor(p.address)
		v.enter(t, "signup", name)
		users = append(users, v)
		var state struct{ Me struct{ ID string } }
		require.NoError(t, json.Unmarshal([]byte(v.must(t, "GET", "/api/state", "")), &state))
		ids = append(ids, state.Me.ID)
	}
	p.kill() // the program appoints its operators when it starts
	p.env = append(p.env, "OPERATORS=olga")
	p.start(t)
	return users, ids
}

// decide makes one random decision. It reports whether the program acknowledged an announcement,
// and returns the ID of a group that it created.
func decide(
	users []*visitor, ids []string, me, other int, text string, groups []string,
) (announced bool, group string) {
	v, id := users[me], ids[other]
	path := ""
	if len(groups) > 0 {
		path = "/api/groups/" + groups[rand.IntN(len(groups))]
	}
	switch n := rand.IntN(10); {
	case n < 3:
		_, err := users[len(users)-1].call("POST", "/operator/announce", url.Values{"text": {text}}.Encode())
		return err == nil, ""
	case n < 5:
		_, _ = v.call("POST", "/api/friends/"+id+"/invite", "")
		_, _ = users[other].call("POST", "/api/friends/"+ids[me]+"/accept", "")
	case n == 5:
		_, _ = v.call("POST", "/api/friends/"+id+"/"+[]string{"remove", "block", "unblock"}[rand.IntN(3)], "")
	case n == 6 || path == "":
		var made struct{ ID string }
		body, err := v.call("POST", "/api/groups", `{"name":"Group","members":[]}`)
		if err == nil && json.Unmarshal([]byte(body), &made) == nil {
			return false, made.ID
		}
	case n < 9:
		_, _ = v.call("POST", path+"/members/"+id, "")
	default:
		if rand.IntN(3) > 0 {
			path += "/members/" + ids[me]
		}
		_, _ = v.call("DELETE", path, "")
	}
	return false, ""
}

// compareSends compares the sends of the outbox with what the fake RongCloud has delivered.
func compareSends(t *testing.T, s *store.Store, srv *rongcloudtest.Server, acknowledged map[string]bool) {
	t.Helper()
	delivered := map[string]map[string]int{} // counts by the job's mark, then by target
	for _, m := range srv.Sent() {
		var content struct{ Extra string }
		require.NoError(t, json.Unmarshal([]byte(m.Body), &content))
		if delivered[content.Extra] == nil {
			delivered[content.Extra] = map[string]int{}
		}
		delivered[content.Extra][m.TargetID]++
	}
	parked := 0
	for _, state := range []store.State{store.Done, store.Parked, store.Refused} {
		jobs, err := s.JobsIn(t.Context(), state, 1_000_000)
		require.NoError(t, err)
		for _, job := range jobs {
			if !outbox.IsOnce(job.Kind) {
				require.Equal(t, store.Done, state, "%s: %s", job.Kind, job.Error)
				continue
			}
			var notice outbox.Notice
			require.NoError(t, json.Unmarshal(job.Params, &notice))
			got := delivered[outbox.Mark(job.ID)]
			for _, target := range notice.Targets {
				switch state {
				case store.Done:
					require.Equal(t, 1, got[target], "job %d is done", job.ID)
				case store.Refused:
					require.Zero(t, got[target], "job %d is refused", job.ID)
				default:
					parked++
					require.LessOrEqual(t, got[target], 1, "job %d is parked", job.ID)
				}
			}
			delete(delivered, outbox.Mark(job.ID))
			delete(acknowledged, notice.Text)
		}
	}
	require.Empty(t, delivered, "RongCloud delivered messages of no job")
	require.Empty(t, slices.Collect(maps.Keys(acknowledged)), "the outbox has lost acknowledged announcements")
	t.Logf("%d deliveries are parked", parked)
}

// rows returns the only column of a query's rows, read directly from the database.
func rows(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	found := []string{}
	result, err := db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer result.Close()
	for result.Next() {
		var value string
		require.NoError(t, result.Scan(&value))
		found = append(found, value)
	}
	require.NoError(t, result.Err())
	return found
}

// compareState compares the friends, blacklists and groups of the database with RongCloud's.
func compareState(t *testing.T, s *store.Store, db *sql.DB, srv *rongcloudtest.Server, ids []string) {
	t.Helper()
	ctx, client := t.Context(), srv.Client()
	for _, id := range ids {
		want, err := s.FriendIDs(ctx, id)
		require.NoError(t, err)
		got := []string{}
		for friend, err := range client.Friend.All(ctx, rongcloud.FriendQuery{UserID: id}) {
			require.NoError(t, err)
			got = append(got, friend.UserID)
		}
		require.ElementsMatch(t, want, got, "friends of %s", id)

		blocked := []string{}
		for other, err := range client.User.Blacklist.All(ctx, rongcloud.UserBlacklistQuery{UserID: id}) {
			require.NoError(t, err)
			blocked = append(blocked, other)
		}
		require.ElementsMatch(t, rows(t, db, `SELECT target_id FROM blocks WHERE user_id = $1`, id), blocked,
			"blacklist of %s", id)
	}
	there := map[string]bool{}
	for group, err := range client.HostedGroup.All(ctx, rongcloud.HostedGroupQuery{}) {
		require.NoError(t, err)
		there[group.GroupID] = true
	}
	for _, group := range rows(t, db, `SELECT id FROM chat_groups WHERE NOT dismissed`) {
		require.True(t, there[group], "group %s", group)
		delete(there, group)
		want, err := s.Members(ctx, group)
		require.NoError(t, err)
		got := []string{}
		for member, err := range client.HostedGroup.Member.All(ctx, rongcloud.HostedGroupMemberQuery{GroupID: group}) {
			require.NoError(t, err)
			got = append(got, member.UserID)
		}
		require.ElementsMatch(t, want, got, "members of %s", group)
	}
	require.Empty(t, there, "RongCloud has groups that the database does not have")
}
