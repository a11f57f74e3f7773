package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserBlockService temporarily keeps users from connecting. RongCloud's pages also call it a ban.
type UserBlockService service

// UserBlockParams says whom to block and for how long.
type UserBlockParams struct {
	// At most 20.
	UserIDs []string `wire:"userId"`
	// Whole minutes, from 1 minute to 30 days (43200 minutes).
	Duration time.Duration `wire:"minute"`
}

// UserBlockQuery selects a page of the blocked users.
type UserBlockQuery struct {
	Page int `wire:"page"` // from 1, the default
	Size int `wire:"size"` // users per page, 50 by default
}

// UserBlock is the block of one user.
type UserBlock struct {
	UserID string `json:"userId"`

	// EndsAt is read as a date in the data centre's zone, although RongCloud does not state the
	// zone of this field.
	EndsAt time.Time `json:"blockEndTime" unit:"date"`
}

// UserBlockPage is a page of the blocked users.
type UserBlockPage struct {
	Users []UserBlock `json:"users"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *UserBlockPage) More() bool { return len(p.Users) > 0 }

// UserBlocks are the blocked users whose blocks end last.
type UserBlocks struct {
	Users []UserBlock `json:"users"`
}

// Add keeps up to 20 users from connecting and closes their open connections. There are no
// permanent blocks: each ends when its time is over, or with [UserBlockService.Remove]. Another
// block of the same user seems to replace the first one, including its end.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/block
//
//rongcloud:endpoint POST /user/block.json
func (s *UserBlockService) Add(ctx context.Context, params UserBlockParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlock, &params, opts)
}

// Remove lets up to 20 users connect again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/unblock
//
//rongcloud:endpoint POST /user/unblock.json
func (s *UserBlockService) Remove(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserUnblock, &manyUserIDs{userIDs}, opts)
}

// List returns one page of the blocked users; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/query-blocked-list
//
//rongcloud:endpoint POST /user/block/query.json
func (s *UserBlockService) List(ctx context.Context, query UserBlockQuery, opts ...CallOption) (*UserBlockPage, error) {
	query.Page = max(query.Page, 1) // page 0 would turn paging off
	return fetch[UserBlockPage](ctx, s.client, endpoint.UserBlockQuery, &query, opts)
}

// ListUnpaged returns, without pages, up to 1000 blocked users: those whose blocks end last.
// Otherwise see [UserBlockService.List]. Nothing in the response says whether more users are
// blocked.
func (s *UserBlockService) ListUnpaged(ctx context.Context, opts ...CallOption) (*UserBlocks, error) {
	return fetch[UserBlocks](ctx, s.client, endpoint.UserBlockQuery, nil, opts)
}

// All yields every blocked user, starting at the query's page.
func (s *UserBlockService) All(ctx context.Context, query UserBlockQuery, opts ...CallOption) iter.Seq2[UserBlock, error] {
	return walkNumbers(ctx, endpoint.UserBlockQuery, s.List, query, opts,
		func(q *UserBlockQuery) *int { return &q.Page },
		func(p *UserBlockPage) []UserBlock { return p.Users })
}
