package connpool

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// longestOpening is how long a connection that is opened ahead may take.
const longestOpening = 5 * time.Second

// openingPause is how long nothing is opened ahead after a failure: of dialing, a proxy, the
// handshake, or the connection while it waited.
const openingPause = time.Second

// opening opens the connection of a generation ahead through net/http itself, with its proxies and
// its protocol negotiation: a request asks for a connection and is cancelled before it is written.
// net/http keeps the connection of a cancelled request as an idle one.
type opening struct {
	// ends at the time limit, or when the connection is no longer wanted
	ctx         context.Context
	cancel      context.CancelFunc
	keep        func() bool // stops ctx from closing the connection
	established bool        // guarded by the pool's mutex
}

type openingKey struct{}

// openingOf returns the opening that a connection is dialed for, or nil.
func openingOf(ctx context.Context) *opening {
	o, _ := ctx.Value(openingKey{}).(*opening)
	return o
}

// openAhead begins to open a generation with one connection. The caller holds the pool's mutex.
func (r *route) openAhead(now time.Time) {
	if now.Before(r.resume) {
		return
	}
	g := r.begin(now)
	g.role = ahead
	g.opening = &opening{}
	g.opening.ctx, g.opening.cancel = context.WithTimeout(context.Background(), longestOpening)
	r.ahead = append(r.ahead, g)
	g.users.Add(1)
	go func() {
		defer g.users.Add(-1)
		g.connect()
	}()
}

// connect opens the connection of a generation ahead. If that fails, the generation is dropped,
// unless it has got requests meanwhile, which then dial themselves.
func (g *Generation) connect() {
	o, p := g.opening, g.route.pool
	defer o.cancel()
	established := o.open(g)
	p.mu.Lock()
	o.established = established
	_, live := g.route.live[g]
	unwanted := !live || !established && g.role == ahead
	if live && !established {
		g.route.resume = time.Now().Add(openingPause)
	}
	p.mu.Unlock()
	g.ready()
	if unwanted {
		g.retire()
	}
}

// open reports whether g now has an unused connection.
func (o *opening) open(g *Generation) bool {
	ctx, leave := context.WithCancel(context.WithValue(o.ctx, openingKey{}, o))
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, g.route.to.scheme+"://"+g.route.to.host+"/", nil)
	if err != nil {
		return false
	}
	handshakes := 1
	if g.route.proxyScheme(req) == "https" {
		handshakes = 2 // the first is the proxy's
	}
	var established atomic.Bool
	left := make(chan struct{})
	trace := &httptrace.ClientTrace{
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			handshakes--
			if err != nil || handshakes > 0 {
				return
			}
			kept := o.keep()
			if state.NegotiatedProtocol == "h2" {
				return // to GotConn
			}
			// HTTP/1.1 writes any request it gets, so the request must be cancelled before the
			// connection is established.
			established.Store(kept)
			leave()
			<-left
		},
		GotConn: func(httptrace.GotConnInfo) {
			// HTTP/2 checks the context before it writes.
			established.Store(true)
			leave()
		},
	}
	resp, err := g.Transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	close(left)
	if err == nil {
		_ = resp.Body.Close()
	}
	return established.Load()
}

// proxyScheme returns the scheme of the proxy that a request goes through, or "".
func (r *route) proxyScheme(req *http.Request) string {
	if r.pool.Base.Proxy == nil {
		return ""
	}
	proxy, err := r.pool.Base.Proxy(req)
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Scheme
}
