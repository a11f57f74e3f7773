package main

import (
	"bytes"
	"fmt"
	"io"
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
