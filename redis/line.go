package rongcloudredis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

const (
	// maxRuns and maxCalls limit one batch, so that the script does not block Redis for long.
	maxRuns  = 512
	maxCalls = 8192

	// minSleep is the minimum time between two batches of a line if the first did not let all
	// calls go.
	minSleep = time.Millisecond
	maxSleep = time.Minute
)

// line holds the calls in this process that wait for one quota. One goroutine sends them to Redis
// in batches, and lives for as long as calls wait. The limiter's lock guards its fields.
type line struct {
	*Limiter
	key     string
	lanes   map[string]*lane
	seq     int
	asked   time.Time     // when it last sent a batch; zero if it has not
	since   time.Duration // time between two batches
	refunds []refund
	refused map[string]batchLimit // refusals by the server, until Redis knows them
	wake    chan struct{}
}

// lane holds the calls that wait for the same limits with the same priority, in the order of
// arrival. Only its first call can be next.
type lane struct {
	key          string
	waiting      []*caller
	blockedUntil time.Time // a cap holds back its first call until then
	notBefore    time.Time // the first call cannot go earlier
	abandoned    int       // number of waiting calls that have given up
}

// caller is a call that waits.
type caller struct {
	limits   []rongcloud.QuotaLimit
	low      bool
	onlyAsks bool // it only asks how long it would wait
	seq      int
	lane     *lane
	paid     []int     // per limit
	ready    time.Time // when it was fully paid
	deadline time.Time
	done     bool // it has its outcome, or has given up
	result   chan outcome
}

// outcome is what a caller gets.
type outcome struct {
	wait time.Duration // if it only asks
	err  error
	lost bool // Redis is lost: use the local share
}

func (c *caller) finish(o outcome) {
	if !c.done {
		c.done = true
		c.result <- o
	}
}

// overdue reports whether a low-priority call has been ready for a whole period of its quota.
func (c *caller) overdue(now time.Time) bool {
	return c.low && !c.ready.IsZero() && now.Sub(c.ready) > c.limits[0].Per
}

func (c *caller) isPaid() bool {
	for i, limit := range c.limits {
		if c.paid[i] < limit.Units {
			return false
		}
	}
	return true
}

// rank orders the calls.
func (c *caller) rank(now time.Time) int {
	rank := 1
	switch {
	case c.overdue(now):
		return 0
	case c.low:
		rank = 3
	}
	if c.onlyAsks {
		rank++
	}
	return rank
}

func (c *caller) kind(now time.Time) string {
	switch {
	case !c.low:
		return "single"
	case c.overdue(now):
		return "overdue"
	}
	return "low"
}

// fitsRunOf reports whether two calls can be in the same run.
func (c *caller) fitsRunOf(other *caller) bool {
	paid := func(n int) bool { return n > 0 }
	return c.lane == other.lane && !slices.ContainsFunc(other.paid, paid) && other.ready.IsZero() &&
		slices.EqualFunc(c.limits, other.limits, func(a, b rongcloud.QuotaLimit) bool { return a.Units == b.Units })
}

// line returns the line of a quota for a call that will wait. The caller holds the lock.
func (l *Limiter) line(limit rongcloud.QuotaLimit) *line {
	n := l.lines[limit.Key]
	if n == nil {
		n = &line{Limiter: l, key: limit.Key, lanes: map[string]*lane{}, wake: make(chan struct{}, 1)}
		l.lines[limit.Key] = n
		go n.run()
	}
	return n
}

// merge adds up the units of a limit that a call names twice.
func merge(limits []rongcloud.QuotaLimit) []rongcloud.QuotaLimit {
	for i := 1; i < len(limits); i++ {
		if first := slices.IndexFunc(limits[:i], func(l rongcloud.QuotaLimit) bool { return l.Key == limits[i].Key }); first >= 0 {
			limits[first].Units += limits[i].Units
			limits = slices.Delete(limits, i, i+1)
			i--
		}
	}
	return limits
}

// enter adds a call at the end. The caller holds the lock.
func (n *line) enter(c *caller) {
	n.seq++
	c.seq = n.seq
	var key strings.Builder
	for _, limit := range c.limits {
		key.WriteString(limit.Key)
		key.WriteByte(0)
	}
	fmt.Fprint(&key, c.low, c.onlyAsks)
	n.pushTo(key.String(), c)
}

