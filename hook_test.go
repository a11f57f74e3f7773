package rongcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// heard records the calls of a call hook.
type heard struct {
	mu     sync.Mutex
	starts []CallStart
	ends   []CallEnd
}

func (h *heard) option() Option {
	return WithCallHook(func(ctx context.Context, start CallStart) (context.Context, func(CallEnd)) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.starts = append(h.starts, start)
		return nil, func(end CallEnd) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ends = append(h.ends, end)
		}
	})
}

// one returns the only recorded call.
func (h *heard) one(t *testing.T) (CallStart, CallEnd) {
	t.Helper()
	require.Len(t, h.starts, 1)
	require.Len(t, h.ends, 1)
	return h.starts[0], h.ends[0]
}

type limiterFunc func(context.Context, QuotaUse) error

func (f limiterFunc) Wait(ctx context.Context, use QuotaUse) error { return f(ctx, use) }
func (limiterFunc) Refused(QuotaUse, time.Duration)                {}

// errTelling quotes what must not appear in a log.
var errTelling = errors.New("no place for user-7 with token-7")

// A hook sees each call once, whatever its outcome, and with the outcome that the caller sees.
func TestCallHook(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	categories := []error{
		ErrOutcomeUnknown, ErrRateLimited, ErrUnauthorized, ErrTransport, Code(1000), Code(1002), Code(1008), context.Canceled, context.DeadlineExceeded,
	}
	refused, lost := status(400, `{"code":1002,"errorMessage":"user-7"}`), step(broken)
	for name, test := range map[string]struct {
		kind     string
		steps    []step
		opts     []Option
		call     []CallOption
		ctx      context.Context
		want     Outcome
		attempts int
		text     string
	}{
		"accepted":               {kind: "unsafe", want: OutcomeAccepted, attempts: 1},
		"accepted after a retry": {kind: "safe", steps: []step{lost}, want: OutcomeAccepted, attempts: 2},
		"refused":                {kind: "unsafe", steps: []step{refused}, want: OutcomeRefused, attempts: 1, text: "1002"},
		"over the quota": {
			kind: "safe", steps: []step{status(429, `{"code":1008}`), status(429, `{"code":1008}`), status(429, `{"code":1008}`)},
			want: OutcomeRefused, attempts: 3,
		},
		"lost send":           {kind: "unsafe", steps: []step{lost}, want: OutcomeUnknown, attempts: 1, text: "outcome unknown"},
		"lost question":       {kind: "safe", steps: []step{lost, lost, lost}, want: OutcomeFailed, attempts: 3},
		"a server that fails": {kind: "unsafe", steps: []step{status(503, "")}, want: OutcomeUnknown, attempts: 1},
		"a proxy's page":      {kind: "unsafe", steps: []step{status(403, "<html>user-7")}, want: OutcomeFailed, attempts: 1},
		"canceled before":     {kind: "safe", ctx: canceled, want: OutcomeUnsent, text: "context canceled"},
		"no context":          {kind: "safe", ctx: nil, want: OutcomeUnsent, text: "ctx"},
		"nil option":          {kind: "safe", call: []CallOption{nil}, want: OutcomeUnsent, text: "opts"},
		"bad option":          {kind: "safe", call: []CallOption{WithAttemptTimeout(-1)}, want: OutcomeUnsent, text: "WithAttemptTimeout"},
		"bad request ID": {
			kind: "safe", call: []CallOption{WithRequestID(strings.Repeat("user-7", 10))}, want: OutcomeUnsent, text: "WithRequestID",
		},
		"bad argument": {kind: "none", want: OutcomeUnsent, text: "userId"},
		"limiter refuses": {
			kind: "safe", opts: []Option{WithLimiter(limiterFunc(func(context.Context, QuotaUse) error { return errTelling }))},
			want: OutcomeUnsent, text: "waiting for the quota",
		},
		"limiter runs out of time": {
			kind: "safe",
			opts: []Option{WithLimiter(limiterFunc(func(context.Context, QuotaUse) error { return context.DeadlineExceeded }))},
			want: OutcomeUnsent, text: "waiting for the quota: context deadline exceeded",
		},
		"no secret": {
			kind: "unsafe", opts: []Option{WithSecretSource(func(context.Context) (string, error) { return "", errTelling })},
			want: OutcomeUnsent, text: "asking for the App Secret",
		},
		"header of a hook": {
			kind: "unsafe", opts: []Option{WithHeaderHook(func(_ context.Context, h http.Header) { h.Set("Signature", "user-7") })},
			want: OutcomeUnsent, text: "WithHeaderHook",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &heard{}
			s := newScripted(t, test.steps, append([]Option{h.option(), WithRetry(quick(2))}, test.opts...)...)
			ctx := test.ctx
			if ctx == nil && name != "no context" {
				ctx = t.Context()
			}
			var err error
			if test.kind == "none" {
				_, err = fetch[faultAnswer](ctx, s.Client, endpoint.UserInfo, &faultUser{}, nil)
			} else {
				err = faultCall(ctx, s.Client, test.kind, test.call...)
			}
			start, end := h.one(t)
			require.Equal(t, test.want, end.Outcome, "%v", end.Err)
			require.Equal(t, test.attempts, end.Attempts)
			require.Equal(t, start.Endpoint.Class, end.Class)
			require.NotEmpty(t, start.RequestID)
			require.NotContains(t, start.RequestID, "user-7")
			require.False(t, start.StartedAt.IsZero())
			require.Equal(t, err == nil, end.Err == nil)
			if err == nil {
				require.Equal(t, 200, end.HTTPStatus)
				require.Equal(t, int64(len(faultSuccess)), end.ResponseBytes)
				require.Equal(t, int64(test.attempts*len(s.requests[0].body)), end.RequestBytes)
				return
			}
			for _, category := range categories {
				require.Equal(t, errors.Is(err, category), errors.Is(end.Err, category), "%v", category)
			}
			var wrong, same *ArgumentError
			require.Equal(t, errors.As(err, &wrong), errors.As(end.Err, &same))
			require.Same(t, wrong, same)
			require.Contains(t, end.Err.Error(), test.text)
			for _, telling := range []string{"user-7", "token-7", "test-secret"} {
				require.NotContains(t, fmt.Sprintf("%v %+v", end.Err, end.Err), telling)
			}
			if failure := (*Error)(nil); errors.As(err, &failure) {
				require.Equal(t, failure.RequestID, start.RequestID)
				require.Equal(t, failure.HTTPStatus, end.HTTPStatus)
			}
		})
	}
}

