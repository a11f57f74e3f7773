package rongcloud

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// lostServer accepts requests, reads them and closes the connection without a response. It counts
// them.
func lostServer(t *testing.T) (address string, count func() int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	requests := make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if n, _ := conn.Read(make([]byte, 64<<10)); n > 0 {
				requests <- struct{}{}
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String(), func() int { return len(requests) }
}

// Fields that a caller's endpoint leaves out get the careful choice.
func TestCallOfACarelessEndpoint(t *testing.T) {
	t.Parallel()
	address, count := lostServer(t)
	client, err := New("k", "s", WithBaseURL(address), WithRetry(quick(3)))
	require.NoError(t, err)
	defer client.CloseIdleConnections()

	bare := &endpoint.Endpoint{Path: "/new.json"}
	for field, params := range map[string]any{"Endpoint.Success": nil, "Endpoint.Encoding": url.Values{"a": {"b"}}} {
		ep := *bare
		if params != nil {
			ep.Success = endpoint.SuccessOf(200)
		}
		requireRefused(t, client.Call(t.Context(), &ep, params, nil), field)
	}
	requireRefused(t, client.Call(t.Context(), &endpoint.Endpoint{}, nil, nil), "Endpoint.Path")
	requireRefused(t, client.Call(t.Context(), nil, nil, nil), "ep")
	require.Zero(t, count(), "nothing is sent")

	said := *bare
	said.Success = endpoint.SuccessOf(200)
	require.ErrorIs(t, client.Call(t.Context(), &said, nil, nil), ErrOutcomeUnknown)
	require.Equal(t, 1, count())

	sending := endpoint.New("POST", "/new.json", endpoint.Form)
	require.ErrorIs(t, client.Call(t.Context(), sending, url.Values{"a": {"b"}}, nil), ErrOutcomeUnknown)
	require.Equal(t, 2, count())

	sending.Class = endpoint.Safe
	err = client.Call(t.Context(), sending, url.Values{"a": {"b"}}, nil)
	require.ErrorIs(t, err, ErrTransport)
	require.NotErrorIs(t, err, ErrOutcomeUnknown)
	require.Equal(t, 6, count(), "what changes nothing is tried again")
}

func TestCallRefusesEndpoints(t *testing.T) {
	t.Parallel()
	path := func(path string, params ...endpoint.Param) *endpoint.Endpoint {
		ep := endpoint.New("POST", path, endpoint.Form)
		ep.Params = params
		return ep
	}
	with := func(change func(*endpoint.Endpoint)) *endpoint.Endpoint {
		ep := endpoint.New("POST", "/x", endpoint.Form)
		change(ep)
		return ep
	}
	inPath := endpoint.Param{Name: "id", In: endpoint.InPath, Required: true}
	for field, eps := range map[string][]*endpoint.Endpoint{
		"Endpoint.Path": {
			path("x"), path("/x?a=b"), path("/x#a"), path("/x\n"), path("/ü"), path("/{id"), path("/id}"), path("/{}"), path("/{a{b}}"),
			path("/{id}"), path("/{id}", endpoint.Param{Name: "id"}),
		},
		"Endpoint.Method": {
			with(func(ep *endpoint.Endpoint) { ep.Method = "HEAD" }), with(func(ep *endpoint.Endpoint) { ep.Method = "post" }),
			with(func(ep *endpoint.Endpoint) { ep.Method = "P OST" }),
		},
		"Endpoint.Encoding": {
			with(func(ep *endpoint.Endpoint) { ep.Encoding = 9 }), with(func(ep *endpoint.Endpoint) { ep.Method = "GET" }),
		},
		"Endpoint.Class":      {with(func(ep *endpoint.Endpoint) { ep.Class = 9 })},
		"Endpoint.CustomHost": {with(func(ep *endpoint.Endpoint) { ep.CustomHost = "other" })},
		"id":                  {path("/x", inPath), path("/x", endpoint.Param{Name: "id", In: 9})},
		"App-Key":             {path("/x", endpoint.Param{Name: "App-Key", In: endpoint.InHeader})},
	} {
		for _, ep := range eps {
			s := newScripted(t, nil)
			err := s.Call(t.Context(), ep, url.Values{"a": {"b"}}, nil)
			requireRefused(t, err, field)
			require.ErrorContains(t, err, "rongcloud: "+ep.String()+": ")
			require.Empty(t, s.requests, "%v", ep)
		}
	}
}

// A copy of a table entry works as well as the entry itself, and the caller's value is not kept.
func TestCallOfACopy(t *testing.T) {
	t.Parallel()
	limiter := &countingLimiter{}
	s := newScripted(t, []step{nil, status(400, `{"code":1002}`), status(400, `{"code":1002}`)}, WithLimiter(limiter))
	plain := *endpoint.UserInfo
	form := url.Values{"userId": {"u"}}
	require.NoError(t, s.Call(t.Context(), &plain, form, nil))
	require.Same(t, endpoint.UserInfo, limiter.uses[0].Endpoint, "it uses up the quota of the entry")

	var failure *Error
	require.ErrorAs(t, s.Call(t.Context(), endpoint.UserInfo.Clone(), form, nil), &failure)
	require.Same(t, endpoint.UserInfo, failure.Endpoint)

	own := endpoint.UserInfo.Clone()
	own.Class, own.UnsafeWith = endpoint.Unsafe, []string{"userId"}
	require.ErrorAs(t, s.Call(t.Context(), own, form, nil), &failure)
	require.NotSame(t, own, failure.Endpoint)
	require.Equal(t, own, failure.Endpoint)
	own.Path, own.Params[0].Name, own.UnsafeWith[0] = "/other", "other", "other"
	require.Equal(t, "POST /user/info.json", failure.Endpoint.String())
	require.Equal(t, "userId", failure.Endpoint.Params[0].Name)
	require.Equal(t, []string{"userId"}, failure.Endpoint.UnsafeWith)
}

// Parameters may be sent in a header and in the path, two endpoints may share a path, and a DELETE
// may have a body.
func TestCallPlaces(t *testing.T) {
	t.Parallel()
	params := []endpoint.Param{
		{Name: "roomId", In: endpoint.InPath, Required: true},
		{Name: "Session-Id", In: endpoint.InHeader},
		{Name: "user", In: endpoint.InBody},
	}
	const id = "a/b ü%2F{x}?#.."
	room := func(method string, encoding endpoint.Encoding) *endpoint.Endpoint {
		ep := endpoint.New(method, "/rtc/{roomId}/users.json", encoding)
		ep.Params = params
		return ep
	}
	s := newScripted(t, nil)
	require.NoError(t, s.Call(t.Context(), room("DELETE", endpoint.JSON),
		map[string]any{"roomId": id, "Session-Id": "s 1", "user": []int{1}}, nil))
	require.NoError(t, s.Call(t.Context(), room("POST", endpoint.Form), url.Values{"roomId": {id}, "Session-Id": {"s 1"}, "user": {"u"}}, nil))
	require.NoError(t, s.Call(t.Context(), room("GET", endpoint.Query), url.Values{"roomId": {id}, "user": {"u"}}, nil))
	require.NoError(t, s.Call(t.Context(), room("PUT", endpoint.JSON), struct {
		Room int `json:"roomId"`
	}{7}, nil))
	escaped := url.PathEscape(id)
	for i, want := range []struct{ address, body, session string }{
		{address: "https://one.example/rtc/" + escaped + "/users.json", body: `{"user":[1]}`, session: "s 1"},
		{address: "https://one.example/rtc/" + escaped + "/users.json", body: "user=u", session: "s 1"},
		{address: "https://one.example/rtc/" + escaped + "/users.json?user=u"},
		{address: "https://one.example/rtc/7/users.json", body: "{}"},
	} {
		r := s.requests[i]
		require.Equal(t, want.address, r.url)
		require.Equal(t, want.body, r.body)
		require.Equal(t, want.session, r.header.Get("Session-Id"))
	}

	for _, refused := range []struct {
		params any
		field  string
	}{
		{nil, "roomId"},
		{url.Values{}, "roomId"},
		{url.Values{"roomId": {""}}, "roomId"},
		{url.Values{"roomId": {".."}}, "roomId"},
		{url.Values{"roomId": {"r"}, "Session-Id": {"a\r\nb"}}, "Session-Id"},
	} {
		err := s.Call(t.Context(), room("POST", endpoint.Form), refused.params, nil)
		requireRefused(t, err, refused.field)
	}
	require.Len(t, s.requests, 4)

	none := endpoint.New("DELETE", "/rtc/{roomId}", endpoint.None)
	none.Params = params[:1]
	require.NoError(t, s.Call(t.Context(), none, url.Values{"roomId": {"r"}}, nil))
	require.Empty(t, s.requests[4].body)
	requireRefused(t, s.Call(t.Context(), none, url.Values{"roomId": {"r"}, "other": {"x"}}, nil), "params")
}

// The SDK's own methods encode from the same table.
func TestPlacedFields(t *testing.T) {
	t.Parallel()
	ep := endpoint.New("POST", "/rtc/{roomId}", endpoint.JSON)
	ep.Params = []endpoint.Param{
		{Name: "roomId", In: endpoint.InPath, Required: true},
		{Name: "Limit", In: endpoint.InHeader, Type: endpoint.Int},
		{Name: "name"},
	}
	type Params struct {
		RoomID string `wire:"roomId"`
		Limit  int    `wire:"Limit"`
		Name   string `wire:"name"`
	}
	s := newScripted(t, nil)
	require.NoError(t, send(t.Context(), s.Client, ep, &Params{RoomID: "a b&c", Limit: 7, Name: "n"}, nil))
	require.Equal(t, "https://one.example/rtc/a%20b&c", s.requests[0].url)
	require.Equal(t, `{"name":"n"}`, s.requests[0].body)
	require.Equal(t, "7", s.requests[0].header.Get("Limit"))

	err := send(t.Context(), s.Client, ep, &Params{}, nil)
	require.EqualError(t, err, "rongcloud: POST /rtc/{roomId}: Params.RoomID (roomId): is required")
}

// A caller's endpoint is called at its own address, over https or on the machine itself.
func TestCallOfAnEndpointElsewhere(t *testing.T) {
	t.Parallel()
	s := newScripted(t, nil)
	regional, err := New("k", "s", WithHTTPClient(&http.Client{Transport: s.mock}))
	require.NoError(t, err)
	ep := endpoint.New("POST", "/x.json", endpoint.None)
	ep.Host = "https://rtc.example"
	require.NoError(t, regional.Call(t.Context(), ep, nil, nil))
	require.Equal(t, "https://rtc.example/x.json", s.requests[0].url)
	require.NoError(t, s.Call(t.Context(), ep, nil, nil))
	require.Equal(t, "https://one.example/x.json", s.requests[1].url, "the base URLs of the caller's serve everything")
	for _, host := range []string{"http://rtc.example", "rtc.example", "https://u:p@rtc.example"} {
		ep.Host = host
		requireRefused(t, regional.Call(t.Context(), ep, nil, nil), "Endpoint.Host")
	}
}

func TestWithHeader(t *testing.T) {
	t.Parallel()
	s := newScripted(t, nil)
	call := func(opts ...CallOption) error {
		return s.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"u"}}, nil, opts...)
	}
	require.NoError(t, call(WithHeader("x-trace", "a"), WithHeader("X-Trace", "b"), WithHeader("Accept-Language", "zh")))
	require.Equal(t, []string{"b"}, s.requests[0].header["X-Trace"], "the last one counts")
	require.Equal(t, "zh", s.requests[0].header.Get("Accept-Language"))

	for _, name := range []string{
		"App-Key", "app-key", "Nonce", "Timestamp", "Signature", "Host", "Content-Type", "content-length", "X-Request-ID", "User-Agent",
		"Transfer-Encoding", "Connection", "Accept-Encoding", "Expect", "", "a b", "a:b", "a\r\nb", "ü",
	} {
		requireRefused(t, call(WithHeader(name, "x")), "WithHeader")
	}
	for _, value := range []string{"a\nb", "a\r\nb", "a\rb", "\x00", "ü"} {
		requireRefused(t, call(WithHeader("X-Trace", value)), "WithHeader")
	}
	require.Len(t, s.requests, 1)
}

