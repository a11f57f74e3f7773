// Package tokenbucket paces calls that are subject to several limits at once. It knows limits and
// units, but not what the calls do.
//
// It promises:
//
//   - No period of a limit's length has more units than the limit, except for a call that needs
//     more than the whole limit; it goes when no other call has gone within the limit's period.
//   - All limits of a call are counted at one moment: when the call is let go. A call that waits
//     for one limit does not use the others.
//   - Limits with a period of up to a minute are spread evenly over it; longer ones may be used up
//     at once.
//   - Calls with the same limits and priority go in the order of arrival. A call held back by one
//     of its limits does not hold back calls that are not subject to it.
//   - A call that gives up leaves what it has paid to the next one, which takes what it needs; the
//     rest is dropped. So even many calls that give up do not let a burst through.
//   - Low-priority calls yield to the others; the others are held back only for one that has been
//     ready for a whole period of its limit.
//
// Time is the process's monotonic time.
package tokenbucket

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limit is one limit that a call is subject to, and what the call takes of it. Calls with the same
// Key share it.
type Limit struct {
	Key   string
	Limit int
	Per   time.Duration
	Units int
}

// MaxUnits is the maximum that a call can ask for and a limit can have; more counts as this much.
// It keeps sums from overflowing.
const MaxUnits = min(1<<40, math.MaxInt/4)

// never means a wait whose end is unknown.
const never = time.Duration(math.MaxInt64)

// firstSweep is the number of buckets from which empty ones are removed.
const firstSweep = 1024

// Buckets keeps calls within their limits. Its zero value is not usable: see [New].
type Buckets struct {
	mu      sync.Mutex
	buckets map[string]*bucket
	sweepAt int
	lanes   map[laneKey]*lane // lanes with waiting calls
	seq     uint64
	pass    uint64
	heads   []*waiter // heads of the lanes, kept for the next pass
	timer   *time.Timer
	wakeAt  time.Time // zero when the timer does not run
}

// New returns unused buckets.
func New() *Buckets {
	return &Buckets{buckets: map[string]*bucket{}, sweepAt: firstSweep, lanes: map[laneKey]*lane{}, pass: 1}
}

// waiter is a call that waits.
type waiter struct {
	lane    *lane
	seq     uint64
	shares  []share
	low     bool
	ready   time.Time // when it was fully paid
	done    bool      // it was let go, or has given up
	gaveUp  bool
	granted chan struct{}
}

// share is what a call takes of one limit.
type share struct {
	*bucket
	n, paid int
}

// The order in which waiting calls get their turn.
const (
	rankOverdue = iota // low priority, and ready for a whole period of its limit
	rankSingle
	rankLow
	rankNone
)

func (w *waiter) rank(now time.Time) int {
	switch {
	case !w.low:
		return rankSingle
	case w.overdue(now):
		return rankOverdue
	}
	return rankLow
}

// overdue reports whether a low-priority call no longer yields.
func (w *waiter) overdue(now time.Time) bool {
	return !w.ready.IsZero() && now.Sub(w.ready) > w.shares[0].per
}

// lane holds the calls that wait for the same limits with the same priority. Only its first call
// can be next.
type lane struct {
	key     laneKey
	waiting []*waiter
	gone    int // number of these that have given up
}

type laneKey struct {
	limits string
	low    bool
}

func keyOf(limits []Limit, low bool) laneKey {
	if len(limits) == 1 {
		return laneKey{limits[0].Key, low}
	}
	var text strings.Builder
	for _, l := range limits {
		text.WriteString(l.Key)
		text.WriteByte(0)
	}
	return laneKey{text.String(), low}
}

// head returns the first call that is still waiting.
func (l *lane) head() *waiter {
	for len(l.waiting) > 0 && l.waiting[0].done {
		if l.waiting[0].gaveUp {
			l.gone--
		}
		l.waiting[0] = nil
		l.waiting = l.waiting[1:]
	}
	if len(l.waiting) == 0 {
		return nil
	}
	return l.waiting[0]
}

