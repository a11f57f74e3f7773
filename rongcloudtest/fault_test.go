package rongcloudtest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// bothWays runs a test over a socket and in-process. The client retries as by default, but without
// waiting.
func bothWays(t *testing.T, test func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client)) {
	t.Helper()
	retry := rongcloud.WithRetry(rongcloud.RetryPolicy{MaxRetries: 2})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		srv := rongcloudtest.NewServer(t)
		test(t, srv, srv.Client(retry))
	})
	t.Run("in-process", func(t *testing.T) {
		t.Parallel()
		srv := rongcloudtest.NewServer(t)
		test(t, srv, srv.Client(retry, rongcloud.WithHTTPClient(&http.Client{Transport: srv.Transport()})))
	})
}

func send(client *rongcloud.Client) error {
	_, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{From: "a", To: []string{"b"}, Content: text("hello")})
	return err
}

func TestDropResponse(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
		srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
		err := send(client)
		require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
		require.ErrorIs(t, err, rongcloud.ErrTransport)
		require.Len(t, srv.User("b").Inbox(), 1, "it was delivered")
		require.Len(t, srv.Requests(), 1, "and not sent again")
		require.True(t, srv.Requests()[0].Fault)
		require.Zero(t, srv.Requests()[0].Status)

		require.NoError(t, send(client), "the fault struck once")
		require.Len(t, srv.User("b").Inbox(), 2)
	})
}

func TestReset(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
		srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Reset: true})
		require.ErrorIs(t, send(client), rongcloud.ErrOutcomeUnknown, "the client wrote it and cannot know")
		require.Empty(t, srv.User("b").Inbox())
		require.Len(t, srv.Requests(), 1)

		srv.Fail(endpoint.UserGetToken, rongcloudtest.Fault{Reset: true, Times: 2})
		register(t, client, "u1") // may be repeated, so the client retries it
		require.Len(t, srv.Requests(), 4)
		require.Equal(t, []string{"test-token-1-u1"}, srv.User("u1").Tokens())
	})
}

func TestStatusAndCode(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		fault   rongcloudtest.Fault
		status  int
		code    rongcloud.Code
		message string
		body    string
		unknown bool
	}{
		{name: "zero", fault: rongcloudtest.Fault{}, status: 500, code: 1000, message: "internal error", body: "", unknown: true},
		{
			name: "code", fault: rongcloudtest.Fault{Code: rongcloud.CodeServiceNotEnabled}, status: 430, code: 1009,
			message: "not enabled", body: "", unknown: false,
		},
		{
			name: "code without a status", fault: rongcloudtest.Fault{Code: 99999, Message: "odd"}, status: 200, code: 99999,
			message: "odd", body: "", unknown: false,
		},
		{name: "status", fault: rongcloudtest.Fault{Status: 401}, status: 401, code: 1004, message: "signature", body: "", unknown: false},
		{
			name: "rate limit", fault: rongcloudtest.Fault{Status: 429, Times: 3}, status: 429, code: 1008, message: "rate limit",
			body: "", unknown: false,
		},
		{
			name: "both", fault: rongcloudtest.Fault{Status: 403, Code: rongcloud.CodeTooManyUsers, Message: "full"}, status: 403,
			code: 2007, message: "full", body: "", unknown: false,
		},
		{
			name: "gateway", fault: rongcloudtest.Fault{Status: 502}, status: 502, code: 0, message: "",
			body: "<html><body><h1>502 Bad Gateway</h1></body></html>\n", unknown: true,
		},
		{
			name: "HTML as success", fault: rongcloudtest.Fault{Status: 200, Body: "<p>hello</p>"}, status: 200, code: 0, message: "",
			body: "<p>hello</p>", unknown: true,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
				srv.Fail(nil, c.fault)
				err := send(client)
				var e *rongcloud.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, c.status, e.HTTPStatus)
				require.Equal(t, c.code, e.Code)
				require.Contains(t, e.Message, c.message)
				require.Equal(t, c.body, e.Body)
				require.Equal(t, c.unknown, errors.Is(err, rongcloud.ErrOutcomeUnknown))
				require.Empty(t, srv.Sent(), "not carried out")
				last := srv.Requests()[0]
				require.Equal(t, c.status, last.Status)
				require.Equal(t, c.code, last.Code)
			})
		})
	}
}

