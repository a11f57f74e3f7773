package rongcloudotel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is what was reported to OpenTelemetry.
type told struct {
	spans  *tracetest.InMemoryExporter
	reader *metric.ManualReader
	tracer *sdktrace.TracerProvider
	opts   []Option
}

func newTold(t testing.TB) *told {
	t.Helper()
	o := &told{spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	o.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.spans))
	meters := metric.NewMeterProvider(metric.WithReader(o.reader))
	t.Cleanup(func() {
		require.NoError(t, o.tracer.Shutdown(context.Background()))
		require.NoError(t, meters.Shutdown(context.Background()))
	})
	both := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	o.opts = []Option{WithTracerProvider(o.tracer), WithMeterProvider(meters), WithPropagator(both)}
	return o
}

// series are what a metric consists of.
type series struct {
	metric, kind string
	attributes   attribute.Set
	count        int64   // of a histogram
	value        float64 // or the sum of a histogram
}

func (o *told) series(t testing.TB) (all []series) {
	t.Helper()
	var data metricdata.ResourceMetrics
	require.NoError(t, o.reader.Collect(context.Background(), &data))
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			require.NotEmpty(t, m.Description, m.Name)
			require.NotEmpty(t, m.Unit, m.Name)
			switch d := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					all = append(all, series{metric: m.Name, kind: "histogram", attributes: p.Attributes, count: int64(p.Count), value: p.Sum})
				}
			case metricdata.Histogram[int64]:
				for _, p := range d.DataPoints {
					all = append(all, series{metric: m.Name, kind: "histogram", attributes: p.Attributes, count: int64(p.Count), value: float64(p.Sum)})
				}
			case metricdata.Sum[int64]:
				require.True(t, d.IsMonotonic)
				for _, p := range d.DataPoints {
					all = append(all, series{metric: m.Name, kind: "counter", attributes: p.Attributes, count: 1, value: float64(p.Value)})
				}
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					all = append(all, series{metric: m.Name, kind: "gauge", attributes: p.Attributes, count: 1, value: float64(p.Value)})
				}
			default:
				t.Fatalf("%s is a %T", m.Name, d)
			}
		}
	}
	return all
}

// of returns the series of a metric that have the attributes.
func (o *told) of(t testing.TB, metric string, want ...attribute.KeyValue) (found []series) {
	t.Helper()
	for _, s := range o.series(t) {
		has := func(kv attribute.KeyValue) bool { v, ok := s.attributes.Value(kv.Key); return ok && v == kv.Value }
		if s.metric == metric && !slices.ContainsFunc(want, func(kv attribute.KeyValue) bool { return !has(kv) }) {
			found = append(found, s)
		}
	}
	return found
}

// attributes returns the attributes of a span by name.
func attributes(span tracetest.SpanStub) map[string]any {
	all := map[string]any{}
	for _, kv := range span.Attributes {
		all[string(kv.Key)] = kv.Value.AsInterface()
	}
	return all
}

func privateMessage() rongcloud.PrivateMessage {
	return rongcloud.PrivateMessage{From: "user-7", To: []string{"user-8"}, Content: rongcloud.TextMessage{Content: "content-7"}}
}

