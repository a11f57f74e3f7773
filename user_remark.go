package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserRemarkService manages the names that a user's push notifications show for senders.
type UserRemarkService service

// UserRemark is a user's name for a sender.
type UserRemark struct {
	SenderID string `json:"id"`
	Remark   string `json:"remark"` // name to show; its maximum length is not documented
}

// UserRemarkSetParams sets a user's names for senders.
type UserRemarkSetParams struct {
	UserID  string       `wire:"userId"`  // recipient of the pushes
	Remarks []UserRemark `wire:"remarks"` // at most 100
}

// UserRemarkDeleteParams names the sender whose name to remove.
type UserRemarkDeleteParams struct {
	UserID   string `wire:"userId"` // recipient of the pushes
	SenderID string `wire:"targetId"`
}

// UserRemarkQuery selects a page of the names that a user has for senders.
type UserRemarkQuery struct {
	UserID string `wire:"userId"` // recipient of the pushes
	Page   int    `wire:"page"`   // from 1, the default
	Size   int    `wire:"size"`   // names per page, 50 by default and at most
}

// UserRemarkPage is a page of the names that a user has for senders.
type UserRemarkPage struct {
	Total   int          `json:"total"` // number of names on all pages
	Remarks []UserRemark `json:"users"`
}

// More reports whether there may be another page. It does not rely on Total: only an empty page
// counts as the end.
func (p *UserRemarkPage) More() bool { return len(p.Remarks) > 0 }

// Set sets a user's names for up to 100 senders in push notifications.
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

// Delete removes a user's name for a sender. Whether it fails if there is none is not documented;
// if it does, probably with [CodeNothingToDelete].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/delete-remark-for-push
//
//rongcloud:endpoint POST /user/remarks/del.json
func (s *UserRemarkService) Delete(ctx context.Context, params UserRemarkDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserRemarksDel, &params, opts)
}

// List returns one page of a user's names for senders; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/get-remark-for-push
//
//rongcloud:endpoint POST /user/remarks/get.json
func (s *UserRemarkService) List(ctx context.Context, query UserRemarkQuery, opts ...CallOption) (*UserRemarkPage, error) {
	return fetch[UserRemarkPage](ctx, s.client, endpoint.UserRemarksGet, &query, opts)
}

// All yields a user's names for senders, starting at the query's page.
func (s *UserRemarkService) All(ctx context.Context, query UserRemarkQuery, opts ...CallOption) iter.Seq2[UserRemark, error] {
	return walkNumbers(ctx, endpoint.UserRemarksGet, s.List, query, opts,
		func(q *UserRemarkQuery) *int { return &q.Page },
		func(p *UserRemarkPage) []UserRemark { return p.Remarks })
}
