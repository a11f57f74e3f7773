package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// apiParams holds the parameters of a call by their names on the wire.
type apiParams struct {
	ep     *endpoint.Endpoint
	values map[string][]string        // given as text; a list has several
	raw    map[string]json.RawMessage // given as JSON
}

// readParams reads the parameters from a file, the path and the pairs of the command line. The
// path and the pairs override the file.
func (a *app) readParams(ctx context.Context, ep *endpoint.Endpoint, file string, placed map[string]string, pairs []string) (*apiParams, error) {
	p := &apiParams{ep: ep, values: map[string][]string{}, raw: map[string]json.RawMessage{}}
	if file != "" {
		text, err := a.readFile(ctx, file)
		if err != nil {
			return nil, usagef("--json: %w", err)
		}
		if err := json.Unmarshal(text, &p.raw); err != nil {
			return nil, usagef("--json: %s is not a JSON object: %w", file, err)
		}
		if p.raw == nil { // null
			return nil, usagef("--json: %s is not a JSON object", file)
		}
	}
	for name, value := range placed {
		p.values[name] = []string{value}
	}
	for _, pair := range pairs {
		if err := a.addPair(ctx, p, pair); err != nil {
			return nil, err
		}
	}
	return p, p.check()
}

// addPair adds NAME=VALUE, NAME=@FILE or NAME:=JSON.
func (a *app) addPair(ctx context.Context, p *apiParams, pair string) error {
	name, value, found := strings.Cut(pair, "=")
	if !found || name == "" {
		return usagef("%q is not NAME=VALUE", pair)
	}
	if plain, isJSON := strings.CutSuffix(name, ":"); isJSON {
		if !json.Valid([]byte(value)) {
			return usagef("%s: %s is not JSON", plain, value)
		}
		delete(p.values, plain)
		p.raw[plain] = json.RawMessage(strings.TrimSpace(value))
		return nil
	}
	if file, isFile := strings.CutPrefix(value, "@"); isFile {
		text, err := a.readFile(ctx, file)
		if err != nil {
			hint := ""
			if errors.Is(err, os.ErrNotExist) {
				hint = "; a value that begins with @ can be given by " + name + ":="
			}
			return usagef("%s: %w%s", name, err, hint)
		}
		value = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	}
	delete(p.raw, name)
	p.values[name] = append(p.values[name], value)
	return nil
}

// param returns the catalogue's entry for a parameter, also for a field such as name[ID]. It
// returns nil if there is none.
func (p *apiParams) param(name string) *endpoint.Param {
	if param := p.ep.Param(name); param != nil {
		return param
	}
	base, _, bracketed := strings.Cut(name, "[")
	if param := p.ep.Param(base); bracketed && param != nil && param.Keyed {
		return param
	}
	return nil
}

// check finds wrong names and values before anything is sent. The SDK checks the rest.
func (p *apiParams) check() error {
	if len(p.ep.Params) == 0 && p.ep.Name == "" { // given with --unlisted
		return nil
	}
	for _, name := range p.names() {
		param := p.param(name)
		if param == nil {
			return usagef("%v has no parameter %s%s", p.ep, name, p.known())
		}
		var reason string
		if raw, ok := p.raw[name]; ok {
			reason = wrongJSON(param, p.ep.Encoding == endpoint.JSON, raw)
		} else {
			reason = wrongValue(param, p.values[name])
		}
		if reason != "" {
			return usagef("%v: %s %s", p.ep, name, reason)
		}
	}
	var missing []string
	for i := range p.ep.Params {
		param := &p.ep.Params[i]
		given := slices.ContainsFunc(p.names(), func(name string) bool { return p.param(name) == param })
		if param.Required && !given {
			missing = append(missing, param.Name)
		}
	}
	if missing != nil {
		return usagef("%v: %s missing%s", p.ep, strings.Join(missing, " and ")+are(len(missing)), "; rongcloud api show "+p.ep.Path+" shows what it takes")
	}
	return nil
}

