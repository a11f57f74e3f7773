package rongcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// builtIns holds RongCloud's own message types. Those whose body is not documented have no decoder.
var builtIns = map[string]func(raw json.RawMessage, depth int) (MessageContent, error){
	"RC:TxtMsg":        decodeType[TextMessage],
	"RC:ImgMsg":        decodeType[ImageMessage],
	"RC:GIFMsg":        decodeType[GIFMessage],
	"RC:VcMsg":         decodeType[VoiceMessage],
	"RC:HQVCMsg":       decodeType[HQVoiceMessage],
	"RC:FileMsg":       decodeType[FileMessage],
	"RC:SightMsg":      decodeType[SightMessage],
	"RC:LBSMsg":        decodeType[LocationMessage],
	"RC:ReferenceMsg":  decodeType[ReferenceMessage],
	"RC:CombineMsg":    decodeType[CombineMessage],
	"RC:CombineV2Msg":  decodeType[CombineV2Message],
	"RC:ImgTextMsg":    decodeType[ImageTextMessage],
	"RC:StreamMsg":     decodeType[StreamMessage],
	"RC:CardMsg":       decodeType[CardMessage],
	"RC:StkMsg":        decodeType[StickerMessage],
	"RC:InfoNtf":       decodeType[InfoNotification],
	"RC:GrpNtf":        decodeType[GroupNotification],
	"RC:ContactNtf":    decodeType[ContactNotification],
	"RC:ProfileNtf":    decodeType[ProfileNotification],
	"RC:CmdNtf":        decodeType[CommandNotification],
	"RC:RcNtf":         decodeType[RecallNotification],
	"RC:DizNtf":        decodeType[DiscussionNotification],
	"RC:TypSts":        decodeType[TypingStatus],
	"RC:CmdMsg":        decodeType[CommandMessage],
	"RC:RcCmd":         decodeType[RecallCommand],
	"RC:ReadNtf":       decodeType[ReadReceipt],
	"RC:RRReqMsg":      decodeType[ReadReceiptRequest],
	"RC:RRRspMsg":      decodeType[ReadReceiptResponse],
	"RC:SRSMsg":        decodeType[SyncReadStatus],
	"RC:chrmKVNotiMsg": decodeType[ChatroomEntryNotification],
	"RC:MsgExMsg":      nil,
	"RC:RRMsg":         nil,
	"RC:LogCmdMsg":     nil,
	"RC:InterceptMsg":  nil,
	"RC:VCInvite":      nil,
	"RC:VCAccept":      nil,
	"RC:VCHangup":      nil,
	"RC:VCRinging":     nil,
	"RC:VCModifyMedia": nil,
	"RC:VCModifyMem":   nil,
	"RC:VCSummary":     nil,
}

func isBuiltIn(objectName string) bool {
	_, ok := builtIns[objectName]
	return ok
}

// DecodeContent reads the body of a received message, as webhooks and the message history carry it. For a built-in
// type it returns the type's struct, as a value such as TextMessage, and for any other a [RawContent]. A body that is not
// of its type comes back as a RawContent too, beside an [ErrUndecodable]. [ContentAs] turns the result into one type.
//
// It accepts what the various client SDKs write where they differ: numbers as text, objects as JSON text, other spellings.
func DecodeContent(objectName string, body []byte) (MessageContent, error) {
	raw := RawContent{Name: objectName, Body: string(body)}
	decode := builtIns[objectName]
	if decode == nil {
		return raw, nil
	}
	err := lenient.Check(body)
	if err == nil && isNull(body) {
		err = errors.New("is null")
	}
	if err == nil {
		var content MessageContent
		if content, err = decode(body, 0); err == nil {
			return content, nil
		}
	}
	return raw, undecodable(objectName, err)
}

func decodeType[T MessageContent](raw json.RawMessage, depth int) (MessageContent, error) {
	var m T
	err := decodeRaw(&m, raw, depth)
	return m, err
}

