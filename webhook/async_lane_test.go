package webhook_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// plainQueue is a queue that cannot be read again.
type plainQueue struct{ webhook.Queue }

// A conversation that fails for hours delays none of the others, however long its backlog.
func TestAsyncFailingConversation(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		queue    func() webhook.Queue
		failing  int // conversations
		messages int // per conversation
	}{
		"one, long":                          {func() webhook.Queue { return webhook.NewMemoryQueue(10_000) }, 1, 3000},
		"many":                               {func() webhook.Queue { return webhook.NewMemoryQueue(10_000) }, 3000, 1},
		"within what a plain queue lets see": {func() webhook.Queue { return plainQueue{webhook.NewMemoryQueue(10_000)} }, 100, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, _ := newHandler(t, webhook.WithQueue(tt.queue(), 8), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 1000, MinWait: time.Minute, MaxWait: time.Hour}))
				began := time.Now()
				var quiet []time.Duration
				h.OnMessage(func(_ context.Context, m *webhook.Message) error {
					if m.TargetID != "g-1" {
						return errors.New("this room's row is locked")
					}
					quiet = append(quiet, time.Since(began))
					return nil
				})
				h.Start()
				for room := range tt.failing {
					for n := range tt.messages {
						require.Equal(t, 200, deliver(t, h, roomMessage(room, n)))
					}
				}
				require.Equal(t, 200, deliver(t, h, roomMessage(-1, 0)))
				synctest.Wait()
				require.Equal(t, []time.Duration{0}, quiet)

				time.Sleep(6 * time.Hour) // they keep failing
				began = time.Now()
				require.Equal(t, 200, deliver(t, h, roomMessage(-1, 1)))
				synctest.Wait()
				require.Equal(t, []time.Duration{0, 0}, quiet)
				ended, cancel := context.WithCancel(context.Background())
				cancel()
				require.Error(t, h.Shutdown(ended))
			})
		})
	}
}

// A conversation with a long backlog alternates with the others.
func TestAsyncBusyConversation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(10_000), 1))
		var busy, before int
		release := make(chan struct{})
		h.OnMessage(func(_ context.Context, m *webhook.Message) error {
			<-release
			if m.TargetID == "g0" {
				busy++
			} else {
				before = busy
			}
			return nil
		})
		h.Start()
		for n := range 4000 {
			require.Equal(t, 200, deliver(t, h, roomMessage(0, n)))
		}
		require.Equal(t, 200, deliver(t, h, roomMessage(1, 0)))
		synctest.Wait()
		close(release)
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, 4000, busy)
		require.Equal(t, 1, before, "the one that was being worked on")
	})
}

// Conversations whose function hangs until its timeout leave half of the workers to the others.
func TestAsyncHangingConversations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(1000), 4), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 1000, MinWait: time.Second, MaxWait: time.Second}))
		began := time.Now()
		var took time.Duration
		h.OnMessage(func(ctx context.Context, m *webhook.Message) error {
			if m.TargetID == "g-1" {
				took = time.Since(began)
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		h.Start()
		for room := range 20 {
			require.Equal(t, 200, deliver(t, h, roomMessage(room, 0)))
		}
		time.Sleep(10 * time.Minute)
		for range 10 {
			began, took = time.Now(), -1
			require.Equal(t, 200, deliver(t, h, roomMessage(-1, 0)))
			synctest.Wait()
			require.Zero(t, took)
			time.Sleep(17 * time.Second)
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		require.Error(t, h.Shutdown(ended))
	})
}

// A conversation that has failed is tried again in its turn, however busy the others are.
func TestAsyncRetriesUnderLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(1000), 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 5, MinWait: time.Second, MaxWait: time.Second}))
		began := time.Now()
		var tries []time.Duration
		h.OnMessage(func(_ context.Context, m *webhook.Message) error {
			if m.TargetID == "g0" {
				tries = append(tries, time.Since(began))
				return errors.New("not yet")
			}
			time.Sleep(time.Minute)
			return nil
		})
		h.Start()
		for room := range 100 {
			require.Equal(t, 200, deliver(t, h, roomMessage(room, 0)))
		}
		require.NoError(t, h.Shutdown(context.Background()))
		require.Len(t, tries, 5)
		require.LessOrEqual(t, tries[4], 4*time.Minute)
	})
}

