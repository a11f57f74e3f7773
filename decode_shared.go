package rongcloud

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// An answer of the documented types is decoded here, ahead of encoding/json: in one pass, and with all its strings as
// parts of one copy of the answer. A send to 1000 users answers with 2000 strings. Whatever is not plain is left to
// the other two decoders.

// maxShared bounds the answer that one kept string can keep alive.
const maxShared = 64 << 10

// shape is what this decoder needs to know of a type. A nil shape is a type that it leaves to others.
type shape struct {
	kind   reflect.Kind // Int stands for all sizes
	elem   *shape       // of a slice or pointer
	typ    reflect.Type
	names  []string // of a struct's fields
	fields []*shape
	index  []int
}

var shapes sync.Map // reflect.Type to *shape

func shapeOf(typ reflect.Type) *shape {
	known, ok := shapes.Load(typ)
	if !ok {
		known, _ = shapes.LoadOrStore(typ, newShape(typ, nil))
	}
	return known.(*shape)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// newShape looks into a type; open are the types around it. One that holds itself is left to others.
func newShape(typ reflect.Type, open []reflect.Type) *shape {
	if slices.Contains(open, typ) || special(typ) || reflect.PointerTo(typ).Implements(unmarshaler) {
		return nil
	}
	open = append(open, typ)
	s := &shape{kind: typ.Kind(), typ: typ}
	switch typ.Kind() {
	case reflect.String, reflect.Bool:
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.kind = reflect.Int
	case reflect.Slice, reflect.Pointer:
		s.elem = newShape(typ.Elem(), open)
		if s.elem == nil {
			return nil
		}
	case reflect.Struct:
		for i := range typ.NumField() {
			field := typ.Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Anonymous || name == "" || name == "-" || options != "" || !field.IsExported() {
				return nil
			}
			inner := newShape(field.Type, open)
			if inner == nil {
				return nil
			}
			s.names, s.fields, s.index = append(s.names, name), append(s.fields, inner), append(s.index, i)
		}
	default:
		return nil
	}
	return s
}

// sharing reads one valid JSON document.
type sharing struct {
	text string
	pos  int
}

// decodeShared decodes data, which must be valid JSON, into v, and reports whether it could.
func decodeShared(data []byte, v reflect.Value) bool {
	if len(data) > maxShared {
		return false
	}
	s := shapeOf(v.Type())
	if s == nil {
		return false
	}
	d := sharing{text: string(data)}
	return d.value(s, v)
}

// next skips white space and returns the byte that is next.
func (d *sharing) next() byte {
	for d.text[d.pos] <= ' ' {
		d.pos++
	}
	return d.text[d.pos]
}

func (d *sharing) value(s *shape, v reflect.Value) bool {
	c := d.next()
	if c == 'n' { // null changes nothing
		d.skip()
		return true
	}
	switch s.kind {
	case reflect.String:
		if c != '"' {
			return false
		}
		text, ok := d.str()
		v.SetString(text)
		return ok
	case reflect.Int:
		start := d.pos
		d.skip()
		n, err := strconv.ParseInt(d.text[start:d.pos], 10, 64)
		if err != nil || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	case reflect.Bool:
		v.SetBool(c == 't')
		d.skip()
		return c == 't' || c == 'f'
	case reflect.Pointer:
		v.Set(reflect.New(s.elem.typ))
		return d.value(s.elem, v.Elem())
	case reflect.Slice:
		return c == '[' && d.slice(s, v)
	default:
		return c == '{' && d.object(s, v)
	}
}

func (d *sharing) slice(s *shape, v reflect.Value) bool {
	start := d.pos
	n := 0
	for d.pos++; d.next() != ']'; n++ { // count first, to allocate once
		d.skip()
		if d.next() == ',' {
			d.pos++
		}
	}
	v.Set(reflect.MakeSlice(s.typ, n, n))
	d.pos = start + 1
	for i := range n {
		if !d.value(s.elem, v.Index(i)) {
			return false
		}
		if d.next() == ',' {
			d.pos++
		}
	}
	d.next()
	d.pos++
	return true
}

func (d *sharing) object(s *shape, v reflect.Value) bool {
	for d.pos++; d.next() != '}'; {
		key, ok := d.str()
		if !ok {
			return false
		}
		d.next()
		d.pos++ // the colon
		i := slices.Index(s.names, key)
		if i < 0 {
			i = slices.IndexFunc(s.names, func(name string) bool { return strings.EqualFold(name, key) })
		}
		if i < 0 {
			d.skip()
		} else if !d.value(s.fields[i], v.Field(s.index[i])) {
			return false
		}
		if d.next() == ',' {
			d.pos++
		}
	}
	d.pos++
	return true
}

// str reads a string. One with escapes or broken characters gets a copy of its own.
func (d *sharing) str() (string, bool) {
	start := d.pos
	d.next()
	d.skip()
	literal := d.text[start:d.pos]
	text := strings.TrimSpace(literal)
	inner := text[1 : len(text)-1]
	if !strings.Contains(inner, `\`) && utf8.ValidString(inner) {
		return inner, true
	}
	var own string
	err := json.Unmarshal([]byte(text), &own)
	return own, err == nil
}

// skip passes one value.
func (d *sharing) skip() {
	d.next()
	for depth := 0; d.pos < len(d.text); {
		switch d.text[d.pos] {
		case '"':
			for d.pos++; d.text[d.pos] != '"'; d.pos++ {
				if d.text[d.pos] == '\\' {
					d.pos++
				}
			}
		case '{', '[':
			depth++
		case '}', ']', ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return // the end of a number or word
			}
			if c := d.text[d.pos]; c == '}' || c == ']' {
				depth--
			}
		default: // part of a number or word
			d.pos++
			continue
		}
		c := d.text[d.pos]
		d.pos++
		if depth == 0 && (c == '"' || c == '}' || c == ']') {
			return
		}
	}
}
