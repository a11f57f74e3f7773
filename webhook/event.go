package webhook

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook/internal/channeltype"
)

// Callback is one verified request from RongCloud.
type Callback struct {
	Kind     Kind
	AppKey   string    // as in [Envelope]
	SignedAt time.Time // as in [Envelope]
	Body     []byte    // the whole body, decompressed
	// in the order of the body; several only where RongCloud sends lists, and none for an empty
	// list
	Events []Event
}

// Event is one event in a callback: a [*Message], [*PreMessage] or another pointer to a type that
// embeds [Envelope].
type Event interface {
	// Kind says which type of event it is.
	Kind() Kind

	envelope() *Envelope
	key() string // events with the same key are handled in order
}

// Envelope is what the events of all kinds have in common.
type Envelope struct {
	// AppKey is the app that the event belongs to. If [WithApp] names the app, it is certain.
	// Otherwise it is what the callback says, which the signature does not cover, and empty if
	// RongCloud sends none.
	AppKey string

	// SignedAt is when RongCloud signed the callback. The time of the event itself is in another
	// field.
	SignedAt time.Time

	// Raw is the event as received: the body, or the item of a list in the body.
	Raw []byte
}

func (e *Envelope) envelope() *Envelope { return e }

// field returns the text of a field as received, or nothing if the event did not come from a
// callback.
func (e *Envelope) field(name string) string {
	read := formFields
	if looksLikeJSON(e.Raw) {
		read = jsonFields
	}
	f, err := read(e.Raw)
	if err != nil {
		return ""
	}
	return f.text(name)
}

// Platform is where an action was taken: a client's operating system, or the Server API. Values
// not listed here are possible.
type Platform string

// The platforms that RongCloud names.
const (
	PlatformIOS         Platform = "iOS"
	PlatformAndroid     Platform = "Android"
	PlatformHarmonyOS   Platform = "HarmonyOS"
	PlatformWeb         Platform = "Websocket"
	PlatformPC          Platform = "PC"
	PlatformMiniProgram Platform = "MiniProgram"
	PlatformServer      Platform = "Server" // the Server API
)

// conversationKey names a conversation. A one-to-one conversation has the same key in both
// directions.
func conversationKey(kind rongcloud.ConversationType, from, target, channel string) string {
	if kind == rongcloud.ConversationPrivate {
		target = max(from, target) + "\x00" + min(from, target)
	}
	return joinKey(channeltype.Name(kind), target, channel)
}

// Unknown is a callback of a kind that this package does not know, or whose body does not match
// its kind.
type Unknown struct {
	Envelope

	// Expected is the kind that the body should have had according to its path or fields;
	// [KindUnknown] if there was none.
	Expected Kind
	// Err is why it is not of that kind; nil if none was expected.
	Err error
}

// Kind returns [KindUnknown].
func (*Unknown) Kind() Kind { return KindUnknown }

func (u *Unknown) key() string { return string(KindUnknown) }

// kinds has the function that decodes an event of each kind.
var kinds = map[Kind]func(*fields) Event{
	KindMessage:              readMessage,
	KindPreMessage:           readPreMessage,
	KindMessageOperation:     readMessageOperation,
	KindUserStatus:           readUserStatus,
	KindUserDeactivation:     readUserDeactivation,
	KindUserProfile:          readUserProfile,
	KindFriendship:           readFriendship,
	KindChatroomStatus:       readChatroomStatus,
	KindChatroomEntry:        readChatroomEntry,
	KindHostedGroupProfile:   readHostedGroupProfile,
	KindHostedGroupOperation: readHostedGroupOperation,
	KindMessageAudit:         readMessageAudit,
	KindHostedInfoAudit:      readHostedInfoAudit,
	KindBotEvent:             readBotEvent,
	KindRTCRoomStatus:        readRTCRoomStatus,
	KindRTCCDNPush:           readRTCCDNPush,
	KindRTCCloudPlayer:       readRTCCloudPlayer,
	KindRTCModeration:        readRTCModeration,
	KindRTCAITask:            readRTCAITask,
}

