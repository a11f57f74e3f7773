package webhook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// RTCRoomEvent is what happened in an audio and video room.
type RTCRoomEvent int

// The events of [RTCRoomStatus]. RongCloud's page for version 1.1 is not known in full; the
// numbers are those of version 1.0.
const (
	RTCRoomEventState     RTCRoomEvent = 1 // the current state, sent at intervals
	RTCRoomEventCreated   RTCRoomEvent = 2
	RTCRoomEventDestroyed RTCRoomEvent = 3
	RTCRoomEventJoined    RTCRoomEvent = 11
	RTCRoomEventLeft      RTCRoomEvent = 12
	RTCRoomEventStreams   RTCRoomEvent = 20 // a member changed the streams they publish
)

// String names the event in English.
func (e RTCRoomEvent) String() string {
	names := map[RTCRoomEvent]string{
		RTCRoomEventState: "state", RTCRoomEventCreated: "created", RTCRoomEventDestroyed: "destroyed",
		RTCRoomEventJoined: "joined", RTCRoomEventLeft: "left", RTCRoomEventStreams: "streams",
	}
	return cmp.Or(names[e], fmt.Sprintf("RTCRoomEvent(%d)", int(e)))
}

// RTCRoomStatus reports that an audio and video room was created or destroyed, that users joined
// or left, or what they publish. The audience of live rooms causes no callbacks. The fields of
// version 1.1 are compiled from RongCloud's sample server and mentions on its pages; Raw has the
// rest.
//
// Repeats have the same RoomID, SessionID, Event, UserID and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/room/room-status-callback
type RTCRoomStatus struct {
	Envelope

	RoomID     string       // roomId; channelId in version 1.0
	SessionID  string       // sessionId: not in version 1.0
	Event      RTCRoomEvent // event
	UserID     string       // userId: who joined, left or publishes
	OccurredAt time.Time    // timestamp
	// exitType, if a user left: 3 is assumed to be an abnormal exit; others are unknown
	ExitType int

	// These come only in version 1.0, which RongCloud no longer maintains.
	// durationTime: how long the user stayed or the room existed, when that ended
	Duration   time.Duration
	MediaToken string          // token: for your own recorder
	Members    json.RawMessage // members: by user; all in RTCRoomEventState, otherwise the changes
}

// Kind returns [KindRTCRoomStatus].
func (*RTCRoomStatus) Kind() Kind { return KindRTCRoomStatus }

func (s *RTCRoomStatus) key() string { return joinKey("rtc", s.RoomID) }

func readRTCRoomStatus(f *fields) Event {
	s := &RTCRoomStatus{
		Envelope:   Envelope{AppKey: f.text("appKey")},
		RoomID:     f.text("roomId"),
		SessionID:  f.text("sessionId"),
		Event:      RTCRoomEvent(f.integer("event")),
		UserID:     f.text("userId"),
		OccurredAt: f.time("timestamp"),
		ExitType:   f.integer("exitType"),
		Duration:   time.Duration(f.integer("durationTime")) * time.Millisecond,
		MediaToken: f.text("token"),
		Members:    f.json("members"),
	}
	if s.RoomID == "" {
		s.RoomID = f.text("channelId")
	}
	if s.RoomID == "" {
		f.fail("roomId", "is missing")
	}
	return s
}

// RTCCDNPushEvent is what happened to a push to a content delivery network.
type RTCCDNPushEvent int

// The events of [RTCCDNPush].
const (
	RTCCDNPushEventStarted RTCCDNPushEvent = 1
	RTCCDNPushEventEnded   RTCCDNPushEvent = 2
	RTCCDNPushEventChanged RTCCDNPushEvent = 3 // the settings changed
	RTCCDNPushEventFailed  RTCCDNPushEvent = 4
)

// String names the event in English.
func (e RTCCDNPushEvent) String() string {
	return nameOf("RTCCDNPushEvent", int(e), 1, "started", "ended", "changed", "failed")
}

// RTCCDNPush reports the state of pushing a mix to a content delivery network.
//
// Repeats have the same RoomID, PushURL, Event and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/CDN/cdn-hook
type RTCCDNPush struct {
	Envelope

	RoomID          string          // roomId
	SessionID       string          // sessionId
	UserID          string          // userId: the host who started it
	PushURL         string          // pushUrl
	Event           RTCCDNPushEvent // type
	StateCode       int             // stateCode: 10000 is success; others are not documented
	VideoResolution string          // output.videoResoulation, such as 240x320
	OccurredAt      time.Time       // timestamp
}

// Kind returns [KindRTCCDNPush].
func (*RTCCDNPush) Kind() Kind { return KindRTCCDNPush }

