package webhook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// exchange is one request on its way through a handler.
type exchange struct {
	h       *Handler
	w       http.ResponseWriter
	r       *http.Request
	arrived time.Time
	kind    Kind  // from the path, or empty
	blocked error // why every callback must fail, or nil

	q        *request    // nil until the body is read
	mark     Fingerprint // of q
	callback *Callback   // nil until it is decoded
	over     bool        // the response has been written
	ends     []func(Observation)
}

// serve responds to a request. If anything stops a pre-delivery check with a valid signature, the
// fallback decides, because RongCloud delivers the message if it gets no decision. So nothing that
// may be a check is refused before it is known not to be one.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, kind Kind, blocked error) {
	x := &exchange{h: h, w: w, r: r, arrived: time.Now(), kind: kind, blocked: blocked}
	if len(h.config.hooks) > 0 {
		ctx, ends := h.arrive(r.Context(), Arrival{Kind: kind, Request: r, ArrivedAt: x.arrived})
		x.r, x.ends = r.WithContext(ctx), ends
	}
	if h.running.enter() {
		defer h.running.leave()
	} else {
		x.blocked = refuse(ErrUnavailable, errors.New("the handler is shut down"))
	}
	defer x.ended()
	x.serve()
}

// ended responds to a request whose function has ended the goroutine.
func (x *exchange) ended() {
	if x.over {
		return
	}
	x.w.Header().Set("Connection", "close") // the server closes it too
	x.fail(errGoexit)
	_ = http.NewResponseController(x.w).Flush()
}

func (x *exchange) serve() {
	credentials, err := x.h.config.admit(x.r, x.kind)
	if err != nil {
		x.refuse(err)
		return
	}
	if err := x.read(credentials); err != nil {
		x.fail(err)
		return
	}
	if x.mayBeQuestion() || x.blocked != nil {
		if err := x.decode(); err != nil {
			x.fail(err)
			return
		}
		if m, ok := x.question(); ok {
			x.decide(m, true)
			return
		}
		if x.blocked != nil {
			x.fail(x.blocked)
			return
		}
	}
	x.take()
}

// read reads the body, for no longer than a response is useful. This overrides the server's
// ReadTimeout.
func (x *exchange) read(found *credentials) error {
	limit := x.h.config.timeout
	if x.kind == KindPreMessage {
		limit = x.h.config.decisionTimeout
	}
	control := http.NewResponseController(x.w)
	// an error is harmless: there is no connection
	_ = control.SetReadDeadline(x.arrived.Add(limit))
	q, err := x.h.config.read(x.r, found)
	if err != nil {
		return err
	}
	// the deadline must not count as the end of the connection
	_ = control.SetReadDeadline(time.Time{})
	x.q, x.mark = q, q.fingerprint(x.r)
	return nil
}

// mayBeQuestion reports, without decoding the body, whether it may be a pre-delivery check. Only
// such a body has the field.
func (x *exchange) mayBeQuestion() bool {
	return x.kind == KindPreMessage || x.kind == "" && mayName(x.q.body, "msgType")
}

// mayName reports whether a form or JSON may have a field: it contains the name in any letter
// case, or an escaped letter or digit, which no ordinary encoder produces.
func mayName(body []byte, field string) bool {
	for i, c := range body {
		rest := body[i+1:]
		switch {
		case c|0x20 == field[0]|0x20:
			if len(rest)+1 >= len(field) && bytes.EqualFold(body[i:i+len(field)], []byte(field)) {
				return true
			}
		case c == '%':
			if escapesName(rest) {
				return true
			}
		case c == 'u' && bytes.HasPrefix(rest, []byte("00")): // the u of a JSON escape
			if escapesName(rest[2:]) {
				return true
			}
		}
	}
	return false
}

// escapesName reports whether a text begins with the hex digits of an ASCII letter or digit.
func escapesName(text []byte) bool {
	var char [1]byte
	if len(text) < 2 {
		return false
	}
	_, err := hex.Decode(char[:], text[:2])
	lower := char[0] | 0x20
	return err == nil && ('a' <= lower && lower <= 'z' || '0' <= char[0] && char[0] <= '9')
}

// decode decodes the body once.
func (x *exchange) decode() (err error) {
	if x.callback == nil {
		x.callback, err = x.h.config.decode(x.q, x.kind)
	}
	return err
}

