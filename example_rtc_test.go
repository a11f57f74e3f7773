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

// A room is moderated: one who disturbs is kicked out and kept out, and the rest is recorded. The
// callbacks tell the app's server about it.
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
