package rongcloud

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// PushService sends push notifications to devices. Devices that have not connected for 30 days do
// not get any.
//
// A push is unsafe to repeat: after [ErrOutcomeUnknown] its recipients may or may not have got it,
// so the SDK retries it only if the server cannot have carried it out.
type PushService service

// PushPlatform is an operating system of devices.
type PushPlatform string

// The systems that a push can be limited to. No value for HarmonyOS is confirmed.
const (
	PushPlatformIOS     PushPlatform = "ios"
	PushPlatformAndroid PushPlatform = "android"
)

// Push is a push notification, with or without a message; see [PushService.Send].
type Push struct {
	Platforms    []PushPlatform // required, but ignored for an audience of AudienceUsers
	Audience     PushAudience
	Notification PushNotification
	Message      *PushMessage // goes to the system conversation; if nil, nothing is stored
}

// PushMessage is the message that a push delivers to its recipients, including web users.
type PushMessage struct {
	// Sender; required; must have a token.
	From string
	// At most 128 KB of JSON.
	Content MessageContent
	// Whether clients keep showing the previous last message of the conversation; for stored
	// messages.
	DisableUpdateLastMessage bool
}

// UserPush is a push to individual users; see [PushService.SendToUsers].
type UserPush struct {
	UserIDs      []string // at most 100
	Notification UserPushNotification
}

// CustomPush is a push through the Push Plus service; see [PushService.SendCustom].
type CustomPush struct {
	Platforms    []PushPlatform // required
	Audience     CustomPushAudience
	Notification CustomPushNotification
}

// PushAudience says who gets a push of [PushService.Send]: [AudienceAll], [AudienceUsers],
// [AudienceTags] or [AudiencePackage].
type PushAudience interface{ pushAudience() }

// CustomPushAudience says who gets a push of [PushService.SendCustom]: [AudienceAll],
// [AudienceTags], [AudienceTagLogic] or [AudiencePackage].
type CustomPushAudience interface{ customPushAudience() }

// AudienceAll is everybody on the push's platforms.
type AudienceAll struct{}

// AudienceUsers are up to 1000 users, by ID, on any platform.
type AudienceUsers []string

// AudienceTags are the users with certain tags; see [UserTagService]. All or Any may be omitted,
// but not both.
type AudienceTags struct {
	All     []string // the user has all of these tags, at most 20
	Any     []string // the user has at least one of these tags, at most 20
	Package string   // the user also has this app package; any if empty
}

// AudiencePackage is everybody who uses an app package, such as com.example.app. Web users are not
// reached.
type AudiencePackage string

// AudienceTagLogic are the users whose tags satisfy a list of conditions, which are applied in
// order.
type AudienceTagLogic struct {
	Conditions []TagCondition
	Package    string // the user also has this app package; any if empty
}

// TagCondition is one condition of an [AudienceTagLogic].
type TagCondition struct {
	Tags     []string
	Operator TagOperator // between the Tags; may be omitted for a single one
	Not      bool        // negate the condition
	Join     TagOperator // joins it to the result of the previous conditions; ignored for the first
}

// TagOperator joins tags or conditions.
type TagOperator string

// The operators between tags and between conditions.
const (
	TagOperatorAnd TagOperator = "AND"
	TagOperatorOr  TagOperator = "OR"
)

func (AudienceAll) pushAudience()     {}
func (AudienceUsers) pushAudience()   {}
func (AudienceTags) pushAudience()    {}
func (AudiencePackage) pushAudience() {}

func (AudienceAll) customPushAudience()      {}
func (AudienceTags) customPushAudience()     {}
func (AudienceTagLogic) customPushAudience() {}
func (AudiencePackage) customPushAudience()  {}

// PushResult identifies a push that was sent.
type PushResult struct {
	ID         string `json:"id"`         // of the push; for SendToUsers not all sources mention it
	MessageUID string `json:"messageUID"` // of the message, if there was one
}

// audienceBody is an audience as encoded in a push.
type audienceBody struct {
	Tags     []string      `json:"tag,omitempty"`
	TagsOr   []string      `json:"tag_or,omitempty"`
	TagItems []tagItemBody `json:"tagItems,omitempty"`
	UserIDs  []string      `json:"userid,omitempty"`
	Package  string        `json:"packageName,omitempty"`
	All      bool          `json:"is_to_all"`
}