// Wait blocks until the call may go, and counts it in all its limits. On an error the call was not
// counted. The error is the context's, returned at once if its deadline comes before the call
// could go.
func (s *Buckets) Wait(ctx context.Context, limits []Limit, low bool) error {
	if err := ctx.Err(); err != nil || len(limits) == 0 {
		return err
	}
	s.mu.Lock()
	now := time.Now()
	w := s.newWaiter(limits, low)
	if deadline, ok := ctx.Deadline(); ok {
		if wait := w.estimate(now); wait > deadline.Sub(now) {
			s.mu.Unlock()
			return fmt.Errorf("%w: the quota has room for a cost of %d only in %v", context.DeadlineExceeded, w.shares[0].n, wait.Round(time.Millisecond))
		}
	}
	if s.enter(w, keyOf(limits, low), now) {
		s.mu.Unlock()
		return nil
	}
	w.granted = make(chan struct{})
	s.mu.Unlock()
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.done { // it was let go at the same moment
		return nil
	}
	s.giveUp(w)
	return ctx.Err()
}

// Delay estimates how long Wait would block.
func (s *Buckets) Delay(limits []Limit, low bool) time.Duration {
	if len(limits) == 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newWaiter(limits, low).estimate(time.Now())
}

// Count counts a call that was made without waiting.
func (s *Buckets) Count(limits []Limit, low bool) {
	if len(limits) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, sh := range s.newWaiter(limits, low).shares {
		sh.used.forget(now)
		sh.used.add(sh.n, low, now)
	}
}

// SlowDown handles a limit that the server has enforced: it lets nothing through for pause, at most
// a minute. For the limit's period from now on, at least 10 s, its pace is a quarter lower; further
// calls lower it again, to a quarter of the pace. A limit without a pace lets nothing through for a
// minute if pause is zero.
func (s *Buckets) SlowDown(limit Limit, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucket(limit).slowDown(pause, time.Now())
	s.dispatch()
}

func (s *Buckets) newWaiter(limits []Limit, low bool) *waiter {
	w := &waiter{low: low, shares: make([]share, 0, len(limits))}
	for _, limit := range limits {
		b := s.bucket(limit)
		if i := slices.IndexFunc(w.shares, func(sh share) bool { return sh.bucket == b }); i >= 0 {
			w.shares[i].n = clamp(w.shares[i].n + clamp(limit.Units))
			continue
		}
		w.shares = append(w.shares, share{bucket: b, n: clamp(limit.Units)})
	}
	return w
}

func clamp(n int) int { return min(max(1, n), MaxUnits) }

func (s *Buckets) bucket(limit Limit) *bucket {
	if b := s.buckets[limit.Key]; b != nil {
		return b
	}
	if len(s.buckets) >= s.sweepAt {
		now := time.Now()
		for key, b := range s.buckets {
			if b.idle(now) {
				delete(s.buckets, key)
			}
		}
		s.sweepAt = max(firstSweep, 2*len(s.buckets))
	}
	b := newBucket(clamp(limit.Limit), max(1, limit.Per))
	s.buckets[limit.Key] = b
	return b
}

// estimate returns how long a call that arrives now has to wait.
func (w *waiter) estimate(now time.Time) time.Duration {
	var longest time.Duration
	for _, sh := range w.shares {
		longest = max(longest, sh.delay(sh.n, w.low, now))
	}
	return longest
}

// enter adds a call at the end, and reports whether it could go at once.
func (s *Buckets) enter(w *waiter, key laneKey, now time.Time) bool {
	s.seq++
	w.seq = s.seq
	l := s.lanes[key]
	if l == nil {
		l = &lane{key: key}
		s.lanes[key] = l
	}
	first := l.head() == nil
	w.lane = l
	l.waiting = append(l.waiting, w)
	for _, sh := range w.shares {
		sh.ahead[index(w.low)].enter(sh.n)
	}
	if !first { // nothing has changed for those before it
		return false
	}
	wait := s.try(w, now)
	if w.done {
		delete(s.lanes, key)
		return true
	}
	s.wake(now, wait)
	return false
}

