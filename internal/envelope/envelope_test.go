package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

func TestRead(t *testing.T) {
	t.Parallel()
	const success = 200
	tests := []struct {
		name    string
		data    string
		code    int
		message string
		ok      bool
	}{
		{name: "leading code", data: `{"code":200}`, code: 200, message: "", ok: true},
		{name: "leading code, spaces", data: " \r\n\t{ \"code\" : 200 , \"x\":1}", code: 200, message: "", ok: true},
		{name: "leading code as text", data: `{"code":"200"}`, code: 200, message: "", ok: true},
		{name: "code later", data: `{"userId":"u","code":200,"x":1}`, code: 200, message: "", ok: true},
		{name: "code last", data: `{"a":{"code":1},"code":200}`, code: 200, message: "", ok: true},
		{name: "code in other case", data: `{"Code":200}`, code: 200, message: "", ok: true},
		{name: "code as a fraction", data: `{"code":200.0}`, code: 200, message: "", ok: true},
		{name: "zero", data: `{"code":0}`, code: 0, message: "", ok: true},
		{name: "negative", data: `{"code":-1}`, code: -1, message: "", ok: true},
		{name: "other success", data: `{"code":10000}`, code: 10000, message: "", ok: true},
		{name: "errorMessage", data: `{"code":1002,"errorMessage":"no user"}`, code: 1002, message: "no user", ok: true},
		{name: "msg", data: `{"code":1002,"msg":"no user"}`, code: 1002, message: "no user", ok: true},
		{name: "message", data: `{"code":1002,"message":"no user"}`, code: 1002, message: "no user", ok: true},
		{name: "errorMessage first", data: `{"message":"c","msg":"b","errorMessage":"a","code":1002}`, code: 1002, message: "a", ok: true},
		{name: "msg second", data: `{"message":"c","msg":"b","errorMessage":"","code":"1002"}`, code: 1002, message: "b", ok: true},
		{name: "message of another type", data: `{"code":1002,"errorMessage":{"a":1},"msg":"b"}`, code: 1002, message: "b", ok: true},
		{name: "code after a message of another type", data: `{"errorMessage":[1],"code":1002}`, code: 1002, message: "", ok: true},
		{name: "deep code is none", data: `{"result":{"code":200}}`, code: 0, message: "", ok: false},
		{name: "missing code", data: `{"userId":"u"}`, code: 0, message: "", ok: false},
		{name: "empty object", data: `{}`, code: 0, message: "", ok: false},
		{name: "null code", data: `{"code":null}`, code: 0, message: "", ok: false},
		{name: "null code as text", data: `{"code":"null"}`, code: 0, message: "", ok: false},
		{name: "empty code", data: `{"code":""}`, code: 0, message: "", ok: false},
		{name: "blank code", data: `{"code":" "}`, code: 0, message: "", ok: false},
		{name: "word as code", data: `{"code":"ok"}`, code: 0, message: "", ok: false},
		{name: "boolean code", data: `{"code":true}`, code: 0, message: "", ok: false},
		{name: "false code", data: `{"code":false}`, code: 0, message: "", ok: false},
		{name: "list as code", data: `{"code":[200]}`, code: 0, message: "", ok: false},
		{name: "object as code", data: `{"code":{"code":200}}`, code: 0, message: "", ok: false},
		{name: "fraction as code", data: `{"code":200.5}`, code: 0, message: "", ok: false},
		{name: "code beyond 32 bits", data: `{"code":4294967496}`, code: 0, message: "", ok: false},
		{name: "huge code", data: `{"code":1e400}`, code: 0, message: "", ok: false},
		{name: "null", data: `null`, code: 0, message: "", ok: false},
		{name: "list", data: `[{"code":200}]`, code: 0, message: "", ok: false},
		{name: "text", data: `"code"`, code: 0, message: "", ok: false},
		{name: "number", data: `200`, code: 0, message: "", ok: false},
		{name: "boolean", data: `true`, code: 0, message: "", ok: false},
		{name: "empty", data: ``, code: 0, message: "", ok: false},
		{name: "blank", data: "\r\n", code: 0, message: "", ok: false},
		{name: "HTML", data: `<html><body>502 Bad Gateway</body></html>`, code: 0, message: "", ok: false},
		{name: "truncated code", data: `{"code":20`, code: 0, message: "", ok: false},
		{name: "truncated after another code", data: `{"code":1004,"errorMessage":"si`, code: 0, message: "", ok: false},
		{name: "truncated before the code", data: `{"userId":"u","co`, code: 0, message: "", ok: false},
		{name: "only a brace", data: `{`, code: 0, message: "", ok: false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Read([]byte(tt.data), endpoint.SuccessOf(success))
			if !tt.ok {
				require.Error(t, err)
				require.Zero(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, Envelope{tt.code, tt.message}, got)
		})
	}
	// Another API may use other success codes.
	for _, other := range []int{0, 10000} {
		got, err := Read(fmt.Appendf(nil, `{"code":%d}`, other), endpoint.SuccessOf(other))
		require.NoError(t, err)
		require.Equal(t, other, got.Code)
	}
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

// countKeys counts the members of the top-level object that encoding/json matches with name.
func countKeys(data []byte, name string) int {
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

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"code":200}`, `{"code":200,"a":1}`, `{"code":"200"}`, `{"a":1,"code":200}`, `{"code":1004,"errorMessage":"x"}`, `{"code":200,"code":1}`,
		`{"code":200,"Code":1}`, `{"code":007}`, `{"code":-1}`, `{"code":1e3}`, `null`, `[]`, `<html>`, `{"code":20`, `{"code":999999999}`, ` { "code" : 1 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = Read(data, endpoint.SuccessOf(200)) // never panics
		code, ok := scanCode(data)
		if !ok || !json.Valid(data) || countKeys(data, "code") != 1 {
			return
		}
		var body struct{ Code int }
		require.NoError(t, json.Unmarshal(data, &body))
		require.Equal(t, body.Code, code)
		for _, success := range []int{code, code + 1} {
			got, err := Read(data, endpoint.SuccessOf(success))
			require.NoError(t, err)
			require.Equal(t, code, got.Code)
		}
	})
}
