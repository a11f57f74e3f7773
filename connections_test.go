package rongcloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// memoryNet is an in-memory network, so that hours of steady load pass in seconds under synctest.
type memoryNet struct {
	conns  chan net.Conn
	closed chan struct{}
	close  sync.Once
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

func (m *memoryNet) Addr() net.Addr { return &net.TCPAddr{} }

func (m *memoryNet) Close() error {
	m.close.Do(func() { close(m.closed) })
	return nil
}

// connBook is what a server records about its connections.
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
	case http.StateClosed:
		b.open[conn].died = time.Now()
	}
}

type connKey struct{}

// context tells a handler which connection a request came over, even with HTTP/2.
func (b *connBook) context(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

func (b *connBook) count(r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[r.Context().Value(connKey{}).(net.Conn)].requests++
}

// steadyLoad is a steady load by several callers.
type steadyLoad struct {
	name    string
	answers []time.Duration // how long the server takes, in turn for each caller
	pause   time.Duration   // how long a caller waits between calls
	callers int
	long    time.Duration
	opts    []Option
	call    []CallOption
	http2   bool
	bare    bool // calls without a body
}

// copying is a wrapper that copies the request in order to change it.
func copying(next http.RoundTripper) http.RoundTripper {
	return tripFunc(func(req *http.Request) (*http.Response, error) { return next.RoundTrip(req.Clone(req.Context())) })
}

func TestConnectionsKeepRongCloudsRule(t *testing.T) {
	t.Parallel()
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	certified.Close()
	seconds := func(all ...float64) (out []time.Duration) {
		for _, s := range all {
			out = append(out, time.Duration(s*float64(time.Second)))
		}
		return out
	}
	for _, load := range []steadyLoad{
		{name: "fast calls reach the count", answers: seconds(.05), callers: 32, long: 10 * time.Second},
		{name: "slow calls reach the age", answers: seconds(2), callers: 8, long: 5 * time.Minute},
		{name: "answers at the last moment", answers: seconds(9.9, .1, 9.5), callers: 8, long: 5 * time.Minute},
		{name: "slow answers and long pauses", answers: seconds(9.9), pause: 18900 * time.Millisecond, callers: 3, long: 10 * time.Minute},
		{name: "rare calls", answers: seconds(.1), pause: 7 * time.Second, callers: 3, long: 5 * time.Minute},
		{name: "rarer than the idle limit", answers: seconds(.1), pause: 53 * time.Second, callers: 2, long: 5 * time.Minute},
		{
			name: "a short attempt timeout", answers: seconds(.9, .1), pause: time.Second, callers: 8, long: 5 * time.Minute,
			opts: []Option{WithAttemptTimeout(time.Second)},
		},
		{
			name: "a long attempt timeout", answers: seconds(29, 3, 0), pause: time.Second, callers: 8, long: 5 * time.Minute,
			opts: []Option{WithAttemptTimeout(30 * time.Second)},
		},
		{
			name: "calls with a longer attempt timeout", answers: seconds(1, 44), callers: 8, long: 5 * time.Minute,
			call: []CallOption{WithAttemptTimeout(45 * time.Second)},
		},
		{
			name: "a wrapper that copies requests", answers: seconds(.05), callers: 32, long: 10 * time.Second,
			opts: []Option{WithRoundTripper(copying)},
		},
		{name: "HTTP/2, fast calls", answers: seconds(.05), callers: 64, long: 4 * time.Second, http2: true},
		{name: "HTTP/2, slow calls", answers: seconds(9.9, 1), callers: 4, long: 5 * time.Minute, http2: true},
		{name: "HTTP/2, rare calls", answers: seconds(.1), pause: 17 * time.Second, callers: 2, long: 5 * time.Minute, http2: true},
		{name: "HTTP/2, many callers at once", answers: seconds(5), callers: 500, long: 10 * time.Second, http2: true},
		{
			name: "HTTP/2, many callers at once, without a body", answers: seconds(5), callers: 500, long: 10 * time.Second,
			http2: true, bare: true,
		},
	} {
		if load.http2 && strings.HasPrefix(runtime.Version(), "go1.25") {
			continue // its HTTP/2 server shares channels between synctest bubbles, which panics
		}
		t.Run(load.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { load.run(t, certified) })
		})
	}
}

