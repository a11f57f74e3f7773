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
