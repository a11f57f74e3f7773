package rongcloud

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// Requests are plain structs. The tag wire:"name" ties a field to the parameter of that name in the
// endpoint's table, which knows the rest: whether it is required, how a list travels, and the unit of a number. So the
// same Go types serve every endpoint:
//
//   - bool becomes true or false, or 1 or 0 where the table calls the parameter a number;
//   - time.Time and time.Duration become a number in the parameter's unit, and Forever the zero that stands for it;
//   - a MessageContent fills objectName, if the endpoint has it, and content;
//   - structs, maps and slices become JSON where the table does not ask for a list;
//   - a string where the table asks for a JSON document is one already.
//
// A zero value is left out, and is an error where the parameter is required; a pointer sends its zero value too.
// wire:"name,empty" marks a required list that may be empty. Embedded structs count as their fields.

// plan is how one type of struct becomes the request of one endpoint.
type plan struct {
	typ    reflect.Type
	fields []planField
	random bool // the endpoint has a msgRandom
}

type planField struct {
	index   []int
	param   *endpoint.Param
	kind    valueKind
	mayLack bool // required, but an empty list is an answer
}

type valueKind uint8

const (
	kindScalar valueKind = iota // string, bool or number
	kindTime
	kindDuration
	kindStrings
	kindKeyed
	kindContent
	kindBody // a content where the endpoint takes no objectName
	kindJSON
)

const msgRandom = "msgRandom"

var (
	contentType  = reflect.TypeFor[MessageContent]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()

	plans sync.Map // *endpoint.Endpoint to *plan
)

// planFor returns how params, a pointer to a struct, is encoded for ep. An error is a mistake in the SDK's own
// structs, which the tests of all methods would find.
func planFor(ep *endpoint.Endpoint, typ reflect.Type) (*plan, error) {
	if cached, ok := plans.Load(ep); ok && cached.(*plan).typ == typ {
		return cached.(*plan), nil
	}
	p := &plan{typ: typ, random: ep.Param(msgRandom) != nil}
	if err := p.add(ep, typ, nil); err != nil {
		return nil, err
	}
	plans.Store(ep, p)
	return p, nil
}

func (p *plan) add(ep *endpoint.Endpoint, typ reflect.Type, index []int) error {
	for i := range typ.NumField() {
		field := typ.Field(i)
		at := append(slices.Clone(index), i)
		if field.Anonymous {
			if err := p.add(ep, field.Type, at); err != nil {
				return err
			}
			continue
		}
		name, option, _ := strings.Cut(field.Tag.Get("wire"), ",")
		if name == "" {
			return fmt.Errorf("%v.%s has no wire tag", typ, field.Name)
		}
		param := ep.Param(name)
		if param == nil {
			return fmt.Errorf("%v.%s: %s has no parameter %s", typ, field.Name, ep.Path, name)
		}
		kind := kindOf(field.Type, param)
		if kind == kindContent && ep.Param("objectName") == nil {
			kind = kindBody
		}
		p.fields = append(p.fields, planField{index: at, param: param, kind: kind, mayLack: option == "empty"})
	}
	return nil
}

func kindOf(typ reflect.Type, param *endpoint.Param) valueKind {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == contentType:
		return kindContent
	case typ == timeType:
		return kindTime
	case typ == durationType:
		return kindDuration
	case param.Keyed:
		return kindKeyed
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.String && param.Type == endpoint.StringList:
		return kindStrings
	}
	switch typ.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Interface:
		return kindJSON
	default:
		return kindScalar
	}
}

// encoder writes the parameters of one request, as a form or as a JSON object.
type encoder struct {
	buf     []byte
	json    bool
	scratch bytes.Buffer // a JSON document on its way into a form
	writer  *json.Encoder
	targets int    // how many units of a quota by targets the request uses
	random  int64  // the msgRandom sent
	unsafe  string // the parameter that makes this request unsafe, if one does
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
	return e
}

func (e *encoder) release() {
	if cap(e.buf) <= maxPooled && e.scratch.Cap() <= maxPooled {
		encoders.Put(e)
	}
}

