package rongcloudtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Defaults of the options.
const (
	DefaultAppKey    = "test-app-key"
	DefaultAppSecret = "test-app-secret"
	DefaultClockSkew = 15 * time.Minute // for a strict server
	DefaultHistory   = 10_000
	DefaultMemory    = 256 << 20 // bytes
)

// maxBody limits a request. A send to 1000 users with 128 KB of fully escaped content fits.
const maxBody = 4 << 20

// TB is the part of *testing.T, *testing.B or *testing.F that the server needs.
type TB interface {
	Helper()
	Cleanup(cleanup func())
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Name() string
}

// Option configures a [Server].
type Option func(*config) error

type config struct {
	key       string
	secret    *string // a pointer, so that printing the server does not print it
	strict    bool
	skew      *time.Duration // nil unless set
	clock     func() time.Time
	ownClock  bool // clients must sign with it
	region    rongcloud.Region
	history   int
	memory    int64
	quotas    *rongcloud.Quotas // nil without limits
	duplicate rongcloud.Code    // for a repeated msgRandom; 0 without the service
	filter    bool              // sensitive words also apply to messages of the Server API
	observers []func(Request)
	watchers  []func(Callback)
	noSocket  bool
}

// WithApp sets the App Key and App Secret of the app that the server serves.
func WithApp(key, secret string) Option {
	return func(c *config) error {
		if key == "" || secret == "" {
			return errors.New("WithApp: key and secret must not be empty")
		}
		c.key, c.secret = key, &secret
		return nil
	}
}

// WithStrict refuses what the documentation rules out although RongCloud is not known to refuse
// it: unknown or repeated parameters, values outside the documented bounds that official SDKs send
// by default, a timestamp in seconds or far from the server's clock, a nonce used before or longer
// than 18 characters, a request ID longer than 36 characters, chat rooms that do not exist, and
// recalling a message that was never sent.
func WithStrict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// WithClockSkew sets how far a timestamp may be off. Zero disables the check. By default it is
// disabled, or [DefaultClockSkew] for a strict server. No page of RongCloud's says what its
// servers allow, but its Node SDK signs only once, when it is loaded, and that works for weeks.
func WithClockSkew(limit time.Duration) Option {
	return func(c *config) error {
		if limit < 0 {
			return fmt.Errorf("WithClockSkew: %v is negative", limit)
		}
		c.skew = &limit
		return nil
	}
}

// WithClock replaces time.Now as the server's clock. Clients made by [Server.Client] sign with it
// too; other clients sign with their own, so also set [WithClockSkew] for them. To move time
// during a test, see [Server.Advance].
func WithClock(now func() time.Time) Option {
	return func(c *config) error {
		if now == nil {
			return errors.New("WithClock: the clock is nil")
		}
		c.clock, c.ownClock = now, true
		return nil
	}
}

// WithRegion places the server in a data centre, which decides the time zone of the dates in its
// responses. The default is [rongcloud.RegionBeijing], as for clients.
func WithRegion(region rongcloud.Region) Option {
	return func(c *config) error {
		if region.BaseURLs() == nil {
			return fmt.Errorf("WithRegion: unknown region %q", region)
		}
		c.region = region
		return nil
	}
}

// WithHistory sets how many requests, sent messages, pushes and messages per inbox are kept; the
// oldest are dropped first. The default is [DefaultHistory].
func WithHistory(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("WithHistory: %d is not positive", n)
		}
		c.history = n
		return nil
	}
}

// minMemory leaves room for a few of the largest requests.
const minMemory = 16 << 20

// WithMemory sets how many bytes the server may keep, at least 16 MiB; the default is
// [DefaultMemory]. Requests, messages, pushes and callbacks beyond it are dropped, oldest first,
// even if there are fewer than [WithHistory] allows. When users, groups and the like take three
// quarters of it, calls that would add to them are refused with HTTP 507. The bytes are an
// estimate.
func WithMemory(bytes int64) Option {
	return func(c *config) error {
		if bytes < minMemory {
			return fmt.Errorf("WithMemory: %d is less than %d", bytes, minMemory)
		}
		c.memory = bytes
		return nil
	}
}

// WithObserver calls observe with every request once its response is ready, before it is written.
// Concurrent requests are observed concurrently. It can be given several times.
func WithObserver(observe func(Request)) Option {
	return func(c *config) error {
		if observe == nil {
			return errors.New("WithObserver: the function is nil")
		}
		c.observers = append(c.observers, observe)
		return nil
	}
}

// WithCallbackObserver calls observe with every callback of [Server.AddWebhook] once it has
// finished. It can be given several times.
func WithCallbackObserver(observe func(Callback)) Option {
	return func(c *config) error {
		if observe == nil {
			return errors.New("WithCallbackObserver: the function is nil")
		}
		c.watchers = append(c.watchers, observe)
		return nil
	}
}

// WithoutSocket makes a server that does not listen: [Server.Client] works in-process, through
// [Server.Transport], and [Server.Handler] can be mounted anywhere. [Server.URL] is a name that
// does not resolve.
func WithoutSocket() Option {
	return func(c *config) error { c.noSocket = true; return nil }
}

