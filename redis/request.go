package rongcloudredis

import (
	"context"
	"errors"
	"time"
)

// errSilent says that Redis did not respond in the time that it is given.
var errSilent = errors.New("no response from Redis in time")

const (
	defaultTimeout = 500 * time.Millisecond

	// mostOutstanding bounds the requests that Redis has not responded to although their time is
	// over.
	mostOutstanding = 64
)

// requests makes requests of Redis, each of which has a time of its own. A client of go-redis heeds
// a context's deadline only if it was told to, and then has retries and timeouts for dialing,
// reading and waiting for a connection. So each request is made in a goroutine, which ends when the
// client lets go of it.
type requests struct {
	timeout     time.Duration
	outstanding chan struct{}
}

func newRequests(timeout time.Duration) requests {
	return requests{timeout, make(chan struct{}, mostOutstanding)}
}

// request makes one request. It returns when Redis has responded, its time is over, or ctx is done,
// whatever comes first.
func request[T any](ctx context.Context, r requests, do func(context.Context) (T, error)) (T, error) {
	type response struct {
		value T
		err   error
	}
	var none T
	late := time.NewTimer(r.timeout)
	defer late.Stop()
	select {
	case r.outstanding <- struct{}{}:
	case <-late.C:
		return none, errSilent
	case <-ctx.Done():
		return none, ctx.Err()
	}
	done := make(chan response, 1)
	go func() {
		defer func() { <-r.outstanding }()
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout)
		defer cancel()
		value, err := do(own)
		done <- response{value, err}
	}()
	select {
	case response := <-done:
		return response.value, response.err
	case <-late.C:
		return none, errSilent
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
