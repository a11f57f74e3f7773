// Command release checks, prepares and tests a release of all modules of this repository, and
// compares the code with what a release promises: the public API and the licences.
// docs/releasing.md describes how to make a release.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const usage = `usage: go -C internal/release run . [-root DIR] COMMAND

  check [TAG]        version, CHANGELOG and go.mod files agree (and make up TAG)
  prepare [-next V]  commit and tag the release; push nothing
  simulate           release into a local repository, and install all of it from there
  notes [TAG]        print the top section of CHANGELOG.md (which is that of TAG)
  api [-write]       compare the public API with the last release's
  licenses [-write]  compare docs/licenses.md with the dependencies`

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	folder := flags.String("root", "../..", "top folder of the repository")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		return errors.New(usage)
	}
	root, err := filepath.Abs(*folder)
	if err != nil {
		return err
	}
	command := flags.Arg(0)
	rest := flag.NewFlagSet(command, flag.ContinueOnError)
	rest.SetOutput(io.Discard)
	next := rest.String("next", "", "version that follows; the next minor one if empty")
	write := rest.Bool("write", false, "store it in place of comparing")
	if err := rest.Parse(flags.Args()[1:]); err != nil {
		return fmt.Errorf("%w\n%s", err, usage)
	}
	switch command {
	case "check":
		return check(root, rest.Arg(0), out)
	case "prepare":
		return prepare(root, *next, time.Now(), out)
	case "simulate":
		return simulate(root, out)
	case "notes":
		return notes(root, rest.Arg(0), out)
	case "api":
		return compareAPI(root, *write, out)
	case "licenses":
		return compareLicenses(root, *write, out)
	default:
		return fmt.Errorf("there is no command %q\n%s", command, usage)
	}
}
