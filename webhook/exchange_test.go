package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const questionBody = "appKey=test-key&targetId=g1&msgType=RC%3ATxtMsg&messageId=1&content=%7B%22content%22%3A%22hello%22%7D"

// storeFunc is a nonce store whose Begin is a function.
type storeFunc func(context.Context) (webhook.NonceStatus, error)

func (f storeFunc) Begin(ctx context.Context, _ string, _ webhook.Fingerprint, _ time.Duration) (webhook.NonceStatus, error) {
	return f(ctx)
}

func (storeFunc) Done(context.Context, string, webhook.Fingerprint, time.Duration) error { return nil }

func storeOf(state webhook.NonceStatus, err error) webhook.Option {
	return webhook.WithNonceStore(storeFunc(func(context.Context) (webhook.NonceStatus, error) { return state, err }))
}

const fallback = `{"pass":0,"extra":"later"}`

// Whatever stops a pre-delivery check with a valid signature, RongCloud gets the fallback:
// otherwise it would deliver the message.
func TestFallbackWhateverHappens(t *testing.T) {
	t.Parallel()
	shared := func(h *webhook.Handler) http.Handler { return h }
	alone := func(h *webhook.Handler) http.Handler { return h.For(webhook.KindPreMessage) }
	misspelt := func(h *webhook.Handler) http.Handler { return h.For("pre_mesage") }
	down := func(h *webhook.Handler) http.Handler {
		_ = h.Shutdown(context.Background())
		return h
	}
	type tester struct {
		name    string
		handler func(*webhook.Handler) http.Handler
		option  webhook.Option
		body    string
		forge   func(*http.Request)
		want    string
	}
	tests := []tester{
		{name: "nothing is wrong", handler: shared, body: questionBody, want: `{"pass":1}`},
		{name: "store fails", handler: shared, option: storeOf(0, errors.New("redis is away")), body: questionBody},
		{
			name: "store fails, JSON", handler: shared, option: storeOf(0, errors.New("redis is away")),
			body: `{"targetId":"g","msgType":"x","messageId":"1"}`,
		},
		{
			name: "store fails, escaped name", handler: shared, option: storeOf(0, errors.New("redis is away")),
			body: `{"targetId":"g","msg\u0054ype":"x","messageId":"1"}`,
		},
		{name: "store fails, no ID", handler: shared, option: storeOf(0, errors.New("redis is away")), body: `targetId=g&msgType=x`},
		{name: "store fails, alone", handler: alone, option: storeOf(0, errors.New("redis is away")), body: questionBody},
		{name: "store has a state of its own", handler: shared, option: storeOf(9, nil), body: questionBody},
		{name: "replay", handler: shared, option: storeOf(webhook.NonceReplayed, nil), body: questionBody},
		{name: "replay, alone", handler: alone, option: storeOf(webhook.NonceReplayed, nil), body: questionBody},
		{name: "shut down", handler: down, body: questionBody},
		{name: "kind that is not", handler: misspelt, body: questionBody},
		{name: "no message ID", handler: shared, body: "targetId=g1&msgType=RC%3ATxtMsg&content=%7B%7D"},
		{name: "no target and no type", handler: alone, body: "messageId=1"},
		{name: "no target", handler: shared, body: "messageId=1&msgType="},
		{name: "no time", handler: shared, body: questionBody + "&msgTimeStamp=yesterday"},
		{
			name: "of another app", handler: shared, option: webhook.WithApp("other", "other-secret"),
			body: strings.Replace(questionBody, "test-key", "other", 1),
		},
		{name: "bad percent", handler: alone, body: "targetId=g1&content=%zz"},
		{name: "empty", handler: alone, body: ""},
		{name: "empty list", handler: alone, body: "[]"},
		{name: "garbage", handler: alone, body: "garbage"},
		{name: "another callback", handler: alone, body: statusBody},
		{name: "too large", handler: alone, option: webhook.WithMaxBody(10), body: questionBody},
		{
			name: "other media type", handler: alone, body: questionBody,
			forge: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		},
		{
			name: "other compression", handler: alone, body: questionBody,
			forge: func(r *http.Request) { r.Header.Set("Content-Encoding", "br") },
		},
		{name: "no gzip", handler: alone, body: questionBody, forge: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }},
		{name: "breaks off", handler: alone, body: questionBody, forge: func(r *http.Request) { r.Body = io.NopCloser(errorReader{}) }},
		{
			name: "two questions", handler: shared,
			body: `[{"targetId":"g","msgType":"x","messageId":"1"},{"targetId":"g","msgType":"x","messageId":"2"}]`,
		},
		{
			name: "parsed before, without a part", handler: shared, body: questionBody + "&extra=%zz%zz",
			forge: func(r *http.Request) { _ = r.ParseForm() },
		},
		{
			name: "partly read before", handler: alone, body: questionBody,
			forge: func(r *http.Request) { _, _ = r.Body.Read(make([]byte, 40)) },
		},
		{
			name: "partly read before, shared", handler: shared, body: "appKey=test-key&" + questionBody,
			forge: func(r *http.Request) { _, _ = r.Body.Read(make([]byte, 16)) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			options := []webhook.Option{webhook.WithDecisionTimeout(time.Minute, webhook.Block("later"))}
			if tt.option != nil {
				options = append(options, tt.option)
			}
			h, logged := newHandler(t, options...)
			decideWith(h, webhook.Allow())
			r := request(t, formType, tt.body)
			if tt.forge != nil {
				tt.forge(r)
			}
			answer := webhooktest.Serve(tt.handler(h), r)
			require.Equal(t, 200, answer.Status, logged.String())
			if tt.want == "" {
				require.Contains(t, logged.String(), "the fallback decides")
				tt.want = fallback
			}
			require.Equal(t, tt.want, string(answer.Body))
			unsignedOne := webhooktest.Serve(tt.handler(h), unsigned(t, formType, tt.body))
			require.Equal(t, 403, unsignedOne.Status, "who has no secret learns nothing")
		})
	}
}

