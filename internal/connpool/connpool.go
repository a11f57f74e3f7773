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
	"net/url"
	"sync"
	"time"
)

// Limits bound the connections of a [Pool].
type Limits struct {
	MaxRequests int64
	MaxAge      time.Duration // requests in flight included
	MaxIdle     time.Duration
	Longest     time.Duration // a request that may take longer than this can outlive MaxAge
	Ahead       int64         // so many requests before its last a connection has its successor opened; 0: never
}

// RongCloud is RongCloud's rule, with some room: fewer than 80 requests and less than 60 s of life
// each, idle for less than 55 s, so that its load balancers can move clients on.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
var RongCloud = Limits{MaxRequests: 75, MaxAge: 58 * time.Second, MaxIdle: 50 * time.Second, Longest: 48 * time.Second, Ahead: 10}

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
//
// A connection with TLS has its successor opened before it is spent, so that no request waits for
// a handshake. See [route].
type Pool struct {
	// Base is what a generation's transport is copied from. Itself it carries what goes to other
	// hosts than the API's.
	Base *http.Transport

	limits         Limits
	attemptTimeout time.Duration // the time that an attempt is given if its call asks for no other

	mu     sync.Mutex // for all that belongs to the pool, its routes and their generations
	routes map[address]*route
}

// address is where a route leads.
type address struct{ scheme, host string }

// New makes a pool whose connections use TLS by the caller's settings, which may be nil.
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

// Take returns the generation for a request to a URL that begins now and ends with ctx at the
// latest. The request then gives it back with Done.
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

// choose reports also whether the request is the one that opens its generation's connection.
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

// Alone returns a generation for one request. Nobody else's request can then make the server close
// its connection.
func (p *Pool) Alone(now time.Time) *Generation {
	g := newRoute(p, address{}).newGeneration(now, sweepPause)
	g.users.Add(1)
	p.mu.Lock()
	g.busy++
	p.mu.Unlock()
	return g
}

// CloseIdleConnections closes all idle connections, and those that are being opened ahead.
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
