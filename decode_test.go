package rongcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var decodeZone = time.FixedZone("CST", 8*60*60)

// decodeLenient assigns one JSON value to a T by the lenient decoder.
func decodeLenient[T any](unit string) func(data string) (any, error) {
	return func(data string) (any, error) {
		tree, err := parseTree([]byte(data))
		if err != nil {
			return nil, fmt.Errorf("the test's own JSON: %w", err)
		}
		v := new(T)
		err = lenient{decodeZone}.assign(reflect.ValueOf(v).Elem(), tree, unit)
		return *v, err
	}
}

func decodeWhole[T any](data string) (T, error) {
	var out T
	err := decodeAnswer([]byte(data), &out, decodeZone)
	return out, err
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
		{"fraction for number", number, `42.5`, nil},
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
		{"unsigned, which no answer has", decodeLenient[uint](""), `1`, nil},

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

		{"pointer", decodeLenient[*int](""), `"7"`, formPtr(7)},
		{"null for pointer", decodeLenient[*int](""), `null`, (*int)(nil)},
		{"anything", decodeLenient[any](""), `{"a":[1,true]}`, map[string]any{"a": []any{json.Number("1"), true}}},
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
		{"no date", date, `"yesterday"`, nil},
		{"impossible date", date, `"2023-02-30 00:00:00"`, nil},
		{"absurd time", moment, `1e300`, nil},
		{"list for time", moment, `[]`, nil},

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
		{"fraction for span", minutes, `0.5`, nil},
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
	require.ErrorContains(t, err, "list: item 2: item: rank: ")
	require.Less(t, len(err.Error()), 120, "foreign text is shortened")
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
	hidden  string //nolint:unused // it must be left alone
}

func TestDecodeTags(t *testing.T) {
	t.Parallel()
	got, err := decodeWhole[decodeTagged](`{"code":200,"uid":"a","at":"1700000000123","day":"2023-11-15 06:13:20","left":2,
		"items":[{"id":1,"rank":"2"}],"only":"{\"id\":\"x\"}","extra":[],"-":"no","NoTag":"no","hidden":"no"}`)
	require.NoError(t, err)
	require.True(t, got.At.Equal(time.UnixMilli(1700000000123)))
	require.True(t, got.Day.Equal(time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)), "the date is in the data centre's zone")
	got.At, got.Day = time.Time{}, time.Time{}
	require.Equal(t, decodeTagged{
		ID: "a", Left: 2 * time.Minute, Items: []decodeItem{{"1", 2}}, Only: decodeItem{ID: "x"}, Extra: map[string]int{},
	}, got)
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

// A field without alt has no second name, not the empty one.
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
		require.NoError(t, decodeAnswer([]byte(`{"day":"2023-11-15 06:13:20"}`), &out, zone))
		require.Equal(t, want, out.Day.Unix(), zone)
	}
}

func TestDecodeAnswer(t *testing.T) {
	t.Parallel()
	got, err := decodeWhole[decodeItem](`{"code":200,"id":"a","rank":7,"unknown":[{}]}`)
	require.NoError(t, err)
	require.Equal(t, decodeItem{"a", 7}, got)

	got, err = decodeWhole[decodeItem](`{"code":200,"id":12,"rank":"7"}`)
	require.NoError(t, err, "the second decoder takes over")
	require.Equal(t, decodeItem{"12", 7}, got)

	// What was in out before does not shine through.
	out := decodeItem{"old", 1}
	require.NoError(t, decodeAnswer([]byte(`{"rank":"2"}`), &out, time.UTC))
	require.Equal(t, decodeItem{Rank: 2}, out)
	require.NoError(t, decodeAnswer([]byte(`{"id":"new"}`), &out, time.UTC))
	require.Equal(t, decodeItem{ID: "new"}, out)

	var anything any
	require.NoError(t, decodeAnswer([]byte(`{"a":1}`), &anything, time.UTC))
	require.Equal(t, map[string]any{"a": 1.0}, anything)

	var raw json.RawMessage
	require.NoError(t, decodeAnswer([]byte(`{"a":1}`), &raw, time.UTC))
	require.JSONEq(t, `{"a":1}`, string(raw))
}

