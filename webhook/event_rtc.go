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

// The events of [RTCRoomStatus]. RongCloud's page of version 1.1 is not known in full; the numbers
// are those of version 1.0.
const (
	RTCRoomEventState     RTCRoomEvent = 1 // nothing: this is how it stands, at intervals
	RTCRoomEventCreated   RTCRoomEvent = 2
	RTCRoomEventDestroyed RTCRoomEvent = 3
	RTCRoomEventJoined    RTCRoomEvent = 11
	RTCRoomEventLeft      RTCRoomEvent = 12
	RTCRoomEventStreams   RTCRoomEvent = 20 // a member publishes other streams
)

// String names the event in English.
func (e RTCRoomEvent) String() string {
	names := map[RTCRoomEvent]string{
		RTCRoomEventState: "state", RTCRoomEventCreated: "created", RTCRoomEventDestroyed: "destroyed",
		RTCRoomEventJoined: "joined", RTCRoomEventLeft: "left", RTCRoomEventStreams: "streams",
	}
	return cmp.Or(names[e], fmt.Sprintf("RTCRoomEvent(%d)", int(e)))
}

// RTCRoomStatus tells that an audio and video room was created or destroyed, that users joined or
// left, or what they publish. The audience of live rooms causes none. The fields of version 1.1
// are put together from RongCloud's sample server and mentions on its pages; Raw has the rest.
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
	ExitType   int          // exitType, if a user left: 3 is taken for an end by accident; others are not known

	// These are of version 1.0 only, which RongCloud no longer maintains.
	Duration   time.Duration   // durationTime: how long the user or the room was there, at its end
	MediaToken string          // token: for a recorder of one's own
	Members    json.RawMessage // members: by user; all of them in RTCRoomEventState, else what changed
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
	RTCCDNPushEventChanged RTCCDNPushEvent = 3 // other settings
	RTCCDNPushEventFailed  RTCCDNPushEvent = 4
)

// String names the event in English.
func (e RTCCDNPushEvent) String() string {
	return nameOf("RTCCDNPushEvent", int(e), 1, "started", "ended", "changed", "failed")
}

// RTCCDNPush tells how the push of a mix to a content delivery network goes.
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
	StateCode       int             // stateCode: 10000 is fine; others are not documented
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
	RTCCloudPlayerEventFailed       RTCCloudPlayerEvent = 3 // it could not be fetched at first
	RTCCloudPlayerEventReconnecting RTCCloudPlayerEvent = 4
	RTCCloudPlayerEventPublished    RTCCloudPlayerEvent = 5 // whether it is in the room, by Code; start a recording only after it
)

// String names the event in English.
func (e RTCCloudPlayerEvent) String() string {
	return nameOf("RTCCloudPlayerEvent", int(e), 1, "fetching", "ended", "failed", "reconnecting", "published")
}

// RTCCloudPlayer tells how a stream from elsewhere gets on in a room. It also goes to the
// CallbackURL of rongcloud.RTCCloudPlayerStartParams.
//
// Repeats have the same RoomID, UserID, Event and OccurredAt.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/cloud-player/callback
type RTCCloudPlayer struct {
	Envelope

	RoomID          string              // room_id
	UserID          string              // user_id: the virtual user
	StreamURL       string              // rtmp_url
	Event           RTCCloudPlayerEvent // type
	Code            int                 // code: 10000 is fine, 61101 could not be fetched, 61102 connects again, 61103 gave up
	VideoResolution string              // video_resolution, such as 1920X1080
	StreamKind      string              // kind: in RongCloud's sample server only
	OccurredAt      time.Time           // timestamp
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

// What a verdict is about.
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

// RTCModeration tells how the moderation of what a user publishes goes, and of its results. All
// that stands under content on the wire is known from RongCloud's sample server only.
//
// Repeats have the same RoomID, UserID, Event, OccurredAt and RequestID.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/contentcensor/status
type RTCModeration struct {
	Envelope

	RoomID    string             // roomId
	SessionID string             // sessionId
	UserID    string             // userId: whose stream it is
	Scene     string             // scene: as it was given at the start
	Event     RTCModerationEvent // type
	Code      int                // code: the state of the task

	// These are for all events but results.
	StreamID     string                 // content.streamId
	MediaType    rongcloud.RTCMediaType // content.mediaType
	ErrorMessage string                 // content.errorMessage

	// These are for results.
	RequestID     string           // content.requestId: the task
	ModeratedType RTCModeratedType // content.contentType
	RiskLevel     RTCRiskLevel     // content.riskLevel
	RiskType      int              // content.riskType: the kind of violation; its numbers are not known
	ContentURL    string           // content.contentUrl: the picture, or a clip of the sound
	Description   string           // content.desc
	Text          string           // content.matchText: what was said
	MatchedWord   string           // content.matchedItem
	MatchedList   string           // content.matchedList: the list that has the word

	OccurredAt time.Time // content.riskTime of a result, content.timestamp of others
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

// RTCAITaskType is a task that listens to a room.
type RTCAITaskType string

// The tasks that listen to a room.
const (
	RTCAITaskRecognition RTCAITaskType = "asr" // of speech
	RTCAITaskTranslation RTCAITaskType = "tr"
	RTCAITaskSummary     RTCAITaskType = "sum" // of a meeting
)

// RTCAITaskStatus is how such a task stands.
type RTCAITaskStatus string

// How such a task stands.
const (
	RTCAITaskStarted   RTCAITaskStatus = "started"
	RTCAITaskStopped   RTCAITaskStatus = "stopped"
	RTCAITaskException RTCAITaskStatus = "exception"
	RTCAITaskFailed    RTCAITaskStatus = "failed"
)

// RTCAITask tells that speech recognition, translation or a summary in a room began, ended or went
// wrong. It has no time of its own: see SignedAt.
//
// Repeats have the same RoomID, Type, Status and TaskID.
//
// RongCloud: https://docs.rongcloud.cn/server-rtc-api/asr/callback
type RTCAITask struct {
	Envelope

	RoomID       string          // roomId
	Type         RTCAITaskType   // type
	Status       RTCAITaskStatus // status
	Code         int             // code: 10000 is fine
	ErrorMessage string          // errorMessage: Success if all is fine
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