func (n *line) pushTo(key string, c *caller) {
	t := n.lanes[key]
	if t == nil {
		t = &lane{key: key}
		n.lanes[key] = t
	}
	c.lane = t
	first := len(t.waiting) == 0
	if !first && !c.deadline.IsZero() && c.deadline.Before(t.notBefore) {
		c.finish(outcome{err: tooLate(c, time.Until(t.notBefore))})
		return
	}
	t.waiting = append(t.waiting, c)
	if first {
		n.wakeUp()
	}
}

func tooLate(c *caller, wait time.Duration) error {
	return fmt.Errorf("%w: the quota has room for a cost of %d only in %v", context.DeadlineExceeded, c.limits[0].Units, wait.Round(time.Millisecond))
}

// giveUp removes a call from its line. The caller holds the lock.
func (n *line) giveUp(c *caller) {
	c.done = true
	t := c.lane
	t.abandoned++
	if t.waiting[0] == c || t.abandoned > 64 && t.abandoned > len(t.waiting)/2 {
		t.blockedUntil, t.notBefore = time.Time{}, time.Time{}
		n.wakeUp()
	}
}

func (n *line) wakeUp() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// run sends the waiting calls to Redis until there are none.
func (n *line) run() {
	for {
		n.mu.Lock()
		if n.lost {
			n.moveToLocalShare()
		}
		now := time.Now()
		n.tidy()
		if n.isEmpty() {
			delete(n.lines, n.key)
			n.mu.Unlock()
			return
		}
		a, rest := n.prepare(now)
		n.mu.Unlock()
		if a != nil {
			rest = n.send(a)
		}
		n.sleep(rest)
	}
}

func (n *line) isEmpty() bool { return len(n.lanes)+len(n.refunds)+len(n.refused) == 0 }

// sleep waits until it is worth sending another batch.
func (n *line) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	time.Sleep(min(d, minSleep))
	timer := time.NewTimer(d - min(d, minSleep))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-n.wake:
	}
}

// moveToLocalShare sends all calls to the local share.
func (n *line) moveToLocalShare() {
	for _, c := range n.inOrder(time.Now()) {
		c.finish(outcome{lost: true})
	}
	clear(n.lanes)
	n.refunds, n.refused = nil, nil
}

// tidy removes calls that have given up, and refunds what they had paid.
func (n *line) tidy() {
	for key, t := range n.lanes {
		for _, c := range t.waiting {
			if c.done {
				n.refundCall(c, nil)
			}
		}
		t.waiting = slices.DeleteFunc(t.waiting, func(c *caller) bool { return c.done })
		t.abandoned = 0
		if len(t.waiting) == 0 {
			delete(n.lanes, key)
		}
	}
}

// refundCall refunds what a call has paid, and what it took from the windows if it was let go.
func (n *line) refundCall(c *caller, went []limitState) {
	for i, limit := range c.limits {
		b := refund{limit: limit, low: c.low, paid: c.paid[i]}
		if went != nil {
			b.slot, b.units, b.paid = went[i].slot, limit.Units, limit.Units
		}
		if b.paid > 0 {
			n.refunds = append(n.refunds, b)
		}
		c.paid[i] = 0
	}
}

func (n *line) inOrder(now time.Time) []*caller {
	var all []*caller
	for _, t := range n.lanes {
		all = append(all, t.waiting...)
	}
	sortCallers(all, now)
	return all
}

func sortCallers(all []*caller, now time.Time) {
	slices.SortFunc(all, func(a, b *caller) int {
		return cmp.Or(cmp.Compare(a.rank(now), b.rank(now)), cmp.Compare(a.seq, b.seq))
	})
}

