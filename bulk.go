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
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

const (
	defaultBulkConcurrency = 4
	maxBulkConcurrency     = 128
	defaultBulkGrace       = 15 * time.Second
	leastBulkMaxUnknown    = 3

	// RongCloud remembers a msgRandom for a minute. An outcome still open by then stays unknown.
	bulkRepeatFor = 55 * time.Second
	// A rate-limited chunk is tried again after growing waits.
	bulkRateTries   = 10
	bulkLongestWait = 30 * time.Second
)

// bulkJob is one kind of bulk send: messages of type M to recipients of type T.
type bulkJob[M, T any] struct {
	ep      *endpoint.Endpoint
	list    string // the parameter that holds the recipients
	message M
	fields  func(*M) (to *[]T, random *int64) // what differs from chunk to chunk
	encoded func(*M) (any, error)             // the message, ready to encode
	id      func(T) string
	someone T // a sample recipient, to check and name the message itself
	send    bulkSend[M]
	refused error // the method's own refusal
}

func (j *bulkJob[M, T]) to(recipients []T, random int64) M {
	m := j.message
	to, name := j.fields(&m)
	*to, *name = recipients, random
	return m
}

// bulkRun is one bulk send in progress. The caller's goroutine reads and begins the chunks one
// after another; other goroutines send them.
type bulkRun[M, T any] struct {
	*bulkJob[M, T]
	client  *Client
	params  BulkParams
	opts    []CallOption
	size    int
	longest int   // maximum bytes of an ID
	seed    int64 // the message's IdempotencyKey

	ctx     context.Context // for reading and waiting
	cancel  context.CancelFunc
	sendCtx context.Context // for requests; outlives ctx by the grace period
	slots   chan struct{}
	wait    sync.WaitGroup

	// Used by the caller's goroutine only.
	digest   hash.Hash64
	position int64
	chunk    bulkReading[T]
	skipped  int64 // since the last chunk begun
	cutShort bool  // the send ended before the list did

	mu         sync.Mutex // guards the fields below, and calls to the functions in params
	state      bulkState
	resumed    BulkCounts
	unknownRun int // chunks in a row that ended as unknown
	failed     error
	panicked   *bulkPanic
	started    time.Time

	waited atomic.Int64 // for the quota, in nanoseconds
}

// bulkReading is the chunk that is being filled.
type bulkReading[T any] struct {
	index       int64
	to          []T
	seen        map[string]bool
	repeated    int64
	first, last int64 // positions
}

// bulkPanic is a panic or runtime.Goexit in one of the caller's functions that ended a goroutine of
// the send.
type bulkPanic struct {
	value any // nil after runtime.Goexit
}

// runBulk sends to all recipients and calls the hooks for the send as a whole.
func runBulk[M, T any](
	ctx context.Context, client *Client, job *bulkJob[M, T], recipients iter.Seq2[T, error], params BulkParams, opts []CallOption,
) (*BulkResult, error) {
	r := &bulkRun[M, T]{bulkJob: job, client: client, params: params, opts: opts, digest: fnv.New64a(), started: time.Now()}
	r.chunk.seen = map[string]bool{}
	if len(client.core.config.callHooks) == 0 {
		return r.run(ctx, recipients)
	}
	return r.observed(ctx, recipients)
}

// run sends to all recipients.
func (r *bulkRun[M, T]) run(ctx context.Context, recipients iter.Seq2[T, error]) (*BulkResult, error) {
	switch {
	case ctx == nil:
		return nil, refuseField(r.ep, "ctx", "", "is nil")
	case r.refused != nil:
		return nil, r.refused
	}
	if err := r.prepare(recipients != nil); err != nil {
		return nil, inCall(err, r.ep, "")
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	sendCtx, release := withGrace(ctx, r.params.Grace)
	defer release()
	r.sendCtx = sendCtx

	whole := false
	defer func() {
		// A caller's function panicked. The panic continues once the requests under way are
		// recorded.
		if !whole {
			r.cancel()
			r.wait.Wait()
			r.saveAtLast()
		}
	}()
	err := r.read(recipients)
	whole = true
	r.wait.Wait()
	if r.panicked != nil {
		r.saveAtLast()
		r.panicked.raise()
	}
	return r.end(ctx, err)
}

// withGrace returns a context that ends the given time after ctx, and a function that releases it.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { unhook(); cancel() }
}

