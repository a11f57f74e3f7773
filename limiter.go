package rongcloud

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Limiter paces calls; see [WithLimiter]. Those of [NewLimiter] work within one process; package rongcloudredis has one for several.
type Limiter interface {
	// Wait blocks until the call may be made, and takes what it uses. It returns early, and takes nothing, with the
	// context's error if that is, or would be, too late.
	Wait(ctx context.Context, use QuotaUse) error

	// Delay tells how long Wait would block as things stand. It takes nothing.
	Delay(ctx context.Context, use QuotaUse) (time.Duration, error)

	// Refused reports that the server refused the call for its rate, although it had waited. The server asked to be left alone for
	// retryAfter, or did not say for how long if that is 0.
	Refused(use QuotaUse, retryAfter time.Duration)
}

// NewLimiter returns a limiter that keeps calls within quotas, counted in requests or in receivers as RongCloud counts them. Quotas
// belong to the App Key: share one limiter between all clients of an App Key in a process. Endpoints without a
// documented quota are not paced. Bad quotas are refused with an [*ArgumentError].
//
// No stretch of a quota's time sees more than the quota, in the order of the clock of this process. Quotas of a second or a minute are spread
// evenly; those of an hour or a day may be used at once. Within a priority calls go in the order of their coming. Calls with
// [LowPriority] give way to those without; only if one has been ready to go for the quota's whole time, and was kept back because it
// asks for much at once, are the others held for it.
//
// After a refusal by the server it lets a quarter less through for as long as the quota's time, and at least 10 s; further
// refusals in that time slow it down to a quarter.
func NewLimiter(quotas Quotas) (Limiter, error) {
	if err := quotas.Check(); err != nil {
		return nil, err
	}
	return &localLimiter{quotas: quotas, buckets: map[string]*bucket{}, sweepAt: firstSweep}, nil
}

type localLimiter struct {
	quotas Quotas

	mu      sync.Mutex
	buckets map[string]*bucket
	sweepAt int
}

// firstSweep is the number of buckets from which on those that hold nothing are thrown away. Caps for single channels may make many.
const firstSweep = 1024

func (l *localLimiter) bucket(limit QuotaLimit) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.buckets[limit.Key]; b != nil {
		b.users++
		return b
	}
	if len(l.buckets) >= l.sweepAt {
		for key, b := range l.buckets {
			if b.users == 0 && b.idle() {
				delete(l.buckets, key)
			}
		}
		l.sweepAt = max(firstSweep, 2*len(l.buckets))
	}
	b := newBucket(limit.Limit, limit.Per)
	b.users++
	l.buckets[limit.Key] = b
	return b
}

func (l *localLimiter) done(b *bucket) {
	l.mu.Lock()
	b.users--
	l.mu.Unlock()
}

// Wait blocks until the call may be made.
func (l *localLimiter) Wait(ctx context.Context, use QuotaUse) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limits := l.quotas.Limits(use)
	if len(limits) == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok { // say so before a part is taken in vain
		if wait := l.delay(limits, use.LowPriority); wait > time.Until(deadline) {
			return fmt.Errorf("%w before %d units of the quota are free, in %v", context.DeadlineExceeded, limits[0].Units, wait.Round(time.Millisecond))
		}
	}
	// The narrower ones first, so that a call that is kept by a cap does not hold what others could use.
	for i, limit := range slices.Backward(limits) {
		b := l.bucket(limit)
		err := b.wait(ctx, limit.Units, use.LowPriority)
		l.done(b)
		if err != nil {
			for _, taken := range limits[i+1:] {
				b := l.bucket(taken)
				b.giveBack(taken.Units, use.LowPriority)
				l.done(b)
			}
			return err
		}
	}
	return nil
}

// Delay tells how long Wait would block.
func (l *localLimiter) Delay(ctx context.Context, use QuotaUse) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return l.delay(l.quotas.Limits(use), use.LowPriority), nil
}

func (l *localLimiter) delay(limits []QuotaLimit, low bool) time.Duration {
	var longest time.Duration
	for _, limit := range limits {
		b := l.bucket(limit)
		longest = max(longest, b.delay(limit.Units, low))
		l.done(b)
	}
	return longest
}

// Refused slows the endpoint's quota down. The server does not say which limit it meant.
func (l *localLimiter) Refused(use QuotaUse, retryAfter time.Duration) {
	limits := l.quotas.Limits(use)
	if len(limits) == 0 {
		return
	}
	b := l.bucket(limits[0])
	b.slowDown(retryAfter)
	l.done(b)
}
