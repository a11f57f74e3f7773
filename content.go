package rongcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/internal/form"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// MessageContent is the body of a message. Any type that has an object name and encodes to JSON is
// one, so an app's own message types are plain structs with this method; they need no registration.
// A type that embeds a built-in one inherits its JSON methods, which would drop all other fields:
// sends refuse such a type unless it has its own MarshalJSON.
//
// Clients add keys with nearly every release. A built-in type keeps the keys it does not know when
// it is read, and sends them when it is written, so a message from the history can be changed and
// written back; see [UnknownKeys].
//
// In the built-in types Sender describes the sender and Extra is the app's own data, which
// RongCloud passes on unchanged; put JSON in as text. LocalPath is a path on the sender's device,
// for reading only. Durations are sent in whole seconds: a fraction of a second is read as is, but
// rounded up when written, and a negative duration is an error. BurnAfterRead and BurnDuration, the
// time from reading to deletion on the reader's device, are fields of the client SDKs' one-to-one
// messages; it is unconfirmed that clients honour them in messages sent by the Server API.
//
// Notifications, such as [InfoNotification], and commands, such as [CommandMessage], do not count
// as unread and have no push text of their own: without PushContent there is no push.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message-about/about-message-types
type MessageContent interface {
	// ObjectName is RongCloud's name of the message type, at most 32 characters. Only built-in
	// types begin with RC:.
	ObjectName() string
}

// RawContent is a message whose body is sent as is. [DecodeContent] returns it for types that it
// does not know.
type RawContent struct {
	Name string // the object name
	Body string // JSON text, or what the app's clients expect
}

// ObjectName returns c.Name.
func (c RawContent) ObjectName() string { return c.Name }

// check refuses a body that cannot belong to its type.
func (c RawContent) check() error {
	switch {
	case !utf8.ValidString(c.Body):
		return errors.New(form.NotUTF8)
	case isBuiltIn(c.Name) && !isObject(c.Body):
		return fmt.Errorf("must be a JSON object, as every %s is", c.Name)
	}
	return nil
}

// MarshalJSON returns the body itself if it is JSON, and otherwise the body as a JSON string. It is
// used where one message holds another, as in [ReferenceMessage].
func (c RawContent) MarshalJSON() ([]byte, error) {
	switch {
	case c.Body == "":
		return []byte("{}"), nil
	case json.Valid([]byte(c.Body)):
		return []byte(c.Body), nil
	}
	return plainJSON.Marshal(c.Body)
}

// Sender describes the sender inside a message, so clients need not look them up.
type Sender struct {
	ID          string   `json:"id"`
	Name        string   `json:"name,omitempty"`
	PortraitURL string   `json:"portrait,omitempty" alt:"portraitUri"` // address of the avatar
	Extra       string   `json:"extra,omitempty"`
	Alias       string   `json:"alias,omitempty"` // shown by IMKit instead of Name
	UserType    UserType `json:"userType,omitempty"`
	kept
}

// UserType says what kind of user the sender of a message is. Zero is an ordinary user.
type UserType int

// UserTypeBot marks a bot, for clients from 5.22 on.
const UserTypeBot UserType = 1

// String returns the type in words.
func (t UserType) String() string {
	switch t {
	case 0:
		return "user"
	case UserTypeBot:
		return "bot"
	}
	return fmt.Sprintf("UserType(%d)", int(t))
}

// Moderation says how RongCloud's content moderation handles one message. RongCloud's Java SDK and
// web client send it; no page of the Server API mentions it.
type Moderation struct {
	// Whether the message is moderated; true if nil.
	Enabled *bool `json:"auditType,omitempty" unit:"switch"`
	// A moderation plan in the console.
	Project string `json:"project,omitempty"`
	// A moderation strategy.
	Strategy string `json:"strategy,omitempty"`
	kept
}

// MentionType says whom a message mentions.
type MentionType int

// The kinds of mentions.
const (
	MentionAll   MentionType = 1 // everyone in the group
	MentionUsers MentionType = 2 // the users in UserIDs
)

// String returns the type in words.
func (t MentionType) String() string {
	switch t {
	case MentionAll:
		return "all"
	case MentionUsers:
		return "users"
	}
	return fmt.Sprintf("MentionType(%d)", int(t))
}

// Mention mentions members of a group or ultra group. It takes effect only if the send says so too:
// SendGroup does that automatically for built-in types; for others set GroupMessage.Mentioned.
type Mention struct {
	// MentionUsers if UserIDs is set and Type is not.
	Type MentionType `json:"type"`
	// Whom MentionUsers mentions.
	UserIDs []string `json:"userIdList,omitempty"`
	// Push text for the mentioned users; outranks PushContent.
	MentionedContent string `json:"mentionedContent,omitempty"`
	kept
}

