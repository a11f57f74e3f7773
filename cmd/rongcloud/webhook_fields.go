package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// set changes a field of the body. NAME=VALUE needs an existing field, and NAME:=JSON also adds
// one.
func (c *callback) set(pair string) error {
	name, value, found := strings.Cut(pair, "=")
	if !found || name == "" {
		return usagef("--set: %q is not NAME=VALUE", pair)
	}
	name, isJSON := strings.CutSuffix(name, ":")
	if isJSON && !json.Valid([]byte(value)) {
		return usagef("--set %s: %s is not JSON", name, value)
	}
	if c.isForm() {
		return c.setForm(name, value, isJSON)
	}
	return c.setJSON(name, value, isJSON)
}

// setForm changes a field of a form, and keeps the order of the fields. A JSON string becomes a
// plain value, and a list becomes repeated fields.
func (c *callback) setForm(name, value string, isJSON bool) error {
	fields, err := readForm(c.Body)
	if err != nil {
		return err
	}
	values := []string{value}
	if isJSON {
		values = textsOf(json.RawMessage(value))
	}
	i := slices.IndexFunc(fields, func(f formField) bool { return f.name == name })
	switch {
	case i >= 0:
		fields[i].values = values
	case isJSON:
		fields = append(fields, formField{name, values})
	default:
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
		}
		return usagef("--set: %s has no field %s; %s; %s:= adds it", c.Kind, name, thereAre(names), name)
	}
	c.Body = writeForm(fields)
	return nil
}

// formField is a field of a form with its values.
type formField struct {
	name   string
	values []string
}

func readForm(body string) ([]formField, error) {
	var fields []formField
	for part := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(fields, func(f formField) bool { return f.name == name })
		if i < 0 {
			fields, i = append(fields, formField{name: name}), len(fields)
		}
		fields[i].values = append(fields[i].values, value)
	}
	return fields, nil
}

func writeForm(fields []formField) string {
	var parts []string
	for _, f := range fields {
		for _, value := range f.values {
			parts = append(parts, url.QueryEscape(f.name)+"="+url.QueryEscape(value))
		}
	}
	return strings.Join(parts, "&")
}

// setJSON changes the field at a path such as data.fromUserId or profiles.0.groupId. If the body
// is a list of events, a path without an index leads into the first event.
func (c *callback) setJSON(path, value string, isJSON bool) error {
	document, err := readJSON([]byte(c.Body))
	if err != nil {
		return err
	}
	parts := strings.Split(path, ".")
	place, err := place(firstEvent(document, parts[0]), parts)
	if err == nil {
		err = place.put(value, isJSON)
	}
	if err != nil {
		return usagef("--set %s: %w", path, err)
	}
	text, err := encodeJSON(document)
	c.Body = text
	return err
}

// readJSON decodes a single JSON value, and keeps numbers as they are written.
func readJSON(text []byte) (any, error) {
	if !json.Valid(text) { // a decoder would ignore text after the first value
		return nil, errors.New("it is not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

func encodeJSON(document any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(document)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// firstEvent returns the value in which a path starts. If the document is a list of events, or has
// one as its only field "profiles", the path starts in the first event. A path that starts with an
// index or with "profiles" starts in the document.
func firstEvent(document any, first string) any {
	for {
		switch node := document.(type) {
		case []any:
			if _, err := strconv.Atoi(first); err == nil || len(node) == 0 {
				return document
			}
			document = node[0]
		case map[string]any:
			list, only := node["profiles"].([]any)
			if !only || len(node) != 1 || first == "profiles" {
				return document
			}
			document = list
		default:
			return document
		}
	}
}

// jsonPlace is the place of a value in a JSON object or list.
type jsonPlace struct {
	object map[string]any
	list   []any
	name   string
	index  int
}

func place(node any, parts []string) (jsonPlace, error) {
	for i, part := range parts {
		last := i == len(parts)-1
		switch parent := node.(type) {
		case map[string]any:
			child, there := parent[part]
			if last {
				return jsonPlace{object: parent, name: part}, nil
			}
			if !there {
				return jsonPlace{}, fmt.Errorf("there is no %s; %s", part, thereAre(sortedKeys(parent)))
			}
			node = child
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n >= len(parent) {
				return jsonPlace{}, fmt.Errorf("%s is not the place of one of %s, which begin at 0", part, counted(len(parent), "item"))
			}
			if last {
				return jsonPlace{list: parent, index: n}, nil
			}
			node = parent[n]
		default:
			return jsonPlace{}, fmt.Errorf("%s is inside of a value that has no fields", part)
		}
	}
	return jsonPlace{}, errors.New("it names no field")
}

// put sets the value. Unless isJSON is true, the value keeps its type: a string stays a string,
// and a number stays a number.
func (p jsonPlace) put(text string, isJSON bool) error {
	var old any
	there := true
	if p.object != nil {
		old, there = p.object[p.name]
	} else {
		old = p.list[p.index]
	}
	if !there && !isJSON {
		return fmt.Errorf("there is no such field; %s; := in place of = adds it", thereAre(sortedKeys(p.object)))
	}
	if !utf8.ValidString(text) { // the encoder would replace invalid bytes
		return errors.New("the value is not UTF-8, which JSON has to be")
	}
	var value any = text
	if _, isText := old.(string); isJSON || !isText {
		var err error
		if value, err = readJSON([]byte(text)); err != nil || fmt.Sprintf("%T", value) != fmt.Sprintf("%T", old) && !isJSON {
			was, _ := encodeJSON(old) // JSON that was decoded can be encoded
			return fmt.Errorf("%q is not a value like the one there, %s", text, was)
		}
	}
	if p.object != nil {
		p.object[p.name] = value
	} else {
		p.list[p.index] = value
	}
	return nil
}

// edit lets the user change the body in an editor, which shows a form as one field on each line.
func (a *app) edit(ctx context.Context, c *callback) error {
	file, err := os.CreateTemp("", "callback-*.txt")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	text, err := c.editable()
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, text)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := a.editFile(ctx, file.Name()); err != nil {
		return err
	}
	changed, err := os.ReadFile(file.Name())
	if err != nil {
		return err
	}
	return c.edited(string(changed))
}

// editable returns the body as the editor shows it.
func (c *callback) editable() (string, error) {
	if !c.isForm() {
		var b bytes.Buffer
		err := json.Indent(&b, c.body(), "", "  ")
		return b.String() + "\n", err
	}
	fields, err := readForm(c.Body)
	var b strings.Builder
	for _, f := range fields {
		for _, value := range f.values {
			fmt.Fprintf(&b, "%s=%s\n", f.name, strings.ReplaceAll(value, "\n", `\n`))
		}
	}
	return b.String(), err
}

func (c *callback) edited(text string) error {
	if !c.isForm() {
		c.Body = strings.TrimSpace(text)
		return nil
	}
	var fields []formField
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found {
			return usagef("--edit: the line %q is not NAME=VALUE", line)
		}
		fields = append(fields, formField{name, []string{value}})
	}
	c.Body = writeForm(fields)
	return nil
}
