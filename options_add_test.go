package rongcloud

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Options that observe add up, in order.
func TestHooksAndLoggersAddUp(t *testing.T) {
	t.Parallel()
	var seen []string
	hook := func(name string) Option {
		return WithAttemptHook(func(_ context.Context, a Attempt) { seen = append(seen, fmt.Sprint(name, a.Number)) })
	}
	var first, second bytes.Buffer
	logger := func(b *bytes.Buffer) Option {
		return WithLogger(slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})))
	}
	s := newScripted(t, []step{status(503, ""), nil}, WithRetry(quick(1)), hook("a"), logger(&first), hook("b"), logger(&second))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	require.Equal(t, []string{"a1", "b1", "a2", "b2"}, seen)
	require.Equal(t, 2, strings.Count(first.String(), "rongcloud call"))
	require.Equal(t, 2, strings.Count(second.String(), "rongcloud call"))
}

func TestAttemptSaysTheOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		step    step
		outcome Outcome
		class   endpoint.Class
	}{
		{kind: "safe", outcome: OutcomeAccepted, class: endpoint.Safe},
		{kind: "unsafe", outcome: OutcomeAccepted, class: endpoint.Unsafe},
		{kind: "unsafe", step: status(400, `{"code":1002}`), outcome: OutcomeRefused, class: endpoint.Unsafe},
		{kind: "unsafe", step: status(429, `{"code":1008}`), outcome: OutcomeRefused, class: endpoint.Unsafe},
		{kind: "unsafe", step: status(503, ""), outcome: OutcomeUnknown, class: endpoint.Unsafe},
		{kind: "safe", step: status(503, ""), outcome: OutcomeFailed, class: endpoint.Safe},
		{kind: "unsafe", step: broken, outcome: OutcomeUnknown, class: endpoint.Unsafe},
		{kind: "safe", step: broken, outcome: OutcomeFailed, class: endpoint.Safe},
	} {
		var attempts []Attempt
		s := newScripted(t, []step{c.step}, WithoutRetries(), WithAttemptHook(func(_ context.Context, a Attempt) { attempts = append(attempts, a) }))
		err := faultCall(t.Context(), s.Client, c.kind)
		require.Len(t, attempts, 1)
		require.Equal(t, c.outcome, attempts[0].Outcome, "%s %v", c.kind, err)
		require.Equal(t, c.class, attempts[0].Class)
		for _, category := range []error{ErrOutcomeUnknown, ErrTransport, ErrRateLimited, ErrUnauthorized} {
			require.Equal(t, errors.Is(err, category), errors.Is(attempts[0].Err, category), "%v", category)
		}
	}
	require.Equal(t, []string{"accepted", "refused", "failed", "unknown", "Outcome(7)"},
		[]string{OutcomeAccepted.String(), OutcomeRefused.String(), OutcomeFailed.String(), OutcomeUnknown.String(), Outcome(7).String()})
}

func TestSecretSource(t *testing.T) {
	t.Parallel()
	answers := []string{"one", "two", "two"}
	asked := 0
	var failing error
	s := newScripted(t, []step{status(503, ""), nil}, WithRetry(quick(1)), WithSecretSource(func(context.Context) (string, error) {
		asked++
		return answers[(asked-1)%len(answers)], failing
	}))
	require.NoError(t, faultCall(t.Context(), s.Client, "safe"))
	require.Len(t, s.requests, 2)
	for i, secret := range answers[:2] {
		h := s.requests[i].header
		require.True(t, Verify(secret, h.Get("Nonce"), h.Get("Timestamp"), h.Get("Signature")), "attempt %d is signed with %s", i+1, secret)
	}

	failing = errors.New("the vault is sealed")
	err := faultCall(t.Context(), s.Client, "unsafe")
	var failure *Error
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, failing)
	require.ErrorIs(t, err, ErrTransport)
	require.NotErrorIs(t, err, ErrOutcomeUnknown, "nothing was sent")
	require.Len(t, s.requests, 2)

	failing, answers = nil, []string{"line\n"}
	err = faultCall(t.Context(), s.Client, "unsafe")
	require.ErrorContains(t, err, "begins or ends with white space")
	require.NotContains(t, err.Error(), "line\n")
	require.Len(t, s.requests, 2)

	_, err = New("k", "", WithSecretSource(func(context.Context) (string, error) { return "s", nil }))
	require.NoError(t, err, "no other secret is needed")
	_, err = New("k", "", WithSecretSource(nil))
	require.ErrorContains(t, err, "WithSecretSource: the source is nil")
}

func TestPing(t *testing.T) {
	t.Parallel()
	s := newScripted(t, []step{status(200, `{"code":200,"users":[]}`), status(401, `{"code":1004}`)})
	require.NoError(t, s.Ping(t.Context()))
	require.Equal(t, "https://one.example/user/block/query.json", s.requests[0].url)
	require.Equal(t, "page=1&size=1", s.requests[0].body)
	require.NotEmpty(t, s.requests[0].header.Get("Signature"))
	require.ErrorIs(t, s.Ping(t.Context()), ErrUnauthorized)
}

type tripFunc func(*http.Request) (*http.Response, error)

