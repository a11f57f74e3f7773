package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rongcloud-go/rongcloud"
)

// app holds the inputs, outputs and global flags of one run of the program.
type app struct {
	in     io.Reader
	stdout *dataWriter
	stderr io.Writer
	env    func(string) string

	profileName string
	json        bool
	yes         bool
	verbose     bool

	ctx context.Context // of the run, for reading profiles

	inLines *bufio.Reader // buffers in; see lines
	inRead  bool          // stdin has handed out in, which can be read only once
	piped   []byte        // the profiles, if they come from a pipe, which can be read only once

	args  []string       // of the command line
	flags *pflag.FlagSet // of the running command
	began bool           // a command has started, so errors no longer concern flags and arguments

	talking sync.Mutex // held while writing to stderr
	bars    io.Writer  // writes above the progress bar; nil if none is shown
}

func newApp(in io.Reader, stdout, stderr io.Writer, env func(string) string) *app {
	return &app{ctx: context.Background(), in: in, stdout: &dataWriter{w: stdout}, stderr: stderr, env: env}
}

// run executes a command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.ctx, a.args = ctx, args
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		unquoteFlags(root)
	}
	var wrong error
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if wrong = misspelt(cmd); wrong == nil {
			markRequired(cmd)
			a.helpWithin(terminalWidth(a.stdout), cmd, func() { help(cmd, args) })
		}
	})
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = wrong
	}
	if err != nil && !a.began {
		err = plainUsage(cmd, err)
	}
	if err == nil {
		err = a.stdout.failure() // cobra drops errors of writing help and completions
	}
	return a.end(err)
}

// The groups of commands in the help.
const (
	groupAccount = "account"
	groupCalls   = "calls"
	groupLocal   = "local"
	groupHelp    = "help"
)

// The help and docs/cli.md list commands in the order in which people need them, not by name.
func init() { cobra.EnableCommandSorting = false }

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "rongcloud",
		Short: "RongCloud's Server API on the command line",

		Version: rongcloud.Version,
		Long: `RongCloud's Server API on the command line.

Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 refused or failed, 2 wrong usage,
3 outcome unknown (the request may have been carried out: do not just repeat it), 4 a quota is used up.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetVersionTemplate("rongcloud {{.Version}}\n")
	flags := root.PersistentFlags()
	flags.StringVar(&a.profileName, "profile", "", "use the profile of this `name`, whatever is in use or in RONGCLOUD_*")
	flags.BoolVar(&a.json, "json", false, "print JSON, or a line of JSON for each item of a stream")
	flags.BoolVarP(&a.yes, "yes", "y", false, "do not ask for confirmation")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "log every attempt of every call to stderr")
	_ = root.RegisterFlagCompletionFunc("profile", a.completeProfiles)
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{groupAccount, "Account:", []*cobra.Command{newLoginCommand(a), newProfileCommand(a), newDoctorCommand(a)}},
		{groupCalls, "Calls and messages:", []*cobra.Command{
			newAPICommand(a), newSendCommand(a), newMessageCommand(a), newHistoryCommand(a), newLogCommand(a),
		}},
		{groupLocal, "Callbacks and emulator:", []*cobra.Command{newWebhookCommand(a), newEmulatorCommand(a)}},
		{groupHelp, "Help:", []*cobra.Command{
			newCodeCommand(a), newSignCommand(a), newDecodeCommand(a), newLiveCommand(a), newCompletionCommand(a), newVersionCommand(a),
		}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			root.AddCommand(command)
		}
	}
	help := newHelpCommand()
	help.GroupID = groupHelp
	root.SetHelpCommand(help)
	return root
}

// do wraps the RunE of a command. An error from run does not count as wrong usage, unless it is a
// usageError.
func (a *app) do(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := refuseEmpty(cmd.Flags(), a.args); err != nil {
			return err
		}
		a.began, a.flags = true, cmd.Flags()
		return run(cmd, args)
	}
}

// client returns a client for the profile in use.
func (a *app) client(opts ...rongcloud.Option) (*rongcloud.Client, error) {
	p, err := a.profile()
	if err != nil {
		return nil, err
	}
	return a.clientOf(p, opts...)
}

func (a *app) clientOf(p profile, opts ...rongcloud.Option) (*rongcloud.Client, error) {
	if err := p.checkRegion(); err != nil {
		return nil, err
	}
	defaults := []rongcloud.Option{rongcloud.WithUserAgent("rongcloud-cli/" + rongcloud.Version)}
	if a.verbose {
		defaults = append(defaults, rongcloud.WithLogger(slog.New(slog.NewTextHandler(talkWriter{a}, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	}
	return rongcloud.New(p.AppKey, string(p.AppSecret), append(append(defaults, p.options()...), opts...)...)
}

// checkRegion returns an error if the profile has an unknown data centre.
func (p profile) checkRegion() error {
	if region := strings.ToUpper(p.Region); region != "" && !slices.Contains(regionNames(), region) {
		return usagef("there is no data centre %q; there are %s", p.Region, strings.Join(regionNames(), ", "))
	}
	return nil
}

// isTerminal reports whether a reader or writer is a terminal.
func isTerminal(stream any) bool {
	if data, ok := stream.(*dataWriter); ok {
		stream = data.w
	}
	file, ok := stream.(*os.File)
	return ok && terminal(file)
}
