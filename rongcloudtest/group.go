package rongcloudtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// maxGroupMembers is RongCloud's default.
const maxGroupMembers = 3000

// groups is the state of all groups, plain and hosted.
type groups struct {
	byID            map[string]*group
	rules           map[string]*groupRules // by the ID of a group, which need not exist
	allMuted        []string               // in the order of muting
	mutedEverywhere []restriction
	count           int // number of groups and memberships ever made
}

func newGroups() groups { return groups{byID: map[string]*group{}, rules: map[string]*groupRules{}} }

type group struct {
	id, name  string
	number    int // the order of groups
	createdAt time.Time
	members   []*member // in the order of joining
	hosted    *hosting  // nil for a plain group
}

// member is a membership. All but the first three are for hosted groups.
type member struct {
	id       string
	number   int // the order of memberships
	joinedAt time.Time
	manager  bool
	nickname string
	extra    string
}

// ensure returns the group, and creates it if necessary.
func (g *groups) ensure(id string, at time.Time) *group {
	one := g.byID[id]
	if one == nil {
		g.count++
		one = &group{id: id, number: g.count, createdAt: at}
		g.byID[id] = one
	}
	return one
}

// inOrder returns all groups in the order of their creation.
func (g *groups) inOrder() []*group {
	return slices.SortedFunc(maps.Values(g.byID), func(a, b *group) int { return cmp.Compare(a.number, b.number) })
}

// join puts users into a group, unless they are there already.
func (g *groups) join(one *group, ids []string, at time.Time) {
	for _, id := range ids {
		if one.member(id) == nil {
			g.count++
			one.members = append(one.members, &member{id: id, number: g.count, joinedAt: at})
		}
	}
}

// ids returns the members of the group; an unknown group has none.
func (g *groups) ids(id string) []string {
	one := g.byID[id]
	if one == nil {
		return nil
	}
	ids := make([]string, len(one.members))
	for i, m := range one.members {
		ids[i] = m.id
	}
	return ids
}

func (g *group) member(id string) *member {
	i := slices.IndexFunc(g.members, func(m *member) bool { return m.id == id })
	if i < 0 {
		return nil
	}
	return g.members[i]
}

func (g *group) leave(ids []string) {
	g.members = slices.DeleteFunc(g.members, func(m *member) bool { return slices.Contains(ids, m.id) })
}

// owns reports whether one of the users owns the group, and so cannot leave it.
func (g *group) owns(ids []string) bool {
	return g.hosted != nil && slices.Contains(ids, g.hosted.owner)
}

// room reports whether the users fit into the group, within the limit if it is positive.
func (g *group) room(ids []string, limit int) bool {
	if limit <= 0 {
		limit = maxGroupMembers
	}
	count := len(g.members)
	for i, id := range ids {
		if g.member(id) == nil && !slices.Contains(ids[:i], id) {
			count++
		}
	}
	return count <= limit
}

var groupHandlers = map[*endpoint.Endpoint]handler{
	endpoint.GroupCreate:    groupJoin,
	endpoint.GroupJoin:      groupJoin,
	endpoint.GroupQuit:      groupQuit,
	endpoint.GroupDismiss:   groupDismiss,
	endpoint.GroupRefresh:   groupRefresh,
	endpoint.GroupSync:      groupSync,
	endpoint.GroupUserQuery: groupUserQuery,
	endpoint.UserGroupQuery: userGroupQuery,
}

// bound reads the message that a change of the group sends, if any. Its recipients are not
// documented: here they are the members before or after the change.
func (c *call) bound() (*outgoing, error) {
	if !c.params.Bool("bindNotifyMsg") {
		return nil, nil
	}
	for _, name := range []string{"fromUserId", "objectName", "content"} {
		if !c.params.Has(name) {
			return nil, invalid("%s is required with bindNotifyMsg", name)
		}
	}
	out, err := c.outgoing()
	out.conversation = conversation{Type: rongcloud.ConversationGroup, TargetID: c.params.Get("groupId")}
	return &out, err
}