// On a shared URL an unreadable body is not recognised as a pre-delivery check.
func TestUnreadableBodyOfASharedAddress(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, webhook.WithDecisionTimeout(time.Minute, webhook.Block("later")))
	decideWith(h, webhook.Allow())
	for _, body := range []string{"", "\ufeff", "garbage", "===", "&&", "targetId=g1&msgType=x&messageId=1&content=%zz", "[{", "null"} {
		require.Equal(t, 400, webhooktest.Serve(h, request(t, formType, body)).Status, body)
	}
}

// sameQuestions are pre-delivery checks whose field names are written in other ways.
var sameQuestions = []string{
	questionBody,
	"targetId=g1&MSGTYPE=x&messageId=1", "msgtype=x&messageId=1", "targetId=g1&messageId=1&%6dsgType=x", "targetId=g1&messageId=1&msgTyp%65=x",
	"targetId=g1&messageId=1&%4d%53%47type=x", `{"targetId":"g1","messageId":"1","msgTYPE":"x"}`, `{"targetId":"g1","messageId":"1","\u006dsgType":"x"}`,
	`{"targetId":"g1","messageId":"1","msg\u0054ype":"x"}`, `[{"targetId":"g1","messageId":"1","MSG\u0054YPE":"x"}]`,
	`{"profiles":"[{\"targetId\":\"g1\",\"messageId\":\"1\",\"msg\u0054ype\":\"x\"}]"}`,
	`{"profiles":"[{\"targetId\":\"g1\",\"messageId\":\"1\",\"msg\\u0054ype\":\"x\"}]"}`,
	`{"profiles":"[{\"targetId\":\"g1\",\"messageId\":\"1\",\"msg\u005cu0054ype\":\"x\"}]"}`,
	"profiles=%5B%7B%22targetId%22:%22g1%22,%22messageId%22:%221%22,%22msg%5Cu0054ype%22:%22x%22%7D%5D",
	"profiles=%5B%7B%22targetId%22:%22g1%22,%22messageId%22:%221%22,%22msg%5C%750054ype%22:%22x%22%7D%5D",
}

