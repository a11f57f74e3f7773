package rongcloud

import (
	"context"
	"io"
	"runtime"
	"time"
)

// boundedBody is the body of a response whose transport is not net/http's own, and so may ignore
// the context and Close. Each operation runs in a goroutine, with its own buffer. When ctx ends,
// the body is closed, and an operation that has not returned a moment later is abandoned.
type boundedBody struct {
	ctx  context.Context
	body io.ReadCloser
	buf  []byte
	stop func() bool   // stops watching for the end of ctx
	over chan struct{} // closed a moment after the end of ctx
	left bool          // a goroutine may still be at work
}

const (
	longestRead = 32 << 10 // maximum bytes of one read
	bodyGrace   = 500 * time.Millisecond
)

func newBoundedBody(ctx context.Context, body io.ReadCloser) *boundedBody {
	b := &boundedBody{ctx: ctx, body: body, over: make(chan struct{})}
	b.stop = context.AfterFunc(ctx, func() {
		time.AfterFunc(bodyGrace, func() { close(b.over) })
		_ = body.Close()
	})
	return b
}

// Read reads, at the latest until a moment after the end of ctx.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left {
		return 0, b.ctx.Err()
	}
	if wanted := min(len(p), longestRead); len(b.buf) < wanted {
		b.buf = make([]byte, wanted)
	}
	buf := b.buf[:min(len(p), len(b.buf))]
	n, err := b.await(func() (int, error) { return b.body.Read(buf) })
	if b.left {
		return 0, err
	}
	return copy(p, buf[:max(0, min(n, len(buf)))]), err
}

// Close closes the body, unless the end of ctx has already closed it.
func (b *boundedBody) Close() error {
	if b.left {
		return nil
	}
	_, err := b.await(func() (int, error) { return 0, b.body.Close() })
	b.stop()
	return err
}

// bodyStep is the outcome of a read or of Close.
type bodyStep struct {
	n        int
	err      error
	returned bool
	panicked any // nil after runtime.Goexit
}

// await runs step in another goroutine. A panic there is raised again here.
func (b *boundedBody) await(step func() (int, error)) (int, error) {
	ended := make(chan bodyStep, 1)
	go func() {
		var s bodyStep
		defer func() {
			if !s.returned {
				s.panicked = recover()
			}
			ended <- s
		}()
		s.n, s.err = step()
		s.returned = true
	}()
	select {
	case <-b.over:
		b.left = true
		return 0, b.ctx.Err()
	case s := <-ended:
		if !s.returned && s.panicked == nil {
			runtime.Goexit()
		}
		if s.panicked != nil {
			panic(s.panicked)
		}
		return s.n, s.err
	}
}
