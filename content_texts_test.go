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
		{"plain", "RC:TxtMsg", `{"content":"hi","extra":""}`, []string{"hi"}},
		{"escaped", "RC:TxtMsg", `{"content":"\u0063asino"}`, []string{"casino"}},
		{"BOM", "RC:TxtMsg", "\ufeff" + `{"content":"casino"}`, []string{"casino"}},
		{"twice", "RC:TxtMsg", `{"content":"fine","content":"casino"}`, []string{"fine", "casino"}},
		{"letter case", "RC:TxtMsg", `{"content":"fine","CONTENT":"casino"}`, []string{"fine", "casino"}},
		{"unknown key", "RC:TxtMsg", `{"content":"fine","new":[{"deep":"casino"}]}`, []string{"fine", "casino"}},
		{"number", "RC:TxtMsg", `{"content":13800138000}`, []string{"13800138000"}},
		{"object as text", "RC:TxtMsg", `{"content":"fine","extra":{"casino":1}}`, []string{"fine", `{"casino":1}`}},
		{
			"JSON as text", "RC:TxtMsg", `{"content":"{\"casino\":\"c\\u0061sino!\"}"}`,
			[]string{`{"casino":"c\u0061sino!"}`, "casino!"},
		},
		{"string in a string", "RC:TxtMsg", `{"content":"\"c\\u0061sino\""}`, []string{`"c\u0061sino"`, "casino"}},
		{"not of its type", "RC:TxtMsg", `{"content":"casino","user":"x"}`, []string{"casino", "x", `{"content":"casino","user":"x"}`}},
		{"array", "RC:TxtMsg", `["casino"]`, []string{"casino", `["casino"]`}},
		{"other type", "app:order", `{"title":"casino","number":7}`, []string{"casino", "7"}},
		{"other type, no JSON", "app:order", `{casino`, []string{`{casino`}},
		{
			"other type, no JSON but escapes", "app:order", `{"a":"\u0063asino","b":"\\\x63asino \ud83d\ude00 \n\ud83dx \uzz",}`, []string{
				`{"a":"\u0063asino","b":"\\\x63asino \ud83d\ude00 \n\ud83dx \uzz",}`,
				`{"a":"casino","b":"\casino 😀 \n` + "\ufffd" + `x \uzz",}`,
			},
		},
		{"escapes twice", "app:order", `<\\u0063asino>`, []string{`<\\u0063asino>`, `<\u0063asino>`, `<casino>`}},
		{
			"text that is nearly JSON", "RC:TxtMsg", `{"content":"x","extra":"{\"a\":\"\\u0063asino\",}"}`,
			[]string{"x", `{"a":"\u0063asino",}`, `{"a":"casino",}`},
		},
		{"thumbnail, repeated as a text", "RC:ImgMsg", `{"content":"` + thumbnail + `","extra":"` + thumbnail + `"}`, []string{thumbnail}},
		{"other type, nothing", "app:order", ``, nil},
		{"type in other letter case", "rc:txtmsg", `{"content":"casino"}`, []string{"casino"}},
		{"thumbnail", "RC:ImgMsg", `{"content":"` + thumbnail + `","imageUri":"u"}`, []string{"u"}},
		{"no thumbnail", "RC:ImgMsg", `{"content":"casino","imageUri":"u"}`, []string{"casino", "u"}},
		{"thumbnail as a text", "RC:TxtMsg", `{"content":"` + thumbnail + `"}`, []string{thumbnail}},
		{
			"quoted message", "RC:ReferenceMsg", `{"content":"a","objName":"app:x","referMsg":{"phone":138}}`,
			[]string{"a", "app:x", "138"},
		},
		{
			"quoted text", "RC:ReferenceMsg", `{"content":"a","objName":"RC:TxtMsg","referMsg":"{\"content\":\"c\\u0061sino\"}"}`,
			[]string{"a", "RC:TxtMsg", `{"content":"c\u0061sino"}`, "casino"},
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
