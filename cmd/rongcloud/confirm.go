package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// manyUsers is how many users a call may reach without confirmation.
const manyUsers = 100

// confirm asks for confirmation of an action such as "send to 20000 users". With --yes it does not
// ask, and without a terminal it returns an error.
func (a *app) confirm(ctx context.Context, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	switch {
	case a.yes:
		return nil
	case !isTerminal(a.in):
		return usagef("this would %s: add --yes if it is meant", what)
	}
	answer, err := a.ask(ctx, "This will "+what+". Go on? [y/N] ")
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		a.talk("Nothing was done.")
		return exitError(exitRefused)
	}
	return nil
}

// ask prints a question and reads a line. On Ctrl-C it returns errInterrupted.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	a.prompt(question)
	line, err := await(ctx, func() (string, error) { return a.lines().ReadString('\n') })
	switch {
	case errors.Is(err, errInterrupted):
		a.talk("")
		return "", err
	case err != nil && (!errors.Is(err, io.EOF) || line == ""):
		return "", usagef("no answer was given")
	}
	return strings.TrimSpace(line), nil
}

// lines returns a buffered reader of stdin. All callers share it, because it may have read more
// than one line ahead.
func (a *app) lines() *bufio.Reader {
	if a.inLines == nil {
		a.inLines = bufio.NewReader(a.in)
	}
	return a.inLines
}

// prompt prints a question without a line break.
func (a *app) prompt(question string) { fmt.Fprint(talkWriter{a}, question) }
