package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Handler is an http.Handler for RongCloud's callbacks. Register functions with its methods before
// it serves, one for each kind: a second one is refused, see [Handler.Err]. Callbacks of a known
// kind without a function are acknowledged. The functions are called concurrently. If one returns
// an error or panics, RongCloud sends the callback again, or with [WithQueue] the function is
// called again; if the callback has several events, those after the failed one wait for that. An
// error marked by [Permanent] ends the attempts. A Handler is safe for concurrent use.
type Handler struct {
	registry

	config  *config
	async   *async // nil without WithQueue
	running running
}

// NewHandler returns a handler for the app with the given App Secret, which the console shows. For
// an empty secret or invalid options it returns a [*rongcloud.ArgumentError]. Set the timeouts of
// the http.Server as well: see the package comment.
func NewHandler(secret string, opts ...Option) (*Handler, error) {
	c, err := newConfig(secret, opts)
	if err != nil {
		return nil, err
	}
	if c.nonces == nil {
		store := NewMemoryNonceStore(DefaultNonces)
		store.now = c.now
		c.nonces = store
	}
	h := &Handler{config: c}
	h.complain = func(err error) {
		h.log(nil, slog.LevelError, "webhook: the handler is misused", slog.Any("error", err))
	}
	if store, ok := c.nonces.(*MemoryNonceStore); ok {
		forgot := func(held int) {
			h.log(nil, slog.LevelWarn, "webhook: the nonce store forgets signatures before their time; give it more room with WithNonceStore",
				slog.Int("held", held))
		}
		store.onEarly.Store(&forgot)
	}
	if c.queue != nil {
		h.async = newAsync(h)
	}
	return h, nil
}

// Verify checks the signature and age of a request with the given secret and those of the options,
// and returns an [*Error] if they are invalid. It does not read the body and remembers nothing:
// the same signature passes again, even with another body.
func Verify(r *http.Request, secret string, opts ...Option) error {
	c, err := newConfig(secret, opts)
	if err != nil {
		return err
	}
	_, err = c.verify(r)
	return err
}

// Parse does for other frameworks what a [Handler] does before it calls functions: it checks
// method, type, signature and age, reads the body and decodes it. An [*Error] has the status to
// respond with. A body that does not match its kind is returned as an [*Unknown].
//
// It remembers no signatures, so a replay passes, even with another body. If the framework accepts
// an http.Handler, a Handler is the better choice. A body that was already read is refused, unless
// it was parsed as a form.
func Parse(r *http.Request, secret string, opts ...Option) (*Callback, error) {
	c, err := newConfig(secret, opts)
	if err != nil {
		return nil, err
	}
	return c.parse(r, c.kind)
}

func (c *config) parse(r *http.Request, kind Kind) (*Callback, error) {
	q, err := c.receive(r, kind)
	if err != nil {
		return nil, err
	}
	if q.short {
		return nil, refuse(ErrMalformed, errReadBefore)
	}
	return c.decode(q, kind)
}

// Parse is like the function [Parse], with the secrets and options of the handler. It does not use
// the handler's nonce store.
func (h *Handler) Parse(r *http.Request) (*Callback, error) { return h.config.parse(r, h.config.kind) }

// For returns a handler for a path to which RongCloud sends callbacks of one kind only. A kind
// that does not exist is a programming error: it is logged at once, [Handler.Err] returns it, and
// every callback to the path gets the response 500, or the fallback if it is a pre-delivery check.
func (h *Handler) For(kind Kind) http.Handler {
	err := checkKind(kind)
	if err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refuse(err)
		kind = ""
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, kind, err) })
}

// ServeHTTP handles a callback of any kind.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, h.config.kind, nil)
}

// nonceLifetime is how long a signature must be remembered: one from the latest allowed moment
// stays within the window for twice its length.
func (c *config) nonceLifetime() time.Duration {
	if c.window == 0 {
		return withoutWindow
	}
	return 2 * c.window
}

