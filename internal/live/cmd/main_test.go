package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rongcloud-go/rongcloud/internal/live"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func envOf(srv *rongcloudtest.Server) func(string) string {
	values := map[string]string{"RONGCLOUD_APP_KEY": srv.AppKey(), "RONGCLOUD_APP_SECRET": srv.AppSecret(),
		"RONGCLOUD_API_URL": srv.URL + ",http://backup.invalid"}
	return func(name string) string { return values[name] }
}

func TestRun(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	out := filepath.Join(t.TempDir(), "report.json")
	var stdout, stderr bytes.Buffer
	status := run(context.Background(),
		[]string{"-i-have-a-development-key", "-only", "nonce-twice,user-id-65", "-o", out}, envOf(srv), &stdout,
		&stderr)
	require.Equal(t, exitDone, status, stderr.String())
	require.Contains(t, stderr.String(), "  1 of 2  nonce-twice")
	require.Contains(t, stdout.String(), "2 questions: 1 settled, 1 confirmed, 0 unlike the catalogue")

	text, err := os.ReadFile(out)
	require.NoError(t, err)
	var report live.Report
	require.NoError(t, json.Unmarshal(text, &report))
	require.Len(t, report.Findings, 2)
	for _, shown := range []string{string(text), stdout.String(), stderr.String()} {
		require.NotContains(t, shown, srv.AppSecret())
		require.NotContains(t, shown, srv.AppKey())
	}
	// The prefix in its clean-up hint is the one it used.
	prefix := regexp.MustCompile(`-clean (\w+)\.`).FindStringSubmatch(stderr.String())
	require.Equal(t, report.Prefix, prefix[1])
	stdout.Reset()
	require.Equal(t, exitDone,
		run(context.Background(), []string{"-i-have-a-development-key", "-clean", prefix[1]}, envOf(srv), &stdout, &stderr))
	require.Equal(t, "nothing of "+prefix[1]+" is left\n", stdout.String())
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	none := func(string) string { return "" }
	for _, c := range []struct {
		name string
		args []string
		env  func(string) string
		want string
	}{
		{name: "not asked for", args: nil, env: envOf(srv), want: "-i-have-a-development-key"},
		{
			name: "a secret as argument", args: []string{"-i-have-a-development-key", "secret"}, env: envOf(srv),
			want: "RONGCLOUD_APP_SECRET",
		},
		{name: "no key", args: []string{"-i-have-a-development-key"}, env: none, want: "RONGCLOUD_APP_KEY"},
		{name: "unknown flag", args: []string{"-key=x"}, env: envOf(srv), want: "-key"},
		{name: "unknown question", args: []string{"-i-have-a-development-key", "-only", "nothing"}, env: envOf(srv),
			want: `no question "nothing"`},
		{name: "a prefix of another's", args: []string{"-i-have-a-development-key", "-clean", "prod"}, env: envOf(srv),
			want: `Prefix "prod"`},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitUsage, run(context.Background(), c.args, c.env, &stdout, &stderr), c.name)
		require.Contains(t, stderr.String(), c.want, c.name)
	}
	require.Empty(t, srv.Requests())
}

func TestList(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitDone,
		run(context.Background(), []string{"-list"}, func(string) string { return "" }, &stdout, &stderr))
	require.Contains(t, stdout.String(), "Is a user ID of 65 bytes refused?")
}

// TestInterrupted checks that an interrupted run still removes what it created and writes what it
// found.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithObserver(func(r rongcloudtest.Request) {
		if r.Path == "/user/info.json" {
			cancel()
		}
	}))
	out := filepath.Join(t.TempDir(), "report.md")
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitBroke, run(ctx, []string{"-i-have-a-development-key", "-o", out}, envOf(srv), &stdout, &stderr))
	require.Contains(t, stdout.String(), "interrupted: context canceled")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(text), "`timestamp-seconds`")
	for _, user := range srv.State().Users {
		require.False(t, user.Registered, user.ID)
	}
}

// TestWrongSecret checks that a run with a wrong secret stops before the first question, and says
// so.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	out := filepath.Join(t.TempDir(), "report.md")
	env := func(name string) string {
		if name == "RONGCLOUD_APP_SECRET" {
			return "wrong"
		}
		return envOf(srv)(name)
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitBroke,
		run(context.Background(), []string{"-i-have-a-development-key", "-o", out}, env, &stdout, &stderr))
	require.Contains(t, stdout.String(),
		"interrupted: registering the first users: the server responded with HTTP 401, code 1004")
}
