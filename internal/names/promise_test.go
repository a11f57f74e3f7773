package names

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const promises = "docs/compatibility.md"

var quoted = regexp.MustCompile("`([^`]+)`")

// promised returns the names in the item of docs/compatibility.md with the given beginning, up to
// a stop word.
func promised(t *testing.T, begin, stop string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, promises))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, begin)
	item, _, found := strings.Cut(rest, stop)
	require.True(t, found, stop)
	var all []string
	for _, name := range quoted.FindAllStringSubmatch(item, -1) {
		all = append(all, name[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// The attributes of logs are exactly those that are promised to stay.
func TestLogAttributes(t *testing.T) {
	t.Parallel()
	var logged []string
	for _, dir := range packages {
		s, err := load(filepath.Join(root, dir))
		require.NoError(t, err)
		for _, file := range s.files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 2 {
					return true
				}
				function, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || types.ExprString(function.X) != "slog" {
					return true
				}
				if name, ok := call.Args[0].(*ast.BasicLit); ok && name.Kind == token.STRING {
					text, err := strconv.Unquote(name.Value)
					require.NoError(t, err)
					logged = append(logged, text)
				}
				return true
			})
		}
	}
	slices.Sort(logged)
	require.Equal(t, promised(t, "**Logs.**", "of package webhook"), slices.Compact(logged))
}

// The words of outcomes are exactly those that are promised to stay.
func TestOutcomeWords(t *testing.T) {
	t.Parallel()
	s, err := load(filepath.Join(root, "webhook"))
	require.NoError(t, err)
	var words []string
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && base(spec.Type) == "Outcome" && len(spec.Values) == 1 {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				words = append(words, text)
			}
			return true
		})
	}
	require.NotEmpty(t, words)
	for _, word := range words {
		require.Contains(t, promised(t, "`webhook.Outcome` with", "further ones"), word)
	}
	require.Len(t, words, len(promised(t, "`webhook.Outcome` with", "further ones")))
}

// The golden files and interfaces that the page names exist.
func TestPromisedThings(t *testing.T) {
	t.Parallel()
	for _, name := range promised(t, "| golden file |", "## Go") {
		if strings.Contains(name, "testdata/") {
			_, err := os.Stat(filepath.Join(root, name))
			require.NoError(t, err)
		}
	}
	for _, name := range append(promised(t, "**Interfaces that you implement", ". What"), promised(t, "**Interfaces with unexported", "are the SDK's")...) {
		pkg, typ, ok := strings.Cut(name, ".")
		require.True(t, ok, name)
		dir := map[string]string{"rongcloud": "."}[pkg]
		if dir == "" {
			dir = pkg
		}
		s, err := load(filepath.Join(root, dir))
		require.NoError(t, err)
		require.NotNil(t, s.types[typ], name)
		_, ok = s.types[typ].Type.(*ast.InterfaceType)
		require.True(t, ok, name)
	}
}