// readQueue counts how often jobs are read again.
type readQueue struct {
	*webhook.MemoryQueue
	reads atomic.Int32
	fails []error // returned one after the other
}

func (q *readQueue) Read(ctx context.Context, id uint64) (webhook.Job, error) {
	if n := int(q.reads.Add(1)); n <= len(q.fails) && q.fails[n-1] != nil {
		return webhook.Job{}, q.fails[n-1]
	}
	return q.MemoryQueue.Read(ctx, id)
}

// Jobs beyond the bounds wait in the queue.
func TestAsyncKeepsLittleInMemory(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ jobs, body, reads int }{
		"many jobs":   {3000, 10, 3000 - 1024},
		"large jobs":  {40, 1 << 20, 40 - 16},
		"few of them": {1000, 1000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				queue := &readQueue{MemoryQueue: webhook.NewMemoryQueue(10_000)}
				h, logged := newHandler(t, webhook.WithQueue(queue, 2), webhook.WithMaxBody(10<<20))
				release := make(chan struct{})
				var order []string
				var mu sync.Mutex
				h.OnMessage(func(_ context.Context, m *webhook.Message) error {
					<-release
					mu.Lock()
					defer mu.Unlock()
					if m.TargetID == "g0" {
						order = append(order, m.MessageUID)
					}
					return nil
				})
				h.Start()
				for n := range tt.jobs {
					m := roomMessage(n%2, n)
					m.Body = strings.Repeat("x", tt.body)
					require.Equal(t, 200, deliver(t, h, m))
				}
				time.Sleep(10 * time.Second) // Pull is retried; then they are kept
				close(release)
				require.NoError(t, h.Shutdown(context.Background()))
				require.EqualValues(t, tt.reads, queue.reads.Load())
				require.Zero(t, queue.Len())
				require.Len(t, order, tt.jobs/2)
				for i, uid := range order {
					require.Equal(t, strconv.Itoa(2*i), uid)
				}
				require.Empty(t, logged.String())
			})
		})
	}
}

// A job that cannot be read now is retried again and again; one that can never be read does not
// block its conversation.
func TestAsyncReadFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("the disk is away")
		queue := &readQueue{
			MemoryQueue: webhook.NewMemoryQueue(10_000),
			fails:       []error{away, away, away, away, away, nil, webhook.Permanent(errors.New("damaged"))},
		}
		h, logged := newHandler(t, webhook.WithQueue(queue, 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 2, MinWait: time.Second, MaxWait: time.Second}))
		release := make(chan struct{})
		var calls int
		h.OnMessage(func(context.Context, *webhook.Message) error {
			<-release
			calls++
			return nil
		})
		h.Start()
		for n := range 1024 + 3 {
			require.Equal(t, 200, deliver(t, h, roomMessage(0, n)))
		}
		synctest.Wait()
		close(release)
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, 1024+2, calls)
		require.Equal(t, 5, strings.Count(logged.String(), "the disk is away"))
		require.Equal(t, 1, strings.Count(logged.String(), "damaged"))
		require.Equal(t, 1, queue.Len(), "what could not be read stays in the queue")
	})
}

// A queue that cannot be read again is not drained into memory.
func TestAsyncPlainQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := webhook.NewMemoryQueue(10_000)
		h, _ := newHandler(t, webhook.WithQueue(plainQueue{memory}, 1))
		release := make(chan struct{})
		var calls int
		h.OnMessage(func(context.Context, *webhook.Message) error {
			<-release
			calls++
			return nil
		})
		h.Start()
		for n := range 3000 {
			require.Equal(t, 200, deliver(t, h, roomMessage(0, n)))
		}
		synctest.Wait()
		over, cancel := context.WithCancel(context.Background())
		cancel()
		job, err := memory.Pull(over)
		require.NoError(t, err)
		require.EqualValues(t, 1024+1, job.ID)
		close(release)
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, 3000-1, calls)
	})
}

