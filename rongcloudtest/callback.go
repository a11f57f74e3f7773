package rongcloudtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const (
	callbackTries = 3 // RongCloud tries twice more, then drops the callback
	callbackLimit = 5 * time.Second
	maxWaiting    = 10_000 // waiting callbacks
)

// WebhookOption changes which callbacks a webhook gets, and how.
type WebhookOption func(*receiver)

// WithKinds limits a webhook to these kinds. Without it the webhook gets all kinds except
// pre-delivery checks.
func WithKinds(kinds ...webhook.Kind) WebhookOption {
	return func(r *receiver) { r.kinds = append(r.kinds, kinds...) }
}

// WithServerMessages adds callbacks for messages sent through the Server API. RongCloud leaves
// them out unless that is enabled.
func WithServerMessages() WebhookOption {
	return func(r *receiver) { r.serverMessages = true }
}

// WithPreMessages adds pre-delivery checks of users' messages, which RongCloud makes if a rule in
// its console says so.
func WithPreMessages() WebhookOption {
	return func(r *receiver) { r.preMessages = true }
}

// WithoutWaiting does not wait for the webhook's responses: what triggers a callback continues at
// once. Callbacks still come in order, and [Server.WaitForCallbacks] waits for them. At most
// 10,000 callbacks, and at most a quarter of [WithMemory], wait for a slow webhook: further ones
// are dropped, with an error. The server always waits for a pre-delivery check.
func WithoutWaiting() WebhookOption {
	return func(r *receiver) { r.background = true }
}

// receiver is where callbacks go.
type receiver struct {
	handler        http.Handler // nil if url is set
	url            string
	kinds          []webhook.Kind
	serverMessages bool
	preMessages    bool
	background     bool
}

func (r *receiver) wants(e event) bool {
	switch {
	case e.fromServer && !r.serverMessages:
		return false
	case e.Kind() == webhook.KindPreMessage && r.preMessages:
		return true
	case len(r.kinds) > 0:
		return slices.Contains(r.kinds, e.Kind())
	}
	return e.Kind() != webhook.KindPreMessage
}

// event is an event for the webhooks.
type event struct {
	webhook.Event
	fromServer bool // a message sent through the Server API
	origin     *cause
}

// Callback is a callback that the server made, or tried to make; see [Server.Callbacks].
type Callback struct {
	Number       int // the number of the callback, from 1
	Event        webhook.Event
	OccurredAt   time.Time // by the server's clock
	URL          string    // empty for a handler
	AttemptCount int
	Query        string      // of the last request, with its signature
	Header       http.Header // of the last request; not to be changed
	Body         []byte      // of the last request, as it was posted; not to be changed
	Status       int         // HTTP status of the last response; 0 if there was none
	Response     []byte      // body of the last response, at most 1 MiB of it; not to be changed
	Err          error       // why there was no response
	// number of the request that caused it; 0 if there is none, or it has not finished yet
	Request int

	origin *cause
}

// AddWebhook sends callbacks to handler, in this process, as RongCloud calls an app's server:
// signed, and up to three times until the response is 200. A callback is made before the call that
// triggers it returns, unless the webhook is [WithoutWaiting]. Package webhook lists what
// RongCloud calls back about; this server makes callbacks for messages that users send
// ([User.SendPrivate] and the like), users coming online and going offline, chat rooms with their
// members and attributes, audio and video rooms, deactivations, profiles, friends and hosted
// groups. [Server.Emit] makes any other callback.
func (s *Server) AddWebhook(handler http.Handler, opts ...WebhookOption) {
	s.addReceiver(&receiver{handler: handler}, opts)
}

// AddWebhookURL is [Server.AddWebhook] for a program that listens on an http or https URL.
func (s *Server) AddWebhookURL(address string, opts ...WebhookOption) error {
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("rongcloudtest: AddWebhookURL: %q is not an http or https URL", address)
	}
	s.addReceiver(&receiver{url: address}, opts)
	return nil
}

