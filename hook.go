package rongcloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// WithCallHook calls hook when a call begins, before anything else is done, and calls the function
// that hook returns when the call ends, both in the goroutine of the call. Each call is reported
// once, including calls whose arguments are refused or whose time ends before they are sent. The
// context that hook returns replaces the call's: attempts, limiter, secret source and the other
// hooks get it. Hook may return a nil function or a nil context. Several hooks add up: each gets
// the context of the one before, and their end functions are called in reverse order.
//
//	func(ctx context.Context, c rongcloud.CallStart) (context.Context, func(rongcloud.CallEnd)) {
//		return ctx, func(end rongcloud.CallEnd) {
//			calls.WithLabelValues(c.Endpoint.String(), end.Outcome.String()).Inc()
//		}
//	}
//
// Each page of an iterator is a call. A call that streams events ends with the stream. A bulk send
// is reported as a whole (CallStart.Bulk); each of its requests is also reported as a call, with
// its context, from another goroutine.
//
// Hooks must be fast. A hook that panics ends its call with the panic; the end functions are still
// called, with what is known of the call by then, and the client remains usable.
//
// Module otel, package rongcloudotel, provides ready-made traces and metrics:
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/observability.md
func WithCallHook(hook func(ctx context.Context, call CallStart) (context.Context, func(CallEnd))) Option {
	return optionFunc(func(c *config) {
		if hook == nil {
			c.problem("WithCallHook", "the hook is nil")
		}
		c.callHooks = append(c.callHooks, hook)
	})
}

// WithAttemptHook calls hook after every attempt, in the goroutine of the call. It is meant for
// metrics and traces and must be fast. Several hooks add up and are called in their order, whatever
// any of them does. If no other attempt follows, Attempt.Outcome is the outcome of the call, and
// Attempt.Err belongs to the same categories as the error that the call returns.
//
// The hook does not see a call that ends without an attempt, because of a wrong argument or because
// its context ended before it was sent. If the context is canceled in the wait after an attempt
// with Retry set, no further attempt follows. To count each call once, use [WithCallHook].
func WithAttemptHook(hook func(ctx context.Context, attempt Attempt)) Option {
	return optionFunc(func(c *config) {
		if hook == nil {
			c.problem("WithAttemptHook", "the hook is nil")
		}
		c.hooks = append(c.hooks, hook)
	})
}

// WithHeaderHook lets hook add headers to every attempt before it is signed, such as a traceparent
// that joins the traces of both ends. It is called in the goroutine of the call, with the context
// that [WithCallHook] made. Several hooks add up, in their order: each gets the headers set by
// those before it. Headers that [WithHeader] refuses are refused here too, and end the call; if
// both set a header, [WithHeader] wins. The headers go to RongCloud: put no secrets into them.
func WithHeaderHook(hook func(ctx context.Context, header http.Header)) Option {
	return optionFunc(func(c *config) {
		if hook == nil {
			c.problem("WithHeaderHook", "the hook is nil")
		}
		c.headerHooks = append(c.headerHooks, hook)
	})
}

// CallStart is a call at its beginning, as a hook sees it; see [WithCallHook].
type CallStart struct {
	Endpoint  *endpoint.Endpoint // never nil; with [Client.Call] it may be the caller's own
	Class     endpoint.Class     // of the endpoint; CallEnd has that of the call
	RequestID string             // empty for a bulk send, whose requests have their own
	StartedAt time.Time
	Bulk      bool // a bulk send as a whole, such as [MessageService.SendPrivateBulk]
}

