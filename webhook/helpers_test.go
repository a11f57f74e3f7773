package webhook_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const (
	testKey    = "test-key"
	testSecret = "test-secret"
)

var testApp = webhooktest.App{Key: testKey, Secret: testSecret}

// clientApp is testApp with the client of a server.
func clientApp(srv *httptest.Server) webhooktest.App {
	return webhooktest.App{Key: testKey, Secret: testSecret, Client: srv.Client()}
}

// logBuffer records what a handler logs.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newHandler returns a handler that logs into the buffer.
func newHandler(t testing.TB, opts ...webhook.Option) (*webhook.Handler, *logBuffer) {
	t.Helper()
	logged := &logBuffer{}
	opts = append([]webhook.Option{webhook.WithLogger(slog.New(slog.NewTextHandler(logged, nil)))}, opts...)
	h, err := webhook.NewHandler(testSecret, opts...)
	require.NoError(t, err)
	return h, logged
}

// request makes a signed request with the given body.
func request(t testing.TB, contentType, body string) *http.Request {
	t.Helper()
	r := unsigned(t, contentType, body)
	testApp.Sign(r)
	return r
}

func unsigned(t testing.TB, contentType, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://localhost/callbacks?own=1", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	return r
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// again copies a request with a fresh body.
func again(r *http.Request) *http.Request {
	clone := r.Clone(r.Context())
	clone.Body, _ = r.GetBody()
	return clone
}

// received collects all events that a handler gets.
type received struct {
	mu     sync.Mutex
	events []webhook.Event
}

func (r *received) add(e webhook.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

func (r *received) all() []webhook.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]webhook.Event{}, r.events...)
}

// receive registers a function for every kind.
func receive(h *webhook.Handler) *received {
	got := &received{}
	h.OnMessage(func(_ context.Context, e *webhook.Message) error { return got.add(e) })
	h.OnPreMessage(func(_ context.Context, e *webhook.PreMessage) (webhook.Decision, error) {
		return webhook.Allow(), got.add(e)
	})
	h.OnMessageOperation(func(_ context.Context, e *webhook.MessageOperation) error { return got.add(e) })
	h.OnUserStatus(func(_ context.Context, e *webhook.UserStatus) error { return got.add(e) })
	h.OnUserDeactivation(func(_ context.Context, e *webhook.UserDeactivation) error { return got.add(e) })
	h.OnUserProfile(func(_ context.Context, e *webhook.UserProfile) error { return got.add(e) })
	h.OnFriendship(func(_ context.Context, e *webhook.Friendship) error { return got.add(e) })
	h.OnChatroomStatus(func(_ context.Context, e *webhook.ChatroomStatus) error { return got.add(e) })
	h.OnChatroomEntry(func(_ context.Context, e *webhook.ChatroomEntry) error { return got.add(e) })
	h.OnHostedGroupProfile(func(_ context.Context, e *webhook.HostedGroupProfile) error { return got.add(e) })
	h.OnHostedGroupOperation(func(_ context.Context, e *webhook.HostedGroupOperation) error { return got.add(e) })
	h.OnMessageAudit(func(_ context.Context, e *webhook.MessageAudit) error { return got.add(e) })
	h.OnHostedInfoAudit(func(_ context.Context, e *webhook.HostedInfoAudit) error { return got.add(e) })
	h.OnBotEvent(func(_ context.Context, e *webhook.BotEvent) error { return got.add(e) })
	h.OnRTCRoomStatus(func(_ context.Context, e *webhook.RTCRoomStatus) error { return got.add(e) })
	h.OnRTCCDNPush(func(_ context.Context, e *webhook.RTCCDNPush) error { return got.add(e) })
	h.OnRTCCloudPlayer(func(_ context.Context, e *webhook.RTCCloudPlayer) error { return got.add(e) })
	h.OnRTCModeration(func(_ context.Context, e *webhook.RTCModeration) error { return got.add(e) })
	h.OnRTCAITask(func(_ context.Context, e *webhook.RTCAITask) error { return got.add(e) })
	h.OnUnknown(func(_ context.Context, e *webhook.Unknown) error { return got.add(e) })
	return got
}

// plain returns an event without its envelope, for comparison.
func plain(t testing.TB, e webhook.Event) webhook.Event {
	t.Helper()
	switch e := e.(type) {
	case *webhook.Message:
		e.Envelope = webhook.Envelope{}
	case *webhook.PreMessage:
		e.Envelope = webhook.Envelope{}
	case *webhook.MessageOperation:
		e.Envelope = webhook.Envelope{}
	case *webhook.UserStatus:
		e.Envelope = webhook.Envelope{}
	case *webhook.UserDeactivation:
		e.Envelope = webhook.Envelope{}
	case *webhook.UserProfile:
		e.Envelope = webhook.Envelope{}
	case *webhook.Friendship:
		e.Envelope = webhook.Envelope{}
	case *webhook.ChatroomStatus:
		e.Envelope = webhook.Envelope{}
	case *webhook.ChatroomEntry:
		e.Envelope = webhook.Envelope{}
	case *webhook.HostedGroupProfile:
		e.Envelope = webhook.Envelope{}
	case *webhook.HostedGroupOperation:
		e.Envelope = webhook.Envelope{}
	case *webhook.MessageAudit:
		e.Envelope = webhook.Envelope{}
	case *webhook.HostedInfoAudit:
		e.Envelope = webhook.Envelope{}
	case *webhook.BotEvent:
		e.Envelope = webhook.Envelope{}
	case *webhook.RTCRoomStatus:
		e.Envelope = webhook.Envelope{}
	case *webhook.RTCCDNPush:
		e.Envelope = webhook.Envelope{}
	case *webhook.RTCCloudPlayer:
		e.Envelope = webhook.Envelope{}
	case *webhook.RTCModeration:
		e.Envelope = webhook.Envelope{}
	case *webhook.RTCAITask:
		e.Envelope = webhook.Envelope{}
	default:
		require.Failf(t, "unexpected", "%T", e)
	}
	return e
}

var (
	callbackName = regexp.MustCompile(`^  - name: (\w+)$`)
	sampleLine   = regexp.MustCompile(`^ {4,6}sample: (.*)$`)
)

// catalogueSamples returns the samples of api/webhook.yaml by callback; that of a response has
// "answer" in its key.
func catalogueSamples(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../api/webhook.yaml")
	require.NoError(t, err)
	samples, name := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if found := callbackName.FindStringSubmatch(line); found != nil {
			name = found[1]
		}
		if found := sampleLine.FindStringSubmatch(line); found != nil {
			key := name
			if strings.HasPrefix(line, "      ") {
				key += " answer"
			}
			samples[key] = strings.Trim(found[1], `"'`)
		}
	}
	return samples
}

// sampleType returns the content type that matches a body.
func sampleType(body string) string {
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		return jsonType
	}
	return formType
}
