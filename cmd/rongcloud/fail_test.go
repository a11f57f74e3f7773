package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// brokenPipe returns the error that both a closed pipe and a broken connection return.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

func TestBrokenConnectionIsAnError(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	a := newApp(strings.NewReader(""), brokenPipe{}, &said, func(string) string { return "" })
	_, err := brokenPipe{}.Write(nil)
	require.Equal(t, exitRefused, a.end(fmt.Errorf("POST /user/info.json: %w", err)), "a broken connection is an error")
	require.Contains(t, said.String(), "broken pipe")
	said.Reset()
	require.ErrorContains(t, unprinted("the call was carried out", err), "cannot be printed")
	require.Equal(t, exitDone, a.end(a.line("hello", "hello")), "a closed stdout is not an error")
	require.Empty(t, said.String())
}

// Only failed calls of the API get a hint at doctor. Errors about files do not.
func TestHintAtDoctor(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	require.Contains(t, hintFor(&rongcloud.Error{Endpoint: endpoint.UserInfo, Err: broken}), "doctor")
	require.Empty(t, hintFor(&rongcloud.Error{Host: "files.example.com", Err: broken}))
	require.Empty(t, hintFor(fmt.Errorf("log.zip: %w", &rongcloud.Error{Err: broken})))
	require.Empty(t, hintFor(&os.PathError{Op: "open", Path: "log.zip", Err: broken}))
}
