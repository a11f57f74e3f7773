package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Handler is an http.Handler for RongCloud's callbacks. Register functions with the methods of its [Registry], before it serves. It is safe
// for concurrent use.
type Handler struct {
	*Registry

	config  *config
	async   *async // nil without WithQueue
	running running
}

// NewHandler returns a handler for the app with the given App Secret, which the console shows. An empty secret and options that make no sense are refused
// with a [*rongcloud.ArgumentError]. Who sends a body slowly is the business of the server: see http.Server.ReadTimeout.
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
	h := &Handler{Registry: &Registry{}, config: c}
	if c.queue != nil {
		h.async = newAsync(h)
	}
	return h, nil
}

// Verify checks the signature of a request and its age, by the secret and those of the options, and returns an [*Error] if they are not right. It
// reads no body and remembers nothing: the same signature passes again, also for another body.
func Verify(r *http.Request, secret string, opts ...Option) error {
	c, err := newConfig(secret, opts)
	if err != nil {
		return err
	}
	_, err = c.verify(r)
	return err
}

// Parse does for other frameworks what a [Handler] does before it calls functions: it checks method, type, signature and age, reads the body and decodes it.
// An [*Error] has the status to answer with. A body that is not of its kind comes as an [*Unknown].
//
// It remembers no signature, so a replay passes, also with another body. Where the framework takes an http.Handler, a Handler is the better choice.
// Nothing may have read the body before.
func Parse(r *http.Request, secret string, opts ...Option) (*Callback, error) {
	c, err := newConfig(secret, opts)
	if err != nil {
		return nil, err
	}
	return c.parse(r, c.kind)
}

func (c *config) parse(r *http.Request, kind Kind) (*Callback, error) {
	q, err := c.receive(r)
	if err != nil {
		return nil, err
	}
	return c.decode(q, kind)
}

// Parse is like the function of that name, with the secrets and options of the handler. It does not ask the handler's nonce store.
func (h *Handler) Parse(r *http.Request) (*Callback, error) { return h.config.parse(r, h.config.kind) }

// For returns a handler for a path to which RongCloud sends callbacks of one kind only.
func (h *Handler) For(kind Kind) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, kind) })
}

// ServeHTTP takes a callback of any kind.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.serve(w, r, h.config.kind) }

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, kind Kind) {
	arrived := time.Now()
	if !h.running.enter() {
		h.fail(w, r, kind, refuse(ErrUnavailable, errors.New("the handler is shut down")))
		return
	}
	defer h.running.leave()

	q, err := h.config.receive(r)
	if err != nil {
		h.fail(w, r, kind, err)
		return
	}
	ctx, cancel := context.WithDeadline(r.Context(), arrived.Add(h.config.timeout))
	defer cancel()
	mark := q.fingerprint(r)
	state, err := h.begin(ctx, q, mark)
	if err != nil {
		h.fail(w, r, kind, err)
		return
	}
	callback, err := h.config.decode(q, kind)
	if err != nil {
		h.fail(w, r, kind, err)
		return
	}
	if len(callback.Events) > 0 && h.decide(w, r, callback.Events[0], arrived) {
		return
	}
	if state == NonceDone {
		w.WriteHeader(http.StatusOK)
		return
	}
	if err := h.take(ctx, callback); err != nil {
		h.fail(w, r, callback.Kind, err)
		return
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), time.Second) // what is done is done, even if it took all the time
	defer cancel()
	if err := h.config.nonces.Done(ctx, q.credentials.nonceKey(), mark, h.config.keep()); err != nil {
		// The work is done, and the answer says so: another try by RongCloud would only repeat it.
		h.log(r, slog.LevelWarn, "webhook: the nonce store failed", slog.String("kind", string(callback.Kind)), slog.Any("error", err))
	}
	w.WriteHeader(http.StatusOK)
}

// keep is how long a signature must be remembered: one from the far end of the future stays within the window for twice its length.
func (c *config) keep() time.Duration {
	if c.window == 0 {
		return withoutWindow
	}
	return 2 * c.window
}

// begin asks the nonce store, and refuses a replay.
func (h *Handler) begin(ctx context.Context, q *request, mark Fingerprint) (NonceState, error) {
	state, err := h.config.nonces.Begin(ctx, q.credentials.nonceKey(), mark, h.config.keep())
	switch {
	case err != nil:
		return 0, refuse(ErrUnavailable, fmt.Errorf("the nonce store failed: %w", err))
	case state == NonceReplayed:
		return 0, refuse(ErrReplayed)
	case state < NonceNew || state > NonceReplayed:
		return 0, refuse(ErrUnavailable, fmt.Errorf("the nonce store answered %v", state))
	}
	return state, nil
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

// decide answers a question before delivery, in time. It reports whether the event is one.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, e Event, arrived time.Time) bool {
	var answer []byte
	var err error
	switch e := e.(type) {
	case *PreMessage:
		answer, err = h.ask(r.Context(), e, arrived.Add(h.config.decisionTimeout))
	case *Unknown:
		if e.Expected != KindPreMessage {
			return false
		}
		err = refuse(ErrMalformed, e.Err)
	default:
		return false
	}
	if err != nil {
		h.logFailure(r, "webhook: the fallback decides about a message", KindPreMessage, 0, err)
		answer, _ = h.config.fallback.encode("") // checked by WithDecisionTimeout
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(answer) // RongCloud has hung up if this fails
	return true
}

// ask has the function decide, and does not wait for it beyond the deadline: it may not obey its context.
func (h *Handler) ask(ctx context.Context, m *PreMessage, deadline time.Time) ([]byte, error) {
	type outcome struct {
		answer []byte
		err    error
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	decided := make(chan outcome, 1)
	h.running.add()
	go func() {
		defer h.running.leave()
		defer cancel()
		answer, err := h.answer(ctx, m)
		decided <- outcome{answer, err}
	}()
	select {
	case out := <-decided:
		return out.answer, out.err
	case <-ctx.Done():
	}
	select {
	case out := <-decided: // its return ended the context
		return out.answer, out.err
	default:
		return nil, ctx.Err()
	}
}

// fail answers a callback that was refused or could not be handled.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, kind Kind, err error) {
	status := http.StatusInternalServerError
	var refused *Error
	if errors.As(err, &refused) {
		status = refused.Status
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	h.logFailure(r, "webhook: a callback was not taken", kind, status, err)
	http.Error(w, http.StatusText(status), status)
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

// Start begins to work on the queue of [WithQueue], with what it holds from before. Without it it does nothing. It is called once the functions are
// registered; until then callbacks are answered with 503.
func (h *Handler) Start() {
	if h.async != nil {
		h.async.start()
	}
}

// Shutdown refuses further callbacks with 503, waits for those that are being handled, and with
// [WithQueue] works on the queue until it is empty. When the context ends before, it ends the contexts of
// the functions, waits up to half a second for those that obey, so that what they have done leaves the
// queue, and returns an error if anything is left; what a durable queue still holds is then handled after
// the next start. Close the queue after it. A handler is not used again after it.
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

// add counts what belongs to a request that has entered.
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

// wait lets nobody enter any more and waits until all have left.
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
