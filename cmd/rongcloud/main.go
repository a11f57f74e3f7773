// Command rongcloud is RongCloud's Server API on the command line: it calls any endpoint, sends to
// any number of users, explains codes and signatures, receives and makes callbacks, and runs the
// emulator. docs/cli.md describes every command.
//
//	go install github.com/rongcloud-go/rongcloud/cmd/rongcloud@latest
//
// A command is a function newXCommand(a *app) *cobra.Command in a file of its own, which newRoot
// adds to one of the groups of the help. It has Short, Example, Args and RunE: a.do(func ...), and
// the tests refuse it without. In RunE it finds
//
//	a.profile()    the App Key in use, from --profile, RONGCLOUD_* or the profile in use
//	a.client()     a client for it
//	a.show         data: JSON with --json, else what the function prints, often with a.table
//	a.line         one item of a stream: NDJSON with --json
//	a.talk         what is said to people, on stderr
//	a.tell         the same about what was done, which is data with --json
//	a.confirm      a question before something that cannot be undone
//	usagef         an error of the caller's, which ends with exit code 2
//	exitError      an end with a code of its own, about which all has been said
//
// What it returns becomes one line on stderr, and the exit code. Its behaviour is tested by a
// script in testdata/script, which runs the built program: script_test.go has the additional
// commands, such as emulator, which starts one and points RONGCLOUD_* at it. Its texts appear in
// docs/cli.md, and in Chinese from the table in chinese_test.go: go test . -run TestDocs -update.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that goes away is an error of the write that finds out, and not the end of all.
	// Ignoring the signal would do that to the programs that are started, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored; else a terminal that is closed is a Ctrl-C
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the program at once
	code := newApp(os.Stdin, os.Stdout, os.Stderr, os.Getenv).run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
