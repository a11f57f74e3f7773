package rongcloudtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	maxWords      = 50 // the default; more can be bought
	maxWordLength = 32
	// wordDelay is how long a new word takes to work. Sources disagree on how long a removed one
	// still works, so here it stops at once.
	wordDelay = 15 * time.Minute
)

// sensitiveWord either blocks a message or is replaced in it.
type sensitiveWord struct {
	word, replacement string
	from              time.Time // when it starts to work
}

// kind returns the word's type as the list has it.
func (w sensitiveWord) kind() string {
	if w.replacement == "" {
		return "1"
	}
	return "0"
}

var sensitiveHandlers = map[*endpoint.Endpoint]handler{
	endpoint.SensitivewordAdd:         wordAdd,
	endpoint.SensitivewordBatchAdd:    wordBatchAdd,
	endpoint.SensitivewordDelete:      func(c *call) answer { return c.removeWords(c.params.Get("word")) },
	endpoint.SensitivewordBatchDelete: func(c *call) answer { return c.removeWords(c.params.List("words")...) },
	endpoint.SensitivewordList:        wordList,

	// The old endpoints know only blocking words.
	endpoint.WordfilterAdd:    wordAdd,                                                             //nolint:staticcheck // apps may still use it
	endpoint.WordfilterDelete: func(c *call) answer { return c.removeWords(c.params.Get("word")) }, //nolint:staticcheck // apps may still use it
	endpoint.WordfilterList:   oldWordList,                                                         //nolint:staticcheck // apps may still use it
}

func wordAdd(c *call) answer {
	a := c.addWords([]sensitiveWord{{word: c.params.Get("word"), replacement: c.params.Get("replaceWord")}})
	a.fields = nil
	return a
}

func wordBatchAdd(c *call) answer {
	var words []sensitiveWord
	for i, text := range c.params.values["words"] {
		var item struct{ Word, ReplaceWord string }
		if json.Unmarshal([]byte(text), &item) != nil || item.Word == "" {
			return refuseError(invalid("words: item %d has no word", i+1))
		}
		if max(utf8.RuneCountInString(item.Word), utf8.RuneCountInString(item.ReplaceWord)) > maxWordLength {
			return refuseError(tooLong("words: item %d has more than %d characters", i+1, maxWordLength))
		}
		words = append(words, sensitiveWord{word: item.Word, replacement: item.ReplaceWord})
	}
	return c.addWords(words)
}

// ActivateSensitiveWords makes all sensitive words added so far work at once. Others take 15
// minutes, as RongCloud's may; [Server.Advance] can also skip that time.
func (s *Server) ActivateSensitiveWords() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.words {
		s.words[i].from = time.Time{}
	}
}

// addWords adds all words or none. A word that exists gets the new replacement, which is not
// documented; nor is the code for too many words.
func (c *call) addWords(words []sensitiveWord) answer {
	after := slices.Clone(c.words)
	for _, w := range words {
		w.from = c.at.Add(wordDelay)
		i := slices.IndexFunc(after, func(old sensitiveWord) bool { return old.word == w.word })
		switch {
		case i < 0:
			after = append(after, w)
		case after[i].replacement != w.replacement:
			after[i] = w
		}
	}
	left := func() []field { return []field{{"remainQuota", maxWords - len(c.words)}} }
	if len(after) > maxWords {
		a := refuseError(invalid("there would be %d words, at most %d are allowed", len(after), maxWords))
		a.fields = left()
		return a
	}
	c.words = after
	return ok(left()...)
}

func (c *call) removeWords(words ...string) answer {
	c.words = slices.DeleteFunc(c.words, func(w sensitiveWord) bool { return slices.Contains(words, w.word) })
	return ok()
}

// wordList lists blocking words by default, as documented.
func wordList(c *call) answer {
	type entry struct {
		Word        string `json:"word"`
		ReplaceWord string `json:"replaceWord"`
		Type        string `json:"type"`
	}
	asked := "1"
	if c.params.Has("type") {
		asked = c.params.Get("type")
	}
	entries := []entry{}
	for _, w := range c.words {
		if asked == "2" || asked == w.kind() {
			entries = append(entries, entry{w.word, w.replacement, w.kind()})
		}
	}
	return ok(field{"words", entries})
}

func oldWordList(c *call) answer {
	type entry struct {
		Word string `json:"word"`
	}
	entries := []entry{}
	for _, w := range c.words {
		if w.replacement == "" {
			entries = append(entries, entry{w.word})
		}
	}
	return ok(field{"words", entries})
}

// filter applies the words to a text message. RongCloud accepts a blocked message anyway, and
// reports it only through the app's message routing.
func (c *call) filter(m *kept) {
	if m.ObjectName != "RC:TxtMsg" {
		return
	}
	var body map[string]json.RawMessage
	var text string
	if json.Unmarshal([]byte(m.Body), &body) != nil || json.Unmarshal(body["content"], &text) != nil {
		return
	}
	masked := text
	for _, w := range c.words {
		if c.at.Before(w.from) || !strings.Contains(text, w.word) {
			continue
		}
		m.sensitive = true
		if w.replacement == "" {
			m.Blocked = true
			return
		}
		masked = strings.ReplaceAll(masked, w.word, w.replacement)
	}
	if masked != text {
		body["content"], _ = json.Marshal(masked) // a string
		content, _ := json.Marshal(body)          // built from JSON
		m.Body = string(content)
	}
}