// prepare makes the next batch, or returns how long until there is something to send.
func (n *line) prepare(now time.Time) (*batch, time.Duration) {
	a := &batch{refunds: n.refunds}
	each := max(1, maxCalls/max(1, len(n.lanes)))
	var next time.Time
	var all []*caller
	for _, t := range n.lanes {
		if t.blockedUntil.After(now) {
			if next.IsZero() || t.blockedUntil.Before(next) {
				next = t.blockedUntil
			}
			continue
		}
		all = append(all, t.waiting[:min(each, len(t.waiting))]...)
	}
	if len(all)+len(n.refunds)+len(n.refused) == 0 {
		return nil, max(next.Sub(now), minSleep)
	}
	if !n.asked.IsZero() {
		// The waiting calls may be too few to use at once what became free during a long round
		// trip, so the time decays slowly.
		n.since = max(now.Sub(n.asked), n.since*7/8)
	}
	n.asked = now
	sortCallers(all, now)
	for _, c := range all {
		if last := len(a.runs) - 1; last >= 0 && a.runs[last].kind == c.kind(now) && a.runs[last].calls[0].fitsRunOf(c) && !c.onlyAsks {
			a.runs[last].calls = append(a.runs[last].calls, c)
			continue
		}
		if len(a.runs) == maxRuns {
			a.more = true
			break
		}
		r := run{calls: []*caller{c}, kind: c.kind(now), limits: make([]int, len(c.limits))}
		for i, limit := range c.limits {
			r.limits[i] = n.enterLimit(a, limit, now)
		}
		a.runs = append(a.runs, r)
	}
	for _, b := range n.refunds {
		n.enterLimit(a, b.limit, now)
	}
	for _, r := range n.refused {
		a.limits[n.enterLimit(a, r.QuotaLimit, now)].refused = r.refused
	}
	n.refunds, n.refused = nil, nil
	return a, 0
}

// enterLimit adds a limit to a batch, with what this process remembers about it.
func (n *line) enterLimit(a *batch, limit rongcloud.QuotaLimit, now time.Time) int {
	key := n.Limiter.key(limit.Key)
	at, added := a.limit(key, limit, n.since)
	if past := n.history[key]; added && past != nil {
		past.forget(now)
		if len(past.uses) > 0 {
			a.limits[at].known = past.maker
		}
		for _, use := range past.uses {
			if !use.entered {
				use.entered = true
				a.restores = append(a.restores, restore{limit: at, age: now.Sub(use.at), units: use.units, low: use.low, of: use})
			}
		}
	}
	return at
}

// send sends a batch to Redis, lets calls go, and returns when to send the next one.
func (n *line) send(a *batch) time.Duration {
	result, err := n.put(a)
	now := time.Now()
	n.mu.Lock()
	if err != nil && !errors.Is(err, errRepeated) || err == nil && result.vanished != nil {
		for _, r := range a.restores { // may not have been entered; twice is better than not at all
			r.of.entered = false
		}
	}
	switch {
	case errors.Is(err, errRepeated):
		n.mu.Unlock()
		return minSleep
	case err != nil:
		n.mu.Unlock()
		n.markLost(err, a)
		return 0
	case result.vanished != nil:
		n.refunds = append(n.refunds, a.refunds...)
		for _, at := range result.vanished {
			if past := n.history[a.keys[at]]; past != nil {
				past.reenter()
			}
		}
		limit := a.limits[result.vanished[0]].QuotaLimit
		n.mu.Unlock()
		n.reportVanished(limit)
		return 0
	}
	defer n.mu.Unlock()
	for _, r := range a.runs {
		t := r.calls[0].lane
		t.blockedUntil, t.notBefore = time.Time{}, time.Time{}
	}
	rest, more, leaver := maxSleep, a.more, 0
	for i, r := range a.runs {
		next := n.apply(r, result, result.runs[i], leaver, now)
		if next > 0 {
			rest = min(rest, next)
		}
		if head := r.calls[0]; head.onlyAsks {
			continue
		} else if first := result.runs[i].granted; first < len(r.calls) && r.calls[first].done {
			leaver = max(leaver, head.limits[0].Units)
		}
		more = more && !result.runs[i].first // which also holds back calls that were not in the batch
	}
	if more {
		rest = minSleep
	}
	n.tidy()
	if n.isEmpty() {
		return 0
	}
	for _, t := range n.lanes {
		if t.blockedUntil.After(now) {
			rest = min(rest, t.blockedUntil.Sub(now))
		}
	}
	return max(rest, minSleep)
}

