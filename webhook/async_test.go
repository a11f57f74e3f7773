package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func roomMessage(room, n int) *webhook.Message {
	m := webhooktest.Sample(webhook.KindMessage).(*webhook.Message)
	m.ConversationType, m.TargetID, m.ChannelID, m.MessageUID = rongcloud.ConversationGroup, "g"+strconv.Itoa(room), "", strconv.Itoa(n)
	return m
}

func deliver(t testing.TB, h http.Handler, events ...webhook.Event) int {
	t.Helper()
	answer, err := testApp.Deliver(context.Background(), h, events...)
	require.NoError(t, err)
	return answer.Status
}

// Each conversation is handled in order, and several at once, but no more than there are workers
// for.
func TestAsyncOrder(t *testing.T) {
	t.Parallel()
	const rooms, messages, workers = 20, 50, 8
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(rooms*messages), workers))
		var mu sync.Mutex
		seen := map[string][]string{}
		var running, most, busy atomic.Int32
		h.OnMessage(func(_ context.Context, m *webhook.Message) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			if m.TargetID == "g0" {
				require.EqualValues(t, 1, busy.Add(1), "one at a time")
				defer busy.Add(-1)
			}
			time.Sleep(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			seen[m.TargetID] = append(seen[m.TargetID], m.MessageUID)
			require.Equal(t, testKey, m.AppKey)
			require.False(t, m.SignedAt.IsZero())
			return nil
		})
		h.Start()
		h.Start() // once is enough
		began := time.Now()
		for n := range messages {
			for room := range rooms {
				require.Equal(t, 200, deliver(t, h, roomMessage(room, n)))
			}
		}
		require.Equal(t, began, time.Now(), "the answers do not wait for the work")
		require.NoError(t, h.Shutdown(context.Background()))
		require.EqualValues(t, workers, most.Load())
		require.Len(t, seen, rooms)
		for room, uids := range seen {
			require.Len(t, uids, messages, room)
			for n, uid := range uids {
				require.Equal(t, strconv.Itoa(n), uid)
			}
		}
		require.Empty(t, logged.String())
	})
}

// Both directions between two users are one conversation, and each item of a list is its own job.
func TestAsyncKeys(t *testing.T) {
	t.Parallel()
	queue := webhook.NewMemoryQueue(100)
	h, _ := newHandler(t, webhook.WithQueue(queue, 1))
	h.Start()
	require.NoError(t, h.Shutdown(t.Context()))

	pushed := &recordingQueue{}
	h, _ = newHandler(t, webhook.WithQueue(pushed, 1))
	h.Start()
	there := roomMessage(0, 0)
	there.ConversationType, there.From, there.TargetID = rongcloud.ConversationPrivate, "a", "b"
	back := roomMessage(0, 0)
	back.ConversationType, back.From, back.TargetID = rongcloud.ConversationPrivate, "b", "a"
	recall := webhooktest.Sample(webhook.KindMessageOperation).(*webhook.MessageOperation)
	recall.ConversationType, recall.OperatorID, recall.TargetID, recall.ChannelID = 1, "b", "a", ""
	group := roomMessage(7, 0)
	groupRecall := webhooktest.Sample(webhook.KindMessageOperation).(*webhook.MessageOperation)
	groupRecall.ConversationType, groupRecall.TargetID, groupRecall.ChannelID = 3, "g7", ""
	for _, e := range []webhook.Event{there, back, recall, group, groupRecall} {
		require.Equal(t, 200, deliver(t, h, e))
	}
	require.Equal(t, pushed.jobs[0].Key, pushed.jobs[1].Key)
	require.Equal(t, pushed.jobs[0].Key, pushed.jobs[2].Key)
	require.Equal(t, pushed.jobs[3].Key, pushed.jobs[4].Key)
	require.NotEqual(t, pushed.jobs[0].Key, pushed.jobs[3].Key)
	one, two := webhooktest.Sample(webhook.KindChatroomStatus), webhooktest.Sample(webhook.KindChatroomStatus)
	two.(*webhook.ChatroomStatus).ChatroomID = "room2"
	require.Equal(t, 200, deliver(t, h, one, two, one))
	jobs := pushed.jobs[5:]
	require.Len(t, jobs, 3)
	require.Equal(t, jobs[0].Key, jobs[2].Key)
	require.NotEqual(t, jobs[0].Key, jobs[1].Key)
	require.True(t, strings.HasPrefix(string(jobs[1].Body), `{"chatRoomId":"room2"`), string(jobs[1].Body))
	require.Equal(t, 200, webhooktest.Serve(h.For(webhook.KindUserStatus), request(t, jsonType, `[]`)).Status)
	require.Len(t, pushed.jobs, 8, "an empty list is no work")
	require.NoError(t, h.Shutdown(t.Context()))
}

