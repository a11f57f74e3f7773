package rongcloudredis

import (
	"context"

	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud"
)

// LimiterConfig says how a [Limiter] works. AppKey is required.
type LimiterConfig struct {
	// AppKey is whose quotas are shared. Its limiters must all have the same Quotas.
	AppKey string
	Quotas rongcloud.Quotas

	// LocalShare is the part of the quotas that this process keeps to while Redis is lost: one divided by the number of processes, so that they
	// stay within the quotas together. 0 is a quarter.
	LocalShare float64

	// OnState is told when Redis is lost, and when it is back. It must be fast.
	OnState func(State)

	// Prefix begins every key in Redis. Empty is "rongcloud:".
	Prefix string
	// Timeout is how long Redis may take for one answer before it counts as lost. 0 is 500 ms.
	Timeout time.Duration
}

// State is how a [Limiter] works at the moment.
type State struct {
	Shared bool  // the quotas are shared through Redis; if not, this process keeps to its share of them
	Err    error // why they are not
}

// Limiter is a [rongcloud.Limiter] whose quotas several processes share. Calls of a process go in the order of their coming, within their
// priority; between processes Redis gives to whom asks first. When Redis is lost, calls go on with a share of the quotas.
type Limiter struct {
	db     redis.Cmdable
	pace   *redis_rate.Limiter
	config LimiterConfig
	local  *rongcloud.LocalLimiter

	mu     sync.Mutex
	queues map[queueKey]*queue
	lost   bool
	closed chan struct{}
	close  sync.Once
	wait   sync.WaitGroup
}

var _ rongcloud.Limiter = (*Limiter)(nil)

const (
	defaultPrefix  = "rongcloud:"
	defaultTimeout = 500 * time.Millisecond
	defaultShare   = 0.25

	// probeEvery is how often a lost Redis is looked for.
	probeEvery = time.Second

	// These are as in the limiter of package rongcloud, but for the larger burst: it holds what comes while a process
	// is on its way to Redis.
	windowSlots  = 256
	longestPaced = time.Minute
	burstShare   = 20
	slowStep     = 750
	slowest      = 250
	shortestSlow = 10 * time.Second
	slowGap      = time.Second
	longestStop  = time.Minute
)

// NewLimiter returns a limiter that shares the quotas of an App Key through db, which has redis.Client, redis.ClusterClient and redis.Ring
// for it. Bad settings are refused with a [*rongcloud.ArgumentError]. Close it when it is no longer needed.
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
	case !(config.LocalShare > 0 && config.LocalShare <= 1):
		return nil, refuse("LocalShare", fmt.Sprintf("%v is not above 0 and at most 1", config.LocalShare))
	case config.Timeout < 0:
		return nil, refuse("Timeout", fmt.Sprintf("%v is negative", config.Timeout))
	}
	if err := config.Quotas.Check(); err != nil {
		return nil, err
	}
	local, err := rongcloud.NewLimiter(share(config.Quotas, config.LocalShare))
	if err != nil {
		return nil, err
	}
	return &Limiter{
		db: db, pace: redis_rate.NewLimiter(db), config: config, local: local,
		queues: map[queueKey]*queue{}, closed: make(chan struct{}),
	}, nil
}

// share is a part of quotas.
func share(quotas rongcloud.Quotas, part float64) rongcloud.Quotas {
	less := rongcloud.Quotas{Factor: part}
	if quotas.Factor != 0 {
		less.Factor *= quotas.Factor
	}
	less.Endpoints = maps.Clone(quotas.Endpoints)
	for ep, own := range less.Endpoints {
		own.Caps = slices.Clone(own.Caps)
		own.Limit, own.Per = scale(own.Limit, own.Per, part)
		for i := range own.Caps {
			if own.Caps[i].Uses == nil {
				own.Caps[i].Limit, own.Caps[i].Per = scale(own.Caps[i].Limit, own.Caps[i].Per, part)
			}
		}
		less.Endpoints[ep] = own
	}
	return less
}

// scale stretches the time where less than one would be left.
func scale(limit int, per time.Duration, part float64) (int, time.Duration) {
	if scaled := float64(limit) * part; scaled < 1 {
		return 1, time.Duration(float64(per) / scaled)
	}
	return int(float64(limit) * part), per
}

