package rongcloud

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// scripted is a client whose server responds with one step after the other, and records the
// requests.
type scripted struct {
	*Client
	mock     *httpmock.MockTransport
	mu       sync.Mutex
	requests []recorded
}

type recorded struct {
	header http.Header
	body   string
	url    string
	at     time.Time
}

// step is one response; nil is a success.
type step func(*http.Request) (*http.Response, error)

// quick is a policy with negligible waits.
func quick(retries int) RetryPolicy {
	return RetryPolicy{MaxRetries: retries, MinWait: 1, MaxWait: 1}
}

func status(code int, body string, header ...string) step {
	return func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(code, body)
		for i := 0; i < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

func broken(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }

// slow waits on synctest's fake clock before the next step.
func slow(d time.Duration, then step) step {
	return func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return then(req)
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
}

func newScripted(t *testing.T, steps []step, opts ...Option) *scripted {
	t.Helper()
	s := &scripted{mock: httpmock.NewMockTransport()}
	s.mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		var text []byte
		if req.Body != nil {
			text, _ = io.ReadAll(req.Body)
		}
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, recorded{header: req.Header, body: string(text), url: req.URL.String(), at: time.Now()})
		s.mu.Unlock()
		if n >= len(steps) || steps[n] == nil {
			return httpmock.NewStringResponse(200, faultSuccess), nil
		}
		return steps[n](req)
	})
	base := []Option{WithBaseURL("https://one.example", "https://two.example"), WithHTTPClient(&http.Client{Transport: s.mock})}
	var err error
	s.Client, err = New("test-key", "test-secret", append(base, opts...)...)
	require.NoError(t, err)
	return s
}

// count is the number of requests so far. httpmock may still be busy with one whose caller is gone.
func (s *scripted) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *scripted) fields(t *testing.T, n int) url.Values {
	t.Helper()
	form, err := url.ParseQuery(s.requests[n].body)
	require.NoError(t, err)
	return form
}

func TestRequestShape(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	s := newScripted(t, nil, WithClock(func() time.Time { return now }), WithNonce(func() string { return "1234567890" }),
		WithUserAgent("shop/1.4"), WithBaseURL("https://im.example:8443/gateway/"))
	require.NoError(t, faultCall(t.Context(), s.Client, "unsafe", WithRequestID("order-7")))

	r := s.requests[0]
	require.Equal(t, "https://im.example:8443/gateway/message/private/publish.json", r.url)
	require.Equal(t, "fromUserId=u1&toUserId=u2&objectName=app%3ANote&content=%7B%7D", r.body)
	require.Equal(t, http.Header{
		"App-Key": {"test-key"}, "Nonce": {"1234567890"}, "Timestamp": {"1767323045678"},
		"Signature":    {Sign("test-secret", "1234567890", "1767323045678")},
		"X-Request-Id": {"order-7"}, "User-Agent": {"rongcloud-go/" + Version + " shop/1.4"},
		"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"},
	}, r.header)
}

func TestEveryAttemptIsSignedAfresh(t *testing.T) {
	t.Parallel()
	s := newScripted(t, []step{broken, status(503, ""), nil}, WithRetry(quick(2)))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	require.Len(t, s.requests, 3)
	nonces := map[string]bool{}
	for _, r := range s.requests {
		nonce, timestamp := r.header.Get("Nonce"), r.header.Get("Timestamp")
		require.Regexp(t, `^[0-9]{18}$`, nonce)
		require.Regexp(t, `^[0-9]{13}$`, timestamp)
		require.True(t, Verify("test-secret", nonce, timestamp, r.header.Get("Signature")))
		nonces[nonce] = true
		require.Equal(t, s.requests[0].header.Get("X-Request-Id"), r.header.Get("X-Request-Id"))
		require.Equal(t, s.requests[0].body, r.body)
	}
	require.Len(t, nonces, 3)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, s.requests[0].header.Get("X-Request-Id"))
}

func TestBadNonceIsRefused(t *testing.T) {
	t.Parallel()
	for _, nonce := range []string{"", strings.Repeat("1", 19), "1\n2"} {
		s := newScripted(t, nil, WithNonce(func() string { return nonce }))
		var refused *ArgumentError
		require.ErrorAs(t, faultCall(t.Context(), s.Client, "safe"), &refused)
		require.Equal(t, "WithNonce", refused.Field)
		require.Empty(t, s.requests)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	limited := func(after string) step {
		return status(429, `{"code":1008}`, "Retry-After", after)
	}
	for _, c := range []struct {
		name     string
		policy   RetryPolicy
		steps    []step
		least    []time.Duration // least wait before each retry
		most     []time.Duration
		requests int
	}{
		{
			name: "full jitter below a bound that doubles", policy: RetryPolicy{MaxRetries: 4, MinWait: 100 * time.Millisecond, MaxWait: 300 * time.Millisecond},
			steps: []step{status(200, ""), status(200, ""), status(200, ""), status(200, ""), status(200, "")},
			least: []time.Duration{0, 0, 0, 0}, requests: 5,
			most: []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond},
		},
		{
			name: "another host is tried at once", policy: RetryPolicy{MaxRetries: 1, MinWait: time.Hour, MaxWait: time.Hour},
			steps: []step{broken}, least: []time.Duration{0}, most: []time.Duration{0}, requests: 2,
		},
		{
			name: "Retry-After is obeyed", policy: RetryPolicy{MaxRetries: 1, MinWait: time.Millisecond, MaxWait: 5 * time.Second},
			steps: []step{limited("4")}, least: []time.Duration{4 * time.Second}, most: []time.Duration{5 * time.Second}, requests: 2,
		},
		{
			name: "Retry-After is capped", policy: RetryPolicy{MaxRetries: 1, MinWait: time.Millisecond, MaxWait: 3 * time.Second},
			steps: []step{limited("3600")}, least: []time.Duration{3 * time.Second}, most: []time.Duration{3 * time.Second}, requests: 2,
		},
		{
			name: "Retry-After as a date", policy: RetryPolicy{MaxRetries: 1, MinWait: time.Millisecond, MaxWait: time.Hour},
			steps: []step{limited("Sat, 01 Jan 2000 00:00:09 GMT")}, // synctest starts in 2000
			least: []time.Duration{9 * time.Second}, most: []time.Duration{9 * time.Second}, requests: 2,
		},
		{
			name: "no retries", policy: RetryPolicy{MaxRetries: -1}, steps: []step{limited("1")}, requests: 1,
		},
		{
			name: "hardly any waits", policy: quick(3), steps: []step{limited(""), limited("nonsense"), limited("-5"), limited("7")},
			least: []time.Duration{0, 0, 0}, most: []time.Duration{1, 1, 1}, requests: 4,
		},
		{
			name: "waits by default", policy: RetryPolicy{MaxRetries: 1}, steps: []step{limited("2")},
			least: []time.Duration{2 * time.Second}, most: []time.Duration{2 * time.Second}, requests: 2,
		},
		{
			name: "waits of at most 3 s by default", policy: RetryPolicy{MaxRetries: 1}, steps: []step{limited("20")},
			least: []time.Duration{3 * time.Second}, most: []time.Duration{3 * time.Second}, requests: 2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScripted(t, c.steps, WithRetry(c.policy))
				_ = faultCall(t.Context(), s.Client, "safe")
				require.Len(t, s.requests, c.requests)
				for i := range c.requests - 1 {
					wait := s.requests[i+1].at.Sub(s.requests[i].at)
					require.GreaterOrEqual(t, wait, c.least[i], "wait %d", i+1)
					require.LessOrEqual(t, wait, c.most[i], "wait %d", i+1)
				}
			})
		})
	}
}

