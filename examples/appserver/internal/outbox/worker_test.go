package outbox_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Run leaves no job begun when it returns. A send left begun would be parked, although it was never
// sent.
func TestRunEnds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s, err := store.Open(t.Context(), url)
		require.NoError(t, err)
		defer s.Close()
		require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
			for i := range 2000 {
				tx.Enqueue(t.Context(), strconv.Itoa(i), "test", i)
			}
			return nil
		}))
		w := outbox.New(s, rongcloudtest.NewServer(t).Client(), time.Minute, slog.New(slog.DiscardHandler))
		outbox.Take(w, "test", func(context.Context, *store.Tx, int) {})
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(rand.N(10*time.Millisecond), cancel)
			w.Run(ctx)
			counts, _, err := s.Depth(t.Context())
			require.NoError(t, err)
			require.Zero(t, counts[store.Begun])
		}
	})
}
