package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// simulate releases a copy of the tree below root into a local repository, and uses every module
// and program of the release as a user would.
func simulate(root string, out io.Writer) (err error) {
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	tree, s, err := releasedCopy(root, work)
	if err != nil {
		return err
	}
	repository, env, err := remote(work, s)
	if err != nil {
		return err
	}
	if _, err := git(tree, append([]string{"push", "--quiet", repository}, s.tags()...)...); err != nil {
		return err
	}
	for _, m := range s.modules {
		if !m.released {
			continue
		}
		start := time.Now()
		if err := use(work, tree, m, s, env, out); err != nil {
			return fmt.Errorf("%s: %w", m.tag(s.version), err)
		}
		fmt.Fprintf(out, "%s: %.1f s\n", m.tag(s.version), time.Since(start).Seconds())
	}
	return nil
}

// releasedCopy clones the repository, including uncommitted changes, and checks out the release
// there. It returns the folder and the state. The copy has no history: a shallow clone, as in
// workflows, cannot be pushed.
func releasedCopy(root, work string) (string, state, error) {
	tree := filepath.Join(work, "tree")
	if _, err := git(root, "clone", "--quiet", "--shared", "--no-tags", root, tree); err != nil {
		return "", state{}, err
	}
	for _, line := range []string{"user.name=release", "user.email=release@localhost", "commit.gpgSign=false", "tag.gpgSign=false"} {
		key, value, _ := strings.Cut(line, "=")
		if _, err := git(tree, "config", key, value); err != nil {
			return "", state{}, err
		}
	}
	changes, err := git(root, "diff", "--binary", "HEAD")
	if err != nil {
		return "", state{}, err
	}
	if changes != "" {
		patch := filepath.Join(work, "patch")
		if err := os.WriteFile(patch, []byte(changes+"\n"), 0o600); err != nil {
			return "", state{}, err
		}
		if _, err := git(tree, "apply", "--index", patch); err != nil {
			return "", state{}, err
		}
	}
	if _, err := git(tree, "checkout", "--quiet", "--orphan", "simulation"); err != nil {
		return "", state{}, err
	}
	if err := commit(tree, "all there is"); err != nil {
		return "", state{}, err
	}
	s, err := look(tree)
	if err != nil {
		return "", state{}, err
	}
	if !s.dev {
		return tree, s, tagAll(tree, s, "HEAD")
	}
	if err := release(tree, s, following(s.version), time.Now(), nil); err != nil {
		return "", state{}, err
	}
	_, err = git(tree, "checkout", "--quiet", "--detach", s.version)
	return tree, s, err
}

// use does what a module's users do: get it into a new module, import all its packages, build and
// run that; install and run its programs; and check out its tag.
func use(work, tree string, m module, s state, env []string, out io.Writer) error {
	// The go.sum at the tag has everything that a checkout needs.
	if _, err := command(filepath.Join(tree, m.dir), env, "go", "list", "-mod=readonly", "-deps", "-test", "./..."); err != nil {
		return err
	}
	listed, err := command(filepath.Join(tree, m.dir), env, "go", "list", "-f", "{{.Name}} {{.ImportPath}}", "./...")
	if err != nil {
		return err
	}
	var imports, programs []string
	for line := range strings.Lines(listed) {
		name, way, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.Contains(way+"/", "/internal/"):
		case name == "main":
			programs = append(programs, way)
		default:
			imports = append(imports, way)
		}
	}
	if err := consume(filepath.Join(work, "consumer", m.dir), m, s.version, imports, env); err != nil {
		return err
	}
	for _, program := range programs {
		if err := install(work, program, s.version, env); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s@%s: %d packages imported, programs run: %v\n", m.path, s.version, len(imports), programs)
	return nil
}

// consume creates a module that gets m and imports its packages, and runs it.
func consume(dir string, m module, version string, imports []string, env []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // nothing secret in there
		return err
	}
	var source strings.Builder
	source.WriteString("package main\n\nimport (\n\t\"fmt\"\n")
	for i, way := range imports {
		name := "_"
		if i == 0 && m.dir == "." {
			name = "sdk"
		}
		fmt.Fprintf(&source, "\t%s %q\n", name, way)
	}
	prints := `"` + strings.TrimPrefix(version, "v") + `"`
	if m.dir == "." {
		prints = "sdk.Version"
	}
	fmt.Fprintf(&source, ")\n\nfunc main() { fmt.Print(%s) }\n", prints)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source.String()), 0o644); err != nil {
		return err
	}
	if _, err := command(dir, env, "go", "mod", "init", "example.com/consumer"); err != nil {
		return err
	}
	if _, err := command(dir, env, "go", "get", m.path+"@"+version); err != nil {
		return err
	}
	printed, err := command(dir, env, "go", "run", "-mod=mod", ".")
	if err == nil && "v"+printed != version {
		err = fmt.Errorf("the consumer prints version %q", printed)
	}
	return err
}

// install installs a program and runs it. Examples run without flags, to their end or until they
// serve; others print their flags.
func install(work, program, version string, env []string) error {
	if _, err := command(work, env, "go", "install", program+"@"+version); err != nil {
		return err
	}
	name := filepath.Join(work, "bin", path.Base(program))
	if strings.Contains(program, "/examples/") {
		return attendant{servesAfter: 10 * time.Second, endsWithin: 30 * time.Second}.run(work, env, name)
	}
	_, err := command(work, env, name, "-h")
	return err
}
