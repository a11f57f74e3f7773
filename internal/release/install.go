package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// installLine is a command of a block of a page by which somebody gets or runs something of ours.
var installLine = regexp.MustCompile(`(?m)^go (?:(?:get|install) \S+|(?:-C \S+ )?run \S+)`)

// installs names each command by which users get a module or a program that a README keeps quiet
// about, and each one of a README that gets nobody anything.
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
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		name, said := filepath.Base(page), installLine.FindAllString(string(text), -1)
		for _, line := range offered {
			if !slices.Contains(said, line) {
				all = append(all, fmt.Errorf("%s does not say %q", name, line))
			}
		}
		for _, line := range said {
			if !slices.Contains(offered, line) {
				all = append(all, fmt.Errorf("%s says %q, but no release has that", name, line))
			}
		}
	}
	return errors.Join(all...)
}

// offeredBy lists the commands by which users get a module and its programs. Examples are run
// where they stand.
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