// Every kind survives the queue.
func TestAsyncEveryKind(t *testing.T) {
	t.Parallel()
	h, logged := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(100), 4))
	got := receive(h)
	h.Start()
	want := map[webhook.Kind]webhook.Event{}
	for _, kind := range webhooktest.Kinds() {
		want[kind] = webhooktest.Sample(kind)
		require.Equal(t, 200, deliver(t, h, webhooktest.Sample(kind)))
	}
	require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, `{"new":1}`)).Status)
	require.Equal(t, 200, webhooktest.Serve(h.For(webhook.KindMessage), request(t, formType, `objectName=`)).Status)
	require.NoError(t, h.Shutdown(t.Context()))
	require.Len(t, got.all(), len(want)+2, logged.String())
	var unknown []string
	for _, e := range got.all() {
		if u, ok := e.(*webhook.Unknown); ok {
			unknown = append(unknown, fmt.Sprintf("%v %s %v", u.Expected, u.Raw, u.Err))
			continue
		}
		require.Equal(t, want[e.Kind()], plain(t, e))
	}
	slices.Sort(unknown)
	require.Equal(t, []string{`message_sync objectName= objectName is missing`, `unknown {"new":1} <nil>`}, unknown)
}

func TestAsyncRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(2), 1))
		release := make(chan struct{})
		h.OnMessage(func(context.Context, *webhook.Message) error { <-release; return nil })
		decideWith(h, webhook.Block("no"))
		require.Equal(t, 503, deliver(t, h, roomMessage(0, 0)), "not started")
		require.Contains(t, logged.String(), "Start was not called")
		h.Start()
		r, err := testApp.Request(context.Background(), "http://localhost/", roomMessage(0, 3))
		require.NoError(t, err)
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 1)))
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 2)))
		require.Equal(t, 503, webhooktest.Serve(h, again(r)).Status, "full")
		require.Contains(t, logged.String(), webhook.ErrQueueFull.Error())
		require.Equal(t, 400, webhooktest.Serve(h.For(webhook.KindMessage), request(t, formType, "")).Status, "malformed, and no function for that")
		answer, err := testApp.Deliver(context.Background(), h, webhooktest.Sample(webhook.KindPreMessage))
		require.NoError(t, err)
		require.Equal(t, `{"pass":0,"extra":"no"}`, string(answer.Body), "questions do not wait")
		close(release)
		synctest.Wait()
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status, "RongCloud's retry is taken")
		require.Equal(t, 200, webhooktest.Serve(h, again(r)).Status)
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, 503, deliver(t, h, roomMessage(0, 4)), "shut down")
	})
}

// A failing function is called again at growing intervals. Its conversation waits, the others do
// not.
func TestAsyncRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(100), 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 4, MinWait: time.Second, MaxWait: 3 * time.Second}))
		began := time.Now()
		var order []string
		var waits []time.Duration
		h.OnMessage(func(_ context.Context, m *webhook.Message) error {
			order = append(order, m.TargetID+"/"+m.MessageUID)
			if m.TargetID == "g0" && m.MessageUID == "0" && len(waits) < 3 {
				waits = append(waits, time.Since(began))
				return errors.New("not yet")
			}
			return nil
		})
		h.Start()
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 0)))
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 1)))
		synctest.Wait()
		require.Equal(t, 200, deliver(t, h, roomMessage(1, 0)))
		require.NoError(t, h.Shutdown(context.Background()), "waits for the retries too")
		require.Equal(t, []string{"g0/0", "g1/0", "g0/0", "g0/0", "g0/0", "g0/1"}, order)
		last := time.Since(began)
		for i, bound := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
			next := last
			if i < 2 {
				next = waits[i+1]
			}
			require.GreaterOrEqual(t, next-waits[i], bound/2)
			require.LessOrEqual(t, next-waits[i], bound)
		}
		require.Equal(t, 3, strings.Count(logged.String(), "will be called again"))
	})
}

func TestJobRetryDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		retry      webhook.JobRetry
		calls      int32
		min, total time.Duration // of all waits
	}{
		"none is given": {
			retry: webhook.JobRetry{}, calls: webhook.DefaultJobAttempts, min: 4 * time.Minute / 2, total: 6 * time.Minute,
		},
		"attempts alone": {retry: webhook.JobRetry{MaxAttempts: 3}, calls: 3, min: time.Second, total: 3 * time.Second},
		"a long wait alone": {
			retry: webhook.JobRetry{MaxAttempts: 2, MinWait: time.Hour}, calls: 2, min: time.Hour / 2, total: time.Hour,
		},
		"a short longest wait": {
			retry: webhook.JobRetry{MaxAttempts: 3, MaxWait: 10 * time.Millisecond}, calls: 3, min: 10 * time.Millisecond,
			total: 20 * time.Millisecond,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(10), 1), webhook.WithJobRetry(c.retry))
				var calls atomic.Int32
				h.OnMessage(func(context.Context, *webhook.Message) error {
					calls.Add(1)
					return errors.New("no")
				})
				h.Start()
				begin := time.Now()
				require.Equal(t, 200, deliver(t, h, roomMessage(0, 0)))
				require.NoError(t, h.Shutdown(context.Background()))
				require.Equal(t, c.calls, calls.Load())
				require.GreaterOrEqual(t, time.Since(begin), c.min)
				require.LessOrEqual(t, time.Since(begin), c.total)
			})
		})
	}
}

func TestAsyncGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var given []string
		queue := webhook.NewMemoryQueue(100)
		h, logged := newHandler(t, webhook.WithQueue(queue, 2), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 3, MinWait: time.Second, MaxWait: time.Second}),
			webhook.WithGiveUp(func(job webhook.Job, err error) {
				given = append(given, fmt.Sprint(job.Kind, " ", err))
				panic("in the function of WithGiveUp")
			}), webhook.WithGiveUp(func(job webhook.Job, _ error) { given = append(given, "and "+string(job.Kind)) }))
		var calls, after atomic.Int32
		h.OnMessage(func(_ context.Context, m *webhook.Message) error {
			if m.MessageUID == "0" {
				calls.Add(1)
				panic("boom")
			}
			after.Add(1)
			return nil
		})
		h.Start()
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 0)))
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 1)))
		require.NoError(t, h.Shutdown(context.Background()))
		require.EqualValues(t, 3, calls.Load())
		require.EqualValues(t, 1, after.Load(), "the conversation goes on")
		require.Equal(t, []string{"message_sync panic: boom", "and message_sync"}, given, "in the order in which they were given")
		require.Contains(t, logged.String(), "in the function of WithGiveUp")
		require.NotContains(t, logged.String(), "hello", "no bodies in logs")
		require.Zero(t, queue.Len())
	})
}

func TestAsyncJobTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(1), 1), webhook.WithJobTimeout(time.Hour), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 1, MinWait: 1, MaxWait: 1}))
		var took time.Duration
		h.OnMessage(func(ctx context.Context, _ *webhook.Message) error {
			began := time.Now()
			<-ctx.Done()
			took = time.Since(began)
			return ctx.Err()
		})
		h.Start()
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 0)))
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, time.Hour, took)
	})
}

// A shutdown that takes too long reports it, cancels the functions, and leaves unfinished jobs in
// the queue.
func TestAsyncShutdownTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := webhook.NewMemoryQueue(10)
		h, _ := newHandler(t, webhook.WithQueue(queue, 1))
		ended := make(chan error, 1)
		h.OnMessage(func(ctx context.Context, _ *webhook.Message) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		})
		h.Start()
		for n := range 3 {
			require.Equal(t, 200, deliver(t, h, roomMessage(0, n)))
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := h.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "3 callbacks or more are still in the queue")
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Equal(t, 3, queue.Len())
		synctest.Wait()
		require.NoError(t, h.Shutdown(context.Background()), "all has ended")
	})
}

// A shutdown during requests that do not end stops the queue's work as well.
func TestAsyncShutdownDuringRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(1), 1))
		h.OnPreMessage(func(context.Context, *webhook.PreMessage) (webhook.Decision, error) {
			time.Sleep(time.Minute)
			return webhook.Allow(), nil
		})
		h.Start()
		require.Equal(t, 200, deliver(t, h, webhooktest.Sample(webhook.KindPreMessage)))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorContains(t, h.Shutdown(ctx), "still being handled")
		time.Sleep(time.Hour)
	})
}

func TestAsyncNeverStarted(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(1), 1))
	require.NoError(t, h.Shutdown(t.Context()))
	h.Start() // too late
	require.NoError(t, h.Shutdown(t.Context()))
}