// The time of the store counts towards the decision, even if the store ignores its context.
func TestStoreHangs(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]storeFunc{
		"obeys": func(ctx context.Context) (webhook.NonceStatus, error) { <-ctx.Done(); return 0, ctx.Err() },
		"does not obey": func(context.Context) (webhook.NonceStatus, error) {
			time.Sleep(time.Hour)
			return webhook.NonceNew, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, _ := newHandler(t, webhook.WithNonceStore(hang), webhook.WithDecisionTimeout(2*time.Second, webhook.Block("later")))
				h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
					t.Error("decided after the time was over")
					return webhook.Allow(), nil
				})
				if name == "does not obey" {
					h.OnPreMessage(nil)
				}
				began := time.Now()
				require.Equal(t, fallback, string(webhooktest.Serve(h.For(webhook.KindPreMessage), request(t, formType, questionBody)).Body))
				require.Equal(t, 2*time.Second, time.Since(began))
				for _, body := range sameQuestions {
					began := time.Now()
					require.Equal(t, fallback, string(webhooktest.Serve(h, request(t, formType, body)).Body), body)
					require.Equal(t, 2*time.Second, time.Since(began), body)
				}
				require.NoError(t, h.Shutdown(context.Background()))
			})
		})
	}
}

// misbehaves is a nonce store and queue that does not behave as it should.
type misbehaves struct {
	*webhook.MemoryQueue
	begin, end func()
}

func (m misbehaves) Begin(context.Context, string, webhook.Fingerprint, time.Duration) (webhook.NonceStatus, error) {
	m.begin()
	return webhook.NonceNew, nil
}

func (m misbehaves) Done(context.Context, string, webhook.Fingerprint, time.Duration) error {
	m.end()
	return nil
}

// A store that panics, ends its goroutine or hangs counts as failed, and affects nothing else.
func TestStoreMisbehaves(t *testing.T) {
	t.Parallel()
	fine := func() {}
	for name, fault := range map[string]func(){
		"panics": func() { panic("boom") }, "ends its goroutine": runtime.Goexit, "hangs": func() { time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, tt := range []struct {
					store    misbehaves
					status   int
					decision string
				}{
					{misbehaves{begin: fault, end: fine}, 503, fallback},
					{misbehaves{begin: fine, end: fault}, 200, `{"pass":0,"extra":"no"}`},
				} {
					h, logged := newHandler(t, webhook.WithNonceStore(tt.store), webhook.WithDecisionTimeout(2*time.Second, webhook.Block("later")))
					receive(h)
					h.OnPreMessage(nil)
					decideWith(h, webhook.Block("no"))
					began := time.Now()
					require.Equal(t, tt.decision, string(webhooktest.Serve(h, request(t, formType, questionBody)).Body))
					require.LessOrEqual(t, time.Since(began), 2*time.Second)
					require.Equal(t, tt.status, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
					require.LessOrEqual(t, time.Since(began), 6*time.Second)
					require.Contains(t, logged.String(), "the nonce store failed")
					require.NoError(t, h.Shutdown(context.Background()))
				}
			})
		})
	}
}

// A function that ends its goroutine counts as failed, and the response says so.
func TestFunctionEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	seen := &observed{}
	h, logged := newHandler(t, webhook.WithObserver(webhook.ObserverFunc(func(context.Context, webhook.Observation) { runtime.Goexit() })),
		webhook.WithObserver(seen), webhook.WithDecisionTimeout(time.Minute, webhook.Block("later")))
	h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { runtime.Goexit(); return nil })
	h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
		runtime.Goexit()
		return webhook.Allow(), nil
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	post := func(contentType, body string) (int, string) {
		r := request(t, contentType, body)
		target := srv.URL + r.URL.RequestURI()
		resp, err := srv.Client().Post(target, contentType, strings.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(got)
	}
	status, _ := post(jsonType, statusBody)
	require.Equal(t, 500, status)
	require.Contains(t, logged.String(), "runtime.Goexit")
	_, answer := post(formType, questionBody)
	require.Equal(t, fallback, answer)
	require.NoError(t, h.Shutdown(t.Context()))
	require.Len(t, seen.all, 2)
	require.Equal(t, webhook.OutcomeFailed, seen.all[0].Outcome)
	require.Equal(t, 2, strings.Count(logged.String(), "an observer failed"))
}

