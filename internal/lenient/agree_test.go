package lenient

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What encoding/json accepts is decoded to the same value, whatever the type. The types and
// documents here are random; the documents often match the types.

type (
	Base struct { // exported, so that encoding/json can allocate one for an embedded pointer
		A string `json:"a"`
		N int    `json:"n"`
	}
	inner struct {
		B string `json:"b"`
		N int64
	}
	Deep struct {
		inner
		*Base
		C bool `json:",omitempty"`
	}
	Tagged struct {
		Base  `json:"base"`
		Other *Base
	}
	Twice struct {
		Base
		Inner struct{ N int } `json:"inner"`
		M     uint8           `json:"m,string"`
	}
	one    struct{ A string }
	two    struct{ A string }
	Hidden struct { // two fields of one name hide each other
		one
		two
	}
	Node struct {
		Next  *Node           `json:"next"`
		All   []Node          `json:"all"`
		Named map[string]Node `json:"named"`
		Name  string
	}
	ownJSON  struct{ Text string }
	ownText  struct{ Text string }
	key      struct{ Text string }
	textual  string
	Promoted struct {
		ownJSON
		X int
	}
	number  int
	flag    bool
	letters []byte
	Quoted  struct {
		I  int         `json:"i,string"`
		U  *uint16     `json:"u,string"`
		F  float32     `json:"f,string"`
		B  bool        `json:"b,string"`
		S  string      `json:"s,string"`
		PS *string     `json:"ps,string"`
		O  own         `json:"o,string"`
		L  []int       `json:"l,string"` //nolint:staticcheck // encoding/json ignores the option there
		J  json.Number `json:"j,string"`
	}
	own int
	// the decoder looks into an unexported embedded type, whatever its methods
	hidden struct{ X int }
	veiled struct{ Y int }
	Sealed struct {
		hidden `json:"a"`
		veiled `json:"b"`
	}
	since       = time.Time //nolint:unused // embedded
	until       = time.Time //nolint:unused // embedded
	SealedTimes struct {
		since `json:"a"` //nolint:unused // filled by the decoder
		until `json:"b"` //nolint:unused // filled by the decoder
	}
)

func (*hidden) UnmarshalJSON([]byte) error { return errors.New("never called") }
func (*veiled) UnmarshalJSON([]byte) error { return errors.New("never called") }

func (o *own) UnmarshalJSON(data []byte) error {
	*o = own(len(data))
	return nil
}

func (o *ownJSON) UnmarshalJSON(data []byte) error {
	if string(data) == "13" {
		return errors.New("refused")
	}
	o.Text += string(data)
	return nil
}

func (o *ownText) UnmarshalText(data []byte) error {
	if string(data) == "13" {
		return errors.New("refused")
	}
	o.Text = string(data)
	return nil
}

func (k *key) UnmarshalText(data []byte) error {
	k.Text = "key " + string(data)
	return nil
}

func (t *textual) UnmarshalText(data []byte) error {
	*t = textual(strings.ToUpper(string(data)))
	return nil
}

var leaves = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int64](),
	reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
	reflect.TypeFor[any](), reflect.TypeFor[json.Number](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[time.Time](),
	reflect.TypeFor[time.Duration](), reflect.TypeFor[netip.Addr](), reflect.TypeFor[[]byte](), reflect.TypeFor[letters](),
	reflect.TypeFor[ownJSON](), reflect.TypeFor[ownText](), reflect.TypeFor[textual](), reflect.TypeFor[Promoted](), reflect.TypeFor[number](),
	reflect.TypeFor[flag](), reflect.TypeFor[Base](), reflect.TypeFor[Deep](), reflect.TypeFor[Tagged](), reflect.TypeFor[Twice](),
	reflect.TypeFor[Hidden](), reflect.TypeFor[Node](), reflect.TypeFor[Quoted](), reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[chan int](),
	reflect.TypeFor[func()](), reflect.TypeFor[complex128](), reflect.TypeFor[struct{ ownJSON }](), reflect.TypeFor[struct{ time.Time }](),
	reflect.TypeFor[Sealed](), reflect.TypeFor[SealedTimes](),
}