// A counter that asks in the order of the guide distinguishes a lost send from a refused one.
func TestHooksReportUnknownAsTheGuideSays(t *testing.T) {
	t.Parallel()
	byTable := func(err error) string {
		var wrong *ArgumentError
		switch {
		case err == nil:
			return "delivered"
		case errors.Is(err, ErrOutcomeUnknown):
			return "unknown"
		case errors.As(err, &wrong):
			return "argument"
		case errors.Is(err, ErrRateLimited):
			return "rate"
		case errors.Is(err, ErrUnauthorized):
			return "unauthorized"
		case errors.Is(err, context.DeadlineExceeded):
			return "time"
		case errors.Is(err, ErrTransport):
			return "transport"
		}
		return "refused"
	}
	for _, answer := range []step{
		nil, broken, status(503, ""), status(500, `{"code":1000}`),
		status(400, `{"code":1002}`), status(429, `{"code":1008}`), status(401, `{"code":1004}`),
		status(200, "<html>"), func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded },
	} {
		var ends, attempts []string
		s := newScripted(t, []step{answer}, WithoutRetries(),
			WithAttemptHook(func(_ context.Context, a Attempt) { attempts = append(attempts, byTable(a.Err)) }),
			WithCallHook(func(ctx context.Context, _ CallStart) (context.Context, func(CallEnd)) {
				return ctx, func(end CallEnd) { ends = append(ends, byTable(end.Err)) }
			}))
		want := []string{byTable(faultCall(t.Context(), s.Client, "unsafe"))}
		require.Equal(t, want, ends)
		require.Equal(t, want, attempts)
	}
}

type hookKey string

// The context that a hook returns reaches everything that the call uses, and several hooks add up.
func TestCallHooksAddUp(t *testing.T) {
	t.Parallel()
	var order []string
	hook := func(name string) Option {
		return WithCallHook(func(ctx context.Context, _ CallStart) (context.Context, func(CallEnd)) {
			order = append(order, name+" begins")
			require.Equal(t, name == "inner", ctx.Value(hookKey("outer")) != nil)
			return context.WithValue(ctx, hookKey(name), true), func(CallEnd) { order = append(order, name+" ends") }
		})
	}
	none := WithCallHook(func(context.Context, CallStart) (context.Context, func(CallEnd)) { return nil, nil })
	seen := func(name string, ctx context.Context) {
		order = append(order, name)
		require.Equal(t, true, ctx.Value(hookKey("outer")), name)
		require.Equal(t, true, ctx.Value(hookKey("inner")), name)
		require.Equal(t, true, ctx.Value(hookKey("caller")), name)
	}
	s := newScripted(t, []step{func(req *http.Request) (*http.Response, error) {
		seen("transport", req.Context())
		return httpmock.NewStringResponse(200, faultSuccess), nil
	}}, hook("outer"), none, hook("inner"),
		WithLimiter(limiterFunc(func(ctx context.Context, _ QuotaUse) error { seen("limiter", ctx); return nil })),
		WithHeaderHook(func(ctx context.Context, _ http.Header) { seen("header", ctx) }),
		WithSecretSource(func(ctx context.Context) (string, error) { seen("secret", ctx); return "s", nil }),
		WithAttemptHook(func(ctx context.Context, _ Attempt) { seen("attempt", ctx) }))
	require.NoError(t, faultCall(context.WithValue(t.Context(), hookKey("caller"), true), s.Client, "unsafe"))
	require.Equal(t, []string{
		"outer begins", "inner begins", "limiter", "header", "secret", "transport", "attempt", "inner ends", "outer ends",
	}, order)
}

func TestCallHookTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		s := newScripted(t, []step{status(503, ""), func(*http.Request) (*http.Response, error) {
			time.Sleep(2 * time.Second)
			return httpmock.NewStringResponse(200, faultSuccess), nil
		}}, h.option(), WithRetry(RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond}), WithLimiter(limiterFunc(func(context.Context, QuotaUse) error {
			time.Sleep(3 * time.Second)
			return nil
		})))
		require.NoError(t, faultCall(t.Context(), s.Client, "safe", WithRequestID("r-1")))
		start, end := h.one(t)
		require.Equal(t, "r-1", start.RequestID)
		require.Equal(t, 3*time.Second, end.LimiterWait)
		require.Equal(t, 5*time.Second, end.Duration.Truncate(time.Second))
		require.Equal(t, 2, end.Attempts)
		require.Equal(t, Code(200), end.Code)
	})
}

// Neither a caller's path nor a caller's parameter name appears in the text for hooks.
func TestCallHookQuotesNoNames(t *testing.T) {
	t.Parallel()
	own := endpoint.New("POST", "/v9/user-7.json", endpoint.Form)
	for name, call := range map[string]func(*Client) error{
		"a key of Call": func(client *Client) error {
			return client.Call(t.Context(), endpoint.ByPath("POST", "/chatroom/create.json"), url.Values{"chatroom[user-7]": {"\xff"}}, nil)
		},
		"an extra field": func(client *Client) error {
			return faultCall(t.Context(), client, "unsafe", WithExtraField("x[user-7]", math.NaN()))
		},
		"a path": func(client *Client) error { return client.Call(t.Context(), own, map[string]any{}, nil) },
		"a path of no kind": func(client *Client) error {
			return client.Call(t.Context(), &endpoint.Endpoint{Path: "user-7"}, nil, nil)
		},
		"a header": func(client *Client) error { return faultCall(t.Context(), client, "safe", WithHeader("user-7", "\n")) },
	} {
		h := &heard{}
		require.Error(t, call(newScripted(t, nil, h.option()).Client), name)
		_, end := h.one(t)
		require.ErrorContains(t, end.Err, "refused", name)
		require.NotContains(t, end.Err.Error(), "user-7", name)
	}
}

// A parameter makes an idempotent call unsafe, and CallEnd says so.
func TestCallHookClass(t *testing.T) {
	t.Parallel()
	h := &heard{}
	s := newScripted(t, nil, h.option())
	ep := endpoint.New("POST", "/v9/new.json", endpoint.Form)
	ep.Class, ep.UnsafeWith = endpoint.Idempotent, []string{"loud"}
	require.NoError(t, s.Call(t.Context(), ep, url.Values{"loud": {"1"}}, nil))
	start, end := h.one(t)
	require.Equal(t, endpoint.Idempotent, start.Class)
	require.Equal(t, endpoint.Unsafe, end.Class)
	require.Error(t, s.Call(t.Context(), nil, nil, nil))
	require.NotNil(t, h.starts[1].Endpoint)
	require.Equal(t, OutcomeUnsent, h.ends[1].Outcome)
}

