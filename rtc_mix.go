package rongcloud

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCMixService puts the streams of a live room together, and pushes the result to content delivery
// networks (CDN). RongCloud's page is known in part. Fields whose comments speak of the client SDK
// are those that the vendor's web client sends to its media servers, in the same document.
type RTCMixService service

// RTCMixParams says how the streams of a session are put together.
type RTCMixParams struct {
	SessionID string       `wire:"sessionId"` // see RTCRoom
	Config    RTCMixConfig `wire:"config"`
}

// RTCMixConfig is the whole of a mix: the last call counts, so that what it leaves out is not as
// before, but not set. Whether a call with Output.CDNs alone keeps the layout is not documented.
type RTCMixConfig struct {
	Version      int                 `json:"version,omitempty" check:"natural"` // 1 by default; required, says the page about CDN, where there are CDNs
	Layout       RTCLayout           `json:"mode,omitempty" check:"values=3"`   // RTCLayoutFloating by default
	HostUserID   string              `json:"host_user_id,omitempty"`            // the user in the large picture
	HostStreamID string              `json:"host_stream_id,omitempty"`          // without it the stream that was published first (client SDK)
	Output       *RTCMixOutputConfig `json:"output,omitempty"`
	Filter       RTCMixFilterMode    `json:"inputFilterMode,omitempty" check:"values=15"` // which streams are mixed
	Sources      *RTCMixSourceConfig `json:"input,omitempty"`                             // streams that are named one by one
	Watermark    *RTCMixWatermarks   `json:"waterMark,omitempty"`                         // (client SDK)
	RoomIDs      []string            `json:"mixRooms,omitempty"`                          // other rooms, for RTCMixFilterRooms and its siblings (client SDK)
}

// RTCMixFilterMode is which streams are mixed. All of it is known from the client SDK.
type RTCMixFilterMode int

// Which streams are mixed.
const (
	RTCMixFilterAll             RTCMixFilterMode = 1 + iota // all, of those as well who come later; 0 on the wire
	RTCMixFilterNone                                        // none
	RTCMixFilterAudio                                       // all audio and no video
	RTCMixFilterVideo                                       // all video and no audio
	RTCMixFilterSources                                     // those of Sources
	RTCMixFilterAudioAndSources                             // all audio, and the video of Sources
	RTCMixFilterSourceVideo                                 // no audio, and the video of Sources
	RTCMixFilterVideoAndSources                             // all video, and the audio of Sources
	RTCMixFilterSourceAudio                                 // no video, and the audio of Sources
	RTCMixFilterRooms                                       // those of RoomIDs, and what is in already
	RTCMixFilterOnlyRooms                                   // those of RoomIDs alone
	RTCMixFilterRoomsAudio                                  // the audio of RoomIDs, and what is in already
	RTCMixFilterOnlyRoomsAudio                              // the audio of RoomIDs alone
	RTCMixFilterRoomsVideo                                  // the video of RoomIDs, and what is in already
	RTCMixFilterOnlyRoomsVideo                              // the video of RoomIDs alone; 14 on the wire
)

// String names the streams in English.
func (m RTCMixFilterMode) String() string {
	return nameOf("RTCMixFilterMode", int(m), "all", "none", "audio", "video", "sources", "audio and sources", "source video",
		"video and sources", "source audio", "rooms", "only rooms", "rooms' audio", "only rooms' audio", "rooms' video", "only rooms' video")
}

// MarshalJSON writes the number that the wire has, which begins at 0.
func (m RTCMixFilterMode) MarshalJSON() ([]byte, error) { return json.Marshal(int(m) - 1) }

// RTCMixOutputConfig is what becomes of the mix.
type RTCMixOutputConfig struct {
	Video  *RTCMixVideoConfig `json:"video,omitempty"`                       // (client SDK)
	Audio  *RTCMixAudioConfig `json:"audio,omitempty"`                       // (client SDK)
	CDNs   []RTCMixCDN        `json:"cdn,omitempty" check:"most=5"`          // at most 5, always all of them
	OwnCDN RTCMixCDNMode      `json:"inCDNModel,omitempty" check:"values=2"` // RongCloud's own CDN; sent alone, with version 2 (client SDK)
}

// RTCMixCDNMode switches RongCloud's own CDN.
type RTCMixCDNMode int

// The switch of RongCloud's own CDN.
const (
	RTCMixCDNStart RTCMixCDNMode = 1 + iota
	RTCMixCDNStop
)

// String names it in English.
func (m RTCMixCDNMode) String() string { return nameOf("RTCMixCDNMode", int(m), "start", "stop") }

// RTCMixCDN is a network that gets the mix.
type RTCMixCDN struct {
	PushURL string `json:"pushurl" check:"required"` // where it is pushed to, not where it is played
}