// A send that was executed but whose response was lost is an error of its own kind; a query next
// to it is retried.
func TestTraceOfALostSend(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	srv := rongcloudtest.NewServer(t)
	client := srv.Client(Options(o.opts...)...)
	ctx, parent := o.tracer.Tracer("test").Start(t.Context(), "order")
	_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "user-7", Name: "name-7"})
	require.NoError(t, err)
	o.spans.Reset()

	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	_, err = client.Message.SendPrivate(ctx, privateMessage(), rongcloud.WithRequestID("r-1"))
	require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
	srv.Fail(endpoint.UserInfo, rongcloudtest.Fault{})
	_, err = client.User.Get(ctx, "user-7")
	require.NoError(t, err)
	parent.End()

	spans := o.spans.GetSpans()
	require.Len(t, spans, 6)
	lost, send, first, second, get, order := spans[0], spans[1], spans[2], spans[3], spans[4], spans[5]
	for _, c := range []struct {
		span, parent tracetest.SpanStub
		name         string
		kind         trace.SpanKind
		status       codes.Code
	}{
		{span: send, parent: order, name: "MessagePrivatePublish", kind: trace.SpanKindInternal, status: codes.Error},
		{span: lost, parent: send, name: "POST /message/private/publish.json", kind: trace.SpanKindClient, status: codes.Error},
		{span: get, parent: order, name: "UserInfo", kind: trace.SpanKindInternal, status: codes.Unset},
		{span: first, parent: get, name: "POST /user/info.json", kind: trace.SpanKindClient, status: codes.Error},
		{span: second, parent: get, name: "POST /user/info.json", kind: trace.SpanKindClient, status: codes.Unset},
	} {
		require.Equal(t, c.name, c.span.Name)
		require.Equal(t, c.kind, c.span.SpanKind)
		require.Equal(t, c.parent.SpanContext.SpanID(), c.span.Parent.SpanID(), c.name)
		require.Equal(t, c.status, c.span.Status.Code, c.name)
		require.False(t, c.span.EndTime.Before(c.span.StartTime), c.name)
		require.False(t, c.span.StartTime.Before(c.parent.StartTime), c.name)
		require.False(t, c.parent.EndTime.Before(c.span.EndTime), c.name)
	}
	address, port := addressOf("http", strings.TrimPrefix(srv.URL, "http://"))
	require.Equal(t, map[string]any{
		"rongcloud.endpoint": "POST /message/private/publish.json", "rongcloud.class": "unsafe", "rongcloud.request_id": "r-1",
		"rongcloud.outcome": "unknown", "rongcloud.attempts": int64(1), "error.type": "outcome_unknown",
	}, attributes(send))
	require.Equal(t, map[string]any{
		"http.request.method": "POST", "url.path": "/message/private/publish.json", "url.template": "/message/private/publish.json", "url.scheme": "http",
		"server.address": address, "server.port": int64(port), "http.request.body.size": attributes(lost)["http.request.body.size"],
		"http.response.body.size": int64(0), "rongcloud.class": "unsafe", "rongcloud.request_id": "r-1", "rongcloud.outcome": "unknown", "error.type": "outcome_unknown",
	}, attributes(lost))
	require.Equal(t, int64(500), attributes(first)["http.response.status_code"])
	require.Equal(t, "1000", attributes(first)["error.type"])
	require.NotContains(t, attributes(first), "http.request.resend_count")
	require.Equal(t, int64(1), attributes(second)["http.request.resend_count"])
	require.Equal(t, int64(200), attributes(second)["rongcloud.code"])
	require.NotContains(t, attributes(second), "error.type")
	require.Equal(t, int64(2), attributes(get)["rongcloud.attempts"])

	unknown := o.of(t, "rongcloud.client.outcome.unknown")
	require.Len(t, unknown, 1)
	require.InDelta(t, 1, unknown[0].value, 0)
	require.Len(t, o.of(t, "http.client.request.duration", keyErrorType.String("1000"), keyStatus.Int(500)), 1)
	attempts := o.of(t, "rongcloud.client.call.attempts", keyEndpoint.String("POST /user/info.json"))
	require.InDelta(t, 2, attempts[0].value, 0)
	require.Len(t, o.of(t, "rongcloud.client.connections.opened", keyAddress.String(address)), 1)
}

// The request carries the trace of its attempt, is signed, and has no baggage.
func TestPropagation(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	var sent []http.Header
	client := mocked(t, o, func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.Header.Clone())
		if len(sent) == 1 {
			return nil, io.ErrUnexpectedEOF
		}
		return response(200, `{"code":200}`), nil
	})
	member, err := baggage.NewMember("user", "user-7")
	require.NoError(t, err)
	bag, err := baggage.New(member)
	require.NoError(t, err)
	_, err = client.User.Get(baggage.ContextWithBaggage(t.Context(), bag), "user-7")
	require.NoError(t, err)
	require.Len(t, sent, 2)
	spans := o.spans.GetSpans()
	for i, header := range sent {
		require.Contains(t, header.Get("Traceparent"), spans[i].SpanContext.SpanID().String())
		require.Empty(t, header.Get("Baggage"))
		require.True(t, rongcloud.Verify("secret-7", header.Get("Nonce"), header.Get("Timestamp"), header.Get("Signature")))
	}
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
	return f(req)
}

func mocked(t testing.TB, o *told, do transport, opts ...rongcloud.Option) *rongcloud.Client {
	t.Helper()
	all := append(Options(o.opts...), rongcloud.WithHTTPClient(&http.Client{Transport: do}), rongcloud.WithRetry(rongcloud.RetryPolicy{MinWait: 1, MaxWait: 1}))
	client, err := rongcloud.New("key-7", "secret-7", append(all, opts...)...)
	require.NoError(t, err)
	return client
}

