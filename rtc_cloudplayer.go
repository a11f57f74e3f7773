package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCCloudPlayerService plays external streams into rooms, where each appears as a virtual user.
type RTCCloudPlayerService service

// RTCCloudPlayerMediaType says what to play from a stream.
type RTCCloudPlayerMediaType int

// The parts of a stream that can be played.
const (
	RTCCloudPlayerMediaBoth  RTCCloudPlayerMediaType = 1 + iota // audio and video; 0 on the wire
	RTCCloudPlayerMediaAudio                                    // 1 on the wire
	RTCCloudPlayerMediaVideo                                    // 2 on the wire
)

// String returns the type in words.
func (t RTCCloudPlayerMediaType) String() string {
	return nameOf("RTCCloudPlayerMediaType", int(t), "audio and video", "audio", "video")
}

// RTSPTransport says how a stream with an RTSP address is fetched.
type RTSPTransport string

// The transports of RTSP.
const (
	RTSPTransportTCP RTSPTransport = "tcp" // the default
	RTSPTransportUDP RTSPTransport = "udp"
)

// RTCCloudPlayerStartParams says what to play, and where. RongCloud's page does not say which
// fields are optional, so everything but the transport is required here.
type RTCCloudPlayerStartParams struct {
	RoomID string `wire:"Room-Id"`
	// The virtual user; replaces a stream they already play.
	UserID    string                  `wire:"user_id"`
	UserName  string                  `wire:"user_name"`
	MediaType RTCCloudPlayerMediaType `wire:"media_type,enum"`
	RoomType  RTCRoomType             `wire:"room_type,enum"`
	// Public address of the stream.
	StreamURL string `wire:"rtmp_url"`
	// Gets a webhook.RTCCloudPlayer for each change.
	CallbackURL string        `wire:"callback_url"`
	Transport   RTSPTransport `wire:"rtsp_transport"`
}

// RTCCloudPlayerStopParams says what to stop, and where.
type RTCCloudPlayerStopParams struct {
	RoomID string `wire:"Room-Id"`
	UserID string `wire:"user_id"`
	// The documentation does not clearly say whether it is required.
	UserName string `wire:"user_name"`
}

// Start plays a stream into a room. It is not repeated after a failure that leaves the outcome
// open. Success means that the request was accepted; a callback reports whether the stream can be
// played.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/cloud-player/start
//
//rongcloud:endpoint POST /v2/rtc/cloudplayer/start
func (s *RTCCloudPlayerService) Start(ctx context.Context, params RTCCloudPlayerStartParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCCloudplayerStart, &params, opts)
}

// Stop ends a stream that is being played into a room.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/cloud-player/stop
//
//rongcloud:endpoint POST /v2/rtc/cloudplayer/stop
func (s *RTCCloudPlayerService) Stop(ctx context.Context, params RTCCloudPlayerStopParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCCloudplayerStop, &params, opts)
}
