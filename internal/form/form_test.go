package form

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// formResult is the state of the encoder after a request.
type formResult struct {
	body    string
	targets int
	random  int64
	unsafe  string
}

type (
	formKind int
	formName string
	formFlag bool
	formDoc  struct {
		Text  string            `json:"text"`
		Items []int             `json:"items,omitempty"`
		Inner map[string]string `json:"inner,omitempty"`
	}
)

// content is a stand-in for message content.
type content interface{ ObjectName() string }

type note struct {
	Text string `json:"text"`
}

func (note) ObjectName() string { return "app:note" }

const forever time.Duration = math.MaxInt64 - 1

var errEmptyNote = errors.New("the note is empty")

var testForm = New(Rules{
	Content: reflect.TypeFor[content](), Forever: forever,
	WriteContent: func(e *Encoder, c any, named bool) error {
		if c == (note{}) {
			return errEmptyNote
		}
		if named {
			e.Key("objectName")
			if err := e.Text("objectName", c.(content).ObjectName()); err != nil {
				return err
			}
		}
		if _, err := e.Scratch("content", c); err != nil {
			return err
		}
		return e.ScratchText("content")
	},
	WriteJSON: func(buf *bytes.Buffer, value any) (bool, error) {
		text, often := value.(often)
		if often {
			buf.WriteString(`{"often":"` + string(text) + `"}`)
		}
		return often, nil
	},
})

type often string

func formEncode(ep *endpoint.Endpoint, params any, random func() int64, extra ...Extra) (formResult, error) {
	e := testForm.Encoder(ep)
	defer e.Release()
	err := e.Encode(params, random, extra)
	return formResult{body: string(e.Buf), targets: e.Targets, random: e.Random, unsafe: e.Unsafe}, err
}

func formEndpoint(encoding endpoint.Encoding, params ...endpoint.Param) *endpoint.Endpoint {
	return &endpoint.Endpoint{Name: "Test", Method: "POST", Path: "/test.json", Encoding: encoding, Success: endpoint.SuccessOf(200), Params: params}
}

func formRefused(t *testing.T, err error, field string) {
	t.Helper()
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, field, cmp.Or(refused.Wire, refused.Field))
	require.NotEmpty(t, refused.Reason)
}

// formOne is a request with the single parameter v.
type formOne[T any] struct {
	V T `wire:"v"`
}

// formMayLack is a request with the single parameter v, a required list that may be empty.
type formMayLack[T any] struct {
	V T `wire:"v,empty"`
}

// formEnum is the same with an enumeration that counts from 1.
type formEnum[T any] struct {
	V T `wire:"v,enum"`
}

