// Webhook is a server for RongCloud's callbacks. It prints what it receives, blocks messages with
// a certain word, archives messages, and welcomes users who come online.
//
// Without an account, it sends itself callbacks with package webhooktest and the fake server, and
// ends:
//
//	go run ./examples/webhook
//
// It waits for RongCloud's callbacks if any of RONGCLOUD_APP_KEY, RONGCLOUD_APP_SECRET,
// RONGCLOUD_REGION and RONGCLOUD_API_URL is set; the first two are then required. It listens on
// WEBHOOK_ADDR (default 127.0.0.1:8080), at the paths /rongcloud/moderation for pre-delivery
// checks and /rongcloud for everything else, and archives to WEBHOOK_ARCHIVE (default
// webhook-archive.jsonl). RongCloud must be able to reach it at a public https address, through a
// proxy or a tunnel.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

const (
	word = "casino"          // not allowed in messages
	host = "webhook-example" // the user who welcomes others
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webhook:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

// run is the whole program, so that a test can run it.
func run(ctx context.Context, w io.Writer) error {
	if live() {
		client, err := rongcloud.NewFromEnv()
		if err != nil {
			return fmt.Errorf("the RONGCLOUD_* variables do not make a client: %w", err)
		}
		defer client.CloseIdleConnections()
		return serve(ctx, w, client)
	}
	return drive(ctx, w)
}

// live reports whether the environment asks for RongCloud itself.
func live() bool {
	return slices.ContainsFunc(
		[]string{"RONGCLOUD_APP_KEY", "RONGCLOUD_APP_SECRET", "RONGCLOUD_REGION", "RONGCLOUD_API_URL"},
		func(name string) bool { _, set := os.LookupEnv(name); return set })
}

// serve waits for RongCloud's callbacks until the context ends.
func serve(ctx context.Context, w io.Writer, client *rongcloud.Client) (err error) {
	path := cmp.Or(os.Getenv("WEBHOOK_ARCHIVE"), "webhook-archive.jsonl")
	archive, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the user chooses the path
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	h, err := newHandler(&receiver{w: w, archive: archive, client: client}, os.Getenv("RONGCLOUD_APP_SECRET"), slog.Default())
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cmp.Or(os.Getenv("WEBHOOK_ADDR"), "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/rongcloud", h)
	// only here do unreadable checks get the fallback
	mux.Handle("/rongcloud/moderation", h.For(webhook.KindPreMessage))
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
	}
	fmt.Fprintf(w, "Waiting for callbacks of app %s at http://%s/rongcloud, and questions at /rongcloud/moderation. Interrupt to stop.\n", client.AppKey(), listener.Addr())
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		ended <- errors.Join(srv.Shutdown(ctx), h.Shutdown(ctx))
	}()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// newHandler is what a program needs: a function for each kind of callback that it handles.
func newHandler(r *receiver, secret string, logger *slog.Logger) (*webhook.Handler, error) {
	h, err := webhook.NewHandler(secret, webhook.WithLogger(logger),
		// nothing passes unchecked, as it would with Allow()
		webhook.WithDecisionTimeout(2*time.Second, webhook.Block("Please try again.")))
	if err != nil {
		return nil, err
	}
	h.OnMessage(r.message)
	h.OnPreMessage(r.moderate)
	h.OnUserStatus(r.status)
	h.OnUnknown(r.unknown)
	return h, h.Err()
}

// receiver handles callbacks.
type receiver struct {
	mu      sync.Mutex // serialises writes
	w       io.Writer
	archive io.Writer
	client  *rongcloud.Client
}

func (r *receiver) say(label, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.w, "  %-12s %s\n", label, fmt.Sprintf(format, args...))
}

// message archives a message. If it returns an error, RongCloud sends the callback again.
func (r *receiver) message(_ context.Context, m *webhook.Message) error {
	line, err := json.Marshal(map[string]any{
		"uid": m.MessageUID, "time": m.SentAt.UTC(), "from": m.From, "to": m.TargetID, "type": m.ObjectName, "body": m.Body,
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	_, err = r.archive.Write(append(line, '\n'))
	r.mu.Unlock()
	if err != nil {
		return err
	}
	r.say("archived", "%s: %s to %s", m.MessageUID, m.From, m.TargetID)
	return nil
}

// moderate decides about a message before its delivery.
func (r *receiver) moderate(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
	texts, err := m.Texts() // all text, decoded: clients show more than one field
	if err != nil {
		return webhook.Block("The message cannot be read."), err // blocked, and the error is logged
	}
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), word) {
			r.say("blocked", "%s to %s: %q", m.From, m.TargetID, text)
			return webhook.Block("The word " + word + " is not allowed here."), nil
		}
	}
	r.say("allowed", "%s to %s: %s", m.From, m.TargetID, m.ObjectName)
	return webhook.Allow(), nil
}

// status welcomes a user. The context ends early enough for RongCloud to get the failure, and to
// try again.
func (r *receiver) status(ctx context.Context, s *webhook.UserStatus) error {
	r.say("status", "%s is %v (%s)", s.UserID, s.Status, s.Platform)
	if s.Status != webhook.PresenceOnline {
		return nil
	}
	_, err := r.client.Message.SendSystem(ctx, rongcloud.SystemMessage{
		From: host, To: []string{s.UserID}, Content: rongcloud.TextMessage{Content: "Welcome!"},
	})
	if errors.Is(err, rongcloud.ErrOutcomeUnknown) {
		return nil // once is enough
	}
	return err
}

func (r *receiver) unknown(_ context.Context, u *webhook.Unknown) error {
	r.say("unknown", "%s", u.Raw)
	return nil
}