// Each attempt carries the headers, and the signature is the SDK's.
func TestWithHeaderOnRetries(t *testing.T) {
	t.Parallel()
	s := newScripted(t, []step{status(503, ""), nil}, WithRetry(quick(2)))
	require.NoError(t, s.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"u"}}, nil, WithHeader("X-Trace", "b")))
	require.Len(t, s.requests, 2)
	for _, r := range s.requests {
		require.Equal(t, "b", r.header.Get("X-Trace"))
		require.Equal(t, "test-key", r.header.Get("App-Key"))
	}
}

// Success can say that an API's success code is 0.
func TestCallOfAnAPIWithSuccessZero(t *testing.T) {
	t.Parallel()
	s := newScripted(t, []step{status(200, `{"code":0,"n":7}`), status(200, `{"code":200}`)}, WithoutRetries())
	ep := endpoint.New("POST", "/x.json", endpoint.None)
	ep.Success = endpoint.SuccessOf(0)
	var out struct{ N int }
	require.NoError(t, s.Call(t.Context(), ep, nil, &out))
	require.Equal(t, 7, out.N)
	require.ErrorIs(t, s.Call(t.Context(), ep, nil, nil), ErrOutcomeUnknown, "200 says nothing there")
}

// A header that tells net/http that a request may be written twice does not have that effect.
func TestCallWithAnIdempotencyKeyIsWrittenOnce(t *testing.T) {
	t.Parallel()
	for _, method := range callMethods {
		for _, name := range []string{"Idempotency-Key", "x-idempotency-key"} {
			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) > 1 {
					panic(http.ErrAbortHandler) // on a connection that has been used
				}
				_, _ = io.WriteString(w, `{"code":200}`)
			}))
			client, err := New("k", "s", WithBaseURL(server.URL), WithRetry(quick(3)))
			require.NoError(t, err)
			ep := endpoint.New(method, "/new.json", endpoint.None)
			require.NoError(t, client.Call(t.Context(), ep, nil, nil, WithHeader(name, "1")))
			require.ErrorIs(t, client.Call(t.Context(), ep, nil, nil, WithHeader(name, "1")), ErrOutcomeUnknown, "%s %s", method, name)
			require.Equal(t, int32(2), requests.Load(), "%s %s", method, name)
			client.CloseIdleConnections()
			server.Close()
		}
	}
}

