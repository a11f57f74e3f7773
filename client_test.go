package rongcloud

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// clientTransport responds to every request with status and body, and records the requests.
type clientTransport struct {
	status int
	body   string
	closed int

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func (c *clientTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, req)
	c.bodies = append(c.bodies, string(sent))
	return &http.Response{
		StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: -1, Request: req,
	}, nil
}

func (c *clientTransport) CloseIdleConnections() { c.closed++ }

// clientOn returns a client whose requests all go to transport.
func clientOn(t *testing.T, transport *clientTransport, opts ...Option) *Client {
	t.Helper()
	if transport.status == 0 {
		transport.status, transport.body = http.StatusOK, `{"code":200}`
	}
	opts = append([]Option{WithHTTPClient(&http.Client{Transport: transport}), WithRetry(quick(2))}, opts...)
	client, err := New("app-key", "app-secret", opts...)
	require.NoError(t, err)
	return client
}

// clientProblems are the fields of all ArgumentErrors in err.
func clientProblems(t *testing.T, err error) []string {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%T", err)
	var fields []string
	for _, one := range joined.Unwrap() {
		var refused *ArgumentError
		require.ErrorAs(t, one, &refused)
		fields = append(fields, refused.Field)
	}
	return fields
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const key, secret = "key", "s3cr3t-App-Value"
	tests := []struct {
		name        string
		key, secret string
		option      Option
		field       string
	}{
		{name: "empty key", secret: secret, field: "appKey"},
		{name: "blank key", key: " \t", secret: secret, field: "appKey"},
		{name: "key of spaces", key: "  ", secret: secret, field: "appKey"},
		{name: "key with a newline", key: "key\n", secret: secret, field: "appKey"},
		{name: "key with a header", key: "key\r\nX-Other: 1", secret: secret, field: "appKey"},
		{name: "key that is not ASCII", key: "kéy", secret: secret, field: "appKey"},
		{name: "empty secret", key: key, field: "appSecret"},
		{name: "blank secret", key: key, secret: " \n", field: "appSecret"},
		{name: "secret with a line break", key: key, secret: secret + "\n", field: "appSecret"},
		{name: "secret with a space before it", key: key, secret: " " + secret, field: "appSecret"},
		{name: "secret with a byte order mark", key: key, secret: "\uFEFF" + secret, field: "appSecret"},
		{name: "secret with a zero", key: key, secret: secret + "\x00", field: "appSecret"},
		{name: "key with a space", key: key + " ", secret: secret, field: "appKey"},
		{name: "key with a non-breaking space", key: "\u00a0" + key, secret: secret, field: "appKey"},
		{name: "port above the range", key: key, secret: secret, option: WithBaseURL("http://h.test:99999"), field: "WithBaseURL"},
		{name: "port 0", key: key, secret: secret, option: WithBaseURL("http://h.test:0"), field: "WithBaseURL"},
		{name: "huge port", key: key, secret: secret, option: WithBaseURL("http://h.test:99999999999999999999"), field: "WithBaseURL"},
		{name: "escaped slash", key: key, secret: secret, option: WithBaseURL("https://h.test/a%2Fb"), field: "WithBaseURL"},
		{name: "escaped letter", key: key, secret: secret, option: WithBaseURL("https://h.test/%61"), field: "WithBaseURL"},
		{name: "two slashes", key: key, secret: secret, option: WithBaseURL("https://h.test//"), field: "WithBaseURL"},
		{name: "two slashes inside", key: key, secret: secret, option: WithBaseURL("https://h.test/a//b"), field: "WithBaseURL"},
		{name: "dots", key: key, secret: secret, option: WithBaseURL("https://h.test/a/../b"), field: "WithBaseURL"},
		{name: "one dot", key: key, secret: secret, option: WithBaseURL("https://h.test/./a"), field: "WithBaseURL"},
		{
			name: "duplicate code that is a success", key: key, secret: secret,
			option: WithIdempotentSends(IdempotentSends{DuplicateCode: 200}), field: "WithIdempotentSends",
		},
		{
			name: "duplicate code that may follow a success", key: key, secret: secret,
			option: WithIdempotentSends(IdempotentSends{DuplicateCode: CodeInternalError}), field: "WithIdempotentSends",
		},
		{name: "unknown region", key: key, secret: secret, option: WithRegion("XX"), field: "WithRegion"},
		{name: "empty region", key: key, secret: secret, option: WithRegion(""), field: "WithRegion"},
		{name: "bad URL", key: key, secret: secret, option: WithBaseURL("api.example.com"), field: "WithBaseURL"},
		{name: "empty URL", key: key, secret: secret, option: WithBaseURL(""), field: "WithBaseURL"},
		{name: "bad backup", key: key, secret: secret, option: WithBaseURL("https://a.test", "b.test"), field: "WithBaseURL"},
		{name: "zero attempt timeout", key: key, secret: secret, option: WithAttemptTimeout(0), field: "WithAttemptTimeout"},
		{name: "negative attempt timeout", key: key, secret: secret, option: WithAttemptTimeout(-time.Second), field: "WithAttemptTimeout"},
		{
			name: "shortest wait above an hour", key: key, secret: secret,
			option: WithRetry(RetryPolicy{MinWait: math.MaxInt64, MaxWait: math.MaxInt64}), field: "WithRetry",
		},
		{name: "longest wait above an hour", key: key, secret: secret, option: WithRetry(RetryPolicy{MaxWait: time.Hour + 1}), field: "WithRetry"},
		{
			name: "shortest wait alone above an hour", key: key, secret: secret,
			option: WithRetry(RetryPolicy{MinWait: time.Hour + 1}), field: "WithRetry",
		},
		{name: "huge budget", key: key, secret: secret, option: WithRetry(RetryPolicy{Budget: math.MaxInt}), field: "WithRetry"},
		{name: "negative shortest wait", key: key, secret: secret, option: WithRetry(RetryPolicy{MinWait: -1}), field: "WithRetry"},
		{name: "negative longest wait", key: key, secret: secret, option: WithRetry(RetryPolicy{MaxWait: -1, MinWait: -2}), field: "WithRetry"},
		{
			name: "shortest wait over the longest", key: key, secret: secret, option: WithRetry(RetryPolicy{MinWait: 2, MaxWait: 1}),
			field: "WithRetry",
		},
		{name: "nil HTTP client", key: key, secret: secret, option: WithHTTPClient(nil), field: "WithHTTPClient"},
		{name: "nil TLS settings", key: key, secret: secret, option: WithTLSConfig(nil), field: "WithTLSConfig"},
		{name: "no verification", key: key, secret: secret, option: WithTLSConfig(&tls.Config{InsecureSkipVerify: true}), field: "WithTLSConfig"},
		{
			name: "no version of TLS", key: key, secret: secret, option: WithTLSConfig(&tls.Config{MaxVersion: tls.VersionTLS11}),
			field: "WithTLSConfig",
		},
		{name: "nil logger", key: key, secret: secret, option: WithLogger(nil), field: "WithLogger"},
		{name: "nil hook", key: key, secret: secret, option: WithAttemptHook(nil), field: "WithAttemptHook"},
		{name: "nil limiter", key: key, secret: secret, option: WithLimiter(nil), field: "WithLimiter"},
		{name: "nil clock", key: key, secret: secret, option: WithClock(nil), field: "WithClock"},
		{name: "nil nonce", key: key, secret: secret, option: WithNonce(nil), field: "WithNonce"},
		{name: "no answer at all", key: key, secret: secret, option: WithMaxResponseBytes(0), field: "WithMaxResponseBytes"},
		{name: "negative answer", key: key, secret: secret, option: WithMaxResponseBytes(-1), field: "WithMaxResponseBytes"},
		{name: "user agent with a newline", key: key, secret: secret, option: WithUserAgent("a\nb"), field: "WithUserAgent"},
		{name: "user agent that is not ASCII", key: key, secret: secret, option: WithUserAgent("shöp"), field: "WithUserAgent"},
		{name: "long user agent", key: key, secret: secret, option: WithUserAgent(strings.Repeat("x", 257)), field: "WithUserAgent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var opts []Option
			if tt.option != nil {
				opts = append(opts, tt.option)
			}
			client, err := New(tt.key, tt.secret, opts...)
			require.Nil(t, client)
			require.Equal(t, []string{tt.field}, clientProblems(t, err))
			require.NotContains(t, err.Error(), secret)
			var refused *ArgumentError
			require.ErrorAs(t, err, &refused)
			require.NotEmpty(t, refused.Reason)
		})
	}
	t.Run("nil option", func(t *testing.T) {
		t.Parallel()
		client, err := New(key, secret, WithRegion(RegionSingapore), nil)
		require.Nil(t, client)
		require.Equal(t, []string{"New"}, clientProblems(t, err))
	})
}

func TestNewReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := New("", "secret", nil, WithRegion("XX"), WithAttemptTimeout(-1), WithRetry(RetryPolicy{MinWait: -1}), WithHTTPClient(nil),
		WithLogger(nil), WithAttemptHook(nil), WithUserAgent("\n"), WithMaxResponseBytes(0), WithLimiter(nil), WithClock(nil), WithNonce(nil), WithBaseURL("x"))
	require.ElementsMatch(t, []string{
		"appKey", "New", "WithRegion", "WithAttemptTimeout", "WithRetry", "WithHTTPClient", "WithLogger", "WithAttemptHook", "WithUserAgent",
		"WithMaxResponseBytes", "WithLimiter", "WithClock", "WithNonce", "WithBaseURL",
	}, clientProblems(t, err))
}

func TestNewReportsKeyAndSecret(t *testing.T) {
	t.Parallel()
	_, err := New("", "")
	require.ElementsMatch(t, []string{"appKey", "appSecret"}, clientProblems(t, err))
}

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]Option{
		"no retry":          WithoutRetries(),
		"fewest retries":    WithRetry(RetryPolicy{MaxRetries: math.MinInt, Budget: math.MinInt}),
		"most retries":      WithRetry(RetryPolicy{MaxRetries: math.MaxInt}),
		"longest timeout":   WithAttemptTimeout(math.MaxInt64),
		"longest wait":      WithRetry(RetryPolicy{MinWait: time.Hour, MaxWait: time.Hour}),
		"equal waits":       WithRetry(RetryPolicy{MaxRetries: 1, MinWait: time.Second, MaxWait: time.Second}),
		"shortest timeout":  WithAttemptTimeout(1),
		"user agent":        WithUserAgent("shop-backend/1.4 (test)"),
		"long user agent":   WithUserAgent(strings.Repeat("x", 256)),
		"no user agent":     WithUserAgent(""),
		"one byte":          WithMaxResponseBytes(1),
		"logger":            WithLogger(slog.New(slog.DiscardHandler)),
		"hook":              WithAttemptHook(func(context.Context, Attempt) {}),
		"limiter":           WithLimiter(newTestLimiter(t, Quotas{})),
		"private cloud":     WithBaseURL("http://10.0.0.1:8080/im", "http://10.0.0.2:8080/im"),
		"spaces in a path":  WithBaseURL("https://h.test/a%20b/"),
		"no port":           WithBaseURL("https://h.test:/"),
		"HTTP client":       WithHTTPClient(&http.Client{}),
		"TLS settings":      WithTLSConfig(&tls.Config{}),
		"old TLS":           WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11}),
		"own verification":  WithTLSConfig(&tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil }}),
		"idempotent sends":  WithIdempotentSends(IdempotentSends{}),
		"clock and nothing": WithClock(time.Now),
	}
	for name, option := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := New("key", "secret", option)
			require.NoError(t, err)
			require.Equal(t, "key", client.AppKey())
			require.NotNil(t, client.User)
			require.NotNil(t, client.Message)
			client.CloseIdleConnections()
		})
	}
}

