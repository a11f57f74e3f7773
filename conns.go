package rongcloud

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// connLimits keeps RongCloud's rule for connections: fewer than 80 requests and less than 60 s of life each, idle for
// less than 55 s, so that its load balancers can move clients on. net/http can limit idleness only, so the minute is
// divided: a connection takes new requests for maxAge, then may lie idle for maxIdle, and the rest is left
// to a last request of the usual length. The count leaves room for requests that HTTP/2 puts on a
// connection at the very moment when it is retired.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
type connLimits struct {
	maxRequests int64
	maxAge      time.Duration
	maxIdle     time.Duration
}

var rongCloudLimits = connLimits{maxRequests: 75, maxAge: 29 * time.Second, maxIdle: 20 * time.Second}

// idleConnsPerHost lets 128 parallel callers keep their connections; a client has one or two hosts.
const idleConnsPerHost = 128

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

var dialTCP = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext

// newTransport returns the transport of a client that was not given one of its own.
func newTransport(limits connLimits, dial dialFunc) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &limitedConn{Conn: conn, limits: limits, born: time.Now()}, nil
		},
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			// A connection that takes a retired one's place resumes its session instead of a full handshake.
			ClientSessionCache: tls.NewLRUClientSessionCache(idleConnsPerHost),
		},
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: idleConnsPerHost,
		IdleConnTimeout:     limits.maxIdle,
	}
}

// limitedConn counts the requests it carries.
type limitedConn struct {
	net.Conn
	limits   connLimits
	born     time.Time
	requests atomic.Int64
}

// lastRequest counts a request that conn is about to carry, and tells whether it is to be the
// connection's last. Connections of foreign transports have no limits.
func lastRequest(conn net.Conn) bool {
	for {
		switch c := conn.(type) {
		case *limitedConn:
			return c.requests.Add(1) >= c.limits.maxRequests || time.Since(c.born) >= c.limits.maxAge
		case interface{ NetConn() net.Conn }: // TLS, perhaps within TLS for a proxy
			conn = c.NetConn()
		default:
			return false
		}
	}
}
