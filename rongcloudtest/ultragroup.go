package rongcloudtest

import (
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	maxUltraGroups      = 100 // per user
	maxChannels         = 50  // per ultra group; RCDefault is assumed to count
	maxUserGroups       = 50  // per ultra group
	maxUserGroupMembers = 100
	maxBound            = 10 // user groups per channel
)

// defaultChannel gets the messages to an ultra group that name no channel.
const defaultChannel = "RCDefault"

func channelOf(name string) string {
	if name == "" {
		return defaultChannel
	}
	return name
}

// ultraGroup is one ultra group. Its own settings and those of its channels are separate.
type ultraGroup struct {
	ultraScope

	name       string
	members    []string
	channels   []*channel
	userGroups []*userGroup
}

// channel is a part of an ultra group.
type channel struct {
	ultraScope

	name    string
	private bool
	created time.Time
	users   []string // its own list, used while it is private
	bound   []string // IDs of user groups, used while it is private
}

// ultraScope holds the settings that both ultra groups and channels have.
type ultraScope struct {
	muted, exempt []string
	allMuted      bool
	level         int64
}

type userGroup struct {
	id    string
	users []string
}

// ultraGroup returns the ultra group for changing, and creates it if necessary.
func (s *Server) ultraGroup(id string) *ultraGroup {
	if s.ultraGroups[id] == nil {
		s.ultraGroups[id] = &ultraGroup{channels: []*channel{{name: defaultChannel, created: s.now()}}}
	}
	return s.ultraGroups[id]
}

// channel returns nil for an unknown channel or ultra group.
func (g *ultraGroup) channel(name string) *channel {
	if g == nil {
		return nil
	}
	for _, one := range g.channels {
		if one.name == name {
			return one
		}
	}
	return nil
}

func (g *ultraGroup) userGroup(id string) *userGroup {
	for _, one := range g.userGroups {
		if one.id == id {
			return one
		}
	}
	return nil
}

// readers returns the members who can read a channel.
func (g *ultraGroup) readers(in *channel) []string {
	if !in.private {
		return g.members
	}
	var found []string
	for _, id := range g.members {
		bound := slices.ContainsFunc(in.bound, func(group string) bool { return slices.Contains(g.userGroup(group).users, id) })
		if bound || slices.Contains(in.users, id) {
			found = append(found, id)
		}
	}
	return found
}

// AddUltraGroup adds users to an ultra group, which is created if necessary, so that messages to
// it reach them. It has the channel RCDefault, which gets messages that name no channel.
func (s *Server) AddUltraGroup(group string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.ultraGroup(group)
	one.members = appendNew(one.members, users)
}

// AddUltraGroupChannels adds public channels to an ultra group, which is created if necessary. All
// members of the group can read them.
func (s *Server) AddUltraGroupChannels(group string, channels ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.ultraGroup(group)
	for _, name := range channels {
		if one.channel(name) == nil {
			one.channels = append(one.channels, &channel{name: name, created: s.now()})
		}
	}
}

// UltraGroups returns the sorted IDs of the ultra groups that the user is in. RongCloud itself has
// no call for this.
func (u *User) UltraGroups() []string {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return u.server.ultraGroupsOf(u.id)
}

func (s *Server) ultraGroupsOf(user string) []string {
	found := []string{}
	for _, id := range slices.Sorted(maps.Keys(s.ultraGroups)) {
		if slices.Contains(s.ultraGroups[id].members, user) {
			found = append(found, id)
		}
	}
	return found
}

var ultraGroupHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UltragroupCreate:      ultraCreate,
	endpoint.UltragroupDis:         ultraDismiss,
	endpoint.UltragroupJoin:        inUltra(ultraJoin),
	endpoint.UltragroupQuit:        inUltra(ultraQuit),
	endpoint.UltragroupRefresh:     inUltra(func(c *call, g *ultraGroup) answer { g.name = c.params.Get("groupName"); return ok() }),
	endpoint.UltragroupMemberExist: inUltra(ultraMemberExist),

	endpoint.UltragroupChannelCreate:     inUltra(channelCreate),
	endpoint.UltragroupChannelDel:        inUltra(channelDel),
	endpoint.UltragroupChannelGet:        inUltra(channelGet),
	endpoint.UltragroupChannelTypeChange: inChannel(channelTypeChange),
}

// inUltra wraps a handler for calls that need an ultra group. RongCloud's code for an unknown one
// is not documented.
func inUltra(do func(c *call, g *ultraGroup) answer) handler {
	return func(c *call) answer {
		g := c.ultraGroups[c.params.Get("groupId")]
		if g == nil {
			return refuseError(invalid("there is no ultra group %s", c.params.Get("groupId")))
		}
		return do(c, g)
	}
}

