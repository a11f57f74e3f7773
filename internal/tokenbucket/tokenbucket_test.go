package tokenbucket

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// All times here are synctest's: they pass exactly and without waiting. The root package tests
// single limits.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// calls makes calls in goroutines, and records when they went.
type calls struct {
	*Buckets
	wait sync.WaitGroup
	mu   sync.Mutex
	at   map[string][]time.Duration
	from time.Time
}

func newCalls() *calls {
	return &calls{Buckets: New(), at: map[string][]time.Duration{}, from: time.Now()}
}

// enter starts a call, and returns when it is waiting.
func (c *calls) enter(ctx context.Context, name string, low bool, limits ...Limit) {
	c.wait.Go(func() {
		if c.Wait(ctx, limits, low) != nil {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.at[name] = append(c.at[name], time.Since(c.from))
	})
	synctest.Wait()
}

func second(key string, limit, units int) Limit {
	return Limit{Key: key, Limit: limit, Per: time.Second, Units: units}
}

func TestAllLimitsAreCountedAtOneMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		wide, narrow := Limit{Key: "wide", Limit: 100, Per: time.Hour, Units: 1}, Limit{Key: "narrow", Limit: 1, Per: time.Hour, Units: 1}
		require.NoError(t, c.Wait(t.Context(), []Limit{wide, narrow}, false))
		waiting, stop := context.WithCancel(t.Context())
		for range 99 {
			c.enter(waiting, "kept by the narrow one", false, wide, narrow)
		}
		for range 99 {
			require.NoError(t, c.Wait(t.Context(), []Limit{wide}, false), "those who wait use up nothing of the wide one")
		}
		require.Zero(t, time.Since(c.from))
		stop()
		c.wait.Wait()
	})
}

func TestALimitNamedTwiceCountsTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, twice := New(), []Limit{{Key: "a", Limit: 3, Per: time.Hour, Units: 1}, {Key: "a", Limit: 3, Per: time.Hour, Units: 1}}
		require.NoError(t, c.Wait(t.Context(), twice, false))
		require.NotZero(t, c.Delay(twice, false))
		require.Zero(t, c.Delay(twice[:1], false))
	})
}

func TestHeldCallDoesNotHoldOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		quota := second("quota", 100, 3) // more than the available tokens
		require.NoError(t, c.Wait(t.Context(), []Limit{quota, {Key: "channel a", Limit: 1, Per: time.Minute, Units: 1}}, false))
		c.enter(t.Context(), "a", false, quota, Limit{Key: "channel a", Limit: 1, Per: time.Minute, Units: 1})
		for i := range 20 {
			c.enter(t.Context(), "b", false, quota, Limit{Key: "channel " + strconv.Itoa(i), Limit: 20, Per: time.Second, Units: 1})
		}
		c.wait.Wait()
		require.Less(t, c.at["b"][19], 2*time.Second)
		require.InDelta(t, 60, c.at["a"][0].Seconds(), 1)
	})
}

// A call that needs two limits, each of which others use as soon as it has room, still gets its
// turn.
func TestACallUnderTwoBusyLimitsIsNotStarved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		busy, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		for _, key := range []string{"a", "b"} {
			for range 8 {
				c.wait.Go(func() {
					for c.Wait(busy, []Limit{second(key, 10, 1)}, false) == nil {
					}
				})
			}
		}
		synctest.Wait()
		c.enter(busy, "both", false, second("a", 10, 1), second("b", 10, 1))
		c.wait.Wait()
		require.Len(t, c.at["both"], 1)
		require.Less(t, c.at["both"][0], 3*time.Second)
	})
}

func TestCallThatGivesUpLetsTheNextOneGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		waiting, stop := context.WithCancel(t.Context())
		c.enter(waiting, "large", false, Limit{Key: "a", Limit: 100, Per: time.Minute, Units: 1000})
		c.enter(t.Context(), "small", false, Limit{Key: "a", Limit: 100, Per: time.Minute, Units: 1})
		require.Empty(t, c.at)
		stop()
		c.wait.Wait()
		require.Zero(t, c.at["small"][0])
	})
}

func TestALargeCallIsNotPassed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		quota := func(n int) Limit { return Limit{Key: "quota", Limit: 100, Per: time.Hour, Units: n} }
		require.NoError(t, c.Wait(t.Context(), []Limit{quota(60)}, false))
		c.enter(t.Context(), "large", false, quota(50), second("channel a", 100, 1))
		c.enter(t.Context(), "small", false, quota(1), second("channel b", 100, 1))
		c.enter(t.Context(), "low", true, quota(1))
		c.wait.Wait()
		require.Equal(t, c.at["large"], c.at["small"])
		require.Equal(t, c.at["large"], c.at["low"])
	})
}

func TestTheOrderHoldsBetweenLanes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		var order []string
		for i := range 10 {
			limit := Limit{Key: "cap " + strconv.Itoa(i%3), Limit: 100, Per: time.Second, Units: 1}
			c.wait.Go(func() {
				if c.Wait(t.Context(), []Limit{second("a", 5, 1), limit}, i < 4) == nil {
					c.mu.Lock()
					order = append(order, strconv.Itoa(i))
					c.mu.Unlock()
				}
			})
			synctest.Wait()
		}
		c.wait.Wait()
		require.Equal(t, []string{"0", "4", "5", "6", "7", "8", "9", "1", "2", "3"}, order)
	})
}

func TestManyThatGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		require.NoError(t, c.Wait(t.Context(), []Limit{second("a", 1, 1)}, false))
		waiting, stop := context.WithCancel(t.Context())
		for range 5000 {
			c.wait.Go(func() { _ = c.Wait(waiting, []Limit{{Key: "a", Limit: 1, Per: time.Hour, Units: 1}}, false) })
		}
		synctest.Wait()
		stop()
		c.wait.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		require.Empty(t, c.lanes)
		require.Equal(t, [2]backlog{}, c.buckets["a"].ahead)
	})
}

func TestIdleBucketsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New()
		for i := range 20 * firstSweep {
			require.NoError(t, s.Wait(t.Context(), []Limit{second("quota", 100, 1), second(fmt.Sprint(i), 20, 1)}, false))
		}
		require.LessOrEqual(t, len(s.buckets), firstSweep)
	})
}

func BenchmarkWait(b *testing.B) {
	s, limits := New(), []Limit{{Key: "a", Limit: MaxUnits, Per: time.Second, Units: 1}}
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Wait(context.Background(), limits, false)
	}
}
