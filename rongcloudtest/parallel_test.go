package rongcloudtest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// TestManyCallers is for the race detector: 64 callers do various things at the same time.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	h, err := webhook.NewHandler(srv.AppSecret())
	require.NoError(t, err)
	srv.AddWebhook(h, rongcloudtest.WithoutWaiting())
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			me, other := fmt.Sprint("u", i), fmt.Sprint("u", (i+1)%64)
			calls := []func() error{
				func() error {
					_, err := client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: me, Name: me})
					return err
				},
				srv.User(me).Connect,
				func() error { return srv.User(me).JoinChatroom("lobby") },
				func() error { _, err := srv.User(me).SendPrivate(other, text("hello")); return err },
				func() error { _, err := srv.User(me).SendChatroom("lobby", text("hello")); return err },
				func() error {
					return client.User.Block.Add(t.Context(), rongcloud.UserBlockParams{UserIDs: []string{"x" + me}, Duration: time.Hour})
				},
				func() error {
					srv.State()
					srv.Sent()
					srv.Requests()
					srv.Callbacks()
					srv.Faults()
					return nil
				},
				func() error { srv.Advance(time.Millisecond); srv.User(other).Inbox(); return nil },
			}
			for n, call := range calls {
				if err := call(); err != nil {
					t.Errorf("caller %d, call %d: %v", i, n, err)
				}
			}
		})
	}
	wg.Wait()
	srv.WaitForCallbacks()
	require.Len(t, srv.State().Users, 2*64)
	require.Len(t, srv.State().Chatrooms[0].MemberIDs, 64)
	private := 0
	for _, m := range srv.Sent() {
		if m.ConversationType == rongcloud.ConversationPrivate {
			private++
		}
	}
	require.Equal(t, 64, private)
}

func TestUnderHTTPMock(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithoutSocket())
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(srv.Transport().RoundTrip)
	mock.RegisterResponder("POST", "=~"+endpoint.UserBlock.Path, httpmock.NewStringResponder(200, `{"code":1002}`))
	client := srv.Client(rongcloud.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, send(client), "the server answers")
	require.Len(t, srv.User("b").Inbox(), 1)
	err := client.User.Block.Add(t.Context(), rongcloud.UserBlockParams{UserIDs: []string{"u"}, Duration: time.Hour})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter, "the mock answers")
	require.Len(t, srv.Requests(), 1)
}

// Callers may wait for callbacks while other requests cause more of them.
func TestWaitForCallbacksDuringRequests(t *testing.T) {
	t.Parallel()
	srv, client, _, events := hooked(t, rongcloudtest.WithoutWaiting(), rongcloudtest.WithServerMessages())
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for range 25 {
				_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
					From: "ann", To: []string{"ben"}, Content: rongcloud.TextMessage{Content: "hi"},
				})
				if err != nil {
					t.Errorf("the send failed: %v", err)
				}
				srv.WaitForCallbacks()
			}
		})
	}
	senders.Wait()
	require.Len(t, events(), 100)
}
