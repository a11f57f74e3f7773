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

// callEnds are the functions to call at the end of a call, in the order in which their hooks saw
// its beginning.
type callEnds []func(CallEnd)

// report calls all of them, in reverse order, whatever any of them does: deferred calls also run
// after a panic.
func (ends callEnds) report(end CallEnd) {
	for _, f := range ends {
		defer f(end)
	}
}

// errNoReturn is the error that hooks get for a call ended by a panic or runtime.Goexit in one of
// the caller's functions.
func errNoReturn(ends *Error) error {
	return &attemptError{reason: ownError("the call did not return: a function that it called panicked"), ends: ends}
}

// unreturnedError is the error that hooks get for a call that does not return. What the last
// response said stays true; nothing is known about an attempt that was under way.
func (c *call) unreturnedError() error {
	switch {
	case c.attempts == 0:
		return errNoReturn(&Error{})
	case c.last.over && c.attemptError() == nil:
		return nil
	case c.last.over:
		return errNoReturn(c.failure().categories())
	}
	unsent := c.wrapped != nil && !c.passed.Load() // a wrapper did not pass it on
	return errNoReturn(&Error{outcomeUnknown: c.class == endpoint.Unsafe && (c.maybeDone || !unsent)})
}

// begin calls the call hooks at the beginning of a call. It returns the context that they derive
// from ctx, and the functions to call at the end.
func (k *core) begin(ctx context.Context, start CallStart) (_ context.Context, ends callEnds) {
	begun := false
	defer func() {
		if !begun {
			ends.report(CallEnd{Class: start.Class, Outcome: OutcomeUnsent, Err: errNoReturn(&Error{}), Duration: time.Since(start.StartedAt)})
		}
	}()
	for _, hook := range k.config.callHooks {
		derived, end := hook(ctx, start)
		if derived != nil {
			ctx = derived
		}
		if end != nil {
			ends = append(ends, end)
		}
	}
	begun = true
	return ctx, ends
}

// observed carries out the call and calls its hooks before and after.
func (c *call) observed(do func() error) error {
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
			c.end(c.unreturnedError())
		case c.stream == nil: // otherwise it ends when the stream is closed
			c.end(c.endError(err))
		}
	}()
	err = do()
	returned = true
	return err
}

// refused reports a call that a method itself refuses to the call hooks, and returns the refusal,
// which names the endpoint.
func refused(ctx context.Context, client *Client, err error, opts []CallOption) error {
	var argument *ArgumentError
	if len(client.core.config.callHooks) > 0 && errors.As(err, &argument) {
		c := client.core.newCall(cmp.Or(argument.Endpoint, &endpoint.Endpoint{}), nil)
		_ = c.configure(ctx, opts) // the method's own refusal comes first
		return c.observed(func() error { return err })
	}
	return err
}

// end reports the end of the call to the call hooks. Err is safe for hooks.
func (c *call) end(err error) {
	end := CallEnd{
		Class: c.class, Outcome: outcomeOf(err), Err: err, HTTPStatus: c.last.status, Code: c.last.code,
		Attempts: c.attempts, Duration: time.Since(c.started), LimiterWait: c.config.waited,
		RequestBytes: c.sent, ResponseBytes: c.received,
	}
	if err != nil && c.attempts == 0 {
		end.Outcome = OutcomeUnsent
	}
	c.ends.report(end)
}

// endError is the call's error as hooks get it.
func (c *call) endError(err error) error {
	var failure *Error
	if !errors.As(err, &failure) {
		return hookRefusal(err)
	}
	return &attemptError{reason: c.last.reason(), ends: failure.categories()}
}

// categories returns only the parts of an error that determine its categories.
func (e *Error) categories() *Error {
	return &Error{HTTPStatus: e.HTTPStatus, Code: e.Code, outcomeUnknown: e.outcomeUnknown, ofMany: e.ofMany}
}

// hookRefusal is a refused argument as hooks get it. Its text leaves out everything that may quote
// the argument: the reason, the path of a caller's endpoint, and a parameter that the endpoint does
// not have, since a key may contain an ID.
func hookRefusal(err error) error {
	var refused *ArgumentError
	if errors.As(err, &refused) {
		return &hookRefusalError{refused}
	}
	return err
}

type hookRefusalError struct{ refused *ArgumentError }

func (e *hookRefusalError) Error() string {
	shown := ArgumentError{Field: e.refused.Field, Reason: "refused"}
	if e.refused.Endpoint.Param(e.refused.Wire) != nil {
		shown.Wire = e.refused.Wire
	}
	return shown.Error()
}

func (e *hookRefusalError) Unwrap() error { return e.refused }

// reportAttempt reports the attempt to the hooks and the loggers.
func (c *call) reportAttempt(retry bool) {
	config := &c.core.config
	if len(config.hooks) == 0 && len(config.loggers) == 0 {
		return
	}
	o := &c.last
	err := c.attemptError()
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
	// They are deferred in reverse order, so that all are called whatever any of them does.
	for _, logger := range slices.Backward(config.loggers) {
		defer func() { logger.LogAttrs(c.Context, level, "rongcloud call", attempt.attrs()...) }()
	}
	for _, hook := range slices.Backward(config.hooks) {
		defer hook(c.Context, attempt)
	}
}

// observed carries out a bulk send and calls its hooks before and after.
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
			end.Outcome, end.Recipients, end.Err = r.unreturnedOutcome()
		}
		end.Duration, end.LimiterWait = time.Since(r.started), time.Duration(r.waited.Load())
		ends.report(end)
	}()
	result, err := r.run(ctx, recipients)
	returned = true
	end.Outcome, end.Err = bulkOutcome(result, err), bulkEndError(err)
	if result != nil {
		end.Recipients = result.BulkCounts
	}
	return result, err
}

// unreturnedOutcome is the outcome of a bulk send that does not return. A chunk that was begun but
// has no recorded outcome is unknown.
func (r *bulkRun[M, T]) unreturnedOutcome() (Outcome, BulkCounts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := r.checkpoint().Counts()
	switch {
	case counts.Unknown > 0:
		return OutcomeUnknown, counts, errNoReturn(&Error{outcomeUnknown: true})
	case r.state.Begun == 0:
		return OutcomeUnsent, counts, errNoReturn(&Error{})
	}
	return OutcomeFailed, counts, errNoReturn(&Error{})
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
		return hookRefusal(err)
	}
	hookError := &attemptError{reason: plainly(whole.Err, "the send was stopped"), ends: whole.categories()}
	if errors.As(whole.Err, &one) { // the error of the request that stopped it
		hookError.ends = one.categories()
	}
	return hookError
}
