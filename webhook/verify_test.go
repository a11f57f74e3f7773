package webhook_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const auditBody = `{"result":10000,"msgUID":"1","serviceProvider":"x","content":"{}"}`

const statusBody = `[{"userid":"123","status":"0","os":"iOS","time":1437982698684}]`

func gzipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func withBody(r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

func signedAt(at time.Time) webhooktest.App {
	app := testApp
	app.Now = func() time.Time { return at }
	return app
}

// Every attack, with its response.
func TestAttacks(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1700000000000)
	bomb := gzipped(t, bytes.Repeat([]byte("["), 16<<20))
	require.Less(t, len(bomb), 1<<20, "the bomb itself is no more than a body may be")
	tests := []struct {
		name   string
		forge  func(r *http.Request)
		status int
		reason error
	}{
		{name: "none", forge: func(r *http.Request) { signedAt(now).Sign(r) }, status: 200, reason: nil},
		{name: "no signature", forge: func(*http.Request) {}, status: 403, reason: webhook.ErrUnsigned},
		{
			name:   "empty signature",
			forge:  func(r *http.Request) { r.URL.RawQuery = "appKey=test-key&nonce=1&timestamp=1700000000000&signature=" },
			status: 403, reason: webhook.ErrUnsigned,
		},
		{name: "signature of an empty secret", forge: func(r *http.Request) {
			webhooktest.App{Key: testKey, Now: func() time.Time { return now }}.Sign(r)
		}, status: 403, reason: webhook.ErrSignature},
		{name: "wrong secret", forge: func(r *http.Request) {
			webhooktest.App{Key: testKey, Secret: "other-secret", Now: func() time.Time { return now }}.Sign(r)
		}, status: 403, reason: webhook.ErrSignature},
		{name: "changed nonce", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "nonce=", "nonce=9", 1)
		}, status: 403, reason: webhook.ErrSignature},
		{name: "changed timestamp", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "timestamp=1700000000000", "timestamp=1700000000001", 1)
		}, status: 403, reason: webhook.ErrSignature},
		{
			name: "signature twice", forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery += "&signature=0" },
			status: 403, reason: webhook.ErrUnsigned,
		},
		{
			name: "nonce twice", forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery = "nonce=1&" + r.URL.RawQuery },
			status: 403, reason: webhook.ErrUnsigned,
		},
		{name: "parameters of the address that are not encoded", forge: func(r *http.Request) {
			r.URL.RawQuery = "own=100%&o%zzwn=1&;=;"
			signedAt(now).Sign(r)
		}, status: 200, reason: nil},
		{name: "nonce that is not encoded", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "nonce=", "nonce=%zz", 1)
		}, status: 403, reason: webhook.ErrUnsigned},
		{
			name:  "signature twice, once with its name encoded",
			forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery += "&%73ignature=0" }, status: 403,
			reason: webhook.ErrUnsigned,
		},
		{name: "question with its signature in headers", forge: func(r *http.Request) {
			signedAt(now).SignHeaders(r)
			withBody(r, []byte(questionBody))
			r.Header.Set("Content-Type", formType)
		}, status: 403, reason: webhook.ErrUnsigned},
		{name: "limit of a middleware", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.Body = http.MaxBytesReader(nil, r.Body, 10)
		}, status: 413, reason: webhook.ErrTooLarge},
		{name: "broken query", forge: func(r *http.Request) { r.URL.RawQuery = "%zz" }, status: 403, reason: webhook.ErrUnsigned},
		{name: "mixed headers", forge: func(r *http.Request) {
			signedAt(now).SignHeaders(r)
			r.Header.Set("Nonce", r.Header.Get("RC-Nonce"))
			r.Header.Del("RC-Nonce")
		}, status: 403, reason: webhook.ErrUnsigned},
		{
			name: "header twice", forge: func(r *http.Request) { signedAt(now).SignHeaders(r); r.Header.Add("RC-Nonce", "1") },
			status: 403, reason: webhook.ErrUnsigned,
		},
		{
			name: "stale", forge: func(r *http.Request) { signedAt(now.Add(-10*time.Minute - time.Millisecond)).Sign(r) }, status: 403,
			reason: webhook.ErrStale,
		},
		{name: "nearly stale", forge: func(r *http.Request) { signedAt(now.Add(-10 * time.Minute)).Sign(r) }, status: 200, reason: nil},
		{
			name: "future", forge: func(r *http.Request) { signedAt(now.Add(10*time.Minute + time.Millisecond)).Sign(r) }, status: 403,
			reason: webhook.ErrFuture,
		},
		{name: "nearly future", forge: func(r *http.Request) { signedAt(now.Add(10 * time.Minute)).Sign(r) }, status: 200, reason: nil},
		{name: "no time", forge: func(r *http.Request) {
			r.URL.RawQuery = "nonce=1&timestamp=now&signature=" + rongcloud.Sign(testSecret, "1", "now")
		}, status: 403, reason: webhook.ErrUnsigned},
		{name: "digits moved from the nonce to the timestamp", forge: func(r *http.Request) {
			r.URL.RawQuery = "nonce=1&timestamp=01700000000000&signature=" + rongcloud.Sign(testSecret, "10", "1700000000000")
		}, status: 403, reason: webhook.ErrUnsigned},
		{name: "digits moved from the timestamp to the nonce", forge: func(r *http.Request) {
			r.URL.RawQuery = "nonce=11&timestamp=700000000000&signature=" + rongcloud.Sign(testSecret, "1", "1700000000000")
		}, status: 403, reason: webhook.ErrUnsigned},
		{name: "a sign before the time", forge: func(r *http.Request) {
			r.URL.RawQuery = "nonce=1&timestamp=%2B1700000000000&signature=" + rongcloud.Sign(testSecret, "1", "+1700000000000")
		}, status: 403, reason: webhook.ErrUnsigned},
		{name: "oversized", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, bytes.Repeat([]byte("a"), 1<<20+1))
		}, status: 413, reason: webhook.ErrTooLarge},
		{name: "oversized without a length", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, bytes.Repeat([]byte("a"), 1<<20+1))
			r.ContentLength = -1
		}, status: 413, reason: webhook.ErrTooLarge},
		{name: "oversized with a false length", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, bytes.Repeat([]byte("a"), 1<<20+1))
			r.ContentLength = 10
		}, status: 413, reason: webhook.ErrTooLarge},
		{name: "as large as allowed", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, []byte(`{"x":"`+strings.Repeat("a", 1<<20-8)+`"}`))
		}, status: 200, reason: nil},
		{name: "gzip bomb", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, bomb)
			r.Header.Set("Content-Encoding", "gzip")
		}, status: 413, reason: webhook.ErrTooLarge},
		{name: "gzip", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, gzipped(t, []byte(statusBody)))
			r.Header.Set("Content-Encoding", "gzip")
		}, status: 200, reason: nil},
		{name: "gzip that does not shrink", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			var buf bytes.Buffer
			w, err := gzip.NewWriterLevel(&buf, gzip.NoCompression)
			require.NoError(t, err)
			_, err = w.Write([]byte(`{"x":"` + strings.Repeat("a", 1<<20-8) + `"}`))
			require.NoError(t, errors.Join(err, w.Close()))
			require.Greater(t, buf.Len(), 1<<20)
			withBody(r, buf.Bytes())
			r.Header.Set("Content-Encoding", "gzip")
		}, status: 200, reason: nil},
		{
			name: "no gzip", forge: func(r *http.Request) { signedAt(now).Sign(r); r.Header.Set("Content-Encoding", "gzip") },
			status: 400, reason: webhook.ErrMalformed,
		},
		{name: "gzip that breaks off", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			withBody(r, gzipped(t, []byte(statusBody))[:20])
			r.Header.Set("Content-Encoding", "gzip")
		}, status: 400, reason: webhook.ErrMalformed},
		{name: "body that breaks off", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("["), errorReader{}))
		}, status: 400, reason: webhook.ErrMalformed},
		{
			name:  "unknown compression",
			forge: func(r *http.Request) { signedAt(now).Sign(r); r.Header.Set("Content-Encoding", "br") }, status: 415,
			reason: webhook.ErrMediaType,
		},
		{
			name: "GET", forge: func(r *http.Request) { signedAt(now).Sign(r); r.Method = http.MethodGet }, status: 405,
			reason: webhook.ErrMethod,
		},
		{
			name: "PUT", forge: func(r *http.Request) { signedAt(now).Sign(r); r.Method = http.MethodPut }, status: 405,
			reason: webhook.ErrMethod,
		},
		{
			name: "wrong type", forge: func(r *http.Request) { signedAt(now).Sign(r); r.Header.Set("Content-Type", "text/xml") },
			status: 415, reason: webhook.ErrMediaType,
		},
		{name: "multipart", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		}, status: 415, reason: webhook.ErrMediaType},
		{name: "other characters", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.Header.Set("Content-Type", "application/json; charset=gbk")
		}, status: 415, reason: webhook.ErrMediaType},
		{
			name: "no media type", forge: func(r *http.Request) { signedAt(now).Sign(r); r.Header.Set("Content-Type", "/;;") },
			status: 415, reason: webhook.ErrMediaType,
		},
		{name: "JSON in UTF-8", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.Header.Set("Content-Type", "text/json; charset=UTF-8")
		}, status: 200, reason: nil},
		{
			name: "no body", forge: func(r *http.Request) { signedAt(now).Sign(r); r.Body, r.ContentLength = nil, 0 }, status: 400,
			reason: webhook.ErrMalformed,
		},
		{name: "empty signature before it", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.URL.RawQuery = "signature=&" + r.URL.RawQuery
		}, status: 403, reason: webhook.ErrUnsigned},
		{
			name:  "empty nonce before it",
			forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery = "nonce=&" + r.URL.RawQuery }, status: 403,
			reason: webhook.ErrUnsigned,
		},
		{
			name: "empty signature after it", forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery += "&signature=" },
			status: 403, reason: webhook.ErrUnsigned,
		},
		{
			name: "app key after it", forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery += "&appKey=other" },
			status: 403, reason: webhook.ErrUnsigned,
		},
		{
			name:  "app key of the address itself",
			forge: func(r *http.Request) { signedAt(now).Sign(r); r.URL.RawQuery = "appKey=mine&" + r.URL.RawQuery }, status: 200,
			reason: nil,
		},
		{name: "parameters of the address itself", forge: func(r *http.Request) {
			signedAt(now).Sign(r)
			r.URL.RawQuery = "app=mine&app=mine&Signature=1&key&" + r.URL.RawQuery
		}, status: 200, reason: nil},
		{name: "headers of an API request", forge: func(r *http.Request) {
			timestamp := strconv.FormatInt(now.UnixMilli(), 10)
			r.Header.Set("App-Key", testKey)
			r.Header.Set("Nonce", "1")
			r.Header.Set("Timestamp", timestamp)
			r.Header.Set("Signature", rongcloud.Sign(testSecret, "1", timestamp))
		}, status: 403, reason: webhook.ErrUnsigned},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t, webhook.WithClock(func() time.Time { return now }))
			got := receive(h)
			r := unsigned(t, jsonType, statusBody)
			r.URL.RawQuery = ""
			tt.forge(r)
			body := r.Body
			answer := webhooktest.Serve(h, r)
			require.Equal(t, tt.status, answer.Status, logged.String())
			if tt.reason == nil {
				require.Len(t, got.all(), 1)
				return
			}
			require.Empty(t, got.all())
			require.Contains(t, logged.String(), tt.reason.Error())
			require.Equal(t, http.StatusText(tt.status)+"\n", string(answer.Body), "the answer tells nothing")
			if tt.status == http.StatusMethodNotAllowed {
				require.Equal(t, "POST", answer.Header.Get("Allow"))
			}
			// only the body shows the kind
			if tt.status == http.StatusForbidden && !strings.Contains(tt.name, "headers") {
				rest, err := io.ReadAll(body)
				require.NoError(t, err)
				require.Len(t, rest, len(statusBody), "the body is left unread")
			}
		})
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// The signature vectors of the catalogue.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	catalogue, err := os.ReadFile("../api/signing.yaml")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(catalogue), "\ncallback_signing:")
	vectors := regexp.MustCompile(`app_secret: (\S+), .*query: "(.*)"`).FindAllStringSubmatch(section, -1)
	require.Len(t, vectors, 2)
	for _, v := range vectors {
		r := unsigned(t, formType, "")
		r.URL.RawQuery = v[2]
		require.NoError(t, webhook.Verify(r, v[1], webhook.WithWindow(0)))
		require.ErrorIs(t, webhook.Verify(r, v[1]), webhook.ErrStale)
		require.ErrorIs(t, webhook.Verify(r, v[1]+"x", webhook.WithWindow(0)), webhook.ErrSignature)
		r.URL.RawQuery = strings.Replace(v[2], "8412d2a2e2bd25260da45037caec8d483c1f6413", "8412D2A2E2BD25260DA45037CAEC8D483C1F6413", 1)
		require.NoError(t, webhook.Verify(r, v[1], webhook.WithWindow(0)), "letter case of the digits")
	}
}

