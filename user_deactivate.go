package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// DeactivatedUserQuery chooses a page of the deactivated users.
type DeactivatedUserQuery struct {
	Page int `wire:"pageNo"`   // from 1, the default
	Size int `wire:"pageSize"` // users per page, 50 by default and at most
}

// UserOperation is an operation that the server has begun and will report by callback.
type UserOperation struct {
	OperationID string `json:"operateId"` // stands in the callback
}

// DeactivatedUserPage is a page of the deactivated users.
type DeactivatedUserPage struct {
	UserIDs []string `json:"users"`
}

// More reports whether there may be another page. The server does not say, so only an empty page is
// taken for the one after the last.
func (p *DeactivatedUserPage) More() bool { return len(p.UserIDs) > 0 }

// Deactivate takes up to 100 users out of service and wipes what is kept for them: name, avatar,
// messages, conversations, push devices, blacklist and whitelist. This cannot be undone:
// [UserService.Reactivate] gives back the user ID alone. Memberships of groups and ultra groups
// stay.
//
// The server only begins the work. What became of each user arrives by the callback for
// deactivation, within about 15 minutes. Every call begins a new operation, so it is not retried
// once it may have arrived; see [ErrOutcomeUnknown]. The quota of 100 per second counts users, not
// calls.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/deactivation/deactivate
//
//rongcloud:endpoint POST /user/deactivate.json
func (s *UserService) Deactivate(ctx context.Context, userIDs []string, opts ...CallOption) (*UserOperation, error) {
	return fetch[UserOperation](ctx, s.client, endpoint.UserDeactivate, &manyUserIDs{userIDs}, opts)
}

// Reactivate puts up to 100 deactivated user IDs back into use, without their old data, and no
// sooner than an hour after their deactivation was asked for.
//
// The server only begins the work. What became of each user arrives by the callback for
// activation. Every call begins a new operation, so it is not retried once it may have arrived; to
// call it again does no harm. The quota of 100 per second counts users, not calls.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/deactivation/reactivate
//
//rongcloud:endpoint POST /user/reactivate.json
func (s *UserService) Reactivate(ctx context.Context, userIDs []string, opts ...CallOption) (*UserOperation, error) {
	return fetch[UserOperation](ctx, s.client, endpoint.UserReactivate, &manyUserIDs{userIDs}, opts)
}

// ListDeactivated returns one page of the IDs of users that were or are being deactivated;
// AllDeactivated walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/deactivation/query-deactivated-list
//
//rongcloud:endpoint POST /user/deactivate/query.json
func (s *UserService) ListDeactivated(ctx context.Context, query DeactivatedUserQuery, opts ...CallOption) (*DeactivatedUserPage, error) {
	return fetch[DeactivatedUserPage](ctx, s.client, endpoint.UserDeactivateQuery, &query, opts)
}

// AllDeactivated yields the IDs of users that were or are being deactivated, from the query's page
// on.
func (s *UserService) AllDeactivated(ctx context.Context, query DeactivatedUserQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UserDeactivateQuery, s.ListDeactivated, query, opts,
		func(q *DeactivatedUserQuery) *int { return &q.Page },
		func(p *DeactivatedUserPage) []string { return p.UserIDs })
}
