package lenient

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

func (r *reader) toStruct(p *plan, v reflect.Value) error {
	switch c := r.next(); c {
	case '{':
		return r.object(p, v)
	case '[':
		if isEmptyList(r.raw()) {
			return nil
		}
		return mismatch("an object", c)
	case '"':
		return r.objectInText(p, v)
	default:
		r.skip()
		return mismatch("an object", c)
	}
}

// objectInText reads an object inside a text. An empty text is an object without members.
func (r *reader) objectInText(p *plan, v reflect.Value) error {
	text := strings.TrimSpace(unquote(r.raw()))
	switch {
	case text == "" || text == "null":
		return nil
	case (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text)):
		return r.jsonInText(text, p, v)
	}
	return mismatch("an object", '"')
}

func isEmptyList(text []byte) bool {
	return len(text) > 1 && text[0] == '[' && len(bytes.TrimSpace(text[1:len(text)-1])) == 0
}

func isEmptyObject(text []byte) bool {
	return len(text) > 1 && text[0] == '{' && len(bytes.TrimSpace(text[1:len(text)-1])) == 0
}

// object reads the members of an object into a struct.
func (r *reader) object(p *plan, v reflect.Value) error {
	var few [8]filling // for each field with alternative names
	filled := few[:]
	if p.ranked >= len(few) {
		filled = make([]filling, p.ranked+1)
	}
	next, first := 0, true
	for r.pos++; r.next() != '}'; r.comma() {
		key := r.key()
		i, folded := p.find(key, next)
		if i < 0 {
			r.unknown(v, key, first)
			first = false
			continue
		}
		next = i + 1
		n := &p.names[i]
		f := &p.fields[n.field]
		fresh := false
		if f.slot > 0 {
			var preferred bool
			if preferred, fresh = r.preferred(n, folded, &filled[f.slot]); !preferred {
				r.skip()
				continue
			}
		}
		target, err := f.in(v)
		if err != nil {
			return at(f.name, err)
		}
		if fresh {
			target.SetZero() // clears what came by another name
		}
		switch {
		case f.choice && r.Unknown != nil && v.CanAddr():
			if r.unknownChoice(f, target) {
				r.Unknown(v.Addr().Interface(), f.name, r.raw(), first)
				first = false
			}
		case f.quoted:
			err = r.quoted(f.plan, target)
		default:
			err = r.value(f.plan, target)
		}
		if err != nil {
			return at(f.name, err)
		}
	}
	r.pos++
	return nil
}

// unknownChoice reads a choice. It reports whether the value is not one of its values, and then
// does not consume it.
func (r *reader) unknownChoice(f *field, v reflect.Value) bool {
	r.next()
	start := r.pos
	if r.value(f.plan, v) == nil && !r.unfitting(v, r.data[start:r.pos]) {
		return false
	}
	r.pos = start
	v.SetZero()
	return true
}

// unfitting reports whether a value was read that does not fit its type: a negative duration, or a
// switch that is neither on nor off.
func (r *reader) unfitting(v reflect.Value, literal []byte) bool {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case !v.IsValid():
	case v.Type() == durationType:
		return v.Int() < 0
	case v.Kind() == reflect.Bool && v.Bool():
		text := bytes.Trim(literal, `"`)
		n, err := wholeNumber(text)
		return err == nil && n != 1
	}
	return false
}

// unknown skips the value of a member without a field, and reports it.
func (r *reader) unknown(v reflect.Value, key []byte, first bool) {
	value := r.raw()
	if r.Unknown != nil && v.CanAddr() {
		r.Unknown(v.Addr().Interface(), string(key), value, first)
	}
}

// filling records by which of its names a field with alternative names has been filled.
type filling struct {
	rank  int32 // one more than the name's index; 0 if not filled
	empty bool  // with an empty text
}

// preferred reports whether a member takes precedence over the one that filled a field before. A
// null never does, an empty text has less precedence than a value, and a name in another letter
// case less than any exact one. fresh says that another name had filled the field.
func (r *reader) preferred(n *name, folded bool, filled *filling) (preferred, fresh bool) {
	rank := int32(n.rank + 1) //nolint:gosec // a field has few names
	if folded {
		rank += 1 << 16
	}
	c := r.next()
	empty := c == '"' && r.data[r.pos+1] == '"'
	switch {
	case c == 'n':
		return false, false
	case filled.rank == 0 || filled.rank == rank:
	case empty || !filled.empty && filled.rank < rank:
		return false, false
	default:
		fresh = true
	}
	*filled = filling{rank, empty}
	return true, fresh
}