// A parameter in the path stays in its place, whatever surrounds it.
func TestCallEscapesPlacedParameters(t *testing.T) {
	t.Parallel()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		_, _ = io.WriteString(w, `{"code":200}`)
	}))
	defer server.Close()
	for _, base := range []string{"", "/a%20b", "/%E4%B8%AD", "/a%7Broom%7D"} {
		client, err := New("k", "s", WithBaseURL(server.URL+base))
		require.NoError(t, err)
		for path, want := range map[string]string{
			"/v1/{room}/end": "/v1/" + "%s" + "/end", "/v1/{room}.json": "/v1/%s.json", "/100%/{room}": "/100%25/%s", "/a b/{room}": "/a%20b/%s",
			"/{room}/{room}": "/%s/%[1]s",
		} {
			ep := endpoint.New("DELETE", path, endpoint.Form)
			ep.Params = []endpoint.Param{{Name: "room", In: endpoint.InPath}}
			for value, escaped := range map[string]string{
				"x/y": "x%2Fy", "../..": "..%2F..", "q?x#y": "q%3Fx%23y", "{room}": "%7Broom%7D", "a%2Fb": "a%252Fb", "世": "%E4%B8%96", "r": "r",
			} {
				require.NoError(t, client.Call(t.Context(), ep, url.Values{"room": {value}}, nil))
				require.Equal(t, base+strings.ReplaceAll(strings.ReplaceAll(want, "%[1]s", escaped), "%s", escaped), got)
			}
		}
		client.CloseIdleConnections()
	}
}

