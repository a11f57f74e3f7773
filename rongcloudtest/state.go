package rongcloudtest

import (
	"maps"
	"slices"
	"time"
)

// State is a picture of what the server knows, for people to look at. Lists are never nil.
type State struct {
	TakenAt     time.Time    `json:"now"`          // by the server's clock
	SentCount   int          `json:"messageCount"` // messages accepted since the start or the last Reset, kept or not
	Users       []UserState  `json:"users"`
	Groups      []GroupState `json:"groups"`
	Chatrooms   []GroupState `json:"chatrooms"`
	UltraGroups []GroupState `json:"ultraGroups"`
}

// UserState is what the server knows of a user.
type UserState struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitempty"`
	Registered bool   `json:"registered"` // or just known: by a message, or a list
	Online     bool   `json:"online"`
	Blocked    bool   `json:"blocked,omitempty"`
	InboxCount int    `json:"inbox"` // messages in it
}

// GroupState is what the server knows of a group, chat room or ultra group.
type GroupState struct {
	ID         string   `json:"id"`
	Name       string   `json:"name,omitempty"`
	MemberIDs  []string `json:"members"`
	ChannelIDs []string `json:"channels,omitempty"` // of an ultra group
}

// State returns a picture of what the server knows: users in the order of their IDs, and so on.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	state := State{TakenAt: now, SentCount: s.messages.accepted, Users: []UserState{}, Groups: []GroupState{}, Chatrooms: []GroupState{}, UltraGroups: []GroupState{}}
	ids := slices.Collect(maps.Keys(s.users.byID))
	for id := range s.messages.inboxes {
		if s.users.byID[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		u := s.users.find(id)
		one := UserState{ID: id, Name: u.name, Registered: u.registered, Online: u.connected(now), Blocked: u.blocked(now)}
		if inbox := s.messages.inboxes[id]; inbox != nil {
			one.InboxCount = inbox.len()
		}
		state.Users = append(state.Users, one)
	}
	for _, id := range slices.Sorted(maps.Keys(s.groups.byID)) {
		state.Groups = append(state.Groups, GroupState{ID: id, Name: s.groups.byID[id].name, MemberIDs: listOf(s.groups.ids(id))})
	}
	for _, r := range s.allRooms() {
		state.Chatrooms = append(state.Chatrooms, GroupState{ID: r.id, Name: r.name, MemberIDs: r.ids()})
	}
	for _, id := range slices.Sorted(maps.Keys(s.ultraGroups)) {
		one := s.ultraGroups[id]
		group := GroupState{ID: id, Name: one.name, MemberIDs: listOf(one.members)}
		for _, in := range one.channels {
			group.ChannelIDs = append(group.ChannelIDs, in.name)
		}
		state.UltraGroups = append(state.UltraGroups, group)
	}
	return state
}

// listOf returns a copy that is never nil.
func listOf(items []string) []string { return append([]string{}, items...) }
