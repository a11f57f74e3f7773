package rongcloudredis

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// stated returns a limiter that sends its state changes to a channel.
func stated(t *testing.T, db redis.Cmdable, config LimiterConfig) (*Limiter, chan State) {
	t.Helper()
	states := make(chan State, 100)
	config.AppKey, config.OnState = "k", func(s State) { states <- s }
	l, err := NewLimiter(db, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l, states
}

// A Redis that does not respond is noticed by calls without a deadline and by calls with a short
// one, whatever timeouts the client respects.
func TestLimiterNoticesARedisThatHangs(t *testing.T) {
	t.Parallel()
	for _, heeds := range []bool{false, true} {
		t.Run(strconv.FormatBool(heeds), func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			db := redis.NewClient(&redis.Options{Addr: server.address, ContextTimeoutEnabled: heeds})
			t.Cleanup(func() { _ = db.Close() })
			l, states := stated(t, db, LimiterConfig{Quotas: quotas(1_000_000, time.Second)})
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			server.halt(t)
			short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, l.Wait(short, units(private, 1)), context.DeadlineExceeded)
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					if err := l.Wait(t.Context(), units(private, 1)); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			lost := <-states
			require.False(t, lost.Shared)
			require.ErrorIs(t, lost.Err, errSilent)
			require.Empty(t, states, "it is said once")
			server.goOn(t)
			require.True(t, (<-states).Shared)
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
		})
	}
}

func TestRefusedDoesNotWaitForRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	l, states := stated(t, server.client(t), LimiterConfig{Quotas: quotas(1000, time.Second), Timeout: 30 * time.Second})
	require.NoError(t, l.Wait(t.Context(), units(private, 1)))
	server.halt(t)
	for range 100 {
		l.Refused(units(private, 1), 20*time.Second)
	}
	require.False(t, l.isLost(), "it did not wait until Redis was lost")
	server.goOn(t)
	delay, err := l.Delay(t.Context(), units(private, 1))
	require.NoError(t, err)
	require.Greater(t, delay, 10*time.Second)
	require.Empty(t, states)
}

func TestNonceStoreDoesNotWaitForRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	db := redis.NewClient(&redis.Options{Addr: server.address, ReadTimeout: time.Minute, MaxRetries: -1})
	t.Cleanup(func() { _ = db.Close() })
	store := NewNonceStore(db, "n:")
	_, err := store.Begin(t.Context(), "k", webhook.Fingerprint{}, time.Minute)
	require.NoError(t, err)
	server.halt(t)
	_, err = store.Begin(t.Context(), "k", webhook.Fingerprint{}, time.Minute)
	require.ErrorIs(t, err, errSilent)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, store.Done(gone, "k", webhook.Fingerprint{}, time.Minute), context.Canceled)
	server.goOn(t)
}

