package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A command that waits for stdin ends at the first Ctrl-C.
func TestInterruptWhileReadingStdin(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"verify":     {"webhook", "verify"},
		"content":    {"decode", "content", "RC:TxtMsg"},
		"list":       {"send", "private", "--from", "shop", "--to-file", "-", "--checkpoint", "none.json", "--text", "hello"},
		"message":    {"send", "private", "--from", "shop", "--to", "ann", "--type", "app:order", "--content", "@-"},
		"parameters": {"api", "/user/info.json", "--json", "-"},
		"parameter":  {"api", "/user/info.json", "userId=@-"},
		"seed":       {"emulator", "seed", "-", "--url", "http://127.0.0.1:1"},
		"secret":     {"login", "--secret-stdin", "--app-key", "key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{envConfig: filepath.Join(t.TempDir(), "profiles.json"), envAppKey: "key", envAppSecret: "secret"}
			in, writer := io.Pipe()
			t.Cleanup(func() { _ = writer.Close() })
			var out, said bytes.Buffer
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			code := newApp(in, &out, &said, func(name string) string { return env[name] }).run(ctx, args)
			require.Equal(t, exitRefused, code, said.String())
			require.Contains(t, said.String(), "interrupted: nothing was done\n")
			require.Empty(t, out.String())
		})
	}
}