// begin asks the nonce store, and refuses a replay.
func (h *Handler) begin(ctx context.Context, q *request, mark Fingerprint) (NonceStatus, error) {
	state, err := h.remembered(ctx, q, mark)
	switch {
	case err != nil:
		return 0, refuse(ErrUnavailable, fmt.Errorf("the nonce store failed: %w", err))
	case state == NonceReplayed:
		return 0, refuse(ErrReplayed)
	case state < NonceNew || state > NonceReplayed:
		return 0, refuse(ErrUnavailable, fmt.Errorf("the nonce store returned %v", state))
	}
	return state, nil
}

// remembered asks the store what it knows of a request.
func (h *Handler) remembered(ctx context.Context, q *request, mark Fingerprint) (NonceStatus, error) {
	return callOutside(ctx, &h.running, h.config.nonces, func() (NonceStatus, error) {
		return h.config.nonces.Begin(ctx, q.credentials.nonceKey(), mark, h.config.nonceLifetime())
	})
}

// remember records in the store that a request was handled.
func (h *Handler) remember(ctx context.Context, q *request, mark Fingerprint) error {
	_, err := callOutside(ctx, &h.running, h.config.nonces, func() (none struct{}, err error) {
		return none, h.config.nonces.Done(ctx, q.credentials.nonceKey(), mark, h.config.nonceLifetime())
	})
	return err
}

// take handles the events of a callback or puts them into the queue.
func (h *Handler) take(ctx context.Context, callback *Callback) error {
	if h.async != nil {
		return h.async.push(ctx, callback)
	}
	for _, e := range callback.Events {
		switch err := h.handle(ctx, e); {
		case IsPermanent(err):
			h.giveUp(newJob(e), err)
		case err != nil:
			return err
		}
	}
	return nil
}

func (h *Handler) logFailure(r *http.Request, message string, kind Kind, status int, err error) {
	level := slog.LevelError
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		level = slog.LevelWarn // somebody else's mistake
	}
	attrs := []slog.Attr{slog.String("kind", string(kind)), slog.Any("error", err)}
	if status != 0 {
		attrs = append(attrs, slog.Int("status", status))
	}
	if r != nil {
		attrs = append(attrs, slog.String("path", r.URL.Path), slog.String("remote", r.RemoteAddr))
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("stack", string(panicked.stack)))
	}
	h.log(r, level, message, attrs...)
}

func (h *Handler) log(r *http.Request, level slog.Level, message string, attrs ...slog.Attr) {
	logger, ctx := h.config.logger, context.Background()
	if logger == nil {
		logger = slog.Default()
	}
	if r != nil {
		ctx = r.Context()
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// Start begins to process the queue of [WithQueue], including jobs left from before. Without a
// queue it does nothing. Call it once the functions are registered; until then the response to
// callbacks is 503.
func (h *Handler) Start() {
	if h.async != nil {
		h.async.start()
	}
}

// Shutdown refuses further callbacks with 503, waits for those being handled, and with [WithQueue]
// processes the queue until it is empty. If the context ends first, Shutdown cancels the contexts
// of the functions, waits up to half a second for those that stop, so that their finished jobs
// leave the queue, and returns an error if anything is left; a durable queue's remaining jobs are
// handled after the next start. Close the queue afterwards. A handler must not be used again after
// Shutdown.
func (h *Handler) Shutdown(ctx context.Context) error {
	if err := h.running.wait(ctx); err != nil {
		if h.async != nil {
			h.async.abort()
		}
		return fmt.Errorf("webhook: callbacks are still being handled: %w", err)
	}
	if h.async != nil {
		return h.async.shutdown(ctx)
	}
	return nil
}

// running counts what must end before a shutdown is over.
type running struct {
	mu     sync.Mutex
	count  int
	closed bool
	idle   chan struct{} // closed when the last one has left after the shutdown began
}

// enter counts a request, unless the shutdown has begun.
func (n *running) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.count++
	}
	return !n.closed
}

// add counts work that belongs to a request that has entered.
func (n *running) add() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.count++
}

func (n *running) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.count--
	if n.closed && n.count == 0 {
		close(n.idle)
	}
}

// wait lets no more requests enter and waits until all have left.
func (n *running) wait(ctx context.Context) error {
	n.mu.Lock()
	if !n.closed {
		n.closed, n.idle = true, make(chan struct{})
		if n.count == 0 {
			close(n.idle)
		}
	}
	n.mu.Unlock()
	select {
	case <-n.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
