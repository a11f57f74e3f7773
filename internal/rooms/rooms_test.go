package rooms

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root   = "../.."
	page   = "docs/architecture.md"
	module = "github.com/rongcloud-go/rongcloud"
)

// section returns the text under a heading of the page.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	_, rest, found := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n## "+heading+"\n")
	require.True(t, found, "%s has no section %q", page, heading)
	text2, _, _ := strings.Cut(rest, "\n## ")
	return text2
}

// floors are sets of packages; each package may import only those of earlier sets.
type floors [][]string

var quoted = regexp.MustCompile("`([^`]+)`")

// readFloors reads the floors from the first paragraph of a text: `a`, `internal/{b,c}` → `d` →
// ...
func readFloors(text string) (floors, error) {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	var all floors
	for floor := range strings.SplitSeq(paragraph, "→") {
		var packages []string
		for _, match := range quoted.FindAllStringSubmatch(floor, -1) {
			packages = append(packages, braces(match[1])...)
		}
		if packages == nil {
			return nil, fmt.Errorf("a floor without a package: %q", floor)
		}
		all = append(all, packages)
	}
	return all, nil
}

// braces expands a{b,c}d to names.
func braces(name string) []string {
	before, rest, found := strings.Cut(name, "{")
	inside, after, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return []string{name}
	}
	var all []string
	for part := range strings.SplitSeq(inside, ",") {
		all = append(all, before+strings.TrimSpace(part)+after)
	}
	return all
}

// level returns the floor of a package, or -1. A name that ends in a slash means all packages
// below it.
func (f floors) level(name string) int {
	return slices.IndexFunc(f, func(floor []string) bool {
		return slices.ContainsFunc(floor, func(room string) bool {
			return room == name || strings.HasSuffix(room, "/") && strings.HasPrefix(name+"/", room)
		})
	})
}

// wrong returns which packages are on no floor, and which depend on something that is not below
// them. deps has all direct and indirect dependencies of each package.
func (f floors) wrong(deps map[string][]string) []string {
	var all []string
	for name, needed := range deps {
		at := f.level(name)
		if at < 0 {
			all = append(all, name+" stands on no floor")
			continue
		}
		for _, other := range needed {
			if other != name && f.level(other) >= at {
				all = append(all, name+" must not import "+other)
			}
		}
	}
	slices.Sort(all)
	return all
}

// goList asks the go command about packages of the module, one line each.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	require.NoError(t, err, problems.String())
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// short returns the page's name for a package of the module, or nothing for other packages.
func short(path string) string {
	if path == module {
		return "rongcloud"
	}
	name, found := strings.CutPrefix(path, module+"/")
	if !found {
		return ""
	}
	return name
}

