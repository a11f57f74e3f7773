package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inBubble runs a test with a socketless server, so that waiting for quotas takes no time.
func inBubble(t *testing.T, test func(t *testing.T, srv *rongcloudtest.Server), opts ...rongcloudtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, rongcloudtest.NewServer(t, append([]rongcloudtest.Option{rongcloudtest.WithoutSocket()}, opts...)...))
	})
}

func configOf(srv *rongcloudtest.Server) Config {
	return Config{AppKey: srv.AppKey(), AppSecret: srv.AppSecret, BaseURL: srv.URL, Transport: srv.Transport(),
		Prefix: "rclive01234567"}
}

func runOn(t *testing.T, srv *rongcloudtest.Server, only ...string) *Report {
	t.Helper()
	config := configOf(srv)
	config.Only = only
	r, err := Run(context.Background(), config)
	require.NoError(t, err)
	return r
}

func answers(r *Report) map[string]string {
	found := map[string]string{}
	for _, f := range r.Findings {
		found[f.ID] = f.Answer
	}
	return found
}

// unimplemented are the endpoints that the fake server does not serve.
var unimplemented = []string{"user-activate", "discussion"}

// choices are what the fake server does where nothing is documented, according to its comments.
// Questions not listed here have the answer that the catalogue assumes.
var choices = map[string]string{
	"timestamp-10-minutes": accepted, "timestamp-hour": accepted, "timestamp-3-days": accepted,
	"timestamp-future": accepted,
	"nonce-twice":      accepted, "signature-twice": accepted, "nonce-19": accepted, "nonce-36": accepted,
	"signature-upper":   accepted,
	"parameter-unknown": accepted, "parameter-twice": first, "error-text-form": "errorMessage",
	"error-text-json":   "errorMessage",
	"user-info-unknown": refused, "user-create-time": "UTC+8", "user-delete-unknown": accepted,
	"user-delete-csv": both, "user-refresh-empty": kept,
	"user-unblock": accepted, "blacklist-csv": both, "blacklist-size": "limited",
	"blacklist-unpaged": "the same", "whitelist-size": "limited",
	"user-remark-delete": accepted, "user-remark-200": accepted, "remarks-unpaged": "the same", "user-remarks-51": accepted,
	"push-period-none": "zeros",
	"profile-part":     kept, "profile-empty": kept, "profile-key": absent, "profile-query-csv": both,
	"tag-twice": "renamed", "tag-id-11": refused,
	"group-join-csv": both, "group-dismiss-unknown": accepted, "group-refresh-unknown": accepted,
	"group-sync-missing":     "leaves",
	"user-groups-first-page": "page 1", "user-groups-unpaged": "the same", "group-full": refused,
	"group-mute-forever":  "empty",
	"group-mute-outsider": accepted, "group-remark-none": "empty", "group-remark-200": accepted,
	"group-create-notify": present,
	"group-join-notify":   present, "group-rename-notify": present, "group-quit-notify": present,
	"group-dismiss-notify": present,
	"room-create-entries":  accepted, "room-destroy-unknown": accepted, "room-lifetime-unknown": accepted,
	"room-send-unknown": accepted,
	"room-mute-unknown": accepted, "room-entry-unknown-room": accepted, "room-entry-unknown-key": accepted,
	"room-mute-outsider": accepted,
	"room-destroy-csv":   both, "room-entry-autodelete-true": accepted, "room-entries-repeat": refused, "room-entry-not-json": refused,
	"room-keepalive-code":    "200",
	"hosted-dismiss-unknown": refused, "hosted-transfer-outsider": refused, "hosted-import-unknown": refused,
	"hosted-import-hosted": refused,
	"hosted-import-result": absent, "hosted-profile-part": kept, "hosted-rename-top": "renamed",
	"hosted-rename-inside": "renamed",
	"hosted-member-extra":  kept, "hosted-remark-none": "empty", "hosted-managers-count": absent,
	"hosted-invite":            "members",
	"hosted-members-last-page": absent, "hosted-joined-last-page": absent, "hosted-kick-everywhere": accepted,
	"friend-twice": refused, "friend-pending": absent, "friend-delete-stranger": accepted,
	"friend-last-page": absent, "friend-alias-absent": dropped,
	"content-not-json": accepted, "content-not-json-text": refused, "sender-unknown": accepted,
	"recipient-unknown": accepted, "send-csv": both,
	"msgrandom-twice": "another message", "recall-unknown": accepted, "recall-twice": accepted,
	"template-pushext-text": refused,
	"expansion-first-page":  both, "expansion-time": "milliseconds", "history-number-text": accepted,
	"ultra-create-twice": accepted, "ultra-dismiss-twice": accepted, "ultra-join-unknown": refused,
	"ultra-channel-twice": accepted,
	"ultra-channel-time":  "a date", "ultra-usergroup-twice": accepted, "ultra-usergroup-delete-unknown": accepted,
	"ultra-mutes-1000": accepted,
}

