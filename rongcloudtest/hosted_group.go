package rongcloudtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// hosting is what a hosted group has besides its members. The Server API's codes are not
// documented; the server uses those of the client SDKs.
type hosting struct {
	owner, creator string
	createdAt      time.Time
	profile        map[string]any // texts
	permissions    map[string]any // numbers
	ext            map[string]any // texts
	follows        map[string][]follow
	remarkNames    map[string]string // by the user who sees it
}

type follow struct {
	user  string
	since time.Time
}

const (
	maxManagers   = 10
	maxGroupExt   = 10
	maxGroupName  = 64
	profileName   = "name"
	defaultListed = 50
)

// groupProfileTexts are the texts of a group's profile, with their maximum lengths in characters.
var groupProfileTexts = map[string]int{profileName: maxGroupName, "introduction": 512, "announcement": 1024, "portraitUrl": 128}

// groupPermissions are the permissions of a group, with their maximum values.
var groupPermissions = map[string]int64{
	"joinPerm": 3, "removePerm": 2, "memInvitePerm": 2, "invitePerm": 1, "profilePerm": 2, "memProfilePerm": 2,
}

var entrustHandlers = map[*endpoint.Endpoint]handler{
	endpoint.EntrustGroupCreate:        entrustCreate,
	endpoint.EntrustGroupImport:        entrustImport,
	endpoint.EntrustGroupProfileUpdate: hostedCall(entrustUpdate),
	endpoint.EntrustGroupProfileQuery:  entrustProfiles,
	endpoint.EntrustGroupJoin:          hostedCall(entrustJoin),
	endpoint.EntrustGroupQuit:          hostedCall(entrustQuit),
	endpoint.EntrustGroupMemberKick:    hostedCall(entrustQuit),
	endpoint.EntrustGroupMemberKickAll: entrustKickAll,
	endpoint.EntrustGroupDismiss:       hostedCall(entrustDismiss),
	endpoint.EntrustGroupTransferOwner: hostedCall(entrustTransfer),
	endpoint.EntrustGroupQuery:         entrustQuery,
	endpoint.EntrustJoinedGroupQuery:   entrustJoined,
}

// hostedCall wraps the handler of a call about one hosted group.
func hostedCall(handle func(c *call, g *group) answer) handler {
	return func(c *call) answer {
		id := c.params.Get("groupId")
		g := c.groups.byID[id]
		if g == nil || g.hosted == nil {
			return refuse(rongcloud.CodeGroupNotFound, "there is no hosted group %s", id)
		}
		return handle(c, g)
	}
}

// ids reads a list of IDs without repeats.
func (c *call) ids(name string) []string { return appendNew(nil, c.params.List(name)) }

// entrustCreate makes invited users members at once, whatever the group's permissions say: there
// is no call by which they could accept.
func entrustCreate(c *call) answer {
	id, owner := c.params.Get("groupId"), c.params.Get("owner")
	if c.groups.byID[id] != nil {
		return refuse(rongcloud.CodeGroupExists, "group %s exists already", id)
	}
	h, err := c.newHosting()
	if err != nil {
		return refuseError(err)
	}
	g := c.groups.ensure(id, c.at)
	g.name, g.hosted = c.params.Get("name"), h
	c.groups.join(g, append([]string{owner}, c.ids("userIds")...), c.at)
	c.tellGroup(g, webhook.HostedGroupEventCreated, c.groups.ids(id))
	return ok()
}

// entrustImport lets the owner join. RongCloud's response if there is no such group, or if it is
// already hosted, is not documented.
func entrustImport(c *call) answer {
	id := c.params.Get("groupId")
	g := c.groups.byID[id]
	switch {
	case g == nil:
		return refuse(rongcloud.CodeGroupNotFound, "there is no group %s", id)
	case g.hosted != nil:
		return refuse(rongcloud.CodeGroupExists, "group %s is hosted already", id)
	}
	h, err := c.newHosting()
	if err != nil {
		return refuseError(err)
	}
	g.name, g.hosted = c.params.Get("name"), h
	c.groups.join(g, []string{h.owner}, c.at)
	c.tellGroup(g, webhook.HostedGroupEventCreated, c.groups.ids(id))
	return ok()
}

