package rongcloud

import (
	"context"
	"fmt"
	"sync"

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

func (l *localLimiter) Wait(ctx context.Context, ep *endpoint.Endpoint, n int) error {
	quota := ep.Quota
	if quota.Limit == 0 {
		return nil
	}
	bucket, ok := l.buckets.Load(ep)
	if !ok {
		perSecond := rate.Limit(float64(quota.Limit) / quota.Per.Seconds())
		bucket, _ = l.buckets.LoadOrStore(ep, rate.NewLimiter(perSecond, quota.Limit))
	}
	for n > 0 { // more at once than the bucket holds is taken in parts
		part := min(n, quota.Limit)
		if err := bucket.(*rate.Limiter).WaitN(ctx, part); err != nil {
			if ctx.Err() == nil { // it foresees that the deadline comes first, and says so in an error of its own
				err = fmt.Errorf("%w (%w)", context.DeadlineExceeded, err)
			}
			return err
		}
		n -= part
	}
	return nil
}
