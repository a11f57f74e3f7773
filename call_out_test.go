package rongcloud

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

type (
	CallBase struct { // exported, so that it can be created behind an embedded pointer
		A string `json:"a"`
	}
	callUint struct {
		T time.Time `json:"t"`
		N uint32    `json:"n"`
		U *uint8    `json:"u"`
	}
	callEmbedded struct {
		*CallBase
		T time.Time `json:"t"`
		N int
	}
	callNamed struct {
		CallBase `json:"base"`
		Name     string
		Pair     [2]int         `json:"pair"`
		Any      any            `json:"any"`
		Numbers  map[int]string `json:"numbers"`
		Span     time.Duration  `json:"span"`
	}
	callOwn struct {
		Addr netip.Addr      `json:"addr"`
		Raw  json.RawMessage `json:"any"`
		Next *callOwn        `json:"next"`
	}
)

// Call fills the caller's type as encoding/json does, and one unusual field does not affect the
// others.
func TestCallFillsAnyType(t *testing.T) {
	t.Parallel()
	const answer = `{"code":200,"a":"x","n":7,"t":"2026-01-02T03:04:05Z","Name":"ann","pair":[1,2],"u":5,"base":{"a":"y"},"any":[1,{"b":2.5},null],` +
		`"numbers":{"7":"seven","-1":"x"},"span":1500,"addr":"10.0.0.1","next":{"addr":"::1","next":null}`
	for _, typ := range []reflect.Type{
		reflect.TypeFor[callUint](), reflect.TypeFor[callEmbedded](), reflect.TypeFor[callNamed](), reflect.TypeFor[callOwn](), reflect.TypeFor[any](),
		reflect.TypeFor[map[string]any](), reflect.TypeFor[map[string]json.RawMessage](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[struct{ UserID, A string }](),
	} {
		want, got := reflect.New(typ), reflect.New(typ)
		require.NoError(t, json.Unmarshal([]byte(answer+"}"), want.Interface()))
		require.NoError(t, faultyCall(t, answer+"}", got.Interface()), "%v", typ)
		require.Equal(t, want.Interface(), got.Interface(), "%v", typ)

		if typ.Kind() != reflect.Struct {
			continue
		}
		// With another field that encoding/json refuses, all of these come out the same.
		wider := reflect.StructOf([]reflect.StructField{
			{Name: "Inner", Type: typ, Tag: `json:"inner"`}, {Name: "Odd", Type: reflect.TypeFor[int](), Tag: `json:"odd"`},
		})
		odd := reflect.New(wider)
		text := `{"code":200,"odd":"7","inner":` + answer + "}}"
		require.Error(t, json.Unmarshal([]byte(text), reflect.New(wider).Interface()))
		require.NoError(t, faultyCall(t, text, odd.Interface()))
		require.Equal(t, want.Elem().Interface(), odd.Elem().Field(0).Interface(), "%v", typ)
		require.Equal(t, int64(7), odd.Elem().Field(1).Int())
	}
}

func faultyCall(t *testing.T, answer string, out any) error {
	t.Helper()
	s := newScripted(t, []step{status(200, answer)}, WithoutRetries())
	return s.Call(t.Context(), endpoint.New("POST", "/new/thing.json", endpoint.Form), url.Values{"userId": {"u"}}, out)
}

func TestCallOutsThatFit(t *testing.T) {
	t.Parallel()
	const answer = `{"code":200,"Next":{"Next":null},"x":[1,{"y":"z"}]}`
	type recursive struct {
		Next *recursive
		Code int `json:"code"`
	}
	list := new(recursive)
	require.NoError(t, faultyCall(t, answer, list))
	require.Equal(t, &recursive{Next: &recursive{}, Code: 200}, list)
	pointer := new(*struct{ Code int })
	require.NoError(t, faultyCall(t, answer, pointer))
	require.Equal(t, 200, (*pointer).Code)
	for _, out := range []any{new(string), new([]byte)} { // would hold the whole text
		require.NoError(t, faultyCall(t, answer, out))
		require.JSONEq(t, answer, fmt.Sprintf("%s", reflect.ValueOf(out).Elem().Interface()))
	}
	err := faultyCall(t, `{"code":200,"n":"secret"}`, new(struct{ N int }))
	require.ErrorIs(t, err, ErrOutcomeUnknown, "the call may have been carried out")
	require.NotContains(t, err.Error(), "secret")
}

// A value that cannot hold a response is refused before the request is sent.
func TestCallOutsThatHoldNothing(t *testing.T) {
	t.Parallel()
	var none *struct{}
	for _, out := range []any{
		none, 5, "x", struct{}{}, new(chan int), new(func()), new(complex128), new(error), new(fmt.Stringer), new(*chan int), new([]func()), new(map[float64]int),
		new(bool), new(int), new(uint8), new(float64), new(time.Duration), new(time.Time), new([2]int), new(**int), new([]string), new(json.Number), new(netip.Addr),
	} {
		s := newScripted(t, []step{nil}, WithoutRetries())
		err := s.Call(t.Context(), endpoint.New("POST", "/new/thing.json", endpoint.None), nil, out)
		var argument *ArgumentError
		require.ErrorAs(t, err, &argument, "%T", out)
		require.Equal(t, "out", argument.Field)
		require.Empty(t, s.requests)
	}
}

func TestExtraFieldsThatCannotTravel(t *testing.T) {
	t.Parallel()
	for _, field := range []form.Extra{
		{Name: "fromUserId", Value: "evil"}, {Name: "f", Value: func() {}}, {Name: "c", Value: make(chan int)}, {Name: "n", Value: math.NaN()}, {Name: "m", Value: map[string]any{"a": math.Inf(1)}}, {Name: "bad", Value: "\xff\xfe"}, {Name: "\xff", Value: 1},
	} {
		for _, json := range []bool{false, true} {
			s := newScripted(t, []step{nil}, WithoutRetries())
			var err error
			if json {
				_, err = s.Message.SendUltraGroup(t.Context(), UltraGroupMessage{From: "u", To: []string{"g"}, Content: TextMessage{Content: "x"}}, WithExtraField(field.Name, field.Value))
			} else {
				_, err = s.Message.SendPrivate(t.Context(), PrivateMessage{From: "u", To: []string{"v"}, Content: TextMessage{Content: "x"}}, WithExtraField(field.Name, field.Value))
			}
			var argument *ArgumentError
			require.ErrorAs(t, err, &argument, "%s %T", field.Name, field.Value)
			require.Empty(t, s.requests)
		}
	}
}

// Nulls in the caller's lists stay, and a byte order mark costs nothing, with a result and without.
func TestCallKeepsNullsAndSkipsAMark(t *testing.T) {
	t.Parallel()
	const answer = "\xef\xbb\xbf" + `{"code":200,"users":["a",null]}`
	var out struct {
		Users []string `json:"users"`
	}
	require.NoError(t, faultyCall(t, answer, &out))
	require.Equal(t, []string{"a", ""}, out.Users)
	require.NoError(t, faultyCall(t, answer, nil))
}

// Call keeps what the caller has put into out, as encoding/json does.
func TestCallKeepsWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	client, _ := msgAnswer(t, `{"code":200,"data":{"id":"a","rank":"7"}}`)
	var item decodeItem
	out := struct {
		Data  any    `json:"data"`
		Limit int    `json:"limit"`
		Code  string `json:"code"`
	}{Data: &item, Limit: 50}
	require.NoError(t, client.Call(t.Context(), endpoint.New("POST", "/any.json", endpoint.Form), url.Values{"x": {"y"}}, &out))
	require.Equal(t, decodeItem{"a", 7}, item, "the pointer in the interface is filled")
	require.Equal(t, 50, out.Limit, "a default stays")
	require.Equal(t, "200", out.Code)
	require.Error(t, client.Call(t.Context(), endpoint.New("POST", "/any.json", endpoint.Form), url.Values{"x": {"y"}}, new(UserToken)), "the SDK's own types are as strict here as in its methods")
}