// prepare checks everything that can be checked before the recipients are read.
func (r *bulkRun[M, T]) prepare(given bool) error {
	config, err := r.checkOptions()
	if err != nil {
		return err
	}
	if err := r.checkParams(given); err != nil {
		return err
	}
	r.slots = make(chan struct{}, r.params.Concurrency)
	r.longest = longestID(r.list)
	return r.open(config.extra)
}

// checkOptions refuses call options that make no sense for many calls at once.
func (r *bulkRun[M, T]) checkOptions() (*callConfig, error) {
	var config callConfig
	for _, opt := range r.opts {
		if opt == nil {
			return nil, refuse("opts", "an option is nil")
		}
		opt.applyCall(&config)
	}
	switch {
	case config.capture != nil:
		return nil, refuse("CaptureResponse", "captures a single response, and this send makes many requests: see BulkParams.OnChunk")
	case config.hasRequestID:
		return nil, refuse("WithRequestID", "names a single request, and this send makes many")
	}
	return &config, config.check()
}

// checkParams also fills in the defaults.
func (r *bulkRun[M, T]) checkParams(given bool) error {
	p := &r.params
	most := r.ep.Param(r.list).MaxItems
	r.size = p.ChunkSize
	if r.size == 0 {
		r.size = most
	}
	if p.Concurrency == 0 {
		p.Concurrency = defaultBulkConcurrency
	}
	if p.MaxUnknown == 0 {
		p.MaxUnknown = max(leastBulkMaxUnknown, p.Concurrency)
	}
	to, random := r.fields(&r.message)
	r.seed = *random
	switch {
	case len(*to) > 0:
		request, _ := r.encoded(&r.message)
		return refuseParam(r.ep, request, r.list, "must be empty: the recipients are a separate argument")
	case !given:
		return r.refuse("there are none")
	case r.size < 1 || r.size > most:
		return refuse("BulkParams.ChunkSize", "%d is not between 1 and %d", r.size, most)
	case p.Concurrency < 1 || p.Concurrency > maxBulkConcurrency:
		return refuse("BulkParams.Concurrency", "%d is not between 1 and %d", p.Concurrency, maxBulkConcurrency)
	case p.Total < 0:
		return refuse("BulkParams.Total", "%d is negative", p.Total)
	case p.Grace < 0:
		return refuse("BulkParams.Grace", "%v is negative", p.Grace)
	}
	if p.Grace == 0 {
		p.Grace = defaultBulkGrace
	}
	return nil
}

// longestID is the documented length of the IDs in a list.
func longestID(list string) int {
	if list == "toGroupId" {
		return endpoint.GroupCreate.Param("groupId").MaxBytes
	}
	return endpoint.UserGetToken.Param("userId").MaxBytes
}

// open initializes the state, from the checkpoint if there is one.
func (r *bulkRun[M, T]) open(extra []form.Extra) error {
	seed := r.seed
	resume := r.params.Resume
	switch {
	case resume != nil:
		if err := resume.state.check(); err != nil {
			return refuse("BulkParams.Resume", "the checkpoint cannot be used: %v", err)
		}
		if seed != 0 && seed != resume.state.Seed {
			return r.errForeign("send: its msgRandom differs")
		}
		seed = resume.state.Seed
	case seed == 0:
		seed = newMsgRandom()
	}
	name, err := r.name(seed, extra)
	if err != nil {
		return err
	}
	r.state = bulkState{Version: bulkVersion, Run: name, Seed: seed, Size: int64(r.size)}
	if resume != nil {
		if resume.state.Run != name {
			return r.errForeign("send: its App Key, message, chunk size or extra fields differ")
		}
		r.state = resume.state.clone()
		r.state.settle()
	}
	r.resumed = r.state.Counts
	return nil
}

// name identifies this send in its checkpoints.
func (r *bulkRun[M, T]) name(seed int64, extra []form.Extra) (string, error) {
	sample := r.to([]T{r.someone}, 0)
	request, err := r.encoded(&sample)
	if err != nil {
		return "", err
	}
	e := requests.Encoder(r.ep)
	defer e.Release()
	if err := e.Encode(request, nil, extra); err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d\n%s", r.client.core.appKey, r.ep.Path, r.size, seed, e.Buf))
	return hex.EncodeToString(sum[:16]), nil
}

