package rongcloud

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// attempter makes one attempt of a call. It hides CloseIdleConnections of its base, which go-retryablehttp calls after
// every failed call, so that one failure does not cost all others their connections.
type attempter struct {
	base http.RoundTripper
	own  *pool // in place of base, unless it is nil
}

// RoundTrip never fails: the outcome is in the call.
func (a *attempter) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	c.attempts++
	c.last = outcome{started: time.Now()}
	o := &c.last
	if info := c.config.capture; info != nil {
		info.Body = nil
	}

	if c.streaming {
		a.openStream(c, req)
	} else {
		a.exchange(c, req)
	}
	o.duration = time.Since(o.started)
	if o.broken || o.status >= 500 {
		o.switched = c.hosts().failed(c.turn)
	}
	c.maybeDone = c.maybeDone || o.maybeDone()
	if limiter := c.core.config.limiter; limiter != nil && o.rateLimited() {
		limiter.Refused(c.use(), o.after)
	}
	c.answer = http.Response{StatusCode: http.StatusOK, Header: o.header, Body: http.NoBody, Request: req}
	return &c.answer, nil
}

// exchange sends the request and judges the answer.
func (a *attempter) exchange(c *call, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), c.config.attemptTimeout)
	defer cancel()
	resp, g, err := a.send(ctx, c, req)
	if g != nil {
		defer g.done()
	}
	if err != nil {
		c.noAnswer(ctx, err)
	} else {
		c.judge(ctx, resp)
	}
}

// send sends the request and waits for the headers of the answer. The generation of connections that it used, if it is
// the client's own, must be given back once the answer has been read.
func (a *attempter) send(ctx context.Context, c *call, req *http.Request) (*http.Response, *generation, error) {
	ctx = httptrace.WithClientTrace(ctx, c.wire.trace(c.header))
	base := a.base
	var g *generation
	if a.own != nil {
		g = a.own.take(ctx, c.last.started)
		base = g.transport
	}
	sent := req.WithContext(ctx)
	sent.Header = c.header
	maps.Copy(sent.Header, req.Header) // cookies, if the caller's client has a jar
	sent.Cancel = nil                  //nolint:staticcheck // an http.Client's timeout sets it beside the context, which alone tells why
	resp, err := base.RoundTrip(sent)
	c.last.reused = c.wire.reused.Load()
	switch {
	case err != nil:
		return nil, g, err
	case resp == nil:
		return nil, g, errors.New("the transport returned neither an answer nor an error")
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	if a.own != nil {
		a.own.learn(resp.ProtoMajor)
	}
	return resp, g, nil
}

// noAnswer records an attempt that failed before the answer's headers came.
func (c *call) noAnswer(ctx context.Context, err error) {
	o := &c.last
	o.unsent = c.wire.state.Load() == connecting
	o.err = c.cause(ctx, err)
	var timeout net.Error
	timedOut := errors.As(err, &timeout) && timeout.Timeout()
	// A stale connection says nothing about the host.
	o.stale = o.reused && !timedOut && ctx.Err() == nil
	o.broken = c.Err() == nil && !o.stale
}

// cause tells apart whose time ran out.
func (c *call) cause(ctx context.Context, err error) error {
	switch {
	case c.Err() != nil:
		return c.Err()
	case ctx.Err() != nil: // its own time, or that of the caller's HTTP client
		return &attemptTimeoutError{min(c.config.attemptTimeout, time.Since(c.last.started).Round(time.Millisecond))}
	default:
		return err
	}
}

// attemptTimeoutError is the end of an attempt's time. The caller's own deadline is reported as it is.
type attemptTimeoutError struct{ after time.Duration }

// Error says how long the attempt was given.
func (e *attemptTimeoutError) Error() string { return "no answer within " + e.after.String() }

// Timeout reports true, as net.Error has it.
func (e *attemptTimeoutError) Timeout() bool { return true }
func (e *attemptTimeoutError) Unwrap() error { return context.DeadlineExceeded }

// wire follows by net/http's trace how far the attempts of a call got. The hooks may be called from other goroutines
// and, after a timeout, late. A transport that does not trace leaves all as it was.
type wire struct {
	state    atomic.Int32
	reused   atomic.Bool
	begun    atomic.Int32 // how often a connection was given a request
	finished atomic.Int32 // how often such a request was written, or given up
}

const (
	untraced   int32 = iota // nothing is known: it may have been sent
	connecting              // no connection yet: nothing was sent
	sending                 // a connection has the request
)

// quiet tells that no transport reads the request's body any more.
func (w *wire) quiet() bool {
	return w.state.Load() != untraced && w.begun.Load() == w.finished.Load()
}

// trace returns the hooks of one attempt, which is about to be sent with header.
func (w *wire) trace(header http.Header) *httptrace.ClientTrace {
	w.state.Store(untraced)
	w.reused.Store(false)
	return &httptrace.ClientTrace{
		// After GotConn, net/http asks for another connection only if the first one took nothing of the request.
		GetConn: func(string) { w.state.Store(connecting) },
		GotConn: func(info httptrace.GotConnInfo) {
			w.state.Store(sending)
			w.reused.Store(info.Reused)
			w.begun.Add(1)
			if lastRequest(info.Conn) {
				// The request is not written yet. The server will close the connection after its answer.
				header["Connection"] = closeConnection
			}
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { w.finished.Add(1) },
	}
}

var closeConnection = []string{"close"}
