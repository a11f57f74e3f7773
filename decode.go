package rongcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// Results are plain structs with json tags. Package lenient decodes them, and knows further tags:
//
//   - unit:"minutes" or unit:"seconds" on a time.Duration
//   - from:"0" on an enumeration that counts from 1 what the wire counts from 0
//   - alt:"a,b" names further spellings of a field
//   - item:"a,b" names where an object holds the text that a list is made of
//
// A time.Time reads Unix milliseconds, and "2006-01-02 15:04:05" in the data centre's zone.

var errNotAnswer = errors.New("the answer is not a JSON object with a code")

// callersOut is what the caller of Client.Call wants filled. As encoding/json has it, its lists
// keep their nulls, and what the response does not name stays: it may hold a default, or in an
// interface the pointer to fill.
type callersOut struct{ out any }

// decodeAnswer reads the result of a successful answer into out, a pointer. What is the SDK's own
// is reset first.
func decodeAnswer(data []byte, out any, zone *time.Location) error {
	decoder := lenient.Decoder{Zone: zone, DropNulls: true}
	if theirs, ok := out.(callersOut); ok {
		out, decoder.DropNulls = theirs.out, false
	} else {
		reflect.ValueOf(out).Elem().SetZero()
	}
	if err := decoder.Decode(lenient.TrimMark(data), out); err != nil {
		return err
	}
	if result, ok := out.(oneValue); ok && result.lacks() != "" {
		return fmt.Errorf("the response has no %s", result.lacks())
	}
	return nil
}

// oneValue is a result that is worth nothing without one of its values.
type oneValue interface {
	lacks() string // the name of that value, or nothing if it is there
}

func (t *UserToken) lacks() string        { return lack("token", t.Token) }
func (a *ConsoleAccess) lacks() string    { return lack("data", a.URL) }
func (t *Translation) lacks() string      { return lack("translated", t.Text) }
func (t *TranslationToken) lacks() string { return lack("token", t.Token) }

func lack(name, value string) string {
	if value == "" {
		return name
	}
	return ""
}

// envelope is what every answer carries beside its result.
type envelope struct {
	code    Code
	message string
}

// readEnvelope finds the code of an answer, and the message if the code is not the one of success.
// It does not check the rest of the answer; decodeAnswer does.
func readEnvelope(data []byte, success endpoint.Success) (envelope, error) {
	data = lenient.TrimMark(data)
	if code, ok := scanCode(data); ok && success.Has(code) {
		return envelope{code: Code(code)}, nil
	}
	var body struct {
		Code         *json.RawMessage `json:"code"`
		ErrorMessage string           `json:"errorMessage"`
		Msg          string           `json:"msg"`
		Message      string           `json:"message"`
	}
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &body); err != nil && !errors.As(err, &mismatch) {
		return envelope{}, lenient.Check(data) // which does not quote it
	}
	if body.Code == nil {
		return envelope{}, errNotAnswer
	}
	code, ok := codeOf(*body.Code)
	if !ok {
		return envelope{}, errNotAnswer
	}
	message := body.ErrorMessage
	if message == "" {
		message = body.Msg
	}
	if message == "" {
		message = body.Message
	}
	return envelope{code, message}, nil
}

// codeOf reads a code, as a number or text.
func codeOf(raw []byte) (Code, bool) {
	text := strings.TrimSpace(strings.Trim(string(raw), `"`))
	code, err := strconv.ParseFloat(text, 64)
	if err != nil || code != math.Trunc(code) || math.Abs(code) > math.MaxInt32 {
		return 0, false
	}
	return Code(code), true
}

// scanCode reads the number of a leading "code" member, where nearly every answer has it, without
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
