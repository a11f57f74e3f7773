package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// installLine matches a command in a page's code block that installs or runs one of our modules.
var installLine = regexp.MustCompile(`(?m)^go (?:(?:get|install) \S+|(?:-C \S+ )?run \S+)`)

// guide is the page that has what the README in the same language leaves out.
const guide = "docs/guide"

// installs checks the commands that install our modules and programs: each of them must be in a
// README or its guide, and each command there must work.
func (s state) installs(root string) error {
	var offered []string
	for _, m := range s.modules {
		if m.released {
			commands, err := offeredBy(root, m, s.modules)
			if err != nil {
				return err
			}
			offered = append(offered, commands...)
		}
	}
	translations, err := filepath.Glob(filepath.Join(root, "README_*.md"))
	if err != nil {
		return err
	}
	var all []error
	for _, page := range append([]string{filepath.Join(root, "README.md")}, translations...) {
		name := filepath.Base(page)
		language := strings.TrimPrefix(name, "README")
		var both []string
		for _, page := range []string{name, guide + language} {
			said, err := commandsOf(root, page)
			if err != nil {
				return err
			}
			for _, line := range said {
				if !isOffered(offered, line) {
					all = append(all, fmt.Errorf("%s says %q, but no release has that", page, line))
				}
			}
			both = append(both, said...)
		}
		for _, line := range offered {
			if !slices.Contains(both, line) {
				all = append(all, fmt.Errorf("%s does not say %q, nor does its guide", name, line))
			}
		}
	}
	return errors.Join(all...)
}

// commandsOf lists the commands of a page. There need not be a guide.
func commandsOf(root, page string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(page, guide) {
		return nil, nil
	}
	return installLine.FindAllString(string(text), -1), err
}

// isOffered reports whether a release has what a command gets. A program that can be installed can
// also be run at once.
func isOffered(offered []string, line string) bool {
	at, isRun := strings.CutPrefix(line, "go run ")
	return slices.Contains(offered, line) || isRun && slices.Contains(offered, "go install "+at)
}

// offeredBy lists the commands by which users get a module and its programs. Examples are run in
// the repository.
func offeredBy(root string, m module, all []module) ([]string, error) {
	packages, err := packagesOf(root, m, all)
	if err != nil {
		return nil, err
	}
	var lines []string
	imported := func(p pkg) bool { return !p.program }
	if slices.ContainsFunc(packages, imported) && !strings.HasPrefix(m.dir, "examples/") {
		lines = append(lines, "go get "+m.path)
	}
	for _, p := range packages {
		within, err := filepath.Rel(filepath.FromSlash(m.dir), filepath.FromSlash(p.dir))
		if err != nil {
			return nil, err
		}
		within = filepath.ToSlash(within)
		switch {
		case !p.program:
		case !strings.HasPrefix(p.dir, "examples/"):
			lines = append(lines, "go install "+path.Join(m.path, within)+"@latest")
		case m.dir == ".":
			lines = append(lines, "go run ./"+within)
		case within == ".":
			lines = append(lines, "go -C "+m.dir+" run .")
		default:
			lines = append(lines, "go -C "+m.dir+" run ./"+within)
		}
	}
	return lines, nil
}

// pkg is a package that users can import, or a program.
type pkg struct {
	dir     string // relative to the top folder, with slashes
	program bool
}

// packagesOf lists the packages of a module, in the order of their folders.
func packagesOf(root string, m module, all []module) ([]pkg, error) {
	files, err := goFiles(root, m.dir, all)
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var found []pkg
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.PackageClauseOnly)
		if err != nil {
			return nil, err
		}
		p := pkg{path.Dir(name), f.Name.Name == "main"}
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found, nil
}
