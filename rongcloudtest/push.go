package rongcloudtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Push is a push that the server accepted. Pushes caused by messages are not included.
type Push struct {
	ID         string
	Endpoint   *endpoint.Endpoint
	SentAt     time.Time
	Platforms  []string // none for /push/user.json
	UserIDs    []string // registered users in the audience, in the order of registration
	Title      string
	Text       string // alert or pushContent, unless each platform has its own
	MessageUID string // of the system message sent with it, if any
	Params     Params // of the whole request
}

// Pushes returns the pushes so far, oldest first; see [WithHistory].
func (s *Server) Pushes() []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.pushes.all()
	for i := range all {
		all[i].UserIDs = slices.Clone(all[i].UserIDs)
	}
	return all
}

// Device is a device with the app; see [User.AddDevice].
type Device struct {
	Platform    string // ios or android
	PackageName string // of the app
}

// AddDevice records that the user has an app on a platform, so that pushes can select by it. A
// user without devices counts as having every app on every platform.
func (u *User) AddDevice(device Device) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	one := u.server.users.ensure(u.id)
	device.Platform = strings.ToLower(device.Platform)
	one.devices = append(one.devices, device)
}

var pushHandlers = map[*endpoint.Endpoint]handler{
	endpoint.Push:       pushAll,
	endpoint.PushUser:   pushUser,
	endpoint.PushCustom: pushAll,
}

const (
	maxTags       = 20
	maxPushUsers  = 1000
	maxPushTitle  = 50
	maxObjectName = 32
	maxContent    = 128 << 10
)

type audience struct {
	ToAll       *bool     `json:"is_to_all"`
	Tags        []string  `json:"tag"`
	TagsOr      []string  `json:"tag_or"`
	Users       []string  `json:"userid"`
	PackageName string    `json:"packageName"`
	TagItems    []tagItem `json:"tagItems"`
}

type tagItem struct {
	Tags          []string `json:"tags"`
	IsNot         bool     `json:"isNot"`
	TagsOperator  string   `json:"tagsOperator"`
	ItemsOperator string   `json:"itemsOperator"`
}

type notification struct {
	Title       string                 `json:"title"`
	Alert       string                 `json:"alert"`
	PushContent string                 `json:"pushContent"`
	IOS         struct{ Alert string } `json:"ios"`
	Android     struct{ Alert string } `json:"android"`
}

func pushAll(c *call) answer {
	var to audience
	if json.Unmarshal([]byte(c.params.Get("audience")), &to) != nil {
		return refuseError(invalid("audience does not have the documented form"))
	}
	err := c.checkAudience(&to)
	if err == nil && c.ep == endpoint.Push {
		err = c.checkPushMessage()
	}
	if err != nil {
		return refuseError(err)
	}
	n, err := c.notification()
	switch {
	case err != nil:
		return refuseError(err)
	case n.Alert == "" && (c.ep == endpoint.PushCustom || n.IOS.Alert == "" || n.Android.Alert == ""):
		return refuseError(invalid("notification: alert is required"))
	}
	platforms := c.params.List("platform")
	push := Push{Platforms: platforms, Title: n.Title, Text: n.Alert}
	for _, u := range c.users.registered {
		if to.includes(u, platforms) {
			push.UserIDs = append(push.UserIDs, u.id)
		}
	}
	if !c.params.Has("message") || c.ep == endpoint.PushCustom {
		return c.push(push)
	}
	var m pushMessage
	_ = json.Unmarshal([]byte(c.params.Get("message")), &m) // checked before
	push.MessageUID = c.send(outgoing{
		from: c.params.Get("fromuserid"), conversation: conversation{Type: rongcloud.ConversationSystem}, receivers: push.UserIDs,
		objectName: m.ObjectName, content: m.Content, pushContent: n.Alert, logged: true, broadcast: true,
	}).MessageUID
	return c.push(push)
}

func pushUser(c *call) answer {
	n, err := c.notification()
	if err == nil && n.PushContent == "" {
		err = invalid("notification: pushContent is required")
	}
	if err != nil {
		return refuseError(err)
	}
	push := Push{Title: n.Title, Text: n.PushContent}
	for _, u := range c.users.registered {
		if slices.Contains(c.params.values["userIds"], u.id) {
			push.UserIDs = append(push.UserIDs, u.id)
		}
	}
	return c.push(push)
}

