package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Concurrent logins, as by scripts that set up a machine, lose no profile.
func TestConcurrentLogins(t *testing.T) {
	t.Parallel()
	env := map[string]string{envConfig: filepath.Join(t.TempDir(), "rongcloud", "profiles.json")}
	getenv := func(name string) string { return env[name] }
	const many = 20
	var logins sync.WaitGroup
	codes, said := [many]int{}, [many]bytes.Buffer{}
	for i := range many {
		logins.Go(func() {
			a := newApp(strings.NewReader("secret\n"), io.Discard, &said[i], getenv)
			codes[i] = a.run(t.Context(), []string{"login", "--name", fmt.Sprint("p", i), "--app-key", "key", "--secret-stdin", "--region", "SG", "--no-check"})
		})
	}
	logins.Wait()
	for i := range many {
		require.Equal(t, exitDone, codes[i], said[i].String())
	}
	file, err := newApp(strings.NewReader(""), io.Discard, io.Discard, getenv).loadProfiles()
	require.NoError(t, err)
	require.Len(t, file.Profiles, many)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(env[envConfig]), "*.lock"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// The file of the profiles may be empty or written on Windows. An error about it shows no secret.
func TestProfileFiles(t *testing.T) {
	t.Parallel()
	stored := `{"current":"a","profiles":{"a":{"appKey":"key-a","appSecret":"hidden-a"}}}`
	for name, c := range map[string]struct {
		text, said string
		code       int
	}{
		"as stored":       {stored, "", exitDone},
		"Windows":         {"\xef\xbb\xbf" + strings.ReplaceAll(stored, ",", ",\r\n"), "", exitDone},
		"empty":           {"", "no App Key is known", exitUsage},
		"an empty line":   {"\r\n", "no App Key is known", exitUsage},
		"UTF-16":          {"\xff\xfe{\x00}\x00", "it is UTF-16: save it as UTF-8", exitRefused},
		"cut off":         {stored[:40], "correct the file, or remove it and log in again", exitRefused},
		"another type":    {`[]`, "correct the file", exitRefused},
		"wrongly quoted":  {`{"profiles":{"a":{"appSecret":hidden-a}}}`, "correct the file", exitRefused},
		"above the limit": {stored + strings.Repeat(" ", maxInput), "it is longer than 64 MiB", exitRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "profiles.json")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			code, out, talk := runApp(t, map[string]string{envConfig: path}, "profile", "show")
			require.Equal(t, c.code, code, talk)
			require.Contains(t, talk, c.said)
			require.NotContains(t, out+talk, "hidden")
			if c.code == exitDone {
				require.Contains(t, out, "key-a")
			}
		})
	}
}

func TestSecretsOnStdin(t *testing.T) {
	t.Parallel()
	for stdin, said := range map[string]string{
		"secret": "", "secret\r\nmore": "", "\xef\xbb\xbfsecret\r\n": "",
		"\xff\xfes\x00": "it is UTF-16", "": "stdin is empty", "\n": "no App Secret was given", "\xef\xbb\xbf\n": "no App Secret was given",
		strings.Repeat("s", maxSecretLine+1): "is longer than any App Secret",
	} {
		env := map[string]string{envConfig: filepath.Join(t.TempDir(), "profiles.json")}
		var talk bytes.Buffer
		a := newApp(strings.NewReader(stdin), io.Discard, &talk, func(name string) string { return env[name] })
		code := a.run(t.Context(), []string{"login", "--app-key", "key", "--secret-stdin", "--no-check"})
		if said != "" {
			require.Equal(t, exitUsage, code, stdin)
			require.Contains(t, talk.String(), said)
			continue
		}
		require.Zero(t, code, talk.String())
		file, err := a.loadProfiles()
		require.NoError(t, err)
		require.Equal(t, secret("secret"), file.Profiles["default"].AppSecret, "%q", stdin)
	}
}
