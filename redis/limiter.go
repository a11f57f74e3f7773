package rongcloudredis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud"
)

// LimiterConfig says how a [Limiter] works. AppKey is required.
type LimiterConfig struct {
	// AppKey is the App Key whose quotas are shared. All its limiters must have the same Quotas.
	AppKey string
	Quotas rongcloud.Quotas

	// LocalShare is the fraction of the quotas that this process may use while Redis is lost. Use
	// one divided by the number of processes, so that together they stay within the quotas. 0
	// means a quarter.
	LocalShare float64

	// OnState is called when Redis is lost, when it is back, and when it has lost counters.
	// Waiting calls continue only after it has returned, so it must be fast. It may call Close. If
	// it panics, the panic is logged to slog.Default(), and the limiter continues.
	OnState func(State)

	// Prefix begins every key in Redis, so it is enough to allow these keys. The default is
	// "rongcloud:".
	Prefix string
	// Timeout is how long Redis may take for one response before it counts as lost, whatever the
	// timeouts and retries of its client. 0 means 500 ms.
	Timeout time.Duration
}

// State is the current state of a [Limiter].
type State struct {
	// Shared reports whether the quotas are shared through Redis. If not, this process keeps to
	// its local share of them.
	Shared bool
	// Err is why they are not shared, or [ErrCountersVanished] if they are shared but counters
	// were lost.
	Err error
}

// ErrCountersVanished says that Redis has lost how much of an hourly or daily quota was used: it
// was restarted without its data, was flushed, or evicted the counters. Each process re-enters its
// own use within the quota's period; the use of processes that have ended is lost. For such
// quotas, use a Redis that keeps its data and evicts nothing (maxmemory-policy noeviction).
var ErrCountersVanished = errors.New("rongcloudredis: counters of a quota have vanished from Redis")

// Limiter is a [rongcloud.Limiter] whose quotas several processes share. Within a process and a
// priority, calls go in the order of arrival; between processes, Redis serves whoever asks first.
// The waiting calls of a process are asked for together, so the distance to Redis costs latency
// but not throughput. By Redis's clock, no period of a quota's length sees more than the quota; if
// that clock goes back, nothing becomes free, and if it jumps forward, the skipped time counts as
// past.
//
// Redis is lost when it does not respond within the Timeout, or responds with an error such as
// OOM, READONLY or NOPERM. Calls then continue with a share of the quotas, until what failed
// succeeds again. This process's use of hourly and daily quotas counts both with and without
// Redis.
type Limiter struct {
	db       redis.Cmdable
	requests requests
	config   LimiterConfig
	local    *rongcloud.LocalLimiter

	state sync.Mutex // serialises state changes

	mu      sync.Mutex
	lines   map[string]*line       // by the key of their quota
	history map[string]*useHistory // by the key in Redis
	lost    bool
	found   context.Context // done when a lost Redis is back
	back    func()          // ends found

	closed chan struct{}
	close  sync.Once
	wait   sync.WaitGroup
}

var _ rongcloud.Limiter = (*Limiter)(nil)

const (
	defaultPrefix = "rongcloud:"
	defaultShare  = 0.25

	// keyVersion names the format of a key's value. Another format has another version, so that
	// old and new processes do not read what they do not understand; they then do not see each
	// other's use.
	keyVersion = "v1:"

	// probeEvery is how often a lost Redis is probed.
	probeEvery = time.Second
)