func (s *Buckets) giveUp(w *waiter) {
	w.leave()
	for _, sh := range w.shares {
		sh.refund(sh.paid)
	}
	l := w.lane
	first := l.waiting[0] == w
	w.gaveUp = true
	l.gone++
	if l.gone > len(l.waiting)/2 {
		l.waiting = slices.DeleteFunc(l.waiting, func(w *waiter) bool { return w.done })
		l.gone = 0
	}
	if l.head() == nil {
		delete(s.lanes, l.key)
	}
	if first {
		s.wake(time.Now(), 0) // many may give up at once
	}
}

func (w *waiter) leave() {
	w.done = true
	for _, sh := range w.shares {
		sh.ahead[index(w.low)].leave(sh.n, sh.paid)
	}
}

// dispatch lets all calls go that may, and sets the timer for the next one.
func (s *Buckets) dispatch() {
	now := time.Now()
	s.pass++
	heads := s.heads[:0]
	for _, l := range s.lanes {
		heads = append(heads, l.head())
	}
	order := func(a, b *waiter) int {
		return cmp.Or(cmp.Compare(a.rank(now), b.rank(now)), cmp.Compare(a.seq, b.seq))
	}
	slices.SortFunc(heads, order)
	next := never
	for i := 0; i < len(heads); i++ {
		w := heads[i]
		wait := s.try(w, now)
		if !w.done {
			next = min(next, wait)
			continue
		}
		if after := w.lane.head(); after != nil {
			at, _ := slices.BinarySearchFunc(heads[i+1:], after, order)
			heads = slices.Insert(heads, i+1+at, after)
		} else {
			delete(s.lanes, w.lane.key)
		}
	}
	clear(heads)
	s.heads = heads[:0]
	s.wakeAt = time.Time{}
	s.wake(now, next)
}

// try pays for w as far as possible, and lets it go if all its limits have room. Otherwise it
// returns when to try again, and keeps later calls from taking what w waits for.
func (s *Buckets) try(w *waiter, now time.Time) time.Duration {
	rank, free, paid, wait := w.rank(now), true, true, never
	blocked := func(b *bucket, d time.Duration) {
		b.hold(s.pass, rank)
		wait, free = min(wait, d), false
	}
	for i := range w.shares {
		sh := &w.shares[i]
		sh.refresh(now)
		if sh.isHeld(s.pass, rank) {
			free, paid = false, false
		} else if pause := sh.pauseUntil.Sub(now); pause > 0 {
			blocked(sh.bucket, pause)
			paid = false
		} else if missing := sh.pay(sh, w.low, now); missing > 0 {
			blocked(sh.bucket, missing)
			paid = false
		}
	}
	if paid && w.ready.IsZero() {
		w.ready = now
	}
	giveWay := w.low && !w.overdue(now)
	for _, sh := range w.shares {
		if full := sh.used.until(sh.n, sh.room(sh.n, giveWay), now); full > 0 {
			blocked(sh.bucket, full)
		}
	}
	if !free {
		if giveWay && paid {
			wait = min(wait, w.ready.Add(w.shares[0].per).Sub(now)+1)
		}
		return wait
	}
	w.leave()
	for _, sh := range w.shares {
		sh.used.add(sh.n, w.low, now)
	}
	if w.granted != nil {
		close(w.granted)
	}
	return 0
}

// wake schedules the next pass after the given time, unless one comes earlier.
func (s *Buckets) wake(now time.Time, after time.Duration) {
	if after == never {
		return
	}
	at := now.Add(after)
	if !s.wakeAt.IsZero() && !at.Before(s.wakeAt) {
		return
	}
	s.wakeAt = at
	if s.timer != nil {
		s.timer.Reset(after)
		return
	}
	s.timer = time.AfterFunc(after, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.dispatch()
	})
}

func index(low bool) int {
	if low {
		return 1
	}
	return 0
}
