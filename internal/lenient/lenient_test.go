package lenient

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var decodeZone = time.FixedZone("CST", 8*60*60)

func decodeWhole[T any](data string) (T, error) {
	var out T
	err := Decoder{Zone: decodeZone}.Decode([]byte(data), &out)
	return out, err
}

// decodeLenient decodes one value as a field with the unit.
func decodeLenient[T any](unit string) func(data string) (any, error) {
	return func(data string) (any, error) {
		if err := Check([]byte(data)); err != nil {
			return nil, fmt.Errorf("the test's own JSON: %w", err)
		}
		v := new(T)
		r := reader{Decoder: Decoder{Zone: decodeZone}, data: []byte(data)}
		err := r.value(planOf(planKey{typ: reflect.TypeFor[T](), unit: unit}), reflect.ValueOf(v).Elem())
		return *v, err
	}
}

type (
	decodeItem struct {
		ID   string `json:"id"`
		Rank int    `json:"rank"`
	}
	decodeBase struct {
		Code int `json:"code"`
	}
	decodeEmbedding struct {
		decodeBase
		decodeItem
		Name string `json:"name,omitempty"`
	}
	decodeName string
	decodeOdd  struct{ text string }
)

func (o *decodeOdd) UnmarshalJSON(data []byte) error {
	if string(data) == "13" {
		return errors.New("an unlucky number")
	}
	o.text = "own:" + string(data)
	return nil
}