// TextMessage is a text, RC:TxtMsg.
type TextMessage struct {
	Content       string        `json:"content"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation    *Moderation   `json:"audit,omitempty"`
	kept
}

// ImageMessage is an image, RC:ImgMsg.
type ImageMessage struct {
	// JPEG thumbnail in base64 without line breaks, at most 10 KB, preferably 5 KB.
	Content string `json:"content"`
	// The full image.
	ImageURL string `json:"imageUri"`
	// In pixels; clients from 5.18 on.
	ThumbnailWidth int `json:"thumWidth,omitempty"`
	// In pixels.
	ThumbnailHeight int           `json:"thumHeight,omitempty"`
	Mention         *Mention      `json:"mentionedInfo,omitempty"`
	Sender          *Sender       `json:"user,omitempty"`
	Extra           string        `json:"extra,omitempty"`
	BurnAfterRead   bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration    time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation      *Moderation   `json:"audit,omitempty"`
	kept
}

// GIFMessage is an animated GIF, RC:GIFMsg.
type GIFMessage struct {
	Size          int64         `json:"gifDataSize"` // bytes
	RemoteURL     string        `json:"remoteUrl"`
	Width         int           `json:"width"`  // pixels
	Height        int           `json:"height"` // pixels
	Name          string        `json:"name,omitempty"`
	LocalPath     string        `json:"localPath,omitempty"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation    *Moderation   `json:"audit,omitempty"`
	kept
}

// VoiceMessage is a voice recording inside the message, RC:VcMsg.
//
// Deprecated: RongCloud has replaced it with [HQVoiceMessage], whose audio is a file.
type VoiceMessage struct {
	// AMR audio in base64 without line breaks, at most 60 KB.
	Content string `json:"content"`
	// At most 60 s.
	Duration      time.Duration `json:"duration" unit:"seconds"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation    *Moderation   `json:"audit,omitempty"`
	kept
}

// HQVoiceMessage is a voice recording in a file, RC:HQVCMsg.
type HQVoiceMessage struct {
	// AAC file.
	RemoteURL string `json:"remoteUrl"`
	// At most 60 s.
	Duration time.Duration `json:"duration" unit:"seconds"`
	Name     string        `json:"name,omitempty"`
	// The audio type: aac, as written by web clients.
	Type string `json:"type,omitempty"`
	// 8000 or 16000; web clients from 5.22 on need Type, SampleRate and ChannelCount for speech to
	// text.
	SampleRate int `json:"sampleRate,omitempty"`
	// The number of channels: 1.
	ChannelCount int `json:"numberOfChannels,omitempty"`
	// aac.
	Format        string        `json:"format,omitempty"`
	LocalPath     string        `json:"localPath,omitempty"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation    *Moderation   `json:"audit,omitempty"`
	kept
}

// FileMessage is a file, RC:FileMsg.
type FileMessage struct {
	Name          string        `json:"name"`
	Size          int64         `json:"size"` // bytes
	Type          string        `json:"type"` // extension, such as pdf
	FileURL       string        `json:"fileUrl"`
	LocalPath     string        `json:"localPath,omitempty"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	kept
}

// SightMessage is a short video, RC:SightMsg.
type SightMessage struct {
	// MP4 file with H.264 and AAC.
	SightURL string `json:"sightUrl"`
	// JPEG of the first frame in base64, as small as an image's thumbnail.
	Content string `json:"content"`
	// At most 2 min by default.
	Duration time.Duration `json:"duration" unit:"seconds"`
	// In bytes.
	Size int64 `json:"size"`
	// The name of the file, with .mp4.
	Name          string        `json:"name"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation    *Moderation   `json:"audit,omitempty"`
	kept
}

// LocationMessage is a place, RC:LBSMsg.
type LocationMessage struct {
	Content   string   `json:"content"` // JPEG of the map in base64
	Latitude  float64  `json:"latitude"`
	Longitude float64  `json:"longitude"`
	POI       string   `json:"poi"` // name of the place
	Mention   *Mention `json:"mentionedInfo,omitempty"`
	Sender    *Sender  `json:"user,omitempty"`
	Extra     string   `json:"extra,omitempty"`
	kept
}

