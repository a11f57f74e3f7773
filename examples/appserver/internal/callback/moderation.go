package callback

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// How many messages a user may send: at once, and per second in the long run.
const (
	burst     = 20
	perSecond = 2
)

// Moderator decides about messages before their delivery, in memory and at once.
type Moderator struct {
	words []string

	mu    sync.Mutex
	users map[string]*rate.Limiter
}

// NewModerator returns a moderator that blocks the given words anywhere in a message.
func NewModerator(words []string) *Moderator {
	m := &Moderator{users: map[string]*rate.Limiter{}}
	for _, word := range words {
		if word = plain(word); word != "" {
			m.words = append(m.words, word)
		}
	}
	return m
}

// Decide decides whether a message is delivered.
func (m *Moderator) Decide(q *webhook.PreMessage) (webhook.Decision, error) {
	if !m.take(q.From) {
		return webhook.Block("moderation.tooFast"), nil
	}
	texts, err := q.Texts() // all that the message says, decoded
	if err != nil {
		return webhook.Block("moderation.unreadable"), err // taken, and the error is logged
	}
	if slices.ContainsFunc(texts, m.has) {
		return webhook.Block("moderation.word"), nil
	}
	return webhook.Allow(), nil
}

func (m *Moderator) has(text string) bool {
	text = plain(text)
	return slices.ContainsFunc(m.words, func(word string) bool { return strings.Contains(text, word) })
}

// plain keeps only letters and digits, so that spaces and dots cannot hide a word.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// mostUsers bounds the memory for the rates of users.
const mostUsers = 100_000

func (m *Moderator) take(userID string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users[userID] == nil {
		if len(m.users) >= mostUsers {
			clear(m.users) // everybody starts afresh
		}
		m.users[userID] = rate.NewLimiter(perSecond, burst)
	}
	return m.users[userID].Allow()
}

// Word is a word that is not allowed in the demonstration.
const Word = "casino"