// Parameters that determine the quota, the class and the idempotency are found wherever they are
// sent.
func TestCallAccountsForParameters(t *testing.T) {
	t.Parallel()
	unsafeWith := func(place endpoint.Place, encoding endpoint.Encoding) *endpoint.Endpoint {
		ep := endpoint.New("POST", "/new.json", encoding)
		ep.Class, ep.UnsafeWith = endpoint.Safe, []string{"Notify"}
		ep.Params = []endpoint.Param{{Name: "Notify", In: place}}
		if place == endpoint.InPath {
			ep.Path = "/{Notify}/new.json"
		}
		return ep
	}
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		for _, place := range []endpoint.Place{endpoint.InBody, endpoint.InHeader, endpoint.InPath} {
			for value, class := range map[string]endpoint.Class{"1": endpoint.Unsafe, "0": endpoint.Safe, "false": endpoint.Safe} {
				var seen Attempt
				s := newScripted(t, []step{nil}, WithAttemptHook(func(_ context.Context, a Attempt) { seen = a }))
				var params any = url.Values{"Notify": {value}}
				if encoding == endpoint.JSON {
					params = map[string]string{"Notify": value}
				}
				require.NoError(t, s.Call(t.Context(), unsafeWith(place, encoding), params, nil))
				require.Equal(t, class, seen.Class, "%v %v %s", encoding, place, value)
			}
		}
	}

	limiter := &countingLimiter{}
	s := newScripted(t, nil, WithLimiter(limiter))
	list := []string{"a", "b", "c"}
	require.NoError(t, s.Call(t.Context(), endpoint.MessageUltragroupPublish, map[string]any{"toGroupIds": list, "fromUserId": "u"}, nil))
	require.NoError(t, s.Call(t.Context(), endpoint.MessagePrivatePublish, url.Values{"toUserId": list}, nil))
	require.Equal(t, []int{3, 3}, []int{limiter.uses[0].Units, limiter.uses[1].Units})
}

