package connpool

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/internal/slownet"
)

// certified is a server with the certificate of example.com.
var certified = sync.OnceValue(func() *httptest.Server {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	server.Close()
	return server
})

// memory is an in-process listener.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newMemory() *memory {
	return &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// connect returns the client end of a connection with the given round-trip time.
func (m *memory) connect(ctx context.Context, rtt time.Duration) (net.Conn, error) {
	select {
	case <-time.After(rtt):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	client, near := net.Pipe()
	far, server := net.Pipe()
	select {
	case m.conns <- server:
		go slownet.Join(near, far, rtt/2)
		return client, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.closed); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{} }

// distant is a TLS server at the far end of an in-memory network. It records what its connections
// carry.
type distant struct {
	*memory
	rtt     time.Duration
	server  http.Server
	refuse  atomic.Bool // whether to refuse connections
	refused atomic.Int64

	mu      sync.Mutex
	book    map[net.Conn]*record
	strange int // requests that the client did not make
}

type record struct {
	born, died time.Time
	requests   int
}

type connKey struct{}

func newDistant(rtt time.Duration, http2 bool) *distant {
	d := &distant{memory: newMemory(), rtt: rtt, book: map[net.Conn]*record{}}
	d.server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: certified().TLS.Certificates}
	d.server.Protocols = new(http.Protocols)
	d.server.Protocols.SetHTTP1(true)
	d.server.Protocols.SetHTTP2(http2)
	d.server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	d.server.ConnState = func(conn net.Conn, state http.ConnState) {
		d.mu.Lock()
		defer d.mu.Unlock()
		switch state {
		case http.StateNew:
			d.book[conn] = &record{born: time.Now()}
		case http.StateClosed:
			d.book[conn].died = time.Now()
		}
	}
	d.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.book[r.Context().Value(connKey{}).(net.Conn)].requests++
		if r.Method != http.MethodPost {
			d.strange++
		}
		d.mu.Unlock()
		_, _ = io.WriteString(w, "{}")
	})
	d.server.ErrorLog = log.New(io.Discard, "", 0) // from aborted handshakes
	return d
}

func (d *distant) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if d.refuse.Load() {
		d.refused.Add(1)
		return nil, errors.New("connection refused")
	}
	return d.connect(ctx, d.rtt)
}

// run serves until the returned function is called.
func (d *distant) run() (stop func()) {
	var running sync.WaitGroup
	running.Go(func() { _ = d.server.ServeTLS(d, "", "") })
	return func() {
		_ = d.server.Close()
		running.Wait()
		time.Sleep(2 * d.rtt) // data in flight arrives
	}
}

// open counts the connections that the server has open.
func (d *distant) open() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, r := range d.book {
		if r.died.IsZero() {
			n++
		}
	}
	return n
}

// breakUnused closes connections that have carried no request.
func (d *distant) breakUnused() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for conn, record := range d.book {
		if record.requests == 0 {
			_ = conn.Close()
		}
	}
}

func (d *distant) pool(limits Limits) *Pool {
	roots := x509.NewCertPool()
	roots.AddCert(certified().Certificate())
	p := New(limits, 10*time.Second, &tls.Config{RootCAs: roots})
	p.Base.Proxy = nil
	p.Base.DialContext = d.dial
	return p
}

// post makes one request as the client does.
func post(ctx context.Context, p *Pool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	g := p.Take(ctx, time.Now(), api)
	defer g.Done()
	header := http.Header{}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if LastRequest(info.Conn) {
			header.Set("Connection", "close")
		}
	}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, api.String()+"/send.json", nil)
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := g.Transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	g.Learn(resp.ProtoMajor)
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// load describes the calls of several callers.
type load struct {
	name    string
	callers int
	pause   time.Duration
	each    int // calls of each caller
	alone   int // calls that the first caller then makes
	waits   int // how many calls may wait for a handshake
}

