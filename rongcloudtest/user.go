package rongcloudtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// dateLayout is how RongCloud writes dates, in the zone of the data centre.
const dateLayout = "2006-01-02 15:04:05"

// maxTokens is how many of a user's newest tokens are kept. RongCloud documents no limit.
const maxTokens = 100

// comebackAfter is how long a deactivated user ID cannot be reactivated.
const comebackAfter = time.Hour

// users is the state of all users. RongCloud keeps lists and messages for IDs that were never
// registered, so some of the users may not be registered.
type users struct {
	byID        map[string]*user
	registered  []*user  // in the order of registration
	deactivated []string // in the order of deactivation
	muted       []string // in private chats, in the order of muting
	tokens      int
	operations  int
}

func newUsers() users { return users{byID: map[string]*user{}} }

type user struct {
	id            string
	registered    bool
	name          string
	portrait      string
	createdAt     time.Time
	tokens        []token
	online        []webhook.Platform // the devices online, in the order of connecting
	blockedUntil  time.Time
	deactivatedAt time.Time

	userLists
	profile profile
	devices []Device
}

type token struct {
	text   string
	issued time.Time
}

// ensure returns the user for changing, and creates it if necessary.
func (u *users) ensure(id string) *user {
	one := u.byID[id]
	if one == nil {
		one = &user{id: id}
		u.byID[id] = one
	}
	return one
}

// find returns the user for reading. For an unknown ID it returns an empty user that is not kept.
func (u *users) find(id string) *user {
	if one := u.byID[id]; one != nil {
		return one
	}
	return &user{id: id}
}

// remove deletes everything about the user.
func (u *users) remove(id string) {
	delete(u.byID, id)
	u.registered = slices.DeleteFunc(u.registered, func(one *user) bool { return one.id == id })
	u.muted = without(u.muted, id)
	u.deactivated = without(u.deactivated, id)
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(ids, func(one string) bool { return one == id })
}

func (u *user) blocked(now time.Time) bool   { return now.Before(u.blockedUntil) }
func (u *user) connected(now time.Time) bool { return len(u.online) > 0 && !u.blocked(now) }

var userHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UserGetToken:        userGetToken,
	endpoint.UserRefresh:         userRefresh,
	endpoint.UserInfo:            userInfo,
	endpoint.UserQuery:           userQuery,
	endpoint.UserDelusers:        userDelusers,
	endpoint.UserTokenExpire:     userTokenExpire,
	endpoint.UserDeactivate:      userDeactivate,
	endpoint.UserDeactivateQuery: userDeactivateQuery,
	endpoint.UserReactivate:      userReactivate,
	endpoint.UserCheckOnline:     userCheckOnline,
	endpoint.UserBlock:           userBlock,
	endpoint.UserUnblock:         userUnblock,
	endpoint.UserBlockQuery:      userBlockQuery,
}

// userGetToken returns a new token at each call; the others stay valid. It is documented that a
// deactivated ID is refused, but not with which code.
func userGetToken(c *call) answer {
	id := c.params.Get("userId")
	if slices.Contains(c.users.deactivated, id) {
		return refuse(rongcloud.CodeInvalidParameter, "user %s is deactivated", id)
	}
	u := c.users.ensure(id)
	if !u.registered {
		u.registered, u.createdAt = true, c.at
		c.users.registered = append(c.users.registered, u)
	}
	u.name = c.params.Get("name")
	if c.params.Has("portraitUri") {
		u.portrait = c.params.Get("portraitUri")
	}
	c.users.tokens++
	text := fmt.Sprintf("test-token-%d-%s", c.users.tokens, id)
	u.tokens = append(u.tokens[max(0, len(u.tokens)+1-maxTokens):], token{text, c.at})
	return ok(field{"userId", id}, field{"token", text})
}

// userNotFound responds as the code list says; which endpoints do so is not documented.
func userNotFound(id string) answer {
	return refuse(rongcloud.CodeUserNotFound, "user %s does not exist", id)
}

func userRefresh(c *call) answer {
	u := c.users.find(c.params.Get("userId"))
	if !u.registered {
		return userNotFound(u.id)
	}
	if c.params.Has("name") {
		u.name = c.params.Get("name")
	}
	if c.params.Has("portraitUri") {
		u.portrait = c.params.Get("portraitUri")
	}
	return ok()
}

func userInfo(c *call) answer {
	u := c.users.find(c.params.Get("userId"))
	if !u.registered {
		return userNotFound(u.id)
	}
	return ok(field{"userName", u.name}, field{"userPortrait", u.portrait}, field{"createTime", c.date(u.createdAt)})
}

func (s *Server) date(t time.Time) string { return t.In(s.zone).Format(dateLayout) }

func userQuery(c *call) answer {
	type entry struct {
		UserID       string `json:"userId"`
		UserName     string `json:"userName"`
		UserPortrait string `json:"userPortrait"`
		RegTime      string `json:"regTime"`
	}
	all := c.byRegistration()
	entries := []entry{}
	for _, u := range pageOf(all, c.params.countOr("page", 1), c.params.countOr("pageSize", 20)) {
		entries = append(entries, entry{u.id, u.name, u.portrait, c.date(u.createdAt)})
	}
	return ok(field{"total", len(all)}, field{"users", entries})
}