func TestLastOfTwoOptionsCounts(t *testing.T) {
	t.Parallel()
	client, err := New("key", "secret", WithRegion("XX"), WithRegion(RegionSingapore), WithAttemptTimeout(0), WithAttemptTimeout(time.Second))
	require.NoError(t, err)
	require.Equal(t, "api.sg-light-api.com", client.core.hosts.ring[0].name)
	require.Equal(t, time.Second, client.core.config.attemptTimeout)
}

func TestNewFromEnv(t *testing.T) { // not parallel: it changes the environment
	names := func(client *Client) (names []string) {
		for _, one := range client.core.hosts.ring {
			names = append(names, one.scheme+"://"+one.name)
		}
		return names
	}
	set := func(t *testing.T, key, secret, region, urls string) {
		t.Setenv("RONGCLOUD_APP_KEY", key)
		t.Setenv("RONGCLOUD_APP_SECRET", secret)
		t.Setenv("RONGCLOUD_REGION", region)
		t.Setenv("RONGCLOUD_API_URL", urls)
	}
	t.Run("key and secret", func(t *testing.T) {
		set(t, "env-key", "env-secret", "", "")
		client, err := NewFromEnv()
		require.NoError(t, err)
		require.Equal(t, "env-key", client.AppKey())
		require.Equal(t, "env-secret", client.core.secret.reveal())
		require.Equal(t, RegionBeijing.BaseURLs(), names(client))
	})
	t.Run("region", func(t *testing.T) {
		set(t, "env-key", "env-secret", "SG_B", "")
		client, err := NewFromEnv()
		require.NoError(t, err)
		require.Equal(t, RegionSingaporeB.BaseURLs(), names(client))
		require.Equal(t, time.UTC, client.core.zone)
	})
	t.Run("one URL", func(t *testing.T) {
		set(t, "env-key", "env-secret", "", "http://a.test:8080")
		client, err := NewFromEnv()
		require.NoError(t, err)
		require.Equal(t, []string{"http://a.test:8080"}, names(client))
	})
	t.Run("several URLs", func(t *testing.T) {
		set(t, "env-key", "env-secret", "NA", "https://a.test, https://b.test")
		client, err := NewFromEnv()
		require.NoError(t, err)
		require.Equal(t, []string{"https://a.test", "https://b.test"}, names(client))
	})
	t.Run("options win", func(t *testing.T) {
		set(t, "env-key", "env-secret", "nonsense", "nonsense")
		client, err := NewFromEnv(WithRegion(RegionSaudiArabia), WithBaseURL("https://c.test"))
		require.NoError(t, err)
		require.Equal(t, []string{"https://c.test"}, names(client))
		require.Equal(t, RegionSaudiArabia, client.core.config.region)
	})
	t.Run("nothing set", func(t *testing.T) {
		set(t, "", "", "", "")
		client, err := NewFromEnv()
		require.Nil(t, client)
		require.Equal(t, []string{"RONGCLOUD_APP_KEY", "RONGCLOUD_APP_SECRET"}, clientProblems(t, err))
	})
	t.Run("bad values", func(t *testing.T) {
		set(t, "env-key", "", "XX", "nonsense")
		client, err := NewFromEnv()
		require.Nil(t, client)
		require.ElementsMatch(t, []string{"RONGCLOUD_APP_SECRET", "RONGCLOUD_REGION", "RONGCLOUD_API_URL"}, clientProblems(t, err))

		_, err = NewFromEnv(WithRegion("YY"), WithBaseURL("nothing"))
		require.ElementsMatch(t, []string{"RONGCLOUD_APP_SECRET", "WithRegion", "WithBaseURL"}, clientProblems(t, err))
	})
	t.Run("lower case", func(t *testing.T) {
		set(t, "env-key", "env-secret", "sg_b", "")
		client, err := NewFromEnv()
		require.NoError(t, err)
		require.Equal(t, RegionSingaporeB, client.core.config.region)
	})
}

