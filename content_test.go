package rongcloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

var contentTime = time.UnixMilli(1705270000123)

// contentCase is a type with all of its fields and with none, and their encodings.
type contentCase struct {
	full, empty         MessageContent
	fullJSON, emptyJSON string
}

const (
	contentTail  = `"mentionedInfo":{"type":2,"userIdList":["u1","u2"],"mentionedContent":"@你"` + contentMore + `},"user":{"id":"u1","name":"Ann","portrait":"http://a/p.png?a=1&b=2","extra":"e","alias":"A","userType":1` + contentMore + `},"extra":"<x>&\"y\""`
	contentMore  = `,"future":{"<&>":[1.50,"你",null]},"other\"key":"x"`
	contentAudit = `,"audit":{"auditType":0,"project":"p","strategy":"s"` + contentMore + `}`
	contentBurn  = `,"isBurnAfterRead":true,"burnDuration":30`
	contentAwful = "你好 😀 &=+%\"<>"
	contentAwJS  = `你好 😀 &=+%\"<>`
)

func contentCases() []contentCase {
	more := kept{&unknownKeys{{"future", json.RawMessage(`{"<&>":[1.50,"你",null]}`)}, {"other\"key", json.RawMessage(`"x"`)}}}
	at, user, extra, burn := &Mention{Type: MentionUsers, UserIDs: []string{"u1", "u2"}, MentionedContent: "@你", kept: more},
		&Sender{ID: "u1", Name: "Ann", PortraitURL: "http://a/p.png?a=1&b=2", Extra: "e", Alias: "A", UserType: UserTypeBot, kept: more}, `<x>&"y"`, 30*time.Second
	moderation := &Moderation{Enabled: Ptr(false), Project: "p", Strategy: "s", kept: more}
	return []contentCase{
		{
			full:     TextMessage{Content: contentAwful, Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:    TextMessage{},
			fullJSON: `{"content":"` + contentAwJS + `",` + contentTail + contentBurn + contentAudit + contentMore + `}`, emptyJSON: `{"content":""}`,
		}, {
			full:     ImageMessage{Content: "aGk=", ImageURL: "http://i", ThumbnailWidth: 7, ThumbnailHeight: 8, Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:    ImageMessage{},
			fullJSON: `{"content":"aGk=","imageUri":"http://i","thumWidth":7,"thumHeight":8,` + contentTail + contentBurn + contentAudit + contentMore + `}`, emptyJSON: `{"content":"","imageUri":""}`,
		}, {
			full:      GIFMessage{Size: 9 << 32, RemoteURL: "http://g", Width: 3, Height: 4, Name: "g.gif", LocalPath: "/l", Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:     GIFMessage{},
			fullJSON:  `{"gifDataSize":38654705664,"remoteUrl":"http://g","width":3,"height":4,"name":"g.gif","localPath":"/l",` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			emptyJSON: `{"gifDataSize":0,"remoteUrl":"","width":0,"height":0}`,
		}, {
			full:     VoiceMessage{Content: "aGk=", Duration: 7 * time.Second, Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:    VoiceMessage{},
			fullJSON: `{"content":"aGk=","duration":7,` + contentTail + contentBurn + contentAudit + contentMore + `}`, emptyJSON: `{"content":"","duration":0}`,
		}, {
			full:      HQVoiceMessage{RemoteURL: "http://v", Duration: time.Minute, Name: "v.aac", Type: "aac", SampleRate: 16000, ChannelCount: 1, Format: "aac", LocalPath: "/l", Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:     HQVoiceMessage{},
			fullJSON:  `{"remoteUrl":"http://v","duration":60,"name":"v.aac","type":"aac","sampleRate":16000,"numberOfChannels":1,"format":"aac","localPath":"/l",` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			emptyJSON: `{"remoteUrl":"","duration":0}`,
		}, {
			full:      FileMessage{Name: "f", Size: math.MaxInt64, Type: "pdf", FileURL: "http://f", LocalPath: "/l", Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, kept: more},
			empty:     FileMessage{},
			fullJSON:  `{"name":"f","size":9223372036854775807,"type":"pdf","fileUrl":"http://f","localPath":"/l",` + contentTail + contentBurn + contentMore + `}`,
			emptyJSON: `{"name":"","size":0,"type":"","fileUrl":""}`,
		}, {
			full:      SightMessage{SightURL: "http://s", Content: "aGk=", Duration: 2 * time.Minute, Size: 5, Name: "s.mp4", Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:     SightMessage{},
			fullJSON:  `{"sightUrl":"http://s","content":"aGk=","duration":120,"size":5,"name":"s.mp4",` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			emptyJSON: `{"sightUrl":"","content":"","duration":0,"size":0,"name":""}`,
		}, {
			full:      LocationMessage{Content: "aGk=", Latitude: 31.2304, Longitude: -121.5, POI: "外滩", Mention: at, Sender: user, Extra: extra, kept: more},
			empty:     LocationMessage{},
			fullJSON:  `{"content":"aGk=","latitude":31.2304,"longitude":-121.5,"poi":"外滩",` + contentTail + contentMore + `}`,
			emptyJSON: `{"content":"","latitude":0,"longitude":0,"poi":""}`,
		}, {
			full:      ReferenceMessage{Content: "re", QuotedUserID: "u2", QuotedContent: TextMessage{Content: "<q>", kept: more}, QuotedMessageUID: "UID", QuotedStatus: QuotedModified, Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, Moderation: moderation, kept: more},
			empty:     ReferenceMessage{},
			fullJSON:  `{"content":"re","referMsgUserId":"u2","objName":"RC:TxtMsg","referMsg":{"content":"<q>"` + contentMore + `},"referMsgUid":"UID","referMsgStatus":1,` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			emptyJSON: `{"content":"","referMsgUserId":"","objName":"","referMsg":{}}`,
		}, {
			full:      CombineMessage{RemoteURL: "http://c", ConversationType: ConversationGroup, Names: []string{"Ann"}, Summaries: []string{"Ann: hi"}, Title: "t", Name: "n", LocalPath: "/l", Mention: at, Sender: user, Extra: extra, kept: more},
			empty:     CombineMessage{},
			fullJSON:  `{"remoteUrl":"http://c","conversationType":3,"nameList":["Ann"],"summaryList":["Ann: hi"],"title":"t","name":"n","localPath":"/l",` + contentTail + contentMore + `}`,
			emptyJSON: `{"remoteUrl":"","conversationType":0,"nameList":[],"summaryList":[]}`,
		}, {
			full: CombineV2Message{
				ConversationType: ConversationPrivate, Names: []string{"Ann"}, Summaries: []string{"Ann: hi"}, MessageCount: 2, Messages: []ForwardedMessage{
					{From: "u1", TargetID: "u2", SentAt: contentTime, Content: TextMessage{Content: "hi"}, kept: more}, {From: "u2", TargetID: "u1", SentAt: contentTime, Content: RawContent{"app:x", `{"a":1}`}, kept: kept{}},
				}, Key: "k", RemoteURL: "http://c", LocalPath: "/l", Mention: at, Sender: user, Extra: extra, kept: more,
			}, empty: CombineV2Message{},
			fullJSON: `{"conversationType":1,"nameList":["Ann"],"summaryList":["Ann: hi"],"msgNum":2,"msgList":[` +
				`{"fromUserId":"u1","targetId":"u2","timestamp":1705270000123,"objectName":"RC:TxtMsg","content":{"content":"hi"}` + contentMore + `},` +
				`{"fromUserId":"u2","targetId":"u1","timestamp":1705270000123,"objectName":"app:x","content":{"a":1}}],` +
				`"jsonMsgKey":"k","remoteUrl":"http://c","localPath":"/l",` + contentTail + contentMore + `}`,
			emptyJSON: `{"conversationType":0,"nameList":[],"summaryList":[],"msgNum":0}`,
		}, {
			full:      ImageTextMessage{Title: "t", Content: "c", ImageURL: "http://i", URL: "http://u", Mention: at, Sender: user, Extra: extra, Moderation: moderation, kept: more},
			empty:     ImageTextMessage{},
			fullJSON:  `{"title":"t","content":"c","imageUri":"http://i","url":"http://u",` + contentTail + contentAudit + contentMore + `}`,
			emptyJSON: `{"title":"","content":"","imageUri":"","url":""}`,
		}, {
			full:  StreamMessage{Content: "c", Type: MessageStreamMarkdown, Sequence: 1, Complete: true, CompleteReason: 2, MessageUID: "UID", Mention: at, Sender: user, Extra: extra, Quoted: &QuotedMessage{MessageUID: "QUID", ObjectName: "RC:TxtMsg", From: "u2", kept: more}, StopReason: 3, Synced: true, kept: more},
			empty: StreamMessage{},
			fullJSON: `{"content":"c","type":"markdown","seq":1,"complete":true,"completeReason":2,"messageUID":"UID",` + contentTail +
				`,"referMsg":{"messageUId":"QUID","objectName":"RC:TxtMsg","senderId":"u2"` + contentMore + `},"stopReason":3,"isSynced":true` + contentMore + `}`,
			emptyJSON: `{"content":"","seq":0,"complete":false}`,
		}, {
			full:      CardMessage{UserID: "u3", Name: "Bob", PortraitURL: "http://b", SenderID: "u1", SenderName: "Ann", Mention: at, Sender: user, Extra: extra, BurnAfterRead: true, BurnDuration: burn, kept: more},
			empty:     CardMessage{},
			fullJSON:  `{"userId":"u3","name":"Bob","portraitUri":"http://b","sendUserId":"u1","sendUserName":"Ann",` + contentTail + contentBurn + contentMore + `}`,
			emptyJSON: `{"userId":"","name":"","sendUserId":"","sendUserName":""}`,
		}, {
			full:      StickerMessage{PackageID: "p", StickerID: "s", Digest: "[ok]", Width: 1, Height: 2, Mention: at, Sender: user, Extra: extra, kept: more},
			empty:     StickerMessage{},
			fullJSON:  `{"packageId":"p","stickerId":"s","digest":"[ok]","width":1,"height":2,` + contentTail + contentMore + `}`,
			emptyJSON: `{"packageId":"","stickerId":"","width":0,"height":0}`,
		}, {
			full:     InfoNotification{Message: "m", Sender: &Sender{ID: "u1"}, Extra: "e", kept: more},
			empty:    InfoNotification{},
			fullJSON: `{"message":"m","user":{"id":"u1"},"extra":"e"` + contentMore + `}`, emptyJSON: `{"message":""}`,
		}, {
			full:      GroupNotification{OperatorID: "u1", Operation: GroupOperationAdd, Data: GroupNotificationData{OperatorNickname: "Ann", TargetGroupName: "G", TargetUserIDs: []string{"u2"}, TargetUserDisplayNames: []string{"<Bob>"}, Other: map[string]any{"zz": "&"}}, Message: "m", Extra: "e", kept: more},
			empty:     GroupNotification{},
			fullJSON:  `{"operatorUserId":"u1","operation":"Add","data":{"operatorNickname":"Ann","targetGroupName":"G","targetUserIds":["u2"],"targetUserDisplayNames":["<Bob>"],"zz":"&"},"message":"m","extra":"e"` + contentMore + `}`,
			emptyJSON: `{"operatorUserId":"","operation":"","data":{},"message":""}`,
		}, {
			full:      ContactNotification{Operation: ContactOperationAcceptResponse, SourceUserID: "u1", TargetUserID: "u2", Message: "m", Extra: "e", kept: more},
			empty:     ContactNotification{},
			fullJSON:  `{"operation":"AcceptResponse","sourceUserId":"u1","targetUserId":"u2","message":"m","extra":"e"` + contentMore + `}`,
			emptyJSON: `{"operation":"","sourceUserId":"","targetUserId":"","message":""}`,
		}, {
			full:     ProfileNotification{Operation: "Update", Data: `{"a":1}`, Extra: "e", kept: more},
			empty:    ProfileNotification{},
			fullJSON: `{"operation":"Update","data":"{\"a\":1}","extra":"e"` + contentMore + `}`, emptyJSON: `{"operation":"","data":""}`,
		}, {
			full: CommandNotification{"n", "d", more}, empty: CommandNotification{}, fullJSON: `{"name":"n","data":"d"` + contentMore + `}`, emptyJSON: `{"name":"","data":""}`,
		}, {
			full:     RecallNotification{OperatorID: "u1", RecalledAt: contentTime, OriginalObjectName: "RC:TxtMsg", OriginalContent: TextMessage{Content: "o", kept: more}, RecallContent: "c", RecallActionAt: contentTime, Admin: true, Delete: true, Sender: &Sender{ID: "u1"}, Extra: "e", kept: more},
			empty:    RecallNotification{},
			fullJSON: `{"operatorId":"u1","recallTime":1705270000123,"originalObjectName":"RC:TxtMsg","originalMessageContent":{"content":"o"` + contentMore + `},"recallContent":"c","recallActionTime":1705270000123,"admin":true,"delete":true,"user":{"id":"u1"},"extra":"e"` + contentMore + `}`, emptyJSON: `{}`,
		}, {
			full: DiscussionNotification{Type: 1, Extension: "x", OperatorID: "u1", kept: more}, empty: DiscussionNotification{}, fullJSON: `{"type":1,"extension":"x","operator":"u1"` + contentMore + `}`, emptyJSON: `{}`,
		}, {
			full: TypingStatus{"RC:TxtMsg", "d", more}, empty: TypingStatus{}, fullJSON: `{"typingContentType":"RC:TxtMsg","data":"d"` + contentMore + `}`, emptyJSON: `{"typingContentType":""}`,
		}, {
			full: CommandMessage{"n", "d", more}, empty: CommandMessage{}, fullJSON: `{"name":"n","data":"d"` + contentMore + `}`, emptyJSON: `{"name":"","data":""}`,
		}, {
			full:     RecallCommand{MessageUID: "UID", ConversationType: ConversationUltraGroup, TargetID: "g", ChannelID: "c", SentAt: contentTime, Admin: true, Delete: true, OriginalFrom: "u2", ToUserIDs: &[]string{"u3"}, Sender: &Sender{ID: "u1"}, Extra: "e", kept: more},
			empty:    RecallCommand{},
			fullJSON: `{"messageUId":"UID","conversationType":10,"targetId":"g","channelId":"c","sentTime":1705270000123,"isAdmin":1,"isDelete":1,"originalFromUserId":"u2","directionalUserIdList":["u3"],"user":{"id":"u1"},"extra":"e"` + contentMore + `}`, emptyJSON: `{}`,
		}, {
			full:     ReadReceipt{LastMessageSentAt: contentTime, MessageUID: "UID", Type: ReadReceiptByTime, kept: more},
			empty:    ReadReceipt{},
			fullJSON: `{"lastMessageSendTime":1705270000123,"messageUId":"UID","type":1` + contentMore + `}`, emptyJSON: `{"lastMessageSendTime":0,"messageUId":"","type":1}`,
		}, {
			full: ReadReceiptRequest{"UID", "e", more}, empty: ReadReceiptRequest{}, fullJSON: `{"messageUId":"UID","extra":"e"` + contentMore + `}`, emptyJSON: `{}`,
		}, {
			full: ReadReceiptResponse{map[string][]string{"u1": {"A", "B"}}, more}, empty: ReadReceiptResponse{}, fullJSON: `{"receiptMessageDic":{"u1":["A","B"]}` + contentMore + `}`, emptyJSON: `{}`,
		}, {
			full: SyncReadStatus{contentTime, more}, empty: SyncReadStatus{}, fullJSON: `{"lastMessageSendTime":1705270000123` + contentMore + `}`, emptyJSON: `{}`,
		}, {
			full:     ChatroomEntryNotification{Type: ChatroomEntryChangeDelete, Key: "k", Value: "v", Extra: "e", kept: more},
			empty:    ChatroomEntryNotification{},
			fullJSON: `{"type":2,"key":"k","value":"v","extra":"e"` + contentMore + `}`, emptyJSON: `{"type":0,"key":"","value":""}`,
		},
	}
}

// contentJSON encodes as a request does.
func contentJSON(t *testing.T, c any) string {
	t.Helper()
	text, err := plainJSON.Marshal(c)
	require.NoError(t, err)
	return string(text)
}

func TestContentOnTheWire(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range contentCases() {
		name := c.full.ObjectName()
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range reflect.TypeOf(c.full).NumField() {
				require.False(t, reflect.ValueOf(c.full).Field(i).IsZero(), "field %d is not tested", i)
			}
			require.Equal(t, c.fullJSON, contentJSON(t, c.full))
			require.Equal(t, c.emptyJSON, contentJSON(t, c.empty))

			got, err := DecodeContent(name, []byte(c.fullJSON))
			require.NoError(t, err)
			require.Equal(t, c.full, got)
			got, err = DecodeContent(name, []byte(`{}`))
			require.NoError(t, err)
			if name == "RC:RRRspMsg" {
				require.Empty(t, got.(ReadReceiptResponse).MessageUIDsByUser)
			}
			require.Equal(t, c.empty, got)

			pointer := reflect.New(reflect.TypeOf(c.full))
			require.NoError(t, json.Unmarshal([]byte(c.fullJSON), pointer.Interface()))
			require.Equal(t, c.full, pointer.Elem().Interface())
			require.Equal(t, c.fullJSON, contentJSON(t, pointer.Interface()))

			escaped, err := json.Marshal(c.full)
			require.NoError(t, err)
			require.JSONEq(t, c.fullJSON, string(escaped))
		})
	}
	for name, decode := range builtIns {
		require.Equal(t, decode != nil, seen[name], name)
	}
}

func TestContentReadsVariants(t *testing.T) {
	t.Parallel()
	hi := TextMessage{Content: "hi"}
	for _, c := range []struct {
		label, name, body string
		want              MessageContent
	}{
		{
			label: "portraitUri beside an empty portrait", name: "RC:TxtMsg",
			body: `{"content":"hi","user":{"id":"u","portraitUri":"p","portrait":""}}`,
			want: TextMessage{Content: "hi", Sender: &Sender{ID: "u", PortraitURL: "p"}},
		},
		{
			label: "portraitUri", name: "RC:TxtMsg", body: `{"content":"hi","user":{"id":"u","portraitUri":"p"}}`,
			want: TextMessage{Content: "hi", Sender: &Sender{ID: "u", PortraitURL: "p"}},
		},
		{
			label: "user as text", name: "RC:TxtMsg", body: `{"content":"hi","user":"{\"id\":\"u\"}"}`,
			want: TextMessage{Content: "hi", Sender: &Sender{ID: "u"}},
		},
		{label: "nulls", name: "RC:TxtMsg", body: `{"content":"hi","user":null,"mentionedInfo":null,"extra":null}`, want: hi},
		{
			label: "moderation", name: "RC:TxtMsg", body: `{"content":"hi","audit":{"auditType":"1"}}`,
			want: TextMessage{Content: "hi", Moderation: &Moderation{Enabled: Ptr(true)}},
		},
		{
			label: "extra as object", name: "RC:TxtMsg", body: `{"content":"hi","extra":{"a":1}}`,
			want: TextMessage{Content: "hi", Extra: `{"a":1}`},
		},
		{label: "numbers as text", name: "RC:TxtMsg", body: `{"content":"hi","mentionedInfo":{"type":"1"},"burnDuration":"30","isBurnAfterRead":1}`,
			want: TextMessage{Content: "hi", Mention: &Mention{Type: MentionAll}, BurnAfterRead: true, BurnDuration: 30 * time.Second}},
		{label: "size as text", name: "RC:FileMsg", body: `{"name":"f","size":"1024"}`, want: FileMessage{Name: "f", Size: 1024}},
		{
			label: "duration as text", name: "RC:HQVCMsg", body: `{"remoteUrl":"v","duration":"7"}`,
			want: HQVoiceMessage{RemoteURL: "v", Duration: 7 * time.Second},
		},
		{
			label: "coordinates as text", name: "RC:LBSMsg", body: `{"latitude":"31.5","longitude":"-1"}`,
			want: LocationMessage{Latitude: 31.5, Longitude: -1},
		},
		{
			label: "referMsg as text", name: "RC:ReferenceMsg",
			body: `{"content":"re","referMsg":"{\"content\":\"hi\"}","objName":"RC:TxtMsg"}`,
			want: ReferenceMessage{Content: "re", QuotedContent: hi},
		},
		{
			label: "referMsg of own type", name: "RC:ReferenceMsg", body: `{"referMsg":{"b":"<&>","a":1.50},"objName":"app:x"}`,
			want: ReferenceMessage{QuotedContent: RawContent{"app:x", `{"b":"<&>","a":1.50}`}},
		},
		{
			label: "referMsg of own type as text", name: "RC:ReferenceMsg", body: `{"referMsg":"plain","objName":"app:x"}`,
			want: ReferenceMessage{QuotedContent: RawContent{"app:x", "plain"}},
		},
		{
			label: "referMsg not of its type", name: "RC:ReferenceMsg", body: `{"referMsg":[1],"objName":"RC:TxtMsg"}`,
			want: ReferenceMessage{QuotedContent: RawContent{"RC:TxtMsg", "[1]"}},
		},
		{
			label: "referMsg missing", name: "RC:ReferenceMsg", body: `{"objName":"RC:TxtMsg"}`,
			want: ReferenceMessage{QuotedContent: RawContent{Name: "RC:TxtMsg"}},
		},
		{label: "answer to an answer", name: "RC:ReferenceMsg", body: `{"content":"2","objName":"RC:ReferenceMsg","referMsg":{"content":"1","objName":"RC:TxtMsg","referMsg":{"content":"hi"}}}`,
			want: ReferenceMessage{Content: "2", QuotedContent: ReferenceMessage{Content: "1", QuotedContent: hi}}},
		{label: "lists as text", name: "RC:CombineMsg", body: `{"conversationType":"3","nameList":"[\"a\",\"b\"]","summaryList":"a: hi"}`,
			want: CombineMessage{ConversationType: ConversationGroup, Names: []string{"a", "b"}, Summaries: []string{"a: hi"}}},
		{label: "forwarded content as text", name: "RC:CombineV2Msg", body: `{"msgNum":"1","msgList":[{"timestamp":"1705270000123","objectName":"RC:TxtMsg","content":"{\"content\":\"hi\"}"}]}`,
			want: CombineV2Message{MessageCount: 1, Messages: []ForwardedMessage{{SentAt: contentTime, Content: hi}}}},
		{label: "forwarded list as text", name: "RC:CombineV2Msg", body: `{"msgList":"[{\"objectName\":\"RC:TxtMsg\",\"content\":{\"content\":\"hi\"}}]"}`,
			want: CombineV2Message{Messages: []ForwardedMessage{{Content: hi}}}},
		{
			label: "stream: extra as object", name: "RC:StreamMsg", body: `{"content":"c","extra":{"a":"b"}}`,
			want: StreamMessage{Content: "c", Extra: `{"a":"b"}`},
		},
		{
			label: "data as text", name: "RC:GrpNtf", body: `{"operation":"Rename","data":"{\"targetGroupName\":\"G\"}"}`,
			want: GroupNotification{Operation: GroupOperationRename, Data: GroupNotificationData{TargetGroupName: "G"}},
		},
		{label: "data empty", name: "RC:GrpNtf", body: `{"operation":"Mine","data":""}`, want: GroupNotification{Operation: "Mine"}},
		{label: "data of the app's own", name: "RC:GrpNtf", body: `{"operation":"Transfer","data":{"oldOwner":"u1","n":7}}`,
			want: GroupNotification{Operation: "Transfer", Data: GroupNotificationData{Other: map[string]any{"oldOwner": "u1", "n": json.Number("7")}}}},
		{
			label: "operation of web clients", name: "RC:ContactNtf", body: `{"operation":"ContactOperationRequest"}`,
			want: ContactNotification{Operation: ContactOperationRequest},
		},
		{
			label: "operation of web clients, accept", name: "RC:ContactNtf", body: `{"operation":"ContactOperationAcceptResponse"}`,
			want: ContactNotification{Operation: ContactOperationAcceptResponse},
		},
		{
			label: "operation of the app's own", name: "RC:ContactNtf", body: `{"operation":"ContactOperationMine"}`,
			want: ContactNotification{Operation: "ContactOperationMine"},
		},
		{
			label: "data as object", name: "RC:ProfileNtf", body: `{"operation":"Update","data":{"a":1}}`,
			want: ProfileNotification{Operation: "Update", Data: `{"a":1}`},
		},
		{
			label: "isAdmin, isDelete", name: "RC:RcNtf", body: `{"isAdmin":1,"isDelete":"true"}`,
			want: RecallNotification{Admin: true, Delete: true},
		},
		{label: "letter case", name: "RC:RcCmd", body: `{"MessageUId":"UID","TargetId":"g","ChannelId":"c","SentTime":1705270000123,"ConversationType":"10","isAdmin":true,"isDelete":false}`,
			want: RecallCommand{MessageUID: "UID", TargetID: "g", ChannelID: "c", SentAt: contentTime, ConversationType: ConversationUltraGroup, Admin: true}},
		{
			label: "time as text, messageUID", name: "RC:ReadNtf",
			body: `{"lastMessageSendTime":"1705270000123","messageUID":"UID","type":"1"}`,
			want: ReadReceipt{LastMessageSentAt: contentTime, MessageUID: "UID", Type: 1},
		},
		{
			label: "map to number", name: "RC:RRRspMsg", body: `{"receiptMessageDic":{"u1":5}}`,
			want: ReadReceiptResponse{MessageUIDsByUser: map[string][]string{"u1": {"5"}}},
		},
		{
			label: "time as text", name: "RC:SRSMsg", body: `{"lastMessageSendTime":"1705270000123"}`,
			want: SyncReadStatus{LastMessageSentAt: contentTime},
		},
		{
			label: "extra as map", name: "RC:chrmKVNotiMsg", body: `{"type":"1","key":"k","value":"v","extra":{"a":"b"}}`,
			want: ChatroomEntryNotification{Type: ChatroomEntryChangeSet, Key: "k", Value: "v", Extra: `{"a":"b"}`},
		},
		{label: "body as text", name: "RC:TxtMsg", body: `"{\"content\":\"hi\"}"`, want: hi},
		{label: "own type", name: "app:x", body: "not JSON", want: RawContent{"app:x", "not JSON"}},
		{label: "body not documented", name: "RC:VCInvite", body: `{"callId":1}`, want: RawContent{"RC:VCInvite", `{"callId":1}`}},
		{label: "no name", want: RawContent{}},
	} {
		t.Run(c.name+"/"+c.label, func(t *testing.T) {
			t.Parallel()
			got, err := DecodeContent(c.name, []byte(c.body))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			if pointer := reflect.New(reflect.TypeOf(c.want)); json.Valid([]byte(c.body)) && builtIns[c.name] != nil && c.body[0] == '{' {
				if _, ok := reflect.TypeAssert[json.Unmarshaler](pointer); ok {
					require.NoError(t, json.Unmarshal([]byte(c.body), pointer.Interface()))
					require.Equal(t, c.want, pointer.Elem().Interface())
				}
			}
		})
	}
}

func TestContentNotOfItsType(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{", "null", "7", `"text"`, "[1]", `{"size":"big"}`, `{"size":1e400}`, `{} {}`} {
		got, err := DecodeContent("RC:FileMsg", []byte(body))
		require.ErrorContains(t, err, "rongcloud: content of RC:FileMsg: ", body)
		require.Equal(t, RawContent{"RC:FileMsg", body}, got, body)
	}
}

func TestContentDepthIsLimited(t *testing.T) {
	t.Parallel()
	nest := func(n int) string {
		return strings.Repeat(`{"objName":"RC:ReferenceMsg","referMsg":`, n) + `{}` + strings.Repeat(`}`, n)
	}
	for _, depth := range []int{100, 9000} {
		content, err := DecodeContent("RC:ReferenceMsg", []byte(nest(depth)))
		require.NoError(t, err)
		for range maxDepth {
			content = content.(ReferenceMessage).QuotedContent
		}
		// Deeper messages are not read again at each level.
		raw := content.(ReferenceMessage).QuotedContent.(RawContent)
		require.Equal(t, "RC:ReferenceMsg", raw.Name)
		require.Equal(t, nest(depth-maxDepth-1), raw.Body)
	}
}

func TestContentSpansAndTimes(t *testing.T) {
	t.Parallel()
	for span, want := range map[time.Duration]string{
		1: "1", time.Second: "1", 1500 * time.Millisecond: "2", math.MaxInt64: "9223372037",
	} {
		require.Equal(t, `{"remoteUrl":"","duration":`+want+`}`, contentJSON(t, HQVoiceMessage{Duration: span}))
	}
	_, err := json.Marshal(HQVoiceMessage{Duration: Forever})
	require.ErrorContains(t, err, `"duration": cannot be Forever`)
	_, err = json.Marshal(HQVoiceMessage{Duration: -time.Second})
	require.ErrorContains(t, err, `"duration": -1s is negative`)
	require.Equal(t, `{"lastMessageSendTime":-1000,"messageUId":"","type":1}`, contentJSON(t, ReadReceipt{LastMessageSentAt: time.UnixMilli(-1000)}))
}

func TestContentInsideContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content MessageContent
		want    string
	}{
		{RawContent{"app:x", `{"a": "<"}`}, `"objName":"app:x","referMsg":{"a":"<"}`},
		{RawContent{"app:x", `not "JSON"`}, `"objName":"app:x","referMsg":"not \"JSON\""`},
		{RawContent{Name: "app:x"}, `"objName":"app:x","referMsg":{}`},
		{&TextMessage{Content: "p"}, `"objName":"RC:TxtMsg","referMsg":{"content":"p"}`},
		{contentOfApp{A: "&", MentionedInfo: nil}, `"objName":"app:own","referMsg":{"a":"&"}`},
	} {
		require.Equal(t, `{"content":"","referMsgUserId":"",`+c.want+`}`, contentJSON(t, ReferenceMessage{QuotedContent: c.content}))
	}
	var none *TextMessage
	_, err := json.Marshal(ReferenceMessage{QuotedContent: none})
	require.ErrorContains(t, err, "is a nil *rongcloud.TextMessage")
}

func TestContentMentions(t *testing.T) {
	t.Parallel()
	for _, c := range contentCases() {
		_, has := reflect.TypeOf(c.full).FieldByName("Mention")
		require.Equal(t, has, mentions(c.full), c.full.ObjectName())
		require.False(t, mentions(c.empty), c.full.ObjectName())
		nothing := reflect.Zero(reflect.PointerTo(reflect.TypeOf(c.full))).Interface().(MessageContent)
		require.False(t, mentions(nothing), c.full.ObjectName())
	}
	require.True(t, mentions(&TextMessage{Mention: &Mention{Type: MentionAll}}))
	require.False(t, mentions(nil))
	require.False(t, mentions(contentOfApp{}))
}

// A mention of nobody would be sent and reach nobody, so it is refused. A message that is read
// keeps it.
func TestContentMentionOfNobody(t *testing.T) {
	t.Parallel()
	message := messageEndpoint(endpoint.JSON)
	for _, c := range contentCases() {
		field := reflect.ValueOf(c.full).FieldByName("Mention")
		if !field.IsValid() {
			continue
		}
		for name, mention := range map[string]*Mention{
			"neither UserIDs nor the Type": {MentionedContent: "hey"},
			"has no UserIDs":               {Type: MentionUsers},
		} {
			content := reflect.New(reflect.TypeOf(c.full))
			content.Elem().FieldByName("Mention").Set(reflect.ValueOf(mention))
			for _, value := range []reflect.Value{content, content.Elem()} {
				_, err := encodeRequest(message, &messageRequest{To: []string{"a"}, Content: value.Interface().(MessageContent)}, nil)
				requireRefused(t, err, "content")
				require.ErrorContains(t, err, name)
			}
		}
	}
	read, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"hi","mentionedInfo":{"mentionedContent":"hey"}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"content":"hi","mentionedInfo":{"type":0,"mentionedContent":"hey"}}`, contentJSON(t, read))
}

// The type of a mention follows from its list, in a message of the caller's and in one that was
// read.
func TestContentMentionOfUsers(t *testing.T) {
	t.Parallel()
	const want = `{"content":"hi","mentionedInfo":{"type":2,"userIdList":["u1"]}}`
	mention := &Mention{UserIDs: []string{"u1"}}
	require.JSONEq(t, want, contentJSON(t, TextMessage{Content: "hi", Mention: mention}))
	require.JSONEq(t, want, contentJSON(t, &TextMessage{Content: "hi", Mention: mention}))
	require.Zero(t, mention.Type, "the caller's value stays")
	form, err := encodeRequest(messageEndpoint(endpoint.JSON), &messageRequest{To: []string{"a"}, Content: TextMessage{Content: "hi", Mention: mention}}, nil)
	require.NoError(t, err)
	require.Contains(t, form.body, `\"type\":2`)
	alone, err := json.Marshal(mention)
	require.NoError(t, err)
	require.JSONEq(t, `{"type":2,"userIdList":["u1"]}`, string(alone))

	read, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"hi","mentionedInfo":{"userIdList":["u1"]}}`))
	require.NoError(t, err)
	require.JSONEq(t, want, contentJSON(t, read))
	const odd = `{"content":"hi","mentionedInfo":{"type":"some","userIdList":["u1"]}}`
	read, err = DecodeContent("RC:TxtMsg", []byte(odd))
	require.NoError(t, err)
	require.JSONEq(t, odd, contentJSON(t, read), "a type that no field can hold is kept")
	require.JSONEq(t, `{"content":"","mentionedInfo":{"type":1,"userIdList":["u1"]}}`,
		contentJSON(t, TextMessage{Mention: &Mention{Type: MentionAll, UserIDs: []string{"u1"}}}))
}

// TestContentReadsEmptyMention checks that an empty mention is treated as none, so a group is not
// notified.
func TestContentReadsEmptyMention(t *testing.T) {
	t.Parallel()
	for _, c := range contentCases() {
		if !reflect.ValueOf(c.full).FieldByName("Mention").IsValid() {
			continue
		}
		for _, mention := range []string{"{}", "[]", `""`, `"{}"`, `{"type":0}`, `{"type":"","userIdList":[],"mentionedContent":""}`} {
			body := []byte(`{"mentionedInfo":` + mention + `}`)
			read, err := DecodeContent(c.full.ObjectName(), body)
			require.NoError(t, err, mention)
			require.False(t, mentions(read), "%T %s", read, mention)
			pointer := reflect.New(reflect.TypeOf(c.full)).Interface()
			require.NoError(t, json.Unmarshal(body, pointer))
			require.False(t, mentions(pointer.(MessageContent)), "%T %s", pointer, mention)
		}
	}
	for _, mention := range []string{`{"type":1}`, `{"userIdList":["u"]}`, `{"mentionedContent":"m"}`, `{"new":1}`} {
		read, err := DecodeContent("RC:TxtMsg", []byte(`{"mentionedInfo":`+mention+`}`))
		require.NoError(t, err)
		require.True(t, mentions(read), mention)
	}
}

// contentOfApp is an app's own type.
type contentOfApp struct {
	A             string   `json:"a"`
	MentionedInfo *Mention `json:"mentionedInfo,omitempty"`
}

func (contentOfApp) ObjectName() string { return "app:own" }

var (
	contentNameLine  = regexp.MustCompile(`object_name: "?([\w:]+)`)
	contentKindLine  = regexp.MustCompile(`(?m)^    kind: (\w+)`)
	contentFieldLine = regexp.MustCompile(`(?m)^      - (?:\{name: (\w+),(.*)|name: (\w+)\n(?:        .*\n)*)`)
	contentBurnLine  = regexp.MustCompile(`name: burnDuration, .*\n    types_with_it: \[(.*)\]`)
	contentAuditLine = regexp.MustCompile(`name: strategy, .*\n    types_with_it: \[(.*)\]`)
)