func TestCodeOfAStatus(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	for status, code := range map[int]rongcloud.Code{400: 1002, 401: 1004, 404: 404, 429: 1008, 430: 1009, 500: 1000, 504: 1050} {
		srv.Fail(endpoint.UserInfo, rongcloudtest.Fault{Status: status})
		e := refused(t, client, "/user/info.json", form("userId", "u"))
		require.Equal(t, status, e.HTTPStatus)
		require.Equal(t, code, e.Code)
	}
}

func TestHeaderAlone(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.Fail(endpoint.UserInfo, rongcloudtest.Fault{Header: http.Header{"x-odd": {"1"}}})
	info := rongcloud.Response{}
	err := client.Call(context.Background(), endpoint.UserInfo, form("userId", "u1"), nil, rongcloud.CaptureResponse(&info))
	require.ErrorIs(t, err, rongcloud.CodeUserNotFound, "carried out as ever")
	require.Equal(t, "1", info.Header.Get("X-Odd"))
}

func TestOrderOfFaults(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.Fail(endpoint.UserBlock, rongcloudtest.Fault{Code: 1})
	srv.Fail(endpoint.UserInfo, rongcloudtest.Fault{Code: 2, Times: 2})
	srv.Fail(nil, rongcloudtest.Fault{Code: 3})
	info := func() rongcloud.Code { return refused(t, client, "/user/info.json", form("userId", "u")).Code }
	require.Equal(t, []rongcloud.Code{2, 2, 3, 400}, []rongcloud.Code{info(), info(), info(), info()})
	srv.ClearFaults()
	call(t, client, "/user/block.json", form("userId", "u", "minute", "1"))
}

func TestDelay(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
		srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Delay: time.Hour})
		_, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{From: "a", To: []string{"b"}, Content: text("hello")},
			rongcloud.WithAttemptTimeout(20*time.Millisecond))
		require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, srv.User("b").Inbox(), 1, "the answer was late, not the work")
		require.NoError(t, srv.Close(), "nobody waits any more")

		srv = rongcloudtest.NewServer(t)
		client = srv.Client()
		srv.Fail(nil, rongcloudtest.Fault{Delay: time.Millisecond})
		require.NoError(t, send(client))
	})
}

func TestCloseEndsDelays(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
		srv.Fail(nil, rongcloudtest.Fault{Delay: time.Hour})
		done := make(chan error, 1)
		go func() { done <- send(client) }()
		require.Eventually(t, func() bool { return len(srv.Requests()) == 1 }, 5*time.Second, time.Millisecond)
		require.NoError(t, srv.Close())
		require.ErrorIs(t, <-done, rongcloud.ErrOutcomeUnknown)
		require.NoError(t, srv.Close())
	})
}

// A fault may select requests by a header, such as a tenant's.
func TestFaultByHeader(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithoutSocket())
	srv.Fail(nil, rongcloudtest.Fault{
		Status: 400, Code: 1002, Times: -1,
		When: func(r rongcloudtest.Request) bool {
			return r.Header.Get("X-Request-ID") == "struck" && r.Header.Get("App-Key") == srv.AppKey()
		},
	})
	client := srv.Client()
	_, err := client.User.IsOnline(t.Context(), "u1", rongcloud.WithRequestID("struck"))
	require.ErrorContains(t, err, "1002")
	_, err = client.User.IsOnline(t.Context(), "u1", rongcloud.WithRequestID("spared"))
	require.NoError(t, err)
}
