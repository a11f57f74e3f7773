package rongcloud

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type sharedAnswer struct {
	Name  string        `json:"name"`
	Next  string        `json:"next"`
	Total int           `json:"total"`
	Small int8          `json:"small"`
	Done  bool          `json:"done"`
	IDs   []string      `json:"ids"`
	Users []sharedUser  `json:"users"`
	Owner *sharedUser   `json:"owner"`
	Grid  [][]int64     `json:"grid"`
	More  []*sharedUser `json:"more"`
}

type sharedUser struct {
	ID  string `json:"userId"`
	UID string `json:"messageUID"`
}

var sharedSeeds = []string{
	`{}`, `{"name":"a"}`, ` { "name" : "a" , "total" : -12 , "done" : true } `,
	`{"name":"a\"b\\c\u4f60\n","next":"\ud83d\ude00"}`, `{"name":"你好 😀","x":{"y":[1,{"z":"}]"}]},"total":3}`,
	`{"users":[{"userId":"u1","messageUID":"A"},{"messageUID":"B","userId":"u2","z":null}],"owner":{"userId":"u3"}}`,
	`{"ids":[],"users":[ ],"grid":[[1,2],[],[3]],"more":[null,{"userId":"x"}]}`, `{"IDS":["a"],"Name":"fold"}`,
	`{"name":1}`, `{"total":"1"}`, `{"total":1.5}`, `{"small":300}`, `{"total":1e3}`, `{"done":1}`, `{"ids":"a"}`, `{"users":{}}`,
	`{"name":null,"ids":null,"owner":null,"users":[null]}`, `[]`, `null`, `"a"`, `1`, `{"a":[[[]]],"name":"after"}`, `{"name":"x","name":"y"}`,
	"{\"name\":\"\xff\"}", `{"x":"\\","name":"a"}`, `{"x":-0.1e+5,"name":"a"}`, `{"x":false,"name":"a"}`,
}

// checkShared holds decodeShared against encoding/json: where it takes a document on, both say the same.
func checkShared(t *testing.T, data []byte) {
	t.Helper()
	if !json.Valid(data) {
		return
	}
	var got, want sharedAnswer
	ok := decodeShared(data, reflect.ValueOf(&got).Elem())
	err := json.Unmarshal(data, &want)
	if ok && !strings.Contains(string(data), "null") { // a repeated key with null differs in what it merges
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestDecodeSharedAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, seed := range sharedSeeds {
		checkShared(t, []byte(seed))
	}
	var got sharedAnswer
	require.True(t, decodeShared([]byte(sharedSeeds[5]), reflect.ValueOf(&got).Elem()))
	require.Equal(t, []sharedUser{{"u1", "A"}, {"u2", "B"}}, got.Users)
	require.Equal(t, "u3", got.Owner.ID)
	require.False(t, decodeShared([]byte(`{"name":1}`), reflect.ValueOf(&got).Elem()))
}

func FuzzDecodeShared(f *testing.F) {
	for _, seed := range sharedSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Repeated keys merge in encoding/json, which no server means.
		if keys := strings.Count(string(data), `":`); keys > 1 && repeats(data) {
			return
		}
		checkShared(t, data)
	})
}

// repeats tells whether any object names a key twice, in whatever case.
func repeats(data []byte) bool {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	type level struct {
		keys  map[string]bool
		isKey bool
	}
	var stack []*level
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, &level{map[string]bool{}, true})
			continue
		case json.Delim('['):
			stack = append(stack, &level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		default:
			if n := len(stack); n > 0 && stack[n-1].keys != nil && stack[n-1].isKey {
				for key := range stack[n-1].keys {
					if strings.EqualFold(key, token.(string)) {
						return true
					}
				}
				stack[n-1].keys[token.(string)] = true
				stack[n-1].isKey = false
				continue
			}
		}
		if n := len(stack); n > 0 && stack[n-1].keys != nil {
			stack[n-1].isKey = true
		}
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	require.NotNil(t, shapeOf(reflect.TypeFor[sharedAnswer]()))
	require.NotNil(t, shapeOf(reflect.TypeFor[SentToUsers]()))
	require.NotNil(t, shapeOf(reflect.TypeFor[Token]()))
	type recursive struct {
		Inner []recursive `json:"inner"`
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[faultAnswer](), reflect.TypeFor[time.Time](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[map[string]string](),
		reflect.TypeFor[any](), reflect.TypeFor[float64](), reflect.TypeFor[recursive](),
	} {
		require.Nil(t, shapeOf(typ), "%v", typ)
	}
}

func TestStringsOfAnAnswerCostOneAllocation(t *testing.T) { // not parallel: it counts allocations
	data := []byte(`{"code":200,"messageUIDs":[` + strings.Repeat(`{"userId":"u","messageUID":"M"},`, 99) + `{"userId":"u","messageUID":"M"}]}`)
	var out SentToUsers
	allocations := testing.AllocsPerRun(100, func() { _ = decodeAnswer(data, &out, time.UTC) })
	require.Len(t, out.MessageUIDs, 100)
	require.LessOrEqual(t, allocations, 4.0)
}
