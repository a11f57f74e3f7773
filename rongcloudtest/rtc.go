package rongcloudtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// rtc is the state of audio and video.
type rtc struct {
	rooms   map[string]*rtcRoom
	blocked []restriction            // from all rooms
	kept    map[string][]restriction // from one room, which need not exist
	count   int                      // sessions and recordings so far, for their IDs
}

func newRTC() rtc { return rtc{rooms: map[string]*rtcRoom{}, kept: map[string][]restriction{}} }

// rtcRoom is a room from its first member's arrival to its last one's departure: a session.
type rtcRoom struct {
	id, session string
	createdAt   time.Time
	members     []*rtcMember // in the order of joining
	recordings  []*rtcRecording
	mix         json.RawMessage // the one set last
	cdns        []string
}

type rtcMember struct {
	id       string
	joinedAt time.Time
	streams  []rongcloud.RTCStream
	playing  string // the address that a virtual user plays
}

type rtcRecording struct {
	id, extra string
	mode      int
	stopped   bool
}

func (r *rtcRoom) member(user string) *rtcMember {
	if i := slices.IndexFunc(r.members, func(m *rtcMember) bool { return m.id == user }); i >= 0 {
		return r.members[i]
	}
	return nil
}

func (r *rtcRoom) ids() []string {
	ids := []string{}
	for _, m := range r.members {
		ids = append(ids, m.id)
	}
	return ids
}

