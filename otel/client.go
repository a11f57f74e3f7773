package rongcloudotel

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Options returns the options that make a client report its calls to OpenTelemetry: three hooks,
// to which you can add others. They also work with [rongcloud.WithHTTPClient] and any
// [rongcloud.WithRoundTripper]. They add some microseconds to a call, even if OpenTelemetry's SDK
// is not set up.
func Options(opts ...Option) []rongcloud.Option {
	c := newConfig(opts)
	t := &client{tracer: c.tracer(), propagator: c.propagator, metrics: newClientMetrics(c.meter())}
	return []rongcloud.Option{
		rongcloud.WithCallHook(t.begin), rongcloud.WithHeaderHook(t.attempt), rongcloud.WithAttemptHook(t.attempted),
	}
}

// client reports the calls of a client.
type client struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	metrics    clientMetrics
}

// call is a call in progress. Its attempts are sequential.
type call struct {
	named
	span     trace.Span
	attempt  trace.Span // nil unless in progress
	prepared int        // number of attempts
}

// callKey is the context key of a client's call: several clients may be traced separately.
type callKey struct{ of *client }

// bulkKey is the context key of a bulk send's span.
type bulkKey struct{ of *client }

// begin is the call hook.
func (t *client) begin(ctx context.Context, start rongcloud.CallStart) (context.Context, func(rongcloud.CallEnd)) {
	n := nameOf(start.Endpoint)
	name := n.name
	attributes := append(make([]attribute.KeyValue, 0, 3), keyEndpoint.String(n.endpoint()), keyClass.String(start.Class.String()))
	options := append(make([]trace.SpanStartOption, 0, 5), trace.WithSpanKind(trace.SpanKindInternal), trace.WithTimestamp(start.StartedAt))
	whole, isPart := ctx.Value(bulkKey{t}).(trace.Span)
	switch {
	case start.Bulk:
		name += " bulk"
		attributes = append(attributes, keyBulk.Bool(true))
	case isPart: // a separate trace, since there may be thousands of parts
		options = append(options, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: whole.SpanContext()}))
		fallthrough
	default:
		attributes = append(attributes, keyRequestID.String(start.RequestID))
	}
	ctx, span := t.tracer.Start(ctx, name, append(options, trace.WithAttributes(attributes...))...)
	if start.Bulk {
		ctx = context.WithValue(ctx, bulkKey{t}, span)
		return ctx, func(end rongcloud.CallEnd) { endBulk(span, end) }
	}
	if isPart {
		whole.AddLink(trace.Link{SpanContext: span.SpanContext()})
	}
	t.metrics.begin(ctx, n, start.Class)
	c := &call{named: n, span: span}
	ctx = context.WithValue(ctx, callKey{t}, c)
	return ctx, func(end rongcloud.CallEnd) { t.end(ctx, c, end) }
}

// end is called at the end of a call.
func (t *client) end(ctx context.Context, c *call, end rongcloud.CallEnd) {
	wrong := errorType(end.Err, end.Outcome, end.Code, end.HTTPStatus)
	c.endAttempt(end, wrong)
	if c.span.IsRecording() {
		attributes := []attribute.KeyValue{keyClass.String(end.Class.String()), keyOutcome.String(end.Outcome.String()), keyAttempts.Int(end.Attempts)}
		if end.Code != 0 {
			attributes = append(attributes, keyCode.Int(int(end.Code)))
		}
		if end.LimiterWait > 0 {
			attributes = append(attributes, keyWait.Float64(end.LimiterWait.Seconds()))
		}
		c.span.SetAttributes(attributes...)
		fail(c.span, wrong, end.Err)
	}
	c.span.End()
	t.metrics.end(ctx, c.named, end, wrong)
}

// endAttempt ends the span of an attempt for which the attempt hook was not called: it was
// prepared but not made, or a panic interrupted it.
func (c *call) endAttempt(end rongcloud.CallEnd, wrong string) {
	span := c.attempt
	if span == nil {
		return
	}
	c.attempt = nil
	if end.Attempts >= c.prepared {
		span.SetAttributes(keyOutcome.String(end.Outcome.String()))
		fail(span, wrong, end.Err)
	} else {
		span.SetAttributes(keyErrorType.String(typeUnsent))
		span.SetStatus(codes.Error, "the attempt was not made")
	}
	span.End()
}

