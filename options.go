package rongcloud

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/internal/connpool"
	"github.com/rongcloud-go/rongcloud/internal/credential"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

// Option configures a [Client]; see [New]. The order of different options does not matter. Of
// two equal ones the last counts, but those that observe or wrap add up, in their order:
// [WithLogger], [WithCallHook], [WithAttemptHook], [WithHeaderHook] and [WithRoundTripper].
type Option interface{ applyClient(*config) }

// CallOption changes one call; see [Client] for those that every method takes.
type CallOption interface{ applyCall(*callConfig) }

// SharedOption may be given to [New], for all calls, and to a single call.
type SharedOption interface {
	Option
	CallOption
}

// Defaults of the options.
const (
	DefaultAttemptTimeout   = 10 * time.Second
	DefaultMaxResponseBytes = 8 << 20
	maxMaxAnswerBytes       = 1 << 30
	defaultMaxRetries       = 2
	defaultMinWait          = 200 * time.Millisecond
	defaultMaxWait          = 3 * time.Second
	maxRetryWait            = time.Hour
	defaultRetryBudget      = 100
	maxRetryBudget          = 1_000_000
	maxRequestIDLength      = 36
	maxUserAgentSuffix      = 256
	firstWaitAfterRateStop  = time.Second
)

// config is what the options fill in and New checks.
type config struct {
	appKey          string // the name of what gave it, for errors; so with the next three
	appSecret       string
	regionFrom      string
	baseURLsFrom    string
	region          Region
	regionChosen    bool
	baseURLs        []string
	regional        bool              // the base URLs are the region's
	customURLs      map[string]string // addresses that RongCloud tells each customer, by the catalogue's word for what is there
	httpClient      *http.Client
	ownClient       bool
	tlsConfig       *tls.Config
	hasTLSConfig    bool
	attemptTimeout  time.Duration
	retry           RetryPolicy
	loggers         []*slog.Logger
	hooks           []func(context.Context, Attempt)
	callHooks       []func(context.Context, CallStart) (context.Context, func(CallEnd))
	headerHooks     []func(context.Context, http.Header)
	wrappers        []func(http.RoundTripper) http.RoundTripper
	wrapped         http.RoundTripper // what the wrappers make of the client's own connections
	secretSource    func(context.Context) (string, error)
	userAgentSuffix string
	maxAnswerBytes  int64
	limiter         Limiter
	idempotent      *IdempotentSends
	now             func() time.Time
	nonce           func() string
	problems        []error
}

type optionFunc func(*config)

func (f optionFunc) applyClient(c *config) { f(c) }

// WithRegion chooses the data centre of the App Key; the default is [RegionBeijing]. Upper and
// lower case are the same.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
func WithRegion(region Region) Option {
	return regionFrom("WithRegion", region)
}

// regionFrom is WithRegion by the name of what names the region.
func regionFrom(source string, region Region) Option {
	return optionFunc(func(c *config) {
		c.region, c.regionChosen, c.regionFrom = region, true, source
	})
}

// WithBaseURL sends calls to other addresses than the region's, for a private cloud or a test: one
// or more URLs that serve the same data, primary first. With a single one there is no fail-over.
// The region still decides the time zone of dates; without [WithRegion] it is that of the first
// URL if this is one of RongCloud's own, and else Beijing. Calls that RongCloud serves elsewhere,
// such as [EmbeddedConsoleService.CreateAccessURL], go there, too.
func WithBaseURL(primary string, backups ...string) Option {
	return baseURLFrom("WithBaseURL", append([]string{primary}, backups...))
}

// baseURLFrom is WithBaseURL by the name of what lists the addresses.
func baseURLFrom(source string, addresses []string) Option {
	return optionFunc(func(c *config) { c.baseURLs, c.baseURLsFrom = addresses, source })
}

// fromEnvironment says that the environment gave the credential.
func fromEnvironment() Option {
	return optionFunc(func(c *config) { c.appKey, c.appSecret = envAppKey, envAppSecret })
}

// WithTranslationURL gives the address of RongCloud's translation service, which RongCloud tells
// each customer and which [TranslationService.CreateToken] goes to. The requests carry the App Key
// and a signature, so it must begin with https://; only the machine's own address may do with
// http://.
func WithTranslationURL(address string) Option {
	return optionFunc(func(c *config) {
		if c.customURLs == nil {
			c.customURLs = map[string]string{}
		}
		c.customURLs["translation"] = address
	})
}

