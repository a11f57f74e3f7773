package rongcloudtest

import (
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// State is a snapshot of the server's state, for people to look at. Lists are never nil.
type State struct {
	TakenAt time.Time `json:"now"` // by the server's clock
	// messages accepted since the start or the last Reset, kept or not
	SentCount int          `json:"messageCount"`
	Users     []UserState  `json:"users"`
	Groups    []GroupState `json:"groups"`
	Chatrooms []GroupState `json:"chatrooms"`
	// audio and video rooms that somebody is in or blocked from
	RTCRooms    []RTCRoomState `json:"rtcRooms"`
	UltraGroups []GroupState   `json:"ultraGroups"`

	SensitiveWords []SensitiveWordState `json:"sensitiveWords"` // in the order of adding
}

// SensitiveWordState is a sensitive word.
type SensitiveWordState struct {
	Word        string    `json:"word"`
	Replacement string    `json:"replace,omitempty"` // empty for a word that blocks its message
	WorksAt     time.Time `json:"worksAt"`
}

// UserState is what the server knows about a user.
type UserState struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitempty"`
	Registered bool   `json:"registered"` // otherwise only known from a message or a list
	Online     bool   `json:"online"`
	Blocked    bool   `json:"blocked,omitempty"`
	InboxCount int    `json:"inbox"` // messages in the inbox

	Platforms     []webhook.Platform `json:"platforms,omitempty"` // of the devices that are online
	PortraitURL   string             `json:"portrait,omitempty"`
	BlockedUntil  time.Time          `json:"blockedUntil,omitzero"`
	Muted         bool               `json:"muted,omitempty"` // in private chats
	BlacklistIDs  []string           `json:"blacklist,omitempty"`
	WhitelistIDs  []string           `json:"whitelist,omitempty"`
	UsesWhitelist bool               `json:"usesWhitelist,omitempty"` // instead of the blacklist

	RTCBlockedUntil time.Time `json:"rtcBlockedUntil,omitzero"` // from all audio and video rooms
}

// GroupState is what the server knows about a group, chat room or ultra group.
type GroupState struct {
	ID         string   `json:"id"`
	Name       string   `json:"name,omitempty"`
	MemberIDs  []string `json:"members"`
	ChannelIDs []string `json:"channels,omitempty"` // of an ultra group

	PrivateChannelIDs []string `json:"privateChannels,omitempty"` // the private ones among them
	MutedIDs          []string `json:"muted,omitempty"`
	AllMuted          bool     `json:"allMuted,omitempty"`
	BlockedIDs        []string `json:"blocked,omitempty"` // from a chat room
	// attributes of a chat room, in the order in which they were first set
	Entries []EntryState `json:"entries,omitempty"`
}

// EntryState is an attribute of a chat room.
type EntryState struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	OwnerID string `json:"owner"`
}

// State returns a snapshot of the server's state, with users and the like in the order of their
// IDs.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	state := State{
		TakenAt: now, SentCount: s.messages.accepted, Users: []UserState{}, Groups: []GroupState{}, Chatrooms: []GroupState{},
		RTCRooms: []RTCRoomState{}, UltraGroups: []GroupState{}, SensitiveWords: []SensitiveWordState{},
	}
	kept := restrictedUntil(s.rtc.blocked, now)
	ids := slices.Collect(maps.Keys(s.users.byID))
	for id := range kept {
		if s.users.byID[id] == nil && s.messages.inboxes[id] == nil {
			ids = append(ids, id)
		}
	}
	for id := range s.messages.inboxes {
		if s.users.byID[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		u := s.users.find(id)
		one := UserState{
			ID: id, Name: u.name, Registered: u.registered, Online: u.connected(now), Platforms: slices.Clone(u.online), Blocked: u.blocked(now), PortraitURL: u.portrait,
			Muted: slices.Contains(s.users.muted, id), BlacklistIDs: u.black.ids(), WhitelistIDs: u.white.ids(), UsesWhitelist: u.whitelistOn,
			RTCBlockedUntil: kept[id],
		}
		if one.Blocked {
			one.BlockedUntil = u.blockedUntil
		}
		if inbox := s.messages.inboxes[id]; inbox != nil {
			one.InboxCount = inbox.len()
		}
		state.Users = append(state.Users, one)
	}
	for _, id := range slices.Sorted(maps.Keys(s.groups.byID)) {
		group := GroupState{
			ID: id, Name: s.groups.byID[id].name, MemberIDs: listOf(s.groups.ids(id)), AllMuted: slices.Contains(s.groups.allMuted, id),
		}
		if rules := s.groups.rules[id]; rules != nil {
			group.MutedIDs = restrictedIDs(rules.muted, now)
		}
		state.Groups = append(state.Groups, group)
	}
	for _, r := range s.allRooms() {
		state.Chatrooms = append(state.Chatrooms, s.roomState(r, now))
	}
	for _, id := range s.rtcRoomIDs(now) {
		state.RTCRooms = append(state.RTCRooms, s.rtcRoomState(id, now))
	}
	for _, id := range slices.Sorted(maps.Keys(s.ultraGroups)) {
		one := s.ultraGroups[id]
		group := GroupState{ID: id, Name: one.name, MemberIDs: listOf(one.members)}
		group.MutedIDs, group.AllMuted = append([]string(nil), one.muted...), one.allMuted
		for _, in := range one.channels {
			group.ChannelIDs = append(group.ChannelIDs, in.name)
			if in.private {
				group.PrivateChannelIDs = append(group.PrivateChannelIDs, in.name)
			}
		}
		state.UltraGroups = append(state.UltraGroups, group)
	}
	for _, w := range s.words {
		state.SensitiveWords = append(state.SensitiveWords, SensitiveWordState{w.word, w.replacement, w.from})
	}
	return state
}

func (s *Server) roomState(r *room, now time.Time) GroupState {
	state := GroupState{
		ID: r.id, Name: r.name, MemberIDs: r.ids(), MutedIDs: restrictedIDs(r.muted, now), BlockedIDs: restrictedIDs(r.blocked, now),
		AllMuted: slices.Contains(s.rooms.allMuted, r.id),
	}
	for _, e := range r.entries {
		state.Entries = append(state.Entries, EntryState{e.key, e.value, e.owner})
	}
	return state
}

// restrictedIDs returns the users whose mute or block has not ended.
func restrictedIDs(all []restriction, now time.Time) []string {
	var ids []string
	for _, one := range all {
		if restricted([]restriction{one}, one.user, now) {
			ids = append(ids, one.user)
		}
	}
	return ids
}

// restrictedUntil returns the end of each mute or block that has not ended yet, by user.
func restrictedUntil(all []restriction, now time.Time) map[string]time.Time {
	ends := map[string]time.Time{}
	for _, one := range all {
		if now.Before(one.end) {
			ends[one.user] = one.end
		}
	}
	return ends
}

// ids returns the users on the list, oldest first.
func (l *seqList) ids() []string {
	var ids []string
	for _, e := range l.entries {
		ids = append(ids, e.id)
	}
	return ids
}

// listOf returns a copy that is never nil.
func listOf(items []string) []string { return append([]string{}, items...) }