// A Redis that responds to a ping but does not run the script stays lost.
func TestLimiterDoesNotFlap(t *testing.T) {
	t.Parallel()
	type change func(t *testing.T, root *redis.Client)
	do := func(command ...any) change {
		return func(t *testing.T, root *redis.Client) {
			t.Helper()
			require.NoError(t, root.Do(t.Context(), command...).Err())
		}
	}
	gone := t.TempDir()
	for _, c := range []struct {
		says           string
		args           []string
		begin          change
		refuse, accept change
	}{
		{says: "OOM", args: nil, begin: nil, refuse: do("CONFIG", "SET", "maxmemory", "1"), accept: do("CONFIG", "SET", "maxmemory", "0")},
		{says: "READONLY", args: nil, begin: nil, refuse: do("REPLICAOF", "127.0.0.1", "1"), accept: do("REPLICAOF", "NO", "ONE")},
		{
			says: "NOPERM", args: nil, begin: nil, refuse: do("ACL", "SETUSER", "app", "-evalsha"),
			accept: do("ACL", "SETUSER", "app", "+evalsha"),
		},
		{says: "WRONGPASS", args: nil, begin: nil, refuse: func(t *testing.T, root *redis.Client) {
			do("ACL", "SETUSER", "app", "resetpass", ">other")(t, root)
			do("CLIENT", "KILL", "USER", "app")(t, root)
		}, accept: do("ACL", "SETUSER", "app", ">pw")},
		{says: "CLUSTERDOWN", args: []string{"--cluster-enabled", "yes"}, begin: func(t *testing.T, root *redis.Client) {
			do("CLUSTER", "ADDSLOTSRANGE", "0", "16383")(t, root)
			require.Eventually(t, func() bool {
				return strings.Contains(root.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
			}, 30*time.Second, 10*time.Millisecond)
		}, refuse: func(t *testing.T, root *redis.Client) {
			do("CLUSTER", "DELSLOTS", root.ClusterKeySlot(t.Context(), "{k}").Val())(t, root)
		}, accept: func(t *testing.T, root *redis.Client) {
			do("CLUSTER", "ADDSLOTS", root.ClusterKeySlot(t.Context(), "{k}").Val())(t, root)
		}},
		{says: "MISCONF", args: []string{"--save", "3600 1", "--dir", gone}, begin: nil, refuse: func(t *testing.T, root *redis.Client) {
			require.NoError(t, os.RemoveAll(gone))
			do("BGSAVE")(t, root)
			require.Eventually(t, func() bool {
				return strings.Contains(root.Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
			}, 30*time.Second, 10*time.Millisecond)
		}, accept: do("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")},
		{says: "LOADING", args: []string{"--enable-debug-command", "yes", "--loading-process-events-interval-bytes", "1024"}, begin: func(t *testing.T, root *redis.Client) {
			do("DEBUG", "POPULATE", "50000", "x", "200")(t, root)
			do("CONFIG", "SET", "key-load-delay", "3000")(t, root)
		}, refuse: func(t *testing.T, root *redis.Client) {
			loader := redis.NewClient(&redis.Options{Addr: root.Options().Addr, ReadTimeout: -1, MaxRetries: -1})
			loaded := make(chan error, 1)
			go func() { loaded <- loader.Do(context.Background(), "DEBUG", "RELOAD").Err() }()
			t.Cleanup(func() {
				<-loaded
				_ = loader.Close()
			})
			require.Eventually(t, func() bool { return !errors.Is(root.Get(t.Context(), "x").Err(), redis.Nil) }, 30*time.Second, 10*time.Millisecond)
		}, accept: do("CONFIG", "SET", "key-load-delay", "0")},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t, c.args...)
			root := server.client(t)
			if c.begin != nil {
				c.begin(t, root)
			}
			do("ACL", "SETUSER", "app", "on", ">pw", "~rongcloud:*", "+@all")(t, root)
			db := redis.NewClient(&redis.Options{Addr: server.address, Username: "app", Password: "pw", MaxRetries: -1})
			t.Cleanup(func() { _ = db.Close() })
			l, states := stated(t, db, LimiterConfig{Quotas: quotas(1000, time.Second), Timeout: 10 * time.Second})
			asked := &gate{open: make(chan struct{})}
			close(asked.open)
			db.AddHook(asked)
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			c.refuse(t, root)
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			require.ErrorContains(t, (<-states).Err, c.says)
			require.Eventually(t, func() bool { return asked.asked.Load() >= 6 }, time.Minute, 10*time.Millisecond, "it is looked for")
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			require.Empty(t, states)
			c.accept(t, root)
			require.True(t, (<-states).Shared)
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			require.Empty(t, states)
		})
	}
}

// A script is refused completely for lack of memory, even if it would first free some.
func TestLimiterIsRefusedBeforeItFreesMemory(t *testing.T) {
	t.Parallel()
	db := startRedis(t).client(t)
	l, states := stated(t, db, LimiterConfig{Quotas: quotas(1000, time.Second), Timeout: 10 * time.Second})
	require.NoError(t, l.Wait(t.Context(), units(private, 1)))
	key := l.key(private.Path)
	oldest, err := db.HGet(t.Context(), key, "o").Int64()
	require.NoError(t, err)
	old := oldest - 2*windowSlots
	require.NoError(t, db.HSet(t.Context(), key, "o", old, strconv.FormatInt(old, 10), 1, "t", 2, "s", 2).Err())
	require.NoError(t, db.ConfigSet(t.Context(), "maxmemory", "1").Err())
	require.NoError(t, l.Wait(t.Context(), units(private, 1)))
	require.True(t, l.isLost())
	require.ErrorContains(t, (<-states).Err, "OOM")
	held, err := db.HExists(t.Context(), key, strconv.FormatInt(old, 10)).Result()
	require.NoError(t, err)
	require.True(t, held, "nothing was done")
}

