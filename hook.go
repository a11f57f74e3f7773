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

// WithCallHook calls hook when a call begins, before anything else is done, and the function that
// it returns when the call ends, both in the goroutine of the call. So each call is heard of once,
// those included whose arguments are refused and whose time ends before they are sent. The context
// that hook returns takes the place of the call's: attempts, limiter, secret source and the other
// hooks get it. A nil function, or a nil context, is none. Several hooks add up: each gets the
// context of the one before, and the ends are told in the opposite order.
//
//	func(ctx context.Context, c rongcloud.CallStart) (context.Context, func(rongcloud.CallEnd)) {
//		return ctx, func(end rongcloud.CallEnd) {
//			calls.WithLabelValues(c.Endpoint.String(), end.Outcome.String()).Inc()
//		}
//	}
//
// Each page of an iterator is a call. A stream of events ends with the stream. A bulk send is told
// as a whole (CallStart.Bulk), and within its context each of its requests as a call, from
// goroutines of their own.
//
// Hooks must be fast. One that panics ends its call with the panic; the end is told all the same,
// with what was learned of the call until then, and the client goes on.
//
// Module otel, package rongcloudotel, has traces and metrics ready made:
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
// any of them does. Attempt.Outcome is that of the call if no other attempt follows, and
// Attempt.Err belongs to the same categories as the error with which the call ends.
//
// A call that ends without an attempt has none to tell of: one with a wrong argument, one whose
// context ends before it is sent, and one whose context is canceled in the wait after an attempt
// with Retry set. To count each call once use [WithCallHook].
func WithAttemptHook(hook func(ctx context.Context, attempt Attempt)) Option {
	return optionFunc(func(c *config) {
		if hook == nil {
			c.problem("WithAttemptHook", "the hook is nil")
		}
		c.hooks = append(c.hooks, hook)
	})
}

// WithHeaderHook has hook add headers to every attempt before it is signed, such as a traceparent
// that joins the traces of both ends. It is called in the goroutine of the call, with the context
// that [WithCallHook] made and headers that are empty, or those of the hooks before it: several add
// up, in their order. What [WithHeader] refuses is refused here, too, and ends the call; what both
// give, [WithHeader] decides. The headers go to RongCloud: put no secrets into them.
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
	Endpoint  *endpoint.Endpoint // never nil; one of [Client.Call] may be the caller's own
	Class     endpoint.Class     // of the endpoint; CallEnd has that of the call
	RequestID string             // empty for a bulk send, whose requests have their own
	StartedAt time.Time
	Bulk      bool // a send to any number of recipients as a whole, such as [MessageService.SendPrivateBulk]
}

// CallEnd is how a call ended, as a hook sees it; see [WithCallHook].
type CallEnd struct {
	Class endpoint.Class // of this call: a parameter may make it unsafe
	// Outcome of a bulk send is OutcomeUnknown if it is for any recipient, OutcomeFailed if the
	// send was stopped, and OutcomeRefused if a request was.
	Outcome Outcome
	// Err belongs to the same categories and codes as the error that the call returns, and is nil
	// if that is. Its text has none of RongCloud's words, and nothing of the arguments: it may be
	// logged. errors.As finds an [*ArgumentError] in it, whose own text may quote an argument.
	Err        error
	HTTPStatus int           // of the last response; 0 if there was none
	Code       Code          // of the last response; 0 if it carried none
	Attempts   int           // 0 of a bulk send, whose requests have their own
	Duration   time.Duration // of the whole call, waits included

	// LimiterWait is how long the call waited for its quota; see [WithLimiter]. A request of a bulk
	// send has waited before it began, so this is no part of its Duration.
	LimiterWait time.Duration

	RequestBytes  int64 // of the bodies of all attempts, without headers
	ResponseBytes int64 // of the bodies of all attempts, as far as they were read, after decompression

	Recipients BulkCounts // what became of the recipients of a bulk send
}

// Attempt is one attempt of a call, as a hook sees it; see [WithAttemptHook].
type Attempt struct {
	Endpoint      *endpoint.Endpoint
	Class         endpoint.Class // of this call: a parameter may make it unsafe
	RequestID     string
	Number        int    // 1 for the first
	Scheme        string // http or https
	Host          string // with its port, if the base URL has one
	StartedAt     time.Time
	Duration      time.Duration
	HTTPStatus    int  // 0 if there was no response
	Code          Code // 0 if the response carried none
	Outcome       Outcome
	Err           error // nil if the attempt succeeded, or shows that an earlier one did; see WithAttemptHook
	RequestBytes  int64 // of the body
	ResponseBytes int64 // of the body, as far as it was read, after decompression
	Opened        bool  // it waited for a new connection, and had it
	Reused        bool  // an open connection was used again
	Retry         bool  // the call will be tried again, after Wait
	Wait          time.Duration
}

// Outcome says what became of a call.
type Outcome int

// The outcomes of a call. An attempt knows all but OutcomeUnsent.
const (
	OutcomeAccepted Outcome = iota + 1 // it was carried out
	OutcomeRefused                     // the API refused it
	OutcomeFailed                      // the API gave no response; it may be called again without harm
	OutcomeUnknown                     // it is unsafe, and may have been carried out; see ErrOutcomeUnknown
	OutcomeUnsent                      // there was no attempt: an argument was refused, or its time ended before
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

// outcomeOf is what the error of an attempt, or of a call with attempts, says.
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

// LogValue lists the fields that are fit for a log.
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
