package rongcloud

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

// Call calls an endpoint that has no method, with signing, retries and errors as usual. Ep is an
// entry of package endpoint's table or, for an endpoint newer than the SDK, one of your own:
//
//	ep := endpoint.New("POST", "/new.json", endpoint.Form)
//	err := client.Call(ctx, ep, url.Values{"userId": {"u1"}}, &out)
//
// A copy of a table entry works as well as the entry itself. Fields that your own endpoint leaves
// out get the careful choice: it is called by POST, and it is unsafe, so a request that may have
// been carried out is not repeated. It must give its Path, how the response shows success and, if
// there are params, how they are encoded. Call does not keep it.
//
// Params is a url.Values for a form or a query, or nil for no parameters; anything else is sent as
// a JSON body. Parameters that the endpoint expects in a header or in its path are taken out of
// params.
//
// If out, a pointer, is not nil, the response is decoded into it. This works as with
// json.Unmarshal, which leaves fields that the response does not name as they are, but tolerates
// more differences between types.
func (c *Client) Call(ctx context.Context, ep *endpoint.Endpoint, params, out any, opts ...CallOption) error {
	ep, err := ownEndpoint(ep)
	if err != nil {
		return refused(ctx, c, err, opts)
	}
	values, isForm := params.(url.Values)
	if isForm && len(values) == 0 {
		params = nil
	}
	raw := form.Raw{Form: values, JSON: params, IsForm: isForm}
	if err := checkParams(ep, raw); err != nil {
		return refused(ctx, c, err, opts)
	}
	if err := checkTarget(out); err != nil {
		return refused(ctx, c, inCall(err, ep, ""), opts)
	}
	if out != nil {
		out = callersOut{out}
	}
	return c.core.do(ctx, ep, raw, out, opts)
}

// Ping makes a cheap signed call that changes nothing, for readiness probes: nil means that the API
// accepts the App Key and the signature. It lists one blocked user, and counts against the quota of
// [UserBlockService.List]. A probe should pass a context with a short deadline.
func (c *Client) Ping(ctx context.Context, opts ...CallOption) error {
	return send(ctx, c, endpoint.UserBlockQuery, &UserBlockQuery{Page: 1, Size: 1}, opts)
}

// callMethods are the HTTP methods that Call may use. All but GET may have a body.
var callMethods = []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}

// ownEndpoint returns the table's entry if ep is a copy of one, and otherwise a copy of ep, since
// the caller may change ep during the call or after it.
func ownEndpoint(ep *endpoint.Endpoint) (*endpoint.Endpoint, error) {
	if ep == nil {
		return nil, refuse("ep", "is nil")
	}
	if known := endpoint.ByPath(ep.Method, ep.Path); known != nil && (known == ep || reflect.DeepEqual(known, ep)) {
		return known, nil
	}
	ep = ep.Clone()
	if ep.Method == "" {
		ep.Method = http.MethodPost
	}
	names, ok := namesInPath(ep.Path)
	switch {
	case ep.Path == "":
		return nil, refuseField(ep, "Endpoint.Path", "", "is required")
	case !strings.HasPrefix(ep.Path, "/") || strings.ContainsAny(ep.Path, "?#") || !form.Printable(ep.Path):
		return nil, refuseField(ep, "Endpoint.Path", "", "%q must begin with a slash, carry no query and be printable ASCII", ep.Path)
	case !ok:
		return nil, refuseField(ep, "Endpoint.Path", "", "the braces of %q do not match", ep.Path)
	case !slices.Contains(callMethods, ep.Method):
		return nil, refuseField(ep, "Endpoint.Method", "", "%q is not one of %s", ep.Method, strings.Join(callMethods, ", "))
	case ep.Encoding > endpoint.Query:
		return nil, refuseField(ep, "Endpoint.Encoding", "", "is not a known value")
	case ep.Method == http.MethodGet && (ep.Encoding == endpoint.Form || ep.Encoding == endpoint.JSON):
		return nil, refuseField(ep, "Endpoint.Encoding", "", "cannot be %v: a GET has no body", ep.Encoding)
	case ep.Success.IsZero():
		return nil, refuseField(ep, "Endpoint.Success", "", "is required; endpoint.New says 200")
	case ep.Class > endpoint.Safe:
		return nil, refuseField(ep, "Endpoint.Class", "", "is not a known value")
	case ep.CustomHost != "" && customHosts[ep.CustomHost] == "":
		return nil, refuseField(ep, "Endpoint.CustomHost", "", "%q is not a known value", ep.CustomHost)
	}
	return ep, checkPlaces(ep, names)
}

// checkPlaces refuses parameters that cannot be sent where the endpoint places them.
func checkPlaces(ep *endpoint.Endpoint, names []string) error {
	for _, name := range names {
		if p := ep.Param(name); p == nil || p.In != endpoint.InPath {
			return refuseField(ep, "Endpoint.Path", "", "names %s, which is not a path parameter", name)
		}
	}
	for i := range ep.Params {
		p := &ep.Params[i]
		switch {
		case p.In > endpoint.InPath:
			return refuseField(ep, "Param.In", p.Name, "is not a known value")
		case p.In == endpoint.InPath && !slices.Contains(names, p.Name):
			return refuseField(ep, "Param.In", p.Name, "the path does not name it")
		case p.In == endpoint.InHeader:
			if reason := headerProblem(p.Name); reason != "" {
				return refuseField(ep, "Param.Name", p.Name, "%s", reason)
			}
		}
	}
	return nil
}

// checkParams refuses parameters that cannot be encoded as the endpoint says.
func checkParams(ep *endpoint.Endpoint, params form.Raw) error {
	switch {
	case params.JSON == nil:
	case ep.Encoding == endpoint.None && params.IsForm && len(ep.Params) > 0 && onlyPlaced(ep):
	case ep.Encoding == endpoint.None && len(ep.Params) == 0 && endpoint.ByPath(ep.Method, ep.Path) != ep:
		return refuseField(ep, "Endpoint.Encoding", "", "is required, since there are params")
	case ep.Encoding == endpoint.None, params.IsForm != (ep.Encoding != endpoint.JSON):
		return refuseField(ep, "params", "", "the call takes a %v, so params cannot be a %T", ep.Encoding, params.JSON)
	}
	return nil
}

// onlyPlaced reports whether all parameters go in a header or in the path.
func onlyPlaced(ep *endpoint.Endpoint) bool {
	return !slices.ContainsFunc(ep.Params, func(p endpoint.Param) bool { return p.In == endpoint.InBody })
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
