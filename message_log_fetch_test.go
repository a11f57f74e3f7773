package rongcloud

import (
	"context"
	"errors"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestMsgLogAddresses(t *testing.T) {
	t.Parallel()
	bases := []string{"http://127.0.0.1:8686", "https://api.example.net"}
	hosts := []string{"files.example.com", "Cdn.Example.org:8443", ""}
	for _, address := range []string{
		"https://rongcloud.cn/a.zip", "https://log.rongcloud.io/a", "https://api.rong-api.com/", "https://x.y.sg-light-api.com:443/a?key=1", "https://US-Light-API.com",
		"http://127.0.0.1:8686/log.zip", "https://API.example.net/log.zip",
		"https://files.example.com/a", "https://a.FILES.example.com:443/a", "https://cdn.example.org:8443/a",
	} {
		got, err := checkLogURL(address, hosts, bases)
		require.NoError(t, err, address)
		require.Equal(t, address, got.String())
	}
	for address, reason := range map[string]string{
		"http://rongcloud.cn/secret": "not https", "ftp://rongcloud.cn/secret": "not https", "//rongcloud.cn/secret": "not https",
		"https:///secret": "not a URL with a host", "https://:443/secret": "not a URL with a host", "https:secret": "not a URL with a host",
		"secret": "not a URL with a host", "https://rong\x7fcloud.cn/secret": "not a URL with a host",
		"https://secret:secret@rongcloud.cn/": "user or password", "https://rongcloud.cn@example.com/secret": "user or password",
		"https://example.com/secret": `"example.com"`, "https://evilrongcloud.cn/secret": `"evilrongcloud.cn"`, "https://rongcloud.cn.example.com/secret": "neither",
		"https://rongcloud.cn:8443/secret": "neither", "https://files.example.com:8443/secret": "neither", "https://cdn.example.org/secret": "neither",
		"https://a.cdn.example.org:8443/secret": "neither", "https://example.org/secret": "neither", "https://127.0.0.1/secret": "neither", "https://[::1]/secret": "neither",
		"https://127.0.0.1:8686/secret": "neither", "http://127.0.0.1:8687/secret": "not https", "http://api.example.net/secret": "not https",
		"http://secret:secret@127.0.0.1:8686/": "not https", "https://log.api.example.net/secret": "neither", "https://com/secret": "neither", "https://rongcloud.cn./secret": "neither",
	} {
		_, err := checkLogURL(address, hosts, bases)
		require.ErrorContains(t, err, reason, address)
		require.NotContains(t, err.Error(), "secret", "the rest of the address may be a key")
		var failure *Error
		require.ErrorAs(t, err, &failure)
		require.True(t, strings.HasPrefix(failure.Error(), "rongcloud: message log"), failure)
	}
}

// logStore is a storage service over TLS, and a client of an app whose logs are stored there.
type logStore struct {
	*httptest.Server
	requests atomic.Int32
	client   *Client
	folder   string
	download MessageLogDownloadParams
}

// splitTransport sends API calls to one transport and everything else to another.
type splitTransport struct{ api, files http.RoundTripper }

func (s splitTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "api.example.com" {
		return s.api.RoundTrip(r)
	}
	return s.files.RoundTrip(r)
}

func newLogStore(t *testing.T, serve http.HandlerFunc, opts ...Option) *logStore {
	t.Helper()
	s := &logStore{folder: t.TempDir()}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		serve(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	api := httpmock.NewMockTransport()
	api.RegisterNoResponder(httpmock.NewStringResponder(200, `{"code":200,"url":"`+s.URL+`/secret.zip?key=secret","date":"2026010208"}`))
	opts = append([]Option{
		WithHTTPClient(&http.Client{Transport: splitTransport{api, s.Client().Transport}, Jar: nil}), WithBaseURL("https://api.example.com"),
		WithoutRetries(), WithUserAgent("test/1"),
	}, opts...)
	client, err := New("key", "secret", opts...)
	require.NoError(t, err)
	s.client = client
	s.download = MessageLogDownloadParams{Hour: contentTime, Hosts: []string{s.Listener.Addr().String()}, TempDir: s.folder}
	return s
}

// empty checks that no file is left behind.
func (s *logStore) empty(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(s.folder)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestMsgLogDownloads(t *testing.T) {
	t.Parallel()
	data := zipOf(t, zipFile{name: "a", text: logLine("1") + "\nbroken\n" + logLine("3"), method: 8}, zipFile{name: "b", text: logLine("4")})
	var headers []http.Header
	store := newLogStore(t, func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, r.Header)
		if r.Method != http.MethodGet || r.URL.String() != "/secret.zip?key=secret" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	})
	all := store.client.Message.Log.Download(t.Context(), store.download)
	require.Zero(t, store.requests.Load(), "nothing is fetched before it is needed")
	for range 2 {
		uids, lines, err := readLog(t, all)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "3", "4"}, uids)
		require.Len(t, lines, 1)
		store.empty(t)
	}
	for _, header := range headers {
		require.Equal(t, "rongcloud-go/"+Version+" test/1", header.Get("User-Agent"))
		header.Del("User-Agent")
		header.Del("Accept-Encoding") // net/http's own
		require.Empty(t, header, "nothing of the client may reach the store")
	}
	for range all {
		require.Len(t, mustRead(t, store.folder), 1, "it is on disk while it is read")
		break
	}
	store.empty(t)
}

