package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Arrival is a callback that has arrived, or a job of the queue whose function is about to be
// called; see [WithHook].
type Arrival struct {
	Kind      Kind          // as far as known yet: for a callback from its path, see [Handler.For]
	Request   *http.Request // nil for a job; its query may be a credential and must not be kept
	ArrivedAt time.Time     // for a job, when this attempt began
}

// WithHook calls hook when a callback arrives, before anything is checked, and before each attempt
// at a job of the queue. The functions, the nonce store and the queue get the context that hook
// returns; nil leaves it unchanged. The function that hook returns, unless it is nil, is called
// after the observers with the same observation; a job cut short by a shutdown ends as
// [OutcomeJobFailed] there. Hooks are for traces, whose spans have a start; for metrics
// [WithObserver] is enough. Hooks add up: each gets the context of the one before. They must be
// fast. A panic in a hook is logged and changes nothing.
func WithHook(hook func(ctx context.Context, arrival Arrival) (context.Context, func(Observation))) Option {
	return func(c *config) error {
		if hook == nil {
			return argument("WithHook", "is nil")
		}
		c.hooks = append(c.hooks, hook)
		return nil
	}
}

// arrive calls the hooks. It returns the context they derive from ctx, and the functions to call
// at the end.
func (h *Handler) arrive(ctx context.Context, arrival Arrival) (context.Context, []func(Observation)) {
	var ends []func(Observation)
	for _, hook := range h.config.hooks {
		own := ctx
		var end func(Observation)
		err := callSafely(func() error { own, end = hook(ctx, arrival); return nil })
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

// report calls the functions of the hooks in reverse order.
func (h *Handler) report(ends []func(Observation), o Observation) {
	for _, end := range slices.Backward(ends) {
		if err := callSafely(func() error { end(o); return nil }); err != nil {
			h.log(o.Request, slog.LevelError, "webhook: a hook failed", slog.Any("error", err))
		}
	}
}
