package lenient

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type lists struct {
	IDs    []string         `json:"ids" item:"id,userId"`
	Texts  []string         `json:"texts"`
	Nums   []int            `json:"nums"`
	Items  []decodeItem     `json:"items"`
	Fixed  [2]int           `json:"fixed"`
	Nested [][]string       `json:"nested"`
	Maps   []map[string]int `json:"maps"`
	Any    []any            `json:"any"`
}

// Values instead of a list.
func TestLists(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]lists{
		`{"ids":{},"texts":{},"nums":{},"items":{},"nested":{ },"maps":{},"any":{}}`: {
			IDs: []string{}, Texts: []string{}, Nums: []int{}, Items: []decodeItem{}, Fixed: [2]int{}, Nested: [][]string{}, Maps: []map[string]int{}, Any: []any{},
		},
		`{"ids":"{}","texts":"[]","nums":" { } ","items":"","fixed":{}}`: {IDs: []string{}, Texts: []string{}, Nums: []int{}},
		`{"ids":[{"id":"a"},"b",7,{"userId":8},{"userId":"x","id":"c"},{"id":null,"userId":"d"},{"ID":"e"}]}`: {
			IDs: []string{"a", "b", "7", "8", "c", "d", "e"},
		},
		`{"ids":{"id":"a"},"items":{"id":"a"},"nums":"7","fixed":"[1,\"2\",3]"}`:  {IDs: []string{"a"}, Items: []decodeItem{{ID: "a"}}, Nums: []int{7}, Fixed: [2]int{1, 2}},
		`{"ids":[null,"a",{},null],"texts":[null],"items":[null,{"id":"a"}]}`:     {IDs: []string{"a"}, Texts: []string{}, Items: []decodeItem{{ID: "a"}}},
		`{"nums":[null,1,null,2],"nested":[["a",null],null,[]],"maps":[null,{}]}`: {Nums: []int{1, 2}, Nested: [][]string{{"a"}, {}}, Maps: []map[string]int{{}}},
		`{"any":[1,null,"x"],"fixed":[null,1.5]}`:                                 {Any: []any{1.0, "x"}, Fixed: [2]int{2, 0}},
	} {
		var got lists
		require.NoError(t, Decoder{DropNulls: true}.Decode([]byte(data), &got), data)
		require.Equal(t, want, got, data)
	}
	for data, reason := range map[string]string{
		`{"texts":[{"id":"secret"}]}`:          "texts: item 1: expected a text, got an object",
		`{"texts":["a",["secret"]]}`:           "texts: item 2: expected a text, got a list",
		`{"texts":{"secret":1}}`:               "texts: expected a text, got an object",
		`{"ids":["a",{"name":"secret"}]}`:      "ids: item 2: the object has no ID (id, userId)",
		`{"ids":[{"id":{"secret":1}}]}`:        "ids: item 1: the object has no ID (id, userId)",
		`{"nums":["secret"]}`:                  "nums: item 1: expected a whole number, got a text",
		`{"nums":[99999999999999999999]}`:      "nums: item 1: the number does not fit into int",
		`{"items":["secret"]}`:                 "items: item 1: expected an object, got a text",
		`{"maps":[{"secret":"secret"}]}`:       "maps: item 1: an entry: expected a whole number, got a text",
		`{"items":[{"rank":{"secret":true}}]}`: "items: item 1: rank: expected a whole number, got an object",
		`{"items":"[{\"rank\":\"secret\"}]"}`:  "items: item 1: rank: expected a whole number, got a text",
		`{"nested":[["a"],[["secret"]]]}`:      "nested: item 2: item 1: expected a text, got a list",
		`{"fixed":["secret"]}`:                 "fixed: item 1: expected a whole number, got a text",
		`{"secret":` + "\x01" + `}`:            "invalid character at byte 11",
		`{"secret`:                             "unexpected end of JSON input",
		`{"ids":[]} {"secret":1}`:              "invalid character at byte 12",
		"\xef\xbb\xbf" + `{"ids":["a mark"]}`:  "invalid character at byte 1",
	} {
		require.EqualError(t, Decoder{DropNulls: true}.Decode([]byte(data), new(lists)), reason, data)
	}
}