// Each way in which a call ends has its own word, and there are few of them.
func TestErrorTypes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do      transport
		call    func(context.Context, *rongcloud.Client) error
		want    string
		outcome string
	}{
		"code": {
			do: func(*http.Request) (*http.Response, error) { return response(400, `{"code":1002}`), nil }, call: send, want: "1002",
			outcome: "refused",
		},
		"new code": {
			do: func(*http.Request) (*http.Response, error) { return response(400, `{"code":987654}`), nil }, call: send,
			want: "code_OTHER", outcome: "refused",
		},
		"status": {
			do: func(*http.Request) (*http.Response, error) { return response(503, ``), nil }, call: get, want: "503",
			outcome: "failed",
		},
		"page": {
			do: func(*http.Request) (*http.Response, error) { return response(200, `<html>name-7`), nil }, call: get, want: "response",
			outcome: "failed",
		},
		"redirect": {
			do: func(*http.Request) (*http.Response, error) { return response(302, ``), nil }, call: get, want: "response",
			outcome: "failed",
		},
		"unreadable": {
			do: func(*http.Request) (*http.Response, error) { return response(200, `{"code":200,"userName":[`), nil }, call: get,
			want: "response", outcome: "failed",
		},
		"odd status": {
			do: func(*http.Request) (*http.Response, error) { return response(999, ``), nil }, call: get, want: "connection",
			outcome: "failed",
		},
		"lost": {
			do: func(*http.Request) (*http.Response, error) { return nil, io.EOF }, call: send, want: "outcome_unknown",
			outcome: "unknown",
		},
		"no response": {
			do: func(*http.Request) (*http.Response, error) { return nil, io.EOF }, call: get, want: "connection", outcome: "failed",
		},
		"time": {
			do: func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }, call: get, want: "timeout",
			outcome: "failed",
		},
		"rate": {
			do: func(*http.Request) (*http.Response, error) { return response(429, `{"code":1008}`), nil }, call: send, want: "1008",
			outcome: "refused",
		},
		"argument": {
			do: nil, call: func(ctx context.Context, c *rongcloud.Client) error { _, err := c.User.Get(ctx, ""); return err },
			want: "argument", outcome: "unsent",
		},
		"canceled": {
			do: nil, call: func(ctx context.Context, c *rongcloud.Client) error { return send(canceled(ctx), c) }, want: "canceled",
			outcome: "unsent",
		},
		"bad template": {do: nil, call: template, want: "argument", outcome: "unsent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newTold(t)
			require.Error(t, c.call(t.Context(), mocked(t, o, c.do)))
			spans := o.spans.GetSpans()
			span := spans[len(spans)-1]
			require.Equal(t, c.want, attributes(span)["error.type"])
			require.Equal(t, c.outcome, attributes(span)["rongcloud.outcome"])
			require.Equal(t, codes.Error, span.Status.Code)
			require.Len(t, o.of(t, "rongcloud.client.call.duration", keyErrorType.String(c.want), keyOutcome.String(c.outcome)), 1)
			nothingPrivate(t, o)
		})
	}
	o := newTold(t)
	failing := rongcloud.WithSecretSource(func(context.Context) (string, error) { return "", errors.New("no secret-7") })
	require.Error(t, send(t.Context(), mocked(t, o, nil, failing)))
	require.Equal(t, "unsent", attributes(o.spans.GetSpans()[1])["error.type"])
	nothingPrivate(t, o)
}

// The span of an attempt interrupted by a panic has the outcome of the call, and does not say that
// nothing was sent.
func TestPanicInAnAttempt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts          []rongcloud.Option
		do            transport
		outcome, kind any
	}{
		"transport": {
			opts: nil, do: func(*http.Request) (*http.Response, error) { panic("user-7") }, outcome: "unknown",
			kind: "outcome_unknown",
		},
		"hook": {
			opts: []rongcloud.Option{rongcloud.WithAttemptHook(func(context.Context, rongcloud.Attempt) { panic("user-7") })},
			do:   func(*http.Request) (*http.Response, error) { return response(200, `{"code":200}`), nil }, outcome: "accepted", kind: nil,
		},
	} {
		o := newTold(t)
		require.Panics(t, func() { _ = send(t.Context(), mocked(t, o, c.do, c.opts...)) }, name)
		spans := o.spans.GetSpans()
		require.Len(t, spans, 2, name)
		for _, span := range spans {
			require.Equal(t, c.outcome, attributes(span)["rongcloud.outcome"], name+span.Name)
			require.Equal(t, c.kind, attributes(span)["error.type"], name+span.Name)
			require.Equal(t, c.kind != nil, span.Status.Code == codes.Error, name+span.Name)
		}
		nothingPrivate(t, o)
	}
}

