package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// listenFlags are the flags of webhook listen.
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
not respond in time is 504, and one that cannot be reached is 502: RongCloud then tries again. What is not signed as it
should be is refused with 403 and goes no further. Questions before delivery (pre_message) are answered with yes without
--forward-to. RongCloud itself needs a public address, such as that of a tunnel to this one.

--record stores each callback that is signed as it should be in a file of its own, without its signature, for
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

// listener receives callbacks.
type listener struct {
	a       *app
	profile profile
	kinds   map[webhook.Kind]bool // nil for all
	target  *url.URL              // nil without --forward-to
	client  *http.Client
	own     http.Handler // responds if nobody else does
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
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return err
	}
	at := "http://" + socket.Addr().String() + "/"
	a.talk("Callbacks to %s are checked with the App Secret of %s. Ctrl-C ends it.", at, l.profile.Source)
	a.talk("To try it: rongcloud webhook trigger message_sync --to %s", at)
	server := &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(socket) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.timeout+time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a.talk("%d callbacks came, of which %d were refused.", l.received, l.refused)
	if parent.Err() != nil { // Ctrl-C is how it ends
		return nil
	}
	return context.Cause(ctx)
}

func (a *app) newListener(f listenFlags, stop context.CancelCauseFunc) (*listener, error) {
	l := &listener{a: a, stop: stop}
	var err error
	if l.kinds, err = kindSet(f.kinds); err != nil {
		return nil, err
	}
	if l.profile, err = a.callbackProfile(); err != nil {
		return nil, err
	}
	if f.timeout <= 0 {
		return nil, usagef("--timeout: %v is not positive", f.timeout)
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

// receipt is what became of a callback that came.
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
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	shown := receipt{ReceivedAt: began.UTC(), ContentType: r.Header.Get("Content-Type")}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhook.DefaultMaxBody))
	if err != nil {
		l.refuse(w, shown, began, err)
		return
	}
	parsed, err := webhook.Parse(again(r, body), string(l.profile.AppSecret))
	if err != nil {
		l.refuse(w, shown, began, err)
		return
	}
	shown.Kind = parsed.Kind
	if l.kinds != nil && !l.kinds[parsed.Kind] {
		l.own.ServeHTTP(w, again(r, body))
		return
	}
	c := recordCallback(r, parsed.Kind, body)
	response := l.respond(again(r, body), &shown)
	shown.Status, c.ReceivedAt, c.Status = response.Status, shown.ReceivedAt, response.Status
	if l.record != nil {
		if shown.File, err = l.record.store(c); err != nil {
			l.stop(fmt.Errorf("--record: %w", err))
		}
	}
	shown.Body = string(body)
	l.show(shown, began, c.summary())
	for _, name := range []string{"Content-Type", "Retry-After"} {
		if value := response.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(response.Status)
	_, _ = w.Write(response.Body)
}

// again is a request whose body can be read once more.
func again(r *http.Request, body []byte) *http.Request {
	own := r.Clone(r.Context())
	own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return own
}

// respond asks the handler of --forward-to, or the command's own.
func (l *listener) respond(r *http.Request, shown *receipt) *webhooktest.Response {
	if l.target == nil {
		return webhooktest.Serve(l.own, r)
	}
	shown.Forwarded = true
	response, err := l.forward(r)
	if err == nil {
		return response
	}
	status := http.StatusBadGateway
	shown.Problem = "the handler cannot be reached: " + plainNetworkError(err)
	var slow interface{ Timeout() bool }
	if errors.As(err, &slow) && slow.Timeout() {
		status, shown.Problem = http.StatusGatewayTimeout, "the handler did not respond within "+l.client.Timeout.String()
	}
	return &webhooktest.Response{Status: status, Header: http.Header{}}
}

// forward sends a request as it came.
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
	return webhooktest.App{Client: l.client}.Send(out)
}

// refuse responds to what is no callback of the app's.
func (l *listener) refuse(w http.ResponseWriter, shown receipt, began time.Time, err error) {
	shown.Status = http.StatusBadRequest
	var refused *webhook.Error
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		shown.Status = refused.Status
	case errors.As(err, &long):
		shown.Status = http.StatusRequestEntityTooLarge
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
		l.a.paint(faint, began.Format("15:04:05.000")), fmt.Sprintf("%-24s", kind), l.a.paint(style, strconv.Itoa(shown.Status)),
		fmt.Sprintf("%6.1fms", shown.Milliseconds), oneLine(shown.Problem), summary), " ")
	if err := l.a.line(shown, line); err != nil {
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

// plainNetworkError is an error of a request without its URL, whose query has a signature.
func plainNetworkError(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return oneLine(err.Error())
}

// recorder stores callbacks, each in a file of its own.
type recorder struct {
	dir string

	mu   sync.Mutex
	last int
}

// newRecorder continues after what the folder holds.
func newRecorder(dir string) (*recorder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, usagef("--record: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, usagef("--record: %w", err)
	}
	r := &recorder{dir: dir}
	for _, entry := range entries {
		number, _, _ := strings.Cut(entry.Name(), "-")
		if n, err := strconv.Atoi(number); err == nil {
			r.last = max(r.last, n)
		}
	}
	return r, nil
}

func (r *recorder) store(c callback) (string, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	name := filepath.Join(r.dir, fmt.Sprintf("%06d-%s.json", r.last, c.Kind))
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(append(text, '\n'))
	return name, errors.Join(err, file.Close())
}
