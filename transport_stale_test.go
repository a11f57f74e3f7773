package rongcloud

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// brokenOnWrite is a connection that turns out to be closed only when it is written to.
type brokenOnWrite struct {
	net.Conn
	*breakage
	born   bool          // whether it was opened before they broke
	closed chan struct{} // by net/http
	once   sync.Once
}

// breakage is what happens to all existing connections at once. What net/http reports, its writer's
// error or its reader's, is up to chance, so one of the two waits for the other.
type breakage struct {
	broken      atomic.Bool
	taken       int // bytes of a request accepted before that
	hang        func()
	readerFirst bool
	over        chan struct{} // the test is over
}

func newBreakage(t *testing.T) *breakage {
	b := &breakage{over: make(chan struct{})}
	t.Cleanup(func() { close(b.over) })
	return b
}

func (b *breakage) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &brokenOnWrite{Conn: conn, breakage: b, born: !b.broken.Load(), closed: make(chan struct{})}, nil
}

func (c *brokenOnWrite) breaks() bool { return c.born && c.broken.Load() }

func (c *brokenOnWrite) Write(p []byte) (int, error) {
	if !c.breaks() {
		return c.Conn.Write(p)
	}
	if c.hang != nil {
		c.hang()
	}
	n, _ := c.Conn.Write(p[:min(c.taken, len(p))])
	if c.readerFirst {
		_ = c.Conn.Close()
		<-c.closed
	}
	return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

func (c *brokenOnWrite) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && c.breaks() && !c.readerFirst {
		<-c.over
	}
	return n, err
}

func (c *brokenOnWrite) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// staleClient returns a client with idle connections that are all closed.
func staleClient(t *testing.T, idle int, b *breakage, opts ...Option) (client *Client, server *faultServer, dials *atomic.Int32) {
	t.Helper()
	together := make(chan struct{})
	var waiting atomic.Int32
	server = newFaultServer(t, false, func(w http.ResponseWriter, r *http.Request) bool {
		if n := int(waiting.Add(1)); n == idle {
			close(together)
		}
		<-together
		return serveSuccess(w, r)
	})
	dials = new(atomic.Int32)
	transport := &http.Transport{MaxIdleConnsPerHost: idle, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return b.dial(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := New("k", "s", append([]Option{WithBaseURL(server.URL), WithHTTPClient(&http.Client{Transport: transport})}, opts...)...)
	require.NoError(t, err)
	var calls sync.WaitGroup
	for range idle {
		calls.Go(func() {
			if err := faultCall(context.Background(), client, "safe"); err != nil {
				t.Errorf("the call before failed: %v", err)
			}
		})
	}
	calls.Wait()
	b.broken.Store(true)
	dials.Store(0)
	return client, server, dials
}

// Up to three used connections that take no byte of a send do not count as attempts.
func TestConnectionsThatTakeNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		idle, taken       int
		readerFirst       bool
		retries, attempts int
		requests          int
		want              string
	}{
		{name: "one", idle: 1, retries: -1, attempts: 1, requests: 1, want: "ok"},
		{name: "three", idle: 3, retries: -1, attempts: 1, requests: 1, want: "ok"},
		{name: "four", idle: 4, retries: -1, attempts: 1, want: "transport"},
		{name: "four, and a retry", idle: 4, retries: 1, attempts: 2, requests: 1, want: "ok"},
		{name: "more than all attempts", idle: 13, retries: 2, attempts: 3, want: "transport"},
		{name: "one that takes a byte", idle: 1, taken: 1, retries: 2, attempts: 1, want: "unknown transport"},
		{name: "one whose reader notices first", idle: 1, readerFirst: true, retries: 2, attempts: 1, want: "unknown transport"}, // not told
		{name: "one that takes the headers", idle: 1, taken: 60, retries: 2, attempts: 1, want: "unknown transport"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			b := newBreakage(t)
			b.taken, b.readerFirst = c.taken, c.readerFirst
			client, server, dials := staleClient(t, c.idle, b, WithRetry(quick(c.retries)), WithAttemptHook(func(context.Context, Attempt) { attempts.Add(1) }))
			attempts.Store(0)
			before := server.count()
			err := faultCall(t.Context(), client, "unsafe")
			require.Equal(t, c.want, told(err), "%v", err)
			require.EqualValues(t, c.attempts, attempts.Load())
			require.Equal(t, c.requests, server.count()-before)
			require.EqualValues(t, c.requests, dials.Load())
		})
	}
}

