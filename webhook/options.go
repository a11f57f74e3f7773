package webhook

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/internal/credential"
)

// Defaults of the options.
const (
	DefaultWindow          = 10 * time.Minute
	DefaultMaxBody         = 1 << 20
	DefaultTimeout         = 4 * time.Second
	DefaultDecisionTimeout = 2500 * time.Millisecond
	DefaultJobTimeout      = time.Minute
	DefaultJobAttempts     = 10
)

// withoutWindow is how long a signature is remembered if its age does not matter.
const withoutWindow = 24 * time.Hour

// Option configures a [Handler], [Parse] or [Verify]. Invalid values give a
// [*rongcloud.ArgumentError].
type Option func(*config) error

type config struct {
	apps       []app
	window     time.Duration
	maxBody    int64
	sources    []netip.Prefix
	clientAddr func(*http.Request) netip.Addr
	kind       Kind
	now        func() time.Time
	logger     *slog.Logger
	hooks      []func(context.Context, Arrival) (context.Context, func(Observation))
	observers  []Observer

	nonces          NonceStore
	timeout         time.Duration
	decisionTimeout time.Duration
	fallback        Decision

	queue      Queue
	workers    int
	jobTimeout time.Duration
	jobRetry   JobRetry
	onGiveUp   []func(Job, error)
}

func newConfig(secret string, opts []Option) (*config, error) {
	c := &config{
		apps: make([]app, 1), window: DefaultWindow, maxBody: DefaultMaxBody, clientAddr: remoteAddr, now: time.Now,
		timeout: DefaultTimeout, decisionTimeout: DefaultDecisionTimeout,
		jobTimeout: DefaultJobTimeout, jobRetry: JobRetry{}.withDefaults(),
	}
	if fault := credential.Fault(secret); fault != "" {
		return nil, argument("secret", "%s", fault)
	}
	c.apps[0].secrets = []check{checkWith(secret)}
	for _, opt := range opts {
		if opt == nil {
			return nil, argument("option", "is nil")
		}
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func argument(field, format string, args ...any) error {
	return &rongcloud.ArgumentError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

func (c *config) addSecrets(field string, i int, secrets []string) error {
	for _, secret := range secrets {
		if fault := credential.Fault(secret); fault != "" {
			return argument(field, "a secret %s", fault)
		}
		c.apps[i].secrets = append(c.apps[i].secrets, checkWith(secret))
	}
	return nil
}

// WithSecrets accepts further App Secrets, such as the old one while RongCloud switches to a new
// one.
func WithSecrets(secrets ...string) Option {
	return func(c *config) error { return c.addSecrets("WithSecrets", 0, secrets) }
}

// WithApp accepts the callbacks of a further app at the same URL, with its own App Secrets. A
// callback that names this App Key must be signed with one of them, and a callback signed with one
// of them may name no other key. It can be given several times; to check the first app's key as
// well, give that app too.
func WithApp(appKey string, secrets ...string) Option {
	return func(c *config) error {
		if fault := credential.Fault(appKey); fault != "" {
			return argument("WithApp", "the App Key %s", fault)
		}
		if len(secrets) == 0 {
			return argument("WithApp", "a secret is missing for the App Key %s", appKey)
		}
		for i := range c.apps {
			if c.apps[i].key == appKey {
				return c.addSecrets("WithApp", i, secrets)
			}
		}
		c.apps = append(c.apps, app{key: appKey})
		return c.addSecrets("WithApp", len(c.apps)-1, secrets)
	}
}

// WithWindow sets how far the time of a signature may be in the past or in the future; the default
// is [DefaultWindow]. RongCloud's retries come seconds later, and after a network fault up to five
// minutes later. Zero accepts any age. A stolen signature is then valid again as soon as the nonce
// store has forgotten it, so keep a window unless something else replaces it.
func WithWindow(window time.Duration) Option {
	return func(c *config) error {
		if window < 0 {
			return argument("WithWindow", "%v is negative", window)
		}
		c.window = window
		return nil
	}
}

// WithMaxBody limits the body, in bytes after decompression; the default is [DefaultMaxBody]. A
// longer one is refused with 413.
func WithMaxBody(bytes int64) Option {
	return func(c *config) error {
		if bytes < 1 || bytes > 1<<30 {
			return argument("WithMaxBody", "%d is not between 1 and %d", bytes, 1<<30)
		}
		c.maxBody = bytes
		return nil
	}
}

// WithSources admits requests from the given addresses only, such as [Sources](); others are
// refused with 403. The address is that of the connection, unless [WithClientAddr] says otherwise.
// It adds to the signature check and replaces nothing.
func WithSources(sources ...netip.Prefix) Option {
	return func(c *config) error {
		if len(sources) == 0 {
			return argument("WithSources", "is empty")
		}
		for _, source := range sources {
			if !source.IsValid() {
				return argument("WithSources", "holds an invalid prefix")
			}
			c.sources = append(c.sources, unmapPrefix(source))
		}
		return nil
	}
}

// WithClientAddr sets how [WithSources] finds the client's address behind a proxy. [ForwardedFor]
// returns such a function for proxies that write X-Forwarded-For. Your own function must read only
// what the proxy itself has written, not what a client can send.
func WithClientAddr(addr func(*http.Request) netip.Addr) Option {
	return func(c *config) error {
		if addr == nil {
			return argument("WithClientAddr", "is nil")
		}
		c.clientAddr = addr
		return nil
	}
}

// WithKind sets the kind of all requests, so that it need not be detected. [Handler.For] does the
// same for one path.
func WithKind(kind Kind) Option {
	return func(c *config) error {
		c.kind = kind
		return checkKind(kind)
	}
}

func checkKind(kind Kind) error {
	if _, ok := kinds[kind]; !ok && kind != KindUnknown {
		return argument("kind", "%q is none", string(kind))
	}
	return nil
}

// WithClock replaces time.Now for the age of signatures.
func WithClock(now func() time.Time) Option {
	return func(c *config) error {
		if now == nil {
			return argument("WithClock", "is nil")
		}
		c.now = now
		return nil
	}
}

// WithLogger sets where a handler logs refusals and failures; the default is slog.Default(). It
// logs kinds, statuses, reasons and the errors of your functions, never a body, a query or a
// signature.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return argument("WithLogger", "is nil")
		}
		c.logger = logger
		return nil
	}
}

