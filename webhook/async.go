package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Jobs beyond either of these bounds wait in the queue rather than in memory, if the queue can be
// read again.
const (
	maxKeptJobs  = 1024
	maxKeptBytes = 16 << 20
)

// A failing queue is retried, but not forever.
const (
	unreadablePause = 10 * time.Millisecond // after a job that cannot be read
	maxLatePulls    = 3                     // in a row, in a shutdown
)

// Time limits at shutdown, where no context of the work applies.
const (
	removalTimeout = 5 * time.Second        // for the queue to remove what is done
	shutdownGrace  = 500 * time.Millisecond // for functions to stop, and their jobs to be removed
)

// async processes the jobs of a queue. Jobs with the same key form a lane, and only the first job
// of a lane is processed at a time. A dispatcher sorts all jobs of the queue into lanes; workers
// take lanes that are ready, one job at a time. So neither a long lane nor a failing one holds up
// the others.
type async struct {
	h       *Handler
	queue   Queue
	reader  JobReader       // the queue, if it can be read again
	waiting context.Context // the dispatcher waits for jobs until it ends
	noWait  context.CancelFunc
	life    context.Context // of the functions
	end     context.CancelFunc
	freed   chan struct{} // holds a token when a kept job was released
	done    chan struct{} // closed when dispatcher and workers have ended

	mu        sync.Mutex
	changed   *sync.Cond // a lane is ready, or no more jobs will come
	started   bool
	drained   bool  // the queue is empty, and no more jobs will come
	unread    error // why no more jobs come, if the queue may hold more
	stopped   bool  // workers must stop
	lanes     map[string]*lane
	ready     []*lane // whose first job has not been tried yet
	failed    []*lane // whose first job failed and is due for a retry
	turn      bool    // failed is next
	retrying  int     // workers busy with lanes from failed
	kept      int
	keptBytes int64
	undone    []uint64 // IDs of finished jobs that the queue failed to remove

	sweeping sync.Mutex // held by sweep
}

// lane holds the pending jobs of one conversation, chat room, group or user.
type lane struct {
	key      string
	waiting  []entry
	failures int // of the first entry
}

// entry is one job of a lane.
type entry struct {
	id  uint64
	job *Job // nil if it waits in the queue
}

func newAsync(h *Handler) *async {
	a := &async{
		h: h, queue: h.config.queue, freed: make(chan struct{}, 1), done: make(chan struct{}), lanes: map[string]*lane{},
	}
	a.reader, _ = a.queue.(JobReader)
	a.waiting, a.noWait = context.WithCancel(context.Background())
	a.life, a.end = context.WithCancel(context.Background())
	a.changed = sync.NewCond(&a.mu)
	return a
}

// push stores the events of a callback in the queue.
func (a *async) push(ctx context.Context, callback *Callback) error {
	a.mu.Lock()
	started := a.started
	a.mu.Unlock()
	if !started {
		return refuse(ErrUnavailable, errors.New("Handler.Start was not called"))
	}
	if len(callback.Events) == 0 {
		return nil
	}
	jobs := make([]Job, len(callback.Events))
	for i, e := range callback.Events {
		if unknown, ok := e.(*Unknown); ok && unknown.Err != nil && !a.h.knows(KindUnknown) {
			return refuse(ErrMalformed, unknown.Err)
		}
		jobs[i] = newJob(e)
	}
	_, err := callOutside(ctx, &a.h.running, a.queue, func() (none struct{}, err error) { return none, a.queue.Push(ctx, jobs...) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrQueueFull):
		return refuse(ErrUnavailable, ErrQueueFull)
	default:
		return refuse(ErrUnavailable, fmt.Errorf("the queue failed: %w", err))
	}
}

func (a *async) start() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.started || a.stopped {
		return
	}
	a.started = true
	var all sync.WaitGroup
	all.Go(a.dispatch)
	for range a.h.config.workers {
		all.Go(a.work)
	}
	go func() {
		all.Wait()
		a.sweep()
		a.end()
		close(a.done)
	}()
}

