package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// drive acts as RongCloud: it sends callbacks to the handler, and two forged ones.
func drive(ctx context.Context, w io.Writer) error {
	fmt.Fprintln(w, "Offline, on the fake server; package webhooktest sends the callbacks.")
	fmt.Fprintln(w, "Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET to wait for RongCloud's.")
	srv, err := rongcloudtest.New()
	if err != nil {
		return err
	}
	defer srv.Close()
	var archive bytes.Buffer
	app := webhooktest.App{Key: rongcloudtest.DefaultAppKey, Secret: rongcloudtest.DefaultAppSecret}
	h, err := newHandler(&receiver{w: w, archive: &archive, client: srv.Client()}, app.Secret, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for _, step := range []struct {
		title string
		event webhook.Event
	}{
		{"Ben comes online", &webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOnline, Platform: webhook.PlatformIOS}},
		{"Ann writes to Ben: before delivery", question("Hello, Ben!")},
		{"After delivery", message("Hello, Ben!")},
		{"Ann advertises", question("Come to my Casino!")},
		{"A kind of callback that is newer than this program", &webhook.Unknown{Envelope: webhook.Envelope{Raw: []byte(`{"event":"new"}`)}}},
	} {
		fmt.Fprintf(w, "\n%s\n", step.title)
		answer, err := app.Deliver(ctx, h, step.event)
		if err != nil {
			return err
		}
		show(w, answer)
	}
	if err := forge(ctx, w, app, h); err != nil {
		return err
	}

	fmt.Fprintln(w, "\nWhat is left")
	for _, m := range srv.User("ben").Inbox() {
		fmt.Fprintf(w, "  %-12s %s from %s: %s\n", "Ben's inbox", m.ObjectName, m.From, m.Body)
	}
	for line := range strings.Lines(archive.String()) {
		fmt.Fprintf(w, "  %-12s %s", "archive", line)
	}
	return nil
}

// forge makes the attacks that an attacker would try.
func forge(ctx context.Context, w io.Writer, app webhooktest.App, h http.Handler) error {
	fmt.Fprintln(w, "\nSomebody guesses the secret")
	answer, err := webhooktest.App{Key: app.Key, Secret: "guessed"}.Deliver(ctx, h, message("I am Ann, send money!"))
	if err != nil {
		return err
	}
	show(w, answer)

	fmt.Fprintln(w, "\nSomebody has seen a callback, and sends another body with its signature")
	genuine := message("Are you there?")
	genuine.MessageUID = "596E-P5PG-4FS2-7OJL"
	seen, err := app.Request(ctx, "http://localhost/", genuine)
	if err != nil {
		return err
	}
	show(w, webhooktest.Serve(h, seen))
	forged, err := app.Request(ctx, "http://localhost/", message("I am Ann, send money!"))
	if err != nil {
		return err
	}
	forged.URL.RawQuery = seen.URL.RawQuery
	show(w, webhooktest.Serve(h, forged))
	return nil
}

func show(w io.Writer, answer *webhooktest.Response) {
	fmt.Fprintf(w, "  %-12s %s\n", "answer", strings.TrimSpace(fmt.Sprintf("%d %s", answer.Status, answer.Body)))
}

func question(text string) *webhook.PreMessage {
	return &webhook.PreMessage{
		From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg",
		Body: fmt.Sprintf(`{"content":%q}`, text), MessageUID: "596E-P5PG-4FS2-7OJK",
	}
}

func message(text string) *webhook.Message {
	return &webhook.Message{
		From: "ann", TargetID: "ben", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg",
		Body: fmt.Sprintf(`{"content":%q}`, text), MessageUID: "596E-P5PG-4FS2-7OJK", SentAt: time.UnixMilli(1700000000000),
	}
}
