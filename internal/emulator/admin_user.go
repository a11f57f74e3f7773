package emulator

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

type userState struct {
	ID        string             `json:"id"`
	Online    bool               `json:"online"`
	Platforms []webhook.Platform `json:"platforms,omitempty"` // of the devices online
}

func (e *emulator) showUser(id string) userState {
	platforms := e.User(id).Platforms()
	return userState{id, len(platforms) > 0, platforms}
}

// platforms are the platforms of users' devices.
var platforms = []webhook.Platform{
	webhook.PlatformIOS, webhook.PlatformAndroid, webhook.PlatformHarmonyOS, webhook.PlatformWeb, webhook.PlatformPC, webhook.PlatformMiniProgram,
}

func checkPlatform(name webhook.Platform) error {
	if !slices.Contains(platforms, name) {
		return fault(http.StatusBadRequest, "platform: one of %v, not %q", platforms, name)
	}
	return nil
}

// actor returns the user that a request names, with ?platform=iOS on that device.
func (e *emulator) actor(r *http.Request) (*rongcloudtest.User, error) {
	u := e.User(r.PathValue("id"))
	if !r.URL.Query().Has("platform") {
		return u, nil
	}
	platform := webhook.Platform(r.URL.Query().Get("platform"))
	return u.On(platform), checkPlatform(platform)
}

func (e *emulator) postConnect(r *http.Request) (any, error) {
	u, err := e.actor(r)
	if err != nil {
		return nil, err
	}
	if err := u.Connect(); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	return e.changedUser(u)
}

// changedUser notifies watchers that a user came online or went offline, and returns the user's
// state.
func (e *emulator) changedUser(u *rongcloudtest.User) (any, error) {
	now := e.showUser(u.ID())
	e.events.publish("user", now)
	return now, nil
}

// checkKnown refuses a user who could never have connected.
func checkKnown(u *rongcloudtest.User) error {
	if !u.IsOnline() && len(u.Tokens()) == 0 {
		return fault(http.StatusConflict, "%v", rongcloudtest.ErrNoToken)
	}
	return nil
}

func (e *emulator) postDisconnect(r *http.Request) (any, error) {
	u, err := e.actor(r)
	if err != nil {
		return nil, err
	}
	if err := checkKnown(e.User(u.ID())); err != nil {
		return nil, err
	}
	u.Disconnect()
	return e.changedUser(u)
}

// postSend lets a user's app send a message.
func (e *emulator) postSend(r *http.Request) (any, error) {
	var body struct {
		TargetID string `json:"targetId"`
		// private (the default), group, chatroom or ultraGroup
		Type       string          `json:"conversationType"`
		ChannelID  string          `json:"channelId"` // of an ultra group
		Text       string          `json:"text"`      // of a text message; otherwise
		ObjectName string          `json:"objectName"`
		Content    json.RawMessage `json:"content"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	var content rongcloud.MessageContent = rongcloud.TextMessage{Content: body.Text}
	if body.ObjectName != "" {
		content = rongcloud.RawContent{Name: body.ObjectName, Body: string(body.Content)}
	}
	u, err := e.actor(r)
	if err != nil {
		return nil, err
	}
	var uid string
	switch body.Type {
	case "", "private":
		uid, err = u.SendPrivate(body.TargetID, content)
	case "group":
		uid, err = u.SendGroup(body.TargetID, content)
	case "chatroom":
		uid, err = u.SendChatroom(body.TargetID, content)
	case "ultraGroup":
		uid, err = u.SendUltraGroup(rongcloudtest.Channel{GroupID: body.TargetID, ChannelID: body.ChannelID}, content)
	default:
		return nil, fault(http.StatusBadRequest, "conversationType: private, group, chatroom or ultraGroup, not %q", body.Type)
	}
	e.publishMessages(uid)
	if err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	return struct {
		MessageUID string `json:"messageUID"`
	}{uid}, nil
}

func (e *emulator) postJoin(r *http.Request) (any, error) {
	if err := e.User(r.PathValue("id")).JoinChatroom(r.PathValue("room")); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	e.events.publish("user", e.showUser(r.PathValue("id")))
	return nil, nil //nolint:nilnil // an empty object
}

func (e *emulator) deleteJoin(r *http.Request) (any, error) {
	if err := checkKnown(e.User(r.PathValue("id"))); err != nil {
		return nil, err
	}
	e.User(r.PathValue("id")).LeaveChatroom(r.PathValue("room"))
	e.events.publish("user", e.showUser(r.PathValue("id")))
	return nil, nil //nolint:nilnil // an empty object
}