func (s *Server) addReceiver(r *receiver, opts []WebhookOption) {
	for _, opt := range opts {
		opt(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receivers = append(slices.Clone(s.receivers), r)
}

// Emit sends events of any kind to the webhooks, such as those of webhooktest.Sample, as if they
// had happened.
func (s *Server) Emit(events ...webhook.Event) {
	all := make([]event, len(events))
	for i, e := range events {
		all[i] = event{Event: e}
	}
	s.callBack(all)
}

// Callbacks returns the callbacks so far, oldest first; see [WithHistory].
func (s *Server) Callbacks() []Callback {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.callbacks.all()
	for i := range all {
		all[i].Request = all[i].origin.number()
	}
	return all
}

// WaitForCallbacks waits until no callback is pending.
func (s *Server) WaitForCallbacks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.pending > 0 {
		s.settled.Wait()
	}
}

// callBack sends events to the webhooks. It runs without the server's lock, since webhooks may
// call the server.
func (s *Server) callBack(events []event) {
	if len(events) == 0 {
		return
	}
	s.mu.Lock()
	receivers := s.receivers
	s.mu.Unlock()
	for _, r := range receivers {
		var wanted []event
		for _, e := range events {
			if r.wants(e) {
				wanted = append(wanted, e)
			}
		}
		switch {
		case len(wanted) == 0:
		case r.background:
			s.deliverLater(r, wanted)
		default:
			for _, e := range wanted {
				s.sendCallback(r, e)
			}
		}
	}
}

// deliverLater puts events into the queue, and drops those beyond the limits.
func (s *Server) deliverLater(r *receiver, events []event) {
	for _, e := range events {
		if !s.enqueue(r, e) {
			s.keepCallback(Callback{Event: e.Event, URL: r.url, Err: errTooMany, origin: e.origin})
		}
	}
}

// enqueue reports whether there was room. One goroutine processes the queue in order.
func (s *Server) enqueue(r *receiver, e event) bool {
	size := callbackSize + sizeOf(e.Event)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.ledger // a Reset replaces the server's ledger
	if len(s.queue) >= maxWaiting || !l.wait(size) {
		return false
	}
	s.pending++
	s.queue = append(s.queue, func() {
		s.sendCallback(r, e)
		s.mu.Lock()
		defer s.mu.Unlock()
		l.waiting -= size
		if s.pending--; s.pending == 0 {
			s.settled.Broadcast()
		}
	})
	if !s.working {
		s.working = true
		go s.work()
	}
	return true
}

// work processes the queue until it is empty.
func (s *Server) work() {
	next := func() func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.queue) == 0 {
			s.working, s.queue = false, nil
			return nil
		}
		job := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		return job
	}
	for job := next(); job != nil; job = next() {
		job()
	}
}

// sendCallback sends one event to a webhook, unless the server is closing.
func (s *Server) sendCallback(r *receiver, e event) {
	c := Callback{Event: e.Event, URL: r.url, origin: e.origin}
	for c.AttemptCount < callbackTries && s.open.Err() == nil {
		c.AttemptCount++
		var answer *webhooktest.Response
		if answer, c.Err = s.post(r, &c); c.Err == nil {
			c.Response = answer.Body
			if c.Status = answer.Status; c.Status == http.StatusOK {
				break
			}
		}
	}
	if c.AttemptCount > 0 {
		s.keepCallback(c)
	}
}

func (s *Server) keepCallback(c Callback) {
	s.mu.Lock()
	c.OccurredAt, c.Request = s.now(), c.origin.number()
	s.callbackCount++
	c.Number = s.callbackCount
	s.callbacks.add(c, callbackSize+sizeOf(c.Event)+headersSize(c.Header)+int64(len(c.Query)+cap(c.Body)+cap(c.Response)), nil)
	s.mu.Unlock()
	for _, observe := range s.config.watchers {
		observe(c)
	}
}

