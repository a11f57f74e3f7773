package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wireLine is a line of the golden wire file.
type wireLine struct {
	Call   string                     `json:"call"`
	Method string                     `json:"method"`
	Path   string                     `json:"path"`
	Form   map[string][]string        `json:"form"`
	JSON   map[string]json.RawMessage `json:"json"`
}

// nested compares the content of parameters with the fields that the catalogue lists.
type nested struct {
	sent     map[string]bool // fields by their path from the endpoint
	compared int
	problems []string
}

func (n *nested) object(way, call string, fields []field, text []byte) {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) == nil {
		for _, item := range list {
			n.object(way, call, fields, item)
		}
		return
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		n.problems = append(n.problems, fmt.Sprintf("%s: %s is no object", call, way))
		return
	}
	for name, value := range object {
		n.compared++
		i := slices.IndexFunc(fields, func(f field) bool { return f.Name == name })
		if i < 0 { // a name of the app's own
			i = slices.IndexFunc(fields, func(f field) bool { return strings.HasPrefix(f.Name, "<") })
		}
		if i < 0 {
			n.problems = append(n.problems, fmt.Sprintf("%s: %s.%s is not in the catalogue", call, way, name))
			continue
		}
		f := &fields[i]
		n.sent[way+"."+f.Name] = true
		if !isOf(f, value) {
			n.problems = append(n.problems, fmt.Sprintf("%s: %s.%s is %s, which is no %s %v", call, way, f.Name, value, f.Type, f.Values))
		}
		if len(f.Fields) > 0 {
			n.object(way+"."+f.Name, call, f.Fields, value)
		}
	}
}

// isOf reports whether a JSON value has a field's type, and is one of its values.
func isOf(f *field, value json.RawMessage) bool {
	kind, _, _ := strings.Cut(f.Type, " (")
	first := value[0]
	switch kind {
	case "string":
		var text string
		return json.Unmarshal(value, &text) == nil && (len(f.Values) == 0 || slices.Contains(f.Values, text))
	case "int":
		var number int64
		return json.Unmarshal(value, &number) == nil && (len(f.Values) == 0 || slices.Contains(f.Values, string(value)))
	case "bool":
		return string(value) == "true" || string(value) == "false"
	case "string list", "object list":
		return first == '['
	case "object":
		return first == '{'
	}
	return true
}

func (n *nested) ways(way string, fields []field) (all []string) {
	for _, f := range fields {
		if !f.Deprecated.IsZero() { // WithExtraField is enough for these
			continue
		}
		all = append(all, way+"."+f.Name)
		all = append(all, n.ways(way+"."+f.Name, f.Fields)...)
	}
	return all
}

// TestWireNested compares what the SDK sends inside its parameters with the catalogue: the fields
// of objects, and of JSON inside a string. The root module's tests cover the parameters
// themselves.
func TestWireNested(t *testing.T) {
	t.Parallel()
	endpoints, err := load("../../api")
	require.NoError(t, err)
	byPath := map[string]*endpoint{}
	for _, e := range endpoints {
		byPath[e.Method+" "+e.Path] = e
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "wire.jsonl"))
	require.NoError(t, err)
	n := &nested{sent: map[string]bool{}}
	touched := map[string][]field{}
	for line := range strings.Lines(string(text)) {
		var c wireLine
		require.NoError(t, json.Unmarshal([]byte(line), &c))
		for _, p := range byPath[c.Method+" "+c.Path].Params {
			if len(p.Fields) == 0 || slices.Contains(ownContent, c.Path+" "+p.Name) {
				continue
			}
			value := []byte(c.JSON[p.Name])
			if len(c.Form[p.Name]) > 0 {
				value = []byte(c.Form[p.Name][0])
			}
			if len(value) == 0 {
				continue
			}
			var inner string
			if json.Unmarshal(value, &inner) == nil { // JSON inside a string
				value = []byte(inner)
			}
			way := c.Path + " " + p.Name
			touched[way] = p.Fields
			n.object(way, c.Call, p.Fields, value)
		}
	}
	for way, fields := range touched {
		for _, field := range n.ways(way, fields) {
			if !n.sent[field] && !slices.Contains(sentElsewhere, field) {
				n.problems = append(n.problems, field+" is never sent")
			}
		}
	}
	slices.Sort(n.problems)
	require.Empty(t, n.problems)
	require.NotZero(t, n.compared)
	t.Logf("%d values inside parameters compared, %d fields of %d parameters sent", n.compared, len(n.sent), len(touched))
}

// ownContent are messages of any type, of which the catalogue shows one.
var ownContent = []string{"/chatroom/entry/set.json content", "/chatroom/entry/remove.json content"}

// sentElsewhere are fields that exclude others, and are left to the tests of their area.
var sentElsewhere = []string{
	"/push.json audience.userid", "/push/custom.json audience.tag", "/push/custom.json audience.tag_or",
}