// decodeBody fills m, a pointer to a struct, from its JSON.
func decodeBody(data []byte, m any) error {
	if err := lenient.Check(data); err != nil || isNull(data) { // encoding/json leaves a value alone where the JSON is null
		return err
	}
	return decodeRaw(m, data, 0)
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null"
}

// rawDecoder is a type that needs more than its tags say. Raw is valid JSON. Depth counts the messages around this one.
type rawDecoder interface {
	decodeRaw(raw json.RawMessage, depth int) error
}

func decodeRaw(m any, raw json.RawMessage, depth int) error {
	if special, ok := m.(rawDecoder); ok {
		return special.decodeRaw(raw, depth)
	}
	return decodeFields(m, raw)
}

// decodeFields fills m, a pointer to a struct, by the tags of its fields. Raw is valid JSON.
func decodeFields(m any, raw json.RawMessage) error {
	return lenient.Decoder{DropNulls: true}.Fields(raw, m)
}

// maxDepth is how deep messages that hold messages are decoded. The ones below stay raw, lest a hostile
// message costs more than its length.
const maxDepth = 8

// carry turns a message inside another one into a content.
func carry(objectName string, raw json.RawMessage, depth int) MessageContent {
	body, _ := bodyText(raw)
	if objectName == "" && (body == "" || body == "{}") {
		return nil
	}
	if decode := builtIns[objectName]; decode != nil && !isNull(raw) && depth < maxDepth {
		if content, err := decode(raw, depth+1); err == nil {
			return content
		}
	}
	return RawContent{Name: objectName, Body: body}
}

// bodyText is the text of a message inside another one, which may come as JSON or as JSON text.
func bodyText(raw json.RawMessage) (string, error) {
	if isNull(raw) {
		return "", nil
	}
	tree, err := plainTree(raw)
	if text, ok := tree.(string); err != nil || ok {
		return text, err
	}
	body, err := plainJSON(tree)
	return string(body), err
}

// quote is the part of a message that holds the quoted one.
type quote struct {
	ObjName  string          `json:"objName"`
	ReferMsg json.RawMessage `json:"referMsg"`
}

func (m *ReferenceMessage) decodeRaw(raw json.RawMessage, depth int) error {
	var q quote
	if err := errors.Join(decodeFields(m, raw), decodeFields(&q, raw)); err != nil {
		return err
	}
	m.ReferMsg = carry(q.ObjName, q.ReferMsg, depth)
	return nil
}

func (m *StreamMessage) decodeRaw(raw json.RawMessage, depth int) error {
	var q struct {
		ReferMsg quote `json:"referMsg"`
	}
	if err := errors.Join(decodeFields(m, raw), decodeFields(&q, raw)); err != nil {
		return err
	}
	if m.ReferMsg != nil {
		m.ReferMsg.ReferMsg = carry(q.ReferMsg.ObjName, q.ReferMsg.ReferMsg, depth)
	}
	return nil
}

func (m *CombineV2Message) decodeRaw(raw json.RawMessage, depth int) error {
	var list struct {
		MsgList []struct {
			ObjectName string          `json:"objectName"`
			Content    json.RawMessage `json:"content"`
		} `json:"msgList"`
	}
	if err := errors.Join(decodeFields(m, raw), decodeFields(&list, raw)); err != nil {
		return err
	}
	for i, item := range list.MsgList {
		m.MsgList[i].Content = carry(item.ObjectName, item.Content, depth)
	}
	return nil
}

// bodyField is how one field of a content type is written: as encoding/json would, save that
//
//   - unit:"ms" writes a time.Time as Unix milliseconds, and unit:"seconds" a time.Duration as seconds
//   - unit:"switch" writes a bool as 0 or 1
//   - body:"name,key" writes a message inside this one: its object name, and its body under the key
//   - a list or map that is not left out is never null
type bodyField struct {
	index int
	key   string // "name": in JSON
	name  string // "name": in JSON, of the object name of a message inside this one
	omit  bool
	unit  string
}

var bodies sync.Map // reflect.Type to []bodyField