func mustRead(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	return entries
}

// A panic in the loop leaves no file behind either.
func TestMsgLogDownloadPanics(t *testing.T) {
	t.Parallel()
	store := newLogStore(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(zipOf(t, zipFile{name: "a", text: logLine("1"), method: 8}))
	})
	require.Panics(t, func() {
		for range store.client.Message.Log.Download(t.Context(), store.download) {
			panic("the loop")
		}
	})
	store.empty(t)
}

func TestMsgLogDownloadFails(t *testing.T) {
	t.Parallel()
	data := zipOf(t, zipFile{name: "a", text: logLine("1")})
	size := int64(len(data))
	whole := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data) }
	piecewise := func(w http.ResponseWriter, _ *http.Request) { // without Content-Length
		for _, b := range data {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
		}
	}
	for _, c := range []struct {
		name   string
		serve  http.HandlerFunc
		limits MessageLogLimits
		status int
		reason string
	}{
		{name: "as long as it may be", serve: whole, limits: MessageLogLimits{FileBytes: size}},
		{name: "as long as it may be, without a length", serve: piecewise, limits: MessageLogLimits{FileBytes: size}},
		{name: "the largest bounds", serve: whole, limits: MessageLogLimits{math.MaxInt64, math.MaxInt64, math.MaxInt}},
		{name: "too long", serve: whole, limits: MessageLogLimits{FileBytes: size - 1}, status: 200, reason: errLogFileTooLong.Error()},
		{
			name: "too long, without a length", serve: piecewise, limits: MessageLogLimits{FileBytes: size - 1}, status: 200,
			reason: errLogFileTooLong.Error(),
		},
		{name: "not there", serve: http.NotFound, limits: MessageLogLimits{}, status: 404, reason: "not available"},
		{
			name: "a server's mistake", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			limits: MessageLogLimits{}, status: 503, reason: "not available",
		},
		{
			name: "partial content", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206) },
			limits: MessageLogLimits{}, status: 206, reason: "not available",
		},
		{name: "a redirect", serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/secret", http.StatusFound)
		}, limits: MessageLogLimits{}, status: 302, reason: `redirected to "elsewhere.example"`},
		{name: "a file cut short", serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
			_, _ = w.Write(data[:size/2])
		}, limits: MessageLogLimits{}, status: 200, reason: "unexpected EOF"},
		{
			name: "no answer", serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			limits: MessageLogLimits{}, reason: "EOF",
		},
		{
			name: "a page", serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
			limits: MessageLogLimits{}, reason: "not a valid zip file",
		},
		{name: "an empty file", serve: func(http.ResponseWriter, *http.Request) {}, limits: MessageLogLimits{}, reason: "not a valid zip file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := newLogStore(t, c.serve)
			store.download.Limits = c.limits
			uids, _, err := readLog(t, store.client.Message.Log.Download(t.Context(), store.download))
			store.empty(t)
			require.EqualValues(t, 1, store.requests.Load(), "it is not followed and not repeated")
			if c.reason == "" {
				require.NoError(t, err)
				require.Equal(t, []string{"1"}, uids)
				return
			}
			require.Empty(t, uids)
			require.ErrorContains(t, err, c.reason)
			require.NotContains(t, err.Error(), "secret")
			var failure *Error
			require.ErrorAs(t, err, &failure)
			require.Nil(t, failure.Endpoint)
			require.ErrorContains(t, failure, "rongcloud: message log at "+store.Listener.Addr().String()+": ")
			require.Equal(t, c.status, failure.HTTPStatus)
		})
	}
}

// The attempt timeout limits silence, not the download.
func TestMsgLogDownloadSilence(t *testing.T) {
	t.Parallel()
	data := zipOf(t, zipFile{name: "a", text: logLine("1")})
	release := make(chan struct{})
	store := newLogStore(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(data[:10])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	_, _, err := readLog(t, store.client.Message.Log.Download(t.Context(), store.download, WithAttemptTimeout(50*time.Millisecond)))
	require.ErrorContains(t, err, "no response within 50ms")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
	store.empty(t)

	ctx, cancel := context.WithCancel(t.Context())
	slow := newLogStore(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(data[:10])
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	})
	_, _, err = readLog(t, slow.client.Message.Log.Download(ctx, slow.download))
	require.ErrorIs(t, err, context.Canceled)
	slow.empty(t)
}

