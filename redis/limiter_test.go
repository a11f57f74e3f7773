package rongcloudredis

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

type own = map[*endpoint.Endpoint]endpoint.Quota

var private = endpoint.MessagePrivatePublish

// quotas returns quotas with a separate quota for private messages.
func quotas(limit int, per time.Duration) rongcloud.Quotas {
	quota := private.Quota
	quota.Limit, quota.Per = limit, per
	return rongcloud.Quotas{Endpoints: own{private: quota}}
}

func units(ep *endpoint.Endpoint, n int) rongcloud.QuotaUse {
	return rongcloud.QuotaUse{Endpoint: ep, Units: n}
}

func bulkUnits(ep *endpoint.Endpoint, n int) rongcloud.QuotaUse {
	return rongcloud.QuotaUse{Endpoint: ep, Units: n, LowPriority: true}
}

func newLimiter(t *testing.T, db redis.Cmdable, config LimiterConfig) *Limiter {
	t.Helper()
	if config.AppKey == "" {
		config.AppKey = t.Name()
	}
	config.Timeout = 5 * time.Second // a busy machine does not mean a lost Redis
	limiter, err := NewLimiter(db, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = limiter.Close() })
	return limiter
}

func TestNewLimiterRefuses(t *testing.T) {
	t.Parallel()
	db := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { _ = db.Close() })
	for field, c := range map[string]struct {
		db     redis.Cmdable
		config LimiterConfig
	}{
		"db":         {nil, LimiterConfig{AppKey: "a"}},
		"AppKey":     {db, LimiterConfig{}},
		"LocalShare": {db, LimiterConfig{AppKey: "a", LocalShare: 1.1}},
		"Timeout":    {db, LimiterConfig{AppKey: "a", Timeout: -1}},
		"Factor":     {db, LimiterConfig{AppKey: "a", Quotas: rongcloud.Quotas{Factor: -1}}},
		private.Path: {db, LimiterConfig{AppKey: "a", Quotas: quotas(0, time.Minute)}},
	} {
		_, err := NewLimiter(c.db, c.config)
		var refused *rongcloud.ArgumentError
		require.ErrorAs(t, err, &refused, field)
		require.Equal(t, field, refused.Field)
	}
	_, err := NewLimiter(db, LimiterConfig{AppKey: "a\n"}) // a mounted file ends like this
	require.ErrorContains(t, err, "AppKey: begins or ends with white space")
}