// The context ends the search for a connection that takes the request.
func TestConnectionsThatTakeNothingEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b := newBreakage(t)
	b.hang = cancel
	client, server, dials := staleClient(t, 3, b, WithRetry(quick(2)))
	before := server.count()
	err := faultCall(ctx, client, "unsafe")
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, server.count()-before)
	require.Zero(t, dials.Load())
}

// ownStaleClient returns a client with its own connection pool, whose idle connections are all
// closed.
func ownStaleClient(t *testing.T, idle int, b *breakage, policy RetryPolicy) (*Client, *faultServer, *atomic.Int32) {
	t.Helper()
	together := make(chan struct{})
	var waiting atomic.Int32
	server := newFaultServer(t, false, func(w http.ResponseWriter, r *http.Request) bool {
		if n := int(waiting.Add(1)); n == idle {
			close(together)
		}
		<-together
		return serveSuccess(w, r)
	})
	var attempts atomic.Int32
	client, err := New("k", "s", WithBaseURL(server.URL), WithRetry(policy), WithAttemptHook(func(context.Context, Attempt) { attempts.Add(1) }))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	client.core.pool.Base.DialContext = b.dial
	var calls sync.WaitGroup
	for range idle {
		calls.Go(func() {
			if err := faultCall(context.Background(), client, "safe"); err != nil {
				t.Errorf("the call before failed: %v", err)
			}
		})
	}
	calls.Wait()
	b.broken.Store(true)
	attempts.Store(0)
	return client, server, &attempts
}

// However many idle connections are closed at the same time, the last attempt gets its own
// connection.
func TestTheLastAttemptMeetsNoIdleConnection(t *testing.T) {
	t.Parallel()
	for _, class := range []string{"safe", "unsafe"} {
		for _, retries := range []int{1, 2} {
			for _, readerFirst := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d retries, reader first %t", class, retries, readerFirst), func(t *testing.T) {
					t.Parallel()
					b := newBreakage(t)
					b.readerFirst = readerFirst
					client, server, attempts := ownStaleClient(t, 20, b, quick(retries))
					before := server.count()
					require.NoError(t, faultCall(t.Context(), client, class))
					require.EqualValues(t, retries+1, attempts.Load())
					require.Equal(t, 1, server.count()-before)
				})
			}
		}
	}
}

// A byte of a send that the client's own connection took makes its outcome unknown, whoever notices
// the end first.
func TestAnOwnConnectionThatTakesAByte(t *testing.T) {
	t.Parallel()
	for _, readerFirst := range []bool{false, true} {
		t.Run(strconv.FormatBool(readerFirst), func(t *testing.T) {
			t.Parallel()
			b := newBreakage(t)
			b.taken, b.readerFirst = 1, readerFirst
			client, server, attempts := ownStaleClient(t, 1, b, quick(2))
			before := server.count()
			err := faultCall(t.Context(), client, "unsafe")
			require.Equal(t, "unknown transport", told(err), "%v", err)
			require.EqualValues(t, 1, attempts.Load())
			require.Zero(t, server.count()-before)
		})
	}
}

// The first retry after a closed connection does not cost the client's budget anything; every other
// retry does.
func TestTheFirstRetryAfterAClosedConnectionIsFree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		idle, attempts int
		want           string
	}{
		{idle: 4, attempts: 2, want: "ok"},
		{idle: 8, attempts: 2, want: "transport"}, // a second retry would cost
	} {
		t.Run(strconv.Itoa(c.idle), func(t *testing.T) {
			t.Parallel()
			policy := quick(3)
			policy.Budget = 1
			client, _, attempts := ownStaleClient(t, c.idle, newBreakage(t), policy)
			require.True(t, client.core.budget.spend())
			require.False(t, client.core.budget.spend(), "there is nothing left")
			err := faultCall(t.Context(), client, "unsafe")
			require.Equal(t, c.want, told(err), "%v", err)
			require.EqualValues(t, c.attempts, attempts.Load())
		})
	}
}
