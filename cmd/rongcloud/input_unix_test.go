//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A command that waits for a pipe without a writer ends at the first Ctrl-C.
func TestInterruptWhileReadingPipe(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"profiles":   {"profile", "show"},
		"completion": {"__complete", "--profile", ""},
		"list":       {"send", "private", "--from", "shop", "--to-file", "PIPE", "--text", "hello"},
		"parameters": {"api", "/user/info.json", "--json", "PIPE"},
		"parameter":  {"api", "/user/info.json", "userId=@PIPE"},
		"content":    {"send", "private", "--from", "shop", "--to", "ann", "--type", "app:order", "--content", "@PIPE"},
		"seed":       {"emulator", "--seed", "PIPE"},
		"exec":       {"emulator", "exec", "--seed", "PIPE", "--", "true"},
		"log":        {"decode", "log", "PIPE"},
		"replay":     {"webhook", "replay", "PIPE", "--to", "http://127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pipe := filepath.Join(t.TempDir(), "pipe")
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			t.Cleanup(func() { // unblocks the read that the command left behind
				if file, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
					_ = file.Close()
				}
			})
			env := map[string]string{envConfig: pipe, envAppKey: "key", envAppSecret: "secret"}
			if strings.Contains(strings.Join(args, " "), "PIPE") {
				env[envConfig] = filepath.Join(t.TempDir(), "profiles.json")
			}
			args = strings.Split(strings.ReplaceAll(strings.Join(args, "\n"), "PIPE", pipe), "\n")
			var said bytes.Buffer
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			newApp(strings.NewReader(""), io.Discard, &said, func(name string) string { return env[name] }).run(ctx, args)
			require.LessOrEqual(t, strings.Count(said.String(), "\n"), 2, said.String())
		})
	}
}
