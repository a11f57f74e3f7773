package names

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// source is a package, read only from its source text.
type source struct {
	name    string
	files   []*ast.File
	types   map[string]*ast.TypeSpec
	methods map[string][]*ast.FuncDecl // by the name of the receiver's type
	funcs   []*ast.FuncDecl            // without a receiver
}

// load reads the package in a folder without its tests.
func load(dir string) (*source, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		texts[path] = string(text)
	}
	return parse(texts)
}

// parse reads a package from the texts of its files.
func parse(texts map[string]string) (*source, error) {
	s := &source{types: map[string]*ast.TypeSpec{}, methods: map[string][]*ast.FuncDecl{}}
	fset := token.NewFileSet()
	for path, text := range texts {
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		s.name = file.Name.Name
		s.files = append(s.files, file)
		for _, decl := range file.Decls {
			s.add(decl)
		}
	}
	return s, nil
}

func (s *source) add(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			s.funcs = append(s.funcs, decl)
			return
		}
		typ := base(decl.Recv.List[0].Type)
		s.methods[typ] = append(s.methods[typ], decl)
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			if spec, ok := spec.(*ast.TypeSpec); ok {
				s.types[spec.Name.Name] = spec
				if spec.Doc == nil {
					spec.Doc = decl.Doc
				}
			}
		}
	}
}

// callables calls f with each exported function, and each exported method of an exported type,
// including interfaces.
func (s *source) callables(f func(name, receiver string, typ *ast.FuncType, doc string)) {
	for _, fn := range s.funcs {
		if fn.Name.IsExported() {
			f(fn.Name.Name, "", fn.Type, fn.Doc.Text())
		}
	}
	for receiver, methods := range s.methods {
		if !ast.IsExported(receiver) {
			continue
		}
		for _, fn := range methods {
			if fn.Name.IsExported() {
				f(fn.Name.Name, receiver, fn.Type, fn.Doc.Text())
			}
		}
	}
	for name, spec := range s.types {
		typ, ok := spec.Type.(*ast.InterfaceType)
		if !ok || !ast.IsExported(name) {
			continue
		}
		for _, method := range typ.Methods.List {
			if fn, ok := method.Type.(*ast.FuncType); ok && len(method.Names) == 1 && method.Names[0].IsExported() {
				f(method.Names[0].Name, name, fn, method.Doc.Text())
			}
		}
	}
}

// serviceMethods calls f with each exported method of a service.
func (s *source) serviceMethods(f func(service string, fn *ast.FuncDecl)) {
	for receiver, methods := range s.methods {
		if !ast.IsExported(receiver) || !strings.HasSuffix(receiver, "Service") {
			continue
		}
		for _, fn := range methods {
			if fn.Name.IsExported() {
				f(receiver, fn)
			}
		}
	}
}

// fields calls f with each exported field of each exported struct.
func (s *source) fields(f func(typ, field string, of ast.Expr)) {
	for name, spec := range s.types {
		typ, ok := spec.Type.(*ast.StructType)
		if !ok || !ast.IsExported(name) {
			continue
		}
		for _, field := range typ.Fields.List {
			for _, id := range field.Names {
				if id.IsExported() {
					f(name, id.Name, field.Type)
				}
			}
		}
	}
}

// constants calls f with each exported constant that is declared with a type of the package.
func (s *source) constants(f func(name, typ string)) {
	for _, file := range s.files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			typ := ""
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				// otherwise it continues the line before
				if spec.Type != nil || len(spec.Values) > 0 {
					typ = base(spec.Type)
				}
				for _, id := range spec.Names {
					if id.IsExported() && s.types[typ] != nil {
						f(id.Name, typ)
					}
				}
			}
		}
	}
}

// isStruct reports whether a type of the package is a struct.
func (s *source) isStruct(name string) bool {
	if s.types[name] == nil {
		return false
	}
	_, ok := s.types[name].Type.(*ast.StructType)
	return ok
}

// argument is a parameter of a function that is neither its context nor variadic.
type argument struct {
	name string
	typ  ast.Expr
}

// arguments returns the plain arguments of a function, and whether a context comes before them.
func arguments(typ *ast.FuncType) (plain []argument, ctx bool) {
	for _, field := range typ.Params.List {
		if _, variadic := field.Type.(*ast.Ellipsis); variadic {
			continue
		}
		if types.ExprString(field.Type) == "context.Context" {
			ctx = true
			continue
		}
		if len(field.Names) == 0 {
			plain = append(plain, argument{typ: field.Type})
		}
		for _, id := range field.Names {
			plain = append(plain, argument{id.Name, field.Type})
		}
	}
	return plain, ctx
}

// results returns the types that a function returns, as they are written.
func results(typ *ast.FuncType) []string {
	var all []string
	if typ.Results == nil {
		return nil
	}
	for _, field := range typ.Results.List {
		for range max(1, len(field.Names)) {
			all = append(all, types.ExprString(field.Type))
		}
	}
	return all
}

// base returns the name of a type of the package, looking through pointers and slices; "" for
// others.
func base(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return base(expr.X)
	case *ast.ArrayType:
		return base(expr.Elt)
	case *ast.IndexExpr:
		return base(expr.X)
	case *ast.Ident:
		return expr.Name
	}
	return ""
}

// mentioned returns the names of the package's types that a type consists of.
func mentioned(expr ast.Node) []string {
	var all []string
	ast.Inspect(expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // of another package
			return false
		case *ast.Ident:
			all = append(all, n.Name)
		}
		return true
	})
	return all
}

// words splits a name at capitals: HTTPServerURLs is HTTP, Server, URLs.
func words(name string) []string {
	var all []string
	runes := []rune(name)
	from := 0
	for i := 1; i < len(runes); i++ {
		begins := unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1])
		if i+1 < len(runes) && unicode.IsUpper(runes[i]) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1]) {
			begins = string(runes[i+1:]) != "s" // the s of IDs and URLs
		}
		if begins {
			all = append(all, string(runes[from:i]))
			from = i
		}
	}
	return append(all, string(runes[from:]))
}

func first(name string) string { return words(name)[0] }

func last(name string) string {
	all := words(name)
	return all[len(all)-1]
}
