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

// openingPause is how long nothing is opened ahead after that has failed: dialing, a proxy, the
// handshake, or the connection while it waited.
const openingPause = time.Second

// opening is how the connection of a generation is opened ahead, by net/http itself, with its
// proxies and its choice of the protocol: a request asks for a connection and takes its leave
// before it is written. Of a request that was given up net/http keeps the connection, as an idle
// one.
type opening struct {
	ctx         context.Context // ends with the time for it, or when the connection is no longer wanted
	cancel      context.CancelFunc
	keep        func() bool // the connection is no longer closed when ctx ends
	established bool        // guarded by the pool's mutex
}

type openingKey struct{}

// openingOf returns the opening that a connection is dialed for, or nil.
func openingOf(ctx context.Context) *opening {
	o, _ := ctx.Value(openingKey{}).(*opening)
	return o
}

// openAhead begins to open a generation with one connection; the pool's mutex is held.
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

// connect opens the connection of a generation that is ahead. If that fails, the generation is
// dropped, unless requests have come to it meanwhile. They then dial for themselves.
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

// open reports whether g has a connection now, which nobody uses.
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
			// HTTP/1.1 writes what it is given, so the request must be gone before the connection
			// is there.
			established.Store(kept)
			leave()
			<-left
		},
		GotConn: func(httptrace.GotConnInfo) {
			// HTTP/2 looks at the context before it writes.
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
