package rongcloud

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// kept holds the members of a JSON object that its Go type does not know. Every content type, and
// every struct inside one, embeds it. It is a pointer, nil if there are none, so that a body
// without unknown members costs nothing and the types stay comparable.
type kept struct{ keys *unknownKeys }

// unknownKeys are in the order of the body. They never change, because copies of a message share
// them.
type unknownKeys []unknownKey

// has reports whether the value of a field is kept as an unknown key, because the field could not
// hold it.
func (u unknownKeys) has(f *bodyField) bool {
	return slices.ContainsFunc(u, func(key unknownKey) bool { return f.named(key.name) })
}

type unknownKey struct {
	name  string
	value json.RawMessage
}

// keeper is a struct that embeds kept.
type keeper interface{ keeping() *kept }

var keeperType = reflect.TypeFor[keeper]()

func (k *kept) keeping() *kept { return k }

// keeps reports whether one of the SDK's structs holds unknown keys. An app's type that embeds such
// a struct also has its methods, but does not count.
func keeps(typ reflect.Type) bool {
	return typ.PkgPath() == ownPackage && bodyPlanOf(typ).kept >= 0
}

// keepUnknown keeps a member of the object that target, a pointer to a struct, is decoded from.
// First says that it is the first member of that object.
func keepUnknown(target any, key string, value []byte, first bool) {
	if receiver, ok := target.(interface {
		keepUnknown(key string, value json.RawMessage, first bool)
	}); ok {
		receiver.keepUnknown(key, value, first)
		return
	}
	k, ok := target.(keeper)
	if !ok || bodyPlanOf(reflect.TypeOf(target).Elem()).reads(key) {
		return
	}
	kept := k.keeping()
	if first || kept.keys == nil {
		kept.keys = new(unknownKeys)
	}
	var text bytes.Buffer
	_ = json.Compact(&text, value) // the JSON is valid
	*kept.keys = append(*kept.keys, unknownKey{key, bytes.ToValidUTF8(text.Bytes(), []byte("\ufffd"))})
}

// keysIn returns the unknown keys in v, a kept.
func keysIn(v reflect.Value) unknownKeys {
	pointer := (*unknownKeys)(v.Field(0).UnsafePointer())
	if pointer == nil {
		return nil
	}
	return *pointer
}

// UnknownKeys returns the keys that the type of a built-in message does not know, as read by
// [DecodeContent] or by encoding/json: the JSON of each value by its key. A key inside another
// object comes with its path, such as user.level, referMsg.level or msgList[0].content.level. A
// dot, an opening bracket or a backslash in the key itself is escaped with a backslash, so a key
// named user.level comes as user\.level. The map is nil if there are none, and for types that are
// not built in.
//
// They include values that a field cannot hold, while that field is empty: a userType or
// conversationType that is not a number, an auditType other than 0 and 1, a negative duration.
//
// They are sent when the message is written, for example when a message from the history is
// modified. [WithoutUnknownKeys] drops them.
func UnknownKeys(c MessageContent) map[string]json.RawMessage {
	var found map[string]json.RawMessage
	eachUnknown(reflect.ValueOf(c), "", func(way string, key unknownKey) {
		if found == nil {
			found = map[string]json.RawMessage{}
		}
		found[way+pathEscaper.Replace(key.name)] = bytes.Clone(key.value)
	})
	return found
}

// pathEscaper escapes what paths are made of, so that no key reads like a path.
var pathEscaper = strings.NewReplacer(`\`, `\\`, `.`, `\.`, `[`, `\[`)

// eachUnknown calls visit with the unknown keys in v and in the values nested in it.
func eachUnknown(v reflect.Value, way string, visit func(way string, key unknownKey)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachUnknown(v.Elem(), way, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachUnknown(v.Index(i), strings.TrimSuffix(way, ".")+"["+strconv.Itoa(i)+"].", visit)
		}
	case reflect.Struct:
		if !keeps(v.Type()) {
			return
		}
		p := bodyPlanOf(v.Type())
		for _, key := range keysIn(v.Field(p.kept)) {
			if p.counts(v, key) {
				visit(way, key)
			}
		}
		for i := range p.fields {
			if f := &p.fields[i]; f.nested || f.holds {
				eachUnknown(v.Field(f.index), way+f.key[1:len(f.key)-2]+".", visit)
			}
		}
	}
}

// WithoutUnknownKeys returns a copy of a built-in message without the keys that [UnknownKeys]
// returns, including those of nested messages. Messages of other types are returned as they are.
func WithoutUnknownKeys[T MessageContent](c T) T {
	dropUnknown(reflect.ValueOf(&c).Elem())
	return c
}

// dropUnknown drops the unknown keys in v, a variable. It copies what v shares with others.
func dropUnknown(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().Kind() == reflect.Struct && keeps(v.Type().Elem()) {
			copied := reflect.New(v.Type().Elem())
			copied.Elem().Set(v.Elem())
			dropUnknown(copied.Elem())
			v.Set(copied)
		}
	case reflect.Interface:
		if !v.IsNil() {
			copied := reflect.New(v.Elem().Type()).Elem()
			copied.Set(v.Elem())
			dropUnknown(copied)
			v.Set(copied)
		}
	case reflect.Slice:
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		for i := range copied.Len() {
			dropUnknown(copied.Index(i))
		}
		v.Set(copied)
	case reflect.Struct:
		k, ok := reflect.TypeAssert[keeper](v.Addr())
		if !ok || !keeps(v.Type()) {
			return
		}
		k.keeping().keys = nil
		for _, f := range bodyPlanOf(v.Type()).fields {
			if f.nested && !v.Field(f.index).IsZero() || f.holds {
				dropUnknown(v.Field(f.index))
			}
		}
	}
}

// isKnown reports whether a message has no unknown keys.
func isKnown(c MessageContent) bool {
	known := true
	eachUnknown(reflect.ValueOf(c), "", func(string, unknownKey) { known = false })
	return known
}
