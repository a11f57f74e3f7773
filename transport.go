package rongcloud

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// The way of one call. do validates and encodes the parameters, waits for the limiter and hands a signed request to
// go-retryablehttp, whose loop runs these hooks for every attempt:
//
//	attempter.RoundTrip   one attempt: send, read the whole answer, judge it
//	checkRetry            decide by class and outcome whether to go on, and how long to wait
//	backoff               that wait
//	prepareRetry          sign afresh, for the host now in use
//
// The attempt's outcome travels in the call, which is the context of its requests. To go-retryablehttp and
// net/http every attempt is a success, so that neither retries, follows or discards anything by rules of its own.

// call is the state of one call. It is the context of its requests.
type call struct {
	context.Context
	core   *core
	ep     *endpoint.Endpoint
	config callConfig
	out    any
	stream *stream // the answer, if it came as a stream

	encoder *encoder
	wire    wire

	class     endpoint.Class
	guarded   bool // a msgRandom lets the server refuse repeats
	streaming bool // the answer may be a stream
	maybeDone bool // an attempt may have been carried out
	requestID string
	started   time.Time

	attempts int
	header   http.Header // of the next attempt
	host     *host
	turn     uint64
	last     outcome
	wait     time.Duration
	answer   http.Response
}

type callKey struct{}

// Value makes the call known to the hooks.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// outcome is what became of one attempt.
type outcome struct {
	ok       bool
	status   int
	header   http.Header
	code     Code
	message  string
	body     string // first bytes of an answer that is not the API's
	err      error  // what kept the API's answer from us
	unsent   bool   // the server cannot have received the request
	reused   bool   // over a connection that had been used before
	broken   bool   // the connection failed, or the host did not answer in time
	switched bool   // calls now go to another host
	after    time.Duration
	started  time.Time
	duration time.Duration
}

// rateLimited tells a refusal that says by itself that nothing was done.
func (o *outcome) rateLimited() bool { return rateLimited(o.status, o.code) }

// rateLimited does not believe a code that comes with a 5xx: the request may have been carried out.
func rateLimited(status int, code Code) bool {
	return status == http.StatusTooManyRequests || status/100 != 5 && code.rateLimited()
}

// transient tells an outcome that a repeat may change.
func (o *outcome) transient() bool {
	return o.unsent || o.rateLimited() || o.status >= 500 || o.code.transient() ||
		o.err != nil && o.status/100 != 3 && o.status/100 != 4
}

// maybeDone tells an outcome after which the request may have been carried out.
func (o *outcome) maybeDone() bool {
	switch {
	case o.ok || o.unsent || o.rateLimited():
		return false
	case o.status >= 400 && o.status < 500, o.status == http.StatusTemporaryRedirect, o.status == http.StatusPermanentRedirect:
		return false // a refusal by definition
	case o.status >= 300:
		return true
	default:
		return o.err != nil || o.code.transient()
	}
}

// rawParams are the parameters of Client.Call.
type rawParams struct {
	form   url.Values
	json   any
	isForm bool
}

// send makes a call whose answer carries nothing. Params is a pointer to a struct, or nil.
func send(ctx context.Context, client *Client, ep *endpoint.Endpoint, params any, opts []CallOption) error {
	return client.core.do(ctx, ep, params, nil, opts)
}

// fetch makes a call and decodes its answer.
func fetch[T any](ctx context.Context, client *Client, ep *endpoint.Endpoint, params any, opts []CallOption) (*T, error) {
	out := new(T)
	if err := client.core.do(ctx, ep, params, out, opts); err != nil {
		return nil, err
	}
	return out, nil
}

func checkTarget(out any) error {
	if out == nil {
		return nil
	}
	if v := reflect.ValueOf(out); v.Kind() != reflect.Pointer || v.IsNil() {
		return refuse("out", "must be a pointer, is %T", out)
	}
	return nil
}

func (k *core) do(ctx context.Context, ep *endpoint.Endpoint, params, out any, opts []CallOption) error {
	c, err := k.newCall(ctx, ep, out)
	if err != nil {
		return err
	}
	return c.do(params, opts)
}