// The rules, on a Redis whose clock moves only when the test says so.
func TestLimiterRules(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	broadcast := endpoint.MessageBroadcast
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	setup := func(t *testing.T, config LimiterConfig) (*Limiter, func(time.Duration)) {
		t.Helper()
		mini, now := miniredis.RunT(t), start
		mini.SetTime(now)
		db := redis.NewClient(&redis.Options{Addr: mini.Addr()})
		t.Cleanup(func() { _ = db.Close() })
		return newLimiter(t, db, config), func(d time.Duration) {
			now = now.Add(d)
			mini.SetTime(now)
			mini.FastForward(d)
		}
	}
	delay := func(t *testing.T, l *Limiter, use rongcloud.QuotaUse) time.Duration {
		t.Helper()
		d, err := l.Delay(ctx, use)
		require.NoError(t, err)
		return d
	}
	t.Run("an hour and a day", func(t *testing.T) {
		t.Parallel()
		l, advance := setup(t, LimiterConfig{})
		require.Zero(t, delay(t, l, units(broadcast, 1)))
		require.NoError(t, l.Wait(ctx, units(broadcast, 1)))
		require.NoError(t, l.Wait(ctx, units(broadcast, 1)))
		require.InDelta(t, 3600, delay(t, l, units(broadcast, 1)).Seconds(), 20)
		advance(time.Hour + 15*time.Second)
		require.Zero(t, delay(t, l, units(broadcast, 1)))
		require.NoError(t, l.Wait(ctx, units(broadcast, 1)))
		require.InDelta(t, 23*3600, delay(t, l, units(broadcast, 1)).Seconds(), 400, "3 a day")
		short, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		require.ErrorIs(t, l.Wait(short, units(broadcast, 1)), context.DeadlineExceeded, "and it is said at once")
	})
	t.Run("shared with others", func(t *testing.T) {
		t.Parallel()
		l, _ := setup(t, LimiterConfig{Quotas: quotas(1000, time.Hour)})
		expansion := rongcloud.QuotaUse{Endpoint: endpoint.MessageExpansionSet, Units: 1, Values: map[string][]string{"conversationType": {"1"}}}
		require.NoError(t, l.Wait(ctx, units(private, 1000)))
		require.Positive(t, delay(t, l, expansion), "it needs one of the private messages' quota")
		expansion.Values["conversationType"] = []string{"3"}
		require.Zero(t, delay(t, l, expansion))
	})
	t.Run("no quota", func(t *testing.T) {
		t.Parallel()
		l, _ := setup(t, LimiterConfig{})
		for range 10 {
			require.NoError(t, l.Wait(ctx, units(endpoint.UserDelusers, 1000)))
		}
		l.Refused(units(endpoint.UserDelusers, 1), 0)
	})
	t.Run("room for single calls", func(t *testing.T) {
		t.Parallel()
		l, _ := setup(t, LimiterConfig{Quotas: quotas(1000, time.Hour)})
		require.NoError(t, l.Wait(ctx, units(private, 1)))
		require.NoError(t, l.Wait(ctx, bulkUnits(private, 900)))
		require.Positive(t, delay(t, l, bulkUnits(private, 90)), "a fiftieth is left to them")
		require.Zero(t, delay(t, l, units(private, 90)))
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		l, advance := setup(t, LimiterConfig{})
		limit := rongcloud.Quotas{}.Limits(units(private, 1))[0]
		factor := func() float64 {
			delay(t, l, units(private, 1)) // waits for Redis, which Refused does not
			a := &batch{}
			a.limit(l.key(limit.Key), limit, 0)
			result, err := l.put(a)
			require.NoError(t, err)
			return result.limits[0].factor
		}
		require.Equal(t, 1.0, factor())
		for range 5 { // as one
			l.Refused(units(private, 1), 0)
		}
		require.Equal(t, 0.75, factor())
		for range 9 {
			advance(time.Second)
			l.Refused(units(private, 1), 0)
			delay(t, l, units(private, 1))
		}
		require.Equal(t, 0.25, factor())
		advance(59 * time.Second)
		require.Equal(t, 0.25, factor())
		advance(time.Second)
		require.Equal(t, 1.0, factor())
		l.Refused(units(private, 1), 5*time.Second)
		require.Equal(t, 5*time.Second, delay(t, l, units(private, 1)))
		l.Refused(units(broadcast, 1), 0)
		require.Equal(t, time.Minute, delay(t, l, units(broadcast, 1)))
	})
	t.Run("given back", func(t *testing.T) {
		t.Parallel()
		quota := broadcast.Quota
		quota.Limit = 1
		quota.Caps = []endpoint.Cap{{Limit: 2, Per: 24 * time.Hour}}
		l, advance := setup(t, LimiterConfig{Quotas: rongcloud.Quotas{Endpoints: own{broadcast: quota}}})
		require.NoError(t, l.Wait(ctx, units(broadcast, 1)))
		gone, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- l.Wait(gone, units(broadcast, 1)) }()
		// it has passed the daily cap and waits for the hourly one
		require.Eventually(t, func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.lines[broadcast.Path] != nil
		}, 10*time.Second, time.Millisecond)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		advance(time.Hour + 15*time.Second)
		require.NoError(t, l.Wait(ctx, units(broadcast, 1)), "the day's second one is still free")
	})
}

// The largest possible settings are neither refused nor distorted.
func TestLimiterSettingsDoNotOverflow(t *testing.T) {
	t.Parallel()
	_, db := startPaced(t)
	for _, share := range []float64{0, 1e-9, 1} {
		for _, c := range []rongcloud.Quotas{quotas(math.MaxInt, math.MaxInt64), quotas(1, math.MaxInt64), quotas(math.MaxInt, 1), quotas(1, 1)} {
			l := newLimiter(t, db, LimiterConfig{AppKey: newID(), Quotas: c, LocalShare: share})
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
		}
	}
}

func TestLimiterCancelled(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, startRedis(t).client(t), LimiterConfig{Quotas: quotas(60, time.Minute)})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, l.Wait(gone, units(private, 1)), context.Canceled)
	_, err := l.Delay(gone, units(private, 1))
	require.ErrorIs(t, err, context.Canceled)
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, l.Wait(short, units(private, 30)), context.DeadlineExceeded)
	require.False(t, l.isLost())
}