// The certificate of the file's host is checked like any other.
func TestMsgLogDownloadKeepsTLS(t *testing.T) {
	t.Parallel()
	store := newLogStore(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
	transport := store.client.core.config.httpClient.Transport.(splitTransport)
	untrusting := &http.Transport{}
	defer untrusting.CloseIdleConnections()
	client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: splitTransport{transport.api, untrusting}}),
		WithBaseURL("https://api.example.com"), WithoutRetries())
	require.NoError(t, err)
	_, _, err = readLog(t, client.Message.Log.Download(t.Context(), store.download))
	require.ErrorContains(t, err, "certificate")
	require.Zero(t, store.requests.Load())
	store.empty(t)
}

// A transport that wraps its errors does not reveal more of the address than others.
func TestMsgLogDownloadHidesAddress(t *testing.T) {
	t.Parallel()
	api := httpmock.NewMockTransport()
	api.RegisterNoResponder(httpmock.NewStringResponder(200, `{"code":200,"url":"https://log.rongcloud.cn/secret.zip"}`))
	files := httpmock.NewMockTransport()
	cause := errors.New("the cause")
	files.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: cause}
	})
	client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: splitTransport{api, files}}), WithBaseURL("https://api.example.com"))
	require.NoError(t, err)
	_, _, err = readLog(t, client.Message.Log.Download(t.Context(), MessageLogDownloadParams{Hour: contentTime, TempDir: t.TempDir()}))
	require.ErrorIs(t, err, cause)
	require.NotContains(t, err.Error(), "secret")
}

// The client's own transport is used if there is one, and the default one if the caller's client
// has none.
func TestMsgLogTransports(t *testing.T) {
	t.Parallel()
	own, err := New("key", "secret")
	require.NoError(t, err)
	require.Equal(t, http.RoundTripper(own.core.pool.Base), own.core.transport())
	bare, err := New("key", "secret", WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
	require.Equal(t, http.DefaultTransport, bare.core.transport())
}

func TestMsgLogDownloadsNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for answer, reason := range map[string]string{
		`{"code":200,"url":"","date":"2026010208"}`: "",
		`{"code":200}`:  "",
		`{"code":1009}`: "1009",
		`{"code":200,"url":"https://files.example/secret.zip"}`: "neither RongCloud's nor in Hosts",
		`{"code":200,"url":"http://log.rongcloud.cn/secret"}`:   "not https",
	} {
		client, wire := msgAnswer(t, answer)
		uids, _, err := readLog(t, client.Message.Log.Download(t.Context(), MessageLogDownloadParams{Hour: contentTime, TempDir: folder}))
		require.Empty(t, uids)
		require.Len(t, wire.requests, 1, "nothing but the question where the log is")
		if reason == "" {
			require.NoError(t, err, answer)
			continue
		}
		require.ErrorContains(t, err, reason, answer)
		require.NotContains(t, err.Error(), "secret")
	}

	client, _ := msgAnswer(t, `{"code":200,"url":"https://log.rongcloud.cn/secret"}`)
	_, _, err := readLog(t, client.Message.Log.Download(t.Context(), MessageLogDownloadParams{Hour: contentTime, TempDir: folder + "/none"}))
	require.ErrorIs(t, err, os.ErrNotExist)

	store := newLogStore(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = readLog(t, store.client.Message.Log.Download(ctx, store.download))
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, store.requests.Load())
	_, _, err = readLog(t, store.client.Message.Log.Download(t.Context(), store.download, nil))
	var argument *ArgumentError
	require.ErrorAs(t, err, &argument)
	require.NotContains(t, err.Error(), "secret")
}

// A download may take longer than the attempt timeout, provided it is not silent for that long.
func TestMsgLogDownloadOutlivesTheAttemptsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pieces := 0
		body := readerFunc(func(p []byte) (int, error) {
			time.Sleep(2 * time.Second)
			if pieces++; pieces > 10 {
				return 0, io.EOF
			}
			p[0] = 'x'
			return 1, nil
		})
		transport := roundTripper(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(contextBody{req.Context(), body})}, nil
		})
		client, err := New("k", "s", WithHTTPClient(&http.Client{Transport: transport}))
		require.NoError(t, err)
		address := &url.URL{Scheme: "https", Host: "store.example", Path: "/log.zip"}
		size, err := client.core.fetchFile(t.Context(), address, io.Discard, 100, []CallOption{WithAttemptTimeout(3 * time.Second)})
		require.NoError(t, err)
		require.EqualValues(t, 10, size)
	})
}