func (c *call) push(push Push) answer {
	c.pushCount++
	push.ID, push.Endpoint, push.SentAt, push.Params = fmt.Sprintf("test-push-%d", c.pushCount), c.ep, c.at, c.params
	c.pushes.add(push, requestSize+textsSize(push.UserIDs), c.parcel)
	fields := []field{{"id", push.ID}}
	if push.MessageUID != "" {
		fields = append(fields, field{"messageUID", push.MessageUID})
	}
	return ok(fields...)
}

func (c *call) notification() (n notification, err error) {
	switch {
	case json.Unmarshal([]byte(c.params.Get("notification")), &n) != nil:
		err = invalid("notification is not of the documented form")
	case utf8.RuneCountInString(n.Title) > maxPushTitle:
		err = tooLong("notification: title has more than %d characters", maxPushTitle)
	}
	return n, err
}

type pushMessage struct {
	Content    string `json:"content"`
	ObjectName string `json:"objectName"`
}

func (c *call) checkPushMessage() error {
	if !c.params.Has("message") {
		return nil
	}
	var m pushMessage
	switch {
	case json.Unmarshal([]byte(c.params.Get("message")), &m) != nil || m.Content == "" || m.ObjectName == "":
		return invalid("message: content and objectName are required, as strings")
	case len(m.Content) > maxContent || utf8.RuneCountInString(m.ObjectName) > maxObjectName:
		return tooLong("message: content or objectName is too long")
	case !c.params.Has("fromuserid"):
		return invalid("fromuserid is required with message")
	}
	return c.checkContent(m.ObjectName, m.Content)
}

// checkAudience requires is_to_all in strict mode only: the page requires it, the vendor's later
// description does not.
func (c *call) checkAudience(to *audience) error {
	if c.ep == endpoint.PushCustom {
		to.Users = nil // not one of its parameters
	} else {
		to.TagItems = nil
	}
	all := to.ToAll != nil && *to.ToAll
	switch {
	case to.ToAll == nil && c.config.strict:
		return invalid("strict: audience: is_to_all is required")
	case len(to.Tags) > maxTags || len(to.TagsOr) > maxTags:
		return invalid("audience: at most %d tags are allowed", maxTags)
	case len(to.Users) > maxPushUsers:
		return invalid("audience: userid has more than %d items", maxPushUsers)
	case !all && len(to.Tags)+len(to.TagsOr)+len(to.Users)+len(to.TagItems) == 0 && to.PackageName == "":
		return invalid("audience selects nobody")
	}
	for i, item := range to.TagItems {
		if len(item.Tags) == 0 || !isOperator(item.TagsOperator) || i > 0 && !isOperator(item.ItemsOperator) {
			return invalid("audience: tagItems: item %d needs tags, and AND or OR as its operators", i+1)
		}
	}
	return nil
}

func isOperator(word string) bool { return word == "AND" || word == "OR" }

// includes reports whether the audience includes the user. User IDs take precedence over
// everything except is_to_all, whose precedence over them is assumed.
func (to *audience) includes(u *user, platforms []string) bool {
	all := to.ToAll != nil && *to.ToAll
	switch {
	case !all && len(to.Users) > 0:
		return slices.Contains(to.Users, u.id)
	case all:
		return u.reachable(platforms, "")
	case !u.reachable(platforms, to.PackageName):
		return false
	case len(to.TagItems) > 0:
		return matchItems(to.TagItems, u.tags)
	}
	return matchTags("AND", to.Tags, u.tags) && (len(to.TagsOr) == 0 || matchTags("OR", to.TagsOr, u.tags))
}

func (u *user) reachable(platforms []string, packageName string) bool {
	return len(u.devices) == 0 || slices.ContainsFunc(u.devices, func(d Device) bool {
		return slices.Contains(platforms, d.Platform) && (packageName == "" || d.PackageName == packageName)
	})
}

func matchTags(operator string, wanted, tags []string) bool {
	has := func(tag string) bool { return slices.Contains(tags, tag) }
	if operator == "OR" {
		return slices.ContainsFunc(wanted, has)
	}
	return !slices.ContainsFunc(wanted, func(tag string) bool { return !has(tag) })
}

// matchItems evaluates the items in order, without operator precedence.
func matchItems(items []tagItem, tags []string) bool {
	result := false
	for i, item := range items {
		one := matchTags(item.TagsOperator, item.Tags, tags) != item.IsNot
		switch {
		case i == 0:
			result = one
		case item.ItemsOperator == "OR":
			result = result || one
		default:
			result = result && one
		}
	}
	return result
}