// errForeign refuses a checkpoint that does not belong to this send.
func (r *bulkRun[M, T]) errForeign(what string) error {
	return refuseField(r.ep, "BulkParams.Resume", "", "the checkpoint belongs to another %s", what)
}

// read goes through the recipients and begins their chunks.
func (r *bulkRun[M, T]) read(recipients iter.Seq2[T, error]) error {
	for recipient, err := range recipients {
		switch {
		case r.ctx.Err() != nil:
			r.cutShort = true
			return nil // the reason is recorded elsewhere
		case err != nil:
			return r.failure("reading the recipients", err)
		}
		r.add(recipient)
		if len(r.chunk.to) < r.size {
			continue
		}
		if err := r.begin(); err != nil {
			return err
		}
	}
	if len(r.chunk.to) > 0 {
		if err := r.begin(); err != nil {
			return err
		}
	}
	switch {
	case r.cutShort:
		return nil
	case r.ctx.Err() != nil: // the list may have ended for the same reason
		r.cutShort = true
		return nil
	case r.position == 0:
		return r.refuse("there are none")
	case r.chunk.index < r.state.Begun, r.position < r.state.Position:
		return r.errForeign("list of recipients")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Counts.Skipped += r.skipped
	r.state.Position = r.position
	return nil
}

func (r *bulkRun[M, T]) add(recipient T) {
	id := r.id(recipient)
	position := r.position
	r.position++
	_, _ = r.digest.Write(append([]byte(id), 0)) // never fails
	if reason := r.unfit(id); reason != nil {
		if position >= r.state.Position { // otherwise it was counted before
			r.skip(position, id, reason)
		}
		return
	}
	c := &r.chunk
	if len(c.to) == 0 {
		c.first = position
	}
	c.last = position
	if c.seen[id] {
		c.repeated++
	}
	c.seen[id] = true
	c.to = append(c.to, recipient)
}

// refuse refuses a recipient, or an empty list of them.
func (r *bulkRun[M, T]) refuse(format string, args ...any) error {
	return refuseField(r.ep, recipientsArgument(r.list), r.list, format, args...)
}

// recipientsArgument is the name of the argument that gives the recipients.
func recipientsArgument(list string) string {
	if list == "toGroupId" {
		return "groups"
	}
	return "recipients"
}

// unfit returns why the server would refuse a whole request for this ID.
func (r *bulkRun[M, T]) unfit(id string) error {
	switch {
	case id == "":
		return r.refuse("the ID is empty")
	case r.longest > 0 && len(id) > r.longest:
		return r.refuse("the ID has %d bytes, at most %d are allowed", len(id), r.longest)
	}
	return nil
}

func (r *bulkRun[M, T]) skip(position int64, id string, reason error) {
	r.skipped++
	if r.params.OnSkipped != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.params.OnSkipped(position, id, reason)
	}
}

// take closes the chunk just read.
func (r *bulkRun[M, T]) take() (to []T, open bulkOpen, twice int64) {
	c := &r.chunk
	open = bulkOpen{
		bulkSpan: bulkSpan{Chunk: c.index, LastChunk: c.index, First: c.first, Last: c.last, Recipients: int64(len(c.seen))},
		Digest:   fmt.Sprintf("%016x", r.digest.Sum64()),
	}
	to, twice = c.to, c.repeated
	clear(c.seen)
	*c = bulkReading[T]{index: c.index + 1, seen: c.seen}
	return to, open, twice
}

