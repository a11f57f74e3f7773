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
		{"text", text, `"a"`, "a"},
		{"text keeps its spaces", text, `" a "`, " a "},
		{"number for text", text, `42`, "42"},
		{"huge number for text", text, `123456789012345678901234567890`, "123456789012345678901234567890"},
		{"fraction for text", text, `1.50`, "1.50"},
		{"boolean for text", text, `true`, "true"},
		{"null for text", text, `null`, ""},
		{"list for text", text, `["a"]`, `["a"]`},
		{"object for text", text, `{"a":1}`, `{"a":1}`},
		{"named text", decodeLenient[decodeName](""), `7`, decodeName("7")},

		{"number", number, `42`, 42},
		{"negative number", number, `-42`, -42},
		{"text for number", number, `"42"`, 42},
		{"padded text for number", number, `" 42 "`, 42},
		{"empty text for number", number, `""`, 0},
		{"null for number", number, `null`, 0},
		{"true for number", number, `true`, 1},
		{"false for number", number, `false`, 0},
		{"whole fraction for number", number, `42.0`, 42},
		{"exponent for number", number, `4.2e1`, 42},
		{"largest number", decodeLenient[int64](""), `9223372036854775807`, int64(math.MaxInt64)},
		{"smallest number", decodeLenient[int64](""), `"-9223372036854775808"`, int64(math.MinInt64)},
		{"fraction for number", number, `42.5`, 43},
		{"word for number", number, `"many"`, nil},
		{"list for number", number, `[1]`, nil},
		{"object for number", number, `{}`, nil},
		{"number beyond 64 bits", number, `9223372036854775808`, nil},
		{"huge number", number, `1e30`, nil},
		{"absurd number", number, `1e999999`, nil},
		{"infinite word", number, `"Inf"`, nil},
		{"not a number", number, `"NaN"`, nil},
		{"number beyond its type", decodeLenient[int8](""), `128`, nil},
		{"number within its type", decodeLenient[int8](""), `-128`, int8(-128)},
		{"number beyond 32 bits", decodeLenient[int32](""), `"2147483648"`, nil},
		{"unsigned", decodeLenient[uint8](""), `"255"`, uint8(255)},
		{"unsigned, negative", decodeLenient[uint](""), `-1`, nil},

		{"true", flag, `true`, true},
		{"false", flag, `false`, false},
		{"1", flag, `1`, true},
		{"0", flag, `0`, false},
		{"text 1", flag, `"1"`, true},
		{"text true", flag, `"true"`, true},
		{"text false", flag, `"false"`, false},
		{"empty text for boolean", flag, `""`, false},
		{"2 for boolean", flag, `2`, true},
		{"null for boolean", flag, `null`, false},
		{"word for boolean", flag, `"maybe"`, nil},
		{"list for boolean", flag, `[]`, nil},

		{"fraction", float, `1.5`, 1.5},
		{"text for fraction", float, `"1.5"`, 1.5},
		{"empty text for fraction", float, `""`, 0.0},
		{"absurd fraction", float, `1e999`, nil},
		{"word for fraction", float, `"x"`, nil},

		{"list", list, `["a","b"]`, []string{"a", "b"}},
		{"list of numbers for texts", list, `[1,2]`, []string{"1", "2"}},
		{"list of texts for numbers", numbers, `["1","2"]`, []int{1, 2}},
		{"empty list", list, `[]`, []string{}},
		{"null for list", list, `null`, []string(nil)},
		{"empty text for list", list, `""`, []string(nil)},
		{"blank text for list", list, `" "`, []string(nil)},
		{"single text for list", list, `"a"`, []string{"a"}},
		{"single number for list", numbers, `7`, []int{7}},
		{"list as text", list, `"[\"a\",\"b\"]"`, []string{"a", "b"}},
		{"padded list as text", numbers, `" [1, 2] "`, []int{1, 2}},
		{"broken list as text", list, `"[a"`, []string{"[a"}},
		{"null in a list", list, `["a",null]`, []string{"a", ""}},
		{"word in a list of numbers", numbers, `[1,"x"]`, nil},
		{"list of lists", decodeLenient[[][]int](""), `[[1],2,"[3,4]"]`, [][]int{{1}, {2}, {3, 4}}},
		{"bytes", decodeLenient[[]byte](""), `"ab"`, []byte("ab")},

		{"object", item, `{"id":"a","rank":7}`, one},
		{"object with wrong types", item, `{"id":12,"rank":"7"}`, decodeItem{"12", 7}},
		{"object with unknown fields", item, `{"id":"a","rank":7,"new":{"x":[1]}}`, one},
		{"object in other letter case", item, `{"ID":"a","Rank":7}`, one},
		{"exact letter case first", item, `{"ID":"b","id":"a","rank":7}`, one},
		{"object without fields", item, `{}`, decodeItem{}},
		{"empty list for object", item, `[]`, decodeItem{}},
		{"empty text for object", item, `""`, decodeItem{}},
		{"null for object", item, `null`, decodeItem{}},
		{"object as text", item, `"{\"id\":\"a\",\"rank\":\"7\"}"`, one},
		{"list for object", item, `[1]`, nil},
		{"number for object", item, `7`, nil},
		{"boolean for object", item, `true`, nil},
		{"word for object", item, `"x"`, nil},
		{"text in text for object", item, `"\"{}\""`, nil},
		{"object with a bad field", item, `{"id":"a","rank":"x"}`, nil},
		{"list of objects", items, `[{"id":"a","rank":7}]`, []decodeItem{one}},
		{"single object for list", items, `{"id":"a","rank":7}`, []decodeItem{one}},
		{"list of objects as texts", items, `["{\"id\":\"a\",\"rank\":7}"]`, []decodeItem{one}},
		{"embedded structs", decodeLenient[decodeEmbedding](""), `{"code":"200","id":"a","rank":7,"name":1}`,
			decodeEmbedding{decodeBase{200}, one, "1"}},

		{"map", decodeLenient[map[string]string](""), `{"a":1,"b":"2"}`, map[string]string{"a": "1", "b": "2"}},
		{"map as text", decodeLenient[map[string]int](""), `"{\"a\":\"1\"}"`, map[string]int{"a": 1}},
		{"empty list for map", decodeLenient[map[string]int](""), `[]`, map[string]int{}},
		{"null for map", decodeLenient[map[string]int](""), `null`, map[string]int(nil)},
		{"list for map", decodeLenient[map[string]int](""), `[1]`, nil},
		{"bad value in a map", decodeLenient[map[string]int](""), `{"a":"x"}`, nil},
		{"map of objects", decodeLenient[map[decodeName]decodeItem](""), `{"k":{"id":"a","rank":"7"}}`, map[decodeName]decodeItem{"k": one}},

		{"pointer", decodeLenient[*int](""), `"7"`, ptr(7)},
		{"null for pointer", decodeLenient[*int](""), `null`, (*int)(nil)},
		{"anything", decodeLenient[any](""), `{"a":[1,true]}`, map[string]any{"a": []any{1.0, true}}},
		{"raw", decodeLenient[json.RawMessage](""), `{"a":1}`, json.RawMessage(`{"a":1}`)},
		{"its own decoder", decodeLenient[decodeOdd](""), `[1]`, decodeOdd{"own:[1]"}},
		{"its own decoder fails", decodeLenient[decodeOdd](""), `13`, nil},

		{"milliseconds", moment, `1700000000123`, at},
		{"milliseconds as text", moment, `"1700000000123"`, at},
		{"milliseconds as a fraction", moment, `1.700000000123e12`, at},
		{"zero is no time", moment, `0`, time.Time{}},
		{"empty text is no time", moment, `""`, time.Time{}},
		{"null is no time", moment, `null`, time.Time{}},
		{"a date where milliseconds belong", moment, `"2023-11-15 06:13:20"`, time.Date(2023, 11, 15, 6, 13, 20, 0, decodeZone)},
		{"date", date, `"2023-11-15 06:13:20"`, time.Date(2023, 11, 15, 6, 13, 20, 0, decodeZone)},
		{"date without zeros", date, `"2014-1-01 1:1:1"`, time.Date(2014, 1, 1, 1, 1, 1, 0, decodeZone)},
		{"date with a zone", date, `"2023-11-14T22:13:20Z"`, time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)},
		{"milliseconds where a date belongs", date, `1700000000123`, at},
		{"no date", date, `"yesterday"`, time.Time{}},
		{"impossible date", date, `"2023-02-30 00:00:00"`, time.Time{}},
		{"absurd time", moment, `1e300`, time.Time{}},
		{"list for time", moment, `[]`, nil},
		{"object for time", date, `{"date":1,"time":[7]}`, nil},

		{"minutes", minutes, `90`, 90 * time.Minute},
		{"seconds as text", seconds, `"90"`, 90 * time.Second},
		{"milliseconds span", millis, `1500`, 1500 * time.Millisecond},
		{"negative span", seconds, `-1`, -time.Second},
		{"empty text for span", minutes, `""`, time.Duration(0)},
		{"null for span", minutes, `null`, time.Duration(0)},
		{"word for span", minutes, `"x"`, nil},
		{"longest span", minutes, `153722867`, 153722867 * time.Minute},
		{"span that does not fit", minutes, `153722868`, nil},
		{"negative span that does not fit", minutes, `-153722868`, nil},
		{"fraction for span", minutes, `0.5`, 30 * time.Second},
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
