package rongcloud

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

func (e *encoder) value(f *planField, v reflect.Value) error {
	switch f.kind {
	case kindEnum:
		return e.enum(f.param, v)
	case kindTime:
		return e.number(f.param, v.Interface().(time.Time).UnixMilli())
	case kindDuration:
		return e.duration(f.param, time.Duration(v.Int()))
	case kindStrings:
		return e.strings(f, v)
	case kindKeyed:
		return e.keyed(f.param, v)
	case kindContent, kindBody:
		return e.content(v.Interface().(MessageContent), f.kind == kindContent)
	case kindJSON:
		return e.document(f, v)
	default:
		return e.scalar(f.param, v)
	}
}

func (e *encoder) scalar(param *endpoint.Param, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if param.Type == endpoint.JSONString && !json.Valid([]byte(v.String())) {
			return refuseWire(param.Name, "is not JSON")
		}
		e.key(param.Name)
		return e.text(param.Name, v.String())
	case reflect.Bool:
		e.key(param.Name)
		switch {
		case param.Type == endpoint.Int && v.Bool():
			e.buf = append(e.buf, '1')
		case param.Type == endpoint.Int:
			e.buf = append(e.buf, '0')
		default:
			e.buf = strconv.AppendBool(e.buf, v.Bool())
		}
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.number(param, v.Int())
	default:
		return fmt.Errorf("parameter %s: cannot encode a %v", param.Name, v.Type())
	}
}

func (e *encoder) number(param *endpoint.Param, n int64) error {
	e.key(param.Name)
	e.buf = strconv.AppendInt(e.buf, n, 10)
	return nil
}

// enum writes the value that the table lists at the place of v, which counts from 1.
func (e *encoder) enum(param *endpoint.Param, v reflect.Value) error {
	n := v.Int()
	if n < 1 || n > int64(len(param.Values)) {
		return refuseWire(param.Name, "%v is none of its values", v.Interface())
	}
	e.key(param.Name)
	e.buf = append(e.buf, param.Values[n-1]...)
	return nil
}

// duration converts a span to the parameter's unit. A span that the unit cannot express is refused
// rather than rounded, and so is a negative one, which the server may read as "for ever". Only
// Forever becomes a zero that means it.
func (e *encoder) duration(param *endpoint.Param, d time.Duration) error {
	unit := map[endpoint.Unit]time.Duration{
		endpoint.Milliseconds: time.Millisecond, endpoint.Seconds: time.Second, endpoint.Minutes: time.Minute,
	}[param.Unit]
	switch {
	case unit == 0:
		return fmt.Errorf("parameter %s: the catalogue gives no unit", param.Name)
	case d == Forever && param.ZeroForever:
		return e.number(param, 0)
	case d == Forever && param.Max != nil:
		return refuseWire(param.Name, "cannot be Forever, at most %d %v are allowed", *param.Max, param.Unit)
	case d == Forever:
		return refuseWire(param.Name, "cannot be Forever")
	case d == 0 && param.ZeroForever:
		return refuseWire(param.Name, "is zero; say Forever to ask for no end")
	case d < 0:
		return refuseWire(param.Name, "%v is negative", d)
	case d%unit != 0:
		return refuseWire(param.Name, "%v is not a whole number of %v", d, param.Unit)
	}
	return e.number(param, int64(d/unit))
}

func (e *encoder) strings(f *planField, v reflect.Value) error {
	name, n := f.param.Name, v.Len()
	if err := checkItems(f.param, n); err != nil {
		return err
	}
	if n == 0 && !f.mayLack {
		return nil
	}
	for i := range n {
		switch item := v.Index(i).String(); {
		case item == "":
			return refuseWire(name, "item %d is empty", i+1)
		case !utf8.ValidString(item):
			return refuseWire(name, "item %d %s", i+1, notUTF8)
		case f.param.List == endpoint.CSV && strings.Contains(item, ","):
			return refuseWire(name, "item %d contains a comma, which separates the items", i+1)
		}
	}
	switch f.param.List {
	case endpoint.Repeat:
		for i := range n {
			e.key(name)
			_ = e.text(name, v.Index(i).String()) // looked at above
		}
	case endpoint.CSV:
		e.key(name)
		for i := range n {
			if i > 0 {
				e.buf = append(e.buf, "%2C"...)
			}
			_ = e.text(name, v.Index(i).String())
		}
	default:
		items := v.Interface()
		if n == 0 {
			items = []string{} // never null
		}
		return e.marshal(name, items, f.param.List == endpoint.Text)
	}
	return nil
}

