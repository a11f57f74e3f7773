package rongcloud

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// callEnds are whom to tell of the end of a call, in the order in which they heard of its
// beginning.
type callEnds []func(CallEnd)

// tell tells all of them, in the opposite order, and whatever any of them does: deferred calls run
// also after a panic.
func (ends callEnds) tell(end CallEnd) {
	for _, f := range ends {
		defer f(end)
	}
}

// noReturn is what hooks are told of a call that a panic or runtime.Goexit ends, in a function of
// the caller's.
func noReturn(ends *Error) error {
	return &attemptError{reason: ownError("the call did not return: a function that it called panicked"), ends: ends}
}

// abandoned is the error of a call that does not return, as hooks get it. What the last response
// said stays true; of an attempt that was under way nothing is known.
func (c *call) abandoned() error {
	switch {
	case c.attempts == 0:
		return noReturn(&Error{})
	case c.last.over && c.problem() == nil:
		return nil
	case c.last.over:
		return noReturn(c.failure().categories())
	}
	unsent := c.wrapped != nil && !c.passed.Load() // a wrapper did not hand it on
	return noReturn(&Error{outcomeUnknown: c.class == endpoint.Unsafe && (c.maybeDone || !unsent)})
}

// begin tells the call hooks that a call begins. It returns the context that they make of ctx, and
// whom to tell of the end.
func (k *core) begin(ctx context.Context, start CallStart) (_ context.Context, ends callEnds) {
	begun := false
	defer func() {
		if !begun {
			ends.tell(CallEnd{Class: start.Class, Outcome: OutcomeUnsent, Err: noReturn(&Error{}), Duration: time.Since(start.StartedAt)})
		}
	}()
	for _, hook := range k.config.callHooks {
		own, end := hook(ctx, start)
		if own != nil {
			ctx = own
		}
		if end != nil {
			ends = append(ends, end)
		}
	}
	begun = true
	return ctx, ends
}

// observed carries the call out between its hooks.
func (c *call) observed(carryOut func() error) error {
	c.requestID = c.config.requestID
	if !fitRequestID(c.requestID) {
		c.requestID = newRequestID()
	}
	c.Context, c.ends = c.core.begin(c.Context, CallStart{Endpoint: c.ep, Class: c.ep.Class, RequestID: c.requestID, StartedAt: c.started})
	returned := false
	var err error
	defer func() {
		switch {
		case !returned:
			c.end(c.abandoned())
		case c.stream == nil: // else when it is closed
			c.end(c.endError(err))
		}
	}()
	err = carryOut()
	returned = true
	return err
}

// refused tells the call hooks of a call that a method refuses by itself, and returns the refusal,
// which names the endpoint.
func refused(ctx context.Context, client *Client, err error, opts []CallOption) error {
	var argument *ArgumentError
	if len(client.core.config.callHooks) > 0 && errors.As(err, &argument) {
		c := client.core.newCall(cmp.Or(argument.Endpoint, &endpoint.Endpoint{}), nil)
		_ = c.configure(ctx, opts) // what it refuses comes second
		return c.observed(func() error { return err })
	}
	return err
}

// end tells the call hooks of the end. Err is fit for them.
func (c *call) end(err error) {
	end := CallEnd{
		Class: c.class, Outcome: outcomeOf(err), Err: err, HTTPStatus: c.last.status, Code: c.last.code,
		Attempts: c.attempts, Duration: time.Since(c.started), LimiterWait: c.config.waited,
		RequestBytes: c.sent, ResponseBytes: c.received,
	}
	if err != nil && c.attempts == 0 {
		end.Outcome = OutcomeUnsent
	}
	c.ends.tell(end)
}

// endError is the error of the call as hooks get it.
func (c *call) endError(err error) error {
	var failure *Error
	if !errors.As(err, &failure) {
		return plainRefusal(err)
	}
	return &attemptError{reason: c.last.problem(), ends: failure.categories()}
}

// categories is what of an error says to which categories it belongs.
func (e *Error) categories() *Error {
	return &Error{HTTPStatus: e.HTTPStatus, Code: e.Code, outcomeUnknown: e.outcomeUnknown, ofMany: e.ofMany}
}

