// Package boltqueue keeps the queue of package webhook in a bbolt file. Callbacks acknowledged
// with 200 survive a crash of the process and of the machine, provided the disk keeps synced data.
//
//	queue, err := boltqueue.Open("callbacks.db")
//	...
//	defer queue.Close()
//	h, err := webhook.NewHandler(appSecret, webhook.WithQueue(queue, 8))
//
// A job is removed when its function has returned. A job being processed when the process dies is
// handled again after the next start, so functions must tolerate repeats. Only one process at a
// time can have the file open. A damaged file is detected when it is opened, and refused.
package boltqueue

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// Defaults of the options.
const (
	DefaultCapacity = 1_000_000
	DefaultMaxBytes = 1 << 30
	DefaultTimeout  = 5 * time.Second
)

// Reasons why a file cannot be used; check with errors.Is.
var (
	ErrDamaged = errors.New("the file is damaged")
	ErrInUse   = errors.New("the file is open elsewhere")
)

var bucket = []byte("jobs")

// Option configures a [Queue].
type Option func(*options) error

type options struct {
	capacity int
	maxBytes int64
	timeout  time.Duration
}

// WithCapacity sets how many jobs the queue holds; the default is [DefaultCapacity]. Further jobs
// are refused with [webhook.ErrQueueFull]; but a list larger than the whole queue is accepted
// while there is room for one job.
func WithCapacity(jobs int) Option {
	return func(o *options) error {
		if jobs < 1 {
			return fmt.Errorf("boltqueue: a capacity of %d is not positive", jobs)
		}
		o.capacity = jobs
		return nil
	}
}

// WithMaxBytes sets how many bytes of jobs the queue holds; the default is [DefaultMaxBytes]. More
// are refused as described at [WithCapacity]. The file takes up to twice as much, and does not
// shrink.
func WithMaxBytes(bytes int64) Option {
	return func(o *options) error {
		if bytes < 1 {
			return fmt.Errorf("boltqueue: %d bytes are not positive", bytes)
		}
		o.maxBytes = bytes
		return nil
	}
}

// WithTimeout sets how long [Open] waits for another process to close the file; the default is
// [DefaultTimeout].
func WithTimeout(timeout time.Duration) Option {
	return func(o *options) error {
		if timeout <= 0 {
			return fmt.Errorf("boltqueue: a timeout of %v is not positive", timeout)
		}
		o.timeout = timeout
		return nil
	}
}

// Queue is a [webhook.Queue] and [webhook.JobReader] in a file. It is safe for concurrent use.
type Queue struct {
	db       *file
	capacity int
	maxBytes int64
	wake     chan struct{} // holds a token while jobs may wait

	mu      sync.Mutex
	jobs    int   // in the file or being written to it
	bytes   int64 // of these jobs
	pending []*change

	committing sync.Mutex // held while changes are committed

	pulling sync.Mutex
	last    uint64 // the job that was pulled last
}

// Open opens the queue in the file at path, and creates the file if there is none. Jobs already in
// it are pulled first. Open reads the whole file once. It returns an [ErrDamaged] for a damaged
// file, and an [ErrInUse] for one that another process or queue has open, each with advice on what
// to do.
func Open(path string, opts ...Option) (*Queue, error) {
	o := options{capacity: DefaultCapacity, maxBytes: DefaultMaxBytes, timeout: DefaultTimeout}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("boltqueue: an option is nil")
		}
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	f, err := openFile(path, o.timeout)
	if err != nil {
		return nil, err
	}
	q := &Queue{db: f, capacity: o.capacity, maxBytes: o.maxBytes, wake: make(chan struct{}, 1)}
	last, good := uint64(0), false
	err = f.view(func(tx *bolt.Tx) (err error) {
		last, good, err = q.load(tx)
		return err
	})
	if err == nil && !good {
		err = f.update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			return b.SetSequence(last)
		})
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return q, nil
}

// load counts the jobs in the file. It returns the number of the last job, and whether numbering
// continues after it: otherwise a new job would overwrite an old one.
func (q *Queue) load(tx *bolt.Tx) (last uint64, good bool, err error) {
	b := tx.Bucket(bucket)
	if b == nil {
		return 0, false, nil
	}
	cursor := b.Cursor()
	for k, text := cursor.First(); k != nil; k, text = cursor.Next() {
		if len(k) != 8 || text == nil {
			return 0, false, fmt.Errorf("%w: a job has no number", ErrDamaged)
		}
		last = binary.BigEndian.Uint64(k)
		q.jobs++
		q.bytes += int64(len(text))
	}
	if last > math.MaxInt64 {
		return 0, false, fmt.Errorf("%w: job %d is not a job", ErrDamaged, last)
	}
	next := b.Sequence()
	return last, next >= last && next <= math.MaxInt64, nil
}

