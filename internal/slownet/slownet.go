// Package slownet adds latency between the two ends of a connection, for tests and benchmarks. It
// promises that everything arrives in order and with the delay, and that closing one side closes
// the other.
package slownet

import (
	"net"
	"sync"
	"time"
)

// chunk is the data of one read, and when it arrives. The last one, at the end, may be empty.
type chunk struct {
	at   time.Time
	data []byte
}

// Join copies data between two connections, delayed by delay in each direction, until one of them
// ends. Then it closes both.
func Join(a, b net.Conn, delay time.Duration) {
	var both sync.WaitGroup
	both.Go(func() { carry(a, b, delay) })
	both.Go(func() { carry(b, a, delay) })
	both.Wait()
}

func carry(to, from net.Conn, delay time.Duration) {
	under := make(chan chunk, 1024)
	go func() {
		defer close(under)
		for {
			buf := make([]byte, 16<<10)
			n, err := from.Read(buf)
			under <- chunk{time.Now().Add(delay), buf[:n]}
			if err != nil {
				return
			}
		}
	}()
	for c := range under {
		time.Sleep(time.Until(c.at))
		if len(c.data) == 0 {
			continue
		}
		if _, err := to.Write(c.data); err != nil {
			_ = from.Close()
		}
	}
	_ = to.Close()
}