// recordingQueue records what is pushed, and can fail.
type recordingQueue struct {
	mu         sync.Mutex
	push, done error
	pull       []error // what Pull returns before it waits
	jobs       []webhook.Job
	given      int
}

func (q *recordingQueue) Push(_ context.Context, jobs ...webhook.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, jobs...)
	return q.push
}

func (q *recordingQueue) Pull(ctx context.Context) (webhook.Job, error) {
	q.mu.Lock()
	if len(q.pull) > 0 {
		err := q.pull[0]
		q.pull = q.pull[1:]
		if err == nil {
			q.given++
		}
		q.mu.Unlock()
		return webhook.Job{Kind: webhook.KindUserStatus, Body: []byte(`{"userid":"1"}`)}, err
	}
	q.mu.Unlock()
	<-ctx.Done()
	return webhook.Job{}, ctx.Err()
}

func (q *recordingQueue) Done(context.Context, uint64) error { return q.done }

func TestAsyncQueueFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("the disk is away")
		queue := &recordingQueue{push: away, done: away, pull: []error{away, nil, away, context.Canceled, away, nil}}
		h, logged := newHandler(t, webhook.WithQueue(queue, 1))
		var calls atomic.Int32
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { calls.Add(1); return nil })
		began := time.Now()
		h.Start()
		require.Equal(t, 503, deliver(t, h, roomMessage(0, 0)))
		time.Sleep(time.Minute)
		require.ErrorContains(t, h.Shutdown(context.Background()), "2 callbacks were handled but are still in the queue")
		require.EqualValues(t, 2, calls.Load())
		require.Equal(t, time.Minute, time.Since(began))
		require.Equal(t, 4, strings.Count(logged.String(), "webhook: the queue failed\""), logged.String())
		require.Equal(t, 2, strings.Count(logged.String(), "failed to remove"))
	})

	synctest.Test(t, func(t *testing.T) { // a shutdown does not wait forever for a failing queue
		queue := &recordingQueue{}
		for range 100 {
			queue.pull = append(queue.pull, errors.New("the queue is closed"))
		}
		h, logged := newHandler(t, webhook.WithQueue(queue, 1))
		h.Start()
		time.Sleep(10 * time.Second)
		before := strings.Count(logged.String(), "the queue is closed")
		err := h.Shutdown(context.Background())
		require.ErrorContains(t, err, "may hold more callbacks: the queue is closed")
		require.LessOrEqual(t, strings.Count(logged.String(), "the queue is closed")-before, 4)
	})

	synctest.Test(t, func(t *testing.T) { // unreadable jobs do not block the others
		queue := &recordingQueue{}
		for range 500 {
			queue.pull = append(queue.pull, webhook.Permanent(errors.New("damaged")))
		}
		queue.pull = append(queue.pull, nil)
		h, _ := newHandler(t, webhook.WithQueue(queue, 1))
		var calls atomic.Int32
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { calls.Add(1); return nil })
		h.Start()
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 1, calls.Load())
		require.NoError(t, h.Shutdown(context.Background()))
	})

	synctest.Test(t, func(t *testing.T) { // a shutdown ends the wait after a failure
		queue := &recordingQueue{pull: []error{errors.New("the disk is away")}}
		h, _ := newHandler(t, webhook.WithQueue(queue, 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 1, MinWait: time.Hour, MaxWait: time.Hour}))
		h.Start()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorIs(t, h.Shutdown(ctx), context.DeadlineExceeded)
	})
}

// A backlog of more jobs than may be out of the queue at once.
func TestAsyncBacklog(t *testing.T) {
	t.Parallel()
	const jobs = 5000
	queue := webhook.NewMemoryQueue(jobs)
	h, _ := newHandler(t, webhook.WithQueue(queue, 4))
	var calls atomic.Int32
	h.OnMessage(func(context.Context, *webhook.Message) error { calls.Add(1); return nil })
	r, err := testApp.Request(t.Context(), "http://localhost/", roomMessage(0, 0))
	require.NoError(t, err)
	callback, err := webhook.Parse(r, testSecret)
	require.NoError(t, err)
	for n := range jobs {
		require.NoError(t, queue.Push(t.Context(), webhook.Job{Key: strconv.Itoa(n % 7), Kind: callback.Kind, Form: true, Body: callback.Body}))
	}
	h.Start() // jobs from before are processed
	require.NoError(t, h.Shutdown(t.Context()))
	require.EqualValues(t, jobs, calls.Load())
}
