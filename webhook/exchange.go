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
	kind    Kind  // by the path, or empty
	blocked error // why nothing can be taken, whatever it is

	q        *request    // nil until the body is read
	mark     Fingerprint // of q
	callback *Callback   // nil until it is decoded
	over     bool        // the response is written
	ends     []func(Observation)
}

// serve answers a request. Whatever stops a question with a good signature leaves it to the
// fallback: RongCloud delivers a message if it gets no decision. So nothing that may be a question
// is refused before it is known to be none.
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

// ended answers a request whose function has ended the goroutine.
func (x *exchange) ended() {
	if x.over {
		return
	}
	x.w.Header().Set("Connection", "close") // the server closes it, too
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
	if x.mayAsk() || x.blocked != nil {
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

// read reads the body, for no longer than a response is of use. That takes the place of the
// server's ReadTimeout.
func (x *exchange) read(found *credentials) error {
	limit := x.h.config.timeout
	if x.kind == KindPreMessage {
		limit = x.h.config.decisionTimeout
	}
	control := http.NewResponseController(x.w)
	_ = control.SetReadDeadline(x.arrived.Add(limit)) // no error that matters: there is no connection
	q, err := x.h.config.read(x.r, found)
	if err != nil {
		return err
	}
	_ = control.SetReadDeadline(time.Time{}) // its end must not count as that of the connection
	x.q, x.mark = q, q.fingerprint(x.r)
	return nil
}

// mayAsk reports whether the body may be a question before delivery, without decoding it. Only such
// a body has the field.
func (x *exchange) mayAsk() bool {
	return x.kind == KindPreMessage || x.kind == "" && mayName(x.q.body, "msgType")
}

// mayName reports whether a form or JSON may have a field: its name is there in any letter case, or
// some letter or digit is escaped, of which no encoder makes escapes.
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
		case c == 'u' && bytes.HasPrefix(rest, []byte("00")): // the u of JSON's escape
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

// decode decodes the body if that was not done before.
func (x *exchange) decode() (err error) {
	if x.callback == nil {
		x.callback, err = x.h.config.decode(x.q, x.kind)
	}
	return err
}

// question returns the message that a question is about, or nil for a question that cannot be read,
// and reports whether it is one.
func (x *exchange) question() (*PreMessage, bool) {
	alone := x.kind == KindPreMessage
	if x.callback == nil || len(x.callback.Events) == 0 {
		return nil, alone
	}
	switch e := x.callback.Events[0].(type) {
	case *PreMessage:
		if len(x.callback.Events) > 1 { // one decision cannot be about several
			return nil, true
		}
		return e, true
	case *Unknown:
		return nil, alone || e.Expected == KindPreMessage
	}
	return nil, alone
}

// take handles what is no question, or puts it into the queue.
func (x *exchange) take() {
	h := x.h
	ctx, cancel := context.WithDeadline(x.r.Context(), x.arrived.Add(h.config.timeout))
	defer cancel()
	state, err := h.begin(ctx, x.q, x.mark)
	if err != nil {
		x.fail(err)
		return
	}
	if state == NonceDone { // never a question, which is not entered as done
		x.ok(OutcomeRepeated)
		return
	}
	if err := x.decode(); err != nil {
		x.fail(err)
		return
	}
	if m, ok := x.question(); ok { // that mayAsk has missed
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
	// What is done is done, even if it took all the time.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := h.remember(ctx, x.q, x.mark); err != nil {
		// The work is done, and the response says so: another try by RongCloud would only repeat
		// it.
		h.log(x.r, slog.LevelWarn, "webhook: the nonce store failed", slog.String("kind", string(x.callback.Kind)), slog.Any("error", err))
	}
	x.ok(outcome)
}

// ignored reports whether the callback is of no known kind and nobody wants such, and says so in
// the log. A body that is not of its kind is an error then.
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

// fail answers a request with a good signature that cannot be taken: by the fallback if it is a
// question.
func (x *exchange) fail(err error) {
	if x.callback == nil && x.q != nil { // what it is decides, also if it says another app's name
		kind, events := x.q.events(x.kind)
		x.callback = &Callback{Kind: kind, Events: events}
	}
	if m, ok := x.question(); ok && !errors.Is(err, ErrUnsigned) {
		x.fallBack(m.objectName(), err)
		return
	}
	x.refuse(err)
}

// refuse answers with the status that belongs to an error.
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
	x.h.logFailure(x.r, "webhook: a callback was not taken", x.knownKind(), status, err)
	x.respond(status, "text/plain; charset=utf-8", []byte(http.StatusText(status)+"\n"))
	outcome := OutcomeFailed
	if status < http.StatusInternalServerError {
		outcome = OutcomeRefused
	}
	x.observe(Observation{Outcome: outcome, Status: status, Err: err})
}

// hangUp has the server close the connection if the body was not read. It would wait for the rest
// of it otherwise, even after such a response, for as long as the other side likes.
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

// observe is called when the response is written.
func (x *exchange) observe(o Observation) {
	x.over = true
	if len(x.h.config.observers)+len(x.ends) == 0 {
		return
	}
	o.Kind, o.Request, o.Duration = cmp.Or(o.Kind, x.knownKind()), x.r, time.Since(x.arrived)
	x.h.observe(x.r.Context(), o, x.ends)
}

// decide answers a question before delivery, in time, whatever the nonce store and the function do.
// A nil message is one that cannot be read.
func (x *exchange) decide(m *PreMessage, begin bool) {
	objectName := m.objectName() // now: a function that is late may still write to the message
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
		x.h.logFailure(x.r, "webhook: a decision came with an error, and counts", KindPreMessage, 0, err)
	}
	x.answer(given.body)
	x.observe(Observation{Outcome: OutcomeDecided, Kind: KindPreMessage, Status: http.StatusOK, Err: err, Verdict: given.Verdict})
}

// unreadable is what is wrong with a question.
func (x *exchange) unreadable() error {
	for _, e := range x.callback.Events {
		if unknown, ok := e.(*Unknown); ok && unknown.Err != nil {
			return unknown.Err
		}
	}
	if len(x.callback.Events) > 1 {
		return errors.New("several questions in one body")
	}
	return errors.New("no question before delivery")
}

// ask has the store and the function decide, and does not wait for them beyond the deadline: they
// may not obey their context.
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
	<-ctx.Done() // by the deadline, or when the goroutine has ended
	select {
	case out := <-decided:
		return out.given, out.err
	default:
		return verdict{}, ctx.Err()
	}
}

// fallBack answers a question that cannot be decided, about a message of the given type, which is
// empty if it is not known.
func (x *exchange) fallBack(objectName string, err error) {
	x.h.logFailure(x.r, "webhook: the fallback decides about a message", KindPreMessage, 0, err)
	fallback := x.h.config.fallback.about(objectName)
	x.hangUp()
	x.answer(fallback.body)
	x.observe(Observation{Outcome: OutcomeFallback, Kind: KindPreMessage, Status: http.StatusOK, Err: err, Verdict: fallback.Verdict})
}

func (x *exchange) answer(body []byte) {
	x.respond(http.StatusOK, "application/json; charset=utf-8", body)
}

// respond tells the length, so that the response is whole even if the server can add nothing to it.
func (x *exchange) respond(status int, contentType string, body []byte) {
	header := x.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // RongCloud has hung up if this fails
}
