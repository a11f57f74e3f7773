package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/internal/tokenbucket"
)

// Limiter paces calls; see [WithLimiter]. Those of [NewLimiter] work within one process; package
// rongcloudredis has one for several.
type Limiter interface {
	// Wait blocks until the call may be made, and takes what it uses. It returns early, and takes
	// nothing, with the context's error if that is, or would be, too late.
	Wait(ctx context.Context, use QuotaUse) error

	// Refused reports that the server refused the call for its rate, although it had waited. The
	// server asked to be left alone for retryAfter, or did not say for how long if that is 0. It
	// is called while the call is under way, and must not block.
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
// No stretch of a quota's time sees more than the quota, in the order of the clock of this
// process; the caps of an endpoint hold likewise. A call is counted when it is let go, in its
// quota and all its caps at one moment. Quotas of a second or a minute are spread evenly; those of
// an hour or a day may be used at once. Within a priority calls go in the order of their coming,
// but a call that is kept by a cap, such as that of one channel, does not keep those to which the
// cap does not apply. Calls with [LowPriority] give way to those without; only if one has been
// ready to go for the quota's whole time, and was kept back because it asks for much at once, are
// the others held for it.
//
// After a refusal by the server it lets a quarter less through for as long as the quota's time,
// and at least 10 s; further refusals in that time slow it down to a quarter.
func NewLimiter(quotas Quotas) (*LocalLimiter, error) {
	if err := quotas.Check(); err != nil {
		return nil, err
	}
	return &LocalLimiter{quotas: quotas, buckets: tokenbucket.New()}, nil
}

// Wait blocks until the call may be made. It fails with the context's error, at once if the
// context's deadline comes before the call could be made, and then takes nothing.
func (l *LocalLimiter) Wait(ctx context.Context, use QuotaUse) error {
	return l.buckets.Wait(ctx, l.limits(use), use.LowPriority)
}

// Delay tells how long Wait would block as things stand. It takes nothing.
func (l *LocalLimiter) Delay(ctx context.Context, use QuotaUse) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return l.buckets.Delay(l.limits(use), use.LowPriority), nil
}

// Count counts a call that was made without Wait: by another program, say, or before this process
// began. It does not block, and counts also what exceeds the quota.
func (l *LocalLimiter) Count(use QuotaUse) {
	l.buckets.Count(l.limits(use), use.LowPriority)
}

// Refused slows the endpoint's quota down. The server does not say which of the call's limits it
// meant.
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
