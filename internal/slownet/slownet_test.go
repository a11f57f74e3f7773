package slownet

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Data written on one side arrives on the other, in order and delayed, and so does the end.
func TestJoin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const delay = 10 * time.Millisecond
		client, near := net.Pipe()
		far, server := net.Pipe()
		joined := make(chan time.Time, 1)
		go func() { Join(near, far, delay); joined <- time.Now() }()

		begin := time.Now()
		go func() {
			_, _ = io.WriteString(client, "first ")
			_, _ = io.WriteString(client, "second")
		}()
		got := make([]byte, len("first second"))
		_, err := io.ReadFull(server, got)
		require.NoError(t, err)
		require.Equal(t, "first second", string(got))
		require.Equal(t, delay, time.Since(begin))

		begin = time.Now()
		long := strings.Repeat("x", 1<<20) // more than is in flight at once
		go func() { _, _ = io.WriteString(server, long); _ = server.Close() }()
		back, err := io.ReadAll(client)
		require.NoError(t, err)
		require.Equal(t, long, string(back))
		require.Equal(t, delay, time.Since(begin))
		require.Equal(t, 2*delay, (<-joined).Sub(begin)) // the other direction has ended too
	})
}