// twice is a hook that sends the next request twice, like a client that got no response. It
// applies to requests that must not take effect twice.
type twice struct{ next atomic.Int32 }

func (h *twice) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h *twice) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		guarded := slices.ContainsFunc(cmd.Args(), func(arg any) bool {
			key, ok := arg.(string)
			return ok && strings.Contains(key, "once:")
		})
		if !guarded || h.next.Add(-1) < 0 {
			return next(ctx, cmd)
		}
		if err := next(ctx, cmd); err != nil {
			return err
		}
		return next(ctx, cmd)
	}
}
func (h *twice) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// Units are returned or re-entered only once, even if the client repeats the request.
func TestARepeatedRequestChangesNothing(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (*Limiter, *pacedRedis, *twice, *gate) {
		mini, db := startPaced(t)
		l := newLimiter(t, db, LimiterConfig{Quotas: quotas(10, time.Hour)})
		require.NoError(t, l.Wait(t.Context(), units(private, 3)))
		repeat, g := &twice{}, &gate{open: make(chan struct{})}
		db.AddHook(g)
		db.AddHook(repeat)
		return l, mini, repeat, g
	}
	holds := func(t *testing.T, l *Limiter, used int) {
		t.Helper()
		delay, err := l.Delay(t.Context(), units(private, 10-used))
		require.NoError(t, err)
		require.Zero(t, delay, "no more than %d are used", used)
		delay, err = l.Delay(t.Context(), units(private, 11-used))
		require.NoError(t, err)
		require.NotZero(t, delay, "no less than %d are used", used)
		require.False(t, l.isLost())
	}
	t.Run("given back", func(t *testing.T) {
		t.Parallel()
		l, _, repeat, g := setup(t)
		gone, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- l.Wait(gone, units(private, 3)) }()
		require.Eventually(t, func() bool { return g.asked.Load() == 1 }, 10*time.Second, time.Millisecond)
		cancel()
		require.ErrorIs(t, <-result, context.Canceled)
		repeat.next.Store(1)
		close(g.open)
		require.Eventually(t, func() bool { return repeat.next.Load() <= 0 }, 10*time.Second, time.Millisecond)
		holds(t, l, 3)
	})
	t.Run("entered again", func(t *testing.T) {
		t.Parallel()
		l, mini, repeat, g := setup(t)
		close(g.open)
		mini.FlushAll()
		repeat.next.Store(1)
		holds(t, l, 3)
		require.LessOrEqual(t, repeat.next.Load(), int32(0))
	})
}

// Allowing the keys that begin with the prefix is enough for everything the module does.
func TestKeysBeginWithThePrefix(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	root := server.client(t)
	require.NoError(t, root.Do(t.Context(), "ACL", "SETUSER", "app", "on", ">pw", "resetkeys", "~mine:*", "+@all").Err())
	db := redis.NewClient(&redis.Options{Addr: server.address, Username: "app", Password: "pw"})
	t.Cleanup(func() { _ = db.Close() })
	l, states := stated(t, db, LimiterConfig{Prefix: "mine:", Quotas: quotas(1000, time.Second), Timeout: 10 * time.Second})
	expansion := rongcloud.QuotaUse{Endpoint: endpoint.MessageExpansionSet, Units: 1, Values: map[string][]string{"conversationType": {"1"}}}
	for _, use := range []rongcloud.QuotaUse{units(private, 1), expansion, units(endpoint.MessageBroadcast, 1)} {
		require.NoError(t, l.Wait(t.Context(), use))
		l.Refused(use, time.Millisecond)
		_, err := l.Delay(t.Context(), use)
		require.NoError(t, err)
	}
	_, err := NewNonceStore(db, "mine:nonce:").Begin(t.Context(), "k", webhook.Fingerprint{}, time.Minute)
	require.NoError(t, err)
	require.Empty(t, states)
	keys, err := root.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.NotEmpty(t, keys)
	for _, key := range keys {
		require.True(t, strings.HasPrefix(key, "mine:"), key)
	}
}

