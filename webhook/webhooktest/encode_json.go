package webhooktest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/internal/channeltype"
)

// object returns the JSON object of one event, with the names and types of the catalogue.
func (a App) object(e webhook.Event) (any, error) {
	switch e := e.(type) {
	case *webhook.MessageOperation:
		return operationObject(e), nil
	case *webhook.UserStatus:
		return struct {
			UserID    string `json:"userid"`
			Status    *int   `json:"status,string,omitempty"`
			OS        string `json:"os,omitempty"`
			Time      int64  `json:"time"`
			ClientIP  string `json:"clientIp"`
			SessionID string `json:"sessionId,omitempty"`
		}{e.UserID, fromZero(int(e.Status)), string(e.Platform), millis(e.OccurredAt), e.ClientIP, e.SessionID}, nil
	case *webhook.UserProfile:
		return profileObject(e)
	case *webhook.Friendship:
		return struct {
			Event    int    `json:"eventType"`
			UserID   string `json:"userId"`
			ToUserID string `json:"toUserId"`
			Time     int64  `json:"time"`
			Source   string `json:"source,omitempty"`
			Extra    string `json:"extra,omitempty"`
		}{int(e.Event), e.UserID, e.ToUserID, millis(e.OccurredAt), string(e.Platform), e.Extra}, nil
	case *webhook.ChatroomStatus:
		return struct {
			ChatroomID string   `json:"chatRoomId"`
			UserIDs    []string `json:"userIds"`
			Status     int      `json:"status"` // a call by default
			Type       *int     `json:"type,omitempty"`
			Time       int64    `json:"time"`
		}{e.ChatroomID, append([]string{}, e.UserIDs...), max(int(e.Cause)-1, 0), fromZero(int(e.Event)), millis(e.OccurredAt)}, nil
	case *webhook.ChatroomEntry:
		return struct {
			ChatroomID string `json:"chatroomId"`
			Key        string `json:"key"`
			Value      string `json:"value,omitempty"`
			Operation  int    `json:"optType"`
			UserID     string `json:"userId,omitempty"`
			Status     int    `json:"status,omitempty"`
			Time       int64  `json:"timestamp"`
			Version    int64  `json:"version,omitempty"`
		}{e.ChatroomID, e.Key, e.Value, int(e.Event), e.UserID, e.Status, millis(e.OccurredAt), e.Version}, nil
	case *webhook.HostedGroupProfile:
		return groupProfileObject(e), nil
	case *webhook.HostedGroupOperation:
		return struct {
			GroupID   string   `json:"groupId"`
			Event     int      `json:"eventType"`
			Time      int64    `json:"time"`
			Operators any      `json:"optUserId,omitempty"`
			UserIDs   []string `json:"userIds,omitempty"`
		}{e.GroupID, int(e.Event), millis(e.OccurredAt), operators(e), e.UserIDs}, nil
	case *webhook.MessageAudit:
		return a.auditObject(e)
	case *webhook.HostedInfoAudit:
		return hostedObject(e), nil
	case *webhook.BotEvent:
		type bot struct {
			UserID      string            `json:"userId"`
			Name        string            `json:"name"`
			PortraitURL string            `json:"profileUrl"`
			Type        string            `json:"type"`
			Metadata    map[string]string `json:"metadata"`
		}
		return struct {
			Type string          `json:"type"`
			Time int64           `json:"timestamp"`
			Bot  bot             `json:"bot"`
			Data json.RawMessage `json:"data"`
		}{string(e.Type), millis(e.OccurredAt), bot(e.Bot), e.Data}, nil
	}
	if object := a.rtcObject(e); object != nil {
		return object, nil
	}
	return nil, fmt.Errorf("webhooktest: no encoding for %v", e.Kind())
}

// operators returns one user as text, and several as a list.
func operators(e *webhook.HostedGroupOperation) any {
	if len(e.OperatorIDs) > 1 || strings.Contains(e.OperatorID, ",") {
		return e.OperatorIDs
	}
	if e.OperatorID == "" {
		return nil
	}
	return e.OperatorID
}

