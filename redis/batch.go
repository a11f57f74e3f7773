package rongcloudredis

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud"
)

//go:embed take.lua
var takeSource string

// takeScript documents in its source what it does, its arguments and its results.
var takeScript = redis.NewScript(takeSource)

const (
	// windowSlots is the number of slots of a window: a use counts for up to one slot longer than
	// the limit's period.
	windowSlots = 256

	// These are the same as in the limiter of package rongcloud.
	longestPaced = time.Minute
	spareShare   = 100
	shortestSlow = 10 * time.Second
	longestStop  = time.Minute
)

// batch is one run of the script: what all calls of a line wait for, and what must be reported to
// Redis.
type batch struct {
	keys     []string
	limits   []batchLimit
	restores []restore
	refunds  []refund
	runs     []run
	more     bool // more calls are waiting that did not fit
}

// batchLimit is a limit as passed to the script.
type batchLimit struct {
	rongcloud.QuotaLimit
	burst   float64
	known   string // maker of its hash
	refused time.Duration
}

// restore re-enters a use that this process remembers.
type restore struct {
	limit, units int
	age          time.Duration
	low          bool
	of           *recordedUse
}

// refund refunds what an abandoned call took.
type refund struct {
	limit rongcloud.QuotaLimit
	slot  int64
	units int // of the window
	paid  int // of the pace
	low   bool
}

// run is a sequence of similar calls.
type run struct {
	calls  []*caller
	kind   string
	limits []int // index in the batch of each limit of the calls
}

// runResult is the script's result for a run.
type runResult struct {
	granted       int
	retryIn, wait time.Duration
	first         bool // the first limit holds back the next call
	paid          []int
}

// limitState is the script's result for a limit.
type limitState struct {
	slot   int64
	factor float64
	maker  string
}

type scriptResult struct {
	vanished []int // limits whose hash is gone; then nothing was done
	limits   []limitState
	runs     []runResult
}

// limit adds a limit to the batch, and returns its index.
func (a *batch) limit(key string, limit rongcloud.QuotaLimit, since time.Duration) (at int, added bool) {
	if at = slices.Index(a.keys, key); at >= 0 {
		return at, false
	}
	a.keys = append(a.keys, key)
	a.limits = append(a.limits, batchLimit{QuotaLimit: limit, burst: burst(limit, since), refused: -1})
	return len(a.keys) - 1, true
}

// interval returns how many microseconds apart the pace puts units; 0 if the whole limit may be
// used at once.
func interval(limit rongcloud.QuotaLimit) float64 {
	if limit.Per > longestPaced {
		return 0
	}
	return micros(limit.Per) / float64(limit.Limit-limit.Limit/spareShare)
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// burst returns how many units may go at once: a few, plus those that became free since the line
// last sent a batch. So the round trip to Redis loses no throughput, and after a pause little more
// than the pace allows goes at once.
func burst(limit rongcloud.QuotaLimit, since time.Duration) float64 {
	cameIn := float64(limit.Limit) * float64(since) / float64(limit.Per)
	return max(float64(limit.Limit/spareShare), min(2+1.5*cameIn, 2+float64(limit.Limit)/2))
}

// arguments returns the arguments of the script.
func (a *batch) arguments(maker string, once bool) []any {
	args := make([]any, 0, 8+10*len(a.limits)+8*len(a.runs))
	add := func(values ...any) { args = append(args, values...) }
	add(maker, flag(once))
	for _, l := range a.limits {
		per := max(1, l.Per.Microseconds())
		refused := int64(-1)
		if l.refused >= 0 {
			refused = l.refused.Microseconds()
		}
		add(l.Limit, max(1, per/windowSlots), windowSlots, per, strconv.FormatFloat(interval(l.QuotaLimit), 'g', -1, 64), strconv.FormatFloat(l.burst, 'f', 3, 64),
			l.known, refused, max(shortestSlow, l.Per).Microseconds())
	}
	add(len(a.restores))
	for _, r := range a.restores {
		add(r.limit+1, r.age.Microseconds(), r.units, flag(r.low))
	}
	add(len(a.refunds))
	for _, b := range a.refunds {
		add(slices.IndexFunc(a.limits, func(l batchLimit) bool { return l.Key == b.limit.Key })+1, b.slot, b.units, flag(b.low), b.paid)
	}
	add(len(a.runs))
	for _, r := range a.runs {
		head := r.calls[0]
		add(r.kind, flag(head.onlyAsks), len(r.calls), len(r.limits))
		for i, at := range r.limits {
			add(at+1, head.limits[i].Units, head.paid[i])
		}
	}
	return args
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// put runs the script in Redis.
func (l *Limiter) put(a *batch) (*scriptResult, error) {
	keys, once := a.keys, len(a.refunds)+len(a.restores) > 0
	id := newID()
	if once { // a client retries requests without a response
		keys = append(slices.Clone(keys), l.key("once:"+id))
	}
	args := a.arguments(id, once)
	values, err := request(context.Background(), l.requests, func(ctx context.Context) ([]any, error) {
		return takeScript.Run(ctx, l.db, keys, args...).Slice()
	})
	if err != nil {
		return nil, err
	}
	return a.read(values)
}

var errRepeated = errors.New("the response was lost on its way")

// read decodes the script's result.
func (a *batch) read(values []any) (*scriptResult, error) {
	r := reader{}
	word := r.text(values, 0)
	switch {
	case word == "vanished":
		var result scriptResult
		for _, v := range r.list(values, 1) {
			at, _ := v.(int64)
			if at < 1 || int(at) > len(a.limits) {
				return nil, errUnexpected
			}
			result.vanished = append(result.vanished, int(at-1))
		}
		return &result, nil
	case word == "repeated":
		return nil, errRepeated
	case word != "ok":
		return nil, errUnexpected
	}
	result := &scriptResult{}
	for _, v := range r.list(values, 1) {
		s, _ := v.([]any)
		result.limits = append(result.limits, limitState{r.number(s, 0), float64(r.number(s, 1)) / 1000, r.text(s, 2)})
	}
	for i, v := range r.list(values, 2) {
		s, _ := v.([]any)
		next := runResult{granted: int(r.number(s, 0)), retryIn: r.span(s, 1), wait: r.span(s, 2), first: r.number(s, 3) == 1}
		for j := 4; j < len(s); j++ {
			next.paid = append(next.paid, int(r.number(s, j)))
		}
		if i >= len(a.runs) || next.granted < 0 || next.granted > len(a.runs[i].calls) || len(next.paid) != len(a.runs[i].limits) {
			return nil, errUnexpected
		}
		result.runs = append(result.runs, next)
	}
	if r.failed || len(result.limits) != len(a.limits) || len(result.runs) != len(a.runs) {
		return nil, errUnexpected
	}
	return result, nil
}

var errUnexpected = errors.New("the script returned something unexpected")

// reader takes values from a reply, and records if one is missing.
type reader struct{ failed bool }

func (r *reader) list(values []any, i int) []any { return pick[[]any](r, values, i) }
func (r *reader) text(values []any, i int) string {
	return pick[string](r, values, i)
}
func (r *reader) number(values []any, i int) int64 { return pick[int64](r, values, i) }

func (r *reader) span(values []any, i int) time.Duration {
	return time.Duration(min(r.number(values, i), int64(1)<<53)) * time.Microsecond
}

func pick[T any](r *reader, values []any, i int) T {
	if i < len(values) {
		if v, ok := values[i].(T); ok {
			return v
		}
	}
	r.failed = true
	return *new(T)
}
