package form

import (
	"cmp"
	"fmt"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// plan describes how one struct type becomes the request of one endpoint.
type plan struct {
	typ    reflect.Type
	fields []planField
	random bool // the endpoint has a msgRandom
}

type planField struct {
	owner   string // the exported type that has the field, if any
	name    string // of the field
	index   []int
	param   *endpoint.Param
	kind    valueKind
	mayLack bool // required, but may be an empty list
}

type valueKind uint8

const (
	kindScalar valueKind = iota // string, bool or number
	kindEnum                    // the number of one of the table's values, from 1
	kindTime
	kindDuration
	kindStrings
	kindKeyed
	kindContent
	kindBody // a content for an endpoint without objectName
	kindJSON
)

const msgRandom = "msgRandom"

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// planFor returns how params, a pointer to a struct, is encoded for ep. An error is a mistake in
// the SDK's own structs, which the tests of all methods detect.
func (f *Form) planFor(ep *endpoint.Endpoint, typ reflect.Type) (*plan, error) {
	if cached, ok := f.plans.Load(ep); ok && cached.(*plan).typ == typ {
		return cached.(*plan), nil
	}
	p := &plan{typ: typ, random: ep.Param(msgRandom) != nil}
	if err := p.add(f, ep, typ, nil, nil); err != nil {
		return nil, err
	}
	f.plans.Store(ep, p)
	return p, nil
}

// FieldOf returns what the caller wrote for the parameter called wire in params, a pointer to the
// struct that is encoded for ep, or nothing if there is no such field.
func (f *Form) FieldOf(ep *endpoint.Endpoint, params any, wire string) (string, error) {
	p, err := f.planFor(ep, reflect.TypeOf(params).Elem())
	if err != nil {
		return "", err
	}
	for i := range p.fields {
		if p.fields[i].param.Name == wire {
			return p.fields[i].written(), nil
		}
	}
	return "", nil
}

// add adds the fields of typ. owner is the exported type that has them, as the caller sees it.
func (p *plan) add(form *Form, ep *endpoint.Endpoint, typ, owner reflect.Type, index []int) error {
	if owner == nil && token.IsExported(typ.Name()) {
		owner = typ
	}
	for i := range typ.NumField() {
		field := typ.Field(i)
		at := append(slices.Clone(index), i)
		switch {
		case field.Name == "_": // [0]T: the fields are copies of T's
			owner = cmp.Or(owner, field.Type.Elem())
			continue
		case field.Anonymous:
			if err := p.add(form, ep, field.Type, owner, at); err != nil {
				return err
			}
			continue
		}
		name, option, _ := strings.Cut(field.Tag.Get("wire"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			return fmt.Errorf("%v.%s has no wire tag", typ, field.Name)
		}
		param := ep.Param(name)
		if param == nil {
			return fmt.Errorf("%v.%s: %s has no parameter %s", typ, field.Name, ep.Path, name)
		}
		kind := form.kindOf(field.Type, param)
		switch {
		case kind == kindContent && ep.Param("objectName") == nil:
			kind = kindBody
		case option == "enum" && (field.Type.Kind() != reflect.Int || param.Type != endpoint.Int || len(param.Values) == 0):
			return fmt.Errorf("%v.%s: the values of %s are not known", typ, field.Name, name)
		case option == "enum":
			kind = kindEnum
		}
		f := planField{name: field.Name, index: at, param: param, kind: kind, mayLack: option == "empty"}
		if original := fieldOf(owner, field.Name, name); original != "" {
			f.owner, f.name = owner.Name(), original
		}
		p.fields = append(p.fields, f)
	}
	return nil
}

// fieldOf returns the field of owner for a parameter, if there is one: the one tagged with its
// wire name, or else the one with the same name.
func fieldOf(owner reflect.Type, name, wire string) string {
	if owner == nil {
		return ""
	}
	found := ""
	for _, field := range reflect.VisibleFields(owner) {
		tag, _, _ := strings.Cut(field.Tag.Get("wire"), ",")
		switch {
		case tag == wire:
			return field.Name
		case field.Name == name:
			found = name
		}
	}
	return found
}

// written returns what the caller wrote: the field of an exported struct, or else an argument,
// which is named like the field that carries it.
func (f *planField) written() string {
	if f.owner != "" {
		return f.owner + "." + f.name
	}
	return lowerFirst(f.name)
}

// lowerFirst turns a field's name into an argument's: UserID, IDs and URL into userID, ids and
// url.
func lowerFirst(name string) string {
	upper := 0
	for upper < len(name) && 'A' <= name[upper] && name[upper] <= 'Z' {
		upper++
	}
	if upper > 1 && upper < len(name) && name[upper:] != "s" {
		upper-- // the last capital begins the next word
	}
	return strings.ToLower(name[:upper]) + name[upper:]
}

func (f *Form) kindOf(typ reflect.Type, param *endpoint.Param) valueKind {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == f.rules.Content:
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
