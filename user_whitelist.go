package rongcloud

import (
	"context"
	"fmt"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserWhitelistService manages, for each user, the list of the only users whose private messages
// they accept. RongCloud's newer pages call it an allowlist.
//
// A list has effect only while its owner is in whitelist mode: set for all users of the app in the
// console, or for individual users with [UserWhitelistService.SetMode]. Messages sent through the
// Server API are withheld only if the send asks for it (VerifyBlacklist).
type UserWhitelistService service

// WhitelistMode says which of the two lists applies to a user.
type WhitelistMode int

// The values of [WhitelistMode].
const (
	WhitelistModeOff WhitelistMode = 1 // the blacklist applies; the initial mode
	WhitelistModeOn  WhitelistMode = 2 // the whitelist applies
)

// String returns the mode in words.
func (m WhitelistMode) String() string {
	switch m {
	case WhitelistModeOff:
		return "off"
	case WhitelistModeOn:
		return "on"
	}
	return fmt.Sprintf("WhitelistMode(%d)", int(m))
}

// UserWhitelistParams names users to add to a user's whitelist or remove from it.
type UserWhitelistParams struct {
	UserID    string   `wire:"userId"`      // owner of the list
	TargetIDs []string `wire:"whiteUserId"` // at most 20
}

// UserWhitelistQuery selects a page of a user's whitelist.
type UserWhitelistQuery struct {
	UserID    string `wire:"userId"`    // owner of the list
	PageToken string `wire:"pageToken"` // NextPageToken of the previous page; empty for the first
	Size      int    `wire:"size"`      // users per page, 1000 by default and at most
}

// UserWhitelistPage is a page of a user's whitelist, newest entries first.
type UserWhitelistPage struct {
	UserIDs       []string `json:"users"`
	NextPageToken string   `json:"next"` // empty on the last page
}

// More reports whether there is another page.
func (p *UserWhitelistPage) More() bool { return p.NextPageToken != "" }

// UserWhitelistModeParams says which of the two lists to apply to users.
type UserWhitelistModeParams struct {
	UserIDs []string      `wire:"userId"` // at most 20
	Mode    WhitelistMode `wire:"whiteSetting,enum"`
}

// UserWhitelistModes are the requested users' modes.
type UserWhitelistModes struct {
	Users []UserWhitelistMode `json:"users"`
}

// UserWhitelistMode is the mode of one user.
type UserWhitelistMode struct {
	UserID string        `json:"userId"`
	Mode   WhitelistMode `json:"whiteSetting" from:"0"` // zero if the response does not say
}

// Add adds up to 20 users to a user's whitelist, which holds up to 3000 on the paid plans.
//
// [CodeWhitelistNotEnabled] means that the service is not enabled for the app.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/whitelist/add-to-whitelist
//
//rongcloud:endpoint POST /user/whitelist/add.json
func (s *UserWhitelistService) Add(ctx context.Context, params UserWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserWhitelistAdd, &params, opts)
}

// Remove removes up to 20 users from a user's whitelist.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/whitelist/remove-from-whitelist
//
//rongcloud:endpoint POST /user/whitelist/remove.json
func (s *UserWhitelistService) Remove(ctx context.Context, params UserWhitelistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserWhitelistRemove, &params, opts)
}

// List returns one page of a user's whitelist; All walks all pages. Without a page token the server
// returns the first 1000 users, perhaps ignoring the query's size.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/whitelist/query-whitelist
//
//rongcloud:endpoint POST /user/whitelist/query.json
func (s *UserWhitelistService) List(ctx context.Context, query UserWhitelistQuery, opts ...CallOption) (*UserWhitelistPage, error) {
	return fetch[UserWhitelistPage](ctx, s.client, endpoint.UserWhitelistQuery, &query, opts)
}

// All yields the IDs of the users on a user's whitelist, starting at the query's page.
func (s *UserWhitelistService) All(ctx context.Context, query UserWhitelistQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkTokens(ctx, endpoint.UserWhitelistQuery, s.List, query, opts,
		func(q *UserWhitelistQuery) *string { return &q.PageToken },
		func(p *UserWhitelistPage) ([]string, string) { return p.UserIDs, p.NextPageToken })
}

// SetMode switches up to 20 users to the whitelist, or back to the blacklist. If the console has
// turned the whitelist on for the whole app, no user can be switched back.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/whitelist/set-whitelist-service
//
//rongcloud:endpoint POST /user/whitesetting/set.json
func (s *UserWhitelistService) SetMode(ctx context.Context, params UserWhitelistModeParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserWhitesettingSet, &params, opts)
}

// GetModes returns which list applies to up to 20 users.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/whitelist/query-whitelist-service
//
//rongcloud:endpoint POST /user/whitesetting/query.json
func (s *UserWhitelistService) GetModes(ctx context.Context, userIDs []string, opts ...CallOption) (*UserWhitelistModes, error) {
	return fetch[UserWhitelistModes](ctx, s.client, endpoint.UserWhitesettingQuery, &manyUserIDs{userIDs}, opts)
}
