package rongcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// InfoNotification is a grey line in the conversation, RC:InfoNtf.
type InfoNotification struct {
	Message string  `json:"message"` // the line
	Sender  *Sender `json:"user,omitempty"`
	Extra   string  `json:"extra,omitempty"`
	kept
}

// GroupOperation is what happened to a group. An app may use values of its own.
type GroupOperation string

// The operations of a [GroupNotification] that RongCloud names.
const (
	GroupOperationCreate   GroupOperation = "Create"
	GroupOperationAdd      GroupOperation = "Add"
	GroupOperationQuit     GroupOperation = "Quit"
	GroupOperationKicked   GroupOperation = "Kicked"
	GroupOperationRename   GroupOperation = "Rename"
	GroupOperationBulletin GroupOperation = "Bulletin"
	GroupOperationDismiss  GroupOperation = "Dismiss"
)

// GroupNotification says that something changed in a group, RC:GrpNtf.
type GroupNotification struct {
	OperatorID string                `json:"operatorUserId"` // who did it
	Operation  GroupOperation        `json:"operation"`
	Data       GroupNotificationData `json:"data"`
	Message    string                `json:"message"` // for display
	Extra      string                `json:"extra,omitempty"`
	kept
}

// GroupNotificationData holds the details of a [GroupNotification]. The named fields are those of
// RongCloud's sample app: the operator's name with every operation, the group's name with Create
// and Rename, the users with Add, Quit and Kicked.
type GroupNotificationData struct {
	OperatorNickname       string         `json:"operatorNickname,omitempty"`
	TargetGroupName        string         `json:"targetGroupName,omitempty"`
	TargetUserIDs          []string       `json:"targetUserIds,omitempty"`
	TargetUserDisplayNames []string       `json:"targetUserDisplayNames,omitempty"`
	Other                  map[string]any `json:"-" body:"*"` // further keys, of the app's own
}

// ContactOperation is a step of a friend request. An app may use values of its own.
type ContactOperation string

// The operations of a [ContactNotification] that RongCloud names.
const (
	ContactOperationRequest        ContactOperation = "Request"
	ContactOperationAcceptResponse ContactOperation = "AcceptResponse"
	ContactOperationRejectResponse ContactOperation = "RejectResponse"
)

// ContactNotification is a friend request or the reply to it, RC:ContactNtf.
type ContactNotification struct {
	Operation    ContactOperation `json:"operation"`
	SourceUserID string           `json:"sourceUserId"` // who asks or replies
	TargetUserID string           `json:"targetUserId"` // who gets it
	Message      string           `json:"message"`      // such as the request's reason
	Extra        string           `json:"extra,omitempty"`
	kept
}

// ProfileNotification says that a profile changed, RC:ProfileNtf.
type ProfileNotification struct {
	Operation string `json:"operation"` // the app's own word, such as Update
	Data      string `json:"data"`      // details; put JSON in as text
	Extra     string `json:"extra,omitempty"`
	kept
}

// CommandNotification is a command for the app that is also kept in the conversation, RC:CmdNtf.
type CommandNotification struct {
	Name string `json:"name"` // the app's own
	Data string `json:"data"` // details; put JSON in as text
	kept
}

// RecallNotification is the line that a client shows in place of a recalled message, RC:RcNtf. It
// is for reading only.
type RecallNotification struct {
	// Who recalled.
	OperatorID string `json:"operatorId,omitempty"`
	// When it was recalled.
	RecalledAt time.Time `json:"recallTime,omitzero" unit:"ms"`
	// Type of the recalled message.
	OriginalObjectName string `json:"originalObjectName,omitempty"`
	// The recalled message, if the client has it.
	OriginalContent MessageContent `json:"-" body:",originalMessageContent"`
	// The recalled text, for editing.
	RecallContent string `json:"recallContent,omitempty"`
	// When the user acted.
	RecallActionAt time.Time `json:"recallActionTime,omitzero" unit:"ms"`
	// Whether an administrator recalled it.
	Admin bool `json:"admin,omitempty" alt:"isAdmin"`
	// Whether clients delete it without a notice.
	Delete bool    `json:"delete,omitempty" alt:"isDelete"`
	Sender *Sender `json:"user,omitempty"`
	// The app's own data, given with the recall.
	Extra string `json:"extra,omitempty"`
	kept
}

// DiscussionNotification says that a discussion changed, RC:DizNtf. It is for reading only.
//
// Deprecated: RongCloud no longer offers discussions; the type may still occur in old histories.
type DiscussionNotification struct {
	Type       int    `json:"type,omitempty"`      // kind of change; no page documents its values
	Extension  string `json:"extension,omitempty"` // details
	OperatorID string `json:"operator,omitempty"`  // who did it
	kept
}

