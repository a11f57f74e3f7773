package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const origin = "github.com/example/sdk"

// readme says how users get the modules and programs of the small repository.
const readme = "# SDK\n\n```sh\ngo get " + origin + "        # all\ngo get " + origin + "/zoo\n" +
	"go install " + origin + "/cmd/tool@latest\ngo install " + origin + "/ape/app@latest # an app\ngo test ./...\n```\n"

// small is a repository with every kind of module: one that others import, a program, one that
// needs both, one only for tests, and an internal one.
func small() map[string]string {
	return map[string]string{
		"go.mod":             "module " + origin + "\n\ngo 1.25.0\n",
		"rongcloud.go":       "package sdk\n\n// Version is ours.\nconst Version = \"0.1.0-dev\"\n",
		"CHANGELOG.md":       "# Changelog\n\n## 0.1.0 - Unreleased\n\n- `Version` and `zoo.V` are [new](docs/n.md),\n  as [others](https://example.com/) are.\n\n## 0.0.1 - 2020-01-02\n\n- Old.\n",
		"README.md":          readme,
		"LICENSE":            "A licence that the go command adds to the modules in folders.\n",
		apiFile:              "",
		"cmd/tool/main.go":   "package main\n\nimport \"flag\"\n\nfunc main() { flag.Parse() }\n",
		"zoo/go.mod":         "module " + origin + "/zoo\n\ngo 1.25.0\n\nrequire " + origin + " v0.1.0\n\nreplace " + origin + " => ../\n",
		"zoo/zoo.go":         "package zoo\n\nimport \"" + origin + "\"\n\n// V is known.\nvar V = sdk.Version\n",
		"ape/app/go.mod":     "module " + origin + "/ape/app\n\ngo 1.25.0\n\nrequire (\n\t" + origin + " v0.1.0\n\t" + origin + "/zoo v0.1.0\n)\n\nreplace (\n\t" + origin + " => ../..\n\t" + origin + "/zoo => ../../zoo\n)\n",
		"ape/app/main.go":    "package main\n\nimport (\n\t\"flag\"\n\t\"" + origin + "\"\n\t\"" + origin + "/zoo\"\n)\n\nfunc main() {\n\tflag.Parse()\n\tif zoo.V != sdk.Version {\n\t\tpanic(zoo.V)\n\t}\n}\n",
		"tests/go.mod":       "module " + origin + "/tests\n\ngo 1.25.0\n\nrequire " + origin + " v0.1.0\n\nreplace " + origin + " => ../\n",
		"tests/doc.go":       "package tests\n\nimport _ \"" + origin + "\"\n",
		"internal/in/go.mod": "module " + origin + "/internal/in\n\ngo 1.25.0\n",
		"internal/in/in.go":  "package in\n\n// X is nobody's business.\nconst X = 1\n",
	}
}

// repository commits files to a new repository.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	do(t, root, "init", "--quiet", "--initial-branch=main")
	for _, pair := range [][2]string{{"user.name", "test"}, {"user.email", "test@localhost"}, {"commit.gpgSign", "false"}, {"tag.gpgSign", "false"}} {
		do(t, root, "config", pair[0], pair[1])
	}
	require.NoError(t, commit(root, "begin"))
	return root
}

func do(t *testing.T, root string, args ...string) string {
	t.Helper()
	text, err := git(root, args...)
	require.NoError(t, err)
	return text
}

func with(name, old, replacement string) map[string]string {
	files := small()
	if replacement == "" && old == "" {
		delete(files, name)
		return files
	}
	files[name] = strings.ReplaceAll(files[name], old, replacement)
	return files
}

func TestCheck(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, check(repository(t, small()), "", &out))
	require.Equal(t, "v0.1.0, in development, tags: v0.1.0 zoo/v0.1.0 ape/app/v0.1.0\n", out.String(), "each after what it requires")
}

