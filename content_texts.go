package rongcloud

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxTextDepth is how deep JSON nested in JSON strings is decoded.
const maxTextDepth = 8

// DecodeTexts returns every text in the body of a message, decoded and in the order of the body,
// for moderation and search. That includes everything the built-in types show (content, titles,
// file names, summaries, quoted and forwarded messages), Extra, and whatever else the body holds,
// even under unknown or repeated keys. It also looks into JSON inside a text. A text that is not
// JSON but has its escapes, such as \u0063, is followed by the unescaped text. Each text appears
// once. Object keys, thumbnails and recordings are left out. DecodeTexts does not normalize texts:
// letter case, width and look-alike characters are up to the caller.
//
// The body of a type that is not built in may be any text, and is then the only one returned; if it
// is JSON, its numbers are returned as well. A body that is JSON but does not fit its type gives
// its texts and also itself.
//
// If the body of a built-in type is not JSON, DecodeTexts returns it as a text, with an
// [ErrUndecodable]. For every type, it does the same with a body that is not UTF-8 or that nests
// JSON in texts deeper than 8 levels. What clients show for such a body is not known, so it must
// not pass moderation.
func DecodeTexts(objectName string, body []byte) ([]string, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	found := textFinder{seen: map[string]bool{"": true}, media: map[string]bool{}}
	builtIn := builtIns[objectName] != nil
	switch valid := utf8.Valid(body); {
	case !valid:
		found.addEscaped(string(body))
		return found.texts, undecodable(objectName, errors.New("not UTF-8"))
	case json.Valid(body):
	default:
		found.addEscaped(string(body))
		if !builtIn {
			return found.texts, nil
		}
		return found.texts, undecodable(objectName, errors.New("no JSON"))
	}
	found.binary = binaryContent[objectName]
	found.numbers = !builtIn
	err := found.walk(body, 0)
	content, mismatch := DecodeContent(objectName, body)
	switch {
	case mismatch != nil || err != nil:
		found.add(string(body))
	case builtIn:
		found.fields(reflect.ValueOf(content)) // for example numbers in place of texts
	}
	if err != nil {
		err = undecodable(objectName, err)
	}
	return found.texts, err
}

// binaryContent holds the types whose content is a thumbnail or a recording in base64.
var binaryContent = map[string]bool{"RC:ImgMsg": true, "RC:VcMsg": true, "RC:SightMsg": true, "RC:LBSMsg": true}

// textFinder collects texts.
type textFinder struct {
	texts   []string
	seen    map[string]bool
	media   map[string]bool // pictures and sounds that were left out
	binary  bool            // leave out pictures and sounds in content
	numbers bool            // numbers count as texts
}

func (f *textFinder) add(text string) {
	if !f.seen[text] {
		f.seen[text] = true
		f.texts = append(f.texts, text)
	}
}

// addEscaped adds a text that is not JSON and, if it has escapes, the unescaped text, which a
// client that reads JSON less strictly than RFC 8259 would show.
func (f *textFinder) addEscaped(text string) {
	for range maxTextDepth {
		f.add(text)
		plain := unescape(text)
		if plain == text {
			return
		}
		text = plain
	}
	f.add(text)
}

// unescape replaces the escapes of JSON and JavaScript that stand for a character.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var plain strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		plain.WriteString(before)
		if !found {
			return plain.String()
		}
		char, length := escape(after)
		if length == 0 {
			plain.WriteByte('\\')
		} else {
			plain.WriteRune(char)
		}
		text = after[length:]
	}
}

// escape reads the escape after a backslash and returns its length, or 0 if there is none.
func escape(text string) (char rune, length int) {
	if text == "" {
		return 0, 0
	}
	switch text[0] {
	case '\\', '/', '"', '\'':
		return rune(text[0]), 1
	case 'x':
		return hexChar(text, 1+2)
	case 'u':
		char, length = hexChar(text, 1+4)
		rest, pair := strings.CutPrefix(text[length:], `\u`)
		if !utf16.IsSurrogate(char) || !pair {
			return char, length
		}
		low, n := hexChar("u"+rest, 1+4)
		if both := utf16.DecodeRune(char, low); both != utf8.RuneError {
			return both, length + 1 + n
		}
	}
	return char, length
}

// hexChar reads the hex digits after the first character, up to the given length.
func hexChar(text string, length int) (char rune, read int) {
	if len(text) < length {
		return 0, 0
	}
	n, err := strconv.ParseUint(text[1:length], 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(n), length //nolint:gosec // at most four digits
}

// walk adds the texts of valid JSON. Depth counts the enclosing texts.
func (f *textFinder) walk(data []byte, depth int) error {
	if depth > maxTextDepth {
		return errors.New("JSON nested in too many layers of text")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return f.value(decoder, "", depth)
}

func (f *textFinder) value(decoder *json.Decoder, key string, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		for decoder.More() {
			if token == '{' {
				name, err := decoder.Token()
				if err != nil {
					return err
				}
				key, _ = name.(string)
			}
			if err := f.value(decoder, key, depth); err != nil {
				return err
			}
		}
		_, err = decoder.Token() // the closing one
		return err
	case json.Number:
		if f.numbers {
			f.add(token.String())
		}
	case string:
		if f.binary && strings.EqualFold(key, "content") && isBinary(token) {
			f.media[token] = true
			return nil
		}
		inner := strings.TrimSpace(token)
		if inner != "" && strings.ContainsRune(`{["`, rune(inner[0])) && json.Valid([]byte(inner)) {
			f.add(token)
			return f.walk([]byte(inner), depth+1)
		}
		f.addEscaped(token)
	}
	return nil
}

// isBinary reports whether a text is a picture or a sound in base64.
func isBinary(text string) bool {
	const head = 16
	if len(text) < head || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n") != "" {
		return false
	}
	data, err := base64.StdEncoding.DecodeString(text[:head])
	if err != nil {
		return false
	}
	for _, magic := range []string{"\xff\xd8\xff", "\x89PNG", "GIF8", "RIFF", "#!AMR"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// fields adds the texts in the fields of a decoded message.
func (f *textFinder) fields(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if !f.media[v.String()] {
			f.add(v.String())
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			f.fields(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			f.fields(v.Index(i))
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			f.fields(entry.Value())
		}
	case reflect.Struct:
		// A nested message of an app's own type.
		if raw, ok := reflect.TypeAssert[RawContent](v); ok {
			f.numbers = true
			if json.Valid([]byte(raw.Body)) {
				_ = f.walk([]byte(raw.Body), maxTextDepth) // its texts have been added already
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fields(v.Field(i))
			}
		}
	}
}