func TestLimiterLosesRedisAndFindsItAgain(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	states := make(chan State, 10)
	config := LimiterConfig{AppKey: "k", Quotas: quotas(1000, time.Second), LocalShare: 0.25, OnState: func(s State) { states <- s }}
	l := newLimiter(t, server.client(t), config)
	other := newLimiter(t, server.client(t), LimiterConfig{AppKey: "k", Quotas: quotas(1000, time.Second)})

	ctx, stop := context.WithCancel(t.Context())
	var done atomic.Int64
	var wait sync.WaitGroup
	wait.Go(func() { // calls continue all the time
		for l.Wait(ctx, units(private, 1)) == nil {
			done.Add(1)
		}
	})
	goesOn := func(n int64) {
		t.Helper()
		until := done.Load() + n
		require.Eventually(t, func() bool { return done.Load() >= until }, 30*time.Second, time.Millisecond)
	}
	goesOn(100)
	server.kill()
	lost := <-states
	require.False(t, lost.Shared)
	require.ErrorContains(t, lost.Err, "Redis is lost")
	goesOn(100)
	delay, err := l.Delay(ctx, units(private, 500))
	require.NoError(t, err)
	require.Greater(t, delay, 1500*time.Millisecond, "500 take two seconds from a quarter of the quota")
	l.Refused(units(private, 1), 0)

	server.start(t)
	require.True(t, (<-states).Shared)
	goesOn(100)
	require.Positive(t, func() time.Duration { // the other limiter sees what this one used
		var longest time.Duration
		for range 20 {
			delay, err := other.Delay(ctx, units(private, 1000))
			require.NoError(t, err)
			longest = max(longest, delay)
		}
		return longest
	}())
	stop()
	wait.Wait()
	require.Empty(t, states)
}

func TestLimiterLetsSingleCallsGoFirst(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	config := LimiterConfig{AppKey: "k", Quotas: quotas(2000, time.Second)}
	bulk, single := newLimiter(t, server.client(t), config), newLimiter(t, server.client(t), config)
	ctx, stop := context.WithCancel(t.Context())
	var chunks atomic.Int64
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for bulk.Wait(ctx, bulkUnits(private, 200)) == nil {
				chunks.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return chunks.Load() >= 10 }, 30*time.Second, time.Millisecond)
	before := chunks.Load()
	for range 50 {
		if err := single.Wait(ctx, units(private, 1)); err != nil {
			t.Fatal(err)
		}
	}
	passed := chunks.Load() - before
	stop()
	wait.Wait()
	require.Less(t, passed, int64(50), "50 single calls had to wait for less than 50 chunks of 200: they did not stand behind each")
}

const (
	workerAddress = "RONGCLOUDREDIS_TEST_WORKER"
	workerTime    = "RONGCLOUDREDIS_TEST_TIME"
	workers       = 4
	workerUnits   = 20
	sharedLimit   = 5000
	sharedPer     = 5 * time.Second
)

// worker is a separate process that uses as much of the quota as it gets, and prints when it got
// it.
func worker(address string) {
	db := redis.NewClient(&redis.Options{Addr: address})
	defer db.Close()
	limiter, err := NewLimiter(db, LimiterConfig{
		AppKey: "shared", Quotas: quotas(sharedLimit, sharedPer), LocalShare: 1.0 / workers, Timeout: 10 * time.Second,
		OnState: func(s State) { fmt.Fprintln(os.Stderr, s) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err) // the parent notices the missing output
		return
	}
	defer limiter.Close()
	measured, err := time.ParseDuration(os.Getenv(workerTime))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), measured+6*time.Second)
	defer cancel()
	var mu sync.Mutex
	var wait sync.WaitGroup
	out := bufio.NewWriter(os.Stdout)
	for range 3 {
		wait.Go(func() {
			for limiter.Wait(ctx, units(private, workerUnits)) == nil {
				mu.Lock()
				fmt.Fprintln(out, time.Now().UnixMicro())
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	_ = out.Flush()
}

func TestFourProcessesShareAQuota(t *testing.T) { // not parallel: it measures
	measured, least := 20*time.Second, -3.0
	if testing.Short() {
		measured, least = 10*time.Second, -10 // alongside other modules' tests
	}
	server := startRedis(t)
	outputs := make([]strings.Builder, workers)
	commands := make([]*exec.Cmd, workers)
	for i := range commands {
		commands[i] = exec.Command(os.Args[0])
		commands[i].Env = append(os.Environ(), workerAddress+"="+server.address, workerTime+"="+measured.String())
		commands[i].Stdout, commands[i].Stderr = &outputs[i], os.Stderr
		require.NoError(t, commands[i].Start())
	}
	var all []int64
	begin := int64(0)
	share := make([]int, workers)
	for i, command := range commands {
		require.NoError(t, command.Wait())
		lines := strings.Fields(outputs[i].String())
		require.NotEmpty(t, lines)
		share[i] = len(lines) * workerUnits
		for j, line := range lines {
			at := atoi(t, line)
			if j == 0 {
				begin = max(begin, at)
			}
			all = append(all, at)
		}
	}
	slices.Sort(all)
	begin += time.Second.Microseconds()
	used := 0
	for _, at := range all {
		if at >= begin && at < begin+measured.Microseconds() {
			used += workerUnits
		}
	}
	quota := sharedLimit * int(measured/sharedPer)
	off := 100 * (float64(used)/float64(quota) - 1)
	t.Logf("%d processes used %d of %d units in %v: %+.2f %%; their shares of the whole run: %v", workers, used, quota, measured, off, share)
	require.LessOrEqual(t, off, 0.0)
	require.GreaterOrEqual(t, off, least)
}
