package rongcloud

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Faults of HTTP/2. net/http's own server is too well-behaved to produce any, so this server writes
// frames itself.

// The types, flags and error codes of frames: https://www.rfc-editor.org/rfc/rfc9113#section-6.
const (
	h2Data     = 0x0
	h2Headers  = 0x1
	h2Reset    = 0x3
	h2Settings = 0x4
	h2GoAway   = 0x7

	h2EndStream  = 0x1
	h2Ack        = 0x1
	h2EndHeaders = 0x4

	h2NoError       = 0x0
	h2ProtocolError = 0x1
	h2Refused       = 0x7
)

const h2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// h2Request is a complete request.
type h2Request struct {
	conn   *h2Conn
	stream uint32
	number int // among all requests of the server, 1 for the first
	body   string
}

// h2Conn is one connection of a client.
type h2Conn struct {
	net.Conn
	mu sync.Mutex // serializes the writing of frames
}

func (c *h2Conn) frame(kind, flags byte, stream uint32, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(head, stream), payload...))
}

// status begins a response: 0x88 is ":status: 200" in HPACK's table.
func (c *h2Conn) status(stream uint32) { c.frame(h2Headers, h2EndHeaders, stream, []byte{0x88}) }

func (r *h2Request) succeed() {
	r.conn.status(r.stream)
	r.conn.frame(h2Data, h2EndStream, r.stream, []byte(faultSuccess))
}

func (r *h2Request) reset(code uint32) {
	r.conn.frame(h2Reset, 0, r.stream, binary.BigEndian.AppendUint32(nil, code))
}

// goAway says that streams up to last may get a response, and later ones will not.
func (c *h2Conn) goAway(last, code uint32, debug string) {
	payload := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)
	c.frame(h2GoAway, 0, 0, append(payload, debug...))
}

// h2Server counts the requests that it gets and those that it carries out.
type h2Server struct {
	URL      string
	listener net.Listener
	// For clients: settings that trust the server.
	tls   *tls.Config
	serve func(r *h2Request) (carriedOut bool)
	// Called with headers and data, once they have been handled.
	onFrame atomic.Pointer[func(kind, flags byte)]
	arrived atomic.Int32
	carried atomic.Int32
}

func newH2Server(t testing.TB, serve func(r *h2Request) bool) *h2Server {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	s := &h2Server{tls: trust(certified), serve: serve}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}})
	require.NoError(t, err)
	s.listener = listener
	s.URL = "https://" + listener.Addr().String()
	var conns sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			conns.Go(func() { s.listen(&h2Conn{Conn: conn}) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		conns.Wait()
	})
	return s
}

// listen reads the frames of one connection until it ends.
func (s *h2Server) listen(c *h2Conn) {
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, len(h2Preface))); err != nil {
		return
	}
	c.frame(h2Settings, 0, 0, nil)
	bodies := map[uint32][]byte{}
	for {
		var head [9]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c, payload); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch kind {
		case h2Settings:
			if flags&h2Ack == 0 {
				c.frame(h2Settings, h2Ack, 0, nil)
			}
		case h2Data:
			bodies[stream] = append(bodies[stream], payload...)
		}
		if (kind == h2Headers || kind == h2Data) && flags&h2EndStream != 0 {
			r := &h2Request{conn: c, stream: stream, number: int(s.arrived.Add(1)), body: string(bodies[stream])}
			delete(bodies, stream)
			if s.serve(r) {
				s.carried.Add(1)
			}
		}
		if told := s.onFrame.Load(); told != nil && (kind == h2Headers || kind == h2Data) {
			(*told)(kind, flags)
		}
	}
}

// h2Fault is one row: what the server does with the first request, or with every one.
type h2Fault struct {
	name string
	// Sent before the response to the first request of a used connection, if there is one.
	settings []byte
	always   bool
	// Whether the caller's deadline passes once nothing more of the request can arrive.
	late  bool
	serve func(r *h2Request) (carriedOut bool)
	// Requests that arrived, attempts, and the kind of error, for repeatable, guarded and unsafe
	// calls, without a backup.
	repeatable, guarded, unsafe string
}