// measure makes the calls and returns how many waited longer than the server takes, and how many
// connections were opened.
func (l load) measure(t *testing.T, http2 bool, limits Limits) (waited, conns int) {
	d := newDistant(rtt, http2)
	stop := d.run()
	p := d.pool(limits)
	var late atomic.Int64
	call := func() {
		begin := time.Now()
		if err := post(t.Context(), p); err != nil {
			t.Errorf("a call failed: %v", err)
		}
		if time.Since(begin) > rtt {
			late.Add(1)
		}
	}
	var callers sync.WaitGroup
	for i := range l.callers {
		callers.Go(func() {
			time.Sleep(time.Duration(i) * l.pause / time.Duration(l.callers))
			for range l.each {
				call()
				time.Sleep(l.pause)
			}
		})
	}
	callers.Wait()
	for range l.alone {
		call()
		time.Sleep(5 * rtt)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	require.Zero(t, d.open(), "connections were left behind")
	for _, r := range d.book {
		require.Less(t, r.requests, 80)
		require.Less(t, r.died.Sub(r.born), time.Minute)
	}
	require.Zero(t, d.strange)
	p.CloseIdleConnections()
	stop()
	return int(late.Load()), len(d.book)
}

const rtt = 10 * time.Millisecond

// Few calls wait for a handshake besides those that open the first connections, and this takes no
// extra connections.
func TestConnectionsOpenedAhead(t *testing.T) {
	t.Parallel()
	for _, http2 := range versions() {
		for _, l := range []load{
			{name: "one caller reaches the count", callers: 1, each: 500, waits: 1},
			{name: "one caller reaches the age", callers: 1, each: 150, pause: time.Second, waits: 1},
			{name: "rare calls", callers: 1, each: 60, pause: 7 * time.Second, waits: 9},
			{name: "32 callers", callers: 32, each: 100, waits: 5 * 32},
			{name: "64 callers reach the age", callers: 64, each: 15, pause: 4 * time.Second, waits: 64},
			{name: "16 callers that pause briefly", callers: 16, each: 100, pause: 15 * time.Millisecond, waits: 60},
			{name: "one caller among many idle connections", callers: 8, each: 1, alone: 300, waits: 8 + 1},
		} {
			t.Run(fmt.Sprintf("HTTP/%d, %s", map[bool]int{false: 1, true: 2}[http2], l.name), func(t *testing.T) {
				t.Parallel()
				never := RongCloud
				never.Ahead = 0
				var waited, waitedNever, conns, connsNever, more int
				// How the scheduler runs callers that arrive together differs each time.
				for range 4 {
					synctest.Test(t, func(t *testing.T) { waitedNever, connsNever = l.measure(t, http2, never) })
					synctest.Test(t, func(t *testing.T) { waited, conns = l.measure(t, http2, RongCloud) })
					t.Logf("%d calls: %d connections (%d if none is opened ahead), %d waited (%d)", l.callers*l.each+l.alone, conns, connsNever, waited, waitedNever)
					more = connsNever / 10
					if l.alone == 0 || http2 {
						more++ // the successor of the last connection
					}
					if waited <= l.waits && conns <= connsNever+more {
						break
					}
				}
				require.LessOrEqual(t, waited, l.waits)
				require.LessOrEqual(t, conns, connsNever+more)
			})
		}
	}
}

// A connection opened ahead also reaches the server through a proxy.
func TestConnectionsOpenedAheadThroughProxy(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		for _, http2 := range versions() {
			t.Run(fmt.Sprintf("%s proxy, HTTP/%d", scheme, map[bool]int{false: 1, true: 2}[http2]), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { testThroughProxy(t, scheme, http2) })
			})
		}
	}
}