// NewLimiter returns a limiter that shares the quotas of an App Key through db, which may be a
// redis.Client, redis.ClusterClient or redis.Ring. All keys of an App Key are in one slot of a
// cluster. For invalid settings it returns a [*rongcloud.ArgumentError]. Close the limiter when it
// is no longer needed.
func NewLimiter(db redis.Cmdable, config LimiterConfig) (*Limiter, error) {
	refuse := func(field, reason string) error { return &rongcloud.ArgumentError{Field: field, Reason: reason} }
	if config.LocalShare == 0 {
		config.LocalShare = defaultShare
	}
	if config.Prefix == "" {
		config.Prefix = defaultPrefix
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	switch {
	case db == nil:
		return nil, refuse("db", "is nil")
	case config.AppKey == "":
		return nil, refuse("AppKey", "is empty")
	case strings.TrimSpace(config.AppKey) != config.AppKey:
		return nil, refuse("AppKey", "begins or ends with white space: no other process would share its quotas")
	case !(config.LocalShare > 0 && config.LocalShare <= 1):
		return nil, refuse("LocalShare", fmt.Sprintf("%v is not above 0 and at most 1", config.LocalShare))
	case config.Timeout < 0:
		return nil, refuse("Timeout", fmt.Sprintf("%v is negative", config.Timeout))
	case strings.Contains(config.Prefix, "{}"):
		return nil, refuse("Prefix", "contains {}, which would spread the keys over a cluster")
	}
	if err := config.Quotas.Check(); err != nil {
		return nil, err
	}
	local, err := rongcloud.NewLimiter(share(config.Quotas, config.LocalShare))
	if err != nil {
		return nil, err
	}
	return &Limiter{
		db: db, requests: newRequests(config.Timeout), config: config, local: local,
		lines: map[string]*line{}, history: map[string]*useHistory{}, closed: make(chan struct{}),
	}, nil
}

// share returns a fraction of quotas.
func share(quotas rongcloud.Quotas, part float64) rongcloud.Quotas {
	less := rongcloud.Quotas{Factor: part}
	if quotas.Factor != 0 {
		less.Factor *= quotas.Factor
	}
	less.Endpoints = maps.Clone(quotas.Endpoints)
	for ep, quota := range less.Endpoints {
		quota.Caps = slices.Clone(quota.Caps)
		quota.Limit, quota.Per = scale(quota.Limit, quota.Per, part)
		for i := range quota.Caps {
			if quota.Caps[i].Uses == nil {
				quota.Caps[i].Limit, quota.Caps[i].Per = scale(quota.Caps[i].Limit, quota.Caps[i].Per, part)
			}
		}
		less.Endpoints[ep] = quota
	}
	return less
}

// maxScaled is the limit for converting floating-point numbers.
const maxScaled = 1 << 60

// scale scales a limit. It stretches the period if less than one unit would be left.
func scale(limit int, per time.Duration, part float64) (int, time.Duration) {
	if scaled := float64(limit) * part; scaled < 1 {
		return 1, time.Duration(min(float64(per)/scaled, maxScaled))
	}
	return int(min(float64(limit)*part, maxScaled)), per
}

// Close ends the search for a lost Redis. The limiter still works, but stays in its current state.
// Requests that Redis has not responded to end when its client is closed.
func (l *Limiter) Close() error {
	l.close.Do(func() {
		l.mu.Lock() // a search has either begun, and Close waits for it, or will not begin
		defer l.mu.Unlock()
		close(l.closed)
	})
	l.wait.Wait()
	return nil
}

// Wait blocks until the call may be made. It fails with the context's error, at once if the
// context's deadline comes before the call could be made; it then takes nothing, or returns what
// it took.
func (l *Limiter) Wait(ctx context.Context, use rongcloud.QuotaUse) error {
	limits := merge(l.config.Quotas.Limits(use))
	for {
		if err := ctx.Err(); err != nil || len(limits) == 0 {
			return err
		}
		result := l.shared(ctx, limits, use.LowPriority, false)
		if !result.lost {
			if result.err == nil && isLong(limits) {
				l.local.Count(use)
			}
			return result.err
		}
		if back, err := l.waitLocally(ctx, use, limits); !back {
			return err
		}
	}
}

// isLong reports whether some limit has a period of more than a minute.
func isLong(limits []rongcloud.QuotaLimit) bool {
	return slices.ContainsFunc(limits, func(l rongcloud.QuotaLimit) bool { return l.Per > longestPaced })
}

// shared waits in this process's line.
func (l *Limiter) shared(ctx context.Context, limits []rongcloud.QuotaLimit, low, onlyAsks bool) outcome {
	c := &caller{limits: limits, low: low, onlyAsks: onlyAsks, paid: make([]int, len(limits)), result: make(chan outcome, 1)}
	if deadline, ok := ctx.Deadline(); ok && !onlyAsks {
		c.deadline = deadline
	}
	l.mu.Lock()
	if l.lost {
		l.mu.Unlock()
		return outcome{lost: true}
	}
	n := l.line(limits[0])
	n.enter(c)
	l.mu.Unlock()
	select {
	case result := <-c.result:
		return result
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.done { // it got its outcome at the same moment
		return <-c.result
	}
	n.giveUp(c)
	return outcome{err: ctx.Err()}
}

// waitLocally uses this process's share. It reports whether Redis came back before that.
func (l *Limiter) waitLocally(ctx context.Context, use rongcloud.QuotaUse, limits []rongcloud.QuotaLimit) (back bool, err error) {
	l.mu.Lock()
	found := l.found
	l.mu.Unlock()
	until, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(found, cancel)()
	if err := l.local.Wait(until, use); err != nil {
		return until.Err() != nil && ctx.Err() == nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remember(limits, use.LowPriority, nil, time.Now())
	return false, nil
}

// key returns the key of a limit. The part in braces keeps all keys of an App Key in one slot of a
// cluster.
func (l *Limiter) key(name string) string {
	return l.config.Prefix + "{" + tag.Replace(l.config.AppKey) + "}:" + keyVersion + name
}

var tag = strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D")

// newID returns a unique text.
func newID() string { return rand.Text() }

// Delay returns how long Wait would block, not counting waiting calls of other processes.
func (l *Limiter) Delay(ctx context.Context, use rongcloud.QuotaUse) (time.Duration, error) {
	limits := merge(l.config.Quotas.Limits(use))
	if err := ctx.Err(); err != nil || len(limits) == 0 {
		return 0, err
	}
	result := l.shared(ctx, limits, use.LowPriority, true)
	if result.lost {
		return l.local.Delay(ctx, use)
	}
	return result.wait, result.err
}

// Refused slows the endpoint's quota down, for all processes. It does not wait for Redis.
func (l *Limiter) Refused(use rongcloud.QuotaUse, retryAfter time.Duration) {
	l.local.Refused(use, retryAfter)
	limits := l.config.Quotas.Limits(use)
	if len(limits) == 0 {
		return
	}
	limit := limits[0]
	if limit.Per > longestPaced && retryAfter <= 0 {
		retryAfter = longestStop
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.lost {
		l.line(limit).recordRefusal(limit, min(max(retryAfter, 0), longestStop))
	}
}

func (l *Limiter) isLost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// notify calls OnState in a goroutine of its own: a panic or runtime.Goexit in one of the limiter's
// goroutines would end the process, or leave waiting calls stuck.
func (l *Limiter) notify(s State) {
	if l.config.OnState == nil {
		return
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		defer func() {
			if reason := recover(); reason != nil {
				slog.LogAttrs(context.Background(), slog.LevelError, "rongcloudredis: OnState panicked", slog.Any("error", reason))
			}
		}()
		l.config.OnState(s)
	}()
	<-told
}

// reportVanished reports that the counters of a limit are gone.
func (l *Limiter) reportVanished(limit rongcloud.QuotaLimit) {
	name, _, _ := strings.Cut(limit.Key, "#") // what follows are values of parameters
	l.state.Lock()
	defer l.state.Unlock()
	l.notify(State{Shared: true, Err: fmt.Errorf("%w: %s, %d in %v", ErrCountersVanished, name, limit.Limit, limit.Per)})
}

// markLost switches to the local share, and starts to probe until what failed succeeds.
func (l *Limiter) markLost(err error, failed *batch) {
	l.state.Lock()
	defer l.state.Unlock()
	l.mu.Lock()
	if l.lost {
		l.mu.Unlock()
		return
	}
	l.lost = true
	l.found, l.back = context.WithCancel(context.Background())
	l.mu.Unlock()
	err = l.withDialError(err)
	l.notify(State{Err: fmt.Errorf("rongcloudredis: Redis is lost, and this process keeps to its share of the quotas: %w", err)})
	l.mu.Lock()
	for _, n := range l.lines {
		n.moveToLocalShare()
		n.wakeUp()
	}
	defer l.mu.Unlock()
	select {
	case <-l.closed:
	default:
		l.wait.Add(1)
		go l.awaitRedis(&batch{keys: failed.keys, limits: failed.limits})
	}
}

// awaitRedis returns to Redis when it is found.
func (l *Limiter) awaitRedis(probe *batch) {
	if !l.probe(probe) {
		return
	}
	// Close waits for the search, but not for this: OnState may call it.
	l.state.Lock()
	defer l.state.Unlock()
	if l.markFound() {
		l.notify(State{Shared: true})
	}
}

// probe runs the failed script over the same limits until it succeeds, and reports whether it
// did.
func (l *Limiter) probe(probe *batch) bool {
	defer l.wait.Done()
	for i := range probe.limits {
		probe.limits[i].known, probe.limits[i].refused = "", -1
	}
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-l.closed:
			return false
		}
		if _, err := l.put(probe); err == nil {
			return true
		}
	}
}

// markFound ends the use of the local share, unless the limiter is closed and so stays as it is.
func (l *Limiter) markFound() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
		return false
	default:
	}
	l.lost = false
	l.back()
	return true
}