// tellGroup records what happened to a hosted group. Who called the Server API is not known, so
// the owner counts as the operator.
func (c *call) tellGroup(g *group, what webhook.HostedGroupEvent, users []string) {
	c.recordEvent(&webhook.HostedGroupOperation{GroupID: g.id, Event: what, OccurredAt: c.at, OperatorID: g.hosted.owner, OperatorIDs: []string{g.hosted.owner}, UserIDs: users})
}

func (c *call) newHosting() (*hosting, error) {
	owner := c.params.Get("owner")
	h := &hosting{
		owner: owner, creator: owner, createdAt: c.at,
		profile: map[string]any{}, permissions: map[string]any{}, ext: map[string]any{},
		follows: map[string][]follow{}, remarkNames: map[string]string{},
	}
	for name := range groupPermissions {
		h.permissions[name] = 0
	}
	_, err := c.fillHosting(h)
	return h, err
}

// fillHosting copies profile, permissions and attributes from the request, all or none. It keeps
// what the request does not name; whether RongCloud does is not documented. It returns the name in
// the profile, which only an update has.
func (c *call) fillHosting(h *hosting) (name string, err error) {
	profile, _, err := c.profilePart("groupProfile", checkGroupProfile)
	if err != nil {
		return "", err
	}
	permissions, _, err := c.profilePart("permissions", checkGroupPermission)
	if err != nil {
		return "", err
	}
	ext, _, err := c.profilePart("groupExtProfile", checkExt("groupExtProfile"))
	if err != nil {
		return "", err
	}
	merged := maps.Clone(h.ext)
	maps.Copy(merged, ext)
	if len(merged) > maxGroupExt {
		return "", invalid("groupExtProfile has %d pairs, at most %d are allowed", len(merged), maxGroupExt)
	}
	h.ext = merged
	maps.Copy(h.profile, profile)
	maps.Copy(h.permissions, permissions)
	name, _ = h.profile[profileName].(string)
	delete(h.profile, profileName)
	return name, nil
}

func checkGroupProfile(strict bool, key string, value any) error {
	limit, known := groupProfileTexts[key]
	text, isText := value.(string)
	switch {
	case !known && strict:
		return invalid("strict: groupProfile has no %s", key)
	case !isText:
		return invalid("groupProfile: %s is not a string", key)
	case known && utf8.RuneCountInString(text) > limit:
		return tooLong("groupProfile: %s has more than %d characters", key, limit)
	}
	return nil
}

func checkGroupPermission(strict bool, key string, value any) error {
	limit, known := groupPermissions[key]
	number, isNumber := value.(json.Number)
	n, err := strconv.ParseInt(number.String(), 10, 64)
	switch {
	case !known && strict:
		return invalid("strict: permissions has no %s", key)
	case !isNumber || known && (err != nil || n < 0 || n > limit):
		return invalid("permissions: %s is not a number from 0 to %d", key, limit)
	}
	return nil
}

// entrustUpdate reads a new name from the profile, as the pages say, or from next to it, where
// older SDKs send it.
func entrustUpdate(c *call, g *group) answer {
	name, err := c.fillHosting(g.hosted)
	if err != nil {
		return refuseError(err)
	}
	if name == "" {
		name = c.params.Get("name")
	}
	if name != "" {
		g.name = name
	}
	c.tellGroupProfile(g)
	return ok()
}