// A thousand first waits cover the whole range: the jitter is full.
func TestJitterIsFull(t *testing.T) {
	t.Parallel()
	c := &call{attempts: 1, last: outcome{status: 200}}
	policy := &RetryPolicy{MaxRetries: 1, MinWait: time.Second, MaxWait: time.Minute}
	low, high := 0, 0
	for range 1000 {
		switch wait := c.nextWait(policy); {
		case wait < 250*time.Millisecond:
			low++
		case wait > 750*time.Millisecond:
			high++
		}
	}
	require.Greater(t, low, 150)
	require.Greater(t, high, 150)

	// Only the first retry is sent to another host at once.
	c.last = outcome{status: 503, switched: true}
	require.Zero(t, c.nextWait(policy))
	c.attempts = 2
	high = 0
	for range 1000 {
		if c.nextWait(policy) > time.Second {
			high++
		}
	}
	require.Greater(t, high, 300)
}

// tracedFailure fails after the given events of net/http's trace.
type tracedFailure string

func (f tracedFailure) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	for event := range strings.FieldsSeq(string(f)) {
		switch event {
		case "get":
			trace.GetConn("one.example:443")
		case "got":
			conn, other := net.Pipe()
			_, _ = conn.Close(), other.Close()
			trace.GotConn(httptrace.GotConnInfo{Conn: conn})
		}
	}
	return nil, errors.New("connection reset")
}

func TestWhatCountsAsNotSent(t *testing.T) {
	t.Parallel()
	for events, want := range map[string]string{
		"":            "1 unknown transport", // a transport without a trace
		"get":         "3 transport",         // never connected
		"get got":     "1 unknown transport",
		"get got get": "1 unknown transport", // why it wants another connection is unknown
	} {
		attempts := 0
		client, err := New("k", "s", WithBaseURL("https://one.example"), WithRetry(quick(2)),
			WithHTTPClient(&http.Client{Transport: tracedFailure(events)}), WithAttemptHook(func(context.Context, Attempt) { attempts++ }))
		require.NoError(t, err)
		err = faultCall(t.Context(), client, "unsafe")
		require.Equal(t, want, fmt.Sprintf("%d %s", attempts, told(err)), "%q", events)
	}
}

func TestNoWaitThatTheDeadlineCannotOutlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t, []step{status(429, `{"code":1008,"errorMessage":"slow down"}`, "Retry-After", "2")})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		err := faultCall(ctx, s.Client, "safe")
		require.Zero(t, time.Since(begin), "it waited for nothing")
		require.ErrorIs(t, err, CodeRateLimited)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 2*time.Second, e.RetryAfter)
		require.Equal(t, 1, e.Attempts)
		require.Equal(t, "slow down", e.Message)
	})
}

func TestDeadlineIsNeverStretched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := slow(time.Hour, status(200, faultSuccess))
		s := newScripted(t, []step{hangs, hangs, hangs}, WithAttemptTimeout(2*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		err := faultCall(ctx, s.Client, "safe")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.LessOrEqual(t, time.Since(begin), 5*time.Second)
		require.Equal(t, 3, s.count())
	})
}

func TestAttemptTimeoutOfOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t, []step{slow(time.Minute, status(200, faultSuccess))}, WithoutRetries())
		begin := time.Now()
		err := faultCall(t.Context(), s.Client, "safe", WithAttemptTimeout(3*time.Second))
		require.Equal(t, 3*time.Second, time.Since(begin))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no response within 3s")
		require.NoError(t, t.Context().Err())
	})
}

// The caller's HTTP client may have a shorter timeout than the SDK.
func TestTimeoutOfTheCallersClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := roundTripper(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		client, err := New("k", "s", WithHTTPClient(&http.Client{Transport: hangs, Timeout: 2 * time.Second}), WithoutRetries())
		require.NoError(t, err)
		begin := time.Now()
		err = faultCall(t.Context(), client, "unsafe")
		require.Equal(t, 2*time.Second, time.Since(begin))
		require.ErrorContains(t, err, "no response within 2s")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrOutcomeUnknown)
	})
}

func TestFailOver(t *testing.T) {
	t.Parallel()
	down := status(503, "")
	s := newScripted(t, []step{down, nil, nil, down, nil, nil}, WithRetry(quick(1)))
	for range 4 {
		require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	}
	var hosts []string
	for _, r := range s.requests {
		u, err := url.Parse(r.url)
		require.NoError(t, err)
		hosts = append(hosts, strings.TrimSuffix(u.Host, ".example"))
	}
	// Switch at once, stay there, and go around the ring.
	require.Equal(t, []string{"one", "two", "two", "two", "one", "one"}, hosts)

	// An unsafe call is not repeated, but the next one goes to the other host. A refusal does not
	// switch hosts.
	s = newScripted(t, []step{down, status(400, `{"code":1002}`), status(429, ""), nil}, WithoutRetries())
	for range 4 {
		_ = faultCall(t.Context(), s.Client, "unsafe")
	}
	hosts = nil
	for _, r := range s.requests {
		hosts = append(hosts, r.url[len("https://"):len("https://one")])
	}
	require.Equal(t, []string{"one", "two", "two", "two"}, hosts)
}

