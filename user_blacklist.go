package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserBlacklistService keeps for each user the list of those whose private messages the user
// refuses. RongCloud's newer pages call it blocklist.
//
// It works one way: the owner can still write to the users on the list. Messages that are sent
// through the Server API are held back only if the send asks for it (verifyBlacklist). For users
// whom [UserWhitelistService.SetMode] has switched to the whitelist it has no effect.
type UserBlacklistService service

// UserBlacklistParams names users to put on a user's blacklist or take off it.
type UserBlacklistParams struct {
	UserID    string   `wire:"userId"`      // owner of the list
	TargetIDs []string `wire:"blackUserId"` // at most 20
}

// UserBlacklistQuery chooses a page of a user's blacklist.
type UserBlacklistQuery struct {
	UserID    string `wire:"userId"`    // owner of the list
	PageToken string `wire:"pageToken"` // NextPageToken of the page before; empty for the first page
	Size      int    `wire:"size"`      // users per page, 1000 by default and at most
}

// UserBlacklistPage is a page of a user's blacklist, newest entries first.
type UserBlacklistPage struct {
	UserIDs       []string `json:"users"`
	NextPageToken string   `json:"next"` // empty on the last page
}

// More reports whether there is another page.
func (p *UserBlacklistPage) More() bool { return p.NextPageToken != "" }

// Add puts up to 20 users on the blacklist of a user, which has room for 3000 on the paid plans.
//
// [CodeBlacklistNotEnabled] means that the app does not have the service.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/blacklist/add-to-blacklist
//
//rongcloud:endpoint POST /user/blacklist/add.json
func (s *UserBlacklistService) Add(ctx context.Context, params UserBlacklistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlacklistAdd, &params, opts)
}

// Remove takes up to 20 users off the blacklist of a user.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/blacklist/remove-from-blacklist
//
//rongcloud:endpoint POST /user/blacklist/remove.json
func (s *UserBlacklistService) Remove(ctx context.Context, params UserBlacklistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlacklistRemove, &params, opts)
}

// List returns one page of a user's blacklist; All walks all pages. Without a page token the
// server returns the first 1000 users, perhaps whatever the query's size is.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/blacklist/query-blacklist
//
//rongcloud:endpoint POST /user/blacklist/query.json
func (s *UserBlacklistService) List(ctx context.Context, query UserBlacklistQuery, opts ...CallOption) (*UserBlacklistPage, error) {
	return fetch[UserBlacklistPage](ctx, s.client, endpoint.UserBlacklistQuery, &query, opts)
}

// All yields the IDs of the users on a user's blacklist, from the query's page on.
func (s *UserBlacklistService) All(ctx context.Context, query UserBlacklistQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkTokens(ctx, endpoint.UserBlacklistQuery, s.List, query, opts,
		func(q *UserBlacklistQuery) *string { return &q.PageToken },
		func(p *UserBlacklistPage) ([]string, string) { return p.UserIDs, p.NextPageToken })
}