func TestSignatureInHeaders(t *testing.T) {
	t.Parallel()
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	signature := rongcloud.Sign(testSecret, "12", timestamp)
	for _, prefix := range []string{"RC-", "", "rc-"} {
		for _, key := range []string{"App-Key", "appKey"} {
			r := unsigned(t, jsonType, auditBody)
			r.Header.Set(prefix+key, testKey)
			r.Header.Set(prefix+"nonce", "12")
			r.Header.Set(prefix+"timestamp", timestamp)
			r.Header.Set(prefix+"signature", signature)
			callback, err := webhook.Parse(r, testSecret)
			require.NoError(t, err)
			require.Equal(t, testKey, callback.AppKey)
		}
	}
	// The other kinds have their signature in the query.
	for _, options := range [][]webhook.Option{nil, {webhook.WithKind(webhook.KindUserStatus)}} {
		r := unsigned(t, jsonType, statusBody)
		testApp.SignHeaders(r)
		_, err := webhook.Parse(r, testSecret, options...)
		require.ErrorIs(t, err, webhook.ErrUnsigned)
	}

	r := unsigned(t, jsonType, statusBody)
	testApp.SignHeaders(r)
	r.URL.RawQuery = "nonce=1&appKey=of-the-query" // incomplete, so the headers count
	require.NoError(t, webhook.Verify(r, testSecret))
	r.URL.RawQuery = "nonce=1&timestamp=1700000000000&signature=1" // complete, so they do not
	require.ErrorIs(t, webhook.Verify(r, testSecret), webhook.ErrSignature)
}

