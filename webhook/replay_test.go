package webhook_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// A captured signature is valid for one request only.
func TestReplay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(r *http.Request)
		status int
		calls  int32
	}{
		{name: "the same", change: func(*http.Request) {}, status: 200, calls: 1},
		{name: "other body", change: func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(statusBody, "123", "999", 1)))
		}, status: 403, calls: 1},
		{name: "longer body", change: func(r *http.Request) { withBody(r, []byte(statusBody+" ")) }, status: 403, calls: 1},
		{
			name:   "other query",
			change: func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "own=1", "own=2", 1) }, status: 403,
			calls: 1,
		},
		{name: "other path", change: func(r *http.Request) { r.URL.Path = "/other" }, status: 403, calls: 1},
		{name: "upper case", change: func(r *http.Request) {
			before, signature, _ := strings.Cut(r.URL.RawQuery, "signature=")
			signature, after, _ := strings.Cut(signature, "&")
			r.URL.RawQuery = before + "signature=" + strings.ToUpper(signature)
			if after != "" {
				r.URL.RawQuery += "&" + after
			}
		}, status: 403, calls: 1},
		{name: "other app key", change: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "appKey=test-key", "appKey=other", 1)
		}, status: 403, calls: 1},
		{name: "in headers", change: func(r *http.Request) {
			query := r.URL.Query()
			for _, name := range []string{"nonce", "timestamp", "signature"} {
				r.Header.Set("RC-"+name, query.Get(name))
			}
			r.URL.RawQuery = "own=1"
		}, status: 403, calls: 1},
		{name: "compressed", change: func(r *http.Request) {
			withBody(r, gzipped(t, []byte(statusBody)))
			r.Header.Set("Content-Encoding", "gzip")
		}, status: 200, calls: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t)
			var calls atomic.Int32
			h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { calls.Add(1); return nil })
			r := request(t, jsonType, statusBody)
			require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
			replay := again(r)
			tt.change(replay)
			require.Equal(t, tt.status, webhooktest.Serve(h, replay).Status, logged.String())
			require.Equal(t, tt.calls, calls.Load())
			if tt.status == 403 {
				require.Contains(t, logged.String(), webhook.ErrReplayed.Error())
			}
			require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status, "RongCloud's own retry passes all the same")
			require.Equal(t, tt.calls, calls.Load())
		})
	}
}

// A signed text has one reading: no digit can be moved between nonce and timestamp, in either
// direction, whatever the clock says.
func TestMovedDigits(t *testing.T) {
	t.Parallel()
	const nonce, timestamp = "1234567890", "1700000000000"
	signature := rongcloud.Sign(testSecret, nonce, timestamp)
	text := nonce + timestamp
	for cut := range len(text) + 1 {
		ms, _ := strconv.ParseInt(text[cut:], 10, 64)
		for name, options := range map[string][]webhook.Option{
			"without a window": {webhook.WithWindow(0)},
			"milliseconds":     {webhook.WithClock(func() time.Time { return time.UnixMilli(ms) })},
			"seconds":          {webhook.WithClock(func() time.Time { return time.Unix(ms, 0) })},
		} {
			r := unsigned(t, jsonType, statusBody)
			r.URL.RawQuery = "nonce=" + text[:cut] + "&timestamp=" + text[cut:] + "&signature=" + signature
			err := webhook.Verify(r, testSecret, options...)
			if cut == len(nonce) && name != "seconds" {
				require.NoError(t, err)
				continue
			}
			require.Error(t, err, "%s, nonce %q", name, text[:cut])
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "timestamp", "signTimestamp", 1)
			require.Error(t, webhook.Verify(r, testSecret, options...))
		}
	}
}

// RongCloud's retries are handled until one succeeds.
func TestRetry(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	var calls atomic.Int32
	h.OnUserStatus(func(context.Context, *webhook.UserStatus) error {
		if calls.Add(1) < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	r := request(t, jsonType, statusBody)
	for _, want := range []struct {
		status int
		calls  int32
	}{{500, 1}, {500, 2}, {200, 3}, {200, 3}, {200, 3}} {
		require.Equal(t, want.status, webhooktest.Serve(h, again(r)).Status)
		require.Equal(t, want.calls, calls.Load())
	}
}

// A retry that arrives while the first attempt is still running is handled too: the first may yet
// fail.
func TestRetryWhileRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t)
		var calls atomic.Int32
		release := make(chan struct{})
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error {
			if calls.Add(1) == 1 {
				<-release
			}
			return nil
		})
		r := request(t, jsonType, statusBody)
		first := make(chan int)
		go func() { first <- webhooktest.Serve(h, again(r)).Status }()
		synctest.Wait()
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
		require.EqualValues(t, 2, calls.Load())
		close(release)
		require.Equal(t, 200, <-first)
	})
}

