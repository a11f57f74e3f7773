package rongcloudtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Fault is something that goes wrong with a request; see [Server.Fail]. It happens before the
// request is checked, like a network fault.
//
// With Status, Code, Message or Body, the request is not executed, and these make up the response.
// With only Delay, Header, or a field that drops or cuts the response, the request is executed.
// The zero Fault is an internal error, HTTP 500 with code 1000.
type Fault struct {
	Status  int            // HTTP status; if 0, the one documented with Code
	Code    rongcloud.Code // code in the response; if 0, the one that belongs to Status
	Message string         // errorMessage in the response
	Body    string         // the whole body instead of JSON, such as a proxy's HTML page

	Header http.Header // added to the response, such as Retry-After

	// Delay holds the response back; the request is executed first. The delay ends early if the
	// caller gives up or the server closes.
	Delay time.Duration

	// DropResponse executes the request, then closes the connection without a response.
	DropResponse bool

	// Reset reads the request and resets the connection without executing it.
	Reset bool

	// CutResponse sends the first half of the response's body, then closes the connection;
	// Content-Length announces the whole body.
	CutResponse bool

	// ResetResponse sends the first half of the response's body, then resets the connection.
	ResetResponse bool

	// ContentLength is announced instead of the body's length, and may be larger or smaller.
	ContentLength int

	// When selects the requests that fail; nil means all. It sees the request as received, without
	// Status, Code and Message, and must not call the server.
	When func(Request) bool

	// Where selects the requests that have these parameters with these values, possibly among
	// others; nil means all.
	Where map[string]string

	// Skip is how many requests pass first: with 2, the third one fails.
	Skip int

	// Times is how many requests fail; 0 means one, and a negative number all until ClearFaults.
	Times int

	// Number identifies the fault, from 1. The server sets it; see Server.Faults.
	Number int

	ep *endpoint.Endpoint
}

// Fail makes the next request to ep fail, or as many as fault.Times says; nil means any endpoint,
// including unknown paths. Several faults for the same requests apply one after the other.
func (s *Server) Fail(ep *endpoint.Endpoint, fault Fault) {
	fault.ep = ep
	if fault.Times == 0 {
		fault.Times = 1
	}
	fault.Header, fault.Where = fault.Header.Clone(), maps.Clone(fault.Where)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultCount++
	fault.Number = s.faultCount
	s.faults = append(s.faults, &fault)
}

// Faults returns the faults that have not been used up, in order; Times and Skip are what is left
// of them.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Fault, len(s.faults))
	for i, fault := range s.faults {
		all[i] = *fault
	}
	return all
}

// Endpoint returns the endpoint whose requests fail, nil for all.
func (f *Fault) Endpoint() *endpoint.Endpoint { return f.ep }

// ClearFaults removes faults that have not been used up: those with the given numbers, or all if
// none are given.
func (s *Server) ClearFaults(numbers ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool {
		return len(numbers) == 0 || slices.Contains(numbers, f.Number)
	})
}

// takeFault returns the fault for a request, or nil.
func (s *Server) takeFault(in *incoming) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, fault := range s.faults {
		switch {
		case !fault.strikes(in, s.now()):
			continue
		case fault.Skip > 0:
			fault.Skip--
			continue
		}
		if fault.Times--; fault.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return fault
	}
	return nil
}

func (f *Fault) strikes(in *incoming, now time.Time) bool {
	if f.ep != nil && f.ep != in.ep {
		return false
	}
	if f.When == nil && len(f.Where) == 0 {
		return true
	}
	seen := in.seen(now)
	for name, value := range f.Where {
		if !slices.Contains(seen.Params.List(name), value) {
			return false
		}
	}
	return f.When == nil || f.When(seen)
}

// seen returns the request as received, whether or not its parameters are valid.
func (in *incoming) seen(now time.Time) Request {
	r := Request{
		ReceivedAt: now, Method: in.method, Path: in.path, Endpoint: in.ep, RequestID: in.header.Get("X-Request-ID"), Header: in.header,
	}
	if in.ep == nil {
		return r
	}
	if p, _ := parseParams(in); p != nil {
		r.Params, r.Unknown = p.Params, p.unknown
	}
	return r
}

// answers reports whether the fault responds instead of the server.
func (f *Fault) answers() bool {
	if f.Status != 0 || f.Code != 0 || f.Message != "" || f.Body != "" {
		return true
	}
	return f.Delay == 0 && !f.DropResponse && !f.Reset && !f.cuts() && len(f.Header) == 0
}

// cuts reports whether the body sent differs from the one announced.
func (f *Fault) cuts() bool { return f.CutResponse || f.ResetResponse || f.ContentLength != 0 }

