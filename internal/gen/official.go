package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// official is what internal/gen/migration.yaml says about the official Go SDK.
type official struct {
	Methods []string              `yaml:"methods"`
	Client  []string              `yaml:"client"`
	Older   map[string]olderCall  `yaml:"older"`
	Here    map[string]methodList `yaml:"here"`
	Notes   map[string]translated `yaml:"notes"`
}

// olderCall is a method of the official SDK that calls an API that the catalogue does not have.
type olderCall struct {
	Here  methodList `yaml:"here"`
	Calls string     `yaml:"calls"`
	Note  translated `yaml:"note"`
}

// methodList is a comma-separated list of methods of this SDK.
type methodList []string

// UnmarshalYAML splits the text at commas.
func (l *methodList) UnmarshalYAML(node *yaml.Node) error {
	var text string
	if err := node.Decode(&text); err != nil {
		return err
	}
	*l = strings.Split(text, ", ")
	return nil
}

// loadOfficial reads internal/gen/migration.yaml below root. It returns nothing if the file does
// not exist, as in test trees.
func loadOfficial(root string) (*official, error) {
	sdk := new(official)
	file := filepath.Join(root, "internal", "gen", "migration.yaml")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return sdk, nil
	}
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(sdk); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return sdk, nil
}

// check finds inconsistencies: a method of the official SDK without a row, a row or note for a
// method that it does not have, and a name of this SDK that no longer exists.
func (sdk *official) check(endpoints []*endpoint, own names) []error {
	if len(sdk.Methods) == 0 {
		return nil
	}
	var found []error
	wrong := func(format string, args ...any) {
		found = append(found, fmt.Errorf("internal/gen/migration.yaml: "+format, args...))
	}
	noted := func(where, method string, note translated) {
		if note.En == "" || note.Zh == "" {
			wrong("%s: %s: the note is not in English and in Chinese", where, method)
		}
		for _, name := range own.missing(note.En + note.Zh) {
			wrong("%s: %s: there is no %s", where, method, name)
		}
	}
	rows := map[string]bool{}
	for _, e := range endpoints {
		for _, method := range e.Sources.officialGo() {
			rows[method] = true
			if !slices.Contains(sdk.Methods, method) {
				wrong("api/: %s %s is said to be called by %s, which the official SDK does not have", e.Method, e.Path, method)
			}
		}
	}
	for _, method := range sdk.Methods {
		_, older := sdk.Older[method]
		if ways := count(rows[method], older, slices.Contains(sdk.Client, method)); ways != 1 {
			wrong("%s stands in %d of: an endpoint's sources, older, client", method, ways)
		}
	}
	for _, method := range slices.Sorted(maps.Keys(sdk.Notes)) {
		if !rows[method] {
			wrong("notes: %s has no row", method)
		}
		noted("notes", method, sdk.Notes[method])
	}
	here := maps.Clone(sdk.Here)
	for method, call := range sdk.Older {
		here[method] = call.Here
		if call.Note != (translated{}) {
			noted("older", method, call.Note)
		}
	}
	for _, method := range slices.Sorted(maps.Keys(here)) {
		for _, name := range here[method] {
			if !own[name] {
				wrong("%s: there is no method %s", method, name)
			}
		}
	}
	for name, text := range map[string]string{"migration.md": migrationEnglish, "migration_zh.md": migrationChinese} {
		for _, method := range sdk.Client {
			if !strings.Contains(text, method) {
				wrong("client: %s does not speak of %s", name, method)
			}
		}
		for _, missing := range own.missing(text) {
			found = append(found, fmt.Errorf("internal/gen/%s: there is no %s", name, missing))
		}
	}
	return found
}

func count(all ...bool) int {
	n := 0
	for _, one := range all {
		if one {
			n++
		}
	}
	return n
}

// names are the names of the root package as a caller writes them: client.User, client.User.Get,
// rongcloud.Ptr, PrivateMessage.From.
type names map[string]bool

var (
	ownName  = regexp.MustCompile(`\b(client(\.[A-Z]\w*)+|rongcloud\.[A-Z]\w*)`)
	ownField = regexp.MustCompile("`([A-Z]\\w*\\.[A-Z]\\w*)`")
)

// missing returns the names that a text mentions and the package does not have.
func (n names) missing(text string) []string {
	var all []string
	for _, name := range ownName.FindAllString(text, -1) {
		if !n[name] {
			all = append(all, name)
		}
	}
	for _, field := range ownField.FindAllStringSubmatch(text, -1) {
		if !n[field[1]] {
			all = append(all, field[1])
		}
	}
	return all
}

// ownNames returns the names of the root package, including those of a file about to be written.
func ownNames(root string, codes []byte) (names, error) {
	files, err := parsePackage(root)
	if err != nil {
		return nil, err
	}
	if codes != nil {
		file, err := parser.ParseFile(token.NewFileSet(), "codes_gen.go", codes, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	found, reach := names{}, ways(files)
	for _, way := range reach {
		found[way] = true
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					found["rongcloud."+decl.Name.Name] = true
					continue
				}
				typ := typeName(decl.Recv.List[0].Type)
				found[typ+"."+decl.Name.Name] = true
				found[reach.to(typ)+"."+decl.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					found.add(spec)
				}
			}
		}
	}
	return found, nil
}

func (n names) add(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range spec.Names {
			n["rongcloud."+id.Name] = true
		}
	case *ast.TypeSpec:
		n["rongcloud."+spec.Name.Name] = true
		if typ, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range typ.Fields.List {
				for _, id := range field.Names {
					n[spec.Name.Name+"."+id.Name] = true
				}
			}
		}
	}
}
