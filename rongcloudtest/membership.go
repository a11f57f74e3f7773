package rongcloudtest

import "slices"

// members tells who belongs to which chat room, in the order of joining. It is all that sending needs to know; the
// endpoints of chat rooms will bring a state of their own.
type members map[string][]string

func (m members) add(id string, users []string) {
	if _, known := m[id]; !known {
		m[id] = nil
	}
	m[id] = appendNew(m[id], users)
}

// appendNew appends the items that are not there yet.
func appendNew(all, more []string) []string {
	for _, item := range more {
		if !slices.Contains(all, item) {
			all = append(all, item)
		}
	}
	return all
}

// defaultChannel is where messages to an ultra group go that name no channel.
const defaultChannel = "RCDefault"

func channelOf(name string) string {
	if name == "" {
		return defaultChannel
	}
	return name
}

type ultraGroup struct {
	members  []string
	channels []string
}

// AddGroup puts users into a group, which is made if need be, so that messages to it reach them.
func (s *Server) AddGroup(group string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups.join(s.groups.get(group, s.now()), users, s.now())
}

// JoinChatroom puts users into a chat room, which is made if need be, so that messages to it reach them.
func (s *Server) JoinChatroom(room string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.add(room, users)
}

// AddUltraGroup puts users into an ultra group, which is made if need be, so that messages to it reach them. It has
// the channel RCDefault, which messages without a channel go to.
func (s *Server) AddUltraGroup(group string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.ultraGroup(group)
	one.members = appendNew(one.members, users)
}

// AddUltraGroupChannels adds public channels to an ultra group, which is made if need be. All members of the group read them.
func (s *Server) AddUltraGroupChannels(group string, channels ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.ultraGroup(group)
	one.channels = appendNew(one.channels, channels)
}

func (s *Server) ultraGroup(id string) *ultraGroup {
	if s.ultraGroups[id] == nil {
		s.ultraGroups[id] = &ultraGroup{channels: []string{defaultChannel}}
	}
	return s.ultraGroups[id]
}
