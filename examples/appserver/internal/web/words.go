package web

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"net/http"
	"strings"
)

// words maps keys to the texts of one language.
type words map[string]string

// Get returns the text of a key, or the key if it has no text.
func (w words) Get(key string) string { return cmp.Or(w[key], key) }

// wordsFor returns the texts in the language that the user has chosen or that their browser
// prefers.
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

// wordsFile holds each text in English and in Chinese.
//
//go:embed words.json
var wordsFile []byte

var texts = func() map[string]words {
	var both map[string][2]string
	if err := json.Unmarshal(wordsFile, &both); err != nil {
		panic("words.json: " + err.Error()) // the file is part of the program
	}
	found := map[string]words{"en": {}, "zh": {}}
	for key, text := range both {
		found["en"][key], found["zh"][key] = text[0], text[1]
	}
	return found
}()
