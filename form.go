package rongcloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Requests are plain structs. The tag wire:"name" ties a field to the parameter of that name in
// the endpoint's table, which knows the rest: whether it is required, how a list travels, and the
// unit of a number. So the same Go types serve every endpoint:
//
//   - bool becomes true or false, or 1 or 0 where the table calls the parameter a number;
//   - time.Time and time.Duration become a number in the parameter's unit, and Forever the zero
//     that stands for it;
//   - a MessageContent fills objectName, if the endpoint has it, and content;
//   - structs, maps and slices become JSON where the table does not ask for a list;
//   - a string where the table asks for a JSON document is one already.
//
// A zero value is left out, and is an error where the parameter is required, a switch too: nobody
// could tell one that is off from one that was forgotten. A pointer sends its zero value.
// wire:"name,empty" marks a required list that may be empty. wire:"name,enum" marks a type whose
// constants count from 1 what the table lists as values, so that its zero is never sent. wire:"-"
// marks a field that the method itself turns into others. Embedded structs count as their fields.
// An error names the field of the exported struct, embedded or not; a field _ [0]T says that the
// others are copies of T's, which the error then names.

// encoder writes the parameters of one request, as a form or as a JSON object.
type encoder struct {
	buf     []byte
	json    bool
	scratch bytes.Buffer // a JSON document on its way into a form
	writer  *json.Encoder
	targets int    // how many units of a quota by targets the request uses
	random  int64  // the msgRandom sent
	unsafe  string // the parameter that makes this request unsafe, if one does
	placed  []placedParam
}

var encoders = sync.Pool{New: func() any {
	e := &encoder{buf: make([]byte, 0, 1024)}
	e.writer = json.NewEncoder(&e.scratch)
	e.writer.SetEscapeHTML(false)
	return e
}}

// maxPooled is the largest buffer that is kept for another call.
const maxPooled = 256 << 10

func newEncoder(ep *endpoint.Endpoint) *encoder {
	e := encoders.Get().(*encoder)
	e.buf, e.json, e.targets, e.random, e.unsafe = e.buf[:0], ep.Encoding == endpoint.JSON, 0, 0, ""
	e.placed = e.placed[:0]
	return e
}

func (e *encoder) release() {
	clear(e.placed)
	if cap(e.buf) <= maxPooled && e.scratch.Cap() <= maxPooled {
		encoders.Put(e)
	}
}

// encode writes params, a pointer to a struct, and checks it against the endpoint's table. Where
// random is set it makes up a msgRandom if the caller gave none.
func (e *encoder) encode(ep *endpoint.Endpoint, params any, random func() int64, extra []extraField) error {
	if e.json {
		e.buf = append(e.buf, '{')
	}
	if params != nil {
		if err := e.encodeStruct(ep, reflect.ValueOf(params).Elem(), random); err != nil {
			return err
		}
	}
	for _, field := range extra {
		if e.sent(field.name) {
			return refuseField(ep, "WithExtraField", field.name, "repeats a parameter that is sent anyway")
		}
		if err := e.extra(field); err != nil {
			return inCall(err, ep, "WithExtraField")
		}
		if slices.Contains(ep.UnsafeWith, field.name) {
			e.unsafe = field.name
		}
	}
	if e.json {
		e.buf = append(e.buf, '}')
	}
	return nil
}

func (e *encoder) encodeStruct(ep *endpoint.Endpoint, v reflect.Value, random func() int64) error {
	p, err := planFor(ep, v.Type())
	if err != nil {
		return err
	}
	for i := range p.fields {
		f := &p.fields[i]
		value := v
		for _, j := range f.index {
			value = value.Field(j)
		}
		var err error
		if f.param.In == endpoint.InBody {
			err = e.field(ep, f, value)
		} else {
			err = e.place(ep, f, value)
		}
		if err != nil {
			return inCall(err, ep, f.written())
		}
	}
	if p.random && e.random == 0 && random != nil {
		e.random = random()
		e.key(msgRandom)
		e.buf = strconv.AppendInt(e.buf, e.random, 10)
	}
	return nil
}

