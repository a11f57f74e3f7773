package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserBlacklistService manages, for each user, the list of users whose private messages they
// refuse. RongCloud's newer pages call it a blocklist.
//
// It works one way: the owner can still write to the users on the list. Messages sent through the
// Server API are withheld only if the send asks for it (VerifyBlacklist). It has no effect for
// users whom [UserWhitelistService.SetMode] has switched to the whitelist.
type UserBlacklistService service

// UserBlacklistParams names users to add to a user's blacklist or remove from it.
type UserBlacklistParams struct {
	UserID    string   `wire:"userId"`      // owner of the list
	TargetIDs []string `wire:"blackUserId"` // at most 20
}

// UserBlacklistQuery selects a page of a user's blacklist.
type UserBlacklistQuery struct {
	UserID    string `wire:"userId"`    // owner of the list
	PageToken string `wire:"pageToken"` // NextPageToken of the previous page; empty for the first
	Size      int    `wire:"size"`      // users per page, 1000 by default and at most
}

// UserBlacklistPage is a page of a user's blacklist, newest entries first.
type UserBlacklistPage struct {
	UserIDs       []string `json:"users"`
	NextPageToken string   `json:"next"` // empty on the last page
}

// More reports whether there is another page.
func (p *UserBlacklistPage) More() bool { return p.NextPageToken != "" }

// Add adds up to 20 users to a user's blacklist, which holds up to 3000 on the paid plans.
//
// [CodeBlacklistNotEnabled] means that the service is not enabled for the app.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/blacklist/add-to-blacklist
//
//rongcloud:endpoint POST /user/blacklist/add.json
func (s *UserBlacklistService) Add(ctx context.Context, params UserBlacklistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlacklistAdd, &params, opts)
}

// Remove removes up to 20 users from a user's blacklist.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/blacklist/remove-from-blacklist
//
//rongcloud:endpoint POST /user/blacklist/remove.json
func (s *UserBlacklistService) Remove(ctx context.Context, params UserBlacklistParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlacklistRemove, &params, opts)
}

// List returns one page of a user's blacklist; All walks all pages. Without a page token the server
// returns the first 1000 users, perhaps ignoring the query's size.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/blacklist/query-blacklist
//
//rongcloud:endpoint POST /user/blacklist/query.json
func (s *UserBlacklistService) List(ctx context.Context, query UserBlacklistQuery, opts ...CallOption) (*UserBlacklistPage, error) {
	return fetch[UserBlacklistPage](ctx, s.client, endpoint.UserBlacklistQuery, &query, opts)
}

// All yields the IDs of the users on a user's blacklist, starting at the query's page.
func (s *UserBlacklistService) All(ctx context.Context, query UserBlacklistQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkTokens(ctx, endpoint.UserBlacklistQuery, s.List, query, opts,
		func(q *UserBlacklistQuery) *string { return &q.PageToken },
		func(p *UserBlacklistPage) ([]string, string) { return p.UserIDs, p.NextPageToken })
}
