package rongcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// Errors of [ContentAs] and [DecodeContent]; test for them with errors.Is.
var (
	// ErrOtherType marks a message of another type than the requested one.
	ErrOtherType = errors.New("rongcloud: the message is of another type")

	// ErrUndecodable marks a message whose body does not fit its type. No retry makes it readable,
	// and its content is unknown, so moderation must not let it pass.
	ErrUndecodable = errors.New("rongcloud: the body of the message cannot be decoded")
)

// ContentAs returns a message as the type T, whether it comes as a value, as a pointer, or as a
// [RawContent]. T is a built-in type, a type of the app's own, or a pointer to one.
//
//	text, err := rongcloud.ContentAs[rongcloud.TextMessage](content)
//	order, err := rongcloud.ContentAs[*OrderMessage](content)
//
// The body of a RawContent is decoded if its name is that of T: as [DecodeContent] does for a
// built-in type, and by encoding/json for any other. A body that cannot be decoded gives an
// [ErrUndecodable]; a message of another type, or no message, an [ErrOtherType].
func ContentAs[T MessageContent](content MessageContent) (T, error) {
	var none T
	if isNil(content) {
		return none, fmt.Errorf("%w: there is no content", ErrOtherType)
	}
	if same, ok := content.(T); ok {
		return same, nil
	}
	if same, ok := pointedAt[T](content); ok {
		return same, nil
	}
	raw, isRaw := content.(RawContent)
	if pointer, ok := content.(*RawContent); ok {
		raw, isRaw = *pointer, true
	}
	typ := reflect.TypeFor[T]()
	if !isRaw || typ.Kind() == reflect.Interface {
		return none, fmt.Errorf("%w: %s", ErrOtherType, content.ObjectName())
	}
	pointer := typ.Kind() == reflect.Pointer
	if pointer {
		typ = typ.Elem()
	}
	target := reflect.New(typ)
	empty, ok := reflect.TypeAssert[MessageContent](target)
	if !ok || raw.Name == "" || empty.ObjectName() != raw.Name {
		return none, fmt.Errorf("%w: %s", ErrOtherType, raw.Name)
	}
	if isBuiltIn(raw.Name) {
		decoded, err := DecodeContent(raw.Name, []byte(raw.Body))
		if err != nil {
			return none, err
		}
		if same, ok := decoded.(T); ok {
			return same, nil
		}
		if same, ok := pointedAt[T](decoded); ok {
			return same, nil
		}
	}
	body := lenient.TrimMark([]byte(raw.Body))
	if isNull(body) && len(body) > 0 {
		return none, undecodable(raw.Name, errors.New("null is not a message"))
	}
	if err := json.Unmarshal(body, target.Interface()); err != nil {
		return none, undecodable(raw.Name, err)
	}
	if !pointer {
		target = target.Elem()
	}
	return target.Interface().(T), nil
}

// pointedAt turns a pointer into the value of type T that it points to, or a value into a pointer
// of type T.
func pointedAt[T MessageContent](content MessageContent) (T, bool) {
	v, want := reflect.ValueOf(content), reflect.TypeFor[T]()
	switch {
	case v.Kind() == reflect.Pointer && v.Type().Elem() == want:
		v = v.Elem()
	case want.Kind() == reflect.Pointer && want.Elem() == v.Type():
		pointer := reflect.New(v.Type())
		pointer.Elem().Set(v)
		v = pointer
	default:
		var none T
		return none, false
	}
	return v.Interface().(T), true
}

// contentError says that the body of a message does not fit its type. It never quotes the body,
// which holds private texts.
type contentError struct {
	objectName string
	cause      error
}

func undecodable(objectName string, cause error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(cause, &syntax):
		cause = fmt.Errorf("no JSON at byte %d", syntax.Offset)
	case errors.As(cause, &typ):
		cause = fmt.Errorf("%q does not fit into %v", typ.Field, typ.Type)
	}
	return &contentError{objectName, cause}
}

func (e *contentError) Error() string {
	return "rongcloud: content of " + e.objectName + ": " + e.cause.Error()
}

func (e *contentError) Is(target error) bool { return target == ErrUndecodable }

func (e *contentError) Unwrap() error { return e.cause }
