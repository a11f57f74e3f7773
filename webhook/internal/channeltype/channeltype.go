// Package channeltype translates the words that callbacks use for kinds of conversations. It
// promises that each word and kind translates back to itself, and that an unknown word is 0, not a
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

// Parse returns the kind that a callback names. It is 0 for a public account, because it is not
// known which of its two words means 7 and which 8, and for any unknown word.
func Parse(name string) rongcloud.ConversationType { return types[name] }

// Name returns the word for a kind, or nothing if it has none.
func Name(t rongcloud.ConversationType) string {
	for name, known := range types {
		if known == t {
			return name
		}
	}
	return ""
}
