package emulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// maxAdminBody limits a request to the admin API; seeds are the longest.
const maxAdminBody = 16 << 20

const adminPath = "/_emulator/"

// handler serves the page, the admin API and, below everything else, RongCloud's API.
func (e *emulator) handler(address string) http.Handler {
	admin := http.NewServeMux()
	var calls []string
	route := func(pattern string, h func(r *http.Request) (any, error)) {
		calls = append(calls, pattern)
		method, path, _ := strings.Cut(pattern, " ")
		admin.HandleFunc(method+" "+adminPath+path, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxAdminBody)
			if err := checkIDs(r); err != nil {
				reply(w, nil, err)
				return
			}
			result, err := h(r)
			reply(w, result, err)
		})
	}
	route("GET state", e.getState)
	route("POST reset", e.postReset)
	route("POST seed", e.postSeed)
	route("GET clock", e.getClock)
	route("POST clock", e.postClock)
	route("GET requests", e.getRequests)
	route("GET requests/{number}", e.getRequest)
	route("POST requests/{number}/replay", e.postReplay)
	route("GET messages", e.getMessages)
	route("GET messages/{uid}", e.getMessage)
	route("GET users/{id}/inbox", e.getInbox)
	route("POST users/{id}/connect", e.postConnect)
	route("POST users/{id}/disconnect", e.postDisconnect)
	route("POST users/{id}/send", e.postSend)
	route("POST users/{id}/chatrooms/{room}", e.postJoin)
	route("DELETE users/{id}/chatrooms/{room}", e.deleteJoin)
	route("POST users/{id}/rtcRooms/{room}", e.postRTCJoin)
	route("DELETE users/{id}/rtcRooms/{room}", e.deleteRTCJoin)
	route("POST users/{id}/rtcRooms/{room}/streams", e.postRTCStreams)
	route("DELETE users/{id}/rtcRooms/{room}/streams", e.deleteRTCStreams)
	route("POST users/{id}/rtcBlock", e.postRTCBlock)
	route("DELETE users/{id}/rtcBlock", e.deleteRTCBlock)
	route("DELETE rtcRooms/{room}/members/{id}", e.deleteRTCMember)
	route("POST rtcRooms/{room}/blocked/{id}", e.postRTCRoomBlock)
	route("DELETE rtcRooms/{room}/blocked/{id}", e.deleteRTCRoomBlock)
	route("GET callbacks", e.getCallbacks)
	route("GET callbacks/{number}", e.getCallback)
	route("GET faults", e.getFaults)
	route("POST faults", e.postFault)
	route("DELETE faults", e.deleteFaults)
	route("DELETE faults/{number}", e.deleteFaults)
	route("POST callbacks/{number}/retry", e.postRetry)
	route("DELETE words/{word}", e.deleteWord)
	route("GET endpoints", e.getEndpoints)
	admin.HandleFunc("GET "+adminPath+"events", e.serveEvents)
	slices.Sort(calls)
	index := map[string]any{"calls": append(calls, "GET events"), "documentation": docs + "#admin-api"}
	admin.HandleFunc("GET "+adminPath+"{$}", func(w http.ResponseWriter, _ *http.Request) { reply(w, index, nil) })
	admin.HandleFunc(adminPath, func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, fault(http.StatusNotFound, "the admin API has no %s %s; GET %s lists what it has", r.Method, r.URL.Path, adminPath))
	})
	page := servePage()
	listening, _, _ := net.SplitHostPort(address)
	guarded := guard(append([]string{"localhost", dockerHost, listening}, e.hosts...), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, adminPath) {
			admin.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	}))
	api := e.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, adminPath) || isPage(r.URL.Path) {
			guarded.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// checkIDs refuses IDs of users and rooms in the path that would be invalid for RongCloud.
func checkIDs(r *http.Request) error {
	for _, name := range []string{"id", "room"} {
		if id := r.PathValue(name); len(id) > maxID || hasControls(id) {
			return fault(http.StatusBadRequest, "an ID has at most %d bytes, and no control characters", maxID)
		}
	}
	return nil
}

// dockerHost is the name of the host machine inside containers. No attacker can own this name.
const dockerHost = "host.docker.internal"

// guard keeps pages of other sites in the user's browser away from the admin API: it refuses
// requests that the browser marks as cross-site, and host names that do not belong to this
// machine, which a DNS rebinding attack would use.
func guard(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		switch {
		case site != "" && site != "same-origin" && site != "none" && !followsLink(r),
			origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host:
			reply(w, nil, fault(http.StatusForbidden, "a request from another site is refused"))
		case !ownName(r.Host, names):
			reply(w, nil, fault(http.StatusForbidden, "the emulator does not serve the host %q: add the name with -host", r.Host))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// followsLink reports whether a browser opens the page as a top-level document, for example by a
// link sent to a colleague. The page itself holds no data, and its own requests are same-origin.
func followsLink(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// ownName reports whether a Host header can belong to the emulator: an IP address, or one of its
// names.
func ownName(hostport string, names []string) bool {
	name := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		name = h
	}
	same := func(own string) bool { return own != "" && strings.EqualFold(own, name) }
	return slices.ContainsFunc(names, same) || net.ParseIP(strings.Trim(name, "[]")) != nil
}

// readingLimit is how long a client may take to read a response, which keeps data in memory until
// then.
const readingLimit = time.Minute

// adminError is a refusal by the admin API.
type adminError struct {
	status int
	text   string
}

func (e *adminError) Error() string { return e.text }

func fault(status int, format string, args ...any) error {
	return &adminError{status, fmt.Sprintf(format, args...)}
}

func reply(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
		var refusal *adminError
		if errors.As(err, &refusal) {
			status = refusal.status
		}
		// users of other languages do not know Go packages
		result = map[string]string{"error": strings.ReplaceAll(err.Error(), "rongcloudtest: ", "")}
	}
	if result == nil {
		result = struct{}{}
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=UTF-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// fails for a recorder, which has no deadline
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(readingLimit))
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	if list, ok := result.(lister); ok {
		_ = list.write(w, encoder) // the caller may have gone
		return
	}
	_ = encoder.Encode(result) // plain data
}

// lister is a result that is written item by item, because as a whole it may take a lot of memory.
type lister interface {
	write(w io.Writer, encoder *json.Encoder) error
}

// listing is a list whose items are converted as they are written.
type listing[T, S any] struct {
	items []T
	show  func(T) S
}

func (l listing[T, S]) write(w io.Writer, encoder *json.Encoder) error {
	separator := "["
	for _, item := range l.items {
		if _, err := io.WriteString(w, separator); err != nil {
			return err
		}
		if err := encoder.Encode(l.show(item)); err != nil {
			return err
		}
		separator = ","
	}
	if len(l.items) == 0 {
		separator = "[]\n"
	} else {
		separator = "]\n"
	}
	_, err := io.WriteString(w, separator)
	return err
}

// inJSON reports a value of the wrong type without using Go's type names.
func inJSON(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	want := map[reflect.Kind]string{
		reflect.String: "a text", reflect.Bool: "true or false", reflect.Slice: "a list", reflect.Int: "a whole number", reflect.Int64: "a whole number",
	}[wrong.Type.Kind()]
	return fmt.Errorf("%s must be %s, not %s", cmp.Or(wrong.Field, "it"), cmp.Or(want, "an object"), wrong.Value)
}

// read decodes a JSON body and refuses unknown fields.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(into); {
	case errors.Is(err, io.EOF):
		return fault(http.StatusBadRequest, "a JSON body is required")
	case err != nil:
		return fault(http.StatusBadRequest, "the body: %v", inJSON(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fault(http.StatusBadRequest, "the body: more than one document")
	}
	return nil
}

func (e *emulator) getState(*http.Request) (any, error) {
	return struct {
		AppKey   string `json:"appKey"`
		Instance string `json:"instance"` // different after each start
		counts
		rongcloudtest.State
	}{e.AppKey(), e.instance, e.counts(), e.State()}, nil
}

func (e *emulator) postReset(*http.Request) (any, error) {
	e.Reset()
	e.resetCounts()
	e.events.publish("reset", struct{}{})
	return nil, nil //nolint:nilnil // an empty object
}

func (e *emulator) postSeed(r *http.Request) (any, error) {
	var s seed
	if err := read(r, &s); err != nil {
		return nil, err
	}
	if err := e.seed(r.Context(), s); err != nil {
		return nil, err
	}
	e.events.publish("seed", struct{}{})
	return e.getState(r)
}

// mostAhead is how far the clock may be moved ahead; a time.Duration cannot hold 300 years.
const mostAhead = 100 * 365 * 24 * time.Hour

type clockState struct {
	Now time.Time `json:"now"`
}

func (e *emulator) getClock(*http.Request) (any, error) { return clockState{e.Now()}, nil }

func (e *emulator) postClock(r *http.Request) (any, error) {
	var body struct {
		Advance span `json:"advance"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.Advance <= 0 {
		return nil, fault(http.StatusBadRequest, "advance: the clock can only go forward")
	}
	e.advancing.Lock()
	defer e.advancing.Unlock()
	if time.Duration(body.Advance) > mostAhead-time.Until(e.Now()) {
		return nil, fault(http.StatusBadRequest, "advance: the clock can go forward by at most 100 years")
	}
	e.Advance(time.Duration(body.Advance))
	e.events.publish("clock", clockState{e.Now()})
	return clockState{e.Now()}, nil
}

// span is a time.Duration that is text in JSON, such as "1h30m".
type span time.Duration

// UnmarshalJSON reads a duration as text.
func (s *span) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a span is a text such as \"90s\" or \"1h30m\", not %s", data)
	}
	d, err := time.ParseDuration(text)
	*s = span(d)
	return err
}

// MarshalJSON writes a duration as text.
func (s span) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).String()) }