// TestPlacesOfSignatures checks that every kind is accepted with its signature in the query, and
// only those with one in headers for which RongCloud documents it or leaves it open.
func TestPlacesOfSignatures(t *testing.T) {
	t.Parallel()
	inHeaders := map[webhook.Kind]bool{
		webhook.KindMessageAudit: true, webhook.KindRTCRoomStatus: true, webhook.KindRTCCDNPush: true, webhook.KindRTCCloudPlayer: true,
		webhook.KindRTCModeration: true, webhook.KindRTCAITask: true,
	}
	for _, kind := range webhooktest.Kinds() {
		for _, place := range []string{"query", "headers"} {
			r, err := testApp.Request(t.Context(), "http://localhost/", webhooktest.Sample(kind))
			require.NoError(t, err)
			r.URL.RawQuery, r.Header = "", http.Header{"Content-Type": r.Header["Content-Type"]}
			if place == "query" {
				testApp.Sign(r)
			} else {
				testApp.SignHeaders(r)
			}
			callback, err := webhook.Parse(r, testSecret)
			if place == "headers" && !inHeaders[kind] {
				require.ErrorIs(t, err, webhook.ErrUnsigned, kind)
				continue
			}
			require.NoError(t, err, "%s in %s", kind, place)
			require.Equal(t, kind, callback.Events[0].Kind())
		}
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1700000000000)
	clock := webhook.WithClock(func() time.Time { return now })
	for query, ok := range map[string]bool{
		"timestamp=1700000000000":                          true,
		"signTimestamp=1700000000000":                      true,
		"timestamp=1700000000":                             false, // seconds
		"timestamp=01700000000000":                         false,
		"timestamp=700000000000":                           false,
		"timestamp=1700000000000&signTimestamp=1":          true, // timestamp wins
		"timestamp=1&signTimestamp=1700000000000":          false,
		"timestamp=17000000000000000":                      false,
		"timestamp=1700000000000.5":                        false,
		"timestamp=%201700000000000":                       false,
		"timestamp=&signTimestamp=1700000000000":           true,
		"signTimestamp=1700000000000&timestamp=1700000000": false,
	} {
		r := unsigned(t, formType, "")
		r.URL.RawQuery = query
		signed := r.URL.Query().Get("timestamp")
		if signed == "" {
			signed = r.URL.Query().Get("signTimestamp")
		}
		r.URL.RawQuery += "&nonce=7&signature=" + rongcloud.Sign(testSecret, "7", signed)
		err := webhook.Verify(r, testSecret, clock)
		require.Equal(t, ok, err == nil, "%s: %v", query, err)
		if !strings.Contains(query, "timestamp=1&") {
			require.Equal(t, ok, webhook.Verify(r, testSecret, clock, webhook.WithWindow(0)) == nil, query)
		}
	}
	app := signedAt(now)
	app.OldTimestampName = true
	r := unsigned(t, formType, "")
	app.Sign(r)
	require.Contains(t, r.URL.RawQuery, "signTimestamp=1700000000000")
	require.NoError(t, webhook.Verify(r, testSecret, clock))
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	options := []webhook.Option{
		webhook.WithSecrets("old-secret"), webhook.WithApp("b", "b-secret"), webhook.WithApp("b", "b-old"), webhook.WithApp("c", "c-secret"),
	}
	tests := []struct {
		key, secret string
		ok          bool
		known       string
	}{
		{key: testKey, secret: testSecret, ok: true, known: testKey},
		{key: testKey, secret: "old-secret", ok: true, known: testKey},
		{key: "b", secret: "b-secret", ok: true, known: "b"},
		{key: "b", secret: "b-old", ok: true, known: "b"},
		{key: "c", secret: "c-secret", ok: true, known: "c"},
		{key: "b", secret: "c-secret", ok: false, known: ""},
		{key: "b", secret: testSecret, ok: false, known: ""},
		{key: testKey, secret: "b-secret", ok: false, known: ""}, // one app's secret is not valid for another
		{key: "unknown", secret: testSecret, ok: true, known: "unknown"},
		{key: "", secret: testSecret, ok: true, known: ""},
		{key: "", secret: "b-secret", ok: true, known: "b"}, // no name: the secret decides
		{key: "", secret: "c-secret", ok: true, known: "c"},
		{key: "", secret: "d-secret", ok: false, known: ""},
	}
	for _, tt := range tests {
		r := unsigned(t, jsonType, statusBody)
		webhooktest.App{Key: tt.key, Secret: tt.secret}.Sign(r)
		callback, err := webhook.Parse(r, testSecret, options...)
		require.Equal(t, tt.ok, err == nil, "%+v: %v", tt, err)
		if tt.ok {
			require.Equal(t, tt.known, callback.AppKey)
			require.Equal(t, tt.known, callback.Events[0].(*webhook.UserStatus).AppKey)
		}
	}
}