// wanted returns the answers of the fake server, with those that an option changes.
func wanted(changed map[string]string) map[string]string {
	all := map[string]string{}
	for _, q := range questions {
		switch {
		case slices.Contains(unimplemented, q.ID):
			all[q.ID] = ""
		case choices[q.ID] != "":
			all[q.ID] = choices[q.ID]
		case strings.HasSuffix(q.ID, "-repeat") && q.Catalogue == "":
			// the fake server's Params also accept repeated fields for a joined list
			all[q.ID] = both
		default:
			all[q.ID] = q.Catalogue
		}
	}
	maps.Copy(all, changed)
	return all
}

func TestChoicesOfTheFakeServer(t *testing.T) {
	t.Parallel()
	strict := map[string]string{
		"timestamp-seconds": refused, "nonce-twice": refused, "signature-twice": refused, "nonce-19": refused,
		"nonce-36":          refused,
		"parameter-unknown": refused, "parameter-twice": refused, "recall-unknown": refused,
		// DefaultClockSkew
		"timestamp-hour": refused, "timestamp-3-days": refused, "timestamp-future": refused,
		"room-lifetime-unknown": refused, "room-mute-unknown": refused, "room-entry-unknown-room": refused,
		"room-entry-autodelete-true": refused, "user-remarks-51": refused,
	}
	for _, c := range []struct {
		name    string
		opts    []rongcloudtest.Option
		changed map[string]string
	}{
		{"as it is", nil, nil},
		{"strict", []rongcloudtest.Option{rongcloudtest.WithStrict()}, strict},
		{
			"a quarter of an hour", []rongcloudtest.Option{rongcloudtest.WithClockSkew(15 * time.Minute)},
			map[string]string{"timestamp-hour": refused, "timestamp-3-days": refused, "timestamp-future": refused},
		},
		{"a minute", []rongcloudtest.Option{rongcloudtest.WithClockSkew(time.Minute)},
			map[string]string{
				"timestamp-10-minutes": refused, "timestamp-hour": refused, "timestamp-3-days": refused, "timestamp-future": refused,
			}},
		{"Singapore", []rongcloudtest.Option{rongcloudtest.WithRegion(rongcloud.RegionSingapore)},
			map[string]string{"user-create-time": "UTC"}},
		{"idempotency", []rongcloudtest.Option{rongcloudtest.WithIdempotencyService(20001)},
			map[string]string{"msgrandom-twice": refused}},
		{"quotas", []rongcloudtest.Option{rongcloudtest.WithQuotas(rongcloud.Quotas{})}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				r := runOn(t, srv)
				require.Equal(t, wanted(c.changed), answers(r))
				require.Empty(t, r.LeftBehind)
				var silent []string
				for _, s := range r.Shapes {
					require.Empty(t, s.Unknown, s.Path)
					require.Empty(t, s.Types, s.Path)
					if s.Answers == 0 {
						silent = append(silent, s.Path+": "+s.Refusal)
					}
				}
				require.Equal(t,
					[]string{"/message/discussion/publish.json: HTTP 501, code 501", "/user/activate.json: HTTP 501, code 501"},
					silent)
				for _, request := range srv.Requests() {
					require.NotEqual(t, rongcloud.CodeRateLimited, request.Code, "the limiter should have waited")
				}
			}, c.opts...)
		})
	}
}

