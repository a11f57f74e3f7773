package rongcloudtest_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestQuotas(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithQuotas())
	broadcast := func() error { return client.Call(t.Context(), endpoint.MessageBroadcast, form(hello()...), nil) }
	require.NoError(t, broadcast())
	srv.Advance(30 * time.Minute)
	require.NoError(t, broadcast())
	for range 3 {
		err := broadcast()
		require.ErrorIs(t, err, rongcloud.CodeRateLimited)
		var e *rongcloud.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 429, e.HTTPStatus)
	}
	require.Len(t, srv.Sent(), 2)
	srv.Advance(30*time.Minute - time.Millisecond)
	require.Error(t, broadcast())
	srv.Advance(time.Millisecond)
	require.NoError(t, broadcast(), "the first one is an hour ago, and refused ones do not count")
	require.ErrorIs(t, broadcast(), rongcloud.CodeRateLimited)
	srv.Advance(20 * time.Hour)
	require.ErrorIs(t, broadcast(), rongcloud.CodeRateLimited, "3 a day")
	srv.Advance(3 * time.Hour)
	require.NoError(t, broadcast())
	call(t, client, "/message/online/broadcast.json", form(hello()...))
}

func TestQuotasCountTargets(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithQuotas())
	send := func(groups ...string) error {
		_, err := client.Message.SendGroup(t.Context(), rongcloud.GroupMessage{From: "a", To: groups, Content: text("hi")})
		return err
	}
	for range 6 {
		require.NoError(t, send("g", "h", "i"))
	}
	require.ErrorIs(t, send("g", "h", "i"), rongcloud.CodeRateLimited)
	require.NoError(t, send("g", "h"), "20 groups a second")
	require.ErrorIs(t, send("g"), rongcloud.CodeRateLimited)
	srv.Advance(time.Second)
	require.NoError(t, send("g"))
}

func TestQuotasOfAContract(t *testing.T) {
	t.Parallel()
	raised := endpoint.MessageBroadcast.Quota
	raised.Limit, raised.Caps = 5, nil
	_, client := stopped(t, rongcloudtest.WithQuotas(rongcloud.Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{endpoint.MessageBroadcast: raised}}))
	for range 5 {
		call(t, client, "/message/broadcast.json", form(hello()...))
	}
	require.ErrorIs(t, client.Call(t.Context(), endpoint.MessageBroadcast, form(hello()...), nil), rongcloud.CodeRateLimited)

	raised.Limit = 0
	_, err := rongcloudtest.New(rongcloudtest.WithQuotas(rongcloud.Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{endpoint.MessageBroadcast: raised}}))
	require.ErrorContains(t, err, "lets nothing through")
	_, err = rongcloudtest.New(rongcloudtest.WithQuotas(rongcloud.Quotas{}, rongcloud.Quotas{}))
	require.Error(t, err)
}

func TestQuotasHaveCapsAndPools(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithQuotas())
	expand := func(kind rongcloud.ConversationType) error {
		return client.Message.Expansion.Delete(t.Context(), rongcloud.MessageExpansionDeleteParams{
			MessageUID: "none", UserID: "a", ConversationType: kind, TargetID: "b", Keys: []string{"k"},
		})
	}
	for range 20 {
		require.NotErrorIs(t, expand(rongcloud.ConversationGroup), rongcloud.CodeRateLimited)
	}
	require.ErrorIs(t, expand(rongcloud.ConversationGroup), rongcloud.CodeRateLimited)
	require.NotErrorIs(t, expand(rongcloud.ConversationPrivate), rongcloud.CodeRateLimited)
	_, err := client.Message.SendGroup(t.Context(), rongcloud.GroupMessage{From: "a", To: []string{"g"}, Content: text("hi")})
	require.ErrorIs(t, err, rongcloud.CodeRateLimited, "it shares what the expansions used")
	srv.Advance(time.Second)
	_, err = client.Message.SendGroup(t.Context(), rongcloud.GroupMessage{From: "a", To: []string{"g"}, Content: text("hi")})
	require.NoError(t, err)
}

func TestQuotasAreOffByDefault(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	for range 5 {
		call(t, client, "/message/broadcast.json", form(hello()...))
	}
}

