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

// Option configures a [Client]; see [New]. The order of different options does not matter. If an
// option is given twice, the last one wins, except that options that observe or wrap add up, in
// their order: [WithLogger], [WithCallHook], [WithAttemptHook], [WithHeaderHook] and
// [WithRoundTripper].
type Option interface{ applyClient(*config) }

// CallOption changes one call; see [Client] for the options that every method takes.
type CallOption interface{ applyCall(*callConfig) }

// SharedOption may be given to [New], for all calls, or to a single call.
type SharedOption interface {
	Option
	CallOption
}

// Defaults of the options.
const (
	DefaultAttemptTimeout   = 10 * time.Second
	DefaultMaxResponseBytes = 8 << 20
	maxResponseBytesLimit   = 1 << 30
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

// config is filled in by the options and checked by New.
type config struct {
	// Where the App Key came from, for errors; likewise the next three.
	appKey       string
	appSecret    string
	regionFrom   string
	baseURLsFrom string
	region       Region
	regionChosen bool
	baseURLs     []string
	// Whether the base URLs are the region's.
	regional bool
	// Customer-specific addresses, by the catalogue's name for the service.
	customURLs     map[string]string
	httpClient     *http.Client
	ownClient      bool
	tlsConfig      *tls.Config
	hasTLSConfig   bool
	attemptTimeout time.Duration
	retry          RetryPolicy
	loggers        []*slog.Logger
	hooks          []func(context.Context, Attempt)
	callHooks      []func(context.Context, CallStart) (context.Context, func(CallEnd))
	headerHooks    []func(context.Context, http.Header)
	wrappers       []func(http.RoundTripper) http.RoundTripper
	// The client's own connections, wrapped.
	wrapped          http.RoundTripper
	secretSource     func(context.Context) (string, error)
	userAgentSuffix  string
	maxResponseBytes int64
	limiter          Limiter
	idempotent       *IdempotentSends
	now              func() time.Time
	nonce            func() string
	problems         []error
}

type optionFunc func(*config)

func (f optionFunc) applyClient(c *config) { f(c) }

// WithRegion selects the data centre of the App Key; the default is [RegionBeijing]. Letter case
// does not matter.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
func WithRegion(region Region) Option {
	return regionFrom("WithRegion", region)
}

// regionFrom is WithRegion for a region given by source, which its errors name.
func regionFrom(source string, region Region) Option {
	return optionFunc(func(c *config) {
		c.region, c.regionChosen, c.regionFrom = region, true, source
	})
}

// WithBaseURL sends calls to other addresses than the region's, for a private cloud or a test: one
// or more URLs that serve the same data, primary first. With a single one there is no fail-over.
// The region still determines the time zone of dates; without [WithRegion] it is the region of the
// first URL if that is one of RongCloud's own, and Beijing otherwise. Calls that RongCloud serves
// elsewhere, such as [EmbeddedConsoleService.CreateAccessURL], go to these URLs too.
func WithBaseURL(primary string, backups ...string) Option {
	return baseURLFrom("WithBaseURL", append([]string{primary}, backups...))
}

// baseURLFrom is WithBaseURL for addresses given by source, which its errors name.
func baseURLFrom(source string, addresses []string) Option {
	return optionFunc(func(c *config) { c.baseURLs, c.baseURLsFrom = addresses, source })
}

// fromEnvironment records that the credentials came from the environment.
func fromEnvironment() Option {
	return optionFunc(func(c *config) { c.appKey, c.appSecret = envAppKey, envAppSecret })
}

// WithTranslationURL sets the address of RongCloud's translation service for
// [TranslationService.CreateToken]. RongCloud gives each customer this address. The requests carry
// the App Key and a signature, so it must begin with https://; http:// is allowed only for the
// machine's own address.
func WithTranslationURL(address string) Option {
	return optionFunc(func(c *config) {
		if c.customURLs == nil {
			c.customURLs = map[string]string{}
		}
		c.customURLs["translation"] = address
	})
}

// WithHTTPClient makes calls through the caller's HTTP client: its transport, timeout and cookie
// jar are used, and it is not changed. RongCloud's rules for the lifetime of connections are then
// up to the caller. Redirects are never followed. A call waits for the transport's RoundTrip, so a
// transport that is not net/http's own must return when the request's context is done; otherwise it
// blocks the call.
func WithHTTPClient(client *http.Client) Option {
	return optionFunc(func(c *config) { c.httpClient, c.ownClient = client, false })
}

// WithTLSConfig configures TLS for the client's own connections, for example to trust a private
// cloud's certificate authority or to present a client certificate. The connections keep
// RongCloud's rules and HTTP/2. The client works with a copy of settings, in which NextProtos is
// replaced, the minimum version is TLS 1.2 if MinVersion is 0, and a ClientSessionCache is set if
// there is none.
//
//	authorities := x509.NewCertPool()
//	authorities.AppendCertsFromPEM(pem)
//	client, err := rongcloud.New(appKey, appSecret,
//		rongcloud.WithBaseURL("https://im.example.com"),
//		rongcloud.WithTLSConfig(&tls.Config{RootCAs: authorities}))
//
// InsecureSkipVerify is refused unless VerifyConnection checks the server instead: an unverified
// server can forge the outcome of every call. WithTLSConfig is refused together with
// [WithHTTPClient], which has its own settings.
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
// [DefaultAttemptTimeout]. For a stream it limits each wait for more data; see
// [BotAgentChatService.Stream]. A long timeout leaves the limit to the context. However, an attempt
// of more than 48 s may keep its connection open longer than the minute that RongCloud allows, and
// with [WithIdempotentSends] nothing is retried that could take longer than that service's minute.
func WithAttemptTimeout(timeout time.Duration) SharedOption { return attemptTimeout(timeout) }

// RetryPolicy says how often, and after which waits, a failed request is retried. Whether it may be
// retried at all depends on the endpoint's class and on how it failed. A zero field means the
// default.
type RetryPolicy struct {
	// MaxRetries is the maximum number of retries after the first attempt of a call; 0 means 2,
	// negative means none. There is no upper bound, but the context and Budget still apply. A
	// reused connection that turns out to be closed before it takes a byte of the request does not
	// count as an attempt: up to three are replaced, within the attempt's time.
	MaxRetries int

	// MinWait bounds the first wait, which is drawn from 0 to MinWait. The bound doubles with each
	// retry. 0 means 200 ms.
	MinWait time.Duration

	// MaxWait is the longest wait, and the most that the server's Retry-After can ask for; at most
	// an hour. 0 means 3 s.
	MaxWait time.Duration

	// Budget limits the retries of all calls of a client together, so that an outage does not
	// multiply the load: it is how many retries may be spent before any succeeds. 0 means 100, at
	// most a million, negative means no limit. A successful retry is given back, and every five
	// successful first attempts earn another one, up to Budget. A call that finds the budget spent
	// ends with its last failure. The first retry after a connection that was closed while idle, or
	// of a request that the server says it has not processed, costs nothing.
	Budget int
}

// complete fills in the defaults.
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

// problem says what is wrong with the policy, or returns "".
func (p RetryPolicy) problem() string {
	switch {
	case p.MinWait < 0 || p.MinWait > maxRetryWait:
		return fmt.Sprintf("MinWait %v is not between 0 and %v", p.MinWait, maxRetryWait)
	case p.MaxWait < 0 || p.MaxWait > maxRetryWait:
		return fmt.Sprintf("MaxWait %v is not between 0 and %v", p.MaxWait, maxRetryWait)
	case p.MinWait > p.MaxWait && p.MaxWait > 0:
		return fmt.Sprintf("MinWait %v is longer than MaxWait %v", p.MinWait, p.MaxWait)
	case p.Budget > maxRetryBudget:
		return fmt.Sprintf("Budget %d is above %d; a negative one means no limit", p.Budget, maxRetryBudget)
	}
	return ""
}

// WithRetry sets the retry policy. The default is 2 retries with waits of 200 ms to 3 s and full
// jitter, and a budget of 100 retries for the client.
func WithRetry(policy RetryPolicy) Option {
	return optionFunc(func(c *config) { c.retry = policy })
}

// WithoutRetries turns retries off: every call is tried once. It is an alternative to [WithRetry].
func WithoutRetries() Option { return WithRetry(RetryPolicy{MaxRetries: -1}) }

// WithLogger reports every attempt to logger: successes at level Debug, failures at Warn. It logs
// the endpoint, attempt, host, HTTP status, code, duration and request ID, but never a parameter, a
// header or a response. Several loggers add up.
func WithLogger(logger *slog.Logger) Option {
	return optionFunc(func(c *config) {
		if logger == nil {
			c.problem("WithLogger", "the logger is nil")
		}
		c.loggers = append(c.loggers, logger)
	})
}

// WithRoundTripper wraps the client's own connections, for example for tracing or to add a proxy's
// header. Several wrappers add up: the first is closest to the connections. RongCloud's rules for
// the lifetime of connections still hold. It is refused together with [WithHTTPClient].
//
// A wrapper sees each attempt once, must keep the request's context, and must not send a request
// twice: the second time is an error. It may change the request and the response at its own risk.
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
// is not used then, and may be empty. Source must be fast, so it should cache what it has fetched.
// Its context ends with that of the call, and after [WithAttemptTimeout]; a source that ignores it
// blocks the call. An error from source ends the call, which is then not carried out.
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
	return optionFunc(func(c *config) { c.maxResponseBytes = n })
}

