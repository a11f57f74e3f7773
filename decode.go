package rongcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Answers are plain structs with json tags, decoded by encoding/json. Where an answer is not of the
// documented types, or a struct uses one of the tags below, a second decoder takes over that accepts what servers
// really send: numbers as text and text as numbers, 0 and 1 as booleans, JSON inside a string, one item
// where a list belongs, an empty list where an object belongs, null anywhere.
//
//   - unit:"ms" on a time.Time reads Unix milliseconds; unit:"date" reads "2006-01-02 15:04:05" in the data centre's zone
//   - unit:"minutes" or unit:"seconds" on a time.Duration
//   - alt:"a,b" names further spellings of a field

var errNotAnswer = errors.New("the answer is not a JSON object with a code")

// decodeAnswer reads the result of a successful answer into out, a pointer, which is reset first.
func decodeAnswer(data []byte, out any, zone *time.Location) error {
	v := reflect.ValueOf(out).Elem()
	v.SetZero()
	if !special(v.Type()) {
		if json.Valid(data) && decodeShared(data, v) {
			return nil
		}
		v.SetZero()
		err := json.Unmarshal(data, out)
		if err == nil {
			return nil
		}
		var mismatch *json.UnmarshalTypeError
		if !errors.As(err, &mismatch) {
			return err
		}
		v.SetZero()
	}
	tree, err := parseTree(data)
	if err != nil {
		return err
	}
	return lenient{zone}.assign(v, tree, "")
}

func parseTree(data []byte) (any, error) {
	if !json.Valid(data) { // a Decoder alone would accept what follows the first value
		return nil, json.Unmarshal(data, new(any))
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var tree any
	err := decoder.Decode(&tree)
	return tree, err
}

var specials sync.Map // reflect.Type to bool

// special tells whether a type uses what encoding/json does not know.
func special(typ reflect.Type) bool {
	known, ok := specials.Load(typ)
	if !ok {
		known, _ = specials.LoadOrStore(typ, findSpecial(typ, nil))
	}
	return known.(bool)
}

// findSpecial looks into a type; open are the types around it, which may hold themselves.
func findSpecial(typ reflect.Type, open []reflect.Type) bool {
	if typ == timeType || typ == durationType {
		return true
	}
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return findSpecial(typ.Elem(), open)
	case reflect.Struct:
		if slices.Contains(open, typ) {
			return false
		}
		open = append(open, typ)
		for i := range typ.NumField() {
			field := typ.Field(i)
			if field.Tag.Get("alt") != "" || findSpecial(field.Type, open) {
				return true
			}
		}
	}
	return false
}

// lenient assigns parsed JSON to Go values, generously.
type lenient struct{ zone *time.Location }

func (l lenient) assign(v reflect.Value, tree any, unit string) error {
	if tree == nil {
		return nil
	}
	switch v.Type() {
	case timeType:
		t, err := l.time(tree, unit)
		v.Set(reflect.ValueOf(t))
		return err
	case durationType:
		d, err := l.duration(tree, unit)
		v.SetInt(int64(d))
		return err
	}
	if raw, ok := reflect.TypeAssert[json.Unmarshaler](v.Addr()); ok {
		text, err := json.Marshal(tree)
		if err != nil {
			return err
		}
		return raw.UnmarshalJSON(text)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return l.assign(v.Elem(), tree, unit)
	case reflect.Struct:
		return l.structure(v, tree)
	case reflect.Slice:
		return l.slice(v, tree, unit)
	case reflect.Map:
		return l.mapping(v, tree, unit)
	case reflect.Interface:
		if v.NumMethod() > 0 {
			return fmt.Errorf("cannot decode into %v", v.Type())
		}
		v.Set(reflect.ValueOf(tree))
		return nil
	default:
		return l.scalar(v, tree)
	}
}

func (l lenient) structure(v reflect.Value, tree any) error {
	object, err := asObject(tree)
	if err != nil {
		return err
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			if err := l.structure(v.Field(i), tree); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "" || name == "-" {
			continue
		}
		names := []string{name}
		if others := field.Tag.Get("alt"); others != "" {
			names = append(names, strings.Split(others, ",")...)
		}
		value, ok := lookup(object, names)
		if !ok {
			continue
		}
		if err := l.assign(v.Field(i), value, field.Tag.Get("unit")); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// lookup finds the first of the names, exactly or else in other letter case, that has a value.
func lookup(object map[string]any, names []string) (any, bool) {
	for _, name := range names {
		if value, ok := object[name]; ok && value != nil {
			return value, true
		}
	}
	for _, name := range names {
		for key, value := range object {
			if value != nil && strings.EqualFold(key, name) {
				return value, true
			}
		}
	}
	return nil, false
}

// asObject accepts an object, an object as JSON text, and an empty text or list.
func asObject(tree any) (map[string]any, error) {
	switch tree := tree.(type) {
	case map[string]any:
		return tree, nil
	case []any:
		if len(tree) == 0 {
			return nil, nil
		}
	case string:
		if tree == "" {
			return nil, nil
		}
		switch inner, err := parseTree([]byte(tree)); inner.(type) {
		case nil:
			return nil, err // the text null
		case map[string]any, []any:
			return asObject(inner)
		}
	}
	return nil, fmt.Errorf("expected an object, got %s", describe(tree))
}

func (l lenient) slice(v reflect.Value, tree any, unit string) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes([]byte(textOf(tree)))
		return nil
	}
	items, ok := tree.([]any)
	if text, isText := tree.(string); isText {
		trimmed := strings.TrimSpace(text)
		inner, err := parseTree([]byte(trimmed))
		list, isList := inner.([]any)
		switch {
		case trimmed == "":
			return nil
		case err == nil && isList:
			items, ok = list, true
		}
	}
	if !ok {
		items = []any{tree}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := l.assign(v.Index(i), item, unit); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return nil
}

func (l lenient) mapping(v reflect.Value, tree any, unit string) error {
	object, err := asObject(tree)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(object)))
	for key, value := range object {
		element := reflect.New(v.Type().Elem()).Elem()
		if err := l.assign(element, value, unit); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), element)
	}
	return nil
}

