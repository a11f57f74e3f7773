package rongcloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ended records the outcome of a chunk.
func (r *bulkRun[M, T]) ended(chunk *BulkChunk, open bulkOpen, outcome BulkOutcome, err error) {
	chunk.Outcome, chunk.Err = outcome, err
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(open, outcome, err)
	r.heedOutage(outcome, err)
	if err := r.save(); err != nil {
		r.fail(err)
	}
	if r.params.OnChunk != nil {
		if err := r.params.OnChunk(*chunk); err != nil {
			r.fail(r.failure("", err))
		}
	}
	if r.params.OnProgress != nil {
		r.params.OnProgress(r.progress())
	}
}

// note records the outcome of a chunk. The caller holds the lock.
func (r *bulkRun[M, T]) note(open bulkOpen, outcome BulkOutcome, err error) {
	counts := &r.state.Counts
	counts.Chunks++
	r.state.Unknown = without(r.state.Unknown, open.Chunk)
	switch outcome {
	case BulkOutcomeDelivered:
		counts.Delivered += open.Recipients
	case BulkOutcomeRefused:
		counts.Refused += open.Recipients
		r.noteRefused(open.bulkSpan, err)
	case BulkOutcomeUnknown:
		counts.Unknown += open.Recipients
		open.Ended = true
		r.state.Unknown = append(r.state.Unknown, open)
	}
}

// heedOutage stops the send after too many unknown chunks in a row, in the order in which they end:
// the chunks after them would only become unknown, too.
func (r *bulkRun[M, T]) heedOutage(outcome BulkOutcome, err error) {
	if outcome != BulkOutcomeUnknown {
		r.unknownRun = 0
		return
	}
	r.unknownRun++
	if most := r.params.MaxUnknown; most > 0 && r.unknownRun >= most {
		r.stop(r.failure(fmt.Sprintf("the outcome of %d chunks in a row is unknown", r.unknownRun), err))
	}
}

// noteRefused records a refused chunk, merged with its neighbours if they were refused with the
// same code.
func (r *bulkRun[M, T]) noteRefused(span bulkSpan, err error) {
	note := bulkRefused{bulkSpan: span, Message: err.Error()}
	var e *Error
	if errors.As(err, &e) {
		note.Code, note.Message = e.Code, e.Message
	}
	r.state.Refused = append(r.state.Refused, note)
	all := r.state.Refused
	slices.SortFunc(all, func(a, b bulkRefused) int { return a.compare(b.bulkSpan) })
	merged := all[:0]
	for _, next := range all {
		if last := len(merged) - 1; last >= 0 && merged[last].LastChunk+1 == next.Chunk && merged[last].Code == next.Code {
			merged[last].LastChunk, merged[last].Last = next.LastChunk, next.Last
			merged[last].Recipients += next.Recipients
			continue
		}
		merged = append(merged, next)
	}
	r.state.Refused = merged
}

// postpone leaves a chunk to a resumed send, and stops this one.
func (r *bulkRun[M, T]) postpone(chunk *BulkChunk, open bulkOpen, maybeDone bool, err error) {
	if maybeDone { // an earlier request may have been carried out
		r.ended(chunk, open, BulkOutcomeUnknown, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop(err)
	if maybeDone {
		return
	}
	r.takeBack(open, false)
	if err := r.save(); err != nil {
		r.fail(err)
	}
}

// takeBack undoes noteBegun for a chunk that was not sent after all. It stays unknown if an earlier
// request may have been carried out. The caller holds the lock.
func (r *bulkRun[M, T]) takeBack(open bulkOpen, maybeDone bool) {
	if maybeDone {
		r.note(open, BulkOutcomeUnknown, nil)
		return
	}
	r.state.Unknown = without(r.state.Unknown, open.Chunk)
	r.state.Pending = append(r.state.Pending, open)
}

// stop ends the send and keeps the first reason. The caller holds the lock.
func (r *bulkRun[M, T]) stop(err error) {
	if r.ctx.Err() == nil {
		r.fail(err)
	}
}

// fail ends the send with an error that its caller must see. The caller of fail holds the lock.
func (r *bulkRun[M, T]) fail(err error) {
	if r.failed == nil {
		r.failed = err
	}
	r.cancel()
}

// failure is an error of the whole send.
func (r *bulkRun[M, T]) failure(doing string, err error) error {
	if doing != "" {
		err = &stepError{doing, err}
	}
	return &Error{Endpoint: r.ep, Err: err, ofMany: true}
}

// save passes the state to BulkParams.Save. The caller holds the lock.
func (r *bulkRun[M, T]) save() error {
	if r.params.Save == nil {
		return nil
	}
	if err := r.params.Save(r.checkpoint()); err != nil {
		return r.failure("saving the checkpoint", err)
	}
	return nil
}

// checkpoint copies the state. The caller holds the lock.
func (r *bulkRun[M, T]) checkpoint() BulkCheckpoint { return BulkCheckpoint{r.state.clone()} }

// saveAtLast saves the final state of a send that ends with a panic. A panic in the saving must not
// hide the first one.
func (r *bulkRun[M, T]) saveAtLast() {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { _ = recover() }()
	_ = r.save()
}

func (r *bulkRun[M, T]) progress() BulkProgress {
	p := BulkProgress{BulkCounts: r.state.Counts, Elapsed: time.Since(r.started)}
	done := p.Delivered + p.Refused + p.Unknown
	if seconds := p.Elapsed.Seconds(); seconds > 0 {
		p.Rate = float64(done-r.resumed.Delivered-r.resumed.Refused-r.resumed.Unknown) / seconds
	}
	if left := r.params.Total - done - p.Skipped - p.Duplicates; left > 0 && p.Rate > 0 {
		p.TimeLeft = time.Duration(float64(left) / p.Rate * float64(time.Second))
	}
	return p
}

// end builds the result after all requests have ended.
func (r *bulkRun[M, T]) end(ctx context.Context, err error) (*BulkResult, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.fail(err)
	}
	// A context that ended after the last recipient was sent to came too late to matter.
	if r.failed == nil && ctx.Err() != nil && (r.cutShort || len(r.state.Pending) > 0) {
		r.failed = r.failure("", contextEnd(ctx))
	}
	result := &BulkResult{BulkProgress: r.progress(), Checkpoint: r.checkpoint()}
	if err := r.save(); err != nil {
		r.fail(err)
	}
	return result, r.failed
}

// contextEnd says why a context ended, with the cause that its owner gave, if any.
func contextEnd(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}
