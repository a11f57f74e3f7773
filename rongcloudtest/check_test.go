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
		{
			name: "unknown path", method: "POST", path: "/user/getTokens.json", body: good, header: signed(srv), status: 404,
			code: 404, message: "/user/getTokens.json",
		},
		{name: "unknown path unsigned", method: "POST", path: "/", body: "", header: http.Header{}, status: 404, code: 404, message: ""},
		{name: "wrong method", method: "GET", path: path, body: "", header: signed(srv), status: 405, code: 1002, message: "POST"},
		{
			name: "not implemented", method: "POST", path: "/user/activate.json", body: "userId=u1", header: signed(srv), status: 501,
			code: 501, message: "POST /user/activate.json",
		},
		{
			name: "no signature", method: "POST", path: path, body: good, header: header(func(h http.Header) { h.Del("Signature") }),
			status: 401, code: 1004, message: "Signature",
		},
		{name: "no headers", method: "POST", path: path, body: good, header: http.Header{}, status: 401, code: 1004, message: ""},
		{
			name: "wrong signature", method: "POST", path: path, body: good,
			header: header(func(h http.Header) { h.Set("Nonce", "other") }), status: 401, code: 1004, message: "match",
		},
		{
			name: "unknown key", method: "POST", path: path, body: good,
			header: header(func(h http.Header) { h.Set("App-Key", "other") }), status: 401, code: 1001, message: "other",
		},
		{name: "mixed header names", method: "POST", path: path, body: good, header: header(func(h http.Header) {
			h.Set("RC-Nonce", h.Get("Nonce"))
			h.Del("Nonce")
		}), status: 401, code: 1004, message: ""},
		{
			name: "timestamp no number", method: "POST", path: path, body: good, header: signedAt(srv, "today", "1"), status: 401,
			code: 1004, message: "today",
		},
		{
			name: "timestamp of long ago", method: "POST", path: path, body: good, header: signedAt(srv, "1408710653000", "1"),
			status: 200, code: 200, message: "",
		},
		{
			name: "wrong content type", method: "POST", path: path, body: good,
			header: header(func(h http.Header) { h.Set("Content-Type", "application/json") }), status: 400, code: 1002,
			message: "urlencoded",
		},
		{
			name: "form to a JSON endpoint", method: "POST", path: "/user/tag/set.json", body: "userId=u1&tags=a", header: signed(srv),
			status: 400, code: 1002, message: "application/json",
		},
		{
			name: "broken form", method: "POST", path: path, body: "userId=%zz", header: signed(srv), status: 400, code: 1002,
			message: "form",
		},
		{
			name: "body too long", method: "POST", path: path, body: "userId=u1&name=" + strings.Repeat("a", 4<<20),
			header: signed(srv), status: 400, code: 1005, message: "body",
		},
		{name: "good", method: "POST", path: path, body: good, header: signed(srv), status: 200, code: 200, message: ""},
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
		{name: "required", path: "/user/getToken.json", body: "userId=u1", code: 1002, message: "name is required"},
		{name: "required but empty", path: "/user/getToken.json", body: "userId=u1&name=", code: 1002, message: "name is required"},
		{name: "required list", path: "/user/block.json", body: "minute=1", code: 1002, message: "userId is required"},
		{name: "no body", path: "/user/getToken.json", body: "", code: 1002, message: "userId is required"},
		{
			name: "bytes", path: "/user/getToken.json", body: "name=n&userId=" + strings.Repeat("a", 65), code: 1005,
			message: "userId has 65 bytes",
		},
		{
			name: "characters", path: "/user/getToken.json", body: "userId=u&name=" + strings.Repeat("é", 65), code: 1005,
			message: "name has 65 characters",
		},
		{
			name: "characters are not bytes", path: "/user/getToken.json", body: "userId=u&name=" + strings.Repeat("é", 64), code: 200,
			message: "",
		},
		{name: "list items", path: "/user/block.json", body: "minute=1" + many("userId", 21), code: 1002, message: "21 items, at most 20"},
		{
			name: "csv items", path: "/user/deactivate.json", body: "userId=" + strings.Repeat("x,", 100) + "x", code: 1002,
			message: "101 items",
		},
		{name: "empty item", path: "/user/block.json", body: "minute=1&userId=a&userId=", code: 1002, message: "empty item"},
		{name: "number", path: "/user/block.json", body: "userId=a&minute=soon", code: 1002, message: "not a number"},
		{name: "minimum", path: "/user/block.json", body: "userId=a&minute=0", code: 1002, message: "at least 1"},
		{name: "maximum", path: "/user/block.json", body: "userId=a&minute=43201", code: 1002, message: "at most 43200"},
		{name: "values", path: "/user/whitesetting/set.json", body: "userId=a&whiteSetting=2", code: 1002, message: "allowed are 0, 1"},
		{
			name: "text values", path: "/user/chat/fb/set.json", body: "userId=a&state=1&type=GROUP", code: 1002,
			message: "allowed are PERSON",
		},
		{name: "bool", path: "/message/private/publish.json", body: send + "&toUserId=b&expansion=maybe", code: 1002, message: "expansion"},
		{
			name: "JSON text", path: "/message/private/publish.json", body: send + "&toUserId=b&pushExt={", code: 1002,
			message: "pushExt is not JSON",
		},
		{
			name: "receivers", path: "/message/private/publish.json", body: send + many("toUserId", 1001), code: 1002,
			message: "1001 items, at most 1000",
		},
		{
			name: "content", path: "/message/private/publish.json",
			body: "fromUserId=a&toUserId=b&objectName=x&content=" + strings.Repeat("a", 131073), code: 1005, message: "131073 bytes",
		},
		{
			name: "content of a built-in type", path: "/message/private/publish.json",
			body: "fromUserId=a&toUserId=b&objectName=RC:TxtMsg&content=hello", code: 1002, message: "not JSON",
		},
		{
			name: "content of a custom type", path: "/message/private/publish.json",
			body: "fromUserId=a&toUserId=b&objectName=x&content=hello", code: 200, message: "",
		},
		{
			name: "targeted groups", path: "/message/group/publish.json", body: send + "&toGroupId=g&toGroupId=h&toUserId=b",
			code: 1002, message: "exactly one",
		},
		{name: "remarks", path: "/user/remarks/set.json", body: `userId=a&remarks={"id":"b"}`, code: 1002, message: "remarks"},
		{
			name: "too many remarks", path: "/user/remarks/set.json", body: `userId=a&remarks=[` + strings.Repeat(`{},`, 100) + `{}]`,
			code: 1002, message: "101 items",
		},
		{
			name: "time of day", path: "/user/blockPushPeriod/set.json", body: "userId=a&startTime=25:00:00&period=1&level=1",
			code: 1002, message: "HH:MM:SS",
		},
		{name: "page token", path: "/user/blacklist/query.json", body: "userId=a&pageToken=x", code: 1002, message: "pageToken"},
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
		{name: "no JSON", path: "/user/tag/set.json", body: "userId=u1", code: 1002, message: "not a JSON object"},
		{name: "null", path: "/user/tag/set.json", body: "null", code: 1002, message: "not a JSON object"},
		{name: "trailing", path: "/user/tag/set.json", body: "{} {}", code: 1002, message: "not a JSON object"},
		{name: "required", path: "/user/tag/set.json", body: `{"userId":"u1"}`, code: 1002, message: "tags is required"},
		{name: "null parameter", path: "/user/tag/set.json", body: `{"userId":"u1","tags":null}`, code: 1002, message: "tags is required"},
		{name: "no list", path: "/user/tag/set.json", body: `{"userId":"u1","tags":"a"}`, code: 1002, message: "not an array of strings"},
		{
			name: "wrong items", path: "/user/tag/set.json", body: `{"userId":"u1","tags":[{}]}`, code: 1002,
			message: "not an array of strings",
		},
		{name: "object for a text", path: "/user/tag/set.json", body: `{"userId":{},"tags":[]}`, code: 1002, message: "not a plain value"},
		{
			name: "long item", path: "/user/tag/set.json", body: `{"userId":"u1","tags":["` + strings.Repeat("a", 41) + `"]}`,
			code: 1005, message: "41 bytes",
		},
		{name: "empty list", path: "/user/tag/set.json", body: `{"userId":"u1","tags":[]}`, code: 200, message: ""},
		{name: "numbers for texts", path: "/user/tag/set.json", body: `{"userId":17,"tags":[1]}`, code: 200, message: ""},
		{
			name: "no object", path: "/push.json", body: `{"platform":["ios"],"audience":"all","notification":{}}`, code: 1002,
			message: "audience is not an object",
		},
		{
			name: "no list of objects", path: "/user/conversation/tag/set.json", body: `{"userId":"a","tags":[1]}`, code: 1002,
			message: "not an array of objects",
		},
		{
			name: "no list at all", path: "/user/conversation/tag/set.json", body: `{"userId":"a","tags":{}}`, code: 1002,
			message: "not an array of objects",
		},
		{name: "JSON text as an object", path: "/message/ultragroup/publish.json",
			body: `{"fromUserId":"a","toGroupIds":["g"],"objectName":"x","content":1}`, code: 1002, message: "content is not a string"},
		{
			name: "nobody to block", path: "/v2/rtc/rooms/r/block-users", body: `{"user_ids":[],"minute":1}`, code: 1002,
			message: "user_ids is required",
		},
		{
			name: "nobody to tag", path: "/user/tag/batch/set.json", body: `{"userIds":[],"tags":[]}`, code: 1002,
			message: "userIds is required",
		},
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
		{name: "seconds", body: good, timestamp: seconds, nonce: "1", times: 1, requestID: "", strict: "seconds"},
		{name: "long nonce", body: good, timestamp: millis, nonce: "1234567890123456789", times: 1, requestID: "", strict: "nonce"},
		{name: "nonce used before", body: good, timestamp: millis, nonce: "1", times: 2, requestID: "", strict: "used before"},
		{
			name: "long request ID", body: good, timestamp: millis, nonce: "1", times: 1, requestID: strings.Repeat("x", 37),
			strict: "X-Request-ID",
		},
		{name: "unknown parameter", body: good + "&colour=red", timestamp: millis, nonce: "1", times: 1, requestID: "", strict: "colour"},
		{
			name: "repeated parameter", body: good + "&name=Bob", timestamp: millis, nonce: "1", times: 1, requestID: "",
			strict: "name is no list",
		},
		{
			name: "nothing", body: good, timestamp: millis, nonce: "123456789012345678", times: 1, requestID: strings.Repeat("x", 36),
			strict: "",
		},
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
