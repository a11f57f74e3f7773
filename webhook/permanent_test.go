package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestPermanent(t *testing.T) {
	t.Parallel()
	require.NoError(t, webhook.Permanent(nil))
	cause := errors.New("no")
	err := fmt.Errorf("archive: %w", webhook.Permanent(cause))
	require.ErrorIs(t, err, cause)
	require.EqualError(t, err, "archive: no")
	require.True(t, webhook.IsPermanent(err))
	require.True(t, webhook.IsPermanent(errors.Join(errors.New("other"), err)))
	require.False(t, webhook.IsPermanent(cause))
	require.False(t, webhook.IsPermanent(nil))
}

// A body that does not match its type is a permanent error.
func TestContentFailsForGood(t *testing.T) {
	t.Parallel()
	const name, body = "RC:TxtMsg", `{"content":`
	for _, e := range []interface {
		Content() (rongcloud.MessageContent, error)
	}{
		&webhook.Message{ObjectName: name, Body: body},
		&webhook.PreMessage{ObjectName: name, Body: body},
		&webhook.MessageAudit{ObjectName: name, Body: body},
		&webhook.BotEvent{Type: webhook.BotEventPrivateMessage, Data: []byte(`{"objectName":"RC:TxtMsg","content":"{","msgUID":"1"}`)},
	} {
		content, err := e.Content()
		require.True(t, webhook.IsPermanent(err), "%T", e)
		require.IsType(t, rongcloud.RawContent{}, content, "%T", e)
	}
}

// archiveContent is a typical function: it returns the error of Content.
func archiveContent(calls *[]string) func(context.Context, *webhook.Message) error {
	return func(_ context.Context, m *webhook.Message) error {
		*calls = append(*calls, m.MessageUID)
		if _, err := m.Content(); err != nil {
			return fmt.Errorf("message %s: %w", m.MessageUID, err)
		}
		return nil
	}
}

// A body that cannot be decoded costs one attempt, is reported, and does not block its
// conversation.
func TestAsyncPermanent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		queue := webhook.NewMemoryQueue(10)
		h, logged := newHandler(t, webhook.WithQueue(queue, 1), webhook.WithGiveUp(func(job webhook.Job, err error) {
			told = append(told, fmt.Sprint(job.Kind, " ", webhook.IsPermanent(err), " ", len(job.Body) > 0))
		}))
		var calls []string
		h.OnMessage(archiveContent(&calls))
		h.Start()
		began := time.Now()
		for n := range 3 {
			m := roomMessage(0, n)
			if n == 0 {
				m.Body = `{"content":"casino`
			}
			require.Equal(t, 200, deliver(t, h, m))
		}
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, began, time.Now())
		require.Equal(t, []string{"0", "1", "2"}, calls)
		require.Equal(t, []string{"message_sync true true"}, told)
		require.Contains(t, logged.String(), "failed for good")
		require.NotContains(t, logged.String(), "casino")
		require.Zero(t, queue.Len())
	})
}

// Without a queue it is acknowledged, because a retry by RongCloud cannot help, and reported as
// well.
func TestPermanentWithoutQueue(t *testing.T) {
	t.Parallel()
	var told []webhook.Job
	h, logged := newHandler(t, webhook.WithGiveUp(func(job webhook.Job, _ error) { told = append(told, job) }))
	var users []string
	h.OnUserStatus(func(_ context.Context, s *webhook.UserStatus) error {
		users = append(users, s.UserID)
		if s.UserID == "a" {
			return webhook.Permanent(errors.New("no such user"))
		}
		return nil
	})
	r := request(t, jsonType, `[{"userid":"a","status":"0","os":"iOS"},{"userid":"b","status":"0","os":"iOS"}]`)
	for range 2 {
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
	}
	require.Equal(t, []string{"a", "b"}, users, "the later events go on, and the retry is known")
	require.Len(t, told, 1)
	require.Equal(t, webhook.KindUserStatus, told[0].Kind)
	require.JSONEq(t, `{"userid":"a","status":"0","os":"iOS"}`, string(told[0].Body))
	require.Contains(t, logged.String(), "no such user")
}

// A job from an older program whose body this one cannot read is not tried ten times.
func TestAsyncMalformedJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := webhook.NewMemoryQueue(10)
		require.NoError(t, queue.Push(context.Background(), webhook.Job{Kind: webhook.KindMessage, Form: true, Body: []byte("x=1")}))
		h, logged := newHandler(t, webhook.WithQueue(queue, 1))
		began := time.Now()
		h.Start()
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, began, time.Now())
		require.Contains(t, logged.String(), "objectName is missing")
		require.Zero(t, queue.Len())
	})
}
