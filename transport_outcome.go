package rongcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud/internal/envelope"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// outcome is the outcome of one attempt.
type outcome struct {
	ok      bool
	status  int
	header  http.Header
	code    Code
	message string
	// First bytes of a response that is not the API's.
	body string
	// Why there is no response from the API.
	err error
	// A repeat would get the same response, or a longer one.
	final bool
	// The server cannot have received the request.
	unsent bool
	// The server says that it has not processed the request.
	unprocessed bool
	// Sent over a connection that had been used before.
	reused bool
	// Sent over a new connection.
	opened bool
	// Bytes of the body; likewise received.
	sent     int64
	received int64
	// A reused connection broke without a response; any server may close an idle one at any time.
	stale bool
	// The connection failed, or the host did not respond in time.
	broken bool
	// Calls now go to another host.
	switched bool
	after    time.Duration
	started  time.Time
	duration time.Duration
	// Whether the outcome is final.
	over bool
}

// rateLimited reports whether the outcome is a refusal that by definition had no effect.
func (o *outcome) rateLimited() bool { return rateLimited(o.status, o.code) }

// rateLimited ignores a code whose HTTP status means that the request may have been carried out.
func rateLimited(status int, code Code) bool {
	return status == http.StatusTooManyRequests || !leavesOutcomeOpen(status) && code.rateLimited()
}

// leavesOutcomeOpen reports whether a server, or an intermediary, sends this status when it does
// not know the outcome of a request: 5xx, and the timeouts and closed connections that proxies
// report as 408, 460 and 499.
func leavesOutcomeOpen(status int) bool {
	return status/100 == 5 || status == http.StatusRequestTimeout || status == 460 || status == 499
}

// transient reports whether a repeat may have another outcome.
func (o *outcome) transient() bool {
	return o.unsent || o.rateLimited() || o.status >= 500 || leavesOutcomeOpen(o.status) || o.code.transient() ||
		o.err != nil && !o.final && o.status/100 != 3 && o.status/100 != 4
}

// maybeDone reports whether the request may have been carried out.
func (o *outcome) maybeDone() bool {
	switch {
	case o.ok || o.unsent || o.rateLimited():
		return false
	case leavesOutcomeOpen(o.status):
		return true
	case o.status/100 == 4, o.status == http.StatusTemporaryRedirect, o.status == http.StatusPermanentRedirect:
		return o.code.transient() // otherwise a refusal by definition
	case o.status >= 300:
		return true
	default:
		return o.err != nil || o.code.transient()
	}
}

// responseBuffers are reused, and maxPooled is the largest one kept for reuse.
var responseBuffers = sync.Pool{New: func() any { return new([]byte) }}

const maxPooled = 256 << 10

// classify reads the whole response and determines the outcome. The HTTP status takes precedence
// over the body.
func (c *call) classify(ctx context.Context, resp *http.Response) {
	defer resp.Body.Close()
	o := &c.last
	o.status, o.header = resp.StatusCode, resp.Header
	// An upgrade, whose body is a connection that ignores the time limit and the context.
	if o.status < 200 {
		o.err = ownError(fmt.Sprintf("%d is not a valid HTTP status", o.status))
		return
	}
	o.after = retryAfter(resp.Header.Get("Retry-After"), c.core.config.now())

	buf := responseBuffers.Get().(*[]byte)
	data, err := readLimited(ctx, resp, (*buf)[:0], c.core.config.maxResponseBytes)
	o.received = int64(len(data))
	defer func() {
		if cap(data) <= maxPooled {
			*buf = data[:0]
			responseBuffers.Put(buf)
		}
	}()
	if c.config.capture != nil {
		c.config.capture.Body = append([]byte(nil), data...)
	}
	if err != nil {
		o.err = c.cause(ctx, err)
		o.final = errors.Is(err, errTooLong)
		o.broken = c.Err() == nil && !o.final
		return
	}
	body, err := envelope.Read(data, c.ep.Success)
	o.code, o.message = Code(body.Code), body.Message
	switch {
	case err != nil:
		o.body = snippet(data)
		if o.status/100 == 2 {
			o.err = &quotingError{"the response is not the API's", err}
			o.final = startsObject(data) && !errors.Is(err, envelope.ErrNone)
		}
	case o.status/100 != 2:
	case c.succeeded(o.code):
		o.err = c.decode(data)
		o.ok, o.final = o.err == nil, o.err != nil
	case o.code.succeedsSomewhere():
		o.body = snippet(data)
		o.err = ownError(fmt.Sprintf("code %d is neither a refusal nor the success of this call", int(o.code)))
	}
	switch class := o.status / 100; {
	case class == 3:
		o.err = &quotingError{"the response is a redirect, which is never followed", fmt.Errorf("to %q", redirectTarget(resp))}
	case class > 5:
		o.err = ownError(fmt.Sprintf("%d is not a valid HTTP status", o.status))
	}
}