type tagItemBody struct {
	Tags     []string    `json:"tags"`
	Not      bool        `json:"isNot"`
	Operator TagOperator `json:"tagsOperator"`
	Join     TagOperator `json:"itemsOperator"`
}

// Send pushes to all users, to users selected by tag or ID, or to the users of an app package. It
// also delivers the Message, if any, to the system conversation of each user.
//
// The quota is 2 calls per hour and 3 per calendar day, shared by all uses of this method and
// perhaps by [MessageBroadcastService.SendToAll]. Pushes by tag are processed at 1500 per second. A
// push by package does not reach web users. The service must be enabled, or the call fails with
// [CodeServiceNotEnabled]; [CodeTooManyUsers] means that the app has more than 100 users without a
// paid plan.
//
// The call fails with [ErrOutcomeUnknown] if the push may have been sent anyway: do not blindly
// send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/send-push-by-tag
//
//rongcloud:endpoint POST /push.json
func (s *PushService) Send(ctx context.Context, push Push, opts ...CallOption) (*PushResult, error) {
	type request struct {
		_ [0]Push

		Platforms    []PushPlatform   `wire:"platform"`
		From         string           `wire:"fromuserid"`
		Audience     audienceBody     `wire:"audience"`
		Message      json.RawMessage  `wire:"message"`
		Notification notificationBody `wire:"notification"`
	}
	r := request{Platforms: push.Platforms}
	if _, ok := push.Audience.(AudienceUsers); ok && len(r.Platforms) == 0 {
		r.Platforms = []PushPlatform{PushPlatformIOS, PushPlatformAndroid} // required, and ignored
	}
	var err error
	if r.Audience, err = audienceOf(push.Audience); err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.Push, (*request)(nil)), opts)
	}
	if r.Notification, err = push.Notification.body(); err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.Push, (*request)(nil)), opts)
	}
	if push.Message != nil {
		r.From = push.Message.From
		if r.Message, err = push.Message.body(); err != nil {
			return nil, refused(ctx, s.client, inParams(err, endpoint.Push, (*request)(nil)), opts)
		}
	}
	return fetch[PushResult](ctx, s.client, endpoint.Push, &r, opts)
}

func (m *PushMessage) body() (json.RawMessage, error) {
	switch {
	case m.From == "":
		return nil, refuseField(endpoint.Push, "PushMessage.From", "fromuserid", "is required")
	case m.Content == nil:
		return nil, refuseField(endpoint.Push, "PushMessage.Content", "content", "is required")
	}
	e := requests.Encoder(endpoint.Push)
	defer e.Release()
	e.Buf = append(e.Buf, '{')
	if err := writeContent(e, m.Content, true); err != nil {
		return nil, inCall(err, endpoint.Push, "PushMessage.Content")
	}
	if m.DisableUpdateLastMessage {
		e.Key("disableUpdateLastMsg")
		e.Buf = append(e.Buf, "true"...)
	}
	e.Buf = append(e.Buf, '}')
	return slices.Clone(e.Buf), nil
}

// SendToUsers pushes to up to 100 users. Nothing is stored, and the push shows even while the app
// is in the foreground. The quota is 100 users per second, so a single call can use it up.
// [PushService.Send] reaches more users at a time, but may be called less often.
//
// The call fails with [ErrOutcomeUnknown] if the push may have been sent anyway: do not blindly
// send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/send-push-by-user
//
//rongcloud:endpoint POST /push/user.json
func (s *PushService) SendToUsers(ctx context.Context, push UserPush, opts ...CallOption) (*PushResult, error) {
	type request struct {
		_ [0]UserPush

		UserIDs      []string         `wire:"userIds"`
		Notification notificationBody `wire:"notification"`
	}
	body, err := push.Notification.body()
	if err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.PushUser, (*request)(nil)), opts)
	}
	return fetch[PushResult](ctx, s.client, endpoint.PushUser, &request{UserIDs: push.UserIDs, Notification: body}, opts)
}

