package rongcloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	defaultBulkConcurrency = 4
	maxBulkConcurrency     = 128
	defaultBulkGrace       = 15 * time.Second

	// RongCloud remembers a msgRandom for a minute. What has not been settled by then stays unknown.
	bulkRepeatFor = 55 * time.Second
	// A chunk that is refused for its rate is tried again after growing waits.
	bulkRateTries   = 10
	bulkLongestWait = 30 * time.Second
)

// bulkJob is one kind of bulk send.
type bulkJob[T any] struct {
	ep     *endpoint.Endpoint
	list   string // the parameter that recipients fill
	id     func(T) string
	sample any   // the request to somebody
	seed   int64 // the message's MsgRandom
	send   func(ctx context.Context, chunk *BulkChunk, to []T, random int64, opts []CallOption) error
}

// bulkRun is one bulk send under way. Chunks are read and begun in the caller's goroutine, one after the other, and sent by others.
type bulkRun[T any] struct {
	*bulkJob[T]
	client  *Client
	options BulkOptions
	opts    []CallOption
	size    int
	longest int // bytes of an ID

	ctx     context.Context // of reading and waiting
	stop    context.CancelCauseFunc
	sendCtx context.Context // of requests, which outlives ctx for a while
	slots   chan struct{}
	wait    sync.WaitGroup

	// Read by the caller's goroutine only.
	digest   hash.Hash64
	position int64
	chunk    []T
	seen     map[string]bool
	twice    int64 // in the chunk
	leftOut  int64 // since the last chunk that was begun
	cutShort bool  // the context ended before the list

	mu      sync.Mutex // guards what follows, and the calls of the functions in options
	state   BulkCheckpoint
	resumed BulkCounts
	started time.Time
}

var errNotBulk = errors.New("the send is over")

// runBulk sends to all recipients.
func runBulk[T any](ctx context.Context, client *Client, job *bulkJob[T], recipients iter.Seq[T], options BulkOptions, opts []CallOption) (*BulkResult, error) {
	if ctx == nil {
		return nil, refuse("ctx", "is nil")
	}
	r := &bulkRun[T]{bulkJob: job, client: client, options: options, opts: opts, digest: fnv.New64a(), seen: map[string]bool{}, started: time.Now()}
	if err := r.prepare(recipients != nil); err != nil {
		return nil, err
	}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(errNotBulk)
	sendCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r.sendCtx = sendCtx
	grace := options.Grace
	if grace == 0 {
		grace = defaultBulkGrace
	}
	unhook := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-sendCtx.Done():
		}
	})
	defer unhook()

	err := r.read(recipients)
	r.wait.Wait()
	cause := context.Cause(r.ctx)
	if ctx.Err() != nil && !r.cutShort && len(r.state.Pending) == 0 { // it came too late to matter
		cause = nil
	}
	if err == nil {
		err = cause
	}
	return r.end(err)
}

// prepare checks what can be told before anything is read.
func (r *bulkRun[T]) prepare(given bool) error {
	param := r.ep.Param(r.list)
	r.size = r.options.ChunkSize
	if r.size == 0 {
		r.size = param.MaxItems
	}
	if r.options.Concurrency == 0 {
		r.options.Concurrency = defaultBulkConcurrency
	}
	switch {
	case !given:
		return refuse(r.list, "there are no recipients")
	case r.size < 1 || r.size > param.MaxItems:
		return refuse("ChunkSize", "%d is not between 1 and %d", r.size, param.MaxItems)
	case r.options.Concurrency < 1 || r.options.Concurrency > maxBulkConcurrency:
		return refuse("Concurrency", "%d is not between 1 and %d", r.options.Concurrency, maxBulkConcurrency)
	case r.options.Total < 0 || r.options.Grace < 0:
		return refuse("BulkOptions", "negative numbers make no sense: Total %d, Grace %v", r.options.Total, r.options.Grace)
	}
	r.slots = make(chan struct{}, r.options.Concurrency)
	r.longest = longestID(r.list)
	name, err := r.name()
	if err != nil {
		return err
	}
	r.state = BulkCheckpoint{Run: name, Seed: r.seed}
	if resume := r.options.Resume; resume != nil {
		if resume.Run != name {
			return refuse("Resume", "the checkpoint belongs to another send: its App Key, message or chunk size differ")
		}
		r.state = resume.copy()
		r.settleOpen()
	}
	if r.state.Seed == 0 {
		r.state.Seed = newMsgRandom()
	}
	r.resumed = r.state.Counts
	return nil
}