// key reads the key of a member and skips the colon.
func (r *reader) key() []byte {
	literal := r.raw()
	key, ok := unescaped(literal)
	if !ok {
		key = []byte(unquote(literal))
	}
	r.next()
	r.pos++
	return key
}

// in returns the field of a struct. It allocates embedded structs on the way.
func (f *field) in(v reflect.Value) (reflect.Value, error) {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return v, fmt.Errorf("the embedded %v is unexported and nil", v.Type())
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	if !v.CanSet() && f.plan.kind != kindStruct {
		return v, errors.New("the field cannot be set")
	}
	return v, nil
}

// quoted reads the value of a field with the option "string".
func (r *reader) quoted(p *plan, v reflect.Value) error {
	if r.next() != '"' {
		return r.value(p, v)
	}
	start := r.pos
	text := unquote(r.raw())
	switch {
	case text == "null":
		return r.jsonInText(text, p, v)
	case p.kind == kindPointer:
		if v.IsNil() {
			v.Set(reflect.New(p.elem.typ))
		}
		r.pos = start
		return r.quoted(p.elem, v.Elem())
	case p.kind == kindOwn && text != "":
		return r.toOwn([]byte(text), v)
	case p.kind == kindNumberText && text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9'):
		v.SetString(text) // encoding/json does not check the rest
		return nil
	case (p.kind == kindText || p.kind == kindNumberText || p.kind == kindOwnText) && strings.HasPrefix(text, `"`) && json.Valid([]byte(text)):
		return r.jsonInText(text, p, v)
	}
	r.pos = start
	return r.value(p, v)
}

func (r *reader) toMap(p *plan, v reflect.Value) error {
	switch c := r.next(); c {
	case '{':
	case '"':
		if v.IsNil() {
			v.Set(reflect.MakeMap(p.typ))
		}
		return r.objectInText(p, v)
	case '[':
		if !isEmptyList(r.raw()) {
			return mismatch("an object", c)
		}
		if v.IsNil() {
			v.Set(reflect.MakeMap(p.typ))
		}
		return nil
	default:
		r.skip()
		return mismatch("an object", c)
	}
	if v.IsNil() {
		size, _ := r.count()
		v.Set(reflect.MakeMapWithSize(p.typ, size))
	}
	element := reflect.New(p.elem.typ).Elem()
	for r.pos++; r.next() != '}'; r.comma() {
		key, err := r.mapKey(p.typ.Key())
		if err != nil {
			return err
		}
		element.SetZero()
		if err := r.value(p.elem, element); err != nil {
			return at("an entry", err) // the key must not be quoted
		}
		v.SetMapIndex(key, element)
	}
	r.pos++
	return nil
}

// mapKey reads the key of a map entry and skips the colon.
func (r *reader) mapKey(typ reflect.Type) (reflect.Value, error) {
	r.next()
	start := r.pos
	key := reflect.New(typ)
	text := r.text()
	literal := r.data[start:r.pos]
	r.next()
	r.pos++
	if own, ok := reflect.TypeAssert[interface{ UnmarshalText([]byte) error }](key); ok {
		err := own.UnmarshalText([]byte(text))
		if json, ok := reflect.TypeAssert[json.Unmarshaler](key); ok { // encoding/json prefers it
			err = json.UnmarshalJSON(literal)
		}
		if err != nil {
			return key, &quietError{"an entry: the key is refused by its type", err}
		}
		return key.Elem(), nil
	}
	switch kind := typ.Kind(); {
	case kind == reflect.String:
		key.Elem().SetString(text)
	case kind >= reflect.Int && kind <= reflect.Int64:
		n, err := wholeNumber([]byte(text))
		if err != nil || key.Elem().OverflowInt(n) {
			return key, errors.New("an entry: the key is not a number of its type")
		}
		key.Elem().SetInt(n)
	default:
		n, err := unsigned([]byte(text))
		if err != nil || key.Elem().OverflowUint(n) {
			return key, errors.New("an entry: the key is not a number of its type")
		}
		key.Elem().SetUint(n)
	}
	return key.Elem(), nil
}

// maxCounts is how many passes over a document counting may take.
const maxCounts = 4

