package rongcloud

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/connpool"
)

// attemptTransport makes one attempt of a call. It hides its base's CloseIdleConnections, which
// go-retryablehttp calls after every failed call, so that one failure does not close the
// connections of all other calls.
type attemptTransport struct {
	base http.RoundTripper
	pool *connpool.Pool // used instead of base, unless nil

	wrapped http.RoundTripper // own with the caller's wrappers, if any

	// The last TLS connection spoke HTTP/2; known only from requests without a body.
	http2 atomic.Bool
}

// RoundTrip never returns an error: the outcome is in the call.
func (a *attemptTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	c.attempts++
	// The last attempt must not run into a closing connection again, so it gets one that is neither
	// shared nor idle.
	c.alone = c.last.stale && c.attempts > c.core.config.retry.MaxRetries
	c.last = outcome{started: time.Now()}
	o := &c.last
	if c.ep.Encoding != endpoint.Query {
		o.sent = int64(len(c.encoder.Buf))
		c.sent += o.sent
	}
	if info := c.config.capture; info != nil {
		info.Body = nil
	}

	if c.streaming {
		a.openStream(c, req)
	} else {
		a.exchange(c, req)
	}
	o.duration, o.over = time.Since(o.started), true
	if c.stream == nil { // otherwise it ends when the stream is closed
		c.received += o.received
	}
	if o.broken || o.status >= 500 {
		o.switched = c.hosts().failed(c.turn)
	}
	c.maybeDone = c.maybeDone || o.maybeDone()
	if limiter := c.core.config.limiter; limiter != nil && o.rateLimited() {
		limiter.Refused(c.use(), o.after)
	}
	c.response = http.Response{StatusCode: http.StatusOK, Header: o.header, Body: http.NoBody, Request: req}
	return &c.response, nil
}

// exchange sends the request and classifies the response.
func (a *attemptTransport) exchange(c *call, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), c.config.attemptTimeout)
	defer cancel()
	resp, g, err := a.send(ctx, c, req)
	if g != nil {
		defer g.Done()
	}
	if err != nil {
		c.recordFailure(ctx, err)
		return
	}
	c.classify(ctx, resp)
}

// send sends the request and waits for the response's headers. The generation of connections that
// it used, if it is the client's own, must be released once the response has been read.
func (a *attemptTransport) send(ctx context.Context, c *call, req *http.Request) (*http.Response, *connpool.Generation, error) {
	base := a.base
	var g *connpool.Generation
	if a.pool != nil {
		if c.alone {
			g = a.pool.Alone(c.last.started)
		} else {
			g = a.pool.Take(ctx, c.last.started, req.URL)
		}
		base = g.Transport
	}
	c.inner, c.wrapped = base, a.wrapped
	returned := false
	defer func() {
		if !returned && g != nil { // a wrapper panicked, and other calls wait for the connection
			g.Done()
		}
	}()
	resp, err := a.transmit(ctx, base, c, req)
	returned = true
	c.last.reused = c.trace.reused.Load()
	c.last.opened = !c.last.reused && c.trace.state.Load() == sending
	switch {
	case err != nil:
		return nil, g, err
	case resp == nil:
		return nil, g, errors.New("the transport returned neither a response nor an error")
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	if !c.trace.known || a.wrapped != nil {
		resp.Body = newBoundedBody(ctx, resp.Body)
	}
	if g != nil {
		g.Learn(resp.ProtoMajor)
	}
	return resp, g, nil
}

// recordFailure records an attempt that failed before the response's headers arrived.
func (c *call) recordFailure(ctx context.Context, err error) {
	o := &c.last
	o.err = c.cause(ctx, err)
	if ctx.Err() != nil && !c.trace.replayed.Load() {
		o.unsent = c.trace.unconnected()
		o.broken = c.Err() == nil
		return
	}
	verdict := c.trace.classify(err)
	o.unsent, o.unprocessed, o.err = verdict.unsent, verdict.unprocessed, verdict.err
	// A stale connection, or one that the server is about to close, says nothing about the health
	// of the host.
	o.stale = o.unprocessed || o.reused && !verdict.reset && !timedOut(err)
	o.broken = !o.stale
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// cause distinguishes whose time ran out.
func (c *call) cause(ctx context.Context, err error) error {
	switch {
	case c.Err() != nil:
		return c.Err()
	case ctx.Err() != nil: // the attempt's time, or that of the caller's HTTP client
		return &attemptTimeoutError{min(c.config.attemptTimeout, time.Since(c.last.started).Round(time.Millisecond))}
	default:
		return err
	}
}

// attemptTimeoutError means that an attempt's time ran out. The caller's own deadline is reported
// unchanged.
type attemptTimeoutError struct{ after time.Duration }

// Error says how much time the attempt had.
func (e *attemptTimeoutError) Error() string { return "no response within " + e.after.String() }

// Timeout returns true, for net.Error.
func (e *attemptTimeoutError) Timeout() bool { return true }
func (e *attemptTimeoutError) Unwrap() error { return context.DeadlineExceeded }
