package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/rongcloud-go/rongcloud"
)

// The exit codes.
const (
	exitDone    = 0
	exitRefused = 1 // refused or failed
	exitUsage   = 2
	exitUnknown = 3
	exitQuota   = 4
)

// exitError ends the program with this exit code. It prints nothing, because the command has
// already reported the error.
type exitError int

func (c exitError) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hintedError is an error with a hint about what to do.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// errReaderGone is the error of a write to stdout whose reader has closed the pipe.
var errReaderGone = errors.New("nobody reads the output any more")

// readerGone reports whether the reader of stdout has closed the pipe. It does not look for EPIPE,
// which a broken network connection returns, too.
func readerGone(err error) bool { return errors.Is(err, errReaderGone) }

// end prints an error in one line, and returns the exit code.
func (a *app) end(err error) int {
	var code exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case readerGone(err): // commands such as head stop reading on purpose
		return exitDone
	}
	line := "rongcloud: " + strings.TrimPrefix(strings.ReplaceAll(oneLine(err.Error()), ": rongcloud: ", ": "), "rongcloud: ")
	if hint := hintFor(err); hint != "" {
		line += "; " + hint
	}
	a.talk("%s", line)
	return codeOf(err)
}

// codeOf returns the exit code for an error.
func codeOf(err error) int {
	var code exitError
	var usage *usageError
	var argument *rongcloud.ArgumentError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, errInterrupted): // also if a usageError wraps it
		return exitRefused
	case errors.Is(err, rongcloud.ErrOutcomeUnknown):
		return exitUnknown
	case errors.Is(err, rongcloud.ErrRateLimited):
		return exitQuota
	case errors.As(err, &usage), errors.As(err, &argument):
		return exitUsage
	}
	return exitRefused
}

// hintFor returns a hint about what to do, or "" if there is none.
func hintFor(err error) string {
	var hinted *hintedError
	var usage *usageError
	var refused *rongcloud.Error
	switch {
	case errors.As(err, &hinted):
		return hinted.hint
	case errors.As(err, &usage), errors.Is(err, context.Canceled):
		return ""
	case errors.Is(err, rongcloud.ErrOutcomeUnknown):
		return "do not blindly repeat it, whoever got it already gets it twice"
	case errors.Is(err, rongcloud.ErrRateLimited):
		return "nothing was done: wait, and try again"
	case errors.As(err, &refused) && refused.Endpoint == nil: // an error in a file, which doctor cannot explain
		return ""
	case errors.Is(err, rongcloud.ErrUnauthorized), errors.Is(err, rongcloud.ErrTransport):
		return "rongcloud doctor looks for the reason"
	case errors.As(err, &refused) && refused.Code != 0:
		return fmt.Sprintf("rongcloud code %d says what to do", int(refused.Code))
	}
	return ""
}

// oneLine replaces line breaks, control characters and invalid UTF-8, so that text from outside
// cannot control the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
