package rongcloud

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/internal/form"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// builtIns holds RongCloud's own message types. Types with an undocumented body have no decoder.
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

// DecodeContent reads the body of a received message, as in webhooks and the message history. For a
// built-in type it returns the type's struct, as a value such as TextMessage, and for any other
// type a [RawContent]. A body that does not fit its type also comes back as a RawContent, with an
// [ErrUndecodable]. [ContentAs] turns the result into one type.
//
// It accepts the variants that different client SDKs write: numbers as text, objects as JSON text,
// other spellings. A byte order mark is skipped.
func DecodeContent(objectName string, body []byte) (MessageContent, error) {
	decode := builtIns[objectName]
	if decode == nil {
		return RawContent{Name: objectName, Body: string(body)}, nil
	}
	plain := lenient.TrimMark(body)
	err := lenient.Check(plain)
	if err == nil && isNull(plain) {
		err = errors.New("is null")
	}
	if err == nil {
		var content MessageContent
		if content, err = decode(plain, 0); err == nil {
			return content, nil
		}
	}
	return RawContent{Name: objectName, Body: string(body)}, undecodable(objectName, err)
}

func decodeType[T MessageContent](raw json.RawMessage, depth int) (MessageContent, error) {
	var m T
	err := decodeRaw(&m, raw, depth)
	return m, err
}

// decodeBody fills m, a pointer to a struct, from its JSON.
func decodeBody(data []byte, m any) error {
	// Like encoding/json, leave the value unchanged for null.
	if err := lenient.Check(data); err != nil || isNull(data) {
		return err
	}
	if m, ok := m.(keeper); ok {
		m.keeping().keys = nil
	}
	return decodeRaw(m, data, 0)
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null"
}

// rawDecoder is a type that needs more decoding than its tags describe. Raw is valid JSON. Depth
// counts the enclosing messages.
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
	err := lenient.Decoder{DropNulls: true, Unknown: keepUnknown}.Fields(raw, m)
	if _, ok := m.(keeper); ok && err == nil {
		dropEmptyMention(reflect.ValueOf(m).Elem())
	}
	return err
}

// dropEmptyMention removes an empty mention, such as {} or [], which mentions nobody.
func dropEmptyMention(v reflect.Value) {
	p := bodyPlanOf(v.Type())
	if p.mention < 0 {
		return
	}
	field := v.Field(p.mention).Addr().Interface().(**Mention)
	if m := *field; m != nil && m.Type == 0 && len(m.UserIDs) == 0 && m.MentionedContent == "" && m.keys == nil {
		*field = nil
	}
}

// maxDepth is how deep nested messages are decoded. Deeper ones stay raw, so that a hostile message
// cannot cost more work than its length justifies.
const maxDepth = 8

// carry turns a nested message into a content.
func carry(objectName string, raw json.RawMessage, depth int) MessageContent {
	if decode := builtIns[objectName]; decode != nil && !isNull(raw) && depth < maxDepth {
		if content, err := decode(raw, depth+1); err == nil {
			return content
		}
	}
	body := bodyText(raw)
	if objectName == "" && (body == "" || body == "{}") {
		return nil
	}
	return RawContent{Name: objectName, Body: body}
}

