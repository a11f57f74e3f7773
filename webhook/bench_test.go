package webhook_test

import (
	"context"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// benchMessage is a typical routed message.
func benchMessage() *webhook.Message {
	return &webhook.Message{
		From: "user-0001", TargetID: "user-0002", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg",
		Body:       `{"content":"hello, how are you?","user":{"id":"user-0001","name":"Ann Example","portrait":"https://example.com/ann.png"},"extra":""}`,
		MessageUID: "596E-P5PG-4FS2-7OJK", SentAt: time.UnixMilli(1700000000000), Platform: webhook.PlatformIOS,
	}
}

// text is what the floor decodes the body of a message into.
type text struct {
	Content string `json:"content"`
	User    struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Portrait string `json:"portrait"`
	} `json:"user"`
	Extra string `json:"extra"`
}

// floor is the minimum that any receiver must do, written by hand: ParseForm, a constant-time
// check of the SHA-1, and one JSON decode.
func floor(r *http.Request, secret string) (url.Values, *text, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return nil, nil, err
	}
	query := r.URL.Query() // not Form, where fields of the body come first
	sum := sha1.Sum([]byte(secret + query.Get("nonce") + query.Get("timestamp")))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(query.Get("signature"))) != 1 {
		return nil, nil, errors.New("forged")
	}
	if _, err := strconv.ParseInt(query.Get("timestamp"), 10, 64); err != nil {
		return nil, nil, err
	}
	var content text
	if err := json.Unmarshal([]byte(r.PostForm.Get("content")), &content); err != nil {
		return nil, nil, err
	}
	return r.PostForm, &content, nil
}

func decodeContent(_ context.Context, m *webhook.Message) error {
	_, err := m.Content()
	return err
}

// BenchmarkParse compares verification and parsing with the least that any receiver must do. All
// but the benchmark called envelope decode the body of the message.
func BenchmarkParse(b *testing.B) {
	template, err := testApp.Request(b.Context(), "http://localhost/callbacks", benchMessage())
	require.NoError(b, err)
	body, err := io.ReadAll(template.Body)
	require.NoError(b, err)
	h, _ := newHandler(b)
	run := func(name string, do func(r *http.Request) error) {
		b.Run("receiver="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := *template
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				if err := do(&r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("floor", func(r *http.Request) error {
		_, _, err := floor(r, testSecret)
		return err
	})
	run("envelope", func(r *http.Request) error {
		_, err := h.Parse(r)
		return err
	})
	run("webhook", func(r *http.Request) error {
		callback, err := h.Parse(r)
		if err != nil {
			return err
		}
		_, err = callback.Events[0].(*webhook.Message).Content()
		return err
	})
	run("function", func(r *http.Request) error {
		callback, err := webhook.Parse(r, testSecret)
		if err != nil {
			return err
		}
		_, err = callback.Events[0].(*webhook.Message).Content()
		return err
	})
	var signed []string // one signature per request
	for range 1 << 14 {
		r, err := testApp.Request(b.Context(), "http://localhost/callbacks", benchMessage())
		require.NoError(b, err)
		signed = append(signed, r.URL.RawQuery)
	}
	n := 0
	run("handler", func(r *http.Request) error { // replay check, function and response as well
		if n%len(signed) == 0 {
			h, _ = newHandler(b)
			h.OnMessage(decodeContent)
		}
		target := *r.URL
		target.RawQuery = signed[n%len(signed)]
		r.URL = &target
		n++
		if status := webhooktest.Serve(h, r).Status; status != http.StatusOK {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
}

// BenchmarkPost posts routed messages from 64 clients over loopback.
func BenchmarkPost(b *testing.B) {
	h, _ := newHandler(b)
	h.OnMessage(decodeContent)
	queued, _ := newHandler(b, webhook.WithQueue(webhook.NewMemoryQueue(1<<20), 8))
	queued.OnMessage(decodeContent)
	queued.Start()
	b.Cleanup(func() { require.NoError(b, queued.Shutdown(context.Background())) })
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := floor(r, testSecret); err != nil {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	_, body, err := testApp.Encode(benchMessage())
	require.NoError(b, err)
	for _, receiver := range []struct {
		name    string
		handler http.Handler
	}{{"floor", bare}, {"webhook", h}, {"async", queued}} {
		b.Run("receiver="+receiver.name+"/parallel=64", func(b *testing.B) {
			srv := httptest.NewServer(receiver.handler)
			defer srv.Close()
			transport := &http.Transport{MaxIdleConnsPerHost: 64}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			var n atomic.Int64
			b.SetParallelism(64 / 2)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					nonce, timestamp := strconv.FormatInt(n.Add(1), 10), strconv.FormatInt(time.Now().UnixMilli(), 10)
					target := srv.URL + "/?appKey=" + testKey + "&nonce=" + nonce + "&timestamp=" + timestamp + "&signature=" + rongcloud.Sign(testSecret, nonce, timestamp)
					resp, err := client.Post(target, formType, strings.NewReader(string(body)))
					if err != nil {
						b.Error(err)
						return
					}
					_ = resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						b.Errorf("status %d", resp.StatusCode)
						return
					}
				}
			})
		})
	}
}