// apply passes the result to the calls of a run, and returns when to send those again that may
// not go yet; 0 if all may. leaver is the units of a call before them that has given up, and held
// back smaller ones in vain.
func (n *line) apply(r run, result *scriptResult, v runResult, leaver int, now time.Time) time.Duration {
	head := r.calls[0]
	if head.onlyAsks {
		head.finish(outcome{wait: v.wait})
		return 0
	}
	states := make([]limitState, len(r.limits))
	for i, at := range r.limits {
		states[i] = result.limits[at]
	}
	for _, c := range r.calls[:v.granted] {
		if c.done {
			n.refundCall(c, states)
			continue
		}
		clear(c.paid)
		n.remember(c.limits, c.low, states, now)
		c.finish(outcome{})
	}
	t, rest := head.lane, r.calls[v.granted:]
	if len(rest) == 0 {
		if len(t.waiting) > len(r.calls) { // more have arrived
			return minSleep
		}
		return 0
	}
	first := rest[0]
	first.paid = v.paid
	if first.ready.IsZero() && first.isPaid() {
		first.ready = now
	}
	if first.limits[0].Units < leaver {
		return minSleep
	}
	failTooLate(rest, v.wait, now)
	if first.done {
		return minSleep
	}
	next := max(v.retryIn, minSleep)
	switch {
	case next >= time.Duration(1e15)*time.Microsecond: // it waits for those before it
		next = maxSleep
	case !v.first:
		t.blockedUntil = now.Add(next)
	}
	if t.notBefore.IsZero() {
		t.notBefore = now.Add(v.wait)
	}
	if first.low && !first.ready.IsZero() && !first.overdue(now) {
		next = min(next, max(first.limits[0].Per-now.Sub(first.ready), minSleep))
	}
	return next
}

// failTooLate fails those similar calls whose deadline comes before their turn, which for the
// first is after wait.
func failTooLate(calls []*caller, wait time.Duration, now time.Time) {
	for _, c := range calls {
		if !c.deadline.IsZero() && wait > c.deadline.Sub(now) {
			c.finish(outcome{err: tooLate(c, wait)})
		}
		if !c.done {
			wait += paceOf(c.limits[0])
		}
	}
}

// paceOf returns the time that the pace reserves for a call.
func paceOf(limit rongcloud.QuotaLimit) time.Duration {
	return time.Duration(min(interval(limit)*float64(limit.Units)*float64(time.Microsecond), 1<<52))
}

// recordRefusal records a refusal by the server, to be reported to the limit in Redis.
func (n *line) recordRefusal(limit rongcloud.QuotaLimit, pause time.Duration) {
	if n.refused == nil {
		n.refused = map[string]batchLimit{}
	}
	n.refused[limit.Key] = batchLimit{QuotaLimit: limit, refused: max(pause, n.refused[limit.Key].refused)}
	n.wakeUp()
}

// useHistory is what this process remembers about an hourly or daily limit, which Redis might
// forget.
type useHistory struct {
	per   time.Duration
	maker string // of the hash in Redis
	uses  []*recordedUse
}

type recordedUse struct {
	at      time.Time
	units   int
	low     bool
	entered bool // entered in Redis
}

func (p *useHistory) forget(now time.Time) {
	p.uses = slices.DeleteFunc(p.uses, func(u *recordedUse) bool { return now.Sub(u.at) > p.per })
}

// reenter marks all uses to be re-entered.
func (p *useHistory) reenter() {
	p.maker = ""
	for _, use := range p.uses {
		use.entered = false
	}
}

// remember records a use of the long limits. Limits without states were not counted in Redis. The
// caller holds the lock.
func (l *Limiter) remember(limits []rongcloud.QuotaLimit, low bool, states []limitState, now time.Time) {
	for i, limit := range limits {
		if limit.Per <= longestPaced {
			continue
		}
		key := l.key(limit.Key)
		p := l.history[key]
		if p == nil {
			l.pruneHistory(now)
			p = &useHistory{per: limit.Per}
			l.history[key] = p
		}
		if states != nil {
			p.maker = states[i].maker
		}
		if last := len(p.uses) - 1; last >= 0 && p.uses[last].low == low && p.uses[last].entered == (states != nil) && now.Sub(p.uses[last].at) < limit.Per/windowSlots {
			p.uses[last].units += limit.Units
			continue
		}
		p.uses = append(p.uses, &recordedUse{now, limit.Units, low, states != nil})
	}
}

// pruneHistory drops limits whose period is over, when there are many.
func (l *Limiter) pruneHistory(now time.Time) {
	if len(l.history)%1024 != 1023 {
		return
	}
	maps.DeleteFunc(l.history, func(_ string, p *useHistory) bool {
		p.forget(now)
		return len(p.uses) == 0
	})
}