// RTCMixVideoConfig is how the picture is made.
type RTCMixVideoConfig struct {
	Normal          *RTCMixStreamConfig `json:"normal,omitempty"`
	Tiny            *RTCMixStreamConfig `json:"tiny,omitempty"` // a small stream beside it
	Rendering       *RTCMixRendering    `json:"exparams,omitempty"`
	BackgroundColor string              `json:"backgroundColor,omitempty"` // such as 0xf1a2c3
	Background      *RTCMixBackground   `json:"backgroundPicture,omitempty"`
}

// RTCMixStreamConfig is the size of a stream.
type RTCMixStreamConfig struct {
	Width   int `json:"width,omitempty" check:"natural"`
	Height  int `json:"height,omitempty" check:"natural"`
	FPS     int `json:"fps,omitempty" check:"natural"`
	Bitrate int `json:"bitrate,omitempty" check:"natural"` // in which unit is not documented
}

// RTCMixRendering is how pictures are fitted into their windows.
type RTCMixRendering struct {
	RenderMode RTCRenderMode `json:"renderMode" check:"required,values=2"`
}

// RTCMixBackground is what is seen behind the pictures.
type RTCMixBackground struct {
	FillMode RTCRenderMode   `json:"fillMode" check:"required,values=2"`
	Pictures []RTCMixPicture `json:"picture" check:"required"`
}

// RTCMixPicture is a picture and its place. Places and sizes are shares of the canvas, from 0 to 1.
type RTCMixPicture struct {
	PictureURL string  `json:"uri" check:"required"`
	X          float64 `json:"x" check:"share"` // left edge
	Y          float64 `json:"y" check:"share"` // top edge
	Width      float64 `json:"w" check:"required,share"`
	Height     float64 `json:"h" check:"required,share"`
}

// RTCMixAudioConfig is how the sound is made.
type RTCMixAudioConfig struct {
	Bitrate int `json:"bitrate" check:"required,natural"` // in which unit is not documented
}

// RTCMixSourceConfig are streams that are named one by one (client SDK).
type RTCMixSourceConfig struct {
	Videos []RTCMixWindow `json:"video,omitempty"`
	Audios []RTCMixSource `json:"audio,omitempty"`
}

// RTCMixWindow is a stream of video and its place on a custom layout, in pixels.
type RTCMixWindow struct {
	UserID   string `json:"user_id" check:"required"`
	StreamID string `json:"stream_id" check:"required"`
	X        int    `json:"x"`
	Y        int    `json:"y"`
	Width    int    `json:"width" check:"required,natural"`
	Height   int    `json:"height" check:"required,natural"`
}

// RTCMixSource is a stream of audio.
type RTCMixSource struct {
	UserID   string `json:"user_id" check:"required"`
	StreamID string `json:"stream_id" check:"required"`
}

// RTCMixWatermarks are the watermarks on the mix and on what is mixed.
type RTCMixWatermarks struct {
	Mix     *RTCMixWatermark        `json:"mixScreen,omitempty"`
	Streams []RTCMixStreamWatermark `json:"signalScreen,omitempty"` // on streams of single users, before they are mixed
}

// RTCMixWatermark is what is put over a picture.
type RTCMixWatermark struct {
	Clock    *RTCMixClock    `json:"timestamp,omitempty"`
	Pictures []RTCMixPicture `json:"picture,omitempty"`
	Texts    []RTCMixText    `json:"text,omitempty"`
}

// RTCMixStreamWatermark is what is put over one stream.
type RTCMixStreamWatermark struct {
	StreamID string `json:"streamId" check:"required"` // see RTCStream
	RTCMixWatermark
}

// RTCMixColor is a color of texts.
type RTCMixColor string

// The colors of texts.
const (
	RTCMixColorBlack RTCMixColor = "black"
	RTCMixColorWhite RTCMixColor = "white"
)

// RTCMixClock is the time of day and its place. Places are shares of the canvas, from 0 to 1.
type RTCMixClock struct {
	Zone     int         `json:"timezone"`                          // its unit is not documented
	FontSize int         `json:"fontSize" check:"required,natural"` // pixels
	Color    RTCMixColor `json:"color" check:"required"`
	Alpha    float64     `json:"alpha" check:"required,share"` // more than 0, at most 1
	X        float64     `json:"x" check:"share"`
	Y        float64     `json:"y" check:"share"`
}

// RTCMixText is a text and its place. Places are shares of the canvas, from 0 to 1.
type RTCMixText struct {
	Text     string      `json:"content" check:"required"`
	FontSize int         `json:"fontSize" check:"required,natural"` // pixels
	Color    RTCMixColor `json:"color" check:"required"`
	Alpha    float64     `json:"alpha" check:"required,share"` // more than 0, at most 1
	X        float64     `json:"x" check:"share"`
	Y        float64     `json:"y" check:"share"`
}

// Set puts the streams of a live room together as the config says. The room must be a live room,
// and live streaming switched on for the app. An address that cannot be pushed to is told of by a
// webhook.RTCCDNPush only; the same address again is a success.
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
