package rongcloudtest

import (
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// groupRules is what is kept for a group ID whether or not the group exists. None of it holds back
// messages sent through the Server API, which are documented to ignore all mutes.
type groupRules struct {
	muted     []restriction
	whitelist []string          // users who may talk while all members are muted
	remarks   map[string]string // names of members in pushes
}

// restriction is the mute or block of one user. Without an end time it lasts forever.
type restriction struct {
	user       string
	start, end time.Time
}

// mostMutedEverywhere is how many users can be muted in all groups at a time.
const mostMutedEverywhere = 100

var groupRuleHandlers = map[*endpoint.Endpoint]handler{
	endpoint.GroupUserGagAdd:               gagAdd,
	endpoint.GroupUserGagRollback:          gagRollback,
	endpoint.GroupUserGagList:              gagList,
	endpoint.GroupBanAdd:                   groupBanAdd,
	endpoint.GroupBanRollback:              groupBanRollback,
	endpoint.GroupBanQuery:                 groupBanQuery,
	endpoint.GroupUserBanWhitelistAdd:      groupWhitelistAdd,
	endpoint.GroupUserBanWhitelistRollback: groupWhitelistRollback,
	endpoint.GroupUserBanWhitelistQuery:    groupWhitelistQuery,
	endpoint.GroupRemarksSet:               groupRemarksSet,
	endpoint.GroupRemarksDel:               groupRemarksDel,
	endpoint.GroupRemarksGet:               groupRemarksGet,
}

// ruled returns the rules of a group ID for changing, and creates them if necessary.
func (g *groups) ruled(id string) *groupRules {
	if g.rules[id] == nil {
		g.rules[id] = &groupRules{remarks: map[string]string{}}
	}
	return g.rules[id]
}

// unmute lifts the mutes of the users.
func unmute(all []restriction, users []string) []restriction {
	return slices.DeleteFunc(all, func(m restriction) bool { return slices.Contains(users, m.user) })
}

// mutes returns the list that the request is about: that of its group, or without a group, that of
// all groups. Mutes that have ended are removed.
func (c *call) mutes() *[]restriction {
	list := &c.groups.mutedEverywhere
	if c.params.Has("groupId") {
		list = &c.groups.ruled(c.params.Get("groupId")).muted
	}
	*list = slices.DeleteFunc(*list, func(m restriction) bool { return !m.end.IsZero() && !c.at.Before(m.end) })
	return list
}

// gagAdd restarts a mute that exists. Whether a user must be in the group is not documented, nor
// the code for the 101st user who is muted everywhere.
func gagAdd(c *call) answer {
	users := appendNew(nil, c.params.List("userId"))
	list := c.mutes()
	left := unmute(*list, users)
	if !c.params.Has("groupId") && len(left)+len(users) > mostMutedEverywhere {
		return refuseError(invalid("more than %d users would be muted in all groups", mostMutedEverywhere))
	}
	for _, id := range users {
		m := restriction{user: id, start: c.at}
		if minutes := c.params.Int("minute"); minutes > 0 {
			m.end = c.at.Add(time.Duration(minutes) * time.Minute)
		}
		left = append(left, m)
	}
	*list = left
	return ok()
}

func gagRollback(c *call) answer {
	list := c.mutes()
	*list = unmute(*list, c.params.List("userId"))
	return ok()
}

// gagList returns an empty end time for a permanent mute; RongCloud's response is not documented.
func gagList(c *call) answer {
	type entry struct {
		UserID    string `json:"userId"`
		Time      string `json:"time"`
		StartTime string `json:"startTime"`
	}
	entries := []entry{}
	for _, m := range *c.mutes() {
		one := entry{UserID: m.user, StartTime: c.date(m.start)}
		if !m.end.IsZero() {
			one.Time = c.date(m.end)
		}
		entries = append(entries, one)
	}
	return ok(field{"users", entries})
}

func groupBanAdd(c *call) answer {
	c.groups.allMuted = appendNew(c.groups.allMuted, c.params.List("groupId"))
	return ok()
}

func groupBanRollback(c *call) answer {
	for _, id := range c.params.List("groupId") {
		c.groups.allMuted = without(c.groups.allMuted, id)
	}
	return ok()
}

// groupBanQuery ignores the groups if there is a page or size, as documented.
func groupBanQuery(c *call) answer {
	type entry struct {
		GroupID string `json:"groupId"`
		Stat    int    `json:"stat"`
	}
	entries := []entry{}
	if c.params.Has("groupId") && !c.params.Has("page") && !c.params.Has("size") {
		for _, id := range c.params.List("groupId") {
			one := entry{GroupID: id}
			if slices.Contains(c.groups.allMuted, id) {
				one.Stat = 1
			}
			entries = append(entries, one)
		}
		return ok(field{"groupinfo", entries})
	}
	for _, id := range pageOf(c.groups.allMuted, c.params.countOr("page", 1), c.params.countOr("size", 50)) {
		entries = append(entries, entry{id, 1})
	}
	return ok(field{"groupinfo", entries})
}

func groupWhitelistAdd(c *call) answer {
	rules := c.groups.ruled(c.params.Get("groupId"))
	rules.whitelist = appendNew(rules.whitelist, c.params.List("userId"))
	return ok()
}

func groupWhitelistRollback(c *call) answer {
	rules := c.groups.ruled(c.params.Get("groupId"))
	for _, id := range c.params.List("userId") {
		rules.whitelist = without(rules.whitelist, id)
	}
	return ok()
}

func groupWhitelistQuery(c *call) answer {
	return ok(field{"userIds", listOf(c.groups.ruled(c.params.Get("groupId")).whitelist)})
}

func groupRemarksSet(c *call) answer {
	c.groups.ruled(c.params.Get("groupId")).remarks[c.params.Get("userId")] = c.params.Get("remark")
	return ok()
}

func groupRemarksDel(c *call) answer {
	delete(c.groups.ruled(c.params.Get("groupId")).remarks, c.params.Get("userId"))
	return ok()
}

// groupRemarksGet returns an empty name if none is set; RongCloud's response is not documented.
func groupRemarksGet(c *call) answer {
	return ok(field{"remark", c.groups.ruled(c.params.Get("groupId")).remarks[c.params.Get("userId")]})
}
