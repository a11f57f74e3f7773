package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

const offline = `Offline, on the fake server of package rongcloudtest.
Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET to go live.

Register two users
  quickstart-ann   token test-token-1…
  quickstart-ben   token test-token-2…

Ann writes to Ben
  accepted         message TEST-0000-0000-0001
  Ben's inbox      1 of 1: RC:TxtMsg from quickstart-ann: {"content":"Hello, Ben!"}

Ben puts Ann on his blacklist, and Ann writes again
  accepted         message TEST-0000-0000-0002
  Ben's inbox      1 of 1: RC:TxtMsg from quickstart-ann: {"content":"Hello, Ben!"}
                   RongCloud accepts the message and does not deliver it: no error tells the sender.

Two errors
  by the SDK       PrivateMessage.To: 1001 items, at most 1000 are allowed
  by the server    HTTP 400, code 1005 (a parameter is too long)
                   "userId has 65 bytes, at most 64 are allowed"
  in code          errors.Is(err, rongcloud.CodeParameterTooLong) is true
`

// environment sets exactly the given RONGCLOUD_* variables for the test.
func environment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{"RONGCLOUD_APP_KEY", "RONGCLOUD_APP_SECRET", "RONGCLOUD_REGION", "RONGCLOUD_API_URL"} {
		value, set := variables[name]
		t.Setenv(name, value) // restores it after the test, even if it is unset now
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

func TestLive(t *testing.T) {
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithStrict(), rongcloudtest.WithApp("my-app", "my-secret"))
	environment(t, map[string]string{
		"RONGCLOUD_APP_KEY": "my-app", "RONGCLOUD_APP_SECRET": "my-secret", "RONGCLOUD_API_URL": srv.URL,
	})
	var out strings.Builder
	require.NoError(t, run(context.Background(), &out))
	require.Contains(t, out.String(), "Live, as app my-app.")
	require.Contains(t, out.String(), "only Ben's devices see it")
	require.Len(t, srv.User(ben).Inbox(), 1)

	// The blacklist is as before.
	_, err := srv.Client().Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: ann, To: []string{ben}, Content: rongcloud.TextMessage{Content: "x"}, VerifyBlacklist: true,
	})
	require.NoError(t, err)
	require.Len(t, srv.User(ben).Inbox(), 2)
}

func TestWrongEnvironment(t *testing.T) {
	cases := []struct {
		name      string
		variables map[string]string
		message   string
	}{
		{"empty key", map[string]string{"RONGCLOUD_APP_KEY": ""}, "RONGCLOUD_APP_KEY: "},
		{"secret alone", map[string]string{"RONGCLOUD_APP_SECRET": "s"}, "RONGCLOUD_APP_KEY: "},
		{"key alone", map[string]string{"RONGCLOUD_APP_KEY": "k"}, "RONGCLOUD_APP_SECRET: "},
		{"region alone", map[string]string{"RONGCLOUD_REGION": "SG"}, "RONGCLOUD_APP_KEY: "},
		{"address alone", map[string]string{"RONGCLOUD_API_URL": ""}, "RONGCLOUD_APP_KEY: "},
		{"wrong region", map[string]string{"RONGCLOUD_APP_KEY": "k", "RONGCLOUD_APP_SECRET": "s", "RONGCLOUD_REGION": "Mars"}, `unknown region "Mars"`},
		{"unreachable", map[string]string{
			"RONGCLOUD_APP_KEY": "k", "RONGCLOUD_APP_SECRET": "s", "RONGCLOUD_API_URL": "http://127.0.0.1:1",
		}, "127.0.0.1:1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			environment(t, c.variables)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			err := run(ctx, &strings.Builder{})
			require.ErrorContains(t, err, c.message)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	require.Equal(t, "123456789012…", shorten("1234567890123"))
	require.Equal(t, "1…", shorten("1"))
}
