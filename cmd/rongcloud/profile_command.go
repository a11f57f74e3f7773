package main

import (
	"io"
	"strconv"

	"github.com/spf13/cobra"
)

func newProfileCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "List, choose, show and remove profiles",
		Long: `List, choose, show and remove profiles.

A profile is an App Key with its App Secret and data centre; rongcloud login makes one. --profile chooses one for
a single command; without it RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET win over the profile in use.
Profiles are stored in rongcloud/profiles.json in your configuration folder, or in the file that RONGCLOUD_CONFIG
names. Only you can read that file.`,
		Example: "  rongcloud profile list\n  rongcloud profile use production",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newProfileListCommand(a), newProfileUseCommand(a), newProfileShowCommand(a), newProfileRemoveCommand(a))
	return cmd
}

// shownProfile is a profile without its secret.
type shownProfile struct {
	Name       string `json:"name,omitempty"`
	Current    bool   `json:"current"`
	Source     string `json:"source,omitempty"`
	AppKey     string `json:"appKey"`
	Where      string `json:"where"`
	Production bool   `json:"production"`
}

func (p profile) shown(current string) shownProfile {
	return shownProfile{p.Name, p.Name != "" && p.Name == current, p.Source, p.AppKey, p.where(), p.Production}
}

func newProfileListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the profiles", Example: "  rongcloud profile list --json", Args: cobra.NoArgs,
		RunE: a.do(func(*cobra.Command, []string) error {
			file, err := a.loadProfiles()
			if err != nil {
				return err
			}
			all := []shownProfile{}
			var rows [][]string
			for _, name := range file.names() {
				p := file.Profiles[name]
				p.Name = name
				s := p.shown(file.Current)
				all = append(all, s)
				rows = append(rows, []string{mark(s.Current, "*"), name, s.AppKey, s.Where, mark(s.Production, "production")})
			}
			if len(all) == 0 {
				a.talk("There are no profiles: rongcloud login makes one.")
			}
			return a.show(all, func(io.Writer) error {
				if len(rows) == 0 {
					return nil
				}
				return a.table([]string{"USED", "NAME", "APP KEY", "WHERE", "KIND"}, rows)
			})
		}),
	}
}

// mark returns word if holds is true, else "".
func mark(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

func newProfileUseCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "use NAME", Short: "Switch to a profile", Example: "  rongcloud profile use production",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeOneProfile,
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			var p profile
			err := a.changeProfiles(cmd.Context(), func(file *profileFile) (err error) {
				p, err = file.named(args[0], "profile use")
				file.Current = args[0]
				return err
			})
			if err != nil {
				return err
			}
			if err := a.tell(p.shown(args[0]), "Commands use the profile %s from now on.", args[0]); err != nil {
				return err
			}
			a.warnIfOverridden()
			return nil
		}),
	}
}

func newProfileShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "show [NAME]", Short: "Show a profile, or the one in use, without its secret", Example: "  rongcloud profile show",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completeOneProfile,
		RunE: a.do(func(_ *cobra.Command, args []string) error {
			file, err := a.loadProfiles()
			if err != nil {
				return err
			}
			use := a.profile
			if len(args) == 1 {
				use = func() (profile, error) { return file.named(args[0], "profile show") }
			}
			p, err := use()
			if err != nil {
				return err
			}
			s := p.shown(file.Current)
			return a.show(s, func(w io.Writer) error {
				_, err := io.WriteString(w, a.factText([][2]string{
					{"from", s.Source}, {"app key", s.AppKey}, {"where", s.Where}, {"production", strconv.FormatBool(s.Production)},
				}))
				return err
			})
		}),
	}
}

func newProfileRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Delete a profile", Example: "  rongcloud profile remove old",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeOneProfile,
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			file, err := a.loadProfiles()
			if err != nil {
				return err
			}
			if _, err := file.named(args[0], "profile remove"); err != nil {
				return err
			}
			if err := a.confirm(cmd.Context(), "forget the profile %s with its App Secret", args[0]); err != nil {
				return err
			}
			note := ""
			err = a.changeProfiles(cmd.Context(), func(file *profileFile) error {
				delete(file.Profiles, args[0])
				if file.Current == args[0] {
					file.Current, note = "", " No profile is in use now."
				}
				return nil
			})
			if err != nil {
				return err
			}
			return a.tell(map[string]string{"removed": args[0]}, "The profile %s is forgotten.%s", args[0], note)
		}),
	}
}

func (a *app) completeOneProfile(cmd *cobra.Command, args []string, part string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeProfiles(cmd, args, part)
}
