package rongcloud

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// An app's type that embeds a built-in one inherits its MarshalJSON, which knows nothing of the
// other fields: they would be lost silently. Such a type is refused until it has its own
// MarshalJSON. So is a type that has the fields of a built-in one without its MarshalJSON, since
// encoding/json would write a duration as nanoseconds.

// checkContent refuses a content that would not be written as intended.
func checkContent(c MessageContent) error {
	if isNil(c) {
		return fmt.Errorf("is a nil %T", c)
	}
	typ := contentTypeOf(c)
	e := embeddingOf(typ)
	written := e.writes || e.pointerWrites && reflect.TypeOf(c) != typ
	switch {
	case e.lostTo != nil && (written || e.conflicting):
		method, _ := marshalMethod(e.lostTo)
		return fmt.Errorf("%v embeds %v, whose %s loses all other fields: %v needs a MarshalJSON of its own", typ, e.lostTo, method.Name, typ)
	case written || e.builtInFields == nil:
	case e.pointerWrites:
		return fmt.Errorf("is a %v, but only *%v has MarshalJSON, which has to write the fields of %v: pass a pointer", typ, typ, e.builtInFields)
	case e.builtInFields == typ && writtenOtherwise(reflect.Indirect(reflect.ValueOf(c))):
		return fmt.Errorf("%v has the fields of a built-in type, but not its MarshalJSON, which writes them: embed that type or write a MarshalJSON", typ)
	}
	if missing := embeddedNil(c); missing != nil && panics(c) {
		return fmt.Errorf("is a %v whose embedded %v is nil", typ, missing)
	}
	return nil
}

// contentTypeOf is the type of a content without its pointer.
func contentTypeOf(c MessageContent) reflect.Type {
	if typ := reflect.TypeOf(c); typ.Kind() != reflect.Pointer {
		return typ
	}
	return reflect.TypeOf(c).Elem()
}

// embedding describes what a content type embeds.
type embedding struct {
	// The type that writes it without its own fields, or nil.
	lostTo reflect.Type
	// Several embedded built-in types conflict.
	conflicting bool
	// The type with a built-in type's fields that encoding/json would write field by field, or nil.
	builtInFields reflect.Type
	// It embeds a pointer or an interface.
	mayBeNil bool

	writes, pointerWrites bool // it, or a pointer to it, has MarshalJSON or MarshalText
}

var embeddings sync.Map // reflect.Type to *embedding

func embeddingOf(typ reflect.Type) *embedding {
	known, ok := embeddings.Load(typ)
	if !ok {
		made := &embedding{writes: marshals(typ), pointerWrites: marshals(reflect.PointerTo(typ))}
		if typ.Kind() == reflect.Struct {
			scan := embeddingScan{seen: map[reflect.Type]bool{}}
			scan.visit(typ)
			made.mayBeNil, made.conflicting, made.builtInFields = scan.mayBeNil, scan.builtIns > 1, builtInFieldsIn(typ, map[reflect.Type]bool{})
			if scan.writers > 1 || scan.writers == 1 && scan.others > 0 {
				made.lostTo = scan.writer
			}
		}
		known, _ = embeddings.LoadOrStore(typ, made)
	}
	return known.(*embedding)
}

