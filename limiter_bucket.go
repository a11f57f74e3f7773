package rongcloud

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// bucket keeps one limit. A call goes when two things are true: it has been paid, from a token bucket that spreads calls evenly, and
// there is room for it in the window, which sees to it that no stretch of the limit's time holds more than the limit. The
// window alone would let a whole quota through at once and then nothing; the tokens alone cannot tell a call to 1000 users,
// which the server counts in one moment, from 1000 calls.
type bucket struct {
	limit int
	per   time.Duration
	users int // guarded by the limiter's lock

	mu      sync.Mutex
	pace    *rate.Limiter // nil where the whole limit may be used at once
	full    rate.Limit    // the pace without refusals
	used    window
	waiting [2][]*waiter // single calls, then those of low priority
	credit  int          // paid by calls that were given up
	timer   *time.Timer

	factor     float64 // of the pace, after refusals
	slowed     time.Time
	slowUntil  time.Time
	pauseUntil time.Time
}

type waiter struct {
	n, paid int
	ready   time.Time // when it was paid in full
	granted chan struct{}
}

const (
	// burstShare is the part of a limit that may be used at once; the rest is spread over the limit's time.
	burstShare = 100
	// longestPaced is the longest time over which calls are spread.
	longestPaced = time.Minute

	slowStep    = 0.75
	slowest     = 0.25
	shortestRun = 10 * time.Second // for which a limit is slowed down at least
	slowGap     = time.Second      // refusals within it count as one
	longestStop = time.Minute      // which a server's Retry-After can ask for
)

func newBucket(limit int, per time.Duration) *bucket {
	b := &bucket{limit: limit, per: per, used: newWindow(per), factor: 1}
	if per <= longestPaced {
		spare := limit / burstShare
		b.full = rate.Limit(float64(limit-spare) / per.Seconds())
		b.pace = rate.NewLimiter(b.full, max(1, spare))
	}
	return b
}

// wait blocks until n units may be used.
func (b *bucket) wait(ctx context.Context, n int, low bool) error {
	w := &waiter{n: n, granted: make(chan struct{})}
	b.mu.Lock()
	queue := &b.waiting[index(low)]
	*queue = append(*queue, w)
	b.dispatch()
	b.mu.Unlock()
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(*queue, w)
	if i < 0 { // it was granted in the same moment
		return nil
	}
	*queue = slices.Delete(*queue, i, i+1)
	b.keep(w.paid)
	b.dispatch()
	return ctx.Err()
}

func index(low bool) int {
	if low {
		return 1
	}
	return 0
}

// keep has what was paid in vain paid for the next call.
func (b *bucket) keep(paid int) {
	if b.pace != nil {
		b.credit = min(b.credit+paid, b.limit)
	}
}

// giveBack returns what a call took and did not use.
func (b *bucket) giveBack(n int, low bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used.remove(n, low)
	b.keep(n)
	b.dispatch()
}

// dispatch lets go whoever may, and sets the timer for the next one.
func (b *bucket) dispatch() {
	now := time.Now()
	b.used.forget(now)
	b.speedUp(now)
	for {
		first, low := b.next(now)
		if first == nil {
			return
		}
		if wait := b.advance(first, low, now); wait > 0 {
			b.wake(wait)
			return
		}
		queue := &b.waiting[index(low)]
		*queue = slices.Delete(*queue, 0, 1)
		close(first.granted)
	}
}

// next is the waiter whose turn it is.
func (b *bucket) next(now time.Time) (first *waiter, low bool) {
	single, bulk := b.waiting[0], b.waiting[1]
	switch {
	case len(bulk) > 0 && !bulk[0].ready.IsZero() && now.Sub(bulk[0].ready) > b.per:
		return bulk[0], true
	case len(single) > 0:
		return single[0], false
	case len(bulk) > 0:
		return bulk[0], true
	}
	return nil, false
}

// advance pays for w as far as it can, and takes its room in the window. It returns how long w still has to wait.
func (b *bucket) advance(w *waiter, low bool, now time.Time) time.Duration {
	if wait := b.pauseUntil.Sub(now); wait > 0 {
		return wait
	}
	b.pay(w, now)
	if need := w.n - w.paid; need > 0 {
		return b.after(float64(min(need, b.pace.Burst())) - b.pace.TokensAt(now))
	}
	if w.ready.IsZero() {
		w.ready = now
	}
	if wait := b.used.until(w.n, b.room(w.n, low && now.Sub(w.ready) <= b.per), now); wait > 0 {
		return wait
	}
	b.used.add(w.n, low, now)
	return 0
}

func (b *bucket) pay(w *waiter, now time.Time) {
	if b.pace == nil {
		w.paid = w.n
		return
	}
	part := min(b.credit, w.n-w.paid)
	b.credit -= part
	w.paid += part
	// More at once than the bucket holds is paid in parts.
	part = min(int(b.pace.TokensAt(now)+1e-6), w.n-w.paid)
	if part > 0 && b.pace.ReserveN(now, part).OK() {
		w.paid += part
	}
}

