package rongcloud

import (
	"bytes"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/internal/form"
)

const (
	maxObjectName  = 32
	maxContentSize = 128 << 10
	reservedPrefix = "RC:"
)

// requests encodes the parameters of all calls.
var requests = form.New(form.Rules{
	Content: reflect.TypeFor[MessageContent](), WriteContent: writeContent, WriteJSON: writeOften,
	JSON: plainJSON, Forever: Forever,
})

// writeOften writes the most frequent content directly, because encoding/json checks and copies the
// result of MarshalJSON.
func writeOften(buf *bytes.Buffer, value any) (done bool, err error) {
	if _, ok := value.(TextMessage); !ok {
		return false, nil
	}
	return true, writeBody(buf, reflect.ValueOf(value))
}

// writeContent writes a message: its type as objectName, if named, and its body as content.
func writeContent(e *form.Encoder, content any, named bool) error {
	c := content.(MessageContent)
	if err := checkContent(c); err != nil {
		return refuseWire("content", "%v", err)
	}
	if err := mentionedBy(c).check(); err != nil {
		return err
	}
	name := c.ObjectName()
	if err := checkObjectName(name); err != nil {
		return err
	}
	if named {
		e.Key("objectName")
		if err := e.Text("objectName", name); err != nil {
			return err
		}
	}
	if pointer, ok := c.(*RawContent); ok {
		c = *pointer
	}
	if raw, ok := c.(RawContent); ok {
		if err := checkContentSize(len(raw.Body)); err != nil {
			return err
		}
		if err := raw.check(); err != nil {
			return refuseWire("content", "%v", err)
		}
		e.Key("content")
		return e.Text("content", raw.Body)
	}
	encoded, err := e.Scratch("content", c)
	if err != nil {
		return err
	}
	if string(encoded) == "null" {
		return refuseWire("content", "is a %T without a value", c)
	}
	if err := checkBody(c, len(encoded)); err != nil {
		return err
	}
	return e.ScratchText("content")
}

// checkBody checks the length of an encoded message. Its error says so if the message would be
// short enough without its unknown keys.
func checkBody(c MessageContent, n int) error {
	err := checkContentSize(n)
	if err == nil || isKnown(c) {
		return err
	}
	known, bad := plainJSON.Marshal(WithoutUnknownKeys(c))
	if bad != nil || len(known) > maxContentSize {
		return err
	}
	return refuseWire("content", "%d bytes, at most %d are allowed; %d of them are under keys that the SDK does not know but keeps: UnknownKeys returns them and WithoutUnknownKeys drops them",
		n, maxContentSize, n-len(known))
}

func checkContentSize(n int) error {
	switch {
	case n == 0:
		return refuseWire("content", "is required")
	case n > maxContentSize:
		return refuseWire("content", "%d bytes, at most %d are allowed", n, maxContentSize)
	}
	return nil
}

func checkObjectName(name string) error {
	switch {
	case name == "":
		return refuseWire("objectName", "is required")
	case utf8.RuneCountInString(name) > maxObjectName:
		return refuseWire("objectName", "%q has more than %d characters", name, maxObjectName)
	case strings.HasPrefix(name, reservedPrefix) && !isBuiltIn(name):
		return refuseWire("objectName", "%q: only RongCloud's own types may begin with %s", name, reservedPrefix)
	}
	return nil
}
