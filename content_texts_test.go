package rongcloud

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// filler gives every text of a value a different word.
type filler struct{ words []string }

func (f *filler) word() string {
	f.words = append(f.words, fmt.Sprintf("word-%d \"é\"", len(f.words)))
	return f.words[len(f.words)-1]
}

func (f *filler) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.word())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), value)
	case reflect.Interface:
		if v.Type() == reflect.TypeFor[MessageContent]() {
			v.Set(reflect.ValueOf(&FileMessage{Name: f.word()}))
		} else {
			v.Set(reflect.ValueOf(map[string]any{"own": []any{f.word()}}))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	}
}

// Every text in a built-in type is found, at any depth.
func TestTextsOfEveryType(t *testing.T) {
	t.Parallel()
	filled := 0
	for name, decode := range builtIns {
		if decode == nil {
			continue
		}
		empty, err := decode(json.RawMessage("{}"), 0)
		require.NoError(t, err, name)
		message := reflect.New(reflect.TypeOf(empty))
		f := &filler{}
		f.fill(message.Elem())
		body, err := json.Marshal(message.Elem().Interface())
		require.NoError(t, err, name)
		texts, err := DecodeTexts(name, body)
		require.NoError(t, err, name)
		require.Subset(t, texts, f.words, "%s: %s", name, body)
		filled += len(f.words)
	}
	require.Greater(t, filled, 150)
}

