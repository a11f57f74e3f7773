package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook/internal/channeltype"
)

// maxFields bounds a form and everything decoded from it. A message directed at all members of the
// largest group has fewer fields.
const maxFields = 10_000

// pair is one field of a form or of a query.
type pair struct{ name, text string }

// parsePairs reads a form or a query.
func parsePairs(encoded string) ([]pair, error) {
	n := min(strings.Count(encoded, "&")+1, maxFields+1)
	pairs := make([]pair, 0, n)
	for part := range strings.SplitSeq(encoded, "&") {
		if part == "" {
			continue
		}
		if len(pairs) == maxFields {
			return nil, fmt.Errorf("more than %d fields", maxFields)
		}
		name, text, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, errors.New("a field's name is not form-encoded")
		}
		if text, err = url.QueryUnescape(text); err != nil {
			return nil, errors.New("a field is not form-encoded")
		}
		pairs = append(pairs, pair{name, text})
	}
	return pairs, nil
}

// fields holds the fields of one event, from a form or a JSON object. The methods that read a
// field are lenient: they accept a number as text, text as a number, JSON inside a string. A
// missing, empty or null field is zero. The first failure is kept in err.
type fields struct {
	form   []pair
	object map[string]json.RawMessage
	err    error
}

// looksLikeJSON distinguishes JSON from a form by its first character. One of RongCloud's pages
// gives both types for the same callback.
func looksLikeJSON(body []byte) bool {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
}

func formFields(body []byte) (*fields, error) {
	pairs, err := parsePairs(string(body))
	return &fields{form: pairs}, err
}

func jsonFields(data []byte) (*fields, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, errors.New("not a JSON object")
	}
	if object == nil {
		return nil, errors.New("null instead of an object")
	}
	return &fields{object: object}, nil
}

// fail records what is wrong with a field. It never quotes the field, whose text may be a user's.
func (f *fields) fail(name, problem string) {
	if f.err == nil {
		f.err = errors.New(name + " " + problem)
	}
}

// find returns the text of a field, or its raw JSON. An exact match of the name wins over one in
// another letter case.
func (f *fields) find(name string) (text string, raw json.RawMessage) {
	if f.object != nil {
		return "", f.member(name)
	}
	for i := range f.form {
		if f.form[i].name == name {
			return f.form[i].text, nil
		}
	}
	for i := range f.form {
		if sameName(f.form[i].name, name) {
			return f.form[i].text, nil
		}
	}
	return "", nil
}

// sameName compares names without regard to letter case.
func sameName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

func (f *fields) member(name string) json.RawMessage {
	raw, ok := f.object[name]
	if !ok {
		found := ""
		for key, value := range f.object {
			if sameName(key, name) && (found == "" || key < found) {
				found, raw = key, value
			}
		}
	}
	if raw = bytes.TrimSpace(raw); string(raw) == "null" {
		return nil
	}
	return raw
}

// has reports whether a field is present, whatever its value.
func (f *fields) has(name string) bool {
	for key := range f.object {
		if sameName(key, name) {
			return true
		}
	}
	return slices.ContainsFunc(f.form, func(p pair) bool { return sameName(p.name, name) })
}

// text returns a string field, or the JSON text of any other field.
func (f *fields) text(name string) string {
	text, raw := f.find(name)
	if raw == nil {
		return text
	}
	return plain(raw)
}