func TestCheckFindsContradictions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		tag   string
		want  string
	}{
		"no version":           {with("rongcloud.go", "Version", "Name"), "", "declares no constant Version"},
		"odd version":          {with("rongcloud.go", "0.1.0-dev", "0.1"), "", "is not a version"},
		"other version":        {with("rongcloud.go", "0.1.0-dev", "0.2.0-dev"), "", "is of v0.1.0, but Version in rongcloud.go is of v0.2.0"},
		"no heading":           {with("CHANGELOG.md", "## ", "# "), "", "has no heading"},
		"dated too early":      {with("CHANGELOG.md", "Unreleased", "2026-01-02"), "", `ends in "2026-01-02"`},
		"two to come":          {with("CHANGELOG.md", "## 0.1.0 - Unreleased", "## 0.1.0 - Unreleased\n\nx\n\n## 0.0.9 - Unreleased"), "", `v0.0.9 is not on top, and "Unreleased" is not a date`},
		"a version twice":      {with("CHANGELOG.md", "## 0.1.0 - Unreleased", "## 0.1.0 - Unreleased\n\nx\n\n## 0.1.0 - 2026-01-02"), "", "v0.1.0 stands below v0.1.0"},
		"never dated":          {with("rongcloud.go", "-dev", ""), "", "is not a date"},
		"old requirement":      {with("zoo/go.mod", "v0.1.0", "v0.0.9"), "", "zoo/go.mod requires " + origin + " v0.0.9, not v0.1.0"},
		"no replace line":      {with("zoo/go.mod", "replace "+origin+" => ../\n", ""), "", "zoo/go.mod: replaces " + origin + ": false"},
		"someone else's code":  {with("zoo/go.mod", "=> ../\n", "=> ../\n\nreplace example.com/x => example.com/y v1.0.0\n"), "", "nobody could install"},
		"a circle":             {with("go.mod", "go 1.25.0\n", "go 1.25.0\n\nrequire "+origin+"/zoo v0.1.0\n"), "", "in a circle"},
		"a tag too early":      {small(), "v0.1.0", "tag v0.1.0, but Version in rongcloud.go is v0.1.0-dev"},
		"a go.mod without end": {with("zoo/go.mod", "module", "require ("), "", "zoo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := check(repository(t, c.files), c.tag, new(bytes.Buffer))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A module or a program that comes is missed in each README and its guide, and one that goes is
// found there.
func TestInstalls(t *testing.T) {
	t.Parallel()
	more := map[string]string{
		"new/go.mod":                  "module " + origin + "/new\n\ngo 1.25.0\n",
		"new/new.go":                  "package new\n\n// New is new.\nconst New = 1\n",
		"new/cmd/do/main.go":          "package main\n\nfunc main() {}\n",
		"examples/one/main.go":        "package main\n\nfunc main() {}\n",
		"examples/two/go.mod":         "module " + origin + "/examples/two\n\ngo 1.25.0\n",
		"examples/two/main.go":        "package main\n\nfunc main() {}\n",
		"examples/two/lib/lib.go":     "package lib\n\n// Lib is for the example.\nconst Lib = 1\n",
		"examples/two/sub/prog/p.go":  "package main\n\nfunc main() {}\n",
		"examples/tests/go.mod":       "module " + origin + "/examples/tests\n\ngo 1.25.0\n",
		"examples/tests/some_test.go": "package tests\n",
	}
	commands := []string{
		"go get " + origin + "/new", "go install " + origin + "/new/cmd/do@latest", "go run ./examples/one",
		"go -C examples/two run .", "go -C examples/two run ./sub/prog",
	}
	files := small()
	maps.Copy(files, more)
	err := check(repository(t, files), "", new(bytes.Buffer))
	for _, command := range commands {
		require.ErrorContains(t, err, "README.md does not say \""+command+"\"")
	}
	require.Len(t, strings.Split(err.Error(), "\n"), len(commands))

	said := strings.Replace(readme, "go test", strings.Join(commands, "   # what it is for\n")+"\ngo test", 1)
	files["README.md"], files["README_zh.md"] = said, said
	require.NoError(t, check(repository(t, files), "", new(bytes.Buffer)))

	files["README_zh.md"] = strings.Replace(said, "go run ./examples/one", "go run ./examples/gone", 1)
	require.EqualError(t, check(repository(t, files), "", new(bytes.Buffer)),
		"README_zh.md says \"go run ./examples/gone\", but no release has that\nREADME_zh.md does not say \"go run ./examples/one\", nor does its guide")

	files["README_zh.md"], files["docs/guide_zh.md"] = readme, strings.Join(commands, "\n")
	require.NoError(t, check(repository(t, files), "", new(bytes.Buffer)), "the guide says what the README leaves out")
	files["docs/guide_zh.md"] += "\ngo run ./examples/gone"
	require.EqualError(t, check(repository(t, files), "", new(bytes.Buffer)),
		"docs/guide_zh.md says \"go run ./examples/gone\", but no release has that")
	files["docs/guide_zh.md"] = said
	files["README.md"] = said + "\n\ngo run " + origin + "/new/cmd/do@latest with arguments\n"
	require.NoError(t, check(repository(t, files), "", new(bytes.Buffer)), "what can be installed can be run")
	files["README.md"] = said + "\n\ngo run " + origin + "/new/cmd/gone@latest\n"
	require.ErrorContains(t, check(repository(t, files), "", new(bytes.Buffer)), "no release has that")

	delete(files, "README.md")
	require.ErrorContains(t, check(repository(t, files), "", new(bytes.Buffer)), "README.md")
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	root := repository(t, small())
	var out bytes.Buffer
	require.NoError(t, prepare(root, "", time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), &out))

	require.Contains(t, out.String(), "git push --atomic origin HEAD v0.1.0\n  git push origin zoo/v0.1.0\n  git push origin ape/app/v0.1.0\n")
	require.Equal(t, "all: begin v0.2.0\nall: release v0.1.0\nbegin", do(t, root, "log", "--format=%s"), "one commit without replace lines")
	for _, tag := range []string{"v0.1.0", "zoo/v0.1.0", "ape/app/v0.1.0"} {
		require.Equal(t, do(t, root, "rev-parse", "HEAD~1"), do(t, root, "rev-parse", tag+"^{commit}"))
	}
	require.Len(t, strings.Fields(do(t, root, "tag")), 3)
	require.Empty(t, do(t, root, "status", "--porcelain"))
	require.Len(t, strings.Split(do(t, root, "worktree", "list"), "\n"), 1)

	// The main branch is back in development, with its replace lines and nothing else changed.
	require.NoError(t, check(root, "", new(bytes.Buffer)))
	require.Equal(t, strings.ReplaceAll(small()["ape/app/go.mod"], "v0.1.0", "v0.2.0"), read(t, root, "ape/app/go.mod"))
	require.Contains(t, read(t, root, "rongcloud.go"), `Version = "0.2.0-dev"`)
	require.Equal(t, strings.Replace(small()["CHANGELOG.md"], "## 0.1.0 - Unreleased", "## 0.2.0 - Unreleased\n\n## 0.1.0 - 2026-03-04", 1), read(t, root, "CHANGELOG.md"))

	// The tagged commit is the release.
	do(t, root, "checkout", "--quiet", "v0.1.0")
	require.NoError(t, check(root, "v0.1.0", new(bytes.Buffer)))
	require.ErrorContains(t, check(root, "v0.1.1", new(bytes.Buffer)), "tag v0.1.1, but Version in rongcloud.go is v0.1.0")
	require.NotContains(t, read(t, root, "ape/app/go.mod"), "replace")
	require.Contains(t, read(t, root, "ape/app/go.sum"), origin+"/zoo v0.1.0 h1:")
	require.Equal(t, origin+"/zoo: var V string\n"+origin+": const Version untyped string\n", read(t, root, apiFile))
	out.Reset()
	require.NoError(t, notes(root, "v0.1.0", &out))
	require.Equal(t, "- `Version` and `zoo.V` are [new](https://"+origin+"/blob/v0.1.0/docs/n.md), as [others](https://example.com/) are.\n", out.String())
	require.NoError(t, simulate(root, new(bytes.Buffer)), "as on a tag")
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files  map[string]string
		change func(t *testing.T, root string)
		next   string
		want   string
	}{
		"what is not committed": {files: small(), change: func(t *testing.T, root string) {
			require.NoError(t, os.WriteFile(filepath.Join(root, "new.go"), []byte("package sdk\n"), 0o644))
		}, next: "", want: "commit these first:\n?? new.go"},
		"a tag that exists": {
			files: small(), change: func(t *testing.T, root string) { do(t, root, "tag", "zoo/v0.1.0") }, next: "",
			want: "the tag zoo/v0.1.0 exists",
		},
		"no branch": {
			files: small(), change: func(t *testing.T, root string) { do(t, root, "checkout", "--quiet", "--detach") }, next: "",
			want: "no branch",
		},
		"nothing to say": {
			files:  with("CHANGELOG.md", "- `Version` and `zoo.V` are [new](docs/n.md),\n  as [others](https://example.com/) are.\n", ""),
			change: nil, next: "", want: "says nothing about v0.1.0",
		},
		"a version that is past": {files: small(), change: nil, next: "v0.0.9", want: "is not a version after v0.1.0"},
		"a quiet change":         {files: with("CHANGELOG.md", "`Version`", "Version"), change: nil, next: "", want: "does not say so"},
		"go.mod that is untidy": {
			files:  with("zoo/go.mod", "go 1.25.0", "go 1.25.0\n\nrequire "+origin+"/tests v0.1.0\n\nreplace "+origin+"/tests => ../tests"),
			change: nil, next: "", want: "tidy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := repository(t, c.files)
			if c.change != nil {
				c.change(t, root)
			}
			before := do(t, root, "tag") + do(t, root, "rev-parse", "HEAD") + do(t, root, "status", "--porcelain")
			require.ErrorContains(t, prepare(root, c.next, time.Now(), new(bytes.Buffer)), c.want)
			require.Equal(t, before, do(t, root, "tag")+do(t, root, "rev-parse", "HEAD")+do(t, root, "status", "--porcelain"), "nothing has changed")
		})
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	root := repository(t, small())
	var out bytes.Buffer
	require.NoError(t, simulate(root, &out))
	for _, want := range []string{
		origin + "@v0.1.0: 1 packages imported, programs run: [" + origin + "/cmd/tool]",
		origin + "/zoo@v0.1.0: 1 packages imported, programs run: []",
		origin + "/ape/app@v0.1.0: 0 packages imported, programs run: [" + origin + "/ape/app]",
	} {
		require.Contains(t, out.String(), want)
	}
	require.Empty(t, do(t, root, "tag"), "the repository is as it was")
	require.Empty(t, do(t, root, "status", "--porcelain"))
}