// A decision with an error counts; the zero decision with an error is none.
func TestDecisionWithAnError(t *testing.T) {
	t.Parallel()
	yes := true
	for want, decision := range map[string]webhook.Decision{
		`{"pass":0,"extra":"no"}`:              webhook.Block("no"),
		`{"pass":0}`:                           {Verdict: webhook.VerdictBlock},
		`{"pass":2}`:                           webhook.AllowUnchecked(),
		`{"pass":1,"replaceContent":"{}"}`:     webhook.Replace(rongcloud.RawContent{Name: "RC:TxtMsg", Body: "{}"}),
		`{"pass":1,"replaceDisablePush":true}`: {DisablePush: &yes},
		fallback:                               {},
	} {
		h, logged := newHandler(t, webhook.WithDecisionTimeout(time.Minute, webhook.Block("later")))
		h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			return decision, errors.New("cannot read it")
		})
		require.Equal(t, want, string(webhooktest.Serve(h, request(t, formType, questionBody)).Body))
		require.Contains(t, logged.String(), "cannot read it")
	}
}

// A middleware that calls FormValue has read the body.
func TestBodyReadBefore(t *testing.T) {
	t.Parallel()
	const message = "toUserId=u&objectName=RC%3ATxtMsg&msgUID=1&groupUserIds=a&groupUserIds=b&content=%7B%7D"
	for name, tt := range map[string]struct {
		contentType, body string
		before            func(*http.Request)
		status            int
		logged            string
	}{
		"form value": {
			contentType: formType, body: message, before: func(r *http.Request) { _ = r.FormValue("trace") }, status: 200, logged: "",
		},
		"multipart": {
			contentType: formType, body: message, before: func(r *http.Request) { _ = r.ParseMultipartForm(1 << 20) }, status: 200,
			logged: "",
		},
		"form of JSON": {
			contentType: jsonType, body: statusBody, before: func(r *http.Request) { _ = r.ParseForm() }, status: 200, logged: "",
		},
		"all": {
			contentType: formType, body: message, before: func(r *http.Request) { _, _ = io.ReadAll(r.Body) }, status: 400,
			logged: "FormValue",
		},
		"all of JSON": {
			contentType: jsonType, body: statusBody, before: func(r *http.Request) { _, _ = io.ReadAll(r.Body) }, status: 400,
			logged: "call the handler before",
		},
		"all, no length": {
			contentType: formType, body: message, before: func(r *http.Request) { _, _ = io.ReadAll(r.Body); r.ContentLength = -1 },
			status: 400, logged: "FormValue",
		},
		"a part": {
			contentType: formType, body: message, before: func(r *http.Request) { _, _ = r.Body.Read(make([]byte, 20)) }, status: 400,
			logged: "call the handler before",
		},
		"a part of JSON": {
			contentType: jsonType, body: " " + statusBody, before: func(r *http.Request) { _, _ = r.Body.Read(make([]byte, 1)) },
			status: 400, logged: "call the handler before",
		},
		"JSON with the type of a form": {
			contentType: formType, body: statusBody, before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"object with the type of a form": {
			contentType: formType, body: `{"a":1,"b":"x=y&z"}`, before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"a word": {
			contentType: formType, body: "garbage", before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"no text": {
			contentType: formType, body: "\x00=\xff", before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"no names": {
			contentType: formType, body: "===", before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"a BOM": {
			contentType: formType, body: "\ufeff" + message, before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"a field that cannot be parsed": {
			contentType: formType, body: message + "&groupUserIds=c%zz", before: func(r *http.Request) { _ = r.ParseForm() },
			status: 400, logged: "call the handler before",
		},
		"a field with a semicolon": {
			contentType: formType, body: message + "&content=1;23", before: func(r *http.Request) { _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
		"every character": {
			contentType: formType,
			body:        message + "&" + url.Values{"busChannel": {" !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~é😀"}}.Encode(),
			before:      func(r *http.Request) { _ = r.ParseForm() }, status: 200, logged: "",
		},
		"other form parsed": {
			contentType: formType, body: "", before: func(r *http.Request) { r.ContentLength = 5; _ = r.ParseForm() }, status: 400,
			logged: "call the handler before",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t)
			got := &received{}
			h.OnMessage(func(_ context.Context, m *webhook.Message) error { return got.add(m) })
			h.OnUserStatus(func(_ context.Context, s *webhook.UserStatus) error { return got.add(s) })
			r := request(t, tt.contentType, tt.body)
			tt.before(r)
			require.Equal(t, tt.status, webhooktest.Serve(h, r).Status)
			require.Equal(t, tt.status == 200, len(got.all()) == 1)
			require.Contains(t, logged.String(), tt.logged)
			if m, ok := first(got.all()).(*webhook.Message); ok {
				require.Equal(t, []string{"a", "b"}, m.ToUserIDs)
			}
			if tt.status != 200 {
				require.Equal(t, 1, strings.Count(logged.String(), "\n"), "one line")
			}
		})
	}
}

func first(events []webhook.Event) webhook.Event {
	if len(events) == 0 {
		return nil
	}
	return events[0]
}

func TestBOM(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	got := receive(h)
	require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, "\ufeff"+statusBody)).Status)
	require.Equal(t, 200, webhooktest.Serve(h, request(t, formType, "\ufefftoUserId=u&objectName=x&msgUID=1")).Status)
	require.Equal(t, webhook.KindUserStatus, got.all()[0].Kind())
	require.Equal(t, webhook.KindMessage, got.all()[1].Kind())
}

// observed records what an observer gets.
type observed struct {
	mu  sync.Mutex
	all []webhook.Observation
}

func (o *observed) Observe(_ context.Context, what webhook.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, what)
}

func TestUnknownIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	for _, queued := range []bool{false, true} {
		seen := &observed{}
		options := []webhook.Option{webhook.WithObserver(seen)}
		if queued {
			options = append(options, webhook.WithQueue(webhook.NewMemoryQueue(10), 1))
		}
		h, logged := newHandler(t, options...)
		h.Start()
		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, `{"event":"secret-word"}`)).Status)
		require.Contains(t, logged.String(), "kind=unknown type=application/json length=23")
		require.NotContains(t, logged.String(), "secret-word")
		require.Len(t, seen.all, 1)
		require.Equal(t, webhook.OutcomeUnknown, seen.all[0].Outcome)
		require.NoError(t, h.Shutdown(context.Background()))
	}
}

