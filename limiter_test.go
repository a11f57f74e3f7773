package rongcloud

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// All times here are synctest's: they pass without waiting, and exactly.

func limiterEndpoint(limit int, per time.Duration) *endpoint.Endpoint {
	return &endpoint.Endpoint{Path: "/test.json", Quota: endpoint.Quota{Limit: limit, Per: per}}
}

// usage notes when units of a quota were used.
type usage struct {
	at []time.Time
	n  []int
}

func (u *usage) take(t *testing.T, limiter Limiter, ep *endpoint.Endpoint, n int) {
	t.Helper()
	require.NoError(t, limiter.Wait(t.Context(), ep, n))
	u.at, u.n = append(u.at, time.Now()), append(u.n, n)
}

// most is the largest number of units in any stretch of the given length.
func (u *usage) most(per time.Duration) int {
	most := 0
	for i := range u.at {
		sum := 0
		for j := i; j < len(u.at) && u.at[j].Sub(u.at[i]) < per; j++ {
			sum += u.n[j]
		}
		most = max(most, sum)
	}
	return most
}

func TestLimiterKeepsTheQuotaInEveryStretch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit, n int
		per      time.Duration
		calls    int
		slack    int     // of a request that is counted when its last part is paid
		least    float64 // share of the quota that is used under load
	}{
		{200, 1, time.Second, 2000, 0, 0.97},
		{100, 1, time.Second, 1000, 0, 0.97},
		{20, 1, time.Second, 200, 0, 0.94},
		{6000, 1, time.Minute, 20_000, 0, 0.97},
		{6000, 1000, time.Minute, 30, 1000, 0.97},
		{200, 500, time.Second, 20, 500, 0.97},
		{2, 1, time.Hour, 20, 0, 0.45},
		{1, 1, time.Second, 20, 0, 0.9},
	} {
		t.Run(fmt.Sprintf("%d per %v, %d at once", c.limit, c.per, c.n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limiter, ep := NewLimiter(), limiterEndpoint(c.limit, c.per)
				var used usage
				begin := time.Now()
				for range c.calls {
					used.take(t, limiter, ep, c.n)
				}
				share := float64(c.calls*c.n) / (float64(c.limit) * (time.Since(begin).Seconds() + c.per.Seconds()/float64(c.limit)) / c.per.Seconds())
				require.GreaterOrEqual(t, share, c.least)
				time.Sleep(3 * c.per) // a rest does not let more through at once
				for range c.calls / 2 {
					used.take(t, limiter, ep, c.n)
				}
				require.LessOrEqual(t, used.most(c.per), c.limit+c.slack)
			})
		})
	}
}

func TestLimiterSeesAShortDeadlineBeforeItSpends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, ep := NewLimiter(), limiterEndpoint(6000, time.Minute)
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		require.ErrorIs(t, limiter.Wait(short, ep, 1000), context.DeadlineExceeded)
		require.NoError(t, limiter.Wait(short, ep, 120), "nothing was spent")
		require.Zero(t, time.Since(begin))
	})
}

func TestLimiterEndpointsAreApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter()
		first, second := limiterEndpoint(1, time.Second), limiterEndpoint(1, time.Second)
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), first, 1))
		require.NoError(t, limiter.Wait(t.Context(), second, 1))
		require.Zero(t, time.Since(start))
		require.NoError(t, NewLimiter().Wait(t.Context(), first, 1))
		require.Zero(t, time.Since(start), "limiters are apart, too")
		require.NoError(t, limiter.Wait(t.Context(), first, 1))
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestLimiterWithoutQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter()
		start := time.Now()
		for range 1000 {
			require.NoError(t, limiter.Wait(t.Context(), &endpoint.Endpoint{}, 1000))
		}
		require.Zero(t, time.Since(start))
	})
}

func TestLimiterCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(1, time.Minute)
		limiter := NewLimiter()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, limiter.Wait(gone, ep, 1), context.Canceled, "before it began")
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), ep, 1), "and it took nothing")
		require.Zero(t, time.Since(start))

		waiting, stop := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Second, stop)
		require.ErrorIs(t, limiter.Wait(waiting, ep, 1), context.Canceled)
		require.Equal(t, 20*time.Second, time.Since(start))
		require.NoError(t, limiter.Wait(t.Context(), ep, 1), "what the cancelled one had reserved is free again")
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestLimiterDeadlineTooShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(1, time.Minute)
		limiter := NewLimiter()
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), ep, 1))

		short, cancel := context.WithTimeout(t.Context(), 59*time.Second)
		defer cancel()
		err := limiter.Wait(short, ep, 1)
		require.Error(t, err)
		require.Zero(t, time.Since(start), "it returns at once")

		long, cancel := context.WithTimeout(t.Context(), 61*time.Second)
		defer cancel()
		require.NoError(t, limiter.Wait(long, ep, 1), "the refused one had reserved nothing")
		require.Equal(t, time.Minute, time.Since(start))

		require.ErrorIs(t, err, context.DeadlineExceeded, "Limiter promises the context's error where it would be too late")
	})
}

func TestLimiterParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(100, time.Second)
		limiter := NewLimiter()
		start := time.Now()
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				for range 10 {
					if err := limiter.Wait(t.Context(), ep, 1); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		require.Equal(t, 5.08, math.Round(100*time.Since(start).Seconds())/100, "500: 2 at once, the rest at 98 a second")
	})
}