// bodyText is the text of a nested message, which may come as JSON or as JSON text.
func bodyText(raw json.RawMessage) string {
	if isNull(raw) {
		return ""
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var body bytes.Buffer
	_ = json.Compact(&body, raw) // the JSON is valid
	return strings.ToValidUTF8(body.String(), "\ufffd")
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
	m.QuotedContent = carry(q.ObjName, q.ReferMsg, depth)
	return nil
}

func (m *ForwardedMessage) decodeRaw(raw json.RawMessage, depth int) error {
	var carried forwarded
	if err := errors.Join(decodeFields(m, raw), decodeFields(&carried, raw)); err != nil {
		return err
	}
	m.Content = carry(carried.ObjectName, carried.Content, depth)
	return nil
}

// forwarded is the part of a forwarded message that holds the original one.
type forwarded struct {
	ObjectName string          `json:"objectName"`
	Content    json.RawMessage `json:"content"`
}

func (m *CombineV2Message) decodeRaw(raw json.RawMessage, depth int) error {
	var list struct {
		MsgList []forwarded `json:"msgList"`
	}
	if err := errors.Join(decodeFields(m, raw), decodeFields(&list, raw)); err != nil {
		return err
	}
	for i, item := range list.MsgList {
		m.Messages[i].Content = carry(item.ObjectName, item.Content, depth)
	}
	return nil
}

// bodyPlan says how a content type, or a struct inside one, is written.
type bodyPlan struct {
	fields []bodyField
	kept   int // the field with the unknown keys, or -1
	other  int // the map with the app's own keys, or -1

	mention int // the field with a mention, or -1
}

// bodyField says how one field is written: as encoding/json would, except that
//
//   - unit:"ms" writes a time.Time as Unix milliseconds, and unit:"seconds" a time.Duration as
//     seconds
//   - unit:"switch" writes a bool as 0 or 1
//   - body:"name,key" writes a message inside this one: its object name, and its body under the
//     key; without a name nothing if there is no message
//   - body:"*" writes the entries of a map beside the fields, which win
//   - a list or map that is not left out is never null
//   - a struct of this kind is written with its unknown keys
type bodyField struct {
	index  int
	key    string // "name": in JSON
	name   string // "name": in JSON, for the object name of a nested message
	omit   bool
	unit   string
	nested bool // a struct of this kind, a pointer to one or a list of them
	holds  bool // it holds a nested message
}

var (
	bodies    sync.Map // reflect.Type to *bodyPlan
	keptType  = reflect.TypeFor[kept]()
	textsType = reflect.TypeFor[[]string]()

	mentionType = reflect.TypeFor[*Mention]()
)

func bodyPlanOf(typ reflect.Type) *bodyPlan {
	if cached, ok := bodies.Load(typ); ok {
		return cached.(*bodyPlan)
	}
	p := &bodyPlan{kept: -1, other: -1, mention: -1}
	for i := range typ.NumField() {
		field := typ.Field(i)
		switch field.Type {
		case keptType:
			p.kept = i
			continue
		case mentionType:
			p.mention = i
		}
		tag := field.Tag
		if tag.Get("body") == "*" {
			p.other = i
			continue
		}
		key, options, _ := strings.Cut(tag.Get("json"), ",")
		f := bodyField{index: i, omit: options != "", unit: tag.Get("unit")}
		if name, body, ok := strings.Cut(tag.Get("body"), ","); ok {
			f.holds, f.omit, key = true, name == "", body
			if name != "" {
				f.name = `"` + name + `":`
			}
		}
		f.key = `"` + key + `":`
		inner := field.Type
		if inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		f.nested = reflect.PointerTo(inner).Implements(keeperType) || inner == reflect.TypeFor[GroupNotificationData]()
		p.fields = append(p.fields, f)
	}
	bodies.Store(typ, p)
	return p
}

// reads reports whether a key belongs to a nested message, which the field decoder does not know.
func (p *bodyPlan) reads(key string) bool {
	return slices.ContainsFunc(p.fields, func(f bodyField) bool {
		return f.holds && (isKey(f.key, key) || isKey(f.name, key))
	})
}

// counts reports whether an unknown key of v is to be written. A key kept because its field could
// not hold the value is no longer written once the field has been set.
func (p *bodyPlan) counts(v reflect.Value, key unknownKey) bool {
	for i := range p.fields {
		if f := &p.fields[i]; f.named(key.name) {
			return v.Field(f.index).IsZero()
		}
	}
	return true
}

// named reports whether the key is the field's.
func (f *bodyField) named(key string) bool { return f.key[1:len(f.key)-2] == key }

// isKey reports whether a key is the one in "name":, ignoring letter case.
func isKey(literal, key string) bool {
	return literal != "" && strings.EqualFold(literal[1:len(literal)-2], key)
}

// encodeBody returns m, a struct, as JSON by the tags of its fields.
func encodeBody(m any) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, 256))
	err := writeBody(buf, reflect.ValueOf(m))
	return buf.Bytes(), err
}

// writeBody appends v, a struct, to buf.
func writeBody(buf *bytes.Buffer, v reflect.Value) error {
	buf.WriteByte('{')
	first := buf.Len()
	p := bodyPlanOf(v.Type())
	var unknown unknownKeys
	if p.kept >= 0 {
		unknown = keysIn(v.Field(p.kept))
	}
	if v.Type() == mentionType.Elem() {
		v = typed(v, unknown)
	}
	for i := range p.fields {
		f := &p.fields[i]
		value := v.Field(f.index)
		if f.leavesOut(value) || len(unknown) > 0 && value.IsZero() && unknown.has(f) {
			continue
		}
		comma(buf, first)
		if err := f.write(buf, value); err != nil {
			return fmt.Errorf("%s %w", f.key, err)
		}
	}
	if p.other >= 0 {
		if err := p.writeOther(buf, first, v); err != nil {
			return err
		}
	}
	for _, key := range unknown {
		if !p.counts(v, key) {
			continue
		}
		comma(buf, first)
		if err := writeText(buf, key.name); err != nil {
			return err
		}
		buf.WriteByte(':')
		buf.Write(key.value)
	}
	buf.WriteByte('}')
	return nil
}

func (f *bodyField) leavesOut(v reflect.Value) bool {
	list := v.Kind() == reflect.Slice || v.Kind() == reflect.Map
	return f.omit && (v.IsZero() || list && v.Len() == 0)
}

// writeOther writes the app's own keys, in alphabetical order.
func (p *bodyPlan) writeOther(buf *bytes.Buffer, first int, v reflect.Value) error {
	if v.Field(p.other).Len() == 0 {
		return nil
	}
	other := v.Field(p.other).Interface().(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(other)) {
		named := slices.ContainsFunc(p.fields, func(f bodyField) bool {
			return f.key == `"`+key+`":` && !f.leavesOut(v.Field(f.index))
		})
		if named {
			continue
		}
		comma(buf, first)
		if err := writeText(buf, key); err != nil {
			return err
		}
		buf.WriteByte(':')
		if err := plainJSON.Write(buf, other[key]); err != nil {
			return err
		}
	}
	return nil
}

