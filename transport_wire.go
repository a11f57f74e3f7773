package rongcloud

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/rongcloud-go/rongcloud/internal/connpool"
)

// net/http repeats requests by its own rules: over HTTP/2 any request reset with PROTOCOL_ERROR,
// whether or not the server has carried it out, and over HTTP/1.1 every GET on a broken connection.
// Nothing but this package may repeat a request that a server may have seen, so these rules are
// disabled by withholding what they need:
//
//   - A body is given without GetBody. net/http then never repeats what it has begun to write, and
//     its error says why it would have: verdict reads from it what the server has not processed.
//   - A request without a body needs no GetBody to be repeated. Over HTTP/2 a POST gets a body of
//     no bytes. Where that is not possible, the attempt ends when net/http asks for a connection a
//     second time.

// writeTrace uses net/http's trace to follow how far the attempts of a call got. The hooks may be
// called from other goroutines and, after a timeout, late. With a transport that does not trace,
// nothing changes.
type writeTrace struct {
	state     atomic.Int32
	reused    atomic.Bool
	wrote     atomic.Bool  // the headers were written, at least into a buffer
	responded atomic.Bool  // the response began; known only for requests without a body
	replayed  atomic.Bool  // net/http was prevented from writing the request again
	begun     atomic.Int32 // how often a connection was given a request
	finished  atomic.Int32 // how often such a request was written or given up

	// The transport is net/http's own, which calls every hook, and calls GetConn and GotConn in
	// RoundTrip's goroutine.
	known bool
	h2c   bool     // a connection without TLS may speak HTTP/2
	conn  net.Conn // from the last GotConn of a known transport
	taken int64    // how many bytes conn had taken by then; see connpool.Written
}

const (
	untraced   int32 = iota // unknown: it may have been sent
	connecting              // no connection yet: nothing was sent
	sending                 // a connection has the request
)

// bodyReleased reports whether no transport reads the request's body any more.
func (w *writeTrace) bodyReleased() bool {
	return w.state.Load() != untraced && w.begun.Load() == w.finished.Load()
}

// unconnected reports whether no connection has been given the request.
func (w *writeTrace) unconnected() bool { return w.state.Load() == connecting && !w.wrote.Load() }

// begin prepares for one attempt.
func (w *writeTrace) begin(base http.RoundTripper) {
	_, w.known = base.(*http.Transport)
	w.h2c = speaksH2C(base)
	w.state.Store(untraced)
	w.reused.Store(false)
	w.wrote.Store(false)
	w.responded.Store(false)
	w.replayed.Store(false)
	w.conn = nil
}

// staleTries is how many reused connections may turn out to be closed before one takes a request.
// As long as nothing was written, this does not count as an attempt.
const staleTries = 4

// fullTries is how many connections may turn out to be full before one takes this request. Over
// HTTP/2 many requests are given the same connection at once, and only one of them gets its last
// slot. Nothing has been sent at that point, so the limit can be higher.
const fullTries = 16

// transmit writes the request at most once, and waits for the response's headers.
func (a *attemptTransport) transmit(ctx context.Context, base http.RoundTripper, c *call, req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return a.transmitWithoutBody(ctx, base, c, req)
	}
	w := &c.trace
	for stale, full := 1, 1; ; {
		again := stale+full > 2
		if again {
			c.renewHeader()
		}
		w.begin(base)
		sent := req.WithContext(httptrace.WithClientTrace(ctx, w.clientTrace(c.header)))
		if again {
			sent.Body = c.newBody()
		}
		resp, err := c.roundTrip(base, sent, req.Header)
		switch {
		case err == nil || ctx.Err() != nil:
			return resp, err
		case w.full(err) && full < fullTries:
			full++
		case w.reused.Load() && w.nothingWritten(err) && stale < staleTries:
			stale++
		default:
			return resp, err
		}
	}
}

// renewHeader prepares new headers for another connection. net/http may still read the old ones, as
// it does over HTTP/2 after a request was taken back.
func (c *call) renewHeader() {
	c.header = maps.Clone(c.header)
	delete(c.header, "Connection")
}

