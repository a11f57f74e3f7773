// Package emulator is the fake server of package rongcloudtest as a program: with a console, an
// admin API and a page that shows what happens. It promises to keep serving whatever happens to
// its output, and to end when asked to.
package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// settings are the values of the flags.
type settings struct {
	listen, key, secret string
	hosts               []string // names of the emulator
	health, version     bool
	strict, quotas      bool
	skew                *time.Duration // nil unless given
	preMessages         bool
	serverMessages      bool
	kinds               []webhook.Kind
	memory              int64 // in MiB
	json                bool
	seed, webhook       string
}

func (s *settings) setKinds(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if webhooktest.Sample(webhook.Kind(name)) == nil {
			return fmt.Errorf("%q is not one of %v", name, webhooktest.Kinds())
		}
		s.kinds = append(s.kinds, webhook.Kind(name))
	}
	return nil
}

// notInName reports whether a character cannot be in a host name. Docker Compose services may have
// underscores, and names may be in any language.
func notInName(r rune) bool {
	return r != '-' && r != '.' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// checkApp refuses an app that no client can be made for, or whose key would break the printed
// lines for shells and programs.
func (s *settings) checkApp() error {
	c, err := rongcloud.New(s.key, s.secret)
	if err != nil {
		return fmt.Errorf("-app-key, -app-secret: %w", err)
	}
	c.CloseIdleConnections()
	if strings.ContainsAny(s.key, " \"'`$\\") {
		return fmt.Errorf("-app-key %q: an App Key must not have blanks or quotes", s.key)
	}
	return nil
}

func (s *settings) setHosts(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if name == "" || strings.ContainsFunc(name, notInName) {
			return fmt.Errorf("%q is not a host name, such as emulator", name)
		}
		s.hosts = append(s.hosts, name)
	}
	return nil
}

// webhookOptions returns the options that select the webhook's callbacks.
func (s *settings) webhookOptions() []rongcloudtest.WebhookOption {
	opts := []rongcloudtest.WebhookOption{rongcloudtest.WithoutWaiting(), rongcloudtest.WithKinds(s.kinds...)}
	if s.serverMessages {
		opts = append(opts, rongcloudtest.WithServerMessages())
	}
	if s.preMessages {
		opts = append(opts, rongcloudtest.WithPreMessages())
	}
	return opts
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("rongcloud-emulator", flag.ContinueOnError)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8686", "`address` and port; port 0 takes a free one")
	flags.Func("host", "host `names` for the page and the admin API, joined by commas, besides localhost and IP addresses", s.setHosts)
	flags.StringVar(&s.key, "app-key", rongcloudtest.DefaultAppKey, "the app's `key`, which requests must carry")
	flags.StringVar(&s.secret, "app-secret", rongcloudtest.DefaultAppSecret, "the app's `secret`, with which requests must be signed")
	flags.BoolVar(&s.strict, "strict", false, "refuse requests that RongCloud accepts although its documentation does not allow them")
	flags.Func("clock-skew", "how far a timestamp may be off, such as 15m (default any `time`, and 15m with -strict)", func(text string) error {
		limit, err := time.ParseDuration(text)
		s.skew = &limit
		return err
	})
	flags.BoolVar(&s.quotas, "quotas", false, "enforce the documented quotas with HTTP 429 and code 1008")
	flags.Int64Var(&s.memory, "memory", rongcloudtest.DefaultMemory>>20, "`MiB` to keep at most; the oldest calls and messages are dropped first")
	flags.StringVar(&s.seed, "seed", "", "JSON `file` with users, groups and so on to load at the start")
	flags.StringVar(&s.webhook, "webhook", "", "`URL` to send callbacks to, as RongCloud sends them to an app's server")
	flags.Func("kinds", "`kinds` of callbacks to send to the webhook, joined by commas, such as message_sync (default all)", s.setKinds)
	flags.BoolVar(&s.preMessages, "pre-messages", false, "ask the webhook for a decision before a user's message is delivered")
	flags.BoolVar(&s.serverMessages, "server-messages", true, "also send callbacks for messages sent through the Server API")
	flags.BoolVar(&s.json, "json", false, "print a line of JSON for each call")
	flags.BoolVar(&s.health, "health", false, "check whether the emulator at -listen is running, and exit with status 0 if it is")
	flags.BoolVar(&s.version, "version", false, "print the version")
	flags.SetOutput(io.Discard) // errors are reported once, by the caller
	return flags
}

// Flags returns the flags of [Run], for a program that has it as one of its commands.
func Flags() *flag.FlagSet { return new(settings).flags() }

func parse(args []string) (settings, error) {
	var s settings
	flags := s.flags()
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return s, err
	case err != nil:
		return s, fmt.Errorf("%w; -h lists the flags", err)
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q; -h lists the flags", flags.Arg(0))
	case s.memory < leastMemory:
		return s, fmt.Errorf("-memory %d: at least %d MiB are needed", s.memory, leastMemory)
	case s.memory > mostMemory:
		return s, fmt.Errorf("-memory %d: at most %d MiB are possible", s.memory, mostMemory)
	}
	_, port, err := net.SplitHostPort(s.listen)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(context.Background(), "tcp", port)
	}
	if err != nil {
		return s, fmt.Errorf("-listen %q: it is not an address and port such as 127.0.0.1:8686: %w", s.listen, err)
	}
	if err := s.checkApp(); err != nil {
		return s, err
	}
	var idle error
	flags.Visit(func(one *flag.Flag) {
		if s.webhook == "" && slices.Contains([]string{"kinds", "pre-messages", "server-messages"}, one.Name) {
			idle = fmt.Errorf("-%s needs -webhook", one.Name)
		}
	})
	return s, idle
}