// WithLimiter makes every call wait for its share of the endpoint's quota before it is sent: with
// [NewLimiter] within this process, or with package rongcloudredis across processes. Without a
// limiter the SDK does not pace calls.
func WithLimiter(limiter Limiter) Option {
	return optionFunc(func(c *config) {
		if limiter == nil {
			c.problem("WithLimiter", "the limiter is nil")
		}
		c.limiter = limiter
	})
}

// IdempotentSends describes RongCloud's idempotency service, for an app that has it; see
// [WithIdempotentSends].
type IdempotentSends struct {
	// DuplicateCode is the code with which the server refuses a msgRandom that it has seen within
	// the last minute. RongCloud does not document it. If it is set, a retry refused with this code
	// counts as a success, since an earlier attempt had arrived; the result is then empty. If it is
	// 0, such a refusal is reported as ErrOutcomeUnknown.
	DuplicateCode Code
}

// WithIdempotentSends is for apps for which RongCloud has switched on its idempotency service (ask
// its support): a send that repeats a msgRandom within one minute is refused. Every send that has
// the parameter but no IdempotencyKey from the caller then gets a random one, the same for all
// attempts of the call, and is retried like an idempotent call until that minute is over. Without
// the service, this option sends duplicates.
func WithIdempotentSends(service IdempotentSends) Option {
	return optionFunc(func(c *config) { c.idempotent = &service })
}

