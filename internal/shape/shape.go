// Package shape knows from the catalogue which fields each endpoint's response has, and reports
// how a response differs from that. It promises to name only fields, never their values, which may
// be the app's data.
package shape

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Field is a field of a response in the catalogue.
type Field struct {
	Name   string  `json:"name"`
	Type   string  `json:"type"`
	Fields []Field `json:"fields,omitempty"`
}

// Fields returns the fields in the response of the endpoint with the given method and path,
// besides those of the envelope. They must not be changed.
func Fields(endpoint string) []Field { return results[endpoint] }

// envelope are fields that any response may have.
var envelope = map[string]bool{"code": true, "errorMessage": true, "msg": true, "requestId": true}

// InEnvelope reports whether any response may have a field with that name.
func InEnvelope(name string) bool { return envelope[name] }

// identifier matches field names chosen by a programmer. Other names may be user IDs used as keys.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z_]{0,39}$`)

// Notes record how successful responses of one endpoint differ from the catalogue.
type Notes struct {
	fields               []Field
	unknown, seen, types map[string]bool
	expected             map[string]bool // in objects that occurred
}

// NewNotes returns empty notes for the endpoint with the given method and path, as in its String.
func NewNotes(endpoint string) *Notes {
	return &Notes{fields: results[endpoint], unknown: map[string]bool{}, seen: map[string]bool{},
		types: map[string]bool{}, expected: map[string]bool{}}
}

// Add compares a successful response, decoded with json.Decoder.UseNumber.
func (n *Notes) Add(response map[string]any) {
	rest := maps.Clone(response)
	maps.DeleteFunc(rest, func(name string, _ any) bool { return envelope[name] })
	n.object("", rest, n.fields)
}

// Unknown returns the fields that the catalogue does not have.
func (n *Notes) Unknown() []string { return sorted(n.unknown) }

// Types returns the fields of another type, such as "users.id: number, not string".
func (n *Notes) Types() []string { return sorted(n.types) }

// Absent returns the fields of the catalogue that no response had, though their parent was
// present.
func (n *Notes) Absent() []string {
	absent := maps.Clone(n.expected)
	maps.DeleteFunc(absent, func(place string, _ bool) bool { return n.seen[place] })
	return sorted(absent)
}

// sorted never returns nil.
func sorted(set map[string]bool) []string {
	return append([]string{}, slices.Sorted(maps.Keys(set))...)
}

// object compares one object. place is its path, ending in a dot.
func (n *Notes) object(place string, object map[string]any, fields []Field) {
	if len(fields) == 1 && strings.HasPrefix(fields[0].Name, "<") { // keys are chosen by the app
		for _, value := range object {
			n.value(place+fields[0].Name, value, fields[0])
		}
		return
	}
	known := map[string]Field{}
	for _, f := range fields {
		known[f.Name] = f
		n.expected[place+f.Name] = true
	}
	for name, value := range object {
		f, ok := known[name]
		switch {
		case ok:
			n.value(place+name, value, f)
		case identifier.MatchString(name):
			n.unknown[place+name+" ("+jsonType(value)+")"] = true
		default:
			n.unknown[place+"(a name that is no identifier)"] = true
		}
	}
}

// value records how the value of a field differs from the catalogue's description of it, f. Place
// is the path of the field in the response.
func (n *Notes) value(place string, value any, f Field) {
	n.seen[place] = true
	if have := jsonType(value); have != "null" && !fits(f.Type, have) {
		n.types[place+": "+have+", not "+f.Type] = true
	}
	if len(f.Fields) == 0 {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		n.object(place+".", v, f.Fields)
	case []any:
		for _, item := range v {
			if object, ok := item.(map[string]any); ok {
				n.object(place+".", object, f.Fields)
			}
		}
	}
}

// fits reports whether a JSON type matches the catalogue's word.
func fits(word, have string) bool {
	switch {
	case strings.HasSuffix(word, " list"):
		return have == "array"
	case strings.HasPrefix(word, "int"), word == "float":
		return have == "number"
	case word == "bool":
		return have == "boolean"
	case word == "object":
		return have == "object"
	default: // string, json string
		return have == "string"
	}
}

func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}
