package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// apiFile lists the public API of the last release, one line per exported name.
const apiFile = "internal/release/api.txt"

// compareAPI compares the public API with that of the last release: changes must be named in the
// top section of the changelog, and from v1 on nothing may be removed.
func compareAPI(root string, write bool, out io.Writer) error {
	now, err := publicAPI(root)
	if err != nil {
		return err
	}
	if write {
		return writeAPI(root, now)
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(apiFile)))
	if err != nil {
		return err
	}
	before := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	top, err := topSection(root)
	if err != nil {
		return err
	}
	removed, added := without(before, now), without(now, before)
	fmt.Fprintf(out, "public API: %d lines, %d new, %d gone\n", len(now), len(added), len(removed))
	return judge(removed, added, top)
}

func writeAPI(root string, lines []string) error {
	return os.WriteFile(filepath.Join(root, filepath.FromSlash(apiFile)), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// without returns the lines of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(line string) bool {
		_, found := slices.BinarySearch(b, line)
		return found
	})
}

// judge returns an error that names all lines that must not be removed, or that the changelog does
// not mention.
func judge(removed, added []string, top section) error {
	var all []error
	if !strings.HasPrefix(top.version, "v0.") && len(removed) > 0 {
		all = append(all, fmt.Errorf("gone or changed, which no version after v1 may do:\n  %s", strings.Join(removed, "\n  ")))
	}
	said := named(top.text)
	quiet := func(lines []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
			return slices.ContainsFunc(subjects(line), func(name string) bool { return said[name] })
		})
	}
	if lines := quiet(removed); len(lines) > 0 {
		all = append(all, fmt.Errorf("gone or changed, but the top section of %s does not say so:\n  %s", changelogFile, strings.Join(lines, "\n  ")))
	}
	if lines := quiet(added); len(lines) > 0 {
		all = append(all, fmt.Errorf("new or changed, but the top section of %s does not say so:\n  %s", changelogFile, strings.Join(lines, "\n  ")))
	}
	return errors.Join(all...)
}

var (
	code  = regexp.MustCompile("`[^`]+`")
	ident = regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_]*`)
)

// named returns the names in code spans of a text.
func named(text string) map[string]bool {
	found := map[string]bool{}
	for _, span := range code.FindAllString(text, -1) {
		for _, name := range ident.FindAllString(span, -1) {
			found[name] = true
		}
	}
	return found
}

// subjects returns the names that a changelog may use for a line of the API: its own, and that of
// its type, with or without the suffix Service.
func subjects(line string) []string {
	_, rest, _ := strings.Cut(line, ": ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return nil
	}
	dotted := fields[1] // of "method Client.Call func(…)"
	names := strings.Split(dotted, ".")
	return append(names, strings.TrimSuffix(names[0], "Service"))
}

// publicAPI lists what the released modules export.
func publicAPI(root string) ([]string, error) {
	all, err := modules(root)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, m := range all {
		if !m.released {
			continue
		}
		found, err := moduleAPI(filepath.Join(root, m.dir))
		if err != nil {
			return nil, err
		}
		lines = append(lines, found...)
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath string
	Name       string
	Export     string // file with its types
	DepOnly    bool
}

// moduleAPI lists what the module in dir exports.
func moduleAPI(dir string) ([]string, error) {
	text, err := command(dir, nil, "go", "list", "-export", "-deps", "-json=ImportPath,Name,Export,DepOnly", "./...")
	var failed *failure
	if errors.As(err, &failed) && failed.stderr != "" { // a partial list is useless
		return nil, fmt.Errorf("in %s:\n%s", dir, strings.TrimRight(failed.stderr, "\n"))
	}
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	var ours []string
	for decoder := json.NewDecoder(strings.NewReader(text)); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly && p.Name != "main" && !strings.Contains(p.ImportPath+"/", "/internal/") {
			ours = append(ours, p.ImportPath)
		}
	}
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	var lines []string
	for _, path := range ours {
		p, err := load.Import(path)
		if err != nil {
			return nil, err
		}
		lines = append(lines, packageAPI(p)...)
	}
	return lines, nil
}

// packageAPI lists what a package exports, one line per constant, variable, function, type, field
// and method.
func packageAPI(p *types.Package) []string {
	var lines []string
	qualify := func(other *types.Package) string {
		if other == p {
			return ""
		}
		return other.Path()
	}
	add := func(format string, args ...any) {
		lines = append(lines, p.Path()+": "+fmt.Sprintf(format, args...))
	}
	typed := func(t types.Type) string { return types.TypeString(t, qualify) }
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch o := object.(type) {
		case *types.Const:
			value := " = " + o.Val().ExactString()
			if name == "Version" {
				value = "" // differs in every release
			}
			add("const %s %s%s", name, typed(o.Type()), value)
		case *types.Var:
			add("var %s %s", name, typed(o.Type()))
		case *types.Func:
			add("func %s %s", name, typed(o.Signature()))
		case *types.TypeName:
			typeAPI(o, typed, add)
		}
	}
	return lines
}

// typeAPI lists a type, its fields and its methods, including those of embedded types.
func typeAPI(o *types.TypeName, typed func(types.Type) string, add func(string, ...any)) {
	name := o.Name()
	if o.IsAlias() {
		add("type %s = %s", name, typed(types.Unalias(o.Type())))
		return
	}
	named, _ := o.Type().(*types.Named)
	var parameters strings.Builder
	for p := range named.TypeParams().TypeParams() {
		fmt.Fprintf(&parameters, " [%s %s]", p.Obj().Name(), typed(p.Constraint()))
	}
	switch u := named.Underlying().(type) {
	case *types.Struct:
		add("type %s%s struct", name, &parameters)
		for field := range u.Fields() {
			switch {
			case field.Embedded() && field.Exported():
				add("field %s.%s embedded %s", name, field.Name(), typed(field.Type()))
			case field.Exported():
				add("field %s.%s %s", name, field.Name(), typed(field.Type()))
			}
		}
	case *types.Interface:
		add("type %s%s interface", name, &parameters)
		for embedded := range u.EmbeddedTypes() {
			if _, methods := embedded.Underlying().(*types.Interface); !methods {
				add("constraint %s %s", name, typed(embedded))
			}
		}
		for m := range u.Methods() {
			if m.Exported() {
				add("method %s.%s %s", name, m.Name(), typed(m.Signature()))
			} else {
				add("sealed %s", name)
			}
		}
		return
	default:
		add("type %s%s %s", name, &parameters, typed(u))
	}
	plain := types.NewMethodSet(named)
	for selection := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		m := selection.Obj()
		if !m.Exported() {
			continue
		}
		receiver := ""
		if plain.Lookup(m.Pkg(), m.Name()) == nil {
			receiver = " of its pointer"
		}
		add("method %s.%s %s%s", name, m.Name(), typed(selection.Type()), receiver)
	}
}