// A parameter that could be sent only in part, or instead of something else, is refused.
func TestCallRefusesPlacedParameters(t *testing.T) {
	t.Parallel()
	params := []endpoint.Param{{Name: "id", In: endpoint.InPath}, {Name: "Session-Id", In: endpoint.InHeader}}
	form, body := endpoint.New("DELETE", "/x/{id}", endpoint.Form), endpoint.New("DELETE", "/x/{id}", endpoint.JSON)
	form.Params, body.Params = params, params
	s := newScripted(t, nil)
	for _, field := range []string{"id", "Session-Id"} {
		values := url.Values{"id": {"1"}, "Session-Id": {"s"}}
		values.Add(field, "2")
		requireRefused(t, s.Call(t.Context(), form, values, nil), field)
		for _, several := range []any{[]string{"1"}, map[string]string{"a": "b"}} {
			object := map[string]any{"id": "1", "Session-Id": "s"}
			object[field] = several
			requireRefused(t, s.Call(t.Context(), body, object, nil), field)
		}
	}
	requireRefused(t, s.Call(t.Context(), body, nil, nil), "id")
	requireRefused(t, s.Call(t.Context(), form, url.Values{"id": {"1"}, "Session-Id": {"s"}}, nil, WithHeader("session-id", "t")), "session-id")
	require.Empty(t, s.requests)

	none := endpoint.New("POST", "/x", endpoint.None)
	require.NoError(t, s.Call(t.Context(), none, url.Values{}, nil), "no parameters")
	require.NoError(t, s.Call(t.Context(), none, url.Values(nil), nil), "no parameters")
}

// A nil endpoint has no parameters, no copy and no quota.
func TestNilEndpoint(t *testing.T) {
	t.Parallel()
	var ep *endpoint.Endpoint
	require.Nil(t, ep.Param("userId"))
	require.Nil(t, ep.Clone())
	require.Empty(t, Quotas{}.Limits(QuotaUse{Units: 1}))
	limiter, err := NewLimiter(Quotas{})
	require.NoError(t, err)
	require.NoError(t, limiter.Wait(t.Context(), QuotaUse{Units: 1}))
	limiter.Refused(QuotaUse{Units: 1}, 0)
}

// The caller may not set a header that describes the body.
func TestWithHeaderRefusesContentEncoding(t *testing.T) {
	t.Parallel()
	s := newScripted(t, nil)
	requireRefused(t, s.Ping(t.Context(), WithHeader("content-encoding", "gzip")), "WithHeader")
	require.Empty(t, s.requests)
}
