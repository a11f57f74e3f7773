package webhook

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Job is one event of a verified callback, on its way through a [Queue]. It can be stored as JSON.
type Job struct {
	// the queue's own number for it, assigned by Push in increasing order
	ID       uint64    `json:"-"`
	Key      string    `json:"key"`              // jobs with the same key are processed in order
	Kind     Kind      `json:"kind"`             // the kind of event
	AppKey   string    `json:"appKey,omitempty"` // as in [Envelope]
	SignedAt time.Time `json:"signedAt"`         // as in [Envelope]
	Form     bool      `json:"form,omitempty"`   // the body is a form, and not JSON
	Body     []byte    `json:"body"`             // of this one event
}

// newJob makes a job of an event.
func newJob(e Event) Job {
	kind := e.Kind()
	if unknown, ok := e.(*Unknown); ok {
		kind = unknown.Expected
	}
	common := e.envelope()
	return Job{
		Key: e.key(), Kind: kind, AppKey: common.AppKey, SignedAt: common.SignedAt, Form: !looksLikeJSON(common.Raw), Body: common.Raw,
	}
}

// jobOverhead is roughly what a job takes in memory besides its texts.
const jobOverhead = 128

// size is roughly how many bytes of memory the job takes.
func (j *Job) size() int64 {
	return int64(len(j.Key) + len(j.Kind) + len(j.AppKey) + len(j.Body) + jobOverhead)
}

// Queue holds jobs between the response to RongCloud and the work. Its methods are called
// concurrently. The handler takes care of order and fairness: a queue need not look at keys. A
// queue may also implement [JobReader]. webhooktest.CheckQueue tests a queue.
type Queue interface {
	// Push stores all jobs or none. Once it has returned nil, they are as safe as the queue can
	// make them. A queue without room for them returns [ErrQueueFull]. It must not keep refusing a
	// list that is larger than the whole queue: the jobs of one list come from one request.
	Push(ctx context.Context, jobs ...Job) error

	// Pull returns the oldest job that it has not returned since the queue was opened. If there is
	// none, it waits for one until the context ends, and then returns the context's error. A job
	// that is already there is returned even if the context has ended.
	Pull(ctx context.Context) (Job, error)

	// Done removes a processed job. A job that was pulled and not removed is pulled again after
	// the queue has been reopened. Removing a job twice changes nothing.
	Done(ctx context.Context, id uint64) error
}

// JobReader is a [Queue] that can return a job again after Pull. A handler pulls all jobs, to know
// which conversations have work. With a JobReader it keeps at most 1024 jobs and 16 MiB in memory,
// and only the IDs of the others. With any other queue it pulls no more jobs than that, so a
// conversation with a longer backlog delays the others.
type JobReader interface {
	// Read returns a job that was pulled and is not done. If the job can never be read, because it
	// is done or damaged, the error is marked by [Permanent].
	Read(ctx context.Context, id uint64) (Job, error)
}

// DefaultMemoryQueueBytes limits the size of a [MemoryQueue], in addition to its number of jobs.
const DefaultMemoryQueueBytes = 256 << 20

// MemoryQueue is a [Queue] in memory: its jobs are lost if the process dies, but not by
// [Handler.Shutdown].
type MemoryQueue struct {
	capacity int
	maxBytes int64
	wake     chan struct{} // holds a token while jobs wait

	mu     sync.Mutex
	last   uint64
	bytes  int64
	jobs   []Job
	pulled map[uint64]Job // being processed
}

// MemoryQueueOption configures a [MemoryQueue].
type MemoryQueueOption func(*MemoryQueue)

// WithMemoryQueueBytes sets how many bytes of jobs a [MemoryQueue] holds, at least one; the
// default is [DefaultMemoryQueueBytes].
func WithMemoryQueueBytes(bytes int64) MemoryQueueOption {
	return func(q *MemoryQueue) { q.maxBytes = max(bytes, 1) }
}

// NewMemoryQueue returns a queue with room for capacity jobs, at least one, including those being
// processed. A list larger than the whole queue is accepted while there is room for one job.
func NewMemoryQueue(capacity int, opts ...MemoryQueueOption) *MemoryQueue {
	q := &MemoryQueue{
		capacity: max(capacity, 1), maxBytes: DefaultMemoryQueueBytes, wake: make(chan struct{}, 1), pulled: map[uint64]Job{},
	}
	for _, opt := range opts {
		opt(q)
	}
	return q
}

// Push is part of [Queue].
func (q *MemoryQueue) Push(_ context.Context, jobs ...Job) error {
	var bytes int64
	for i := range jobs {
		bytes += jobs[i].size()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !fits(len(q.jobs)+len(q.pulled), len(jobs), q.capacity) || !fits(q.bytes, bytes, q.maxBytes) {
		return ErrQueueFull
	}
	q.bytes += bytes
	for _, job := range jobs {
		q.last++
		job.ID = q.last
		q.jobs = append(q.jobs, job)
	}
	q.signal()
	return nil
}

// fits reports whether there is room for more in addition to held. Something larger than all the
// room fits while any room is left: otherwise it would be refused forever.
func fits[N int | int64](held, more, room N) bool {
	return held+more <= room || more > room && held < room
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
	q.jobs[0] = Job{} // releases the body
	q.jobs = q.jobs[1:]
	q.pulled[job.ID] = job
	q.signal()
	return job, true
}

// signal wakes a waiting Pull if there is a job.
func (q *MemoryQueue) signal() {
	if len(q.jobs) == 0 {
		return
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Read is part of [JobReader].
func (q *MemoryQueue) Read(_ context.Context, id uint64) (Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	job, ok := q.pulled[id]
	if !ok {
		return Job{}, Permanent(fmt.Errorf("webhook: job %d is not being worked on", id))
	}
	return job, nil
}

// Done is part of [Queue].
func (q *MemoryQueue) Done(_ context.Context, id uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if job, ok := q.pulled[id]; ok {
		q.bytes -= job.size()
		delete(q.pulled, id)
	}
	return nil
}

// Len returns how many jobs are waiting or being processed.
func (q *MemoryQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs) + len(q.pulled)
}
