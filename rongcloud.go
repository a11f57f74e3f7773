package rongcloud

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/rongcloud-go/rongcloud/internal/connpool"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

//go:generate go -C internal/gen run . -root ../..

// Version is the version of this SDK, as sent in the User-Agent. Between releases it ends in -dev.
const Version = "0.1.0-dev"

// Client calls the Server API of one App Key. It is immutable and safe for concurrent use; create
// it once with [New] and keep it. Any number of clients can coexist.
//
// The methods of its services take call options: [CaptureResponse], [WithRequestID],
// [WithAttemptTimeout], [RetryUnsafe], [LowPriority], [WithHeader] and [WithExtraField]. They
// return an [*ArgumentError] for mistakes found before anything is sent, and an [*Error] for
// everything else.
type Client struct {
	User          *UserService
	Message       *MessageService
	Push          *PushService
	SensitiveWord *SensitiveWordService
	Conversation  *ConversationService
	Group         *GroupService
	HostedGroup   *HostedGroupService
	UltraGroup    *UltraGroupService
	Chatroom      *ChatroomService
	Friend        *FriendService
	Bot           *BotService
	RTC           *RTCService

	ProxyChat       *ProxyChatService
	Translation     *TranslationService
	EmbeddedConsole *EmbeddedConsoleService

	core *core
}

// service is what every service consists of. Services without fields are conversions of one shared
// value.
type service struct{ client *Client }

// core is shared by the calls of all services.
type core struct {
	appKey         string
	secret         secret
	hosts          *hosts
	hostsByAddress map[string]*hosts // for endpoints that no data centre serves, by their address
	zone           *time.Location
	config         config
	retrier        *retryablehttp.Client
	budget         *retryBudget
	pool           *connpool.Pool // nil if the caller passed an HTTP client
	template       *http.Request  // copied for every call
	headers        fixedHeaders
}

// fixedHeaders are header values that are the same for every request. Their capacity equals their
// length, so a transport that appends to one does not change it for other requests.
type fixedHeaders struct{ appKey, userAgent, form, json []string }

// New returns a client for the app with the given App Key and App Secret, which the console shows.
// It does not connect to anything. Invalid input is refused with an [*ArgumentError] that names the
// option, or with several of them in one error.
func New(appKey, appSecret string, opts ...Option) (*Client, error) {
	c := config{
		appKey:           "appKey",
		appSecret:        "appSecret",
		regionFrom:       "WithRegion",
		baseURLsFrom:     "WithBaseURL",
		region:           RegionBeijing,
		attemptTimeout:   DefaultAttemptTimeout,
		maxResponseBytes: DefaultMaxResponseBytes,
		now:              time.Now,
		httpClient:       &http.Client{},
		ownClient:        true,
	}
	for _, opt := range opts {
		if opt == nil {
			c.problem("New", "an option is nil")
			continue
		}
		opt.applyClient(&c)
	}
	if c.checkCredential(c.appKey, appKey) && !form.Printable(appKey) {
		c.problem(c.appKey, "is not printable ASCII")
	}
	if c.secretSource == nil {
		c.checkCredential(c.appSecret, appSecret)
	}
	c.check()
	hosts, err := newHosts(c.baseURLsFrom, c.baseURLs)
	if err != nil {
		c.problems = append(c.problems, err)
	}
	hostsByAddress, err := c.hostsByAddress()
	if err != nil {
		c.problems = append(c.problems, err)
	}
	if len(c.problems) > 0 {
		return nil, problems(c.problems)
	}
	return newClient(&core{
		appKey: appKey, secret: newSecret(appSecret), hosts: hosts, hostsByAddress: hostsByAddress, zone: c.region.TimeZone(), config: c,
	}), nil
}

func newClient(k *core) *Client {
	userAgent := "rongcloud-go/" + Version
	if suffix := k.config.userAgentSuffix; suffix != "" {
		userAgent += " " + suffix
	}
	k.headers = fixedHeaders{
		appKey: []string{k.appKey}, userAgent: []string{userAgent},
		form: []string{"application/x-www-form-urlencoded; charset=UTF-8"}, json: []string{"application/json; charset=UTF-8"},
	}
	k.template = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	k.budget = newRetryBudget(k.config.retry.Budget)
	k.retrier = k.newRetrier()

	client := &Client{core: k}
	common := &service{client}
	client.User = newUserService(common)
	client.Message = newMessageService(common)
	client.Push = (*PushService)(common)
	client.SensitiveWord = (*SensitiveWordService)(common)
	client.Conversation = newConversationService(common)
	client.Group = newGroupService(common)
	client.HostedGroup = newHostedGroupService(common)
	client.UltraGroup = newUltraGroupService(common)
	client.Chatroom = newChatroomService(common)
	client.Friend = (*FriendService)(common)
	client.Bot = newBotService(common)
	client.RTC = newRTCService(common)
	client.ProxyChat = (*ProxyChatService)(common)
	client.Translation = (*TranslationService)(common)
	client.EmbeddedConsole = (*EmbeddedConsoleService)(common)
	return client
}

// NewFromEnv returns a client configured by environment variables: RONGCLOUD_APP_KEY,
// RONGCLOUD_APP_SECRET, RONGCLOUD_REGION (such as SG; Beijing if empty) and RONGCLOUD_API_URL (one
// URL, or several separated by commas, instead of the region's). Options override the environment.
// An [*ArgumentError] names the variable.
func NewFromEnv(opts ...Option) (*Client, error) {
	env := []Option{fromEnvironment()}
	if region := os.Getenv(envRegion); region != "" {
		env = append(env, regionFrom(envRegion, Region(region)))
	}
	if urls := os.Getenv(envAPIURL); urls != "" {
		env = append(env, baseURLFrom(envAPIURL, strings.Split(urls, ",")))
	}
	return New(os.Getenv(envAppKey), os.Getenv(envAppSecret), append(env, opts...)...)
}

// The environment variables of NewFromEnv.
const (
	envAppKey    = "RONGCLOUD_APP_KEY"
	envAppSecret = "RONGCLOUD_APP_SECRET" //nolint:gosec // the name of the variable
	envRegion    = "RONGCLOUD_REGION"
	envAPIURL    = "RONGCLOUD_API_URL"
)

// AppKey returns the client's App Key.
func (c *Client) AppKey() string { return c.core.appKey }

// CloseIdleConnections closes the client's idle connections. Calls under way continue, and later
// ones open new connections. An HTTP client from [WithHTTPClient] is left alone.
func (c *Client) CloseIdleConnections() {
	if c.core.pool != nil {
		c.core.pool.CloseIdleConnections()
	}
}

// String describes the client without its secret.
func (c *Client) String() string {
	host, _ := c.core.hosts.inUse()
	return fmt.Sprintf("rongcloud.Client{AppKey: %q, Host: %q}", c.core.appKey, host.name)
}

// GoString hides the secret from %#v.
func (c *Client) GoString() string { return c.String() }

// LogValue hides the secret from slog.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
