package rongcloudtest_test

import (
	"context"
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

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestParallelCallers(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithStrict())
	client := srv.Client()
	const callers, rounds = 32, 20
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			me, next := fmt.Sprintf("u%d", i), fmt.Sprintf("u%d", (i+1)%callers)
			ctx := context.Background()
			for range rounds {
				_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: me, Name: me})
				noError(t, err)
				_, err = client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{From: me, To: []string{next, "all"}, Content: text("hi")})
				noError(t, err)
				noError(t, client.Call(ctx, endpoint.UserBlockQuery, form(), nil))
				srv.User(me).Inbox()
			}
			srv.Requests()
			srv.Sent()
		})
	}
	wg.Wait()
	require.Len(t, srv.User("all").Inbox(), callers*rounds)
	require.Len(t, srv.User("u0").Inbox(), rounds)
	require.Len(t, srv.Requests(), 3*callers*rounds)
	seen := map[string]bool{}
	for _, m := range srv.Sent() {
		seen[m.MessageUID] = true
	}
	require.Len(t, seen, 2*callers*rounds)
}

// noError is require.NoError for goroutines other than the test's own.
func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	_, err := client.User.Register(context.Background(), rongcloud.RegisterParams{UserID: "u1", Name: "Ann"}, rongcloud.WithRequestID("req-1"))
	require.NoError(t, err)
	post(t, srv, "/nowhere", "", http.Header{})
	all := srv.Requests()
	require.Len(t, all, 2)
	require.Equal(t, "Ann", all[0].Params.Get("name"))
	require.Equal(t, []string{"name", "userId"}, all[0].Params.Names())
	require.Equal(t, srv.AppKey(), all[0].Header.Get("App-Key"))
	all[0].Params, all[0].Header, all[0].Duration, all[0].Body, all[0].Response = rongcloudtest.Params{}, nil, 0, nil, nil
	require.Equal(t, rongcloudtest.Request{
		Number: 1, ReceivedAt: started, Method: "POST", Path: "/user/getToken.json", Endpoint: endpoint.UserGetToken,
		RequestID: "req-1", Status: 200, Code: 200, MediaType: "application/json; charset=UTF-8",
	}, all[0])
	require.Nil(t, all[1].Endpoint)
	require.Equal(t, 404, all[1].Status)
}

func TestObserver(t *testing.T) {
	t.Parallel()
	seen := make(chan rongcloudtest.Request, 2)
	var count atomic.Int32
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithObserver(func(r rongcloudtest.Request) { seen <- r }),
		rongcloudtest.WithObserver(func(rongcloudtest.Request) { count.Add(1) }))
	client := srv.Client()
	register(t, client, "u1")
	srv.Fail(nil, rongcloudtest.Fault{DropResponse: true})
	require.ErrorIs(t, send(client), rongcloud.ErrOutcomeUnknown)
	require.NoError(t, srv.Close())
	require.EqualValues(t, 2, count.Load(), "observers add up")
	require.Len(t, seen, 2, "observers add up")
	first, second := <-seen, <-seen
	require.Equal(t, []int{1, 2}, []int{first.Number, second.Number})
	require.Equal(t, 200, first.Status)
	require.True(t, second.Fault)
}

func TestCallbackObservers(t *testing.T) {
	t.Parallel()
	var seen []string
	note := func(who string) rongcloudtest.Option {
		return rongcloudtest.WithCallbackObserver(func(c rongcloudtest.Callback) { seen = append(seen, who+string(c.Event.Kind())) })
	}
	srv := rongcloudtest.NewServer(t, note("1 "), note("2 "))
	srv.AddWebhook(http.NotFoundHandler())
	srv.Emit(webhooktest.Sample(webhook.KindUserStatus))
	require.Equal(t, []string{"1 user_online_status", "2 user_online_status"}, seen)
}

func TestWithoutSocket(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithoutSocket())
	client := srv.Client()
	register(t, client, "u1")
	require.NoError(t, send(client))
	require.Len(t, srv.User("b").Inbox(), 1)
	require.Equal(t, "http://rongcloud.test", srv.URL)
	require.NoError(t, srv.Close())
	require.ErrorIs(t, send(client), rongcloud.ErrOutcomeUnknown)
}

