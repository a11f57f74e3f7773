// Package lenient decodes JSON into Go values like encoding/json, and continues where
// encoding/json gives up.
//
// It promises:
//
//   - What encoding/json accepts is decoded to the same value, whatever the Go type: embedded and
//     untagged fields, repeated keys, letter case, maps of any key, arrays, json.Unmarshaler,
//     encoding.TextUnmarshaler, the option "string".
//   - What encoding/json refuses is read as servers mean it: numbers as text and text as numbers,
//     0 and 1 as booleans, JSON inside a text, one item instead of a list, an empty list instead
//     of an object and vice versa, dates and Unix milliseconds for a time.Time. A fraction is
//     rounded for a whole number. An invalid time becomes the zero time.
//   - No input causes a panic, and no error quotes the input: errors name fields and kinds.
//   - It is fast: one pass over the text, and strings that share memory.
//
// Tags extend those of encoding/json:
//
//   - unit:"ms", unit:"seconds" or unit:"minutes" on a time.Duration: a number of these units,
//     possibly with a fraction. Without the tag a Duration is a number of nanoseconds, as for
//     encoding/json.
//   - from:"0" on an integer: JSON counts from 0 and the Go type from 1, as for an enumeration
//     whose zero means none. A missing value, null and an empty text stay 0.
//   - alt:"a,b" names alternative spellings of a field. The first one that has a value wins; null
//     does not count as a value, nor does an empty text if another spelling has a value.
//   - item:"id,userId" on a list of texts: an item may be an object that has the text under one of
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

// Decoder decodes JSON. Its zero value treats dates without a zone as UTC and keeps nulls in
// lists.
type Decoder struct {
	Zone      *time.Location // the zone of dates without one
	DropNulls bool           // drop nulls from lists

	// Unknown, if not nil, is called with each member of an object that has no field in the
	// struct, and a pointer to the struct. first marks the first such member of the object. The
	// value is valid JSON, and must be copied to be kept.
	//
	// It is also called, with the name of the field, for values that an enumeration (a whole
	// number with its own type), a duration or a switch (a boolean with unit:"switch") cannot
	// hold: a word for a number, a negative duration, a switch that is neither on nor off. The
	// field then has its zero value.
	Unknown func(target any, key string, value []byte, first bool)
}

// Decode decodes data, one JSON document, into out, a non-nil pointer. Like json.Unmarshal, it
// keeps what the document does not name. After an error, out may be partly filled.
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

// Fields is Decode for a struct whose UnmarshalJSON calls it, and for data that has passed Check.
func (d Decoder) Fields(data []byte, out any) error {
	v := reflect.ValueOf(out).Elem()
	r := reader{Decoder: d, data: data}
	return r.value(planOf(planKey{typ: v.Type(), structural: true}), v)
}

// Check returns an error if data is not one JSON document.
func Check(data []byte) error {
	if json.Valid(data) {
		return nil
	}
	err := json.Unmarshal(data, new(json.RawMessage))
	var syntax *json.SyntaxError
	switch {
	// which does not quote the input
	case err != nil && err.Error() == "unexpected end of JSON input":
		return err
	case errors.As(err, &syntax):
		return &quietError{fmt.Sprintf("invalid character at byte %d", syntax.Offset), err}
	}
	return &quietError{"not valid JSON", err}
}

// quietError is an error with our own text: the wrapped error's text may quote the input.
type quietError struct {
	text string
	err  error
}

func (w *quietError) Error() string { return w.text }

func (w *quietError) Unwrap() error { return w.err }

// pathError is an error with the path to where it occurred, innermost first.
type pathError struct {
	steps []string
	err   error
}

// maxSteps limits the path in an error. Of a longer path it keeps the end.
const maxSteps = 16

func (p *pathError) Error() string {
	var text strings.Builder
	if len(p.steps) == maxSteps {
		text.WriteString("…: ")
	}
	for _, step := range slices.Backward(p.steps) {
		text.WriteString(step + ": ")
	}
	return text.String() + p.err.Error()
}

func (p *pathError) Unwrap() error { return p.err }

// at adds a step to the path of an error.
func at(step string, err error) error {
	p, ok := err.(*pathError) //nolint:errorlint // an error wrapped elsewhere has its own path
	if !ok {
		p = &pathError{err: err}
	}
	if len(p.steps) < maxSteps {
		p.steps = append(p.steps, step)
	}
	return p
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// TrimMark returns data without the byte order mark that some servers send first.
func TrimMark(data []byte) []byte { return bytes.TrimPrefix(data, byteOrderMark) }

// Object returns the members of an object. An empty text or list and null count as an object
// without members, and an object may be JSON inside a text.
func Object(data json.RawMessage) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	err := Decoder{}.Decode(data, &object)
	return object, err
}

// Text returns the text of a JSON string, number or boolean, nothing for null, and any other JSON
// unchanged.
func Text(data json.RawMessage) (string, error) {
	var text string
	err := Decoder{}.Decode(data, &text)
	return text, err
}

// HoldsObject reports whether a JSON object can be decoded into a type.
func HoldsObject(typ reflect.Type) bool {
	p := planOf(planKey{typ: typ, pointed: true})
	for range maxSteps { // a list type may contain itself
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

// Transparent records that the UnmarshalJSON of T only calls this package. Decoders then decode
// T's fields directly. Call it before anything is decoded.
func Transparent[T any]() bool {
	transparent.Store(reflect.TypeFor[T](), nil)
	return true
}
