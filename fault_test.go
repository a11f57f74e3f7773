package rongcloud

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// The fault matrix: what each fault does to each class of endpoint, with a backup host that is
// alive, one that is dead, and none. Every cell runs over real TCP and states which requests the
// two servers got and which error the caller gets.

// faultServer is one host of a cell. It counts requests, and for every request ID how often it was
// carried out.
type faultServer struct {
	*httptest.Server
	mu       sync.Mutex
	requests int
	done     map[string]int
}

func (s *faultServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// twice reports whether any request was carried out more than once, by one of the servers or by
// several.
func twice(servers ...*faultServer) bool {
	done := map[string]int{}
	for _, s := range servers {
		if s == nil {
			continue
		}
		s.mu.Lock()
		for id, n := range s.done {
			done[id] += n
		}
		s.mu.Unlock()
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(done)), func(n int) bool { return n > 1 })
}

// newFaultServer starts a host whose responses come from serve, which reports whether it carried
// out the request.
func newFaultServer(t testing.TB, tls bool, serve func(w http.ResponseWriter, r *http.Request) bool) *faultServer {
	s := newUnstartedFaultServer(serve)
	if tls {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func newUnstartedFaultServer(serve func(w http.ResponseWriter, r *http.Request) bool) *faultServer {
	s := &faultServer{done: map[string]int{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		s.requests++
		s.mu.Unlock()
		// A request is counted before its response, like on a server that dies right after carrying
		// it out.
		if carriedOut := serve(w, r); carriedOut && err == nil {
			s.mu.Lock()
			s.done[r.Header.Get("X-Request-Id")]++
			s.mu.Unlock()
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

// memoryHosts are servers on an in-memory network, by address. Waits there use synctest's time.
type memoryHosts map[string]*memoryNet

func (h memoryHosts) newServer(t testing.TB, name string, serve func(w http.ResponseWriter, r *http.Request) bool) *faultServer {
	s := newUnstartedFaultServer(serve)
	_ = s.Listener.Close()
	network := newMemoryNet()
	s.Listener = network
	s.Start()
	t.Cleanup(s.Close)
	s.URL = "http://" + name
	h[name+":80"] = network
	return s
}

func (h memoryHosts) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host := h[address]; host != nil {
		return host.dial(ctx, network, address)
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
}

const faultSuccess = `{"code":200,"userName":"Ann"}`

func serveSuccess(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, faultSuccess)
	return true
}

// answer serves a fixed status and body.
func answer(status int, body string, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return status/100 != 4 || leavesOutcomeOpen(status)
	}
}

// raw writes bytes instead of an HTTP response and resets the connection.
func raw(text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, text)
		if text == "" {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		_ = conn.Close()
		return true
	}
}

// hang does not respond until the client disconnects.
func hang(_ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

func flood(w http.ResponseWriter, _ *http.Request) bool {
	block := make([]byte, 64<<10)
	_, _ = io.WriteString(w, "{")
	for range 50 << 20 / len(block) {
		if _, err := w.Write(block); err != nil {
			break
		}
	}
	return true
}

func zippedFlood(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(zipped())
	return true
}

var zipped = sync.OnceValue(func() []byte {
	var buf bytes.Buffer
	writer := gzip.NewWriter(&buf)
	for range 50 {
		_, _ = writer.Write(make([]byte, 1<<20))
	}
	_ = writer.Close()
	return buf.Bytes()
})

// closeUsed responds to the first request of each connection and does not announce that it will
// close it. The second request arrives just as the server closes the idle connection, and is not
// carried out.
func closeUsed() func(http.ResponseWriter, *http.Request) bool {
	var used sync.Map
	return func(w http.ResponseWriter, r *http.Request) bool {
		if _, again := used.LoadOrStore(fmt.Sprint(r.Context().Value(http.LocalAddrContextKey), r.RemoteAddr), true); again {
			raw("")(w, r)
			return false
		}
		return serveSuccess(w, r)
	}
}

type fault struct {
	name  string
	serve func(w http.ResponseWriter, r *http.Request) bool
	// setup changes a cell before its call, and may return its own context.
	setup func(t *testing.T, cell *faultCell) context.Context
	tls   bool
	// Make a call first, so that the connection has been used; it counts as one request.
	warm bool
	// It takes seconds, so it uses synctest's time.
	waits bool
	// Per class, for a backup that is alive, dead, and absent: requests at primary/backup, then the
	// kind of error.
	repeatable, guarded, unsafe [3]string
}

type faultCell struct {
	primary *faultServer
	backup  *faultServer
	urls    []string
	opts    []Option
	hosts   memoryHosts // nil for real connections
}

// serve starts a host of the cell.
func (c *faultCell) serve(t *testing.T, name string, tls bool, serve func(w http.ResponseWriter, r *http.Request) bool) *faultServer {
	if c.hosts != nil {
		return c.hosts.newServer(t, name, serve)
	}
	return newFaultServer(t, tls, serve)
}

func same(want string) [3]string { return [3]string{want, want, want} }

// Rows shared by many faults.
var (
	// The host fails: switch, and repeat if allowed.
	hostFails = [3]string{"1/1 ok", "2/0 transport", "3/0 transport"}
	// The host is never reached: everything may be repeated.
	unreached = [3]string{"0/1 ok", "0/0 transport", "0/0 transport"}
)

func faultTable() []fault {
	limited := `{"code":1008,"errorMessage":"too fast"}`
	return []fault{
		{
			name: "connection refused", setup: unreachable("http://" + closedAddress),
			repeatable: unreached, guarded: unreached, unsafe: unreached,
		},
		{
			name: "DNS failure", setup: unreachable("http://api.example.invalid"),
			repeatable: unreached, guarded: unreached, unsafe: unreached,
		},
		{
			name: "TLS failure", serve: serveSuccess, tls: true,
			repeatable: unreached, guarded: unreached, unsafe: unreached,
		},
		{
			name: "reset before the answer", serve: raw(""),
			repeatable: hostFails,
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport", "3/0 unknown transport"},
			unsafe:     same("1/0 unknown transport"),
		},
		{
			name: "reset within the headers", serve: raw("HTTP/1.1 200 OK\r\nContent-Ty"),
			repeatable: hostFails,
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport", "3/0 unknown transport"},
			unsafe:     same("1/0 unknown transport"),
		},
		{
			name: "reset within the body", serve: raw("HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{\"code\":200"),
			repeatable: [3]string{"1/1 ok", "2/0 transport http200", "3/0 transport http200"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport http200", "3/0 unknown transport http200"},
			unsafe:     same("1/0 unknown transport http200"),
		},
		{
			name: "attempt timeout", serve: hang, setup: attemptTimeoutOf(time.Second), waits: true,
			repeatable: [3]string{"1/1 ok", "2/0 transport deadline", "3/0 transport deadline"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport deadline", "3/0 unknown transport deadline"},
			unsafe:     same("1/0 unknown transport deadline"),
		},
		{
			name: "caller's deadline", serve: hang, setup: deadlineIn(time.Second), waits: true,
			repeatable: same("1/0 transport deadline"),
			guarded:    same("1/0 unknown transport deadline"),
			unsafe:     same("1/0 unknown transport deadline"),
		},
		{
			name: "caller cancels before the answer", setup: cancelOnArrival,
			repeatable: same("1/0 transport canceled"),
			guarded:    same("1/0 unknown transport canceled"),
			unsafe:     same("1/0 unknown transport canceled"),
		},
		{
			name: "caller cancels between attempts", serve: answer(429, limited, "Retry-After", "3600"), setup: cancelWhileWaiting,
			repeatable: same("1/0 rate canceled http429 code1008"),
			guarded:    same("1/0 rate canceled http429 code1008"),
			unsafe:     same("1/0 rate canceled http429 code1008"),
		},
		{
			name: "302", serve: answer(302, "", "Location", "http://127.0.0.1:1/login"),
			repeatable: same("1/0 transport http302"),
			guarded:    same("1/0 unknown transport http302"),
			unsafe:     same("1/0 unknown transport http302"),
		},
		{
			name: "307", serve: answer(307, "", "Location", "http://127.0.0.1:1/elsewhere"),
			repeatable: same("1/0 transport http307"),
			guarded:    same("1/0 transport http307"),
			unsafe:     same("1/0 transport http307"),
		},
		{
			name: "429 with Retry-After", serve: answer(429, limited, "Retry-After", "1"),
			repeatable: same("3/0 rate http429 code1008"),
			guarded:    same("3/0 rate http429 code1008"),
			unsafe:     same("3/0 rate http429 code1008"),
		},
		{
			name: "429 without Retry-After", serve: answer(429, limited),
			repeatable: same("3/0 rate http429 code1008"),
			guarded:    same("3/0 rate http429 code1008"),
			unsafe:     same("3/0 rate http429 code1008"),
		},
		{
			name: "429 with HTML", serve: answer(429, "<html>slow down</html>"),
			repeatable: same("3/0 rate transport http429"),
			guarded:    same("3/0 rate transport http429"),
			unsafe:     same("3/0 rate transport http429"),
		},
		{
			name: "429 that claims success", serve: answer(429, faultSuccess),
			repeatable: same("3/0 rate transport http429"),
			guarded:    same("3/0 rate transport http429"),
			unsafe:     same("3/0 rate transport http429"),
		},
		{
			name: "rate-limit code with HTTP 200", serve: func(w http.ResponseWriter, r *http.Request) bool {
				answer(200, limited)(w, r)
				return false
			},
			repeatable: same("3/0 rate http200 code1008"),
			guarded:    same("3/0 rate http200 code1008"),
			unsafe:     same("3/0 rate http200 code1008"),
		},
		{
			name: "400 JSON", serve: answer(400, `{"code":1002,"errorMessage":"no"}`),
			repeatable: same("1/0 http400 code1002"),
			guarded:    same("1/0 http400 code1002"),
			unsafe:     same("1/0 http400 code1002"),
		},
		{
			name: "401 JSON", serve: answer(401, `{"code":1004,"errorMessage":"no"}`),
			repeatable: same("1/0 unauthorized http401 code1004"),
			guarded:    same("1/0 unauthorized http401 code1004"),
			unsafe:     same("1/0 unauthorized http401 code1004"),
		},
		{
			name: "500 JSON", serve: answer(500, `{"code":1000,"errorMessage":"oops"}`),
			repeatable: [3]string{"1/1 ok", "2/0 http500 code1000", "3/0 http500 code1000"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown http500 code1000", "3/0 unknown http500 code1000"},
			unsafe:     same("1/0 unknown http500 code1000"),
		},
		{
			name: "internal error with HTTP 200", serve: answer(200, `{"code":1000,"errorMessage":"oops"}`),
			repeatable: same("3/0 http200 code1000"),
			guarded:    same("3/0 unknown http200 code1000"),
			unsafe:     same("1/0 unknown http200 code1000"),
		},
		{
			name: "502 HTML", serve: answer(502, "<html>Bad Gateway</html>"),
			repeatable: [3]string{"1/1 ok", "2/0 transport http502", "3/0 transport http502"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport http502", "3/0 unknown transport http502"},
			unsafe:     same("1/0 unknown transport http502"),
		},
		{
			name: "502 that claims success", serve: answer(502, faultSuccess),
			repeatable: [3]string{"1/1 ok", "2/0 transport http502", "3/0 transport http502"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport http502", "3/0 unknown transport http502"},
			unsafe:     same("1/0 unknown transport http502"),
		},
		{
			name: "503 with the rate-limit code", serve: answer(503, limited),
			repeatable: [3]string{"1/1 ok", "2/0 http503 code1008", "3/0 http503 code1008"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown http503 code1008", "3/0 unknown http503 code1008"},
			unsafe:     same("1/0 unknown http503 code1008"),
		},
		{
			name: "503", serve: answer(503, ""),
			repeatable: [3]string{"1/1 ok", "2/0 transport http503", "3/0 transport http503"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport http503", "3/0 unknown transport http503"},
			unsafe:     same("1/0 unknown transport http503"),
		},
		notTheAPI("200 empty", answer(200, "")),
		unreadable("200 truncated", answer(200, `{"code":200,"userName":"A`)),
		unreadable("200 truncated before its code", answer(200, `{"userName":"A`)),
		unreadable("200 that is no JSON after a byte order mark", answer(200, "\uFEFF {'code':200}")),
		notTheAPI("200 with a list", answer(200, `[200]`)),
		notTheAPI("200 with a text", answer(200, `"ok"`)),
		notTheAPI("200 without a code", answer(200, `{"userName":"Ann"}`)),
		notTheAPI("200 with code 0", answer(200, `{"code":0,"userName":"Ann"}`)),
		notTheAPI("200 with the success of another endpoint", answer(200, `{"code":10000,"userName":"Ann"}`)),
		notTheAPI("101", raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), "http101"),
		lostOnTheWay("408", 408, ""),
		lostOnTheWay("460", 460, ""),
		lostOnTheWay("499", 499, "<html>client closed request</html>"),
		lostOnTheWay("408 that claims success", 408, faultSuccess),
		{
			name: "400 with an internal error", serve: answer(400, `{"code":1000}`),
			repeatable: same("3/0 http400 code1000"),
			guarded:    same("3/0 unknown http400 code1000"),
			unsafe:     same("1/0 unknown http400 code1000"),
		},
		{
			name: "408 with the rate-limit code", serve: answer(408, limited),
			repeatable: same("3/0 http408 code1008"),
			guarded:    same("3/0 unknown http408 code1008"),
			unsafe:     same("1/0 unknown http408 code1008"),
		},
		notTheAPI("200 HTML", answer(200, "<html>Welcome to the hotel's network</html>")),
		unreadable("200 with a result of another type", answer(200, `{"code":200,"userName":"Ann","members":"seven"}`)),
		{
			name: "Content-Length longer than the body", serve: raw("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + faultSuccess),
			repeatable: [3]string{"1/1 ok", "2/0 transport http200", "3/0 transport http200"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport http200", "3/0 unknown transport http200"},
			unsafe:     same("1/0 unknown transport http200"),
		},
		{
			name: "invalid gzip", serve: answer(200, "this is not gzip", "Content-Encoding", "gzip"),
			repeatable: [3]string{"1/1 ok", "2/0 transport http200", "3/0 transport http200"},
			guarded:    [3]string{"1/1 ok", "2/0 unknown transport http200", "3/0 unknown transport http200"},
			unsafe:     same("1/0 unknown transport http200"),
		},
		unreadable("50 MB body", flood),
		unreadable("50 MB in 50 kB of gzip", zippedFlood),
		{
			name: "idle connection closed by the server", serve: closeUsed(), warm: true,
			repeatable: same("3/0 ok"),
			guarded:    same("3/0 ok"),
			unsafe:     same("2/0 unknown transport"),
		},
	}
}

// notTheAPI is a response that arrives complete but cannot be trusted: the host is not to blame.
func notTheAPI(name string, serve func(http.ResponseWriter, *http.Request) bool, status ...string) fault {
	http := "http200"
	if len(status) > 0 {
		http = status[0]
	}
	return fault{
		name: name, serve: serve,
		repeatable: same("3/0 transport " + http),
		guarded:    same("3/0 unknown transport " + http),
		unsafe:     same("1/0 unknown transport " + http),
	}
}

// unreadable is a response that a repeat would get again.
func unreadable(name string, serve func(http.ResponseWriter, *http.Request) bool) fault {
	return fault{
		name: name, serve: serve,
		repeatable: same("1/0 transport http200"),
		guarded:    same("1/0 unknown transport http200"),
		unsafe:     same("1/0 unknown transport http200"),
	}
}

// lostOnTheWay is a 4xx with which a proxy reports that it has lost track of a request.
func lostOnTheWay(name string, status int, body string) fault {
	return notTheAPI(name, answer(status, body), "http"+strconv.Itoa(status))
}

func unreachable(url string) func(*testing.T, *faultCell) context.Context {
	return func(_ *testing.T, cell *faultCell) context.Context {
		cell.urls[0] = url
		return nil
	}
}

func attemptTimeoutOf(timeout time.Duration) func(*testing.T, *faultCell) context.Context {
	return func(_ *testing.T, cell *faultCell) context.Context {
		cell.opts = append(cell.opts, WithAttemptTimeout(timeout))
		return nil
	}
}

func deadlineIn(timeout time.Duration) func(*testing.T, *faultCell) context.Context {
	return func(t *testing.T, _ *faultCell) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		t.Cleanup(cancel)
		return ctx
	}
}

func cancelOnArrival(t *testing.T, cell *faultCell) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cell.primary = newFaultServer(t, false, func(_ http.ResponseWriter, r *http.Request) bool {
		cancel()
		<-r.Context().Done()
		return true
	})
	cell.urls[0] = cell.primary.URL
	return ctx
}

func cancelWhileWaiting(t *testing.T, cell *faultCell) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cell.opts = append(cell.opts,
		WithRetry(RetryPolicy{MaxRetries: 2, MinWait: time.Hour, MaxWait: time.Hour}),
		WithAttemptHook(func(_ context.Context, attempt Attempt) {
			if attempt.Retry {
				cancel()
			}
		}))
	return ctx
}

// closedAddress refuses connections. No server of another test ever gets its port, as happened to
// ports that were free a moment before.
const closedAddress = "127.0.0.1:1"

// The classes of endpoints, as calls.
type faultAnswer struct {
	UserName string    `json:"userName"`
	When     time.Time `json:"when" unit:"ms"`
	Members  int64     `json:"members"`
}

type faultUser struct {
	UserID string `wire:"userId"`
}

type faultBlock struct {
	UserIDs []string      `wire:"userId"`
	For     time.Duration `wire:"minute"`
}

type faultSend struct {
	From    string         `wire:"fromUserId"`
	To      []string       `wire:"toUserId"`
	Content MessageContent `wire:"content"`
}

func aSend() *faultSend {
	return &faultSend{From: "u1", To: []string{"u2"}, Content: RawContent{Name: "app:Note", Body: "{}"}}
}

func faultCall(ctx context.Context, client *Client, class string, opts ...CallOption) error {
	var err error
	switch class {
	case "safe":
		_, err = fetch[faultAnswer](ctx, client, endpoint.UserInfo, &faultUser{"u1"}, opts)
	case "idempotent":
		_, err = fetch[faultAnswer](ctx, client, endpoint.UserBlock, &faultBlock{[]string{"u1"}, time.Hour}, opts)
	default:
		_, err = fetch[faultAnswer](ctx, client, endpoint.MessagePrivatePublish, aSend(), opts)
	}
	return err
}

// told returns the names of all categories of an error, in a fixed order.
func told(err error) string {
	if err == nil {
		return "ok"
	}
	var words []string
	for _, category := range []struct {
		name string
		err  error
	}{
		{"unknown", ErrOutcomeUnknown}, {"rate", ErrRateLimited}, {"unauthorized", ErrUnauthorized}, {"transport", ErrTransport},
		{"deadline", context.DeadlineExceeded}, {"canceled", context.Canceled},
	} {
		if errors.Is(err, category.err) {
			words = append(words, category.name)
		}
	}
	var e *Error
	if errors.As(err, &e) {
		if e.HTTPStatus != 0 {
			words = append(words, "http"+strconv.Itoa(e.HTTPStatus))
		}
		if e.Code != 0 {
			words = append(words, "code"+strconv.Itoa(int(e.Code)))
		}
	}
	return strings.Join(words, " ")
}

func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	for _, f := range faultTable() {
		for _, class := range []string{"safe", "idempotent", "unsafe", "unsafe with msgRandom"} {
			want := f.repeatable
			switch class {
			case "unsafe":
				want = f.unsafe
			case "unsafe with msgRandom":
				want = f.guarded
			}
			for i, backup := range []string{"backup alive", "backup dead", "no backup"} {
				t.Run(f.name+"/"+class+"/"+backup, func(t *testing.T) {
					t.Parallel()
					if f.waits {
						synctest.Test(t, func(t *testing.T) { runFault(t, f, class, backup, want[i]) })
					} else {
						runFault(t, f, class, backup, want[i])
					}
				})
			}
		}
	}
}

func runFault(t *testing.T, f fault, class, backup, want string) {
	cell := &faultCell{opts: []Option{
		WithRetry(RetryPolicy{MaxRetries: 2, MinWait: time.Millisecond, MaxWait: 5 * time.Millisecond}),
		WithAttemptTimeout(30 * time.Second), // so that a busy machine is not taken for a fault
	}}
	if f.waits {
		cell.hosts = memoryHosts{}
	}
	if f.serve != nil {
		cell.primary = cell.serve(t, "primary.example", f.tls, f.serve)
		cell.urls = []string{cell.primary.URL}
	} else {
		cell.urls = []string{""}
	}
	ctx := t.Context()
	if f.setup != nil {
		if own := f.setup(t, cell); own != nil {
			ctx = own
		}
	}
	switch backup {
	case "backup alive":
		cell.backup = cell.serve(t, "backup.example", false, serveSuccess)
		cell.urls = append(cell.urls, cell.backup.URL)
	case "backup dead":
		cell.urls = append(cell.urls, "http://"+closedAddress)
	}
	if class == "unsafe with msgRandom" {
		cell.opts = append(cell.opts, WithIdempotentSends(IdempotentSends{}))
	}
	client, err := New("test-key", "test-secret", append(cell.opts, WithBaseURL(cell.urls[0], cell.urls[1:]...))...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	failNames(client)
	if cell.hosts != nil {
		client.core.pool.Base.DialContext = cell.hosts.dial
	}
	if f.warm {
		require.NoError(t, faultCall(ctx, client, "safe"))
	}

	err = faultCall(ctx, client, class)
	if deadline, ok := ctx.Deadline(); ok {
		require.Equal(t, deadline, time.Now(), "the caller's deadline was not kept")
	}

	seen := [2]int{}
	for i, server := range []*faultServer{cell.primary, cell.backup} {
		if server != nil {
			seen[i] = server.count()
		}
	}
	require.Equal(t, want, fmt.Sprintf("%d/%d %s", seen[0], seen[1], told(err)), "error: %v", err)
	if class == "unsafe" {
		require.False(t, twice(cell.primary, cell.backup), "an unsafe request was carried out twice")
	}
	if err != nil {
		var e *Error
		require.ErrorAs(t, err, &e)
		require.NotContains(t, err.Error(), "\n")
		require.NotContains(t, err.Error(), "test-secret")
	}
}

// failNames makes every name under .invalid unknown without asking a name server.
func failNames(client *Client) {
	dial := client.core.pool.Base.DialContext
	client.core.pool.Base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, _, _ := net.SplitHostPort(address); strings.HasSuffix(host, ".invalid") {
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		}
		return dial(ctx, network, address)
	}
}

// A server that closes each connection right after its response, without saying so, gives the
// client stale ones.
func closingServer(t testing.TB) *faultServer {
	return newFaultServer(t, false, func(w http.ResponseWriter, _ *http.Request) bool {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		writeKeepAlive(buf)
		_ = conn.Close()
		return true
	})
}

func writeKeepAlive(w *bufio.ReadWriter) {
	_, _ = fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(faultSuccess), faultSuccess)
	_ = w.Flush()
}

func TestServerThatClosesIdleConnections(t *testing.T) {
	t.Parallel()
	server, backup := closingServer(t), newFaultServer(t, false, serveSuccess)
	client, err := New("test-key", "test-secret", WithBaseURL(server.URL, backup.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	for i := range 1000 {
		require.NoError(t, faultCall(t.Context(), client, "safe"), "call %d", i)
	}
	for i := range 200 {
		require.NoError(t, faultCall(t.Context(), client, "idempotent"), "call %d", i)
	}
	require.Zero(t, backup.count(), "a stale connection is no reason to leave the host")

	// Sends may also get a stale connection. Each is then carried out once, or not at all and
	// reported as unknown.
	unknown := 0
	for range 200 {
		if err := faultCall(t.Context(), client, "unsafe"); err != nil {
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			unknown++
		}
	}
	require.False(t, twice(server, backup))
	t.Logf("%d of 200 sends met a stale connection after being written", unknown)
}

func TestLongAnswerCostsLittle(t *testing.T) { // not parallel: it measures all allocations
	for name, serve := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"plain": flood, "zipped": zippedFlood,
		"announced": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Length", strconv.Itoa(50<<20+1))
			return flood(w, r)
		},
	} {
		server := newFaultServer(t, false, serve)
		client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithoutRetries(), WithAttemptTimeout(5*time.Minute))
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		require.Error(t, faultCall(t.Context(), client, "safe")) // warm up

		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = faultCall(t.Context(), client, "safe")
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, errTooLong)
		cost := after.TotalAlloc - before.TotalAlloc
		t.Logf("a 50 MB answer, %s, cost %.1f MiB, the server's part included", name, float64(cost)/(1<<20))
		require.Less(t, cost, uint64(16<<20))
	}
}

// openFiles counts the process's open descriptors, or returns -1 where that is not known.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}