// Every error code of RFC 9113, and an unknown one. Only REFUSED_STREAM says that nothing was done.
func h2Resets() []h2Fault {
	var rows []h2Fault
	for code := range uint32(0xf) {
		row := h2Fault{
			name: fmt.Sprintf("carried out, then reset with code %#x", code), serve: func(r *h2Request) bool { r.reset(code); return true }, always: true,
			repeatable: "3 3 transport", guarded: "3 3 unknown transport", unsafe: "1 1 unknown transport",
		}
		if code == h2Refused {
			row.name = "always refused"
			row.serve = func(r *h2Request) bool { r.reset(code); return false }
			row.guarded, row.unsafe = "3 3 transport", "3 3 transport"
		}
		rows = append(rows, row)
	}
	return rows
}

func h2Faults() []h2Fault {
	const again = "2 2 ok"
	return append(h2Resets(), []h2Fault{
		{
			name: "carried out, then reset once", serve: func(r *h2Request) bool { r.reset(h2ProtocolError); return true },
			repeatable: again, guarded: again, unsafe: "1 1 unknown transport",
		},
		{
			name: "refused once", serve: func(r *h2Request) bool { r.reset(h2Refused); return false },
			repeatable: again, guarded: again, unsafe: again,
		},
		{
			name: "GOAWAY before our stream", serve: func(r *h2Request) bool { r.conn.goAway(0, h2NoError, ""); return false },
			repeatable: again, guarded: again, unsafe: again,
		},
		{
			name: "GOAWAY with an error before our stream, the first", serve: func(r *h2Request) bool {
				r.conn.goAway(0, 0xb, "calm down")
				return false
			},
			repeatable: again, guarded: again, unsafe: again,
		},
		{
			name: "GOAWAY after the answer", serve: func(r *h2Request) bool {
				r.succeed()
				r.conn.goAway(r.stream, h2NoError, "")
				return true
			},
			repeatable: "1 1 ok", guarded: "1 1 ok", unsafe: "1 1 ok",
		},
		{
			name: "GOAWAY that includes our stream, and the end", serve: func(r *h2Request) bool {
				r.conn.goAway(r.stream, h2NoError, "the answer of another")
				_ = r.conn.Close()
				return true
			},
			repeatable: again, guarded: again, unsafe: "1 1 unknown transport",
		},
		{
			name: "connection lost before the answer", serve: func(r *h2Request) bool { _ = r.conn.Close(); return true },
			repeatable: again, guarded: again, unsafe: "1 1 unknown transport",
		},
		{
			name: "connection lost between headers and body", serve: func(r *h2Request) bool {
				r.conn.status(r.stream)
				_ = r.conn.Close()
				return true
			},
			repeatable: again, guarded: again, unsafe: "1 1 unknown transport http200",
		},
		{
			name: "refused after the headers", serve: func(r *h2Request) bool {
				r.conn.status(r.stream)
				r.reset(h2Refused)
				return true
			},
			repeatable: again, guarded: again, unsafe: "1 1 unknown transport http200",
		},
		{
			name: "silence", always: true, late: true, serve: func(*h2Request) bool { return true },
			repeatable: "1 1 transport deadline", guarded: "1 1 unknown transport deadline", unsafe: "1 1 unknown transport deadline",
		},
		{
			// SETTINGS_INITIAL_WINDOW_SIZE of 0, and no WINDOW_UPDATE: the body cannot leave.
			name: "flow control that never opens", settings: []byte{0, 4, 0, 0, 0, 0}, late: true,
			serve:      func(*h2Request) bool { return true },
			repeatable: "0 1 transport deadline", guarded: "0 1 unknown transport deadline", unsafe: "0 1 unknown transport deadline",
		},
	}...)
}

func TestHTTP2Faults(t *testing.T) {
	t.Parallel()
	for _, f := range h2Faults() {
		for class, want := range map[string]string{
			"safe": f.repeatable, "idempotent": f.repeatable, "unsafe with msgRandom": f.guarded, "unsafe": f.unsafe,
		} {
			for _, used := range []bool{false, true} {
				if !used && f.settings != nil {
					continue
				}
				for _, foreign := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/used %v/foreign %v", f.name, class, used, foreign), func(t *testing.T) {
						t.Parallel()
						runHTTP2Fault(t, f, class, want, used, foreign)
					})
				}
			}
		}
	}
}

