package rongcloudtest

import (
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// What chat rooms have room for.
const (
	maxRoomEntries   = 100
	maxRoomExempt    = 20 // members who may talk while everybody is muted
	maxRoomProtected = 5  // members whose messages are not dropped
	maxKeptRooms     = 5
	maxRoomTypes     = 20 // message types of low priority, or not to drop
)

// roomLife is how long a chat room lives without anybody joining, leaving or sending, if nothing
// else was asked for.
const roomLife = time.Hour

// rooms is the state of all chat rooms.
type rooms struct {
	byID        map[string]*room
	planned     map[string]*room // not there, but something was set for them
	allMuted    []string         // in the order of muting
	kept        []string         // alive, in the order of asking for it
	muted       []restriction    // in all rooms
	lowPriority []string
	whitelist   []string // message types
}

func newRooms() rooms { return rooms{byID: map[string]*room{}, planned: map[string]*room{}} }

// open puts a room that was begun among the others.
func (r *rooms) open(one *room) {
	r.byID[one.id] = one
	delete(r.planned, one.id)
}

type room struct {
	id, name  string
	createdAt time.Time
	activeAt  time.Time // when somebody joined, left or sent a message last
	fixed     bool      // life counts from the creation, not from the last activity
	life      time.Duration
	members   []roomMember // in the order of joining
	entries   []*roomEntry // in the order of setting them first
	muted     []restriction
	blocked   []restriction
	exempt    []string
	protected []string
	silent    bool  // messages are delivered to nobody
	version   int64 // of the attributes
}

func newRoom(id string, now time.Time) *room {
	return &room{id: id, createdAt: now, activeAt: now, life: roomLife}
}

type roomMember struct {
	id       string
	joinedAt time.Time
}

// due reports whether the room's life is over.
func (r *room) due(now time.Time) bool {
	if r.fixed {
		return !now.Before(r.createdAt.Add(r.life))
	}
	return !now.Before(r.activeAt.Add(r.life))
}

func (r *room) has(user string) bool {
	return slices.ContainsFunc(r.members, func(m roomMember) bool { return m.id == user })
}

func (r *room) ids() []string {
	ids := make([]string, len(r.members))
	for i, m := range r.members {
		ids[i] = m.id
	}
	return ids
}

// join lets users in who are not blocked.
func (r *room) join(users []string, now time.Time) {
	for _, id := range users {
		if !r.has(id) && !restricted(r.blocked, id, now) {
			r.members = append(r.members, roomMember{id, now})
			r.activeAt = now
		}
	}
}

// leave takes users out who are in the room, and with them the attributes that go when their owner
// leaves.
func (r *room) leave(users []string, now time.Time) {
	for _, id := range users {
		if !r.has(id) {
			continue
		}
		r.members = slices.DeleteFunc(r.members, func(m roomMember) bool { return m.id == id })
		r.entries = slices.DeleteFunc(r.entries, func(e *roomEntry) bool { return e.autoDelete && e.owner == id })
		r.activeAt = now
	}
}

// room returns the chat room, or nil if there is none or none any longer.
func (s *Server) room(id string) *room {
	r := s.rooms.byID[id]
	if r != nil && r.due(s.now()) && !slices.Contains(s.rooms.kept, id) {
		s.tellRoom(id, webhook.ChatroomEventDestroyed, webhook.ChatroomCauseAutoDestroy, nil)
		s.rooms.destroy(id)
		return nil
	}
	return r
}

// openRoom returns the chat room, made if need be.
func (s *Server) openRoom(id string) *room {
	if r := s.room(id); r != nil {
		return r
	}
	r := s.rooms.begin(id, s.now())
	s.rooms.open(r)
	s.tellRoom(id, webhook.ChatroomEventCreated, webhook.ChatroomCauseCall, nil)
	return r
}

// allRooms returns the chat rooms in the order of their IDs.
func (s *Server) allRooms() []*room {
	var all []*room
	for _, id := range slices.Sorted(maps.Keys(s.rooms.byID)) {
		if r := s.room(id); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// destroy takes all that belongs to the room with it. Of mutes and blocks RongCloud does not say
// so.
func (r *rooms) destroy(id string) {
	delete(r.byID, id)
	delete(r.planned, id)
	r.allMuted = without(r.allMuted, id)
	r.kept = without(r.kept, id)
}

// recipients are the members whom a message by a user reaches. That messages of the Server API are
// held back, too, where the distribution is stopped is assumed.
func (r *room) receivers(from string) []string {
	if r.silent {
		return nil
	}
	return without(r.ids(), from)
}

// activeReceivers are the recipients of a message that keeps the room alive, which broadcasts do
// not.
func (s *Server) activeReceivers(id, from string) []string {
	r := s.room(id)
	if r == nil {
		return nil
	}
	r.activeAt = s.now()
	return r.receivers(from)
}

// JoinChatroom puts users into a chat room, as their client apps would, so that messages to it
// reach them. The room is made if need be. Users who are blocked there stay outside.
func (s *Server) JoinChatroom(room string, users ...string) {
	s.callBack(s.joinChatroom(room, users))
}

func (s *Server) joinChatroom(room string, users []string) []event {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.openRoom(room)
	before := len(r.members)
	r.join(users, s.now())
	if joined := r.ids()[before:]; len(joined) > 0 {
		s.tellRoom(room, webhook.ChatroomEventJoined, webhook.ChatroomCauseCall, joined)
	}
	return s.news()
}

// LeaveChatroom takes users out of a chat room, as their client apps would, and with them the
// attributes that go when their owner leaves. Nobody leaves by going offline.
func (s *Server) LeaveChatroom(room string, users ...string) {
	s.callBack(s.leaveChatroom(room, users))
}

func (s *Server) leaveChatroom(room string, users []string) []event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(room); r != nil {
		s.leaveRoom(r, users, webhook.ChatroomCauseCall)
	}
	return s.news()
}

// leaveRoom takes users out of a room and tells of it.
func (s *Server) leaveRoom(r *room, users []string, why webhook.ChatroomCause) {
	left := slices.DeleteFunc(slices.Clone(users), func(id string) bool { return !r.has(id) })
	for _, e := range r.entries {
		if e.autoDelete && slices.Contains(left, e.owner) {
			s.tellEntry(r, e.key, "", e.owner, webhook.ChatroomEntryEventDeleted)
		}
	}
	r.leave(users, s.now())
	if len(left) > 0 {
		s.tellRoom(r.id, webhook.ChatroomEventLeft, why, left)
	}
}

func (s *Server) tellRoom(id string, what webhook.ChatroomEvent, why webhook.ChatroomCause, users []string) {
	s.tell(&webhook.ChatroomStatus{ChatroomID: id, UserIDs: users, Event: what, Cause: why, OccurredAt: s.now()})
}

func (s *Server) tellEntry(r *room, key, value, user string, what webhook.ChatroomEntryEvent) {
	r.version++
	s.tell(&webhook.ChatroomEntry{
		ChatroomID: r.id, Key: key, Value: value, Event: what, UserID: user, OccurredAt: s.now(), Version: r.version,
	})
}

// IsMutedInChatroom reports whether the user's app may not send messages to a chat room: by a mute
// in all rooms, or, unless the user is exempt, by one in this room or by the muting of all members.
// What the Server API sends goes out all the same.
func (u *User) IsMutedInChatroom(chatroomID string) bool {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return u.server.mutedInRoom(chatroomID, u.id)
}

func (s *Server) mutedInRoom(room, user string) bool {
	r, now := s.room(room), s.now()
	switch {
	case restricted(s.rooms.muted, user, now):
		return true
	case r == nil, slices.Contains(r.exempt, user):
		return false
	default:
		return slices.Contains(s.rooms.allMuted, room) || restricted(r.muted, user, now)
	}
}

var roomHandlers = map[*endpoint.Endpoint]handler{
	endpoint.ChatroomCreateNew:                 roomCreate,
	endpoint.ChatroomCreate:                    roomCreateNamed, //nolint:staticcheck // users of named rooms need it
	endpoint.ChatroomDestroySet:                inRoom(roomDestroySet),
	endpoint.ChatroomDestroy:                   roomDestroy,
	endpoint.ChatroomGet:                       inRoom(roomGet),
	endpoint.ChatroomQuery:                     roomQuery, //nolint:staticcheck // users of named rooms need it
	endpoint.ChatroomUserQuery:                 inRoom(roomMembers),
	endpoint.ChatroomUserExist:                 inRoom(roomMemberExists),
	endpoint.ChatroomUsersExist:                inRoom(roomMembersExist),
	endpoint.ChatroomMessageStopDistribution:   inRoom(func(_ *call, r *room) answer { r.silent = true; return ok() }),
	endpoint.ChatroomMessageResumeDistribution: inRoom(func(_ *call, r *room) answer { r.silent = false; return ok() }),
}

// inRoom is the handler of an endpoint that names one chat room. Code 23410 is documented for the
// query of a room only, and the vendor's own suites expect success of the others, so that these
// refuse a room that does not exist in strict mode alone. Otherwise it has nothing to list, and
// what is set for it counts once the room is there.
func inRoom(do func(c *call, r *room) answer) handler {
	return func(c *call) answer {
		id := c.params.Get("chatroomId")
		r := c.room(id)
		switch {
		case r != nil:
		case c.config.strict || c.ep == endpoint.ChatroomGet:
			return refuse(rongcloud.CodeChatroomNotFound, "there is no chat room %s", id)
		default:
			if r = c.rooms.planned[id]; r == nil {
				r = newRoom(id, c.at)
			}
			if c.ep.Class != endpoint.Safe {
				c.rooms.planned[id] = r
			}
		}
		return do(c, r)
	}
}

// begin returns a new room, with what was set for it before.
func (r *rooms) begin(id string, now time.Time) *room {
	one := r.planned[id]
	if one == nil {
		return newRoom(id, now)
	}
	one.createdAt, one.activeAt = now, now
	return one
}

// roomCreate sets a room that is there already up again and leaves its members and attributes
// alone. What RongCloud does is not documented.
func roomCreate(c *call) answer {
	p := c.params
	if p.Has("entryOwnerId") != p.Has("entryInfo") {
		return refuseError(invalid("entryOwnerId and entryInfo go together"))
	}
	var pairs map[string]string
	if p.Has("entryInfo") {
		var err error
		if pairs, err = parseEntries(p.Get("entryInfo")); err != nil {
			return refuseError(err)
		}
	}
	r := c.room(p.Get("chatroomId"))
	if r == nil {
		r = c.rooms.begin(p.Get("chatroomId"), c.at)
	}
	if a := c.setEntries(r, p.Get("entryOwnerId"), pairs, false); a != nil {
		return *a
	}
	if c.rooms.byID[r.id] == nil {
		c.rooms.open(r)
		c.tellRoom(r.id, webhook.ChatroomEventCreated, webhook.ChatroomCauseCall, nil)
	}
	r.exempt = appendNew(nil, p.List("whiteUserIds"))
	c.rooms.allMuted = without(c.rooms.allMuted, r.id)
	if p.Bool("isBan") {
		c.rooms.allMuted = append(c.rooms.allMuted, r.id)
	}
	return roomDestroySet(c, r)
}

func roomCreateNamed(c *call) answer {
	for id, name := range c.params.Keyed("chatroom") {
		c.openRoom(id).name = name
	}
	return ok()
}

func roomDestroySet(c *call, r *room) answer {
	r.fixed = c.params.Int("destroyType") == 1
	r.life = time.Duration(c.params.intOr("destroyTime", int64(roomLife/time.Minute))) * time.Minute
	return ok()
}

// roomDestroy takes a room that does not exist as destroyed already; RongCloud's answer to that is
// not documented.
func roomDestroy(c *call) answer {
	for _, id := range c.params.List("chatroomId") {
		if c.room(id) != nil {
			c.tellRoom(id, webhook.ChatroomEventDestroyed, webhook.ChatroomCauseCall, nil)
		}
		c.rooms.destroy(id)
	}
	return ok()
}

func roomGet(c *call, r *room) answer {
	kind := 0
	if r.fixed {
		kind = 1
	}
	return ok(
		field{"chatroomId", r.id}, field{"createTime", r.createdAt.UnixMilli()}, field{"memberCount", len(r.members)},
		field{"destroyType", kind}, field{"destroyTime", int(r.life / time.Minute)}, field{"ban", slices.Contains(c.rooms.allMuted, r.id)},
	)
}

func roomQuery(c *call) answer {
	type entry struct {
		ID   string `json:"chrmId"`
		Name string `json:"name"`
		Time string `json:"time"`
	}
	entries := []entry{}
	for _, id := range c.params.List("chatroomId") {
		if r := c.room(id); r != nil {
			entries = append(entries, entry{r.id, r.name, c.date(r.createdAt)})
		}
	}
	return ok(field{"chatRooms", entries})
}

func roomMembers(c *call, r *room) answer {
	type entry struct {
		ID   string `json:"id"`
		Time string `json:"time"`
	}
	all := slices.Clone(r.members)
	if c.params.Int("order") == 2 {
		slices.Reverse(all)
	}
	entries := []entry{}
	for _, m := range all[:min(len(all), c.params.countOr("count", 500))] {
		entries = append(entries, entry{m.id, c.date(m.joinedAt)})
	}
	return ok(field{"total", len(all)}, field{"users", entries})
}

func roomMemberExists(c *call, r *room) answer {
	return ok(field{"isInChrm", r.has(c.params.Get("userId"))})
}

func roomMembersExist(c *call, r *room) answer {
	type entry struct {
		UserID string `json:"userId"`
		In     int    `json:"isInChrm"`
	}
	entries := []entry{}
	for _, id := range c.params.List("userId") {
		one := entry{UserID: id}
		if r.has(id) {
			one.In = 1
		}
		entries = append(entries, one)
	}
	return ok(field{"result", entries})
}
