package webhook

import (
	"context"
	"sync"
	"time"
)

// Job is one event of a verified callback, on its way through a [Queue]. It can be stored as JSON.
type Job struct {
	ID       uint64    `json:"-"`                // the queue's own number for it, given by Push in growing order
	Key      string    `json:"key"`              // jobs with the same key are worked on in order
	Kind     Kind      `json:"kind"`             // what it tells
	AppKey   string    `json:"appKey,omitempty"` // as in [Envelope]
	SignedAt time.Time `json:"signedAt"`         // as in [Envelope]
	Form     bool      `json:"form,omitempty"`   // the body is a form, and not JSON
	Body     []byte    `json:"body"`             // of this one event
}

// Queue holds jobs between the answer to RongCloud and the work. Its methods are called concurrently. webhooktest.CheckQueue tests one.
type Queue interface {
	// Push stores all the jobs or none. When it has returned nil they are as safe as the queue can make them. A queue without room
	// for them returns [ErrQueueFull].
	Push(ctx context.Context, jobs ...Job) error

	// Pull returns the oldest job that it has not returned yet since the queue was opened. If there is none it waits for one until the
	// context ends, and then returns the context's error. It looks before it waits: a waiting job is returned even if
	// the context has ended.
	Pull(ctx context.Context) (Job, error)

	// Done removes a job that was worked on. A job that was pulled and not removed is pulled again after the queue
	// was opened anew.
	Done(ctx context.Context, id uint64) error
}

// MemoryQueue is a [Queue] in memory: what it holds is lost when the process dies, but not by [Handler.Shutdown].
type MemoryQueue struct {
	capacity int
	wake     chan struct{} // holds a token while jobs wait

	mu     sync.Mutex
	last   uint64
	jobs   []Job
	pulled map[uint64]struct{} // being worked on
}

// NewMemoryQueue returns a queue with room for capacity jobs, those that are being worked on included; at least one.
func NewMemoryQueue(capacity int) *MemoryQueue {
	return &MemoryQueue{capacity: max(capacity, 1), wake: make(chan struct{}, 1), pulled: map[uint64]struct{}{}}
}

// Push is part of [Queue].
func (q *MemoryQueue) Push(_ context.Context, jobs ...Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs)+len(q.pulled)+len(jobs) > q.capacity {
		return ErrQueueFull
	}
	for _, job := range jobs {
		q.last++
		job.ID = q.last
		q.jobs = append(q.jobs, job)
	}
	q.signal()
	return nil
}

// Pull is part of [Queue].
func (q *MemoryQueue) Pull(ctx context.Context) (Job, error) {
	for {
		if job, ok := q.first(); ok {
			return job, nil
		}
		select {
		case <-ctx.Done():
			return Job{}, ctx.Err()
		case <-q.wake:
		}
	}
}

func (q *MemoryQueue) first() (Job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return Job{}, false
	}
	job := q.jobs[0]
	q.jobs[0] = Job{} // lets go of the body
	q.jobs = q.jobs[1:]
	q.pulled[job.ID] = struct{}{}
	q.signal()
	return job, true
}

// signal wakes one that waits if there is something to wait for.
func (q *MemoryQueue) signal() {
	if len(q.jobs) == 0 {
		return
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Done is part of [Queue].
func (q *MemoryQueue) Done(_ context.Context, id uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.pulled, id)
	return nil
}

// Len returns how many jobs wait or are being worked on.
func (q *MemoryQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs) + len(q.pulled)
}