// A call to the caller's own endpoint is named by its method: the path may contain anything.
func TestOwnEndpoint(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"": "POST", "PUT": "PUT", "GET": "GET", "user-7": "_OTHER"} {
		o := newTold(t)
		client := mocked(t, o, func(*http.Request) (*http.Response, error) { return response(200, `{"code":200}`), nil })
		ep := endpoint.New(method, "/v9/user-7.json", endpoint.None)
		err := client.Call(t.Context(), ep, nil, nil)
		nothingPrivate(t, o)
		if want == "_OTHER" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		span := o.spans.GetSpans()[0]
		require.Equal(t, want, span.Name)
		require.Equal(t, want, attributes(span)["http.request.method"])
		require.Equal(t, "_OTHER", attributes(span)["url.template"])
		require.Len(t, o.of(t, "http.client.request.duration", keyMethod.String(want)), 1)
	}
}

func canceled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func send(ctx context.Context, c *rongcloud.Client) error {
	_, err := c.Message.SendPrivate(ctx, privateMessage())
	return err
}

func get(ctx context.Context, c *rongcloud.Client) error {
	_, err := c.User.Get(ctx, "user-7")
	return err
}

// template sends a template that lacks a value; its error quotes the user.
func template(ctx context.Context, c *rongcloud.Client) error {
	_, err := c.Message.SendPrivateTemplate(ctx, rongcloud.PrivateTemplate{
		From: "user-7", Content: rongcloud.TextMessage{Content: "content-7 {a}"},
		Recipients: []rongcloud.TemplateRecipient{{UserID: "user-7", Values: map[string]string{"{a}": "x"}}, {UserID: "user-8"}},
	})
	return err
}

// nothingPrivate fails if anything that was reported contains users' data.
func nothingPrivate(t testing.TB, o *told) {
	t.Helper()
	check := func(where, text string) {
		for _, private := range []string{"user-", "name-", "content-", "secret-", "key-7", "token-", "uid-7"} {
			if strings.Contains(text, private) {
				t.Errorf("%s says %q", where, text)
			}
		}
	}
	for _, span := range o.spans.GetSpans() {
		check("a name", span.Name)
		check("a status", span.Status.Description)
		require.Empty(t, span.Events)
		for _, kv := range span.Attributes {
			check(string(kv.Key), kv.Value.String())
		}
		for _, link := range span.Links {
			require.Empty(t, link.Attributes)
		}
	}
	for _, s := range o.series(t) {
		for _, kv := range s.attributes.ToSlice() {
			check(s.metric+" "+string(kv.Key), kv.Value.String())
		}
	}
}

// The number of series does not grow with the number of users or with what the server returns:
// every endpoint is called with different users, valid and invalid.
func TestSeriesAreFew(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	user, answer := 0, 0
	client := mocked(t, o, func(req *http.Request) (*http.Response, error) {
		ep, _ := endpoint.Match(req.Method, req.URL.EscapedPath())
		code := 200
		if ep != nil {
			code, _ = ep.Success.Code()
		}
		switch answer++; answer % 5 {
		case 1:
			return response(400, `{"code":1002,"errorMessage":"user-7"}`), nil
		case 2:
			return response(400, fmt.Sprintf(`{"code":%d}`, 700000+user)), nil
		case 3:
			return response(503, "user-7"), nil
		}
		return response(200, fmt.Sprintf(`{"code":%d}`, code)), nil
	}, rongcloud.WithTranslationURL("https://translation.example"))
	endpoints := 0
	round := func() {
		endpoints = 0
		for ep := range endpoint.All() {
			endpoints++
			for range 5 {
				user++
				_ = client.Call(t.Context(), ep, paramsOf(ep, fmt.Sprint("user-", user)), nil)
			}
		}
		own := endpoint.New("POST", fmt.Sprint("/v9/user-", user, ".json"), endpoint.Form)
		_ = client.Call(t.Context(), own, nil, nil)
		_, _ = client.Message.SendPrivateBulk(t.Context(), rongcloud.PrivateMessage{From: "user-7", Content: rongcloud.TextMessage{Content: "x"}},
			rongcloud.Recipients(fmt.Sprint("user-", user)), rongcloud.BulkParams{})
	}
	round()
	round()
	round()
	first := len(o.series(t))
	calls := len(o.of(t, "rongcloud.client.call.duration"))
	for range 3 {
		round()
	}
	require.Greater(t, endpoints, 235)
	require.Len(t, o.series(t), first)
	require.Less(t, calls, 8*endpoints)
	t.Logf("%d endpoints, %d calls: %d series in all, %d of call durations", endpoints, answer, first, calls)
	nothingPrivate(t, o)
}