func TestManyFailingTogetherSwitchOnce(t *testing.T) {
	t.Parallel()
	const callers = 50
	var together sync.WaitGroup
	together.Add(callers)
	dead := newFaultServer(t, false, func(w http.ResponseWriter, r *http.Request) bool {
		together.Done()
		together.Wait()
		return answer(503, "")(w, r)
	})
	alive := newFaultServer(t, false, serveSuccess)
	client, err := New("test-key", "test-secret", WithBaseURL(dead.URL, alive.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			if err := faultCall(context.Background(), client, "safe"); err != nil {
				t.Errorf("call failed: %v", err)
			}
		})
	}
	group.Wait()
	require.Equal(t, callers, dead.count())
	require.Equal(t, callers, alive.count())
	require.Equal(t, uint64(1), client.core.hosts.switches.Load())
}

func TestRetryUnsafe(t *testing.T) {
	t.Parallel()
	s := newScripted(t, []step{broken}, WithRetry(quick(1)))
	require.NoError(t, faultCall(t.Context(), s.Client, "unsafe", RetryUnsafe()))
	require.Len(t, s.requests, 2)

	// A call that is finally refused may still have been carried out by an earlier attempt.
	s = newScripted(t, []step{broken, status(400, `{"code":1002}`)}, WithRetry(quick(1)))
	err := faultCall(t.Context(), s.Client, "unsafe", RetryUnsafe())
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorIs(t, err, CodeInvalidParameter)
}

func TestParameterThatMakesUnsafe(t *testing.T) {
	t.Parallel()
	type mute struct {
		UserID     []string      `wire:"userId"`
		ChatroomID string        `wire:"chatroomId"`
		For        time.Duration `wire:"minute"`
		NeedNotify bool          `wire:"needNotify"`
	}
	for notify, requests := range map[bool]int{false: 2, true: 1} {
		s := newScripted(t, []step{broken}, WithRetry(quick(1)))
		err := send(t.Context(), s.Client, endpoint.ChatroomUserGagAdd, &mute{UserID: []string{"u1"}, ChatroomID: "c1", For: time.Hour, NeedNotify: notify}, nil)
		require.Len(t, s.requests, requests)
		require.Equal(t, notify, errors.Is(err, ErrOutcomeUnknown))
	}
}

func TestIdempotentSends(t *testing.T) {
	t.Parallel()
	refusal := status(400, `{"code":4711,"errorMessage":"duplicate"}`)
	known := WithIdempotentSends(IdempotentSends{DuplicateCode: 4711})
	blind := WithIdempotentSends(IdempotentSends{})
	for _, c := range []struct {
		name     string
		option   Option
		steps    []step
		opts     []Option
		requests int
		want     string
	}{
		{name: "the retry succeeds", option: blind, steps: []step{broken, nil}, requests: 2, want: "ok"},
		{name: "the retry is refused as a duplicate", option: known, steps: []step{broken, refusal}, requests: 2, want: "ok"},
		{
			name: "the retry is refused, nobody knows why", option: blind, steps: []step{broken, refusal}, requests: 2,
			want: "unknown http400 code4711",
		},
		{name: "the first attempt is refused as a duplicate", option: known, steps: []step{refusal}, requests: 1, want: "http400 code4711"},
		{
			name: "a retry that fails with the duplicate's code", option: known,
			steps: []step{broken, status(500, `{"code":4711}`), status(500, `{"code":4711}`)}, requests: 3,
			want: "unknown http500 code4711",
		},
		{
			name: "a refused retry after a harmless failure", option: known, steps: []step{status(429, ""), refusal}, requests: 2,
			want: "http400 code4711",
		},
		{
			name: "the retry is refused for something else", option: known, steps: []step{broken, status(400, `{"code":1002}`)},
			requests: 2, want: "unknown http400 code1002",
		},
		{
			name: "the retry is rate-limited, then a duplicate", option: known, steps: []step{broken, status(429, ""), refusal},
			requests: 3, want: "ok",
		},
		{
			name: "a retry that is rate-limited with the duplicate's code", option: known,
			steps: []step{broken, status(429, `{"code":4711}`), status(429, `{"code":4711}`)}, requests: 3, want: "unknown rate http429 code4711",
		},
		{name: "all attempts are lost", option: known, steps: []step{broken, broken, broken}, requests: 3, want: "unknown transport"},
		{
			name: "the minute would end before the retry", option: known, steps: []step{broken, nil},
			opts: []Option{WithAttemptTimeout(time.Minute)}, requests: 1, want: "unknown transport",
		}, {
			name: "no end of the retry is known", option: known, steps: []step{broken, nil},
			opts: []Option{WithAttemptTimeout(math.MaxInt64)}, requests: 1, want: "unknown transport",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScripted(t, c.steps, append(c.opts, c.option, WithRetry(quick(2)))...)
			require.Equal(t, c.want, told(faultCall(t.Context(), s.Client, "unsafe")))
			require.Len(t, s.requests, c.requests)
			random := s.fields(t, 0).Get("msgRandom")
			n, err := strconv.ParseInt(random, 10, 64)
			require.NoError(t, err)
			require.Positive(t, n)
			for i := range s.requests {
				require.Equal(t, random, s.fields(t, i).Get("msgRandom"), "the same for all attempts")
			}
		})
	}
	t.Run("time passes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			late := slow(25*time.Second, broken)
			s := newScripted(t, []step{late, late, nil}, known, WithRetry(quick(9)), WithAttemptTimeout(30*time.Second))
			require.ErrorIs(t, faultCall(t.Context(), s.Client, "unsafe"), ErrOutcomeUnknown)
			require.Len(t, s.requests, 2, "after 50 s the minute may be over before a retry arrives")
		})
	})
	t.Run("the caller's own number", func(t *testing.T) {
		t.Parallel()
		type numbered struct {
			faultSend
			MsgRandom int64 `wire:"msgRandom"`
		}
		params := &numbered{*aSend(), 42}
		s := newScripted(t, []step{broken}, known, WithRetry(quick(1)))
		require.NoError(t, send(t.Context(), s.Client, endpoint.MessageGroupPublish, &struct {
			From    string         `wire:"fromUserId"`
			To      []string       `wire:"toGroupId"`
			Content MessageContent `wire:"content"`
			Random  int64          `wire:"msgRandom"`
		}{From: "u1", To: []string{"g1"}, Content: params.Content, Random: params.MsgRandom}, nil))
		require.Equal(t, "42", s.fields(t, 1).Get("msgRandom"))

		// If the service is not enabled, the number does not protect against repeats.
		s = newScripted(t, []step{broken}, WithRetry(quick(1)))
		require.ErrorIs(t, send(t.Context(), s.Client, endpoint.MessagePrivatePublish, params, nil), ErrOutcomeUnknown)
		require.Len(t, s.requests, 1)
	})
}