func TestLimiterInACluster(t *testing.T) {
	t.Parallel()
	server := startRedis(t, "--cluster-enabled", "yes")
	root := server.client(t)
	require.NoError(t, root.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", "0", "16383").Err())
	require.Eventually(t, func() bool { return strings.Contains(root.ClusterInfo(t.Context()).Val(), "cluster_state:ok") }, 30*time.Second, 10*time.Millisecond)
	for i, appKey := range []string{"k", "}k", "k}{x", "{}"} {
		db := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.address}})
		t.Cleanup(func() { _ = db.Close() })
		l := newLimiter(t, db, LimiterConfig{AppKey: appKey})
		expansion := rongcloud.QuotaUse{Endpoint: endpoint.MessageExpansionSet, Units: 1, Values: map[string][]string{"conversationType": {"3"}}}
		require.NoError(t, l.Wait(t.Context(), expansion))
		require.False(t, l.isLost(), "%d", i)
	}
}

// The use of an hourly quota is still known after Redis has forgotten it, and counts while Redis
// is lost.
func TestLimiterEntersAgainWhatVanished(t *testing.T) {
	t.Parallel()
	broadcast := units(endpoint.MessageBroadcast, 1)
	full := func(t *testing.T, l *Limiter) {
		t.Helper()
		short, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		require.ErrorIs(t, l.Wait(short, broadcast), context.DeadlineExceeded)
	}
	t.Run("flushed", func(t *testing.T) {
		t.Parallel()
		db := startRedis(t).client(t)
		l, states := stated(t, db, LimiterConfig{Timeout: 10 * time.Second})
		for range 2 {
			require.NoError(t, l.Wait(t.Context(), broadcast))
		}
		require.NoError(t, db.FlushAll(t.Context()).Err())
		full(t, l)
		s := <-states
		require.True(t, s.Shared)
		require.ErrorIs(t, s.Err, ErrCountersVanished)
		require.ErrorContains(t, s.Err, "/message/broadcast.json")
		other, _ := stated(t, db, LimiterConfig{Timeout: 10 * time.Second})
		full(t, other)
		require.Empty(t, states, "it is said once")
	})
	t.Run("restarted", func(t *testing.T) {
		t.Parallel()
		server := startRedis(t)
		l, states := stated(t, server.client(t), LimiterConfig{LocalShare: 0.5, Timeout: 10 * time.Second})
		for range 2 {
			require.NoError(t, l.Wait(t.Context(), broadcast))
		}
		server.kill()
		full(t, l)
		require.False(t, (<-states).Shared)
		full(t, l)
		server.start(t)
		require.Equal(t, State{Shared: true}, <-states)
		full(t, l)
		require.ErrorIs(t, (<-states).Err, ErrCountersVanished)
	})
	t.Run("used while lost", func(t *testing.T) {
		t.Parallel()
		server := startRedis(t)
		l, states := stated(t, server.client(t), LimiterConfig{LocalShare: 1, Timeout: 10 * time.Second})
		server.kill()
		for range 2 {
			require.NoError(t, l.Wait(t.Context(), broadcast))
		}
		require.False(t, (<-states).Shared)
		server.start(t)
		require.True(t, (<-states).Shared)
		full(t, l)
		other := newLimiter(t, server.client(t), LimiterConfig{AppKey: "k"})
		full(t, other)
	})
}

func TestLimiterAfterScriptFlush(t *testing.T) {
	t.Parallel()
	db := startRedis(t).client(t)
	l, states := stated(t, db, LimiterConfig{Quotas: quotas(100_000, time.Second), Timeout: 10 * time.Second})
	for range 20 {
		require.NoError(t, l.Wait(t.Context(), units(private, 1)))
		require.NoError(t, db.ScriptFlush(t.Context()).Err())
	}
	require.Empty(t, states)
}

// pacedRedis is a Redis whose clock moves only when the test says so.
type pacedRedis struct {
	*miniredis.Miniredis
	now time.Time
}

