// Package form encodes the parameters of a request, plain structs, as a form or as a JSON object,
// using the endpoint's table. It promises that nothing is sent that is not in the table, or that
// the table or the encoding rules out, and that a refusal names the field that the caller wrote.
// It knows no types of the root package: Rules says how to handle message content.
package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Requests are plain structs. The tag wire:"name" links a field to the parameter of that name in
// the endpoint's table, which has the rest: whether it is required, how a list is sent, and the
// unit of a number. So the same Go types serve every endpoint:
//
//   - bool becomes true or false, or 1 or 0 if the table calls the parameter a number;
//   - time.Time and time.Duration become a number in the parameter's unit, and Forever becomes
//     zero;
//   - a MessageContent fills objectName, if the endpoint has it, and content;
//   - structs, maps and slices become JSON unless the table asks for a list;
//   - a string is taken as JSON if the table asks for a JSON document.
//
// A zero value is left out, and is an error if the parameter is required, even for a switch: off
// could not be distinguished from forgotten. A pointer sends its zero value. wire:"name,empty"
// marks a required list that may be empty. wire:"name,enum" marks a type whose constants number
// the table's values from 1, so that zero is never sent. wire:"-" marks a field that the method
// itself turns into others. Embedded structs count as their fields. An error names the field of
// the exported struct, embedded or not; a field _ [0]T says that the others are copies of T's,
// which the error then names.

// Rules tell a Form how to handle certain types.
type Rules struct {
	// Content is the interface of message content. WriteContent writes one, with its type as
	// objectName if named is set.
	Content      reflect.Type
	WriteContent func(e *Encoder, content any, named bool) error

	// WriteJSON writes the JSON of frequently sent types without encoding/json. done is false for
	// all others.
	WriteJSON func(buf *bytes.Buffer, value any) (done bool, err error)

	// JSON writes all other types.
	JSON JSON

	// Forever is the duration by which callers ask for something without an end.
	Forever time.Duration
}

// Form encodes requests by one set of rules.
type Form struct {
	rules    Rules
	encoders sync.Pool
	plans    sync.Map // *endpoint.Endpoint to *plan
}

// New returns a Form.
func New(rules Rules) *Form {
	f := &Form{rules: rules}
	f.encoders.New = func() any {
		e := &Encoder{form: f, Buf: make([]byte, 0, 1024)}
		e.writer = json.NewEncoder(&e.scratch)
		e.writer.SetEscapeHTML(false)
		return e
	}
	return f
}

// Encoder writes the parameters of one request, as a form or as a JSON object.
type Encoder struct {
	Buf     []byte // what has been written so far
	Targets int    // how many units of a quota by targets the request uses
	Random  int64  // the msgRandom sent
	Unsafe  string // the parameter that makes this request unsafe, if any

	form    *Form
	ep      *endpoint.Endpoint
	json    bool
	scratch bytes.Buffer // a JSON document to be written into a form
	writer  *json.Encoder
	placed  []placedParam
}

// Extra is a field that the caller adds to a request.
type Extra struct {
	Name  string
	Value any
}

// maxPooled is the largest buffer kept for reuse.
const maxPooled = 256 << 10

// Encoder returns an encoder for a request to ep. Release it after use.
func (f *Form) Encoder(ep *endpoint.Endpoint) *Encoder {
	e := f.encoders.Get().(*Encoder)
	e.ep, e.Buf, e.json, e.Targets, e.Random, e.Unsafe = ep, e.Buf[:0], ep.Encoding == endpoint.JSON, 0, 0, ""
	e.placed = e.placed[:0]
	return e
}

// Release returns the encoder and its buffer to the pool.
func (e *Encoder) Release() {
	clear(e.placed)
	if cap(e.Buf) <= maxPooled && e.scratch.Cap() <= maxPooled {
		e.form.encoders.Put(e)
	}
}

