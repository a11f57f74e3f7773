package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func decideWith(h *webhook.Handler, decision webhook.Decision) {
	h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) { return decision, nil })
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	yes := true
	tests := []struct {
		name     string
		decision webhook.Decision
		want     string
	}{
		{"zero", webhook.Decision{}, `{"pass":1}`},
		{"allow", webhook.Allow(), `{"pass":1}`},
		{"allow unchecked", webhook.AllowUnchecked(), `{"pass":2}`},
		{"block", webhook.Block("no <b>"), `{"pass":0,"extra":"no <b>"}`},
		{"block without text", webhook.Block(""), `{"pass":0}`},
		{"block with 1024 characters", webhook.Block(strings.Repeat("字", 1024)), `{"pass":0,"extra":"` + strings.Repeat("字", 1024) + `"}`},
		{"block with more", webhook.Block(strings.Repeat("字", 1025)), `{"pass":0,"extra":"` + strings.Repeat("字", 1024) + `"}`},
		{"block with long characters", webhook.Block("x" + strings.Repeat("😀", 512)), `{"pass":0,"extra":"x` + strings.Repeat("😀", 511) + `"}`},
		{
			"block ignores the rest",
			webhook.Decision{Verdict: webhook.VerdictBlock, Content: rongcloud.TextMessage{Content: "x"}, PushContent: "x", DisablePush: &yes}, `{"pass":0}`,
		},
		{"text needs a block", webhook.Decision{Text: "x"}, `{"pass":1}`},
		{"replace", webhook.Replace(rongcloud.TextMessage{Content: "h***o & <co>"}), `{"pass":1,"replaceContent":"{\"content\":\"h***o & <co>\"}"}`},
		{"replace by raw content", webhook.Replace(rongcloud.RawContent{Name: "RC:TxtMsg", Body: `{"a":1}`}), `{"pass":1,"replaceContent":"{\"a\":1}"}`},
		{"replace by a pointer", webhook.Replace(&rongcloud.RawContent{Name: "RC:TxtMsg", Body: `{"a":1}`}), `{"pass":1,"replaceContent":"{\"a\":1}"}`},
		{
			"everything",
			webhook.Decision{
				Verdict: webhook.VerdictAllowUnchecked, Content: rongcloud.TextMessage{Content: "x"}, PushContent: "push", DisablePush: &yes,
				PushOptions: &rongcloud.PushOptions{Title: "T", FCM: &rongcloud.FCMPush{ChannelID: "c"}}, Expansion: map[string]string{"k": "v"},
			},
			`{"pass":2,"replaceContent":"{\"content\":\"x\"}","replacePushContent":"push","replaceDisablePush":true,` +
				`"replacePushExt":"{\"title\":\"T\",\"pushConfigs\":[{\"FCM\":{\"channelId\":\"c\"}}]}","replaceExtraContent":"{\"k\":\"v\"}"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t)
			decideWith(h, tt.decision)
			answer, err := testApp.Deliver(t.Context(), h, webhooktest.Sample(webhook.KindPreMessage))
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.Status)
			require.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
			require.Equal(t, tt.want, string(answer.Body))
			require.Empty(t, logged.String())
			_, err = answer.Decision()
			require.NoError(t, err)
		})
	}
}

func TestDecisionFallback(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		decide func(context.Context, *webhook.PreMessage) (webhook.Decision, error)
		logged string
	}{
		{"error", func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			return webhook.Allow(), errors.New("the word list is away")
		}, "the word list is away"},
		{"panic", func(context.Context, *webhook.PreMessage) (webhook.Decision, error) { panic("boom") }, "panic: boom"},
		{"no function", nil, "no function is registered for questions"},
		{"other type", func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			return webhook.Replace(rongcloud.InfoNotification{}), nil
		}, "a RC:InfoNtf cannot replace a RC:TxtMsg"},
		{"nil pointer", func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			return webhook.Replace((*rongcloud.TextMessage)(nil)), nil
		}, "panic"},
		{"nil raw content", func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			return webhook.Replace((*rongcloud.RawContent)(nil)), nil
		}, "nil pointer"},
		{"no verdict", func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			return webhook.Decision{Verdict: 9}, nil
		}, "Verdict(9) is not a verdict"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t, webhook.WithDecisionTimeout(time.Minute, webhook.Block("try again")))
			h.OnPreMessage(tt.decide)
			answer, err := testApp.Deliver(t.Context(), h, webhooktest.Sample(webhook.KindPreMessage))
			require.NoError(t, err)
			require.Equal(t, `{"pass":0,"extra":"try again"}`, string(answer.Body))
			require.Equal(t, http.StatusOK, answer.Status)
			require.Contains(t, logged.String(), tt.logged)
		})
	}
}

// A fallback replaces the content of messages of its type, and blocks all others.
func TestFallbackReplaces(t *testing.T) {
	t.Parallel()
	replace := webhook.Replace(rongcloud.TextMessage{Content: "***"})
	replace.Text = "later"
	watcher := &observed{}
	h, _ := newHandler(t, webhook.WithDecisionTimeout(time.Minute, replace), webhook.WithObserver(watcher))
	const asks = "targetId=g1&messageId=1&content=%7B%7D&msgType="
	alone := h.For(webhook.KindPreMessage)
	for _, tt := range []struct {
		handler http.Handler
		body    string
		want    string
		verdict webhook.Verdict
	}{
		{
			handler: h, body: asks + "RC%3ATxtMsg", want: `{"pass":1,"replaceContent":"{\"content\":\"***\"}"}`,
			verdict: webhook.VerdictAllow,
		},
		{
			handler: alone, body: asks + "RC%3ATxtMsg", want: `{"pass":1,"replaceContent":"{\"content\":\"***\"}"}`,
			verdict: webhook.VerdictAllow,
		},
		{handler: h, body: asks + "RC%3AImgMsg", want: fallback, verdict: webhook.VerdictBlock},
		{handler: alone, body: asks + "app%3Aorder", want: fallback, verdict: webhook.VerdictBlock},
		{handler: alone, body: asks, want: fallback, verdict: webhook.VerdictBlock},
		{handler: alone, body: "%zz", want: fallback, verdict: webhook.VerdictBlock},
		{handler: alone, body: "", want: fallback, verdict: webhook.VerdictBlock},
	} {
		require.Equal(t, tt.want, string(webhooktest.Serve(tt.handler, request(t, formType, tt.body)).Body), tt.body)
		require.Equal(t, tt.verdict, watcher.all[len(watcher.all)-1].Verdict, tt.body)
	}
}

// A pre-delivery check that cannot be read is still a check.
func TestMalformedQuestion(t *testing.T) {
	t.Parallel()
	h, logged := newHandler(t, webhook.WithDecisionTimeout(time.Minute, webhook.Block("")))
	got := receive(h)
	for name, handler := range map[string]http.Handler{
		"targetId=g1&msgType=&messageId=m1": h, "%zz": h.For(webhook.KindPreMessage), "": h.For(webhook.KindPreMessage),
	} {
		answer := webhooktest.Serve(handler, request(t, formType, name))
		require.Equal(t, `{"pass":0}`, string(answer.Body), name)
		require.Equal(t, http.StatusOK, answer.Status)
	}
	require.Empty(t, got.all())
	require.Equal(t, 3, strings.Count(logged.String(), "the fallback decides"))
}

// The response is sent in time, even if the function ignores its context.
func TestDecisionTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t, webhook.WithDecisionTimeout(webhook.DefaultDecisionTimeout, webhook.AllowUnchecked()))
		var ended error
		h.OnPreMessage(func(ctx context.Context, _ *webhook.PreMessage) (webhook.Decision, error) {
			time.Sleep(time.Minute)
			ended = ctx.Err()
			return webhook.Block("too late"), nil
		})
		began := time.Now()
		answer, err := testApp.Deliver(context.Background(), h, webhooktest.Sample(webhook.KindPreMessage))
		require.NoError(t, err)
		require.Equal(t, 2500*time.Millisecond, time.Since(began))
		require.Equal(t, `{"pass":2}`, string(answer.Body))
		require.Contains(t, logged.String(), "context deadline exceeded")
		require.NoError(t, h.Shutdown(context.Background()), "waits for the function")
		require.Equal(t, time.Minute, time.Since(began))
		require.ErrorIs(t, ended, context.DeadlineExceeded)
	})
}

func TestVerdictOfAnswers(t *testing.T) {
	t.Parallel()
	verdict, err := (&webhooktest.Response{Status: 200, Body: []byte(`{"pass":0,"extra":"x","replaceDisablePush":true}`)}).Decision()
	require.NoError(t, err)
	require.Equal(t, webhook.VerdictBlock, verdict.Verdict)
	require.Equal(t, "x", verdict.Text)
	require.True(t, *verdict.DisablePush)
	require.Nil(t, verdict.Body)
	for _, answer := range []webhooktest.Response{
		{Status: 500, Body: []byte(`{"pass":1}`)}, {Status: 200}, {Status: 200, Body: []byte(`{}`)}, {Status: 200, Body: []byte(`{"pass":3}`)},
	} {
		_, err := answer.Decision()
		require.Error(t, err)
	}
}