func TestFormValues(t *testing.T) {
	t.Parallel()
	type P = endpoint.Param
	moment := time.UnixMilli(1700000000123)
	tests := []struct {
		name   string
		param  P
		params any
		form   string // expected form
		json   string // expected JSON body; not tested if empty
	}{
		{name: "string", param: P{}, params: &formOne[string]{"a b&c=d+é"}, form: "v=a+b%26c%3Dd%2B%C3%A9", json: `{"v":"a b&c=d+é"}`},
		{
			name: "string with markup is not HTML-escaped", param: P{}, params: &formOne[string]{"<b>&</b>"},
			form: "v=%3Cb%3E%26%3C%2Fb%3E", json: `{"v":"<b>&</b>"}`,
		},
		{name: "string with quotes", param: P{}, params: &formOne[string]{"\"\\\n"}, form: "v=%22%5C%0A", json: `{"v":"\"\\\n"}`},
		{name: "named string", param: P{}, params: &formOne[formName]{"x"}, form: "v=x", json: `{"v":"x"}`},
		{name: "optional empty string", param: P{}, params: &formOne[string]{}, form: "", json: `{}`},
		{name: "pointer to a string", param: P{}, params: &formOne[*string]{formPtr("x")}, form: "v=x", json: `{"v":"x"}`},
		{name: "pointer to an empty string", param: P{}, params: &formOne[*string]{formPtr("")}, form: "v=", json: `{"v":""}`},
		{
			name: "required pointer to an empty string", param: P{Required: true}, params: &formOne[*string]{formPtr("")}, form: "v=",
			json: `{"v":""}`,
		},
		{name: "optional nil pointer", param: P{}, params: &formOne[*string]{}, form: "", json: `{}`},

		{name: "switch as digit, on", param: P{Type: endpoint.Int}, params: &formOne[bool]{true}, form: "v=1", json: `{"v":1}`},
		{name: "switch as digit, optional off", param: P{Type: endpoint.Int}, params: &formOne[bool]{}, form: "", json: `{}`},
		{
			name: "switch as digit, pointer off", param: P{Type: endpoint.Int, Required: true},
			params: &formOne[*bool]{formPtr(false)}, form: "v=0", json: `{"v":0}`,
		},
		{name: "switch as word, on", param: P{Type: endpoint.Bool}, params: &formOne[bool]{true}, form: "v=true", json: `{"v":true}`},
		{name: "switch as word, optional off", param: P{Type: endpoint.Bool}, params: &formOne[bool]{}, form: "", json: `{}`},
		{
			name: "switch as word, pointer off", param: P{Type: endpoint.Bool, Required: true},
			params: &formOne[*bool]{formPtr(false)}, form: "v=false", json: `{"v":false}`,
		},
		{name: "named switch", param: P{Type: endpoint.Int}, params: &formOne[formFlag]{true}, form: "v=1", json: `{"v":1}`},

		{name: "number", param: P{Type: endpoint.Int}, params: &formOne[int]{42}, form: "v=42", json: `{"v":42}`},
		{name: "negative number", param: P{Type: endpoint.Int}, params: &formOne[int]{-7}, form: "v=-7", json: `{"v":-7}`},
		{
			name: "largest number", param: P{Type: endpoint.Int}, params: &formOne[int64]{1<<63 - 1}, form: "v=9223372036854775807",
			json: `{"v":9223372036854775807}`,
		},
		{name: "small type", param: P{Type: endpoint.Int}, params: &formOne[int8]{-128}, form: "v=-128", json: `{"v":-128}`},
		{name: "optional zero", param: P{Type: endpoint.Int}, params: &formOne[int]{}, form: "", json: `{}`},
		{name: "optional zero that is valid", param: P{Type: endpoint.Int, ZeroValid: true}, params: &formOne[int]{}, form: "", json: `{}`},
		{name: "pointer to zero", param: P{Type: endpoint.Int}, params: &formOne[*int]{formPtr(0)}, form: "v=0", json: `{"v":0}`},
		{
			name: "required pointer to zero", param: P{Type: endpoint.Int, Required: true}, params: &formOne[*int]{formPtr(0)},
			form: "v=0", json: `{"v":0}`,
		},

		{
			name: "first value", param: P{Type: endpoint.Int, Values: []string{"0", "1"}, ZeroValid: true},
			params: &formEnum[formKind]{1}, form: "v=0", json: `{"v":0}`,
		},
		{
			name: "last value", param: P{Type: endpoint.Int, Values: []string{"-1", "5"}, Required: true},
			params: &formEnum[formKind]{2}, form: "v=5", json: `{"v":5}`,
		},
		{
			name: "no value", param: P{Type: endpoint.Int, Values: []string{"0", "1"}, ZeroValid: true}, params: &formEnum[formKind]{},
			form: "", json: `{}`,
		},

		{
			name: "time", param: P{Type: endpoint.Int, Unit: endpoint.Milliseconds}, params: &formOne[time.Time]{moment},
			form: "v=1700000000123", json: `{"v":1700000000123}`,
		},
		{name: "time in another zone", param: P{Type: endpoint.Int, Unit: endpoint.Milliseconds},
			params: &formOne[time.Time]{moment.In(time.FixedZone("x", 3600))}, form: "v=1700000000123", json: `{"v":1700000000123}`},
		{
			name: "optional zero time", param: P{Type: endpoint.Int, Unit: endpoint.Milliseconds}, params: &formOne[time.Time]{},
			form: "", json: `{}`,
		},
		{
			name: "pointer to a time", param: P{Type: endpoint.Int, Unit: endpoint.Milliseconds},
			params: &formOne[*time.Time]{&moment}, form: "v=1700000000123", json: `{"v":1700000000123}`,
		},

		{
			name: "minutes", param: P{Type: endpoint.Int, Unit: endpoint.Minutes}, params: &formOne[time.Duration]{90 * time.Minute},
			form: "v=90", json: `{"v":90}`,
		},
		{
			name: "seconds", param: P{Type: endpoint.Int, Unit: endpoint.Seconds}, params: &formOne[time.Duration]{90 * time.Minute},
			form: "v=5400", json: `{"v":5400}`,
		},
		{
			name: "milliseconds", param: P{Type: endpoint.Int, Unit: endpoint.Milliseconds},
			params: &formOne[time.Duration]{time.Second}, form: "v=1000", json: `{"v":1000}`,
		},
		{
			name: "optional zero span", param: P{Type: endpoint.Int, Unit: endpoint.Minutes}, params: &formOne[time.Duration]{},
			form: "", json: `{}`,
		},
		{
			name: "pointer to a zero span", param: P{Type: endpoint.Int, Unit: endpoint.Minutes},
			params: &formOne[*time.Duration]{formPtr(time.Duration(0))}, form: "v=0", json: `{"v":0}`,
		},

		{
			name: "for ever", param: P{Type: endpoint.Int, Unit: endpoint.Minutes, Required: true, ZeroForever: true},
			params: &formOne[time.Duration]{forever}, form: "v=0", json: `{"v":0}`,
		},
		{
			name: "pointer to for ever", param: P{Type: endpoint.Int, Unit: endpoint.Seconds, ZeroForever: true},
			params: &formOne[*time.Duration]{formPtr(forever)}, form: "v=0", json: `{"v":0}`,
		},
		{name: "less than for ever", param: P{Type: endpoint.Int, Unit: endpoint.Minutes, Required: true, ZeroForever: true},
			params: &formOne[time.Duration]{time.Minute}, form: "v=1", json: `{"v":1}`},

		{
			name: "repeated list", param: P{Type: endpoint.StringList, List: endpoint.Repeat},
			params: &formOne[[]string]{[]string{"a", "b c", "d,e"}}, form: "v=a&v=b+c&v=d%2Ce", json: "",
		},
		{
			name: "csv list", param: P{Type: endpoint.StringList, List: endpoint.CSV},
			params: &formOne[[]string]{[]string{"a", "b c"}}, form: "v=a%2Cb+c", json: "",
		},
		{
			name: "csv list of one", param: P{Type: endpoint.StringList, List: endpoint.CSV},
			params: &formOne[[]string]{[]string{"a"}}, form: "v=a", json: "",
		},
		{name: "list as text", param: P{Type: endpoint.StringList, List: endpoint.Text}, params: &formOne[[]string]{[]string{"a", "<b>"}},
			form: "v=" + url.QueryEscape(`["a","<b>"]`), json: `{"v":"[\"a\",\"<b>\"]"}`},
		{
			name: "array", param: P{Type: endpoint.StringList, List: endpoint.Array}, params: &formOne[[]string]{[]string{"a", "<b>"}},
			form: "", json: `{"v":["a","<b>"]}`,
		},
		{
			name: "named items", param: P{Type: endpoint.StringList, List: endpoint.Repeat},
			params: &formOne[[]formName]{[]formName{"a", "b"}}, form: "v=a&v=b", json: "",
		},
		{
			name: "pointer to a list", param: P{Type: endpoint.StringList, List: endpoint.Repeat},
			params: &formOne[*[]string]{&[]string{"a"}}, form: "v=a", json: "",
		},
		{
			name: "optional nil list", param: P{Type: endpoint.StringList, List: endpoint.CSV}, params: &formOne[[]string]{}, form: "",
			json: `{}`,
		},
		{
			name: "optional empty list", param: P{Type: endpoint.StringList, List: endpoint.CSV},
			params: &formOne[[]string]{[]string{}}, form: "", json: `{}`,
		},
		{
			name: "as many items as allowed", param: P{Type: endpoint.StringList, List: endpoint.Repeat, MaxItems: 2},
			params: &formOne[[]string]{[]string{"a", "b"}}, form: "v=a&v=b", json: "",
		},

		{
			name: "required csv list that may be empty", param: P{Type: endpoint.StringList, List: endpoint.CSV, Required: true},
			params: &formMayLack[[]string]{}, form: "v=", json: "",
		},
		{name: "required text list that may be empty", param: P{Type: endpoint.StringList, List: endpoint.Text, Required: true},
			params: &formMayLack[[]string]{}, form: "v=" + url.QueryEscape("[]"), json: `{"v":"[]"}`},
		{
			name: "required array that may be empty", param: P{Type: endpoint.StringList, List: endpoint.Array, Required: true},
			params: &formMayLack[[]string]{}, form: "", json: `{"v":[]}`,
		},
		{
			name: "required array that is empty", param: P{Type: endpoint.StringList, List: endpoint.Array, Required: true},
			params: &formMayLack[[]string]{[]string{}}, form: "", json: `{"v":[]}`,
		},

		{name: "keyed", param: P{Keyed: true, MaxItems: 2}, params: &formOne[map[string]string]{map[string]string{"b&": "two 2", "a": ""}},
			form: "v%5Ba%5D=&v%5Bb%26%5D=two+2", json: ""},
		{name: "optional empty keyed", param: P{Keyed: true}, params: &formOne[map[string]string]{map[string]string{}}, form: "", json: ""},

		{name: "struct", param: P{Type: endpoint.Object}, params: &formOne[formDoc]{formDoc{Text: "<é>", Items: []int{1}}},
			form: "v=" + url.QueryEscape(`{"text":"<é>","items":[1]}`), json: `{"v":{"text":"<é>","items":[1]}}`},
		{
			name: "pointer to a zero struct", param: P{Type: endpoint.Object}, params: &formOne[*formDoc]{&formDoc{}},
			form: "v=" + url.QueryEscape(`{"text":""}`), json: `{"v":{"text":""}}`,
		},
		{name: "optional zero struct", param: P{Type: endpoint.Object}, params: &formOne[formDoc]{}, form: "", json: `{}`},
		{name: "document in a string", param: P{Type: endpoint.JSONString}, params: &formOne[formDoc]{formDoc{Text: "\"<"}},
			form: "v=" + url.QueryEscape(`{"text":"\"<"}`), json: `{"v":"{\"text\":\"\\\"<\"}"}`},
		{name: "map", param: P{Type: endpoint.Object}, params: &formOne[map[string]string]{map[string]string{"b": "2", "a": "<"}},
			form: "v=" + url.QueryEscape(`{"a":"<","b":"2"}`), json: `{"v":{"a":"<","b":"2"}}`},
		{
			name: "optional empty map", param: P{Type: endpoint.Object}, params: &formOne[map[string]string]{map[string]string{}},
			form: "", json: `{}`,
		},
		{name: "list of structs", param: P{Type: endpoint.ObjectList, List: endpoint.Array}, params: &formOne[[]formDoc]{[]formDoc{{Text: "a"}, {Text: "b"}}},
			form: "v=" + url.QueryEscape(`[{"text":"a"},{"text":"b"}]`), json: `{"v":[{"text":"a"},{"text":"b"}]}`},
		{
			name: "anything", param: P{Type: endpoint.Object}, params: &formOne[any]{map[string]any{"n": 1}},
			form: "v=" + url.QueryEscape(`{"n":1}`), json: `{"v":{"n":1}}`,
		},
		{name: "required list of structs that may be empty", param: P{Type: endpoint.ObjectList, List: endpoint.Array, Required: true},
			params: &formMayLack[[]formDoc]{[]formDoc{}}, form: "v=" + url.QueryEscape(`[]`), json: `{"v":[]}`},
	}
	for _, tt := range tests {
		tt.param.Name = "v"
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.param.List != endpoint.Array || tt.form != "" {
				got, err := formEncode(formEndpoint(endpoint.Form, tt.param), tt.params, nil)
				require.NoError(t, err)
				require.Equal(t, tt.form, got.body)
				_, err = url.ParseQuery(got.body)
				require.NoError(t, err)
			}
			if tt.json != "" {
				got, err := formEncode(formEndpoint(endpoint.JSON, tt.param), tt.params, nil)
				require.NoError(t, err)
				require.Equal(t, tt.json, got.body)
				require.True(t, json.Valid([]byte(got.body)))
			}
		})
	}
}

