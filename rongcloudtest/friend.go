package rongcloudtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// friends holds who is friends with whom. A friendship is stored for both users, each with what
// the user keeps about the other.
type friends struct {
	of          map[string][]*friend // by user, in the order in which they were added
	permissions map[string]int64     // who may add a user; 0 if the user has not set it
	count       int                  // number of friendships ever made
}

func newFriends() friends { return friends{map[string][]*friend{}, map[string]int64{}, 0} }

type friend struct {
	id     string
	number int // its page token
	at     int64
	remark string
	ext    map[string]any
}

const maxFriendExtPairs = 10

// The ways to add a friend, the permissions, and the results of a check, as RongCloud numbers
// them.
const (
	addDirectly    = 2
	consentNeeded  = 2
	nobodyMayAdd   = 3
	notFriends     = 1
	friendsBothWay = 4
)

func (f *friends) find(user, other string) *friend {
	i := slices.IndexFunc(f.of[user], func(one *friend) bool { return one.id == other })
	if i < 0 {
		return nil
	}
	return f.of[user][i]
}

func (f *friends) part(user, other string) {
	for _, pair := range [][2]string{{user, other}, {other, user}} {
		f.of[pair[0]] = slices.DeleteFunc(f.of[pair[0]], func(one *friend) bool { return one.id == pair[1] })
	}
}

var friendHandlers = map[*endpoint.Endpoint]handler{
	endpoint.FriendAdd:           friendAdd,
	endpoint.FriendDelete:        friendDelete,
	endpoint.FriendClean:         friendClean,
	endpoint.FriendProfileSet:    friendProfileSet,
	endpoint.FriendGet:           friendGet,
	endpoint.FriendCheck:         friendCheck,
	endpoint.FriendPermissionSet: friendPermissionSet,
	endpoint.FriendPermissionGet: friendPermissionGet,
}

// friendAdd makes friends at once if no consent is needed; a user who has not set a permission may
// be added by anyone, as the app's own setting is not known here. A request that needs consent
// stays pending: clients would accept it, and there are none. RongCloud does not document how it
// refuses a request that the permission rules out.
func friendAdd(c *call) answer {
	user, target := c.params.Get("userId"), c.params.Get("targetId")
	for _, id := range []string{user, target} {
		if !c.users.find(id).registered {
			return refuse(rongcloud.CodeProfileUserNotFound, "user %s does not exist", id)
		}
	}
	permission := c.friends.permissions[target]
	switch {
	case user == target:
		return refuseError(invalid("targetId is the user itself"))
	case c.friends.find(user, target) != nil:
		return refuse(rongcloud.CodeAlreadyFriends, "%s and %s are friends already", user, target)
	case c.params.Int("optType") == addDirectly:
	case permission == nobodyMayAdd:
		return refuseError(invalid("nobody may add %s", target))
	case permission == consentNeeded:
		c.tellFriendship(webhook.FriendshipEventRequested, user, target)
		return ok()
	}
	c.tellFriendship(webhook.FriendshipEventAdded, user, target)
	c.friends.count++
	for _, pair := range [][2]string{{user, target}, {target, user}} {
		c.friends.of[pair[0]] = append(c.friends.of[pair[0]], &friend{id: pair[1], number: c.friends.count, at: c.at.UnixMilli()})
	}
	return ok()
}

func (c *call) tellFriendship(what webhook.FriendshipEvent, user, other string) {
	c.recordEvent(&webhook.Friendship{
		Event: what, UserID: user, ToUserID: other, OccurredAt: c.at, Platform: webhook.PlatformServer, Extra: c.params.Get("extra"),
	})
}

func (c *call) part(user, other string) {
	if c.friends.find(user, other) != nil {
		c.tellFriendship(webhook.FriendshipEventRemoved, user, other)
	}
	c.friends.part(user, other)
}

