package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

var localURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// findAddress waits until a file contains the URL of a local server, and sets a variable to it.
func findAddress(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	if len(args) != 2 {
		ts.Fatalf("usage: address FILE NAME")
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if found := localURL.Find(text); err == nil && found != nil {
			ts.Setenv(args[1], string(found))
			return
		}
	}
	ts.Fatalf("%s has no address after 30 s", args[0])
}

// runApp runs a command line in an environment, without stored profiles.
func runApp(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, talk bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &talk, func(name string) string {
		if value, there := env[name]; there || name != envConfig {
			return value
		}
		return filepath.Join(t.TempDir(), "profiles.json")
	})
	code = a.run(context.Background(), args)
	return code, out.String(), talk.String()
}

// kindServer starts a handler, and returns its URL and the kinds of the callbacks that it
// accepted.
func kindServer(t *testing.T) (address string, taken func() []webhook.Kind) {
	t.Helper()
	var mu sync.Mutex
	var kinds []webhook.Kind
	h, err := webhook.NewHandler(rongcloudtest.DefaultAppSecret, webhook.WithLogger(slog.New(slog.DiscardHandler)), webhook.WithObserver(webhook.ObserverFunc(func(_ context.Context, o webhook.Observation) {
		mu.Lock()
		defer mu.Unlock()
		if o.Status == http.StatusOK {
			kinds = append(kinds, o.Kind)
		}
	})))
	require.NoError(t, err)
	h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
		return webhook.Block("not here"), nil
	})
	h.OnUnknown(func(_ context.Context, u *webhook.Unknown) error { return errors.Join(errors.New("unknown"), u.Err) })
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL, func() []webhook.Kind {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(kinds)
	}
}

func TestTriggerEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range webhooktest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			to, taken := kindServer(t)
			code, out, talk := runApp(t, nil, "webhook", "trigger", string(kind), "--to", to)
			require.Zero(t, code, talk)
			require.Contains(t, out, " 200 ")
			require.Equal(t, []webhook.Kind{kind}, taken())

			for _, flag := range []string{"--bad-signature", "--stale"} {
				code, out, talk = runApp(t, nil, "webhook", "trigger", string(kind), "--to", to, flag)
				require.Zero(t, code, talk)
				require.Contains(t, out, " 403 ", flag)
				require.Len(t, taken(), 1, flag)
			}

			code, out, talk = runApp(t, nil, "webhook", "trigger", string(kind), "--to", to, "--replay")
			require.Zero(t, code, talk)
			if kind == webhook.KindPreMessage { // the fallback of the handler allows it
				require.Contains(t, out, `"pass":1`)
			} else {
				require.Equal(t, 1, strings.Count(out, " 403 "), out)
			}

			// trigger fails if the handler accepts a callback with a wrong signature.
			acceptsAll := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			defer acceptsAll.Close()
			for _, flag := range []string{"--bad-signature", "--stale"} {
				code, _, talk = runApp(t, nil, "webhook", "trigger", string(kind), "--to", acceptsAll.URL, flag)
				require.Equal(t, exitRefused, code, flag)
				require.Contains(t, talk, "the handler took a callback", flag)
			}
		})
	}
}

// set changes every field of a form, and adds fields to JSON and changes them.
func TestSetFieldsOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range webhooktest.Kinds() {
		c, err := sampleCallback(kind)
		require.NoError(t, err)
		before := c.Body
		if c.isForm() {
			fields, err := readForm(c.Body)
			require.NoError(t, err)
			require.NotEmpty(t, fields, kind)
			require.Equal(t, before, writeForm(fields), kind)
			for _, f := range fields {
				require.NoError(t, c.set(f.name+"=it's new & ü"), "%s %s", kind, f.name)
			}
			fields, err = readForm(c.Body)
			require.NoError(t, err)
			for _, f := range fields {
				require.Equal(t, []string{"it's new & ü"}, f.values, "%s %s", kind, f.name)
			}
		} else {
			require.NoError(t, c.set(`added:={"a":[1,"x"]}`), kind)
			require.Contains(t, c.Body, `"added":{"a":[1,"x"]}`, kind)
			require.NoError(t, c.set("added.a.1=<&>"), kind)
			require.Contains(t, c.Body, `"added":{"a":[1,"<&>"]}`, kind)
			require.ErrorContains(t, c.set("added.a.0=x"), "is not a value like the one there", kind)
			require.ErrorContains(t, c.set("added.a.2=x"), "2 items", kind)
		}
		require.ErrorContains(t, c.set("nonsense=1"), "no", kind)
		require.ErrorContains(t, c.set("nonsense"), "NAME=VALUE", kind)
		require.NotEqual(t, before, c.Body)

		// A body that is not changed in the editor stays the same.
		c, err = sampleCallback(kind)
		require.NoError(t, err)
		text, err := c.editable()
		require.NoError(t, err)
		require.NoError(t, c.edited(text))
		if c.isForm() {
			require.Equal(t, before, c.Body, kind)
		} else {
			require.JSONEq(t, before, c.Body, kind)
		}
	}
}

func TestCallbacksAreShownWithoutSignature(t *testing.T) {
	t.Parallel()
	signature := regexp.MustCompile(`[0-9a-f]{40}`)
	for _, kind := range webhooktest.Kinds() {
		for _, args := range [][]string{nil, {"--json"}} {
			code, out, talk := runApp(t, nil, append([]string{"webhook", "trigger", string(kind)}, args...)...)
			require.Zero(t, code, talk)
			require.Contains(t, out, placeSignature, kind)
			require.NotRegexp(t, signature, out, kind)
			require.NotContains(t, out, rongcloudtest.DefaultAppSecret, kind)
		}
	}
	code, _, talk := runApp(t, nil, "webhook", "trigger", "message_sync", "--to", "http://127.0.0.1:1/")
	require.Equal(t, exitRefused, code)
	require.Contains(t, talk, "the handler did not respond")
	require.NotRegexp(t, signature, talk)
}

// trigger asks before it sends a real app's signature to another machine by plain HTTP.
func TestTriggerConfirmsTarget(t *testing.T) {
	t.Parallel()
	account := map[string]string{envAppKey: "real-key", envAppSecret: "real-secret"}
	code, _, talk := runApp(t, account, "webhook", "trigger", "message_sync", "--to", "http://app.invalid/")
	require.Equal(t, exitUsage, code)
	require.Contains(t, talk, "as good as a password")
	require.NotContains(t, talk, "real-secret")
	code, _, talk = runApp(t, account, "webhook", "trigger", "message_sync", "--to", "ftp://app.invalid/")
	require.Equal(t, exitUsage, code)
	require.Contains(t, talk, "--to")
}

// listen asks before it forwards a real app's signature to another machine by plain HTTP.
func TestListenConfirmsTarget(t *testing.T) {
	t.Parallel()
	account := map[string]string{envAppKey: "real-key", envAppSecret: "real-secret"}
	// The address of --listen is invalid, so that the test does not hang if listen does not ask.
	code, _, talk := runApp(t, account, "webhook", "listen", "--listen", "127.0.0.1:-1", "--forward-to", "http://app.invalid/")
	require.Equal(t, exitUsage, code, talk)
	require.Contains(t, talk, "as good as a password")
}

// replay refuses files that are not regular, because reading one may block or never end.
func TestReplayReadsRegularFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Symlink(os.DevNull, filepath.Join(dir, "000001-message_sync.json")))
	code, _, talk := runApp(t, nil, "webhook", "replay", dir, "--to", "http://127.0.0.1:1/")
	require.Equal(t, exitUsage, code)
	require.Contains(t, talk, "it is not a regular file")
}