// begin sends the chunk just read, unless the send being resumed has already done so.
func (r *bulkRun[M, T]) begin() error {
	to, open, twice := r.take()
	fresh := open.Chunk >= r.state.Begun
	if !fresh {
		resend, err := r.shouldResend(&open)
		if err != nil || !resend {
			return err
		}
	}
	waited, err := r.waitForTurn(len(to))
	if err != nil || r.cutShort {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := false
	defer func() {
		if !sent {
			<-r.slots
		}
	}()
	if r.ctx.Err() != nil { // a chunk has stopped the send in the meantime
		r.cutShort = true
		return nil
	}
	if fresh {
		r.state.Begun, r.state.Position, r.state.Digest = open.Chunk+1, r.position, open.Digest
		r.state.Counts.Duplicates += twice
		r.state.Counts.Skipped += r.skipped
		r.skipped = 0
	}
	maybeDone := r.noteBegun(&open)
	defer func() {
		if !sent {
			r.takeBack(open, maybeDone)
		}
	}()
	if err := r.save(); err != nil {
		return err
	}
	sent = true
	r.wait.Go(func() { r.work(to, open, maybeDone, waited) })
	return nil
}

// noteBegun records a chunk as under way, and reports whether it may already have been delivered.
func (r *bulkRun[M, T]) noteBegun(open *bulkOpen) (maybeDone bool) {
	if open.At.IsZero() {
		open.bulkMoment = bulkNow()
	}
	if maybeDone = open.Ended; maybeDone { // it will be counted again
		r.state.Counts.Unknown -= open.Recipients
		r.state.Counts.Chunks--
		open.Ended = false
	}
	r.state.Pending = without(r.state.Pending, open.Chunk)
	r.state.Unknown = append(without(r.state.Unknown, open.Chunk), *open)
	return maybeDone
}

// shouldResend reports whether a chunk begun earlier is to be sent now, and checks that it is the
// same chunk.
func (r *bulkRun[M, T]) shouldResend(open *bulkOpen) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if open.Chunk == r.state.Begun-1 && open.Digest != r.state.Digest {
		return false, r.errForeign("list of recipients")
	}
	is := func(o bulkOpen) bool { return o.Chunk == open.Chunk }
	found, send := bulkOpen{}, false
	if i := slices.IndexFunc(r.state.Pending, is); i >= 0 {
		found, send = r.state.Pending[i], true
		found.bulkMoment = bulkMoment{}
	} else if i := slices.IndexFunc(r.state.Unknown, is); i >= 0 && r.state.Unknown[i].Ended {
		found = r.state.Unknown[i]
		remembered := r.client.core.config.idempotent != nil && found.left() > 0
		send = r.params.ResendUnknown || remembered
		if !remembered {
			found.bulkMoment = bulkMoment{}
		}
	}
	if !send {
		return false, nil
	}
	if found.Digest != open.Digest || found.bulkSpan != open.bulkSpan {
		return false, r.errForeign("list of recipients")
	}
	*open = found
	return true, nil
}

func without(list []bulkOpen, index int64) []bulkOpen {
	return slices.DeleteFunc(list, func(o bulkOpen) bool { return o.Chunk == index })
}

// waitForTurn takes a slot and quota for a request. It holds neither if it fails or the send is cut
// short.
func (r *bulkRun[M, T]) waitForTurn(n int) (waited time.Duration, err error) {
	select {
	case r.slots <- struct{}{}:
	case <-r.ctx.Done():
		r.cutShort = true
		return 0, nil
	}
	if waited, err = r.waitForQuota(n); err == nil {
		return waited, nil
	}
	<-r.slots
	if r.ctx.Err() != nil {
		r.cutShort = true
		return 0, nil //nolint:nilerr // the context's end is reported elsewhere
	}
	return 0, err
}

// waitForQuota also returns how long it waited.
func (r *bulkRun[M, T]) waitForQuota(n int) (time.Duration, error) {
	limiter := r.client.core.config.limiter
	if limiter == nil {
		return 0, r.ctx.Err()
	}
	began := time.Now()
	err := limiter.Wait(r.ctx, QuotaUse{Endpoint: r.ep, Units: n, LowPriority: true})
	waited := time.Since(began)
	r.waited.Add(int64(waited))
	if err != nil {
		return waited, r.failure("waiting for the quota", err)
	}
	return waited, nil
}

// work runs in a request's own goroutine. A panic in it is raised again in the caller's.
func (r *bulkRun[M, T]) work(to []T, open bulkOpen, maybeDone bool, waited time.Duration) {
	defer func() { <-r.slots }()
	settled := false
	defer func() {
		if !settled {
			r.broke(recover())
		}
	}()
	r.deliver(to, open, maybeDone, waited)
	settled = true
}

// broke stops the send after a panic or, if value is nil, a runtime.Goexit.
func (r *bulkRun[M, T]) broke(value any) {
	r.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.panicked == nil {
		r.panicked = &bulkPanic{value}
	}
}

func (p *bulkPanic) raise() {
	if p.value == nil {
		runtime.Goexit()
	}
	panic(p.value)
}

