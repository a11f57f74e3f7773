package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// maxAdminBody bounds a request to the admin API; a seed is the longest.
const maxAdminBody = 16 << 20

const adminPath = "/_emulator/"

// handler serves the page, the admin API and, below everything else, RongCloud's API.
func (e *emulator) handler(address string) http.Handler {
	admin := http.NewServeMux()
	route := func(pattern string, h func(r *http.Request) (any, error)) {
		method, path, _ := strings.Cut(pattern, " ")
		admin.HandleFunc(method+" "+adminPath+path, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxAdminBody)
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
	route("GET messages", e.getMessages)
	route("GET users/{id}/inbox", e.getInbox)
	route("POST users/{id}/connect", e.postConnect)
	route("POST users/{id}/disconnect", e.postDisconnect)
	route("POST users/{id}/send", e.postSend)
	route("POST users/{id}/chatrooms/{room}", e.postJoin)
	route("DELETE users/{id}/chatrooms/{room}", e.deleteJoin)
	route("GET callbacks", e.getCallbacks)
	route("GET faults", e.getFaults)
	route("POST faults", e.postFault)
	route("DELETE faults", e.deleteFaults)
	route("GET endpoints", e.getEndpoints)
	admin.HandleFunc("GET "+adminPath+"events", e.serveEvents)
	admin.HandleFunc(adminPath, func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, fault(http.StatusNotFound, "the admin API has no %s %s", r.Method, r.URL.Path))
	})
	page := servePage()
	guarded := guard(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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

// guard keeps other sites' pages in the user's browser away from the admin API: it refuses what a browser says comes from
// another site, and names that do not belong to this machine, as an attack by DNS rebinding would use.
func guard(address string, next http.Handler) http.Handler {
	host, _, _ := net.SplitHostPort(address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		switch {
		case site != "" && site != "same-origin" && site != "none",
			origin != "" && origin != "http://"+r.Host:
			reply(w, nil, fault(http.StatusForbidden, "a request from another site is refused"))
		case !ownName(r.Host, host):
			reply(w, nil, fault(http.StatusForbidden, "the emulator is not called %q", r.Host))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ownName tells whether a Host header may be the emulator's: an IP address, localhost, or the name it listens on.
func ownName(hostport, listening string) bool {
	name := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		name = h
	}
	return name == "localhost" || name == listening || net.ParseIP(strings.Trim(name, "[]")) != nil
}

// adminError is a refusal of the admin API.
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
		result = map[string]string{"error": err.Error()}
	}
	if result == nil {
		result = struct{}{}
	}
	body, err := json.Marshal(result)
	if err != nil { // the results are plain data
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=UTF-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// read decodes a JSON body and refuses fields that are not known.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(into); {
	case errors.Is(err, io.EOF):
		return fault(http.StatusBadRequest, "a JSON body is required")
	case err != nil:
		return fault(http.StatusBadRequest, "the body: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fault(http.StatusBadRequest, "the body: more than one document")
	}
	return nil
}

func (e *emulator) getState(*http.Request) (any, error) {
	return struct {
		AppKey string `json:"appKey"`
		rongcloudtest.State
	}{e.AppKey(), e.State()}, nil
}

func (e *emulator) postReset(*http.Request) (any, error) {
	e.Reset()
	e.events.publish("reset", struct{}{})
	return nil, nil //nolint:nilnil // an empty object
}

func (e *emulator) postSeed(r *http.Request) (any, error) {
	var s seed
	if err := read(r, &s); err != nil {
		return nil, err
	}
	if err := e.plant(r.Context(), s); err != nil {
		return nil, err
	}
	e.events.publish("seed", struct{}{})
	return e.getState(r)
}

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
		return nil, fault(http.StatusBadRequest, "advance: the clock goes forward only")
	}
	e.Advance(time.Duration(body.Advance))
	e.events.publish("clock", clockState{e.Now()})
	return clockState{e.Now()}, nil
}

// span is a time.Duration that JSON knows as text, such as "1h30m".
type span time.Duration

// UnmarshalJSON reads a text.
func (s *span) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a span is a text such as \"90s\" or \"1h30m\", not %s", data)
	}
	d, err := time.ParseDuration(text)
	*s = span(d)
	return err
}

// MarshalJSON writes a text.
func (s span) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).String()) }

// mostListed bounds a list whose caller asks for no other length.
const mostListed = 200

// getRequests lists the newest requests, or with ?after=N those after that number, oldest first.
func (e *emulator) getRequests(r *http.Request) (any, error) {
	after, err := number(r.URL.Query().Get("after"), 0)
	if err != nil {
		return nil, fault(http.StatusBadRequest, "after: %v", err)
	}
	limit, err := number(r.URL.Query().Get("limit"), mostListed)
	if err != nil || limit < 1 {
		return nil, fault(http.StatusBadRequest, "limit: a positive number is required")
	}
	list := []summary{}
	for _, one := range e.Requests() {
		if one.Number > after && !isOwn(one) {
			list = append(list, summarize(one))
		}
	}
	if after == 0 {
		return list[max(0, len(list)-limit):], nil
	}
	return list[:min(len(list), limit)], nil
}

