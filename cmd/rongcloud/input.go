package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxInput is how much is read of a file or of stdin that is taken as a whole: more than any
// request may have, and little enough for a device that never ends.
const maxInput = 64 << 20

// errStdinRead is that stdin is named twice: it can be read once, and would be empty then.
var errStdinRead = errors.New("stdin is named twice, and can be read only once")

// errInterrupted is that Ctrl-C came before anything was done.
var errInterrupted = errors.New("interrupted: nothing was done")

// await reads what may be long in coming, such as stdin. Ctrl-C ends it, though the read itself
// cannot be called off: the program ends with it.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	case r := <-done:
		return r.value, r.err
	}
}

// stdin is stdin for whoever reads all of it.
func (a *app) stdin() (io.Reader, error) {
	if a.inRead {
		return nil, errStdinRead
	}
	a.inRead = true
	return a.in, nil
}

// readFile reads a file, or stdin if the name is a dash.
func (a *app) readFile(ctx context.Context, name string) ([]byte, error) {
	if name != "-" {
		return await(ctx, func() ([]byte, error) {
			file, err := os.Open(name)
			if err != nil {
				return nil, err
			}
			defer func() { _ = file.Close() }()
			return readBounded(file)
		})
	}
	in, err := a.stdin()
	if err != nil {
		return nil, err
	}
	return await(ctx, func() ([]byte, error) { return readBounded(in) })
}

func readBounded(source io.Reader) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.CopyN(&b, source, maxInput+1)
	switch {
	case err == nil:
		return nil, fmt.Errorf("it is longer than %d MiB", maxInput>>20)
	case errors.Is(err, io.EOF):
		err = nil
	}
	return b.Bytes(), err
}