// Whatever a hook does, every hook that saw the beginning sees the end, and the client remains
// usable.
func TestHooksThatPanic(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hook func(end func()) Option
		sent int
		want Outcome
	}{
		"at the beginning": {hook: func(end func()) Option {
			return WithCallHook(func(context.Context, CallStart) (context.Context, func(CallEnd)) { end(); return nil, nil })
		}, want: OutcomeUnsent},
		"at the end": {hook: func(end func()) Option {
			return WithCallHook(func(context.Context, CallStart) (context.Context, func(CallEnd)) {
				return nil, func(CallEnd) { end() }
			})
		}, sent: 1, want: OutcomeAccepted},
		"after an attempt": {
			hook: func(end func()) Option { return WithAttemptHook(func(context.Context, Attempt) { end() }) }, sent: 1,
			want: OutcomeAccepted,
		},
		"headers": {
			hook: func(end func()) Option { return WithHeaderHook(func(context.Context, http.Header) { end() }) }, want: OutcomeUnsent,
		},
		"the secret": {hook: func(end func()) Option {
			return WithSecretSource(func(context.Context) (string, error) { end(); return "s", nil })
		}, want: OutcomeUnsent},
	} {
		for way, leave := range map[string]func(){"panic": func() { panic(name) }, "goexit": runtime.Goexit} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				h, broken := &heard{}, true
				s := newScripted(t, nil, h.option(), test.hook(func() {
					if broken {
						leave()
					}
				}))
				done := make(chan any)
				go func() {
					returned := false
					defer func() { done <- cmp.Or[any](recover(), returned) }()
					_ = faultCall(t.Context(), s.Client, "unsafe")
					returned = true
				}()
				require.NotEqual(t, true, <-done)
				_, end := h.one(t)
				require.Equal(t, test.want, end.Outcome)
				require.Equal(t, test.want != OutcomeAccepted, end.Err != nil)
				require.Len(t, s.requests, test.sent)

				broken = false
				require.NoError(t, faultCall(t.Context(), s.Client, "unsafe"))
				require.Len(t, h.ends, 2)
				require.Equal(t, OutcomeAccepted, h.ends[1].Outcome)
			})
		}
	}
}

// An invalid header name is quoted: it may contain line breaks, which must not reach a log.
func TestHeaderNamesAreQuoted(t *testing.T) {
	t.Parallel()
	const name = "x\r\nlevel=INFO"
	s := newScripted(t, nil, WithHeaderHook(func(_ context.Context, h http.Header) { h[name] = []string{"v"} }))
	own := endpoint.New("POST", "/v9/new.json", endpoint.Form)
	own.Params = []endpoint.Param{{Name: name, In: endpoint.InHeader}}
	for _, err := range []error{
		faultCall(t.Context(), s.Client, "safe"),
		s.Call(t.Context(), own, nil, nil),
		faultCall(t.Context(), s.Client, "safe", WithHeader(name, "v")),
	} {
		require.ErrorContains(t, err, `"x\r\nlevel=INFO"`)
		require.NotContains(t, err.Error(), "\n")
		require.NotContains(t, err.Error(), "\r")
	}
	require.Empty(t, s.requests)
}

// A panic does not change what is already known about a send. Everything else is unknown.
func TestPanicsDoNotChangeTheOutcome(t *testing.T) {
	t.Parallel()
	refused, down := status(400, `{"code":1002}`), status(503, "")
	attempt := WithAttemptHook(func(context.Context, Attempt) { panic("hook") })
	secondHeader := func() Option {
		n := 0
		return WithHeaderHook(func(context.Context, http.Header) {
			if n++; n > 1 {
				panic("hook")
			}
		})
	}
	transport := WithHTTPClient(&http.Client{Transport: tripFunc(func(*http.Request) (*http.Response, error) { panic("transport") })})
	for name, test := range map[string]struct {
		kind  string
		steps []step
		opt   Option
		want  Outcome
		is    error
	}{
		"hook after success":   {kind: "unsafe", opt: attempt, want: OutcomeAccepted},
		"hook after a refusal": {kind: "unsafe", steps: []step{refused}, opt: attempt, want: OutcomeRefused, is: Code(1002)},
		"hook after a rate stop": {
			kind: "unsafe", steps: []step{status(429, `{"code":1008}`)}, opt: attempt, want: OutcomeRefused, is: ErrRateLimited,
		},
		"hook after a lost send":     {kind: "unsafe", steps: []step{broken}, opt: attempt, want: OutcomeUnknown, is: ErrOutcomeUnknown},
		"hook after a failed server": {kind: "unsafe", steps: []step{down}, opt: attempt, want: OutcomeUnknown, is: ErrOutcomeUnknown},
		"hook after a lost question": {kind: "safe", steps: []step{broken}, opt: attempt, want: OutcomeFailed, is: ErrTransport},
		"headers of a retry":         {kind: "safe", steps: []step{down}, opt: secondHeader(), want: OutcomeFailed, is: ErrTransport},
		"headers of a retry after a stop": {
			kind: "unsafe", steps: []step{status(429, `{"code":1008}`)}, opt: secondHeader(), want: OutcomeRefused, is: ErrRateLimited,
		},
		"transport":               {kind: "unsafe", opt: transport, want: OutcomeUnknown, is: ErrOutcomeUnknown},
		"transport of a question": {kind: "safe", opt: transport, want: OutcomeFailed, is: ErrTransport},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &heard{}
			s := newScripted(t, test.steps, WithRetry(quick(1)), h.option(), test.opt)
			require.Panics(t, func() { _ = faultCall(t.Context(), s.Client, test.kind) })
			_, end := h.one(t)
			require.Equal(t, test.want, end.Outcome, "%v", end.Err)
			require.Equal(t, test.is == nil, end.Err == nil)
			if test.is != nil {
				require.ErrorIs(t, end.Err, test.is)
				require.Contains(t, end.Err.Error(), "did not return")
			}
			require.Equal(t, test.want == OutcomeUnknown, errors.Is(end.Err, ErrOutcomeUnknown))
		})
	}
}