func formPtr[T any](v T) *T { return &v }

func TestFormEmptyDocumentsAreNeverNull(t *testing.T) {
	t.Parallel()
	list := endpoint.Param{Name: "v", Type: endpoint.ObjectList, List: endpoint.Array, Required: true}
	got, err := formEncode(formEndpoint(endpoint.JSON, list), &formMayLack[[]formDoc]{}, nil)
	require.NoError(t, err)
	require.Equal(t, `{"v":[]}`, got.body)

	object := endpoint.Param{Name: "v", Type: endpoint.Object, Required: true}
	got, err = formEncode(formEndpoint(endpoint.JSON, object), &formMayLack[map[string]string]{}, nil)
	require.NoError(t, err)
	require.Equal(t, `{"v":{}}`, got.body)
}

func TestFormEmptyRepeatedList(t *testing.T) {
	t.Parallel()
	// wire:"name,empty" allows a required list to be empty, whatever its form.
	param := endpoint.Param{Name: "v", Type: endpoint.StringList, List: endpoint.Repeat, Required: true}
	_, err := formEncode(formEndpoint(endpoint.Form, param), &formMayLack[[]string]{}, nil)
	require.NoError(t, err)
}

func TestFormRefusals(t *testing.T) {
	t.Parallel()
	type P = endpoint.Param
	many := func(n int) (items []string) {
		for i := range n {
			items = append(items, fmt.Sprint("u", i))
		}
		return items
	}
	tests := []struct {
		name   string
		param  P
		params any
	}{
		{"required empty string", P{Required: true}, &formOne[string]{}},
		{"required nil pointer", P{Required: true}, &formOne[*string]{}},
		{"required zero number", P{Type: endpoint.Int, Required: true}, &formOne[int]{}},
		{"required zero that is valid", P{Type: endpoint.Int, ZeroValid: true, Required: true}, &formOne[int]{}},
		{"required zero span that is valid", P{Type: endpoint.Int, Unit: endpoint.Minutes, Required: true, ZeroValid: true}, &formOne[time.Duration]{}},
		{"required switch as digit", P{Type: endpoint.Int, Required: true, ZeroValid: true}, &formOne[bool]{}},
		{"required switch as word", P{Type: endpoint.Bool, Required: true}, &formOne[bool]{}},
		{"required nil pointer to a valid zero", P{Type: endpoint.Int, Required: true, ZeroValid: true}, &formOne[*int]{}},
		{"required nil pointer to a switch", P{Type: endpoint.Int, Required: true}, &formOne[*bool]{}},
		{"required zero time", P{Type: endpoint.Int, Unit: endpoint.Milliseconds, Required: true}, &formOne[time.Time]{}},
		{"required zero span", P{Type: endpoint.Int, Unit: endpoint.Minutes, Required: true}, &formOne[time.Duration]{}},
		{"required nil list", P{Type: endpoint.StringList, List: endpoint.Repeat, Required: true}, &formOne[[]string]{}},
		{"required empty list", P{Type: endpoint.StringList, List: endpoint.Repeat, Required: true}, &formOne[[]string]{[]string{}}},
		{"required empty csv list", P{Type: endpoint.StringList, List: endpoint.CSV, Required: true}, &formOne[[]string]{[]string{}}},
		{"required empty array", P{Type: endpoint.StringList, List: endpoint.Array, Required: true}, &formOne[[]string]{[]string{}}},
		{"required nil map", P{Type: endpoint.Object, Required: true}, &formOne[map[string]string]{}},
		{"required empty map", P{Type: endpoint.Object, Required: true}, &formOne[map[string]string]{map[string]string{}}},
		{"required zero struct", P{Type: endpoint.Object, Required: true}, &formOne[formDoc]{}},
		{"required nil content", P{Required: true}, &formOne[content]{}},

		{"required value", P{Type: endpoint.Int, Values: []string{"0", "1"}, ZeroValid: true, Required: true}, &formEnum[formKind]{}},
		{"value above all", P{Type: endpoint.Int, Values: []string{"0", "1"}}, &formEnum[formKind]{3}},
		{"value below all", P{Type: endpoint.Int, Values: []string{"0", "1"}}, &formEnum[formKind]{-1}},

		{"negative span", P{Type: endpoint.Int, Unit: endpoint.Seconds}, &formOne[time.Duration]{-time.Second}},
		{"negative fraction", P{Type: endpoint.Int, Unit: endpoint.Minutes}, &formOne[time.Duration]{-time.Nanosecond}},
		{"90 s in minutes", P{Type: endpoint.Int, Unit: endpoint.Minutes}, &formOne[time.Duration]{90 * time.Second}},
		{"half a second in seconds", P{Type: endpoint.Int, Unit: endpoint.Seconds}, &formOne[time.Duration]{500 * time.Millisecond}},
		{"a microsecond in milliseconds", P{Type: endpoint.Int, Unit: endpoint.Milliseconds}, &formOne[time.Duration]{time.Microsecond}},

		{"for ever where there is an end", P{Type: endpoint.Int, Unit: endpoint.Minutes}, &formOne[time.Duration]{forever}},
		{"for ever in milliseconds", P{Type: endpoint.Int, Unit: endpoint.Milliseconds}, &formOne[*time.Duration]{formPtr(forever)}},
		{"zero where it means for ever", P{Type: endpoint.Int, Unit: endpoint.Minutes, Required: true, ZeroForever: true}, &formOne[time.Duration]{}},
		{"pointer to such a zero", P{Type: endpoint.Int, Unit: endpoint.Minutes, ZeroForever: true}, &formOne[*time.Duration]{formPtr(time.Duration(0))}},
		{"59 s where zero means for ever", P{Type: endpoint.Int, Unit: endpoint.Minutes, ZeroForever: true}, &formOne[time.Duration]{59 * time.Second}},
		{"-1 ns where zero means for ever", P{Type: endpoint.Int, Unit: endpoint.Minutes, ZeroForever: true}, &formOne[time.Duration]{-1}},
		{"the longest span", P{Type: endpoint.Int, Unit: endpoint.Minutes, ZeroForever: true}, &formOne[time.Duration]{math.MaxInt64}},
		{"the shortest span", P{Type: endpoint.Int, Unit: endpoint.Minutes, ZeroForever: true}, &formOne[time.Duration]{math.MinInt64}},

		{"too many repeated items", P{Type: endpoint.StringList, List: endpoint.Repeat, MaxItems: 20}, &formOne[[]string]{many(21)}},
		{"too many csv items", P{Type: endpoint.StringList, List: endpoint.CSV, MaxItems: 1}, &formOne[[]string]{many(2)}},
		{"too many text items", P{Type: endpoint.StringList, List: endpoint.Text, MaxItems: 1}, &formOne[[]string]{many(2)}},
		{"too many structs", P{Type: endpoint.ObjectList, List: endpoint.Array, MaxItems: 1}, &formOne[[]formDoc]{make([]formDoc, 2)}},
		{"too many pairs", P{Type: endpoint.Object, MaxItems: 1}, &formOne[map[string]string]{map[string]string{"a": "1", "b": "2"}}},
		{"too many IDs", P{Keyed: true, MaxItems: 1}, &formOne[map[string]string]{map[string]string{"a": "1", "b": "2"}}},
		{"empty item", P{Type: endpoint.StringList, List: endpoint.Repeat}, &formOne[[]string]{[]string{"a", ""}}},
		{"empty csv item", P{Type: endpoint.StringList, List: endpoint.CSV}, &formOne[[]string]{[]string{""}}},
		{"empty item in an array", P{Type: endpoint.StringList, List: endpoint.Array}, &formOne[[]string]{[]string{"", "a"}}},
		{"comma in csv", P{Type: endpoint.StringList, List: endpoint.CSV}, &formOne[[]string]{[]string{"a", "b,c"}}},
		{"empty ID", P{Keyed: true}, &formOne[map[string]string]{map[string]string{"": "x"}}},
		{"what is not JSON", P{Type: endpoint.Object}, &formOne[any]{map[string]any{"f": func() {}}}},
	}
	for _, tt := range tests {
		tt.param.Name = "v"
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
				_, err := formEncode(formEndpoint(encoding, tt.param), tt.params, nil)
				formRefused(t, err, "v")
			}
		})
	}
}

