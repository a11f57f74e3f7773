package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	rongcloudredis "github.com/rongcloud-go/rongcloud/redis"
)

// Environment variables for workers, besides RONGCLOUD_*.
const (
	envWorker = "CAMPAIGN_WORKER"
	envRedis  = "CAMPAIGN_REDIS"
	envFactor = "CAMPAIGN_QUOTA_FACTOR"
)

const (
	taskSend  = "campaign:send"
	queueName = "campaign"
)

// task is one chunk in the queue.
type task struct {
	Run        string   `json:"run"`
	Chunk      int      `json:"chunk"`
	Recipients []string `json:"recipients"`
}

// sender executes tasks.
type sender struct {
	client  *rongcloud.Client
	limiter rongcloud.Limiter
	db      redis.Cmdable
	name    string // of the worker
}

// newSender returns a sender with a unique name. Process IDs would not do: in containers all
// workers may have the same one, and the successes of one would hide another's outage.
func newSender(client *rongcloud.Client, limiter rongcloud.Limiter, db redis.Cmdable) *sender {
	return &sender{client, limiter, db, rand.Text()}
}

// work runs a worker process.
func work(redisAddress string, factor float64) error {
	db := redis.NewClient(&redis.Options{Addr: redisAddress})
	defer func() { _ = db.Close() }()
	// The client does not get the limiter: a chunk must not be recorded as begun while it waits
	// for the quota.
	client, err := rongcloud.NewFromEnv()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	limiter, err := rongcloudredis.NewLimiter(db, rongcloudredis.LimiterConfig{
		AppKey: client.AppKey(), Quotas: rongcloud.Quotas{Factor: factor},
		OnState: func(s rongcloudredis.State) { slog.Warn("quota", "shared", s.Shared, "error", s.Err) },
	})
	if err != nil {
		return err
	}
	defer func() { _ = limiter.Close() }()

	server := asynq.NewServer(asynq.RedisClientOpt{Addr: redisAddress}, asynq.Config{
		Concurrency: 2, Queues: map[string]int{queueName: 1}, LogLevel: asynq.FatalLevel,
		TaskCheckInterval: 200 * time.Millisecond, DelayedTaskCheckInterval: time.Second,
		RetryDelayFunc:  func(int, error, *asynq.Task) time.Duration { return time.Second },
		ShutdownTimeout: 20 * time.Second,
	})
	mux := asynq.NewServeMux()
	mux.Handle(taskSend, newSender(client, limiter, db))
	if err := server.Start(mux); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() { // a worker without its parent has nothing to do
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	<-ctx.Done()
	server.Shutdown()
	return nil
}

// ProcessTask sends one chunk, unless it has been sent or may have been. If it returns an error,
// as for a paused campaign, the queue tries again.
func (s *sender) ProcessTask(ctx context.Context, t *asynq.Task) error {
	var chunk task
	if err := json.Unmarshal(t.Payload(), &chunk); err != nil {
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	book := ledger{s.db, chunk.Run}
	use := rongcloud.QuotaUse{Endpoint: endpoint.MessagePrivatePublish, Units: len(chunk.Recipients), LowPriority: true}
	if err := s.limiter.Wait(ctx, use); err != nil {
		return err
	}
	send, err := book.begin(ctx, chunk.Chunk)
	if err != nil || !send {
		return err
	}
	_, err = s.client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
		From: "shop", To: chunk.Recipients, Content: rongcloud.TextMessage{Content: "Everything is cheaper today."},
	})
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var e *rongcloud.Error
	switch {
	case err == nil:
		return book.end(keep, chunk.Chunk, delivered, s.name)
	case errors.Is(err, rongcloud.ErrOutcomeUnknown):
		return book.end(keep, chunk.Chunk, unknown, s.name)
	case errors.Is(err, rongcloud.ErrRateLimited):
		s.limiter.Refused(use, 0)
		return errors.Join(err, book.undo(keep, chunk.Chunk))
	// not sent; may work later
	case errors.Is(err, rongcloud.ErrTransport), errors.Is(err, rongcloud.ErrUnauthorized):
		return errors.Join(err, book.undo(keep, chunk.Chunk))
	case errors.As(err, &e):
		return book.end(keep, chunk.Chunk, fmt.Sprintf("%s:%d", refused, e.Code), s.name)
	default:
		return book.end(keep, chunk.Chunk, refused, s.name)
	}
}
