package callback

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// The rate limit of each user: perSecond on average, with bursts of up to burst messages.
const (
	burst     = 20
	perSecond = 2
)

// Moderator decides whether messages are delivered. It keeps its state in memory, so that it
// decides at once.
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

// Decide blocks a message if its sender is too fast, or it contains a blocked word. The block's
// text is a key of words.json.
func (m *Moderator) Decide(q *webhook.PreMessage) (webhook.Decision, error) {
	if !m.take(q.From) {
		return webhook.Block("moderation.tooFast"), nil
	}
	texts, err := q.Texts() // all decoded strings of the content
	if err != nil {
		return webhook.Block("moderation.unreadable"), err // the decision counts, and the handler logs err
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
			clear(m.users) // starts the limits of all users afresh
		}
		m.users[userID] = rate.NewLimiter(perSecond, burst)
	}
	return m.users[userID].Allow()
}

// Word is the only blocked word, unless BLOCKED_WORDS is set.
const Word = "casino"
