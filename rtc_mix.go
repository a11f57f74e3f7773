package rongcloud

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCMixService mixes the streams of a live room, and pushes the result to content delivery
// networks (CDN). RongCloud's page is known only in part. Fields marked "client SDK" are those that
// RongCloud's web client sends to its media servers, in the same document.
type RTCMixService service

// RTCMixParams says how to mix the streams of a session.
type RTCMixParams struct {
	SessionID string       `wire:"sessionId"` // see RTCRoom
	Config    RTCMixConfig `wire:"config"`
}

// RTCMixConfig is the complete configuration of a mix: each call replaces the previous one, and
// omitted fields become unset rather than keeping their values. Whether a call with only
// Output.CDNs keeps the layout is not documented.
type RTCMixConfig struct {
	// 1 by default; required with CDNs, according to the page on CDN.
	Version int `json:"version,omitempty" check:"natural"`
	// RTCLayoutFloating by default.
	Layout RTCLayout `json:"mode,omitempty" check:"values=3"`
	// The user in the large picture.
	HostUserID string `json:"host_user_id,omitempty"`
	// If empty, the stream published first (client SDK).
	HostStreamID string              `json:"host_stream_id,omitempty"`
	Output       *RTCMixOutputConfig `json:"output,omitempty"`
	// Which streams are mixed.
	Filter RTCMixFilterMode `json:"inputFilterMode,omitempty" check:"values=15"`
	// Individually listed streams.
	Sources *RTCMixSourceConfig `json:"input,omitempty"`
	// Known from the client SDK.
	Watermark *RTCMixWatermarks `json:"waterMark,omitempty"`
	// Other rooms, for RTCMixFilterRooms and similar modes (client SDK).
	RoomIDs []string `json:"mixRooms,omitempty"`
}

// RTCMixFilterMode says which streams are mixed. Everything about it is known from the client SDK.
type RTCMixFilterMode int

// The filter modes.
const (
	// All, including those of users who join later; 0 on the wire.
	RTCMixFilterAll RTCMixFilterMode = 1 + iota
	// None.
	RTCMixFilterNone
	// All audio and no video.
	RTCMixFilterAudio
	// All video and no audio.
	RTCMixFilterVideo
	// Those of Sources.
	RTCMixFilterSources
	// All audio, and the video of Sources.
	RTCMixFilterAudioAndSources
	// No audio, and the video of Sources.
	RTCMixFilterSourceVideo
	// All video, and the audio of Sources.
	RTCMixFilterVideoAndSources
	// No video, and the audio of Sources.
	RTCMixFilterSourceAudio
	// Those of RoomIDs, added to the current ones.
	RTCMixFilterRooms
	// Only those of RoomIDs.
	RTCMixFilterOnlyRooms
	// The audio of RoomIDs, added to the current streams.
	RTCMixFilterRoomsAudio
	// Only the audio of RoomIDs.
	RTCMixFilterOnlyRoomsAudio
	// The video of RoomIDs, added to the current streams.
	RTCMixFilterRoomsVideo
	// Only the video of RoomIDs; 14 on the wire.
	RTCMixFilterOnlyRoomsVideo
)

// String returns the mode in words.
func (m RTCMixFilterMode) String() string {
	return nameOf("RTCMixFilterMode", int(m), "all", "none", "audio", "video", "sources", "audio and sources", "source video",
		"video and sources", "source audio", "rooms", "only rooms", "rooms' audio", "only rooms' audio", "rooms' video", "only rooms' video")
}

// MarshalJSON writes the number used on the wire, which starts at 0.
func (m RTCMixFilterMode) MarshalJSON() ([]byte, error) { return json.Marshal(int(m) - 1) }

// RTCMixOutputConfig says how the mix is encoded and where it goes.
type RTCMixOutputConfig struct {
	// Known from the client SDK.
	Video *RTCMixVideoConfig `json:"video,omitempty"`
	// Known from the client SDK.
	Audio *RTCMixAudioConfig `json:"audio,omitempty"`
	// At most 5; always the complete list.
	CDNs []RTCMixCDN `json:"cdn,omitempty" check:"most=5"`
	// Turns RongCloud's own CDN on or off. RongCloud's client SDK sends it without other fields but
	// version 2.
	OwnCDN RTCMixCDNMode `json:"inCDNModel,omitempty" check:"values=2"`
}

// RTCMixCDNMode turns RongCloud's own CDN on or off.
type RTCMixCDNMode int

// The modes of RongCloud's own CDN.
const (
	RTCMixCDNStart RTCMixCDNMode = 1 + iota
	RTCMixCDNStop
)

// String returns the mode in words.
func (m RTCMixCDNMode) String() string { return nameOf("RTCMixCDNMode", int(m), "start", "stop") }

// RTCMixCDN is a content delivery network that gets the mix.
type RTCMixCDN struct {
	// Where the mix is pushed to, not where it is played.
	PushURL string `json:"pushurl" check:"required"`
}

// RTCMixVideoConfig configures the mixed video.
type RTCMixVideoConfig struct {
	Normal          *RTCMixStreamConfig `json:"normal,omitempty"`
	Tiny            *RTCMixStreamConfig `json:"tiny,omitempty"` // an additional small stream
	Rendering       *RTCMixRendering    `json:"exparams,omitempty"`
	BackgroundColor string              `json:"backgroundColor,omitempty"` // such as 0xf1a2c3
	Background      *RTCMixBackground   `json:"backgroundPicture,omitempty"`
}

