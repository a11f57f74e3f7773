package rongcloud

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// Nothing causes a repeat after the minute for which the server remembers a msgRandom.
func TestMinuteOfIdempotentSends(t *testing.T) {
	t.Parallel()
	blocks := func(d time.Duration) Option {
		return WithAttemptHook(func(_ context.Context, a Attempt) {
			if a.Retry {
				time.Sleep(d)
			}
		})
	}
	for _, c := range []struct {
		name     string
		first    step
		opts     []Option
		call     []CallOption
		requests int
		late     bool // refused when the retry was due
	}{
		{name: "in time", first: broken, opts: []Option{WithAttemptTimeout(50 * time.Second)}, requests: 2},
		{name: "an endless attempt", first: broken, opts: []Option{WithAttemptTimeout(math.MaxInt64)}, requests: 1},
		{name: "an endless attempt of one call", first: broken, call: []CallOption{WithAttemptTimeout(math.MaxInt64)}, requests: 1},
		{name: "an attempt of just a minute", first: broken, opts: []Option{WithAttemptTimeout(time.Minute - time.Nanosecond)}, requests: 1},
		{name: "a long wait", first: broken, opts: []Option{WithRetry(RetryPolicy{MinWait: 1, MaxWait: time.Hour})}, requests: 1},
		{
			name: "the server asks for it", first: status(503, "", "Retry-After", "9999999999"),
			opts: []Option{WithRetry(RetryPolicy{MinWait: 1, MaxWait: 50 * time.Second})}, requests: 1,
		},
		{
			name: "wait and attempt together", first: broken,
			opts:     []Option{WithRetry(RetryPolicy{MinWait: 1, MaxWait: 30 * time.Second}), WithAttemptTimeout(31 * time.Second)},
			requests: 1,
		},
		{
			name: "the first attempt takes long", first: slow(40*time.Second, broken),
			opts: []Option{WithAttemptTimeout(41 * time.Second)}, requests: 1,
		},
		{name: "a hook that blocks a little", first: broken, opts: []Option{blocks(10 * time.Second)}, requests: 2},
		{name: "a hook that blocks past the minute", first: broken, opts: []Option{blocks(2 * time.Minute)}, requests: 1, late: true},
		{name: "a hook that leaves too little", first: broken, opts: []Option{blocks(51 * time.Second)}, requests: 1, late: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				opts := append([]Option{WithIdempotentSends(IdempotentSends{DuplicateCode: 4711}), WithRetry(quick(1))}, c.opts...)
				s := newScripted(t, []step{c.first, nil}, opts...)
				err := faultCall(t.Context(), s.Client, "unsafe", c.call...)
				require.Len(t, s.requests, c.requests)
				if c.requests == 2 {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, ErrOutcomeUnknown)
				if c.late {
					require.ErrorIs(t, err, errTooLate)
				}
			})
		})
	}
}

// The minute is over as soon as either clock says so.
func TestMinuteByEitherClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		monotonic, wall time.Duration // since the call began
		want            bool
	}{
		{want: true},
		{monotonic: 30 * time.Second, wall: 30 * time.Second, want: true},
		{monotonic: 51 * time.Second, wall: 51 * time.Second},
		// The machine slept, or the clock was set forward.
		{monotonic: time.Second, wall: 51 * time.Second},
		{monotonic: 51 * time.Second, wall: time.Second},       // set back
		{monotonic: 51 * time.Second, wall: -time.Hour},        // far
		{monotonic: time.Second, wall: -time.Hour, want: true}, // a call that has just begun
		{monotonic: time.Second, wall: 24 * time.Hour},         // ahead
		{monotonic: -time.Second, wall: 51 * time.Second},      // no monotonic clock does so
	} {
		// Not synctest's, which has no monotonic clock.
		call := &call{started: stepped(time.Now().Add(-c.monotonic), c.monotonic-c.wall)}
		call.config.attemptTimeout = 10 * time.Second
		require.Equal(t, c.want, call.inTime(0), "%v %v", c.monotonic, c.wall)
		require.False(t, call.inTime(math.MaxInt64))
		call.config.attemptTimeout = math.MaxInt64
		require.False(t, call.inTime(0))
		require.False(t, call.inTime(math.MaxInt64))
	}
}

// stepped changes the wall clock of t but not its monotonic clock: package time stores seconds
// above 30 bits of nanoseconds.
func stepped(t time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) << 30
	return t
}