// A function that ends its goroutine or panics counts as failed, and does not end a worker.
func TestAsyncGoexit(t *testing.T) {
	t.Parallel()
	for name, function := range map[string]func(){
		"goexit": runtime.Goexit, "panic": func() { panic("boom") }, "panic of nil": func() { panic(any(nil)) }, //nolint:govet // nil is the point
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				queue := webhook.NewMemoryQueue(10)
				var told []error
				h, logged := newHandler(t, webhook.WithQueue(queue, 1), webhook.WithJobRetry(webhook.JobRetry{MaxAttempts: 2, MinWait: time.Second, MaxWait: time.Second}),
					webhook.WithGiveUp(func(_ webhook.Job, err error) {
						told = append(told, err)
						function()
					}))
				var handled []string
				h.OnMessage(func(_ context.Context, m *webhook.Message) error {
					if m.MessageUID == "0" {
						function()
					}
					handled = append(handled, m.TargetID+"/"+m.MessageUID)
					return nil
				})
				h.Start()
				for _, m := range []*webhook.Message{roomMessage(0, 0), roomMessage(0, 1), roomMessage(1, 2)} {
					require.Equal(t, 200, deliver(t, h, m))
				}
				require.NoError(t, h.Shutdown(context.Background()))
				require.Equal(t, []string{"g1/2", "g0/1"}, handled)
				require.Len(t, told, 1)
				require.Contains(t, logged.String(), "the function of WithGiveUp failed")
				require.Zero(t, queue.Len())
			})
		})
	}
}

// panickyQueue panics or ends the goroutine at first.
type panickyQueue struct {
	*webhook.MemoryQueue
	fault                      func(where string)
	pushed, pulled, read, done atomic.Bool
}

func (q *panickyQueue) Pull(ctx context.Context) (webhook.Job, error) {
	if !q.pulled.Swap(true) {
		q.fault("in Pull")
	}
	return q.MemoryQueue.Pull(ctx)
}

func (q *panickyQueue) Read(ctx context.Context, id uint64) (webhook.Job, error) {
	if !q.read.Swap(true) {
		q.fault("in Read")
	}
	return q.MemoryQueue.Read(ctx, id)
}

func (q *panickyQueue) Done(ctx context.Context, id uint64) error {
	if !q.done.Swap(true) {
		q.fault("in Done")
	}
	return q.MemoryQueue.Done(ctx, id)
}

func (q *panickyQueue) Push(ctx context.Context, jobs ...webhook.Job) error {
	if !q.pushed.Swap(true) {
		q.fault("in Push")
	}
	return q.MemoryQueue.Push(ctx, jobs...)
}

// A queue that panics or ends its goroutine counts as failed, and is retried. An observer counts
// as failed too.
func TestAsyncQueuePanics(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault func(string)
		want  string
	}{
		"panic":  {func(where string) { panic(where) }, "panic: in "},
		"goexit": {func(string) { runtime.Goexit() }, "runtime.Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				queue := &panickyQueue{MemoryQueue: webhook.NewMemoryQueue(2000), fault: tt.fault}
				failing := webhook.ObserverFunc(func(context.Context, webhook.Observation) { tt.fault("an observer") })
				h, logged := newHandler(t, webhook.WithQueue(queue, 1), webhook.WithObserver(failing))
				var calls int
				release := make(chan struct{})
				h.OnMessage(func(context.Context, *webhook.Message) error { <-release; calls++; return nil })
				h.Start()
				require.Equal(t, 503, deliver(t, h, roomMessage(0, 0)))
				for n := range 1100 {
					require.Equal(t, 200, deliver(t, h, roomMessage(0, n)))
				}
				time.Sleep(10 * time.Second) // Pull is retried; then they are kept
				close(release)
				require.NoError(t, h.Shutdown(context.Background()))
				require.Equal(t, 1100, calls)
				require.Zero(t, queue.Len())
				lines := strings.Split(logged.String(), "\n")
				lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "an observer failed") })
				require.Equal(t, 4, strings.Count(strings.Join(lines, "\n"), tt.want), "Push, Pull, Read and Done")
			})
		})
	}
}

