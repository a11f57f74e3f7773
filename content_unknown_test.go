package rongcloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// insertUnknown puts a key that no type knows into every object of a JSON tree, and counts them.
func insertUnknown(tree any, inserted *int) {
	switch tree := tree.(type) {
	case map[string]any:
		for key, value := range tree {
			if key != "receiptMessageDic" { // whose keys are users
				insertUnknown(value, inserted)
			}
		}
		*inserted++
		tree["new"+strconv.Itoa(*inserted)] = []any{"<&>你", json.Number("1.50"), nil, map[string]any{"deep": true}}
	case []any:
		for _, item := range tree {
			insertUnknown(item, inserted)
		}
	}
}

// TestUnknownKeysSurvive puts an unknown key into every object of every type's body, including
// nested messages. After reading and writing, all of them are still there.
func TestUnknownKeysSurvive(t *testing.T) {
	t.Parallel()
	nested := map[string]string{}
	for _, c := range contentCases() {
		nested[c.full.ObjectName()] = c.fullJSON
	}
	for name, body := range nested {
		outer := name
		for depth := range maxDepth + 2 { // a deeper message is kept as it is
			t.Run(fmt.Sprintf("%s/%d", name, depth), func(t *testing.T) {
				tree, err := plainTree([]byte(body))
				require.NoError(t, err)
				inserted := 0
				insertUnknown(tree, &inserted)
				require.Greater(t, inserted, depth)
				want := contentJSON(t, tree)

				content, err := DecodeContent(outer, []byte(want))
				require.NoError(t, err)
				got := contentJSON(t, content)
				require.JSONEq(t, want, got)
				require.Equal(t, strings.Count(want, `1.50`), strings.Count(got, `1.50`), "numbers stay as they are")

				pointer := reflect.New(reflect.TypeOf(content))
				require.NoError(t, json.Unmarshal([]byte(want), pointer.Interface()))
				escaped, err := json.Marshal(pointer.Interface())
				require.NoError(t, err)
				require.JSONEq(t, want, string(escaped))
			})
			body = `{"content":"re","referMsgUserId":"u","objName":"` + outer + `","referMsg":` + body + `}`
			outer = "RC:ReferenceMsg"
		}
	}
}

// TestEveryStructKeepsUnknownKeys walks through the types of all bodies, so that a newly added
// struct also keeps unknown keys.
func TestEveryStructKeepsUnknownKeys(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{timeType: true, keptType: true}
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			own := typ == reflect.TypeFor[GroupNotificationData]() // has them in Other
			require.True(t, own || reflect.PointerTo(typ).Implements(keeperType), "%v has no kept", typ)
			require.True(t, reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Marshaler]()), "%v would be written without them", typ)
			require.True(t, reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]()), "%v would be read without them", typ)
			for i := range typ.NumField() {
				walk(typ.Field(i).Type)
			}
		}
	}
	for _, c := range contentCases() {
		typ := reflect.TypeOf(c.full)
		walk(typ)
	}
}