// comma writes a separator unless the buffer still ends at first, where the first member begins.
func comma(buf *bytes.Buffer, first int) {
	if buf.Len() > first {
		buf.WriteByte(',')
	}
}

func (f *bodyField) write(buf *bytes.Buffer, v reflect.Value) error {
	if f.holds {
		return f.writeContent(buf, v)
	}
	buf.WriteString(f.key)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case f.nested && v.Kind() == reflect.Struct:
		return writeBody(buf, v)
	case f.nested && v.Kind() == reflect.Slice:
		return writeList(buf, v)
	case v.Kind() == reflect.Slice && v.IsNil():
		buf.WriteString("[]")
		return nil
	case v.Kind() == reflect.Map && v.IsNil():
		buf.WriteString("{}")
		return nil
	case v.Kind() == reflect.String:
		return writeText(buf, v.String())
	case v.Type() == textsType:
		return writeTexts(buf, v)
	case v.Kind() == reflect.Bool:
		return f.writeBool(buf, v.Bool())
	case v.Type() == durationType:
		return writeSpan(buf, time.Duration(v.Int()))
	case v.Kind() == reflect.Int || v.Kind() == reflect.Int64:
		buf.Write(strconv.AppendInt(buf.AvailableBuffer(), v.Int(), 10))
		return nil
	case v.Type() == timeType:
		moment := int64(0)
		if at := v.Interface().(time.Time); !at.IsZero() {
			moment = at.UnixMilli()
		}
		buf.Write(strconv.AppendInt(buf.AvailableBuffer(), moment, 10))
		return nil
	default:
		return plainJSON.Write(buf, v.Interface())
	}
}

func (f *bodyField) writeBool(buf *bytes.Buffer, b bool) error {
	switch {
	case f.unit != "switch":
		buf.Write(strconv.AppendBool(buf.AvailableBuffer(), b))
	case b:
		buf.WriteByte('1')
	default:
		buf.WriteByte('0')
	}
	return nil
}

// writeSpan writes a duration in whole seconds, rounded up.
func writeSpan(buf *bytes.Buffer, span time.Duration) error {
	switch {
	case span < 0:
		return fmt.Errorf("%v is negative", span)
	case span == Forever:
		return errors.New("cannot be Forever")
	}
	seconds := int64(span / time.Second)
	if span%time.Second > 0 {
		seconds++
	}
	buf.Write(strconv.AppendInt(buf.AvailableBuffer(), seconds, 10))
	return nil
}

// writeList writes a list of structs of this kind.
func writeList(buf *bytes.Buffer, v reflect.Value) error {
	buf.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := writeBody(buf, v.Index(i)); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	buf.WriteByte(']')
	return nil
}

// writeTexts writes a list of strings.
func writeTexts(buf *bytes.Buffer, v reflect.Value) error {
	buf.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := writeText(buf, v.Index(i).String()); err != nil {
			return fmt.Errorf("item %d %w", i+1, err)
		}
	}
	buf.WriteByte(']')
	return nil
}

// writeText writes a string as writeJSON does, but without creating an encoder for each.
func writeText(buf *bytes.Buffer, text string) error {
	const hex = "0123456789abcdef"
	buf.WriteByte('"')
	done := 0
	for i, c := range text {
		var escaped string
		size := 1
		switch {
		case c == '"' || c == '\\':
			escaped = `\` + string(c)
		case c < ' ':
			if short := strings.IndexRune("\b\f\n\r\t", c); short >= 0 {
				escaped = `\` + "bfnrt"[short:short+1]
			} else {
				escaped = `\u00` + string(hex[c>>4]) + string(hex[c&15])
			}
		case c == '\u2028' || c == '\u2029': // which end a line in JavaScript
			escaped, size = `\u202`+string(hex[c&15]), 3
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return form.ErrNotUTF8
		default:
			continue
		}
		buf.WriteString(text[done:i])
		buf.WriteString(escaped)
		done = i + size
	}
	buf.WriteString(text[done:])
	buf.WriteByte('"')
	return nil
}

// writeContent writes a nested message.
func (f *bodyField) writeContent(buf *bytes.Buffer, v reflect.Value) error {
	content, _ := reflect.TypeAssert[MessageContent](v)
	name := ""
	if content == nil {
		content = RawContent{}
	} else {
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
	if f.name != "" {
		buf.WriteString(f.name)
		if err := writeText(buf, name); err != nil {
			return err
		}
		buf.WriteByte(',')
	}
	buf.WriteString(f.key)
	return plainJSON.Write(buf, content)
}

// ownPackage is the path of this package.
var ownPackage = reflect.TypeFor[Client]().PkgPath()

// plainJSON writes JSON of any type.
var plainJSON = form.JSON{Own: ownPackage}

var (
	timeType      = reflect.TypeFor[time.Time]()
	durationType  = reflect.TypeFor[time.Duration]()
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// plainTree reads JSON of any type. Its numbers stay as they are written.
func plainTree(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	err := decoder.Decode(&tree)
	return tree, err
}
