package tokenbucket

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// bucket enforces one limit. A call goes when two conditions hold: it has been paid for with
// tokens, which spread calls evenly, and the window has room for it, which ensures that no period
// of the limit's length has more than the limit. The window alone would let a whole limit through
// at once and then nothing; the tokens alone cannot distinguish a call of 1000 units, which the
// server counts at one moment, from 1000 calls.
type bucket struct {
	limit int
	per   time.Duration

	pace   *rate.Limiter // nil if the whole limit may be used at once
	full   rate.Limit    // the pace without refusals
	used   window
	credit int        // paid by calls that gave up
	ahead  [2]backlog // single calls, then low-priority calls

	heldIn uint64 // the pass in which it was last held,
	heldBy int    // and for which rank

	factor     float64 // of the pace, after refusals
	slowed     time.Time
	slowUntil  time.Time
	pauseUntil time.Time
}

// backlog is what the waiting calls ask for.
type backlog struct{ calls, units, unpaid int }

func (b *backlog) enter(n int) { b.calls, b.units, b.unpaid = b.calls+1, b.units+n, b.unpaid+n }

func (b *backlog) leave(n, paid int) {
	b.calls, b.units, b.unpaid = b.calls-1, b.units-n, b.unpaid-(n-paid)
}

const (
	// burstShare is the fraction (1/100) of a limit that may be used at once; the rest is spread
	// over the limit's period.
	burstShare = 100
	// longestPaced is the longest time over which calls are spread.
	longestPaced = time.Minute

	slowStep    = 0.75
	slowest     = 0.25
	shortestRun = 10 * time.Second // minimum time for which a limit is slowed down
	slowGap     = time.Second      // refusals within it count as one
	longestStop = time.Minute      // the longest Retry-After that is obeyed

	// enough compensates for floating-point errors in tokens.
	enough = 1e-6
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

// hold blocks the bucket, until the next pass, for calls after one of that rank.
func (b *bucket) hold(pass uint64, rank int) {
	if b.heldIn != pass {
		b.heldIn, b.heldBy = pass, rankNone
	}
	b.heldBy = min(b.heldBy, rank)
}

func (b *bucket) isHeld(pass uint64, rank int) bool {
	return b.heldIn == pass && b.heldBy <= rank
}

// refund credits what an abandoned call paid to the next call.
func (b *bucket) refund(paid int) {
	if b.pace != nil {
		b.credit = min(b.credit+paid, b.limit)
	}
}

// refresh brings the bucket up to date.
func (b *bucket) refresh(now time.Time) {
	b.used.forget(now)
	if b.factor < 1 && !now.Before(b.slowUntil) {
		b.factor = 1
		b.pace.SetLimitAt(now, b.full)
	}
}

// pay pays for a share as far as possible, and returns how long until more can be paid. Credit
// that it does not need is dropped: many small calls must not use at once what a large one had
// paid.
func (b *bucket) pay(sh *share, low bool, now time.Time) time.Duration {
	need := sh.n - sh.paid
	if need == 0 {
		return 0
	}
	part := need
	if b.pace != nil {
		part = min(b.credit, need)
		b.credit = 0
		// More than the bucket holds is paid in parts.
		if tokens := min(int(b.pace.TokensAt(now)+enough), need-part); tokens > 0 && b.pace.ReserveN(now, tokens).OK() {
			part += tokens
		}
	}
	sh.paid += part
	b.ahead[index(low)].unpaid -= part
	if need -= part; need > 0 {
		return b.after(float64(min(need, b.pace.Burst())) - b.pace.TokensAt(now))
	}
	return 0
}

// after returns how long the pace takes to refill the given tokens.
func (b *bucket) after(tokens float64) time.Duration {
	wait := math.Ceil(tokens / float64(b.pace.Limit()) * float64(time.Second))
	if wait >= float64(math.MaxInt64) {
		return never
	}
	return max(time.Microsecond, time.Duration(wait))
}

// room returns how much of the limit n more units may fill. While there are single calls,
// low-priority calls leave some room for the next one.
func (b *bucket) room(n int, giveWay bool) int {
	room := b.limit - max(1, b.limit/50)
	if !giveWay || b.used.single == 0 || n > room {
		return b.limit
	}
	return room
}

// delay estimates how long n more units would have to wait.
func (b *bucket) delay(n int, low bool, now time.Time) time.Duration {
	b.refresh(now)
	unpaid, ahead := n-b.credit, n
	for _, waiting := range b.ahead[:1+index(low)] {
		unpaid += waiting.unpaid
		ahead += waiting.units
	}
	wait := max(b.pauseUntil.Sub(now), b.used.until(min(ahead, max(n, b.limit)), b.room(n, low), now), 0)
	if b.pace != nil && unpaid > 0 {
		if missing := float64(unpaid) - b.pace.TokensAt(now); missing > enough {
			wait = max(wait, b.after(missing))
		}
	}
	return wait
}

// slowDown handles a refusal by the server.
func (b *bucket) slowDown(pause time.Duration, now time.Time) {
	b.refresh(now)
	if b.pace == nil && pause <= 0 {
		pause = longestStop
	}
	if until := now.Add(min(pause, longestStop)); until.After(b.pauseUntil) {
		b.pauseUntil = until
	}
	if b.pace == nil {
		return
	}
	if b.slowed.IsZero() || now.Sub(b.slowed) >= slowGap {
		b.factor = max(b.factor*slowStep, slowest)
		b.slowed = now
	}
	b.slowUntil = now.Add(max(shortestRun, b.per))
	b.pace.SetLimitAt(now, b.full*rate.Limit(b.factor))
}

// idle reports whether the bucket is equivalent to a new one.
func (b *bucket) idle(now time.Time) bool {
	b.used.forget(now)
	return b.used.total == 0 && b.ahead[0].calls+b.ahead[1].calls == 0 && !now.Before(b.slowUntil) && !now.Before(b.pauseUntil)
}
