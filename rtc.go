package rongcloud

import "fmt"

// RTCService is for RongCloud's audio and video: calls, meetings and live rooms. Rooms are made by
// the clients that join them and end with the last one; a server can look at them, keep users out,
// record and mix what is published, and bring in a stream from elsewhere. What happens in a room
// comes by callbacks: see webhook.RTCRoomStatus and its
// siblings.
//
// An app needs the audio and video service; [CodeRTCNotEnabled] means that it does not have it.
// RongCloud documents no quotas for these calls. A room's ID travels in a header in many of them,
// so that it has to be printable ASCII there.
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

// RTCMediaType is what a stream carries.
type RTCMediaType int

// The types of streams.
const (
	RTCMediaAudio RTCMediaType = 1 + iota // 0 on the wire
	RTCMediaVideo                         // 1 on the wire
)

// String names the type in English.
func (t RTCMediaType) String() string { return nameOf("RTCMediaType", int(t), "audio", "video") }

// RTCRoomType is the kind of a room.
type RTCRoomType int

// The kinds of rooms.
const (
	RTCRoomOrdinary RTCRoomType = 1 + iota // a call or a meeting; 0 on the wire
	RTCRoomLive                            // a live stream with an audience; 2 on the wire
)

// String names the kind in English.
func (t RTCRoomType) String() string { return nameOf("RTCRoomType", int(t), "ordinary", "live") }

// RTCLayout is how the pictures of users are put together.
type RTCLayout int

// The layouts.
const (
	RTCLayoutCustom   RTCLayout = 1 + iota // each where the app puts it
	RTCLayoutFloating                      // one large, with the others over it
	RTCLayoutAdaptive                      // all of the same size
)

// String names the layout in English.
func (l RTCLayout) String() string {
	return nameOf("RTCLayout", int(l), "custom", "floating", "adaptive")
}

// RTCRenderMode is how a picture is fitted into its window.
type RTCRenderMode int

// The ways of fitting.
const (
	RTCRenderCrop RTCRenderMode = 1 + iota // fills the window, and what stands out is cut off
	RTCRenderFit                           // whole, with bars beside it
)

// String names the way in English.
func (m RTCRenderMode) String() string { return nameOf("RTCRenderMode", int(m), "crop", "fit") }

// nameOf names the value n of an enumeration that begins at 1.
func nameOf(enumeration string, n int, names ...string) string {
	if n >= 1 && n <= len(names) {
		return names[n-1]
	}
	return fmt.Sprintf("%s(%d)", enumeration, n)
}