// A repeated pre-delivery check is decided again: RongCloud needs the response.
func TestRetriedQuestion(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	var calls atomic.Int32
	h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
		calls.Add(1)
		return webhook.Block("no"), nil
	})
	r, err := testApp.Request(t.Context(), "http://localhost/", webhooktest.Sample(webhook.KindPreMessage))
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, `{"pass":0,"extra":"no"}`, string(webhooktest.Serve(h, again(r)).Body))
	}
	require.EqualValues(t, 2, calls.Load())
	replay := again(r)
	replay.Body = io.NopCloser(strings.NewReader("targetId=x&msgType=y&messageId=z"))
	require.Equal(t, `{"pass":1}`, string(webhooktest.Serve(h, replay).Body), "a replay is left to the fallback")
	require.EqualValues(t, 2, calls.Load())
}

// Paths share the nonces of their handler.
func TestReplayOnAnotherPath(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	mux := http.NewServeMux()
	mux.Handle("/status", h.For(webhook.KindUserStatus))
	mux.Handle("/rooms", h.For(webhook.KindChatroomStatus))
	r := request(t, jsonType, statusBody)
	r.URL.Path = "/status"
	require.Equal(t, 200, webhooktest.Serve(mux, again(r)).Status)
	replay := again(r)
	replay.URL.Path = "/rooms"
	require.Equal(t, 403, webhooktest.Serve(mux, replay).Status)
}

// A signature is remembered for as long as it is valid.
func TestReplayAtTheEndOfTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t)
		receive(h)
		app := signedAt(time.Now().Add(10 * time.Minute)) // as far ahead as the window allows
		r := unsigned(t, jsonType, statusBody)
		app.Sign(r)
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
		for _, wait := range []time.Duration{10 * time.Minute, 9 * time.Minute, time.Minute} {
			time.Sleep(wait)
			require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status, "makes the store age")
			replay := again(r)
			replay.Body = io.NopCloser(strings.NewReader("[]"))
			require.Equal(t, 403, webhooktest.Serve(h, replay).Status)
		}
		time.Sleep(time.Millisecond)
		require.ErrorIs(t, webhook.Verify(r, testSecret), webhook.ErrStale)
	})
}

// scriptedStore returns what the test has set.
type scriptedStore struct {
	state      webhook.NonceStatus
	begin, end error
	kept       time.Duration
	done       int
}

func (s *scriptedStore) Begin(_ context.Context, _ string, _ webhook.Fingerprint, keep time.Duration) (webhook.NonceStatus, error) {
	s.kept = keep
	return s.state, s.begin
}

func (s *scriptedStore) Done(ctx context.Context, _ string, _ webhook.Fingerprint, _ time.Duration) error {
	s.done++
	return errors.Join(s.end, ctx.Err())
}

func TestNonceStoreFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		store  scriptedStore
		status int
		calls  int
		logged string
	}{
		"fails": {
			store: scriptedStore{state: webhook.NonceNew, begin: errors.New("redis is away")}, status: 503, calls: 0,
			logged: "redis is away",
		},
		"no state":  {store: scriptedStore{}, status: 503, calls: 0, logged: "NonceStatus(0)"},
		"new state": {store: scriptedStore{state: 5}, status: 503, calls: 0, logged: "NonceStatus(5)"},
		"fails at last": {
			store: scriptedStore{state: webhook.NonceNew, end: errors.New("redis is away")}, status: 200, calls: 1,
			logged: "redis is away",
		},
		"done":           {store: scriptedStore{state: webhook.NonceDone}, status: 200, calls: 0, logged: ""},
		"unfinished":     {store: scriptedStore{state: webhook.NonceUnfinished}, status: 200, calls: 1, logged: ""},
		"replayed":       {store: scriptedStore{state: webhook.NonceReplayed}, status: 403, calls: 0, logged: "used before"},
		"works, finally": {store: scriptedStore{state: webhook.NonceNew}, status: 200, calls: 1, logged: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t, webhook.WithNonceStore(&tt.store), webhook.WithWindow(time.Minute))
			got := receive(h)
			require.Equal(t, tt.status, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
			require.Len(t, got.all(), tt.calls)
			require.Equal(t, tt.calls, tt.store.done)
			require.Equal(t, 2*time.Minute, tt.store.kept)
			require.Contains(t, logged.String(), tt.logged)
			require.Equal(t, tt.logged == "", logged.String() == "", logged.String())
		})
	}
}

// Success is recorded, even if the work took all the time.
func TestDoneAfterTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t, webhook.WithNonceStore(&scriptedStore{state: webhook.NonceNew}))
		h.OnUserStatus(func(ctx context.Context, _ *webhook.UserStatus) error {
			<-ctx.Done()
			return nil
		})
		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
		require.Empty(t, logged.String())
	})
}

func TestNoncesWithoutAWindow(t *testing.T) {
	t.Parallel()
	store := &scriptedStore{state: webhook.NonceNew}
	h, _ := newHandler(t, webhook.WithNonceStore(store), webhook.WithWindow(0))
	r := unsigned(t, jsonType, statusBody)
	signedAt(time.UnixMilli(1)).Sign(r)
	require.Equal(t, 200, webhooktest.Serve(h, r).Status)
	require.Equal(t, 24*time.Hour, store.kept)
}