// Of the two clocks that show how much of RongCloud's minute is left, the later one counts.
func TestIdempotentMinuteByWrongClocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		monotonic, wall time.Duration // how long ago the call began
		in              bool
	}{
		"both right":         {monotonic: time.Second, wall: time.Second, in: true},
		"the machine slept":  {monotonic: time.Second, wall: time.Hour},
		"the clock went on":  {wall: time.Hour},
		"the clock was back": {monotonic: 2 * time.Minute, wall: -time.Hour},
		"set back, in time":  {monotonic: time.Second, wall: -time.Hour, in: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := clockApart(c.monotonic, c.wall)
			call := &call{started: began}
			call.config.attemptTimeout = time.Second
			require.Equal(t, c.in, call.inTime(time.Second))
			call.config.attemptTimeout = math.MaxInt64
			require.False(t, call.inTime(time.Second), "no sum overflows")
		})
	}
}

// An HTTP/1.1 connection would write a request whose context has ended, so it is closed first. An
// HTTP/2 connection carries other requests, so it is not.
func TestForbiddenReplayClosesTheConnection(t *testing.T) {
	t.Parallel()
	for name, h2c := range map[string]bool{"HTTP/1.1": false, "perhaps HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, server := net.Pipe()
			defer func() { _ = conn.Close() }()
			stopped := false
			try := &noBodyTrace{trace: &writeTrace{h2c: h2c}, stop: func() { stopped = true }}
			try.preventReplay(conn)
			require.True(t, stopped)
			require.True(t, try.trace.replayed.Load())
			_ = server.SetDeadline(time.Now().Add(time.Millisecond)) // fails if it is closed
			_, err := server.Read(make([]byte, 1))
			require.Equal(t, !h2c, errors.Is(err, io.EOF), err)
		})
	}
}

// clockApart returns a time that is a different duration ago by the monotonic and by the wall
// clock.
func clockApart(monotonic, wall time.Duration) time.Time {
	at := time.Now().Add(-wall)
	// Such a time occurs only if the machine slept or its clock was set.
	parts := (*struct {
		wall uint64
		ext  int64 // the monotonic clock
		loc  *time.Location
	})(unsafe.Pointer(&at))
	parts.ext += int64(wall - monotonic)
	return at
}

func TestCaptureResponse(t *testing.T) {
	t.Parallel()
	var info Response
	s := newScripted(t, []step{status(503, "busy"), status(200, faultSuccess, "X-Trace", "t1")}, WithRetry(quick(1)))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe", CaptureResponse(&info), WithRequestID("r-1")))
	require.Equal(t, 200, info.HTTPStatus)
	require.Equal(t, Code(200), info.Code)
	require.Equal(t, "t1", info.Header.Get("X-Trace"))
	require.JSONEq(t, faultSuccess, string(info.Body))
	require.Equal(t, "r-1", info.RequestID)
	require.Equal(t, "two.example", info.Host)
	require.Equal(t, 2, info.Attempts)

	s = newScripted(t, []step{status(400, `{"code":1002,"detail":"x"}`)})
	require.Error(t, faultCall(t.Context(), s.Client, "safe", CaptureResponse(&info)))
	require.Equal(t, 400, info.HTTPStatus)
	require.JSONEq(t, `{"code":1002,"detail":"x"}`, string(info.Body))

	// The previous attempt's response does not stay when the last attempt fails.
	s = newScripted(t, []step{status(503, "busy"), broken}, WithRetry(quick(1)))
	require.Error(t, faultCall(t.Context(), s.Client, "safe", CaptureResponse(&info)))
	require.Equal(t, 2, info.Attempts)
	require.Zero(t, info.HTTPStatus)
	require.Nil(t, info.Body)

	// The previous call's response does not stay.
	s = newScripted(t, []step{broken}, WithoutRetries())
	require.Error(t, faultCall(t.Context(), s.Client, "safe", CaptureResponse(&info)))
	require.Zero(t, info.HTTPStatus)
	require.Nil(t, info.Body)
}

func TestCallOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for field, opt := range map[string]CallOption{
		"WithRequestID":      WithRequestID(strings.Repeat("x", 37)),
		"WithAttemptTimeout": WithAttemptTimeout(-time.Second),
		"WithExtraField":     WithExtraField("", 1),
		"opts":               nil,
	} {
		s := newScripted(t, nil)
		var refused *ArgumentError
		require.ErrorAs(t, faultCall(t.Context(), s.Client, "safe", opt), &refused)
		require.Equal(t, field, cmp.Or(refused.Wire, refused.Field))
		require.Empty(t, s.requests)
	}
	s := newScripted(t, nil)
	require.Error(t, faultCall(t.Context(), s.Client, "safe", WithRequestID("")))
	require.Error(t, faultCall(t.Context(), s.Client, "safe", WithRequestID("a\r\nb")))
	var nothing context.Context
	require.ErrorContains(t, faultCall(nothing, s.Client, "safe"), "ctx: is nil")
	require.Empty(t, s.requests)
}

func TestArgumentsAreCheckedBeforeTheNetwork(t *testing.T) {
	t.Parallel()
	s := newScripted(t, nil)
	err := send(t.Context(), s.Client, endpoint.UserInfo, &faultUser{}, nil)
	require.Equal(t, &ArgumentError{Endpoint: endpoint.UserInfo, Field: "userID", Wire: "userId", Reason: "is required"}, err)
	require.Empty(t, s.requests)
}

func TestContextDoneBeforeTheCall(t *testing.T) {
	t.Parallel()
	s := newScripted(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := faultCall(ctx, s.Client, "unsafe")
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrOutcomeUnknown)
	require.Empty(t, s.requests)
}

type countingLimiter struct {
	calls []string
	uses  []QuotaUse
	err   error
}

func (l *countingLimiter) Wait(_ context.Context, use QuotaUse) error {
	l.calls = append(l.calls, fmt.Sprintf("%s %d", use.Endpoint.Path, use.Units))
	l.uses = append(l.uses, use)
	return l.err
}

func (l *countingLimiter) Refused(use QuotaUse, after time.Duration) {
	l.calls = append(l.calls, fmt.Sprintf("%s refused for %v", use.Endpoint.Path, after))
}

