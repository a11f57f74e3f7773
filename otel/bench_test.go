package rongcloudotel

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/rongcloud-go/rongcloud"
)

// BenchmarkHooks measures what hooks add to a send, over a transport that responds at once.
func BenchmarkHooks(b *testing.B) {
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.AlwaysSample()))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
	unsampled := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	for _, c := range []struct {
		name string
		opts []rongcloud.Option
	}{
		{"none", nil},
		{"callhook", []rongcloud.Option{rongcloud.WithCallHook(func(ctx context.Context, _ rongcloud.CallStart) (context.Context, func(rongcloud.CallEnd)) {
			return ctx, func(rongcloud.CallEnd) {}
		})}},
		{"otel=unset", Options()},
		{"otel=metrics", Options(WithMeterProvider(meters))},
		{"otel=unsampled", Options(WithTracerProvider(unsampled), WithMeterProvider(meters))},
		{"otel=all", Options(WithTracerProvider(tracers), WithMeterProvider(meters))},
	} {
		b.Run("hooks="+c.name, func(b *testing.B) {
			answer := transport(func(*http.Request) (*http.Response, error) { return response(200, `{"code":200}`), nil })
			client, err := rongcloud.New("key-7", "secret-7", append(c.opts, rongcloud.WithHTTPClient(&http.Client{Transport: answer}))...)
			require.NoError(b, err)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if err := send(ctx, client); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
