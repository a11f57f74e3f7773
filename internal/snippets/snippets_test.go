package snippets

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

const (
	root   = "../.."
	module = "github.com/rongcloud-go/rongcloud"
)

// prelude declares what the reader of a page already has.
var prelude = map[string]string{
	"ctx":        "var ctx context.Context",
	"err":        "var err error",
	"appKey":     "var appKey string",
	"appSecret":  "var appSecret string",
	"secret":     "var secret string",
	"client":     "var client *rongcloud.Client",
	"content":    "var content rongcloud.MessageContent",
	"message":    "var message rongcloud.PrivateMessage",
	"recipients": "var recipients iter.Seq2[string, error]",
	"database":   "var database *sql.DB",
	"db":         "var db redis.UniversalClient",
	"archive":    "func archive(ctx context.Context, uid, body string) error { return nil }",
	"index":      "func index(ctx context.Context, uid, text string) error { return nil }",
}

// packages are the packages outside the repository, by name.
var packages = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "io": "io", "iter": "iter", "log": "log", "netip": "net/netip",
	"os": "os", "slices": "slices", "slog": "log/slog", "sql": "database/sql", "strings": "strings", "testing": "testing", "time": "time", "url": "net/url",
	"json": "encoding/json", "httpmock": "github.com/jarcoal/httpmock", "require": "github.com/stretchr/testify/require",
	"redis": "github.com/redis/go-redis/v9",
}

// block is a Go block of a page.
type block struct {
	page   string
	line   int // number of its first line of code
	code   string
	prints string // what the program prints according to the page
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// pagesOf finds the pages for users.
func pagesOf(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"README*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	return pages
}

// blocks finds the Go blocks of all pages.
func blocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, page := range pagesOf(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		name, err := filepath.Rel(root, page)
		require.NoError(t, err)
		all = append(all, blocksOf(t, filepath.ToSlash(name), string(text))...)
	}
	return all
}

// ran is the first line of a block that shows the output of the program before it.
const ran = "$ go run .\n"

func blocksOf(t *testing.T, page, text string) []block {
	t.Helper()
	var all []block
	var open *block
	var language string
	n := 0
	for line := range strings.Lines(text) {
		n++
		switch fence := strings.TrimSpace(line); {
		case open == nil && strings.HasPrefix(fence, "```"):
			language = strings.TrimPrefix(fence, "```")
			open = &block{page: page, line: n + 1}
		case open != nil && fence == "```":
			if output, ok := strings.CutPrefix(open.code, ran); ok && language == "console" {
				require.NotEmpty(t, all, "%v: there is no program before", open)
				all[len(all)-1].prints = output
			} else if language == "go" {
				all = append(all, *open)
			}
			open = nil
		case open != nil:
			open.code += line
		}
	}
	require.Nil(t, open, "%s: a block has no end", page)
	return all
}

// repository finds the packages of the repository by name, and the module of each.
func repository(t *testing.T) (paths, directories map[string]string) {
	t.Helper()
	paths, directories = maps.Clone(packages), map[string]string{}
	mods, err := filepath.Glob(filepath.Join(root, "*", "go.mod"))
	require.NoError(t, err)
	deeper, err := filepath.Glob(filepath.Join(root, "*", "*", "go.mod"))
	require.NoError(t, err)
	for _, mod := range append([]string{filepath.Join(root, "go.mod")}, append(mods, deeper...)...) {
		directory := filepath.Dir(mod)
		rel, err := filepath.Rel(root, directory)
		require.NoError(t, err)
		switch top, _, _ := strings.Cut(filepath.ToSlash(rel), "/"); top {
		case "cmd", "examples", "internal", "tools":
			continue // readers cannot import it; it may also need a newer Go
		}
		for line := range strings.Lines(command(t, directory, "go", "list", "-f", "{{.Name}} {{.ImportPath}}", "./...")) {
			name, path, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name == "main" || strings.Contains(path, "/internal/") || strings.Contains(path, "/examples/") {
				continue
			}
			paths[name] = path
			directories[path] = directory
		}
	}
	return paths, directories
}