// TestEveryAnswerCanTurn makes the server refuse each question's call, and checks that the report
// says so: every question reads its response.
func TestEveryAnswerCanTurn(t *testing.T) {
	t.Parallel()
	for _, q := range questions {
		t.Run(q.ID, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				before := 0
				for _, c := range q.Before {
					if c.ep == q.Probe.ep {
						before++
					}
				}
				if q.Probe.ep == userGetToken {
					before += len(firstUsers)
				}
				const odd = 29999 // an unknown code
				srv.Fail(q.Probe.ep,
					rongcloudtest.Fault{Status: http.StatusOK, Code: odd, Message: "odd", Skip: before})
				f := runOn(t, srv, q.ID).Findings[0]
				want := refused
				if strings.HasPrefix(q.ID, "error-text-") {
					want = "errorMessage"
				}
				require.Equal(t, want, f.Answer, f.Means)
				require.Equal(t, "HTTP 200, code 29999", f.Response)
				require.NotEmpty(t, f.Means)
			})
		})
	}
}

// rewriting changes responses in transit.
type rewriting struct {
	http.RoundTripper
	change func(path, body string) string
}

func (w rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(strings.NewReader(w.change(req.URL.Path, string(body))))
	return resp, nil
}

// TestAnswersThatDiffer lets a server respond differently, and checks that the report has each
// difference.
func TestAnswersThatDiffer(t *testing.T) {
	t.Parallel()
	swap := func(path, old, other string) func(string, string) string {
		return func(at, body string) string {
			if at != path {
				return body
			}
			return strings.ReplaceAll(body, old, other)
		}
	}
	millis := regexp.MustCompile(`"ts":(\d+)\d{3}`)
	inSeconds := func(_, body string) string { return millis.ReplaceAllString(body, `"ts":$1`) }
	const friends, mutes = "/friend/get.json", "/group/user/gag/list.json"
	for _, c := range []struct {
		question string
		change   func(path, body string) string
		want     string
		unknown  []string
		types    []string
	}{
		{question: "friend-is-blacklist", change: swap(friends, `"userId":`, `"isBlacklist":false,"userId":`), want: present,
			unknown: []string{"friendList.isBlacklist (boolean)"}, types: nil},
		{question: "friend-direction", change: swap(friends, `"userId":`, `"directionType":2,"userId":`), want: present,
			unknown: []string{"friendList.directionType (number)"}, types: nil},
		{
			question: "friend-last-page", change: swap(friends, `"totalCount":`, `"pageToken":"","totalCount":`), want: "empty",
			unknown: nil, types: nil,
		},
		{question: "friend-last-page", change: swap(friends, `"totalCount":1`, `"totalCount":"1"`), want: absent, unknown: nil,
			types: []string{"totalCount: string, not int"}},
		{
			question: "group-mute-forever", change: swap(mutes, `"time":""`, `"time":"2099-01-01 00:00:00"`), want: "a date far away",
			unknown: nil, types: nil,
		},
		{
			question: "group-mute-forever", change: swap(mutes, `"time":""`, `"time":"2000-01-01 01:00:00"`), want: "a date",
			unknown: nil, types: nil,
		},
		{
			question: "group-mute-forever", change: swap(mutes, `"time":""`, `"time":"never"`), want: "another text", unknown: nil,
			types: nil,
		},
		{question: "group-mute-forever", change: swap(mutes, `"time":"",`, ``), want: absent, unknown: nil, types: nil},
		{question: "push-period-none",
			change: swap("/user/blockPushPeriod/get.json", `"data":{"startTime":"00:00:00","period":0,"unPushLevel":0}`, `"data":null`),
			want:   absent, unknown: nil, types: nil},
		{question: "push-period-none",
			change: swap("/user/blockPushPeriod/get.json", `{"startTime":"00:00:00","period":0,"unPushLevel":0}`, `{}`),
			want:   "empty", unknown: nil, types: nil},
		{question: "room-keepalive-code", change: swap("/chatroom/keepalive/add.json", `200`, `0`), want: "0", unknown: nil, types: nil},
		{question: "error-text-form", change: swap("/user/refresh.json", `errorMessage`, `msg`), want: "msg", unknown: nil, types: nil},
		{question: "expansion-time", change: inSeconds, want: "seconds", unknown: nil, types: nil},
		{
			question: "user-create-time", change: swap("/user/info.json", `2000-01-01 08`, `2000-01-01 03`), want: "another zone",
			unknown: nil, types: nil,
		},
		{
			question: "profile-key", change: swap("/user/profile/set.json", `200`, `200,"profileKey":"name"`), want: present,
			unknown: nil, types: nil,
		},
	} {
		t.Run(c.question+" "+c.want, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				config := configOf(srv)
				config.Only, config.Transport = []string{c.question}, rewriting{srv.Transport(), c.change}
				r, err := Run(context.Background(), config)
				require.NoError(t, err)
				require.Equal(t, c.want, r.Findings[0].Answer)
				var unknown, types []string
				for _, s := range r.Shapes {
					unknown, types = append(unknown, s.Unknown...), append(types, s.Types...)
				}
				require.ElementsMatch(t, c.unknown, unknown)
				require.ElementsMatch(t, c.types, types)
			})
		})
	}
}

