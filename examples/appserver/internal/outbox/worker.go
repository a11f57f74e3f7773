package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

const (
	// A job is tried again after a second at first, later once a minute.
	minWait = time.Second
	maxWait = time.Minute

	// While RongCloud fails, jobs begin more and more slowly, at last every five seconds: it is not
	// flooded, and only few sends have an unknown outcome.
	maxSlow = 5 * time.Second

	// how often the tables may refuse what a job writes into them
	mostFailures = 10
	workers      = 8                      // how many jobs are under way at once
	poll         = 500 * time.Millisecond // how long a job of another process may wait to be seen
)

// Worker executes the jobs of the outbox.
type Worker struct {
	store *store.Store
	kinds map[string]kind
	lease time.Duration // how long a silent worker counts as alive
	log   *slog.Logger
	wake  chan struct{}

	failures atomic.Int64 // of calls to RongCloud, since one has succeeded
}

// New returns a worker.
func New(s *store.Store, client *rongcloud.Client, lease time.Duration, log *slog.Logger) *Worker {
	w := &Worker{store: s, kinds: caller{client}.kinds(), lease: lease, log: log, wake: make(chan struct{}, 1)}
	s.Listen(func(e store.Event) {
		if e.Type == store.EventOperator {
			w.again()
		}
	})
	return w
}

// Take adds a kind of jobs that change the tables alone, and ask RongCloud nothing. It comes before
// [Worker.Run].
func Take[P any](w *Worker, name string, take func(ctx context.Context, tx *store.Tx, params P)) {
	w.kinds[name] = kind{call: with(func(_ context.Context, _ store.Job, params P) (string, Effect, error) {
		return "", func(ctx context.Context, tx *store.Tx) { take(ctx, tx, params) }, nil
	})}
}

// again makes the worker look for jobs at once.
func (w *Worker) again() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until the context ends, and then waits for running jobs, which end within the lease.
func (w *Worker) Run(ctx context.Context) {
	var busy sync.WaitGroup
	defer busy.Wait()
	free := make(chan struct{}, workers)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C: // also while there is enough to do
			w.bury(ctx)
			continue
		case free <- struct{}{}:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(time.Duration(w.failures.Load())*minWait/10, maxSlow)):
		}
		begun := time.Now() // before the lease begins
		// A claim that is broken off may have succeeded, and its job would wait for the lease to
		// end.
		job, err := w.store.Claim(context.WithoutCancel(ctx), begun, w.lease)
		if err == nil {
			busy.Go(func() {
				defer w.again() // the next one of the lane
				defer func() { <-free }()
				w.work(context.WithoutCancel(ctx), job, begun)
			})
			continue
		}
		<-free
		if !errors.Is(err, store.ErrNotFound) {
			w.log.Error("the outbox cannot be read", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-tick.C:
			w.bury(ctx)
		}
	}
}

// work makes one try. Its request leaves well within the lease or never: a process that was stopped
// for longer finds its context ended when it wakes up.
func (w *Worker) work(ctx context.Context, job store.Job, begun time.Time) {
	calling, cancel := context.WithDeadline(ctx, begun.Add(w.lease*2/3))
	defer cancel()
	how, then := w.try(calling, job)
	for wait := minWait / 10; ; wait = min(2*wait, poll) { // the database may be away for a moment
		err := w.settle(ctx, job, how, then)
		if err != nil && then != nil {
			err = w.settle(ctx, job, unwritten(job, err), nil)
		}
		if err == nil {
			return
		}
		if time.Since(begun)+wait > w.lease {
			// It stays begun, and is taken for unknown when the lease has ended.
			w.log.Error("the end of a job is not noted", "job", job.ID, "kind", job.Kind, "error", err)
			return
		}
		time.Sleep(wait)
	}
}

func (w *Worker) try(ctx context.Context, job store.Job) (store.Settlement, Effect) {
	what, known := w.kinds[job.Kind]
	if !known {
		return store.Settlement{State: store.Refused, Error: "no such kind"}, nil
	}
	if err := w.early(ctx, job); err != nil {
		return again(job, err), nil
	}
	result, then, err := what.call(ctx, job)
	how := judge(what, job, result, err)
	if how.State == store.Waiting || how.State == store.Parked {
		w.failures.Add(1)
	} else {
		w.failures.Store(0)
	}
	return how, then
}

var errEarly = errors.New("its users are not registered yet")

