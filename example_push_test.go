package rongcloud_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Push to everybody with two tags, on two platforms.
func ExamplePushService_Send() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	push := rongcloud.Push{
		Platforms:    []rongcloud.PushPlatform{rongcloud.PushPlatformIOS, rongcloud.PushPlatformAndroid},
		Audience:     rongcloud.AudienceTags{All: []string{"female", "north"}},
		Notification: rongcloud.PushNotification{Title: "Sale", Text: "Coats at half price"},
	}
	sent, err := client.Push.Send(ctx, push)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sent.ID == srv.Pushes()[0].ID, srv.Pushes()[0].Title, srv.Pushes()[0].Platforms)

	push.Audience = rongcloud.AudienceTags{}
	_, err = client.Push.Send(ctx, push)
	fmt.Println(err)

	// Output:
	// true Sale [ios android]
	// rongcloud: POST /push.json: Push.Audience (audience): All or Any is required: no tags are given
}

// Pin a group to the top of a user's list, and push only mentions from it.
func ExampleConversationService_SetPushLevel() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	err = client.Conversation.Pin(ctx, rongcloud.ConversationPinParams{
		UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = client.Conversation.SetPushLevel(ctx, rongcloud.ConversationPushLevelSetParams{
		UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g1", Level: rongcloud.PushLevelMentions,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	level, err := client.Conversation.GetPushLevel(ctx, rongcloud.ConversationPushLevelQuery{
		UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g1",
	})
	fmt.Println(level, err)

	// Output:
	// mentions <nil>
}

// Send to more users than one request takes.
func ExampleMessageService_SendPrivateBulk() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()

	var users []string
	for i := range 2500 {
		users = append(users, "u"+strconv.Itoa(i))
	}
	message := rongcloud.PrivateMessage{From: "news", Content: rongcloud.TextMessage{Content: "We have moved"}}
	result, err := client.Message.SendPrivateBulk(context.Background(), message, rongcloud.Recipients(users...), rongcloud.BulkParams{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Delivered, "delivered,", result.Refused, "refused,", result.Unknown, "unknown, in", len(srv.Requests()), "requests")

	// Output:
	// 2500 delivered, 0 refused, 0 unknown, in 3 requests
}

// Resume a send that an outage has stopped.
func ExampleBulkCheckpointFile() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	folder, err := os.MkdirTemp("", "bulk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	send := func() (*rongcloud.BulkResult, error) {
		file := rongcloud.BulkCheckpointFile(filepath.Join(folder, "moved.json"))
		resume, err := file.Load() // nil at first
		if err != nil {
			return nil, err
		}
		message := rongcloud.PrivateMessage{From: "news", Content: rongcloud.TextMessage{Content: "We have moved"}}
		params := rongcloud.BulkParams{ChunkSize: 2, Concurrency: 1, Save: file.Save, Resume: resume}
		return client.Message.SendPrivateBulk(context.Background(), message, rongcloud.Recipients("u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"), params)
	}
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Status: 502, Skip: 1, Times: 3})
	result, err := send()
	fmt.Println(result.Delivered, "delivered,", result.Unknown, "unknown,", errors.Is(err, rongcloud.ErrOutcomeUnknown))
	result, err = send()
	fmt.Println(result.Delivered, "delivered,", result.Unknown, "unknown,", err)
	for _, u := range result.Checkpoint.Unknown() {
		fmt.Println("positions", u.FirstPosition, "to", u.LastPosition, "may have got it")
	}

	// Output:
	// 2 delivered, 6 unknown, true
	// 3 delivered, 6 unknown, <nil>
	// positions 2 to 7 may have got it
}

// Wake an app silently on iOS, so that it fetches new data, and clear its badge. The text is
// required, and shown on other systems.
func ExampleIOSPushSettings() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()

	_, err = client.Push.SendToUsers(context.Background(), rongcloud.UserPush{
		UserIDs: []string{"u1", "u2"},
		Notification: rongcloud.UserPushNotification{
			Text: "New prices",
			IOS:  &rongcloud.IOSPushSettings{ContentAvailable: true, Badge: rongcloud.Ptr(0), Extras: map[string]any{"refresh": "prices"}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.Pushes()[0].Params.Get("notification"))

	// Output:
	// {"pushContent":"New prices","ios":{"contentAvailable":1,"badge":0,"extras":{"refresh":"prices"}}}
}
