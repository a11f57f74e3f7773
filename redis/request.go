package rongcloudredis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// errSilent says that Redis did not respond in time.
var errSilent = errors.New("no response from Redis in time")

const (
	defaultTimeout = 500 * time.Millisecond

	// longestWhy limits the search for the cause of a missing response.
	longestWhy = 100 * time.Millisecond

	// mostOutstanding limits the requests that Redis has not responded to although their time is
	// over.
	mostOutstanding = 64
)

// requests makes requests to Redis, each with its own timeout. A go-redis client respects a
// context's deadline only if configured to, and has its own retries and timeouts for dialing,
// reading and waiting for a connection. So each request is made in a goroutine, which ends when
// the client returns.
type requests struct {
	timeout     time.Duration
	outstanding chan struct{}
}

func newRequests(timeout time.Duration) requests {
	return requests{timeout, make(chan struct{}, mostOutstanding)}
}

// request makes one request. It returns when Redis has responded, its time is over, or ctx is
// done, whichever comes first.
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
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout)
		defer cancel()
		value, err := do(bounded)
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

// withDialError adds the reason why connections fail to an error about a missing response. A
// go-redis client keeps dialing without reporting errors, so withDialError makes one more dial,
// which takes no longer than longestWhy.
func (l *Limiter) withDialError(err error) error {
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