// TypingStatus says that the sender is typing, RC:TypSts. It is a status message, which has its own
// endpoints.
type TypingStatus struct {
	// The object name of the message being written: RC:TxtMsg or RC:VcMsg.
	TypingContentType string `json:"typingContentType"`
	// The app's own data.
	Data string `json:"data,omitempty"`
	kept
}

// CommandMessage is a command for the app, which clients neither show nor keep, RC:CmdMsg.
type CommandMessage struct {
	Name string `json:"name"` // the app's own
	Data string `json:"data"` // details; put JSON in as text
	kept
}

// RecallCommand says that a message was recalled, RC:RcCmd. It is for reading only:
// [MessageService.Recall] creates and sends it, and RongCloud uses its own push text for it.
type RecallCommand struct {
	// The UID of the recalled message.
	MessageUID       string           `json:"messageUId,omitempty"`
	ConversationType ConversationType `json:"conversationType,omitempty"`
	TargetID         string           `json:"targetId,omitempty"`
	// The channel, in an ultra group.
	ChannelID string `json:"channelId,omitempty"`
	// When the recalled message was sent.
	SentAt time.Time `json:"sentTime,omitzero" unit:"ms"`
	// Whether an administrator recalled it.
	Admin bool `json:"isAdmin,omitempty" unit:"switch"`
	// Whether clients delete it without a notice.
	Delete bool `json:"isDelete,omitempty" unit:"switch"`
	// Sender of the recalled message.
	OriginalFrom string `json:"originalFromUserId,omitempty"`
	// Recipients of the recalled message, if not everybody; a pointer keeps the type comparable.
	ToUserIDs *[]string `json:"directionalUserIdList,omitempty"`
	Sender    *Sender   `json:"user,omitempty"`
	Extra     string    `json:"extra,omitempty"`
	kept
}

// ReadReceiptType says what a [ReadReceipt] counts by.
type ReadReceiptType int

// ReadReceiptByTime is the only type that RongCloud names: everything up to a time has been read.
const ReadReceiptByTime ReadReceiptType = 1

// String returns the type in words.
func (t ReadReceiptType) String() string {
	if t == ReadReceiptByTime {
		return "by time"
	}
	return fmt.Sprintf("ReadReceiptType(%d)", int(t))
}

// ReadReceipt says how far a one-to-one conversation has been read, RC:ReadNtf.
type ReadReceipt struct {
	// Everything sent up to then has been read.
	LastMessageSentAt time.Time `json:"lastMessageSendTime" unit:"ms"`
	// The UID of the last message read.
	MessageUID string `json:"messageUId"`
	// Sent as ReadReceiptByTime if it is 0.
	Type ReadReceiptType `json:"type"`
	kept
}

// ReadReceiptRequest asks a group for read receipts for a message, RC:RRReqMsg. It is for reading
// only.
type ReadReceiptRequest struct {
	MessageUID string `json:"messageUId,omitempty"`
	Extra      string `json:"extra,omitempty"`
	kept
}

// ReadReceiptResponse replies to a [ReadReceiptRequest], RC:RRRspMsg. It is for reading only.
type ReadReceiptResponse struct {
	// UIDs of the messages read, by the ID of the user who asked.
	MessageUIDsByUser map[string][]string `json:"receiptMessageDic,omitempty"`
	kept
}

// SyncReadStatus syncs the read position to the user's other devices, RC:SRSMsg. It is for reading
// only.
type SyncReadStatus struct {
	LastMessageSentAt time.Time `json:"lastMessageSendTime,omitzero" unit:"ms"` // read up to then
	kept
}

// ChatroomEntryChange says what happened to an attribute of a chat room.
type ChatroomEntryChange int

// The changes of a [ChatroomEntryNotification].
const (
	ChatroomEntryChangeSet    ChatroomEntryChange = 1
	ChatroomEntryChangeDelete ChatroomEntryChange = 2
)

// String returns the change in words.
func (c ChatroomEntryChange) String() string {
	switch c {
	case ChatroomEntryChangeSet:
		return "set"
	case ChatroomEntryChangeDelete:
		return "deleted"
	}
	return fmt.Sprintf("ChatroomEntryChange(%d)", int(c))
}

// ChatroomEntryNotification says that an attribute of a chat room was set or removed,
// RC:chrmKVNotiMsg. It is sent with the call that changes the attribute.
type ChatroomEntryNotification struct {
	Type  ChatroomEntryChange `json:"type"`
	Key   string              `json:"key"`             // at most 128 characters
	Value string              `json:"value"`           // at most 4096 characters
	Extra string              `json:"extra,omitempty"` // at most 2 KB
	kept
}

