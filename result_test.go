package rongcloud

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/envelope"
)

var decodeZone = time.FixedZone("CST", 8*60*60)

func decodeWhole[T any](data string) (T, error) {
	var out T
	err := decodeResponse([]byte(data), &out, decodeZone)
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

	// Previous values in out do not remain.
	out := decodeItem{"old", 1}
	require.NoError(t, decodeResponse([]byte(`{"rank":"2"}`), &out, time.UTC))
	require.Equal(t, decodeItem{Rank: 2}, out)
	require.NoError(t, decodeResponse([]byte(`{"id":"new"}`), &out, time.UTC))
	require.Equal(t, decodeItem{ID: "new"}, out)

	var anything any
	require.NoError(t, decodeResponse([]byte(`{"a":1}`), &anything, time.UTC))
	require.Equal(t, map[string]any{"a": 1.0}, anything)

	var raw json.RawMessage
	require.NoError(t, decodeResponse([]byte(`{"a":1}`), &raw, time.UTC))
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

// A response truncated after the code is an error as soon as it is decoded.
func TestTruncatedAfterTheCode(t *testing.T) {
	t.Parallel()
	const data = `{"code":200,"id":"a","ra`
	got, err := envelope.Read([]byte(data), endpoint.SuccessOf(200))
	require.NoError(t, err)
	require.Equal(t, 200, got.Code)
	_, err = decodeWhole[decodeItem](data)
	require.Error(t, err)
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

// decodeAgrees checks that everything encoding/json can decode is decoded in the same way.
func decodeAgrees[T any](t *testing.T, data []byte) {
	t.Helper()
	var want T
	if json.Unmarshal(data, &want) != nil {
		return
	}
	var got T
	require.NoError(t, decodeResponse(data, callersOut{&got}, decodeZone))
	require.Equal(t, want, got)
}

// A result with a single essential value is an error without it, since the call did not get what it
// was made for.
func TestDecodeLacksItsValue(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"code":200}`, `{"code":200,"token":null,"data":"","translated":""}`, `{"code":200,"token":"","data":null,"translated":null}`} {
		require.EqualError(t, decodeResponse([]byte(data), new(UserToken), time.UTC), "the response has no token", data)
		require.EqualError(t, decodeResponse([]byte(data), new(ConsoleAccess), time.UTC), "the response has no data", data)
	}
	require.EqualError(t, decodeResponse([]byte(`{"code":200}`), new(Translation), time.UTC), "the response has no translated")
	require.NoError(t, decodeResponse([]byte(`{"code":200,"token":"t","data":"u","translated":"x"}`), new(UserToken), time.UTC))
}

func TestDecodeAfterAByteOrderMark(t *testing.T) {
	t.Parallel()
	const data = "\xef\xbb\xbf" + `{"code":200,"id":"a"}`
	said, err := envelope.Read([]byte(data), endpoint.SuccessOf(200))
	require.NoError(t, err)
	require.Equal(t, 200, said.Code)
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
	require.NoError(t, decodeResponse(data, &own, time.UTC))
	require.Equal(t, result{Users: []string{"a", "b"}, Items: []*decodeItem{{ID: "x"}}, N: 7}, own)
	require.NoError(t, decodeResponse(data, callersOut{&theirs}, time.UTC))
	require.Equal(t, result{Users: []string{"a", "", "b"}, Items: []*decodeItem{nil, {ID: "x"}, nil}, N: 7}, theirs)
}

func TestStringsOfAResponseCostOneAllocation(t *testing.T) { // not parallel: it counts allocations
	for _, target := range []string{"userId", "groupId", "chatroomId"} {
		item := `{"` + target + `":"t","messageUID":"M"}`
		data := []byte(`{"code":200,"messageUIDs":[` + strings.Repeat(item+",", 99) + item + `]}`)
		var out SendResult
		allocations := testing.AllocsPerRun(100, func() { _ = decodeResponse(data, &out, time.UTC) })
		require.Len(t, out.Messages, 100)
		require.Equal(t, SentMessage{TargetID: "t", MessageUID: "M"}, out.Messages[99])
		require.LessOrEqual(t, allocations, 4.0, target)
	}
}
