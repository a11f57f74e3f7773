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
	// The wait before the next attempt grows from a second to a minute.
	minWait = time.Second
	maxWait = time.Minute

	// While RongCloud fails, jobs begin less and less often, at last every five seconds. This
	// spares RongCloud, and leaves few sends with an unknown outcome.
	maxSlow = 5 * time.Second

	// attempts after which a job whose results cannot be stored is left to an operator
	mostFailures = 10
	workers      = 8                      // jobs that run at once
	poll         = 500 * time.Millisecond // how often an idle worker looks for jobs
)

// Worker executes the jobs of the outbox.
type Worker struct {
	store *store.Store
	kinds map[string]kind
	lease time.Duration // a job that is not settled after it belongs to a dead worker
	log   *slog.Logger
	wake  chan struct{} // makes Run look for jobs at once

	failures atomic.Int64 // consecutive attempts after which the job waits or is parked
}

// New returns a worker that makes its calls with the client.
func New(s *store.Store, client *rongcloud.Client, lease time.Duration, log *slog.Logger) *Worker {
	w := &Worker{store: s, kinds: caller{client}.kinds(), lease: lease, log: log, wake: make(chan struct{}, 1)}
	s.Listen(func(e store.Event) {
		if e.Type == store.EventOperator {
			w.again()
		}
	})
	return w
}

// Take adds a kind of jobs that only change the tables, without a call to RongCloud. Call it before
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

// Run executes jobs until the context ends. Then it waits for running jobs, which end within the
// lease.
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
		case <-tick.C: // here too, in case the outbox is never empty
			w.bury(ctx)
			continue
		case free <- struct{}{}:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(time.Duration(w.failures.Load())*minWait/10, maxSlow)):
		}
		begun := time.Now() // before Claim, so work ends before the lease does
		// A canceled claim may still succeed in the database. Then nobody would execute its job
		// until the lease ends.
		job, err := w.store.Claim(context.WithoutCancel(ctx), begun, w.lease)
		if err == nil {
			busy.Go(func() {
				defer w.again() // the next job of the lane may be due
				defer func() { <-free }()
				w.work(context.WithoutCancel(ctx), job, begun)
			})
			continue
		}
		<-free
		if !errors.Is(err, store.ErrNotFound) {
			w.log.Error("cannot read the outbox", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-tick.C:
			w.bury(ctx)
		}
	}
}

// work attempts a job once, and records the outcome. Its context ends before the lease does, so a
// process that was paused for longer does not send a request for a job that others have taken over.
func (w *Worker) work(ctx context.Context, job store.Job, begun time.Time) {
	calling, cancel := context.WithDeadline(ctx, begun.Add(w.lease*2/3))
	defer cancel()
	how, then := w.try(calling, job)
	for wait := minWait / 10; ; wait = min(2*wait, poll) { // the database may be unavailable for a moment
		err := w.settle(ctx, job, how, then)
		if err != nil && then != nil {
			err = w.settle(ctx, job, unwritten(job, err), nil)
		}
		if err == nil {
			return
		}
		if time.Since(begun)+wait > w.lease {
			// The job stays begun. When its lease has ended, bury settles it.
			w.log.Error("cannot store the outcome of a job", "job", job.ID, "kind", job.Kind, "error", err)
			return
		}
		time.Sleep(wait)
	}
}

func (w *Worker) try(ctx context.Context, job store.Job) (store.Settlement, Effect) {
	what, known := w.kinds[job.Kind]
	if !known {
		return store.Settlement{State: store.Refused, Error: "unknown kind of job"}, nil
	}
	if err := w.early(ctx, job); err != nil {
		return later(job, err), nil
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

var errEarly = errors.New("it waits for an earlier job about the same user or group")

// early returns an error while an earlier job about one of the users or groups is not done:
// RongCloud may not know them yet. An earlier job of the same lane counts too: an operator may
// have made it wait again while this one was claimed.
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

// UserLane returns the lane of the jobs that tell RongCloud about a user.
func UserLane(id string) string { return "user:" + id }

// GroupLane returns the lane of the jobs that tell RongCloud about a group.
func GroupLane(id string) string { return "group:" + id }

// judge decides what happens to a job after an attempt. A job that may be repeated is attempted
// until it is done. A send with an unknown outcome is not: it might arrive twice.
func judge(what kind, job store.Job, result string, err error) store.Settlement {
	if err == nil || what.before != 0 && errors.Is(err, what.before) {
		return store.Settlement{State: store.Done, Result: result}
	}
	how := store.Settlement{State: store.Refused, Error: err.Error()}
	switch {
	// This case comes first, because the next one would also match.
	case errors.Is(err, rongcloud.ErrOutcomeUnknown) && IsOnce(job.Kind):
		how.State = store.Parked
	case errors.Is(err, rongcloud.ErrOutcomeUnknown), passes(err):
		return later(job, err)
	}
	return how
}

// unwritten decides what happens to a job whose results cannot be stored: it is attempted again,
// and after mostFailures attempts left to an operator.
func unwritten(job store.Job, err error) store.Settlement {
	how := later(job, fmt.Errorf("the result cannot be stored: %w", err))
	if job.Tries >= mostFailures {
		how.State = store.Refused
	}
	return how
}

// passes reports whether an error is not about the job and will pass: RongCloud cannot be reached,
// limits the rate, fails, or refuses the App Secret, which somebody will correct.
func passes(err error) bool {
	var failure *rongcloud.Error
	return errors.Is(err, rongcloud.ErrRateLimited) || errors.Is(err, rongcloud.ErrTransport) || errors.Is(err, rongcloud.ErrUnauthorized) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.As(err, &failure) && failure.HTTPStatus >= 500
}

// later makes a job wait for the next attempt, longer after each one.
func later(job store.Job, err error) store.Settlement {
	wait := min(minWait<<min(max(job.Tries-1, 0), 10), maxWait)
	wait = wait/2 + rand.N(wait/2) //nolint:gosec // randomness, not secrecy
	return store.Settlement{State: store.Waiting, Error: err.Error(), NextAt: time.Now().Add(wait)}
}

// settle records the outcome of an attempt, and calls then to store data read from RongCloud. It
// does not call then if a later job of the lane is waiting: such data must not overwrite later
// decisions.
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

// bury settles jobs whose lease has ended. Those that may be repeated wait for the next attempt,
// and sends are parked.
func (w *Worker) bury(ctx context.Context) {
	jobs, err := w.store.Expired(ctx, time.Now())
	if err != nil && ctx.Err() == nil {
		w.log.Error("cannot read the outbox", "error", err)
	}
	for _, job := range jobs {
		how := store.Settlement{State: store.Waiting, Error: "its worker died", NextAt: time.Now()}
		if IsOnce(job.Kind) {
			how.State = store.Parked
			how.Error = "its worker died, perhaps after sending the request"
		}
		if err := w.settle(ctx, job, how, nil); err != nil && ctx.Err() == nil {
			w.log.Error("cannot store the outcome of a job", "job", job.ID, "kind", job.Kind, "error", err)
		}
	}
}

// mark is the prefix of the mark in a notice. With the mark, a callback with a copy of the notice
// can be traced to its job.
const mark = "outbox:"

// Mark returns the mark in a job's notice.
func Mark(id int64) string { return mark + strconv.FormatInt(id, 10) }

// Marked returns the ID of the job of a mark. It reports false if the text is not a mark.
func Marked(extra string) (int64, bool) {
	number, found := strings.CutPrefix(extra, mark)
	id, err := strconv.ParseInt(number, 10, 64)
	return id, found && err == nil
}
