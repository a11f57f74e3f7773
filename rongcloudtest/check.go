package rongcloudtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	maxNonce      = 18
	maxRequestID  = 36
	nonceCapacity = 100_000
	// secondsBelow distinguishes seconds from milliseconds: as seconds it is the year 5138, as
	// milliseconds 1973.
	secondsBelow = 100_000_000_000
)

// incoming is a request that has been read.
type incoming struct {
	began               time.Time
	method, path, query string
	address             string // scheme and host that the caller used
	origin              *cause
	header              http.Header
	body                []byte
	tooLong             bool
	ep                  *endpoint.Endpoint // nil for an unknown path
	inPath              map[string]string  // parameters in the path
	params              Params             // as received
	settled             Params             // as executed
	parcel              *sharedData
	unknown             []string
}

// read reads the whole request, so that a fault is never mistaken for a request that did not
// arrive.
func read(r *http.Request) (*incoming, error) {
	path := onePath(r.URL.Path)
	in := &incoming{
		began: time.Now(), method: r.Method, path: path, query: r.URL.RawQuery, header: r.Header,
		address: "http://" + r.Host, origin: &cause{},
	}
	in.ep, in.inPath = endpoint.Match(r.Method, onePath(r.URL.EscapedPath()))
	if r.TLS != nil || r.URL.Scheme == "https" { // the latter only in-process
		in.address = "https://" + cmp.Or(r.Host, r.URL.Host)
	}
	var err error
	in.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	in.tooLong = len(in.body) > maxBody
	return in, err
}

// onePath turns //path into /path, which results from a base URL that ends in a slash.
func onePath(path string) string {
	if rest := strings.TrimLeft(path, "/"); len(path)-len(rest) > 1 {
		return "/" + rest
	}
	return path
}

// check returns the response to a request that RongCloud would refuse, or nil.
func (s *Server) check(in *incoming) *answer {
	if in.ep == nil {
		a := refuse(rongcloud.CodeNoSuchEndpoint, "there is no endpoint %s", in.path)
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete} {
			// RongCloud documents no code for this, and its code 405 means something else
			if ep, _ := endpoint.Match(method, in.path); ep != nil {
				a = refuse(rongcloud.CodeInvalidParameter, "%s takes %s, not %s", in.path, ep.Method, in.method)
				a.status = http.StatusMethodNotAllowed
			}
		}
		return &a
	}
	if !in.ep.Unsigned {
		if a := s.checkSignature(in.header); a != nil {
			return a
		}
	}
	return s.checkParams(in)
}

// credentials are the values of the four headers.
type credentials struct{ key, nonce, timestamp, signature string }

// credentialsOf takes one complete set of headers: the plain names, or their RC- twins.
func credentialsOf(header http.Header) (credentials, bool) {
	for _, prefix := range []string{"", "RC-"} {
		c := credentials{
			key: header.Get(prefix + "App-Key"), nonce: header.Get(prefix + "Nonce"),
			timestamp: header.Get(prefix + "Timestamp"), signature: header.Get(prefix + "Signature"),
		}
		if c.key != "" && c.nonce != "" && c.timestamp != "" && c.signature != "" {
			return c, true
		}
	}
	return credentials{}, false
}

func (s *Server) checkSignature(header http.Header) *answer {
	deny := func(code rongcloud.Code, format string, args ...any) *answer {
		a := refuse(code, format, args...)
		return &a
	}
	c, complete := credentialsOf(header)
	switch {
	case !complete:
		return deny(rongcloud.CodeWrongSignature, "App-Key, Nonce, Timestamp and Signature, or all four with RC-, are required in the header")
	case c.key != s.config.key:
		// The response to an unknown key is not documented; 1001 is the closest code.
		return deny(rongcloud.CodeWrongAppSecret, "unknown App-Key %q", c.key)
	case !rongcloud.Verify(*s.config.secret, c.nonce, c.timestamp, c.signature):
		return deny(rongcloud.CodeWrongSignature, "the signature does not match")
	}
	at, inSeconds, err := parseTimestamp(c.timestamp)
	if err != nil {
		return deny(rongcloud.CodeWrongSignature, "%v", err)
	}
	now := s.config.clock()
	limit := s.config.allowedSkew()
	if off := now.Sub(at).Abs(); limit > 0 && off > limit {
		return deny(rongcloud.CodeWrongSignature, "the timestamp is off by %v, more than %v", off.Round(time.Second), limit)
	}
	if !s.config.strict {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case inSeconds:
		return deny(rongcloud.CodeWrongSignature, "strict: the timestamp is in seconds, not in milliseconds")
	case len(c.nonce) > maxNonce:
		return deny(rongcloud.CodeWrongSignature, "strict: the nonce has more than %d characters", maxNonce)
	case !s.nonces.add(c.nonce):
		return deny(rongcloud.CodeWrongSignature, "strict: the nonce was used before")
	case len(header.Get("X-Request-ID")) > maxRequestID:
		return deny(rongcloud.CodeInvalidParameter, "strict: X-Request-ID has more than %d characters", maxRequestID)
	}
	return nil
}

