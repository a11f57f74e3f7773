package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// listenFlags holds the flags of webhook listen.
type listenFlags struct {
	listen, forwardTo, kinds, record string
	timeout                          time.Duration
}

func newListenCommand(a *app) *cobra.Command {
	var f listenFlags
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive callbacks, check them, and show a line for each",
		Long: `Receive callbacks, check them, and show a line for each, or with --json an object with the whole body.

With --forward-to a handler gets them as they came, with their signature, and its response is passed back. One that does
not respond in time gives 504, and one that cannot be reached 502: RongCloud then tries again. A callback whose signature
is wrong is refused with 403 and not forwarded. Without --forward-to, every message of a question before delivery
(pre_message) is allowed. RongCloud itself needs a public address, such as that of a tunnel to this one.

--record stores each callback whose signature is right in a file of its own, without that signature, for
rongcloud webhook replay. It holds what users wrote: keep it to yourself.`,
		Example: `  rongcloud webhook listen
  rongcloud webhook listen --forward-to http://localhost:8080/rongcloud --record callbacks
  rongcloud webhook listen --kinds message_sync,user_online_status --json`,
		Args: cobra.NoArgs,
		RunE: a.do(func(cmd *cobra.Command, _ []string) error { return a.listen(cmd.Context(), f) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8687", "`address` and port; port 0 takes a free one")
	flags.StringVar(&f.forwardTo, "forward-to", "", "`URL` of a handler that gets them, too, and decides about the response")
	flags.StringVar(&f.kinds, "kinds", "", "`kinds` that are shown, forwarded and recorded, joined by commas (default all)")
	flags.StringVar(&f.record, "record", "", "`folder` to store them in")
	flags.DurationVar(&f.timeout, "timeout", webhook.DefaultTimeout, "how long the handler of --forward-to may take")
	return cmd
}

// listener is the HTTP handler that receives callbacks.
type listener struct {
	a       *app
	name    string // random, to recognise requests that this listener has forwarded
	profile profile
	kinds   map[webhook.Kind]bool // nil for all
	target  *url.URL              // nil without --forward-to
	client  *http.Client
	own     http.Handler // responds to callbacks that are not forwarded
	record  *recorder    // nil without --record
	stop    context.CancelCauseFunc

	mu                sync.Mutex
	received, refused int
}

func (a *app) listen(parent context.Context, f listenFlags) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	l, err := a.newListener(f, stop)
	if err != nil {
		return err
	}
	if l.target != nil {
		if err := a.confirmTarget(ctx, l.profile, l.target); err != nil {
			return err
		}
	}
	if err := checkPort(ctx, f.listen); err != nil {
		return err
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return err
	}
	if l.target != nil && leadsTo(l.target, socket.Addr()) {
		_ = socket.Close()
		return usagef("--forward-to: %s is where this command listens itself", l.target.Host)
	}
	at := "http://" + socket.Addr().String() + "/"
	a.talk("Callbacks to %s are checked with the App Secret of %s. Ctrl-C ends it.", at, l.profile.Source)
	a.talk("To try it: rongcloud webhook trigger message_sync --to %s", at)
	server := &http.Server{
		Handler: l, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: log.New(firstLines{a}, "", 0),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(socket) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// RongCloud waits five seconds for a response. After that nobody needs the response of the
	// handler.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(f.timeout, webhook.DefaultTimeout)+time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a.talk("%s came, %d refused.", counted(l.received, "callback"), l.refused)
	if parent.Err() != nil { // Ctrl-C is the normal end
		return nil
	}
	return context.Cause(ctx)
}

// checkPort returns an error unless the port is a number or the name of a service.
func checkPort(ctx context.Context, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return usagef("--listen: %q is not an address and port: %w", address, err)
	}
	return nil
}

// firstLines prints the first line of each text, and leaves out stack traces.
type firstLines struct{ a *app }

func (f firstLines) Write(p []byte) (int, error) {
	line, _, _ := strings.Cut(string(p), "\n")
	f.a.talk("%s", oneLine(line))
	return len(p), nil
}

// leadsTo reports whether a URL obviously leads to a listening socket. ServeHTTP detects other
// ways back to itself with errForwardLoop.
func leadsTo(target *url.URL, address net.Addr) bool {
	socket, err := netip.ParseAddrPort(address.String())
	port := cmp.Or(target.Port(), map[string]string{"http": "80", "https": "443"}[target.Scheme])
	if err != nil || port != strconv.Itoa(int(socket.Port())) {
		return false
	}
	listening := socket.Addr().Unmap()
	ip, err := netip.ParseAddr(target.Hostname())
	ip = ip.Unmap()
	switch {
	case err != nil:
		return target.Hostname() == "localhost" && (listening.IsLoopback() || listening.IsUnspecified())
	case ip.IsUnspecified():
		return listening.IsLoopback() || listening.IsUnspecified()
	}
	return ip == listening || ip.IsLoopback() && listening.IsUnspecified()
}

func (a *app) newListener(f listenFlags, stop context.CancelCauseFunc) (*listener, error) {
	l := &listener{a: a, stop: stop, name: rand.Text()}
	var err error
	if l.kinds, err = kindSet(f.kinds); err != nil {
		return nil, err
	}
	if l.profile, err = a.callbackProfile(); err != nil {
		return nil, err
	}
	if _, _, err := net.SplitHostPort(f.listen); f.listen != "" && err != nil {
		return nil, usagef("--listen: %q is not an address and port such as 127.0.0.1:8687", f.listen)
	}
	if err := checkTimeout(f.timeout); err != nil {
		return nil, err
	}
	if f.forwardTo != "" {
		if l.target, err = callbackTarget("forward-to", f.forwardTo); err != nil {
			return nil, err
		}
		l.client = callbackClient(f.timeout)
	}
	if f.record != "" {
		if l.record, err = newRecorder(f.record); err != nil {
			return nil, err
		}
	}
	l.own, err = webhook.NewHandler(string(l.profile.AppSecret), webhook.WithLogger(slog.New(slog.DiscardHandler)))
	return l, err
}

// receipt describes a received callback and the response to it.
type receipt struct {
	ReceivedAt   time.Time    `json:"receivedAt"`
	Kind         webhook.Kind `json:"kind,omitempty"`
	Status       int          `json:"status"`
	Milliseconds float64      `json:"ms"`
	Forwarded    bool         `json:"forwarded"`
	Problem      string       `json:"problem,omitempty"`
	File         string       `json:"file,omitempty"`
	ContentType  string       `json:"contentType,omitempty"`
	Body         string       `json:"body,omitempty"`
	Base64       []byte       `json:"bodyBase64,omitempty"` // replaces Body if that is not UTF-8
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	shown := receipt{ReceivedAt: began.UTC(), ContentType: r.Header.Get("Content-Type")}
	if r.Header.Get(forwardedBy) == l.name {
		l.refuse(w, shown, began, errForwardLoop)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhook.DefaultMaxBody))
	if err != nil {
		l.refuse(w, shown, began, err)
		return
	}
	parsed, err := webhook.Parse(withBody(r, body), string(l.profile.AppSecret))
	if err != nil {
		l.refuse(w, shown, began, err)
		return
	}
	shown.Kind = parsed.Kind
	if l.kinds != nil && !l.kinds[parsed.Kind] {
		l.own.ServeHTTP(w, withBody(r, body))
		return
	}
	c := recordCallback(r, parsed.Kind, body)
	response := l.respond(withBody(r, body), &shown)
	shown.Status, c.ReceivedAt, c.Status = response.Status, shown.ReceivedAt, response.Status
	if l.record != nil {
		if shown.File, err = l.record.store(c); err != nil {
			l.stop(fmt.Errorf("--record: %w", err))
		}
	}
	shown.Body, shown.Base64 = c.Body, c.Base64
	l.show(shown, began, c.summary())
	for _, name := range []string{"Content-Type", "Retry-After"} {
		if value := response.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(response.Status)
	_, _ = w.Write(response.Body)
}

// errForwardLoop is the error for a request that this listener has forwarded to itself, for example
// through a tunnel.
var errForwardLoop = errors.New("it was forwarded from here: --forward-to leads back")

// withBody returns a copy of a request whose body can be read again.
func withBody(r *http.Request, body []byte) *http.Request {
	clone := r.Clone(r.Context())
	clone.Body, clone.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return clone
}

// respond returns the response of the handler of --forward-to, or without that flag the response
// of the command's own handler.
func (l *listener) respond(r *http.Request, shown *receipt) *webhooktest.Response {
	if l.target == nil {
		return webhooktest.Serve(l.own, r)
	}
	shown.Forwarded = true
	response, err := l.forward(r)
	status := http.StatusBadGateway
	switch {
	case err == nil && response.Status >= http.StatusOK:
		return response
	case err == nil:
		shown.Problem = "the handler's " + noFinalStatus(response.Status)
	case isTimeout(err):
		status, shown.Problem = http.StatusGatewayTimeout, "the handler did not respond within "+l.client.Timeout.String()
	default:
		shown.Problem = "the handler cannot be reached: " + plainNetworkError(err) + "; " + reachHint(err, "forward-to")
	}
	return &webhooktest.Response{Status: status, Header: http.Header{}}
}

// forwardedBy is the header by which a listener recognises requests that it has forwarded.
const forwardedBy = "Rongcloud-Forwarded-By"

// forward sends a request to --forward-to as it came, except for headers of the connection.
func (l *listener) forward(r *http.Request) (*webhooktest.Response, error) {
	target := *l.target
	if target.RawQuery != "" && r.URL.RawQuery != "" {
		target.RawQuery += "&"
	}
	target.RawQuery += r.URL.RawQuery
	out, err := http.NewRequestWithContext(r.Context(), r.Method, target.String(), r.Body)
	if err != nil {
		return nil, err
	}
	out.ContentLength, out.Header = r.ContentLength, r.Header.Clone()
	for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		out.Header.Del(name)
	}
	out.Header.Set(forwardedBy, l.name)
	return webhooktest.App{Client: l.client}.Send(out)
}

