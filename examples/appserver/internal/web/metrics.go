package web

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// Metrics counts the calls to RongCloud and the callbacks of this process. /metrics serves the
// counts in the text format of Prometheus.
type Metrics struct {
	Token string // bearer token for /metrics; if empty, only operators can read it

	mu     sync.Mutex
	counts map[string]int
}

func (m *Metrics) count(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[string]int{}
	}
	m.counts[name]++
}

// Attempt counts an attempt of a call to RongCloud; see [rongcloud.WithAttemptHook].
func (m *Metrics) Attempt(_ context.Context, a rongcloud.Attempt) {
	m.count(fmt.Sprintf("appserver_rongcloud_attempts_total{path=%q,outcome=%q}", a.Endpoint.Path, a.Outcome))
}

// Callback counts a callback; see [webhook.WithObserver].
func (m *Metrics) Callback(_ context.Context, o webhook.Observation) {
	m.count(fmt.Sprintf("appserver_callbacks_total{kind=%q,outcome=%q}", o.Kind, o.Outcome))
}

func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	given := []byte(r.Header.Get("Authorization"))
	if s.Metrics.Token == "" || subtle.ConstantTimeCompare(given, []byte("Bearer "+s.Metrics.Token)) != 1 {
		s.forOperators(s.writeMetrics)(w, r)
		return
	}
	s.writeMetrics(w, &request{Request: r})
}

func (s *server) writeMetrics(w http.ResponseWriter, q *request) {
	counts, oldest, err := s.App.Store.Depth(q.Context())
	if err != nil {
		s.failPage(w, q.Request, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, state := range states {
		fmt.Fprintf(w, "appserver_outbox_jobs{state=%q} %d\n", state, counts[state])
	}
	age := 0.0
	if !oldest.IsZero() {
		age = time.Since(oldest).Seconds()
	}
	fmt.Fprintf(w, "appserver_outbox_oldest_seconds %.0f\n", age)
	fmt.Fprintf(w, "appserver_pages_users %d\n", s.hub.count())
	s.Metrics.mu.Lock()
	defer s.Metrics.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.Metrics.counts)) {
		fmt.Fprintf(w, "%s %d\n", name, s.Metrics.counts[name])
	}
}
