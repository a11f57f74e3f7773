package rongcloudredis

import (
	"crypto/sha256"
	"encoding/json"
	goflag "flag"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

var makeGolden = goflag.Bool("make-golden", false, "write the keys of a new version of the format")

// keysV1 has the keys that version 1 of the format keeps in Redis. It is never rewritten: another
// format has another keyVersion and its own file.
const keysV1 = "testdata/keys_v1.json"

// goldenStart is when the golden keys were written.
var goldenStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// goldenKey is a key in Redis: a hash or a text, and how long it is kept.
type goldenKey struct {
	Hash map[string]string `json:"hash,omitempty"`
	Text string            `json:"text,omitempty"`
	TTL  time.Duration     `json:"ttl"`
}

func goldenRedis(t *testing.T) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	mini := miniredis.RunT(t)
	mini.SetTime(goldenStart)
	db := redis.NewClient(&redis.Options{Addr: mini.Addr()})
	t.Cleanup(func() { _ = db.Close() })
	return mini, db
}

func goldenLimiter(t *testing.T, db redis.Cmdable) *Limiter {
	t.Helper()
	return newLimiter(t, db, LimiterConfig{AppKey: "app", Quotas: quotas(10, time.Hour)})
}

var goldenRequests = map[string]webhook.Fingerprint{"begun": sha256.Sum256([]byte("begun")), "done": sha256.Sum256([]byte("done"))}

// writeGolden repeats the operations that wrote the golden keys, and returns the keys.
func writeGolden(t *testing.T) map[string]goldenKey {
	t.Helper()
	mini, db := goldenRedis(t)
	ctx := t.Context()
	limiter := goldenLimiter(t, db)
	require.NoError(t, limiter.Wait(ctx, units(private, 4)))
	require.NoError(t, limiter.Wait(ctx, bulkUnits(private, 5)))
	require.NoError(t, limiter.Wait(ctx, units(endpoint.MessageBroadcast, 1)))
	limiter.Refused(units(endpoint.MessageBroadcast, 1), 30*time.Second)
	// reports the refusal to Redis
	_, err := limiter.Delay(ctx, units(endpoint.MessageBroadcast, 1))
	require.NoError(t, err)

	store := NewNonceStore(db, "rongcloud:nonce:")
	for key, request := range goldenRequests {
		_, err := store.Begin(ctx, key, request, time.Minute)
		require.NoError(t, err)
	}
	require.NoError(t, store.Done(ctx, "done", goldenRequests["done"], time.Hour))

	keys := map[string]goldenKey{}
	for _, key := range mini.Keys() {
		k := goldenKey{TTL: mini.TTL(key)}
		if mini.Type(key) == "string" {
			k.Text, err = mini.Get(key)
			require.NoError(t, err)
		} else {
			k.Hash = db.HGetAll(ctx, key).Val()
			require.NotEmpty(t, k.Hash["i"])
			k.Hash["i"] = "maker"
		}
		keys[key] = k
	}
	return keys
}

// Version 1 of the keys in Redis does not change: processes of two releases share them.
func TestKeysV1AreWritten(t *testing.T) {
	t.Parallel()
	keys := writeGolden(t)
	if *makeGolden {
		text, err := json.MarshalIndent(keys, "", "\t")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(keysV1, append(text, '\n'), 0o644))
	}
	require.Equal(t, readGolden(t), keys, "a format that differs needs another keyVersion")
}

func readGolden(t *testing.T) map[string]goldenKey {
	t.Helper()
	text, err := os.ReadFile(keysV1)
	require.NoError(t, err)
	var keys map[string]goldenKey
	require.NoError(t, json.Unmarshal(text, &keys))
	require.NotEmpty(t, keys)
	return keys
}

// Keys left by version 1 still count and are understood.
func TestKeysV1AreRead(t *testing.T) {
	t.Parallel()
	mini, db := goldenRedis(t)
	ctx := t.Context()
	for key, k := range readGolden(t) {
		if k.Hash == nil {
			require.NoError(t, mini.Set(key, k.Text))
		}
		for _, field := range slices.Sorted(maps.Keys(k.Hash)) {
			mini.HSet(key, field, k.Hash[field])
		}
		mini.SetTTL(key, k.TTL)
	}
	mini.SetTime(goldenStart.Add(10 * time.Second))
	limiter := goldenLimiter(t, db)
	wait, err := limiter.Delay(ctx, units(private, 2))
	require.NoError(t, err)
	require.InDelta(t, 3590, wait.Seconds(), 20, "9 of 10 an hour are used")
	wait, err = limiter.Delay(ctx, units(endpoint.MessageBroadcast, 1))
	require.NoError(t, err)
	require.InDelta(t, 20, wait.Seconds(), 1, "a refusal of 30 s")

	store := NewNonceStore(db, "rongcloud:nonce:")
	for _, c := range []struct {
		key, request string
		want         webhook.NonceStatus
	}{
		{"begun", "begun", webhook.NonceUnfinished}, {"done", "done", webhook.NonceDone}, {"done", "begun", webhook.NonceReplayed}, {"new", "done", webhook.NonceNew},
	} {
		state, err := store.Begin(ctx, c.key, goldenRequests[c.request], time.Minute)
		require.NoError(t, err)
		require.Equal(t, c.want, state, c.key)
	}
}