// paramsOf returns parameters that name a user, in the form that the endpoint takes.
func paramsOf(ep *endpoint.Endpoint, user string) any {
	form, object := url.Values{}, map[string]any{}
	for _, p := range ep.Params {
		switch {
		case !p.Required && p.In == endpoint.InBody:
		case p.Type == endpoint.Int:
			form.Set(p.Name, "1")
			object[p.Name] = 1
		default:
			form.Set(p.Name, user)
			object[p.Name] = user
		}
	}
	if ep.Encoding == endpoint.JSON {
		return object
	}
	return form
}

// A bulk send is a span, and each of its requests a separate trace, linked both ways.
func TestBulkSpans(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	n := 0
	client := mocked(t, o, func(*http.Request) (*http.Response, error) {
		if n++; n == 2 {
			return nil, io.EOF
		}
		return response(200, `{"code":200}`), nil
	})
	ctx, parent := o.tracer.Tracer("test").Start(t.Context(), "campaign")
	_, err := client.Message.SendPrivateBulk(ctx, rongcloud.PrivateMessage{From: "user-7", Content: rongcloud.TextMessage{Content: "content-7"}},
		rongcloud.Recipients("user-1", "user-2", "user-3"), rongcloud.BulkParams{ChunkSize: 1, Concurrency: 1})
	require.NoError(t, err)
	parent.End()
	var bulk tracetest.SpanStub
	var chunks []tracetest.SpanStub
	for _, span := range o.spans.GetSpans() {
		switch span.Name {
		case "MessagePrivatePublish bulk":
			bulk = span
		case "MessagePrivatePublish":
			chunks = append(chunks, span)
		}
	}
	require.Len(t, chunks, 3)
	require.Len(t, bulk.Links, 3)
	require.Equal(t, parent.SpanContext().SpanID(), bulk.Parent.SpanID())
	require.Equal(t, map[string]any{
		"rongcloud.endpoint": "POST /message/private/publish.json", "rongcloud.class": "unsafe", "rongcloud.outcome": "unknown", "error.type": "outcome_unknown",
		"rongcloud.bulk": true, "rongcloud.bulk.delivered": int64(2), "rongcloud.bulk.refused": int64(0), "rongcloud.bulk.unknown": int64(1), "rongcloud.bulk.skipped": int64(0),
	}, attributes(bulk))
	for i, chunk := range chunks {
		require.NotEqual(t, bulk.SpanContext.TraceID(), chunk.SpanContext.TraceID())
		require.False(t, chunk.Parent.IsValid())
		require.Equal(t, bulk.SpanContext.SpanID(), chunk.Links[0].SpanContext.SpanID())
		require.Equal(t, chunk.SpanContext.SpanID(), bulk.Links[i].SpanContext.SpanID())
	}
	requests := int64(0)
	for _, each := range o.of(t, "rongcloud.client.call.attempts") {
		requests += each.count
	}
	require.Equal(t, int64(3), requests, "the send as a whole is no call")
	nothingPrivate(t, o)
}

