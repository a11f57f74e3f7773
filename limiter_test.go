package rongcloud

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// All times here are synctest's: they pass exactly, and without waiting.

func newTestLimiter(t *testing.T, quotas Quotas) *LocalLimiter {
	t.Helper()
	limiter, err := NewLimiter(quotas)
	require.NoError(t, err)
	return limiter
}

func limiterEndpoint(limit int, per time.Duration) *endpoint.Endpoint {
	return &endpoint.Endpoint{Path: fmt.Sprintf("/test/%d/%v.json", limit, per), Quota: endpoint.Quota{Limit: limit, Per: per}}
}

func units(ep *endpoint.Endpoint, n int) QuotaUse { return QuotaUse{Endpoint: ep, Units: n} }

func bulkUnits(ep *endpoint.Endpoint, n int) QuotaUse {
	return QuotaUse{Endpoint: ep, Units: n, LowPriority: true}
}

// usage records when units of a quota were used.
type usage struct {
	mu sync.Mutex
	at []time.Time
	n  []int
}

func (u *usage) take(ctx context.Context, limiter Limiter, use QuotaUse) error {
	err := limiter.Wait(ctx, use)
	if err == nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.at, u.n = append(u.at, time.Now()), append(u.n, use.Units)
	}
	return err
}

// most returns the largest number of units in any window of the given length.
func (u *usage) most(per time.Duration) int {
	most, sum, first := 0, 0, 0
	for i := range u.at {
		sum += u.n[i]
		for u.at[i].Sub(u.at[first]) >= per {
			sum -= u.n[first]
			first++
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
		least    float64 // share of the quota used under load
	}{
		{limit: 200, n: 1, per: time.Second, calls: 4000, least: 0.98},
		{limit: 100, n: 1, per: time.Second, calls: 2000, least: 0.98},
		{limit: 20, n: 1, per: time.Second, calls: 400, least: 0.99},
		// 6 times 3 is all that fits into a second.
		{limit: 20, n: 3, per: time.Second, calls: 400, least: 0.89},
		{limit: 100, n: 100, per: time.Second, calls: 100, least: 0.98},
		{limit: 6000, n: 1, per: time.Minute, calls: 60_000, least: 0.98},
		{limit: 6000, n: 1000, per: time.Minute, calls: 100, least: 0.98},
		{limit: 2, n: 1, per: time.Hour, calls: 40, least: 0.99},
		{limit: 3, n: 1, per: 24 * time.Hour, calls: 30, least: 0.99},
		{limit: 1, n: 1, per: time.Second, calls: 100, least: 0.99},
	} {
		t.Run(fmt.Sprintf("%d per %v, %d at once", c.limit, c.per, c.n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(c.limit, c.per)
				var used usage
				begin := time.Now()
				for range c.calls {
					require.NoError(t, used.take(t.Context(), limiter, units(ep, c.n)))
				}
				share := float64(c.calls*c.n) / (float64(c.limit) * (time.Since(begin).Seconds() + c.per.Seconds()*float64(c.n)/float64(c.limit)) / c.per.Seconds())
				require.GreaterOrEqual(t, share, c.least)
				time.Sleep(3 * c.per) // after a pause, no more than the quota gets through
				for range c.calls / 2 {
					require.NoError(t, used.take(t.Context(), limiter, units(ep, c.n)))
				}
				require.LessOrEqual(t, used.most(c.per), c.limit)
			})
		})
	}
}

func TestLimiterKeepsTheQuotaWithBulkAndSingleCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		limit, chunk int
		per          time.Duration
		// A single call.
		every time.Duration
		// Longest wait of any single call but the first, and least share of the quota for bulk
		// calls.
		single, bulk float64
	}{
		{name: "private, in the largest chunks", limit: 6000, chunk: 1000, per: time.Minute, every: time.Second, single: 0.1, bulk: 0.7},
		{name: "private, in small chunks", limit: 6000, chunk: 100, per: time.Minute, every: time.Second, single: 0.1, bulk: 0.9},
		{name: "system", limit: 100, chunk: 50, per: time.Second, every: 200 * time.Millisecond, single: 1.1, bulk: 0.4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(c.limit, c.per)
				ctx, stop := context.WithTimeout(t.Context(), 20*c.per)
				defer stop()
				var used usage
				var bulk int
				var wait sync.WaitGroup
				for range 4 {
					wait.Go(func() {
						for used.take(ctx, limiter, bulkUnits(ep, c.chunk)) == nil {
							used.mu.Lock()
							bulk += c.chunk
							used.mu.Unlock()
						}
					})
				}
				var longest time.Duration
				for i := 0; ; i++ {
					time.Sleep(c.every)
					asked := time.Now()
					if used.take(ctx, limiter, units(ep, 1)) != nil {
						break
					}
					if i > 0 {
						longest = max(longest, time.Since(asked))
					}
				}
				wait.Wait()
				require.LessOrEqual(t, used.most(c.per), c.limit)
				require.LessOrEqual(t, longest.Seconds(), c.single)
				require.GreaterOrEqual(t, float64(bulk)/float64(20*c.limit), c.bulk)
			})
		})
	}
}

