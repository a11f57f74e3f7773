package rongcloudredis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// errSilent says that Redis did not respond in the time that it is given.
var errSilent = errors.New("no response from Redis in time")

const (
	defaultTimeout = 500 * time.Millisecond

	// longestWhy bounds the search for the cause of a silence.
	longestWhy = 100 * time.Millisecond

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

// why adds to a silence what keeps connections from coming about. A client of go-redis dials again
// and again and keeps to itself what it meets, so one more dial has to tell, which takes no longer
// than longestWhy.
func (l *Limiter) why(err error) error {
	client, ok := l.db.(*redis.Client)
	if !ok || !errors.Is(err, errSilent) {
		return err
	}
	options := client.Options()
	short := requests{min(longestWhy, l.requests.timeout), l.requests.outstanding}
	_, cause := request(context.Background(), short, func(ctx context.Context) (struct{}, error) {
		conn, err := options.Dialer(ctx, options.Network, options.Addr)
		if err == nil {
			_ = conn.Close()
		}
		return struct{}{}, err
	})
	var timeout net.Error
	if cause == nil || errors.Is(cause, errSilent) || errors.As(cause, &timeout) && timeout.Timeout() {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
