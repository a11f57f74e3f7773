package rongcloudredis

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// slowLink starts a loopback proxy in front of a Redis, which delays all bytes in each direction.
func slowLink(t testing.TB, address string, delay time.Duration) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wait sync.WaitGroup
	ended, end := context.WithCancel(context.Background())
	t.Cleanup(func() {
		end()
		_ = listener.Close()
		wait.Wait()
	})
	wait.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", address)
			if err != nil {
				_ = near.Close()
				continue
			}
			context.AfterFunc(ended, func() { _, _ = near.Close(), far.Close() })
			wait.Go(func() { carry(far, near, delay) })
			wait.Go(func() { carry(near, far, delay) })
		}
	})
	return listener.Addr().String()
}

func carry(to, from net.Conn, delay time.Duration) {
	type piece struct {
		due  time.Time
		data []byte
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer func() { _ = to.Close() }()
		for p := range pieces {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.data)
		}
	}()
	defer close(pieces)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		pieces <- piece{time.Now().Add(delay), append([]byte(nil), buffer[:n]...)}
	}
}

// BenchmarkDistance reports how much of a quota 64 callers of one process use at a distance from
// Redis, and the most calls within a quota's period by the process's clock.
func BenchmarkDistance(b *testing.B) {
	for _, c := range []struct {
		away  time.Duration
		limit int
	}{{5 * time.Millisecond, 200}, {time.Millisecond, 4000}, {120 * time.Millisecond, 100}} {
		b.Run(fmt.Sprintf("%v/%d", c.away, c.limit), func(b *testing.B) {
			server := startRedis(b)
			db := redis.NewClient(&redis.Options{Addr: slowLink(b, server.address, c.away/2)})
			b.Cleanup(func() { _ = db.Close() })
			part, most := 0.0, 0
			for b.Loop() {
				if err := db.FlushAll(b.Context()).Err(); err != nil {
					b.Fatal(err)
				}
				at := underLoad(b, db, c.limit)
				part += used(at, c.limit)
				most = max(most, busiest(at))
			}
			b.ReportMetric(100*part/float64(b.N), "%quota")
			b.ReportMetric(float64(most), "most/s")
		})
	}
}

const loaded = 5 * time.Second

// underLoad lets 64 callers use a quota per second, and returns when the calls were let through.
func underLoad(b *testing.B, db *redis.Client, limit int) []time.Duration {
	l, err := NewLimiter(db, LimiterConfig{AppKey: "k", Quotas: quotas(limit, time.Second), Timeout: 5 * time.Second})
	require.NoError(b, err)
	defer l.Close()
	ctx, stop := context.WithTimeout(b.Context(), loaded)
	defer stop()
	var mu sync.Mutex
	var at []time.Duration
	var wait sync.WaitGroup
	begin := time.Now()
	for range 64 {
		wait.Go(func() {
			for l.Wait(ctx, units(private, 1)) == nil {
				mu.Lock()
				at = append(at, time.Since(begin))
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return at
}

// used returns the fraction of the quota that was used after the first second.
func used(at []time.Duration, limit int) float64 {
	n := 0
	for _, d := range at {
		if d >= time.Second {
			n++
		}
	}
	return float64(n) / (float64(limit) * (loaded - time.Second).Seconds())
}

// busiest returns the most calls within one second.
func busiest(at []time.Duration) int {
	most, first := 0, 0
	for i := range at {
		for at[i]-at[first] >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
