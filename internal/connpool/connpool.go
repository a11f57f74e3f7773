// Package connpool keeps RongCloud's rule for connections: each carries fewer than 80 requests and
// is gone within a minute, and none is closed under a request. It promises besides that no call
// fails because a connection is retired, and that nothing is left behind by CloseIdleConnections
// but what is in use.
package connpool

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound the connections of a [Pool].
type Limits struct {
	MaxRequests int64
	MaxAge      time.Duration // requests in flight included
	MaxIdle     time.Duration
	Longest     time.Duration // a request that may take longer than this can outlive MaxAge
}

// RongCloud is RongCloud's rule, with some room: fewer than 80 requests and less than 60 s of life
// each, idle for less than 55 s, so that its load balancers can move clients on.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
var RongCloud = Limits{MaxRequests: 75, MaxAge: 58 * time.Second, MaxIdle: 50 * time.Second, Longest: 48 * time.Second}

// sweepPause lies between two looks at what a retired generation has left open.
const sweepPause = time.Second

// longestAwait is how long a request waits for a connection that another one opens, before it
// opens its own.
const longestAwait = time.Second

// idleConnsPerHost lets 128 parallel callers keep their connections; a client has one or two hosts.
const idleConnsPerHost = 128

var dialTCP = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext

// Pool makes the connections of a client that was not given an HTTP client. net/http limits how
// long a connection lies idle, but neither its life nor its requests, and an idle connection is
// closed safely by its transport only, which closes all of them. So requests go through one
// generation of connections after another. A generation is a transport of its own. It takes a
// request only if that will have ended, at its deadline, before the generation's oldest connection
// is too old. When it is retired its idle connections are closed at once and the others as their
// requests end.
//
// Requests are counted for each connection (LastRequest). Over HTTP/2, where many requests may be
// given one connection at the same moment, they are counted for the whole generation too, as long
// as it is not known that the server speaks HTTP/1.1.
type Pool struct {
	// Base is what a generation's transport is copied from. Itself it carries what goes to other
	// hosts than the API's.
	Base *http.Transport

	limits         Limits
	attemptTimeout time.Duration // the time that an attempt is given if its call asks for no other
	httpMajor      atomic.Int32  // the major version of HTTP of the last answer; 0 before the first

	mu      sync.Mutex
	current *Generation
}

// Generation is the transport of some requests, which are over before it is too old.
type Generation struct {
	Transport *http.Transport
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

// New makes a pool whose connections use TLS by the caller's settings, which may be nil.
func New(limits Limits, attemptTimeout time.Duration, settings *tls.Config) *Pool {
	return &Pool{limits: limits, attemptTimeout: attemptTimeout, Base: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialTCP,
		TLSClientConfig:     newTLSConfig(settings),
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: idleConnsPerHost,
		IdleConnTimeout:     limits.MaxIdle,
	}}
}

func newTLSConfig(settings *tls.Config) *tls.Config {
	own := settings.Clone()
	if own == nil {
		own = &tls.Config{}
	}
	own.MinVersion = LowestTLS(own)
	own.NextProtos = nil // net/http's
	if own.ClientSessionCache == nil {
		// A connection that takes a retired one's place resumes its session instead of a full
		// handshake.
		own.ClientSessionCache = tls.NewLRUClientSessionCache(idleConnsPerHost)
	}
	return own
}

// LowestTLS is the lowest version of TLS that settings allow.
func LowestTLS(settings *tls.Config) uint16 {
	if settings.MinVersion != 0 {
		return settings.MinVersion
	}
	return tls.VersionTLS12
}

// Take returns the generation for a request that begins now and ends with ctx at the latest. The
// request then gives it back with Done.
func (p *Pool) Take(ctx context.Context, now time.Time) *Generation {
	g, first := p.choose(ctx, now)
	if g.shared && !first {
		g.await(ctx)
	}
	return g
}

// choose tells also whether the request is the first one of its generation.
func (p *Pool) choose(ctx context.Context, now time.Time) (*Generation, bool) {
	deadline, limited := ctx.Deadline()
	if longest := now.Add(p.limits.Longest); !limited || deadline.After(longest) {
		deadline = longest
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.current
	http1 := p.httpMajor.Load() == 1
	if g == nil || deadline.After(g.end) || !http1 && g.requests >= p.limits.MaxRequests || http1 && g.shared {
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
func (p *Pool) begin(now time.Time) *Generation {
	p.current = p.newGeneration(now, p.limits.MaxAge-min(p.attemptTimeout, p.limits.Longest))
	p.current.shared = p.httpMajor.Load() == 2
	return p.current
}

// Alone returns a generation for one request. Nobody else's request can then make the server close
// its connection.
func (p *Pool) Alone(now time.Time) *Generation {
	g := p.newGeneration(now, sweepPause)
	g.users.Add(1)
	return g
}

// newGeneration returns one that is retired after the given time.
func (p *Pool) newGeneration(now time.Time, life time.Duration) *Generation {
	g := &Generation{Transport: p.Base.Clone(), end: now.Add(p.limits.MaxAge), open: make(chan struct{})}
	dial := g.Transport.DialContext
	g.Transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		g.users.Add(1)
		conn, err := dial(ctx, network, address)
		if err != nil {
			g.users.Add(-1)
			return nil, err
		}
		return &countedConn{Conn: conn, generation: g, maxRequests: p.limits.MaxRequests}, nil
	}
	g.timer = time.AfterFunc(life, func() { p.retire(g) })
	return g
}

// Learn notes the major version of HTTP of an answer.
func (p *Pool) Learn(major int) {
	if version := int32(major); version != p.httpMajor.Load() { //nolint:gosec // a small number
		p.httpMajor.Store(version)
	}
}

// await waits, in a shared generation, for the connection that its first request opens.
func (g *Generation) await(ctx context.Context) {
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
func (g *Generation) ready() { g.opened.Do(func() { close(g.open) }) }

// Done gives up a use of g.
func (g *Generation) Done() {
	g.ready()
	g.users.Add(-1)
}

// retire gives no more requests to g and closes what it has idle, until nothing is left.
func (p *Pool) retire(g *Generation) {
	p.mu.Lock()
	if p.current == g {
		p.current = nil
	}
	p.mu.Unlock()
	g.Transport.CloseIdleConnections()
	if g.users.Load() > 0 {
		g.timer.Reset(sweepPause)
	}
}

// CloseIdleConnections closes all idle connections.
func (p *Pool) CloseIdleConnections() {
	p.mu.Lock()
	g := p.current
	p.mu.Unlock()
	if g != nil {
		p.retire(g)
	}
	p.Base.CloseIdleConnections()
}

// countedConn counts the requests it carries.
type countedConn struct {
	net.Conn
	generation  *Generation
	maxRequests int64
	requests    atomic.Int64
	closed      atomic.Bool
}

// Close closes the connection, which then counts no more as a user of its generation.
func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.generation.Done()
	}
	return c.Conn.Close()
}

// LastRequest counts a request that conn is about to carry, and tells whether it is to be the
// connection's last. Connections of foreign transports have no limits.
func LastRequest(conn net.Conn) bool {
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