func TestObserver(t *testing.T) {
	t.Parallel()
	seen, also := &observed{}, 0
	panics := webhook.ObserverFunc(func(context.Context, webhook.Observation) { panic("boom") })
	h, logged := newHandler(t, webhook.WithObserver(panics), webhook.WithObserver(seen),
		webhook.WithObserver(webhook.ObserverFunc(func(context.Context, webhook.Observation) { also++ })))
	var told []error
	h.OnError(func(_ context.Context, r *http.Request, err error) {
		require.NotNil(t, r)
		told = append(told, err)
	})
	fails := true
	h.OnUserStatus(func(context.Context, *webhook.UserStatus) error {
		if fails {
			return errors.New("not now")
		}
		return nil
	})
	decideWith(h, webhook.Block("no"))
	r := request(t, jsonType, statusBody)
	webhooktest.Serve(h, again(r))
	fails = false
	webhooktest.Serve(h, again(r))
	webhooktest.Serve(h, again(r))
	forged := again(r)
	forged.Body = io.NopCloser(strings.NewReader(strings.Replace(statusBody, "123", "124", 1)))
	webhooktest.Serve(h, forged)
	webhooktest.Serve(h, unsigned(t, jsonType, statusBody))
	webhooktest.Serve(h, request(t, formType, questionBody))
	webhooktest.Serve(h, request(t, formType, strings.Replace(questionBody, "messageId", "x", 1)))

	var got []string
	for _, o := range seen.all {
		got = append(got, fmt.Sprint(o.Outcome, " ", o.Kind, " ", o.Status, " ", o.Reason(), " ", o.Verdict, " ", o.QueueDepth))
		require.NotNil(t, o.Request)
		require.GreaterOrEqual(t, o.Duration, time.Duration(0))
	}
	require.Equal(t, []string{
		"failed user_online_status 500 error allow -1",
		"handled user_online_status 200  allow -1",
		"repeated  200  allow -1",
		"refused user_online_status 403 replayed allow -1",
		"refused  403 unsigned allow -1",
		"decided pre_message 200  block -1",
		"fallback pre_message 200 malformed allow -1",
	}, got)
	require.Equal(t, len(got), also)
	require.Len(t, told, 4)
	require.ErrorIs(t, told[1], webhook.ErrReplayed)
	require.Equal(t, len(got), strings.Count(logged.String(), "an observer failed"))
}

