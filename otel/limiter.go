package rongcloudotel

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// SharedLimiter returns a function that reports to OpenTelemetry the state of a limiter that
// several processes share. Use it for OnState of module redis:
//
//	told := rongcloudotel.SharedLimiter()
//	config := rongcloudredis.LimiterConfig{
//		AppKey:  appKey,
//		OnState: func(s rongcloudredis.State) { told(s.Shared, s.Err) },
//	}
//
// The state is shared at first, for which OnState is not called. A shared state with an error
// means that counters were lost. [Options] reports how long calls wait.
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