// RTCMixStreamConfig is the size and rate of a stream.
type RTCMixStreamConfig struct {
	Width   int `json:"width,omitempty" check:"natural"`
	Height  int `json:"height,omitempty" check:"natural"`
	FPS     int `json:"fps,omitempty" check:"natural"`
	Bitrate int `json:"bitrate,omitempty" check:"natural"` // the unit is not documented
}

// RTCMixRendering says how pictures are fitted into their windows.
type RTCMixRendering struct {
	RenderMode RTCRenderMode `json:"renderMode" check:"required,values=2"`
}

// RTCMixBackground is shown behind the pictures.
type RTCMixBackground struct {
	FillMode RTCRenderMode   `json:"fillMode" check:"required,values=2"`
	Pictures []RTCMixPicture `json:"picture" check:"required"`
}

// RTCMixPicture is a picture and its position. Positions and sizes are fractions of the canvas,
// from 0 to 1.
type RTCMixPicture struct {
	PictureURL string  `json:"uri" check:"required"`
	X          float64 `json:"x" check:"share"` // left edge
	Y          float64 `json:"y" check:"share"` // top edge
	Width      float64 `json:"w" check:"required,share"`
	Height     float64 `json:"h" check:"required,share"`
}

// RTCMixAudioConfig configures the mixed audio.
type RTCMixAudioConfig struct {
	Bitrate int `json:"bitrate" check:"required,natural"` // the unit is not documented
}

// RTCMixSourceConfig lists individual streams (client SDK).
type RTCMixSourceConfig struct {
	Videos []RTCMixWindow `json:"video,omitempty"`
	Audios []RTCMixSource `json:"audio,omitempty"`
}

// RTCMixWindow is a video stream and its position in a custom layout, in pixels.
type RTCMixWindow struct {
	UserID   string `json:"user_id" check:"required"`
	StreamID string `json:"stream_id" check:"required"`
	X        int    `json:"x"`
	Y        int    `json:"y"`
	Width    int    `json:"width" check:"required,natural"`
	Height   int    `json:"height" check:"required,natural"`
}

// RTCMixSource is an audio stream.
type RTCMixSource struct {
	UserID   string `json:"user_id" check:"required"`
	StreamID string `json:"stream_id" check:"required"`
}

// RTCMixWatermarks are the watermarks on the mix and on its streams.
type RTCMixWatermarks struct {
	Mix *RTCMixWatermark `json:"mixScreen,omitempty"`
	// On individual users' streams, before mixing.
	Streams []RTCMixStreamWatermark `json:"signalScreen,omitempty"`
}

// RTCMixWatermark is drawn over a picture.
type RTCMixWatermark struct {
	Clock    *RTCMixClock    `json:"timestamp,omitempty"`
	Pictures []RTCMixPicture `json:"picture,omitempty"`
	Texts    []RTCMixText    `json:"text,omitempty"`
}

// RTCMixStreamWatermark is drawn over one stream.
type RTCMixStreamWatermark struct {
	StreamID string `json:"streamId" check:"required"` // see RTCStream
	RTCMixWatermark
}

// RTCMixColor is a text color.
type RTCMixColor string

// The text colors.
const (
	RTCMixColorBlack RTCMixColor = "black"
	RTCMixColorWhite RTCMixColor = "white"
)

// RTCMixClock is the time of day and its position. Positions are fractions of the canvas, from 0 to
// 1.
type RTCMixClock struct {
	Zone     int         `json:"timezone"`                          // its unit is not documented
	FontSize int         `json:"fontSize" check:"required,natural"` // pixels
	Color    RTCMixColor `json:"color" check:"required"`
	Alpha    float64     `json:"alpha" check:"required,share"` // more than 0, at most 1
	X        float64     `json:"x" check:"share"`
	Y        float64     `json:"y" check:"share"`
}

// RTCMixText is a text and its position. Positions are fractions of the canvas, from 0 to 1.
type RTCMixText struct {
	Text     string      `json:"content" check:"required"`
	FontSize int         `json:"fontSize" check:"required,natural"` // pixels
	Color    RTCMixColor `json:"color" check:"required"`
	Alpha    float64     `json:"alpha" check:"required,share"` // more than 0, at most 1
	X        float64     `json:"x" check:"share"`
	Y        float64     `json:"y" check:"share"`
}

// Set mixes the streams of a live room as the config says. The room must be a live room, and live
// streaming must be enabled for the app. Only a webhook.RTCCDNPush reports an address that cannot
// be pushed to; giving the same address again succeeds.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/mcu/mix-live-stream
//
//rongcloud:endpoint POST /rtc/mcu/config.json
func (s *RTCMixService) Set(ctx context.Context, params RTCMixParams, opts ...CallOption) error {
	if field, reason := configFault(reflect.ValueOf(params.Config)); field != "" {
		return refused(ctx, s.client, refuseField(endpoint.RTCMCUConfig, field, "config", "%s", reason), opts)
	}
	return send(ctx, s.client, endpoint.RTCMCUConfig, &params, opts)
}