// RTCRoomState is an audio and video room; see [Server.RTCRoom].
type RTCRoomState struct {
	RoomID string `json:"id"`
	// empty if nobody is in the room, see [State]
	SessionID string    `json:"sessionId,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// in the order of joining, including the cloud player's virtual users
	MemberIDs []string `json:"members"`
	// from this room; for blocks from all rooms see [UserState]
	BlockedIDs []string `json:"blocked,omitempty"`
	// what the members publish, in the order of the members
	Streams    []RTCStreamState    `json:"streams,omitempty"`
	Recordings []RTCRecordingState `json:"recordings,omitempty"` // of this session
	// the last request of RTC.Mix.Set
	Mix         json.RawMessage `json:"mix,omitempty"`
	CDNPushURLs []string        `json:"cdnPushURLs,omitempty"`
	// addresses that the cloud player plays, by virtual user
	PlayedByUser map[string]string `json:"playedByUser,omitempty"`
}

// RTCStreamState is a stream that a member of an audio and video room publishes; see
// [RTCRoomState].
type RTCStreamState struct {
	UserID    string `json:"userId"`
	StreamID  string `json:"streamId"`
	MediaType string `json:"mediaType"` // audio or video
	Tag       string `json:"tag"`
	Resource  string `json:"resource"`
}

// RTCRecordingState is a recording; see [RTCRoomState].
type RTCRecordingState struct {
	RecordID string `json:"id"`
	Extra    string `json:"extra"`
	Stopped  bool   `json:"stopped"`
}

// RTCRoom returns an audio and video room, or nil if nobody is in a room with that ID.
func (s *Server) RTCRoom(roomID string) *RTCRoomState {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rtc.rooms[roomID] == nil {
		return nil
	}
	state := s.rtcRoomState(roomID, s.now())
	return &state
}

// rtcRoomState returns the state of a room, which may be empty.
func (s *Server) rtcRoomState(roomID string, now time.Time) RTCRoomState {
	state := RTCRoomState{RoomID: roomID, MemberIDs: []string{}, BlockedIDs: restrictedIDs(s.rtc.kept[roomID], now), PlayedByUser: map[string]string{}}
	r := s.rtc.rooms[roomID]
	if r == nil {
		return state
	}
	state.SessionID, state.CreatedAt, state.MemberIDs = r.session, r.createdAt, r.ids()
	state.Mix, state.CDNPushURLs = slices.Clone(r.mix), slices.Clone(r.cdns)
	for _, m := range r.members {
		if m.playing != "" {
			state.PlayedByUser[m.id] = m.playing
		}
		for _, one := range m.streams {
			state.Streams = append(state.Streams, RTCStreamState{m.id, one.StreamID, mediaType(one).String(), one.Tag, one.Resource})
		}
	}
	for _, one := range r.recordings {
		state.Recordings = append(state.Recordings, RTCRecordingState{one.id, one.extra, one.stopped})
	}
	return state
}

// rtcRoomIDs returns the rooms that somebody is in or blocked from.
func (s *Server) rtcRoomIDs(now time.Time) []string {
	ids := slices.Collect(maps.Keys(s.rtc.rooms))
	for id, kept := range s.rtc.kept {
		if s.rtc.rooms[id] == nil && restrictedIDs(kept, now) != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// mediaType returns what a stream carries: audio by default.
func mediaType(stream rongcloud.RTCStream) rongcloud.RTCMediaType {
	return cmp.Or(stream.MediaType, rongcloud.RTCMediaAudio)
}

// JoinRTCRoom lets the user's app join an audio and video room, which is created if necessary. The
// error is [ErrRejected] if the user is blocked from it or from all rooms, or if the server's
// memory is full, see [WithMemory]. Users need not be connected, and stay in the room when they go
// offline: RongCloud does not document when it removes them.
func (u *User) JoinRTCRoom(roomID string) error {
	events, err := u.server.joinRTC(roomID, u.id)
	u.server.callBack(events)
	return err
}

func (s *Server) joinRTC(roomID, user string) ([]event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case restricted(s.rtc.blocked, user, now):
		return nil, rejected("they are blocked from all audio and video rooms")
	case restricted(s.rtc.kept[roomID], user, now):
		return nil, rejected("they are blocked from the audio and video room")
	case s.outgrown(int64(len(roomID) + len(user))):
		return nil, rejected(noMemory)
	}
	r := s.rtc.rooms[roomID]
	if r == nil {
		s.rtc.count++
		r = &rtcRoom{id: roomID, session: fmt.Sprintf("session-%d", s.rtc.count), createdAt: now}
		s.rtc.rooms[roomID] = r
		s.tellRTC(r, webhook.RTCRoomEventCreated, "")
	}
	s.enterRTC(r, user)
	return s.drainEvents(), nil
}

func (s *Server) enterRTC(r *rtcRoom, user string) *rtcMember {
	m := r.member(user)
	if m == nil {
		m = &rtcMember{id: user, joinedAt: s.now()}
		r.members = append(r.members, m)
		s.tellRTC(r, webhook.RTCRoomEventJoined, user)
	}
	return m
}

// LeaveRTCRoom lets the user's app leave an audio and video room. When its last member leaves, a
// room ends with its recordings and pushes; the cloud player's virtual users do not keep it alive.
func (u *User) LeaveRTCRoom(roomID string) {
	u.server.callBack(u.server.leaveRTC(roomID, u.id))
}

func (s *Server) leaveRTC(roomID, user string) []event {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropRTC(s.rtc.rooms[roomID], user)
	return s.drainEvents()
}

// PublishRTC lets the user's app publish these streams in an audio and video room, replacing
// earlier ones; without streams it publishes nothing any more. Without StreamID a stream is named
// after the user, and without MediaType it carries audio. The error is [ErrNotMember].
func (u *User) PublishRTC(roomID string, streams ...rongcloud.RTCStream) error {
	events, err := u.server.publishRTC(roomID, u.id, streams)
	u.server.callBack(events)
	return err
}

func (s *Server) publishRTC(roomID, user string, streams []rongcloud.RTCStream) ([]event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rtc.rooms[roomID]
	if r == nil || r.member(user) == nil {
		return nil, ErrNotMember
	}
	if s.outgrown(streamsSize(streams)) {
		return nil, rejected(noMemory)
	}
	m := r.member(user)
	m.streams = slices.Clone(streams)
	for i := range m.streams {
		one := &m.streams[i]
		one.StreamID = cmp.Or(one.StreamID, user+"_RongCloudRTC")
		one.Tag = cmp.Or(one.Tag, "RongCloudRTC")
		one.Resource = cmp.Or(one.Resource, fmt.Sprintf("%s/%s/%d", r.session, one.StreamID, i))
	}
	s.tellRTC(r, webhook.RTCRoomEventStreams, user)
	return s.drainEvents(), nil
}

func streamsSize(streams []rongcloud.RTCStream) int64 {
	n := int64(0)
	for _, one := range streams {
		n += paramSize + textsSize([]string{one.StreamID, one.Tag, one.Resource})
	}
	return n
}

// dropRTC removes a user from a room, if they are in it. The callback does not say why: only one
// value of exitType is known.
func (s *Server) dropRTC(r *rtcRoom, user string) {
	if r == nil || r.member(user) == nil {
		return
	}
	if m := r.member(user); m.playing != "" {
		s.tellPlayer(r, m, webhook.RTCCloudPlayerEventEnded)
	}
	r.members = slices.DeleteFunc(r.members, func(m *rtcMember) bool { return m.id == user })
	s.tellRTC(r, webhook.RTCRoomEventLeft, user)
	if slices.ContainsFunc(r.members, func(m *rtcMember) bool { return m.playing == "" }) {
		return
	}
	for _, m := range r.members {
		s.tellPlayer(r, m, webhook.RTCCloudPlayerEventEnded)
	}
	s.stopRecordings(r)
	s.setCDNs(r, nil, "")
	delete(s.rtc.rooms, r.id)
	s.tellRTC(r, webhook.RTCRoomEventDestroyed, "")
}

// tellRTC reports a change. It does not report the state of a room at intervals, which an app can
// set in the console; use [Server.Emit] for that.
func (s *Server) tellRTC(r *rtcRoom, e webhook.RTCRoomEvent, user string) {
	s.recordEvent(&webhook.RTCRoomStatus{RoomID: r.id, SessionID: r.session, Event: e, UserID: user, OccurredAt: s.now()})
}

func (s *Server) tellPlayer(r *rtcRoom, m *rtcMember, e webhook.RTCCloudPlayerEvent) {
	s.recordEvent(&webhook.RTCCloudPlayer{RoomID: r.id, UserID: m.id, StreamURL: m.playing, Event: e, Code: successV2, OccurredAt: s.now()})
}

// successV2 is the success code of the newer calls and of callbacks.
const successV2 = 10000

// tellRecording makes a callback that package webhook has no type for: only some of its fields are
// known.
func (s *Server) tellRecording(r *rtcRoom, one *rtcRecording, kind int) {
	body, _ := json.Marshal(map[string]any{ // plain data
		"timestamp": s.now().UnixMilli(), "type": kind, "appKey": s.config.key, "recordId": one.id, "roomId": r.id, "sessionId": r.session,
		"userId": "", "mode": one.mode, "extra": one.extra,
	})
	s.recordEvent(&webhook.Unknown{Envelope: webhook.Envelope{Raw: body}})
}

// The types of callbacks about recordings.
const (
	recordingStarted = 1
	recordingEnded   = 3
)

func (s *Server) stopRecordings(r *rtcRoom) {
	for _, one := range r.recordings {
		if !one.stopped {
			one.stopped = true
			s.tellRecording(r, one, recordingEnded)
		}
	}
}

// setCDNs pushes the mix to these addresses. Whether unchanged addresses cause callbacks is not
// documented.
func (s *Server) setCDNs(r *rtcRoom, urls []string, user string) {
	tell := func(url string, e webhook.RTCCDNPushEvent) {
		s.recordEvent(&webhook.RTCCDNPush{RoomID: r.id, SessionID: r.session, UserID: user, PushURL: url, Event: e, StateCode: successV2, OccurredAt: s.now()})
	}
	for _, url := range r.cdns {
		if !slices.Contains(urls, url) {
			tell(url, webhook.RTCCDNPushEventEnded)
		}
	}
	for _, url := range urls {
		if !slices.Contains(r.cdns, url) {
			tell(url, webhook.RTCCDNPushEventStarted)
		}
	}
	r.cdns = urls
}

var rtcHandlers = map[*endpoint.Endpoint]handler{
	endpoint.RTCRoomQuery:                     inRTCRoom(rtcRoomQuery),
	endpoint.RTCUserKick:                      rtcKick,
	endpoint.RTCUserBlock:                     rtcBlock,
	endpoint.RTCUserUnblock:                   rtcUnblock,
	endpoint.V2RTCRoomsRoomIDBlockUsersPost:   rtcRoomBlock,
	endpoint.V2RTCRoomsRoomIDBlockUsersDelete: rtcRoomUnblock,
	endpoint.RTCRecordStart:                   inRTCRoom(rtcRecordStart),
	endpoint.RTCRecordStop:                    inRTCRoom(rtcRecordStop),
	endpoint.RTCMCUConfig:                     inRTCRoom(rtcMix),
	endpoint.V2RTCCloudplayerStart:            inRTCRoom(rtcPlayerStart),
	endpoint.V2RTCCloudplayerStop:             inRTCRoom(rtcPlayerStop),
	endpoint.V2RTCAIASRRoomStop:               inRTCRoom(rtcRecognitionStop),
	endpoint.V2RTCAITranlationStop:            inRTCRoom(rtcTranslationStop),
}

// inRTCRoom finds the room by the Room-Id header, or by the session. Code 40003 is documented for
// some of these calls only, but used for all of them.
func inRTCRoom(h func(c *call, r *rtcRoom) answer) handler {
	return func(c *call) answer {
		r := c.rtc.rooms[c.params.Get("Room-Id")]
		if c.ep.Param("Room-Id") == nil {
			for _, id := range slices.Sorted(maps.Keys(c.rtc.rooms)) {
				if one := c.rtc.rooms[id]; one.session == c.params.Get("sessionId") {
					r = one
				}
			}
		}
		session, room := c.params.Get("sessionId"), c.params.Get("roomId")
		if r == nil || session != "" && session != r.session || room != "" && room != r.id {
			return refuse(rongcloud.CodeRTCRoomNotFound, "the room does not exist, or has another session")
		}
		return h(c, r)
	}
}

func rtcRoomQuery(_ *call, r *rtcRoom) answer {
	type uri struct {
		MediaType int    `json:"mediaType"`
		StreamID  string `json:"msid"`
		Resource  string `json:"uri"`
		Tag       string `json:"tag"`
	}
	type data struct {
		URIs []uri `json:"uris"`
	}
	type member struct {
		UserID   string `json:"userId"`
		JoinedAt int64  `json:"joinTime"`
		Data     data   `json:"data"`
	}
	members := []member{}
	for _, m := range r.members {
		one := member{m.id, m.joinedAt.UnixMilli(), data{[]uri{}}}
		for _, stream := range m.streams {
			one.Data.URIs = append(one.Data.URIs, uri{int(mediaType(stream)) - 1, stream.StreamID, stream.Resource, stream.Tag})
		}
		members = append(members, one)
	}
	return ok(field{"roomId", r.id}, field{"sessionId", r.session}, field{"createTime", r.createdAt.UnixMilli()}, field{"members", members})
}

// rtcKick succeeds for a user who is not in the room, and for a room that does not exist;
// RongCloud documents neither.
func rtcKick(c *call) answer {
	c.dropRTC(c.rtc.rooms[c.params.Get("roomId")], c.params.Get("userId"))
	return ok()
}

func rtcBlock(c *call) answer {
	a := c.restrict(&c.rtc.blocked)
	for _, id := range slices.Sorted(maps.Keys(c.rtc.rooms)) {
		c.dropRTC(c.rtc.rooms[id], c.params.Get("userId"))
	}
	return a
}

func rtcUnblock(c *call) answer {
	c.rtc.blocked = unmute(c.rtc.blocked, c.params.List("userId"))
	return ok()
}

// rtcRoomBlock also accepts a room that does not exist, which is not documented. A further block
// restarts the time.
func rtcRoomBlock(c *call) answer {
	room, users := c.params.Get("room_id"), appendNew(nil, c.params.List("user_ids"))
	until := c.at.Add(time.Duration(c.params.Int("minute")) * time.Minute)
	kept := unmute(c.rtc.kept[room], users)
	for _, id := range users {
		kept = append(kept, restriction{user: id, start: c.at, end: until})
		c.dropRTC(c.rtc.rooms[room], id)
	}
	c.rtc.keep(room, kept)
	return ok()
}

// keep records who is blocked from a room.
func (r *rtc) keep(room string, users []restriction) {
	if len(users) == 0 {
		delete(r.kept, room)
		return
	}
	r.kept[room] = users
}

func rtcRoomUnblock(c *call) answer {
	room := c.params.Get("room_id")
	c.rtc.keep(room, unmute(c.rtc.kept[room], c.params.List("user_ids")))
	return ok()
}

// rtcRecordStart starts another recording if the session is already being recorded, which is not
// documented.
func rtcRecordStart(c *call, r *rtcRoom) answer {
	var config struct {
		Type        *int   `json:"recordType"`
		Mode        int    `json:"mode"`
		VideoFormat string `json:"videoFormat"`
		AudioFormat string `json:"audioFormat"`
		Layout      int    `json:"mixLayout"`
	}
	if err := json.Unmarshal([]byte(c.params.Get("config")), &config); err != nil {
		return refuse(rongcloud.CodeInvalidParameter, "config does not have the documented form")
	}
	switch {
	case config.Type != nil && *config.Type != 1 && *config.Type != 2:
		return refuse(rongcloud.CodeInvalidParameter, "config.recordType must be 1 or 2")
	case config.Mode < 0 || config.Mode > 6:
		return refuse(rongcloud.CodeInvalidParameter, "config.mode must be 0 to 6")
	case !slices.Contains([]string{"mkv", "mp4", "flv", "hls"}, config.VideoFormat):
		return refuse(rongcloud.CodeInvalidParameter, "config.videoFormat must be mkv, mp4, flv or hls")
	case config.AudioFormat != "aac" && config.AudioFormat != "mp3":
		return refuse(rongcloud.CodeInvalidParameter, "config.audioFormat must be aac or mp3")
	case config.Layout < 1 || config.Layout > 3:
		return refuse(rongcloud.CodeInvalidParameter, "config.mixLayout must be 1, 2 or 3")
	}
	c.rtc.count++
	one := &rtcRecording{id: fmt.Sprintf("record-%d", c.rtc.count), extra: c.params.Get("extra"), mode: config.Mode}
	r.recordings = append(r.recordings, one)
	c.tellRecording(r, one, recordingStarted)
	return ok(field{"recordId", one.id})
}

// rtcRecordStop returns the latest recording even if all have ended, which is not documented.
func rtcRecordStop(c *call, r *rtcRoom) answer {
	c.stopRecordings(r)
	id := ""
	if n := len(r.recordings); n > 0 {
		id = r.recordings[n-1].id
	}
	return ok(field{"recordId", id})
}

// rtcMix treats any room as a live room, and as documented replaces all CDNs, even with none.
func rtcMix(c *call, r *rtcRoom) answer {
	var config struct {
		Mode   *int `json:"mode"`
		Filter int  `json:"inputFilterMode"`
		Output struct {
			CDNs []struct {
				PushURL string `json:"pushurl"`
			} `json:"cdn"`
		} `json:"output"`
	}
	if err := json.Unmarshal([]byte(c.params.Get("config")), &config); err != nil {
		return refuse(rongcloud.CodeInvalidParameter, "config does not have the documented form")
	}
	switch {
	case config.Mode != nil && (*config.Mode < 1 || *config.Mode > 3):
		return refuse(rongcloud.CodeInvalidParameter, "config.mode must be 1, 2 or 3")
	case config.Filter < 0 || config.Filter > 14:
		return refuse(rongcloud.CodeInvalidParameter, "config.inputFilterMode must be 0 to 14")
	}
	if n := len(config.Output.CDNs); n > 5 {
		return refuse(rongcloud.CodeInvalidParameter, "config.output.cdn has %d items, at most 5 are allowed", n)
	}
	var urls []string
	for i, cdn := range config.Output.CDNs {
		if cdn.PushURL == "" {
			return refuse(rongcloud.CodeInvalidParameter, "config.output.cdn[%d].pushurl is required", i)
		}
		urls = append(urls, cdn.PushURL)
	}
	host := ""
	if len(r.members) > 0 {
		host = r.members[0].id
	}
	r.mix = json.RawMessage(c.params.Get("config"))
	c.setCDNs(r, appendNew(nil, urls), host)
	return ok()
}

// rtcPlayerStart adds the virtual user, who plays at once. Only the webhooks get callbacks, not
// the callback_url, which may point anywhere.
func rtcPlayerStart(c *call, r *rtcRoom) answer {
	m := c.enterRTC(r, c.params.Get("user_id"))
	m.playing = c.params.Get("rtmp_url")
	m.streams = nil
	for _, media := range []rongcloud.RTCMediaType{rongcloud.RTCMediaAudio, rongcloud.RTCMediaVideo} {
		if only := c.params.Int("media_type"); only == 0 || only == int64(media) {
			m.streams = append(m.streams, rongcloud.RTCStream{
				StreamID: m.id + "_player", MediaType: media, Resource: fmt.Sprintf("%s/%s/%d", r.session, m.id, media), Tag: "player",
			})
		}
	}
	c.tellPlayer(r, m, webhook.RTCCloudPlayerEventFetching)
	c.tellRTC(r, webhook.RTCRoomEventStreams, m.id)
	c.tellPlayer(r, m, webhook.RTCCloudPlayerEventPublished)
	return ok()
}

// rtcPlayerStop succeeds for a stream that is not playing, which is not documented.
func rtcPlayerStop(c *call, r *rtcRoom) answer {
	if m := r.member(c.params.Get("user_id")); m != nil && m.playing != "" {
		c.dropRTC(r, m.id)
	}
	return ok()
}

// How recognition and translation are started is not known, so they are assumed to run in every
// room.
func rtcRecognitionStop(c *call, r *rtcRoom) answer {
	c.tellAITask(r, webhook.RTCAITaskRecognition)
	return ok()
}

func rtcTranslationStop(c *call, r *rtcRoom) answer {
	c.tellAITask(r, webhook.RTCAITaskTranslation)
	return ok()
}

func (s *Server) tellAITask(r *rtcRoom, task webhook.RTCAITaskType) {
	s.recordEvent(&webhook.RTCAITask{RoomID: r.id, Type: task, Status: webhook.RTCAITaskStopped, Code: successV2, ErrorMessage: "Success"})
}