// Jobs of a queue are observed too.
func TestObserverOfJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &observed{}
		h, _ := newHandler(t, webhook.WithObserver(seen), webhook.WithQueue(webhook.NewMemoryQueue(10), 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 2, MinWait: time.Second, MaxWait: time.Second}))
		calls := 0
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error {
			if calls++; calls <= 3 {
				return errors.New("not now")
			}
			time.Sleep(time.Minute / 2)
			return nil
		})
		h.Start()
		for range 2 {
			require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
		}
		require.NoError(t, h.Shutdown(context.Background()))
		var got []string
		for _, o := range seen.all {
			got = append(got, fmt.Sprint(o.Outcome, " ", o.Kind, " ", o.Status, " ", o.Reason()))
			require.GreaterOrEqual(t, o.QueueDepth, 0)
			require.Equal(t, o.Status == 0, o.Request == nil)
			if o.Outcome == webhook.OutcomeJobDone {
				require.Equal(t, time.Minute/2, o.Duration)
			}
		}
		slices.Sort(got)
		require.Equal(t, []string{
			"job_done user_online_status 0 ", "job_failed user_online_status 0 error", "job_failed user_online_status 0 error",
			"job_given_up user_online_status 0 error", "queued user_online_status 200 ", "queued user_online_status 200 ",
		}, got)
	})
}

// A refused sender cannot keep its connection by sending slowly; reading from one with a valid
// signature ends in time.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, webhook.WithTimeout(50*time.Millisecond), webhook.WithDecisionTimeout(50*time.Millisecond, webhook.Block("later")))
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/questions", h.For(webhook.KindPreMessage))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	send := func(path, query string) *http.Response {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "POST %s?%s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\na", path, query, formType)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		resp.Body = io.NopCloser(strings.NewReader(string(body)))
		_, err = reader.ReadByte()
		require.ErrorIs(t, err, io.EOF, "the connection is closed")
		return resp
	}
	signed := request(t, formType, "")
	require.Equal(t, 403, send("/", "nonce=1&timestamp=1&signature=1").StatusCode)
	require.Equal(t, 400, send("/", signed.URL.RawQuery).StatusCode)
	resp := send("/questions", request(t, formType, "").URL.RawQuery)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, fallback, string(body))

	// A well-behaved connection is kept.
	var conns []string
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns = append(conns, r.RemoteAddr)
		h.ServeHTTP(w, r)
	})
	for range 2 {
		answer, err := clientApp(srv).Post(t.Context(), srv.URL+"/", webhooktest.Sample(webhook.KindUserStatus))
		require.NoError(t, err)
		require.Equal(t, 200, answer.Status)
	}
	require.Len(t, conns, 2)
	require.Equal(t, conns[0], conns[1])
}

// The read deadline must not end a function that takes longer than reading may.
func TestReadDeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, webhook.WithTimeout(30*time.Millisecond))
	h.OnUserStatus(func(ctx context.Context, _ *webhook.UserStatus) error {
		<-ctx.Done()
		time.Sleep(30 * time.Millisecond) // it ignores its context
		return nil
	})
	ended := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		ended <- r.Context().Err()
	}))
	defer srv.Close()
	answer, err := clientApp(srv).Post(t.Context(), srv.URL+"/", webhooktest.Sample(webhook.KindUserStatus))
	require.NoError(t, err)
	require.Equal(t, 200, answer.Status)
	require.NoError(t, <-ended)
}

