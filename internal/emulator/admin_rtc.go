package emulator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// rtcUser returns the user and the audio and video room that a request names.
func (e *emulator) rtcUser(r *http.Request) (u *rongcloudtest.User, room string) {
	return e.User(r.PathValue("id")), r.PathValue("room")
}

// changed notifies watchers that a user has changed.
func (e *emulator) changed(u *rongcloudtest.User) (any, error) {
	e.events.publish("user", e.showUser(u.ID()))
	return nil, nil //nolint:nilnil // an empty object
}

// inRTCRoom refuses a user who is not in the room.
func (e *emulator) inRTCRoom(u *rongcloudtest.User, room string) error {
	if state := e.RTCRoom(room); state == nil || !slices.Contains(state.MemberIDs, u.ID()) {
		return fault(http.StatusConflict, "%v", rongcloudtest.ErrNotMember)
	}
	return nil
}

// postRTCJoin lets a user's app join an audio and video room.
func (e *emulator) postRTCJoin(r *http.Request) (any, error) {
	u, room := e.rtcUser(r)
	if err := checkKnown(u); err != nil {
		return nil, err
	}
	if err := u.JoinRTCRoom(room); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	return e.changed(u)
}

func (e *emulator) deleteRTCJoin(r *http.Request) (any, error) {
	u, room := e.rtcUser(r)
	if err := e.inRTCRoom(u, room); err != nil {
		return nil, err
	}
	u.LeaveRTCRoom(room)
	return e.changed(u)
}

// rtcStream is a stream that a user's app publishes.
type rtcStream struct {
	MediaType string `json:"mediaType"` // audio or video
	StreamID  string `json:"streamId"`
	Tag       string `json:"tag"`
}

func (s rtcStream) stream() (rongcloud.RTCStream, error) {
	for _, media := range []rongcloud.RTCMediaType{rongcloud.RTCMediaAudio, rongcloud.RTCMediaVideo} {
		if media.String() == s.MediaType {
			return rongcloud.RTCStream{MediaType: media, StreamID: s.StreamID, Tag: s.Tag}, nil
		}
	}
	return rongcloud.RTCStream{}, fmt.Errorf("mediaType: audio or video, not %q", s.MediaType)
}

// postRTCStreams lets a user's app publish streams, replacing earlier ones.
func (e *emulator) postRTCStreams(r *http.Request) (any, error) {
	var body struct {
		Streams []rtcStream `json:"streams"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if len(body.Streams) == 0 {
		return nil, fault(http.StatusBadRequest, "streams: at least one is required; DELETE removes all streams")
	}
	streams := make([]rongcloud.RTCStream, len(body.Streams))
	for i, one := range body.Streams {
		var err error
		if streams[i], err = one.stream(); err != nil {
			return nil, fault(http.StatusBadRequest, "streams[%d].%v", i, err)
		}
	}
	return e.publishRTC(r, streams...)
}

func (e *emulator) deleteRTCStreams(r *http.Request) (any, error) { return e.publishRTC(r) }

func (e *emulator) publishRTC(r *http.Request, streams ...rongcloud.RTCStream) (any, error) {
	u, room := e.rtcUser(r)
	if err := u.PublishRTC(room, streams...); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	return e.changed(u)
}

// deleteRTCMember removes a user from a room, through the Server API as an app's server would.
func (e *emulator) deleteRTCMember(r *http.Request) (any, error) {
	u, room := e.rtcUser(r)
	if err := e.inRTCRoom(u, room); err != nil {
		return nil, err
	}
	if err := e.client.RTC.User.Kick(r.Context(), rongcloud.RTCUserKickParams{RoomID: room, UserID: u.ID()}); err != nil {
		return nil, err
	}
	return e.changed(u)
}

// mostBlocked is RongCloud's longest block.
const mostBlocked = 30 * 24 * time.Hour

// block calls the Server API for a block of the requested length.
func (e *emulator) block(r *http.Request, ask func(ctx context.Context, u *rongcloudtest.User, room string, d time.Duration) error) (any, error) {
	var body struct {
		Duration span `json:"duration"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	length := time.Duration(body.Duration)
	if length < time.Minute || length > mostBlocked || length%time.Minute != 0 {
		return nil, fault(http.StatusBadRequest, "duration: whole minutes are required, such as \"1h\", and at most 720h")
	}
	u, room := e.rtcUser(r)
	if err := checkKnown(u); err != nil {
		return nil, err
	}
	if err := ask(r.Context(), u, room, length); err != nil {
		return nil, err
	}
	return e.changed(u)
}

// postRTCBlock blocks a user from all audio and video rooms.
func (e *emulator) postRTCBlock(r *http.Request) (any, error) {
	return e.block(r, func(ctx context.Context, u *rongcloudtest.User, _ string, d time.Duration) error {
		return e.client.RTC.User.Block.Add(ctx, rongcloud.RTCUserBlockParams{UserID: u.ID(), Duration: d})
	})
}

func (e *emulator) deleteRTCBlock(r *http.Request) (any, error) {
	u, _ := e.rtcUser(r)
	if err := checkKnown(u); err != nil {
		return nil, err
	}
	if err := e.client.RTC.User.Block.Remove(r.Context(), u.ID()); err != nil {
		return nil, err
	}
	return e.changed(u)
}

// postRTCRoomBlock blocks a user from one audio and video room.
func (e *emulator) postRTCRoomBlock(r *http.Request) (any, error) {
	return e.block(r, func(ctx context.Context, u *rongcloudtest.User, room string, d time.Duration) error {
		return e.client.RTC.Room.Block.Add(ctx, rongcloud.RTCRoomBlockParams{RoomID: room, UserIDs: []string{u.ID()}, Duration: d})
	})
}

func (e *emulator) deleteRTCRoomBlock(r *http.Request) (any, error) {
	u, room := e.rtcUser(r)
	if err := checkKnown(u); err != nil {
		return nil, err
	}
	if err := e.client.RTC.Room.Block.Remove(r.Context(), rongcloud.RTCRoomBlockRemoveParams{RoomID: room, UserIDs: []string{u.ID()}}); err != nil {
		return nil, err
	}
	return e.changed(u)
}