func TestDecodeBroken(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		"", " ", "{", `{"id":"a"`, `{"id":"a"} x`, `{"id":"a"}{}`, `{"rank":"7"} trailing`, `{"rank":"7"`, `{"id":"a",}`,
		`{"rank":"7"}]`, "<html>", `{'id':'a'}`, `{"id":1,"rank":"7"`, "\xff\xfe", `[`, `{"rank":1e30}`, `{"rank":9223372036854775808}`,
		`{"rank":"x"}`, `7`, `"x"`, `[1]`, `true`,
	} {
		_, err := decodeWhole[decodeItem](data)
		require.Error(t, err, "%q", data)
		_, err = decodeWhole[struct {
			At   time.Time `json:"at" unit:"ms"`
			Rank int       `json:"rank"`
		}](data)
		require.Error(t, err, "%q", data)
	}
}

func TestDecodeFastPath(t *testing.T) {
	t.Parallel()
	type plain struct {
		Items []decodeItem           `json:"items"`
		ByID  map[string]*decodeItem `json:"byId"`
		Any   any                    `json:"any"`
		Flag  *bool                  `json:"flag"`
		Self  []*plainNode           `json:"self"`
	}
	require.False(t, special(reflect.TypeFor[plain]()))
	require.False(t, special(reflect.TypeFor[decodeItem]()))
	require.False(t, special(reflect.TypeFor[json.RawMessage]()))
	require.True(t, special(reflect.TypeFor[decodeTagged]()))
	require.True(t, special(reflect.TypeFor[[]map[string]*decodeTagged]()))
	require.True(t, special(reflect.TypeFor[struct {
		Inner struct {
			ID string `json:"id" alt:"x"`
		} `json:"inner"`
	}]()))

	// The decoders differ in what a number is to an any.
	got, err := decodeWhole[plain](`{"any":1}`)
	require.NoError(t, err)
	require.Equal(t, 1.0, got.Any, "a plain struct went the slow way")
}

type plainNode struct {
	Name string       `json:"name"`
	Next *plainNode   `json:"next"`
	All  []*plainNode `json:"all"`
}

func TestDecodeRecursiveType(t *testing.T) {
	t.Parallel()
	require.False(t, special(reflect.TypeFor[plainNode]()))
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

// Types that hold each other: what is true of one must not depend on which was met first.
func TestDecodeTypesThatHoldEachOther(t *testing.T) {
	t.Parallel()
	require.True(t, special(reflect.TypeFor[decodeParent]()))
	got, err := decodeWhole[decodeChild](`{"parent":{"at":1700000000123}}`)
	require.NoError(t, err)
	require.True(t, got.Parent.At.Equal(time.UnixMilli(1700000000123)))
}

// Times and spans behind pointers, in lists and in maps are as special as plain ones.
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

// The first answers of a type may come in parallel.
func TestSpecialIsTrueFromTheStart(t *testing.T) {
	t.Parallel()
	for round := range 20 { // types that take long to look through, each of them new
		fields := make([]reflect.StructField, 0, 2001)
		for i := range 2000 {
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("R%dF%d", round, i), Type: reflect.TypeFor[decodeItem]()})
		}
		fields = append(fields, reflect.StructField{Name: "At", Type: timeType, Tag: `json:"at" unit:"ms"`})
		typ := reflect.StructOf(fields)
		start := make(chan struct{})
		var wait sync.WaitGroup
		found := make([]bool, 8)
		for i := range found {
			wait.Go(func() {
				<-start
				found[i] = special(typ)
			})
		}
		close(start)
		wait.Wait()
		require.NotContains(t, found, false, "round %d: a parallel call would decode by the wrong decoder", round)
	}
}

