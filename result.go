package rongcloud

import (
	"fmt"
	"reflect"
	"time"

	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// Results are plain structs with json tags. Package lenient decodes them, and supports further
// tags:
//
//   - unit:"minutes" or unit:"seconds" on a time.Duration
//   - from:"0" on an enumeration that counts from 1 what the wire counts from 0
//   - alt:"a,b" names further spellings of a field
//   - item:"a,b" names where an object holds the text that a list is made of
//
// A time.Time reads Unix milliseconds, or "2006-01-02 15:04:05" in the data centre's zone.

// callersOut is the value that the caller of Client.Call wants filled. As with encoding/json, its
// lists keep their nulls, and values that the response does not name stay: they may be defaults or,
// in an interface, the pointer to fill.
type callersOut struct{ out any }

// decodeResponse reads the result of a successful response into out, a pointer. A result of the
// SDK's own type is reset first.
func decodeResponse(data []byte, out any, zone *time.Location) error {
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

// oneValue is a result that is useless without one of its values.
type oneValue interface {
	lacks() string // the name of that value if it is missing, otherwise ""
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