// ReferenceMessage is a reply that quotes another message, RC:ReferenceMsg.
type ReferenceMessage struct {
	// The reply.
	Content string `json:"content"`
	// Sender of the quoted message.
	QuotedUserID string `json:"referMsgUserId"`
	// The quoted message; its object name is sent with it.
	QuotedContent    MessageContent `json:"-" body:"objName,referMsg"`
	QuotedMessageUID string         `json:"referMsgUid,omitempty"`
	// For reading: what became of the quoted message; clients from 5.26 on.
	QuotedStatus  QuotedStatus  `json:"referMsgStatus,omitempty"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	Moderation    *Moderation   `json:"audit,omitempty"`
	kept
}

// QuotedStatus says what became of the message that a [ReferenceMessage] quotes.
type QuotedStatus int

// The states of a quoted message.
const (
	QuotedUnchanged QuotedStatus = 0
	QuotedModified  QuotedStatus = 1
	QuotedRecalled  QuotedStatus = 2
	QuotedDeleted   QuotedStatus = 3
)

// String returns the state in words.
func (s QuotedStatus) String() string {
	switch s {
	case QuotedUnchanged:
		return "unchanged"
	case QuotedModified:
		return "modified"
	case QuotedRecalled:
		return "recalled"
	case QuotedDeleted:
		return "deleted"
	}
	return fmt.Sprintf("QuotedStatus(%d)", int(s))
}

// CombineMessage is several messages forwarded as one, which clients show from an HTML file,
// RC:CombineMsg.
type CombineMessage struct {
	// HTML page with the messages.
	RemoteURL string `json:"remoteUrl"`
	// Where they come from: private or group.
	ConversationType ConversationType `json:"conversationType"`
	// Names of the speakers.
	Names []string `json:"nameList"`
	// Lines shown in the bubble, at most 4.
	Summaries []string `json:"summaryList"`
	Title     string   `json:"title,omitempty"`
	// The name of the file.
	Name      string   `json:"name,omitempty"`
	LocalPath string   `json:"localPath,omitempty"`
	Mention   *Mention `json:"mentionedInfo,omitempty"`
	Sender    *Sender  `json:"user,omitempty"`
	Extra     string   `json:"extra,omitempty"`
	kept
}

// CombineV2Message is several messages forwarded as one, as data, RC:CombineV2Msg. The messages are
// in Messages if they take at most 120 KB, and otherwise in an uploaded JSON file.
type CombineV2Message struct {
	// Where they come from: private or group.
	ConversationType ConversationType `json:"conversationType"`
	// Names of the speakers.
	Names []string `json:"nameList"`
	// Lines shown in the bubble, at most 4.
	Summaries []string `json:"summaryList"`
	// How many messages are forwarded.
	MessageCount int                `json:"msgNum"`
	Messages     []ForwardedMessage `json:"msgList,omitempty"`
	// Key of the uploaded file.
	Key string `json:"jsonMsgKey,omitempty"`
	// URL of the uploaded file.
	RemoteURL string   `json:"remoteUrl,omitempty"`
	LocalPath string   `json:"localPath,omitempty"`
	Mention   *Mention `json:"mentionedInfo,omitempty"`
	Sender    *Sender  `json:"user,omitempty"`
	Extra     string   `json:"extra,omitempty"`
	kept
}

// ForwardedMessage is one message of a [CombineV2Message].
type ForwardedMessage struct {
	From     string         `json:"fromUserId"`
	TargetID string         `json:"targetId"`
	SentAt   time.Time      `json:"timestamp" unit:"ms"`
	Content  MessageContent `json:"-" body:"objectName,content"`
	kept
}

// ImageTextMessage is a picture with title, text and link, RC:ImgTextMsg.
//
// Deprecated: RongCloud's client SDKs have deprecated the type.
type ImageTextMessage struct {
	Title      string      `json:"title"`
	Content    string      `json:"content"`
	ImageURL   string      `json:"imageUri"` // 120 by 120 pixels
	URL        string      `json:"url"`      // opened on tap
	Mention    *Mention    `json:"mentionedInfo,omitempty"`
	Sender     *Sender     `json:"user,omitempty"`
	Extra      string      `json:"extra,omitempty"`
	Moderation *Moderation `json:"audit,omitempty"`
	kept
}

// StreamMessage is one piece of a text that is sent while it is being produced, RC:StreamMsg. It
// has its own endpoints and cannot be sent like other messages. Only the first piece carries Type,
// Mention, Sender, Extra and Quoted.
type StreamMessage struct {
	// The text of this piece.
	Content string            `json:"content"`
	Type    MessageStreamType `json:"type,omitempty"`
	// The number of the piece: 1, 2, 3 and so on without gaps.
	Sequence int `json:"seq"`
	// Whether this is the last piece.
	Complete bool `json:"complete"`
	// The app's reason for ending, with Complete.
	CompleteReason int `json:"completeReason,omitempty"`
	// From the response to the first piece; required from the second piece on.
	MessageUID string         `json:"messageUID,omitempty"`
	Mention    *Mention       `json:"mentionedInfo,omitempty"`
	Sender     *Sender        `json:"user,omitempty"`
	Extra      string         `json:"extra,omitempty"`
	Quoted     *QuotedMessage `json:"referMsg,omitempty"`
	// For reading: why the service ended the stream, 0 normally.
	StopReason int `json:"stopReason,omitempty"`
	// For reading: the client has the whole text.
	Synced bool `json:"isSynced,omitempty"`
	kept
}

// MessageStreamType says how clients render a [StreamMessage]: as text if empty.
type MessageStreamType string

// The ways clients render a stream.
const (
	MessageStreamText     MessageStreamType = "text"
	MessageStreamMarkdown MessageStreamType = "markdown"
	MessageStreamHTML     MessageStreamType = "html"
)

// QuotedMessage names the message that a [StreamMessage] replies to, as RongCloud's web client
// reads it.
type QuotedMessage struct {
	MessageUID string `json:"messageUId,omitempty"`
	ObjectName string `json:"objectName,omitempty"` // its type
	From       string `json:"senderId,omitempty"`   // who sent it
	kept
}

// CardMessage is a contact card, RC:CardMsg. It belongs to IMKit and has no push text of its own.
type CardMessage struct {
	UserID        string        `json:"userId"` // whose card it is
	Name          string        `json:"name"`
	PortraitURL   string        `json:"portraitUri,omitempty"`
	SenderID      string        `json:"sendUserId"` // who shares the card
	SenderName    string        `json:"sendUserName"`
	Mention       *Mention      `json:"mentionedInfo,omitempty"`
	Sender        *Sender       `json:"user,omitempty"`
	Extra         string        `json:"extra,omitempty"`
	BurnAfterRead bool          `json:"isBurnAfterRead,omitempty"`
	BurnDuration  time.Duration `json:"burnDuration,omitempty" unit:"seconds"`
	kept
}

// StickerMessage is a sticker, RC:StkMsg. It belongs to IMKit and has no push text of its own.
type StickerMessage struct {
	PackageID string   `json:"packageId"`
	StickerID string   `json:"stickerId"`
	Digest    string   `json:"digest,omitempty"` // shown in lists
	Width     int      `json:"width"`
	Height    int      `json:"height"`
	Mention   *Mention `json:"mentionedInfo,omitempty"`
	Sender    *Sender  `json:"user,omitempty"`
	Extra     string   `json:"extra,omitempty"`
	kept
}

// ObjectName returns RC:TxtMsg.
func (TextMessage) ObjectName() string { return "RC:TxtMsg" }

// ObjectName returns RC:ImgMsg.
func (ImageMessage) ObjectName() string { return "RC:ImgMsg" }

// ObjectName returns RC:GIFMsg.
func (GIFMessage) ObjectName() string { return "RC:GIFMsg" }

// ObjectName returns RC:VcMsg.
func (VoiceMessage) ObjectName() string { return "RC:VcMsg" }

// ObjectName returns RC:HQVCMsg.
func (HQVoiceMessage) ObjectName() string { return "RC:HQVCMsg" }

// ObjectName returns RC:FileMsg.
func (FileMessage) ObjectName() string { return "RC:FileMsg" }

// ObjectName returns RC:SightMsg.
func (SightMessage) ObjectName() string { return "RC:SightMsg" }

// ObjectName returns RC:LBSMsg.
func (LocationMessage) ObjectName() string { return "RC:LBSMsg" }

// ObjectName returns RC:ReferenceMsg.
func (ReferenceMessage) ObjectName() string { return "RC:ReferenceMsg" }

// ObjectName returns RC:CombineMsg.
func (CombineMessage) ObjectName() string { return "RC:CombineMsg" }

// ObjectName returns RC:CombineV2Msg.
func (CombineV2Message) ObjectName() string { return "RC:CombineV2Msg" }

// ObjectName returns RC:ImgTextMsg.
func (ImageTextMessage) ObjectName() string { return "RC:ImgTextMsg" }

// ObjectName returns RC:StreamMsg.
func (StreamMessage) ObjectName() string { return "RC:StreamMsg" }

// ObjectName returns RC:CardMsg.
func (CardMessage) ObjectName() string { return "RC:CardMsg" }

// ObjectName returns RC:StkMsg.
func (StickerMessage) ObjectName() string { return "RC:StkMsg" }

// MarshalJSON returns the body as it is sent.
func (m TextMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ImageMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m GIFMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m VoiceMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m HQVoiceMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m FileMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m SightMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m LocationMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ReferenceMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m CombineMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m CombineV2Message) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m ImageTextMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m StreamMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m CardMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the body as it is sent.
func (m StickerMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the message as a [CombineV2Message] carries it.
func (m ForwardedMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the message as a [StreamMessage] carries it.
func (m QuotedMessage) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the sender as a message carries it.
func (m Sender) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the mention as a message carries it.
func (m Mention) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// MarshalJSON returns the settings as a message carries them.
func (m Moderation) MarshalJSON() ([]byte, error) { return encodeBody(m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *TextMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ImageMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *GIFMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *VoiceMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *HQVoiceMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *FileMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *SightMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *LocationMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ReferenceMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *CombineMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *CombineV2Message) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *ImageTextMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *StreamMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *CardMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads a body as [DecodeContent] does.
func (m *StickerMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads the sender as [DecodeContent] does, including older clients' spelling
// portraitUri.
func (m *Sender) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads the mention as [DecodeContent] does.
func (m *Mention) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads the settings as [DecodeContent] does.
func (m *Moderation) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads the message as [DecodeContent] does.
func (m *ForwardedMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// UnmarshalJSON reads the message as [DecodeContent] does.
func (m *QuotedMessage) UnmarshalJSON(data []byte) error { return decodeBody(data, m) }

// These types are decoded as part of the messages that hold them.
var (
	_ = lenient.Transparent[Sender]()
	_ = lenient.Transparent[Mention]()
	_ = lenient.Transparent[Moderation]()
	_ = lenient.Transparent[QuotedMessage]()
	_ = lenient.Transparent[ForwardedMessage]()
	_ = lenient.Transparent[GroupNotificationData]()
)

func (m TextMessage) mentioned() *Mention      { return m.Mention }
func (m ImageMessage) mentioned() *Mention     { return m.Mention }
func (m GIFMessage) mentioned() *Mention       { return m.Mention }
func (m VoiceMessage) mentioned() *Mention     { return m.Mention }
func (m HQVoiceMessage) mentioned() *Mention   { return m.Mention }
func (m FileMessage) mentioned() *Mention      { return m.Mention }
func (m SightMessage) mentioned() *Mention     { return m.Mention }
func (m LocationMessage) mentioned() *Mention  { return m.Mention }
func (m ReferenceMessage) mentioned() *Mention { return m.Mention }
func (m CombineMessage) mentioned() *Mention   { return m.Mention }
func (m CombineV2Message) mentioned() *Mention { return m.Mention }
func (m ImageTextMessage) mentioned() *Mention { return m.Mention }
func (m StreamMessage) mentioned() *Mention    { return m.Mention }
func (m CardMessage) mentioned() *Mention      { return m.Mention }
func (m StickerMessage) mentioned() *Mention   { return m.Mention }

// mentions reports whether a content mentions users. A nil content, which the encoder refuses, does
// not.
func mentions(c MessageContent) bool { return mentionedBy(c) != nil }

// mentionedBy returns a content's mention, or nil if it mentions nobody or is itself nil.
func mentionedBy(c MessageContent) *Mention {
	m, ok := c.(interface{ mentioned() *Mention })
	if !ok || isNil(c) || embeddedNil(c) != nil {
		return nil
	}
	return m.mentioned()
}

// check refuses a mention that reaches nobody. It applies to sends only: a message that is read
// keeps such a mention.
func (m *Mention) check() error {
	switch {
	case m == nil:
		return nil
	case m.Type == 0 && len(m.UserIDs) == 0:
		return refuseWire("content", "the Mention has neither UserIDs nor the Type MentionAll")
	case m.Type == MentionUsers && len(m.UserIDs) == 0:
		return refuseWire("content", "the Mention has no UserIDs, but the Type MentionUsers")
	}
	return nil
}

// typed fills in a mention's type if its list of users implies one. It leaves a mention with an
// unknown type, which is among the unknown keys, as it is.
func typed(mention reflect.Value, unknown unknownKeys) reflect.Value {
	m := mention.Interface().(Mention) //nolint:forcetypeassert // the caller has checked
	isType := func(key unknownKey) bool { return key.name == "type" }
	if m.Type != 0 || len(m.UserIDs) == 0 || slices.ContainsFunc(unknown, isType) {
		return mention
	}
	m.Type = MentionUsers
	return reflect.ValueOf(m)
}

func isNil(c MessageContent) bool {
	v := reflect.ValueOf(c)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// isObject reports whether a text is a JSON object.
func isObject(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && json.Valid([]byte(text))
}