func (p *RTCCDNPush) key() string { return joinKey("rtc", p.RoomID) }

func readRTCCDNPush(f *fields) Event {
	output, _ := f.sub("output")
	p := &RTCCDNPush{
		Envelope:        Envelope{AppKey: f.text("appKey")},
		RoomID:          f.required("roomId"),
		SessionID:       f.text("sessionId"),
		UserID:          f.text("userId"),
		PushURL:         f.text("pushUrl"),
		Event:           RTCCDNPushEvent(f.integer("type")),
		StateCode:       f.integer("stateCode"),
		VideoResolution: output.text("videoResoulation"),
		OccurredAt:      f.time("timestamp"),
	}
	f.join("output", output)
	return p
}

// RTCCloudPlayerEvent is what happened to a stream that is played into a room.
type RTCCloudPlayerEvent int

// The events of [RTCCloudPlayer].
const (
	RTCCloudPlayerEventFetching     RTCCloudPlayerEvent = 1 // it can be fetched
	RTCCloudPlayerEventEnded        RTCCloudPlayerEvent = 2
	RTCCloudPlayerEventFailed       RTCCloudPlayerEvent = 3 // the first attempt to fetch it failed
	RTCCloudPlayerEventReconnecting RTCCloudPlayerEvent = 4
	// whether it is in the room, see Code; start a recording only after this
	RTCCloudPlayerEventPublished RTCCloudPlayerEvent = 5
)

// String names the event in English.
func (e RTCCloudPlayerEvent) String() string {
	return nameOf("RTCCloudPlayerEvent", int(e), 1, "fetching", "ended", "failed", "reconnecting", "published")
}

// RTCCloudPlayer reports the state of an external stream that is played into a room. It also goes
// to the CallbackURL of rongcloud.RTCCloudPlayerStartParams.
//
// Repeats have the same RoomID, UserID, Event and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/cloud-player/callback
type RTCCloudPlayer struct {
	Envelope

	RoomID    string              // room_id
	UserID    string              // user_id: the virtual user
	StreamURL string              // rtmp_url
	Event     RTCCloudPlayerEvent // type
	// code: 10000 success, 61101 cannot be fetched, 61102 reconnecting, 61103 gave up
	Code            int
	VideoResolution string    // video_resolution, such as 1920X1080
	StreamKind      string    // kind: known from RongCloud's sample server only
	OccurredAt      time.Time // timestamp
}

// Kind returns [KindRTCCloudPlayer].
func (*RTCCloudPlayer) Kind() Kind { return KindRTCCloudPlayer }

func (p *RTCCloudPlayer) key() string { return joinKey("rtc", p.RoomID) }

func readRTCCloudPlayer(f *fields) Event {
	return &RTCCloudPlayer{
		Envelope:        Envelope{AppKey: f.text("app_key")},
		RoomID:          f.required("room_id"),
		UserID:          f.text("user_id"),
		StreamURL:       f.text("rtmp_url"),
		Event:           RTCCloudPlayerEvent(f.integer("type")),
		Code:            f.integer("code"),
		VideoResolution: f.text("video_resolution"),
		StreamKind:      f.text("kind"),
		OccurredAt:      f.time("timestamp"),
	}
}

// RTCModerationEvent is what happened to the moderation of a stream.
type RTCModerationEvent int

// The events of [RTCModeration].
const (
	RTCModerationEventStarted RTCModerationEvent = 1
	RTCModerationEventEnded   RTCModerationEvent = 2
	RTCModerationEventFailed  RTCModerationEvent = 3 // something went wrong
	RTCModerationEventResult  RTCModerationEvent = 4
)

// String names the event in English.
func (e RTCModerationEvent) String() string {
	return nameOf("RTCModerationEvent", int(e), 1, "started", "ended", "failed", "result")
}

// RTCModeratedType is what a verdict is about.
type RTCModeratedType int

// The kinds of content that a verdict can be about.
const (
	RTCModeratedPicture RTCModeratedType = 1
	RTCModeratedSound   RTCModeratedType = 2
)

// String names it in English.
func (t RTCModeratedType) String() string {
	return nameOf("RTCModeratedType", int(t), 1, "picture", "sound")
}

// RTCRiskLevel is a verdict of moderation.
type RTCRiskLevel int

// The verdicts.
const (
	RTCRiskPass   RTCRiskLevel = 1
	RTCRiskReview RTCRiskLevel = 2 // a person should look
	RTCRiskReject RTCRiskLevel = 3
)

// String names the verdict in English.
func (l RTCRiskLevel) String() string {
	return nameOf("RTCRiskLevel", int(l), 1, "pass", "review", "reject")
}

