package rongcloud

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/sse"
)

// chatServer serves each request with the next handler, repeating the last one, over real TCP.
type chatServer struct {
	*httptest.Server
	requests atomic.Int32
	left     chan struct{} // a handler has seen its client disconnect
}

func newChatServer(t *testing.T, handlers ...http.HandlerFunc) *chatServer {
	t.Helper()
	s := &chatServer{left: make(chan struct{}, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(s.requests.Add(1))
		_, _ = io.Copy(io.Discard, r.Body)
		handlers[min(n, len(handlers))-1](w, r)
		if r.Context().Err() != nil {
			s.left <- struct{}{}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *chatServer) client(t *testing.T, opts ...Option) *Client {
	t.Helper()
	client, err := New("key", "secret", append([]Option{WithBaseURL(s.URL), WithRetry(quick(2))}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// pieces streams the texts, flushing each, and then calls then; nil ends the response.
func pieces(then http.HandlerFunc, texts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		for _, text := range texts {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		}
		if then != nil {
			then(w, r)
		}
	}
}

func cutOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func waitForCaller(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func plain(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// chat collects a streamed answer.
func chat(ctx context.Context, client *Client, opts ...CallOption) (texts []string, err error) {
	for e, err := range client.Bot.AgentChat.Stream(ctx, AgentChatParams{AgentID: "agent", Query: "hello"}, opts...) {
		if err != nil {
			return texts, err
		}
		texts = append(texts, e.Text)
	}
	return texts, nil
}

const (
	pieceA    = "event: message\nid: 1\ndata: {\"answer\":\"a\"}\n\n"
	pieceB    = "data: {\"answer\":\"b\"}\n\n"
	pieceLast = "data: {\"answer\":\"c\",\"finishReason\":\"stop\"}\n\n"
	pieceDone = "data: [DONE]\n\n"
)

// TestStream states, for each course of a stream, what arrives, which error the caller gets, and
// how many requests were made.
func TestStream(t *testing.T) {
	t.Parallel()
	const jsonType = "application/json"
	long := strings.Repeat("x", sse.MaxLine)
	tests := []struct {
		name     string
		answers  []http.HandlerFunc
		want     []string
		err      error // nil for a success
		code     Code
		unknown  bool // whether the outcome is unknown
		requests int
	}{
		{name: "complete", answers: []http.HandlerFunc{pieces(nil, pieceA, pieceB, pieceLast)}, want: []string{"a", "b", "c"}, requests: 1},
		{name: "complete by the mark", answers: []http.HandlerFunc{pieces(nil, pieceA, pieceB, pieceDone)}, want: []string{"a", "b"}, requests: 1},
		{
			name: "nothing is read after the mark", answers: []http.HandlerFunc{pieces(waitForCaller, pieceA, pieceDone)},
			want: []string{"a"}, requests: 1,
		},
		{
			name: "an event after the last piece", answers: []http.HandlerFunc{pieces(nil, pieceLast, "data: {}\n\n")},
			want: []string{"c", ""}, requests: 1,
		},
		{
			name: "comments and other texts", answers: []http.HandlerFunc{pieces(nil, ": hi\n\n", "data: ping\n\n", pieceLast)},
			want: []string{"", "c"}, requests: 1,
		},
		{
			name:    "success in every event",
			answers: []http.HandlerFunc{pieces(nil, "data: {\"code\":200,\"answer\":\"a\"}\n\n", pieceDone)}, want: []string{"a"},
			requests: 1,
		},
		{
			name:    "numbers and texts mixed up",
			answers: []http.HandlerFunc{pieces(nil, "data: {\"answer\":7,\"finishReason\":\"stop\",\"timestamp\":\"1\"}\n\n")},
			want:    []string{"7"}, requests: 1,
		},

		{
			name: "cut within the stream", answers: []http.HandlerFunc{pieces(cutOff, pieceA, pieceB)}, want: []string{"a", "b"},
			err: io.ErrUnexpectedEOF, unknown: true, requests: 1,
		},
		{
			name: "cut within an event", answers: []http.HandlerFunc{pieces(cutOff, pieceA, pieceB[:10])}, want: []string{"a"},
			err: io.ErrUnexpectedEOF, unknown: true, requests: 1,
		},
		{name: "cut before the first event", answers: []http.HandlerFunc{pieces(cutOff)}, err: io.ErrUnexpectedEOF, unknown: true, requests: 1},
		{
			name: "cut after the last piece", answers: []http.HandlerFunc{pieces(cutOff, pieceLast)}, want: []string{"c"},
			err: io.ErrUnexpectedEOF, unknown: true, requests: 1,
		},
		{
			name: "ended too early", answers: []http.HandlerFunc{pieces(nil, pieceA, pieceB)}, want: []string{"a", "b"},
			err: ErrAgentChatIncomplete, unknown: true, requests: 1,
		},
		{
			name: "ended within a line", answers: []http.HandlerFunc{pieces(nil, pieceA, strings.TrimRight(pieceLast, "\n"))},
			want: []string{"a"}, err: ErrAgentChatIncomplete, unknown: true, requests: 1,
		},
		{name: "ended at once", answers: []http.HandlerFunc{pieces(nil)}, err: ErrAgentChatIncomplete, unknown: true, requests: 1},
		{
			name: "a line that is too long", answers: []http.HandlerFunc{pieces(waitForCaller, pieceA, "data: "+long)},
			want: []string{"a"}, err: sse.ErrLineTooLong, unknown: true, requests: 1,
		},
		{
			name:    "an event that is too long",
			answers: []http.HandlerFunc{pieces(waitForCaller, pieceA, strings.Repeat("data: "+long[:1<<17]+"\n", 9))},
			want:    []string{"a"}, err: sse.ErrEventTooLong, unknown: true, requests: 1,
		},
		{
			name: "broken JSON", answers: []http.HandlerFunc{pieces(waitForCaller, pieceA, "data: {\"answer\":\n\n")},
			want: []string{"a"}, unknown: true, requests: 1,
		},

		{
			name:    "a refusal as the first event",
			answers: []http.HandlerFunc{pieces(nil, "data: {\"code\":1002,\"msg\":\"no agent\"}\n\n")}, err: CodeInvalidParameter,
			code: 1002, requests: 1,
		},
		{
			name: "a passing fault as the first event", answers: []http.HandlerFunc{pieces(nil, "data: {\"code\":1000}\n\n")},
			err: CodeInternalError, code: 1000, unknown: true, requests: 1,
		},
		{
			name: "a refusal later", answers: []http.HandlerFunc{pieces(nil, pieceA, "data: {\"code\":1002}\n\n")},
			want: []string{"a"}, err: CodeInvalidParameter, code: 1002, unknown: true, requests: 1,
		},
		{
			name: "an event called error", answers: []http.HandlerFunc{pieces(nil, pieceA, "event: error\ndata: overloaded\n\n")},
			want: []string{"a"}, unknown: true, requests: 1,
		},

		{
			name:    "JSON in place of a stream",
			answers: []http.HandlerFunc{plain(200, jsonType, `{"code":200,"answer":"whole","finishReason":"stop"}`)},
			want:    []string{"whole"}, requests: 1,
		},
		{
			name: "a refusal as JSON", answers: []http.HandlerFunc{plain(400, jsonType, `{"code":1002,"errorMessage":"no agent"}`)},
			err: CodeInvalidParameter, code: 1002, requests: 1,
		},
		{
			name: "a refusal as JSON with 200", answers: []http.HandlerFunc{plain(200, jsonType, `{"code":1002}`)},
			err: CodeInvalidParameter, code: 1002, requests: 1,
		},
		{
			name: "an error with the type of a stream", answers: []http.HandlerFunc{plain(401, "text/event-stream", `{"code":1004}`)},
			err: CodeWrongSignature, code: 1004, requests: 1,
		},
		{name: "a proxy's page", answers: []http.HandlerFunc{plain(200, "text/html", "<html>")}, err: ErrTransport, unknown: true, requests: 1},
		{name: "a gateway's page", answers: []http.HandlerFunc{plain(502, "text/html", "<html>")}, err: ErrTransport, unknown: true, requests: 1},
		{name: "no answer", answers: []http.HandlerFunc{cutOff}, err: io.EOF, unknown: true, requests: 1},
		{
			name:    "too fast, then a stream",
			answers: []http.HandlerFunc{plain(429, jsonType, `{"code":1008}`), pieces(nil, pieceLast)}, want: []string{"c"},
			requests: 2,
		},
		{
			name: "too fast each time", answers: []http.HandlerFunc{plain(429, jsonType, `{"code":1008}`)}, err: ErrRateLimited,
			code: 1008, requests: 3,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var attempts []Attempt
			server := newChatServer(t, test.answers...)
			h := &heard{}
			client := server.client(t, h.option(), WithAttemptHook(func(_ context.Context, a Attempt) { attempts = append(attempts, a) }))
			var info Response
			texts, err := chat(t.Context(), client, CaptureResponse(&info))
			require.Equal(t, test.want, texts)
			require.EqualValues(t, test.requests, server.requests.Load())
			require.Len(t, attempts, test.requests, "the hook hears of each attempt once")
			require.Equal(t, test.requests, info.Attempts)

			failed := test.err != nil || test.unknown
			require.Equal(t, failed, attempts[len(attempts)-1].Err != nil)
			_, end := h.one(t)
			require.Equal(t, failed, end.Err != nil)
			require.Equal(t, test.unknown, end.Outcome == OutcomeUnknown, "%v", end.Outcome)
			require.Equal(t, test.requests, end.Attempts)
			if !failed {
				require.NoError(t, err)
				return
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			if test.err != nil {
				require.ErrorIs(t, err, test.err)
			}
			require.Equal(t, test.code, e.Code)
			require.Equal(t, test.unknown, errors.Is(err, ErrOutcomeUnknown), "%v", err)
			require.Same(t, endpoint.V3ChatGenerate, e.Endpoint)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestStreamEvents(t *testing.T) {
	t.Parallel()
	const data = `{"runId":"r","conversationId":"c","agentId":"g","timestamp":1750156515841,"answer":"hi","finishReason":"stop",` +
		`"metadata":{"usage":{"promptTokens":1,"completionTokens":"2","totalTokens":3}},"extra":true}`
	server := newChatServer(t, pieces(nil, "event: message\nid: 7\ndata: "+data+"\n\n", "data: pong\n\n"))
	var got []AgentChatEvent
	for e, err := range server.client(t).Bot.AgentChat.Stream(t.Context(), AgentChatParams{AgentID: "agent", Query: "hello"}) {
		require.NoError(t, err)
		got = append(got, e)
	}
	require.Equal(t, []AgentChatEvent{
		{
			Name: "message", ID: "7", Data: data,
			AgentChatAnswer: AgentChatAnswer{
				RunID: "r", ConversationID: "c", AgentID: "g", AnsweredAt: time.UnixMilli(1750156515841), Text: "hi", FinishReason: "stop",
				Metadata: AgentChatMetadata{Usage: AgentChatUsage{PromptTokens: 1, CompletionTokens: 2, TotalTokens: 3}},
			},
		},
		{ID: "7", Data: "pong"},
	}, got)
}

// TestStreamIsSigned checks that the request is like any other.
func TestStreamIsSigned(t *testing.T) {
	t.Parallel()
	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
		pieces(nil, pieceLast)(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := New("key", "secret", WithBaseURL(server.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	yes := true
	for _, err := range client.Bot.AgentChat.Stream(t.Context(), AgentChatParams{AgentID: "a", Query: "q", ConversationID: "c", Memory: &yes}, WithRequestID("r1")) {
		require.NoError(t, err)
	}
	require.True(t, Verify("secret", header.Get("Nonce"), header.Get("Timestamp"), header.Get("Signature")))
	require.Equal(t, "key", header.Get("App-Key"))
	require.Equal(t, "r1", header.Get("X-Request-Id"))
	require.JSONEq(t, `{"agentId":"a","query":"q","conversationId":"c","memory":true,"stream":true}`, string(body))
}

// TestStreamBreak checks that leaving the range frees the connection.
func TestStreamBreak(t *testing.T) {
	t.Parallel()
	server := newChatServer(t, pieces(waitForCaller, pieceA, pieceB))
	var attempts []Attempt
	client := server.client(t, WithAttemptHook(func(_ context.Context, a Attempt) { attempts = append(attempts, a) }))
	for e, err := range client.Bot.AgentChat.Stream(t.Context(), AgentChatParams{AgentID: "agent", Query: "hello"}) {
		require.NoError(t, err)
		require.Equal(t, "a", e.Text)
		break
	}
	<-server.left
	require.Len(t, attempts, 1)
	require.NoError(t, attempts[0].Err)
	require.Equal(t, 200, attempts[0].HTTPStatus)
}

// TestStreamAgain checks that each range makes a new call.
func TestStreamAgain(t *testing.T) {
	t.Parallel()
	server := newChatServer(t, pieces(nil, pieceLast))
	answer := server.client(t).Bot.AgentChat.Stream(t.Context(), AgentChatParams{AgentID: "agent", Query: "hello"})
	require.Zero(t, server.requests.Load())
	for n := range int32(2) {
		for _, err := range answer {
			require.NoError(t, err)
		}
		require.Equal(t, n+1, server.requests.Load())
	}
}

func TestStreamCancelled(t *testing.T) {
	t.Parallel()
	server := newChatServer(t, pieces(waitForCaller, pieceA))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range server.client(t).Bot.AgentChat.Stream(ctx, AgentChatParams{AgentID: "agent", Query: "hello"}) {
		last = err
		cancel()
	}
	require.ErrorIs(t, last, context.Canceled)
	require.ErrorIs(t, last, ErrOutcomeUnknown)
	<-server.left

	_, err := chat(ctx, server.client(t))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrOutcomeUnknown, "nothing was sent")
	require.EqualValues(t, 1, server.requests.Load())
}

func TestStreamCancelledBeforeItBegins(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := newChatServer(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		waitForCaller(w, r)
	})
	_, err := chat(ctx, server.client(t))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	<-server.left
}

// TestStreamSilence checks that the attempt timeout applies to each silence, of the server only.
func TestStreamSilence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		texts []string
		told  string
	}{
		"before the stream": {serve: waitForCaller, told: "no response within"},
		"within the stream": {serve: pieces(waitForCaller, pieceA), texts: []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				left := make(chan struct{})
				transport := pipeTransport(t, func(w http.ResponseWriter, r *http.Request) {
					defer close(left)
					_, _ = io.Copy(io.Discard, r.Body) // to see the client disconnect
					test.serve(w, r)
				})
				client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: transport}), WithBaseURL("http://pipe"))
				require.NoError(t, err)
				texts, err := chat(t.Context(), client, WithAttemptTimeout(150*time.Millisecond))
				require.Equal(t, test.texts, texts)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, err, ErrOutcomeUnknown)
				require.ErrorContains(t, err, test.told)
				require.NoError(t, t.Context().Err())
				<-left
			})
		})
	}
}

// pipeTransport reaches a server in this process over pipes, which work with synctest's fake clock.
func pipeTransport(t *testing.T, serve http.HandlerFunc) *http.Transport {
	t.Helper()
	listener := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: serve}
	go func() { _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case listener.conns <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	return transport
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// contextBody is a response body that ends with its request's context, like net/http's.
type contextBody struct {
	context.Context
	io.Reader
}

func (b contextBody) Read(p []byte) (int, error) {
	if err := b.Err(); err != nil {
		return 0, err
	}
	return b.Reader.Read(p)
}

func (b contextBody) Close() error { return nil }

// lateReader returns its text after a while, on synctest's fake clock.
type lateReader struct {
	io.Reader
	after time.Duration
}

func (r *lateReader) Read(p []byte) (int, error) {
	<-time.After(r.after)
	r.after = 0
	return r.Reader.Read(p)
}

// inMemory returns a client whose server streams what the reader returns.
func inMemory(t *testing.T, body func() io.Reader, opts ...Option) *Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		header := http.Header{"Content-Type": {"text/event-stream"}}
		return &http.Response{StatusCode: 200, Header: header, Body: contextBody{req.Context(), body()}}, nil
	})
	client, err := New("key", "secret", append([]Option{WithHTTPClient(&http.Client{Transport: mock, Timeout: time.Second})}, opts...)...)
	require.NoError(t, err)
	return client
}

// TestStreamTime checks that the caller's time between two events does not count as the server's
// silence, and that the timeout of the caller's HTTP client does not end a stream that has begun.
func TestStreamTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := inMemory(t, func() io.Reader {
			return io.MultiReader(strings.NewReader(pieceA), &lateReader{strings.NewReader(pieceLast), 59 * time.Second})
		})
		var texts []string
		for e, err := range client.Bot.AgentChat.Stream(t.Context(), AgentChatParams{AgentID: "a", Query: "q"}, WithAttemptTimeout(time.Minute)) {
			require.NoError(t, err)
			texts = append(texts, e.Text)
			<-time.After(time.Hour)
		}
		require.Equal(t, []string{"a", "c"}, texts)
	})
	synctest.Test(t, func(t *testing.T) {
		client := inMemory(t, func() io.Reader { return &lateReader{strings.NewReader(pieceLast), DefaultAgentChatTimeout - 1} }, WithAttemptTimeout(1))
		_, err := chat(t.Context(), client)
		require.NoError(t, err, "the client's attempt timeout does not hold for chats")
	})
}

