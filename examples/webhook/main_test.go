package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const offline = `Offline, on the fake server; package webhooktest sends the callbacks.
Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET to wait for RongCloud's.

Ben comes online
  status       ben is online (iOS)
  answer       200

Ann writes to Ben: before delivery
  allowed      ann to ben: RC:TxtMsg
  answer       200 {"pass":1}

After delivery
  archived     596E-P5PG-4FS2-7OJK: ann to ben
  answer       200

Ann advertises
  blocked      ann to ben: "Come to my Casino!"
  answer       200 {"pass":0,"extra":"The word casino is not allowed here."}

A kind of callback that is newer than this program
  unknown      {"event":"new"}
  answer       200

Somebody guesses the secret
  answer       403 Forbidden

Somebody has seen a callback, and sends another body with its signature
  archived     596E-P5PG-4FS2-7OJL: ann to ben
  answer       200
  answer       403 Forbidden

What is left
  Ben's inbox  RC:TxtMsg from webhook-example: {"content":"Welcome!"}
  archive      {"body":"{\"content\":\"Hello, Ben!\"}","from":"ann","time":"2023-11-14T22:13:20Z","to":"ben","type":"RC:TxtMsg","uid":"596E-P5PG-4FS2-7OJK"}
  archive      {"body":"{\"content\":\"Are you there?\"}","from":"ann","time":"2023-11-14T22:13:20Z","to":"ben","type":"RC:TxtMsg","uid":"596E-P5PG-4FS2-7OJL"}
`

// environment sets exactly the given variables for the test.
func environment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{
		"RONGCLOUD_APP_KEY", "RONGCLOUD_APP_SECRET", "RONGCLOUD_REGION", "RONGCLOUD_API_URL", "WEBHOOK_ADDR", "WEBHOOK_ARCHIVE",
	} {
		value, set := variables[name]
		t.Setenv(name, value) // restores it after the test, also where it is unset now
		if !set {
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func TestOffline(t *testing.T) {
	environment(t, nil)
	var out strings.Builder
	require.NoError(t, run(context.Background(), &out))
	require.Equal(t, offline, out.String())
}

// lines sends each write to a channel.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestLive(t *testing.T) {
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithStrict(), rongcloudtest.WithApp("my-app", "my-secret"))
	archive := filepath.Join(t.TempDir(), "archive.jsonl")
	environment(t, map[string]string{
		"RONGCLOUD_APP_KEY": "my-app", "RONGCLOUD_APP_SECRET": "my-secret", "RONGCLOUD_API_URL": srv.URL,
		"WEBHOOK_ADDR": "127.0.0.1:0", "WEBHOOK_ARCHIVE": archive,
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, ended := make(lines, 100), make(chan error, 1)
	go func() { ended <- run(ctx, out) }()
	url := regexp.MustCompile(`http://\S+/rongcloud`).FindString(<-out)
	require.NotEmpty(t, url)

	app := webhooktest.App{Key: "my-app", Secret: "my-secret"}
	for _, e := range []webhook.Event{
		&webhook.UserStatus{UserID: "ben", Status: webhook.PresenceOnline}, webhooktest.Sample(webhook.KindMessage),
	} {
		answer, err := app.Post(t.Context(), url, e)
		require.NoError(t, err)
		require.Equal(t, 200, answer.Status)
	}
	require.Len(t, srv.User("ben").Inbox(), 1)
	kept, err := os.ReadFile(archive)
	require.NoError(t, err)
	require.Contains(t, string(kept), `"uid":"596E-P5PG-4FS2-7OJK"`)
	cancel()
	require.NoError(t, <-ended)
}

// A forbidden word is found however it is encoded, and in every field of a message.
func TestModeration(t *testing.T) {
	h, err := newHandler(&receiver{w: io.Discard, archive: io.Discard}, "s", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for _, body := range []string{
		`{"content":"Casino"}`, `{"content":"\u0063asino"}`, `{"content":"casino","user":"x"}`, `{"content":"casino"}x`, `casino`, ``,
		`{"content":"hello","extra":"{\"a\":\"c\\u0061sino\"}"}`, `{"content":"fine","content":"casino"}`, `{"new":"casino"}`,
	} {
		e := question("")
		e.Body = body
		answer, err := webhooktest.App{Secret: "s"}.Deliver(t.Context(), h, e)
		require.NoError(t, err)
		verdict, err := answer.Decision()
		require.NoError(t, err)
		require.Equal(t, webhook.VerdictBlock, verdict.Verdict, body)
	}
}

func TestWrongEnvironment(t *testing.T) {
	directory := t.TempDir()
	for name, variables := range map[string]map[string]string{
		"no secret":  {"RONGCLOUD_APP_KEY": "k"},
		"no key":     {"RONGCLOUD_APP_SECRET": "s"},
		"no archive": {"RONGCLOUD_APP_KEY": "k", "RONGCLOUD_APP_SECRET": "s", "WEBHOOK_ARCHIVE": directory},
		"no address": {
			"RONGCLOUD_APP_KEY": "k", "RONGCLOUD_APP_SECRET": "s", "WEBHOOK_ARCHIVE": filepath.Join(directory, "a"), "WEBHOOK_ADDR": "nowhere",
		},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, variables)
			require.Error(t, run(context.Background(), &strings.Builder{}))
		})
	}
}
