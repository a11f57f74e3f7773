package rongcloudotel

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// page is the document that lists all names.
const page = "../docs/observability.md"

// table reads the rows of the table below a heading, without its header.
func table(t *testing.T, heading string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"))
		}
	}
	require.Greater(t, len(rows), 2, heading)
	return rows[2:]
}

var quoted = regexp.MustCompile("`([^`]+)`")

// names returns the names in a cell.
func names(cell string) (all []string) {
	for _, found := range quoted.FindAllStringSubmatch(cell, -1) {
		all = append(all, found[1])
	}
	slices.Sort(all)
	return all
}

// The page's tables list exactly what is emitted when everything that can happen does happen.
func TestPageTellsAllNames(t *testing.T) {
	t.Parallel()
	o := newTold(t)
	everything(t, o)

	spans := map[string]map[string]bool{} // kind of span in the row to attributes
	for _, span := range o.spans.GetSpans() {
		row := rowOf(span)
		if spans[row] == nil {
			spans[row] = map[string]bool{}
		}
		for name := range attributes(span) {
			spans[row][name] = true
		}
	}
	rows := table(t, "Spans")
	require.Len(t, spans, len(rows))
	for _, row := range rows {
		kind := strings.TrimSpace(row[1])
		what := row[0]
		key := kind
		switch {
		case strings.Contains(what, "job"):
			key += " job"
		case strings.Contains(what, " bulk`"):
			key += " bulk"
		}
		require.Equal(t, names(row[2]), sorted(spans[key]), "%s", what)
	}

	type metric struct{ kind string }
	metrics, labels := map[string]metric{}, map[string]map[string]bool{}
	for _, s := range o.series(t) {
		metrics[s.metric] = metric{s.kind}
		if labels[s.metric] == nil {
			labels[s.metric] = map[string]bool{}
		}
		for _, kv := range s.attributes.ToSlice() {
			labels[s.metric][string(kv.Key)] = true
		}
	}
	rows = table(t, "Metrics")
	require.Len(t, metrics, len(rows))
	for _, row := range rows {
		name := names(row[0])[0]
		require.Equal(t, strings.TrimSpace(row[1]), metrics[name].kind, name)
		require.Equal(t, names(row[3]), sorted(labels[name]), name)
	}
	nothingPrivate(t, o)
}

func sorted(set map[string]bool) (all []string) {
	for name := range set {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// rowOf returns the row that a span belongs to.
func rowOf(span tracetest.SpanStub) string {
	kind := map[trace.SpanKind]string{trace.SpanKindInternal: "internal", trace.SpanKindClient: "client", trace.SpanKindConsumer: "consumer"}[span.SpanKind]
	switch {
	case strings.HasPrefix(span.Name, "webhook job"):
		return kind + " job"
	case strings.HasSuffix(span.Name, " bulk"):
		return kind + " bulk"
	}
	return kind
}

// everything causes everything that can be reported.
func everything(t *testing.T, o *told) {
	t.Helper()
	ctx := t.Context()
	srv := rongcloudtest.NewServer(t)
	limiter, err := rongcloud.NewLimiter(rongcloud.Quotas{})
	require.NoError(t, err)
	client := srv.Client(append(Options(o.opts...), rongcloud.WithLimiter(limiter))...)
	require.NoError(t, send(ctx, client))
	require.Error(t, get(ctx, client))
	srv.Fail(endpoint.UserInfo, rongcloudtest.Fault{})
	require.Error(t, get(ctx, client))
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true, Times: 2})
	require.Error(t, send(ctx, client))
	_, err = client.Message.SendPrivateBulk(ctx, rongcloud.PrivateMessage{From: "user-7", Content: rongcloud.TextMessage{Content: "content-7"}},
		rongcloud.Recipients("user-8"), rongcloud.BulkParams{})
	require.NoError(t, err)

	h, err := webhook.NewHandler("secret-7", append(Webhook(o.opts...), webhook.WithLogger(discard()), webhook.WithQueue(webhook.NewMemoryQueue(10), 1),
		webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 2, MinWait: time.Millisecond}), webhook.WithDecisionTimeout(time.Millisecond, webhook.Allow()))...)
	require.NoError(t, err)
	h.OnMessage(func(context.Context, *webhook.Message) error { return context.DeadlineExceeded })
	h.OnPreMessage(func(ctx context.Context, _ *webhook.PreMessage) (webhook.Decision, error) {
		<-ctx.Done()
		return webhook.Decision{}, ctx.Err()
	})
	h.Start()
	app := webhooktest.App{Key: "key-7", Secret: "secret-7"}
	for _, kind := range []webhook.Kind{webhook.KindMessage, webhook.KindPreMessage} {
		_, err := app.Deliver(ctx, h, webhooktest.Sample(kind))
		require.NoError(t, err)
	}
	require.NoError(t, h.Shutdown(ctx))
	SharedLimiter(o.opts...)(true, context.DeadlineExceeded)
}
