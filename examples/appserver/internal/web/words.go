package web

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"net/http"
	"strings"
)

// words are the texts of a language by their keys.
type words map[string]string

// Get returns a text, or the key where there is none.
func (w words) Get(key string) string { return cmp.Or(w[key], key) }

// wordsFor returns the language that somebody has chosen, or that their browser asks for.
func wordsFor(r *http.Request) words {
	if found := texts[r.URL.Query().Get("lang")]; found != nil {
		return found
	}
	if c, err := r.Cookie("lang"); err == nil && texts[c.Value] != nil {
		return texts[c.Value]
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh") {
		return texts["zh"]
	}
	return texts["en"]
}

// wordsFile has each text in English and in Chinese.
//
//go:embed words.json
var wordsFile []byte

var texts = func() map[string]words {
	var both map[string][2]string
	if err := json.Unmarshal(wordsFile, &both); err != nil {
		panic("words.json: " + err.Error()) // a test would have seen it
	}
	found := map[string]words{"en": {}, "zh": {}}
	for key, text := range both {
		found["en"][key], found["zh"][key] = text[0], text[1]
	}
	return found
}()
