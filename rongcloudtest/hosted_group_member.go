package rongcloudtest

import (
	"cmp"
	"slices"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

var entrustMemberHandlers = map[*endpoint.Endpoint]handler{
	endpoint.EntrustGroupManagerAdd:          hostedCall(managerAdd),
	endpoint.EntrustGroupManagerRemove:       hostedCall(managerRemove),
	endpoint.EntrustGroupMemberQuery:         hostedCall(entrustMembers),
	endpoint.EntrustGroupMemberSpecificQuery: hostedCall(entrustMembersByID),
	endpoint.EntrustGroupMemberSet:           hostedCall(entrustMemberSet),
	endpoint.EntrustGroupMemberFollow:        hostedCall(entrustFollow),
	endpoint.EntrustGroupMemberUnfollow:      hostedCall(entrustUnfollow),
	endpoint.EntrustGroupMemberFollowedGet:   hostedCall(entrustFollowed),
	endpoint.EntrustGroupRemarknameSet:       hostedCall(remarkNameSet),
	endpoint.EntrustGroupRemarknameDelete:    hostedCall(remarkNameDelete),
	endpoint.EntrustGroupRemarknameQuery:     hostedCall(remarkNameQuery),
}

// role returns the role of a member of a hosted group.
func (g *group) role(m *member) rongcloud.HostedGroupRole {
	switch {
	case m.id == g.hosted.owner:
		return rongcloud.HostedGroupRoleOwner
	case m.manager:
		return rongcloud.HostedGroupRoleManager
	}
	return rongcloud.HostedGroupRoleMember
}

// managerAdd skips users who are not members and returns them. If there would be too many
// managers, it promotes nobody; RongCloud's code for that is not documented. The owner stays the
// owner.
func managerAdd(c *call, g *group) answer {
	managers := 0
	for _, m := range g.members {
		if m.manager {
			managers++
		}
	}
	strangers := []string{}
	var promoted []*member
	for _, id := range c.ids("userIds") {
		m := g.member(id)
		switch {
		case m == nil:
			strangers = append(strangers, id)
		case g.role(m) == rongcloud.HostedGroupRoleMember:
			promoted = append(promoted, m)
		}
	}
	if managers+len(promoted) > maxManagers {
		a := refuseError(invalid("a group has at most %d managers", maxManagers))
		a.fields = []field{{"managerCount", managers}}
		return a
	}
	var ids []string
	for _, m := range promoted {
		m.manager = true
		ids = append(ids, m.id)
	}
	if len(ids) > 0 {
		c.tellGroup(g, webhook.HostedGroupEventManagerAdded, ids)
	}
	if len(strangers) > 0 {
		return ok(field{"userIds", strangers})
	}
	return ok()
}

// managerRemove succeeds for members who are not managers.
func managerRemove(c *call, g *group) answer {
	var ids []string
	for _, id := range c.ids("userIds") {
		if m := g.member(id); m != nil && m.manager {
			m.manager = false
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		c.tellGroup(g, webhook.HostedGroupEventManagerRemoved, ids)
	}
	return ok()
}

// hostedMember is a member in the response of two calls.
type hostedMember struct {
	UserID   string                    `json:"userId"`
	Nickname string                    `json:"nickname"`
	Role     rongcloud.HostedGroupRole `json:"role"`
	Time     int64                     `json:"time"`
	Extra    string                    `json:"extra,omitempty"`
}

func (g *group) shownMember(m *member) hostedMember {
	return hostedMember{m.id, m.nickname, g.role(m), m.joinedAt.UnixMilli(), m.extra}
}

func entrustMembers(c *call, g *group) answer {
	all := g.members
	if role := rongcloud.HostedGroupRole(c.params.Int("type")); role != rongcloud.HostedGroupRoleAny {
		all = slices.DeleteFunc(slices.Clone(all), func(m *member) bool { return g.role(m) != role })
	}
	page, next, err := tokenPage(c, all, func(m *member) int { return m.number })
	if err != nil {
		return refuseError(err)
	}
	entries := []hostedMember{}
	for _, m := range page {
		entries = append(entries, g.shownMember(m))
	}
	return withToken(next, field{"totalCount", len(g.members)}, field{"members", entries})
}

func entrustMembersByID(c *call, g *group) answer {
	entries := []hostedMember{}
	for _, id := range c.ids("userIds") {
		if m := g.member(id); m != nil {
			entries = append(entries, g.shownMember(m))
		}
	}
	return ok(field{"members", entries})
}

// entrustMemberSet keeps the old extra text if none is sent; whether RongCloud does so is not
// documented.
func entrustMemberSet(c *call, g *group) answer {
	m := g.member(c.params.Get("userId"))
	if m == nil {
		return notInHostedGroup(c.params.Get("userId"), g)
	}
	m.nickname = c.params.Get("nickname")
	if c.params.Has("extra") {
		m.extra = c.params.Get("extra")
	}
	return ok()
}

// entrustFollow refuses users who are not in the group, whose lists would be useless; RongCloud
// may not.
func entrustFollow(c *call, g *group) answer {
	user, followed := c.params.Get("userId"), c.ids("followUserIds")
	for _, id := range append([]string{user}, followed...) {
		if g.member(id) == nil {
			return notInHostedGroup(id, g)
		}
	}
	follows := g.hosted.follows[user]
	for _, id := range followed {
		if !slices.ContainsFunc(follows, func(f follow) bool { return f.user == id }) {
			follows = append(follows, follow{id, c.at})
		}
	}
	g.hosted.follows[user] = follows
	return ok()
}

func unfollow(follows []follow, ids []string) []follow {
	return slices.DeleteFunc(follows, func(f follow) bool { return slices.Contains(ids, f.user) })
}

func entrustUnfollow(c *call, g *group) answer {
	user := c.params.Get("userId")
	g.hosted.follows[user] = unfollow(g.hosted.follows[user], c.ids("followUserIds"))
	return ok()
}

func entrustFollowed(c *call, g *group) answer {
	type entry struct {
		UserID    string `json:"userId"`
		Timestamp int64  `json:"timestamp"`
	}
	user := c.params.Get("userId")
	entries := []entry{}
	for _, f := range g.hosted.follows[user] {
		entries = append(entries, entry{f.user, f.since.UnixMilli()})
	}
	return ok(field{"userId", user}, field{"groupId", g.id}, field{"members", entries})
}

// remarkNameSet refuses users who are not in the group; RongCloud may not.
func remarkNameSet(c *call, g *group) answer {
	user := c.params.Get("userId")
	if g.member(user) == nil {
		return notInHostedGroup(user, g)
	}
	g.hosted.remarkNames[user] = c.params.Get("remarkName")
	return ok()
}

func remarkNameDelete(c *call, g *group) answer {
	delete(g.hosted.remarkNames, c.params.Get("userId"))
	return ok()
}

// remarkNameQuery returns an empty name if none is set; RongCloud's response is not documented.
func remarkNameQuery(c *call, g *group) answer {
	return ok(field{"remarkName", g.hosted.remarkNames[c.params.Get("userId")]})
}

// entrustJoined lists memberships, each with its group.
func entrustJoined(c *call) answer {
	type membership struct {
		*member
		group *group
	}
	type entry struct {
		hostedGroup
		RemarkName string                    `json:"remarkName,omitempty"`
		JoinTime   int64                     `json:"joinTime"`
		Role       rongcloud.HostedGroupRole `json:"role"`
		Count      int                       `json:"count"`
	}
	user, role := c.params.Get("userId"), rongcloud.HostedGroupRole(c.params.Int("role"))
	var all []membership
	for _, g := range c.groups.byID {
		if g.hosted == nil {
			continue
		}
		if m := g.member(user); m != nil && (role == rongcloud.HostedGroupRoleAny || g.role(m) == role) {
			all = append(all, membership{m, g})
		}
	}
	slices.SortFunc(all, func(a, b membership) int { return cmp.Compare(a.number, b.number) })
	page, next, err := tokenPage(c, all, func(m membership) int { return m.number })
	if err != nil {
		return refuseError(err)
	}
	entries := []entry{}
	for _, m := range page {
		one := entry{
			hostedGroup: m.group.shown(), RemarkName: m.group.hosted.remarkNames[user],
			JoinTime: m.joinedAt.UnixMilli(), Role: m.group.role(m.member), Count: len(m.group.members),
		}
		one.Name = m.group.name
		entries = append(entries, one)
	}
	return withToken(next, field{"totalCount", len(all)}, field{"groups", entries})
}
