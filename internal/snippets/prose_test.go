package snippets

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// inProse matches a chain of names after one of the variables that the pages use in their text,
// such as `srv.AddWebhook(handler)`, up to the first call.
var inProse = regexp.MustCompile("`(client|srv)((?:\\.[A-Z]\\w*)+)")

func TestNamesInProseExist(t *testing.T) {
	t.Parallel()
	variables := map[string]reflect.Type{
		"client": reflect.TypeFor[*rongcloud.Client](), "srv": reflect.TypeFor[*rongcloudtest.Server](),
	}
	found := 0
	for _, page := range pagesOf(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, match := range inProse.FindAllStringSubmatch(string(text), -1) {
			found++
			in := variables[match[1]]
			for _, name := range strings.Split(match[2], ".")[1:] {
				if in = memberOf(in, name); in == nil {
					assert.Fail(t, "there is no such name", "%s: %s: %s", page, match[0][1:], name)
					break
				}
			}
		}
	}
	require.NotZero(t, found)
}

// memberOf returns the type of a field, or of a method's first result, or nil if there is neither.
func memberOf(in reflect.Type, name string) reflect.Type {
	if method, ok := in.MethodByName(name); ok {
		if method.Type.NumOut() == 0 {
			return method.Type // nothing can follow
		}
		return method.Type.Out(0)
	}
	for in.Kind() == reflect.Pointer {
		in = in.Elem()
	}
	if in.Kind() != reflect.Struct {
		return nil
	}
	field, ok := in.FieldByName(name)
	if !ok || !field.IsExported() {
		return nil
	}
	return field.Type
}