func TestDecodeTexts(t *testing.T) {
	t.Parallel()
	thumbnail := base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff\xe0casino casino casino"))
	nested := `{"content":"casino"}`
	for range maxTextDepth {
		quoted, err := json.Marshal(map[string]string{"extra": nested})
		require.NoError(t, err)
		nested = string(quoted)
	}
	tests := []struct {
		name, object, body string
		want               []string // all of them
	}{
		{name: "plain", object: "RC:TxtMsg", body: `{"content":"hi","extra":""}`, want: []string{"hi"}},
		{name: "escaped", object: "RC:TxtMsg", body: `{"content":"\u0063asino"}`, want: []string{"casino"}},
		{name: "BOM", object: "RC:TxtMsg", body: "\ufeff" + `{"content":"casino"}`, want: []string{"casino"}},
		{name: "twice", object: "RC:TxtMsg", body: `{"content":"fine","content":"casino"}`, want: []string{"fine", "casino"}},
		{name: "letter case", object: "RC:TxtMsg", body: `{"content":"fine","CONTENT":"casino"}`, want: []string{"fine", "casino"}},
		{name: "unknown key", object: "RC:TxtMsg", body: `{"content":"fine","new":[{"deep":"casino"}]}`, want: []string{"fine", "casino"}},
		{name: "number", object: "RC:TxtMsg", body: `{"content":13800138000}`, want: []string{"13800138000"}},
		{name: "object as text", object: "RC:TxtMsg", body: `{"content":"fine","extra":{"casino":1}}`, want: []string{"fine", `{"casino":1}`}},
		{
			name: "JSON as text", object: "RC:TxtMsg", body: `{"content":"{\"casino\":\"c\\u0061sino!\"}"}`,
			want: []string{`{"casino":"c\u0061sino!"}`, "casino!"},
		},
		{name: "string in a string", object: "RC:TxtMsg", body: `{"content":"\"c\\u0061sino\""}`, want: []string{`"c\u0061sino"`, "casino"}},
		{
			name: "not of its type", object: "RC:TxtMsg", body: `{"content":"casino","user":"x"}`,
			want: []string{"casino", "x", `{"content":"casino","user":"x"}`},
		},
		{name: "array", object: "RC:TxtMsg", body: `["casino"]`, want: []string{"casino", `["casino"]`}},
		{name: "other type", object: "app:order", body: `{"title":"casino","number":7}`, want: []string{"casino", "7"}},
		{name: "other type, no JSON", object: "app:order", body: `{casino`, want: []string{`{casino`}},
		{
			name: "other type, no JSON but escapes", object: "app:order", body: `{"a":"\u0063asino","b":"\\\x63asino \ud83d\ude00 \n\ud83dx \uzz",}`, want: []string{
				`{"a":"\u0063asino","b":"\\\x63asino \ud83d\ude00 \n\ud83dx \uzz",}`,
				`{"a":"casino","b":"\casino 😀 \n` + "\ufffd" + `x \uzz",}`,
			},
		},
		{name: "escapes twice", object: "app:order", body: `<\\u0063asino>`, want: []string{`<\\u0063asino>`, `<\u0063asino>`, `<casino>`}},
		{
			name: "text that is nearly JSON", object: "RC:TxtMsg", body: `{"content":"x","extra":"{\"a\":\"\\u0063asino\",}"}`,
			want: []string{"x", `{"a":"\u0063asino",}`, `{"a":"casino",}`},
		},
		{
			name: "thumbnail, repeated as a text", object: "RC:ImgMsg",
			body: `{"content":"` + thumbnail + `","extra":"` + thumbnail + `"}`, want: []string{thumbnail},
		},
		{name: "other type, nothing", object: "app:order", body: ``},
		{name: "type in other letter case", object: "rc:txtmsg", body: `{"content":"casino"}`, want: []string{"casino"}},
		{name: "thumbnail", object: "RC:ImgMsg", body: `{"content":"` + thumbnail + `","imageUri":"u"}`, want: []string{"u"}},
		{name: "no thumbnail", object: "RC:ImgMsg", body: `{"content":"casino","imageUri":"u"}`, want: []string{"casino", "u"}},
		{name: "thumbnail as a text", object: "RC:TxtMsg", body: `{"content":"` + thumbnail + `"}`, want: []string{thumbnail}},
		{
			name: "quoted message", object: "RC:ReferenceMsg", body: `{"content":"a","objName":"app:x","referMsg":{"phone":138}}`,
			want: []string{"a", "app:x", "138"},
		},
		{
			name: "quoted text", object: "RC:ReferenceMsg", body: `{"content":"a","objName":"RC:TxtMsg","referMsg":"{\"content\":\"c\\u0061sino\"}"}`,
			want: []string{"a", "RC:TxtMsg", `{"content":"c\u0061sino"}`, "casino"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			texts, err := DecodeTexts(tt.object, []byte(tt.body))
			require.NoError(t, err)
			require.Equal(t, tt.want, texts)
		})
	}
	for name, body := range map[string]string{
		"nothing": "", "trailing": `{"content":"casino"}x`, "no JSON": "casino", "not a number": `{"content":"casino","burnDuration":NaN}`,
		"breaks off": `{"content":"casino`, "not UTF-8": "{\"content\":\"casi\xffno\"}", "too deep": `{"extra":` + strings.ReplaceAll(fmt.Sprintf("%q", nested), "'", "") + `}`,
	} {
		texts, err := DecodeTexts("RC:TxtMsg", []byte(body))
		require.ErrorIs(t, err, ErrUndecodable, name)
		require.NotContains(t, err.Error(), "casino")
		if body != "" {
			require.Contains(t, texts, body, name)
		}
	}
	_, err := DecodeTexts("app:order", []byte("casi\xffno"))
	require.ErrorIs(t, err, ErrUndecodable)
}

func FuzzDecodeTexts(f *testing.F) {
	f.Add("RC:TxtMsg", []byte(`{"content":"a","user":{"name":"b"}}`))
	f.Add("RC:CombineV2Msg", []byte(`{"msgList":[{"objectName":"RC:ImgMsg","content":"{}"}]}`))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		texts, err := DecodeTexts(name, body)
		if content, failed := DecodeContent(name, body); failed == nil && err == nil {
			if text, ok := content.(TextMessage); ok && text.Content != "" {
				require.Contains(t, texts, text.Content)
			}
		}
	})
}
