package lenient

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// found is a field that encoding/json would find.
type found struct {
	name   string
	index  []int
	typ    reflect.Type
	tag    reflect.StructTag
	tagged bool
	quoted bool
	sealed bool // unexported, so its methods are not called
}

// embedded is a struct whose fields count as those of the enclosing struct.
type embedded struct {
	typ   reflect.Type
	index []int
}

// fieldsOf lists the fields of a struct and of those embedded in it, by the rules of
// encoding/json: of several fields with one name the least nested wins, among equals the tagged
// one, otherwise none.
func fieldsOf(typ reflect.Type) []found {
	var all []found
	visited := map[reflect.Type]bool{}
	for level := []embedded{{typ: typ}}; len(level) > 0; {
		times := map[reflect.Type]int{}
		for _, e := range level {
			times[e.typ]++
		}
		var deeper []embedded
		for _, e := range level {
			if visited[e.typ] {
				continue
			}
			visited[e.typ] = true
			fields, inner := directFields(e)
			for _, f := range fields {
				all = append(all, f)
				if times[e.typ] > 1 { // a second copy, so the two hide each other
					all = append(all, f)
				}
			}
			deeper = append(deeper, inner...)
		}
		level = deeper
	}
	return dominant(all)
}

// directFields returns the fields of one struct, and the structs embedded in it.
func directFields(e embedded) (fields []found, inner []embedded) {
	for i := range e.typ.NumField() {
		sf := e.typ.Field(i)
		target := sf.Type
		if target.Name() == "" && target.Kind() == reflect.Pointer {
			target = target.Elem()
		}
		tag := sf.Tag.Get("json")
		embeds := sf.Anonymous && target.Kind() == reflect.Struct
		if !sf.IsExported() && !embeds || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !validName(name) {
			name = ""
		}
		index := append(slices.Clone(e.index), i)
		if embeds && name == "" {
			inner = append(inner, embedded{target, index})
			continue
		}
		f := found{name: name, index: index, typ: sf.Type, tag: sf.Tag, tagged: name != "", sealed: !sf.IsExported()}
		if name == "" {
			f.name = sf.Name
		}
		f.quoted = slices.Contains(strings.Split(options, ","), "string") && quotable(target.Kind())
		fields = append(fields, f)
	}
	return fields, inner
}

// dominant keeps one field of each name, in the order of the struct.
func dominant(all []found) []found {
	groups := map[string][]found{}
	var order []string
	for _, f := range all {
		if groups[f.name] == nil {
			order = append(order, f.name)
		}
		groups[f.name] = append(groups[f.name], f)
	}
	var kept []found
	for _, name := range order {
		group := groups[name]
		slices.SortStableFunc(group, func(a, b found) int {
			if c := cmp.Compare(len(a.index), len(b.index)); c != 0 || a.tagged == b.tagged {
				return c
			}
			if a.tagged {
				return -1
			}
			return 1
		})
		if len(group) > 1 && len(group[0].index) == len(group[1].index) && group[0].tagged == group[1].tagged {
			continue
		}
		kept = append(kept, group[0])
	}
	slices.SortFunc(kept, func(a, b found) int { return slices.Compare(a.index, b.index) })
	return kept
}

// quotable reports whether the option "string" applies to a kind.
func quotable(kind reflect.Kind) bool {
	return kind == reflect.String || kind >= reflect.Bool && kind <= reflect.Float64
}

// validName reports whether a tag can be a field's name.
func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
}