// plainRefusal is a refused argument as hooks get it. What may quote the argument is left out of
// its text: the reason, the path of an endpoint of the caller's, and a parameter that the endpoint
// does not have, for a key may hold an ID.
func plainRefusal(err error) error {
	var refused *ArgumentError
	if errors.As(err, &refused) {
		return &refusalError{refused}
	}
	return err
}

type refusalError struct{ refused *ArgumentError }

func (e *refusalError) Error() string {
	told := ArgumentError{Field: e.refused.Field, Reason: "refused"}
	if e.refused.Endpoint.Param(e.refused.Wire) != nil {
		told.Wire = e.refused.Wire
	}
	return told.Error()
}

func (e *refusalError) Unwrap() error { return e.refused }

// tell reports the attempt to the hooks and the loggers.
func (c *call) tell(retry bool) {
	config := &c.core.config
	if len(config.hooks) == 0 && len(config.loggers) == 0 {
		return
	}
	o := &c.last
	err := c.problem()
	attempt := Attempt{
		Endpoint: c.ep, Class: c.class, Outcome: outcomeOf(err), RequestID: c.requestID, Number: c.attempts,
		Scheme: c.host.scheme, Host: c.host.name, StartedAt: o.started, Duration: o.duration,
		HTTPStatus: o.status, Code: o.code, Err: err, RequestBytes: o.sent, ResponseBytes: o.received,
		Opened: o.opened, Reused: o.reused, Retry: retry,
	}
	if retry {
		attempt.Wait = c.wait
	}
	level := slog.LevelDebug
	if attempt.Err != nil {
		level = slog.LevelWarn
	}
	// Deferred, the last one first, all are called, whatever any of them does.
	for _, logger := range slices.Backward(config.loggers) {
		defer func() { logger.LogAttrs(c.Context, level, "rongcloud call", attempt.attrs()...) }()
	}
	for _, hook := range slices.Backward(config.hooks) {
		defer hook(c.Context, attempt)
	}
}

// observed carries a bulk send out between its hooks.
func (r *bulkRun[M, T]) observed(ctx context.Context, recipients iter.Seq2[T, error]) (*BulkResult, error) {
	start := CallStart{Endpoint: r.ep, Class: r.ep.Class, StartedAt: r.started, Bulk: true}
	given := ctx
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, ends := r.client.core.begin(ctx, start)
	if given == nil {
		ctx = nil
	}
	end := CallEnd{Class: start.Class}
	returned := false
	defer func() {
		if !returned {
			end.Outcome, end.Recipients, end.Err = r.abandoned()
		}
		end.Duration, end.LimiterWait = time.Since(r.started), time.Duration(r.waited.Load())
		ends.tell(end)
	}()
	result, err := r.run(ctx, recipients)
	returned = true
	end.Outcome, end.Err = bulkOutcome(result, err), bulkEndError(err)
	if result != nil {
		end.Recipients = result.BulkCounts
	}
	return result, err
}

// abandoned is what became of a bulk send that does not return. A chunk that was begun, and of
// which nothing was noted, is unknown.
func (r *bulkRun[M, T]) abandoned() (Outcome, BulkCounts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := r.checkpoint().Counts()
	switch {
	case counts.Unknown > 0:
		return OutcomeUnknown, counts, noReturn(&Error{outcomeUnknown: true})
	case r.state.Begun == 0:
		return OutcomeUnsent, counts, noReturn(&Error{})
	}
	return OutcomeFailed, counts, noReturn(&Error{})
}

// bulkOutcome is the outcome of a bulk send as a whole.
func bulkOutcome(result *BulkResult, err error) Outcome {
	switch {
	case result == nil:
		return OutcomeUnsent
	case result.Unknown > 0:
		return OutcomeUnknown
	case err != nil:
		return OutcomeFailed
	case result.Refused > 0:
		return OutcomeRefused
	default:
		return OutcomeAccepted
	}
}

// bulkEndError is the error of a bulk send as hooks get it.
func bulkEndError(err error) error {
	var whole, one *Error
	if !errors.As(err, &whole) {
		return plainRefusal(err)
	}
	told := &attemptError{reason: plainly(whole.Err, "the send was stopped"), ends: whole.categories()}
	if errors.As(whole.Err, &one) { // of the request that stopped it
		told.ends = one.categories()
	}
	return told
}