// A queue that hangs in Push does not hold a request beyond its timeout.
func TestAsyncPushHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := &panickyQueue{MemoryQueue: webhook.NewMemoryQueue(2000), fault: func(string) { time.Sleep(time.Minute) }}
		queue.pulled.Store(true)
		queue.done.Store(true)
		h, _ := newHandler(t, webhook.WithQueue(queue, 1))
		var calls int
		h.OnMessage(func(context.Context, *webhook.Message) error { calls++; return nil })
		h.Start()
		began := time.Now()
		require.Equal(t, 503, deliver(t, h, roomMessage(0, 0)))
		require.Equal(t, webhook.DefaultTimeout, time.Since(began))
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, 1, calls, "a shutdown waits for what was pushed late")
	})
}

// strictQueue obeys its contexts, and fails to remove jobs a given number of times.
type strictQueue struct {
	*webhook.MemoryQueue
	failures atomic.Int32
}

func (q *strictQueue) Done(ctx context.Context, id uint64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if q.failures.Add(-1) >= 0 {
		return errors.New("the disk is full")
	}
	return q.MemoryQueue.Done(ctx, id)
}

// A job that its function has finished when a shutdown ends the context is removed before the
// queue is closed.
func TestAsyncDoneAtTheLastMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := &strictQueue{MemoryQueue: webhook.NewMemoryQueue(10)}
		h, logged := newHandler(t, webhook.WithQueue(queue, 2))
		h.OnMessage(func(ctx context.Context, m *webhook.Message) error {
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond) // commits
			if m.TargetID == "g0" {
				return nil
			}
			return ctx.Err()
		})
		h.Start()
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 0)))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx), "nothing is left")
		require.Zero(t, queue.Len())
		require.Empty(t, logged.String())
	})
}

// A function that ignores the end of its context does not hold up the shutdown.
func TestAsyncShutdownOfDeafFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := webhook.NewMemoryQueue(10)
		h, _ := newHandler(t, webhook.WithQueue(queue, 1))
		h.OnMessage(func(context.Context, *webhook.Message) error {
			time.Sleep(time.Hour)
			return nil
		})
		h.Start()
		require.Equal(t, 200, deliver(t, h, roomMessage(0, 0)))
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorContains(t, h.Shutdown(ctx), "1 callbacks or more are still in the queue")
		require.Less(t, time.Since(began), 2*time.Second)
		time.Sleep(2 * time.Hour)
		require.Zero(t, queue.Len(), "done is done, however late")
	})
}

// A job that the queue fails to remove is removed later, and not handled again.
func TestAsyncRemovalFails(t *testing.T) {
	t.Parallel()
	for _, wait := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			queue := &strictQueue{MemoryQueue: webhook.NewMemoryQueue(10)}
			queue.failures.Store(3)
			h, logged := newHandler(t, webhook.WithQueue(queue, 1))
			var calls int
			h.OnMessage(func(context.Context, *webhook.Message) error { calls++; return nil })
			h.Start()
			for n := range 2 {
				require.Equal(t, 200, deliver(t, h, roomMessage(0, n)))
			}
			synctest.Wait()
			require.Equal(t, 2, calls)
			require.Equal(t, 2, queue.Len())
			if wait {
				time.Sleep(time.Minute)
				require.Zero(t, queue.Len())
			} else {
				queue.failures.Store(0)
			}
			require.NoError(t, h.Shutdown(context.Background()))
			require.Zero(t, queue.Len())
			require.Equal(t, 2, calls)
			require.Equal(t, 2, strings.Count(logged.String(), "failed to remove"))
		})
	}
}

// A list larger than the whole queue is accepted, not refused forever.
func TestAsyncListLargerThanTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := webhook.NewMemoryQueue(100)
		h, _ := newHandler(t, webhook.WithQueue(queue, 1))
		var calls int
		h.OnUserStatus(func(context.Context, *webhook.UserStatus) error { calls++; return nil })
		h.Start()
		body := "[" + strings.TrimSuffix(strings.Repeat(`{"userid":"1","status":"0","os":"iOS","time":1},`, 150), ",") + "]"
		require.Equal(t, 200, webhooktest.Serve(h, request(t, jsonType, body)).Status)
		require.NoError(t, h.Shutdown(context.Background()))
		require.Equal(t, 150, calls)
	})
}
