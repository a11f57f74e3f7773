package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserBlockService bans users from connecting, for a time.
type UserBlockService service

// UserBlockParams says whom to ban and for how long.
type UserBlockParams struct {
	UserIDs  []string      `wire:"userId"` // at most 20
	Duration time.Duration `wire:"minute"` // whole minutes, from 1 minute to 30 days (43200 minutes)
}

// UserBlockQuery chooses a page of the banned users.
type UserBlockQuery struct {
	Page int `wire:"page"` // from 1; 0 turns paging off
	Size int `wire:"size"` // users per page, 50 by default
}

// UserBlock is the ban of one user.
type UserBlock struct {
	UserID string `json:"userId"`

	// EndsAt is read as a date in the data centre's zone, which RongCloud does not state for this
	// field.
	EndsAt time.Time `json:"blockEndTime" unit:"date"`
}

// UserBlockPage is a page of the banned users.
type UserBlockPage struct {
	Users []UserBlock `json:"users"`
}

// Add bans up to 20 users from connecting and cuts their open connections. There are no endless
// bans: each ends by itself or by [UserBlockService.Remove]. A further ban of the same user seems
// to replace the first one, end and all.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/block
//
//rongcloud:endpoint POST /user/block.json
func (s *UserBlockService) Add(ctx context.Context, params UserBlockParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlock, &params, opts)
}

// Remove lifts the ban of up to 20 users.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/unblock
//
//rongcloud:endpoint POST /user/unblock.json
func (s *UserBlockService) Remove(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserUnblock, &manyUserIDs{userIDs}, opts)
}

// List returns one page of the banned users. Without a page number there are no pages: it returns
// the 1000 users whose bans end last, and nothing tells whether there are more. All walks all
// pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/query-blocked-list
//
//rongcloud:endpoint POST /user/block/query.json
func (s *UserBlockService) List(ctx context.Context, query UserBlockQuery, opts ...CallOption) (*UserBlockPage, error) {
	return fetch[UserBlockPage](ctx, s.client, endpoint.UserBlockQuery, &query, opts)
}

// All yields every banned user, from the query's page on, or from the first one if it names none.
func (s *UserBlockService) All(ctx context.Context, query UserBlockQuery, opts ...CallOption) iter.Seq2[UserBlock, error] {
	// walkNumbers never asks for page 0, which would turn paging off.
	return walkNumbers(endpoint.UserBlockQuery, query.Page, func(number int) ([]UserBlock, error) {
		at := query
		at.Page = number
		page, err := s.List(ctx, at, opts...)
		if err != nil {
			return nil, err
		}
		return page.Users, nil
	})
}
