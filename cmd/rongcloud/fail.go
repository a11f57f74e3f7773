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
	exitRefused = 1 // or it failed
	exitUsage   = 2
	exitUnknown = 3
	exitQuota   = 4
)

// exitError is an error about which all has been said.
type exitError int

func (c exitError) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError is an error of whoever wrote the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hintedError is an error with what to do about it.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// errReaderGone is what a write of data fails with once nobody reads it any more.
var errReaderGone = errors.New("nobody reads the output any more")

// readerGone reports whether a write of data failed for that. A connection that breaks amid a
// request has the same error of the system, and is another matter.
func readerGone(err error) bool { return errors.Is(err, errReaderGone) }

// end says what went wrong, in one line, and returns the exit code.
func (a *app) end(err error) int {
	var code exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case readerGone(err): // who left needs no word
		return exitDone
	}
	line := "rongcloud: " + strings.TrimPrefix(strings.ReplaceAll(oneLine(err.Error()), ": rongcloud: ", ": "), "rongcloud: ")
	if hint := hintFor(err); hint != "" {
		line += "; " + hint
	}
	a.talk("%s", line)
	return codeOf(err)
}

// codeOf is the exit code of an error.
func codeOf(err error) int {
	var code exitError
	var usage *usageError
	var argument *rongcloud.ArgumentError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, errInterrupted): // also what names the flag that was read
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

// hintFor is what to do about an error.
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
	case errors.Is(err, rongcloud.ErrUnauthorized), errors.Is(err, rongcloud.ErrTransport):
		return "rongcloud doctor looks for the reason"
	case errors.As(err, &refused) && refused.Code != 0:
		return fmt.Sprintf("rongcloud code %d says what to do", int(refused.Code))
	}
	return ""
}

// oneLine keeps line breaks and control characters of foreign text off the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
