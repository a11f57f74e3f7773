package rongcloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// Moderate a room: remove a disruptive user, keep them out, and record the rest. Callbacks notify
// the app's server.
func ExampleRTCService() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	handler, err := webhook.NewHandler(srv.AppSecret())
	if err != nil {
		fmt.Println(err)
		return
	}
	handler.OnRTCRoomStatus(func(_ context.Context, e *webhook.RTCRoomStatus) error {
		fmt.Printf("callback: %v %q\n", e.Event, e.UserID)
		return nil
	})
	handler.OnUnknown(func(_ context.Context, e *webhook.Unknown) error { // recordings have no type
		var recording struct {
			Type  int
			Extra string
		}
		err := json.Unmarshal(e.Raw, &recording)
		fmt.Println("callback: recording", recording.Extra, "type", recording.Type)
		return err
	})
	srv.AddWebhook(handler)
	client := srv.Client()
	ctx := context.Background()

	for _, id := range []string{"ann", "troll"} { // as their client apps do
		if err := srv.User(id).JoinRTCRoom("lesson"); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := moderate(ctx, client); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the troll is kept out:", errors.Is(srv.User("troll").JoinRTCRoom("lesson"), rongcloudtest.ErrRejected))
	srv.User("ann").LeaveRTCRoom("lesson")

	// Output:
	// callback: created ""
	// callback: joined "ann"
	// callback: joined "troll"
	// callback: left "troll"
	// callback: recording homework type 1
	// callback: recording homework type 3
	// the troll is kept out: true
	// callback: left "ann"
	// callback: destroyed ""
}

func moderate(ctx context.Context, client *rongcloud.Client) error {
	err := client.RTC.User.Kick(ctx, rongcloud.RTCUserKickParams{RoomID: "lesson", UserID: "troll"})
	if err != nil {
		return err
	}
	err = client.RTC.Room.Block.Add(ctx, rongcloud.RTCRoomBlockParams{RoomID: "lesson", UserIDs: []string{"troll"}, Duration: time.Hour})
	if err != nil {
		return err
	}
	room, err := client.RTC.Room.Get(ctx, "lesson")
	if err != nil {
		return err
	}
	_, err = client.RTC.Record.Start(ctx, rongcloud.RTCRecordStartParams{
		RoomID: room.RoomID, SessionID: room.SessionID, Extra: "homework",
		Config: rongcloud.RTCRecordConfig{
			VideoFormat: rongcloud.RTCVideoFormatMP4, AudioFormat: rongcloud.RTCAudioFormatAAC, Layout: rongcloud.RTCLayoutAdaptive,
		},
	})
	if err != nil {
		return err
	}
	_, err = client.RTC.Record.Stop(ctx, rongcloud.RTCRecordStopParams{RoomID: room.RoomID, SessionID: room.SessionID})
	return err
}

// Mix the streams of a live room, with the teacher in the large picture, and push the result to a
// content delivery network.
func ExampleRTCMixService_Set() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	if err := srv.User("teacher").JoinRTCRoom("lesson"); err != nil { // as their client app does
		fmt.Println(err)
		return
	}

	room, err := client.RTC.Room.Get(ctx, "lesson")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = client.RTC.Mix.Set(ctx, rongcloud.RTCMixParams{
		SessionID: room.SessionID,
		Config: rongcloud.RTCMixConfig{ // always complete: omitted fields become unset
			Version: 1, Layout: rongcloud.RTCLayoutFloating, HostUserID: "teacher",
			Output: &rongcloud.RTCMixOutputConfig{CDNs: []rongcloud.RTCMixCDN{{PushURL: "rtmp://cdn.example.com/live/lesson"}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.RTCRoom("lesson").CDNPushURLs)

	// Output:
	// [rtmp://cdn.example.com/live/lesson]
}

// Play a film into a room, where it appears as a separate user.
func ExampleRTCCloudPlayerService_Start() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	if err := srv.User("ann").JoinRTCRoom("cinema"); err != nil { // as their client app does
		fmt.Println(err)
		return
	}

	err = client.RTC.CloudPlayer.Start(ctx, rongcloud.RTCCloudPlayerStartParams{
		RoomID: "cinema", RoomType: rongcloud.RTCRoomOrdinary, UserID: "film", UserName: "Film",
		MediaType: rongcloud.RTCCloudPlayerMediaBoth, StreamURL: "rtmp://media.example.com/film",
		// Only this callback says whether it plays.
		CallbackURL: "https://app.example.com/rongcloud/player",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.RTCRoom("cinema").PlayedByUser)

	err = client.RTC.CloudPlayer.Stop(ctx, rongcloud.RTCCloudPlayerStopParams{RoomID: "cinema", UserID: "film", UserName: "Film"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.RTCRoom("cinema").PlayedByUser)

	// Output:
	// map[film:rtmp://media.example.com/film]
	// map[]
}

// Stop the subtitles of a room: the translation of one user's speech, then all speech recognition.
func ExampleRTCAIService_StopRecognition() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	handler, err := webhook.NewHandler(srv.AppSecret())
	if err != nil {
		fmt.Println(err)
		return
	}
	handler.OnRTCAITask(func(_ context.Context, e *webhook.RTCAITask) error {
		fmt.Println("callback:", e.Type, e.Status)
		return nil
	})
	srv.AddWebhook(handler)
	client := srv.Client()
	ctx := context.Background()
	if err := srv.User("teacher").JoinRTCRoom("lesson"); err != nil { // as their client app does
		fmt.Println(err)
		return
	}

	err = client.RTC.AI.StopTranslation(ctx, rongcloud.RTCTranslationStopParams{RoomID: "lesson", UserIDs: []string{"teacher"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.RTC.AI.StopRecognition(ctx, "lesson"); err != nil {
		fmt.Println(err)
		return
	}
	err = client.RTC.AI.StopRecognition(ctx, "another room")
	fmt.Println("no such room:", errors.Is(err, rongcloud.CodeRTCRoomNotFound))

	// Output:
	// callback: tr stopped
	// callback: asr stopped
	// no such room: true
}