// Close ends the search for a lost Redis. The limiter works on, but stays in the state it is in.
func (l *Limiter) Close() error {
	l.close.Do(func() { close(l.closed) })
	l.wait.Wait()
	return nil
}

// Wait blocks until the call may be made.
func (l *Limiter) Wait(ctx context.Context, use rongcloud.QuotaUse) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.isLost() {
		return l.local.Wait(ctx, use)
	}
	limits := l.config.Quotas.Limits(use)
	if deadline, ok := ctx.Deadline(); ok && len(limits) > 0 { // say so before a part is taken in vain
		wait, err := l.Delay(ctx, use)
		if err == nil && wait > time.Until(deadline) {
			return fmt.Errorf("%w before %d units of the quota are free, in %v", context.DeadlineExceeded, limits[0].Units, wait.Round(time.Millisecond))
		}
	}
	// The narrower ones first, so that a call that is kept by a cap does not hold what others could use.
	for i, limit := range slices.Backward(limits) {
		err := l.take(ctx, limit, use.LowPriority)
		if err == nil {
			continue
		}
		for _, taken := range limits[i+1:] {
			l.giveBack(context.WithoutCancel(ctx), taken, use.LowPriority)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.lose(err)
		return l.local.Wait(ctx, use)
	}
	return nil
}

type queueKey struct {
	key string
	low bool
}

// queue lets one call at a time ask Redis.
type queue struct {
	turn   chan struct{}
	users  int // guarded by the limiter's lock
	credit int // paid by calls that were given up; guarded by turn
	factor float64
}

func (l *Limiter) queue(key queueKey) *queue {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queues[key]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1), factor: 1}
		l.queues[key] = q
	}
	q.users++
	return q
}

func (l *Limiter) leave(key queueKey, q *queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.users--
	if q.users == 0 && q.credit == 0 {
		delete(l.queues, key)
	}
}