func TestIdempotencyService(t *testing.T) {
	t.Parallel()
	const duplicate = rongcloud.Code(25999)
	srv, client := stopped(t, rongcloudtest.WithIdempotencyService(duplicate))
	send := func(from string, random int64) error {
		_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: from, To: []string{"b"}, Content: text("hi"), IdempotencyKey: random})
		return err
	}
	require.NoError(t, send("a", 7))
	require.ErrorIs(t, send("a", 7), duplicate)
	require.NoError(t, send("a", 8))
	require.NoError(t, send("x", 7))
	require.NoError(t, send("a", 0))
	require.NoError(t, send("a", 0))
	srv.Advance(time.Minute - time.Millisecond)
	require.ErrorIs(t, send("a", 7), duplicate)
	srv.Advance(time.Millisecond)
	require.NoError(t, send("a", 7))
	require.Len(t, srv.User("b").Inbox(), 6)

	wrong := form("fromUserId", "a", "toUserId", "b", "objectName", "RC:TxtMsg", "content", "no JSON", "msgRandom", "99")
	for range 2 {
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/message/private/publish.json", wrong).Code, "what was refused may come again")
	}
	_, err := rongcloudtest.New(rongcloudtest.WithIdempotencyService(200))
	require.Error(t, err)
}

// The service detects the retry of a send whose response was lost, so that the message arrives
// once.
func TestIdempotentRetry(t *testing.T) {
	t.Parallel()
	const duplicate = rongcloud.Code(25999)
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithIdempotencyService(duplicate))
	client := srv.Client(rongcloud.WithIdempotentSends(rongcloud.IdempotentSends{DuplicateCode: duplicate}))
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "a", To: []string{"b"}, Content: text("hi")})
	require.NoError(t, err)
	require.Len(t, srv.Requests(), 2)
	require.Len(t, srv.User("b").Inbox(), 1)
}

func TestParallelCallersOfEverything(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithQuotas(), rongcloudtest.WithIdempotencyService(25999), rongcloudtest.WithSensitiveFilter())
	client := srv.Client(rongcloud.WithoutRetries())
	register(t, client, "a", "b")
	srv.AddGroup("g", "a", "b")
	ctx := context.Background()
	var wg sync.WaitGroup
	var accepted, limited atomic.Int32
	for i := range 16 {
		wg.Go(func() {
			random := strconv.Itoa(i%4 + 1)
			err := client.Call(ctx, endpoint.MessageBroadcast, form(hello()...), nil)
			if err == nil {
				accepted.Add(1)
			} else {
				limited.Add(1)
			}
			_ = client.Call(ctx, endpointAt("/message/private/publish.json"),
				form("fromUserId", "a", "toUserId", "b", "objectName", "RC:TxtMsg", "content", "{}", "msgRandom", random, "expansion", "true"), nil)
			_ = client.Call(ctx, endpoint.SensitivewordAdd, form("word", random), nil)
			_ = client.Call(ctx, endpoint.Push, object{"platform": []string{"ios"}, "audience": object{"is_to_all": true}, "notification": object{"alert": "x"}}, nil)
			_ = client.Call(ctx, endpointAt(streamPath), streamPiece("", 1, "x", false), nil)
			_ = client.Call(ctx, endpoint.MessageExpansionSet, form(operation("TEST-0000-0000-0003", "a", "1", "b", "extraKeyVal", `{"k":"v"}`)...), nil)
			_ = client.Call(ctx, endpoint.V3MessagePrivateQuery, object{"userId": "b", "targetId": "a", "startTime": time.Now().UnixMilli(),
				"endTime": time.Now().UnixMilli() - 1000, "includeStart": true}, nil)
			_ = client.Call(ctx, endpoint.ConversationTopSet, form("userId", "a", "conversationType", "1", "targetId", random, "setTop", "true"), nil)
			_ = srv.User("a").Connect()
			for _, p := range srv.Pushes() {
				_ = append(p.UserIDs, "x")
			}
			for _, m := range srv.Sent() {
				_ = append(m.RecipientIDs, "x")
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 2, accepted.Load())
	require.EqualValues(t, 14, limited.Load())
	private := 0
	for _, m := range srv.Sent() {
		if m.ObjectName == "RC:TxtMsg" && m.ConversationType == rongcloud.ConversationPrivate {
			private++
		}
	}
	require.Equal(t, 4, private, "one for each msgRandom")
}
