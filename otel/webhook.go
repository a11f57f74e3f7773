package rongcloudotel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// Webhook returns the options that make a handler of package webhook report callbacks and the jobs
// of its queue to OpenTelemetry. The handler's functions get the span in their context. A trace
// named in the request is ignored, because anybody may send one; a trace begun by a middleware
// around the handler is continued.
func Webhook(opts ...Option) []webhook.Option {
	c := newConfig(opts)
	t := &handler{tracer: c.tracer(), metrics: newWebhookMetrics(c.meter())}
	return []webhook.Option{webhook.WithHook(t.begin)}
}

// handler reports the callbacks of a webhook handler.
type handler struct {
	tracer  trace.Tracer
	metrics webhookMetrics
}

// begin is the webhook hook.
func (t *handler) begin(ctx context.Context, arrival webhook.Arrival) (context.Context, func(webhook.Observation)) {
	job := arrival.Request == nil
	ctx, span := t.tracer.Start(ctx, spanName(arrival.Kind, job), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(arrival.ArrivedAt))
	return ctx, func(o webhook.Observation) {
		span.SetName(spanName(o.Kind, job))
		span.SetAttributes(webhookAttributes(o)...)
		if o.Status != 0 {
			span.SetAttributes(keyStatus.Int(o.Status))
		}
		if o.QueueDepth >= 0 {
			span.SetAttributes(keyQueue.Int(o.QueueDepth))
		}
		if failed(o.Outcome) {
			span.SetStatus(codes.Error, o.Reason())
		}
		span.End()
		t.metrics.record(ctx, o, job)
	}
}

func spanName(kind webhook.Kind, job bool) string {
	name := "webhook"
	if job {
		name = "webhook job"
	}
	if kind != "" {
		name += " " + string(kind)
	}
	return name
}

// failed reports whether an outcome is a failure on this side. Refused callbacks are the sender's
// fault.
func failed(outcome webhook.Outcome) bool {
	switch outcome {
	case webhook.OutcomeFailed, webhook.OutcomeFallback, webhook.OutcomeJobFailed, webhook.OutcomeJobGiveUp:
		return true
	}
	return false
}

// webhookAttributes returns the attributes of a span and of the durations.
func webhookAttributes(o webhook.Observation) []attribute.KeyValue {
	attributes := []attribute.KeyValue{keyKind.String(string(o.Kind)), keyOutcome.String(string(o.Outcome))}
	if isDecision(o.Outcome) {
		attributes = append(attributes, keyVerdict.String(o.Verdict.String()))
	}
	if reason := o.Reason(); reason != "" {
		attributes = append(attributes, keyErrorType.String(reason))
	}
	return attributes
}

func isDecision(outcome webhook.Outcome) bool {
	return outcome == webhook.OutcomeDecided || outcome == webhook.OutcomeFallback
}

// webhookMetrics are the instruments of a handler.
type webhookMetrics struct {
	callback metric.Float64Histogram
	decision metric.Float64Histogram
	job      metric.Float64Histogram
	depth    metric.Int64Gauge
}

func newWebhookMetrics(meter metric.Meter) webhookMetrics {
	return webhookMetrics{
		callback: must(meter.Float64Histogram("rongcloud.webhook.callback.duration", metric.WithUnit("s"), seconds,
			metric.WithDescription("From the arrival of a callback to its response, questions included."))),
		decision: must(meter.Float64Histogram("rongcloud.webhook.decision.duration", metric.WithUnit("s"), seconds,
			metric.WithDescription("From the arrival of a question before delivery to its answer; RongCloud waits for seconds only."))),
		job: must(meter.Float64Histogram("rongcloud.webhook.job.duration", metric.WithUnit("s"), seconds,
			metric.WithDescription("Duration of one attempt at a job of the queue."))),
		depth: must(meter.Int64Gauge("rongcloud.webhook.queue.depth", metric.WithUnit("{job}"),
			metric.WithDescription("Jobs in the queue when a callback or a job last ended."))),
	}
}

func (m *webhookMetrics) record(ctx context.Context, o webhook.Observation, job bool) {
	took := o.Duration.Seconds()
	attributes := metric.WithAttributes(webhookAttributes(o)...)
	if job {
		m.job.Record(ctx, took, attributes)
	} else {
		m.callback.Record(ctx, took, attributes)
	}
	if isDecision(o.Outcome) {
		m.decision.Record(ctx, took, attributes)
	}
	if o.QueueDepth >= 0 {
		m.depth.Record(ctx, int64(o.QueueDepth))
	}
}