// question reports whether the callback is a pre-delivery check, and returns the message to decide
// about, or nil if it cannot be read.
func (x *exchange) question() (*PreMessage, bool) {
	alone := x.kind == KindPreMessage
	if x.callback == nil || len(x.callback.Events) == 0 {
		return nil, alone
	}
	switch e := x.callback.Events[0].(type) {
	case *PreMessage:
		if len(x.callback.Events) > 1 { // one decision cannot apply to several
			return nil, true
		}
		return e, true
	case *Unknown:
		return nil, alone || e.Expected == KindPreMessage
	}
	return nil, alone
}

// take handles a callback that is not a pre-delivery check, or puts it into the queue.
func (x *exchange) take() {
	h := x.h
	ctx, cancel := context.WithDeadline(x.r.Context(), x.arrived.Add(h.config.timeout))
	defer cancel()
	state, err := h.begin(ctx, x.q, x.mark)
	if err != nil {
		x.fail(err)
		return
	}
	if state == NonceDone { // never a pre-delivery check, which is not stored as done
		x.ok(OutcomeRepeated)
		return
	}
	if err := x.decode(); err != nil {
		x.fail(err)
		return
	}
	if m, ok := x.question(); ok { // missed by mayBeQuestion
		x.decide(m, false)
		return
	}
	outcome := OutcomeHandled
	switch ignored, err := x.ignored(); {
	case err != nil:
		x.fail(err)
		return
	case ignored:
		outcome = OutcomeUnknown
	case h.async != nil:
		outcome = OutcomeQueued
		fallthrough
	default:
		if err := h.take(ctx, x.callback); err != nil {
			x.fail(err)
			return
		}
	}
	// Record the success even if the work took all the time.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := h.remember(ctx, x.q, x.mark); err != nil {
		// The work is done, and the response says so: a retry by RongCloud would only repeat it.
		h.log(x.r, slog.LevelWarn, "webhook: the nonce store failed", slog.String("kind", string(x.callback.Kind)), slog.Any("error", err))
	}
	x.ok(outcome)
}

// ignored reports whether the callback is of an unknown kind and there is no OnUnknown, and logs
// that. A body that does not match its expected kind is an error then.
func (x *exchange) ignored() (bool, error) {
	if len(x.callback.Events) != 1 {
		return false, nil
	}
	unknown, ok := x.callback.Events[0].(*Unknown)
	if !ok || x.h.knows(KindUnknown) && !x.q.short {
		return false, nil
	}
	if unknown.Err != nil {
		return false, refuse(ErrMalformed, unknown.Err)
	}
	x.h.log(x.r, slog.LevelWarn, "webhook: a callback of no known kind was acknowledged; register OnUnknown to see it",
		slog.String("kind", string(x.callback.Kind)), slog.String("type", x.r.Header.Get("Content-Type")), slog.Int("length", len(x.q.body)))
	return true, nil
}

// ok acknowledges the callback.
func (x *exchange) ok(outcome Outcome) {
	x.w.WriteHeader(http.StatusOK)
	x.observe(Observation{Outcome: outcome, Status: http.StatusOK})
}

// fail responds to a request with a valid signature that cannot be handled: with the fallback if
// it is a pre-delivery check.
func (x *exchange) fail(err error) {
	// the response depends on its kind, even if it names another app
	if x.callback == nil && x.q != nil {
		kind, events := x.q.events(x.kind)
		x.callback = &Callback{Kind: kind, Events: events}
	}
	if m, ok := x.question(); ok && !errors.Is(err, ErrUnsigned) {
		x.fallBack(m.objectName(), err)
		return
	}
	x.refuse(err)
}

// refuse responds with the status that belongs to an error.
func (x *exchange) refuse(err error) {
	status := http.StatusInternalServerError
	var refused *Error
	if errors.As(err, &refused) {
		status = refused.Status
	}
	if status == http.StatusMethodNotAllowed {
		x.w.Header().Set("Allow", http.MethodPost)
	}
	x.hangUp()
	x.h.logFailure(x.r, "webhook: a callback was refused", x.knownKind(), status, err)
	x.respond(status, "text/plain; charset=utf-8", []byte(http.StatusText(status)+"\n"))
	outcome := OutcomeFailed
	if status < http.StatusInternalServerError {
		outcome = OutcomeRefused
	}
	x.observe(Observation{Outcome: outcome, Status: status, Err: err})
}