// runHTTP2Fault makes one call, over a fresh connection or a used one, through the client's own
// connections or the caller's.
func runHTTP2Fault(t *testing.T, f h2Fault, class, want string, used, foreign bool) {
	before := 0
	if used {
		before = 1
	}
	server := newH2Server(t, func(r *h2Request) bool {
		if n := r.number - before; n == 1 || n > 0 && f.always {
			return f.serve(r)
		}
		if f.settings != nil {
			r.conn.frame(h2Settings, 0, 0, f.settings)
		}
		r.succeed()
		return true
	})
	var hooked []Attempt
	client := server.client(t, foreign, append(onlyIf(class == "unsafe with msgRandom", WithIdempotentSends(IdempotentSends{})),
		WithRetry(quick(2)), WithAttemptHook(func(_ context.Context, a Attempt) { hooked = append(hooked, a) }))...)
	if used {
		require.NoError(t, faultCall(t.Context(), client, "safe"))
		hooked = nil
	}
	ctx := t.Context()
	if f.late {
		expiring := &expiringContext{Context: ctx, done: make(chan struct{})}
		told := func(kind, flags byte) {
			// Nothing more arrives after this.
			if flags&h2EndStream != 0 || kind == h2Headers && f.settings != nil {
				expiring.expire()
			}
		}
		server.onFrame.Store(&told)
		ctx = expiring
	}
	err := faultCall(ctx, client, class)
	arrived, carried := int(server.arrived.Load())-before, int(server.carried.Load())-before
	require.Equal(t, want, fmt.Sprintf("%d %d %s", arrived, len(hooked), told(err)), "error: %v", err)
	if class == "unsafe" {
		require.LessOrEqual(t, carried, 1)
	}
	var failure *Error
	if errors.As(err, &failure) {
		require.Equal(t, len(hooked), failure.Attempts)
		require.NotContains(t, err.Error(), "GetBody")
	}
}

// expiringContext is a context whose deadline passes when its done is closed, so that no clock
// decides how far a request has got.
type expiringContext struct {
	context.Context
	done chan struct{}
	once sync.Once
}

func (c *expiringContext) Done() <-chan struct{} { return c.done }

func (c *expiringContext) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func (c *expiringContext) expire() { c.once.Do(func() { close(c.done) }) }

func onlyIf(condition bool, option Option) []Option {
	if condition {
		return []Option{option}
	}
	return nil
}

