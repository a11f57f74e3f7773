package rongcloudotel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	rongcloudotel "github.com/rongcloud-go/rongcloud/otel"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// A send whose response was lost has a span for the call and one for its only attempt.
func ExampleOptions_traces() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	spans := tracetest.NewInMemoryExporter() // a program uses its own exporter
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	client := srv.Client(rongcloudotel.Options(rongcloudotel.WithTracerProvider(tracers))...)

	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	_, _ = client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"},
	})
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name, span.SpanKind)
		for _, kv := range span.Attributes {
			if kv.Key == "rongcloud.outcome" || kv.Key == "error.type" {
				fmt.Printf("  %s = %s\n", kv.Key, kv.Value.String())
			}
		}
	}

	// Output:
	// POST /message/private/publish.json client
	//   rongcloud.outcome = unknown
	//   error.type = outcome_unknown
	// MessagePrivatePublish internal
	//   rongcloud.outcome = unknown
	//   error.type = outcome_unknown
}

// Calls are counted by outcome.
func ExampleOptions_metrics() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	reader := metric.NewManualReader() // a program uses Prometheus's reader or a periodic one
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	client := srv.Client(rongcloudotel.Options(rongcloudotel.WithMeterProvider(meters))...)
	ctx := context.Background()

	for _, user := range []string{"u1", "u2", ""} { // the last one is refused before it is sent
		_, _ = client.User.Register(ctx, rongcloud.RegisterParams{UserID: user, Name: "Ann"})
	}
	var data metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &data); err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range data.ScopeMetrics[0].Metrics {
		if durations, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "rongcloud.client.call.duration" {
			counts := map[string]uint64{}
			for _, point := range durations.DataPoints {
				outcome, _ := point.Attributes.Value("rongcloud.outcome")
				counts[outcome.AsString()] += point.Count
			}
			fmt.Println(counts)
		}
	}

	// Output:
	// map[accepted:2 unsent:1]
}

// A callback is a span around the function that handles it.
func ExampleWebhook() {
	spans := tracetest.NewInMemoryExporter()
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	handler, err := webhook.NewHandler("secret", rongcloudotel.Webhook(rongcloudotel.WithTracerProvider(tracers))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	handler.OnMessage(func(ctx context.Context, _ *webhook.Message) error {
		_, span := tracers.Tracer("app").Start(ctx, "archive")
		span.End()
		return nil
	})
	app := webhooktest.App{Key: "key", Secret: "secret"}
	if _, err := app.Deliver(context.Background(), handler, webhooktest.Sample(webhook.KindMessage)); err != nil {
		fmt.Println(err)
		return
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name, span.SpanKind, span.Parent.IsValid())
	}

	// Output:
	// archive internal true
	// webhook message_sync consumer false
}