// plain returns the text of a JSON string, and any other JSON unchanged.
func plain(raw json.RawMessage) string {
	var text string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// required returns text that must not be empty, because the event is meaningless without it.
func (f *fields) required(name string) string {
	text := f.text(name)
	if text == "" {
		f.fail(name, "is missing")
	}
	return text
}

func (f *fields) number(name string) int64 {
	text := strings.TrimSpace(f.text(name))
	switch text {
	case "", "false":
		return 0
	case "true":
		return 1
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	x, err := strconv.ParseFloat(text, 64) // such as 1.7e12
	if err != nil || x != math.Trunc(x) || math.Abs(x) >= math.MaxInt64 {
		f.fail(name, "is not a whole number")
		return 0
	}
	return int64(x)
}

func (f *fields) integer(name string) int {
	n := f.number(name)
	if n != int64(int32(n)) { //nolint:gosec // this tests for overflow
		f.fail(name, "is too large")
		return 0
	}
	return int(n)
}

// optional returns a number, or nil if the field is missing, which does not mean zero.
func (f *fields) optional(name string) *int {
	if f.text(name) == "" {
		return nil
	}
	n := f.integer(name)
	return &n
}

// fromZero returns a value of an enumeration that begins at 0 on the wire and at 1 in Go, where 0
// means missing.
func (f *fields) fromZero(name string) int {
	if n := f.optional(name); n != nil && *n >= 0 {
		return *n + 1
	}
	return 0
}

func (f *fields) flag(name string) bool {
	text := strings.TrimSpace(f.text(name))
	if text == "" {
		return false
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b
	}
	return f.number(name) != 0
}

func (f *fields) conversationType(name string) rongcloud.ConversationType {
	return channeltype.Parse(f.text(name))
}

// time reads Unix milliseconds; 0 is the zero time.
func (f *fields) time(name string) time.Time {
	if ms := f.number(name); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// list reads a list: a JSON array, which may be inside a string, items joined by commas, a
// repeated field, or a single item.
func (f *fields) list(name string) []string {
	var items []string
	add := func(text string) {
		var array []json.RawMessage
		if strings.HasPrefix(strings.TrimSpace(text), "[") && json.Unmarshal([]byte(text), &array) == nil {
			for _, item := range array {
				items = append(items, plain(item))
			}
			return
		}
		items = append(items, strings.Split(text, ",")...)
	}
	if f.object != nil {
		if raw := f.member(name); raw != nil {
			add(plain(raw))
		}
	}
	for _, p := range f.form {
		if sameName(p.name, name) || sameName(p.name, name+"[]") {
			add(p.text)
		}
	}
	items = slices.DeleteFunc(items, func(item string) bool { return item == "" || item == "null" })
	if len(items) == 0 {
		return nil
	}
	return items
}

// sub reads an object, which may be inside a string. inner is never nil; present reports whether
// there was an object.
func (f *fields) sub(name string) (inner *fields, present bool) {
	text := strings.TrimSpace(f.text(name))
	if text == "" || text == "[]" {
		return &fields{}, false
	}
	inner, err := jsonFields([]byte(text))
	if err != nil {
		f.fail(name, "is "+err.Error())
		return &fields{}, false
	}
	return inner, true
}

// join records the failure of an inner object.
func (f *fields) join(name string, inner *fields) {
	if inner.err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %w", name, inner.err)
	}
}

// texts reads an object whose values are texts. Anything else counts as missing: these are the
// app's own fields, and no reason to lose the rest.
func (f *fields) texts(name string) map[string]string {
	inner, err := jsonFields([]byte(f.text(name)))
	if err != nil || len(inner.object) == 0 {
		return nil
	}
	values := make(map[string]string, len(inner.object))
	for key, raw := range inner.object {
		values[key] = plain(raw)
	}
	return values
}

// json returns a value as JSON; text that is not JSON becomes a JSON string.
func (f *fields) json(name string) json.RawMessage {
	text := f.text(name)
	if text == "" {
		return nil
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text)
	return quoted
}

// splitForm calls each with the fields of a form, or, if the form has JSON in fields called
// profiles instead of an event's own fields, with the objects of that JSON. It stops at the first
// error of each.
func splitForm(body []byte, each func(f *fields, raw []byte) error) error {
	f, err := formFields(body)
	if err != nil {
		return err
	}
	wrapped := false
	for _, p := range f.form {
		if (sameName(p.name, "profiles") || sameName(p.name, "profiles[]")) && looksLikeJSON([]byte(p.text)) && detect(f) == KindUnknown {
			wrapped = true
			if err := splitItems([]byte(p.text), each); err != nil {
				return err
			}
		}
	}
	if wrapped {
		return nil
	}
	return each(f, body)
}

// splitItems calls each with the objects of a JSON body: the items of an array, the items of the
// array called profiles in an object, or the single object. It stops at the first item that is not
// an object, and at the first error of each.
func splitItems(body []byte, each func(f *fields, raw []byte) error) error {
	one := func(item json.RawMessage) error {
		f, err := jsonFields(item)
		if err != nil {
			return err
		}
		return each(f, item)
	}
	body = bytes.TrimSpace(body)
	if !bytes.HasPrefix(body, []byte("[")) {
		outer, err := jsonFields(body)
		if err != nil {
			return err
		}
		if profiles := strings.TrimSpace(outer.text("profiles")); profiles != "" {
			body = []byte(profiles)
		}
		if !bytes.HasPrefix(body, []byte("[")) {
			return one(body)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	_, err := decoder.Token() // the bracket
	for n := 1; err == nil && decoder.More(); n++ {
		var item json.RawMessage
		if err = decoder.Decode(&item); err != nil {
			break
		}
		if !bytes.HasPrefix(item, []byte("{")) {
			return fmt.Errorf("item %d is not an object", n)
		}
		if err := one(item); err != nil {
			return fmt.Errorf("item %d: %w", n, err)
		}
	}
	if err == nil {
		_, err = decoder.Token()
	}
	if err != nil {
		return errors.New("not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more text after the JSON")
	}
	return nil
}
