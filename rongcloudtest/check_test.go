package rongcloudtest_test

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestChecksOfTheRequest(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	const path, good = "/user/getToken.json", "userId=u1&name=Ann"
	header := func(change func(http.Header)) http.Header {
		h := signed(srv)
		change(h)
		return h
	}
	cases := []struct {
		name, method, path, body string
		header                   http.Header
		status, code             int
		message                  string
	}{
		{"unknown path", "POST", "/user/getTokens.json", good, signed(srv), 404, 404, "/user/getTokens.json"},
		{"unknown path unsigned", "POST", "/", "", http.Header{}, 404, 404, ""},
		{"wrong method", "GET", path, "", signed(srv), 405, 1002, "POST"},
		{"not implemented", "POST", "/user/activate.json", "userId=u1", signed(srv), 501, 501, "POST /user/activate.json"},
		{"no signature", "POST", path, good, header(func(h http.Header) { h.Del("Signature") }), 401, 1004, "Signature"},
		{"no headers", "POST", path, good, http.Header{}, 401, 1004, ""},
		{"wrong signature", "POST", path, good, header(func(h http.Header) { h.Set("Nonce", "other") }), 401, 1004, "match"},
		{"unknown key", "POST", path, good, header(func(h http.Header) { h.Set("App-Key", "other") }), 401, 1001, "other"},
		{"mixed header names", "POST", path, good, header(func(h http.Header) {
			h.Set("RC-Nonce", h.Get("Nonce"))
			h.Del("Nonce")
		}), 401, 1004, ""},
		{"timestamp no number", "POST", path, good, signedAt(srv, "today", "1"), 401, 1004, "today"},
		{"timestamp of long ago", "POST", path, good, signedAt(srv, "1408710653000", "1"), 200, 200, ""},
		{"wrong content type", "POST", path, good, header(func(h http.Header) { h.Set("Content-Type", "application/json") }), 400, 1002, "urlencoded"},
		{"form to a JSON endpoint", "POST", "/user/tag/set.json", "userId=u1&tags=a", signed(srv), 400, 1002, "application/json"},
		{"broken form", "POST", path, "userId=%zz", signed(srv), 400, 1002, "form"},
		{"body too long", "POST", path, "userId=u1&name=" + strings.Repeat("a", 4<<20), signed(srv), 400, 1005, "body"},
		{"good", "POST", path, good, signed(srv), 200, 200, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := request(t, srv, c.method, c.path, c.body, c.header)
			require.Equal(t, c.status, a.Status)
			require.Equal(t, c.code, a.Code)
			require.Contains(t, a.Message, c.message)
		})
	}
}

func TestChecksOfParameters(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	many := func(name string, n int) string {
		return strings.Repeat("&"+name+"=x", n)
	}
	const send = "fromUserId=a&objectName=RC:TxtMsg&content={}"
	cases := []struct {
		name, path, body string
		code             int
		message          string
	}{
		{"required", "/user/getToken.json", "userId=u1", 1002, "name is required"},
		{"required but empty", "/user/getToken.json", "userId=u1&name=", 1002, "name is required"},
		{"required list", "/user/block.json", "minute=1", 1002, "userId is required"},
		{"no body", "/user/getToken.json", "", 1002, "userId is required"},
		{"bytes", "/user/getToken.json", "name=n&userId=" + strings.Repeat("a", 65), 1005, "userId has 65 bytes"},
		{"characters", "/user/getToken.json", "userId=u&name=" + strings.Repeat("é", 65), 1005, "name has 65 characters"},
		{"characters are not bytes", "/user/getToken.json", "userId=u&name=" + strings.Repeat("é", 64), 200, ""},
		{"list items", "/user/block.json", "minute=1" + many("userId", 21), 1002, "21 items, at most 20"},
		{"csv items", "/user/deactivate.json", "userId=" + strings.Repeat("x,", 100) + "x", 1002, "101 items"},
		{"empty item", "/user/block.json", "minute=1&userId=a&userId=", 1002, "empty item"},
		{"number", "/user/block.json", "userId=a&minute=soon", 1002, "not a number"},
		{"minimum", "/user/block.json", "userId=a&minute=0", 1002, "at least 1"},
		{"maximum", "/user/block.json", "userId=a&minute=43201", 1002, "at most 43200"},
		{"values", "/user/whitesetting/set.json", "userId=a&whiteSetting=2", 1002, "allowed are 0, 1"},
		{"text values", "/user/chat/fb/set.json", "userId=a&state=1&type=GROUP", 1002, "allowed are PERSON"},
		{"bool", "/message/private/publish.json", send + "&toUserId=b&expansion=maybe", 1002, "expansion"},
		{"JSON text", "/message/private/publish.json", send + "&toUserId=b&pushExt={", 1002, "pushExt is not JSON"},
		{"receivers", "/message/private/publish.json", send + many("toUserId", 1001), 1002, "1001 items, at most 1000"},
		{"content", "/message/private/publish.json", "fromUserId=a&toUserId=b&objectName=x&content=" + strings.Repeat("a", 131073), 1005, "131073 bytes"},
		{"content of a built-in type", "/message/private/publish.json", "fromUserId=a&toUserId=b&objectName=RC:TxtMsg&content=hello", 1002, "not JSON"},
		{"content of a custom type", "/message/private/publish.json", "fromUserId=a&toUserId=b&objectName=x&content=hello", 200, ""},
		{"targeted groups", "/message/group/publish.json", send + "&toGroupId=g&toGroupId=h&toUserId=b", 1002, "exactly one"},
		{"remarks", "/user/remarks/set.json", `userId=a&remarks={"id":"b"}`, 1002, "remarks"},
		{"too many remarks", "/user/remarks/set.json", `userId=a&remarks=[` + strings.Repeat(`{},`, 100) + `{}]`, 1002, "101 items"},
		{"time of day", "/user/blockPushPeriod/set.json", "userId=a&startTime=25:00:00&period=1&level=1", 1002, "HH:MM:SS"},
		{"page token", "/user/blacklist/query.json", "userId=a&pageToken=x", 1002, "pageToken"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := post(t, srv, c.path, c.body, signed(srv))
			require.Equal(t, c.code, a.Code, a.Message)
			require.Contains(t, a.Message, c.message)
			if c.code == 200 {
				require.Equal(t, 200, a.Status)
			} else {
				require.Equal(t, 400, a.Status)
			}
		})
	}
}

