package rongcloudredis

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestNonceStore(t *testing.T) {
	t.Parallel()
	db := startRedis(t).client(t)
	require.NoError(t, webhooktest.CheckNonceStore(t.Context(), NewNonceStore(db, "a:")))
	require.NoError(t, webhooktest.CheckNonceStore(t.Context(), NewNonceStore(db, "b:")), "prefixes are apart")
}

func TestNonceStoreForgets(t *testing.T) {
	t.Parallel()
	mini := miniredis.RunT(t)
	db := redis.NewClient(&redis.Options{Addr: mini.Addr()})
	t.Cleanup(func() { _ = db.Close() })
	store, ctx := NewNonceStore(db, "n:"), t.Context()
	begin := func(want webhook.NonceStatus) {
		t.Helper()
		state, err := store.Begin(ctx, "k", webhook.Fingerprint{1}, time.Minute)
		require.NoError(t, err)
		require.Equal(t, want, state)
	}
	begin(webhook.NonceNew)
	mini.FastForward(59 * time.Second)
	begin(webhook.NonceUnfinished)
	require.NoError(t, store.Done(ctx, "k", webhook.Fingerprint{1}, time.Minute))
	mini.FastForward(59 * time.Second)
	begin(webhook.NonceDone)
	mini.FastForward(time.Second)
	begin(webhook.NonceNew)
	require.NoError(t, store.Done(ctx, "other", webhook.Fingerprint{1}, time.Minute), "what is forgotten is no error")
	require.NoError(t, store.Done(ctx, "k", webhook.Fingerprint{2}, time.Minute))
	begin(webhook.NonceUnfinished)
}

func TestNonceStoreWithoutRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	store := NewNonceStore(server.client(t), "n:")
	server.kill()
	_, err := store.Begin(t.Context(), "k", webhook.Fingerprint{}, time.Minute)
	require.ErrorContains(t, err, "rongcloudredis")
	require.Error(t, store.Done(t.Context(), "k", webhook.Fingerprint{}, time.Minute))
}