func (k *core) newCall(ctx context.Context, ep *endpoint.Endpoint, out any) (*call, error) {
	if ctx == nil {
		return nil, refuse("ctx", "is nil")
	}
	c := &call{Context: ctx, core: k, ep: ep, out: out, class: ep.Class, started: time.Now()}
	c.config.attemptTimeout = k.config.attemptTimeout
	return c, nil
}

func (c *call) do(params any, opts []CallOption) error {
	for _, opt := range opts {
		if opt == nil {
			return refuse("opts", "an option is nil")
		}
		opt.applyCall(&c.config)
	}
	if err := c.config.check(); err != nil {
		return err
	}
	if c.config.capture != nil {
		*c.config.capture = ResponseInfo{}
	}
	c.encoder = newEncoder(c.ep)
	defer c.releaseEncoder()
	if err := c.encode(params); err != nil {
		return err
	}
	c.requestID = c.config.requestID
	if c.requestID == "" {
		c.requestID = newRequestID()
	}
	err := c.run()
	if c.stream == nil { // else when it is closed
		c.capture()
	}
	return err
}

func (c *call) encode(params any) error {
	var err error
	if raw, ok := params.(rawParams); ok {
		err = c.encoder.raw(c.ep, raw, c.config.extra)
	} else {
		var random func() int64
		if c.core.config.idempotent != nil {
			random = newMsgRandom
		}
		err = c.encoder.encode(c.ep, params, random, c.config.extra)
	}
	if err != nil {
		return err
	}
	if c.encoder.unsafe != "" {
		c.class = endpoint.Unsafe
	}
	c.guarded = c.class == endpoint.Unsafe && c.encoder.random != 0 && c.core.config.idempotent != nil
	return nil
}

// releaseEncoder keeps the buffer for another call, unless a transport may still read from it.
func (c *call) releaseEncoder() {
	if c.wire.quiet() {
		c.encoder.release()
	}
}

func (c *call) run() error {
	c.host, c.turn = c.hosts().inUse()
	if err := c.Err(); err != nil {
		c.last.err = err
		return c.failure()
	}
	if limiter := c.core.config.limiter; limiter != nil && !c.config.paid {
		if err := limiter.Wait(c.Context, c.use()); err != nil {
			c.last.err = fmt.Errorf("waiting for the quota: %w", err)
			return c.failure()
		}
	}
	request := c.core.template.WithContext(c)
	request.Method = c.ep.Method
	request.GetBody = c.newBody
	if err := c.prepare(request); err != nil {
		return err
	}
	// What matters of the response is in c.last; closing it ends the timer of an http.Client with a timeout. An error is the
	// context's, met while waiting, or a refusal to prepare a retry.
	resp, err := c.core.retrier.Do(&retryablehttp.Request{Request: request})
	if resp != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		c.last.ok = false
		c.last.err = err
		return c.failure()
	}
	if c.last.ok || c.duplicate() {
		return nil
	}
	return c.failure()
}

// duplicate tells a refusal of a repeated msgRandom, from which follows that an earlier attempt arrived.
func (c *call) duplicate() bool {
	return c.guarded && c.maybeDone && !c.last.rateLimited() && !c.last.maybeDone() &&
		c.last.code != 0 && c.last.code == c.core.config.idempotent.DuplicateCode
}

// hosts returns where the endpoint is served.
func (c *call) hosts() *hosts {
	if other := c.core.elsewhere[c.ep.Host]; other != nil {
		return other
	}
	return c.core.hosts
}

func (c *call) failure() error {
	o := &c.last
	e := &Error{
		Endpoint: c.ep.String(), HTTPStatus: o.status, Code: o.code, Message: o.message,
		RequestID: c.requestID, Host: c.host.name, Attempts: c.attempts, RetryAfter: o.after, Body: o.body, Err: o.err,
		outcomeUnknown: c.maybeDone && c.class == endpoint.Unsafe,
	}
	if o.code == Code(c.ep.Success) { // the HTTP status has the last word
		e.Code = 0
	}
	return e
}

