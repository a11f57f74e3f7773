package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TranslationService translates texts. It must be switched on in the console, or its calls end with [CodeTranslationNotEnabled]. It works
// in all data centres.
type TranslationService service

// TranslationParams is a text to translate.
type TranslationParams struct {
	Text   string `wire:"text"`           // at most 1000 characters
	Source string `wire:"sourceLanguage"` // code of its language; found out if empty, which does not work for Cantonese
	Target string `wire:"targetLanguage"` // code of the language to translate into; zh if empty
}

// Translation is a translated text.
type Translation struct {
	Text string `json:"translated"`
}

// Translate translates a text. The quota is 10 calls per second. By RongCloud's list for clients
// [CodeTranslationQuotaUsedUp], [CodeTranslationTextTooLong] and [CodeTranslationLanguageNotSupported] are what
// can go wrong.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/builtin-translation
//
//rongcloud:endpoint POST /v3/translate.json
func (s *TranslationService) Translate(ctx context.Context, params TranslationParams, opts ...CallOption) (*Translation, error) {
	return fetch[Translation](ctx, s.client, endpoint.V3Translate, &params, opts)
}