// Server is a fake RongCloud for tests. It is safe for concurrent use.
type Server struct {
	// URL is the base URL of the server, such as http://127.0.0.1:40123.
	URL string

	tb     TB // nil outside a test
	config config
	zone   *time.Location

	http   *http.Server
	served chan struct{}   // closed when no more connections are accepted
	open   context.Context // ends when Close begins
	close  context.CancelFunc

	life    sync.Mutex // guards the fields up to the next blank line
	closed  bool
	calls   sync.WaitGroup
	clients []*rongcloud.Client

	settled *sync.Cond // on mu: no callbacks are pending any more

	mu            sync.Mutex // guards everything below
	pending       int        // callbacks in the queue, or being sent
	requestCount  int
	faultCount    int
	callbackCount int
	queue         []func()    // callbacks waiting
	working       bool        // a goroutine is processing the queue
	receivers     []*receiver // replaced, not changed
	state
}

// allowedSkew is how far a timestamp may be off; 0 means any distance.
func (c *config) allowedSkew() time.Duration {
	switch {
	case c.skew != nil:
		return *c.skew
	case c.strict:
		return DefaultClockSkew
	}
	return 0
}

// state is what a Reset replaces.
type state struct {
	ledger   *ledger
	advanced time.Duration
	faults   []*Fault
	nonces   nonceMemory
	requests *boundedHistory[Request]
	users    users
	groups   groups
	rooms    rooms
	messages messages

	ultraGroups   map[string]*ultraGroup
	conversations conversations
	words         []sensitiveWord
	pushes        *boundedHistory[Push]
	pushCount     int
	callbacks     *boundedHistory[Callback]
	happened      []event // events not yet sent to the webhooks
	used          quotas
	randoms       randoms
	friends       friends
	bots          bots
	rtc           rtc
	consoleTokens int
}

func newState(c *config) state {
	l := newLedger(c.memory)
	return state{
		ledger:   l,
		nonces:   newNonceMemory(),
		friends:  newFriends(),
		bots:     newBots(),
		rtc:      newRTC(),
		requests: newShelf[Request](c.history, l),
		users:    newUsers(),
		groups:   newGroups(),
		rooms:    newRooms(),
		messages: newMessages(c.history),

		ultraGroups:   map[string]*ultraGroup{},
		conversations: newConversations(),
		pushes:        newShelf[Push](c.history, l),
		callbacks:     newShelf[Callback](c.history, l),
		used:          quotas{},
		randoms:       randoms{seen: map[sendName]time.Time{}},
	}
}

// NewServer starts a server that closes itself when the test ends.
func NewServer(t TB, opts ...Option) *Server {
	t.Helper()
	s, err := New(opts...)
	if err != nil {
		t.Fatalf("%s: %v", t.Name(), err)
		return nil
	}
	s.tb = t
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server of %s: %v", t.Name(), err)
		}
	})
	return s
}

// New starts a server on a free port of the loopback interface. The caller closes it.
func New(opts ...Option) (*Server, error) {
	c := config{
		key: DefaultAppKey, secret: rongcloud.Ptr(DefaultAppSecret),
		clock: time.Now, region: rongcloud.RegionBeijing, history: DefaultHistory, memory: DefaultMemory,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("rongcloudtest: an option is nil")
		}
		if err := opt(&c); err != nil {
			return nil, fmt.Errorf("rongcloudtest: %w", err)
		}
	}
	s := &Server{
		URL: noSocketURL, config: c, zone: c.region.TimeZone(),
		served: make(chan struct{}), state: newState(&c),
	}
	s.settled = sync.NewCond(&s.mu)
	s.open, s.close = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute}
	if c.noSocket {
		close(s.served)
		return s, nil
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("rongcloudtest: %w", err)
	}
	s.URL = "http://" + listener.Addr().String()
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // ends with the listener
	}()
	return s, nil
}

// noSocketURL is in a top-level domain reserved for tests.
const noSocketURL = "http://rongcloud.test"

// Close stops the server, cancels pending requests and waits until they have ended. A second Close
// does nothing.
func (s *Server) Close() error {
	s.life.Lock()
	if s.closed {
		s.life.Unlock()
		return nil
	}
	s.closed = true
	s.close()
	clients := s.clients
	s.life.Unlock()

	err := s.http.Close()
	<-s.served
	s.calls.Wait()
	s.WaitForCallbacks()
	for _, client := range clients {
		client.CloseIdleConnections()
	}
	return err
}

// begin counts a pending request, unless the server is closed.
func (s *Server) begin() bool {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return false
	}
	s.calls.Add(1)
	return true
}