// requireNothingLeft requires that nothing created is left on the server.
func requireNothingLeft(t *testing.T, srv *rongcloudtest.Server) {
	t.Helper()
	state := srv.State()
	require.Empty(t, state.Groups)
	require.Empty(t, state.Chatrooms)
	require.Empty(t, state.UltraGroups)
	for _, user := range state.Users {
		require.False(t, user.Registered, user.ID)
		require.False(t, user.Blocked, user.ID)
	}
}

// TestNothingIsLeftBehind ends runs at any request: by Ctrl-C, by a server that fails or resets
// connections, and by killing the run.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{1, 3, 6, 40, 111, 222, 333, 444} {
		t.Run(fmt.Sprintf("interrupted at %d", at), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				config := configOf(srv)
				var n atomic.Int64
				config.Transport = rewriting{srv.Transport(), func(_, body string) string {
					if n.Add(1) == at {
						cancel()
					}
					return body
				}}
				r, err := Run(ctx, config)
				require.ErrorIs(t, err, context.Canceled)
				require.Contains(t, r.Interrupted, "canceled")
				require.Less(t, len(r.Findings), len(questions))
				require.Empty(t, r.LeftBehind)
				requireNothingLeft(t, srv)
				sent := len(srv.Requests())
				// a second run finds nothing
				left, err := Clean(context.Background(), configOf(srv))
				require.NoError(t, err)
				require.Empty(t, left)
				require.Greater(t, len(srv.Requests()), sent)
			})
		})
		t.Run(fmt.Sprintf("broken at %d", at), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				srv.Fail(nil, rongcloudtest.Fault{DropResponse: true, Skip: int(at)})
				srv.Fail(nil, rongcloudtest.Fault{Status: 500, Skip: int(at) + 5, Times: 2})
				srv.Fail(nil, rongcloudtest.Fault{Reset: true, Skip: int(at) + 20, Times: 2})
				r, err := Run(context.Background(), configOf(srv))
				if err != nil { // from registering the first users
					require.Less(t, at, int64(len(firstUsers)))
				}
				require.Empty(t, r.LeftBehind)
				requireNothingLeft(t, srv)
			})
		})
		t.Run(fmt.Sprintf("killed at %d", at), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				config := configOf(srv)
				var n atomic.Int64
				config.Transport = dying{srv.Transport(), func() bool { return n.Add(1) > at }}
				r, _ := Run(context.Background(), config)
				if at > 1 {
					require.NotEmpty(t, r.LeftBehind, "it cannot have removed anything")
				}
				left, err := Clean(context.Background(), configOf(srv))
				require.NoError(t, err)
				require.Empty(t, left)
				requireNothingLeft(t, srv)
			})
		})
	}
}

type dying struct {
	http.RoundTripper
	dead func() bool
}

func (d dying) RoundTrip(req *http.Request) (*http.Response, error) {
	if d.dead() {
		return nil, errors.New("dead")
	}
	return d.RoundTripper.RoundTrip(req)
}