// An example that ends by itself must succeed, and a server must end when interrupted.
func TestExamples(t *testing.T) {
	t.Parallel()
	const server = `package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
)

func main() {
	l, err := net.Listen("tcp", os.Getenv("PROGRAM_ADDR"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("open http://%s/ in a browser\n", l.Addr())
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(STATUS) }))
	told := make(chan os.Signal, 2)
	signal.Notify(told, os.Interrupt)
	<-told
	END
}
`
	for name, c := range map[string]struct{ source, want string }{
		"ends":            {"package main\n\nfunc main() { println(\"http://127.0.0.1:1\") }\n", ""},
		"fails":           {"package main\n\nfunc main() { panic(\"so what\") }\n", "so what"},
		"serves":          {strings.NewReplacer("STATUS", "404", "END", "").Replace(server), ""},
		"serves badly":    {strings.NewReplacer("STATUS", "500", "END", "").Replace(server), "500 Internal Server Error"},
		"ends badly":      {strings.NewReplacer("STATUS", "200", "END", "os.Exit(3)").Replace(server), "exit status 3"},
		"ends not at all": {strings.NewReplacer("STATUS", "200", "END", "select {}").Replace(server), "it was interrupted, and went on for 200ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(c.source), 0o600))
			program := filepath.Join(dir, "program")
			_, err := command(dir, nil, "go", "build", "-o", program, "main.go")
			require.NoError(t, err)
			patient := attendant{servesAfter: time.Second, endsWithin: time.Minute}
			if name == "ends not at all" {
				patient.endsWithin = 200 * time.Millisecond
			}
			err = patient.run(dir, nil, program)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// Workflows have a clone without history.
func TestSimulateInShallowClone(t *testing.T) {
	t.Parallel()
	root := repository(t, small())
	require.NoError(t, os.WriteFile(filepath.Join(root, "more.go"), []byte("package sdk\n"), 0o600))
	require.NoError(t, commit(root, "go on"))
	clone := filepath.Join(t.TempDir(), "clone")
	do(t, root, "clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(root), clone)
	require.NoError(t, simulate(clone, new(bytes.Buffer)))
}

// Whatever would fail after a release fails before it.
func TestSimulateFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a program that ends badly": {with("cmd/tool/main.go", "flag.Parse()", "panic(0); flag.Parse()"), "exit status"},
		"another module's version":  {with("zoo/go.mod", "v0.1.0", "v0.3.0"), "requires"},
		"a file git does not know":  {with("cmd/tool/main.go", "flag.Parse()", "missing()"), "undefined: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, simulate(repository(t, c.files), new(bytes.Buffer)), c.want)
		})
	}
}

func TestAPIOfEverySort(t *testing.T) {
	t.Parallel()
	files := small()
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, "ape") || strings.HasPrefix(name, "zoo") })
	files["api.go"] = `package sdk

import "time"

type Kind int

const Some Kind = 7

type Pair[K comparable, V any] struct{ Key K; Value V; hidden int }

type Base struct{ When time.Time }

func (Base) Plain() {}
func (*Base) Changing(n int, more ...string) error { return nil }
func (Base) hidden() {}

type Outer struct{ *Base; inner Base }

type Doer interface{ Do(at time.Time) error; secret() }

type Number interface{ ~int | ~float64 }

type Same = Base

var Default *Base

func Max[T Number](a, b T) T { return a }
`
	lines, err := publicAPI(repository(t, files))
	require.NoError(t, err)
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, origin+": ")
	}
	require.Equal(t, strings.Split(strings.TrimSpace(`
const Some Kind = 7
const Version untyped string
constraint Number ~int | ~float64
field Base.When time.Time
field Outer.Base embedded *Base
field Pair.Key K
field Pair.Value V
func Max func[T Number](a T, b T) T
method Base.Changing func(n int, more ...string) error of its pointer
method Base.Plain func()
method Doer.Do func(at time.Time) error
method Outer.Changing func(n int, more ...string) error
method Outer.Plain func()
sealed Doer
type Base struct
type Doer interface
type Kind int
type Number interface
type Outer struct
type Pair [K comparable] [V any] struct
type Same = Base
var Default *Base
`), "\n"), lines)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	line := "p: method ThingService.Add func(s string)"
	for name, c := range map[string]struct {
		removed, added []string
		top            section
		want           string
	}{
		"nothing": {removed: nil, added: nil, top: section{version: "v1.2.0"}, want: ""},
		"new and quiet": {
			removed: nil, added: []string{line}, top: section{version: "v0.2.0", text: "Add is new, and `Additional`."},
			want: "new or changed, but the top section of CHANGELOG.md does not say so:\n  p: method ThingService.Add func(s string)",
		},
		"new and named": {
			removed: nil, added: []string{line}, top: section{version: "v0.2.0", text: "- `Client.Thing.Add(ids)` is new."}, want: "",
		},
		"its type is named": {removed: nil, added: []string{line}, top: section{version: "v0.2.0", text: "- `Client.Thing`."}, want: ""},
		"gone and quiet":    {removed: []string{line}, added: nil, top: section{version: "v0.2.0"}, want: "gone or changed, but"},
		"gone and named":    {removed: []string{line}, added: nil, top: section{version: "v0.2.0", text: "`Add` is gone"}, want: ""},
		"gone after v1": {
			removed: []string{line}, added: nil, top: section{version: "v1.2.0", text: "`Add` is gone"},
			want: "which no version after v1 may do",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := judge(c.removed, c.added, c.top)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCompareAPI(t *testing.T) {
	t.Parallel()
	root := repository(t, small())
	require.NoError(t, compareAPI(root, true, new(bytes.Buffer)))
	require.NoError(t, os.WriteFile(filepath.Join(root, "more.go"), []byte("package sdk\n\nfunc More() {}\n"), 0o644))
	require.ErrorContains(t, compareAPI(root, false, new(bytes.Buffer)), origin+": func More func()")
	require.NoError(t, head(root, "v0.1.0", unreleased+"\n\n- `More` is more.", true))
	var out bytes.Buffer
	require.NoError(t, compareAPI(root, false, &out))
	require.Equal(t, "public API: 3 lines, 1 new, 0 gone\n", out.String())
}

// Compile errors are reported in the compiler's words.
func TestCompareAPIOfWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	files := small()
	files["broken.go"] = "package sdk\n\nfunc broken() int { return \"x\" }\n"
	root := repository(t, files)
	require.EqualError(t, compareAPI(root, false, new(bytes.Buffer)),
		"in "+root+":\n# "+origin+"\n./broken.go:3:28: cannot use \"x\" (untyped string constant) as int value in return statement")
}

func TestLicenses(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, refuse(module{path: "ours"}, dependency{path: "theirs", licenses: []string{"MIT", "GPL-3.0"}}), "ours depends on theirs, whose licence GPL-3.0")
	require.NoError(t, refuse(module{}, dependency{licenses: []string{"MPL-2.0"}}))

	names, err := licenses("../..")
	require.NoError(t, err)
	require.Equal(t, []string{"MIT"}, names)
	_, err = licenses(t.TempDir())
	require.ErrorContains(t, err, "no known licence")

	found, err := dependencies(".")
	require.NoError(t, err)
	uses := map[string]string{}
	for _, d := range found {
		uses[d.path] = d.use + " " + strings.Join(d.licenses, ",")
	}
	require.Equal(t, "build BSD-3-Clause", uses["golang.org/x/mod"])
	require.Equal(t, "tests MIT", uses["github.com/stretchr/testify"])
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"publish"}, {"-what"}, {"prepare", "-what"}} {
		require.ErrorContains(t, run(args, new(bytes.Buffer)), "usage: ")
	}
	require.NoError(t, run([]string{"check"}, new(bytes.Buffer)))
}
