package rongcloudredis

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// channels returns quotas with a quota for the messages of an ultra group's channels, and a cap
// per channel.
func channels(limit, capped int, per time.Duration) rongcloud.Quotas {
	quota := endpoint.MessageUltragroupPublish.Quota
	quota.Limit, quota.Per = limit, per
	quota.Caps = slices.Clone(quota.Caps)
	quota.Caps[0].Limit, quota.Caps[0].Per = capped, per
	return rongcloud.Quotas{Endpoints: own{endpoint.MessageUltragroupPublish: quota}}
}

func toChannel(name string, units int) rongcloud.QuotaUse {
	return rongcloud.QuotaUse{
		Endpoint: endpoint.MessageUltragroupPublish, Units: units,
		Values: map[string][]string{"toGroupIds": {"g"}, "busChannel": {name}},
	}
}

// More channels than fit into one batch are sent in several batches, without a pause.
func TestMoreLanesThanOneBatchHolds(t *testing.T) {
	t.Parallel()
	l, g := gated(t, LimiterConfig{Quotas: channels(1_000_000, 20, time.Second)})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second) // a rest is a minute
	defer cancel()
	var wait sync.WaitGroup
	var late atomic.Int32
	const calls = 2*maxRuns + 50
	for i := range calls {
		wait.Go(func() {
			if l.Wait(ctx, toChannel(strconv.Itoa(i), 1)) != nil {
				late.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return l.waiting() == calls }, 20*time.Second, time.Millisecond)
	close(g.open)
	wait.Wait()
	require.Zero(t, late.Load())
	require.LessOrEqual(t, g.asked.Load(), int32(6))
}

// A call that is too late or has given up does not hold back those behind it, however they were
// batched.
func TestCallThatLeavesBlocksNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		leave   time.Duration // the deadline of the large call; 0: it is cancelled
		channel string        // of the small call
		hurried bool          // the small call has a deadline too
	}{
		{name: "too late", leave: 10 * time.Minute, channel: "a", hurried: false},
		{name: "too late, behind it somebody in a hurry", leave: 10 * time.Minute, channel: "a", hurried: true},
		{name: "too late, behind it another channel", leave: 10 * time.Minute, channel: "b", hurried: false},
		{name: "too late, behind it another channel in a hurry", leave: 10 * time.Minute, channel: "b", hurried: true},
		{name: "cancelled", leave: 0, channel: "a", hurried: true},
		{name: "cancelled, behind it another channel", leave: 0, channel: "b", hurried: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, g := gated(t, LimiterConfig{Quotas: channels(10, 10, time.Hour)})
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second) // a rest is a minute
			defer cancel()
			results := make(chan error, 3)
			enter := func(ctx context.Context, use rongcloud.QuotaUse, n int) {
				go func() { results <- l.Wait(ctx, use) }()
				require.Eventually(t, func() bool { return l.waiting() == n }, 20*time.Second, time.Millisecond)
			}
			// The first call is asked for alone, the others together after it.
			enter(t.Context(), toChannel("first", 6), 1)
			require.Eventually(t, func() bool { return g.asked.Load() == 1 }, 20*time.Second, time.Millisecond)
			large, leave := context.WithCancel(t.Context())
			if c.leave > 0 {
				large, leave = context.WithTimeout(t.Context(), c.leave)
			}
			defer leave()
			enter(large, toChannel("a", 5), 2)
			small := t.Context()
			if c.hurried {
				small = ctx
			}
			enter(small, toChannel(c.channel, 1), 3)
			if c.leave == 0 {
				g.open <- struct{}{}
				require.NoError(t, <-results)
				require.Eventually(t, func() bool { return g.asked.Load() == 2 }, 20*time.Second, time.Millisecond)
				leave()
				require.ErrorIs(t, <-results, context.Canceled)
			}
			close(g.open)
			if c.leave > 0 {
				first, second := <-results, <-results
				if first != nil {
					first, second = second, first
				}
				require.NoError(t, first)
				require.ErrorIs(t, second, context.DeadlineExceeded)
			}
			select {
			case err := <-results:
				require.NoError(t, err)
			case <-ctx.Done():
				t.Fatal("the small call stands behind one that has gone")
			}
		})
	}
}

// Calls go in the order of arrival, even if each is under a different cap.
func TestTheOrderAcrossLanes(t *testing.T) {
	t.Parallel()
	l, g := gated(t, LimiterConfig{Quotas: channels(7, 7, time.Hour)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wait sync.WaitGroup
	went := make(chan int, 20)
	for i := range 20 { // the first one is asked for alone
		wait.Go(func() {
			if l.Wait(ctx, toChannel(strconv.Itoa(i), 1)) == nil {
				went <- i
			}
		})
		require.Eventually(t, func() bool { return l.waiting() == i+1 }, 20*time.Second, time.Millisecond)
	}
	close(g.open)
	var got []int
	for range 7 {
		got = append(got, <-went)
	}
	cancel()
	wait.Wait()
	slices.Sort(got)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, got)
	require.Empty(t, went)
}
