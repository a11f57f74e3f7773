package rongcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ended records the outcome of a chunk.
func (r *bulkRun[T]) ended(chunk *BulkChunk, open BulkOpen, outcome BulkOutcome, err error) {
	chunk.Outcome, chunk.Err = outcome, err
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := &r.state.Counts
	counts.Chunks++
	r.state.Unknown = without(r.state.Unknown, open.Chunk)
	switch outcome {
	case BulkDelivered:
		counts.Delivered += open.Recipients
	case BulkRefused:
		counts.Refused += open.Recipients
		r.refused(open.Chunk, err)
	case BulkUnknown:
		counts.Unknown += open.Recipients
		open.Ended = true
		r.state.Unknown = append(r.state.Unknown, open)
	}
	if err := r.save(); err != nil {
		r.stop(err)
	}
	if r.options.Chunk != nil {
		if err := r.options.Chunk(*chunk); err != nil {
			r.stop(&Error{Endpoint: r.ep.String(), Err: err})
		}
	}
	if r.options.Progress != nil {
		r.options.Progress(r.progress())
	}
}

// refused notes a chunk, together with its neighbour if that was refused for the same reason.
func (r *bulkRun[T]) refused(index int64, err error) {
	note := BulkRefusal{First: index, Last: index, Error: err.Error()}
	var e *Error
	if errors.As(err, &e) {
		note.Code, note.Error = e.Code, e.Message
	}
	r.state.Refused = append(r.state.Refused, note)
	all := r.state.Refused
	slices.SortFunc(all, func(a, b BulkRefusal) int { return cmp.Compare(a.First, b.First) })
	merged := all[:0]
	for _, next := range all {
		if last := len(merged) - 1; last >= 0 && merged[last].Last+1 == next.First && merged[last].Code == next.Code {
			merged[last].Last = next.Last
			continue
		}
		merged = append(merged, next)
	}
	r.state.Refused = merged
}

// postpone leaves a chunk to a send that resumes. With an error the whole send stops.
func (r *bulkRun[T]) postpone(open BulkOpen, maybeDone bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putOff(open, maybeDone, err)
	if err := r.save(); err != nil {
		r.stop(err)
	}
}

// putOff takes a chunk back that was not carried out now. If an earlier attempt may have been, it stays unknown.
func (r *bulkRun[T]) putOff(open BulkOpen, maybeDone bool, err error) {
	r.state.Unknown = without(r.state.Unknown, open.Chunk)
	if maybeDone {
		open.Ended = true
		r.state.Counts.Chunks++
		r.state.Counts.Unknown += open.Recipients
		r.state.Unknown = append(r.state.Unknown, open)
	} else {
		r.state.Pending = append(r.state.Pending, open)
	}
	if err != nil {
		r.stop(err)
	}
}

// save hands the state out, under the lock.
func (r *bulkRun[T]) save() error {
	if r.options.Save == nil {
		return nil
	}
	if err := r.options.Save(r.state.copy()); err != nil {
		return &Error{Endpoint: r.ep.String(), Err: fmt.Errorf("saving the checkpoint: %w", err)}
	}
	return nil
}

func (r *bulkRun[T]) progress() BulkProgress {
	p := BulkProgress{BulkCounts: r.state.Counts, Elapsed: time.Since(r.started)}
	done := p.Delivered + p.Refused + p.Unknown
	if seconds := p.Elapsed.Seconds(); seconds > 0 {
		p.Rate = float64(done-r.resumed.Delivered-r.resumed.Refused-r.resumed.Unknown) / seconds
	}
	if left := r.options.Total - done - p.LeftOut - p.Duplicates; left > 0 && p.Rate > 0 {
		p.TimeLeft = time.Duration(float64(left) / p.Rate * float64(time.Second))
	}
	return p
}

// end makes the result, after all requests have ended.
func (r *bulkRun[T]) end(err error) (*BulkResult, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := &BulkResult{BulkProgress: r.progress(), Checkpoint: r.state.copy()}
	if saved := r.save(); err == nil {
		err = saved
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		var e *Error
		if !errors.As(err, &e) {
			err = &Error{Endpoint: r.ep.String(), Err: err}
		}
	}
	return result, err
}