func TestClientNeverShowsItsSecret(t *testing.T) {
	t.Parallel()
	const hidden = "s3cr3t-App-Value"
	transport := &clientTransport{status: 200, body: `{"code":200}`}
	client, err := New("app-key", hidden, WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	var seen bytes.Buffer
	values := []any{client, *client, client.User, *client.User, client.core, *client.core, &client.core.secret, client.core.config, []any{client, *client}}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&seen, verb+"\n", value)
		}
		fmt.Fprintln(&seen, value)
		slog.New(slog.NewTextHandler(&seen, nil)).Info("text", "client", value)
		slog.New(slog.NewJSONHandler(&seen, nil)).Info("json", "client", value)
		encoded, _ := json.Marshal(value) // a value that cannot be encoded is not shown either
		seen.Write(encoded)
	}
	require.NoError(t, client.Call(t.Context(), endpoint.New("POST", "/some/new.json", endpoint.Form), url.Values{"a": {"b"}}, nil))
	for _, header := range transport.requests[0].Header {
		fmt.Fprintln(&seen, header)
	}
	fmt.Fprintln(&seen, transport.requests[0].URL, transport.bodies)
	require.NotContains(t, seen.String(), hidden)
	require.NotContains(t, strings.ToLower(seen.String()), fmt.Sprintf("%x", hidden))

	require.Equal(t, `rongcloud.Client{AppKey: "app-key", Host: "api.rong-api.com"}`, client.String())
	require.Equal(t, client.String(), fmt.Sprintf("%#v", client))
	require.Equal(t, client.String(), client.LogValue().String())
}

