// Package slownet puts distance between the two ends of a connection, for tests and benchmarks. It
// promises that everything arrives, in order and so late, and that the end of one side is the end
// of the other.
package slownet

import (
	"net"
	"sync"
	"time"
)

// chunk is what was read at once, and when it arrives. The last one, of the end, may be empty.
type chunk struct {
	at   time.Time
	data []byte
}

// Join carries what comes from one connection to the other, each way late by delay, until one of
// them ends. Both are closed then.
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
