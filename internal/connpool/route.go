package connpool

import (
	"slices"
	"sync/atomic"
	"time"
)

// route holds the generations for one host that are not retired:
//   - current, which takes the requests that no other can take, and whose transport dials for
//     them if necessary;
//   - ahead, each with one connection that was opened before it is needed;
//   - over HTTP/1.1, lanes: the generations once ahead, each with its one connection, for one
//     request at a time.
//
// Over HTTP/2 a generation from ahead replaces current when that is used up. Over HTTP/1.1 it
// becomes a lane when neither a lane nor a connection of current is idle.
type route struct {
	pool      *Pool
	to        address
	httpMajor atomic.Int32 // the major HTTP version of the last response; 0 before the first

	// Guarded by the pool's mutex.
	live    map[*Generation]struct{}
	current *Generation
	ahead   []*Generation // the oldest first
	lanes   []*Generation // the idle ones, the most recently used last
	use     usage         // HTTP/1.1: how many connections were needed
	depth   int           // HTTP/2: how many generations to open ahead
	resume  time.Time     // nothing is opened ahead before this time
}

// maxDepth limits how many connections are opened ahead over HTTP/2.
const maxDepth = 16

// renewShare is the fraction (1/24) of a generation's life within which its successor is opened.
const renewShare = 24

func newRoute(p *Pool, to address) *route {
	return &route{pool: p, to: to, live: map[*Generation]struct{}{}, depth: 1}
}

// newGeneration returns a generation that is retired after the given time.
func (r *route) newGeneration(now time.Time, life time.Duration) *Generation {
	g := &Generation{
		Transport: r.pool.Base.Clone(), route: r, open: make(chan struct{}), held: map[*countedConn]struct{}{},
		begun: now, renewAt: now.Add(life - life/renewShare), end: now.Add(r.pool.limits.MaxAge),
	}
	g.Transport.DialContext = g.dial
	g.timer = time.AfterFunc(life, g.retire)
	return g
}

// begin starts a generation.
func (r *route) begin(now time.Time) *Generation {
	limits := &r.pool.limits
	g := r.newGeneration(now, limits.MaxAge-min(r.pool.attemptTimeout, limits.Longest))
	g.shared = r.httpMajor.Load() == 2
	r.live[g] = struct{}{}
	return g
}

// opensAhead reports whether connections of r are opened ahead: only those with a TLS handshake.
func (r *route) opensAhead() bool { return r.to.scheme == "https" && r.pool.limits.Ahead > 0 }

// choose returns the generation for a request, and whether that request opens its connection.
func (r *route) choose(deadline, now time.Time) (*Generation, bool) {
	g := r.chooseGeneration(deadline, now)
	g.requests++
	g.busy++
	r.use.begin(now)
	g.users.Add(1)
	return g, g.requests == 1 && g.opening == nil
}

func (r *route) chooseGeneration(deadline, now time.Time) *Generation {
	http1 := r.httpMajor.Load() == 1
	if http1 {
		if g := r.takeLane(deadline); g != nil {
			return g
		}
	}
	g := r.current
	full := g != nil && !http1 && g.requests >= r.pool.limits.MaxRequests
	if g == nil || full || deadline.After(g.end) || http1 && g.shared {
		if g != nil {
			g.timer.Reset(0) // not here: closing a connection can take a while
			delete(r.live, g)
		}
		g = nil
		if !http1 {
			g = r.takeAhead(deadline)
			if full && (g == nil || !g.opening.established) {
				r.depth = min(r.depth+1, maxDepth)
			}
		}
		if g == nil {
			g = r.begin(now)
		}
		r.current = g
	}
	if !http1 {
		r.openSuccessors(g, now)
	}
	return g
}

// openSuccessors opens successors of the generation that takes the HTTP/2 requests, if it is near
// its end.
func (r *route) openSuccessors(g *Generation, now time.Time) {
	if r.httpMajor.Load() != 2 || !r.opensAhead() {
		return
	}
	wanted := 0
	switch {
	case g.nearCount(now):
		wanted = r.depth
	case !now.Before(g.renewAt):
		wanted = 1
	}
	if len(r.ahead) < wanted {
		r.openAhead(now)
	}
}

// nearCount reports whether g, for HTTP/2, has few requests left, absolutely or for the rate at
// which they arrive.
func (g *Generation) nearCount(now time.Time) bool {
	limits := &g.route.pool.limits
	left := limits.MaxRequests - g.requests
	if left <= limits.Ahead {
		return true
	}
	pace := now.Sub(g.begun) / time.Duration(g.requests+1)
	return left <= limits.MaxRequests/2 && time.Duration(left)*pace <= g.renewAt.Sub(g.begun)/renewShare
}

