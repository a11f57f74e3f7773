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
	at, user, extra, burn := &Mention{MentionUsers, []string{"u1", "u2"}, "@你", more},
		&Sender{"u1", "Ann", "http://a/p.png?a=1&b=2", "e", "A", UserTypeBot, more}, `<x>&"y"`, 30*time.Second
	moderation := &Moderation{Ptr(false), "p", "s", more}
	return []contentCase{
		{
			TextMessage{contentAwful, at, user, extra, true, burn, moderation, more}, TextMessage{},
			`{"content":"` + contentAwJS + `",` + contentTail + contentBurn + contentAudit + contentMore + `}`, `{"content":""}`,
		}, {
			ImageMessage{"aGk=", "http://i", 7, 8, at, user, extra, true, burn, moderation, more}, ImageMessage{},
			`{"content":"aGk=","imageUri":"http://i","thumWidth":7,"thumHeight":8,` + contentTail + contentBurn + contentAudit + contentMore + `}`, `{"content":"","imageUri":""}`,
		}, {
			GIFMessage{9 << 32, "http://g", 3, 4, "g.gif", "/l", at, user, extra, true, burn, moderation, more}, GIFMessage{},
			`{"gifDataSize":38654705664,"remoteUrl":"http://g","width":3,"height":4,"name":"g.gif","localPath":"/l",` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			`{"gifDataSize":0,"remoteUrl":"","width":0,"height":0}`,
		}, {
			VoiceMessage{"aGk=", 7 * time.Second, at, user, extra, true, burn, moderation, more}, VoiceMessage{},
			`{"content":"aGk=","duration":7,` + contentTail + contentBurn + contentAudit + contentMore + `}`, `{"content":"","duration":0}`,
		}, {
			HQVoiceMessage{"http://v", time.Minute, "v.aac", "aac", 16000, 1, "aac", "/l", at, user, extra, true, burn, moderation, more}, HQVoiceMessage{},
			`{"remoteUrl":"http://v","duration":60,"name":"v.aac","type":"aac","sampleRate":16000,"numberOfChannels":1,"format":"aac","localPath":"/l",` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			`{"remoteUrl":"","duration":0}`,
		}, {
			FileMessage{"f", math.MaxInt64, "pdf", "http://f", "/l", at, user, extra, true, burn, more}, FileMessage{},
			`{"name":"f","size":9223372036854775807,"type":"pdf","fileUrl":"http://f","localPath":"/l",` + contentTail + contentBurn + contentMore + `}`,
			`{"name":"","size":0,"type":"","fileUrl":""}`,
		}, {
			SightMessage{"http://s", "aGk=", 2 * time.Minute, 5, "s.mp4", at, user, extra, true, burn, moderation, more}, SightMessage{},
			`{"sightUrl":"http://s","content":"aGk=","duration":120,"size":5,"name":"s.mp4",` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			`{"sightUrl":"","content":"","duration":0,"size":0,"name":""}`,
		}, {
			LocationMessage{"aGk=", 31.2304, -121.5, "外滩", at, user, extra, more}, LocationMessage{},
			`{"content":"aGk=","latitude":31.2304,"longitude":-121.5,"poi":"外滩",` + contentTail + contentMore + `}`,
			`{"content":"","latitude":0,"longitude":0,"poi":""}`,
		}, {
			ReferenceMessage{"re", "u2", TextMessage{Content: "<q>", kept: more}, "UID", QuotedModified, at, user, extra, true, burn, moderation, more}, ReferenceMessage{},
			`{"content":"re","referMsgUserId":"u2","objName":"RC:TxtMsg","referMsg":{"content":"<q>"` + contentMore + `},"referMsgUid":"UID","referMsgStatus":1,` + contentTail + contentBurn + contentAudit + contentMore + `}`,
			`{"content":"","referMsgUserId":"","objName":"","referMsg":{}}`,
		}, {
			CombineMessage{"http://c", ConversationGroup, []string{"Ann"}, []string{"Ann: hi"}, "t", "n", "/l", at, user, extra, more}, CombineMessage{},
			`{"remoteUrl":"http://c","conversationType":3,"nameList":["Ann"],"summaryList":["Ann: hi"],"title":"t","name":"n","localPath":"/l",` + contentTail + contentMore + `}`,
			`{"remoteUrl":"","conversationType":0,"nameList":[],"summaryList":[]}`,
		}, {
			CombineV2Message{
				ConversationPrivate, []string{"Ann"}, []string{"Ann: hi"}, 2, []ForwardedMessage{
					{"u1", "u2", contentTime, TextMessage{Content: "hi"}, more}, {"u2", "u1", contentTime, RawContent{"app:x", `{"a":1}`}, kept{}},
				}, "k", "http://c", "/l", at, user, extra, more,
			}, CombineV2Message{},
			`{"conversationType":1,"nameList":["Ann"],"summaryList":["Ann: hi"],"msgNum":2,"msgList":[` +
				`{"fromUserId":"u1","targetId":"u2","timestamp":1705270000123,"objectName":"RC:TxtMsg","content":{"content":"hi"}` + contentMore + `},` +
				`{"fromUserId":"u2","targetId":"u1","timestamp":1705270000123,"objectName":"app:x","content":{"a":1}}],` +
				`"jsonMsgKey":"k","remoteUrl":"http://c","localPath":"/l",` + contentTail + contentMore + `}`,
			`{"conversationType":0,"nameList":[],"summaryList":[],"msgNum":0}`,
		}, {
			ImageTextMessage{"t", "c", "http://i", "http://u", at, user, extra, moderation, more}, ImageTextMessage{},
			`{"title":"t","content":"c","imageUri":"http://i","url":"http://u",` + contentTail + contentAudit + contentMore + `}`,
			`{"title":"","content":"","imageUri":"","url":""}`,
		}, {
			StreamMessage{"c", MessageStreamMarkdown, 1, true, 2, "UID", at, user, extra, &QuotedMessage{"QUID", "RC:TxtMsg", "u2", more}, 3, true, more},
			StreamMessage{},
			`{"content":"c","type":"markdown","seq":1,"complete":true,"completeReason":2,"messageUID":"UID",` + contentTail +
				`,"referMsg":{"messageUId":"QUID","objectName":"RC:TxtMsg","senderId":"u2"` + contentMore + `},"stopReason":3,"isSynced":true` + contentMore + `}`,
			`{"content":"","seq":0,"complete":false}`,
		}, {
			CardMessage{"u3", "Bob", "http://b", "u1", "Ann", at, user, extra, true, burn, more}, CardMessage{},
			`{"userId":"u3","name":"Bob","portraitUri":"http://b","sendUserId":"u1","sendUserName":"Ann",` + contentTail + contentBurn + contentMore + `}`,
			`{"userId":"","name":"","sendUserId":"","sendUserName":""}`,
		}, {
			StickerMessage{"p", "s", "[ok]", 1, 2, at, user, extra, more}, StickerMessage{},
			`{"packageId":"p","stickerId":"s","digest":"[ok]","width":1,"height":2,` + contentTail + contentMore + `}`,
			`{"packageId":"","stickerId":"","width":0,"height":0}`,
		}, {
			InfoNotification{"m", &Sender{ID: "u1"}, "e", more}, InfoNotification{},
			`{"message":"m","user":{"id":"u1"},"extra":"e"` + contentMore + `}`, `{"message":""}`,
		}, {
			GroupNotification{"u1", GroupOperationAdd, GroupNotificationData{"Ann", "G", []string{"u2"}, []string{"<Bob>"}, map[string]any{"zz": "&"}}, "m", "e", more},
			GroupNotification{},
			`{"operatorUserId":"u1","operation":"Add","data":{"operatorNickname":"Ann","targetGroupName":"G","targetUserIds":["u2"],"targetUserDisplayNames":["<Bob>"],"zz":"&"},"message":"m","extra":"e"` + contentMore + `}`,
			`{"operatorUserId":"","operation":"","data":{},"message":""}`,
		}, {
			ContactNotification{ContactOperationAcceptResponse, "u1", "u2", "m", "e", more}, ContactNotification{},
			`{"operation":"AcceptResponse","sourceUserId":"u1","targetUserId":"u2","message":"m","extra":"e"` + contentMore + `}`,
			`{"operation":"","sourceUserId":"","targetUserId":"","message":""}`,
		}, {
			ProfileNotification{"Update", `{"a":1}`, "e", more}, ProfileNotification{},
			`{"operation":"Update","data":"{\"a\":1}","extra":"e"` + contentMore + `}`, `{"operation":"","data":""}`,
		}, {
			CommandNotification{"n", "d", more}, CommandNotification{}, `{"name":"n","data":"d"` + contentMore + `}`, `{"name":"","data":""}`,
		}, {
			RecallNotification{"u1", contentTime, "RC:TxtMsg", TextMessage{Content: "o", kept: more}, "c", contentTime, true, true, &Sender{ID: "u1"}, "e", more}, RecallNotification{},
			`{"operatorId":"u1","recallTime":1705270000123,"originalObjectName":"RC:TxtMsg","originalMessageContent":{"content":"o"` + contentMore + `},"recallContent":"c","recallActionTime":1705270000123,"admin":true,"delete":true,"user":{"id":"u1"},"extra":"e"` + contentMore + `}`, `{}`,
		}, {
			DiscussionNotification{1, "x", "u1", more}, DiscussionNotification{}, `{"type":1,"extension":"x","operator":"u1"` + contentMore + `}`, `{}`,
		}, {
			TypingStatus{"RC:TxtMsg", "d", more}, TypingStatus{}, `{"typingContentType":"RC:TxtMsg","data":"d"` + contentMore + `}`, `{"typingContentType":""}`,
		}, {
			CommandMessage{"n", "d", more}, CommandMessage{}, `{"name":"n","data":"d"` + contentMore + `}`, `{"name":"","data":""}`,
		}, {
			RecallCommand{"UID", ConversationUltraGroup, "g", "c", contentTime, true, true, "u2", &[]string{"u3"}, &Sender{ID: "u1"}, "e", more}, RecallCommand{},
			`{"messageUId":"UID","conversationType":10,"targetId":"g","channelId":"c","sentTime":1705270000123,"isAdmin":1,"isDelete":1,"originalFromUserId":"u2","directionalUserIdList":["u3"],"user":{"id":"u1"},"extra":"e"` + contentMore + `}`, `{}`,
		}, {
			ReadReceipt{contentTime, "UID", ReadReceiptByTime, more}, ReadReceipt{},
			`{"lastMessageSendTime":1705270000123,"messageUId":"UID","type":1` + contentMore + `}`, `{"lastMessageSendTime":0,"messageUId":"","type":1}`,
		}, {
			ReadReceiptRequest{"UID", "e", more}, ReadReceiptRequest{}, `{"messageUId":"UID","extra":"e"` + contentMore + `}`, `{}`,
		}, {
			ReadReceiptResponse{map[string][]string{"u1": {"A", "B"}}, more}, ReadReceiptResponse{}, `{"receiptMessageDic":{"u1":["A","B"]}` + contentMore + `}`, `{}`,
		}, {
			SyncReadStatus{contentTime, more}, SyncReadStatus{}, `{"lastMessageSendTime":1705270000123` + contentMore + `}`, `{}`,
		}, {
			ChatroomEntryNotification{ChatroomEntryChangeDelete, "k", "v", "e", more}, ChatroomEntryNotification{},
			`{"type":2,"key":"k","value":"v","extra":"e"` + contentMore + `}`, `{"type":0,"key":"","value":""}`,
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
		{"portraitUri beside an empty portrait", "RC:TxtMsg", `{"content":"hi","user":{"id":"u","portraitUri":"p","portrait":""}}`, TextMessage{Content: "hi", Sender: &Sender{ID: "u", PortraitURL: "p"}}},
		{"portraitUri", "RC:TxtMsg", `{"content":"hi","user":{"id":"u","portraitUri":"p"}}`, TextMessage{Content: "hi", Sender: &Sender{ID: "u", PortraitURL: "p"}}},
		{"user as text", "RC:TxtMsg", `{"content":"hi","user":"{\"id\":\"u\"}"}`, TextMessage{Content: "hi", Sender: &Sender{ID: "u"}}},
		{"nulls", "RC:TxtMsg", `{"content":"hi","user":null,"mentionedInfo":null,"extra":null}`, hi},
		{"moderation", "RC:TxtMsg", `{"content":"hi","audit":{"auditType":"1"}}`, TextMessage{Content: "hi", Moderation: &Moderation{Enabled: Ptr(true)}}},
		{"extra as object", "RC:TxtMsg", `{"content":"hi","extra":{"a":1}}`, TextMessage{Content: "hi", Extra: `{"a":1}`}},
		{"numbers as text", "RC:TxtMsg", `{"content":"hi","mentionedInfo":{"type":"1"},"burnDuration":"30","isBurnAfterRead":1}`,
			TextMessage{Content: "hi", Mention: &Mention{Type: MentionAll}, BurnAfterRead: true, BurnDuration: 30 * time.Second}},
		{"size as text", "RC:FileMsg", `{"name":"f","size":"1024"}`, FileMessage{Name: "f", Size: 1024}},
		{"duration as text", "RC:HQVCMsg", `{"remoteUrl":"v","duration":"7"}`, HQVoiceMessage{RemoteURL: "v", Duration: 7 * time.Second}},
		{"coordinates as text", "RC:LBSMsg", `{"latitude":"31.5","longitude":"-1"}`, LocationMessage{Latitude: 31.5, Longitude: -1}},
		{"referMsg as text", "RC:ReferenceMsg", `{"content":"re","referMsg":"{\"content\":\"hi\"}","objName":"RC:TxtMsg"}`, ReferenceMessage{Content: "re", QuotedContent: hi}},
		{"referMsg of own type", "RC:ReferenceMsg", `{"referMsg":{"b":"<&>","a":1.50},"objName":"app:x"}`, ReferenceMessage{QuotedContent: RawContent{"app:x", `{"b":"<&>","a":1.50}`}}},
		{"referMsg of own type as text", "RC:ReferenceMsg", `{"referMsg":"plain","objName":"app:x"}`, ReferenceMessage{QuotedContent: RawContent{"app:x", "plain"}}},
		{"referMsg not of its type", "RC:ReferenceMsg", `{"referMsg":[1],"objName":"RC:TxtMsg"}`, ReferenceMessage{QuotedContent: RawContent{"RC:TxtMsg", "[1]"}}},
		{"referMsg missing", "RC:ReferenceMsg", `{"objName":"RC:TxtMsg"}`, ReferenceMessage{QuotedContent: RawContent{Name: "RC:TxtMsg"}}},
		{"answer to an answer", "RC:ReferenceMsg", `{"content":"2","objName":"RC:ReferenceMsg","referMsg":{"content":"1","objName":"RC:TxtMsg","referMsg":{"content":"hi"}}}`,
			ReferenceMessage{Content: "2", QuotedContent: ReferenceMessage{Content: "1", QuotedContent: hi}}},
		{"lists as text", "RC:CombineMsg", `{"conversationType":"3","nameList":"[\"a\",\"b\"]","summaryList":"a: hi"}`,
			CombineMessage{ConversationType: ConversationGroup, Names: []string{"a", "b"}, Summaries: []string{"a: hi"}}},
		{"forwarded content as text", "RC:CombineV2Msg", `{"msgNum":"1","msgList":[{"timestamp":"1705270000123","objectName":"RC:TxtMsg","content":"{\"content\":\"hi\"}"}]}`,
			CombineV2Message{MessageCount: 1, Messages: []ForwardedMessage{{SentAt: contentTime, Content: hi}}}},
		{"forwarded list as text", "RC:CombineV2Msg", `{"msgList":"[{\"objectName\":\"RC:TxtMsg\",\"content\":{\"content\":\"hi\"}}]"}`,
			CombineV2Message{Messages: []ForwardedMessage{{Content: hi}}}},
		{"stream: extra as object", "RC:StreamMsg", `{"content":"c","extra":{"a":"b"}}`, StreamMessage{Content: "c", Extra: `{"a":"b"}`}},
		{"data as text", "RC:GrpNtf", `{"operation":"Rename","data":"{\"targetGroupName\":\"G\"}"}`, GroupNotification{Operation: GroupOperationRename, Data: GroupNotificationData{TargetGroupName: "G"}}},
		{"data empty", "RC:GrpNtf", `{"operation":"Mine","data":""}`, GroupNotification{Operation: "Mine"}},
		{"data of the app's own", "RC:GrpNtf", `{"operation":"Transfer","data":{"oldOwner":"u1","n":7}}`,
			GroupNotification{Operation: "Transfer", Data: GroupNotificationData{Other: map[string]any{"oldOwner": "u1", "n": json.Number("7")}}}},
		{"operation of web clients", "RC:ContactNtf", `{"operation":"ContactOperationRequest"}`, ContactNotification{Operation: ContactOperationRequest}},
		{"operation of web clients, accept", "RC:ContactNtf", `{"operation":"ContactOperationAcceptResponse"}`, ContactNotification{Operation: ContactOperationAcceptResponse}},
		{"operation of the app's own", "RC:ContactNtf", `{"operation":"ContactOperationMine"}`, ContactNotification{Operation: "ContactOperationMine"}},
		{"data as object", "RC:ProfileNtf", `{"operation":"Update","data":{"a":1}}`, ProfileNotification{Operation: "Update", Data: `{"a":1}`}},
		{"isAdmin, isDelete", "RC:RcNtf", `{"isAdmin":1,"isDelete":"true"}`, RecallNotification{Admin: true, Delete: true}},
		{"letter case", "RC:RcCmd", `{"MessageUId":"UID","TargetId":"g","ChannelId":"c","SentTime":1705270000123,"ConversationType":"10","isAdmin":true,"isDelete":false}`,
			RecallCommand{MessageUID: "UID", TargetID: "g", ChannelID: "c", SentAt: contentTime, ConversationType: ConversationUltraGroup, Admin: true}},
		{"time as text, messageUID", "RC:ReadNtf", `{"lastMessageSendTime":"1705270000123","messageUID":"UID","type":"1"}`, ReadReceipt{LastMessageSentAt: contentTime, MessageUID: "UID", Type: 1}},
		{"map to number", "RC:RRRspMsg", `{"receiptMessageDic":{"u1":5}}`, ReadReceiptResponse{MessageUIDsByUser: map[string][]string{"u1": {"5"}}}},
		{"time as text", "RC:SRSMsg", `{"lastMessageSendTime":"1705270000123"}`, SyncReadStatus{LastMessageSentAt: contentTime}},
		{"extra as map", "RC:chrmKVNotiMsg", `{"type":"1","key":"k","value":"v","extra":{"a":"b"}}`, ChatroomEntryNotification{Type: ChatroomEntryChangeSet, Key: "k", Value: "v", Extra: `{"a":"b"}`}},
		{"body as text", "RC:TxtMsg", `"{\"content\":\"hi\"}"`, hi},
		{"own type", "app:x", "not JSON", RawContent{"app:x", "not JSON"}},
		{"body not documented", "RC:VCInvite", `{"callId":1}`, RawContent{"RC:VCInvite", `{"callId":1}`}},
		{"no name", "", "", RawContent{}},
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
				Huawei: &HuaweiPush{"c", PushImportanceLow, "https://i?a&b", "IM"}, Honor: &HonorPush{PushImportanceNormal, "https://i"},
				Xiaomi: &XiaomiPush{"c"}, OPPO: &OPPOPush{"c"}, VIVO: &VIVOPush{VIVOClassificationOperational, "IM"},
				FCM: &FCMPush{"c", "k", "https://i", FCMPriorityHigh}, APNs: &APNsPush{"t", "m", "RC:TxtMsg", "https://r", InterruptionTimeSensitive}, HarmonyOS: &HarmonyOSPush{"IM", "https://i"},
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
