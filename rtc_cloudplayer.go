package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCCloudPlayerService brings streams from elsewhere into rooms, where each appears as a virtual
// user.
type RTCCloudPlayerService service

// RTCCloudPlayerMediaType is what is played of a stream.
type RTCCloudPlayerMediaType int

// What can be played of a stream.
const (
	RTCCloudPlayerMediaBoth  RTCCloudPlayerMediaType = 1 + iota // audio and video; 0 on the wire
	RTCCloudPlayerMediaAudio                                    // 1 on the wire
	RTCCloudPlayerMediaVideo                                    // 2 on the wire
)

// String names it in English.
func (t RTCCloudPlayerMediaType) String() string {
	return nameOf("RTCCloudPlayerMediaType", int(t), "audio and video", "audio", "video")
}

// RTSPTransport is how a stream with an RTSP address is fetched.
type RTSPTransport string

// The transports of RTSP.
const (
	RTSPTransportTCP RTSPTransport = "tcp" // the default
	RTSPTransportUDP RTSPTransport = "udp"
)

// RTCCloudPlayerStartParams says what to play where. RongCloud's page does not say which of it may
// be left out, so all but the transport is required here.
type RTCCloudPlayerStartParams struct {
	RoomID      string                  `wire:"Room-Id"`
	UserID      string                  `wire:"user_id"` // the virtual user; a stream that they play already is replaced
	UserName    string                  `wire:"user_name"`
	MediaType   RTCCloudPlayerMediaType `wire:"media_type,enum"`
	RoomType    RTCRoomType             `wire:"room_type,enum"`
	StreamURL   string                  `wire:"rtmp_url"`     // public address of the stream
	CallbackURL string                  `wire:"callback_url"` // gets a webhook.RTCCloudPlayer for each change
	Transport   RTSPTransport           `wire:"rtsp_transport"`
}

// RTCCloudPlayerStopParams says what to stop where.
type RTCCloudPlayerStopParams struct {
	RoomID   string `wire:"Room-Id"`
	UserID   string `wire:"user_id"`
	UserName string `wire:"user_name"` // whether it is required is not documented for certain
}

// Start plays a stream into a room. It is not repeated after a failure that leaves the outcome
// open. Success means that it was accepted; whether the stream can be played is told by a callback.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/cloud-player/start
//
//rongcloud:endpoint POST /v2/rtc/cloudplayer/start
func (s *RTCCloudPlayerService) Start(ctx context.Context, params RTCCloudPlayerStartParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCCloudplayerStart, &params, opts)
}

// Stop ends a stream that is played into a room.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/cloud-player/stop
//
//rongcloud:endpoint POST /v2/rtc/cloudplayer/stop
func (s *RTCCloudPlayerService) Stop(ctx context.Context, params RTCCloudPlayerStopParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCCloudplayerStop, &params, opts)
}