func TestContentStaysComparable(t *testing.T) {
	t.Parallel()
	lists := map[string]bool{"RC:CombineMsg": true, "RC:CombineV2Msg": true, "RC:GrpNtf": true, "RC:RRRspMsg": true}
	for _, c := range contentCases() {
		require.Equal(t, !lists[c.full.ObjectName()], reflect.TypeOf(c.full).Comparable(), c.full.ObjectName())
	}
	read := func() MessageContent {
		content, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"hi","extra":"e","burnDuration":3}`))
		require.NoError(t, err)
		return content
	}
	same := func(a, b MessageContent) bool { return a == b }
	require.True(t, same(read(), read()))
	require.True(t, same(read(), TextMessage{Content: "hi", Extra: "e", BurnDuration: 3 * time.Second}))
	require.Nil(t, read().(TextMessage).keys, "nothing is kept where there is nothing to keep")
}

// TestModifyKeepsUnknownKeys changes a message from the history as a program would, and writes it
// back.
func TestModifyKeepsUnknownKeys(t *testing.T) {
	t.Parallel()
	body := `{"content":"old","user":{"id":"u1","level":7},"newKey":{"a":[1.50,"<>"]}}`
	var sent string
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		require.NoError(t, req.ParseForm())
		sent = req.PostForm.Get("content")
		return httpmock.NewStringResponse(200, `{"code":200}`), nil
	})
	client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)

	content, err := (&HistoryMessage{ObjectName: "RC:TxtMsg", Body: body}).Content()
	require.NoError(t, err)
	text, err := ContentAs[TextMessage](content)
	require.NoError(t, err)
	text.Content = "new"
	change := PrivateMessageModifyParams{From: "u1", TargetID: "u2", MessageUID: "UID", Content: text}
	require.NoError(t, client.Message.ModifyPrivate(t.Context(), change))
	require.Equal(t, `{"content":"new","user":{"id":"u1","level":7},"newKey":{"a":[1.50,"<>"]}}`, sent)

	change.Content = WithoutUnknownKeys(text)
	require.NoError(t, client.Message.ModifyPrivate(t.Context(), change))
	require.Equal(t, `{"content":"new","user":{"id":"u1"}}`, sent)
}

func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	body := `{"content":"2","new":1,"user":{"id":"u","level":7},"audit":{"by":null},"objName":"RC:CombineV2Msg","referMsg":` +
		`{"more":"x","mentionedInfo":{"at":[]},"msgList":[{"objectName":"RC:TxtMsg","content":{"content":"a"}},{"rank":2,"objectName":"RC:TxtMsg","content":{"content":"b","tone":{}}}]}}`
	want := map[string]json.RawMessage{
		"new": json.RawMessage("1"), "user.level": json.RawMessage("7"), "audit.by": json.RawMessage("null"), "referMsg.more": json.RawMessage(`"x"`),
		"referMsg.mentionedInfo.at": json.RawMessage("[]"), "referMsg.msgList[1].rank": json.RawMessage("2"), "referMsg.msgList[1].content.tone": json.RawMessage("{}"),
	}
	content, err := DecodeContent("RC:ReferenceMsg", []byte(body))
	require.NoError(t, err)
	before := contentJSON(t, content)
	require.Equal(t, want, UnknownKeys(content))
	message := content.(ReferenceMessage)
	require.Equal(t, want, UnknownKeys(&message))
	UnknownKeys(content)["new"][0] = 'x'
	require.Equal(t, want, UnknownKeys(content), "what it returns is the caller's")

	for _, bare := range []MessageContent{WithoutUnknownKeys(content), WithoutUnknownKeys(message), *WithoutUnknownKeys(&message)} {
		require.IsType(t, message, bare)
		require.Nil(t, UnknownKeys(bare))
		require.Equal(t, "a", bare.(ReferenceMessage).QuotedContent.(CombineV2Message).Messages[0].Content.(TextMessage).Content)
	}
	require.Equal(t, before, contentJSON(t, content), "the message itself is left alone")
	require.Equal(t, before, contentJSON(t, message))

	var none *TextMessage
	for _, other := range []MessageContent{nil, none, TextMessage{}, RawContent{"app:x", `{"new":1}`}, contentOfApp{A: "a"}, ReferenceMessage{QuotedContent: none}} {
		require.Nil(t, UnknownKeys(other))
		require.Equal(t, other, WithoutUnknownKeys(other))
	}
}

// TestUnknownKeysAreDistinguished has keys that look like the paths of others.
func TestUnknownKeysAreDistinguished(t *testing.T) {
	t.Parallel()
	body := `{"user.level":1,"user":{"level":2},"user\\.level":3,"nameList":[],"msgList":[{"x":4}],"msgList[0].x":5,"msgList[0]":{"x":6}}`
	content, err := DecodeContent("RC:CombineV2Msg", []byte(body))
	require.NoError(t, err)
	require.Equal(t, map[string]json.RawMessage{
		`user\.level`: json.RawMessage("1"), `user.level`: json.RawMessage("2"), `user\\\.level`: json.RawMessage("3"),
		`msgList[0].x`: json.RawMessage("4"), `msgList\[0]\.x`: json.RawMessage("5"), `msgList\[0]`: json.RawMessage(`{"x":6}`),
	}, UnknownKeys(content))
}

// TestUnknownKeysBelongToOneMessage checks that copies of a message, and a reused variable, do not
// mix them.
func TestUnknownKeysBelongToOneMessage(t *testing.T) {
	t.Parallel()
	var m TextMessage
	require.NoError(t, json.Unmarshal([]byte(`{"content":"1","a":1}`), &m))
	first := m
	require.NoError(t, json.Unmarshal([]byte(`{"content":"2","b":2}`), &m))
	second := m
	require.NoError(t, json.Unmarshal([]byte(`{"content":"3"}`), &m))
	require.Equal(t, `{"content":"1","a":1}`, contentJSON(t, first))
	require.Equal(t, `{"content":"2","b":2}`, contentJSON(t, second))
	require.Equal(t, `{"content":"3"}`, contentJSON(t, m))

	require.NoError(t, json.Unmarshal([]byte(`{"content":"4","user":{"id":"u","c":3}}`), &m))
	user := *m.Sender
	// Into the same Sender.
	require.NoError(t, json.Unmarshal([]byte(`{"content":"5","user":{"id":"v","d":4}}`), &m))
	require.Equal(t, `{"id":"u","c":3}`, contentJSON(t, user))
	require.Equal(t, `{"content":"5","user":{"id":"v","d":4}}`, contentJSON(t, m))

	twice, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"c","user":{"id":"a","level":1,"x":1},"audit":{"by":1},"user":{"id":"b","level":2}}`))
	require.NoError(t, err)
	require.Equal(t, `{"content":"c","user":{"id":"b","level":2},"audit":{"by":1}}`, contentJSON(t, twice), "of an object that comes twice the last one counts")

	broken, err := DecodeContent("RC:TxtMsg", []byte("{\"content\":\"1\",\"a\":\"\xff\"}"))
	require.NoError(t, err)
	require.Equal(t, "{\"content\":\"1\",\"a\":\"\ufffd\"}", contentJSON(t, broken), "as encoding/json does with what is not UTF-8")
}

