package rongcloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Send one message to three users, with different values for each.
func ExampleMessageService_SendPrivateTemplate() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	_, err = srv.Client().Message.SendPrivateTemplate(context.Background(), rongcloud.PrivateTemplate{
		From:    "bank",
		Content: rongcloud.TextMessage{Content: "Dear {name}, you have {points} points."},
		Recipients: []rongcloud.TemplateRecipient{
			{UserID: "u1", Values: map[string]string{"{name}": "Ann", "{points}": "10"}, PushContent: "{points} points"},
			{UserID: "u2", Values: map[string]string{"{name}": "Ben", "{points}": "7"}},
			{UserID: "u3", Values: map[string]string{"{name}": `Cy "C" Day`, "{points}": "0"}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"u1", "u2", "u3"} {
		for _, m := range srv.User(id).Inbox() {
			fmt.Printf("%s %s %q\n", id, m.Body, m.PushContent)
		}
	}

	// Output:
	// u1 {"content":"Dear Ann, you have 10 points."} "10 points"
	// u2 {"content":"Dear Ben, you have 7 points."} ""
	// u3 {"content":"Dear Cy \"C\" Day, you have 0 points."} ""
}

// Send a message to every user of the app, and recall it.
func ExampleMessageBroadcastService_SendToAll() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	for _, id := range []string{"u1", "u2", "u3"} {
		if _, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: id, Name: id}); err != nil {
			fmt.Println(err)
			return
		}
	}

	sent, err := client.Message.Broadcast.SendToAll(ctx, rongcloud.Broadcast{
		From: "news", Content: rongcloud.TextMessage{Content: "We are back."}, PushContent: "We are back",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sent.MessageUID, "reached", srv.Sent()[0].RecipientIDs)

	if _, err := client.Message.Broadcast.Recall(ctx, rongcloud.BroadcastRecallParams{From: "news", MessageUID: sent.MessageUID}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("left:", len(srv.User("u1").Inbox()))

	// Output:
	// TEST-0000-0000-0001 reached [u1 u2 u3]
	// left: 0
}

// Recall a message. RongCloud finds it by its UID and the time it was sent, which no send returns:
// the history, callbacks and the log have it to the millisecond.
func ExampleMessageService_Recall() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	sent, err := client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
		From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "to the wrong person"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("received:", len(srv.User("u2").Inbox()))

	for message, err := range client.Message.History.AllPrivate(ctx, rongcloud.HistoryQuery{
		// With RongCloud itself, use time.Now.
		UserID: "u2", TargetID: "u1", Since: srv.Now().Add(-time.Hour),
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if message.MessageUID != sent.UIDOf("u2") {
			continue
		}
		err = client.Message.Recall(ctx, rongcloud.RecallParams{
			From: "u1", ConversationType: rongcloud.ConversationPrivate, TargetID: "u2",
			MessageUID: message.MessageUID, SentAt: message.SentAt,
			Delete: true, // clients show no line that says so
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("received:", len(srv.User("u2").Inbox()))

	// Output:
	// received: 1
	// received: 0
}

// Read what two users wrote to each other, newest first. The span may be of any length: it is read
// in parts of 14 days.
func ExampleMessageHistoryService_AllPrivate() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	for _, words := range []string{"hello", "how are you?", "bye"} {
		_, err := client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
			From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: words},
			IncludeSender: true, // otherwise it is only in the history of u2
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}

	for message, err := range client.Message.History.AllPrivate(ctx, rongcloud.HistoryQuery{
		// With RongCloud itself, use time.Now.
		UserID: "u1", TargetID: "u2", Since: srv.Now().AddDate(0, -1, 0),
	}) {
		if err != nil { // an error comes once, as the last item
			fmt.Println(err)
			return
		}
		content, err := message.Content()
		if err != nil {
			fmt.Println(err)
			return
		}
		switch content := content.(type) {
		case rongcloud.TextMessage:
			fmt.Println(message.From+":", content.Content)
		default:
			fmt.Println(message.From+":", message.ObjectName)
		}
	}

	// Output:
	// u1: bye
	// u1: how are you?
	// u1: hello
}

// Replace one word in all text messages, and block messages with another one.
func ExampleSensitiveWordService_BatchAdd() {
	srv, err := rongcloudtest.New(rongcloudtest.WithSensitiveFilter()) // a setting of the console
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	quota, err := client.SensitiveWord.BatchAdd(ctx, []rongcloud.SensitiveWordParams{{Word: "darn", Replacement: "****"}, {Word: "lottery"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("room for", quota.RemainingCount, "more")
	srv.Advance(15 * time.Minute) // until then new words have no effect

	for _, words := range []string{"darn, I am late", "you have won in the lottery", "see you"} {
		_, err := client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
			From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: words},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, m := range srv.User("u2").Inbox() {
		fmt.Println(m.Body)
	}

	list, err := client.SensitiveWord.List(ctx, rongcloud.SensitiveWordQuery{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, word := range list.Words {
		fmt.Println(word.Word, word.Type)
	}

	// Output:
	// room for 48 more
	// {"content":"****, I am late"}
	// {"content":"see you"}
	// darn replace
	// lottery block
}

// Send a text while it is being written, such as a language model's answer. It is one message,
// which grows.
func ExampleMessageStreamService_Open() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()

	stream := srv.Client().Message.Stream.Open(rongcloud.MessageStreamParams{From: "bot", To: "u1", Type: rongcloud.MessageStreamMarkdown})
	for _, words := range []string{"The answer ", "is ", "**42**."} {
		if err := stream.Send(ctx, words); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := stream.Close(ctx); err != nil {
		fmt.Println(err)
		return
	}

	for _, m := range srv.User("u1").Inbox() {
		content, err := m.Content()
		if err != nil {
			fmt.Println(err)
			return
		}
		message, err := rongcloud.ContentAs[rongcloud.StreamMessage](content)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.MessageUID, message.Content, message.Complete)
	}

	// Output:
	// TEST-0000-0000-0001 The answer is **42**. true
}

// Count votes in data that is attached to a message.
func ExampleMessageExpansionService_Set() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddGroup("g1", "u1", "u2", "u3")
	client := srv.Client()
	ctx := context.Background()

	sent, err := client.Message.SendGroup(ctx, rongcloud.GroupMessage{
		From: "u1", To: []string{"g1"}, Content: rongcloud.TextMessage{Content: "Pizza or soup?"}, Expandable: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for voter, vote := range map[string]string{"u2": "pizza", "u3": "soup"} {
		err := client.Message.Expansion.Set(ctx, rongcloud.MessageExpansionSetParams{
			MessageUID: sent.UIDOf("g1"), UserID: voter, ConversationType: rongcloud.ConversationGroup, TargetID: "g1",
			Values: map[string]string{voter: vote},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	votes, err := client.Message.Expansion.List(ctx, rongcloud.MessageExpansionQuery{MessageUID: sent.UIDOf("g1")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(votes.Values())

	// Output:
	// map[u2:pizza u3:soup]
}

// Change a message that was read, without losing what newer clients have added to it.
func ExampleUnknownKeys() {
	content, err := rongcloud.DecodeContent("RC:TxtMsg", []byte(`{"content":"helo","mood":"good"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := rongcloud.ContentAs[rongcloud.TextMessage](content)
	if err != nil {
		fmt.Println(err)
		return
	}
	text.Content = "hello"
	for _, message := range []rongcloud.TextMessage{text, rongcloud.WithoutUnknownKeys(text)} {
		body, err := json.Marshal(message)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %s\n", body, rongcloud.UnknownKeys(message)["mood"])
	}

	// Output:
	// {"content":"hello","mood":"good"} "good"
	// {"content":"hello"}
}

// Customize the push of a message on the devices of users who are not connected.
func ExamplePushOptions() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	_, err = srv.Client().Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: "shop", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "Your order is on its way"},
		PushContent: "Order 17 is on its way",
		PushData:    `{"order":17}`, // for the app that is opened by the push
		Push: &rongcloud.PushOptions{
			Title: "Your order",
			APNs:  &rongcloud.APNsPush{ThreadID: "orders", InterruptionLevel: rongcloud.InterruptionTimeSensitive},
			// Vendors may withhold pushes without one of their categories.
			Huawei: &rongcloud.HuaweiPush{ChannelID: "orders", Category: "IM"},
			FCM:    &rongcloud.FCMPush{ChannelID: "orders", CollapseKey: "order-17"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.Sent()[0].Params.Get("pushContent"))
	var push bytes.Buffer
	if err := json.Indent(&push, []byte(srv.Sent()[0].Params.Get("pushExt")), "", "  "); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(push.String())

	// Output:
	// Order 17 is on its way
	// {
	//   "title": "Your order",
	//   "pushConfigs": [
	//     {
	//       "HW": {
	//         "channelId": "orders",
	//         "category": "IM"
	//       }
	//     },
	//     {
	//       "FCM": {
	//         "channelId": "orders",
	//         "collapse_key": "order-17"
	//       }
	//     },
	//     {
	//       "APNs": {
	//         "thread-id": "orders",
	//         "interruption-level": "time-sensitive"
	//       }
	//     }
	//   ]
	// }
}

// Wake the recipient's app silently on iOS, or do not push at all.
func ExamplePrivateMessage_silent() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	for _, message := range []rongcloud.PrivateMessage{
		{ContentAvailable: true}, // iOS: the app is woken in the background
		{DisablePush: true},      // no push; the message waits for the app
	} {
		message.From, message.To = "shop", []string{"u2"}
		message.Content = rongcloud.CommandMessage{Name: "refresh", Data: `{"order":17}`}
		if _, err := client.Message.SendPrivate(ctx, message); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, sent := range srv.Sent() {
		fmt.Printf("contentAvailable %q, disablePush %q, text %q\n",
			sent.Params.Get("contentAvailable"), sent.Params.Get("disablePush"), sent.Params.Get("pushContent"))
	}

	// Output:
	// contentAvailable "1", disablePush "", text ""
	// contentAvailable "", disablePush "true", text ""
}

// Read all messages of an hour. RongCloud has the log ready within an hour after it has ended.
func ExampleMessageLogService_Download() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	_, err = client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
		From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	hour := srv.Now() // any time within it; with RongCloud itself, use time.Now
	srv.Advance(2 * time.Hour)

	for message, err := range client.Message.Log.Download(ctx, rongcloud.MessageLogDownloadParams{Hour: hour}) {
		var line *rongcloud.LogLineError
		if errors.As(err, &line) {
			fmt.Println("a line that cannot be read:", err) // keep message.Line, and continue
			continue
		}
		if err != nil { // an error comes once, as the last item
			fmt.Println(err)
			return
		}
		fmt.Println(message.MessageUID, message.From, message.TargetID, message.Body)
	}

	// Output:
	// TEST-0000-0000-0001 u1 u2 {"content":"hello"}
}