// WithNonceStore sets the store of signatures, which several processes can share. Without it a
// handler has a [MemoryNonceStore].
func WithNonceStore(store NonceStore) Option {
	return func(c *config) error {
		if store == nil {
			return argument("WithNonceStore", "is nil")
		}
		c.nonces = store
		return nil
	}
}

// WithTimeout sets when the context of the functions ends, counted from the arrival of the
// request; the default is [DefaultTimeout]. RongCloud waits five seconds. With [WithQueue] it
// limits storing the callback, and [WithJobTimeout] limits the functions.
func WithTimeout(timeout time.Duration) Option {
	return func(c *config) error { return positive("WithTimeout", &c.timeout, timeout) }
}

// WithDecisionTimeout sets how long a decision about a message may take, counted from the arrival
// of the request and including the nonce store, and the fallback: the response whenever a
// pre-delivery check with a valid signature cannot be decided. That is the case if the function is
// late, fails or is missing; if the nonce store fails, hangs or reports a replay; if the handler
// is shut down; and if the check lacks its ID or has a field that cannot be read. A body that
// cannot be read at all is recognised as a check only on a path or handler for checks alone
// ([Handler.For], [WithKind]), and refused with 400 elsewhere. A fallback with a Content blocks
// messages of other types than the Content's, and messages that cannot be read.
//
// The defaults are [DefaultDecisionTimeout] and [Allow]: a message is delivered whenever your
// check fails. Use Block("...") if nothing may pass unchecked. According to an older page,
// RongCloud waits three seconds and then delivers.
func WithDecisionTimeout(timeout time.Duration, fallback Decision) Option {
	return func(c *config) error {
		if _, err := fallback.encode(""); err != nil {
			return argument("WithDecisionTimeout", "the fallback: %v", err)
		}
		c.fallback = fallback
		return positive("WithDecisionTimeout", &c.decisionTimeout, timeout)
	}
}

