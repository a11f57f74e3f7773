package rongcloud

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The largest responses: lists of the maximum length that RongCloud documents, or of 10,000 items
// if it documents none. Every field is filled, and texts have 64 characters. Each is decoded by the
// SDK and by encoding/json into the same plain struct, whose times are numbers or texts. The goal
// is at most 1.3 times encoding/json's time, and no more allocations.
var decodeLarge = []struct {
	name  string
	typ   reflect.Type
	items int
}{
	{name: "group members", typ: reflect.TypeFor[struct {
		UserIDs []string `json:"users" item:"id"`
	}](), items: 10_000},
	{name: "group mutes", typ: reflect.TypeFor[GroupMutes](), items: 10_000},
	{name: "groups of a user", typ: reflect.TypeFor[GroupPage](), items: 5000},
	{name: "messages sent", typ: reflect.TypeFor[SendResult](), items: 1000},
	{name: "blacklist", typ: reflect.TypeFor[UserBlacklistPage](), items: 1000},
	{name: "history", typ: reflect.TypeFor[HistoryPage](), items: 100},
	{name: "members of a hosted group", typ: reflect.TypeFor[HostedGroupMemberPage](), items: 100},
	{name: "joined hosted groups", typ: reflect.TypeFor[HostedGroupJoinedPage](), items: 100},
	{name: "members of a chat room", typ: reflect.TypeFor[ChatroomMembers](), items: 500},
	{name: "entries of a chat room", typ: reflect.TypeFor[ChatroomEntries](), items: 100},
	{name: "friends", typ: reflect.TypeFor[FriendPage](), items: 100},
	{name: "profiles", typ: reflect.TypeFor[UserProfiles](), items: 100},
	{name: "blocked users", typ: reflect.TypeFor[UserBlockPage](), items: 1000},
}

// decodeSample writes a value of a type in RongCloud's documented format.
func decodeSample(buf *strings.Builder, typ reflect.Type, tag reflect.StructTag, items int) {
	switch {
	case typ == timeType && tag.Get("unit") == "date":
		buf.WriteString(`"2024-05-01 12:30:00"`)
		return
	case typ == timeType:
		buf.WriteString("1700000000123")
		return
	case tag.Get("item") != "" && typ.Kind() == reflect.String:
		fmt.Fprintf(buf, `{"id":"%064d"}`, buf.Len())
		return
	}
	switch typ.Kind() {
	case reflect.String:
		fmt.Fprintf(buf, `"%064d"`, buf.Len())
	case reflect.Bool:
		buf.WriteString("true")
	case reflect.Pointer:
		decodeSample(buf, typ.Elem(), tag, 3)
	case reflect.Slice:
		for i := range items {
			buf.WriteByte("[,"[min(i, 1)])
			decodeSample(buf, typ.Elem(), tag, 3)
		}
		buf.WriteByte(']')
	case reflect.Map:
		for i := range 3 {
			fmt.Fprintf(buf, `%c"key-%d":`, "{,"[min(i, 1)], i)
			decodeSample(buf, typ.Elem(), tag, 3)
		}
		buf.WriteByte('}')
	case reflect.Struct:
		separator := byte('{')
		for i := range typ.NumField() {
			field := typ.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			buf.WriteByte(separator)
			separator = ','
			buf.WriteString(`"` + name + `":`)
			decodeSample(buf, field.Type, field.Tag, items)
		}
		buf.WriteByte('}')
	default:
		buf.WriteString("7")
	}
}

// decodePlain returns a type without the features that encoding/json does not have.
func decodePlain(typ reflect.Type, tag reflect.StructTag) reflect.Type {
	switch {
	case typ == timeType && tag.Get("unit") == "date":
		return reflect.TypeFor[string]()
	case typ == timeType, typ == durationType:
		return reflect.TypeFor[int64]()
	case tag.Get("item") != "" && typ.Kind() == reflect.String:
		return reflect.TypeFor[struct {
			ID string `json:"id"`
		}]()
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return reflect.PointerTo(decodePlain(typ.Elem(), tag))
	case reflect.Slice:
		return reflect.SliceOf(decodePlain(typ.Elem(), tag))
	case reflect.Map:
		return reflect.MapOf(typ.Key(), decodePlain(typ.Elem(), tag))
	case reflect.Struct:
		var fields []reflect.StructField
		for i := range typ.NumField() {
			if field := typ.Field(i); field.IsExported() {
				name := reflect.StructTag(`json:"` + field.Tag.Get("json") + `"`)
				fields = append(fields, reflect.StructField{Name: field.Name, Type: decodePlain(field.Type, field.Tag), Tag: name})
			}
		}
		return reflect.StructOf(fields)
	}
	return typ
}

func BenchmarkDecode(b *testing.B) {
	for _, large := range decodeLarge {
		var text strings.Builder
		decodeSample(&text, large.typ, "", large.items)
		data := []byte(`{"code":200,` + text.String()[1:])
		b.Run(strings.ReplaceAll(large.name, " ", "_"), func(b *testing.B) {
			plain := reflect.New(decodePlain(large.typ, ""))
			own := reflect.New(large.typ)
			b.Run("floor", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					plain.Elem().SetZero()
					if err := json.Unmarshal(data, plain.Interface()); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("sdk", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := decodeResponse(data, own.Interface(), time.UTC); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
