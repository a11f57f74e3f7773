package webhooktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// CheckNonceStore checks that an empty store fulfils the contract of [webhook.NonceStore], and
// returns every violation. It does not wait for entries to expire.
func CheckNonceStore(ctx context.Context, store webhook.NonceStore) error {
	const keep = time.Hour
	first, second := strings.Repeat("0a", 20), strings.Repeat("0b", 20)
	mine, other := webhook.Fingerprint{1}, webhook.Fingerprint{2}
	var problems []error
	begin := func(step, key string, request webhook.Fingerprint, want webhook.NonceStatus) {
		if got, err := store.Begin(ctx, key, request, keep); err != nil || got != want {
			problems = append(problems, fmt.Errorf("%s: got %v and error %w, want %v", step, got, err, want))
		}
	}
	done := func(step, key string, request webhook.Fingerprint) {
		if err := store.Done(ctx, key, request, keep); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", step, err))
		}
	}
	done("Done of an unknown signature", first, mine)
	begin("the first time", first, mine, webhook.NonceNew)
	begin("the same before Done", first, mine, webhook.NonceUnfinished)
	begin("another request before Done", first, other, webhook.NonceReplayed)
	begin("the same after the other request", first, mine, webhook.NonceUnfinished)
	done("Done of another request", first, other)
	begin("the same after Done of another request", first, mine, webhook.NonceUnfinished)
	done("Done", first, mine)
	begin("the same after Done", first, mine, webhook.NonceDone)
	begin("another request after Done", first, other, webhook.NonceReplayed)
	done("Done once more", first, mine)
	begin("another signature", second, mine, webhook.NonceNew)

	var wg sync.WaitGroup
	var won atomic.Int32
	for range 16 {
		wg.Go(func() {
			if state, err := store.Begin(ctx, strings.Repeat("0c", 20), mine, keep); err == nil && state == webhook.NonceNew {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if n := won.Load(); n != 1 {
		problems = append(problems, fmt.Errorf("of 16 calls at once %d got %v, want 1", n, webhook.NonceNew))
	}
	return errors.Join(problems...)
}

// CheckQueue checks that an empty queue with room for at least two jobs fulfils the contract of
// [webhook.Queue], and of [webhook.JobReader] if it implements that, and returns the first
// violation. It leaves the queue empty.
func CheckQueue(ctx context.Context, queue webhook.Queue) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	if err := checkEmpty(over, queue); err != nil {
		return fmt.Errorf("pull from an empty queue with an ended context: %w", err)
	}
	pushed := []webhook.Job{
		{
			Key: "a", Kind: webhook.KindMessage, AppKey: "k", SignedAt: time.UnixMilli(1700000000123), Form: true, Body: []byte("x=1"),
		},
		{Key: "a", Kind: webhook.KindUserStatus, SignedAt: time.UnixMilli(1700000000456), Body: []byte(`{"userid":"1"}`)},
	}
	if err := queue.Push(ctx, pushed...); err != nil {
		return fmt.Errorf("push: %w", err)
	}
	pulled := make([]webhook.Job, len(pushed))
	for i, want := range pushed {
		got, err := queue.Pull(over) // a job that is there is returned despite the ended context
		if err != nil {
			return fmt.Errorf("pull of job %d: %w", i, err)
		}
		if i > 0 && got.ID <= pulled[i-1].ID {
			return fmt.Errorf("job %d has ID %d after %d", i, got.ID, pulled[i-1].ID)
		}
		if err := checkSame(got, want); err != nil {
			return fmt.Errorf("pull of job %d: %w", i, err)
		}
		pulled[i] = got
	}
	if err := checkEmpty(over, queue); err != nil {
		return fmt.Errorf("pull after all jobs, before Done: %w", err)
	}
	for _, job := range pulled {
		if err := checkReader(ctx, queue, job); err != nil {
			return err
		}
	}
	if err := checkEmpty(over, queue); err != nil {
		return fmt.Errorf("pull after all jobs: %w", err)
	}
	return checkWaiting(ctx, queue, pushed[0])
}

func checkEmpty(over context.Context, queue webhook.Queue) error {
	if job, err := queue.Pull(over); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("got job %d and error %w, want %w", job.ID, err, context.Canceled)
	}
	return nil
}

func checkSame(got, want webhook.Job) error {
	if got.Key != want.Key || got.Kind != want.Kind || got.AppKey != want.AppKey || !got.SignedAt.Equal(want.SignedAt) ||
		got.Form != want.Form || string(got.Body) != string(want.Body) {
		return fmt.Errorf("it came back as %+v, it was %+v", got, want)
	}
	return nil
}

// checkReader reads a pulled job again if the queue supports it, and removes it twice.
func checkReader(ctx context.Context, queue webhook.Queue, job webhook.Job) error {
	reader, ok := queue.(webhook.JobReader)
	if ok {
		got, err := reader.Read(ctx, job.ID)
		if err == nil {
			err = checkSame(got, job)
		}
		if err != nil {
			return fmt.Errorf("read of job %d: %w", job.ID, err)
		}
	}
	for range 2 {
		if err := queue.Done(ctx, job.ID); err != nil {
			return fmt.Errorf("done: %w", err)
		}
	}
	if !ok {
		return nil
	}
	if _, err := reader.Read(ctx, job.ID); err == nil || !webhook.IsPermanent(err) {
		return fmt.Errorf("read of job %d, which is done: got error %w, want one marked by webhook.Permanent", job.ID, err)
	}
	return nil
}

// checkWaiting checks that a waiting Pull is woken.
func checkWaiting(ctx context.Context, queue webhook.Queue, job webhook.Job) error {
	pulled := make(chan error, 1)
	go func() {
		job, err := queue.Pull(ctx)
		if err == nil {
			err = queue.Done(ctx, job.ID)
		}
		pulled <- err
	}()
	if err := queue.Push(ctx, job); err != nil {
		return fmt.Errorf("push: %w", err)
	}
	if err := <-pulled; err != nil {
		return fmt.Errorf("pull that waits: %w", err)
	}
	return nil
}