func (load steadyLoad) do(ctx context.Context, client *Client, opts ...CallOption) error {
	if load.bare {
		_, err := fetch[faultAnswer](ctx, client, endpoint.New(http.MethodPost, "/new.json", endpoint.None), nil, opts)
		return err
	}
	return faultCall(ctx, client, "unsafe", append(load.call, opts...)...)
}

func (load steadyLoad) run(t *testing.T, certified *httptest.Server) {
	network := newMemoryNet()
	book := &connBook{open: map[net.Conn]*connEntry{}}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			book.count(r)
			_, _ = io.Copy(io.Discard, r.Body)
			answer, _ := time.ParseDuration(r.Header.Get("X-Request-Id"))
			time.Sleep(answer)
			serveSuccess(w, r)
		}),
		ConnState: book.connState, ConnContext: book.context,
	}
	address := "http://api.example"
	if load.http2 {
		address = "https://example.com"
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: certified.TLS.Certificates}
	}
	var running sync.WaitGroup
	running.Go(func() {
		if load.http2 {
			_ = server.ServeTLS(network, "", "")
		} else {
			_ = server.Serve(network)
		}
	})
	client, err := New("test-key", "test-secret", append(load.opts, WithBaseURL(address), WithoutRetries(), WithTLSConfig(trust(certified)))...)
	require.NoError(t, err)
	client.core.pool.Base.DialContext = network.dial

	var calls atomic.Int64
	var callers sync.WaitGroup
	for range load.callers {
		callers.Go(func() {
			until := time.Now().Add(load.long)
			for i := 0; time.Now().Before(until); i++ {
				wanted := load.answers[i%len(load.answers)]
				begin := time.Now()
				// The test would notice a single failed, lost or delayed request.
				if err := load.do(t.Context(), client, WithRequestID(wanted.String())); err != nil {
					t.Errorf("call failed: %v", err)
					return
				}
				if took := time.Since(begin); took != wanted {
					t.Errorf("a call took %v instead of %v", took, wanted)
					return
				}
				calls.Add(1)
				time.Sleep(load.pause)
			}
		})
	}
	callers.Wait()
	time.Sleep(time.Minute) // for idle connections
	synctest.Wait()

	book.mu.Lock()
	most, oldest, served := 0, time.Duration(0), 0
	for _, entry := range book.entries {
		if entry.died.IsZero() {
			t.Errorf("a connection outlived its time")
			continue
		}
		most, oldest, served = max(most, entry.requests), max(oldest, entry.died.Sub(entry.born)), served+entry.requests
	}
	connections := len(book.entries)
	book.mu.Unlock()
	client.CloseIdleConnections()
	_ = server.Close()
	running.Wait()
	require.Less(t, most, 80)
	require.Less(t, oldest, time.Minute)
	require.Equal(t, calls.Load(), int64(served))
	t.Logf("%d calls, %d connections, at most %d requests and %v of life each", served, connections, most, oldest)
}

// The same test over real TLS, with HTTP/1.1 and HTTP/2.
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

			client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithoutRetries(), WithTLSConfig(trust(server)))
			require.NoError(t, err)
			t.Cleanup(client.CloseIdleConnections)

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

// trust returns TLS settings that trust the server.
func trust(server *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &tls.Config{RootCAs: roots}
}

func TestDefaultTransport(t *testing.T) {
	t.Parallel()
	client, err := New("test-key", "test-secret")
	require.NoError(t, err)
	base := client.core.pool.Base
	require.GreaterOrEqual(t, base.MaxIdleConnsPerHost, 100)
	require.Equal(t, uint16(tls.VersionTLS12), base.TLSClientConfig.MinVersion)
	require.False(t, base.TLSClientConfig.InsecureSkipVerify)
	require.True(t, base.ForceAttemptHTTP2)
	require.Less(t, base.IdleConnTimeout, 55*time.Second)
}

