package rongcloud

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// configFault returns the first invalid field of a configuration, and the reason; the field is
// empty if all are valid. A configuration is sent as one JSON document, which the endpoint table
// does not describe, so a forgotten field would be sent as a zero that is not a valid value. The
// check tag of a field names its rules; see configRules.
func configFault(v reflect.Value) (field, reason string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "", ""
		}
		return configFault(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if field, reason = configFault(v.Index(i)); field != "" {
				return field, reason
			}
		}
		return "", ""
	case reflect.Struct:
	default:
		return "", ""
	}
	for i := range v.NumField() {
		one := v.Type().Field(i)
		for rule := range strings.SplitSeq(one.Tag.Get("check"), ",") {
			name, limit, _ := strings.Cut(rule, "=")
			if name == "" {
				continue
			}
			n, _ := strconv.Atoi(limit) // 0 for rules without a limit
			if reason = configRules[name](v.Field(i), n); reason != "" {
				return v.Type().Name() + "." + one.Name, reason
			}
		}
		if field, reason = configFault(v.Field(i)); field != "" {
			return field, reason
		}
	}
	return "", ""
}

const isRequired = "is required"

// configRules return what is wrong with a value, or "".
var configRules = map[string]func(v reflect.Value, limit int) string{
	"required": func(v reflect.Value, _ int) string {
		return textIf(v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0, isRequired)
	},
	"natural": func(v reflect.Value, _ int) string { return textIf(v.Int() < 0, "must not be negative") },
	"share": func(v reflect.Value, _ int) string {
		return textIf(!(v.Float() >= 0 && v.Float() <= 1), "must be from 0 to 1")
	},
	"values": func(v reflect.Value, limit int) string {
		return textIf(v.Int() < 0 || v.Int() > int64(limit), "is not a valid value")
	},
	"most": func(v reflect.Value, limit int) string {
		return textIf(v.Len() > limit, fmt.Sprintf("%d items, at most %d are allowed", v.Len(), limit))
	},
}

func textIf(so bool, text string) string {
	if so {
		return text
	}
	return ""
}