// The module's packages follow their floors. Other modules need no test: this module does not
// require them.
func TestFloors(t *testing.T) {
	t.Parallel()
	floors, err := readFloors(section(t, "Floors"))
	require.NoError(t, err)
	deps := map[string][]string{}
	for _, line := range goList(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{join .Deps \" \"}}{{end}}", "./...") {
		name, needed, _ := strings.Cut(line, " ")
		if short(name) == "" {
			continue
		}
		deps[short(name)] = []string{}
		for other := range strings.FieldsSeq(needed) {
			if other = short(other); other != "" {
				deps[short(name)] = append(deps[short(name)], other)
			}
		}
	}
	require.Greater(t, len(deps), 10)
	require.Empty(t, floors.wrong(deps))
	for _, room := range slices.Concat(floors...) {
		dir := strings.TrimSuffix(room, "/")
		require.True(t, dir == "rongcloud" || dir == "cmd" || dir == "examples" || deps[dir] != nil, "%s has a floor for %s, which is not there", page, dir)
	}
}

// The test of the floors finds violations.
func TestFloorsPlanted(t *testing.T) {
	t.Parallel()
	floors, err := readFloors("`endpoint` → `internal/{sse,form}` →\n`rongcloud` → `examples/`: who reads on.\n\n`webhook` → `other`")
	require.NoError(t, err)
	require.Len(t, floors, 4)
	for _, c := range []struct {
		want string
		deps map[string][]string
	}{
		{"", map[string][]string{"rongcloud": {"endpoint", "internal/sse", "internal/form"}, "endpoint": nil, "examples/bulk": {"rongcloud"}}},
		{"endpoint must not import rongcloud", map[string][]string{"endpoint": {"rongcloud"}}},
		{"internal/sse must not import internal/form", map[string][]string{"internal/sse": {"internal/form", "endpoint"}}},
		{"internal/form must not import examples/bulk", map[string][]string{"internal/form": {"examples/bulk"}}},
		{"internal/new stands on no floor", map[string][]string{"internal/new": {"endpoint"}}},
		{"webhook stands on no floor", map[string][]string{"webhook": nil}},
	} {
		require.Equal(t, c.want, strings.Join(floors.wrong(c.deps), "; "))
	}
	_, err = readFloors("`a` → and then → `b`")
	require.Error(t, err)
}

// Package endpoint and the internal packages that do not use it need only the standard library,
// except the one that paces calls.
func TestStandardLibraryAlone(t *testing.T) {
	t.Parallel()
	alone := []string{"endpoint", "internal/lenient", "internal/sse", "internal/connpool", "internal/credential"}
	args := []string{"-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}"}
	var want []string
	for _, name := range alone {
		args = append(args, "./"+name)
		want = append(want, module+"/"+name)
	}
	require.ElementsMatch(t, want, goList(t, args...))
}

// layout returns the patterns of files and folders in the page's layout.
func layout(t *testing.T) []string {
	t.Helper()
	var all []string
	block := strings.Split(section(t, "Layout"), "```")
	require.Len(t, block, 3)
	for line := range strings.Lines(block[1]) {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); name != "" {
			all = append(all, strings.TrimSuffix(name, "/"))
		}
	}
	return all
}

// room is a folder with Go files.
type room struct {
	comment string // package comment
	code    bool   // it has more than tests
}

// rooms returns all folders with Go files.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	dirs := map[string]room{}
	require.NoError(t, filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		found := dirs[filepath.ToSlash(rel)]
		found.comment += file.Doc.Text()
		found.code = found.code || len(file.Decls) > 0 && !strings.HasSuffix(name, "_test.go")
		dirs[filepath.ToSlash(rel)] = found
		return nil
	}))
	return dirs
}

// The layout names every file in the root and every folder with Go files, and nothing that does
// not exist.
func TestLayout(t *testing.T) {
	t.Parallel()
	patterns := layout(t)
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, found, "%s names %s", page, pattern)
	}
	named := func(name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			match, err := path.Match(pattern, name)
			require.NoError(t, err)
			return match
		})
	}
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	require.NoError(t, err)
	for _, file := range files {
		name := filepath.Base(file)
		if !strings.HasSuffix(name, "_test.go") && name != "codes_gen.go" {
			require.True(t, named(name), "%s does not name %s", page, name)
		}
	}
	for dir := range rooms(t) {
		if strings.Contains(dir, "/cmd") {
			dir = path.Dir(dir)
		}
		require.True(t, dir == "." || named(dir) || strings.HasPrefix(dir, "examples/"), "%s does not name %s", page, dir)
	}
}

// Every internal package says what it promises, and has tests for it.
func TestRoomsPromise(t *testing.T) {
	t.Parallel()
	for dir, room := range rooms(t) {
		if !strings.HasPrefix(dir, "internal/") && !strings.Contains(dir, "/internal/") {
			continue
		}
		tests, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
		require.NoError(t, err)
		require.NotEmpty(t, tests, "%s has no tests", dir)
		if !room.code || strings.HasPrefix(room.comment, "Command ") {
			continue
		}
		require.Contains(t, strings.ToLower(room.comment), "promise", "the package comment of %s does not say what it promises", dir)
	}
}
