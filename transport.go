package rongcloud

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/connpool"
	"github.com/rongcloud-go/rongcloud/internal/form"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// The way of one call. do validates and encodes the parameters, waits for the limiter and hands a
// signed request to go-retryablehttp, whose loop runs these hooks for every attempt:
//
//	attempter.RoundTrip   one attempt: send, read the whole answer, judge it
//	checkRetry            decide by class and outcome whether to go on, and how long to wait
//	backoff               that wait
//	prepareRetry          sign afresh, for the host now in use
//
// The attempt's outcome travels in the call, which is the context of its requests. To
// go-retryablehttp and net/http every attempt is a success, so that neither retries, follows or
// discards anything by rules of its own.

// call is the state of one call. It is the context of its requests.
type call struct {
	context.Context
	core   *core
	ep     *endpoint.Endpoint
	config callConfig
	out    any
	stream *stream // the answer, if it came as a stream

	encoder *form.Encoder
	wire    wire

	class     endpoint.Class
	guarded   bool // a msgRandom lets the server refuse repeats
	streaming bool // the answer may be a stream
	maybeDone bool // an attempt may have been carried out
	spent     bool // the attempt is a retry that the client's budget has paid
	requestID string
	started   time.Time
	ends      callEnds
	sent      int64 // bytes of bodies, in all attempts; so received
	received  int64

	attempts int
	alone    bool        // the attempt gets a connection of its own
	header   http.Header // of the next attempt
	others   *hosts      // of an endpoint of the caller's that has an address of its own
	host     *host
	turn     uint64
	inner    http.RoundTripper // what carries the attempt, within what wraps it
	wrapped  http.RoundTripper
	passed   atomic.Bool // the request has been handed to inner
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
	v := reflect.ValueOf(out)
	switch {
	case v.Kind() != reflect.Pointer || v.IsNil():
		return refuse("out", "must be a pointer, is %T", out)
	case !lenient.HoldsObject(v.Type().Elem()):
		return refuse("out", "a %v cannot hold a response, which is a JSON object", v.Type().Elem())
	}
	return nil
}

func (k *core) do(ctx context.Context, ep *endpoint.Endpoint, params, out any, opts []CallOption) error {
	return k.newCall(ep, out).do(ctx, params, opts)
}

func (k *core) newCall(ep *endpoint.Endpoint, out any) *call {
	c := &call{core: k, ep: ep, out: out, class: ep.Class, started: time.Now()}
	c.config.attemptTimeout = k.config.attemptTimeout
	return c
}

func (c *call) do(ctx context.Context, params any, opts []CallOption) error {
	err := c.configure(ctx, opts)
	if len(c.core.config.callHooks) > 0 {
		return c.observed(func() error { return c.carryOut(params, err) })
	}
	return c.carryOut(params, err)
}

// configure takes in what the call is given besides its parameters. What it refuses does not keep
// hooks from hearing of the call.
func (c *call) configure(ctx context.Context, opts []CallOption) error {
	c.Context = ctx
	if ctx == nil {
		c.Context = context.Background()
		return refuseField(c.ep, "ctx", "", "is nil")
	}
	if err := c.findHosts(); err != nil {
		return err
	}
	for _, opt := range opts {
		if opt == nil {
			return refuseField(c.ep, "opts", "", "an option is nil")
		}
		opt.applyCall(&c.config)
	}
	if err := c.config.check(); err != nil {
		return inCall(err, c.ep, "")
	}
	return nil
}

// findHosts finds where an endpoint is served that is not on the data centres' hosts.
func (c *call) findHosts() error {
	k, ep := c.core, c.ep
	if !k.config.regional {
		return nil
	}
	if ep.CustomHost != "" && k.hostsByAddress[ep.CustomHost] == nil {
		return refuseField(ep, customHosts[ep.CustomHost], "", "is required: the call goes to an address that RongCloud tells each customer")
	}
	if ep.Host == "" || k.hostsByAddress[ep.Host] != nil {
		return nil
	}
	var err error
	c.others, err = hostsOf(ep) // not the table's
	return err
}

// carryOut makes the call, unless what it was given besides its parameters is refused.
func (c *call) carryOut(params any, refused error) error {
	if refused != nil {
		return refused
	}
	if c.config.capture != nil {
		*c.config.capture = Response{}
	}
	c.encoder = requests.Encoder(c.ep)
	defer c.releaseEncoder()
	if err := c.encode(params); err != nil {
		return err
	}
	if c.requestID == "" { // else hooks were told
		c.requestID = c.config.requestID
	}
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
	if raw, ok := params.(form.Raw); ok {
		err = c.encoder.EncodeRaw(raw, c.config.extra)
	} else {
		var random func() int64
		if c.core.config.idempotent != nil {
			random = newMsgRandom
		}
		err = c.encoder.Encode(params, random, c.config.extra)
	}
	if err != nil {
		return inCall(err, c.ep, "")
	}
	for _, h := range c.config.headers {
		if c.encoder.InHeader(h.name) {
			return refuseField(c.ep, "WithHeader", h.name, "repeats a parameter that is sent anyway")
		}
	}
	if c.encoder.Unsafe != "" {
		c.class = endpoint.Unsafe
	}
	c.guarded = c.class == endpoint.Unsafe && c.encoder.Random != 0 && c.core.config.idempotent != nil
	return nil
}