func TestChecksOfJSON(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	cases := []struct {
		name, path, body string
		code             int
		message          string
	}{
		{"no JSON", "/user/tag/set.json", "userId=u1", 1002, "not a JSON object"},
		{"null", "/user/tag/set.json", "null", 1002, "not a JSON object"},
		{"trailing", "/user/tag/set.json", "{} {}", 1002, "not a JSON object"},
		{"required", "/user/tag/set.json", `{"userId":"u1"}`, 1002, "tags is required"},
		{"null parameter", "/user/tag/set.json", `{"userId":"u1","tags":null}`, 1002, "tags is required"},
		{"no list", "/user/tag/set.json", `{"userId":"u1","tags":"a"}`, 1002, "not an array of strings"},
		{"wrong items", "/user/tag/set.json", `{"userId":"u1","tags":[{}]}`, 1002, "not an array of strings"},
		{"object for a text", "/user/tag/set.json", `{"userId":{},"tags":[]}`, 1002, "not a plain value"},
		{"long item", "/user/tag/set.json", `{"userId":"u1","tags":["` + strings.Repeat("a", 41) + `"]}`, 1005, "41 bytes"},
		{"empty list", "/user/tag/set.json", `{"userId":"u1","tags":[]}`, 200, ""},
		{"numbers for texts", "/user/tag/set.json", `{"userId":17,"tags":[1]}`, 200, ""},
		{"no object", "/push.json", `{"platform":["ios"],"audience":"all","notification":{}}`, 1002, "audience is not an object"},
		{"no list of objects", "/user/conversation/tag/set.json", `{"userId":"a","tags":[1]}`, 1002, "not an array of objects"},
		{"no list at all", "/user/conversation/tag/set.json", `{"userId":"a","tags":{}}`, 1002, "not an array of objects"},
		{"JSON text as an object", "/message/ultragroup/publish.json",
			`{"fromUserId":"a","toGroupIds":["g"],"objectName":"x","content":1}`, 1002, "content is not a string"},
		{"nobody to block", "/v2/rtc/rooms/r/block-users", `{"user_ids":[],"minute":1}`, 1002, "user_ids is required"},
		{"nobody to tag", "/user/tag/batch/set.json", `{"userIds":[],"tags":[]}`, 1002, "userIds is required"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			header := signed(srv)
			header.Set("Content-Type", "application/json; charset=utf-8")
			a := post(t, srv, c.path, c.body, header)
			require.Equal(t, c.code, a.Code, a.Message)
			require.Contains(t, a.Message, c.message)
		})
	}
}