func TestReadEnvelope(t *testing.T) {
	t.Parallel()
	const success = 200
	tests := []struct {
		name    string
		data    string
		code    Code
		message string
		ok      bool
	}{
		{"leading code", `{"code":200}`, 200, "", true},
		{"leading code, spaces", " \r\n\t{ \"code\" : 200 , \"x\":1}", 200, "", true},
		{"leading code as text", `{"code":"200"}`, 200, "", true},
		{"code later", `{"userId":"u","code":200,"x":1}`, 200, "", true},
		{"code last", `{"a":{"code":1},"code":200}`, 200, "", true},
		{"code in other case", `{"Code":200}`, 200, "", true},
		{"code as a fraction", `{"code":200.0}`, 200, "", true},
		{"zero", `{"code":0}`, 0, "", true},
		{"negative", `{"code":-1}`, -1, "", true},
		{"other success", `{"code":10000}`, 10000, "", true},
		{"errorMessage", `{"code":1002,"errorMessage":"no user"}`, 1002, "no user", true},
		{"msg", `{"code":1002,"msg":"no user"}`, 1002, "no user", true},
		{"message", `{"code":1002,"message":"no user"}`, 1002, "no user", true},
		{"errorMessage first", `{"message":"c","msg":"b","errorMessage":"a","code":1002}`, 1002, "a", true},
		{"msg second", `{"message":"c","msg":"b","errorMessage":"","code":"1002"}`, 1002, "b", true},
		{"message of another type", `{"code":1002,"errorMessage":{"a":1},"msg":"b"}`, 1002, "b", true},
		{"code after a message of another type", `{"errorMessage":[1],"code":1002}`, 1002, "", true},
		{"deep code is none", `{"result":{"code":200}}`, 0, "", false},
		{"missing code", `{"userId":"u"}`, 0, "", false},
		{"empty object", `{}`, 0, "", false},
		{"null code", `{"code":null}`, 0, "", false},
		{"null code as text", `{"code":"null"}`, 0, "", false},
		{"empty code", `{"code":""}`, 0, "", false},
		{"blank code", `{"code":" "}`, 0, "", false},
		{"word as code", `{"code":"ok"}`, 0, "", false},
		{"boolean code", `{"code":true}`, 0, "", false},
		{"false code", `{"code":false}`, 0, "", false},
		{"list as code", `{"code":[200]}`, 0, "", false},
		{"object as code", `{"code":{"code":200}}`, 0, "", false},
		{"fraction as code", `{"code":200.5}`, 0, "", false},
		{"code beyond 32 bits", `{"code":4294967496}`, 0, "", false},
		{"huge code", `{"code":1e400}`, 0, "", false},
		{"null", `null`, 0, "", false},
		{"list", `[{"code":200}]`, 0, "", false},
		{"text", `"code"`, 0, "", false},
		{"number", `200`, 0, "", false},
		{"boolean", `true`, 0, "", false},
		{"empty", ``, 0, "", false},
		{"blank", "\r\n", 0, "", false},
		{"HTML", `<html><body>502 Bad Gateway</body></html>`, 0, "", false},
		{"truncated code", `{"code":20`, 0, "", false},
		{"truncated after another code", `{"code":1004,"errorMessage":"si`, 0, "", false},
		{"truncated before the code", `{"userId":"u","co`, 0, "", false},
		{"only a brace", `{`, 0, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := readEnvelope([]byte(tt.data), success)
			if !tt.ok {
				require.Error(t, err)
				require.Zero(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, envelope{tt.code, tt.message}, got)
		})
	}
	// Another API may count something else as success.
	for _, other := range []int{0, 10000} {
		got, err := readEnvelope(fmt.Appendf(nil, `{"code":%d}`, other), other)
		require.NoError(t, err)
		require.Equal(t, Code(other), got.code)
	}
}

// An answer that breaks off after the code is an error as soon as it is decoded.
func TestTruncatedAfterTheCode(t *testing.T) {
	t.Parallel()
	const data = `{"code":200,"id":"a","ra`
	got, err := readEnvelope([]byte(data), 200)
	require.NoError(t, err)
	require.Equal(t, Code(200), got.code)
	_, err = decodeWhole[decodeItem](data)
	require.Error(t, err)
}

func TestScanCode(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]int{
		`{"code":200}`: 200, `{"code":0,`: 0, "\n{ \"code\" :\t7 }": 7, `{"code":999999999}`: 999999999, `{"code":200,"code":1}`: 200,
	} {
		got, ok := scanCode([]byte(data))
		require.True(t, ok, data)
		require.Equal(t, want, got, data)
	}
	for _, data := range []string{
		``, `{`, `{"code"`, `{"code":`, `{"code":2`, `{"code":200`, `{"code":200 `, `{"code":"200"}`, `{"code":-1}`, `{"code":200.0}`,
		`{"code":2e2}`, `{"code":1234567890}`, `{"codes":200}`, `{"Code":200}`, `{"x":1,"code":200}`, `[{"code":200}]`, `{"code":null}`,
		`{"code":200]`, `{"code":200x}`, `{"code" 200}`,
	} {
		_, ok := scanCode([]byte(data))
		require.False(t, ok, data)
	}
}