func TestHandlerElsewhere(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	// The wrapper hides the Hijacker, as an HTTP/2 server does.
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		srv.Handler().ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	}))
	defer elsewhere.Close()
	client := srv.Client(rongcloud.WithBaseURL(elsewhere.URL), rongcloud.WithoutRetries())
	register(t, client, "u1")
	require.Len(t, srv.User("u1").Tokens(), 1)
	srv.Fail(nil, rongcloudtest.Fault{DropResponse: true})
	require.ErrorIs(t, send(client), rongcloud.ErrOutcomeUnknown)
	require.NoError(t, srv.Close())
	require.ErrorIs(t, send(client), rongcloud.ErrOutcomeUnknown)
}

func TestRequestThatBreaksOff(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST /user/getToken.json HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nuserId=u1"))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	data, _ := io.ReadAll(conn)
	require.Empty(t, data)
	require.Empty(t, srv.Requests())
}

func TestNew(t *testing.T) {
	t.Parallel()
	srv, err := rongcloudtest.New(rongcloudtest.WithApp("key", "secret"))
	require.NoError(t, err)
	require.Equal(t, "key", srv.AppKey())
	require.Equal(t, "secret", srv.AppSecret())
	client := srv.Client()
	register(t, client, "u1")
	require.Panics(t, func() { srv.Client(rongcloud.WithAttemptTimeout(-1)) })
	require.NoError(t, srv.Close())
	require.NoError(t, srv.Close())

	_, err = client.User.Register(context.Background(), rongcloud.RegisterParams{UserID: "u1", Name: "n"})
	require.ErrorIs(t, err, rongcloud.ErrTransport)
	require.NotErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://x/", nil)
	require.NoError(t, err)
	_, err = srv.Transport().RoundTrip(req)
	require.ErrorContains(t, err, "closed")

	for _, opt := range []rongcloudtest.Option{
		nil, rongcloudtest.WithApp("", "x"), rongcloudtest.WithApp("x", ""), rongcloudtest.WithClock(nil),
		rongcloudtest.WithClockSkew(-1), rongcloudtest.WithHistory(0), rongcloudtest.WithRegion("Mars"),
	} {
		_, err := rongcloudtest.New(opt)
		require.ErrorContains(t, err, "rongcloudtest: ")
	}
}

// tb is a fake for a failing test.
type tb struct {
	cleanups []func()
	fatal    string
}

func (t *tb) Helper()                        {}
func (t *tb) Name() string                   { return "TestX" }
func (t *tb) Cleanup(f func())               { t.cleanups = append(t.cleanups, f) }
func (t *tb) Errorf(format string, a ...any) {}
func (t *tb) Fatalf(format string, a ...any) { t.fatal = fmt.Sprintf(format, a...) }

// not parallel: another server could take the freed address
func TestNewServerFailsTheTest(t *testing.T) {
	fake := &tb{}
	require.Nil(t, rongcloudtest.NewServer(fake, func() rongcloudtest.Option { return rongcloudtest.WithHistory(0) }()))
	require.Contains(t, fake.fatal, "TestX: rongcloudtest: WithHistory")

	srv := rongcloudtest.NewServer(fake)
	require.Nil(t, srv.Client(rongcloud.WithAttemptTimeout(-1)))
	require.Contains(t, fake.fatal, "WithAttemptTimeout")
	require.Len(t, fake.cleanups, 1)
	fake.cleanups[0]()
	require.ErrorIs(t, func() error {
		_, err := srv.Client().User.Register(context.Background(), rongcloud.RegisterParams{UserID: "u", Name: "n"}, rongcloud.WithRequestID("x"))
		var e *rongcloud.Error
		if errors.As(err, &e) {
			return err
		}
		return nil
	}(), rongcloud.ErrTransport)
}

func TestTransportObeysTheContext(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/user/info.json", http.NoBody)
	require.NoError(t, err)
	_, err = srv.Transport().RoundTrip(req)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, srv.Requests())
}
