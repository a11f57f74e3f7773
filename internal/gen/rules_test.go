package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goField is a field of a Go struct in the source.
type goField struct {
	typ   string // without pointer and slice
	rules []string
}

// goStructs reads the structs in the root package's files that match a pattern: their fields by
// JSON name, including those of embedded structs.
func goStructs(t *testing.T, pattern string) map[string]map[string]goField {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", pattern))
	require.NoError(t, err)
	found, embedded := map[string]map[string]goField{}, map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if body, ok := spec.Type.(*ast.StructType); ok {
				found[spec.Name.Name] = map[string]goField{}
				for _, f := range body.Fields.List {
					typ := strings.TrimLeft(exprText(f.Type), "*[]")
					if f.Tag == nil {
						embedded[spec.Name.Name] = append(embedded[spec.Name.Name], typ)
						continue
					}
					text, _ := strconv.Unquote(f.Tag.Value)
					tag := reflect.StructTag(text)
					name, _, _ := strings.Cut(tag.Get("json"), ",")
					found[spec.Name.Name][name] = goField{typ, strings.FieldsFunc(tag.Get("check"), func(r rune) bool { return r == ',' })}
				}
			}
			return true
		})
	}
	for name, inner := range embedded {
		for _, one := range inner {
			maps.Copy(found[name], found[one])
		}
	}
	return found
}

func exprText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return exprText(e.X)
	case *ast.ArrayType:
		return exprText(e.Elt)
	case *ast.SelectorExpr:
		return exprText(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// zeroIsOne are required fields for which zero is a meaningful value: a corner, or UTC.
var zeroIsOne = []string{"x", "y", "timezone"}

// rulesOf returns the catalogue's rules for a field of a configuration. It does not cover numbers
// that cannot be negative: the catalogue does not say that.
func rulesOf(f *field) (rules []string) {
	if f.Required && !slices.Contains(zeroIsOne, f.Name) {
		rules = append(rules, "required")
	}
	if n, ok := strings.CutSuffix(f.Max, " items"); ok {
		rules = append(rules, "most="+n)
	}
	if strings.HasSuffix(f.About, "0.0 to 1.0") {
		rules = append(rules, "share")
	}
	if len(f.Values) > 0 && f.Type == "int" && f.Name != "sliceMin" { // a duration in Go
		rules = append(rules, fmt.Sprintf("values=%d", len(f.Values)))
	}
	return rules
}

// TestConfigRules checks that the rules for the fields of recording and mixing match the
// catalogue.
func TestConfigRules(t *testing.T) {
	t.Parallel()
	endpoints, err := load("../../api")
	require.NoError(t, err)
	structs := goStructs(t, "rtc_*.go")
	compared := 0
	var compare func(way, name string, fields []field)
	compare = func(way, name string, fields []field) {
		for i := range fields {
			f := &fields[i]
			in, there := structs[name][f.Name]
			if !there { // TestWireNested finds fields that nobody sends
				continue
			}
			own := slices.DeleteFunc(slices.Clone(in.rules), func(rule string) bool { return rule == "natural" })
			require.ElementsMatch(t, rulesOf(f), own, "%s.%s", way, f.Name)
			compared++
			compare(way+"."+f.Name, in.typ, f.Fields)
		}
	}
	for _, c := range []struct{ path, config string }{{"/rtc/mcu/config.json", "RTCMixConfig"}, {"/rtc/record/start.json", "RTCRecordConfig"}} {
		at := slices.IndexFunc(endpoints, func(e *endpoint) bool { return e.Path == c.path })
		for _, param := range endpoints[at].Params {
			if param.Name == "config" {
				compare(c.path, c.config, param.Fields)
			}
		}
	}
	t.Logf("%d fields compared", compared)
	require.Greater(t, compared, 70)
}