// A refusal of Forever names the longest possible duration.
func TestFormForeverNamesTheLimit(t *testing.T) {
	t.Parallel()
	longest := int64(43200)
	p := endpoint.Param{Name: "v", Type: endpoint.Int, Unit: endpoint.Minutes, Required: true, Max: &longest}
	_, err := formEncode(formEndpoint(endpoint.Form, p), &formOne[time.Duration]{forever}, nil)
	require.ErrorContains(t, err, "v: cannot be Forever, at most 43200 minutes are allowed")
	p.ZeroForever = true
	_, err = formEncode(formEndpoint(endpoint.Form, p), &formOne[*time.Duration]{formPtr(time.Duration(0))}, nil)
	require.ErrorContains(t, err, "say Forever")
	require.Greater(t, forever, 100*365*24*time.Hour)
	require.Less(t, forever, time.Until(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), "a date far away must not be Forever by accident")
}

// The SDK's own mistakes are errors, but do not blame the caller's argument.
func TestFormMistakesOfTheSDK(t *testing.T) {
	t.Parallel()
	noTag := &struct{ V string }{"x"}
	tests := []struct {
		name   string
		param  endpoint.Param
		params any
	}{
		{"no tag", endpoint.Param{Name: "v"}, noTag},
		{"unknown parameter", endpoint.Param{Name: "w"}, &formOne[string]{"x"}},
		{"no unit", endpoint.Param{Name: "v", Type: endpoint.Int}, &formOne[time.Duration]{time.Minute}},
		{"float", endpoint.Param{Name: "v", Type: endpoint.Int}, &formOne[float64]{1.5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := formEncode(formEndpoint(endpoint.Form, tt.param), tt.params, nil)
			require.Error(t, err)
			var refused *RefusedError
			require.NotErrorAs(t, err, &refused)
		})
	}
}