func startPaced(t *testing.T) (*pacedRedis, *redis.Client) {
	t.Helper()
	p := &pacedRedis{miniredis.RunT(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	p.SetTime(p.now)
	db := redis.NewClient(&redis.Options{Addr: p.Addr()})
	t.Cleanup(func() { _ = db.Close() })
	return p, db
}

func (p *pacedRedis) at(d time.Duration) { p.SetTime(p.now.Add(d)) }

func TestAClockThatGoesBackOpensNoQuota(t *testing.T) {
	t.Parallel()
	for _, back := range []time.Duration{time.Second, 15 * time.Second, time.Minute, 24 * time.Hour} {
		mini, db := startPaced(t)
		l := newLimiter(t, db, LimiterConfig{Quotas: quotas(10, time.Hour)})
		require.NoError(t, l.Wait(t.Context(), units(private, 10)))
		mini.at(-back)
		delay, err := l.Delay(t.Context(), units(private, 1))
		require.NoError(t, err)
		require.InDelta(t, 3600, delay.Seconds(), 20, "%v back", back)
		mini.at(-back + 30*time.Minute)
		delay, err = l.Delay(t.Context(), units(private, 1))
		require.NoError(t, err)
		require.InDelta(t, 1800, delay.Seconds(), 20, "and then time goes on")
	}
}

// A clock that jumps forward frees what the skipped time would have freed, once, and nothing when
// it is corrected.
func TestAClockThatLeapsForward(t *testing.T) {
	t.Parallel()
	for _, leap := range []time.Duration{time.Hour + time.Minute, 24 * time.Hour, 100 * 365 * 24 * time.Hour} {
		mini, db := startPaced(t)
		l := newLimiter(t, db, LimiterConfig{Quotas: quotas(10, time.Hour)})
		require.NoError(t, l.Wait(t.Context(), units(private, 10)))
		mini.at(leap)
		require.NoError(t, l.Wait(t.Context(), units(private, 10)))
		mini.at(time.Second)
		delay, err := l.Delay(t.Context(), units(private, 1))
		require.NoError(t, err)
		require.InDelta(t, 3600, delay.Seconds(), 20, "%v forward", leap)
		mini.at(30 * time.Minute)
		delay, err = l.Delay(t.Context(), units(private, 1))
		require.NoError(t, err)
		require.InDelta(t, 1800, delay.Seconds(), 20, "and then time goes on")
		mini.at(time.Hour + time.Minute)
		require.NoError(t, l.Wait(t.Context(), units(private, 10)))
	}
}

// Returned units go to the time slot they were taken from.
func TestRefundGoesToItsSlot(t *testing.T) {
	t.Parallel()
	mini, db := startPaced(t)
	limit := rongcloud.QuotaLimit{Key: "x", Limit: 5, Per: time.Hour, Units: 5}
	l := newLimiter(t, db, LimiterConfig{})
	ask := func(backs ...refund) (bool, int64) {
		t.Helper()
		a := &batch{refunds: backs}
		at, _ := a.limit(l.key(limit.Key), limit, 0)
		if backs == nil {
			a.runs = []run{{calls: []*caller{{limits: []rongcloud.QuotaLimit{limit}, paid: []int{0}}}, kind: "single", limits: []int{at}}}
		}
		result, err := l.put(a)
		require.NoError(t, err)
		return backs == nil && result.runs[0].granted == 1, result.limits[at].slot
	}
	went, slot := ask()
	require.True(t, went)
	mini.at(30 * time.Minute)
	ask(refund{limit: limit, slot: slot, units: 5})
	ask(refund{limit: limit, slot: slot, units: 5}) // more than was taken
	mini.at(50 * time.Minute)
	went, _ = ask()
	require.True(t, went, "all five are free")
	mini.at(61 * time.Minute)
	went, _ = ask()
	require.False(t, went, "five were used eleven minutes ago")
}

// gate is a hook that holds requests until it is opened.
type gate struct {
	asked atomic.Int32
	open  chan struct{}
}

func (g *gate) DialHook(next redis.DialHook) redis.DialHook { return next }
func (g *gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") {
			g.asked.Add(1)
			<-g.open
		}
		return next(ctx, cmd)
	}
}
func (g *gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func gated(t *testing.T, config LimiterConfig) (*Limiter, *gate) {
	t.Helper()
	db := startRedis(t).client(t)
	l := newLimiter(t, db, config)
	_, err := l.Delay(t.Context(), units(endpoint.UserGetToken, 1)) // the script is known
	require.NoError(t, err)
	g := &gate{open: make(chan struct{})}
	db.AddHook(g)
	return l, g
}

// waiting returns how many calls are in the lines.
func (l *Limiter) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines {
		for _, lane := range line.lanes {
			n += len(lane.waiting)
		}
	}
	return n
}