func (f tripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestRoundTrippersAddUp(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = io.WriteString(w, `{"code":200,"userName":"`+r.Header.Get("X-Way")+`"}`)
	}))
	defer server.Close()
	wrap := func(name string) Option {
		return WithRoundTripper(func(next http.RoundTripper) http.RoundTripper {
			return tripFunc(func(req *http.Request) (*http.Response, error) {
				req = req.Clone(req.Context())
				req.Header.Set("X-Way", req.Header.Get("X-Way")+name)
				return next.RoundTrip(req)
			})
		})
	}
	client, err := New("k", "s", WithBaseURL(server.URL), wrap("a"), wrap("b"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	var out struct{ UserName string }
	for range 3 {
		require.NoError(t, client.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"u"}}, &out))
		require.Equal(t, "ba", out.UserName, "the first wrapper is next to the connections")
	}
	require.Equal(t, int32(3), requests.Load())
}

func TestRoundTripperMisuse(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		_, _ = io.WriteString(w, `{"code":200}`)
	}))
	defer server.Close()
	with := func(trip func(next http.RoundTripper, req *http.Request) (*http.Response, error)) error {
		client, err := New("k", "s", WithBaseURL(server.URL), WithoutRetries(), WithRoundTripper(func(next http.RoundTripper) http.RoundTripper {
			return tripFunc(func(req *http.Request) (*http.Response, error) { return trip(next, req) })
		}))
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		return faultCall(t.Context(), client, "unsafe")
	}
	err := with(func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		return next.RoundTrip(req)
	})
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorContains(t, err, "a wrapper sends the request twice")
	require.Equal(t, int32(1), requests.Load(), "it is sent once")

	refusal := errors.New("no permission")
	err = with(func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, refusal })
	require.ErrorIs(t, err, refusal)
	require.NotErrorIs(t, err, ErrOutcomeUnknown, "nothing was sent")

	err = with(func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
		return next.RoundTrip(req.WithContext(context.Background()))
	})
	require.ErrorContains(t, err, "a wrapper does not keep the request's context")
	require.Equal(t, int32(1), requests.Load())

	same := func(next http.RoundTripper) http.RoundTripper { return next }
	for _, opts := range [][]Option{
		{WithRoundTripper(nil)},
		{WithRoundTripper(func(http.RoundTripper) http.RoundTripper { return nil })},
		{WithRoundTripper(same), WithHTTPClient(http.DefaultClient)},
	} {
		_, err := New("k", "s", opts...)
		require.ErrorContains(t, err, "WithRoundTripper: ")
	}
}

// A wrapper that panics ends the call, and the client remains usable.
func TestRoundTripperPanics(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"code":200}`)
	}))
	defer server.Close()
	panics := true
	client, err := New("k", "s", WithBaseURL(server.URL), WithoutRetries(),
		WithTLSConfig(&tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}),
		WithRoundTripper(func(next http.RoundTripper) http.RoundTripper {
			return tripFunc(func(req *http.Request) (*http.Response, error) {
				if panics {
					panic("out of order")
				}
				return next.RoundTrip(req)
			})
		}))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	require.PanicsWithValue(t, "out of order", func() { _ = faultCall(t.Context(), client, "unsafe") })
	panics = false
	require.NoError(t, faultCall(t.Context(), client, "unsafe"))
}

// A wrapper that creates a new request does not enable net/http to write it twice.
func TestRoundTripperMakesRequestAnew(t *testing.T) {
	t.Parallel()
	c := &call{Context: t.Context(), header: http.Header{"A": {"1"}}}
	c.inner = tripFunc(func(req *http.Request) (*http.Response, error) {
		require.Nil(t, req.GetBody)
		require.Equal(t, c.header, req.Header)
		return &http.Response{}, nil
	})
	anew, err := http.NewRequestWithContext(c, http.MethodPost, "http://one.example", strings.NewReader("a=b"))
	require.NoError(t, err)
	require.NotNil(t, anew.GetBody)
	_, err = poolTransport{}.RoundTrip(anew)
	require.NoError(t, err)
}

// The source of the App Secret has as much time as an attempt.
func TestSecretSourceHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t, nil, WithAttemptTimeout(3*time.Second), WithSecretSource(func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}))
		start := time.Now()
		err := faultCall(context.Background(), s.Client, "unsafe")
		require.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrTransport)
		require.NotErrorIs(t, err, ErrOutcomeUnknown)
		require.Empty(t, s.requests)
	})
}

// With a slow source, a guarded send is not repeated after the server has forgotten its msgRandom.
func TestSecretSourceIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		s := newScripted(t, []step{status(503, "")}, WithRetry(RetryPolicy{MaxRetries: 3, MinWait: time.Second, MaxWait: time.Second}),
			WithAttemptTimeout(29*time.Second), WithIdempotentSends(IdempotentSends{}),
			WithSecretSource(func(context.Context) (string, error) {
				if asked++; asked > 1 {
					time.Sleep(40 * time.Second)
				}
				return "s", nil
			}))
		require.ErrorIs(t, faultCall(context.Background(), s.Client, "unsafe"), ErrOutcomeUnknown)
		require.Len(t, s.requests, 1)
	})
}
