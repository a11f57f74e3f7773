package rongcloudtest

import (
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Mutes apply to clients only: as for groups, messages sent through the Server API are delivered
// anyway.
var ultraListHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UltragroupChannelPrivateUsersAdd: inChannel(privateAdd),
	endpoint.UltragroupChannelPrivateUsersDel: inChannel(privateDel),
	endpoint.UltragroupChannelPrivateUsersGet: inChannel(func(c *call, _ *ultraGroup, in *channel) answer {
		return page(c, "users", in.users, "pageSize", 50)
	}),
	endpoint.UltragroupUserChannelQuery: inUltra(userChannelQuery),

	endpoint.UltragroupUserbannedAdd: inScope(func(c *call, in *ultraScope) answer { return c.listUsers(&in.muted) }),
	endpoint.UltragroupUserbannedDel: inScope(func(c *call, in *ultraScope) answer { return c.unlistUsers(&in.muted) }),
	endpoint.UltragroupUserbannedGet: inScope(func(c *call, in *ultraScope) answer { return c.listed(in.muted) }),

	endpoint.UltragroupGlobalbannedSet: inScope(func(c *call, in *ultraScope) answer { in.allMuted = c.params.Bool("status"); return ok() }),
	endpoint.UltragroupGlobalbannedGet: inScope(func(_ *call, in *ultraScope) answer { return ok(field{"status", in.allMuted}) }),

	endpoint.UltragroupBannedWhitelistAdd: inScope(func(c *call, in *ultraScope) answer { return c.listUsers(&in.exempt) }),
	endpoint.UltragroupBannedWhitelistDel: inScope(func(c *call, in *ultraScope) answer { return c.unlistUsers(&in.exempt) }),
	endpoint.UltragroupBannedWhitelistGet: inScope(func(c *call, in *ultraScope) answer { return c.listed(in.exempt) }),

	endpoint.UltragroupNotdisturbSet: inScope(func(c *call, in *ultraScope) answer { in.level = c.params.Int("unpushLevel"); return ok() }),
	endpoint.UltragroupNotdisturbGet: inScope(func(c *call, in *ultraScope) answer {
		return ok(field{"groupId", c.params.Get("groupId")}, field{"busChannel", c.params.Get("busChannel")}, field{"unpushLevel", in.level})
	}),
}

// inScope wraps a handler for calls on a channel or, if none is named, on the whole ultra group.
func inScope(do func(c *call, in *ultraScope) answer) handler {
	whole := inUltra(func(c *call, g *ultraGroup) answer { return do(c, &g.ultraScope) })
	part := inChannel(func(c *call, _ *ultraGroup, in *channel) answer { return do(c, &in.ultraScope) })
	return func(c *call) answer {
		if c.params.Has("busChannel") {
			return part(c)
		}
		return whole(c)
	}
}

// listUsers also accepts users who are not in the ultra group; whether RongCloud does is not
// documented.
func (c *call) listUsers(list *[]string) answer {
	*list = appendNew(*list, c.params.List("userIds"))
	return ok()
}

func (c *call) unlistUsers(list *[]string) answer {
	gone := c.params.List("userIds")
	*list = slices.DeleteFunc(*list, func(id string) bool { return slices.Contains(gone, id) })
	return ok()
}

// listed responds with objects, as RongCloud does for these lists only.
func (c *call) listed(ids []string) answer {
	type entry struct {
		ID string `json:"id"`
	}
	var all []entry
	for _, id := range ids {
		all = append(all, entry{id})
	}
	return page(c, "users", all, "pageSize", 50)
}

func privateAdd(c *call, g *ultraGroup, in *channel) answer {
	if a := c.outsiders(g); a != nil {
		return *a
	}
	return c.listUsers(&in.users)
}

func privateDel(c *call, _ *ultraGroup, in *channel) answer { return c.unlistUsers(&in.users) }

// userChannelQuery lists public channels too, as documented, but not channels that a user can read
// only through a user group.
func userChannelQuery(c *call, g *ultraGroup) answer {
	var found []string
	for _, one := range g.channels {
		if slices.Contains(one.users, c.params.Get("userId")) {
			found = append(found, one.name)
		}
	}
	return page(c, "data", found, "pageSize", 10)
}
