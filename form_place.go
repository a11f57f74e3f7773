package rongcloud

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// placedParam is a parameter that travels in a header or in the path.
type placedParam struct {
	param *endpoint.Param
	value string
}

// place notes a parameter that travels elsewhere. Its text is what a form would hold.
func (e *encoder) place(ep *endpoint.Endpoint, f *planField, v reflect.Value) error {
	form := newEncoder(ep)
	defer form.release()
	form.json = false
	if err := form.field(ep, f, v); err != nil {
		return err
	}
	if len(form.buf) == 0 {
		return nil
	}
	_, escaped, _ := strings.Cut(string(form.buf), "=")
	value, err := url.QueryUnescape(escaped)
	if err != nil { // several values: the table allows none such
		return refuseWire(f.param.Name, "cannot travel there")
	}
	e.targets += form.targets
	if form.unsafe != "" {
		e.unsafe = form.unsafe
	}
	return e.addPlaced(f.param, value)
}

func (e *encoder) addPlaced(param *endpoint.Param, value string) error {
	switch {
	case param.In == endpoint.InHeader && !printable(value):
		return refuseWire(param.Name, "is not printable ASCII, as a header must be")
	case param.In == endpoint.InPath && (value == "" || value == "." || value == ".."):
		return refuseWire(param.Name, "%q cannot be a part of the path", value)
	}
	e.placed = append(e.placed, placedParam{param, value})
	return nil
}

// placeRaw takes out of the parameters of Client.Call those that travel elsewhere.
func (e *encoder) placeRaw(ep *endpoint.Endpoint, params rawParams) (rawParams, error) {
	if !slices.ContainsFunc(ep.Params, func(p endpoint.Param) bool { return p.In != endpoint.InBody }) {
		return params, nil
	}
	var body map[string]json.RawMessage
	if params.json != nil && !params.isForm {
		if err := e.toScratch("params", params.json); err != nil {
			return params, err
		}
		if err := json.Unmarshal(e.scratch.Bytes(), &body); err != nil {
			return params, refuse("params", "must be a JSON object, out of which parameters are taken")
		}
	}
	form := maps.Clone(params.form)
	for i := range ep.Params {
		param := &ep.Params[i]
		if param.In == endpoint.InBody {
			continue
		}
		value, given := textOf(body[param.Name])
		if values, ok := form[param.Name]; ok && len(values) > 0 {
			value, given = values[0], true
		}
		switch {
		case given:
			if err := e.addPlaced(param, value); err != nil {
				return params, err
			}
		case param.Required, param.In == endpoint.InPath:
			return params, refuseWire(param.Name, "is required")
		}
		delete(form, param.Name)
		delete(body, param.Name)
	}
	params.form = form
	if body != nil {
		params.json = body
	}
	return params, nil
}

// textOf returns a JSON value as it would stand in a form.
func textOf(value json.RawMessage) (text string, given bool) {
	if len(value) == 0 || string(value) == "null" {
		return "", false
	}
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return text, true
}

// pathOf returns the path of the request, plain and escaped; the latter is empty if it follows from
// the plain one.
func (c *call) pathOf() (path, escaped string) {
	path = c.host.path + c.ep.Path
	if !slices.ContainsFunc(c.encoder.placed, func(p placedParam) bool { return p.param.In == endpoint.InPath }) {
		return path, ""
	}
	plain := make([]string, 0, 2*len(c.encoder.placed))
	quoted := slices.Clone(plain)
	for _, p := range c.encoder.placed {
		if p.param.In == endpoint.InPath {
			plain = append(plain, "{"+p.param.Name+"}", p.value)
			quoted = append(quoted, "{"+p.param.Name+"}", url.PathEscape(p.value))
		}
	}
	return strings.NewReplacer(plain...).Replace(path), strings.NewReplacer(quoted...).Replace(path)
}

// namesInPath returns the names in braces. Ok is false if the braces do not match.
func namesInPath(path string) (names []string, ok bool) {
	for {
		before, after, found := strings.Cut(path, "{")
		if strings.Contains(before, "}") {
			return nil, false
		}
		if !found {
			return names, true
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.ContainsAny(name, "{/") {
			return nil, false
		}
		names, path = append(names, name), rest
	}
}

// ownHeaders are those that are the SDK's business, or that net/http's transport writes or obeys.
var ownHeaders = map[string]string{
	"App-Key": "", "Nonce": "", "Timestamp": "", "Signature": "", "Host": "", "Content-Type": "", "Content-Length": "",
	"X-Request-Id": "; see WithRequestID", "User-Agent": "; see WithUserAgent",
	"Accept-Encoding": "", "Connection": "", "Proxy-Connection": "", "Keep-Alive": "", "Transfer-Encoding": "", "Te": "", "Trailer": "",
	"Upgrade": "", "Expect": "",
}

// headerProblem says why a header cannot be the caller's, or nothing.
func headerProblem(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	}) {
		return "is no name of a header"
	}
	if hint, ok := ownHeaders[textproto.CanonicalMIMEHeaderKey(name)]; ok {
		return "is the SDK's own header" + hint
	}
	return ""
}

// addHeaders adds the caller's headers and the parameters that travel so.
func (c *call) addHeaders(header http.Header) {
	for _, h := range c.config.headers {
		header.Set(h.name, h.value)
	}
	for _, p := range c.encoder.placed {
		if p.param.In == endpoint.InHeader {
			header.Set(p.param.Name, p.value)
		}
	}
}