func checkItems(param *endpoint.Param, n int) error {
	if param.MaxItems > 0 && n > param.MaxItems {
		return refuseWire(param.Name, "%d items, at most %d are allowed", n, param.MaxItems)
	}
	return nil
}

// keyed writes one field per entry of a map[string]string, the key in brackets: chatroom[id]=name.
func (e *encoder) keyed(param *endpoint.Param, v reflect.Value) error {
	entries := v.Interface().(map[string]string)
	if err := checkItems(param, len(entries)); err != nil {
		return err
	}
	keys := make([]string, 0, len(entries))
	for key := range entries {
		if key == "" {
			return refuseWire(param.Name, "an ID is empty")
		}
		if !utf8.ValidString(key) {
			return refuseWire(param.Name, "an ID %s", notUTF8)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		e.key(param.Name + "[" + key + "]")
		if err := e.text(param.Name, entries[key]); err != nil {
			return err
		}
	}
	return nil
}

// document writes a struct, map or slice: JSON text in a form or where the table says so, else
// JSON.
func (e *encoder) document(f *planField, v reflect.Value) error {
	if v.Kind() == reflect.Map || v.Kind() == reflect.Slice {
		if err := checkItems(f.param, v.Len()); err != nil {
			return err
		}
		switch {
		case v.Len() == 0 && !f.mayLack:
			return nil
		case v.IsNil(): // never null
			empty := reflect.New(v.Type()).Elem()
			if v.Kind() == reflect.Map {
				empty.Set(reflect.MakeMap(v.Type()))
			} else {
				empty.Set(reflect.MakeSlice(v.Type(), 0, 0))
			}
			v = empty
		}
	}
	return e.marshal(f.param.Name, v.Addr().Interface(), f.param.Type == endpoint.JSONString)
}

// marshal writes value as JSON into a JSON body, or as JSON text into a form or where text is set.
func (e *encoder) marshal(name string, value any, text bool) error {
	if err := e.toScratch(name, value); err != nil {
		return err
	}
	if text || !e.json {
		return e.scratchText(name)
	}
	e.key(name)
	e.buf = append(e.buf, e.scratch.Bytes()...)
	return nil
}

// scratchText writes the JSON in e.scratch as a text.
func (e *encoder) scratchText(name string) error {
	e.key(name)
	if e.json {
		return e.text(name, e.scratch.String())
	}
	e.buf = appendEscaped(e.buf, e.scratch.Bytes())
	return nil
}

// toScratch leaves the JSON of value in e.scratch, without the line break that encoding/json adds.
func (e *encoder) toScratch(name string, value any) error {
	e.scratch.Reset()
	var err error
	switch value.(type) {
	case TextMessage: // without the detour through MarshalJSON, whose result encoding/json checks and copies; it is sent most
		err = writeBody(&e.scratch, reflect.ValueOf(value))
	default:
		if err = e.writer.Encode(value); err != nil {
			break
		}
		e.scratch.Truncate(e.scratch.Len() - 1)
		if !lossless(e.scratch.Bytes(), value) {
			err = errNotUTF8
		}
	}
	if err != nil {
		return refuseWire(name, "cannot be encoded as JSON: %v", err)
	}
	return nil
}

// key begins a parameter.
func (e *encoder) key(name string) {
	if e.json {
		if e.buf[len(e.buf)-1] != '{' {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(append(append(e.buf, '"'), name...), '"', ':')
		return
	}
	if len(e.buf) > 0 {
		e.buf = append(e.buf, '&')
	}
	e.buf = append(appendEscaped(e.buf, name), '=')
}

// text writes a string value.
func (e *encoder) text(name, value string) error {
	if !utf8.ValidString(value) {
		return refuseWire(name, notUTF8)
	}
	if !e.json {
		e.buf = appendEscaped(e.buf, value)
		return nil
	}
	if err := e.toScratch(name, value); err != nil {
		return err
	}
	e.buf = append(e.buf, e.scratch.Bytes()...)
	return nil
}

// appendEscaped appends text as url.QueryEscape would write it.
func appendEscaped[T string | []byte](dst []byte, text T) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case unreserved[c]:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

var unreserved = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") {
		table[c] = true
	}
	return table
}()
