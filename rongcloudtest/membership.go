package rongcloudtest

import "slices"

// members tells who belongs to which group or chat room, in the order of joining. It is all that sending needs to know; the
// endpoints of groups and chat rooms will bring states of their own.
type members map[string][]string

func (m members) add(id string, users []string) {
	if _, known := m[id]; !known {
		m[id] = nil
	}
	for _, user := range users {
		if !slices.Contains(m[id], user) {
			m[id] = append(m[id], user)
		}
	}
}

// AddGroup puts users into a group, which is made if need be, so that messages to it reach them.
func (s *Server) AddGroup(group string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups.add(group, users)
}

// JoinChatroom puts users into a chat room, which is made if need be, so that messages to it reach them.
func (s *Server) JoinChatroom(room string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.add(room, users)
}