// The error of a type's own decoder may contain the value, so it can be unwrapped but is not
// printed.
func TestErrorsOfOthersAreNotPrinted(t *testing.T) {
	t.Parallel()
	type result struct {
		Secret telling         `json:"a"`
		Text   tellingText     `json:"b"`
		Keys   map[tellKey]int `json:"c"`
	}
	for _, data := range []string{`{"a":"hush"}`, `{"b":"hush"}`, `{"c":{"hush":1}}`} {
		err := Decoder{}.Decode([]byte(data), new(result))
		require.ErrorIs(t, err, errTelling)
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if format != "%#v" { // which shows the inside of any error
				require.NotContains(t, fmt.Sprintf(format, err), "hush")
			}
		}
	}
}

var errTelling = errors.New("telling")

type (
	telling     string
	tellingText string
	tellKey     string
)

func (*telling) UnmarshalJSON(data []byte) error     { return fmt.Errorf("%w: %s", errTelling, data) }
func (*tellingText) UnmarshalText(data []byte) error { return fmt.Errorf("%w: %s", errTelling, data) }
func (*tellKey) UnmarshalText(data []byte) error     { return fmt.Errorf("%w: %s", errTelling, data) }

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"0": 0, "7": 7, "-7": -7, "2.4": 2, "2.5": 3, "-2.4": -2, "-2.5": -3, "99.6": 100, "9007199254740993.0": int64(9007199254740993), "9223372036854775807.4": int64(math.MaxInt64),
		"-9223372036854775808.4": int64(math.MinInt64), "1e3": 1000, "1.5e1": 15, "-1e-9": 0, "true": 1, "false": 0, "": 0,
		"9223372036854775807.5": errRange, "-9223372036854775808.5": errRange, "1e19": errRange, "1e999": errRange, "x": errNumber, "NaN": errNumber, "Inf": errNumber, ".": errNumber, "1.x": errNumber,
	} {
		n, err := wholeNumber([]byte(text))
		if wrong, ok := want.(error); ok {
			require.ErrorIs(t, err, wrong, text)
			continue
		}
		require.NoError(t, err, text)
		require.EqualValues(t, want, n, text)
	}
	for text, want := range map[string]any{
		"18446744073709551615": uint64(18446744073709551615), "1.5": uint64(2), "true": uint64(1), "": uint64(0), "1e3": uint64(1000),
		"18446744073709551615.5": errRange, "-1": errRange, "-1.5": errRange, "1e20": errRange, "x": errNumber,
	} {
		n, err := unsigned([]byte(text))
		if wrong, ok := want.(error); ok {
			require.ErrorIs(t, err, wrong, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
	}
	for text, want := range map[string]time.Duration{
		"3.2": 3200 * time.Millisecond, "10.3": 10300 * time.Millisecond, "0.001": time.Millisecond, "7": 7 * time.Second, "-0.5": -500 * time.Millisecond, "1e2": 100 * time.Second, "": 0,
	} {
		span, err := units2span([]byte(text), time.Second)
		require.NoError(t, err, text)
		require.Equal(t, want, span, text)
	}
	_, err := units2span([]byte("1e19"), time.Second)
	require.ErrorIs(t, err, errRange)
}

// The first name that has a value wins, wherever in the object it is. An empty text is no value if
// another name has one.
func TestFurtherNames(t *testing.T) {
	t.Parallel()
	type item struct {
		ID   string         `json:"id" alt:"userId,uid"`
		Tags map[string]int `json:"tags" alt:"labels"`
	}
	for data, want := range map[string]item{
		`{"uid":"c","userId":"b","id":"a"}`:                           {ID: "a"},
		`{"id":"a","userId":"b","uid":"c"}`:                           {ID: "a"},
		`{"userId":"b","uid":"c","id":null}`:                          {ID: "b"},
		`{"ID":"x","uid":"c"}`:                                        {ID: "c"},
		`{"id":"a","id":"b"}`:                                         {ID: "b"},
		`{"id":"","uid":"c"}`:                                         {ID: "c"},
		`{"uid":"c","id":""}`:                                         {ID: "c"},
		`{"id":"","userId":"","uid":"c"}`:                             {ID: "c"},
		`{"id":"a","id":""}`:                                          {}, // as with encoding/json
		`{"id":"","id":"a"}`:                                          {ID: "a"},
		`{"ID":"x","id":"","uid":""}`:                                 {ID: "x"},
		`{"tags":"","labels":{"x":1}}`:                                {Tags: map[string]int{"x": 1}},
		`{"labels":{"x":1},"tags":{"y":2}}`:                           {Tags: map[string]int{"y": 2}},
		`{"tags":{"y":2},"labels":{"x":1}}`:                           {Tags: map[string]int{"y": 2}},
		`{"tags":{"y":2},"tags":{"x":1},"labels":{"z":3},"LABELS":1}`: {Tags: map[string]int{"y": 2, "x": 1}},
	} {
		var got item
		require.NoError(t, Decoder{}.Decode([]byte(data), &got), data)
		require.Equal(t, want, got, data)
	}
	var fields []reflect.StructField
	for i := range 20 { // more than fit without an allocation
		fields = append(fields, reflect.StructField{Name: fmt.Sprint("F", i), Type: reflect.TypeFor[int](), Tag: reflect.StructTag(fmt.Sprintf(`json:"f%d" alt:"g%d"`, i, i))})
	}
	many := reflect.New(reflect.StructOf(fields))
	require.NoError(t, Decoder{}.Decode([]byte(`{"g0":1,"g19":2,"f19":3,"g8":4}`), many.Interface()))
	require.Equal(t, []int64{1, 3, 4}, []int64{many.Elem().Field(0).Int(), many.Elem().Field(19).Int(), many.Elem().Field(8).Int()})
}

// The depth of a document, and of JSON inside texts, cannot exhaust the stack.
func TestDepth(t *testing.T) {
	t.Parallel()
	var node Node
	require.NoError(t, Decoder{}.Decode([]byte(strings.Repeat(`{"next":`, 9000)+`{}`+strings.Repeat(`}`, 9000)), &node))
	require.Error(t, Decoder{}.Decode([]byte(strings.Repeat(`{"next":`, 20000)+`{}`+strings.Repeat(`}`, 20000)), &node))
	type endless *endless
	var never endless
	require.ErrorContains(t, Decoder{}.Decode([]byte(`1`), &never), "cannot hold")
	require.ErrorContains(t, Decoder{}.Decode([]byte(`1`), new(itself)), "deep")
	err := Decoder{}.Decode([]byte(strings.Repeat(`{"next":`, 9000)+`7`+strings.Repeat(`}`, 9000)), &node)
	require.EqualError(t, err, "…: "+strings.Repeat("next: ", maxSteps)+"expected an object, got a number")
	text := `{}`
	for range 12 {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		text = `{"next":` + string(quoted) + `}`
	}
	require.NoError(t, Decoder{}.Decode([]byte(text), &node))
}

// The first documents of a type may be decoded in parallel.
func TestPlansAreWholeFromTheStart(t *testing.T) {
	t.Parallel()
	for round := range 20 { // new types that take long to analyse
		var fields []reflect.StructField
		for i := range 500 {
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("R%dF%d", round, i), Type: reflect.TypeFor[[]decodeItem]()})
		}
		fields = append(fields, reflect.StructField{Name: "At", Type: timeType, Tag: `json:"at"`})
		typ := reflect.StructOf(fields)
		start := make(chan struct{})
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				<-start
				v := reflect.New(typ)
				if err := (Decoder{}).Decode([]byte(`{"at":1700000000123}`), v.Interface()); err != nil || v.Elem().Field(500).Interface().(time.Time).IsZero() {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		close(start)
		wait.Wait()
	}
}