func TestLenientAndStrict(t *testing.T) {
	t.Parallel()
	now := time.Now()
	millis, seconds := strconv.FormatInt(now.UnixMilli(), 10), strconv.FormatInt(now.Unix(), 10)
	const path, good = "/user/getToken.json", "userId=u1&name=Ann"
	cases := []struct {
		name, body       string
		timestamp, nonce string
		times            int
		requestID        string
		strict           string // message in strict mode
	}{
		{"seconds", good, seconds, "1", 1, "", "seconds"},
		{"long nonce", good, millis, "1234567890123456789", 1, "", "nonce"},
		{"nonce used before", good, millis, "1", 2, "", "used before"},
		{"long request ID", good, millis, "1", 1, strings.Repeat("x", 37), "X-Request-ID"},
		{"unknown parameter", good + "&colour=red", millis, "1", 1, "", "colour"},
		{"repeated parameter", good + "&name=Bob", millis, "1", 1, "", "name is no list"},
		{"nothing", good, millis, "123456789012345678", 1, strings.Repeat("x", 36), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, strict := range []bool{false, true} {
				opts := []rongcloudtest.Option{}
				if strict {
					opts = append(opts, rongcloudtest.WithStrict())
				}
				srv := rongcloudtest.NewServer(t, opts...)
				var a answer
				for range c.times {
					header := signedAt(srv, c.timestamp, c.nonce)
					header.Set("X-Request-ID", c.requestID)
					a = post(t, srv, path, c.body, header)
				}
				if strict && c.strict != "" {
					require.Contains(t, []int{400, 401}, a.Status)
					require.Contains(t, a.Message, "strict: ")
					require.Contains(t, a.Message, c.strict)
				} else {
					require.Equal(t, 200, a.Code, a.Message)
				}
			}
		})
	}
}

func TestUnknownParametersAreRecorded(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	post(t, srv, "/user/getToken.json", "userId=u1&name=Ann&colour=red", signed(srv))
	require.Equal(t, []string{"colour"}, srv.Requests()[0].Unknown)
	require.Equal(t, "red", srv.Requests()[0].Params.Get("colour"))
}

func TestAliasesOfTheHeaders(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithApp("key", "secret"))
	header := http.Header{}
	for name, values := range signed(srv) {
		if name != "Content-Type" {
			name = "Rc-" + name
		}
		header[name] = values
	}
	require.Equal(t, 200, post(t, srv, "/user/getToken.json", "userId=u1&name=Ann", header).Code)
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	at := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	clock := rongcloudtest.WithClock(func() time.Time { return at })
	send := func(srv *rongcloudtest.Server, off time.Duration) int {
		timestamp := strconv.FormatInt(at.Add(off).UnixMilli(), 10)
		return post(t, srv, "/user/getToken.json", "userId=u1&name=Ann", signedAt(srv, timestamp, "1")).Code
	}
	srv := rongcloudtest.NewServer(t, clock, rongcloudtest.WithClockSkew(rongcloudtest.DefaultClockSkew))
	require.Equal(t, 200, send(srv, 15*time.Minute))
	require.Equal(t, 1004, send(srv, 15*time.Minute+time.Millisecond))
	require.Equal(t, 1004, send(srv, -16*time.Minute))

	srv.Advance(time.Hour) // moves the server's clock, not the callers'
	require.Equal(t, 200, send(srv, 0))
	require.Equal(t, at.Add(time.Hour), srv.Now())

	srv = rongcloudtest.NewServer(t, clock, rongcloudtest.WithClockSkew(time.Second))
	require.Equal(t, 1004, send(srv, 2*time.Second))
	srv = rongcloudtest.NewServer(t, clock, rongcloudtest.WithClockSkew(0))
	require.Equal(t, 200, send(srv, 1000*time.Hour))
}

// However often and far the clock is moved, it never goes back.
func TestAdvanceNeverGoesBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithClock(func() time.Time { return at }))
	before := srv.Now()
	for _, span := range []time.Duration{-time.Hour, 0, math.MinInt64, time.Hour, 290 * 365 * 24 * time.Hour, -time.Hour, math.MaxInt64, math.MaxInt64} {
		srv.Advance(span)
		require.False(t, srv.Now().Before(before), "%v: %v", span, srv.Now())
		before = srv.Now()
	}
	require.Equal(t, at.Add(100*365*24*time.Hour), before)
	srv.Reset()
	require.Equal(t, at, srv.Now())
}

// Every endpoint of the catalogue passes its check with its required parameters, or reports what
// is wrong; none panics.
func TestEveryEndpointIsCheckable(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithStrict())
	nonce := 0
	for ep := range endpoint.All() {
		nonce++
		header := signedAt(srv, strconv.FormatInt(time.Now().UnixMilli(), 10), strconv.Itoa(nonce))
		body := ""
		if ep.Encoding == endpoint.JSON {
			header.Set("Content-Type", "application/json")
			body = "{}"
		}
		a := request(t, srv, ep.Method, ep.Path, body, header)
		required := false
		for _, param := range ep.Params {
			required = required || param.Required
		}
		if required {
			require.Equal(t, 1002, a.Code, ep)
			require.Contains(t, a.Message, "is required", ep)
		} else {
			require.Contains(t, []int{200, 501}, a.Status, ep)
		}
	}
}