func bodyFields(typ reflect.Type) []bodyField {
	if cached, ok := bodies.Load(typ); ok {
		return cached.([]bodyField)
	}
	var fields []bodyField
	for i := range typ.NumField() {
		tag := typ.Field(i).Tag
		key, options, _ := strings.Cut(tag.Get("json"), ",")
		f := bodyField{index: i, omit: options != "", unit: tag.Get("unit")}
		if name, body, ok := strings.Cut(tag.Get("body"), ","); ok {
			f.name, key = `"`+name+`":`, body
		}
		if key == "-" {
			continue
		}
		f.key = `"` + key + `":`
		fields = append(fields, f)
	}
	bodies.Store(typ, fields)
	return fields
}

// encodeBody returns m, a struct, as JSON by the tags of its fields.
func encodeBody(m any) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, 256))
	err := writeBody(buf, m)
	return buf.Bytes(), err
}

// writeBody appends m, a struct, to buf.
func writeBody(buf *bytes.Buffer, m any) error {
	buf.WriteByte('{')
	first := true
	v := reflect.ValueOf(m)
	for _, f := range bodyFields(v.Type()) {
		value := v.Field(f.index)
		list := value.Kind() == reflect.Slice || value.Kind() == reflect.Map
		if f.omit && (value.IsZero() || list && value.Len() == 0) {
			continue
		}
		if !first {
			buf.WriteByte(',')
		}
		first = false
		if err := f.write(buf, value); err != nil {
			return fmt.Errorf("%s %w", f.key, err)
		}
	}
	buf.WriteByte('}')
	return nil
}

func (f *bodyField) write(buf *bytes.Buffer, v reflect.Value) error {
	if f.name != "" {
		return f.writeContent(buf, v)
	}
	buf.WriteString(f.key)
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return writeJSON(buf, 0)
		}
		return writeJSON(buf, x.UnixMilli())
	case time.Duration:
		switch {
		case x < 0:
			return fmt.Errorf("%v is negative", x)
		case x == Forever:
			return errors.New("cannot be Forever")
		}
		seconds := x / time.Second
		if x%time.Second > 0 {
			seconds++
		}
		return writeJSON(buf, int64(seconds))
	case bool:
		if f.unit != "switch" {
			return writeJSON(buf, x)
		}
		if x {
			return writeJSON(buf, 1)
		}
		return writeJSON(buf, 0)
	default:
		switch {
		case v.Kind() == reflect.Slice && v.IsNil():
			buf.WriteString("[]")
		case v.Kind() == reflect.Map && v.IsNil():
			buf.WriteString("{}")
		default:
			return writeJSON(buf, x)
		}
		return nil
	}
}

// writeContent writes the message inside a message.
func (f *bodyField) writeContent(buf *bytes.Buffer, v reflect.Value) error {
	content, _ := reflect.TypeAssert[MessageContent](v)
	name := ""
	switch {
	case content == nil:
		content = RawContent{}
	default:
		if err := checkContent(content); err != nil {
			return err
		}
		name = content.ObjectName()
	}
	if pointer, ok := content.(*RawContent); ok {
		content = *pointer
	}
	if raw, ok := content.(RawContent); ok && raw.Body != "" {
		if err := raw.check(); err != nil {
			return err
		}
	}
	buf.WriteString(f.name)
	if err := writeJSON(buf, name); err != nil {
		return err
	}
	buf.WriteByte(',')
	buf.WriteString(f.key)
	return writeJSON(buf, content)
}

// writeJSON appends value to buf, without making <, > and & longer and without a line break.
func writeJSON(buf *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	start := buf.Len()
	if err := encoder.Encode(value); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1)
	if !lossless(buf.Bytes()[start:], value) {
		return errNotUTF8
	}
	return nil
}

func plainJSON(value any) ([]byte, error) {
	var buf bytes.Buffer
	err := writeJSON(&buf, value)
	return buf.Bytes(), err
}

// plainTree reads JSON of any type. Its numbers stay as they are written.
func plainTree(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	err := decoder.Decode(&tree)
	return tree, err
}