// signs are the fields by which detect recognises a kind: the first entry whose fields are all
// present wins, so entries with more fields come first. A kind whose fields are not always all
// present has several entries.
var signs = []struct {
	kind   Kind
	fields []string
}{
	{KindBotEvent, []string{"type", "bot", "data"}},
	{KindHostedInfoAudit, []string{"eventType", "result", "contents"}},
	{KindMessageAudit, []string{"result", "msgUID", "serviceProvider"}},
	// its UID is content.messageId
	{KindMessageAudit, []string{"result", "content", "serviceProvider"}},
	{KindMessageAudit, []string{"result", "content", "resultDetail"}},
	{KindRTCModeration, []string{"type", "code", "roomId", "content"}},
	{KindRTCModeration, []string{"type", "code", "roomId", "scene"}},
	{KindRTCCDNPush, []string{"type", "pushUrl", "roomId"}},
	{KindRTCCloudPlayer, []string{"type", "room_id", "user_id"}},
	{KindRTCAITask, []string{"type", "status", "roomId"}},
	{KindRTCRoomStatus, []string{"event", "roomId", "timestamp"}},
	{KindRTCRoomStatus, []string{"event", "channelId", "timestamp"}}, // version 1.0
	{KindMessageOperation, []string{"eventType", "originalMsgInfo"}},
	{KindFriendship, []string{"eventType", "userId", "toUserId"}},
	{KindHostedGroupOperation, []string{"groupId", "eventType"}},
	{KindHostedGroupProfile, []string{"groupId", "time"}},
	{KindChatroomEntry, []string{"chatroomId", "optType"}},
	{KindChatroomStatus, []string{"chatRoomId", "status", "type"}},
	// without messageId too: it still needs a response
	{KindPreMessage, []string{"msgType", "targetId"}},
	{KindPreMessage, []string{"msgType", "messageId"}},
	{KindMessage, []string{"toUserId", "objectName", "msgUID"}},
	{KindUserDeactivation, []string{"userId", "operateId"}},
	{KindUserStatus, []string{"userid", "status", "os"}},
	// os is present only when a user comes online
	{KindUserStatus, []string{"userid", "status", "time"}},
	{KindUserProfile, []string{"userId", "type", "time"}},
}

// detect returns the kind of an event, judged by its fields.
func detect(f *fields) Kind {
	for _, s := range signs {
		all := true
		for _, name := range s.fields {
			if all = f.has(name); !all {
				break
			}
		}
		if all {
			return s.kind
		}
	}
	return KindUnknown
}

// decode reads the events of a body of the given kind, or detects the kind if that is empty. It
// always returns something: what it cannot read becomes one Unknown.
func decode(kind Kind, form bool, common Envelope) (Kind, []Event) {
	events := []Event{}
	each := func(f *fields, raw []byte) error {
		if kind == "" {
			kind = detect(f)
		}
		event, err := readEvent(kind, f)
		if err != nil {
			return err
		}
		e := event.envelope()
		e.SignedAt, e.Raw = common.SignedAt, raw
		if e.AppKey == "" {
			e.AppKey = common.AppKey
		}
		events = append(events, event)
		return nil
	}
	var err error
	if form {
		err = splitForm(common.Raw, each)
	} else {
		err = splitItems(common.Raw, each)
	}
	switch {
	case err == nil && len(events) > 0, err == nil && kind != "" && kind != KindUnknown:
		return kind, events
	case kind == "":
		kind = KindUnknown
	}
	unknown := &Unknown{Envelope: common, Expected: kind}
	if !errors.Is(err, errNoKind) {
		unknown.Err = err
	}
	return KindUnknown, []Event{unknown}
}

var errNoKind = errors.New("its kind is not known")

func readEvent(kind Kind, f *fields) (Event, error) {
	read, ok := kinds[kind]
	if !ok {
		return nil, errNoKind
	}
	event := read(f)
	return event, f.err
}

// nameOf names the value n of an enumeration whose first value is first.
func nameOf(enumeration string, n, first int, names ...string) string {
	if n >= first && n-first < len(names) {
		return names[n-first]
	}
	return fmt.Sprintf("%s(%d)", enumeration, n)
}

// joinKey makes a key of parts that may hold any character but the separator.
func joinKey(parts ...string) string { return strings.Join(parts, "\x00") }
