package rongcloudtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Params are the parameters of a request, independent of their encoding: forms, query strings and
// JSON bodies, and lists sent as repeated fields, joined by commas, as JSON text or as JSON
// arrays.
type Params struct {
	values map[string][]string
	keyed  map[string]map[string]string
}

// Has reports whether the parameter was sent and is not empty. An empty list in a JSON body counts
// as sent.
func (p Params) Has(name string) bool {
	_, plain := p.values[name]
	_, keyed := p.keyed[name]
	return plain || keyed
}

// Get returns the parameter as text: the first item of a list, the JSON text of an object, or
// empty if it is absent.
func (p Params) Get(name string) string {
	if values := p.values[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// List returns the items of the parameter. Objects in a list are JSON text.
func (p Params) List(name string) []string { return slices.Clone(p.values[name]) }

// Bool reports whether the parameter is true, or 1 for a switch.
func (p Params) Bool(name string) bool {
	value := p.Get(name)
	return value == "1" || strings.EqualFold(value, "true")
}

// Int returns the parameter as a number, or 0 if it is absent.
func (p Params) Int(name string) int64 { return p.intOr(name, 0) }

// Keyed returns the entries of a parameter that is sent as name[key], one field per key.
func (p Params) Keyed(name string) map[string]string { return maps.Clone(p.keyed[name]) }

// Names returns the names of all parameters that were sent, sorted, including unknown ones.
func (p Params) Names() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(p.keyed)), maps.Keys(p.values))
	slices.Sort(names)
	return names
}

// String lists names and values, for the messages of failed tests.
func (p Params) String() string {
	var b strings.Builder
	for i, name := range p.Names() {
		if i > 0 {
			b.WriteString(" ")
		}
		if entries, ok := p.keyed[name]; ok {
			fmt.Fprintf(&b, "%s=%q", name, entries)
		} else if values := p.values[name]; len(values) == 1 {
			fmt.Fprintf(&b, "%s=%q", name, values[0])
		} else {
			fmt.Fprintf(&b, "%s=%q", name, values)
		}
	}
	return b.String()
}

func (p Params) intOr(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(p.Get(name), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// countOr is intOr for a page number or size: a value below 1 counts as absent.
func (p Params) countOr(name string, otherwise int) int {
	if n := p.intOr(name, 0); n >= 1 {
		return int(min(n, 1<<30))
	}
	return otherwise
}

// parsed are the parameters of a request before they are checked.
type parsed struct {
	Params
	unknown  []string // not in the endpoint's table
	repeated []string // sent several times without being a list
	nulls    []string // JSON lists of strings with a null among them
	blank    []string // sent without a value
}

// parseForm reads a form or a query string by the endpoint's table.
func parseForm(ep *endpoint.Endpoint, text string) (*parsed, error) {
	form, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("the form cannot be read: %w", err)
	}
	p := newParsed(len(form))
	for name, values := range form {
		ownTexts(text, values)
		param := ep.Param(name)
		switch {
		case param != nil && !param.Keyed:
			if err := p.fromForm(param, values); err != nil {
				return nil, err
			}
		case isIndexed(ep, name):
			return nil, fmt.Errorf("%s: the items of a list are sent under the same name, without brackets", name)
		case !p.addKeyed(ep, name, values[0]):
			name = strings.Clone(name) // otherwise it would keep the form in memory
			p.values[name] = values
			p.unknown = append(p.unknown, name)
		}
	}
	slices.Sort(p.unknown)
	slices.Sort(p.repeated)
	return p, nil
}

// ownTexts copies values that would otherwise keep a long form from being freed.
func ownTexts(form string, values []string) {
	if len(form) < 1<<8 {
		return
	}
	for i, value := range values {
		values[i] = strings.Clone(value)
	}
}

// isIndexed reports whether a field is a list item as PHP and some JavaScript libraries write it,
// such as userId[0]. Nothing says that RongCloud reads this, so it must not pass as an unknown
// parameter.
func isIndexed(ep *endpoint.Endpoint, field string) bool {
	name, _, found := strings.Cut(field, "[")
	param := ep.Param(name)
	return found && param != nil && !param.Keyed && param.List != endpoint.NoList
}

func newParsed(n int) *parsed {
	return &parsed{Params: Params{values: make(map[string][]string, n)}}
}

func (p *parsed) fromForm(param *endpoint.Param, values []string) error {
	name := param.Name
	if param.List == endpoint.Repeat || param.List == endpoint.CSV {
		if len(values) > 1 || values[0] != "" {
			p.values[name] = listItems(param, values)
		}
		return nil
	}
	if len(values) > 1 {
		p.repeated = append(p.repeated, name)
	}
	value := values[0]
	switch {
	case value == "": // the same as absent: older SDKs send every field
		p.blank = append(p.blank, name)
		return nil
	case param.List == endpoint.Text && param.Type == endpoint.StringList:
		items, err := stringItems([]byte(value))
		if err != nil {
			return fmt.Errorf("%s is not a JSON array of strings", name)
		}
		p.values[name] = items
	default:
		p.values[name] = []string{value}
	}
	return nil
}

// listItems reads a list of repeated fields, joined by commas, both, or a JSON array in one field:
// official SDKs disagree on the first two, whichever is documented, and IDs never contain commas.
// Sensitive words may.
func listItems(param *endpoint.Param, values []string) []string {
	if param.Name == "words" {
		return values
	}
	if len(values) == 1 && strings.HasPrefix(values[0], "[") {
		if items, err := stringItems([]byte(values[0])); err == nil {
			return items
		}
	}
	if len(values) > 1 && !slices.ContainsFunc(values, func(value string) bool { return strings.Contains(value, ",") }) {
		return values
	}
	return splitList(strings.Join(values, ","))
}

// splitList splits a list at commas, and trims the spaces that people put after them.
func splitList(text string) []string {
	items := strings.Split(text, ",")
	if len(items) > 1 {
		for i := range items {
			items[i] = strings.TrimSpace(items[i])
		}
	}
	return items
}

// addKeyed reads a field such as chatroom[id].
func (p *parsed) addKeyed(ep *endpoint.Endpoint, field, value string) bool {
	name, rest, found := strings.Cut(field, "[")
	param := ep.Param(name)
	if !found || param == nil || !param.Keyed || !strings.HasSuffix(rest, "]") {
		return false
	}
	if p.keyed == nil {
		p.keyed = map[string]map[string]string{}
	}
	if p.keyed[param.Name] == nil {
		p.keyed[param.Name] = map[string]string{}
	}
	p.keyed[param.Name][strings.Clone(strings.TrimSuffix(rest, "]"))] = value
	return true
}

// parseJSON reads a JSON body by the endpoint's table.
func parseJSON(ep *endpoint.Endpoint, body []byte) (*parsed, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, fmt.Errorf("the body is not a JSON object")
	}
	p := newParsed(len(object))
	for name, raw := range object {
		param := ep.Param(name)
		if param == nil {
			p.values[name] = []string{scalar(raw)}
			p.unknown = append(p.unknown, name)
			continue
		}
		if string(raw) == "null" || string(raw) == `""` {
			p.blank = append(p.blank, name)
			continue
		}
		values, err := fromJSON(param, raw)
		if err != nil {
			return nil, err
		}
		p.values[name] = values
		if param.Type == endpoint.StringList && hasNull(raw) {
			p.nulls = append(p.nulls, name)
		}
	}
	slices.Sort(p.unknown)
	slices.Sort(p.nulls)
	return p, nil
}