// ask asks the webhooks about a message before it is delivered. Like RongCloud, the server
// delivers it unchanged if none responds.
func (s *Server) ask(question *webhook.PreMessage) (*webhooktest.Decision, bool) {
	s.mu.Lock()
	receivers := s.receivers
	s.mu.Unlock()
	for _, r := range receivers {
		if !r.wants(event{Event: question}) {
			continue
		}
		c := Callback{Event: question, URL: r.url, AttemptCount: 1}
		answer, err := s.post(r, &c)
		if err == nil {
			c.Status, c.Response = answer.Status, answer.Body
			var decision *webhooktest.Decision
			if decision, err = answer.Decision(); err == nil {
				s.keepCallback(c)
				return decision, true
			}
		}
		c.Err = err
		s.keepCallback(c)
	}
	return nil, false
}

// post makes one attempt, and records what it posts. Callbacks are signed with the clock as it was
// before [Server.Advance], since the receivers' clocks did not move.
func (s *Server) post(r *receiver, c *Callback) (answer *webhooktest.Response, err error) {
	app := webhooktest.App{Key: s.config.key, Secret: *s.config.secret, Now: s.config.clock, Client: callbackClient}
	ctx, cancel := context.WithTimeout(s.open, callbackLimit)
	defer cancel()
	request, err := app.Request(ctx, cmp.Or(r.url, "http://localhost/"), c.Event)
	if err != nil {
		return nil, err
	}
	if err := c.note(request); err != nil {
		return nil, err
	}
	if r.handler == nil {
		return app.Send(request)
	}
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the webhook panicked: %v", problem)
		}
	}()
	return webhooktest.Serve(r.handler, request), nil
}

func (c *Callback) note(r *http.Request) error {
	body, err := r.GetBody()
	if err != nil {
		return err
	}
	c.Query, c.Header = r.URL.RawQuery, r.Header.Clone()
	c.Body, err = io.ReadAll(body)
	return err
}

var callbackClient = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	// leaves no connections when a server closes
	Transport: &http.Transport{DisableKeepAlives: true},
}

// recordEvent records an event for the webhooks, which get it once the server's lock is free again.
func (s *Server) recordEvent(e webhook.Event) { s.happened = append(s.happened, event{Event: e}) }

// drainEvents takes the recorded events. It runs with the lock held; callBack runs after it,
// without the lock.
func (s *Server) drainEvents() []event {
	events := s.happened
	s.happened = nil
	return events
}

// tellMessage records a message for the webhooks. Status messages and broadcasts never cause
// callbacks.
func (c *call) tellMessage(m *kept, source webhook.Platform) {
	if m.broadcast || c.ep != nil && c.isStatus() {
		return
	}
	told := &webhook.Message{
		From: m.From, TargetID: m.TargetID, ToUserIDs: slices.Clone(m.ToUserIDs), ConversationType: m.ConversationType, ChannelID: m.ChannelID,
		ObjectName: m.ObjectName, Body: m.Body, MessageUID: m.MessageUID, SentAt: m.SentAt, Platform: source,
	}
	if source != webhook.PlatformServer {
		told.ClientIP = clientIP
	}
	switch {
	case m.Blocked:
		told.SensitiveType = webhook.SensitiveBlocked
	case m.sensitive:
		told.SensitiveType = webhook.SensitiveReplaced
	}
	c.happened = append(c.happened, event{Event: told, fromServer: source == webhook.PlatformServer})
}

// Errors of what users do; see [User.SendPrivate].
var (
	ErrOffline   = errors.New("rongcloudtest: the user is not connected")
	ErrMuted     = errors.New("rongcloudtest: the user is muted")
	ErrNotMember = errors.New("rongcloudtest: the user is not a member")
	ErrRejected  = errors.New("rongcloudtest: the user is refused") // the wrapping error says why
)

// rejected returns an [ErrRejected] with the reason.
func rejected(why string) error { return fmt.Errorf("%w: %s", ErrRejected, why) }

var errTooMany = errors.New("rongcloudtest: too many callbacks are waiting for the webhook, so it was not called")

// BlockedError says why a user's message is not delivered: because of a sensitive word, or of a
// webhook's pre-delivery check.
type BlockedError struct {
	Text string // the webhook's text for the sender; empty for a sensitive word
}

// Error describes it in one line.
func (e *BlockedError) Error() string {
	if e.Text == "" {
		return "rongcloudtest: the message is blocked"
	}
	return "rongcloudtest: the message is blocked: " + e.Text
}