// WithClock replaces time.Now, for tests. Signatures use it; waits and timeouts use the real clock.
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) {
		if now == nil {
			c.problem("WithClock", "the clock is nil")
		}
		c.now = now
	})
}

// WithNonce replaces the source of nonces, for tests. Each nonce must be new, and 1 to 18
// characters long.
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

// check finds mistakes that the options could not find on their own.
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
	if c.maxResponseBytes <= 0 || c.maxResponseBytes > maxResponseBytesLimit {
		c.problem("WithMaxResponseBytes", "%d is not between 1 and %d", c.maxResponseBytes, maxResponseBytesLimit)
	}
	if s := c.userAgentSuffix; len(s) > maxUserAgentSuffix || !form.Printable(s) {
		c.problem("WithUserAgent", "the suffix must be at most %d printable ASCII characters", maxUserAgentSuffix)
	}
}

// wrap applies the wrappers to the client's own connections, the first one innermost.
func (c *config) wrap() {
	if len(c.wrappers) > 0 && !c.ownClient {
		c.problem("WithRoundTripper", "cannot be used together with WithHTTPClient")
		return
	}
	for i, wrap := range c.wrappers {
		if i == 0 {
			c.wrapped = poolTransport{}
		}
		if c.wrapped = wrap(c.wrapped); c.wrapped == nil {
			c.problem("WithRoundTripper", "the wrapper returns nil")
			return
		}
	}
}

// tlsProblem says what is wrong with settings, or returns "".
func tlsProblem(settings *tls.Config) string {
	switch {
	case settings == nil:
		return "the settings are nil"
	case settings.InsecureSkipVerify && settings.VerifyConnection == nil:
		return "InsecureSkipVerify needs a VerifyConnection that checks the server instead"
	case settings.MaxVersion != 0 && settings.MaxVersion < connpool.LowestTLS(settings):
		return "MaxVersion is below the lowest version"
	}
	return ""
}

// callConfig is filled in by the call options.
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

// WithRequestID sends id instead of a random X-Request-ID, with which RongCloud's support can find
// the call. It must have 1 to 36 printable ASCII characters.
func WithRequestID(id string) CallOption {
	return callOptionFunc(func(c *callConfig) { c.requestID, c.hasRequestID = id, true })
}

// RetryUnsafe lets an unsafe call be retried like an idempotent one. A message may then arrive
// twice.
func RetryUnsafe() CallOption {
	return callOptionFunc(func(c *callConfig) { c.retryUnsafe = true })
}

// LowPriority makes a call yield to calls without it while a limiter makes them wait; see
// [WithLimiter]. It is for work that can wait. Bulk sends, such as
// [MessageService.SendPrivateBulk], have it automatically.
func LowPriority() CallOption {
	return callOptionFunc(func(c *callConfig) { c.lowPriority = true })
}

// CaptureResponse fills info with what is known about the last response, whether the call succeeds
// or fails.
func CaptureResponse(info *Response) CallOption {
	return callOptionFunc(func(c *callConfig) { c.capture = info })
}

// WithExtraField adds a parameter that the SDK does not know yet to the request. In a form,
// strings, numbers and booleans are written as they are, a []string repeats the field, and anything
// else becomes JSON text; in a JSON body the value is encoded as JSON. It must not repeat a
// parameter that is sent anyway.
func WithExtraField(name string, value any) CallOption {
	return callOptionFunc(func(c *callConfig) { c.extra = append(c.extra, form.Extra{Name: name, Value: value}) })
}

// WithHeader sends a header with the request, replacing an earlier one with the same name. Headers
// that sign the request, describe its body or are otherwise set by the SDK are refused, and so are
// values that are not printable ASCII, such as a line break.
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