// client returns a client that trusts the server, with its own connections or through a caller's
// HTTP client.
func (s *h2Server) client(t testing.TB, foreign bool, opts ...Option) *Client {
	t.Helper()
	through := WithTLSConfig(s.tls)
	if foreign {
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: s.tls.Clone()}
		t.Cleanup(transport.CloseIdleConnections)
		through = WithHTTPClient(&http.Client{Transport: transport})
	}
	client, err := New("test-key", "test-secret", append([]Option{WithBaseURL(s.URL), through, WithAttemptTimeout(30 * time.Second)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// Requests without a body, which net/http would repeat without asking.
func TestHTTP2FaultsWithoutABody(t *testing.T) {
	t.Parallel()
	unknown := func(ctx context.Context, client *Client) error {
		return client.Call(ctx, endpoint.New("POST", "/some/new.json", endpoint.None), nil, nil)
	}
	query := func(ctx context.Context, client *Client) error {
		return send(ctx, client, endpoint.TagConversationGet, &struct {
			UserID string `wire:"userId"`
			TagID  string `wire:"tagId"`
		}{"u1", "t1"}, nil)
	}
	for _, c := range []struct {
		name  string
		call  func(context.Context, *Client) error
		serve func(r *h2Request) bool
		want  string // requests that arrived, attempts, error
	}{
		{
			name: "POST, carried out, then reset", call: unknown,
			serve: func(r *h2Request) bool { r.reset(h2ProtocolError); return true }, want: "1 1 unknown transport",
		},
		{name: "POST, refused", call: unknown, serve: func(r *h2Request) bool { r.reset(h2Refused); return false }, want: "2 2 ok"},
		{
			name: "POST, GOAWAY before it", call: unknown,
			serve: func(r *h2Request) bool { r.conn.goAway(r.stream-1, h2NoError, ""); return false }, want: "2 2 ok",
		},
		{
			name: "POST, connection lost", call: unknown, serve: func(r *h2Request) bool { _ = r.conn.Close(); return true },
			want: "1 1 unknown transport",
		},
		{name: "GET, carried out, then reset", call: query, serve: func(r *h2Request) bool { r.reset(h2ProtocolError); return true }, want: "2 2 ok"},
		{name: "GET, refused", call: query, serve: func(r *h2Request) bool { r.reset(h2Refused); return false }, want: "2 2 ok"},
		{
			name: "GET, GOAWAY before it", call: query,
			serve: func(r *h2Request) bool { r.conn.goAway(r.stream-1, h2NoError, ""); return false }, want: "2 2 ok",
		},
	} {
		for _, used := range []bool{false, true} {
			for _, foreign := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/used %v/foreign %v", c.name, used, foreign), func(t *testing.T) {
					t.Parallel()
					before := 0
					if used {
						before = 1
					}
					server := newH2Server(t, func(r *h2Request) bool {
						if r.number == before+1 {
							return c.serve(r)
						}
						r.succeed()
						return true
					})
					attempts := 0
					client := server.client(t, foreign, WithRetry(quick(2)), WithAttemptHook(func(context.Context, Attempt) { attempts++ }))
					if used {
						require.NoError(t, c.call(t.Context(), client))
						attempts = 0
					}
					err := c.call(t.Context(), client)
					require.Equal(t, c.want, fmt.Sprintf("%d %d %s", int(server.arrived.Load())-before, attempts, told(err)), "error: %v", err)
				})
			}
		}
	}
}

// A wrapped transport does not look like net/http's own, but it also writes a request without a
// body only once.
func TestWrappedTransportWritesOnce(t *testing.T) {
	t.Parallel()
	server := newH2Server(t, func(r *h2Request) bool { r.reset(h2ProtocolError); return true })
	inner := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: server.tls}
	t.Cleanup(inner.CloseIdleConnections)
	wrapped := roundTripper(func(r *http.Request) (*http.Response, error) { return inner.RoundTrip(r.Clone(r.Context())) })
	client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithHTTPClient(&http.Client{Transport: wrapped}))
	require.NoError(t, err)
	for i, call := range []func() error{
		func() error {
			return client.Call(t.Context(), endpoint.New("POST", "/some/new.json", endpoint.None), nil, nil)
		},
		func() error { return faultCall(t.Context(), client, "unsafe") },
	} {
		require.ErrorIs(t, call(), ErrOutcomeUnknown)
		require.EqualValues(t, i+1, server.arrived.Load())
	}
}

// A delivered request does not count as unsent because the server is gone when it would have been
// repeated.
func TestHTTP2ServerGoneAfterTheReset(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*Client) error{
		"with a body": func(client *Client) error { return faultCall(context.Background(), client, "unsafe") },
		"without a body": func(client *Client) error {
			return client.Call(context.Background(), endpoint.New("POST", "/some/new.json", endpoint.None), nil, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *h2Server
			server = newH2Server(t, func(r *h2Request) bool {
				_ = server.listener.Close()
				r.conn.goAway(r.stream, h2NoError, "")
				r.reset(h2ProtocolError)
				return true
			})
			err := call(server.client(t, false))
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.EqualValues(t, 1, server.arrived.Load())
		})
	}
}

// No send is lost to a server that closes its connections gracefully after each 20th request.
func TestSendsBesideGoAways(t *testing.T) {
	t.Parallel()
	const callers, each = 16, 60
	var arrived, twice atomic.Int32
	var seen sync.Map
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if _, known := seen.LoadOrStore(r.Header.Get("X-Request-Id"), true); known {
			twice.Add(1)
		}
		if arrived.Add(1)%20 == 0 {
			w.Header().Set("Connection", "close") // over HTTP/2 a GOAWAY
		}
		serveSuccess(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := New("test-key", "test-secret", WithBaseURL(server.URL), WithTLSConfig(trust(server)))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range each {
				if err := faultCall(t.Context(), client, "unsafe"); err != nil {
					t.Errorf("send failed: %v", err)
				}
			}
		})
	}
	group.Wait()
	require.Zero(t, twice.Load())
	require.EqualValues(t, callers*each, arrived.Load())
}

