package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxInput bounds files and stdin that are read as a whole. It allows for any request, and stops
// reading a device such as /dev/zero, which never ends.
const maxInput = 64 << 20

// errStdinRead is returned if a command line names stdin twice. The second read would find it
// empty.
var errStdinRead = errors.New("stdin is named twice, and can be read only once")

// errUTF16 is returned for input in UTF-16.
var errUTF16 = errors.New("it is UTF-16: save it as UTF-8")

// errInterrupted is returned if Ctrl-C interrupts the reading of input.
var errInterrupted = errors.New("interrupted: nothing was done")

// await calls a function that may block, such as a read of stdin, and returns errInterrupted on
// Ctrl-C. A blocked read cannot be cancelled: its goroutine stays until the program ends.
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

// stdin returns stdin to the first caller, who reads all of it, and errStdinRead to others.
func (a *app) stdin() (io.Reader, error) {
	if a.inRead {
		return nil, errStdinRead
	}
	a.inRead = true
	return a.in, nil
}

// readFile reads a text file, or stdin if the name is a dash.
func (a *app) readFile(ctx context.Context, name string) ([]byte, error) {
	if name != "-" {
		return readNamed(ctx, name)
	}
	in, err := a.stdin()
	if err != nil {
		return nil, err
	}
	return await(ctx, func() ([]byte, error) { return readBounded(in) })
}

// readNamed reads a text file, a pipe or a device.
func readNamed(ctx context.Context, name string) ([]byte, error) {
	return await(ctx, func() ([]byte, error) {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		return readBounded(file)
	})
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
	if err != nil {
		return nil, err
	}
	return plainText(b.Bytes())
}

// plainText removes the byte order mark that editors on Windows write before a text. It returns an
// error for UTF-16, which they also write.
func plainText(text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errUTF16
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}
