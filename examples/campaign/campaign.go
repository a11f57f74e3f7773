package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// campaign is the operator's side: it puts chunks into the queue and watches the ledger.
type campaign struct {
	run    string
	size   int // recipients per chunk
	db     *redis.Client
	queue  *asynq.Client
	ledger ledger
	w      io.Writer
}

func newCampaign(redisAddress, run string, size int, w io.Writer) *campaign {
	db := redis.NewClient(&redis.Options{Addr: redisAddress})
	return &campaign{run: run, size: size, db: db, queue: asynq.NewClientFromRedisClient(db), ledger: ledger{db, run}, w: w}
}

func (c *campaign) close() { _ = c.db.Close() }

// chunks splits recipients.
func chunks(recipients iter.Seq[string], size int) iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		n, chunk := 0, make([]string, 0, size)
		for id := range recipients {
			if chunk = append(chunk, id); len(chunk) == size {
				if !yield(n, chunk) {
					return
				}
				n, chunk = n+1, make([]string, 0, size)
			}
		}
		if len(chunk) > 0 {
			yield(n, chunk)
		}
	}
}

// enqueue puts every chunk into the queue, and returns how many there are. A task's name is made
// of run and chunk, so that a campaign started twice is queued once; the ledger knows the chunks
// that have already left the queue.
func (c *campaign) enqueue(ctx context.Context, recipients iter.Seq[string]) (int, error) {
	count := 0
	for n, ids := range chunks(recipients, c.size) {
		if err := c.put(ctx, n, ids, c.run+":"+strconv.Itoa(n)); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

func (c *campaign) put(ctx context.Context, n int, ids []string, name string) error {
	payload, err := json.Marshal(task{c.run, n, ids})
	if err != nil {
		return err
	}
	_, err = c.queue.EnqueueContext(ctx, asynq.NewTask(taskSend, payload), asynq.TaskID(name), asynq.Queue(queueName), asynq.MaxRetry(10_000), asynq.Timeout(time.Hour))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// sendAgain queues the unknown chunks again. Only the operator can decide that: their recipients
// may get the message twice.
func (c *campaign) sendAgain(ctx context.Context, recipients iter.Seq[string]) ([]int, error) {
	listed, err := c.ledger.in(ctx, unknown)
	if err != nil {
		return nil, err
	}
	wanted := map[int]bool{}
	for _, n := range listed {
		wanted[n] = true
	}
	attempt := time.Now().UnixNano()
	for n, ids := range chunks(recipients, c.size) {
		if !wanted[n] {
			continue
		}
		yes, err := c.ledger.again(ctx, n)
		if err != nil {
			return nil, err
		}
		if yes {
			if err := c.put(ctx, n, ids, fmt.Sprintf("%s:%d:again:%d", c.run, n, attempt)); err != nil {
				return nil, err
			}
		}
	}
	return listed, nil
}

// watch shows a progress bar until every chunk has an outcome, or the campaign is paused.
func (c *campaign) watch(ctx context.Context, total int, bar io.Writer) error {
	progress := mpb.NewWithContext(ctx, mpb.WithOutput(bar), mpb.WithWidth(50))
	line := progress.AddBar(int64(total),
		mpb.PrependDecorators(decor.Name("chunks "), decor.CountersNoUnit("%d of %d")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.AverageETA(decor.ET_STYLE_MMSS)))
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		counts, err := c.ledger.counts(ctx)
		if err == nil {
			done := counts[delivered] + counts[refused] + counts[unknown]
			line.SetCurrent(int64(done))
			if done >= total {
				progress.Wait()
				return nil
			}
		}
		if paused, err := c.ledger.paused(ctx); err == nil && paused {
			line.Abort(false)
			progress.Wait()
			return errPaused
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			line.Abort(false)
			progress.Wait()
			return ctx.Err()
		}
	}
}

// report prints how the campaign ended.
func (c *campaign) report(ctx context.Context, recipients int, took time.Duration) error {
	counts, err := c.ledger.counts(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.w, "campaign %s: %d recipients in %v; chunks of up to %d: %d delivered, %d refused, %d unknown\n",
		c.run, recipients, took.Round(100*time.Millisecond), c.size, counts[delivered], counts[refused], counts[unknown])
	for _, state := range []string{refused, unknown} {
		found, err := c.ledger.in(ctx, state)
		if err != nil {
			return err
		}
		for _, n := range found {
			fmt.Fprintf(c.w, "  chunk %d is %s: recipients %d to %d\n", n, state, n*c.size, min((n+1)*c.size, recipients)-1)
		}
	}
	if counts[unknown] > 0 {
		fmt.Fprintln(c.w, "  -again sends the unknown ones once more; whoever got the message already gets it twice")
	}
	return nil
}