// TestNobodyElseIsTouched checks that other users, groups and rooms do not change.
func TestNobodyElseIsTouched(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
		ctx := context.Background()
		client := srv.Client()
		for _, user := range []string{"alien-1", "alien-2"} {
			_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: user, Name: "Alien"})
			require.NoError(t, err)
		}
		srv.AddGroup("alien-group", "alien-1", "alien-2")
		srv.JoinChatroom("alien-room", "alien-1")
		srv.AddUltraGroup("alien-ultra", "alien-2")
		before := srv.State()
		ours := len(srv.Requests())

		r := runOn(t, srv)
		after := srv.State()
		require.Equal(t, before.Groups, after.Groups)
		require.Equal(t, before.Chatrooms, after.Chatrooms)
		require.Equal(t, before.UltraGroups, after.UltraGroups)
		for _, user := range after.Users {
			if !strings.HasPrefix(user.ID, "rclive01234567") {
				require.Contains(t, before.Users, user)
			}
		}
		require.Empty(t, srv.Pushes())
		for _, request := range srv.Requests()[ours:] {
			require.False(t,
				slices.ContainsFunc(leftOut, func(out LeftOut) bool { return out.Point == "" && strings.HasPrefix(request.Path, out.Entry) }),
				request.Path)
		}
		for _, sent := range srv.Sent() {
			require.NotContains(t, fmt.Sprint(sent), "alien")
		}

		var text bytes.Buffer
		require.NoError(t, r.WriteMarkdown(&text))
		require.NoError(t, r.WriteJSON(&text))
		for _, secret := range []string{srv.AppKey(), srv.AppSecret(), "alien", srv.URL} {
			require.NotContains(t, text.String(), secret)
		}
	})
}

func TestGuard(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
		config := configOf(srv)
		c, err := newClient(&config)
		require.NoError(t, err)
		for _, bad := range []call{
			{ep: endpoint.MessageBroadcast, params: "fromUserId=$a&objectName=RC:TxtMsg&content={}"},
			{ep: endpoint.Push, params: `{"platform":["ios"],"audience":{"userid":["$a"]}}`},
			{ep: endpoint.SensitivewordAdd, params: "word=x"},
			{ep: endpoint.UserBlock, params: "userId=alien&minute=1"},
			{ep: endpoint.UserBlock, params: "userId=$a&userId=alien&minute=1"},
			{ep: endpoint.UserBlock, params: "userId=$a,alien&minute=1"},
			{ep: endpoint.UserBlock, params: "minute=1"},
			{ep: endpoint.GroupSync, params: "userId=$a&group[alien]=x"},
			{ep: endpoint.UserRemarksSet, params: `userId=$a&remarks=[{"id":"alien","remark":"x"}]`},
			{ep: endpoint.EntrustGroupCreate, params: "groupId=$h&name=x&owner=alien"},
			{ep: endpoint.MessageUltragroupPublish,
				params: `{"fromUserId":"$a","toGroupIds":["alien"],"objectName":"RC:TxtMsg","content":"{}"}`},
			{ep: endpoint.GroupBanQuery},
			{ep: endpoint.MessageRecall, params: "messageUID=x"},
			{ep: endpoint.MessageChatroomBroadcast, params: "fromUserId=$a&objectName=RC:TxtMsg&content={}"},
		} {
			r := c.do(context.Background(), bad, vars{})
			require.ErrorContains(t, r.err, "the live check does not call "+bad.ep.Path)
		}
		// No endpoint confuses the actor with the target.
		for ep := range endpoint.All() {
			require.Error(t, c.guard(ep, []pair{{"fromUserId", c.names.id("a")}, {"content", c.names.id("a")}}),
				ep.Path)
		}
		require.Empty(t, srv.Requests())
	})
}

