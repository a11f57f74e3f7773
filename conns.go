package rongcloud

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// connLimits is RongCloud's rule for connections, with some room: fewer than 80 requests and less
// than 60 s of life each, idle for less than 55 s, so that its load balancers can move clients on.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
type connLimits struct {
	maxRequests int64
	maxAge      time.Duration // requests in flight included
	maxIdle     time.Duration
	longest     time.Duration // a request that may take longer than this can outlive maxAge
}

var rongCloudLimits = connLimits{maxRequests: 75, maxAge: 58 * time.Second, maxIdle: 50 * time.Second, longest: 48 * time.Second}

// sweepPause lies between two looks at what a retired generation has left open.
const sweepPause = time.Second

// longestAwait is how long a request waits for a connection that another one opens, before it
// opens its own.
const longestAwait = time.Second

// idleConnsPerHost lets 128 parallel callers keep their connections; a client has one or two hosts.
const idleConnsPerHost = 128

var dialTCP = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext

// pool makes the connections of a client that was not given an HTTP client. net/http limits how
// long a connection lies idle, but neither its life nor its requests, and an idle connection is
// closed safely by its transport only, which closes all of them. So requests go through one
// generation of connections after another. A generation is a transport of its own. It takes a
// request only if that will have ended, at its deadline, before the generation's oldest connection
// is too old. When it is retired its idle connections are closed at once and the others as their
// requests end.
//
// Requests are counted for each connection (lastRequest). Over HTTP/2, where many requests may be
// given one connection at the same moment, they are counted for the whole generation too, as long
// as it is not known that the server speaks HTTP/1.1.
type pool struct {
	limits         connLimits
	attemptTimeout time.Duration   // the time that an attempt is given if its call asks for no other
	base           *http.Transport // a generation's transport is a copy; it carries itself what goes to other hosts than the API's
	httpMajor      atomic.Int32    // the major version of HTTP of the last answer; 0 before the first

	mu      sync.Mutex
	current *generation
}

type generation struct {
	transport *http.Transport
	end       time.Time // what uses it must be over by then
	requests  int64
	users     atomic.Int64 // requests, connections, and dials under way
	timer     *time.Timer

	// For HTTP/2, whose requests share a connection: the first request opens it and the others
	// wait. Else all would dial.
	shared bool
	open   chan struct{}
	opened sync.Once
}

// newPool makes a pool whose connections use TLS by the caller's settings, which may be nil.
func newPool(limits connLimits, attemptTimeout time.Duration, settings *tls.Config) *pool {
	return &pool{limits: limits, attemptTimeout: attemptTimeout, base: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialTCP,
		TLSClientConfig:     newTLSConfig(settings),
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: idleConnsPerHost,
		IdleConnTimeout:     limits.maxIdle,
	}}
}

func newTLSConfig(settings *tls.Config) *tls.Config {
	own := settings.Clone()
	if own == nil {
		own = &tls.Config{}
	}
	own.MinVersion = lowestTLS(own)
	own.NextProtos = nil // net/http's
	if own.ClientSessionCache == nil {
		// A connection that takes a retired one's place resumes its session instead of a full
		// handshake.
		own.ClientSessionCache = tls.NewLRUClientSessionCache(idleConnsPerHost)
	}
	return own
}

// take returns the generation for a request that begins now and ends with ctx at the latest. The
// request then gives it back with done.
func (p *pool) take(ctx context.Context, now time.Time) *generation {
	g, first := p.choose(ctx, now)
	if g.shared && !first {
		g.await(ctx)
	}
	return g
}

// choose tells also whether the request is the first one of its generation.
func (p *pool) choose(ctx context.Context, now time.Time) (*generation, bool) {
	deadline, limited := ctx.Deadline()
	if longest := now.Add(p.limits.longest); !limited || deadline.After(longest) {
		deadline = longest
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.current
	http1 := p.httpMajor.Load() == 1
	if g == nil || deadline.After(g.end) || !http1 && g.requests >= p.limits.maxRequests || http1 && g.shared {
		if g != nil {
			g.timer.Reset(0) // not here: to close a connection can take a while
		}
		g = p.begin(now)
	}
	g.requests++
	g.users.Add(1)
	return g, g.requests == 1
}

// begin starts a generation; p.mu is held.
func (p *pool) begin(now time.Time) *generation {
	p.current = p.newGeneration(now, p.limits.maxAge-min(p.attemptTimeout, p.limits.longest))
	p.current.shared = p.httpMajor.Load() == 2
	return p.current
}

// alone returns a generation for one request. Nobody else's request can then make the server close
// its connection.
func (p *pool) alone(now time.Time) *generation {
	g := p.newGeneration(now, sweepPause)
	g.users.Add(1)
	return g
}

// newGeneration returns one that is retired after the given time.
func (p *pool) newGeneration(now time.Time, life time.Duration) *generation {
	g := &generation{transport: p.base.Clone(), end: now.Add(p.limits.maxAge), open: make(chan struct{})}
	dial := g.transport.DialContext
	g.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		g.users.Add(1)
		conn, err := dial(ctx, network, address)
		if err != nil {
			g.users.Add(-1)
			return nil, err
		}
		return &countedConn{Conn: conn, generation: g, maxRequests: p.limits.maxRequests}, nil
	}
	g.timer = time.AfterFunc(life, func() { p.retire(g) })
	return g
}

// learn notes the major version of HTTP of an answer.
func (p *pool) learn(major int) {
	if version := int32(major); version != p.httpMajor.Load() { //nolint:gosec // a small number
		p.httpMajor.Store(version)
	}
}

// await waits, in a shared generation, for the connection that its first request opens.
func (g *generation) await(ctx context.Context) {
	select {
	case <-g.open:
		return
	default:
	}
	hangs := time.NewTimer(longestAwait)
	defer hangs.Stop()
	select {
	case <-g.open:
	case <-hangs.C:
	case <-ctx.Done():
	}
}

// ready ends the wait for the first connection: it is there, or it failed.
func (g *generation) ready() { g.opened.Do(func() { close(g.open) }) }

// done gives up a use of g.
func (g *generation) done() {
	g.ready()
	g.users.Add(-1)
}

// retire gives no more requests to g and closes what it has idle, until nothing is left.
func (p *pool) retire(g *generation) {
	p.mu.Lock()
	if p.current == g {
		p.current = nil
	}
	p.mu.Unlock()
	g.transport.CloseIdleConnections()
	if g.users.Load() > 0 {
		g.timer.Reset(sweepPause)
	}
}

// close closes all idle connections.
func (p *pool) close() {
	p.mu.Lock()
	g := p.current
	p.mu.Unlock()
	if g != nil {
		p.retire(g)
	}
	p.base.CloseIdleConnections()
}

// countedConn counts the requests it carries.
type countedConn struct {
	net.Conn
	generation  *generation
	maxRequests int64
	requests    atomic.Int64
	closed      atomic.Bool
}

// Close closes the connection, which then counts no more as a user of its generation.
func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.generation.done()
	}
	return c.Conn.Close()
}

// lastRequest counts a request that conn is about to carry, and tells whether it is to be the
// connection's last. Connections of foreign transports have no limits.
func lastRequest(conn net.Conn) bool {
	for {
		switch c := conn.(type) {
		case *countedConn:
			c.generation.ready()
			return c.requests.Add(1) >= c.maxRequests
		case interface{ NetConn() net.Conn }: // TLS, perhaps within TLS for a proxy
			conn = c.NetConn()
		default:
			return false
		}
	}
}
