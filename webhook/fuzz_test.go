package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// seeds are the samples of the catalogue and one body of each kind.
func seeds(f *testing.F) []string {
	f.Helper()
	var bodies []string
	for name, body := range catalogueSamples(f) {
		if !strings.HasSuffix(name, " answer") {
			bodies = append(bodies, body)
		}
	}
	for _, kind := range webhooktest.Kinds() {
		_, body, err := testApp.Encode(webhooktest.Sample(kind))
		require.NoError(f, err)
		bodies = append(bodies, string(body))
	}
	return bodies
}

// FuzzForwardedFor looks for a header by which a client could choose its own address.
func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"", "39.105.128.42", "39.105.128.42:80, ", "[::1%a]:1", "10.0.0.1,,10.0.0.2", "unknown"} {
		f.Add(seed)
	}
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, written string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", nil)
		require.NoError(t, err)
		r.RemoteAddr = "10.0.0.1:1"
		// the proxies' part comes last
		r.Header["X-Forwarded-For"] = []string{written, "203.0.113.7, 10.0.0.2"}
		require.Equal(t, "203.0.113.7", webhook.ForwardedFor(proxies)(r).String())
		r.Header["X-Forwarded-For"] = []string{written}
		addr := webhook.ForwardedFor(proxies)(r)
		require.False(t, addr.Is4In6() || addr.Zone() != "")
	})
}

// FuzzVerifyQuery compares the verification of a query with one that reads the query with net/url.
func FuzzVerifyQuery(f *testing.F) {
	good := "appKey=test-key&nonce=1234567890&timestamp=1700000000000&signature=8412d2a2e2bd25260da45037caec8d483c1f6413"
	f.Add(good)
	f.Add(strings.Replace(good, "timestamp", "signTimestamp", 1))
	f.Add(strings.ToUpper(good))
	f.Add(good + "&nonce=1")
	f.Add("nonce=123456789&timestamp=01700000000000&signature=8412d2a2e2bd25260da45037caec8d483c1f6413")
	f.Add("%zz&;=&&a=%20+")
	now := webhook.WithClock(func() time.Time { return time.UnixMilli(1700000000000) })
	f.Fuzz(func(t *testing.T, query string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", nil)
		require.NoError(t, err)
		r.URL.RawQuery = query
		err = webhook.Verify(r, testSecret, now)
		requireRefusal(t, err)
		if err == nil {
			require.True(t, genuine(r.URL.Query()), query)
		}
	})
}

// genuine reports, in the simplest possible way, whether values are signed and current.
func genuine(values url.Values) bool {
	nonce, timestamp := values.Get("nonce"), values.Get("timestamp")
	if timestamp == "" {
		timestamp = values.Get("signTimestamp")
	}
	if !strings.EqualFold(rongcloud.Sign(testSecret, nonce, timestamp), values.Get("signature")) {
		return false
	}
	n, err := strconv.ParseInt(timestamp, 10, 64)
	if len(timestamp) <= 10 {
		n *= 1000
	}
	return err == nil && n >= 1700000000000-600000 && n <= 1700000000000+600000
}

func requireRefusal(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var refused *webhook.Error
	require.ErrorAs(t, err, &refused)
	require.NotContains(t, err.Error(), testSecret)
}

// FuzzVerifyHeaders does the same with headers.
func FuzzVerifyHeaders(f *testing.F) {
	const signature = "8412d2a2e2bd25260da45037caec8d483c1f6413"
	f.Add("RC-", "test-key", "1234567890", "1700000000000", signature)
	f.Add("", "test-key", "1234567890", "1700000000000", signature)
	f.Add("", "", "", "", "")
	f.Add("rc-", "", "123456789", "01700000000000", signature)
	now := webhook.WithClock(func() time.Time { return time.UnixMilli(1700000000000) })
	f.Fuzz(func(t *testing.T, prefix, key, nonce, timestamp, signature string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", nil)
		require.NoError(t, err)
		for name, value := range map[string]string{"App-Key": key, "Nonce": nonce, "Timestamp": timestamp, "Signature": signature} {
			r.Header.Set(prefix+name, value)
		}
		err = webhook.Verify(r, testSecret, now)
		requireRefusal(t, err)
		if err == nil {
			require.True(t, genuine(url.Values{"nonce": {nonce}, "timestamp": {timestamp}, "signature": {signature}}))
		}
	})
}

