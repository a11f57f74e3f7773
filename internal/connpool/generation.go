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

// Generation is the transport of several requests, all of which end before it is too old.
type Generation struct {
	Transport *http.Transport

	route   *route
	begun   time.Time
	renewAt time.Time    // from then on, a request opens a successor
	end     time.Time    // all use must end by then
	users   atomic.Int64 // requests, connections, and dials in progress
	timer   *time.Timer

	// Guarded by the pool's mutex.
	requests int64
	busy     int64                     // requests in flight
	held     map[*countedConn]struct{} // open connections
	conns    int64                     // how many of them may take another request
	due      int64                     // how many of them are near their last request
	role     role
	opening  *opening // set if its first connection was opened ahead

	// For HTTP/2, whose requests share a connection: the first request opens it and the others
	// wait, otherwise all would dial.
	shared bool
	open   chan struct{}
	opened sync.Once
}

// role is what a generation is to its route.
type role int

const (
	serving role = iota // takes any request, until it is retired
	ahead               // opened ahead, not used yet
	lane                // opened ahead, with one connection for one HTTP/1.1 request at a time
)

// dial opens a connection for g and counts it.
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

// Learn records the major HTTP version of a response.
func (g *Generation) Learn(major int) {
	if version := int32(major); version != g.route.httpMajor.Load() { //nolint:gosec // a small number
		g.route.httpMajor.Store(version)
	}
}

// await waits, in a shared generation, for the connection that another request opens.
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

// ready ends the wait for the first connection: it is established, or it failed.
func (g *Generation) ready() { g.opened.Do(func() { close(g.open) }) }

// Done releases g after use.
func (g *Generation) Done() {
	g.ready()
	p := g.route.pool
	p.mu.Lock()
	g.busy--
	g.route.release(g)
	p.mu.Unlock()
	g.users.Add(-1)
}

// retire stops giving requests to g and closes its idle connections, until none are left.
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

// closeForgotten closes the remaining connections of a retired generation without requests. When
// net/http closes idle connections, it no longer knows about those for which an HTTP/2 server has
// sent GOAWAY without closing them.
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

// countedConn counts the requests it carries, and the bytes it takes.
type countedConn struct {
	net.Conn
	generation *Generation
	requests   atomic.Int64
	written    atomic.Int64
	closed     atomic.Bool

	// Guarded by the pool's mutex.
	due   bool // near its last request
	spent bool // takes no more requests
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// Close closes the connection, which then no longer counts as a user of its generation.
func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		g := c.generation
		g.ready()
		p := g.route.pool
		p.mu.Lock()
		delete(g.held, c)
		g.route.recordFull(c)
		p.mu.Unlock()
		g.users.Add(-1)
	}
	return c.Conn.Close()
}

// count counts a request and reports whether it is the last one.
func (c *countedConn) count() bool {
	g := c.generation
	g.ready()
	limits := &g.route.pool.limits
	n := c.requests.Add(1)
	last := n >= limits.MaxRequests
	if last || g.route.opensAhead() && (n >= limits.MaxRequests-limits.Ahead || !time.Now().Before(g.renewAt)) {
		g.route.nearEnd(c, last)
	}
	return last
}

// LastRequest counts a request that conn is about to carry, and reports whether it must be the
// connection's last. Connections of other transports have no limits.
func LastRequest(conn net.Conn) bool {
	c := counted(conn)
	return c != nil && c.count()
}

// Written returns how many bytes conn has taken, those of TLS included, or -1 if it is not a pool's
// connection.
func Written(conn net.Conn) int64 {
	c := counted(conn)
	if c == nil {
		return -1
	}
	return c.written.Load()
}

// counted returns the pool's connection that conn is or wraps, or nil.
func counted(conn net.Conn) *countedConn {
	for {
		switch c := conn.(type) {
		case *countedConn:
			return c
		case interface{ NetConn() net.Conn }: // TLS, perhaps within TLS for a proxy
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