// TestPartsOfMessagesStandAlone reads and writes parts of messages with encoding/json, as an app
// that stores them would.
func TestPartsOfMessagesStandAlone(t *testing.T) {
	t.Parallel()
	for body, part := range map[string]any{
		`{"id":"u","level":7}`:                                             new(Sender),
		`{"type":1,"at":[]}`:                                               new(Mention),
		`{"auditType":0,"by":null}`:                                        new(Moderation),
		`{"messageUId":"UID","page":2}`:                                    new(QuotedMessage),
		`{"operatorNickname":"A","colour":"red"}`:                          new(GroupNotificationData),
		forwardedJSON("RC:TxtMsg", `{"content":"hi","tone":{"<&>":1.50}}`): new(ForwardedMessage),
		forwardedJSON("app:order", `{"id":1.50}`):                          new(ForwardedMessage),
	} {
		require.NoError(t, json.Unmarshal([]byte(body), part), body)
		require.Equal(t, body, contentJSON(t, part))
	}
	var message ForwardedMessage
	require.NoError(t, json.Unmarshal([]byte(forwardedJSON("RC:TxtMsg", `{"content":"hi"}`)), &message))
	require.Equal(t, TextMessage{Content: "hi"}, message.Content)
}

func forwardedJSON(objectName, content string) string {
	return `{"fromUserId":"u","targetId":"g","timestamp":1700000000123,"objectName":"` + objectName + `","content":` + content + `,"rank":2}`
}