// releaseEncoder keeps the buffer for another call, unless a transport may still read from it.
func (c *call) releaseEncoder() {
	if c.wire.quiet() {
		c.encoder.Release()
	}
}

func (c *call) run() error {
	c.host, c.turn = c.hosts().inUse()
	if err := c.Err(); err != nil {
		c.last.err = err
		return c.failure()
	}
	if limiter := c.core.config.limiter; limiter != nil && !c.config.paid {
		began := time.Now()
		err := limiter.Wait(c.Context, c.use())
		c.config.waited = time.Since(began)
		if err != nil {
			c.last.err = &stepError{"waiting for the quota", err}
			return c.failure()
		}
	}
	request := c.core.template.WithContext(c)
	request.Method = c.ep.Method
	if err := c.prepare(request); err != nil {
		var refused *ArgumentError
		if errors.As(err, &refused) {
			return err
		}
		c.last.err = err
		return c.failure()
	}
	// What matters of the response is in c.last; closing it ends the timer of an http.Client with
	// a timeout. An error is the context's, met while waiting, or a refusal to prepare a retry.
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

// duplicate tells a refusal of a repeated msgRandom, from which follows that an earlier attempt
// arrived.
func (c *call) duplicate() bool {
	return c.guarded && c.maybeDone && !c.last.rateLimited() && !c.last.maybeDone() &&
		c.last.code != 0 && c.last.code == c.core.config.idempotent.DuplicateCode
}

// hosts returns where the endpoint is served.
func (c *call) hosts() *hosts {
	if c.others != nil {
		return c.others
	}
	if other := c.core.hostsByAddress[cmp.Or(c.ep.CustomHost, c.ep.Host)]; other != nil {
		return other
	}
	return c.core.hosts
}

func (c *call) failure() *Error {
	o := &c.last
	e := &Error{
		Endpoint: c.ep, HTTPStatus: o.status, Code: o.code, Message: o.message,
		RequestID: c.requestID, Host: c.host.name, Attempts: c.attempts, RetryAfter: o.after, Body: o.body, Err: o.err,
		outcomeUnknown: c.maybeDone && c.class == endpoint.Unsafe,
	}
	if o.code.succeedsSomewhere() { // the HTTP status has the last word
		e.Code = 0
	}
	return e
}

func (c *call) capture() {
	info := c.config.capture
	if info == nil {
		return
	}
	*info = Response{
		HTTPStatus: c.last.status, Code: c.last.code, Header: c.last.header, Body: info.Body,
		RequestID: c.requestID, Host: c.host.name, Attempts: c.attempts, Duration: time.Since(c.started),
	}
}

// prepare makes req the next attempt: for the host in use, signed afresh, with a body from the
// start.
func (c *call) prepare(req *http.Request) error {
	c.host, c.turn = c.hosts().inUse()
	req.URL = &url.URL{Scheme: c.host.scheme, Host: c.host.name, Path: c.host.path + c.ep.Path}
	if c.encoder.Placed() {
		plain, escaped := c.encoder.Path(c.ep.Path)
		req.URL.RawPath = (&url.URL{Path: c.host.path}).EscapedPath() + escaped
		req.URL.Path = c.host.path + plain
	}
	req.Host = c.host.name
	var err error
	if c.header, err = c.newHeader(); err != nil {
		return err
	}
	if c.attempts > 0 && c.tooLate() { // the source of the App Secret may have taken its time
		return errTooLate
	}
	// The attempter puts them in: http.Client clones the headers it is given, for redirects that
	// are never followed.
	req.Header = http.Header{}
	switch {
	case c.ep.Encoding == endpoint.Query:
		req.URL.RawQuery = string(c.encoder.Buf)
	case len(c.encoder.Buf) > 0:
		req.ContentLength = int64(len(c.encoder.Buf))
		req.Body = c.newBody()
	}
	return nil
}

// newBody returns the encoded parameters from their start. It is of the one kind that net/http
// sends in the same packet as the headers.
func (c *call) newBody() io.ReadCloser { return io.NopCloser(bytes.NewReader(c.encoder.Buf)) }

// newRetrier sets up go-retryablehttp. Its own policies are all replaced: they retry POST requests
// on any 5xx, hide the server's answer, have no jitter and obey any Retry-After.
func (k *core) newRetrier() *retryablehttp.Client {
	client := *k.config.httpClient
	if k.config.ownClient {
		k.own = connpool.New(connpool.RongCloud, k.config.attemptTimeout, k.config.tlsConfig)
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = &attempter{base: client.Transport, own: k.own, wrapped: k.config.wrapped}
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
