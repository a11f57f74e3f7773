package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

func (e *Encoder) value(f *planField, v reflect.Value) error {
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
		err := e.form.rules.WriteContent(e, v.Interface(), f.kind == kindContent)
		if refused := (*RefusedError)(nil); err == nil || errors.As(err, &refused) {
			return err
		}
		return &RefusedError{Err: err}
	case kindJSON:
		return e.document(f, v)
	default:
		return e.scalar(f.param, v)
	}
}

func (e *Encoder) scalar(param *endpoint.Param, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if param.Type == endpoint.JSONString && !json.Valid([]byte(v.String())) {
			return refuse(param.Name, "is not JSON")
		}
		e.Key(param.Name)
		return e.Text(param.Name, v.String())
	case reflect.Bool:
		e.Key(param.Name)
		switch {
		case param.Type == endpoint.Int && v.Bool():
			e.Buf = append(e.Buf, '1')
		case param.Type == endpoint.Int:
			e.Buf = append(e.Buf, '0')
		default:
			e.Buf = strconv.AppendBool(e.Buf, v.Bool())
		}
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.number(param, v.Int())
	default:
		return fmt.Errorf("parameter %s: cannot encode a %v", param.Name, v.Type())
	}
}

func (e *Encoder) number(param *endpoint.Param, n int64) error {
	e.Key(param.Name)
	e.Buf = strconv.AppendInt(e.Buf, n, 10)
	return nil
}

// enum writes the table's value number v, counting from 1.
func (e *Encoder) enum(param *endpoint.Param, v reflect.Value) error {
	n := v.Int()
	if n < 1 || n > int64(len(param.Values)) {
		return refuse(param.Name, "%v is not a valid value", v.Interface())
	}
	e.Key(param.Name)
	e.Buf = append(e.Buf, param.Values[n-1]...)
	return nil
}

// duration converts a duration to the parameter's unit. A duration that the unit cannot express is
// refused rather than rounded, and so is a negative one, which the server may read as "forever".
// Only Forever becomes a zero that means it.
func (e *Encoder) duration(param *endpoint.Param, d time.Duration) error {
	unit := map[endpoint.Unit]time.Duration{
		endpoint.Milliseconds: time.Millisecond, endpoint.Seconds: time.Second, endpoint.Minutes: time.Minute,
	}[param.Unit]
	switch {
	case unit == 0:
		return fmt.Errorf("parameter %s: the catalogue gives no unit", param.Name)
	case d == e.form.rules.Forever && param.ZeroForever:
		return e.number(param, 0)
	case d == e.form.rules.Forever && param.Max != nil:
		return refuse(param.Name, "cannot be Forever, at most %d %v are allowed", *param.Max, param.Unit)
	case d == e.form.rules.Forever:
		return refuse(param.Name, "cannot be Forever")
	case d == 0 && param.ZeroForever:
		return refuse(param.Name, "is zero; say Forever to ask for no end")
	case d < 0:
		return refuse(param.Name, "%v is negative", d)
	case d%unit != 0:
		return refuse(param.Name, "%v is not a whole number of %v", d, param.Unit)
	}
	return e.number(param, int64(d/unit))
}

func (e *Encoder) strings(f *planField, v reflect.Value) error {
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
			return refuse(name, "item %d is empty", i+1)
		case !utf8.ValidString(item):
			return refuse(name, "item %d %s", i+1, NotUTF8)
		case f.param.List == endpoint.CSV && strings.Contains(item, ","):
			return refuse(name, "item %d contains a comma, which separates the items", i+1)
		}
	}
	switch f.param.List {
	case endpoint.Repeat:
		for i := range n {
			e.Key(name)
			_ = e.Text(name, v.Index(i).String()) // checked above
		}
	case endpoint.CSV:
		e.Key(name)
		for i := range n {
			if i > 0 {
				e.Buf = append(e.Buf, "%2C"...)
			}
			_ = e.Text(name, v.Index(i).String())
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
		return refuse(param.Name, "%d items, at most %d are allowed", n, param.MaxItems)
	}
	return nil
}

// keyed writes one field per entry of a map[string]string, with the key in brackets:
// chatroom[id]=name.
func (e *Encoder) keyed(param *endpoint.Param, v reflect.Value) error {
	entries := v.Interface().(map[string]string)
	if err := checkItems(param, len(entries)); err != nil {
		return err
	}
	keys := make([]string, 0, len(entries))
	for key := range entries {
		if key == "" {
			return refuse(param.Name, "an ID is empty")
		}
		if !utf8.ValidString(key) {
			return refuse(param.Name, "an ID %s", NotUTF8)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		e.Key(param.Name + "[" + key + "]")
		if err := e.Text(param.Name, entries[key]); err != nil {
			return err
		}
	}
	return nil
}

// document writes a struct, map or slice: as JSON text in a form or if the table says so,
// otherwise as JSON.
func (e *Encoder) document(f *planField, v reflect.Value) error {
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

// marshal writes value as JSON into a JSON body, or as JSON text into a form or if text is set.
func (e *Encoder) marshal(name string, value any, text bool) error {
	if err := e.toScratch(name, value); err != nil {
		return err
	}
	if text || !e.json {
		return e.ScratchText(name)
	}
	e.Key(name)
	e.Buf = append(e.Buf, e.scratch.Bytes()...)
	return nil
}

// Scratch returns the JSON of value, which ScratchText can write. It is valid until the next use
// of the encoder.
func (e *Encoder) Scratch(name string, value any) ([]byte, error) {
	if err := e.toScratch(name, value); err != nil {
		return nil, err
	}
	return e.scratch.Bytes(), nil
}

// ScratchText writes the JSON made by Scratch as text.
func (e *Encoder) ScratchText(name string) error {
	e.Key(name)
	if e.json {
		return e.Text(name, e.scratch.String())
	}
	e.Buf = appendEscaped(e.Buf, e.scratch.Bytes())
	return nil
}

// toScratch puts the JSON of value into e.scratch, without the line break that encoding/json adds.
func (e *Encoder) toScratch(name string, value any) error {
	e.scratch.Reset()
	done, err := e.form.rules.WriteJSON(&e.scratch, value)
	if !done {
		if err = e.writer.Encode(value); err == nil {
			e.scratch.Truncate(e.scratch.Len() - 1)
			if !e.form.rules.JSON.Lossless(e.scratch.Bytes(), value) {
				err = ErrNotUTF8
			}
		}
	}
	if err != nil {
		return refuse(name, "cannot be encoded as JSON: %v", err)
	}
	return nil
}

// Key starts a parameter.
func (e *Encoder) Key(name string) {
	if e.json {
		if e.Buf[len(e.Buf)-1] != '{' {
			e.Buf = append(e.Buf, ',')
		}
		e.Buf = append(append(append(e.Buf, '"'), name...), '"', ':')
		return
	}
	if len(e.Buf) > 0 {
		e.Buf = append(e.Buf, '&')
	}
	e.Buf = append(appendEscaped(e.Buf, name), '=')
}

// Text writes a string value.
func (e *Encoder) Text(name, value string) error {
	if !utf8.ValidString(value) {
		return refuse(name, NotUTF8)
	}
	if !e.json {
		e.Buf = appendEscaped(e.Buf, value)
		return nil
	}
	if err := e.toScratch(name, value); err != nil {
		return err
	}
	e.Buf = append(e.Buf, e.scratch.Bytes()...)
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