// tellGroupProfile records the current data of a hosted group.
func (c *call) tellGroupProfile(g *group) {
	text := func(key string) string { s, _ := g.hosted.profile[key].(string); return s }
	e := &webhook.HostedGroupProfile{
		GroupID: g.id, GroupName: g.name, OccurredAt: c.at, OperatorID: g.hosted.owner,
		Introduction: text("introduction"), Announcement: text("announcement"), PortraitURL: text("portraitUrl"),
	}
	_ = json.Unmarshal([]byte(jsonText(g.hosted.ext)), &e.Attributes) // checked when set
	permission := func(key string) int {                              // counted from 1
		if n, ok := g.hosted.permissions[key].(float64); ok {
			return int(n) + 1
		}
		return 0
	}
	e.Permissions = &rongcloud.HostedGroupPermissions{
		Join: rongcloud.HostedGroupJoinPermission(permission("joinPerm")), Remove: rongcloud.HostedGroupPermission(permission("removePerm")),
		Invite:        rongcloud.HostedGroupPermission(permission("memInvitePerm")),
		InviteConsent: rongcloud.HostedGroupInviteConsent(permission("invitePerm")),
		Profile:       rongcloud.HostedGroupPermission(permission("profilePerm")),
		MemberProfile: rongcloud.HostedGroupMemberPermission(permission("memProfilePerm")),
	}
	c.recordEvent(e)
}

// hostedGroup is a group in the response of several calls.
type hostedGroup struct {
	GroupID         string `json:"groupId"`
	GroupName       string `json:"groupName,omitempty"` // or
	Name            string `json:"name,omitempty"`
	GroupProfile    string `json:"groupProfile"`
	GroupExtProfile string `json:"groupExtProfile"`
	Permissions     string `json:"permissions"`
	Owner           string `json:"owner"`
	CreateTime      int64  `json:"createTime"`
}

func (g *group) shown() hostedGroup {
	h := g.hosted
	return hostedGroup{
		GroupID: g.id, GroupProfile: jsonText(h.profile), GroupExtProfile: jsonText(h.ext), Permissions: jsonText(h.permissions),
		Owner: h.owner, CreateTime: h.createdAt.UnixMilli(),
	}
}

// entrustProfiles leaves out groups that do not exist or are not hosted.
func entrustProfiles(c *call) answer {
	type entry struct {
		hostedGroup
		MemberCount int `json:"memberCount"`
	}
	entries := []entry{}
	for _, id := range c.ids("groupIds") {
		if g := c.groups.byID[id]; g != nil && g.hosted != nil {
			one := entry{g.shown(), len(g.members)}
			one.GroupName = g.name
			entries = append(entries, one)
		}
	}
	return ok(field{"profiles", entries})
}

// entrustJoin adds users whatever the group's permissions say.
func entrustJoin(c *call, g *group) answer {
	ids := c.ids("userIds")
	if !g.room(ids, 0) {
		return refuse(rongcloud.CodeGroupFull, "group %s has no room for the new members", g.id)
	}
	c.groups.join(g, ids, c.at)
	c.tellGroup(g, webhook.HostedGroupEventJoined, ids)
	one := g.shown()
	return ok(
		field{"groupId", one.GroupID}, field{"name", g.name}, field{"groupProfile", one.GroupProfile},
		field{"groupExtProfile", one.GroupExtProfile}, field{"permissions", one.Permissions},
		field{"owner", one.Owner}, field{"createTime", one.CreateTime}, field{"memberCount", len(g.members)},
	)
}

// entrustQuit succeeds for users who are not in the group. If the owner is among them, nobody
// leaves.
func entrustQuit(c *call, g *group) answer {
	ids := c.ids("userIds")
	if g.owns(ids) {
		return refuse(rongcloud.CodeGroupOwnerCannotLeave, "%s owns group %s", g.hosted.owner, g.id)
	}
	c.forget(g, ids)
	c.tellGroup(g, webhook.HostedGroupEventLeft, ids)
	return ok()
}

// forget removes users from a hosted group, together with everything that the request does not
// keep. Follow lists here means other members' lists that contain the users; RongCloud's pages can
// be read differently.
func (c *call) forget(g *group, ids []string) {
	g.leave(ids)
	rules := c.groups.ruled(g.id)
	if c.params.intOr("isDelBan", 1) == 1 {
		rules.muted = unmute(rules.muted, ids)
	}
	if c.params.intOr("isDelWhite", 1) == 1 {
		for _, id := range ids {
			rules.whitelist = without(rules.whitelist, id)
		}
	}
	if c.params.intOr("isDelFollowed", 1) == 1 {
		for user, follows := range g.hosted.follows {
			g.hosted.follows[user] = unfollow(follows, ids)
		}
	}
}

