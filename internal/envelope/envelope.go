// Package envelope reads what every response has besides its result: the code, and the message of
// a refusal. It promises to find them in every response from RongCloud, to accept nothing else as
// a response, and not to quote a response in an error. It does not check the rest of the response.
package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// ErrNone is the error for anything that is not a response of the API.
var ErrNone = errors.New("the response is not a JSON object with a code")

// Envelope is the code of a response, and its message.
type Envelope struct {
	Code    int
	Message string
}

// Read finds the code of a response, and the message if the code does not mean success. With
// [ErrNone] the response is JSON, but not from the API.
func Read(data []byte, success endpoint.Success) (Envelope, error) {
	data = lenient.TrimMark(data)
	if code, ok := scanCode(data); ok && success.Has(code) {
		return Envelope{Code: code}, nil
	}
	var body struct {
		Code         *json.RawMessage `json:"code"`
		ErrorMessage string           `json:"errorMessage"`
		Msg          string           `json:"msg"`
		Message      string           `json:"message"`
	}
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &body); err != nil && !errors.As(err, &mismatch) {
		return Envelope{}, lenient.Check(data) // its error does not quote data
	}
	if body.Code == nil {
		return Envelope{}, ErrNone
	}
	code, ok := codeOf(*body.Code)
	if !ok {
		return Envelope{}, ErrNone
	}
	message := body.ErrorMessage
	if message == "" {
		message = body.Msg
	}
	if message == "" {
		message = body.Message
	}
	return Envelope{code, message}, nil
}

// codeOf reads a code from a number or text.
func codeOf(raw []byte) (int, bool) {
	text := strings.TrimSpace(strings.Trim(string(raw), `"`))
	code, err := strconv.ParseFloat(text, 64)
	if err != nil || code != math.Trunc(code) || math.Abs(code) > math.MaxInt32 {
		return 0, false
	}
	return int(code), true
}

// scanCode reads the number of a leading "code" member, where nearly every response has it, without
// decoding the rest.
func scanCode(data []byte) (int, bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"code"`))
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
	if !ok {
		return 0, false
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	code, digits := 0, 0
	for digits < len(rest) && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9' {
		code = code*10 + int(rest[digits]-'0')
		digits++
	}
	end := bytes.TrimLeft(rest[digits:], " \t\r\n")
	return code, digits > 0 && len(end) > 0 && (end[0] == ',' || end[0] == '}')
}