var mapKeys = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[key](),
	reflect.TypeFor[textual](), reflect.TypeFor[number](), reflect.TypeFor[float64](), reflect.TypeFor[bool](),
}

var names = []string{"a", "A", "b", "n", "N", "c", "C", "id", "ID", "Name", "next", "base", "Other", "i", "u", "s", "f", "o", "l", "j", "k", "\u212a", "all", "named", "ps"}

func pick[T any](rnd *rand.Rand, from []T) T { return from[rnd.IntN(len(from))] }

// randomType makes a type with a maximum depth.
func randomType(rnd *rand.Rand, depth int) reflect.Type {
	if depth == 0 {
		return pick(rnd, leaves)
	}
	switch rnd.IntN(7) {
	case 0:
		return reflect.PointerTo(randomType(rnd, depth-1))
	case 1:
		return reflect.SliceOf(randomType(rnd, depth-1))
	case 2:
		return reflect.ArrayOf(rnd.IntN(4), randomType(rnd, depth-1))
	case 3:
		return reflect.MapOf(pick(rnd, mapKeys), randomType(rnd, depth-1))
	case 4, 5:
		return randomStruct(rnd, depth)
	default:
		return pick(rnd, leaves)
	}
}

func randomStruct(rnd *rand.Rand, depth int) reflect.Type {
	var fields []reflect.StructField
	taken := map[string]bool{}
	for range 1 + rnd.IntN(5) {
		name := pick(rnd, []string{"A", "B", "N", "C", "ID", "Name", "Next", "Other", "K"})
		field := reflect.StructField{Name: name, Type: randomType(rnd, depth-1)}
		if rnd.IntN(6) == 0 {
			embedded := pick(rnd, []reflect.Type{reflect.TypeFor[Base](), reflect.TypeFor[Tagged](), reflect.TypeFor[Twice]()})
			field = reflect.StructField{Name: embedded.Name(), Type: embedded, Anonymous: true}
			if rnd.IntN(2) == 0 {
				field.Type = reflect.PointerTo(embedded)
			}
		}
		if taken[field.Name] {
			continue
		}
		taken[field.Name] = true
		switch rnd.IntN(6) {
		case 0:
			field.Tag = reflect.StructTag(`json:"` + pick(rnd, []string{"a", "n", "id", "k", "next"}) + `"`)
		case 1:
			field.Tag = `json:",string"`
		case 2:
			field.Tag = reflect.StructTag(`json:"` + pick(rnd, []string{"-", "-,", "b,string", "bad\\\"name", "c,omitempty", "x y"}) + `"`)
		}
		fields = append(fields, field)
	}
	return reflect.StructOf(fields)
}

var scalars = []string{
	`null`, `true`, `false`, `0`, `1`, `-1`, `7`, `13`, `300`, `1.5`, `-0.0`, `1e3`, `1e400`, `18446744073709551615`, `9223372036854775808`, `"a"`, `""`, `"7"`,
	`"-7"`, `"1.5"`, `"true"`, `"null"`, `"\"x\""`, `"\"a\\n\""`, `"\u00e9\ud83d\ude00"`, `"\ud800"`, "\"\xff\"", `"AAEC"`, `"2026-01-02T03:04:05Z"`,
	`"2026-01-02T03:04:05.5+08:00"`, `"2026-01-02 03:04:05"`, `1700000000123`, `"10.0.0.1"`, `"[1,2]"`, `"{\"a\":1}"`, `"007"`, `" 1 "`, `"13"`, `"0x1p-2"`, `"n"`, `"t"`,
}