// TestNamesCanBeRemoved checks that all names in calls are in kinds.
func TestNamesCanBeRemoved(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"it": true, "uid": true, "guid": true, "suid": true}
	for name := range newVars(time.Now()) {
		known[name] = true
	}
	for kind, k := range kinds {
		for _, name := range k.names {
			known[name] = true
		}
		require.True(t, len(k.remove) == 0 || slices.Contains(removalOrder, kind), kind)
	}
	for _, c := range allCalls() {
		for _, w := range word.FindAllString(c.params+c.auth.nonce+c.auth.timestamp, -1) {
			require.True(t, known[w[1:]], "%s in %s %s", w, c.ep.Path, c.params)
		}
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	secret := func() string { return "secret" }
	for name, config := range map[string]Config{
		"AppKey":                  {AppSecret: secret},
		"AppSecret is empty":      {AppKey: "key"},
		`Prefix "admin"`:          {AppKey: "key", AppSecret: secret, Prefix: "admin"},
		"BaseURL":                 {AppKey: "key", AppSecret: secret, BaseURL: "ftp://x"},
		"BaseURL, or":             {AppKey: "key", AppSecret: secret, Region: "XX"},
		`no question "no-such-q"`: {AppKey: "key", AppSecret: secret, Only: []string{"no-such-q"}},
	} {
		_, err := Run(context.Background(), config)
		require.ErrorContains(t, err, name)
	}
	_, err := Clean(context.Background(), Config{AppKey: "key", AppSecret: secret})
	require.ErrorContains(t, err, "Prefix is empty")
}

// TestQuotas makes the limiter wait where the questions alone would not.
func TestQuotas(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
		config := configOf(srv)
		c, err := newClient(&config)
		require.NoError(t, err)
		began := time.Now()
		for range 200 {
			require.True(t, c.send(context.Background(), endpoint.UserCheckOnline, "userId=rclive01234567a", auth{}).ok)
		}
		require.GreaterOrEqual(t, time.Since(began), 3*time.Second, "half of 100 a second")
		require.Len(t, srv.Requests(), 200)
	}, rongcloudtest.WithQuotas(rongcloud.Quotas{Factor: 0.5}))
}

// TestSlowServer uses a server that shows changes only after a while.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	for pause, want := range map[time.Duration]string{0: both, -1: nobody} {
		inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
			var written time.Time
			config := configOf(srv)
			config.Only, config.Pause = []string{"blacklist-repeat"}, pause
			config.Transport = rewriting{srv.Transport(), func(path, body string) string {
				switch {
				case path == endpoint.UserBlacklistAdd.Path:
					written = time.Now()
				case path == endpoint.UserBlacklistQuery.Path && time.Since(written) < 300*time.Millisecond:
					return `{"code":200,"users":[]}`
				}
				return body
			}}
			r, err := Run(context.Background(), config)
			require.NoError(t, err)
			require.Equal(t, want, r.Findings[0].Answer)
		})
	}
}

// TestAbsentFields checks that the report names fields of the catalogue that no response had,
// though their parent was present.
func TestAbsentFields(t *testing.T) {
	t.Parallel()
	all := shapes{}
	ep := endpoint.GroupUserGagList
	all.note(ep, reply{ok: true, body: map[string]any{"code": 200, "users": []any{}}})
	require.Equal(t, []Shape{{Path: ep.Path, Answers: 1, Unknown: []string{}, Absent: []string{}, Types: []string{}}}, all.found())
	all.note(ep, reply{ok: true, body: map[string]any{"users": []any{map[string]any{"userId": "a", "time": ""}}}})
	all.note(ep, reply{ok: true, body: map[string]any{"users": []any{map[string]any{"user-17": "x"}}}})
	require.Equal(t, []string{"users.startTime"}, all.found()[0].Absent)
	require.Equal(t, []string{"users.(a name that is no identifier)"}, all.found()[0].Unknown)
}

// TestStricterSignatures uses a server that refuses what the fake server accepts even in strict
// mode.
func TestStricterSignatures(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
		srv.Fail(endpoint.UserCheckOnline, rongcloudtest.Fault{
			Status: http.StatusUnauthorized, Code: rongcloud.CodeWrongSignature, Times: -1,
			When: func(r rongcloudtest.Request) bool {
				signature := r.Header.Get("Signature")
				return signature != strings.ToLower(signature)
			},
		})
		require.Equal(t, map[string]string{"signature-upper": refused, "nonce-19": accepted},
			answers(runOn(t, srv, "signature-upper", "nonce-19")))
	})
}

