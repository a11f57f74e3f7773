package names

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files of the services have one order: types, then methods. So a reader finds what a method
// takes or returns above it.
func TestTypesComeBeforeMethods(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../*.go")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			require.Empty(t, lateTypes(t, path, nil))
		}
	}
	require.Equal(t, []string{"LateParams"}, lateTypes(t, "planted.go", `package p
type XService struct{}
type EarlyParams struct{}
func (s *XService) Get() {}
type LateParams struct{}`))
}

// lateTypes returns the types below the first method of a service.
func lateTypes(t *testing.T, path string, source any) (late []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	require.NoError(t, err)
	begun := false
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			begun = begun || d.Recv != nil && serviceOf(d.Recv.List[0].Type)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if typ, ok := spec.(*ast.TypeSpec); ok && begun && typ.Name.IsExported() {
					late = append(late, typ.Name.Name)
				}
			}
		}
	}
	return late
}

func serviceOf(receiver ast.Expr) bool {
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && strings.HasSuffix(name.Name, "Service")
}
