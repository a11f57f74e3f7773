package rongcloud

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// PushService sends push notifications to devices. Devices that have not connected for 30 days get none.
//
// A push is unsafe to repeat: after [ErrOutcomeUnknown] its receivers may or may not have got it, so it is tried again by the
// SDK only if the server cannot have carried it out.
type PushService service

// PushPlatform is a system of devices.
type PushPlatform string

// The systems that a push can be limited to. No value for HarmonyOS is confirmed.
const (
	PlatformIOS     PushPlatform = "ios"
	PlatformAndroid PushPlatform = "android"
)

// Push is a push, with or without a message; see [PushService.Send].
type Push struct {
	Platforms    []PushPlatform // required; an audience of AudienceUsers needs none and ignores them
	Audience     PushAudience
	Notification PushNotification
	Message      *PushMessage // goes to the system conversation; nil for a push that nothing is stored of
}

// PushMessage is the message that a push brings to its receivers, those on the web too.
type PushMessage struct {
	From                     string         // sender; required. Must have been given a token
	Content                  MessageContent // at most 128 KB of JSON
	DisableUpdateLastMessage bool           // clients do not make it the last message of the conversation; for stored messages
}

// UserPush is a push to single users; see [PushService.SendToUsers].
type UserPush struct {
	UserIDs      []string // at most 100
	Notification UserPushNotification
}

// CustomPush is a push of the service Push Plus; see [PushService.SendCustom].
type CustomPush struct {
	Platforms    []PushPlatform // required
	Audience     CustomPushAudience
	Notification CustomPushNotification
}

// PushResult names a push that was sent.
type PushResult struct {
	ID         string `json:"id"`         // of the push; older servers may leave it out for SendToUsers
	MessageUID string `json:"messageUID"` // of the message, when there was one
}

// Send pushes to all users, to users chosen by tag or ID, or to the users of an app package. With a Message it also
// brings that to the system conversation of each.
//
// The quota is 2 calls per hour and 3 per calendar day, which all uses of this method share, and perhaps
// [MessageService.Broadcast] with them. Pushes by tag are worked off at 1500 per second. A push by package does not reach
// web users. The service must be enabled, else the call ends with [CodeServiceNotEnabled]; [CodeTooManyUsers] means
// that the app has more than 100 users without a paid plan.
//
// The call fails with [ErrOutcomeUnknown] if the push may have been sent all the same: do not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/send-push-by-tag
//
//rongcloud:endpoint POST /push.json
func (s *PushService) Send(ctx context.Context, push Push, opts ...CallOption) (*PushResult, error) {
	type request struct {
		Platforms    []PushPlatform   `wire:"platform"`
		From         string           `wire:"fromuserid"`
		Audience     audienceBody     `wire:"audience"`
		Message      json.RawMessage  `wire:"message"`
		Notification notificationBody `wire:"notification"`
	}
	r := request{Platforms: push.Platforms}
	if _, ok := push.Audience.(AudienceUsers); ok && len(r.Platforms) == 0 {
		r.Platforms = []PushPlatform{PlatformIOS, PlatformAndroid} // required, and ignored
	}
	var err error
	if r.Audience, err = audienceOf(push.Audience); err != nil {
		return nil, err
	}
	if r.Notification, err = push.Notification.body(); err != nil {
		return nil, err
	}
	if push.Message != nil {
		r.From = push.Message.From
		if r.Message, err = push.Message.body(); err != nil {
			return nil, err
		}
	}
	return fetch[PushResult](ctx, s.client, endpoint.Push, &r, opts)
}

func (m *PushMessage) body() (json.RawMessage, error) {
	switch {
	case m.From == "":
		return nil, refuse("fromuserid", "is required with a message")
	case m.Content == nil:
		return nil, refuse("content", "is required")
	}
	e := newEncoder(endpoint.Push)
	defer e.release()
	e.buf = append(e.buf, '{')
	if err := e.content(m.Content); err != nil {
		return nil, err
	}
	if m.DisableUpdateLastMessage {
		e.key("disableUpdateLastMsg")
		e.buf = append(e.buf, "true"...)
	}
	e.buf = append(e.buf, '}')
	return slices.Clone(e.buf), nil
}

// SendToUsers pushes to up to 100 users. Nothing is stored, and the push shows even while the app is in front. The quota is 100
// users per second, so that one such call can use it up. [PushService.Send] reaches more users at a time, but seldom.
//
// The call fails with [ErrOutcomeUnknown] if the push may have been sent all the same: do not blindly send it again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/system/send-push-by-user
//
//rongcloud:endpoint POST /push/user.json
func (s *PushService) SendToUsers(ctx context.Context, push UserPush, opts ...CallOption) (*PushResult, error) {
	type request struct {
		UserIDs      []string         `wire:"userIds"`
		Notification notificationBody `wire:"notification"`
	}
	body, err := push.Notification.body()
	if err != nil {
		return nil, err
	}
	return fetch[PushResult](ctx, s.client, endpoint.PushUser, &request{push.UserIDs, body}, opts)
}

// SendCustom pushes, by the service Push Plus, to all users, to users chosen by their tags, or to the users of an app
// package. Nothing is stored. The service is paid for in production and free in the development environment.
//
// The quota is 20 calls per hour and 100 per calendar day. [CodeServiceNotEnabled] probably means that the app does not have
// the service, and [CodeTooManyUsers] that it has more than 100 users without a paid plan.
//
// The call fails with [ErrOutcomeUnknown] if the push may have been sent all the same: do not blindly send it again.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/push/push-plus
//
//rongcloud:endpoint POST /push/custom.json
func (s *PushService) SendCustom(ctx context.Context, push CustomPush, opts ...CallOption) (*PushResult, error) {
	type request struct {
		Platforms    []PushPlatform   `wire:"platform"`
		Audience     audienceBody     `wire:"audience"`
		Notification notificationBody `wire:"notification"`
	}
	r := request{Platforms: push.Platforms}
	var err error
	if r.Audience, err = audienceOf(push.Audience); err != nil {
		return nil, err
	}
	if r.Notification, err = push.Notification.body(); err != nil {
		return nil, err
	}
	return fetch[PushResult](ctx, s.client, endpoint.PushCustom, &r, opts)
}