func TestForwardedFor(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("fe80::/10"), {}}
	for _, tt := range []struct {
		remote string
		header []string
		want   string
	}{
		{"203.0.113.7:1", nil, "203.0.113.7"},
		// the connection is not trusted
		{"203.0.113.7:1", []string{"39.105.128.42"}, "203.0.113.7"},
		{"10.0.0.1:1", nil, "10.0.0.1"},
		{"10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"39.105.128.42"}, "39.105.128.42"},
		// the client wrote the first
		{"10.0.0.1:1", []string{"39.105.128.42, 203.0.113.7"}, "203.0.113.7"},
		{"10.0.0.1:1", []string{"39.105.128.42", "203.0.113.7"}, "203.0.113.7"},
		{"10.0.0.1:1", []string{"39.105.128.42, 203.0.113.7, 10.2.2.2", "10.3.3.3"}, "203.0.113.7"},
		{"10.0.0.1:1", []string{"39.105.128.42:443"}, "39.105.128.42"},
		{"10.0.0.1:1", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"10.0.0.1:1", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"10.0.0.1:1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"10.0.0.1:1", []string{"::ffff:39.105.128.42"}, "39.105.128.42"},
		{"[::ffff:10.0.0.1]:1", []string{"39.105.128.42"}, "39.105.128.42"},
		{"[fe80::1%eth0]:1", []string{"39.105.128.42"}, "39.105.128.42"},
		{"10.0.0.1:1", []string{"39.105.128.42, fe80::2%eth0, [fe80::3%eth1]:80"}, "39.105.128.42"},
		{"10.0.0.1:1", []string{"39.105.128.42, unknown"}, "invalid IP"},
		{"10.0.0.1:1", []string{"39.105.128.42,"}, "invalid IP"},
		{"10.0.0.1:1", []string{"39.105.128.42, , 10.1.1.1"}, "invalid IP"},
		{"10.0.0.1:1", []string{"10.9.9.9, 10.1.1.1"}, "10.9.9.9"},
		{"@", []string{"39.105.128.42"}, "invalid IP"},
	} {
		r := unsigned(t, formType, "")
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.header
		require.Equal(t, tt.want, webhook.ForwardedFor(trusted...)(r).String(), "%+v", tt)
	}
	for prefix, status := range map[string]int{
		"::ffff:39.105.128.42/128": 200, "::ffff:39.105.0.0/112": 200, "39.105.128.0/24": 200, "::ffff:39.105.128.43/128": 403, "2001:db8::/32": 403,
	} {
		h, _ := newHandler(t, webhook.WithSources(netip.MustParsePrefix(prefix)), webhook.WithClientAddr(webhook.ForwardedFor(trusted...)))
		r := request(t, jsonType, statusBody)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header.Set("X-Forwarded-For", "1.2.3.4, 39.105.128.42")
		require.Equal(t, status, webhooktest.Serve(h, r).Status, prefix)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, kind := range webhooktest.Kinds() {
		contentType, body, err := testApp.Encode(webhooktest.Sample(kind))
		require.NoError(t, err)
		want, err := webhook.Parse(request(t, contentType, string(body)), testSecret, webhook.WithKind(kind))
		if kind == webhook.KindMessageAudit {
			r := unsigned(t, contentType, string(body))
			testApp.SignHeaders(r)
			want, err = webhook.Parse(r, testSecret)
		}
		require.NoError(t, err)
		for _, as := range []webhook.Kind{kind, ""} {
			for _, media := range []string{contentType, ""} {
				got, err := webhook.Decode(as, media, body)
				require.NoError(t, err)
				require.Equal(t, kind, got.Kind)
				require.Equal(t, body, got.Body)
				require.Len(t, got.Events, len(want.Events))
				require.Equal(t, plain(t, want.Events[0]), plain(t, got.Events[0]))
			}
		}
	}
	got, err := webhook.Decode("", formType, []byte(questionBody))
	require.NoError(t, err)
	require.Equal(t, "test-key", got.AppKey)
	got, err = webhook.Decode(webhook.KindMessage, jsonType, []byte("garbage"))
	require.NoError(t, err)
	require.Error(t, got.Events[0].(*webhook.Unknown).Err)
	_, err = webhook.Decode("mesage_sync", "", []byte(questionBody))
	var wrong *rongcloud.ArgumentError
	require.ErrorAs(t, err, &wrong)
	_, err = webhook.Decode("", "text/plain", []byte(questionBody))
	require.ErrorIs(t, err, webhook.ErrMediaType)
	_, err = webhook.Decode("", "", []byte(" "))
	require.ErrorIs(t, err, webhook.ErrMalformed)
}

// Texts returns everything a moderator must see, decoded.
func TestTexts(t *testing.T) {
	t.Parallel()
	m := &webhook.PreMessage{
		ObjectName: "RC:TxtMsg", Body: `{"content":"\u0063asino","user":"x"}`, PushContent: "push",
		PushOptionsText: `{"title":"p\u0075sh title"}`, Expansion: map[string]string{"k": "expanded", "j": `{"v":"deep"}`},
	}
	texts, err := m.Texts()
	require.NoError(t, err)
	require.Subset(t, texts, []string{"casino", "x", "push", "push title", "expanded", "deep"})
	deep := `"casino"`
	for range 10 {
		deep = strconv.Quote(deep)
	}
	for _, hidden := range []*webhook.PreMessage{
		{PushContent: deep}, {PushOptionsText: deep}, {Expansion: map[string]string{"k": deep}}, {PushContent: "casi\xffno"},
	} {
		hidden.ObjectName, hidden.Body = "RC:TxtMsg", `{"content":"fine"}`
		_, err := hidden.Texts()
		require.ErrorIs(t, err, rongcloud.ErrUndecodable)
	}
	for _, body := range []string{`{"content":"casino"}x`, "casino", ""} {
		m.Body = body
		_, err := m.Texts()
		require.ErrorIs(t, err, rongcloud.ErrUndecodable)
		_, err = (&webhook.Message{ObjectName: "RC:TxtMsg", Body: body}).Texts()
		require.ErrorIs(t, err, rongcloud.ErrUndecodable)
		require.True(t, webhook.IsPermanent(err), "no retry makes it readable")
		_, err = (&webhook.MessageAudit{ObjectName: "RC:TxtMsg", Body: body}).Texts()
		require.ErrorIs(t, err, rongcloud.ErrUndecodable)
	}
}

// Whatever came as the expansion is among the texts, even what a map of texts cannot hold.
func TestTextsOfTheExpansion(t *testing.T) {
	t.Parallel()
	for _, expansion := range []string{
		"casino", `"casino"`, `["casino"]`, `[{"k":"casino"}]`, `{"k":"casino","k":"fine"}`, `{"k":"casino"}`, `{"k":{"v":"cas\u0069no"}}`, `{"k":"casino"`, `{"k":"casino"}x`,
	} {
		inJSON := strconv.Quote(expansion)
		for _, body := range []string{
			questionBody + "&extraContent=" + url.QueryEscape(expansion), questionBody + "&EXTRACONTENT=" + url.QueryEscape(expansion),
			`{"msgType":"RC:TxtMsg","messageId":"1","targetId":"g1","content":"{\"content\":\"hello\"}","extraContent":` + inJSON + `}`,
			`[{"msgType":"RC:TxtMsg","messageId":"1","targetId":"g1","content":"{\"content\":\"hello\"}","extraContent":` + inJSON + `}]`,
			`{"result":10001,"resultDetail":"","content":{"objectName":"RC:TxtMsg","message":"{\"content\":\"hello\"}","extraContent":` + inJSON + `},"msgUID":"1"}`,
		} {
			got, err := webhook.Decode("", "", []byte(body))
			require.NoError(t, err)
			require.Len(t, got.Events, 1)
			said, ok := got.Events[0].(interface{ Texts() ([]string, error) })
			require.True(t, ok, "%T of %s", got.Events[0], body)
			texts, err := said.Texts()
			require.NoError(t, err)
			require.Contains(t, texts, "hello")
			require.Contains(t, strings.Join(texts, "\n"), "casino", body)
		}
	}
	got, err := webhook.Decode("", "", []byte(questionBody+"&extraContent=%7B%22k%22%3A%22casi%FFno%22%7D"))
	require.NoError(t, err)
	_, err = got.Events[0].(*webhook.PreMessage).Texts()
	require.ErrorIs(t, err, rongcloud.ErrUndecodable)
}

func TestNonceStoreForgetsEarly(t *testing.T) {
	t.Parallel()
	h, logged := newHandler(t, webhook.WithNonceStore(webhook.NewMemoryNonceStore(10)))
	receive(h)
	for range 10 {
		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
	}
	require.Empty(t, logged.String())
	for range 20 {
		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, statusBody)).Status)
	}
	require.Equal(t, 1, strings.Count(logged.String(), "forgets signatures before their time"))
}

// A repeat of a handled callback is acknowledged before anything is decoded.
func TestDoneIsNotDecoded(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, storeOf(webhook.NonceDone, nil))
	require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, `[{"userid":"1","status":`)).Status)
}
