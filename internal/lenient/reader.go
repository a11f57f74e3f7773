package lenient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// reader reads one valid JSON document.
type reader struct {
	Decoder
	data    []byte
	pos     int
	depth   int
	counted int             // how many bytes count has scanned
	texts   strings.Builder // the latest strings, concatenated; see keep
}

// maxDepth limits how deep values are nested, including JSON inside texts. encoding/json has the
// same limit.
const maxDepth = 10000

var errDeep = fmt.Errorf("nested more than %d deep", maxDepth)

// Strings share pieces of memory. A kept string keeps its piece alive, so the pieces are limited.
const (
	maxPiece  = 64 << 10
	maxShared = 8 << 10 // the longest string that shares a piece
)

// next skips white space and returns the next byte.
func (r *reader) next() byte {
	for r.data[r.pos] <= ' ' {
		r.pos++
	}
	return r.data[r.pos]
}

// comma skips the comma after a member or item, if any.
func (r *reader) comma() {
	if r.next() == ',' {
		r.pos++
	}
}

// raw skips the next value and returns its text.
func (r *reader) raw() []byte {
	r.next()
	start := r.pos
	r.skip()
	return r.data[start:r.pos]
}

// skip skips the next value.
func (r *reader) skip() {
	switch r.next() {
	case '"':
		r.skipText()
	case '{', '[':
		r.skipNested()
	default:
		for r.pos < len(r.data) && !ends[r.data[r.pos]] {
			r.pos++
		}
	}
}

// ends has the bytes that may follow a number or word.
var ends = [256]bool{',': true, ':': true, ']': true, '}': true, ' ': true, '\t': true, '\r': true, '\n': true}

func (r *reader) skipText() {
	for r.pos++; r.data[r.pos] != '"'; r.pos++ {
		if r.data[r.pos] == '\\' {
			r.pos++
		}
	}
	r.pos++
}

func (r *reader) skipNested() {
	for depth := 0; ; {
		switch r.data[r.pos] {
		case '"':
			r.skipText()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		r.pos++
		if depth == 0 {
			return
		}
	}
}

// text reads a string. Plain ones share memory.
func (r *reader) text() string {
	literal := r.raw()
	inner, ok := unescaped(literal)
	if !ok {
		return unquote(literal)
	}
	return r.copyText(inner)
}

// unescaped returns what is between the quotes, if that is the text itself.
func unescaped(literal []byte) ([]byte, bool) {
	inner := literal[1 : len(literal)-1]
	return inner, bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner)
}

func unquote(literal []byte) string {
	var text string
	_ = json.Unmarshal(literal, &text) // the document is valid
	return text
}

// copyText copies a text into the memory shared by the strings of a document.
func (r *reader) copyText(text []byte) string {
	switch {
	case len(text) == 0:
		return ""
	case len(text) > maxShared:
		return string(text)
	}
	if r.texts.Cap()-r.texts.Len() < len(text) {
		r.texts = strings.Builder{}
		r.texts.Grow(max(len(text), min(maxPiece, len(r.data)-r.pos+len(text))))
	}
	start := r.texts.Len()
	r.texts.Write(text)
	return r.texts.String()[start:]
}

// scalar reads a text, number or boolean as text, without keeping it. It returns false for a list
// or object.
func (r *reader) scalar() ([]byte, bool) {
	switch c := r.next(); c {
	case '{', '[':
		r.skip()
		return nil, false
	case '"':
		literal := r.raw()
		inner, ok := unescaped(literal)
		if !ok {
			inner = []byte(unquote(literal))
		}
		return bytes.TrimSpace(inner), true
	default:
		return r.raw(), true
	}
}

// jsonInText reads JSON inside a text.
func (r *reader) jsonInText(text string, p *plan, v reflect.Value) error {
	inner := reader{Decoder: r.Decoder, data: []byte(text), depth: r.depth}
	return inner.value(p, v)
}

// value reads the next value into v.
func (r *reader) value(p *plan, v reflect.Value) error {
	c := r.next()
	if v.Kind() == reflect.Interface && !v.IsNil() {
		if target, ok := pointee(v.Elem(), c == 'n'); ok {
			return r.referenced(target)
		}
	}
	if c == 'n' {
		return r.null(p, v)
	}
	switch p.kind {
	case kindText:
		return r.toText(p, v)
	case kindBool:
		return r.toBool(v)
	case kindInt:
		return r.toInt(p, v)
	case kindUint:
		return r.toUint(v)
	case kindFloat:
		return r.toFloat(v)
	case kindNumberText:
		return r.toNumberText(v)
	case kindTime:
		return r.toTime(v)
	case kindSpan:
		return r.toSpan(p, v)
	case kindAny:
		return r.toAny(v)
	case kindOwn:
		return r.toOwn(r.raw(), v)
	case kindOwnText:
		return r.toOwnText(v)
	case kindNone:
		r.skip()
		return fmt.Errorf("a %v cannot hold %s", p.typ, describe(c))
	}
	if p.kind == kindPointer {
		if v.IsNil() {
			v.Set(reflect.New(p.elem.typ))
		}
		return r.value(p.elem, v.Elem())
	}
	if r.depth++; r.depth > maxDepth {
		return errDeep
	}
	err := r.nested(p, v)
	r.depth--
	return err
}

// pointee returns what a pointer in an interface refers to, which is filled instead of the
// interface. A null clears the interface, and so does a pointer to itself.
func pointee(pointer reflect.Value, null bool) (reflect.Value, bool) {
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return pointer, false
	}
	target := pointer.Elem()
	if target.Kind() == reflect.Interface && target.Elem().Equal(pointer) {
		return pointer, false
	}
	return target, !null || target.Kind() == reflect.Pointer
}

// referenced reads the next value into what an interface refers to. The references may form a
// cycle.
func (r *reader) referenced(target reflect.Value) error {
	if r.depth++; r.depth > maxDepth {
		return errDeep
	}
	err := r.value(planOf(planKey{typ: target.Type(), pointed: true}), target)
	r.depth--
	return err
}

func (r *reader) nested(p *plan, v reflect.Value) error {
	switch p.kind {
	case kindStruct:
		return r.toStruct(p, v)
	case kindMap:
		return r.toMap(p, v)
	case kindBytes:
		return r.toBytes(p, v)
	default:
		return r.toList(p, v)
	}
}

// null reads a null, which only changes what can be nil.
func (r *reader) null(p *plan, v reflect.Value) error {
	literal := r.raw()
	if p.kind == kindOwn {
		return r.toOwn(literal, v)
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice:
		v.SetZero()
	}
	return nil
}

// mismatch reports a value of the wrong kind without quoting it.
func mismatch(want string, c byte) error {
	return fmt.Errorf("expected %s, got %s", want, describe(c))
}

// describe names the kind of value that begins with c.
func describe(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
