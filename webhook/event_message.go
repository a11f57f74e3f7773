package webhook

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// SensitiveType reports whether a message met a sensitive word.
type SensitiveType int

// The values of [SensitiveType].
const (
	SensitiveNone     SensitiveType = 0 // no sensitive word
	SensitiveBlocked  SensitiveType = 1 // a word that blocks the message; comes only if that is switched on
	SensitiveReplaced SensitiveType = 2 // a word that was replaced; the body comes with the replacement
)

// String names the value in English.
func (t SensitiveType) String() string {
	return nameOf("SensitiveType", int(t), 0, "none", "blocked", "replaced")
}

// Message is the copy of a message that was sent, also of recalls, receipts and commands. RongCloud
// calls it full message routing, or the callback after sending. Messages of the Server API come
// only if that is switched on, and so do typing status and messages with a word that blocks them;
// broadcasts to all users never come. An edit or a change of the expansion in an ultra group comes
// as a message with OriginalMessageUID.
//
// Repeats have the same MessageUID.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/sync
type Message struct {
	Envelope

	From               string                     // fromUserId: the sender
	TargetID           string                     // toUserId: the other user, the group, chat room or ultra group
	ToUserIDs          []string                   // groupUserIds: recipients of a message that is directed at some members of a group
	ConversationType   rongcloud.ConversationType // channelType: the kind of conversation; 0 for what [rongcloud.ConversationType] does not have
	ChannelID          string                     // busChannel: channel of an ultra group
	ObjectName         string                     // objectName: the message type, such as RC:TxtMsg
	Body               string                     // content: the body, JSON text; see [Message.Content]
	MessageUID         string                     // msgUID
	OriginalMessageUID string                     // originalMsgUID: the message that was edited, in an ultra group
	SentAt             time.Time                  // msgTimestamp, or else timestamp: when the server took it
	SensitiveType      SensitiveType              // sensitiveType
	Platform           Platform                   // source: where it was sent
	ClientIP           string                     // clientIp: the sender's address, IP:port; no page has it, servers have received it
	AIGenerated        bool                       // aiGenerated: made by AI; RongCloud sends it on request
}

// Kind returns [KindMessage].
func (*Message) Kind() Kind { return KindMessage }

// Content decodes the body: a [rongcloud.TextMessage] and so on, and a [rongcloud.RawContent] for
// other types. A body that is not of its type comes as a RawContent too, beside the error.
func (m *Message) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
}

// Texts returns all that the message says, decoded: see [rongcloud.DecodeTexts]. A body that cannot
// be read comes with a [rongcloud.ErrUndecodable].
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

// PreMessage asks whether a message shall be delivered; a [Decision] answers. RongCloud calls it
// the callback before sending, formerly template routing. The console decides for which messages it
// asks. It never asks about messages of the Server API unless that is switched on. It asks about
// edits and changes of the expansion in ultra groups, too.
//
// Repeats have the same MessageUID.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/msgcb
type PreMessage struct {
	Envelope

	From               string                     // fromUserId: the sender
	TargetID           string                     // targetId: the other user, the group, chat room or ultra group
	ToUserIDs          []string                   // toUserIds: recipients of a message that is directed at some members of a group
	ConversationType   rongcloud.ConversationType // channelType: the kind of conversation; 0 for what [rongcloud.ConversationType] does not have
	ChannelID          string                     // busChannel: channel of an ultra group
	ObjectName         string                     // msgType: the message type, such as RC:TxtMsg
	Body               string                     // content: the body, JSON text; see [PreMessage.Content]
	MessageUID         string                     // messageId
	OriginalMessageUID string                     // originalMsgUID: the message that is being edited, in an ultra group
	SentAt             time.Time                  // msgTimeStamp: when the server took it
	PushContent        string                     // pushContent: text of the push
	DisablePush        bool                       // disablePush: there is no push
	PushOptionsText    string                     // pushExt: settings of the push, JSON text
	Expandable         bool                       // expansion: data can be attached to it
	Expansion          map[string]string          // extraContent: data attached to it
	Platform           Platform                   // os: where it was sent
	ClientIP           string                     // clientIp: the sender's address, IP:port
	AIGenerated        bool                       // aiGenerated: made by AI; RongCloud sends it on request
}

// Kind returns [KindPreMessage].
func (*PreMessage) Kind() Kind { return KindPreMessage }

// Content decodes the body, as [Message.Content] does.
func (m *PreMessage) Content() (rongcloud.MessageContent, error) {
	return rongcloud.DecodeContent(m.ObjectName, []byte(m.Body))
}

// Texts returns all that the message says, decoded: the texts of its body as
// [rongcloud.DecodeTexts] finds them, of its push and of its expansion, also one that is no object
// or has a key twice, which Expansion cannot hold. It is what to moderate: Body has its texts
// escaped, and one field of one type is not all that clients show.
//
// A body that cannot be read comes with a [rongcloud.ErrUndecodable], beside what was found.
// Clients may still make something of it, so do not allow it: return Block(text), err.
func (m *PreMessage) Texts() ([]string, error) {
	more := []string{m.PushContent, m.PushOptionsText, m.field("extraContent")}
	return textsOf(m.ObjectName, m.Body, append(more, slices.Sorted(maps.Values(m.Expansion))...)...)
}

// textsOf returns the texts of a body and of more fields, which are JSON or any text.
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

// objectName is empty for a question that cannot be read.
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

// The ways of deletion.
const (
	MessageDeleteSingle MessageDeleteType = 1 // one message
	MessageDeleteUntil  MessageDeleteType = 2 // everything up to a time
)

// String names the way in English.
func (t MessageDeleteType) String() string {
	return nameOf("MessageDeleteType", int(t), 1, "single", "until")
}

// MessageOperation tells that messages were recalled or deleted. No page of RongCloud's that could
// be read describes it; recalls come as a [Message] of type RC:RcCmd too.
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
	ChannelID        string                     // conversationInfo.busChannel: channel of an ultra group
	MessageUID       string                     // originalMsgInfo.messageId
	MessageSentAt    time.Time                  // originalMsgInfo.messageTime

	// Of a recall:
	Delete bool   // recallMsgInfo.isDelete: clients leave no line in the place of the message
	Admin  bool   // recallMsgInfo.isAdmin
	Extra  string // recallMsgInfo.extra

	// Of a deletion:
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