func parseTimestamp(text string) (at time.Time, inSeconds bool, err error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, false, fmt.Errorf("timestamp %q is not a Unix time", text)
	}
	if n < secondsBelow {
		return time.Unix(n, 0), true, nil
	}
	return time.UnixMilli(n), false, nil
}

// nonceMemory remembers the latest nonces.
type nonceMemory struct {
	seen  map[string]struct{}
	order ring[string]
}

func newNonceMemory() nonceMemory {
	return nonceMemory{map[string]struct{}{}, newRing[string](nonceCapacity)}
}

// add reports whether the nonce is new.
func (m *nonceMemory) add(nonce string) bool {
	if _, used := m.seen[nonce]; used {
		return false
	}
	m.seen[nonce] = struct{}{}
	if oldest, full := m.order.add(nonce); full {
		delete(m.seen, oldest)
	}
	return true
}

// paramError is what is wrong with a parameter, with the code to respond with.
type paramError struct {
	code rongcloud.Code
	text string
}

func (e *paramError) Error() string { return e.text }

func invalid(format string, args ...any) error {
	return &paramError{rongcloud.CodeInvalidParameter, fmt.Sprintf(format, args...)}
}

func tooLong(format string, args ...any) error {
	return &paramError{rongcloud.CodeParameterTooLong, fmt.Sprintf(format, args...)}
}

// refuseError returns the response to an invalid parameter.
func refuseError(err error) answer {
	var e *paramError
	if errors.As(err, &e) {
		return refuse(e.code, "%s", e.text)
	}
	return refuse(rongcloud.CodeInvalidParameter, "%s", err.Error())
}

func (s *Server) checkParams(in *incoming) *answer {
	p, err := parseParams(in)
	if p != nil {
		in.params, in.unknown = p.Params, p.unknown
		in.parcel = &sharedData{size: p.size()}
	}
	if err == nil && s.config.strict {
		err = p.strictness()
	}
	if err == nil {
		if in.settled = p.Params; !s.config.strict {
			in.settled = p.settle(in.ep)
		}
	}
	for i := range in.ep.Params {
		if err != nil {
			break
		}
		err = checkParam(&in.ep.Params[i], in.settled)
	}
	if err != nil {
		a := refuseError(err)
		return &a
	}
	return nil
}

// parseParams returns what could be read, even with an error.
func parseParams(in *incoming) (*parsed, error) {
	p, err := parseBody(in)
	if p != nil {
		p.takePlaced(in)
	}
	return p, err
}

func parseBody(in *incoming) (*parsed, error) {
	if in.tooLong {
		return nil, tooLong("the body has more than %d bytes", maxBody)
	}
	media, _, _ := mime.ParseMediaType(in.header.Get("Content-Type"))
	switch in.ep.Encoding {
	case endpoint.Query:
		return parseForm(in.ep, in.query)
	case endpoint.JSON:
		if media != "application/json" {
			return nil, invalid("%s takes Content-Type application/json, not %q", in.path, media)
		}
		return parseJSON(in.ep, in.body)
	case endpoint.Form:
		// Without a body there is nothing whose type could be wrong.
		if media != "application/x-www-form-urlencoded" && len(in.body) > 0 {
			return nil, invalid("%s takes Content-Type application/x-www-form-urlencoded, not %q", in.path, media)
		}
		return parseForm(in.ep, string(in.body))
	default:
		return newParsed(0), nil
	}
}

