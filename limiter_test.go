package rongcloud

import (
	"context"
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

func TestLimiterPaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(200, time.Second)
		limiter := NewLimiter()
		start := time.Now()
		for i := range 400 {
			require.NoError(t, limiter.Wait(t.Context(), ep, 1))
			want := time.Duration(max(0, i+1-200)) * 5 * time.Millisecond
			require.Equal(t, want, time.Since(start).Round(time.Microsecond), "request %d", i+1)
		}
		require.Equal(t, time.Second, time.Since(start).Round(time.Microsecond))

		// After a second of rest the whole burst is there again, and no more than that.
		time.Sleep(5 * time.Second)
		start = time.Now()
		require.NoError(t, limiter.Wait(t.Context(), ep, 200))
		require.Zero(t, time.Since(start))
		require.NoError(t, limiter.Wait(t.Context(), ep, 1))
		require.Equal(t, 5*time.Millisecond, time.Since(start).Round(time.Microsecond))
	})
}

func TestLimiterPerMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(6000, time.Minute)
		limiter := NewLimiter()
		start := time.Now()
		for range 7 { // 7000 receivers: 6000 at once, the rest at 100 a second
			require.NoError(t, limiter.Wait(t.Context(), ep, 1000))
		}
		require.Equal(t, 10*time.Second, time.Since(start).Round(time.Microsecond))
	})
}

func TestLimiterMoreThanTheBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter()
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), limiterEndpoint(200, time.Second), 500))
		require.Equal(t, 1500*time.Millisecond, time.Since(start).Round(time.Microsecond))
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
		require.Equal(t, 4*time.Second, time.Since(start).Round(time.Microsecond), "500 at 100 a second, 100 of them at once")
	})
}
