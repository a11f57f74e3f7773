package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupRemarkNameService manages users' private names for hosted groups, which are also the
// titles of push notifications.
type HostedGroupRemarkNameService service

// HostedGroupRemarkNameSetParams sets a user's private name for a hosted group.
type HostedGroupRemarkNameSetParams struct {
	GroupID    string `wire:"groupId"`
	UserID     string `wire:"userId"`     // who sees it
	RemarkName string `wire:"remarkName"` // at most 64 characters
}

// HostedGroupRemarkNameDeleteParams says which name to remove.
type HostedGroupRemarkNameDeleteParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"` // who sees it
}

// HostedGroupRemarkNameQuery asks for a user's private name for a hosted group.
type HostedGroupRemarkNameQuery struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"` // who sees it
}

// Set sets a user's private name for a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/update-group-member-remarkname
//
//rongcloud:endpoint POST /entrust/group/remarkname/set.json
func (s *HostedGroupRemarkNameService) Set(ctx context.Context, params HostedGroupRemarkNameSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupRemarknameSet, &params, opts)
}

// Delete removes a user's private name for a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/delete-group-mem-remarkname
//
//rongcloud:endpoint POST /entrust/group/remarkname/delete.json
func (s *HostedGroupRemarkNameService) Delete(ctx context.Context, params HostedGroupRemarkNameDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupRemarknameDelete, &params, opts)
}

// Get returns a user's private name for a hosted group. It is empty if there is none, unless the
// server returns an error in that case, which is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-group-mem-remarkname
//
//rongcloud:endpoint POST /entrust/group/remarkname/query.json
func (s *HostedGroupRemarkNameService) Get(ctx context.Context, query HostedGroupRemarkNameQuery, opts ...CallOption) (string, error) {
	type response struct {
		RemarkName string `json:"remarkName"`
	}
	found, err := fetch[response](ctx, s.client, endpoint.EntrustGroupRemarknameQuery, &query, opts)
	if err != nil {
		return "", err
	}
	return found.RemarkName, nil
}
