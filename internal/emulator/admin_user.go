package emulator

import (
	"encoding/json"
	"net/http"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

type userState struct {
	ID     string `json:"id"`
	Online bool   `json:"online"`
}

func (e *emulator) postConnect(r *http.Request) (any, error) {
	u := e.User(r.PathValue("id"))
	if err := u.Connect(); err != nil {
		return nil, fault(http.StatusConflict, "%v", err)
	}
	e.events.publish("user", userState{u.ID(), u.IsOnline()})
	return userState{u.ID(), u.IsOnline()}, nil
}

// known refuses a user who never could connect.
func known(u *rongcloudtest.User) error {
	if !u.IsOnline() && len(u.Tokens()) == 0 {
		return fault(http.StatusConflict, "%v", rongcloudtest.ErrNoToken)
	}
	return nil
}

func (e *emulator) postDisconnect(r *http.Request) (any, error) {
	u := e.User(r.PathValue("id"))
	if err := known(u); err != nil {
		return nil, err
	}
	u.Disconnect()
	e.events.publish("user", userState{u.ID(), u.IsOnline()})
	return userState{u.ID(), u.IsOnline()}, nil
}

// postSend lets a user's app send a message.
func (e *emulator) postSend(r *http.Request) (any, error) {
	var body struct {
		TargetID   string          `json:"targetId"`
		Type       string          `json:"conversationType"` // private, group, chatroom or ultraGroup; private without it
		ChannelID  string          `json:"channelId"`        // of an ultra group
		Text       string          `json:"text"`             // of a text message, or
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
	u := e.User(r.PathValue("id"))
	var uid string
	var err error
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
	e.events.publish("user", userState{r.PathValue("id"), true})
	return nil, nil //nolint:nilnil // an empty object
}

func (e *emulator) deleteJoin(r *http.Request) (any, error) {
	if err := known(e.User(r.PathValue("id"))); err != nil {
		return nil, err
	}
	e.User(r.PathValue("id")).LeaveChatroom(r.PathValue("room"))
	e.events.publish("user", userState{r.PathValue("id"), e.User(r.PathValue("id")).IsOnline()})
	return nil, nil //nolint:nilnil // an empty object
}