// takeLane returns a generation with an idle connection for HTTP/1.1, or nil: the one used last,
// or else one from ahead if the current generation has no idle connection.
func (r *route) takeLane(deadline time.Time) *Generation {
	for i, g := range slices.Backward(r.lanes) {
		if !deadline.After(g.end) {
			r.lanes = slices.Delete(r.lanes, i, i+1)
			return g
		}
	}
	if r.current != nil && r.current.idle() && !deadline.After(r.current.end) {
		return nil
	}
	for i, g := range r.ahead {
		if g.opening.established && !deadline.After(g.end) {
			r.ahead = slices.Delete(r.ahead, i, i+1)
			g.role = lane
			return g
		}
	}
	return nil
}

// takeAhead returns the oldest generation from ahead that a request may use, or nil.
func (r *route) takeAhead(deadline time.Time) *Generation {
	for i, g := range r.ahead {
		if !deadline.After(g.end) {
			r.ahead = slices.Delete(r.ahead, i, i+1)
			g.role = serving
			return g
		}
	}
	return nil
}

// idle reports whether a connection of g has no request.
func (g *Generation) idle() bool { return g.conns > g.busy }

// release makes a lane idle when its request has ended, or drops it if its connection is gone.
func (r *route) release(g *Generation) {
	r.use.end()
	if _, live := r.live[g]; !live || g.role != lane || g.busy > 0 {
		return
	}
	if g.conns > 0 {
		r.lanes = append(r.lanes, g)
	} else {
		g.timer.Reset(0)
		r.drop(g)
	}
}

// drop removes g from r, so that it gets no more requests.
func (r *route) drop(g *Generation) {
	delete(r.live, g)
	if r.current == g {
		r.current = nil
	}
	r.lanes = remove(r.lanes, g)
	if g.role == ahead { // it was not needed
		g.role = serving
		r.ahead = remove(r.ahead, g)
		r.depth = max(r.depth-1, 1)
	}
}

func remove(list []*Generation, g *Generation) []*Generation {
	if i := slices.Index(list, g); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// nearEnd records that c is carrying one of its last requests. Over HTTP/1.1 a successor is
// opened, unless enough other connections remain for the recent number of concurrent requests.
func (r *route) nearEnd(c *countedConn, last bool) {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	if c.spent {
		return
	}
	if last {
		r.recordFull(c)
		return
	}
	if !c.due {
		c.due = true
		c.generation.due++
	}
	now := time.Now()
	if _, live := r.live[c.generation]; live && r.httpMajor.Load() == 1 && r.longLived(now) < r.use.most(now) {
		r.openAhead(now)
	}
}

// longLived counts the connections that are not near their end.
func (r *route) longLived(now time.Time) int64 {
	n := int64(len(r.ahead))
	for g := range r.live {
		if g.role != ahead && now.Before(g.renewAt) {
			n += g.conns - g.due
		}
	}
	return n
}

// usage counts the requests in flight, and remembers their maximum for a second or two.
type usage struct {
	busy         int64
	since        time.Time
	peak, before int64 // in the second that began at since, and in the one before
}

func (u *usage) begin(now time.Time) {
	u.busy++
	u.turn(now)
	u.peak = max(u.peak, u.busy)
}

func (u *usage) end() { u.busy-- }

// most returns the recent maximum of requests in flight.
func (u *usage) most(now time.Time) int64 {
	u.turn(now)
	return max(u.peak, u.before)
}

func (u *usage) turn(now time.Time) {
	switch passed := now.Sub(u.since); {
	case passed >= 2*time.Second:
		u.before, u.peak, u.since = u.busy, u.busy, now
	case passed >= time.Second:
		u.before, u.peak, u.since = u.peak, u.busy, now
	}
}

// recordFull records that c takes no more requests.
func (r *route) recordFull(c *countedConn) {
	if c.spent {
		return
	}
	c.spent = true
	g := c.generation
	if c.due {
		g.due--
	}
	g.conns--
	if g.conns == 0 && g.busy == 0 && g.role != serving { // it broke while unused
		if g.role == ahead {
			r.resume = time.Now().Add(openingPause)
		}
		g.timer.Reset(0)
		r.drop(g)
	}
}