func testThroughProxy(t *testing.T, scheme string, http2 bool) {
	d := newDistant(rtt, http2)
	stop := d.run()
	way := newMemory()
	tunnels := 0
	proxy := http.Server{
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: certified().TLS.Certificates, NextProtos: []string{"http/1.1"}},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, _, _ := r.BasicAuth(); r.Method != http.MethodConnect || r.Host != "example.com:443" || user != "" {
				t.Errorf("the proxy was asked %s %s", r.Method, r.Host)
			}
			if r.Header.Get("Proxy-Authorization") == "" {
				t.Error("the proxy was not given its password")
			}
			tunnels++
			far, err := d.dial(r.Context(), "", "")
			if err != nil {
				t.Error(err)
				return
			}
			near, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
			slownet.Join(near, far, 0)
		}),
	}
	var running sync.WaitGroup
	running.Go(func() {
		if scheme == "https" {
			_ = proxy.ServeTLS(way, "", "")
		} else {
			_ = proxy.Serve(way)
		}
	})
	p := d.pool(RongCloud)
	p.Base.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, Host: "example.com:3128", User: url.UserPassword("ann", "secret")})
	p.Base.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return way.connect(ctx, 0) }

	r := toNearEnd(t, p)
	synctest.Wait()
	p.mu.Lock()
	require.False(t, r.ahead[0].opening.established, "the proxy's handshake is not the server's")
	p.mu.Unlock()
	time.Sleep(10 * rtt)
	waited := 0
	for range 290 {
		begin := time.Now()
		require.NoError(t, post(t.Context(), p))
		if time.Since(begin) > rtt {
			waited++
		}
	}
	require.Zero(t, waited)
	require.LessOrEqual(t, tunnels, 6)
	require.Len(t, d.book, tunnels)
	require.Zero(t, d.strange)
	p.CloseIdleConnections()
	time.Sleep(10 * rtt)
	require.Zero(t, d.open())
	stop()
	_ = proxy.Close()
	running.Wait()
}

// toNearEnd makes calls until a connection is being opened ahead.
func toNearEnd(t *testing.T, p *Pool) *route {
	for range RongCloud.MaxRequests {
		require.NoError(t, post(t.Context(), p))
		if r := p.routes[address{api.Scheme, api.Host}]; r.countAhead() > 0 {
			return r
		}
	}
	require.Fail(t, "nothing was opened ahead")
	return nil
}

func (r *route) countAhead() int {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	return len(r.ahead)
}

// versions returns whether to test with HTTP/2. Go 1.25's HTTP/2 server shares channels between
// synctest bubbles, which ends the program.
func versions() []bool {
	if strings.HasPrefix(runtime.Version(), "go1.25") {
		return []bool{false}
	}
	return []bool{false, true}
}

// forBoth runs a test against a server that speaks HTTP/1.1, and one that speaks HTTP/2.
func forBoth(t *testing.T, test func(t *testing.T, d *distant, p *Pool)) {
	for _, http2 := range versions() {
		t.Run(fmt.Sprintf("HTTP/%d", map[bool]int{false: 1, true: 2}[http2]), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDistant(rtt, http2)
				p := d.pool(RongCloud)
				defer d.run()()
				defer p.CloseIdleConnections()
				test(t, d, p)
			})
		})
	}
}

// CloseIdleConnections leaves nothing behind, whether a connection is being dialed, in its
// handshake, or ready.
func TestCloseIdleConnectionsWhileOneIsOpened(t *testing.T) {
	t.Parallel()
	for wait := time.Duration(0); wait <= 5*rtt; wait += rtt / 4 {
		t.Run(wait.String(), func(t *testing.T) {
			t.Parallel()
			forBoth(t, func(t *testing.T, d *distant, p *Pool) {
				r := toNearEnd(t, p)
				time.Sleep(wait)
				p.CloseIdleConnections()
				require.Zero(t, r.countAhead())
				// a connection established at this very moment is closed a moment later
				time.Sleep(sweepPause + 2*rtt)
				require.Zero(t, d.open())
				require.NoError(t, post(t.Context(), p), "a closed pool connects anew")
			})
		})
	}
}

// A request in flight opens no successor after CloseIdleConnections.
func TestNothingIsOpenedAheadAfterClose(t *testing.T) {
	t.Parallel()
	p := New(RongCloud, time.Second, nil)
	learn(p, 1)
	g := p.Take(t.Context(), time.Now(), api)
	defer g.Done()
	p.CloseIdleConnections()
	conn := &countedConn{generation: g}
	for range RongCloud.MaxRequests {
		LastRequest(conn)
	}
	require.Zero(t, g.route.countAhead())
	require.Zero(t, g.due)
}

