package rongcloud

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Texts travel as UTF-8. What is not UTF-8 would be sent raw in a form, and encoding/json would
// change it without a word, so it is refused before anything is sent.

const notUTF8 = "is not valid UTF-8"

var errNotUTF8 = errors.New("a text " + notUTF8)

// lossless reports whether the JSON that encoding/json has made of a value holds its texts as they
// are.
func lossless(encoded []byte, value any) bool {
	return utf8.Valid(encoded) && (!replaced(encoded) || !brokenText(reflect.ValueOf(value), nil))
}

// replaced reports whether JSON holds the escape that encoding/json writes for what is not UTF-8.
// A text may hold it, too, behind another backslash, and so may JSON that comes from elsewhere.
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

// brokenText looks for a text that is not UTF-8 in a value whose JSON holds replacements. Open are
// the pointers on the way.
func brokenText(v reflect.Value, open []uintptr) bool {
	if !v.IsValid() || v.Type() == rawMessage {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		return !utf8.ValidString(v.String())
	case reflect.Interface:
		return brokenText(v.Elem(), open)
	case reflect.Pointer:
		for _, pointer := range open {
			if pointer == v.Pointer() {
				return false // a type that writes itself may hold itself
			}
		}
		return brokenText(v.Elem(), append(open, v.Pointer()))
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if brokenText(entries.Key(), open) || brokenText(entries.Value(), open) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if brokenText(v.Field(i), open) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 { // base64, unless the type says otherwise
			break
		}
		for i := range v.Len() {
			if brokenText(v.Index(i), open) {
				return true
			}
		}
	}
	return brokenOwn(v)
}

// brokenOwn reports whether a type that writes itself writes replacements, or what is not UTF-8.
func brokenOwn(v reflect.Value) bool {
	if !v.CanInterface() || v.Type().PkgPath() == ownPackage {
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

// ownPackage is the path of this package.
var ownPackage = reflect.TypeFor[Client]().PkgPath()

// isObject reports whether a text is a JSON object.
func isObject(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && json.Valid([]byte(text))
}