// longestID is the documented length of the IDs in a list.
func longestID(list string) int {
	if list == "toGroupId" {
		return endpoint.GroupCreate.Param("groupId").MaxBytes
	}
	return endpoint.UserGetToken.Param("userId").MaxBytes
}

// name is what a checkpoint of this send is known by.
func (r *bulkRun[T]) name() (string, error) {
	e := newEncoder(r.ep)
	defer e.release()
	if err := e.encode(r.ep, r.sample, nil, nil); err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%s", r.client.core.appKey, r.ep.Path, r.size, e.buf))
	return hex.EncodeToString(sum[:16]), nil
}

// settleOpen counts chunks as unknown that were under way when the checkpoint was made.
func (r *bulkRun[T]) settleOpen() {
	for i := range r.state.Unknown {
		if open := &r.state.Unknown[i]; !open.Ended {
			open.Ended = true
			r.state.Counts.Unknown += open.Recipients
			r.state.Counts.Chunks++
		}
	}
}

// read goes through the recipients and begins their chunks.
func (r *bulkRun[T]) read(recipients iter.Seq[T]) error {
	index := int64(0)
	for recipient := range recipients {
		if r.ctx.Err() != nil {
			r.cutShort = true
			return nil // the reason is its cause
		}
		r.add(recipient)
		if len(r.chunk) < r.size {
			continue
		}
		if err := r.begin(index); err != nil {
			return err
		}
		index++
	}
	if len(r.chunk) > 0 {
		if err := r.begin(index); err != nil {
			return err
		}
		index++
	}
	switch {
	case r.cutShort:
		return nil
	case r.position == 0:
		return refuse(r.list, "there are no recipients")
	case index < r.state.Begun:
		return r.another()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Counts.LeftOut += r.leftOut
	r.state.Position = r.position
	return nil
}

func (r *bulkRun[T]) another() error {
	return refuse("Resume", "the checkpoint belongs to another list of recipients")
}

func (r *bulkRun[T]) add(recipient T) {
	id := r.id(recipient)
	position := r.position
	r.position++
	_, _ = r.digest.Write(append([]byte(id), 0)) // never fails
	var reason error
	switch {
	case id == "":
		reason = refuse(r.list, "the ID is empty")
	case r.longest > 0 && len(id) > r.longest:
		reason = refuse(r.list, "the ID has %d bytes, at most %d are allowed", len(id), r.longest)
	}
	if reason != nil {
		if position < r.state.Position { // and counted then
			return
		}
		r.leftOut++
		if r.options.LeftOut != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.options.LeftOut(position, id, reason)
		}
		return
	}
	if r.seen[id] {
		r.twice++
	}
	r.seen[id] = true
	r.chunk = append(r.chunk, recipient)
}