// dispatch sorts jobs into lanes until the queue fails, or is empty once a shutdown has begun.
func (a *async) dispatch() {
	failures, late := 0, 0
	for a.waitForRoom() {
		job, err := a.pull()
		over := a.waiting.Err() != nil
		switch {
		case err == nil:
			failures, late = 0, 0
			a.add(job)
			continue
		case over && errors.Is(err, a.waiting.Err()):
			a.drain(nil)
			return
		}
		a.h.logFailure(nil, "webhook: the queue failed", "", 0, err)
		var wait time.Duration
		switch {
		case IsPermanent(err): // only this job cannot be read: the next one may be readable
			wait = unreadablePause
		case over:
			late++
			wait = a.h.config.wait(late)
		default:
			failures++
			wait = a.h.config.wait(failures)
		}
		if late == maxLatePulls {
			a.drain(err)
			return
		}
		if !sleep(a.life, wait) {
			return
		}
	}
}

// drain records that no more jobs will come, and why if the queue may still hold some.
func (a *async) drain(unread error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drained, a.unread = true, unread
	a.changed.Broadcast()
}

// pull, load and tryRemove treat a panic or runtime.Goexit in the queue, which may be the app's
// own, as a failure of the queue.
func (a *async) pull() (Job, error) {
	return callOutside(context.Background(), nil, a.queue, func() (Job, error) { return a.queue.Pull(a.waiting) })
}

// waitForRoom waits until another job can be kept, which only matters for a queue that cannot be
// read again. It reports whether work continues.
func (a *async) waitForRoom() bool {
	for {
		a.mu.Lock()
		room := a.reader != nil || a.hasRoom()
		a.mu.Unlock()
		if room || a.life.Err() != nil {
			return a.life.Err() == nil
		}
		select {
		case <-a.freed:
		case <-a.life.Done():
		}
	}
}

func (a *async) hasRoom() bool { return a.kept < maxKeptJobs && a.keptBytes < maxKeptBytes }

// add puts a job at the end of its lane.
func (a *async) add(job Job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[job.Key]
	if l == nil {
		l = &lane{key: job.Key}
		a.lanes[job.Key] = l
		a.ready = append(a.ready, l)
		a.changed.Signal()
	}
	e := entry{id: job.ID}
	if a.reader == nil || a.hasRoom() {
		e.job = &job
		a.kept++
		a.keptBytes += job.size()
	}
	l.waiting = append(l.waiting, e)
}

// next returns a lane to work on and its first entry, or nil when there is no more work. No other
// worker gets the lane until it is ready again.
func (a *async) next() (*lane, entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.stopped {
		if l := a.choose(); l != nil {
			return l, l.waiting[0]
		}
		if a.drained && len(a.lanes) == 0 {
			break
		}
		a.changed.Wait()
	}
	return nil, entry{}
}

// choose takes a ready lane. Lanes that have failed alternate with the others, and may occupy at
// most half of the workers: otherwise functions that hang until their timeout would occupy them
// all.
func (a *async) choose() *lane {
	from := &a.ready
	if len(a.failed) > 0 && a.retrying < max(a.h.config.workers/2, 1) && (a.turn || len(a.ready) == 0) {
		from = &a.failed
		a.retrying++
	}
	a.turn = from == &a.ready
	if len(*from) == 0 {
		return nil
	}
	l := (*from)[0]
	(*from)[0] = nil
	*from = (*from)[1:]
	return l
}

// work handles the first jobs of lanes.
func (a *async) work() {
	for l, e := a.next(); l != nil; l, e = a.next() {
		failed := l.failures > 0
		a.handle(l, e)
		if failed {
			a.mu.Lock()
			a.retrying--
			a.mu.Unlock()
		}
	}
}

