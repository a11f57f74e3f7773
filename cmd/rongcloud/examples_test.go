//go:build !windows

package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// exampleFiles has the files that examples name.
var exampleFiles = map[string]string{
	"seed.json": `{"users": [{"id": "ann"}, {"id": "ben"}, {"id": "carol"}, {"id": "shop"}, {"id": "someone"}],
		"groups": [{"id": "team", "members": ["ann", "ben"]}, {"id": "someone", "members": ["ann"]}], "chatrooms": [{"id": "someone"}]}`,
	"order.json": `{"number": 1}`, "body.json": `{"content": "x", "imageUri": "https://example.com/p.png"}`, "users.csv": "user_id\nann\n",
	"request.txt":              "POST /?nonce=1&timestamp=2&signature=x HTTP/1.1\n\n",
	"request-of-yesterday.txt": "POST /?nonce=123&timestamp=1700000000000&signature=e976f7da783cab723341222957a738cb403f1237 HTTP/1.1\nContent-Type: application/json\n\n{\"userId\": \"u\"}",
}

// exampleWords replaces words of examples that the test cannot run.
var exampleWords = strings.NewReplacer(
	"go test ./...", "true", // it would test another module
	"npm test", "true",
	"jq -r '.[].path'", "cat", // not every machine has jq
	"webhook listen", "webhook listen --listen 127.0.0.1:0", // the default port may be in use
	"emulator --seed", "emulator --listen 127.0.0.1:0 --seed",
)

// lastingExamples are the beginnings of examples that run until they are interrupted.
var lastingExamples = []string{"rongcloud webhook listen", "rongcloud emulator --", "rongcloud emulator tail"}

// exampleNeeds has the beginnings of examples that need an account or an emulator, and the error
// without it.
var exampleNeeds = map[string]string{
	"rongcloud login":  "--app-key is required without a terminal",
	"rongcloud doctor": "rongcloud login", "rongcloud api /": "rongcloud login", "rongcloud send ": "rongcloud login", "rongcloud history ": "rongcloud login",
	"rongcloud log ": "rongcloud login", "rongcloud message ": "rongcloud login", "rongcloud live --i": "rongcloud login", "rongcloud profile show": "rongcloud login",
	"rongcloud profile use": "there is no profile", "rongcloud profile remove": "there is no profile",
	"rongcloud emulator s": "no emulator at", "rongcloud emulator fault": "no emulator at", "rongcloud emulator tail": "no emulator at", "rongcloud emulator advance": "no emulator at",
}

// exampleCodes has the examples whose exit code is not 0.
var exampleCodes = map[string]int{
	"rongcloud webhook verify < request.txt": exitRefused,
	"rongcloud emulator fault clear 2":       exitRefused, // there may be no fault 2
	"rongcloud profile remove old":           exitUsage,   // it needs confirmation
}

// notRun has the examples that the test skips, and why.
var notRun = map[string]string{
	"rongcloud login --app-key c9kqb3rdkbb8j --secret-stdin < secret.txt": "it calls RongCloud",
	`rongcloud completion zsh > "${fpath[1]}/_rongcloud"`:                 "it writes where zsh looks; completion.txtar has it",
	"rongcloud live --i-have-a-development-key --profile development":     "it takes minutes; json_test.go has a short one",
	"rongcloud log fetch --hour 2026-11-26T10":                            "the hour passes; json_test.go has another one",
	"rongcloud log fetch --hour 2026-11-26T10 --json > messages.ndjson":   "the same",
	"rongcloud log fetch --hour 2026-11-26T10:00:00+08:00":                "the same",
}

// Every example of the help runs as it is printed. One that needs an account gets the emulator's.
func TestExamples(t *testing.T) {
	t.Parallel()
	account, err := runEmulator(t.Cleanup, nil)
	require.NoError(t, err)
	handler, _ := kindServer(t)
	withAccount, without := exampleStage(t, account), exampleStage(t, nil)
	count := 0
	eachCommand(newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard, os.Getenv)), func(cmd *cobra.Command) {
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			line = strings.TrimSpace(line)
			if _, left := notRun[line]; left {
				continue
			}
			count++
			shown := line
			line = strings.ReplaceAll(exampleWords.Replace(line), "http://localhost:8080/rongcloud", handler)
			needs := ""
			for start, says := range exampleNeeds {
				if strings.HasPrefix(shown, start) {
					needs = says
				}
			}
			code, said := without(line, needs == "")
			if needs != "" {
				require.NotZero(t, code, "%s: %s", shown, said)
				require.Contains(t, said, needs, shown)
				if strings.HasPrefix(shown, "rongcloud login") {
					continue
				}
				code, said = withAccount(line, true)
			}
			require.Equal(t, exampleCodes[shown], code, "%s: %s", shown, said)
		}
	})
	require.Greater(t, count, 60)
}

// exampleStage prepares a folder with the files that examples name. It returns a function that
// runs a line there, and interrupts a lasting one.
func exampleStage(t *testing.T, account map[string]string) func(line string, lasts bool) (int, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range exampleFiles {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2026112610.zip"), []byte(zippedLog(t, `2026/01/02 03:04:05{"msgUID":"first","timestamp":1}`+"\n")), 0o600))
	c, err := sampleCallback("message_sync")
	require.NoError(t, err)
	recorder, err := newRecorder(filepath.Join(dir, "callbacks"))
	require.NoError(t, err)
	_, err = recorder.store(c)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".config", "fish", "completions"), 0o700))
	env := []string{"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir, envConfig + "=" + filepath.Join(dir, "profiles.json")}
	if account == nil {
		env = append(env, envAPIURL+"=http://127.0.0.1:1") // no emulator is there
	}
	for name, value := range account {
		env = append(env, name+"="+value)
	}
	if account != nil {
		p := `{"appKey": "` + account[envAppKey] + `", "appSecret": "` + account[envAppSecret] + `", "apiUrls": ["` + account[envAPIURL] + `"]}`
		require.NoError(t, os.WriteFile(filepath.Join(dir, "profiles.json"), []byte(`{"profiles": {"production": `+p+`, "development": `+p+`, "old": `+p+`}}`), 0o600))
	}
	run := func(line string, lasts bool) (int, string) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var said exampleOutput
		for _, start := range lastingExamples {
			if lasts && strings.HasPrefix(line, start) {
				line, said.began = "exec "+line, cancel
			}
		}
		cmd := exec.CommandContext(ctx, "bash", "-c", line)
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &said, &said
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		_ = cmd.Run() // the exit code tells
		require.NotNil(t, cmd.ProcessState, line)
		return cmd.ProcessState.ExitCode(), said.text.String()
	}
	if account != nil {
		code, said := run("rongcloud emulator seed seed.json", false)
		require.Zero(t, code, said)
	}
	return run
}

// exampleOutput collects the output of an example. It calls began once a lasting example serves.
type exampleOutput struct {
	mu    sync.Mutex
	text  strings.Builder
	began func()
}

func (o *exampleOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Write(p); o.began != nil && (strings.Contains(o.text.String(), "Ctrl-C") || strings.Contains(o.text.String(), envAPIURL)) {
		o.began()
	}
	return len(p), nil
}
