package rongcloud

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// politeServer ends each body as if it were complete when its client disconnects.
type politeServer struct {
	body     string
	kind     string // Content-Type
	requests atomic.Int32
}

func (s *politeServer) RoundTrip(req *http.Request) (*http.Response, error) {
	s.requests.Add(1)
	body := io.MultiReader(strings.NewReader(s.body), readerFunc(func([]byte) (int, error) {
		<-req.Context().Done()
		return 0, io.EOF
	}))
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {s.kind}}, ContentLength: -1, Body: io.NopCloser(body), Request: req,
	}, nil
}

// A response cut off by the timeout does not count, even if it ends like a complete one.
func TestBodyThatEndsWithItsTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, kind string
		call             func(ctx context.Context, client *Client) error
		want             string
		requests         int32
	}{
		{name: "half a response of a safe call", body: `{"code":200,"userName":"a`, kind: "application/json", call: func(ctx context.Context, client *Client) error {
			return faultCall(ctx, client, "safe")
		}, want: "transport deadline http200", requests: 3},
		{name: "half a response of a send", body: `{"code":200,"messageUIDs":[{"user`, kind: "application/json", call: func(ctx context.Context, client *Client) error {
			return faultCall(ctx, client, "unsafe")
		}, want: "unknown transport deadline http200", requests: 1},
		{name: "a whole response", body: faultSuccess, kind: "application/json", call: func(ctx context.Context, client *Client) error {
			return faultCall(ctx, client, "unsafe")
		}, want: "ok", requests: 1},
		{name: "half a stream", body: "data: {\"answer\":\"a\"}\n\n", kind: "text/event-stream", call: func(ctx context.Context, client *Client) error {
			for _, err := range client.Bot.AgentChat.Stream(ctx, AgentChatParams{AgentID: "a", Query: "q"}, WithAttemptTimeout(time.Second)) {
				if err != nil {
					return err
				}
			}
			return nil
		}, want: "unknown transport deadline http200", requests: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &politeServer{body: c.body, kind: c.kind}
				client, err := New("test-key", "test-secret", WithHTTPClient(&http.Client{Transport: server}), WithAttemptTimeout(time.Second))
				require.NoError(t, err)
				require.Equal(t, c.want, told(c.call(t.Context(), client)))
				require.Equal(t, c.requests, server.requests.Load())
			})
		})
	}
}

// The same for a message log: half of it would look complete if it ended between two files.
func TestLogThatEndsWithItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &politeServer{body: `{"code":200,"url":"https://log.rongcloud.cn/a.zip"}`, kind: "application/json"}
		client, err := New("test-key", "test-secret", WithHTTPClient(&http.Client{Transport: server}), WithAttemptTimeout(time.Second))
		require.NoError(t, err)
		folder := t.TempDir()
		_, _, err = readLog(t, client.Message.Log.Download(t.Context(), MessageLogDownloadParams{Hour: contentTime, TempDir: folder}))
		require.ErrorContains(t, err, "no response within 1s")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