// CallEnd is how a call ended, as a hook sees it; see [WithCallHook].
type CallEnd struct {
	Class endpoint.Class // of this call: a parameter may make it unsafe
	// Outcome of a bulk send is OutcomeUnknown if the outcome for any recipient is, otherwise
	// OutcomeFailed if the send was stopped, and OutcomeRefused if any request was refused.
	Outcome Outcome
	// Err belongs to the same categories and codes as the error that the call returns, and is nil
	// if that is nil. Its text quotes neither RongCloud's response nor the arguments, so it may be
	// logged. errors.As finds an [*ArgumentError] in it, whose own text may quote an argument.
	Err        error
	HTTPStatus int           // of the last response; 0 if there was none
	Code       Code          // of the last response; 0 if it carried none
	Attempts   int           // 0 for a bulk send, whose requests have their own
	Duration   time.Duration // of the whole call, waits included

	// LimiterWait is how long the call waited for its quota; see [WithLimiter]. A request of a bulk
	// send waits before it begins, so this wait is not part of its Duration.
	LimiterWait time.Duration

	RequestBytes  int64 // of the bodies of all attempts, without headers
	ResponseBytes int64 // of the bodies of all attempts, as far as read, after decompression

	Recipients BulkCounts // the outcomes for the recipients of a bulk send
}

// Attempt is one attempt of a call, as a hook sees it; see [WithAttemptHook].
type Attempt struct {
	Endpoint *endpoint.Endpoint
	// The class of this call: a parameter may make it unsafe.
	Class     endpoint.Class
	RequestID string
	// 1 for the first.
	Number int
	// http or https.
	Scheme string
	// The host, with its port if the base URL has one.
	Host      string
	StartedAt time.Time
	Duration  time.Duration
	// 0 if there was no response.
	HTTPStatus int
	// 0 if the response carried none.
	Code    Code
	Outcome Outcome
	// Nil if the attempt succeeded, or shows that an earlier one did; see WithAttemptHook.
	Err error
	// Of the body.
	RequestBytes int64
	// Of the body, as far as read, after decompression.
	ResponseBytes int64
	// Whether it opened a new connection.
	Opened bool
	// Whether it reused an open connection.
	Reused bool
	// Whether the call will be tried again, after Wait.
	Retry bool
	Wait  time.Duration
}

// Outcome says what became of a call.
type Outcome int

// The outcomes of a call. An attempt knows all but OutcomeUnsent.
const (
	// It was carried out.
	OutcomeAccepted Outcome = iota + 1
	// The API refused it.
	OutcomeRefused
	// The API gave no usable response; the call was not carried out, or may be repeated.
	OutcomeFailed
	// An unsafe call that may have been carried out; see ErrOutcomeUnknown.
	OutcomeUnknown
	// No attempt: an argument was refused, or time ran out before.
	OutcomeUnsent
)

// String returns the name of the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case OutcomeAccepted:
		return "accepted"
	case OutcomeRefused:
		return "refused"
	case OutcomeFailed:
		return "failed"
	case OutcomeUnknown:
		return "unknown"
	case OutcomeUnsent:
		return "unsent"
	}
	return fmt.Sprintf("Outcome(%d)", int(o))
}

// outcomeOf returns the outcome that the error of an attempt, or of a call with attempts, implies.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return OutcomeAccepted
	case errors.Is(err, ErrOutcomeUnknown):
		return OutcomeUnknown
	case errors.Is(err, ErrTransport):
		return OutcomeFailed
	default:
		return OutcomeRefused
	}
}

// LogValue lists the fields that are safe to log.
func (a Attempt) LogValue() slog.Value { return slog.GroupValue(a.attrs()...) }

func (a Attempt) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("endpoint", a.Endpoint.String()), slog.String("request_id", a.RequestID), slog.Int("attempt", a.Number),
		slog.String("host", a.Host), slog.Duration("duration", a.Duration),
	}
	if a.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("http_status", a.HTTPStatus))
	}
	if a.Code != 0 {
		attrs = append(attrs, slog.Int("code", int(a.Code)))
	}
	if a.Err != nil {
		attrs = append(attrs, slog.String("error", fmt.Sprint(a.Err)))
	}
	if a.Retry {
		attrs = append(attrs, slog.Duration("retry_in", a.Wait))
	}
	return attrs
}