// fail marks a span as failed if there is an error. The errors that hooks get contain no users'
// data.
func fail(span trace.Span, wrong string, err error) {
	if err == nil {
		return
	}
	span.SetAttributes(keyErrorType.String(wrong))
	span.SetStatus(codes.Error, err.Error())
}

// endBulk is called at the end of a bulk send.
func endBulk(span trace.Span, end rongcloud.CallEnd) {
	counts := end.Recipients
	span.SetAttributes(keyOutcome.String(end.Outcome.String()), keyDelivered.Int64(counts.Delivered), keyRefused.Int64(counts.Refused),
		keyUnknown.Int64(counts.Unknown), keySkipped.Int64(counts.Skipped))
	if end.LimiterWait > 0 {
		span.SetAttributes(keyWait.Float64(end.LimiterWait.Seconds()))
	}
	switch {
	case end.Err != nil:
		fail(span, bulkErrorType(end), end.Err)
	case end.Outcome != rongcloud.OutcomeAccepted:
		span.SetAttributes(keyErrorType.String(bulkErrorType(end)))
		span.SetStatus(codes.Error, "some requests were refused, or are unknown")
	}
	span.End()
}

func bulkErrorType(end rongcloud.CallEnd) string {
	switch end.Outcome {
	case rongcloud.OutcomeUnknown:
		return typeUnknown
	case rongcloud.OutcomeUnsent:
		return typeArgument
	}
	return typeBulk
}

// attempt is the header hook: it starts the span of an attempt about to be made, and puts it into
// the headers.
func (t *client) attempt(ctx context.Context, header http.Header) {
	c, ok := ctx.Value(callKey{t}).(*call)
	if !ok {
		return
	}
	c.prepared++
	name := c.endpoint()
	if name == other { // no template to report
		name = c.method
	}
	ctx, c.attempt = t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(keyMethod.String(c.method), keyPath.String(c.path), keyTemplate.String(c.path)))
	if c.attempt.SpanContext().IsValid() {
		t.propagator.Inject(baggage.ContextWithoutBaggage(ctx), propagation.HeaderCarrier(header))
	}
}

// attempted is the attempt hook.
func (t *client) attempted(ctx context.Context, a rongcloud.Attempt) {
	c, ok := ctx.Value(callKey{t}).(*call)
	if !ok {
		return
	}
	wrong := errorType(a.Err, a.Outcome, a.Code, a.HTTPStatus)
	address, port := addressOf(a.Scheme, a.Host)
	if span := c.attempt; span != nil {
		c.attempt = nil
		if span.IsRecording() {
			span.SetAttributes(attemptAttributes(a, address, port)...)
			fail(span, wrong, a.Err)
		}
		span.End(trace.WithTimestamp(a.StartedAt.Add(a.Duration)))
	}
	t.metrics.attempt(ctx, c.named, a, address, port, wrong)
}

// attemptAttributes returns the attributes of an attempt's span that are known at its end.
func attemptAttributes(a rongcloud.Attempt, address string, port int) []attribute.KeyValue {
	attributes := append(make([]attribute.KeyValue, 0, 12), keyAddress.String(address), keyPort.Int(port), keyScheme.String(a.Scheme),
		keyRequestSize.Int64(a.RequestBytes), keyResponseSize.Int64(a.ResponseBytes),
		keyRequestID.String(a.RequestID), keyClass.String(a.Class.String()), keyOutcome.String(a.Outcome.String()))
	if a.HTTPStatus != 0 {
		attributes = append(attributes, keyStatus.Int(a.HTTPStatus))
	}
	if a.Code != 0 {
		attributes = append(attributes, keyCode.Int(int(a.Code)))
	}
	if a.Number > 1 {
		attributes = append(attributes, keyResend.Int(a.Number-1))
	}
	return attributes
}