// WithHTTPClient makes calls through the caller's HTTP client: its transport, timeout and cookie
// jar are used, and it is not changed. RongCloud's rules for the life of connections are then the
// caller's business. Redirects are never followed. A call waits for the transport's RoundTrip, so
// one that is not net/http's own has to return when the request's context is done; else it holds
// the call.
func WithHTTPClient(client *http.Client) Option {
	return optionFunc(func(c *config) { c.httpClient, c.ownClient = client, false })
}

// WithTLSConfig sets up TLS of the client's own connections, to trust a private cloud's
// certificate authority, for instance, or to show a client certificate. The connections keep
// RongCloud's rules and HTTP/2. The client works with a copy of settings, in which NextProtos is
// replaced, TLS 1.2 is the lowest version if MinVersion is 0, and sessions are resumed if there is
// no ClientSessionCache.
//
//	authorities := x509.NewCertPool()
//	authorities.AppendCertsFromPEM(pem)
//	client, err := rongcloud.New(appKey, appSecret,
//		rongcloud.WithBaseURL("https://im.example.com"),
//		rongcloud.WithTLSConfig(&tls.Config{RootCAs: authorities}))
//
// InsecureSkipVerify is refused, unless VerifyConnection checks the server in its place: a server
// that nobody has checked can forge the outcome of every call. WithTLSConfig is refused together
// with [WithHTTPClient], which has settings of its own.
func WithTLSConfig(settings *tls.Config) Option {
	return optionFunc(func(c *config) { c.tlsConfig, c.hasTLSConfig = settings, true })
}

type attemptTimeout time.Duration

func (t attemptTimeout) applyClient(c *config) { c.attemptTimeout = time.Duration(t) }
func (t attemptTimeout) applyCall(c *callConfig) {
	c.attemptTimeout, c.hasTimeout = time.Duration(t), true
}

// WithAttemptTimeout limits one attempt of a call, from connecting to the last byte of the
// response. The context limits the call as a whole, attempts and waits together. The default is
// [DefaultAttemptTimeout]. Of a stream it limits each silence of the server; see
// [BotAgentChatService.Stream]. A long one leaves the limit to the context. But an attempt of more
// than 48 s may keep its connection open for longer than RongCloud's minute, and with
// [WithIdempotentSends] nothing is retried that could last for longer than that service's minute.
func WithAttemptTimeout(timeout time.Duration) SharedOption { return attemptTimeout(timeout) }

// RetryPolicy says how often, and after which waits, a failed request is tried again. Whether it
// may be tried again at all is decided by the endpoint's class and by how it failed. A zero field
// is the default.
type RetryPolicy struct {
	// MaxRetries is the number of retries after the first attempt of a call; 0 is 2, negative is
	// none. There is no upper bound: of a large number the context and Budget leave what they
	// allow. A connection that had been used and turns out to be closed before it takes a byte of
	// the request is no attempt: up to three are replaced, in the attempt's time.
	MaxRetries int

	// MinWait bounds the first wait, which is drawn from 0 to MinWait. The bound doubles with each
	// retry. 0 is 200 ms.
	MinWait time.Duration

	// MaxWait is the longest wait, and the most that the server's Retry-After can ask for: an hour
	// at most; 0 is 3 s.
	MaxWait time.Duration

	// Budget bounds the retries of all calls of a client together, so that an outage does not
	// multiply the load: it is how many retries may be spent before any succeeds; 0 is 100, a
	// million at most, negative is no bound. A retry that succeeds is given back, and five first
	// attempts that succeed earn one more, up to Budget. A call that finds the budget spent ends
	// with the failure it has. The first retry after a connection that was closed while idle, or
	// of a request that the server says it has not processed, costs nothing.
	Budget int
}

// complete puts in the defaults.
func (p RetryPolicy) complete() RetryPolicy {
	if p.MaxRetries == 0 {
		p.MaxRetries = defaultMaxRetries
	}
	if p.MaxWait == 0 {
		p.MaxWait = max(defaultMaxWait, p.MinWait)
	}
	if p.MinWait == 0 {
		p.MinWait = min(defaultMinWait, p.MaxWait)
	}
	if p.Budget == 0 {
		p.Budget = defaultRetryBudget
	}
	return p
}