// The callback before delivery names its app in the body, which the signature does not cover.
func TestAppKeyInTheBody(t *testing.T) {
	t.Parallel()
	options := []webhook.Option{webhook.WithApp(testKey, testSecret), webhook.WithApp("b", "b-secret")}
	for _, tt := range []struct {
		key, secret string
		ok          bool
	}{
		{testKey, testSecret, true}, {"b", "b-secret", true}, {"unknown", testSecret, true},
		{"b", testSecret, false}, {testKey, "b-secret", false}, {"unknown", "b-secret", false},
	} {
		r, err := webhooktest.App{Key: tt.key, Secret: tt.secret}.Request(t.Context(), "http://localhost/", webhooktest.Sample(webhook.KindPreMessage))
		require.NoError(t, err)
		require.NotContains(t, r.URL.RawQuery, "appKey")
		callback, err := webhook.Parse(r, testSecret, options...)
		require.Equal(t, tt.ok, err == nil, "%+v: %v", tt, err)
		if tt.ok {
			require.Equal(t, tt.key, callback.AppKey)
			require.Equal(t, tt.key, callback.Events[0].(*webhook.PreMessage).AppKey)
		} else {
			require.ErrorIs(t, err, webhook.ErrSignature)
		}
	}
}

func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	r := unsigned(t, jsonType, statusBody)
	r.URL.RawQuery = "appKey=k&nonce=12&timestamp=1700000000000&signature=0000000000000000000000000000000000000000"
	h, logged := newHandler(t)
	_, err := h.Parse(r)
	webhooktest.Serve(h, r)
	var refused *webhook.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 403, refused.Status)
	require.EqualError(t, err, "webhook: the signature does not match")
	for _, text := range []string{
		err.Error(), fmt.Sprintf("%+v %#v", err, refused), logged.String(), fmt.Sprintf("%v %+v %#v", h, h, *refused),
	} {
		require.NotContains(t, text, rongcloud.Sign(testSecret, "12", "1700000000000"))
		require.NotContains(t, text, testSecret)
		require.NotContains(t, text, "signature=")
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	catalogue, err := os.ReadFile("../api/signing.yaml")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(catalogue), "\nip_allow_list:")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "incoming_api:")
	var listed []string
	for _, address := range regexp.MustCompile(`\d+\.\d+\.\d+\.\d+`).FindAllString(section, -1) {
		listed = append(listed, address+"/32")
	}
	var ours []string
	for _, prefix := range webhook.Sources() {
		ours = append(ours, prefix.String())
	}
	require.Equal(t, listed, ours)
	require.Len(t, webhook.Sources(rongcloud.RegionSingapore), 13)
	require.Equal(t, webhook.Sources(rongcloud.RegionSingapore), webhook.Sources(rongcloud.RegionSingaporeB))
	require.Len(t, webhook.Sources(rongcloud.RegionNorthAmerica, rongcloud.RegionSaudiArabia), 7)

	forwarded := webhook.WithClientAddr(func(r *http.Request) netip.Addr {
		addr, _ := netip.ParseAddr(r.Header.Get("X-Real-Ip"))
		return addr
	})
	for _, tt := range []struct {
		remote, real string
		options      []webhook.Option
		status       int
	}{
		{remote: "39.105.128.42:1234", real: "", options: []webhook.Option{webhook.WithSources(webhook.Sources()...)}, status: 200},
		{
			remote: "[::ffff:39.105.128.42]:1234", real: "", options: []webhook.Option{webhook.WithSources(webhook.Sources()...)},
			status: 200,
		},
		{remote: "39.105.128.42", real: "", options: []webhook.Option{webhook.WithSources(webhook.Sources()...)}, status: 200},
		{
			remote: "39.105.128.42:1234", real: "",
			options: []webhook.Option{webhook.WithSources(webhook.Sources(rongcloud.RegionSingapore)...)}, status: 403,
		},
		{remote: "203.0.113.7:1234", real: "", options: []webhook.Option{webhook.WithSources(webhook.Sources()...)}, status: 403},
		{remote: "nonsense", real: "", options: []webhook.Option{webhook.WithSources(webhook.Sources()...)}, status: 403},
		{
			remote: "203.0.113.7:1234", real: "",
			options: []webhook.Option{webhook.WithSources(netip.MustParsePrefix("203.0.113.99/24"))}, status: 200,
		},
		{
			remote: "10.0.0.1:1234", real: "39.105.128.42",
			options: []webhook.Option{webhook.WithSources(webhook.Sources()...), forwarded}, status: 200,
		},
		{
			remote: "39.105.128.42:1234", real: "10.0.0.1",
			options: []webhook.Option{webhook.WithSources(webhook.Sources()...), forwarded}, status: 403,
		},
		{
			remote: "39.105.128.42:1234", real: "", options: []webhook.Option{webhook.WithSources(webhook.Sources()...), forwarded},
			status: 403,
		},
		{remote: "nonsense", real: "", options: nil, status: 200},
	} {
		h, _ := newHandler(t, tt.options...)
		r := request(t, jsonType, statusBody)
		r.RemoteAddr = tt.remote
		r.Header.Set("X-Real-Ip", tt.real)
		require.Equal(t, tt.status, webhooktest.Serve(h, r).Status, "%+v", tt)
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		secret string
		option webhook.Option
		field  string
	}{
		"no secret":         {"", webhook.WithWindow(0), "secret"},
		"blank secret":      {" \t", webhook.WithWindow(0), "secret"},
		"secret of a file":  {"s\n", webhook.WithWindow(1), "secret"},
		"copied secret":     {"\u200bs", webhook.WithWindow(1), "secret"},
		"nil option":        {"s", nil, "option"},
		"empty old secret":  {"s", webhook.WithSecrets("a", ""), "WithSecrets"},
		"old secret's line": {"s", webhook.WithSecrets("a", "b\r\n"), "WithSecrets"},
		"empty key":         {"s", webhook.WithApp("", "a"), "WithApp"},
		"key with a space":  {"s", webhook.WithApp(" k", "a"), "WithApp"},
		"key, secret's end": {"s", webhook.WithApp("k", "a\ufeff"), "WithApp"},
		"key alone":         {"s", webhook.WithApp("k"), "WithApp"},
		"key, empty secret": {"s", webhook.WithApp("k", ""), "WithApp"},
		"window":            {"s", webhook.WithWindow(-1), "WithWindow"},
		"body":              {"s", webhook.WithMaxBody(0), "WithMaxBody"},
		"large body":        {"s", webhook.WithMaxBody(1<<30 + 1), "WithMaxBody"},
		"no sources":        {"s", webhook.WithSources(), "WithSources"},
		"invalid source":    {"s", webhook.WithSources(netip.Prefix{}), "WithSources"},
		"no client address": {"s", webhook.WithClientAddr(nil), "WithClientAddr"},
		"kind":              {"s", webhook.WithKind("new"), "kind"},
		"clock":             {"s", webhook.WithClock(nil), "WithClock"},
		"logger":            {"s", webhook.WithLogger(nil), "WithLogger"},
		"nonces":            {"s", webhook.WithNonceStore(nil), "WithNonceStore"},
		"timeout":           {"s", webhook.WithTimeout(0), "WithTimeout"},
		"decision timeout":  {"s", webhook.WithDecisionTimeout(0, webhook.Allow()), "WithDecisionTimeout"},
		"fallback":          {"s", webhook.WithDecisionTimeout(1, webhook.Decision{Verdict: 7}), "WithDecisionTimeout"},
		"job timeout":       {"s", webhook.WithJobTimeout(0), "WithJobTimeout"},
		"attempts":          {"s", webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: -1}), "JobRetry.MaxAttempts"},
		"waits":             {"s", webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 1, MinWait: 2, MaxWait: 1}), "JobRetry.MaxWait"},
		"wait":              {"s", webhook.WithJobRetry(webhook.JobRetry{MinWait: -1}), "JobRetry.MinWait"},
		"give up":           {"s", webhook.WithGiveUp(nil), "WithGiveUp"},
		"queue":             {"s", webhook.WithQueue(nil, 1), "WithQueue"},
		"workers":           {"s", webhook.WithQueue(webhook.NewMemoryQueue(1), 0), "WithQueue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := webhook.NewHandler(tt.secret, tt.option)
			var wrong *rongcloud.ArgumentError
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, tt.field, wrong.Field)
			_, parseErr := webhook.Parse(request(t, formType, ""), tt.secret, tt.option)
			require.Equal(t, err, parseErr)
			require.Equal(t, err, webhook.Verify(request(t, formType, ""), tt.secret, tt.option))
		})
	}
}