func isOwn(r rongcloudtest.Request) bool {
	return strings.Contains(r.Header.Get("User-Agent"), ownAgent)
}

func number(text string, missing int) (int, error) {
	if text == "" {
		return missing, nil
	}
	return strconv.Atoi(text)
}

// details is all there is to know of a request.
type details struct {
	summary
	Parameters map[string]any    `json:"parameters"`
	Headers    map[string]string `json:"headers"`
	Signature  explanation       `json:"signature"`
	Summary    string            `json:"summary,omitempty"` // what the endpoint does
	Class      string            `json:"class,omitempty"`
	Doc        string            `json:"doc,omitempty"`
}

func (e *emulator) getRequest(r *http.Request) (any, error) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return nil, fault(http.StatusBadRequest, "%q is no number", r.PathValue("number"))
	}
	all := e.Requests()
	i := slices.IndexFunc(all, func(one rongcloudtest.Request) bool { return one.Number == n })
	if i < 0 {
		return nil, fault(http.StatusNotFound, "request %d is not there, or not any more", n)
	}
	one := all[i]
	d := details{
		summary: summarize(one), Parameters: map[string]any{}, Headers: map[string]string{},
		Signature: explain(one.Header, e.AppKey(), e.AppSecret(), one.Time),
	}
	for _, name := range one.Params.Names() {
		switch list, keyed := one.Params.List(name), one.Params.Keyed(name); {
		case len(keyed) > 0:
			d.Parameters[name] = keyed
		case len(list) == 1:
			d.Parameters[name] = list[0]
		default:
			d.Parameters[name] = list
		}
	}
	for name, values := range one.Header {
		d.Headers[name] = strings.Join(values, ", ")
	}
	if ep := one.Endpoint; ep != nil {
		d.Summary, d.Class, d.Doc = ep.Summary, ep.Class.String(), ep.Doc
	}
	return d, nil
}

// message is a message as the admin API shows it.
type message struct {
	UID        string    `json:"uid"`
	Type       string    `json:"type"`
	From       string    `json:"from"`
	To         string    `json:"to,omitempty"`
	Channel    string    `json:"channel,omitempty"`
	ObjectName string    `json:"objectName"`
	Content    string    `json:"content"`
	Push       string    `json:"pushContent,omitempty"`
	Time       time.Time `json:"time"`
	Receivers  []string  `json:"receivers,omitempty"`
	Recalled   bool      `json:"recalled,omitempty"`
	Blocked    bool      `json:"blocked,omitempty"`
	OwnCopy    bool      `json:"ownCopy,omitempty"`
}

func show(m rongcloudtest.Message) message {
	return message{
		UID: m.UID, Type: m.Conversation.Type.String(), From: m.From, To: m.Conversation.Target, Channel: m.Conversation.Channel,
		ObjectName: m.ObjectName, Content: m.Content, Push: m.PushContent, Time: m.SentTime, OwnCopy: m.OwnCopy,
	}
}

func (e *emulator) getMessages(r *http.Request) (any, error) {
	limit, err := number(r.URL.Query().Get("limit"), mostListed)
	if err != nil || limit < 1 {
		return nil, fault(http.StatusBadRequest, "limit: a positive number is required")
	}
	list := []message{}
	for _, m := range e.Sent() {
		one := show(m.Message)
		one.Receivers, one.Recalled, one.Blocked = m.Receivers, m.Recalled, m.Blocked
		list = append(list, one)
	}
	return list[max(0, len(list)-limit):], nil
}

func (e *emulator) getInbox(r *http.Request) (any, error) {
	list := []message{}
	for _, m := range e.User(r.PathValue("id")).Inbox() {
		list = append(list, show(m))
	}
	return list, nil
}

type userState struct {
	ID     string `json:"id"`
	Online bool   `json:"online"`
}

func (e *emulator) postConnect(r *http.Request) (any, error) {
	u := e.User(r.PathValue("id"))
	if err := u.Connect(); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	e.events.publish("user", userState{u.ID(), u.Online()})
	return userState{u.ID(), u.Online()}, nil
}

func (e *emulator) postDisconnect(r *http.Request) (any, error) {
	u := e.User(r.PathValue("id"))
	u.Disconnect()
	e.events.publish("user", userState{u.ID(), u.Online()})
	return userState{u.ID(), u.Online()}, nil
}