func (c *call) roundTrip(base http.RoundTripper, sent *http.Request, jar http.Header) (*http.Response, error) {
	sent.Header = c.header
	maps.Copy(sent.Header, jar) // cookies, if the caller's client has a jar
	sent.GetBody = nil          // so that net/http does not send it again
	// An http.Client's timeout sets Cancel as well as the context, but only the context says why.
	sent.Cancel = nil //nolint:staticcheck // see above
	if c.wrapped == nil {
		return base.RoundTrip(sent)
	}
	c.passed.Store(false)
	resp, err := c.wrapped.RoundTrip(sent)
	if !c.passed.Swap(true) && err != nil { // a wrapper refused it
		c.trace.state.Store(connecting)
	}
	return resp, err
}

// poolTransport is what the caller's wrappers wrap: the attempt's connections.
type poolTransport struct{}

var (
	errOtherContext = ownError("a wrapper does not keep the request's context")
	errSentTwice    = ownError("a wrapper sends the request twice")
)

// RoundTrip passes the request to the connections. A wrapper may have copied it, so its headers are
// copied into the original ones, in which the end of a connection is recorded.
func (poolTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	switch {
	case c == nil || c.inner == nil:
		return nil, errOtherContext
	case c.passed.Swap(true):
		return nil, errSentTwice
	}
	copied := req.WithContext(req.Context())
	copied.GetBody = nil // a wrapper may have made a new request; see transmit
	if reflect.ValueOf(req.Header).Pointer() != reflect.ValueOf(c.header).Pointer() {
		clear(c.header)
		maps.Copy(c.header, req.Header)
		copied.Header = c.header
	}
	return c.inner.RoundTrip(copied)
}

// transmitWithoutBody sends a request without a body, or a POST over HTTP/2 with an empty body,
// which HTTP/1.1 would send in chunks. If the connection turns out to speak the other version, the
// POST is taken back before any of it is written, and sent again.
func (a *attemptTransport) transmitWithoutBody(ctx context.Context, base http.RoundTripper, c *call, req *http.Request) (*http.Response, error) {
	post := req.Method == http.MethodPost
	empty := post && a.http2.Load()
	for full := 1; ; {
		c.trace.begin(base)
		try := &noBodyTrace{trace: &c.trace, post: post, empty: empty}
		var bounded context.Context
		bounded, try.stop = context.WithCancel(ctx)
		sent := req.WithContext(httptrace.WithClientTrace(bounded, try.clientTrace(c.header)))
		if try.empty {
			sent.Body = emptyBody{}
		}
		resp, err := c.roundTrip(base, sent, req.Header)
		if err == nil && req.URL.Scheme == "https" {
			a.http2.Store(resp != nil && resp.ProtoMajor == 2)
		}
		switch {
		case err == nil || ctx.Err() != nil:
			return resp, err
		case try.resend.Load():
			empty = !empty
			a.http2.Store(empty)
		case c.trace.full(err) && full < fullTries:
			full++
		default:
			return resp, err
		}
		c.renewHeader()
	}
}

// emptyBody is an empty body that net/http does not treat as no body.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }

// clientTrace returns the hooks for an attempt that is about to be sent with header.
func (w *writeTrace) clientTrace(header http.Header) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { w.getConn() },
		GotConn:      func(info httptrace.GotConnInfo) { w.gotConn(info, header) },
		WroteHeaders: func() { w.wrote.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { w.finished.Add(1) },
	}
}

// getConn records that the transport wants a connection. The second time means that the previous
// one took nothing of the request, but only for a transport known to have no other reason to ask.
func (w *writeTrace) getConn() {
	if w.state.Load() == untraced || w.known && !w.wrote.Load() {
		w.state.Store(connecting)
	}
}

func (w *writeTrace) gotConn(info httptrace.GotConnInfo, header http.Header) {
	w.state.Store(sending)
	w.reused.Store(info.Reused)
	w.begun.Add(1)
	if w.known {
		w.conn, w.taken = info.Conn, connpool.Written(info.Conn)
	}
	if connpool.LastRequest(info.Conn) {
		// The request is not written yet. The server will close the connection after its response.
		header["Connection"] = closeConnection
	}
}

var closeConnection = []string{"close"}