type itself []itself

func TestHoldsObject(t *testing.T) {
	t.Parallel()
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[struct{}](): true, reflect.TypeFor[*struct{}](): true, reflect.TypeFor[map[string]int](): true, reflect.TypeFor[any](): true, reflect.TypeFor[string](): true,
		reflect.TypeFor[[]byte](): true, reflect.TypeFor[json.RawMessage](): true, reflect.TypeFor[[]Node](): true, reflect.TypeFor[[2]any](): true,
		reflect.TypeFor[int](): false, reflect.TypeFor[bool](): false, reflect.TypeFor[time.Time](): false, reflect.TypeFor[chan int](): false, reflect.TypeFor[[]string](): false,
		reflect.TypeFor[itself](): false, reflect.TypeFor[[0]any](): false, reflect.TypeFor[map[bool]int](): false, reflect.TypeFor[error](): false, reflect.TypeFor[ownText](): false, reflect.TypeFor[**int](): false,
	} {
		require.Equal(t, want, HoldsObject(typ), typ)
	}
}

func TestObjectAndText(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]int{`{"a":1,"b":[]}`: 2, `"{\"a\":1}"`: 1, `{}`: 0, `""`: 0, `[]`: 0, `null`: 0} {
		object, err := Object([]byte(data))
		require.NoError(t, err, data)
		require.Len(t, object, want, data)
	}
	for data, want := range map[string]string{`"a"`: "a", `7`: "7", `true`: "true", `null`: "", `{"a": [1]}`: `{"a":[1]}`} {
		text, err := Text([]byte(data))
		require.NoError(t, err, data)
		require.Equal(t, want, text)
	}
	for _, data := range []string{`[1]`, `7`, `"x"`, `{`} {
		_, err := Object([]byte(data))
		require.Error(t, err, data)
	}
	for _, out := range []any{nil, 5, (*int)(nil)} {
		require.Error(t, Decoder{}.Decode([]byte(`1`), out))
	}
	require.Equal(t, `{}`, string(TrimMark([]byte("\xef\xbb\xbf{}"))))
}

