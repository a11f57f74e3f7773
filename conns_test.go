package rongcloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// memoryNet is a network in memory, so that hours of steady load pass in seconds under synctest.
type memoryNet struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newMemoryNet() *memoryNet {
	return &memoryNet{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (m *memoryNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case m.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memoryNet) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memoryNet) Close() error   { close(m.closed); return nil }
func (m *memoryNet) Addr() net.Addr { return &net.TCPAddr{} }

// connBook is what a server notes about its connections.
type connBook struct {
	mu      sync.Mutex
	open    map[net.Conn]*connEntry
	entries []*connEntry
}

type connEntry struct {
	born     time.Time
	died     time.Time
	requests int
}

func (b *connBook) connState(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch state {
	case http.StateNew:
		entry := &connEntry{born: time.Now()}
		b.open[conn] = entry
		b.entries = append(b.entries, entry)
	case http.StateActive:
		b.open[conn].requests++
	case http.StateClosed:
		b.open[conn].died = time.Now()
	}
}

func TestConnectionsKeepRongCloudsRule(t *testing.T) {
	t.Parallel()
	for _, load := range []struct {
		name    string
		answer  time.Duration // how long the server takes
		pause   time.Duration // how long a caller waits between calls
		callers int
		long    time.Duration
	}{
		{"fast calls reach the count", 50 * time.Millisecond, 0, 32, 30 * time.Second},
		{"slow calls reach the age", 2 * time.Second, 0, 8, 5 * time.Minute},
		{"rare calls", 100 * time.Millisecond, 7 * time.Second, 3, 5 * time.Minute},
		{"calls rarer than the idle limit", 100 * time.Millisecond, 25 * time.Second, 2, 5 * time.Minute},
	} {
		t.Run(load.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := newMemoryNet()
				book := &connBook{open: map[net.Conn]*connEntry{}}
				server := &http.Server{
					Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						_, _ = io.Copy(io.Discard, r.Body)
						time.Sleep(load.answer)
						serveSuccess(w, r)
					}),
					ConnState: book.connState,
				}
				var running sync.WaitGroup
				running.Go(func() { _ = server.Serve(network) })

				client, err := New("test-key", "test-secret", WithBaseURL("http://api.example"), WithRetry(RetryPolicy{}))
				require.NoError(t, err)
				client.core.own.DialContext = newTransport(rongCloudLimits, network.dial).DialContext

				var calls atomic.Int64
				var callers sync.WaitGroup
				for range load.callers {
					callers.Go(func() {
						for until := time.Now().Add(load.long); time.Now().Before(until); time.Sleep(load.pause) {
							begin := time.Now()
							err := faultCall(t.Context(), client, "unsafe") // a single failed or lost request would show
							if err != nil {
								t.Errorf("call failed: %v", err)
								return
							}
							if took := time.Since(begin); took != load.answer {
								t.Errorf("a call took %v instead of %v", took, load.answer)
								return
							}
							calls.Add(1)
						}
					})
				}
				callers.Wait()
				time.Sleep(time.Minute) // for what lies idle
				synctest.Wait()

				book.mu.Lock()
				most, oldest, served := 0, time.Duration(0), 0
				for _, entry := range book.entries {
					require.False(t, entry.died.IsZero(), "a connection outlived its time")
					most, oldest, served = max(most, entry.requests), max(oldest, entry.died.Sub(entry.born)), served+entry.requests
				}
				connections := len(book.entries)
				book.mu.Unlock()
				require.Less(t, most, 80)
				require.Less(t, oldest, time.Minute)
				require.Equal(t, calls.Load(), int64(served))
				t.Logf("%d calls, %d connections, at most %d requests and %v of life each", served, connections, most, oldest)

				client.Close()
				_ = server.Close()
				running.Wait()
			})
		})
	}
}

// The same over real TLS, with HTTP/1.1 and HTTP/2.
func TestConnectionsAreCountedOverTLS(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(map[bool]string{false: "HTTP/1.1", true: "HTTP/2"}[http2], func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			requests := map[string]int{}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				requests[r.RemoteAddr]++
				mu.Unlock()
				if (r.ProtoMajor == 2) != http2 {
					t.Errorf("request came over %s", r.Proto)
				}
				serveSuccess(w, r)
			}))
			server.EnableHTTP2 = http2
			server.StartTLS()
			t.Cleanup(server.Close)

			client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithRetry(RetryPolicy{}))
			require.NoError(t, err)
			t.Cleanup(client.Close)
			trust(client, server)

			const callers, each = 16, 100
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					for range each {
						if err := faultCall(t.Context(), client, "unsafe"); err != nil {
							t.Errorf("call failed: %v", err)
							return
						}
					}
				})
			}
			group.Wait()
			total, most := 0, 0
			for _, n := range requests {
				total, most = total+n, max(most, n)
			}
			require.Equal(t, callers*each, total)
			require.Less(t, most, 80)
			t.Logf("%d connections, at most %d requests each", len(requests), most)
		})
	}
}

