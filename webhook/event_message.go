package webhook

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// SensitiveType says whether a message contained a sensitive word.
type SensitiveType int

// The values of [SensitiveType].
const (
	SensitiveNone     SensitiveType = 0 // no sensitive word
	SensitiveBlocked  SensitiveType = 1 // a word that blocks the message; sent only if enabled
	SensitiveReplaced SensitiveType = 2 // a word that was replaced; the body has the replacement
)

// String names the value in English.
func (t SensitiveType) String() string {
	return nameOf("SensitiveType", int(t), 0, "none", "blocked", "replaced")
}

// Message is the copy of a message that was sent; recalls, receipts and commands are messages too.
// RongCloud calls it full message routing, or the callback after sending. Three sorts come only if
// enabled for your app: messages sent through the Server API, typing status, and messages blocked
// by a sensitive word. Broadcasts to all users never come. An edit or a change of the expansion in
// an ultra group comes as a message with OriginalMessageUID.
//
// Repeats have the same MessageUID.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/sync
type Message struct {
	Envelope

	From string // fromUserId: the sender
	// toUserId: the other user, the group, chat room or ultra group
	TargetID string
	// groupUserIds: recipients of a message directed at some members of a group
	ToUserIDs []string
	// channelType: the kind of conversation; 0 for what [rongcloud.ConversationType] does not have
	ConversationType rongcloud.ConversationType
	ChannelID        string // busChannel: channel of an ultra group
	ObjectName       string // objectName: the message type, such as RC:TxtMsg
	// content: the body, JSON text; see [Message.Content]
	Body       string
	MessageUID string // msgUID
	// originalMsgUID: the message that was edited, in an ultra group
	OriginalMessageUID string
	// msgTimestamp, or else timestamp: when the server accepted it
	SentAt        time.Time
	SensitiveType SensitiveType // sensitiveType
	Platform      Platform      // source: where it was sent from
	// clientIp: the sender's IP:port; undocumented, but observed
	ClientIP string
	// aiGenerated: made by AI; RongCloud sends it on request
	AIGenerated bool
}

// Kind returns [KindMessage].
func (*Message) Kind() Kind { return KindMessage }

// Content decodes the body: into a [rongcloud.TextMessage] and so on, or a [rongcloud.RawContent]
// for other types. A body that does not match its type is returned as a RawContent with the error.
func (m *Message) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
}

// Texts returns all texts of the message, decoded: see [rongcloud.DecodeTexts]. For a body that
// cannot be read it returns a [rongcloud.ErrUndecodable].
func (m *Message) Texts() ([]string, error) {
	return rongcloud.DecodeTexts(m.ObjectName, []byte(m.Body))
}

func (m *Message) key() string {
	return conversationKey(m.ConversationType, m.From, m.TargetID, m.ChannelID)
}

func readMessage(f *fields) Event {
	at := f.time("msgTimestamp")
	if at.IsZero() {
		at = f.time("timestamp")
	}
	return &Message{
		From:               f.text("fromUserId"),
		TargetID:           f.text("toUserId"),
		ToUserIDs:          f.list("groupUserIds"),
		ConversationType:   f.conversationType("channelType"),
		ChannelID:          f.text("busChannel"),
		ObjectName:         f.required("objectName"),
		Body:               f.text("content"),
		MessageUID:         f.required("msgUID"),
		OriginalMessageUID: f.text("originalMsgUID"),
		SentAt:             at,
		SensitiveType:      SensitiveType(f.integer("sensitiveType")),
		Platform:           Platform(f.text("source")),
		ClientIP:           f.text("clientIp"),
		AIGenerated:        f.flag("aiGenerated"),
	}
}