func TestTLSConfig(t *testing.T) {
	t.Parallel()
	settings := &tls.Config{ServerName: "gateway.example", NextProtos: []string{"imap"}}
	client, err := New("test-key", "test-secret", WithTLSConfig(settings))
	require.NoError(t, err)
	own := client.core.pool.Base.TLSClientConfig
	require.Equal(t, "gateway.example", own.ServerName)
	require.Equal(t, uint16(tls.VersionTLS12), own.MinVersion)
	require.NotNil(t, own.ClientSessionCache)
	require.NotContains(t, own.NextProtos, "imap")

	// The caller's settings are not changed.
	require.Zero(t, settings.MinVersion)
	require.Nil(t, settings.ClientSessionCache)
	require.Equal(t, []string{"imap"}, settings.NextProtos)
	settings.ServerName = "changed.example"
	require.Equal(t, "gateway.example", client.core.pool.Base.TLSClientConfig.ServerName)

	for _, opts := range [][]Option{
		{WithTLSConfig(settings), WithHTTPClient(&http.Client{})}, {WithHTTPClient(&http.Client{}), WithTLSConfig(settings)},
	} {
		_, err := New("test-key", "test-secret", opts...)
		require.ErrorContains(t, err, "WithTLSConfig: cannot be used together with WithHTTPClient")
	}
}

// A failed call must not cost the others their connections: go-retryablehttp closes all idle ones
// of its client when a call fails or is cancelled between attempts.
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
	client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithRetry(RetryPolicy{MaxRetries: 1, MaxWait: time.Hour, MinWait: time.Hour}),
		WithAttemptHook(func(_ context.Context, a Attempt) {
			reused = a.Reused
			if a.Retry {
				cancel()
			}
		}))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)

	require.NoError(t, faultCall(t.Context(), client, "safe"))
	require.False(t, reused)
	require.ErrorIs(t, faultCall(t.Context(), client, "idempotent"), CodeInvalidParameter)
	err = faultCall(ctx, client, "unsafe")
	require.ErrorIs(t, err, context.Canceled, "between two attempts")
	require.ErrorIs(t, err, CodeRateLimited)
	require.NoError(t, faultCall(t.Context(), client, "safe"))
	require.True(t, reused, "the connection was lost with a failure that had nothing to do with it")

	client.CloseIdleConnections()
	require.NoError(t, faultCall(t.Context(), client, "safe"), "a closed client connects anew")
	require.False(t, reused)
}

// lateTransport responds at once and keeps the requests' bodies, as net/http does while it is still
// sending to a server that responded early.
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

// Not parallel: other tests would use the buffers in between.
func TestBufferIsNotReusedWhileItIsSent(t *testing.T) {
	for _, c := range []struct {
		name   string
		late   lateTransport
		reused bool
	}{
		{name: "not traced", late: lateTransport{}},
		{name: "still being sent", late: lateTransport{traced: true}},
		{name: "sent", late: lateTransport{traced: true, wrote: true}, reused: true},
	} {
		reused := false
		for range 100 { // a pool may drop items
			late := c.late
			client, err := New("test-key", "test-secret", WithBaseURL("http://api.example"), WithHTTPClient(&http.Client{Transport: &late}))
			require.NoError(t, err)
			require.NoError(t, client.Call(t.Context(), endpoint.New("POST", "/v9/x.json", endpoint.JSON), "first", nil))
			require.NoError(t, client.Call(t.Context(), endpoint.New("POST", "/v9/x.json", endpoint.JSON), "other", nil))
			text, err := io.ReadAll(late.bodies[0])
			require.NoError(t, err)
			reused = reused || string(text) != `"first"`
		}
		require.Equal(t, c.reused, reused, c.name)
	}
}