// builtInFieldsIn returns the struct with a built-in type's fields among those that encoding/json
// would write field by field.
func builtInFieldsIn(typ reflect.Type, seen map[reflect.Type]bool) reflect.Type {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || seen[typ] {
		return nil
	}
	seen[typ] = true
	for i := range typ.NumField() {
		field := typ.Field(i)
		if field.Type == keptType {
			return typ
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.Anonymous && name == "" {
			if found := builtInFieldsIn(field.Type, seen); found != nil {
				return found
			}
		}
	}
	return nil
}

// writtenOtherwise reports whether a struct with a built-in type's fields holds values that
// encoding/json would write differently from that type.
func writtenOtherwise(v reflect.Value) bool {
	p := bodyPlanOf(v.Type())
	for _, f := range p.fields {
		if (f.unit != "" || f.holds) && !v.Field(f.index).IsZero() {
			return true
		}
	}
	return p.other >= 0 && v.Field(p.other).Len() > 0 || p.kept >= 0 && len(keysIn(v.Field(p.kept))) > 0
}

// embeddingScan searches a struct, and the structs it embeds, for types whose method would write it
// as a whole, and for other fields to write.
type embeddingScan struct {
	seen     map[reflect.Type]bool
	writer   reflect.Type
	writers  int // if there are two, neither writes the whole, and the fields they share are lost
	builtIns int // the built-in types among them
	others   int
	mayBeNil bool
}

func (s *embeddingScan) visit(typ reflect.Type) {
	writesItself := ownMarshaler(typ)
	if s.seen[typ] {
		return
	}
	s.seen[typ] = true
	for i := range typ.NumField() {
		field := typ.Field(i)
		embedded := field.Type
		if kind := embedded.Kind(); field.Anonymous && (kind == reflect.Pointer || kind == reflect.Interface) {
			s.mayBeNil = true
		}
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		switch {
		case writesItself: // only embedded nils matter here
			if field.Anonymous && embedded.Kind() == reflect.Struct {
				inner := embeddingScan{seen: s.seen}
				inner.visit(embedded)
				s.mayBeNil = s.mayBeNil || inner.mayBeNil
			}
		case field.Anonymous && embedded.Kind() == reflect.Interface && marshals(embedded),
			field.Anonymous && ownMarshaler(embedded):
			s.writer = embedded
			s.writers++
			if embedded.PkgPath() == ownPackage {
				s.builtIns++
			}
		case field.Anonymous && embedded.Kind() == reflect.Struct && !ownMarshaler(embedded):
			s.visit(embedded)
		case field.IsExported() && field.Tag.Get("json") != "-":
			s.others++
		}
	}
}

// marshals reports whether encoding/json calls the type's own method to write it.
func marshals(typ reflect.Type) bool {
	return typ.Implements(marshaler) || typ.Implements(textMarshaler)
}

// marshalMethod returns the method that encoding/json calls to write a type, or a pointer to it.
func marshalMethod(typ reflect.Type) (method reflect.Method, ok bool) {
	pointer := reflect.PointerTo(typ)
	if method, ok = typ.MethodByName("MarshalJSON"); ok {
		return method, ok
	}
	if method, ok = pointer.MethodByName("MarshalJSON"); ok {
		return method, ok
	}
	if method, ok = typ.MethodByName("MarshalText"); ok {
		return method, ok
	}
	return pointer.MethodByName("MarshalText")
}

// ownMarshaler reports whether a type declares MarshalJSON or MarshalText itself. If it only embeds
// a type with such a method, the compiler has generated its own.
func ownMarshaler(typ reflect.Type) bool {
	if typ.Kind() == reflect.Interface {
		return false
	}
	method, ok := marshalMethod(typ)
	if !ok {
		return false
	}
	function := runtime.FuncForPC(method.Func.Pointer())
	if function == nil {
		return true
	}
	file, _ := function.FileLine(function.Entry())
	return file != "<autogenerated>"
}

// embeddedNil returns the type of a nil pointer or interface that a content embeds.
func embeddedNil(c MessageContent) reflect.Type {
	if !embeddingOf(contentTypeOf(c)).mayBeNil {
		return nil
	}
	return nilEmbedded(reflect.Indirect(reflect.ValueOf(c)))
}

// nilEmbedded returns the type of an embedded pointer or interface that is nil, at any depth.
func nilEmbedded(v reflect.Value) reflect.Type {
	for i := range v.NumField() {
		field := v.Field(i)
		if !v.Type().Field(i).Anonymous {
			continue
		}
		if kind := field.Kind(); kind == reflect.Pointer || kind == reflect.Interface {
			if field.IsNil() {
				return field.Type()
			}
			field = field.Elem()
		}
		field = reflect.Indirect(field)
		if field.Kind() == reflect.Struct {
			if missing := nilEmbedded(field); missing != nil {
				return missing
			}
		}
	}
	return nil
}

// panics reports whether a content with an embedded nil panics when it is used.
func panics(c MessageContent) (panicked bool) {
	defer func() {
		panicked = recover() != nil
	}()
	_ = c.ObjectName()
	_, _ = json.Marshal(c)
	return false
}
