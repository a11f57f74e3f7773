package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// maxPulled is how many jobs are out of the queue at once, being worked on or behind others of their conversation.
const maxPulled = 1024

// async works on the jobs of a queue. Jobs with the same key form a lane, of which only the first is worked on. A dispatcher moves jobs from the
// queue into lanes; workers take the lanes that are ready.
type async struct {
	h       *Handler
	queue   Queue
	waiting context.Context // while it lasts the dispatcher waits for jobs
	noWait  context.CancelFunc
	life    context.Context // of the functions
	end     context.CancelFunc
	slots   chan struct{} // one for each job that may be pulled
	done    chan struct{} // closed when dispatcher and workers have ended

	mu      sync.Mutex
	started bool
	changed *sync.Cond // there is a ready lane, or nothing more to come
	lanes   map[string]*lane
	ready   []*lane
	drained bool // the dispatcher has ended
	stopped bool // work no more
}

type lane struct {
	key      string
	jobs     []Job
	failures int // of the first job
}

func newAsync(h *Handler) *async {
	a := &async{
		h: h, queue: h.config.queue, slots: make(chan struct{}, maxPulled), done: make(chan struct{}), lanes: map[string]*lane{},
	}
	a.waiting, a.noWait = context.WithCancel(context.Background())
	a.life, a.end = context.WithCancel(context.Background())
	a.changed = sync.NewCond(&a.mu)
	return a
}

// push stores the events of a callback.
func (a *async) push(ctx context.Context, callback *Callback, form bool) error {
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
		kind := e.Kind()
		if unknown, ok := e.(*Unknown); ok {
			if unknown.Err != nil && !a.h.knows(KindUnknown) {
				return refuse(ErrMalformed, unknown.Err)
			}
			kind = unknown.Expected
		}
		common := e.envelope()
		jobs[i] = Job{Key: e.key(), Kind: kind, AppKey: common.AppKey, SignedAt: common.SignedAt, Form: form, Body: common.Raw}
	}
	switch err := a.queue.Push(ctx, jobs...); {
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
		a.end()
		close(a.done)
	}()
}

// dispatch moves jobs into lanes until it waits no more and the queue is empty.
func (a *async) dispatch() {
	defer func() {
		a.mu.Lock()
		a.drained = true
		a.mu.Unlock()
		a.changed.Broadcast()
	}()
	for failures := 0; ; {
		select {
		case a.slots <- struct{}{}:
		case <-a.life.Done():
		}
		if a.life.Err() != nil {
			return
		}
		job, err := a.queue.Pull(a.waiting)
		switch {
		case err == nil:
			failures = 0
			a.add(job)
			continue
		case a.waiting.Err() != nil && errors.Is(err, a.waiting.Err()):
			return
		}
		<-a.slots
		a.h.logFailure(nil, "webhook: the queue failed", "", 0, err)
		failures++
		if !sleep(a.life, a.h.config.wait(failures)) {
			return
		}
	}
}

// add puts a job at the end of its lane.
func (a *async) add(job Job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[job.Key]
	if l == nil {
		l = &lane{key: job.Key}
		a.lanes[job.Key] = l
		a.makeReady(l)
	}
	l.jobs = append(l.jobs, job)
}

func (a *async) makeReady(l *lane) {
	a.ready = append(a.ready, l)
	a.changed.Signal()
}

// next returns a lane to work on and its first job, or nil when there is no more work. Nobody else gets the lane until it is ready again.
func (a *async) next() (*lane, Job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.stopped && len(a.ready) == 0 {
		if a.drained && len(a.lanes) == 0 {
			return nil, Job{}
		}
		a.changed.Wait()
	}
	if a.stopped {
		return nil, Job{}
	}
	l := a.ready[0]
	a.ready[0] = nil
	a.ready = a.ready[1:]
	return l, l.jobs[0]
}

// work handles the first jobs of lanes.
func (a *async) work() {
	for l, job := a.next(); l != nil; l, job = a.next() {
		err := a.run(job)
		switch {
		case err == nil:
		case a.life.Err() != nil: // cut short by the end of a shutdown: it stays in the queue
			continue
		case l.failures+1 < a.h.config.jobAttempts:
			l.failures++
			a.h.logFailure(nil, "webhook: a function failed and will be called again", job.Kind, 0, err)
			time.AfterFunc(a.h.config.wait(l.failures), func() {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.makeReady(l)
			})
			continue
		default:
			a.abandon(job, err)
		}
		if err := a.queue.Done(a.life, job.ID); err != nil {
			a.h.logFailure(nil, "webhook: the queue failed to remove what is done", job.Kind, 0, err)
		}
		a.finish(l)
	}
}

// finish takes the first job off its lane.
func (a *async) finish(l *lane) {
	<-a.slots
	a.mu.Lock()
	defer a.mu.Unlock()
	l.failures = 0
	l.jobs[0] = Job{} // lets go of the body
	if l.jobs = l.jobs[1:]; len(l.jobs) > 0 {
		a.makeReady(l)
		return
	}
	delete(a.lanes, l.key)
	if a.drained && len(a.lanes) == 0 {
		a.changed.Broadcast()
	}
}

// run calls the function for a job.
func (a *async) run(job Job) error {
	ctx, cancel := context.WithTimeout(a.life, a.h.config.jobTimeout)
	defer cancel()
	_, events := decode(job.Kind, job.Form, Envelope{AppKey: job.AppKey, SignedAt: job.SignedAt, Raw: job.Body})
	for _, e := range events {
		if err := a.h.handle(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// abandon is the end of a job that failed too often.
func (a *async) abandon(job Job, err error) {
	a.h.logFailure(nil, "webhook: a function failed in all attempts", job.Kind, 0, err)
	if a.h.config.giveUp == nil {
		return
	}
	var panicked error
	func() {
		defer catch(&panicked)
		a.h.config.giveUp(job, err)
	}()
	if panicked != nil {
		a.h.logFailure(nil, "webhook: the function of WithGiveUp failed", job.Kind, 0, panicked)
	}
}

// wait is drawn between half of a bound and the bound, which doubles with every failure.
func (c *config) wait(failures int) time.Duration {
	bound := c.minWait
	for i := 1; i < failures && bound < c.maxWait; i++ {
		bound *= 2
	}
	bound = min(bound, c.maxWait)
	return bound/2 + rand.N(bound/2+1) //nolint:gosec // spread, not secrecy
}

// sleep waits, and reports whether the context lasted.
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

// shutdown works on what is there. Nothing is pushed any more.
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
		return nil
	case <-ctx.Done():
	}
	left := a.abort()
	return fmt.Errorf("webhook: %d callbacks or more are still in the queue: %w", left, ctx.Err())
}

// abort ends the contexts of the functions and begins no more jobs. It returns how many are pulled and not done.
func (a *async) abort() int {
	a.noWait()
	a.end()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.changed.Broadcast()
	left := 0
	for _, l := range a.lanes {
		left += len(l.jobs)
	}
	return left
}