// TestUnknownKeysInOtherLetters checks that the key of a nested message is not also kept as
// unknown, in any letter case.
func TestUnknownKeysInOtherLetters(t *testing.T) {
	t.Parallel()
	// ſ is an s to encoding/json.
	for _, key := range []string{"referMsg", "REFERMSG", "referM\u017fg"} {
		content, err := DecodeContent("RC:ReferenceMsg", []byte(`{"OBJNAME":"RC:TxtMsg","`+key+`":{"content":"q"}}`))
		require.NoError(t, err)
		require.Nil(t, UnknownKeys(content), key)
		require.Equal(t, TextMessage{Content: "q"}, content.(ReferenceMessage).QuotedContent, key)
	}
}

// TestUnknownKeysOfTypesThatEmbed checks that an app's type that embeds a built-in one, and so has
// its methods, is left alone.
func TestUnknownKeysOfTypesThatEmbed(t *testing.T) {
	t.Parallel()
	client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: httpmock.NewMockTransport()}))
	require.NoError(t, err)
	long := strings.Repeat("x", 150<<10)
	content, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"`+long+`","new":1}`))
	require.NoError(t, err)
	text := content.(TextMessage)
	for _, own := range []MessageContent{
		embedOnly{text}, embedOwn{&text, long}, &embedOwn{&text, long}, embedOwnGeneric[string]{text, long}, &embedOwnPointer{text, long},
	} {
		require.Nil(t, UnknownKeys(own), "%T", own)
		require.Equal(t, own, WithoutUnknownKeys(own))
		require.Nil(t, UnknownKeys(ReferenceMessage{QuotedContent: own}), "%T", own)
		require.Equal(t, own, WithoutUnknownKeys(ReferenceMessage{QuotedContent: own}).QuotedContent)
		for _, too := range []MessageContent{own, ReferenceMessage{QuotedContent: own}} {
			err := client.Message.ModifyPrivate(t.Context(), PrivateMessageModifyParams{From: "u1", TargetID: "u2", MessageUID: "UID", Content: too})
			var argument *ArgumentError
			require.ErrorAs(t, err, &argument)
			require.Contains(t, argument.Reason, "at most 131072 are allowed", "%T", own)
		}
	}
	require.NotNil(t, text.keys, "the message inside is left alone")
	hollow := embedOwn{}
	require.Nil(t, UnknownKeys(hollow))
	require.Equal(t, hollow, WithoutUnknownKeys(hollow))
}

func TestUnknownKeysThatGrowTooLarge(t *testing.T) {
	t.Parallel()
	client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: httpmock.NewMockTransport()}))
	require.NoError(t, err)
	refused := func(content MessageContent) string {
		err := client.Message.ModifyPrivate(t.Context(), PrivateMessageModifyParams{From: "u1", TargetID: "u2", MessageUID: "UID", Content: content})
		var argument *ArgumentError
		require.ErrorAs(t, err, &argument)
		require.Equal(t, "content", cmp.Or(argument.Wire, argument.Field))
		return argument.Reason
	}
	content, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"c","user":{"id":"u","new":"`+strings.Repeat("x", 100<<10)+`"}}`))
	require.NoError(t, err)
	text := content.(TextMessage)
	text.Content = strings.Repeat("y", 50<<10)
	require.Contains(t, refused(text), "102409 of them are under keys that the SDK does not know")
	text.Content = strings.Repeat("y", 150<<10)
	require.NotContains(t, refused(text), "does not know", "it is too long without them, too")

	stream := StreamMessage{Sequence: 1, Content: strings.Repeat("y", 50<<10), Sender: text.Sender}
	_, err = client.Message.Stream.SendPiece(t.Context(), MessageStreamPieceParams{From: "u1", To: "u2", Content: stream})
	require.ErrorContains(t, err, "does not know")
}