func TestWaitingCallsAreSentTogether(t *testing.T) {
	t.Parallel()
	l, g := gated(t, LimiterConfig{Quotas: quotas(100_000, time.Second)})
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			if err := l.Wait(t.Context(), units(private, 1)); err != nil {
				t.Error(err)
			}
		})
	}
	require.Eventually(t, func() bool { return l.waiting() == 64 }, 10*time.Second, time.Millisecond)
	close(g.open)
	wait.Wait()
	require.LessOrEqual(t, g.asked.Load(), int32(3))
}

func TestOneOfABatchIsCancelled(t *testing.T) {
	t.Parallel()
	l, g := gated(t, LimiterConfig{Quotas: quotas(10, time.Hour)})
	gone, cancel := context.WithCancel(t.Context())
	results := make(chan error, 4)
	go func() { results <- l.Wait(gone, units(private, 3)) }()
	require.Eventually(t, func() bool { return g.asked.Load() == 1 }, 10*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-results, context.Canceled)
	close(g.open)
	require.NoError(t, l.Wait(t.Context(), units(private, 3)))
	require.NoError(t, l.Wait(t.Context(), units(private, 3)))
	require.NoError(t, l.Wait(t.Context(), units(private, 4)), "what the cancelled one took is free again")
}

// Priorities and the order of arrival hold within one batch, and a call under a full cap does not
// hold back others.
func TestTheOrderInsideABatch(t *testing.T) {
	t.Parallel()
	quota := endpoint.MessageUltragroupPublish.Quota
	quota.Limit, quota.Per = 6, time.Hour
	quota.Caps = slices.Clone(quota.Caps)
	quota.Caps[0].Limit, quota.Caps[0].Per = 2, time.Hour
	l, g := gated(t, LimiterConfig{Quotas: rongcloud.Quotas{Endpoints: own{endpoint.MessageUltragroupPublish: quota}}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var went []string
	var wait sync.WaitGroup
	for i, name := range []string{"low", "a", "a", "a", "b", "c"} {
		use := rongcloud.QuotaUse{Endpoint: endpoint.MessageUltragroupPublish, Units: 1, LowPriority: name == "low",
			Values: map[string][]string{"toGroupIds": {"g"}, "busChannel": {name}}}
		wait.Go(func() {
			if l.Wait(ctx, use) == nil {
				mu.Lock()
				defer mu.Unlock()
				went = append(went, name)
			}
		})
		require.Eventually(t, func() bool { return l.waiting() == i+1 }, 10*time.Second, time.Millisecond)
	}
	close(g.open)
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(went) == 5
	}, 10*time.Second, time.Millisecond)
	cancel()
	wait.Wait()
	slices.Sort(went)
	require.Equal(t, []string{"a", "a", "b", "c", "low"}, went, "the third of a's is kept by its cap")
}