// randomJSON makes a document that often matches a type.
func randomJSON(rnd *rand.Rand, typ reflect.Type, depth int) string {
	if depth <= 0 || rnd.IntN(12) == 0 {
		return pick(rnd, scalars)
	}
	space := pick(rnd, []string{"", "", " ", "\n\t"})
	switch typ.Kind() {
	case reflect.Pointer:
		return randomJSON(rnd, typ.Elem(), depth)
	case reflect.Slice, reflect.Array:
		var items []string
		for range rnd.IntN(5) {
			items = append(items, randomJSON(rnd, typ.Elem(), depth-1))
		}
		return "[" + space + strings.Join(items, space+",") + space + "]"
	case reflect.Map:
		var members []string
		for range rnd.IntN(4) {
			members = append(members, strconv.Quote(pick(rnd, []string{"a", "7", "300", "-1", "07"}))+space+":"+randomJSON(rnd, typ.Elem(), depth-1))
		}
		return "{" + strings.Join(members, ",") + "}"
	case reflect.Struct, reflect.Interface:
		return randomObject(rnd, typ, depth)
	case reflect.String:
		return pick(rnd, []string{`"a"`, `""`, `"\u0041"`, `"7"`, `"10.0.0.1"`, `12`})
	case reflect.Bool:
		return pick(rnd, []string{"true", "false", `"true"`})
	default:
		return pick(rnd, []string{"0", "1", "7", "-3", "200", `"7"`, "1.5"})
	}
}