// A kept string must not keep much more memory alive, nor change when the buffer is reused.
func TestStringsShareBoundedPieces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxShared+1)
	data := []byte(`["` + strings.Repeat(strings.Repeat("y", 1000)+`","`, 200) + long + `","é","\n"]`)
	var got []string
	require.NoError(t, Decoder{}.Decode(data, &got))
	clear(data)
	require.Len(t, got, 203)
	for _, text := range got[:200] {
		require.Equal(t, strings.Repeat("y", 1000), text)
	}
	require.Equal(t, []string{long, "é", "\n"}, got[200:])
}

// Lists whose key is repeated, and numbers that do not fit into a float64.
func TestOddities(t *testing.T) {
	t.Parallel()
	type result struct {
		A []int `json:"a"`
		B any   `json:"b"`
	}
	const again = `{"a":[1,2,3],"a":[null],"a":[null,null,null,null,null]}`
	var want, got result
	require.NoError(t, json.Unmarshal([]byte(again), &want))
	require.NoError(t, Decoder{}.Decode([]byte(again), &got))
	require.Equal(t, want, got)
	require.Equal(t, []int{1, 2, 3, 0, 0}, got.A)

	got = result{}
	require.NoError(t, Decoder{}.Decode([]byte(`{"b":{"x":[1,1e400]}}`), &got))
	require.Equal(t, map[string]any{"x": []any{1.0, json.Number("1e400")}}, got.B)
}

// Nested lists are not counted again and again, which would take minutes for a deeply nested
// response.
func TestCountingIsBounded(t *testing.T) {
	t.Parallel()
	const depth = 5000
	deep := []byte(strings.Repeat("[", depth) + strings.Repeat("[],", depth) + "[]" + strings.Repeat("]", depth))
	var want, got itself
	r := reader{data: deep}
	require.NoError(t, r.value(planOf(planKey{typ: reflect.TypeOf(got), pointed: true}), reflect.ValueOf(&got).Elem()))
	require.LessOrEqual(t, r.counted, (maxCounts+1)*len(deep))
	for list := got; len(list) > 0; list = list[0] {
		want = list
	}
	require.Equal(t, itself{{}}, want[:1])

	// Lists that are not counted are decoded to the same values.
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 4_000 {
		typ := randomType(rnd, 1+rnd.IntN(3))
		data := []byte(randomJSON(rnd, typ, 4))
		want, got := reflect.New(typ), reflect.New(typ)
		if json.Unmarshal(data, want.Interface()) != nil {
			continue
		}
		r := reader{data: data, counted: math.MaxInt}
		require.NoError(t, r.value(planOf(planKey{typ: typ, pointed: true}), got.Elem()), "%v\n%s", typ, data)
		require.Equal(t, want.Interface(), got.Interface(), "%v\n%s", typ, data)
	}
	for data, want := range map[string]lists{
		`{"texts":[null,"a",null,"b",null],"nums":[null],"items":[]}`: {Texts: []string{"a", "b"}, Nums: []int{}, Items: []decodeItem{}},
		`{"fixed":[null,1,2,3],"texts":["a","b"],"texts":["c"]}`:      {Fixed: [2]int{1, 2}, Texts: []string{"c"}},
	} {
		var got lists
		r := reader{Decoder: Decoder{DropNulls: true}, data: []byte(data), counted: math.MaxInt}
		require.NoError(t, r.value(planOf(planKey{typ: reflect.TypeOf(got)}), reflect.ValueOf(&got).Elem()))
		require.Equal(t, want, got, data)
	}
}