func (c *call) capture() {
	info := c.config.capture
	if info == nil {
		return
	}
	*info = ResponseInfo{
		HTTPStatus: c.last.status, Code: c.last.code, Header: c.last.header, Body: info.Body,
		RequestID: c.requestID, Host: c.host.name, Attempts: c.attempts, Duration: time.Since(c.started),
	}
}

// prepare makes req the next attempt: for the host in use, signed afresh, with a body from the start.
func (c *call) prepare(req *http.Request) error {
	c.host, c.turn = c.hosts().inUse()
	req.URL = &url.URL{Scheme: c.host.scheme, Host: c.host.name, Path: c.host.path + c.ep.Path}
	req.Host = c.host.name
	var err error
	if c.header, err = c.newHeader(); err != nil {
		return err
	}
	// The attempter puts them in: http.Client clones the headers it is given, for redirects that are never followed.
	req.Header = http.Header{}
	switch {
	case c.ep.Encoding == endpoint.Query:
		req.URL.RawQuery = string(c.encoder.buf)
	case len(c.encoder.buf) > 0:
		req.ContentLength = int64(len(c.encoder.buf))
		req.Body, _ = c.newBody()
	}
	return nil
}

const (
	nonceLength     = 18
	timestampLength = 13 // milliseconds, until the year 2286
)

// newHeader returns the headers of one attempt.
func (c *call) newHeader() (http.Header, error) {
	fixed := &c.core.headers
	header := make(http.Header, 8)
	values := new([4]string)
	values[3] = c.requestID
	header["X-Request-Id"] = values[3:4:4]
	header["User-Agent"] = fixed.userAgent
	switch c.ep.Encoding {
	case endpoint.Form:
		header["Content-Type"] = fixed.form
	case endpoint.JSON:
		header["Content-Type"] = fixed.json
	}
	if c.ep.Unsigned {
		return header, nil
	}
	if err := c.sign(values); err != nil {
		return nil, err
	}
	header["App-Key"] = fixed.appKey
	header["Nonce"] = values[0:1:1]
	header["Timestamp"] = values[1:2:2]
	header["Signature"] = values[2:3:3]
	return header, nil
}

// sign puts a new nonce, the present time and the signature over both into the first three values.
func (c *call) sign(values *[4]string) error {
	var nonce [nonceLength]byte
	text := nonce[:]
	if source := c.core.config.nonce; source != nil {
		text = append(text[:0], source()...)
		if len(text) == 0 || len(text) > nonceLength || !printable(string(text)) {
			return refuse("WithNonce", "a nonce must have 1 to %d printable ASCII characters", nonceLength)
		}
	} else {
		newNonce(&nonce)
	}
	// One string holds all three values.
	n := len(text)
	var buf [nonceLength + 2*timestampLength + signatureLength]byte
	signed := strconv.AppendInt(append(buf[:0], text...), c.core.config.now().UnixMilli(), 10)
	end := len(signed)
	signed = signed[:end+signatureLength]
	sign(signed[end:], c.core.secret.reveal(), string(signed[:n]), string(signed[n:end]))
	all := string(signed)
	values[0], values[1], values[2] = all[:n], all[n:end], all[end:]
	return nil
}

// newNonce writes 18 random decimal digits.
func newNonce(dst *[nonceLength]byte) {
	n := random64()
	for i := range dst {
		dst[i] = '0' + byte(n%10)
		n /= 10
	}
}

func random64() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.NativeEndian.Uint64(b[:])
}

// newRequestID returns a random UUID.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [maxRequestIDLength]byte
	hex.Encode(text[0:8], b[0:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// newMsgRandom returns a positive random number of 63 bits: the servers' numbers are signed.
func newMsgRandom() int64 {
	return max(1, int64(random64()>>1))
}

// newBody returns the encoded parameters from their start. It is of the one kind that net/http sends in the
// same packet as the headers.
func (c *call) newBody() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(c.encoder.buf)), nil
}

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

