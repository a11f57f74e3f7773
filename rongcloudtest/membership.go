package rongcloudtest

import "slices"

// appendNew appends the items that are not in the list yet.
func appendNew(all, more []string) []string {
	for _, item := range more {
		if !slices.Contains(all, item) {
			all = append(all, item)
		}
	}
	return all
}

// AddGroup adds users to a group, which is created if necessary, so that messages to it reach
// them.
func (s *Server) AddGroup(group string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups.join(s.groups.ensure(group, s.now()), users, s.now())
}