// Only the error texts of net/http's HTTP/2 say what was not processed. If this fails with a new Go
// version, update the texts in transport_wire.go: until then, such sends end with
// ErrOutcomeUnknown.
func TestHTTP2ErrorTexts(t *testing.T) {
	t.Parallel()
	for want, serve := range map[string]func(r *h2Request){
		replayPrefix + gracefulGoAway + replaySuffix:                                        func(r *h2Request) { r.conn.goAway(0, h2NoError, "") },
		replayPrefix + streamError + "1" + refusedStream + replaySuffix:                     func(r *h2Request) { r.reset(h2Refused) },
		replayPrefix + streamError + "1; PROTOCOL_ERROR; received from peer" + replaySuffix: func(r *h2Request) { r.reset(h2ProtocolError) },
		firstGoAway + "ENHANCE_YOUR_CALM":                                                   func(r *h2Request) { r.conn.goAway(0, 0xb, "") },
		streamError + "1; INTERNAL_ERROR; received from peer":                               func(r *h2Request) { r.reset(0x2) },
	} {
		server := newH2Server(t, func(r *h2Request) bool { serve(r); return false })
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: server.tls}
		t.Cleanup(transport.CloseIdleConnections)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, io.NopCloser(strings.NewReader("a=b")))
		require.NoError(t, err)
		_, err = transport.RoundTrip(req)
		require.EqualError(t, err, want)
	}
}

// Texts that a server could influence prove nothing.
func TestForgedErrorTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", replayPrefix, replayPrefix + replaySuffix, gracefulGoAway, "x" + replayPrefix + gracefulGoAway + replaySuffix,
		replayPrefix + gracefulGoAway + "x" + replaySuffix, replayPrefix + gracefulGoAway + replaySuffix + "x",
		streamError + "1" + refusedStream, replayPrefix + streamError + refusedStream + replaySuffix,
		replayPrefix + streamError + "1; PROTOCOL_ERROR; x" + refusedStream + replaySuffix,
		replayPrefix + streamError + "1; REFUSED_STREAM" + replaySuffix, firstGoAway, firstGoAway + "x; carried out",
		cannotRewind + "x", "x" + cannotRewind, cannotRewind, // the last was written
		"malformed HTTP response \"" + replayPrefix + gracefulGoAway + replaySuffix + "\"",
	} {
		var w writeTrace
		w.state.Store(sending)
		w.known = true
		w.wrote.Store(true)
		require.False(t, w.classify(errors.New(text)).unsent, "%q", text)
	}
}

// A POST without a body is sent over HTTP/2 with an empty body, and over HTTP/1.1 with none,
// whatever the previous connection spoke.
func TestPOSTWithoutABodyOverBothVersions(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	start := func(http2 bool) *httptest.Server {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprintf("%s %d %v", r.Proto, r.ContentLength, r.TransferEncoding))
			if len(got)%2 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable) // switch to the other host
				return
			}
			serveSuccess(w, r)
		}))
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		return server
	}
	newer, older := start(true), start(false)
	for _, foreign := range []bool{false, true} {
		got = nil
		through := WithTLSConfig(trust(newer))
		if foreign {
			transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: trust(newer)}
			t.Cleanup(transport.CloseIdleConnections)
			through = WithHTTPClient(&http.Client{Transport: transport})
		}
		client, err := New("test-key", "test-secret", WithBaseURL(newer.URL, older.URL), through, WithoutRetries())
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		for i := range 8 {
			require.Equal(t, i%2 == 0, client.Call(t.Context(), endpoint.New("POST", "/some/new.json", endpoint.None), nil, nil) == nil)
		}
		one, two := "HTTP/1.1 0 []", "HTTP/2.0 -1 []"
		require.Equal(t, []string{two, two, one, one, two, two, one, one}, got)
	}
}
