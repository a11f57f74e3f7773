// Package lenient decodes JSON into Go values as encoding/json does, and goes on where
// encoding/json gives up.
//
// It promises:
//
//   - What encoding/json accepts is decoded to the same value, whatever the Go type: embedded and
//     untagged fields, repeated keys, letter case, maps of any key, arrays, json.Unmarshaler,
//     encoding.TextUnmarshaler, the option "string".
//   - What encoding/json refuses is read as servers mean it: numbers as text and text as numbers,
//     0 and 1 as booleans, JSON inside a text, one item where a list belongs, an empty list where
//     an object belongs and the other way round, dates and Unix milliseconds for a time.Time. A
//     fraction is rounded where a whole number belongs. What is no time becomes the zero time.
//   - No input panics, and no error quotes it: errors name fields and kinds.
//   - It is fast: one pass over the text, and strings that share memory.
//
// Tags say what encoding/json cannot:
//
//   - unit:"ms", unit:"seconds" or unit:"minutes" on a time.Duration: a number of these, fractions
//     too. Without it a Duration is a number of nanoseconds, as encoding/json has it.
//   - from:"0" on an integer: JSON counts from 0 what the Go type counts from 1, as an enumeration
//     does whose zero means that there is none. Nothing, null and an empty text stay 0.
//   - alt:"a,b" names further spellings of a field. The first one that has a value counts; null is
//     none, nor is an empty text beside a value.
//   - item:"id,userId" on a list of texts: an item may be an object that holds the text by one of
//     these names.
package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Decoder decodes. Its zero value takes dates without a zone for UTC and keeps nulls in lists.
type Decoder struct {
	Zone      *time.Location // the zone of dates that name none
	DropNulls bool           // a null in a list is no item

	// Unknown, if it is not nil, is given each member of an object that no field of the struct
	// takes, and a pointer to the struct. First says that it is the first one of that object. The
	// value is valid JSON, and not to be kept without a copy.
	//
	// It is also given, under the name of the field, what an enumeration (a whole number with a
	// type of its own), a span or a switch (a boolean with unit:"switch") cannot hold: a word for
	// a number, a negative span, a switch that is neither on nor off. The field then has its zero
	// value.
	Unknown func(target any, key string, value []byte, first bool)
}

// Decode reads data, one JSON document, into out, a pointer that is not nil. Like json.Unmarshal it
// leaves alone what the document does not name. After an error out may be half filled.
func (d Decoder) Decode(data []byte, out any) error {
	if err := Check(data); err != nil {
		return err
	}
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return errors.New("nothing to decode into")
	}
	r := reader{Decoder: d, data: data}
	return r.value(planOf(planKey{typ: v.Type().Elem(), pointed: true}), v.Elem())
}

// Fields is Decode for a struct whose UnmarshalJSON calls it, and for data that Check has passed.
func (d Decoder) Fields(data []byte, out any) error {
	v := reflect.ValueOf(out).Elem()
	r := reader{Decoder: d, data: data}
	return r.value(planOf(planKey{typ: v.Type(), structural: true}), v)
}

// Check reports data that is not one JSON document.
func Check(data []byte) error {
	if json.Valid(data) {
		return nil
	}
	err := json.Unmarshal(data, new(json.RawMessage))
	var syntax *json.SyntaxError
	switch {
	case err != nil && err.Error() == "unexpected end of JSON input": // which quotes nothing
		return err
	case errors.As(err, &syntax):
		return &wrapped{fmt.Sprintf("invalid character at byte %d", syntax.Offset), err}
	}
	return &wrapped{"not valid JSON", err}
}

// wrapped is an error with a text of ours: the one inside may quote what it met.
type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }

func (w *wrapped) Unwrap() error { return w.err }

// placed is an error with the way to its place, from the inside out.
type placed struct {
	steps []string
	err   error
}

// maxSteps bounds the way that an error tells. Of a longer one it tells the end.
const maxSteps = 16

func (p *placed) Error() string {
	var text strings.Builder
	if len(p.steps) == maxSteps {
		text.WriteString("…: ")
	}
	for _, step := range slices.Backward(p.steps) {
		text.WriteString(step + ": ")
	}
	return text.String() + p.err.Error()
}

func (p *placed) Unwrap() error { return p.err }

// at adds the step that leads to where an error was met.
func at(step string, err error) error {
	p, ok := err.(*placed) //nolint:errorlint // what is wrapped elsewhere is another's place
	if !ok {
		p = &placed{err: err}
	}
	if len(p.steps) < maxSteps {
		p.steps = append(p.steps, step)
	}
	return p
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// TrimMark returns data without the byte order mark that some servers begin with.
func TrimMark(data []byte) []byte { return bytes.TrimPrefix(data, byteOrderMark) }

// Object returns the members of an object. An empty text or list and null are an object without
// members, and an object may come as JSON text.
func Object(data json.RawMessage) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	err := Decoder{}.Decode(data, &object)
	return object, err
}

// Text returns the text of a JSON string, number or boolean, nothing for null, and else JSON
// itself.
func Text(data json.RawMessage) (string, error) {
	var text string
	err := Decoder{}.Decode(data, &text)
	return text, err
}

// HoldsObject reports whether a JSON object can be decoded into a type.
func HoldsObject(typ reflect.Type) bool {
	p := planOf(planKey{typ: typ, pointed: true})
	for range maxSteps { // a list may be one of itself
		switch p.kind {
		case kindPointer:
		case kindList, kindArray:
			if p.elem.kind == kindText || p.kind == kindArray && p.typ.Len() == 0 {
				return false
			}
		default:
			return p.kind == kindText || p.kind == kindBytes || p.kind == kindAny || p.kind == kindMap || p.kind == kindStruct || p.kind == kindOwn
		}
		p = p.elem
	}
	return false
}

var transparent sync.Map // reflect.Type to nothing

// Transparent notes that the UnmarshalJSON of T only hands T to this package. Decoders then
// look into T without calling it. It is called before anything is decoded.
func Transparent[T any]() bool {
	transparent.Store(reflect.TypeFor[T](), nil)
	return true
}