func (l lenient) scalar(v reflect.Value, tree any) error {
	text := strings.TrimSpace(textOf(tree))
	switch v.Kind() {
	case reflect.String:
		v.SetString(textOf(tree))
		return nil
	case reflect.Bool:
		b, err := asBool(text)
		v.SetBool(b)
		return err
	case reflect.Float32, reflect.Float64:
		if text == "" {
			return nil
		}
		f, err := strconv.ParseFloat(text, 64)
		if err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			err = fmt.Errorf("%q is not a number", clip(text))
		}
		v.SetFloat(f)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := asInt(text)
		if err == nil && v.OverflowInt(n) {
			err = fmt.Errorf("%d does not fit", n)
		}
		v.SetInt(n)
		return err
	default:
		return fmt.Errorf("cannot decode into %v", v.Type())
	}
}

// textOf is the text of a string, number or boolean, and the JSON text of anything else.
func textOf(tree any) string {
	switch tree := tree.(type) {
	case string:
		return tree
	case json.Number:
		return tree.String()
	case nil:
		return ""
	}
	text, _ := plainJSON(tree)
	return string(text)
}

func asBool(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b, nil
	}
	n, err := asInt(text)
	return n != 0, err
}

func asInt(text string) (int64, error) {
	switch text {
	case "", "false":
		return 0, nil
	case "true":
		return 1, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a whole number", clip(text))
	}
	return int64(f), nil
}

// dateLayout takes numbers without their leading zeros, too.
const dateLayout = "2006-1-2 15:4:5"

// time reads Unix milliseconds or a date, whichever comes. An empty text and 0 are the zero time.
func (l lenient) time(tree any, unit string) (time.Time, error) {
	text := strings.TrimSpace(textOf(tree))
	if n, err := asInt(text); err == nil {
		if n == 0 {
			return time.Time{}, nil
		}
		return time.UnixMilli(n), nil
	}
	for _, layout := range []string{dateLayout, time.RFC3339Nano} {
		if t, err := time.ParseInLocation(layout, text, l.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time (%s)", clip(text), unit)
}

func (l lenient) duration(tree any, unit string) (time.Duration, error) {
	n, err := asInt(strings.TrimSpace(textOf(tree)))
	if err != nil {
		return 0, err
	}
	scale := time.Millisecond
	switch unit {
	case "seconds":
		scale = time.Second
	case "minutes":
		scale = time.Minute
	}
	if n > math.MaxInt64/int64(scale) || n < math.MinInt64/int64(scale) {
		return 0, fmt.Errorf("%d %s do not fit", n, unit)
	}
	return time.Duration(n) * scale, nil
}

func describe(tree any) string {
	switch tree.(type) {
	case []any:
		return "a list"
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	default:
		return "nothing"
	}
}

// clip shortens foreign text for an error message.
func clip(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

// envelope is what every answer carries beside its result.
type envelope struct {
	code    Code
	message string
}

// readEnvelope finds the code of an answer, and the message if the code is not the one of success. It does not
// check the rest of the answer; decodeAnswer does.
func readEnvelope(data []byte, success int) (envelope, error) {
	if code, ok := scanCode(data); ok && code == success {
		return envelope{code: Code(code)}, nil
	}
	var body struct {
		Code         *json.RawMessage `json:"code"`
		ErrorMessage string           `json:"errorMessage"`
		Msg          string           `json:"msg"`
		Message      string           `json:"message"`
	}
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &body); err != nil && !errors.As(err, &mismatch) {
		return envelope{}, err
	}
	if body.Code == nil {
		return envelope{}, errNotAnswer
	}
	text := strings.TrimSpace(strings.Trim(string(*body.Code), `"`))
	code, err := asInt(text)
	if err != nil || text == "" || text == "true" || text == "false" || code != int64(int32(code)) { //nolint:gosec // the point
		return envelope{}, errNotAnswer
	}
	message := body.ErrorMessage
	if message == "" {
		message = body.Msg
	}
	if message == "" {
		message = body.Message
	}
	return envelope{Code(code), message}, nil
}

// scanCode reads the number of a leading "code" member, where nearly every answer has it, without decoding the rest.
func scanCode(data []byte) (int, bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"code"`))
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
	if !ok {
		return 0, false
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	code, digits := 0, 0
	for digits < len(rest) && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9' {
		code = code*10 + int(rest[digits]-'0')
		digits++
	}
	end := bytes.TrimLeft(rest[digits:], " \t\r\n")
	return code, digits > 0 && len(end) > 0 && (end[0] == ',' || end[0] == '}')
}