// SendCustom pushes, through the Push Plus service, to all users, to users selected by their tags,
// or to the users of an app package. Nothing is stored. The service costs extra in production and
// is free in the development environment.
//
// The quota is 20 calls per hour and 100 per calendar day. [CodeServiceNotEnabled] probably means
// that the service is not enabled for the app, and [CodeTooManyUsers] that the app has more than
// 100 users without a paid plan.
//
// The call fails with [ErrOutcomeUnknown] if the push may have been sent anyway: do not blindly
// send it again.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/push/push-plus
//
//rongcloud:endpoint POST /push/custom.json
func (s *PushService) SendCustom(ctx context.Context, push CustomPush, opts ...CallOption) (*PushResult, error) {
	type request struct {
		_ [0]CustomPush

		Platforms    []PushPlatform   `wire:"platform"`
		Audience     audienceBody     `wire:"audience"`
		Notification notificationBody `wire:"notification"`
	}
	r := request{Platforms: push.Platforms}
	var err error
	if r.Audience, err = audienceOf(push.Audience); err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.PushCustom, (*request)(nil)), opts)
	}
	if r.Notification, err = push.Notification.body(); err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.PushCustom, (*request)(nil)), opts)
	}
	return fetch[PushResult](ctx, s.client, endpoint.PushCustom, &r, opts)
}

const (
	maxAudienceUsers = 1000
	maxAudienceTags  = 20
)

// audienceOf encodes an audience. It refuses one that selects nobody.
func audienceOf(audience any) (body audienceBody, err error) {
	switch a := audience.(type) {
	case nil:
		err = refuseWire("audience", "is required")
	case AudienceAll:
		body.All = true
	case AudienceUsers:
		body.UserIDs = a
		if err = checkAudience("users", a, maxAudienceUsers); err == nil && len(a) == 0 {
			err = refuseWire("audience", "no users are given")
		}
	case AudienceTags:
		body.Tags, body.TagsOr, body.Package = a.All, a.Any, a.Package
		if err = checkAudience("All", a.All, maxAudienceTags); err == nil {
			err = checkAudience("Any", a.Any, maxAudienceTags)
		}
		if err == nil && len(a.All)+len(a.Any) == 0 {
			err = refuseWire("audience", "All or Any is required: no tags are given")
		}
	case AudiencePackage:
		body.Package = string(a)
		if a == "" {
			err = refuseWire("audience", "the package is required")
		}
	case AudienceTagLogic:
		body.Package = a.Package
		body.TagItems, err = tagItems(a.Conditions)
	default: // a pointer, or a struct around one of the types
		err = refuseWire("audience", "is a %T, which is not one of the audience types", audience)
	}
	return body, err
}

func checkAudience(key string, items []string, most int) error {
	if len(items) > most {
		return refuseWire("audience", "%s: %d items, at most %d are allowed", key, len(items), most)
	}
	for i, item := range items {
		if item == "" {
			return refuseWire("audience", "%s: item %d is empty", key, i+1)
		}
	}
	return nil
}

func tagItems(conditions []TagCondition) ([]tagItemBody, error) {
	if len(conditions) == 0 {
		return nil, refuseWire("audience", "Items is required: there are no conditions")
	}
	items := make([]tagItemBody, len(conditions))
	for i, c := range conditions {
		if c.Operator == "" && len(c.Tags) == 1 {
			c.Operator = TagOperatorAnd // not used for a single tag
		}
		if c.Join == "" && i == 0 {
			c.Join = TagOperatorAnd // not used for the first item
		}
		switch {
		case len(c.Tags) == 0:
			return nil, refuseWire("audience", "Items: item %d has no Tags", i+1)
		case c.Operator == "":
			return nil, refuseWire("audience", "Items: item %d lacks the Operator between its tags", i+1)
		case c.Join == "":
			return nil, refuseWire("audience", "Items: item %d lacks Join, which joins it to the previous item", i+1)
		case slices.Contains(c.Tags, ""):
			return nil, refuseWire("audience", "Items: item %d has an empty tag", i+1)
		}
		items[i] = tagItemBody{c.Tags, c.Not, c.Operator, c.Join}
	}
	return items, nil
}
