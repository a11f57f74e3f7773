package rongcloud

import (
	"context"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// checkRetry decides whether to retry, and reports the attempt to the hooks.
func checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	c := callOf(ctx)
	if err != nil { // net/http refused the request before it reached attemptTransport
		c.last = outcome{err: err, unsent: true}
		return false, nil //nolint:nilerr // the error is in the outcome
	}
	retry := c.retry()
	switch {
	case c.last.ok && c.spent:
		c.core.budget.earn(retryPrice)
	case c.last.ok:
		c.core.budget.earn(1)
	}
	if c.stream == nil { // otherwise it ends when the stream is closed
		c.reportAttempt(retry)
	}
	return retry, nil
}

func (c *call) retry() bool {
	o := &c.last
	policy := &c.core.config.retry
	if o.ok || c.Err() != nil || c.attempts > policy.MaxRetries || !o.transient() || slices.Contains(c.ep.Final, int(o.code)) || !c.repeatable() {
		return false
	}
	c.wait = c.nextWait(policy)
	if deadline, limited := c.Deadline(); limited && time.Until(deadline) <= c.wait {
		return false
	}
	// The first retry after a stale connection adds no load to the host, so it costs nothing.
	c.spent = c.attempts > 1 || !o.stale
	return !c.spent || c.core.budget.spend()
}

// retryBudget limits the retries of a client, like the token buckets of other vendors' SDKs. A
// retry costs retryPrice, which it earns back if it succeeds. Any other successful attempt earns
// one. A nil budget has no limit.
type retryBudget struct {
	most int64
	left atomic.Int64
}

const retryPrice = 5

func newRetryBudget(retries int) *retryBudget {
	if retries < 0 {
		return nil
	}
	b := &retryBudget{most: retryPrice * int64(retries)}
	b.left.Store(b.most)
	return b
}

// spend takes the price of a retry, and reports whether the budget could pay it.
func (b *retryBudget) spend() bool {
	if b == nil {
		return true
	}
	for {
		left := b.left.Load()
		if left < retryPrice {
			return false
		}
		if b.left.CompareAndSwap(left, left-retryPrice) {
			return true
		}
	}
}

// earn adds what a successful attempt is worth.
func (b *retryBudget) earn(worth int64) {
	if b == nil {
		return
	}
	for {
		left := b.left.Load()
		if left >= b.most || b.left.CompareAndSwap(left, min(left+worth, b.most)) {
			return
		}
	}
}

// repeatable reports whether the class of the call allows repeating it after this outcome.
func (c *call) repeatable() bool {
	if c.class != endpoint.Unsafe || c.config.retryUnsafe || !c.maybeDone {
		return true
	}
	return c.guarded && c.inTime(c.core.config.retry.MaxWait)
}

// idempotentFor is how long the server remembers a msgRandom.
const idempotentFor = time.Minute

var errTooLate = ownError("it is too late for a retry: the server remembers a msgRandom for only a minute")

// inTime reports whether an attempt that begins after the wait will end while the server still
// remembers the msgRandom of the first one. The monotonic clock stops while a machine sleeps, and
// the wall clock may be set, so the later of the two counts. The arithmetic cannot overflow.
func (c *call) inTime(wait time.Duration) bool {
	now := time.Now()
	left := idempotentFor - max(now.Sub(c.started), now.Round(0).Sub(c.started.Round(0)))
	return wait < left && c.config.attemptTimeout < left-wait
}

// tooLate reports whether the wait, or a hook, has taken so long that the server may have
// forgotten the msgRandom.
func (c *call) tooLate() bool {
	return c.class == endpoint.Unsafe && c.guarded && c.maybeDone && !c.config.retryUnsafe && !c.inTime(0)
}

// nextWait returns the wait before the next attempt: a random time (full jitter) below a bound that
// doubles. A wait that the server asks for is obeyed up to the policy's longest wait. The first
// retry after a stale connection, or to another host, is sent at once.
func (c *call) nextWait(policy *RetryPolicy) time.Duration {
	o := &c.last
	if c.attempts == 1 && !o.rateLimited() && (o.switched || o.stale) {
		return 0
	}
	first := policy.MinWait
	if o.rateLimited() {
		first = max(first, firstWaitAfterRateStop)
	}
	bound := min(first, policy.MaxWait)
	for i := 1; i < c.attempts && bound < policy.MaxWait; i++ {
		bound = min(2*bound, policy.MaxWait)
		if bound == 0 {
			break
		}
	}
	wait := time.Duration(0)
	if bound > 0 {
		wait = time.Duration(mathrand.Int64N(int64(bound) + 1)) //nolint:gosec // only jitter
	}
	return max(wait, min(o.after, policy.MaxWait))
}