func (f *Fault) answer() answer {
	a := answer{status: f.Status, code: f.Code, message: f.Message}
	switch {
	case f.Body != "":
		a.raw = &f.Body
	case f.Status == 0 && f.Code == 0:
		a.status, a.code = http.StatusInternalServerError, rongcloud.CodeInternalError
	case f.Status == 0:
		a.status = statusOf(f.Code)
	case f.Code == 0:
		a.code = codeOf(f.Status)
	}
	switch {
	case a.raw != nil:
	// no code belongs to the status, so it is a gateway's response
	case a.code == 0 && f.Status >= 300:
		page := fmt.Sprintf("<html><body><h1>%d %s</h1>%s</body></html>\n", f.Status, http.StatusText(f.Status), f.Message)
		a.raw = &page
	case a.message == "":
		a.message = a.code.Meaning()
	}
	return a
}

func (f *Fault) addHeader(header http.Header) {
	for name, values := range f.Header {
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
}

// wait holds a response back, and reports whether the caller is still there.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.open.Done():
		return false
	}
}

// aborter is a ResponseWriter without a connection.
type aborter interface {
	abort(reset bool)
	cut(announced int, reset bool)
}

// abort ends a request without a response: by a reset, or by closing the connection.
func abort(w http.ResponseWriter, reset bool) {
	if a, ok := w.(aborter); ok {
		a.abort(reset)
		return
	}
	conn, _ := hijack(w)
	end(conn, reset)
}

func hijack(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, or a foreign server
	}
	return conn, buffered
}

func end(conn net.Conn, reset bool) {
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// writeCut sends a body whose length differs from the announced one, and ends the connection.
func (f *Fault) writeCut(w http.ResponseWriter, a answer) {
	whole := &response{header: w.Header()}
	a.write(whole)
	announced, body := whole.body.Len(), whole.body.Bytes()
	if f.CutResponse || f.ResetResponse {
		body = body[:len(body)/2]
	}
	if f.ContentLength != 0 {
		announced = f.ContentLength
	}
	if in, ok := w.(aborter); ok {
		w.WriteHeader(whole.status)
		_, _ = w.Write(body[:min(len(body), announced)])
		in.cut(announced, f.ResetResponse)
		return
	}
	whole.header.Set("Content-Length", strconv.Itoa(announced))
	// or a caller who got all that was announced would reuse the connection
	whole.header.Set("Connection", "close")
	conn, buffered := hijack(w)
	_, _ = fmt.Fprintf(buffered, "HTTP/1.1 %d %s\r\n", whole.status, http.StatusText(whole.status))
	_ = whole.header.Write(buffered)
	_, _ = buffered.WriteString("\r\n")
	_, _ = buffered.Write(body[:min(len(body), announced)])
	_ = buffered.Flush()
	end(conn, f.ResetResponse)
}

// Transport serves requests in this process, without a socket, whatever host they name. It can be
// the Transport of any http.Client.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ server *Server }

// errClosed is what a closed server's transport returns instead of a refused connection.
var errClosed = errors.New("rongcloudtest: the server is closed")

// RoundTrip handles req in the caller's goroutine.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if req.Body != nil {
		defer req.Body.Close()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-t.server.open.Done():
		return nil, errClosed
	default:
	}
	in := req.Clone(ctx)
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RemoteAddr = "in-process"
	w := &response{header: http.Header{}}
	t.server.serve(w, in)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.aborted != nil {
		return nil, w.aborted
	}
	length := w.body.Len()
	var body io.Reader = &w.body
	if w.cutBy != nil {
		length = w.announced
		body = io.MultiReader(body, broken{w.cutBy})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(body), ContentLength: int64(length), Request: req,
	}, nil
}

// response records a response.
type response struct {
	header    http.Header
	status    int
	body      bytes.Buffer
	aborted   error
	announced int
	cutBy     error // the error that ends the body
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) { w.status = status }

func (w *response) Write(p []byte) (int, error) { return w.body.Write(p) }

func (w *response) abort(reset bool) { w.aborted = brokenBy(reset) }

// cut ends the body early, unless everything announced was written.
func (w *response) cut(announced int, reset bool) {
	w.header.Set("Content-Length", strconv.Itoa(announced))
	if w.announced = announced; w.body.Len() < announced {
		w.cutBy = brokenBy(reset)
	}
}

// broken stands for the part of a response that never arrives.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// brokenBy returns the error that a client reads from a broken connection.
func brokenBy(reset bool) error {
	if reset {
		return fmt.Errorf("rongcloudtest: %w", syscall.ECONNRESET)
	}
	return io.ErrUnexpectedEOF
}