func TestLimiterHoldsSingleCallsForBulkThatWaitedLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// A call for the whole quota does not fit into a second with a single call, and single
		// calls keep coming.
		limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(100, time.Second)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var used usage
		var bulk int
		var wait sync.WaitGroup
		wait.Go(func() {
			for used.take(ctx, limiter, bulkUnits(ep, 100)) == nil {
				bulk++
			}
		})
		for {
			time.Sleep(100 * time.Millisecond)
			if used.take(ctx, limiter, units(ep, 1)) != nil {
				break
			}
		}
		wait.Wait()
		require.GreaterOrEqual(t, bulk, 12)
		require.LessOrEqual(t, used.most(time.Second), 100)
	})
}

func TestLimiterBulkLeavesRoomForSingleCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(100, time.Hour)
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), bulkUnits(ep, 98)))
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, limiter.Wait(short, bulkUnits(ep, 1)), context.DeadlineExceeded, "since there is one, a fiftieth is theirs")
		waiting, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stop)
		require.ErrorIs(t, limiter.Wait(waiting, bulkUnits(ep, 1)), context.Canceled)
		require.Equal(t, time.Minute, time.Since(start))
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestLimiterPriorities(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(1, time.Second)
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))
		var order []string
		var mu sync.Mutex
		var wait sync.WaitGroup
		for _, c := range []struct {
			name string
			use  QuotaUse
		}{{"bulk 1", bulkUnits(ep, 1)}, {"bulk 2", bulkUnits(ep, 1)}, {"single 1", units(ep, 1)}, {"single 2", units(ep, 1)}} {
			wait.Go(func() {
				if err := limiter.Wait(t.Context(), c.use); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, c.name)
			})
			synctest.Wait()
		}
		delay, err := limiter.Delay(t.Context(), units(ep, 1))
		require.NoError(t, err)
		require.InDelta(t, 3, delay.Seconds(), 0.1, "behind the single calls only")
		delay, err = limiter.Delay(t.Context(), bulkUnits(ep, 1))
		require.NoError(t, err)
		require.InDelta(t, 5, delay.Seconds(), 0.1)
		wait.Wait()
		require.Equal(t, []string{"single 1", "single 2", "bulk 1", "bulk 2"}, order)
	})
}

func TestLimiterDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newTestLimiter(t, Quotas{})
		for _, c := range []struct {
			ep   *endpoint.Endpoint
			n    int
			took int
			want float64
		}{
			{ep: limiterEndpoint(6000, time.Minute), n: 1000, want: 9.5},
			{ep: limiterEndpoint(6001, time.Minute), n: 1},
			{ep: limiterEndpoint(2, time.Hour), n: 1, took: 1},
			{ep: limiterEndpoint(3, time.Hour), n: 1, took: 3, want: 3614},
			{ep: limiterEndpoint(0, time.Hour), n: 1},
		} {
			for range c.took {
				require.NoError(t, limiter.Wait(t.Context(), units(c.ep, 1)))
			}
			for range 2 { // Delay takes nothing
				delay, err := limiter.Delay(t.Context(), units(c.ep, c.n))
				require.NoError(t, err)
				require.InDelta(t, c.want, delay.Seconds(), 0.1, c.ep.Path)
			}
			start := time.Now()
			require.NoError(t, limiter.Wait(t.Context(), units(c.ep, c.n)))
			require.InDelta(t, c.want, time.Since(start).Seconds(), 0.1, c.ep.Path)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := limiter.Delay(gone, units(limiterEndpoint(1, time.Hour), 1))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestLimiterSlowsDownAfterRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(100, time.Second)
		rate := func() float64 { // per second
			start, n := time.Now(), 0
			for ; time.Since(start) < time.Second; n++ {
				require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))
			}
			return float64(n)
		}
		rate()
		require.InDelta(t, 99, rate(), 2)
		for range 5 { // as one call
			limiter.Refused(units(ep, 1), 0)
		}
		require.InDelta(t, 75, rate(), 3)
		limiter.Refused(units(ep, 1), 0)
		require.InDelta(t, 56, rate(), 3)
		for range 9 {
			time.Sleep(time.Second)
			limiter.Refused(units(ep, 1), 0)
		}
		rate()
		require.InDelta(t, 25, rate(), 2, "no slower than a quarter")
		time.Sleep(10 * time.Second)
		rate()
		require.InDelta(t, 99, rate(), 2, "and as before after a while")

		limiter.Refused(units(ep, 1), 5*time.Second)
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))
		require.Equal(t, 5*time.Second, time.Since(start))
		limiter.Refused(units(ep, 1), time.Hour)
		start = time.Now()
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))
		require.Equal(t, time.Minute, time.Since(start), "no server stops it for longer")

		hourly := limiterEndpoint(5, time.Hour)
		limiter.Refused(units(hourly, 1), 0)
		start = time.Now()
		require.NoError(t, limiter.Wait(t.Context(), units(hourly, 1)))
		require.Equal(t, time.Minute, time.Since(start))
		limiter.Refused(units(limiterEndpoint(0, 0), 1), 0)
	})
}

