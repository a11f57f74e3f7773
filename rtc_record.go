package rongcloud

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCRecordService records audio and video rooms on RongCloud's servers. It is a paid service, and
// the console must be set to start recordings manually; automatic recordings are not started here.
// Callbacks report the state of a recording and the URLs of its files. Their fields are not fully
// documented, so they arrive as webhook.Unknown.
type RTCRecordService service

// RTCRecordType says what is recorded.
type RTCRecordType int

// The sources of recordings.
const (
	// The streams as users publish them; see RTCRecordFileMode.
	RTCRecordStreams RTCRecordType = 1 + iota
	// The mix of a live room; see RTCMixService.
	RTCRecordMix
)

// String returns the type in words.
func (t RTCRecordType) String() string { return nameOf("RTCRecordType", int(t), "streams", "mix") }

// RTCRecordFileMode says which files are made of recorded streams.
type RTCRecordFileMode int

// The files of a recording.
const (
	// One for each stream; 0 on the wire.
	RTCRecordFileEach RTCRecordFileMode = 1 + iota
	// One for each video stream.
	RTCRecordFileEachVideo
	// One for each audio stream.
	RTCRecordFileEachAudio
	// One with everything mixed.
	RTCRecordFileMixed
	// One with all video mixed.
	RTCRecordFileMixedVideo
	// One with all audio mixed.
	RTCRecordFileMixedAudio
	// One for each user, with what they publish mixed; 6 on the wire.
	RTCRecordFilePerUser
)

// String returns the mode in words.
func (m RTCRecordFileMode) String() string {
	return nameOf("RTCRecordFileMode", int(m), "each", "each video", "each audio", "mixed", "mixed video", "mixed audio", "per user")
}

// MarshalJSON writes the number used on the wire, which starts at 0.
func (m RTCRecordFileMode) MarshalJSON() ([]byte, error) { return json.Marshal(int(m) - 1) }

// RTCVideoFormat is a video file format.
type RTCVideoFormat string

// The video file formats.
const (
	RTCVideoFormatMKV RTCVideoFormat = "mkv"
	RTCVideoFormatMP4 RTCVideoFormat = "mp4"
	RTCVideoFormatFLV RTCVideoFormat = "flv"
	RTCVideoFormatHLS RTCVideoFormat = "hls"
)

// RTCAudioFormat is an audio file format.
type RTCAudioFormat string

// The audio file formats.
const (
	RTCAudioFormatAAC RTCAudioFormat = "aac"
	RTCAudioFormatMP3 RTCAudioFormat = "mp3"
)

// RTCRecordStartParams says which session to record, and how.
type RTCRecordStartParams struct {
	RoomID    string          `wire:"Room-Id"`
	SessionID string          `wire:"sessionId"` // see RTCRoom
	Extra     string          `wire:"extra"`     // returned in the callbacks; required
	Config    RTCRecordConfig `wire:"config"`
}

// RTCRecordConfig says how to record. The formats and the layout are required.
type RTCRecordConfig struct {
	// RTCRecordStreams by default.
	RecordType  RTCRecordType  `json:"recordType,omitempty" check:"values=2"`
	VideoFormat RTCVideoFormat `json:"videoFormat" check:"required"`
	AudioFormat RTCAudioFormat `json:"audioFormat" check:"required"`
	// The layout of mixed files.
	Layout RTCLayout `json:"mixLayout" check:"required,values=3"`

	// These two are for RTCRecordStreams only.
	FileMode RTCRecordFileMode `json:"mode,omitempty" check:"values=7"`
	// Such as 640x480; RongCloud's list of 12 values is not fully known.
	VideoResolution string `json:"videoResolution,omitempty"`

	// These are known from RongCloud's sample server only.
	// Length of a file before the next one begins: 30, 60, 90 or 120 minutes.
	SliceDuration time.Duration `json:"-"`
	// RTCRenderFit by default.
	RenderMode RTCRenderMode `json:"renderMode,omitempty" check:"values=2"`
	// The user in the large picture.
	HostUserID   string `json:"hostUserId,omitempty"`
	HostStreamID string `json:"hostStreamId,omitempty"`
}

// MarshalJSON writes the configuration with its duration in minutes.
func (c RTCRecordConfig) MarshalJSON() ([]byte, error) {
	type plain RTCRecordConfig
	return json.Marshal(struct {
		plain
		SliceMinutes int64 `json:"sliceMin,omitempty"`
	}{plain(c), int64(c.SliceDuration / time.Minute)})
}

// RTCRecordStopParams names the session whose recording to stop.
type RTCRecordStopParams struct {
	RoomID    string `wire:"Room-Id"`
	SessionID string `wire:"sessionId"`
}

// RTCRecord is a recording task.
type RTCRecord struct {
	RecordID string `json:"recordId"` // identifies it in callbacks
}

// Start starts recording a session. It is not repeated after a failure that leaves the outcome
// open, because a repeat may record twice.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/record/start
//
//rongcloud:endpoint POST /rtc/record/start.json
func (s *RTCRecordService) Start(ctx context.Context, params RTCRecordStartParams, opts ...CallOption) (*RTCRecord, error) {
	if field, reason := configFault(reflect.ValueOf(params.Config)); field != "" {
		return nil, refused(ctx, s.client, refuseField(endpoint.RTCRecordStart, field, "config", "%s", reason), opts)
	}
	if !slices.Contains(sliceDurations, params.Config.SliceDuration) {
		return nil, refused(ctx, s.client, refuseField(endpoint.RTCRecordStart, "RTCRecordConfig.SliceDuration", "config", "must be 30, 60, 90 or 120 minutes"), opts)
	}
	return fetch[RTCRecord](ctx, s.client, endpoint.RTCRecordStart, &params, opts)
}

// sliceDurations are the allowed lengths of a file.
var sliceDurations = []time.Duration{0, 30 * time.Minute, 60 * time.Minute, 90 * time.Minute, 120 * time.Minute}

// Stop stops recording a session. The response to a second stop is not documented.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/record/stop
//
//rongcloud:endpoint POST /rtc/record/stop.json
func (s *RTCRecordService) Stop(ctx context.Context, params RTCRecordStopParams, opts ...CallOption) (*RTCRecord, error) {
	return fetch[RTCRecord](ctx, s.client, endpoint.RTCRecordStop, &params, opts)
}