// TestContentReadsFractions reads what the web client passes on.
func TestContentReadsFractions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want MessageContent
	}{
		"RC:HQVCMsg":   {`{"duration":7.4,"burnDuration":"0.5","sampleRate":8000.0}`, HQVoiceMessage{Duration: 7400 * time.Millisecond, BurnDuration: time.Second / 2, SampleRate: 8000}},
		"RC:VcMsg":     {`{"duration":1e1}`, VoiceMessage{Duration: 10 * time.Second}},
		"RC:SightMsg":  {`{"duration":0.25,"size":10.5}`, SightMessage{Duration: time.Second / 4, Size: 11}},
		"RC:ImgMsg":    {`{"thumWidth":119.6,"thumHeight":"79.4"}`, ImageMessage{ThumbnailWidth: 120, ThumbnailHeight: 79}},
		"RC:GIFMsg":    {`{"width":0.4,"height":240.51,"gifDataSize":9.9}`, GIFMessage{Width: 0, Height: 241, Size: 10}},
		"RC:StkMsg":    {`{"width":-1.2,"height":2}`, StickerMessage{Width: -1, Height: 2}},
		"RC:TxtMsg":    {`{"content":"c","burnDuration":2.75}`, TextMessage{Content: "c", BurnDuration: 2750 * time.Millisecond}},
		"RC:StreamMsg": {`{"seq":1.0,"completeReason":2.2}`, StreamMessage{Sequence: 1, CompleteReason: 2}},
	} {
		got, err := DecodeContent(name, []byte(c.body))
		require.NoError(t, err, name)
		require.Equal(t, c.want, got, name)
	}
	// They are written as documented, since clients in typed languages read only whole numbers.
	voice, err := DecodeContent("RC:HQVCMsg", []byte(`{"remoteUrl":"u","duration":7.4,"burnDuration":"0.5"}`))
	require.NoError(t, err)
	require.Equal(t, `{"remoteUrl":"u","duration":8,"burnDuration":1}`, contentJSON(t, voice))
}

var contentSharedField = regexp.MustCompile(`(?m)^      - \{name: (\w+),`)

// TestSharedObjectsAreTheCatalogues compares objects shared by several types with api/content.yaml.
func TestSharedObjectsAreTheCatalogues(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("api/content.yaml")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(file), "\nshared:\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\ntypes:\n")
	for name, typ := range map[string]reflect.Type{
		"user": reflect.TypeFor[Sender](), "mentionedInfo": reflect.TypeFor[Mention](), "audit": reflect.TypeFor[Moderation](),
	} {
		_, block, found := strings.Cut(text, "  - name: "+name+"\n")
		require.True(t, found, name)
		block, _, _ = strings.Cut(block, "\n  - name: ")
		var all, have []string
		for _, field := range contentSharedField.FindAllStringSubmatch(block, -1) {
			all = append(all, field[1])
		}
		for _, field := range bodyPlanOf(typ).fields {
			have = append(have, strings.Trim(field.key, `":`))
		}
		require.Equal(t, all, have, name)
	}
}