// TestServiceOff checks that a disabled service leaves a question open, unless the question is
// about that.
func TestServiceOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question string
		ep       *endpoint.Endpoint
		fault    rongcloudtest.Fault
		answer   string
		means    string
	}{
		{question: "profile-part", ep: endpoint.UserProfileSet,
			fault: rongcloudtest.Fault{Status: 200, Code: rongcloud.CodeProfilesNotEnabled}, answer: "",
			means: "a call to prepare it, /user/profile/set.json, was answered with HTTP 200, code 24369"},
		{question: "profile-key", ep: endpoint.UserProfileSet,
			fault: rongcloudtest.Fault{Status: 200, Code: rongcloud.CodeProfilesNotEnabled}, answer: "",
			means: "the service is not switched on for this app: HTTP 200, code 24369"},
		{question: "discussion", ep: discussionPublish, fault: rongcloudtest.Fault{Status: 430, Code: 7}, answer: "",
			means: "the service is not switched on for this app: HTTP 430, code 7"},
		{question: "room-create-entries", ep: endpoint.ChatroomCreateNew,
			fault: rongcloudtest.Fault{Status: 200, Code: rongcloud.CodeChatroomEntriesNotEnabled}, answer: refused,
			means: "the service is off for this app: enter the code"},
		{question: "hosted-remark-none", ep: endpoint.EntrustGroupRemarknameQuery, fault: rongcloudtest.Fault{Body: "<html>"}, answer: "",
			means: "no response: HTTP 200 without JSON"},
		{question: "hosted-remark-none", ep: endpoint.EntrustGroupRemarknameQuery, fault: rongcloudtest.Fault{Status: 302, Body: "x"},
			answer: refused, means: "it is an error: enter the code"},
		{question: "hosted-remark-none", ep: endpoint.EntrustGroupRemarknameQuery, fault: rongcloudtest.Fault{DropResponse: true}, answer: "",
			means: "no response: the connection failed"},
		{question: "hosted-remark-none", ep: endpoint.EntrustGroupRemarknameQuery, fault: rongcloudtest.Fault{Delay: time.Minute}, answer: "",
			means: "no response: no response within 15s"},
		{question: "hosted-remark-none", ep: endpoint.EntrustGroupRemarknameQuery, fault: rongcloudtest.Fault{CutResponse: true}, answer: "",
			means: "no response: the response broke off"},
		// asked again
		{question: "hosted-remark-none", ep: endpoint.EntrustGroupRemarknameQuery, fault: rongcloudtest.Fault{Status: 429, Code: 1008},
			answer: "empty", means: "an empty text"},
	} {
		t.Run(c.question+" "+c.means, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
				srv.Fail(c.ep, c.fault)
				r := runOn(t, srv, c.question)
				require.Equal(t, c.answer, r.Findings[0].Answer)
				require.Equal(t, c.means, r.Findings[0].Means)
				require.Empty(t, r.LeftBehind)
			})
		})
	}
}

// TestUndeletableUsers checks that the report names users that a production app does not delete.
func TestUndeletableUsers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *rongcloudtest.Server) {
		srv.Fail(endpoint.UserDelusers,
			rongcloudtest.Fault{Status: 403, Code: rongcloud.CodeServiceNotEnabled, Times: -1})
		r := runOn(t, srv, "nonce-twice")
		require.Len(t, r.LeftBehind, len(firstUsers))
		require.Contains(t, r.LeftBehind[0], "user rclive01234567a: HTTP 403")
		require.Contains(t, r.Summary(), "5 things could not be removed")
		require.Contains(t, r.Summary(), "1 question: ", "one is not many")
	})
}

func TestSummaryCounts(t *testing.T) {
	t.Parallel()
	one := &Report{Findings: make([]Finding, 1), Shapes: make([]Shape, 1), Calls: 1, LeftBehind: []string{"user u"}}
	require.Regexp(t, "^1 question: .* 0 of 1 endpoint responded .*; 1 call; 1 thing could not be removed$", one.Summary())
	none := &Report{}
	require.Regexp(t, "^0 questions: .* 0 of 0 endpoints responded .*; 0 calls$", none.Summary())
}