// problem says what is wrong with the policy, or nothing.
func (p RetryPolicy) problem() string {
	switch {
	case p.MinWait < 0 || p.MinWait > maxRetryWait:
		return fmt.Sprintf("MinWait %v is not between 0 and %v", p.MinWait, maxRetryWait)
	case p.MaxWait < 0 || p.MaxWait > maxRetryWait:
		return fmt.Sprintf("MaxWait %v is not between 0 and %v", p.MaxWait, maxRetryWait)
	case p.MinWait > p.MaxWait && p.MaxWait > 0:
		return fmt.Sprintf("MinWait %v is longer than MaxWait %v", p.MinWait, p.MaxWait)
	case p.Budget > maxRetryBudget:
		return fmt.Sprintf("Budget %d is above %d; a negative one is no bound", p.Budget, maxRetryBudget)
	}
	return ""
}

// WithRetry sets the retry policy. The default is 2 retries with waits of 200 ms to 3 s and full
// jitter, and a budget of 100 retries for the client.
func WithRetry(policy RetryPolicy) Option {
	return optionFunc(func(c *config) { c.retry = policy })
}

// WithoutRetries turns retries off: every call is tried once. It takes the place of [WithRetry].
func WithoutRetries() Option { return WithRetry(RetryPolicy{MaxRetries: -1}) }

// WithLogger reports every attempt to logger: successes at level Debug, failures at Warn. Logged
// are the endpoint, attempt, host, HTTP status, code, duration and request ID; never a parameter,
// a header or a response. Several loggers add up.
func WithLogger(logger *slog.Logger) Option {
	return optionFunc(func(c *config) {
		if logger == nil {
			c.problem("WithLogger", "the logger is nil")
		}
		c.loggers = append(c.loggers, logger)
	})
}

// WithRoundTripper wraps the client's own connections, for traces or for a header of a proxy's, for
// instance. Several wrappers add up: the first is the one next to the connections. RongCloud's
// rules for the life of connections are kept. It is refused together with [WithHTTPClient].
//
// A wrapper sees each attempt once, has to keep the request's context, and must not send a request
// twice: the second time is an error. What it changes of the request or its response is its own
// business.
func WithRoundTripper(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return optionFunc(func(c *config) {
		if wrap == nil {
			c.problem("WithRoundTripper", "the wrapper is nil")
			return
		}
		c.wrappers = append(c.wrappers, wrap)
	})
}

// WithSecretSource asks source for the App Secret before every attempt, in the goroutine of the
// call, so that the secret can be changed while the client is in use. The App Secret given to [New]
// is not used then, and may be empty. Source must be fast, so it should keep what it has fetched.
// Its context ends with that of the call, and after [WithAttemptTimeout]; a source that does not
// heed it holds the call. Its error ends the call, which is not carried out.
func WithSecretSource(source func(ctx context.Context) (string, error)) Option {
	return optionFunc(func(c *config) {
		if source == nil {
			c.problem("WithSecretSource", "the source is nil")
		}
		c.secretSource = source
	})
}

// WithUserAgent appends suffix, such as "shop-backend/1.4", to the User-Agent that the SDK sends.
func WithUserAgent(suffix string) Option {
	return optionFunc(func(c *config) { c.userAgentSuffix = suffix })
}

// WithMaxResponseBytes limits how much of a response is read, [DefaultMaxResponseBytes] by default
// and 1 GiB at most. A longer response is an error.
func WithMaxResponseBytes(n int64) Option {
	return optionFunc(func(c *config) { c.maxAnswerBytes = n })
}

// WithLimiter makes every call wait for its share of the endpoint's quota before it is sent: with
// [NewLimiter] within this process, or with package rongcloudredis together with others. Without
// it the SDK does not pace calls.
func WithLimiter(limiter Limiter) Option {
	return optionFunc(func(c *config) {
		if limiter == nil {
			c.problem("WithLimiter", "the limiter is nil")
		}
		c.limiter = limiter
	})
}

// IdempotentSends describes RongCloud's idempotency service for an app that has it; see
// [WithIdempotentSends].
type IdempotentSends struct {
	// DuplicateCode is the code by which the server refuses a msgRandom that it has seen within
	// the last minute. RongCloud does not document it. If it is known, a retry that is refused
	// with it is a success: an earlier attempt had arrived; the result is then empty. If it is 0,
	// such a refusal is reported as ErrOutcomeUnknown.
	DuplicateCode Code
}

