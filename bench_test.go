package rongcloud_test

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

// benchMembers is a call with a large response: the members of a large group.
func benchMembers(n int) benchOp {
	type member struct {
		ID string `json:"id"`
	}
	type response struct {
		Code  int      `json:"code"`
		Users []member `json:"users"`
	}
	large := response{Code: 200}
	for _, user := range benchUsers(n) {
		large.Users = append(large.Users, member{user})
	}
	text, err := json.Marshal(large)
	if err != nil {
		panic(err)
	}
	return benchOp{
		name:   fmt.Sprintf("members%d", n),
		answer: text,
		floor: func(ctx context.Context, f *floor) error {
			var out response
			return f.post(ctx, "/group/user/query.json", url.Values{"groupId": {"group-0001"}}, &out)
		},
		sdk: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.ListMembers(ctx, "group-0001")
			return err
		},
	}
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
		sdk: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Register(ctx, rongcloud.RegisterParams{
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
		sdk: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
				From: "user-0000", To: to, Content: rongcloud.TextMessage{Content: "hello, how are you?"}, PushContent: "hello",
			})
			return err
		},
	}
}

// A benchCase is one call in one mode, which all clients make.
type benchCase struct {
	op      benchOp
	network benchNetwork
	callers int // 1, or 64 on two processors
}

// benchClients make the same calls: the floor, the floor with RongCloud's rule for connections, and
// the SDK.
var benchClients = []string{"floor", "floor80", "sdk"}

func (c benchCase) run(b *testing.B) {
	mode := "sequential"
	if c.callers > 1 {
		mode = "parallel64"
	}
	for _, client := range benchClients {
		b.Run("mode="+mode+"/client="+client, func(b *testing.B) { c.runClient(b, client) })
	}
}

// BenchmarkCall compares calls over plain HTTP, without network delay: the cost of the clients
// themselves.
func BenchmarkCall(b *testing.B) {
	for _, op := range benchOps() {
		b.Run("op="+op.name, func(b *testing.B) {
			benchCase{op: op, callers: 1}.run(b)
			benchCase{op: op, callers: 64}.run(b)
		})
	}
	large := benchMembers(10_000)
	b.Run("op="+large.name, benchCase{op: large, callers: 1}.run)
}

// BenchmarkTLS compares the same call over TLS, with and without network delay, over HTTP/1.1 and
// HTTP/2.
func BenchmarkTLS(b *testing.B) {
	op := benchPrivate("private1", 1)
	for _, http := range []int{1, 2} {
		for _, rtt := range []time.Duration{0, 10 * time.Millisecond} {
			b.Run(fmt.Sprintf("http=%d/rtt=%dms", http, rtt.Milliseconds()), func(b *testing.B) {
				network := benchNetwork{http: http, rtt: rtt}
				benchCase{op: op, network: network, callers: 1}.run(b)
				benchCase{op: op, network: network, callers: 64}.run(b)
			})
		}
	}
}

// benchWarm is how many calls are made before a long measurement, so that all the connections it
// needs are already open.
const benchWarm = 2000

func (c benchCase) runClient(b *testing.B, client string) {
	server, settings := c.network.listen(b, c.op.answer)
	call := c.op.caller(b, client, server, settings)
	ctx := b.Context()
	require.NoError(b, call(ctx)) // connect, and fill the caches
	b.ReportAllocs()
	if c.callers == 1 {
		took := make([]time.Duration, 0, 1<<14)
		cpu := benchCPU()
		for b.Loop() {
			begin := time.Now()
			if err := call(ctx); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begin))
		}
		c.report(b, benchCPU()-cpu, took)
		return
	}
	if b.N >= benchWarm {
		c.share(b, benchWarm, call)
	}
	b.ResetTimer()
	cpu := benchCPU()
	took := c.share(b, b.N, call)
	b.StopTimer()
	c.report(b, benchCPU()-cpu, took)
}

// share lets the callers make n calls together, and returns how long each took.
func (c benchCase) share(b *testing.B, n int, call func(ctx context.Context) error) []time.Duration {
	took := make([]time.Duration, n)
	var next atomic.Int64
	var callers sync.WaitGroup
	for range c.callers {
		callers.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				begin := time.Now()
				if err := call(b.Context()); err != nil {
					b.Error(err)
					return
				}
				took[i-1] = time.Since(begin)
			}
		})
	}
	callers.Wait()
	return took
}

// report adds the processor time per call, including the server's, and the 99th percentile of the
// calls' durations.
func (c benchCase) report(b *testing.B, cpu time.Duration, took []time.Duration) {
	if cpu > 0 {
		b.ReportMetric(float64(cpu)/float64(len(took)), "cpu-ns/op")
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
}

// caller returns a function that makes the call.
func (op benchOp) caller(b *testing.B, client, server string, settings *tls.Config) func(ctx context.Context) error {
	if client == "sdk" {
		opts := []rongcloud.Option{rongcloud.WithBaseURL(server)}
		if settings != nil {
			opts = append(opts, rongcloud.WithTLSConfig(settings))
		}
		c, err := rongcloud.New(benchKey, benchSecret, opts...)
		require.NoError(b, err)
		b.Cleanup(c.CloseIdleConnections)
		return func(ctx context.Context) error { return op.sdk(ctx, c) }
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 128
	if settings != nil {
		transport.TLSClientConfig = settings.Clone()
		transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	b.Cleanup(transport.CloseIdleConnections)
	var base http.RoundTripper = transport
	if client == "floor80" {
		keeper := &ruleKeeper{current: transport, counts: map[net.Conn]int{}}
		b.Cleanup(keeper.close)
		base = keeper
	}
	f := &floor{client: &http.Client{Transport: base, Timeout: 10 * time.Second}, baseURL: server, secret: benchSecret}
	return func(ctx context.Context) error { return op.floor(ctx, f) }
}
