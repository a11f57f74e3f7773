package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// EDITOR is a line for a shell. It may contain quotes, variables and arguments.
func TestEditorCommands(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // Windows has no shell scripts
	}
	dir := filepath.Join(t.TempDir(), "an editor")
	require.NoError(t, os.Mkdir(dir, 0o700))
	program := filepath.Join(dir, "ed.sh")
	script := "#!/bin/sh\nfor last; do :; done\necho \"changed=$MARK$#$1\" >\"$last\"\n"
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	for editor, want := range map[string]string{
		program:                                    "1",
		shellWord(program) + ` -a ''`:              "3-a",
		shellWord(program) + ` -c "set ft=json"`:   "3-c",
		shellWord(program) + ` 'two words' --wait`: "3two words",
		`MARK=x ` + shellWord(program) + ` --wait`: "x2--wait",
		`sh -c 'echo changed=sh >"$1"' sh`:         "sh",
	} {
		code, out, talk := runApp(t, map[string]string{"EDITOR": editor}, "webhook", "trigger", "friendship", "--edit")
		require.Zero(t, code, editor+talk)
		require.Contains(t, out, "changed="+want, editor)
	}
	for _, editor := range []string{"no-such-editor", "no-such-editor -a ''", "sh -c 'exit 3'", "'"} {
		code, out, talk := runApp(t, map[string]string{"EDITOR": editor}, "webhook", "trigger", "friendship", "--edit")
		require.Equal(t, exitRefused, code, talk)
		require.Contains(t, talk, "rongcloud: the editor "+editor+": ")
		require.Empty(t, out)
	}
}

// editorWords splits quoted arguments even without a shell.
func TestEditorWithoutShell(t *testing.T) {
	t.Parallel()
	none := func(string) (string, error) { return "", errors.New("none") }
	for command, want := range map[string][]string{
		"vi":                               {"vi"},
		" code  --wait ":                   {"code", "--wait"},
		`"C:\Program Files\e.exe" -a "" x`: {`C:\Program Files\e.exe`, "-a", "", "x"},
		`e 'a "b" c'`:                      {"e", `a "b" c`},
		"":                                 nil,
		" ":                                nil,
	} {
		require.Equal(t, want, editorWords(command, none), command)
	}
	require.Equal(t, []string{"/with space/e"}, editorWords("/with space/e", func(name string) (string, error) { return name, nil }))
}

// Ctrl-C ends the editor, and the command sends nothing.
func TestEditorEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return
	}
	editor := filepath.Join(t.TempDir(), "editor.sh")
	require.NoError(t, os.WriteFile(editor, []byte("#!/bin/sh\n: >\"$0.started\"\nexec sleep 100\n"), 0o700))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, talk strings.Builder
	env := map[string]string{"EDITOR": editor, envConfig: filepath.Join(t.TempDir(), "p.json")}
	ended := make(chan int, 1)
	go func() {
		a := newApp(strings.NewReader(""), &out, &talk, func(name string) string { return env[name] })
		ended <- a.run(ctx, []string{"webhook", "trigger", "friendship", "--edit"})
	}()
	require.Eventually(t, func() bool { _, err := os.Stat(editor + ".started"); return err == nil }, 20*time.Second, 5*time.Millisecond)
	cancel()
	require.Equal(t, exitRefused, <-ended)
	require.Equal(t, "rongcloud: interrupted: nothing was done\n", talk.String())
	require.Empty(t, out.String())
}
