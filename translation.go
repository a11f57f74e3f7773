package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TranslationService translates texts, and creates tokens for client apps to do so.
type TranslationService service

// TranslationParams is a text to translate.
type TranslationParams struct {
	// At most 1000 characters.
	Text string `wire:"text"`
	// Language code; detected if empty, which does not work for Cantonese.
	SourceLanguage string `wire:"sourceLanguage"`
	// Language code; zh if empty.
	TargetLanguage string `wire:"targetLanguage"`
}

// Translation is a translated text.
type Translation struct {
	Text string `json:"translated"`
}

// TranslationToken lets a client app translate messages.
type TranslationToken struct {
	Token string `json:"token"` // a JWT; how long it is valid is not documented
}

type translationUser struct {
	UserID string `wire:"userId"`
}

// Translate translates a text. The quota is 10 calls per second. It works in all data centres, but
// must be enabled in the console, or it fails with [CodeTranslationNotEnabled]. According to
// RongCloud's list for clients, it can also fail with [CodeTranslationQuotaUsedUp],
// [CodeTranslationTextTooLong] or [CodeTranslationLanguageNotSupported].
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/builtin-translation
//
//rongcloud:endpoint POST /v3/translate.json
func (s *TranslationService) Translate(ctx context.Context, params TranslationParams, opts ...CallOption) (*Translation, error) {
	return fetch[Translation](ctx, s.client, endpoint.V3Translate, &params, opts)
}

// CreateToken returns a token with which a user's client app can use RongCloud's translation
// plug-in; [TranslationService.Translate] does not need one. The call goes to the address from
// [WithTranslationURL] or, for a client with [WithBaseURL], to its base URL. Without either it
// fails with an [*ArgumentError].
//
// None of RongCloud's pages describes this call. It is known from RongCloud's own app server; the
// quota of 100 calls per second is from a copy of an older list.
//
//rongcloud:endpoint POST /jwt/getToken.json
func (s *TranslationService) CreateToken(ctx context.Context, userID string, opts ...CallOption) (*TranslationToken, error) {
	return fetch[TranslationToken](ctx, s.client, endpoint.JwtGetToken, &translationUser{userID}, opts)
}
