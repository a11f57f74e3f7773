package rongcloud

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/connpool"
	"github.com/rongcloud-go/rongcloud/internal/envelope"
	"github.com/rongcloud-go/rongcloud/internal/sse"
)

// A call may request a stream of events. Until the stream begins, it is a call like any other, with
// the same hooks, retries and errors. The attempt that gets the stream ends with it: nothing is
// retried any more, its time limit applies to each wait for data, and it is reported to hooks and
// loggers at the end.

// stream is an open streamed response.
type stream struct {
	call    *call
	ctx     context.Context
	cancel  context.CancelCauseFunc
	silence *time.Timer // cancels ctx
	body    io.ReadCloser
	events  *sse.Reader
	taken   int
	closed  bool

	generation *connpool.Generation // of the connection, if it is the client's own
}

// open makes a call that requests a stream. If the server responds in one piece anyway, there is no
// stream, and the result is in out. The caller must close the stream.
func (k *core) open(ctx context.Context, ep *endpoint.Endpoint, params, out any, opts []CallOption) (*stream, error) {
	c := k.newCall(ep, out)
	c.streaming = true
	err := c.do(ctx, params, opts)
	return c.stream, err
}

// openStream makes one attempt. A response that is not a stream is read and classified like any
// other.
func (a *attemptTransport) openStream(c *call, req *http.Request) {
	o := &c.last
	limit := c.config.attemptTimeout
	// The request's own context ends with the attempt, at the latest when the timeout of an
	// http.Client runs out.
	ctx, cancel := context.WithCancelCause(c)
	unlink := context.AfterFunc(req.Context(), func() { cancel(context.Cause(req.Context())) })
	defer unlink()
	silence := time.AfterFunc(limit, func() { cancel(&attemptTimeoutError{limit}) })
	resp, g, err := a.send(ctx, c, req)
	if err == nil && resp.StatusCode/100 == 2 && isEventStream(resp.Header) {
		silence.Stop()
		o.ok, o.status, o.header = true, resp.StatusCode, resp.Header
		s := &stream{call: c, ctx: ctx, cancel: cancel, silence: silence, body: resp.Body, generation: g}
		s.events = sse.NewReader(s, c.core.config.maxResponseBytes)
		c.stream = s
		return
	}
	if g != nil {
		defer g.Done()
	}
	defer cancel(nil)
	defer silence.Stop()
	switch {
	case err == nil:
		c.classify(ctx, resp)
	case ctx.Err() != nil:
		c.recordFailure(ctx, context.Cause(ctx))
	default:
		c.recordFailure(ctx, err)
	}
}

func isEventStream(header http.Header) bool {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return media == "text/event-stream"
}

// Read reads the body. The time between the caller's reads does not count toward the limit.
func (s *stream) Read(p []byte) (int, error) {
	s.silence.Reset(s.call.config.attemptTimeout)
	n, err := readSome(s.ctx, s.body, p)
	s.silence.Stop()
	s.call.last.received += int64(n)
	return n, err
}

// next returns the next event, io.EOF if the server has ended the stream, or the call's error,
// after which the stream is closed.
func (s *stream) next() (sse.Event, error) {
	e, err := s.events.Next()
	switch {
	case err == nil:
		s.taken++
		return e, s.refusal(&e)
	case errors.Is(err, io.EOF):
		return sse.Event{}, io.EOF
	}
	c := s.call
	c.last.broken = c.Err() == nil && !errors.Is(err, sse.ErrLineTooLong) && !errors.Is(err, sse.ErrEventTooLong)
	return sse.Event{}, s.fail(c.cause(s.ctx, err))
}

// refusal is the call's error if the event says that the server cannot continue.
func (s *stream) refusal(e *sse.Event) error {
	c := s.call
	data := []byte(e.Data)
	body, err := envelope.Read(data, c.ep.Success)
	switch {
	case err == nil && body.Code != 0 && !c.ep.Success.Has(body.Code):
		c.last.code, c.last.message = Code(body.Code), body.Message
		return s.fail(nil)
	case e.Name == "error":
		c.last.body = snippet(data)
		return s.fail(ownError("the server aborted the stream"))
	}
	return nil
}

// decode reads an event's data into out.
func (s *stream) decode(e *sse.Event, out any) error {
	if err := decodeResponse([]byte(e.Data), out, s.call.core.zone); err != nil {
		s.call.last.body = snippet([]byte(e.Data))
		return s.fail(&quotingError{"decoding an event", err})
	}
	return nil
}

// fail closes the stream and returns the call's error. After the first event, the server may have
// done some of the work.
func (s *stream) fail(err error) error {
	c := s.call
	o := &c.last
	o.ok, o.err = false, err
	c.maybeDone = c.maybeDone || s.taken > 1 || o.maybeDone()
	if o.broken {
		o.switched = c.hosts().failed(c.turn)
	}
	s.close()
	return c.failure()
}

// close ends the stream, wherever it is, and reports the attempt.
func (s *stream) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.silence.Stop()
	s.cancel(nil)
	_ = s.body.Close() // its error no longer matters
	if s.generation != nil {
		s.generation.Done()
	}
	c := s.call
	c.last.duration = time.Since(c.last.started)
	c.received += c.last.received
	c.capture()
	defer func() { // also runs if an attempt hook panics
		c.end(c.attemptError())
	}()
	c.reportAttempt(false)
}