// A wrapper that panics before it passes the request on has sent nothing, and the client remains
// usable.
func TestWrappersThatPanic(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, faultSuccess) }))
	defer server.Close()
	for name, test := range map[string]struct {
		before bool
		want   Outcome
	}{"before": {true, OutcomeFailed}, "after": {false, OutcomeUnknown}} {
		t.Run(name, func(t *testing.T) {
			h, failing := &heard{}, true
			client, err := New("k", "s", WithBaseURL(server.URL), WithRetry(quick(1)), h.option(), WithRoundTripper(func(next http.RoundTripper) http.RoundTripper {
				return tripFunc(func(req *http.Request) (*http.Response, error) {
					if failing && test.before {
						panic("wrapper")
					}
					resp, err := next.RoundTrip(req)
					if failing {
						panic("wrapper")
					}
					return resp, err
				})
			}))
			require.NoError(t, err)
			defer client.CloseIdleConnections()
			require.PanicsWithValue(t, "wrapper", func() { _ = faultCall(t.Context(), client, "unsafe") })
			_, end := h.one(t)
			require.Equal(t, test.want, end.Outcome)
			require.Equal(t, test.want == OutcomeUnknown, errors.Is(end.Err, ErrOutcomeUnknown))
			failing = false
			require.NoError(t, faultCall(t.Context(), client, "unsafe"))
		})
	}
}

// If an attempt hook panics, all other hooks and loggers still see the attempt.
func TestAttemptHooksRunWhateverOthersDo(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string, leave bool) Option {
		return WithAttemptHook(func(context.Context, Attempt) {
			order = append(order, name)
			if leave {
				panic(name)
			}
		})
	}
	var log strings.Builder
	s := newScripted(t, []step{status(400, `{"code":1002}`)}, note("first", true), note("second", false), note("third", true),
		WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	require.PanicsWithValue(t, "third", func() { _ = faultCall(t.Context(), s.Client, "safe") })
	require.Equal(t, []string{"first", "second", "third"}, order)
	require.Contains(t, log.String(), "rongcloud call")
}

func TestHeaderHook(t *testing.T) {
	t.Parallel()
	n := 0
	s := newScripted(t, []step{status(503, "")}, WithRetry(quick(1)),
		WithHeaderHook(func(_ context.Context, header http.Header) {
			n++
			require.Empty(t, header, "nothing of the request is shown")
			header["traceparent"] = []string{fmt.Sprint("span-", n)}
			header.Set("Baggage", "first")
			header.Set("Both", "hook")
		}),
		WithHeaderHook(func(_ context.Context, header http.Header) { header.Add("Baggage", "second") }))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe", WithHeader("Both", "call")))
	require.Len(t, s.requests, 2)
	for i, r := range s.requests {
		require.Equal(t, []string{fmt.Sprint("span-", i+1)}, r.header["Traceparent"])
		require.Equal(t, []string{"first", "second"}, r.header["Baggage"])
		require.Equal(t, []string{"call"}, r.header["Both"])
		require.True(t, Verify("test-secret", r.header.Get("Nonce"), r.header.Get("Timestamp"), r.header.Get("Signature")))
	}
	inHeader := endpoint.New("POST", "/v9/new.json", endpoint.Form)
	inHeader.Params = []endpoint.Param{{Name: "Room-Id", In: endpoint.InHeader}}
	s = newScripted(t, nil, WithHeaderHook(func(_ context.Context, header http.Header) { header.Set("Room-Id", "r2") }))
	require.ErrorContains(t, s.Call(t.Context(), inHeader, url.Values{"Room-Id": {"r1"}}, nil), "repeats a parameter")
	require.Empty(t, s.requests)
	for _, c := range []struct{ name, value string }{
		{"Signature", "x"}, {"app-key", "x"}, {"X-Request-ID", "x"}, {"Content-Type", "x"}, {"Connection", "x"},
		{"", "x"}, {"a b", "x"}, {"A", "x\r\ny"}, {"A", "é"},
	} {
		s := newScripted(t, nil, WithHeaderHook(func(_ context.Context, header http.Header) { header[c.name] = []string{c.value} }))
		var refused *ArgumentError
		require.ErrorAs(t, faultCall(t.Context(), s.Client, "unsafe"), &refused, "%q", c)
		require.Equal(t, "WithHeaderHook", refused.Field)
		require.Empty(t, s.requests)
	}
}

