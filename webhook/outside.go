package webhook

import (
	"context"
	"errors"
)

var errGoexit = errors.New("the function ended its goroutine: runtime.Goexit, which t.FailNow and require call")

// callSafely calls a function in its own goroutine, so that neither a panic nor runtime.Goexit ends
// the caller's.
func callSafely(function func() error) error {
	_, err := callOutside(context.Background(), nil, nil, func() (none struct{}, err error) { return none, function() })
	return err
}

// callOutside calls a store or a queue that may be the app's own. It may panic, end its goroutine,
// or ignore its context, and is then abandoned; a shutdown waits for it, if count is set. The
// stores of this package do none of that, and are called directly.
func callOutside[T any](ctx context.Context, count *running, callee any, call func() (T, error)) (T, error) {
	switch callee.(type) {
	case *MemoryNonceStore, *MemoryQueue:
		return call()
	}
	type outcome struct {
		value T
		err   error
	}
	ended := make(chan outcome, 1)
	if count != nil {
		count.add()
	}
	go func() {
		out := outcome{err: errGoexit}
		defer func() {
			ended <- out
			if count != nil {
				count.leave()
			}
		}()
		defer catch(&out.err)
		out.value, out.err = call()
	}()
	select {
	case out := <-ended:
		return out.value, out.err
	case <-ctx.Done():
	}
	select {
	case out := <-ended:
		return out.value, out.err
	default:
		var none T
		return none, ctx.Err()
	}
}
