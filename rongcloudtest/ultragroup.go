package rongcloudtest

import (
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	maxUltraGroups      = 100 // that a user is in
	maxChannels         = 50  // of an ultra group; that RCDefault counts is assumed
	maxUserGroups       = 50  // of an ultra group
	maxUserGroupMembers = 100
	maxBound            = 10 // user groups of a channel
)

// defaultChannel is where messages to an ultra group go that name no channel.
const defaultChannel = "RCDefault"

func channelOf(name string) string {
	if name == "" {
		return defaultChannel
	}
	return name
}

// ultraGroup is one ultra group. What is set for the whole of it and what is set for its channels
// is kept apart.
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
	users   []string // its own list, which counts while it is private
	bound   []string // IDs of user groups, which count while it is private
}

// ultraScope is what can be set for an ultra group as well as for a channel.
type ultraScope struct {
	muted, exempt []string
	allMuted      bool
	level         int64
}

type userGroup struct {
	id    string
	users []string
}

// ultraGroup returns the ultra group to be changed, which is made if need be.
func (s *Server) ultraGroup(id string) *ultraGroup {
	if s.ultraGroups[id] == nil {
		s.ultraGroups[id] = &ultraGroup{channels: []*channel{{name: defaultChannel, created: s.now()}}}
	}
	return s.ultraGroups[id]
}

// channel returns nil for an unknown channel, or an unknown ultra group.
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

// readers are the members who read a channel.
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

// AddUltraGroup puts users into an ultra group, which is made if need be, so that messages to it
// reach them. It has the channel RCDefault, which messages without a channel go to.
func (s *Server) AddUltraGroup(group string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.ultraGroup(group)
	one.members = appendNew(one.members, users)
}

// AddUltraGroupChannels adds public channels to an ultra group, which is made if need be. All
// members of the group read them.
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

// UltraGroups returns the IDs of the ultra groups that the user is in, sorted. RongCloud itself
// does not tell them.
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

// inUltra is a handler for calls that need an ultra group. By which code RongCloud refuses an
// unknown one is not documented.
func inUltra(do func(c *call, g *ultraGroup) answer) handler {
	return func(c *call) answer {
		g := c.ultraGroups[c.params.Get("groupId")]
		if g == nil {
			return refuseError(invalid("there is no ultra group %s", c.params.Get("groupId")))
		}
		return do(c, g)
	}
}

// inChannel is a handler for calls that need a channel.
func inChannel(do func(c *call, g *ultraGroup, in *channel) answer) handler {
	return inUltra(func(c *call, g *ultraGroup) answer {
		in := g.channel(c.params.Get("busChannel"))
		if in == nil {
			return refuseError(invalid("the ultra group has no channel %s", c.params.Get("busChannel")))
		}
		return do(c, g, in)
	})
}

// page answers with the page of a list that the request asks for.
func page[T any](c *call, name string, all []T, sizeName string, size int) answer {
	return ok(field{name, append([]T{}, pageOf(all, c.params.countOr("page", 1), c.params.countOr(sizeName, size))...)})
}

// outsiders refuses users who are not in the ultra group; nil if all are.
func (c *call) outsiders(g *ultraGroup) *answer {
	for _, id := range c.params.values["userIds"] {
		if !slices.Contains(g.members, id) {
			a := refuse(rongcloud.CodeNotInUltraGroup, "user %s is not in the ultra group", id)
			return &a
		}
	}
	return nil
}

// ultraCreate takes an ultra group that exists as renamed and joined; what RongCloud does with one
// is not documented.
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

// tooManyUltraGroups refuses a user who is in as many ultra groups as can be.
func (c *call) tooManyUltraGroups(id, user string) *answer {
	all := c.ultraGroupsOf(user)
	if slices.Contains(all, id) || len(all) < maxUltraGroups {
		return nil
	}
	a := refuseError(invalid("user %s is in %d ultra groups, more are not allowed", user, maxUltraGroups))
	return &a
}

// ultraDismiss takes an unknown ultra group as dissolved already. The messages stay where they
// were delivered.
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

// ultraQuit takes one who is not a member as gone already. A mute stays, or it could be shaken off
// by leaving and coming back.
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

// channelCreate leaves a channel that exists as it is; what RongCloud does with one is not
// documented.
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

// channelDel takes an unknown channel as deleted already. That RCDefault stays is assumed.
func channelDel(c *call, g *ultraGroup) answer {
	name := c.params.Get("busChannel")
	if name == defaultChannel {
		return refuseError(invalid("%s cannot be deleted", defaultChannel))
	}
	g.channels = slices.DeleteFunc(g.channels, func(one *channel) bool { return one.name == name })
	return ok()
}

// typeOf is the type of a channel on the wire.
func (in *channel) typeOf() int {
	if in.private {
		return 1
	}
	return 0
}

// channelGet lists the channels in the order of their making, which RongCloud does not document.
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