func TestAttemptBytes(t *testing.T) {
	t.Parallel()
	var attempts []Attempt
	page := strings.Repeat("x", 1000)
	s := newScripted(t, []step{status(503, page)}, WithRetry(quick(1)), WithAttemptHook(func(_ context.Context, a Attempt) {
		attempts = append(attempts, a)
	}))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	sent := int64(len(s.requests[0].body))
	require.Positive(t, sent)
	require.Equal(t, []int64{sent, sent}, []int64{attempts[0].RequestBytes, attempts[1].RequestBytes})
	require.Equal(t, []int64{1000, int64(len(faultSuccess))}, []int64{attempts[0].ResponseBytes, attempts[1].ResponseBytes})
	require.Equal(t, "https", attempts[0].Scheme)
}

func TestAttemptOpened(t *testing.T) {
	t.Parallel()
	var attempts []Attempt
	server := newChatServer(t, plain(200, "application/json", faultSuccess))
	client := server.client(t, WithAttemptHook(func(_ context.Context, a Attempt) { attempts = append(attempts, a) }))
	for range 3 {
		require.NoError(t, faultCall(t.Context(), client, "safe"))
	}
	server.Close()
	client.CloseIdleConnections()
	require.Error(t, faultCall(t.Context(), client, "unsafe"))
	var opened, reused []bool
	for _, a := range attempts[:3] {
		opened, reused = append(opened, a.Opened), append(reused, a.Reused)
		require.Equal(t, "http", a.Scheme)
	}
	require.Equal(t, []bool{true, false, false}, opened)
	require.Equal(t, []bool{false, true, true}, reused)
	last := attempts[len(attempts)-1]
	require.False(t, last.Reused || last.Opened, "there was none: %+v", last)
}

// The bytes of a stream are counted when it ends.
func TestHooksCountTheBytesOfAStream(t *testing.T) {
	t.Parallel()
	h := &heard{}
	var attempt Attempt
	server := newChatServer(t, pieces(nil, pieceA, pieceLast))
	client := server.client(t, h.option(), WithAttemptHook(func(_ context.Context, a Attempt) { attempt = a }))
	_, err := chat(t.Context(), client)
	require.NoError(t, err)
	_, end := h.one(t)
	require.Equal(t, int64(len(pieceA+pieceLast)), attempt.ResponseBytes)
	require.Equal(t, int64(len(pieceA+pieceLast)), end.ResponseBytes)
}

// If a hook panics when a stream ends, the stream still ends and its connection is released.
func TestHookThatPanicsAtTheEndOfAStream(t *testing.T) {
	t.Parallel()
	h, first := &heard{}, true
	server := newChatServer(t, pieces(nil, pieceLast))
	client := server.client(t, h.option(), WithAttemptHook(func(context.Context, Attempt) {
		if first {
			first = false
			panic("the hook")
		}
	}))
	require.PanicsWithValue(t, "the hook", func() { _, _ = chat(t.Context(), client) })
	_, end := h.one(t)
	require.Equal(t, OutcomeAccepted, end.Outcome)
	_, err := chat(t.Context(), client)
	require.NoError(t, err)
	require.Len(t, h.ends, 2)
}