// encode writes params, a pointer to a struct, and checks it against the endpoint's table. Where random is set it makes up
// a msgRandom if the caller gave none.
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
			return refuse(field.name, "WithExtraField repeats a parameter that is sent anyway")
		}
		if err := e.extra(field); err != nil {
			return err
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
		if err := e.field(ep, f, value); err != nil {
			return err
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
	} else if pointer || v.IsZero() {
		// A pointer to zero is meant. So is a zero switch or number that is required, where zero is one of its values.
		meant := !pointer && f.param.Required && (v.Kind() == reflect.Bool || f.param.ZeroValid || f.mayLack)
		if !meant {
			return missing(f.param)
		}
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
		return refuse(param.Name, "is required")
	}
	return nil
}

func (e *encoder) value(f *planField, v reflect.Value) error {
	switch f.kind {
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
			return refuse(param.Name, "is not JSON")
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

// duration converts a span to the parameter's unit. A span that the unit cannot express is refused
// rather than rounded, and so is a negative one, which the server may read as "for ever". Only Forever becomes
// a zero that means it.
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
		return refuse(param.Name, "cannot be Forever, at most %d %v are allowed", *param.Max, param.Unit)
	case d == Forever:
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
			return refuse(name, "item %d is empty", i+1)
		case f.param.List == endpoint.CSV && strings.Contains(item, ","):
			return refuse(name, "item %d contains a comma, which separates the items", i+1)
		}
	}
	switch f.param.List {
	case endpoint.Repeat:
		for i := range n {
			e.key(name)
			_ = e.text(name, v.Index(i).String())
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
		return refuse(param.Name, "%d items, at most %d are allowed", n, param.MaxItems)
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
			return refuse(param.Name, "an ID is empty")
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

const (
	maxObjectName  = 32
	maxContentSize = 128 << 10
	reservedPrefix = "RC:"
)

// content writes a message: its type as objectName, where it is to be named, and its body as content.
func (e *encoder) content(c MessageContent, named bool) error {
	if v := reflect.ValueOf(c); v.Kind() == reflect.Pointer && v.IsNil() {
		return refuse("content", "is a nil %v", v.Type())
	}
	name := c.ObjectName()
	if err := checkObjectName(name); err != nil {
		return err
	}
	if named {
		e.key("objectName")
		if err := e.text("objectName", name); err != nil {
			return err
		}
	}
	if pointer, ok := c.(*RawContent); ok {
		c = *pointer
	}
	if raw, ok := c.(RawContent); ok {
		if err := checkContentSize(len(raw.Body)); err != nil {
			return err
		}
		e.key("content")
		return e.text("content", raw.Body)
	}
	if err := e.toScratch("content", c); err != nil {
		return err
	}
	if e.scratch.String() == "null" {
		return refuse("content", "is a %T without a value", c)
	}
	if err := checkContentSize(e.scratch.Len()); err != nil {
		return err
	}
	return e.scratchText("content")
}

func checkContentSize(n int) error {
	switch {
	case n == 0:
		return refuse("content", "is required")
	case n > maxContentSize:
		return refuse("content", "%d bytes, at most %d are allowed", n, maxContentSize)
	}
	return nil
}

func checkObjectName(name string) error {
	switch {
	case name == "":
		return refuse("objectName", "is required")
	case utf8.RuneCountInString(name) > maxObjectName:
		return refuse("objectName", "%q has more than %d characters", name, maxObjectName)
	case strings.HasPrefix(name, reservedPrefix) && !isBuiltIn(name):
		return refuse("objectName", "%q: only RongCloud's own types may begin with %s", name, reservedPrefix)
	}
	return nil
}

// document writes a struct, map or slice: JSON text in a form or where the table says so, else JSON.
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
	if body, ok := value.(bodyWriter); ok {
		err = body.writeTo(&e.scratch)
	} else if err = e.writer.Encode(value); err == nil {
		e.scratch.Truncate(e.scratch.Len() - 1)
	}
	if err != nil {
		return refuse(name, "cannot be encoded as JSON: %v", err)
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
		e.key(field.name)
		return e.text(field.name, fmt.Sprint(field.value))
	}
	if list, ok := field.value.([]string); ok {
		for _, item := range list {
			e.key(field.name)
			_ = e.text(field.name, item)
		}
		return nil
	}
	return e.marshal(field.name, field.value, true)
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

// raw writes the parameters of Client.Call.
func (e *encoder) raw(ep *endpoint.Endpoint, params rawParams, extra []extraField) error {
	if len(extra) > 0 {
		return refuse("WithExtraField", "Call takes all fields in params")
	}
	switch {
	case params.isForm:
		e.buf = append(e.buf, params.form.Encode()...)
	case params.json != nil:
		if err := e.toScratch("params", params.json); err != nil {
			return err
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
