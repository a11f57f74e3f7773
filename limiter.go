package rongcloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Limiter paces calls; see [WithLimiter].
type Limiter interface {
	// Wait blocks until n units of ep's quota may be used, and returns early with the context's error
	// if that is, or would be, too late.
	Wait(ctx context.Context, ep *endpoint.Endpoint, n int) error
}

// NewLimiter returns a limiter that keeps each endpoint within its documented quota, counted in requests or in
// receivers as RongCloud counts it. Quotas belong to the App Key: share one limiter between all clients of an
// App Key in a process. Endpoints without a documented quota are not paced.
func NewLimiter() Limiter { return &localLimiter{} }

type localLimiter struct{ buckets sync.Map } // *endpoint.Endpoint to *rate.Limiter

// burstShare is the part of a quota that may be used at once; the rest is spread over the
// quota's time, so that no stretch of that length sees more than the quota.
const burstShare = 50

func newBucket(quota endpoint.Quota) *rate.Limiter {
	burst := max(1, quota.Limit/burstShare)
	steady := quota.Limit - burst
	if steady == 0 {
		steady = quota.Limit
	}
	return rate.NewLimiter(rate.Limit(float64(steady)/quota.Per.Seconds()), burst)
}

// Wait blocks until n units of ep's quota may be used.
func (l *localLimiter) Wait(ctx context.Context, ep *endpoint.Endpoint, n int) error {
	if ep.Quota.Limit == 0 {
		return nil
	}
	found, ok := l.buckets.Load(ep)
	if !ok {
		found, _ = l.buckets.LoadOrStore(ep, newBucket(ep.Quota))
	}
	bucket := found.(*rate.Limiter)
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		wait := time.Duration((float64(n) - bucket.Tokens()) / float64(bucket.Limit()) * float64(time.Second))
		if wait > time.Until(deadline) { // say so before a part of n is spent in vain
			return fmt.Errorf("%w before %d units of the quota are free, in %v", context.DeadlineExceeded, n, wait.Round(time.Millisecond))
		}
	}
	for n > 0 { // more at once than the bucket holds is taken in parts
		part := min(n, bucket.Burst())
		if err := bucket.WaitN(ctx, part); err != nil {
			if ctx.Err() == nil { // others were faster, and the deadline now comes first
				err = fmt.Errorf("%w (%w)", context.DeadlineExceeded, err)
			}
			return err
		}
		n -= part
	}
	return nil
}
