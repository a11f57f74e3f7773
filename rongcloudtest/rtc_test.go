package rongcloudtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// TestSDKRTC makes all audio and video calls on a strict server.
func TestSDKRTC(t *testing.T) {
	t.Parallel()
	srv := NewServer(t, WithStrict())
	h, err := webhook.NewHandler(srv.AppSecret())
	require.NoError(t, err)
	srv.AddWebhook(h)
	rtc, ctx := srv.Client().RTC, t.Context()

	_, err = rtc.Room.Get(ctx, "r")
	require.ErrorIs(t, err, rongcloud.CodeRTCRoomNotFound)
	for _, id := range []string{"ann", "ben"} {
		require.NoError(t, srv.User(id).JoinRTCRoom("r"))
	}
	require.NoError(t, srv.User("ann").PublishRTC("r", rongcloud.RTCStream{MediaType: rongcloud.RTCMediaVideo}))
	require.ErrorIs(t, srv.User("cy").PublishRTC("r"), ErrNotMember)
	room, err := rtc.Room.Get(ctx, "r")
	require.NoError(t, err)
	require.Len(t, room.Members, 2)
	require.Equal(t, rongcloud.RTCMediaVideo, room.Members[0].Published.Streams[0].MediaType)

	require.NoError(t, rtc.User.Kick(ctx, rongcloud.RTCUserKickParams{RoomID: "r", UserID: "ben"}))
	require.NoError(t, srv.User("ben").JoinRTCRoom("r"), "who is kicked may come back")
	require.NoError(t, rtc.User.Block.Add(ctx, rongcloud.RTCUserBlockParams{UserID: "ben", Duration: time.Minute}))
	require.Equal(t, []string{"ann"}, srv.RTCRoom("r").MemberIDs)
	err = srv.User("ben").JoinRTCRoom("other")
	require.ErrorIs(t, err, ErrRejected)
	require.EqualError(t, err, "rongcloudtest: the user is refused: they are blocked from all audio and video rooms")
	require.NoError(t, rtc.User.Block.Remove(ctx, "ben"))
	require.NoError(t, srv.User("ben").JoinRTCRoom("r"))

	rooms := srv.State().RTCRooms
	require.Len(t, rooms, 1)
	require.Equal(t, *srv.RTCRoom("r"), rooms[0])
	require.Equal(t, []string{"ann", "ben"}, rooms[0].MemberIDs)
	require.Equal(t, []RTCStreamState{{
		UserID: "ann", StreamID: "ann_RongCloudRTC", MediaType: "video", Tag: "RongCloudRTC", Resource: room.SessionID + "/ann_RongCloudRTC/0",
	}}, rooms[0].Streams)

	slash := "r/1 ?"
	require.NoError(t, rtc.Room.Block.Add(ctx, rongcloud.RTCRoomBlockParams{RoomID: slash, UserIDs: []string{"ben"}, Duration: time.Hour}))
	err = srv.User("ben").JoinRTCRoom(slash)
	require.ErrorIs(t, err, ErrRejected)
	require.ErrorContains(t, err, "from the audio and video room")
	require.Len(t, srv.RTCRoom("r").MemberIDs, 2, "another room is left alone")
	srv.Advance(time.Hour)
	require.NoError(t, srv.User("ben").JoinRTCRoom(slash))
	require.NoError(t, rtc.Room.Block.Add(ctx, rongcloud.RTCRoomBlockParams{RoomID: slash, UserIDs: []string{"ben"}, Duration: time.Hour}))
	require.Nil(t, srv.RTCRoom(slash), "the last member is gone")
	require.NoError(t, rtc.Room.Block.Remove(ctx, rongcloud.RTCRoomBlockRemoveParams{RoomID: slash, UserIDs: []string{"ben"}}))
	require.NoError(t, srv.User("ben").JoinRTCRoom(slash))

	require.NoError(t, rtc.Room.Block.Remove(ctx, rongcloud.RTCRoomBlockRemoveParams{RoomID: "nowhere", UserIDs: []string{"ben"}}))
	require.Empty(t, srv.rtc.kept, "a room that keeps nobody out is forgotten")
	require.NoError(t, rtc.User.Block.Add(ctx, rongcloud.RTCUserBlockParams{UserID: "spammer", Duration: time.Minute}))
	users := srv.State().Users
	require.Equal(t, "spammer", users[len(users)-1].ID, "who is only blocked is known, too")
	require.True(t, users[len(users)-1].RTCBlockedUntil.After(srv.Now()))
	require.NoError(t, rtc.User.Block.Remove(ctx, "spammer"))

	config := rongcloud.RTCRecordConfig{
		VideoFormat: rongcloud.RTCVideoFormatMP4, AudioFormat: rongcloud.RTCAudioFormatAAC, Layout: rongcloud.RTCLayoutAdaptive,
	}
	_, err = rtc.Record.Start(ctx, rongcloud.RTCRecordStartParams{RoomID: "r", SessionID: "another", Extra: "x", Config: config})
	require.ErrorIs(t, err, rongcloud.CodeRTCRoomNotFound)
	started, err := rtc.Record.Start(ctx, rongcloud.RTCRecordStartParams{RoomID: "r", SessionID: room.SessionID, Extra: "x", Config: config})
	require.NoError(t, err)
	stopped, err := rtc.Record.Stop(ctx, rongcloud.RTCRecordStopParams{RoomID: "r", SessionID: room.SessionID})
	require.NoError(t, err)
	require.Equal(t, started, stopped)

	for field, value := range map[string]any{"recordType": 3, "mode": 7, "videoFormat": "avi", "audioFormat": "", "mixLayout": 0} {
		odd := map[string]any{"recordType": 1, "mode": 3, "videoFormat": "mp4", "audioFormat": "aac", "mixLayout": 3, field: value}
		requireOddRTC(t, srv, "/rtc/record/start.json", map[string]any{"sessionId": room.SessionID, "extra": "x", "config": odd}, "config."+field)
	}
	for field, odd := range map[string]map[string]any{
		"mode": {"mode": 4}, "inputFilterMode": {"inputFilterMode": 15}, "output.cdn[0].pushurl": {"output": map[string]any{"cdn": []any{map[string]any{}}}},
	} {
		requireOddRTC(t, srv, "/rtc/mcu/config.json", map[string]any{"sessionId": room.SessionID, "config": odd}, "config."+field)
	}
	require.Empty(t, srv.RTCRoom("r").Mix)

	mix := rongcloud.RTCMixConfig{Output: &rongcloud.RTCMixOutputConfig{CDNs: []rongcloud.RTCMixCDN{{PushURL: "rtmp://cdn.example/1"}}}}
	require.NoError(t, rtc.Mix.Set(ctx, rongcloud.RTCMixParams{SessionID: room.SessionID, Config: mix}))
	require.Equal(t, []string{"rtmp://cdn.example/1"}, srv.RTCRoom("r").CDNPushURLs)
	require.NoError(t, rtc.CloudPlayer.Start(ctx, rongcloud.RTCCloudPlayerStartParams{
		RoomID: "r", UserID: "tv", UserName: "TV", MediaType: rongcloud.RTCCloudPlayerMediaAudio, RoomType: rongcloud.RTCRoomLive,
		StreamURL: "rtmp://example.com/tv", CallbackURL: "https://example.com/",
	}))
	require.Equal(t, map[string]string{"tv": "rtmp://example.com/tv"}, srv.RTCRoom("r").PlayedByUser)
	require.NoError(t, rtc.CloudPlayer.Stop(ctx, rongcloud.RTCCloudPlayerStopParams{RoomID: "r", UserID: "tv", UserName: "TV"}))
	require.NoError(t, rtc.CloudPlayer.Start(ctx, rongcloud.RTCCloudPlayerStartParams{
		RoomID: "r", UserID: "tv", UserName: "TV", RoomType: rongcloud.RTCRoomLive, MediaType: rongcloud.RTCCloudPlayerMediaAudio,
		StreamURL: "rtmp://example.com/tv", CallbackURL: "https://example.com/",
	}))
	require.NoError(t, rtc.User.Kick(ctx, rongcloud.RTCUserKickParams{RoomID: "r", UserID: "tv"}), "what is played ends")
	require.NoError(t, rtc.AI.StopRecognition(ctx, "r"))
	require.NoError(t, rtc.AI.StopTranslation(ctx, rongcloud.RTCTranslationStopParams{RoomID: "r", UserIDs: []string{"ann"}}))
	srv.User("ann").LeaveRTCRoom("r")
	srv.User("ben").LeaveRTCRoom("r")
	srv.User("ben").LeaveRTCRoom("r")
	require.Nil(t, srv.RTCRoom("r"))

	counts := map[webhook.Kind]int{}
	for _, c := range srv.Callbacks() {
		require.Equal(t, http.StatusOK, c.Status, "%+v: %s", c.Event, c.Response)
		counts[c.Event.Kind()]++
	}
	require.Equal(t, map[webhook.Kind]int{
		webhook.KindRTCRoomStatus: 23, webhook.KindRTCCDNPush: 2, webhook.KindRTCCloudPlayer: 6, webhook.KindRTCAITask: 2, webhook.KindUnknown: 2,
	}, counts)
	for _, r := range srv.Requests() {
		require.Empty(t, r.Unknown, r.Path)
	}
}