// leastMemory is the minimum of rongcloudtest.WithMemory, in MiB.
const leastMemory = 16

// mostMemory is 1 PiB, in MiB: far from overflowing the byte count.
const mostMemory = 1 << 30

// garbage is how much uncollected memory is allowed besides the data.
const garbage = 128 << 20

// Run serves until the context ends. args are the program's flags.
func Run(ctx context.Context, args []string, stdout io.Writer) error {
	s, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err = io.WriteString(stdout, help())
		return err
	case err != nil:
		return err
	case s.version:
		_, err = fmt.Fprintln(stdout, "rongcloud-emulator", rongcloud.Version)
		return err
	case s.health:
		return checkHealth(ctx, s.listen)
	}
	var first seed
	if s.seed != "" {
		if first, err = awaitSeed(ctx, s.seed); err != nil {
			return fmt.Errorf("-seed: %w", err)
		}
	}
	if os.Getenv("GOMEMLIMIT") == "" { // otherwise garbage may double the memory
		debug.SetMemoryLimit(s.memory<<20 + garbage)
	}
	out := newConsole(stdout, s.json)
	defer out.close()
	e, err := newEmulator(s, out)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.seed(ctx, first); err != nil {
		return fmt.Errorf("-seed: %w", err)
	}

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	out.welcome("http://"+s.reachedAt(listener.Addr().String()), s, first)
	server := &http.Server{Handler: e.handler(listener.Addr().String()), ReadHeaderTimeout: time.Minute}
	server.RegisterOnShutdown(e.endStreams)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	out.say("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return server.Close()
	}
	return nil
}

// reachedAt returns the address at which others reach a listener. An address that means all
// addresses of the machine cannot be called.
func (s *settings) reachedAt(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "" && (ip == nil || !ip.IsUnspecified()) {
		return address
	}
	name := "localhost"
	if len(s.hosts) > 0 {
		name = s.hosts[0]
	}
	return net.JoinHostPort(name, port)
}

// emulator is the fake server with its console, admin API and watchers.
type emulator struct {
	*rongcloudtest.Server
	client *rongcloud.Client // for seeding
	events *hub

	hosts     []string // names that the page and the admin API accept
	instance  string   // identifies this start of the program
	calls     atomic.Int64
	callbacks atomic.Int64
	advancing sync.Mutex // held while the clock is looked at and moved
}

// counts has totals since the start or the last reset, including entries no longer kept.
type counts struct {
	Requests  int64 `json:"requestCount"`
	Callbacks int64 `json:"callbackCount"`
}

func (e *emulator) counts() counts { return counts{e.calls.Load(), e.callbacks.Load()} }

func (e *emulator) resetCounts() {
	e.calls.Store(0)
	e.callbacks.Store(0)
}

// ownAgent marks the emulator's own requests, which are neither shown nor affected by faults.
const ownAgent = "rongcloud-emulator"

func newEmulator(s settings, out *console) (*emulator, error) {
	e := &emulator{events: newHub(), hosts: s.hosts, instance: rand.Text()}
	opts := []rongcloudtest.Option{
		rongcloudtest.WithApp(s.key, s.secret),
		rongcloudtest.WithoutSocket(),
		rongcloudtest.WithObserver(func(r rongcloudtest.Request) {
			if isOwn(r) {
				return
			}
			e.calls.Add(1)
			out.call(r)
			e.events.publish("request", summarize(r))
			e.publishMessages(r.MessageUIDs...)
		}),
		rongcloudtest.WithCallbackObserver(func(c rongcloudtest.Callback) {
			e.callbacks.Add(1)
			out.callback(c)
			e.events.publish("callback", showCallback(c))
		}),
	}
	if s.strict {
		opts = append(opts, rongcloudtest.WithStrict())
	}
	if s.memory != 0 {
		opts = append(opts, rongcloudtest.WithMemory(s.memory<<20))
	}
	if s.skew != nil {
		opts = append(opts, rongcloudtest.WithClockSkew(*s.skew))
	}
	if s.quotas {
		opts = append(opts, rongcloudtest.WithQuotas())
	}
	server, err := rongcloudtest.New(opts...)
	if err != nil {
		return nil, err
	}
	e.Server = server
	if s.webhook != "" {
		if err := server.AddWebhookURL(s.webhook, s.webhookOptions()...); err != nil {
			return nil, errors.Join(fmt.Errorf("-webhook: %w", err), server.Close())
		}
	}
	own := []rongcloud.Option{rongcloud.WithUserAgent(ownAgent)}
	if s.quotas { // large seeds take a while
		limiter, err := rongcloud.NewLimiter(rongcloud.Quotas{})
		if err != nil {
			return nil, errors.Join(err, server.Close())
		}
		own = append(own, rongcloud.WithLimiter(limiter))
	}
	e.client = server.Client(own...)
	return e, nil
}