func TestFormSeveralFields(t *testing.T) {
	t.Parallel()
	type Inner struct {
		C []string `wire:"c"`
		D int      `wire:"d"`
	}
	type Middle struct {
		Inner
		B bool `wire:"b"`
	}
	type request struct {
		A string `wire:"a"`
		Middle
		E string `wire:"e"`
	}
	params := []endpoint.Param{
		{Name: "e", Required: true}, {Name: "d", Type: endpoint.Int}, {Name: "c", Type: endpoint.StringList, List: endpoint.Repeat},
		{Name: "b", Type: endpoint.Int}, {Name: "a"},
	}
	in := &request{A: "1", E: "5"}
	in.B, in.C, in.D = true, []string{"x", "y"}, 4
	got, err := formEncode(formEndpoint(endpoint.Form, params...), in, nil)
	require.NoError(t, err)
	require.Equal(t, "a=1&c=x&c=y&d=4&b=1&e=5", got.body)

	params[2].List = endpoint.Array
	got, err = formEncode(formEndpoint(endpoint.JSON, params...), in, nil)
	require.NoError(t, err)
	require.Equal(t, `{"a":"1","c":["x","y"],"d":4,"b":1,"e":"5"}`, got.body)

	_, err = formEncode(formEndpoint(endpoint.JSON, params...), &request{A: "1"}, nil)
	formRefused(t, err, "e")
}

