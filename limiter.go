package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/internal/tokenbucket"
)

// Limiter paces calls; see [WithLimiter]. [NewLimiter] makes one for a single process; package
// rongcloudredis has one that several processes share.
type Limiter interface {
	// Wait blocks until the call may be made, and takes its share of the quota. If the context ends
	// first, or its deadline would pass first, Wait returns the context's error and takes nothing.
	Wait(ctx context.Context, use QuotaUse) error

	// Refused reports that the server rate-limited the call although it had waited. RetryAfter is
	// how long the server asked to wait; 0 if it did not say. Refused is called while the call is
	// under way, and must not block.
	Refused(use QuotaUse, retryAfter time.Duration)
}

// LocalLimiter is a [Limiter] for one process; see [NewLimiter].
type LocalLimiter struct {
	quotas  Quotas
	buckets *tokenbucket.Buckets
}

var _ Limiter = (*LocalLimiter)(nil)

// NewLimiter returns a limiter that keeps calls within quotas, counted in requests or in
// recipients as RongCloud counts them. Quotas belong to the App Key: share one limiter between all
// clients of an App Key in a process. Endpoints without a documented quota are not paced. Bad
// quotas are refused with an [*ArgumentError].
//
// No window of a quota's length sees more than the quota, by this process's clock; the same holds
// for the caps of an endpoint. A call is counted when it is released, in its quota and all its caps
// at the same time. Quotas per second or minute are spread evenly; those per hour or day may be
// used at once. Within a priority, calls are released in the order of arrival, but a call held by a
// cap, such as that of one channel, does not hold calls to which the cap does not apply. Calls with
// [LowPriority] yield to those without. There is one exception: if a low-priority call has been
// next for the quota's whole length, held back only because it needs a large share at once, the
// other calls wait for it.
//
// After a refusal by the server it lets a quarter less through, for the quota's length but at least
// 10 s; further refusals in that time slow it down, to no less than a quarter.
func NewLimiter(quotas Quotas) (*LocalLimiter, error) {
	if err := quotas.Check(); err != nil {
		return nil, err
	}
	return &LocalLimiter{quotas: quotas, buckets: tokenbucket.New()}, nil
}

// Wait blocks until the call may be made. It fails with the context's error, and then takes
// nothing; if the context's deadline comes before the call could be made, it fails at once.
func (l *LocalLimiter) Wait(ctx context.Context, use QuotaUse) error {
	return l.buckets.Wait(ctx, l.limits(use), use.LowPriority)
}

// Delay returns how long Wait would block at the moment. It takes nothing.
func (l *LocalLimiter) Delay(ctx context.Context, use QuotaUse) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return l.buckets.Delay(l.limits(use), use.LowPriority), nil
}

// Count counts a call that was made without Wait, for example by another program, or before this
// process started. It does not block, and also counts calls that exceed the quota.
func (l *LocalLimiter) Count(use QuotaUse) {
	l.buckets.Count(l.limits(use), use.LowPriority)
}

// Refused slows down the endpoint's quota, since the server does not say which of the call's limits
// was exceeded.
func (l *LocalLimiter) Refused(use QuotaUse, retryAfter time.Duration) {
	if limits := l.limits(use); len(limits) > 0 {
		l.buckets.SlowDown(limits[0], retryAfter)
	}
}

func (l *LocalLimiter) limits(use QuotaUse) []tokenbucket.Limit {
	limits := l.quotas.Limits(use)
	plain := make([]tokenbucket.Limit, len(limits))
	for i, limit := range limits {
		plain[i] = tokenbucket.Limit(limit)
	}
	return plain
}
