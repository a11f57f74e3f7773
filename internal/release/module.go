package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is one of the modules of the repository.
type module struct {
	path  string
	dir   string // relative to the top folder, with slashes; "." for the module there
	needs []need
	// foreign are third-party modules that it replaces or excludes: the go command installs
	// nothing from such a module.
	foreign []string
	// released says that users can import a package or install a program from it.
	released bool
}

// need is a line of a go.mod that requires a module of the repository.
type need struct {
	path, version string
	replaced      bool
}

// tag returns the name under which the go command looks for a version of the module.
func (m module) tag(version string) string {
	if m.dir == "." {
		return version
	}
	return m.dir + "/" + version
}

// modules finds all modules below root that git tracks, each after those that it requires.
func modules(root string) ([]module, error) {
	listed, err := git(root, "ls-files", "--", "go.mod", "*/go.mod")
	if err != nil {
		return nil, err
	}
	var all []module
	files := map[string]*modfile.File{}
	for name := range strings.FieldsSeq(listed) {
		f, err := readMod(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		dir := filepath.ToSlash(filepath.Dir(name))
		all = append(all, module{path: f.Module.Mod.Path, dir: dir})
		files[f.Module.Mod.Path] = f
	}
	for i := range all {
		m := &all[i]
		m.needs, m.foreign = needs(files[m.path], files)
		if m.released, err = offers(root, m.dir, all); err != nil {
			return nil, err
		}
	}
	return ordered(all)
}

func readMod(name string) (*modfile.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse(name, data, nil)
	if err != nil {
		return nil, err
	}
	if f.Module == nil {
		return nil, fmt.Errorf("%s names no module", name)
	}
	return f, nil
}

// needs lists which of our modules f requires, and which third-party modules it replaces or
// excludes.
func needs(f *modfile.File, ours map[string]*modfile.File) (found []need, foreign []string) {
	for _, r := range f.Require {
		if ours[r.Mod.Path] != nil {
			found = append(found, need{path: r.Mod.Path, version: r.Mod.Version})
		}
	}
	for _, r := range f.Replace {
		i := slices.IndexFunc(found, func(n need) bool { return n.path == r.Old.Path })
		if i >= 0 {
			found[i].replaced = true
		} else {
			foreign = append(foreign, r.Old.Path)
		}
	}
	for _, e := range f.Exclude {
		foreign = append(foreign, e.Mod.Path)
	}
	return found, foreign
}

// ordered sorts the modules so that each comes after those that it requires: by the length of the
// longest path to a module without requirements, then by module path.
func ordered(all []module) ([]module, error) {
	height := map[string]int{}
	for range all {
		for _, m := range all {
			for _, n := range m.needs {
				height[m.path] = max(height[m.path], height[n.path]+1)
			}
		}
	}
	for _, m := range all {
		if height[m.path] >= len(all) {
			return nil, fmt.Errorf("%s requires itself in a circle", m.path)
		}
	}
	slices.SortFunc(all, func(a, b module) int {
		return cmp.Or(cmp.Compare(height[a.path], height[b.path]), strings.Compare(a.path, b.path))
	})
	return all, nil
}

// offers reports whether the module in dir has a program or an exported name outside internal
// folders.
func offers(root, dir string, all []module) (bool, error) {
	files, err := goFiles(root, dir, all)
	if err != nil {
		return false, err
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return false, err
		}
		if f.Name.Name == "main" || slices.ContainsFunc(f.Decls, exported) {
			return true, nil
		}
	}
	return false, nil
}

// goFiles lists the Go files of a module that are neither tests nor internal.
func goFiles(root, dir string, all []module) ([]string, error) {
	listed, err := git(root, "ls-files", "--", "*.go")
	if err != nil {
		return nil, err
	}
	var found []string
	for name := range strings.FieldsSeq(listed) {
		hidden := slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
			return part == "internal" || part == "testdata" || strings.HasPrefix(part, "_")
		})
		if !hidden && !strings.HasSuffix(name, "_test.go") && home(name, all) == dir {
			found = append(found, name)
		}
	}
	return found, nil
}

// home returns the folder of the module to which a file belongs.
func home(name string, all []module) string {
	best := "."
	for _, m := range all {
		if strings.HasPrefix(name, m.dir+"/") && len(m.dir) > len(best) {
			best = m.dir
		}
	}
	return best
}

func exported(decl ast.Decl) bool {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return d.Name.IsExported()
	case *ast.GenDecl:
		return slices.ContainsFunc(d.Specs, func(spec ast.Spec) bool {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				return s.Name.IsExported()
			case *ast.ValueSpec:
				return slices.ContainsFunc(s.Names, (*ast.Ident).IsExported)
			}
			return false
		})
	}
	return false
}

// pin makes the go.mod of m require one version of all our modules.
func pin(root string, m module, version string) error {
	return edit(root, m, func(f *modfile.File) error {
		for _, n := range m.needs {
			if err := f.AddRequire(n.path, version); err != nil {
				return err
			}
		}
		return nil
	})
}

// unreplace removes the replace lines for our modules from the go.mod of m.
func unreplace(root string, m module) error {
	return edit(root, m, func(f *modfile.File) error {
		for _, n := range m.needs {
			if err := f.DropReplace(n.path, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func edit(root string, m module, change func(*modfile.File) error) error {
	if len(m.needs) == 0 {
		return nil
	}
	name := filepath.Join(root, m.dir, "go.mod")
	f, err := readMod(name)
	if err != nil {
		return err
	}
	if err := change(f); err != nil {
		return err
	}
	f.Cleanup()
	data, err := f.Format()
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
