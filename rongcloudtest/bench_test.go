package rongcloudtest_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// fixed returns the same body for every request.
type fixed string

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(string(f))), ContentLength: int64(len(f)), Request: r,
	}, nil
}

// BenchmarkGetToken compares the in-process server with a transport that does nothing: the
// difference is what the server costs.
func BenchmarkGetToken(b *testing.B) {
	srv := rongcloudtest.NewServer(b, rongcloudtest.WithoutSocket())
	for _, c := range []struct {
		name      string
		transport http.RoundTripper
	}{
		{"client=bare", fixed(`{"code":200,"userId":"u1","token":"test-token-1-u1"}`)},
		{"client=rongcloudtest", srv.Transport()},
	} {
		b.Run(c.name, func(b *testing.B) {
			client := srv.Client(rongcloud.WithHTTPClient(&http.Client{Transport: c.transport}))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.User.Register(b.Context(), rongcloud.RegisterParams{UserID: "u1", Name: "Ann"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoopback lets 64 clients call over sockets at the same time. It fails at the first
// error, and if the server's memory grows with the number of calls once its rings are full. For
// the figure in docs/performance.md, use -benchtime 200000x.
func BenchmarkLoopback(b *testing.B) {
	const callers = 64
	srv := rongcloudtest.NewServer(b, rongcloudtest.WithHistory(1000))
	var done atomic.Int64
	half := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	heap := func() float64 { return float64(heapInUse()) / (1 << 20) }
	var middle float64
	wg.Go(func() {
		<-half
		middle = heap()
	})
	total := int64(b.N)
	b.ResetTimer()
	for range callers {
		client := srv.Client()
		wg.Go(func() {
			for {
				n := done.Add(1)
				if n > total {
					once.Do(func() { close(half) })
					return
				}
				if n == total/2 {
					once.Do(func() { close(half) })
				}
				if err := send(client); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	end := heap()
	b.ReportMetric(end, "MiB-heap")
	b.ReportMetric(end-middle, "MiB-grown")
	const most = 8 // what a different timing of garbage collections may cause
	if total >= 20_000 && end-middle > most {
		b.Errorf("the heap grew by %.1f MiB in the second half of %d calls", end-middle, total)
	}
}

// BenchmarkLargeMessages sends messages of 100 KB over a socket. It fails if the server then keeps
// more than its budget. The gate uses -benchtime 15000x, which is 1.5 GB.
func BenchmarkLargeMessages(b *testing.B) {
	content := rongcloud.TextMessage{Content: strings.Repeat("x", 100<<10)}
	keepBudget(b, rongcloudtest.NewServer(b), func(int) rongcloud.PrivateMessage {
		return rongcloud.PrivateMessage{From: "a", To: []string{"b"}, Content: content}
	})
}

// BenchmarkRecipients sends each message to 1000 new users. The gate uses -benchtime 1000x, which
// is a million users.
func BenchmarkRecipients(b *testing.B) {
	content := rongcloud.TextMessage{Content: "hello"}
	keepBudget(b, rongcloudtest.NewServer(b, rongcloudtest.WithoutSocket()), func(n int) rongcloud.PrivateMessage {
		message := rongcloud.PrivateMessage{From: "a", To: make([]string, 1000), Content: content}
		for i := range message.To {
			message.To[i] = fmt.Sprintf("user-%d-%d", n, i)
		}
		return message
	})
}

// keepBudget sends messages, and fails if the server then keeps more than its budget.
func keepBudget(b *testing.B, srv *rongcloudtest.Server, message func(n int) rongcloud.PrivateMessage) {
	b.Helper()
	client := srv.Client()
	before, n := heapInUse(), 0
	for b.Loop() {
		if _, err := client.Message.SendPrivate(b.Context(), message(n)); err != nil {
			b.Fatal(err)
		}
		n++
	}
	grown := heapInUse() - before
	b.ReportMetric(float64(grown)/(1<<20), "MiB-kept")
	b.ReportMetric(float64(len(srv.Sent())), "messages-kept")
	if limit := int64(rongcloudtest.DefaultMemory + 16<<20); grown > limit {
		b.Fatalf("the server keeps %d bytes, more than %d", grown, limit)
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
