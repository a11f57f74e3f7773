package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupJoinedService lists the hosted groups that a user is in.
type HostedGroupJoinedService service

// HostedGroupJoinedQuery selects a page of the hosted groups that a user is in.
type HostedGroupJoinedQuery struct {
	UserID string `wire:"userId"`
	// Only groups where the user has this role.
	Role HostedGroupRole `wire:"role"`
	// NextPageToken of the previous page; empty for the first.
	PageToken string `wire:"pageToken"`
	// Groups per page, 50 by default, at most 100.
	Size int `wire:"size"`
	// By time of joining; newest first by default.
	Order SortOrder `wire:"order,enum"`
}

// JoinedHostedGroup is a hosted group that a user is in. The list does not say who created it.
type JoinedHostedGroup struct {
	HostedGroup

	RemarkName string          `json:"remarkName"` // the user's own name for the group
	Role       HostedGroupRole `json:"role"`       // of the user
	JoinedAt   time.Time       `json:"joinTime" unit:"ms"`
}

// HostedGroupJoinedPage is a page of the hosted groups that a user is in.
type HostedGroupJoinedPage struct {
	// Groups on all pages; 0 if the server does not say.
	Total  int                 `json:"totalCount"`
	Groups []JoinedHostedGroup `json:"groups"`
	// Empty on the last page.
	NextPageToken string `json:"pageToken"`
}

// More reports whether there is another page.
func (p *HostedGroupJoinedPage) More() bool { return p.NextPageToken != "" }

// List returns one page of the hosted groups that a user is in; All walks all pages. RongCloud does
// not raise the quota of this call.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-query/query-member-join-group
//
//rongcloud:endpoint POST /entrust/joined/group/query.json
func (s *HostedGroupJoinedService) List(ctx context.Context, query HostedGroupJoinedQuery, opts ...CallOption) (*HostedGroupJoinedPage, error) {
	return fetch[HostedGroupJoinedPage](ctx, s.client, endpoint.EntrustJoinedGroupQuery, &query, opts)
}

// All yields the hosted groups that a user is in, starting at the query's page.
func (s *HostedGroupJoinedService) All(ctx context.Context, query HostedGroupJoinedQuery, opts ...CallOption) iter.Seq2[JoinedHostedGroup, error] {
	return walkTokens(ctx, endpoint.EntrustJoinedGroupQuery, s.List, query, opts,
		func(q *HostedGroupJoinedQuery) *string { return &q.PageToken },
		func(p *HostedGroupJoinedPage) ([]JoinedHostedGroup, string) { return p.Groups, p.NextPageToken })
}
