package lenient

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

func (r *reader) toText(p *plan, v reflect.Value) error {
	switch c := r.next(); {
	case c == '"':
		v.SetString(r.text())
	case c == '{' && p.items != nil:
		return r.textInObject(p, v)
	case c == '{' || c == '[':
		var text bytes.Buffer
		_ = json.Compact(&text, r.raw()) // the document is valid
		v.SetString(text.String())
	default:
		v.SetString(r.copyText(r.raw()))
	}
	return nil
}

// textInObject reads a text from an object.
func (r *reader) textInObject(p *plan, v reflect.Value) error {
	best := len(p.items)
	for r.pos++; r.next() != '}'; r.comma() {
		key := r.key()
		rank := 0
		for rank < best && !strings.EqualFold(p.items[rank], string(key)) {
			rank++
		}
		if c := r.next(); rank == best || c == 'n' || c == '{' || c == '[' {
			r.skip()
			continue
		}
		best = rank
		if r.next() == '"' {
			v.SetString(r.text())
		} else {
			v.SetString(r.copyText(r.raw()))
		}
	}
	r.pos++
	if best == len(p.items) {
		return fmt.Errorf("the object has no ID (%s)", strings.Join(p.items, ", "))
	}
	return nil
}

func (r *reader) toNumberText(v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok || len(text) > 0 && (!json.Valid(text) || text[0] != '-' && (text[0] < '0' || text[0] > '9')) {
		return mismatch("a number", c)
	}
	v.SetString(string(text))
	return nil
}

func (r *reader) toBool(v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok {
		return mismatch("a boolean", c)
	}
	if len(text) == 0 {
		v.SetBool(false)
		return nil
	}
	b, err := strconv.ParseBool(string(text))
	if err != nil {
		n, err := wholeNumber(text)
		if err != nil {
			return mismatch("a boolean", c)
		}
		b = n != 0
	}
	v.SetBool(b)
	return nil
}

func (r *reader) toInt(p *plan, v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok {
		return mismatch("a whole number", c)
	}
	n, err := wholeNumber(text)
	if err == nil && n < math.MaxInt64 && len(text) > 0 {
		n += p.shift
	}
	switch {
	case errors.Is(err, errNumber):
		return mismatch("a whole number", c)
	case err != nil || v.OverflowInt(n):
		return fmt.Errorf("the number does not fit into %v", v.Type())
	}
	v.SetInt(n)
	return nil
}

func (r *reader) toUint(v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok {
		return mismatch("a whole number", c)
	}
	n, err := unsigned(text)
	switch {
	case errors.Is(err, errNumber):
		return mismatch("a whole number", c)
	case err != nil || v.OverflowUint(n):
		return fmt.Errorf("the number does not fit into %v", v.Type())
	}
	v.SetUint(n)
	return nil
}

func (r *reader) toFloat(v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok {
		return mismatch("a number", c)
	}
	f, err := decimal(text, v.Type().Bits())
	switch {
	case errors.Is(err, errNumber):
		return mismatch("a number", c)
	case err != nil || v.OverflowFloat(f):
		return fmt.Errorf("the number does not fit into %v", v.Type())
	}
	v.SetFloat(f)
	return nil
}

// dateLayouts accept numbers without leading zeros, and fractions of a second.
var dateLayouts = []string{"2006-1-2 15:4:5", "2006-1-2T15:4:5", time.RFC3339Nano}

// toTime reads Unix milliseconds or a date. An empty text, 0 and an invalid time become the zero
// time, so that one odd date does not fail the whole page.
func (r *reader) toTime(v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok {
		return mismatch("a time", c)
	}
	*v.Addr().Interface().(*time.Time) = moment(text, r.Zone)
	return nil
}

func moment(text []byte, zone *time.Location) time.Time {
	if bytes.IndexByte(text, ':') >= 0 {
		return date(text, zone)
	}
	if n, err := wholeNumber(text); err == nil {
		if n == 0 || string(text) == "true" {
			return time.Time{}
		}
		return time.UnixMilli(n)
	}
	return time.Time{}
}

func date(text []byte, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	var t time.Time
	// what encoding/json accepts
	if len(text) > 10 && text[10] == 'T' && t.UnmarshalText(text) == nil {
		return t
	}
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, string(text), zone); err == nil {
			return t
		}
	}
	return time.Time{}
}

func (r *reader) toSpan(p *plan, v reflect.Value) error {
	c := r.next()
	text, ok := r.scalar()
	if !ok {
		return mismatch("a number", c)
	}
	span, err := units2span(text, p.scale)
	if errors.Is(err, errNumber) {
		return mismatch("a number", c)
	}
	v.SetInt(int64(span))
	return err
}

// units2span converts a number of units, possibly with a fraction.
func units2span(text []byte, unit time.Duration) (time.Duration, error) {
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		if n > math.MaxInt64/int64(unit) || n < math.MinInt64/int64(unit) {
			return 0, errRange
		}
		return time.Duration(n) * unit, nil
	}
	f, err := decimal(text, 64)
	if err != nil {
		return 0, err
	}
	f = math.Round(f * float64(unit))
	if math.Abs(f) >= math.MaxInt64 {
		return 0, errRange
	}
	return time.Duration(f), nil
}

// toAny reads a value into an any as encoding/json does. A number that does not fit into a float64
// stays a json.Number.
func (r *reader) toAny(v reflect.Value) error {
	text := r.raw()
	var value any
	if json.Unmarshal(text, &value) != nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			return &quietError{"cannot be decoded", err}
		}
		value = floats(value)
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

// floats converts the numbers in a tree to float64 where they fit.
func floats(value any) any {
	switch value := value.(type) {
	case json.Number:
		if f, err := value.Float64(); err == nil {
			return f
		}
	case []any:
		for i := range value {
			value[i] = floats(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = floats(value[key])
		}
	}
	return value
}

// toOwn passes a value to its type's UnmarshalJSON.
func (r *reader) toOwn(text []byte, v reflect.Value) error {
	if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(text); err != nil {
		return &quietError{fmt.Sprintf("refused by the UnmarshalJSON of %v", v.Type()), err}
	}
	return nil
}

// toOwnText passes a text, or the text of a number or boolean, to its type's UnmarshalText.
func (r *reader) toOwnText(v reflect.Value) error {
	c := r.next()
	literal := r.raw()
	text := bytes.Clone(literal) // the type may keep it
	switch c {
	case '{', '[':
		return mismatch("a text", c)
	case '"':
		text = []byte(unquote(literal))
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
		return &quietError{fmt.Sprintf("refused by the UnmarshalText of %v", v.Type()), err}
	}
	return nil
}
