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
		{"in time", broken, []Option{WithAttemptTimeout(50 * time.Second)}, nil, 2, false},
		{"an endless attempt", broken, []Option{WithAttemptTimeout(math.MaxInt64)}, nil, 1, false},
		{"an endless attempt of one call", broken, nil, []CallOption{WithAttemptTimeout(math.MaxInt64)}, 1, false},
		{"an attempt of just a minute", broken, []Option{WithAttemptTimeout(time.Minute - time.Nanosecond)}, nil, 1, false},
		{"a long wait", broken, []Option{WithRetry(RetryPolicy{MinWait: 1, MaxWait: time.Hour})}, nil, 1, false},
		{"the server asks for it", status(503, "", "Retry-After", "9999999999"), []Option{WithRetry(RetryPolicy{MinWait: 1, MaxWait: 50 * time.Second})}, nil, 1, false},
		{"wait and attempt together", broken, []Option{WithRetry(RetryPolicy{MinWait: 1, MaxWait: 30 * time.Second}), WithAttemptTimeout(31 * time.Second)}, nil, 1, false},
		{"the first attempt takes long", slow(40*time.Second, broken), []Option{WithAttemptTimeout(41 * time.Second)}, nil, 1, false},
		{"a hook that blocks a little", broken, []Option{blocks(10 * time.Second)}, nil, 2, false},
		{"a hook that blocks past the minute", broken, []Option{blocks(2 * time.Minute)}, nil, 1, true},
		{"a hook that leaves too little", broken, []Option{blocks(51 * time.Second)}, nil, 1, true},
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
		{0, 0, true},
		{30 * time.Second, 30 * time.Second, true},
		{51 * time.Second, 51 * time.Second, false},
		{time.Second, 51 * time.Second, false},  // the machine slept, or the clock was set forward
		{51 * time.Second, time.Second, false},  // set back
		{51 * time.Second, -time.Hour, false},   // far
		{time.Second, -time.Hour, true},         // a call that has just begun
		{time.Second, 24 * time.Hour, false},    // ahead
		{-time.Second, 51 * time.Second, false}, // no monotonic clock does so
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