// noBodyTrace follows a request without a body.
type noBodyTrace struct {
	trace *writeTrace
	// The request's headers when a connection is wanted.
	header http.Header
	// Over HTTP/1.1, net/http repeats a POST only if it wrote nothing of it; see keyed.
	post bool
	// Sent with an empty body.
	empty bool
	http1 atomic.Bool
	// To be sent again, with an empty body or without one.
	resend atomic.Bool
	stop   context.CancelFunc
}

func (t *noBodyTrace) clientTrace(header http.Header) *httptrace.ClientTrace {
	w := t.trace
	t.header = header
	trace := w.clientTrace(header)
	trace.GetConn = func(string) {
		if t.unwritten() {
			w.wrote.Store(false)
		}
		if w.wrote.Load() && !w.responded.Load() {
			t.preventReplay(nil)
			return
		}
		w.getConn()
	}
	trace.GotConn = func(info httptrace.GotConnInfo) {
		major := httpMajor(info.Conn, w.h2c)
		t.http1.Store(major == 1)
		switch {
		case w.replayed.Load(), w.wrote.Load() && !w.responded.Load():
			t.preventReplay(info.Conn)
		case t.post && !t.empty && major == 2, t.empty && major == 1:
			t.resend.Store(true)
			t.takeBack(info.Conn)
		default:
			w.gotConn(info, header)
		}
	}
	trace.GotFirstResponseByte = func() { w.responded.Store(true) }
	return trace
}

// unwritten reports whether the connection being given up took nothing of the request.
func (t *noBodyTrace) unwritten() bool {
	return t.trace.known && t.post && t.http1.Load() && !t.trace.replayed.Load() && !hasIdempotencyKey(t.header)
}

// hasIdempotencyKey reports whether net/http believes that a request may be written twice, because
// a header set by the caller or a wrapper says that the server detects repeats. RongCloud does
// not.
func hasIdempotencyKey(header http.Header) bool {
	return header["Idempotency-Key"] != nil || header["X-Idempotency-Key"] != nil
}

// preventReplay ends an attempt that net/http wants to write again.
func (t *noBodyTrace) preventReplay(conn net.Conn) {
	t.trace.replayed.Store(true)
	t.takeBack(conn)
}

// takeBack ends an attempt before it is written. HTTP/2 checks the context before it writes;
// HTTP/1.1 does not, so its connection is closed.
func (t *noBodyTrace) takeBack(conn net.Conn) {
	t.stop()
	if conn != nil && httpMajor(conn, t.trace.h2c) == 1 {
		_ = conn.Close()
	}
}

// httpMajor is the version of HTTP that a connection speaks, or 0 if unknown.
func httpMajor(conn net.Conn, h2c bool) int {
	secured, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	switch {
	case ok && secured.ConnectionState().NegotiatedProtocol == "h2":
		return 2
	case ok, conn != nil && !h2c:
		return 1
	default:
		return 0
	}
}

// speaksH2C reports whether base may speak HTTP/2 without TLS.
func speaksH2C(base http.RoundTripper) bool {
	transport, ok := base.(*http.Transport)
	return !ok || transport.Protocols != nil && transport.Protocols.UnencryptedHTTP2()
}

// verdict is what the failure of an attempt implies, if its time was not up.
type verdict struct {
	err         error
	unsent      bool // the server cannot have carried the request out
	unprocessed bool // the server says that it has not processed it, and is not failing
	reset       bool // the server reset this one request
}

// Error texts of net/http's HTTP/2, which has no types for these errors. If a Go version changes a
// text, it is no longer recognised, and the outcome is then unknown; TestHTTP2ErrorTexts detects
// this.
const (
	replayPrefix   = "http2: Transport: cannot retry err ["
	replaySuffix   = "] after Request.Body was written; define Request.GetBody to avoid this error"
	gracefulGoAway = "http2: Transport received Server's graceful shutdown GOAWAY"
	firstGoAway    = "http2: Transport received GOAWAY from server ErrCode:"
	streamError    = "stream error: stream ID "
	cannotRewind   = "net/http: cannot rewind body after connection loss"
	refusedStream  = "; REFUSED_STREAM; received from peer"
)