// TestContentIsTheCatalogues compares every type with api/content.yaml: its name, its keys, and
// which keys may be omitted.
func TestContentIsTheCatalogues(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("api/content.yaml")
	require.NoError(t, err)
	text, _, found := strings.Cut(string(file), "\nretired:")
	require.True(t, found)
	burn := strings.Split(contentBurnLine.FindStringSubmatch(text)[1], ", ")
	moderated := strings.Split(contentAuditLine.FindStringSubmatch(text)[1], ", ")
	_, text, found = strings.Cut(text, "\ntypes:")
	require.True(t, found)

	cases := map[string]contentCase{}
	for _, c := range contentCases() {
		cases[c.full.ObjectName()] = c
	}
	known := map[string]bool{}
	for _, block := range strings.Split(text, "\n  - ")[1:] {
		name := contentNameLine.FindStringSubmatch(block)[1]
		known[name] = true
		require.True(t, isBuiltIn(name), name)
		var all, required []string
		for _, field := range contentFieldLine.FindAllStringSubmatch(block, -1) {
			key := field[1] + field[3]
			all = append(all, key)
			if strings.Contains(field[0], "required: true") && (field[3] == "" || strings.Contains(field[0], "\n        required: true")) {
				required = append(required, key)
			}
		}
		if len(all) == 0 {
			require.Nil(t, builtIns[name], name)
			continue
		}
		if contentKindLine.FindStringSubmatch(block)[1] == "content" && !slices.Contains(all, "mentionedInfo") {
			all = append(all, "mentionedInfo")
		}
		if slices.Contains(burn, name) {
			all = append(all, "isBurnAfterRead", "burnDuration")
		}
		if slices.Contains(moderated, name) {
			all = append(all, "audit")
		}
		require.ElementsMatch(t, all, contentKeys(t, WithoutUnknownKeys(cases[name].full)), name)
		require.ElementsMatch(t, required, contentKeys(t, cases[name].empty), name)
	}
	for name := range builtIns {
		require.True(t, known[name], "%s is not in the catalogue", name)
	}
}

