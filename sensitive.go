package rongcloud

import (
	"context"
	"fmt"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// SensitiveWordService manages the words that are replaced in text messages, or that keep them from
// being delivered. An app can have 50 words, unless it has bought more.
//
// The filter applies to messages sent by clients; it applies to those sent through the Server API
// only if enabled in the console.
//
// Clients get [CodeBlockedBySensitiveWord] and [CodeSensitiveWordReplaced]; whether the Server API
// returns them is unconfirmed.
type SensitiveWordService service

// SensitiveWordType is what a sensitive word does to a message.
type SensitiveWordType int

// The types of sensitive words.
const (
	SensitiveWordReplace SensitiveWordType = 1 // the word is replaced by another
	SensitiveWordBlock   SensitiveWordType = 2 // the message is not delivered
)

// String returns the type in words.
func (t SensitiveWordType) String() string {
	switch t {
	case SensitiveWordReplace:
		return "replace"
	case SensitiveWordBlock:
		return "block"
	}
	return fmt.Sprintf("SensitiveWordType(%d)", int(t))
}

// SensitiveWordParams is a word to add.
type SensitiveWordParams struct {
	// At most 32 characters.
	Word string `wire:"word"        json:"word"`
	// At most 32 characters; empty to block messages with the word.
	Replacement string `wire:"replaceWord" json:"replaceWord,omitempty"`
}

// SensitiveWordQuery selects sensitive words.
type SensitiveWordQuery struct {
	Type SensitiveWordType // only words of this type; all if zero
}

// SensitiveWordQuota is how many more words an app can add.
type SensitiveWordQuota struct {
	RemainingCount int64 `json:"remainQuota"`
}

// SensitiveWord is a word of the list.
type SensitiveWord struct {
	Word        string
	Replacement string // empty for words that block
	Type        SensitiveWordType
}

// SensitiveWords are the words of the list.
type SensitiveWords struct {
	Words []SensitiveWord
}

// Add adds one word, which takes effect after 15 minutes (30 according to RongCloud's Java SDK).
// The Replacement alone determines whether the word is replaced or blocks the message. What happens
// to an existing word is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/add-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/add.json
func (s *SensitiveWordService) Add(ctx context.Context, word SensitiveWordParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.SensitivewordAdd, &word, opts)
}

// BatchAdd adds up to 50 words, all or none of them, and returns how many more can be added. If
// they exceed the limit, the call fails, and the response has that number as remainQuota; see
// [CaptureResponse]. The words take effect after 15 minutes.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/batch-add-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/batch/add.json
func (s *SensitiveWordService) BatchAdd(ctx context.Context, words []SensitiveWordParams, opts ...CallOption) (*SensitiveWordQuota, error) {
	type params struct {
		Words []SensitiveWordParams `wire:"words"`
	}
	for i, w := range words {
		if w.Word == "" {
			return nil, refused(ctx, s.client, refuseField(endpoint.SensitivewordBatchAdd, "words", "words", "item %d lacks the word", i+1), opts)
		}
	}
	return fetch[SensitiveWordQuota](ctx, s.client, endpoint.SensitivewordBatchAdd, &params{words}, opts)
}

// Remove removes one word. According to RongCloud's SDKs, this takes effect after 2 hours.
//
// RongCloud describes this call in its Java SDK only.
//
//rongcloud:endpoint POST /sensitiveword/delete.json
func (s *SensitiveWordService) Remove(ctx context.Context, word string, opts ...CallOption) error {
	type params struct {
		Word string `wire:"word"`
	}
	return send(ctx, s.client, endpoint.SensitivewordDelete, &params{word}, opts)
}

// BatchRemove removes up to 50 words. According to RongCloud's SDKs, this takes effect after 2
// hours.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/batch-remove-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/batch/delete.json
func (s *SensitiveWordService) BatchRemove(ctx context.Context, words []string, opts ...CallOption) error {
	type params struct {
		Words []string `wire:"words"`
	}
	return send(ctx, s.client, endpoint.SensitivewordBatchDelete, &params{words}, opts)
}

// List returns the words of the list. There are no pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/query-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/list.json
func (s *SensitiveWordService) List(ctx context.Context, query SensitiveWordQuery, opts ...CallOption) (*SensitiveWords, error) {
	type request struct {
		Type *int `wire:"type"`
	}
	type response struct {
		Words []struct {
			Word        string            `json:"word"        alt:"keyword"`
			Replacement string            `json:"replaceWord" alt:"replace"`
			Type        SensitiveWordType `json:"type"        from:"0"`
		} `json:"words"`
	}
	kind := 2 // both; without a type, the server lists only the blocking words
	switch query.Type {
	case 0:
	case SensitiveWordReplace, SensitiveWordBlock:
		kind = int(query.Type) - 1
	default:
		return nil, refused(ctx, s.client, refuseField(endpoint.SensitivewordList, "SensitiveWordQuery.Type", "type", "%v is not a valid value", query.Type), opts)
	}
	out, err := fetch[response](ctx, s.client, endpoint.SensitivewordList, &request{&kind}, opts)
	if err != nil {
		return nil, err
	}
	list := &SensitiveWords{Words: make([]SensitiveWord, len(out.Words))}
	for i, w := range out.Words {
		switch {
		case w.Type != 0:
		case w.Replacement == "":
			w.Type = SensitiveWordBlock
		default:
			w.Type = SensitiveWordReplace
		}
		list.Words[i] = SensitiveWord(w)
	}
	return list, nil
}
