package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// faultState is a fault as the admin API accepts and shows it; see rongcloudtest.Fault.
type faultState struct {
	Number        int               `json:"number,omitempty"`   // set by the emulator
	Endpoint      string            `json:"endpoint,omitempty"` // path; empty for any
	Status        int               `json:"status,omitempty"`
	Code          rongcloud.Code    `json:"code,omitempty"`
	Message       string            `json:"message,omitempty"`
	Body          string            `json:"body,omitempty"`
	Header        map[string]string `json:"header,omitempty"`
	Delay         span              `json:"delay,omitzero"`
	DropResponse  bool              `json:"dropResponse,omitempty"`
	Reset         bool              `json:"reset,omitempty"`
	CutResponse   bool              `json:"cutResponse,omitempty"`
	ResetResponse bool              `json:"resetResponse,omitempty"`
	ContentLength int               `json:"contentLength,omitempty"`
	Skip          int               `json:"skip,omitempty"`
	Times         int               `json:"times,omitempty"`
	// parameters that the request must have, with these values
	Where map[string]string `json:"where,omitempty"`
}

// endpointAt returns the catalogue's endpoint with the given path, whatever its method, or nil.
func endpointAt(path string) *endpoint.Endpoint {
	for ep := range endpoint.All() {
		if ep.Path == path {
			return ep
		}
	}
	return nil
}

// isHeader reports whether name and value are a valid HTTP header.
func isHeader(name, value string) bool {
	const special = "!#$%&'*+-.^_`|~"
	inName := func(r rune) bool {
		return r < 0x80 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune(special, r))
	}
	odd := func(r rune) bool { return !inName(r) }
	control := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	return name != "" && !strings.ContainsFunc(name, odd) && !strings.ContainsFunc(value, control)
}

// longestDelay is how long a response may be held back: longer than any caller waits.
const longestDelay = time.Hour

// outOfRange refuses values that are impossible for a response or a count.
func (f faultState) outOfRange() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fault(http.StatusBadRequest, "status must be 200 to 599, not %d", f.Status)
	case f.Code < 0:
		return fault(http.StatusBadRequest, "code must not be negative, is %d", f.Code)
	case f.Delay < 0 || time.Duration(f.Delay) > longestDelay:
		return fault(http.StatusBadRequest, "delay must be at most %v and not negative, unlike %v", longestDelay, time.Duration(f.Delay))
	case f.ContentLength < 0:
		return fault(http.StatusBadRequest, "contentLength must not be negative, is %d", f.ContentLength)
	case f.Skip < 0:
		return fault(http.StatusBadRequest, "skip must not be negative, is %d", f.Skip)
	case f.Times < -1:
		return fault(http.StatusBadRequest, "times must be -1, for all calls, or the number of calls, not %d", f.Times)
	}
	return nil
}

// contradiction refuses fields that exclude each other.
func (f faultState) contradiction() error {
	ways := []string{}
	for name, set := range map[string]bool{
		"dropResponse": f.DropResponse, "reset": f.Reset, "cutResponse": f.CutResponse, "resetResponse": f.ResetResponse, "contentLength": f.ContentLength != 0,
	} {
		if set {
			ways = append(ways, name)
		}
	}
	slices.Sort(ways)
	responds := f.Status != 0 || f.Code != 0 || f.Message != "" || f.Body != "" || len(f.Header) > 0
	switch {
	case len(ways) > 1:
		return fault(http.StatusBadRequest, "%s: only one of them is possible", strings.Join(ways, ", "))
	case responds && (f.DropResponse || f.Reset):
		return fault(http.StatusBadRequest, "%s: there is no response to have a status, code, message, body or header", ways[0])
	case f.Body != "" && (f.Code != 0 || f.Message != ""):
		return fault(http.StatusBadRequest, "body: it is the whole response, so it excludes code and message")
	case (f.Status == http.StatusNoContent || f.Status == http.StatusNotModified) && (f.Body != "" || f.Code != 0 || f.Message != "" || len(ways) > 0):
		return fault(http.StatusBadRequest, "status: a response of %d has no body", f.Status)
	}
	return nil
}