func trust(client *Client, server *httptest.Server) {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	client.core.own.TLSClientConfig.RootCAs = pool
}

func TestDefaultTransport(t *testing.T) {
	t.Parallel()
	client, err := New("test-key", "test-secret")
	require.NoError(t, err)
	own := client.core.own
	require.GreaterOrEqual(t, own.MaxIdleConnsPerHost, 100)
	require.Equal(t, uint16(tls.VersionTLS12), own.TLSClientConfig.MinVersion)
	require.False(t, own.TLSClientConfig.InsecureSkipVerify)
	require.True(t, own.ForceAttemptHTTP2)
	require.Less(t, own.IdleConnTimeout, 55*time.Second)
	limits := rongCloudLimits
	require.Less(t, limits.maxAge+limits.maxIdle+DefaultAttemptTimeout, time.Minute)
}

// A failed call must not cost the others their connections: go-retryablehttp closes all idle ones of its client when a call fails
// or is cancelled between attempts.
func TestFailureKeepsIdleConnections(t *testing.T) {
	t.Parallel()
	server := newFaultServer(t, false, func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case endpoint.UserBlock.Path:
			return answer(400, `{"code":1002}`)(w, r)
		case endpoint.MessagePrivatePublish.Path:
			return answer(429, `{"code":1008}`)(w, r)
		}
		return serveSuccess(w, r)
	})
	var reused bool
	ctx, cancel := context.WithCancel(t.Context())
	client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithRetry(RetryPolicy{Max: 1, MaxWait: time.Hour, MinWait: time.Hour}),
		WithHook(func(_ context.Context, a Attempt) {
			reused = a.Reused
			if a.Retry {
				cancel()
			}
		}))
	require.NoError(t, err)
	t.Cleanup(client.Close)

	require.NoError(t, faultCall(t.Context(), client, "safe"))
	require.False(t, reused)
	require.ErrorIs(t, faultCall(t.Context(), client, "idempotent"), CodeInvalidParameter)
	err = faultCall(ctx, client, "unsafe")
	require.ErrorIs(t, err, context.Canceled, "between two attempts")
	require.ErrorIs(t, err, CodeRateLimited)
	require.NoError(t, faultCall(t.Context(), client, "safe"))
	require.True(t, reused, "the connection was lost with a failure that had nothing to do with it")

	client.Close()
	require.NoError(t, faultCall(t.Context(), client, "safe"), "a closed client connects anew")
	require.False(t, reused)
}

// lateTransport answers at once and keeps the requests' bodies, as net/http does while it is still sending one to a server
// that answered early.
type lateTransport struct {
	bodies []io.Reader
	traced bool // it reports what it does
	wrote  bool // it reports that it has sent the request
}

func (l *lateTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(req.Context()); l.traced {
		conn, other := net.Pipe()
		_, _ = conn.Close(), other.Close()
		trace.GetConn("api.example:80")
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
		if l.wrote {
			trace.WroteRequest(httptrace.WroteRequestInfo{})
		}
	}
	l.bodies = append(l.bodies, req.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(faultSuccess))}, nil
}

func TestBufferIsNotReusedWhileItIsSent(t *testing.T) { // not parallel: others would use the buffers between
	for _, c := range []struct {
		name   string
		late   lateTransport
		reused bool
	}{
		{"not traced", lateTransport{}, false},
		{"still being sent", lateTransport{traced: true}, false},
		{"sent", lateTransport{traced: true, wrote: true}, true},
	} {
		reused := false
		for range 100 { // a pool may forget
			late := c.late
			client, err := New("test-key", "test-secret", WithBaseURL("http://api.example"), WithHTTPClient(&http.Client{Transport: &late}))
			require.NoError(t, err)
			require.NoError(t, client.Call(t.Context(), "/v9/x.json", "first", nil))
			require.NoError(t, client.Call(t.Context(), "/v9/x.json", "other", nil))
			text, err := io.ReadAll(late.bodies[0])
			require.NoError(t, err)
			reused = reused || string(text) != `"first"`
		}
		require.Equal(t, c.reused, reused, c.name)
	}
}

func TestLastRequest(t *testing.T) {
	t.Parallel()
	conn := &limitedConn{limits: connLimits{maxRequests: 3, maxAge: time.Hour}, born: time.Now()}
	require.False(t, lastRequest(conn))
	require.False(t, lastRequest(tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12})), "counted through TLS")
	require.True(t, lastRequest(conn))
	old := &limitedConn{limits: connLimits{maxRequests: 3, maxAge: time.Hour}, born: time.Now().Add(-time.Hour)}
	require.True(t, lastRequest(old))
	foreign, other := net.Pipe()
	defer errors.Join(foreign.Close(), other.Close())
	require.False(t, lastRequest(foreign))
}