// postSend lets a user's app send a message.
func (e *emulator) postSend(r *http.Request) (any, error) {
	var body struct {
		To         string          `json:"to"`
		Type       string          `json:"type"`    // private, group, chatroom or ultraGroup; private without it
		Channel    string          `json:"channel"` // of an ultra group
		Text       string          `json:"text"`    // of a text message, or
		ObjectName string          `json:"objectName"`
		Content    json.RawMessage `json:"content"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	var content rongcloud.MessageContent = rongcloud.TextMessage{Content: body.Text}
	if body.ObjectName != "" {
		content = rongcloud.RawContent{Name: body.ObjectName, Body: string(body.Content)}
	}
	u := e.User(r.PathValue("id"))
	var uid string
	var err error
	switch body.Type {
	case "", "private":
		uid, err = u.SendPrivate(body.To, content)
	case "group":
		uid, err = u.SendGroup(body.To, content)
	case "chatroom":
		uid, err = u.SendChatroom(body.To, content)
	case "ultraGroup":
		uid, err = u.SendUltraGroup(body.To, body.Channel, content)
	default:
		return nil, fault(http.StatusBadRequest, "type: private, group, chatroom or ultraGroup, not %q", body.Type)
	}
	if err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	e.events.publish("message", struct{}{})
	return struct {
		UID string `json:"uid"`
	}{uid}, nil
}

func (e *emulator) postJoin(r *http.Request) (any, error) {
	if err := e.User(r.PathValue("id")).JoinChatroom(r.PathValue("room")); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	e.events.publish("user", userState{r.PathValue("id"), true})
	return nil, nil //nolint:nilnil // an empty object
}

func (e *emulator) deleteJoin(r *http.Request) (any, error) {
	e.User(r.PathValue("id")).LeaveChatroom(r.PathValue("room"))
	e.events.publish("user", userState{r.PathValue("id"), e.User(r.PathValue("id")).Online()})
	return nil, nil //nolint:nilnil // an empty object
}

func (e *emulator) getCallbacks(*http.Request) (any, error) {
	list := []callbackState{}
	for _, c := range e.Callbacks() {
		list = append(list, showCallback(c))
	}
	return list[max(0, len(list)-mostListed):], nil
}

// faultState is a fault as the admin API takes and shows it; see rongcloudtest.Fault.
type faultState struct {
	Endpoint      string            `json:"endpoint,omitempty"` // path; empty for any
	Status        int               `json:"status,omitempty"`
	Code          rongcloud.Code    `json:"code,omitempty"`
	Message       string            `json:"message,omitempty"`
	Body          string            `json:"body,omitempty"`
	Header        map[string]string `json:"header,omitempty"`
	Delay         span              `json:"delay,omitzero"`
	DropResponse  bool              `json:"dropResponse,omitempty"`
	Reset         bool              `json:"reset,omitempty"`
	CutAnswer     bool              `json:"cutAnswer,omitempty"`
	ResetAnswer   bool              `json:"resetAnswer,omitempty"`
	ContentLength int               `json:"contentLength,omitempty"`
	Skip          int               `json:"skip,omitempty"`
	Times         int               `json:"times,omitempty"`
	Where         map[string]string `json:"where,omitempty"` // parameters that the request must have, with these values
}

func (f faultState) fault() (*endpoint.Endpoint, rongcloudtest.Fault, error) {
	var ep *endpoint.Endpoint
	if f.Endpoint != "" {
		if ep = endpoint.ByPath(f.Endpoint); ep == nil {
			return nil, rongcloudtest.Fault{}, fault(http.StatusBadRequest, "endpoint: the catalogue has no %q", f.Endpoint)
		}
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) || f.Delay < 0 || f.Skip < 0 || f.ContentLength < 0 {
		return nil, rongcloudtest.Fault{}, fault(http.StatusBadRequest, "status must be 200 to 599; delay, skip and contentLength must not be negative")
	}
	header := http.Header{}
	for name, value := range f.Header {
		header.Set(name, value)
	}
	made := rongcloudtest.Fault{
		Status: f.Status, Code: f.Code, Message: f.Message, Body: f.Body, Header: header, Delay: time.Duration(f.Delay),
		DropResponse: f.DropResponse, Reset: f.Reset, CutAnswer: f.CutAnswer, ResetAnswer: f.ResetAnswer, ContentLength: f.ContentLength,
		Skip: f.Skip, Times: f.Times,
	}
	if len(f.Where) > 0 {
		where := maps.Clone(f.Where)
		made.When = func(r rongcloudtest.Request) bool {
			for name, value := range where {
				if !slices.Contains(r.Params.List(name), value) {
					return false
				}
			}
			return true
		}
	}
	return ep, made, nil
}

func (e *emulator) getFaults(*http.Request) (any, error) {
	list := []faultState{}
	for _, f := range e.Faults() {
		one := faultState{
			Status: f.Status, Code: f.Code, Message: f.Message, Body: f.Body, Delay: span(f.Delay), DropResponse: f.DropResponse,
			Reset: f.Reset, CutAnswer: f.CutAnswer, ResetAnswer: f.ResetAnswer, ContentLength: f.ContentLength, Skip: f.Skip, Times: f.Times,
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
	e.events.publish("faults", struct{}{})
	return e.getFaults(r)
}

func (e *emulator) deleteFaults(r *http.Request) (any, error) {
	e.ClearFaults()
	e.events.publish("faults", struct{}{})
	return e.getFaults(r)
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