// WithIdempotentSends is for apps for which RongCloud has switched on its idempotency service (ask
// its support): a send that repeats a msgRandom within one minute is refused. Every send that has
// the parameter and no IdempotencyKey of the caller's then gets a random one, the same for all
// attempts of the call, and is retried like an idempotent call as long as that minute lasts.
// Without the service this option sends duplicates.
func WithIdempotentSends(service IdempotentSends) Option {
	return optionFunc(func(c *config) { c.idempotent = &service })
}

// WithClock replaces time.Now, for tests. It dates signatures; waits and timeouts go by the real
// clock.
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) {
		if now == nil {
			c.problem("WithClock", "the clock is nil")
		}
		c.now = now
	})
}

// WithNonce replaces the source of nonces, for tests. Each must be new, and 1 to 18 characters
// long.
func WithNonce(nonce func() string) Option {
	return optionFunc(func(c *config) {
		if nonce == nil {
			c.problem("WithNonce", "the source is nil")
		}
		c.nonce = nonce
	})
}

func (c *config) problem(option, format string, args ...any) {
	c.problems = append(c.problems, refuse(option, format, args...))
}

func (c *config) checkCredential(name, value string) (ok bool) {
	if fault := credential.Fault(value); fault != "" {
		c.problem(name, "%s", fault)
		return false
	}
	return true
}

// check finds what the options got wrong, besides what they found by themselves.
func (c *config) check() {
	if upper := Region(strings.ToUpper(string(c.region))); upper.BaseURLs() != nil {
		c.region = upper
	}
	switch {
	case c.baseURLs == nil:
		c.baseURLs, c.regional = c.region.BaseURLs(), true
	case !c.regionChosen:
		c.region = regionOf(c.baseURLs[0])
	}
	if c.region.BaseURLs() == nil {
		known := make([]string, 0, len(Regions()))
		for _, region := range Regions() {
			known = append(known, string(region))
		}
		c.problem(c.regionFrom, "unknown region %q; there are %s", string(c.region), strings.Join(known, ", "))
	}
	if c.httpClient == nil {
		c.problem("WithHTTPClient", "the client is nil")
	}
	if c.hasTLSConfig {
		if problem := tlsProblem(c.tlsConfig); problem != "" {
			c.problem("WithTLSConfig", "%s", problem)
		}
		if !c.ownClient {
			c.problem("WithTLSConfig", "cannot be used together with WithHTTPClient")
		}
	}
	c.wrap()
	if c.attemptTimeout <= 0 {
		c.problem("WithAttemptTimeout", "%v is not a positive duration", c.attemptTimeout)
	}
	if problem := c.retry.problem(); problem != "" {
		c.problem("WithRetry", "%s", problem)
	}
	if s := c.idempotent; s != nil && s.DuplicateCode != 0 &&
		(s.DuplicateCode < 0 || s.DuplicateCode.succeedsSomewhere() || s.DuplicateCode.rateLimited() || s.DuplicateCode.transient()) {
		c.problem("WithIdempotentSends", "%d cannot be the code of a refused repeat", int(s.DuplicateCode))
	}
	c.retry = c.retry.complete()
	if c.maxAnswerBytes <= 0 || c.maxAnswerBytes > maxMaxAnswerBytes {
		c.problem("WithMaxResponseBytes", "%d is not between 1 and %d", c.maxAnswerBytes, maxMaxAnswerBytes)
	}
	if s := c.userAgentSuffix; len(s) > maxUserAgentSuffix || !form.Printable(s) {
		c.problem("WithUserAgent", "the suffix must be at most %d printable ASCII characters", maxUserAgentSuffix)
	}
}

// wrap lets the wrappers wrap the client's own connections, the first one innermost.
func (c *config) wrap() {
	if len(c.wrappers) > 0 && !c.ownClient {
		c.problem("WithRoundTripper", "cannot be used together with WithHTTPClient")
		return
	}
	for i, wrap := range c.wrappers {
		if i == 0 {
			c.wrapped = ownTripper{}
		}
		if c.wrapped = wrap(c.wrapped); c.wrapped == nil {
			c.problem("WithRoundTripper", "the wrapper returns nil")
			return
		}
	}
}