// Encode writes params, a pointer to a struct or nil, and checks it against the endpoint's table.
// If random is set, it generates a msgRandom unless the caller gave one.
func (e *Encoder) Encode(params any, random func() int64, extra []Extra) error {
	if e.json {
		e.Buf = append(e.Buf, '{')
	}
	if params != nil {
		if err := e.encodeStruct(reflect.ValueOf(params).Elem(), random); err != nil {
			return err
		}
	}
	for _, field := range extra {
		if e.sent(field.Name) {
			return &RefusedError{Field: extraOption, Wire: field.Name, Reason: "repeats a parameter that is sent anyway"}
		}
		if err := e.extra(field); err != nil {
			return within(err, extraOption)
		}
		if slices.Contains(e.ep.UnsafeWith, field.Name) {
			e.Unsafe = field.Name
		}
	}
	if e.json {
		e.Buf = append(e.Buf, '}')
	}
	return nil
}

// extraOption is the option by which the caller adds fields.
const extraOption = "WithExtraField"

func (e *Encoder) encodeStruct(v reflect.Value, random func() int64) error {
	p, err := e.form.planFor(e.ep, v.Type())
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
			err = e.field(f, value)
		} else {
			err = e.place(f, value)
		}
		if err != nil {
			return within(err, f.written())
		}
	}
	if p.random && e.Random == 0 && random != nil {
		e.Random = random()
		e.Key(msgRandom)
		e.Buf = strconv.AppendInt(e.Buf, e.Random, 10)
	}
	return nil
}

func (e *Encoder) field(f *planField, v reflect.Value) error {
	pointer := v.Kind() == reflect.Pointer
	if pointer && !v.IsNil() {
		v = v.Elem()
	} else if pointer || v.IsZero() && (!f.param.Required || !f.mayLack) {
		return missing(f.param)
	}
	before := len(e.Buf)
	err := e.value(f, v)
	if err != nil {
		return err
	}
	switch name := f.param.Name; {
	case len(e.Buf) == before && !f.mayLack:
		return missing(f.param)
	case name == e.ep.Quota.Param && name != "" && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map):
		e.Targets = v.Len()
	case name == msgRandom:
		e.Random = v.Int()
	case slices.Contains(e.ep.UnsafeWith, name), f.kind == kindContent && slices.Contains(e.ep.UnsafeWith, "objectName"):
		if v.Kind() != reflect.Bool || v.Bool() {
			e.Unsafe = name
		}
	}
	return nil
}

func missing(param *endpoint.Param) error {
	if param.Required {
		return refuse(param.Name, "is required")
	}
	return nil
}

// sent reports whether a parameter has already been written to the form.
func (e *Encoder) sent(name string) bool {
	if e.json {
		var body map[string]json.RawMessage
		_ = json.Unmarshal(append(slices.Clone(e.Buf), '}'), &body)
		_, ok := body[name]
		return ok
	}
	form, _ := url.ParseQuery(string(e.Buf))
	return form.Has(name)
}

func (e *Encoder) extra(field Extra) error {
	if !utf8.ValidString(field.Name) {
		return &RefusedError{Field: extraOption, Reason: "the name " + NotUTF8}
	}
	if e.json {
		quoted, err := e.form.rules.JSON.Marshal(field.Name)
		if err != nil {
			return &RefusedError{Field: extraOption, Reason: fmt.Sprintf("%q is no name", field.Name)}
		}
		return e.marshal(string(quoted[1:len(quoted)-1]), field.Value, false)
	}
	v := reflect.ValueOf(field.Value)
	switch v.Kind() {
	case reflect.String:
		e.Key(field.Name)
		return e.Text(field.Name, v.String())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		if v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
			return refuse(field.Name, "is not a finite number")
		}
		e.Key(field.Name)
		return e.Text(field.Name, fmt.Sprint(field.Value))
	}
	if list, ok := field.Value.([]string); ok {
		for i, item := range list {
			if !utf8.ValidString(item) {
				return refuse(field.Name, "item %d %s", i+1, NotUTF8)
			}
			e.Key(field.Name)
			_ = e.Text(field.Name, item)
		}
		return nil
	}
	return e.marshal(field.Name, field.Value, true)
}

