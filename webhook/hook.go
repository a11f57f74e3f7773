package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Arrival is a callback that has come, or a job of the queue whose function is about to be called;
// see [WithHook].
type Arrival struct {
	Kind      Kind          // as far as it is known yet: of a callback by its path, see [Handler.For]
	Request   *http.Request // nil for a job; its query may be a credential and must not be kept
	ArrivedAt time.Time     // of a job, when this attempt began
}

// WithHook calls hook when a callback arrives, before it is looked at, and before each attempt at a
// job of the queue. The context that hook returns is what the functions, the nonce store and the
// queue get; nil leaves it as it is. The function that it returns, unless it is nil, is told what
// the observers are told, after them; a job that the end of a shutdown cuts short ends as
// [OutcomeJobFailed] there. It is for traces, whose spans have a beginning; [WithObserver] is
// enough for metrics. Hooks add up: each gets the context of the one before. They must be fast. One
// that panics is logged, and changes nothing.
func WithHook(hook func(ctx context.Context, arrival Arrival) (context.Context, func(Observation))) Option {
	return func(c *config) error {
		if hook == nil {
			return argument("WithHook", "is nil")
		}
		c.hooks = append(c.hooks, hook)
		return nil
	}
}

// arrive tells the hooks of an arrival. It returns the context that they make of ctx, and whom to
// tell of the end.
func (h *Handler) arrive(ctx context.Context, arrival Arrival) (context.Context, []func(Observation)) {
	var ends []func(Observation)
	for _, hook := range h.config.hooks {
		own := ctx
		var end func(Observation)
		err := shielded(func() error { own, end = hook(ctx, arrival); return nil })
		switch {
		case err != nil:
			h.log(arrival.Request, slog.LevelError, "webhook: a hook failed", slog.Any("error", err))
			continue
		case own != nil:
			ctx = own
		}
		if end != nil {
			ends = append(ends, end)
		}
	}
	return ctx, ends
}

// tell tells the ends in the opposite order.
func (h *Handler) tell(ends []func(Observation), o Observation) {
	for _, end := range slices.Backward(ends) {
		if err := shielded(func() error { end(o); return nil }); err != nil {
			h.log(o.Request, slog.LevelError, "webhook: a hook failed", slog.Any("error", err))
		}
	}
}