func TestFormNoParameters(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[endpoint.Encoding]string{endpoint.None: "", endpoint.Form: "", endpoint.JSON: "{}", endpoint.Query: ""} {
		got, err := formEncode(formEndpoint(encoding), nil, nil)
		require.NoError(t, err)
		require.Equal(t, want, got.body, encoding)
		got, err = formEncode(formEndpoint(encoding), &struct{}{}, nil)
		require.NoError(t, err)
		require.Equal(t, want, got.body, encoding)
	}
}

func TestFormTargetsOfObject(t *testing.T) {
	t.Parallel()
	ep := formEndpoint(endpoint.Form, endpoint.Param{Name: "v", Type: endpoint.JSONString, Required: true})
	ep.Quota = endpoint.Quota{Limit: 1, Per: time.Second, Counts: endpoint.Targets, Param: "v"}
	got, err := formEncode(ep, &formOne[map[string]string]{map[string]string{"a": "1", "b": "2", "c": "3"}}, nil)
	require.NoError(t, err)
	require.Equal(t, 3, got.targets)

	for text, n := range map[string]int{`{"a":"1","b":"2"}`: 2, "{}": 0, "x": 0} {
		e := testForm.Encoder(ep)
		require.NoError(t, e.EncodeRaw(Raw{Form: url.Values{"v": {text}}, IsForm: true}, nil))
		require.Equal(t, n, e.Targets, text)
	}
}

func TestFormUnsafeWith(t *testing.T) {
	t.Parallel()
	notify := endpoint.Param{Name: "v", Type: endpoint.Bool}
	named := endpoint.Param{Name: "v"}
	tests := []struct {
		name   string
		param  endpoint.Param
		params any
		unsafe bool
	}{
		{name: "switch left out", param: notify, params: &formOne[bool]{}, unsafe: false},
		{name: "switch on", param: notify, params: &formOne[bool]{true}, unsafe: true},
		{name: "switch nil", param: notify, params: &formOne[*bool]{}, unsafe: false},
		{name: "switch off on purpose", param: notify, params: &formOne[*bool]{formPtr(false)}, unsafe: false},
		{name: "switch on by pointer", param: notify, params: &formOne[*bool]{formPtr(true)}, unsafe: true},
		{name: "text left out", param: named, params: &formOne[string]{}, unsafe: false},
		{name: "text", param: named, params: &formOne[string]{"RC:chrmKVNotiMsg"}, unsafe: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
				ep := formEndpoint(encoding, tt.param)
				ep.Class, ep.UnsafeWith = endpoint.Idempotent, []string{"v"}
				got, err := formEncode(ep, tt.params, nil)
				require.NoError(t, err)
				require.Equal(t, tt.unsafe, got.unsafe == "v", got.unsafe)

				ep.UnsafeWith = []string{"other"}
				got, err = formEncode(ep, tt.params, nil)
				require.NoError(t, err)
				require.Empty(t, got.unsafe)
			}
		})
	}
}

// A text that must be a JSON document is checked, and sent as it is.
func TestFormDocumentText(t *testing.T) {
	t.Parallel()
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		ep := formEndpoint(encoding, endpoint.Param{Name: "v", Type: endpoint.JSONString})
		got, err := formEncode(ep, &formOne[string]{`{"a": 1}`}, nil)
		require.NoError(t, err)
		want := map[endpoint.Encoding]string{endpoint.Form: "v=" + url.QueryEscape(`{"a": 1}`), endpoint.JSON: `{"v":"{\"a\": 1}"}`}
		require.Equal(t, want[encoding], got.body)
		_, err = formEncode(ep, &formOne[string]{"a"}, nil)
		require.EqualError(t, err, "v: is not JSON")
	}
}

// A parameter that makes a request unsafe does so however it is set.
func TestFormUnsafeWithExtraField(t *testing.T) {
	t.Parallel()
	ep := formEndpoint(endpoint.Form, endpoint.Param{Name: "v"}, endpoint.Param{Name: "needNotify", Type: endpoint.Bool})
	ep.Class, ep.UnsafeWith = endpoint.Idempotent, []string{"needNotify"}
	got, err := formEncode(ep, &formOne[string]{"x"}, nil, Extra{"needNotify", true})
	require.NoError(t, err)
	require.Equal(t, "v=x&needNotify=true", got.body)
	require.Equal(t, "needNotify", got.unsafe)
}

func TestFormExtraFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		extra Extra
		form  string
		json  string
	}{
		{name: "text", extra: Extra{"x", "a b<"}, form: "x=a+b%3C", json: `"x":"a b<"`},
		{name: "empty text", extra: Extra{"x", ""}, form: "x=", json: `"x":""`},
		{name: "number", extra: Extra{"x", -3}, form: "x=-3", json: `"x":-3`},
		{name: "unsigned", extra: Extra{"x", uint64(1<<64 - 1)}, form: "x=18446744073709551615", json: `"x":18446744073709551615`},
		{name: "fraction", extra: Extra{"x", 1.5}, form: "x=1.5", json: `"x":1.5`},
		{name: "switch", extra: Extra{"x", true}, form: "x=true", json: `"x":true`},
		{name: "list", extra: Extra{"x", []string{"a", "b&"}}, form: "x=a&x=b%26", json: `"x":["a","b&"]`},
		{name: "document", extra: Extra{"x", formDoc{Text: "<"}}, form: "x=" + url.QueryEscape(`{"text":"<"}`), json: `"x":{"text":"<"}`},
		{name: "list of numbers", extra: Extra{"x", []int{1, 2}}, form: "x=" + url.QueryEscape(`[1,2]`), json: `"x":[1,2]`},
		{name: "nil", extra: Extra{"x", nil}, form: "x=null", json: `"x":null`},
		{name: "name to be escaped", extra: Extra{"a b", "c"}, form: "a+b=c", json: `"a b":"c"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			param := endpoint.Param{Name: "v"}
			for _, given := range []string{"", "1"} {
				got, err := formEncode(formEndpoint(endpoint.Form, param), &formOne[string]{given}, nil, tt.extra)
				require.NoError(t, err)
				want := tt.form
				if given != "" {
					want = "v=1&" + want
				}
				require.Equal(t, want, got.body)

				got, err = formEncode(formEndpoint(endpoint.JSON, param), &formOne[string]{given}, nil, tt.extra)
				require.NoError(t, err)
				want = tt.json
				if given != "" {
					want = `"v":"1",` + want
				}
				require.Equal(t, "{"+want+"}", got.body)
			}
		})
	}
}

func TestFormExtraFieldNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", `quo"te`, `ends with "`, `"starts`, `back\slash`, `ends with \`, "<b>", "new\nline", "é", "a&b=c"} {
		got, err := formEncode(formEndpoint(endpoint.JSON), nil, nil, Extra{name, "x"})
		require.NoError(t, err, name)
		var decoded map[string]string
		require.NoError(t, json.Unmarshal([]byte(got.body), &decoded), "%q became %s", name, got.body)
		require.Equal(t, map[string]string{name: "x"}, decoded)

		got, err = formEncode(formEndpoint(endpoint.Form), nil, nil, Extra{name, "x"})
		require.NoError(t, err, name)
		values, err := url.ParseQuery(got.body)
		require.NoError(t, err)
		require.Equal(t, url.Values{name: {"x"}}, values)
	}
}

func TestFormExtraFieldRefusals(t *testing.T) {
	t.Parallel()
	for _, encoding := range []endpoint.Encoding{endpoint.Form, endpoint.JSON} {
		ep := formEndpoint(encoding, endpoint.Param{Name: "v"}, endpoint.Param{Name: "w"})
		_, err := formEncode(ep, &formOne[string]{"1"}, nil, Extra{"v", "2"})
		formRefused(t, err, "v")

		// A field that the caller's struct leaves out may be given.
		_, err = formEncode(ep, &formOne[string]{""}, nil, Extra{"v", "2"})
		require.NoError(t, err)
		_, err = formEncode(ep, &formOne[string]{"1"}, nil, Extra{"w", "2"})
		require.NoError(t, err)

		_, err = formEncode(ep, nil, nil, Extra{"x", func() {}})
		formRefused(t, err, "x")
	}
}

func TestFormRawParams(t *testing.T) {
	t.Parallel()
	e := testForm.Encoder(formEndpoint(endpoint.Form))
	require.NoError(t, e.EncodeRaw(Raw{Form: url.Values{"b": {"2", "1"}, "a": {"x y"}}, IsForm: true}, nil))
	require.Equal(t, "a=x+y&b=2&b=1", string(e.Buf))
	e.Release()

	e = testForm.Encoder(formEndpoint(endpoint.JSON))
	require.NoError(t, e.EncodeRaw(Raw{JSON: map[string]any{"a": "<"}}, nil))
	require.Equal(t, `{"a":"<"}`, string(e.Buf))
	e.Release()

	e = testForm.Encoder(formEndpoint(endpoint.JSON))
	formRefused(t, e.EncodeRaw(Raw{JSON: func() {}}, nil), "params")
	e.Release()

	e = testForm.Encoder(formEndpoint(endpoint.JSON))
	formRefused(t, e.EncodeRaw(Raw{}, []Extra{{"x", 1}}), "WithExtraField")
	e.Release()
}

// The IDs of a map are sent in order, so that the same request always has the same bytes.
func TestFormKeyedInOrder(t *testing.T) {
	t.Parallel()
	ids, want := map[string]string{}, []string{}
	for i := range 50 {
		id := fmt.Sprint(100 + i)
		ids[id] = "x"
		want = append(want, "v%5B"+id+"%5D=x")
	}
	got, err := formEncode(formEndpoint(endpoint.Form, endpoint.Param{Name: "v", Keyed: true}), &formOne[map[string]string]{ids}, nil)
	require.NoError(t, err)
	require.Equal(t, strings.Join(want, "&"), got.body)
}

// One endpoint may be called with several struct types.
func TestFormPlansPerType(t *testing.T) {
	t.Parallel()
	ep := formEndpoint(endpoint.Form, endpoint.Param{Name: "v", Type: endpoint.Int})
	for range 3 {
		got, err := formEncode(ep, &formOne[int]{3}, nil)
		require.NoError(t, err)
		require.Equal(t, "v=3", got.body)
		got, err = formEncode(ep, &formOne[*bool]{formPtr(true)}, nil)
		require.NoError(t, err)
		require.Equal(t, "v=1", got.body)
	}
}