func operationObject(e *webhook.MessageOperation) any {
	type conversation struct {
		Type    rongcloud.ConversationType `json:"conversationType"`
		Target  string                     `json:"targetId"`
		Channel string                     `json:"busChannel,omitempty"`
	}
	type original struct {
		UID  string `json:"messageId"`
		Time int64  `json:"messageTime"`
	}
	type recall struct {
		Delete int    `json:"isDelete"`
		Admin  int    `json:"isAdmin"`
		Extra  string `json:"extra,omitempty"`
	}
	type deletion struct {
		Type  int   `json:"deleteType"`
		Until int64 `json:"msgTimestamp,omitempty"`
	}
	object := struct {
		Event        int          `json:"eventType"`
		From         string       `json:"fromUserId"`
		Time         int64        `json:"optTime"`
		Source       string       `json:"source"`
		Conversation conversation `json:"conversationInfo"`
		Original     original     `json:"originalMsgInfo"`
		Recall       *recall      `json:"recallMsgInfo,omitempty"`
		Deletion     *deletion    `json:"deleteMsgInfo,omitempty"`
	}{
		Event: int(e.Type), From: e.OperatorID, Time: millis(e.OccurredAt), Source: string(e.Platform),
		Conversation: conversation{e.ConversationType, e.TargetID, e.ChannelID},
		Original:     original{e.MessageUID, millis(e.MessageSentAt)},
	}
	switch e.Type {
	case webhook.MessageOperationRecall:
		object.Recall = &recall{number(e.Delete), number(e.Admin), e.Extra}
	case webhook.MessageOperationDelete:
		object.Deletion = &deletion{int(e.DeleteType), millis(e.DeleteUntil)}
	}
	return object
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func profileObject(e *webhook.UserProfile) (any, error) {
	object := struct {
		UserID     string `json:"userId"`
		Type       *int   `json:"type,omitempty"`
		Time       int64  `json:"time"`
		Profile    string `json:"userProfile,omitempty"`
		Attributes string `json:"userExtProfile,omitempty"`
	}{UserID: e.UserID, Type: fromZero(int(e.Event)), Time: millis(e.OccurredAt)}
	var err error
	if e.Profile != nil {
		if object.Profile, err = marshal(e.Profile); err != nil {
			return nil, err
		}
	}
	if e.Attributes != nil {
		object.Attributes, err = marshal(e.Attributes)
	}
	return object, err
}

func groupProfileObject(e *webhook.HostedGroupProfile) any {
	type profile struct {
		Introduction string `json:"introduction,omitempty"`
		Announcement string `json:"announcement,omitempty"`
		PortraitURL  string `json:"portraitUrl,omitempty"`
	}
	return struct {
		GroupID     string            `json:"groupId"`
		GroupName   string            `json:"groupName,omitempty"`
		Time        int64             `json:"time"`
		OperatorID  string            `json:"optUserId,omitempty"`
		Profile     profile           `json:"groupProfile,omitzero"`
		Attributes  map[string]string `json:"groupExtProfile,omitempty"`
		Permissions *permissions      `json:"permissions,omitempty"`
	}{
		e.GroupID, e.GroupName, millis(e.OccurredAt), e.OperatorID,
		profile{e.Introduction, e.Announcement, e.PortraitURL}, e.Attributes, permissionsObject(e.Permissions),
	}
}

type permissions struct {
	Join          *int `json:"joinPerm,omitempty"`
	Remove        *int `json:"removePerm,omitempty"`
	Invite        *int `json:"memInvitePerm,omitempty"`
	InviteConsent *int `json:"invitePerm,omitempty"`
	Profile       *int `json:"profilePerm,omitempty"`
	MemberProfile *int `json:"memProfilePerm,omitempty"`
}

func permissionsObject(p *rongcloud.HostedGroupPermissions) *permissions {
	if p == nil {
		return nil
	}
	return &permissions{
		fromZero(int(p.Join)), fromZero(int(p.Remove)), fromZero(int(p.Invite)), fromZero(int(p.InviteConsent)),
		fromZero(int(p.Profile)), fromZero(int(p.MemberProfile)),
	}
}

func (a App) auditObject(e *webhook.MessageAudit) (any, error) {
	content, err := marshal(struct {
		AppKey           string          `json:"appKey"`
		FromUserID       string          `json:"fromUserId"`
		TargetID         string          `json:"targetId"`
		ToUserIDs        string          `json:"toUserIds,omitempty"`
		ConversationType string          `json:"conversationType"`
		ObjectName       string          `json:"objectName"`
		Message          string          `json:"message"`
		Expansion        json.RawMessage `json:"extraContent,omitempty"`
		OS               string          `json:"clientOs"`
		Time             int64           `json:"messageTime"`
		MessageUID       string          `json:"messageId"`
	}{
		a.Key, e.From, e.TargetID, strings.Join(e.ToUserIDs, ","), channeltype.Name(e.ConversationType), e.ObjectName, e.Body, e.Expansion,
		string(e.Platform), millis(e.SentAt), e.MessageUID,
	})
	return struct {
		Result   int    `json:"result"`
		Content  string `json:"content"`
		UID      string `json:"msgUID"`
		Provider string `json:"serviceProvider"`
		Detail   string `json:"resultDetail"`
	}{int(e.Result), content, e.MessageUID, e.Provider, string(e.Detail)}, err
}

func hostedObject(e *webhook.HostedInfoAudit) any {
	type text struct {
		Key     string `json:"key"`
		Content string `json:"content"`
		Passed  bool   `json:"result"`
	}
	contents := make([]text, len(e.Contents))
	for i, c := range e.Contents {
		contents[i] = text(c)
	}
	return struct {
		Event      int    `json:"eventType"`
		Passed     bool   `json:"result"`
		Time       int64  `json:"time"`
		OperatorID string `json:"optUserId,omitempty"`
		GroupID    string `json:"targetGroupId,omitempty"`
		UserID     string `json:"targetUserId,omitempty"`
		Contents   []text `json:"contents"`
	}{int(e.Type), e.Passed, millis(e.OccurredAt), e.OperatorID, e.GroupID, e.UserID, contents}
}

// fromZero returns the wire value, which begins at 0; nil if it was not set.
func fromZero(value int) *int {
	if value <= 0 {
		return nil
	}
	return rongcloud.Ptr(value - 1)
}