// inChannel wraps a handler for calls that need a channel.
func inChannel(do func(c *call, g *ultraGroup, in *channel) answer) handler {
	return inUltra(func(c *call, g *ultraGroup) answer {
		in := g.channel(c.params.Get("busChannel"))
		if in == nil {
			return refuseError(invalid("the ultra group has no channel %s", c.params.Get("busChannel")))
		}
		return do(c, g, in)
	})
}

// page responds with the page of a list that the request asks for.
func page[T any](c *call, name string, all []T, sizeName string, size int) answer {
	return ok(field{name, append([]T{}, pageOf(all, c.params.countOr("page", 1), c.params.countOr(sizeName, size))...)})
}

// outsiders returns a refusal if some users are not in the ultra group, or nil.
func (c *call) outsiders(g *ultraGroup) *answer {
	for _, id := range c.params.values["userIds"] {
		if !slices.Contains(g.members, id) {
			a := refuse(rongcloud.CodeNotInUltraGroup, "user %s is not in the ultra group", id)
			return &a
		}
	}
	return nil
}

// ultraCreate renames and joins an ultra group that exists; what RongCloud does is not documented.
func ultraCreate(c *call) answer {
	id, user := c.params.Get("groupId"), c.params.Get("userId")
	if a := c.tooManyUltraGroups(id, user); a != nil {
		return *a
	}
	one := c.ultraGroup(id)
	one.name = c.params.Get("groupName")
	one.members = appendNew(one.members, []string{user})
	return ok()
}

// tooManyUltraGroups refuses a user who is in the maximum number of ultra groups.
func (c *call) tooManyUltraGroups(id, user string) *answer {
	all := c.ultraGroupsOf(user)
	if slices.Contains(all, id) || len(all) < maxUltraGroups {
		return nil
	}
	a := refuseError(invalid("user %s is in %d ultra groups, more are not allowed", user, maxUltraGroups))
	return &a
}

// ultraDismiss succeeds for an unknown ultra group. Delivered messages are kept.
func ultraDismiss(c *call) answer {
	delete(c.ultraGroups, c.params.Get("groupId"))
	return ok()
}

func ultraJoin(c *call, g *ultraGroup) answer {
	user := c.params.Get("userId")
	if a := c.tooManyUltraGroups(c.params.Get("groupId"), user); a != nil {
		return *a
	}
	g.members = appendNew(g.members, []string{user})
	return ok()
}

// ultraQuit succeeds for a user who is not a member. A mute is kept, otherwise leaving and coming
// back would lift it.
func ultraQuit(c *call, g *ultraGroup) answer {
	user := c.params.Get("userId")
	g.members = without(g.members, user)
	for _, one := range g.channels {
		one.users = without(one.users, user)
	}
	for _, one := range g.userGroups {
		one.users = without(one.users, user)
	}
	return ok()
}

func ultraMemberExist(c *call, g *ultraGroup) answer {
	return ok(field{"status", slices.Contains(g.members, c.params.Get("userId"))})
}

// channelCreate does not change a channel that exists; what RongCloud does is not documented.
func channelCreate(c *call, g *ultraGroup) answer {
	name := c.params.Get("busChannel")
	switch {
	case g.channel(name) != nil:
		return ok()
	case len(g.channels) == maxChannels:
		return refuseError(invalid("the ultra group has %d channels, more are not allowed", maxChannels))
	}
	g.channels = append(g.channels, &channel{name: name, private: c.params.Bool("type"), created: c.at})
	return ok()
}

// channelDel succeeds for an unknown channel. It is assumed that RCDefault cannot be deleted.
func channelDel(c *call, g *ultraGroup) answer {
	name := c.params.Get("busChannel")
	if name == defaultChannel {
		return refuseError(invalid("%s cannot be deleted", defaultChannel))
	}
	g.channels = slices.DeleteFunc(g.channels, func(one *channel) bool { return one.name == name })
	return ok()
}

// typeOf returns the wire type of a channel.
func (in *channel) typeOf() int {
	if in.private {
		return 1
	}
	return 0
}

// channelGet lists the channels in the order of creation; RongCloud documents no order.
func channelGet(c *call, g *ultraGroup) answer {
	type entry struct {
		ChannelID  string `json:"channelId"`
		Type       int    `json:"type"`
		CreateTime string `json:"createTime"`
	}
	var all []entry
	for _, one := range g.channels {
		all = append(all, entry{one.name, one.typeOf(), c.date(one.created)})
	}
	return page(c, "channelList", all, "limit", 20)
}

func channelTypeChange(c *call, _ *ultraGroup, in *channel) answer {
	private := c.params.Bool("type")
	if private && in.name == defaultChannel {
		return refuseError(invalid("%s cannot become private", defaultChannel))
	}
	in.private = private
	return ok()
}
