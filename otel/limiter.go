package rongcloudotel

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// SharedLimiter returns a function that tells OpenTelemetry the state of a limiter that several
// processes share. It fits OnState of module redis:
//
//	told := rongcloudotel.SharedLimiter()
//	config := rongcloudredis.LimiterConfig{
//		AppKey:  appKey,
//		OnState: func(s rongcloudredis.State) { told(s.Shared, s.Err) },
//	}
//
// It begins with a shared state, which OnState does not tell. What is shared all the same, but with
// an error, has lost counters. How long calls wait is told by [Options].
func SharedLimiter(opts ...Option) func(shared bool, err error) {
	meter := newConfig(opts).meter()
	state := must(meter.Int64Gauge("rongcloud.limiter.shared", metric.WithUnit("{limiter}"),
		metric.WithDescription("1 while the quotas are shared, 0 while this process keeps to its own part of them.")))
	lost := must(meter.Int64Counter("rongcloud.limiter.counters.lost", metric.WithUnit("{event}"),
		metric.WithDescription("How often counters of a quota had vanished.")))
	ctx := context.Background()
	state.Record(ctx, 1)
	lost.Add(ctx, 0)
	return func(shared bool, err error) {
		value := int64(0)
		if shared {
			value = 1
		}
		state.Record(ctx, value)
		if shared && err != nil {
			lost.Add(ctx, 1)
		}
	}
}