// An empty piece is refused before it counts as a call.
func TestStreamWriterCallHook(t *testing.T) {
	t.Parallel()
	h := &heard{}
	client, _ := msgStreams(t, nil, h.option())
	require.Error(t, client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"}).Send(t.Context(), ""))
	_, end := h.one(t)
	require.Equal(t, OutcomeUnsent, end.Outcome)
}

// Hooks see a bulk send as a whole, and each of its requests.
func TestBulkCallHook(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer   func(n int, form url.Values) (*http.Response, error)
		users    int
		params   BulkParams
		want     Outcome
		requests int
		counts   BulkCounts
	}{
		"delivered": {users: 2500, params: BulkParams{}, want: OutcomeAccepted, requests: 3, counts: BulkCounts{Chunks: 3, Delivered: 2500}},
		"a chunk refused": {answer: func(n int, _ url.Values) (*http.Response, error) {
			if n == 2 {
				return refusal(1002)
			}
			return nil, nil
		}, users: 2500, params: BulkParams{Concurrency: 1}, want: OutcomeRefused, requests: 3,
			counts: BulkCounts{Chunks: 3, Delivered: 1500, Refused: 1000}},
		"a chunk unknown": {answer: func(n int, _ url.Values) (*http.Response, error) {
			if n == 2 {
				return lost()
			}
			return nil, nil
		}, users: 2500, params: BulkParams{Concurrency: 1}, want: OutcomeUnknown, requests: 3,
			counts: BulkCounts{Chunks: 3, Delivered: 1500, Unknown: 1000}},
		"stopped": {answer: func(n int, _ url.Values) (*http.Response, error) {
			if n == 2 {
				return httpmock.NewStringResponse(401, `{"code":1004,"errorMessage":"user-7"}`), nil
			}
			return nil, nil
		}, users: 2500, params: BulkParams{Concurrency: 1}, want: OutcomeFailed, requests: 2, counts: BulkCounts{Chunks: 1, Delivered: 1000}},
		"an outage": {
			answer: func(int, url.Values) (*http.Response, error) { return lost() }, users: 2500,
			params: BulkParams{Concurrency: 1, MaxUnknown: 2}, want: OutcomeUnknown, requests: 2,
			counts: BulkCounts{Chunks: 2, Unknown: 2000},
		},
		"nobody":           {params: BulkParams{}, want: OutcomeFailed, counts: BulkCounts{}},
		"a wrong argument": {users: 1, params: BulkParams{ChunkSize: -1}, want: OutcomeUnsent, counts: BulkCounts{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &heard{}
				inside := 0
				server := newBulkServer()
				server.answer = test.answer
				client := server.client(t, WithCallHook(func(ctx context.Context, start CallStart) (context.Context, func(CallEnd)) {
					if start.Bulk {
						return context.WithValue(ctx, hookKey("bulk"), true), nil
					}
					require.Equal(t, true, ctx.Value(hookKey("bulk")))
					inside++
					return ctx, nil
				}), h.option(), WithLimiter(limiterFunc(func(context.Context, QuotaUse) error { time.Sleep(time.Second); return nil })))
				_, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(test.users), test.params)
				require.Len(t, h.ends, 1+test.requests)
				require.Equal(t, test.requests, inside)
				start, end := h.starts[0], h.ends[test.requests]
				require.True(t, start.Bulk)
				require.Empty(t, start.RequestID)
				require.Same(t, endpoint.MessagePrivatePublish, start.Endpoint)
				require.Equal(t, test.want, end.Outcome)
				require.Equal(t, test.counts, end.Recipients)
				require.Equal(t, err == nil, end.Err == nil)
				for _, category := range []error{ErrUnauthorized, ErrOutcomeUnknown, ErrTransport, Code(1004)} {
					require.Equal(t, errors.Is(err, category), errors.Is(end.Err, category), "%v", category)
				}
				require.NotContains(t, fmt.Sprint(end.Err), "user-7")
				require.Equal(t, time.Duration(test.requests)*time.Second, end.LimiterWait)
				for i, chunk := range h.ends[:test.requests] {
					require.False(t, h.starts[1+i].Bulk)
					require.NotEmpty(t, h.starts[1+i].RequestID)
					require.Equal(t, time.Second, chunk.LimiterWait)
				}
			})
		})
	}
}

// Hooks do not get the texts of errors from the caller's own functions.
func TestBulkCallHookQuotesNothing(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*Client) error{
		"reading the recipients": func(client *Client) error {
			_, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, func(yield func(string, error) bool) { yield("", errTelling) }, BulkParams{})
			return err
		},
		"saving the checkpoint": func(client *Client) error {
			params := BulkParams{Save: func(BulkCheckpoint) error { return errTelling }}
			_, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1), params)
			return err
		},
		"the send was stopped": func(client *Client) error {
			_, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1), BulkParams{OnChunk: func(BulkChunk) error { return errTelling }})
			return err
		},
		"PrivateMessage.To (toUserId): refused": func(client *Client) error {
			_, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1), BulkParams{OnChunk: func(BulkChunk) error {
				return refuseField(endpoint.MessagePrivatePublish, "PrivateMessage.To", "toUserId", "user-7 is not theirs")
			}})
			return err
		},
		"refused": func(client *Client) error {
			_, err := client.Message.SendGroupBulk(t.Context(), GroupMessage{ToUserIDs: []string{"user-7"}}, bulkUsers(1), BulkParams{})
			return err
		},
		"ctx": func(client *Client) error {
			_, err := client.Message.SendPrivateBulk(nil, bulkMessage, bulkUsers(1), BulkParams{}) //nolint:staticcheck // on purpose
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &heard{}
			require.Error(t, run(newBulkServer().client(t, h.option())))
			end := h.ends[len(h.ends)-1]
			require.ErrorContains(t, end.Err, name)
			require.NotContains(t, end.Err.Error(), "user-7")
			require.Len(t, h.starts, len(h.ends))
		})
	}
}