func (f faultState) fault() (*endpoint.Endpoint, rongcloudtest.Fault, error) {
	var ep *endpoint.Endpoint
	if f.Endpoint != "" {
		if ep = endpointAt(f.Endpoint); ep == nil {
			return nil, rongcloudtest.Fault{}, fault(http.StatusBadRequest, "endpoint: the catalogue has no %q", f.Endpoint)
		}
	}
	if f.Number != 0 {
		return nil, rongcloudtest.Fault{}, fault(http.StatusBadRequest, "number: the emulator sets it")
	}
	if err := cmp.Or(f.outOfRange(), f.contradiction()); err != nil {
		return nil, rongcloudtest.Fault{}, err
	}
	header := http.Header{}
	for name, value := range f.Header {
		if !isHeader(name, value) {
			return nil, rongcloudtest.Fault{}, fault(http.StatusBadRequest, "header: %q cannot be sent", name+": "+value)
		}
		header.Set(name, value)
	}
	if header.Get("Content-Length") != "" || header.Get("Transfer-Encoding") != "" {
		return nil, rongcloudtest.Fault{}, fault(http.StatusBadRequest, "header: use contentLength to announce a wrong length")
	}
	made := rongcloudtest.Fault{
		Status: f.Status, Code: f.Code, Message: f.Message, Body: f.Body, Header: header, Delay: time.Duration(f.Delay),
		DropResponse: f.DropResponse, Reset: f.Reset, CutResponse: f.CutResponse, ResetResponse: f.ResetResponse, ContentLength: f.ContentLength,
		Where: f.Where, Skip: f.Skip, Times: f.Times, When: func(r rongcloudtest.Request) bool { return !isOwn(r) },
	}
	return ep, made, nil
}

func (e *emulator) getFaults(*http.Request) (any, error) {
	list := []faultState{}
	for _, f := range e.Faults() {
		one := faultState{
			Number: f.Number, Where: f.Where, Status: f.Status, Code: f.Code, Message: f.Message, Body: f.Body, Delay: span(f.Delay), DropResponse: f.DropResponse,
			Reset: f.Reset, CutResponse: f.CutResponse, ResetResponse: f.ResetResponse, ContentLength: f.ContentLength, Skip: f.Skip, Times: f.Times,
		}
		if ep := f.Endpoint(); ep != nil {
			one.Endpoint = ep.Path
		}
		for name := range f.Header {
			if one.Header == nil {
				one.Header = map[string]string{}
			}
			one.Header[name] = f.Header.Get(name)
		}
		list = append(list, one)
	}
	return list, nil
}

func (e *emulator) postFault(r *http.Request) (any, error) {
	var body faultState
	if err := read(r, &body); err != nil {
		return nil, err
	}
	ep, made, err := body.fault()
	if err != nil {
		return nil, err
	}
	e.Fail(ep, made)
	return e.changedFaults(r)
}

func (e *emulator) deleteFaults(r *http.Request) (any, error) {
	if text := r.PathValue("number"); text == "" {
		e.ClearFaults()
	} else {
		n, err := strconv.Atoi(text)
		if err != nil || !slices.ContainsFunc(e.Faults(), func(f rongcloudtest.Fault) bool { return f.Number == n }) {
			return nil, fault(http.StatusNotFound, "fault %s does not exist, or no longer does", text)
		}
		e.ClearFaults(n)
	}
	return e.changedFaults(r)
}

// changedFaults notifies watchers of the faults that are pending now, and returns them.
func (e *emulator) changedFaults(r *http.Request) (any, error) {
	now, err := e.getFaults(r)
	e.events.publish("faults", map[string]any{"faults": now})
	return now, err
}

// getEndpoints lists the paths that faults can be set for.
func (e *emulator) getEndpoints(*http.Request) (any, error) {
	list := []string{}
	for ep := range endpoint.All() {
		list = append(list, ep.Path)
	}
	slices.Sort(list)
	return list, nil
}