func TestLenientAssign(t *testing.T) {
	t.Parallel()
	text, number, flag, float := decodeLenient[string](""), decodeLenient[int](""), decodeLenient[bool](""), decodeLenient[float64]("")
	list, numbers, items := decodeLenient[[]string](""), decodeLenient[[]int](""), decodeLenient[[]decodeItem]("")
	item, moment, date := decodeLenient[decodeItem](""), decodeLenient[time.Time]("ms"), decodeLenient[time.Time]("date")
	minutes, seconds, millis := decodeLenient[time.Duration]("minutes"), decodeLenient[time.Duration]("seconds"), decodeLenient[time.Duration]("ms")
	one := decodeItem{"a", 7}
	at := time.UnixMilli(1700000000123)
	tests := []struct {
		name   string
		decode func(string) (any, error)
		data   string
		want   any // nil: an error
	}{
		{name: "text", decode: text, data: `"a"`, want: "a"},
		{name: "text keeps its spaces", decode: text, data: `" a "`, want: " a "},
		{name: "number for text", decode: text, data: `42`, want: "42"},
		{name: "huge number for text", decode: text, data: `123456789012345678901234567890`, want: "123456789012345678901234567890"},
		{name: "fraction for text", decode: text, data: `1.50`, want: "1.50"},
		{name: "boolean for text", decode: text, data: `true`, want: "true"},
		{name: "null for text", decode: text, data: `null`, want: ""},
		{name: "list for text", decode: text, data: `["a"]`, want: `["a"]`},
		{name: "object for text", decode: text, data: `{"a":1}`, want: `{"a":1}`},
		{name: "named text", decode: decodeLenient[decodeName](""), data: `7`, want: decodeName("7")},

		{name: "number", decode: number, data: `42`, want: 42},
		{name: "negative number", decode: number, data: `-42`, want: -42},
		{name: "text for number", decode: number, data: `"42"`, want: 42},
		{name: "padded text for number", decode: number, data: `" 42 "`, want: 42},
		{name: "empty text for number", decode: number, data: `""`, want: 0},
		{name: "null for number", decode: number, data: `null`, want: 0},
		{name: "true for number", decode: number, data: `true`, want: 1},
		{name: "false for number", decode: number, data: `false`, want: 0},
		{name: "whole fraction for number", decode: number, data: `42.0`, want: 42},
		{name: "exponent for number", decode: number, data: `4.2e1`, want: 42},
		{name: "largest number", decode: decodeLenient[int64](""), data: `9223372036854775807`, want: int64(math.MaxInt64)},
		{name: "smallest number", decode: decodeLenient[int64](""), data: `"-9223372036854775808"`, want: int64(math.MinInt64)},
		{name: "fraction for number", decode: number, data: `42.5`, want: 43},
		{name: "word for number", decode: number, data: `"many"`, want: nil},
		{name: "list for number", decode: number, data: `[1]`, want: nil},
		{name: "object for number", decode: number, data: `{}`, want: nil},
		{name: "number beyond 64 bits", decode: number, data: `9223372036854775808`, want: nil},
		{name: "huge number", decode: number, data: `1e30`, want: nil},
		{name: "absurd number", decode: number, data: `1e999999`, want: nil},
		{name: "infinite word", decode: number, data: `"Inf"`, want: nil},
		{name: "not a number", decode: number, data: `"NaN"`, want: nil},
		{name: "number beyond its type", decode: decodeLenient[int8](""), data: `128`, want: nil},
		{name: "number within its type", decode: decodeLenient[int8](""), data: `-128`, want: int8(-128)},
		{name: "number beyond 32 bits", decode: decodeLenient[int32](""), data: `"2147483648"`, want: nil},
		{name: "unsigned", decode: decodeLenient[uint8](""), data: `"255"`, want: uint8(255)},
		{name: "unsigned, negative", decode: decodeLenient[uint](""), data: `-1`, want: nil},

		{name: "true", decode: flag, data: `true`, want: true},
		{name: "false", decode: flag, data: `false`, want: false},
		{name: "1", decode: flag, data: `1`, want: true},
		{name: "0", decode: flag, data: `0`, want: false},
		{name: "text 1", decode: flag, data: `"1"`, want: true},
		{name: "text true", decode: flag, data: `"true"`, want: true},
		{name: "text false", decode: flag, data: `"false"`, want: false},
		{name: "empty text for boolean", decode: flag, data: `""`, want: false},
		{name: "2 for boolean", decode: flag, data: `2`, want: true},
		{name: "null for boolean", decode: flag, data: `null`, want: false},
		{name: "word for boolean", decode: flag, data: `"maybe"`, want: nil},
		{name: "list for boolean", decode: flag, data: `[]`, want: nil},

		{name: "fraction", decode: float, data: `1.5`, want: 1.5},
		{name: "text for fraction", decode: float, data: `"1.5"`, want: 1.5},
		{name: "empty text for fraction", decode: float, data: `""`, want: 0.0},
		{name: "absurd fraction", decode: float, data: `1e999`, want: nil},
		{name: "word for fraction", decode: float, data: `"x"`, want: nil},

		{name: "list", decode: list, data: `["a","b"]`, want: []string{"a", "b"}},
		{name: "list of numbers for texts", decode: list, data: `[1,2]`, want: []string{"1", "2"}},
		{name: "list of texts for numbers", decode: numbers, data: `["1","2"]`, want: []int{1, 2}},
		{name: "empty list", decode: list, data: `[]`, want: []string{}},
		{name: "null for list", decode: list, data: `null`, want: []string(nil)},
		{name: "empty text for list", decode: list, data: `""`, want: []string(nil)},
		{name: "blank text for list", decode: list, data: `" "`, want: []string(nil)},
		{name: "single text for list", decode: list, data: `"a"`, want: []string{"a"}},
		{name: "single number for list", decode: numbers, data: `7`, want: []int{7}},
		{name: "list as text", decode: list, data: `"[\"a\",\"b\"]"`, want: []string{"a", "b"}},
		{name: "padded list as text", decode: numbers, data: `" [1, 2] "`, want: []int{1, 2}},
		{name: "broken list as text", decode: list, data: `"[a"`, want: []string{"[a"}},
		{name: "null in a list", decode: list, data: `["a",null]`, want: []string{"a", ""}},
		{name: "word in a list of numbers", decode: numbers, data: `[1,"x"]`, want: nil},
		{name: "list of lists", decode: decodeLenient[[][]int](""), data: `[[1],2,"[3,4]"]`, want: [][]int{{1}, {2}, {3, 4}}},
		{name: "bytes", decode: decodeLenient[[]byte](""), data: `"ab"`, want: []byte("ab")},

		{name: "object", decode: item, data: `{"id":"a","rank":7}`, want: one},
		{name: "object with wrong types", decode: item, data: `{"id":12,"rank":"7"}`, want: decodeItem{"12", 7}},
		{name: "object with unknown fields", decode: item, data: `{"id":"a","rank":7,"new":{"x":[1]}}`, want: one},
		{name: "object in other letter case", decode: item, data: `{"ID":"a","Rank":7}`, want: one},
		{name: "exact letter case first", decode: item, data: `{"ID":"b","id":"a","rank":7}`, want: one},
		{name: "object without fields", decode: item, data: `{}`, want: decodeItem{}},
		{name: "empty list for object", decode: item, data: `[]`, want: decodeItem{}},
		{name: "empty text for object", decode: item, data: `""`, want: decodeItem{}},
		{name: "null for object", decode: item, data: `null`, want: decodeItem{}},
		{name: "object as text", decode: item, data: `"{\"id\":\"a\",\"rank\":\"7\"}"`, want: one},
		{name: "list for object", decode: item, data: `[1]`, want: nil},
		{name: "number for object", decode: item, data: `7`, want: nil},
		{name: "boolean for object", decode: item, data: `true`, want: nil},
		{name: "word for object", decode: item, data: `"x"`, want: nil},
		{name: "text in text for object", decode: item, data: `"\"{}\""`, want: nil},
		{name: "object with a bad field", decode: item, data: `{"id":"a","rank":"x"}`, want: nil},
		{name: "list of objects", decode: items, data: `[{"id":"a","rank":7}]`, want: []decodeItem{one}},
		{name: "single object for list", decode: items, data: `{"id":"a","rank":7}`, want: []decodeItem{one}},
		{name: "list of objects as texts", decode: items, data: `["{\"id\":\"a\",\"rank\":7}"]`, want: []decodeItem{one}},
		{name: "embedded structs", decode: decodeLenient[decodeEmbedding](""), data: `{"code":"200","id":"a","rank":7,"name":1}`,
			want: decodeEmbedding{decodeBase{200}, one, "1"}},

		{name: "map", decode: decodeLenient[map[string]string](""), data: `{"a":1,"b":"2"}`, want: map[string]string{"a": "1", "b": "2"}},
		{name: "map as text", decode: decodeLenient[map[string]int](""), data: `"{\"a\":\"1\"}"`, want: map[string]int{"a": 1}},
		{name: "empty list for map", decode: decodeLenient[map[string]int](""), data: `[]`, want: map[string]int{}},
		{name: "null for map", decode: decodeLenient[map[string]int](""), data: `null`, want: map[string]int(nil)},
		{name: "list for map", decode: decodeLenient[map[string]int](""), data: `[1]`, want: nil},
		{name: "bad value in a map", decode: decodeLenient[map[string]int](""), data: `{"a":"x"}`, want: nil},
		{
			name: "map of objects", decode: decodeLenient[map[decodeName]decodeItem](""), data: `{"k":{"id":"a","rank":"7"}}`,
			want: map[decodeName]decodeItem{"k": one},
		},

		{name: "pointer", decode: decodeLenient[*int](""), data: `"7"`, want: ptr(7)},
		{name: "null for pointer", decode: decodeLenient[*int](""), data: `null`, want: (*int)(nil)},
		{name: "anything", decode: decodeLenient[any](""), data: `{"a":[1,true]}`, want: map[string]any{"a": []any{1.0, true}}},
		{name: "raw", decode: decodeLenient[json.RawMessage](""), data: `{"a":1}`, want: json.RawMessage(`{"a":1}`)},
		{name: "its own decoder", decode: decodeLenient[decodeOdd](""), data: `[1]`, want: decodeOdd{"own:[1]"}},
		{name: "its own decoder fails", decode: decodeLenient[decodeOdd](""), data: `13`, want: nil},

		{name: "milliseconds", decode: moment, data: `1700000000123`, want: at},
		{name: "milliseconds as text", decode: moment, data: `"1700000000123"`, want: at},
		{name: "milliseconds as a fraction", decode: moment, data: `1.700000000123e12`, want: at},
		{name: "zero is no time", decode: moment, data: `0`, want: time.Time{}},
		{name: "empty text is no time", decode: moment, data: `""`, want: time.Time{}},
		{name: "null is no time", decode: moment, data: `null`, want: time.Time{}},
		{
			name: "a date where milliseconds belong", decode: moment, data: `"2023-11-15 06:13:20"`,
			want: time.Date(2023, 11, 15, 6, 13, 20, 0, decodeZone),
		},
		{name: "date", decode: date, data: `"2023-11-15 06:13:20"`, want: time.Date(2023, 11, 15, 6, 13, 20, 0, decodeZone)},
		{name: "date without zeros", decode: date, data: `"2014-1-01 1:1:1"`, want: time.Date(2014, 1, 1, 1, 1, 1, 0, decodeZone)},
		{name: "date with a zone", decode: date, data: `"2023-11-14T22:13:20Z"`, want: time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)},
		{name: "milliseconds where a date belongs", decode: date, data: `1700000000123`, want: at},
		{name: "no date", decode: date, data: `"yesterday"`, want: time.Time{}},
		{name: "impossible date", decode: date, data: `"2023-02-30 00:00:00"`, want: time.Time{}},
		{name: "absurd time", decode: moment, data: `1e300`, want: time.Time{}},
		{name: "list for time", decode: moment, data: `[]`, want: nil},
		{name: "object for time", decode: date, data: `{"date":1,"time":[7]}`, want: nil},

		{name: "minutes", decode: minutes, data: `90`, want: 90 * time.Minute},
		{name: "seconds as text", decode: seconds, data: `"90"`, want: 90 * time.Second},
		{name: "milliseconds span", decode: millis, data: `1500`, want: 1500 * time.Millisecond},
		{name: "negative span", decode: seconds, data: `-1`, want: -time.Second},
		{name: "empty text for span", decode: minutes, data: `""`, want: time.Duration(0)},
		{name: "null for span", decode: minutes, data: `null`, want: time.Duration(0)},
		{name: "word for span", decode: minutes, data: `"x"`, want: nil},
		{name: "longest span", decode: minutes, data: `153722867`, want: 153722867 * time.Minute},
		{name: "span that does not fit", decode: minutes, data: `153722868`, want: nil},
		{name: "negative span that does not fit", decode: minutes, data: `-153722868`, want: nil},
		{name: "fraction for span", decode: minutes, data: `0.5`, want: 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.decode(tt.data)
			if tt.want == nil {
				require.Error(t, err)
				require.NotContains(t, err.Error(), "the test's own JSON")
				return
			}
			require.NoError(t, err)
			if want, ok := tt.want.(time.Time); ok {
				require.True(t, want.Equal(got.(time.Time)), "wanted %v, got %v", want, got)
				require.Equal(t, want.IsZero(), got.(time.Time).IsZero())
				return
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestLenientErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	type answer struct {
		List []struct {
			Item decodeItem `json:"item"`
		} `json:"list"`
	}
	_, err := decodeLenient[answer]("")(`{"list":[{},{"item":{"rank":"` + strings.Repeat("x", 100) + `"}}]}`)
	require.EqualError(t, err, "list: item 2: item: rank: expected a whole number, got a text")
}

type decodeTagged struct {
	ID      string         `json:"id" alt:"userId,uid"`
	At      time.Time      `json:"at" unit:"ms"`
	Day     time.Time      `json:"day" unit:"date"`
	Left    time.Duration  `json:"left" unit:"minutes"`
	Items   []decodeItem   `json:"items"`
	Only    decodeItem     `json:"only"`
	Extra   map[string]int `json:"extra"`
	Skipped string         `json:"-"`
	NoTag   string
	hidden  string //nolint:unused // it must not be changed
}

func TestDecodeTags(t *testing.T) {
	t.Parallel()
	got, err := decodeWhole[decodeTagged](`{"code":200,"uid":"a","at":"1700000000123","day":"2023-11-15 06:13:20","left":2,
		"items":[{"id":1,"rank":"2"}],"only":"{\"id\":\"x\"}","extra":[],"-":"no","noTag":"untagged","hidden":"no"}`)
	require.NoError(t, err)
	require.True(t, got.At.Equal(time.UnixMilli(1700000000123)))
	require.True(t, got.Day.Equal(time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)), "the date is in the data centre's zone")
	got.At, got.Day = time.Time{}, time.Time{}
	require.Equal(t, decodeTagged{
		ID: "a", Left: 2 * time.Minute, Items: []decodeItem{{"1", 2}}, Only: decodeItem{ID: "x"}, Extra: map[string]int{}, NoTag: "untagged",
	}, got)
}

// Values that JSON counts from 0 are counted from 1, and missing values stay 0.
func TestDecodeFromZero(t *testing.T) {
	t.Parallel()
	type kind int64
	type response struct {
		Kind  kind   `json:"kind" from:"0"`
		Kinds []kind `json:"kinds" from:"0"`
		Other *kind  `json:"other" from:"0"`
		Plain kind   `json:"plain"`
	}
	for data, want := range map[string]response{
		`{"kind":0,"plain":0}`:         {Kind: 1},
		`{"kind":"1","plain":1}`:       {Kind: 2, Plain: 1},
		`{"kind":false}`:               {Kind: 1},
		`{"kind":-1}`:                  {Kind: 0},
		`{"kind":7.0}`:                 {Kind: 8},
		`{"kind":9223372036854775807}`: {Kind: math.MaxInt64},
		`{"kind":null}`:                {},
		`{"kind":""}`:                  {},
		`{}`:                           {},
		`{"kinds":[0,1],"other":0}`:    {Kinds: []kind{1, 2}, Other: ptr(kind(1))},
	} {
		got, err := decodeWhole[response](data)
		require.NoError(t, err, data)
		require.Equal(t, want, got, data)
	}
	_, err := decodeWhole[response](`{"kind":"x"}`)
	require.ErrorContains(t, err, "kind")
	type small struct {
		Kind int8 `json:"kind" from:"0"`
	}
	_, err = decodeWhole[small](`{"kind":127}`)
	require.ErrorContains(t, err, "does not fit")
}

func TestDecodeAlternativeNames(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"id":"a","userId":"b","uid":"c"}`: "a",
		`{"uid":"c","userId":"b"}`:          "b",
		`{"uid":"c"}`:                       "c",
		`{"id":null,"uid":"c"}`:             "c",
		`{"UID":"c"}`:                       "c",
		`{"other":"x"}`:                     "",
	} {
		got, err := decodeWhole[decodeTagged](data)
		require.NoError(t, err)
		require.Equal(t, want, got.ID, data)
	}
}

// A field without alt has no second name, not even the empty one.
func TestDecodeEmptyName(t *testing.T) {
	t.Parallel()
	got, err := decodeWhole[decodeItem](`{"":"x","rank":"1"}`)
	require.NoError(t, err)
	require.Equal(t, decodeItem{Rank: 1}, got)
}

func TestDecodeZone(t *testing.T) {
	t.Parallel()
	type answer struct {
		Day time.Time `json:"day" unit:"date"`
	}
	for zone, want := range map[*time.Location]int64{time.UTC: 1700028800, decodeZone: 1700000000} {
		var out answer
		require.NoError(t, Decoder{Zone: zone}.Decode([]byte(`{"day":"2023-11-15 06:13:20"}`), &out))
		require.Equal(t, want, out.Day.Unix(), zone)
	}
}

type plainNode struct {
	Name string       `json:"name"`
	Next *plainNode   `json:"next"`
	All  []*plainNode `json:"all"`
}

func TestDecodeRecursiveType(t *testing.T) {
	t.Parallel()
	got, err := decodeWhole[plainNode](`{"name":1,"next":{"name":"b"},"all":{"name":"c"}}`)
	require.NoError(t, err)
	require.Equal(t, plainNode{Name: "1", Next: &plainNode{Name: "b"}, All: []*plainNode{{Name: "c"}}}, got)
}

type (
	decodeParent struct {
		Children []*decodeChild `json:"children"`
		At       time.Time      `json:"at" unit:"ms"`
	}
	decodeChild struct {
		Parent *decodeParent `json:"parent"`
	}
)

// For types that contain each other, the result must not depend on which was decoded first.
func TestDecodeTypesThatHoldEachOther(t *testing.T) {
	t.Parallel()
	got, err := decodeWhole[decodeChild](`{"parent":{"at":1700000000123}}`)
	require.NoError(t, err)
	require.True(t, got.Parent.At.Equal(time.UnixMilli(1700000000123)))
}

// Times and durations behind pointers, in lists and in maps are decoded like plain ones.
func TestDecodeTimesBehindPointers(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000123)
	t.Run("pointer to a time", func(t *testing.T) {
		t.Parallel()
		got, err := decodeWhole[struct {
			At *time.Time `json:"at" unit:"ms"`
		}](`{"at":1700000000123}`)
		require.NoError(t, err)
		require.NotNil(t, got.At)
		require.True(t, got.At.Equal(at))
	})
	t.Run("list of times", func(t *testing.T) {
		t.Parallel()
		got, err := decodeWhole[struct {
			At []time.Time `json:"at" unit:"ms"`
		}](`{"at":[1700000000123]}`)
		require.NoError(t, err)
		require.Len(t, got.At, 1)
		require.True(t, got.At[0].Equal(at))
	})
	t.Run("map of times", func(t *testing.T) {
		t.Parallel()
		got, err := decodeWhole[struct {
			At map[string]time.Time `json:"at" unit:"ms"`
		}](`{"at":{"a":1700000000123}}`)
		require.NoError(t, err)
		require.True(t, got.At["a"].Equal(at))
	})
	t.Run("pointer to a span", func(t *testing.T) {
		t.Parallel()
		got, err := decodeWhole[struct {
			Left *time.Duration `json:"left" unit:"seconds"`
		}](`{"left":90}`)
		require.NoError(t, err)
		require.Equal(t, 90*time.Second, *got.Left)
	})
}

func ptr[T any](v T) *T { return &v }

// TestUnknownMembers checks that members without a field are passed to Unknown, once and with
// their struct.
func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	type inner struct {
		ID string `json:"id" alt:"userId"`
	}
	type outer struct {
		Name  string           `json:"name"`
		Inner *inner           `json:"inner"`
		List  []inner          `json:"list"`
		Map   map[string]inner `json:"map"`
		decodeItem
	}
	var out outer
	var seen []string
	decoder := Decoder{Unknown: func(target any, key string, value []byte, first bool) {
		seen = append(seen, fmt.Sprintf("%T %s=%s %t", target, key, value, first))
	}}
	data := `{"NAME":"n","a\u0062":1.50,"rank":1,"inner":{"userId":"u","id":"v","x": [1, {"id":2}]},"b":{"id":3},"list":[{"y":null},{}],"map":{"k":{"z":"\""}},"inner":"{\"w\":0}"}`
	require.NoError(t, decoder.Decode([]byte(data), &out))
	require.Equal(t, []string{
		"*lenient.outer ab=1.50 true", `*lenient.inner x=[1, {"id":2}] true`, `*lenient.outer b={"id":3} false`,
		"*lenient.inner y=null true", `*lenient.inner z="\"" true`, "*lenient.inner w=0 true",
	}, seen)
	require.Equal(t, "n", out.Name)
	require.Equal(t, "v", out.Inner.ID)
}

// TestOddChoices reads values that an enumeration, a duration and a switch cannot hold.
func TestOddChoices(t *testing.T) {
	t.Parallel()
	type kind int
	type outer struct {
		Kind  kind          `json:"kind"`
		Ptr   *kind         `json:"ptr"`
		Span  time.Duration `json:"span" unit:"seconds"`
		On    bool          `json:"on" unit:"switch"`
		Count int           `json:"count"`
		Flag  bool          `json:"flag"`
	}
	var seen []string
	decoder := Decoder{Unknown: func(_ any, key string, value []byte, first bool) {
		seen = append(seen, fmt.Sprintf("%s=%s %t", key, value, first))
	}}
	var out outer
	data := `{"KIND": "word" ,"ptr":[1,{"a":2}],"span":-1.5,"on":2,"flag":2,"count":7}`
	require.NoError(t, decoder.Decode([]byte(data), &out))
	require.Equal(t, []string{`kind="word" true`, `ptr=[1,{"a":2}] false`, "span=-1.5 false", "on=2 false"}, seen)
	require.Equal(t, outer{Flag: true, Count: 7}, out)

	two := kind(2)
	seen, out = nil, outer{}
	require.NoError(t, decoder.Decode([]byte(`{"kind":"1","ptr":2,"span":"3","on":true}`), &out))
	require.Equal(t, outer{Kind: 1, Ptr: &two, Span: 3 * time.Second, On: true}, out)
	require.NoError(t, decoder.Decode([]byte(`{"ptr":null}`), &out))
	require.Nil(t, out.Ptr)
	require.Empty(t, seen)

	require.Error(t, decoder.Decode([]byte(`{"count":"word"}`), &out), "a plain number is none of them")
	require.Error(t, Decoder{}.Decode([]byte(`{"kind":"word"}`), &out), "nobody keeps it")
	require.NoError(t, Decoder{}.Decode([]byte(`{"span":-1,"on":2}`), &out))
	require.Equal(t, -time.Second, out.Span)
}