func are(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

func (p *apiParams) known() string {
	names := make([]string, len(p.ep.Params))
	for i, param := range p.ep.Params {
		names[i] = param.Name
	}
	if len(names) == 0 {
		return ": it takes none"
	}
	return "; " + thereAre(names)
}

func (p *apiParams) names() []string {
	var names []string
	for name := range p.values {
		names = append(names, name)
	}
	for name := range p.raw {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// encoded returns the parameters as Client.Call takes them.
func (p *apiParams) encoded() any {
	if p.ep.Encoding == endpoint.JSON {
		body := map[string]any{}
		for name, value := range p.raw {
			body[name] = value
			if param := p.param(name); param != nil && param.Type == endpoint.JSONString && kindOf(value) != kindText {
				body[name] = string(value) // a JSON document is sent as a string
			}
		}
		for name, values := range p.values {
			body[name] = jsonValue(p.param(name), values)
		}
		return body
	}
	form := url.Values{}
	for name, value := range p.raw {
		form[name] = formValues(p.param(name), textsOf(value))
	}
	for name, values := range p.values {
		form[name] = formValues(p.param(name), values)
	}
	return form
}

// jsonValue returns the values of a parameter as one value for a JSON body.
func jsonValue(param *endpoint.Param, values []string) any {
	if param == nil { // given with --unlisted
		if len(values) == 1 {
			return values[0]
		}
		return values
	}
	switch param.Type {
	case endpoint.Int, endpoint.Bool, endpoint.Object:
		return json.RawMessage(values[0])
	case endpoint.StringList:
		return flatTexts(values)
	case endpoint.ObjectList:
		return flatItems(values)
	}
	return values[0]
}

// formValues returns the values of a parameter as the values of a form field.
func formValues(param *endpoint.Param, values []string) []string {
	if param == nil {
		return values
	}
	switch param.List {
	case endpoint.CSV:
		return []string{strings.Join(values, ",")}
	case endpoint.Text:
		if len(values) == 1 && strings.HasPrefix(values[0], "[") {
			return values
		}
		encoded, _ := json.Marshal(values) // encoding strings never fails
		return []string{string(encoded)}
	}
	return values
}

// flatTexts replaces each value that is a JSON list of strings by its items.
func flatTexts(values []string) []string {
	var flat []string
	for _, value := range values {
		var list []string
		if strings.HasPrefix(strings.TrimSpace(value), "[") && json.Unmarshal([]byte(value), &list) == nil {
			flat = append(flat, list...)
			continue
		}
		flat = append(flat, value)
	}
	return flat
}

// flatItems replaces each JSON value that is a list by its items.
func flatItems(values []string) []json.RawMessage {
	var flat []json.RawMessage
	for _, value := range values {
		var list []json.RawMessage
		if kindOf(json.RawMessage(value)) == kindList && json.Unmarshal([]byte(value), &list) == nil {
			flat = append(flat, list...)
			continue
		}
		flat = append(flat, json.RawMessage(value))
	}
	return flat
}

// textsOf converts JSON to the values of a form field: a string to itself, a list without objects
// to its items, and anything else to its JSON.
func textsOf(value json.RawMessage) []string {
	var text string
	var list []json.RawMessage
	switch {
	case json.Unmarshal(value, &text) == nil && string(value) != "null":
		return []string{text}
	case json.Unmarshal(value, &list) == nil && list != nil:
		texts := make([]string, len(list))
		for i, item := range list {
			if json.Unmarshal(item, &texts[i]) != nil {
				texts[i] = string(item)
			}
		}
		if !slices.ContainsFunc(list, func(item json.RawMessage) bool { return strings.HasPrefix(string(item), "{") }) {
			return texts
		}
	}
	return []string{string(value)}
}

// texts returns the values of a parameter, whether given as text or as JSON.
func (p *apiParams) texts(name string) []string {
	if raw, ok := p.raw[name]; ok {
		return textsOf(raw)
	}
	return p.values[name]
}

// each returns every single value of a parameter. Like the server, it splits a value that joins
// several by commas or is a JSON list.
func (p *apiParams) each(name string) []string {
	var all []string
	for _, text := range p.texts(name) {
		var list []json.RawMessage
		if json.Unmarshal([]byte(text), &list) == nil && len(list) > 0 {
			all = append(all, textsOf(json.RawMessage(text))...)
			continue
		}
		all = append(all, strings.Split(text, ",")...)
	}
	return all
}