// handle calls the function for the first job of a lane, then advances or postpones the lane.
func (a *async) handle(l *lane, e entry) {
	job, err := a.load(e)
	if err != nil {
		a.h.logFailure(nil, "webhook: the queue failed to read a job", "", 0, err)
		if IsPermanent(err) {
			a.advance(l, e)
		} else {
			a.postpone(l, a.h.config.wait(1))
		}
		return
	}
	began := time.Now()
	ctx, ends := a.h.arrive(a.life, Arrival{Kind: job.Kind, ArrivedAt: began})
	err = callSafely(func() error { return a.run(ctx, job) })
	observe := func(outcome Outcome) {
		a.h.observe(ctx, Observation{Outcome: outcome, Kind: job.Kind, Err: err, Duration: time.Since(began)}, ends)
	}
	switch {
	case err == nil:
		observe(OutcomeJobDone)
	case a.life.Err() != nil: // cut short by a shutdown: it stays in the queue
		a.h.report(ends, Observation{Outcome: OutcomeJobFailed, Kind: job.Kind, Err: err, Duration: time.Since(began), QueueDepth: -1})
		return
	case !IsPermanent(err) && l.failures+1 < a.h.config.jobRetry.MaxAttempts:
		l.failures++
		a.h.logFailure(nil, "webhook: a function failed and will be called again", job.Kind, 0, err)
		observe(OutcomeJobFailed)
		a.postpone(l, a.h.config.wait(l.failures))
		return
	default:
		a.h.giveUp(job, err)
		observe(OutcomeJobGiveUp)
	}
	a.remove(job)
	a.advance(l, e)
}

// load returns the job of an entry.
func (a *async) load(e entry) (job Job, err error) {
	if e.job != nil {
		return *e.job, nil
	}
	ctx, cancel := context.WithTimeout(a.life, a.h.config.jobTimeout)
	defer cancel()
	job, err = callOutside(context.Background(), nil, a.queue, func() (Job, error) { return a.reader.Read(ctx, e.id) })
	job.ID = e.id
	return job, err
}