// TestOddValuesPassThrough reads values that a field cannot hold. Neither the body nor the values
// are lost, and the field, once set, replaces them.
func TestOddValuesPassThrough(t *testing.T) {
	t.Parallel()
	lists := `"nameList":[],"summaryList":[]`
	for _, c := range []struct{ name, body, way, value string }{
		{name: "RC:TxtMsg", body: `{"content":"c","user":{"id":"u","userType":"bot"}}`, way: "user.userType", value: `"bot"`},
		{name: "RC:TxtMsg", body: `{"content":"c","user":{"id":"u","userType":{"kind":[1]}}}`, way: "user.userType", value: `{"kind":[1]}`},
		{
			name: "RC:TxtMsg", body: `{"content":"c","user":{"id":"u","userType":99999999999999999999}}`, way: "user.userType",
			value: `99999999999999999999`,
		},
		{name: "RC:CombineMsg", body: `{"remoteUrl":"",` + lists + `,"conversationType":"GROUP"}`, way: "conversationType", value: `"GROUP"`},
		{name: "RC:CombineV2Msg", body: `{` + lists + `,"msgNum":0,"conversationType":"GROUP"}`, way: "conversationType", value: `"GROUP"`},
		{name: "RC:RcCmd", body: `{"conversationType":"PRIVATE"}`, way: "conversationType", value: `"PRIVATE"`},
		{name: "RC:RcCmd", body: `{"isAdmin":2}`, way: "isAdmin", value: `2`},
		{name: "RC:chrmKVNotiMsg", body: `{"key":"k","value":"v","type":"set"}`, way: "type", value: `"set"`},
		{
			name: "RC:ReferenceMsg", body: `{"content":"","referMsgUserId":"","objName":"","referMsg":{},"referMsgStatus":"gone"}`,
			way: "referMsgStatus", value: `"gone"`,
		},
		{name: "RC:TxtMsg", body: `{"content":"c","mentionedInfo":{"type":"ALL"}}`, way: "mentionedInfo.type", value: `"ALL"`},
		{name: "RC:TxtMsg", body: `{"content":"c","audit":{"auditType":2}}`, way: "audit.auditType", value: `2`},
		{name: "RC:TxtMsg", body: `{"content":"c","audit":{"auditType":"-1"}}`, way: "audit.auditType", value: `"-1"`},
		{name: "RC:TxtMsg", body: `{"content":"c","audit":{"auditType":"on"}}`, way: "audit.auditType", value: `"on"`},
		{name: "RC:TxtMsg", body: `{"content":"c","burnDuration":-5}`, way: "burnDuration", value: `-5`},
		{name: "RC:TxtMsg", body: `{"content":"c","burnDuration":"soon"}`, way: "burnDuration", value: `"soon"`},
		{name: "RC:HQVCMsg", body: `{"remoteUrl":"","duration":-0.5}`, way: "duration", value: `-0.5`},
	} {
		content, err := DecodeContent(c.name, []byte(c.body))
		require.NoError(t, err, c.body)
		require.Equal(t, map[string]json.RawMessage{c.way: json.RawMessage(c.value)}, UnknownKeys(content), c.body)
		require.JSONEq(t, c.body, contentJSON(t, content))
		require.Nil(t, UnknownKeys(WithoutUnknownKeys(content)))
	}

	content, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"c","user":{"id":"u","USERTYPE":"bot"},"audit":{"auditType":2},"burnDuration":-5}`))
	require.NoError(t, err)
	text := content.(TextMessage)
	require.Zero(t, text.Sender.UserType)
	require.Nil(t, text.Moderation.Enabled)
	require.Zero(t, text.BurnDuration)
	on := true
	text.Sender.UserType, text.Moderation.Enabled, text.BurnDuration = UserTypeBot, &on, time.Second
	require.Equal(t, `{"content":"c","user":{"id":"u","userType":1},"burnDuration":1,"audit":{"auditType":1}}`, contentJSON(t, text))
	require.Nil(t, UnknownKeys(text))

	for literal, want := range map[string]bool{`1`: true, `"1"`: true, `true`: true, `"true"`: true, `0`: false, `"0"`: false, `false`: false} {
		content, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"c","audit":{"auditType":`+literal+`}}`))
		require.NoError(t, err, literal)
		require.Nil(t, UnknownKeys(content), literal)
		require.Equal(t, want, *content.(TextMessage).Moderation.Enabled, literal)
	}
	twice, err := DecodeContent("RC:TxtMsg", []byte(`{"content":"c","user":{"id":"u","userType":1,"userType":"bot"}}`))
	require.NoError(t, err)
	require.Equal(t, `{"content":"c","user":{"id":"u","userType":"bot"}}`, contentJSON(t, twice), "the last one counts")
}
