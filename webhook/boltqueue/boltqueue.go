// Package boltqueue keeps the queue of package webhook in a file, by way of bbolt. What was answered with 200 survives a crash of the
// process and of the machine, as far as the disk keeps what it was told to sync.
//
//	queue, err := boltqueue.Open("callbacks.db")
//	...
//	defer queue.Close()
//	h, err := webhook.NewHandler(appSecret, webhook.WithQueue(queue, 8))
//
// A job is removed when its function has returned. One that was being worked on when the process died is handled again after the start, so
// functions must bear repeats. One process at a time can have the file open.
package boltqueue

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// Defaults of the options.
const (
	DefaultCapacity = 1_000_000
	DefaultTimeout  = 5 * time.Second
)

// batchDelay is how long a change waits for others, to share one sync of the file with them.
const batchDelay = 2 * time.Millisecond

var bucket = []byte("jobs")

// Option configures a [Queue].
type Option func(*options) error

type options struct {
	capacity int
	timeout  time.Duration
}

// WithCapacity sets how many jobs the queue holds, [DefaultCapacity] if it is not given. More of them are refused with [webhook.ErrQueueFull].
func WithCapacity(jobs int) Option {
	return func(o *options) error {
		if jobs < 1 {
			return fmt.Errorf("boltqueue: a capacity of %d is not positive", jobs)
		}
		o.capacity = jobs
		return nil
	}
}

// WithTimeout sets how long [Open] waits for another process to close the file, [DefaultTimeout] if it is not given.
func WithTimeout(timeout time.Duration) Option {
	return func(o *options) error {
		if timeout <= 0 {
			return fmt.Errorf("boltqueue: a timeout of %v is not positive", timeout)
		}
		o.timeout = timeout
		return nil
	}
}

// Queue is a [webhook.Queue] in a file. It is safe for concurrent use.
type Queue struct {
	db       *bolt.DB
	capacity int
	wake     chan struct{} // holds a token when there may be something to pull

	mu   sync.Mutex
	held int // in the file or on the way into it

	pulling sync.Mutex
	last    uint64 // the job that was pulled last
}

// Open opens the queue in the file at path, which is made if there is none. Jobs that it holds from before are pulled first.
func Open(path string, opts ...Option) (*Queue, error) {
	o := options{capacity: DefaultCapacity, timeout: DefaultTimeout}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("boltqueue: an option is nil")
		}
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: o.timeout, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return nil, fmt.Errorf("boltqueue: %w", err)
	}
	db.MaxBatchDelay = batchDelay
	q := &Queue{db: db, capacity: o.capacity, wake: make(chan struct{}, 1)}
	err = db.Update(func(tx *bolt.Tx) error {
		jobs, err := tx.CreateBucketIfNotExists(bucket)
		if err == nil {
			q.held = jobs.Stats().KeyN
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("boltqueue: %w", err), db.Close())
	}
	return q, nil
}

// Close closes the file. Call it after [webhook.Handler.Shutdown].
func (q *Queue) Close() error { return q.db.Close() }

// Len returns how many jobs wait or are being worked on.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held
}

// Push is part of [webhook.Queue]. It returns when the jobs are synced to the disk.
func (q *Queue) Push(_ context.Context, jobs ...webhook.Job) error {
	texts := make([][]byte, len(jobs))
	for i, job := range jobs {
		text, err := json.Marshal(job)
		if err != nil {
			return fmt.Errorf("boltqueue: %w", err)
		}
		texts[i] = text
	}
	if !q.reserve(len(jobs)) {
		return webhook.ErrQueueFull
	}
	err := q.db.Batch(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucket)
		for _, text := range texts {
			id, err := b.NextSequence()
			if err != nil {
				return err
			}
			if err := b.Put(key(id), text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		q.release(len(jobs))
		return fmt.Errorf("boltqueue: %w", err)
	}
	q.signal()
	return nil
}

func (q *Queue) reserve(n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held+n > q.capacity {
		return false
	}
	q.held += n
	return true
}

func (q *Queue) release(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held -= n
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Pull is part of [webhook.Queue]. A job that cannot be read is an error once, and stays in the file.
func (q *Queue) Pull(ctx context.Context) (webhook.Job, error) {
	for {
		job, found, err := q.next()
		if found || err != nil {
			q.signal() // there may be more, for another one who waits
			return job, err
		}
		select {
		case <-ctx.Done():
			return webhook.Job{}, ctx.Err()
		case <-q.wake:
		}
	}
}

func (q *Queue) next() (job webhook.Job, found bool, err error) {
	q.pulling.Lock()
	defer q.pulling.Unlock()
	err = q.db.View(func(tx *bolt.Tx) error {
		k, text := tx.Bucket(bucket).Cursor().Seek(key(q.last + 1))
		if k == nil {
			return nil
		}
		q.last = binary.BigEndian.Uint64(k)
		if err := json.Unmarshal(text, &job); err != nil {
			return fmt.Errorf("job %d: %w", q.last, err)
		}
		job.ID, found = q.last, true
		return nil
	})
	if err != nil {
		return webhook.Job{}, false, fmt.Errorf("boltqueue: %w", err)
	}
	return job, found, nil
}

// Done is part of [webhook.Queue].
func (q *Queue) Done(_ context.Context, id uint64) error {
	removed := false
	err := q.db.Batch(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucket)
		removed = b.Get(key(id)) != nil
		return b.Delete(key(id))
	})
	if err != nil {
		return fmt.Errorf("boltqueue: %w", err)
	}
	if removed {
		q.release(1)
	}
	return nil
}

// key orders jobs by their numbers.
func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }
