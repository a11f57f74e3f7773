package webhooktest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// maxResponse limits how much of a response is kept.
const maxResponse = 1 << 20

// App signs callbacks as RongCloud does for one app.
type App struct {
	Key    string
	Secret string

	Now    func() time.Time // time.Now if nil
	Nonce  func() string    // random digits if nil
	Client *http.Client     // for Post; http.DefaultClient if nil

	// OldTimestampName uses the older pages' name for the timestamp in the query.
	OldTimestampName bool

	// GroupForm sends the events of hosted groups as older pages describe them: as a form with a
	// field profiles that holds the list as JSON.
	GroupForm bool
}

// Format prints the app without its secret, whatever the verb.
func (a App) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "webhooktest.App{Key: %q}", a.Key) }

// Request makes the request that RongCloud would send to the URL for the given events, signed now.
// The events must be of one kind, and only one for kinds that RongCloud sends one at a time. The
// URL keeps its own query.
func (a App) Request(ctx context.Context, target string, events ...webhook.Event) (*http.Request, error) {
	contentType, body, err := a.Encode(events...)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhooktest: %w", err)
	}
	r.Header.Set("Content-Type", contentType)
	switch events[0].Kind() {
	case webhook.KindMessageAudit:
		a.SignHeaders(r)
	case webhook.KindRTCRoomStatus, webhook.KindRTCCDNPush, webhook.KindRTCCloudPlayer, webhook.KindRTCModeration, webhook.KindRTCAITask:
		a.signHeaders(r, "appKey", "nonce", "timestamp", "signature")
	case webhook.KindPreMessage, webhook.KindUserStatus:
		a.sign(r, false)
	default:
		a.Sign(r)
	}
	return r, nil
}

// Sign adds the four values of a signature to the query of a request. Use it for bodies that
// [App.Request] does not make.
func (a App) Sign(r *http.Request) { a.sign(r, true) }

func (a App) sign(r *http.Request, key bool) {
	nonce, timestamp := a.fresh()
	query := url.Values{}
	if key {
		query.Set("appKey", a.Key)
	}
	query.Set("nonce", nonce)
	name := "timestamp"
	if a.OldTimestampName {
		name = "signTimestamp"
	}
	query.Set(name, timestamp)
	query.Set("signature", rongcloud.Sign(a.Secret, nonce, timestamp))
	if r.URL.RawQuery != "" {
		r.URL.RawQuery += "&"
	}
	r.URL.RawQuery += query.Encode()
}

// SignHeaders puts the four values into headers, as in the callback with moderation results.
func (a App) SignHeaders(r *http.Request) {
	a.signHeaders(r, "RC-App-Key", "RC-Nonce", "RC-Timestamp", "RC-Signature")
}

// signHeaders puts the four values into headers with the given names: App Key, nonce, timestamp
// and signature.
func (a App) signHeaders(r *http.Request, names ...string) {
	nonce, timestamp := a.fresh()
	for i, value := range []string{a.Key, nonce, timestamp, rongcloud.Sign(a.Secret, nonce, timestamp)} {
		r.Header.Set(names[i], value)
	}
}

func (a App) fresh() (nonce, timestamp string) {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	if a.Nonce != nil {
		nonce = a.Nonce()
	} else if n, err := rand.Int(rand.Reader, big.NewInt(1e18)); err == nil { // it never fails
		nonce = n.String()
	}
	// 13 digits even in 2000, where testing/synctest's clock starts
	return nonce, fmt.Sprintf("%013d", now().UnixMilli())
}

// Response is how a server responded to a callback.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decision is the response to a pre-delivery check, as RongCloud reads it. Fields that it does not
// replace are nil.
type Decision struct {
	Verdict         webhook.Verdict
	Text            string  // for the sender
	Body            *string // the new body
	PushContent     *string
	DisablePush     *bool
	PushOptionsText *string // JSON text
	Expansion       *string // JSON text
}

// Decision reads the response to a pre-delivery check. RongCloud delivers a message unchanged if
// there is no such response.
func (r *Response) Decision() (*Decision, error) {
	if r.Status != http.StatusOK {
		return nil, fmt.Errorf("webhooktest: status %d is not a decision", r.Status)
	}
	var wire struct {
		Pass         *int    `json:"pass"`
		Extra        string  `json:"extra"`
		Content      *string `json:"replaceContent"`
		PushContent  *string `json:"replacePushContent"`
		DisablePush  *bool   `json:"replaceDisablePush"`
		PushExt      *string `json:"replacePushExt"`
		ExtraContent *string `json:"replaceExtraContent"`
	}
	if err := json.Unmarshal(r.Body, &wire); err != nil {
		return nil, fmt.Errorf("webhooktest: the response is not a decision: %w", err)
	}
	verdicts := []webhook.Verdict{webhook.VerdictBlock, webhook.VerdictAllow, webhook.VerdictAllowUnchecked}
	if wire.Pass == nil || *wire.Pass < 0 || *wire.Pass >= len(verdicts) {
		return nil, errors.New("webhooktest: the response has no pass from 0 to 2")
	}
	return &Decision{
		verdicts[*wire.Pass], wire.Extra, wire.Content, wire.PushContent, wire.DisablePush, wire.PushExt, wire.ExtraContent,
	}, nil
}

// Deliver passes the events to a handler without using the network.
func (a App) Deliver(ctx context.Context, handler http.Handler, events ...webhook.Event) (*Response, error) {
	r, err := a.Request(ctx, "http://localhost/", events...)
	if err != nil {
		return nil, err
	}
	return Serve(handler, r), nil
}

// Serve passes a request to a handler without using the network, and returns the response.
func Serve(handler http.Handler, r *http.Request) *Response {
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), cmp.Or(r.RemoteAddr, "127.0.0.1:1")
	w := &recorder{response: Response{Header: http.Header{}}}
	handler.ServeHTTP(w, r)
	if w.response.Status == 0 {
		w.response.Status = http.StatusOK
	}
	return &w.response
}

// Post sends the events to a URL with the App's Client.
func (a App) Post(ctx context.Context, target string, events ...webhook.Event) (*Response, error) {
	r, err := a.Request(ctx, target, events...)
	if err != nil {
		return nil, err
	}
	return a.Send(r)
}

// Send sends a request with the App's Client: one that [App.Request] made, possibly modified.
func (a App) Send(r *http.Request) (*Response, error) {
	client := a.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r) //nolint:gosec // the test chooses the URL
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		return nil, err
	}
	return &Response{resp.StatusCode, resp.Header, body}, nil
}

// recorder is an http.ResponseWriter that records the response.
type recorder struct{ response Response }

func (w *recorder) Header() http.Header { return w.response.Header }

func (w *recorder) WriteHeader(status int) {
	if w.response.Status == 0 {
		w.response.Status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.response.Body = append(w.response.Body, p...)
	return len(p), nil
}