// requireOddRTC sends an undocumented value, and requires an error that names the field.
func requireOddRTC(t *testing.T, srv *Server, path string, body map[string]any, field string) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, bytes.NewReader(text))
	require.NoError(t, err)
	nonce, timestamp := "odd", strconv.FormatInt(time.Now().UnixMilli(), 10)
	nonce += timestamp[len(timestamp)-4:] + strconv.Itoa(len(srv.Requests()))
	for name, value := range map[string]string{
		"App-Key": srv.AppKey(), "Nonce": nonce, "Timestamp": timestamp, "Signature": rongcloud.Sign(srv.AppSecret(), nonce, timestamp),
		"Content-Type": "application/json", "Room-Id": "r",
	} {
		req.Header.Set(name, value)
	}
	resp, err := srv.Transport().RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "%s %s", field, said)
	require.Contains(t, string(said), field)
}

// TestRTCInParallel checks that rooms are safe for concurrent use.
func TestRTCInParallel(t *testing.T) {
	t.Parallel()
	srv := NewServer(t)
	rtc, ctx := srv.Client().RTC, t.Context()
	var all sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			for range 10 {
				_ = srv.User(id).JoinRTCRoom("r")
				_ = rtc.User.Kick(ctx, rongcloud.RTCUserKickParams{RoomID: "r", UserID: id})
			}
		})
	}
	all.Wait()
	require.Nil(t, srv.RTCRoom("r"))
}