// decodeCountKeys counts the members of the top object that encoding/json takes for name.
func decodeCountKeys(data []byte, name string) int {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return 0
	}
	n := 0
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return 0
		}
		if text, ok := key.(string); ok && strings.EqualFold(text, name) {
			n++
		}
		if err := decoder.Decode(new(json.RawMessage)); err != nil {
			return 0
		}
	}
	return n
}

func FuzzReadEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"code":200}`, `{"code":200,"a":1}`, `{"code":"200"}`, `{"a":1,"code":200}`, `{"code":1004,"errorMessage":"x"}`, `{"code":200,"code":1}`,
		`{"code":200,"Code":1}`, `{"code":007}`, `{"code":-1}`, `{"code":1e3}`, `null`, `[]`, `<html>`, `{"code":20`, `{"code":999999999}`, ` { "code" : 1 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = readEnvelope(data, 200) // never panics
		code, ok := scanCode(data)
		if !ok || !json.Valid(data) || decodeCountKeys(data, "code") != 1 {
			return
		}
		var body struct{ Code int }
		require.NoError(t, json.Unmarshal(data, &body))
		require.Equal(t, body.Code, code)
		for _, success := range []int{code, code + 1} {
			got, err := readEnvelope(data, success)
			require.NoError(t, err)
			require.Equal(t, Code(code), got.code)
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"code":200}`, `{"id":1,"at":"x"}`, `{"at":1700000000123,"day":"2023-11-15 06:13:20","left":"90"}`, `{"items":"[{}]"}`, `{"items":{"id":[]}}`,
		`{"only":"{\"rank\":1e400}"}`, `{"extra":{"a":"b"}}`, `{"extra":[]}`, `[]`, `null`, `"{}"`, `{"left":1e300}`, `{"at":-9e18,"left":-9223372036854775808}`,
		`{"":1}`, `{"next":{"next":{"name":[]}}}`, "{\"id\":\"\xff\"}", `{"only":"\"\\\"{}\\\"\""}`, `{"items":[[[[{}]]]]}`,
		`{"code":200,"ids":["a","\u00e9\n",null,"\ud800"],"items":[{"id":"x","rank":1},null],"only":{"ID":"y"},"done":true,"small":-128}`,
		`{"only":{"id":"a"},"only":{"rank":1},"items":[{"id":"a"},{"id":"b"}],"items":[{"rank":2}],"ids":null,"ids":[],"small":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		valid := json.Valid(data)
		check := func(err error) {
			if !valid {
				require.Error(t, err)
			}
		}
		_, err := decodeWhole[decodeTagged](string(data))
		check(err)
		_, err = decodeWhole[decodeItem](string(data))
		check(err)
		_, err = decodeWhole[plainNode](string(data))
		check(err)
		_, err = decodeWhole[[]decodeEmbedding](string(data))
		check(err)
		_, err = decodeWhole[any](string(data))
		check(err)
		require.True(t, !valid || err == nil)
		decodeAgrees[decodeItem](t, data)
		decodeAgrees[plainNode](t, data)
		decodeAgrees[decodeListing](t, data)
	})
}

type decodeListing struct {
	Code  int           `json:"code"`
	IDs   []string      `json:"ids"`
	Items []*decodeItem `json:"items"`
	Only  *decodeItem   `json:"only"`
	Done  bool          `json:"done"`
	Small int8          `json:"small"`
}

// decodeRepeats tells whether the next value holds an object with a repeated key, whose values encoding/json merges.
func decodeRepeats(decoder *json.Decoder) bool {
	token, err := decoder.Token()
	start, ok := token.(json.Delim)
	if err != nil || !ok {
		return false
	}
	keys := map[string]bool{}
	repeats := false
	for decoder.More() {
		if start == '{' {
			key, err := decoder.Token()
			if err != nil {
				return false
			}
			text := strings.ToLower(strings.ToUpper(key.(string))) // as far as letter case goes
			repeats = repeats || keys[text]
			keys[text] = true
		}
		repeats = decodeRepeats(decoder) || repeats
	}
	_, _ = decoder.Token()
	return repeats
}

// decodeAgrees checks that what encoding/json can decode is decoded as it does.
func decodeAgrees[T any](t *testing.T, data []byte) {
	t.Helper()
	var want T
	if json.Unmarshal(data, &want) != nil || decodeRepeats(json.NewDecoder(bytes.NewReader(data))) {
		return
	}
	got, err := decodeWhole[T](string(data))
	require.NoError(t, err)
	require.Equal(t, want, got)
}
