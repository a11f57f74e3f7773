package rongcloudtest

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const maxUserGroupID = 64

var userGroupHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UltragroupUsergroupAdd:           inUltra(userGroupAdd),
	endpoint.UltragroupUsergroupDel:           inUltra(userGroupDel),
	endpoint.UltragroupUsergroupQuery:         inUltra(userGroupList),
	endpoint.UltragroupUsergroupUserAdd:       inUserGroup(userGroupUserAdd),
	endpoint.UltragroupUsergroupUserDel:       inUserGroup(userGroupUserDel),
	endpoint.UltragroupUserUsergroupQuery:     inUltra(userGroupsOfUser),
	endpoint.UltragroupChannelUsergroupBind:   inChannel(userGroupBind),
	endpoint.UltragroupChannelUsergroupUnbind: inChannel(userGroupUnbind),
	endpoint.UltragroupChannelUsergroupQuery: inChannel(func(c *call, _ *ultraGroup, in *channel) answer {
		return page(c, "data", in.bound, "pageSize", 10)
	}),
	endpoint.UltragroupUsergroupChannelQuery: inUserGroup(userGroupChannels),
}

// inUserGroup wraps a handler for calls that need a user group. RongCloud's code for an unknown
// one is not documented.
func inUserGroup(do func(c *call, g *ultraGroup, one *userGroup) answer) handler {
	return inUltra(func(c *call, g *ultraGroup) answer {
		one := g.userGroup(c.params.Get("userGroupId"))
		if one == nil {
			return refuseError(noUserGroup(c.params.Get("userGroupId")))
		}
		return do(c, g, one)
	})
}

func noUserGroup(id string) error { return invalid("the ultra group has no user group %s", id) }

type userGroupEntry struct {
	ID string `json:"userGroupId"`
}

// userGroupAdd does not change user groups that exist; what RongCloud does is not documented.
func userGroupAdd(c *call, g *ultraGroup) answer {
	if len(c.params.values["userGroups"]) == 0 {
		return refuseError(invalid("userGroups is required"))
	}
	var added []*userGroup
	for i, text := range c.params.values["userGroups"] {
		var entry userGroupEntry
		switch err := json.Unmarshal([]byte(text), &entry); {
		case err != nil || entry.ID == "":
			return refuseError(invalid("userGroups: item %d needs userGroupId", i+1))
		case utf8.RuneCountInString(entry.ID) > maxUserGroupID:
			return refuseError(tooLong("userGroups: userGroupId of item %d has more than %d characters", i+1, maxUserGroupID))
		}
		again := slices.ContainsFunc(added, func(one *userGroup) bool { return one.id == entry.ID })
		if !again && g.userGroup(entry.ID) == nil {
			added = append(added, &userGroup{id: entry.ID})
		}
	}
	if n := len(g.userGroups) + len(added); n > maxUserGroups {
		return refuseError(invalid("the ultra group would have %d user groups, at most %d are allowed", n, maxUserGroups))
	}
	g.userGroups = append(g.userGroups, added...)
	return ok()
}

// userGroupDel succeeds for unknown user groups.
func userGroupDel(c *call, g *ultraGroup) answer {
	gone := c.params.List("userGroupIds")
	g.userGroups = slices.DeleteFunc(g.userGroups, func(one *userGroup) bool { return slices.Contains(gone, one.id) })
	for _, in := range g.channels {
		in.unbind(gone)
	}
	return ok()
}

func (in *channel) unbind(gone []string) {
	in.bound = slices.DeleteFunc(in.bound, func(id string) bool { return slices.Contains(gone, id) })
}

func userGroupList(c *call, g *ultraGroup) answer {
	var all []userGroupEntry
	for _, one := range g.userGroups {
		all = append(all, userGroupEntry{one.id})
	}
	return page(c, "userGroups", all, "pageSize", 10)
}

func userGroupUserAdd(c *call, g *ultraGroup, one *userGroup) answer {
	if a := c.outsiders(g); a != nil {
		return *a
	}
	users := appendNew(slices.Clone(one.users), c.params.List("userIds"))
	if len(users) > maxUserGroupMembers {
		return refuseError(invalid("the user group would have %d members, at most %d are allowed", len(users), maxUserGroupMembers))
	}
	one.users = users
	return ok()
}

// userGroupUserDel takes "unknown" to mean not in the ultra group: it succeeds for a user who is
// there but not in the user group.
func userGroupUserDel(c *call, g *ultraGroup, one *userGroup) answer {
	if a := c.outsiders(g); a != nil {
		return *a
	}
	return c.unlistUsers(&one.users)
}

func userGroupsOfUser(c *call, g *ultraGroup) answer {
	var found []string
	for _, one := range g.userGroups {
		if slices.Contains(one.users, c.params.Get("userId")) {
			found = append(found, one.id)
		}
	}
	return page(c, "data", found, "pageSize", 10)
}

func userGroupBind(c *call, g *ultraGroup, in *channel) answer {
	ids := c.params.List("userGroupIds")
	for _, id := range ids {
		if g.userGroup(id) == nil {
			return refuseError(noUserGroup(id))
		}
	}
	bound := appendNew(slices.Clone(in.bound), ids)
	if len(bound) > maxBound {
		return refuse(rongcloud.CodeTooManyUserGroups, "the channel would have %d user groups, at most %d are allowed", len(bound), maxBound)
	}
	in.bound = bound
	return ok()
}

// userGroupUnbind succeeds for user groups that are not bound.
func userGroupUnbind(c *call, _ *ultraGroup, in *channel) answer {
	in.unbind(c.params.List("userGroupIds"))
	return ok()
}

func userGroupChannels(c *call, g *ultraGroup, one *userGroup) answer {
	var found []string
	for _, in := range g.channels {
		if slices.Contains(in.bound, one.id) {
			found = append(found, in.name)
		}
	}
	return page(c, "data", found, "pageSize", 10)
}