func FuzzAppendEscaped(f *testing.F) {
	for _, seed := range []string{"", "a b", "é世界", "-_.~!*'()", "%2C+&=?#/", "\x00\x7f\xff", "\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := url.QueryEscape(text)
		require.Equal(t, want, string(appendEscaped(nil, text)))
		require.Equal(t, "x="+want, string(appendEscaped([]byte("x="), []byte(text))))
	})
}

// Only Forever becomes zero, and no other duration is changed.
func FuzzFormDuration(f *testing.F) {
	for _, seed := range []int64{0, 1, -1, int64(time.Minute), int64(-time.Minute), int64(59 * time.Second), int64(forever), math.MaxInt64, math.MinInt64} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, n int64, allowed bool) {
		d := time.Duration(n)
		p := endpoint.Param{Name: "v", Type: endpoint.Int, Unit: endpoint.Minutes, Required: true, ZeroForever: allowed}
		got, err := formEncode(formEndpoint(endpoint.Form, p), &formOne[time.Duration]{d}, nil)
		switch {
		case err != nil:
			formRefused(t, err, "v")
			require.True(t, d == forever && !allowed || d != forever && (d <= 0 || d%time.Minute != 0), "%v", d)
		case d == forever:
			require.True(t, allowed)
			require.Equal(t, "v=0", got.body)
		default:
			require.Positive(t, d)
			require.Equal(t, "v="+strconv.FormatInt(n/int64(time.Minute), 10), got.body)
			require.Zero(t, d%time.Minute)
		}
	})
}

// U+FFFD in a text is a character like any other.
func TestReplacementCharacterIsATextLikeAnyOther(t *testing.T) {
	t.Parallel()
	plain := formEndpoint(endpoint.JSON, endpoint.Param{Name: "v"})
	for value, want := range map[any]string{
		"\ufffd": `"` + "\ufffd" + `"`, `\ufffd`: `"\\ufffd"`, `\\ufffd`: `"\\\\ufffd"`,
	} {
		got, err := formEncode(plain, nil, nil, Extra{"x", value}, Extra{"y", []any{value}})
		require.NoError(t, err)
		require.Equal(t, `{"x":`+want+`,"y":[`+want+`]}`, got.body)
	}
	got, err := formEncode(plain, nil, nil, Extra{"x", json.RawMessage(`"\ufffd"`)})
	require.NoError(t, err, "JSON of the caller's may be written so")
	require.Equal(t, `{"x":"\ufffd"}`, got.body)
	require.True(t, replaced([]byte(`"\\\ufffd"`)))
	require.False(t, replaced([]byte(`"\\ufffd \\\\ufffd"`)))
}

// An error of WriteContent comes with the name of the field that holds the content.
func TestFormContentOfTheCaller(t *testing.T) {
	t.Parallel()
	type request struct {
		Note content `wire:"content"`
	}
	named := formEndpoint(endpoint.Form, endpoint.Param{Name: "objectName"}, endpoint.Param{Name: "content"})
	got, err := formEncode(named, &request{note{"a"}}, nil)
	require.NoError(t, err)
	require.Equal(t, "objectName=app%3Anote&content=%7B%22text%22%3A%22a%22%7D", got.body)
	got, err = formEncode(formEndpoint(endpoint.JSON, endpoint.Param{Name: "content"}), &request{note{"a"}}, nil)
	require.NoError(t, err)
	require.Equal(t, `{"content":"{\"text\":\"a\"}"}`, got.body)

	_, err = formEncode(named, &request{note{}}, nil)
	require.ErrorIs(t, err, errEmptyNote)
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "note", refused.Field, "request is no exported type, so the field stands for an argument")
	require.Equal(t, "note: the note is empty", err.Error())
}

func TestFormTypesThatAreSentOften(t *testing.T) {
	t.Parallel()
	got, err := formEncode(formEndpoint(endpoint.JSON, endpoint.Param{Name: "v", Type: endpoint.JSONString}), nil, nil, Extra{"x", often("a")})
	require.NoError(t, err)
	require.Equal(t, `{"x":{"often":"a"}}`, got.body)
}

func TestPlacedParameters(t *testing.T) {
	t.Parallel()
	ep := formEndpoint(endpoint.Form, endpoint.Param{Name: "room", In: endpoint.InPath, Required: true},
		endpoint.Param{Name: "Room-Kind", In: endpoint.InHeader}, endpoint.Param{Name: "v"})
	type request struct {
		Room string `wire:"room"`
		Kind string `wire:"Room-Kind"`
		V    string `wire:"v"`
	}
	e := testForm.Encoder(ep)
	defer e.Release()
	require.NoError(t, e.Encode(&request{"a/b c", "x", "1"}, nil, nil))
	require.Equal(t, "v=1", string(e.Buf))
	require.True(t, e.Placed())
	plain, escaped := e.Path("/v1/{room}/end.json")
	require.Equal(t, []string{"/v1/a/b c/end.json", "/v1/a%2Fb%20c/end.json"}, []string{plain, escaped})
	header := http.Header{}
	e.AddHeaders(header)
	require.Equal(t, http.Header{"Room-Kind": {"x"}}, header)

	for _, wrong := range []request{{}, {Room: ".."}, {Room: "."}, {Room: "r", Kind: "é"}, {Room: "r", Kind: "a\nb"}} {
		_, err := formEncode(ep, &wrong, nil)
		require.Error(t, err, "%+v", wrong)
	}
}