func (e *encoder) field(ep *endpoint.Endpoint, f *planField, v reflect.Value) error {
	pointer := v.Kind() == reflect.Pointer
	if pointer && !v.IsNil() {
		v = v.Elem()
	} else if pointer || v.IsZero() && !(f.param.Required && f.mayLack) {
		return missing(f.param)
	}
	before := len(e.buf)
	err := e.value(f, v)
	if err != nil {
		return err
	}
	switch name := f.param.Name; {
	case len(e.buf) == before && !f.mayLack:
		return missing(f.param)
	case name == ep.Quota.Param && name != "" && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map):
		e.targets = v.Len()
	case name == msgRandom:
		e.random = v.Int()
	case slices.Contains(ep.UnsafeWith, name), f.kind == kindContent && slices.Contains(ep.UnsafeWith, "objectName"):
		if v.Kind() != reflect.Bool || v.Bool() {
			e.unsafe = name
		}
	}
	return nil
}

func missing(param *endpoint.Param) error {
	if param.Required {
		return refuseWire(param.Name, "is required")
	}
	return nil
}

// sent tells whether a parameter has been written to the form already.
func (e *encoder) sent(name string) bool {
	if e.json {
		var body map[string]json.RawMessage
		_ = json.Unmarshal(append(slices.Clone(e.buf), '}'), &body)
		_, ok := body[name]
		return ok
	}
	form, _ := url.ParseQuery(string(e.buf))
	return form.Has(name)
}

func (e *encoder) extra(field extraField) error {
	if !utf8.ValidString(field.name) {
		return refuse("WithExtraField", "the name %s", notUTF8)
	}
	if e.json {
		quoted, err := plainJSON(field.name)
		if err != nil {
			return refuse("WithExtraField", "%q is no name", field.name)
		}
		return e.marshal(string(quoted[1:len(quoted)-1]), field.value, false)
	}
	v := reflect.ValueOf(field.value)
	switch v.Kind() {
	case reflect.String:
		e.key(field.name)
		return e.text(field.name, v.String())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		if v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
			return refuseWire(field.name, "is not a finite number")
		}
		e.key(field.name)
		return e.text(field.name, fmt.Sprint(field.value))
	}
	if list, ok := field.value.([]string); ok {
		for i, item := range list {
			if !utf8.ValidString(item) {
				return refuseWire(field.name, "item %d %s", i+1, notUTF8)
			}
			e.key(field.name)
			_ = e.text(field.name, item)
		}
		return nil
	}
	return e.marshal(field.name, field.value, true)
}

// checkForm refuses what is not UTF-8 in the parameters of Client.Call.
func checkForm(form url.Values) error {
	for name, values := range form {
		if !utf8.ValidString(name) {
			return refuse("params", "a name %s", notUTF8)
		}
		for i, value := range values {
			if !utf8.ValidString(value) {
				return refuseWire(name, "value %d %s", i+1, notUTF8)
			}
		}
	}
	return nil
}

// raw writes the parameters of Client.Call.
func (e *encoder) raw(ep *endpoint.Endpoint, params rawParams, extra []extraField) error {
	if len(extra) > 0 {
		return refuse("WithExtraField", "Call takes all fields in params")
	}
	params, err := e.placeRaw(ep, params)
	if err != nil {
		return inCall(err, ep, "params")
	}
	switch {
	case ep.Encoding == endpoint.None && len(ep.Params) > 0 && len(params.form) > 0:
		return refuseField(ep, "params", "", "all parameters travel in a header or in the path")
	case params.isForm:
		if err := checkForm(params.form); err != nil {
			return inCall(err, ep, "params")
		}
		e.buf = append(e.buf, params.form.Encode()...)
	case params.json != nil:
		if err := e.toScratch("params", params.json); err != nil {
			return inCall(err, ep, "params")
		}
		e.buf = append(e.buf, e.scratch.Bytes()...)
	case e.json:
		e.buf = append(e.buf, "{}"...)
	}
	e.targets = len(params.form[ep.Quota.Param])
	if param := ep.Param(ep.Quota.Param); param != nil && param.Type == endpoint.JSONString {
		var pairs map[string]json.RawMessage
		_ = json.Unmarshal([]byte(params.form.Get(param.Name)), &pairs) // the server will refuse it
		e.targets = len(pairs)
	}
	e.random, _ = strconv.ParseInt(params.form.Get(msgRandom), 10, 64)
	for _, name := range ep.UnsafeWith {
		if value := params.form.Get(name); value != "" && value != "false" && value != "0" {
			e.unsafe = name
		}
	}
	return nil
}
