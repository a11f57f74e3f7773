// Package connpool implements RongCloud's rule for connections: each carries fewer than 80
// requests and is closed within a minute, and none is closed during a request. It also promises
// that no call fails because a connection is retired, and that CloseIdleConnections leaves only
// connections in use.
package connpool

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Limits limit the connections of a [Pool].
type Limits struct {
	MaxRequests int64
	MaxAge      time.Duration // including requests in flight
	MaxIdle     time.Duration
	Longest     time.Duration // a request that may take longer than this can outlive MaxAge
	// how many requests before its last one a connection's successor is opened; 0: never
	Ahead int64
}

// RongCloud is RongCloud's rule, with a margin: fewer than 80 requests, less than 60 s of life and
// less than 55 s idle for each connection, so that its load balancers can move clients.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
var RongCloud = Limits{MaxRequests: 75, MaxAge: 58 * time.Second, MaxIdle: 50 * time.Second, Longest: 48 * time.Second, Ahead: 10}

// sweepPause is the time between two checks of what a retired generation has left open.
const sweepPause = time.Second

// longestAwait is how long a request waits for a connection that another request opens, before it
// opens its own.
const longestAwait = time.Second

// idleConnsPerHost lets 128 parallel callers keep their connections; a client uses one or two
// hosts.
const idleConnsPerHost = 128

var dialTCP = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext

// Pool makes the connections of a client that was not given an HTTP client. net/http limits how
// long a connection is idle, but neither its age nor its number of requests, and only its
// transport can close an idle connection safely, by closing all of them. So requests go through
// one generation of connections after another. Each generation has its own transport. It accepts a
// request only if the request's deadline is before its oldest connection becomes too old. When it
// is retired, its idle connections are closed at once and the others as their requests end.
//
// Requests are counted per connection (LastRequest). Over HTTP/2, where many requests may get one
// connection at the same moment, they are also counted per generation, until the server is known
// to speak HTTP/1.1.
//
// A TLS connection's successor is opened before it is used up, so that no request waits for a
// handshake. See [route].
type Pool struct {
	// Base is the transport that generations copy. It carries requests to hosts other than the
	// API's.
	Base *http.Transport

	limits         Limits
	attemptTimeout time.Duration // the default time limit of an attempt

	mu     sync.Mutex // guards the pool, its routes and their generations
	routes map[address]*route
}

// address is the target of a route.
type address struct{ scheme, host string }

// New returns a pool whose connections use the caller's TLS settings, which may be nil.
func New(limits Limits, attemptTimeout time.Duration, settings *tls.Config) *Pool {
	return &Pool{limits: limits, attemptTimeout: attemptTimeout, routes: map[address]*route{}, Base: &http.Transport{
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
	own.NextProtos = nil // net/http sets it
	if own.ClientSessionCache == nil {
		// A connection that replaces a retired one resumes its TLS session instead of making a
		// full handshake.
		own.ClientSessionCache = tls.NewLRUClientSessionCache(idleConnsPerHost)
	}
	return own
}

// LowestTLS returns the lowest version of TLS that settings allow.
func LowestTLS(settings *tls.Config) uint16 {
	if settings.MinVersion != 0 {
		return settings.MinVersion
	}
	return tls.VersionTLS12
}

// Take returns the generation for a request to a URL that begins now and ends with ctx at the
// latest. The caller must release it with Done.
func (p *Pool) Take(ctx context.Context, now time.Time, to *url.URL) *Generation {
	deadline, limited := ctx.Deadline()
	if longest := now.Add(p.limits.Longest); !limited || deadline.After(longest) {
		deadline = longest
	}
	g, opens := p.choose(address{to.Scheme, to.Host}, deadline, now)
	if g.shared && !opens {
		g.await(ctx)
	}
	return g
}

// choose also reports whether the request is the one that opens its generation's connection.
func (p *Pool) choose(to address, deadline, now time.Time) (*Generation, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.routes[to]
	if r == nil {
		r = newRoute(p, to)
		p.routes[to] = r
	}
	return r.choose(deadline, now)
}

// Alone returns a generation for one request only, so that no other request can make the server
// close its connection.
func (p *Pool) Alone(now time.Time) *Generation {
	g := newRoute(p, address{}).newGeneration(now, sweepPause)
	g.users.Add(1)
	p.mu.Lock()
	g.busy++
	p.mu.Unlock()
	return g
}

// CloseIdleConnections closes all idle connections, and those being opened ahead.
func (p *Pool) CloseIdleConnections() {
	p.mu.Lock()
	var all []*Generation
	for _, r := range p.routes {
		for g := range r.live {
			all = append(all, g)
		}
	}
	p.mu.Unlock()
	for _, g := range all {
		g.retire()
	}
	p.Base.CloseIdleConnections()
}
