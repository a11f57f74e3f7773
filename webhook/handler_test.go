package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestFunctionFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		function func(context.Context, *webhook.UserStatus) error
		logged   string
	}{
		"error":      {func(context.Context, *webhook.UserStatus) error { return errors.New("the archive is full") }, "the archive is full"},
		"panic":      {func(context.Context, *webhook.UserStatus) error { panic("boom") }, "panic: boom"},
		"panic, nil": {func(context.Context, *webhook.UserStatus) error { panic(http.ErrAbortHandler) }, "abort Handler"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t)
			h.OnUserStatus(tt.function)
			answer := webhooktest.Serve(h, request(t, jsonType, statusBody))
			require.Equal(t, 500, answer.Status)
			require.Equal(t, "Internal Server Error\n", string(answer.Body))
			require.Contains(t, logged.String(), tt.logged)
			require.Contains(t, logged.String(), "level=ERROR")
			if name != "error" {
				require.Contains(t, logged.String(), "handler_test.go", "the stack")
			}
		})
	}
}

// Events after a failed one wait for the next attempt, which starts from the beginning.
func TestFunctionFailsHalfway(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	var users []string
	h.OnUserStatus(func(_ context.Context, s *webhook.UserStatus) error {
		users = append(users, s.UserID)
		if len(users) == 2 {
			return errors.New("not now")
		}
		return nil
	})
	r := request(t, jsonType, `[{"userid":"a","status":0,"os":""},{"userid":"b"},{"userid":"c"}]`)
	require.Equal(t, 500, webhooktest.Serve(h, again(r)).Status)
	require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
	require.Equal(t, []string{"a", "b", "a", "b", "c"}, users)
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t)
		began := time.Now()
		h.OnUserStatus(func(ctx context.Context, _ *webhook.UserStatus) error {
			<-ctx.Done()
			return ctx.Err()
		})
		r := request(t, jsonType, statusBody)
		require.Equal(t, 500, webhooktest.Serve(h, again(r)).Status)
		require.Equal(t, webhook.DefaultTimeout, time.Since(began))

		// A function that ignores its context and succeeds counts as successful.
		h.OnUserStatus(nil)
		h.OnUserStatus(func(ctx context.Context, _ *webhook.UserStatus) error {
			<-ctx.Done()
			return nil
		})
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
		h.OnUserStatus(nil)
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { return errors.New("called again") })
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
	})
}

func TestWithoutFunctions(t *testing.T) {
	t.Parallel()
	h, logged := newHandler(t)
	for _, kind := range webhooktest.Kinds() {
		answer, err := testApp.Deliver(t.Context(), h, webhooktest.Sample(kind))
		require.NoError(t, err)
		require.Equal(t, 200, answer.Status, kind)
		if kind == webhook.KindPreMessage {
			require.Equal(t, `{"pass":1}`, string(answer.Body))
		} else {
			require.Empty(t, answer.Body)
		}
	}
	require.NotContains(t, logged.String(), "not taken")

	h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { return errors.New("no") })
	h.OnUserStatus(nil) // removes the function
	require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t)
		h.Start() // does nothing
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error {
			time.Sleep(time.Second)
			return nil
		})
		answered := make(chan int)
		r := request(t, jsonType, statusBody)
		go func() { answered <- webhooktest.Serve(h, r).Status }()
		synctest.Wait()

		short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		require.ErrorIs(t, h.Shutdown(short), context.DeadlineExceeded)
		require.Equal(t, 503, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
		require.Contains(t, logged.String(), "shut down")
		down := make(chan error)
		go func() { down <- h.Shutdown(context.Background()) }()
		require.Equal(t, 200, <-answered)
		require.NoError(t, <-down)
		require.NoError(t, h.Shutdown(context.Background()))
	})
}

// Over a real connection, with all that net/http does.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	got := receive(h)
	mux := http.NewServeMux()
	mux.Handle("/all", h)
	for _, kind := range webhooktest.Kinds() {
		mux.Handle("/"+string(kind), h.For(kind))
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()
	for _, kind := range webhooktest.Kinds() {
		for _, path := range []string{"/all?own=1", "/" + string(kind)} {
			answer, err := clientApp(srv).Post(t.Context(), srv.URL+path, webhooktest.Sample(kind))
			require.NoError(t, err)
			require.Equal(t, 200, answer.Status)
		}
	}
	require.Len(t, got.all(), 2*len(webhooktest.Kinds()))
	resp, err := srv.Client().Get(srv.URL + "/all")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, 405, resp.StatusCode)
}