func TestWithHTTPClientLeavesTheCallersClientAlone(t *testing.T) {
	t.Parallel()
	transport := &clientTransport{}
	caller := &http.Client{Transport: transport, Timeout: 3 * time.Second}
	before := *caller
	client := clientOn(t, transport, WithHTTPClient(caller))
	require.NoError(t, client.Call(t.Context(), endpoint.New("POST", "/some/new.json", endpoint.Form), url.Values{}, nil))
	require.Len(t, transport.requests, 1)
	client.CloseIdleConnections()
	require.Equal(t, before, *caller)
	require.Same(t, transport, caller.Transport)
	require.Zero(t, transport.closed, "its connections are the caller's")

	transport.status, transport.body = 500, "broken"
	require.Error(t, client.Call(t.Context(), endpoint.UserInfo, url.Values{}, nil))
	require.Zero(t, transport.closed, "nor does a failed call close them")
}

func TestWithHTTPClientWithoutTransport(t *testing.T) {
	t.Parallel()
	caller := &http.Client{}
	client, err := New("key", "secret", WithHTTPClient(caller))
	require.NoError(t, err)
	client.CloseIdleConnections()
	require.Equal(t, http.Client{}, *caller)
	require.Nil(t, client.core.pool)
}

func TestClose(t *testing.T) {
	t.Parallel()
	client, err := New("key", "secret")
	require.NoError(t, err)
	other, err := New("key", "secret")
	require.NoError(t, err)
	require.NotNil(t, client.core.pool)
	require.NotSame(t, client.core.pool, other.core.pool, "clients share no connections")
	require.NotSame(t, client.core.pool.Base, http.DefaultTransport)
	client.CloseIdleConnections()
	client.CloseIdleConnections()
}

func TestManyClients(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			key, secret := fmt.Sprint("key-", i), fmt.Sprint("secret-", i)
			transport := &clientTransport{status: 200, body: `{"code":200}`}
			region := Regions()[i%len(Regions())]
			client, err := New(key, secret, WithRegion(region), WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				t.Error(err)
				return
			}
			for range 5 {
				if err := client.Call(t.Context(), endpoint.New("POST", "/some/new.json", endpoint.Form), url.Values{"me": {key}}, nil); err != nil {
					t.Error(err)
				}
			}
			for j, req := range transport.requests {
				h := req.Header
				if h.Get("App-Key") != key || "https://"+req.URL.Host != region.BaseURLs()[0] || transport.bodies[j] != "me="+key ||
					!Verify(secret, h.Get("Nonce"), h.Get("Timestamp"), h.Get("Signature")) {
					t.Errorf("client %d sent another's request: %v %v", i, req.URL, h)
				}
			}
			if len(transport.requests) != 5 {
				t.Errorf("client %d: %d requests", i, len(transport.requests))
			}
		})
	}
	wait.Wait()
}

