package rongcloud_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// The benchmarks compare the SDK with a floor: the net/http call that a careful backend engineer
// would write by hand, against the same server in the same run. See docs/performance.md.

// floor is a hand-written client: signed, with a timeout and a bounded read, and without retries,
// fail-over or checks.
type floor struct {
	client  *http.Client
	baseURL string
	secret  string
}

func (f *floor) post(ctx context.Context, path string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.baseURL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	nonce := strconv.FormatInt(rand.Int64(), 10)[:10]
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	sum := sha1.Sum([]byte(f.secret + nonce + timestamp))
	req.Header.Set("App-Key", benchKey)
	req.Header.Set("Nonce", nonce)
	req.Header.Set("Timestamp", timestamp)
	req.Header.Set("Signature", hex.EncodeToString(sum[:]))
	req.Header.Set("X-Request-ID", fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()))
	req.Header.Set("User-Agent", "floor/1.0")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.Unmarshal(body, out)
}

const (
	benchKey    = "bench-key"
	benchSecret = "bench-secret"
)

type benchOp struct {
	name   string
	answer []byte
	floor  func(ctx context.Context, f *floor) error
	sdk    func(ctx context.Context, c *rongcloud.Client) error
}

func benchUsers(n int) []string {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf("user-%04d", i)
	}
	return users
}

func benchOps() []benchOp {
	return []benchOp{benchGetToken(), benchPrivate("private1", 1), benchPrivate("private100", 100)}
}

func benchGetToken() benchOp {
	return benchOp{
		name:   "getToken",
		answer: []byte(`{"code":200,"userId":"user-0001","token":"kXoyUa2jyiDNI0MNmPShzKuvMDd2LEPS@ur4a.sg.rongnav.com;ur4a.sg.rongcfg.com"}`),
		floor: func(ctx context.Context, f *floor) error {
			var out struct {
				Code   int    `json:"code"`
				UserID string `json:"userId"`
				Token  string `json:"token"`
			}
			form := url.Values{}
			form.Set("userId", "user-0001")
			form.Set("name", "Ann Example")
			form.Set("portraitUri", "https://example.com/ann.png")
			return f.post(ctx, "/user/getToken.json", form, &out)
		},
		sdk: func(ctx context.Context, c *rongcloud.Client) error {
			_, err := c.User.Register(ctx, rongcloud.RegisterParams{
				UserID: "user-0001", Name: "Ann Example", PortraitURL: "https://example.com/ann.png",
			})
			return err
		},
	}
}

func benchPrivate(name string, n int) benchOp {
	to := benchUsers(n)
	type uid struct {
		UserID     string `json:"userId"`
		MessageUID string `json:"messageUID"`
	}
	type answer struct {
		Code        int   `json:"code"`
		MessageUIDs []uid `json:"messageUIDs"`
	}
	sent := answer{Code: 200}
	for _, user := range to {
		sent.MessageUIDs = append(sent.MessageUIDs, uid{user, "CBQC-8UGE-N6CA-" + user})
	}
	text, err := json.Marshal(sent)
	if err != nil {
		panic(err)
	}
	return benchOp{
		name:   name,
		answer: text,
		floor: func(ctx context.Context, f *floor) error {
			content, err := json.Marshal(struct {
				Content string `json:"content"`
			}{"hello, how are you?"})
			if err != nil {
				return err
			}
			form := url.Values{}
			form.Set("fromUserId", "user-0000")
			for _, user := range to {
				form.Add("toUserId", user)
			}
			form.Set("objectName", "RC:TxtMsg")
			form.Set("content", string(content))
			form.Set("pushContent", "hello")
			var out answer
			return f.post(ctx, "/message/private/publish.json", form, &out)
		},
		sdk: func(ctx context.Context, c *rongcloud.Client) error {
			_, err := c.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
				From: "user-0000", To: to, Content: rongcloud.TextMessage{Content: "hello, how are you?"}, PushContent: "hello",
			})
			return err
		},
	}
}

func BenchmarkCall(b *testing.B) {
	for _, op := range benchOps() {
		for _, mode := range []string{"sequential", "parallel64"} {
			for _, client := range []string{"floor", "sdk"} {
				b.Run(fmt.Sprintf("op=%s/mode=%s/client=%s", op.name, mode, client), func(b *testing.B) {
					benchCall(b, op, mode, client)
				})
			}
		}
	}
}

func benchCall(b *testing.B, op benchOp, mode, client string) {
	server := newBenchServer(b, op.answer)
	var call func(ctx context.Context) error
	if client == "floor" {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 128
		f := &floor{&http.Client{Transport: transport, Timeout: 10 * time.Second}, server, benchSecret}
		b.Cleanup(transport.CloseIdleConnections)
		call = func(ctx context.Context) error { return op.floor(ctx, f) }
	} else {
		c, err := rongcloud.New(benchKey, benchSecret, rongcloud.WithBaseURL(server))
		require.NoError(b, err)
		b.Cleanup(c.CloseIdleConnections)
		call = func(ctx context.Context) error { return op.sdk(ctx, c) }
	}
	ctx := b.Context()
	require.NoError(b, call(ctx)) // connected, and its caches filled
	b.ReportAllocs()
	if mode == "sequential" {
		for b.Loop() {
			if err := call(ctx); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(64 / 2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := call(ctx); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// newBenchServer answers every request with the same bytes and allocates nothing for it, so that
// what is measured is the clients. It understands just enough HTTP for both of them.
func newBenchServer(b *testing.B, answer []byte) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { _ = listener.Close() })
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(answer)) + "\r\n"
	keep := []byte(head + "\r\n" + string(answer))
	last := []byte(head + "Connection: close\r\n\r\n" + string(answer))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveBench(conn, keep, last)
		}
	}()
	return "http://" + listener.Addr().String()
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