// Callbacks are consumer spans around the functions' work.
func TestWebhook(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	opts := append(Webhook(o.opts...), webhook.WithLogger(discard()), webhook.WithQueue(webhook.NewMemoryQueue(10), 1),
		webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 2, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	h, err := webhook.NewHandler("secret-7", opts...)
	require.NoError(t, err)
	calls := 0
	h.OnMessage(func(ctx context.Context, _ *webhook.Message) error {
		_, span := o.tracer.Tracer("test").Start(ctx, "archive")
		defer span.End()
		if calls++; calls == 1 {
			return errors.New("no place for content-7")
		}
		return nil
	})
	h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) { return webhook.Block("no"), nil })
	h.Start()
	app := webhooktest.App{Key: "key-7", Secret: "secret-7"}
	message := &webhook.Message{
		From: "user-7", TargetID: "user-8", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg",
		Body: `{"content":"content-7"}`, MessageUID: "uid-7", SentAt: time.Now(),
	}
	for _, event := range []webhook.Event{message, webhooktest.Sample(webhook.KindPreMessage)} {
		got, err := app.Deliver(t.Context(), h, event)
		require.NoError(t, err)
		require.Equal(t, 200, got.Status)
	}
	forged := webhooktest.App{Key: "key-7", Secret: "another"}
	got, err := forged.Deliver(t.Context(), h, message)
	require.NoError(t, err)
	require.Equal(t, 403, got.Status)
	require.NoError(t, h.Shutdown(t.Context()))

	byName := map[string][]tracetest.SpanStub{}
	for _, span := range o.spans.GetSpans() {
		byName[span.Name] = append(byName[span.Name], span)
	}
	require.Len(t, byName["webhook job message_sync"], 2)
	for i, job := range byName["webhook job message_sync"] {
		require.Equal(t, trace.SpanKindConsumer, job.SpanKind)
		require.Equal(t, []string{"job_failed", "job_done"}[i], attributes(job)["rongcloud.outcome"])
		require.Equal(t, []codes.Code{codes.Error, codes.Unset}[i], job.Status.Code)
		require.Equal(t, job.SpanContext.SpanID(), byName["archive"][i].Parent.SpanID())
	}
	question := byName["webhook pre_message"][0]
	require.Equal(t, map[string]any{
		"rongcloud.webhook.kind": "pre_message", "rongcloud.outcome": "decided", "rongcloud.webhook.verdict": "block",
		"http.response.status_code": int64(200), "rongcloud.webhook.queue.depth": attributes(question)["rongcloud.webhook.queue.depth"],
	}, attributes(question))
	refused := byName["webhook"][0]
	require.Equal(t, "signature", attributes(refused)["error.type"])
	require.Equal(t, "refused", attributes(refused)["rongcloud.outcome"])
	require.Equal(t, codes.Unset, refused.Status.Code, "it is the sender's mistake")

	require.Len(t, o.of(t, "rongcloud.webhook.callback.duration", keyOutcome.String("refused"), keyErrorType.String("signature")), 1)
	require.Len(t, o.of(t, "rongcloud.webhook.callback.duration", keyOutcome.String("queued")), 1)
	require.Len(t, o.of(t, "rongcloud.webhook.decision.duration", keyVerdict.String("block")), 1)
	require.Len(t, o.of(t, "rongcloud.webhook.job.duration"), 2)
	require.Len(t, o.of(t, "rongcloud.webhook.queue.depth"), 1)
	nothingPrivate(t, o)
}

func TestSharedLimiter(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	state := SharedLimiter(o.opts...)
	value := func(metric string) float64 { return o.of(t, metric)[0].value }
	require.InDelta(t, 1, value("rongcloud.limiter.shared"), 0)
	require.InDelta(t, 0, value("rongcloud.limiter.counters.lost"), 0)
	state(false, errors.New("Redis is lost at 10.0.0.7"))
	require.InDelta(t, 0, value("rongcloud.limiter.shared"), 0)
	state(true, nil)
	require.InDelta(t, 1, value("rongcloud.limiter.shared"), 0)
	state(true, errors.New("counters of user-7"))
	require.InDelta(t, 1, value("rongcloud.limiter.counters.lost"), 0)
	nothingPrivate(t, o)
}

// Without any setup the client works as usual, and a nil provider means the global one.
func TestNothingSetUp(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	client := srv.Client(Options(nil, WithTracerProvider(nil), WithMeterProvider(nil), WithPropagator(nil))...)
	require.NoError(t, send(t.Context(), client))
}

// An agent's answer is a call until it ends.
func TestStream(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	srv := rongcloudtest.NewServer(t)
	client := srv.Client(Options(o.opts...)...)
	agent := rongcloud.AgentCreateParams{ID: "user-7", Name: "name-7", Config: rongcloud.AgentConfig{Model: rongcloud.AgentModel{Name: "m"}}}
	require.NoError(t, client.Bot.Agent.Create(t.Context(), agent))
	o.spans.Reset()
	for range client.Bot.AgentChat.Stream(t.Context(), rongcloud.AgentChatParams{AgentID: "user-7", Query: "content-7"}) {
		require.Empty(t, o.spans.GetSpans(), "it goes on")
	}
	spans := o.spans.GetSpans()
	require.Len(t, spans, 2)
	require.Equal(t, "V3ChatGenerate", spans[1].Name)
	require.Positive(t, attributes(spans[0])["http.response.body.size"])
	nothingPrivate(t, o)
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