// checkForm refuses text that is not UTF-8 in the parameters of Client.Call.
func checkForm(form url.Values) error {
	for name, values := range form {
		if !utf8.ValidString(name) {
			return &RefusedError{Field: "params", Reason: "a name " + NotUTF8}
		}
		for i, value := range values {
			if !utf8.ValidString(value) {
				return refuse(name, "value %d %s", i+1, NotUTF8)
			}
		}
	}
	return nil
}

// Raw are parameters that are not in a struct of the SDK: values of a form, or a value that
// becomes a JSON body.
type Raw struct {
	Form   url.Values
	JSON   any
	IsForm bool
}

// EncodeRaw writes parameters named by the caller.
func (e *Encoder) EncodeRaw(params Raw, extra []Extra) error {
	ep := e.ep
	if len(extra) > 0 {
		return &RefusedError{Field: extraOption, Reason: "Call takes all fields in params"}
	}
	params, err := e.placeRaw(params)
	if err != nil {
		return within(err, "params")
	}
	switch {
	case ep.Encoding == endpoint.None && len(ep.Params) > 0 && len(params.Form) > 0:
		return &RefusedError{Field: "params", Reason: "all parameters travel in a header or in the path"}
	case params.IsForm:
		if err := checkForm(params.Form); err != nil {
			return within(err, "params")
		}
		e.Buf = append(e.Buf, params.Form.Encode()...)
	case params.JSON != nil:
		if err := e.toScratch("params", params.JSON); err != nil {
			return within(err, "params")
		}
		e.Buf = append(e.Buf, e.scratch.Bytes()...)
	case e.json:
		e.Buf = append(e.Buf, "{}"...)
	}
	e.account(params)
	return nil
}

// account extracts, from parameters named by the caller, what the quota, the class and RongCloud's
// idempotency service depend on.
func (e *Encoder) account(params Raw) {
	ep := e.ep
	var body map[string]json.RawMessage
	if !params.IsForm {
		_ = json.Unmarshal(e.Buf, &body) // the server will refuse anything but an object
	}
	value := func(name string) string {
		for _, p := range e.placed {
			if p.param.Name == name {
				return p.value
			}
		}
		if text, given := textOf(body[name]); given {
			return text
		}
		return params.Form.Get(name)
	}
	name := ep.Quota.Param
	switch param := ep.Param(name); {
	case param != nil && (param.Type == endpoint.JSONString || param.List == endpoint.Text):
		e.Targets = items(json.RawMessage(value(name)))
	case param != nil && param.List == endpoint.CSV && value(name) != "":
		e.Targets = 1 + strings.Count(value(name), ",")
	default:
		e.Targets = len(params.Form[name]) + items(body[name])
	}
	e.Random, _ = strconv.ParseInt(value(msgRandom), 10, 64)
	for _, name := range ep.UnsafeWith {
		if value := value(name); value != "" && value != "false" && value != "0" {
			e.Unsafe = name
		}
	}
}

// items returns the length of a JSON list, the number of an object's pairs, or 1 for any other
// JSON.
func items(value json.RawMessage) int {
	var list []json.RawMessage
	var pairs map[string]json.RawMessage
	switch {
	case !json.Valid(value): // the server will refuse it
		return 0
	case json.Unmarshal(value, &list) == nil:
		return len(list)
	case json.Unmarshal(value, &pairs) == nil:
		return len(pairs)
	}
	return 1
}

// Values reads parameters back from the encoded request. Few endpoints need it.
func (e *Encoder) Values(names []string) map[string][]string {
	found := map[string][]string{}
	if !e.json {
		form, _ := url.ParseQuery(string(e.Buf))
		maps.Copy(found, form)
	} else {
		var body map[string]json.RawMessage
		_ = json.Unmarshal(e.Buf, &body)
		for _, name := range names {
			var text string
			var list []string
			switch raw := body[name]; {
			case json.Unmarshal(raw, &text) == nil:
				found[name] = []string{text}
			case json.Unmarshal(raw, &list) == nil:
				found[name] = list
			case raw != nil:
				found[name] = []string{string(raw)}
			}
		}
	}
	maps.DeleteFunc(found, func(name string, _ []string) bool { return !slices.Contains(names, name) })
	return found
}