// newRetrier sets up go-retryablehttp. Its own policies are all replaced: they retry POST requests on any 5xx, hide the
// server's answer, have no jitter and obey any Retry-After.
func (k *core) newRetrier() *retryablehttp.Client {
	client := *k.config.httpClient
	if k.config.ownClient {
		k.own = newPool(rongCloudLimits, k.config.attemptTimeout)
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = &attempter{base: client.Transport, own: k.own}
	return &retryablehttp.Client{
		HTTPClient: &client,
		RetryMax:   math.MaxInt, // checkRetry counts
		CheckRetry: checkRetry,
		Backoff: func(_, _ time.Duration, _ int, resp *http.Response) time.Duration {
			return callOf(resp.Request.Context()).wait
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: func(req *http.Request) error { return callOf(req.Context()).prepare(req) },
	}
}

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
	// A server may close an idle connection at any time; that says nothing about the host.
	stale := o.reused && !timedOut
	o.broken = c.Err() == nil && !stale
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

var answers = sync.Pool{New: func() any { return new([]byte) }}

// judge reads the whole answer and decides what it is worth. The HTTP status speaks before the body.
func (c *call) judge(ctx context.Context, resp *http.Response) {
	defer resp.Body.Close()
	o := &c.last
	o.status, o.header = resp.StatusCode, resp.Header
	o.after = retryAfter(resp.Header.Get("Retry-After"), c.core.config.now())

	buf := answers.Get().(*[]byte)
	data, err := readLimited(resp, (*buf)[:0], c.core.config.maxAnswerBytes)
	defer func() {
		if cap(data) <= maxPooled {
			*buf = data[:0]
			answers.Put(buf)
		}
	}()
	if c.config.capture != nil {
		c.config.capture.Body = append([]byte(nil), data...)
	}
	if err != nil {
		o.err = c.cause(ctx, err)
		o.broken = c.Err() == nil && !errors.Is(err, errTooLong)
		return
	}
	envelope, err := readEnvelope(data, c.ep.Success)
	o.code, o.message = envelope.code, envelope.message
	switch {
	case err != nil:
		o.body = snippet(data)
		if o.status/100 == 2 {
			o.err = fmt.Errorf("the answer is not the API's: %w", err)
		}
	case o.status/100 == 2 && c.succeeded(o.code):
		o.err = c.decode(data)
		o.ok = o.err == nil
	}
	switch class := o.status / 100; {
	case class == 3:
		o.err = fmt.Errorf("redirected to %q, which is never followed", redirectTarget(resp))
	case class < 2 || class > 5:
		o.err = fmt.Errorf("%d is no HTTP status of an answer", o.status)
	}
}

func (c *call) succeeded(code Code) bool {
	return int(code) == c.ep.Success || code == 0 && c.ep.ZeroSuccess
}

func (c *call) decode(data []byte) error {
	var err error
	switch {
	case c.out != nil:
		err = decodeAnswer(data, c.out, c.core.zone)
	case !json.Valid(data):
		err = json.Unmarshal(data, new(any))
	}
	if err != nil {
		return fmt.Errorf("decoding the answer: %w", err)
	}
	return nil
}

var errTooLong = errors.New("the answer is longer than the limit")

// readLimited reads the answer's body into buf. It grows the buffer fourfold, so that a long answer costs little more than its length.
func readLimited(resp *http.Response, buf []byte, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return buf, fmt.Errorf("%w of %d bytes", errTooLong, limit)
	}
	if cap(buf) == 0 {
		buf = make([]byte, 0, min(limit+1, max(512, resp.ContentLength+1)))
	}
	for {
		if len(buf) == cap(buf) {
			size := 4 * int64(cap(buf))
			if size > limit/2 {
				size = limit + 1 // one byte more than allowed tells that there is more
			}
			buf = append(make([]byte, 0, size), buf...)
		}
		n, err := resp.Body.Read(buf[len(buf):min(int64(cap(buf)), limit+1)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return buf, fmt.Errorf("%w of %d bytes", errTooLong, limit)
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

const snippetLength = 200

// snippet is the beginning of an answer that is not the API's.
func snippet(data []byte) string {
	text := strings.ToValidUTF8(string(data[:min(len(data), snippetLength)]), "�")
	if len(data) > snippetLength {
		text += "…"
	}
	return text
}

// redirectTarget is the host an answer redirects to; the rest of the address may hold what it likes.
func redirectTarget(resp *http.Response) string {
	if target, err := resp.Location(); err == nil {
		return target.Host
	}
	return ""
}

// retryAfter reads a number of seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), math.MaxInt32)) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// checkRetry decides whether the call goes on, and tells the hook.
func checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	c := callOf(ctx)
	if err != nil { // net/http refused the request before it came to the attempter
		c.last = outcome{err: err, unsent: true}
		return false, nil //nolint:nilerr // it is in the outcome
	}
	retry := c.retry()
	if c.stream == nil { // else when it is closed
		c.tell(retry)
	}
	return retry, nil
}

func (c *call) retry() bool {
	o := &c.last
	policy := &c.core.config.retry
	if o.ok || c.Err() != nil || c.attempts > policy.Max || !o.transient() || !c.repeatable() {
		return false
	}
	c.wait = c.nextWait(policy)
	deadline, limited := c.Deadline()
	return !limited || time.Until(deadline) > c.wait
}

// repeatable tells whether the class of the call allows to repeat it after what has happened.
func (c *call) repeatable() bool {
	if c.class != endpoint.Unsafe || c.config.retryUnsafe || !c.maybeDone {
		return true
	}
	// The server remembers a msgRandom for a minute; the repeat must be over by then.
	return c.guarded && time.Since(c.started)+c.core.config.retry.MaxWait+c.config.attemptTimeout < time.Minute
}

// nextWait draws the time until the next attempt: full jitter below a bound that doubles. What the server asks for
// is obeyed up to the policy's longest wait. The first retry after a stale connection, or to another host, goes at once.
func (c *call) nextWait(policy *RetryPolicy) time.Duration {
	o := &c.last
	if c.attempts == 1 && !o.rateLimited() && (o.switched || o.reused && o.status == 0) {
		return 0
	}
	first := policy.MinWait
	if o.rateLimited() {
		first = max(first, firstWaitAfterRateStop)
	}
	bound := min(first, policy.MaxWait)
	for i := 1; i < c.attempts && bound < policy.MaxWait; i++ {
		bound = min(2*bound, policy.MaxWait)
		if bound == 0 {
			break
		}
	}
	wait := time.Duration(0)
	if bound > 0 {
		wait = time.Duration(mathrand.Int64N(int64(bound) + 1)) //nolint:gosec // jitter is no secret
	}
	return max(wait, min(o.after, policy.MaxWait))
}

// tell reports the attempt to the hook and the logger.
func (c *call) tell(retry bool) {
	config := &c.core.config
	if config.hook == nil && config.logger == nil {
		return
	}
	o := &c.last
	attempt := Attempt{
		Endpoint: c.ep.String(), RequestID: c.requestID, Number: c.attempts, Host: c.host.name,
		Start: o.started, Duration: o.duration, HTTPStatus: o.status, Code: o.code, Err: o.problem(),
		Reused: o.reused, Retry: retry,
	}
	if retry {
		attempt.Wait = c.wait
	}
	if config.hook != nil {
		config.hook(c.Context, attempt)
	}
	if config.logger != nil {
		level := slog.LevelDebug
		if attempt.Err != nil {
			level = slog.LevelWarn
		}
		config.logger.LogAttrs(c.Context, level, "rongcloud call", attempt.attrs()...)
	}
}

// problem is what was wrong with an attempt, without any of the server's words.
func (o *outcome) problem() error {
	switch {
	case o.ok:
		return nil
	case o.err != nil:
		return o.err
	case o.code != 0:
		return o.code
	default:
		return fmt.Errorf("HTTP status %d", o.status)
	}
}