func (p *parsed) strictness() error {
	switch {
	case len(p.unknown) > 0:
		return invalid("strict: unknown parameter %s", strings.Join(p.unknown, ", "))
	case len(p.repeated) > 0:
		return invalid("strict: %s is no list but was sent several times", strings.Join(p.repeated, ", "))
	case len(p.nulls) > 0:
		return invalid("strict: %s has a null among its strings", strings.Join(p.nulls, ", "))
	}
	return nil
}

func checkParam(param *endpoint.Param, p Params) error {
	if !p.Has(param.Name) {
		if param.Required {
			return invalid("%s is required", param.Name)
		}
		return nil
	}
	values := p.values[param.Name]
	items := len(values)
	switch param.Type {
	case endpoint.JSONString, endpoint.Object:
		items = 0
		if param.Name != "content" { // custom messages may have any content
			var err error
			if items, err = countJSON(values[0]); err != nil {
				return invalid("%s is not JSON", param.Name)
			}
		}
	case endpoint.String, endpoint.Int, endpoint.Bool:
		items = 0
	}
	if param.Keyed {
		items = len(p.keyed[param.Name])
	}
	// no tags means removing all
	if param.Required && param.Type == endpoint.StringList && !param.Keyed && items == 0 && param.Name != "tags" {
		return invalid("%s is required", param.Name)
	}
	if param.MaxItems > 0 && items > param.MaxItems {
		return invalid("%s has %d items, at most %d are allowed", param.Name, items, param.MaxItems)
	}
	for _, value := range values {
		if err := checkValue(param, value); err != nil {
			return err
		}
	}
	return nil
}

const maxID = 64

// maxBytes returns the maximum length of an ID where the catalogue gives none, as for the items of
// most lists: the documented length of user, group and chat room IDs.
func maxBytes(param *endpoint.Param) int {
	name := strings.ToLower(strings.TrimSuffix(param.Name, "s"))
	isID := strings.HasSuffix(name, "userid") || strings.HasSuffix(name, "groupid") || strings.HasSuffix(name, "chatroomid") || name == "targetid"
	if isID && param.MaxBytes == 0 && param.MaxChars == 0 {
		return maxID
	}
	return param.MaxBytes
}

// countJSON returns the number of items or pairs of a JSON text.
func countJSON(text string) (int, error) {
	var list []json.RawMessage
	if json.Unmarshal([]byte(text), &list) == nil {
		return len(list), nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) == nil {
		return len(object), nil
	}
	if !json.Valid([]byte(text)) {
		return 0, errors.New("not JSON")
	}
	return 1, nil
}

func checkValue(param *endpoint.Param, value string) error {
	name := param.Name
	switch {
	// a push text per recipient may be empty
	case value == "" && param.Type == endpoint.StringList && !strings.HasPrefix(name, "push"):
		return invalid("%s has an empty item", name)
	case maxBytes(param) > 0 && len(value) > maxBytes(param):
		return tooLong("%s has %d bytes, at most %d are allowed", name, len(value), maxBytes(param))
	case param.MaxChars > 0 && utf8.RuneCountInString(value) > param.MaxChars:
		return tooLong("%s has %d characters, at most %d are allowed", name, utf8.RuneCountInString(value), param.MaxChars)
	}
	if param.Type == endpoint.Int {
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil:
			return invalid("%s is not a number: %q", name, value)
		case param.Min != nil && n < *param.Min:
			return invalid("%s is %d, at least %d is required", name, n, *param.Min)
		case param.Max != nil && n > *param.Max:
			return invalid("%s is %d, at most %d is allowed", name, n, *param.Max)
		}
	}
	if param.Type == endpoint.Bool && !slices.Contains([]string{"true", "false", "1", "0"}, strings.ToLower(value)) {
		return invalid("%s is neither true nor false: %q", name, value)
	}
	if len(param.Values) > 0 && !slices.Contains(param.Values, value) {
		return invalid("%s is %q, allowed are %s", name, value, strings.Join(param.Values, ", "))
	}
	return nil
}