// Among waiting calls, those without low priority go first even if they came later, and similar
// calls go in the order of arrival.
func TestPrioritiesInsideABatch(t *testing.T) {
	t.Parallel()
	l, g := gated(t, LimiterConfig{Quotas: quotas(4, time.Hour)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wait sync.WaitGroup
	went := make(chan string, 10)
	for i, name := range []string{"first", "low 1", "low 2", "single 1", "low 3", "single 2", "single 3", "single 4"} {
		use := rongcloud.QuotaUse{Endpoint: private, Units: 1, LowPriority: strings.HasPrefix(name, "low")}
		wait.Go(func() {
			if l.Wait(ctx, use) == nil {
				went <- name
			}
		})
		require.Eventually(t, func() bool { return l.waiting() == i+1 }, 10*time.Second, time.Millisecond)
		if i == 0 {
			require.Eventually(t, func() bool { return g.asked.Load() == 1 }, 10*time.Second, time.Millisecond)
		}
	}
	close(g.open)
	names := []string{<-went, <-went, <-went, <-went}
	cancel()
	wait.Wait()
	slices.Sort(names)
	require.Equal(t, []string{"first", "single 1", "single 2", "single 3"}, names)
	require.Empty(t, went)
}

// Small calls of other channels do not overtake a large call that waits for room, and they know
// how long they have to wait.
func TestALargeCallIsNotPassed(t *testing.T) {
	t.Parallel()
	quota := endpoint.MessageUltragroupPublish.Quota
	quota.Limit, quota.Per = 10, time.Hour
	quota.Caps = slices.Clone(quota.Caps)
	quota.Caps[0].Per = time.Hour
	_, db := startPaced(t)
	l := newLimiter(t, db, LimiterConfig{Quotas: rongcloud.Quotas{Endpoints: own{endpoint.MessageUltragroupPublish: quota}}})
	use := func(n int, channel string) rongcloud.QuotaUse {
		return rongcloud.QuotaUse{Endpoint: endpoint.MessageUltragroupPublish, Units: n, Values: map[string][]string{"toGroupIds": {"g"}, "busChannel": {channel}}}
	}
	require.NoError(t, l.Wait(t.Context(), use(6, "a")))
	waiting, stop := context.WithCancel(t.Context())
	large := make(chan error, 1)
	go func() { large <- l.Wait(waiting, use(5, "b")) }()
	require.Eventually(t, func() bool { return l.waiting() == 1 }, 10*time.Second, time.Millisecond)
	short, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	require.ErrorIs(t, l.Wait(short, use(1, "c")), context.DeadlineExceeded, "at once")
	stop()
	require.ErrorIs(t, <-large, context.Canceled)
	require.NoError(t, l.Wait(t.Context(), use(1, "c")))
}

// Calls that need more than may go at once, or more than the whole quota, are paid over several
// asks.
func TestLargeCalls(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, startRedis(t).client(t), LimiterConfig{Quotas: quotas(10_000, time.Second)})
	for _, n := range []int{1000, 3000, 12_000, 1} {
		require.NoError(t, l.Wait(t.Context(), bulkUnits(private, n)))
	}
	require.False(t, l.isLost())
}

// A line far from Redis uses its full quota, and by Redis's clock never more.
func TestTheQuotaHoldsByRedisClock(t *testing.T) {
	t.Parallel()
	db := startRedis(t).client(t)
	db.AddHook(distance(3 * time.Millisecond))
	const limit = 300
	l := newLimiter(t, db, LimiterConfig{Quotas: quotas(limit, time.Second)})
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
	defer stop()
	var wait sync.WaitGroup
	var went, most atomic.Int64
	for range 64 {
		wait.Go(func() {
			for l.Wait(ctx, units(private, 1)) == nil {
				went.Add(1)
			}
		})
	}
	key := l.key(private.Path)
	for ctx.Err() == nil {
		total, _ := db.HGet(t.Context(), key, "t").Int64()
		most.Store(max(most.Load(), total))
	}
	wait.Wait()
	require.LessOrEqual(t, most.Load(), int64(limit))
	require.Positive(t, went.Load())
	t.Logf("%d of %d in 3 s", went.Load(), 3*limit)
}

// distance is a hook that makes each request take longer.
type distance time.Duration

func (d distance) DialHook(next redis.DialHook) redis.DialHook { return next }
func (d distance) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		time.Sleep(time.Duration(d))
		defer time.Sleep(time.Duration(d))
		return next(ctx, cmd)
	}
}
func (d distance) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// A Redis that accepts connections but does not respond, or that cannot be connected to, is
// declared lost in time, whatever its client's own timeouts.
func TestLimiterNoticesAHalfOpenRedis(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	for _, c := range []struct {
		name string
		dial func(ctx context.Context, network, address string) (net.Conn, error)
	}{
		{"accepted, and silent", nil},
		{"dialing hangs", func(context.Context, string, string) (net.Conn, error) {
			<-ended
			return nil, net.ErrClosed
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = listener.Close() })
			db := redis.NewClient(&redis.Options{
				Addr: listener.Addr().String(), Dialer: c.dial, DialTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, MaxRetries: -1, DialerRetries: 1,
			})
			t.Cleanup(func() { _ = db.Close() })
			l, states := stated(t, db, LimiterConfig{Quotas: quotas(1000, time.Second), Timeout: 100 * time.Millisecond})
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			require.ErrorIs(t, (<-states).Err, errSilent)
		})
	}
}

// gateByKey is a hook that fails the requests of one quota, and holds those of all others until it
// is opened.
type gateByKey struct {
	gate
	fails string
}

func (g *gateByKey) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	hold := g.gate.ProcessHook(next)
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") && slices.ContainsFunc(cmd.Args(), func(arg any) bool {
			text, _ := arg.(string)
			return strings.Contains(text, g.fails)
		}) {
			return errors.New("refused by the test")
		}
		return hold(ctx, cmd)
	}
}