// startsObject reports whether a response is meant to be the API's. If such a response is not JSON,
// a repeat will not be either. Anything else, such as an HTML page or an empty body, comes from an
// intermediary, which may be gone the next time.
func startsObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(lenient.TrimMark(data), " \t\r\n"), []byte("{"))
}

func (c *call) succeeded(code Code) bool {
	return c.ep.Success.Has(int(code))
}

func (c *call) decode(data []byte) error {
	var err error
	if c.out != nil {
		err = decodeResponse(data, c.out, c.core.zone)
	} else {
		err = lenient.Check(lenient.TrimMark(data))
	}
	if err != nil {
		return &quotingError{"decoding the response", err}
	}
	return nil
}

var errTooLong = errors.New("the response is longer than the limit")

// readLimited reads the response's body into buf. It grows the buffer fourfold, so that a long
// response costs little more than its length.
func readLimited(ctx context.Context, resp *http.Response, buf []byte, limit int64) ([]byte, error) {
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
				size = limit + 1 // one byte more than allowed shows that there is more
			}
			buf = append(make([]byte, 0, size), buf...)
		}
		n, err := readSome(ctx, resp.Body, buf[len(buf):min(int64(cap(buf)), limit+1)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return buf, fmt.Errorf("%w of %d bytes", errTooLong, limit)
		case err == io.EOF: //nolint:errorlint // readers return it unwrapped
			if cut := untrustedEnd(ctx, resp); cut != nil && !json.Valid(buf) {
				return buf, cut
			}
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

// untrustedEnd is the error for a body without a length that ended when its time was up: a server
// whose client disconnects may end the body as if it were complete.
func untrustedEnd(ctx context.Context, resp *http.Response) error {
	if resp.ContentLength >= 0 {
		return nil
	}
	return ctx.Err()
}

// emptyReads is how many reads in a row may return nothing, as in bufio.
const emptyReads = 100

// readSome reads at least one byte into p, or returns an error.
func readSome(ctx context.Context, r io.Reader, p []byte) (int, error) {
	for range emptyReads {
		n, err := r.Read(p)
		if n > 0 || err != nil {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

const snippetLength = 200

// snippet is the beginning of a response that is not the API's.
func snippet(data []byte) string {
	text := strings.ToValidUTF8(string(data[:min(len(data), snippetLength)]), "�")
	if len(data) > snippetLength {
		text += "…"
	}
	return text
}

// redirectTarget returns the host that a response redirects to. The rest of the address is left
// out: it may contain users' data.
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

// attemptError says why an attempt or a call failed, for hooks and logs: it does not quote the
// server, and it belongs to the categories of the error with which the call ends, or would end.
type attemptError struct {
	reason error
	ends   *Error
}

func (e *attemptError) Error() string {
	if e.ends.outcomeUnknown {
		return e.reason.Error() + "; outcome unknown"
	}
	return e.reason.Error()
}

func (e *attemptError) Is(target error) bool { return e.ends.Is(target) }
func (e *attemptError) Unwrap() error        { return e.reason }

// attemptError is what was wrong with the last attempt. It is also nil if the attempt shows that an
// earlier one succeeded.
func (c *call) attemptError() error {
	o := &c.last
	if o.ok || c.duplicate() {
		return nil
	}
	return &attemptError{reason: o.reason(), ends: c.failure().categories()}
}

// reason is that of an [attemptError].
func (o *outcome) reason() error {
	switch {
	case o.err != nil:
		return withoutQuotes(o.err)
	case o.code != 0:
		return o.code
	default:
		return fmt.Errorf("HTTP status %d", o.status)
	}
}