// run calls the function for a job.
func (a *async) run(ctx context.Context, job Job) error {
	ctx, cancel := context.WithTimeout(ctx, a.h.config.jobTimeout)
	defer cancel()
	_, events := decode(job.Kind, job.Form, Envelope{AppKey: job.AppKey, SignedAt: job.SignedAt, Raw: job.Body})
	for _, e := range events {
		err := a.h.handle(ctx, e)
		if unknown, ok := e.(*Unknown); ok && unknown.Err != nil && !a.h.knows(KindUnknown) {
			err = Permanent(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// postpone makes a lane ready again after a wait.
func (a *async) postpone(l *lane, wait time.Duration) {
	time.AfterFunc(wait, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if l.failures > 0 {
			a.failed = append(a.failed, l)
		} else {
			a.ready = append(a.ready, l)
		}
		a.changed.Signal()
	})
}

// advance takes the first entry off its lane.
func (a *async) advance(l *lane, e entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.job != nil {
		a.kept--
		a.keptBytes -= e.job.size()
		select {
		case a.freed <- struct{}{}:
		default:
		}
	}
	l.failures = 0
	l.waiting[0] = entry{} // releases the body
	if l.waiting = l.waiting[1:]; len(l.waiting) > 0 {
		a.ready = append(a.ready, l)
		a.changed.Signal()
		return
	}
	delete(a.lanes, l.key)
	if a.drained && len(a.lanes) == 0 {
		a.changed.Broadcast()
	}
}

// remove takes a finished job off the queue. If the queue fails, removal is retried later, so that
// the job does not run again after the next start.
func (a *async) remove(job Job) {
	err := a.tryRemove(job.ID)
	if err == nil {
		return
	}
	a.h.logFailure(nil, "webhook: the queue failed to remove a finished job", job.Kind, 0, err)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.undone = append(a.undone, job.ID)
	if len(a.undone) == 1 {
		a.sweepLater(1)
	}
}

// tryRemove has its own timeout, so that jobs finished at the end of a shutdown are removed too.
func (a *async) tryRemove(id uint64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.life), removalTimeout)
	defer cancel()
	_, err := callOutside(context.Background(), nil, a.queue, func() (none struct{}, err error) { return none, a.queue.Done(ctx, id) })
	return err
}

func (a *async) sweepLater(failures int) {
	time.AfterFunc(a.h.config.wait(failures), func() {
		if a.life.Err() == nil && !a.sweep() {
			a.sweepLater(failures + 1)
		}
	})
}

// sweep retries the removals that failed, and reports whether none are left.
func (a *async) sweep() bool {
	a.sweeping.Lock()
	defer a.sweeping.Unlock()
	a.mu.Lock()
	ids := a.undone
	a.mu.Unlock()
	removed := 0
	for _, id := range ids {
		if a.tryRemove(id) != nil {
			break
		}
		removed++
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.undone = a.undone[removed:]
	return len(a.undone) == 0
}

// giveUp handles a job that failed too often, or permanently.
func (h *Handler) giveUp(job Job, err error) {
	message := "webhook: a function failed in all attempts"
	if IsPermanent(err) {
		message = "webhook: a function failed for good"
	}
	h.logFailure(nil, message, job.Kind, 0, err)
	for _, tell := range h.config.onGiveUp {
		if failed := callSafely(func() error { tell(job, err); return nil }); failed != nil {
			h.logFailure(nil, "webhook: the function of WithGiveUp failed", job.Kind, 0, failed)
		}
	}
}

// wait returns a random time between half of a bound and the bound, which doubles with every
// failure.
func (c *config) wait(failures int) time.Duration {
	bound := c.jobRetry.MinWait
	for i := 1; i < failures && bound < c.jobRetry.MaxWait; i++ {
		bound *= 2
	}
	bound = min(bound, c.jobRetry.MaxWait)
	return bound/2 + rand.N(bound/2+1) //nolint:gosec // spread, not secrecy
}

// sleep waits, and reports whether the context is still alive.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// shutdown finishes the jobs that are there. Nothing is pushed any more.
func (a *async) shutdown(ctx context.Context) error {
	a.mu.Lock()
	started := a.started
	a.stopped = a.stopped || !started
	a.mu.Unlock()
	a.noWait()
	if !started {
		a.end()
		return nil
	}
	select {
	case <-a.done:
		return a.leftover()
	case <-ctx.Done():
	}
	if left := a.abort(); left > 0 {
		return fmt.Errorf("webhook: %d callbacks or more are still in the queue: %w", left, ctx.Err())
	}
	return nil
}

// leftover reports what is still in the queue after everything that could be read was processed.
func (a *async) leftover() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	if a.unread != nil {
		errs = append(errs, fmt.Errorf("webhook: the queue failed, and may hold more callbacks: %w", a.unread))
	}
	if n := len(a.undone); n > 0 {
		errs = append(errs, fmt.Errorf("webhook: %d callbacks were handled but are still in the queue, and will be handled again", n))
	}
	return errors.Join(errs...)
}

// abort cancels the contexts of the functions, starts no more jobs, and waits a moment for the
// functions that stop. It returns how many jobs are left as far as known, at least one.
func (a *async) abort() int {
	a.noWait()
	a.end()
	a.mu.Lock()
	a.stopped = true
	started := a.started
	a.changed.Broadcast()
	a.mu.Unlock()
	if !started {
		return 0
	}
	grace := time.NewTimer(shutdownGrace)
	defer grace.Stop()
	select {
	case <-a.done:
	case <-grace.C:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	left := 0
	for _, l := range a.lanes {
		left += len(l.waiting)
	}
	if !a.drained {
		left = max(left, 1)
	}
	return left
}