// command runs a program and returns its output.
func command(t *testing.T, directory string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = directory
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	require.NoError(t, err, "%s %v\n%s\n%s", name, args, out, failed.String())
	return string(out)
}

// kind returns what a block is.
func kind(b block) string {
	fset := token.NewFileSet()
	if strings.Contains("\n"+b.code, "\npackage ") {
		return "file"
	}
	if _, err := parser.ParseFile(fset, "", "package p\n"+b.code, parser.SkipObjectResolution); err == nil {
		return "declarations"
	}
	return "statements"
}

// complete makes a file from declarations or statements, with the necessary imports and prelude.
// Its errors name the line of the page.
func complete(t *testing.T, b block, paths map[string]string) (source string, imports []string) {
	t.Helper()
	own, code := splitImports(b.code)
	body := fmt.Sprintf("//line %s:%d\n%s", b.page, b.line+strings.Count(own, "\n"), code)
	if kind(b) == "statements" {
		body = "func _() error {\n" + body + "\nreturn nil\n}\n"
	}
	declared := map[string]bool{}
	for {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package snippet\n"+own+body, 0)
		require.NoError(t, err, "%v", b)
		known := len(declared)
		var names []string
		for _, name := range file.Unresolved {
			names = append(names, name.Name)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if declaration, ok := prelude[name]; ok && !declared[name] {
				declared[name] = true
				body += "\n//line prelude:1\n" + declaration + "\n"
			}
		}
		if len(declared) > known {
			continue // which may need more declarations
		}
		for _, spec := range file.Imports {
			imports = append(imports, strings.Trim(spec.Path.Value, `"`))
			if spec.Name != nil {
				declared[spec.Name.Name] = true
			}
		}
		var added strings.Builder
		for _, name := range slices.Compact(names) {
			if path, ok := paths[name]; ok && !declared[name] && isPackage(file, name) {
				fmt.Fprintf(&added, "import %s %q\n", name, path)
				imports = append(imports, path)
			}
		}
		return "package snippet\n" + added.String() + own + body, imports
	}
}

// splitImports splits off the import lines at the beginning of a block.
func splitImports(code string) (imports, rest string) {
	for strings.HasPrefix(code, "import ") {
		line, after, _ := strings.Cut(code, "\n")
		imports, code = imports+line+"\n", after
	}
	return imports, code
}

// isPackage reports whether a name is used as a package.
func isPackage(file *ast.File, name string) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if ident, ok := selector.X.(*ast.Ident); ok && ident.Name == name {
				found = true
			}
		}
		return !found
	})
	return found
}

func TestPages(t *testing.T) {
	t.Parallel()
	paths, directories := repository(t)
	t.Run("statements", func(t *testing.T) { t.Parallel(); testStatements(t, paths, directories) })
	t.Run("programs and tests", func(t *testing.T) { t.Parallel(); testProgramsAndTests(t, paths) })
	t.Run("broken statements", func(t *testing.T) { t.Parallel(); testBrokenStatements(t, paths) })
}

// Statements of the pages must type-check.
func testStatements(t *testing.T, paths, directories map[string]string) {
	type unit struct {
		block  block
		source string
	}
	units, wanted := map[string][]unit{}, map[string]map[string]bool{}
	for _, b := range blocks(t) {
		if kind(b) != "statements" {
			continue
		}
		source, imports := complete(t, b, paths)
		directory := root
		for _, path := range imports {
			if d := directories[path]; d != "" && d != root {
				directory = d
			}
		}
		if slices.ContainsFunc(imports, func(path string) bool { return strings.Contains(path, "/prometheus") }) {
			// which has that, and module otel
			directory = filepath.Join(root, "internal", "promtest")
		}
		units[directory] = append(units[directory], unit{b, source})
		if wanted[directory] == nil {
			wanted[directory] = map[string]bool{}
		}
		for _, path := range imports {
			wanted[directory][path] = true
		}
	}
	require.NotEmpty(t, units)
	for directory, all := range units {
		exports := exportData(t, directory, slices.Sorted(maps.Keys(wanted[directory])))
		for _, u := range all {
			for _, problem := range check(u.source, exports) {
				t.Errorf("%v: %s\ndeclare what is missing in the block, or what the reader has already in prelude of internal/snippets", u.block, problem)
			}
		}
	}
}

