package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

type hookKey string

// hooks record their calls, and mark the context.
type hooks struct {
	mu  sync.Mutex
	log []string
}

func (h *hooks) note(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, line)
}

// jobs returns the lines about jobs, and clears all lines.
func (h *hooks) jobs() (lines []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, line := range h.log {
		if strings.Contains(line, " false ") || strings.Contains(line, "job_") {
			lines = append(lines, line)
		}
	}
	h.log = nil
	return lines
}

func (h *hooks) option(name string) webhook.Option {
	return webhook.WithHook(func(ctx context.Context, a webhook.Arrival) (context.Context, func(webhook.Observation)) {
		h.note(fmt.Sprint(name, " begins ", a.Kind, " ", a.Request != nil, " ", !a.ArrivedAt.IsZero()))
		return context.WithValue(ctx, hookKey(name), true), func(o webhook.Observation) {
			h.note(fmt.Sprint(name, " ends ", o.Outcome, " ", o.Kind, " ", o.Reason(), " ", o.QueueDepth))
		}
	})
}

// A hook is called for each callback, whatever its outcome, and its context reaches the functions.
func TestHook(t *testing.T) {
	t.Parallel()
	seen := &hooks{}
	observed := webhook.WithObserver(webhook.ObserverFunc(func(ctx context.Context, o webhook.Observation) {
		seen.log = append(seen.log, fmt.Sprint("observer ", o.Outcome, " ", ctx.Value(hookKey("inner"))))
	}))
	panics := webhook.WithHook(func(context.Context, webhook.Arrival) (context.Context, func(webhook.Observation)) { panic("boom") })
	leaves := webhook.WithHook(func(context.Context, webhook.Arrival) (context.Context, func(webhook.Observation)) {
		return nil, func(webhook.Observation) { runtime.Goexit() }
	})
	none := webhook.WithHook(func(context.Context, webhook.Arrival) (context.Context, func(webhook.Observation)) { return nil, nil })
	h, logged := newHandler(t, panics, seen.option("outer"), leaves, none, seen.option("inner"), observed)
	function := func(ctx context.Context) {
		seen.log = append(seen.log, fmt.Sprint("function ", ctx.Value(hookKey("outer")), ctx.Value(hookKey("inner"))))
	}
	h.OnUserStatus(func(ctx context.Context, _ *webhook.UserStatus) error { function(ctx); return nil })
	h.OnPreMessage(func(ctx context.Context, _ *webhook.PreMessage) (webhook.Decision, error) {
		function(ctx)
		return webhook.Block("no"), nil
	})
	for _, c := range []struct {
		serve    func()
		function bool
		kind     string // when it arrives
		ends     string
		outcome  string
	}{
		{
			serve: func() { webhooktest.Serve(h, request(t, jsonType, statusBody)) }, function: true, kind: "",
			ends: "handled user_online_status ", outcome: "handled",
		},
		{
			serve: func() { webhooktest.Serve(h.For(webhook.KindUserStatus), request(t, jsonType, statusBody)) }, function: true,
			kind: "user_online_status", ends: "handled user_online_status ", outcome: "handled",
		},
		{
			serve: func() { webhooktest.Serve(h, request(t, formType, questionBody)) }, function: true, kind: "",
			ends: "decided pre_message ", outcome: "decided",
		},
		{
			serve: func() { webhooktest.Serve(h, unsigned(t, jsonType, statusBody)) }, function: false, kind: "",
			ends: "refused  unsigned", outcome: "refused",
		},
	} {
		seen.log = nil
		c.serve()
		want := []string{"outer begins " + c.kind + " true true", "inner begins " + c.kind + " true true"}
		if c.function {
			want = append(want, "function true true")
		}
		want = append(want, "observer "+c.outcome+" true", "inner ends "+c.ends+" -1", "outer ends "+c.ends+" -1")
		require.Equal(t, want, seen.log)
	}
	require.Contains(t, logged.String(), "a hook failed")
	require.Contains(t, logged.String(), "boom")
}

// Hooks see the beginning and end of each attempt at a job.
func TestHookOfJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &hooks{}
		h, _ := newHandler(t, seen.option("a"), webhook.WithQueue(webhook.NewMemoryQueue(10), 1),
			webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 2, MinWait: time.Second, MaxWait: time.Second}))
		calls := 0
		h.OnUserStatus(func(ctx context.Context, _ *webhook.UserStatus) error {
			require.Equal(t, true, ctx.Value(hookKey("a")))
			switch calls++; calls {
			case 1:
				return errors.New("not now")
			case 2:
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		h.Start()
		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
		time.Sleep(5 * time.Second)
		require.Equal(t, []string{
			"a begins user_online_status false true", "a ends job_failed user_online_status error 1",
			"a begins user_online_status false true", "a ends job_done user_online_status  1",
		}, seen.jobs())

		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = h.Shutdown(ctx)
		synctest.Wait()
		require.Equal(t, []string{"a begins user_online_status false true", "a ends job_failed user_online_status error -1"}, seen.jobs(), "a shutdown cut it short")
	})
}