// count returns how many items or members the list or object that begins here has. Deeply nested
// parts would be scanned again at each depth, so it gives up after scanning too much.
func (r *reader) count() (n int, ok bool) {
	if r.counted > maxCounts*len(r.data) {
		return 0, false
	}
	start := r.pos
	closing := r.data[r.pos] + 2 // '[' to ']', '{' to '}'
	for r.pos++; r.next() != closing; r.comma() {
		if closing == '}' {
			r.skip()
			r.next()
			r.pos++
		}
		r.skip()
		n++
	}
	r.counted += r.pos - start
	r.pos = start
	return n, true
}

// emptyObject reports whether the object that begins here has no members.
func (r *reader) emptyObject() bool {
	start := r.pos
	r.pos++
	empty := r.next() == '}'
	r.pos = start
	return empty
}

// toList reads into a slice or an array.
func (r *reader) toList(p *plan, v reflect.Value) error {
	switch r.next() {
	case '[':
		return r.list(p, v)
	case '{':
		if r.emptyObject() {
			r.skip()
			return r.jsonInText("[]", p, v)
		}
	case '"':
		start := r.pos
		text := strings.TrimSpace(unquote(r.raw()))
		switch {
		case text == "" || text == "null" && p.elem.kind != kindText:
			v.SetZero()
			return nil
		case (text[0] == '[' || isEmptyObject([]byte(text))) && json.Valid([]byte(text)):
			return r.jsonInText(text, p, v)
		}
		r.pos = start
	}
	// One item instead of a list.
	r.resize(p, v, 1)
	if v.Len() == 0 {
		r.skip()
		return nil
	}
	return r.item(p.elem, v.Index(0))
}

func (r *reader) list(p *plan, v reflect.Value) error {
	size, counted := r.count()
	if counted {
		r.resize(p, v, size)
	}
	n := 0
	for r.pos++; r.next() != ']'; r.comma() {
		if r.DropNulls && r.nothing(p.elem) || !grow(v, n, counted) {
			r.skip()
			continue
		}
		if err := r.item(p.elem, v.Index(n)); err != nil {
			return at("item "+strconv.Itoa(n+1), err)
		}
		n++
	}
	r.pos++
	switch {
	case v.Kind() == reflect.Slice && n == 0 && !counted:
		r.resize(p, v, 0)
	case v.Kind() == reflect.Slice:
		v.SetLen(n)
	}
	for ; n < v.Len(); n++ {
		v.Index(n).SetZero()
	}
	return nil
}

// grow makes room for item n, unless the list has its final length.
func grow(v reflect.Value, n int, counted bool) bool {
	switch {
	case n < v.Len():
		return true
	case counted || v.Kind() == reflect.Array:
		return false
	}
	v.Grow(1)
	v.SetLen(n + 1)
	return true
}

// nothing reports whether the next item is no item: a null, or an empty object instead of a text.
func (r *reader) nothing(p *plan) bool {
	switch r.next() {
	case 'n':
		return true
	case '{':
		return p.items != nil && r.emptyObject()
	}
	return false
}

// resize gives a slice room for n items. Like encoding/json, it keeps what a repeated key has
// filled before.
func (r *reader) resize(p *plan, v reflect.Value, n int) {
	switch {
	case v.Kind() == reflect.Array:
		return
	case n == 0:
		v.Set(reflect.MakeSlice(p.typ, 0, 0))
		return
	case v.Cap() < n:
		v.SetLen(v.Cap())
		v.Grow(n - v.Len())
	}
	v.SetLen(n)
}

// item reads an item of a list. A text there is an ID or a name, and is never made from a list or
// object.
func (r *reader) item(p *plan, v reflect.Value) error {
	if c := r.next(); p.kind == kindText && (c == '[' || c == '{' && p.items == nil) {
		return mismatch("a text", c)
	}
	return r.value(p, v)
}

func (r *reader) toBytes(p *plan, v reflect.Value) error {
	if r.next() == '[' {
		return r.list(p, v)
	}
	literal := r.raw()
	if literal[0] != '"' {
		v.SetBytes(bytes.Clone(literal))
		return nil
	}
	text := []byte(unquote(literal))
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	if n, err := base64.StdEncoding.Decode(decoded, text); err == nil {
		text = decoded[:n]
	}
	v.SetBytes(text)
	return nil
}
