package boltqueue_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/boltqueue"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func Example() {
	dir, err := os.MkdirTemp("", "boltqueue")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	queue, err := boltqueue.Open(filepath.Join(dir, "callbacks.db"))
	if err != nil {
		panic(err)
	}
	defer queue.Close()
	h, err := webhook.NewHandler("app-secret", webhook.WithQueue(queue, 8))
	if err != nil {
		panic(err)
	}
	h.OnMessage(func(_ context.Context, m *webhook.Message) error {
		fmt.Println("archived", m.MessageUID)
		return nil
	})
	h.Start()

	ctx := context.Background()
	app := webhooktest.App{Key: "app-key", Secret: "app-secret"} // stands in for RongCloud
	answer, err := app.Deliver(ctx, h, webhooktest.Sample(webhook.KindMessage))
	if err != nil {
		panic(err)
	}
	fmt.Println("answered", answer.Status)
	if err := h.Shutdown(ctx); err != nil {
		panic(err)
	}
	// Unordered output:
	// answered 200
	// archived 596E-P5PG-4FS2-7OJK
}
