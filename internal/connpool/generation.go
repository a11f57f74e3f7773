package connpool

import (
	"context"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Generation is the transport of some requests, which are over before it is too old.
type Generation struct {
	Transport *http.Transport

	route *route
	begun time.Time
	dusk  time.Time    // from then on a request has a successor opened
	end   time.Time    // what uses it must be over by then
	users atomic.Int64 // requests, connections, and dials under way
	timer *time.Timer

	// Guarded by the pool's mutex.
	requests int64
	busy     int64                     // requests in flight
	held     map[*countedConn]struct{} // open connections
	conns    int64                     // those of them that may take another request
	due      int64                     // those of them that are near their last one
	role     role
	opening  *opening // its first connection was opened ahead

	// For HTTP/2, whose requests share a connection: the first request opens it and the others
	// wait. Else all would dial.
	shared bool
	open   chan struct{}
	opened sync.Once
}

// role is what a generation is to its route.
type role int

const (
	serving role = iota // it takes what comes, or is done with
	ahead               // opened ahead, and not used yet
	lane                // opened ahead, with one connection for one HTTP/1.1 request at a time
)

// dial opens a connection of g and counts it.
func (g *Generation) dial(ctx context.Context, network, address string) (net.Conn, error) {
	p := g.route.pool
	g.users.Add(1)
	o := openingOf(ctx)
	if o != nil {
		ctx = o.ctx
	}
	raw, err := p.Base.DialContext(ctx, network, address)
	if err != nil {
		g.users.Add(-1)
		return nil, err
	}
	conn := &countedConn{Conn: raw, generation: g}
	p.mu.Lock()
	g.held[conn] = struct{}{}
	g.conns++
	p.mu.Unlock()
	if o != nil {
		o.keep = context.AfterFunc(o.ctx, func() { _ = conn.Close() })
	}
	return conn, nil
}

// Learn notes the major version of HTTP of an answer.
func (g *Generation) Learn(major int) {
	if version := int32(major); version != g.route.httpMajor.Load() { //nolint:gosec // a small number
		g.route.httpMajor.Store(version)
	}
}

// await waits, in a shared generation, for the connection that another one opens.
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
	p := g.route.pool
	p.mu.Lock()
	g.busy--
	g.route.rest(g)
	p.mu.Unlock()
	g.users.Add(-1)
}

// retire gives no more requests to g and closes what it has idle, until nothing is left.
func (g *Generation) retire() {
	p := g.route.pool
	p.mu.Lock()
	g.route.drop(g)
	p.mu.Unlock()
	if g.opening != nil {
		g.opening.cancel()
	}
	g.Transport.CloseIdleConnections()
	g.closeForgotten()
	if g.users.Load() > 0 {
		g.timer.Reset(sweepPause)
	}
}

// closeForgotten closes what is open of a retired generation that has no request. Of a connection
// that an HTTP/2 server wants to end, but does not, net/http knows no more when it closes the idle
// ones.
func (g *Generation) closeForgotten() {
	p := g.route.pool
	p.mu.Lock()
	var forgotten []*countedConn
	if g.busy == 0 {
		forgotten = slices.Collect(maps.Keys(g.held))
	}
	p.mu.Unlock()
	for _, conn := range forgotten {
		_ = conn.Close()
	}
}

// countedConn counts the requests it carries.
type countedConn struct {
	net.Conn
	generation *Generation
	requests   atomic.Int64
	closed     atomic.Bool

	// Guarded by the pool's mutex.
	due   bool // it is near its end
	spent bool // it takes no more requests
}

// Close closes the connection, which then counts no more as a user of its generation.
func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		g := c.generation
		g.ready()
		p := g.route.pool
		p.mu.Lock()
		delete(g.held, c)
		g.route.leave(c)
		p.mu.Unlock()
		g.users.Add(-1)
	}
	return c.Conn.Close()
}

// carry counts a request and reports whether it is the last one.
func (c *countedConn) carry() bool {
	g := c.generation
	g.ready()
	limits := &g.route.pool.limits
	n := c.requests.Add(1)
	last := n >= limits.MaxRequests
	if last || g.route.opensAhead() && (n >= limits.MaxRequests-limits.Ahead || !time.Now().Before(g.dusk)) {
		g.route.nearEnd(c, last)
	}
	return last
}

// LastRequest counts a request that conn is about to carry, and tells whether it is to be the
// connection's last. Connections of foreign transports have no limits.
func LastRequest(conn net.Conn) bool {
	for {
		switch c := conn.(type) {
		case *countedConn:
			return c.carry()
		case interface{ NetConn() net.Conn }: // TLS, perhaps within TLS for a proxy
			conn = c.NetConn()
		default:
			return false
		}
	}
}