// changeGroup applies a change to one group, sends the bound message and responds. The group may
// be unknown before and after.
func (c *call) changeGroup(change func(id string) *answer) answer {
	out, err := c.bound()
	if err != nil {
		return refuseError(err)
	}
	id := c.params.Get("groupId")
	all := c.groups.ids(id)
	if refusal := change(id); refusal != nil {
		return *refusal
	}
	after := c.groups.ids(id)
	result := []field{{"memberCount", len(after)}}
	if out != nil {
		out.receivers = c.others(appendNew(all, after), nil)
		result = append([]field{{"messageUID", c.send(*out).MessageUID}}, result...)
	}
	return ok(result...)
}

func refusal(code rongcloud.Code, format string, args ...any) *answer {
	a := refuse(code, format, args...)
	return &a
}

// groupJoin creates the group if there is none, and renames it if a name is given. It serves both
// calls: older pages call one an alias of the other. RongCloud's code for a full group is not
// documented.
func groupJoin(c *call) answer {
	ids := c.params.List("userId")
	return c.changeGroup(func(id string) *answer {
		one := c.groups.byID[id]
		if one == nil {
			one = &group{}
		}
		if !one.room(ids, int(min(c.params.Int("maxMember"), maxGroupMembers))) {
			return refusal(rongcloud.CodeGroupFull, "group %s has no room for the new members", id)
		}
		one = c.groups.ensure(id, c.at)
		if c.params.Has("groupName") {
			one.name = c.params.Get("groupName")
		}
		c.groups.join(one, ids, c.at)
		return nil
	})
}

// groupQuit succeeds for users who are not in the group, and for a group that does not exist. That
// it does not let the owner of a hosted group leave either is a guess.
func groupQuit(c *call) answer {
	ids := c.params.List("userId")
	return c.changeGroup(func(id string) *answer {
		one := c.groups.byID[id]
		switch {
		case one == nil:
			return nil
		case one.owns(ids):
			return refusal(rongcloud.CodeGroupOwnerCannotLeave, "%s owns group %s", one.hosted.owner, id)
		}
		one.leave(ids)
		return nil
	})
}

// groupDismiss succeeds for a group that does not exist. Mutes of single and of all members, and
// the whitelist, are kept.
func groupDismiss(c *call) answer {
	return c.changeGroup(func(id string) *answer {
		delete(c.groups.byID, id)
		return nil
	})
}

// groupRefresh does nothing for a group that does not exist; what RongCloud does is not
// documented.
func groupRefresh(c *call) answer {
	return c.changeGroup(func(id string) *answer {
		if one := c.groups.byID[id]; one != nil {
			one.name = c.params.Get("groupName")
		}
		return nil
	})
}

// groupSync makes the given groups the only plain groups that the user is in. That the user leaves
// groups that are not listed is documented only for an empty list.
func groupSync(c *call) answer {
	user := []string{c.params.Get("userId")}
	wanted := c.params.Keyed("group")
	for _, one := range c.groups.byID {
		if _, stays := wanted[one.id]; !stays && one.hosted == nil {
			one.leave(user)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		one := c.groups.ensure(id, c.at)
		if name := wanted[id]; name != "" {
			one.name = name
		}
		c.groups.join(one, user, c.at)
	}
	return ok()
}

// groupUserQuery returns an empty list for a group that does not exist.
func groupUserQuery(c *call) answer {
	type entry struct {
		ID string `json:"id"`
	}
	entries := []entry{}
	for _, id := range c.groups.ids(c.params.Get("groupId")) {
		entries = append(entries, entry{id})
	}
	return ok(field{"users", entries})
}

// mostUnpaged is how many groups are returned at once without a page number.
const mostUnpaged = 5000

func userGroupQuery(c *call) answer {
	type entry struct {
		Name string `json:"name"`
		ID   string `json:"id"`
	}
	all := []entry{}
	for _, one := range c.groups.inOrder() {
		if one.member(c.params.Get("userId")) != nil {
			all = append(all, entry{one.name, one.id})
		}
	}
	page, size := 1, mostUnpaged
	if c.params.Int("page") > 0 {
		page, size = c.params.countOr("page", 1), c.params.countOr("size", 50)
	}
	return ok(field{"groups", append([]entry{}, pageOf(all, page, size)...)})
}
