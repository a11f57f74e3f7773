package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// app stands in for RongCloud in the examples.
var app = webhooktest.App{Key: "app-key", Secret: "app-secret"}

// send delivers an event and prints the response.
func send(handler http.Handler, e webhook.Event) {
	answer, err := app.Deliver(context.Background(), handler, e)
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.TrimSpace(fmt.Sprintf("%d %s", answer.Status, answer.Body)))
}

func Example() {
	h, err := webhook.NewHandler("app-secret")
	if err != nil {
		panic(err)
	}
	h.OnMessage(func(_ context.Context, m *webhook.Message) error {
		content, err := m.Content()
		if err != nil {
			return err
		}
		if text, err := rongcloud.ContentAs[rongcloud.TextMessage](content); err == nil {
			fmt.Println(m.From, "says", text.Content)
		}
		return nil
	})
	http.Handle("/rongcloud", h)

	send(h, webhooktest.Sample(webhook.KindMessage))
	// Output:
	// u1 says hello
	// 200
}

func ExampleHandler_OnPreMessage() {
	h, err := webhook.NewHandler("app-secret")
	if err != nil {
		panic(err)
	}
	h.OnPreMessage(func(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
		texts, err := m.Texts() // all text in the message, decoded
		if err != nil {
			return webhook.Block("unreadable"), err // blocked, and the error is logged
		}
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, "casino") }) {
			return webhook.Block("no advertising, please"), nil
		}
		content, err := m.Content()
		if err != nil {
			return webhook.Block("unreadable"), err
		}
		text, err := rongcloud.ContentAs[rongcloud.TextMessage](content)
		if err == nil && strings.Contains(text.Content, "darn") {
			text.Content = strings.ReplaceAll(text.Content, "darn", "****")
			return webhook.Replace(text), nil
		}
		return webhook.Allow(), nil
	})

	for _, words := range []string{"hello", "best casino", `best \u0063asino`, "darn it"} {
		send(h, &webhook.PreMessage{
			From: "u1", TargetID: "u2", ConversationType: rongcloud.ConversationPrivate, MessageUID: "596E-P5PG-4FS2-7OJK",
			ObjectName: "RC:TxtMsg", Body: `{"content":"` + words + `"}`,
		})
	}
	// Output:
	// 200 {"pass":1}
	// 200 {"pass":0,"extra":"no advertising, please"}
	// 200 {"pass":0,"extra":"no advertising, please"}
	// 200 {"pass":1,"replaceContent":"{\"content\":\"**** it\"}"}
}

func ExampleHandler_For() {
	h, err := webhook.NewHandler("app-secret")
	if err != nil {
		panic(err)
	}
	h.OnUserStatus(func(_ context.Context, s *webhook.UserStatus) error {
		fmt.Println(s.UserID, "is", s.Status)
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("/rongcloud/messages", h.For(webhook.KindMessage))
	mux.Handle("/rongcloud/status", h.For(webhook.KindUserStatus))

	r, err := app.Request(context.Background(), "http://localhost/rongcloud/status", webhooktest.Sample(webhook.KindUserStatus))
	if err != nil {
		panic(err)
	}
	fmt.Println(webhooktest.Serve(mux, r).Status)
	// Output:
	// u1 is online
	// 200
}

func ExampleParse() {
	receive := func(w http.ResponseWriter, r *http.Request) {
		callback, err := webhook.Parse(r, "app-secret")
		if err != nil {
			var refused *webhook.Error
			if errors.As(err, &refused) {
				w.WriteHeader(refused.Status)
			}
			return
		}
		for _, e := range callback.Events {
			switch e := e.(type) {
			case *webhook.ChatroomStatus:
				fmt.Println(e.UserIDs, e.Event, e.ChatroomID)
			case *webhook.Unknown:
				fmt.Printf("newer than this SDK: %s\n", e.Raw)
			}
		}
	}
	send(http.HandlerFunc(receive), webhooktest.Sample(webhook.KindChatroomStatus))
	// Output:
	// [u1 u2] left room1
	// 200
}

func ExampleWithQueue() {
	h, err := webhook.NewHandler("app-secret",
		webhook.WithQueue(webhook.NewMemoryQueue(10_000), 8),
		webhook.WithGiveUp(func(job webhook.Job, err error) { slog.Error("not handled", "kind", job.Kind, "error", err) }),
	)
	if err != nil {
		panic(err)
	}
	done := make(chan string, 1)
	h.OnMessage(func(_ context.Context, m *webhook.Message) error { // may take its time
		done <- "archived " + m.MessageUID
		return nil
	})
	h.Start()
	send(h, webhooktest.Sample(webhook.KindMessage))
	if err := h.Shutdown(context.Background()); err != nil { // processes the remaining jobs
		panic(err)
	}
	fmt.Println(<-done)
	// Output:
	// 200
	// archived 596E-P5PG-4FS2-7OJK
}
