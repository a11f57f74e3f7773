package rongcloud_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/internal/slownet"
)

// benchNetwork is the network between the clients and the server.
type benchNetwork struct {
	http int           // the HTTP version over TLS; 0 means without TLS
	rtt  time.Duration // round-trip time
}

// listen starts a server that answers every request with the same bytes, and returns its address
// and TLS settings that trust it. Without HTTP/2 it does not allocate for a request, so that the
// benchmark measures only the clients, and understands just enough HTTP for all of them.
func (n benchNetwork) listen(b *testing.B, answer []byte) (string, *tls.Config) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { _ = listener.Close() })
	address := listener.Addr().String()
	if n.rtt > 0 {
		address = n.distance(b, address)
	}
	if n.http == 0 {
		go acceptBench(listener, answer)
		return "http://" + address, nil
	}
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	settings := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: certified.TLS.Certificates}
	if n.http == 1 {
		settings.NextProtos = []string{"http/1.1"}
		go acceptBench(tls.NewListener(listener, settings), answer)
	} else {
		serveBench2(b, listener, settings, answer)
	}
	return "https://" + address, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// distance returns the address of a proxy that delays the traffic to the server.
func (n benchNetwork) distance(b *testing.B, server string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				time.Sleep(n.rtt) // TCP's own handshake
				far, err := net.Dial("tcp", server)
				if err != nil {
					_ = near.Close()
					return
				}
				slownet.Join(near, far, n.rtt/2)
			}()
		}
	}()
	return listener.Addr().String()
}

// serveBench2 serves HTTP/2.
func serveBench2(b *testing.B, listener net.Listener, settings *tls.Config, answer []byte) {
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header()["Content-Type"] = []string{"application/json"}
			_, _ = w.Write(answer)
		}),
		TLSConfig: settings, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
	}
	b.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.ServeTLS(listener, "", "") }()
}

// acceptBench serves HTTP/1.1.
func acceptBench(listener net.Listener, answer []byte) {
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(answer)) + "\r\n"
	keep := []byte(head + "\r\n" + string(answer))
	last := []byte(head + "Connection: close\r\n\r\n" + string(answer))
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go serveBench(conn, keep, last)
	}
}

func serveBench(conn net.Conn, keep, last []byte) {
	defer conn.Close()
	buf := make([]byte, 64<<10)
	filled := 0
	for {
		n, err := conn.Read(buf[filled:])
		if err != nil {
			return
		}
		filled += n
		end := bytes.Index(buf[:filled], []byte("\r\n\r\n"))
		if end < 0 {
			continue
		}
		length := 0
		if _, rest, ok := bytes.Cut(buf[:end], []byte("Content-Length: ")); ok {
			for _, c := range rest {
				if c < '0' || c > '9' {
					break
				}
				length = 10*length + int(c-'0')
			}
		}
		if filled < end+4+length {
			continue
		}
		answer, closing := keep, bytes.Contains(buf[:end], []byte("Connection: close"))
		if closing {
			answer = last
		}
		if _, err := conn.Write(answer); err != nil || closing {
			return
		}
		filled = 0
	}
}

// ruleKeeper is how a hand-written floor keeps RongCloud's rule of fewer than 80 requests per
// connection. Over HTTP/1.1, the last request of a connection closes it. Over HTTP/2, where
// requests share a connection, every 75 requests get their own transport.
type ruleKeeper struct {
	mu       sync.Mutex
	current  *http.Transport
	requests int
	counts   map[net.Conn]int // HTTP/1.1
	http2    bool
	old      []*http.Transport
}

const ruleRequests = 75

// RoundTrip makes one request.
func (k *ruleKeeper) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.counts[info.Conn]++; !k.http2 && k.counts[info.Conn] == ruleRequests {
			req.Header.Set("Connection", "close")
			delete(k.counts, info.Conn)
		}
	}}))
	resp, err := k.take().RoundTrip(req)
	if err == nil && resp.ProtoMajor == 2 {
		k.mu.Lock()
		k.http2 = true
		k.mu.Unlock()
	}
	return resp, err
}

func (k *ruleKeeper) take() *http.Transport {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests++
	if k.http2 && k.requests%ruleRequests == 0 {
		k.old = append(k.old, k.current)
		clear(k.counts)
		time.AfterFunc(time.Second, k.current.CloseIdleConnections)
		k.current = k.current.Clone()
	}
	return k.current
}

// close closes idle connections.
func (k *ruleKeeper) close() {
	for _, transport := range append(k.old, k.current) {
		transport.CloseIdleConnections()
	}
}