// byRegistration returns the registered users in the order that the request asks for.
func (c *call) byRegistration() []*user {
	all := slices.Clone(c.users.registered)
	if c.params.Int("order") == 1 {
		slices.Reverse(all)
	}
	return all
}

// pageOf returns a page; pages count from 1.
func pageOf[T any](all []T, page, size int) []T {
	if page-1 > len(all)/size {
		return nil
	}
	from := min((page-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

// userDelusers succeeds for unknown users; what RongCloud does is not documented.
func userDelusers(c *call) answer {
	for _, id := range c.params.List("userId") {
		c.forgetUser(id)
	}
	return ok()
}

func userTokenExpire(c *call) answer {
	before := time.UnixMilli(c.params.Int("time"))
	for _, id := range c.params.List("userId") {
		u := c.users.find(id)
		u.tokens = slices.DeleteFunc(u.tokens, func(t token) bool { return t.issued.Before(before) })
	}
	return ok()
}

// userDeactivate takes effect at once; RongCloud may take some minutes.
func userDeactivate(c *call) answer {
	operation := c.operation()
	for _, id := range c.params.List("userId") {
		if !c.users.find(id).registered || slices.Contains(c.users.deactivated, id) {
			continue // a callback reports the outcome per user
		}
		c.forgetUser(id)
		c.users.ensure(id).deactivatedAt = c.at
		c.users.deactivated = append(c.users.deactivated, id)
		c.tellDeactivation(operation, id, webhook.DeactivationDeactivate)
	}
	return ok(field{"operateId", operation})
}

func (c *call) operation() string {
	c.users.operations++
	return fmt.Sprintf("test-operation-%d", c.users.operations)
}

func (c *call) tellDeactivation(operation, user string, what webhook.DeactivationType) {
	c.recordEvent(&webhook.UserDeactivation{UserID: user, OperationID: operation, Type: what, Code: "0", OccurredAt: c.at})
}

func userDeactivateQuery(c *call) answer {
	page := pageOf(c.users.deactivated, c.params.countOr("pageNo", 1), c.params.countOr("pageSize", 50))
	return ok(field{"users", append([]string{}, page...)})
}

// userReactivate does not change a user who was deactivated within the last hour. RongCloud
// accepts the call anyway.
func userReactivate(c *call) answer {
	operation := c.operation()
	for _, id := range c.params.List("userId") {
		u := c.users.find(id)
		if u.deactivatedAt.IsZero() || c.at.Before(u.deactivatedAt.Add(comebackAfter)) {
			continue
		}
		u.deactivatedAt = time.Time{}
		u.registered, u.createdAt = true, c.at
		c.users.registered = append(c.users.registered, u)
		c.users.deactivated = without(c.users.deactivated, id)
		c.tellDeactivation(operation, id, webhook.DeactivationReactivate)
	}
	return ok(field{"operateId", operation})
}

func userCheckOnline(c *call) answer {
	status := "0"
	if c.users.find(c.params.Get("userId")).connected(c.at) {
		status = "1"
	}
	return ok(field{"status", status})
}

func userBlock(c *call) answer {
	end := c.at.Add(time.Duration(c.params.Int("minute")) * time.Minute)
	for _, id := range c.params.List("userId") {
		u := c.users.ensure(id)
		c.takeOffline(u, u.online...)
		u.blockedUntil = end
	}
	return ok()
}

func userUnblock(c *call) answer {
	for _, id := range c.params.List("userId") {
		c.users.find(id).blockedUntil = time.Time{}
	}
	return ok()
}

func userBlockQuery(c *call) answer {
	type entry struct {
		UserID       string `json:"userId"`
		BlockEndTime string `json:"blockEndTime"`
	}
	var blocked []*user
	for _, u := range c.users.byID {
		if u.blocked(c.at) {
			blocked = append(blocked, u)
		}
	}
	slices.SortFunc(blocked, func(a, b *user) int {
		return cmp.Or(b.blockedUntil.Compare(a.blockedUntil), cmp.Compare(a.id, b.id))
	})
	page, size := 1, 1000
	if c.params.Int("page") > 0 {
		page, size = c.params.countOr("page", 1), c.params.countOr("size", 50)
	}
	entries := []entry{}
	for _, u := range pageOf(blocked, page, size) {
		entries = append(entries, entry{u.id, c.date(u.blockedUntil)})
	}
	return ok(field{"users", entries})
}

// User is one user, as seen from their devices. The user need not be registered.
type User struct {
	server   *Server
	id       string
	platform webhook.Platform // of a device; empty for all
}

// User returns the user with the given ID.
func (s *Server) User(id string) *User { return &User{server: s, id: id} }

// ID returns the user's ID.
func (u *User) ID() string { return u.id }

// Tokens returns the user's valid tokens, oldest first.
func (u *User) Tokens() []string {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	var texts []string
	for _, t := range u.server.users.find(u.id).tokens {
		texts = append(texts, t.text)
	}
	return texts
}
