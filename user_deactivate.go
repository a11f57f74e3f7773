package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// DeactivatedUserQuery selects a page of the deactivated users.
type DeactivatedUserQuery struct {
	Page int `wire:"pageNo"`   // from 1, the default
	Size int `wire:"pageSize"` // users per page, 50 by default and at most
}

// UserOperation is an operation that the server has begun and will report with a callback.
type UserOperation struct {
	OperationID string `json:"operateId"` // also in the callback
}

// DeactivatedUserPage is a page of the deactivated users.
type DeactivatedUserPage struct {
	UserIDs []string `json:"users"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *DeactivatedUserPage) More() bool { return len(p.UserIDs) > 0 }

// Deactivate deactivates up to 100 users and erases their data: name, avatar, messages,
// conversations, push devices, blacklist and whitelist. This cannot be undone:
// [UserService.Reactivate] restores only the user ID. Memberships in groups and ultra groups stay.
//
// The server only starts the work. The deactivation callback reports the outcome for each user,
// within about 15 minutes. Every call begins a new operation, so it is not retried once it may have
// arrived; see [ErrOutcomeUnknown]. The quota of 100 per second counts users, not calls.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/deactivation/deactivate
//
//rongcloud:endpoint POST /user/deactivate.json
func (s *UserService) Deactivate(ctx context.Context, userIDs []string, opts ...CallOption) (*UserOperation, error) {
	return fetch[UserOperation](ctx, s.client, endpoint.UserDeactivate, &manyUserIDs{userIDs}, opts)
}

// Reactivate makes up to 100 deactivated user IDs usable again, without their old data, and no
// sooner than an hour after their deactivation was requested.
//
// The server only starts the work. The activation callback reports the outcome for each user. Every
// call begins a new operation, so it is not retried once it may have arrived; calling it again does
// no harm. The quota of 100 per second counts users, not calls.
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

// AllDeactivated yields the IDs of users that were or are being deactivated, starting at the
// query's page.
func (s *UserService) AllDeactivated(ctx context.Context, query DeactivatedUserQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkNumbers(ctx, endpoint.UserDeactivateQuery, s.ListDeactivated, query, opts,
		func(q *DeactivatedUserQuery) *int { return &q.Page },
		func(p *DeactivatedUserPage) []string { return p.UserIDs })
}
