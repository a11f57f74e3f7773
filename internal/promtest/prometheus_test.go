package promtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	rongcloudotel "github.com/rongcloud-go/rongcloud/otel"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const (
	rulesFile = "../../docs/observability.rules.yml"
	page      = "../../docs/observability.md"
)

// TestPrometheus lets Prometheus itself read the rules, scrape a program that has problems, and
// evaluate every query of the page and of the rules.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"promtool", "prometheus"} {
		_, err := exec.LookPath(program)
		require.NoError(t, err, "apt-get install prometheus has both")
	}
	out, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", rulesFile).CombinedOutput()
	require.NoError(t, err, "%s", out)

	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	require.NoError(t, err)
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	t.Cleanup(func() { _ = meters.Shutdown(context.Background()) })
	program := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(program.Close)
	trouble := newTrouble(t, rongcloudotel.WithMeterProvider(meters))
	server := startPrometheus(t, strings.TrimPrefix(program.URL, "http://"))

	queries := queriesOf(t)
	require.Greater(t, len(queries), 14)
	deadline := time.Now().Add(40 * time.Second)
	for alerts := server.alerts(t); len(queries) > 0 || len(alerts) < 8 || alerts["RongCloudOutcomeUnknown"] != "firing"; alerts = server.alerts(t) {
		trouble.round(t)
		for query := range queries {
			if server.finds(t, query) {
				delete(queries, query)
			}
		}
		if time.Now().After(deadline) {
			for query, where := range queries {
				t.Errorf("%s: finds nothing: %s", where, query)
			}
			t.Fatalf("after 40 s; the alerts are %v", alerts)
		}
	}
}

// queriesOf returns the queries of the page, and those of the rules without their thresholds, with
// their locations.
func queriesOf(t *testing.T) map[string]string {
	t.Helper()
	queries := map[string]string{}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, found := range regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for query := range strings.SplitSeq(strings.TrimSpace(found[1]), "\n") {
			if !strings.HasPrefix(query, "#") && query != "" {
				queries[query] = "observability.md"
			}
		}
	}
	require.NotEmpty(t, queries)
	rules, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	bound := regexp.MustCompile(`\s*(>|==)\s*[0-9.]+$`)
	for _, found := range regexp.MustCompile(`(?m)^        expr: (\|\n(?:          .*\n)+|.*\n)`).FindAllStringSubmatch(string(rules), -1) {
		query := strings.Join(strings.Fields(strings.TrimPrefix(found[1], "|")), " ")
		require.Regexp(t, bound, query)
		queries[bound.ReplaceAllString(query, "")] = "observability.rules.yml"
	}
	return queries
}

// trouble is a program that has every problem that the rules detect.
type trouble struct {
	srv     *rongcloudtest.Server
	client  *rongcloud.Client
	handler *webhook.Handler
	app     webhooktest.App
	told    func(bool, error)
}

func newTrouble(t *testing.T, opts ...rongcloudotel.Option) *trouble {
	t.Helper()
	p := &trouble{srv: rongcloudtest.NewServer(t), app: webhooktest.App{Key: "key", Secret: "secret"}, told: rongcloudotel.SharedLimiter(opts...)}
	limiter, err := rongcloud.NewLimiter(rongcloud.Quotas{})
	require.NoError(t, err)
	p.client = p.srv.Client(append(rongcloudotel.Options(opts...), rongcloud.WithoutRetries(), rongcloud.WithLimiter(limiter))...)
	p.handler, err = webhook.NewHandler("secret", append(rongcloudotel.Webhook(opts...), webhook.WithLogger(slog.New(slog.DiscardHandler)),
		webhook.WithDecisionTimeout(time.Millisecond, webhook.Allow()),
		webhook.WithQueue(webhook.NewMemoryQueue(10_000), 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 1}))...)
	require.NoError(t, err)
	p.handler.OnPreMessage(func(ctx context.Context, _ *webhook.PreMessage) (webhook.Decision, error) {
		<-ctx.Done()
		return webhook.Decision{}, ctx.Err()
	})
	p.handler.OnMessage(func(context.Context, *webhook.Message) error { return context.DeadlineExceeded })
	p.handler.Start()
	t.Cleanup(func() { _ = p.handler.Shutdown(context.Background()) })
	return p
}

func (p *trouble) send(ctx context.Context) error {
	_, err := p.client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"}})
	return err
}

// round causes each problem once.
func (p *trouble) round(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, p.send(ctx))
	p.srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	require.ErrorIs(t, p.send(ctx), rongcloud.ErrOutcomeUnknown)
	p.srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Code: rongcloud.CodeRateLimited, Status: 429})
	require.ErrorIs(t, p.send(ctx), rongcloud.ErrRateLimited)
	for _, kind := range []webhook.Kind{webhook.KindPreMessage, webhook.KindMessage} {
		_, err := p.app.Deliver(ctx, p.handler, webhooktest.Sample(kind))
		require.NoError(t, err)
	}
	p.told(false, nil)
	time.Sleep(100 * time.Millisecond) // lets a scrape happen between two rounds
}

// prometheusServer is a running Prometheus.
type prometheusServer struct{ url string }

func startPrometheus(t *testing.T, target string) *prometheusServer {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs(rulesFile)
	require.NoError(t, err)
	config := fmt.Sprintf("global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 500ms}\nrule_files: [%q]\nscrape_configs: [{job_name: app, static_configs: [{targets: [%q]}]}]\n", rules, target)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	free := httptest.NewServer(http.NotFoundHandler())
	address := strings.TrimPrefix(free.URL, "http://")
	free.Close()
	var log bytes.Buffer
	command := exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	command.Stdout, command.Stderr = &log, &log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	s := &prometheusServer{"http://" + address}
	for range 100 {
		if s.ready(t) {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("Prometheus does not begin to serve")
	return nil
}

func (s *prometheusServer) get(t *testing.T, path string, into any) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if into == nil {
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (s *prometheusServer) ready(t *testing.T) bool { return s.get(t, "/-/ready", nil) == nil }

// finds reports whether a query finds at least one series that is a number.
func (s *prometheusServer) finds(t *testing.T, query string) bool {
	t.Helper()
	var found struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Value []any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	require.NoError(t, s.get(t, "/api/v1/query?query="+url.QueryEscape(query), &found))
	require.Empty(t, found.Error, "%s", query)
	for _, r := range found.Data.Result {
		if r.Value[1] != "NaN" {
			return true
		}
	}
	return false
}

// alerts returns the states of the rules. It requires that Prometheus could evaluate each; a state
// is empty before the first evaluation.
func (s *prometheusServer) alerts(t *testing.T) map[string]string {
	t.Helper()
	var found struct {
		Data struct {
			Groups []struct {
				Rules []struct {
					Name, Health, State, LastError string
				} `json:"rules"`
			} `json:"groups"`
		} `json:"data"`
	}
	require.NoError(t, s.get(t, "/api/v1/rules", &found))
	require.Len(t, found.Data.Groups, 1)
	require.Len(t, found.Data.Groups[0].Rules, 8)
	states := map[string]string{}
	for _, rule := range found.Data.Groups[0].Rules {
		require.Empty(t, rule.LastError, rule.Name)
		if rule.Health == "ok" {
			states[rule.Name] = rule.State
		}
	}
	return states
}