func TestCallRefuses(t *testing.T) {
	t.Parallel()
	var noContext context.Context
	ctx := t.Context()
	form := url.Values{"a": {"b"}}
	const unknown, formPath, jsonPath = "/some/new.json", "/user/info.json", "/push.json"
	require.Equal(t, endpoint.Form, endpointAt(formPath).Encoding)
	require.Equal(t, endpoint.JSON, endpointAt(jsonPath).Encoding)
	tests := []struct {
		name   string
		ctx    context.Context
		path   string
		params any
		out    any
		opts   []CallOption
		field  string
	}{
		{name: "nil context", ctx: noContext, path: unknown, params: form, field: "ctx"},
		{name: "empty path", ctx: ctx, params: form, field: "Endpoint.Path"},
		{name: "no slash", ctx: ctx, path: "user/info.json", params: form, field: "Endpoint.Path"},
		{name: "whole URL", ctx: ctx, path: "https://api.example.com/user/info.json", params: form, field: "Endpoint.Path"},
		{name: "query in the path", ctx: ctx, path: unknown + "?a=b", params: form, field: "Endpoint.Path"},
		{name: "fragment in the path", ctx: ctx, path: unknown + "#a", params: form, field: "Endpoint.Path"},
		{name: "JSON where a form belongs", ctx: ctx, path: formPath, params: map[string]string{}, field: "params"},
		{name: "a form where JSON belongs", ctx: ctx, path: jsonPath, params: form, field: "params"},
		{name: "what is not JSON", ctx: ctx, path: unknown, params: func() {}, field: "params"},
		{name: "out is no pointer", ctx: ctx, path: unknown, params: form, out: struct{}{}, field: "out"},
		{name: "out is a nil pointer", ctx: ctx, path: unknown, params: form, out: (*struct{})(nil), field: "out"},
		{name: "out is a map", ctx: ctx, path: unknown, params: form, out: map[string]any{}, field: "out"},
		{name: "nil option", ctx: ctx, path: unknown, params: form, opts: []CallOption{nil}, field: "opts"},
		{name: "empty request ID", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithRequestID("")}, field: "WithRequestID"},
		{
			name: "long request ID", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithRequestID(strings.Repeat("x", 37))},
			field: "WithRequestID",
		},
		{name: "request ID with a newline", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithRequestID("a\nb")}, field: "WithRequestID"},
		{name: "zero attempt timeout", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithAttemptTimeout(0)}, field: "WithAttemptTimeout"},
		{
			name: "negative attempt timeout", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithAttemptTimeout(-1)},
			field: "WithAttemptTimeout",
		},
		{name: "extra field", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithExtraField("a", 1)}, field: "WithExtraField"},
		{
			name: "extra field without a name", ctx: ctx, path: unknown, params: form, opts: []CallOption{WithExtraField("", 1)},
			field: "WithExtraField",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			transport := &clientTransport{}
			err := clientOn(t, transport).Call(tt.ctx, calleeAt(tt.path, tt.params), tt.params, tt.out, tt.opts...)
			requireRefused(t, err, tt.field)
			require.Empty(t, transport.requests, "nothing is sent")
		})
	}
}

// An endpoint without parameters accepts none.
func TestCallParamsForAnEndpointWithoutAny(t *testing.T) {
	t.Parallel()
	var none *endpoint.Endpoint
	for ep := range endpoint.All() {
		if ep.Encoding == endpoint.None {
			none = ep
			break
		}
	}
	require.NotNil(t, none)
	for name, params := range map[string]any{"form": url.Values{"a": {"b"}}, "json": map[string]string{"a": "b"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &clientTransport{}
			err := clientOn(t, transport).Call(t.Context(), none, params, nil)
			requireRefused(t, err, "params")
			require.Empty(t, transport.requests)
		})
	}
	transport := &clientTransport{}
	require.NoError(t, clientOn(t, transport).Call(t.Context(), none, nil, nil))
	require.Equal(t, []string{""}, transport.bodies)
}