func TestLimiterSeesAShortDeadlineBeforeItSpends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(6000, time.Minute)
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		require.ErrorIs(t, limiter.Wait(short, units(ep, 1000)), context.DeadlineExceeded)
		require.NoError(t, limiter.Wait(short, units(ep, 60)), "nothing was spent")
		require.Zero(t, time.Since(begin))
	})
}

func TestLimiterEndpointsAreApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newTestLimiter(t, Quotas{})
		first, second := units(limiterEndpoint(1, time.Second), 1), units(limiterEndpoint(1, 2*time.Second), 1)
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), first))
		require.NoError(t, limiter.Wait(t.Context(), second))
		require.Zero(t, time.Since(start))
		require.NoError(t, newTestLimiter(t, Quotas{}).Wait(t.Context(), first))
		require.Zero(t, time.Since(start), "limiters are apart, too")
		require.NoError(t, limiter.Wait(t.Context(), first))
		require.InDelta(t, 1, time.Since(start).Seconds(), 0.01)
	})
}

func TestLimiterWithoutQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newTestLimiter(t, Quotas{Factor: 0.001})
		start := time.Now()
		for range 1000 {
			require.NoError(t, limiter.Wait(t.Context(), units(&endpoint.Endpoint{}, 1000)))
		}
		require.Zero(t, time.Since(start))
	})
}

func TestLimiterCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(1, time.Minute)
		limiter := newTestLimiter(t, Quotas{})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, limiter.Wait(gone, units(ep, 1)), context.Canceled, "before it began")
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)), "and it took nothing")
		require.Zero(t, time.Since(start))

		waiting, stop := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Second, stop)
		require.ErrorIs(t, limiter.Wait(waiting, units(ep, 1)), context.Canceled)
		require.Equal(t, 20*time.Second, time.Since(start))
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)), "the cancelled one does not count")
		require.InDelta(t, 60, time.Since(start).Seconds(), 0.5)
	})
}

func TestLimiterGivesBackWhatACancelledCallPaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(6000, time.Minute)
		waiting, stop := context.WithCancel(t.Context())
		time.AfterFunc(8*time.Second, stop)
		require.ErrorIs(t, limiter.Wait(waiting, bulkUnits(ep, 1000)), context.Canceled)
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), bulkUnits(ep, 1000)))
		require.InDelta(t, 1.5, time.Since(start).Seconds(), 0.2, "8 of the 9.5 seconds had passed")
	})
}

func TestLimiterDeadlineTooShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(1, time.Minute)
		limiter := newTestLimiter(t, Quotas{})
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), units(ep, 1)))

		short, cancel := context.WithTimeout(t.Context(), 59*time.Second)
		defer cancel()
		err := limiter.Wait(short, units(ep, 1))
		require.Error(t, err)
		require.Zero(t, time.Since(start), "it returns at once")

		long, cancel := context.WithTimeout(t.Context(), 61*time.Second)
		defer cancel()
		require.NoError(t, limiter.Wait(long, units(ep, 1)), "the refused one had reserved nothing")
		require.InDelta(t, 60, time.Since(start).Seconds(), 0.5)

		require.ErrorIs(t, err, context.DeadlineExceeded, "Limiter promises the context's error where it would be too late")
	})
}

func TestLimiterParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ep := limiterEndpoint(100, time.Second)
		limiter := newTestLimiter(t, Quotas{})
		start := time.Now()
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				for range 10 {
					if err := limiter.Wait(t.Context(), units(ep, 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		require.Equal(t, 5.04, math.Round(100*time.Since(start).Seconds())/100, "500: 1 at once, the rest at 99 a second")
	})
}

func TestLimiterCaps(t *testing.T) {
	t.Parallel()
	channel := func(group, channel string) QuotaUse {
		return QuotaUse{Endpoint: endpoint.MessageUltragroupPublish, Units: 1, Values: map[string][]string{"toGroupIds": {group}, "busChannel": {channel}}}
	}
	expansion := func(kind string) QuotaUse {
		return QuotaUse{Endpoint: endpoint.MessageExpansionSet, Units: 1, Values: map[string][]string{"conversationType": {kind}}}
	}
	for _, c := range []struct {
		name string
		uses []QuotaUse
		want float64 // seconds until all are through
	}{
		{name: "2 broadcasts an hour", uses: slices.Repeat([]QuotaUse{units(endpoint.MessageBroadcast, 1)}, 3), want: 3614},
		{name: "3 broadcasts a day", uses: slices.Repeat([]QuotaUse{units(endpoint.MessageBroadcast, 1)}, 4), want: 86737},
		{name: "100 custom pushes a day", uses: slices.Repeat([]QuotaUse{units(endpoint.PushCustom, 1)}, 101), want: 86737},
		{name: "21 to one channel", uses: slices.Repeat([]QuotaUse{channel("g", "c")}, 21), want: 1},
		{name: "20 to each of two channels", uses: slices.Repeat([]QuotaUse{channel("g", "c"), channel("g", "d")}, 20), want: 0.95},
		{
			name: "20 to each of four groups",
			uses: slices.Repeat([]QuotaUse{channel("1", ""), channel("2", ""), channel("3", ""), channel("4", "")}, 20), want: 0.95,
		},
		{name: "21 expansions of group messages", uses: slices.Repeat([]QuotaUse{expansion("3")}, 21), want: 1},
		{name: "90 expansions of private messages", uses: slices.Repeat([]QuotaUse{expansion("1")}, 90), want: 0.9},
		{
			name: "10 expansions use what 10 group messages need",
			uses: append(slices.Repeat([]QuotaUse{expansion("3")}, 10), slices.Repeat([]QuotaUse{units(endpoint.MessageGroupPublish, 1)}, 11)...),
			want: 1,
		},
		{
			name: "attributes set one by one and in batches",
			uses: []QuotaUse{units(endpoint.ChatroomEntrySet, 60), units(endpoint.ChatroomEntryBatchSet, 60)}, want: 1.6,
		},
		{
			name: "attributes set and removed",
			uses: []QuotaUse{units(endpoint.ChatroomEntrySet, 60), units(endpoint.ChatroomEntryRemove, 60)}, want: 1.2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limiter := newTestLimiter(t, Quotas{})
				start := time.Now()
				for _, use := range c.uses {
					require.NoError(t, limiter.Wait(t.Context(), use))
				}
				require.InDelta(t, c.want, time.Since(start).Seconds(), 0.1+c.want/20)
			})
		})
	}
}

func TestLimiterGivesBackWhatACapKeptUnused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := endpoint.Quota{Limit: 1, Per: time.Hour, Caps: []endpoint.Cap{{Limit: 2, Per: 24 * time.Hour}}}
		limiter := newTestLimiter(t, Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{endpoint.MessageBroadcast: own}})
		use := units(endpoint.MessageBroadcast, 1)
		require.NoError(t, limiter.Wait(t.Context(), use))
		waiting, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stop)
		require.ErrorIs(t, limiter.Wait(waiting, use), context.Canceled, "the hour keeps it, and it has passed the day's cap")
		start := time.Now()
		require.NoError(t, limiter.Wait(t.Context(), use), "the day's second one is still free")
		require.Less(t, time.Since(start), 2*time.Hour)
	})
}