// begin sends the chunk that has been read, unless the send that is resumed has done so.
func (r *bulkRun[T]) begin(index int64) error {
	to, distinct, twice := r.chunk, int64(len(r.seen)), r.twice
	r.chunk, r.twice = nil, 0
	clear(r.seen)
	open := BulkOpen{Chunk: index, Recipients: distinct, Digest: fmt.Sprintf("%016x", r.digest.Sum64())}
	fresh := index >= r.state.Begun
	if !fresh {
		again, err := r.again(&open)
		if err != nil || !again {
			return err
		}
	}
	select {
	case r.slots <- struct{}{}:
	case <-r.ctx.Done():
		r.cutShort = true
		return nil
	}
	if err := r.waitForQuota(len(to)); err != nil {
		<-r.slots
		return r.waitFailed(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if fresh {
		r.state.Begun, r.state.Position, r.state.Digest = index+1, r.position, open.Digest
		r.state.Counts.Duplicates += twice
		r.state.Counts.LeftOut += r.leftOut
		r.leftOut = 0
	}
	if open.At.IsZero() {
		open.At = time.Now().UTC()
	}
	r.state.Pending = without(r.state.Pending, index)
	again := open.Ended
	if again { // it is counted anew
		r.state.Counts.Unknown -= open.Recipients
		r.state.Counts.Chunks--
		open.Ended = false
	}
	r.state.Unknown = append(without(r.state.Unknown, index), open)
	if err := r.save(); err != nil {
		<-r.slots
		r.putOff(open, again, err)
		return err
	}
	r.wait.Go(func() {
		defer func() { <-r.slots }()
		r.deliver(to, open, again)
	})
	return nil
}

// again tells whether a chunk that was begun before is to be sent now, and checks that it is the same chunk.
func (r *bulkRun[T]) again(open *BulkOpen) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if open.Chunk == r.state.Begun-1 && open.Digest != r.state.Digest {
		return false, r.another()
	}
	is := func(o BulkOpen) bool { return o.Chunk == open.Chunk }
	found, send := BulkOpen{}, false
	if i := slices.IndexFunc(r.state.Pending, is); i >= 0 {
		found, send = r.state.Pending[i], true
		found.At = time.Time{}
	} else if i := slices.IndexFunc(r.state.Unknown, is); i >= 0 && r.state.Unknown[i].Ended {
		found = r.state.Unknown[i]
		remembered := r.client.core.config.idempotent != nil && time.Since(found.At) < bulkRepeatFor
		send = r.options.ResendUnknown || remembered
		if !remembered {
			found.At = time.Time{}
		}
	}
	if !send {
		return false, nil
	}
	if found.Digest != open.Digest {
		return false, r.another()
	}
	*open = found
	return true, nil
}

func without(list []BulkOpen, index int64) []BulkOpen {
	return slices.DeleteFunc(list, func(o BulkOpen) bool { return o.Chunk == index })
}

func (r *bulkRun[T]) waitForQuota(n int) error {
	limiter := r.client.core.config.limiter
	if limiter == nil {
		return r.ctx.Err()
	}
	return limiter.Wait(r.ctx, QuotaUse{Endpoint: r.ep, Units: n, LowPriority: true})
}

// waitFailed leaves the end of the context to its cause.
func (r *bulkRun[T]) waitFailed(err error) error {
	if r.ctx.Err() != nil {
		r.cutShort = true
		return nil //nolint:nilerr // the cause of the context's end says it
	}
	return &Error{Endpoint: r.ep.String(), Err: fmt.Errorf("waiting for the quota: %w", err)}
}

// deliver sends a chunk until its outcome is as good as it can be. MaybeDone says that an earlier attempt may have been carried out.
func (r *bulkRun[T]) deliver(to []T, open BulkOpen, maybeDone bool) {
	chunk := BulkChunk{Index: open.Chunk, Recipients: make([]string, len(to))}
	for i, recipient := range to {
		chunk.Recipients[i] = r.id(recipient)
	}
	opts := append(slices.Clone(r.opts), callOptionFunc(func(c *callConfig) { c.paid, c.lowPriority = true, true }))
	service := r.client.core.config.idempotent
	var random int64
	if service != nil || r.seed != 0 {
		random = chunkRandom(r.state.Seed, open.Chunk)
	}
	for try := 1; ; try++ {
		ctx, cancel := r.sendCtx, func() {}
		if service != nil {
			ctx, cancel = context.WithDeadline(ctx, open.At.Add(bulkRepeatFor))
		}
		err := r.send(ctx, &chunk, to, random, opts)
		cancel()
		switch {
		case err == nil:
			r.ended(&chunk, open, BulkDelivered, nil)
			return
		case maybeDone && service != nil && errors.Is(err, service.DuplicateCode):
			r.ended(&chunk, open, BulkDelivered, nil)
			return
		case errors.Is(err, ErrOutcomeUnknown):
			maybeDone = true
			if service == nil || time.Since(open.At) >= bulkRepeatFor || !r.pause(try, 0) {
				r.ended(&chunk, open, BulkUnknown, err)
				return
			}
		case maybeDone && time.Since(open.At) >= bulkRepeatFor: // too late to find out
			r.ended(&chunk, open, BulkUnknown, err)
			return
		case errors.Is(err, ErrRateLimited) && try < bulkRateTries:
			if !r.pause(try, retryAfterOf(err)) || r.waitForQuota(len(to)) != nil {
				r.postpone(open, maybeDone, nil)
				return
			}
			if !maybeDone {
				open.At = time.Now().UTC()
			}
		case errors.Is(err, ErrRateLimited), errors.Is(err, ErrUnauthorized), errors.Is(err, ErrTransport):
			r.postpone(open, maybeDone, err) // the next chunk would fare no better
			return
		case maybeDone: // of the earlier attempt it says nothing
			r.ended(&chunk, open, BulkUnknown, err)
			return
		default:
			r.ended(&chunk, open, BulkRefused, err)
			return
		}
	}
}

// chunkRandom derives the msgRandom of a chunk, so that a send that resumes uses the same.
func chunkRandom(seed, index int64) int64 {
	x := uint64(seed) + uint64(index+1)*0x9e3779b97f4a7c15 //nolint:gosec // the bits count, not the number
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return max(1, int64((x^x>>31)>>1))
}

func retryAfterOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// pause waits before another try, and tells whether there is to be one.
func (r *bulkRun[T]) pause(try int, asked time.Duration) bool {
	wait := max(min(time.Second<<(try-1), bulkLongestWait), min(asked, bulkLongestWait))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.ctx.Done():
		return false
	}
}
