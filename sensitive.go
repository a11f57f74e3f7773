package rongcloud

import (
	"context"
	"fmt"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// SensitiveService keeps the words that are replaced in text messages or keep them from being
// delivered. An app has room for 50 words, unless it has bought more.
//
// The filter works on what clients send, and on what is sent through the Server API only if the
// console says so.
//
// Clients learn of a word by [CodeBlockedBySensitiveWord] and [CodeSensitiveWordReplaced]; that the
// Server API responds with them is unconfirmed.
type SensitiveService service

// SensitiveType is what a sensitive word does to a message.
type SensitiveType int

// What sensitive words do. SensitiveAll is for [SensitiveService.List] alone.
const (
	SensitiveReplace SensitiveType = 0 // the word is replaced by another
	SensitiveBlock   SensitiveType = 1 // the message is not delivered
	SensitiveAll     SensitiveType = 2 // either
)

// String returns the type in words.
func (t SensitiveType) String() string {
	switch t {
	case SensitiveReplace:
		return "replace"
	case SensitiveBlock:
		return "block"
	case SensitiveAll:
		return "all"
	}
	return fmt.Sprintf("SensitiveType(%d)", int(t))
}

// SensitiveWord is a word to add.
type SensitiveWord struct {
	Word        string `wire:"word"        json:"word"`                  // at most 32 characters
	Replacement string `wire:"replaceWord" json:"replaceWord,omitempty"` // at most 32 characters; empty to block messages with the word
}

// SensitiveQuota is how many words an app still has room for.
type SensitiveQuota struct {
	Remaining int64 `json:"remainQuota"`
}

// SensitiveWordInfo is a word of the list.
type SensitiveWordInfo struct {
	Word        string
	Replacement string // empty for words that block
	Type        SensitiveType
}

// SensitiveWords are the words of the list.
type SensitiveWords struct {
	Words []SensitiveWordInfo
}

// Add adds one word, which takes effect after 15 minutes, or 30 by RongCloud's Java SDK. The Replacement
// alone decides whether the word is replaced or blocks the message. What becomes of a word that is there already is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/add-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/add.json
func (s *SensitiveService) Add(ctx context.Context, word SensitiveWord, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.SensitivewordAdd, &word, opts)
}

// BatchAdd adds up to 50 words, all or none of them, and returns how many more there is room for. Words for which
// there is no room are an error, whose answer tells the same number as remainQuota; see [CaptureResponse]. The words take effect
// after 15 minutes.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/batch-add-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/batch/add.json
func (s *SensitiveService) BatchAdd(ctx context.Context, words []SensitiveWord, opts ...CallOption) (*SensitiveQuota, error) {
	type params struct {
		Words []SensitiveWord `wire:"words"`
	}
	for i, w := range words {
		if w.Word == "" {
			return nil, refuse("words", "item %d lacks the word", i+1)
		}
	}
	return fetch[SensitiveQuota](ctx, s.client, endpoint.SensitivewordBatchAdd, &params{words}, opts)
}

// Delete removes one word. By RongCloud's SDKs that takes effect after 2 hours.
//
// RongCloud describes this call in its Java SDK only.
//
//rongcloud:endpoint POST /sensitiveword/delete.json
func (s *SensitiveService) Delete(ctx context.Context, word string, opts ...CallOption) error {
	type params struct {
		Word string `wire:"word"`
	}
	return send(ctx, s.client, endpoint.SensitivewordDelete, &params{word}, opts)
}

// BatchDelete removes up to 50 words. By RongCloud's SDKs that takes effect after 2 hours.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/batch-remove-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/batch/delete.json
func (s *SensitiveService) BatchDelete(ctx context.Context, words []string, opts ...CallOption) error {
	type params struct {
		Words []string `wire:"words"`
	}
	return send(ctx, s.client, endpoint.SensitivewordBatchDelete, &params{words}, opts)
}

// List returns the words of one type, or those of both with [SensitiveAll].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/query-sensitive-word
//
//rongcloud:endpoint POST /sensitiveword/list.json
func (s *SensitiveService) List(ctx context.Context, kind SensitiveType, opts ...CallOption) (*SensitiveWords, error) {
	type params struct {
		Type *SensitiveType `wire:"type"` // without it the server lists the blocking words only
	}
	type answer struct {
		Words []struct {
			Word        string         `json:"word"        alt:"keyword"`
			Replacement string         `json:"replaceWord" alt:"replace"`
			Type        *SensitiveType `json:"type"`
		} `json:"words"`
	}
	out, err := fetch[answer](ctx, s.client, endpoint.SensitivewordList, &params{&kind}, opts)
	if err != nil {
		return nil, err
	}
	list := &SensitiveWords{Words: make([]SensitiveWordInfo, len(out.Words))}
	for i, w := range out.Words {
		info := SensitiveWordInfo{Word: w.Word, Replacement: w.Replacement}
		switch {
		case w.Type != nil:
			info.Type = *w.Type
		case w.Replacement == "":
			info.Type = SensitiveBlock
		}
		list.Words[i] = info
	}
	return list, nil
}
