package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// misspelt returns an error for a word that names no command of a group, such as "rongcloud send
// privat". Cobra shows the help and returns no error, which a script would take for success.
func misspelt(cmd *cobra.Command) error {
	if help := cmd.Flags().Lookup("help"); cmd.Runnable() || cmd.Flags().NArg() == 0 || help != nil && help.Changed {
		return nil
	}
	word := cmd.Flags().Arg(0)
	cmd.SuggestionsMinimumDistance = 2
	return unknownCommand(word, cmd.CommandPath(), cmd.SuggestionsFor(word))
}

func unknownCommand(word, parent string, near []string) error {
	about := ""
	if len(near) > 0 {
		about = " (is it " + strings.Join(near, " or ") + "?)"
	}
	return fmt.Errorf("there is no command %q in %s%s", word, parent, about)
}

// newHelpCommand returns a help command like cobra's, but one that fails for an unknown command.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND ...]", Short: "Explain a command", Example: "  rongcloud help send private",
		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(rest[0], about.CommandPath(), about.SuggestionsFor(rest[0]))
			}
			about.InitDefaultHelpFlag() // so that the help lists --help
			return about.Help()
		},
	}
}

// unquoteFlags removes the backquotes from the texts of flags. Cobra does so in the help, but not
// in completions.
func unquoteFlags(cmd *cobra.Command) {
	unquote := func(flag *pflag.Flag) { _, flag.Usage = pflag.UnquoteUsage(flag) }
	cmd.Flags().VisitAll(unquote)
	cmd.PersistentFlags().VisitAll(unquote)
	for _, sub := range cmd.Commands() {
		unquoteFlags(sub)
	}
}

func completeCommand(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	about, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []cobra.Completion
	for _, sub := range about.Commands() {
		if sub.IsAvailableCommand() {
			found = append(found, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// refuseEmpty returns an error for a flag with an empty value, as from an unset shell variable. An
// empty value often has another meaning, such as the default profile.
//
// A flag that takes a list drops empty values, so refuseEmpty also looks for them in the arguments.
func refuseEmpty(flags *pflag.FlagSet, args []string) error {
	var wrong error
	flags.Visit(func(flag *pflag.Flag) {
		empty := flag.Value.String() == ""
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			empty = len(list.GetSlice()) == 0 || slices.Contains(list.GetSlice(), "") || givenNothing(args, "--"+flag.Name)
		}
		if empty && wrong == nil {
			wrong = fmt.Errorf("--%s is given nothing: is a variable not set?", flag.Name)
		}
	})
	return wrong
}

// givenNothing reports whether the command line gives a flag an empty value.
func givenNothing(args []string, name string) bool {
	for i, arg := range args {
		if arg == name+"=" || arg == name && i+1 < len(args) && args[i+1] == "" {
			return true
		}
	}
	return false
}

// isRequired reports whether a command needs a flag.
func isRequired(flag *pflag.Flag) bool {
	return slices.Contains(flag.Annotations[cobra.BashCompOneRequiredFlag], "true")
}

// markRequired adds "(required)" to the texts of required flags.
func markRequired(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if isRequired(flag) && !strings.HasSuffix(flag.Usage, "(required)") {
			flag.Usage += " (required)"
		}
	})
}

// whyPositive is the annotation that explains why the argument of a command cannot be negative.
// Cobra takes a negative number for an unknown flag.
const whyPositive = "why positive"

// cobraErrors match cobra's errors about command lines, and replace them by plainer ones.
var cobraErrors = []struct {
	says  *regexp.Regexp
	plain func(m []string, cmd *cobra.Command) error
}{
	{
		regexp.MustCompile(`^required flag\(s\) (.+) not set$`),
		func(m []string, _ *cobra.Command) error {
			names := strings.ReplaceAll(strings.ReplaceAll(m[1], `"`, ""), ",", "")
			verb := map[bool]string{true: "are", false: "is"}[strings.Contains(names, " ")]
			return fmt.Errorf("%s %s required", flagNames(names, "and"), verb)
		},
	},
	{
		regexp.MustCompile(`^at least one of the flags in the group \[(.+)\] is required$`),
		func(m []string, _ *cobra.Command) error {
			return fmt.Errorf("%s is required", flagNames(m[1], "or"))
		},
	},
	{
		regexp.MustCompile(`^if any flags in the group \[(.+)\] are set they must all be set; missing \[(.+)\]$`),
		func(m []string, _ *cobra.Command) error {
			return fmt.Errorf("%s go together, and %s is missing", flagNames(m[1], "and"), flagNames(m[2], "and"))
		},
	},
	{
		regexp.MustCompile(`^if any flags in the group \[.+\] are set none of the others can be; \[(.+)\] were all set$`),
		func(m []string, _ *cobra.Command) error {
			return fmt.Errorf("%s exclude one another", flagNames(m[1], "and"))
		},
	},
	{
		regexp.MustCompile(`^(?:accepts|requires) .* ?arg\(s\), (?:only )?received (\d+)$`),
		func(m []string, cmd *cobra.Command) error {
			if file := cmd.LocalNonPersistentFlags().Lookup("json"); file != nil && file.Changed { // --json took the path for its file
				return errJSONTakesFile
			}
			about := ""
			if m[1] != "0" {
				about = ", with no more and no fewer words; there are " + m[1]
			}
			return fmt.Errorf("the command is %s%s", strings.TrimSuffix(cmd.UseLine(), " [flags]"), about)
		},
	},
	{
		regexp.MustCompile(`^invalid argument "(.*)" for "([^"]+)" flag: (?:strconv|time)\b.*$`),
		func(m []string, _ *cobra.Command) error {
			fields := strings.Fields(m[2]) // with a shorthand, "-n, --name"
			return fmt.Errorf("%s: %q is not a value that it takes", fields[len(fields)-1], m[1])
		},
	},
	{
		regexp.MustCompile(`^unknown shorthand flag: '\d' in (-\d.*)$`),
		func(m []string, cmd *cobra.Command) error {
			if why := cmd.Annotations[whyPositive]; why != "" {
				return fmt.Errorf("%q: %s", m[1], why)
			}
			return fmt.Errorf("%q is read as a flag: what begins with a dash and is none stands behind --", m[1])
		},
	},
	{
		regexp.MustCompile(`^flag needs an argument: --json$`),
		func([]string, *cobra.Command) error { return errJSONTakesFile },
	},
	{
		regexp.MustCompile(`^unknown command "(.*)" for "([^"]*)"(?s:\s+Did you mean this\?\s+(.*))?$`),
		func(m []string, _ *cobra.Command) error { return unknownCommand(m[1], m[2], strings.Fields(m[3])) },
	},
}

func flagNames(names, conjunction string) string {
	return "--" + strings.Join(strings.Fields(names), " "+conjunction+" --")
}

// plainUsage rewrites an error about a command line in plain words, and adds where to find help.
func plainUsage(cmd *cobra.Command, err error) error {
	text := strings.TrimSpace(err.Error())
	for _, c := range cobraErrors {
		if m := c.says.FindStringSubmatch(text); m != nil {
			err = c.plain(m, cmd)
			break
		}
	}
	var hinted *hintedError
	if errors.As(err, &hinted) {
		return err
	}
	return &hintedError{&usageError{err}, cmd.CommandPath() + " --help has more"}
}
