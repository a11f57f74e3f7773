// Package channeltype translates the words that callbacks have for kinds of conversations. It
// promises that each word and kind leads back to itself, and that what is not known is 0, not a
// guess.
package channeltype

import "github.com/rongcloud-go/rongcloud"

var types = map[string]rongcloud.ConversationType{
	"PERSON":          rongcloud.ConversationPrivate,
	"PERSONS":         rongcloud.ConversationDiscussion,
	"GROUP":           rongcloud.ConversationGroup,
	"TEMPGROUP":       rongcloud.ConversationChatroom,
	"CUSTOMERSERVICE": rongcloud.ConversationCustomerService,
	"NOTIFY":          rongcloud.ConversationSystem,
	"ULTRAGROUP":      rongcloud.ConversationUltraGroup,
}

// Parse returns the kind that a callback names. It is 0 for a public account, whose two words are
// not known to mean 7 or 8, and for any other word.
func Parse(name string) rongcloud.ConversationType { return types[name] }

// Name returns the word for a kind, and nothing for one that has none.
func Name(t rongcloud.ConversationType) string {
	for name, known := range types {
		if known == t {
			return name
		}
	}
	return ""
}
