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

// How a call works: do validates and encodes the parameters, waits for the limiter and hands a
// signed request to go-retryablehttp, whose loop runs these hooks for every attempt:
//
//	attemptTransport.RoundTrip   one attempt: send, read the whole response, classify it
//	checkRetry                   decide by class and outcome whether, and when, to retry
//	Backoff                      that wait
//	PrepareRetry                 sign again, for the host now in use
//
// The attempt's outcome is kept in the call, which is the context of its requests. To
// go-retryablehttp and net/http every attempt looks like a success, so that neither retries,
// follows or discards anything by its own rules.

// call is the state of one call. It is the context of its requests.
type call struct {
	context.Context
	core   *core
	ep     *endpoint.Endpoint
	config callConfig
	out    any
	stream *stream // the response, if it is a stream

	encoder *form.Encoder
	trace   writeTrace

	class     endpoint.Class
	guarded   bool // has a msgRandom, so the server can refuse repeats
	streaming bool // the response may be a stream
	maybeDone bool // an earlier attempt may have been carried out
	spent     bool // the attempt is a retry charged to the client's budget
	requestID string
	started   time.Time
	ends      callEnds
	sent      int64 // bytes of bodies, in all attempts; likewise received
	received  int64

	attempts int
	alone    bool        // the attempt gets its own connection
	header   http.Header // of the next attempt
	others   *hosts      // for a caller's endpoint with its own address
	host     *host
	turn     uint64
	inner    http.RoundTripper // carries the attempt, inside the caller's wrappers
	wrapped  http.RoundTripper
	passed   atomic.Bool // the request has been handed to inner
	last     outcome
	wait     time.Duration
	response http.Response
}

type callKey struct{}

// Value lets the hooks find the call.
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

// send makes a call whose response has no result. Params is a pointer to a struct, or nil.
func send(ctx context.Context, client *Client, ep *endpoint.Endpoint, params any, opts []CallOption) error {
	return client.core.do(ctx, ep, params, nil, opts)
}

// fetch makes a call and decodes its response.
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
		return c.observed(func() error { return c.execute(params, err) })
	}
	return c.execute(params, err)
}

// configure applies the context and the options of a call. Hooks see the call even if configure
// refuses them.
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

// findHosts finds the hosts of an endpoint that is not on the data centres' hosts.
func (c *call) findHosts() error {
	k, ep := c.core, c.ep
	if !k.config.regional {
		return nil
	}
	if ep.CustomHost != "" && k.hostsByAddress[ep.CustomHost] == nil {
		return refuseField(ep, customHosts[ep.CustomHost], "", "is required: the call goes to an address that RongCloud gives each customer")
	}
	if ep.Host == "" || k.hostsByAddress[ep.Host] != nil {
		return nil
	}
	var err error
	c.others, err = hostsOf(ep) // not an endpoint of the table
	return err
}

// execute makes the call, unless its context or options were refused.
func (c *call) execute(params any, refused error) error {
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
	if c.requestID == "" { // otherwise it was set for the hooks
		c.requestID = c.config.requestID
	}
	if c.requestID == "" {
		c.requestID = newRequestID()
	}
	err := c.run()
	if c.stream == nil { // otherwise it ends when the stream is closed
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

// releaseEncoder returns the buffer for reuse, unless a transport may still read from it.
func (c *call) releaseEncoder() {
	if c.trace.bodyReleased() {
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
	// Everything needed from the response is in c.last; closing it ends the timer of an http.Client
	// with a timeout. An error means that the context ended while waiting, or that a retry could
	// not be prepared.
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

// duplicate reports whether the server refused a repeated msgRandom, which means that an earlier
// attempt arrived.
func (c *call) duplicate() bool {
	return c.guarded && c.maybeDone && !c.last.rateLimited() && !c.last.maybeDone() &&
		c.last.code != 0 && c.last.code == c.core.config.idempotent.DuplicateCode
}

// hosts returns the hosts that serve the endpoint.
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
	if o.code.succeedsSomewhere() { // the HTTP status decides
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

// prepare makes req the next attempt: for the host in use, signed again, with the body from its
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
	if c.attempts > 0 && c.tooLate() { // the source of the App Secret may have taken long
		return errTooLate
	}
	// attemptTransport sets them: http.Client clones the headers it is given, for redirects that
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

// newBody returns the encoded parameters from their start. Only this type of body is sent by
// net/http in the same packet as the headers.
func (c *call) newBody() io.ReadCloser { return io.NopCloser(bytes.NewReader(c.encoder.Buf)) }

// newRetrier sets up go-retryablehttp. All its own policies are replaced: they retry POST requests
// on any 5xx, hide the server's response, have no jitter and obey any Retry-After.
func (k *core) newRetrier() *retryablehttp.Client {
	client := *k.config.httpClient
	if k.config.ownClient {
		k.pool = connpool.New(connpool.RongCloud, k.config.attemptTimeout, k.config.tlsConfig)
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = &attemptTransport{base: client.Transport, pool: k.pool, wrapped: k.config.wrapped}
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