// takePlaced reads the parameters in headers and in the path. A parameter with such a name in the
// query or body is not one of them.
func (p *parsed) takePlaced(in *incoming) {
	for i := range in.ep.Params {
		param := &in.ep.Params[i]
		value := in.header.Get(param.Name)
		switch {
		case param.In == endpoint.InBody:
			continue
		case param.In == endpoint.InPath:
			value = in.inPath[param.Name]
		case param.Name == "Content-Type":
			value, _, _ = mime.ParseMediaType(value)
		}
		if p.Has(param.Name) {
			p.unknown = append(p.unknown, param.Name)
		}
		delete(p.values, param.Name)
		if value != "" {
			p.values[param.Name] = []string{value}
		}
	}
}

// hasNull reports whether a null is an item of a JSON array.
func hasNull(raw json.RawMessage) bool {
	var items []*json.RawMessage
	return json.Unmarshal(raw, &items) == nil && slices.Contains(items, nil)
}

func fromJSON(param *endpoint.Param, raw json.RawMessage) ([]string, error) {
	text := raw[0] == '"'
	switch {
	case param.Type == endpoint.StringList && param.List == endpoint.CSV && text:
		return splitList(scalar(raw)), nil
	case param.Type == endpoint.StringList && param.List == endpoint.Text && text:
		raw = json.RawMessage(scalar(raw))
		fallthrough
	case param.Type == endpoint.StringList:
		items, err := stringItems(raw)
		if err != nil {
			return nil, fmt.Errorf("%s is not an array of strings", param.Name)
		}
		return items, nil
	case param.Type == endpoint.ObjectList:
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, fmt.Errorf("%s is not an array of objects", param.Name)
		}
		texts := make([]string, len(items))
		for i, item := range items {
			if texts[i] = compact(item); texts[i][0] != '{' {
				return nil, fmt.Errorf("%s is not an array of objects", param.Name)
			}
		}
		return texts, nil
	case param.Type == endpoint.Object:
		if raw[0] != '{' {
			return nil, fmt.Errorf("%s is not an object", param.Name)
		}
		return []string{compact(raw)}, nil
	case raw[0] == '{' || raw[0] == '[':
		return nil, fmt.Errorf("%s is not a plain value", param.Name)
	case param.Type == endpoint.JSONString && !text:
		return nil, fmt.Errorf("%s is not a string", param.Name)
	default:
		return []string{scalar(raw)}, nil
	}
}

// stringItems reads a JSON array of strings. Numbers are accepted as strings, as dynamic languages
// send them, and null as an empty string: the official Node SDK sends it for a recipient without
// push data.
func stringItems(data []byte) ([]string, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, err
	}
	texts := make([]string, len(items))
	for i, item := range items {
		switch item[0] {
		case '{', '[':
			return nil, fmt.Errorf("item %d is not a string", i+1)
		case 'n':
		default:
			texts[i] = scalar(item)
		}
	}
	return texts, nil
}

// scalar returns a JSON value as text, a string without its quotes.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return compact(raw)
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}