// RTCModeration reports the state and the results of moderating what a user publishes. Everything
// inside content on the wire is known from RongCloud's sample server only.
//
// Repeats have the same RoomID, UserID, Event, OccurredAt and RequestID.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/contentcensor/status
type RTCModeration struct {
	Envelope

	RoomID    string             // roomId
	SessionID string             // sessionId
	UserID    string             // userId: whose stream it is
	Scene     string             // scene: as set at the start
	Event     RTCModerationEvent // type
	Code      int                // code: the state of the task

	// These are set for all events except results.
	StreamID     string                 // content.streamId
	MediaType    rongcloud.RTCMediaType // content.mediaType
	ErrorMessage string                 // content.errorMessage

	// These are set for results.
	RequestID     string           // content.requestId: the task
	ModeratedType RTCModeratedType // content.contentType
	RiskLevel     RTCRiskLevel     // content.riskLevel
	// content.riskType: the kind of violation; the numbers are undocumented
	RiskType    int
	ContentURL  string // content.contentUrl: the picture, or a clip of the sound
	Description string // content.desc
	Text        string // content.matchText: what was said
	MatchedWord string // content.matchedItem
	MatchedList string // content.matchedList: the list that has the word

	OccurredAt time.Time // content.riskTime for a result, content.timestamp for others
}

// Kind returns [KindRTCModeration].
func (*RTCModeration) Kind() Kind { return KindRTCModeration }

func (m *RTCModeration) key() string { return joinKey("rtc", m.RoomID) }

func readRTCModeration(f *fields) Event {
	content, _ := f.sub("content")
	m := &RTCModeration{
		Envelope:      Envelope{AppKey: f.text("appKey")},
		RoomID:        f.required("roomId"),
		SessionID:     f.text("sessionId"),
		UserID:        f.text("userId"),
		Scene:         f.text("scene"),
		Event:         RTCModerationEvent(f.integer("type")),
		Code:          f.integer("code"),
		StreamID:      content.text("streamId"),
		MediaType:     rongcloud.RTCMediaType(content.fromZero("mediaType")),
		ErrorMessage:  content.text("errorMessage"),
		RequestID:     content.text("requestId"),
		ModeratedType: RTCModeratedType(content.integer("contentType")),
		RiskLevel:     RTCRiskLevel(content.integer("riskLevel")),
		RiskType:      content.integer("riskType"),
		ContentURL:    content.text("contentUrl"),
		Description:   content.text("desc"),
		Text:          content.text("matchText"),
		MatchedWord:   content.text("matchedItem"),
		MatchedList:   content.text("matchedList"),
		OccurredAt:    content.time("riskTime"),
	}
	if m.OccurredAt.IsZero() {
		m.OccurredAt = content.time("timestamp")
	}
	f.join("content", content)
	return m
}

// RTCAITaskType is an AI task that listens to a room.
type RTCAITaskType string

// The AI tasks that listen to a room.
const (
	RTCAITaskRecognition RTCAITaskType = "asr" // of speech
	RTCAITaskTranslation RTCAITaskType = "tr"
	RTCAITaskSummary     RTCAITaskType = "sum" // of a meeting
)

// RTCAITaskStatus is the state of such a task.
type RTCAITaskStatus string

// The states of such a task.
const (
	RTCAITaskStarted   RTCAITaskStatus = "started"
	RTCAITaskStopped   RTCAITaskStatus = "stopped"
	RTCAITaskException RTCAITaskStatus = "exception"
	RTCAITaskFailed    RTCAITaskStatus = "failed"
)

// RTCAITask reports that speech recognition, translation or a summary in a room began, ended or
// failed. It has no time of its own: see SignedAt.
//
// Repeats have the same RoomID, Type, Status and TaskID.
//
// RongCloud: https://docs.rongcloud.cn/server-rtc-api/asr/callback
type RTCAITask struct {
	Envelope

	RoomID       string          // roomId
	Type         RTCAITaskType   // type
	Status       RTCAITaskStatus // status
	Code         int             // code: 10000 is success
	ErrorMessage string          // errorMessage: "Success" if all is well
	TaskID       string          // taskId: for summaries
}

// Kind returns [KindRTCAITask].
func (*RTCAITask) Kind() Kind { return KindRTCAITask }

func (t *RTCAITask) key() string { return joinKey("rtc", t.RoomID) }

func readRTCAITask(f *fields) Event {
	return &RTCAITask{
		Envelope:     Envelope{AppKey: f.text("appKey")},
		RoomID:       f.required("roomId"),
		Type:         RTCAITaskType(f.text("type")),
		Status:       RTCAITaskStatus(f.text("status")),
		Code:         f.integer("code"),
		ErrorMessage: f.text("errorMessage"),
		TaskID:       f.text("taskId"),
	}
}