func TestLimiterIsAskedOncePerCall(t *testing.T) {
	t.Parallel()
	limiter := &countingLimiter{}
	s := newScripted(t, []step{status(503, "")}, WithLimiter(limiter), WithRetry(quick(1)))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	params := aSend()
	params.To = []string{"u2", "u3", "u4"}
	require.NoError(t, send(t.Context(), s.Client, endpoint.MessagePrivatePublish, params, nil))
	require.Equal(t, []string{"/user/info.json 1", "/message/private/publish.json 3"}, limiter.calls)

	limiter.err = context.DeadlineExceeded
	sent := len(s.requests)
	err := faultCall(t.Context(), s.Client, "unsafe")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorContains(t, err, "waiting for the quota")
	require.Len(t, s.requests, sent)
}

func TestLimiterGetsRefusals(t *testing.T) {
	t.Parallel()
	limiter := &countingLimiter{}
	s := newScripted(t, []step{status(429, "", "Retry-After", "2"), status(200, `{"code":1008}`)}, WithLimiter(limiter), WithRetry(quick(2)))
	require.NoError(t, faultCall(t.Context(), s.Client, "unsafe"))
	require.Len(t, limiter.calls, 3, "waits once, and is told of each refusal")
	require.Contains(t, limiter.calls[1], "refused for 2s")
	require.Contains(t, limiter.calls[2], "refused for 0s")
}

func TestLimiterGetsTheValuesForCaps(t *testing.T) {
	t.Parallel()
	limiter := &countingLimiter{}
	s := newScripted(t, nil, WithLimiter(limiter))
	ctx := t.Context()
	require.NoError(t, s.Message.Expansion.Delete(ctx, MessageExpansionDeleteParams{
		MessageUID: "m", UserID: "u1", ConversationType: ConversationGroup, TargetID: "g", Keys: []string{"a"},
	}, LowPriority()))
	_, err := s.Message.SendUltraGroup(ctx, UltraGroupMessage{From: "u1", To: []string{"g1", "g2"}, ChannelID: "c", Content: TextMessage{Content: "x"}})
	require.NoError(t, err)
	require.NoError(t, s.Call(ctx, endpoint.MessageExpansionDelete, url.Values{"conversationType": {"1"}}, nil))
	require.NoError(t, s.Call(ctx, endpoint.MessageUltragroupPublish, map[string]any{"toGroupIds": []string{"g3"}, "busChannel": 7}, nil))
	require.Equal(t, []QuotaUse{
		{Endpoint: endpoint.MessageExpansionDelete, Units: 1, LowPriority: true, Values: map[string][]string{"conversationType": {"3"}}},
		{Endpoint: endpoint.MessageUltragroupPublish, Units: 2, Values: map[string][]string{"toGroupIds": {"g1", "g2"}, "busChannel": {"c"}}},
		{Endpoint: endpoint.MessageExpansionDelete, Units: 1, Values: map[string][]string{"conversationType": {"1"}}},
		{Endpoint: endpoint.MessageUltragroupPublish, Units: 1, Values: map[string][]string{"toGroupIds": {"g3"}, "busChannel": {"7"}}},
	}, limiter.uses)
}

func TestHookAndLog(t *testing.T) {
	t.Parallel()
	var attempts []Attempt
	var text bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	type key struct{}
	s := newScripted(t, []step{
		status(500, `{"code":1000,"errorMessage":"user u1 at 10.0.0.7"}`), nil,
		status(400, `{"code":1002,"errorMessage":"user u1 at 10.0.0.7"}`),
	}, WithRetry(quick(2)), WithLogger(logger), WithAttemptHook(func(ctx context.Context, a Attempt) {
		require.Equal(t, "caller's", ctx.Value(key{}))
		attempts = append(attempts, a)
	}))
	ctx := context.WithValue(t.Context(), key{}, "caller's")
	require.NoError(t, faultCall(ctx, s.Client, "safe", WithRequestID("r-1")))
	require.Error(t, faultCall(ctx, s.Client, "safe", WithRequestID("r-2")))

	require.Len(t, attempts, 3)
	require.Same(t, endpoint.UserInfo, attempts[0].Endpoint)
	require.Equal(t, []int{1, 2, 1}, []int{attempts[0].Number, attempts[1].Number, attempts[2].Number})
	require.Equal(t, []bool{true, false, false}, []bool{attempts[0].Retry, attempts[1].Retry, attempts[2].Retry})
	require.Equal(t, []string{"one.example", "two.example", "two.example"}, []string{attempts[0].Host, attempts[1].Host, attempts[2].Host})
	require.ErrorIs(t, attempts[0].Err, CodeInternalError)
	require.NoError(t, attempts[1].Err)
	require.Equal(t, "r-2", attempts[2].RequestID)
	require.False(t, attempts[0].StartedAt.IsZero())

	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], "level=WARN")
	require.Contains(t, lines[0], "http_status=500 code=1000")
	require.Contains(t, lines[0], "retry_in=")
	require.Contains(t, lines[1], "level=DEBUG")
	for _, secret := range []string{"test-secret", "u1", "10.0.0.7", "Signature", "test-key"} {
		require.NotContains(t, text.String(), secret)
	}
}

// Counting with a hook gives as many lost sends as callers see.
func TestAttemptsEndAsTheirCallsDo(t *testing.T) {
	t.Parallel()
	const duplicate = Code(20108)
	guarded := WithIdempotentSends(IdempotentSends{DuplicateCode: duplicate})
	categories := []error{ErrOutcomeUnknown, ErrRateLimited, ErrUnauthorized, ErrTransport, Code(1000), Code(1002), Code(1004), Code(1008), duplicate}
	refused, broken := status(400, `{"code":1002}`), step(broken)
	for name, test := range map[string]struct {
		steps []step
		opts  []Option
		call  []CallOption
		want  []error // none: accepted
	}{
		"accepted": {steps: []step{nil}},
		"refused":  {steps: []step{refused}, want: []error{Code(1002)}},
		"no right": {steps: []step{status(401, `{"code":1004}`)}, want: []error{ErrUnauthorized, Code(1004)}},
		"quota": {
			steps: []step{status(429, `{"code":1008}`)}, opts: []Option{WithoutRetries()}, want: []error{ErrRateLimited, Code(1008)},
		},
		"connection broken":        {steps: []step{broken}, want: []error{ErrOutcomeUnknown, ErrTransport}},
		"server failed":            {steps: []step{status(503, "")}, want: []error{ErrOutcomeUnknown, ErrTransport}},
		"server says that it lost": {steps: []step{status(500, `{"code":1000}`)}, want: []error{ErrOutcomeUnknown, Code(1000)}},
		"not JSON":                 {steps: []step{status(200, "<html>")}, want: []error{ErrOutcomeUnknown, ErrTransport}},
		"proxy refused":            {steps: []step{status(403, "<html>")}, want: []error{ErrTransport}},
		"lost, then refused":       {steps: []step{broken, refused}, call: []CallOption{RetryUnsafe()}, want: []error{ErrOutcomeUnknown, Code(1002)}},
		"lost, then a duplicate":   {steps: []step{broken, status(400, `{"code":20108}`)}, opts: []Option{guarded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts []Attempt
			s := newScripted(t, test.steps, append([]Option{WithRetry(quick(2)), WithAttemptHook(func(_ context.Context, a Attempt) {
				attempts = append(attempts, a)
			})}, test.opts...)...)
			err := faultCall(t.Context(), s.Client, "unsafe", test.call...)
			require.Len(t, attempts, len(test.steps))
			last := attempts[len(attempts)-1]
			require.Equal(t, test.want == nil, last.Err == nil)
			require.Equal(t, test.want == nil, err == nil)
			for _, category := range categories {
				require.Equal(t, slices.Contains(test.want, category), errors.Is(last.Err, category), "%v", category)
				require.Equal(t, errors.Is(err, category), errors.Is(last.Err, category), "%v", category)
			}
			require.False(t, last.Retry)
			for _, earlier := range attempts[:len(attempts)-1] {
				require.True(t, earlier.Retry)
				require.ErrorIs(t, earlier.Err, ErrOutcomeUnknown)
			}
		})
	}
}

