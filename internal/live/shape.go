package live

import (
	"maps"
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

// openPoint is a statement of the catalogue that it calls unconfirmed.
type openPoint struct{ Path, Text string }

// Shape is how the responses of one endpoint differ from the catalogue. Names of fields only:
// values may be the app's.
type Shape struct {
	Path    string   `json:"path"`
	Answers int      `json:"answers"`           // successful ones
	Refusal string   `json:"refusal,omitempty"` // status and code of the last response, if none was a success
	Unknown []string `json:"unknown"`           // fields that the catalogue does not have
	Absent  []string `json:"absent"`            // fields of the catalogue that no response had, where their place was there
	Types   []string `json:"types"`             // fields of another type, such as "users.id: number, not string"
}

// shapes are those of all responses, by path.
type shapes map[string]*responses

type responses struct {
	*shape.Notes
	answers int
	refusal string
}

// note compares a response with the catalogue.
func (all shapes) note(ep *endpoint.Endpoint, r reply) {
	s := all[ep.Path]
	if s == nil {
		s = &responses{Notes: shape.NewNotes(ep.String())}
		all[ep.Path] = s
	}
	object, isObject := r.body.(map[string]any)
	if !r.ok || !isObject {
		s.refusal = r.shown()
		return
	}
	s.answers++
	s.Add(object)
}

// found are the shapes of all endpoints that answered, by path.
func (all shapes) found() []Shape {
	list := []Shape{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		s := all[path]
		one := Shape{Path: path, Answers: s.answers, Unknown: s.Unknown(), Absent: s.Absent(), Types: s.Types()}
		if s.answers == 0 {
			one.Refusal = s.refusal
		}
		list = append(list, one)
	}
	return list
}
