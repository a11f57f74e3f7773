// Observability prints the trace of a send whose response was lost, and the metrics of an hour
// with failures, on a fake server. Nothing leaves this machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	rongcloudotel "github.com/rongcloud-go/rongcloud/otel"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func main() { run(os.Stdout) }

func run(out io.Writer) {
	srv := must(rongcloudtest.New())
	defer srv.Close()
	spans, registry := tracetest.NewInMemoryExporter(), prometheus.NewRegistry()
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	meters := metric.NewMeterProvider(metric.WithReader(must(exporter.New(exporter.WithRegisterer(registry)))))
	told := rongcloudotel.Options(rongcloudotel.WithTracerProvider(tracers), rongcloudotel.WithMeterProvider(meters))
	client := srv.Client(append(told, rongcloud.WithRetry(rongcloud.RetryPolicy{MaxWait: time.Millisecond}))...)
	ctx, order := tracers.Tracer("shop").Start(context.Background(), "order")
	message := rongcloud.PrivateMessage{From: "shop", To: []string{"ann"}, Content: rongcloud.TextMessage{Content: "paid"}}

	// accepted, but the response is lost
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	_, err := client.Message.SendPrivate(ctx, message)
	fmt.Fprintf(out, "the program sees an unknown outcome: %t\nann has the message: %t\n\n", errors.Is(err, rongcloud.ErrOutcomeUnknown), len(srv.User("ann").Inbox()) == 1)
	// a read is retried
	srv.Fail(endpoint.UserCheckOnline, rongcloudtest.Fault{Status: 503, Body: "busy"})
	must(client.User.IsOnline(ctx, "ann"))
	order.End()
	printTrace(out, spans.GetSpans())

	// an hour in which every sixth send is lost and every tenth is over the quota
	for minute := range 60 {
		if minute%6 == 0 {
			srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
		} else if minute%10 == 1 {
			srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Code: rongcloud.CodeRateLimited, Times: 3})
		}
		_, _ = client.Message.SendPrivate(ctx, message)
	}
	printMetrics(out, must(registry.Gather()))
}