// hangUp makes the server close the connection if the body was not read. Otherwise the server
// would wait for the rest of it, even after the response, for as long as the client likes.
func (x *exchange) hangUp() {
	if x.q == nil && x.r.ProtoMajor == 1 {
		x.w.Header().Set("Connection", "close")
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Unix(1, 0))
	}
}

// knownKind is the kind as far as it is known.
func (x *exchange) knownKind() Kind {
	if x.callback != nil {
		return x.callback.Kind
	}
	return x.kind
}

// observe is called after the response has been written.
func (x *exchange) observe(o Observation) {
	x.over = true
	if len(x.h.config.observers)+len(x.ends) == 0 {
		return
	}
	o.Kind, o.Request, o.Duration = cmp.Or(o.Kind, x.knownKind()), x.r, time.Since(x.arrived)
	x.h.observe(x.r.Context(), o, x.ends)
}

// decide responds to a pre-delivery check in time, whatever the nonce store and the function do. A
// nil message is one that could not be read.
func (x *exchange) decide(m *PreMessage, begin bool) {
	objectName := m.objectName() // read now: a late function may still write to the message
	switch {
	case x.blocked != nil:
		x.fallBack(objectName, x.blocked)
		return
	case m == nil:
		x.fallBack(objectName, refuse(ErrMalformed, x.unreadable()))
		return
	}
	given, err := x.ask(m, begin)
	if given.body == nil {
		x.fallBack(objectName, err)
		return
	}
	if err != nil {
		x.h.logFailure(x.r, "webhook: a function returned a decision and an error; the decision counts", KindPreMessage, 0, err)
	}
	x.answer(given.body)
	x.observe(Observation{Outcome: OutcomeDecided, Kind: KindPreMessage, Status: http.StatusOK, Err: err, Verdict: given.Verdict})
}

// unreadable returns what is wrong with a pre-delivery check.
func (x *exchange) unreadable() error {
	for _, e := range x.callback.Events {
		if unknown, ok := e.(*Unknown); ok && unknown.Err != nil {
			return unknown.Err
		}
	}
	if len(x.callback.Events) > 1 {
		return errors.New("the body has several questions before delivery")
	}
	return errors.New("the body has no question before delivery")
}

// ask lets the store and the function decide, and does not wait for them beyond the deadline: they
// may ignore their context.
func (x *exchange) ask(m *PreMessage, begin bool) (verdict, error) {
	type outcome struct {
		given verdict
		err   error
	}
	ctx, cancel := context.WithDeadline(x.r.Context(), x.arrived.Add(x.h.config.decisionTimeout))
	decided := make(chan outcome, 1)
	x.h.running.add()
	go func() {
		defer x.h.running.leave()
		defer cancel()
		var out outcome
		if begin {
			_, out.err = x.h.begin(ctx, x.q, x.mark)
		}
		if out.err == nil {
			out.given, out.err = x.h.answer(ctx, m)
		}
		decided <- out
	}()
	<-ctx.Done() // at the deadline, or when the goroutine has ended
	select {
	case out := <-decided:
		return out.given, out.err
	default:
		return verdict{}, ctx.Err()
	}
}

// fallBack responds with the fallback to a check that cannot be decided, for a message of the
// given type, which is empty if unknown.
func (x *exchange) fallBack(objectName string, err error) {
	x.h.logFailure(x.r, "webhook: the fallback decides about a message", KindPreMessage, 0, err)
	fallback := x.h.config.fallback.fallbackFor(objectName)
	x.hangUp()
	x.answer(fallback.body)
	x.observe(Observation{Outcome: OutcomeFallback, Kind: KindPreMessage, Status: http.StatusOK, Err: err, Verdict: fallback.Verdict})
}

func (x *exchange) answer(body []byte) {
	x.respond(http.StatusOK, "application/json; charset=utf-8", body)
}

// respond sets the length, so that the response is complete even if the server can add nothing to
// it.
func (x *exchange) respond(status int, contentType string, body []byte) {
	header := x.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // if this fails, RongCloud has closed the connection
}