func contentKeys(t *testing.T, c MessageContent) []string {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(contentJSON(t, c)), &object))
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	return keys
}

func FuzzDecodeContent(f *testing.F) {
	for _, c := range contentCases() {
		f.Add(c.full.ObjectName(), []byte(c.fullJSON))
		f.Add(c.full.ObjectName(), []byte(c.emptyJSON))
	}
	for name := range builtIns {
		for _, body := range []string{"", "null", "[]", `{"user":[],"size":"","data":7,"msgList":[null,7,{}],"referMsg":[[]]}`} {
			f.Add(name, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		content, err := DecodeContent(name, body)
		require.NotNil(t, content)
		if err != nil {
			require.Equal(t, RawContent{name, string(body)}, content)
			return
		}
		require.Equal(t, name, content.ObjectName())
		text, err := plainJSON.Marshal(content)
		if err != nil { // such as a negative duration
			return
		}
		again, err := DecodeContent(name, text)
		require.NoError(t, err)
		if _, raw := content.(RawContent); !raw {
			require.IsType(t, content, again)
			require.Equal(t, UnknownKeys(content), UnknownKeys(again))
			require.Nil(t, UnknownKeys(WithoutUnknownKeys(content)))
		}
	})
}

func TestPushOptionsOnTheWire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options PushOptions
		want    string
	}{
		{PushOptions{}, `{}`},
		{PushOptions{Title: "a<b>&c", TemplateID: "t", ForceShowContent: true, NotificationID: "n1"},
			`{"title":"a<b>&c","templateId":"t","forceShowPushContent":1,"pushId":"n1"}`},
		{PushOptions{OPPO: &OPPOPush{}}, `{"pushConfigs":[{"OPPO":{}}]}`},
		{
			PushOptions{
				Huawei: &HuaweiPush{ChannelID: "c", Importance: PushImportanceLow, ImageURL: "https://i?a&b", Category: "IM"}, Honor: &HonorPush{PushImportanceNormal, "https://i"},
				Xiaomi: &XiaomiPush{"c"}, OPPO: &OPPOPush{"c"}, VIVO: &VIVOPush{VIVOClassificationOperational, "IM"},
				FCM: &FCMPush{ChannelID: "c", CollapseKey: "k", ImageURL: "https://i", Priority: FCMPriorityHigh}, APNs: &APNsPush{ThreadID: "t", CollapseID: "m", Category: "RC:TxtMsg", RichMediaURL: "https://r", InterruptionLevel: InterruptionTimeSensitive}, HarmonyOS: &HarmonyOSPush{"IM", "https://i"},
			},
			`{"pushConfigs":[{"HW":{"channelId":"c","importance":"LOW","image":"https://i?a&b","category":"IM"}},` +
				`{"HONOR":{"importance":"NORMAL","image":"https://i"}},{"MI":{"channelId":"c"}},` +
				`{"OPPO":{"channelId":"c"}},{"VIVO":{"classification":"0","category":"IM"}},` +
				`{"FCM":{"channelId":"c","collapse_key":"k","imageUrl":"https://i","priority":"high"}},` +
				`{"APNs":{"thread-id":"t","apns-collapse-id":"m","category":"RC:TxtMsg","richMediaUri":"https://r","interruption-level":"time-sensitive"}},` +
				`{"OHOS":{"category":"IM","image":"https://i"}}]}`,
		},
	} {
		require.Equal(t, c.want, contentJSON(t, c.options))
		require.Equal(t, c.want, contentJSON(t, &c.options))
	}
}

// FuzzWriteText compares writeText with encoding/json.
func FuzzWriteText(f *testing.F) {
	for _, text := range []string{"", "a", contentAwful, "\x00\b\f\n\r\t\x1f\x7f", "\u2028\u2029\ufffd", "\xff\xc3", "a\xe2\x80", `\"/<>&`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := plainJSON.Marshal(text)
		var got bytes.Buffer
		require.Equal(t, err, writeText(&got, text))
		if err != nil {
			return
		}
		require.Equal(t, string(want), got.String())
	})
}

func BenchmarkContent(b *testing.B) {
	message := TextMessage{Content: "hello", Sender: &Sender{ID: "u1", Name: "Ann"}}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := message.MarshalJSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		body := fmt.Appendf(nil, `{"content":"hello","user":{"id":"u1","name":"Ann"}}`)
		for b.Loop() {
			if _, err := DecodeContent("RC:TxtMsg", body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