// tlsProblem says what makes no sense in settings, or nothing.
func tlsProblem(settings *tls.Config) string {
	switch {
	case settings == nil:
		return "the settings are nil"
	case settings.InsecureSkipVerify && settings.VerifyConnection == nil:
		return "InsecureSkipVerify needs a VerifyConnection that checks the server in its place"
	case settings.MaxVersion != 0 && settings.MaxVersion < connpool.LowestTLS(settings):
		return "MaxVersion is below the lowest version"
	}
	return ""
}

// callConfig is what the call options fill in.
type callConfig struct {
	attemptTimeout time.Duration
	hasTimeout     bool
	requestID      string
	hasRequestID   bool
	retryUnsafe    bool
	lowPriority    bool
	paid           bool          // the quota has been waited for
	waited         time.Duration // for the quota
	capture        *Response
	extra          []form.Extra
	headers        []headerField
}

type headerField struct{ name, value string }

type callOptionFunc func(*callConfig)

func (f callOptionFunc) applyCall(c *callConfig) { f(c) }

// WithRequestID sends id as X-Request-ID, by which RongCloud's support finds the call, instead of
// a random one. It has 1 to 36 printable ASCII characters.
func WithRequestID(id string) CallOption {
	return callOptionFunc(func(c *callConfig) { c.requestID, c.hasRequestID = id, true })
}

// RetryUnsafe lets an unsafe call be retried like an idempotent one. A message may then arrive
// twice.
func RetryUnsafe() CallOption {
	return callOptionFunc(func(c *callConfig) { c.retryUnsafe = true })
}

// LowPriority lets calls without it go first where a limiter makes calls wait; see [WithLimiter].
// It is for work that can wait, such as sends to many, which [MessageService.SendPrivateBulk] and
// its like make this way by themselves.
func LowPriority() CallOption {
	return callOptionFunc(func(c *callConfig) { c.lowPriority = true })
}

// CaptureResponse fills info with what is known of the last response, whether the call succeeds or
// fails.
func CaptureResponse(info *Response) CallOption {
	return callOptionFunc(func(c *callConfig) { c.capture = info })
}

// WithExtraField adds a parameter that the SDK does not know yet to the request. In a form, texts,
// numbers and booleans are written as they are, a []string repeats the field, and anything else
// becomes JSON text; in a JSON body the value is encoded as it is. It may not repeat a parameter
// that is sent anyway.
func WithExtraField(name string, value any) CallOption {
	return callOptionFunc(func(c *callConfig) { c.extra = append(c.extra, form.Extra{Name: name, Value: value}) })
}

// WithHeader sends a header with the request, in place of one that was given before under the same
// name. Those that sign the request or say how its body is to be read, and others that the SDK sets
// by itself, are refused, and so are values that are not printable ASCII, such as a line break.
func WithHeader(name, value string) CallOption {
	return callOptionFunc(func(c *callConfig) { c.headers = append(c.headers, headerField{name, value}) })
}

// Response describes the last response of a call; see [CaptureResponse].
type Response struct {
	HTTPStatus int
	Code       Code
	Header     http.Header // the response's headers
	Body       []byte      // the whole response
	RequestID  string
	Host       string
	Attempts   int
	Duration   time.Duration // of the whole call, attempts and waits together
}

func fitRequestID(id string) bool {
	return id != "" && len(id) <= maxRequestIDLength && form.Printable(id)
}

func (c *callConfig) check() error {
	if c.hasTimeout && c.attemptTimeout <= 0 {
		return refuse("WithAttemptTimeout", "%v is not a positive duration", c.attemptTimeout)
	}
	if c.hasRequestID && !fitRequestID(c.requestID) {
		return refuse("WithRequestID", "the ID must have 1 to %d printable ASCII characters", maxRequestIDLength)
	}
	for _, field := range c.extra {
		if field.Name == "" {
			return refuse("WithExtraField", "the name is empty")
		}
	}
	for _, h := range c.headers {
		if reason := headerProblem(h.name); reason != "" {
			return refuse("WithHeader", "%q %s", h.name, reason)
		}
		if !form.Printable(h.value) {
			return refuse("WithHeader", "the value of %s is not printable ASCII", h.name)
		}
	}
	return nil
}
