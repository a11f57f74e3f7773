package lenient

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"
)

// plan is what the decoder knows about a type.
type plan struct {
	typ    reflect.Type
	kind   kind
	scale  time.Duration // of a duration: its unit
	shift  int64         // of an integer: what is added to it
	elem   *plan         // of a pointer, list, array or map
	items  []string      // of a text: an object in its place has the text under one of these names
	fields []field       // of a struct
	names  []name        // of a struct's fields, in order, followed by alternative ones
	exact  map[string]int
	ranked int  // how many fields have alternative names
	choice bool // an enumeration, a duration or a switch, whose odd values go to Decoder.Unknown
}

type kind uint8

const (
	// holds only null: a function, a channel, a complex number, an interface with methods
	kindNone kind = iota
	kindText
	kindNumberText // json.Number
	kindBool
	kindInt
	kindUint
	kindFloat
	kindTime
	kindSpan
	kindAny
	kindBytes
	kindPointer
	kindList
	kindArray
	kindMap
	kindStruct
	kindOwn     // a json.Unmarshaler
	kindOwnText // an encoding.TextUnmarshaler
)

// field is a field of a struct, or of one embedded in it.
type field struct {
	name   string
	index  []int
	plan   *plan
	quoted bool // the option "string"
	choice bool // the plan, or what its pointer refers to, is a choice
	slot   int  // where the name that filled it is recorded; 0 if it has only one name
}

// name is one name of a field. rank is its index among the names of the field.
type name struct {
	text  string
	field int
	rank  int
}

// planKey identifies a plan: the same type is decoded differently in different fields.
type planKey struct {
	typ reflect.Type

	unit, items, from string // the tags of the field that has the type

	pointed    bool // it is behind a pointer, so an unnamed type's methods are called
	structural bool // it is decoded without its own methods
}

var (
	plans sync.Map // planKey to *plan

	timeType        = reflect.TypeFor[time.Time]()
	durationType    = reflect.TypeFor[time.Duration]()
	numberType      = reflect.TypeFor[json.Number]()
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func planOf(key planKey) *plan {
	if known, ok := plans.Load(key); ok {
		return known.(*plan)
	}
	// Only complete plans are shared: those of types that contain each other become visible
	// together.
	made := builder{}
	p := made.plan(key)
	for key, p := range made {
		plans.LoadOrStore(key, p)
	}
	return p
}

// builder holds the plans being built.
type builder map[planKey]*plan

func (b builder) plan(key planKey) *plan {
	key.pointed = key.pointed && key.typ.Name() == "" // named types have their methods anyway
	if known, ok := plans.Load(key); ok {
		return known.(*plan)
	}
	if p, ok := b[key]; ok {
		return p
	}
	p := &plan{typ: key.typ, kind: kindOf(key)}
	b[key] = p
	inner := key
	switch p.kind {
	case kindText:
		if key.items != "" {
			p.items = strings.Split(key.items, ",")
		}
	case kindSpan:
		p.scale, p.choice = units[key.unit], true
	case kindBool:
		p.choice = key.unit == "switch"
	case kindInt:
		p.choice = key.typ.PkgPath() != "" && key.typ != durationType
		if key.from == "0" {
			p.shift = 1
		}
	case kindPointer, kindList, kindBytes, kindArray, kindMap:
		inner.typ, inner.pointed, inner.structural = key.typ.Elem(), p.kind == kindPointer, false
		p.elem = b.plan(inner)
		if p.kind == kindMap && !keyed(key.typ.Key()) {
			p.kind = kindNone
		}
	case kindStruct:
		b.addFields(p)
	}
	return p
}

var units = map[string]time.Duration{"ms": time.Millisecond, "seconds": time.Second, "minutes": time.Minute}

// kindOf returns how a type is decoded, deciding in the same order as encoding/json.
func kindOf(key planKey) kind {
	typ := key.typ
	_, seen := transparent.Load(typ)
	switch pointer := reflect.PointerTo(typ); {
	case seen || key.structural || typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Interface:
	case typ == timeType:
		return kindTime
	case typ == durationType && units[key.unit] != 0:
		return kindSpan
	case typ == numberType:
		return kindNumberText
	case typ.Name() == "" && !key.pointed:
	case pointer.Implements(unmarshaler):
		return kindOwn
	case pointer.Implements(textUnmarshaler):
		return kindOwnText
	}
	switch typ.Kind() {
	case reflect.String:
		return kindText
	case reflect.Bool:
		return kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return kindUint
	case reflect.Float32, reflect.Float64:
		return kindFloat
	case reflect.Interface:
		if typ.NumMethod() == 0 {
			return kindAny
		}
	case reflect.Pointer:
		if !selfReferential(typ) {
			return kindPointer
		}
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return kindBytes
		}
		return kindList
	case reflect.Array:
		return kindArray
	case reflect.Map:
		return kindMap
	case reflect.Struct:
		return kindStruct
	}
	return kindNone
}

// selfReferential reports whether a pointer type only refers to itself.
func selfReferential(typ reflect.Type) bool {
	seen := map[reflect.Type]bool{}
	for ; typ.Kind() == reflect.Pointer; typ = typ.Elem() {
		if seen[typ] {
			return true
		}
		seen[typ] = true
	}
	return false
}

// keyed reports whether encoding/json accepts this type as a map key.
func keyed(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	}
	return reflect.PointerTo(typ).Implements(textUnmarshaler)
}

// addFields adds a struct's fields and their names to its plan.
func (b builder) addFields(p *plan) {
	found := fieldsOf(p.typ)
	p.exact = make(map[string]int, len(found))
	for i, f := range found {
		tag := f.tag
		made := field{name: f.name, index: f.index, quoted: f.quoted}
		made.plan = b.plan(planKey{typ: f.typ, unit: tag.Get("unit"), items: tag.Get("item"), from: tag.Get("from"), structural: f.sealed})
		made.choice = made.plan.choice || made.plan.kind == kindPointer && made.plan.elem.choice
		if tag.Get("alt") != "" {
			p.ranked++
			made.slot = p.ranked
		}
		p.fields = append(p.fields, made)
		p.addName(name{f.name, i, 0})
	}
	for i, f := range found {
		if others := f.tag.Get("alt"); others != "" {
			for rank, other := range strings.Split(others, ",") {
				p.addName(name{other, i, rank + 1})
			}
		}
	}
}

func (p *plan) addName(n name) {
	if _, taken := p.exact[n.text]; !taken {
		p.exact[n.text] = len(p.names)
	}
	p.names = append(p.names, n)
}

// find returns the index of the name that a key matches, or -1. next is the likely one.
func (p *plan) find(key []byte, next int) (i int, folded bool) {
	if next < len(p.names) && p.names[next].text == string(key) {
		return next, false
	}
	if i, ok := p.exact[string(key)]; ok {
		return i, false
	}
	for i := range p.names {
		if strings.EqualFold(p.names[i].text, string(key)) {
			return i, true
		}
	}
	return -1, false
}