// Close closes the file. Call it after [webhook.Handler.Shutdown].
func (q *Queue) Close() error { return q.db.close() }

// Len returns how many jobs are waiting or being processed.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.jobs
}

// Push is part of [webhook.Queue]. It returns once the jobs are synced to disk. If the disk is
// full, or the file was removed or replaced, it returns an error and stores nothing; jobs already
// in the file can still be processed and removed.
func (q *Queue) Push(_ context.Context, jobs ...webhook.Job) error {
	texts, bytes := make([][]byte, len(jobs)), int64(0)
	for i, job := range jobs {
		text, err := json.Marshal(job)
		if err != nil {
			return fmt.Errorf("boltqueue: %w", err)
		}
		texts[i] = text
		bytes += int64(len(text))
	}
	if err := q.db.inPlace(); err != nil {
		return err
	}
	if !q.reserve(len(jobs), bytes) {
		return webhook.ErrQueueFull
	}
	err := q.change(func(b *bolt.Bucket) error {
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
		q.release(len(jobs), bytes)
		return err
	}
	q.signal()
	return nil
}

func (q *Queue) reserve(jobs int, bytes int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !fits(q.jobs, jobs, q.capacity) || !fits(q.bytes, bytes, q.maxBytes) {
		return false
	}
	q.jobs += jobs
	q.bytes += bytes
	return true
}

// fits reports whether there is room for more in addition to held. Something larger than all the
// room fits while any room is left: otherwise it would be refused forever.
func fits[N int | int64](held, more, room N) bool {
	return held+more <= room || more > room && held < room
}

func (q *Queue) release(jobs int, bytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs -= jobs
	q.bytes -= bytes
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Pull is part of [webhook.Queue]. A job that cannot be read is reported as an error once, and
// stays in the file.
func (q *Queue) Pull(ctx context.Context) (webhook.Job, error) {
	for {
		job, found, err := q.next()
		if found || err != nil {
			q.signal() // there may be more jobs for another waiting Pull
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
	err = q.db.view(func(tx *bolt.Tx) error {
		k, text := tx.Bucket(bucket).Cursor().Seek(key(q.last + 1))
		if k == nil {
			return nil
		}
		q.last = binary.BigEndian.Uint64(k)
		job, err = decode(q.last, text)
		found = err == nil
		return err
	})
	if err != nil {
		return webhook.Job{}, false, err
	}
	return job, found, nil
}

func decode(id uint64, text []byte) (job webhook.Job, err error) {
	if err := json.Unmarshal(text, &job); err != nil {
		return webhook.Job{}, webhook.Permanent(fmt.Errorf("job %d cannot be read: %w", id, err))
	}
	job.ID = id
	return job, nil
}

// Read is part of [webhook.JobReader].
func (q *Queue) Read(_ context.Context, id uint64) (job webhook.Job, err error) {
	err = q.db.view(func(tx *bolt.Tx) error {
		text := tx.Bucket(bucket).Get(key(id))
		if text == nil {
			return webhook.Permanent(fmt.Errorf("job %d does not exist", id))
		}
		job, err = decode(id, text)
		return err
	})
	return job, err
}

// Done is part of [webhook.Queue].
func (q *Queue) Done(_ context.Context, id uint64) error {
	var jobs, bytes int
	err := q.change(func(b *bolt.Bucket) error {
		jobs, bytes = 0, 0
		if text := b.Get(key(id)); text != nil {
			jobs, bytes = 1, len(text)
		}
		return b.Delete(key(id))
	})
	if err == nil {
		q.release(jobs, int64(bytes))
	}
	return err
}

// key orders jobs by their numbers.
func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// change is one change of the file, waiting for a transaction.
type change struct {
	do   func(*bolt.Bucket) error
	done chan error
}

// change applies a change together with those of other callers: the first caller waits for the
// previous transaction and then commits all changes that have arrived meanwhile, so they share one
// sync of the file.
func (q *Queue) change(do func(*bolt.Bucket) error) error {
	c := &change{do, make(chan error, 1)}
	q.mu.Lock()
	q.pending = append(q.pending, c)
	first := len(q.pending) == 1
	q.mu.Unlock()
	if first {
		q.committing.Lock()
		q.mu.Lock()
		batch := q.pending
		q.pending = nil
		q.mu.Unlock()
		q.commit(batch)
		q.committing.Unlock()
	}
	return <-c.done
}

// commit commits changes together, or if that fails, one by one: a disk may have no room for one
// change, but enough for the next.
func (q *Queue) commit(batch []*change) {
	if len(batch) > 1 {
		err := q.db.update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucket)
			for _, c := range batch {
				if err := c.do(b); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for _, c := range batch {
				c.done <- nil
			}
			return
		}
	}
	for _, c := range batch {
		c.done <- q.db.update(func(tx *bolt.Tx) error { return c.do(tx.Bucket(bucket)) })
	}
}
