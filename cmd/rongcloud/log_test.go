package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// zippedLog returns a file of the hourly log, zipped as RongCloud serves it.
func zippedLog(t *testing.T, lines string) string {
	t.Helper()
	var data bytes.Buffer
	archive := zip.NewWriter(&data)
	file, err := archive.Create("log")
	require.NoError(t, err)
	_, err = io.WriteString(file, lines)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return data.String()
}

// decode log reports a broken line, and prints the other lines.
func TestDecodeLog(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "log.zip")
	require.NoError(t, os.WriteFile(name, []byte(zippedLog(t, "2026/01/02 03:04:05{\"msgUID\":\"first\",\"timestamp\":1}\nbroken\n2026/01/02 03:04:05{\"msgUID\":\"last\",\"timestamp\":2}\n")), 0o600))
	var out, said bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &said, func(string) string { return "" })
	require.Equal(t, exitRefused, a.run(t.Context(), []string{"decode", "log", name, "--json"}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	require.Contains(t, lines[0], `"messageUID":"first"`)
	require.Contains(t, lines[1], `"messageUID":"last"`)
	require.NotEmpty(t, said.String())
}
