package webhook_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func signatureNumber(i int) string { return fmt.Sprintf("%040x", i) }

func TestMemoryNonceStore(t *testing.T) {
	t.Parallel()
	require.NoError(t, webhooktest.CheckNonceStore(t.Context(), webhook.NewMemoryNonceStore(0)))
}

func TestMemoryNonceStoreTakesAnyKey(t *testing.T) {
	t.Parallel()
	store := webhook.NewMemoryNonceStore(0)
	keys := []string{"", "x", strings.Repeat("0", 39), strings.Repeat("0", 40), strings.Repeat("0", 39) + "g", strings.Repeat("0", 39) + "F"}
	for _, key := range keys {
		state, err := store.Begin(t.Context(), key, webhook.Fingerprint{}, time.Hour)
		require.NoError(t, err)
		require.Equal(t, webhook.NonceNew, state, key)
	}
	require.Equal(t, len(keys), store.Len())
}

func TestMemoryNonceStoreIsBounded(t *testing.T) {
	t.Parallel()
	store := webhook.NewMemoryNonceStore(100)
	for i := range 1000 {
		_, err := store.Begin(t.Context(), signatureNumber(i), webhook.Fingerprint{}, time.Hour)
		require.NoError(t, err)
		require.LessOrEqual(t, store.Len(), 100)
	}
	for i := 999; i >= 950; i-- { // the newer half is there
		state, err := store.Begin(t.Context(), signatureNumber(i), webhook.Fingerprint{}, time.Hour)
		require.NoError(t, err)
		require.Equal(t, webhook.NonceUnfinished, state, i)
	}
}

func TestMemoryNonceStoreForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const keep = 20 * time.Minute
		store := webhook.NewMemoryNonceStore(0)
		begin := func(key int) webhook.NonceStatus {
			state, err := store.Begin(context.Background(), signatureNumber(key), webhook.Fingerprint{}, keep)
			require.NoError(t, err)
			return state
		}
		require.Equal(t, webhook.NonceNew, begin(1))
		time.Sleep(keep - time.Second)
		require.Equal(t, webhook.NonceNew, begin(2))
		time.Sleep(keep - time.Second) // the first is in the old generation now
		require.Equal(t, webhook.NonceUnfinished, begin(2))
		require.NoError(t, store.Done(context.Background(), signatureNumber(2), webhook.Fingerprint{}, keep))
		require.Equal(t, webhook.NonceDone, begin(2))
		require.Equal(t, webhook.NonceNew, begin(4))
		time.Sleep(2 * keep)
		require.Equal(t, webhook.NonceNew, begin(3))
		require.Equal(t, 1, store.Len(), "what is too old is gone")
		require.Equal(t, webhook.NonceNew, begin(2))
	})
}

func TestMemoryNonceStoreEntrySize(t *testing.T) { // not parallel: it measures the heap
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	keys := make([]string, 200_000)
	for i := range keys {
		keys[i] = signatureNumber(i * 7919)
	}
	// before and after the maps grow
	for _, n := range []int{20_000, 57_345, 100_000, 115_000, 200_000} {
		before := heap()
		store := webhook.NewMemoryNonceStore(2 * n)
		for _, key := range keys[:n] {
			_, err := store.Begin(t.Context(), key, webhook.Fingerprint{}, time.Hour)
			require.NoError(t, err)
		}
		perEntry := float64(heap()-before) / float64(n)
		t.Logf("%d entries: %.1f bytes each", n, perEntry)
		require.Less(t, perEntry, 100.0)
		runtime.KeepAlive(store)
	}
}

func TestNonceStatusNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "new unfinished done replayed NonceStatus(0)", fmt.Sprint(
		webhook.NonceNew, " ", webhook.NonceUnfinished, " ", webhook.NonceDone, " ", webhook.NonceReplayed, " ", webhook.NonceStatus(0)))
}
