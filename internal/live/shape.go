package live

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// field is a field of an answer, as the catalogue has it.
type field struct {
	Name, Type string
	Fields     []field
}

// openPoint is a statement of the catalogue that it calls unconfirmed.
type openPoint struct{ Path, Text string }

// Shape is how the answers of one endpoint differ from the catalogue. Names of fields only: values
// may be the app's.
type Shape struct {
	Path    string   `json:"path"`
	Answers int      `json:"answers"`           // successful ones
	Refusal string   `json:"refusal,omitempty"` // status and code of the last response, if none was a success
	Unknown []string `json:"unknown"`           // fields that the catalogue does not have
	Absent  []string `json:"absent"`            // fields of the catalogue that no answer had, where their place was there
	Types   []string `json:"types"`             // fields of another type, such as "users.id: number, not string"
}

// shapes are those of all answers, by path.
type shapes map[string]*shape

type shape struct {
	answers              int
	refusal              string
	unknown, seen, types map[string]bool
	expected             map[string]bool // in objects that occurred
}

// envelope are fields that any answer may have.
var envelope = map[string]bool{"code": true, "errorMessage": true, "msg": true, "requestId": true}

// identifier is a name that a server's programmer gave a field. Others may be IDs of users that
// serve as keys.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z_]{0,39}$`)

// note compares a response with the catalogue.
func (all shapes) note(ep *endpoint.Endpoint, r reply) {
	s := all[ep.Path]
	if s == nil {
		s = &shape{unknown: map[string]bool{}, seen: map[string]bool{}, types: map[string]bool{},
			expected: map[string]bool{}}
		all[ep.Path] = s
	}
	object, isObject := r.body.(map[string]any)
	if !r.ok || !isObject {
		s.refusal = r.shown()
		return
	}
	s.answers++
	rest := maps.Clone(object)
	maps.DeleteFunc(rest, func(name string, _ any) bool { return envelope[name] })
	s.object("", rest, results[ep.Path])
}

// object compares one object, whose place is a path that ends in a dot.
func (s *shape) object(place string, object map[string]any, fields []field) {
	if len(fields) == 1 && strings.HasPrefix(fields[0].Name, "<") { // keys are the app's
		for _, value := range object {
			s.value(place+fields[0].Name, value, fields[0])
		}
		return
	}
	known := map[string]field{}
	for _, f := range fields {
		known[f.Name] = f
		s.expected[place+f.Name] = true
	}
	for name, value := range object {
		f, ok := known[name]
		switch {
		case ok:
			s.value(place+name, value, f)
		case identifier.MatchString(name):
			s.unknown[place+name+" ("+jsonType(value)+")"] = true
		default:
			s.unknown[place+"(a name that is no identifier)"] = true
		}
	}
}

// value compares the value of a field that the catalogue has.
func (s *shape) value(place string, value any, f field) {
	s.seen[place] = true
	if have := jsonType(value); have != "null" && !fits(f.Type, have) {
		s.types[place+": "+have+", not "+f.Type] = true
	}
	if len(f.Fields) == 0 {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		s.object(place+".", v, f.Fields)
	case []any:
		for _, item := range v {
			if object, ok := item.(map[string]any); ok {
				s.object(place+".", object, f.Fields)
			}
		}
	}
}

// fits reports whether a JSON type is what the catalogue's word means.
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

// found are the shapes of all endpoints that answered, by path.
func (all shapes) found() []Shape {
	list := []Shape{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		s := all[path]
		absent := map[string]bool{}
		for place := range s.expected {
			if !s.seen[place] {
				absent[place] = true
			}
		}
		one := Shape{Path: path, Answers: s.answers, Unknown: sorted(s.unknown), Absent: sorted(absent),
			Types: sorted(s.types)}
		if s.answers == 0 {
			one.Refusal = s.refusal
		}
		list = append(list, one)
	}
	return list
}

// sorted never returns nil.
func sorted(set map[string]bool) []string {
	return append([]string{}, slices.Sorted(maps.Keys(set))...)
}
