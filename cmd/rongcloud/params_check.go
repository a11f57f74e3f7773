package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// wrongValue returns what is wrong with the values of a parameter, or "".
func wrongValue(param *endpoint.Param, values []string) string {
	if !takesList(param) && len(values) > 1 {
		return "is not a list, and is given " + strconv.Itoa(len(values)) + " times"
	}
	switch {
	case param.Type == endpoint.ObjectList:
		for _, value := range values {
			if !json.Valid([]byte(value)) {
				return "is not JSON"
			}
		}
		return wrongItems(param, true, flatItems(values))
	case param.List == endpoint.Array:
		values = flatTexts(values)
	case param.List == endpoint.CSV:
		values = strings.Split(strings.Join(values, ","), ",")
	}
	if param.MaxItems > 0 && takesList(param) && len(values) > param.MaxItems {
		return fmt.Sprintf("has %d values, of at most %d", len(values), param.MaxItems)
	}
	for _, value := range values {
		if reason := wrongText(param, value); reason != "" {
			return reason
		}
	}
	return ""
}

// takesList reports whether a parameter may have several values.
func takesList(param *endpoint.Param) bool {
	return param.List != endpoint.NoList || param.Type == endpoint.StringList || param.Type == endpoint.ObjectList
}

// wrongText returns what is wrong with one value of a parameter, or "".
func wrongText(param *endpoint.Param, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case len(param.Values) > 0 && !slices.Contains(param.Values, value):
		return fmt.Sprintf("is %q, and none of %s", value, strings.Join(param.Values, ", "))
	case param.Type == endpoint.Int && (err != nil || !json.Valid([]byte(value))): // JSON has no +1 and no 007
		return fmt.Sprintf("is %q, and not a number", value)
	case param.Type == endpoint.Int && (param.Min != nil && n < *param.Min && (n != 0 || !param.ZeroValid) || param.Max != nil && n > *param.Max):
		return fmt.Sprintf("is %d, and not between %s and %s", n, bound(param.Min), bound(param.Max))
	case param.Type == endpoint.Bool && value != "true" && value != "false":
		return fmt.Sprintf("is %q, and neither true nor false", value)
	case (param.Type == endpoint.JSONString || param.Type == endpoint.Object) && !json.Valid([]byte(value)):
		return "is not JSON"
	case param.Type == endpoint.Object && kindOf(json.RawMessage(value)) != kindObject:
		return "is " + kindOf(json.RawMessage(value)) + ", and must be " + kindObject
	}
	return ""
}

func bound(n *int64) string {
	if n == nil {
		return "any number"
	}
	return strconv.FormatInt(*n, 10)
}

// The kinds of JSON values, as errors name them.
const (
	kindText   = "a text"
	kindNumber = "a number"
	kindBool   = "true or false"
	kindObject = "an object"
	kindList   = "a list"
	kindNull   = "null"
)

// kindOf returns the kind of a valid JSON value.
func kindOf(value json.RawMessage) string {
	switch value = bytes.TrimSpace(value); {
	case len(value) == 0:
		return "nothing"
	case value[0] == '"':
		return kindText
	case value[0] == '{':
		return kindObject
	case value[0] == '[':
		return kindList
	case value[0] == 'n':
		return kindNull
	case value[0] == 't', value[0] == 'f':
		return kindBool
	}
	return kindNumber
}

// wrongJSON returns what is wrong with the JSON value of a parameter, or "". A parameter in a form
// also takes kinds that it does not document, because a form sends every value as text.
func wrongJSON(param *endpoint.Param, inJSON bool, value json.RawMessage) string {
	kind := kindOf(value)
	var list []json.RawMessage
	switch {
	case kind == kindNull:
		return "is null: leave it out"
	case takesList(param) && kind == kindList:
		_ = json.Unmarshal(value, &list) // kindOf found a list
	case takesList(param) && inJSON:
		return "is " + kind + ", and must be a list"
	default:
		list = []json.RawMessage{value}
	}
	return wrongItems(param, inJSON, list)
}

// wrongItems returns what is wrong with the items of a parameter, or with its single value.
func wrongItems(param *endpoint.Param, inJSON bool, items []json.RawMessage) string {
	if param.MaxItems > 0 && takesList(param) && len(items) > param.MaxItems {
		return fmt.Sprintf("has %d values, of at most %d", len(items), param.MaxItems)
	}
	fitting := kindsFor(param, inJSON)
	for _, item := range items {
		kind := kindOf(item)
		if !slices.Contains(fitting, kind) {
			prefix := "is "
			if takesList(param) {
				prefix = "has "
			}
			return prefix + kind + ", and must be " + mark(takesList(param), "a list of which each is ") + fitting[0]
		}
		if param.Type == endpoint.JSONString && kind != kindText || param.Type == endpoint.ObjectList {
			continue // the content of a document is not checked
		}
		if reason := wrongText(param, textsOf(item)[0]); reason != "" {
			return reason
		}
	}
	return ""
}

// kindsFor returns the kinds of JSON values that a parameter takes, the documented one first.
func kindsFor(param *endpoint.Param, inJSON bool) []string {
	var meant string
	switch param.Type {
	case endpoint.Object, endpoint.ObjectList:
		return []string{kindObject}
	case endpoint.JSONString: // a JSON document, or a string that contains one
		return []string{kindText, kindObject, kindList, kindNumber, kindBool}
	case endpoint.Int:
		meant = kindNumber
	case endpoint.Bool:
		meant = kindBool
	default:
		meant = kindText
	}
	if inJSON {
		return []string{meant}
	}
	return []string{meant, kindText, kindNumber, kindBool}
}
