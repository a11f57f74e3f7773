package rongcloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

var decodeZone = time.FixedZone("CST", 8*60*60)

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
)

type decodeTagged struct {
	ID    string         `json:"id" alt:"userId,uid"`
	At    time.Time      `json:"at" unit:"ms"`
	Day   time.Time      `json:"day" unit:"date"`
	Left  time.Duration  `json:"left" unit:"minutes"`
	Items []decodeItem   `json:"items"`
	Only  decodeItem     `json:"only"`
	Extra map[string]int `json:"extra"`
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

type plainNode struct {
	Name string       `json:"name"`
	Next *plainNode   `json:"next"`
	All  []*plainNode `json:"all"`
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
			got, err := readEnvelope([]byte(tt.data), endpoint.SuccessOf(success))
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
		got, err := readEnvelope(fmt.Appendf(nil, `{"code":%d}`, other), endpoint.SuccessOf(other))
		require.NoError(t, err)
		require.Equal(t, Code(other), got.code)
	}
}

// An answer that breaks off after the code is an error as soon as it is decoded.
func TestTruncatedAfterTheCode(t *testing.T) {
	t.Parallel()
	const data = `{"code":200,"id":"a","ra`
	got, err := readEnvelope([]byte(data), endpoint.SuccessOf(200))
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
		_, _ = readEnvelope(data, endpoint.SuccessOf(200)) // never panics
		code, ok := scanCode(data)
		if !ok || !json.Valid(data) || decodeCountKeys(data, "code") != 1 {
			return
		}
		var body struct{ Code int }
		require.NoError(t, json.Unmarshal(data, &body))
		require.Equal(t, body.Code, code)
		for _, success := range []int{code, code + 1} {
			got, err := readEnvelope(data, endpoint.SuccessOf(success))
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

// decodeAgrees checks that what encoding/json can decode is decoded as it does.
func decodeAgrees[T any](t *testing.T, data []byte) {
	t.Helper()
	var want T
	if json.Unmarshal(data, &want) != nil {
		return
	}
	var got T
	require.NoError(t, decodeAnswer(data, callersOut{&got}, decodeZone))
	require.Equal(t, want, got)
}

// A result that is one value is worth nothing without it, and the call has not had what it was
// made for.
func TestDecodeLacksItsValue(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"code":200}`, `{"code":200,"token":null,"data":"","translated":""}`, `{"code":200,"token":"","data":null,"translated":null}`} {
		require.EqualError(t, decodeAnswer([]byte(data), new(UserToken), time.UTC), "the response has no token", data)
		require.EqualError(t, decodeAnswer([]byte(data), new(ConsoleAccess), time.UTC), "the response has no data", data)
	}
	require.EqualError(t, decodeAnswer([]byte(`{"code":200}`), new(Translation), time.UTC), "the response has no translated")
	require.NoError(t, decodeAnswer([]byte(`{"code":200,"token":"t","data":"u","translated":"x"}`), new(UserToken), time.UTC))
}

func TestDecodeAfterAByteOrderMark(t *testing.T) {
	t.Parallel()
	const data = "\xef\xbb\xbf" + `{"code":200,"id":"a"}`
	said, err := readEnvelope([]byte(data), endpoint.SuccessOf(200))
	require.NoError(t, err)
	require.Equal(t, Code(200), said.code)
	got, err := decodeWhole[decodeItem](data)
	require.NoError(t, err)
	require.Equal(t, decodeItem{ID: "a"}, got)
	_, err = decodeWhole[decodeItem]("\xef\xbb\xbf" + data)
	require.Error(t, err, "one mark is enough")
}

// Lists of the SDK's own results drop nulls. The caller's keep them, as encoding/json does.
func TestDecodeNullsInLists(t *testing.T) {
	t.Parallel()
	data := []byte(`{"users":["a",null,"b"],"items":[null,{"id":"x"},null],"n":"7"}`)
	type result struct {
		Users []string      `json:"users"`
		Items []*decodeItem `json:"items"`
		N     int           `json:"n"`
	}
	var own, theirs result
	require.NoError(t, decodeAnswer(data, &own, time.UTC))
	require.Equal(t, result{[]string{"a", "b"}, []*decodeItem{{ID: "x"}}, 7}, own)
	require.NoError(t, decodeAnswer(data, callersOut{&theirs}, time.UTC))
	require.Equal(t, result{[]string{"a", "", "b"}, []*decodeItem{nil, {ID: "x"}, nil}, 7}, theirs)
}

func TestStringsOfAResponseCostOneAllocation(t *testing.T) { // not parallel: it counts allocations
	for _, target := range []string{"userId", "groupId", "chatroomId"} {
		item := `{"` + target + `":"t","messageUID":"M"}`
		data := []byte(`{"code":200,"messageUIDs":[` + strings.Repeat(item+",", 99) + item + `]}`)
		var out SendResult
		allocations := testing.AllocsPerRun(100, func() { _ = decodeAnswer(data, &out, time.UTC) })
		require.Len(t, out.Messages, 100)
		require.Equal(t, SentMessage{TargetID: "t", MessageUID: "M"}, out.Messages[99])
		require.LessOrEqual(t, allocations, 4.0, target)
	}
}