var (
	errGoAway        = ownError("the server closed the connection before it processed the request (GOAWAY)")
	errRefusedStream = ownError("the server refused to process the request (REFUSED_STREAM)")
	errFull          = ownError("no connection took the request")
	errReplay        = ownError("the connection broke after the request was written")
)

// classify interprets the failure of an attempt whose time was not up. Err comes from a transport;
// only its whole text is compared, since parts of it may come from the server.
func (w *writeTrace) classify(err error) verdict {
	text := err.Error()
	inner, wrapped := strings.CutPrefix(text, replayPrefix)
	if wrapped {
		inner, wrapped = strings.CutSuffix(inner, replaySuffix)
	}
	if !wrapped {
		inner = text
	}
	switch {
	case w.replayed.Load():
		return verdict{err: errReplay}
	case wrapped && inner == gracefulGoAway:
		return verdict{err: errGoAway, unsent: true, unprocessed: true}
	case wrapped && isRefusedStream(inner):
		return verdict{err: errRefusedStream, unsent: true, unprocessed: true}
	case isFirstGoAway(text): // the connection's first request, and the server is failing
		return verdict{err: errGoAway, unsent: true, reset: true}
	case wrapped, strings.HasPrefix(text, streamError):
		return verdict{err: resetError(inner), reset: true}
	case w.full(err):
		return verdict{err: errFull, unsent: true}
	case w.unconnected(), w.nothingWritten(err):
		return verdict{err: err, unsent: true}
	default:
		return verdict{err: err}
	}
}

// isRefusedStream reports whether text is "stream error: stream ID 7; REFUSED_STREAM; received from
// peer", with any stream ID.
func isRefusedStream(text string) bool {
	id, ok := strings.CutPrefix(text, streamError)
	if !ok {
		return false
	}
	id, ok = strings.CutSuffix(id, refusedStream)
	return ok && id != "" && strings.Trim(id, "0123456789") == ""
}

// resetError returns an error with the code with which a stream was reset, from a text like "stream
// error: stream ID 7; CANCEL; received from peer".
func resetError(text string) error {
	_, code, _ := strings.Cut(text, "; ")
	code, _, _ = strings.Cut(code, ";")
	if strings.Trim(code, codeLetters) != "" {
		code = "unknown code"
	}
	return ownError("the server reset the request (" + code + ")")
}

// codeLetters are the characters of HTTP/2's error code names, and of numbers used instead.
const codeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789 "

// isFirstGoAway reports whether text is "http2: Transport received GOAWAY from server ErrCode:" and
// the name of a code.
func isFirstGoAway(text string) bool {
	code, ok := strings.CutPrefix(text, firstGoAway)
	return ok && code != "" && strings.Trim(code, codeLetters) == ""
}

// full reports whether the connection that was given the request could take no more requests.
// net/http then closes the body needlessly and gives up instead of taking the next connection. It
// reports a body without GetBody only where it would otherwise have continued, and nothing was
// written.
func (w *writeTrace) full(err error) bool {
	return w.known && !w.wrote.Load() && err.Error() == cannotRewind
}

// nothingWritten reports whether the connection broke before it took any of the request, as an idle
// one does that the server has just closed. This is known only for net/http's own transport, which
// returns only after it has stopped writing.
func (w *writeTrace) nothingWritten(err error) bool {
	switch {
	case !w.known || w.state.Load() != sending:
		return false
	case !w.wrote.Load():
		return true
	}
	if httpMajor(w.conn, w.h2c) != 1 {
		return false
	}
	if w.taken >= 0 && connpool.Written(w.conn) == w.taken {
		return true
	}
	// Over HTTP/1.1, net/http returns a write error unchanged, or as nothingWrittenError, if no
	// byte was taken, and wrapped with a text otherwise. If it returns the error of its reader,
	// which notices the same, only a connection of the pool says what was taken.
	var failed *net.OpError
	switch fmt.Sprintf("%T", err) {
	case "http.nothingWrittenError":
		return true
	case "*net.OpError", "*tls.permanentError":
		return errors.As(err, &failed) && failed.Op == "write"
	}
	return false
}