func friendDelete(c *call) answer {
	for _, id := range c.params.List("targetIds") {
		c.part(c.params.Get("userId"), id)
	}
	return ok()
}

func friendClean(c *call) answer {
	user := c.params.Get("userId")
	for _, one := range slices.Clone(c.friends.of[user]) {
		c.part(user, one.id)
	}
	return ok()
}

// friendProfileSet clears a name that is left out, as RongCloud's newest description says, and
// keeps attributes that are not named.
func friendProfileSet(c *call) answer {
	one := c.friends.find(c.params.Get("userId"), c.params.Get("targetId"))
	if one == nil {
		return refuseError(invalid("%s is not a friend of %s", c.params.Get("targetId"), c.params.Get("userId")))
	}
	ext := map[string]any{}
	maps.Copy(ext, one.ext)
	if c.params.Has("friendExtProfile") {
		given, _, err := c.profilePart("friendExtProfile", checkExt("friendExtProfile"))
		if err != nil {
			return refuseError(err)
		}
		if maps.Copy(ext, given); len(ext) > maxFriendExtPairs {
			return refuseError(invalid("friendExtProfile has %d pairs, at most %d are allowed", len(ext), maxFriendExtPairs))
		}
	}
	one.remark, one.ext = c.params.Get("remarkName"), ext
	return ok()
}

// friendGet leaves the token out on the last page.
func friendGet(c *call) answer {
	type entry struct {
		UserID     string `json:"userId"`
		Name       string `json:"name"`
		RemarkName string `json:"remarkName"`
		Ext        string `json:"friendExtProfile"` // JSON text, as documented
		Time       int64  `json:"time"`
	}
	all := slices.Clone(c.friends.of[c.params.Get("userId")])
	if c.params.Int("order") == 1 {
		slices.Reverse(all)
	}
	from := 0
	if token := c.params.Get("pageToken"); token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, tokenPrefix))
		from = 1 + slices.IndexFunc(all, func(one *friend) bool { return one.number == n })
		if err != nil || !strings.HasPrefix(token, tokenPrefix) || from == 0 {
			return refuseError(invalid("pageToken %q is not one of this server's", token))
		}
	}
	to := min(from+c.params.countOr("size", 50), len(all))
	entries := []entry{}
	for _, one := range all[from:to] {
		ext, _ := json.Marshal(one.ext) // built from JSON
		if one.ext == nil {
			ext = nil
		}
		entries = append(entries, entry{one.id, c.users.find(one.id).name, one.remark, string(ext), one.at})
	}
	fields := []field{{"totalCount", len(all)}, {"friendList", entries}}
	if to < len(all) {
		fields = append(fields, field{"pageToken", tokenPrefix + strconv.Itoa(all[to-1].number)})
	}
	return ok(fields...)
}

func friendCheck(c *call) answer {
	type entry struct {
		UserID string `json:"userId"`
		Result int    `json:"result"`
	}
	results := []entry{}
	for _, id := range c.params.List("targetIds") {
		result := notFriends
		if c.friends.find(c.params.Get("userId"), id) != nil {
			result = friendsBothWay
		}
		results = append(results, entry{id, result})
	}
	return ok(field{"results", results})
}

func friendPermissionSet(c *call) answer {
	ids := c.params.List("userIds")
	for _, id := range ids {
		if !c.users.find(id).registered {
			return refuse(rongcloud.CodeProfileUserNotFound, "user %s does not exist", id)
		}
	}
	for _, id := range ids {
		c.friends.permissions[id] = c.params.Int("permissionType")
	}
	return ok()
}

func friendPermissionGet(c *call) answer {
	type entry struct {
		UserID string `json:"userId"`
		Type   int64  `json:"type"`
	}
	settings := []entry{}
	for _, id := range c.params.List("userIds") {
		settings = append(settings, entry{id, c.friends.permissions[id]})
	}
	return ok(field{"permissionSettings", settings})
}