// exportData returns the compiled form of packages and all their dependencies, by import path.
func exportData(t *testing.T, directory string, paths []string) map[string]string {
	t.Helper()
	exports := map[string]string{}
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, paths...)
	for line := range strings.Lines(command(t, directory, "go", args...)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	return exports
}

// check returns the errors of a file. An unused variable is not an error: the page may use it
// later.
func check(source string, exports map[string]string) []string {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, 0)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	conf := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }),
		Error: func(err error) {
			if wrong, ok := err.(types.Error); !ok || !wrong.Soft { //nolint:errorlint // the type checker does not wrap them
				problems = append(problems, err.Error())
			}
		},
	}
	_, _ = conf.Check("snippet", fset, []*ast.File{file}, nil)
	return problems
}

// Programs and tests of the pages must run.
func testProgramsAndTests(t *testing.T, paths map[string]string) {
	directory := t.TempDir()
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(mod), "\n")
	write := func(name, text string) {
		name = filepath.Join(directory, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o750))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	write("go.mod", fmt.Sprintf("module snippets\n%s\nrequire %s v0.0.0\nreplace %s => %s\n", rest, module, module, here))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	write("go.sum", string(sums))

	programs := map[string]block{}
	pages := map[string]block{}
	for i, b := range blocks(t) {
		name := fmt.Sprintf("block%d", i)
		switch kind(b) {
		case "file":
			file := "block_test.go"
			if strings.Contains(b.code, "\nfunc main() {") {
				programs[name], file = b, "main.go"
			}
			write(name+"/"+file, fmt.Sprintf("//line %s:%d\n%s", b.page, b.line, b.code))
		case "declarations":
			page := pages[b.page]
			page.page, page.line = b.page, 1
			page.code += fmt.Sprintf("//line %s:%d\n%s\n", b.page, b.line, b.code)
			pages[b.page] = page
		}
	}
	require.NotEmpty(t, programs)
	for page, b := range pages {
		source, _ := complete(t, b, paths)
		write("page_"+strings.Trim(strings.NewReplacer("/", "_", ".", "_").Replace(page), "_")+"/page_test.go", source)
	}

	srv := rongcloudtest.NewServer(t)
	run := func(args ...string) string {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "go", args...)
		cmd.Dir = directory
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "RONGCLOUD_APP_KEY="+srv.AppKey(), "RONGCLOUD_APP_SECRET="+srv.AppSecret(),
			"RONGCLOUD_API_URL="+srv.URL, "RONGCLOUD_REGION=")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	run("vet", "./...")
	run("test", "./...")
	printing := 0
	for name, b := range programs {
		if printed := run("run", "./"+name); b.prints != "" {
			require.Equal(t, b.prints, printed, "%v", b)
			printing++
		}
	}
	require.NotZero(t, printing)
}

// A block that does not compile is reported.
func testBrokenStatements(t *testing.T, paths map[string]string) {
	exports := exportData(t, root, []string{module, "context", "fmt"})
	for code, problem := range map[string]string{
		"client.Nothing(ctx)\n":              "Nothing",
		"fmt.Println(unheardOf)\n":           "unheardOf",
		"x := 1\n":                           "",
		"var s string = client.AppKey()\n":   "",
		"var n int = client.AppKey()\n_ = n": "string",
	} {
		source, _ := complete(t, block{page: "page.md", line: 7, code: code}, paths)
		problems := strings.Join(check(source, exports), "\n")
		require.Contains(t, problems, problem)
		if problem == "" {
			require.Empty(t, problems)
		} else {
			require.Contains(t, problems, "page.md:7", "the line of the page")
		}
	}
}
