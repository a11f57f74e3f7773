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
	Waiting State = "waiting" // for its turn, or for the next try
	Begun   State = "begun"   // its request may be on its way
	Done    State = "done"    // RongCloud has carried it out
	// nobody knows whether RongCloud has carried it out: an operator decides
	Parked  State = "parked"
	Refused State = "refused" // RongCloud has refused it
	Dropped State = "dropped" // an operator has given it up
)

// Job is something that RongCloud must learn.
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

// Enqueue stores what RongCloud must learn, in the transaction that decides it. Jobs of a lane are
// executed one after the other, so the transaction must have entered the lane: [Tx.Enter].
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

// EnqueueOnce is Enqueue, unless such a job is the last one of the lane and waits.
func (tx *Tx) EnqueueOnce(ctx context.Context, lane, kind string, params any) {
	if last, _ := tx.LastJob(ctx, lane); last.Kind != kind || last.State != Waiting {
		tx.Enqueue(ctx, lane, kind, params)
	}
}

// Claim takes the oldest job whose turn it is, and records that it has begun before its request is
// sent: a job still in that state after the lease means that its worker died. The error is
// [ErrNotFound] if there is nothing to do, or another worker was faster.
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

// Settlement is how a try at a job has ended.
type Settlement struct {
	State  State
	Result string
	Error  string
	NextAt time.Time // of a job that waits for the next try
}

// Settle records how a try ended. It reports false, and changes nothing, if the job was begun
// again meanwhile, or is decided. A job that is done stays done.
func (tx *Tx) Settle(ctx context.Context, job Job, how Settlement) bool {
	tx.notifyOperator()
	return tx.do(ctx, `
		UPDATE outbox SET state = $3, result = $4, error = $5, next_at = $6, ended_at = $7, lease_until = 0
		WHERE id = $1 AND tries = $2 AND (state = 'begun' OR $3 = 'done' AND state IN ('parked', 'waiting'))`,
		job.ID, job.Tries, how.State, how.Result, how.Error, millis(how.NextAt), millis(time.Now()))
}

// Decide is the operator's word about a job that is parked or refused: [Done] if it was carried
// out, [Waiting] to try it again, [Dropped] to leave it. It reports false if the job is neither.
func (tx *Tx) Decide(ctx context.Context, id int64, to State) bool {
	now := millis(time.Now())
	tx.notifyOperator()
	return tx.do(ctx, `UPDATE outbox SET state = $2, next_at = $3, ended_at = $3 WHERE id = $1 AND state IN ('parked', 'refused')`, id, to, now)
}

// TellAgain queues the finished jobs of some kinds again, in order, for a RongCloud that has
// forgotten them.
func (tx *Tx) TellAgain(ctx context.Context, kinds []string) {
	places, args := list(nil, kinds)
	tx.do(ctx, `UPDATE outbox SET state = 'waiting', next_at = 0 WHERE state = 'done' AND kind IN (`+places+`)`, args...)
	tx.notifyOperator()
}

// Job returns a job.
func (q Queries) Job(ctx context.Context, id int64) (Job, error) {
	return one[Job](ctx, q, `SELECT `+jobColumns+` FROM outbox WHERE id = $1`, id)
}

// Busy reports whether a lane still has jobs to carry out after the given one.
func (q Queries) Busy(ctx context.Context, lane string, after int64) (bool, error) {
	return q.exists(ctx, `SELECT 1 FROM outbox WHERE lane = $1 AND id > $2 AND state IN ('waiting', 'begun')`, lane, after)
}

// AnyBusy reports whether any of the lanes still has jobs to carry out before the given one.
func (q Queries) AnyBusy(ctx context.Context, before int64, lanes ...string) (bool, error) {
	places, args := list([]any{before}, lanes)
	return q.exists(ctx, `SELECT 1 FROM outbox WHERE state IN ('waiting', 'begun') AND id < $1 AND lane IN (`+places+`)`, args...)
}

// Overtaken reports whether a later job of a lane has been carried out, or may have been. Until the
// transaction ends, nobody claims one that has not.
func (tx *Tx) Overtaken(ctx context.Context, lane string, id int64) (bool, error) {
	tx.do(ctx, `UPDATE outbox SET tries = tries WHERE lane = $1 AND id > $2 AND state = 'waiting'`, lane, id)
	return tx.exists(ctx, `SELECT 1 FROM outbox WHERE lane = $1 AND id > $2 AND tries > 0`, lane, id)
}

// LastJob returns the newest job of a lane.
func (q Queries) LastJob(ctx context.Context, lane string) (Job, error) {
	return one[Job](ctx, q, `SELECT `+jobColumns+` FROM outbox WHERE lane = $1 ORDER BY id DESC LIMIT 1`, lane)
}

// JobsIn returns the newest jobs in a state.
func (q Queries) JobsIn(ctx context.Context, state State, limit int) ([]Job, error) {
	return all[Job](ctx, q, `SELECT `+jobColumns+` FROM outbox WHERE state = $1 ORDER BY id DESC LIMIT $2`, state, limit)
}

// Depth counts the jobs in each state, and returns since when the oldest one has been waiting.
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
