package connpool

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var api = &url.URL{Scheme: "https", Host: "example.com"}

// learn tells p which HTTP version the server speaks.
func learn(p *Pool, major int) {
	g := p.Take(context.Background(), time.Now(), api)
	g.Learn(major)
	p.CloseIdleConnections()
	g.Done()
}

func TestRongCloudsRule(t *testing.T) {
	t.Parallel()
	require.Less(t, RongCloud.MaxRequests, int64(80))
	require.Less(t, RongCloud.MaxAge+sweepPause, time.Minute)
	require.Less(t, RongCloud.MaxIdle, 55*time.Second)
	require.Less(t, RongCloud.Longest, RongCloud.MaxAge)
}

func TestLastRequest(t *testing.T) {
	t.Parallel()
	limits := RongCloud
	limits.MaxRequests, limits.Ahead = 3, 1
	p := New(limits, time.Second, nil)
	defer p.CloseIdleConnections()
	conn := &countedConn{generation: p.Take(t.Context(), time.Now(), api)}
	require.False(t, LastRequest(conn))
	require.False(t, LastRequest(tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12})), "counted through TLS")
	require.True(t, LastRequest(conn))
	foreign, other := net.Pipe()
	defer func() { require.NoError(t, errors.Join(foreign.Close(), other.Close())) }()
	require.False(t, LastRequest(foreign))
}

func TestWritten(t *testing.T) {
	t.Parallel()
	p := New(RongCloud, time.Second, nil)
	defer p.CloseIdleConnections()
	foreign, other := net.Pipe()
	defer func() { require.NoError(t, errors.Join(foreign.Close(), other.Close())) }()
	conn := &countedConn{Conn: foreign, generation: p.Take(t.Context(), time.Now(), api)}
	require.Zero(t, Written(conn))
	go func() { _, _ = io.CopyN(io.Discard, other, 3) }()
	n, err := conn.Write([]byte("abc"))
	require.NoError(t, err)
	require.EqualValues(t, n, Written(tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12})), "counted under TLS")
	require.EqualValues(t, -1, Written(foreign))
	require.EqualValues(t, -1, Written(nil))
}

// When requests get a new HTTP/2 generation, one opens the connection and the others wait, but not
// forever.
func TestOneRequestOpensASharedConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(RongCloud, time.Second, nil)
		learn(p, 2)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		took := func(ctx context.Context) time.Duration {
			begin := time.Now()
			require.NotNil(t, p.Take(ctx, begin, api))
			return time.Since(begin)
		}
		begin := time.Now()
		first := p.Take(ctx, begin, api)
		require.Zero(t, time.Since(begin), "the first does not wait")
		require.Equal(t, longestAwait, took(ctx), "the connection hangs")
		hurried, stop := context.WithTimeout(ctx, time.Millisecond)
		defer stop()
		require.Equal(t, time.Millisecond, took(hurried), "its time is up")
		first.Done()
		require.Zero(t, took(ctx), "the connection failed")

		first.retire()
		second := p.Take(ctx, time.Now(), api)
		require.NotSame(t, first, second)
		LastRequest(&countedConn{generation: second})
		require.Zero(t, took(ctx), "the connection is there")

		learn(p, 1)
		require.NotSame(t, second, p.Take(ctx, time.Now(), api), "a server of HTTP/1.1 gets a generation for it")
		require.Zero(t, took(ctx), "where nobody waits")
	})
}

// A stream has no deadline, and is not put on a connection that will be retired soon.
func TestNoDeadlineTakesYoungConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(RongCloud, time.Second, nil)
		defer p.CloseIdleConnections()
		start := time.Now()
		first := p.Take(t.Context(), start, api)
		again := p.Take(t.Context(), start.Add(RongCloud.MaxAge-RongCloud.Longest), api)
		require.Same(t, first, again)
		next := p.Take(t.Context(), start.Add(RongCloud.MaxAge-RongCloud.Longest+1), api)
		require.NotSame(t, first, next)
		for _, g := range []*Generation{first, again, next} {
			g.Done()
		}
	})
}
