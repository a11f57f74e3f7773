package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
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

// operations is how many decisions are made while the program is killed: KILL_OPERATIONS, or a few.
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

// The program is killed at random while users and an operator decide things. In the end every
// notice was delivered once, or is parked and was delivered at most once, the database and
// RongCloud agree on which, and RongCloud's friends, groups and blacklists are those of the
// database.
func TestKilled(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, databaseURL string) {
		srv := rongcloudtest.NewServer(t, rongcloudtest.WithHistory(1_000_000))
		p := newProgram(t, srv, databaseURL, "OUTBOX_LEASE=1500ms")
		require.NoError(t, srv.AddWebhookURL("http://"+p.address+"/rongcloud/events", rongcloudtest.WithServerMessages(), rongcloudtest.WithoutWaiting()))
		p.start(t)
		users, ids := meet(t, p)

		// What hangs up, and what is slow, leaves calls of which nobody knows the end.
		for _, ep := range []*endpoint.Endpoint{endpoint.MessageSystemPublish, endpoint.MessageGroupPublish, endpoint.EntrustGroupJoin, endpoint.FriendAdd} {
			srv.Fail(ep, rongcloudtest.Fault{DropResponse: true, Skip: 3, Times: 2})
			srv.Fail(ep, rongcloudtest.Fault{Delay: 30 * time.Millisecond, Times: -1})
		}
		kills, acknowledged := 0, map[string]bool{}
		var groups []string
		next := 5
		for i := range operations(t) {
			if next--; next == 0 {
				time.Sleep(rand.N(50 * time.Millisecond)) // anywhere in the work, not always after a decision
				p.kill()
				kills++
				p.start(t)
				next = 5 + rand.IntN(15)
			}
			me, other := rand.IntN(len(users)), rand.IntN(len(users))
			text := fmt.Sprintf("notice-%d.", i)
			done, group := decide(users, ids, me, other, text, groups)
			if done {
				acknowledged[text] = true
			}
			if group != "" {
				groups = append(groups, group)
			}
		}
		require.Positive(t, kills)
		s, err := store.Open(t.Context(), databaseURL)
		require.NoError(t, err)
		defer s.Close()
		wait := time.Now().Add(2 * time.Minute)
		for {
			counts, _, err := s.Depth(t.Context())
			require.NoError(t, err)
			if counts[store.Waiting]+counts[store.Begun] == 0 {
				t.Logf("%d operations, %d kills: %v", operations(t), kills, counts)
				break
			}
			require.True(t, time.Now().Before(wait), "the outbox does not become empty: %v", counts)
			time.Sleep(100 * time.Millisecond)
		}
		srv.WaitForCallbacks()
		p.kill()
		compareSends(t, s, srv, acknowledged)
		compareState(t, s, srv, ids)
	})
}

// meet signs users up; the last one is the operator.
func meet(t *testing.T, p *program) (users []*visitor, ids []string) {
	t.Helper()
	for _, name := range []string{"ann", "ben", "cid", "dan", "olga"} {
		v := newVisitor(p.address)
		v.enter(t, "signup", name)
		users = append(users, v)
		var state struct{ Me struct{ ID string } }
		require.NoError(t, json.Unmarshal([]byte(v.must(t, "GET", "/api/state", "")), &state))
		ids = append(ids, state.Me.ID)
	}
	p.kill() // a new start makes olga the operator
	p.start(t)
	return users, ids
}

// decide makes one decision. It reports whether the program has acknowledged it.
func decide(users []*visitor, ids []string, me, other int, text string, groups []string) (done bool, group string) {
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
		if body, err := v.call("POST", "/api/groups", `{"name":"Group","members":[]}`); err == nil && json.Unmarshal([]byte(body), &made) == nil {
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
	return false, "" // only announcements are told apart by their text
}

// compareSends holds the outbox against what the fake RongCloud has delivered.
func compareSends(t *testing.T, s *store.Store, srv *rongcloudtest.Server, acknowledged map[string]bool) {
	t.Helper()
	delivered := map[string]map[string]int{} // by mark and target
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
				require.NotEqual(t, store.Refused, state, "%s: %s", job.Kind, job.Error)
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
	require.Empty(t, delivered, "what nobody has decided was sent")
	require.Empty(t, slices.Collect(maps.Keys(acknowledged)), "what was acknowledged is forgotten")
	t.Logf("%d deliveries are parked", parked)
}

func compareState(t *testing.T, s *store.Store, srv *rongcloudtest.Server, ids []string) {
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
		blocks, err := s.AllBlocks(ctx)
		require.NoError(t, err)
		mine := []string{}
		for _, b := range blocks {
			if b.UserID == id {
				mine = append(mine, b.TargetID)
			}
		}
		require.ElementsMatch(t, mine, blocked, "blacklist of %s", id)
	}
	groups, err := s.AllGroups(ctx)
	require.NoError(t, err)
	there := map[string]bool{}
	for group, err := range client.HostedGroup.All(ctx, rongcloud.HostedGroupQuery{}) {
		require.NoError(t, err)
		there[group.GroupID] = true
	}
	for _, group := range groups {
		require.True(t, there[group.ID], "group %s", group.ID)
		delete(there, group.ID)
		want, err := s.Members(ctx, group.ID)
		require.NoError(t, err)
		got := []string{}
		for member, err := range client.HostedGroup.Member.All(ctx, rongcloud.HostedGroupMemberQuery{GroupID: group.ID}) {
			require.NoError(t, err)
			got = append(got, member.UserID)
		}
		require.ElementsMatch(t, want, got, "members of %s", group.ID)
	}
	require.Empty(t, there, "groups that the database does not have")
}
