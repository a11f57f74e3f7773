package rongcloudtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// A message from one user's app to another's passes the moderation of the app's server.
func Example() {
	handler, err := webhook.NewHandler(rongcloudtest.DefaultAppSecret)
	if err != nil {
		fmt.Println(err)
		return
	}
	handler.OnPreMessage(func(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
		texts, err := m.Texts()
		if err != nil || strings.Contains(strings.Join(texts, " "), "casino") {
			return webhook.Block("not allowed here"), err
		}
		return webhook.Allow(), nil
	})
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddWebhook(handler, rongcloudtest.WithPreMessages())

	ann, ben := srv.User("ann"), srv.User("ben")
	for _, user := range []*rongcloudtest.User{ann, ben} {
		_, err := srv.Client().User.Register(context.Background(), rongcloud.RegisterParams{UserID: user.ID(), Name: user.ID()})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := user.Connect(); err != nil { // as their apps do
			fmt.Println(err)
			return
		}
	}
	for _, text := range []string{"hello", "come to my casino"} {
		_, err := ann.SendPrivate("ben", rongcloud.TextMessage{Content: text})
		fmt.Printf("ann sends %q: %v\n", text, err)
	}
	for _, message := range ben.Inbox() {
		fmt.Println("ben got", message.Body)
	}

	// Output:
	// ann sends "hello": <nil>
	// ann sends "come to my casino": rongcloudtest: the message is blocked: not allowed here
	// ben got {"content":"hello"}
}

// A block of several days is tested in no time.
func ExampleServer_Advance() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	ann := srv.User("ann")
	if _, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "ann", Name: "Ann"}); err != nil {
		fmt.Println(err)
		return
	}

	err = client.User.Block.Add(ctx, rongcloud.UserBlockParams{UserIDs: []string{"ann"}, Duration: 7 * 24 * time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("blocked:", errors.Is(ann.Connect(), rongcloudtest.ErrBlocked))
	srv.Advance(8 * 24 * time.Hour)
	fmt.Println("a week later:", ann.Connect())

	// Output:
	// blocked: true
	// a week later: <nil>
}

// The second of three sends is accepted, but its response is lost.
func ExampleServer_Fail() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true, Skip: 1})

	for _, id := range []string{"ann", "ben", "cy"} {
		_, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
			From: "shop", To: []string{id}, Content: rongcloud.TextMessage{Content: "hello"},
		})
		fmt.Println(id, "unknown:", errors.Is(err, rongcloud.ErrOutcomeUnknown), "messages:", len(srv.User(id).Inbox()))
	}
	fmt.Println("requests:", len(srv.Requests()))

	// Output:
	// ann unknown: false messages: 1
	// ben unknown: true messages: 1
	// cy unknown: false messages: 1
	// requests: 3
}
