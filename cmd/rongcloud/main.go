// Command rongcloud is RongCloud's Server API on the command line: it calls any endpoint, sends to
// any number of users, explains codes and signatures, receives and makes callbacks, and runs the
// emulator. docs/cli.md describes every command.
//
//	go install github.com/rongcloud-go/rongcloud/cmd/rongcloud@latest
//
// To add a command, write a function newXCommand(a *app) *cobra.Command in a file of its own and
// add it to a group of the help in newRoot. Set Short, Example, Args and RunE: a.do(func ...); the
// tests fail without Short or Example. RunE uses
//
//	a.profile()    for the App Key in use, from --profile, RONGCLOUD_* or the stored profile
//	a.client()     for a client with that App Key
//	a.show         to print data: JSON with --json, else what the function prints, often a.table
//	a.line         to print one item of a stream: a line of JSON with --json
//	a.talk         to print a message for people on stderr
//	a.tell         to report what was done: on stderr, or as data with --json
//	a.confirm      to ask before something that cannot be undone
//	usagef         to return a mistake in the command line, with exit code 2
//	exitError      to end with another exit code after an error was reported
//
// An error that RunE returns becomes one line on stderr and the exit code. Test the command with a
// script in testdata/script, which runs the built program; see TestScripts for the commands of a
// script, such as emulator, which starts an emulator and points RONGCLOUD_* at it. The texts of the
// command appear in docs/cli.md, and in docs/cli_zh.md with the translations in chinese_test.go:
// run go test . -run TestDocs -update.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Catch SIGPIPE, so that a write to a closed pipe returns an error instead of ending the
	// program. The programs that this one starts would inherit a signal.Ignore.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // under nohup the program outlives its terminal
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the program at once
	code := newApp(os.Stdin, os.Stdout, os.Stderr, os.Getenv).run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
