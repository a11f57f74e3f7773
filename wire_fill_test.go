package rongcloud_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// awkward is text that reveals mistakes in escaping.
const awkward = `你好 😀 &=+%"<>\/`

// words are values of types that allow only certain texts. A parameter whose values the catalogue
// lists does not need one.
var words = map[reflect.Type]string{
	reflect.TypeFor[rongcloud.PushImportance]():     string(rongcloud.PushImportanceLow),
	reflect.TypeFor[rongcloud.VIVOClassification](): string(rongcloud.VIVOClassificationSystem),
	reflect.TypeFor[rongcloud.InterruptionLevel]():  string(rongcloud.InterruptionTimeSensitive),
	reflect.TypeFor[rongcloud.FCMPriority]():        string(rongcloud.FCMPriorityHigh),
	reflect.TypeFor[rongcloud.MessageStreamType]():  string(rongcloud.MessageStreamMarkdown),
	reflect.TypeFor[rongcloud.AgentType]():          string(rongcloud.AgentTypeChat),
	reflect.TypeFor[rongcloud.AgentStatus]():        string(rongcloud.AgentInactive),
	reflect.TypeFor[rongcloud.BotIntegrationType](): string(rongcloud.BotIntegrationWebhook),
}

// filler makes arguments: with everything set, or only with what the endpoint requires.
type filler struct {
	ep   *endpoint.Endpoint
	full bool
	n    int
}

var (
	contentType  = reflect.TypeFor[rongcloud.MessageContent]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// fill sets v to a unique value.
func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Type() {
	case contentType:
		v.Set(reflect.ValueOf(rongcloud.TextMessage{Content: awkward}))
		return
	case timeType:
		v.Set(reflect.ValueOf(time.UnixMilli(1767323045000 + int64(f.n)))) // 2026-01-02
		return
	case durationType:
		v.SetInt(int64(time.Duration(f.n) * time.Hour))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
		if word, ok := words[v.Type()]; ok {
			v.SetString(word)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
		if v.Type().PkgPath() != "" { // an enumeration, whose first value is usually 1
			v.SetInt(1)
		}
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 1000) // a fraction
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || !f.wanted(field) {
				continue
			}
			f.fill(v.Field(i))
			f.allow(field, v.Field(i))
			if f.document(field) {
				text, _ := json.Marshal(v.Field(i).String())
				v.Field(i).SetString(`{"text":` + string(text) + `}`)
			}
		}
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(awkward))
		}
	default:
		panic(fmt.Sprintf("cannot fill a %v", v.Type()))
	}
}

// text returns a unique text, short enough for the lowest limit of the endpoint's parameters.
func (f *filler) text() string {
	number := " " + strconv.Itoa(f.n)
	text := []rune(awkward)
	for i := range f.params() {
		param := &f.params()[i]
		if param.In == endpoint.InHeader { // a header holds only ASCII
			_, ascii, _ := strings.Cut(awkward, "😀 ")
			text = []rune(ascii)
		}
		if param.MaxChars > 0 {
			text = text[:min(len(text), param.MaxChars-len(number))]
		}
		for param.MaxBytes > 0 && len(string(text))+len(number) > param.MaxBytes {
			text = text[:len(text)-1]
		}
	}
	return string(text) + number
}

func (f *filler) params() []endpoint.Param {
	if f.ep == nil {
		return nil
	}
	return f.ep.Params
}

// allow replaces a value that the catalogue does not allow by the last one it does.
func (f *filler) allow(field reflect.StructField, v reflect.Value) {
	name, option, _ := strings.Cut(field.Tag.Get("wire"), ",")
	if f.ep == nil || f.ep.Param(name) == nil || len(f.ep.Param(name).Values) == 0 || option == "enum" {
		return
	}
	allowed := f.ep.Param(name).Values
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch last := allowed[len(allowed)-1]; v.Kind() {
	case reflect.String:
		if !slices.Contains(allowed, v.String()) {
			v.SetString(last)
		}
	case reflect.Int:
		if !slices.Contains(allowed, strconv.FormatInt(v.Int(), 10)) {
			n, err := strconv.ParseInt(last, 10, 64)
			if err != nil {
				panic(err)
			}
			v.SetInt(n)
		}
	}
}

// wanted reports whether to set a field: all, or only the required ones and those inside them.
func (f *filler) wanted(field reflect.StructField) bool {
	if f.full {
		return true
	}
	name, _, _ := strings.Cut(field.Tag.Get("wire"), ",")
	param := f.ep.Param(name)
	return param != nil && param.Required || name == "" && !strings.Contains(field.Tag.Get("json"), "omit")
}

// document reports whether a text must be a JSON document.
func (f *filler) document(field reflect.StructField) bool {
	if f.ep == nil || field.Type.Kind() != reflect.String {
		return false
	}
	param := f.ep.Param(field.Tag.Get("wire"))
	return param != nil && param.Type == endpoint.JSONString
}

// arguments makes the arguments of a method between the context and the call options.
func arguments(c claim, method reflect.Type, full bool) []reflect.Value {
	if own, ok := wireArguments[c.service+"."+c.method]; ok {
		return values(own(full))
	}
	f := &filler{ep: c.endpoint(), full: full}
	var args []reflect.Value
	for i := 1; i < method.NumIn()-1; i++ {
		arg := reflect.New(method.In(i)).Elem()
		f.fill(arg)
		args = append(args, arg)
	}
	return args
}

func values(args []any) []reflect.Value {
	var all []reflect.Value
	for _, arg := range args {
		all = append(all, reflect.ValueOf(arg))
	}
	return all
}

// filled returns an argument with everything set.
func filled[T any]() []any {
	v := reflect.New(reflect.TypeFor[T]()).Elem()
	(&filler{full: true}).fill(v)
	return []any{v.Interface()}
}