// take waits for what a call takes of one limit. An error is the context's, or says that Redis is lost.
func (l *Limiter) take(ctx context.Context, limit rongcloud.QuotaLimit, low bool) error {
	key := queueKey{l.key(limit), low}
	q := l.queue(key)
	defer l.leave(key, q)
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	paid := min(q.credit, limit.Units)
	q.credit -= paid
	keep := func(err error) error {
		q.credit = min(q.credit+paid, limit.Limit)
		return err
	}
	for limit.Per <= longestPaced && paid < limit.Units {
		part, wait, err := l.pay(ctx, key.key, limit, limit.Units-paid, low, q.factor)
		if err != nil {
			return keep(err)
		}
		if wait > 0 {
			if err := sleep(ctx, wait); err != nil {
				return keep(err)
			}
			continue
		}
		paid += part
	}
	ready := time.Now()
	for {
		hold := low && time.Since(ready) > limit.Per
		wait, err := l.window(ctx, key.key, limit, limit.Units, low, hold, false, q)
		if err != nil {
			return keep(err)
		}
		if wait < 0 {
			return nil
		}
		if low && !hold {
			wait = min(wait, max(0, limit.Per-time.Since(ready))+time.Millisecond)
		}
		if hold {
			wait = min(wait, 200*time.Millisecond) // others are held for no longer
		}
		if err := sleep(ctx, wait); err != nil {
			return keep(err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Limiter) key(limit rongcloud.QuotaLimit) string {
	return l.config.Prefix + "{" + l.config.AppKey + "}:" + limit.Key
}

// rate is the pace of a limit. Calls of low priority see a smaller burst, and so leave the rest of it to others.
func rate(limit rongcloud.QuotaLimit, low bool, factor float64) redis_rate.Limit {
	burst := max(2, limit.Limit/burstShare)
	if low {
		burst = max(1, burst*3/4)
	}
	return redis_rate.Limit{Rate: max(1, int(float64(limit.Limit)*factor)), Burst: burst, Period: limit.Per}
}

// pay pays for at most n units, or tells how long to wait for them.
func (l *Limiter) pay(ctx context.Context, key string, limit rongcloud.QuotaLimit, n int, low bool, factor float64) (int, time.Duration, error) {
	pace := rate(limit, low, factor)
	part := min(n, max(1, pace.Burst/2)) // the other half holds what comes on the way
	short, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	result, err := l.pace.AllowN(short, key, pace, part)
	if err != nil {
		return 0, 0, l.failed(ctx, err)
	}
	if result.Allowed > 0 {
		return part, 0, nil
	}
	return 0, max(result.RetryAfter, 100*time.Microsecond), nil
}

// window asks for room in the window, and tells how long to wait; below 0 it was taken.
func (l *Limiter) window(ctx context.Context, key string, limit rongcloud.QuotaLimit, n int, low, hold, dry bool, q *queue) (time.Duration, error) {
	short, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	per := limit.Per.Microseconds()
	slot := max(1, per/windowSlots)
	answer, err := windowScript.Run(short, l.db, []string{key + ":window"}, n, limit.Limit, slot, per, windowSlots, flag(low), flag(hold), flag(dry)).Int64Slice()
	if err == nil && len(answer) != 2 {
		err = fmt.Errorf("unexpected answer %v", answer)
	}
	if err != nil {
		return 0, l.failed(ctx, err)
	}
	if q != nil {
		q.factor = float64(answer[1]) / 1000
	}
	return time.Duration(answer[0]) * time.Microsecond, nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// giveBack returns what a call took and did not use.
func (l *Limiter) giveBack(ctx context.Context, limit rongcloud.QuotaLimit, low bool) {
	_, _ = l.window(ctx, l.key(limit), limit, -limit.Units, low, false, false, nil) // without Redis it is forgotten anyway
}

// failed tells the end of the caller's context from a failure of Redis.
func (l *Limiter) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Delay tells how long Wait would block, calls of other processes that wait already not counted.
func (l *Limiter) Delay(ctx context.Context, use rongcloud.QuotaUse) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.isLost() {
		return l.local.Delay(ctx, use)
	}
	var longest time.Duration
	for _, limit := range l.config.Quotas.Limits(use) {
		wait, err := l.delay(ctx, limit, use.LowPriority)
		if err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			l.lose(err)
			return l.local.Delay(ctx, use)
		}
		longest = max(longest, wait)
	}
	return longest, nil
}

func (l *Limiter) delay(ctx context.Context, limit rongcloud.QuotaLimit, low bool) (time.Duration, error) {
	key := l.key(limit)
	wait, err := l.window(ctx, key, limit, limit.Units, low, false, true, nil)
	if err != nil || limit.Per > longestPaced {
		return max(wait, 0), err
	}
	short, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	pace := rate(limit, low, 1)
	result, err := l.pace.AllowN(short, key, pace, 0)
	if err != nil {
		return 0, l.failed(ctx, err)
	}
	missing := float64(limit.Units - result.Remaining)
	return max(wait, time.Duration(math.Max(0, missing)*float64(pace.Period)/float64(pace.Rate))), nil
}

// Refused slows the endpoint's quota down, for all processes.
func (l *Limiter) Refused(use rongcloud.QuotaUse, retryAfter time.Duration) {
	l.local.Refused(use, retryAfter)
	limits := l.config.Quotas.Limits(use)
	if len(limits) == 0 || l.isLost() {
		return
	}
	limit := limits[0]
	if limit.Per > longestPaced && retryAfter <= 0 {
		retryAfter = longestStop
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.config.Timeout)
	defer cancel()
	err := refusedScript.Run(ctx, l.db, []string{l.key(limit) + ":window"}, min(retryAfter, longestStop).Microseconds(),
		max(shortestSlow, limit.Per).Microseconds(), slowGap.Microseconds(), slowStep, slowest).Err()
	if err != nil {
		l.lose(err)
	}
}

func (l *Limiter) isLost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// lose goes over to the local share, and looks for Redis from then on.
func (l *Limiter) lose(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		return
	}
	l.lost = true
	if l.config.OnState != nil {
		l.config.OnState(State{Err: fmt.Errorf("rongcloudredis: Redis is lost, this process keeps to its share of the quotas: %w", err)})
	}
	select {
	case <-l.closed:
		return
	default:
	}
	l.wait.Go(l.look)
}

func (l *Limiter) look() {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-l.closed:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), l.config.Timeout)
		err := l.db.Ping(ctx).Err()
		cancel()
		if err == nil {
			l.mu.Lock()
			l.lost = false
			if l.config.OnState != nil {
				l.config.OnState(State{Shared: true})
			}
			l.mu.Unlock()
			return
		}
	}
}
