package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// shellSigns are the characters in the command of an editor that only a shell understands.
const shellSigns = "|&;<>()$`\\\"'*?[#~=%\n"

// editFile runs the user's editor on a file.
func (a *app) editFile(ctx context.Context, name string) error {
	command := a.env("VISUAL")
	if strings.TrimSpace(command) == "" {
		command = a.env("EDITOR")
	}
	words := editorWords(command, exec.LookPath)
	if len(words) == 0 {
		return usagef("--edit: neither VISUAL nor EDITOR names an editor")
	}
	editor := exec.CommandContext(ctx, words[0], append(words[1:], name)...) //nolint:gosec // the user's editor
	editor.Stdin, editor.Stdout, editor.Stderr = a.in, a.stderr, a.stderr
	editor.WaitDelay = patience
	editor.Cancel = func() error { // SIGTERM lets the editor restore the terminal
		if err := editor.Process.Signal(syscall.SIGTERM); err == nil || errors.Is(err, os.ErrProcessDone) {
			return err
		}
		return editor.Process.Kill()
	}
	err := editor.Run()
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return fmt.Errorf("the editor %s: %w", command, err)
	}
	return nil
}

// editorWords returns the command of an editor without the file. As with git, the command is a
// line for a shell: it may quote arguments, set variables and start with a tilde. The name of a
// program, and words separated only by spaces, run without a shell.
func editorWords(command string, lookPath func(string) (string, error)) []string {
	command = strings.TrimSpace(command)
	if command == "" {
		return nil
	}
	if _, err := lookPath(command); err == nil { // its name may contain spaces
		return []string{command}
	}
	if !strings.ContainsAny(command, shellSigns) {
		return strings.Fields(command)
	}
	shell, err := lookPath("sh")
	if err != nil { // as on Windows
		return quotedWords(command)
	}
	return []string{shell, "-c", command + ` "$@"`, shell}
}

// quotedWords splits a line at spaces outside of quotes.
func quotedWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inside := false
	for _, r := range line {
		switch {
		case r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inside = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if inside {
				words = append(words, word.String())
			}
			word.Reset()
			inside = false
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}