// PreMessage is a pre-delivery check: it asks whether to deliver a message, and a [Decision] is
// the response. RongCloud calls it the callback before sending, formerly template routing. The
// console sets for which messages RongCloud asks. It never asks about messages sent through the
// Server API unless that is enabled. It also asks about edits and changes of the expansion in
// ultra groups.
//
// Repeats have the same MessageUID.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/msgcb
type PreMessage struct {
	Envelope

	From string // fromUserId: the sender
	// targetId: the other user, the group, chat room or ultra group
	TargetID string
	// toUserIds: recipients of a message directed at some members of a group
	ToUserIDs []string
	// channelType: the kind of conversation; 0 for what [rongcloud.ConversationType] does not have
	ConversationType rongcloud.ConversationType
	ChannelID        string // busChannel: channel of an ultra group
	ObjectName       string // msgType: the message type, such as RC:TxtMsg
	// content: the body, JSON text; see [PreMessage.Content]
	Body       string
	MessageUID string // messageId
	// originalMsgUID: the message that is being edited, in an ultra group
	OriginalMessageUID string
	SentAt             time.Time         // msgTimeStamp: when the server accepted it
	PushContent        string            // pushContent: text of the push
	DisablePush        bool              // disablePush: no push
	PushOptionsText    string            // pushExt: settings of the push, JSON text
	Expandable         bool              // expansion: data can be attached to it
	Expansion          map[string]string // extraContent: data attached to it
	Platform           Platform          // os: where it was sent from
	ClientIP           string            // clientIp: the sender's address, IP:port
	// aiGenerated: made by AI; RongCloud sends it on request
	AIGenerated bool
}

// Kind returns [KindPreMessage].
func (*PreMessage) Kind() Kind { return KindPreMessage }

// Content decodes the body, as [Message.Content] does.
func (m *PreMessage) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
}

// Texts returns all texts of the message, decoded: those of its body as [rongcloud.DecodeTexts]
// finds them, of its push and of its expansion, even if that is not an object or has a key twice,
// which Expansion cannot hold. Moderate these texts: in Body they are escaped, and clients show
// more than one field of one type.
//
// For a body that cannot be read, it returns what it found and a [rongcloud.ErrUndecodable].
// Clients may still be able to show such a message, so do not allow it: return Block(text), err.
func (m *PreMessage) Texts() ([]string, error) {
	more := []string{m.PushContent, m.PushOptionsText, m.field("extraContent")}
	return textsOf(m.ObjectName, m.Body, append(more, slices.Sorted(maps.Values(m.Expansion))...)...)
}

// textsOf returns the texts of a body and of further fields, which are JSON or plain text.
func textsOf(objectName, body string, more ...string) ([]string, error) {
	texts, err := rongcloud.DecodeTexts(objectName, []byte(body))
	seen := map[string]bool{}
	for _, text := range texts {
		seen[text] = true
	}
	for _, field := range more {
		found, failed := rongcloud.DecodeTexts("", []byte(field))
		err = errors.Join(err, failed)
		for _, text := range found {
			if !seen[text] {
				seen[text] = true
				texts = append(texts, text)
			}
		}
	}
	return texts, err
}

// objectName is empty for a pre-delivery check that cannot be read.
func (m *PreMessage) objectName() string {
	if m == nil {
		return ""
	}
	return m.ObjectName
}

func (m *PreMessage) key() string {
	return conversationKey(m.ConversationType, m.From, m.TargetID, m.ChannelID)
}

func readPreMessage(f *fields) Event {
	return &PreMessage{
		Envelope:           Envelope{AppKey: f.text("appKey")},
		From:               f.text("fromUserId"),
		TargetID:           f.text("targetId"),
		ToUserIDs:          f.list("toUserIds"),
		ConversationType:   f.conversationType("channelType"),
		ChannelID:          f.text("busChannel"),
		ObjectName:         f.required("msgType"),
		Body:               f.text("content"),
		MessageUID:         f.required("messageId"),
		OriginalMessageUID: f.text("originalMsgUID"),
		SentAt:             f.time("msgTimeStamp"),
		PushContent:        f.text("pushContent"),
		DisablePush:        f.flag("disablePush"),
		PushOptionsText:    f.text("pushExt"),
		Expandable:         f.flag("expansion"),
		Expansion:          f.texts("extraContent"),
		Platform:           Platform(f.text("os")),
		ClientIP:           f.text("clientIp"),
		AIGenerated:        f.flag("aiGenerated"),
	}
}