// early returns an error while RongCloud does not know one of a job's users or its group yet: the
// job that makes them known, in another lane, may have to be tried again. So may one before it in
// its own lane, if an operator has said so while it was claimed.
func (w *Worker) early(ctx context.Context, job store.Job) error {
	from, to, _ := About(job)
	lanes := []string{job.Lane}
	for _, id := range append(to, from) {
		lanes = append(lanes, UserLane(id), GroupLane(id))
	}
	busy, err := w.store.AnyBusy(ctx, job.ID, lanes...)
	if busy {
		return errEarly
	}
	return err
}

// UserLane is the lane of what RongCloud must know about a user.
func UserLane(id string) string { return "user:" + id }

// GroupLane is the lane of what RongCloud must know about a group.
func GroupLane(id string) string { return "group:" + id }

// judge decides what happens to a job after a try. This is the lesson: idempotent jobs are
// repeated until they are done, but a send with an unknown outcome is not.
func judge(what kind, job store.Job, result string, err error) store.Settlement {
	if err == nil || what.before != 0 && errors.Is(err, what.before) {
		return store.Settlement{State: store.Done, Result: result}
	}
	how := store.Settlement{State: store.Refused, Error: err.Error()}
	switch {
	// ask this first: the others may be true as well
	case errors.Is(err, rongcloud.ErrOutcomeUnknown) && IsOnce(job.Kind):
		how.State = store.Parked
	case errors.Is(err, rongcloud.ErrOutcomeUnknown), passes(err):
		return again(job, err)
	}
	return how
}

// unwritten decides what becomes of a job whose findings cannot be written: it is tried again, and
// left to an operator if that does not help.
func unwritten(job store.Job, err error) store.Settlement {
	how := again(job, fmt.Errorf("it cannot be written: %w", err))
	if job.Tries >= mostFailures {
		how.State = store.Refused
	}
	return how
}

// passes reports whether an error says nothing about the job: RongCloud cannot be reached, has
// enough for now, is out of order, or does not know the secret, which somebody will correct.
func passes(err error) bool {
	var failure *rongcloud.Error
	return errors.Is(err, rongcloud.ErrRateLimited) || errors.Is(err, rongcloud.ErrTransport) || errors.Is(err, rongcloud.ErrUnauthorized) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.As(err, &failure) && failure.HTTPStatus >= 500
}

// again has a job tried again, later after each try.
func again(job store.Job, err error) store.Settlement {
	wait := min(minWait<<min(max(job.Tries-1, 0), 10), maxWait)
	wait = wait/2 + rand.N(wait/2) //nolint:gosec // randomness, not secrecy
	return store.Settlement{State: store.Waiting, Error: err.Error(), NextAt: time.Now().Add(wait)}
}

// settle records the end of a try, with what it found out. Data read from RongCloud does not
// overwrite later decisions.
func (w *Worker) settle(ctx context.Context, job store.Job, how store.Settlement, then Effect) error {
	return w.store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, job.Lane)
		if tx.Settle(ctx, job, how) && then != nil && how.State == store.Done {
			if overtaken, _ := tx.Busy(ctx, job.Lane, job.ID); !overtaken {
				then(ctx, tx)
			}
		}
		return nil
	})
}

// bury settles the jobs of dead workers: jobs that may be repeated are, and all others are parked.
func (w *Worker) bury(ctx context.Context) {
	jobs, err := w.store.Expired(ctx, time.Now())
	if err != nil && ctx.Err() == nil {
		w.log.Error("the outbox cannot be read", "error", err)
	}
	for _, job := range jobs {
		how := store.Settlement{State: store.Waiting, Error: "its worker died", NextAt: time.Now()}
		if IsOnce(job.Kind) {
			how.State = store.Parked
			how.Error = "its worker died when the request may have been on its way"
		}
		if err := w.settle(ctx, job, how, nil); err != nil && ctx.Err() == nil {
			w.log.Error("the end of a job is not noted", "job", job.ID, "kind", job.Kind, "error", err)
		}
	}
}

// mark is the prefix of the mark in a notice, by which a callback about it leads back to its job.
const mark = "outbox:"

// Mark returns the mark in a job's notice.
func Mark(id int64) string { return mark + strconv.FormatInt(id, 10) }

// Marked returns the ID of the job that a mark belongs to, and whether the text is a mark.
func Marked(extra string) (int64, bool) {
	number, found := strings.CutPrefix(extra, mark)
	id, err := strconv.ParseInt(number, 10, 64)
	return id, found && err == nil
}
