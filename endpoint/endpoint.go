// Package endpoint describes every endpoint of RongCloud's Server API as data: its address, the
// encoding of its request, what counts as success, whether a request may be repeated, its quota
// and its parameters.
//
// The table is generated from the catalogue in api/*.yaml. The client uses it to validate, encode
// and retry requests, the fake server of package rongcloudtest uses it to check them, and you can
// use it to build your own limits or dashboards. Its values must not be modified: change a copy
// made by [Endpoint.Clone].
//
// To call an endpoint that the table does not have yet, describe it with [New] and call it with
// rongcloud.Client.Call.
package endpoint

import (
	"cmp"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Encoding says how a request carries its parameters.
type Encoding uint8

// The encodings of the Server API.
const (
	None  Encoding = iota // no parameters at all
	Form                  // application/x-www-form-urlencoded body
	JSON                  // application/json body
	Query                 // query string of a GET
)

// String returns the word the catalogue uses for the encoding.
func (e Encoding) String() string { return name(e, "none", "form", "json", "query") }

// Status says how well an endpoint is established.
type Status uint8

// The states of an endpoint.
const (
	Current     Status = iota // documented, for use
	Deprecated                // superseded; kept where apps depend on it
	Unconfirmed               // seen, but without a reliable source; no method of the SDK uses it
)

// String returns the word the catalogue uses for the status.
func (s Status) String() string { return name(s, "current", "deprecated", "unconfirmed") }

// Class says what repeating a request does.
type Class uint8

// The retry classes. The zero value is the careful one.
const (
	Unsafe     Class = iota // a repeat acts again, such as sending a message twice
	Idempotent              // a repeat leaves the same state
	Safe                    // changes nothing; may always be repeated
)

// String returns the name of the class in lower case.
func (c Class) String() string { return name(c, "unsafe", "idempotent", "safe") }

// Success says which values of code in a response mean success. With the zero value, no response
// is a success; see [SuccessOf].
type Success struct {
	first, second int
	n             int
}

// SuccessOf returns the Success of an API whose success code is code, which may be 0, and possibly
// one other. Further codes are ignored.
func SuccessOf(code int, others ...int) Success {
	s := Success{first: code, second: code, n: 1}
	if len(others) > 0 {
		s.second, s.n = others[0], 2
	}
	return s
}

// Has reports whether code means success.
func (s Success) Has(code int) bool { return s.n > 0 && (code == s.first || code == s.second) }

// Code returns the first success code, and reports whether there is one.
func (s Success) Code() (int, bool) { return s.first, s.n > 0 }

// IsZero reports whether there is no success code.
func (s Success) IsZero() bool { return s.n == 0 }

// Place says which part of a request carries a parameter.
type Place uint8

// The places of parameters.
const (
	InBody   Place = iota // by the endpoint's Encoding: in the body, or in the query of a GET
	InHeader              // a header with the parameter's name
	InPath                // where the path has the parameter's name in braces
)

// String returns the word the catalogue uses for the place.
func (p Place) String() string { return name(p, "body", "header", "path") }

// Counts says what counts towards a quota.
type Counts uint8

// The ways of counting.
const (
	Requests Counts = iota // one per request
	Targets                // one per user, group, chat room or attribute that a request names
)

// String returns the word the catalogue uses for the way of counting.
func (c Counts) String() string { return name(c, "requests", "targets") }

// Quota is the documented rate of an endpoint for one App Key. The zero value means that none is
// documented.
type Quota struct {
	Limit  int           // how many
	Per    time.Duration // per how much time
	Counts Counts        // of what
	Param  string        // with Targets: the list parameter whose items count, if any
	Pool   string        // endpoints with the same pool share one quota; empty for a separate quota
	Caps   []Cap         // further limits, in addition
}

// Cap is a limit in addition to an endpoint's quota. It counts what the quota counts.
type Cap struct {
	Limit int
	// 24 hours means a calendar day; RongCloud does not document in which time zone
	Per time.Duration
	// counted separately per combination of values of these parameters, item by item for a list
	Each []string
	When Condition // applies only to requests that meet it
	// instead of Limit and Per: the request also counts towards the quota of this endpoint
	Uses *Endpoint
}

// Condition requires a value of a parameter. The zero value is always met.
type Condition struct{ Param, Value string }

// Type is the type of a parameter on the wire.
type Type uint8

// The parameter types of the Server API.
const (
	String     Type = iota
	Int             // a decimal number, or the digits 0 and 1 for a switch
	Bool            // true or false
	StringList      // several strings, in the form that Param.List names
	JSONString      // a JSON document inside one string
	Object          // a JSON object
	ObjectList      // a JSON array of objects
)

// String returns the words the catalogue uses for the type.
func (t Type) String() string {
	return name(t, "string", "int", "bool", "string list", "json string", "object", "object list")
}

// Unit is the unit of a number that means a time or a duration.
type Unit uint8

// The units of the Server API.
const (
	NoUnit       Unit = iota
	Milliseconds      // a duration, or a Unix time
	Seconds
	Minutes
)

// String returns the unit's name, empty for NoUnit.
func (u Unit) String() string { return name(u, "", "ms", "seconds", "minutes") }

// List is how several values of one parameter are sent.
type List uint8

// The list forms of the Server API.
const (
	NoList List = iota // not a list
	Repeat             // the form field is repeated
	CSV                // one comma-joined value
	Text               // a JSON array as text in one form field
	Array              // a JSON array in a JSON body
)

// String returns the word the catalogue uses for the list form.
func (l List) String() string { return name(l, "", "repeat", "csv", "json", "array") }

// Param is one parameter of an endpoint. Zero limits mean that none is documented.
type Param struct {
	Name      string
	In        Place
	Keyed     bool // the field is called Name[ID], with one field per ID
	Type      Type
	Unit      Unit
	List      List
	Required  bool
	Min, Max  *int64   // bounds of a number
	MaxItems  int      // items of a list, pairs of an object
	MaxBytes  int      // length of the value, or of each item
	MaxChars  int      // the same in characters
	Values    []string // the only values allowed
	ZeroValid bool     // zero is a meaningful value of this number
	// ZeroForever marks a duration in which zero means forever.
	ZeroForever bool
}

// PagingStyle says what selects the pages of a list.
type PagingStyle uint8

// The styles of paging.
const (
	NoPaging PagingStyle = iota
	Offset               // a number, of a page or of items
	Cursor               // a token, or the last item
	Time                 // the time of an item
)

// String returns the word the catalogue uses for the style, empty for NoPaging.
func (s PagingStyle) String() string { return name(s, "", "offset", "cursor", "time") }

// Paging names the parameters that select a page of an endpoint's list.
type Paging struct {
	Style  PagingStyle
	Params []string
}

// Area is a file of the catalogue, such as user or message.
type Area string

// Endpoint is one endpoint of the Server API. Zero fields are the careful choice, or refused by
// rongcloud.Client.Call.
type Endpoint struct {
	Name   string // Go name of its variable in this package; empty if it is not in the table
	Method string // POST if empty
	Path   string // with the names of its parameters in braces
	Host   string // its own base URL, if the data centres' hosts do not serve it
	// CustomHost names the service, such as translation, whose address RongCloud gives to each
	// customer. An option sets the address in the client.
	CustomHost string
	Unsigned   bool // takes no App Key and no signature
	Encoding   Encoding
	Success    Success // the codes in a response that mean success
	Status     Status
	Class      Class
	// UnsafeWith lists parameters that make a request unsafe when set, because each repeat then
	// notifies somebody again.
	UnsafeWith []string
	// Final lists codes after which a request is not repeated, although it would be for other
	// endpoints: 1008 on a broadcast may mean that the service is not enabled.
	Final   []int
	Quota   Quota
	Params  []Param
	Paging  Paging
	Area    Area
	Summary string
	Doc     string // address of RongCloud's page, if known
}

// Param returns the parameter with the given wire name, or nil.
func (e *Endpoint) Param(name string) *Param {
	if e == nil {
		return nil
	}
	for i := range e.Params {
		if e.Params[i].Name == name {
			return &e.Params[i]
		}
	}
	return nil
}

// String returns method and path, such as "POST /user/getToken.json", or nothing for nil.
func (e *Endpoint) String() string {
	if e == nil {
		return ""
	}
	if e.Method == "" {
		return http.MethodPost + " " + e.Path
	}
	return e.Method + " " + e.Path
}

// New returns an endpoint that the table does not have, for rongcloud.Client.Call: unsafe, with
// success code 200. You may change its fields.
func New(method, path string, encoding Encoding) *Endpoint {
	return &Endpoint{Method: method, Path: path, Encoding: encoding, Success: SuccessOf(http.StatusOK)}
}

// Clone returns a deep copy of e.
func (e *Endpoint) Clone() *Endpoint {
	if e == nil {
		return nil
	}
	c := *e
	c.UnsafeWith, c.Final = slices.Clone(e.UnsafeWith), slices.Clone(e.Final)
	c.Paging.Params = slices.Clone(e.Paging.Params)
	c.Params = slices.Clone(e.Params)
	for i := range c.Params {
		p := &c.Params[i]
		p.Values, p.Min, p.Max = slices.Clone(p.Values), clone(p.Min), clone(p.Max)
	}
	c.Quota.Caps = slices.Clone(e.Quota.Caps)
	for i := range c.Quota.Caps {
		c.Quota.Caps[i].Each = slices.Clone(c.Quota.Caps[i].Each)
	}
	return &c
}

func clone(n *int64) *int64 {
	if n == nil {
		return nil
	}
	return num(*n)
}

// All yields every endpoint of the catalogue, ordered by area and then as the catalogue lists them.
func All() iter.Seq[*Endpoint] { return slices.Values(all) }

// ByPath returns the endpoint with the given method and path, or nil. An empty method is POST.
func ByPath(method, path string) *Endpoint {
	if method == "" {
		method = http.MethodPost
	}
	return byPath[at{method, path}]
}

// Match returns the endpoint that a request is for, or nil, and the values of the parameters in
// its path. The path is written as in a request's first line: escaped, without the query. An empty
// method is POST.
func Match(method, path string) (*Endpoint, map[string]string) {
	if ep := ByPath(method, path); ep != nil {
		return ep, nil
	}
	parts := strings.Split(path, "/")
	for _, t := range templates {
		if t.Method != cmp.Or(method, http.MethodPost) {
			continue
		}
		if values := t.match(parts); values != nil {
			return t.Endpoint, values
		}
	}
	return nil, nil
}

// template is an endpoint with parameters in its path, split into the parts of the path.
type template struct {
	*Endpoint
	parts []string
}

var templates = func() (found []template) {
	for _, e := range all {
		if strings.Contains(e.Path, "{") {
			found = append(found, template{e, strings.Split(e.Path, "/")})
		}
	}
	return found
}()

// match returns the values of the parameters, or nil if the path does not match.
func (t template) match(parts []string) map[string]string {
	if len(parts) != len(t.parts) {
		return nil
	}
	values := map[string]string{}
	for i, part := range parts {
		name, braced := strings.CutPrefix(t.parts[i], "{")
		value, err := url.PathUnescape(part)
		switch {
		case err != nil, braced && value == "", !braced && value != t.parts[i]:
			return nil
		case braced:
			values[strings.TrimSuffix(name, "}")] = value
		}
	}
	return values
}

// at identifies an endpoint: no two have the same method and path.
type at struct{ method, path string }

var byPath = func() map[at]*Endpoint {
	m := make(map[at]*Endpoint, len(all))
	for _, e := range all {
		m[at{e.Method, e.Path}] = e
	}
	return m
}()

func name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return reflect.TypeFor[T]().Name() + "(" + strconv.Itoa(int(v)) + ")"
}

func num(n int64) *int64 { return &n }