// MessageOperationType is what was done to a message.
type MessageOperationType int

// The operations on messages.
const (
	MessageOperationRecall MessageOperationType = 1
	MessageOperationDelete MessageOperationType = 2
)

// String names the operation in English.
func (t MessageOperationType) String() string {
	return nameOf("MessageOperationType", int(t), 1, "recall", "delete")
}

// MessageDeleteType is how messages were deleted.
type MessageDeleteType int

// The ways to delete messages.
const (
	MessageDeleteSingle MessageDeleteType = 1 // one message
	MessageDeleteUntil  MessageDeleteType = 2 // everything up to a time
)

// String returns the way in words.
func (t MessageDeleteType) String() string {
	return nameOf("MessageDeleteType", int(t), 1, "single", "until")
}

// MessageOperation reports that messages were recalled or deleted. No accessible page of
// RongCloud's describes it; recalls also come as a [Message] of type RC:RcCmd.
//
// Repeats have the same Type, MessageUID and OccurredAt.
type MessageOperation struct {
	Envelope

	Type             MessageOperationType       // eventType
	OperatorID       string                     // fromUserId: who did it
	OccurredAt       time.Time                  // optTime
	Platform         Platform                   // source
	ConversationType rongcloud.ConversationType // conversationInfo.conversationType
	TargetID         string                     // conversationInfo.targetId
	// conversationInfo.busChannel: channel of an ultra group
	ChannelID     string
	MessageUID    string    // originalMsgInfo.messageId
	MessageSentAt time.Time // originalMsgInfo.messageTime

	// For a recall:
	Delete bool   // recallMsgInfo.isDelete: clients show no notice instead of the message
	Admin  bool   // recallMsgInfo.isAdmin
	Extra  string // recallMsgInfo.extra

	// For a deletion:
	DeleteType  MessageDeleteType // deleteMsgInfo.deleteType
	DeleteUntil time.Time         // deleteMsgInfo.msgTimestamp, with [MessageDeleteUntil]
}

// Kind returns [KindMessageOperation].
func (*MessageOperation) Kind() Kind { return KindMessageOperation }

func (m *MessageOperation) key() string {
	return conversationKey(m.ConversationType, m.OperatorID, m.TargetID, m.ChannelID)
}

func readMessageOperation(f *fields) Event {
	conversation, _ := f.sub("conversationInfo")
	original, _ := f.sub("originalMsgInfo")
	recall, _ := f.sub("recallMsgInfo")
	deletion, _ := f.sub("deleteMsgInfo")
	m := &MessageOperation{
		Type:             MessageOperationType(f.integer("eventType")),
		OperatorID:       f.text("fromUserId"),
		OccurredAt:       f.time("optTime"),
		Platform:         Platform(f.text("source")),
		ConversationType: rongcloud.ConversationType(conversation.integer("conversationType")),
		TargetID:         conversation.required("targetId"),
		ChannelID:        conversation.text("busChannel"),
		MessageUID:       original.text("messageId"),
		MessageSentAt:    original.time("messageTime"),
		Delete:           recall.flag("isDelete"),
		Admin:            recall.flag("isAdmin"),
		Extra:            recall.text("extra"),
		DeleteType:       MessageDeleteType(deletion.integer("deleteType")),
		DeleteUntil:      deletion.time("msgTimestamp"),
	}
	f.join("conversationInfo", conversation)
	f.join("originalMsgInfo", original)
	f.join("recallMsgInfo", recall)
	f.join("deleteMsgInfo", deletion)
	return m
}