// A panic in a goroutine of a bulk send reaches the caller's goroutine, and the hooks see it.
func TestBulkCallHookPanics(t *testing.T) {
	t.Parallel()
	h := &heard{}
	first := true
	client := newBulkServer().client(t, h.option(), WithCallHook(func(ctx context.Context, start CallStart) (context.Context, func(CallEnd)) {
		if !start.Bulk && first {
			first = false
			panic("the hook")
		}
		return ctx, nil
	}))
	require.PanicsWithValue(t, "the hook", func() {
		_, _ = client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1), BulkParams{})
	})
	require.Len(t, h.ends, 2)
	require.Equal(t, OutcomeUnsent, h.ends[0].Outcome)
	require.Equal(t, OutcomeUnknown, h.ends[1].Outcome)
	_, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1), BulkParams{})
	require.NoError(t, err)
	require.Equal(t, OutcomeAccepted, h.ends[len(h.ends)-1].Outcome)
}

// The end of a bulk send reports what was recorded before the panic.
func TestBulkPanicsReportWhatIsKnown(t *testing.T) {
	t.Parallel()
	panicsAfter := func(n int, sent chan BulkChunk) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			bulkUsers(n)(yield)
			if n >= 1000 {
				<-sent
			}
			panic("recipients")
		}
	}
	for name, test := range map[string]struct {
		users int
		want  Outcome
		count BulkCounts
	}{
		"nothing begun":    {users: 10, want: OutcomeUnsent, count: BulkCounts{}},
		"a chunk was sent": {users: 1000, want: OutcomeFailed, count: BulkCounts{Chunks: 1, Delivered: 1000}},
	} {
		h, sent := &heard{}, make(chan BulkChunk, 1)
		params := BulkParams{OnChunk: func(chunk BulkChunk) error { sent <- chunk; return nil }}
		client := newBulkServer().client(t, h.option())
		require.PanicsWithValue(t, "recipients", func() {
			_, _ = client.Message.SendPrivateBulk(t.Context(), bulkMessage, panicsAfter(test.users, sent), params)
		}, name)
		end := h.ends[len(h.ends)-1]
		require.Equal(t, test.want, end.Outcome, name)
		require.Equal(t, test.count, end.Recipients, name)
		require.NotErrorIs(t, end.Err, ErrOutcomeUnknown, name)
		require.ErrorContains(t, end.Err, "did not return", name)
	}
}

// Each page of a walk is a call.
func TestWalkCallHook(t *testing.T) {
	t.Parallel()
	h := &heard{}
	s := newScripted(t, []step{
		status(200, `{"code":200,"users":[{"userId":"u1"}]}`), status(200, `{"code":200,"users":[]}`),
	}, h.option())
	for _, err := range s.User.Block.All(t.Context(), UserBlockQuery{Size: 1}) {
		require.NoError(t, err)
	}
	require.Len(t, h.ends, len(s.requests))
	require.NotEqual(t, h.starts[0].RequestID, h.starts[1].RequestID)
}

// emptyTransport responds at once and allocates little.
type emptyTransport struct{}

func (emptyTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(faultSuccess)), Request: req}, nil
}

// unhookedAllocs is the number of allocations of a call before there were call hooks, over a
// transport that allocates five times. A Go version may change it by one.
const unhookedAllocs = 57 + 1

// Without hooks, a call does no work for them. Not parallel: AllocsPerRun counts the whole process.
func TestHooksCostNothingUnset(t *testing.T) {
	count := func(opts ...Option) float64 {
		client, err := New("key", "secret", append([]Option{WithHTTPClient(&http.Client{Transport: emptyTransport{}})}, opts...)...)
		require.NoError(t, err)
		ctx := t.Context()
		return testing.AllocsPerRun(200, func() {
			if err := faultCall(ctx, client, "safe"); err != nil {
				panic(err)
			}
		})
	}
	unset := count()
	set := count((&heard{}).option())
	require.Less(t, unset, set)
	if !raceDetector { // it makes sync.Pool drop items at random
		require.LessOrEqual(t, unset, float64(unhookedAllocs))
	}
}
