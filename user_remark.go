package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserRemarkService keeps the names under which a user sees others in push notifications.
type UserRemarkService service

// UserRemark is the name that a user sees for a sender.
type UserRemark struct {
	SenderID string `json:"id"`
	Remark   string `json:"remark"` // name to show; how long it may be is not documented
}

// UserRemarkSetParams gives senders names.
type UserRemarkSetParams struct {
	UserID  string       `wire:"userId"`  // who receives the pushes
	Remarks []UserRemark `wire:"remarks"` // at most 100
}

// UserRemarkDeleteParams names the sender whose name is to be removed.
type UserRemarkDeleteParams struct {
	UserID   string `wire:"userId"` // who receives the pushes
	SenderID string `wire:"targetId"`
}

// UserRemarkQuery chooses a page of the names that a user has for senders.
type UserRemarkQuery struct {
	UserID string `wire:"userId"` // who receives the pushes
	Page   int    `wire:"page"`   // from 1, the default
	Size   int    `wire:"size"`   // names per page, 50 by default and at most
}

// UserRemarkPage is a page of the names that a user has for senders.
type UserRemarkPage struct {
	Total   int          `json:"total"` // number of names on all pages
	Remarks []UserRemark `json:"users"`
}

// More reports whether there may be another page. Total is not relied on, so only an
// empty page is taken for the one after the last.
func (p *UserRemarkPage) More() bool { return len(p.Remarks) > 0 }

// Set sets the names under which a user sees up to 100 senders in push notifications.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/set-remark-for-push
//
//rongcloud:endpoint POST /user/remarks/set.json
func (s *UserRemarkService) Set(ctx context.Context, params UserRemarkSetParams, opts ...CallOption) error {
	for i, r := range params.Remarks {
		if r.SenderID == "" || r.Remark == "" {
			return refused(ctx, s.client, refuseParam(endpoint.UserRemarksSet, &params, "remarks", "item %d lacks the sender or the name", i+1), opts)
		}
	}
	return send(ctx, s.client, endpoint.UserRemarksSet, &params, opts)
}

// Delete removes the name that a user sees for a sender. Whether it is an error if there is none
// is not documented; if so, it is probably [CodeNothingToDelete].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/delete-remark-for-push
//
//rongcloud:endpoint POST /user/remarks/del.json
func (s *UserRemarkService) Delete(ctx context.Context, params UserRemarkDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserRemarksDel, &params, opts)
}

// List returns one page of the names that a user sees for senders; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/get-remark-for-push
//
//rongcloud:endpoint POST /user/remarks/get.json
func (s *UserRemarkService) List(ctx context.Context, query UserRemarkQuery, opts ...CallOption) (*UserRemarkPage, error) {
	return fetch[UserRemarkPage](ctx, s.client, endpoint.UserRemarksGet, &query, opts)
}

// All yields the names that a user sees for senders, from the query's page on.
func (s *UserRemarkService) All(ctx context.Context, query UserRemarkQuery, opts ...CallOption) iter.Seq2[UserRemark, error] {
	return walkNumbers(ctx, endpoint.UserRemarksGet, s.List, query, opts,
		func(q *UserRemarkQuery) *int { return &q.Page },
		func(p *UserRemarkPage) []UserRemark { return p.Remarks })
}
