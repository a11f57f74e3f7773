package form

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"unicode/utf8"
)

// Texts are sent as UTF-8. A text that is not UTF-8 would be sent unchanged in a form, and
// encoding/json would silently change it, so it is refused before anything is sent.

// NotUTF8 is the reason for refusing a text that is not UTF-8.
const NotUTF8 = "is not valid UTF-8"

// ErrNotUTF8 refuses a value that contains a text that is not UTF-8.
var ErrNotUTF8 = errors.New("a text " + NotUTF8)

// JSON writes JSON without HTML escaping, and never changes a text.
type JSON struct {
	Own string // path of the package whose MarshalJSON methods are known to change no text
}

// Lossless reports whether encoding/json has kept all texts of a value.
func (j JSON) Lossless(encoded []byte, value any) bool {
	return utf8.Valid(encoded) && (!replaced(encoded) || !j.brokenText(reflect.ValueOf(value), nil))
}

// Marshal returns the JSON of value. It refuses texts that are not UTF-8.
func (j JSON) Marshal(value any) ([]byte, error) {
	var buf bytes.Buffer
	if err := j.Write(&buf, value); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Write appends to buf what Marshal returns.
func (j JSON) Write(buf *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	start := buf.Len()
	if err := encoder.Encode(value); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1) // Encode adds a line break
	if !j.Lossless(buf.Bytes()[start:], value) {
		return ErrNotUTF8
	}
	return nil
}

// replaced reports whether JSON contains the escape that encoding/json writes for bytes that are
// not UTF-8. A text may also contain it after another backslash, and so may JSON from elsewhere.
func replaced(encoded []byte) bool {
	escape := []byte(`\ufffd`)
	for {
		i := bytes.Index(encoded, escape)
		if i < 0 {
			return false
		}
		before := i
		for before > 0 && encoded[before-1] == '\\' {
			before--
		}
		if (i-before)%2 == 0 {
			return true
		}
		encoded = encoded[i+len(escape):]
	}
}

var (
	rawMessage    = reflect.TypeFor[json.RawMessage]()
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// brokenText looks for a text that is not UTF-8 in a value whose JSON contains replacements. open
// are the pointers followed so far.
func (j JSON) brokenText(v reflect.Value, open []uintptr) bool {
	if !v.IsValid() || v.Type() == rawMessage {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		return !utf8.ValidString(v.String())
	case reflect.Interface:
		return j.brokenText(v.Elem(), open)
	case reflect.Pointer:
		for _, pointer := range open {
			if pointer == v.Pointer() {
				return false // a type with its own MarshalJSON may contain itself
			}
		}
		return j.brokenText(v.Elem(), append(open, v.Pointer()))
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if j.brokenText(entries.Key(), open) || j.brokenText(entries.Value(), open) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if j.brokenText(v.Field(i), open) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 { // base64, unless the type says otherwise
			break
		}
		for i := range v.Len() {
			if j.brokenText(v.Index(i), open) {
				return true
			}
		}
	}
	return j.brokenOwn(v)
}

// brokenOwn reports whether a type's own MarshalJSON writes replacements, or text that is not
// UTF-8.
func (j JSON) brokenOwn(v reflect.Value) bool {
	if !v.CanInterface() || v.Type().PkgPath() == j.Own {
		return false
	}
	switch {
	case v.Type().Implements(marshaler):
		text, err := v.Interface().(json.Marshaler).MarshalJSON()
		return err == nil && replaced(text)
	case v.Type().Implements(textMarshaler):
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		return err == nil && !utf8.Valid(text)
	}
	return false
}