// TestStreamEndsWithTheHTTPClient checks that the timeout of the caller's HTTP client applies until
// a stream begins.
func TestStreamEndsWithTheHTTPClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.Responder(slow(time.Minute, nil)))
		client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: mock, Timeout: time.Second}), WithoutRetries())
		require.NoError(t, err)
		start := time.Now()
		_, err = chat(t.Context(), client)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrOutcomeUnknown)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestStreamRefusesArguments(t *testing.T) {
	t.Parallel()
	server := newChatServer(t, pieces(nil, pieceLast))
	client := server.client(t)
	count := 0
	for _, err := range client.Bot.AgentChat.Stream(t.Context(), AgentChatParams{AgentID: "agent"}) {
		var refused *ArgumentError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "query", cmp.Or(refused.Wire, refused.Field))
		count++
	}
	require.Equal(t, 1, count)
	var ctx context.Context
	for _, err := range client.Bot.AgentChat.Stream(ctx, AgentChatParams{AgentID: "a", Query: "q"}) {
		require.ErrorContains(t, err, "ctx")
	}
	require.Zero(t, server.requests.Load())
}

// TestStreamSwitchesHosts checks that the client leaves a host that aborts a stream, but not one
// that ends it too early.
func TestStreamSwitchesHosts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		primary  http.HandlerFunc
		switches uint64
	}{
		"cut":        {pieces(cutOff, pieceA), 1},
		"incomplete": {pieces(nil, pieceA), 0},
		"too long":   {pieces(waitForCaller, "data: "+strings.Repeat("x", sse.MaxLine)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			primary, backup := newChatServer(t, test.primary), newChatServer(t, pieces(nil, pieceLast))
			client := primary.client(t, WithBaseURL(primary.URL, backup.URL))
			_, err := chat(t.Context(), client)
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.Zero(t, backup.requests.Load(), "a stream that has begun is not repeated")
			require.Equal(t, test.switches, client.core.hosts.switches.Load())
		})
	}
	t.Run("dead", func(t *testing.T) {
		t.Parallel()
		backup := newChatServer(t, pieces(nil, pieceLast))
		texts, err := chat(t.Context(), backup.client(t, WithBaseURL("http://"+closedAddress, backup.URL)))
		require.NoError(t, err)
		require.Equal(t, []string{"c"}, texts)
	})
}

// TestStreamConnectionIsKept checks that a stream read to its end leaves its connection to the next
// call.
func TestStreamConnectionIsKept(t *testing.T) {
	t.Parallel()
	server := newChatServer(t, pieces(nil, pieceLast))
	var reused []bool
	client := server.client(t, WithAttemptHook(func(_ context.Context, a Attempt) { reused = append(reused, a.Reused) }))
	for range 3 {
		_, err := chat(t.Context(), client)
		require.NoError(t, err)
	}
	require.Equal(t, []bool{false, true, true}, reused)
}

// TestStreamWaitsForTheLimiter checks that a stream is paced like any call.
func TestStreamWaitsForTheLimiter(t *testing.T) {
	t.Parallel()
	server := newChatServer(t, pieces(nil, pieceLast))
	limiter := &countingLimiter{err: errors.New("not now")}
	_, err := chat(t.Context(), server.client(t, WithLimiter(limiter)))
	require.ErrorIs(t, err, limiter.err)
	require.Equal(t, []string{"/v3/chat/generate.json 1"}, limiter.calls)
	require.Zero(t, server.requests.Load())
}