// clientMetrics are the instruments of a client.
type clientMetrics struct {
	request  metric.Float64Histogram
	call     metric.Float64Histogram
	attempts metric.Int64Histogram
	wait     metric.Float64Histogram
	unknown  metric.Int64Counter
	opened   metric.Int64Counter
}

// seconds are the histogram bounds for durations: OpenTelemetry's, and some more for calls with
// retries.
var seconds = metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60)

func newClientMetrics(meter metric.Meter) clientMetrics {
	return clientMetrics{
		request: must(meter.Float64Histogram("http.client.request.duration", metric.WithUnit("s"), seconds,
			metric.WithDescription("Duration of an attempt of a call."))),
		call: must(meter.Float64Histogram("rongcloud.client.call.duration", metric.WithUnit("s"), seconds,
			metric.WithDescription("Duration of a call, with all its attempts and waits."))),
		attempts: must(meter.Int64Histogram("rongcloud.client.call.attempts", metric.WithUnit("{attempt}"),
			metric.WithDescription("Attempts of a call; none if it was refused before it was sent."), metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 5, 10))),
		wait: must(meter.Float64Histogram("rongcloud.client.limiter.wait", metric.WithUnit("s"), seconds,
			metric.WithDescription("How long a call waited for its quota."))),
		unknown: must(meter.Int64Counter("rongcloud.client.outcome.unknown", metric.WithUnit("{call}"),
			metric.WithDescription("Unsafe calls that may or may not have been carried out."))),
		opened: must(meter.Int64Counter("rongcloud.client.connections.opened", metric.WithUnit("{connection}"),
			metric.WithDescription("Connections that an attempt had to wait for; those that are opened ahead are not counted."))),
	}
}

// begin creates the series for unknown outcomes with 0 before the first one is counted: a rate
// over a series that begins with 1 would miss it.
func (m *clientMetrics) begin(ctx context.Context, n named, class endpoint.Class) {
	if class == endpoint.Unsafe && m.unknown.Enabled(ctx) {
		m.unknown.Add(ctx, 0, metric.WithAttributes(keyEndpoint.String(n.endpoint())))
	}
}

func (m *clientMetrics) end(ctx context.Context, n named, end rongcloud.CallEnd, wrong string) {
	if !m.call.Enabled(ctx) {
		return
	}
	attributes := []attribute.KeyValue{
		keyEndpoint.String(n.endpoint()), keyClass.String(end.Class.String()), keyOutcome.String(end.Outcome.String()),
	}
	m.attempts.Record(ctx, int64(end.Attempts), metric.WithAttributes(attributes...))
	if wrong != "" {
		attributes = append(attributes, keyErrorType.String(wrong))
	}
	m.call.Record(ctx, end.Duration.Seconds(), metric.WithAttributes(attributes...))
	if end.LimiterWait > 0 {
		m.wait.Record(ctx, end.LimiterWait.Seconds(), metric.WithAttributes(keyEndpoint.String(n.endpoint())))
	}
	if end.Outcome == rongcloud.OutcomeUnknown {
		m.unknown.Add(ctx, 1, metric.WithAttributes(keyEndpoint.String(n.endpoint())))
	}
}

func (m *clientMetrics) attempt(ctx context.Context, n named, a rongcloud.Attempt, address string, port int, wrong string) {
	if !m.request.Enabled(ctx) {
		return
	}
	attributes := []attribute.KeyValue{
		keyMethod.String(n.method), keyTemplate.String(n.path), keyAddress.String(address), keyPort.Int(port), keyScheme.String(a.Scheme),
	}
	if a.HTTPStatus >= http.StatusContinue && a.HTTPStatus < 600 {
		attributes = append(attributes, keyStatus.Int(a.HTTPStatus))
	}
	if wrong != "" {
		attributes = append(attributes, keyErrorType.String(wrong))
	}
	m.request.Record(ctx, a.Duration.Seconds(), metric.WithAttributes(attributes...))
	if a.Opened {
		m.opened.Add(ctx, 1, metric.WithAttributes(keyAddress.String(address), keyPort.Int(port)))
	}
}