// ObjectName returns RC:InfoNtf.
func (InfoNotification) ObjectName() string { return "RC:InfoNtf" }

// ObjectName returns RC:GrpNtf.
func (GroupNotification) ObjectName() string { return "RC:GrpNtf" }

// ObjectName returns RC:ContactNtf.
func (ContactNotification) ObjectName() string { return "RC:ContactNtf" }

// ObjectName returns RC:ProfileNtf.
func (ProfileNotification) ObjectName() string { return "RC:ProfileNtf" }

// ObjectName returns RC:CmdNtf.
func (CommandNotification) ObjectName() string { return "RC:CmdNtf" }

// ObjectName returns RC:RcNtf.
func (RecallNotification) ObjectName() string { return "RC:RcNtf" }

// ObjectName returns RC:DizNtf.
func (DiscussionNotification) ObjectName() string { return "RC:DizNtf" }

// ObjectName returns RC:TypSts.
func (TypingStatus) ObjectName() string { return "RC:TypSts" }

// ObjectName returns RC:CmdMsg.
func (CommandMessage) ObjectName() string { return "RC:CmdMsg" }

// ObjectName returns RC:RcCmd.
func (RecallCommand) ObjectName() string { return "RC:RcCmd" }

// ObjectName returns RC:ReadNtf.
func (ReadReceipt) ObjectName() string { return "RC:ReadNtf" }

// ObjectName returns RC:RRReqMsg.
func (ReadReceiptRequest) ObjectName() string { return "RC:RRReqMsg" }

// ObjectName returns RC:RRRspMsg.
func (ReadReceiptResponse) ObjectName() string { return "RC:RRRspMsg" }

// ObjectName returns RC:SRSMsg.
func (SyncReadStatus) ObjectName() string { return "RC:SRSMsg" }

// ObjectName returns RC:chrmKVNotiMsg.
func (ChatroomEntryNotification) ObjectName() string { return "RC:chrmKVNotiMsg" }

// MarshalJSON returns the details as they are sent. A named field wins over an entry of Other with
// its key.
func (d GroupNotificationData) MarshalJSON() ([]byte, error) { return encodeBody(d) }

// MarshalJSON returns the body as it is sent.
func (m InfoNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m GroupNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ContactNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ProfileNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m CommandNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m RecallNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m DiscussionNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m TypingStatus) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m CommandMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m RecallCommand) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ReadReceipt) MarshalJSON() ([]byte, error) {
	if m.Type == 0 {
		m.Type = ReadReceiptByTime
	}
	return encodeBody(m)
}

// MarshalJSON returns the body as it is sent.
func (m ReadReceiptRequest) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ReadReceiptResponse) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m SyncReadStatus) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ChatroomEntryNotification) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *InfoNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *GroupNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ContactNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ProfileNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *CommandNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *RecallNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *DiscussionNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *TypingStatus) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *CommandMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *RecallCommand) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ReadReceipt) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ReadReceiptRequest) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ReadReceiptResponse) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *SyncReadStatus) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ChatroomEntryNotification) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads the details, also from JSON text.
func (d *GroupNotificationData) UnmarshalJSON(data []byte) error { return decodeBody(data, d) }

// keepUnknown puts the app's own keys into Other.
func (d *GroupNotificationData) keepUnknown(key string, value json.RawMessage, _ bool) {
	if d.Other == nil {
		d.Other = make(map[string]any)
	}
	d.Other[key], _ = plainTree(value) // the JSON is valid
}

func (m *RecallNotification) decodeRaw(raw json.RawMessage, depth int) error {
	var original struct {
		Content json.RawMessage `json:"originalMessageContent"`
	}
	if err := errors.Join(decodeFields(m, raw), decodeFields(&original, raw)); err != nil {
		return err
	}
	if !isNull(original.Content) {
		m.OriginalContent = carry(m.OriginalObjectName, original.Content, depth)
	}
	return nil
}

// decodeRaw removes the prefix that web clients put before the operations.
func (m *ContactNotification) decodeRaw(raw json.RawMessage, _ int) error {
	if err := decodeFields(m, raw); err != nil {
		return err
	}
	switch short := ContactOperation(strings.TrimPrefix(string(m.Operation), "ContactOperation")); short {
	case ContactOperationRequest, ContactOperationAcceptResponse, ContactOperationRejectResponse:
		m.Operation = short
	}
	return nil
}