func TestQuotasLimits(t *testing.T) {
	t.Parallel()
	private, group := endpoint.MessagePrivatePublish, endpoint.MessageGroupPublish
	raised := private.Quota
	raised.Limit = 60_000
	pool := endpoint.ChatroomEntrySet.Quota
	pool.Limit = 500
	for _, c := range []struct {
		name   string
		quotas Quotas
		use    QuotaUse
		want   []QuotaLimit
	}{
		{
			name: "documented", quotas: Quotas{}, use: units(private, 7),
			want: []QuotaLimit{{Key: private.Path, Limit: 6000, Per: time.Minute, Units: 7}},
		},
		{name: "none documented", quotas: Quotas{Factor: 2}, use: units(endpoint.UserDelusers, 1)},
		{
			name: "doubled", quotas: Quotas{Factor: 2}, use: units(private, 7),
			want: []QuotaLimit{{Key: private.Path, Limit: 12_000, Per: time.Minute, Units: 7}},
		},
		{name: "less than one", quotas: Quotas{Factor: 0.25}, use: units(endpoint.MessageBroadcast, 1), want: []QuotaLimit{
			{Key: "/message/broadcast.json", Limit: 1, Per: 2 * time.Hour, Units: 1}, {Key: "/message/broadcast.json#1", Limit: 1, Per: 32 * time.Hour, Units: 1},
		}},
		{
			name: "replaced", quotas: Quotas{Factor: 2, Endpoints: map[*endpoint.Endpoint]endpoint.Quota{private: raised}},
			use: units(private, 7), want: []QuotaLimit{{Key: private.Path, Limit: 60_000, Per: time.Minute, Units: 7}},
		},
		{
			name: "the others", quotas: Quotas{Factor: 2, Endpoints: map[*endpoint.Endpoint]endpoint.Quota{private: raised}},
			use: units(group, 3), want: []QuotaLimit{{Key: group.Path, Limit: 40, Per: time.Second, Units: 3}},
		},
		{name: "replaced for a pool", quotas: Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{endpoint.ChatroomEntrySet: pool}}, use: units(endpoint.ChatroomEntryBatchSet, 20), want: []QuotaLimit{
			{Key: "chatroom attributes set", Limit: 500, Per: time.Second, Units: 20},
		}},
		{name: "per channel", quotas: Quotas{}, use: QuotaUse{Endpoint: endpoint.MessageUltragroupPublish, Units: 2, Values: map[string][]string{"toGroupIds": {"a", "b"}, "busChannel": {"c"}}}, want: []QuotaLimit{
			{Key: "/message/ultragroup/publish.json", Limit: 100, Per: time.Second, Units: 2},
			{Key: "/message/ultragroup/publish.json#1:a:c", Limit: 20, Per: time.Second, Units: 1}, {Key: "/message/ultragroup/publish.json#1:b:c", Limit: 20, Per: time.Second, Units: 1},
		}},
		{name: "another's quota, raised", quotas: Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{private: raised}}, use: QuotaUse{Endpoint: endpoint.MessageExpansionSet, Units: 1, Values: map[string][]string{"conversationType": {"1"}}}, want: []QuotaLimit{
			{Key: "/message/expansion/set.json", Limit: 100, Per: time.Second, Units: 1}, {Key: private.Path, Limit: 60_000, Per: time.Minute, Units: 1},
		}},
		{
			name: "no units", quotas: Quotas{}, use: units(private, 0),
			want: []QuotaLimit{{Key: private.Path, Limit: 6000, Per: time.Minute, Units: 1}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, c.quotas.Check())
			require.Equal(t, c.want, c.quotas.Limits(c.use))
		})
	}
}

func TestQuotasCheck(t *testing.T) {
	t.Parallel()
	private, set, batch := endpoint.MessagePrivatePublish, endpoint.ChatroomEntrySet, endpoint.ChatroomEntryBatchSet
	changed := func(ep *endpoint.Endpoint, change func(*endpoint.Quota)) endpoint.Quota {
		quota := ep.Quota
		change(&quota)
		return quota
	}
	type own = map[*endpoint.Endpoint]endpoint.Quota
	for _, c := range []struct {
		name   string
		quotas Quotas
		field  string
	}{
		{
			name:   "a quota of zero",
			quotas: Quotas{Endpoints: own{private: changed(private, func(q *endpoint.Quota) { q.Limit = 0 })}}, field: private.Path,
		},
		{
			name: "no time", quotas: Quotas{Endpoints: own{private: changed(private, func(q *endpoint.Quota) { q.Per = 0 })}},
			field: private.Path,
		},
		{
			name:   "a cap of zero",
			quotas: Quotas{Endpoints: own{private: changed(private, func(q *endpoint.Quota) { q.Caps = []endpoint.Cap{{Per: time.Hour}} })}},
			field:  private.Path,
		},
		{
			name:   "another way of counting",
			quotas: Quotas{Endpoints: own{private: changed(private, func(q *endpoint.Quota) { q.Counts = endpoint.Requests })}},
			field:  private.Path,
		},
		{
			name: "another pool", quotas: Quotas{Endpoints: own{private: changed(private, func(q *endpoint.Quota) { q.Pool = "x" })}},
			field: private.Path,
		},
		{
			name:   "two for one pool",
			quotas: Quotas{Endpoints: own{set: changed(set, func(q *endpoint.Quota) { q.Limit = 7 }), batch: changed(batch, func(q *endpoint.Quota) { q.Limit = 8 })}},
			field:  "/chatroom/entry",
		},
		{name: "no endpoint", quotas: Quotas{Endpoints: own{nil: private.Quota}}, field: "Endpoints"},
		{name: "a negative factor", quotas: Quotas{Factor: -1}, field: "Factor"},
		{name: "no number", quotas: Quotas{Factor: math.NaN()}, field: "Factor"},
		{name: "too much", quotas: Quotas{Factor: math.Inf(1)}, field: "Factor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := NewLimiter(c.quotas)
			var refused *ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Field, c.field)
		})
	}
}

func TestLimiterCapHoldsAfterAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newTestLimiter(t, Quotas{})
		use := QuotaUse{Endpoint: endpoint.MessageUltragroupPublish, Units: 1, Values: map[string][]string{"toGroupIds": {"g"}, "busChannel": {"c"}}}
		limiter.Refused(use, 5*time.Second)
		var used usage
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				if err := used.take(t.Context(), limiter, use); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		require.Len(t, used.at, 100)
		require.LessOrEqual(t, used.most(time.Second), 20, "one channel's cap")
	})
}

func TestLimiterUnitsDoNotOverflow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newTestLimiter(t, Quotas{})
		start := time.Now()
		for _, n := range []int{100_000_000, math.MaxInt32, math.MaxInt - 1, math.MaxInt} {
			delay, err := limiter.Delay(t.Context(), units(endpoint.MessagePrivatePublish, n))
			require.NoError(t, err)
			require.Greater(t, delay, 10*24*time.Hour, "%d units", n)
			short, cancel := context.WithTimeout(t.Context(), time.Hour)
			require.ErrorIs(t, limiter.Wait(short, units(endpoint.MessagePrivatePublish, n)), context.DeadlineExceeded)
			cancel()
		}
		var wait sync.WaitGroup
		waiting, stop := context.WithCancel(t.Context())
		for range 100 { // whose sum would overflow
			wait.Go(func() { _ = limiter.Wait(waiting, units(endpoint.MessagePrivatePublish, math.MaxInt)) })
		}
		synctest.Wait()
		delay, err := limiter.Delay(t.Context(), units(endpoint.MessagePrivatePublish, 1))
		require.NoError(t, err)
		require.Greater(t, delay, 10*24*time.Hour)
		stop()
		wait.Wait()
		for _, n := range []int{0, -5, math.MinInt} { // count as one
			require.NoError(t, limiter.Wait(t.Context(), units(endpoint.MessagePrivatePublish, n)))
		}
		require.Less(t, time.Since(start), 50*time.Millisecond)
	})
}

func TestLimiterCancelledCallsLetNoBurstThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, after int }{{500, 1}, {500, 7}, {60, 1}, {100, 50}} {
		t.Run(fmt.Sprintf("%d cancelled, then %d", c.n, c.after), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// Ten a second.
				limiter, ep := newTestLimiter(t, Quotas{}), limiterEndpoint(600, time.Minute)
				for range 20 {
					waiting, stop := context.WithCancel(t.Context())
					time.AfterFunc(2*time.Second, stop)
					_ = limiter.Wait(waiting, units(ep, c.n))
					stop()
				}
				start, n := time.Now(), 0
				for time.Since(start) < time.Second {
					require.NoError(t, limiter.Wait(t.Context(), units(ep, c.after)))
					n += c.after
				}
				require.LessOrEqual(t, n, 20+2*c.after, "in a second")
			})
		})
	}
}

func TestLimiterCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newTestLimiter(t, Quotas{})
		limiter.Count(units(endpoint.MessageBroadcast, 1))
		limiter.Count(units(endpoint.MessageBroadcast, 1))
		delay, err := limiter.Delay(t.Context(), units(endpoint.MessageBroadcast, 1))
		require.NoError(t, err)
		require.InDelta(t, time.Hour.Seconds(), delay.Seconds(), 15)
		limiter.Count(units(&endpoint.Endpoint{}, 1))
	})
}
