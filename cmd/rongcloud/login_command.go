package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rongcloud-go/rongcloud"
)

// loginFlags holds the flags of rongcloud login.
type loginFlags struct {
	name, appKey, region string
	apiURLs              []string
	production           bool
	secretStdin, noCheck bool
}

func newLoginCommand(a *app) *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Store an App Key and its App Secret as a profile",
		Long: `Store an App Key and its App Secret as a profile, and use that profile from now on.

login asks for whatever no flag gives. It never takes the App Secret as an argument, which other users of the machine
could read: it asks for it, or reads it from stdin with --secret-stdin. RongCloud's console shows both. login tries
them with a harmless call before it stores them.`,
		Example: `  rongcloud login
  rongcloud login --name production --production --region SG
  rongcloud login --app-key c9kqb3rdkbb8j --secret-stdin < secret.txt`,
		Args: cobra.NoArgs,
		RunE: a.do(func(cmd *cobra.Command, _ []string) error { return a.login(cmd.Context(), f) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "default", "`name` of the profile")
	flags.StringVar(&f.appKey, "app-key", "", "App `Key`")
	flags.StringVar(&f.region, "region", "", "`data centre` of the app: BJ, SG, SG_B, NA or SAU")
	flags.StringSliceVar(&f.apiURLs, "api-url", nil, "`addresses` of the API of a private cloud or the emulator, instead of the data centre's")
	flags.BoolVar(&f.production, "production", false, "ask for confirmation before calls that act again when repeated, such as sending, or delete, overwrite or throw out for good")
	flags.BoolVar(&f.secretStdin, "secret-stdin", false, "read the App Secret from stdin")
	flags.BoolVar(&f.noCheck, "no-check", false, "store them without trying them")
	cmd.MarkFlagsMutuallyExclusive("region", "api-url")
	_ = cmd.RegisterFlagCompletionFunc("region", cobra.FixedCompletions(regionNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func regionNames() []string {
	var names []string
	for _, region := range rongcloud.Regions() {
		names = append(names, string(region))
	}
	return names
}

func (a *app) login(ctx context.Context, f loginFlags) error {
	p, err := a.askForProfile(ctx, f)
	if err != nil {
		return err
	}
	if err := p.checkRegion(); err != nil {
		return usagef("--region: %w", err)
	}
	client, err := a.clientOf(p)
	var refused *rongcloud.ArgumentError
	switch {
	case errors.As(err, &refused) && refused.Field == "WithBaseURL":
		return usagef("--api-url: %s", refused.Reason)
	case err != nil:
		return err
	}
	file, err := a.loadProfiles()
	if err != nil {
		return err
	}
	if !f.noCheck {
		if err := client.Ping(ctx); err != nil {
			return &hintedError{fmt.Errorf("it is not stored, as a call with it fails: %w", err), "check App Key, App Secret and data centre, or store them without trying them with --no-check"}
		}
	}
	if old, exists := file.Profiles[f.name]; exists && old.AppKey != p.AppKey {
		if err := a.confirm(ctx, "replace the profile %s, which has the App Key %s", f.name, old.AppKey); err != nil {
			return err
		}
	}
	replaced := file.Profiles[f.name].AppKey
	err = a.changeProfiles(ctx, func(file *profileFile) error {
		if now := file.Profiles[f.name].AppKey; now != replaced && now != p.AppKey {
			return fmt.Errorf("the profile %s has got the App Key %s meanwhile", f.name, now)
		}
		file.Profiles[f.name], file.Current = p, f.name
		return nil
	})
	if err != nil {
		return err
	}
	name, _ := a.profilePath()
	p.Name = f.name
	if err := a.tell(p.shown(f.name), "The profile %s is stored in %s, and used from now on.", f.name, name); err != nil {
		return err
	}
	a.warnIfOverridden()
	return nil
}

// warnIfOverridden warns if the environment overrides the profile in use.
func (a *app) warnIfOverridden() {
	if a.env(envAppKey) != "" {
		a.talk("But %s is set, which wins.", envAppKey)
	}
}

// askForProfile builds a profile from the flags, and asks for values that no flag gives.
func (a *app) askForProfile(ctx context.Context, f loginFlags) (profile, error) {
	p := profile{AppKey: f.appKey, Region: strings.ToUpper(f.region), APIURLs: f.apiURLs, Production: f.production}
	interactive := isTerminal(a.in)
	var err error
	if p.AppKey == "" {
		if !interactive || f.secretStdin {
			return p, usagef("--app-key is required without a terminal")
		}
		if p.AppKey, err = a.ask(ctx, "App Key: "); err != nil {
			return p, err
		}
		if p.AppKey == "" {
			return p, usagef("no App Key was given")
		}
	}
	switch {
	case f.secretStdin:
		line, err := await(ctx, func() ([]byte, error) {
			return bufio.NewReader(io.LimitReader(a.in, maxSecretLine)).ReadBytes('\n')
		})
		if errors.Is(err, errInterrupted) {
			return p, err
		}
		if len(line) == maxSecretLine {
			return p, usagef("--secret-stdin: the first line is longer than any App Secret")
		}
		if len(line) == 0 {
			return p, usagef("--secret-stdin: stdin is empty: %w", err)
		}
		if line, err = plainText(line); err != nil {
			return p, usagef("--secret-stdin: %w", err)
		}
		p.AppSecret = secret(strings.TrimSpace(string(line)))
	case interactive:
		if p.AppSecret, err = a.askForSecret(ctx); err != nil {
			return p, err
		}
	default:
		return p, usagef("there is no terminal to ask for the App Secret: give it on stdin, with --secret-stdin")
	}
	if p.AppSecret == "" {
		return p, usagef("no App Secret was given")
	}
	if p.Region == "" && len(p.APIURLs) == 0 && interactive && !f.secretStdin {
		region, err := a.ask(ctx, "Data centre ("+strings.Join(regionNames(), ", ")+") [BJ]: ")
		if err != nil {
			return p, err
		}
		p.Region = strings.ToUpper(region)
	}
	return p, nil
}

// maxSecretLine bounds the line with the App Secret, because stdin may be a device without a line
// break.
const maxSecretLine = 4096

// askForSecret reads the App Secret without showing it. On Ctrl-C it restores the terminal.
func (a *app) askForSecret(ctx context.Context) (secret, error) {
	file, ok := a.in.(*os.File)
	if !ok {
		return "", errors.New("stdin is no file")
	}
	fd := int(file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	a.prompt("App Secret (not shown): ")
	line, err := await(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if errors.Is(err, errInterrupted) {
		_ = term.Restore(fd, before)
	}
	a.talk("")
	return secret(strings.TrimSpace(string(line))), err
}
