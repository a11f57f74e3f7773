package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Observer is called with the outcome of every callback, for metrics and traces. [WithObserver]
// registers it. Observe is called once for each request, after the response is written, and with a
// queue once more for each attempt at a job. Calls are concurrent, and the request ends only when
// Observe has returned: it should take hardly any time.
type Observer interface {
	Observe(ctx context.Context, o Observation)
}

// ObserverFunc turns a function into an [Observer].
type ObserverFunc func(ctx context.Context, o Observation)

// Observe calls the function.
func (f ObserverFunc) Observe(ctx context.Context, o Observation) { f(ctx, o) }

// Outcome is how a callback or a job ended, in a word that can be a metric label.
type Outcome string

// The outcomes. More may be added.
const (
	OutcomeHandled  Outcome = "handled"  // the functions have returned, or there are none
	OutcomeQueued   Outcome = "queued"   // it is in the queue
	OutcomeDecided  Outcome = "decided"  // a pre-delivery check, by the function
	OutcomeFallback Outcome = "fallback" // a pre-delivery check, by the fallback; Err says why
	OutcomeRepeated Outcome = "repeated" // handled before; acknowledged
	OutcomeUnknown  Outcome = "unknown"  // of an unknown kind, without OnUnknown; acknowledged
	OutcomeRefused  Outcome = "refused"  // with a status below 500; see Reason
	OutcomeFailed   Outcome = "failed"   // with 500 or 503; RongCloud tries again

	OutcomeJobDone   Outcome = "job_done"     // the functions have returned for a job of the queue
	OutcomeJobFailed Outcome = "job_failed"   // a function failed and is called again
	OutcomeJobGiveUp Outcome = "job_given_up" // a function failed for the last time
)

// Observation is what an [Observer] gets. It has no body; the query of Request may be a credential
// and must not be kept.
type Observation struct {
	Outcome  Outcome
	Kind     Kind          // as far as known, otherwise empty
	Request  *http.Request // nil for a job
	Status   int           // the HTTP status of the response; 0 for a job
	Err      error         // what went wrong, or the error returned with a decision
	Verdict  Verdict       // of OutcomeDecided and OutcomeFallback
	Duration time.Duration // from the arrival of the request, or of one attempt at a job

	// QueueDepth is how many jobs are in the queue, if it has a method Len() int, like
	// [MemoryQueue]; -1 if that is not known.
	QueueDepth int
}

// reasons are the labels of the errors, the narrower ones first.
var reasons = []struct {
	err   error
	label string
}{
	{ErrMethod, "method"}, {ErrMediaType, "media_type"}, {ErrTooLarge, "too_large"}, {ErrSource, "source"}, {ErrUnsigned, "unsigned"},
	{ErrSignature, "signature"}, {ErrStale, "stale"}, {ErrFuture, "future"}, {ErrReplayed, "replayed"}, {ErrMalformed, "malformed"},
	{ErrQueueFull, "queue_full"}, {ErrUnavailable, "unavailable"}, {context.DeadlineExceeded, "timeout"},
}

// Reason is Err in one word that serves as a label: method, media_type, too_large, source,
// unsigned, signature, stale, future, replayed, malformed, queue_full, unavailable, timeout, or
// error for any other. It is empty without an error.
func (o Observation) Reason() string {
	if o.Err == nil {
		return ""
	}
	for _, r := range reasons {
		if errors.Is(o.Err, r.err) {
			return r.label
		}
	}
	return "error"
}

// WithObserver registers an observer. It can be given several times; observers add up.
func WithObserver(observer Observer) Option {
	return func(c *config) error {
		if observer == nil {
			return argument("WithObserver", "is nil")
		}
		c.observers = append(c.observers, observer)
		return nil
	}
}

// OnError registers a function that is called for every request that was refused, failed or left
// to the fallback. Functions add up. The error contains no body. [WithObserver] covers all other
// requests too.
func (h *Handler) OnError(f func(ctx context.Context, r *http.Request, err error)) {
	if f == nil {
		return
	}
	h.config.observers = append(h.config.observers, ObserverFunc(func(ctx context.Context, o Observation) {
		if o.Err != nil && o.Request != nil {
			f(ctx, o.Request, o.Err)
		}
	}))
}

// observe calls the observers and the functions of the hooks, whose failures are only logged.
func (h *Handler) observe(ctx context.Context, o Observation, ends []func(Observation)) {
	if len(h.config.observers)+len(ends) == 0 {
		return
	}
	o.QueueDepth = -1
	if q, ok := h.config.queue.(interface{ Len() int }); ok {
		o.QueueDepth = q.Len()
	}
	for _, observer := range h.config.observers {
		if err := callSafely(func() error { observer.Observe(ctx, o); return nil }); err != nil {
			h.log(o.Request, slog.LevelError, "webhook: an observer failed", slog.Any("error", err))
		}
	}
	h.report(ends, o)
}
