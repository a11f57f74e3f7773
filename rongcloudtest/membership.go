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