func TestClientCall(t *testing.T) {
	t.Parallel()
	s := newScripted(t, nil)
	var out struct {
		UserName string `json:"userName"`
	}
	require.NoError(t, s.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"u 1"}}, &out))
	require.Equal(t, "Ann", out.UserName)
	require.Equal(t, "userId=u+1", s.requests[0].body)

	require.NoError(t, s.Call(t.Context(), endpoint.New("POST", "/v9/new.json", endpoint.JSON), map[string]any{"a": "<1>"}, nil))
	require.Equal(t, `{"a":"<1>"}`, s.requests[1].body)
	require.Equal(t, "application/json; charset=UTF-8", s.requests[1].header.Get("Content-Type"))

	require.NoError(t, s.Call(t.Context(), endpoint.New("POST", "/v9/empty.json", endpoint.JSON), json.RawMessage("{}"), nil))
	require.Equal(t, "{}", s.requests[2].body)

	// An unknown endpoint is not repeated.
	s = newScripted(t, []step{broken})
	require.ErrorIs(t, s.Call(t.Context(), endpoint.New("POST", "/v9/new.json", endpoint.Form), url.Values{}, nil), ErrOutcomeUnknown)
	require.Len(t, s.requests, 1)

	for field, call := range map[string]func() error{
		"Endpoint.Path": func() error {
			return s.Call(t.Context(), endpoint.New("POST", "user/info.json", endpoint.None), nil, nil)
		},
		"params": func() error { return s.Call(t.Context(), endpoint.UserInfo, map[string]any{"userId": "u1"}, nil) },
		"out":    func() error { return s.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"u1"}}, out) },
	} {
		var refused *ArgumentError
		require.ErrorAs(t, call(), &refused)
		require.Equal(t, field, cmp.Or(refused.Wire, refused.Field))
	}
}

func TestQueryEndpoint(t *testing.T) {
	t.Parallel()
	var got *http.Request
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("GET", "https://one.example/tag/conversation/get.json", func(req *http.Request) (*http.Response, error) {
		got = req
		return httpmock.NewStringResponse(200, `{"code":200}`), nil
	})
	client, err := New("k", "s", WithBaseURL("https://one.example"), WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	require.NoError(t, send(t.Context(), client, endpoint.TagConversationGet, &struct {
		UserID string `wire:"userId"`
		TagID  string `wire:"tagId"`
	}{"u 1", "t&1"}, nil))
	require.Equal(t, "userId=u+1&tagId=t%261", got.URL.RawQuery)
	require.Nil(t, got.Body)
	require.Empty(t, got.Header.Get("Content-Type"))
}

// The caller's HTTP client keeps its timeout, jar and transport, and follows no redirect with our
// headers.
func TestCallersHTTPClient(t *testing.T) {
	t.Parallel()
	var redirected atomic.Bool
	other := newFaultServer(t, false, func(w http.ResponseWriter, r *http.Request) bool {
		redirected.Store(true)
		return serveSuccess(w, r)
	})
	server := newFaultServer(t, false, answer(307, "", "Location", other.URL))
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	theirs := &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error {
		return nil
	}}
	before := *theirs
	client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithHTTPClient(theirs))
	require.NoError(t, err)
	err = faultCall(t.Context(), client, "safe")
	require.ErrorContains(t, err, "never followed")
	require.False(t, redirected.Load())
	require.Same(t, before.Transport, theirs.Transport)
	require.Equal(t, before.Timeout, theirs.Timeout)
	client.CloseIdleConnections()
}

// The cookies of the caller's jar are sent with every attempt.
func TestCallersCookies(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	address, err := url.Parse("https://one.example")
	require.NoError(t, err)
	jar.SetCookies(address, []*http.Cookie{{Name: "gateway", Value: "a7"}})
	var cookies []string
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		cookies = append(cookies, req.Header.Get("Cookie"))
		return httpmock.NewStringResponse(503, ""), nil
	})
	client, err := New("k", "s", WithBaseURL("https://one.example"), WithHTTPClient(&http.Client{Transport: transport, Jar: jar}), WithRetry(quick(1)))
	require.NoError(t, err)
	require.Error(t, faultCall(t.Context(), client, "safe"))
	require.Equal(t, []string{"gateway=a7", "gateway=a7"}, cookies)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A caller's mock may break net/http's rules; that is an error, not a panic.
func TestCarelessTransports(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]roundTripper{
		"nothing at all":    func(*http.Request) (*http.Response, error) { return nil, nil },
		"no body":           func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		"no status, no map": func(*http.Request) (*http.Response, error) { return &http.Response{}, nil },
	} {
		client, err := New("k", "s", WithHTTPClient(&http.Client{Transport: transport}), WithRetry(quick(1)))
		require.NoError(t, err)
		require.ErrorIs(t, faultCall(t.Context(), client, "safe"), ErrTransport, name)
		require.ErrorIs(t, faultCall(t.Context(), client, "unsafe"), ErrOutcomeUnknown, name)
	}
}

