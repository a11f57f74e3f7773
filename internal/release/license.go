package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

const licensesFile = "docs/licenses.md"

// accepted are the licences that dependencies of users' programs may have: they require nothing of
// such a program except the notice and, for MPL-2.0, changes to that library's files.
var accepted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense"}

const licensesTop = `# Licences of the dependencies

What each module of this repository depends on, directly or not, and under which licences. *build*
is what a program that uses the module compiles in, on Linux, macOS or Windows; *tests* is what only
the module's own tests need; a *tool* is run and linked with nothing. ` + "`make licenses`" + ` writes
this page. The gate refuses a stale page, and a licence outside the list ` + "`accepted`" + ` of
` + "`internal/release/license.go`" + ` in what is compiled in.

The repository itself is under the [%s](../LICENSE) licence.
`

// dependency is a third-party module.
type dependency struct {
	path     string
	licenses []string
	use      string // build, tests or tool
}

// compareLicenses compares the licence page with the dependencies.
func compareLicenses(root string, write bool, out io.Writer) error {
	page, count, err := licensesPage(root)
	if err != nil {
		return err
	}
	name := filepath.Join(root, filepath.FromSlash(licensesFile))
	if write {
		return os.WriteFile(name, []byte(page), 0o644)
	}
	stored, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if string(stored) != page {
		return fmt.Errorf("%s is stale: make licenses", licensesFile)
	}
	fmt.Fprintf(out, "%d dependencies, licences as %s says\n", count, licensesFile)
	return nil
}

func licensesPage(root string) (page string, count int, err error) {
	own, err := licenses(root)
	if err != nil {
		return "", 0, err
	}
	all, err := modules(root)
	if err != nil {
		return "", 0, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, licensesTop, strings.Join(own, ", "))
	var problems []error
	seen := map[string]bool{}
	for _, m := range all {
		found, err := dependencies(filepath.Join(root, m.dir))
		if err != nil {
			return "", 0, err
		}
		fmt.Fprintf(&text, "\n## %s\n\n", m.path)
		if len(found) == 0 {
			text.WriteString("The standard library alone.\n")
			continue
		}
		text.WriteString("| dependency | licence | for |\n|---|---|---|\n")
		for _, d := range found {
			seen[d.path] = true
			if m.released && d.use == "build" {
				problems = append(problems, refuse(m, d))
			}
			fmt.Fprintf(&text, "| [%s](https://pkg.go.dev/%[1]s) | %s | %s |\n", d.path, strings.Join(d.licenses, ", "), d.use)
		}
	}
	return text.String(), len(seen), errors.Join(problems...)
}

func refuse(m module, d dependency) error {
	for _, license := range d.licenses {
		if !slices.Contains(accepted, license) {
			return fmt.Errorf("%s depends on %s, whose licence %s is not among those accepted", m.path, d.path, license)
		}
	}
	return nil
}

// dependencies lists the third-party modules whose packages the module in dir uses. For a module
// with tools, only the tools count: what they consist of is not linked.
func dependencies(dir string) ([]dependency, error) {
	f, err := readMod(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	ways := map[string][]string{"build": {"-deps", "./..."}, "tests": {"-deps", "-test", "./..."}}
	if len(f.Tool) > 0 {
		ways = map[string][]string{"tool": {"tool"}}
	}
	folders, uses := map[string]string{}, map[string]string{}
	for _, use := range slices.Sorted(maps.Keys(ways)) { // "build" comes first, so tests keep only what the build does not use
		if err := providers(dir, f.Module.Mod.Path, ways[use], func(path, folder string) {
			folders[path], uses[path] = folder, cmp.Or(uses[path], use)
		}); err != nil {
			return nil, err
		}
	}
	var found []dependency
	for path, folder := range folders {
		names, err := licenses(folder)
		if err != nil {
			return nil, err
		}
		found = append(found, dependency{path: path, licenses: names, use: uses[path]})
	}
	slices.SortFunc(found, func(a, b dependency) int { return strings.Compare(a.path, b.path) })
	return found, nil
}

// providers yields the third-party modules in which go list finds packages, for any system.
func providers(dir, own string, args []string, yield func(path, folder string)) error {
	for _, system := range []string{"darwin", "linux", "windows"} {
		listed, err := command(dir, append(os.Environ(), "GOOS="+system), "go", append([]string{"list", "-json=Module"}, args...)...)
		if err != nil {
			return err
		}
		for decoder := json.NewDecoder(strings.NewReader(listed)); decoder.More(); {
			var p struct {
				Module *struct {
					Path, Dir string
					Replace   *struct{}
				}
			}
			if err := decoder.Decode(&p); err != nil {
				return err
			}
			if p.Module != nil && p.Module.Replace == nil && p.Module.Path != own {
				yield(p.Module.Path, p.Module.Dir)
			}
		}
	}
	return nil
}

var licenseName = regexp.MustCompile(`(?i)^((?:un)?licen[cs]e|copying)([-.].*)?$`)

// licenses names the licences whose texts are in a folder.
func licenses(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() || !licenseName.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		coverage := licensecheck.Scan(text)
		for _, match := range coverage.Match {
			names = append(names, match.ID)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no known licence in %s", filepath.Base(dir))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
