package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TranslationService translates texts, and lets client apps do so.
type TranslationService service

// TranslationParams is a text to translate.
type TranslationParams struct {
	Text           string `wire:"text"`           // at most 1000 characters
	SourceLanguage string `wire:"sourceLanguage"` // code of its language; found out if empty, which does not work for Cantonese
	TargetLanguage string `wire:"targetLanguage"` // code of the language to translate into; zh if empty
}

// Translation is a translated text.
type Translation struct {
	Text string `json:"translated"`
}

// TranslationToken lets a client app translate messages.
type TranslationToken struct {
	Token string `json:"token"` // a JWT; for how long it is valid is not documented
}

type translationUser struct {
	UserID string `wire:"userId"`
}

// Translate translates a text. The quota is 10 calls per second. It works in all data centres, but
// must be switched on in the console, or it fails with [CodeTranslationNotEnabled]. By RongCloud's
// list for clients [CodeTranslationQuotaUsedUp], [CodeTranslationTextTooLong] and
// [CodeTranslationLanguageNotSupported] can go wrong, too.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/builtin-translation
//
//rongcloud:endpoint POST /v3/translate.json
func (s *TranslationService) Translate(ctx context.Context, params TranslationParams, opts ...CallOption) (*Translation, error) {
	return fetch[Translation](ctx, s.client, endpoint.V3Translate, &params, opts)
}

// CreateToken returns a token with which the client app of a user can call RongCloud's translation
// plug-in; [TranslationService.Translate] needs none. The call goes to the address of
// [WithTranslationURL], without which it fails with an [*ArgumentError], or to the base URL of a
// client with [WithBaseURL].
//
// No page of RongCloud's describes the call. It is known from the vendor's own app server; the
// quota of 100 calls per second is from a copy of an older list of its.
//
//rongcloud:endpoint POST /jwt/getToken.json
func (s *TranslationService) CreateToken(ctx context.Context, userID string, opts ...CallOption) (*TranslationToken, error) {
	return fetch[TranslationToken](ctx, s.client, endpoint.JwtGetToken, &translationUser{userID}, opts)
}
