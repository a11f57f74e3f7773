package rongcloud

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

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
	kindEnum                    // the number of one of the table's values, from 1
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

// planFor returns how params, a pointer to a struct, is encoded for ep. An error is a mistake in
// the SDK's own structs, which the tests of all methods would find.
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
		kind := kindOf(field.Type, param)
		switch {
		case kind == kindContent && ep.Param("objectName") == nil:
			kind = kindBody
		case option == "enum" && (field.Type.Kind() != reflect.Int || param.Type != endpoint.Int || len(param.Values) == 0):
			return fmt.Errorf("%v.%s: the values of %s are not known", typ, field.Name, name)
		case option == "enum":
			kind = kindEnum
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
