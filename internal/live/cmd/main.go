// Command cmd finds out from RongCloud what no page documents, and writes a report to attach to an
// issue:
//
//	export RONGCLOUD_APP_KEY=... RONGCLOUD_APP_SECRET=...   # of a development app
//	export RONGCLOUD_REGION=SG   # its data centre, unless it is Beijing
//	go run ./internal/live/cmd -i-have-a-development-key
//
// See docs/live.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/internal/live"
)

// Exit statuses.
const (
	exitDone  = iota
	exitBroke // not everything was asked, or something is left behind
	exitUsage
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

type options struct {
	agreed, list bool
	out, clean   string
	only         string
}

func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("live", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.agreed, "i-have-a-development-key", false,
		"the App Key of the environment is that of a development app, and may be tried with")
	flags.BoolVar(&o.list, "list", false, "print the questions and ask none")
	flags.StringVar(&o.out, "o", "rongcloud-live.md", "file of the report; JSON if its name ends in .json")
	flags.StringVar(&o.clean, "clean", "", "remove what a run with this `prefix` left behind, and ask nothing")
	flags.StringVar(&o.only, "only", "", "ask these questions alone: IDs with commas between them")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	switch {
	case flags.NArg() > 0:
		return fail(stderr, exitUsage,
			"no arguments are taken; App Key and App Secret come from RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET")
	case o.list:
		if err := live.WriteQuestions(stdout); err != nil {
			return fail(stderr, exitBroke, "%v", err)
		}
		return exitDone
	case !o.agreed:
		return fail(stderr, exitUsage,
			"nothing was asked: this makes some 700 calls with your App Key. "+
				"Run it with a development app's, and with -i-have-a-development-key")
	}
	config, err := fromEnv(env)
	if err != nil {
		return fail(stderr, exitUsage, "%v", err)
	}
	if o.clean != "" {
		return clean(ctx, config, o.clean, stdout, stderr)
	}
	if o.only != "" {
		config.Only = strings.Split(o.only, ",")
	}
	return ask(ctx, config, o.out, stdout, stderr)
}

func fail(stderr io.Writer, status int, format string, args ...any) int {
	_, _ = fmt.Fprintf(stderr, "live: "+format+"\n", args...)
	return status
}

// fromEnv reads the variables that rongcloud.NewFromEnv reads.
func fromEnv(env func(string) string) (live.Config, error) {
	secret := env("RONGCLOUD_APP_SECRET")
	config := live.Config{
		AppKey: env("RONGCLOUD_APP_KEY"), AppSecret: func() string { return secret },
		Region: rongcloud.Region(strings.ToUpper(env("RONGCLOUD_REGION"))),
	}
	config.BaseURL, _, _ = strings.Cut(env("RONGCLOUD_API_URL"), ",")
	if config.AppKey == "" || secret == "" {
		return config, fmt.Errorf("RONGCLOUD_APP_KEY or RONGCLOUD_APP_SECRET is empty")
	}
	return config, nil
}

func clean(ctx context.Context, config live.Config, prefix string, stdout, stderr io.Writer) int {
	config.Prefix = prefix
	left, err := live.Clean(ctx, config)
	if err != nil {
		return fail(stderr, exitUsage, "%v", err)
	}
	for _, line := range left {
		_, _ = fmt.Fprintln(stdout, line)
	}
	if len(left) > 0 {
		return fail(stderr, exitBroke, "%d things could not be removed", len(left))
	}
	_, _ = fmt.Fprintf(stdout, "nothing of %s is left\n", prefix)
	return exitDone
}

func ask(ctx context.Context, config live.Config, out string, stdout, stderr io.Writer) int {
	config.Prefix = live.NewPrefix()
	_,
		_ = fmt.Fprintf(stderr,
		"Everything that is made is called %s…; if this program is killed, run it with -clean %s.\n",
		config.Prefix, config.Prefix)
	config.Progress = func(done, all int, question string) {
		_, _ = fmt.Fprintf(stderr, "\r%3d of %d  %-40s", done+1, all, question)
	}
	report, err := live.Run(ctx, config)
	if report == nil {
		return fail(stderr, exitUsage, "%v", err)
	}
	_, _ = fmt.Fprintln(stderr)
	if writeErr := write(report, out); writeErr != nil {
		return fail(stderr, exitBroke, "the report cannot be written: %v", writeErr)
	}
	_, _ = fmt.Fprintf(stdout, "%s.\nThe report is in %s.\n", report.Summary(), out)
	for _, line := range report.LeftBehind {
		_, _ = fmt.Fprintf(stdout, "left behind: %s\n", line)
	}
	if err != nil || len(report.LeftBehind) > 0 {
		return exitBroke
	}
	return exitDone
}

func write(report *live.Report, out string) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if strings.HasSuffix(out, ".json") {
		err = report.WriteJSON(f)
	} else {
		err = report.WriteMarkdown(f)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