// When Redis is lost for one quota, calls waiting for others continue at once, although their own
// requests are still pending.
func TestLostRedisBlocksNobody(t *testing.T) {
	t.Parallel()
	db := startRedis(t).client(t)
	l, states := stated(t, db, LimiterConfig{Quotas: quotas(1000, time.Second), Timeout: time.Hour})
	g := &gateByKey{gate{open: make(chan struct{})}, l.config.Quotas.Limits(units(endpoint.UserGetToken, 1))[0].Key}
	db.AddHook(g)
	defer close(g.open)
	result := make(chan error, 1)
	go func() { result <- l.Wait(t.Context(), units(private, 1)) }()
	require.Eventually(t, func() bool { return g.asked.Load() == 1 }, 20*time.Second, time.Millisecond)
	require.NoError(t, l.Wait(t.Context(), units(endpoint.UserGetToken, 1)))
	require.False(t, (<-states).Shared)
	select {
	case err := <-result:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for a Redis that is lost")
	}
}

// OnState may close its limiter in any state.
func TestOnStateMayClose(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(strconv.FormatBool(shared), func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			db := server.client(t)
			var l *Limiter
			closed := make(chan error, 1)
			config := LimiterConfig{AppKey: "k", Quotas: quotas(1000, time.Second)}
			config.OnState = func(s State) {
				if s.Shared == shared {
					closed <- l.Close()
				}
			}
			l, err := NewLimiter(db, config)
			require.NoError(t, err)
			var failing atomic.Bool
			failing.Store(true)
			db.AddHook(failWhile{&failing})
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			failing.Store(false)
			select {
			case err := <-closed:
				require.NoError(t, err)
			case <-time.After(20 * time.Second):
				t.Fatal("Close waits for the one who calls it")
			}
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			require.NoError(t, l.Close())
		})
	}
}

// OnState may panic or end its goroutine: waiting calls continue, and Redis is found again.
func TestOnStateMayPanic(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(){"panic": func() { panic("the state") }, "goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			db := server.client(t)
			states := make(chan State, 100)
			config := LimiterConfig{AppKey: "k", Quotas: quotas(1000, time.Second), OnState: func(s State) { states <- s; leave() }}
			l, err := NewLimiter(db, config)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, l.Close()) })
			var failing atomic.Bool
			failing.Store(true)
			db.AddHook(failWhile{&failing})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			require.NoError(t, l.Wait(ctx, units(private, 1)))
			require.False(t, (<-states).Shared)
			failing.Store(false)
			select {
			case s := <-states:
				require.True(t, s.Shared)
			case <-ctx.Done():
				t.Fatal("Redis is not found again")
			}
			require.NoError(t, l.Wait(ctx, units(private, 1)))
		})
	}
}

// failWhile is a hook that fails all requests while failing is set.
type failWhile struct{ failing *atomic.Bool }

func (f failWhile) DialHook(next redis.DialHook) redis.DialHook { return next }
func (f failWhile) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if f.failing.Load() {
			return errors.New("refused by the test")
		}
		return next(ctx, cmd)
	}
}

func (f failWhile) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// The error says why connections fail, although the client retries until the timeout.
func TestLostRedisSaysWhy(t *testing.T) {
	t.Parallel()
	const address = "127.0.0.1:1" // no server of another test ever gets this port
	unknown := &net.DNSError{Err: "no such host", Name: "redis.invalid", IsNotFound: true}
	for name, c := range map[string]struct {
		options *redis.Options
		want    error
	}{
		"refused":                 {&redis.Options{Addr: address}, syscall.ECONNREFUSED},
		"refused, one try":        {&redis.Options{Addr: address, MaxRetries: -1, DialerRetries: 1}, syscall.ECONNREFUSED},
		"refused, heeds contexts": {&redis.Options{Addr: address, ContextTimeoutEnabled: true}, syscall.ECONNREFUSED},
		"unknown host": {&redis.Options{Addr: "redis.invalid:6379", Dialer: func(context.Context, string, string) (net.Conn, error) {
			return nil, unknown
		}}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := redis.NewClient(c.options)
			t.Cleanup(func() { _ = db.Close() })
			l, states := stated(t, db, LimiterConfig{Quotas: quotas(1000, time.Second)})
			require.NoError(t, l.Wait(t.Context(), units(private, 1)))
			require.ErrorIs(t, (<-states).Err, c.want)
		})
	}
}
