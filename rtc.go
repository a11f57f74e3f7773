package rongcloud

import "fmt"

// RTCService is for RongCloud's audio and video: calls, meetings and live rooms. A room is created
// by the clients that join it and ends when the last one leaves. A server can look at rooms, keep
// users out, record and mix what is published, and add an external stream. Events in a room are
// reported by callbacks: see webhook.RTCRoomStatus and the other RTC types.
//
// The audio and video service must be enabled for the app, or calls fail with [CodeRTCNotEnabled].
// RongCloud documents no quotas for these calls. Many of them send the room's ID in a header, so it
// must be printable ASCII there.
type RTCService struct {
	service
	Room        *RTCRoomService
	User        *RTCUserService
	Record      *RTCRecordService
	Mix         *RTCMixService
	CloudPlayer *RTCCloudPlayerService
	AI          *RTCAIService
}

func newRTCService(common *service) *RTCService {
	return &RTCService{
		service:     *common,
		Room:        &RTCRoomService{service: *common, Block: (*RTCRoomBlockService)(common)},
		User:        &RTCUserService{service: *common, Block: (*RTCUserBlockService)(common)},
		Record:      (*RTCRecordService)(common),
		Mix:         (*RTCMixService)(common),
		CloudPlayer: (*RTCCloudPlayerService)(common),
		AI:          (*RTCAIService)(common),
	}
}

// RTCMediaType says whether a stream is audio or video.
type RTCMediaType int

// The types of streams.
const (
	RTCMediaAudio RTCMediaType = 1 + iota // 0 on the wire
	RTCMediaVideo                         // 1 on the wire
)

// String returns the type in words.
func (t RTCMediaType) String() string { return nameOf("RTCMediaType", int(t), "audio", "video") }

// RTCRoomType is the kind of a room.
type RTCRoomType int

// The kinds of rooms.
const (
	RTCRoomOrdinary RTCRoomType = 1 + iota // a call or a meeting; 0 on the wire
	RTCRoomLive                            // a live stream with an audience; 2 on the wire
)

// String returns the kind in words.
func (t RTCRoomType) String() string { return nameOf("RTCRoomType", int(t), "ordinary", "live") }

// RTCLayout says how the users' pictures are arranged.
type RTCLayout int

// The layouts.
const (
	RTCLayoutCustom   RTCLayout = 1 + iota // each where the app puts it
	RTCLayoutFloating                      // one large picture, with the others on top
	RTCLayoutAdaptive                      // all of the same size
)

// String returns the layout in words.
func (l RTCLayout) String() string {
	return nameOf("RTCLayout", int(l), "custom", "floating", "adaptive")
}

// RTCRenderMode says how a picture is fitted into its window.
type RTCRenderMode int

// The ways to fit a picture.
const (
	RTCRenderCrop RTCRenderMode = 1 + iota // fill the window and crop the rest
	RTCRenderFit                           // show the whole picture, with bars
)

// String returns the mode in words.
func (m RTCRenderMode) String() string { return nameOf("RTCRenderMode", int(m), "crop", "fit") }

// nameOf returns the name of value n of an enumeration that begins at 1.
func nameOf(enumeration string, n int, names ...string) string {
	if n >= 1 && n <= len(names) {
		return names[n-1]
	}
	return fmt.Sprintf("%s(%d)", enumeration, n)
}