// refuse responds to a request that is not a valid callback of the app.
func (l *listener) refuse(w http.ResponseWriter, shown receipt, began time.Time, err error) {
	shown.Status = http.StatusBadRequest
	var refused *webhook.Error
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		shown.Status = refused.Status
	case errors.As(err, &long):
		shown.Status = http.StatusRequestEntityTooLarge
	case errors.Is(err, errForwardLoop):
		shown.Status = http.StatusLoopDetected
	}
	shown.Problem = "refused: " + strings.TrimPrefix(err.Error(), "webhook: ")
	w.WriteHeader(shown.Status)
	l.show(shown, began, "")
}

func (l *listener) show(shown receipt, began time.Time, summary string) {
	shown.Milliseconds = float64(time.Since(began).Microseconds()) / 1000
	style, kind := good, string(shown.Kind)
	if shown.Status/100 != 2 {
		style = bad
	}
	if kind == "" {
		kind = "-"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.received++
	if shown.Kind == "" {
		l.refused++
	}
	line := strings.Join(nonEmpty(
		l.a.paint(faint, began.Format("15:04:05.000")), l.a.column(kind, kindWidth), l.a.paint(style, strconv.Itoa(shown.Status)),
		fmt.Sprintf("%6.1fms", shown.Milliseconds), oneLine(shown.Problem)), " ")
	if err := l.a.line(shown, l.a.fitted(line, summary)); err != nil {
		l.stop(err)
	}
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// isTimeout reports whether a request took too long.
func isTimeout(err error) bool {
	var slow interface{ Timeout() bool }
	return errors.As(err, &slow) && slow.Timeout()
}

// reachHint returns a hint about a server that did not respond, whose URL a flag gives.
func reachHint(err error, flag string) string {
	var name *net.DNSError
	var dial *net.OpError
	switch {
	case errors.As(err, &name):
		return "is the host in --" + flag + " right?"
	case isTimeout(err):
		return "--timeout gives it more time"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "is it running, and is --" + flag + " right?"
	}
	return "is --" + flag + " right?"
}

// plainNetworkError returns the text of an error without the URL of the request, whose query has a
// signature.
func plainNetworkError(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return oneLine(err.Error())
}