// deliver sends a chunk until its outcome is settled or cannot be. MaybeDone says that an earlier
// request for it may have been carried out; waited is how long it waited for the quota.
func (r *bulkRun[M, T]) deliver(to []T, open bulkOpen, maybeDone bool, waited time.Duration) {
	chunk := r.chunkOf(to, open)
	if err := r.ctx.Err(); err != nil { // and nothing has been sent yet
		r.postpone(chunk, open, maybeDone, err)
		return
	}
	for try := 1; ; try++ {
		if !maybeDone { // RongCloud's minute starts with the first request that may have arrived
			open.bulkMoment = bulkNow()
		}
		err := r.request(chunk, to, open, waited)
		waited = 0
		late := maybeDone && r.guarded() && open.left() == 0 // too late to learn the outcome
		switch {
		case err == nil, maybeDone && r.isDuplicate(err):
			r.ended(chunk, open, BulkOutcomeDelivered, nil)
			return
		case errors.Is(err, ErrOutcomeUnknown):
			maybeDone = true
			if !r.guarded() || open.left() == 0 || !r.pause(try, 0) {
				r.ended(chunk, open, BulkOutcomeUnknown, err)
				return
			}
		case !late && errors.Is(err, ErrRateLimited) && try < bulkRateTries:
			if waited, err = r.waitForRate(try, len(to), err); err != nil {
				r.postpone(chunk, open, maybeDone, err)
				return
			}
		case !late && stopsBulk(err):
			r.postpone(chunk, open, maybeDone, err)
			return
		case maybeDone: // the refusal says nothing about the earlier request
			r.ended(chunk, open, BulkOutcomeUnknown, err)
			return
		default:
			r.ended(chunk, open, BulkOutcomeRefused, err)
			return
		}
	}
}

// stopsBulk reports whether the next chunk would fail in the same way.
func stopsBulk(err error) bool {
	return errors.Is(err, ErrRateLimited) || errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrTransport)
}

func (r *bulkRun[M, T]) chunkOf(to []T, open bulkOpen) *BulkChunk {
	chunk := &BulkChunk{Index: open.Chunk, Recipients: make([]string, len(to))}
	for i, recipient := range to {
		chunk.Recipients[i] = r.id(recipient)
	}
	return chunk
}

// guarded reports whether RongCloud refuses a msgRandom that it has seen.
func (r *bulkRun[M, T]) guarded() bool { return r.client.core.config.idempotent != nil }

// isDuplicate reports whether err refuses a msgRandom that RongCloud has already seen. A response
// that leaves the outcome open, such as a 5xx, does not count.
func (r *bulkRun[M, T]) isDuplicate(err error) bool {
	return r.guarded() && !errors.Is(err, ErrOutcomeUnknown) && errors.Is(err, r.client.core.config.idempotent.DuplicateCode)
}

// request makes one request for a chunk. A guarded one ends while RongCloud still remembers its
// msgRandom.
func (r *bulkRun[M, T]) request(chunk *BulkChunk, to []T, open bulkOpen, waited time.Duration) (err error) {
	ctx, random := r.sendCtx, int64(0)
	if r.guarded() || r.seed != 0 {
		random = chunkRandom(r.state.Seed, open.Chunk)
	}
	if r.guarded() {
		limited, cancel := context.WithTimeout(ctx, open.left())
		defer cancel()
		ctx = limited
	}
	opts := append(slices.Clone(r.opts), callOptionFunc(func(c *callConfig) { c.paid, c.waited, c.lowPriority = true, waited, true }))
	chunk.Sent, err = r.send(ctx, r.to(to, random), opts...)
	return err
}

// chunkRandom derives a chunk's msgRandom, so that a resumed send uses the same one.
func chunkRandom(seed, index int64) int64 {
	x := uint64(seed) + uint64(index+1)*0x9e3779b97f4a7c15 //nolint:gosec // only the bits matter
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return max(1, int64((x^x>>31)>>1))
}

// waitForRate waits after a rate-limited request, and then for the quota again. Its error says why
// there will be no further try.
func (r *bulkRun[M, T]) waitForRate(try, n int, refused error) (waited time.Duration, err error) {
	asked := time.Duration(0)
	var e *Error
	if errors.As(refused, &e) {
		asked = e.RetryAfter
	}
	if !r.pause(try, asked) {
		return 0, r.ctx.Err()
	}
	return r.waitForQuota(n)
}

// pause waits before another try, and reports whether there should be one.
func (r *bulkRun[M, T]) pause(try int, asked time.Duration) bool {
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