func TestAnswerInPieces(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 511, 512, 513, 5000, 300_000} {
		text := `{"code":200,"userName":"` + strings.Repeat("x", size) + `"}`
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for rest := text; rest != ""; {
				n := min(len(rest), 1000)
				_, _ = io.WriteString(w, rest[:n])
				w.(http.Flusher).Flush()
				rest = rest[n:]
			}
		}))
		client, err := New("k", "s", WithBaseURL(server.URL), WithMaxResponseBytes(int64(len(text))))
		require.NoError(t, err)
		out, err := fetch[faultAnswer](t.Context(), client, endpoint.UserInfo, &faultUser{"u1"}, nil)
		require.NoError(t, err)
		require.Len(t, out.UserName, size)
		client.CloseIdleConnections()

		client, err = New("k", "s", WithBaseURL(server.URL), WithMaxResponseBytes(int64(len(text)-1)), WithoutRetries())
		require.NoError(t, err)
		require.ErrorIs(t, faultCall(t.Context(), client, "safe"), errTooLong)
		client.CloseIdleConnections()
		server.Close()
	}
}

// A policy that sets only a wait keeps the default number of retries.
func TestZeroFieldsOfAPolicyAreItsDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option   Option
		requests int
	}{
		"nothing set":  {WithRetry(RetryPolicy{}), 3},
		"a wait alone": {WithRetry(RetryPolicy{MaxWait: time.Millisecond}), 3},
		"one retry":    {WithRetry(RetryPolicy{MaxRetries: 1, MaxWait: 1}), 2},
		"negative":     {WithRetry(RetryPolicy{MaxRetries: -7}), 1},
		"off":          {WithoutRetries(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScripted(t, []step{broken, broken, broken, broken}, c.option)
				require.ErrorIs(t, faultCall(t.Context(), s.Client, "safe"), ErrTransport)
				require.Len(t, s.requests, c.requests)
			})
		})
	}
}

func TestRetryBudget(t *testing.T) {
	t.Parallel()
	outage := func(t *testing.T, budget int) (*Client, *atomic.Bool, *atomic.Int32) {
		var up atomic.Bool
		var requests atomic.Int32
		transport := roundTripper(func(*http.Request) (*http.Response, error) {
			requests.Add(1)
			if up.Load() {
				return httpmock.NewStringResponse(200, faultSuccess), nil
			}
			return httpmock.NewStringResponse(503, ""), nil
		})
		client, err := New("k", "s", WithBaseURL("https://one.example", "https://two.example"), WithHTTPClient(&http.Client{Transport: transport}),
			WithRetry(RetryPolicy{MaxRetries: 2, MinWait: 1, MaxWait: 1, Budget: budget}))
		require.NoError(t, err)
		return client, &up, &requests
	}
	storm := func(client *Client) {
		var calls sync.WaitGroup
		for range 500 {
			calls.Go(func() { _ = faultCall(context.Background(), client, "safe") })
		}
		calls.Wait()
	}
	for budget, want := range map[int]int32{0: 600, 7: 507, -1: 1500} {
		client, up, requests := outage(t, budget)
		storm(client)
		require.Equal(t, want, requests.Load(), "budget %d", budget)
		if budget < 0 {
			continue
		}
		// Nothing is left. Five successful calls earn a retry, and a successful retry can be spent
		// again.
		up.Store(true)
		for range 5 {
			require.NoError(t, faultCall(t.Context(), client, "safe"))
		}
		up.Store(false)
		requests.Store(0)
		storm(client)
		require.Equal(t, int32(501), requests.Load(), "budget %d", budget)
	}
}

// A successful retry gives back what it took from the budget.
func TestRetryBudgetOfRetriesThatSucceed(t *testing.T) {
	t.Parallel()
	steps := make([]step, 0, 40)
	for range 20 {
		steps = append(steps, status(503, ""), nil)
	}
	s := newScripted(t, steps, WithRetry(RetryPolicy{MaxRetries: 1, MinWait: 1, MaxWait: 1, Budget: 1}))
	for range 20 {
		require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	}
}

// A code that is some endpoint's success, or 0, is never a refusal.
func TestCodesThatCannotRefuse(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"code":0}`:       "unknown transport http200",
		`{"code":"0"}`:     "unknown transport http200",
		`{"code":10000}`:   "unknown transport http200",
		`{"code":77777}`:   "http200 code77777",
		`{"code":-1}`:      "http200 code-1",
		`{"code":1002}`:    "http200 code1002",
		`{"code":1}`:       "http200 code1",
		`{"code":2147483}`: "http200 code2147483",
	} {
		s := newScripted(t, []step{status(200, body)}, WithoutRetries())
		err := faultCall(t.Context(), s.Client, "unsafe")
		require.Equal(t, want, told(err), body)
		require.Contains(t, err.Error(), "code "+strings.Trim(body, `{}"code:`), body)
	}

	plain, zeroToo := endpoint.SuccessOf(200), endpoint.SuccessOf(200, 0)
	other, zero := endpoint.SuccessOf(10000), endpoint.SuccessOf(0)
	// The success code of another endpoint, in both directions, and 0 where it may be a success.
	for _, c := range []struct {
		success  endpoint.Success
		code     Code
		accepted bool
	}{
		{success: plain, code: 200, accepted: true}, {success: plain, code: 10000}, {success: plain}, {success: zeroToo, accepted: true}, {success: zeroToo, code: 200, accepted: true}, {success: zeroToo, code: 10000},
		{success: other, code: 10000, accepted: true}, {success: other, code: 200}, {success: other}, {success: zero, accepted: true}, {success: zero, code: 200},
	} {
		for class, want := range map[endpoint.Class]string{
			endpoint.Safe: "3 transport http200", endpoint.Idempotent: "3 transport http200", endpoint.Unsafe: "1 unknown transport http200",
		} {
			if c.accepted {
				want = "1 ok"
			}
			again := status(200, fmt.Sprintf(`{"code":%d}`, c.code))
			s := newScripted(t, []step{again, again, again}, WithRetry(quick(2)))
			ep := &endpoint.Endpoint{Method: http.MethodPost, Path: "/x.json", Success: c.success, Class: class}
			err := s.core.do(t.Context(), ep, nil, nil, nil)
			require.Equal(t, want, fmt.Sprintf("%d %s", len(s.requests), told(err)), "%+v %v", c, class)
			if err != nil {
				require.ErrorContains(t, err, fmt.Sprintf("code %d is neither a refusal nor the success of this call", int(c.code)))
			}
		}
	}
}