// entrustKickAll skips groups that the user owns; RongCloud may refuse the whole call.
func entrustKickAll(c *call) answer {
	user := []string{c.params.Get("userId")}
	for _, g := range c.groups.inOrder() {
		if g.hosted != nil && !g.owns(user) && g.member(user[0]) != nil {
			c.forget(g, user)
			c.tellGroup(g, webhook.HostedGroupEventRemoved, user)
		}
	}
	return ok()
}

func entrustDismiss(c *call, g *group) answer {
	c.tellGroup(g, webhook.HostedGroupEventDismissed, c.groups.ids(g.id))
	delete(c.groups.byID, g.id)
	return ok()
}

// entrustTransfer refuses a new owner who is not a member; RongCloud may not.
func entrustTransfer(c *call, g *group) answer {
	heir := g.member(c.params.Get("newOwner"))
	if heir == nil {
		return notInHostedGroup(c.params.Get("newOwner"), g)
	}
	before := g.hosted.owner
	g.hosted.owner, heir.manager = heir.id, false
	c.tellGroup(g, webhook.HostedGroupEventOwnerChanged, []string{heir.id})
	if c.params.Bool("isQuit") && before != heir.id {
		c.forget(g, []string{before})
		c.tellGroup(g, webhook.HostedGroupEventLeft, []string{before})
	}
	return ok()
}

func notInHostedGroup(user string, g *group) answer {
	return refuse(rongcloud.CodeNotInHostedGroup, "%s is not in group %s", user, g.id)
}

// tokenPage returns a page of all, whose items have increasing numbers. The token is the number of
// the last item before the page, so that paging continues at the right place after changes. Newest
// first is the default.
func tokenPage[T any](c *call, all []T, number func(T) int) (page []T, next string, err error) {
	descending := c.params.intOr("order", 1) == 1
	if descending {
		all = slices.Clone(all)
		slices.Reverse(all)
	}
	if text := c.params.Get("pageToken"); text != "" {
		last, err := strconv.Atoi(strings.TrimPrefix(text, tokenPrefix))
		if err != nil || !strings.HasPrefix(text, tokenPrefix) {
			return nil, "", invalid("pageToken %q is not one of this server's", text)
		}
		start := slices.IndexFunc(all, func(item T) bool { return number(item) != last && number(item) < last == descending })
		if start < 0 {
			return nil, "", nil
		}
		all = all[start:]
	}
	size := c.params.countOr("size", defaultListed)
	if len(all) > size {
		return all[:size], tokenPrefix + strconv.Itoa(number(all[size-1])), nil
	}
	return all, "", nil
}

// withToken adds the token of the next page, if there is one.
func withToken(next string, fields ...field) answer {
	if next != "" {
		fields = append(fields, field{"pageToken", next})
	}
	return ok(fields...)
}

func entrustQuery(c *call) answer {
	type entry struct {
		GroupID      string `json:"groupId"`
		Name         string `json:"name"`
		Owner        string `json:"owner"`
		Creator      string `json:"creator"`
		GroupProfile string `json:"groupProfile"`
		PortraitURL  string `json:"portraitUrl"` // extra: official SDKs read it here
		Time         int64  `json:"time"`
	}
	all := slices.DeleteFunc(c.groups.inOrder(), func(g *group) bool { return g.hosted == nil })
	page, next, err := tokenPage(c, all, func(g *group) int { return g.number })
	if err != nil {
		return refuseError(err)
	}
	entries := []entry{}
	for _, g := range page {
		h := g.hosted
		portrait, _ := h.profile["portraitUrl"].(string)
		entries = append(entries, entry{g.id, g.name, h.owner, h.creator, jsonText(h.profile), portrait, h.createdAt.UnixMilli()})
	}
	return withToken(next, field{"groups", entries})
}