// after is the time in which the pace brings tokens.
func (b *bucket) after(tokens float64) time.Duration {
	return max(time.Microsecond, time.Duration(math.Ceil(tokens/float64(b.pace.Limit())*float64(time.Second))))
}

// room is how much of the limit n more units may fill. While there are single calls, those that give way leave something for the next
// of them.
func (b *bucket) room(n int, giveWay bool) int {
	room := b.limit - max(1, b.limit/50)
	if !giveWay || b.used.single == 0 || n > room {
		return b.limit
	}
	return room
}

func (b *bucket) wake(after time.Duration) {
	if b.timer == nil {
		b.timer = time.AfterFunc(after, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.dispatch()
		})
		return
	}
	b.timer.Reset(after)
}

// delay estimates how long n units would have to wait.
func (b *bucket) delay(n int, low bool) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.used.forget(now)
	b.speedUp(now)
	unpaid, ahead := n-b.credit, n
	for i := range 1 + index(low) {
		for _, w := range b.waiting[i] {
			unpaid += w.n - w.paid
			ahead += w.n
		}
	}
	wait := max(b.pauseUntil.Sub(now), b.used.until(min(ahead, max(n, b.limit)), b.room(n, low), now), 0)
	if b.pace != nil && unpaid > 0 {
		if missing := float64(unpaid) - b.pace.TokensAt(now); missing > 1e-6 {
			wait = max(wait, b.after(missing))
		}
	}
	return wait
}

// slowDown takes note of a refusal by the server.
func (b *bucket) slowDown(retryAfter time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.pace == nil && retryAfter <= 0 {
		retryAfter = longestStop
	}
	b.pauseUntil = later(b.pauseUntil, now.Add(min(retryAfter, longestStop)))
	if b.pace != nil {
		if b.slowed.IsZero() || now.Sub(b.slowed) >= slowGap {
			b.factor = max(b.factor*slowStep, slowest)
			b.slowed = now
		}
		b.slowUntil = now.Add(max(shortestRun, b.per))
		b.pace.SetLimitAt(now, b.full*rate.Limit(b.factor))
	}
	b.dispatch()
}

// speedUp ends the slow time.
func (b *bucket) speedUp(now time.Time) {
	if b.factor < 1 && !now.Before(b.slowUntil) {
		b.factor = 1
		b.pace.SetLimitAt(now, b.full)
	}
}

// idle tells that the bucket is as good as a new one.
func (b *bucket) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.used.forget(now)
	return b.used.total == 0 && len(b.waiting[0])+len(b.waiting[1]) == 0 && !now.Before(b.slowUntil) && !now.Before(b.pauseUntil)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// windowSlots is how finely a window tells times apart: what was used counts for up to one slot longer than the limit's time.
const windowSlots = 256

// window remembers what was used within a limit's time.
type window struct {
	slot   time.Duration
	origin time.Time
	uses   []windowUse // by slot, oldest first
	total  int
	single int // of the total, what calls without LowPriority used
}

type windowUse struct {
	slot          int64
	total, single int
}

func newWindow(per time.Duration) window {
	return window{slot: max(1, per/windowSlots), origin: time.Now()}
}

func (w *window) at(now time.Time) int64 { return int64(now.Sub(w.origin) / w.slot) }

// end is when what was used in a slot no longer counts.
func (w *window) end(slot int64) time.Time {
	return w.origin.Add(time.Duration(slot+windowSlots+1) * w.slot)
}

func (w *window) forget(now time.Time) {
	gone := 0
	for gone < len(w.uses) && !now.Before(w.end(w.uses[gone].slot)) {
		w.total -= w.uses[gone].total
		w.single -= w.uses[gone].single
		gone++
	}
	w.uses = slices.Delete(w.uses, 0, gone)
}

func (w *window) add(n int, low bool, now time.Time) {
	slot := w.at(now)
	if len(w.uses) == 0 || w.uses[len(w.uses)-1].slot != slot {
		w.uses = append(w.uses, windowUse{slot: slot})
	}
	last := &w.uses[len(w.uses)-1]
	last.total += n
	w.total += n
	if !low {
		last.single += n
		w.single += n
	}
}

// remove takes back the latest uses.
func (w *window) remove(n int, low bool) {
	for i := len(w.uses) - 1; i >= 0 && n > 0; i-- {
		use := &w.uses[i]
		part := min(n, use.total-use.single)
		if !low {
			part = min(n, use.single)
			use.single -= part
			w.single -= part
		}
		use.total -= part
		w.total -= part
		n -= part
	}
}

// until is how long it takes until n more fit into room. More than the whole room fits when nothing else is there.
func (w *window) until(n, room int, now time.Time) time.Duration {
	total := w.total
	for _, use := range w.uses {
		if total == 0 || total+n <= room {
			return 0
		}
		total -= use.total
		if total == 0 || total+n <= room {
			return w.end(use.slot).Sub(now)
		}
	}
	return 0
}
