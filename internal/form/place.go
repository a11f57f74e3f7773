package form

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// placedParam is a parameter in a header or in the path.
type placedParam struct {
	param *endpoint.Param
	value string
}

// place records a parameter that goes into a header or the path. Its text is the same as in a
// form.
func (e *Encoder) place(f *planField, v reflect.Value) error {
	form := e.form.Encoder(e.ep)
	defer form.Release()
	form.json = false
	if err := form.field(f, v); err != nil {
		return err
	}
	if len(form.Buf) == 0 {
		if f.param.In == endpoint.InPath {
			return refuse(f.param.Name, "is required")
		}
		return nil
	}
	_, escaped, _ := strings.Cut(string(form.Buf), "=")
	value, err := url.QueryUnescape(escaped)
	if err != nil { // several values, which the table does not allow
		return refuse(f.param.Name, "cannot travel there")
	}
	e.Targets += form.Targets
	if form.Unsafe != "" {
		e.Unsafe = form.Unsafe
	}
	return e.addPlaced(f.param, value)
}

func (e *Encoder) addPlaced(param *endpoint.Param, value string) error {
	switch {
	case param.In == endpoint.InHeader && !Printable(value):
		return refuse(param.Name, "is not printable ASCII, as a header must be")
	case param.In == endpoint.InPath && (value == "" || value == "." || value == ".."):
		return refuse(param.Name, "%q cannot be a part of the path", value)
	}
	e.placed = append(e.placed, placedParam{param, value})
	return nil
}

// placeRaw removes from the parameters of Client.Call those that go into headers or the path.
func (e *Encoder) placeRaw(params Raw) (Raw, error) {
	ep := e.ep
	if !slices.ContainsFunc(ep.Params, func(p endpoint.Param) bool { return p.In != endpoint.InBody }) {
		return params, nil
	}
	var body map[string]json.RawMessage
	if params.JSON != nil && !params.IsForm {
		if err := e.toScratch("params", params.JSON); err != nil {
			return params, err
		}
		if err := json.Unmarshal(e.scratch.Bytes(), &body); err != nil {
			return params, &RefusedError{Field: "params", Reason: "must be a JSON object, out of which parameters are taken"}
		}
	}
	form := maps.Clone(params.Form)
	for i := range ep.Params {
		param := &ep.Params[i]
		if param.In == endpoint.InBody {
			continue
		}
		value, given := textOf(body[param.Name])
		values := form[param.Name]
		if len(values) > 0 {
			value, given = values[0], true
		}
		switch {
		case len(values) > 1, bytes.HasPrefix(body[param.Name], []byte("[")), bytes.HasPrefix(body[param.Name], []byte("{")):
			return params, refuse(param.Name, "has several values, of which only one could travel in the %v", param.In)
		case given:
			if err := e.addPlaced(param, value); err != nil {
				return params, err
			}
		case param.Required, param.In == endpoint.InPath:
			return params, refuse(param.Name, "is required")
		}
		delete(form, param.Name)
		delete(body, param.Name)
	}
	params.Form = form
	if body != nil {
		params.JSON = body
	}
	return params, nil
}

// textOf returns a JSON value as it would be in a form.
func textOf(value json.RawMessage) (text string, given bool) {
	if len(value) == 0 || string(value) == "null" {
		return "", false
	}
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return text, true
}

// Placed reports whether any parameter goes into a header or the path.
func (e *Encoder) Placed() bool { return len(e.placed) > 0 }

// InHeader reports whether a parameter goes into the header of that name.
func (e *Encoder) InHeader(name string) bool {
	return slices.ContainsFunc(e.placed, func(p placedParam) bool {
		return p.param.In == endpoint.InHeader && strings.EqualFold(p.param.Name, name)
	})
}

// AddHeaders adds the parameters that go into headers.
func (e *Encoder) AddHeaders(header http.Header) {
	for _, p := range e.placed {
		if p.param.In == endpoint.InHeader {
			header.Set(p.param.Name, p.value)
		}
	}
}

// Path inserts parameters into the path: plain, and escaped, so that none of them can change the
// rest of the path.
func (e *Encoder) Path(path string) (plain, escaped string) {
	for {
		fixed, rest, found := strings.Cut(path, "{")
		plain += fixed
		escaped += (&url.URL{Path: fixed}).EscapedPath()
		if !found {
			return plain, escaped
		}
		name, rest, _ := strings.Cut(rest, "}")
		for _, p := range e.placed {
			if p.param.In == endpoint.InPath && p.param.Name == name {
				plain += p.value
				escaped += url.PathEscape(p.value)
				break
			}
		}
		path = rest
	}
}

// Printable reports whether text can go into a header: ASCII without control characters.
func Printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