func randomObject(rnd *rand.Rand, typ reflect.Type, depth int) string {
	var members []string
	for range rnd.IntN(6) {
		name, value := pick(rnd, names), reflect.TypeFor[any]()
		if typ.Kind() == reflect.Struct && typ.NumField() > 0 {
			field := typ.Field(rnd.IntN(typ.NumField()))
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name, value = field.Name, field.Type; tag != "" && !strings.Contains(tag, `"`) {
				name = tag
			}
			if rnd.IntN(3) == 0 {
				name = pick(rnd, []string{strings.ToLower(name), strings.ToUpper(name), pick(rnd, names)})
			}
		}
		text := randomJSON(rnd, value, depth-1)
		if rnd.IntN(8) == 0 { // as for the option "string"
			quoted, _ := json.Marshal(text)
			text = string(quoted)
		}
		members = append(members, strconv.Quote(name)+":"+text)
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// agree checks one document and type.
func agree(t *testing.T, typ reflect.Type, data []byte) (accepted bool) {
	t.Helper()
	want, got := reflect.New(typ), reflect.New(typ)
	refused := json.Unmarshal(data, want.Interface())
	err := Decoder{}.Decode(data, got.Interface())
	if refused != nil {
		return false
	}
	require.NoError(t, err, "%v\n%s", typ, data)
	require.Equal(t, want.Interface(), got.Interface(), "%v\n%s", typ, data)
	return true
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	const rounds = 8_000
	for range rounds {
		typ := randomType(rnd, 1+rnd.IntN(3))
		for range 3 {
			if agree(t, typ, []byte(randomJSON(rnd, typ, 4))) {
				accepted++
			}
		}
	}
	require.Greater(t, accepted, rounds/2, "too few of the documents mean anything")
}

// Cases that random generation produces too rarely.
func TestAgreesOn(t *testing.T) {
	t.Parallel()
	for data, typ := range map[string]reflect.Type{
		`{"a":{"X":1},"b":{"Y":2}}`:               reflect.TypeFor[Sealed](),
		`{"a":null,"b":{}}`:                       reflect.TypeFor[Sealed](),
		`{"a":{"wall":1},"b":null}`:               reflect.TypeFor[SealedTimes](),
		`{"j":"\"7\""}`:                           reflect.TypeFor[Quoted](),
		`{"j":"\"-1.5e3\"","ps":"\"\"","s":null}`: reflect.TypeFor[Quoted](),
	} {
		require.True(t, agree(t, typ, []byte(data)), data)
	}
}

func FuzzAgree(f *testing.F) {
	for _, seed := range []string{`{"a":"x","n":1}`, `[{"a":[1,2],"A":3}]`, `{"7":{"k":"x"},"next":{"all":[{"Name":"x"}]}}`, `"x"`, `null`, `{"n":"7","i":"\"7\""}`} {
		for n := range uint64(8) {
			f.Add(n, n, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, a, b uint64, data []byte) {
		rnd := rand.New(rand.NewPCG(a, b))
		typ := randomType(rnd, 1+rnd.IntN(3))
		agree(t, typ, data)
		agree(t, typ, []byte(randomJSON(rnd, typ, 5)))
		for _, leaf := range leaves {
			agree(t, leaf, data)
		}
	})
}

// Like encoding/json, it keeps what is already there: defaults, lists and maps, and pointers in
// interfaces.
func TestAgreesOnWhatIsThereBefore(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 4_000 {
		typ := randomType(rnd, 1+rnd.IntN(3))
		before, data := []byte(randomJSON(rnd, typ, 4)), []byte(randomJSON(rnd, typ, 4))
		want, got := reflect.New(typ), reflect.New(typ)
		if json.Unmarshal(before, want.Interface()) != nil || json.Unmarshal(data, want.Interface()) != nil {
			continue
		}
		require.NoError(t, json.Unmarshal(before, got.Interface()))
		require.NoError(t, Decoder{}.Decode(data, got.Interface()), "%v\n%s\n%s", typ, before, data)
		require.Equal(t, want.Interface(), got.Interface(), "%v\n%s\n%s", typ, before, data)
	}
	for name, prepare := range interfacesHolding {
		for _, data := range []string{`{"A":{"n":1}}`, `{"A":null}`, `{"A":[1,2]}`, `{"A":"x","B":{"a":"y"}}`, `{"B":{"a":"y"}}`, `{"B":null}`, `{"C":[{"a":"z"},{"a":"z"},7]}`, `{}`} {
			want, got := prepare(), prepare()
			if json.Unmarshal([]byte(data), want) == nil {
				require.NoError(t, Decoder{}.Decode([]byte(data), got), "%s: %s", name, data)
				require.Equal(t, want, got, "%s: %s", name, data)
			}
		}
	}
}

type holder struct {
	A any
	B fmt.Stringer
	C []any
}

// told is a fmt.Stringer.
type told Base

func (t *told) String() string { return t.A }

var interfacesHolding = map[string]func() *holder{
	"structs":     func() *holder { return &holder{&told{A: "kept"}, &told{N: 7}, []any{&told{N: 1}, told{N: 2}, nil}} },
	"a pointer":   func() *holder { base := &told{A: "kept"}; return &holder{A: &base} },
	"its own":     func() *holder { return &holder{A: &ownText{"kept"}, C: []any{&ownJSON{"kept "}}} },
	"a list":      func() *holder { return &holder{A: &[]int{7, 8, 9}, C: []any{&map[string]string{"k": "v"}}} },
	"unnamed":     func() *holder { return &holder{A: &struct{ ownJSON }{ownJSON{"kept "}}} },
	"nil":         func() *holder { return &holder{A: (*told)(nil), B: (*told)(nil)} },
	"interfaces":  func() *holder { inner := any(&told{A: "kept"}); return &holder{A: &inner} },
	"no pointers": func() *holder { return &holder{A: told{A: "gone"}, C: []any{map[string]any{"a": 1.0}}} },
}

// A pointer may lead to the interface that holds it, which encoding/json detects, or into a cycle.
func TestInterfacesInACircle(t *testing.T) {
	t.Parallel()
	var own any
	own = &own
	require.NoError(t, Decoder{}.Decode([]byte(`7`), own))
	require.Equal(t, any(7.0), own)
	var one, two any
	one, two = &two, &one
	require.ErrorIs(t, Decoder{}.Decode([]byte(`7`), one), errDeep)
}
