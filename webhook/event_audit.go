package webhook

import (
	"encoding/json"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// AuditResult is a verdict of the moderation service.
type AuditResult int

// The verdicts.
const (
	AuditResultPassed  AuditResult = 10000
	AuditResultRefused AuditResult = 10001
)

// String names the verdict in English.
func (r AuditResult) String() string {
	return nameOf("AuditResult", int(r), int(AuditResultPassed), "passed", "refused")
}

// MessageAudit is the verdict of RongCloud's moderation service on one message.
//
// Repeats have the same MessageUID.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/audit-result
type MessageAudit struct {
	Envelope

	Result     AuditResult     // result
	MessageUID string          // msgUID, or content.messageId
	Provider   string          // serviceProvider: who moderated
	Detail     json.RawMessage // resultDetail: the provider's own report
	From       string          // content.fromUserId
	TargetID   string          // content.targetId
	// content.toUserIds: recipients of a message directed at some members of a group
	ToUserIDs []string
	// content.conversationType; 0 for what [rongcloud.ConversationType] does not have
	ConversationType rongcloud.ConversationType
	ObjectName       string // content.objectName
	// content.message: the body, JSON text; see [MessageAudit.Content]
	Body string
	// content.extraContent: data attached to the message, as received
	Expansion json.RawMessage
	Platform  Platform  // content.clientOs
	SentAt    time.Time // content.messageTime
}

// Kind returns [KindMessageAudit].
func (*MessageAudit) Kind() Kind { return KindMessageAudit }

// Content decodes the body, like [Message.Content].
func (a *MessageAudit) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(a.ObjectName, []byte(a.Body))
}

// Texts returns all texts of the message, like [Message.Texts], and the texts of its expansion.
func (a *MessageAudit) Texts() ([]string, error) {
	return textsOf(a.ObjectName, a.Body, string(a.Expansion))
}

func (a *MessageAudit) key() string {
	return conversationKey(a.ConversationType, a.From, a.TargetID, "")
}

func readMessageAudit(f *fields) Event {
	content, _ := f.sub("content")
	a := &MessageAudit{
		Envelope:         Envelope{AppKey: content.text("appKey")},
		Result:           AuditResult(f.integer("result")),
		MessageUID:       f.text("msgUID"),
		Provider:         f.text("serviceProvider"),
		Detail:           f.json("resultDetail"),
		From:             content.text("fromUserId"),
		TargetID:         content.text("targetId"),
		ToUserIDs:        content.list("toUserIds"),
		ConversationType: content.conversationType("conversationType"),
		ObjectName:       content.text("objectName"),
		Body:             content.text("message"),
		Expansion:        content.json("extraContent"),
		Platform:         Platform(content.text("clientOs")),
		SentAt:           content.time("messageTime"),
	}
	if a.MessageUID == "" {
		a.MessageUID = content.required("messageId")
	}
	f.join("content", content)
	return a
}

// HostedInfoType is what kind of hosted data was moderated.
type HostedInfoType int

// The kinds of hosted data.
const (
	HostedInfoGroup       HostedInfoType = 1
	HostedInfoGroupMember HostedInfoType = 2
	HostedInfoUserProfile HostedInfoType = 3
	HostedInfoFriend      HostedInfoType = 4
)

// String names the kind in English.
func (i HostedInfoType) String() string {
	return nameOf("HostedInfoType", int(i), 1, "group", "group member", "user profile", "friend")
}

// AuditedText is one text of a [HostedInfoAudit].
type AuditedText struct {
	Key     string // key: the field
	Content string // content: its text
	Passed  bool   // result
}

// HostedInfoAudit is the verdict of RongCloud's moderation service on the data of a hosted
// group, a group member, a user or a friend.
//
// Repeats have the same Type, OperatorID, GroupID, UserID and OccurredAt.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/moderation/hosted-info-moderation-result
type HostedInfoAudit struct {
	Envelope

	Type       HostedInfoType // eventType
	Passed     bool           // result
	OccurredAt time.Time      // time
	// optUserId: who made the change; with HostedInfoUserProfile the user whose data it is;
	// otherwise it may be missing
	OperatorID string
	GroupID    string        // targetGroupId; with HostedInfoGroup and HostedInfoGroupMember
	UserID     string        // targetUserId; with HostedInfoGroupMember and HostedInfoFriend
	Contents   []AuditedText // contents
}

// Kind returns [KindHostedInfoAudit].
func (*HostedInfoAudit) Kind() Kind { return KindHostedInfoAudit }

func (a *HostedInfoAudit) key() string { return joinKey("hosted", a.GroupID, a.UserID, a.OperatorID) }

func readHostedInfoAudit(f *fields) Event {
	a := &HostedInfoAudit{
		Type:       HostedInfoType(f.integer("eventType")),
		Passed:     f.flag("result"),
		OccurredAt: f.time("time"),
		OperatorID: first(f.list("optUserId")),
		GroupID:    f.text("targetGroupId"),
		UserID:     f.text("targetUserId"),
	}
	if f.text("result") == "" {
		f.fail("result", "is missing")
	}
	contents := f.text("contents")
	if contents == "" {
		return a
	}
	err := splitItems([]byte(contents), func(text *fields, _ []byte) error {
		a.Contents = append(a.Contents, AuditedText{Key: text.text("key"), Content: text.text("content"), Passed: text.flag("result")})
		return text.err
	})
	if err != nil {
		f.fail("contents", "are "+err.Error())
	}
	return a
}