// WithJobTimeout sets when the context of a function that [WithQueue] calls ends; the default is
// [DefaultJobTimeout]. A function that ignores its context keeps its worker busy.
func WithJobTimeout(timeout time.Duration) Option {
	return func(c *config) error { return positive("WithJobTimeout", &c.jobTimeout, timeout) }
}

// JobRetry says how often [WithQueue] calls a function that fails, and how long it waits between
// calls. Zero fields have the defaults.
type JobRetry struct {
	MaxAttempts int           // total calls; [DefaultJobAttempts] by default
	MinWait     time.Duration // before the second call; one second by default
	MaxWait     time.Duration // the longest wait; one minute by default, or MinWait if longer
}

// WithJobRetry sets how often [WithQueue] calls a function that fails. Only the later events of
// the same conversation wait too. An error marked by [Permanent] ends the attempts.
func WithJobRetry(retry JobRetry) Option {
	return func(c *config) error {
		switch {
		case retry.MaxAttempts < 0:
			return argument("JobRetry.MaxAttempts", "%d is negative", retry.MaxAttempts)
		case retry.MinWait < 0:
			return argument("JobRetry.MinWait", "%v is negative", retry.MinWait)
		case retry.MaxWait < 0 || retry.MaxWait > 0 && retry.MaxWait < retry.MinWait:
			return argument("JobRetry.MaxWait", "%v is less than %v", retry.MaxWait, retry.MinWait)
		}
		c.jobRetry = retry.withDefaults()
		return nil
	}
}

func (r JobRetry) withDefaults() JobRetry {
	r.MaxAttempts = cmp.Or(r.MaxAttempts, DefaultJobAttempts)
	if r.MinWait == 0 {
		r.MinWait = min(time.Second, cmp.Or(r.MaxWait, time.Second))
	}
	r.MaxWait = cmp.Or(r.MaxWait, max(time.Minute, r.MinWait))
	return r
}

// WithGiveUp sets a function that is called for every event that is given up, before it leaves the
// queue: with [WithQueue] when all attempts failed, and with or without a queue when the error was
// marked by [Permanent]. It gets the last error, and the job with its body: to keep the job, store
// it here. Without such a function, or if it panics, the job is only logged, without its body. It
// can be given several times.
func WithGiveUp(giveUp func(Job, error)) Option {
	return func(c *config) error {
		if giveUp == nil {
			return argument("WithGiveUp", "is nil")
		}
		c.onGiveUp = append(c.onGiveUp, giveUp)
		return nil
	}
}

// WithQueue stores callbacks in a queue, responds, and calls the functions later, up to workers of
// them at once. Events of one conversation, chat room, group or user are handled one after the
// other, in the order of arrival; neither a long backlog nor failures of one delay the others, and
// conversations that have failed occupy at most half of the workers. If the queue is full, the
// response is 503, so that RongCloud tries again. Pre-delivery checks do not go through the queue.
// [Handler.Start] begins the work, [Handler.Shutdown] ends it.
func WithQueue(queue Queue, workers int) Option {
	return func(c *config) error {
		switch {
		case queue == nil:
			return argument("WithQueue", "the queue is nil")
		case workers < 1 || workers > 10_000:
			return argument("WithQueue", "%d workers are not between 1 and 10000", workers)
		}
		c.queue, c.workers = queue, workers
		return nil
	}
}

func positive(field string, target *time.Duration, value time.Duration) error {
	if value <= 0 {
		return argument(field, "%v is not positive", value)
	}
	*target = value
	return nil
}