// Client returns a client of this server, with its App Key, App Secret and address. The given
// options override these; an invalid one ends the test, or panics outside a test.
func (s *Server) Client(opts ...rongcloud.Option) *rongcloud.Client {
	if s.tb != nil {
		s.tb.Helper()
	}
	all := []rongcloud.Option{rongcloud.WithBaseURL(s.URL), rongcloud.WithRegion(s.config.region)}
	if s.config.noSocket {
		all = append(all, rongcloud.WithHTTPClient(&http.Client{Transport: s.Transport()}))
	}
	if s.config.ownClock {
		all = append(all, rongcloud.WithClock(s.config.clock))
	}
	client, err := rongcloud.New(s.config.key, *s.config.secret, append(all, opts...)...)
	switch {
	case err == nil:
	case s.tb != nil:
		s.tb.Fatalf("rongcloudtest: Client: %v", err)
		return nil
	default:
		panic("rongcloudtest: Client: " + err.Error())
	}
	s.life.Lock()
	defer s.life.Unlock()
	s.clients = append(s.clients, client)
	return client
}

// AppKey returns the App Key of the server's app.
func (s *Server) AppKey() string { return s.config.key }

// Format prints the server's address, but not its changing state nor the App Secret.
func (s *Server) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "rongcloudtest.Server(%s)", s.URL)
}

// AppSecret returns the App Secret that requests must be signed with.
func (s *Server) AppSecret() string { return *s.config.secret }

// Advance moves the server's clock forward, so that blocks and other periods end without waiting.
// The age of a request's timestamp is still judged by the original clock, since the callers'
// clocks did not move.
//
// The clock stays where it is if d is negative, and goes ahead by 100 years at most, all in all.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanced += min(max(d, 0), mostAhead-s.advanced)
}

// mostAhead is how far the clock may go ahead. A sum of spans wraps around before 300 years.
const mostAhead = 100 * 365 * 24 * time.Hour

// Now returns the time of the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is Now for callers that hold the lock.
func (s *Server) now() time.Time { return s.config.clock().Add(s.advanced) }

// Reset deletes everything: users, messages, groups, faults, requests and how far the clock was
// advanced. The numbering of requests continues.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = newState(&s.config)
}

// Handler returns the server as a handler that can be mounted elsewhere.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// serve handles one request: read it, look for a fault, check, execute, record, respond.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		abort(w, true)
		return
	}
	defer s.calls.Done()
	if strings.HasPrefix(r.URL.Path, logPath) {
		s.serveLog(w, r)
		return
	}
	in, err := read(r)
	if err != nil { // the caller went away in the middle
		abort(w, true)
		return
	}
	fault := s.takeFault(in)
	var a answer
	switch {
	case fault != nil && fault.Reset:
	case fault != nil && fault.answers():
		a = fault.answer()
	default:
		if a = s.carryOut(in); observeAnswer != nil {
			observeAnswer(in.ep, a)
		}
	}
	a.render(in.ep)
	s.record(in, a, fault)

	if fault != nil {
		if !s.wait(r, fault.Delay) {
			abort(w, true)
			return
		}
		if fault.Reset || fault.DropResponse {
			abort(w, fault.Reset)
			return
		}
		fault.addHeader(w.Header())
		if fault.cuts() {
			fault.writeCut(w, a)
			return
		}
	}
	a.write(w)
}

// handler executes the requests of one endpoint. It runs with the server's lock held, after all
// checks.
type handler func(c *call) answer

// call is a checked request, as a handler sees it.
type call struct {
	*Server
	ep      *endpoint.Endpoint
	params  Params
	parcel  *sharedData // of the parameters; nil if there is no request
	address string      // the address the caller used
	origin  *cause      // nil for users' actions
	missed  []Missed    // who does not get the message being sent
	at      time.Time   // by the server's clock
}

// handlers is the table of supported endpoints. Each area of state adds its own part.
var handlers = merge(
	userHandlers, userListHandlers, profileHandlers,
	messageHandlers, templateHandlers, streamHandlers, broadcastHandlers, recallHandlers, expansionHandlers, historyHandlers, logHandlers,
	sensitiveHandlers,
	pushHandlers,
	conversationHandlers,
	roomHandlers, roomEntryHandlers, roomRuleHandlers,
	groupHandlers, groupRuleHandlers, entrustHandlers, entrustMemberHandlers,
	ultraGroupHandlers, ultraListHandlers, userGroupHandlers, ultraMessageHandlers,
	friendHandlers, botHandlers, otherHandlers, rtcHandlers,
)

func merge(parts ...map[*endpoint.Endpoint]handler) map[*endpoint.Endpoint]handler {
	all := map[*endpoint.Endpoint]handler{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

func (s *Server) carryOut(in *incoming) answer {
	if refusal := s.check(in); refusal != nil {
		return *refusal
	}
	h := handlers[in.ep]
	if h == nil {
		return answer{
			status: http.StatusNotImplemented, code: http.StatusNotImplemented,
			message: "rongcloudtest does not implement " + in.ep.String() + " yet",
		}
	}
	a, events := s.execute(h, in)
	s.callBack(events)
	return a
}

// execute runs a handler with the server's lock held.
func (s *Server) execute(h handler, in *incoming) (answer, []event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Server: s, ep: in.ep, params: in.settled, parcel: in.parcel, address: in.address, origin: in.origin, at: s.now()}
	refusal := c.overQuota()
	if refusal == nil {
		refusal = c.stateFull()
	}
	if refusal != nil {
		return *refusal, nil
	}
	a := c.once(h)
	events := s.drainEvents()
	for i := range events {
		events[i].origin = in.origin
	}
	return a, events
}