// FuzzDecode lets every decoder read any body through the handler: it must not panic, must respond
// accordingly, and must lose nothing.
func FuzzDecode(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(body)
	}
	f.Add(`{"profiles":"[{\"groupId\":\"g\",\"eventType\":1}]"}`)
	f.Add(`[{"userid":1e3,"status":"1","os":null,"time":"1e99"}]`)
	f.Add(strings.Repeat(`{"profiles":`, 100))
	f.Add(strings.Repeat(`[`, 1000))
	f.Add("groupUserIds=[&groupUserIds=%5B%22&toUserIds=,,,")
	quiet := slog.New(slog.DiscardHandler)
	h, err := webhook.NewHandler(testSecret, webhook.WithLogger(quiet))
	require.NoError(f, err)
	h.OnUnknown(func(context.Context, *webhook.Unknown) error { return nil })
	kinds := append(webhooktest.Kinds(), "")
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range kinds {
			opts := []webhook.Option{}
			if kind != "" {
				opts = append(opts, webhook.WithKind(kind))
			}
			r := request(t, sampleType(body), body)
			callback, err := webhook.Parse(r, testSecret, opts...)
			if err != nil { // a body that names another app
				requireRefusal(t, err)
				continue
			}
			require.Equal(t, body, string(callback.Body))
			require.LessOrEqual(t, len(callback.Events), len(body)/8+1)
			for _, e := range callback.Events {
				require.Equal(t, callback.Kind, e.Kind())
				if content, ok := e.(interface {
					Content() (rongcloud.MessageContent, error)
				}); ok {
					_, _ = content.Content()
				}
			}
			if kind != "" {
				answer := webhooktest.Serve(h.For(kind), request(t, sampleType(body), body))
				require.Equal(t, http.StatusOK, answer.Status)
			}
		}
	})
}

// FuzzRoundTrip encodes what was read and expects to read the same again.
func FuzzRoundTrip(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		first, err := webhook.Parse(request(t, sampleType(body), body), testSecret)
		if err != nil || !utf8.ValidString(body) || first.Kind == webhook.KindUnknown || len(first.Events) == 0 {
			return
		}
		contentType, text, err := testApp.Encode(plain(t, first.Events[0]))
		require.NoError(t, err)
		if !utf8.Valid(text) || strings.Contains(string(text), `\ufffd`) { // JSON cannot carry it
			return
		}
		second, err := webhook.Parse(request(t, contentType, string(text)), testSecret, webhook.WithKind(first.Kind))
		require.NoError(t, err)
		require.Len(t, second.Events, 1, string(text))
		if _, ok := second.Events[0].(*webhook.Unknown); ok {
			t.Fatalf("%s was not read again: %s", first.Kind, text)
		}
		_, again, err := testApp.Encode(plain(t, second.Events[0]))
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

// FuzzContent reads message bodies of every type.
func FuzzContent(f *testing.F) {
	for _, name := range []string{"RC:TxtMsg", "RC:ImgMsg", "RC:ReferenceMsg", "RC:CombineV2Msg", "RC:CmdMsg", "RC:RcCmd", "app:own"} {
		f.Add(name, `{"content":"hello","user":{"id":"u1"},"extra":"{}"}`)
		f.Add(name, `{"referMsg":{"content":"x"},"objName":"RC:TxtMsg"}`)
	}
	f.Fuzz(func(t *testing.T, name, body string) {
		m := &webhook.Message{ObjectName: name, Body: body}
		content, err := m.Content()
		require.NotNil(t, content)
		if err != nil {
			require.Equal(t, rongcloud.RawContent{Name: name, Body: body}, content)
		}
	})
}

// FuzzBody reads bodies within the limits, compressed and not.
func FuzzBody(f *testing.F) {
	f.Add([]byte(statusBody), "")
	f.Add([]byte(statusBody), "gzip")
	var buf bytes.Buffer
	buf.Write(gzipped(f, bytes.Repeat([]byte("x"), 100_000)))
	f.Add(buf.Bytes(), "gzip")
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		const limit = 50_000
		r := request(t, jsonType, "")
		withBody(r, body)
		r.Header.Set("Content-Encoding", encoding)
		callback, err := webhook.Parse(r, testSecret, webhook.WithMaxBody(limit))
		requireRefusal(t, err)
		if err == nil {
			require.LessOrEqual(t, len(callback.Body), limit)
		}
		if errors.Is(err, webhook.ErrTooLarge) {
			_, err := io.ReadAll(r.Body)
			require.NoError(t, err)
		}
	})
}