func TestCallSends(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		path         string
		params       any
		method       string
		body         string
		contentType  string
		query        string
		answer, want string
	}{
		{
			name: "unknown form", path: "/some/new.json", params: url.Values{"a": {"1", "2"}}, method: "POST", body: "a=1&a=2",
			contentType: "application/x-www-form-urlencoded; charset=UTF-8", answer: `{"code":200,"id":1}`, want: "1",
		},
		{
			name: "unknown JSON", path: "/some/new.json", params: map[string]any{"a": 1}, method: "POST", body: `{"a":1}`,
			contentType: "application/json; charset=UTF-8", answer: `{"id":"x","code":"200"}`, want: "x",
		},
		{name: "unknown, nothing", path: "/some/new.json", method: "POST", answer: `{"code":200}`},
		{
			name: "known form", path: "/user/info.json", params: url.Values{"userId": {"u"}}, method: "POST", body: "userId=u",
			contentType: "application/x-www-form-urlencoded; charset=UTF-8", answer: `{"code":200}`,
		},
		{
			name: "known JSON", path: "/push.json", params: map[string]any{"a": "<"}, method: "POST", body: `{"a":"<"}`,
			contentType: "application/json; charset=UTF-8", answer: `{"code":200,"id":"p"}`, want: "p",
		},
	}
	for ep := range endpoint.All() {
		if ep.Encoding == endpoint.Query {
			tests = append(tests, tests[0])
			last := &tests[len(tests)-1]
			last.name, last.path, last.method, last.body, last.contentType, last.query = "query", ep.Path, "GET", "", "", "a=1&a=2"
			break
		}
	}
	require.Equal(t, "query", tests[len(tests)-1].name)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			transport := &clientTransport{status: 200, body: tt.answer}
			var out struct {
				ID string `json:"id"`
			}
			require.NoError(t, clientOn(t, transport).Call(t.Context(), calleeAt(tt.path, tt.params), tt.params, &out))
			require.Equal(t, tt.want, out.ID)
			require.Len(t, transport.requests, 1)
			req := transport.requests[0]
			require.Equal(t, tt.method, req.Method)
			require.Equal(t, tt.path, req.URL.Path)
			require.Equal(t, tt.query, req.URL.RawQuery)
			require.Equal(t, tt.contentType, req.Header.Get("Content-Type"))
			require.Equal(t, tt.body, transport.bodies[0])
		})
	}
}

// The class of a call depends on what it sends, not on how it was made.
func TestCallRetriesByClass(t *testing.T) {
	t.Parallel()
	const ban = "/chatroom/user/ban/add.json"
	require.Equal(t, []string{"needNotify"}, endpointAt(ban).UnsafeWith)
	values := url.Values{"userId": {"u"}, "minute": {"1"}}
	notify := url.Values{"userId": {"u"}, "minute": {"1"}, "needNotify": {"true"}}
	quiet := url.Values{"userId": {"u"}, "minute": {"1"}, "needNotify": {"false"}}
	tests := []struct {
		name     string
		path     string
		params   url.Values
		attempts int
	}{
		{name: "unknown endpoint", path: "/some/new.json", params: values, attempts: 1},
		{name: "query", path: "/user/info.json", params: values, attempts: 3},
		{name: "idempotent", path: ban, params: values, attempts: 3},
		{name: "idempotent, on purpose without a notification", path: ban, params: quiet, attempts: 3},
		{name: "unsafe by a notification", path: ban, params: notify, attempts: 1},
		{name: "send", path: "/message/private/publish.json", params: values, attempts: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			transport := &clientTransport{status: 500, body: "broken"}
			err := clientOn(t, transport).Call(t.Context(), calleeAt(tt.path, tt.params), tt.params, nil)
			require.Len(t, transport.requests, tt.attempts)
			require.Equal(t, tt.attempts == 1, errors.Is(err, ErrOutcomeUnknown), err)
		})
	}
}