// If a connection cannot be opened ahead, or breaks before use, no call is affected.
func TestOpeningAheadFails(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		forBoth(t, func(t *testing.T, d *distant, p *Pool) {
			for i := range 300 {
				d.refuse.Store(i%int(RongCloud.MaxRequests) > 9)
				require.NoError(t, post(t.Context(), p))
			}
			require.Len(t, d.book, 4)
			require.Less(t, d.refused.Load(), int64(12), "once in a while")
		})
	})
	t.Run("refused in its handshake", func(t *testing.T) {
		t.Parallel()
		forBoth(t, func(t *testing.T, _ *distant, p *Pool) {
			var refuse atomic.Bool
			var refused atomic.Int64
			p.Base.TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error {
				if refuse.Load() {
					refused.Add(1)
					return errors.New("refused")
				}
				return nil
			}
			for i := range 300 {
				refuse.Store(i%int(RongCloud.MaxRequests) > 9)
				require.NoError(t, post(t.Context(), p))
			}
			require.LessOrEqual(t, refused.Load(), int64(6), "once in a while")
		})
	})
	t.Run("broken whenever it waits", func(t *testing.T) {
		t.Parallel()
		forBoth(t, func(t *testing.T, d *distant, p *Pool) {
			for range 300 {
				require.NoError(t, post(t.Context(), p))
				time.Sleep(6 * rtt)
				d.breakUnused()
				time.Sleep(2 * rtt)
			}
			require.LessOrEqual(t, len(d.book), 16, "once in a while")
		})
	})
	t.Run("broken", func(t *testing.T) {
		t.Parallel()
		forBoth(t, func(t *testing.T, d *distant, p *Pool) {
			r := toNearEnd(t, p)
			time.Sleep(5 * rtt)
			d.breakUnused()
			time.Sleep(5 * rtt)
			require.Zero(t, r.countAhead())
			for range 100 {
				require.NoError(t, post(t.Context(), p))
			}
		})
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		forBoth(t, func(t *testing.T, d *distant, p *Pool) {
			dial := p.Base.DialContext
			mute, other := net.Pipe() // neither reads nor writes
			var first atomic.Bool
			first.Store(true)
			require.NoError(t, post(t.Context(), p))
			p.Base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if first.CompareAndSwap(true, false) {
					return mute, nil
				}
				return dial(ctx, network, address)
			}
			r := toNearEnd(t, p)
			time.Sleep(longestOpening + rtt)
			synctest.Wait()
			require.Zero(t, r.countAhead())
			_, err := other.Write([]byte("x"))
			require.ErrorIs(t, err, io.ErrClosedPipe)
			for range 100 {
				require.NoError(t, post(t.Context(), p))
			}
		})
	})
}

// lingering is a listener whose connections are closed only by the other end.
type lingering struct{ *memory }

func (l lingering) Accept() (net.Conn, error) {
	conn, err := l.memory.Accept()
	return unclosed{conn}, err
}

type unclosed struct{ net.Conn }

func (unclosed) Close() error { return nil }

func (u unclosed) Write(record []byte) (int, error) {
	const alert = 21 // in TLS 1.2, announces that the connection is closed
	if len(record) > 0 && record[0] == alert {
		return len(record), nil
	}
	return u.Conn.Write(record)
}

// noted records when it is closed.
type noted struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (n *noted) Close() error {
	n.once.Do(func() { n.open.Add(-1) })
	return n.Conn.Close()
}

// An idle connection for which an HTTP/2 server sends GOAWAY but which it leaves open is still
// closed: when CloseIdleConnections is called, and before it is a minute old.
func TestGoodbyeOfAServerThatDoesNotClose(t *testing.T) {
	t.Parallel()
	if len(versions()) == 1 {
		return // no HTTP/2 in a bubble
	}
	const patience = 10 * time.Second
	for name, test := range map[string]func(t *testing.T, p *Pool){
		"CloseIdleConnections": func(t *testing.T, p *Pool) {
			require.NoError(t, post(t.Context(), p))
			time.Sleep(patience + 2*time.Second)
			p.CloseIdleConnections()
			time.Sleep(sweepPause + 2*rtt)
		},
		"age": func(t *testing.T, p *Pool) {
			for range 5 {
				require.NoError(t, post(t.Context(), p))
				time.Sleep(patience - time.Second)
			}
			time.Sleep(14 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testGoodbye(t, patience, test) })
		})
	}
}