// No body makes a call exceed its time.
func TestBodiesWithoutProgress(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]func() io.ReadCloser{
		"neither bytes nor an error": func() io.ReadCloser { return io.NopCloser(readerFunc(func([]byte) (int, error) { return 0, nil })) },
		"silent until it is closed": func() io.ReadCloser {
			r, _ := io.Pipe()
			return r
		},
		"deaf to the context and to Close": func() io.ReadCloser {
			return io.NopCloser(readerFunc(func([]byte) (int, error) { time.Sleep(time.Minute); return 0, io.EOF }))
		},
		"an end that hangs": func() io.ReadCloser { return hangingClose{strings.NewReader("<html>")} },
		"slowly nothing": func() io.ReadCloser {
			return io.NopCloser(readerFunc(func([]byte) (int, error) { time.Sleep(time.Second); return 0, nil }))
		},
	} {
		for _, kind := range []string{"application/json", "text/event-stream"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					transport := roundTripper(func(*http.Request) (*http.Response, error) {
						return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {kind}}, Body: body()}, nil
					})
					client, err := New("k", "s", WithHTTPClient(&http.Client{Transport: transport}), WithoutRetries(), WithAttemptTimeout(3*time.Second))
					require.NoError(t, err)
					begin := time.Now()
					if kind == "application/json" {
						err = faultCall(t.Context(), client, "unsafe")
					} else {
						_, err = chat(t.Context(), client, WithAttemptTimeout(3*time.Second))
					}
					require.ErrorIs(t, err, ErrOutcomeUnknown)
					require.LessOrEqual(t, time.Since(begin), 3*time.Second+bodyGrace)
					time.Sleep(2 * time.Minute) // for abandoned operations
				})
			})
		}
	}
}

// hangingClose is a body whose Close takes a minute.
type hangingClose struct{ io.Reader }

func (hangingClose) Close() error { time.Sleep(time.Minute); return nil }

// A panic in a foreign transport's body reaches the caller, who may recover.
func TestBodiesThatPanic(t *testing.T) {
	t.Parallel()
	client, err := New("k", "s", WithHTTPClient(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(readerFunc(func([]byte) (int, error) { panic("a mock's") }))}, nil
	})}))
	require.NoError(t, err)
	require.PanicsWithValue(t, "a mock's", func() { _ = faultCall(t.Context(), client, "safe") })
}

// An upgrade has a body that ignores the context.
func TestStatusBelow200EndsTheAttempt(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var server sync.WaitGroup
	t.Cleanup(server.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	server.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		// Headers before the request would not be a response.
		if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.Copy(io.Discard, request.Body)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client closes it
	})
	client, err := New("k", "s", WithBaseURL("http://"+listener.Addr().String()), WithoutRetries())
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	err = faultCall(t.Context(), client, "unsafe")
	require.Equal(t, "unknown transport http101", told(err))
	require.ErrorContains(t, err, "101 is not a valid HTTP status")
}

// Logs and hooks do not get the server's words, even if an error quotes them.
func TestNoPieceOfAnAnswerInLogs(t *testing.T) {
	t.Parallel()
	const secret = "topsecret"
	for name, serve := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"value that does not decode": answer(200, `{"code":200,"userName":"Ann",`+secret+`}`),
		"text of another type":       answer(200, `{"code":200,"members":"`+secret+`"}`),
		"not JSON":                   answer(200, secret),
		"code that is not a number":  answer(200, `{"code":"`+secret+`"}`),
		"refusal":                    answer(400, `{"code":1002,"errorMessage":"`+secret+`"}`),
		"redirect":                   answer(302, "", "Location", "http://"+secret+".example/x"),
		"redirect to nonsense":       answer(302, "", "Location", "http://%"+secret),
		"no HTTP":                    raw(secret + " is no HTTP\r\n\r\n"),
		"bad status":                 raw("HTTP/1.1 " + secret + "\r\n\r\n"),
		"bad header":                 raw("HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n"),
		"bad length":                 raw("HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n"),
		"bad encoding":               raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n"),
		"bad chunk":                  raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newFaultServer(t, false, serve)
			noSecretInLogs(t, secret, WithBaseURL(server.URL))
		})
	}
	t.Run("GOAWAY", func(t *testing.T) {
		t.Parallel()
		server := newH2Server(t, func(r *h2Request) bool {
			r.conn.goAway(r.stream, 0xb, secret)
			_ = r.conn.Close()
			return true
		})
		noSecretInLogs(t, secret, WithBaseURL(server.URL), WithTLSConfig(server.tls))
	})
	t.Run("proxy", func(t *testing.T) {
		t.Parallel()
		proxy := newFaultServer(t, false, raw("HTTP/1.1 502 "+secret+"\r\n\r\n"))
		address, err := url.Parse(proxy.URL)
		require.NoError(t, err)
		transport := &http.Transport{Proxy: http.ProxyURL(address)}
		t.Cleanup(transport.CloseIdleConnections)
		noSecretInLogs(t, secret, WithBaseURL("https://one.example"), WithHTTPClient(&http.Client{Transport: transport}))
	})
	t.Run("foreign transport", func(t *testing.T) {
		t.Parallel()
		transport := roundTripper(func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("wrapped: %w", errors.New(secret)) })
		noSecretInLogs(t, secret, WithHTTPClient(&http.Client{Transport: transport}))
	})
}

func noSecretInLogs(t *testing.T, secret string, opts ...Option) {
	t.Helper()
	var text bytes.Buffer
	attempts := 0
	client, err := New("k", "s", append(opts, WithoutRetries(),
		WithLogger(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		WithAttemptHook(func(_ context.Context, a Attempt) {
			attempts++
			require.Error(t, a.Err)
			for err := a.Err; err != nil; err = errors.Unwrap(err) {
				require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), secret)
			}
			require.NotContains(t, fmt.Sprint(a, a.LogValue()), secret)
		}))...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	require.Error(t, faultCall(t.Context(), client, "safe"))
	require.Equal(t, 1, attempts)
	require.NotContains(t, text.String(), secret)
}

// Texts known to come only from Go or the SDK stay in the log.
func TestUsefulErrorsStayInLogs(t *testing.T) {
	t.Parallel()
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	for want, err := range map[string]error{
		"EOF": fmt.Errorf("net/http: transport connection broken: %w", io.EOF),
		"read tcp: read: connection reset by peer": fmt.Errorf("x: %w", reset),
		"lookup api.example: no such host":         &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.example"}},
		"no response within 1s":                    &attemptTimeoutError{time.Second},
		"the transport failed":                     &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("Bad Gateway")},
	} {
		require.ErrorContains(t, withoutQuotes(err), want)
	}
}
