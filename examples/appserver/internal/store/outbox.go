package store

import (
	"cmp"
	"context"
	"encoding/json"
	"time"
)

// State is the state of a job in the outbox.
type State string

// The states of a job.
const (
	Waiting State = "waiting" // for its turn, or for the next attempt
	Begun   State = "begun"   // an attempt is running, or its worker died
	Done    State = "done"    // RongCloud has executed it
	Parked  State = "parked"  // its outcome is unknown: an operator decides
	Refused State = "refused" // RongCloud has refused it, or its result cannot be stored
	Dropped State = "dropped" // an operator has given it up
)

// Job is a call to RongCloud, or a callback that is still to be applied.
type Job struct {
	ID        int64
	Lane      string
	Kind      string
	Params    []byte // in JSON
	State     State
	Tries     int
	NextAt    time.Time
	Result    string
	Error     string
	CreatedAt time.Time
}

const jobColumns = `id, lane, kind, params, state, tries, next_at, result, error, created_at`

// Enqueue stores a job in the transaction of the decision that it is about. Jobs of a lane are
// executed in the order of their IDs, so the transaction must have entered the lane with
// [Tx.Enter].
func (tx *Tx) Enqueue(ctx context.Context, lane, kind string, params any) {
	encoded, err := json.Marshal(params)
	if err != nil {
		tx.err = cmp.Or(tx.err, err)
	}
	now := millis(time.Now())
	tx.do(ctx, `INSERT INTO outbox (lane, kind, params, state, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		lane, kind, string(encoded), Waiting, now, now)
	tx.notifyOperator()
}

// EnqueueOnce is Enqueue, unless the last job of the lane is of the same kind and still waiting.
func (tx *Tx) EnqueueOnce(ctx context.Context, lane, kind string, params any) {
	if last, _ := tx.LastJob(ctx, lane); last.Kind != kind || last.State != Waiting {
		tx.Enqueue(ctx, lane, kind, params)
	}
}

// Claim marks the oldest job that is due as begun, before its request is sent. If the job is still
// begun after the lease, its worker died. The error is [ErrNotFound] if no job is due, or another
// worker was faster.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration) (Job, error) {
	return one[Job](ctx, s.Queries, `
		UPDATE outbox SET state = 'begun', tries = tries + 1, lease_until = $2
		WHERE state = 'waiting' AND id = (
			SELECT o.id FROM outbox o
			WHERE o.state = 'waiting' AND o.next_at <= $1 AND o.lane NOT IN (SELECT lane FROM outbox WHERE state = 'begun') AND NOT EXISTS (
				SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.id < o.id AND e.state IN ('waiting', 'begun'))
			ORDER BY o.id LIMIT 1)
		RETURNING `+jobColumns, millis(now), millis(now.Add(lease)))
}

// Expired returns the jobs whose lease has ended: their worker is dead or too slow.
func (s *Store) Expired(ctx context.Context, now time.Time) ([]Job, error) {
	return all[Job](ctx, s.Queries, `SELECT `+jobColumns+` FROM outbox WHERE state = 'begun' AND lease_until < $1 ORDER BY id`, millis(now))
}

// Settlement is the outcome of an attempt.
type Settlement struct {
	State  State
	Result string
	Error  string
	NextAt time.Time // the next attempt, if State is Waiting
}

// Settle records the outcome of an attempt. It reports false, and changes nothing, if the job was
// begun again or an operator has decided it meanwhile. The outcome [Done] also settles a job that
// has been parked or waits again.
func (tx *Tx) Settle(ctx context.Context, job Job, how Settlement) bool {
	tx.notifyOperator()
	return tx.do(ctx, `
		UPDATE outbox SET state = $3, result = $4, error = $5, next_at = $6, ended_at = $7, lease_until = 0
		WHERE id = $1 AND tries = $2 AND (state = 'begun' OR $3 = 'done' AND state IN ('parked', 'waiting'))`,
		job.ID, job.Tries, how.State, how.Result, how.Error, millis(how.NextAt), millis(time.Now()))
}

// Decide records an operator's decision about a job that is parked or refused: [Done] if RongCloud
// has executed it, [Waiting] to attempt it again, [Dropped] to give it up. It reports false if the
// job is neither parked nor refused.
func (tx *Tx) Decide(ctx context.Context, id int64, to State) bool {
	now := millis(time.Now())
	tx.notifyOperator()
	return tx.do(ctx, `UPDATE outbox SET state = $2, next_at = $3, ended_at = $3 WHERE id = $1 AND state IN ('parked', 'refused')`, id, to, now)
}

// TellAgain makes all done jobs of the given kinds wait again, for a RongCloud that has lost its
// data.
func (tx *Tx) TellAgain(ctx context.Context, kinds []string) {
	places, args := list(nil, kinds)
	tx.do(ctx, `UPDATE outbox SET state = 'waiting', next_at = 0 WHERE state = 'done' AND kind IN (`+places+`)`, args...)
	tx.notifyOperator()
}

// Job returns the job with an ID.
func (q Queries) Job(ctx context.Context, id int64) (Job, error) {
	return one[Job](ctx, q, `SELECT `+jobColumns+` FROM outbox WHERE id = $1`, id)
}

// Busy reports whether a lane has waiting or begun jobs after the given one.
func (q Queries) Busy(ctx context.Context, lane string, after int64) (bool, error) {
	return q.exists(ctx, `SELECT 1 FROM outbox WHERE lane = $1 AND id > $2 AND state IN ('waiting', 'begun')`, lane, after)
}

// AnyBusy reports whether any of the lanes has waiting or begun jobs before the given one.
func (q Queries) AnyBusy(ctx context.Context, before int64, lanes ...string) (bool, error) {
	places, args := list([]any{before}, lanes)
	return q.exists(ctx, `SELECT 1 FROM outbox WHERE state IN ('waiting', 'begun') AND id < $1 AND lane IN (`+places+`)`, args...)
}

// Overtaken reports whether a later job of the lane has been attempted. It locks the later jobs
// that wait, so that no worker claims one before the transaction ends.
func (tx *Tx) Overtaken(ctx context.Context, lane string, id int64) (bool, error) {
	tx.do(ctx, `UPDATE outbox SET tries = tries WHERE lane = $1 AND id > $2 AND state = 'waiting'`, lane, id)
	return tx.exists(ctx, `SELECT 1 FROM outbox WHERE lane = $1 AND id > $2 AND tries > 0`, lane, id)
}

// LastJob returns the newest job of a lane.
func (q Queries) LastJob(ctx context.Context, lane string) (Job, error) {
	return one[Job](ctx, q, `SELECT `+jobColumns+` FROM outbox WHERE lane = $1 ORDER BY id DESC LIMIT 1`, lane)
}

// JobsIn returns the newest jobs in a state, the newest first.
func (q Queries) JobsIn(ctx context.Context, state State, limit int) ([]Job, error) {
	return all[Job](ctx, q, `SELECT `+jobColumns+` FROM outbox WHERE state = $1 ORDER BY id DESC LIMIT $2`, state, limit)
}

// Depth counts the jobs in each state, and returns when the oldest waiting job was created.
func (q Queries) Depth(ctx context.Context) (counts map[State]int, oldest time.Time, err error) {
	type row struct {
		State State
		Jobs  int
		First time.Time
	}
	rows, err := all[row](ctx, q, `SELECT state, count(*), min(created_at) FROM outbox GROUP BY state`)
	counts = map[State]int{}
	for _, r := range rows {
		if counts[r.State] = r.Jobs; r.State == Waiting {
			oldest = r.First
		}
	}
	return counts, oldest, err
}