func testGoodbye(t *testing.T, patience time.Duration, test func(t *testing.T, p *Pool)) {
	d := newDistant(rtt, true)
	d.server.IdleTimeout = patience // until GOAWAY
	d.server.TLSConfig.MaxVersion = tls.VersionTLS12
	var running sync.WaitGroup
	running.Go(func() { _ = d.server.ServeTLS(lingering{d.memory}, "", "") })
	p := d.pool(RongCloud)
	var open, dialed atomic.Int64
	p.Base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		open.Add(1)
		dialed.Add(1)
		return &noted{Conn: conn, open: &open}, nil
	}
	test(t, p)
	require.Equal(t, int64(1), dialed.Load())
	require.Zero(t, open.Load())
	p.CloseIdleConnections()
	time.Sleep(time.Minute)
	_ = d.server.Close()
	running.Wait()
}

// A request on a connection of its own keeps it for as long as the request lasts.
func TestRequestAloneOutlivesItsGeneration(t *testing.T) {
	t.Parallel()
	forBoth(t, func(t *testing.T, d *distant, p *Pool) {
		inner := d.server.Handler
		d.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * sweepPause)
			inner.ServeHTTP(w, r)
		})
		g := p.Alone(time.Now())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.String()+"/stream.json", nil)
		require.NoError(t, err)
		resp, err := g.Transport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		g.Done()
		time.Sleep(2*sweepPause + 2*rtt)
		require.Zero(t, d.open())
	})
}

// Connections that are idle briefly between the calls of many callers count as needed, those idle
// for longer do not.
func TestOpenedAheadByWhatWasNeededOfLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		idle   time.Duration
		opened int
	}{{time.Millisecond, 1}, {time.Second, 1}, {3 * time.Second, 0}} {
		synctest.Test(t, func(t *testing.T) {
			p := New(RongCloud, time.Second, nil)
			p.Base.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			learn(p, 1)
			g := p.Take(t.Context(), time.Now(), api)
			p.Take(t.Context(), time.Now(), api)
			p.mu.Lock()
			g.conns = 2
			p.mu.Unlock()
			g.Done()
			time.Sleep(c.idle)
			conn := &countedConn{generation: g}
			for range RongCloud.MaxRequests - RongCloud.Ahead {
				LastRequest(conn)
			}
			require.Equal(t, c.opened, g.route.countAhead(), c.idle)
			g.Done()
			p.CloseIdleConnections()
		})
	}
}

// Over HTTP/2 the next connection is opened early enough that its handshake is complete when the
// last request arrives, even if hundreds arrive during the handshake; but not before half of the
// requests, as a connection must not stay unused for long.
func TestOpenedAheadByPace(t *testing.T) {
	t.Parallel()
	half := int(RongCloud.MaxRequests-RongCloud.MaxRequests/2) + 1
	last := int(RongCloud.MaxRequests-RongCloud.Ahead) + 1
	for _, c := range []struct {
		name  string
		every time.Duration // between two requests
		at    int           // the request that opens the next connection
	}{
		{"thousands a second", 100 * time.Microsecond, half},
		{"a hundred a second", 10 * time.Millisecond, half},
		{"ten a second, with 23 left", 100 * time.Millisecond, int(RongCloud.MaxRequests) - 23 + 1},
		{"two a second", 500 * time.Millisecond, last},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := New(RongCloud, time.Second, nil)
			p.Base.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			defer p.CloseIdleConnections()
			learn(p, 2)
			at := 0
			for i := 1; at == 0; i++ {
				require.Less(t, i, int(RongCloud.MaxRequests), c.name)
				time.Sleep(c.every)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				g := p.Take(ctx, time.Now(), api)
				g.Done()
				cancel()
				if g.route.countAhead() > 0 {
					at = i
				}
			}
			require.Equal(t, c.at, at, c.name)
		})
	}
}
