package live

import (
	"maps"
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

// openPoint is a statement that the catalogue marks as unconfirmed.
type openPoint struct{ Path, Text string }

// Shape is how the responses of one endpoint differ from the catalogue. It has only names of
// fields: values may be the app's data.
type Shape struct {
	Path    string `json:"path"`
	Answers int    `json:"answers"` // successful responses
	// status and code of the last response, if none was a success
	Refusal string   `json:"refusal,omitempty"`
	Unknown []string `json:"unknown"` // fields that the catalogue does not have
	// fields of the catalogue that no response had, though their parent was present
	Absent []string `json:"absent"`
	// fields of another type, such as "users.id: number, not string"
	Types []string `json:"types"`
}

// shapes are the shapes of all responses, by path.
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
		s.refusal = r.describe()
		return
	}
	s.answers++
	s.Add(object)
}

// found returns the shapes of all endpoints that responded, by path.
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
