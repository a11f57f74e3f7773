package rongcloudtest

import (
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// None of the rules holds back messages sent through the Server API, which are documented to
// ignore all mutes, and the server is never so busy that it drops messages. The notification of
// needNotify is not a message, so it appears nowhere.
var roomRuleHandlers = map[*endpoint.Endpoint]handler{
	endpoint.ChatroomUserGagAdd:      inRoom(func(c *call, r *room) answer { return c.restrict(&r.muted) }),
	endpoint.ChatroomUserGagRollback: inRoom(func(c *call, r *room) answer { return c.unrestrict(&r.muted) }),
	endpoint.ChatroomUserGagList:     inRoom(func(c *call, r *room) answer { return c.listRestricted(r.muted) }),
	endpoint.ChatroomUserBanAdd:      func(c *call) answer { return c.restrict(&c.rooms.muted) },
	endpoint.ChatroomUserBanRemove:   func(c *call) answer { return c.unrestrict(&c.rooms.muted) },
	endpoint.ChatroomUserBanQuery:    func(c *call) answer { return c.listRestricted(c.rooms.muted) },

	endpoint.ChatroomUserBlockAdd:      inRoom(roomBlock),
	endpoint.ChatroomUserBlockRollback: inRoom(func(c *call, r *room) answer { return c.unrestrict(&r.blocked) }),
	endpoint.ChatroomUserBlockList:     inRoom(func(c *call, r *room) answer { return c.listRestricted(r.blocked) }),

	endpoint.ChatroomBanAdd:                   inRoom(roomBan),
	endpoint.ChatroomBanRollback:              inRoom(roomUnban),
	endpoint.ChatroomBanQuery:                 roomBanQuery,
	endpoint.ChatroomBanCheck:                 inRoom(roomBanCheck),
	endpoint.ChatroomUserBanWhitelistAdd:      inRoom(func(c *call, r *room) answer { return c.extend(&r.exempt, "userId", maxRoomExempt) }),
	endpoint.ChatroomUserBanWhitelistRollback: inRoom(func(c *call, r *room) answer { return c.shorten(&r.exempt, "userId") }),
	endpoint.ChatroomUserBanWhitelistQuery:    inRoom(func(_ *call, r *room) answer { return ok(field{"userIds", listOf(r.exempt)}) }),

	endpoint.ChatroomUserWhitelistAdd:    inRoom(func(c *call, r *room) answer { return c.extend(&r.protected, "userId", maxRoomProtected) }),
	endpoint.ChatroomUserWhitelistRemove: inRoom(func(c *call, r *room) answer { return c.shorten(&r.protected, "userId") }),
	endpoint.ChatroomUserWhitelistQuery:  inRoom(func(_ *call, r *room) answer { return ok(field{"users", listOf(r.protected)}) }),

	endpoint.ChatroomMessagePriorityAdd:    func(c *call) answer { return c.extend(&c.rooms.lowPriority, "objectName", maxRoomTypes) },
	endpoint.ChatroomMessagePriorityRemove: func(c *call) answer { return c.shorten(&c.rooms.lowPriority, "objectName") },
	endpoint.ChatroomMessagePriorityQuery:  func(c *call) answer { return ok(field{"objectNames", listOf(c.rooms.lowPriority)}) },
	endpoint.ChatroomWhitelistAdd:          func(c *call) answer { return c.extend(&c.rooms.whitelist, "objectnames", maxRoomTypes) },
	endpoint.ChatroomWhitelistDelete:       func(c *call) answer { return c.shorten(&c.rooms.whitelist, "objectnames") },
	endpoint.ChatroomWhitelistQuery:        func(c *call) answer { return ok(field{"whitlistMsgType", listOf(c.rooms.whitelist)}) },

	endpoint.ChatroomKeepaliveAdd:    inRoom(roomKeep),
	endpoint.ChatroomKeepaliveRemove: roomUnkeep,
	endpoint.ChatroomKeepaliveQuery:  roomKept,
}

// restricted reports whether a user has a mute or block on the list that has not ended. One
// without an end time lasts forever.
func restricted(all []restriction, user string, now time.Time) bool {
	return slices.ContainsFunc(all, func(r restriction) bool { return r.user == user && (r.end.IsZero() || now.Before(r.end)) })
}

// restrict restarts a mute or block that exists. Whether a user must be in the room is not
// documented.
func (c *call) restrict(list *[]restriction) answer {
	users := appendNew(nil, c.params.List("userId"))
	*list = unmute(*list, users)
	for _, id := range users {
		*list = append(*list, restriction{user: id, start: c.at, end: c.at.Add(time.Duration(c.params.Int("minute")) * time.Minute)})
	}
	return ok()
}

func (c *call) unrestrict(list *[]restriction) answer {
	*list = unmute(*list, c.params.List("userId"))
	return ok()
}

func (c *call) listRestricted(list []restriction) answer {
	type entry struct {
		Time   string `json:"time"`
		UserID string `json:"userId"`
	}
	entries := []entry{}
	for _, g := range list {
		if c.at.Before(g.end) {
			entries = append(entries, entry{c.date(g.end), g.user})
		}
	}
	return ok(field{"users", entries})
}

func roomBlock(c *call, r *room) answer {
	c.leaveRoom(r, c.params.List("userId"), webhook.ChatroomCauseBlocked)
	return c.restrict(&r.blocked)
}

func roomBan(c *call, r *room) answer {
	c.rooms.allMuted = appendNew(c.rooms.allMuted, []string{r.id})
	return ok()
}

func roomUnban(c *call, r *room) answer {
	c.rooms.allMuted = without(c.rooms.allMuted, r.id)
	return ok()
}

func roomBanQuery(c *call) answer {
	c.allRooms() // removes rooms whose life is over
	page := pageOf(c.rooms.allMuted, c.params.countOr("page", 1), c.params.countOr("size", 50))
	return ok(field{"chatroomIds", listOf(page)})
}

func roomBanCheck(c *call, r *room) answer {
	status := 0
	if slices.Contains(c.rooms.allMuted, r.id) {
		status = 1
	}
	return ok(field{"status", status})
}

// extend adds items to a list with a maximum length. RongCloud's code for a full list is not
// documented.
func (c *call) extend(list *[]string, param string, most int) answer {
	all := appendNew(slices.Clone(*list), c.params.List(param))
	if len(all) > most {
		return refuseError(invalid("%s: there would be %d on the list, at most %d are allowed", param, len(all), most))
	}
	*list = all
	return ok()
}

func (c *call) shorten(list *[]string, param string) answer {
	for _, item := range c.params.List(param) {
		*list = without(*list, item)
	}
	return ok()
}

func roomKeep(c *call, r *room) answer {
	kept := appendNew(slices.Clone(c.rooms.kept), []string{r.id})
	if len(kept) > maxKeptRooms {
		return refuse(rongcloud.CodeTooManyKeepalives, "%d chat rooms are kept alive already", maxKeptRooms)
	}
	c.rooms.kept = kept
	return ok()
}

// roomUnkeep immediately destroys a room that only being kept alive has saved; RongCloud may give
// it more time.
func roomUnkeep(c *call) answer {
	id := c.params.Get("chatroomId")
	if !slices.Contains(c.rooms.kept, id) {
		return refuse(rongcloud.CodeNothingToDelete, "the chat room %s is not kept alive", id)
	}
	c.rooms.kept = without(c.rooms.kept, id)
	return ok()
}

func roomKept(c *call) answer { return ok(field{"chatroomIds", listOf(c.rooms.kept)}) }
