package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/internal/live"
)

// liveFlags holds the flags of rongcloud live.
type liveFlags struct {
	agreed, list bool
	out, clean   string
	only         []string
}

func newLiveCommand(a *app) *cobra.Command {
	var f liveFlags
	cmd := &cobra.Command{
		Use:   "live",
		Short: "Find out how RongCloud behaves where its pages say nothing, with a development app's key",
		Long: `Find out how RongCloud behaves where its pages say nothing. It makes some 700 calls with users, groups and rooms of its
own, removes them afterwards, and writes a report to attach to an issue; docs/live.md explains it.`,
		Example: "  rongcloud live --list\n  rongcloud live --i-have-a-development-key --profile development",
		Args:    cobra.NoArgs,
		RunE:    a.do(func(cmd *cobra.Command, _ []string) error { return a.live(cmd.Context(), f) }),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.agreed, "i-have-a-development-key", false, "confirm that the App Key belongs to a development app")
	flags.BoolVar(&f.list, "list", false, "list the questions without asking them")
	flags.StringVarP(&f.out, "output", "o", "rongcloud-live.md", "`file` of the report; JSON if its name ends in .json")
	flags.StringVar(&f.clean, "clean", "", "only remove what a run with this `prefix` left behind")
	flags.StringSliceVar(&f.only, "only", nil, "ask only these `questions`")
	return cmd
}

func (a *app) live(ctx context.Context, f liveFlags) error {
	if f.list {
		return a.listQuestions()
	}
	if err := f.check(); err != nil {
		return err
	}
	if !f.agreed {
		return usagef("nothing was asked: add --i-have-a-development-key if the App Key is a development app's")
	}
	p, err := a.profile()
	if err != nil {
		return err
	}
	if err := p.checkRegion(); err != nil {
		return err
	}
	if p.Production {
		return usagef("%s is production's: its users could not be deleted again", p.Source)
	}
	config := live.Config{
		AppKey: p.AppKey, AppSecret: func() string { return string(p.AppSecret) }, Region: rongcloud.Region(strings.ToUpper(p.Region)), Only: f.only,
		Prefix:   f.clean,
		Progress: func(done, all int, question string) { a.talk("%3d of %d  %s", done+1, all, question) },
	}
	if len(p.APIURLs) > 0 {
		config.BaseURL = p.APIURLs[0]
	}
	if f.clean != "" {
		return a.cleanLive(ctx, config)
	}
	config.Prefix = live.NewPrefix()
	a.talk("All that is made is called %s…; if this is killed, --clean %[1]s removes it.", config.Prefix)
	report, err := live.Run(ctx, config)
	if report == nil {
		return err
	}
	if written := writeReport(report, f.out); written != nil {
		return written
	}
	if shown := a.line(report, report.Summary()+"."); err == nil {
		err = shown
	}
	a.talk("The report is in %s.", f.out)
	a.sayLeftBehind(report.LeftBehind)
	return endLive(report.LeftBehind, err)
}

// check returns an error for an invalid prefix, an unknown question and a missing folder, before
// any call is made.
func (f liveFlags) check() error {
	if f.clean != "" && !live.IsPrefix(f.clean) {
		return usagef("--clean: %q is not the prefix of a run, such as rclive0f3a9c21", f.clean)
	}
	if info, err := os.Stat(filepath.Dir(f.out)); f.clean == "" && (err != nil || !info.IsDir()) { // better now than after 700 calls
		return usagef("--output: there is no folder %s", filepath.Dir(f.out))
	}
	for _, id := range f.only {
		if !slices.ContainsFunc(live.Questions(), func(q live.Asked) bool { return q.ID == id }) {
			return &hintedError{usagef("--only: there is no question %q", id), "rongcloud live --list shows them"}
		}
	}
	return nil
}

func (a *app) listQuestions() error {
	questions := live.Questions()
	rows := make([][]string, len(questions))
	for i, q := range questions {
		rows[i] = []string{q.ID, q.Entry, q.Question}
	}
	return a.show(questions, func(io.Writer) error { return a.table([]string{"ID", "ENTRY", "QUESTION"}, rows, "ENTRY") })
}

func (a *app) cleanLive(ctx context.Context, config live.Config) error {
	left, err := live.Clean(ctx, config)
	if a.json && err == nil {
		err = a.printJSON(map[string][]string{"leftBehind": append([]string{}, left...)})
	}
	a.sayLeftBehind(left)
	return endLive(left, err)
}

func (a *app) sayLeftBehind(left []string) {
	for _, line := range left {
		a.talk("left behind: %s", line)
	}
}

// endLive returns err, or exit code 1 if err is nil and something could not be removed.
func endLive(left []string, err error) error {
	if err == nil && len(left) > 0 {
		return exitError(exitRefused)
	}
	return err
}

func writeReport(report *live.Report, name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	write := report.WriteMarkdown
	if strings.HasSuffix(name, ".json") {
		write = report.WriteJSON
	}
	if err := write(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
