// Quickstart registers two users, sends messages between them and shows how errors look.
//
// It runs without an account, on the fake server of package rongcloudtest:
//
//	go run ./examples/quickstart
//
// It runs against RongCloud if any of RONGCLOUD_APP_KEY, RONGCLOUD_APP_SECRET, RONGCLOUD_REGION
// and RONGCLOUD_API_URL is set; the first two are then required. It registers the users
// quickstart-ann and quickstart-ben there.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

const (
	ann = "quickstart-ann"
	ben = "quickstart-ben"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

// run is the whole program, so that a test can run it.
func run(ctx context.Context, w io.Writer) error {
	if live() {
		// Few and short attempts: a wrong address must not keep anybody waiting.
		client, err := rongcloud.NewFromEnv(
			rongcloud.WithAttemptTimeout(4*time.Second),
			rongcloud.WithRetry(rongcloud.RetryPolicy{MaxRetries: 1, MaxWait: time.Second}))
		if err != nil {
			return fmt.Errorf("the RONGCLOUD_* variables do not make a client: %w", err)
		}
		defer client.CloseIdleConnections()
		fmt.Fprintf(w, "Live, as app %s. Unset all RONGCLOUD_* variables to stay offline.\n", client.AppKey())
		return (&tour{w: w, client: client}).walk(ctx)
	}

	srv, err := rongcloudtest.New()
	if err != nil {
		return err
	}
	defer srv.Close()
	fmt.Fprintln(w, "Offline, on the fake server of package rongcloudtest.")
	fmt.Fprintln(w, "Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET to go live.")
	return (&tour{w: w, client: srv.Client(), srv: srv}).walk(ctx)
}

// live reports whether the environment asks for RongCloud itself. A variable with an invalid value
// causes an error later, never a silent switch to offline.
func live() bool {
	return slices.ContainsFunc(
		[]string{"RONGCLOUD_APP_KEY", "RONGCLOUD_APP_SECRET", "RONGCLOUD_REGION", "RONGCLOUD_API_URL"},
		func(name string) bool { _, set := os.LookupEnv(name); return set })
}

type tour struct {
	w      io.Writer
	client *rongcloud.Client
	srv    *rongcloudtest.Server // nil if live
}

func (t *tour) walk(ctx context.Context) error {
	for _, step := range []func(context.Context) error{t.register, t.send, t.blacklist, t.fail} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) title(text string) { fmt.Fprintf(t.w, "\n%s\n", text) }

func (t *tour) say(label, format string, args ...any) {
	fmt.Fprintf(t.w, "  %-15s  %s\n", label, fmt.Sprintf(format, args...))
}

func (t *tour) register(ctx context.Context) error {
	t.title("Register two users")
	for _, user := range []rongcloud.RegisterParams{{UserID: ann, Name: "Ann"}, {UserID: ben, Name: "Ben"}} {
		token, err := t.client.User.Register(ctx, user)
		if err != nil {
			return err
		}
		t.say(token.UserID, "token %s", shorten(token.Token))
	}
	return nil
}

func (t *tour) send(ctx context.Context) error {
	t.title("Ann writes to Ben")
	if err := t.write(ctx, rongcloud.PrivateMessage{
		From: ann, To: []string{ben}, Content: rongcloud.TextMessage{Content: "Hello, Ben!"},
	}); err != nil {
		return err
	}
	t.inbox()
	return nil
}

func (t *tour) blacklist(ctx context.Context) (err error) {
	t.title("Ben puts Ann on his blacklist, and Ann writes again")
	if err := t.client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: ben, TargetIDs: []string{ann}}); err != nil {
		return err
	}
	defer func() { // clean up even after Ctrl-C
		err = errors.Join(err, t.client.User.Blacklist.Remove(context.WithoutCancel(ctx), rongcloud.UserBlacklistParams{UserID: ben, TargetIDs: []string{ann}}))
	}()
	if err := t.write(ctx, rongcloud.PrivateMessage{
		From: ann, To: []string{ben}, Content: rongcloud.TextMessage{Content: "Are you there?"},
		VerifyBlacklist: true, // otherwise the Server API ignores the blacklist
	}); err != nil {
		return err
	}
	t.inbox()
	t.say("", "RongCloud accepts the message and does not deliver it: no error tells the sender.")
	return nil
}

func (t *tour) write(ctx context.Context, message rongcloud.PrivateMessage) error {
	sent, err := t.client.Message.SendPrivate(ctx, message)
	if err != nil {
		return err
	}
	t.say("accepted", "message %s", sent.UIDOf(ben))
	return nil
}

func (t *tour) inbox() {
	if t.srv == nil {
		t.say("Ben's inbox", "only Ben's devices see it; offline it is shown here")
		return
	}
	inbox := t.srv.User(ben).Inbox()
	for i, m := range inbox {
		label := ""
		if i == 0 {
			label = "Ben's inbox"
		}
		t.say(label, "%d of %d: %s from %s: %s", i+1, len(inbox), m.ObjectName, m.From, m.Body)
	}
}

// fail shows the two kinds of errors. It fails if there is no error.
func (t *tour) fail(ctx context.Context) error {
	t.title("Two errors")
	_, err := t.client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
		From: ann, To: slices.Repeat([]string{ben}, 1001), Content: rongcloud.TextMessage{Content: "Hello, all!"},
	})
	var wrong *rongcloud.ArgumentError
	if !errors.As(err, &wrong) {
		return fmt.Errorf("1001 recipients were not refused: %w", err)
	}
	t.say("by the SDK", "%s: %s", wrong.Field, wrong.Reason)

	_, err = t.client.User.Register(ctx, rongcloud.RegisterParams{UserID: strings.Repeat("x", 65), Name: "Too long"})
	var answered *rongcloud.Error
	switch {
	case err == nil:
		return errors.New("a user ID of 65 bytes was not refused")
	case !errors.As(err, &answered), answered.Code == 0:
		return err
	}
	t.say("by the server", "HTTP %d, %v", answered.HTTPStatus, answered.Code)
	t.say("", "%q", answered.Message)
	t.say("in code", "errors.Is(err, rongcloud.CodeParameterTooLong) is %t", errors.Is(err, rongcloud.CodeParameterTooLong))
	return nil
}

// shorten keeps a token out of logs and screenshots.
func shorten(token string) string { return token[:min(len(token), 12)] + "…" }