// Programming errors are refused at once, and returned by Err.
func TestMisuse(t *testing.T) {
	t.Parallel()
	h, logged := newHandler(t)
	require.NoError(t, h.Err())
	for _, kind := range []webhook.Kind{"mesage_sync", "", "Message_sync"} {
		handler := h.For(kind)
		require.Contains(t, logged.String(), fmt.Sprintf("kind: %q is none", kind)[:6], "before any callback")
		require.Equal(t, 500, webhooktest.Serve(handler, request(t, jsonType, statusBody)).Status, kind)
		require.Equal(t, 403, webhooktest.Serve(handler, unsigned(t, jsonType, statusBody)).Status, kind)
	}
	var wrong *rongcloud.ArgumentError
	require.ErrorAs(t, h.Err(), &wrong)
	require.Equal(t, "kind", wrong.Field)

	h, logged = newHandler(t)
	var called []string
	for _, name := range []string{"first", "second"} {
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { called = append(called, name); return nil })
		h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) { return webhook.Block(name), nil })
	}
	require.ErrorContains(t, h.Err(), "user_online_status")
	require.ErrorContains(t, h.Err(), "pre_message")
	require.Equal(t, 2, strings.Count(logged.String(), "is registered already"))
	require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
	require.Equal(t, []string{"first"}, called)
}

func TestWithKind(t *testing.T) {
	t.Parallel()
	callback, err := webhook.Parse(request(t, jsonType, `{"userid":"1"}`), testSecret, webhook.WithKind(webhook.KindUserStatus))
	require.NoError(t, err)
	require.Equal(t, webhook.KindUserStatus, callback.Kind)
	h, _ := newHandler(t, webhook.WithKind(webhook.KindUserStatus))
	got := receive(h)
	require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, `{"userid":"1"}`)).Status)
	require.Len(t, got.all(), 1)
	require.Equal(t, webhook.KindUserStatus, got.all()[0].Kind())
}

func TestVerifyReadsNoBody(t *testing.T) {
	t.Parallel()
	r := request(t, jsonType, "")
	r.Body = io.NopCloser(errorReader{})
	require.NoError(t, webhook.Verify(r.WithContext(context.Background()), testSecret))
}
